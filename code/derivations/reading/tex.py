r"""LaTeX as raw tokens: `scan` cuts the text at commands and characters, `expand` replaces macros.

`tex_layout` makes of them the tokens of the grammar in ``latex.lark``.
"""

import itertools
import re
import unicodedata
from dataclasses import dataclass

from derivations.formulas.expression import ParseError
from derivations.reading.tex_words import DEFINING, DROPPED, GREEK, WIDTHS

LENGTH, TOKENS, DEPTH = 100_000, 20_000, 100


@dataclass(slots=True)
class Token:
    """A token: raw (a command or a character) or, after `Layout`, a word of the grammar."""

    kind: str
    text: str
    start: int
    stop: int
    font: str = ""
    glued: bool = False
    """Whether it follows a letter or a digit with nothing between."""
    data: object = None
    spaced: bool = False
    """Whether the writer put space before it."""
    row: int = 0
    column: int = 0
    """How many & stand before it in its row."""

    def __str__(self):
        return self.text

    def at(self, kind, text="", data=None, font=""):
        """Another token at the same place."""
        return Token(kind, text, self.start, self.stop, font, self.glued, data)


CLOSING = {
    "CLOSE": "OPEN", "RIGHT": "LEFT", "BARRIGHT": "BARLEFT", "NORMRIGHT": "NORMLEFT", "ANGLERIGHT": "ANGLELEFT",
    "ENDMATRIX": "MATRIX", "ATRIGHT": "ATLEFT",
}  # fmt: skip
"""Kinds of tokens that close something, and what they close."""
OPENING = {*CLOSING.values(), "CASES"}
OPERANDS = {
    "NAME", "NUMBER", "OPERATOR", "OPEN", "LEFT", "IDENTITY", "ONE", "NORMLEFT", "BARLEFT", "ANGLELEFT", "NABLA",
    "FRACTION", "DERIVATIVE", "ROOT", "EXP", "DELTA", "MATRIX", "DIFFERENTIAL", "OPERATE",
}  # fmt: skip
"""Kinds of tokens with which a factor may begin."""


# ── unicode ───────────────────────────────────────────────────────────────────────────────────────────────────────

_UNICODE = {
    "−": "-", "–": "-", "·": r"\cdot ", "⋅": r"\cdot ", "∙": r"\cdot ", "×": r"\times ", "∗": "*", "∂": r"\partial ",
    "∇": r"\nabla ", "∑": r"\sum ", "∏": r"\prod ", "√": r"\sqrt ", "≈": r"\approx ", "≠": r"\ne ", "≤": r"\le ",
    "≥": r"\ge ", "≡": r"\equiv ", "≔": ":=", "≐": r"\doteq ", "∝": r"\propto ", "⟨": r"\langle ", "⟩": r"\rangle ",
    "〈": r"\langle ", "〉": r"\rangle ", "‖": r"\|", "∥": r"\|", "∣": "|", "⊙": r"\odot ", "∘": r"\circ ",
    "⊗": r"\otimes ", "⊘": r"\oslash ", "∈": r"\in ", "∞": r"\infty ", "…": r"\dots ", "⋯": r"\cdots ",
    "←": r"\leftarrow ", "→": r"\to ", "↦": r"\mapsto ", "⇒": r"\Rightarrow ", "⟹": r"\implies ", "⇔": r"\iff ",
    "⟺": r"\iff ",
    "∴": r"\therefore ", "∀": r"\forall ", "′": "'", "’": "'",
    "″": "''", "⊤": r"\top ", "½": r"\frac{1}{2}", "¼": r"\frac{1}{4}",
    "¾": r"\frac{3}{4}", "ℓ": r"\ell ", "∶": ":", "：": ":", "ϵ": r"\epsilon ", "ε": r"\varepsilon ", "ϕ": r"\phi ",
    "φ": r"\varphi ", "ϑ": r"\vartheta ", "ς": r"\varsigma ", "±": r"\pm ", "∓": r"\mp ", "⊕": r"\oplus ",
    "⋮": r"\vdots ", "∫": r"\int ", "ı": "i", "ȷ": "j", "µ": r"\mu ", "Σ": r"\Sigma ",
}  # fmt: skip
_UNICODE |= dict.fromkeys("\ufeff\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\u00ad", "")
"""Signs without a width, a byte-order mark among them, are nothing."""
_RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵀᵗⁿⁱᵏʲᵐᵖᴴ", "0123456789+-=()TtnikjmpH", strict=True))
_LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ᵢⱼₖₙₘₚₜₓₐₑₗₛ", "0123456789+-=()ijknmptxaels", strict=True))
_MARKS = {
    "\u0302": "hat",
    "\u0304": "bar",
    "\u0303": "tilde",
    "\u0307": "dot",
    "\u0308": "ddot",
    "\u20d7": "vec",
    "\u030c": "check",
}
_RUNS = re.compile(f"([{''.join(_RAISED)}]+)|([{''.join(_LOWERED)}]+)")
_FONTS = {
    "BOLD": "mathbf",
    "SCRIPT": "mathcal",
    "DOUBLE-STRUCK": "mathbb",
    "FRAKTUR": "mathfrak",
    "SANS-SERIF": "mathsf",
    "ITALIC": "",
}


