"""The table: every row against numbers, every law of simplification with random operands of random shapes."""

import math
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import plain_numpy
import pytest

from derivations import sampling
from derivations.deriving import tidying
from derivations.formulas import making as op
from derivations.formulas import table
from derivations.formulas.expression import ONE, DerivationError, ShapeError, Size, node
from derivations.formulas.index_sums import Indexed
from derivations.formulas.laws import law_of

M, N, K, P = map(Size.of, "mnkp")
BUILT_IN = tuple(table.FUNCTIONS)


def sizes_from(random):
    """Distinct sizes."""
    return dict(zip("mnkp", map(int, random.permutation(np.arange(2, 6))), strict=True))


def close(found, expected, tolerance=1e-10):
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * (1 + np.max(np.abs(expected), initial=0)))


# ── rows that take arguments ──────────────────────────────────────────────────────────────────────────────────────


class Case(NamedTuple):
    """A node with symbols as arguments, and what NumPy says it is."""

    arguments: tuple
    """The shape of each argument."""
    shape: tuple
    plain: object
    data: object = None
    manner: str = "normal"


def blocks(A, sizes):
    """A (mk×np) as an array of shape m, k, n, p."""
    return A.reshape(sizes["m"], sizes["k"], sizes["n"], sizes["p"])


def softmax_over(axis):
    return lambda A, s: plain_numpy.softmax(A, axis)


def exponential(A):
    """By eigenvalues."""
    values, vectors = np.linalg.eig(A)
    return (vectors * np.exp(values) @ np.linalg.inv(vectors)).real


def integrated(*chain):
    """The integral of e^(s₀A₀) E₁ e^(s₁A₁) … over s ≥ 0 that sum to one: Gauss and Legendre, an axis at a time."""
    nodes, weights = np.polynomial.legendre.leggauss(24)
    if len(chain) == 1:
        return exponential(chain[0])
    A, E, *rest = chain
    total = 0
    for s, weight in zip((nodes + 1) / 2, weights / 2, strict=True):  # the rest has 1 − s to share out
        left = 1 - s
        scaled = [part * left for part in rest]
        total = total + weight * exponential(s * A) @ E @ integrated(*scaled)
    return total


CASES = {
    "named": [Case([(M, N)], (M, N), lambda A, s: A, "A")],
    "combination": [
        Case([(M, N)] * 3, (M, N), lambda A, B, C, s: 2 * A - B / 3 + 0.1 * C, (2, Fraction(-1, 3), 0.1)),
        Case([(M, N)], (M, N), lambda A, s: -A, (Fraction(-1),)),
    ],
    "product": [
        Case([(M, N), (N, K)], (M, K), lambda A, B, s: A @ B),
        Case([(M, N), (N, K), (K, P), (P, ONE)], (M, ONE), lambda A, B, C, D, s: A @ B @ C @ D),
        Case([(ONE, N), (N, ONE)], (ONE, ONE), lambda a, b, s: a @ b),
        Case([(M, ONE), (ONE, N)], (M, N), lambda a, b, s: a @ b),
    ],
    "hadamard": [
        Case([(M, N)] * 3, (M, N), lambda A, B, C, s: A * B * C),
        Case([(ONE, ONE)] * 2, (ONE, ONE), lambda a, b, s: a * b),
    ],
    "scale": [Case([(ONE, ONE), (M, N)], (M, N), lambda a, B, s: a * B)],
    "transpose": [
        Case([(M, N)], (N, M), lambda A, s: A.T),
        Case([(N, ONE)], (ONE, N), lambda a, s: a.T),
    ],
    "trace": [Case([(N, N)], (ONE, ONE), lambda A, s: np.trace(A).reshape(1, 1))],
    "frobenius": [
        Case([(M, N), (M, N)], (ONE, ONE), lambda A, B, s: np.trace(A.T @ B).reshape(1, 1)),
        Case([(N, ONE), (N, ONE)], (ONE, ONE), lambda a, b, s: a.T @ b),
    ],
    "power": [
        Case([(M, N)], (M, N), lambda A, s: A * A * A, Fraction(3)),
        Case([(M, N)], (M, N), lambda A, s: 1 / (A * A), Fraction(-2)),
        Case([(M, N)], (M, N), lambda A, s: np.sqrt(A), Fraction(1, 2), "positive"),
        Case([(M, N)], (M, N), lambda A, s: A**0.3, 0.3, "positive"),
        Case([(M, N)], (M, N), lambda A, s: np.prod([A] * 125, axis=0), Fraction(125), "near one"),
    ],
    "general power": [
        Case([(M, N), (ONE, ONE)], (M, N), lambda A, b, s: np.exp(b * np.log(A)), None, "positive"),
        Case([(M, N), (M, N)], (M, N), lambda A, B, s: np.exp(B * np.log(A)), None, "positive"),
    ],
    "elementwise": [Case([(M, N)], (M, N), lambda A, s: np.sin(A), "sin")],
    "inverse": [Case([(N, N)], (N, N), lambda A, s: np.linalg.solve(A, np.eye(s["n"])), None, "invertible")],
    "matrix exponential": [
        Case([(N, N)], (N, N), lambda A, s: exponential(A)),
        Case([(N, N)] * 3, (N, N), lambda A, E, B, s: integrated(A, E, B)),
        Case([(N, N)] * 5, (N, N), lambda A, E, B, F, C, s: integrated(A, E, B, F, C)),
    ],
    "determinant": [Case([(N, N)], (ONE, ONE), lambda A, s: np.prod(np.linalg.eigvals(A)).reshape(1, 1), None, "spd")],
    "log determinant": [
        Case([(N, N)], (ONE, ONE), lambda A, s: np.sum(np.log(np.linalg.eigvals(A))).reshape(1, 1), None, "spd")
    ],
    "norm": [Case([(M, N)], (ONE, ONE), lambda A, s: np.sqrt(np.trace(A.T @ A)).reshape(1, 1))],
    "diag": [Case([(N, ONE)], (N, N), lambda a, s: np.eye(s["n"]) * a)],
    "diagonal": [Case([(N, N)], (N, ONE), lambda A, s: np.sum(A * np.eye(s["n"]), axis=1, keepdims=True))],
    "kronecker": [
        Case([(M, N), (K, P)], (M * K, N * P), lambda A, B, s: np.kron(A, B)),
        Case([(M, ONE), (K, ONE)], (M * K, ONE), lambda a, b, s: np.kron(a, b)),
    ],
    "kronecker adjoint": [
        Case(
            [(M * K, N * P), (K, P)], (M, N), lambda A, B, s: np.einsum("ikjl,kl->ij", blocks(A, s), B), "left",
        ),
        Case(
            [(M * K, N * P), (M, N)], (K, P), lambda A, B, s: np.einsum("ikjl,ij->kl", blocks(A, s), B), "right",
        ),
    ],
    "reshape": [
        Case([(M, N)], (N, M), lambda A, s: A.ravel().reshape(s["n"], s["m"])),
        Case([(M, N)], (M * N, ONE), lambda A, s: np.concatenate(list(A))[:, None]),
    ],
    "product of entries": [
        Case([(M, N)], (ONE, ONE), lambda A, s: np.exp(np.sum(np.log(A))).reshape(1, 1), None, "positive")
    ],
    "cumulative product": [
        Case([(N, ONE)], (N, ONE), lambda v, s: np.exp(np.cumsum(np.log(v), axis=0)), None, "positive")
    ],
    "cumulative log-sum-exp": [
        Case([(N, ONE)], (N, ONE), lambda z, s: np.log(np.tri(s["n"]) @ np.exp(z)))
    ],
    "contraction": [
        Case(
            [(M * N, K), (K, P), (M, N)], (M, P),
            lambda T, A, B, s: sum(B[:, [j]] * (T.reshape(s["m"], s["n"], -1)[:, j] @ A) for j in range(s["n"])),
            Indexed(("ikl", "lj", "ik"), "ij", tuple(zip("ijkl", (M, P, N, K), strict=True))),
        ),
        Case(
            [(M, N)], (M * K, N), lambda A, s: np.repeat(A, s["k"], axis=0),
            Indexed(("ik",), "ijk", tuple(zip("ijk", (M, K, N), strict=True))),
        ),
        Case(
            [(M * N, K)], (K * N, M), lambda T, s: np.moveaxis(T.reshape(s["m"], -1, s["k"]), 0, 2).swapaxes(0, 1)
            .reshape(-1, s["m"]), Indexed(("kji",), "ijk", tuple(zip("ijk", (K, N, M), strict=True))),
        ),
    ],
    "largest": [
        Case([(M, N)], (M, N), lambda A, s: np.eye(s["n"])[np.real(A).argmax(axis=1)], 1),
        Case([(M, N)], (M, N), lambda A, s: np.eye(s["m"])[np.real(A).argmax(axis=0)].T, 0),
        Case([(M, N)], (M, N), lambda A, s: np.reshape(np.eye(A.size)[np.real(A).argmax()], A.shape), None),
        Case([(N, ONE)], (N, ONE), lambda a, s: np.eye(s["n"])[:, [np.real(a).argmax()]], 0),
    ],
    "softmax": [
        Case([(M, N)], (M, N), softmax_over(0), 0),
        Case([(M, N)], (M, N), softmax_over(1), 1),
        Case([(N, ONE)], (N, ONE), softmax_over(0), 0),
        Case([(ONE, N)], (ONE, N), softmax_over(1), 1),
    ],
    "log-sum-exp": [
        Case([(M, N)], (ONE, N), lambda A, s: np.log(np.sum(np.exp(A), axis=0, keepdims=True)), 0),
        Case([(M, N)], (M, ONE), lambda A, s: np.log(np.sum(np.exp(A), axis=1, keepdims=True)), 1),
        Case([(N, ONE)], (ONE, ONE), lambda a, s: np.log(np.sum(np.exp(a))).reshape(1, 1), 0),
    ],
}  # fmt: skip

