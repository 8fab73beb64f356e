"""The makers of formulas: they check shapes and apply the laws of simplification, so that equal things have one form.

`derive` makes its formulas with them. `check` never does: it executes what was written. Where a maker has several laws
they stand in a list, a function each, which gives the simpler formula or None; the first that applies is taken. What an
operation means stands in `table`.
"""

from fractions import Fraction

import numpy as np

from derivations.formulas.expression import ONE, ParseError, ShapeError, Size, exact, node, ordered, shape_text


def _by_law(laws, *args):
    """What the first law that applies makes of the arguments, or None."""
    for law in laws:
        simpler = law(*args)
        if simpler is not None:
            return simpler
    return None


# ── leaves ────────────────────────────────────────────────────────────────────────────────────────────────────────


def number(value):
    """A number, exact where it can be."""
    return node("number", (), (ONE, ONE), exact(value))


def symbol(name, shape, ndim, properties=(), shown="", axes=()):
    """A declared variable or constant; `ndim` is how many axes NumPy gives it, `axes` their sizes beyond two.

    It is printed as `shown`, where its own name would be mistaken for something else.
    """
    return node("symbol", (), shape, (name, ndim, tuple(properties), shown or name, *((axes,) if ndim > 2 else ())))


def axes_of(symbol):
    """The sizes along the axes that NumPy gives a symbol."""
    return symbol.data[4] if symbol.data[1] > 2 else symbol.shape[: symbol.data[1]]


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


def fixed(name, shape, data=(), args=()):
    """A fixed matrix of the table `FIXED`, such as that of a cumulative sum: S with S A = cumsum(A).

    `data` are the sizes and numbers that it needs, `args` the constant vector by which it picks rows.
    """
    return node("fixed", args, shape, (name, *data))


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


def split_scalars(formula):
    """A formula as (coefficient, scalar factors, rest), the rest holding no scalar factor."""
    coefficient, rest = split_coefficient(formula)
    if rest.operation == "scale":
        return coefficient, [rest.args[0]], rest.args[1]
    return coefficient, [], rest


def with_scalars(coefficient, scalars, rest):
    """What `split_scalars` took apart, or what came of it, put together again."""
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
    second, factors, rest = split_scalars(formula)
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
        more, outside, rest = split_scalars(formula)
        coefficient *= more
        scalars += outside
        for factor in rest.args if rest.operation == "product" and not rest.is_scalar else (rest,):
            _multiply(factors, scalars, factor)
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
    elif len(factors) == 2 and all(factor.operation == "ones" for factor in factors) and factors[0].is_column:
        whole = ones(shape)
    else:
        whole = node("product", tuple(factors), shape)
    return with_scalars(coefficient, scalars, whole)


def _multiply(factors, scalars, factor):
    """Put one more factor at the end of a product: numbers go out, and what stands beside it may swallow it."""
    if factor.is_scalar:
        scalars.append(factor)
        return
    if not factors:
        factors.append(factor)
        return
    last = factors[-1]
    if last.shape[1] is not factor.shape[0] and not last.is_scalar:
        raise ShapeError(f"a product of {shape_text(last.shape)} and {shape_text(factor.shape)}")
    if last.operation == factor.operation == "ones" and factor.shape[0] is not ONE:
        scalars.append(size(factor.shape[0]))
        factors[-1] = ones((last.shape[0], factor.shape[1]))
    elif both := _by_law(_NEIGHBOURS, last, factor):
        factors[-1:] = both.args if both.operation == "product" else (both,)
    else:
        factors.append(factor)


def _dot(row, column):
    """rowᵀ column of two factors; a vector with itself, and sums, are Frobenius products."""
    left = transpose(row)
    if left is column or "ones" in (left.operation, column.operation):
        return frobenius(left, column)
    return node("product", (row, column), (ONE, ONE))


def _ones_of_softmax(left, right):
    """Softmax(Z) 1 = 1 along the rows, 1ᵀ softmax(Z) = 1ᵀ down the columns."""
    if right.operation == "ones" and right.is_column and _body(left).operation == "softmax" and _body(left).data == 1:
        return ones((left.shape[0], ONE))
    if left.operation == "ones" and left.shape[0] is ONE and _body(right).operation == "softmax":
        return ones((ONE, right.shape[1])) if _body(right).data == 0 else None
    return None