def _latex_of(char):
    """A character of unicode mathematics as LaTeX, or None."""
    if char in _UNICODE:
        return _UNICODE[char]
    name = unicodedata.name(char, "")
    if name.startswith("GREEK") and "LETTER" in name:
        word = name.rsplit(" ", 1)[-1].lower().replace("lamda", "lambda")
        return f"\\{word.capitalize() if 'CAPITAL' in name else word} " if word in GREEK else None
    apart = unicodedata.normalize("NFD", char)
    if len(apart) == 2 and apart[1] in _MARKS:
        return f"\\{_MARKS[apart[1]]}{{{apart[0]}}}"
    plain = unicodedata.normalize("NFKC", char)
    if plain != char and len(plain) == 1:
        font = next((f for word, f in _FONTS.items() if word in name), "")
        inner = plain if plain.isascii() else _latex_of(plain) or plain
        return f"\\{font}{{{inner}}}" if font else inner
    return None


# ── scanning ──────────────────────────────────────────────────────────────────────────────────────────────────────

_PIECES = re.compile(r"(?P<comment>%[^\n]*\n?)|(?P<space>\s+)|(?P<command>\\(?:[A-Za-z]+|.|\Z))|(?P<char>.)", re.S)


def scan(text):
    r"""Raw tokens: ``\command`` or a character, with places; comments are dropped, spaces are kept as such."""
    if len(text) > LENGTH:
        raise ParseError(f"the text is {len(text):,} characters long; at most {LENGTH:,} are read")
    tokens, after = [], ""
    position = 0
    while position < len(text):
        run = _RUNS.match(text, position)
        if run:
            table, sign = (_RAISED, "^") if run[1] else (_LOWERED, "_")
            inner = f"{sign}{{{''.join(table[c] for c in run[0])}}}"
            tokens += [Token(t.kind, t.text, run.start(), run.end()) for t in scan(inner)]
            position, after = run.end(), ""
            continue
        found = _PIECES.match(text, position)
        position, kind, piece = found.end(), found.lastgroup, found[0]
        if kind == "comment":
            after = ""
            continue
        if kind == "char" and position < len(text) and text[position] in _MARKS and piece.isalnum():
            inner = f"\\{_MARKS[text[position]]}{{{piece}}}"
            position += 1
        else:
            inner = _latex_of(piece) if kind == "char" and not piece.isascii() else None
        if inner is not None:
            tokens += [Token(t.kind, t.text, found.start(), position) for t in scan(inner) if t.kind != "space"]
            after = ""
            continue
        tokens.append(
            Token(kind, piece, found.start(), position, glued=kind == "char" and after.isalnum() and after.isascii())
        )
        after = piece if kind == "char" else ""
    return tokens


def without_layout(tokens):
    """A text of what raw tokens say, the same however it is laid out: without space, columns and sizes of brackets."""
    return " ".join(t.text for t in tokens if t.kind != "space" and t.text not in _LAID_OUT)


_LAID_OUT = {"&", *WIDTHS, *DROPPED}


# ── macros ────────────────────────────────────────────────────────────────────────────────────────────────────────


def defined(latex, macros=None):
    r"""The macros that a text defines, by \newcommand, \def and the like, as `expand` takes them.

    Parameters
    ----------
    latex : str
    macros : dict, optional
        Those that it may use.

    Returns
    -------
    dict
        Name to number of arguments, tokens of the first one where it is optional and not given, tokens of the body.
    """
    known, table = set(macros or {}), {}
    expand(scan(latex), macros, table)
    return {name: row for name, row in table.items() if name not in known or row != (macros or {})[name]}


def expand(tokens, macros=None, table=None):
    r"""Replace macros, those given and those that the text defines, by what they stand for.

    Parameters
    ----------
    tokens : list of Token
        Raw tokens.
    macros : dict, optional
        Expansions by command, ``{"\LR": r"\left(#1\right)"}``, or what `defined` gives.
    table : dict, optional
        Takes all macros that are known in the end.

    Raises
    ------
    ParseError
        For more than 20,000 tokens after expansion, and for macros that never end.
    """
    table = {} if table is None else table
    for name, body in (macros or {}).items():
        row = body if isinstance(body, tuple) else _of_text(body)
        table[name if name.startswith("\\") else "\\" + name] = row
    return _Expansion(tokens, table).run()


