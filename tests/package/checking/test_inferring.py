"""Texts that declare nothing: which shapes are found, what then holds, and what is left open.

The derivations are short ones of our own, in the manner in which people paste them.
"""

import numpy as np
import pytest
from effort import judge

from derivations import UnknownName, check
from derivations.book.markdown_pages import check_page
from derivations.checking import Checker
from derivations.executing import Scene

RIGHT = {  # the block, and what is inferred of its letters: rank by letter, in the order of the text
    "least squares": (
        r"f(x) = \|Ax-b\|^2 \\ = x^TA^TAx - 2b^TAx + b^Tb \\ \nabla f(x) = 2A^TAx - 2A^Tb \\ \nabla^2 f(x) = 2A^TA",
        "given x: n, A: m×n, b: m; varying x",
    ),
    "ridge": (
        r"L(w) = \frac12\|y - Xw\|^2 + \frac\lambda2\|w\|^2 \\ \nabla_w L = -X^T(y - Xw) + \lambda w",
        "given w: n, y: m, X: m×n, lambda: scalar; varying w",
    ),
    "logistic regression, a sum over samples": (
        r"\hat y_i = \sigma(w^T x_i) \\ L = -\sum_{i=1}^N [y_i\log\hat y_i + (1-y_i)\log(1-\hat y_i)] \\"
        r"\frac{\partial L}{\partial w} = \sum_{i=1}^N (\hat y_i - y_i)x_i",
        "given w: m, x: N×m, y: N; varying w",
    ),
    "softmax with cross-entropy": (
        r"p = \operatorname{softmax}(z) \\ L = -\sum_i y_i\log p_i \\ \frac{\partial L}{\partial z} = p - y",
        "given z: n, y: n; varying z; assume y: sums to one",
    ),
    "softmax by entries": (
        r"p_i = \frac{e^{z_i}}{\sum_k e^{z_k}} \\ \frac{\partial p_i}{\partial z_j} = p_i(\delta_{ij} - p_j)",
        "given z: n; varying z",
    ),
    "one neuron": (
        r"z = w^Tx + b \\ a = \sigma(z) \\ L = \frac12(a - y)^2 \\ \frac{\partial L}{\partial w} = (a-y)a(1-a)x",
        "given w: n, x: n, b: scalar, y: scalar; varying w",
    ),
    "one weight, its loss first": (
        r"L = (a-y)^2, \quad a = \sigma(z), \quad z = wx+b \\"
        r"\frac{\partial L}{\partial w} = \frac{\partial L}{\partial a}\frac{\partial a}{\partial z}"
        r"\frac{\partial z}{\partial w} = 2(a-y)\sigma'(z)x",
        "given y: scalar, w: scalar, x: scalar, b: scalar; varying w",
    ),
    "two layers": (
        r"z_1 = W_1x+b_1 \\ h = \tanh(z_1) \\ \hat y = W_2h+b_2 \\ L = \frac12\|\hat y-y\|^2 \\"
        r"\frac{\partial L}{\partial W_1} = \left(W_2^T(\hat y-y)\odot(1-h^2)\right)x^T",
        "given W1: m×n, x: n, b1: m, W2: p×m, b2: p, y: p; varying W1",
    ),
    "a trace": (
        r"d\operatorname{tr}(AXB) = \operatorname{tr}(BA\,dX) \\"
        r"\frac{\partial\operatorname{tr}(AXB)}{\partial X} = A^TB^T",
        "given A: m×n, X: n×p, B: p×m; varying X",
    ),
    "log det": (
        r"\frac{\partial\log|X|}{\partial X} = X^{-T}",
        "given X: n×n; varying X; assume X: positive determinant",
    ),
    "a quadratic form by entries": (
        r"f = \sum_{i=1}^n\sum_{j=1}^n a_{ij}x_ix_j \\ \frac{\partial f}{\partial x_k} = \sum_j (a_{kj} + a_{jk})x_j",
        "given a: n×n, x: n; varying x",
    ),
    "a Lagrangian": (
        r"L(w,\lambda) = w^TSw - \lambda(w^Tw-1) \\ \frac{\partial L}{\partial w} = (S+S^T)w - 2\lambda w",
        "given w: n, lambda: scalar, S: n×n; varying w",
    ),
    "a Gaussian likelihood": (
        r"\ell(\mu,\Sigma) = -\frac N2\log|\Sigma| - \frac12\sum_{i=1}^N(x_i-\mu)^T\Sigma^{-1}(x_i-\mu) \\"
        r"\frac{\partial\ell}{\partial\mu} = \sum_{i=1}^N\Sigma^{-1}(x_i-\mu)",
        "given mu: n, Sigma: n×n, x: N×n; varying mu; assume Sigma: positive definite",
    ),
    "numbers": (
        r"f(x,y) = x^2y + y^3 \\ \frac{\partial f}{\partial x} = 2xy \\ \frac{\partial^2f}{\partial x\partial y} = 2x",
        "given x: scalar, y: scalar; varying x, y",
    ),
    "a function of one number": (r"f(x) = x^3 - 5x \\ f'(x) = 3x^2 - 5", "given x: scalar; varying x"),
    "a batch with a bias": (
        r"Z = XW^T + \mathbf 1b^T \\ S = \sigma(Z) \\ L = \|S-Y\|_F^2 \\"
        r"\frac{\partial L}{\partial W} = 2[(S-Y)\odot S\odot(1-S)]^TX",
        "given X: m×n, W: p×n, b: p, Y: m×p; varying W",
    ),
    "stated in the text": (
        r"f: \mathbb{R}^n\to\mathbb{R}, \quad f(x) = \frac12x^TQx, \quad Q\in\mathbb{R}^{n\times n} \\"
        r"\nabla f(x) = \frac12(Q+Q^T)x",
        "given Q: n×n, x: n; varying x",
    ),
    "stated in words": (
        "Let $A \\in \\mathbb{R}^{p \\times q}$ and $x, y \\in \\mathbb{R}^q$.\n"
        r"$$ f = x^TA^TAy \\ \nabla_x f = A^TAy $$",
        "given A: p×q, x: q, y: q; varying x",
    ),
    "labels of layers": (
        r"z^{(l)} = W^{(l)}a^{(l-1)} + b^{(l)} \\ \frac{\partial L}{\partial W^{(l)}} ="
        r" \frac{\partial L}{\partial z^{(l)}}(a^{(l-1)})^T",
        "given Wl: m×n, alminus1: n, bl: m; varying Wl",
    ),
    "layers by bare superscripts": (
        r"z^l = w^la^{l-1} + b^l, \quad a^l = \sigma(z^l) \\ z^{l+1} = w^{l+1}a^l + b^{l+1} \\"
        r"\delta^l = \frac{\partial C}{\partial z^l} \\ \delta^{l+1} = \frac{\partial C}{\partial z^{l+1}} \\"
        r"\delta^l = ((w^{l+1})^T\delta^{l+1})\odot\sigma'(z^l) \\"
        r"\frac{\partial C}{\partial w^l_{jk}} = a^{l-1}_k\delta^l_j",
        "given wl: m×n, alminus1: n, bl: m, wlplus1: p×m, blplus1: p; varying wl",
    ),
    "a hypothesis for each sample": (
        r"J(\theta) = \frac{1}{2m}\sum_{i=1}^m (h_\theta(x^{(i)}) - y^{(i)})^2 \\ h_\theta(x) = \theta^T x \\"
        r"\frac{\partial J}{\partial \theta_j} = \frac1m\sum_{i=1}^m (h_\theta(x^{(i)}) - y^{(i)}) x_j^{(i)}",
        "given theta: n, x: m×n, y: m; varying theta",
    ),
    "a cost by another letter": (
        r"c(w) = \frac1n\sum_{i=1}^n\log(1 + \exp(-y_ix_i^Tw)) \\"
        r"\nabla c(w) = -\frac1n\sum_{i=1}^n\frac{y_ix_i}{1+\exp(y_ix_i^Tw)}",
        "given w: m, y: n, x: n×m; varying w",
    ),
    "along a motion": (
        r"V(x) = x^TPx, \quad \dot x = Ax \\ \dot V = x^T(A^TP + PA)x",
        "given x: n, P: n×n, A: n×n; varying x",
    ),
    "an operator before a bracket": (
        r"\frac{\partial}{\partial x}(x-s)^TW(x-s) = (W+W^T)(x-s)",
        "given x: n, s: n, W: n×n; varying x",
    ),
    "two indices that no sum binds": (
        r"D_{dj} = \sum_k W_{dk}X_{kj} \\ \frac{\partial L}{\partial W_{dc}} ="
        r" \sum_j \frac{\partial L}{\partial D_{dj}} X_{cj}",
        "given W: m×n, X: n×p; varying W",
    ),
    "a density that the chain says": (
        r"\log L(p) = k\log p + (n-k)\log(1-p) \\ \frac{d\log L}{dp} = \frac kp - \frac{n-k}{1-p}",
        "given p: scalar, k: scalar, n: scalar; varying p",
    ),
    "said of the differential only": (
        r"dF = d(X^{-1}AX) = -X^{-1}dX\,X^{-1}AX + X^{-1}A\,dX",
        "given X: n×n, A: n×n; varying X",
    ),
    "a deviation by entries": (
        r"D_{KL} = \frac12\sum_j(\mu_j^2+\sigma_j^2-\log\sigma_j^2-1) \\ \frac{\partial D_{KL}}{\partial\mu_j} = \mu_j",
        "given mu: n, sigma: n; varying mu",
    ),
    "a capital letter for the diagonal matrix": (
        r"p = \operatorname{softmax}(z) \\ dp = (P - pp^T)dz",
        "given z: n; varying z",
    ),
    "batch normalisation": (
        r"\mu = \frac1m\sum_{i=1}^m x_i, \quad \sigma^2 = \frac1m\sum_{i=1}^m(x_i-\mu)^2, \quad"
        r"\hat x_i = \frac{x_i-\mu}{\sqrt{\sigma^2+\epsilon}} \\ y_i = \gamma\hat x_i+\beta \\"
        r"\frac{\partial\ell}{\partial x_i} = \frac{\gamma}{m\sqrt{\sigma^2+\epsilon}}\left["
        r"m\frac{\partial\ell}{\partial y_i} - \sum_{j=1}^m\frac{\partial\ell}{\partial y_j}"
        r" - \hat x_i\sum_{j=1}^m\frac{\partial\ell}{\partial y_j}\hat x_j\right]",
        "given x: m, epsilon: scalar, gamma: scalar, beta: scalar; varying x",
    ),
    "a stationarity by a prime": (
        r"\ell(\lambda) = n\log\lambda - \lambda\sum_{i=1}^nx_i \\"
        r"\ell'(\lambda) = \frac n\lambda - \sum_{i=1}^nx_i = 0 \\ \hat\lambda = \frac{n}{\sum_{i=1}^nx_i}",
        "given lambda: scalar, x: n; varying lambda",
    ),
    "where a slope vanishes": (
        r"f(x) = x^2 - 2x + 5 \\ f'(x) = 2x - 2 = 0 \\ x = 1",
        "given x: scalar; varying x",
    ),
    "a derivative by an entry": (
        r"\partial_j (Ax)_i = A_{ij}",
        "given A: m×n, x: n; varying x",
    ),
    "a derivative along a direction": (
        r"f(X) = \operatorname{tr}(A^TX) \\ df_X(H) = \operatorname{tr}(A^TH) \\ Df(X)[H] = \langle A, H\rangle",
        "given X: m×n, A: m×n, H: m×n; varying X",
    ),
    "the point where something is least": (
        r"w^* = \arg\min_w\|Xw-y\|^2 \\ X^TXw^* = X^Ty",
        "given X: m×n, w: n, y: m; varying w",
    ),
    "a variation": (
        r"f = \operatorname{tr}(AX) \\ \delta f = \operatorname{tr}(A\,\delta X)",
        "given A: m×n, X: n×m; varying X",
    ),
    "letters in bold": (
        r"\mathbf z = \mathbf W\mathbf x \\ f = a\,\mathbf z^T\mathbf z \\"
        r"\frac{\partial f}{\partial\mathbf z} = 2a\mathbf z",
        "given W: m×n, x: n, a: scalar; varying W, x",
    ),
}


