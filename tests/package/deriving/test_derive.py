"""`derive` as a reader meets it: the question line by line, every manner of asking, and that it is never wrong."""

import dataclasses
import os
import subprocess
import sys

import numpy as np
import plain_numpy
import pytest
import yaml

from browsing import BOOK
from derivations import DerivationError, ParseError, ShapeError, UnknownName, derive, operations, sampling
from derivations.formulas import making as op
from derivations.formulas import properties, rules, table
from derivations.formulas.expression import ONE, Size
from derivations.reading import numpy_text as reading
from gradients import gradient_matrix

M, N = Size.of("m"), Size.of("n")
QUESTION = {"f": "sum((sigmoid(W@x + b) - y)**2)", "wrt": "W", "shapes": "W: m×n, x: n, b: m, y: m, t: scalar"}
PARTS = "z = W@x + b; s = sigmoid(z); r = s - y"


def difference_from_numpy(derivation, text, values, name=None, tolerance=1e-8):
    """The relative difference of a gradient from the slopes of the text in plain NumPy."""
    name = name or next(iter(derivation.gradients))
    at = np.asarray(values[name], float)
    sizes = {size: int(count) for size, count in values.items() if size in "mnkp" and np.ndim(count) == 0}
    arrays = {key: value for key, value in values.items() if key not in sizes}
    slopes = [
        plain_numpy.slope(lambda x: plain_numpy.evaluate(text, {**values, name: x}), at, basis.reshape(at.shape))
        for basis in np.eye(at.size)
    ]
    expected = np.reshape(slopes, at.shape)
    found = derivation.gradients[name](**arrays, **sizes)
    assert np.shape(found) == at.shape
    return np.max(np.abs(found - expected)) / (1 + np.max(np.abs(expected)))


def normal(*shapes, seed=0):
    random = np.random.default_rng(seed)
    return [random.standard_normal(shape) for shape in shapes]


def formulas(derivation):
    return [step.formula for step in derivation.steps]


# ── the question ──────────────────────────────────────────────────────────────────────────────────────────────────

W, x = op.symbol("W", (M, N), 2), op.symbol("x", (N, ONE), 1)
b, y = op.symbol("b", (M, ONE), 1), op.symbol("y", (M, ONE), 1)
z = op.named("z", op.add(op.product(W, x), b))
s = op.named("s", op.elementwise("sigmoid", z))
r = op.named("r", op.add(s, op.negative(y)))
slope = op.named("s'", op.hadamard(s, op.add(op.ones((M, ONE)), op.negative(s))))
D = op.named("D", op.diag(s))
d = op.differential
twice_r, xT = op.times(2, r), op.transpose(x)


@pytest.mark.parametrize("where", ["", PARTS])
def test_the_question_line_by_line(where):
    derivation = derive(**QUESTION, where=where)
    before = op.times(2, op.hadamard(r, slope))
    gradient = op.product(before, xT)
    assert formulas(derivation) == [
        z.args[0],
        s.args[0],
        slope.args[0],
        r.args[0],
        op.frobenius(r, r),
        op.frobenius(twice_r, d(r)),
        op.frobenius(twice_r, d(s)),
        op.frobenius(twice_r, op.hadamard(slope, d(z))),
        op.frobenius(before, d(z)),
        op.frobenius(before, op.product(d(W), x)),
        op.frobenius(gradient, d(W)),
        gradient,
    ]
    assert derivation.gradient.formula is gradient
    assert [step.laws[0].name for step in derivation.steps[5:]] == [
        "colon rule",
        "sum rule",
        "sigmoid rule",
        "Hadamard product across the colon",
        "product rule",
        "product across the colon",
        "reading off the gradient",
    ]
    assert [bool(step.error) for step in derivation.steps] == [False] * 5 + [True] * 7
    assert derivation.assumptions == ()


def test_the_question_in_the_style_of_the_second_answer():
    derivation = derive(**QUESTION, style="diag")
    before = op.product(op.times(2, op.add(D, op.negative(op.product(D, D)))), r)
    assert formulas(derivation)[5:] == [
        op.frobenius(twice_r, d(r)),
        op.frobenius(twice_r, d(s)),
        op.frobenius(twice_r, op.product(op.add(D, op.negative(op.product(D, D))), d(z))),
        op.frobenius(before, d(z)),
        op.frobenius(before, op.product(d(W), x)),
        op.frobenius(op.product(before, xT), d(W)),
        op.product(before, xT),
    ]
    assert derivation.gradient.latex() == r"2 (D - D^{2}) r x^T"
    assert derivation.gradient.latex(expand="r") == r"2 (D - D^{2}) (s - y) x^T"


def test_both_styles_and_the_book_agree_in_numbers():
    values = dict(zip("Wxby", normal((3, 4), 4, 3, 3), strict=True))
    by_hand = gradient_matrix(values["W"], values["x"][None], values["b"], values["y"][None]).W
    for style in ("hadamard", "diag"):
        found = derive(**QUESTION, style=style).gradient(**values)
        np.testing.assert_allclose(found, by_hand, rtol=1e-12)


def test_how_the_question_is_shown():
    derivation = derive(**QUESTION)
    text = str(derivation)
    assert "d𝓛 = 2 r : dr" in text and "∂𝓛/∂W = 2(r ⊙ s′) xᵀ" in text and text == repr(derivation)
    latex = derivation.latex
    assert latex.count(r"\\") == 11 and r"\text{sigmoid rule}" in latex and "aligned" in derivation._repr_latex_()
    assert derivation.steps[0].latex == "z = W x + b" and str(derivation.steps[0]) == "z = W x + b"
    assert derivation.gradient.latex("all") == derivation.gradient.latex("r, s', s, z")
    with pytest.raises(UnknownName, match="expand"):
        derivation.gradient.latex(expand="q")
    as_data = derivation.to_dict()
    assert {"gradients", "steps", "assumptions", "notes"} <= set(as_data) and len(as_data["steps"]) == 12


def test_nothing_needless_is_printed():
    for text, shapes in [
        ("sum((X@w - y)**2)", "X: m×n, w: n, y: m"),
        ("(y - X@w)@(y - X@w)", "X: m×n, w: n, y: m"),
        ("norm(y - X@w)**2", "X: m×n, w: n, y: m"),
    ]:
        derivation = derive(text, "w", shapes)
        X, w, y = (symbol.formula for symbol in _symbols(shapes))
        residual = op.add(op.product(X, w), op.negative(y))
        expected = op.product(op.transpose(X), residual)
        opened = derivation.gradient.latex("all").replace(" ", "")
        assert opened in (r"2X^T(Xw-y)", r"-2X^T(y-Xw)"), opened
        assert not any(word in str(derivation) for word in ("1 ⊙", "I X", "ᵀᵀ", "((", "0 +"))
        values = dict(zip("Xwy", normal((4, 3), 3, 4), strict=True))
        known = {X: values["X"], w: values["w"][:, None], y: values["y"][:, None]}
        twice = 2 * sampling.evaluate(expected, {"m": 4, "n": 3}, known)[:, 0]
        np.testing.assert_allclose(derivation.gradient(**values), twice, rtol=1e-12)


