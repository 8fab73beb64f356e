"""An exact proof of a line at small sizes.

Every symbol becomes a matrix of letters, and every differential too; the line is executed with these, by the reading
under which it holds in numbers and by the same rules of conformity. It is proved where the two sides are the same
polynomials, by the rules of the letters that stand for reciprocals and functions, which are those of `executing.exact`.
No derivative is taken by a rule of the table that `derive` uses.
"""

import itertools
from collections import Counter
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from derivations import executing
from derivations.checking.comparing import fit, order_term, places
from derivations.checking.reports import sizes_text
from derivations.executing import Eye, Free, NotConforming, Scene, Several, Unit, Unreadable
from derivations.executing.exact import ExactArray, Letters, Unproved, all_exact, applied, exact_array, softmax
from derivations.formulas.properties import implied

_DISAGREE = 1e-4


class Proof(NamedTuple):
    """What became of a proof: the sizes at which a line is proved, why it is not, or how its sides differ exactly."""

    proved: str = ""
    why: str = ""
    differs: str = ""


def prove(checker, left, right, assignment):
    """Prove that two trees are equal, or that they are not.

    Parameters
    ----------
    checker : Checker
        Declarations and definitions.
    left, right : Tree
    assignment : dict
        The readings under which they are equal in numbers.

    Returns
    -------
    Proof
    """
    if order_term(right) is not None:
        return Proof(why="a statement of order is measured")
    names = executing.reached((left, right), checker.meaning)
    tried = Proof()
    for sizes in _small_sizes(checker, names):
        try:
            tried = _prove_at(sizes, checker, names, left, right, assignment)
        except (Unproved, Unreadable) as caught:
            tried = Proof(why=str(caught))
        except (NotConforming, np.linalg.LinAlgError, ZeroDivisionError, IndexError):
            tried = Proof(why="it is not defined at small sizes")
            continue
        except (TypeError, AttributeError):  # NumPy asks numbers for what letters have not
            tried = Proof(why="a part of it is executed in floating point only")
        except RecursionError:
            tried = Proof(why="it nests too deeply")
        break
    return tried


def _small_sizes(checker, names):
    """Distinct sizes: the smallest for the letter that is used most, then the other way round, then greater ones."""
    symbols = [symbol for name, symbol in checker.meaning.symbols.items() if name in names]
    uses = Counter(size for symbol in symbols for length in symbol.shape for size in length.names)
    used = sorted(uses, key=lambda size: -uses[size])
    for smallest, order in itertools.product((2, 3), (used, used[::-1])):
        known = [*order, *(size for size in checker.meaning.sizes if size not in uses)]
        yield {name: smallest + known.index(name) for name in checker.meaning.sizes}


def _prove_at(sizes, checker, names, left, right, assignment):
    point = _point(sizes, checker, names)
    scene, letters = ExactScene(checker.meaning, point, assignment=assignment), point.letters
    for _, here in places(left, right, scene):
        a, b = fit(executing.evaluate(left, here), executing.evaluate(right, here))
        for one, other in zip(np.ravel(a), np.ravel(b), strict=True):
            difference = letters.number(0) + one - other
            if not letters.vanishes(difference.poly):
                return _refuted(letters, difference.poly, (difference + other).poly)
    return Proof(proved=sizes_text(sizes, names) or "all numbers")


def _refuted(letters, difference, side):
    """What is to be said where two sides are not the same polynomial."""
    if not letters.rational:
        return Proof(why="the letters for its functions and roots do not cancel")
    if abs(letters.sampled(difference)[0]) > _DISAGREE * abs(letters.sampled(side)[0]):
        return Proof(why="letters are read otherwise than numbers")  # it holds in numbers, so this would be large
    told = str(letters.cleared(difference)[0])
    return Proof(differs=told if len(told) <= 60 else f"{told[:60]}…")


# ── letters for numbers ───────────────────────────────────────────────────────────────────────────────────────────


class ExactPoint(NamedTuple):
    """Sizes, and letters for what has numbers at a `sampling.Point`."""

    sizes: dict
    values: dict
    directions: tuple
    letters: Letters

    def at(self, values):
        """The same with other values of symbols."""
        return self._replace(values=values)


