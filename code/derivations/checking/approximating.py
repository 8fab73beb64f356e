"""Approximations: a ≈ b to the digits that are written, or to the order of what the text makes small."""

import re
from dataclasses import replace
from fractions import Fraction

import numpy as np

from derivations import executing
from derivations.checking import comparing
from derivations.executing import NotConforming, Scene, Unreadable
from derivations.reading.latex_tree import bare

STEPS = tuple(10.0**-k for k in (1.5, 2.0, 2.5))
_STEP_LETTERS = re.compile(r"(var)?epsilon|eps|h|delta\w*|Delta\w*|eta")
_SAID_TO_BE_SMALL = re.compile(r"\bsmall\b|\btiny\b|\\ll\b|\\to\s*0|\\rightarrow\s*0|≪|near zero|close to zero")


def to_the_digits(case):
    """The verdict on a ≈ 0.67: it holds where the other side, rounded so far, is that number; else None."""
    for number, other in ((case.item.right, case.head), (case.head, case.item.right)):
        half = _half_a_digit(number, case.item)
        if half is None:
            continue
        found = _within(case.checker, other, bare_number(number), half)
        if found is not None:
            return found
    return None


def bare_number(tree):
    """The number that a tree writes, a sign before it; else None."""
    tree, sign = bare(tree), 1
    if tree.kind == "sum" and len(tree.args) == 1:
        sign, tree = tree.data[0], bare(tree.args[0])
    return sign * Fraction(tree.data) if tree.kind == "number" else None


def _half_a_digit(tree, item):
    """Half of the last digit that a number is written with; None where a tree writes no number."""
    if bare_number(tree) is None:
        return None
    inner = bare(tree)
    inner = bare(inner.args[0]) if inner.kind == "sum" else inner
    text = item.source[max(inner.start - item.start, 0) : max(inner.stop - item.start, 0)]
    digits = re.search(r"\d*\.(\d+)", text.replace("{", "").replace("}", ""))
    return Fraction(1, 2) / 10 ** (len(digits[1]) if digits else 0)


def _within(checker, tree, number, half):
    executed = []
    for point in checker.points[: comparing.POINTS]:
        try:
            value = executing.evaluate(tree, Scene(checker.meaning, point))
        except (NotConforming, Unreadable, np.linalg.LinAlgError, ArithmeticError):
            return None
        if not isinstance(value, np.ndarray) or np.max(np.abs(value - float(number))) > float(half) * (1 + 1e-9):
            return None
        executed.append(point)
    return comparing.Verdict("holds", points=tuple(executed)) if executed else None


def by_the_remainder(case):
    """The verdict on an approximation by how its remainder falls beside what is claimed, as what is small falls."""
    for small in small_names(case.checker, case.head, case.item.right):
        found = _remainder(case.checker, case.head, case.item.right, small)
        if found is not None:
            return found
    return None


def small_names(checker, left, right):
    """What the text makes small: differentials (None), and names that are steps or stand beside a point, x + v."""
    trees = (*executing.parts(left), *executing.parts(right))
    names = {executing.spelled(tree) for tree in trees} & set(checker.meaning.symbols)
    found = [None] * any(tree.kind == "differential" for tree in trees)
    if _SAID_TO_BE_SMALL.search(checker.text):
        return [*found, *sorted(names)]
    steps = {name for name in names if _STEP_LETTERS.fullmatch(name) and name not in checker.varying}
    for tree in executing.parts(left):
        if tree.kind == "group" and bare(tree).kind == "sum":  # f(x + v)
            steps |= _beside_a_point(bare(tree), checker)
    return [*found, *sorted(steps)]


def _beside_a_point(tree, checker):
    """The names that move a point: v of x + v, where x varies and v does not."""
    terms = [{executing.spelled(part) for part in executing.parts(term)} & set(checker.meaning.symbols)
             for term in tree.args]  # fmt: skip
    varying = set(checker.varying)
    if len(terms) != 2 or not terms[0] & varying or terms[1] & varying:
        return set()
    return terms[1]


def _remainder(checker, left, right, small):
    """The verdict where |left − right| falls faster than the last thing that the right side says, else None."""
    slopes, executed = [], []
    for point in checker.points[: comparing.POINTS]:
        try:
            rests, moves = [], []
            still = comparing.solid_pair(checker, left, right, comparing.small_scene(checker, point, small, 0.0))
            for step in STEPS:
                a, b = comparing.solid_pair(checker, left, right, comparing.small_scene(checker, point, small, step))
                rests.append(float(np.max(np.abs(a - b))))
                moves.append(float(np.max(np.abs(b - still[1]))))
        except (NotConforming, Unreadable):
            return None
        except np.linalg.LinAlgError:
            continue
        scale = float(np.max(np.abs(still[0]))) or 1.0
        if not np.all(np.isfinite(still)):  # (f(x + hv) − f(x))/h, which claims nothing of how it moves
            scale, moves = 1.0, [1.0] * len(STEPS)
        elif float(np.max(np.abs(still[0] - still[1]))) > 1e-9 * scale:
            return None
        executed.append(point)
        slopes.append((_power(rests, scale), _power(moves, scale)))
    if not executed:
        return None
    rest, claimed = np.median(slopes, axis=0)  # at a point where a first term nearly cancels the powers are others
    claimed = 0.0 if np.isinf(claimed) else claimed
    if rest < max(claimed, 0.0) + 0.7:
        return None
    words = "the remainder vanishes" if np.isinf(rest) else f"the remainder falls as the power {rest:.1f}"
    told = f"by the measured order, for small {small or 'differentials'}: {words}"
    return replace(comparing.Verdict("holds", points=tuple(executed)), reading=told)


def _power(sizes, scale):
    """The power of the step as which sizes fall; infinite where they are nothing."""
    if max(sizes) < 1e-13 * scale:
        return np.inf
    return np.log10(max(sizes[0], 1e-300) / max(sizes[-1], 1e-300)) / np.log10(STEPS[0] / STEPS[-1])
