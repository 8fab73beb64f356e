"""Sums over indices, and what is defined entry by entry: all entries at once, where every index is an axis of an array.

What is made of numbers alone, sums, products, fractions, powers, functions of one number, entries and δ, is evaluated
so: an index is an axis, and Σ sums one. Everything else is evaluated entry by entry, and so is what has no value
somewhere, since the entry tells why.
"""

import itertools
import math

import numpy as np

from derivations.executing.functions import slope_of, word_applied
from derivations.executing.indices import (
    base_array,
    counts_from_zero,
    index_ranges,
    is_indexed,
    last_sum,
    place_of,
    places_of_sum,
    used_letters,
    whole_number,
)
from derivations.executing.scenes import Definition, evaluate
from derivations.executing.values import NotConforming, Unreadable, cancelled, is_exact, is_zero, shape_of, solid
from derivations.formulas.table import FUNCTIONS
from derivations.reading.latex_tree import bare, parts, spelled

MOST = 20_000
"""Entries of an array, at most."""


NODE = 5
"""What a part costs beside one that is evaluated for a single entry."""


class _EntryByEntry(Exception):
    """What is not evaluated at once."""


def table_of(definition, scene):
    """The matrix of a definition by entries."""
    scene = scene.where()
    scene.ranges = {x: n for x, n in scene.ranges.items() if x not in definition.indices}  # its letters are its own
    sizes = index_ranges(definition.tree, scene, definition.indices)
    shape = [sizes[i] for i in definition.indices]
    table = at_once(definition.tree, definition.indices, sizes, scene)
    if table is not None:
        return table.reshape((*shape, 1)[:2])
    for place in itertools.product(*(range(n) for n in shape)):
        bound = dict(zip(definition.indices, place, strict=True))
        entry = solid(evaluate(definition.tree, scene.where(indices=bound, ranges=sizes)))
        if len(shape) == 1 and entry.shape[1] == 1 and entry.shape != (1, 1):  # z_i = W x_i: a row for each i
            table = entry.T if table is None else np.concatenate([table, entry.T])
            continue
        if entry.shape != (1, 1):
            raise NotConforming(f"{shape_of(entry)} for each value of {', '.join(definition.indices)}")
        table = np.zeros((*shape, 1)[:2], entry.dtype) if table is None else table.astype(np.result_type(table, entry))
        table[(*place, 0)[:2]] = entry.item()
    return table


def evaluate_big(tree, scene, start, join):
    """Σ or Π: over its indices where they occur, else over the entries of its body."""
    body = tree.args[0]
    letters = [bounds[0] for bounds in tree.data]
    inside = scene.where(indices=dict.fromkeys(letters, 0))
    used = [letter for letter in letters if letter in used_letters(body, inside)]
    if not used:
        return _of_the_same(tree, solid(evaluate(body, scene)), start, scene)
    if any(high is not None and high.kind == "infinity" for *_, high in tree.data):
        return _without_end(tree, used, scene)
    result = at_once(tree, (), {}, scene) if tree.kind == "big sum" else None
    if result is not None:
        return result.reshape(1, 1)
    for here in places_of_sum(tree, tuple(used), scene):
        if _is_left_out(body, here):  # 1/(x_i − x_j) need have no value where j = i
            continue
        value = evaluate(body, here)
        result = value if result is None else join(result, value)
    return np.array([[float(start)]]) if result is None else result


def evaluate_table(tree, scene):
    """(a_ij), the array of all its entries."""
    return table_of(Definition(tree=tree.args[0], indices=tuple(bounds[0] for bounds in tree.data)), scene)


def _without_end(tree, letters, scene):
    """Σ up to ∞: its terms until three in a row add nothing to the real part or to the imaginary one."""
    if tree.kind != "big sum" or len(tree.data) != 1 or len(letters) != 1:
        raise Unreadable("a product, or a sum over more than one index, without an end")
    low = tree.data[0][1]
    first, whole, small, terms = 1 if low is None else whole_number(low, scene), None, 0, []
    for place in range(first - 1, first - 1 + _TERMS):
        term = solid(evaluate(tree.args[0], scene.where(indices={letters[0]: place})))
        if not np.all(np.isfinite(term)):
            break
        whole = term if whole is None else whole + term
        terms.append(term)
        adds = [np.any(np.abs(part(term)) > 1e-17 * np.max(np.abs(part(whole)))) for part in (np.real, np.imag)]
        small = 0 if any(adds) else small + 1
        if small == 3:
            scene.meaning.cancelled = max(scene.meaning.cancelled, cancelled(whole, terms))
            return whole
    raise Unreadable(f"a sum without an end that did not settle within {_TERMS} terms")


_TERMS = 150


