"""The table of operations: what each one means, how d passes through it, and how it crosses the colon.

A row says everything the system knows of an operation:

- `value`, in NumPy, on 2-D arrays, analytic in complex ones, so that the witness can evaluate any formula;
- `differential`, how d passes through it, as a formula linear in the differentials of its arguments;
- `adjoint`, for an operation linear in an argument: G : op(E) = adjoint(G) : E, how it crosses the colon;
- `matrix`, the same map as a matrix on row-major vecs: vec op(E) = M vec E, for Jacobians;
- the laws that these are, as they are shown.

The functions that make formulas (`product`, `hadamard`, …) stand first. They check shapes and apply the laws of
simplification, so that equal things have one form; derivation, printing and the appendix of laws all read this file.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from derivations.expression import ONE, ParseError, ShapeError, Size, exact, node, shape_text

# ── leaves ────────────────────────────────────────────────────────────────────────────────────────────────────────


def number(value):
    """A number, exact where it can be."""
    return node("number", (), (ONE, ONE), exact(value))


def symbol(name, shape, ndim, properties=(), shown=""):
    """A declared variable or constant; `ndim` is how NumPy holds it, 0 to 2.

    It is printed as `shown`, where its own name would be mistaken for something else.
    """
    return node("symbol", (), shape, (name, ndim, tuple(properties), shown or name))


def named(name, definition):
    """A formula under a name of its own."""
    return node("named", (definition,), definition.shape, name)


def differential(of):
    """The differential of a symbol or of a named formula, free and of the same shape."""
    return node("differential", (), of.shape, of)


def size(value):
    """A size as a number."""
    value = Size.of(value)
    return number(value.number) if value.number is not None else node("size", (), (ONE, ONE), value)


def ones(shape):
    """The matrix of ones."""
    return number(1) if shape == (ONE, ONE) else node("ones", (), shape)


def zero(shape):
    """The matrix of zeros."""
    return number(0) if shape == (ONE, ONE) else node("zero", (), shape)


def identity(n):
    """The identity matrix."""
    return number(1) if n is ONE else node("identity", (), (n, n))


def unit(n, index):
    """The unit vector with a one at `index`, counted from 0."""
    return number(1) if n is ONE else node("unit", (), (n, ONE), index)


def commutation(rows, columns):
    """The matrix K with vec(Aᵀ) = K vec(A), for A of shape rows×columns and the row-major vec."""
    n = rows * columns
    return identity(n) if rows is ONE or columns is ONE else node("commutation", (), (n, n), (rows, columns))


def diagonal_embedding(n):
    """The matrix D with vec(Diag(v)) = D v, of shape n²×n."""
    return node("diagonal embedding", (), (n * n, n))


# ── making formulas: shapes and simplification ────────────────────────────────────────────────────────────────────


def is_number(formula, value=None):
    """Whether it is a number (this number)."""
    return formula.operation == "number" and (value is None or formula.data == value)


def is_zero(formula):
    """Whether it is known to be zero."""
    return formula.operation == "zero" or is_number(formula, 0)


def split_coefficient(formula):
    """A formula as (coefficient, rest)."""
    if formula.operation == "combination" and len(formula.args) == 1:
        return formula.data[0], formula.args[0]
    if formula.operation == "number":
        return formula.data, number(1)
    return Fraction(1), formula


def _split_scalars(formula):
    """A formula as (coefficient, scalar factors, rest), the rest holding no scalar factor."""
    coefficient, rest = split_coefficient(formula)
    if rest.operation == "scale":
        return coefficient, [rest.args[0]], rest.args[1]
    return coefficient, [], rest


def _with_scalars(coefficient, scalars, rest):
    """What `_split_scalars` took apart, or what came of it, put together again."""
    for scalar in scalars:
        rest = scale(scalar, rest)
    return times(coefficient, rest)


def combine(terms):
    """The linear combination of (coefficient, formula) pairs; all of one shape.

    Sums inside sums open, equal terms meet, and a common first or last factor of every term stays where it is.
    """
    shape = terms[0][1].shape
    total = {}
    for coefficient, formula in terms:
        if formula.shape != shape:
            raise ShapeError(f"a sum of {shape_text(shape)} and {shape_text(formula.shape)}")
        inner = [(1, formula)]
        if formula.operation == "combination" and (len(formula.args) == 1 or abs(coefficient) == 1):
            inner = zip(formula.data, formula.args, strict=True)
        for more, part in inner:
            factor = coefficient * more
            if part.operation == "number":
                factor, part = factor * part.data, number(1)
            if not is_zero(part):
                total[part] = total.get(part, 0) + factor
    total = {part: factor for part, factor in total.items() if factor}
    if not total:
        return zero(shape)
    if len(total) == 1:
        (part, factor), *_ = total.items()
        if is_number(part):
            return number(factor)
        if factor == 1:
            return part
        if part.operation == "combination":  # a lone sum with a coefficient keeps its brackets
            return node("combination", (part,), shape, (exact(factor),))
    return node("combination", tuple(total), shape, tuple(exact(factor) for factor in total.values()))


def add(*formulas):
    """The sum."""
    return combine([(1, formula) for formula in formulas])


def negative(formula):
    """Minus a formula; in front of a sum it goes to each term."""
    return combine([(-1, formula)])


def times(value, formula):
    """A number times a formula."""
    return combine([(value, formula)])


def before(value, formula):
    """A number times a formula, before the brackets of a sum even where it is a minus alone."""
    if value == -1 and formula.operation == "combination" and len(formula.args) > 1:
        return node("combination", (formula,), formula.shape, (exact(-1),))
    return times(value, formula)


def scale(scalar, formula):
    """A scalar formula times a formula of any shape."""
    if not scalar.is_scalar:
        raise ShapeError(f"a scalar factor of shape {shape_text(scalar.shape)}")
    if formula.is_scalar:
        return hadamard(scalar, formula)
    first, scalar = split_coefficient(scalar)
    second, factors, rest = _split_scalars(formula)
    scalar = hadamard(scalar, *factors) if factors else scalar
    third, scalar = split_coefficient(scalar)
    if _is_exp(rest) and rest.is_column:
        over = power(total(rest), -1)
        factors = scalar.args if scalar.operation == "hadamard" else (scalar,)
        if over in factors:
            scalar = hadamard(number(1), *(factor for factor in factors if factor is not over))
            rest = softmax(rest.args[0], 0)
    if is_zero(scalar) or is_zero(rest) or not first * second * third:
        return zero(formula.shape)
    whole = rest if is_number(scalar, 1) else node("scale", (scalar, rest), rest.shape)
    return combine([(first * second * third, whole)])


def product(*formulas):
    """The matrix product, of any number of factors."""
    coefficient, scalars, factors = Fraction(1), [], []
    for formula in formulas:
        more, outside, rest = _split_scalars(formula)
        coefficient *= more
        scalars += outside
        for factor in rest.args if rest.operation == "product" and not rest.is_scalar else (rest,):
            if (
                factors
                and factors[-1].shape[1] is not factor.shape[0]
                and not (factor.is_scalar or factors[-1].is_scalar)
            ):
                raise ShapeError(f"a product of {shape_text(factors[-1].shape)} and {shape_text(factor.shape)}")
            if factor.is_scalar:
                scalars.append(factor)
            elif factors and factors[-1].operation == factor.operation == "ones" and factor.shape[0] is not ONE:
                scalars.append(size(factor.shape[0]))
                factors[-1] = ones((factors[-1].shape[0], factor.shape[1]))
            elif factors and (merged := _merged(factors[-1], factor)):
                factors[-1] = merged
            elif factors and _cancel(factors[-1], factor):
                factors[-1] = identity(factor.shape[1])
            elif factors and factors[-1].operation == "identity":
                factors[-1] = factor
            elif not (factor.operation == "identity" and factors):
                factors.append(factor)
    if not factors:
        whole = hadamard(*scalars) if scalars else number(1)
        return combine([(coefficient, whole)])
    factors = [factor for factor in factors if not is_number(factor, 1)] or [number(1)]
    shape = (factors[0].shape[0], factors[-1].shape[1])
    if any(is_zero(factor) for factor in factors):
        return zero(shape)
    if len(factors) == 1:
        whole = factors[0]
    elif len(factors) == 2 and shape == (ONE, ONE):
        whole = _dot(*factors)
    elif (
        factors[0].operation == "ones"
        and factors[0].shape[1] is ONE
        and factors[-1].operation == "ones"
        and len(factors) == 2
    ):
        whole = ones(shape)
    else:
        whole = node("product", tuple(factors), shape)
    return _with_scalars(coefficient, scalars, whole)


def _dot(row, column):
    """rowᵀ column of two factors; a vector with itself, and sums, are Frobenius products."""
    left = transpose(row)
    if left is column or "ones" in (left.operation, column.operation):
        return frobenius(left, column)
    return node("product", (row, column), (ONE, ONE))


def _merged(left, right):
    """Diag(a) Diag(b) = Diag(a ⊙ b), Diag(v) 1 = v, softmax(Z) 1 = 1; else None."""
    if right.operation == "ones" and right.is_column and _body(left).operation == "softmax" and _body(left).data == 1:
        return ones((left.shape[0], ONE))
    if left.operation == "ones" and left.shape[0] is ONE and _body(right).operation == "softmax":
        return ones((ONE, right.shape[1])) if _body(right).data == 0 else None
    if left.operation == right.operation == "diag":
        return diag(hadamard(left.args[0], right.args[0]))
    if left.operation == "diag" and right.operation == "ones" and right.is_column:
        return left.args[0]
    if right.operation == "diag" and left.operation == "ones" and left.shape[0] is ONE:
        return transpose(right.args[0])
    return None


def _cancel(left, right):
    return (left.operation == "inverse" and left.args[0] is right) or (
        right.operation == "inverse" and right.args[0] is left
    )


def hadamard(*formulas):
    """The entrywise product; for scalars, the product."""
    shape = formulas[0].shape
    coefficient, scalars, powers = Fraction(1), [], {}
    for formula in formulas:
        if formula.shape != shape:
            raise ShapeError(f"an entrywise product of {shape_text(shape)} and {shape_text(formula.shape)}")
        more, outside, rest = _split_scalars(formula)
        coefficient *= more
        scalars += outside
        for factor in rest.args if rest.operation == "hadamard" else (rest,):
            if is_zero(factor):
                return zero(shape)
            if factor.operation == "ones" or is_number(factor, 1):
                continue
            base, exponent = (factor.args[0], factor.data) if factor.operation == "power" else (factor, Fraction(1))
            powers[base] = powers.get(base, 0) + exponent
    if len(powers) > 1:
        _recognise(powers)
    factors = [power(base, exponent) for base, exponent in powers.items() if exponent]
    factors = [factor for factor in factors if not is_number(factor, 1)]
    if not factors:
        whole = ones(shape)
    elif len(factors) == 1:
        whole = factors[0]
    else:
        whole = node("hadamard", tuple(factors), shape)
    return _with_scalars(coefficient, scalars, whole)


def _recognise(powers):
    """Write exp(Z) over its sums as softmax(Z), exp(Z) over 1 + exp(Z) as σ(Z), sinh(Z) over cosh(Z) as tanh(Z)."""
    for base in [base for base in powers if base.operation == "elementwise" and base.data in _QUOTIENTS]:
        below, quotient = _QUOTIENTS[base.data]
        below = elementwise(below, base.args[0])
        below = next((other for other in powers if _body(other) is below and powers[other] == -powers[base]), None)
        if below is not None:
            whole, exponent = elementwise(quotient, base.args[0]), powers[base]
            del powers[base], powers[below]
            powers[whole] = powers.get(whole, 0) + exponent
    for base in [base for base, exponent in powers.items() if exponent == 1 and _is_exp(base)]:
        z = base.args[0]
        known = {add(ones(z.shape), negative(elementwise("sigmoid", z))): (1, elementwise("sigmoid", z))}
        if ONE not in z.shape:
            known[_axis_spread(_axis_sum(base, 1), base, 1)] = -1, softmax(z, 1)
            known[_axis_spread(_axis_sum(base, 0), base, 0)] = -1, softmax(z, 0)
        for other, (exponent, whole) in known.items():
            if powers.get(other) == exponent:
                del powers[base], powers[other]
                powers[whole] = powers.get(whole, 0) + 1
                break


_QUOTIENTS = {"sinh": ("cosh", "tanh"), "sin": ("cos", "tan")}


def _body(formula):
    """What a name stands for; the formula itself, where it has none."""
    return formula.args[0] if formula.operation == "named" else formula


def _is_exp(formula):
    return formula.operation == "elementwise" and formula.data == "exp"


def power(base, exponent):
    """Each entry to a power that is a number."""
    exponent = exact(exponent)
    if exponent == 1:
        return base
    if exponent == 0 or base.operation == "ones":
        return ones(base.shape)
    whole = isinstance(exponent, Fraction) and exponent.denominator == 1
    if base.operation == "number" and whole and (base.data or exponent > 0) and abs(exponent) <= 64:
        digits = (
            0
            if isinstance(base.data, float)
            else max(base.data.numerator.bit_length(), base.data.denominator.bit_length())
        )
        if digits * abs(exponent) > 4000 or (
            isinstance(base.data, float) and abs(np.log10(abs(base.data))) * abs(exponent) > 300
        ):
            raise ParseError("a number beyond 1e300, or nearer to zero than 1e-300")
        return number(base.data**exponent.numerator)
    coefficient, scalars, rest = _split_scalars(base)
    if whole and abs(exponent) <= 64 and (coefficient != 1 or scalars) and rest is not base and coefficient:
        whole = power(rest, exponent)
        for scalar in scalars:
            whole = scale(power(scalar, exponent), whole)
        return times(coefficient**exponent.numerator, whole)
    if base.operation == "power" and whole:
        return power(base.args[0], base.data * exponent)
    if base.operation == "norm" and whole and exponent > 0 and exponent % 2 == 0:
        return power(frobenius(base.args[0], base.args[0]), exponent / 2)
    if base.operation == "hadamard" and whole and (exponent < 0 or base.is_scalar):
        return hadamard(*(power(factor, exponent) for factor in base.args))
    if whole and exponent < 0 and (inside := _one_plus_exp(base)) is not None:
        return power(elementwise("sigmoid", negative(inside)), -exponent)
    return node("power", (base,), base.shape, exponent)


def _one_plus_exp(formula):
    """The w of 1 + exp(w), or None."""
    if formula.operation == "combination" and formula.data == (1, 1):
        for one, other in (formula.args, formula.args[::-1]):
            if (one.operation == "ones" or is_number(one, 1)) and _is_exp(other):
                return other.args[0]
    return None


def general_power(base, exponent):
    """Each entry to a power that is a formula: a scalar one for all, or one of the same shape."""
    exponent = _uniform(exponent) or exponent
    if exponent.operation == "number":
        return power(base, exponent.data)
    return node("general power", (base, exponent), base.shape)


def _uniform(formula):
    """The scalar that stands in every entry, or None."""
    coefficient, scalars, rest = _split_scalars(formula)
    if rest.operation == "ones":
        return _with_scalars(coefficient, scalars, number(1))
    if rest.operation == "combination":
        parts = [_uniform(part) for part in rest.args]
        if all(parts):
            return _with_scalars(coefficient, scalars, combine(list(zip(rest.data, parts, strict=True))))
    return None


def transpose(formula):
    """The transpose, moved inwards through products, inverses and scalar factors."""
    kind, shape = formula.operation, (formula.shape[1], formula.shape[0])
    if formula.symmetric:
        return formula
    if kind == "transpose":
        return formula.args[0]
    if kind in ("ones", "zero"):
        return node(kind, (), shape)
    if kind == "product":
        return node("product", tuple(transpose(factor) for factor in reversed(formula.args)), shape)
    if kind == "inverse":
        return inverse(transpose(formula.args[0]))
    if kind == "scale":
        return scale(formula.args[0], transpose(formula.args[1]))
    if kind == "combination" and (
        len(formula.args) == 1 or all(part.symmetric or part.operation == "transpose" for part in formula.args)
    ):
        return combine([(c, transpose(part)) for c, part in zip(formula.data, formula.args, strict=True)])
    return node("transpose", (formula,), shape)


def inverse(matrix):
    """The matrix inverse."""
    _square("inv", matrix)
    if matrix.is_scalar:
        return power(matrix, -1)
    if matrix.operation == "inverse":
        return matrix.args[0]
    if matrix.operation == "identity":
        return matrix
    coefficient, scalars, rest = _split_scalars(matrix)
    if rest is not matrix:
        whole = inverse(rest)
        for scalar in scalars:
            whole = scale(power(scalar, -1), whole)
        return times(1 / coefficient, whole)
    return node("inverse", (matrix,), matrix.shape)


def determinant(matrix):
    """The determinant."""
    _square("det", matrix)
    if matrix.is_scalar or matrix.operation == "identity":
        return matrix if matrix.is_scalar else number(1)
    if matrix.operation == "transpose":
        matrix = matrix.args[0]
    return node("determinant", (matrix,), (ONE, ONE))


def log_determinant(matrix):
    """The logarithm of a positive determinant."""
    _square("logdet", matrix)
    if matrix.is_scalar:
        return elementwise("log", matrix)
    if matrix.operation == "identity":
        return number(0)
    if matrix.operation == "inverse":
        return negative(log_determinant(matrix.args[0]))
    if matrix.operation == "transpose":
        matrix = matrix.args[0]
    return node("log determinant", (matrix,), (ONE, ONE))


def trace(matrix):
    """The trace."""
    _square("tr", matrix)
    coefficient, scalars, rest = _split_scalars(matrix)
    if matrix.is_scalar:
        return matrix
    if rest.operation == "transpose":
        rest = rest.args[0]
    whole = node("trace", (rest,), (ONE, ONE))
    if rest.operation == "identity":
        whole = size(rest.shape[0])
    elif rest.operation == "zero":
        whole = number(0)
    elif _is_outer(rest):
        whole = frobenius(rest.args[0], transpose(rest.args[1]))
    elif rest.operation == "combination" and any(map(_is_outer, rest.args)):
        whole = combine([(c, trace(part)) for c, part in zip(rest.data, rest.args, strict=True)])
    elif rest.operation == "kronecker" and all(factor.shape[0] is factor.shape[1] for factor in rest.args):
        whole = hadamard(*map(trace, rest.args))
    elif rest.operation == "diag":
        whole = frobenius(ones(rest.args[0].shape), rest.args[0])
    elif rest.operation == "product" and len(rest.args) % 2 == 0:
        half = len(rest.args) // 2
        left, right = product(*rest.args[:half]), product(*rest.args[half:])
        if transpose(left) is right:
            whole = (
                frobenius(right, right)
                if left.args and left.args[0].operation == "transpose"
                else frobenius(left, left)
            )
    return _with_scalars(coefficient, scalars, whole)


def _is_outer(formula):
    """Whether it is a column times a row."""
    return formula.operation == "product" and len(formula.args) == 2 and formula.args[0].is_column


def frobenius(left, right):
    """The Frobenius product A : B = tr(AᵀB), the sum of the entries of A ⊙ B."""
    if left.shape != right.shape:
        raise ShapeError(f"a Frobenius product of {shape_text(left.shape)} and {shape_text(right.shape)}")
    if left.is_scalar:
        return hadamard(left, right)
    first, scalars, left = _split_scalars(left)
    second, more, right = _split_scalars(right)
    if is_zero(left) or is_zero(right):
        return number(0)
    if right.operation == "ones":
        left, right = right, left
    if left.operation == "ones" and right.operation == "ones":
        whole = size(left.shape[0] * left.shape[1])
    elif left.operation == "ones" and right.operation == "hadamard":
        whole = frobenius(right.args[0], hadamard(*right.args[1:]))
    elif left.operation == "ones" and right.operation == "power" and right.data == 2:
        whole = frobenius(right.args[0], right.args[0])
    elif left.operation == "ones" and right.operation == "product" and (inner := _inside_ones(right)) is not None:
        whole = total(inner)
    elif left.operation == "ones" and right.operation == "diagonal":
        whole = trace(right.args[0])
    elif left.operation == "ones" and _body(right).operation == "softmax":  # each row or column sums to one
        whole = size(right.shape[1 - _body(right).data])
    elif (left.operation == "ones" and right.operation == "diag") or (
        left.operation == "ones" and right.operation == "transpose"
    ):
        whole = frobenius(ones(right.args[0].shape), right.args[0])
    elif left.operation == "identity" or right.operation == "identity":
        whole = trace(right if left.operation == "identity" else left)
    elif left.operation == "transpose" and right.operation == "transpose":
        whole = frobenius(left.args[0], right.args[0])
    else:
        whole = node("frobenius", (left, right), (ONE, ONE))
    return _with_scalars(first * second, scalars + more, whole)


def _inside_ones(formula):
    """The matrix of which a product is the sum along the rows or down the columns, or None."""
    first, last = formula.args[0], formula.args[-1]
    if last.operation == "ones" and last.is_column and len(formula.args) > 1:
        return product(*formula.args[:-1])
    if first.operation == "ones" and first.shape[0] is ONE:
        return product(*formula.args[1:])
    return None


def total(formula):
    """The sum of all entries, 1 : A."""
    return frobenius(ones(formula.shape), formula)


def norm(formula):
    """The Frobenius norm, for a vector the 2-norm."""
    if formula.is_scalar:
        return elementwise("abs", formula)
    return node("norm", (formula,), (ONE, ONE))


def diag(vector):
    """The diagonal matrix with this diagonal."""
    if not vector.is_column:
        raise ShapeError(f"Diag of {shape_text(vector.shape)}; it takes a vector")
    if vector.is_scalar:
        return vector
    coefficient, scalars, rest = _split_scalars(vector)
    if is_zero(rest):
        return zero((rest.shape[0], rest.shape[0]))
    whole = (
        identity(rest.shape[0]) if rest.operation == "ones" else node("diag", (rest,), (rest.shape[0], rest.shape[0]))
    )
    return _with_scalars(coefficient, scalars, whole)


def diagonal(matrix):
    """The diagonal of a square matrix, as a vector."""
    _square("diagvec", matrix)
    coefficient, scalars, rest = _split_scalars(matrix)
    if rest.operation == "transpose":
        rest = rest.args[0]
    if matrix.is_scalar:
        return matrix
    if rest.operation == "diag":
        whole = rest.args[0]
    elif rest.operation in ("identity", "ones"):
        whole = ones((rest.shape[0], ONE))
    elif _is_outer(rest):
        whole = hadamard(rest.args[0], transpose(rest.args[1]))
    elif rest.operation == "combination" and any(map(_is_outer, rest.args)):
        whole = combine([(c, diagonal(part)) for c, part in zip(rest.data, rest.args, strict=True)])
    elif is_zero(rest):
        return zero((rest.shape[0], ONE))
    else:
        whole = node("diagonal", (rest,), (rest.shape[0], ONE))
    return _with_scalars(coefficient, scalars, whole)


def kronecker(left, right):
    """The Kronecker product."""
    if left.is_scalar:
        return scale(left, right)
    if right.is_scalar:
        return scale(right, left)
    first, scalars, left = _split_scalars(left)
    second, more, right = _split_scalars(right)
    shape = (left.shape[0] * right.shape[0], left.shape[1] * right.shape[1])
    if is_zero(left) or is_zero(right):
        return zero(shape)
    if left.is_column and right.shape[0] is ONE:
        whole = product(left, right)
    elif left.shape[0] is ONE and right.is_column:
        whole = product(right, left)
    elif left.operation == "identity" and right.operation == "identity":
        whole = identity(shape[0])
    else:
        whole = node("kronecker", (left, right), shape)
    return _with_scalars(first * second, scalars + more, whole)


def kronecker_adjoint(whole, factor, side):
    """The adjoint of X ↦ X ⊗ B (`side` "left") or X ↦ A ⊗ X (`side` "right") at a matrix, given the other factor."""
    shape = tuple(_quotient(a, b) for a, b in zip(whole.shape, factor.shape, strict=True))
    first, scalars, whole = _split_scalars(whole)
    second, more, factor = _split_scalars(factor)
    if is_zero(whole) or is_zero(factor):
        return zero(shape)
    whole = node("kronecker adjoint", (whole, factor), shape, side)
    return _with_scalars(first * second, scalars + more, whole)


def _quotient(whole, part):
    """The size q with part q = whole, for sizes that a Kronecker product made."""
    if len(part.terms) != 1:
        raise ShapeError(f"a Kronecker product with a factor of size {part}")
    (names, count), terms = part.terms[0], {}
    for more, times in whole.terms:
        left = list(more)
        for name in names:
            left.remove(name)
        terms[tuple(left)] = times // count
    return Size(terms)


def reshape(formula, shape):
    """The same entries in row-major order, in another shape."""
    if formula.shape[0] * formula.shape[1] is not shape[0] * shape[1]:
        raise ShapeError(f"{shape_text(formula.shape)} cannot be reshaped to {shape_text(shape)}")
    if formula.operation == "reshape":
        formula = formula.args[0]
    if formula.shape == shape:
        return formula
    if ONE in formula.shape and shape == (formula.shape[1], formula.shape[0]):
        return transpose(formula)
    if formula.operation in ("ones", "zero"):
        return node(formula.operation, (), shape)
    coefficient, scalars, rest = _split_scalars(formula)
    if rest is not formula:
        return _with_scalars(coefficient, scalars, reshape(rest, shape))
    return node("reshape", (formula,), shape)


def vec(formula):
    """The row-major vec: the rows one after another, as a column."""
    return reshape(formula, (formula.shape[0] * formula.shape[1], ONE))


def part(formula, rows, columns):
    """The rows and columns of two ranges (start, stop), as sizes, or None for all."""
    ranges = tuple(
        (Size.of(0), length) if span is None else span
        for span, length in zip((rows, columns), formula.shape, strict=True)
    )
    shape = tuple(stop - start for start, stop in ranges)
    if shape == formula.shape:
        return formula
    if formula.operation == "part":
        ranges = tuple(
            (first + start, first + stop) for (first, _), (start, stop) in zip(formula.data, ranges, strict=True)
        )
        formula = formula.args[0]
    return node("part", (formula,), shape, ranges)


def placed(formula, ranges, shape):
    """A matrix of zeros of this shape with the formula at the two ranges: the adjoint of `part`."""
    if is_zero(formula):
        return zero(shape)
    coefficient, scalars, rest = _split_scalars(formula)
    return _with_scalars(coefficient, scalars, node("placed", (rest,), shape, ranges))


def elementwise(name, formula):
    """A function of the table `FUNCTIONS` on each entry."""
    if is_zero(formula) and name in ("sin", "tan", "tanh", "abs", "sign", "relu", "arctan", "sinh"):
        return formula
    if name == "log" and formula.operation == "elementwise" and formula.data == "exp":
        return formula.args[0]
    if name == "log" and formula.operation == "determinant":
        return log_determinant(formula.args[0])
    if name == "sigmoid":
        sign, inside = split_coefficient(formula)
        if sign == -1:
            return add(ones(formula.shape), negative(elementwise("sigmoid", inside)))
    if name == "log" and formula.is_scalar and formula.operation == "product" and len(formula.args) == 2:
        pick, held = formula.args
        if held.operation == "softmax" and held.is_column and transpose(pick).operation == "unit":
            return add(product(pick, held.args[0]), negative(log_sum_exp(held.args[0], 0)))
    body = _body(formula)
    if name == "log" and body.operation == "softmax":
        inside, axis = body.args[0], body.data
        spread = (
            product(ones((inside.shape[0], ONE)), log_sum_exp(inside, axis))
            if axis == 0
            else product(log_sum_exp(inside, axis), ones((ONE, inside.shape[1])))
        )
        return add(inside, negative(spread))
    if name == "log" and formula.operation == "elementwise" and formula.data == "sigmoid":
        return negative(elementwise("softplus", negative(formula.args[0])))
    if name == "log" and formula.operation == "combination" and len(formula.args) == 2:
        (first, second), (a, b) = formula.args, formula.data
        if a == 1 and b == -1 and (first.operation == "ones" or is_number(first, 1)) and second.data == "sigmoid":
            return negative(elementwise("softplus", second.args[0]))
        if (inside := _one_plus_exp(formula)) is not None:
            return elementwise("softplus", inside)
    if name == "log" and (inside := _summed_exp(formula)) is not None:
        return log_sum_exp(*inside)
    if name == "log" and formula.is_column and (inside := _summed_exp(transpose(formula))) is not None:
        return transpose(log_sum_exp(*inside))
    if name == "log" and formula.operation == "diagonal" and formula.args[0].operation == "softmax":
        return diagonal(elementwise("log", formula.args[0]))
    if name == "log" and (whole := _log_of_product(formula)) is not None:
        return whole
    return node("elementwise", (formula,), formula.shape, name)


def _summed_exp(formula):
    """(z, axis) of a sum of exponentials, or None."""
    exponential = None
    if formula.operation == "frobenius" and formula.args[0].operation == "ones":
        exponential, axis = formula.args[1], 0
    elif formula.operation == "product" and len(formula.args) == 2:
        left, right = formula.args
        if right.operation == "ones" and right.is_column:
            exponential, axis = left, 1
        elif left.operation == "ones" and left.shape[0] is ONE:
            exponential, axis = right, 0
    if exponential is None or not _is_exp(exponential):
        return None
    z = exponential.args[0]
    return (z, axis) if axis == 1 or formula.operation == "product" or z.is_column else None


def _log_of_product(formula):
    """The logarithm of a product of exponentials, determinants and one factor more as a sum; or None."""
    coefficient, scalars, rest = _split_scalars(formula)
    if coefficient <= 0 or (scalars and not rest.is_scalar):
        return None
    factors = rest.args if rest.operation == "hadamard" else (rest,)
    factors = [(f.args[0], f.data) if f.operation == "power" else (f, 1) for f in factors]
    if len(factors) == 1 and factors[0][1] == coefficient == 1:
        return None
    signs = [exponent % 2 for base, exponent in factors if base.operation == "determinant"]
    known = [
        base.operation in ("softmax", "determinant")
        or (base.operation == "elementwise" and base.data in ("exp", "sigmoid"))
        or _summed_exp(base) is not None
        for base, _ in factors
    ]
    if not any(known) or known.count(False) > (0 if signs else 1) or 0 in signs:  # a determinant may be negative
        return None
    logarithms = [
        (exponent, elementwise("log", base)) if one else (1, elementwise("log", power(base, exponent)))
        for one, (base, exponent) in zip(known, factors, strict=True)
    ]
    if coefficient != 1:
        logarithms.append((1, scale(elementwise("log", number(coefficient)), ones(formula.shape))))
    return combine(logarithms)


def softmax(formula, axis):
    """The softmax down each column (`axis` 0) or along each row (`axis` 1)."""
    return node("softmax", (formula,), formula.shape, axis)


def log_sum_exp(formula, axis):
    """The log of the sum of exponentials down each column (`axis` 0) or along each row (`axis` 1)."""
    shape = (ONE, formula.shape[1]) if axis == 0 else (formula.shape[0], ONE)
    return node("log-sum-exp", (formula,), shape, axis)


def rebuild(formula, args):
    """The formula with other arguments, simplified anew."""
    if args == list(formula.args) or args == formula.args:
        return formula
    kind, data = formula.operation, formula.data
    if kind == "combination":
        return combine(list(zip(data, args, strict=True)))
    if kind in ("elementwise",):
        return elementwise(data, *args)
    if kind == "named":
        return named(data, *args)
    if kind in ("power", "softmax", "log-sum-exp", "kronecker adjoint"):
        make = {"power": power, "softmax": softmax, "log-sum-exp": log_sum_exp, "kronecker adjoint": kronecker_adjoint}
        return make[kind](*args, data)
    if kind == "reshape":
        return reshape(*args, formula.shape)
    if kind == "part":
        return node("part", tuple(args), formula.shape, data)
    if kind == "placed":
        return placed(*args, data, formula.shape)
    if kind == "matrix of":
        return node("matrix of", tuple(args), formula.shape, data)
    return _MAKERS[kind](*args)


_MAKERS = {
    "product": product,
    "hadamard": hadamard,
    "scale": scale,
    "transpose": transpose,
    "inverse": inverse,
    "determinant": determinant,
    "log determinant": log_determinant,
    "trace": trace,
    "frobenius": frobenius,
    "general power": general_power,
    "norm": norm,
    "diag": diag,
    "diagonal": diagonal,
    "kronecker": kronecker,
}


def _square(name, matrix):
    if matrix.shape[0] is not matrix.shape[1]:
        raise ShapeError(f"{name} of {shape_text(matrix.shape)}; it takes a square matrix")


# ── functions of one number ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Function:
    """A function applied to each entry."""

    name: str
    value: Callable
    """On real and complex arrays; analytic."""
    derivative: Callable
    """From the formulas of the argument x and of the value y to the formula of the derivative."""
    law: str
    """Its differential, in LaTeX, for s = f(z)."""
    primed: bool = False
    """Whether the derivative is long enough to be called s′."""
    needs: str = ""
    """Where it is defined or differentiable, said of its argument {}."""

    @property
    def recurs(self):
        """Whether the derivative is written with the value."""
        return self.primed or self.name == "exp"


def _stable_sigmoid(z):
    right = z.real >= 0
    e = np.exp(np.where(right, -z, z))
    return np.where(right, 1, e) / (1 + e)


def _softplus(z):
    right = z.real >= 0
    return np.where(right, z, 0) + _log1p(np.exp(np.where(right, -z, z)))


def _log1p(z):
    """log(1 + z); NumPy's own loses a small z where it is complex."""
    if np.isrealobj(z):
        return np.log1p(z)
    return np.log1p(z.real * (2 + z.real) + z.imag**2) / 2 + 1j * np.arctan2(z.imag, 1 + z.real)


