"""What `check` found: a line, a derivation, and how they are shown in text, as data, and in a page.

What is shown may come from anywhere. Words are escaped and kept from being typeset; a formula is typeset only where the
reader of LaTeX knows every command in it and none of them does more than set a formula.
"""

from __future__ import annotations

import html
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

MARKS = {
    "holds": "✓",
    "definition": "≔",
    "notation": "·",
    "condition": "◦",
    "unclear": "≟",
    "fails": "✗",
    "unread": "?",
}
"""Every verdict, with its mark."""
NOT_OK = ("fails", "unclear", "unread")


@dataclass
class Line:
    """A line of a derivation: one relation, and what became of it."""

    latex: str
    row: int
    """The displayed row, an index from 0; where a person reads it, `words` and reports, rows are counted from 1."""
    verdict: str
    """``"holds"``; ``"definition"``; ``"notation"``; ``"condition"``, set and not claimed; ``"unclear"``, where the two
    sides differ and there is no evidence; ``"fails"``; or ``"unread"``."""
    error: str = ""
    """A bound on the relative difference where it holds; how large it is where it fails."""
    why: str = ""
    reading: str = ""
    """How the line was read, where the page leaves it open."""
    holds_from_head: bool | None = None
    holds_from_previous: bool | None = None
    kind: str | None = None
    repair: str | None = None
    points: int = 0
    """How many points it was executed at."""
    sizes: str = ""
    """The sizes that were drawn there, ``"m=3, n=5; m=2, n=4"``."""
    proved: str = ""
    """The sizes at which it is proved exactly, ``"m=2, n=3"``; empty where it is not."""
    proof_why: str = ""
    """Why a line that holds is not proved, where a proof was asked for."""
    display: str = field(default="", repr=False)
    """What a page typesets: the line with its macros replaced; empty where it is shown as code."""
    relation: object = field(default=None, repr=False)
    edits: object = field(default=None, repr=False)
    """The small edits that make it true, where they were looked for as evidence."""
    claims: list = field(default_factory=list, repr=False)
    """What it was found to equal, its head first: pairs of a tree and the verdict."""

    @property
    def executed(self) -> bool:
        """Whether two sides were executed and agree: it holds, or states again what was defined before."""
        return self.verdict == "holds" or (self.verdict == "definition" and self.holds_from_head is True)

    def words(self) -> list[str]:
        """What is said of the line, a sentence a string."""
        said = [f"row {self.row + 1}: {self.verdict}{'; ' if self.why else ''}{self.why}"]
        if self.reading:
            said.append(f"read as: {self.reading}")
        if self.proved:
            said.append(f"proved for {self.proved}; executed at {self.points} points")
        elif self.witness:
            said.append(self.witness)
        if self.proof_why and not self.proved:
            said.append(f"not proved: {self.proof_why}")
        return said

    @property
    def witness(self) -> str:
        """What stands behind a line that holds, at how many points and sizes it was executed; empty elsewhere."""
        if not self.executed or not self.points or self.proved:
            return ""
        drawn = f" ({self.sizes})" if self.sizes else ""
        apart = f", relative difference {self.error}" if self.error else ""
        return f"executed at {self.points} random points{drawn}{apart}; not a proof"

    def to_dict(self) -> dict[str, Any]:
        """Everything that can be shown, as plain data."""
        kept = ("display", "relation", "claims", "edits")
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in kept} | {"witness": self.witness}

    def to_html(self, first_wrong=False):
        """A row of mark, formula and words, and its mend; `first_wrong` highlights it."""
        style = "border-left: 4px solid transparent"
        if first_wrong:
            style = "background: rgba(213, 94, 0, 0.14); border-left: 4px solid rgb(213, 94, 0)"
        rows = [_row(MARKS[self.verdict], _formula(self.latex, self.display), self.words(), style)]
        if self.repair:
            rows.append(
                _row("→", _formula(self.repair, displayed(self.repair)), [f"mended: {kind_words(self.kind)}"], style)
            )
        elif self.kind:
            rows.append(_row("→", "", [f"no mend found: {kind_words(self.kind)}"], style))
        return "".join(rows)


