"""The independent witness: gradients found from a function's values alone, and the check of a claimed gradient.

Nothing here knows a rule of differentiation. A function is evaluated, at points moved a little along the real axis
(central differences) or along the imaginary one (complex step), and that is all.

A gradient has the shape of its variable. The derivative of an array-valued function has the function's axes first and
the variable's axes after them; for vectors that is the Jacobian, a row per output and a column per input.
"""

import html
import inspect
import warnings
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

import numpy as np

_EPS = np.finfo(float).eps
_IMAGINARY_STEP = 1e-30  # no difference is taken, so nothing cancels and the step may be as small as one likes
_STEP = _EPS**0.2  # balances truncation h⁴ against rounding ε/h after one extrapolation
_COMPLEX_STEP_ERROR = 1e-12  # relative; rounding in the function's own operations


class NotAnalytic(ValueError):
    """A complex step was asked of a function that is not analytic as written."""


class NumericalGradient(NamedTuple):
    """A derivative found numerically, with what is known of it."""

    value: np.ndarray
    """The derivative, the function's axes first, then the variable's."""
    error: float
    """A bound on the absolute error of any entry, as estimated."""
    scale: float
    """What errors are relative to, the largest entry or, near a stationary point, a thousandth of what the gradient
    is near by, since there the entries are what rounding leaves of larger numbers."""
    method: str
    """``"complex step"`` or ``"central differences"``."""
    remark: str
    """Why the complex step was not used, or empty."""
    kinks: tuple
    """The entries along which the function has a kink at the point, as text; a derivative does not exist there."""


