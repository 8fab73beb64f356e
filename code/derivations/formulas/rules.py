"""Differentials, adjoints and matrices of operations that take more than a line of the table."""

import re
from itertools import pairwise

from derivations.formulas.expression import ONE, DerivationError
from derivations.formulas.index_sums import INDICES, contraction
from derivations.formulas.making import (
    add,
    axis_spread,
    axis_sum,
    elementwise,
    exponential,
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


def again(make):
    """How a node is made again whose arguments say all."""
    return lambda formula, *args: make(*args)


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


def exponential_differential(formula, changes):
    """Each matrix of the chain doubled around its change, and each part between them replaced by its own."""
    terms, chain = [], formula.args
    for i, change in enumerate(changes):
        if change is not None:
            middle = (change,) if i % 2 else (chain[i], change, chain[i])
            terms.append(exponential(*chain[:i], *middle, *chain[i + 1 :]))
    return add(*terms)


def exponential_adjoint(formula, index, G):
    """What stands before the argument, turned round, G, and what stands after it, turned round."""
    before, after = formula.args[:index], formula.args[index + 1 :]
    return exponential(*map(transpose, reversed(before)), G, *map(transpose, reversed(after)))


def exponential_matrix(formula, index):
    """A chain again: of A ⊗ I for what stands before the argument, and of I ⊗ Bᵀ for what stands after it."""
    before, after = formula.args[:index], formula.args[index + 1 :]
    one = identity(formula.shape[0])
    left = [kronecker(part, one) for part in before]
    right = [kronecker(one, transpose(part)) for part in reversed(after)]
    return exponential(*left, identity(formula.shape[0] * formula.shape[0]), *right)


def exponential_written(glyphs, formula, parts):
    """E^A, and the integral for a longer chain, over letters that stand nowhere in it."""
    levels = glyphs.levels
    if len(parts) == 1:
        return glyphs.raised("e", parts[0].text), levels.POSTFIX
    used = re.sub(r"\\[A-Za-z]+", "", " ".join(part.text for part in parts))
    first, *more = [letter for letter in "srqpuvwhkab" if letter not in used][: len(parts) // 2]
    times = [first, *(f"({b} - {a})" for a, b in pairwise((first, *more))), f"(1 - {(first, *more)[-1]})"]
    shown = [
        glyphs.within(part, levels.POSTFIX) if i % 2 else
        glyphs.raised("e", f"{times[i // 2]} {glyphs.within(part, levels.PRODUCT)}")
        for i, part in enumerate(parts) if formula.args[i].operation != "identity"
    ]  # fmt: skip
    gap, below = (r" \, ", r" \le ") if glyphs.latex else (" ", " ≤ ")
    if more:
        integral = (r"\int_{{{}}}" if glyphs.latex else "∫_({})").format(below.join(["0", first, *more, "1"]))
    else:
        integral = r"\int_0^1" if glyphs.latex else "∫₀¹"
    return " ".join([integral, gap.join([*shown, *(f"d{letter}" for letter in (first, *more))])]), levels.COLON


def exponential_explicit(sympy, formula, sizes, *chain):
    """The exponential of a diagonal matrix, or of one small enough to write out."""
    if len(chain) > 1 or (len(chain[0].row(0)) > 2 and not chain[0].is_diagonal()):
        raise ValueError("the exponential of so many symbols is too long to write out; 2×2 and diagonal ones work")
    return sympy.diag(*map(sympy.exp, chain[0].diagonal())) if chain[0].is_diagonal() else chain[0].exp()


EXPM = '''\
def expm(*chain):
    """Van Loan's block of the exponential: Taylor's polynomial of a small part, squared."""
    n, count = len(chain[0]), len(chain) // 2 + 1
    blocks = np.zeros((count * n, count * n))
    for i, part in enumerate(chain):
        blocks[i // 2 * n :, (i + 1) // 2 * n :][:n, :n] = part
    squarings = max(0, int(np.ceil(np.log2(np.linalg.norm(blocks) + 1e-300))) + 3)
    term = whole = np.eye(count * n)
    for k in range(1, 15):
        term = term @ blocks / (k * 2.0**squarings)
        whole = whole + term
    return np.linalg.matrix_power(whole, 2**squarings)[:n, -n:]
'''
"""The matrix exponential and its derivatives in NumPy, which lacks them."""


def unknown_slope(name):
    """A function whose derivative is not in the table."""
    raise DerivationError(f"the derivative of {name} is not known here")
