r"""LaTeX as tokens: comments and layout dropped, macros expanded, fonts and accents folded into the symbols.

What comes out is a flat list of mathematical tokens with their places in the source, ready for the grammar in
``latex.lark``. Three passes: `scan` cuts the text, `expand` replaces macros, `Layout` drops what only places ink.
"""

import difflib
import itertools
import re
import unicodedata
from dataclasses import dataclass

from derivations.expression import ParseError

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
    "⋮": r"\vdots ", "∫": r"\int ", "ı": "i", "ȷ": "j", "µ": r"\mu ", "Σ": r"\Sigma ", "\u2061": "", "\u2062": "",
}  # fmt: skip
_GREEK = [
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu",
    "xi", "omicron", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega",
]  # fmt: skip
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
        return f"\\{word.capitalize() if 'CAPITAL' in name else word} " if word in _GREEK else None
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


# ── macros ────────────────────────────────────────────────────────────────────────────────────────────────────────


def expand(tokens, macros=None):
    r"""Replace macros, those given and those that the text defines, by what they stand for.

    Parameters
    ----------
    tokens : list of Token
        Raw tokens.
    macros : dict, optional
        Expansions by command, ``{"\LR": r"\left(#1\right)"}``.

    Raises
    ------
    ParseError
        For more than 20,000 tokens after expansion, and for macros that never end.
    """
    table = {}
    for name, body in (macros or {}).items():
        body = scan(body)
        count = max((int(b.text) for a, b in itertools.pairwise(body) if a.text == "#" and b.text.isdigit()), default=0)
        table[name if name.startswith("\\") else "\\" + name] = (count, None, body)
    out, todo, pushed = [], tokens[::-1], 0

    def skip():
        while todo and todo[-1].kind == "space":
            todo.pop()

    def argument():
        skip()
        if not todo:
            return []
        first = todo.pop()
        if first.text != "{":
            return [first]
        depth, inner = 1, []
        while todo:
            token = todo.pop()
            depth += (token.text == "{") - (token.text == "}")
            if not depth:
                return inner
            inner.append(token)
        raise ParseError(f"the brace at character {first.start} is never closed")

    def optional():
        skip()
        if not (todo and todo[-1].text == "["):
            return None
        todo.pop()
        inner = []
        while todo and todo[-1].text != "]":
            inner.append(todo.pop())
        if todo:
            todo.pop()
        return inner

    def define(command):
        if todo and todo[-1].text == "*":
            todo.pop()
        if command in (r"\def", r"\gdef", r"\edef", r"\let"):
            skip()
            name = todo.pop().text if todo else ""
            if command == r"\let":
                skip()
                if todo and todo[-1].text == "=":
                    todo.pop()
                table[name] = (0, None, argument())
                return
            count = 0
            while todo and todo[-1].text != "{":
                count += todo.pop().text == "#"
            table[name] = (count, None, argument())
            return
        name = "".join(t.text for t in argument())
        if command == r"\DeclareMathOperator":
            body = argument()
            table[name] = (0, None, [*scan(r"\operatorname{"), *body, *scan("}")])
            return
        count = "".join(t.text for t in optional() or ())
        default = optional()
        table[name] = (int(count) if count.isdigit() else 0, default, argument())

    while todo:
        token = todo.pop()
        if token.kind != "command":
            out.append(token)
        elif token.text in _DEFINING:
            define(token.text)
        elif token.text in table:
            count, default, body = table[token.text]
            values = []
            for k in range(count):
                given = optional() if k == 0 and default is not None else None
                values.append(default if k == 0 and default is not None and given is None else given or argument())
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
            pushed += len(new) + 1
            if not count:
                skip()
            todo += reversed(new)
        else:
            out.append(token)
        if len(out) > TOKENS or pushed > 5 * TOKENS:
            raise ParseError(f"the text has more than {TOKENS:,} parts after its macros are replaced")
    return out


_DEFINING = {
    r"\def", r"\gdef", r"\edef", r"\let", r"\newcommand", r"\renewcommand", r"\providecommand",
    r"\DeclareMathOperator",
}  # fmt: skip

# ── words and commands ────────────────────────────────────────────────────────────────────────────────────────────

OPERATORS = {
    word: word
    for word in ["exp", "log", "sin", "cos", "tan", "sec", "csc", "cot", "sinh", "cosh", "tanh", "coth", "arcsin",
    "arccos", "arctan", "artanh", "sech", "csch", "erf", "sqrt", "abs", "sign", "sigmoid", "softmax", "softplus",
    "relu", "max", "min", "argmax", "argmin", "tr", "det", "logdet", "diag", "Diag", "vec", "vech", "reshape", "place",
    "rank", "adj",
    "Im", "Re",
    "sum", "prod", "mean", "logsumexp", "norm", "sym", "skew", "mat", "dim", "gelu", "diagvec"]
} | {
    "ln": "log", "Tr": "tr", "trace": "tr", "Trace": "tr", "sig": "sigmoid", "logistic": "sigmoid", "sgn": "sign",
    "ReLU": "relu",
    "Det": "det", "Vec": "vec", "Sigmoid": "sigmoid", "Softmax": "softmax", "Log": "log", "Exp": "exp",
    "Rank": "rank", "tg": "tan",
    "arctg": "arctan", "th": "tanh", "sh": "sinh", "ch": "cosh", "atanh": "artanh", "rk": "rank", "diagm": "Diag",
    "cof": "cof",
    "inv": "inv", "logit": "logit", "LSE": "logsumexp",
}  # fmt: skip
"""Words that are applied to what follows, with their usual form."""

CONNECTORS = {
    "and", "where", "with", "so", "hence", "thus", "therefore", "then", "if", "or", "since", "because", "for", "i.e.",
    "ie", "when",
    "implies", "let", "gives", "so that", "such that", "which", "while", "but", "as", "we", "have", "also", "now",
    "using", "by",
    "from", "given", "note", "is", "that", "are", "in", "all", "e.g.", "s.t.", "at", "on", "of", "yields", "finally",
    "get", "here",
}  # fmt: skip

