"""Exact proofs: what is proved, what is refuted though it holds within rounding, and what stays executed only."""

import json
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
from collected import MISTAKES, as_lines
from effort import judge, soon

from derivations import check
from derivations.__main__ import main
from derivations.checking import Checker
from derivations.checking.proving import prove
from derivations.executing.exact import Letters, Unproved, applied, exact_array, slope, softmax
from derivations.reading.latex_text import read_block

# ── letters ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def square():
    a, b, c, d = Letters(list("abcd")).given
    return exact_array([[a, b], [c, d]])


SLOPES = {
    "exp": lambda u: applied("exp", u),
    "log": lambda u: 1 / u,
    "sqrt": lambda u: 1 / (2 * applied("sqrt", u)),
    "sin": lambda u: applied("cos", u),
    "tan": lambda u: 1 / applied("cos", u) ** 2,
    "tanh": lambda u: 1 - applied("tanh", u) ** 2,
    "sinh": lambda u: applied("cosh", u),
    "arctan": lambda u: 1 / (1 + u**2),
    "sigmoid": lambda u: applied("sigmoid", u) * applied("sigmoid", -u),
    "softplus": lambda u: 1 / (1 + applied("exp", -u)),
    "abs": lambda u: applied("sign", u),
    "relu": lambda u: applied("positive", u),
}


@pytest.mark.parametrize("name", SLOPES)
def test_slopes_of_functions(square, name):
    assert np.all(slope(name, square) == SLOPES[name](square))


IDENTITIES = {
    "an inverse": lambda A: A @ np.linalg.inv(A) - np.eye(2),
    "an inverse of an inverse": lambda A: np.linalg.inv(np.linalg.inv(A)) - A,
    "a determinant": lambda A: (np.linalg.det(A @ A) - np.linalg.det(A) ** 2).reshape(1, 1),
    "thirds": lambda A: A / 3 + A * (2 / 3) - A,
    "Pythagoras": lambda A: applied("sin", A) ** 2 + applied("cos", A) ** 2 - 1,
    "a root": lambda A: A / applied("sqrt", A) - applied("sqrt", A),
    "the two tails of a sigmoid": lambda A: applied("sigmoid", A) + applied("sigmoid", -A) - 1,
    "a sigmoid in full": lambda A: applied("sigmoid", A) - 1 / (1 + applied("exp", -A)),
    "the logarithm of a sigmoid": lambda A: applied("log", applied("sigmoid", A)) + applied("softplus", -A),
    "tanh in full": lambda A: applied("tanh", A) - applied("sinh", A) / applied("cosh", A),
    "a softmax": lambda A: softmax(A, 1).sum(axis=1) - 1,
    "log-sum-exp": lambda A: applied("exp", A - applied("logsumexp", A)) - applied("exp", A) / applied("exp", A).sum(),
    "the logarithm of a product": lambda A: applied("log", A * A.T) - applied("log", A) - applied("log", A.T),
    "two sides of a kink": lambda A: applied("relu", A) - applied("relu", -A) - A,
    "an absolute value": lambda A: applied("abs", A) ** 2 - A**2,
}


@pytest.mark.parametrize("name", IDENTITIES)
def test_identities_of_letters(square, name):
    value = IDENTITIES[name](square)
    assert np.all(value == np.zeros(value.shape))
    assert not np.any(value + Fraction(1, 10**30) == np.zeros(value.shape))


def test_what_is_not_rational_is_not_taken_for_a_fraction(square):
    assert (square * 0.1 - square / 10 == 0).all() and (square * (1 / 3) - square / 3 == 0).all()
    assert (square * np.pi / np.pi - square == 0).all() and (square * np.e - square * np.exp(1.0) == 0).all()
    for number in (np.sqrt(2), 1 / 3333, float("nan"), 1j):
        with pytest.raises(Unproved):
            square * number


def test_letters_are_not_compared_and_do_not_grow_without_bound(square):
    with pytest.raises(Unproved, match="greater"):
        np.max(square)
    with soon(20), pytest.raises(Unproved, match="large"):
        for _ in range(20):
            square = square @ square + 1


def test_a_division_by_zero_is_found_where_it_is_hidden(square):
    with pytest.raises(np.linalg.LinAlgError):
        1 / (applied("sin", square) ** 2 + applied("cos", square) ** 2 - 1)


# ── lines ─────────────────────────────────────────────────────────────────────────────────────────────────────────