def _symbols(shapes):
    return reading.Scope(reading.parse_shapes(shapes)).symbols.values()


# ── manners of asking ─────────────────────────────────────────────────────────────────────────────────────────────


def test_every_line_is_a_number_at_a_point_and_a_direction():
    rng = np.random.default_rng(3)
    W, x, y, dW = rng.normal(size=(3, 4)), rng.normal(size=4), rng.normal(size=3), rng.normal(size=(3, 4))
    r, dr = W @ x - y, dW @ x
    lines = derive("sum(r**2)", "W", "W: m×n, x: n, y: m", where="r = W@x - y").steps
    residual = next(line for line in lines if line.plain_left == "r")
    np.testing.assert_allclose(residual(W=W, x=x, y=y)[:, 0], r)
    values = [line(W=W, x=x, y=y, dW=dW, dr=dr) for line in lines if line.plain_left == "d𝓛"]
    assert len(values) >= 3
    np.testing.assert_allclose(np.concatenate(values, axis=None), 2 * r @ dr)
    through = next(line for line in lines if str(line) == "d𝓛 = 2 r : dW x")
    with pytest.raises(UnknownName, match="dW is missing"):
        through(W=W, x=x, y=y)
    with pytest.raises(UnknownName, match="dV"):
        through(W=W, x=x, y=y, dW=dW, dV=dW)
    with pytest.raises(ShapeError, match=r"dW has shape \(4, 3\); it moves what is 3×4"):
        through(W=W, x=x, y=y, dW=dW.T)


def test_the_public_table_is_the_one_that_derive_works_with():
    rows = operations()
    assert rows["product"] is table.ROWS["product"] and rows["sigmoid"] is table.FUNCTIONS["sigmoid"]
    right = rows["sigmoid"]
    rows["sigmoid"] = dataclasses.replace(right, derivative=lambda z, s: s)
    try:
        with pytest.raises(DerivationError, match="witness"):
            derive("sum(sigmoid(x))", "x", "x: n")
    finally:
        rows["sigmoid"] = right
    assert derive("sum(sigmoid(x))", "x", "x: n").gradient.ndim == 1 and table.FUNCTIONS["sigmoid"] is right


@pytest.mark.parametrize("loss", ["lambda*x@x", "f = lambda z: z**2\nlambda*sum(f(x))", r"\lambda x^T x"])
def test_lambda_is_a_name_where_it_is_declared(loss):
    gradient = derive(loss, "x", "x: n, lambda: scalar").gradient
    assert str(gradient) == "2 λ x"
    np.testing.assert_allclose(gradient(**{"x": np.array([1.0, -2.0]), "lambda": 3.0}), [6, -12])


def test_several_variables_share_one_derivation():
    derivation = derive(**{**QUESTION, "wrt": "W, b"})
    assert list(derivation.gradients) == ["W", "b"]
    assert [step.plain_left for step in derivation.steps].count("𝓛") == 1
    values = dict(zip("Wxby", normal((3, 4), 4, 3, 3), strict=True))
    for name in "Wb":
        assert difference_from_numpy(derivation, QUESTION["f"], values, name) < 1e-9
    with pytest.raises(DerivationError, match="gradients"):
        _ = derivation.gradient
    assert list(derive(**{**QUESTION, "wrt": ["b", "W", "b"]}).gradients) == ["b", "W"]