LETTERS = {f"\\{g}": g for g in _GREEK} | {f"\\{g.capitalize()}": g.capitalize() for g in _GREEK}
LETTERS |= {f"\\var{g}": f"var{g}" for g in ("epsilon", "theta", "pi", "rho", "sigma", "phi", "kappa")} | {
    r"\ell": "ell", r"\hbar": "hbar", r"\imath": "i", r"\jmath": "j", r"\digamma": "digamma", r"\wp": "wp",
    r"\aleph": "aleph",
}  # fmt: skip
_WORDS = {
    f"\\{word}": word
    for word in [
        "exp", "log", "ln", "sin", "cos", "tan", "sec", "csc", "cot", "sinh", "cosh", "tanh", "coth", "arcsin",
        "arccos", "arctan", "max", "min", "det", "dim", "argmax", "argmin", "arg", "sup", "inf", "Re", "Im", "tr",
        "Tr", "trace", "diag", "Diag", "rank", "sgn", "sign",
    ]
}  # fmt: skip
_FIXED = {
    r"\cdot": ("TIMES", r"\cdot"), r"\times": ("TIMES", r"\times"), r"\ast": ("TIMES", "*"), "*": ("TIMES", "*"),
    "/": ("SLASH", "/"),
    r"\div": ("SLASH", "/"), r"\bullet": ("TIMES", r"\cdot"), r"\odot": ("HADAMARD", r"\odot"),
    r"\circ": ("HADAMARD", r"\circ"),
    r"\oslash": ("HADAMARD", r"\oslash"), r"\star": ("HADAMARD", r"\odot"), r"\otimes": ("KRONECKER", ""),
    "+": ("PLUS", "+"), "-": ("MINUS", "-"), ":": ("COLON", ":"), r"\colon": ("COLON", ":"), ",": ("COMMA", ","),
    ";": ("SEMICOLON", ";"),
    ".": ("PERIOD", "."), "!": ("BANG", "!"), "?": ("PERIOD", "?"), "'": ("PRIME", "'"), "(": ("OPEN", "("),
    ")": ("CLOSE", ")"), "[": ("OPEN", "["), "]": ("CLOSE", "]"),
    r"\{": ("OPEN", "{"), r"\}": ("CLOSE", "}"), r"\lbrace": ("OPEN", "{"), r"\rbrace": ("CLOSE", "}"),
    r"\lbrack": ("OPEN", "["),
    r"\rbrack": ("CLOSE", "]"), r"\lgroup": ("OPEN", "("), r"\rgroup": ("CLOSE", ")"),
    "|": ("BAR", "|"), r"\vert": ("BAR", "|"), r"\|": ("BARS", "|"), r"\Vert": ("BARS", "|"), r"\mid": ("MID", "|"),
    r"\lvert": ("BARLEFT", "|"), r"\rvert": ("BARRIGHT", "|"), r"\lVert": ("NORMLEFT", "|"),
    r"\rVert": ("NORMRIGHT", "|"),
    r"\langle": ("ANGLELEFT", ""), r"\rangle": ("ANGLERIGHT", ""), r"\partial": ("PARTIAL", ""),
    r"\nabla": ("NABLA", ""),
    r"\infty": ("INFINITY", ""), r"\sum": ("BIG", "sum"), r"\prod": ("BIG", "product"), r"\lim": ("LIMIT", ""),
    r"\mapsto": ("MAPS", ""), r"\longmapsto": ("MAPS", ""), r"\to": ("ARROW", ""), r"\rightarrow": ("ARROW", ""),
    r"\longrightarrow": ("ARROW", ""),
}  # fmt: skip
_FIXED |= {
    c: ("DOTS", "") for c in (r"\dots", r"\ldots", r"\cdots", r"\vdots", r"\ddots", r"\dotsc", r"\dotsb", r"\dotsm")
}
_REFUSED = {
    r"\int": "an integral is not read", r"\oint": "an integral is not read", r"\iint": "an integral is not read",
    r"\oplus": "⊕ is not read",
    r"\pm": "± is two formulas in one", r"\mp": "∓ is two formulas in one", r"\bigcup": "a union is not read",
    r"\cup": "a union is not read", r"\cap": "an intersection is not read",
}  # fmt: skip
RELATIONS = {
    "=": "=", r"\equiv": "≡", r"\doteq": ":=", r"\triangleq": ":=", r"\coloneqq": ":=", r"\coloneq": ":=",
    r"\eqqcolon": "=:", r"\leftarrow": "←",
    r"\gets": "←", r"\longleftarrow": "←", r"\approx": "≈", r"\simeq": "≈", r"\approxeq": "≈", r"\sim": "∼",
    r"\cong": "≅", r"\propto": "∝", r"\le": "≤",
    r"\leq": "≤", r"\leqslant": "≤", r"\ge": "≥", r"\geq": "≥", r"\geqslant": "≥", "<": "<", ">": ">", r"\lt": "<",
    r"\gt": ">", r"\ne": "≠", r"\neq": "≠",
    r"\ll": "≪", r"\gg": "≫", r"\prec": "≺", r"\succ": "≻", r"\preceq": "⪯", r"\succeq": "⪰",
}  # fmt: skip
_MEMBERS = {r"\in", r"\notin", r"\ni", r"\subset", r"\subseteq", r"\forall", r"\exists", r"\perp"}
_ARROWS = {
    r"\implies", r"\Rightarrow", r"\Longrightarrow", r"\iff", r"\Leftrightarrow", r"\Longleftrightarrow",
    r"\impliedby", r"\Leftarrow",
    r"\therefore", r"\because", r"\land", r"\wedge", r"\And", r"\leadsto", r"\rightsquigarrow", r"\Downarrow",
    r"\blacksquare", r"\square", r"\Box",
    r"\checkmark", r"\hookrightarrow", r"\qedsymbol",
}  # fmt: skip
_WIDTHS = {r"\quad": 1.0, r"\qquad": 2.0, r"\enspace": 0.5, r"\ ": 0.34, "~": 0.34, r"\;": 0.34, r"\>": 0.25,
r"\:": 0.25, r"\,": 0.17, r"\!": -0.17,
           r"\thickspace": 0.34, r"\medspace": 0.25, r"\thinspace": 0.17, r"\hfill": 1.0, r"\enskip": 0.5,
           r"\space": 0.34, r"\nobreakspace": 0.34}  # fmt: skip