def _relu_value(z):
    return np.where(z.real > 0, z, 0)


def _constant(shape_like, value):
    return ones(shape_like.shape) if value else zero(shape_like.shape)


FUNCTIONS = {
    row.name: row
    for row in [
        Function("exp", np.exp, lambda x, y: y, r"d\exp(z) = \exp(z) \odot dz"),
        Function("log", np.log, lambda x, y: power(x, -1), r"d\log(z) = dz \oslash z", needs="{} > 0"),
        Function("sin", np.sin, lambda x, y: elementwise("cos", x), r"d\sin(z) = \cos(z) \odot dz"),
        Function("cos", np.cos, lambda x, y: negative(elementwise("sin", x)), r"d\cos(z) = -\sin(z) \odot dz"),
        Function(
            "tan", np.tan, lambda x, y: add(ones(x.shape), power(y, 2)),
            r"d\tan(z) = (1 + \tan^2(z)) \odot dz", True,
        ),
        Function("sinh", np.sinh, lambda x, y: elementwise("cosh", x), r"d\sinh(z) = \cosh(z) \odot dz"),
        Function("cosh", np.cosh, lambda x, y: elementwise("sinh", x), r"d\cosh(z) = \sinh(z) \odot dz"),
        Function(
            "tanh", np.tanh, lambda x, y: add(ones(x.shape), negative(power(y, 2))),
            r"s = \tanh(z) \;\Rightarrow\; ds = (1 - s \odot s) \odot dz", True,
        ),
        Function(
            "arctan", np.arctan, lambda x, y: power(add(ones(x.shape), power(x, 2)), -1),
            r"d\arctan(z) = dz \oslash (1 + z \odot z)",
        ),
        Function(
            "sigmoid", _stable_sigmoid, lambda x, y: hadamard(y, add(ones(y.shape), negative(y))),
            r"s = \sigma(z) \;\Rightarrow\; ds = s \odot (1 - s) \odot dz", True,
        ),
        Function("softplus", _softplus, lambda x, y: elementwise("sigmoid", x), r"d\log(1 + e^z) = \sigma(z) \odot dz"),
        Function(
            "relu", _relu_value, lambda x, y: elementwise("positive", x),
            r"d\max(z, 0) = [z > 0] \odot dz", needs="{} ≠ 0",
        ),
        Function(
            "abs", lambda z: np.where(z.real < 0, -z, z), lambda x, y: elementwise("sign", x),
            r"d|z| = \operatorname{sign}(z) \odot dz", needs="{} ≠ 0",
        ),
        Function(
            "sign", lambda z: np.sign(z.real), lambda x, y: _constant(x, 0),
            r"d\operatorname{sign}(z) = 0", needs="{} ≠ 0",
        ),
        Function(
            "positive", lambda z: (z.real > 0) * 1.0, lambda x, y: _constant(x, 0),
            r"d[z > 0] = 0", needs="{} ≠ 0",
        ),
        Function(
            "nonnegative", lambda z: (z.real >= 0) * 1.0, lambda x, y: _constant(x, 0),
            r"d[z \ge 0] = 0", needs="{} ≠ 0",
        ),
    ]
}  # fmt: skip