def _cancelled(left, right):
    """A⁻¹ A = A A⁻¹ = I."""
    if (left.operation == "inverse" and left.args[0] is right) or (
        right.operation == "inverse" and right.args[0] is left
    ):
        return identity(right.shape[1])
    return None


def _of_orthogonal(left, right):
    """QᵀQ = Q Qᵀ = I."""
    for one, other in ((left, right), (right, left)):
        if one.operation == "transpose" and one.args[0] is other and is_assumed(other, "orthogonal"):
            return identity(left.shape[0])
    return None


def is_assumed(formula, word):
    """Whether a symbol carries a property."""
    return formula.operation == "symbol" and word in formula.data[2]


PICKING = ("rows", "every", "gather", "flip", "roll", "repeat", "tile", "interleave", "sorted")
"""Fixed maps with a single one in each row."""


def _ones_of_map(left, right):
    """S 1 = 1 where each row of S has a single one; D 1 = 0 for differences."""
    body = _body(left)
    if body.operation != "fixed" or right.operation != "ones" or not right.is_column:
        return None
    made = {**dict.fromkeys(PICKING, ones), "diff": zero}.get(body.data[0])
    return made and made((left.shape[0], ONE))


def _sum_of_entrywise(left, right):
    """(A ⊙ 1 vᵀ) 1 = A v, (A ⊙ u 1ᵀ) 1 = u ⊙ A 1; and the same of a transpose, and of 1ᵀ from the left."""
    if left.operation == "ones" and left.shape[0] is ONE:
        summed = _sum_of_entrywise(transpose(right), ones((right.shape[0], ONE)))
        return summed and transpose(summed)
    if right.operation != "ones" or not right.is_column:
        return None
    turned = left.operation == "transpose"
    inside = left.args[0] if turned else left
    if inside.operation != "hadamard":
        return None
    along, outside, rest = [], [], []
    for factor in inside.args:
        base, exponent = (factor.args[0], factor.data) if factor.operation == "power" else (factor, Fraction(1))
        for axis, found in ((int(turned), along), (1 - turned, outside)):
            line = _same_along(base, axis) if base.operation == "product" else None
            if line is not None:
                found.append(power(line if axis else transpose(line), exponent))
                break
        else:
            rest.append(factor)
    if not rest or not (along or outside):
        return None
    whole = hadamard(*rest)
    summed = product(transpose(whole) if turned else whole, hadamard(*along) if along else right)
    return hadamard(*outside, summed) if outside else summed


_NEIGHBOURS = [
    _sum_of_entrywise,
    _ones_of_softmax,
    _ones_of_map,
    # Diag(a) Diag(b) = Diag(a ⊙ b)
    lambda A, B: diag(hadamard(A.args[0], B.args[0])) if A.operation == B.operation == "diag" else None,
    # Diag(v) 1 = v
    lambda A, B: A.args[0] if A.operation == "diag" and B.operation == "ones" and B.is_column else None,
    # 1ᵀ Diag(v) = vᵀ
    lambda A, B: (
        transpose(B.args[0]) if B.operation == "diag" and A.operation == "ones" and A.shape[0] is ONE else None
    ),
    _cancelled,
    _of_orthogonal,
    # (A ⊗ B)(C ⊗ D) = A C ⊗ B D
    lambda A, B: (
        kronecker(*map(product, A.args, B.args))
        if A.operation == B.operation == "kronecker" and A.args[0].shape[1] is B.args[0].shape[0]
        else None
    ),
    # I A = A, A I = A
    lambda A, B: B if A.operation == "identity" else A if B.operation == "identity" else None,
]


