"""Random points at which formulas are defined, and values and slopes there, found without any rule of differentiation.

The same text gives the same points on every machine. Sizes are distinct, so that a missing transpose cannot hide.
"""

from typing import NamedTuple

import numpy as np

from derivations import witness
from derivations.formulas.expression import DerivationError, Size, ordered
from derivations.formulas.properties import PROPERTIES, drawn
from derivations.formulas.table import FUNCTIONS, ROWS

POINTS, TRIES, ENTRIES = 3, 60, 1_000_000
STEP = 1e-5
_MULTILINEAR = {"named", *(row.name for row in ROWS.values() if row.adjoint and row.linear == slice(None))}


class Point(NamedTuple):
    """Sizes, the value of each symbol, the direction in which each variable moves, and what follows from them."""

    sizes: dict
    values: dict
    """Node to 2-D array, for every node evaluated so far at the point itself."""
    slopes: dict
    """Node to 2-D array: the directional derivative of each node that moves."""
    directions: tuple

    def at(self, values):
        """The same with other values of symbols, and nothing that followed from the old ones."""
        return self._replace(values=values)


def is_kinked(formula):
    """Whether it is a function of one number with a kink or a jump at 0, of each entry."""
    return formula.operation == "elementwise" and FUNCTIONS[formula.data].kinked


def generator(text):
    """A random generator that depends on the text alone."""
    return np.random.default_rng(list(text.encode(errors="replace")))


def evaluate(formula, sizes, known):
    """The 2-D array that a formula is, given the values of its symbols in `known`, which takes the new values."""
    if formula in known:
        return known[formula]
    for inner in ordered([formula], lambda f: [a for a in f.args if a not in known]):
        if inner not in known:
            known[inner] = ROWS[inner.operation].value(inner, sizes, *[known[argument] for argument in inner.args])
    return known[formula]


def magnitude(formula, sizes, known, magnitudes):
    """How large a formula's terms are before they cancel: what rounding in it is relative to.

    Where the formula is linear in an argument, every sign in it is taken as plus.
    """
    if formula in magnitudes:
        return magnitudes[formula]
    evaluate(formula, sizes, known)
    for inner in ordered([formula], lambda f: [a for a in f.args if a not in magnitudes]):
        if inner in magnitudes:
            continue
        parts = [magnitudes[argument] for argument in inner.args]
        if inner.operation == "combination":
            magnitudes[inner] = sum(abs(float(c)) * part for c, part in zip(inner.data, parts, strict=True))
        elif inner.operation in _MULTILINEAR:
            magnitudes[inner] = np.abs(ROWS[inner.operation].value(inner, sizes, *parts))
        else:
            magnitudes[inner] = np.abs(evaluate(inner, sizes, known))
    return magnitudes[formula]


def draw(symbol, sizes, random, manner, properties=()):
    """A value for a symbol, with the properties it is assumed to have."""
    _, ndim, own, *_ = symbol.data
    properties = (*own, *properties)
    shape = tuple(length.at(sizes) for length in symbol.shape)
    value = random.standard_normal(shape)
    manner = f"{manner} square" if manner == "mild" and ndim == 2 and shape[0] == shape[1] else manner
    if manner in _MANNERS:
        value = _MANNERS[manner](value)
    value = drawn(value, random, ndim, properties)
    for limit in (word for word in properties if isinstance(word, Size)):  # whole numbers below it
        value = random.integers(0, limit.at(sizes), shape).astype(float)
    return value


_MANNERS = {
    "positive": lambda value: np.abs(value) + 0.1,
    "mild": lambda value: 0.3 * np.abs(value) + 0.1,
    "mild square": lambda value: np.eye(len(value)) + 0.3 * value / np.sqrt(len(value)),
    "small": lambda value: 0.2 * value,
}
"""From a manner of drawing to what it makes of normal numbers."""


def restricted(direction, kind):
    """A direction that keeps to what `vary` admits."""
    return PROPERTIES[kind].project(direction) if kind else direction


