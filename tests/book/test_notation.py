"""The page Notation keeps its word: it lists every sign of the displayed equations, and the shape of each letter."""

import re

import pytest

from derivations.book.markdown_pages import declarations, equations, pages
from derivations.reading.numpy_text import parse_shapes

LAYOUT = {r"\,", r"\;", r"\\", r"\quad", r"\qquad", r"\left", r"\right", "&", "{", "}", "_", "^"}
"""What places signs and is none; of `^` and `_` the page lists what they make: powers, transposes, entries."""

SPELLINGS = {r"\tfrac": r"\frac", r"\dfrac": r"\frac", r"\|": r"\lVert", r"\Vert": r"\lVert", r"\rVert": r"\lVert",
             "|": r"\lvert", r"\vert": r"\lvert", r"\rvert": r"\lvert", r"\big": r"\left", r"\Big": r"\left",
             r"\bigl": r"\left", r"\bigr": r"\right"}  # fmt: skip
"""Other spellings of a sign."""

ARITHMETIC = set("=+-()[],/.!")

WORD = r"\\operatorname\*?\{[^}]*\}|\\math[a-z]+\{[^}]*\}|\\begin\{\w*matrix\}|\\[a-zA-Z]+|\\.|[^\sA-Za-z0-9\\]"


def signs(latex):
    """The signs of a formula, each in one spelling."""
    latex = "\n".join(line for line in latex.split("\n") if not line.lstrip().startswith("%"))
    latex = re.sub(r"\\text\{[^}]*\}|\\(begin|end)\{(aligned|split|cases|align\*?)\}|\\end\{\w+\}", " ", latex)
    found = {SPELLINGS.get(word, word) for word in re.findall(WORD, latex)}
    return found - LAYOUT - ARITHMETIC


def tables(text):
    """The tables of a page: (the words of the heading above, the cells of the head, the rows, each a list of cells)."""
    for piece in re.split(r"^#+ ", text, flags=re.MULTILINE)[1:]:
        for block in re.findall(r"(?:^\|.*\n)+", piece, re.MULTILINE):
            head, _, *below = ([cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines())
            yield piece.partition("\n")[0], head, below


def formulas(cell):
    return re.findall(r"\$([^$]+)\$", cell)


def name(latex):
    """A letter as `% given` spells it."""
    letter = {r"\hat y": "yhat", r"\mathcal{L}": "L"}.get(latex, latex)
    return letter.removeprefix("\\")


def shape(text=""):
    return tuple(re.split(r"\\times ?", text)) if text else ()


@pytest.fixture
def told(book):
    return list(tables((book / "chapters" / "notation.md").read_text(encoding="utf-8")))


@pytest.fixture
def letters(told):
    """The rows of the tables of letters, by heading."""
    return {heading: below for heading, head, below in told if head[0] == "letter"}


@pytest.fixture
def declared(book):
    """(page, letter, shape) of every `% given` of the book."""
    return {
        (path.stem, letter, tuple(map(str, sizes)))
        for path in pages(book)
        for equation in equations(path)
        for word, rest in declarations(equation.latex)
        if word == "given" and equation.display
        for letter, sizes in parse_shapes(rest.split(";")[0]).items()
    }


def test_every_sign_of_the_displayed_equations_is_listed(book, told):
    first = [row[0] for _, head, below in told if head[0] in ("sign", "letter") for row in below]
    listed = {sign for cell in first for latex in formulas(cell) for sign in signs(latex)}
    shown = {
        sign: equation.place()
        for path in pages(book)
        for equation in equations(path)
        if equation.display
        for sign in signs(equation.latex)
    }
    assert len(shown) > 40
    assert not {sign: place for sign, place in shown.items() if sign not in listed}, "add a row to chapters/notation.md"


def fixed_shapes(rows):
    """The shape of each letter that has one; several letters of a row share a shape, or have one each."""
    found = {}
    for cell, _, shapes, _ in rows:
        given = [shape(text) for text in formulas(shapes)] or [()] * (shapes == "number")
        for place, latex in enumerate(formulas(cell) if given else ()):
            found[name(latex)] = given[min(place, len(given) - 1)]
    return found


def exceptions(rows):
    """(page, letter, shape) of each announced exception."""
    return {
        (re.search(r"([\w-]+)\.\w+\)", where)[1], name(latex), shape(*formulas(there)))
        for cell, where, there, _ in rows
        for latex in formulas(cell)
    }


def test_a_letter_has_one_kind_and_shape(letters, declared):
    """As the page's tables say: a fixed letter has its shape, a free one its kind, and exceptions are announced."""
    fixed = fixed_shapes(letters["Letters with one meaning"])
    free = {name(latex) for cell, _ in letters["Letters that are free"] for latex in formulas(cell)}
    announced = exceptions(letters["Exceptions"])
    assert len(fixed) > 15 and len(free) > 20 and len(declared) > 50

    def allowed(letter, sizes):
        letter = letter if letter in fixed else letter.partition("_")[0]  # x_3 is one of several x
        if letter in fixed:
            return sizes == fixed[letter]
        kind = 2 if letter[0].isupper() else int(len(letter) == 1 and letter != "h")
        return letter in free and len(sizes) == kind

    others = {(stem, letter, sizes) for stem, letter, sizes in declared if not allowed(letter, sizes)}
    assert sorted(others - announced) == [], (
        "give the letter the shape that chapters/notation.md says, or announce the exception"
    )
    assert sorted(announced - others) == [], "these exceptions are none any more"


def test_a_letter_of_a_size_is_no_vector_on_its_page(declared):
    stems = {stem for stem, _, _ in declared}
    assert len(stems) > 10
    for stem in stems:
        sizes = {size for page, _, shape in declared if page == stem for size in shape}
        assert not sizes & {letter for page, letter, _ in declared if page == stem}
