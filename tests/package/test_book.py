"""The finder of equations, and what lint says about pages with planted faults."""

import json
from functools import cache
from pathlib import Path

import pytest
import yaml

from derivations.book.markdown_pages import (
    EXTENSIONS,
    Equation,
    PageError,
    check_page,
    coverage,
    declarations,
    equations,
    pages,
    unclosed,
)
from derivations.checking import Checker, check
from lint_book import code_faults, comment_faults, executed, faults, typeset


def page(folder, text, name="page.md"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def notebook(folder, *cells):
    listed = [{"cell_type": kind, "source": text.splitlines(keepends=True)} for kind, text in cells]
    for count, cell in enumerate((cell for cell in listed if cell["cell_type"] == "code"), start=1):
        cell["execution_count"] = count
    return page(folder, json.dumps({"cells": listed}), "page.ipynb")


def test_the_finder_reads_the_same_markdown_as_the_site(book):
    config = yaml.safe_load((book / "_config.yml").read_text(encoding="utf-8"))
    assert set(config["parse"]["myst_enable_extensions"]) == set(EXTENSIONS)


# Each case: a page, and the (line, latex, label, display, kind) of its equations.
FOUND = {
    "inline": (
        "# A\n\nLet $x$ and {math}`y` be\nand `code\nover` $z$.",
        [(3, "x", None, False, "dollar"), (3, "y", None, False, "role"), (5, "z", None, False, "dollar")],
    ),
    "display in a sentence": ("So $$x$$ holds.", [(1, "x", None, True, "dollar")]),
    "dollars": ("\n$$\n% given x: n\nx\n$$ (eq-x)\n", [(2, "\n% given x: n\nx\n", "eq-x", True, "dollar")]),
    "one line": ("$$ x = y $$", [(1, " x = y ", None, True, "dollar")]),
    "environment": (
        "\\begin{align}\nx &= y\n\\end{align}",
        [(1, "\\begin{align}\nx &= y\n\\end{align}", None, True, "amsmath")],
    ),
    "directive": ("a\n\n```{math}\n:label: eq-x\n\nx\n= y\n```", [(6, "x\n= y", "eq-x", True, "directive")]),
    "directive, option block": ("```{math}\n---\nlabel: eq-x\n---\nx\n```", [(5, "x", "eq-x", True, "directive")]),
    "directive, on its first line": ("```{math} x\n```", [(1, "x", None, True, "directive")]),
    "colon fence": (":::{note}\n:class: tip\n\nA $x$.\n:::", [(4, "x", None, False, "dollar")]),
    "title": (
        "````{exercise} About $x$\n:label: ex\n\nShow $y$.\n````",
        [(1, "x", None, False, "dollar"), (4, "y", None, False, "dollar")],
    ),
    "nested": (
        "::::{prf:theorem} T\n:label: th\n\nA\n\n:::{dropdown} D\n```{math}\nx\n```\n:::\n\n$$\ny\n$$\n::::",
        [(8, "x", None, True, "directive"), (12, "\ny\n", None, True, "dollar")],
    ),
    "list": (
        "- a $x$\n- b\n\n  $$\n  y\n  $$\n",
        [(1, "x", None, False, "dollar"), (4, "\n  y\n  ", None, True, "dollar")],
    ),
    "quotation": ("> a\n>\n> $$\n> y\n> $$\n", [(3, "\ny\n", None, True, "dollar")]),
    "table": (
        "| a | $b$ |\n|---|---|\n| 1 | $x$ |\n",
        [(1, "b", None, False, "dollar"), (3, "x", None, False, "dollar")],
    ),
    "definition": ("Term\n: Its $x$.\n", [(2, "x", None, False, "dollar")]),
    "heading": ("## The $x$ of $x$", [(1, "x", None, False, "dollar"), (1, "x", None, False, "dollar")]),
    "no equation": ("```python\n$x$\n```\n\n```{code-cell}\n$x$\n```\n\n`$x$` and \\$5, \\$6\n", []),
}


@pytest.mark.parametrize("name", FOUND)
def test_equations_of_a_page(tmp_path, name):
    text, expected = FOUND[name]
    found = list(equations(page(tmp_path, text)))
    assert [(e.line, e.latex, e.label, e.display, e.kind) for e in found] == expected
    assert all(e.cell is None for e in found)


def test_equations_of_a_notebook_carry_the_number_of_their_cell(tmp_path):
    path = notebook(tmp_path, ("markdown", "# A"), ("code", "'$no$'"), ("markdown", "a\n\n$$\nx\n$$\n"))
    (equation,) = equations(path)
    assert (equation.cell, equation.line) == (3, 3)
    assert equation.place(1) == f"{path}: cell 3, line 4"


def test_pages_come_in_the_order_of_the_contents(tmp_path):
    page(tmp_path, "format: jb-book\nroot: index\nchapters:\n- file: z\n- file: a\n", "_toc.yml")
    for name in ("index.md", "a.md", "z.ipynb"):
        page(tmp_path, "", name)
    assert [path.name for path in pages(tmp_path)] == ["index.md", "z.ipynb", "a.md"]


def test_a_page_that_does_not_exist_is_named(tmp_path):
    page(tmp_path, "format: jb-book\nroot: index\n", "_toc.yml")
    with pytest.raises(FileNotFoundError, match=r"neither index\.md nor index\.ipynb"):
        pages(tmp_path)


# Each case: a display, and what MathJax says of it.
BAD_LATEX = {
    r"\undefined": r"Undefined control sequence \undefined",
    r"\frac{1}": r"Missing argument for \frac",
    r"\begin{bmatrix} 1": r"Missing \end{bmatrix}",
    r"a &= b": "Misplaced &",
    r"\left( x": r"Extra \left or missing \right",
}


def test_bad_latex_is_reported_with_its_line(tmp_path):
    blocks = "".join(f"$$\n{latex}\n$$\n\n" for latex in BAD_LATEX)
    found = list(
        equations(page(tmp_path, "Good: $x^2$, $\\begin{aligned} a &= b \\\\ &= c \\end{aligned}$\n\n" + blocks))
    )
    reported = list(typeset(found, {}))
    assert [place for place, _ in reported] == [f"{tmp_path / 'page.md'}:{3 + 4 * k}" for k in range(len(BAD_LATEX))]
    for (_, message), expected in zip(reported, BAD_LATEX.values(), strict=True):
        assert message.startswith(expected)


def test_what_breaks_only_on_the_page_is_reported(tmp_path):
    """Sphinx puts a `split` around rows, and its end must not fall into a comment."""
    equation = Equation(tmp_path, None, 1, "a \\\\ b % last", None, True, "directive")
    assert len(list(typeset([equation], {}))) == 1


def test_the_macros_of_the_site_are_known_to_lint(tmp_path):
    found = list(equations(page(tmp_path, r"$\R$")))
    assert len(list(typeset(found, {}))) == 1
    assert not list(typeset(found, {"macros": {"R": r"\mathbb{R}"}}))


# Each case: a page, the line of the fault (None: no fault), and a word of the message.
COMMENTS = {
    "good": ("$$\n% given x: n\n% where y = x\nx \\\\\ny\n$$", None, ""),
    "good environment": ("\\begin{align}\n% given x: n\nx &= y\n\\end{align}", None, ""),
    "good directive": ("```{math}\n% given x: n\nx\n```", None, ""),
    "a percent sign": ("$$\n50\\% \\\\\n\n51\\%\n$$ and $5\\%$", None, ""),
    "blank line": ("$$\n% given x: n\nx\n\ny\n$$", 4, "blank line"),
    "last line": ("```{math}\nx\n% the end\n```", 3, "last line"),
    "not at the top": ("$$\nx\n% given x: n\ny\n$$", None, ""),
    "not alone": ("$$\nx % where x = 1\n$$", None, ""),
    "inline": ("Let $x % given x$ be", 1, "inline"),
}


@pytest.mark.parametrize("name", COMMENTS)
def test_comments_stand_where_they_are_harmless(tmp_path, name):
    text, line, word = COMMENTS[name]
    path = page(tmp_path, text)
    reported = [fault for equation in equations(path) for fault in comment_faults(equation)]
    assert [place for place, _ in reported] == ([] if line is None else [f"{path}:{line}"])
    assert all(word in message for _, message in reported)


DECLARED = {
    "at the top": "% given x: n\nx = x",
    "below": "x = x\n  % given x: n",
    "in an environment": "\\begin{aligned}\n% given x: n\nx &= x\n\\end{aligned}",
    "behind a row": "x = x % given x: n\\\\",
    "with a colon": "%given: x: n\nx = x",
}


@pytest.mark.parametrize("name", DECLARED)
def test_declarations_are_found_anywhere_in_a_block(name):
    assert [(word, rest.rstrip("\\")) for word, rest in declarations(DECLARED[name])] == [("given", "x: n")]


@pytest.mark.parametrize("latex", ["50\\% given x: n", "\\% given x: n", "x = x % it is given x: n", "x = x"])
def test_what_is_no_declaration_is_none(latex):
    assert declarations(latex) == []


def test_a_comment_that_is_refused_is_told_in_one_line_with_what_to_do(tmp_path):
    path = page(tmp_path, "$$\n% given k: scalar\n% where u = k + c\n% condition: k = k@k@k\nk = k\n$$")
    (item,) = check_page(path)
    told = [problem.words for problem in item.problems]
    assert told[0] == "% where u = k + c: 'c' is not declared; % given c: … declares it"
    assert len(told) >= 1 and not [words for words in told if "\n" in words or "shapes" in words]


ANNOUNCED = {
    "as what it is": ("% wrong: 1 sign", []),
    "without a kind": ("% wrong: 1", []),
    "as another kind": ("% wrong: 1 factor order", ["row 1 is announced as 'factor order' and fails as 'sign'"]),
}


@pytest.mark.parametrize("name", ANNOUNCED)
def test_a_wrong_line_fails_as_it_is_announced(tmp_path, name):
    comment, told = ANNOUNCED[name]
    path = page(tmp_path, f"$$\n% given x: n; varying x\n{comment}\n\\nabla_x (x^T x) = -2x\n$$")
    (item,) = check_page(path)
    assert [problem.words for problem in item.problems] == told


UNCLOSED = {
    "dollars": ("text\n\n$$\nf = 1\n\nmore", 3, "$$"),
    "dollars in a line": ("costs $$x = 1, and more", 1, "$$"),
    "an environment": ("\\begin{align}\nx &= 1\n\nmore", 1, "\\begin{align}"),
    "in a list": ("- a\n- $$\n  x = 1\n\nmore", 2, "$$"),
    "in a directive": ("```{note}\n$$\nx = 1\n```", 2, "$$"),
    "closed": ("$$\nf = 1\n$$ and $$x$$", None, ""),
    "code": ("write `$$` or ``\\begin{align}`` around it", None, ""),
    "escaped": ("costs \\$\\$ 5", None, ""),
    "in a block of code": ("```\n$$\n```", None, ""),
}


@pytest.mark.parametrize("name", UNCLOSED)
def test_an_equation_that_is_not_closed_is_told(tmp_path, name):
    text, line, what = UNCLOSED[name]
    path = page(tmp_path, text)
    told = list(unclosed(path))
    assert [place for place, _ in told] == ([] if line is None else [f"{path}:{line}"])
    assert all(words.startswith(f"{what} is opened and not closed") for _, words in told)
    assert all(equation.kind != "unclosed" for equation in equations(path))


NO_NOTEBOOKS = {
    "an object": (b"{}", "no list of cells"),
    "a list": (b"[]", "no list of cells"),
    "a number": (b"3", "no list of cells"),
    "nothing": (b"", "is empty"),
    "text": (b"# Title", "not JSON (line 1"),
    "deeply nested": (b"[" * 100_000, "not JSON"),
    "format 3": (b'{"worksheets": [{"cells": []}]}', "format 3"),
    "a cell that is a number": (b'{"cells": [3]}', "cell 1 is no cell"),
    "a cell without a type": (b'{"cells": [{"source": "x"}]}', "cell 1 is no cell"),
    "a cell without a source": (b'{"cells": [{"cell_type": "markdown"}]}', "its source is no text"),
    "a source of numbers": (b'{"cells": [{"cell_type": "markdown", "source": [1]}]}', "its source is no text"),
    "other bytes": (b'{"cells": [\xff]}', "not UTF-8: byte 0xff in line 1"),
}


@pytest.mark.parametrize("name", NO_NOTEBOOKS)
def test_what_is_no_notebook_is_said_in_one_sentence(tmp_path, name):
    content, words = NO_NOTEBOOKS[name]
    path = tmp_path / "page.ipynb"
    path.write_bytes(content)
    for read in (equations, check_page, unclosed, code_faults):
        with pytest.raises(PageError) as refused:
            list(read(path))
        said = str(refused.value)
        assert said.startswith(str(path)) and words in said and "\n" not in said


def test_a_byte_order_mark_is_no_part_of_a_page(tmp_path):
    path = page(tmp_path, "\ufeff$$\nx\n$$")
    assert [equation.latex.strip() for equation in equations(path)] == ["x"]
    path = notebook(tmp_path, ("markdown", "$x$"))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert [equation.latex for equation in equations(path)] == ["x"]
    assert list(code_faults(path)) == []


def test_a_blank_line_below_a_comment_is_told_by_the_check_too(tmp_path):
    path = page(tmp_path, "$$\n% given x: n\nx = x\n\nx = 2x / 2\n$$\n\n$$\nx = x\n\nx = x\n$$")
    first, second = check_page(path)
    assert [str(problem).split(": ")[0] for problem in first.problems] == [f"{path}:4"]
    assert "blank line" in str(first.problems[0]) and first.problems[0].kind == "failed"
    assert not second.problems  # nothing vanishes without a comment


def test_a_letter_that_becomes_a_size_is_no_longer_what_a_line_defined(tmp_path):
    first = "$$\n% given z: k\np = \\operatorname{softmax}(z)\n$$\n\n"
    second = "$$\n% given A: m×n, E: p×q\n(A \\otimes E)^T = A^T \\otimes (I_p E)^T\n$$\n"
    items = check_page(page(tmp_path, first + second))
    assert [line.verdict for item in items for line in item.lines] == ["definition", "holds"]
    assert not [problem for item in items for problem in item.problems]


def test_one_undeclared_letter_is_told_once_and_the_others_wait(tmp_path):
    blocks = ["% given x: n; varying x\nf = x^T x y", r"\nabla f = 2xy", r"g = f + 1 \\ h = y", "k = q g", "x = x"]
    found = [problem.words for item in check_page(page(tmp_path, "\n\n".join(f"$$\n{b}\n$$" for b in blocks)))
             for problem in item.problems]  # fmt: skip
    reasons = [words.split(": ")[1].split(" (")[0] for words in found]
    waits = "it waits for y"
    assert reasons == ["y is not declared", waits, waits, waits, "q is not declared"]
    assert "% given y: n" in found[0]  # how to declare it


@pytest.mark.parametrize("text, words", [
    ("$$\n% given x: n; varying x\n\\nabla_x (x^T x) = 3x\n$$", "row 1 fails"),
    ("$$\n% given x: n\nx = y\n$$", "y is not declared"),
    ("$$\nx = 1", "opened and not closed"),
    ("$$\n% given x: n\nx = x\n$$", None),
])  # fmt: skip
def test_lint_says_what_the_tests_would(tmp_path, text, words):
    path = page(tmp_path, text)
    said = [message for _, message in executed(path)]
    assert said == [] if words is None else words in "".join(said)


def test_lint_misses_the_outputs_of_a_notebook(tmp_path):
    path = notebook(tmp_path, ("code", "1 + 1"), ("code", "2 + 2"))
    assert list(code_faults(path)) == []
    stored = json.loads(path.read_text(encoding="utf-8"))
    stored["cells"][1]["execution_count"] = None
    path.write_text(json.dumps(stored), encoding="utf-8")
    ((place, words),) = code_faults(path)
    assert place == f"{path}: cell 2" and "make outputs" in words


@pytest.mark.parametrize("code, word", [
    ("import sys\nsys.path.append('..')", "sys.path"),
    ("from sys import path", "sys.path"),
    ("x = 1\n%matplotlib inline", "magic"),
    ("!ls", "magic"),
    ("from IPython.display import SVG", "IPython"),
    ("import numpy, IPython", "IPython"),
    ("get_ipython().run_line_magic('time', '')", "get_ipython"),
])  # fmt: skip
def test_cells_that_need_ipython_are_reported(tmp_path, code, word):
    path = notebook(tmp_path, ("code", "import numpy as np\nnp.arange(3)"), ("code", code))
    ((place, message),) = code_faults(path)
    assert place == f"{path}: cell 2, line {1 + code.count(chr(10))}"
    assert word in message


def test_the_faults_of_a_whole_book(tmp_path):
    page(tmp_path, "format: jb-book\nroot: index\nchapters:\n- file: page\n", "_toc.yml")
    page(tmp_path, "sphinx: {config: {}}", "_config.yml")
    page(tmp_path, "# A\n\n$\\bad$", "index.md")
    notebook(tmp_path, ("markdown", "$$\n% given x: n\n\nx = x\n$$"), ("code", "%time"))
    reported, count = faults(Path(tmp_path))
    assert count == 2
    assert sorted(place.removeprefix(f"{tmp_path}/") for place, _ in reported) == [
        "index.md:3", "page.ipynb: cell 1, line 3", "page.ipynb: cell 2, line 1"]  # fmt: skip


@cache
def executed_page(path):
    """A page of the book, each line executed and proved where it can be: once for all that ask something of it."""
    return list(check_page(path, Checker({}, prove=True)))


def test_every_displayed_equation_of_the_book_is_executed_and_most_are_proved(book, capsys):
    checked = [item for page in pages(book) for item in executed_page(page)]
    problems = [(item.equation.place(), *item.problems) for item in checked if item.problems]
    assert not problems, problems
    counts = coverage(checked)
    held = [line for item in checked for line in item.lines if line.verdict == "holds"]
    proved = sum(bool(line.proved) for line in held)
    with capsys.disabled():
        print(f"\nthe book: {', '.join(f'{counts[name]:g} {name}' for name in counts)} %")
        print(f"the book: {proved} of {len(held)} lines that hold are also proved exactly")
    assert counts["coverage"] >= 98 and counts["wrong on purpose"] >= 5
    assert proved >= 0.85 * len(
        held
    )  # not where which of two letters is greater decides, or an exponential of a matrix stands
    assert all(line.proved or line.proof_why for line in held)


ALONE = r"""
$$
% given W: m×n, x: n, y: m, A: n×n; varying W; assume A: symmetric
% where g = sum(A)
r = W x - y \\
f = r : r
$$

$$
% given t: scalar; assume t: positive
r_2 = 2 r \\
r_2 : t r = 2 t r : r
$$

$$
% unread: a picture
\heartsuit
$$
"""


def test_each_equation_of_a_page_can_be_checked_by_itself(source):
    """A definition that the page repeats is one in one place and holds in the other."""
    checked = executed_page(source)
    assert len(checked) == sum(equation.display for equation in equations(source))
    for item in checked:
        lines = check(**item.alone, mend=False).lines[-len(item.lines) :]
        told, found = (
            [(line.verdict.replace("definition", "holds"), line.latex) for line in each] for each in (item.lines, lines)
        )
        assert found == told, item.equation.place()


def test_what_an_equation_uses_comes_with_it(tmp_path):
    path = page(tmp_path, ALONE)
    first, second, unread = check_page(path)
    assert first.alone["latex"] == "r = W x - y \\\\\nf = r : r" and first.alone["given"] == "W: m×n, x: n, y: m"
    assert second.alone == {
        "latex": "r = W x - y \\\\\nr_2 = 2 r \\\\\nr_2 : t r = 2 t r : r",
        "given": "W: m×n, x: n, y: m, t: scalar",
        "varying": "W",
        "where": "",
        "assume": "t: positive",
    }
    assert unread.alone == {}


SETTINGS = r"""
$$
% given w: scalar, x: scalar, y: scalar
\begin{aligned}
z &= w x \\
r &= z - y \\
L &= r^2
\end{aligned}
$$

$$
% given W: m×n, x: n, y: m
\begin{aligned}
z &= W x \\
\mathcal{L} &= \sum_{i=1}^{m} (z_i - y_i)^2
\end{aligned}
$$

$$
% given W: m×n
\mathcal{L} = \sum_{i=1}^{m} z_i^2
$$
"""


def test_what_was_defined_with_a_name_that_is_gone_may_be_defined_anew(tmp_path):
    checked = list(check_page(page(tmp_path, SETTINGS)))
    assert not [item.problems for item in checked if item.problems]
    assert [line.verdict for item in checked for line in item.lines] == ["definition"] * 6


def test_a_letter_that_becomes_a_size_is_no_longer_what_was_defined(tmp_path):
    text = "$$\n% given z: m\np = 2 z\n$$\n\n$$\n% given A: p×n, B: p×n\nA^T I_p B = A^T B\n$$\n"
    checked = list(check_page(page(tmp_path, text)))
    assert [line.verdict for item in checked for line in item.lines] == ["definition", "holds"]


TWO_BLOCKS = """# Two blocks

$$
% given b: n, A: n×n; varying A
A b = A b
$$

$$
% given K: n×n, a: n{more}; varying K, a{more_varying}
% where s = tanh(a); b = a - K@s
a = K s + b
$$
"""


def test_a_letter_of_an_earlier_block_may_be_defined(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(TWO_BLOCKS.format(more="", more_varying=""), encoding="utf-8")
    last = list(check_page(page))[-1]
    assert not last.problems and [line.verdict for line in last.lines] == ["holds"]


def test_a_letter_that_varies_is_not_defined_as_well(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(TWO_BLOCKS.format(more=", b: n", more_varying=", b"), encoding="utf-8")
    last = list(check_page(page))[-1]
    assert "b is defined twice" in last.problems[0].words