def _is_left_out(body, scene):
    """Whether a term of a sum over j ≠ i, or a factor of such a product, is not among those that count here."""
    weight = body.args[body.kind == "power"] if body.kind in ("product", "power") else body
    if weight.kind == "group" and weight.args[0].kind == "sum" and weight.args[0].args[-1].kind == "delta":
        weight = weight.args[0]
    elif weight.kind != "indicator" or not all(spelled(index) in scene.indices for index in weight.args):
        return False
    return is_zero(evaluate(weight, scene))


def _of_the_same(tree, value, start, scene):
    """Σ_{i=1}^m of what no i stands in: m times it; or the sum of the entries of an array."""
    highs = [high if high is not None else scene.meaning.ranges.get(letter) for letter, _, high in tree.data]
    lows = [1 if low is None else whole_number(low, scene) for _, low, _ in tree.data]
    entries = (np.sum(value) if start == 0 else np.prod(value)).reshape(1, 1)
    linear = value.shape == (1, 1) or bare(tree.args[0]).kind in ("product", "name", "label")
    once = "a Σ of what does not hold its index, taken once" if value.shape == (1, 1) else ""
    if not highs or None in highs or not linear:
        if highs and once:
            scene.tell(("same", tree.start), once)
        return entries
    count = int(np.prod([whole_number(high, scene) - low + 1 for high, low in zip(highs, lows, strict=True)]))
    whole = count * value if start == 0 else value**count
    return whole if scene.choose(("same", tree.start), (once, "as often as Σ says the same")) else entries


def at_once(tree, letters, sizes, scene):
    """The array of an expression over its indices, or None where it is to be evaluated entry by entry.

    Parameters
    ----------
    tree : Tree
        What is a number for each value of the indices.
    letters : tuple of str
        The indices, an axis each.
    sizes : dict
        Index to how far it runs.
    scene : Scene

    Returns
    -------
    ndarray or None
        Of the shape of the ranges of `letters`.
    """
    if not all(isinstance(key, str) for key in scene.moved):
        return None
    cancelled = scene.meaning.cancelled
    try:
        array = _Axes(tuple(letters), sizes, scene).of(tree)
        if np.all(np.isfinite(array)):
            return np.array(np.broadcast_to(array, tuple(sizes[letter] for letter in letters)))
    except (_EntryByEntry, Unreadable, NotConforming, np.linalg.LinAlgError, ValueError, ArithmeticError, LookupError):
        pass
    scene.meaning.cancelled = cancelled
    return None


class _Axes:
    """The indices that are axes, in order; every array has all of them, of length one where it does not depend."""

    def __init__(self, letters, sizes, scene):
        self.letters, self.sizes, self.scene, self.given = letters, sizes, scene, set(letters)
        if math.prod(sizes[letter] for letter in letters) > MOST:
            raise _EntryByEntry
        if self.given & set(scene.indices):  # a letter that stands for another place outside
            self.scene = scene.where()
            self.scene.indices = {x: place for x, place in scene.indices.items() if x not in self.given}

    def of(self, tree):
        """The array of a tree."""
        asks = any(part.kind == "name" and part.data in self.given for part in parts(tree))
        if not asks and tree.kind not in ("big sum", "big product"):  # these ask here for their own value
            return self._number(tree)
        rule = _RULES.get(tree.kind)
        if rule is None:
            raise _EntryByEntry
        self.scene.meaning.work += NODE
        return rule(self, tree)

    def _number(self, tree):
        """What depends on no axis, as an array of one entry."""
        value = solid(evaluate(tree, self.scene))
        if value.shape != (1, 1) or is_exact(value):
            raise _EntryByEntry
        return value.reshape((1,) * len(self.letters))

    def axis(self, letter):
        """The places along the axis of an index, from 0."""
        shape = [1] * len(self.letters)
        shape[self.letters.index(letter)] = self.sizes[letter]
        return np.arange(self.sizes[letter]).reshape(shape)

    def place(self, tree, base=None):
        """An index as places."""
        return (
            self.axis(tree.data)
            if tree.kind == "name" and tree.data in self.given
            else place_of(tree, self.scene, base)
        )


def _name(axes, tree):
    if axes.scene.meaning.known(tree.data):
        raise _EntryByEntry
    return axes.axis(tree.data) + 1.0


def _sum(axes, tree):
    for i, term in enumerate(tree.args[:-1]):
        big = last_sum(term)
        bound = {bounds[0] for bounds in big.data} if big is not None else ()
        if any(part.kind == "name" and part.data in bound for rest in tree.args[i + 1 :] for part in parts(rest)):
            raise _EntryByEntry  # a Σ that binds an index of the terms after it
    terms = [sign * axes.of(term) for sign, term in zip(tree.data, tree.args, strict=True)]
    result, meaning = sum(terms[1:], terms[0]), axes.scene.meaning
    meaning.cancelled = max(meaning.cancelled, cancelled(result, terms))
    return result


