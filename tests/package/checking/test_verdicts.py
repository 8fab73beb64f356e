"""What a verdict needs: evidence for what fails, what is set and not claimed, and what would settle what is unclear."""

import html

import pytest
from effort import judge

from derivations import ParseError, check
from derivations.book.markdown_pages import check_page
from derivations.checking.readings import READINGS

SQUARES = {"given": "A: m×n, x: n, b: m", "varying": "x", "where": "f = sum((A@x - b)**2)"}
SLOPE = r"\nabla f = 2 A^T (A x - b)"


def verdicts(latex, **declared):
    return [line.verdict for line in judge(latex, **declared).lines]


SETS = {
    "a stationarity": (rf"{SLOPE} \\ \nabla f = 0 \\ A^T A x = A^T b", SQUARES, "h c h"),
    "at the end of a chain": (rf"{SLOPE} = 0 \\ A^T A x = A^T b", SQUARES, "h c h"),
    "a tacit one": (rf"{SLOPE} \\ A^T A x = A^T b \\ x = (A^T A)^{{-1}} A^T b", SQUARES, "h c h"),
    "a differential": (r"df = 0 \\ A^T A x = A^T b", SQUARES, "c h"),
    "a derivative that vanishes nowhere": (r"\frac{\partial g}{\partial x} = 0", SQUARES | {"where": "g = b@A@x"}, "f"),
    "a constraint": (
        r"\min_x x^T x \quad \text{s.t. } A x = b \\ \nabla (x^T x) = 2 x",
        SQUARES | {"where": ""},
        "u c h",
    ),
    "an update": (r"x \leftarrow x - \alpha \nabla f", SQUARES | {"given": "A: m×n, x: n, b: m, alpha: scalar"}, "c"),
    "an update with =": (r"x = x - \alpha \nabla f", SQUARES | {"given": "A: m×n, x: n, b: m, alpha: scalar"}, "c"),
    "what varies is set": (r"x = 0", SQUARES, "c"),
    "an assumption": (r"x_i \ge 0", SQUARES, "c"),
    "both sides the same": (r"\nabla f = \nabla f", SQUARES, "n"),
}


@pytest.mark.parametrize("name", SETS)
def test_what_is_set_is_no_claim(name):
    latex, declared, expected = SETS[name]
    assert [verdict[0] for verdict in verdicts(latex, **declared)] == expected.split(), judge(latex, **declared)


def test_a_derivative_by_an_entry_vanishes_for_every_index():
    latex = r"\frac{\partial f}{\partial x_j} = 2 \sum_i (\sum_k A_{ik} x_k - b_i) A_{ij} = 0 \\ A^T A x = A^T b"
    assert verdicts(latex, **SQUARES) == ["holds", "condition", "holds"]


def test_a_name_that_a_later_line_defines_is_waited_for():
    latex = r"\nabla^2 f(x) = \frac{1}{(\mathbf 1^T z)^2} ((\mathbf 1^T z) \operatorname{diag}(z) - z z^T), z = \exp(x)"
    assert verdicts(latex, given="x: n", varying="x", where="f = log(sum(exp(x)))") == ["holds", "definition"]


def test_what_follows_a_condition_says_so():
    lines = judge(rf"{SLOPE} \\ \nabla f = 0 \\ x = (A^T A)^{{-1}} A^T b", **SQUARES).lines
    assert "where the derivative vanishes" in lines[2].reading
    assert judge(rf"{SLOPE} \\ \nabla f = 0 \\ x = A^T b", **SQUARES).lines[2].verdict == "fails"


def test_a_condition_is_set_in_a_comment():
    latex = "% condition: x^T x = 1\n(x^T x)^2 = x^T x"
    lines = judge(latex, given="x: n", varying="x").lines
    assert [line.verdict for line in lines] == ["holds"] and "what was set" in lines[0].reading
    assert verdicts(latex.replace("% condition", "% a remark"), given="x: n", varying="x") == ["fails"]
    assert verdicts("% condition: x^T x = 1\n(x^T x)^2 = 2 x^T x", given="x: n", varying="x") == ["fails"]
    with pytest.raises(ParseError, match="condition"):
        judge("% condition: x^T q\nx = x", "x: n")


