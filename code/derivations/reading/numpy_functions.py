"""The functions that NumPy-like text may call, by their names: from the values of the arguments to that of the call.

A value is a formula and the number of axes that NumPy would give it.
"""

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from derivations.formulas import making as op
from derivations.formulas.expression import ONE, Formula, ParseError, ShapeError, Size, fold, ordered
from derivations.formulas.index_sums import INDICES
from derivations.formulas.table import ROWS, applied
from derivations.reading.einsum import einsum, held, summed


class Value(NamedTuple):
    """A formula and the number of axes that NumPy would give its value."""

    formula: Formula
    ndim: int
    sizes: tuple = ()
    """The sizes along the axes, where they are more than two."""
    mask: Formula | None = None
    """Of ones and zeros, where only some of the entries are meant, as in ``x[x > 0]``; a sum is over these."""

    @property
    def axes(self):
        """The sizes along NumPy's axes."""
        return self.sizes or self.formula.shape[: self.ndim]

    @property
    def letters(self):
        """A letter for each axis, the same for the axes that NumPy broadcasts together."""
        return _LETTERS[len(_LETTERS) - self.ndim :]

    def of(self, formula):
        """Another formula with the same axes."""
        return self._replace(formula=formula)

    def picked(self, mask, formula=None):
        """The value of which only the entries are meant where a mask is 1."""
        return self._replace(formula=formula or self.formula, mask=mask)


_LETTERS = INDICES[7::-1]


def array(formula, axes):
    """The value with these axes whose entries, in row-major order, are those of a formula."""
    return Value(op.reshape(formula, held(axes)), len(axes), tuple(axes) if len(axes) > 2 else ())


def over_indices(terms, kept, sizes=()):
    """The value of a sum over indices; `terms` are pairs of a value and a letter for each of its axes."""
    formula, axes = summed(terms, kept, sizes)
    return array(formula, axes)


def moved(value, start, stop):
    """The value with one axis at another place."""
    letters = list(value.letters)
    letters.insert(stop, letters.pop(start))
    return value if start == stop else over_indices([(value, value.letters)], "".join(letters))


def along_rows(value, axis):
    """The formula of an array with an axis along the rows, and which axis of the formula that is."""
    if value.ndim < 3:
        return value.formula, axis if value.ndim == 2 else 0
    return moved(value, axis, value.ndim - 1).formula, 1


def along(formula, matrix, axis):
    """A matrix times what runs along the first axis, or along the second."""
    return op.product(matrix, formula) if axis == 0 else op.product(formula, op.transpose(matrix))


def mapped(value, matrix, axis):
    """A matrix times what runs along an axis."""
    if value.ndim < 3:
        return Value(along(value.formula, matrix, axis), value.ndim)
    inside, way = along_rows(value, axis)
    others = [size for i, size in enumerate(value.axes) if i != axis]
    return moved(array(along(inside, matrix, way), (*others, matrix.shape[0])), value.ndim - 1, axis)


def put_back(formula, value, axis, keep=None):
    """What was made of `along_rows` of an array of three axes and more, as a value.

    It has every entry where `keep` is None, else one for each row, with the axis kept or not.
    """
    others = [size for i, size in enumerate(value.axes) if i != axis]
    if keep is None:
        return moved(array(formula, (*others, value.axes[axis])), value.ndim - 1, axis)
    if keep:
        others.insert(axis, ONE)
    return array(formula, tuple(others))


def shape_words(value):
    """NumPy's shape, in words."""
    return "a scalar" if value.ndim == 0 else "×".join(map(str, value.axes))


def transposed(value):
    """``A.T``; a vector stays as it is."""
    if value.ndim > 2:
        return over_indices([(value, value.letters)], value.letters[::-1])
    return value if value.ndim < 2 else Value(op.transpose(value.formula), 2)


def spread(value, axes):
    """A value broadcast to NumPy's axes, as a formula."""
    if len(axes) > 2:
        return _spread_deep(value, axes)
    formula, shape = value.formula, (*axes, ONE, ONE)[:2]
    if value.ndim == 1 and len(axes) == 2:  # a vector runs along the rows
        formula = op.transpose(formula)
    if formula.shape == shape:
        return formula
    if formula.is_scalar:
        return op.scale(formula, op.ones(shape))
    if formula.shape[0] is ONE:
        return op.product(op.ones((shape[0], ONE)), formula)
    return op.product(formula, op.ones((ONE, shape[1])))


def _spread_deep(value, axes):
    if value.formula.is_scalar:
        return op.scale(value.formula, op.ones(held(axes)))
    if (ONE,) * (len(axes) - value.ndim) + tuple(value.axes) == tuple(axes):
        return op.reshape(value.formula, held(axes))
    letters = _LETTERS[len(_LETTERS) - len(axes) :]
    return summed([(value, value.letters)], letters, dict(zip(letters, axes, strict=True)))[0]


