"""How lines are read and executed: readings, conditions, assumptions, and text that nobody should post."""

import pytest
from effort import judge, soon
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from derivations import ParseError, check

READINGS = [
    (r"f = x_i A_{ij} x_j", "repeated indices are summed"),
    (r"\nabla_x x^T S x = 2 S x = 0 \\ S x = 0", "where the derivative vanishes"),
    (r"K_{m,n} \operatorname{vec}(B) = \operatorname{vec}(B^T)", "K for vec of columns"),
]


@pytest.mark.parametrize(("latex", "reading"), READINGS)
def test_how_a_line_was_read_is_told(latex, reading):
    report = judge(latex, "A: n×n, B: m×n, S: n×n, x: n", "x", "S: positive definite")
    assert report.first_wrong is report.first_unclear is None, report
    assert any(reading in line.reading for line in report.lines), report


def test_how_a_line_was_read_is_told_where_it_is_judged_again():
    report = judge(r"f = x_i p_i \\ \nabla f = A x + A^T x \\ p = A x", "A: n×n, x: n", "x")
    assert report.ok and "repeated indices are summed" in report.lines[0].reading, report


def test_a_product_over_an_index_is_executed():
    slope, whole = r"\frac{\partial f}{\partial v_j}", r"f = \prod_{i=1}^n v_i"
    report = judge(rf"{whole} \\ {slope} = f / v_j \\ \sum_{{j=1}}^n v_j {slope} = n f", "v: n", "v")
    assert [line.verdict for line in report.lines] == ["definition", "holds", "holds"], report


def test_a_missing_sum_is_not_taken_for_the_summation_convention():
    declared = {"given": "x: n, y: n, w: scalar", "varying": "w"}
    report = judge(r"L = \sum_i (w x_i - y_i)^2 \\ \frac{\partial L}{\partial w} = 2 (w x_i - y_i) x_i", **declared)
    assert report.first_wrong == 1


def test_a_derivative_that_cannot_vanish_is_a_claim():
    declared = {"given": "X: n×n", "varying": "X", "assume": "X: positive determinant"}
    assert judge(r"\nabla_X \log\det X = 0", **declared).first_wrong == 0


def test_after_a_condition_a_wrong_solution_is_wrong():
    declared = {"given": "X: N×n, w: n, y: N, k: scalar", "varying": "w", "assume": "k: positive"}
    start = r"\nabla_w (\|Xw - y\|^2 + k \|w\|^2) = 2 X^T (X w - y) + 2 k w = 0 \\"
    assert judge(start + r"\hat w = (X^T X + k I)^{-1} X^T y", **declared).ok
    assert judge(start + r"\hat w = (X^T X - k I)^{-1} X^T y", **declared).first_wrong == 2


def test_an_assumption_is_not_a_claim():
    report = judge(r"\lambda > 0", "lam: scalar, x: n", "x")
    assert [line.verdict for line in report.lines] == ["condition"]
    assert judge(r"\lambda > 0", "lam: scalar, x: n", "x", "lam: positive").lines[0].verdict == "holds"