@dataclass
class Report:
    """What `check` found; shows itself in a notebook, a line a row."""

    lines: list[Line]
    points: int = 0
    counterexample: str | None = None
    """NumPy text that runs alone and shows the two sides of the first wrong line to differ, or None."""
    inferred: dict[str, str] = field(default_factory=dict)
    """What was inferred where it was not declared, as the arguments ``given``, ``varying``, ``assume`` of `check`."""
    again: object = field(default=None, repr=False)
    """A function from the text of a block to the report on it, with the same declarations."""
    names: dict[str, str] = field(default_factory=dict, repr=False)
    """Spellings of names, as for `check`."""

    @property
    def first_wrong(self) -> int | None:
        """The index, from 0, of the first line that fails, or None."""
        return self._first("fails")

    @property
    def first_unclear(self) -> int | None:
        """The index, from 0, of the first line that is unclear, or None."""
        return self._first("unclear")

    def _first(self, verdict):
        return next((i for i, line in enumerate(self.lines) if line.verdict == verdict), None)

    @property
    def ok(self) -> bool:
        """Whether a line was executed and holds, and none fails, is unclear or unread."""
        return any(line.executed for line in self.lines) and all(line.verdict not in NOT_OK for line in self.lines)

    @cached_property
    def mended(self) -> str | None:
        """The whole derivation with its wrong lines mended one after the other, in LaTeX; None without a mend."""
        from derivations.checking.mending import mended

        return mended(self)

    @property
    def kind(self) -> str | None:
        """What the first wrong line got wrong."""
        return None if self.first_wrong is None else self.lines[self.first_wrong].kind

    @property
    def repair(self):
        """The first wrong line, mended, in LaTeX."""
        return None if self.first_wrong is None else self.lines[self.first_wrong].repair

    def __bool__(self):
        return self.ok

    def __str__(self):
        rows = [f"inferred: {told}"] if (told := inferred_text(self.inferred)) else []
        for line in self.lines:
            rows.append(f"{MARKS[line.verdict]} row {line.row + 1}: {line.latex}")
            for label, words in (("read as", line.reading), ("", line.why)):
                if words:
                    rows.append(f"    {label + ': ' if label else ''}{words}")
            if line.proved or line.proof_why or line.witness:
                rows.append(f"    {line.words()[-1]}")
            if line.kind:
                rows.append(f"    {kind_words(line.kind)}" + (f"; mended: {line.repair}" if line.repair else ""))
        return "\n".join(rows) or "no line"

    __repr__ = __str__

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain data, for JSON; ``row``, ``first_wrong`` and ``first_unclear`` are indices from 0."""
        return {
            "lines": [line.to_dict() for line in self.lines],
            "first_wrong": self.first_wrong,
            "first_unclear": self.first_unclear,
            "kind": self.kind,
            "repair": self.repair,
            "counterexample": self.counterexample,
            "inferred": self.inferred,
            "ok": self.ok,
        }

    def _repr_html_(self):
        """Rows of mark, formula and words, the first wrong one highlighted; the site's MathJax reads the formulas."""
        rows = [_row("", "", [f"inferred: {told}"], "")] if (told := inferred_text(self.inferred)) else []
        rows += [line.to_html(i == self.first_wrong) for i, line in enumerate(self.lines)]
        told = "".join(rows) or _row("", "", ["no line was found"], "")
        return f'<div class="derivation-report">{told}</div>'


# ── in a page ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _row(mark, body, words, style):
    told = "".join(f'<div style="font-size: 0.875em">{html.escape(text)}</div>' for text in words)
    return (
        f'<div style="display: flex; gap: 0.75em; padding: 0.3em 0.6em; {style}">'
        f'<div style="flex: none; width: 1.2em">{mark}</div>'
        f'<div style="flex: 1; min-width: 0">{body}'
        f'<div class="tex2jax_ignore mathjax_ignore">{told}</div></div></div>'
    )


def _formula(latex, display):
    if not display:
        return f'<code class="tex2jax_ignore mathjax_ignore" style="white-space: pre-wrap">{html.escape(latex)}</code>'
    return (
        '<div class="tex2jax_process mathjax_process" style="overflow-x: auto; overflow-y: hidden; padding: 0.15em 0">'
        f"\\(\\displaystyle {html.escape(display)}\\)</div>"
    )


_NEVER_TYPESET = {
    r"\href", r"\require", r"\style", r"\class", r"\cssId", r"\data", r"\unicode", r"\mmlToken", r"\texttip",
    r"\(", r"\)", r"\[", r"\]",
}  # fmt: skip
"""Commands that do more than set a formula, and what would end the formula on the page."""


def displayed(latex, macros=None):
    """The LaTeX with its macros replaced, for a page; empty where a page should not typeset it.

    Parameters
    ----------
    latex : str
        A formula.
    macros : dict, optional
        Expansions of commands.

    Returns
    -------
    str
    """
    from derivations.formulas.expression import ParseError
    from derivations.reading.tex import expand, scan

    try:
        return display_of(expand(scan(latex), macros))
    except ParseError:
        return ""


def display_of(tokens):
    """Raw tokens, macros replaced, as LaTeX that a page may typeset, or an empty text; see `displayed`."""
    pieces, opened, nested = [], {"{": 0, r"\left": 0}, 0
    for token in tokens:
        text = token.text
        if text in _NEVER_TYPESET or text.startswith(r"\html"):
            return ""
        nested += (text == r"\begin") - (text == r"\end")
        for opening, closing in (("{", "}"), (r"\left", r"\right")):
            opened[opening] += (text == opening) - (text == closing)
        if nested < 0 or min(opened.values()) < 0:
            return ""
        if text == "&" and not nested:  # the columns of the block are not those of the line
            continue
        if pieces and text[:1].isalpha() and pieces[-1][:1] == "\\" and pieces[-1][-1].isalpha():
            pieces.append(" ")
        pieces.append(text)
    return "" if nested or any(opened.values()) else "".join(pieces).strip()


def kind_words(kind):
    """The kind of a mistake as a person reads it."""
    return "none of the common slips" if kind == "other" else kind


# ── words ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def inferred_text(inferred):
    """What was inferred, ``"A: m×n, x: n; varying x"``."""
    words = {"given": "", "varying": "varying ", "assume": "assume "}
    return "; ".join(f"{words[name]}{text}" for name, text in inferred.items())


def sizes_text(sizes, names):
    """The sizes with these names, ``"m=3, n=5"``."""
    return ", ".join(f"{name}={size}" for name, size in sizes.items() if name in names)