_FONT_OF = {  # fonts: what a switch or command makes of the letters under it
    r"\mathbf": "bold", r"\bf": "bold", r"\boldsymbol": "bold", r"\bm": "bold", r"\pmb": "bold", r"\textbf": "bold",
    r"\bfseries": "bold", r"\symbf": "bold",
    r"\mathbb": "double", r"\mathds": "double", r"\Bbb": "double", r"\mathbbm": "double", r"\mathcal": "script",
    r"\cal": "script", r"\mathscr": "script", r"\scr": "script",
    r"\mathfrak": "fraktur", r"\frak": "fraktur", r"\mathrm": "upright", r"\rm": "upright", r"\mathsf": "sans",
    r"\sf": "sans", r"\tt": "typed", r"\mathtt": "typed", r"\texttt": "typed",
    r"\mathit": "italic", r"\it": "italic", r"\textit": "italic", r"\mathnormal": "", r"\textsf": "sans",
    r"\up": "upright", r"\operatorname": "upright", r"\textrm": "upright",
    r"\text": "upright", r"\mbox": "upright", r"\textnormal": "upright", r"\hbox": "upright", r"\textup": "upright",
    r"\texttip": "upright", r"\emph": "italic", r"\symup": "upright",
    r"\mathop": "", r"\mathrel": "", r"\mathbin": "", r"\mathord": "", r"\mathinner": "", r"\mathopen": "",
    r"\mathclose": "",
}  # fmt: skip
_SWITCHES = {r"\bf", r"\cal", r"\scr", r"\frak", r"\rm", r"\sf", r"\tt", r"\it", r"\bfseries"}
_TEXTS = {
    r"\text", r"\mbox", r"\textnormal", r"\hbox", r"\textrm", r"\textit", r"\textsf", r"\texttt", r"\emph",
    r"\textup",
}  # fmt: skip
_WORDY = {"upright", "italic", "sans", "typed"}  # in these fonts, several letters are one word
_ACCENTS = {
    r"\hat": "hat", r"\widehat": "hat", r"\bar": "bar", r"\overline": "bar", r"\tilde": "tilde",
    r"\widetilde": "tilde", r"\dot": "dot", r"\ddot": "ddot",
    r"\vec": "", r"\check": "check", r"\breve": "breve", r"\acute": "acute", r"\grave": "grave", r"\mathring": "ring",
    r"\underline": "", r"\overrightarrow": "",
}  # fmt: skip
_DROPPED = {
    r"\displaystyle", r"\textstyle", r"\scriptstyle", r"\scriptscriptstyle", r"\limits", r"\nolimits", r"\nonumber",
    r"\notag", r"\hline", r"\relax", r"\strut",
    r"\mathstrut", r"\centering", r"\noindent", r"\small", r"\large", r"\Large", r"\LARGE", r"\huge", r"\Huge",
    r"\normalsize", r"\footnotesize", r"\tiny", r"\allowbreak",
    r"\nobreak", r"\break", r"\/", r"\-", r"\null", r"\qed", r"\scriptsize", r"\toprule", r"\bottomrule", r"\midrule",
    r"\unicode", r"\middle", r"\Rule",
    r"\mit", r"\smallskip", r"\medskip", r"\bigskip", r"\par", r"\dsize", r"\ensuremath",
} | {f"\\{b}{s}" for b in ("big", "Big", "bigg", "Bigg") for s in ("", "l", "r", "m")}  # fmt: skip
_DROPPED_WITH_ARGUMENT = {
    r"\label": 1, r"\tag": 1, r"\phantom": 1, r"\hphantom": 1, r"\vphantom": 1, r"\vspace": 1, r"\ref": 1,
    r"\eqref": 1, r"\require": 1, r"\cssId": 1, r"\bbox": 0, r"\href": 1,
    r"\class": 1, r"\style": 1, r"\textcolor": 1, r"\colorbox": 1, r"\color": 1, r"\rule": 2, r"\raise": 0,
    r"\cite": 1, r"\footnote": 1, r"\mathchoice": 3,
    r"\setlength": 2, r"\cline": 1, r"\arraystretch": 0, r"\fcolorbox": 2, r"\definecolor": 3,
    r"\raisebox": 1,
}  # fmt: skip
_KEPT_ARGUMENT = {
    r"\boxed", r"\fbox", r"\smash", r"\cancel", r"\bcancel", r"\xcancel", r"\mathclap", r"\mathllap", r"\mathrlap",
    r"\rlap", r"\llap", r"\clap", r"\framebox", r"\Aboxed",
}  # fmt: skip
_FRACTIONS = {r"\frac", r"\tfrac", r"\dfrac", r"\cfrac", r"\sfrac", r"\nicefrac"}
_BRACES = {r"\underbrace", r"\overbrace", r"\underbracket", r"\overbracket", r"\underparen", r"\overparen"}
_MATRICES = {
    "matrix", "bmatrix", "pmatrix", "vmatrix", "Vmatrix", "Bmatrix", "smallmatrix", "bsmallmatrix", "psmallmatrix",
}  # fmt: skip
_CASES = {"cases", "dcases", "rcases"}
_ROWS = {
    "aligned", "align", "alignat", "alignedat", "flalign", "eqnarray", "split", "gather", "gathered", "equation",
    "multline", "multlined", "subequations", "displaymath", "math", "subarray",
}  # fmt: skip
COMMANDS = sorted(
    {*LETTERS, *_WORDS, *_FIXED, *_REFUSED, *RELATIONS, *_MEMBERS, *_ARROWS, *_WIDTHS, *_FONT_OF, *_ACCENTS, *_DROPPED,
    *_DROPPED_WITH_ARGUMENT, *_KEPT_ARGUMENT,
     *_FRACTIONS, *_BRACES, *_DEFINING, r"\sqrt", r"\left", r"\right", r"\begin", r"\end", r"\hspace", r"\overset",
     r"\underset", r"\stackrel", r"\operatorname"}
)  # fmt: skip