def _sum(reader, item, values, written, axis, keep, mean=False):
    value = reader.one(item, "mean" if mean else "sum", values)
    if value.mask is not None:
        return _masked_sum(reader, item, value, axis, mean)
    axes = range(value.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = {reader.axis(item, value, one) for one in axes}
    count = ONE
    for one in axes:
        count = count * value.axes[one]
    kept = [size for i, size in enumerate(value.axes) if i not in axes]
    shown = [ONE if i in axes else size for i, size in enumerate(value.axes)] if keep else kept
    if len(axes) == value.ndim:
        result = array(op.total(value.formula), shown)
    elif value.ndim > 2:
        letters = "".join(letter for i, letter in enumerate(value.letters) if i not in axes)
        result = array(summed([(value, value.letters)], letters)[0], shown)
    elif axes == {0}:
        row = op.product(op.ones((ONE, value.axes[0])), value.formula)
        result = Value(row, 2) if keep else Value(op.transpose(row), 1)
    else:
        result = Value(op.product(value.formula, op.ones((value.axes[1], ONE))), 2 if keep else 1)
    return result.of(op.scale(op.power(op.size(count), -1), result.formula)) if mean else result


def _masked_sum(reader, item, value, axis, mean):
    """The sum of the entries that a mask picks, or their mean."""
    if axis not in (None, 0, -1) or (axis is not None and value.ndim > 1):
        raise reader.error(item, "what a condition picks has one axis: sum it as a whole, or write where")
    whole = op.total(op.hadamard(value.mask, reader.scope.filled.get(value.formula, value.formula)))
    return Value(op.scale(op.power(op.total(value.mask), -1), whole) if mean else whole, 0)


BY_ENTRY = {
    "sum", "mean", "sqrt", "copy", "clip", "maximum", "minimum", "where", "logaddexp", "size", "shape", "ones_like",
    "zeros_like",
}  # fmt: skip
"""Functions that may be given what a condition picks, beside those of one number."""


def _var(reader, item, values, written, axis, keep, root=False):
    """The mean square of what is left when the mean is taken away; with n − 1 for n where that is said."""
    value = reader.one(item, "std" if root else "var", values)
    mean = _mean(reader, item, values, written, axis, axis is not None)
    middle = spread(mean.of(reader.scope.by_its_name(mean.formula)), value.axes)
    squares = value.of(op.power(op.add(value.formula, op.negative(middle)), 2))
    less = next((one.value for one in item.keywords if one.arg in ("ddof", "correction", "unbiased")), None)
    if less is None and reader.of_torch():
        less = ast.Constant(1)
        reader.scope.notes.append(
            f"{reader.written(item)} divides by n − 1, as in PyTorch; correction=0 says otherwise"
        )
    if less is not None and getattr(less, "value", less):
        result = _sum(reader, item, [squares], written, axis, keep)
        count = value.formula.shape[0] * value.formula.shape[1]
        kept = result.formula.shape[0] * result.formula.shape[1]
        less = int(less.value) if isinstance(less, ast.Constant) else reader.whole(less)
        count = op.quotient(count, kept) - Size.of(less)
        result = result.of(op.scale(op.power(op.size(count), -1), result.formula))
    else:
        result = _mean(reader, item, [squares], written, axis, keep)
    return result.of(op.power(result.formula, Fraction(1, 2))) if root else result


def _mean(*call):
    return _sum(*call, mean=True)


EVERY = "every entry"
"""The axis of a softmax that goes over all entries, as SciPy's does where none is said."""


def _softmax(reader, item, values, written, axis, keep):
    value = reader.one(item, "softmax", values)
    if not value.ndim:
        raise reader.error(item, "softmax of a scalar", ShapeError)
    if value.ndim == 2 and axis is EVERY:
        return Value(op.reshape(op.softmax(op.vec(value.formula), 0), value.formula.shape), 2)
    axis = value.ndim - 1 if axis in (None, EVERY) else reader.axis(item, value, axis)
    soft = op.softmax(*along_rows(value, axis))
    return put_back(soft, value, axis) if value.ndim > 2 else value.of(soft)


def _log_of(read):
    def logarithm(*call):
        value = read(*call)
        return value.of(op.elementwise("log", value.formula))

    return logarithm


def _logsumexp(reader, item, values, written, axis, keep):
    value = reader.one(item, "logsumexp", values)
    if not value.ndim:
        raise reader.error(item, "logsumexp of a scalar", ShapeError)
    if value.ndim == 2 and axis is None:
        reader.scope.notes.append(f"{reader.written(item)} runs over all entries, as in SciPy; axis= says otherwise")
    if value.ndim == 2 and axis in (None, EVERY):
        if keep:
            raise reader.error(item, "keepdims is known together with axis")
        return Value(op.log_sum_exp(op.vec(value.formula), 0), 0)
    axis = value.ndim - 1 if axis in (None, EVERY) else reader.axis(item, value, axis)
    formula = op.log_sum_exp(*along_rows(value, axis))
    if value.ndim > 2:
        return put_back(formula, value, axis, keep)
    if value.ndim == 1:
        return Value(formula, 1 if keep else 0)
    if keep:
        return Value(formula, 2)
    return Value(op.transpose(formula) if axis == 0 else formula, 1)


def _outer(reader, item, values, written, axis, keep):
    left, right = reader.two(item, "outer", values)
    if left.ndim != 1 or right.ndim != 1:
        raise reader.error(
            item, f"outer of {shape_words(left)} and {shape_words(right)}; it takes two vectors", ShapeError
        )
    return Value(op.product(left.formula, op.transpose(right.formula)), 2)


def _inner(reader, item, values, written, axis, keep):
    left, right = reader.two(item, "inner", values)
    if left.ndim != 1 or right.ndim != 1:
        raise reader.error(
            item, f"inner of {shape_words(left)} and {shape_words(right)}; it takes two vectors", ShapeError
        )
    return _dot(reader, item, values, written, axis, keep)


def _frob(reader, item, values, written, axis, keep):
    left, right = reader.two(item, "frob", values)
    if left.axes != right.axes:
        raise reader.error(
            item, f"frob of {shape_words(left)} and {shape_words(right)}; the shapes must agree", ShapeError
        )
    return Value(op.frobenius(left.formula, right.formula), 0)


def _dot(reader, item, values, written, axis, keep):
    left, right = reader.two(item, "dot", values)
    return reader.matmul(_pair(item, written, ast.MatMult()), left, right)


def _maximum(reader, item, values, written, axis, keep, sign=1):
    left, right = reader.two(item, "maximum", values)
    a, b, made = reader.broadcast(_pair(item, written), left, right)
    if op.is_zero(a):
        a, b = b, a
    if sign > 0 and op.is_zero(b):
        return made.of(op.elementwise("relu", a))
    greater = (a, b) if sign > 0 else (b, a)
    return made.of(op.add(op.hadamard(_is_greater(*greater), a), op.hadamard(_is_greater(*greater[::-1], True), b)))


def _is_greater(a, b, or_equal=False):
    """[a > b], or [a ≥ b]."""
    return op.elementwise("nonnegative" if or_equal else "positive", op.add(a, op.negative(b)))


def _largest(reader, item, values, written, axis, keep, sign=1):
    """The largest entry, of all or along an axis: A ⊙ [A = max(A)], summed."""
    value = reader.one(item, item.func.id, values)
    if not value.ndim:
        return value
    axis = None if axis is None or value.ndim == 1 else reader.axis(item, value, axis)
    formula = value.formula if sign > 0 else op.negative(value.formula)
    if value.ndim > 2 and axis is not None:
        inside, along = along_rows(value.of(formula), axis)
        top = put_back(op.largest(inside, along), value, axis).formula
    else:
        top = op.largest(formula, axis)
    whole = _sum(reader, item, [value.of(op.hadamard(formula, top))], written, axis, keep)
    return whole if sign > 0 else whole.of(op.negative(whole.formula))


def _logaddexp(reader, item, values, written, axis, keep):
    left, right = reader.two(item, "logaddexp", values)
    a, b, made = reader.broadcast(_pair(item, written), left, right)
    if op.is_zero(b):
        a, b = b, a
    return made.of(op.add(a, op.elementwise("softplus", op.add(b, op.negative(a)))))


def _clip(reader, item, values, written, axis, keep):
    """[l < z < h] ⊙ z + l [z ≤ l] + h [z ≥ h]; a bound may be None."""
    said = {option.arg: option.value for option in item.keywords}
    bounds = [*written[1:3], None, None][:2]
    named = [next((said[name] for name in said if end in name), None) for end in ("min", "max")]
    bounds = [given or bound for given, bound in zip(named, bounds, strict=True)]
    if not values or len(written) > 3:
        raise reader.error(item, "clip takes an array and two bounds")
    z, inside, outside = values[0], [], []
    for bound, sign in zip(bounds, (1, -1), strict=True):
        if bound is None or getattr(bound, "value", 0) is None:
            continue
        a, b, made = reader.broadcast(_pair(item, [written[0], bound]), z, reader.read(bound))
        if made.axes != z.axes:
            raise reader.error(bound, f"a bound of clip has more axes than {shape_words(z)}", ShapeError)
        within, beyond = ((a, b), (b, a)) if sign > 0 else ((b, a), (a, b))
        inside.append(_is_greater(*within))
        outside.append((op.hadamard(_is_greater(*beyond, True), b), b))
    if len(outside) == 2 and not all(op.split_coefficient(bound)[1].operation in _PLAIN for _, bound in outside):
        reader.scope.notes.append(f"in {reader.written(item)} the first bound is the smaller one")
    return z.of(op.add(op.hadamard(z.formula, *inside), *(part for part, _ in outside)))


_PLAIN = ("number", "ones", "zero")


_OTHERWISE = {"positive": "nonnegative", "nonnegative": "positive"}


def is_mask(formula):
    """Whether an array is of ones and zeros: a comparison, or several, put together by & and |."""

    def visit(inner, parts):
        compared = inner.operation == "elementwise" and inner.data in _OTHERWISE
        return compared or inner.operation in ("ones", "number", "zero", "identity") or (bool(parts) and all(parts))

    joined = ("hadamard", "combination", "named")
    return fold(formula, visit, below=lambda inner: inner.args if inner.operation in joined else ())


def _where(reader, item, values, written, axis, keep):
    """[c] ⊙ a + [not c] ⊙ b."""
    if len(values) != 3 or not (is_mask(values[0].formula) or values[0].formula.operation == "symbol"):
        raise reader.error(item, "where takes a condition and two arrays, as in where(x > 0, x, 0)")
    condition, yes, no = values
    reader.as_mask(item, condition)
    yes, no, both = reader.broadcast(_pair(item, written[1:]), yes, no)
    mask, yes, made = reader.broadcast(_pair(item, written), condition, both.of(yes))
    no = spread(both.of(no), made.axes)
    if condition.formula.operation == "elementwise":
        other = op.elementwise(_OTHERWISE[condition.formula.data], op.negative(condition.formula.args[0]))
    else:
        other = op.add(op.ones(condition.formula.shape), op.negative(condition.formula))
    other = spread(condition.of(other), made.axes)
    return made.of(op.add(op.hadamard(mask, yes), op.hadamard(other, no)))


def _pair(item, written, sign=None):
    """The two operands of a call as those of an operator, for the message where they do not conform."""
    place = {"lineno": item.lineno, "col_offset": item.col_offset}
    return ast.BinOp(left=written[0], op=sign or ast.Add(), right=written[1], **place)


def _sizes(reader, item, name, entries):
    sizes = []
    for entry in entries:
        size = Size.of(reader.whole(entry))
        if size.number is not None and size.number < 1:
            raise reader.error(entry, f"a size of {size.number}; every size is at least 1", ShapeError)
        sizes.append(size)
    return sizes


def _eye(reader, item, values, written, axis, keep):
    sizes = _sizes(reader, item, "eye", written)
    if len(sizes) != 1:
        raise reader.error(item, "eye takes one size")
    return Value(op.identity(sizes[0]), 2)


def _whole_shape(tree):
    """The array whose shape a tree is, ``x.shape`` or ``x.size()``; or None."""
    match tree:
        case ast.Attribute(value=array, attr="shape"):
            return array
        case ast.Call(func=ast.Attribute(value=array, attr="size"), args=[]):
            return array
    return None


def _filled(make):
    def read(reader, item, values, written, axis, keep):
        if len(written) == 1 and isinstance(written[0], ast.Tuple | ast.List):
            written = written[0].elts
        array_of = _whole_shape(written[0]) if len(written) == 1 else None
        sizes = list(reader.read(array_of).axes) if array_of else _sizes(reader, item, "ones", written)
        if not sizes:
            raise reader.error(item, "this takes one size, or a pair such as (m, n)")
        return array(make(held(sizes)), sizes)

    return read


def _unit(reader, item, values, written, axis, keep):
    if item.func.id == "e1" and len(written) == 1:
        return Value(op.unit(_sizes(reader, item, "e1", written)[0], 0), 1)
    if item.func.id == "eyerow" and len(written) == 2:
        return Value(op.unit(_sizes(reader, item, "eyerow", written[:1])[0], reader.whole(written[1])), 1)
    raise reader.error(item, "e1(n) is the first unit vector and eyerow(n, i) row i of the identity")


def _reshape(reader, item, values, written, axis, keep):
    if not values:
        raise reader.error(item, "reshape takes an array and its new sizes")
    value, targets = values[0], written[1:]
    if len(targets) == 1 and isinstance(targets[0], ast.Tuple | ast.List):
        targets = targets[0].elts
    if not targets:
        raise reader.error(item, "reshape takes an array and its new sizes", ShapeError)
    sizes = [reader.whole(entry) for entry in targets]
    whole = value.formula.shape[0] * value.formula.shape[1]
    if sizes.count(-1) == 1:
        rest = Size.of(1)
        for size in sizes:
            rest = rest * Size.of(size if size != -1 else 1)
        try:
            sizes[sizes.index(-1)] = op.quotient(whole, rest)
        except ValueError:
            raise reader.error(
                item, f"{shape_words(value)} has no whole number of rows of {rest}", ShapeError
            ) from None
    return array(value.formula, [Size.of(size) for size in sizes])


def _diag(reader, item, values, written, axis, keep):
    """NumPy's: of a vector the matrix, of a matrix the diagonal."""
    value = reader.one(item, "diag", values)
    return Value(op.diag(value.formula), 2) if value.ndim == 1 else Value(op.diagonal(value.formula), 1)


def _solve(reader, item, values, written, axis, keep):
    matrix, right = reader.two(item, "solve", values)
    inverse = Value(op.inverse(reader.one(item, "solve", [matrix], 2).formula), 2)
    return _dot(reader, item, [inverse, right], written, axis, keep)


def _matrix_power(reader, item, values, written, axis, keep):
    count = reader.whole(written[1]) if len(written) == 2 else None
    if not isinstance(count, int) or not 1 <= count <= 9:
        raise reader.error(item, "matrix_power takes a matrix and a whole number from 1 to 9")
    matrix = reader.one(item, "matrix_power", values, 2).formula
    op.inverse(matrix)  # it is square
    return Value(op.product(*[matrix] * count), 2)


def _einsum(reader, item, values, written, axis, keep):
    subscripts = getattr(written[0], "value", None) if written else None
    if not isinstance(subscripts, str) or not values:
        raise reader.error(item, "einsum takes subscripts and arrays, as in einsum('ij,j->i', A, x)")
    try:
        return over_indices(*einsum(subscripts, values))
    except ParseError as error:
        raise reader.error(item, str(error)) from None


def _chosen_axis(reader, item, value, axis, name):
    """The axis along which a map goes: that of a vector, or the one that is said."""
    if value.ndim == 1:
        return reader.axis(item, value, -1 if axis is None else axis)
    if value.ndim > 1 and axis is not None:
        return reader.axis(item, value, axis)
    raise reader.error(item, f"{name} takes a vector, or a matrix with axis=, not {shape_words(value)}", ShapeError)


def _mapped(name, rows=lambda n, *data: n, numbers=0):
    """A call of a fixed linear map along an axis; `rows` are those of its matrix, `numbers` those it is given."""

    def read(reader, item, values, written, axis, keep):
        if not values:
            raise reader.error(item, f"{name} takes an array")
        value, data = values[0], [reader.whole(entry) for entry in written[1:]]
        if len(data) > numbers:
            axis = data.pop()
        if len(data) > numbers:
            raise reader.error(item, f"{name} has too many numbers; write axis= for the axis")
        data += [1] * (numbers - len(data))
        way = _chosen_axis(reader, item, value, axis, name)
        length = value.axes[way]
        made = Size.of(rows(length, *data))
        if not all(isinstance(entry, int) for entry in data) or (made.number is not None and made.number < 1):
            raise reader.error(item, f"{name} with {', '.join(map(str, data))} of {length} is not read here")
        return mapped(value, op.fixed(name, (made, length), tuple(data)), way)

    return read


def _diff(reader, item, values, written, axis, keep):
    """Differences, of any order."""
    order = reader.whole(written[1]) if len(written) > 1 else 1
    if not isinstance(order, int) or not 1 <= order <= _LONGEST_KERNEL:
        raise reader.error(item, f"diff takes an array and an order from 1 to {_LONGEST_KERNEL}")
    axis = -1 if axis is None and len(written) < 3 else axis
    for _ in range(order):
        values = [_mapped("diff", lambda n: n - ONE)(reader, item, values, [*written[:1], *written[2:]], axis, keep)]
    return values[0]


def _gradient(reader, item, values, written, axis, keep):
    """``np.gradient``: half the difference of the neighbours, at the ends that to the one neighbour."""
    value = reader.one(item, "gradient", values)
    if value.ndim > 1 and axis is None:
        raise reader.error(item, "gradient of a matrix takes axis=, one at a time")
    turned = value.ndim == 2 and reader.axis(item, value, axis) == 1
    d = "diff(x, 1, axis=0)"
    text = f"concatenate([{d}[:1], ({d}[1:] + {d}[:-1])/2, {d}[-1:]])"
    made = reader.elsewhere(ast.parse(text, mode="eval").body, {"x": transposed(value) if turned else value}, item)
    return transposed(made) if turned else made


def _triangle(name):
    def read(reader, item, values, written, axis, keep):
        value = values[0] if values else None
        said = next((one.value for one in item.keywords if one.arg in ("k", "diagonal")), None)
        said = written[1] if len(written) == 2 else said
        by = reader.whole(said) if said is not None else 0
        if value is None or value.ndim != 2 or not isinstance(by, int):
            raise reader.error(item, f"{name} takes a matrix and a whole number")
        return Value(op.hadamard(value.formula, op.fixed(name, value.formula.shape, (by,))), 2)

    return read


def _arange(reader, item, values, written, axis, keep):
    """The numbers from 0 on, or from a start on."""
    if not 1 <= len(written) <= 2:
        raise reader.error(item, "arange takes a size, or a start and an end")
    start = Size.of(reader.whole(written[0])) if len(written) == 2 else Size.of(0)
    size = Size.of(reader.whole(written[-1])) - start
    if size.number is not None and size.number < 1:
        raise reader.error(item, f"a size of {size.number}; every size is at least 1", ShapeError)
    numbers = op.fixed("arange", (size, ONE))
    return Value(op.add(numbers, op.scale(op.size(start), op.ones((size, ONE)))) if start.terms else numbers, 1)


def _concatenate(reader, item, values, written, axis, keep):
    """The parts one after another, each put in its place: [x; y] = S₁ᵀ x + S₂ᵀ y."""
    name = item.func.id
    if not written or not isinstance(written[0], ast.List | ast.Tuple):
        raise reader.error(item, f"{name} takes a list, as in {name}([x, y])")
    if not values or len({value.ndim for value in values}) > 1 or values[0].ndim == 0:
        raise reader.error(item, f"{name} takes arrays of as many axes each")
    axis = {"hstack": values[0].ndim - 1, "vstack": 0}.get(name, 0 if axis is None else axis)
    way = reader.axis(item, values[0], axis)
    others = {(*value.axes[:way], *value.axes[way + 1 :]) for value in values}
    if len(others) > 1:
        raise reader.error(item, f"{name} of {', '.join(map(shape_words, values))}: the other axes differ", ShapeError)
    whole, start, terms = Size.of(0), Size.of(0), []
    for value in values:
        whole = whole + value.axes[way]
    for value in values:
        stop = start + value.axes[way]
        place = op.transpose(op.fixed("rows", (stop - start, whole), (start, stop)))
        terms.append(mapped(value, place, way))
        start = stop
    axes = tuple(whole if i == way else size for i, size in enumerate(values[0].axes))
    return Value(op.add(*(term.formula for term in terms)), len(axes), axes if len(axes) > 2 else ())


def _stack(reader, item, values, written, axis, keep):
    """Vectors as the rows of a matrix (its columns along axis 1), numbers as the entries of a vector."""
    kinds = {value.axes for value in values}
    if len(written) == 1 and axis in (None, 0) and not isinstance(written[0], ast.List | ast.Tuple):
        return reader.read(written[0])  # its rows, one below the other
    if not written or not isinstance(written[0], ast.List | ast.Tuple):
        raise reader.error(item, f"{item.func.id} takes a list, as in {item.func.id}([x, y])")
    if len(kinds) == 1 and values[0].ndim > 1:  # each with a new axis, one after another
        place = 0 if axis is None else axis % (values[0].ndim + 1)
        axes = [(*value.axes[:place], ONE, *value.axes[place:]) for value in values]
        parts = [array(value.formula, one) for value, one in zip(values, axes, strict=True)]
        return _concatenate(reader, item, parts, written, place, keep)
    if len(kinds) != 1 or axis not in (None, 0, 1, -1):
        raise reader.error(item, "stack takes arrays of one shape, or numbers", ShapeError)
    count, column = Size.of(len(values)), values[0].ndim == 1 and axis in (1, -1)
    terms = [op.product(value.formula, op.transpose(op.unit(count, i))) for i, value in enumerate(values)]
    whole = op.add(*terms)
    return Value(whole if column else op.transpose(whole), values[0].ndim + 1)


def _array(reader, item, values, written, axis, keep):
    """A vector or a matrix written entry by entry; an array is a copy of itself."""
    if len(written) == len(values) == 1 and not isinstance(written[0], ast.List | ast.Tuple):
        return values[0]
    rows = written[0].elts if written and isinstance(written[0], ast.List | ast.Tuple) else []
    nested = [isinstance(row, ast.List | ast.Tuple) for row in rows]
    if not rows or any(value.ndim for value in values) or (any(nested) and not all(nested)):
        raise reader.error(item, "array takes numbers, as in array([a, b]) or array([[a, b], [c, d]])")
    if not any(nested):
        return _stack(reader, item, values, written, None, keep)
    if len({len(row.elts) for row in rows}) > 1:
        raise reader.error(item, "the rows of this array differ in length", ShapeError)
    m, n = Size.of(len(rows)), Size.of(len(rows[0].elts))
    places = [(i, j) for i in range(len(rows)) for j in range(len(rows[0].elts))]
    terms = [
        op.scale(value.formula, op.product(op.unit(m, i), op.transpose(op.unit(n, j))))
        for value, (i, j) in zip(values, places, strict=True)
    ]
    return Value(op.add(*terms), 2)


def _split(reader, item, values, written, axis, keep):
    """One of the parts of np.split(a, k), or where it is cut; PyTorch's have k entries each, or these sizes."""
    value, which = values[0], reader.whole(written[2]) if len(written) > 2 else None
    axis = reader.whole(written[3]) if len(written) > 3 else axis
    if not isinstance(which, int):
        raise reader.error(item, "split takes an array and a number of parts, and one of them is picked, as in [0]")
    if not value.ndim:
        raise reader.error(item, "split of a scalar", ShapeError)
    way = reader.axis(item, value, 0 if axis is None else axis)
    whole = value.axes[way]
    ends = _ends(reader, item, written[1], whole, item.func.id == "split" and reader.of_torch())
    if not -len(ends) <= which < len(ends) or ends[-1] is not whole:
        raise reader.error(item, f"{whole} is not split into such parts", ShapeError)
    start, stop = [Size.of(0), *ends][which % len(ends)], ends[which]
    return mapped(value, op.fixed("rows", (stop - start, whole), (start, stop)), way)


def _ends(reader, item, tree, whole, by_size):
    """Where the parts of an axis end: by their number and where they are cut, or by their sizes."""
    if isinstance(tree, ast.List | ast.Tuple):
        given = [Size.of(reader.whole(one)) for one in tree.elts]
        return [sum(given[: i + 1], Size.of(0)) for i in range(len(given))] if by_size else [*given, whole]
    count = reader.whole(tree)
    try:
        other = op.quotient(whole, Size.of(count)) if count not in (0, Size.of(0)) else whole
    except ShapeError:
        other = None
    length, count = (Size.of(count), other and other.number) if by_size else (other, count)
    if other is None or not isinstance(count, int) or not 0 < count <= 1000:
        said = "parts of that size" if by_size else f"{count} equal parts"
        raise reader.error(item, f"{whole} has no {said}", ShapeError)
    return [length * Size.of(i + 1) for i in range(count)]


def _repeat(reader, item, values, written, axis, keep):
    """NumPy's, of each entry; PyTorch's, of the whole array along each axis, as tile."""
    if reader.of_torch() and axis is None:
        return _tile(reader, item, values, written, axis, keep)
    return _mapped("repeat", lambda n, by: n * Size.of(by), 1)(reader, item, values, written, axis, keep)


def _tile(reader, item, values, written, axis, keep):
    """An array several times along each axis; along an axis of length one it is spread."""
    counts = written[1].elts if len(written) == 2 and isinstance(written[1], ast.Tuple | ast.List) else written[1:]
    counts, value = [Size.of(reader.whole(one)) for one in counts], values[0]
    axes = (ONE,) * (len(counts) - value.ndim) + tuple(value.axes)
    counts = [ONE] * (len(axes) - len(counts)) + counts
    for way, count in enumerate(counts):
        if count is not ONE and axes[way] is not ONE:
            if count.number is None:
                raise reader.error(item, f"tile {count} times along an axis of {axes[way]}: write a number of times")
            value = mapped(array(value.formula, axes), _tiling(axes[way], count), way)
            axes = (*axes[:way], axes[way] * count, *axes[way + 1 :])
    target = tuple(count if size is ONE else size for size, count in zip(axes, counts, strict=True))
    return array(spread(array(value.formula, axes), target), target)


def _tiling(size, count):
    return op.fixed("tile", (size * count, size), (count.number,))


def _expand(reader, item, values, written, axis, keep):
    """``x.expand(n, -1)``, ``np.broadcast_to(x, (n, d))``: spread along new axes and those of length one."""
    value, sizes = values[0], written[1:]
    if len(sizes) == 1 and (like := _whole_shape(sizes[0])) is not None:
        target = reader.read(like).axes
    elif len(sizes) == 1 and item.func.id == "expand_as":
        target = reader.read(sizes[0]).axes
    else:
        sizes = sizes[0].elts if len(sizes) == 1 and isinstance(sizes[0], ast.Tuple | ast.List) else sizes
        wanted = [reader.whole(one) for one in sizes]
        own = (ONE,) * (len(wanted) - value.ndim) + tuple(value.axes)
        target = tuple(axis if size == -1 else Size.of(size) for size, axis in zip(wanted, own, strict=True))
    own = (ONE,) * (len(target) - value.ndim) + tuple(value.axes)
    if len(own) > len(target) or any(a is not b and a is not ONE for a, b in zip(own, target, strict=False)):
        said = f"{shape_words(value)} is not spread to {'×'.join(map(str, target))}"
        raise reader.error(item, said, ShapeError)
    return array(spread(array(value.formula, own), target), target)


def _embedding(reader, item, values, written, axis, keep):
    """``F.embedding(i, E)``, the rows of E at indices."""
    table = next((one.value for one in item.keywords if one.arg == "weight"), written[1] if len(written) > 1 else None)
    if table is None or not written or not reader.picks(_index_of(written[0])):
        raise reader.error(item, "embedding takes the name of a vector of indices, and a matrix")
    rows = reader.read(table)
    return Value(op.product(reader.gathered(_index_of(written[0]), rows.axes[0]), rows.formula), 2)


def _sorted(reader, item, values, written, axis, keep):
    """P z, with the permutation P that sorts z: it rests between ties."""
    value = reader.one(item, "sort", values)
    if value.ndim != 1:
        raise reader.error(item, f"sort takes a vector, not {shape_words(value)}", ShapeError)
    n = value.axes[0]
    return value.of(op.product(op.fixed("sorted", (n, n), (), (value.formula,)), value.formula))


def _median(reader, item, values, written, axis, keep):
    """The middle of what is sorted; the size must be a number."""
    held, n = _sorted(reader, item, values, written, axis, keep), values[0].axes[0].number
    if n is None:
        raise reader.error(item, "median needs a vector with a number of entries; or write sort(x)[k]")
    middle = [op.product(op.transpose(op.unit(values[0].axes[0], i)), held.formula) for i in {(n - 1) // 2, n // 2}]
    return Value(op.times(Fraction(1, len(middle)), op.add(*middle)), 0)


COMPOSED = {
    "square": "x: x**2",
    "reciprocal": "x: 1/x",
    "rsqrt": "x: x**-0.5",
    "cbrt": "x: x**(1/3)",
    "exp2": "x: exp(log(2)*x)",
    "log2": "x: log(x)/log(2)",
    "log10": "x: log(x)/log(10)",
    "log1p": "x: log(1 + x)",
    "expm1": "x: exp(x) - 1",
    "logit": "p: log(p) - log(1 - p)",
    "hypot": "x, y: sqrt(x**2 + y**2)",
    "arctan2": "y, x: 2*arctan(y/(sqrt(x**2 + y**2) + x))",  # in every quadrant
    "arcsin": "x: arctan(x/sqrt(1 - x**2))",
    "arccos": "x: 1.5707963267948966 - arctan(x/sqrt(1 - x**2))",
    "arcsinh": "x: log(x + sqrt(x**2 + 1))",
    "arccosh": "x: log(x + sqrt(x**2 - 1))",
    "arctanh": "x: (log(1 + x) - log(1 - x))/2",
    "logsigmoid": "z: log(sigmoid(z))",
    "silu": "z: z*sigmoid(z)",
    "softsign": "z: z/(1 + abs(z))",
    "relu6": "z: clip(z, 0, 6)",
    "hardtanh": "z: clip(z, -1, 1)",
    "hardsigmoid": "z: clip(z/6 + 0.5, 0, 1)",
    "leaky_relu": "z, negative_slope=0.01: where(z > 0, z, negative_slope*z)",
    "elu": "z, alpha=1.0: where(z > 0, z, alpha*(exp(z) - 1))",
    "gelu": "z: z*(1 + erf(z/sqrt(2)))/2",
    "gelu_tanh": "z: z*(1 + tanh(sqrt(2/pi)*(z + 0.044715*z**3)))/2",
    "softshrink": "z, lambd=0.5: where(z > lambd, z - lambd, where(z < -lambd, z + lambd, 0))",
    "mish": "z: z*tanh(softplus(z))",
    "hardswish": "z: z*clip(z/6 + 0.5, 0, 1)",
    "celu": "z, alpha=1.0: where(z > 0, z, alpha*(exp(z/alpha) - 1))",
    "selu": "z: 1.0507009873554805*where(z > 0, z, 1.6732632423543772*(exp(z) - 1))",
    "xlogy": "x, y: x*log(y)",
    "entr": "x: -x*log(x)",
    "rel_entr": "x, y: x*log(x/y)",
    "normal_pdf": "x, loc=0, scale=1: exp(-((x - loc)/scale)**2/2)/(scale*sqrt(2*pi))",
    "normal_logpdf": "x, loc=0, scale=1: -((x - loc)/scale)**2/2 - log(scale) - log(2*pi)/2",
    "normal_cdf": "x, loc=0, scale=1: (1 + erf((x - loc)/(scale*sqrt(2))))/2",
    "normal_logcdf": "x, loc=0, scale=1: log((1 + erf((x - loc)/(scale*sqrt(2))))/2)",
    "poisson_logpmf": "k, mu: k*log(mu) - mu - gammaln(k + 1)",
    "poisson_pmf": "k, mu: exp(k*log(mu) - mu - gammaln(k + 1))",
    "bernoulli_logpmf": "k, p: k*log(p) + (1 - k)*log(1 - p)",
    "binom_logpmf": ("k, n, p: gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1) + k*log(p) + (n - k)*log(1 - p)"),
    "expon_logpdf": "x, loc=0, scale=1: -(x - loc)/scale - log(scale)",
    "gamma_logpdf": ("x, a, loc=0, scale=1: (a - 1)*log((x - loc)/scale) - (x - loc)/scale - gammaln(a) - log(scale)"),
    "beta_logpdf": "x, a, b: (a - 1)*log(x) + (b - 1)*log(1 - x) + gammaln(a + b) - gammaln(a) - gammaln(b)",
    "t_logpdf": (
        "x, df, loc=0, scale=1: gammaln((df + 1)/2) - gammaln(df/2) - log(df*pi)/2 - log(scale) "
        "- (df + 1)/2*log(1 + ((x - loc)/scale)**2/df)"
    ),
    "laplace_logpdf": "x, loc=0, scale=1: -abs(x - loc)/scale - log(2*scale)",
    "logistic_logpdf": "x, loc=0, scale=1: -(x - loc)/scale - 2*softplus(-(x - loc)/scale) - log(scale)",
    "layer_norm": (
        "x, weight=1, bias=0, eps=1e-05: (x - mean(x, axis=-1, keepdims=True))"
        "/sqrt(var(x, axis=-1, keepdims=True) + eps)*weight + bias"
    ),
    "rms_norm": "x, weight=1, eps=1e-05: x/sqrt(mean(x**2, axis=-1, keepdims=True) + eps)*weight",
    "batch_norm": (
        "x, weight=1, bias=0, eps=1e-05: (x - mean(x, axis=0, keepdims=True))"
        "/sqrt(var(x, axis=0, keepdims=True) + eps)*weight + bias"
    ),
    "glu": "x: chunk(x, 2, 0, axis=-1)*sigmoid(chunk(x, 2, 1, axis=-1))",
    "softmax_cross_entropy": "logits, labels, axis=-1: -sum(labels*log_softmax(logits, axis=axis), axis=axis)",
    "sigmoid_binary_cross_entropy": "z, y: softplus(z) - y*z",
    "binary_crossentropy": "y, p: -(y*log(p) + (1 - y)*log(1 - p))",  # Keras has the target first
    "categorical_crossentropy": "y, p, axis=-1: -sum(y*log(p), axis=axis)",
    "l2_loss": "x, y: (x - y)**2/2",
    "masked_fill": "x, mask, value: where(mask, value, x)",
    "ptp": "x: max(x) - min(x)",
    "addmm": "b, x, y: b + x @ y",
    "dist": "x, y: norm(x - y)",
    "lerp": "x, y, weight: x + weight*(y - x)",
    "scaled_dot_product_attention": (
        "q, k, v, attn_mask=0: softmax(q @ swapaxes(k, -1, -2)/sqrt(shape(q, -1)) + attn_mask, axis=-1) @ v"
    ),
    "multivariate_normal_logpdf": (
        "x, mean, cov: -((x - mean) @ inv(cov) @ (x - mean) + logdet(cov) + shape(x, 0)*log(2*pi))/2"
    ),
    "log_cosh": "x, y: log(cosh(x - y))",
    "logcosh": "x, y: log(cosh(x - y))",
    "linear": "x, weight, bias=0: x @ weight.T + bias",
    "normalize": "x, axis=-1: x/sqrt(sum(x**2, axis=axis, keepdims=True))",
    "cosine_similarity": "x, y, axis=-1: sum(x*y, axis=axis)/sqrt(sum(x**2, axis=axis)*sum(y**2, axis=axis))",
    "cdist": "x, y: sqrt(sum((expand_dims(x, -2) - expand_dims(y, -3))**2, axis=-1))",
    "clamp_min": "x, min: maximum(x, min)",
    "clamp_max": "x, max: minimum(x, max)",
    "factorial": "x: exp(gammaln(x + 1))",
    "cov": "x: (x - mean(x, axis=1, keepdims=True)) @ (x - mean(x, axis=1, keepdims=True)).T/(shape(x, 1) - 1)",
    "corrcoef": "x: cov(x)/sqrt(outer(diagvec(cov(x)), diagvec(cov(x))))",
    "pairwise_distance": "x, y, eps=1e-06: sqrt(sum((x - y + eps)**2, axis=-1))",
}
"""Functions that are said in the notation itself: parameters, what is taken where they are left out, and the text."""
REDUCED = {
    "mse_loss": "x, y: (x - y)**2",
    "l1_loss": "x, y: abs(x - y)",
    "huber_loss": "x, y, delta=1.0: where(abs(x - y) < delta, (x - y)**2/2, delta*(abs(x - y) - delta/2))",
    "smooth_l1_loss": "x, y, beta=1.0: where(abs(x - y) < beta, (x - y)**2/(2*beta), abs(x - y) - beta/2)",
    "binary_cross_entropy": "p, y, weight=1: -weight*(y*log(p) + (1 - y)*log(1 - p))",
    "binary_cross_entropy_with_logits": (
        "z, y, weight=1, pos_weight=1: weight*(softplus(z) - y*z + (pos_weight - 1)*y*softplus(-z))"
    ),
    "soft_margin_loss": "z, y: softplus(-y*z)",
    "hinge_embedding_loss": "x, y, margin=1.0: (1 + y)/2*x + (1 - y)/2*maximum(0, margin - x)",
    "margin_ranking_loss": "x, y, sign, margin=0.0: maximum(0, margin - sign*(x - y))",
    "triplet_margin_loss": (
        "a, p, n, margin=1.0, eps=1e-06: maximum(0, sqrt(sum((a - p + eps)**2, axis=-1)) "
        "- sqrt(sum((a - n + eps)**2, axis=-1)) + margin)"
    ),
    "cosine_embedding_loss": (
        "x, y, sign, margin=0.0: (1 + sign)/2*(1 - cosine_similarity(x, y)) "
        "+ (1 - sign)/2*maximum(0, cosine_similarity(x, y) - margin)"
    ),
    "poisson_nll_loss": "z, y: exp(z) - y*z",
    "gaussian_nll_loss": "m, y, var: (log(var) + (m - y)**2/var)/2",
    "kl_div": "logs, y: y*(log(y) - logs)",
}
"""PyTorch's losses entry by entry, likewise: their mean, their sum or each, as ``reduction=`` says."""
COMPOSED |= REDUCED


def _composed(name):
    """A function that is said in the notation itself."""
    said = ast.parse(f"lambda {COMPOSED[name]}", mode="eval").body
    parameters = [parameter.arg for parameter in said.args.args]
    defaults = dict(zip(parameters[::-1], said.args.defaults[::-1], strict=False))

    def read(reader, item, values, written, axis, keep):
        given = dict(zip(parameters, values, strict=False))
        given |= {one.arg: reader.read(one.value) for one in item.keywords if one.arg in parameters}
        if name in ("normalize", "cosine_similarity") and values and values[0].ndim > 2:  # PyTorch's axis is 1
            given.setdefault("axis", Value(op.number(1), 0))
        given = {
            parameter: Value(op.number(ast.literal_eval(defaults[parameter])), 0) for parameter in defaults
        } | given
        if len(given) < len(parameters) or len(values) > len(parameters):
            raise reader.error(item, f"{name} takes {', '.join(parameters)}, and has {len(values)} arguments")
        value = reader.elsewhere(said.body, given, item)
        return _reduced(reader, item, value, written) if name in REDUCED else value

    return read


def _options_of(name):
    """The options of a function that is said in the notation."""
    given = [parameter.partition("=")[0] for parameter in COMPOSED[name].partition(":")[0].split(", ")]
    return (*given, *(("reduction",) if name in REDUCED else ()))


def options_of(name):
    """The options of a function in the order in which a module of it takes them."""
    if name not in COMPOSED:
        return CALLS[name].options if "softmax" in name else ()
    needed = [part for part in COMPOSED[name].partition(":")[0].split(", ") if "=" not in part]
    return CALLS[name].options[len(needed) :]


def _multiplied_all(reader, item, values, written, axis, keep):
    whole = values[0]
    for value in values[1:]:
        whole = reader.matmul(_pair(item, [item, item], ast.MatMult()), whole, value)
    return whole


def _cross(reader, item, values, written, axis, keep):
    """The cross product: R a ⊙ Rᵀ b − Rᵀ a ⊙ R b, with R the shift by one of three entries."""
    left, right = reader.two(item, "cross", values)
    three = Size.of(3)
    if left.axes != (three,) or right.axes != (three,):
        raise reader.error(
            item, f"cross takes two vectors of 3, not {shape_words(left)} and {shape_words(right)}", ShapeError
        )
    on = op.fixed("roll", (three, three), (-1,))
    back = op.transpose(on)
    a, b = left.formula, right.formula
    first, second = (op.hadamard(op.product(one, a), op.product(other, b)) for one, other in ((on, back), (back, on)))
    return Value(op.add(first, op.negative(second)), 1)


def _convolve(reader, item, values, written, axis, keep):
    """A convolution by a kernel of a few entries: Σ wⱼ Sⱼ x, with Sⱼ a shift."""
    left, right = reader.two(item, "convolve", values)
    mode = next((getattr(option.value, "value", None) for option in item.keywords if option.arg == "mode"), "full")
    if left.ndim != 1 or right.ndim != 1 or mode not in ("full", "valid"):
        raise reader.error(item, "convolve takes two vectors, and mode 'full' or 'valid'", ShapeError)
    short = [v for v in (right, left) if v.axes[0].number is not None and v.axes[0].number <= _LONGEST_KERNEL]
    if not short:
        raise reader.error(item, f"convolve needs a kernel with a number of entries, at most {_LONGEST_KERNEL}")
    kernel = short[0]
    signal = left if kernel is right else right
    k, n = kernel.axes[0].number, signal.axes[0]
    if n.number is not None and n.number < k:
        kernel, signal, k, n = signal, kernel, n.number, kernel.axes[0]
    whole, terms = n + Size.of(k - 1), []
    for j in range(k):
        if mode == "full":
            shift = op.transpose(op.fixed("rows", (n, whole), (Size.of(j), n + Size.of(j))))
        else:
            first, kept = Size.of(k - 1 - j), n - Size.of(k - 1)
            shift = op.fixed("rows", (kept, n), (first, first + kept)) if k > 1 else op.identity(n)
        weight = op.product(op.transpose(op.unit(kernel.axes[0], j)), kernel.formula)
        terms.append(op.scale(weight, op.product(shift, signal.formula)))
    return Value(op.add(*terms), 1)


_LONGEST_KERNEL = 9


def _size(reader, item, values, written, axis, keep):
    rows, columns = reader.one(item, "size", values).formula.shape
    return Value(op.size(rows * columns), 0)


def _length(reader, item, values, written, axis, keep):
    """A.shape[i]."""
    (value,) = values
    if len(written) != 2:
        raise reader.error(item, "sizes are read one at a time: write A.shape[0], or m, n = A.shape")
    return Value(op.size(value.axes[reader.axis(item, value, reader.whole(written[1]))]), 0)


def _diag_vector(reader, item, values, written, axis, keep):
    value = reader.one(item, "Diag", values)
    if value.ndim != 1:
        raise reader.error(
            item, f"Diag takes a vector, not {shape_words(value)}; diagvec takes the diagonal of a matrix", ShapeError
        )
    return Value(op.diag(value.formula), 2)


def _norm(reader, item, values, written, axis, keep):
    value = reader.one(item, "norm", values)
    order = next((option.value for option in item.keywords if option.arg == "ord"), None)
    order = written[1] if len(written) > 1 else order
    axis = reader.along(item, "norm", written[2], values) if len(written) > 2 else axis
    kind = order.value if isinstance(order, ast.Constant) else order
    sizes = value.of(op.elementwise("abs", value.formula))
    if kind == 1 and (value.ndim == 1 or axis is not None):
        return _sum(reader, item, [sizes], written, axis, keep)
    infinite = isinstance(kind, ast.Attribute | ast.Name) and getattr(kind, "attr", getattr(kind, "id", "")) == "inf"
    if infinite and value.ndim == 1:
        return _largest(reader, item, [sizes], written, axis, keep)
    if (infinite or kind == 1) and value.ndim == 2 and axis is None:  # the largest sum of a row, or of a column
        return _largest(
            reader, item, [_sum(reader, item, [sizes], written, int(infinite), False)], written, None, False
        )
    if kind not in ((None, "fro") if value.ndim == 2 and axis is None else (None, 2)):
        raise reader.error(
            item,
            "norm with another ord= than 1, 2 and inf for a vector, 1, inf and 'fro' for a matrix, is not known; the "
            "largest singular value of A has the derivative of u@A@v, its unit vectors u and v declared as constants",
        )
    if axis is None and not keep:
        return Value(op.norm(value.formula), 0)
    squares = _sum(reader, item, [value.of(op.power(value.formula, 2))], written, axis, keep)
    return squares.of(op.power(squares.formula, Fraction(1, 2)))


def _by_its_row(row):
    """An operation of one array, as its row says."""
    name, axes, takes, _ = row.read

    def read(reader, item, values, *rest):
        value = reader.one(item, name, values, takes)
        return Value(applied(row, value.formula), value.ndim if axes is None else axes)

    return read


def _of_any(make):
    def read(reader, item, values, written, axis, keep):
        value = reader.one(item, getattr(item.func, "id", "this"), values)
        return value.of(make(value.formula))

    return read


def _filled_with(reader, item, values, written, axis, keep):
    """``np.full((m, n), v)``."""
    if len(written) != 2:
        raise reader.error(item, "full takes a size, or a pair such as (m, n), and a number")
    ones = _filled(op.ones)(reader, item, values, written[:1], axis, keep)
    number = reader.read(written[1])
    if number.ndim:
        raise reader.error(item, "full takes a size, or a pair such as (m, n), and a number")
    return ones.of(op.scale(number.formula, ones.formula))


def _full(reader, item, values, written, axis, keep):
    """An array of a shape, with one number in every place."""
    number = reader.read(written[1]) if len(written) == 2 else None
    if number is None or number.ndim:
        raise reader.error(item, "full_like takes an array and a number")
    return values[0].of(op.scale(number.formula, op.ones(values[0].formula.shape)))


def _transpose(reader, item, values, written, axis, keep):
    """All axes turned round, or in the order that is said; two axes of more than two change places, as in PyTorch."""
    value, order = values[0], written[1:]
    if len(order) == 1 and isinstance(order[0], ast.Tuple | ast.List):
        order = order[0].elts
    order = [reader.axis(item, value, reader.whole(entry)) for entry in order]
    if not order:
        return transposed(value)
    named = getattr(item.func, "id", "") == "transpose"
    if len(order) == 2 and named and (value.ndim > 2 or reader.of_torch()):
        a, b = order
        order = [{a: b, b: a}.get(i, i) for i in range(value.ndim)]
    if sorted(order) != list(range(value.ndim)):
        raise reader.error(item, f"transpose takes each of the {value.ndim} axes once", ShapeError)
    return over_indices([(value, value.letters)], "".join(value.letters[i] for i in order))


def _swapped(reader, item, values, written, axis, keep):
    value, places = values[0], [reader.axis(item, values[0], reader.whole(entry)) for entry in written[1:]]
    if len(places) != 2:
        raise reader.error(item, "swapaxes takes an array and two axes, as in swapaxes(A, 0, 1)")
    a, b = places
    order = [{a: b, b: a}.get(i, i) for i in range(value.ndim)]
    return over_indices([(value, value.letters)], "".join(value.letters[i] for i in order))


def _moved(reader, item, values, written, axis, keep):
    places = [reader.axis(item, values[0], reader.whole(entry)) for entry in written[1:]]
    if len(places) != 2:
        raise reader.error(item, "moveaxis takes an array and two axes, as in moveaxis(A, 0, 1)")
    return moved(values[0], *places)


def _squeezed(reader, item, values, written, axis, keep):
    value = values[0]
    if axis is not None and value.axes[reader.axis(item, value, axis)] is not ONE:
        raise reader.error(item, f"axis {axis} of {shape_words(value)} is not one long", ShapeError)
    gone = [i for i, size in enumerate(value.axes) if size is ONE and axis in (None, i, i - value.ndim)]
    return array(value.formula, [size for i, size in enumerate(value.axes) if i not in gone])


def _expanded(reader, item, values, written, axis, keep):
    """A new axis of length one."""
    axes = list(values[0].axes)
    if not isinstance(axis, int) or not -len(axes) - 1 <= axis <= len(axes):
        raise reader.error(item, "expand_dims takes an array and an axis, as in expand_dims(A, 0)")
    axes.insert(axis % (len(axes) + 1), ONE)
    return array(values[0].formula, axes)


def _vec(reader, item, values, written, axis, keep):
    return Value(op.vec(reader.one(item, "vec", values[:1]).formula), 1)


def _kron(reader, item, values, written, axis, keep):
    left, right = reader.two(item, "kron", values)
    if left.ndim != right.ndim or not left.ndim:
        raise reader.error(
            item,
            f"kron of {shape_words(left)} and {shape_words(right)}; it takes two vectors or two matrices",
            ShapeError,
        )
    return Value(op.kronecker(left.formula, right.formula), left.ndim)


# ── PyTorch's losses ──────────────────────────────────────────────────────────────────────────────────────────────


def _reduction(reader, item):
    said = next((getattr(one.value, "value", None) for one in item.keywords if one.arg == "reduction"), "mean")
    if said not in ("mean", "sum", "none", "batchmean"):
        raise reader.error(item, "reduction= is 'mean', 'sum', 'batchmean' or 'none'")
    return said


def _reduced(reader, item, value, written):
    """The mean, the sum or each of what a loss is entry by entry; ``batchmean`` is the sum over the number of rows."""
    said = _reduction(reader, item)
    if said == "none" or not value.ndim:
        return value
    if said == "batchmean" and value.mask is not None:
        raise reader.error(item, "batchmean has no number of rows of what a condition picks")
    whole = _sum(reader, item, [value], written, None, False, mean=said == "mean")
    return whole.of(op.scale(op.power(op.size(value.axes[0]), -1), whole.formula)) if said == "batchmean" else whole


def _item(reader, item, values, written, axis, keep):
    """The one entry of an array that has one."""
    if not values[0].formula.is_scalar:
        raise reader.error(item, f"item takes an array of one entry, not {shape_words(values[0])}", ShapeError)
    return Value(values[0].formula, 0)


_TURNING = {"unsqueeze", "view", "reshape", "long", "int", "squeeze", "astype", "to", "flatten"}


def _index_of(written):
    """The tree of the indices, without what only turns them into a column or into whole numbers."""
    while True:
        match written:
            case ast.Attribute(value=inner, attr="data"):
                written = inner
            case ast.Call(func=ast.Attribute(value=inner, attr=name)) if name in _TURNING:
                written = inner
            case _:
                break
    return written.value if isinstance(written, ast.Subscript) and ast.unparse(written).endswith("None]") else written


def _one_hot(reader, item, values, written, axis, keep):
    """A row with a one at the index, for each of a declared vector of indices."""
    said = next((one.value for one in item.keywords if one.arg in ("num_classes", "depth")), None)
    said = written[1] if len(written) == 2 else said
    if not written or said is None or not reader.picks(_index_of(written[0])):
        raise reader.error(item, "one_hot takes the name of a vector of indices and the number of columns")
    return Value(reader.gathered(_index_of(written[0]), Size.of(reader.whole(said))), 2)


def _scatter(reader, item, values, written, axis, keep):
    """``Z.scatter(1, y[:, None], v)``: Z with the number v at entry y_i of row i."""
    index = _index_of(written[2]) if len(written) == 4 else None
    if index is None or values[0].ndim != 2 or reader.whole(written[1]) not in (1, -1) or not reader.picks(index):
        said = "a matrix, axis 1, the name of a vector of indices as a column, and a number"
        raise reader.error(item, f"scatter takes {said}; or write one_hot(y, num_classes=C)")
    mask, new = reader.gathered(index, values[0].axes[1]), reader.read(written[3])
    if new.ndim or mask.shape != values[0].formula.shape:
        raise reader.error(item, "scatter puts one number into each row here", ShapeError)
    rest = op.add(op.ones(mask.shape), op.negative(mask))
    return values[0].of(op.add(op.hadamard(values[0].formula, rest), op.scale(new.formula, mask)))


def _held(reader, item, values, written, axis, keep):
    """What is held fixed, where it is constant already."""
    moving = [inner.data[0] for inner in ordered([values[0].formula]) if inner.operation == "symbol"]
    moving = [name for name in moving if name in reader.scope.varying]
    if moving:
        said = f"{moving[0]} varies, and this holds {reader.written(written[0])} fixed: declare that in shapes under a "
        raise reader.error(item, said + "name of its own, and write the name here")
    return values[0]


def _gather(reader, item, values, written, axis, keep):
    """``Z.gather(1, y[:, None])``: entry y_i of row i, as a column."""
    said = {one.arg: one.value for one in item.keywords}
    axis = axis if axis is not None or len(written) < 3 else reader.whole(written[1])
    index = _index_of(said.get("index", written[-1]))
    if not reader.picks(index):  # np.take_along_axis has the axis last
        index = _index_of(written[1]) if len(written) > 1 else index
    if values[0].ndim != 2 or axis not in (1, -1) or not reader.picks(index):
        raise reader.error(item, "gather takes a matrix, axis 1, and the name of a vector of indices, as a column")
    mask = reader.gathered(index, values[0].axes[1])
    if mask.shape != values[0].formula.shape:
        raise reader.error(item, f"{index.id} has {mask.shape[0]} entries, for {values[0].axes[0]} rows", ShapeError)
    return Value(op.product(op.hadamard(values[0].formula, mask), op.ones((values[0].axes[1], ONE))), 2)


def _cross_entropy(reader, item, values, written, axis, keep, logits=True, each=False):
    """−(Y : log softmax(Z))/N for the rows of Z; the target is a row for each, or the index of a column for each."""
    scores, target = reader.two(item, item.func.id, values)
    smoothing = next((reader.read(one.value) for one in item.keywords if one.arg == "label_smoothing"), None)
    if logits:
        scores = _log_of(_softmax)(reader, item, [scores], written, None, False)
    if scores.ndim == 2 and target.ndim == 1 and reader.picks(_index_of(written[1])):
        mask = reader.gathered(_index_of(written[1]), scores.axes[1])
    elif scores.ndim == 2 and _is_arange(target.formula):
        mask = op.identity(scores.axes[1])
    elif logits and target.ndim == scores.ndim:
        mask = target.formula
    else:
        more = ", or an array of the shape of the scores" if logits else ""
        raise reader.error(item, f"the second argument is the name of a vector of indices{more}", ShapeError)
    if mask.shape != scores.formula.shape:
        said = f"the scores are {shape_words(scores)} and the target is {shape_words(target)}; their shapes differ"
        raise reader.error(item, said, ShapeError)
    if smoothing is not None:  # (1 − ε) Y + ε/C
        share = op.scale(op.power(op.size(scores.axes[-1]), -1), smoothing.formula)
        rest = op.add(op.number(1), op.negative(smoothing.formula))
        mask = op.add(op.scale(rest, mask), op.scale(share, op.ones(mask.shape)))
    chosen, said = op.negative(op.hadamard(mask, scores.formula)), "none" if each else _reduction(reader, item)
    if scores.ndim == 2 and said == "none":
        return Value(op.product(chosen, op.ones((scores.axes[1], ONE))), 1)
    count = scores.axes[0] if scores.ndim == 2 and said == "mean" else ONE
    return Value(op.scale(op.power(op.size(count), -1), op.total(chosen)), 0)


def _is_arange(formula):
    return formula.operation == "fixed" and formula.data[0] == "arange"


@dataclass(frozen=True)
class Call:
    """A row of `CALLS`."""

    read: Callable
    """read(reader, item, values, written, axis, keep): the `Value` of a call."""
    arrays: slice = field(default_factory=lambda: slice(None))
    """Which of its arguments are arrays."""
    options: tuple = ()
    """Its options that are no arrays."""
    deep: bool = False
    """Whether it takes arrays of three axes and more, as the functions of one number do."""
    numbered: bool = False
    """Whether its second argument is a number and not an axis."""
    listed: bool = False
    """Whether its arrays stand in a list."""


_BOUNDS = tuple(name.format(end) for name in ("{}", "a_{}", "{}_value", "clip_value_{}") for end in ("min", "max"))
_FIRST, _NONE = slice(1), slice(0)
_ALONG = ("axis", "keepdims")
_SPREAD = (*_ALONG, "ddof", "correction", "unbiased")
RANDOM = ("randn", "rand", "randn_like", "rand_like", "standard_normal", "normal", "uniform")
"""What draws an array at random."""
_DRAWN = (
    *RANDOM, "dropout", "Dropout", "bernoulli", "randint", "multinomial", "rsample", "sample", "gumbel_softmax",
    "choice", "permutation", "randperm",
)  # fmt: skip
INSTEAD = {
    **dict.fromkeys(
        ("eigvalsh", "eigvals", "eigh", "eig"),
        "an eigenvalue of a symmetric A has the derivative of v@A@v, with its unit vector v declared as a constant",
    ),
    **dict.fromkeys(
        ("svd", "svdvals"),
        "a singular value of A has the derivative of u@A@v, with its unit vectors u and v declared as constants",
    ),
    **dict.fromkeys(
        ("argsort", "percentile", "quantile", "topk"),
        "between ties sort(z) has the derivative of P@z: write sort(z), and pick its entries by sort(z)[k]",
    ),
    "pinv": "where A has independent columns it is inv(A.T@A)@A.T",
    "cholesky": "the log of its determinant is logdet(A)/2",
    **dict.fromkeys(
        ("cho_factor", "cho_solve"),
        "write np.linalg.solve(K, y), and np.linalg.slogdet(K)[1]/2 for the sum of its logs",
    ),
    **dict.fromkeys(_DRAWN, "what is drawn at random is a constant: declare it in shapes"),
    **dict.fromkeys(("append", "extend"), "write the parts as a list, np.stack([a, b])"),
    **dict.fromkeys(
        ("matrix", "asmatrix", "mat"),
        "an array of two axes multiplies by @: write A @ B for A*B, and leave matrix() out",
    ),
    **dict.fromkeys(
        ("index_fill_", "index_fill", "index_add_"),
        "write one_hot(y, num_classes=C) for ones at the indices y of the rows",
    ),
    **dict.fromkeys(
        ("argmax", "argmin"), "declare the indices in shapes, or write max(x, axis=…) for the entry that they pick"
    ),
    **dict.fromkeys(
        ("vmap", "map", "apply", "apply_along_axis"), "write the function on the whole array, with axis= for the rows"
    ),
    **dict.fromkeys(
        ("conv2d", "conv1d", "unfold"), "write the sum over the places of the kernel, or einsum on windows"
    ),
    **dict.fromkeys(
        ("max_pool2d", "avg_pool2d"), "write x.reshape(N, C, H//2, 2, W//2, 2) and max or mean over axis=(3, 5)"
    ),
    "tensordot": "write A @ B, or einsum with a letter for each axis",
    "linspace": "declare the points in shapes",
    "mean_squared_error": "write mean((y - p)**2)",
    "sqrtm": "declare the root R as the variable, with R@R for the matrix",
}
"""What to write instead of functions that are not in the table, where the derivative is the same."""
CALLS = {
    "sum": Call(_sum, arrays=_FIRST, options=_ALONG, deep=True),
    "mean": Call(_mean, arrays=_FIRST, options=_ALONG, deep=True),
    "var": Call(_var, arrays=_FIRST, options=_SPREAD, deep=True),
    "std": Call(lambda *call: _var(*call, root=True), arrays=_FIRST, options=_SPREAD, deep=True),
    **{row.read.name: Call(_by_its_row(row)) for row in ROWS.values() if row.read},
    "norm": Call(_norm, arrays=_FIRST, options=("ord", *_ALONG), deep=True, numbered=True),
    "frob": Call(_frob, deep=True),
    "outer": Call(_outer),
    "inner": Call(_inner),
    "dot": Call(_dot),
    "solve": Call(_solve),
    "matrix_power": Call(_matrix_power, arrays=_FIRST),
    "einsum": Call(_einsum, arrays=slice(1, None), deep=True),
    "size": Call(_size, deep=True),
    "shape": Call(_length, arrays=_FIRST, deep=True),
    "kron": Call(_kron),
    "Diag": Call(_diag_vector),
    "diag": Call(_diag),
    "vec": Call(_vec, deep=True),
    "reshape": Call(_reshape, arrays=_FIRST, deep=True),
    "maximum": Call(_maximum, deep=True),
    "minimum": Call(lambda *a: _maximum(*a, sign=-1), deep=True),
    "max": Call(_largest, arrays=_FIRST, options=_ALONG, deep=True),
    "min": Call(lambda *a: _largest(*a, sign=-1), arrays=_FIRST, options=_ALONG, deep=True),
    "clip": Call(_clip, arrays=_FIRST, options=_BOUNDS, deep=True),
    "where": Call(_where, deep=True),
    "logaddexp": Call(_logaddexp, deep=True),
    "sqrt": Call(_of_any(lambda x: op.power(x, 0.5)), deep=True),
    **dict.fromkeys(("transpose", "permute"), Call(_transpose, arrays=_FIRST, deep=True)),
    **dict.fromkeys(("fill", "full_like"), Call(_full, arrays=_FIRST, deep=True)),
    "swapaxes": Call(_swapped, arrays=_FIRST, deep=True),
    "moveaxis": Call(_moved, arrays=_FIRST, deep=True),
    "squeeze": Call(_squeezed, arrays=_FIRST, options=("axis",), deep=True),
    "expand_dims": Call(_expanded, arrays=_FIRST, options=("axis",), deep=True),
    "softmax": Call(_softmax, arrays=_FIRST, options=("axis",), deep=True),
    "log_softmax": Call(_log_of(_softmax), arrays=_FIRST, options=("axis",), deep=True),
    "cross_entropy": Call(_cross_entropy, options=("reduction", "label_smoothing")),
    "nll_loss": Call(lambda *call: _cross_entropy(*call, logits=False), options=("reduction",)),
    "copy": Call(_of_any(lambda x: x), arrays=_FIRST, options=("copy", "non_blocking"), deep=True),
    "item": Call(_item, arrays=_FIRST, deep=True),
    "scatter": Call(_scatter, arrays=_FIRST),
    "detach": Call(_held, arrays=_FIRST, deep=True),
    "ndim": Call(lambda reader, item, values, *rest: Value(op.number(values[0].ndim), 0), arrays=_FIRST, deep=True),
    "one_hot": Call(_one_hot, arrays=_NONE, options=("num_classes", "depth")),
    "gather": Call(_gather, arrays=_FIRST, options=("axis", "index"), numbered=True),
    "softmax_cross_entropy_with_integer_labels": Call(
        lambda *call: _cross_entropy(*call, each=True), options=("axis",)
    ),
    "sparse_softmax_cross_entropy_with_logits": Call(lambda *call: _cross_entropy(*call, each=True)),
    "logsumexp": Call(_logsumexp, arrays=_FIRST, options=_ALONG, deep=True),
    "cumsum": Call(_mapped("cumsum"), arrays=_FIRST, options=("axis",), deep=True),
    "gradient": Call(_gradient, arrays=_FIRST, options=("axis",)),
    "diff": Call(_diff, arrays=_FIRST, options=("axis",), deep=True, numbered=True),
    "flip": Call(_mapped("flip"), arrays=_FIRST, options=("axis",), deep=True),
    "roll": Call(_mapped("roll", lambda n, by: n, 1), arrays=_FIRST, options=("axis",), deep=True, numbered=True),
    "repeat": Call(_repeat, arrays=_FIRST, options=("axis",), deep=True, numbered=True),
    "tile": Call(_tile, arrays=_FIRST, deep=True),
    **dict.fromkeys(("expand", "expand_as", "broadcast_to"), Call(_expand, arrays=_FIRST, deep=True)),
    "embedding": Call(_embedding, arrays=_NONE, options=("weight",)),
    "triu": Call(_triangle("triu"), arrays=_FIRST, options=("k", "diagonal")),
    "tril": Call(_triangle("tril"), arrays=_FIRST, options=("k", "diagonal")),
    "arange": Call(_arange, arrays=_NONE),
    "concatenate": Call(_concatenate, options=("axis",), deep=True, listed=True),
    "hstack": Call(_concatenate, listed=True),
    "vstack": Call(
        lambda reader, item, values, *rest: (_concatenate if values and values[0].ndim == 2 else _stack)(
            reader, item, values, *rest
        ),
        listed=True,
    ),
    "stack": Call(_stack, options=("axis",), deep=True, listed=True),
    "array": Call(_array, listed=True),
    **{name: Call(_composed(name), options=_options_of(name), deep=True, numbered=True) for name in COMPOSED},
    "multi_dot": Call(_multiplied_all, listed=True),
    **dict.fromkeys(("split", "chunk"), Call(_split, arrays=_FIRST, options=("axis",), deep=True, numbered=True)),
    "sort": Call(_sorted),
    "median": Call(_median),
    "cross": Call(_cross),
    "convolve": Call(_convolve, options=("mode",)),
    "eye": Call(_eye, arrays=_NONE),
    "ones_like": Call(_of_any(lambda x: op.ones(x.shape)), deep=True),
    **dict.fromkeys(("zeros_like", "empty_like"), Call(_of_any(lambda x: op.zero(x.shape)), deep=True)),
    "ones": Call(_filled(op.ones), arrays=_NONE),
    "full": Call(_filled_with, arrays=_NONE),
    "zeros": Call(_filled(op.zero), arrays=_NONE),
    "empty": Call(_filled(op.zero), arrays=_NONE),
    "e1": Call(_unit, arrays=_NONE),
    "eyerow": Call(_unit, arrays=_NONE),
}
"""The functions that a text may call."""
