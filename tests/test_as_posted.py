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


@pytest.mark.parametrize(("latex", "declared", "first_wrong", "verdicts"), [*PRIMES])
def test_as_posted(latex, declared, first_wrong, verdicts):
    report = check(latex, **declared)
    assert "".join(line.verdict[0] for line in report.lines) == verdicts, report
    wrong = None if report.first_wrong is None else report.lines[report.first_wrong].row
    assert wrong == first_wrong, report