def told(report):
    return "; ".join(f"{name} {text}" for name, text in report.inferred.items())


@pytest.mark.parametrize("name", RIGHT)
def test_what_nobody_declared_is_inferred_and_told_as_it_can_be_pasted(name):
    latex, inferred = RIGHT[name]
    report = judge(latex)
    assert report.ok, report
    assert told(report) == inferred
    assert str(report).startswith("inferred: ") and "inferred: " in report._repr_html_()
    assert report.to_dict()["inferred"] == report.inferred
    again = judge(latex, **report.inferred)
    assert [line.verdict for line in again.lines] == [line.verdict for line in report.lines]


WRONG = [
    (r"f = \|Ax-b\|^2 \\ \nabla f = A^T(Ax - b)", 1, "fails"),
    (r"z = w^Tx + b \\ L = (z - y)^2 \\ \frac{\partial L}{\partial w} = -2(z-y)x", 2, "fails"),
    (r"\frac{\partial}{\partial X}\operatorname{tr}(AX) = A", 0, "fails"),
    (r"L = (y - a)^2 \\ \frac{dL}{da} = 2(y - a)", 1, "fails"),
    (r"L = \|y - Xw\|^2 \\ \nabla_wL = -2(y - Xw)X^T", 1, "fails"),  # no number makes it true
    (r"L = \|y - Xw\|^2 \\ \nabla_wL = -2X^T\odot(y - Xw)", 1, "fails"),
    (r"f = \|M \odot F\|_F^2 \\ \nabla_F f = 2 M \odot F", 1, "unclear"),  # it holds where M is a mask
    (r"f = x^T A x \\ \nabla f = 2 A x", 1, "unclear"),  # it holds where A is symmetric
    (
        r"\hat y_i = \sigma(w^T x_i) \\ L = \sum_{i=1}^N (\hat y_i - y_i)^2 \\ \nabla_w L = \sum_i q_i\,x_i",
        2,
        "unclear",
    ),
]