TWO, ROWS_KEPT = Size.of(2), (ONE, M + ONE)
FIXED = {
    "rows": (
        op.fixed("rows", (M, M + TWO), ROWS_KEPT), lambda s: np.eye(s["m"] + 2)[1:-1], lambda A: A[1:-1],
    ),
    "every": (
        op.fixed("every", (TWO, Size.of(7)), (ONE, Size.of(6), 3)), lambda s: np.eye(7)[1:6:3], lambda A: A[1:6:3],
    ),
    "cumsum": (op.fixed("cumsum", (M, M)), lambda s: np.cumsum(np.eye(s["m"]), axis=0), lambda A: np.cumsum(A, axis=0)),
    "diff": (op.fixed("diff", (M - ONE, M)), lambda s: np.diff(np.eye(s["m"]), axis=0), lambda A: np.diff(A, axis=0)),
    "flip": (op.fixed("flip", (M, M)), lambda s: np.flipud(np.eye(s["m"])), np.flipud),
    "roll": (
        op.fixed("roll", (M, M), (-2,)), lambda s: np.roll(np.eye(s["m"]), -2, axis=0),
        lambda A: np.roll(A, -2, axis=0),
    ),
    "repeat": (
        op.fixed("repeat", (TWO * M, M), (2,)), lambda s: np.repeat(np.eye(s["m"]), 2, axis=0),
        lambda A: np.repeat(A, 2, axis=0),
    ),
    "tile": (
        op.fixed("tile", (TWO * M, M), (2,)), lambda s: np.tile(np.eye(s["m"]), (2, 1)), lambda A: np.tile(A, (2, 1)),
    ),
    "interleave": (
        op.fixed("interleave", (M * N * K * P, M * N * K * P), (M, N, K, P)),
        lambda s: np.eye(120)[np.arange(120).reshape(s["m"], s["n"], s["k"], s["p"]).transpose(0, 2, 1, 3).ravel()],
        None,
    ),
    "triu": (op.fixed("triu", (M, N), (1,)), lambda s: np.triu(np.ones((s["m"], s["n"])), 1), None),
    "tril": (op.fixed("tril", (M, N), (0,)), lambda s: np.tril(np.ones((s["m"], s["n"])), 0), None),
    "arange": (op.fixed("arange", (M, ONE)), lambda s: np.arange(s["m"])[:, None], None),
}  # fmt: skip
"""Fixed linear maps: the node, its matrix, and what it does, by plain NumPy."""

LEAVES = {
    "number": [(op.number(Fraction(-3, 4)), lambda s: [[-0.75]]), (op.number(0.1), lambda s: [[0.1]])],
    "size": [(op.size(M * N + ONE), lambda s: [[s["m"] * s["n"] + 1]])],
    "ones": [(op.ones((M, N)), lambda s: np.full((s["m"], s["n"]), 1.0))],
    "zero": [(op.zero((M, N)), lambda s: np.full((s["m"], s["n"]), 0.0))],
    "identity": [(op.identity(N), lambda s: np.diag(np.full(s["n"], 1.0)))],
    "unit": [
        (op.unit(N, 1), lambda s: np.eye(s["n"])[:, 1:2]),
        (op.unit(N, -1), lambda s: np.eye(s["n"])[:, -1:]),
        (op.unit(N + M, N), lambda s: np.eye(s["n"] + s["m"])[:, s["n"], None]),
    ],
    "commutation": [
        (
            op.commutation(M, N),
            lambda s: np.stack([e.reshape(s["m"], s["n"]).T.ravel() for e in np.eye(s["m"] * s["n"])], axis=1),
        )
    ],
    "fixed": [(matrix, plain) for matrix, plain, _ in FIXED.values()],
    "diagonal embedding": [
        (op.diagonal_embedding(N), lambda s: np.stack([np.diag(e).ravel() for e in np.eye(s["n"])], axis=1))
    ],
}
ALL = [pytest.param(name, case, id=f"{name} {i}") for name, cases in CASES.items() for i, case in enumerate(cases)]


def build(name, case, random):
    """(node, sizes, known): the operation of symbols, with a random value for each."""
    sizes = sizes_from(random)
    symbols = [op.symbol(f"{chr(65 + i)}", shape, 2) for i, shape in enumerate(case.arguments)]
    known = {}
    for symbol in symbols:
        rows, columns = (length.at(sizes) for length in symbol.shape)
        value = random.standard_normal((rows, columns))
        match case.manner:
            case "positive":
                value = np.abs(value) + 0.1
            case "near one":
                value = 1 + 0.01 * value
            case "invertible":
                value = value + 3 * np.eye(rows)
            case "spd":
                value = value @ value.T + np.eye(rows)
        known[symbol] = value
    return node(name, tuple(symbols), case.shape, case.data), sizes, known


def value_of(formula, sizes, known):
    """The value column alone: every node from its row, and none of the laws."""
    return sampling.evaluate(formula, sizes, dict(known))


def test_no_row_of_the_table_is_without_a_case():
    assert {*CASES, *LEAVES} == set(table.ROWS)
    for name, row in table.ROWS.items():
        assert bool(row.differential) == bool(row.law) and bool(row.adjoint) == bool(row.crossing), name
        assert bool(row.adjoint) == bool(row.matrix) == bool(row.as_matrix), name
        assert not row.differential or name in CASES
    assert all(function.law for function in table.FUNCTIONS.values())