def _product(axes, tree):
    if (tree.kind == "product" and not set(tree.data) <= _SIGNS) or any(last_sum(term) for term in tree.args[:-1]):
        raise _EntryByEntry
    for one, other in itertools.pairwise(tree.args):
        definition = axes.scene.meaning.definitions.get(spelled(one))
        if other.kind == "group" and (one.kind == "prime" or (definition is not None and definition.parameters)):
            raise _EntryByEntry  # a function before its argument
    result = axes.of(tree.args[0])
    for factor in tree.args[1:]:
        result = result * axes.of(factor)
    return result


_SIGNS = {"", r"\cdot", r"\times", "*"}


def _fraction(axes, tree):
    above, below = map(axes.of, tree.args)
    return above / below


def _power(axes, tree):
    base, exponent = map(axes.of, tree.args)
    if base.size == 1 and not np.iscomplexobj(base) and base.item() > 0:
        return base.item() ** exponent
    if exponent.size != 1 or np.iscomplexobj(exponent):
        raise _EntryByEntry
    power = exponent.item()
    if power == round(power):
        return base ** round(power) if power >= 0 else 1 / base ** round(-power)
    if not np.all(np.real(base) > 0):
        raise _EntryByEntry
    return base**power


def _root(axes, tree):
    inner = axes.of(tree.args[0])
    if not np.all(np.real(inner) > 0) or tree.data not in (None, 2):
        raise _EntryByEntry
    return np.sqrt(inner)


def _apply(axes, tree):
    function, primes = tree.args[0], 0
    while function.kind == "prime":
        primes, function = primes + function.data, function.args[0]
    word = spelled(function)
    if function.kind != "operator" or word not in FUNCTIONS or word in axes.scene.meaning.definitions:
        raise _EntryByEntry
    inner = axes.of(tree.args[1])
    return slope_of(word, inner, primes) if primes else word_applied(word, inner)


def _subscript(axes, tree):
    base, scripts = tree.args[0], tree.args[1:]
    meaning = axes.scene.meaning
    plain = base.kind in ("name", "label") and (base.data not in ("e", "I", "K", "D") or meaning.known(base.data))
    if (
        not plain
        or len(scripts) > 2
        or not is_indexed(tree, meaning)
        or any(t.kind != "name" and t.kind != "number" for t in scripts)
    ):
        raise _EntryByEntry
    array = base_array(base, axes.scene)
    if is_exact(array) or (len(scripts) == 1 and array.shape[1] != 1):
        raise _EntryByEntry  # a row of a matrix
    places = [axes.place(script, base) for script in scripts]
    for place, length in zip(places, array.shape, strict=False):
        if np.min(place) < 0 or np.max(place) >= length:
            raise _EntryByEntry
    places = np.broadcast_arrays(*(np.asarray(place).reshape(_shaped(place, axes)) for place in places))
    return array[(*places, 0)[:2]]


def _shaped(place, axes):
    return np.shape(place) or (1,) * len(axes.letters)


def _delta(axes, tree):
    one, other = (np.asarray(axes.place(script)) for script in tree.args)
    return np.broadcast_to(one == other, np.broadcast_shapes(one.shape, other.shape)).astype(float)


def _big(axes, tree):
    """Σ over its indices, an axis each behind the others."""
    body, scene, runs = tree.args[0], axes.scene, {}
    for letter, low, high in tree.data:
        if low is not None and whole_number(low, scene) != 1:
            raise _EntryByEntry
        if letter in axes.given or counts_from_zero(letter, body, scene):
            raise _EntryByEntry
        if high is not None:
            runs[letter] = whole_number(high, scene)
    letters = tuple(bounds[0] for bounds in tree.data)
    inside = scene.where(indices=dict.fromkeys((*axes.letters, *letters), 0), ranges=axes.sizes)
    if not letters or not set(letters) <= used_letters(body, inside):
        raise _EntryByEntry
    missing = tuple(letter for letter in letters if letter not in runs)
    runs |= index_ranges(body, inside, missing) if missing else {}
    if min(runs.values()) < 1:
        raise _EntryByEntry
    inner = _Axes((*axes.letters, *letters), {**axes.sizes, **runs}, scene).of(body)
    whole = np.broadcast_to(inner, (*inner.shape[: len(axes.letters)], *(runs[letter] for letter in letters)))
    return whole.sum(axis=tuple(range(len(axes.letters), whole.ndim)))


_RULES = {
    "name": _name,
    "group": lambda axes, tree: axes.of(tree.args[0]),
    "sum": _sum,
    "product": _product,
    "hadamard": _product,
    "fraction": _fraction,
    "power": _power,
    "root": _root,
    "apply": _apply,
    "subscript": _subscript,
    "delta": _delta,
    "big sum": _big,
}
"""Kind of tree to its array over the axes."""
