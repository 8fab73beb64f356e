"""A gradient written out by SymPy, entry by entry, has the values that the gradient itself has."""

import numpy as np
import plain_numpy
import pytest
from collected import PROBLEMS, derived
from sympy_values import value_at
from test_numpy_code import CASES, SHAPES, SINGLE, SINGLE_CASES

from derivations import derive

sympy = pytest.importorskip("sympy")


def entries(values):
    """The value of each entry by the name of its symbol."""
    found = {}
    for name, value in values.items():
        for index in np.ndindex(np.shape(value)):
            found[f"{name}[{','.join(map(str, index))}]" if index else name] = float(np.asarray(value)[index])
    return found


def assert_same(gradient, values, sizes):
    """SymPy's matrix, evaluated at a point, is the array that the formula gives there."""
    told = {name for symbol in gradient.symbols for length in symbol.shape for name in length.names}
    matrix = gradient.sympy(**sizes)
    assert isinstance(matrix, sympy.Expr if gradient.ndim == 0 else sympy.Matrix)
    with np.errstate(all="ignore"):
        expected = np.asarray(gradient(**values, **{n: s for n, s in sizes.items() if n not in told}))
    found = np.reshape(value_at(matrix, entries(values)), expected.shape)
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-9 * (1 + np.max(np.abs(expected))))


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem["id"])
def test_a_corpus_problem_written_out(problem):
    (gradient,) = derived(problem).gradients.values()
    names = [
        name
        for shape in problem["shapes"].values()
        for size in shape
        for name in str(size).split("*")
        if not name.isdigit()
    ]
    sizes = {name: 2 + i % 2 for i, name in enumerate(dict.fromkeys(names))}
    sizes |= {"m": 3, "n": 2} if problem["id"] == "inv-11" else {}  # X: m×n of full rank
    random = np.random.default_rng(len(problem["function"]))
    values = {name: value for name, value in problem.get("consts", {}).items() if name != "_dims"}
    for name, shape in problem["shapes"].items():
        axes = tuple(plain_numpy.length(size, sizes) for size in shape)
        values[name] = plain_numpy.drawn(problem.get("gen", {}).get(name, ""), axes, random)
    assert_same(gradient, values, sizes)


@pytest.mark.parametrize(
    ("f", "wrt", "shapes"), [(*case, SHAPES) for case in CASES] + [(*case, SINGLE) for case in SINGLE_CASES]
)
def test_every_operation_written_out(f, wrt, shapes):
    gradient = derive(f, wrt, shapes).gradient
    random = np.random.default_rng(0)
    names = dict.fromkeys(name for symbol in gradient.symbols for length in symbol.shape for name in length.names)
    sizes = {name: 2 + i % 2 for i, name in enumerate(names)}
    values = {
        symbol.data[0]: np.abs(random.standard_normal([length.at(sizes) for length in symbol.shape[: symbol.data[1]]]))
        + 0.2
        for symbol in gradient.symbols
    }
    assert_same(gradient, values, sizes)


def test_entries_are_named_as_numpy_indexes_them():
    gradient = derive("t*(a@W@x)", "W", "W: m×n, a: m, x: n, t: scalar").gradient
    t, a, x = (sympy.Symbol(name, real=True) for name in ("t", "a[1]", "x[2]"))
    assert gradient.sympy(m=2, n=3).shape == (2, 3)
    assert gradient.sympy(m=2, n=3)[1, 2] == t * a * x


def test_sympy_agrees_with_its_own_derivative():
    loss = "sum((sigmoid(W@x + b) - y)**2)"
    shapes = "W: m×n, x: n, b: m, y: m"
    gradient = derive(loss, "W", shapes).gradient.sympy(m=2, n=3)
    W = sympy.Matrix(2, 3, lambda i, j: sympy.Symbol(f"W[{i},{j}]", real=True))
    x, b, y = (
        sympy.Matrix(k, 1, lambda i, j, name=name: sympy.Symbol(f"{name}[{i}]", real=True))
        for name, k in (("x", 3), ("b", 2), ("y", 2))
    )
    s = (W * x + b).applyfunc(lambda z: 1 / (1 + sympy.exp(-z)))
    value = sum((s[i] - y[i]) ** 2 for i in range(2))
    difference = gradient - sympy.Matrix(2, 3, lambda i, j: sympy.diff(value, W[i, j]))
    assert difference.applyfunc(sympy.simplify) == sympy.zeros(2, 3)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({}, "a number for m, n"),
        ({"m": 2}, "a number for n"),
        ({"m": 0, "n": 2}, "m = 0 is not a whole number from 1 to 12"),
        ({"m": 13, "n": 2}, "m = 13"),
        ({"m": 2.5, "n": 2}, "m = 2.5"),
        ({"m": True, "n": 2}, "m = True"),
        ({"m": 2, "n": 2, "k": 2}, "k is not a size here"),
        ({"m": "two", "n": 2}, "m = two"),
    ],
)
def test_sizes_that_will_not_do(sizes, message):
    with pytest.raises(ValueError, match=message):
        derive("sum((W@x)**2)", "W", "W: m×n, x: n").gradient.sympy(**sizes)


def test_an_inverse_too_long_to_write():
    gradient = derive("logdet(A)", "A", "A: n×n").gradient
    assert gradient.sympy(n=4).shape == (4, 4)
    with pytest.raises(ValueError, match="too long to write out"):
        gradient.sympy(n=5)
