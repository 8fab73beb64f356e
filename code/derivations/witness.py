"""The independent witness: gradients found from a function's values alone.

Nothing here knows a rule of differentiation. A function is evaluated, at points moved a little along the real axis
(central differences) or along the imaginary one (complex step), and that is all. Each number comes with a bound on its
error, and the bound with it: how far a step may go, and how much of a value is rounding, is found from the values too.

A gradient has the shape of its variable. The derivative of an array-valued function has the function's axes first and
the variable's axes after them; for vectors that is the Jacobian, a row per output and a column per input.
"""

from __future__ import annotations

import itertools
import warnings
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

EPS = np.finfo(float).eps
IMAGINARY_STEP = 1e-30  # no difference is taken, so nothing cancels and the step may be as small as one likes
_FIRST, _FEWEST, _WIDEST = 7.0711e-4, 1e-10, 141.42  # the steps, relative to the point: tried first, smallest, largest
_DECADES = 10.0  # between one step and the next
_PARTS = (1.0, 0.5, 0.25)  # of a step, for Richardson's extrapolation
_EACH = 32  # entries up to which each complex slope is compared with a real one, beyond it only directions are


class NotAnalytic(ValueError):
    """A complex step was asked of a function that is not analytic as written."""


class NumericalGradient(NamedTuple):
    """A derivative found numerically, with what is known of it."""

    value: np.ndarray
    """The derivative, the function's axes first, then the variable's."""
    errors: np.ndarray
    """A bound on the absolute error of each entry, as estimated; ``inf`` where nothing is known."""
    scale: float
    """What errors are relative to, the largest entry or, near a stationary point, a thousandth of what the gradient
    is near by, since there the entries are what rounding leaves of larger numbers."""
    floor: float
    """What rounding of larger terms leaves, at the least, of an entry of the gradient that vanishes."""
    method: str
    """``"complex step"`` or ``"central differences"``."""
    remark: str
    """Why the complex step was not used, or empty."""
    kinks: tuple
    """The entries along which the function has a kink at the point, as text; a derivative does not exist there."""

    def shaped(self, shape):
        """The same with the derivative in another shape."""
        return self._replace(value=self.value.reshape(shape), errors=self.errors.reshape(shape))

    @property
    def error(self):
        """The largest of `errors`."""
        return largest(self.errors)


def complex_step_gradient(function: Callable[[np.ndarray], ArrayLike], at: ArrayLike) -> np.ndarray:
    """The gradient by the complex step, Im f(x + ih e_i) / h with h = 1e-30, exact to rounding.

    Parameters
    ----------
    function : callable
        From an array of the shape of `at` to a number or an array; must be analytic as written.
    at : array_like, any shape, floating
        The point.

    Returns
    -------
    ndarray, shape of the value + shape of `at`

    Raises
    ------
    NotAnalytic
        Where the result disagrees with central differences, so that the function takes absolute values, compares
        complex numbers, drops imaginary parts, or the like; or where they are too rough to confirm it.
    ValueError
        Where `at` is not a finite floating array, or the function is not finite there.

    References
    ----------
    W. Squire and G. Trapp, Using complex variables to estimate derivatives of real functions, SIAM Review 40 (1998).
    """
    at = as_point(at)
    found, reason = _complex_step(function, at, as_value(function, at))
    if reason:
        raise NotAnalytic(f"{reason}; use central_difference_gradient")
    return found.value


def central_difference_gradient(
    function: Callable[[np.ndarray], ArrayLike], at: ArrayLike, step: float | None = None
) -> np.ndarray:
    """The gradient by central differences, (f(x + h e_i) − f(x − h e_i)) / 2h.

    Parameters
    ----------
    function : callable
        From an array of the shape of `at` to a number or an array.
    at : array_like, any shape, floating
        The point.
    step : float, optional
        The step h, the same for each entry, used as it is. Without it steps of many sizes are taken, each with its half
        and its quarter, extrapolated to h → 0 (Richardson), and for each entry the one with the least error serves.

    Returns
    -------
    ndarray, shape of the value + shape of `at`

    Raises
    ------
    ValueError
        Where `at` is not a finite floating array, the function is not finite there, or `step` is not positive.
    """
    at = as_point(at)
    if step is None:
        return _differences(function, at, as_value(function, at)).value
    if not step > 0:
        raise ValueError(f"step is {step}; it must be positive")
    columns = []
    for direction in directions(at):
        ahead, behind = as_value(function, at + step * direction), as_value(function, at - step * direction)
        columns.append((ahead - behind) / (2 * step))
    return _assemble(columns, at)