@pytest.mark.parametrize(("latex", "row", "verdict"), WRONG)
def test_a_wrong_line_fails_by_a_small_edit_and_is_unclear_without(latex, row, verdict):
    report = check(latex)
    lines = [line for line in report.lines if line.row == row]
    assert [line.verdict for line in lines] == [verdict], report
    assert not report.ok
    if verdict == "unclear":
        assert "which nobody declared" in lines[0].why and lines[0].repair is None and report.counterexample is None


def test_what_was_declared_stays_and_the_rest_is_inferred():
    report = judge(r"f = x^TAy + cz \\ \nabla_x f = Ay", "A: p×q")
    assert report.ok and report.inferred["given"] == "A: p×q, x: p, y: q, c: scalar, z: scalar"
    assert judge(r"f = x^Tx \\ \nabla f = 2x", "x: n", "x").inferred == {}


def test_a_letter_left_out_beside_declared_ones_is_never_blamed():
    report = judge(r"\operatorname{vec}(SX) = (X^T \otimes I) K \operatorname{vec}(S)", "S: n×n, X: n×n", "X")
    assert report.lines[0].verdict in ("unclear", "unread")


LOSSES = [  # nothing says what L is; right and wrong
    (r"Y = XW \\ \frac{\partial L}{\partial W} = X^T\frac{\partial L}{\partial Y}", "Y", True),
    (r"Y = XW \\ \frac{\partial L}{\partial W} = \frac{\partial L}{\partial Y}X^T", "Y", False),
    (
        r"y_i = \gamma x_i+\beta \\ \frac{\partial L}{\partial\gamma} = \sum_i\frac{\partial L}{\partial y_i}x_i",
        "y",
        True,
    ),
    (
        r"y_i = \gamma x_i+\beta \\ \frac{\partial L}{\partial\gamma} = \sum_i\frac{\partial L}{\partial y_i}",
        "y",
        False,
    ),
    (r"z = Wx \\ \delta = \frac{\partial L}{\partial z} \\ \frac{\partial L}{\partial W} = \delta x^T", "z", True),
    (r"z = Wx \\ \delta = \frac{\partial L}{\partial z} \\ \frac{\partial L}{\partial x} = W\delta", "z", False),
    (
        r"\frac{dz}{dt} = \frac{\partial z}{\partial x}\frac{dx}{dt} + \frac{\partial z}{\partial y}\frac{dy}{dt}",
        "x, y",
        True,
    ),
    (
        r"\frac{dz}{dt} = \frac{\partial z}{\partial x}\frac{dx}{dt} - \frac{\partial z}{\partial y}\frac{dy}{dt}",
        "x, y",
        False,
    ),
    (r"\frac{\partial L}{\partial W} = \frac{\partial L}{\partial(Wx)}x^T", "Wx", True),
    (r"\frac{\partial L}{\partial W} = x\frac{\partial L}{\partial(Wx)}^T", "Wx", False),
    (
        r"\frac{\partial L}{\partial x_i} = \sum_j\frac{\partial L}{\partial y_j}\frac{\partial y_j}{\partial x_i}",
        "y",
        True,
    ),
    (
        r"\frac{\partial L}{\partial x_i} = \sum_j\frac{\partial L}{\partial y_i}\frac{\partial y_j}{\partial x_i}",
        "y",
        False,
    ),
    (r"\nabla f = \left[\frac{\partial f}{\partial x_1}, \dots, \frac{\partial f}{\partial x_n}\right]^T", "x", True),
    (r"D_Vf(X) = \lim_{t\to 0}\frac{f(X+tV)-f(X)}{t}", "X", True),
    (r"D_Vf(X) = \lim_{t\to 0}\frac{f(X+tV)-f(X)}{2t}", "X", False),
    (r"Y = XW \\ dW = X^TdY", "Y", True),
    (r"\bar x = A^T\bar y, \quad y = Ax", "y", True),
    (r"\frac{d}{dx}(uv) = u\frac{dv}{dx} + v\frac{du}{dx}", "x", True),
    (r"\frac{d}{dx}(uv) = \frac{dv}{dx}\frac{du}{dx}", "x", False),
]