def hadamard(*formulas):
    """The entrywise product; for scalars, the product."""
    shape = formulas[0].shape
    coefficient, scalars, powers = Fraction(1), [], {}
    for formula in formulas:
        if formula.shape != shape:
            raise ShapeError(f"an entrywise product of {shape_text(shape)} and {shape_text(formula.shape)}")
        more, outside, rest = split_scalars(formula)
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
        more, outside = _met(powers)
        coefficient, scalars = coefficient * more, scalars + outside
    factors = [power(base, exponent) for base, exponent in powers.items() if exponent]
    factors = [factor for factor in factors if not is_number(factor, 1)]
    if not factors:
        whole = ones(shape)
    elif len(factors) == 1:
        whole = factors[0]
    else:
        whole = node("hadamard", tuple(factors), shape)
    return with_scalars(coefficient, scalars, whole)


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
    for base in [base for base, exponent in powers.items() if exponent == 1 and base.data == "sign"]:
        if powers.get(base.args[0]) == 1:  # sign(a) a = |a|
            del powers[base], powers[base.args[0]]
            whole = elementwise("abs", base.args[0])
            powers[whole] = powers.get(whole, 0) + 1
    for base in [base for base, exponent in powers.items() if exponent == 1 and _is_exp(base)]:
        z = base.args[0]
        known = {add(ones(z.shape), negative(elementwise("sigmoid", z))): (1, elementwise("sigmoid", z))}
        if ONE not in z.shape:
            known[axis_spread(axis_sum(base, 1), base, 1)] = -1, softmax(z, 1)
            known[axis_spread(axis_sum(base, 0), base, 0)] = -1, softmax(z, 0)
        for other, (exponent, whole) in known.items():
            if powers.get(other) == exponent:
                del powers[base], powers[other]
                powers[whole] = powers.get(whole, 0) + 1
                break


def _met(powers):
    """Take out what meets its own quotient, x ⊘ z = u 1 for z = x/u; the number and the scalars that it leaves."""
    for base in [base for base, exponent in powers.items() if base.operation == "named" and exponent == -1]:
        coefficient, scalars, rest = split_scalars(base.args[0])
        inside = {}
        for factor in rest.args if rest.operation == "hadamard" else (rest,):
            inner, exponent = (factor.args[0], factor.data) if factor.operation == "power" else (factor, Fraction(1))
            inside[inner] = exponent
        above = [inner for inner, exponent in inside.items() if exponent > 0]
        if above and all(powers.get(inner, 0) >= inside[inner] for inner in above):
            del powers[base]
            for inner, exponent in inside.items():
                powers[inner] = powers.get(inner, 0) - exponent
            return 1 / coefficient, [power(scalar, -1) for scalar in scalars]
    return Fraction(1), []


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
    coefficient, scalars, rest = split_scalars(base)
    if whole and abs(exponent) <= 64 and (coefficient != 1 or scalars) and rest is not base and coefficient:
        whole = power(rest, exponent)
        for scalar in scalars:
            whole = scale(power(scalar, exponent), whole)
        return times(coefficient**exponent.numerator, whole)
    if exponent > 0 and _is_of_ones_and_zeros(_body(base)):
        return base
    if base.operation == "power" and whole:
        return power(base.args[0], base.data * exponent)
    if base.operation == "norm" and whole and exponent > 0 and exponent % 2 == 0:
        return power(frobenius(base.args[0], base.args[0]), exponent / 2)
    if base.operation == "hadamard" and whole and (exponent < 0 or base.is_scalar):
        return hadamard(*(power(factor, exponent) for factor in base.args))
    if whole and exponent < 0 and (inside := _one_plus_exp(base)) is not None:
        return power(elementwise("sigmoid", negative(inside)), -exponent)
    return node("power", (base,), base.shape, exponent)


def _is_of_ones_and_zeros(formula):
    if formula.operation == "fixed":
        return formula.data[0] in ("triu", "tril")
    return formula.operation == "largest" or formula.data in ("positive", "nonnegative")


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
    coefficient, scalars, rest = split_scalars(formula)
    if rest.operation == "ones":
        return with_scalars(coefficient, scalars, number(1))
    if rest.operation == "combination":
        parts = [_uniform(part) for part in rest.args]
        if all(parts):
            return with_scalars(coefficient, scalars, combine(list(zip(rest.data, parts, strict=True))))
    return None


def is_symmetric(formula):
    """Whether a formula is known to equal its transpose."""
    if formula.symmetric is None:
        for inner in ordered([formula], lambda f: [part for part in f.args if part.symmetric is None]):
            rule = _SYMMETRIC.get(inner.operation)
            inner.symmetric = inner.shape[0] is inner.shape[1] and rule is not None and rule(inner)
    return formula.symmetric