def points(function, followed, symbols, variables, seed, properties=None, vary=None, smallest=2):
    """Random points at which a formula is defined and its slope is known surely.

    Parameters
    ----------
    function : Formula
        What is differentiated.
    followed : list of Formula
        Named parts whose slopes are wanted too.
    symbols, variables : list of Formula
        Every symbol; those that move.
    seed : str
        The text from which points and sizes are drawn.
    properties : dict, optional
        Symbol to further properties of its value.
    vary : dict, optional
        Variable to ``"symmetric"``, or to another kind that `restricted` knows.
    smallest : int
        The smallest size.

    Returns
    -------
    found : list of Point
    ordered_sizes : list of (str, str)
        Pairs of size names of which the first must not be greater, as far as tried.

    Raises
    ------
    DerivationError
        Where no point is found.
    """
    properties, vary, random = properties or {}, vary or {}, generator(seed)
    nodes = ordered([function])
    names = sorted({name for formula in (*symbols, *nodes) for length in formula.shape for name in length.names})
    reason = "its value is not finite"

    def attempt(sizes, manner):
        nonlocal reason
        largest = max(formula.shape[0].at(sizes) * formula.shape[1].at(sizes) for formula in (*symbols, *nodes))
        if largest > ENTRIES:
            raise DerivationError(
                f"a part would have {largest} entries, too many to check; use smaller sizes or indices"
            )
        try:
            with np.errstate(all="ignore"):
                values = {s: draw(s, sizes, random, manner, properties.get(s, ())) for s in symbols}
                moves = {v: restricted(random.standard_normal(values[v].shape), vary.get(v)) for v in variables}
                point, why = _probe(function, nodes, followed, sizes, values, moves)
        except (IndexError, ValueError, np.linalg.LinAlgError) as error:
            point, why = None, str(error)
        reason = why or reason
        return point

    def sizes_from(pool):
        return {name: int(pool[i]) for i, name in enumerate(names)}

    manners = ("normal", "normal", "positive", "mild", "small")
    found, flat, refused = [], [], []  # a flat point confirms little: others are looked for
    for number in range(TRIES):
        pool = random.permutation(np.arange(smallest, smallest + max(len(names), 2)) + 2 * (number // 30))
        point = attempt(sizes_from(pool), manners[number // 3 % len(manners)])
        if point is None:
            refused.append(sizes_from(pool))
        else:
            (found if np.any(point.slopes[function]) else flat).append(point)
        if len(found) == POINTS or len(flat) == 4 * POINTS:
            break
    found = (found + flat)[:POINTS]
    if not found:
        raise DerivationError(
            f"no random point was found where the function is defined ({reason}); "
            "say with assume= what its variables are, for instance 'x: positive' or 'A: positive definite'"
        )
    ordered_sizes = []
    for a in names:
        for b in names:
            if (
                a == b
                or not refused
                or any(p.sizes[a] > p.sizes[b] for p in found)
                or any(s[a] < s[b] for s in refused)
            ):
                continue  # not what tells the points from the refused sizes
            reversed_ones = [{**s, a: max(s[a], s[b]), b: min(s[a], s[b])} for s in (p.sizes for p in found)]
            if not any(attempt(sizes, manner) for sizes in reversed_ones for manner in manners * 2):
                ordered_sizes.append((a, b))
    return found, ordered_sizes


def _probe(function, nodes, followed, sizes, values, moves):
    """A point with its slopes and an empty text, or None and why it will not do."""
    here = dict(values)
    value = evaluate(function, sizes, here)
    for part in followed:
        evaluate(part, sizes, here)
    if not all(np.all(np.isfinite(here[f])) for f in (function, *followed)):
        return None, "its value is not finite"
    if np.max(np.abs(value)) > 1e9:
        return None, "its value is very large"
    complex_values = {**values, **{v: witness.moved(values[v], move) for v, move in moves.items()}}
    slopes = dict(moves)
    evaluate(function, sizes, complex_values)
    for part in (function, *followed):
        slopes[part] = witness.slope_in(evaluate(part, sizes, complex_values))
    for formula in nodes:
        inverts = formula.operation in ("inverse", "determinant", "log determinant")
        if inverts and np.linalg.cond(here[formula.args[0]]) > 1e7:
            return None, "a matrix is singular or nearly so"
        if formula.operation == "norm" and np.abs(here[formula]).item() < 1e-9:
            return None, "a norm is zero"
        if is_kinked(formula):
            argument = formula.args[0]
            speed = np.abs(witness.slope_in(complex_values[argument]))
            if np.any(np.abs(here[argument]) < 10 * STEP * speed):
                return None, "it is near a kink"
    # the complex step can fail in silence: a central difference along the same direction must agree
    slope = slopes[function]
    scale = np.max(np.abs(slope)) + 1e-3 * np.max(np.abs(value)) + 1e-6
    for step in (STEP, STEP / 10):
        ends = []
        for sign in (1, -1):
            moved = {**values, **{v: values[v] + sign * step * move for v, move in moves.items()}}
            ends.append(evaluate(function, sizes, moved))
        if np.all(np.abs((ends[0] - ends[1]) / (2 * step) - slope) <= 1e-6 * scale):
            break
    else:
        return None, "its slope is uncertain"
    if np.max(np.abs(slope)) > 1e9:
        return None, "its slope is very large"
    if 0 < np.max(np.abs(slope)) < 1e-200:
        return None, "its slope is too small to tell"
    return Point(sizes, here, slopes, tuple(moves.items())), ""


def second_slope(function, point, variables, other, floor):
    """∂²/∂s∂t of f(x + s D + t E) at 0, or None where it is uncertain, relative to itself or to `floor`.

    A complex step along `other`, E, and an extrapolated difference along the point's own direction, D.
    """
    moves = dict(point.directions)

    def slope(step):
        start = {s: v for s, v in point.values.items() if s.operation == "symbol"}
        for v in variables:
            start[v] = witness.moved(start[v] + step * moves[v], other[v])
        return witness.slope_in(evaluate(function, point.sizes, start))

    with np.errstate(all="ignore"):
        for step in (2e-3, 2e-4, 2e-5):
            wide, near, nearest = ((slope(h) - slope(-h)) / (2 * h) for h in (step, step / 2, step / 4))
            first, value = witness.extrapolated(wide, near), witness.extrapolated(near, nearest)
            scale = max(np.max(np.abs(value)), 1e-3 * np.max(np.abs(slope(0))), floor)
            if np.max(np.abs(first - value)) <= 1e-8 * scale:
                return value
    return None