# ── the table ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Operation:
    """A row of the table."""

    name: str
    value: Callable
    """value(node, sizes, *arrays): the 2-D array."""
    differential: Callable | None = None
    """differential(node, differentials): differentials of the arguments, None where an argument is constant."""
    law: str = ""
    """The differential, in LaTeX."""
    adjoint: Callable | None = None
    """adjoint(node, index, G): what stands left of the colon when argument `index` stands right of it."""
    crossing: str = ""
    """The adjoint, in LaTeX."""
    matrix: Callable | None = None
    """matrix(node, index): M with vec(node) = M vec(argument), row-major."""


def _each(rule):
    """The differential of a node linear in each argument: the sum of the node with one argument replaced."""

    def differential_of(formula, changes):
        return add(*[rule(formula, i, change) for i, change in enumerate(changes) if change is not None])

    return differential_of


def _with(make):
    def replaced(formula, index, change):
        return make(*formula.args[:index], change, *formula.args[index + 1 :])

    return replaced


def _others(formula, index):
    return formula.args[:index] + formula.args[index + 1 :]


def _axis_spread(column_or_row, formula, axis):
    """A row repeated down (`axis` 0) or a column repeated along (`axis` 1) the shape of a formula."""
    if axis == 0:
        return product(ones((formula.shape[0], ONE)), column_or_row)
    return product(column_or_row, ones((ONE, formula.shape[1])))


