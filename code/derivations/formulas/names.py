r"""How a name is written: ``theta_hat``, \hat\theta and θ̂ are one name, in both directions.

A name is a letter or a word with accents, with what stands below and above it, and with primes. `read` takes any
spelling apart, and `latex`, `plain` and `python` write it: what one of them writes, `read` reads as the same name.
Two spellings are one name where their `key` is the same; it is what the reader of LaTeX calls a name.

=====================  ==========================  ===============  ===============
declared               LaTeX                       plain text       key
=====================  ==========================  ===============  ===============
``W1``, ``W_1``        ``W_{1}``                   W₁               ``W1``
``theta_hat``          ``\hat{\theta}``            θ̂                ``thetahat``
``x_train``            ``x_{\text{train}}``        x_train          ``xtrain``
``W_hh``               ``W_{hh}``                  W_hh             ``Whh``
``h_{t+1}``            ``h_{t+1}``                 h_{t+1}          ``htplus1``
``a_j^{(3)}``          ``a_{j}^{(3)}``             a_j^(3)          ``aj3``
``A_star``, ``A^*``    ``A^{*}``                   A^*              ``Astar``
``sigma_sq``           ``\sigma^{2}``              σ^2              ``sigma2``
``lam``, ``lambda``    ``\lambda``                 λ                ``lambda``
=====================  ==========================  ===============  ===============
"""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ",
    "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "omicron": "ο", "pi": "π", "rho": "ρ",
    "sigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω",
}  # fmt: skip
LETTERS = GREEK | {
    "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Upsilon": "Υ",
    "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
    "varepsilon": "ϵ", "vartheta": "ϑ", "varpi": "ϖ", "varrho": "ϱ", "varsigma": "ς", "varphi": "ϕ", "varkappa": "ϰ",
    "ell": "ℓ", "hbar": "ℏ",
}  # fmt: skip
"""Letters with a name, a command of LaTeX each, and their signs."""

SHORT = {
    "lam": "lambda", "gam": "gamma", "eps": "epsilon", "sig": "sigma", "alp": "alpha", "bet": "beta", "al": "alpha",
    "be": "beta",
}  # fmt: skip
"""What people type for a Greek letter, above all for the one that Python keeps for itself."""

ACCENTS = {
    "hat": "\u0302", "bar": "\u0304", "tilde": "\u0303", "ddot": "\u0308", "dot": "\u0307", "check": "\u030c",
    "breve": "\u0306", "acute": "\u0301", "grave": "\u0300", "ring": "\u030a",
}  # fmt: skip
"""Accents, by the words that are typed for them, and the combining characters that plain text has."""

WIDE = {"widehat": "hat", "widetilde": "tilde", "overline": "bar", "mathring": "ring"}
"""Commands of LaTeX for accents that have another word."""
_ABOVE = {"star": "*", "dagger": "†", "sq": "2", "squared": "2", "plus": "+", "minus": "-"}
"""What stands above a letter, by the words that are typed for it."""
_ABOVE_COMMANDS = {r"\star": "*", r"\ast": "*", r"\dagger": "†"}
_SPOKEN = {"+": "plus", "-": "minus", "*": "star", "†": "dagger"}
_FONTS = {
    "mathbf", "boldsymbol", "bm", "mathrm", "mathsf", "mathtt", "mathit", "mathbb", "mathcal", "mathscr", "mathfrak",
    "text", "textbf", "textit", "textrm", "operatorname", "mbox", "vec",
}  # fmt: skip
"""Commands that change how a name looks and not which name it is."""
_LETTER_OF = {sign: word for word, sign in LETTERS.items()}
_ACCENT_OF = {sign: word for word, sign in ACCENTS.items()}
_DIGITS = {sign: str(i) for i, sign in enumerate("₀₁₂₃₄₅₆₇₈₉")}
_LOWER_DIGITS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_RAISED_DIGITS = {sign: str(i) for i, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}


COMMANDS = (
    "exp", "log", "ln", "sin", "cos", "tan", "sec", "csc", "cot", "sinh", "cosh", "tanh", "coth", "arcsin", "arccos",
    "arctan", "max", "min", "det", "dim", "arg", "sup", "inf", "Re", "Im",
)  # fmt: skip
"""The functions for which LaTeX has a command."""


