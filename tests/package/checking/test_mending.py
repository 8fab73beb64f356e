"""Mends: each kind of mistake, the collected ones, and small mistakes made at random in lines that hold."""

import os
import random
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from collected import MISTAKES, as_lines
from effort import judge, soon

from browsing import BOOK
from derivations import check
from derivations.checking import Checker
from derivations.checking.rewriting import entrywise, places, replaced, times
from derivations.reading.latex_text import read_block
from derivations.reading.latex_tree import Tree
from derivations.reading.numpy_text import parse_shapes
from derivations.writing.latex_printing import to_latex

REGRESSION = {
    "given": "X: m×n, w: n, y: m, lam: scalar",
    "varying": "w",
    "where": "r = X@w - y; f = r@r + lam*(w@w)",
}
MEAN = {"given": "X: m×n, w: n, y: m", "varying": "w", "where": "r = X@w - y; f = r@r/m"}
NEURON = {
    "given": "W: m×n, x: n, b: m, y: m",
    "varying": "W, b",
    "where": "z = W@x + b; s = sigmoid(z); L = sum((s - y)**2)",
}
BATCH = {
    "given": "X: N×n, W: m×n, b: m, Y: N×m",
    "varying": "W, b",
    "where": "S = sigmoid(X@W.T + b); L = sum((S - Y)**2)",
}
TRACE = {"given": "A: n×n, B: n×n, X: n×n", "varying": "X", "where": "f = tr(A@X@B)"}
INVERSE = {"given": "A: n×n, B: n×n, X: n×n", "varying": "X", "where": "f = tr(A@inv(X)@B)"}
QUADRATIC = {"given": "A: n×n, x: n, b: n", "varying": "x", "where": "f = x@A@x - b@x"}
LENGTH = {"given": "Q: n×n, x: n", "varying": "x", "where": "f = sum((Q@x)**2)"}
SOFTMAX = {"given": "z: k, y: k", "varying": "z", "where": "s = softmax(z); L = -(y@log(s))"}
ONE_HOT = SOFTMAX | {"assume": "y: sums to one"}
VOLUME = {
    "given": "X: n×n, A: n×n",
    "varying": "X",
    "assume": "X: positive determinant",
    "where": "f = log(det(X)) + sum(A*X)",
}
LINEAR = {"given": "W: m×n, x: n, y: m", "varying": "W, x", "where": "r = W@x - y; L = sum(r**2)"}
FACTORS = {
    "given": "M: m×n, U: m×k, V: n×k, lam: scalar",
    "varying": "U, V",
    "where": "R = M - U@V.T; L = sum(R*R) + lam*sum(U*U)",
}
LOGISTIC = {
    "given": "X: m×n, w: n, y: m",
    "varying": "w",
    "where": "p = sigmoid(X@w); L = -(y@log(p)) - (1-y)@log(1-p)",
}
NUMBER = {"given": "t: scalar", "varying": "t"}
VECTOR = {"given": "x: n", "varying": "x", "where": "f = norm(x)"}