def _axis_sum(formula, axis):
    if axis == 0:
        return product(ones((ONE, formula.shape[0])), formula)
    return product(formula, ones((formula.shape[1], ONE)))


def _general_power_differential(formula, changes):
    (base, exponent), terms = formula.args, []
    times_exponent = scale if exponent.is_scalar else hadamard
    if changes[0] is not None:
        less = add(exponent, negative(ones(exponent.shape)))
        terms.append(times_exponent(exponent, hadamard(general_power(base, less), changes[0])))
    if changes[1] is not None:
        terms.append(times_exponent(changes[1], hadamard(formula, elementwise("log", base))))
    return add(*terms)


def _softmax_differential(formula, changes):
    weighted, axis = hadamard(formula, changes[0]), formula.data
    if formula.is_column and axis == 0:
        return add(weighted, negative(scale(frobenius(formula, changes[0]), formula)))
    return add(weighted, negative(hadamard(formula, _axis_spread(_axis_sum(weighted, axis), formula, axis))))


def _log_sum_exp_differential(formula, changes):
    inside = formula.args[0]
    if inside.is_column and formula.data == 0:
        return frobenius(softmax(inside, 0), changes[0])
    return _axis_sum(hadamard(softmax(inside, formula.data), changes[0]), formula.data)


def _softmax_value(formula, sizes, x):
    e = np.exp(x - np.max(x.real, axis=formula.data, keepdims=True))
    return e / e.sum(axis=formula.data, keepdims=True)