def test_a_condition_in_a_page_that_cannot_be_read_is_told(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("$$\n% given x: n\n% condition: x^T q\nx^T x = x^T x\n$$\n", encoding="utf-8")
    (item,) = check_page(page)
    assert [problem.kind for problem in item.problems] == ["failed"] and "condition" in str(item.problems[0])


def test_a_claim_about_a_derivative_is_not_excused_by_a_condition():
    assert verdicts(rf"\nabla f = 0 \\ {SLOPE.replace('2', '3')}", **SQUARES) == ["condition", "fails"]


CERTAIN = {
    "an inverse of what is not square": (r"A^{-1} A = I", "A: m×n"),
    "a trace": (r"\operatorname{tr}(A) = \operatorname{tr}(A^T)", "A: m×n"),
    "a determinant": (r"\det(A^T A) = \det(A)^2", "A: m×n"),
    "a product that does not conform": (r"x^T A y = y^T A x", "A: m×n, x: m, y: n"),
    "a sum": (r"A + A^T = 2 A", "A: m×n"),
    "an identity": (r"(x + y)^T (x + y) = x^T x + y^T y", "x: n, y: n"),
    "an inequality": (r"x^T x \le 100", "x: n"),
    "an approximation": (r"x^T x \approx 2 x^T x", "x: n"),
    "digits": (r"\frac13 \approx 0.34", "x: n"),
}


@pytest.mark.parametrize("name", CERTAIN)
def test_evidence(name):
    latex, given = CERTAIN[name]
    assert verdicts(latex, given=given) == ["fails"], judge(latex, given)


OPEN = {
    "a derivative by a transpose": (r"\frac{\partial f}{\partial W^T} = x x^T", "W: m×n, x: n", "f = sum(W@x)"),
    "factors in a chain": (
        r"\frac{\partial f}{\partial W} = \frac{\partial z}{\partial W} \frac{\partial f}{\partial z} z",
        "W: m×n, x: n",
        "z = W@x; f = sum(z**2)",
    ),
    "an index on one side": (r"\frac{\partial f}{\partial W_{ij}} = x_j + W_{kj}", "W: m×n, x: n", "f = sum(W@x)"),
    "a function of the text's own": (r"\nabla_x f = g(h(x))", "x: n", "f = sum(exp(x)); h = 2*x; g = 3*x"),
}


@pytest.mark.parametrize("name", OPEN)
def test_what_was_guessed_is_said_with_what_would_settle_it(name):
    latex, given, where = OPEN[name]
    report = check(latex, given, given[0], where=where)
    line = report.lines[0]
    assert line.verdict == "unclear" and ":" in line.why, report
    assert report.first_unclear == 0 and report.first_wrong is None and not report.ok
    assert line.kind is line.repair is report.counterexample is None


def test_a_small_edit_is_evidence_where_something_was_guessed():
    latex = r"f = x_i A_{ij} x_j \\ \frac{\partial f}{\partial x_k} = -A_{kj} x_j - A_{jk} x_j"
    assert check(latex, "A: n×n, x: n", "x").kind == "sign"


def test_a_guess_that_a_line_before_confirms_is_none():
    latex = r"x'S'x = x'S x \\ x'S y = x'S' y"
    assert verdicts(latex, given="S: n×n, x: n, y: n") == ["holds", "fails"]


def test_a_line_after_an_unread_one_is_unclear():
    latex = r"\int f = 0 \Leftrightarrow A^T A x = A^T b"
    assert verdicts(latex, **SQUARES) == ["unread", "unclear"]


def test_a_line_that_follows_from_an_unclear_one_is_unclear():
    latex = r"\frac{\partial f}{\partial W} = \frac{\partial z}{\partial W} \frac{\partial f}{\partial z} z \\ = 0 + \frac{\partial z}{\partial W} \frac{\partial f}{\partial z} z"  # noqa: E501
    report = judge(latex, "W: m×n, x: n", "W", where="z = W@x; f = sum(z**2)")
    assert {line.verdict for line in report.lines} == {"unclear"}, report


APPROXIMATIONS = {
    "a first order": (r"f(x + h) \approx f(x) + 2 x^T h", "holds"),
    "a first order, wrong": (r"f(x + h) \approx f(x) + 3 x^T h", "fails"),
    "no order": (r"f(x + h) \approx f(x)", "holds"),
    "a factor": (r"x^T x + x^T h \approx 2 (x^T x + x^T h)", "fails"),
    "what is small in x alone": (r"\|x - y\|^2 \approx y^T y - 2 y^T x", "fails"),
    "a chain behind it": (r"f(x + h) \approx f(x) + 2 x^T h = x^T x + 2 x^T h", "holds"),
    "a chain behind it, wrong": (r"f(x + h) \approx f(x) + 2 x^T h = x^T x + x^T h", "fails"),
    "digits": (r"\frac23 \approx 0.67", "holds"),
    "digits that are cut off": (r"\frac23 \approx 0.66", "fails"),
}


@pytest.mark.parametrize("name", APPROXIMATIONS)
def test_approximations(name):
    latex, expected = APPROXIMATIONS[name]
    assert verdicts(latex, given="x: n, h: n, y: n", varying="x", where="f = x@x")[-1] == expected


BRANCHES = {
    "a maximum": (r"f = \max(0, 10 - s\, a^T x) \\ \nabla_x f = -s a", "fails"),
    "a maximum, right": (r"f = \max(0, 10 - s\, a^T x) \\ \nabla_x f = -s a [10 - s\, a^T x > 0]", "holds"),
    "a Huber loss": (r"f = \begin{cases} s^2/2 & |s| \le 5 \\ 5|s| - 25/2 & |s| > 5 \end{cases} \\ f' = s", "fails"),
}


@pytest.mark.parametrize("name", BRANCHES)
def test_branches_far_from_zero_are_entered(name):
    latex, expected = BRANCHES[name]
    report = judge(latex, "s: scalar, a: n, x: n", "s" if "Huber" in name else "x")
    assert report.lines[-1].verdict == expected, report


def test_a_branch_that_no_point_enters_is_told():
    right = r"f = \max(0, 10^9 - a^T x) \\ \nabla_x f = -a"
    line = judge(right, "a: n, x: n", "x").lines[1]
    assert line.verdict == "holds" and "not entered: where" in line.reading
    entered = judge(r"f = \max(0, 1 - a^T x) \\ \nabla_x f = -a [1 - a^T x > 0]", "a: n, x: n", "x").lines[1]
    assert entered.verdict == "holds" and "not entered" not in entered.reading


def test_an_inequality_that_no_point_violates_is_no_proof():
    line = judge(r"x^T x \ge 0", "x: n").lines[0]
    assert line.verdict == "holds" and "no counter-example found" in line.reading


def test_two_readings_of_a_name_are_not_mixed():
    latex = r"f = x y \\ \nabla_x f = y \\ f^T f = \sum_i x_i^2 y_i^2"
    assert verdicts(latex, given="x: n, y: n", varying="x") == ["definition", "holds", "fails"]


def test_columns_side_by_side_are_told():
    assert "entrywise" in judge(r"e = \exp(z) \\ de = e\, dz", "z: n", "z").lines[1].reading


@pytest.mark.parametrize(
    ("second", "verdict"), [(r"\operatorname{tr}(d\,A^T A)", "holds"), (r"\operatorname{tr}(dA^T A)", "fails")]
)
def test_a_d_with_a_space_behind_it_may_reach_over_the_product(second, verdict):
    assert verdicts(rf"f = \operatorname{{tr}}(A^T A) \\ df = {second}", given="A: m×n", varying="A")[1] == verdict


def test_second_partials_may_be_meant_off_the_diagonal():
    latex = r"f = \sum_i x_i^3 + (\sum_i x_i)^2 \\ \frac{\partial^2 f}{\partial x_j \partial x_k} = 2"
    line = judge(latex, "x: n", "x").lines[1]
    assert line.verdict == "holds" and "j ≠ k" in line.reading


def test_beside_what_holds_stands_what_was_done():
    report = check(r"\nabla x^T x = 2 x", "x: n", "x")
    line = report.lines[0]
    assert line.witness.startswith("executed at 10 random points") and line.witness.endswith("not a proof")
    assert line.witness in str(report) and html.escape(line.witness) in report._repr_html_()
    assert report.to_dict()["lines"][0]["witness"] == line.witness
    proved = check(r"\nabla x^T x = 2 x", "x: n", "x", prove=True).lines[0]
    assert proved.witness == "" and "proved for" in " ".join(proved.words())


def test_a_derivation_is_mended_as_a_whole():
    latex = r"r = A x - b \\ \nabla f = A^T r = -2 A^T (A x - b)"
    report = check(latex, **SQUARES)
    assert report.first_wrong == 1
    assert check(report.mended, **SQUARES).ok and report.mended.startswith(r"\begin{aligned}")
    assert check(SLOPE, **SQUARES).mended is None


def test_mends_are_stated_against_the_mended_line_before():
    latex = r"\nabla f = -2 A^T (A x - b) \\ = -2 A^T A x + A^T b"
    report = check(latex, **SQUARES)
    assert [line.verdict for line in report.lines] == ["fails", "fails"]
    assert check(rf"{report.lines[0].repair} \\ {report.lines[1].repair}", **SQUARES).ok, report


def test_judging_without_mending():
    report = check(r"\nabla f = 2 A^T (b - A x)", **SQUARES, mend=False)
    assert report.first_wrong == 0 and report.repair is None and report.counterexample is None


def test_readings_are_tried_in_the_order_of_their_cost():
    costs = [row.cost for row in READINGS]
    assert costs == sorted(costs) and len({row.name for row in READINGS}) == len(READINGS)


NOT_ACCUSED = {
    "a chain whose head is not read": (
        r"\frac{\partial}{\partial a_j} J(a) = \frac{\partial}{\partial a_j}\sum_{i=1}^n -a_i^2 y_i - a_i (1 - y_i) \\"
        r" = -2a_jy_j - 1 + y_j",
        {"given": "a: n, y: n", "varying": "a"},
    ),
    "a word of one letter twice": (
        r"L(\theta) = \theta^3 (1-\theta)^2 \\ LL(\theta) = \ln L(\theta)",
        {"given": "theta: scalar", "varying": "theta"},
    ),
    "a number with an index": (r"z_i = w^T x_i", {"given": "x: m×d, w: d, z: scalar"}),
    "a prime that may be a derivative": (r"0 = I' = (M N)'", {"given": "M: n×n, N: n×n", "varying": "M"}),
    "indices above": (r"S^{ij} = Q^{ia} K^{ja}", {"given": "S: T×T, Q: T×d, K: T×d"}),
    "far out, where no branch is": (
        r"\frac{\partial L}{\partial p_i} = -\frac{y_i}{p_i} \\"
        r" \frac{\partial p_i}{\partial z_j} = \begin{cases} p_i(1-p_i) & i = j \\ -p_i p_j & i \ne j \end{cases}",
        {"given": "z: n, y: n", "varying": "z", "assume": "y: one-hot", "where": "p = softmax(z); L = -sum(y*log(p))"},
    ),
}


@pytest.mark.parametrize(("latex", "declared"), NOT_ACCUSED.values(), ids=NOT_ACCUSED)
def test_what_may_be_meant_otherwise_is_not_accused(latex, declared):
    found = check(latex, mend=False, **declared)
    assert found.lines and found.first_wrong is None


def test_what_was_set_to_zero_stays_so_with_the_other_sign():
    latex = (
        r"L = \frac12 \|w\|^2 + \sum_{i=1}^m \alpha_i (1 - y_i (w^T x_i + b)) \\"
        r" \frac{\partial L}{\partial w} = w - \sum_{i=1}^m \alpha_i y_i x_i = 0 \\"
        r" \frac{\partial L}{\partial b} = -\sum_{i=1}^m \alpha_i y_i = 0 \Longrightarrow \sum_{i=1}^m \alpha_i %s = 0"
    )
    declared = {"given": "w: d, b: scalar, alpha: m, y: m, x: m×d", "varying": "w, b", "mend": False}
    right, wrong = (judge(latex % entry, **declared).lines[-1] for entry in ("y_i", ""))
    assert (right.verdict, right.reading) == ("holds", "what was set to 0")
    assert wrong.verdict != "holds"


SATURATED = {
    "softmax": (r"p = \operatorname{{softmax}}({k} x) \\ f = c^T p \\ \nabla_x f = {k} p \odot {right}", {
        r"(c - (c^T p) \mathbf{{1}})": "holds", r"(c + (c^T p) \mathbf{{1}})": "fails", r"c": "fails",
        r"(c - 1.000001 (c^T p) \mathbf{{1}})": "fails",
    }),
    "sigmoid": (r"s = \sigma({k} x) \\ f = c^T s \\ \nabla_x f = {k} c \odot {right}", {
        r"s \odot (1 - s)": "holds", r"(s - s \odot s)": "holds", r"s \odot (1 + s)": "fails", r"(s - s)": "fails",
    }),
}  # fmt: skip


@pytest.mark.parametrize("steep", [1, 20, 40, 80])
@pytest.mark.parametrize(
    "latex, right, verdict",
    [(latex, right, verdict) for latex, cases in SATURATED.values() for right, verdict in cases.items()],
)
def test_where_a_function_is_saturated_rounding_accuses_no_line_and_hides_none(latex, right, verdict, steep):
    written = latex.format(k=steep, right=right.format())
    assert judge(written, "x: n, c: n", "x").lines[-1].verdict == verdict


LEFT_OPEN = {
    "an index on a number": (
        r"f = z_i + w^T w", {"given": "w: d, z: scalar, f: scalar", "varying": "w"}, "z is a number, and has an index",
    ),
    "gradients named by d": (
        r"Y = X W^T \\ dX = dY \cdot W \\ dW = dY^T \cdot X",
        {"given": "X: N×d, W: k×d", "varying": "X, W"}, "∂L/∂W",
    ),
    "an inner product in round brackets": (r"\|x\|^2 = (x, x)", {"given": "x: n", "varying": "x"}, "inner product"),
    "places of a set": (
        r"f = \sum_{j \in S} x_j^2 \\ f = \sum_{j \in T} x_j^2", {"given": "x: n", "varying": "x"}, "is not said",
    ),
    "a condition that was not read": (
        r"\alpha = x^T A x \\ \beta = x^T x \\ \nabla q(x) = 0 \\ \beta\,\nabla\alpha = \alpha\,\nabla\beta",
        {"given": "x: p, A: p×p", "varying": "x", "assume": "A: symmetric"}, "was not read",
    ),
    "a loss that came out as an array": (
        r"J(w) = \sum_{i=1}^n (y_i - (X w))^2 \\ \nabla J(w) = -2 X^T (y - X w)",
        {"given": "X: n×d, y: n, w: d", "varying": "w"}, "as an array",
    ),
    "a root of a matrix": (
        r"\sqrt{A} \sqrt{A} = A", {"given": "A: n×n", "varying": "A", "assume": "A: positive definite"}, "each entry",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LEFT_OPEN)
def test_what_was_guessed_leaves_a_line_unclear_and_says_what_would_settle_it(name):
    latex, declared, words = LEFT_OPEN[name]
    line = judge(latex, **declared, infer=False).lines[-1]
    assert line.verdict == "unclear" and words in line.why, line


def test_letters_under_a_d_are_letters():
    """A product with dC does not conform, and nothing in it was guessed."""
    latex = r"s = J C \\ ds = J\,dC \\ ds = dC\,J"
    lines = judge(latex, "J: m×n, C: n×k", "C").lines
    assert [line.verdict for line in lines][1:] == ["holds", "fails"]


def test_an_equation_of_derivatives_may_need_what_was_set_and_a_claim_of_one_may_not():
    latex = (
        r"\alpha = x^T A x \\ \beta = x^T B x \\ \lambda = \frac{\alpha}{\beta} \\"
        r"\nabla\lambda = \frac{\beta\,\nabla\alpha - \alpha\,\nabla\beta}{\beta^2} = 0 \\"
        r"\beta\,\nabla\alpha = \alpha\,\nabla\beta \\ \nabla\alpha = \lambda\,\nabla\beta \\"
        r"\beta\,\nabla\alpha = -\alpha\,\nabla\beta \\ \nabla\lambda = 7(\beta\,\nabla\alpha - \alpha\,\nabla\beta)"
    )
    report = judge(latex, "x: p, A: p×p, B: p×p", "x", "A: symmetric; B: symmetric positive definite")
    verdicts = [line.verdict for line in report.lines]
    assert verdicts == [*["definition"] * 3, "holds", "condition", "holds", "holds", "fails", "fails"]


@pytest.mark.parametrize(
    "latex, verdict, told",
    [
        (r"f = \sum_{k=1}^n x_k \\ m f = \sum_{k=1}^n \sum_{j=1}^m x_k", "holds", "as often as"),
        (r"f = \sum_{k=1}^n x_k \\ f = \sum_{k=1}^n \sum_{j=1}^m x_k", "holds", "taken once"),
        (r"f = \sum_{k=1}^n x_k \\ f = \sum_k \sum_j x_k", "holds", "taken once"),
        (r"f = \sum_{k=1}^n x_k \\ 2 f = 3 \sum_{k=1}^n \sum_{j=1}^m x_k", "fails", ""),
    ],
)
def test_a_sum_over_an_index_that_nothing_holds_is_as_often_or_says_that_it_is_taken_once(latex, verdict, told):
    line = judge(latex, "x: n, y: m", "x").lines[-1]
    assert line.verdict == verdict and told in line.reading and bool(told) == bool(line.reading)


def test_an_index_beside_nothing_else_in_a_term_is_free_beside_a_zero():
    latex = r"(G_j w_j + \frac{1}{2} (H_j + \lambda) w_j^2)' = 0 \\ G_j + (H_j + \lambda) w_j = 0"
    lines = judge(latex, "G: J, H: J, w: J, lambda: scalar", "w").lines
    assert "fails" not in [line.verdict for line in lines]


SQUARE = {"given": "A: n×n, x: n", "varying": "x"}
TWINS = {
    "a bracket that says where": (
        r"f = \operatorname{tr}(E^3) \\ \frac{\partial f}{\partial E}(E) = %s",
        {"given": "E: n×n", "varying": "E"}, "3 (E^2)^T", "2 (E^2)^T",
    ),
    "a bracket that says along what": (
        r"f = \operatorname{tr}(E^3) \\ \frac{\partial f}{\partial E}(E; H) = 3 \operatorname{tr}(%s H)",
        {"given": "E: n×n, H: n×n", "varying": "E"}, "E^2", "E",
    ),
    "a bracket of all arguments": (
        r"z(x, y) = x^2 y^3 \\ z'_x (x, y) = %s", {"given": "x: scalar, y: scalar", "varying": "x, y"},
        "2 x y^3", "x y^3",
    ),
    "a product that ends": (
        r"f = \prod_{i=1}^n x_i e^{x_i} = \prod_{i=1}^n x_i \exp(\sum_{i=1}^n %s)", {"given": "x: n", "varying": "x"},
        "x_i", "x_i^2",
    ),
    "a derivative off the diagonal": (
        r"\frac{\partial}{\partial x_i} [x_i e^{x_j}] = %s", {"given": "x: n", "varying": "x"}, "e^{x_j}", "2 e^{x_j}",
    ),
    "an array on one side, entries on the other": (
        r"f = \sum_i x_i^3 \\ \frac{\partial f}{\partial x} = %s", {"given": "x: n", "varying": "x"},
        "3 x_i^2", "2 x_i^2",
    ),
    "primes where a number varies": (
        r"((s I - A)^{-1})' = %s (s I - A)' (s I - A)^{-1} \\ = %s (s I - A)^{-1}",
        {"given": "A: n×n, s: scalar", "varying": "s"}, "-(s I - A)^{-1}", "(s I - A)^{-1}",
    ),
    "one d for two": (r"z = w^3 \\ \frac{z}{dw} = %s", {"given": "w: scalar", "varying": "w"}, "3 w^2", "2 w^2"),
    "a number for each index": (
        r"z_i = w^T x_i \\ f = \sum_i z_i^2 \\ \frac{\partial f}{\partial w} = %s \sum_i z_i x_i",
        {"given": "x: m×d, w: d, z: scalar", "varying": "w"}, "2", "3",
    ),
    "a declared letter": (
        r"C = A B \\ f = \operatorname{tr}(C^T C) \\ \frac{\partial f}{\partial A} = %s C B^T",
        {"given": "A: m×n, B: n×k, C: m×k", "varying": "A"}, "2", "3",
    ),
    "a gradient by two letters": (
        r"L = v^T S v - \lambda (v^T v - 1) \\ \nabla_{v, \lambda} L = 0 \\ S v = %s v",
        {"given": "S: n×n, v: n, lambda: scalar", "varying": "v, lambda", "assume": "S: symmetric"},
        r"\lambda", r"2 \lambda",
    ),
    "a zero that stands as a row": (rf"{SLOPE} = 0^T \\ A^T A x = %s A^T b", SQUARES, "", "2"),
    "what is set to 0 though a line before it is wrong": (
        r"\nabla f = 2 (A x - b) A^T = 0 \\ A^T A x = %s A^T b", SQUARES, "", "2",
    ),
    "what prose sets": (
        r"Set $Y = X$. Then $$\operatorname{tr} Y = %s$$", {"given": "X: n×n, Y: n×n", "varying": "X, Y"},
        r"\operatorname{tr} X", r"2 \operatorname{tr} X",
    ),
    "an expression that says nothing": (
        r"f(x) \\ x^T (A + A^T) x = %s", SQUARE, "2 x^T A x", "e^{x^T A x}",
    ),
}  # fmt: skip
TWINS_UNCLEAR = {"a product that ends", "a derivative off the diagonal"}
"""Where the wrong twin may be meant otherwise, so that it is not accused either."""


@pytest.mark.parametrize("name", TWINS)
def test_a_right_line_holds_and_its_wrong_twin_does_not(name):
    latex, declared, right, wrong = TWINS[name]
    found = [check(latex.replace("%s", piece), mend=False, **declared).lines[-1] for piece in (right, wrong)]
    assert [line.verdict for line in found] == ["holds", "unclear" if name in TWINS_UNCLEAR else "fails"], found


DEFINED = {
    "a letter that varies": (r"f = \operatorname{tr}(Y) \\ Y = X", {"given": "X: n×n, Y: n×n", "varying": "X, Y"}),
    "a sum over rows": (r"\log\det X = 1 + \log\det X - 1 \\ X = \sum_i x_i x_i^T", {
        "given": "X: n×n", "varying": "X", "assume": "X: symmetric",
    }),
    "a function of another letter": (
        r"f(S) = \log\det S - \operatorname{tr} S \\ f(L) = 2 \log\det L - \operatorname{tr}(L L^T)",
        {"given": "S: n×n, L: n×n", "varying": "L", "assume": "L: positive definite; S: positive definite"},
    ),
    "of another shape": (r"y = b x", {"given": "x: n, y: scalar, b: scalar", "varying": "b"}),
    "a Σ in a chain": (
        r"s = \sum_i x_i \\ = \sum_i x_i^2 + \sum_j y_j e^{x_j} y_j", {"given": "x: n, y: n", "varying": "x"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DEFINED)
def test_what_a_name_is_said_to_be_is_accused_by_a_small_edit_alone(name):
    latex, declared = DEFINED[name]
    line = check(latex, mend=False, **declared).lines[-1]
    assert line.verdict == "unclear" and ("declared" in line.why or "step" in line.why), line


def test_a_wrong_restatement_that_a_small_edit_mends_is_wrong():
    declared = {"given": "A: m×n, x: n, b: m", "where": "r = A@x - b"}
    assert verdicts(r"r = A x + b", **declared) == ["fails"]


def test_a_letter_that_is_a_row_in_the_whole_text_is_told():
    latex = r"f = x^T Q x + u (A x - b) \\ \nabla_x f = 2 x^T Q + u A = 0"
    declared = {"given": "Q: n×n, A: m×n, b: m, x: n, u: m", "varying": "x", "assume": "Q: symmetric"}
    lines = judge(latex, **declared).lines
    assert [line.verdict for line in lines] == ["definition", "unclear", "unclear"] and "u stands as a row" in lines[
        1
    ].why


def test_a_function_that_nothing_defines_may_depend_on_what_was_said_in_prose():
    latex = r"C = S\,\Phi(d_1) \\ \Phi' = \varphi \\ \frac{\partial C}{\partial S} = \Phi(d_1) + S \varphi(d_1) q"
    report = judge(latex, "S: scalar, T: scalar", "S", where="d1 = log(S)/T")
    assert len(report.lines) == 3 and report.first_wrong is None


def test_what_is_set_below_a_line_does_not_excuse_it_where_it_is_judged_again():
    latex = r"A^T A x = q \\ \nabla f = 0 \\ q = A^T b"
    assert verdicts(latex, mend=False, infer=False, **SQUARES)[0] in ("fails", "unclear")


def test_gradients_that_are_named_by_d_are_read_beside_declared_letters():
    latex, declared = (
        r"dX = dY\, W \\ dW = %s^T X",
        {"given": "X: N×d, W: k×d", "varying": "X, W", "where": "Y = X@W.T"},
    )
    right, wrong = (check(latex % piece, mend=False, **declared) for piece in ("dY", "2\\, dY"))
    assert [line.verdict for line in right.lines] == ["holds", "holds"]
    assert "derivatives of L" in right.lines[0].reading
    assert wrong.lines[-1].verdict != "holds"


def test_a_column_and_a_row_are_no_sum():
    """It never holds; and where turning the rows does not make it true either, that is evidence."""
    latex = r"v = A x - b \\ \frac{d (v^T v)}{dx} = \frac{d v^T}{d x} v + %s"
    turned, wrong = (check(latex % f"{k} v^T \\frac{{d v}}{{d x}}", mend=False, **SQUARES).lines[-1] for k in ("", "2"))
    assert turned.verdict == "unclear" and wrong.verdict == "fails"
    plain = r"\frac{\partial f}{\partial x} = A^T (A x - b) + (A x - b)^T A"
    assert verdicts(plain, **SQUARES) == ["fails"]
