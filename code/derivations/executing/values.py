"""Values: arrays, and those whose size only the context gives; how they add, multiply and take each other's shape."""

from dataclasses import dataclass
from functools import reduce

import numpy as np

ENTRIES = 1_000_000  # entries of an array that the text asks for


class Unreadable(Exception):
    """A part that has no meaning here; the message says which and why."""


class NotConforming(Exception):
    """Operands whose shapes do not fit; the message names both."""


@dataclass(frozen=True)
class Free:
    """An array that is repeated along its free axes as often as the context wants: 1, 1bᵀ, a number in a sum."""

    array: np.ndarray
    rows: bool
    columns: bool


@dataclass(frozen=True)
class Eye:
    """A number times the identity of a size that the context gives."""

    factor: np.ndarray
    """1×1"""


@dataclass(frozen=True)
class Unit:
    """e_i f, or f e_iᵀ for a row, with the unit vector e_i of a length that the context gives."""

    index: int
    factor: object
    """1×k, for a row k×1; what stands here may be of a size that the context gives as well: e_i e_jᵀ, e_i 1ᵀ."""
    row: bool = False
    length: int | None = None
    """How far its index runs, where that is known: its length if nothing else tells."""


@dataclass(frozen=True)
class Several:
    """A sum of values whose size the context gives, such as I − (1/m) 1 1ᵀ."""

    terms: tuple


def shape_of(value):
    """The shape in words."""
    if isinstance(value, Several):
        return "a sum with I or 1, whose size nothing tells"
    if isinstance(value, Unit):
        return "a unit vector"
    if isinstance(value, Eye):
        return "a multiple of I"
    array = value.array if isinstance(value, Free) else value
    return "a scalar" if array.shape == (1, 1) and not isinstance(value, Free) else "×".join(map(str, array.shape))


def is_scalar(value):
    """Whether a value is a 1×1 array."""
    return isinstance(value, np.ndarray) and value.shape == (1, 1)


def transposed(value):
    """The transpose of any value."""
    if isinstance(value, Several):
        return Several(tuple(map(transposed, value.terms)))
    if isinstance(value, Unit):
        if not isinstance(value.factor, np.ndarray):  # (e_i b)ᵀ = bᵀ e_iᵀ, as a column of its own where b is a unit
            inner = value.factor
            if isinstance(inner, Unit) and inner.row and not value.row:
                return Unit(
                    inner.index, Unit(value.index, transposed(inner.factor), True, value.length), False, inner.length
                )
            return Unit(value.index, transposed(inner), not value.row, value.length)
        return Unit(value.index, value.factor.T, not value.row, value.length)
    if isinstance(value, Eye):
        return value
    return Free(value.array.T, value.columns, value.rows) if isinstance(value, Free) else value.T


def on_arrays(function, *values):
    """A function of the arrays in values that are of one form, as those of two points are."""
    first = values[0]
    if isinstance(first, Several):
        terms = zip(*(value.terms for value in values), strict=True)
        return Several(tuple(on_arrays(function, *each) for each in terms))
    if isinstance(first, Unit):
        factor = on_arrays(function, *(value.factor for value in values))
        return Unit(first.index, factor, first.row, first.length)
    if isinstance(first, Eye):
        return Eye(function(*(value.factor for value in values)))
    if isinstance(first, Free):
        return Free(function(*(value.array for value in values)), first.rows, first.columns)
    return function(*values)


def fitted(value, shape):
    """A value with the shape that the context wants, or NotConforming."""
    if isinstance(value, Several):
        return sum(fitted(term, shape) for term in value.terms)
    if isinstance(value, Unit):
        if value.row:
            return fitted(transposed(value), shape[::-1]).T
        if value.index >= shape[0]:
            raise NotConforming(f"a unit vector beside {shape[0]}×{shape[1]}")
        return np.eye(shape[0])[:, [value.index]] @ fitted(value.factor, (1, shape[1]))
    if isinstance(value, Eye):
        if shape[0] != shape[1]:
            raise NotConforming(f"the identity beside {shape[0]}×{shape[1]}")
        return value.factor * np.eye(shape[0])
    if isinstance(value, Free):
        wanted = tuple(
            s if free else own
            for s, free, own in zip(shape, (value.rows, value.columns), value.array.shape, strict=True)
        )
        if wanted != shape:
            raise NotConforming(f"{shape_of(value)} beside {shape[0]}×{shape[1]}")
        return np.broadcast_to(value.array, shape)
    if value.shape != shape:
        raise NotConforming(f"{value.shape[0]}×{value.shape[1]} beside {shape[0]}×{shape[1]}")
    return value


