r"""Kinds of notation that people write, a few minimal inputs each: the right lines hold, the wrong ones do not pass.

A row is the block, what is declared, the verdict of each of its lines (apart by /), and words that the reading of a
line must have.
"""

import pytest

from derivations import check

VECTOR = {"given": "x: n", "varying": "x"}
LEAST_SQUARES = {"given": "x: n, y: m, W: m×n", "varying": "W"}
SAMPLES = {"given": "x: n, y: n, m: scalar, b: scalar", "varying": "m, b"}

DOCUMENTS = [
    (r"\[ f = [x^Tx] + g(x) \] so that \( g(x) = 0 \)", VECTOR | {"where": "g = 0*sum(x)"}, "definition holds"),
    (r"Let \(f(x) = (a^Tx)^2\). Then \[\nabla f(x) = 2[a^Tx]a\]", {"given": "x: n, a: n", "varying": "x"}, "definition holds"),
    (r"Let \(f(x) = (a^Tx)^2\). Then \[\nabla f(x) = [a^Tx]a\]", {"given": "x: n, a: n", "varying": "x"}, "definition fails"),
    ("It fell by 50% where $f(x) = x^Tx$, by 10%.\n$$\\nabla f = 2x$$", VECTOR, "definition holds"),
    ("$f = x^Tx$ $$\\nabla f = 2% twice\nx$$", VECTOR, "definition holds"),
    ("$\\nabla_x x^Tx$\n$= x + x$\n$= 2x$", VECTOR, "holds holds"),
    ("$\\nabla_x x^Tx$\n$= x + x$\n$= x$", VECTOR, "holds fails"),
]  # fmt: skip
DERIVATIVES = [
    (r"\frac{\partial}{W} \|Wx - y\|^2 = 2(Wx-y)x^T", LEAST_SQUARES, "holds"),
    (r"\frac{\partial}{W} \|Wx - y\|^2 = (Wx-y)x^T", LEAST_SQUARES, "fails"),
    (r"L = \|Wx - y\|^2 \\ \frac{\partial L}{W_{ij}} = 2(Wx-y)_i x_j", LEAST_SQUARES, "definition holds"),
    (r"\frac{\delta}{\delta W} \|Wx - y\|^2 = 2(Wx-y)x^T", LEAST_SQUARES, "holds"),
    (r"L = \|Wx - y\|^2 \\ \frac{\delta L}{\delta W} = 2(Wx-y)x^T", LEAST_SQUARES, "definition holds"),
    (r"L = \|Wx - y\|^2 \\ \frac{\delta L}{\delta W} = (Wx-y)x^T", LEAST_SQUARES, "definition fails"),
    (r"\left[\frac{\partial f}{\partial x}\right]_{x=a} = 2a", {"given": "x: n, a: n", "varying": "x", "where": "f = x@x"}, "holds"),
    (r"\left(\frac{\partial f}{\partial x}\right)_{x=a} = 2x", {"given": "x: n, a: n", "varying": "x", "where": "f = x@x"}, "fails"),
    (r"\frac{\partial f}{\partial x}\Big|_{a} = 2a", {"given": "x: n, a: n", "varying": "x", "where": "f = x@x"}, "holds"),
    (r"\nabla_x f \big|_a = 2x", {"given": "x: n, a: n", "varying": "x", "where": "f = x@x"}, "fails"),
    (r"\frac{\partial}{\partial x_j} \sum_i a_i x_i - x_i^2 = a_j - 2x_j", {"given": "x: n, a: n", "varying": "x"}, "holds"),
    (r"\nabla_x \sum_i a_i x_i - x_i^2 = a - x", {"given": "x: n, a: n", "varying": "x"}, "fails"),
    (r"\bigtriangledown f = 2x", VECTOR | {"where": "f = x@x"}, "holds"),
    (r"\nabla f(x) = 2x \ (= 0)", VECTOR | {"where": "f = x@x"}, "holds condition"),
    (r"L = x^Tx \\ \Delta x_i = -\eta\frac{\partial L}{\partial x_i} = -2\eta x_i", {"given": "x: n, eta: scalar", "varying": "x"}, "definition definition holds"),
    (r"L = x^Tx \\ \Delta x = -\eta\nabla L \\ \Delta x = -\eta x", {"given": "x: n, eta: scalar", "varying": "x"}, "definition definition fails"),
    (r"x += -2\eta x \\ x -= \eta x", {"given": "x: n, eta: scalar", "varying": "x"}, "condition condition"),
]  # fmt: skip
FUNCTIONS = [
    (r"\exp^{x}\exp^{-x} = 1", {"given": "x: scalar"}, "holds"),
    (r"\exp^{x}\exp^{x} = \exp^{x}", {"given": "x: scalar"}, "fails"),
    (r"p_j = \text{softmax}(z_j) = \frac{e^{z_j}}{\sum_k e^{z_k}}", {"given": "z: n", "varying": "z"}, "definition holds"),
    (r"A_{ij} = \text{softmax}_j(S_{ij}) = \frac{e^{S_{ij}}}{\sum_k e^{S_{ik}}}", {"given": "S: n×m"}, "definition holds"),
    (r"A_{ij} = \text{softmax}_j(S_{ij}) = \frac{e^{S_{ij}}}{\sum_k e^{S_{kj}}}", {"given": "S: n×m"}, "definition fails"),
    (r"\operatorname{softmax}_i(x) = \frac{e^{x_i}}{\sum_j e^{x_j}}", VECTOR, "holds"),
    (r"n! = n (n-1)!", {"given": "n: scalar"}, "holds"),
    (r"n! = (n-1)!", {"given": "n: scalar"}, "fails"),
    (r"P(x) = \frac{\lambda^x e^{-\lambda}}{x!} \\ \frac{d\log P}{d\lambda} = \frac{x}{\lambda} - 1", {"given": "x: scalar, lambda: scalar", "varying": "lambda"}, "definition holds"),
    (r"\binom{n}{2} = \frac{n(n-1)}{2}", {"given": "n: scalar"}, "holds"),
    (r"\binom{n}{2} = \frac{n(n+1)}{2}", {"given": "n: scalar"}, "fails"),
    (r"p_k = e^{F_k}/\sum_l e^{F_l} \\ p_k = \frac{e^{F_k}}{\sum_l e^{F_l}}", {"given": "F: K"}, "definition holds"),
    (r"p(y|x;\theta) = \theta^Txy \\ \nabla_\theta p(y|x;\theta) = xy", {"given": "x: n, theta: n, y: scalar", "varying": "theta"}, "definition holds"),
    (r"p(y=1|x;\theta) = \sigma(\theta^Tx) \\ \nabla_\theta \log p(y=1|x;\theta) = (1 - p(y=1|x;\theta)) x", {"given": "x: n, theta: n", "varying": "theta"}, "definition holds"),
    (r"p(y=1|x) = \sigma(\theta^Tx) \\ p(y=0|x) = 1 - \sigma(\theta^Tx) \\ \nabla_\theta p(y=0|x) = \nabla_\theta p(y=1|x)", {"given": "x: n, theta: n", "varying": "theta"}, "definition definition fails"),
    (r"p(y_i=1|x_i) = \sigma(\theta^Tx_i) \\ \nabla_\theta \log p(y_i=1|x_i) = (1 - p(y_i=1|x_i)) x_i", {"given": "X: m×n, theta: n", "varying": "theta"}, "definition holds"),
    (r"f_i(m,b) = (y_i - mx_i - b)^2 \\ \frac{\partial f_i}{\partial m} = -2x_i(y_i-mx_i-b)", SAMPLES, "definition holds"),
    (r"f_i(m,b) = (y_i - mx_i - b)^2 \\ \frac{\partial f_i(m,b)}{\partial b} = 2(y_i-mx_i-b)", SAMPLES, "definition fails"),
    (r"l_i(\beta) = \log\sigma(\beta^Tx_i) \\ \nabla l_i(\beta) = (1-\sigma(\beta^Tx_i))x_i", {"given": "X: n×p, beta: p", "varying": "beta"}, "definition holds"),
]  # fmt: skip
SUMS = [
    (r"\sum_{i \in S} a_i x_i = \sum_{i \in S} x_i a_i", {"given": "a: n, x: n"}, "holds", "S holds some of the places"),
    (r"\sum_{i \in S} x_i = \sum_i x_i", {"given": "x: n"}, "fails/unclear"),
    (r"\sum_{i \in S} x_i = \sum_{i \in T} x_i", {"given": "x: n"}, "fails/unclear"),
    (r"\frac{\partial}{\partial x_j}\sum_{i \in S} x_i^2 = 2x_j", {"given": "x: n", "varying": "x"}, "fails/unclear"),
    (r"L = \sum_{(i,j)\in\Omega} (r_{ij} - u_i^Tv_j)^2 \\ \frac{\partial L}{\partial u_i} = -2\sum_{j:(i,j)\in\Omega}(r_{ij}-u_i^Tv_j)v_j", {"given": "R: n×m, U: n×k, V: m×k", "varying": "U, V"}, "definition holds"),
    (r"\sum_{y \in \{0,1\}} a^y = 1 + a", {"given": "a: scalar"}, "holds"),
    (r"\sum_{y \in \{-1,1\}} a^y = 1 + a", {"given": "a: scalar"}, "fails"),
    (r"\prod_{k \in \{1,2,3\}} ka = 6a^3", {"given": "a: scalar"}, "holds"),
    (r"\sum_{i\in\{1,\dots,n\}} x_i = \sum_{1\le i\le n} x_i", {"given": "x: n"}, "holds"),
]  # fmt: skip
LETTERS = [
    (r"U^T 1 = \sum_i u_i", {"given": "U: m×n"}, "holds", "1 is the vector of ones"),
    (r"\|U^T 1\|^2 = 1^T U U^T 1", {"given": "U: m×n"}, "holds"),
    (r"L = \frac12\|\underbrace{Wx - y}_{z}\|^2 \\ \frac{\partial L}{\partial W} = zx^T", LEAST_SQUARES, "definition definition holds"),
    (r"L = \frac12\|\underbrace{Wx - y}_{z}\|^2 \\ \frac{\partial L}{\partial W} = 2zx^T", LEAST_SQUARES, "definition definition fails"),
    (r"L = \frac12\|\underbrace{Wx - y}_{\text{error}}\|^2 \\ \frac{\partial L}{\partial W} = (Wx-y)x^T", LEAST_SQUARES, "definition holds"),
    (r"E_k = \frac12\sum_j(\hat y_j^k-y_j^k)^2 \\ \frac{\partial E_k}{\partial \hat y_j^k} = \hat y_j^k - y_j^k", {"given": "yhat: l, y: l", "varying": "yhat"}, "definition holds", "k counts samples"),
    (r"E_k = \frac12\sum_j(\hat y_j^k-y_j^k)^2 \\ \frac{\partial E_k}{\partial \hat y_j^k} = \hat y_j^k + y_j^k", {"given": "yhat: l, y: l", "varying": "yhat"}, "definition fails"),
    (r"x_i^k + y_i^k = (x_i + y_i)^k", {"given": "x: l, y: l"}, "unclear/fails"),
    (r"\frac{\partial}{\partial x_i} x_i^k = k x_i^{k-1}", {"given": "x: l, k: scalar", "varying": "x"}, "holds"),
    (r"A \text{ o } B = B \text{ o } A", {"given": "A: n×m, B: n×m"}, "holds"),
]  # fmt: skip


@pytest.mark.parametrize("row", [*DOCUMENTS, *DERIVATIVES, *FUNCTIONS, *SUMS, *LETTERS], ids=lambda row: row[0])
def test_a_kind_of_notation_is_read_as_it_is_meant(row):
    latex, declared, wanted, *told = row
    report = check(latex, **declared)
    found = [line.verdict for line in report.lines]
    assert len(found) == len(wanted.split()), report
    assert all(one in verdicts.split("/") for one, verdicts in zip(found, wanted.split(), strict=True)), report
    assert all(any(words in line.reading for line in report.lines) for words in told), report