class ExactScene(Scene):
    """A scene in which names stand for arrays of exact numbers and a derivative is taken along an exact step."""

    def _find(self, name):
        if name in self.meaning.sizes and name not in self.meaning.definitions:
            return self.number(self.point.sizes[name])
        return super()._find(name)

    def number(self, value):
        """A number of the page, or a size."""
        return exact_array([[self.point.letters.number(value)]])

    def row_value(self, formula, parts):
        """The value of an operation of the table, given those of its arguments."""
        if formula.operation == "size":
            return self.number(formula.data.at(self.point.sizes))
        parts = [part.view(ExactArray) if executing.is_exact(part) else part for part in parts]
        if parts and executing.is_exact(parts[0]):
            if formula.operation == "elementwise":
                return applied(formula.data, parts[0])
            if formula.operation == "softmax":
                return softmax(parts[0], formula.data)
            if formula.operation == "log-sum-exp":
                return applied("log", applied("exp", parts[0]).sum(axis=formula.data, keepdims=True))
        value = super().row_value(formula, parts)
        return all_exact(value, self.point.letters) if executing.is_exact(value) else value

    def along(self, moves, function, nested=False):
        """The derivative of `function(scene)` when each name in `moves` moves along its array."""
        at = {name: self.value(name) if isinstance(name, str) else self.moved[name] for name in moves}

        def moving(step, slope):
            moved = {name: (at[name] + move * step).view(ExactArray) for name, move in moves.items()}
            return _each(slope, function(self.where(moved)))

        return self.point.letters.along(moving)


def _each(slope, value):
    """The slope of any value of `executing`."""
    if isinstance(value, Several):
        return replace(value, terms=tuple(_each(slope, term) for term in value.terms))
    if isinstance(value, Eye | Unit):
        return replace(value, factor=slope(value.factor))
    return replace(value, array=slope(value.array)) if isinstance(value, Free) else slope(value)


def _point(sizes, checker, names):
    """Letters for the symbols with these names and for their differentials."""
    meaning = checker.meaning
    symbols = [symbol for name, symbol in meaning.symbols.items() if name in names]
    plans = [_Entries(symbol, _properties(checker, symbol), sizes) for symbol in symbols]
    moving = [
        _Entries(meaning.symbols[name], [meaning.vary.get(name, "")], sizes, "d")
        for name in meaning.varying
        if name in names
    ]
    letters = Letters([letter for plan in (*plans, *moving) for letter in plan.letters])
    given = iter(letters.given)
    values = {plan.symbol: plan.array(letters, given) for plan in plans}
    directions = tuple((plan.symbol, plan.array(letters, given)) for plan in moving)
    for number, symbol in enumerate(meaning.symbols.values()):
        if symbol not in values:  # the line does not reach it
            shape = tuple(length.at(sizes) for length in symbol.shape)
            values[symbol] = 1000.0 * (number + 1) + np.arange(float(np.prod(shape))).reshape(shape)
    return ExactPoint(sizes, values, directions, letters)


def _properties(checker, symbol):
    return implied((*symbol.data[2], *checker.properties.get(symbol.data[0], ())))


_LAST_FOLLOWS = {"one-hot", "sums to one", "each row sums to one"}
"""Properties by which the last entry follows from the others."""


class _Entries:
    """Which letters the entries of a symbol are, by its properties."""

    def __init__(self, symbol, properties, sizes, mark=""):
        self.symbol, self.properties = symbol, set(properties)
        self.shape = tuple(length.at(sizes) for length in symbol.shape)
        constant = self.properties & {"zero", "first unit vector"}
        self.own = [] if constant else [place for place in np.ndindex(*self.shape) if self._is_own(*place)]
        """The places of the entries that are letters of their own."""
        self.letters = [f"{mark}{symbol.data[0]}{''.join(str(i + 1) for i in place)}" for place in self.own]

    def _is_own(self, i, j):
        if self.properties & _LAST_FOLLOWS:  # of those along a column vector or a row
            return i < self.shape[0] - 1 if self._is_column() else j < self.shape[1] - 1
        square = self.symbol.data[1] == 2
        if "diagonal" in self.properties and square:
            return i == j
        return i <= j or "symmetric" not in self.properties or not square

    def _is_column(self):
        return self.symbol.data[1] < 2

    def array(self, letters, given):
        """The array of exact numbers, its letters taken from `given`."""
        array = np.full(self.shape, letters.number(0), dtype=object)
        if "first unit vector" in self.properties:
            array[0, 0] = letters.number(1)
        for place in self.own:
            array[place] = next(given)
            if self.properties & {"binary", "plus or minus one", "one-hot"}:
                array[place] = array[place].apply("step")
            if "plus or minus one" in self.properties:
                array[place] = 2 * array[place] - 1
            if "symmetric" in self.properties and self.symbol.data[1] == 2:
                array[place[::-1]] = array[place]
        for row in array.T if self._is_column() else array:
            if "one-hot" in self.properties:  # the first of the steps that is 1, or the last entry
                left = letters.number(1)
                for i in range(len(row)):
                    step = row[i] if i < len(row) - 1 else letters.number(1)
                    row[i], left = left * step, left * (1 - step)
            elif self.properties & _LAST_FOLLOWS:
                row[-1] = 1 - sum(row[:-1], letters.number(0))
        return array.view(ExactArray)