def test_no_fixed_map_is_without_a_case():
    assert {*FIXED, "gather", "sorted"} == set(table.FIXED)  # these have an argument: see test_rows
    assert all(formula.data[0] == name for name, (formula, _, _) in FIXED.items())


@pytest.mark.parametrize("name", LEAVES)
def test_leaves_have_the_value_that_numpy_gives(name):
    assert LEAVES[name]
    for seed in range(3):
        sizes = sizes_from(np.random.default_rng(seed))
        for formula, plain in LEAVES[name]:
            assert formula.operation == name
            close(value_of(formula, sizes, {}), plain(sizes))


@pytest.mark.parametrize(("name", "case"), ALL)
def test_values_are_what_numpy_gives(name, case):
    for seed in range(3):
        formula, sizes, known = build(name, case, np.random.default_rng(seed))
        close(value_of(formula, sizes, known), case.plain(*known.values(), sizes))


@pytest.mark.parametrize(("name", "case"), [p for p in ALL if table.ROWS[p.values[0]].differential])
def test_d_passes_as_the_complex_step_says(name, case):
    row = table.ROWS[name]
    for seed in range(3):
        random = np.random.default_rng(seed)
        formula, sizes, known = build(name, case, random)
        moves = {symbol: random.standard_normal(value.shape) for symbol, value in known.items()}
        subsets = [list(known), *([symbol] for symbol in known)]
        assert known
        for moving in subsets:  # all arguments at once, and each alone
            changes = [op.differential(symbol) if symbol in moving else None for symbol in known]
            change = row.differential(formula, changes)
            assert change.shape == formula.shape
            steps = {op.differential(symbol): moves[symbol] for symbol in moving}
            stepped = {s: value + 1e-30j * moves[s] if s in moving else value for s, value in known.items()}
            slope = np.imag(value_of(formula, sizes, stepped)) / 1e-30
            close(value_of(change, sizes, {**known, **steps}), slope, 1e-9)
            assert law_of(formula).statement


@pytest.mark.parametrize(("name", "case"), [p for p in ALL if table.ROWS[p.values[0]].adjoint])
def test_what_crosses_the_colon_leaves_the_product_as_it_is(name, case):
    """⟨G, op(E)⟩ = ⟨adjoint(G), E⟩ in every argument."""
    row = table.ROWS[name]
    for seed in range(3):
        random = np.random.default_rng(seed)
        formula, sizes, known = build(name, case, random)
        G = op.symbol("G", formula.shape, 2)
        known[G] = random.standard_normal([length.at(sizes) for length in formula.shape])
        linear = list(enumerate(formula.args))[row.linear]
        assert linear or len(formula.args) == 1  # e^A alone is linear in nothing
        for index, argument in linear:
            moved = row.adjoint(formula, index, G)
            assert moved.shape == argument.shape
            left = np.sum(known[G] * value_of(formula, sizes, known))
            if name == "combination":  # linear in all arguments together: alone, the others are zero
                left = float(case.data[index]) * np.sum(known[G] * known[argument])
            close(np.sum(value_of(moved, sizes, known) * known[argument]), left)
            assert law_of(formula, crossing=True).statement


@pytest.mark.parametrize(("name", "case"), [p for p in ALL if table.ROWS[p.values[0]].matrix])
def test_the_matrix_of_an_operation_is_the_operation(name, case):
    """vec(op(E)) = M vec(E), row-major, in every argument."""
    row = table.ROWS[name]
    for seed in range(3):
        formula, sizes, known = build(name, case, np.random.default_rng(seed))
        linear = list(enumerate(formula.args))[row.linear]
        assert linear or len(formula.args) == 1  # e^A alone is linear in nothing
        for index, argument in linear:
            matrix = row.matrix(formula, index)
            entries = [shape[0] * shape[1] for shape in (formula.shape, argument.shape)]
            assert matrix.shape == tuple(entries)
            expected = value_of(formula, sizes, known).ravel()
            if name == "combination":
                expected = float(case.data[index]) * known[argument].ravel()
            close(value_of(matrix, sizes, known) @ known[argument].ravel(), expected)


# ── functions of one number ───────────────────────────────────────────────────────────────────────────────────────

PLAIN = {name: plain_numpy.NAMES[name] for name in plain_numpy.NAMES if name in table.FUNCTIONS} | {"cosh": np.cosh}


def _stirling(z, first, each, back, shift=400):
    """A function of the gamma family far out, where two terms are enough, and back by the recurrence."""
    w = z + shift
    return first(w) + each(w) + sum(back(z + k) for k in range(shift))


def _plain_erf(z):
    """2/√π ∫ z exp(−z²t²) dt over t from 0 to 1, by Gauss and Legendre."""
    nodes, weights = np.polynomial.legendre.leggauss(80)
    return sum(w * z * np.exp(-((z * (t + 1) / 2) ** 2)) for t, w in zip(nodes, weights, strict=True)) / np.sqrt(np.pi)


PLAIN |= {
    "erf": _plain_erf,
    "gammaln": lambda z: _stirling(
        z, lambda w: (w - 0.5) * np.log(w) - w + 0.5 * np.log(2 * np.pi), lambda w: 1 / (12 * w) - 1 / (360 * w**3),
        lambda z: -np.log(z),
    ),
    "digamma": lambda z: _stirling(
        z, lambda w: np.log(w) - 0.5 / w, lambda w: -1 / (12 * w**2) + 1 / (120 * w**4), lambda z: -1 / z
    ),
    "trigamma": lambda z: _stirling(
        z, lambda w: 1 / w + 0.5 / w**2, lambda w: 1 / (6 * w**3) - 1 / (30 * w**5), lambda z: 1 / z**2
    ),
}  # fmt: skip
POSITIVE = ("log", "gammaln", "digamma", "trigamma")
WITHOUT_SLOPE = ("trigamma",)


def test_every_function_has_a_plain_one():
    assert set(PLAIN) >= set(BUILT_IN)


@pytest.mark.parametrize(
    ("name", "sign"), [(name, sign) for name in BUILT_IN for sign in (1, -1) if sign > 0 or name not in POSITIVE]
)
def test_derivatives_of_functions_on_both_sides_of_zero(name, sign):
    x = op.symbol("x", (N, ONE), 1)
    formula = node("elementwise", (x,), x.shape, name)
    values = sign * np.abs(np.random.default_rng(5).standard_normal((40, 1)))
    slope = np.imag(PLAIN[name](values + 1e-30j)) / 1e-30
    if name in WITHOUT_SLOPE:
        with pytest.raises(DerivationError, match=f"the derivative of {name}"):
            table.FUNCTIONS[name].derivative(x, formula)
        return
    derivative = table.FUNCTIONS[name].derivative(x, formula)
    close(value_of(formula, {"n": 40}, {x: values}), np.real(PLAIN[name](values)))
    close(value_of(derivative, {"n": 40}, {x: values}), slope)
    close(np.imag(table.FUNCTIONS[name].value(values + 1e-30j)) / 1e-30, slope)