MENDS = [  # declarations, the line as it should not be, the kind, the right side as it should be
    (REGRESSION, r"\nabla_w f = 2 X^T (y - X w) + 2 \lambda w", "sign", r"-2X^T(y - Xw) + 2\lambda w"),
    (REGRESSION, r"\nabla_w f = 2 X^T r - 2 \lambda w", "sign", r"2X^Tr + 2\lambda w"),
    (INVERSE, r"dX^{-1} = X^{-1}\,dX\,X^{-1}", "sign", r"-X^{-1}\,dX\,X^{-1}"),
    (NUMBER, r"\frac{d}{dt} \log(1 + e^{t}) = \frac{1}{1 + e^{t}}", "sign", r"\frac{1}{1 + e^{-t}}"),
    (REGRESSION, r"\nabla_w f = 2 X^T r + \lambda w", "constant factor", r"2X^Tr + 2\lambda w"),
    (REGRESSION, r"\nabla_w f = -X^T r - \lambda w", "constant factor", r"2(X^Tr + \lambda w)"),
    (VECTOR, r"\nabla_x f = \frac{x}{2 \|x\|}", "constant factor", r"\frac{x}{\lVert x \rVert}"),
    (MEAN, r"\nabla_w f = 2 X^T r", "constant factor", r"\frac{2}{m}X^Tr"),
    (TRACE, r"\nabla_X f = A^T B", "missing transpose", "A^TB^T"),
    (TRACE, r"df = A B : dX", "missing transpose", "A^TB^T : dX"),
    (VOLUME, r"\nabla_X f = X^{-1} + A", "missing transpose", "X^{-T} + A"),
    (LENGTH, r"\nabla^2_x f = 2 Q^2", "missing transpose", "2Q^TQ"),
    (TRACE, r"\nabla_X f = B^\top A^\top", "factor order", r"A^\top B^\top"),
    (INVERSE, r"dX^{-1} = -X^{-2}\,dX", "factor order", r"-X^{-1}\,dX\,X^{-1}"),
    (SOFTMAX, r"ds = (\operatorname{Diag}(s) - s^T s)\,dz", "factor order", r"(\operatorname{Diag}(s) - ss^T)\,dz"),
    (TRACE, r"\nabla_X f = A^T \odot B^T", "Hadamard or matrix product", "A^TB^T"),
    (
        NEURON,
        r"\nabla_b L = 2 (s - y) \odot \sigma'(s)",
        "derivative at the wrong argument",
        r"2(s - y) \odot \sigma'(z)",
    ),
    (
        NEURON,
        r"\nabla_W L = 2 [(y - s) \odot z \odot (1 - z)] x^T",
        "derivative at the wrong argument",
        r"-2[(y - s) \odot s \odot (1 - s)]x^T",
    ),
    (NEURON, r"\nabla_W L = 2 (s - y) x^T", "missing inner derivative", r"2((s - y) \odot \sigma'(z))x^T"),
    (VOLUME, r"d\det(X) = X^{-T} : dX", "missing inner derivative", r"\det(X)X^{-T} : dX"),
    (LINEAR, r"\frac{\partial L}{\partial W_{ij}} = 2 (\sum_k W_{ik} x_k - y_i)", "missing inner derivative", None),
    (
        LINEAR,
        r"L = \sum_k r_k^2 \\ \frac{\partial L}{\partial x_j} = 2 r_k W_{kj}",
        "missing sum",
        r"2 \sum_k r_kW_{kj}",
    ),
    (
        LINEAR,
        r"L = \sum_i r_i^2 \\ \frac{\partial L}{\partial x_j} = 2 (W_{ik} x_k - y_i) W_{ij}",
        "missing sum",
        r"2 \sum_i \left(\sum_k W_{ik}x_k - y_i\right)W_{ij}",
    ),
    (QUADRATIC, r"\nabla f = 2 A x - b", "assumption", "(A + A^T)x - b"),
    (LENGTH, r"\nabla f = 2 x", "assumption", "2Q^TQx"),
    (SOFTMAX, r"\nabla_z L = s - y", "assumption", r"(\mathbf{1}^Ty)s - y"),
    (SOFTMAX, r"L = \sum_i y_i \log s_i \\ \nabla_z L = y - s", "assumption", None),
    (REGRESSION, r"\nabla_w f = 2 X r + 2 \lambda w", "shapes", r"2X^Tr + 2\lambda w"),
    (REGRESSION, r"\nabla_w f = 2 r X + 2 \lambda w", "shapes", r"2X^Tr + 2\lambda w"),
    (NEURON, r"\nabla_W L = 2 (s - y) s (1 - s) x", "shapes", r"2[(s - y) \odot s \odot (1 - s)]x^T"),
    (NEURON, r"\nabla_W L = \nabla_s L \odot s \odot (1-s) x^T", "shapes", r"[\nabla_s L \odot s \odot (1 - s)]x^T"),
    (
        BATCH,
        r"\nabla_b L = 2 (S - Y) \odot S \odot (1 - S)",
        "shapes",
        r"2((S - Y) \odot S \odot (1 - S))^T\mathbf{1}",
    ),
    (TRACE, r"d \operatorname{tr}(A X) = A\,dX", "shapes", r"\operatorname{tr}(A\,dX)"),
    (LINEAR, r"L = (W x - y)^2", "shapes", r"\mathbf{1}^T(Wx - y)^2"),
    (LINEAR, r"L = \sum_i (y_i - \sum_k W_{ki} x_k)^2", "shapes", None),
    (LINEAR, r"\nabla_{\mathbf W} \mathcal L = 2 \mathbf x^\top \mathbf r", "shapes", r"2\mathbf r\mathbf x^\top"),
    (SOFTMAX, r"\frac{\partial s_i}{\partial z_j} = s_i (1 - s_j)", "other", r"s_i(\delta_{ij} - s_j)"),
    (LOGISTIC, r"\nabla_w L = X^T (p - y) \odot p", "shapes", "X^T(p - y)"),
    (
        {"given": "W: m×n, x: n, v: n", "varying": "W", "where": "z = W@x; f = z@z"},
        r"\frac{\partial f}{\partial W_{ij}} = 2 z_i v_j",
        "other",
        "2z_ix_j",
    ),
    (
        {"given": "A: m×n, x: n, b: m", "varying": "x", "where": "r = A@x - b; f = sum(r*r)"},
        r"\nabla_x f = A^T (-r)",
        "constant factor",
        "2A^Tr",
    ),
]


