"""The check of a claimed gradient by the witness, and what is wrong with the claim, in words."""

from __future__ import annotations

import html
import inspect
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from derivations.witness import (
    EPS,
    Line,
    as_point,
    complex_slopes,
    confirmed,
    first_place,
    index_text,
    largest,
    numerical_gradient,
    random_directions,
    slope_along,
    steady_value,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike

ENTRIES = 1_000  # of a variable; one with more is checked along directions
_DIRECTIONS = 12  # at random
_RIGHT, _WRONG, _UNSURE = "right", "wrong", "cannot tell"
_MARKS = {_RIGHT: "✓", _WRONG: "✗", _UNSURE: "?"}


def check_gradient(
    loss: Callable[..., ArrayLike],
    gradient: Callable[..., object] | ArrayLike | Mapping[str, ArrayLike],
    at: ArrayLike | Mapping[str, ArrayLike],
) -> GradientReport:
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
        ``.verdict`` (``"right"``, ``"wrong"``, or ``"cannot tell"`` where the loss is too rough or too coarse to
        measure), ``.ok`` (whether it is right), ``.error`` (relative, the largest), ``.diagnosis`` (in words),
        ``.variables`` (a part for each name). True as a condition where the claim is right.

    Raises
    ------
    ValueError
        For what is wrong with the question rather than with the claim: `at` holds integers or NaN or nothing, or the
        loss fails or is not finite there or has no values beside it.

    Notes
    -----
    Each entry is compared at its own scale as far as the witness can tell, by complex step to about 1e-13 of the
    largest. A variable with more than 1,000 entries is compared along twelve random directions instead: they find any
    wrong entry that is not small beside the length of the whole gradient, and the report says how small.

    Examples
    --------
    >>> import numpy as np
    >>> from derivations import check_gradient
    >>> check_gradient(lambda x: np.sum(x**2), lambda x: -2 * x, at=np.array([1.0, 2.0]))
    wrong: minus the right one (relative error 2 at [1]; by complex step)
    """
    named = isinstance(at, dict)
    point = {str(name): as_point(value, str(name)) for name, value in at.items()} if named else {"": as_point(at)}
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
        return GradientReport((_refused("", problem),))

    parts = []
    for name, claim in claims.items():
        if name not in point:
            parts.append(_refused(name, f"no variable has this name; at names {', '.join(point)}", claim))
            continue

        def one(moved, name=name):
            try:
                value = call({**_copies(point), name: moved}) if named else call(moved)
            except Exception as error:  # a reader's loss may raise anything, and the second time only
                raise ValueError(f"the loss raised {type(error).__name__}: {error}") from error
            return np.reshape(value, shape)

        compare = _compare if point[name].size <= ENTRIES else _compare_along
        try:
            parts.append(compare(name, claim, one, point[name], shape))
        except ValueError as error:
            raise ValueError(f"{name}: {error}" if name else str(error)) from error
    return GradientReport(tuple(parts))


@dataclass(frozen=True)
class VariableReport:
    """The verdict on the gradient with respect to one variable."""

    name: str
    verdict: str
    """``"right"``, ``"wrong"`` or ``"cannot tell"``."""
    error: float
    """Largest difference relative to the largest entry; ``inf`` where the two cannot be compared."""
    where: tuple | None
    """Index of the entry where the difference is largest; None where it is not known."""
    diagnosis: str
    method: str
    claimed: np.ndarray | None
    expected: np.ndarray | None

    @property
    def ok(self) -> bool:
        """Whether the claim is right."""
        return self.verdict == _RIGHT

    def __str__(self):
        label = f"{self.name}: " if self.name else ""
        if self.ok:
            return f"{label}{self.diagnosis} (relative error {_bound(self.error)}; by {self.method})"
        if self.verdict == _UNSURE:
            return f"{label}{self.verdict}: {self.diagnosis} (by {self.method})"
        if np.isinf(self.error):
            return f"{label}wrong: {self.diagnosis}"
        where = "" if self.where is None else f" at {index_text(self.where)}"
        return f"{label}wrong: {self.diagnosis} (relative error {self.error:.2g}{where}; by {self.method})"


@dataclass(frozen=True)
class GradientReport:
    """What `check_gradient` found, a part for each variable; shows itself in a notebook."""

    variables: tuple[VariableReport, ...]

    @property
    def verdict(self) -> str:
        """``"wrong"`` if any part is, else ``"cannot tell"`` if any part is, else ``"right"``."""
        return next((each for each in (_WRONG, _UNSURE) if any(p.verdict == each for p in self.variables)), _RIGHT)

    @property
    def ok(self) -> bool:
        """Whether every part is right."""
        return self.verdict == _RIGHT

    @property
    def error(self) -> float:
        """The largest relative error; ``inf`` where a claim cannot be compared at all."""
        return max(part.error for part in self.variables)

    @property
    def diagnosis(self) -> str:
        """What is wrong, in words; with several variables, each by its name."""
        if len(self.variables) == 1:
            return self.variables[0].diagnosis
        return "; ".join(f"{part.name}: {part.diagnosis}" for part in self.variables)

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self):
        return "\n".join(str(part) for part in self.variables)

    def _repr_html_(self):
        rows = "".join(f"<li>{_MARKS[part.verdict]} {html.escape(str(part))}</li>" for part in self.variables)
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
    fields = getattr(gradient, "_fields", None)
    if named and fields:  # a named tuple says which is which
        gradient = {name: value for name, value in zip(fields, gradient, strict=True) if name in point}
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


def _refused(name, why, claimed=None):
    """The verdict on a claim that cannot be compared at all."""
    return VariableReport(name, _WRONG, np.inf, None, why, "nothing compared", claimed, None)


def _compare(name, claimed, function, at, value_shape):
    """The verdict on one claim, entry by entry."""
    if claimed.dtype.kind not in "biuf":
        return _refused(name, f"its entries are {claimed.dtype}, not real numbers", claimed)
    found = numerical_gradient(function, at)
    if value_shape and claimed.shape != found.value.shape:
        rows = int(np.prod(value_shape))
        if claimed.shape == (rows, found.value.size // rows):  # a Jacobian by the row-major vec of both sides
            found = found.shaped(claimed.shape)
    verdict, error, where, diagnosis = _verdict(claimed, found)
    method = found.method + (f", since {found.remark}" if found.remark else "")
    return VariableReport(name, verdict, error, where, diagnosis, method, claimed, found.value)


def _verdict(claimed, found):
    """Verdict, relative error, place and words for a claim beside what the witness found."""
    expected = found.value
    if claimed.shape == expected.shape and not np.all(np.isfinite(claimed)):
        where = first_place(~np.isfinite(claimed))
        return _WRONG, np.inf, where, f"{claimed[where]} at {index_text(where)}"
    if found.kinks:
        kink = f"no gradient exists here: the function has a kink along {found.kinks[0]}; move the point"
        return _WRONG, np.inf, None, kink
    tolerance = _tolerance(found, claimed)
    if claimed.shape != expected.shape:
        wrong_shape = f"it has shape {claimed.shape}, and its variable needs {expected.shape}"
        seen = _diagnose(claimed, expected, largest(tolerance))
        return _WRONG, np.inf, None, f"{seen} ({wrong_shape})" if seen else wrong_shape
    difference, scale = np.abs(claimed - expected), found.scale or 1.0
    size = np.maximum(np.abs(claimed), np.abs(expected))
    off = (difference > tolerance) & (found.errors <= 0.1 * np.maximum(size, scale))
    if np.any(off):
        where = _place(np.where(off, difference, 0.0))
        error = difference[where] / scale
        if error <= 1e-10:  # it is wrong at its own scale only
            error = difference[where] / size[where]
        return _WRONG, float(error), where, _diagnose(claimed, expected, largest(tolerance), off)
    where, error = _place(difference), float(largest(difference) / scale)
    unsure = (difference > tolerance) | (found.errors > 1e-3 * np.maximum(size, scale))
    if np.any(unsure):
        return _UNSURE, error, where, _why_unsure(found, unsure)
    return _RIGHT, error, where, "right"


def _place(difference):
    """Where the largest is; rounding breaks no tie."""
    return first_place(difference >= (1 - 1e-9) * largest(difference))


def _why_unsure(found, unsure):
    """What keeps the witness from a verdict, and what would help."""
    where = first_place(unsure)
    error, value = found.errors[where], found.value[where]
    if np.isinf(error):
        seen = "the loss moves in steps there, and has a slope from afar only"
    else:
        seen = (
            f"the witness finds {value:.2g} ± {error:.1g}, no more, since the loss is rough or coarse beside its slope"
        )
    return f"{seen}, at {index_text(where)}; compute the loss in double precision, or leave out large constants"


def _tolerance(found, claimed):
    """The largest difference in each entry that rounding and the witness explain.

    The witness's own error twice, since a claim is rounded as well as the witness; and 1e-10 of the entry, or what
    rounding leaves of one that vanishes; or 1000 units of its last place where the claim is in single precision.
    """
    own = np.maximum(1e-10 * np.abs(found.value), max(found.floor, 1e2 * np.finfo(float).tiny))
    if _is_single(claimed):
        own = np.maximum(own, 1e3 * float(np.finfo(claimed.dtype).eps) * found.scale)
    return 2 * found.errors + own


def _is_single(claimed):
    return claimed.dtype.kind == "f" and np.finfo(claimed.dtype).eps > EPS


def _compare_along(name, claimed, function, at, value_shape):
    """The verdict on one claim about a variable with many entries, along random directions."""
    if claimed.dtype.kind not in "biuf":
        return _refused(name, f"its entries are {claimed.dtype}, not real numbers", claimed)
    if not np.all(np.isfinite(claimed)):
        where = first_place(~np.isfinite(claimed))
        return _refused(name, f"{claimed[where]} at {index_text(where)}", claimed)
    measure, needed = _Directions(function, at), value_shape + at.shape

    def report(verdict, error, diagnosis, where=None, hidden=""):
        method = f"{measure.method} along {_DIRECTIONS} random directions, since there are {at.size:,} entries{hidden}"
        return VariableReport(name, verdict, error, where, diagnosis, method, claimed, None)

    if measure.kink:
        return report(
            _WRONG, np.inf, "no gradient exists here: the function has a kink in some direction; move the point"
        )
    if claimed.shape != needed:
        seen = next((w for c, w in _other_shapes(claimed, needed) if not np.any(measure.off(c))), "")
        shapes = f"it has shape {claimed.shape}, and its variable needs {needed}"
        return report(_WRONG, np.inf, f"{seen} ({shapes})" if seen else shapes)
    along, off = measure.along(claimed), measure.off(claimed)
    lengths = measure.lengths(claimed)
    scale = max(largest(measure.values), largest(lengths)) or 1.0
    error = largest(along - measure.values) / scale
    if np.any(off):
        return report(_WRONG, error, *measure.diagnose(claimed))
    if np.any(
        measure.errors
        > 1e-3 * np.maximum(np.abs(measure.values), np.maximum(lengths, max(measure.near, measure.terms)))
    ):
        return report(_UNSURE, error, "the loss is rough or coarse beside its slope; compute it in double precision")
    hidden = largest(measure.allowed(claimed)) / scale
    return report(
        _RIGHT, error, "right", None, f"; a wrong entry {_bound(hidden)} of the gradient's length is not seen"
    )


def _other_shapes(claimed, needed):
    """What a claim of a wrong shape may have been, and in which words."""
    if claimed.ndim == 2 and claimed.T.shape == needed:
        yield claimed.T, "the transpose of the right one"
        yield -claimed.T, "minus the transpose of the right one"
    for axis in range(claimed.ndim):
        summed = claimed.sum(axis=axis)
        if claimed.shape[axis] > 1 and summed.shape == needed:
            yield summed, f"a missing sum over axis {axis} (of length {claimed.shape[axis]}, the batch perhaps)"
    if claimed.size == int(np.prod(needed)):
        yield claimed.reshape(needed), "the right numbers in the wrong shape"


class _Directions:
    """The slopes of a function along random directions, and a claim beside them."""

    def __init__(self, function, at):
        self.function, self.at = function, at
        self.middle = steady_value(function, at)
        self.moves = list(random_directions(at, _DIRECTIONS))
        first = [slope_along(Line(function, at, move), self.middle) for move in self.moves[:2]]
        self.kink = any(slope.kink for slope in first)
        found, reason = complex_slopes(function, at, self.moves, self.middle)
        if found and all(map(confirmed, found.values, found.errors, first)):
            self.method, self.values, self.errors = "complex step", found.values, found.errors
        else:
            reason = reason or "the function is not analytic as written"
            self.method = f"central differences, since {reason},"
            slopes = first + [slope_along(Line(function, at, move), self.middle) for move in self.moves[2:]]
            self.values, self.errors = (np.stack([getattr(s, part) for s in slopes]) for part in ("value", "error"))
        self.near, self.terms, self.over = (
            max(largest(getattr(slope, part)) for slope in first) for part in ("near", "terms", "over")
        )

    def along(self, claimed):
        """What a claim says the slopes are."""
        return np.stack([np.tensordot(claimed, move, axes=self.at.ndim) for move in self.moves])

    def lengths(self, claimed):
        """How long the claim is, each entry taken as often as a direction takes it."""
        return np.stack([np.sqrt(np.tensordot(claimed**2, move**2, axes=self.at.ndim)) for move in self.moves])

    def allowed(self, claimed):
        """The difference that rounding explains: of the witness, and of a claim, entry by entry."""
        unit = 30 * float(np.finfo(claimed.dtype).eps) if _is_single(claimed) else 1e-12
        return 2 * self.errors + np.maximum(
            unit * self.lengths(claimed), 500 * EPS * self.terms + min(64 * EPS * self.over, 1e-9 * self.terms)
        )

    def off(self, claimed):
        """Along which directions a claim differs from the slopes."""
        return np.abs(self.along(claimed) - self.values) > self.allowed(claimed)

    def diagnose(self, claimed):
        """What is wrong with a claim of the right shape, and at which entry if it is one."""
        claims, allowed = self.along(claimed), largest(self.allowed(claimed))
        if not np.any(claimed):
            return "zero, where the right one is not", None
        whole = _multiple(claims, self.values, _sameness(self.values, allowed))
        if whole and whole != "the right one":
            return whole, None
        if claimed.ndim == 2 and claimed.T.shape == claimed.shape and not np.any(self.off(claimed.T)):
            return "the transpose of the right one", None
        return self._one_entry(claimed)

    def _one_entry(self, claimed):
        """The wrong entry that halving finds, and whether it is the only one."""
        gap = np.abs(self.along(claimed) - self.values)[::2].reshape(len(self.moves[::2]), -1)
        move = self.moves[2 * int(np.argmax(gap.max(axis=1)))].ravel()
        places = np.arange(move.size)
        while len(places) > 1:
            halves = places[: len(places) // 2], places[len(places) // 2 :]
            places = max(halves, key=lambda half: largest(self._gap(claimed, move, half)[0]))
        where = tuple(map(int, np.unravel_index(places[0], self.at.shape)))
        gap, error = (part / move[places[0]] for part in self._gap(claimed, move, places))
        if largest(gap) <= 2 * largest(error):
            return "it differs, by too little to say where", None
        mended = np.array(claimed, float)
        mended[(..., *where)] -= gap
        number = f"{float(gap):+.3g}" if np.ndim(gap) == 0 else "something"
        if not np.any(self.off(mended)):
            return f"it differs in 1 of {self.at.size:,} entries, by {number}", where
        return f"it differs in more than one entry, by {number} in one of them", where

    def _gap(self, claimed, move, places):
        """What a claim is off by, along a direction that moves some entries only, and a bound on the error of that."""
        part = np.zeros(self.at.size)
        part[places] = move[places]
        part = part.reshape(self.at.shape)
        if self.method == "complex step":
            found = complex_slopes(self.function, self.at, [part], self.middle)[0]
            value, error = found.values[0], found.errors[0]
        else:
            slope = slope_along(Line(self.function, self.at, part), self.middle)
            value, error = slope.value, slope.error
        return np.tensordot(claimed, part, axes=self.at.ndim) - value, error


def _sameness(expected, tolerance):
    """Whether two arrays are the same beside what is expected."""

    def same(a, b):
        larger = max(1.0, largest(b) / (largest(expected) or 1.0))  # a multiple has as much more rounding
        return a.shape == b.shape and bool(np.all(np.abs(a - b) <= tolerance * larger))

    return same


def _diagnose(claimed, expected, tolerance, off=None):
    """What the claim is to the right gradient, in words; empty where the shapes differ and nothing is seen."""
    same = _sameness(expected, tolerance)
    if claimed.shape == expected.shape and not np.any(claimed):
        return "zero, where the right one is not"
    if claimed.shape == expected.shape and largest(expected) <= tolerance:
        return "not zero, where the right one is"

    whole = _multiple(claimed, expected, same)
    if whole == "the right one":  # but for entries that are small beside the largest
        return _partly(claimed, expected, tolerance, off)
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
    return _partly(claimed, expected, tolerance, off)


def _multiple(claimed, expected, same, name="the right one"):
    """In words, if `claimed` is a multiple of `expected`, called `name`; else empty."""
    if claimed.shape != expected.shape or not np.any(expected):
        return ""
    if same(claimed, expected):
        return name
    if same(claimed, -expected):
        return f"minus {name}"
    unit = expected / largest(expected)  # keeps squares from overflowing
    factor = float(np.sum(claimed / largest(expected) * unit) / np.sum(unit * unit))
    if factor == 0 or not same(claimed, factor * expected):
        return ""
    nice = Fraction(factor).limit_denominator(100)
    text = str(nice) if abs(float(nice) - factor) < 1e-6 * abs(factor) else f"{factor:.6g}"
    if text == "1":
        text = f"1 {'+' if factor > 1 else '−'} {abs(factor - 1):.1g}"
    return f"{text} times {name}, a constant factor"


def _partly(claimed, expected, tolerance, off):
    """Which entries of a wrong claim are right."""
    right = ~off
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


def _copies(point):
    return {name: value.copy() for name, value in point.items()}


def _bound(error):
    """A small number as a power of ten above it, never below 1e-10, so that it is the same on every machine."""
    return f"< 1e{max(-10, int(np.floor(np.log10(error))) + 1) if error else -10}"