def test_erf_far_from_zero():
    """Where the series of the middle would need too many terms, a continued fraction takes over."""
    z = np.array([[-8.0, -5.0, -3.5, -3.0, -2.9, 2.9, 3.0, 3.1, 4.0, 6.0]])
    expected = np.array([[math.erf(value) for value in z[0]]])
    np.testing.assert_allclose(table.FUNCTIONS["erf"].value(z), expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("name", ["sigmoid", "softplus", "tanh", "arctan", "relu", "abs"])
def test_functions_do_not_overflow(name):
    with np.errstate(all="raise", under="ignore"):
        values = table.FUNCTIONS[name].value(np.array([[-800.0, 800.0]]))
    assert np.all(np.isfinite(values))


def test_functions_keep_small_values_beside_the_complex_step():
    z = np.array([[-50.0, -700.0, -3.0, 2.0]])
    for name in ("softplus", "sigmoid"):
        value = table.FUNCTIONS[name].value
        np.testing.assert_allclose(np.real(value(z + 1e-30j)), value(z), rtol=1e-14)


@pytest.mark.parametrize("exponent", [3, 100, 101, 1000])
def test_powers_of_negative_numbers_keep_the_complex_step(exponent):
    x = op.symbol("x", (N, ONE), 1)
    value = value_of(op.power(x, exponent), {"n": 2}, {x: np.array([[-0.99 + 1e-30j], [1.001 + 1e-30j]])})
    close(np.imag(value) / 1e-30, exponent * np.array([[-0.99], [1.001]]) ** (exponent - 1))


# ── laws of simplification ────────────────────────────────────────────────────────────────────────────────────────

A, B = (op.symbol(name, (M, N), 2) for name in "AB")
C, D = op.symbol("C", (N, K), 2), op.symbol("D", (K, P), 2)
Q, R = (op.symbol(name, (N, N), 2) for name in "QR")
S = op.symbol("S", (N, N), 2, ("symmetric",))
u, v, w = op.symbol("u", (N, ONE), 1), op.symbol("v", (N, ONE), 1), op.symbol("w", (M, ONE), 1)
a, b = op.symbol("a", (ONE, ONE), 0), op.symbol("b", (ONE, ONE), 0)
T, I, J = op.transpose, op.identity(N), op.ones((M, N))
one, half = op.ones((N, ONE)), Fraction(1, 2)
KRON = op.kronecker(A, C)


def minus(left, right):
    return op.add(left, op.negative(right))


def f(name, formula):
    return op.elementwise(name, formula)


# the formula as it is built; what it is made of, in NumPy; the one form it takes, where that is worth saying
LAWS = {
    "equal terms meet": (lambda: op.add(A, B, A), "A + B + A", lambda: op.combine([(2, A), (1, B)])),
    "terms cancel": (lambda: op.add(A, B, op.negative(A)), "A + B - A", lambda: B),
    "nothing is left": (lambda: minus(A, A), "A - A", lambda: op.zero((M, N))),
    "sums in sums open": (lambda: op.add(op.add(A, B), B), "A + B + B", lambda: op.combine([(1, A), (2, B)])),
    "minus goes to each term": (
        lambda: op.negative(minus(A, B)), "-(A - B)", lambda: op.combine([(-1, A), (1, B)])
    ),
    "a number before a sum keeps its brackets": (lambda: op.times(2, op.add(A, B)), "2 * (A + B)", None),
    "numbers in a row": (lambda: op.times(2, op.times(half, A)), "A", lambda: A),
    "numbers add": (lambda: op.add(op.number(2), op.number(3)), "np.full((1, 1), 5.)", lambda: op.number(5)),
    "products open": (
        lambda: op.product(A, op.product(C, D)), "A @ C @ D", lambda: op.product(op.product(A, C), D)
    ),
    "numbers leave a product": (
        lambda: op.product(op.times(2, A), op.times(3, C)), "2 * A @ (3 * C)", lambda: op.times(6, op.product(A, C))
    ),
    "scalars leave a product": (
        lambda: op.product(op.scale(a, A), C), "a * A @ C", lambda: op.scale(a, op.product(A, C))
    ),
    "two scalars leave a product": (lambda: op.product(op.scale(a, A), op.scale(b, C)), "a * A @ (b * C)", None),
    "a scalar in a product": (lambda: op.product(w, a, T(v)), "w @ a @ v.T", lambda: op.scale(a, op.product(w, T(v)))),
    "a product with I": (lambda: op.product(A, I, C), "A @ C", lambda: op.product(A, C)),
    "I first": (lambda: op.product(I, C), "C", lambda: C),
    "I last": (lambda: op.product(A, I), "A", lambda: A),
    "a product with 0": (lambda: op.product(A, op.zero((N, K))), "0 * A @ C", lambda: op.zero((M, K))),
    "an inverse beside its matrix": (lambda: op.product(op.inverse(Q), Q), "np.linalg.inv(Q) @ Q", lambda: I),
    "a matrix beside its inverse": (
        lambda: op.product(A, Q, op.inverse(Q), C), "A @ Q @ np.linalg.inv(Q) @ C", lambda: op.product(A, C)
    ),
    "ones times ones": (
        lambda: op.product(op.ones((M, N)), op.ones((N, K))), "np.ones_like(A) @ np.ones_like(C)",
        lambda: op.scale(op.size(N), op.ones((M, K)))
    ),
    "1ᵀ1": (lambda: op.product(T(one), one), "np.full((1, 1), len(v) * 1.)", lambda: op.size(N)),
    "11ᵀ": (lambda: op.product(op.ones((M, ONE)), T(one)), "np.ones_like(A)", lambda: J),
    "1ᵀv": (lambda: op.product(T(one), v), "np.full((1, 1), v.sum())", lambda: op.total(v)),
    "vᵀv": (lambda: op.product(T(v), v), "v.T @ v", lambda: op.frobenius(v, v)),
    "uᵀv": (lambda: op.product(T(u), v), "u.T @ v", None),
    "equal factors meet": (lambda: op.hadamard(A, B, A), "A * B * A", lambda: op.hadamard(op.power(A, 2), B)),
    "powers add": (lambda: op.hadamard(op.power(A, 3), op.power(A, -2)), "A", lambda: A),
    "powers cancel": (lambda: op.hadamard(A, op.power(A, -1)), "np.ones_like(A)", lambda: J),
    "⊙ with ones": (lambda: op.hadamard(A, J), "A", lambda: A),
    "⊙ with zero": (lambda: op.hadamard(A, op.zero((M, N))), "0 * A", lambda: op.zero((M, N))),
    "numbers leave ⊙": (
        lambda: op.hadamard(op.times(2, A), op.negative(B)), "-2 * A * B", lambda: op.times(-2, op.hadamard(A, B))
    ),
    "scalars leave ⊙": (
        lambda: op.hadamard(op.scale(a, A), op.scale(b, B)), "a * b * A * B",
        lambda: op.scale(op.hadamard(b, a), op.hadamard(A, B))
    ),
    "a square of a square": (lambda: op.power(op.power(A, 2), 3), "A**6", lambda: op.power(A, 6)),
    "a square of a root": (lambda: op.power(op.power(op.hadamard(A, A), half), 2), "A**2", lambda: op.power(A, 2)),
    "a root of a square is not the base": (lambda: op.power(op.power(A, 2), half), "np.sqrt(A * A)", None),
    "numbers leave powers": (lambda: op.power(op.times(-2, A), 3), "-8 * A**3", lambda: op.times(-8, op.power(A, 3))),
    "scalars leave powers": (lambda: op.power(op.scale(a, A), 2), "a**2 * A**2", None),
    "to the power 0": (lambda: op.power(A, 0), "np.ones_like(A)", lambda: J),
    "to the power 1": (lambda: op.power(A, 1), "A", lambda: A),
    "numbers have powers": (lambda: op.power(op.number(-2), -2), "np.full((1, 1), .25)", lambda: op.number(0.25)),
    "a root of a multiple": (lambda: op.power(op.times(2, op.power(A, 2)), half), "np.sqrt(2 * A * A)", None),
    "a power that is a number": (
        lambda: op.general_power(A, op.number(2)), "A * A", lambda: op.power(A, 2)
    ),
    "Aᵀᵀ": (lambda: T(T(A)), "A", lambda: A),
    "(AC)ᵀ": (lambda: T(op.product(A, C)), "C.T @ A.T", lambda: op.product(T(C), T(A))),
    "(aA)ᵀ": (lambda: T(op.scale(a, A)), "a * A.T", lambda: op.scale(a, T(A))),
    "(2A)ᵀ": (lambda: T(op.times(2, A)), "2 * A.T", lambda: op.times(2, T(A))),
    "(A⁻¹)ᵀ": (lambda: T(op.inverse(Q)), "np.linalg.inv(Q.T)", lambda: op.inverse(T(Q))),
    "Sᵀ": (lambda: T(S), "S.T", lambda: S),
    "(S⁻¹)ᵀ": (lambda: T(op.inverse(S)), "np.linalg.inv(S).T", lambda: op.inverse(S)),
    "(AᵀA)ᵀ": (lambda: T(op.product(T(A), A)), "A.T @ A", lambda: op.product(T(A), A)),
    "(S + Qᵀ)ᵀ": (lambda: T(op.add(S, T(Q))), "S + Q", lambda: op.add(S, Q)),
    "(S ⊙ S)ᵀ": (lambda: T(op.hadamard(S, I)), "S * np.eye(len(S))", lambda: op.hadamard(S, I)),
    "(S ⊗ S)ᵀ": (lambda: T(op.kronecker(S, S)), "np.kron(S, S)", lambda: op.kronecker(S, S)),
    "(A + B)ᵀ": (lambda: T(op.add(A, B)), "A.T + B.T", None),
    "1ᵀ": (lambda: T(J), "np.ones_like(A.T)", lambda: op.ones((N, M))),
    "(Q⁻¹)⁻¹": (lambda: op.inverse(op.inverse(Q)), "Q", lambda: Q),
    "(2Q)⁻¹": (
        lambda: op.inverse(op.times(2, Q)), "np.linalg.inv(2 * Q)", lambda: op.times(half, op.inverse(Q))
    ),
    "(aQ)⁻¹": (lambda: op.inverse(op.scale(a, Q)), "np.linalg.inv(a * Q)", None),
    "I⁻¹": (lambda: op.inverse(I), "np.eye(len(Q))", lambda: I),
    "a⁻¹": (lambda: op.inverse(a), "1 / a", lambda: op.power(a, -1)),
    "det(Qᵀ)": (lambda: op.determinant(T(Q)), "np.full((1, 1), np.linalg.det(Q))", lambda: op.determinant(Q)),
    "det(I)": (lambda: op.determinant(I), "np.ones((1, 1))", lambda: op.number(1)),
    "det(a)": (lambda: op.determinant(a), "a", lambda: a),
    "log det(Qᵀ)": (
        lambda: op.log_determinant(T(Q)), "np.full((1, 1), np.log(np.linalg.det(Q)))", lambda: op.log_determinant(Q)
    ),
    "log det(Q⁻¹)": (
        lambda: op.log_determinant(op.inverse(Q)), "-np.full((1, 1), np.log(np.linalg.det(Q)))",
        lambda: op.negative(op.log_determinant(Q))
    ),
    "log det(I)": (lambda: op.log_determinant(I), "np.zeros((1, 1))", lambda: op.number(0)),
    "log(det(Q))": (
        lambda: f("log", op.determinant(Q)), "np.full((1, 1), np.log(np.linalg.det(Q)))",
        lambda: op.log_determinant(Q)
    ),
    "tr(Qᵀ)": (lambda: op.trace(T(Q)), "np.full((1, 1), np.trace(Q))", lambda: op.trace(Q)),
    "tr(2aQ)": (
        lambda: op.trace(op.times(2, op.scale(a, Q))), "2 * a * np.trace(Q)",
        lambda: op.times(2, op.hadamard(a, op.trace(Q)))
    ),
    "tr(I)": (lambda: op.trace(I), "np.full((1, 1), len(Q) * 1.)", lambda: op.size(N)),
    "tr(0)": (lambda: op.trace(op.zero((N, N))), "np.zeros((1, 1))", lambda: op.number(0)),
    "tr(Diag(v))": (lambda: op.trace(op.diag(v)), "np.full((1, 1), v.sum())", lambda: op.total(v)),
    "tr(Q ⊗ S)": (
        lambda: op.trace(op.kronecker(Q, S)), "np.full((1, 1), np.trace(np.kron(Q, S)))",
        lambda: op.hadamard(op.trace(Q), op.trace(S))
    ),
    "tr(AᵀA)": (
        lambda: op.trace(op.product(T(A), A)), "np.full((1, 1), np.sum(A * A))", lambda: op.frobenius(A, A)
    ),
    "tr(AAᵀ)": (
        lambda: op.trace(op.product(A, T(A))), "np.full((1, 1), np.sum(A * A))", lambda: op.frobenius(A, A)
    ),
    "tr((AC)ᵀAC)": (
        lambda: op.trace(op.product(T(op.product(A, C)), A, C)), "np.full((1, 1), np.sum((A @ C)**2))", None
    ),
    "tr(QR) is not a square": (lambda: op.trace(op.product(Q, R)), "np.full((1, 1), np.trace(Q @ R))", None),
    "1 : (A ⊙ B)": (
        lambda: op.total(op.hadamard(A, B)), "np.full((1, 1), np.sum(A * B))", lambda: op.frobenius(A, B)
    ),
    "1 : A²": (lambda: op.total(op.power(A, 2)), "np.full((1, 1), np.sum(A * A))", lambda: op.frobenius(A, A)),
    "1 : 1": (lambda: op.total(J), "np.full((1, 1), A.size * 1.)", lambda: op.size(M * N)),
    "1 : Diag(v)": (lambda: op.total(op.diag(v)), "np.full((1, 1), v.sum())", lambda: op.total(v)),
    "1 : Aᵀ": (lambda: op.total(T(A)), "np.full((1, 1), A.sum())", lambda: op.total(A)),
    "I : Q": (lambda: op.frobenius(I, Q), "np.full((1, 1), np.trace(Q))", lambda: op.trace(Q)),
    "Q : I": (lambda: op.frobenius(Q, I), "np.full((1, 1), np.trace(Q))", lambda: op.trace(Q)),
    "Aᵀ : Bᵀ": (lambda: op.frobenius(T(A), T(B)), "np.full((1, 1), np.sum(A * B))", lambda: op.frobenius(A, B)),
    "2A : aB": (
        lambda: op.frobenius(op.times(2, A), op.scale(a, B)), "2 * a * np.sum(A * B)",
        lambda: op.times(2, op.hadamard(a, op.frobenius(A, B)))
    ),
    "A : 0": (lambda: op.frobenius(A, op.zero((M, N))), "np.zeros((1, 1))", lambda: op.number(0)),
    "a : b": (lambda: op.frobenius(a, b), "a * b", lambda: op.hadamard(a, b)),
    "‖a‖": (lambda: op.norm(a), "np.abs(a)", lambda: f("abs", a)),
    "Diag(1)": (lambda: op.diag(one), "np.eye(len(v))", lambda: I),
    "Diag(2av)": (
        lambda: op.diag(op.times(2, op.scale(a, v))), "2 * a * np.diag(v[:, 0])",
        lambda: op.times(2, op.scale(a, op.diag(v)))
    ),
    "Diag(0)": (lambda: op.diag(op.zero((N, ONE))), "0 * Q", lambda: op.zero((N, N))),
    "diag(Diag(v))": (lambda: op.diagonal(op.diag(v)), "v", lambda: v),
    "diag(Qᵀ)": (lambda: op.diagonal(T(Q)), "np.diag(Q)[:, None]", lambda: op.diagonal(Q)),
    "diag(I)": (lambda: op.diagonal(I), "np.ones_like(v)", lambda: one),
    "diag(-aQ)": (lambda: op.diagonal(op.negative(op.scale(a, Q))), "-a * np.diag(Q)[:, None]", None),
    "I ⊗ I": (lambda: op.kronecker(I, op.identity(M)), "np.eye(A.size)", lambda: op.identity(M * N)),
    "w ⊗ vᵀ": (lambda: op.kronecker(w, T(v)), "np.kron(w, v.T)", lambda: op.product(w, T(v))),
    "vᵀ ⊗ w": (lambda: op.kronecker(T(v), w), "np.kron(v.T, w)", lambda: op.product(w, T(v))),
    "2A ⊗ aC": (
        lambda: op.kronecker(op.times(2, A), op.scale(a, C)), "2 * a * np.kron(A, C)",
        lambda: op.times(2, op.scale(a, KRON))
    ),
    "a ⊗ A": (lambda: op.kronecker(a, A), "a * A", lambda: op.scale(a, A)),
    "A ⊗ 0": (lambda: op.kronecker(A, op.zero((N, K))), "0 * np.kron(A, C)", None),
    "(· ⊗ aC)* of A ⊗ C": (
        lambda: op.kronecker_adjoint(KRON, op.scale(a, C), "left"), "a * np.sum(C * C) * A", None
    ),
    "reshape of reshape": (lambda: op.reshape(op.vec(A), (M, N)), "A", lambda: A),
    "reshape of a vector to a row": (lambda: op.reshape(v, (ONE, N)), "v.T", lambda: T(v)),
    "reshape of ones": (lambda: op.vec(J), "np.ones((A.size, 1))", lambda: op.ones((M * N, ONE))),
    "log(exp(A))": (lambda: f("log", f("exp", A)), "A", lambda: A),
    "log(σ(A))": (
        lambda: f("log", f("sigmoid", A)), "np.log(1 / (1 + np.exp(-A)))",
        lambda: op.negative(f("softplus", op.negative(A)))
    ),
    "log(1 - σ(A))": (
        lambda: f("log", minus(J, f("sigmoid", A))), "np.log(1 - 1 / (1 + np.exp(-A)))",
        lambda: op.negative(f("softplus", A))
    ),
    "log(1 + exp(A))": (lambda: f("log", op.add(J, f("exp", A))), "np.log(1 + np.exp(A))", lambda: f("softplus", A)),
    "log(exp(A) + 1)": (lambda: f("log", op.add(f("exp", A), J)), "np.log(1 + np.exp(A))", lambda: f("softplus", A)),
    "log(1 + 2exp(A))": (
        lambda: f("log", op.add(J, op.times(2, f("exp", A)))), "np.log(1 + 2 * np.exp(A))", None
    ),
    "log(2 - σ(A))": (
        lambda: f("log", minus(op.times(2, J), f("sigmoid", A))), "np.log(2 - 1 / (1 + np.exp(-A)))", None
    ),
    "σ(-A)": (
        lambda: f("sigmoid", op.negative(A)), "1 / (1 + np.exp(A))", lambda: minus(J, f("sigmoid", A))
    ),
    "log(softmax) down": (
        lambda: f("log", op.softmax(A, 0)), "np.log(np.exp(A) / np.exp(A).sum(axis=0, keepdims=True))", None
    ),
    "log(softmax) along": (
        lambda: f("log", op.softmax(A, 1)), "np.log(np.exp(A) / np.exp(A).sum(axis=1, keepdims=True))", None
    ),
    "log of an entry of softmax": (
        lambda: f("log", op.product(T(op.unit(N, 1)), op.softmax(v, 0))),
        "np.log(np.exp(v) / np.exp(v).sum())[1:2]", None
    ),
    "sin(0)": (lambda: f("sin", op.zero((M, N))), "0 * A", lambda: op.zero((M, N))),
    "a norm squared": (lambda: op.power(op.norm(A), 2), "np.sum(A**2).reshape(1, 1)", lambda: op.frobenius(A, A)),
    "a norm to the fourth": (
        lambda: op.power(op.norm(v), 4), "np.sum(v**2).reshape(1, 1)**2", lambda: op.power(op.frobenius(v, v), 2)
    ),
    "one over a product of scalars": (
        lambda: op.power(op.hadamard(a, b), -1), "1 / (a * b)", lambda: op.hadamard(op.power(a, -1), op.power(b, -1))
    ),
    "Diags in a row": (
        lambda: op.product(op.diag(u), op.diag(v), Q), "np.diag(u[:, 0]) @ np.diag(v[:, 0]) @ Q",
        lambda: op.product(op.diag(op.hadamard(u, v)), Q)
    ),
    "Diag(v) 1": (lambda: op.product(Q, op.diag(v), one), "Q @ v", lambda: op.product(Q, v)),
    "1ᵀ Diag(v)": (lambda: op.product(T(one), op.diag(v), Q), "v.T @ Q", lambda: op.product(T(v), Q)),
    "the sum of sums along rows": (
        lambda: op.total(op.product(A, one)), "np.sum(A).reshape(1, 1)", lambda: op.frobenius(J, A)
    ),
    "the sum of sums down columns": (
        lambda: op.total(op.product(T(op.ones((M, ONE))), A)), "np.sum(A).reshape(1, 1)", lambda: op.frobenius(J, A)
    ),
    "the sum of a diagonal": (
        lambda: op.total(op.diagonal(Q)), "np.trace(Q).reshape(1, 1)", lambda: op.trace(Q)
    ),
    "the trace of an outer product": (
        lambda: op.trace(op.product(u, T(v))), "u.T @ v", lambda: op.frobenius(u, v)
    ),
    "the diagonal of a sum with an outer product": (
        lambda: op.diagonal(minus(Q, op.product(u, T(v)))), "np.diag(Q - u @ v.T)[:, None]",
        lambda: minus(op.diagonal(Q), op.hadamard(u, v))
    ),
    "softmax by hand": (
        lambda: op.scale(op.power(op.total(f("exp", v)), -1), f("exp", v)), "np.exp(v) / np.sum(np.exp(v))",
        lambda: op.softmax(v, 0)
    ),
    "softmax of rows by hand": (
        lambda: op.hadamard(f("exp", A), op.power(op.product(f("exp", A), one, T(one)), -1)),
        "np.exp(A) / np.sum(np.exp(A), axis=1, keepdims=True)", lambda: op.softmax(A, 1)
    ),
    "softmax of columns by hand": (
        lambda: op.hadamard(
            f("exp", A), op.power(op.product(op.ones((M, ONE)), T(op.ones((M, ONE))), f("exp", A)), -1)
        ),
        "np.exp(A) / np.sum(np.exp(A), axis=0)", lambda: op.softmax(A, 0)
    ),
    "sigmoid by hand": (
        lambda: op.power(op.add(J, f("exp", op.negative(A))), -1), "1 / (1 + np.exp(-A))", lambda: f("sigmoid", A)
    ),
    "sigmoid by hand, squared": (
        lambda: op.power(op.add(f("exp", A), J), -2), "1 / (1 + np.exp(A))**2",
        lambda: op.power(f("sigmoid", op.negative(A)), 2)
    ),
    "sigmoid the other way": (
        lambda: op.hadamard(f("exp", A), op.power(op.add(J, f("exp", A)), -1)), "np.exp(A) / (1 + np.exp(A))",
        lambda: f("sigmoid", A)
    ),
    "sinh over cosh": (
        lambda: op.hadamard(f("sinh", A), op.power(op.named("h", f("cosh", A)), -1)), "np.tanh(A)", lambda: f("tanh", A)
    ),
    "a softmax sums to one": (
        lambda: op.total(op.named("p", op.softmax(v, 0))), "np.ones((1, 1))", lambda: op.number(1)
    ),
    "each row of a softmax sums to one": (
        lambda: op.product(op.softmax(A, 1), one), "np.ones((len(A), 1))", lambda: op.ones((M, ONE))
    ),
    "each column of a softmax sums to one": (
        lambda: op.product(T(op.ones((M, ONE))), op.softmax(A, 0)), "np.ones((1, A.shape[1]))", lambda: T(one)
    ),
    "the rows of a softmax of columns do not": (
        lambda: op.product(op.softmax(A, 0), one), "(np.exp(A) / np.exp(A).sum(axis=0)).sum(axis=1)[:, None]", None
    ),
    "a whole softmax sums to the number of its rows": (
        lambda: op.total(op.softmax(A, 1)), "np.full((1, 1), len(A))", lambda: op.size(M)
    ),
    "a minus before brackets": (lambda: op.before(-1, op.add(A, B)), "-(A + B)", None),
    "the log of sums of exponentials, transposed": (
        lambda: f("log", T(op.product(T(op.ones((M, ONE))), f("exp", A)))),
        "np.log(np.sum(np.exp(A), axis=0))[:, None]", lambda: T(op.log_sum_exp(A, 0))
    ),
    "log(sum(exp(v)))": (
        lambda: f("log", op.total(f("exp", v))), "np.log(np.sum(np.exp(v))).reshape(1, 1)",
        lambda: op.log_sum_exp(v, 0)
    ),
    "the log of sums of exponentials along rows": (
        lambda: f("log", op.product(f("exp", A), one)), "np.log(np.sum(np.exp(A), axis=1, keepdims=True))",
        lambda: op.log_sum_exp(A, 1)
    ),
    "the log of sums of exponentials down columns": (
        lambda: f("log", op.product(T(op.ones((M, ONE))), f("exp", A))),
        "np.log(np.sum(np.exp(A), axis=0, keepdims=True))", lambda: op.log_sum_exp(A, 0)
    ),
    "the sum of all exponentials of a matrix keeps its form": (
        lambda: f("log", op.total(f("exp", A))), "np.log(np.sum(np.exp(A))).reshape(1, 1)", None
    ),
    "the log of a quotient of exponentials": (
        lambda: f("log", op.hadamard(f("exp", a), op.power(op.total(f("exp", v)), -1))),
        "a - np.log(np.sum(np.exp(v)))", lambda: minus(a, op.log_sum_exp(v, 0))
    ),
    "the log of an exponential times something": (
        lambda: f("log", op.hadamard(f("exp", A), op.power(B, 2))), "A + np.log(B**2)",
        lambda: op.add(A, f("log", op.power(B, 2)))
    ),
    "the log of a multiple of an exponential": (
        lambda: f("log", op.times(3, f("exp", A))), "A + np.log(3)", None
    ),
    "the log of a quotient of determinants": (
        lambda: f("log", op.hadamard(op.determinant(Q), op.power(op.determinant(R), -1))),
        "np.log(np.linalg.det(Q) / np.linalg.det(R)).reshape(1, 1)",
        lambda: minus(op.log_determinant(Q), op.log_determinant(R))
    ),
    "the log of a determinant squared keeps its sign out": (
        lambda: f("log", op.power(op.determinant(Q), 2)), "np.log(np.linalg.det(Q)**2).reshape(1, 1)",
        lambda: node("elementwise", (op.power(op.determinant(Q), 2),), (ONE, ONE), "log")
    ),
    "the log of a determinant times something": (
        lambda: f("log", op.hadamard(op.determinant(Q), op.power(a, 2))),
        "np.log(np.linalg.det(Q) * a**2)", None
    ),
    "the log of the diagonal of a softmax": (
        lambda: f("log", op.diagonal(op.softmax(Q, 1))),
        "np.log(np.diag(np.exp(Q)) / np.exp(Q).sum(axis=1))[:, None]",
        lambda: minus(op.diagonal(Q), op.log_sum_exp(Q, 1))
    ),
    "a uniform power is that of a scalar": (
        lambda: op.general_power(op.power(f("exp", A), 1), op.add(op.scale(a, J), J)), "np.exp(A)**(a + 1)",
        lambda: op.general_power(f("exp", A), op.add(a, op.number(1)))
    ),
    "e^(Aᵀ)": (lambda: T(op.exponential(Q)), "exponential(Q).T", lambda: op.exponential(T(Q))),
    "the transpose of a derivative of e^A": (
        lambda: T(op.exponential(Q, R, S)), "integrated(Q, R, S).T", lambda: op.exponential(S, T(R), T(Q)),
    ),
    "a symmetric exponential": (lambda: T(op.exponential(S)), "exponential(S)", lambda: op.exponential(S)),
    "the inverse of e^A": (
        lambda: op.inverse(op.exponential(Q)), "np.linalg.inv(exponential(Q))", lambda: op.exponential(op.negative(Q)),
    ),
    "det(e^A)": (
        lambda: op.determinant(op.exponential(Q)), "np.linalg.det(exponential(Q)).reshape(1, 1)",
        lambda: f("exp", op.trace(Q)),
    ),
    "log det(e^A)": (
        lambda: op.log_determinant(op.exponential(Q)), "np.log(np.linalg.det(exponential(Q))).reshape(1, 1)",
        lambda: op.trace(Q),
    ),
    "e^0": (lambda: op.exponential(op.times(0, Q)), "np.eye(len(Q))", lambda: op.identity(N)),
    "a change that commutes": (
        lambda: op.exponential(op.scale(a, Q), op.scale(b, Q), op.scale(a, Q)), "b * Q @ exponential(a * Q)",
        lambda: op.scale(b, op.product(Q, op.exponential(op.scale(a, Q)))),
    ),
    "a change of the identity": (
        lambda: op.exponential(Q, op.scale(b, op.identity(N)), Q), "b * exponential(Q)",
        lambda: op.scale(b, op.exponential(Q)),
    ),
    "a change that does not commute": (
        lambda: op.exponential(Q, op.times(2, R), Q), "2 * integrated(Q, R, Q)",
        lambda: op.times(2, node("matrix exponential", (Q, R, Q), (N, N))),
    ),
    "numbers leave what is reshaped": (
        lambda: op.reshape(op.times(2, A), (N, M)), "2 * A.reshape(A.shape[::-1])",
        lambda: op.times(2, op.reshape(A, (N, M)))
    ),
}  # fmt: skip


def known_at(seed, of):
    """(sizes, values by formula, values by name) at random; square ones with a positive determinant."""
    random = np.random.default_rng(seed)
    sizes = sizes_from(random)
    known = {}
    for symbol in of:
        value = random.standard_normal([length.at(sizes) for length in symbol.shape])
        if symbol.shape == (N, N):
            value = value + value.T if symbol is S else value
            value = value / (2 * len(value)) + np.eye(len(value))
        known[symbol] = value
    return sizes, known, {symbol.data[0]: value for symbol, value in known.items()}


LETTERS = (A, B, C, D, Q, R, S, u, v, w, a, b)


@pytest.mark.parametrize("law", LAWS)
def test_simplification_keeps_the_value_and_gives_one_form(law):
    make, plain, form = LAWS[law]
    formula = make()
    for seed in range(3):
        sizes, known, named = known_at(seed, LETTERS)
        expected = eval(plain, {"np": np, "exponential": exponential, "integrated": integrated, **named})
        close(value_of(formula, sizes, known), expected)
    assert form is None or formula is form()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: op.add(A, C), ("m×n", "n×k")),
        (lambda: op.product(A, D), ("m×n", "k×p")),
        (lambda: op.hadamard(A, T(A)), ("m×n", "n×m")),
        (lambda: op.frobenius(A, v), ("m×n", "n")),
        (lambda: op.scale(v, A), ("n",)),
        (lambda: op.inverse(A), ("inv", "m×n")),
        (lambda: op.determinant(A), ("det", "m×n")),
        (lambda: op.log_determinant(A), ("logdet", "m×n")),
        (lambda: op.exponential(A), ("expm", "m×n")),
        (lambda: op.trace(A), ("tr", "m×n")),
        (lambda: op.diagonal(A), ("diagvec", "m×n")),
        (lambda: op.diag(A), ("Diag", "m×n")),
        (lambda: op.reshape(A, (M, K)), ("m×n", "m×k")),
    ],
)
def test_shapes_that_do_not_conform_are_refused(make, words):
    with pytest.raises(ShapeError) as error:
        make()
    assert all(word in str(error.value) for word in words)