@pytest.mark.parametrize(("declared", "wrong", "kind", "right"), MENDS, ids=[wrong for _, wrong, _, _ in MENDS])
def test_each_kind_of_mistake_is_named_and_mended(declared, wrong, kind, right):
    report = check(wrong, **declared)
    line = report.lines[-1]
    assert (line.verdict, line.kind) == ("fails", kind), report
    assert judge(line.repair, **declared).ok, line.repair
    if right is not None:
        assert line.repair.split(" = ", 1)[1] == right


def test_what_was_taken_for_granted_is_said():
    said = {"symmetric": (QUADRATIC, r"\nabla f = 2 A^T x - b"), "sums to one": (SOFTMAX, r"\nabla_z L = s - y"),
            "orthogonal": (LENGTH, r"\nabla f = 2 x")}  # fmt: skip
    for words, (declared, wrong) in said.items():
        assert f"{words}, which nothing says" in check(wrong, **declared).lines[0].why
    assert judge(r"\nabla_z L = s - y", **ONE_HOT).ok


def test_a_mend_says_something():
    """The head is no mend of itself, nor is a derivative that the line did not have."""
    report = check(r"G = \nabla_w f \\ \nabla_w f = X^T X", **REGRESSION)
    assert "G" not in report.lines[1].repair and report.lines[1].repair.count("nabla") == 1


def test_names_are_spelled_as_in_the_text():
    latex = r"{\cal L} = \|{\bf X} w - \hat y\|^2 \\ \nabla_w {\cal L} = {\bf X}^{\sf T} ({\bf X} w - \hat y)"
    report = check(latex, "X: m×n, w: n, yhat: m", "w")
    assert report.repair == r"\nabla_w {\cal L} = 2{\bf X}^{\sf T}({\bf X}w - \hat y)"


DEFINED = [
    (r"L = \|X w - y\|^2 + \lambda \sum_i w_i^2", r"\nabla_w L = X w X", REGRESSION, r"2(X^T(Xw - y) + \lambda w)"),
    (r"z = X w \\ p = \sigma(z) \\ L = (p - y)^T (p - y)", r"\nabla_w L = y", LOGISTIC, r"2X^T((p - y) \odot p')"),
    (r"\phi = \operatorname{tr}(A X B X^T)", r"d\phi = X : dX", TRACE, r"(A^TXB^T + AXB) : dX"),
    (r"\ell = \log(1 + e^{-w^T y})", r"\nabla_w \ell = w w^T w", {"given": "w: n, y: n", "varying": "w"}, None),
]


@pytest.mark.parametrize(("definition", "wrong", "declared", "right"), DEFINED)
def test_derive_mends_what_the_page_defines(definition, wrong, declared, right):
    declared = {key: value for key, value in declared.items() if key != "where"}
    line = check(rf"{definition} \\ {wrong}", **declared).lines[-1]
    assert line.verdict == "fails" and "derive" in line.why and line.repair
    assert judge(rf"{definition} \\ {line.repair}", **declared).ok
    if right is not None:
        assert line.repair.split(" = ", 1)[1] == right


def test_numbers_are_told_where_nothing_mends():
    declared = {"given": "a: n, b: n, t: scalar", "varying": "a"}
    assert "and should be" in check(r"a^T a + t = \pi t", **declared).lines[0].why
    assert "entry" not in check(r"a^T a + t = \pi t", **declared).lines[0].why
    assert "every entry is 3.142 times" in check(r"a = \pi a", **declared).lines[0].why
    assert "3 of 3 entries" in check(r"\exp(a) + b = 3 b", **declared).lines[0].why