# ── layout ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _unclosed(raw):
    """The opening braces that nothing closes, by identity."""
    stack = []
    for token in raw:
        if token.text == "{":
            stack.append(id(token))
        elif token.text == "}" and stack:
            stack.pop()
    return set(stack)


def _with_prose(raw):
    r"""Raw tokens in which the sentences between $…$, \(…\) and \[…\] are one token each."""
    out, outside, depth, within = [], [], 0, False

    def told():
        words = "".join(t.text for t in outside)
        plain = re.sub(r"\\[A-Za-z]+", "", words)
        if "=" in plain or "\\begin" in words or "\\end" in words or not re.search("[A-Za-z]{2}", plain):
            return outside
        return [Token("prose", " ".join(words.split()), outside[0].start, outside[-1].stop)]

    for token in raw:
        depth += (token.text == "{") - (token.text == "}")
        if depth or token.text not in _DELIMITERS:
            (out if within else outside).append(token)
            continue
        out += told()
        outside, within = [], token.text in (r"\(", r"\[") or (token.text == "$" and not within)
        if out and out[-1].text == token.text == "$" and out[-1].stop == token.start:  # $$ is one sign
            within = not within
        out.append(token)
    return out + told() if len(out) else raw


_DELIMITERS = ("$", r"\(", r"\)", r"\[", r"\]")