@pytest.mark.parametrize(("latex", "of", "right"), LOSSES)
def test_a_loss_that_nothing_defines_is_any_smooth_function(latex, of, right):
    report = judge(latex)
    last = report.lines[-1]
    if last.verdict == "definition":
        last = report.lines[-2]
    assert (last.verdict == "holds") is right, report
    assert "is any smooth function" in last.reading and (f" of {of}" in last.reading or of == "X")


ACTIVATIONS = [
    (r"h = f(Wx) \\ L = \frac12\|h - y\|^2 \\ \frac{\partial L}{\partial W} = \left((h-y)\odot f'(Wx)\right)x^T", True),
    (r"h = f(Wx) \\ L = \frac12\|h - y\|^2 \\ \frac{\partial L}{\partial W} = \left((h-y)\odot f(Wx)\right)x^T", False),
    (r"\frac{\partial}{\partial\theta}f(g(\theta)) = f'(g(\theta))g'(\theta)", True),
    (r"\frac{\partial}{\partial\theta}f(g(\theta)) = f'(\theta)g'(\theta)", False),
]


@pytest.mark.parametrize(("latex", "right"), ACTIVATIONS)
def test_an_activation_that_nothing_defines_is_any_smooth_function(latex, right):
    report = judge(latex)
    assert report.ok is right, report
    assert report.lines[-1].verdict == "holds" or not right


