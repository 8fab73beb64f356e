"""Exact numbers: polynomials in letters, with SymPy's rings underneath.

What is no polynomial gets a letter of its own, and a rule by which the letter goes again: a reciprocal q of p has
q p = 1, a root r of u has r² = u, a step h (0 or 1) has h² = h, a cosine has cos² = 1 − sin², a sigmoid beside the
exponential E of its argument is E/(1 + E). An exponential, a logarithm or a sine is a letter and nothing more. So
polynomials are multiplied and nothing else is done to them, no common divisor is looked for, and what a proof costs is
counted as it is spent.

A derivative is taken along a letter ε whose square is dropped: what SymPy's `diff` by ε leaves is the derivative at
ε = 0. What a function makes of u + ε v is its Taylor series, whose derivatives SymPy gives.
"""

from fractions import Fraction
from functools import cache
from math import factorial

import numpy as np
import sympy
from sympy import QQ
from sympy.polys.rings import PolyRing

WORK = 200_000  # products of terms: about a second
STEPS, SPARE, GIVEN = 4, 48, 160
_T, _S = sympy.symbols("t s")
_SLOPED = {name: getattr(sympy, name)(_T) for name in ("exp", "log", "sin", "cos", "sqrt")} | {
    "arctan": sympy.atan(_T),
    "sigmoid": 1 / (1 + sympy.exp(-_T)),
    "softplus": sympy.log(1 + sympy.exp(_T)),
    "step": sympy.Integer(0),  # only its slope is asked for
}
"""The functions that are letters, as SymPy knows them; all others are made of these."""
_AT = {name: getattr(np, name) for name in ("exp", "log", "sin", "cos", "sqrt", "arctan", "reciprocal")} | {
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softplus": lambda x: np.logaddexp(0, x),
    "step": lambda x: float(x > 0),
    "π": lambda one: np.pi * one,
}
"""What a letter of a kind is worth."""
_GOLDEN, _CLEAR = 0.6180339887498949, 1e-6
"""The step from the value of one letter to the next, and how far from rounding a sum of terms is certainly not 0."""


class Unproved(Exception):
    """Where letters do not reach; the message says why."""


