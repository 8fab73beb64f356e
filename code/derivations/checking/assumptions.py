"""What a line takes for granted: a property of a letter with which it holds, said in prose, or by nothing."""

import re
from fractions import Fraction

from derivations import executing
from derivations.checking import comparing
from derivations.checking.edits import ASSUMPTION, FACTOR, INNER, OTHER, SIGN, SUM
from derivations.checking.rewriting import signed
from derivations.formulas.properties import PHRASES, PROPERTIES

_TAKEN_FOR_GRANTED = {"symmetric": True, "orthogonal": False, "sums to one": False, "of length one": False}
"""Properties that are taken for granted, and whether what varies may have them."""


def taken_for_granted(checker, head, item, found):
    """What a line takes for granted, in words: a property with which it holds, its sign apart; or an empty text.

    A transpose or an order that is mended by one edit is a slip, and nothing was taken for granted.
    """
    edits = [kind for kind in found.kinds if kind not in (SIGN, FACTOR)] if found else [OTHER]
    if len(edits) < 2 and not set(edits) & {ASSUMPTION, INNER, SUM, OTHER}:
        return ""
    heads = (head, signed(Fraction(-1), head)) if found and SIGN in found.kinds else (head,)
    return next(filter(None, (_assumption(checker, one, item) for one in heads)), "")


def _assumption(checker, head, item):
    """A property of one name with which a line holds, in words; or an empty text."""
    reached = executing.reached((head, item.right), checker.meaning)
    for kind, even_varying in _TAKEN_FOR_GRANTED.items():
        for name, symbol in checker.meaning.symbols.items():
            groups = {PROPERTIES[own].group for own in checker.properties.get(name, ())}
            varies = name in checker.meaning.varying and not even_varying
            if name not in reached or varies or PROPERTIES[kind].group in groups or not _may_have(symbol, kind):
                continue
            try:
                with checker.supposing({**checker.said, name: (*checker.said.get(name, ()), kind)}):
                    found = comparing.compare(checker, head, item.right, item)
            except executing.Unreadable:  # the work that a text may take is done
                return ""
            if found.verdict == "holds":
                return PROPERTIES[kind].sentence.format(name)
    return ""


# ── what prose says ───────────────────────────────────────────────────────────────────────────────────────────────────

_WORDS = "|".join(re.escape(words).replace(r"\ ", "[ -]") for words in PHRASES)
_LETTER = r"\\?[A-Za-z]+(?:_\{?\w+\}?)?"
_IS = re.compile(
    rf"(?P<names>{_LETTER}(?:\s*(?:,|\band\b)\s*{_LETTER})*)\s+(?:is|are)\s+(?:an?\s+|both\s+|also\s+|real\s+)*"
    rf"(?P<words>(?:{_WORDS})(?:(?:\s*,\s*|\s+and\s+|\s+)(?:{_WORDS}))*)",
    re.IGNORECASE,
)
"""A is symmetric and positive definite; A and B are symmetric."""
_OF = re.compile(
    rf"(?P<words>(?:{_WORDS})(?:(?:\s*,\s*|\s+and\s+|\s+)(?:{_WORDS}))*)(?:\s+(?:matrix|matrices|vectors?))?"
    rf"\s+(?P<names>{_LETTER}(?:\s*(?:,|\band\b)\s*{_LETTER})*)",
    re.IGNORECASE,
)
"""For symmetric A and B; a symmetric matrix A."""
_DENIED = re.compile(r"(\b(not|n't|unless|non|never|whether|without|nor|neither|were|need)\b|✗)[^.;]*$", re.IGNORECASE)
_MARKUP = re.compile(
    r"\\(?:mathbf|boldsymbol|bm|mathrm|mathit|vec|text|textbf)\b|\$|\\in\s*\\mathbb\s*\{?\w\}?(?:\^\{[^{}]*\}|\^\w)?|[{}]"
)


def said_in(checker, prose):
    """The properties of declared letters that prose says, name to a tuple of them: "since Σ is symmetric".

    Parameters
    ----------
    checker : Checker
    prose : str
        Words with their mathematics, as `Relation.before` has them.

    Returns
    -------
    dict
    """
    found, text = {}, re.sub(r"\s+", " ", _MARKUP.sub(" ", prose)) if prose else ""
    for match in (*_IS.finditer(text), *_OF.finditer(text)):
        if _DENIED.search(text[: match.start("words")]):
            continue
        words = re.sub(r"[-\s]+", " ", match["words"].lower()).replace("one hot", "one-hot")
        kinds = []
        for said, name in PHRASES.items():  # the longer first: what is positive definite is not positive
            words, times = re.subn(rf"\b{re.escape(said)}\b", ";", words)
            kinds += [name] * bool(times)
        for name in re.findall(_LETTER, match["names"]):
            name = checker.names.get(name, name.lstrip("\\").replace("_", ""))
            symbol = checker.meaning.symbols.get(name)
            fit = [kind for kind in kinds if symbol is not None and _may_have(symbol, kind)]
            if fit:
                found[name] = tuple(dict.fromkeys((*found.get(name, ()), *fit)))
    return found


def _may_have(symbol, kind):
    """Whether the shape of a letter allows a property."""
    square = len(symbol.shape) == 2 and symbol.shape[0] == symbol.shape[1] and symbol.data[1] == 2
    return square if PROPERTIES[kind].square else symbol.data[1] == (2 if kind == "each row sums to one" else 1)