def test_mends_are_the_same_in_every_run():
    program = (
        "from test_mending import *\n"
        "for declared, wrong, _, _ in MENDS[::3]:\n"
        "    line = check(wrong, **declared).lines[-1]; print(line.kind, line.repair, line.why)\n"
    )
    path = os.pathsep.join(map(str, (BOOK / "code", BOOK / "tests", BOOK / "web", Path(__file__).parent)))
    runs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": path},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("0", "1")
    }  # fmt: skip
    assert len(runs) == 1 and runs.pop().strip()


COSTLY = [
    (r"f = A_{ij} A_{jk} A_{kl} A_{lm} A_{mp}", "A: n×n", "A", "f = sum(A@A@A)"),
    (r"\nabla\nabla f = X^T X + X^T X X^T X", "X: m×n, w: n", "w", "f = sum(log(1 + exp(X@w)))"),
    (r"\nabla_x f = " + "x + " * 400 + "x", "x: n", "x", "f = x@x"),
    (r"\nabla_X f = " + "X" * 300, "X: n×n", "X", "f = tr(X)"),
]


@pytest.mark.parametrize(("line", "given", "varying", "where"), COSTLY, ids=[line[:30] for line, *_ in COSTLY])
def test_a_search_ends(line, given, varying, where):
    with soon(20):
        report = check(line, given, varying, where=where)
    assert report.lines[0].verdict in ("fails", "unclear")


# ── the collected mistakes ────────────────────────────────────────────────────────────────────────────────────────


@cache
def mended(name):
    """The report on a mistake as it was claimed; to mend it is what costs."""
    (mistake,) = [mistake for mistake in MISTAKES if mistake["id"] == name]
    claimed, _, declared = as_lines(mistake)
    return check(claimed, **declared)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake["id"])
def test_every_collected_mistake_is_called_wrong_and_mended_and_its_correction_holds(mistake):
    _, correct, declared = as_lines(mistake)
    report = mended(mistake["id"])
    (line,) = report.lines
    assert line.verdict == "fails" and report.kind == line.kind and line.kind, report
    if line.repair is None:  # what derive gives is too long to be read
        assert "should be" in line.why or "times" in line.why, line.why
    else:
        assert judge(line.repair, **declared).ok, line.repair
    assert judge(correct, **declared).ok


def test_most_collected_mistakes_are_mended_by_a_small_edit(capsys):
    lines = {mistake["id"]: mended(mistake["id"]).lines[-1] for mistake in MISTAKES}
    found = {name: line for name, line in lines.items() if line.repair is not None}
    small = [name for name, line in found.items() if "derive" not in line.why]
    with capsys.disabled():
        print(f"\nmends: {len(small)} of {len(found)} by a small edit, the others by derive")
        for name, line in found.items():
            print(f"{name:20} {line.kind:34} {'an edit' if name in small else 'derive ':8} {line.repair}")
    assert len(found) >= 29 and len(small) >= 22


# ── small mistakes in lines that hold ─────────────────────────────────────────────────────────────────────────────

TRUE = [
    (REGRESSION, r"\nabla_w f = 2 X^T (X w - y) + 2 \lambda w"),
    (REGRESSION, r"\nabla_w f = 2 X^T r + 2 \lambda w"),
    (REGRESSION, r"df = 2 r : X\,dw + 2 \lambda w : dw"),
    (NEURON, r"\frac{\partial L}{\partial W} = 2 [(s - y) \odot s \odot (1 - s)] x^T"),
    (NEURON, r"\frac{\partial L}{\partial b} = 2 (s - y) \odot \sigma'(z)"),
    (BATCH, r"\frac{\partial L}{\partial W} = 2 [(S - Y) \odot S \odot (1 - S)]^T X"),
    (BATCH, r"\frac{\partial L}{\partial b} = 2 [(S - Y) \odot S \odot (1 - S)]^T \mathbf 1"),
    (TRACE, r"\frac{\partial f}{\partial X} = A^T B^T"),
    (TRACE, r"df = B A : dX^T"),
    (TRACE, r"df = \operatorname{tr}(B A\,dX)"),
    (INVERSE, r"\frac{\partial f}{\partial X} = -X^{-T} A^T B^T X^{-T}"),
    (INVERSE, r"df = -\operatorname{tr}(A X^{-1}\,dX\,X^{-1} B)"),
    (QUADRATIC, r"\nabla f = (A + A^T) x - b"),
    (QUADRATIC, r"df = x^T A\,dx + dx^T A x - b^T dx"),
    (ONE_HOT, r"\nabla_z L = s - y"),
    (SOFTMAX, r"ds = (\operatorname{Diag}(s) - s s^T)\,dz"),
    (VOLUME, r"\nabla_X f = X^{-T} + A"),
    (LINEAR, r"\frac{\partial L}{\partial W_{ij}} = 2 (\sum_k W_{ik} x_k - y_i) x_j"),
    (LINEAR, r"\frac{\partial L}{\partial x_j} = 2 \sum_i r_i W_{ij}"),
    (LINEAR, r"\nabla_x L = 2 W^T (W x - y)"),
    (LINEAR, r"dL = 2 r : W\,dx + 2 r x^T : dW"),
    (FACTORS, r"\frac{\partial L}{\partial U} = -2 (M - U V^T) V + 2 \lambda U"),
    (FACTORS, r"\frac{\partial L}{\partial V} = -2 R^T U"),
    (LOGISTIC, r"\nabla_w L = X^T (p - y)"),
    (VECTOR, r"\nabla_x f = \frac{x}{\|x\|}"),
]


