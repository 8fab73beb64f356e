"""Functions that a reader adds to the table from a SymPy expression."""

import numpy as np
import pytest
from test_numpy_code import assert_same_at_random
from test_sympy_matrices import assert_same

from derivations import DerivationError, ParseError, central_difference_gradient, derive
from derivations.formulas import table
from derivations.reading import numpy_text, sympy_functions
from derivations.reading.sympy_functions import register

sympy = pytest.importorskip("sympy")

SHAPES = "W: m×n, x: n, b: m, y: m"


@pytest.fixture(autouse=True)
def the_table_as_it_was():
    """Take what a test registers out of the table again."""
    functions, names, expressions = (
        dict(table.FUNCTIONS),
        list(numpy_text.FUNCTION_NAMES),
        dict(sympy_functions._expressions),
    )
    yield
    table.FUNCTIONS.clear()
    table.FUNCTIONS.update(functions)
    numpy_text.FUNCTION_NAMES[:] = names
    sympy_functions._expressions.clear()
    sympy_functions._expressions.update(expressions)


EXPRESSIONS = {
    "swish": "x / (1 + exp(-x))",
    "cube": "t**3 + 2*t - 1",
    "line": "3*x + 1",
    "bell": "exp(-x**2/2) / sqrt(2*pi)",
    "bent": "x * tanh(log(1 + exp(x)))",
    "witch": "1 / (1 + x**2)",
    "root": "sqrt(1 + x**2) - 1",
    "wave": "sin(2*x) * cosh(x/3) + atan(x) - asinh(x)",
    "power": "(1 + exp(x))**1.5 + 2**x",
    "gate": "x*sigmoid(1.7*x) + softplus(x)",
}


def point(random, m=2, n=3):
    return {
        "W": random.standard_normal((m, n)),
        "x": random.standard_normal(n),
        "b": random.standard_normal(m),
        "y": random.standard_normal(m),
    }


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize(("name", "expression"), EXPRESSIONS.items())
def test_a_registered_function_is_differentiated_written_and_shown(name, expression, order):
    row = register(name, expression)
    assert table.FUNCTIONS[name] is row and sympy.latex(sympy.Symbol("z")) in row.law
    derivation = derive(f"sum({name}(W@x + b)*y)", "x", SHAPES, order=order)
    values = point(np.random.default_rng(0))
    if order == 1:
        f = sympy.lambdify(sympy.Symbol("x"), sympy_functions._expressions[name][0], "numpy")
        slope = central_difference_gradient(
            lambda x: np.sum(f(values["W"] @ x + values["b"]) * values["y"]), values["x"]
        )
        np.testing.assert_allclose(derivation.gradient(**values), slope, rtol=1e-6, atol=1e-8)
    assert_same_at_random(derivation)
    assert_same(derivation.gradient, values, {"m": 2, "n": 3})


def test_an_expression_of_sympy_in_any_symbol():
    u = sympy.Symbol("u", positive=True)
    register("soft", sympy.log(1 + sympy.exp(u)) * u)
    assert_same_at_random(derive("sum(soft(x))", "x", "x: n"))


def test_a_function_of_a_registered_function():
    register("swish", "x / (1 + exp(-x))")
    register("twice", "swish(swish(x))")
    assert_same_at_random(derive("sum(twice(x))", "x", "x: n"))


def test_the_error_function_is_evaluated_and_has_no_numpy_source():
    register("bell_unit", "x * (1 + erf(x / sqrt(2))) / 2")
    gradient = derive("sum(bell_unit(x))", "x", "x: n").gradient
    at = np.linspace(-7, 7, 57)
    slope = [float(sympy.diff(sympy_functions._expressions["bell_unit"][0]).subs(sympy.Symbol("x"), z)) for z in at]
    np.testing.assert_allclose(gradient(x=at), slope, rtol=1e-12, atol=1e-14)
    with pytest.raises(DerivationError, match="NumPy lacks"):
        gradient.numpy()


def test_an_unknown_function_is_offered_the_registered_one():
    register("swish", "x / (1 + exp(-x))")
    with pytest.raises(ValueError, match="did you mean swish"):
        derive("sum(swich(x))", "x", "x: n")


@pytest.mark.parametrize("name", ["exp", "sum", "softmax", "relu", "inv", "a b", "", "1x", "_hidden", "f'", 3])
def test_names_that_are_taken_or_no_names(name):
    with pytest.raises(ParseError):
        register(name, "x**2")


def test_a_name_is_registered_once():
    register("swish", "x / (1 + exp(-x))")
    with pytest.raises(ParseError, match="already"):
        register("swish", "x")


@pytest.mark.parametrize(
    "expression",
    [
        "", "x +", "x y", "2", "x + y", "abs(x)", "sign(x)", "Max(x, 0)", "max(x, 0)", "x > 0", "x if x else 1",
        "lambda: x", "[x]", "x[0]",
        "x.real", "__import__('os')", "eval('x')", "x.__class__", "f'{x}'", "(y := x)", "'x'", "True*x", "1j*x",
        "x**1000", "9**9**9*x",
        "1/(x - x)", "log(-1) + x", "sqrt(-1)*x", "exp(x, 2)", "exp(x=2)", "x\0", "\ud800",
        "(" * 300 + "x" + ")" * 300, "-" * 5000 + "x",
        "((9**99)**99)**99*x", "exp(exp(exp(100)))*x", "x**exp(exp(9))",
        "sin(" * 180 + "x" + ")" * 180, "x" * 2000, 7, None, b"x",
    ],
)  # fmt: skip
def test_expressions_that_are_refused(expression):
    with pytest.raises((ParseError, DerivationError)):
        register("new", expression)
    assert "new" not in table.FUNCTIONS


def test_a_function_of_sympy_that_only_looks_like_one_of_its_own():
    with pytest.raises(DerivationError):
        register("new", sympy.Function("exp")(sympy.Symbol("x")))


@pytest.mark.parametrize(
    "text",
    [
        "Abs(u)",
        "sign(u)",
        "Max(u, 0)",
        "Heaviside(u)",
        "Piecewise((u, u > 0), (0, True))",
        "re(u)",
        "floor(u)",
        "gamma(u)",
    ],
)
def test_expressions_of_sympy_that_are_not_analytic(text):
    with pytest.raises((DerivationError, ParseError), match="not on the list of analytic functions"):
        register("new", sympy.sympify(text))