class Layout:
    """Raw tokens to mathematical tokens."""

    def __init__(self, source, raw):
        self.source, self.raw, self.place = source, _with_prose(raw), 0
        self.nested = 0
        self.unclosed = _unclosed(raw)
        self.labels = []
        """What stands under braces: (start and stop of what is above, tokens of the label)."""

    def tokens(self):
        """All of them."""
        out = []
        while self.place < len(self.raw):
            if self.raw[self.place].text == "}":
                out.append(self.raw[self.place].at("BAD", "}", "a closing brace without an opening one"))
                self.place += 1
                continue
            out += self.until("}", "")
        return _numbers(out)

    # reading raw tokens

    def last(self):
        """The raw token that was taken last."""
        return self.raw[min(self.place, len(self.raw)) - 1]

    def peek(self, spaces=True):
        """The next raw token, spaces skipped, or None."""
        if spaces:
            while self.place < len(self.raw) and self.raw[self.place].kind == "space":
                self.place += 1
        return self.raw[self.place] if self.place < len(self.raw) else None

    def next(self):
        """Take the next raw token."""
        token = self.peek()
        self.place += 1
        return token

    def takes(self, *texts):
        """Whether the next raw token is one of these; it is then taken."""
        token = self.peek()
        if token is not None and token.text in texts:
            self.place += 1
            return True
        return False

    def verbatim(self):
        """The text of the next argument, spaces kept."""
        first = self.next()
        if first is None or first.text != "{" or id(first) in self.unclosed:
            return first.text if first else ""
        depth, words = 1, []
        while self.place < len(self.raw):
            token = self.raw[self.place]
            self.place += 1
            depth += (token.text == "{") - (token.text == "}")
            if not depth:
                break
            words.append(token.text)
        return "".join(words)

    def optional(self):
        """Skip an argument in square brackets."""
        if self.takes("["):
            while (token := self.peek()) is not None and token.text != "]":
                self.place += 1
            self.place += 1

    # tokens of an argument

    def until(self, closing, font):
        """Items up to a closing token, which is left in place."""
        out, switched = [], None
        while (token := self.peek()) is not None and token.text != closing:
            if token.text in _SWITCHES:
                self.place += 1
                font, switched = _FONT_OF[token.text], len(out)
                continue
            if token.text in (r"\over", r"\atop"):
                self.place += 1
                below = self.until(closing, font)
                return [token.at("FRACTION"), *_braced(token, out), *_braced(token, below)]
            self.item(out, font)
        if switched is not None and font in _WORDY:
            out[switched:] = _run_together(out[switched:], font)
        return out

    def argument(self, font):
        """The tokens of the next argument: a group in braces or one item."""
        first = self.peek()
        if first is None or first.text in ("}", "&", r"\\", r"\end"):
            return [(first or self.raw[-1]).at("BAD", "", "an argument is missing")]
        out = []
        if first.text == "{":
            self.place += 1
            out = self.group(first, font)
        else:
            self.deeper(first)
            self.item(out, font)
            self.nested -= 1
        return _numbers(out)

    def group(self, first, font):
        """What stands up to the closing brace."""
        if id(first) in self.unclosed:
            return [first.at("BAD", "{", "this brace is never closed")]
        self.deeper(first)
        out = self.until("}", font)
        self.nested -= 1
        self.place += 1
        return out

    def deeper(self, token):
        """Count a level of nesting."""
        self.nested += 1
        if self.nested > DEPTH:
            raise ParseError(f"braces nest more than {DEPTH} deep at character {token.start}")

    # items

    def item(self, out, font):
        """One raw token with its arguments."""
        token = self.next()
        text = token.text
        if token.kind == "prose":
            out.append(token.at("WORDS", text, text, font="between"))
        elif text == "{":
            self.braces(out, token, font)
        elif token.kind == "char" and text.isalpha():
            out.append(Token("NAME", text, token.start, token.stop, font, token.glued))
        elif text.isdigit():
            out.append(Token("DIGIT", text, token.start, token.stop, font, token.glued))
        elif text in ("^", "_"):
            self.script(out, token)
        elif text in LETTERS:
            out.append(token.at("NAME", LETTERS[text], font=font, data="greek"))
        elif text in _WIDTHS:
            _space(out, token, _WIDTHS[text])
        elif text == ":" and self.raw[self.place : self.place + 1] and self.raw[self.place].text == "=":
            self.place += 1
            out.append(Token("RELATION", ":=", token.start, token.start + 2))
        elif text == "=" and self.raw[self.place : self.place + 1] and self.raw[self.place].text == ":":
            self.place += 1
            out.append(Token("RELATION", "=:", token.start, token.start + 2))
        elif text in RELATIONS:
            out.append(token.at("RELATION", RELATIONS[text]))
        elif text in _FIXED:
            out.append(token.at(*_FIXED[text]))
        elif text in _REFUSED:
            out.append(token.at("BAD", text, _REFUSED[text]))
        elif text == r"\arg" and (after := self._extremum()) is not None:
            out.append(_word(token, f"arg{after}"))
        elif text in _WORDS:
            out.append(_word(token, _WORDS[text]))
        elif text in _ARROWS:
            out.append(token.at("CONNECTOR", text))
        elif text in _MEMBERS:
            out.append(token.at("MEMBER", text))
        elif text == "&":
            out.append(token.at("AMPERSAND"))
        elif text in (r"\\", r"\cr", r"\newline", r"\tabularnewline"):
            self.takes("*")
            if re.match(
                r"\s*\[\s*-?[\d.]+\s*\\?[a-z]+\s*\]", "".join(t.text for t in self.raw[self.place : self.place + 16])
            ):
                self.optional()
            out.append(token.at("ROW"))
        elif text in _DROPPED:
            pass
        else:
            self.command(out, token, font)

    def _extremum(self):
        r"""Take the \min or \max after \arg, perhaps after a small space."""
        while (token := self.peek()) is not None and token.text in (r"\,", r"\!", r"\;", "~", r"\ "):
            self.place += 1
        return token.text[1:] if self.takes(r"\min", r"\max") else None

    def command(self, out, token, font):
        """A command that takes arguments."""
        text = token.text
        if text in _TEXTS or text == r"\intertext":
            self.words(out, token, font)
        elif text in (r"\operatorname", r"\mathop"):
            self.takes("*")
            self.lettered(out, token, _FONT_OF[text])
        elif text in _FONT_OF:
            self.lettered(out, token, _FONT_OF[text])
        elif text in _ACCENTS:
            self.accent(out, token, font)
        elif text in _FRACTIONS:
            self.fraction(out, token, font)
        elif text == r"\sqrt":
            if self.peek() is not None and self.peek().text == "[":
                self.optional()
                out.append(token.at("BAD", text, "a root of another degree than two is not read"))
            inner = self.argument(font)
            out += [token.at("ROOT"), *_braced(token, inner)]
        elif text in (r"\left", r"\right"):
            self.delimiter(out, token)
        elif text in _DROPPED_WITH_ARGUMENT:
            self.takes("*")
            self.optional()
            for _ in range(_DROPPED_WITH_ARGUMENT[text]):
                self.verbatim()
        elif text in _KEPT_ARGUMENT:
            self.optional()
            out += self.argument(font)
        elif text in (r"\hspace", r"\mspace", r"\hskip", r"\mkern", r"\kern"):
            self.takes("*")
            width = self.verbatim() if text in (r"\hspace", r"\mspace") else self.dimension()
            _space(
                out,
                token,
                1.0
                if re.match(r"\s*(\d*[1-9]\d*|\d*\.[5-9]\d*)\s*(em|cm|in|ex|\\)|\s*\d\d\d*\s*(pt|mm|px|mu)", width)
                else 0.1,
            )
        elif text in _BRACES:
            self.brace_with_label(out, font)
        elif text in (r"\overset", r"\underset", r"\stackrel"):
            self.verbatim()
            out += self.argument(font)
        elif text in (r"\xrightarrow", r"\xRightarrow", r"\xlongequal"):
            self.optional()
            self.verbatim()
            out.append(token.at("RELATION", "=") if text == r"\xlongequal" else token.at("CONNECTOR", r"\implies"))
        elif text == r"\substack":
            out += [t for t in self.argument(font) if t.kind != "ROW"]
        elif text in (r"\eqalign", r"\displaylines", r"\eqalignno"):
            out += self.argument(font)
        elif text in (r"\pmatrix", r"\bmatrix", r"\matrix", r"\cases"):
            first = self.peek()
            if self.takes("{"):
                self.matrix(out, token, "cases" if text == r"\cases" else "matrix", self.group(first, font))
        elif text == r"\begin":
            self.environment(out, token, font)
        elif text == r"\end":
            self.verbatim()
            out.append(token.at("END"))
        elif text in (r"\pmod", r"\bmod", r"\not"):
            out.append(token.at("BAD", text, f"{text} is not read"))
        elif text in ("$", r"\(", r"\)", r"\[", r"\]"):  # pasted with the signs that begin and end mathematics
            if text in (r"\[", r"\]") or (text == "$" and self.takes("$")):
                out.append(token.at("ROW"))
        elif text == r"\prime":
            out.append(token.at("PRIME", "'"))
        elif text in (r"\top", r"\intercal", r"\dagger"):
            out.append(token.at("NAME", "T", font="sans"))
        else:
            near = difflib.get_close_matches(text, COMMANDS, 1) if text.startswith("\\") and len(text) < 40 else []
            hint = f"; did you mean {near[0]}?" if near else ""
            what = "unknown command" if text.startswith("\\") else "unknown sign"
            out.append(token.at("BAD", text, f"{what} {text[:40]}{hint}"))

    def dimension(self):
        r"""A bare length after \kern."""
        words = ""
        while (token := self.peek(False)) is not None and token.kind == "char" and len(words) < 12:
            if not (token.text.isalnum() or token.text in "-.") or re.search("[a-z]{2}$", words):
                break
            words += token.text
            self.place += 1
        return words

    def braces(self, out, token, font):
        """A group in braces: kept where a script follows it, else its contents stand by themselves."""
        first = self.peek()
        inner = _numbers(self.group(token, font))
        if inner:
            inner[0].start, inner[-1].stop = token.start, self.last().stop
        if len(inner) > 1 and inner[0].kind in ("MINUS", "PLUS"):  # {-e}^x is -e^x to the eye
            out.append(inner.pop(0))
        after = self.peek()
        scripted = after is not None and after.text in ("^", "_", "'")
        letters = first is not None and first.text in _SWITCHES and all(t.kind == "NAME" for t in inner)
        if scripted and len(inner) > 1 and not (letters and after.text == "_"):  # {\bf S v}_1 is S v_1
            out += _braced(token, inner)
        else:
            out += inner

    def script(self, out, token):
        """^ or _: the scripts of one base in a fixed order, and the usual superscripts as one token."""
        inner = self.argument("")
        if token.text == "_":
            scripts = [token.at("SUB"), *_braced(token, inner, self.last())]
            self._before_superscript(out, scripts)
            return
        out += _superscript(token, inner, self.last()) if inner else []

    @staticmethod
    def _before_superscript(out, scripts):
        """Put a subscript before the superscripts that the base has already."""
        i = len(out)
        while i and (
            out[i - 1].kind in ("TRANSPOSE", "INVERSE", "INVERSETRANSPOSE", "PRIME") or out[i - 1].data == "superscript"
        ):
            if out[i - 1].kind == "RIGHT":
                i = opening(out, i - 1) - 1  # at its SUP
            else:
                i -= 1
        out[i:i] = scripts

    def words(self, out, token, font):
        r"""\text{…}: a word is a name or a function; more of them are a remark."""
        start = self.peek()
        if start is not None and start.text != "{":
            self.lettered(out, token, _FONT_OF.get(token.text, "upright"))
            return
        place = self.place
        text = self.verbatim()
        stop = self.last().stop
        bare = text.strip().strip("~").strip()
        whole = Token("WORDS", " ".join(bare.split()), token.start, stop, data=text)
        if token.text == r"\intertext":
            out += [token.at("ROW"), whole.at("WORDS", whole.text, whole.data, font="between"), token.at("ROW")]
        elif "$" in text:
            self.mixed(out, token, text, whole)
        elif (
            re.fullmatch(r"[A-Za-z]\w*", bare)
            and bare.lower() not in CONNECTORS
            and (text == bare or bare in OPERATORS or len(bare) == 1)
        ):
            if len(bare) == 1:
                self.place = place
                self.lettered(out, token, _FONT_OF[token.text])
            else:
                out.append(_word(whole, bare))
        elif re.fullmatch(r"[-+=]|\d+", bare):
            self.place = place
            self.lettered(out, token, "")
        elif bare:
            out.append(whole)
        else:
            _space(out, token, 0.34 * len(text))

    def mixed(self, out, token, text, whole):
        """Words with mathematics between dollar signs."""
        for k, part in enumerate(re.split(r"\$", text)):
            if k % 2:
                inner = [Token(t.kind, t.text, whole.start, whole.stop, glued=t.glued) for t in scan(part)]
                layout = Layout(self.source, inner)
                layout.nested = self.nested + 1
                self.deeper(token)
                out += layout.tokens()
                self.nested -= 1
            elif part.strip():
                out.append(Token("WORDS", " ".join(part.split()), whole.start, whole.stop, data=part))

    def lettered(self, out, token, font):
        """An argument in a font: letters in an upright font make one word."""
        inner = self.argument(font)
        if inner:
            inner[0].start, inner[-1].stop = token.start, max(inner[-1].stop, self.last().stop)
        plain = inner and all(t.kind in ("NAME", "NUMBER") and t.font == font and t.data is None for t in inner)
        if plain and len(inner) > 1 and font in _WORDY and inner[0].kind == "NAME":
            word = "".join(t.text for t in inner)
            joined = Token("NAME", word, token.start, inner[-1].stop, font)
            out.append(_word(joined, word))
        else:
            out += inner

    def accent(self, out, token, font):
        r"""An accent belongs to the letter: \hat y is yhat."""
        inner = self.argument(font)
        suffix = _ACCENTS[token.text]
        if (
            inner
            and inner[0].kind in ("NAME", "OPERATOR", "NUMBER")
            and (len(inner) == 1 or inner[1].kind in ("SUB", "SUP", "TRANSPOSE", "INVERSE", "LABEL"))
        ):
            first = inner[0]
            if first.kind == "NUMBER":
                first = first.at("NUMBER", first.text, font="vector" if token.text == r"\vec" else first.font)
            else:
                first = Token(
                    "NAME", first.text + suffix, token.start, max(first.stop, token.stop), first.font, False, first.data
                )
            out += [first, *inner[1:]]
        elif suffix:
            out.append(token.at("BAD", token.text, f"{token.text} over more than one symbol is not read"))
        else:
            out += inner

    def fraction(self, out, token, font):
        r"""\frac, and whether it is a derivative: \frac{\partial f}{\partial x}, \frac{d}{dx}."""
        above = self.argument(font)
        middle = self.last()
        below = self.argument(font)
        last = self.last()
        out += [token.at("FRACTION"), *_braced(token, above, middle), *_braced(middle, below, last)]

    def delimiter(self, out, token):
        r"""\left( and \right): the bracket; a dot is nothing."""
        after = self.next()
        if after is None:
            out.append(token.at("BAD", token.text, f"{token.text} without a bracket"))
            return
        text, place = after.text, (token.start, after.stop)
        left = token.text == r"\left"
        if text == ".":
            out.append(Token("NULL", "left" if left else "right", *place))
        elif text in ("|", r"\vert", r"\lvert", r"\rvert"):
            out.append(Token("BARLEFT" if left else "BARRIGHT", "|", *place))
        elif text in (r"\|", r"\Vert", r"\lVert", r"\rVert"):
            out.append(Token("NORMLEFT" if left else "NORMRIGHT", "|", *place))
        elif text in ("<", ">", r"\langle", r"\rangle", r"\lt", r"\gt"):
            out.append(Token("ANGLELEFT" if left else "ANGLERIGHT", "", *place))
        elif text in _FIXED and _FIXED[text][0] in ("OPEN", "CLOSE"):
            kind, sign = _FIXED[text]
            out.append(Token(kind, sign, *place, data="left" if left else "right"))
        else:
            out.append(token.at("BAD", text, f"{token.text}{text} is not a bracket"))

    def brace_with_label(self, out, font):
        r"""\underbrace{X}_{label}: X stays, and the label is kept beside it."""
        inner = self.argument(font)
        out += inner
        if self.takes("_", "^"):
            label = self.argument(font)
            if inner:
                self.labels.append((inner[0].start, inner[-1].stop, label))

    def environment(self, out, token, font):
        """An environment: rows of the block, or a matrix, or cases."""
        name = self.verbatim().rstrip("*")
        if name in _ROWS or name == "array":
            if name in ("array", "alignat", "alignedat", "subarray"):
                self.optional()
                self.verbatim()
            elif name in ("aligned", "gathered", "split", "multlined"):
                self.optional()
            if name == "array" and self._is_matrix(out):
                self.matrix(out, token, "matrix", self.body(font, token))
            elif name == "array" and self._is_cases(out):
                out.pop()
                self.matrix(out, token, "cases", self.body(font, token))
            else:
                out.append(token.at("BEGIN"))
        elif name in _MATRICES:
            if name in ("vmatrix", "Vmatrix"):
                kind = "BAR" if name == "vmatrix" else "NORM"
                out.append(token.at(kind + "LEFT", "|"))
                self.matrix(out, token, "matrix", self.body(font, token))
                out.append(token.at(kind + "RIGHT", "|"))
            else:
                self.matrix(out, token, "matrix", self.body(font, token))
        elif name in _CASES and self._begins_row(out):
            out.append(token.at("BEGIN"))  # a system of equations
        elif name in _CASES:
            self.matrix(out, token, "cases", self.body(font, token))
        else:
            near = difflib.get_close_matches(name, [*_ROWS, *_MATRICES, *_CASES, "array"], 1) if len(name) < 40 else []
            out.append(
                token.at(
                    "BAD", name, f"unknown environment {name[:40]}" + (f"; did you mean {near[0]}?" if near else "")
                )
            )

    @staticmethod
    def _begins_row(out):
        return next((t.kind for t in reversed(out) if t.kind != "SPACE"), "ROW") == "ROW"

    @staticmethod
    def _is_matrix(out):
        before = next((t for t in reversed(out) if t.kind != "SPACE"), None)
        return before is not None and (
            before.kind in ("BARLEFT", "BAR") or (before.kind == "OPEN" and before.text in "([")
        )

    @staticmethod
    def _is_cases(out):
        before = [t for t in out if t.kind != "SPACE"][-2:]
        return len(before) == 2 and before[1].kind == "OPEN" and before[1].text == "{" and before[0].kind == "RELATION"

    def body(self, font, token):
        r"""What stands up to the \end of a matrix."""
        self.deeper(token)
        out = []
        while (here := self.peek()) is not None and here.text not in ("}", r"\end"):
            if here.text in _SWITCHES:
                self.place += 1
                font = _FONT_OF[here.text]
                continue
            self.item(out, font)
        self.nested -= 1
        if self.takes(r"\end"):
            self.verbatim()
        else:
            out.append(token.at("BAD", "", "this environment is never ended"))
        return out

    def matrix(self, out, token, kind, inner):
        """Rows and cells between signs of their own, so that a row of the block is not cut inside them."""
        rows = [[[]]]
        for t in _numbers(inner):
            if t.kind == "ROW":
                rows.append([[]])
            elif t.kind == "AMPERSAND":
                rows[-1].append([])
            elif t.kind != "SPACE":
                rows[-1][-1].append(t)
        rows = [row for row in rows if any(row)]
        last = self.last()
        if kind == "cases":
            after = self.peek()
            if after is not None and after.text == r"\right":
                self.place += 1
                self.next()
        out.append(token.at("MATRIX" if kind == "matrix" else "CASES"))
        for i, row in enumerate(rows):
            if i:
                out.append(token.at("NEXTROW"))
            for j, cell in enumerate(row):
                if j:
                    out.append(token.at("NEXTCELL"))
                if kind == "cases" and j:
                    cell = _condition(cell)
                while cell and cell[-1].kind in ("COMMA", "PERIOD", "SEMICOLON"):
                    cell = cell[:-1]
                out += cell or [token.at("DOTS")]
        out.append(Token("ENDMATRIX", "", last.start, last.stop))