def directional_derivative(
    function: Callable[[np.ndarray], ArrayLike], at: ArrayLike, direction: ArrayLike
) -> np.ndarray:
    """The derivative of t ↦ f(x + t v) at t = 0; for a scalar f it is ∇f : v.

    Parameters
    ----------
    function : callable
        From an array of the shape of `at` to a number or an array.
    at : array_like, any shape, floating
        The point x.
    direction : array_like, the shape of `at`
        The direction v, used with its length.

    Returns
    -------
    scalar or ndarray, the shape of the function's value
        By complex step where the function is analytic as written, by central differences elsewhere.

    Raises
    ------
    ValueError
        Where shapes differ, `at` is not a finite floating array, or the function is not finite there.
    """
    at, direction = as_point(at), np.asarray(direction, float)
    if direction.shape != at.shape:
        raise ValueError(f"direction has shape {direction.shape} and at has shape {at.shape}; they must agree")
    return numerical_gradient(lambda t: function(at + t * direction), np.array(0.0)).value[()]


def numerical_gradient(function: Callable[[np.ndarray], ArrayLike], at: ArrayLike) -> NumericalGradient:
    """The gradient by the best witness there is, with its error.

    The complex step is tried first and compared with central differences along random directions and, where there are
    few, along each entry. Where they disagree the function is not analytic as written, and central differences serve
    for every entry.

    Parameters
    ----------
    function : callable
        From an array of the shape of `at` to a number or an array.
    at : array_like, any shape, floating
        The point.

    Returns
    -------
    NumericalGradient

    Raises
    ------
    ValueError
        Where `at` is not a finite floating array, or the function is not finite there, has no values beside it, or
        gives another value each time.
    """
    at = as_point(at)
    middle = steady_value(function, at)
    found, reason = _complex_step(function, at, middle)
    return _differences(function, at, middle)._replace(remark=reason) if reason else found


# ── what all measuring is made of ─────────────────────────────────────────────────────────────────────────────────


def moved(at, move):
    """A point moved along the imaginary axis, x + ih v."""
    return at + 1j * IMAGINARY_STEP * move


def slope_in(value):
    """The slope along v in the value of a function at the point `moved`, Im f(x + ih v) / h."""
    return np.imag(value) / IMAGINARY_STEP


def extrapolated(*values):
    """What values at the steps h, h/2, h/4, … tend to as h → 0, where they differ by even powers of h (Richardson)."""
    for level in range(1, len(values)):
        values = [(4**level * near - wide) / (4**level - 1) for wide, near in itertools.pairwise(values)]
    return values[0]


# ── by the complex step ───────────────────────────────────────────────────────────────────────────────────────────


class ComplexSlopes(NamedTuple):
    """Slopes along directions by the complex step, a row for each direction."""

    values: np.ndarray
    errors: np.ndarray
    """Bounds on what rounding did, found by computing each slope twice."""


def complex_slopes(function, at, moves, middle):
    """The slopes along directions by the complex step, or why there are none: a pair of which one part is empty.

    Each is computed twice, the second time with another imaginary step and the point moved by its last digit: what the
    two differ by is what rounding does to them, and to any other way to compute them.
    """
    rounded = at * (1 + 2 * EPS * np.random.default_rng(2).choice([-1.0, 1.0], at.shape))
    runs = [], []
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # a dropped imaginary part is found by comparison with real differences
        for move in moves:
            for run, point, step in zip(runs, (at, rounded), (IMAGINARY_STEP, 1.3 * IMAGINARY_STEP), strict=True):
                try:
                    value = np.asarray(function(point + 1j * step * move))
                    run.append(np.asarray(np.imag(value), float) / step)
                except Exception as error:  # a function written for real numbers may raise anything
                    return (
                        None,
                        f"the function does not take complex numbers ({type(error.__cause__ or error).__name__})",
                    )
                if value.shape != middle.shape:
                    return None, "the function gives another shape for complex numbers"
        values, again = map(np.stack, runs)
        errors = 30 * np.abs(values - again) + 8 * EPS * (np.abs(values) + largest(values))
    if not np.all(np.isfinite(errors)):
        return None, "the function is not analytic as written"
    return ComplexSlopes(values, errors), ""