def _log_sum_exp_value(formula, sizes, x):
    top = np.max(x.real, axis=formula.data, keepdims=True)
    return top + np.log(np.exp(x - top).sum(axis=formula.data, keepdims=True))


def _combination_value(formula, sizes, *terms):
    return sum(float(c) * t if c != 1 else t for c, t in zip(formula.data, terms, strict=True))


def _product_value(formula, sizes, *factors):
    """The cheaper of the two ends first: from the right where the result is a column."""
    factors = list(factors)
    if factors[-1].shape[1] <= factors[0].shape[0]:
        value = factors.pop()
        while factors:
            value = factors.pop() @ value
        return value
    value = factors[0]
    for factor in factors[1:]:
        value = value @ factor
    return value


def _hadamard_value(formula, sizes, *factors):
    value = factors[0]
    for factor in factors[1:]:
        value = value * factor
    return value


def _whole_power(base, exponent):
    """By squaring where complex: NumPy goes by the angle, and a step of 1e-30 beside π is lost."""
    if np.isrealobj(base):
        return base**exponent
    whole = 1
    while exponent:
        whole = whole * base if exponent % 2 else whole
        base, exponent = base * base, exponent // 2
    return whole


def _power_value(formula, sizes, base):
    exponent = formula.data
    if isinstance(exponent, Fraction) and exponent.denominator == 1:
        whole = _whole_power(base, abs(exponent.numerator))
        return whole if exponent > 0 else 1 / whole
    return np.sqrt(base) if exponent == Fraction(1, 2) else base ** float(exponent)