def test_a_differential_that_turns_a_function_around_is_no_gradient():
    report = judge(r"y = e^x \\ dx = \frac1y\,dy")
    assert report.ok and "derivatives of" not in report.lines[-1].reading


def test_a_claim_about_a_function_that_nothing_defines_is_not_judged():
    report = judge(r"\nabla f(x) = a\,\frac{e^{a^Tx}}{1 + e^{a^Tx}}")
    assert report.lines[0].verdict == "unread" and "f is defined nowhere" in report.lines[0].why
    report = judge(r"\nabla f(x) = a\,\frac{e^{a^Tx}}{1 + e^{a^Tx}} = \frac{a}{1 + e^{-a^Tx}} = \frac{a}{1 + e^{a^Tx}}")
    assert [line.verdict for line in report.lines] == ["unread", "holds", "unread"]
    assert "compared with what stands before it" in report.lines[1].reading


def test_the_drawn_function_is_of_no_simpler_kind():
    checker = Checker("x: n", "x")
    from derivations.checking.inferring import guesses

    checker.suppose(guesses(checker, r"\frac{\partial L}{\partial x} = \nabla_x L")[0])
    point = next(iter(checker._points("any")))
    value = Scene(checker.meaning, point)
    here = value.value("x")
    along = [float(value.where({"x": t * here}).value("L").item()) for t in np.linspace(-1, 1, 9)]
    assert all(abs(difference) > 1e-3 for difference in (np.diff(along, 3)))
    assert along == [float(value.where({"x": t * here}).value("L").item()) for t in np.linspace(-1, 1, 9)]