def confirmed(values, errors, slope):
    """Whether slopes by the complex step, with their errors, agree with a real difference that says something."""
    apart = np.abs(values - slope.value) <= slope.error + errors + 1e-9 * np.abs(values)
    return not slope.kink and bool(np.all(apart & slope.tells(values)))


def _complex_step(function, at, middle):
    """The complex-step derivative, or why it cannot be trusted: a pair of which one part is empty."""
    found, reason = complex_slopes(function, at, directions(at), middle)
    if reason:
        return None, reason
    value, errors = _assemble(found.values, at), _assemble(found.errors, at)
    slopes = []
    for move in random_directions(at, 2):
        slope = slope_along(Line(function, at, move), middle)
        along = np.tensordot(value, move, axes=at.ndim)
        if not confirmed(along, np.tensordot(errors, np.abs(move), axes=at.ndim), slope):
            return None, "the function is not analytic as written"
        slopes.append(slope.per_length(np.linalg.norm(move)))
    if at.size <= _EACH:
        for move, one, error in zip(directions(at), found.values, found.errors, strict=True):
            slope = slope_along(Line(function, at, move), middle)
            if not np.all(np.abs(one - slope.value) <= slope.error + error + 1e-9 * np.abs(one)):
                return None, "the function is not analytic as written"
    scale, floor = _scales(value, slopes, at)
    return NumericalGradient(value, errors, scale, floor, "complex step", "", ()), ""


# ── by differences ────────────────────────────────────────────────────────────────────────────────────────────────


def _differences(function, at, middle):
    """The derivative by extrapolated central differences, entry by entry."""
    slopes, kinks = [], []
    pilot = next(random_directions(at, 1))  # all entries at once see best how the function is rounded
    noise = slope_along(Line(function, at, pilot), middle).noise
    for index, direction in zip(np.ndindex(at.shape), directions(at), strict=True):
        slope = slope_along(Line(function, at, direction), middle, noise)
        slopes.append(slope)
        if slope.kink:
            kinks.append(index_text(index))
    value, errors = (_assemble([getattr(slope, part) for slope in slopes], at) for part in ("value", "error"))
    scale, floor = _scales(value, slopes, at)
    floor = max(floor, 300 * noise * scale)  # where values are rounded, what is hidden in a small entry is hidden well
    if not kinks:
        for move in random_directions(at, 1 if at.size > 1 else 0):
            slope = slope_along(Line(function, at, move), middle, noise)
            along = np.tensordot(value, move, axes=at.ndim)
            allowed = 10 * (slope.error + np.tensordot(errors, np.abs(move), axes=at.ndim))
            if slope.kink or np.any(np.abs(along - slope.value) > allowed + 1e-4 * scale * np.max(np.abs(move))):
                kinks.append("a direction between the axes")
    return NumericalGradient(value, errors, scale, floor, "central differences", "", tuple(kinks))


def _scales(value, slopes, at):
    """What errors are relative to, and what rounding leaves of an entry that vanishes."""
    near, terms, over = (max(largest(getattr(slope, part)) for slope in slopes) for part in ("near", "terms", "over"))
    curved = max(largest(slope.curvature) for slope in slopes) * (largest(at) or 1.0)
    scale = max(largest(value), 1e-3 * near, 1e-3 * terms, 1e-3 * curved)
    hidden = min(64 * EPS * over, 1e-6 * scale)
    return scale, hidden + EPS * (500 * max(largest(value), terms) + 8 * curved)


