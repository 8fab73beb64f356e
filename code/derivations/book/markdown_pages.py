"""The book's pages, and the equations in them.

A page is read by the Markdown parser that builds the site (myst-parser), so what is found here is what the
reader sees: an equation in a code block is no equation, one inside a folded solution is.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import ClassVar, NamedTuple

from derivations.book.tex_pages import displays

# The Markdown of the book: the same list as in _config.yml.
EXTENSIONS = ("amsmath", "colon_fence", "deflist", "dollarmath")

# The words of the declarations that an equation may begin with, in comments.
DECLARATIONS = ("given", "where", "wrong", "unread")

# Directives whose content is not Markdown. All others are read like the page around them.
VERBATIM = {"bibliography", "code", "code-block", "code-cell", "eval-rst", "literalinclude", "raw", "toctree"}


@dataclass(frozen=True)
class Equation:
    """One equation of a page, inline or displayed.

    Attributes
    ----------
    file : Path
        The page.
    cell : int or None
        In a notebook, the number of the cell, counted from 1 over all cells; None in a Markdown page.
    line : int
        Where the first line of `latex` stands, counted from 1 in the file or in the cell. Line k of `latex`
        (counted from 0) therefore stands at ``line + k``.
    latex : str
        The LaTeX as written, comments included, without its delimiters.
    label : str or None
        The name by which the text refers to the equation.
    display : bool
        Whether the equation stands on its own, outside the running text.
    kind : {"dollar", "amsmath", "directive", "role"}
        How it is written: ``$…$`` or ``$$…$$``, a LaTeX environment, a ``{math}`` directive or role.
    """

    file: Path
    cell: int | None
    line: int
    latex: str
    label: str | None
    display: bool
    kind: str

    def place(self, offset: int = 0) -> str:
        """Say where the line `offset` of the equation stands, for a message to a person."""
        if self.cell is None:
            return f"{self.file}:{self.line + offset}"
        return f"{self.file}: cell {self.cell}, line {self.line + offset}"


def pages(book) -> list[Path]:
    """List the pages of a book in the order of its table of contents.

    Parameters
    ----------
    book : str or Path
        The folder that holds ``_toc.yml``.

    Returns
    -------
    list of Path
        The ``.md`` and ``.ipynb`` files that ``_toc.yml`` names.

    Raises
    ------
    FileNotFoundError
        If a page that ``_toc.yml`` names does not exist.
    """
    from sphinx_external_toc.parsing import parse_toc_yaml

    return [_page(Path(book), name) for name in parse_toc_yaml(Path(book) / "_toc.yml")]


def _page(book, name):
    for suffix in (".md", ".ipynb"):
        path = book / (name + suffix)
        if path.exists():
            return path
    raise FileNotFoundError(f"_toc.yml names {name}, and there is neither {name}.md nor {name}.ipynb")


class PageError(ValueError):
    """A page that cannot be read, told in a sentence with its name."""


def equations(path):
    """Find the equations of a page, in the order in which they are read.

    Parameters
    ----------
    path : str or Path
        A Markdown page (``.md``) or a notebook (``.ipynb``).

    Yields
    ------
    Equation
        Every equation, inline ones included, also inside directives, lists, tables and quotations.

    Raises
    ------
    PageError
        If the page is not text, or not a notebook of format 4.
    """
    yield from (equation for equation in _everything(path) if equation.kind != "unclosed")


def unclosed(path):
    """Find where a displayed equation begins and does not end, so that the page shows its source.

    Parameters
    ----------
    path : str or Path
        A Markdown page or a notebook.

    Yields
    ------
    (str, str)
        The place, and what is wrong there.
    """
    for found in _everything(path):
        if found.kind == "unclosed":
            yield found.place(), f"{found.latex} is opened and not closed: what follows is no equation on the page"


def ignored(path):
    """Find what declares nothing and seems meant to: declarations in inline mathematics, and a word like one of theirs.

    Parameters
    ----------
    path : str or Path
        A Markdown page, a notebook or a ``.tex`` file.

    Yields
    ------
    (str, str)
        The place, and what to do there.
    """
    for equation in equations(path):
        for word, rest in _comments(equation.latex):
            near = get_close_matches(word, DECLARATIONS, 1, 0.75)
            if word in DECLARATIONS and not equation.display:
                yield equation.place(), f"% {word} in inline mathematics is ignored: write it in a displayed equation"
            elif word not in DECLARATIONS and near and (":" in rest or "=" in rest):
                yield equation.place(), f"% {word} declares nothing and is ignored: write % {near[0]} if that is meant"


def _everything(path):
    """What is found in each of the texts of a page."""
    path = Path(path)
    find = displays if path.suffix == ".tex" else _find
    for cell, text in _texts(path):
        for line, latex, label, display, kind in find(text, 1):
            yield Equation(path, cell, line, latex, label, display, kind)


def directives_of(path):
    """Find the directives of a page, in the order in which they are read.

    Parameters
    ----------
    path : str or Path
        A Markdown page (``.md``) or a notebook (``.ipynb``).

    Yields
    ------
    cell : int or None
        In a notebook, the number of the cell, counted from 1 over all cells.
    name : str
        ``"exercise"``.
    options : dict
        The texts of its options, ``{"label": "ex-tanh"}``.
    """
    for cell, text in _texts(Path(path)):
        for _, _, directive in _blocks(text, 1):
            if directive:
                yield cell, directive.name, directive.options


def _texts(path):
    """Yield the Markdown of a page: (number of the cell or None, text)."""
    if path.suffix != ".ipynb":
        yield None, _text(path)
        return
    yield from ((number, source) for number, kind, source in cells(path) if kind == "markdown")


def _text(path):
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PageError(
            f"{path} is not UTF-8: byte {error.object[error.start]:#x} in line "
            f"{error.object.count(10, 0, error.start) + 1}; save it as UTF-8"
        ) from error
    except OSError as error:
        raise PageError(f"{path} cannot be read: {error.strerror or error}") from error


def cells(path):
    """Read the cells of a notebook.

    Parameters
    ----------
    path : Path

    Returns
    -------
    list of (int, str, str)
        Number, counted from 1, type and source of each.

    Raises
    ------
    PageError
        If the file is not a notebook of format 4.
    """
    text = _text(path)
    if not text.strip():
        raise PageError(f"{path} is empty, where a notebook belongs")
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno}: {error.msg})" if isinstance(error, json.JSONDecodeError) else ""
        raise PageError(f"{path} is no notebook: it is not JSON{where}") from error
    if isinstance(notebook, dict) and "worksheets" in notebook:
        raise PageError(
            f"{path} is a notebook of format 3 or older; open and save it once in Jupyter, or run "
            "jupyter nbconvert --to notebook"
        )
    listed = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(listed, list):
        raise PageError(f"{path} is no notebook: it has no list of cells")
    return [(number, *_cell(path, number, cell)) for number, cell in enumerate(listed, start=1)]


def _cell(path, number, cell):
    """Type and source of a cell."""
    if not isinstance(cell, dict) or not isinstance(cell.get("cell_type"), str):
        raise PageError(f"{path}: cell {number} is no cell of a notebook: it has no cell_type")
    source = cell.get("source")
    lines = [source] if isinstance(source, str) else source
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise PageError(f"{path}: cell {number} is no cell of a notebook: its source is no text")
    return cell["cell_type"], "".join(lines)


@cache
def _parser():
    from markdown_it.renderer import RendererHTML
    from myst_parser.config.main import MdParserConfig
    from myst_parser.parsers.mdit import create_md_parser

    settings = MdParserConfig(enable_extensions=set(EXTENSIONS), dmath_double_inline=True)
    return create_md_parser(settings, RendererHTML)


class _Directive(NamedTuple):
    """What a directive says, and where."""

    name: str
    title: str
    options: dict
    body: str
    body_line: int


def _blocks(text, first):
    """Yield (token, line, directive or None) for each block of `text`, whose line 0 is line `first`, and inside it."""
    line = first
    for token in _parser().parse(text):
        if token.map:
            line = first + token.map[0]
        name, title = _directive_name(token) if token.type in ("fence", "colon_fence") else (None, "")
        if name is None:
            yield token, line, None
            continue
        options, body, offset = _directive_content(title, token.content)
        yield token, line, _Directive(name, title, options, body, line + 1 + offset)
        if name != "math" and name not in VERBATIM:
            yield from _blocks(title, line)
            yield from _blocks(body, line + 1 + offset)


def _find(text, first):
    """Yield (line, latex, label, display, kind) for each equation of `text`, whose line 0 is line `first`."""
    for token, line, directive in _blocks(text, first):
        if token.type in ("math_block", "math_block_label"):
            yield line, token.content, token.info or None, True, "dollar"
        elif token.type == "amsmath":
            yield line, token.content, None, True, "amsmath"
        elif directive and directive.name == "math":
            body, body_line = directive.body, directive.body_line
            if directive.title:  # Sphinx puts it before the rest, with a blank line between
                body, body_line = "\n\n".join(filter(None, [directive.title, body])), line
            yield body_line, body, directive.options.get("label"), True, "directive"
        elif token.type == "inline":
            yield from _find_in_line(token, line)


_OPENING = re.compile(
    r"(?<!\\)(?:\\\\)*(\$\$|\\begin\{(?:align|equation|gather|multline|eqnarray|alignat|flalign)\*?\})"
)
_CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)


def _find_unclosed(token, first):
    """The beginning of an equation that has no end is left in the running text."""
    text = "\n".join(child.content for child in token.children if child.type in ("text", "text_special"))
    if not _OPENING.search(text):
        return
    bare = _CODE.sub(lambda code: re.sub(r"[^\n]", " ", code[0]), token.content)
    if found := _OPENING.search(bare):
        yield first + bare.count("\n", 0, found.start(1)), found[1], None, True, "unclosed"


def _find_in_line(token, first):
    yield from _find_unclosed(token, first)
    seen = 0
    for child in token.children:
        if child.type in ("math_inline", "math_inline_double"):
            kind, opening = "dollar", child.markup
        elif child.type == "myst_role" and child.meta["name"] == "math":
            kind, opening = "role", "{math}`"
        else:
            continue
        seen = token.content.index(opening + child.content, seen)
        line = first + token.content.count("\n", 0, seen)
        yield line, child.content, None, child.type == "math_inline_double", kind


def _directive_name(token):
    """The name of a directive and what follows it in its first line; None for the name of a block of code."""
    opening, closed, title = token.info.strip().partition("}")
    name = opening.removeprefix("{")
    return (name, title.strip()) if closed and name != opening else (None, "")


def _directive_content(title, content):
    """Split the content of a directive into its options, its body, and the number of lines before the body."""
    from docutils.parsers.rst import Directive, directives
    from myst_parser.parsers.directives import parse_directive_text

    class AnyDirective(Directive):
        optional_arguments = 1
        final_argument_whitespace = True
        has_content = True
        option_spec: ClassVar = defaultdict(lambda: directives.unchanged, label=directives.unchanged)  # any option

    parsed = parse_directive_text(AnyDirective, title, content)
    return parsed.options, "\n".join(parsed.body), parsed.body_offset


# ── the equations of a book, checked ──────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Problem:
    """Something that is not as a page announces it.

    Attributes
    ----------
    kind : str
        ``"failed"``: a line fails, or an announcement is not true or cannot be read; ``"unclear"``; or ``"unread"``.
    words : str
    """

    kind: str
    words: str

    def __str__(self):
        return self.words


@dataclass(frozen=True)
class Checked:
    """A displayed equation with what `check` found.

    Attributes
    ----------
    equation : Equation
    lines : list of Line
        One for each relation, as `check` gives them.
    wrong : dict
        Index of a displayed row, from 0, to kind, for rows announced as wrong: ``% wrong: 2 sign`` says it of the
        second row.
    unread : str
        Why the block cannot be executed, as announced by ``% unread: why``; empty without.
    problems : list of Problem
        What is not as announced; empty where all is well.
    alone : dict
        The texts with which `check` judges the block by itself, ``latex``, ``given``, ``varying``, ``where`` and
        ``assume``, and ``vary`` where a differential is restricted: what the page said before, as far as the block uses
        it, is in them. Empty for an unread block.
    """

    equation: Equation
    lines: list
    wrong: dict
    unread: str
    problems: list
    alone: dict


def declarations(latex):
    """Read the declarations of a display block, wherever they stand in its comments.

    Parameters
    ----------
    latex : str
        The block as written.

    Returns
    -------
    list of (str, str)
        The word (``given``, ``where``, ``wrong``, ``unread``) and what follows it, in order.
    """
    return [(word, rest) for word, rest in _comments(latex) if word in DECLARATIONS]


def _comments(latex):
    """The first word and the rest of each comment."""
    for line in latex.split("\n"):
        word, _, rest = line[comment_at(line) :].lstrip("% ").partition(" ")
        yield word.rstrip(":"), rest.strip()


def comment_at(line):
    """Return where the comment of a line of LaTeX begins, or the length of the line."""
    at = line.find("%")
    while at > 0 and (at - len(line[:at].rstrip("\\"))) % 2 == 1:
        at = line.find("%", at + 1)
    return at if at >= 0 else len(line)


def vanishing_rows(equation):
    """Find the blank lines of a displayed equation with comments: the site does not show the rows below them.

    Parameters
    ----------
    equation : Equation

    Returns
    -------
    list of int
        The lines of its LaTeX, counted from 0; empty without a comment.
    """
    lines = equation.latex.split("\n")
    if all(comment_at(line) == len(line) for line in lines):
        return []
    filled = [number for number, line in enumerate(lines) if line.strip()]
    return [number for number in range(filled[0], filled[-1]) if not lines[number].strip()]


def declares(path):
    """Whether a page declares anything for its equations, so that its author means them to be checked.

    Parameters
    ----------
    path : str or Path
        A Markdown page or a notebook.

    Returns
    -------
    bool
    """
    return any(equation.display and declarations(equation.latex) for equation in equations(path))


def check_page(path, checker=None, mend=True):
    """Check every displayed equation of a page, with the declarations that the page makes in comments.

    Parameters
    ----------
    path : str or Path
        A Markdown page or a notebook.
    checker : Checker, optional
        Declarations to begin with.
    mend : bool
        Whether what would be right is looked for where a line fails.

    Yields
    ------
    Checked
    """
    from derivations.checking import Checker

    checker, shown, waiting = checker or Checker({}), {}, _Waiting()
    if Path(path).suffix == ".tex":  # its macros stand in the preamble, outside of equations
        _remember_macros(checker, _text(Path(path)))
    for equation in equations(path):
        if not equation.display:
            _remember_macros(checker, equation.latex)
            continue
        wrong, unread, problems = {}, "", []
        for word, rest in declarations(equation.latex):
            try:
                if word == "given":
                    _declare(checker, rest)
                elif word == "where":
                    checker.declare(where=rest)
                elif word == "wrong":
                    row, _, kind = rest.partition(" ")
                    wrong[_row(row)] = kind.strip()
                else:
                    unread = rest or "no reason given"
            except ValueError as error:
                problems.append(Problem("failed", f"% {word} {rest}: {_on_a_page(error)}"))
        before = dict(checker.trees)
        for row in vanishing_rows(equation):
            words = (
                f"{equation.place(row)}: a blank line in a block with a comment: the rows below it vanish on the page"
            )
            problems.append(Problem("failed", words))
        lines = []
        try:
            lines = [] if unread else [waiting.told(line) for line in checker.check(equation.latex, mend=mend).lines]
        except ValueError as error:  # a condition in a comment that cannot be read
            problems.append(Problem("failed", _on_a_page(error)))
        defined = _defined(checker, lines, before)
        earlier = {name: latex for name, latex in shown.items() if name in before and name not in defined}
        alone = {} if unread else _alone(checker, equation.latex, lines, earlier)
        _remember_macros(checker, equation.latex)
        shown.update(defined)
        yield Checked(equation, lines, wrong, unread, problems + _surprises(lines, wrong), alone)


def _remember_macros(checker, latex):
    """What an equation defines holds for the page below it, as MathJax has it."""
    from derivations.formulas.expression import ParseError
    from derivations.reading.tex import defined
    from derivations.reading.tex_words import DEFINING

    if any(command in latex for command in DEFINING):
        with suppress(ParseError):  # the check of the equation says it
            checker.macros |= defined(latex, checker.macros)


class _Waiting:
    """Lines that are not read because an earlier one was not: they are told apart from the one that is the reason."""

    def __init__(self):
        self.told_of, self.waits = set(), {}

    def told(self, line):
        """The line; where it waits for a letter that was missed before, with that as its reason."""
        from derivations.executing import spelled

        missed = _UNDECLARED.fullmatch(line.why) if line.verdict == "unread" else None
        if missed is None:
            return line
        letter = self.waits.get(missed[1], missed[1])
        if line.relation is not None and (name := spelled(line.relation.left)) not in (None, letter):
            self.waits.setdefault(name, letter)
        if letter in self.told_of:
            return replace(line, why=f"it waits for {letter}")
        self.told_of.add(letter)
        size = "m×n" if letter.isupper() else "n"
        return replace(line, why=f"{line.why} (a comment in the block declares it: % given {letter}: {size})")


def _on_a_page(error):
    """A refusal in one line, since a warning of the builder is one; and a letter is declared in a comment here."""
    said, _, _ = str(error).partition("\n")
    missed = re.match(r"'(\w+)' is not declared", said)
    return said.replace("declare it in shapes", f"% given {missed[1]}: … declares it") if missed else said


_UNDECLARED = re.compile(r"(\S+) is not declared")
"""The reason that `check` gives for a line with a letter that nothing declares."""


def _defined(checker, lines, before):
    """The names that the lines of a block define, each with the LaTeX of its line."""
    new = {id(tree.tree): name for name, tree in checker.trees.items() if tree is not before.get(name)}
    lines = [line for line in lines if line.verdict == "definition" and line.relation is not None]
    return {new[id(line.relation.right)]: line.latex for line in lines if id(line.relation.right) in new}


def _alone(checker, latex, lines, earlier):
    """The texts with which `check` judges a block by itself, below the earlier lines that define what it uses."""
    from derivations.executing import reached

    relations = [line.relation for line in lines if line.relation is not None]
    used = reached([side for item in relations for side in (item.left, item.right)], checker.meaning)
    block = "\n".join(line for line in latex.split("\n") if not line.lstrip().startswith("%")).strip()
    rows = [text for name, text in earlier.items() if name in used]
    text = " \\\\\n".join([*rows, block])
    macros = _used_macros(checker.macros, text)
    return {"latex": f"{macros}\n{text}" if macros else text, **checker.declarations(used)}


def _used_macros(macros, latex):
    """The definitions of those macros, of the site or of the page, that a text uses."""
    from derivations.book.site_macros import as_latex
    from derivations.reading.tex import scan

    used, new = {}, scan(latex)
    while new := [token for token in new if token.text in macros and token.text not in used]:
        rows = {token.text: macros[token.text] for token in new if isinstance(macros[token.text], tuple)}
        used |= {token.text: None for token in new} | rows
        new = [token for _, _, body in rows.values() for token in body]
    return as_latex({name: row for name, row in used.items() if row is not None})


def _declare(checker, text):
    """``W: m×n, x: n; varying W; assume A: symmetric`` into a checker; before these words the ``;`` may be left out."""
    given, *rest = (piece.strip(" ,") for piece in re.split(r";|\s(?=(?:varying|assume|vary)\s)", text))
    options = {}
    for piece in filter(None, rest):
        word, _, what = piece.partition(" ")
        if word not in ("varying", "assume", "vary"):
            raise ValueError(f"'{word}' is not varying, assume or vary")
        options[word] = what
    checker.declare(given, **options)


def missing(path, checker=None):
    """Infer what a page does not declare, so that its equations can be executed.

    Parameters
    ----------
    path : str or Path
        A Markdown page or a notebook.
    checker : Checker, optional
        Declarations to begin with.

    Returns
    -------
    line : str
        ``"% given X: m×n, w: n; varying w"``, to be pasted into the first block; empty where nothing is missing.
    place : str
        Where the first block begins; empty where there is none.
    """
    from derivations.checking import Checker
    from derivations.checking.inferring import guesses

    checker, blocks = checker or Checker({}), []
    begun = {"macros": dict(checker.macros)}
    for equation in equations(path):
        _remember_macros(checker, equation.latex)
        said = declarations(equation.latex) if equation.display else []
        for word, rest in said:
            with suppress(ValueError):  # the check of the page says it
                if word == "given":
                    _declare(checker, rest)
                elif word == "where":
                    checker.declare(where=rest)
        if equation.display and not any(word == "unread" for word, _ in said):
            blocks.append(equation)
    if not blocks:
        return "", ""
    rows = [re.sub(r"(?<!\\)%.*", "", equation.latex).strip().removesuffix(r"\\") for equation in blocks]
    best = None
    for guess in guesses(checker, " \\\\\n".join(rows))[:4]:
        told = _told_of(guess, set(checker.declared), bool(checker.varying))
        trial = Checker(**begun)
        with suppress(ValueError):
            _declare(trial, told)
            lines = [line.verdict for item in check_page(path, trial, mend=False) for line in item.lines]
            worth = sum(verdict in ("holds", "definition") for verdict in lines), -lines.count("unread")
            if best is None or worth > best[0]:
                best = worth, told
    return (f"% given {best[1]}" if best and best[1] else ""), blocks[0].place()


def _told_of(guess, declared, varied):
    """What a guess adds to what is declared, as ``% given`` takes it."""
    given = [piece for piece in guess.given.split(", ") if piece and piece.split(":")[0] not in declared]
    pieces = [", ".join(given)] if given else []
    if guess.varying and not varied:
        pieces.append(f"varying {guess.varying}")
    new = {piece.split(":")[0] for piece in given}
    if assumed := [piece for piece in guess.assume.split(", ") if piece.split(":")[0] in new]:
        pieces.append(f"assume {', '.join(assumed)}")
    return "; ".join(pieces)


def _row(text):
    """The index of a row that a page names by its number, counted from 1."""
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"'{text}' is no row: rows are counted from 1")
    return int(text) - 1


def _surprises(lines, wrong):
    """What is not as announced: lines that fail, are unclear or unread, announced ones that hold or fail otherwise."""
    said = []
    failing = {line.row: line for line in reversed(lines) if line.verdict == "fails"}
    for line in lines:
        follows = line.holds_from_previous is True  # what follows from a wrong line is not told again
        if line.verdict == "unread":
            said.append(Problem("unread", f"row {line.row + 1} is not read: {line.why}: {line.latex}"))
        if line.verdict == "unclear" and not follows:
            said.append(Problem("unclear", f"row {line.row + 1} is unclear: {line.why}: {line.latex}"))
        if line.verdict == "fails" and line.row not in wrong and not follows:
            mended = f"; what holds: {line.repair}" if line.repair else ""
            said.append(Problem("failed", f"row {line.row + 1} fails: {line.why}: {line.latex}{mended}"))
    for row, kind in wrong.items():
        if row not in failing:
            said.append(Problem("failed", f"row {row + 1} is announced as wrong ({kind}) and does not fail"))
        elif failing[row].kind is not None and kind and failing[row].kind != kind:
            words = f"row {row + 1} is announced as '{kind}' and fails as '{failing[row].kind}'"
            said.append(Problem("failed", words))
    return said


_COUNTED = {
    "holds": "executed",
    "definition": "definitions",
    "notation": "notation",
    "condition": "conditions",
    "fails": "wrong on purpose",
    "unclear": "unclear",
    "unread": "unread",
}
"""Verdict to what `coverage` counts it as."""


def coverage(checked):
    """Count what became of the lines of a book.

    Parameters
    ----------
    checked : iterable of Checked

    Returns
    -------
    dict
        Counts of ``equations``, ``executed``, ``definitions``, ``notation``, ``conditions``, ``wrong on purpose``,
        ``unclear``, ``unread`` and ``unread with a reason``, and ``coverage``, the per cent of displayed lines that
        were executed.
    """
    count = dict.fromkeys(["equations", *dict.fromkeys(_COUNTED.values()), "unread with a reason"], 0)
    for item in checked:
        count["equations"] += 1
        count["unread with a reason"] += bool(item.unread)
        for line in item.lines:
            on_purpose = line.verdict != "fails" or line.row in item.wrong
            count[_COUNTED[line.verdict] if on_purpose else "executed"] += 1
    lines = sum(n for name, n in count.items() if name != "equations")
    executed = lines - count["unread"] - count["unread with a reason"]
    return {**count, "coverage": 100 * executed / lines if lines else 100.0}