def command(word):
    r"""A function as LaTeX writes it: ``\exp``, or ``\operatorname{tr}``."""
    return f"\\{word}" if word in COMMANDS else rf"\operatorname{{{word}}}"


class Name(NamedTuple):
    """A name taken apart."""

    base: str
    """A letter (Greek ones by their word) or a word."""
    accents: tuple = ()
    """Words of `ACCENTS`, the innermost first."""
    below: tuple = ()
    """The indices and words below, such as ``("t+1",)``."""
    above: tuple = ()
    """What stands above, such as ``("(3)",)`` or ``("*",)``."""
    primes: int = 0

    def but(self, **changes):
        """The same with some of its parts changed."""
        return self._replace(**changes)

    @property
    def key(self):
        """One text for all spellings of this name, as the reader of LaTeX calls it."""
        scripts = "".join(map(_spoken, (*self.below, *self.above)))
        return self.base + "".join(self.accents) + scripts + "p" * self.primes


class NotAName(ValueError):
    """A spelling that is no name, and why."""


@lru_cache(4096)
def read(text):
    r"""Take a spelling apart: an identifier, LaTeX, or plain text with signs and combining accents.

    Parameters
    ----------
    text : str
        Such as ``"y_true"``, ``r"\hat\theta_1"``, ``"h_{t+1}"`` or ``"ŷ"``.

    Returns
    -------
    Name

    Raises
    ------
    NotAName
        Where the text is no name, such as ``"2x"``, ``"a b"`` or ``"a+b"``.
    """
    place = _Place(text.strip().replace("µ", "μ"))
    if len(place.text) > 200:
        raise NotAName("a name of more than 200 characters")
    found = _atom(place, depth=0)
    while not place.done:
        found = _scripted(place, found)
    return found


@lru_cache(4096)
def key(text):
    """One text for all spellings of a name; the text itself where it is no name."""
    try:
        return read(text).key
    except NotAName:
        return text


@lru_cache(4096)
def latex(text):
    """A name in LaTeX."""
    name = _known(text)
    shown = f"\\{name.base}" if name.base in LETTERS else name.base
    if len(shown) > 1 and not shown.startswith("\\"):
        shown = rf"\mathrm{{{shown}}}"
    for accent in name.accents:
        shown = rf"\{_COMMAND_OF.get(accent, accent)}{{{shown}}}"
    shown += _script("_", [_script_latex(part) for part in name.below])
    return shown + _script("^", [_script_latex(part) for part in name.above]) + "'" * name.primes


@lru_cache(4096)
def plain(text):
    """A name in plain text, with the signs of mathematics."""
    name = _known(text)
    shown = LETTERS.get(name.base, name.base)
    for accent in name.accents:
        shown += ACCENTS[accent] if len(LETTERS.get(name.base, name.base)) == 1 else f"_{accent}"
    shown = unicodedata.normalize("NFC", shown)
    for i, part in enumerate(name.below):
        digits = part.isdigit() and not (i and name.below[i - 1].isdigit())  # x₁₂ would be one index
        shown += part.translate(_LOWER_DIGITS) if digits else f"_{_grouped(part)}"
    for part in name.above:
        shown += f"^{part if part.startswith('(') else _grouped(part)}"
    return shown + "′" * name.primes


def python(text):
    """A name as an identifier: ``h_{t+1}`` as ``h_t_plus_1``, s′ as ``s_prime``, λ as ``lambda_``."""
    if isinstance(text, str) and text.isidentifier():
        return text
    name = _known(text)
    parts = [name.base, *name.accents]
    for part in name.below:
        parts += re.findall(r"[^\W_]+", re.sub(r"[-+*†]", lambda sign: f" {_SPOKEN[sign[0]]} ", part))
    for part in name.above:
        words = re.findall(r"[^\W_]+", re.sub(r"[-+*†]", lambda sign: f" {_SPOKEN[sign[0]]} ", part))
        parts += ["sq"] if part == "2" else words
    return "_".join([*parts, *["prime"] * name.primes])


