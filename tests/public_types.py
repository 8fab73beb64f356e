"""A program that uses the public face, as a type checker sees it: `make lint` runs mypy over it. Nothing runs it."""

from typing import assert_type

import numpy as np

from derivations import check, check_gradient, derive, directional_derivative, numerical_gradient, register
from derivations.checking.reports import Line, Report
from derivations.deriving.results import Derivation, Derivative, Step
from derivations.gradient_check import GradientReport
from derivations.witness import NumericalGradient

derivation = derive("sum((W@x - y)**2)", ["W", "x"], {"W": ("m", "n"), "x": ("n",), "y": ("m",)}, order=1)
assert_type(derivation, Derivation)
assert_type(derivation.gradients, dict[str, Derivative])
assert_type(derivation.steps, tuple[Step, ...])
assert_type(derivation.gradient, Derivative)
assert_type(derivation.gradient(W=np.ones((2, 3)), x=[1.0, 2.0, 3.0]), np.ndarray)
assert_type(derivation.gradient.numpy("g"), str)
assert_type(derivation.latex, str)

report = check(r"\nabla f = 2x", "x: n", "x", where="f = x@x", names={"x": "x"}, prove=True)
assert_type(report, Report)
assert_type(report.lines, list[Line])
assert_type(report.ok, bool)
assert_type(report.first_wrong, int | None)
assert_type(report.lines[0].kind, str | None)
assert_type(report.mended, str | None)

found = check_gradient(lambda x: np.sum(x**2), lambda x: 2 * x, at=np.ones(3))
assert_type(found, GradientReport)
assert_type(found.ok, bool)
assert_type(found.error, float)
assert_type(
    check_gradient(lambda W, b: W @ b, {"W": np.ones((1, 2))}, {"W": np.ones((1, 2)), "b": [1.0, 2.0]}).verdict, str
)

assert_type(numerical_gradient(np.sum, np.ones(3)), NumericalGradient)
assert_type(directional_derivative(np.sum, np.ones(3), np.ones(3)), np.ndarray)
assert_type(register("swish", "x / (1 + exp(-x))").law, str)