def test_a_page_is_judged_by_what_it_declares(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# A page\n\n$$\nf = x^T A x\n$$\n")
    (checked,) = check_page(page)
    assert [line.verdict for line in checked.lines] == ["unread"]


@pytest.mark.parametrize(
    "latex",
    [
        r"y = \frac{u - v}{u + v} \\ \frac{dy}{dx} = \frac{v u' - u v'}{(v + u)^2}",
        r"\frac{d y}{d x} = 2 \frac{d y}{d x}",
    ],
)
def test_a_line_that_is_0_on_both_sides_for_want_of_declarations_does_not_hold(latex):
    declared = {"given": "x: scalar", "varying": "x", "mend": False}
    assert "holds" not in [line.verdict for line in judge(latex, **declared).lines]


# ── beside what is declared, and the customs of a text ────────────────────────────────────────────────────────────────

OPEN = {
    "a label of the example": (
        r"\frac{\partial E}{\partial \theta_j} = \frac{\partial E}{\partial \hat y_j^k}"
        r"\frac{\partial \hat y_j^k}{\partial \theta_j}",
        {"given": "b: l, y: l, theta: l", "varying": "theta"},
        "yhat = sigmoid(b - theta); E = sum((yhat - y)**2)",
        "of which one is looked at",
    ),
    "a step": (
        r"\Delta w_i = -\eta \frac{\partial E}{\partial w_i} = -2 \eta w_i",
        {"given": "w: n, eta: scalar", "varying": "w"},
        "E = w@w",
        "",
    ),
    "raised indices": (
        r"S^{ij} = Q^{ia} K^{ja} \\ \frac{\partial L}{\partial Q} = \frac{\partial L}{\partial S} K",
        {"given": "Q: m×d, K: n×d", "varying": "Q"},
        "",
        "repeated indices are summed",
    ),
    "an upstream gradient named by d": (
        r"y_i = g_i x_i \\ \frac{\partial L}{\partial g_i} = dy_i \, x_i",
        {"given": "g: n, x: n", "varying": "g"},
        "",
        "d and bars are derivatives of L",
    ),
    "an upstream gradient with a name": (
        r"y = W x \\ \frac{\partial L}{\partial W} = \frac{\partial L}{\partial y} x^T = g x^T",
        {"given": "W: m×n, x: n", "varying": "W"},
        "",
        "g is the derivative of L",
    ),
    "a prime along any motion": (
        r"(M N)' = M' N + M N'",
        {"given": "M: n×n, N: n×n", "varying": "M, N"},
        "",
        "a prime is the derivative along any motion",
    ),
    "a loss by its derivative": (
        r"\frac{\partial \ell}{\partial w} = \frac{\partial}{\partial w} (w^T A w) = (A + A^T) w",
        {"given": "A: n×n, w: n", "varying": "w"},
        "",
        "ell is",
    ),
    "a word of one letter": (
        r"LL(\theta) = 3 \ln\theta + 2 \ln(1 - \theta) \\ \frac{\partial LL(\theta)}{\partial\theta}"
        r" = \frac{3}{\theta} - \frac{2}{1 - \theta}",
        {"given": "theta: scalar", "varying": "theta", "assume": "theta: positive"},
        "",
        "",
    ),
    "a function named d": (
        r"s(x) = \frac{1}{1 + e^{-x}} \\ d(x) = s(x)(1 - s(x)) \\ \frac{\partial s(w x)}{\partial w} = d(w x)\, x",
        {"given": "w: scalar, x: scalar", "varying": "w"},
        "",
        "d is a function",
    ),
}


@pytest.mark.parametrize(("latex", "declared", "where", "told"), OPEN.values(), ids=OPEN)
def test_a_text_is_read_by_its_customs(latex, declared, where, told):
    report = judge(latex, where=where, **declared)
    assert report.ok, report
    assert told in str(report)


def test_a_letter_that_given_leaves_out_is_inferred_unless_it_is_not_to_be():
    latex, declared = r"f = x^T A x \\ \nabla f = (A + A^T) x", {"given": "x: n", "varying": "x"}
    assert judge(latex, **declared).ok and "A: n×n" in judge(latex, **declared).inferred["given"]
    strict = judge(latex, infer=False, **declared)
    assert not strict.inferred and "A is not declared" in strict.lines[0].why


def test_what_is_said_of_letters_that_nobody_declares():
    latex = r"f = x^T A x \\ \nabla f = 2 A x"
    assert judge(latex, varying="x", assume="A: symmetric").ok
    assert not judge(latex, varying="x").ok
    for said in ({"varying": "q"}, {"assume": "B: symmetric"}):
        with pytest.raises(UnknownName):
            judge(latex, **said)


SAID = {
    "if": (r"If $A$ is symmetric, we have $$\nabla f = 2 A x$$", True),
    "since, in bold": (r"Since $\mathbf{A}$ is a symmetric matrix, $$\nabla f = 2 A x$$", True),
    "for": (r"For symmetric $A$: $$\nabla f = 2 A x$$", True),
    "further up": (r"Let $A$ be symmetric, that is, $A$ is symmetric. $$f = x^T A x$$ So $$\nabla f = 2 A x$$", True),
    "denied": (r"If $A$ is not symmetric, we have $$\nabla f = 2 A x$$", False),
    "of another letter": (r"If $B$ is symmetric, we have $$\nabla f = 2 A x$$", False),
    "below": (r"$$\nabla f = 2 A x$$ if $A$ is symmetric", False),
    "a wrong line": (r"If $A$ is symmetric, we have $$\nabla f = 3 A x$$", False),
}


@pytest.mark.parametrize(("latex", "right"), SAID.values(), ids=SAID)
def test_what_prose_says_of_a_letter_holds_for_what_follows(latex, right):
    report = judge(latex, "x: n, A: n×n, B: n×n", "x", where="f = x@A@x")
    assert report.ok is right and ("as the text says" in report.lines[-1].reading) is right


def test_an_inferred_letter_makes_no_line_fail_that_did_not():
    latex, declared = r"\frac{\partial L}{\partial x} = 0 \\ A^T A x = A^T b", {"given": "A: m×n, x: n, b: m"}
    assert judge(latex, varying="x", **declared).first_wrong is None


def test_a_sum_over_an_index_that_nothing_in_it_has():
    declared = {"given": "y: m, b: scalar", "varying": "b"}
    assert judge(r"\sum_{i=1}^m (y_i - b) = \sum_{i=1}^m y_i - m b", **declared).ok
    assert judge(r"\sum_{i=1}^m y_i - \sum_{i=1}^m b = \sum_{i=1}^m y_i - m b", **declared).ok
    assert not judge(r"\sum_{i=1}^m y_i - \sum_{i=1}^m b = \sum_{i=1}^m y_i - 2 m b", **declared).ok