class Line:
    """The function of a number t ↦ f(x + t v), and which steps along it make sense."""

    def __init__(self, function, at, move):
        self.function, self.at, self.move = function, at, move
        self.raised = None
        """What the function raised on the way, if it did."""
        self.fits = {np.float32: True, np.float16: True}
        """Whether every value so far is one of this type: what it was computed in before it became a float."""
        moving = np.abs(move) > 0
        size, length = np.abs(at[moving]), np.abs(move[moving])
        largest_entry = largest(at) or 1.0
        self.narrow = float(np.min(np.where(size > 0, size, largest_entry) / length))
        """The step that moves some entry by its own size."""
        self.usual = float(np.min(largest_entry / length))
        """The step that moves some entry by the size of the largest."""
        self.wide = float(np.min(max(largest_entry, 1.0) / length))
        """The same, or by one where all are smaller: what a function knows of scales need not be seen at the point."""
        self.turns = float(np.max(size / length, initial=0.0))
        """How many steps of length one lie between zero and the point: what rounds the points themselves."""

    def __call__(self, t):
        """The value at t, or None where the function raises."""
        try:
            with np.errstate(all="ignore"):
                value = as_value(self.function, self.at + t * self.move, finite=False)
                self.fits = {kind: fits and bool(np.all(kind(value) == value)) for kind, fits in self.fits.items()}
                return value
        except Exception as error:  # a reader's function may raise anything
            self.raised = self.raised or error
            return None


class Slope(NamedTuple):
    """The derivative along a line, with what is known of it; arrays have the shape of the function's value."""

    value: np.ndarray
    error: np.ndarray
    """A bound; ``inf`` where nothing is known."""
    kink: bool
    curvature: np.ndarray
    near: np.ndarray
    """How steep the function is near by: a slope that vanishes is small beside it."""
    terms: np.ndarray
    """How steep it is as far as zero or twice the point, no more than its value over the point: the size of terms that
    cancel in a slope that vanishes, so that rounding leaves their last digit."""
    over: np.ndarray
    """Its value over the point: rounding of the value alone may hide a slope as large as the last digit of this."""
    noise: float
    """How far values are off, relative to them, where that is more than their precision."""

    def per_length(self, length):
        """The same with what is near for a step of length one."""
        near, terms, over = self.near / length, self.terms / length, self.over / length
        return self._replace(near=near, terms=terms, over=over, curvature=self.curvature / length**2)

    def tells(self, other):
        """Where the error is small beside the slope, or beside another value claimed for it, or beside slopes near."""
        size = np.max([np.abs(self.value), np.abs(other), self.near, self.terms], axis=0)
        return self.error <= 1e-3 * size


class _Level(NamedTuple):
    """What the values at ±h, ±h/2 and ±h/4 say."""

    h: float
    value: np.ndarray  # extrapolated from the two smaller steps
    change: np.ndarray  # that minus what the two larger ones give: about the error of the latter
    cubic: np.ndarray  # what the third derivative adds to the quotient at h
    rough: np.ndarray  # as a difference of values, what no smooth function of this scale would leave
    jumps: np.ndarray  # slope from the right minus slope from the left, for each part: falls with h where it is smooth
    top: np.ndarray  # the largest value
    rise: np.ndarray  # the largest change of the value over the step
    silent: np.ndarray  # whether the value did not change at all