def complex_step_gradient(function, at):
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
        Where the result disagrees with a central difference along a random direction, so that the function takes
        absolute values, compares complex numbers, drops imaginary parts, or the like.
    ValueError
        Where `at` is not a finite floating array, or the function is not finite there.

    References
    ----------
    W. Squire and G. Trapp, Using complex variables to estimate derivatives of real functions, SIAM Review 40 (1998).
    """
    at = _point(at)
    found, reason = _complex_step(function, at, _value(function, at))
    if reason:
        raise NotAnalytic(f"{reason}; use central_difference_gradient")
    return found.value


def central_difference_gradient(function, at, step=None):
    """The gradient by central differences, (f(x + h e_i) − f(x − h e_i)) / 2h.

    Parameters
    ----------
    function : callable
        From an array of the shape of `at` to a number or an array.
    at : array_like, any shape, floating
        The point.
    step : float, optional
        The step h, the same for each entry, used as it is. Without it two steps are taken, h and h/2, chosen for each
        entry and extrapolated to h → 0 (Richardson).

    Returns
    -------
    ndarray, shape of the value + shape of `at`

    Raises
    ------
    ValueError
        Where `at` is not a finite floating array, the function is not finite there, or `step` is not positive.
    """
    at = _point(at)
    if step is None:
        return _differences(function, at, _value(function, at)).value
    if not step > 0:
        raise ValueError(f"step is {step}; it must be positive")
    columns = []
    for direction in _directions(at):
        columns.append((_value(function, at + step * direction) - _value(function, at - step * direction)) / (2 * step))
    return _assemble(columns, at)


def directional_derivative(function, at, direction):
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
    at, direction = _point(at), np.asarray(direction, float)
    if direction.shape != at.shape:
        raise ValueError(f"direction has shape {direction.shape} and at has shape {at.shape}; they must agree")
    return numerical_gradient(lambda t: function(at + t * direction), np.array(0.0)).value[()]


def numerical_gradient(function, at):
    """The gradient by the best witness there is, with its error.

    The complex step is tried first and compared with a central difference along a random direction. Where they
    disagree the function is not analytic as written, and central differences serve for every entry.

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
        Where `at` is not a finite floating array, or the function is not finite there or gives another value each time.
    """
    at = _point(at)
    middle = _value(function, at)
    if not np.array_equal(middle, _value(function, at)):
        raise ValueError("the function gives another value each time at the same point; fix its random seed")
    found, reason = _complex_step(function, at, middle)
    return _differences(function, at, middle)._replace(remark=reason) if reason else found


# ── the gradient check ────────────────────────────────────────────────────────────────────────────────────────────


def check_gradient(loss, gradient, at):
    """Compare a claimed gradient with the witness, and name what is wrong with it.

    Parameters
    ----------
    loss : callable
        ``loss(x)`` for an array `at`; ``loss(W=…, b=…)`` or ``loss({"W": …, "b": …})`` for a dict. Gives a number; if
        it gives an array, the check is of its Jacobian (rows are outputs).
    gradient : callable or array_like or dict
        The claim: the array itself, or a function with the arguments of `loss` that gives it. For a dict `at` a dict of
        arrays with some or all of its names, or a tuple in the order of its names.
    at : array_like or dict of array_like, floating
        The point. One where nothing is special is best: no zeros, no equal sizes.

    Returns
    -------
    GradientReport
        ``.ok``, ``.error`` (relative, the largest), ``.diagnosis`` (in words), ``.variables`` (a part for each name).
        True as a condition where the claim is right.

    Raises
    ------
    ValueError
        For what is wrong with the question rather than with the claim: `at` holds integers or NaN or nothing, or the
        loss fails or is not finite there.

    Examples
    --------
    >>> import numpy as np
    >>> from derivations import check_gradient
    >>> check_gradient(lambda x: np.sum(x**2), lambda x: -2 * x, at=np.array([1.0, 2.0]))
    wrong: minus the right one (relative error 2 at [1]; by complex step)
    """
    named = isinstance(at, dict)
    point = {str(name): _point(value, str(name)) for name, value in at.items()} if named else {"": _point(at)}
    if not point:
        raise ValueError("at is an empty dict; give the point at which to check")

    call = _calling(loss, point) if named else loss
    try:
        value = call(_copies(point) if named else point[""].copy())
    except Exception as error:  # a reader's loss may raise anything
        raise ValueError(f"the loss raised {type(error).__name__} at this point: {error}") from error
    shape = () if np.size(value) == 1 else np.shape(value)  # 1×1 is a number
    try:
        claims, problem = _claims(gradient, point, named), ""
    except Exception as error:  # a reader's function may raise anything; the report says what it raised
        claims, problem = {}, f"the gradient raised {type(error).__name__}: {error}"
    if problem:
        return GradientReport((VariableReport("", False, np.inf, None, problem, "nothing compared", None, None),))

    parts = []
    for name, claim in claims.items():
        if name not in point:
            known = ", ".join(point)
            parts.append(
                VariableReport(
                    name, False, np.inf, None, f"no variable has this name; at names {known}", "", claim, None
                )
            )
            continue

        def one(moved, name=name):
            moved = call({**_copies(point), name: moved}) if named else call(moved)
            return np.reshape(moved, shape)

        parts.append(_compare(name, claim, numerical_gradient(one, point[name]), shape))
    return GradientReport(tuple(parts))


@dataclass(frozen=True)
class VariableReport:
    """The verdict on the gradient with respect to one variable."""

    name: str
    ok: bool
    error: float
    """Largest difference relative to the largest entry; ``inf`` where the two cannot be compared."""
    where: tuple | None
    """Index of the entry where the difference is largest."""
    diagnosis: str
    method: str
    claimed: np.ndarray | None
    expected: np.ndarray | None

    def __str__(self):
        label = f"{self.name}: " if self.name else ""
        if self.ok:
            return f"{label}{self.diagnosis} (relative error {_bound(self.error)}; by {self.method})"
        if np.isinf(self.error):
            return f"{label}wrong: {self.diagnosis}"
        error = f"relative error {self.error:.2g} at {_index(self.where)}"
        return f"{label}wrong: {self.diagnosis} ({error}; by {self.method})"


@dataclass(frozen=True)
class GradientReport:
    """What `check_gradient` found, a part for each variable; shows itself in a notebook."""

    variables: tuple[VariableReport, ...]

    @property
    def ok(self):
        """Whether every part is right."""
        return all(part.ok for part in self.variables)

    @property
    def error(self):
        """The largest relative error; ``inf`` where a claim cannot be compared at all."""
        return max(part.error for part in self.variables)

    @property
    def diagnosis(self):
        """What is wrong, in words; with several variables, each by its name."""
        if len(self.variables) == 1:
            return self.variables[0].diagnosis
        return "; ".join(f"{part.name}: {part.diagnosis}" for part in self.variables)

    def __bool__(self):
        return self.ok

    def __repr__(self):
        return "\n".join(str(part) for part in self.variables)

    def _repr_html_(self):
        rows = "".join(f"<li>{'✓' if part.ok else '✗'} {html.escape(str(part))}</li>" for part in self.variables)
        return f'<ul class="gradient-report" style="list-style: none; padding-left: 0">{rows}</ul>'


def _calling(loss, point):
    """The loss as a function of one dict, whether it takes names or the dict itself."""
    try:
        inspect.signature(loss).bind(**point)
    except TypeError:
        return loss
    except ValueError:  # a built-in without a signature
        pass
    return lambda values: loss(**values)


def _claims(gradient, point, named):
    """The claimed gradient of each variable, as a dict of arrays."""
    if callable(gradient):
        gradient = _calling(gradient, point)(_copies(point)) if named else gradient(point[""].copy())
    if named and hasattr(gradient, "_asdict"):  # a named tuple says which is which
        gradient = {name: value for name, value in gradient._asdict().items() if name in point}
    if not named:
        if isinstance(gradient, dict):
            raise ValueError("it gives a dict for a point that is one array; give the array")
        return {"": np.asarray(gradient)}
    if isinstance(gradient, dict):
        if not gradient:
            raise ValueError("it gives an empty dict; give a gradient for at least one variable")
        return {str(name): np.asarray(value) for name, value in gradient.items()}
    names = list(point)
    if len(names) == 1:
        gradient = (gradient[0],) if isinstance(gradient, tuple) and len(gradient) == 1 else (gradient,)
    if not isinstance(gradient, tuple | list) or len(gradient) != len(names):
        raise ValueError(f"it gives neither a dict nor a tuple of {len(names)} arrays for {', '.join(names)}")
    return {name: np.asarray(value) for name, value in zip(names, gradient, strict=True)}


def _compare(name, claimed, found, value_shape):
    """The verdict on one claim."""

    def report(ok, error, where, diagnosis):
        method = found.method + (f", since {found.remark}" if found.remark else "")
        return VariableReport(name, ok, error, where, diagnosis, method, claimed, expected)

    expected = found.value
    if claimed.dtype.kind not in "biuf":
        return report(False, np.inf, None, f"its entries are {claimed.dtype}, not real numbers")
    if value_shape and claimed.shape != expected.shape:
        rows, columns = int(np.prod(value_shape)), expected.size // max(1, int(np.prod(value_shape)))
        if claimed.shape == (rows, columns):  # a Jacobian by the row-major vec of both sides
            expected = expected.reshape(rows, columns)
    if claimed.shape == expected.shape and not np.all(np.isfinite(claimed)):
        where = _first(~np.isfinite(claimed))
        return report(False, np.inf, where, f"{claimed[where]} at {_index(where)}")
    tolerance = _tolerance(found, claimed)
    if found.kinks:
        kink = f"no gradient exists here: the function has a kink along {found.kinks[0]}; move the point"
        return report(False, np.inf, None, kink)
    if claimed.shape == expected.shape:
        scale = found.scale or 1.0
        difference = np.abs(claimed - expected)
        error, where = (
            _largest(difference) / scale,
            _first(difference >= (1 - 1e-9) * _largest(difference)),
        )  # rounding breaks no tie
        if _largest(difference) <= tolerance:
            return report(True, float(error), where, "right")
        return report(False, float(error), where, _diagnose(claimed, expected, tolerance))
    wrong_shape = f"it has shape {claimed.shape}, and its variable needs {expected.shape}"
    seen = _diagnose(claimed, expected, tolerance)
    return report(False, np.inf, None, f"{seen} ({wrong_shape})" if seen else wrong_shape)


def _tolerance(found, claimed):
    """The largest difference that rounding and the witness explain.

    The witness's own error, and the rounding of the claim: 1e-10 of the scale, or 1000 units of its last place where
    it is in single precision.
    """
    single = claimed.dtype.kind == "f" and np.finfo(claimed.dtype).eps > _EPS
    rounding = 1e3 * float(np.finfo(claimed.dtype).eps) if single else 1e-10
    return found.error + max(rounding * found.scale, 1e2 * np.finfo(float).tiny)


def _diagnose(claimed, expected, tolerance):
    """What the claim is to the right gradient, in words; empty where the shapes differ and nothing is seen."""

    def same(a, b):
        larger = max(1.0, _largest(b) / (_largest(expected) or 1.0))  # a multiple has as much more rounding
        return a.shape == b.shape and bool(np.all(np.abs(a - b) <= tolerance * larger))

    if claimed.shape == expected.shape and not np.any(claimed):
        return "zero, where the right one is not"
    if claimed.shape == expected.shape and _largest(expected) <= tolerance:
        return "not zero, where the right one is"

    whole = _multiple(claimed, expected, same)
    if whole:
        return whole
    if expected.ndim == 2 and expected.shape != (1, 1):
        transposed = _multiple(claimed, expected.T, same, "the transpose of the right one")
        if transposed:
            return transposed
    for axis in range(claimed.ndim):
        summed = claimed.sum(axis=axis)
        if claimed.shape[axis] > 1 and summed.shape == expected.shape:
            rest = _multiple(summed, expected, same)
            if rest:
                size = claimed.shape[axis]
                more = "" if rest == "the right one" else f", and then {rest}"
                return f"a missing sum over axis {axis} (of length {size}, the batch perhaps){more}"
    if claimed.size == expected.size and claimed.shape != expected.shape:
        rest = _multiple(claimed.reshape(expected.shape), expected, same)
        if rest:
            return "the right numbers in the wrong shape" if rest == "the right one" else f"{rest}, in the wrong shape"
    if claimed.shape != expected.shape:
        return ""
    return _partly(claimed, expected, tolerance)


def _multiple(claimed, expected, same, name="the right one"):
    """In words, if `claimed` is a multiple of `expected`, called `name`; else empty."""
    if claimed.shape != expected.shape or not np.any(expected):
        return ""
    if same(claimed, expected):
        return name
    if same(claimed, -expected):
        return f"minus {name}"
    unit = expected / _largest(expected)  # keeps squares from overflowing
    factor = float(np.sum(claimed / _largest(expected) * unit) / np.sum(unit * unit))
    if factor == 0 or not same(claimed, factor * expected):
        return ""
    nice = Fraction(factor).limit_denominator(100)
    text = str(nice) if abs(float(nice) - factor) < 1e-6 * abs(factor) else f"{factor:.6g}"
    return f"{text} times {name}, a constant factor"


def _partly(claimed, expected, tolerance):
    """Which entries of a wrong claim are right."""
    right = np.abs(claimed - expected) <= tolerance
    if expected.ndim == 2 and expected.shape[0] == expected.shape[1] > 1:
        diagonal = np.eye(len(expected), dtype=bool)
        if np.array_equal(right, diagonal):
            return "right on the diagonal only"
        if np.array_equal(right, ~diagonal):
            return "wrong on the diagonal only"
        if np.all(np.abs(claimed - (expected + expected.T) / 2) <= tolerance):
            return "the symmetric part of the right one"
        if np.all(np.abs(claimed - (2 * expected - expected * diagonal)) <= 2 * tolerance):
            return "2G − G ⊙ I for the right one G, the other convention for a symmetric variable"
    if right.any():
        return f"it differs in {right.size - right.sum()} of {right.size} entries"
    return "it differs in every entry"


# ── how the numbers are found ─────────────────────────────────────────────────────────────────────────────────────


def _complex_step(function, at, middle):
    """The complex-step derivative, or why it cannot be trusted: a pair of which one part is empty."""
    columns = []
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # a dropped imaginary part is found by the comparison below
        for direction in _directions(at):
            try:
                value = np.asarray(function(at + 1j * _IMAGINARY_STEP * direction))
                columns.append(np.asarray(np.imag(value), float) / _IMAGINARY_STEP)
            except Exception as error:  # a function written for real numbers may raise anything
                return None, f"the function does not take complex numbers ({type(error).__name__})"
            if value.shape != middle.shape:
                return None, "the function gives another shape for complex numbers"
        result = _assemble(columns, at)
    refused = "the function is not analytic as written"
    if not np.all(np.isfinite(result)):
        return None, refused
    direction = np.random.default_rng(0).standard_normal(at.shape)
    slope = _slope(_line(function, at, direction), middle, _scale(at))
    along = np.tensordot(result, direction, axes=at.ndim)
    if slope.kink or not np.all(np.abs(along - slope.value) <= 10 * slope.error + 1e-9 * np.abs(slope.value)):
        return None, refused
    scale = max(_largest(result), 1e-3 * slope.curvature * _scale(at), 1e-3 * slope.rise)
    return NumericalGradient(result, _COMPLEX_STEP_ERROR * scale, scale, "complex step", "", ()), ""


def _differences(function, at, middle):
    """The derivative by extrapolated central differences, entry by entry."""
    slopes, kinks = [], []
    for index, direction in zip(np.ndindex(at.shape), _directions(at), strict=True):
        slope = _slope(_line(function, at, direction), middle, max(abs(at[index]), 1.0))
        if not np.all(np.isfinite(slope.value)):
            raise ValueError(
                f"the function is not finite next to the point, along {_index(index)}; choose another point"
            )
        slopes.append(slope)
        if slope.kink:
            kinks.append(_index(index))
    value = _assemble([slope.value for slope in slopes], at)
    error = max(slope.error for slope in slopes)
    scale = max(_largest(value), 1e-3 * max(max(slope.curvature * _scale(at), slope.rise) for slope in slopes))
    if not kinks:
        direction = np.random.default_rng(1).standard_normal(at.shape)
        slope = _slope(_line(function, at, direction), middle, _scale(at))
        along = np.tensordot(value, direction, axes=at.ndim)
        if slope.kink or _largest(along - slope.value) > 1e-4 * scale + 10 * (slope.error + error * at.size):
            kinks.append("a direction between the axes")
    return NumericalGradient(value, error, scale, "central differences", "", tuple(kinks))


def _line(function, at, direction):
    """The function of a number t ↦ f(x + t v)."""
    return lambda t: _value(function, at + t * direction, finite=False)


class _Slope(NamedTuple):
    value: np.ndarray
    error: float
    curvature: float
    rise: float  # the largest rise over run at the widest step, for the scale of a slope that vanishes
    kink: bool


def _slope(along, middle, scale):
    """The derivative at 0 of `along`, a function of a number, by the step whose error estimate is least.

    Central differences at h, h/2 and h/4 are extrapolated in pairs (Richardson); the two results differ by about the
    error of the first, which bounds that of the second.
    """
    found = []
    for shrink in 10.0 ** -np.arange(7):
        h = _STEP * scale * shrink
        with np.errstate(all="ignore"):
            ends = [(along(h / part), along(-h / part)) for part in (1, 2, 4)]
            wide, narrow, narrowest = (
                (up - down) / (2 * h / part) for (up, down), part in zip(ends, (1, 2, 4), strict=True)
            )
            first, value = (4 * narrow - wide) / 3, (4 * narrowest - narrow) / 3
            error = _largest(value - first) + 16 * _precision(middle) * _largest(middle) / h
            # how far the slopes from the left and from the right are apart: falls with h where the function is smooth
            jumps = [
                _largest(up - 2 * middle + down) / (h / part) for (up, down), part in zip(ends, (1, 2, 4), strict=True)
            ]
        if not np.isfinite(error) or any(_largest(value - wider.value) > 100 * wider.error for wider in found):
            continue  # undefined there, or below the steps in which a rounded function changes
        threshold = 1e-6 * max(_largest(value), _largest(middle) / scale)
        steady = all(0.75 * one < other < 1.35 * one for one, other in pairwise(jumps))
        kink = steady and jumps[-1] > threshold
        rise = max(_largest(end - middle) for end in ends[0]) / h
        found.append(_Slope(value, float(error), jumps[0] / h, rise, kink))
        if error <= 1e-10 * max(_largest(value), _EPS * _largest(middle)) and not kink:
            return found[-1]
    if not found:
        return _Slope(np.full(middle.shape, np.nan), np.inf, 0.0, 0.0, False)
    best, *others = sorted(found, key=lambda slope: slope.error)
    if others:  # a noisy function: two results that agree by chance are no bound, the next best one tells
        best = best._replace(error=max(best.error, _largest(best.value - others[0].value)))
    return best


def _precision(value):
    """The rounding of a function's value: that of its type as it came."""
    return _EPS if value.dtype == float else float(np.finfo(value.dtype).eps)