def _slices(ranges, sizes):
    return tuple(slice(start.at(sizes), stop.at(sizes)) for start, stop in ranges)


def _part_value(formula, sizes, whole):
    rows, columns = _slices(formula.data, sizes)
    if not (0 <= rows.start < rows.stop <= whole.shape[0] and 0 <= columns.start < columns.stop <= whole.shape[1]):
        raise IndexError("an index beyond the size")
    return whole[rows, columns]


def _placed_value(formula, sizes, inner):
    whole = np.zeros(_shape(formula, sizes), inner.dtype)
    whole[_slices(formula.data, sizes)] = inner
    return whole


def _shape(formula, sizes):
    return tuple(length.at(sizes) for length in formula.shape)


def _unit_value(formula, sizes):
    column = np.zeros(_shape(formula, sizes))
    index = formula.data.at(sizes) if isinstance(formula.data, Size) else formula.data
    if not -len(column) <= index < len(column):
        raise IndexError("an index beyond the size")
    column[index] = 1
    return column


def _commutation_value(formula, sizes):
    rows, columns = (length.at(sizes) for length in formula.data)
    return np.eye(rows * columns)[np.arange(rows * columns).reshape(rows, columns).T.ravel()]


def _diagonal_embedding_value(formula, sizes):
    n = formula.shape[1].at(sizes)
    return np.eye(n * n)[:, :: n + 1] if n > 1 else np.eye(1)