def width(text):
    """How many columns a text takes: an accent takes none."""
    return sum(not unicodedata.combining(sign) for sign in text)


# ── taking apart ──────────────────────────────────────────────────────────────────────────────────────────────────


class _Place:
    """A text and how far it has been read."""

    def __init__(self, text):
        self.text, self.at = text, 0

    @property
    def done(self):
        return self.at >= len(self.text)

    def match(self, pattern):
        """What matches here, which is passed; or None."""
        found = re.compile(pattern).match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    def group(self):
        """The text in braces that begins here, which is passed."""
        depth, start = 0, self.at
        for i in range(start, len(self.text)):
            depth += (self.text[i] == "{") - (self.text[i] == "}")
            if depth == 0:
                self.at = i + 1
                return self.text[start + 1 : i]
        raise NotAName("a brace is not closed")


_COMMAND_OF = {"ring": "mathring"}


def _known(text):
    if isinstance(text, Name):
        return text
    try:
        return read(text)
    except NotAName:
        return Name(text)


def _atom(place, depth):
    """A letter or a word, with the accents that stand over it."""
    if depth > 9:
        raise NotAName("braces nest too deeply")
    place.match(r"\s+")
    if place.text.startswith("{", place.at):
        return _inside(place.group(), depth)
    command = place.match(r"\\([A-Za-z]+)\s*")
    if command:
        word = command[1]
        accent = WIDE.get(word, word)
        if word in LETTERS:
            return Name(word)
        if accent in ACCENTS:
            inner = _atom(place, depth + 1)
            return inner.but(accents=(*inner.accents, accent))
        if word in _FONTS:
            return _atom(place, depth + 1)
        raise NotAName(f"\\{word} is no letter")
    word = place.match(r"(?:\\_|_)*[^\W\d_]")
    if not word:
        raise NotAName(f"{place.text!r} is no name")
    if place.text.startswith(r"\_", place.at) or depth == 0 or place.match(r"(?=[^\W_])"):
        return _word(place, word.end() - 1)
    return _with_marks(place, _letter(word[0].lstrip("\\_")))


def _inside(text, depth):
    inner = _Place(text)
    name = _atom(inner, depth + 1)
    while not inner.done:
        name = _scripted(inner, name)
    return name


def _letter(word):
    """A letter or a word by its own name, with its accents: ŷ, lam, theta."""
    split = unicodedata.normalize("NFD", word)
    marks = tuple(_ACCENT_OF[sign] for sign in split if sign in _ACCENT_OF)
    base = "".join(_LETTER_OF.get(sign, sign) for sign in split if sign not in _ACCENT_OF)
    base = unicodedata.normalize("NFC", base)
    return Name(SHORT.get(base, base), marks)


def _word(place, start):
    """A word as it is typed, such as ``W1``, ``yhat`` or ``dout``; its trailing digits stand below, accents above."""
    place.at = start
    word = place.match(r"(?:(?![⁰¹²³⁴⁵⁶⁷⁸⁹])[^\W_][\u0300-\u036f]*)+")[0]
    below = re.search(r"[0-9₀-₉]+$", word)
    digits = "".join(_DIGITS.get(sign, sign) for sign in below[0]) if below else ""
    word = word[: below.start()] if below else word
    name = _letter(word)
    for accent in ACCENTS:
        base = name.base.removesuffix(accent)
        if base and base != name.base and name.base not in LETTERS:
            name = name.but(base=SHORT.get(base, base), accents=(*name.accents, accent))
            break
    if name.base not in LETTERS and (inner := re.search(r"\d+$", name.base)):  # the accent of W1hat
        name = name.but(base=name.base[: inner.start()])
        digits = inner[0] + digits
    return _with_marks(place, name.but(below=(digits,) if digits else ()))


def _with_marks(place, name):
    """The accents that stand after a letter as combining characters."""
    marks = place.match(r"[\u0300-\u036f]+")
    found = tuple(_ACCENT_OF[sign] for sign in marks[0] if sign in _ACCENT_OF) if marks else ()
    return name.but(accents=name.accents + found)