def _condition(cell):
    """The condition beside a value of cases: a relation without the words around it, or words."""
    plain = [t for t in cell if t.kind not in ("WORDS", "COMMA", "PERIOD", "SEMICOLON", "CONNECTOR")]
    if sum(t.kind == "RELATION" for t in plain) == 1:
        return plain
    words = " ".join(t.text for t in cell if t.kind in ("WORDS", "NAME")) or "otherwise"
    return [Token("WORDS", words, cell[0].start, cell[-1].stop)] if cell else []


def opening(tokens, i):
    """Where the LEFT stands that the RIGHT at i closes."""
    depth = 0
    while True:
        depth += (tokens[i].kind == "RIGHT") - (tokens[i].kind == "LEFT")
        if not depth:
            return i
        i -= 1


def closing(tokens, i):
    """Where the RIGHT stands that closes the LEFT at i."""
    depth = 0
    while True:
        depth += (tokens[i].kind == "LEFT") - (tokens[i].kind == "RIGHT")
        if not depth:
            return i
        i += 1


def _braced(first, inner, last=None):
    last = last or (inner[-1] if inner else first)
    return [
        Token("LEFT", "", first.start, first.stop),
        *(t for t in inner if t.kind not in ("ROW", "AMPERSAND", "BEGIN", "END")),
        Token("RIGHT", "", last.start, last.stop),
    ]