def together(left, right):
    """Two values with one shape, for a sum or an entrywise product."""
    if any(isinstance(v, Unit | Several) for v in (left, right)) and all(
        isinstance(v, Unit | Several | Eye | Free) or is_scalar(v) for v in (left, right)
    ):
        raise NotConforming(f"{shape_of(left)} beside {shape_of(right)}")
    for one, other in ((left, right), (right, left)):
        if isinstance(one, np.ndarray) and one.shape != (1, 1):
            if is_scalar(other):
                other = Free(other, True, True)
            fit = fitted(other, one.shape)
            return (one, fit) if one is left else (fit, one)
    if isinstance(left, Eye) and isinstance(right, Eye):
        return left, right
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Eye) and isinstance(other, Free) and other.rows != other.columns:  # v 1ᵀ ⊙ I is square
            size = max(other.array.shape)
            pair = (fitted(one, (size, size)), fitted(other, (size, size)))
            return pair if one is left else pair[::-1]
    if is_scalar(left) and is_scalar(right):
        return left, right
    if isinstance(left, Eye) or isinstance(right, Eye):
        raise NotConforming(f"{shape_of(left)} beside {shape_of(right)}")
    a, b = (v if isinstance(v, Free) else Free(v, True, True) for v in (left, right))
    rows, columns = a.rows and b.rows, a.columns and b.columns
    shape = tuple(
        max(x, y) if (free_x or free_y) or x == y else -1
        for x, y, free_x, free_y in zip(
            a.array.shape, b.array.shape, (a.rows, a.columns), (b.rows, b.columns), strict=True
        )
    )
    if -1 in shape:
        raise NotConforming(f"{shape_of(left)} beside {shape_of(right)}")
    return tuple(Free(np.broadcast_to(v.array, shape), rows, columns) for v in (a, b))


def of_one_shape(left, right):
    """Two values whose size nothing tells, at a size that both can have: e_1 t and t e_1, or NotConforming."""
    shape = tuple(map(_joint_length, _lengths(left), _lengths(right)))
    if None in shape:
        raise NotConforming(f"{shape_of(left)} beside {shape_of(right)}")
    length = 2 + max(_indices(left) + _indices(right), default=0)
    shape = tuple(length if n == _ANY else n for n in shape)
    return fitted(left, shape), fitted(right, shape)


_ANY = 0
"""A length that the context gives."""


def _joint_length(one, other):
    """The length that two can have, or None."""
    return max(one, other) if _ANY in (one, other) or one == other else None


def _lengths(value):
    """The lengths of a value, `_ANY` where the context gives them, None where its parts differ."""
    if isinstance(value, Several):
        lengths = [_lengths(term) for term in value.terms]
        joint = lengths[0]
        for more in lengths[1:]:
            joint = tuple(None if None in pair else _joint_length(*pair) for pair in zip(joint, more, strict=True))
        return joint
    if isinstance(value, Unit):
        own, other = value.length or _ANY, _lengths(value.factor)[int(not value.row)]
        return (other, own) if value.row else (own, other)
    if isinstance(value, Eye):
        return _ANY, _ANY
    if isinstance(value, Free):
        return tuple(
            _ANY if free else n for free, n in zip((value.rows, value.columns), value.array.shape, strict=True)
        )
    return value.shape


def _indices(value):
    """The places of the unit vectors in a value."""
    if isinstance(value, Several):
        return [index for term in value.terms for index in _indices(term)]
    return [value.index, *_indices(value.factor)] if isinstance(value, Unit) else []