def slope_along(line, middle, precision=0.0):
    """The derivative of `line`, a function of a number, at 0, by the step whose error is least.

    Central differences at h, h/2 and h/4 are extrapolated in pairs (Richardson); the two results differ by about the
    error of the first, which bounds that of the second. One step decides where that is small. Otherwise steps of all
    sizes are taken, and a step counts only as far as all smaller ones agree with it within their errors, since a wide
    step passes over what happens near the point and does not know it.

    Parameters
    ----------
    line : Line
    middle : ndarray
        Its value at 0, with the type in which it came.
    precision : float
        What its values are rounded to at least, relative to them, where that is known.

    Returns
    -------
    Slope

    Raises
    ------
    ValueError
        Where the function has no value on one side of the point, however near.
    """
    first = _level(line, middle, _FIRST * line.wide)
    if first is not None:
        error = 2 * np.abs(first.change) + _rounding(first, max(precision, _precision(middle, line)), line)
        kinked = np.any(_steady(first.jumps) & (np.abs(first.jumps[-1]) > 1e-9 * np.abs(first.value)))
        if np.all(error <= 1e-10 * np.abs(first.value)) and not kinked and _foreseen(first, error, line):
            near = first.rise / first.h
            over = first.top / line.usual
            bend = np.abs(first.jumps[0]) / first.h
            return Slope(first.value, error, False, bend, near, np.minimum(near, over), over, 0.0)
    levels = []
    h = _WIDEST * line.wide
    while h > 0.5 * _FEWEST * line.narrow:
        level = _level(line, middle, h)
        if level is not None and EPS * line.turns <= 1e-5 * h:
            levels.append(level)
        h /= _DECADES
    if not levels:
        raised = line.raised and (line.raised.__cause__ or line.raised)
        why = f"it raises {type(raised).__name__}: {raised}" if raised else "it is not finite"
        where = np.argwhere(line.move)
        along = f"along {index_text(tuple(map(int, where[0])))}" if len(where) == 1 else "in some direction"
        raise ValueError(
            f"the function has no value beside the point, {along}, on one side at least ({why}); "
            "choose a point inside the region where it is defined"
        )
    own = _precision(middle, line)
    return _settled(levels, own, max(own, precision), line)


def _level(line, middle, h):
    """The values about the point at one step, or None where one is missing or not finite."""
    ends = [(line(h * part), line(-h * part)) for part in _PARTS]
    if any(end is None or end.shape != middle.shape or not np.all(np.isfinite(end)) for pair in ends for end in pair):
        return None
    with np.errstate(all="ignore"):
        wide, narrow, narrowest = ((up - down) / (2 * h * p) for (up, down), p in zip(ends, _PARTS, strict=True))
        value = extrapolated(narrow, narrowest)
        change = value - extrapolated(wide, narrow)
        even = [(up - middle) + (down - middle) for up, down in ends]  # of which h² and h⁴ cancel below
        rough = np.maximum(h * np.abs(change) / 4, np.abs(even[0] - 20 * even[1] + 64 * even[2]) / 100)
        jumps = np.stack([bend / (h * part) for bend, part in zip(even, _PARTS, strict=True)])
        apart = np.stack([np.abs(end - middle) for pair in ends for end in pair])
        top = np.maximum(np.max(np.abs([end for pair in ends for end in pair]), axis=0), np.abs(middle))
    if not np.all(np.isfinite(change)):
        return None
    return _Level(
        h,
        value,
        change,
        (wide - narrow) / 0.75,
        rough,
        jumps,
        np.asarray(top, float),
        apart.max(axis=0),
        apart.max(axis=0) == 0,
    )


def _foreseen(level, error, line):
    """Whether a fourth pair of values is what three pairs foretell; values that were rounded may agree by chance."""
    part = 0.371909
    ends = line(part * level.h), line(-part * level.h)
    if any(end is None or not np.all(np.isfinite(end)) for end in ends):
        return False
    slope = (ends[0] - ends[1]) / (2 * part * level.h)
    return bool(np.all(np.abs(slope - level.value - part**2 * level.cubic) <= 10 * error))


def _rounding(level, precision, line):
    """What rounding of the values, and of the points, does to the slope at one step."""
    return 12 * precision * level.top / min(level.h, line.wide) + EPS * line.turns / level.h * level.rise / level.h


def _steady(jumps):
    """Where the slopes from both sides stay apart as the step shrinks, as they do at a kink and nowhere else."""
    ratios = np.abs(jumps[1:]) / np.where(jumps[:-1] == 0, np.inf, np.abs(jumps[:-1]))
    return np.all((ratios > 0.75) & (ratios < 1.35), axis=0)