# ── tidying ───────────────────────────────────────────────────────────────────────────────────────────────────────

z = op.named("z", op.product(A, v))
TIDIED = {
    "common last factor": (
        op.add(op.product(A, C), op.product(B, C)), lambda: op.product(op.add(A, B), C)
    ),
    "common first factor": (
        minus(op.product(A, Q), op.product(A, R)), lambda: op.product(A, minus(Q, R))
    ),
    "both": (
        op.combine([(2, op.product(A, Q, C)), (-2, op.product(A, R, C))]),
        lambda: op.times(2, op.product(A, minus(Q, R), C))
    ),
    "nothing in common": (op.add(op.product(A, Q), op.product(B, R)), None),
    "multiplied out": (op.add(op.hadamard(A, minus(J, B)), op.hadamard(A, B)), lambda: A),
    "u vᵀ : Q": (op.frobenius(op.product(u, T(v)), Q), lambda: op.product(T(u), Q, v)),
    "a common number": (
        op.combine([(2, A), (-4, B)]), lambda: op.times(2, op.combine([(1, A), (-2, B)]))
    ),
    "a common fraction": (
        op.combine([(half, A), (-half, B)]), lambda: op.times(half, minus(A, B))
    ),
    "numbers of two denominators": (op.combine([(half, A), (1, B)]), lambda: op.combine([(half, A), (1, B)])),
    "every term with a minus": (
        op.combine([(-3, A), (-3, B)]), lambda: op.times(-3, op.add(A, B))
    ),
    "a common scalar": (op.add(op.scale(a, A), op.scale(a, B)), lambda: op.scale(a, op.add(A, B))),
    "a scalar below both": (
        minus(op.scale(op.power(a, -1), A), op.scale(op.power(a, -2), B)),
        lambda: op.scale(op.power(a, -1), minus(A, op.scale(op.power(a, -1), B)))
    ),
    "common entries": (
        op.add(op.hadamard(A, B), op.hadamard(A, f("sin", B))), lambda: op.hadamard(A, op.add(B, f("sin", B)))
    ),
    "a common scalar and a common factor": (
        op.add(op.scale(a, op.product(A, Q)), op.scale(op.times(-1, a), op.product(A, R))),
        lambda: op.scale(a, op.product(A, minus(Q, R)))
    ),
    "Diags of one sum": (
        op.combine([(1, op.diag(u)), (-1, op.diag(op.hadamard(u, v))), (1, Q)]),
        lambda: op.add(op.diag(op.hadamard(u, minus(one, v))), Q)
    ),
    "reshaped together": (
        op.add(op.reshape(op.product(A, Q), (N, M)), op.reshape(op.product(B, Q), (N, M))),
        lambda: op.reshape(op.product(op.add(A, B), Q), (N, M))
    ),
    "multiplied out below a number": (
        op.add(
            op.scale(a, op.hadamard(minus(J, A), f("sigmoid", B))),
            op.scale(op.negative(a), op.hadamard(A, minus(J, f("sigmoid", B)))),
        ),
        lambda: op.scale(a, minus(f("sigmoid", B), A))
    ),
    "a name stays": (op.add(op.product(z, T(v)), op.product(w, T(v))), lambda: op.product(op.add(z, w), T(v))),
}  # fmt: skip