def _kronecker_adjoint_value(formula, sizes, whole, factor):
    rows, columns = (length.at(sizes) for length in formula.shape)
    p, q = factor.shape
    if formula.data == "left":
        return np.einsum("ikjl,kl->ij", whole.reshape(rows, p, columns, q), factor)
    return np.einsum("kilj,kl->ij", whole.reshape(p, rows, q, columns), factor)


def _matrix_of_value(formula, sizes, *others):
    """The matrix of a linear operation, column by column; the slot of the differential is kept in `data`."""
    inner, index = formula.data
    length = inner.args[index].shape[0].at(sizes), inner.args[index].shape[1].at(sizes)
    row, columns = ROWS[inner.operation], []
    for basis in np.eye(length[0] * length[1]):
        arguments = list(others)
        arguments.insert(index, basis.reshape(length))
        columns.append(row.value(inner, sizes, *arguments).ravel())
    return np.stack(columns, axis=1)


def matrix_of(formula, index):
    """The matrix M with vec(op(…, E, …)) = M vec(E), for an operation whose matrix has no name of its own."""
    rows = formula.shape[0] * formula.shape[1]
    inside = formula.args[index].shape
    return node("matrix of", _others(formula, index), (rows, inside[0] * inside[1]), (formula, index))


def _product_adjoint(formula, index, G):
    left = [transpose(factor) for factor in reversed(formula.args[:index])]
    right = [transpose(factor) for factor in reversed(formula.args[index + 1 :])]
    return product(*left, G, *right)


def _product_matrix(formula, index):
    argument = formula.args[index].shape
    left = product(*formula.args[:index]) if index else identity(argument[0])
    right = transpose(product(*formula.args[index + 1 :])) if index + 1 < len(formula.args) else identity(argument[1])
    return kronecker(left, right)


def _part_matrix(formula, index):
    inside = formula.args[0].shape
    rows, columns = (part(identity(length), span, None) for length, span in zip(inside, formula.data, strict=True))
    return kronecker(rows, columns)


def _kronecker_adjoint_of(formula, index, G):
    if formula.data == "left":
        return kronecker(G, formula.args[1]) if index == 0 else kronecker_adjoint(formula.args[0], G, "right")
    return kronecker(formula.args[1], G) if index == 0 else kronecker_adjoint(formula.args[0], G, "left")


