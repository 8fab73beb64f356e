# ruff: noqa: E501 — a table of what stands on a page, line for line
r"""Scripts that belong to a name, and letters that could be two things: each kind as people write it.

A row: the block, its declarations, the verdicts in short (d(efinition), h(olds), f(ails), u(nread or unclear),
c(ondition)), and words that the readings of its lines must contain.
"""

import pytest
from effort import judge

RECURRENT = {"given": "W: n×n, U: n×m, h: n, x: m", "varying": "h"}
STEPS = [
    (r"h_{t+1} = \tanh(W h_t) \\ \frac{\partial h_{t+1}}{\partial h_t} = \operatorname{diag}(1 - h_{t+1}^2) W", RECURRENT,
     "dh", "t counts steps: h_{t} is h"),
    (r"h_{t+1} = \tanh(W h_t) \\ \frac{\partial h_{t+1}}{\partial h_t} = \operatorname{diag}(1 - h_t^2) W", RECURRENT,
     "df", ""),
    (r"h_t = W h_{t-1} + U x_t \\ \frac{\partial h_t}{\partial h_{t-1}} = W", RECURRENT, "dh", "h_{t-1} is h"),
    (r"h^{(t)} = W h^{(t-1)} \\ \frac{\partial h^{(t)}}{\partial h^{(t-1)}} = W", {"given": "W: n×n"}, "dh", ""),
    (r"P_{k|k} = P_{k|k-1} - K_k H P_{k|k-1} \\ P_{k|k} = (I - K_k H) P_{k|k-1}", {"given": "H: m×n"}, "dh", "k counts"),
    (r"x_{n+1} = A x_n + w_n \\ x_{n+1} - w_n = A x_n", {"given": "A: p×p"}, "dh", "n counts steps"),
    (r"x^{t+1} = x^t - \alpha A x^t \\ x^{t+1} = (I - \alpha A) x^t", {"given": "A: n×n, x: n, alpha: scalar"}, "dh",
     "x^{t} is x"),
    (r"z^l = W^l a^{l-1} + b^l \\ \frac{\partial z^l_j}{\partial W^l_{jk}} = a^{l-1}_k", {"given": ""}, "dh", "layers"),
    (r"z^l = W^l a^{l-1} + b^l \\ \frac{\partial z^l_j}{\partial W^l_{jk}} = a^l_k", {"given": ""}, "du", "layers"),
    (r"f = x^n \\ \frac{df}{dx} = n x^{n-1}", {"given": "x: scalar, n: scalar", "assume": "x: positive"}, "dh", ""),
    (r"f = \sum_{i=1}^{n-1} (x_{i+1} - x_i)^2 \\ f = \sum_{i=1}^{n-1} (x_i - x_{i+1})^2", {"given": "x: n"}, "dh", ""),
    (r"\frac{\partial f}{\partial x_2} = 4 x_2 - 2 x_1 - 2 x_3", {"given": "x: n", "where": "f = (x[1]-x[0])**2 + (x[2]-x[1])**2"},
     "h", ""),
    (r"i_t = \sigma(W_i x_t + U_i h_{t-1}) \\ c_t = f_t \odot c_{t-1} + i_t \odot g_t \\ \frac{\partial c_t}{\partial c_{t-1}} = \operatorname{diag}(f_t)",
     {"given": ""}, "ddh", "t counts steps"),
    (r"s_t = \tanh(U x_t + W s_{t-1}) \\ \frac{\partial s_t}{\partial s_{t-1}} = \operatorname{diag}(1 - s_t^2) W", {"given": ""}, "dh", ""),
    (r"\alpha_i^{(k+1)} = \alpha_i^{(k)} - \eta \frac{\partial J}{\partial \alpha_i} \\ \alpha^{(k+1)} = (1 - 2\eta) \alpha",
     {"given": "alpha: n, eta: scalar", "varying": "alpha", "where": "J = alpha@alpha"}, "dh", "k counts steps"),
    (r"\pi_k = \frac{N_k}{N}", {"given": "N: scalar, N_k: scalar"}, "d", ""),
]  # fmt: skip