def _point(at, name="at"):
    """The point as a float array of its own, or a ValueError that says what it is instead."""
    at = np.asarray(at)
    if at.dtype.kind in "biu":
        raise ValueError(f"{name} holds integers ({at.dtype}); a derivative needs real numbers: pass it as float")
    if at.dtype.kind != "f":
        raise ValueError(f"{name} holds {at.dtype}; a derivative needs an array of real numbers")
    if at.size == 0:
        raise ValueError(f"{name} has shape {at.shape}: it has no entry to differentiate by")
    if not np.all(np.isfinite(at)):
        where = _first(~np.isfinite(at))
        raise ValueError(f"{name} is {at[where]} at {_index(where)}; choose a point of finite numbers")
    return np.array(at, float)


def _value(function, at, finite=True):
    """The function at a point, as a float array."""
    value = np.asarray(function(at.copy()))
    if value.dtype.kind not in "biuf":
        raise ValueError(f"the function gives {value.dtype}, not real numbers")
    value = value.astype(float) if value.dtype.kind != "f" else value
    if finite and not np.all(np.isfinite(value)):
        raise ValueError(
            f"the function gives {value[_first(~np.isfinite(value))]} at this point; choose one where it is finite"
        )
    return value


def _copies(point):
    return {name: value.copy() for name, value in point.items()}


def _directions(at):
    """The unit arrays of the shape of `at`, one for each entry."""
    for index in np.ndindex(at.shape):
        direction = np.zeros(at.shape)
        direction[index] = 1.0
        yield direction


def _assemble(columns, at):
    """Derivatives along each entry, as one array with the variable's axes last."""
    stacked = np.stack([np.asarray(column, float) for column in columns], axis=-1)
    return stacked.reshape(stacked.shape[:-1] + at.shape)


def _scale(at):
    return max(_largest(at), 1.0)


def _largest(array):
    return float(np.max(np.abs(array), initial=0.0))


def _first(mask):
    return tuple(int(i) for i in np.argwhere(mask)[0])


def _index(where):
    return f"[{', '.join(map(str, where))}]" if where else "the number itself"


def _bound(error):
    """A small number as a power of ten above it, never below 1e-10, so that it is the same on every machine."""
    return f"< 1e{max(-10, int(np.floor(np.log10(error))) + 1) if error else -10}"
