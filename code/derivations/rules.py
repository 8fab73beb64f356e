"""Differentials, adjoints and matrices of operations that take more than a line of the table."""

from derivations.making import (
    add,
    axis_spread,
    axis_sum,
    elementwise,
    frobenius,
    general_power,
    hadamard,
    identity,
    kronecker,
    kronecker_adjoint,
    negative,
    ones,
    part,
    product,
    scale,
    softmax,
    transpose,
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


def part_matrix(formula, index):
    """The rows of I ⊗ I that are kept."""
    inside = formula.args[0].shape
    rows, columns = (part(identity(length), span, None) for length, span in zip(inside, formula.data, strict=True))
    return kronecker(rows, columns)


def kronecker_adjoint_of(formula, index, G):
    """Back to the Kronecker product, or to the other factor."""
    if formula.data == "left":
        return kronecker(G, formula.args[1]) if index == 0 else kronecker_adjoint(formula.args[0], G, "right")
    return kronecker(formula.args[1], G) if index == 0 else kronecker_adjoint(formula.args[0], G, "left")