VECTOR = {"given": "x: n, y: n", "varying": "x"}
NORMAL = {"given": "x: n, mu: scalar, sigma: scalar", "varying": "mu, sigma"}
SQUARES = [
    (r"\mu = \frac1n \sum_i x_i \\ \sigma^2 = \frac1n\sum_i (x_i - \mu)^2 \\ \sigma^2 = \frac1n \sum_i x_i^2 - \mu^2", VECTOR,
     "ddh", "sigma squared is one letter"),
    (r"\sigma^2 = \frac1n x^Tx \\ \sigma = \sqrt{\frac1n x^Tx} \\ \frac{\partial\sigma^2}{\partial x} = \frac2n x", VECTOR,
     "hdh", ""),
    (r"s^2 = x^T x \\ f = \frac{1}{s^2} \\ \frac{\partial f}{\partial s^2} = -\frac{1}{s^4}", VECTOR, "ddh", "one letter"),
    (r"r^2 = x^T x \\ \frac{\partial r^2}{\partial x} = 2x \\ \frac{\partial r^2}{\partial x} = x", VECTOR, "dhf", ""),
    (r"\ell(\mu, \sigma^2) = -\frac{n}{2}\log\sigma^2 - \frac{1}{2\sigma^2}\sum_i (x_i-\mu)^2 \\"
     r"\frac{\partial\ell}{\partial\sigma^2} = -\frac{n}{2\sigma^2} + \frac{1}{2\sigma^4}\sum_i (x_i-\mu)^2",
     NORMAL | {"assume": "sigma: positive"}, "dh", ""),
    (r"\hat\sigma^2 = \frac1n x^Tx \\ \nabla_x \hat\sigma^2 = \frac2n x", VECTOR, "dh", "sigmahat squared"),
]  # fmt: skip

MATRIX = {"given": "A: n×n, x: n, b: n", "varying": "x"}
FITTED = {"given": "X: m×n, w: n, y: m", "varying": "w"}
GRADIENT = r"2X^T(Xw-y)"
HEADS = [
    (rf"\min_w L = \|Xw-y\|^2 \\ \nabla_w L = {GRADIENT}", FITTED, "dh", "minimised"),
    (rf"\max_w L(w) = \|Xw-y\|^2 \\ \nabla_w L = {GRADIENT}", FITTED, "dh", "minimised or maximised"),
    (rf"MSE = \|Xw-y\|^2 \\ \frac{{\partial MSE}}{{\partial w}} = {GRADIENT}", FITTED, "dh", ""),
    (rf"SSE(w) = \|Xw-y\|^2 \\ dSSE = ({GRADIENT})^T dw", FITTED, "dh", ""),
    (rf"L = \|Xw-y\|^2 \\ \nabla_w = {GRADIENT}", FITTED, "dh", "the derivative is of L"),
    (rf"\nabla_w = {GRADIENT} \\ \frac{{\partial}}{{\partial w}} = {GRADIENT}", FITTED | {"loss": "sum((X@w-y)**2)"}, "hh",
     "the loss that is given"),
    (r"\nabla_w = X^T(Xw-y)", FITTED | {"loss": "sum((X@w-y)**2)"}, "f", ""),
    (r"D(q \| p) = w^T w \\ \nabla_w D = 2w", FITTED, "dh", ""),
    (r"D_{KL}(q \,\|\, p) = w^T w \\ \frac{\partial D_{KL}}{\partial w} = 2w", FITTED, "dh", ""),
    (r"p(y \mid w) = w^T w \\ \nabla_w p = 2w", FITTED, "dh", ""),
    (r"A^* = A + A^T \\ x^T A^* x = 2 x^T A x", MATRIX, "dh", ""),
    (r"\langle A x, b\rangle = \langle x, A^* b \rangle", MATRIX, "h", ""),
    (r"f = \|x\|^2 \\ \frac{\partial f}{x} = 2x", MATRIX, "dh", "∂ is missing"),
    (r"<A, A> = \operatorname{tr}(A^T A) \\ < x, b > = x^T b", MATRIX, "hh", ""),
    (r"x^T x < 1 + x^T x", MATRIX, "h", ""),
    (r"u'b = x'A'b \\ u'(b + x) = x'A'(b + x)", MATRIX | {"where": "u = A@x"}, "hh", ""),
]  # fmt: skip

DATA = {"given": "X: n×d, theta: d, y: n", "varying": "theta", "where": "h = X@theta", "names": {"x": "X"}}
FUNCTIONS = [
    (r"J = \frac12\sum_{i=1}^n (h_\theta(x^{(i)}) - y^{(i)})^2 \\ \nabla J = X^T(X\theta-y)", DATA, "dh", "of one sample"),
    (r"J = \frac12\sum_i (h(x_i) - y_i)^2 \\ \nabla J = X^T(X\theta-y)", DATA, "dh", "of one sample"),
    (r"a = \phi(x) \\ \frac{\partial a}{\partial x} = \operatorname{diag}(\phi(x) \odot (1 - \phi(x)))",
     {"given": "x: n, t: scalar", "varying": "x", "where": "phi = sigmoid(t)"}, "dh", ""),
    (r"f = x^T A x \\ f(x + b) - f(x) = b^T A x + x^T A b + b^T A b", MATRIX, "dh", ""),
    (r"f = x^T A x \\ f(b) = b^T A b \\ \nabla f(x) = (A + A^T) x", MATRIX, "dhh", "f at another x"),
    (r"r = \frac{1}{x^Tx} \\ g = r (x + b) \\ g = \frac{x + b}{x^Tx}", MATRIX, "ddh", ""),
    (r"\tau = \frac{1}{x^Tx} \\ f = \tau (b) \\ f = \frac{b}{x^T x}", MATRIX, "ddh", ""),
    (r"f(x) = x^T A x \\ \nabla f(x_0) = (A + A^T) x_0 \\ \nabla f(x_0) = (A + A^T) x", MATRIX | {"given": "A: n×n, x: n, x_0: n"}, "dhf", ""),
    (r"f(x) = x^Tx + b^Tx \\ f(0) = 0 \\ \nabla f(0) = b", MATRIX, "dhh", ""),
]  # fmt: skip