def _settled(levels, own, precision, line):
    """The slope that levels, from wide to narrow, agree upon, for each entry of the function's value."""
    shape = levels[0].value.shape
    found = []
    for place in np.ndindex(shape):
        here = [_Level(*(part if np.ndim(part) == 0 else part[..., *place] for part in level)) for level in levels]
        found.append(_agreed(here, own, precision, line))
    value, error, kink, curvature, near, terms, over, noise = (
        np.array(part).reshape(shape) for part in zip(*found, strict=True)
    )
    return Slope(value, error, bool(np.any(kink)), curvature, near, terms, over, float(np.max(noise)))


def _agreed(levels, own, precision, line):
    """The same for a function that is a number."""
    noise, stepped = _noise(levels, own, line)
    hidden = [
        _rounding(level, precision, line)
        + (12 * max(noise * level.top, level.rough) / min(level.h, line.wide) if noise else 0.0)
        for level in levels
    ]
    bounds = [
        2 * abs(level.change) + unseen + (abs(level.jumps[-1]) / 2 if _steady(level.jumps) else 0.0)
        for level, unseen in zip(levels, hidden, strict=True)
    ]  # at a kink near by, too near to tell from one at the point, the slope is that from one side
    chosen = _chosen([level.value for level in levels], bounds)
    level, over = levels[chosen], levels[chosen].top / line.usual
    steep = [(each.h / line.usual, each.rise / each.h) for each in levels]
    near = max((rise for h, rise in steep if h <= 1e-2), default=0.0)
    terms = min(max((rise for h, rise in steep if h <= 2), default=0.0), over)
    if all(
        _is_still(level, after, precision, line) for level, after in zip(levels, levels[1:] + levels[-1:], strict=True)
    ):
        near = terms = over  # it does not move, however wide the step
    return Slope(
        level.value,
        np.inf if stepped or _jumps(levels, own) else bounds[chosen],
        _is_kink(levels[chosen:], hidden[chosen:], line),
        abs(level.jumps[0]) / level.h,
        near,
        terms,
        over,
        max(noise, precision if precision > EPS else 0.0),
    )


def _is_still(level, after, precision, line):
    """Whether a function moves no more than rounding moves it, which grows with the point and has no shape."""
    rounding = precision * level.top
    shapeless = level.rise <= 20 * max(level.rough, after.rough)
    return level.rise <= 16 * rounding or (shapeless and level.rise <= 1e3 * rounding * max(1.0, level.h / line.usual))


def _is_kink(levels, hidden, line):
    """Whether the slopes from both sides are apart at the first level, and at narrower ones as far as can be seen."""
    level = levels[0]
    jump = abs(level.jumps[-1])
    if not _steady(level.jumps) or jump <= 1e-6 * max(abs(level.value), level.top / line.usual):
        return False
    seen = [abs(each.jumps[-1]) for each, noise in zip(levels, hidden, strict=True) if 2 * noise < jump]
    return bool(seen) and min(seen) > 0.5 * jump


def _chosen(values, bounds):
    """Which of the values, from wide steps to narrow ones, to take: the surest that all narrower ones allow."""
    low, high, best = -np.inf, np.inf, len(values) - 1
    for number in reversed(range(len(values))):
        low, high = max(low, values[number] - bounds[number]), min(high, values[number] + bounds[number])
        if low > high:
            break
        if bounds[number] < bounds[best]:
            best = number
    return best


def _noise(levels, precision, line):
    """How far values are off, relative to them, beyond their precision, as where they were rounded; and if by stairs.

    A smooth function leaves a roughness that falls by powers of ten from step to step, a kink one that falls with the
    step. What stays the same over decades, now with one sign and now with the other, is noise, unless narrower steps
    see a smooth function after all.
    """
    rough = [level.rough for level in levels]
    rough = [max(rough[number : number + 3]) for number in range(len(rough))]  # a few values may agree by chance
    base = 8 * precision * min(level.top for level in levels)
    start = 0
    while start < len(levels) - 3:
        stop = start
        while stop < len(levels) and base < rough[stop] and max(rough[start : stop + 1]) <= 30 * rough[stop]:
            stop += 1
        run, narrower = levels[start:stop], levels[stop:]
        if len(run) < 4:
            start += 1
        elif _is_step(run) or _is_smooth(narrower, 1e-2 * rough[start]):
            start = stop
        else:
            quiet = max((level.h for level in narrower if level.silent), default=0.0)
            return max(level.rough / (level.top or 1.0) for level in run), quiet >= 1e-6 * line.narrow
    return 0.0, False