def _of_text(body):
    """The row of a macro that is given as a text."""
    body = scan(body)
    count = max((int(b.text) for a, b in itertools.pairwise(body) if a.text == "#" and b.text.isdigit()), default=0)
    return count, None, body


class _Expansion:
    """The replacing of macros, a stack of tokens that are still to be looked at."""

    def __init__(self, tokens, table):
        self.todo, self.table, self.out = tokens[::-1], table, []
        self.pushed = 0
        """How many tokens macros have given."""

    def run(self):
        """The tokens with nothing left to replace."""
        while self.todo:
            token = self.todo.pop()
            if token.kind == "command" and token.text in DEFINING:
                _DEFINED_BY.get(token.text, _Expansion.new_command)(self)
            elif token.kind == "command" and token.text in self.table:
                self.replace(token)
            else:
                self.out.append(token)
            if len(self.out) > TOKENS or self.pushed > 5 * TOKENS:
                raise ParseError(f"the text has more than {TOKENS:,} parts after its macros are replaced")
        return self.out

    def skip(self):
        """Pass over spaces."""
        while self.todo and self.todo[-1].kind == "space":
            self.todo.pop()

    def takes(self, text):
        """Whether the next token is this one; it is then taken."""
        found = bool(self.todo) and self.todo[-1].text == text
        if found:
            self.todo.pop()
        return found

    def argument(self):
        """The tokens of the next argument."""
        self.skip()
        if not self.todo:
            return []
        first = self.todo.pop()
        if first.text != "{":
            return [first]
        depth, inner = 1, []
        while self.todo:
            token = self.todo.pop()
            depth += (token.text == "{") - (token.text == "}")
            if not depth:
                return inner
            inner.append(token)
        raise ParseError(f"the brace at character {first.start} is never closed")

    def optional(self):
        """The tokens of an argument in square brackets, or None."""
        self.skip()
        if not self.takes("["):
            return None
        inner = []
        while self.todo and self.todo[-1].text != "]":
            inner.append(self.todo.pop())
        self.takes("]")
        return inner

    # definitions

    def name(self):
        r"""The command that \def or \let gives a meaning."""
        self.takes("*")
        self.skip()
        return self.todo.pop().text if self.todo else ""

    def let(self):
        r"""\let\a=\b."""
        name = self.name()
        self.skip()
        self.takes("=")
        self.table[name] = (0, None, self.argument())

    def plain(self):
        r"""\def\a#1{…}."""
        name, count = self.name(), 0
        while self.todo and self.todo[-1].text != "{":
            count += self.todo.pop().text == "#"
        self.table[name] = (count, None, self.argument())

    def operator(self):
        r"""\DeclareMathOperator{\a}{word}."""
        self.takes("*")
        name = "".join(t.text for t in self.argument())
        self.table[name] = (0, None, [*scan(r"\operatorname{"), *self.argument(), *scan("}")])

    def new_command(self):
        r"""\newcommand{\a}[1][default]{…}."""
        self.takes("*")
        name = "".join(t.text for t in self.argument())
        count = "".join(t.text for t in self.optional() or ())
        default = self.optional()
        self.table[name] = (int(count) if count.isdigit() else 0, default, self.argument())

    # uses

    def replace(self, token):
        """Put what a macro stands for in its place."""
        count, default, body = self.table[token.text]
        values = []
        for k in range(count):
            given = self.optional() if k == 0 and default is not None else None
            values.append(default if k == 0 and default is not None and given is None else given or self.argument())
        new, k = [], 0
        while k < len(body):
            here = body[k]
            which = body[k + 1].text if here.text == "#" and k + 1 < len(body) else ""
            if which.isdigit() and 0 < int(which) <= count:
                new += values[int(which) - 1]
                k += 2
                continue
            new.append(Token(here.kind, here.text, token.start, token.stop, glued=here.glued))
            k += 1
        self.pushed += len(new) + 1
        if not count:
            self.skip()
        self.todo += reversed(new)


_DEFINED_BY = {
    r"\def": _Expansion.plain, r"\gdef": _Expansion.plain, r"\edef": _Expansion.plain, r"\let": _Expansion.let,
    r"\DeclareMathOperator": _Expansion.operator,
}  # fmt: skip
r"""How each command defines; the others as \newcommand does."""