OTHERS = [
    (r"\frac{d}{dt} e^{At} = A e^{At} \\ \frac{d}{dt} e^{tA} = 2 e^{tA}A", {"given": "A: n×n, t: scalar", "varying": "t"}, "hf", "exponential of the matrix"),
    (r"P = \exp(Z) \\ \frac{\partial}{\partial Z_{ij}} \sum_{k,l} P_{kl} = P_{ij}", {"given": "Z: n×n", "varying": "Z"}, "dh", "of each entry"),
    (r"u\cdot v = \sum_i u_i v_i = u.v = u^Tv", {"given": "u: n, v: n"}, "hhh", ""),
    (r"L = \sum_{i=1}^n \xi_i x_i \\ \frac{\partial L}{\partial x_i} = \xi_i", {"given": "x: n, xi: n", "varying": "x"}, "dh", ""),
    (r"\frac{\partial J}{\partial U^T} = v c^T", {"given": "U: m×n, v: n, c: m", "varying": "U", "where": "J = c@U@v"}, "h", ""),
    (r"\frac{\partial J}{\partial U^T} = c v^T", {"given": "U: m×n, v: n, c: m", "varying": "U", "where": "J = c@U@v"}, "f", ""),
    (r"\nabla f = 2(x-y) \\ \frac{\partial f}{\partial x_j} = \sum 2(x_i-y_i)\delta_{ij}", VECTOR | {"where": "f = sum((x-y)**2)"},
     "hh", ""),
    (r"f = \sum (x_i - y_i)^2 \\ \nabla f = 2(x-y)", VECTOR, "dh", ""),
    (r"f = \Sigma (x_i - y_i)^2 \\ \nabla f = 2(x-y)", VECTOR, "dh", "Σ sums"),
    (r"s = x_0 + x_1 \\ \frac{\partial s}{\partial x_0} = 1 \\ \frac{\partial s}{\partial x_2} = 0", VECTOR, "dhh", "counts from 0"),
    (r"f = x^i y_i \\ \nabla_x f = y", VECTOR, "dh", "repeated indices"),
    (r"y_{\text{true}} = \mathrm{y\_true} = y_{true}", {"given": "y_true: n"}, "hh", ""),
    (r"\|\hat\theta\|^2 = \hat\theta^T \hat\theta", {"given": "theta_hat: n"}, "h", ""),
    (r"\frac{\partial x_t^T x_t}{\partial x_t} = 2 x_t", {"given": "x_t: n", "varying": "x_t"}, "h", ""),
    (r"λ^Tx = x^T\lambda \\ \nabla_x λ^Tx = \lambda", {"given": "lambda: n, x: n", "varying": "x"}, "hh", ""),
    ("﻿f = x^Tx​ \\\\ ∇f = 2x", VECTOR, "dh", ""),
    (r"q = \sum_{i=1}^k (x - \mu_i)^T \Sigma_i^{-1} (x - \mu_i)", {"given": "x: n, mu: k×n, Sigma: n×n", "varying": "mu"}, "u", ""),
    (r"\delta_j^{(3)} = a_j^{(3)} - y_j \\ a^{(3)} - y = \delta^{(3)}", {"given": "a3: m, y: m"}, "dh", ""),
    (r"2 e_1 = e_1 2 \\ 2 e_1 = e_1 + e_1 \\ e_1 t = t e_1 \\ 2 e_1 = e_1", {"given": "t: scalar"}, "hhhf", ""),
    (r"e = \exp(z) \\ de = e\, dz", {"given": "z: n", "varying": "z"}, "dh", "an entrywise product"),
    (r"p(z) = p(z_1, \ldots, z_k) \\ p = \prod_{j=1}^k p_j^{z_j}", {"given": "y: k"}, "du", ""),
]  # fmt: skip

GROUPS = [STEPS, SQUARES, HEADS, FUNCTIONS, OTHERS]


@pytest.mark.parametrize(("latex", "declared", "verdicts", "told"), [row for rows in GROUPS for row in rows])
def test_a_letter_is_taken_as_it_is_meant(latex, declared, verdicts, told):
    report = judge(latex, **declared)
    assert "".join(line.verdict[0] for line in report.lines) == verdicts, report
    assert told in " ".join(line.reading for line in report.lines), report