def _word(token, word):
    """A word: an operator, or a name."""
    if word in OPERATORS:
        return token.at("OPERATOR", OPERATORS[word], font=token.font)
    return token.at("NAME", word, font=token.font, data="word")


def _run_together(tokens, font):
    """Letters of an upright font that stand together, as words."""
    out = []
    for token in tokens:
        previous = out[-1] if out else None
        joins = token.kind == "NAME" and token.glued and token.font == font and token.data is None
        if (
            joins
            and previous is not None
            and previous.kind in ("NAME", "OPERATOR")
            and previous.font == font
            and previous.data in (None, "word")
        ):
            out[-1] = Token(
                "NAME", previous.text + token.text, previous.start, token.stop, font, previous.glued, "word"
            )
        else:
            out.append(token)
    return [_word(t, t.text) if t.kind == "NAME" and t.data == "word" and t.font == font else t for t in out]


def _space(out, token, width):
    """Space: what adds up to a quad may separate two relations."""
    if out and out[-1].kind == "SPACE":
        out[-1] = Token("SPACE", "", out[-1].start, token.stop, data=out[-1].data + width)
    else:
        out.append(token.at("SPACE", "", width))


def _numbers(tokens):
    """Digits that stand together make a number."""
    out = []
    for i, token in enumerate(tokens):
        if (
            token.kind == "PERIOD"
            and token.text == "."
            and i + 1 < len(tokens)
            and tokens[i + 1].kind == "DIGIT"
            and tokens[i + 1].start == token.stop
        ):
            if out and out[-1].kind == "NUMBER" and out[-1].stop == token.start and "." not in out[-1].text:
                out[-1] = Token("NUMBER", out[-1].text + ".", out[-1].start, token.stop, out[-1].font, out[-1].glued)
            else:
                out.append(token.at("NUMBER", "0."))
        elif token.kind == "DIGIT":
            previous = out[-1] if out else None
            if (
                previous is not None
                and previous.kind == "NUMBER"
                and (token.glued or previous.text.endswith("."))
                and previous.font == token.font
            ):
                out[-1] = Token(
                    "NUMBER", previous.text + token.text, previous.start, token.stop, previous.font, previous.glued
                )
            else:
                out.append(Token("NUMBER", token.text, token.start, token.stop, token.font, token.glued))
        else:
            out.append(token)
    return out