@pytest.mark.parametrize("name", TIDIED)
def test_tidying_keeps_the_value(name):
    formula, form = TIDIED[name]
    tidied = tidying.tidy(formula)
    for seed in range(3):
        sizes, known, _ = known_at(seed, LETTERS)
        close(value_of(tidied, sizes, known), value_of(formula, sizes, known))
    assert form is None or tidied is form()


CENTRED = op.named("r", minus(v, op.scale(op.power(op.size(N), -1), op.scale(op.total(v), one))))
MEANS = op.scale(op.power(op.size(M), -1), op.product(op.ones((M, M)), A))
COLUMNS = op.named("U", minus(A, MEANS))


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (op.total(CENTRED), op.number(0)),
        (op.scale(op.total(CENTRED), v), op.zero((N, ONE))),
        (op.product(T(op.ones((M, ONE))), COLUMNS), op.zero((ONE, N))),
        (op.product(op.product(Q, T(COLUMNS)), op.ones((M, ONE))), op.zero((N, ONE))),
        (op.total(z), op.total(z)),
        (op.product(COLUMNS, one), op.product(COLUMNS, one)),
        (op.product(A, CENTRED), op.product(A, CENTRED)),
    ],
)
def test_what_is_centred_sums_to_zero(formula, expected):
    assert tidying.centred(formula, {}) is expected
    for seed in range(3):
        sizes, known, _ = known_at(seed, LETTERS)
        close(value_of(expected, sizes, known), value_of(formula, sizes, known))