def plus(left, right):
    """The sum."""
    loose = [isinstance(v, Eye | Free | Several | Unit) for v in (left, right)]
    if all(loose) and (type(left) is not type(right) or isinstance(left, Several | Unit)):
        terms = [t for v in (left, right) for t in (v.terms if isinstance(v, Several) else (v,))]
        return Several(tuple(terms))
    if isinstance(left, Several | Unit) or isinstance(right, Several | Unit):
        solid_one, other = (left, right) if isinstance(right, Several | Unit) else (right, left)
        return solid_one + fitted(other, solid_one.shape)
    a, b = together(left, right)
    if isinstance(a, Eye):
        return Eye(a.factor + b.factor)
    if isinstance(a, Free):
        return Free(a.array + b.array, a.rows, a.columns)
    return a + b


def entrywise(left, right):
    """The entrywise product."""
    if isinstance(left, Eye) and isinstance(right, Eye):
        return Eye(left.factor * right.factor)
    a, b = together(left, right)
    return Free(a.array * b.array, a.rows, a.columns) if isinstance(a, Free) else a * b


def scaled(factor, value):
    """A 1×1 array times any value."""
    if isinstance(value, Several):
        return Several(tuple(scaled(factor, term) for term in value.terms))
    if isinstance(value, Unit):
        return Unit(value.index, scaled(factor, value.factor), value.row, value.length)
    if isinstance(value, Eye):
        return Eye(factor * value.factor)
    return Free(factor * value.array, value.rows, value.columns) if isinstance(value, Free) else factor * value


def matmul(left, right):
    """The product: of a scalar with anything, or of two matrices that conform."""
    if is_scalar(left):
        return scaled(left, right)
    if is_scalar(right):
        return scaled(right, left)
    if isinstance(left, Eye):
        return scaled(left.factor, right)
    if isinstance(right, Eye):
        return scaled(right.factor, left)
    if isinstance(left, Unit) or isinstance(right, Unit):
        product = _unit_product(left, right)
        if product is not None:
            return product
    if isinstance(left, Several):
        return reduce(plus, (matmul(term, right) for term in left.terms))
    if isinstance(right, Several):
        return reduce(plus, (matmul(left, term) for term in right.terms))
    if isinstance(left, Unit) or isinstance(right, Unit):
        raise NotConforming(f"a product of {shape_of(left)} and {shape_of(right)}")
    return _array_product(left, right)


def _unit_product(left, right):
    """The product with a unit vector, or None where it has to be found otherwise."""
    if isinstance(left, Unit):
        return _picked(left, right) if left.row else _placed(left, right)
    if isinstance(left, np.ndarray | Free):
        return transposed(matmul(transposed(right), transposed(left)))
    return None


def _picked(left, right):
    """Row i of a value, which f e_iᵀ picks, times f."""
    if isinstance(right, Unit) and not right.row:
        return scaled(np.array([[float(left.index == right.index)]]), matmul(left.factor, right.factor))
    if not isinstance(right, np.ndarray | Free):
        return None
    array = right.array if isinstance(right, Free) else right
    place = 0 if isinstance(right, Free) and right.rows else left.index
    if place >= len(array):
        raise NotConforming(f"entry {place + 1} of {shape_of(right)}")
    row = array[[place]]
    return matmul(left.factor, Free(row, False, True) if isinstance(right, Free) and right.columns else row)


def _placed(left, right):
    """e_i f times a value: e_i times the product of f and it, where that is a row."""
    if isinstance(right, Several):
        return None
    bare = is_scalar(left.factor)
    single = isinstance(right, Unit) and right.row
    single = single or (isinstance(right, np.ndarray) and right.shape[0] == 1)
    single = single or (isinstance(right, Free) and right.array.shape[0] == 1 and not right.rows)
    if bare and not single:
        return None
    factor = scaled(left.factor, right) if bare else matmul(left.factor, right)
    return Unit(left.index, factor, False, left.length)