BAD = {
    "braces": r"f = \frac{x}{(y",
    "an unknown command": r"f = \foo{x} + \bra x",
    "an undeclared symbol": "f = Q R S",
    "a megabyte": "x + " * 250_000,
    "ten thousand rows": r"f = x \\ " * 10_000,
    "fractions": "f = " + r"\frac{1}{" * 3000 + "x" + "}" * 3000,
    "brackets": "f = " + "(" * 5000 + "x" + ")" * 5000,
    "macros": r"\def\a{\b\b}\def\b{\c\c}\def\c{\a}f=\a",
    "a number of 100,000 digits": "f = " + "9" * 99_000,
    "powers of ten": "f = x^T x 10^{10^{10^{10}}}",
    "sums in sums": "f = " + r"\sum_{i=1}^{n}" * 40 + "x_i",
    "a long sum": r"f = \sum_{i=1}^{10^9} x_1 i",
    "free indices": "x_i x_j x_k x_l x_p x_q x_r = x_i x_j x_k x_l x_p x_q x_r",
    "a large identity": "f = I_{100000} x",
    "many ones": r"f = \mathbf 1_{1000000000}",
    "a large place": r"f = \operatorname{place}_{1}^{1000000 \times 1000000}(x)",
    "Kronecker products": "f = " + r"x \otimes " * 30 + "x",
    "a long list": r"f = (1, \dots, 999999999)",
    "limits in limits": r"f = \lim_{t \to 0} \lim_{s \to 0} \lim_{u \to 0} \lim_{v \to 0} x^Tx t s u v",
    "second derivatives of second derivatives": r"\nabla^2 \nabla^2 x^T x = 0",
    "differentials": "d" * 3000 + "x = 0",
    "colons": "f = " + "x:" * 4000 + "x",
    "transposes": "f = x" + "^T" * 5000,
    "environments": r"\begin{aligned}" * 300 + "x = 1",
    "html": "<script>alert(1)</script> = 1",
    "half a character": "x = \ud800",
    "an index out of this world": "f = e_{99999999999999999999}^T x",
    "a slice out of this world": "f = x_{1:99999999999}",
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_gets_a_message_soon(name):
    check("x = x", "x: n", "x")  # the grammar is made once
    try:
        with soon(10):
            report = check(BAD[name], "x: n, y: n, A: n×n", "x")
    except ParseError as error:
        assert str(error)
    else:
        assert all(line.why for line in report.lines if line.verdict in ("unread", "fails")), report


_SOUP = [
    "x", "y", "A", "f", "i", "2", "1", "+", "-", "=", "=", r"\\", "^T", "^{-1}", "^2", "_i", "_{ij}", "(", ")", "[",
    "]", "{", "}", "|", r"\|", ":", ",", "'", r"\dots", r"\cdots", r"\sum_i", r"\sum_{i=1}^n", r"\frac{x}{2}",
    r"\frac{\partial f}{\partial x}", r"\frac{d}{dx}", r"\nabla", "d", r"\odot", r"\otimes", r"\circ", r"\cdot", "I",
    r"\mathbf 1", r"\lim_{t \to 0}", r"\left.", r"\right|_{x=y}", r"\begin{cases}", r"\end{cases}", "&", r"\text{if}",
    r"\begin{bmatrix}", r"\end{bmatrix}", r"\exp", r"\log", r"\operatorname{tr}", r"\max", r"\arg\min_x", r"\le",
    r"\propto", r"\approx", r"\implies", r"\langle", r"\rangle", "D", "e_1", "K_{n,n}", r"\delta_{ij}", "O(", r"\quad",
]  # fmt: skip


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(_SOUP), max_size=18))
def test_a_soup_of_tokens_is_judged_or_refused(tokens):
    try:
        report = judge(" ".join(tokens), "x: n, y: n, A: n×n", "x")
    except ParseError:
        return
    assert all(line.verdict for line in report.lines)


def test_a_product_over_indices_is_no_sum_that_is_taken_at_once():
    report = judge(r"f &= \prod_{i,j} A_{ij} \\ df &= f (\mathbf{1} \oslash A : dA)", "A: m×n", "A")
    assert [line.verdict for line in report.lines] == ["definition", "holds"]


@pytest.mark.parametrize("name, slope", [(r"\sqrt{Y}", r"\frac12 Y^{-1/2}"), (r"\log Y", "Y^{-1}"), ("e^{Y}", "e^{Y}")])
def test_under_a_trace_a_function_is_of_the_whole_matrix_and_so_is_its_slope(name, slope):
    latex = rf"\nabla_Y \operatorname{{tr}} {name} = {slope} \\ \nabla_Y \operatorname{{tr}} {name} = 2 {slope}"
    lines = judge(latex, "Y: n×n", "Y", "Y: positive definite").lines
    assert [line.verdict for line in lines] == ["holds", "fails"]


@pytest.mark.parametrize("gap", ["", " "])
def test_a_differential_before_a_colon_is_no_title(gap):
    report = judge(rf"dp{gap} : dz = p : (dz \odot dz) - (p : dz)^2", "z: m", "z", where="p = softmax(z)")
    assert [line.verdict for line in report.lines] == ["holds"]
    titled = judge(r"Step 1: df = 2 x : dx", "x: n", "x", where="f = x@x")
    assert [line.verdict for line in titled.lines] == ["holds"]
