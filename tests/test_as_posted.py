r"""Lines as people post them, right ones and wrong ones: derivations of our own, in manners a reader has to know.

Each row: the block, its declarations, the first displayed row that is wrong (or None), and the verdicts of its lines in
short: h(olds), d(efinition), n(otation), f(ails), u(nread).
"""

import pytest

from derivations import check

LEAST_SQUARES = {"given": "A: m×n, x: n, b: m, c: scalar", "varying": "x", "where": "f = norm(A@x - b)**2"}
VECTORS = {"given": "S: n×n, x: n, y: n, c: scalar", "varying": "x"}

PRIMES = [  # f′ of a bound f is a claim, of whatever shape its argument
    (r"f'(x) = 3 (A x - b)", LEAST_SQUARES, 0, "f"),
    (r"f(x) = \|A x - b\|^2 \\ f'(x) = A^T(A x - b)", LEAST_SQUARES, 1, "hf"),
    (r"f'(x) = 2 (A x - b)^T A \\ \nabla f(x) = f'(x)^T \\ f''(x) = 2 A^T A", LEAST_SQUARES, None, "hhh"),
    (r"f''(x) = 2 A^2", LEAST_SQUARES, 0, "f"),
    (r"f'(x) + b^T A = 2 (A x - b)^T A + b^T A", LEAST_SQUARES, None, "h"),
    (
        r"g(u) = u^T u \\ h(x) = S x - y \\ f(x) = g(h(x)) \\ f'(x) = g'(h(x)) h'(x) = 2 h(x)^T S",
        VECTORS,
        None,
        "dddhh",
    ),
    (r"h(x) = \sigma(S x) \\ h'(x) = \mathrm{Diag}(h \odot (1 - h)) S", VECTORS, None, "dh"),
    (r"h'(z) = h \odot (1 - h)", VECTORS | {"where": "z = S@x; h = sigmoid(z)"}, None, "h"),
]

SCOPES = [  # how far an operator, a d and a Σ reach
    (r"\nabla_x \frac12 (S x - y)^T(S x - y) = S^T(S x - y)", VECTORS, None, "h"),
    (r"\nabla_x c \|x\|^2 = 2 c x \\ \nabla \frac12 \|x\|^2 = x \\ d\tfrac12 x^T x = x^T dx", VECTORS, None, "hhh"),
    (r"\nabla_x \frac{c}{2} \|x\|^2 = 2 c x", VECTORS, 0, "f"),
    (r"\nabla_x -\log(x^T x) = -\frac{2 x}{x^T x} = \frac{\partial}{\partial x} -\log(x^T x)", VECTORS, None, "hh"),
    (
        r"\frac{\partial}{\partial x} (y - x) \otimes (y - x) = -I \otimes (y - x) - (y - x) \otimes I",
        VECTORS,
        None,
        "h",
    ),
    (r"\frac{\partial}{\partial x} (y - x) \odot (y - x) = 2 \operatorname{Diag}(x - y)", VECTORS, None, "h"),
    (r"\frac{\partial}{\partial x} (y - x) \odot (y - x) = \operatorname{Diag}(x - y)", VECTORS, 0, "f"),
    (r"x^T x - x^T y = \sum_{i=1}^n x_i^2 - x_i y_i", VECTORS, None, "h"),
    (r"c x^T y - c x^T x = -c \sum_{i=1}^n x_i^2 - x_i y_i", VECTORS, None, "h"),
    (r"c x^T x - x^T y = c \sum_{i=1}^n x_i^2 - x_i y_i", VECTORS, 0, "f"),
    (r"\sum_{k=0}^2 S^k c^k = I + c S + c^2 S^2", VECTORS, None, "h"),
    (r"\sum_{k=0}^2 S^k c^k = c S + c^2 S^2", VECTORS, 0, "f"),
    (r"(\sum_i x_i)^2 - x^T x = \sum_{i \ne j} x_i x_j = 2 \sum_{i < j} x_i x_j", VECTORS, None, "hh"),
    (r"(\sum_i x_i)^2 - x^T x = \sum_{i < j} x_i x_j", VECTORS, 0, "f"),
    (
        r"f = \sum_i \sum_{j \ne i} x_i x_j \\ \frac{\partial f}{\partial x_i} = 2 \sum_{j \ne i} x_j",
        VECTORS,
        None,
        "dh",
    ),
]


@pytest.mark.parametrize(("latex", "declared", "first_wrong", "verdicts"), [*PRIMES, *SCOPES])
def test_as_posted(latex, declared, first_wrong, verdicts):
    report = check(latex, **declared)
    assert "".join(line.verdict[0] for line in report.lines) == verdicts, report
    wrong = None if report.first_wrong is None else report.lines[report.first_wrong].row
    assert wrong == first_wrong, report