def _array_product(left, right):
    """The product of arrays, along whose free axes the length is what the other has."""
    a, b = (v if isinstance(v, Free) else Free(v, False, False) for v in (left, right))
    if a.columns and b.rows:
        raise Unreadable("two vectors of ones whose length nothing tells")
    if a.columns:
        product = a.array[:, :1] @ b.array.sum(axis=0, keepdims=True)
    elif b.rows:
        product = a.array.sum(axis=1, keepdims=True) @ b.array[:1]
    elif a.array.shape[1] != b.array.shape[0]:
        raise NotConforming(f"a product of {shape_of(left)} and {shape_of(right)}")
    else:
        product = a.array @ b.array
    return Free(product, a.rows, b.columns) if a.rows or b.columns else product


def colon(left, right):
    """A : B, the sum of the entries of the entrywise product."""
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Unit) and isinstance(other, Free):  # the entries that e_i picks, however many there are
            column, array = map(transposed, (one, other)) if one.row else (one, other)
            found = matmul(transposed(column), array)
            return np.trace(found).reshape(1, 1) if isinstance(found, np.ndarray) else found
    a, b = together(left, right)
    if isinstance(a, Eye | Free):
        raise Unreadable("a colon product whose size nothing tells")
    return np.sum(a * b).reshape(1, 1)


def solid(value):
    """A value that needs no context, or NotConforming."""
    if isinstance(value, np.ndarray):
        return value
    if isinstance(value, Unit) and isinstance(value.factor, Unit) and value.length and value.factor.length:
        return fitted(value, (value.length, value.factor.length))
    if isinstance(value, Unit) and isinstance(value.factor, np.ndarray) and value.length:
        return fitted(
            value, (value.factor.shape[0], value.length) if value.row else (value.length, value.factor.shape[1])
        )
    if isinstance(value, Free) and value.array.shape == (1, 1) and value.rows and value.columns:
        return value.array
    raise Unreadable("a vector of ones or an identity whose size nothing tells")


def largest_entry(value):
    """The largest entry of an array of numbers, 0 for anything else."""
    numbers = isinstance(value, np.ndarray) and not is_exact(value)
    return float(np.max(np.abs(value), initial=0.0)) if numbers else 0.0


CANCELLED = 1e-3
"""A sum that is smaller than this beside its terms is judged beside them."""


def cancelled(result, terms):
    """The largest term at an entry of a sum at which little of the terms is left; 0.0 where none cancels.

    Parameters
    ----------
    result : ndarray
    terms : sequence of ndarray
        Of its shape, or such as go with it.
    """
    largest = reduce(np.maximum, map(np.abs, terms))
    return float(np.max(np.where(np.abs(result) < CANCELLED * largest, largest, 0.0), initial=0.0))


def plus_unless_zero(left, right):
    """The sum of two values, where a 0 takes the shape of the other."""
    if is_zero(left):
        return right
    return left if is_zero(right) else plus(left, right)


def is_zero(value):
    """Whether a value is the number 0."""
    return is_scalar(value) and value.item() == 0


class Gradient(np.ndarray):
    """A scalar by a vector: a column that may be read as a row in a chain."""


def reciprocal(value):
    """One divided by a value, entry by entry."""
    if isinstance(value, Unit | Several):
        raise NotConforming(f"a division by {shape_of(value)}")
    if isinstance(value, Eye):
        return Eye(1 / value.factor)
    if isinstance(value, Free):
        return Free(1 / value.array, value.rows, value.columns)
    return 1 / value if value.shape == (1, 1) else value**-1.0


def regular(value):
    """A matrix that is well enough conditioned; elsewhere another point is drawn."""
    if not is_exact(value) and (not np.all(np.isfinite(value)) or np.linalg.cond(value) > 1e8):
        raise np.linalg.LinAlgError("a singular matrix")
    return value


def is_exact(value):
    """Whether a value is of letters, as `proving` has it, and not of floating-point numbers."""
    return isinstance(value, np.ndarray) and value.dtype.hasobject


def in_domain(value):
    """The argument of a logarithm or a root, at a point where it is positive; elsewhere another point is drawn."""
    if not is_exact(value) and not np.all(np.real(value) > 0):
        raise np.linalg.LinAlgError("a logarithm or a root of something that is not positive")
    return value


def unit_arrays(shape):
    """The arrays of a shape with a single 1."""
    for place in np.ndindex(*shape):
        unit = np.zeros(shape)
        unit[place] = 1.0
        yield unit