def _is_mirrored(formula):
    """Whether each of its arguments is the transpose of the one at the same place from the end."""
    args = formula.args
    return all(
        (left is right and left.symmetric)
        or (left.operation == "transpose" and left.args[0] is right)
        or (right.operation == "transpose" and right.args[0] is left)
        for left, right in zip(args[: (len(args) + 1) // 2], reversed(args), strict=False)
    )


_SYMMETRIC = {
    **dict.fromkeys(("identity", "diag", "ones", "zero", "number"), lambda f: True),
    "symbol": lambda f: "symmetric" in f.data[2],
    "scale": lambda f: f.args[1].symmetric,
    "product": _is_mirrored,
    "matrix exponential": _is_mirrored,
    **dict.fromkeys(
        ("named", "combination", "hadamard", "power", "elementwise", "inverse", "kronecker"),
        lambda f: all(part.symmetric for part in f.args),
    ),
}
"""When a square node is symmetric, its arguments being asked before it; never where an operation is not named."""


def transpose(formula):
    """The transpose, moved inwards through products, inverses and scalar factors."""
    kind, shape = formula.operation, (formula.shape[1], formula.shape[0])
    if is_symmetric(formula):
        return formula
    if is_assumed(formula, "skew-symmetric"):
        return negative(formula)
    if kind == "transpose":
        return formula.args[0]
    if kind in ("ones", "zero"):
        return node(kind, (), shape)
    if kind == "product":
        return node("product", tuple(transpose(factor) for factor in reversed(formula.args)), shape)
    if kind == "inverse":
        return inverse(transpose(formula.args[0]))
    if kind == "matrix exponential":
        return exponential(*map(transpose, reversed(formula.args)))
    if kind == "scale":
        return scale(formula.args[0], transpose(formula.args[1]))
    if kind == "combination" and (
        len(formula.args) == 1 or all(is_symmetric(part) or part.operation == "transpose" for part in formula.args)
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
    if is_assumed(matrix, "orthogonal"):
        return transpose(matrix)
    if _is_exponential(matrix):
        return exponential(negative(matrix.args[0]))
    coefficient, scalars, rest = split_scalars(matrix)
    if rest is not matrix:
        whole = inverse(rest)
        for scalar in scalars:
            whole = scale(power(scalar, -1), whole)
        return times(1 / coefficient, whole)
    return node("inverse", (matrix,), matrix.shape)


def exponential(*chain):
    """The matrix exponential e^A; of A, E, B the integral of e^(sA) E e^((1 − s)B) over s from 0 to 1, and so on.

    The chain A₀, E₁, A₁, …, Aₖ is the integral of e^(s₀A₀) E₁ e^(s₁A₁) … e^(sₖAₖ) over all s ≥ 0 that sum to one: the
    derivatives of e^A are such chains, and theirs are.
    """
    for matrix in chain:
        _square("expm", matrix)
    if chain[0].is_scalar and len(chain) == 1:
        return elementwise("exp", chain[0])
    coefficient, scalars, between = Fraction(1), [], []
    for part in chain[1::2]:
        more, factors, rest = split_scalars(part)
        coefficient, scalars = coefficient * more, scalars + factors
        between.append(rest)
    matrices = chain[::2]
    bare = tuple(x for pair in zip(matrices, between, strict=False) for x in pair) + matrices[-1:]
    whole = _by_law(_EXPONENTIALS, *bare) or node("matrix exponential", bare, chain[0].shape)
    return with_scalars(coefficient, scalars, whole)


def _is_exponential(formula):
    """Whether it is e^A itself, and no integral."""
    return formula.operation == "matrix exponential" and len(formula.args) == 1


def _commuting(*chain):
    """The integral of e^(sA) E e^((1 − s)A) is E e^A for an E that commutes with A: I, or a multiple of A."""
    if len(chain) != 3 or chain[0] is not chain[2]:
        return None
    A, E, _ = chain
    return product(E, exponential(A)) if E.operation == "identity" or split_scalars(A)[2] is E else None


_EXPONENTIALS = [
    # e^0 = I
    lambda *chain: identity(chain[0].shape[0]) if len(chain) == 1 and is_zero(chain[0]) else None,
    lambda *chain: zero(chain[0].shape) if any(map(is_zero, chain[1::2])) else None,
    _commuting,
]


def determinant(matrix):
    """The determinant."""
    _square("det", matrix)
    if matrix.is_scalar or matrix.operation == "identity":
        return matrix if matrix.is_scalar else number(1)
    if _is_exponential(matrix):
        return elementwise("exp", trace(matrix.args[0]))
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
    if _is_exponential(matrix):
        return trace(matrix.args[0])
    if matrix.operation == "transpose":
        matrix = matrix.args[0]
    return node("log determinant", (matrix,), (ONE, ONE))


def trace(matrix):
    """The trace."""
    _square("tr", matrix)
    coefficient, scalars, rest = split_scalars(matrix)
    if matrix.is_scalar:
        return matrix
    if rest.operation == "transpose":
        rest = rest.args[0]
    whole = _by_law(_TRACES, rest) or node("trace", (rest,), (ONE, ONE))
    return with_scalars(coefficient, scalars, whole)


def _trace_of_square(A):
    """Tr(BᵀB) = B : B."""
    if A.operation != "product" or len(A.args) % 2:
        return None
    half = len(A.args) // 2
    left, right = product(*A.args[:half]), product(*A.args[half:])
    if transpose(left) is not right:
        return None
    B = right if left.args and left.args[0].operation == "transpose" else left
    return frobenius(B, B)


def _of_outer_terms(make):
    """A linear map of a sum, term by term, where a term is a column times a row."""

    def law(A):
        if A.operation != "combination" or not any(map(_is_outer, A.args)):
            return None
        return combine([(c, make(part)) for c, part in zip(A.data, A.args, strict=True)])

    return law


def _trace_of_kronecker(A):
    """Tr(B ⊗ C) = tr(B) tr(C)."""
    if A.operation == "kronecker" and all(factor.shape[0] is factor.shape[1] for factor in A.args):
        return hadamard(*map(trace, A.args))
    return None


_TRACES = [
    # tr(I) = n
    lambda A: size(A.shape[0]) if A.operation == "identity" else None,
    lambda A: number(0) if A.operation == "zero" else None,
    # tr(u vᵀ) = u : v
    lambda A: frobenius(A.args[0], transpose(A.args[1])) if _is_outer(A) else None,
    _of_outer_terms(lambda part: trace(part)),
    _trace_of_kronecker,
    # tr(Diag(v)) = 1 : v
    lambda A: total(A.args[0]) if A.operation == "diag" else None,
    _trace_of_square,
]


def _is_outer(formula):
    """Whether it is a column times a row."""
    return formula.operation == "product" and len(formula.args) == 2 and formula.args[0].is_column


def frobenius(left, right):
    """The Frobenius product A : B = tr(AᵀB), the sum of the entries of A ⊙ B."""
    if left.shape != right.shape:
        raise ShapeError(f"a Frobenius product of {shape_text(left.shape)} and {shape_text(right.shape)}")
    if left.is_scalar:
        return hadamard(left, right)
    first, scalars, left = split_scalars(left)
    second, more, right = split_scalars(right)
    if is_zero(left) or is_zero(right):
        return number(0)
    if right.operation == "ones":
        left, right = right, left
    whole = _by_law(_SUMS, right) if left.operation == "ones" else None
    whole = whole or _by_law(_FROBENIUS, left, right) or node("frobenius", (left, right), (ONE, ONE))
    return with_scalars(first * second, scalars + more, whole)


_SUMS = [
    # 1 : 1 = mn
    lambda A: size(A.shape[0] * A.shape[1]) if A.operation == "ones" else None,
    # 1 : (A ⊙ B) = A : B
    lambda A: frobenius(A.args[0], hadamard(*A.args[1:])) if A.operation == "hadamard" else None,
    # 1 : (A ⊙ A) = A : A
    lambda A: frobenius(A.args[0], A.args[0]) if A.operation == "power" and A.data == 2 else None,
    # 1 : A1 = 1 : A
    lambda A: total(inner) if A.operation == "product" and (inner := _inside_ones(A)) is not None else None,
    # 1 : diag(A) = tr(A)
    lambda A: trace(A.args[0]) if A.operation == "diagonal" else None,
    # 1 : softmax(Z) = the number of rows, or of columns, which sum to one each
    lambda A: size(A.shape[1 - _body(A).data]) if _body(A).operation == "softmax" else None,
    lambda A: _number_of_sum(A.args[0]) if A.operation == "named" else None,
    # 1 : Diag(v) = 1 : v, 1 : Aᵀ = 1 : A
    lambda A: total(A.args[0]) if A.operation in ("diag", "transpose") else None,
]
_FROBENIUS = [
    # u : u = 1 for a vector of length one, Q : Q = n for an orthogonal matrix
    lambda A, B: number(1) if A is B and is_assumed(A, "of length one") else None,
    lambda A, B: size(A.shape[0]) if A is B and is_assumed(A, "orthogonal") else None,
    # I : A = tr(A)
    lambda A, B: trace(B if A.operation == "identity" else A) if "identity" in (A.operation, B.operation) else None,
    # (A ⊘ Q) : Q = 1 : A
    lambda A, B: total(hadamard(A, B)) if _divides(B, A) else total(hadamard(B, A)) if _divides(A, B) else None,
    # Aᵀ : Bᵀ = A : B
    lambda A, B: frobenius(A.args[0], B.args[0]) if A.operation == B.operation == "transpose" else None,
]


def _number_of_sum(formula):
    """The sum of all entries where it is a number whatever they are: of x/(1 : x) it is 1."""
    scaled = formula.operation in ("scale", "combination") and len(split_scalars(formula)[1]) > 0
    whole = total(formula) if scaled else None
    return whole if whole is not None and whole.operation in ("number", "size") else None


def _divides(part, formula):
    """Whether a formula is something over a part that has a name."""
    factors = formula.args if formula.operation == "hadamard" else (formula,)
    return part.operation in ("named", "symbol") and power(part, -1) in factors


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
    if is_assumed(formula, "of length one"):
        return number(1)
    return node("norm", (formula,), (ONE, ONE))


def diag(vector):
    """The diagonal matrix with this diagonal."""
    if not vector.is_column:
        raise ShapeError(f"Diag of {shape_text(vector.shape)}; it takes a vector")
    if vector.is_scalar:
        return vector
    coefficient, scalars, rest = split_scalars(vector)
    if is_zero(rest):
        return zero((rest.shape[0], rest.shape[0]))
    whole = (
        identity(rest.shape[0]) if rest.operation == "ones" else node("diag", (rest,), (rest.shape[0], rest.shape[0]))
    )
    return with_scalars(coefficient, scalars, whole)


def diagonal(matrix):
    """The diagonal of a square matrix, as a vector."""
    _square("diagvec", matrix)
    coefficient, scalars, rest = split_scalars(matrix)
    if rest.operation == "transpose":
        rest = rest.args[0]
    if matrix.is_scalar:
        return matrix
    whole = _by_law(_DIAGONALS, rest) or node("diagonal", (rest,), (rest.shape[0], ONE))
    return whole if is_zero(whole) else with_scalars(coefficient, scalars, whole)


_DIAGONALS = [
    # diag(Diag(v)) = v
    lambda A: A.args[0] if A.operation == "diag" else None,
    # diag(I) = diag(1 1ᵀ) = 1
    lambda A: ones((A.shape[0], ONE)) if A.operation in ("identity", "ones") else None,
    # diag(u vᵀ) = u ⊙ v
    lambda A: hadamard(A.args[0], transpose(A.args[1])) if _is_outer(A) else None,
    _of_outer_terms(lambda part: diagonal(part)),
    lambda A: zero((A.shape[0], ONE)) if is_zero(A) else None,
]


def kronecker(left, right):
    """The Kronecker product."""
    if left.is_scalar:
        return scale(left, right)
    if right.is_scalar:
        return scale(right, left)
    first, scalars, left = split_scalars(left)
    second, more, right = split_scalars(right)
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
    return with_scalars(first * second, scalars + more, whole)


def kronecker_adjoint(whole, factor, side):
    """The adjoint of X ↦ X ⊗ B (`side` "left") or X ↦ A ⊗ X (`side` "right") at a matrix, given the other factor."""
    shape = tuple(quotient(a, b) for a, b in zip(whole.shape, factor.shape, strict=True))
    first, scalars, whole = split_scalars(whole)
    second, more, factor = split_scalars(factor)
    if is_zero(whole) or is_zero(factor):
        return zero(shape)
    whole = node("kronecker adjoint", (whole, factor), shape, side)
    return with_scalars(first * second, scalars + more, whole)


def quotient(whole, part):
    """The size q with part q = whole, by dividing the leading terms one after another.

    Raises
    ------
    ShapeError
        Where there is none.
    """

    def order(term):
        return len(term[0]), term[0]

    found, rest = Size.of(0), whole
    (lead, divisor) = max(part.terms, key=order)
    while rest.terms:
        names, count = max(rest.terms, key=order)
        left = list(names)
        for name in lead:
            if name not in left:
                raise ShapeError(f"{whole} is no multiple of {part}")
            left.remove(name)
        if count % divisor:
            raise ShapeError(f"{whole} is no multiple of {part}")
        step = Size({tuple(left): count // divisor})
        found, rest = found + step, rest - step * part
    return found


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
    coefficient, scalars, rest = split_scalars(formula)
    if rest is not formula:
        return with_scalars(coefficient, scalars, reshape(rest, shape))
    return node("reshape", (formula,), shape)


def vec(formula):
    """The row-major vec: the rows one after another, as a column."""
    return reshape(formula, (formula.shape[0] * formula.shape[1], ONE))


def elementwise(name, formula):
    """A function of the table `FUNCTIONS` on each entry."""
    if is_zero(formula) and name in _ZERO_AT_ZERO:
        return formula
    return _by_law(_ELEMENTWISE.get(name, ()), formula) or node("elementwise", (formula,), formula.shape, name)


ANY_FUNCTION = "any "
"""What the name of a function begins with that nobody has defined: f, whose derivative is f′."""
_ZERO_AT_ZERO = ("sin", "tan", "tanh", "abs", "sign", "relu", "arctan", "sinh")


def _sigmoid_of_minus(z):
    """σ(−z) = 1 − σ(z)."""
    sign, inside = split_coefficient(z)
    return add(ones(z.shape), negative(elementwise("sigmoid", inside))) if sign == -1 else None


def _log_of_picked_softmax(p):
    """Log(eᵢᵀ softmax(z)) = eᵢᵀ z − logsumexp(z)."""
    if p.is_scalar and p.operation == "product" and len(p.args) == 2:
        pick, held = p.args
        if held.operation == "softmax" and held.is_column and transpose(pick).operation == "unit":
            return add(product(pick, held.args[0]), negative(log_sum_exp(held.args[0], 0)))
    return None


def _log_of_softmax(p):
    """Log softmax(z) = z − logsumexp(z) 1."""
    body = _body(p)
    if body.operation != "softmax":
        return None
    inside, axis = body.args[0], body.data
    return add(inside, negative(axis_spread(log_sum_exp(inside, axis), inside, axis)))


def _log_of_one_minus_sigmoid(p):
    """Log(1 − σ(z)) = −softplus(z), log(1 + exp(z)) = softplus(z)."""
    if p.operation != "combination" or len(p.args) != 2:
        return None
    (first, second), (a, b) = p.args, p.data
    if a == 1 and b == -1 and (first.operation == "ones" or is_number(first, 1)) and second.data == "sigmoid":
        return negative(elementwise("softplus", second.args[0]))
    inside = _one_plus_exp(p)
    return None if inside is None else elementwise("softplus", inside)


def _log_of_summed_exp(p):
    """Log(1 : exp(z)) = logsumexp(z), along an axis as well."""
    if (inside := _summed_exp(p)) is not None:
        return log_sum_exp(*inside)
    if p.is_column and (inside := _summed_exp(transpose(p))) is not None:
        return transpose(log_sum_exp(*inside))
    return None


def _mask_without_number(name):
    """[λ z > 0] = [z > 0] for a positive number λ."""

    def law(z):
        coefficient, rest = split_coefficient(z)
        if rest is z or abs(coefficient) == 1 or not coefficient or rest.operation == "number":
            return None
        return elementwise(name, rest if coefficient > 0 else negative(rest))

    return law


_ELEMENTWISE = {
    "positive": [_mask_without_number("positive")],
    "nonnegative": [_mask_without_number("nonnegative")],
    "sigmoid": [_sigmoid_of_minus],
    "log": [
        # log(exp(z)) = z
        lambda p: p.args[0] if _is_exp(p) else None,
        # log(det(A)) = log det(A)
        lambda p: log_determinant(p.args[0]) if p.operation == "determinant" else None,
        _log_of_picked_softmax,
        _log_of_softmax,
        # log(σ(z)) = −softplus(−z)
        lambda p: (
            negative(elementwise("softplus", negative(p.args[0])))
            if p.operation == "elementwise" and p.data == "sigmoid"
            else None
        ),
        _log_of_one_minus_sigmoid,
        _log_of_summed_exp,
        # log(diag(softmax(Z))) = diag(log(softmax(Z)))
        lambda p: (
            diagonal(elementwise("log", p.args[0]))
            if p.operation == "diagonal" and p.args[0].operation == "softmax"
            else None
        ),
        lambda p: _log_of_product(p),
    ],
}
"""The laws of functions of one number, in the order in which they are tried."""


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
    coefficient, scalars, rest = split_scalars(formula)
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


def largest(formula, axis):
    """Ones at the largest entry of all (`axis` None), of each column (0) or of each row (1), and zeros elsewhere."""
    axis = 0 if axis is None and formula.is_column else 1 if axis is None and formula.shape[0] is ONE else axis
    single = formula.is_scalar or (axis is not None and formula.shape[axis] is ONE)
    return ones(formula.shape) if single else node("largest", (formula,), formula.shape, axis)


def _unshifted(formula, axis):
    """A sum as (what varies along an axis, what is the same all along it), or None where nothing is the same."""
    if formula.operation != "combination" or len(formula.args) < 2:
        return None
    rest, shift = [], []
    for coefficient, term in zip(formula.data, formula.args, strict=True):
        same = _same_along(term, axis)
        (rest if same is None else shift).append((coefficient, term if same is None else same))
    return (combine(rest), combine(shift)) if rest and shift else None


def _same_along(formula, axis):
    """The row that is repeated down (`axis` 0) or the column that is repeated along (`axis` 1), or None."""
    coefficient, scalars, rest = split_scalars(formula)
    shape = (ONE, formula.shape[1]) if axis == 0 else (formula.shape[0], ONE)
    if rest.operation == "ones":
        return with_scalars(coefficient, scalars, ones(shape))
    if rest.operation != "product":
        return None
    end = rest.args[0] if axis == 0 else rest.args[-1]
    if end.operation != "ones" or end.shape[1 - axis] is not ONE:
        return None
    return with_scalars(coefficient, scalars, product(*(rest.args[1:] if axis == 0 else rest.args[:-1])))


def softmax(formula, axis):
    """The softmax down each column (`axis` 0) or along each row (`axis` 1)."""
    if (apart := _unshifted(formula, axis)) is not None:  # softmax(z + c 1) = softmax(z)
        formula = apart[0]
    return node("softmax", (formula,), formula.shape, axis)


def log_sum_exp(formula, axis):
    """The log of the sum of exponentials down each column (`axis` 0) or along each row (`axis` 1)."""
    shape = (ONE, formula.shape[1]) if axis == 0 else (formula.shape[0], ONE)
    if (apart := _unshifted(formula, axis)) is not None:  # logsumexp(z + c 1) = logsumexp(z) + c
        return add(log_sum_exp(apart[0], axis), apart[1])
    return node("log-sum-exp", (formula,), shape, axis)


def _square(name, matrix):
    if matrix.shape[0] is not matrix.shape[1]:
        raise ShapeError(f"{name} of {shape_text(matrix.shape)}; it takes a square matrix")


def axis_spread(column_or_row, formula, axis):
    """A row repeated down (`axis` 0) or a column repeated along (`axis` 1) the shape of a formula."""
    if axis == 0:
        return product(ones((formula.shape[0], ONE)), column_or_row)
    return product(column_or_row, ones((ONE, formula.shape[1])))


def axis_sum(formula, axis):
    """The sums down the columns (`axis` 0) or along the rows (`axis` 1)."""
    if axis == 0:
        return product(ones((ONE, formula.shape[0])), formula)
    return product(formula, ones((formula.shape[1], ONE)))


def others(formula, index):
    """The arguments of a node but one."""
    return formula.args[:index] + formula.args[index + 1 :]
