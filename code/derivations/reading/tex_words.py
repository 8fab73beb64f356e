"""The words and commands of LaTeX that the reader knows, and what each is: an operator, a sign, a font, an ornament."""

from derivations.formulas import names
from derivations.formulas.table import FUNCTIONS, ROWS

GREEK = list(names.GREEK)
DEFINING = {
    r"\def", r"\gdef", r"\edef", r"\let", r"\newcommand", r"\renewcommand", r"\providecommand",
    r"\DeclareMathOperator",
}  # fmt: skip

OF_ROWS = {word: row.name for row in FUNCTIONS.values() if row.said is not None for word in (row.name, *row.said)} | {
    word: row.read.name for row in ROWS.values() if row.read for word in (row.read.name, *row.read.said)
}
"""The words of the rows of the table of operations."""
OPERATORS = OF_ROWS | {
    word: word
    for word in ["sec", "csc", "cot", "coth", "arcsin", "arccos", "artanh", "sech", "csch", "sqrt", "softmax",
    "max", "min", "argmax", "argmin", "diag", "Diag", "vec", "vech", "reshape", "place", "rank", "adj", "Im", "Re",
    "sum", "mean", "logsumexp", "norm", "sym", "skew", "mat", "dim", "gelu", "cof", "logit"]
} | {
    "Vec": "vec", "Softmax": "softmax", "Rank": "rank", "atanh": "artanh", "rk": "rank", "diagm": "Diag",
    "LSE": "logsumexp",
}  # fmt: skip
"""Words that are applied to what follows, with their usual form."""
INVERSES = {"sin": "arcsin", "cos": "arccos", "tan": "arctan", "tanh": "artanh", "sigmoid": "logit"}
"""Functions whose power -1 is the inverse function, and its name."""

CONNECTORS = {
    "and", "where", "with", "so", "hence", "thus", "therefore", "then", "if", "or", "since", "because", "for", "i.e.",
    "ie", "when",
    "implies", "let", "gives", "so that", "such that", "which", "while", "but", "as", "we", "have", "also", "now",
    "using", "by",
    "from", "given", "note", "is", "that", "are", "in", "all", "e.g.", "s.t.", "at", "on", "of", "yields", "finally",
    "get", "here",
}  # fmt: skip