def _slips(tree, shapes):
    """Every small mistake in a tree: a transpose lost, a sign, factors swapped, dropped, ⊙ for a product, a name."""
    for path, part, _ in places(tree):
        if part.kind in ("transpose", "inverse transpose"):
            lost = part.args[0] if part.kind == "transpose" else Tree("inverse", part.args)
            yield replaced(tree, path, lost)
        if part.kind == "sum" and len(part.args) > 1:
            for i, sign in enumerate(part.data):
                yield replaced(tree, path, Tree("sum", part.args, (*part.data[:i], -sign, *part.data[i + 1 :])))
        if part.kind in ("product", "hadamard"):
            join = times if part.kind == "product" else lambda *factors: entrywise(r"\odot", *factors)
            for i in range(len(part.args)):
                yield replaced(tree, path, join(*part.args[:i], *part.args[i + 1 :]))
        if part.kind == "product":
            for i in range(len(part.args) - 1):
                before, (one, other), after = part.args[:i], part.args[i : i + 2], part.args[i + 2 :]
                yield replaced(tree, path, Tree("product", (*before, other, one, *after), part.data))
                if one.kind != "number":
                    yield replaced(tree, path, times(*before, entrywise(r"\odot", one, other), *after))
        if part.kind == "name" and part.data in shapes:
            for other, shape in shapes.items():
                if shape == shapes[part.data] and other != part.data:
                    yield replaced(tree, path, Tree("name", (), other))


@pytest.mark.parametrize(("declared", "true"), TRUE, ids=[true for _, true in TRUE])
def test_a_small_mistake_is_mended(declared, true):
    assert judge(true, **declared).ok
    checker = Checker(**declared)
    known = {*checker.meaning.symbols, *checker.meaning.definitions}
    relation = read_block(true, checker.names, {}, known).lines[0]
    slips = list(_slips(relation.right, parse_shapes(declared["given"])))
    for slip in random.Random(true).sample(slips, min(4, len(slips))):
        line = check(f"{to_latex(relation.left, checker.names)} = {to_latex(slip, checker.names)}", **declared).lines[0]
        if line.verdict != "holds":
            assert line.verdict == "fails" and line.kind, line
            assert line.repair and check(line.repair, **declared).ok, (line.latex, line.repair)


@pytest.mark.parametrize(
    ("line", "repair"),
    [
        (r"f'(x) = 2x\cos x", r"f'(x) = x(2\sin(x) + x\cos(x))"),
        (r"\frac{df}{dx} = 2x\cos x", r"\frac{df}{dx} = x(2\sin(x) + x\cos(x))"),
    ],
)
def test_a_prime_is_mended_by_what_derive_gives(line, repair):
    report = check(rf"f(x) = x^2\sin x \\ {line}", "x: scalar", "x")
    assert report.first_wrong == 1 and report.repair == repair


@pytest.mark.parametrize(
    ("function", "wrong", "repair"),
    [
        (r"\ln(3x)", r"\frac{3}{x}", r"\frac{1}{x}"),
        (r"e^{x^2}", r"e^{x^2}", r"2xe^{x^2}"),
        (r"\frac{\sin x}{x}", r"\frac{x\cos x + \sin x}{x^2}", r"\frac{x \cos x - \sin x}{x^2}"),
    ],
)
def test_the_mend_of_a_prime_at_its_letter_is_its_derivative_and_no_multiple(function, wrong, repair):
    report = check(rf"f(x) = {function} \\ f'(x) = {wrong}", "x: scalar", "x")
    assert report.repair == f"f'(x) = {repair}"
