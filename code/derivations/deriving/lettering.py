"""Letters that would say two things: found in what a derivation prints, and replaced by letters that are free.

A reader may declare ``x1`` beside ``x_1``, a ``dW`` where W varies, a matrix ``I`` or a scalar ``d``. What is printed
must still say one thing, so that such a name is written with another letter, and a note says which.
"""

import re

from derivations.formulas import names
from derivations.formulas.table import ROWS
from derivations.writing import printing

_POOLS = {0: "τκραγωηνξζ", 1: "abcghkpqrstuvwxyz", 2: "ABCFGHMNPQRSUVWXYZ"}
"""Letters for what is declared, by the number of axes: scalars are Greek, vectors lowercase, matrices uppercase."""


def meanings(formulas, known=None):
    """What each letter in printed formulas stands for.

    Parameters
    ----------
    formulas : list of Formula
        The right sides that are printed, and the named parts at their left.
    known : dict, optional
        Parts that are printed already.

    Returns
    -------
    dict
        From the key of a spelling to a dict whose keys are (kind, words): a declared symbol, a named part, or what the
        notation itself writes with that letter.
    """
    found = {"d": {("sign", "the sign of a differential"): None}}
    for formula, text, is_atom in printing.shown(formulas, known):
        for letter, words in ROWS[formula.operation].letters if formula.operation in ROWS else ():
            found.setdefault(letter, {})["sign", words] = None
        if formula.operation in ("symbol", "named"):
            key = names.key(printing.name_of(formula))
            found.setdefault(key, {})[formula.operation, printing.name_of(formula)] = None
            found.setdefault(f"d{key}", {})["sign", f"the differential of {text}"] = None
        elif formula.operation == "differential":
            key = "d" + names.key(printing.name_of(formula.data))
            found.setdefault(key, {})["sign", f"the differential of {text.removeprefix('d')}"] = None
        elif not formula.args and formula.operation not in ("number", "size"):
            found.setdefault(names.key(text), {})["sign", _WORDS.get(formula.operation, "another constant")] = None
        elif is_atom and (called := re.match(r"([^\W\d_]+)[^(]*\(.*\)$", text)):
            found.setdefault(names.key(called[1]), {})["sign", f"the function {called[1]}"] = None
        elif is_atom and formula.operation == "product":
            found.setdefault(names.key(text.replace(",", "")), {})["sign", "an entry"] = None
    return found


_WORDS = {
    "identity": "the identity matrix",
    "unit": "a unit vector",
    "commutation": "a commutation matrix",
    "diagonal embedding": "the matrix of Diag",
    "ones": "the vector of ones",
}


def clashes(formulas, own, shown, known=None):
    """The reader's names that would be mistaken for something else.

    Parameters
    ----------
    formulas, known
        As for `meanings`.
    own : list of str
        The names that were declared or defined, in order.
    shown : dict
        The letters that some of them have already.

    Returns
    -------
    dict
        From a name to what is said of its letter, such as "would also be the identity matrix".
    """
    of_letter = {shown.get(name, name): name for name in own}
    found = {}
    for reading in meanings(formulas, known).values():
        mine = [letter for kind, letter in reading if kind != "sign" and letter in of_letter]
        others = [letter for kind, letter in reading if kind == "sign" or letter not in of_letter]
        mine.sort(key=lambda letter: own.index(of_letter[letter]))
        kept = 0 if others else 1
        for letter in mine[kept:]:
            found[of_letter[letter]] = (
                f"would also be {others[0]}" if others else f"is written for {of_letter[mine[0]]} already"
            )
    return found


def letter_for(ndim, taken):
    """A free letter for something with so many axes; `taken` are the keys in use, and takes the new one."""
    pool = _POOLS[min(ndim, 2)]
    for letter in [*pool, *(f"{pool[0]}{number}" for number in range(1, 1000))]:
        key = names.key(letter)
        if key not in taken:
            taken.add(key)
            return letter
    raise AssertionError("a thousand letters are taken")


def keys_of(given):
    """The keys of names, and of their differentials."""
    keys = [names.key(name) for name in given]
    return {*keys, *(f"d{key}" for key in keys)}