PROVED = {  # latex, given, varying, where, assume, vary
    "a product": (r"(A B)^T = B^T A^T", "A: m×n, B: n×m", "A", "", "", ""),
    "a gradient": (r"\nabla_w f = 2 X^T (X w - y)", "X: m×n, w: n, y: m", "w", "f = sum((X@w - y)**2)", "", ""),
    "a differential": (r"dX^{-1} = -X^{-1}\,dX\,X^{-1}", "X: n×n", "X", "", "", ""),
    "a determinant": (r"d\det X = \det(X) X^{-T} : dX", "X: n×n", "X", "", "", ""),
    "a log determinant": (r"\nabla_X f = X^{-T}", "X: n×n", "X", "f = logdet(X)", "X: positive determinant", ""),
    "a symmetric variable": (r"\nabla_X f = 2 X", "X: n×n", "X", "f = tr(X@X)", "", "X: symmetric"),
    "an assumption": (r"\nabla_x f = 2 A x", "A: n×n, x: n", "x", "f = x@A@x", "A: symmetric", ""),
    "a Hessian": (r"\nabla^2 f = 6 \mathrm{Diag}(w)", "w: n", "w", "f = sum(w**3)", "", ""),
    "an entry": (r"\frac{\partial f}{\partial W_{ij}} = x_j", "W: m×n, x: n", "W", "f = sum(W@x)", "", ""),
    "a quotient": (r"d(\frac{1}{x^T x}) = -\frac{2 x^T dx}{(x^T x)^2}", "x: n", "x", "", "", ""),
    "a norm": (r"d\|x\| = \frac{x^T dx}{\|x\|}", "x: n", "x", "", "", ""),
    "a Jacobian": (r"\frac{\partial p}{\partial z} = \mathrm{Diag}(p) - p p^T", "z: n", "z", "p = softmax(z)", "", ""),
    "a prime": (r"ds = \sigma'(z) \odot dz", "z: n", "z", "s = sigmoid(z)", "", ""),
    "softmax": (r"dp = (\mathrm{Diag}(p) - p p^T)\,dz", "z: n", "z", "p = softmax(z)", "", ""),
    "cross-entropy": (r"\nabla_z f = p - y", "z: n, y: n", "z", "p = softmax(z); f = -sum(y*log(p))", "y: one-hot", ""),
    "weights that sum to one": (r"w^T \mathbf 1 = 1", "w: n", "w", "", "w: sums to one", ""),
    "a mask": (r"m \odot m = m", "m: n", "m", "", "m: binary", ""),
    "signs": (r"y \odot y = \mathbf 1", "y: n", "y", "", "y: plus or minus one", ""),
    "a kink": (r"dh = [z > 0] \odot dz", "z: n", "z", "h = maximum(z, 0)", "", ""),
    "the mean": (r"\nabla f = \frac{1}{n} \mathbf 1", "x: n", "x", "f = mean(x)", "", ""),
    "attention": (r"f = \frac{1}{\sqrt n} q^T k", "q: n, k: n", "q", "f = q@k/sqrt(n)", "", ""),
    "a tall matrix": (r"d\det(A^T A) = 2 \det(A^T A) A (A^T A)^{-1} : dA", "A: m×n", "A", "", "", ""),
    "a Kronecker product": (r"\mathrm{vec}(A X B) = (B^T \otimes A)\,\mathrm{vec}(X)",
                            "A: m×n, X: n×p, B: p×q", "X", "", "", ""),
    "constants": (r"d(e^{2 \pi t}) = 2 \pi e^{\pi t} e^{\pi t}\, dt", "t: scalar", "t", "", "", ""),
    "roots of numbers": (r"\frac{x}{\sqrt 2} = \frac{\sqrt 8}{4} x", "x: n", "x", "", "", ""),
    "entries of a vector": (r"\nabla f = A x", "x: n, A: n×n", "x", "f = x@A@x/2", "A: symmetric", ""),
    "an entry far down": (r"\frac{\partial f}{\partial x_3} = 2 x_3", "x: n", "x", "f = x[0]*x[1] + x[2]**2", "", ""),
    "scalars alone": (r"(s + t)^2 = s^2 + 2 s t + t^2", "s: scalar, t: scalar", "s", "", "", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", PROVED)
def test_lines_that_are_proved(name):
    latex, given, varying, where, assume, vary = PROVED[name]
    report = check(latex, given, varying, assume, where, vary=vary, prove=True)
    line = report.lines[-1]
    assert report.ok and line.proved, report
    assert f"proved for {line.proved}; executed at 10 points" in str(report)
    assert line.proved in report._repr_html_() and report.to_dict()["lines"][-1]["proved"] == line.proved
    sizes = dict(size.split("=") for size in line.proved.split(", ") if "=" in size)
    assert len(set(sizes.values())) == len(sizes) and not set(sizes.values()) & {"0", "1"}


TINY = {  # each holds at every random point within rounding, and is wrong
    "a coefficient": (r"x^T x = x^T x + 10^{-15} x_1", ""),
    "a factor": (r"\nabla f = (2 + 10^{-14}) x", "f = x@x"),
    "a differential": (r"d(x^T A x) = x^T (A + A^T)\,dx - 10^{-15} x^T dx", ""),
    "an inverse": (r"A^{-1} A = (1 + 10^{-15}) I", ""),
    "a decimal": (r"f = 0.33333333333333 x^T x", "f = x@x/3"),
    "a quotient": (r"\frac{1}{x^T x} = \frac{1 + 10^{-14}}{x^T x}", ""),
}


SMALL = {  # each differs by less than a part in 10⁹, and by more than rounding
    "a coefficient": (r"x^T x = x^T x + 10^{-11} x_1", ""),
    "a term": (r"\nabla f = 2 x", "f = x@x + 1e-10*sum(A@x)"),
    "a differential": (r"d(x^T A x) = x^T (A + A^T)\,dx - 10^{-11} x^T dx", ""),
    "an inverse": (r"A^{-1} A = (1 + 10^{-11}) I", ""),
    "a small number": (r"\nabla f = 10^{-14} x", "f = 1e-14*(x@x)"),
    "a decimal": (r"f = 0.3333333333 x^T x", "f = x@x/3"),
}


@pytest.mark.parametrize("name", SMALL)
def test_small_differences_are_no_rounding(name):
    latex, where = SMALL[name]
    line = judge(latex, "x: n, A: n×n", "x", where=where).lines[0]
    assert line.verdict == "fails" and "symmetric" not in line.why, line


@pytest.mark.parametrize("name", TINY)
def test_lines_that_hold_by_tolerance_alone_are_refuted(name):
    latex, where = TINY[name]
    declared = {"given": "x: n, A: n×n", "varying": "x", "where": where}
    assert check(latex, **declared).ok
    report = check(latex, **declared, prove=True)
    assert report.lines[0].verdict == "fails" and "exactly" in report.lines[0].why, report
    assert report.kind == "other" and report.repair is None and report.counterexample is None


NOT_PROVED = {
    "an order": (r"f(x + h) = f(x) + 2 x^T h + O(\|h\|^2)", "order"),
    "what is known of π": (r"\sin(\pi + x_1) = -\sin(x_1)", "cancel"),
    "a great power": (r"(\mathbf 1^T x)^{30} = (\mathbf 1^T x)^{15} (\mathbf 1^T x)^{15}", "power"),
    "functions that NumPy has for numbers only": (r"\mathrm{rank}(x x^T) = 1", "floating"),
    "functions of a sum": (r"\exp(x_1 + x_2) = \exp(x_1) \exp(x_2)", "cancel"),
}


@pytest.mark.parametrize("name", NOT_PROVED)
def test_lines_that_are_not_proved_still_hold_and_say_why(name):
    latex, why = NOT_PROVED[name]
    report = judge(latex, "x: n, h: n", "x", where="f = x@x", prove=True)
    (line,) = report.lines
    assert report.ok and not line.proved and why in line.proof_why
    assert f"not proved: {line.proof_why}" in str(report)


def test_a_line_is_proved_from_the_line_before_only_where_that_is_proved():
    latex = r"\nabla f = 2 (x + 10^{-12} x) \\ = 2 x + 2 \cdot 10^{-12} x \\ = 2 x"
    report = judge(latex, "x: n", "x", where="f = x@x", prove=True)
    assert [(line.verdict, bool(line.proved)) for line in report.lines] == [
        ("fails", False), ("fails", False), ("holds", True)]  # fmt: skip


def test_proofs_of_one_block_are_not_taken_for_those_of_another():
    checker = Checker("x: n", "x", where="f = x@x; q = sin(x@x)**2 + cos(x@x)**2", prove=True)
    for _ in range(30):
        assert checker.check(r"\nabla f = 2 x \\ = x + x").lines[1].proved
        assert not checker.check(r"f = q f \\ = q \mathrm{rank}(x x^T) f").lines[1].proved


def test_a_proof_is_not_asked_for_by_default_and_sympy_stays_away():
    assert not check("x = x", "x: n", "x").lines[0].proved
    code = (
        "import sys; from derivations import check; report = check('x x^T = 2 x x^T', 'x: n', 'x'); "
        "assert report.counterexample; print([m for m in ('sympy', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_proofs_on_the_command_line(tmp_path, capsys):
    page = tmp_path / "page.md"
    page.write_text("$$\n% given x: n; varying x\nd(x^T x) = 2 x^T dx\n$$\n", encoding="utf-8")
    assert main(["check", str(page), "--prove"]) == 0
    out = capsys.readouterr().out
    assert "holds, proved" in out and "1 proved" in out and "coverage 100.0 %" in out
    assert main(["check", str(page), "--prove", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["proved"] == 1


# ── nothing wrong is proved ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake["id"])
@np.errstate(all="ignore")
def test_no_collected_mistake_is_proved(mistake):
    claimed, _, declared = as_lines(mistake)
    checker = Checker(**declared)
    (item,) = read_block(claimed, known=checker.meaning.names).lines
    checker.points = checker._points("")
    proof = prove(checker, item.left, item.right, {})
    assert not proof.proved and (proof.why or proof.differs)