LOSSES = {
    "tied weights": ("sum((W.T@tanh(W@x) - x)**2)", "W", {"W": (2, 3), "x": (3,)}, "W: m×n, x: n"),
    "XᵀX": ("sum((X.T@X - eye(n))**2)", "X", {"X": (4, 3)}, "X: m×n"),
    "a sum of losses": (
        "sum((A@u - w)**2) + t*sum(u**2) + sum(abs(u))", "u", {"A": (2, 3), "u": (3,), "w": (2,), "t": ()},
        "A: m×n, u: n, w: m, t: scalar",
    ),
    "a batch with a bias": (
        "sum((sigmoid(X@W.T + b) - Y)**2)/k", "b", {"X": (4, 3), "W": (2, 3), "b": (2,), "Y": (4, 2)},
        "X: k×n, W: m×n, b: m, Y: k×m",
    ),
    "three layers": (
        "sum((C@sigmoid(B@relu(A@x)) - y)**2)", "A", {"A": (3, 2), "B": (4, 3), "C": (5, 4), "x": (2,), "y": (5,)},
        "A: n×m, B: k×n, C: p×k, x: m, y: p",
    ),
    "a scalar variable": ("sum((t*x + 1/t)**2)", "t", {"x": (3,), "t": ()}, "x: n, t: scalar"),
    "sizes in the text": ("sum(x)/n + tr(A@A.T)/(m*n)", "A", {"x": (3,), "A": (2, 3)}, "x: n, A: m×n"),
    "attention": (
        "sum(G*(softmax(Q@K.T/sqrt(m))@V))", "K", {"Q": (4, 2), "K": (3, 2), "V": (3, 5), "G": (4, 5)},
        "Q: k×m, K: n×m, V: n×p, G: k×p",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LOSSES)
def test_losses_of_every_kind(name):
    text, wrt, shapes, words = LOSSES[name]
    values = dict(zip(shapes, normal(*shapes.values(), seed=3), strict=True))
    declared = dict(piece.split(": ") for piece in words.split(", "))
    sizes = {}
    for letter, axes in declared.items():
        sizes |= dict(zip(axes.split("×"), shapes[letter], strict=False)) if axes != "scalar" else {}
    derivation = derive(text, wrt, words)
    assert difference_from_numpy(derivation, text, {**values, **sizes}, wrt) < 1e-9


RECOGNISED = [
    # the gradient of a loss as it stands in the textbooks
    ("-mean(y*log(sigmoid(X@w + t)) + (1-y)*log(1-sigmoid(X@w + t)))", "w", "X: m×n, w: n, t: scalar, y: m", "",
     "1/m Xᵀ (σ(z) - y)"),
    ("-log(exp(u@v/t)/sum(exp(N@u/t)))", "u", "u: n, v: n, N: k×n, t: scalar", "t: positive",
     "1/t (Nᵀ softmax(z) - v)"),
    ("-mean(log(diag(softmax(A@B.T/t, axis=1))))", "A", "A: m×n, B: m×n, t: scalar", "t: positive",
     "1/(t m) (softmax_row(Z) - I) B"),
    ("log(sum(exp(A@x + b)))", "x", "A: m×n, x: n, b: m", "", "Aᵀ softmax(z)"),
    ("sum((1/(1 + exp(-(W@x))) - y)**2)", "W", "W: m×n, x: n, y: m", "", "2(r ⊙ s′) xᵀ"),
    ("0.5*(tr(inv(S)@R) + (b-a)@inv(S)@(b-a) + log(det(S)/det(R)))", "R", "a: n, b: n, R: n×n, S: n×n",
     "R: positive definite, S: positive definite", "1/2(S⁻¹ - R⁻¹)"),
    ("(x@A@x)/(x@x)", "x", "A: n×n, x: n", "A: symmetric", "2/u (A x - xᵀ A x/u x)"),
    ("1 - u@v/(norm(u)*norm(v))", "u", "u: n, v: n", "", "1/(‖u‖ ‖v‖) (uᵀ v/‖u‖² u - v)"),
    ("norm(y - X@w)**2 + t*norm(w)**2", "w", "X: m×n, w: n, y: m, t: scalar", "", "2(t w - Xᵀ r)"),
    ("sum(p*log(p/q))", "p", "p: n, q: n", "p: positive, q: positive", "log(p ⊘ q) + 1"),
    ("0.5*sum(exp(v) + u**2 - 1 - v)", "v", "u: n, v: n", "", "1/2(h - 1)"),
    ("var(x)", "x", "x: n", "", "2/n r"),
    ("sum(log(cosh(X@w - y)))", "w", "X: m×n, w: n, y: m", "", "Xᵀ tanh(z)"),
    ("log(det(A)**2)", "A", "A: n×n", "", "2 A⁻ᵀ"),
    ("max(0, 1 - y*(w@x))", "w", "w: n, x: n, y: scalar", "", "-[z > 0] y x"),
    ("-sum(softmax(z)*log(softmax(z)))", "z", "z: n", "", "p ⊙ (g₁ - (g₁ : p) 1)"),
    ("sum(X*log(X/(W@H)) - X + W@H)", "W", "X: m×n, W: m×k, H: k×n", "X: positive, W: positive, H: positive",
     "(1 1ᵀ - X ⊘ U) Hᵀ"),
    ("sum((X - X.mean(axis=0))**2)", "X", "X: m×n", "", "2 R"),
    ("(X*(y - X@t)[:, None]).sum(axis=0)", "t", "X: m×n, y: m, t: n", "", "-Xᵀ X"),
    ("sum(g*sum(X*w, axis=1))", "w", "X: m×n, w: n, g: m", "", "Xᵀ g"),
    ("sum(g*(clip(x, -1, 2)))", "x", "x: n, g: n", "", "g ⊙ [x > -1] ⊙ [x < 2]"),
    ("sum(X**p)", "X", "X: m×n, p: scalar", "X: positive", "p X^(⊙p - 1)"),
    ("sum(where(abs(x) <= 1, 0.5*x**2, abs(x) - 0.5))", "x", "x: n", "", "[|x| ≤ 1] ⊙ x + [|x| > 1] ⊙ sign(x)"),
    ("mean(sum((X@W - Y)**2, axis=1))", "W", "X: m×n, W: n×k, Y: m×k", "", "2/m Xᵀ R"),
    ("x.T@A@x", "x", "A: n×n, x: n×1", "A: symmetric", "2 A x"),
    ("sum((x[1:] - x[:-1])**2)", "x", "x: n", "", "2(S₁ᵀ - S₂ᵀ) r"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wrt", "shapes", "assume", "gradient"), RECOGNISED)
def test_gradients_stand_as_a_person_writes_them(text, wrt, shapes, assume, gradient):
    assert str(derive(text, wrt, shapes, assume=assume).gradient) == gradient


def test_names_do_not_meet_those_of_the_reader():
    derivation = derive("(u@v)**2/(u@u)", "u", "u: n, v: n")
    assert not any(step.plain_left.startswith("u") for step in derivation.steps)  # u₁ would be an entry of u
    assert derive("tr(L@X@X.T)", "X", "L: n×n, X: n×k").steps[0].plain_left == "f"
    entries = derive("(1 - x[0])**2 + 100*(x[1] - x[0]**2)**2", "x", "x: 2")
    assert str(entries.steps[0]) == "u₁ = 1 - x₁" and str(entries.steps[1]) == "u₂ = x₂ - x₁²"


def test_a_column_and_a_vector_that_numpy_spreads_to_a_matrix_are_noted():
    derivation = derive("sum((W@x + b)**2)", "W", "W: m×n, x: n×1, b: m")
    assert "in W@x + b NumPy spreads m×1 and m to m×m" in derivation.notes[0]
    for shapes in ("W: m×n, x: n, b: m", "W: m×n, x: n×1, b: m×1"):
        assert derive("sum((W@x + b)**2)", "W", shapes).notes == ()
    assert derive("sum((u[:, None] - v)**2)", "u", "u: m, v: n").notes == ()


def test_no_two_lines_of_a_derivation_read_the_same():
    for text, wrt in [("x/norm(x)", "x"), ("A@x/(c@x + d)", "x"), ("norm(x)**3", "x")]:
        lines = [str(step) for step in derive(text, wrt, "A: m×n, x: n, c: n, d: scalar").steps]
        assert len(set(lines)) == len(lines)


def test_a_jacobian_has_a_row_per_output_and_a_column_per_input():
    u, A = normal(3, (2, 3))
    assert np.allclose(derive("A@u", "u", "A: m×n, u: n").gradient(A=A, u=u), A)
    by_matrix = derive("A@u", "A", "A: m×n, u: n")
    assert np.allclose(by_matrix.gradient(A=A, u=u), np.kron(np.eye(2), u))
    assert "row-major vec" in by_matrix.notes[0]
    assert derive("A*t", "t", "A: m×n, t: scalar").gradient(A=A, t=1.0).shape == (6,)
    softmax = plain_numpy.softmax(u)
    found = derive("softmax(u)", "u", "u: n").gradient(u=u)
    np.testing.assert_allclose(found, np.diag(softmax) - np.outer(softmax, softmax), rtol=1e-12)
    transposed = derive("A.T", "A", "A: m×n").gradient(A=A)
    assert np.allclose(transposed @ A.ravel(), A.T.ravel())


def test_hessians():
    A, u = normal((3, 3), 3)
    quadratic = derive("u@A@u", "u", "A: n×n, u: n", order=2)
    assert np.allclose(quadratic.gradient(A=A, u=u), A + A.T)
    assert any(step.plain_left == "∇u 𝓛" for step in quadratic.steps)
    assert all(step.error for step in quadratic.steps if step.laws[0].name != "definition")
    cubic = derive("sum(A**3)", "A", "A: m×n", order=2).gradient(A=A)
    assert np.allclose(cubic, np.diag(6 * A.ravel()))
    assert derive("t**3", "t", "t: scalar", order=2).gradient(t=2.0) == pytest.approx(12)
    X = A + 3 * np.eye(3)
    inverse = np.linalg.inv(X)
    found = derive("logdet(X)", "X", "X: n×n", order=2).gradient(X=X)
    H = np.linalg.norm(found @ A.ravel() + (inverse @ A @ inverse).T.ravel())
    assert H < 1e-10


def test_what_is_assumed_of_a_value_leaves_its_differential_free():
    free = derive("x@A@x", "x", "A: n×n, x: n")
    symmetric = derive("x@A@x", "x", "A: n×n, x: n", assume="A: symmetric")
    A, x = op.symbol("A", (N, N), 2, ("symmetric",)), op.symbol("x", (N, ONE), 1)
    assert symmetric.gradient.formula is op.times(2, op.product(A, x))
    assert free.gradient.formula is not symmetric.gradient.formula
    assert symmetric.assumptions == ("A is symmetric",)
    varying = derive("tr(X@X)", "X", "X: n×n", assume="X: symmetric")
    assert "its differential is free" in varying.assumptions[0]
    X = normal((3, 3))[0]
    np.testing.assert_allclose(varying.gradient(X=X + X.T), 2 * (X + X.T))
    one_hot = derive("-sum(y*log(softmax(z)))", "z", "y: k, z: k", assume="y: one-hot")
    assert one_hot.gradient.latex("all").replace(" ", "") == r"\operatorname{softmax}(z)-y"


def test_softmax_with_cross_entropy_reads_as_a_person_writes_it():
    one = derive("-sum(y*log(softmax(W@x + b)))", "W", "W: k×n, x: n, b: k, y: k", assume="y: one-hot")
    assert [step.plain_left for step in one.steps][:2] == ["z", "𝓛"]  # W x + b is one part, and stays whole
    assert str(one.gradient) == "(softmax(z) - y) xᵀ"
    batch = derive("-sum(Y*log(softmax(X@W + b)))/k", "W, b", "X: k×n, W: n×m, b: m, Y: k×m", assume="Y: one-hot")
    assert "Y 1" not in str(batch.gradients["W"].text("all"))
    X, W, b = normal((4, 3), (3, 2), 2)
    Y = np.eye(2)[[0, 1, 1, 0]]
    error = (plain_numpy.softmax(X @ W + b) - Y) / 4
    np.testing.assert_allclose(batch.gradients["W"](X=X, W=W, b=b, Y=Y), X.T @ error, atol=1e-14)
    np.testing.assert_allclose(batch.gradients["b"](X=X, W=W, b=b, Y=Y), error.sum(axis=0), atol=1e-14)
    wide = derive("sum(x*log(softmax(x)))", "x", "x: n", assume="x: sums to one")  # of the variable: only at the end
    x = plain_numpy.softmax(normal(4)[0])
    assert difference_from_numpy(wide, "sum(x*log(softmax(x)))", {"x": x, "n": 4}) < 1e-12


def test_vary_gives_the_projection_and_names_the_other_convention():
    derivation = derive("sum(A*X)", "X", "A: n×n, X: n×n", vary="X: symmetric")
    A, X = normal((3, 3), (3, 3))
    np.testing.assert_allclose(derivation.gradient(A=A, X=X + X.T), (A + A.T) / 2)
    assert "2G − G ⊙ I" in derivation.notes[0] and "X is symmetric, and so is dX" in derivation.assumptions
    assert any(law.name == "admissible directions" for law in derivation.steps[-1].laws)
    diagonal = derive("sum(A*X)", "X", "A: n×n, X: n×n", vary="X: diagonal")
    np.testing.assert_allclose(diagonal.gradient(A=A, X=np.diag(X[0])), np.diag(np.diag(A)))
    logarithm = derive("logdet(X)", "X", "X: n×n", vary="X: symmetric", assume="X: positive definite")
    assert logarithm.gradient.formula.operation == "inverse"
    second = derive("tr(X@X@X)", "X", "X: n×n", vary="X: symmetric", order=2)
    E, F = A + A.T, X @ X.T
    value = second.gradient(X=E)
    assert F.ravel() @ value @ E.ravel() == pytest.approx(6 * np.trace(E @ E @ F))


PROPERTIES = {
    "symmetric": lambda X: np.allclose(X, X.T),
    "diagonal": lambda X: np.allclose(X, np.diag(np.diag(X))),
    "positive definite": lambda X: np.allclose(X, X.T) and np.all(np.linalg.eigvalsh(X) > 0),
    "invertible": lambda X: abs(np.linalg.det(X)) > 1e-9,
    "positive determinant": lambda X: np.linalg.det(X) > 0,
    "positive": lambda X: np.all(X > 0),
    "binary": lambda X: np.all((X == 0) | (X == 1)),
    "plus or minus one": lambda X: np.all(np.abs(X) == 1),
    "one or two": lambda X: np.all((X == 1) | (X == 2)),
    "positive semidefinite": lambda X: np.allclose(X, X.T) and np.all(np.linalg.eigvalsh(X) > -1e-9),
    "one-hot": lambda X: np.all((X == 0) | (X == 1)) and np.allclose(X.sum(axis=-1), 1),
    "each row sums to one": lambda X: np.all(X >= 0) and np.allclose(X.sum(axis=-1), 1),
    "sums to one in total": lambda X: np.all(X >= 0) and np.allclose(X.sum(), 1),
    "zero": lambda X: not np.any(X),
    "skew-symmetric": lambda X: np.allclose(X, -X.T),
    "lower triangular": lambda X: np.array_equal(X, np.tril(X)),
    "upper triangular": lambda X: np.array_equal(X, np.triu(X)),
    "orthogonal": lambda X: np.allclose(X.T @ X, np.eye(len(X))),
    "of length one": lambda X: np.isclose(np.sum(X * X), 1),
}


VECTORS = {
    "first unit vector": lambda v: np.array_equal(v, np.eye(len(v))[0]),
    "sums to one": lambda v: abs(v.sum() - 1) < 1e-9,
}


@pytest.mark.parametrize("word", [*PROPERTIES, "first unit vector", "sums to one"])
def test_values_are_drawn_with_the_properties_assumed(word):
    assert properties.PROPERTIES.keys() == {*PROPERTIES, *VECTORS}
    random = np.random.default_rng(0)
    matrix, vector = op.symbol("X", (N, N), 2), op.symbol("v", (N, ONE), 1)
    for manner in ("normal", "positive", "mild", "small"):
        for size in (2, 3, 5):
            if not properties.PROPERTIES[word].square and word != "each row sums to one":
                drawn = sampling.draw(vector, {"n": size}, random, manner, (word,))[:, 0]
                assert (VECTORS | PROPERTIES)[word](drawn)
            if word in PROPERTIES:
                assert PROPERTIES[word](sampling.draw(matrix, {"n": size}, random, manner, (word,)))
    both = sampling.draw(matrix, {"n": 4}, random, "normal", ("positive definite", "diagonal"))
    assert PROPERTIES["diagonal"](both) and PROPERTIES["positive definite"](both)
    row, value = properties.PROPERTIES[word], sampling.draw(matrix, {"n": 4}, random, "normal", (word,))
    if word in PROPERTIES:
        kept = [*([3 * value] if row.scales else []), *([np.round(value, 1)] if row.rounds else [])]
        kept += [row.project(random.standard_normal((4, 4)))] if row.project else []
        assert all(map(PROPERTIES[word], kept))
        assert all(PROPERTIES[more](value) for more in row.implies)


def test_regions_are_found_and_stated():
    inverse = derive("tr(inv(A@Diag(x)@A.T))", "x", "A: m×n, x: n")
    assert "m ≤ n" in inverse.assumptions and "M is invertible" in inverse.assumptions
    assert derive("logdet(A@A.T)", "A", "A: m×n").assumptions == ("det(M) > 0", "m ≤ n")
    assert derive("sum(log(x))", "x", "x: n").assumptions == ("x > 0",)
    assert derive("sum(x**0.5)", "x", "x: n").assumptions == ("x > 0",)
    assert derive("sum(1/x)", "x", "x: n").assumptions == ("x ≠ 0",)
    assert derive("sum(relu(x))", "x", "x: n").assumptions == ("x ≠ 0",)
    assert derive("norm(x)", "x", "x: n").assumptions == ("x ≠ 0",)
    assert derive("det(X)", "X", "X: n×n").assumptions == ("X is invertible",)
    for text in ("sum(log(-x*x))", "inv(outer(x, x))[0, 0]", "det(outer(x, x))", "norm(x - x)", "sum(x)*exp(1000)"):
        with pytest.raises(DerivationError, match="no random point was found"):
            derive(text, "x", "x: n")
    assert derive("sum(A@x) + logdet(B)", "x", "A: m×n, x: n, B: n×n").assumptions == ()  # no false m ≤ n


# ── wrong calls ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        ({"wrt": "V"}, UnknownName, "'V'"),
        ({"wrt": "m"}, UnknownName, "'m'"),
        ({"wrt": ""}, ParseError, "empty"),
        ({"wrt": " , "}, ParseError, "empty"),
        ({"style": "other"}, ParseError, "style"),
        ({"order": 3}, ParseError, "order"),
        ({"order": True}, ParseError, "order"),
        ({"order": 2, "f": "W@x"}, DerivationError, "scalar function"),
        ({"order": 2, "wrt": "W, b"}, DerivationError, "one variable"),
        ({"vary": "W: symmetric"}, ShapeError, "square"),
        ({"vary": "x: symmetric"}, UnknownName, "'x'"),
        ({"vary": "W: positive"}, ParseError, "symmetric, skew-symmetric, diagonal"),
        ({"assume": "q: positive"}, UnknownName, "'q'"),
        ({"assume": "W: nice"}, ParseError, "not a property"),
        ({"where": "z = W@x; m = b"}, ParseError, "m is a size"),
        ({"where": "z = W@y"}, ShapeError, "n and m"),
        ({"f": "sum(W@x + y) + q"}, UnknownName, "'q'"),
        ({"f": "x[5000000]"}, DerivationError, "too many"),
    ],
)
def test_wrong_calls_are_refused(change, kind, words):
    with pytest.raises(kind, match=words) as error:
        derive(**{**QUESTION, **change})
    assert isinstance(error.value, ValueError)


def test_sizes_are_inferred_and_arrays_checked():
    gradient = derive("sum(K@vec(W))/m", "W", "W: m×n, K: m*n×m*n").gradient
    K, W = np.ones((6, 6)), np.ones((2, 3))
    assert gradient(K=K, W=W).shape == gradient(K=K, m=2).shape == gradient(K=K, n=3).shape == (2, 3)
    assert np.allclose(gradient(K=K, m=2), 3)
    assert np.allclose(derive("sum(x)/n", "x", "x: n").gradient(x=[1, 2, 3]), 1 / 3)
    assert np.allclose(derive("sum(x)/n", "x", "x: n").gradient(n=3), 1 / 3)
    for values, kind, words in [
        ({"K": K}, ShapeError, "m is told by no array"),
        ({"m": 2, "n": 3}, UnknownName, "K is missing"),
        ({"K": np.ones((6, 5)), "m": 2}, ShapeError, r"\(6, 5\).*m\*n×m\*n"),
        ({"K": np.ones((7, 7)), "m": 2}, ShapeError, r"\(7, 7\)"),
        ({"K": K, "W": np.ones((3, 3))}, ShapeError, r"K has shape \(6, 6\)"),
        ({"K": K, "W": np.ones(6)}, ShapeError, r"W has shape \(6,\) and was declared m×n"),
        ({"K": K, "m": 4}, ShapeError, "m"),
        ({"K": K, "m": 0}, ShapeError, "at least 1"),
        ({"K": K, "m": 2.0}, ShapeError, "whole number"),
        ({"K": K, "V": W}, UnknownName, "'V'"),
        ({"K": "text", "m": 2}, ShapeError, "not numbers"),
        ({"K": np.ones((0, 0)), "m": 2}, ShapeError, "at least 1"),
        ({"K": [[1], [1, 2]], "m": 2}, ShapeError, "not an array"),
    ]:
        with pytest.raises(kind, match=words):
            gradient(**values)


def test_gradients_take_complex_and_whole_numbers():
    gradient = derive("x@x", "x", "x: n").gradient
    assert np.array_equal(gradient(x=[1, 2]), [2.0, 4.0])
    assert np.array_equal(gradient(x=np.array([1 + 2j, 1j])), [2 + 4j, 2j])
    assert np.array_equal(gradient(x=np.array([True, False])), [2.0, 0.0])


# ── deep and wide ─────────────────────────────────────────────────────────────────────────────────────────────────


def network(layers):
    names = [f"z{i} = W{i}@{f's{i - 1}' if i > 1 else 'x'} + b{i}; s{i} = sigmoid(z{i})" for i in range(1, layers + 1)]
    shapes = [f"W{i}: n{i}×n{i - 1}, b{i}: n{i}" for i in range(1, layers + 1)]
    shapes = f"x: n0, y: n{layers}, " + ", ".join(shapes)
    return derive(f"sum((s{layers} - y)**2)", "W1", shapes, where="; ".join(names))


def test_steps_grow_linearly_with_the_layers():
    counts = [len(network(layers).steps) for layers in (4, 8, 16)]
    assert counts[2] - counts[1] <= 2.2 * (counts[1] - counts[0])


@pytest.mark.parametrize(
    "definition", ["h{i} = tanh(W@h{j} + U@v)", "h{i} = h{j} + tanh(W@h{j} + U@v)", "h{i} = h{j}*h{j}/9 + W@h{j}"]
)
def test_recurrent_and_residual_networks(definition):
    names = ["h0 = x", *(definition.format(i=i, j=i - 1) for i in range(1, 13))]
    shapes = "W: n×n, U: n×k, x: n, v: k, y: n"
    text = "sum((h12 - y)**2)"
    derivation = derive(text, "W", shapes, where="; ".join(names))
    values = dict(zip("WUxvy", (0.3 * a for a in normal((3, 3), (3, 2), 3, 2, 3)), strict=True))

    def loss(W):
        let = [name.split(" = ") for name in names]
        return plain_numpy.evaluate(text, {**values, "W": W}, let)

    expected = np.reshape([plain_numpy.slope(loss, values["W"], e.reshape(3, 3)) for e in np.eye(9)], (3, 3))
    np.testing.assert_allclose(derivation.gradient(**values), expected, rtol=1e-9, atol=1e-12)


def test_long_sums_and_high_powers():
    many = derive("sum(" + " + ".join(f"sin({i}*x)" for i in range(1, 200)) + ")", "x", "x: n").gradient
    x = np.array([0.1, -0.2])
    frequencies = np.arange(1, 200)[:, None]
    np.testing.assert_allclose(many(x=x), np.sum(frequencies * np.cos(frequencies * x), axis=0))
    for power in (100, 101, 1000):
        gradient = derive(f"sum(x**{power})", "x", "x: n").gradient
        np.testing.assert_allclose(
            gradient(x=np.array([0.99, -1.001])), power * np.array([0.99, -1.001]) ** (power - 1)
        )


# ── the same for everyone ─────────────────────────────────────────────────────────────────────────────────────────

SHOW_ALL = """
import sys; sys.path[:0] = ['tests', 'tests/package/deriving']
import test_corpus
for problem in test_corpus.PROBLEMS[::5]:
    d = test_corpus.derived(problem)
    print(d, d.latex, [step.error for step in d.steps], d.gradient.latex('all'), d.assumptions, d.notes)
"""


def test_the_same_text_gives_the_same_report_whatever_the_hash_seed(book):
    reports = []
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        run = subprocess.run(
            [sys.executable, "-c", SHOW_ALL], cwd=book, env=environment, capture_output=True, check=True
        )
        reports.append(run.stdout)
    assert reports[0] == reports[1] and len(reports[0]) > 5_000


def test_the_text_alone_decides():
    first, second = (str(derive("sum(log(A@x)*tanh(x))", "x", "A: n×n, x: n")) for _ in range(2))
    assert first == second


# ── never wrong ───────────────────────────────────────────────────────────────────────────────────────────────────

S1 = "A: m×n, B: m×n, Q: n×n, R: n×n, u: n, w: m, t: scalar, p: n"
LAWS = yaml.safe_load((BOOK / "web" / "laws.yml").read_text(encoding="utf-8"))
USES = {
    # operation: texts whose derivations need it, with the variable and the order; of others the one on the page of laws
    "combination": [("sum(sin(A + 2*B))", "A", 1), ("A + 2*B", "A", 1), ("sum(tanh(3*A - B)**2)", "A", 2)],
    "product": [("sum(sin(A@u))", "A", 1), ("A@u", "A", 1), ("sum(exp(A@u))", "u", 2)],
    "hadamard": [("sum(A*B*sin(A))", "A", 1), ("A*B", "A", 1), ("sum(A*A*sin(A))", "A", 2)],
    "scale": [("sum(sin(sin(t)*A)*B)", "t", 1), ("sin(t)*A", "t", 1), ("sum(sin((u@u)*u))", "u", 1)],
    "transpose": [("frob(sin(A).T, Q@B.T)", "A", 1), ("A.T", "A", 1), ("sum(sin(A.T@w))", "A", 1)],
    "contraction": [
        ("sum(einsum('ij,ik->ijk', A, sin(A))**2)", "A", 1), ("A[:, None, :]*ones((m, m, n))", "A", 1),
    ],
    "trace": [("tr(Q@R)", "Q", 1), ("sin(tr(Q))", "Q", 1), ("outer(u, u)*tr(Q)", "Q", 1)],
    "frobenius": [("sin(u@u)", "u", 1), ("exp(frob(A, B*A))", "A", 1), ("frob(A, B*B)*u", "A", 1)],
    "power": [("sum(p**3*u)", "p", 1), ("p**-1", "p", 1)],
    "general power": [("sum((1 + u*u)**w[0])", "u", 1), ("t**(u@u)", "u", 1)],
    "elementwise": [("sum(sin(A)*B)", "A", 1), ("sin(u)", "u", 1)],
    "inverse": [("tr(inv(Q)@R)", "Q", 1), ("inv(Q)@u", "Q", 1)],
    "matrix exponential": [
        ("sum(sin(expm(Q)@u))", "Q", 1), ("expm(Q)@u", "Q", 1), ("u@expm(Q)@u", "Q", 2), ("sum(expm(t*Q)@R)", "t", 2),
    ],
    "determinant": [("det(Q)", "Q", 1), ("det(Q)*u", "Q", 1)],
    "log determinant": [("logdet(Q)", "Q", 1), ("logdet(Q)*u", "Q", 1)],
    "norm": [("norm(A@u)", "u", 1), ("norm(u)*u", "u", 1)],
    "diag": [("tr(Diag(u)@Q@Diag(u)@R)", "u", 1), ("Diag(u)", "u", 1)],
    "diagonal": [("sum(sin(diagvec(Q)))", "Q", 1), ("diagvec(Q)", "Q", 1)],
    "kronecker": [("sum(sin(kron(A, Q)))", "A", 1), ("kron(A, Q)", "Q", 1), ("sum(sin(kron(A, Q)))", "Q", 1)],
    "kronecker adjoint": [("sum(kron(A, A)**2)", "A", 2)],
    "reshape": [("sum(sin(reshape(A, (n, m)))@w)", "A", 1), ("reshape(A, (n, m))", "A", 1)],
    "softmax": [("softmax(u)@p", "u", 1), ("softmax(A)", "A", 1), ("sum(softmax(A, axis=0)*B)", "A", 1)],
    "largest": [("sum(max(A, axis=1)*w)", "A", 1), ("max(u)*u", "u", 1)],
    "log-sum-exp": [("logsumexp(u)", "u", 1), ("logsumexp(A)", "A", 1), ("sum(logsumexp(A, axis=0)*u)", "A", 1)],
}  # fmt: skip
UNUSED = {  # sums are taken apart term by term; no text of a scalar function has a differential inside the others
    *(("combination", "adjoint"), ("combination", "matrix"), ("kronecker adjoint", "adjoint")),
    ("largest", "differential"),  # it gets a name, and that rests
}
BUILT_IN = tuple(table.FUNCTIONS)
WRONGS = {
    "minus": op.negative,
    "doubled": lambda formula: op.times(2, formula),
    "one more": lambda formula: op.add(formula, op.ones(formula.shape)),
    "almost": lambda formula: op.times(1.00001, formula),
}


def spoiled(column, wrong):
    """A column of a row with a mistake in it, and the list of calls made to it."""
    calls = []

    def replaced(*arguments):
        calls.append(arguments)
        return WRONGS[wrong](column(*arguments))

    return replaced, calls


def uses(row):
    """Texts whose derivations need a row: (text, variable, shapes, order)."""
    if row.name in USES:
        return [(text, wrt, S1, order) for text, wrt, order in USES[row.name]]
    text, wrt, shapes = LAWS[f"{row.noun or row.name} rule"]["derive"].split("; ")
    return [(text, wrt, shapes, 1)]


@pytest.mark.parametrize("column", ["differential", "adjoint", "matrix"])
@pytest.mark.parametrize("name", [name for name, row in table.ROWS.items() if row.differential])
def test_a_mistake_in_the_table_never_gives_a_result(name, column, monkeypatch):
    """Every row's differential, adjoint and matrix in turn, each with every mistake: refused whenever it was used."""
    row, used = table.ROWS[name], 0
    if not getattr(row, column):
        return
    for text, wrt, shapes, order in uses(row):
        assert derive(text, wrt, shapes, order=order).gradient
        for wrong in WRONGS:
            broken, calls = spoiled(getattr(row, column), wrong)
            monkeypatch.setitem(table.ROWS, name, dataclasses.replace(row, **{column: broken}))
            try:
                derive(text, wrt, shapes, order=order)
            except DerivationError:
                assert calls
            else:
                assert not calls, f"{text} by {wrt} with {name}.{column} {wrong}"
            used += len(calls)
        monkeypatch.undo()
    assert used or (name, column) in UNUSED


@pytest.mark.parametrize("wrong", WRONGS)
@pytest.mark.parametrize("name", [name for name in BUILT_IN if name != "trigamma"])  # whose slope is refused
def test_a_mistake_in_a_derivative_never_gives_a_result(name, wrong, monkeypatch):
    function = table.FUNCTIONS[name]
    text = f"sum({name}(A*B)*A)"
    assert derive(text, "A", S1)
    broken, calls = spoiled(function.derivative, wrong)
    monkeypatch.setitem(table.FUNCTIONS, name, dataclasses.replace(function, derivative=broken))
    if wrong != "one more" and name in ("sign", "positive", "nonnegative"):  # the derivative is 0, and so is twice that
        assert derive(text, "A", S1)
    else:
        with pytest.raises(DerivationError, match="the witness does not confirm"):
            derive(text, "A", S1)
    assert calls


def test_a_wrong_simplification_never_gives_a_result(monkeypatch):
    transposed = op.transpose
    for room in (op, rules):
        monkeypatch.setattr(room, "transpose", lambda formula: transposed(formula) if formula.is_column else formula)
    with pytest.raises(ValueError):
        derive("sum(sin(Q@u))", "u", S1)


def test_small_losses_and_flat_ones_are_checked_too(monkeypatch):
    power = table.ROWS["power"]
    broken, _ = spoiled(power.differential, "doubled")
    monkeypatch.setitem(table.ROWS, "power", dataclasses.replace(power, differential=broken))
    for text in ("1e-20*sum(u**3)", "1e20*sum(u**3)", "sum(u**400)", "sum(relu(u - 1)**3)", "1e6 + sum(u**3)"):
        with pytest.raises(DerivationError):
            derive(text, "u", S1)


@pytest.mark.parametrize("where", ["s = tanh(z)", "s = 2*z", "s = z*z"])
@pytest.mark.parametrize("style", ["hadamard", "diag"])
def test_a_named_function_that_does_not_move_has_the_derivative_zero(where, style):
    derivation = derive("s", "A", "A: k×k, z: h", where=where, style=style)
    assert not np.any(derivation.gradient(A=np.eye(2), z=np.ones(3)))


# ── what the text may be ──────────────────────────────────────────────────────────────────────────────────────────

IN_LATEX = [
    (r"\|Ax-b\|_2^2", "x", "A: m×n, x: n, b: m", "sum((A@x - b)**2)"),
    (r"L = \frac12 x^T A x - b^\top x + \lambda \|x\|_1", "x", "A: n×n, x: n, b: n, lambda: scalar",
     "x@A@x/2 - b@x + t*sum(abs(x))"),
    (r"z = W x + b \\ L = \|\sigma(z) - y\|^2", "W", "W: m×n, x: n, b: m, y: m", "sum((sigmoid(W@x + b) - y)**2)"),
    (r"-\sum_i y_i \log p_i", "p", "y: n, p: n", "-y@log(p)"),
    ("x^2", "x", "x: scalar", "x**2"),
    ("sum((A@x - b)^2)", "x", "A: m×n, x: n, b: m", "sum((A@x - b)**2)"),
    ("r = A@x - b\nsum(r ^ 2)", "x", "A: m×n, x: n, b: m", "sum((A@x - b)**2)"),
]  # fmt: skip


@pytest.mark.parametrize(("latex", "wrt", "shapes", "text"), IN_LATEX)
def test_a_loss_in_latex_is_the_loss_in_numpy(latex, wrt, shapes, text):
    gradient = derive(latex, wrt, shapes).gradient
    other = derive(text, wrt, shapes.replace("lambda", "t")).gradient
    assert str(gradient) == str(other).replace("t ", "λ ")


def test_the_exponential_of_a_matrix_in_latex_is_that_of_the_matrix():
    A = np.random.default_rng(4).standard_normal((3, 3)) / 2
    series, term = np.zeros((3, 3)), np.eye(3)
    for k in range(1, 40):
        series, term = series + term, term @ A / k
    found = derive(r"\operatorname{tr}(e^A)", "A", "A: n×n").gradient(A=A)
    np.testing.assert_allclose(found, series.T, rtol=1e-10)  # entry by entry it was I ⊙ exp(A)


def test_latex_that_is_not_read_says_what_to_write():
    with pytest.raises(ParseError, match=r"NumPy, sum"):
        derive(r"\int_0^1 x \, dx", "x", "x: n")
    rows = derive(r"\sum_{i} (y_i - w^T x_i)^2", "w", "y: n, w: d, X: n×d")  # sums over the rows of a matrix are read
    assert str(rows.gradient) == "-2 Xᵀ r"


@pytest.mark.parametrize(("kind", "onto"), [
    ("skew-symmetric", lambda G: (G - G.T) / 2), ("lower triangular", np.tril), ("upper triangular", np.triu),
])  # fmt: skip
def test_a_variable_varies_within_a_kind(kind, onto):
    free, held = (derive("sum(sin(A@B)*C)", "A", "A: n×n, B: n×n, C: n×n", vary=v).gradient for v in ("", f"A: {kind}"))
    random = np.random.default_rng(3)
    values = {name: random.standard_normal((4, 4)) for name in "ABC"}
    np.testing.assert_allclose(
        held(**{**values, "A": onto(values["A"])}), onto(free(**{**values, "A": onto(values["A"])}))
    )
    jacobian = derive("A@u", "A", "A: n×n, u: n", vary=f"A: {kind}").gradient
    u, E = random.standard_normal(4), random.standard_normal((4, 4))
    np.testing.assert_allclose(jacobian(A=values["A"], u=u) @ E.ravel(), onto(E) @ u)


def test_what_is_orthogonal_and_what_has_length_one_simplify():
    assert str(derive("sum((Q@x - b)**2)", "x", "Q: n×n, x: n, b: n", assume="Q: orthogonal").gradient) == "2 Qᵀ r"
    assert str(derive("sum((Q.T@Q@x)**2)", "x", "Q: n×n, x: n", assume="Q: orthogonal").gradient) == "2 x"
    assert str(derive("u@u*(x@x)", "x", "u: n, x: n", assume="u: unit").gradient) == "2 x"
    assert str(derive("tr(inv(Q)@X)", "X", "Q: n×n, X: n×n", assume="Q: orthogonal").gradient) == "Q"


@pytest.mark.parametrize("f, expected", [
    ("softmax(z - t)@y", "p ⊙ (y - (y : p) 1)"), ("softmax(z - max(z))@y", "p ⊙ (y - (y : p) 1)"),
    ("softmax(z - t - max(z))@y", "p ⊙ (y - (y : p) 1)"), ("logsumexp(z - t)", "softmax(z)"),
])  # fmt: skip
def test_what_is_the_same_in_all_entries_leaves_softmax(f, expected):
    assert str(derive(f, "z", "z: n, y: n, t: scalar").gradient) == expected


@pytest.mark.parametrize("f, expected", [
    ("sum(Q*Q)*sum(X**2)", "2 n X"), ("sum(Q*P)*sum(X**2)", "2(Q : P) X"),
    ("sum(u*u)*sum(X**2)", "2 X"), ("sum(u*v)*sum(X**2)", "2(u : v) X"),
])  # fmt: skip
def test_only_beside_itself_is_an_orthogonal_matrix_worth_its_size_and_a_unit_vector_one(f, expected):
    shapes = "Q: n×n, P: n×n, X: n×n, u: n, v: n"
    assert str(derive(f, "X", shapes, assume="Q: orthogonal, u: unit").gradient) == expected


def test_a_function_that_nobody_has_defined_keeps_its_derivative():
    derivation = derive("sum((f(W@x + b) - y)**2)", "W", "W: m×n, x: n, b: m, y: m, f: function")
    assert str(derivation.gradient) == "2(r ⊙ f'(z)) xᵀ"
    assert derivation.gradient.latex() == "2 (r \\odot f'(z)) x^T"
    second = derive("sum(phi(X@w))", "w", "X: N×d, w: d, phi: function", order=2)
    assert str(second.gradient) == "Xᵀ Diag(φ''(z)) X"
    for refused in (derivation.gradient.numpy, lambda: derivation.gradient(W=[[1.0]], x=[1.0], b=[1.0], y=[1.0])):
        with pytest.raises(DerivationError, match="nobody has said what"):
            refused()
    with pytest.raises(UnknownName, match="'f: function'"):
        derive("sum(f(x))", "x", "x: n")


@pytest.mark.parametrize(
    ("f", "assume", "told"),
    [
        ("log(x) + x*log(x)**2", "", ["x > 0"]),
        ("log(x) + x*log(x)**2", "x: positive", ["x is positive; its differential is free"]),
        ("log(x) + sqrt(x) + log(x)*sqrt(x)", "", ["x > 0"]),
    ],
)
def test_a_condition_is_told_once(f, assume, told):
    derivation = derive(f, "x", "x: scalar", assume=assume)
    assert [str(condition) for condition in derivation.assumptions] == told


@pytest.mark.parametrize(
    "f",
    [
        "(x - x)@y", "y@(x - x)", "sum((x - x)*y)", "sum(y*(x - x))", "a@((A - A)@x)", "a@(A@(x - x))",
        "sum(outer(x - x, y))", "trace((A - A)@B)", "trace(B@(A - A))", "sum(kron(A - A, B))", "a@((A - A).T@x)",
    ],
)  # fmt: skip
def test_operands_that_cancel_leave_nothing(f):
    shapes = "x: n, y: n, a: n, A: n×n, B: n×n"
    assert str(derive(f"{f} + x@y", "x", shapes)) == str(derive("x@y", "x", shapes))


@pytest.mark.parametrize("left", ["eye(n) @ eye(n)", "Diag(q**0)", "(A @ inv(A))"])
def test_what_stands_still_beside_a_product_that_the_reader_simplified_has_the_gradient_zero(left):
    gradient = derive(f"sum(({left}) @ (A @ v))", "q", {"A": ("n", "n"), "v": ("n",), "q": ("n",)}).gradients["q"]
    A, v, q = np.array([[2.0, 1.0], [0.5, 3.0]]), np.array([1.0, -2.0]), np.array([0.4, 0.6])
    np.testing.assert_array_equal(gradient(A=A, v=v, q=q), np.zeros(2))