def _scripted(place, name):
    """The name with the next index, exponent or prime."""
    if place.match(r"\s+"):
        return name
    primes = place.match("['′]+")
    if primes:
        return name.but(primes=name.primes + len(primes[0]))
    lowered = place.match("[₀-₉]+")
    if lowered:
        return name.but(below=(*name.below, "".join(_DIGITS[sign] for sign in lowered[0])))
    raised = place.match("[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
    if raised:
        return name.but(above=(*name.above, "".join(_RAISED_DIGITS[sign] for sign in raised[0])))
    sign = place.match(r"(?:\\_|_|\^)+")
    if not sign:
        raise NotAName(f"{place.text[place.at :]!r} is no part of a name")
    if place.done and "^" not in sign[0]:
        return name  # lambda_, as Python has it
    word = _script_text(place, sign[0][-1])
    if sign[0][-1] == "^":
        return name.but(above=(*name.above, *word)) if word != ("′",) else name.but(primes=name.primes + 1)
    if place.text[place.at - 1] == "}" or len(word) > 1:
        return name.but(below=(*name.below, *word))
    (word,) = word
    if word in ACCENTS:
        return name.but(accents=(*name.accents, word))
    if name.below and (word in ("plus", "minus") or name.below[-1].endswith(("+", "-"))):  # h_t_plus_1
        return name.but(below=(*name.below[:-1], name.below[-1] + _ABOVE.get(word, word)))
    if word in _ABOVE:
        return name.but(above=(*name.above, _ABOVE[word]))
    if word == "prime":
        return name.but(primes=name.primes + 1)
    split = re.fullmatch(r"([^\W\d]+)(\d+)", word)
    return name.but(below=(*name.below, *(split.groups() if split and len(split[1]) > 1 else (word,))))


def _script_text(place, sign):
    """What stands below or above, as a tuple of texts."""
    place.match(r"\s+")
    if place.text.startswith("{", place.at):
        text = place.group()
    elif place.text.startswith("\\", place.at):
        command = place.match(r"\\[A-Za-z]+\s*")
        if command is None:
            raise NotAName("a backslash that begins no command")
        text = command[0]
        if place.text.startswith("{", place.at):
            text += "{" + place.group() + "}"
    elif sign == "^" and place.text.startswith("(", place.at):
        text = (place.match(r"\([^()]*\)") or [""])[0]
    elif sign == "^":
        text = (place.match(r"[*†+-]|\w") or [""])[0]
    else:
        text = (place.match(r"[^\W_]+") or [""])[0]
    text = re.sub(r"\\([A-Za-z]+)\s*\{([^{}]*)\}", lambda found: found[2] if found[1] in _FONTS else found[0], text)
    for command, sign_of in _ABOVE_COMMANDS.items():
        text = text.replace(command, sign_of)
    text = text.replace(r"\prime", "′").replace("−", "-")
    text = re.sub(r"\\([A-Za-z]+)\s*", lambda found: found[1], text).strip()
    text = "".join(_DIGITS.get(c, _RAISED_DIGITS.get(c, _LETTER_OF.get(c, c))) for c in text)
    parts = tuple(re.sub(r"\s+", "", part) for part in text.split(","))
    if not all(re.fullmatch(r"\(?[\w+*†′-]+\)?", part) for part in parts):
        raise NotAName(f"{text!r} is no index")
    return parts


# ── putting together ──────────────────────────────────────────────────────────────────────────────────────────────


def _spoken(part):
    """A script as a word: t+1 as ``tplus1``, (3) as ``3``."""
    return "".join(_SPOKEN.get(sign, sign) for sign in part if sign not in "()")


def _grouped(part):
    return part if re.fullmatch(r"[^\W_]+|[*†+-]", part) else f"{{{part}}}"


def _script_latex(part):
    """An index in LaTeX: letters and numbers as they are, words of three letters and more as words."""
    pieces = re.findall(r"[^\W\d_]+|\d+|[^\w]|_", part)
    return "".join(
        f"\\{piece} " if piece in LETTERS else rf"\text{{{piece}}}" if len(piece) > 2 and piece.isalpha() else piece
        for piece in pieces
    ).strip()


def _script(sign, parts):
    return f"{sign}{{{','.join(parts)}}}" if parts else ""