LETTERS = {f"\\{word}": word for word in (*names.LETTERS, *map(str.capitalize, GREEK))} | {
    r"\bigtriangleup": "Delta", r"\triangle": "Delta", r"\vartriangle": "Delta",
    r"\Pr": "Pr", r"\imath": "i", r"\jmath": "j", r"\digamma": "digamma", r"\wp": "wp", r"\aleph": "aleph",
}  # fmt: skip
WORDS = {
    f"\\{word}": word
    for word in [
        *names.COMMANDS, "argmax", "argmin", "tr", "Tr", "trace", "diag", "Diag", "rank", "sgn", "sign",
    ]
}  # fmt: skip
FIXED = {
    r"\cdot": ("TIMES", r"\cdot"), r"\times": ("TIMES", r"\times"), r"\ast": ("TIMES", "*"), "*": ("TIMES", "*"),
    r"\*": ("TIMES", "*"), r"\backslash": ("LEFTDIVISION", "\\"), r"\pm": ("EITHERSIGN", "±"),
    r"\mp": ("EITHERSIGN", "∓"),
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
    r"\langle": ("ANGLELEFT", ""), r"\rangle": ("ANGLERIGHT", ""),
    r"\partial": ("PARTIAL", ""), r"\part": ("PARTIAL", ""),
    r"\nabla": ("NABLA", ""), r"\bigtriangledown": ("NABLA", ""), r"\triangledown": ("NABLA", ""),
    r"\infty": ("INFINITY", ""), r"\int": ("BIG", "integral"),
    r"\sum": ("BIG", "sum"), r"\prod": ("BIG", "product"), r"\lim": ("LIMIT", ""),
    r"\mapsto": ("MAPS", ""), r"\longmapsto": ("MAPS", ""), r"\to": ("ARROW", ""), r"\rightarrow": ("ARROW", ""),
    r"\longrightarrow": ("ARROW", ""),
}  # fmt: skip
FIXED |= {
    c: ("DOTS", "")
    for c in (
        r"\dots",
        r"\ldots",
        r"\cdots",
        r"\vdots",
        r"\ddots",
        r"\dotsc",
        r"\dotsb",
        r"\dotsm",
        r"\dotsi",
        r"\dotso",
    )
}
REFUSED = {
    r"\oint": "an integral over a curve is not executed", r"\iint": "an integral over a region is not executed",
    r"\oplus": "⊕ is not read",
    r"\inf": "an infimum is not executed: say at which point it is taken",
    r"\sup": "a supremum is not executed: say at which point it is taken",
    r"\bigcup": "a union is not read",
    r"\lfloor": "rounding down is not executed", r"\lceil": "rounding up is not executed",
    r"\setminus": "a difference of sets is not executed", r"\emptyset": "a set is not executed",
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
MEMBERS = {r"\in", r"\notin", r"\ni", r"\subset", r"\subseteq", r"\forall", r"\exists", r"\perp"}
ARROWS = {
    r"\implies", r"\Rightarrow", r"\Longrightarrow", r"\iff", r"\Leftrightarrow", r"\Longleftrightarrow",
    r"\impliedby", r"\Leftarrow",
    r"\therefore", r"\because", r"\land", r"\wedge", r"\And", r"\leadsto", r"\rightsquigarrow", r"\Downarrow",
    r"\blacksquare", r"\square", r"\Box",
    r"\checkmark", r"\hookrightarrow", r"\qedsymbol",
}  # fmt: skip
WIDTHS = {r"\quad": 1.0, r"\qquad": 2.0, r"\enspace": 0.5, r"\ ": 0.34, "~": 0.34, r"\;": 0.34, r"\>": 0.25,
r"\:": 0.25, r"\,": 0.17, r"\!": -0.17,
           r"\thickspace": 0.34, r"\medspace": 0.25, r"\thinspace": 0.17, r"\hfill": 1.0, r"\enskip": 0.5,
           r"\space": 0.34, r"\nobreakspace": 0.34}  # fmt: skip
BY_A_LENGTH = {r"\hspace", r"\mspace", r"\hskip", r"\mskip", r"\mkern", r"\kern", r"\raise", r"\lower"}
FONT_OF = {  # fonts: what a switch or command makes of the letters under it
    r"\mathbf": "bold", r"\bf": "bold", r"\boldsymbol": "bold", r"\bm": "bold", r"\pmb": "bold", r"\textbf": "bold",
    r"\bfseries": "bold", r"\symbf": "bold", r"\bold": "bold",
    r"\mathbb": "double", r"\mathds": "double", r"\Bbb": "double", r"\mathbbm": "double", r"\mathcal": "script",
    r"\cal": "script", r"\mathscr": "script", r"\scr": "script",
    r"\mathfrak": "fraktur", r"\frak": "fraktur", r"\mathrm": "upright", r"\rm": "upright", r"\mathsf": "sans",
    r"\sf": "sans", r"\tt": "typed", r"\mathtt": "typed", r"\texttt": "typed",
    r"\mathit": "italic", r"\it": "italic", r"\textit": "italic", r"\mathnormal": "", r"\textsf": "sans",
    r"\up": "upright", r"\operatorname": "upright", r"\textrm": "upright",
    r"\text": "upright", r"\mbox": "upright", r"\textnormal": "upright", r"\hbox": "upright", r"\textup": "upright",
    r"\texttip": "upright", r"\emph": "italic", r"\symup": "upright", r"\footnote": "upright",
    r"\mathop": "", r"\mathrel": "", r"\mathbin": "", r"\mathord": "", r"\mathinner": "", r"\mathopen": "",
    r"\mathclose": "",
}  # fmt: skip
SWITCHES = {r"\bf", r"\cal", r"\scr", r"\frak", r"\rm", r"\sf", r"\tt", r"\it", r"\bfseries"}
TEXTS = {
    r"\text", r"\mbox", r"\textnormal", r"\hbox", r"\textrm", r"\textit", r"\textsf", r"\texttt", r"\emph",
    r"\textup", r"\footnote",
}  # fmt: skip
WORDY = {"upright", "italic", "sans", "typed"}  # in these fonts, several letters are one word
ACCENTS = {f"\\{word}": word for word in names.ACCENTS if word != "ring"} | {
    f"\\{command}": word for command, word in names.WIDE.items()
} | dict.fromkeys((r"\vec", r"\underline", r"\overrightarrow"), "")  # fmt: skip
DROPPED = {
    r"\displaystyle", r"\textstyle", r"\scriptstyle", r"\scriptscriptstyle", r"\limits", r"\nolimits", r"\nonumber",
    r"\notag", r"\hline", r"\relax", r"\strut",
    r"\mathstrut", r"\centering", r"\noindent", r"\small", r"\large", r"\Large", r"\LARGE", r"\huge", r"\Huge",
    r"\normalsize", r"\footnotesize", r"\tiny", r"\allowbreak",
    r"\nobreak", r"\break", r"\/", r"\-", r"\null", r"\qed", r"\scriptsize", r"\toprule", r"\bottomrule", r"\midrule",
    r"\unicode", r"\middle", r"\Rule",
    r"\mit", r"\smallskip", r"\medskip", r"\bigskip", r"\par", r"\dsize", r"\ensuremath",
} | {f"\\{b}{s}" for b in ("big", "Big", "bigg", "Bigg") for s in ("", "l", "r", "m")}  # fmt: skip
DROPPED_WITH_ARGUMENT = {
    r"\label": 1, r"\tag": 1, r"\phantom": 1, r"\hphantom": 1, r"\vphantom": 1, r"\vspace": 1, r"\ref": 1,
    r"\eqref": 1, r"\require": 1, r"\cssId": 1, r"\bbox": 0, r"\href": 1,
    r"\class": 1, r"\style": 1, r"\textcolor": 1, r"\colorbox": 1, r"\color": 1, r"\rule": 2,
    r"\cite": 1, r"\mathchoice": 3,
    r"\setlength": 2, r"\cline": 1, r"\arraystretch": 0, r"\fcolorbox": 2, r"\definecolor": 3,
    r"\raisebox": 1,
}  # fmt: skip
KEPT_ARGUMENT = {
    r"\boxed", r"\fbox", r"\smash", r"\cancel", r"\bcancel", r"\xcancel", r"\mathclap", r"\mathllap", r"\mathrlap",
    r"\rlap", r"\llap", r"\clap", r"\framebox", r"\Aboxed",
}  # fmt: skip
FRACTIONS = {r"\frac", r"\tfrac", r"\dfrac", r"\cfrac", r"\sfrac", r"\nicefrac"}
BINOMIALS = {r"\binom", r"\dbinom", r"\tbinom"}
BRACES = {r"\underbrace", r"\overbrace", r"\underbracket", r"\overbracket", r"\underparen", r"\overparen"}
MATRICES = {
    "matrix", "bmatrix", "pmatrix", "vmatrix", "Vmatrix", "Bmatrix", "smallmatrix", "bsmallmatrix", "psmallmatrix",
}  # fmt: skip
CASES = {"cases", "dcases", "rcases"}
DISPLAYS = {
    "align", "alignat", "flalign", "eqnarray", "gather", "equation", "multline", "subequations", "displaymath", "math",
}  # fmt: skip
"""Environments that begin mathematics where words stood before."""
ROWS = DISPLAYS | {
    "aligned", "alignedat", "split", "gathered", "multlined", "subarray",
}  # fmt: skip
COMMANDS = sorted(
    {*LETTERS, *WORDS, *FIXED, *REFUSED, *RELATIONS, *MEMBERS, *ARROWS, *WIDTHS, *FONT_OF, *ACCENTS, *DROPPED,
    *DROPPED_WITH_ARGUMENT, *KEPT_ARGUMENT,
     *FRACTIONS, *BINOMIALS, *BRACES, *DEFINING, *BY_A_LENGTH,
     r"\sqrt", r"\over", r"\choose", r"\left", r"\right", r"\begin", r"\end", r"\overset",
     r"\underset", r"\stackrel", r"\operatorname"}
)  # fmt: skip