class Letters:
    """A ring of polynomials: letters given, steps ε, and further letters as they are needed.

    Parameters
    ----------
    names : list of str
        The letters that are given.
    work : int
        How many products of terms may be spent.

    Raises
    ------
    Unproved
        Where that is too many.
    """

    def __init__(self, names, work=WORK):
        count = len(names)
        if count > GIVEN:
            raise Unproved(f"it would take {count} letters")
        steps, further = (f"ε{i}" for i in range(STEPS)), (f"ζ{i}" for i in range(SPARE))
        self.ring = PolyRing([*names, *steps, *further], QQ)
        self.given = [Exact(self, x) for x in self.ring.gens[:count]]
        self.first_step, self.first_further = count, count + STEPS
        self.unused_steps = list(range(count, count + STEPS))
        self.rules, self.known = [], {}
        """Of each further letter: its place in the ring, its kind, and the polynomial that it is of."""
        self.values = np.full(self.ring.ngens, np.nan)
        self.values[: count + STEPS] = 0.6 + np.arange(1, count + STEPS + 1) * _GOLDEN % 1
        self.work = work

    def number(self, value):
        """A rational number, π or e; Unproved for any other floating-point number."""
        if value == np.pi:
            return Exact(self, self.letter("π", self.ring.one))
        if value == np.e:
            return Exact(self, self._exp(self.ring.one))
        if isinstance(value, float | np.floating):
            value = _rational(float(value))
        elif not isinstance(value, int | Fraction | np.integer):
            raise Unproved("a part of it is executed in floating point only")
        value = Fraction(int(value) if isinstance(value, np.integer) else value)
        return Exact(self, self.ring.ground_new(QQ(value.numerator, value.denominator)))

    def spend(self, amount):
        """Count work; Unproved where it becomes too much."""
        self.work -= amount
        if self.work < 0:
            raise Unproved("it grows too large")

    def times(self, a, b):
        """The product of two polynomials, without squares of steps."""
        self.spend(8 + len(a) * len(b))
        product = a * b
        if len(self.unused_steps) < STEPS:
            first, last = self.first_step, self.first_further
            if any(max(m[first:last]) > 1 for m in product):
                product = self.ring.from_dict({m: c for m, c in product.items() if max(m[first:last]) < 2})
        return product

    def power(self, poly, exponent):
        """A polynomial to a whole power that is not negative."""
        result = self.ring.one
        for _ in range(exponent):
            result = self.times(result, poly)
        return result

    # ── steps ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def along(self, function):
        """What `function(ε, slope)` gives, where `slope` takes an array to what is left of it by ε at ε = 0."""
        place = self.unused_steps.pop() if self.unused_steps else None
        if place is None:
            raise Unproved("derivatives stand inside derivatives")
        step = self.ring.gens[place]

        def slope(array):
            entries = [Exact(self, e.poly.diff(step)) if isinstance(e, Exact) else self.number(0) for e in array.flat]
            return exact_array(entries).reshape(array.shape)

        try:
            return function(Exact(self, step), slope)
        finally:
            self.unused_steps.append(place)

    def _still(self, poly):
        """A polynomial as a part without steps and the rest."""
        first, last = self.first_step, self.first_further
        moving = {m: c for m, c in poly.items() if any(m[first:last])}
        if not moving:
            return poly, self.ring.zero
        moving = self.ring.from_dict(moving)
        return poly - moving, moving

    def _series(self, moving, coefficient):
        """Σ coefficient(k) moving^k, which ends, since squares of steps are dropped."""
        result, power, k = coefficient(0), moving, 1
        while power:
            result = result + self.times(coefficient(k), power)
            power, k = self.times(power, moving), k + 1
        return result

    # ── further letters ───────────────────────────────────────────────────────────────────────────────────────────

    def letter(self, kind, of):
        """The letter of a kind that belongs to a polynomial."""
        if (kind, of) not in self.known:
            place = self.first_further + len(self.rules)
            if place == self.ring.ngens:
                raise Unproved("too many functions and fractions stand in it")
            self.rules.append((place, kind, of))
            self.values[place] = self._worth(kind, of)
            self.known[kind, of] = self.ring.gens[place]
        return self.known[kind, of]

    def _meaning(self, place):
        """(kind, of) of the letter at a place of the ring; empty for one that was given."""
        return self.rules[place - self.first_further][1:] if place >= self.first_further else ("", None)

    def reciprocal(self, poly):
        """1/p."""
        still, moving = self._still(poly)
        inverse = self._reciprocal(still)
        if not moving:
            return inverse
        ratio = self.times(-moving, inverse)
        return self.times(inverse, self._series(ratio, lambda k: self.ring.one))

    def _reciprocal(self, poly):
        above, below = self.cleared(poly)
        if not above:
            raise np.linalg.LinAlgError("a division by zero")
        common, rest = _common(above), above
        result = below
        for place, exponent in enumerate(common):
            if exponent:
                inverse = self.letter("reciprocal", self.ring.gens[place])
                result = self.times(result, self.power(inverse, exponent))
        rest = self._divided(above, common)
        lead = rest.LC
        if len(rest) > 1:
            rest = rest.quo_ground(lead)
            if ("reciprocal", rest) not in self.known and self.vanishes(rest):
                raise np.linalg.LinAlgError("a division by zero")
            result = self.times(result, self.letter("reciprocal", rest))
        return result.quo_ground(lead)

    def _divided(self, poly, monomial):
        return self.ring.from_dict({tuple(a - b for a, b in zip(m, monomial, strict=True)): c for m, c in poly.items()})

    def cleared(self, poly):
        """A polynomial as one without reciprocals over another."""
        below = self.ring.one
        for place, kind, of in reversed(self.rules):
            if kind == "reciprocal" and (power := poly.degree(self.ring.gens[place])) > 0:
                poly, below = self._replaced(poly, place, self.ring.one, of), self.times(below, self.power(of, power))
        return poly, below

    def _replaced(self, poly, place, above, below):
        """A polynomial with the letter at a place replaced by above/below, times below as often as it takes."""
        parts, result, scale = self._by_power(poly, place), self.ring.zero, self.ring.one
        for exponent in range(max(parts), -1, -1):
            result = self.times(result, above)
            if exponent in parts:
                result = result + self.times(parts[exponent], scale)
            scale = self.times(scale, below)
        return result

    def _squared(self, poly, place, square):
        """A polynomial in which the square of the letter at a place is what it is."""
        parts, halves = self._by_power(poly, place), []
        for odd in (0, 1):
            half = self.ring.zero
            for exponent in range(max(parts) // 2, -1, -1):
                half = self.times(half, square) + parts.get(2 * exponent + odd, self.ring.zero)
            halves.append(half)
        return halves[0] + self.times(self.ring.gens[place], halves[1])

    def _by_power(self, poly, place):
        """Exponent to coefficient, by the letter at a place."""
        parts = {}
        for monomial, coefficient in poly.items():
            rest = (*monomial[:place], 0, *monomial[place + 1 :])
            parts.setdefault(monomial[place], {})[rest] = coefficient
        return {exponent: self.ring.from_dict(part) for exponent, part in parts.items()}

    def vanishes(self, poly):
        """Whether a polynomial is zero by the rules of its letters; what is not so at one point is not so by rules."""
        with np.errstate(all="ignore"):
            value, size = self.sampled(poly)
        if abs(value) > _CLEAR * size:
            return False
        for place, kind, of in reversed(self.rules):
            degree = poly.degree(self.ring.gens[place]) if poly else 0
            if kind == "reciprocal" and degree > 0:
                poly = self._replaced(poly, place, self.ring.one, of)
            elif kind == "sigmoid" and degree > 0 and ("exp", _parted(of)[1]) in self.known:
                exponential = self._exp(of)
                poly = self._replaced(poly, place, exponential, 1 + exponential)
            elif kind == "sqrt" and degree > 1:
                poly = self._squared(poly, place, of)
            elif kind == "cos" and degree > 1:
                poly = self._squared(poly, place, self.ring.one - self.letter("sin", of) ** 2)
            elif kind == "step" and degree > 1:
                parts = self._by_power(poly, place)
                step = self.ring.gens[place]
                poly = sum((part * step if k else part for k, part in parts.items()), self.ring.zero)
        return not poly

    @property
    def rational(self):
        """Whether no letter stands for more than a reciprocal, so that what does not vanish is not zero."""
        return all(kind == "reciprocal" for _, kind, _ in self.rules)

    def sampled(self, poly):
        """A polynomial at one point for all, in floating point, and the sum of the magnitudes of its terms.

        A letter of a function is worth what the function is there, so that the rules of the letters hold; NaN where
        rounding may have decided it.
        """
        coefficients = [float(c) for c in poly.values()]
        terms = np.prod(self.values ** np.array([*poly]), axis=1) * coefficients if coefficients else np.zeros(1)
        return np.sum(terms), np.sum(np.abs(terms))

    def _worth(self, kind, of):
        with np.errstate(all="ignore"):
            value, size = self.sampled(of)
            return _AT[kind](value) if abs(value) > _CLEAR * size else np.nan

    # ── functions ─────────────────────────────────────────────────────────────────────────────────────────────────

    def function(self, name, poly):
        """A function of `_SLOPED` of a polynomial."""
        still, moving = self._still(poly)
        value = getattr(self, f"_{name}")(still)
        if not moving:
            return value
        argument = Exact(self, still)

        def coefficient(k):
            return (self.number(Fraction(1, factorial(k))) * _slope(name, k)(argument)).poly if k else value

        return self._series(moving, coefficient)

    def _letter_of(self, name, argument):
        """The letter of a function, the same for arguments that are equal by the rules of their letters."""
        if (name, argument) not in self.known:
            for _, kind, of in self.rules:
                if kind == name and self.vanishes(of - argument):
                    return self.known[name, of]
        return self.letter(name, argument)

    def _exp(self, argument):
        result, rest = self.ring.one, argument
        for place, kind, of in self.rules:  # the exponential of a logarithm
            coefficient = argument.coeff(self.ring.gens[place]) if kind == "log" else 0
            if coefficient and coefficient.denominator == 1:
                rest = rest - self.ring.gens[place] * coefficient
                result = self.times(result, self._whole_power(of, int(coefficient)))
        if not rest:
            return result
        times, rest = _parted(rest)
        return self.times(result, self._whole_power(self._letter_of("exp", rest), times))

    def _whole_power(self, poly, exponent):
        return self.power(poly if exponent > 0 else self._reciprocal(poly), abs(exponent))

    def _log(self, argument):
        above, below = self.cleared(argument)
        common, result = _common(above), self.ring.zero
        for place, exponent in enumerate(common):
            if exponent:
                kind, of = self._meaning(place)
                if kind == "exp":
                    result = result + exponent * of
                elif kind == "sigmoid":
                    result = result + exponent * (of - self._softplus(of))
                else:
                    result = result + exponent * self._letter_of("log", self.ring.gens[place])
        rest = self._divided(above, common)
        factor = abs(_content(rest))
        for number, sign in ((factor.numerator, 1), (factor.denominator, -1)):
            if number != 1:
                result = result + sign * self.letter("log", self.ring.ground_new(QQ(number)))
        rest = rest.quo_ground(factor)
        if rest != 1:
            result = result + self._log_of_several(rest)
        return result if below == 1 else result - self._log(below)

    def _log_of_several(self, poly):
        """The logarithm of several terms; of 1 + E and of 1 − s it is a softplus."""
        for place, kind, of in self.rules:
            if kind == "exp" and poly == 1 + self.ring.gens[place]:
                return self._softplus(of)
            if kind == "sigmoid" and poly == 1 - self.ring.gens[place]:
                return -self._softplus(of)
        return self._letter_of("log", poly)

    def _sigmoid(self, argument):
        if not argument:
            return self.ring.ground_new(QQ(1, 2))
        return self._letter_of("sigmoid", argument) if argument.LC > 0 else 1 - self._letter_of("sigmoid", -argument)

    def _softplus(self, argument):
        if not argument:
            return self._log(self.ring.ground_new(QQ(2)))
        return self._letter_of("softplus", argument) if argument.LC > 0 else argument + self._softplus(-argument)

    def _sqrt(self, argument):
        if not argument:
            return argument
        factor = abs(_content(argument))
        outside, root = sympy.sqrt(sympy.Rational(int(factor.numerator), int(factor.denominator))).as_coeff_Mul()
        rest = argument.quo_ground(factor) * QQ.from_sympy(root**2)
        return (self.ring.one if rest == 1 else self._letter_of("sqrt", rest)) * QQ.from_sympy(outside)

    def _odd(self, name, argument):
        if not argument:
            return self.ring.zero
        sign = 1 if argument.LC > 0 else -1
        return sign * self._letter_of(name, sign * argument)

    def _sin(self, argument):
        return self._odd("sin", argument)

    def _arctan(self, argument):
        return self._odd("arctan", argument)

    def _cos(self, argument):
        if not argument:
            return self.ring.one
        argument = argument if argument.LC > 0 else -argument
        sine = self._letter_of("sin", argument)  # its letter comes before that of the cosine
        return self.letter("cos", self._meaning(_common(sine).index(1))[1])

    def _step(self, argument):
        """1 where the argument is positive and 0 where it is negative; nothing is said of where it is zero."""
        if argument.is_ground:
            return self.ring.ground_new(QQ(int(argument.LC > 0)))
        argument = argument.quo_ground(abs(_content(argument)))
        if argument.LC < 0:
            return self.ring.one - self._letter_of("step", -argument)
        return self._letter_of("step", argument)


@cache
def _slope(name, order):
    """The derivative of a function, from exact number to exact number."""
    known = {inner: (lambda u, inner=inner: u.apply(inner)) for inner in _SLOPED}
    derivative = sympy.diff(_SLOPED[name], _T, order)
    if name not in ("sigmoid", "softplus"):
        return sympy.lambdify(_T, derivative, modules=[known])
    by_sigmoid = sympy.cancel(derivative.subs(sympy.exp(-_T), (1 - _S) / _S).subs(sympy.exp(_T), _S / (1 - _S)))
    of_sigmoid = sympy.lambdify(_S, by_sigmoid)
    return lambda u: of_sigmoid(u.apply("sigmoid"))


def _common(poly):
    """The monomial that divides every term."""
    return tuple(map(min, zip(*poly, strict=True)))


def _content(poly):
    """The number c for which p/c has whole coefficients without a common divisor, the first one positive."""
    content, primitive = poly.primitive()
    return content if primitive.LC > 0 else -content


def _parted(poly):
    """A whole number k and the polynomial p/k, the same p/k for as many multiples of p as can be."""
    factor = _content(poly)
    return int(factor.numerator), poly.quo_ground(QQ(factor.numerator))


def _rational(value):
    """The rational number that a floating-point number stands for: 1/3, or a short decimal; Unproved for others."""
    near = Fraction(value).limit_denominator(1000) if np.isfinite(value) else Fraction(0)
    if float(near) == value:
        return near
    if not np.isfinite(value) or len(repr(value).strip("-0.").partition("e")[0]) > 12:
        raise Unproved("a number in it is not rational")
    return Fraction(repr(value))


# ── numbers and arrays ────────────────────────────────────────────────────────────────────────────────────────────


class Exact:
    """An exact number; arithmetic with it is exact, and letters are not compared."""

    __hash__ = None
    __slots__ = ("letters", "poly")

    def __init__(self, letters, poly):
        self.letters, self.poly = letters, poly

    def _of(self, poly):
        return Exact(self.letters, poly)

    def _taken(self, other):
        self.letters.spend(2 + len(self.poly) // 4)
        return other.poly if isinstance(other, Exact) else self.letters.number(other).poly

    def __add__(self, other):
        return self._of(self.poly + self._taken(other))

    def __sub__(self, other):
        return self._of(self.poly - self._taken(other))

    def __rsub__(self, other):
        return self._of(self._taken(other) - self.poly)

    def __neg__(self):
        return self._of(-self.poly)

    def __mul__(self, other):
        return self._of(self.letters.times(self.poly, self._taken(other)))

    __radd__, __rmul__ = __add__, __mul__

    def __truediv__(self, other):
        return self._of(self.letters.times(self.poly, self.letters.reciprocal(self._taken(other))))

    def __rtruediv__(self, other):
        return self._of(self.letters.times(self._taken(other), self.letters.reciprocal(self.poly)))

    def __pow__(self, exponent):
        if isinstance(exponent, Exact):
            exponent = _rational(float(exponent))
        whole = round(exponent * 2)
        if not isinstance(exponent, int | float | Fraction) or whole != exponent * 2 or abs(whole) > 40:
            raise Unproved("a power is not a whole or a half number")
        base = self.apply("sqrt") if whole % 2 else self
        poly = base.poly if whole >= 0 else self.letters.reciprocal(base.poly)
        return self._of(self.letters.power(poly, abs(whole if whole % 2 else whole // 2)))

    def __eq__(self, other):
        return self.letters.vanishes(self.poly - self._taken(other))

    def __bool__(self):
        return not self.letters.vanishes(self.poly)

    def __lt__(self, other):
        difference = self - other
        if not difference.poly.is_ground:
            raise Unproved("it depends on which of two letters is greater")
        return float(difference) < 0

    def __gt__(self, other):
        return -self < -other

    def __le__(self, other):
        return not self > other

    def __ge__(self, other):
        return not self < other

    def __abs__(self):
        return self * (2 * self.apply("step") - 1)

    def __float__(self):
        if not self.poly.is_ground:
            raise Unproved("a letter stands where a number is needed")
        return float(self.poly.LC) if self.poly else 0.0

    def __round__(self, digits=None):
        return round(float(self), digits)

    @property
    def real(self):
        """Itself: letters are real."""
        return self

    def item(self):
        """Itself, as for a number of NumPy."""
        return self

    def reshape(self, *shape):
        """An array of one entry, as for a number of NumPy."""
        return exact_array([self]).reshape(*shape)

    def apply(self, name):
        """A function of it: ``"exp"``, ``"log"``, ``"sin"``, ``"cos"``, ``"arctan"``, ``"sqrt"`` or ``"step"``."""
        return self._of(self.letters.function(name, self.poly))

    def sqrt(self):
        """The root, by the name by which NumPy asks for it."""
        return self.apply("sqrt")

    def log(self):
        """The logarithm, by the name by which NumPy asks for it."""
        return self.apply("log")


class ExactArray(np.ndarray):
    """An array of exact numbers, which knows the linear algebra that NumPy has for floating point alone."""

    def __array_function__(self, function, types, args, kwargs):
        own = _LINEAR_ALGEBRA.get(function)
        if own is not None:
            return own(*args)
        value = super().__array_function__(function, types, args, kwargs)
        if function is np.diag:
            return all_exact(value, _letters(args[0]))
        return value.view(ExactArray) if isinstance(value, np.ndarray) and value.dtype == object else value


def exact_array(entries):
    """An array of exact numbers."""
    return np.array(entries, dtype=object).view(ExactArray)


def all_exact(array, letters):
    """An array in which NumPy has put numbers of its own among the exact ones, with all of them exact."""
    entries = [e if isinstance(e, Exact) else letters.number(e) for e in array.flat]
    return exact_array(entries).reshape(array.shape)


def _determinant(matrix):
    """By the first row: for the small sizes at which lines are proved."""
    if len(matrix) == 1:
        return matrix[0, 0]
    terms = [
        (-1) ** j * matrix[0, j] * _determinant(np.delete(matrix[1:], j, axis=1))
        for j in range(len(matrix))
        if not (isinstance(matrix[0, j], Exact) and not matrix[0, j].poly)
    ]
    return sum(terms[1:], terms[0]) if terms else 0


def _inverse(matrix):
    """The adjugate over the determinant."""
    n = len(matrix)
    scale = 1 / _determinant(matrix)
    if n == 1:
        return exact_array([[scale]])
    return exact_array([
        [
            (-1) ** (i + j) * scale * _determinant(np.delete(np.delete(matrix, j, axis=0), i, axis=1))
            for j in range(n)
        ]
        for i in range(n)
    ])  # fmt: skip


def _same(left, right, *_):
    return all(a == b for a, b in zip(np.ravel(left), np.ravel(right), strict=True))


_LINEAR_ALGEBRA = {np.linalg.det: _determinant, np.linalg.inv: _inverse, np.allclose: lambda a, b: _same(a, b)}


# ── functions of arrays ───────────────────────────────────────────────────────────────────────────────────────────


_ENTRYWISE = {
    **{name: (lambda u, name=name: u.apply(name)) for name in _SLOPED if name != "step"},
    "tanh": lambda u: 2 * (2 * u).apply("sigmoid") - 1,
    "sinh": lambda u: (u.apply("exp") - (-u).apply("exp")) / 2,
    "cosh": lambda u: (u.apply("exp") + (-u).apply("exp")) / 2,
    "tan": lambda u: u.apply("sin") / u.apply("cos"),
    "relu": lambda u: u * u.apply("step"),
    "abs": abs,
    "sign": lambda u: 2 * u.apply("step") - 1,
    "positive": lambda u: u.apply("step"),
    "nonnegative": lambda u: u.apply("step"),
}
"""A kink is left out, as it is by random points: on either side of it a step is 0 or 1, and its slope is 0."""


def applied(word, value):
    """A function word applied to an array of exact numbers, or None where the word asks for nothing but arithmetic."""
    if word in _ENTRYWISE:
        entries = [_ENTRYWISE[word](entry) for entry in all_exact(value, _letters(value)).flat]
        return exact_array(entries).reshape(value.shape)
    if word == "log det":
        return applied("log", np.linalg.det(value).reshape(1, 1))
    if word in ("softmax", "softmaxrow", "softmaxcolumn"):
        rows = word == "softmaxrow" or (word == "softmax" and value.shape[1] != 1)
        return softmax(value, 1 if rows else 0)
    if word == "logsumexp":
        return applied("log", np.sum(applied("exp", value)).reshape(1, 1))
    return None


def softmax(value, axis):
    """The softmax down each column (`axis` 0) or along each row (`axis` 1)."""
    e = applied("exp", value)
    return e / e.sum(axis=axis, keepdims=True)


def slope(word, value):
    """The slope of a function at each entry."""
    return _letters(value).along(lambda step, part: part(applied(word, value + step)))


def _letters(value):
    return next(entry.letters for entry in value.flat if isinstance(entry, Exact))