ROWS = {
    row.name: row
    for row in [
        Operation("number", lambda f, s: np.array([[float(f.data)]])),
        Operation("size", lambda f, s: np.array([[float(f.data.at(s))]])),
        Operation("ones", lambda f, s: np.ones(_shape(f, s))),
        Operation("zero", lambda f, s: np.zeros(_shape(f, s))),
        Operation("identity", lambda f, s: np.eye(f.shape[0].at(s))),
        Operation("unit", _unit_value),
        Operation("commutation", _commutation_value),
        Operation("diagonal embedding", _diagonal_embedding_value),
        Operation("matrix of", _matrix_of_value),
        Operation("named", lambda f, s, definition: definition),
        Operation(
            "combination", _combination_value,
            lambda f, d: combine([(c, e) for c, e in zip(f.data, d, strict=True) if e is not None]),
            r"d(A + B) = dA + dB, \quad d(\lambda A) = \lambda\, dA \;\text{for a number } \lambda",
            lambda f, i, G: times(f.data[i], G),
            r"A : (B + C) = A : B + A : C, \quad A : \lambda B = \lambda A : B",
            lambda f, i: times(f.data[i], identity(f.shape[0] * f.shape[1])),
        ),
        Operation(
            "product", _product_value,
            _each(_with(product)),
            r"d(A B) = dA\, B + A\, dB",
            _product_adjoint,
            r"A : B C = B^T A : C = A C^T : B",
            _product_matrix,
        ),
        Operation(
            "hadamard", _hadamard_value,
            _each(lambda f, i, change: hadamard(*_others(f, i), change)),
            r"d(A \odot B) = dA \odot B + A \odot dB",
            lambda f, i, G: hadamard(G, *_others(f, i)),
            r"A : (B \odot C) = (A \odot B) : C",
            lambda f, i: diag(vec(hadamard(*_others(f, i)))),
        ),
        Operation(
            "scale", lambda f, s, a, B: a * B,
            _each(_with(scale)),
            r"d(\alpha B) = d\alpha\, B + \alpha\, dB",
            lambda f, i, G: scale(f.args[0], G) if i else frobenius(G, f.args[1]),
            r"A : \alpha B = \alpha A : B = (A : B)\, \alpha",
            lambda f, i: scale(f.args[0], identity(f.shape[0] * f.shape[1])) if i else vec(f.args[1]),
        ),
        Operation(
            "transpose", lambda f, s, A: A.T,
            lambda f, d: transpose(d[0]),
            r"d(A^T) = (dA)^T",
            lambda f, i, G: transpose(G),
            r"A : B^T = A^T : B",
            lambda f, i: commutation(*f.args[0].shape),
        ),
        Operation(
            "trace", lambda f, s, A: np.trace(A).reshape(1, 1),
            lambda f, d: trace(d[0]),
            r"d \operatorname{tr}(A) = \operatorname{tr}(dA)",
            lambda f, i, G: scale(G, identity(f.args[0].shape[0])),
            r"\operatorname{tr}(A) = I : A",
            lambda f, i: transpose(vec(identity(f.args[0].shape[0]))),
        ),
        Operation(
            "frobenius", lambda f, s, A, B: np.sum(A * B).reshape(1, 1),
            _each(lambda f, i, change: frobenius(f.args[1 - i], change)),
            r"d(A : B) = B : dA + A : dB",
            lambda f, i, G: scale(G, f.args[1 - i]),
            r"A : B = B : A = \operatorname{tr}(A^T B), \quad \alpha (A : B) = \alpha A : B",
            lambda f, i: transpose(vec(f.args[1 - i])),
        ),
        Operation(
            "power", _power_value,
            lambda f, d: hadamard(times(f.data, power(f.args[0], f.data - 1)), d[0]),
            r"d(z^{\odot \lambda}) = \lambda z^{\odot (\lambda - 1)} \odot dz",
        ),
        Operation(
            "general power", lambda f, s, A, B: A**B, _general_power_differential,
            r"d(\alpha^\beta) = \beta \alpha^{\beta - 1}\, d\alpha + \alpha^\beta \log(\alpha)\, d\beta",
        ),
        Operation(
            "elementwise", lambda f, s, x: FUNCTIONS[f.data].value(x),
            lambda f, d: hadamard(FUNCTIONS[f.data].derivative(f.args[0], f), d[0]),
            r"s = f(z) \;\Rightarrow\; ds = f'(z) \odot dz",
        ),
        Operation(
            "inverse", lambda f, s, A: np.linalg.inv(A),
            lambda f, d: negative(product(f, d[0], f)),
            r"d(A^{-1}) = -A^{-1}\, dA\, A^{-1}",
        ),
        Operation(
            "determinant", lambda f, s, A: np.linalg.det(A).reshape(1, 1),
            lambda f, d: scale(f, frobenius(transpose(inverse(f.args[0])), d[0])),
            r"d \det(A) = \det(A)\, A^{-T} : dA",
        ),
        Operation(
            "log determinant", lambda f, s, A: np.log(np.linalg.det(A)).reshape(1, 1),
            lambda f, d: frobenius(transpose(inverse(f.args[0])), d[0]),
            r"d \log\det(A) = A^{-T} : dA",
        ),
        Operation(
            "norm", lambda f, s, A: np.sqrt(np.sum(A * A)).reshape(1, 1),
            lambda f, d: scale(power(f, -1), frobenius(f.args[0], d[0])),
            r"d \|A\| = \tfrac{1}{\|A\|} A : dA",
        ),
        Operation(
            "diag", lambda f, s, v: np.diag(v[:, 0]),
            lambda f, d: diag(d[0]),
            r"d \operatorname{Diag}(v) = \operatorname{Diag}(dv)",
            lambda f, i, G: diagonal(G),
            r"A : \operatorname{Diag}(v) = \operatorname{diag}(A) : v",
            lambda f, i: diagonal_embedding(f.shape[0]),
        ),
        Operation(
            "diagonal", lambda f, s, A: np.diag(A)[:, None],
            lambda f, d: diagonal(d[0]),
            r"d \operatorname{diag}(A) = \operatorname{diag}(dA)",
            lambda f, i, G: diag(G),
            r"v : \operatorname{diag}(A) = \operatorname{Diag}(v) : A",
            lambda f, i: transpose(diagonal_embedding(f.shape[0])),
        ),
        Operation(
            "kronecker", lambda f, s, A, B: np.kron(A, B),
            _each(_with(kronecker)),
            r"d(A \otimes B) = dA \otimes B + A \otimes dB",
            lambda f, i, G: kronecker_adjoint(G, f.args[1 - i], "right" if i else "left"),
            r"A : (B \otimes C) = (\,\cdot \otimes C)^{*} A : B = (B \otimes \cdot\,)^{*} A : C",
            matrix_of,
        ),
        Operation(
            "kronecker adjoint", _kronecker_adjoint_value,
            _each(lambda f, i, change: kronecker_adjoint(
                *((change, f.args[1]) if i == 0 else (f.args[0], change)), f.data,
            )),
            r"d\big((\,\cdot \otimes B)^{*} A\big) = (\,\cdot \otimes B)^{*} dA + (\,\cdot \otimes dB)^{*} A",
            _kronecker_adjoint_of,
            r"G : (\,\cdot \otimes B)^{*} A = (G \otimes B) : A",
            matrix_of,
        ),
        Operation(
            "reshape", lambda f, s, A: A.reshape(_shape(f, s)),
            lambda f, d: reshape(d[0], f.shape),
            r"d \operatorname{reshape}(A) = \operatorname{reshape}(dA)",
            lambda f, i, G: reshape(G, f.args[0].shape),
            r"A : \operatorname{reshape}(B) = \operatorname{reshape}(A) : B",
            lambda f, i: identity(f.shape[0] * f.shape[1]),
        ),
        Operation(
            "part", _part_value,
            lambda f, d: node("part", (d[0],), f.shape, f.data),
            r"d(A_{I J}) = (dA)_{I J} \;\text{for index ranges } I, J",
            lambda f, i, G: placed(G, f.data, f.args[0].shape),
            r"A : B_{I J} = \operatorname{place}_{I J}(A) : B",
            _part_matrix,
        ),
        Operation(
            "placed", _placed_value,
            lambda f, d: placed(d[0], f.data, f.shape),
            r"d \operatorname{place}_{I J}(A) = \operatorname{place}_{I J}(dA)",
            lambda f, i, G: part(G, *f.data),
            r"A : \operatorname{place}_{I J}(B) = A_{I J} : B",
            matrix_of,
        ),
        Operation(
            "softmax", _softmax_value, _softmax_differential,
            r"p = \operatorname{softmax}(z) \;\Rightarrow\; dp = p \odot dz - (p : dz)\, p",
        ),
        Operation(
            "log-sum-exp", _log_sum_exp_value, _log_sum_exp_differential,
            r"d \operatorname{logsumexp}(z) = \operatorname{softmax}(z) : dz",
        ),
    ]
}  # fmt: skip
