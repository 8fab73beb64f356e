"""Differentials, adjoints and matrices of operations that take more than a line of the table."""

from derivations.expression import ONE, DerivationError
from derivations.making import (
    INDICES,
    add,
    axis_spread,
    axis_sum,
    contraction,
    elementwise,
    fixed,
    frobenius,
    general_power,
    hadamard,
    identity,
    kronecker,
    kronecker_adjoint,
    negative,
    ones,
    product,
    rebuild,
    reshape,
    scale,
    softmax,
    transpose,
    vec,
)


def each_argument(rule):
    """The differential of a node linear in each argument: the sum of the node with one argument replaced."""

    def differential_of(formula, changes):
        return add(*[rule(formula, i, change) for i, change in enumerate(changes) if change is not None])

    return differential_of


def with_argument(make):
    """The node with one argument replaced."""

    def replaced(formula, index, change):
        return make(*formula.args[:index], change, *formula.args[index + 1 :])

    return replaced


def with_argument_again(formula, index, change):
    """The node with one argument replaced, where its data say how it is made."""
    return rebuild(formula, [*formula.args[:index], change, *formula.args[index + 1 :]])


def general_power_differential(formula, changes):
    """D(αᵝ), for a base and an exponent that may both move."""
    (base, exponent), terms = formula.args, []
    times_exponent = scale if exponent.is_scalar else hadamard
    if changes[0] is not None:
        less = add(exponent, negative(ones(exponent.shape)))
        terms.append(times_exponent(exponent, hadamard(general_power(base, less), changes[0])))
    if changes[1] is not None:
        terms.append(times_exponent(changes[1], hadamard(formula, elementwise("log", base))))
    return add(*terms)


def softmax_differential(formula, changes):
    """Dp = p ⊙ dz − (p : dz) p, along an axis."""
    weighted, axis = hadamard(formula, changes[0]), formula.data
    if formula.is_column and axis == 0:
        return add(weighted, negative(scale(frobenius(formula, changes[0]), formula)))
    return add(
        weighted,
        negative(hadamard(formula, axis_spread(axis_sum(weighted, axis), formula, axis))),
    )


def log_sum_exp_differential(formula, changes):
    """Softmax(z) : dz, along an axis."""
    inside = formula.args[0]
    if inside.is_column and formula.data == 0:
        return frobenius(softmax(inside, 0), changes[0])
    return axis_sum(hadamard(softmax(inside, formula.data), changes[0]), formula.data)


def product_adjoint(formula, index, G):
    """The factors at either side, transposed, around G."""
    left = [transpose(factor) for factor in reversed(formula.args[:index])]
    right = [transpose(factor) for factor in reversed(formula.args[index + 1 :])]
    return product(*left, G, *right)


def product_matrix(formula, index):
    """Vec(A E B) = (A ⊗ Bᵀ) vec(E)."""
    argument = formula.args[index].shape
    left = product(*formula.args[:index]) if index else identity(argument[0])
    right = transpose(product(*formula.args[index + 1 :])) if index + 1 < len(formula.args) else identity(argument[1])
    return kronecker(left, right)


def kronecker_adjoint_of(formula, index, G):
    """Back to the Kronecker product, or to the other factor."""
    if formula.data == "left":
        return kronecker(G, formula.args[1]) if index == 0 else kronecker_adjoint(formula.args[0], G, "right")
    return kronecker(formula.args[1], G) if index == 0 else kronecker_adjoint(formula.args[0], G, "left")


def interleaved(left, right):
    """The matrix P with vec(A ⊗ B) = P (vec(A) ⊗ vec(B)), for the shapes of A and B."""
    (m, n), (p, q) = left, right
    count = m * n * p * q
    if n is ONE or p is ONE:
        return identity(count)
    return fixed("interleave", (count, count), (m, n, p, q))


def kronecker_matrix(formula, index):
    """vec(A ⊗ E) = P (vec(A) ⊗ I) vec(E), vec(E ⊗ B) = P (I ⊗ vec(B)) vec(E)."""
    left, right = formula.args
    entries = identity(formula.args[index].shape[0] * formula.args[index].shape[1])
    inner = kronecker(vec(left), entries) if index else kronecker(entries, vec(right))
    return product(interleaved(left.shape, right.shape), inner)


def kronecker_adjoint_matrix(formula, index):
    """The transpose of `kronecker_matrix`; for the factor, the blocks of G as the rows of a matrix."""
    whole, factor = formula.args
    sides = (formula.shape, factor.shape) if formula.data == "left" else (factor.shape, formula.shape)
    if index == 0:
        entries = identity(formula.shape[0] * formula.shape[1])
        inner = kronecker(entries, vec(factor)) if formula.data == "left" else kronecker(vec(factor), entries)
        return product(transpose(inner), transpose(interleaved(*sides)))
    blocks = product(transpose(interleaved(*sides)), vec(whole))
    (m, n), (p, q) = sides
    blocks = reshape(blocks, (m * n, p * q))
    return blocks if formula.data == "left" else transpose(blocks)


def contraction_adjoint(formula, index, G):
    """The sum of G and the other arguments over all letters but those of the argument."""
    data = formula.data
    terms = [(G, data.kept), *_others(formula, index)]
    return contraction(terms, data.inputs[index], dict(data.sizes), formula.args[index].shape)


def _others(formula, index):
    """The arguments of a sum over indices but one, each with its letters."""
    return [pair for i, pair in enumerate(zip(formula.args, formula.data.inputs, strict=True)) if i != index]


def contraction_matrix(formula, index):
    """M with vec(Σ A E) = M vec(E): the sum with E left out, its letters kept, an identity for each that was kept."""
    data, sizes = formula.data, dict(formula.data.sizes)
    columns, terms = "", _others(formula, index)
    for letter in data.inputs[index]:
        other = letter
        if letter in data.kept:
            other = next(free for free in INDICES if free not in sizes)
            sizes[other] = sizes[letter]
            terms.append((identity(sizes[letter]), letter + other))
        columns += other
    whole, argument = formula.shape, formula.args[index].shape
    return contraction(terms, data.kept + columns, sizes, (whole[0] * whole[1], argument[0] * argument[1]))


def unknown_slope(name):
    """A function whose derivative is not in the table."""
    raise DerivationError(f"the derivative of {name} is not known here")