def _superscript(token, inner, last):
    """The usual superscripts as one token: ^T, ^{-1}, ^{-T}, primes, bracketed labels, a star."""
    place = (token.start, last.stop)
    word = "".join(t.text for t in inner if t.kind != "SPACE")
    signs = [t.kind for t in inner if t.kind != "SPACE"]
    if signs and all(kind == "PRIME" for kind in signs):
        return [Token("PRIME", "'", *place)] * len(signs)
    if (
        len(signs) == 1
        and signs[0] in ("NAME", "OPERATOR")
        and word in ("T", "t", "tr", "Tr")
        and (word == "T" or inner[0].font in _WORDY or word == "tr")
    ):
        return [Token("TRANSPOSE", "", *place)]
    if word == "-1" and signs == ["MINUS", "NUMBER"]:
        return [Token("INVERSE", "", *place)]
    if word in ("-T", "-tr") and signs[:1] == ["MINUS"] and len(signs) == 2:
        return [Token("INVERSETRANSPOSE", "", *place)]
    if signs == ["OPEN", "MINUS", "NUMBER", "CLOSE"] and word == "(-1)":
        return [Token("INVERSE", "", *place)]
    if len(signs) > 3 and signs[0] == "OPEN" and signs[-1] == "TRANSPOSE":  # a^{(2)^T}
        return [*_superscript(token, inner[:-1], last), Token("TRANSPOSE", "", *place)]
    if len(signs) > 1 and word.endswith("T") and signs[-1] == "NAME":
        kept = inner[: max(k for k, t in enumerate(inner) if t.kind == "NAME")]
        if (signs[0] == "OPEN" and signs[-2] == "CLOSE") or all(t.kind in ("MINUS", "NUMBER") for t in kept):
            return [*_superscript(token, kept, last), Token("TRANSPOSE", "", *place)]
    if signs == ["TIMES"] or (signs == ["HADAMARD"] and word == r"\odot"):
        return [Token("LABEL", "", *place, data=[token.at("NAME", "star", "word")])]
    if len(signs) > 2 and signs[0] == "OPEN" and signs[-1] == "CLOSE" and inner[0].text in "([":
        return [Token("LABEL", "", *place, data=[t for t in inner if t.kind != "SPACE"][1:-1])]
    if len(signs) == 1 and (signs[0] == "WORDS" or inner[0].data == "word"):
        return [Token("LABEL", "", *place, data=inner)]
    return [
        Token("SUP", "", token.start, token.stop, data="superscript"),
        *_braced(token, inner, last)[:-1],
        Token("RIGHT", "", last.start, last.stop, data="superscript"),
    ]