def _is_step(levels):
    """Whether the four widest see the same, as where a value steps from one to another."""
    rough = [level.rough for level in levels[:4]]
    return max(rough) <= 1.02 * min(rough) and len({level.change > 0 for level in levels[:4]}) == 1


def _jumps(levels, precision):
    """Whether the value changes by as much at every step, however narrow: it jumps at the point itself."""
    rises = [level.rise for level in levels[-4:]]
    return min(rises) > 16 * precision * levels[-1].top and max(rises) <= 1.02 * min(rises)


def _is_smooth(levels, rough):
    """Whether two levels see a smooth function, so that wider ones were too wide for it."""
    moving = [level for level in levels if not level.silent]
    return sum(level.rough <= rough and abs(level.change) <= 1e-2 * abs(level.value) for level in moving) > 1


# ── points, values, directions ────────────────────────────────────────────────────────────────────────────────────


def _precision(middle, line):
    """The rounding of a function's values: that of their type as they came, or that all of them show."""
    single = line.fits[np.float32] and not line.fits[np.float16]  # simple numbers like 7 show nothing
    return max(float(np.finfo(middle.dtype).eps), float(np.finfo(np.float32).eps) if single else 0.0)


def as_point(at, name="at"):
    """The point as a float array of its own, or a ValueError that says what it is instead."""
    at = np.asarray(at)
    if at.dtype.kind in "biu":
        raise ValueError(f"{name} holds integers ({at.dtype}); a derivative needs real numbers: pass it as float")
    if at.dtype.kind != "f":
        raise ValueError(f"{name} holds {at.dtype}; a derivative needs an array of real numbers")
    if at.size == 0:
        raise ValueError(f"{name} has shape {at.shape}: it has no entry to differentiate by")
    if not np.all(np.isfinite(at)):
        where = first_place(~np.isfinite(at))
        raise ValueError(f"{name} is {at[where]} at {index_text(where)}; choose a point of finite numbers")
    return np.array(at, float)


def as_value(function, at, finite=True):
    """The function at a point, as a float array."""
    value = np.asarray(function(at.copy()))
    if value.dtype.kind not in "biuf":
        raise ValueError(f"the function gives {value.dtype}, not real numbers")
    value = value.astype(float) if value.dtype.kind != "f" else value
    if finite and not np.all(np.isfinite(value)):
        where = first_place(~np.isfinite(value))
        raise ValueError(f"the function gives {value[where]} at this point; choose one where it is finite")
    return value


def steady_value(function, at):
    """The function at a point, asked twice."""
    middle = as_value(function, at)
    if not np.array_equal(middle, as_value(function, at)):
        raise ValueError("the function gives another value each time at the same point; fix its random seed")
    return middle


def directions(at):
    """The unit arrays of the shape of `at`, one for each entry."""
    for index in np.ndindex(at.shape):
        direction = np.zeros(at.shape)
        direction[index] = 1.0
        yield direction


def random_directions(at, count):
    """Random directions, the same each time: the odd ones move each entry relative to its own size."""
    random = np.random.default_rng(0)
    size = np.where(at == 0, max(largest(at), 1.0), np.abs(at))
    for number in range(count):
        move = random.standard_normal(at.shape)
        yield np.asarray(move if number % 2 == 0 else move * size)


def _assemble(columns, at):
    """Derivatives along each entry, as one array with the variable's axes last."""
    stacked = np.stack([np.asarray(column, float) for column in columns], axis=-1)
    return stacked.reshape(stacked.shape[:-1] + at.shape)


def largest(array):
    """The largest absolute value."""
    return float(np.max(np.abs(array), initial=0.0))


def first_place(mask):
    """The index of the first True."""
    return tuple(int(i) for i in np.argwhere(mask)[0])


def index_text(where):
    """An index as a reader writes it."""
    return f"[{', '.join(map(str, where))}]" if where else "the number itself"
