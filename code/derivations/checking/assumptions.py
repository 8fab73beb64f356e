"""What a line takes for granted: a property of a letter with which it holds, and which nothing says."""

from fractions import Fraction

import numpy as np

from derivations import executing
from derivations.checking.comparing import fit, relative
from derivations.checking.edits import ASSUMPTION, FACTOR, INNER, OTHER, SIGN, SUM
from derivations.checking.rewriting import signed
from derivations.checking.searching import FAILURES
from derivations.executing import Scene


def _symmetric(value):
    return (value + value.T) / 2 if value.shape[0] == value.shape[1] > 1 else None


def _orthogonal(value):
    return np.linalg.qr(value)[0] if value.shape[0] == value.shape[1] > 1 else None


def _summing_to_one(value):
    return np.abs(value) / np.abs(value).sum() if value.shape[1] == 1 < value.shape[0] else None


def _of_length_one(value):
    return value / np.linalg.norm(value) if value.shape[1] == 1 < value.shape[0] else None


_TAKEN_FOR_GRANTED = (
    ("{} is symmetric", _symmetric, True),
    ("{} is orthogonal", _orthogonal, True),
    ("{} sums to one", _summing_to_one, False),
    ("{} has length one", _of_length_one, False),
)
"""In words, how a value is given the property, and whether a variable may have it."""


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
    for words, projected, even_varying in _TAKEN_FOR_GRANTED:
        reached = executing.reached((head, item.right), checker.meaning)
        for name, symbol in checker.meaning.symbols.items():
            if name not in reached:
                continue
            if name in checker.meaning.varying and not even_varying:
                continue
            errors = []
            for point in checker.points[:3]:
                value = projected(point.values[symbol])
                if value is None:
                    break
                scene = Scene(checker.meaning, point.at({**point.values, symbol: value}))
                try:
                    sides = (executing.evaluate(tree, scene) for tree in (head, item.right))
                    errors.append(relative([fit(*sides)]))
                except FAILURES:
                    break
                if errors[-1] is None or errors[-1] > 1e-8:
                    break
            else:
                return words.format(name)
    return ""