def test_names_are_written_out_and_leaves_replaced():
    formula = op.add(z, w)
    assert tidying.written_out(formula, [z]) is op.add(op.product(A, v), w)
    assert tidying.substituted(formula, {w: op.zero((M, ONE))}) is z


def test_equal_formulas_are_one_object_and_equal_sizes_too():
    assert op.symbol("A", (M, N), 2) is A and op.add(A, B) is op.add(A, B)
    assert M * N is N * M and (M + N) - N is M and Size.of(6) is Size.of(2) * Size.of(3)


def test_walks_are_not_recursive():
    formula = v
    for _ in range(5_000):
        formula = node("elementwise", (formula,), v.shape, "sin")
    value = value_of(formula, {"n": 2}, {v: np.ones((2, 1))})
    assert value.shape == (2, 1) and str(formula).count("sin") == 5_000


def test_sizes_are_divided():
    for q, part in (
        (M, N),
        (M * N + ONE, N),
        (M - ONE, N + M),
        (K + M * N, M - TWO),
        (Size.of(6), Size.of(3)),
        (M, ONE),
    ):
        assert op.quotient(q * part, part) is q
    for whole, part in ((M, N), (M * N + ONE, N), (Size.of(7), Size.of(2)), (M * M, M + ONE), (TWO * M, Size.of(4))):
        with pytest.raises(ShapeError, match="is no multiple of"):
            op.quotient(whole, part)
