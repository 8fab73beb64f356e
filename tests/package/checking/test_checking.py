"""Derivations checked line by line: the question's texts, right and wrong derivations of our own, and bad input."""

import io
import json
import re
import string

import numpy as np
import pytest
from bs4 import BeautifulSoup
from collected import DERIVATIONS, derivations
from effort import judge, soon

from derivations import ParseError, ShapeError, UnknownName, check
from derivations.__main__ import main
from derivations.checking import POINTS, Checker
from derivations.formulas import generic

NEURON = {"where": "z = W@x + b; yhat = sigmoid(z)", "varying": "W"}
POSTED = r"""
\text{Loss} = \sum_{i=1}^n (y - \hat y)^2 \\
\begin{split}
\frac{\partial \text{Loss}}{\partial W} &= \frac{\partial \text{Loss}}{\partial \hat y} \frac{\partial \hat y}{\partial z} \frac{\partial z}{\partial W} \\
&= 2 (y - \hat y) \cdot \sigma'(z) \cdot x \\
&= 2 (y - \hat y)\, z (1 - z)\, x
\end{split}
"""  # noqa: E501


def test_the_question_as_posted_for_one_neuron():
    report = check(POSTED, "W: n, x: n, b: scalar, y: scalar", **NEURON)
    assert [line.verdict for line in report.lines] == ["definition", "holds", "fails", "fails"]
    assert report.first_wrong == 2 and report.lines[2].row == 2 and report.kind == "sign"
    assert report.repair == r"= -2(y - \hat y) \cdot \sigma'(z) \cdot x"
    assert report.lines[3].kind == "derivative at the wrong argument"
    assert "z(1" not in report.lines[3].repair.replace(" ", "")
    assert not report.ok and not report


def test_the_question_as_posted_for_a_layer():
    report = check(POSTED, "W: m×n, x: n, b: m, y: m", **NEURON)
    assert [line.verdict for line in report.lines] == ["definition", "holds", "fails", "fails"]
    assert "the chain rule's" in report.lines[1].reading  # ∂z/∂W has three axes
    assert {line.kind for line in report.lines[2:]} == {"shapes"}
    assert report.lines[2].repair == r"= -2[(y - \hat y) \odot \sigma'(z)]x^T"
    assert report.lines[3].repair == r"= -2[(y - \hat y) \odot \hat y \odot (1 - \hat y)]x^T"


RIGHT = {
    "least squares": (
        r"r = X w - y \\ f = r : r \\ df = 2 r : dr = 2 r : X\,dw = 2 X^T r : dw \\"
        r"\frac{\partial f}{\partial w} = 2 X^T (X w - y)",
        {"given": "X: m×n, w: n, y: m", "varying": "w"},
    ),
    "trace form": (
        r"\begin{aligned} \phi &= {\rm Tr}(A X B) \\ d\phi &= \operatorname{tr}(B A\,dX) \\"
        r"&= A^T B^T : dX \end{aligned}",
        {"given": "A: p×m, X: m×n, B: n×p", "varying": "X"},
    ),
    "an inverse": (
        r"dX^{-1} = -X^{-1}\,dX\,X^{-1} \implies d\,\mathrm{tr}(A X^{-1}) = -X^{-T} A^T X^{-T} : dX",
        {"given": "A: n×n, X: n×n", "varying": "X"},
    ),
    "log det": (
        r"\nabla_X \log\det X = X^{-T}",
        {"given": "X: n×n", "varying": "X", "assume": "X: positive determinant"},
    ),
    "entries": (
        r"\frac{\partial f}{\partial W_{ij}} = 2 (s_i - y_i) s_i (1 - s_i) x_j",
        {"given": "W: m×n, x: n, y: m", "varying": "W", "where": "s = sigmoid(W@x); f = sum((s - y)**2)"},
    ),
    "a batch": (
        r"Z = X W^T + \mathbf 1 b^T, \quad S = \sigma(Z) \\ L = \|S - Y\|_F^2 \\"
        r"\nabla_W L = 2 [(S - Y) \odot S \odot (1 - S)]^T X \\"
        r"\nabla_b L = 2 [(S - Y) \odot S \odot (1 - S)]^T \mathbf 1",
        {"given": "X: N×n, W: m×n, b: m, Y: N×m", "varying": "W, b"},
    ),
    "softmax": (
        r"dp = ({\rm Diag}(p) - p p^T)\,dz",
        {"given": "z: k", "varying": "z", "where": "p = softmax(z)"},
    ),
    "a remainder": (
        r"f(X + \varepsilon V) = f(X) + 2 \varepsilon X : V + O(\varepsilon^2)",
        {
            "given": "X: m×n, V: m×n, eps: scalar",
            "varying": "X",
            "where": "f = sum(X**2)",
            "names": {r"\varepsilon": "eps"},
        },
    ),
    "a macro": (
        r"\def\grad#1#2{\frac{\partial #1}{\partial #2}} \grad{f}{x} = \LR{A + A^T} x",
        {
            "given": "A: n×n, x: n",
            "varying": "x",
            "where": "f = x@A@x",
            "macros": {r"\LR": r"\left(#1\right)"},
        },
    ),
    "unicode": (r"∂f/∂x", {"given": "x: n", "varying": "x", "where": "f = x@x"}),
}


@pytest.mark.parametrize("name", [name for name in RIGHT if name != "unicode"])
def test_right_derivations_hold(name):
    latex, declared = RIGHT[name]
    report = judge(latex, **declared)
    assert report.ok, report


WRONG = {
    "a lost minus": (r"\nabla_w f = 2 X^T (y - X w)", "sign", "-2 X^T (y - X w)"),
    "a lost factor": (r"\nabla_w f = X^T (X w - y)", "constant factor", "2 X^T (X w - y)"),
    "a lost transpose": (r"\nabla_w f = 2 X (X w - y)", "shapes", "2 X^T (X w - y)"),
    "factors swapped": (r"\nabla_w f = 2 (X w - y) X^T", "shapes", "2 X^T (X w - y)"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_lines_are_named_and_mended(name):
    latex, kind, right = WRONG[name]
    declared = {"given": "X: m×n, w: n, y: m", "varying": "w", "where": "f = sum((X@w - y)**2)"}
    report = check(latex, **declared)
    assert report.kind == kind, report
    assert check(report.repair, **declared).ok, report.repair
    assert check(rf"\nabla_w f = {right}", **declared).ok


def test_other_kinds():
    declared = {"given": "A: n×n, x: n", "varying": "x", "where": "f = x@A@x"}
    assert check(r"\nabla_x f = 2 A x", **declared).kind == "assumption"
    assert check(r"\nabla_x f = 2 A x", **declared, assume="A: symmetric").ok
    declared = {"given": "A: m×n, B: m×n", "varying": "A", "where": "f = sum(A*B*B)"}
    assert check(r"\frac{\partial f}{\partial A} = B B", **declared).kind == "shapes"
    assert check(r"\frac{\partial f}{\partial A} = B", **declared).kind == "missing inner derivative"
    declared = {"given": "P: n×n, Q: n×n, X: n×n", "varying": "X", "where": "f = tr(P@X@Q)"}
    assert check(r"\nabla_X f = P^T Q", **declared).kind == "missing transpose"
    assert check(r"\nabla_X f = Q^T P^T", **declared).kind == "factor order"


def test_two_mistakes_that_cancel_are_still_found():
    latex = (
        r"\frac{d}{dt} (1 + e^{-t})^{-1} = (1 + e^{-t})^{-2} \frac{d}{dt} (1 + e^{-t}) \\ = (1 + e^{-t})^{-2} e^{-t}"
    )
    report = check(latex, "t: scalar", "t")
    assert [line.verdict for line in report.lines] == ["fails", "holds"]
    assert report.kind == "sign" and report.lines[1].holds_from_previous is False


def test_a_line_that_follows_from_a_wrong_one_is_not_blamed():
    declared = {"given": "x: n", "varying": "x", "where": "f = sum(x**3)"}
    report = judge(r"\nabla f = 3 x \\ = 2 x + x", **declared)
    assert [line.verdict for line in report.lines] == ["fails", "fails"]
    assert report.lines[1].holds_from_previous is True and "follows" in report.lines[1].why


@pytest.mark.parametrize("seed", range(4))
def test_points_stay_where_a_logarithm_is_defined(seed):
    scalar = rf"f = \log(a^T x) \\ df = \frac{{a^T dx}}{{a^T x}} % {seed}"
    assert judge(scalar, "a: n, x: n", "x").ok
    assert judge(rf"f = \log\det X \\ df = X^{{-T}} : dX % {seed}", "X: n×n", "X").ok


def test_what_is_not_an_equation_is_not_called_right():
    assert not judge(r"f = x^T x \\ f = \dots + x_n^2", "x: n", "x").ok
    assert judge(r"x \sim y", "x: n, y: n", "x").lines[0].verdict == "unread"
    assert not judge("", "x: n", "x").ok


def test_a_remainder_by_a_vector():
    declared = {"given": "x: n, h: n", "varying": "x", "where": "f = x@x"}
    assert judge(r"f(x + h) = f(x) + 2 x^T h + O(\|h\|^2)", **declared).ok
    assert not judge(r"f(x + h) = f(x) + x^T h + O(\|h\|^2)", **declared).ok


def test_readings_are_told():
    report = judge(r"\frac{\partial s}{\partial z} = s \cdot (1 - s)", "z: n", "z", where="s = sigmoid(z)")
    assert report.ok
    assert "diagonal" in report.lines[0].reading and "entrywise" in report.lines[0].reading


def test_a_general_law_is_notation():
    law = r"A : B C = B^T A : C"
    assert judge(law, "X: m×n", "X").lines[0].verdict == "notation"
    assert judge(law, "A: m×n, B: n×m, C: p×p", "A").lines[0].verdict == "fails"  # it is about declared letters
    assert judge(r"\det(-M) = \det M", "X: m×n", "X").lines[0].verdict == "unread"  # it is a law of even sizes
    meant = r"A : B = \operatorname{tr}(A^T B)"  # what the colon means, whatever A and B are
    assert judge(meant, "A: m×n, B: n×m", "A").lines[0].verdict == "notation"


@pytest.mark.parametrize("gradient", [r"\nabla_w J(w)", r"\nabla J", r"\frac{\partial}{\partial w} J(w)"])
def test_a_loss_that_came_out_as_an_array_is_what_is_told(gradient):
    line = judge(rf"J = w w^T \\ {gradient} = 2w", "w: n", "w").lines[1]
    assert line.verdict == "unclear" and "J was read as an array, and not as a number" in line.why


@pytest.mark.parametrize(("right", "verdict"), [("2 c e x", "holds"), ("2 c x", "fails"), ("2 e x", "fails")])
def test_a_gradient_reaches_over_all_factors_behind_a_constant(right, verdict):
    assert judge(rf"\nabla_x\, c\, e \|x\|^2 = {right}", "x: n, c: scalar, e: scalar", "x").lines[0].verdict == verdict


ALIKE = [  # a block, what is declared of it, its verdicts, and what is told of its last line
    (r"s(x)_i = \sum_j W_{ij} x_j", "W: m×n, x: n", {"where": "s = W@x"}, "holds", ""),
    (r"f(x) = x^T x \\ f(x)^2 = x^T x x^T x", "x: n", {}, "definition holds", ""),
    (r"\mathbb{E}_{x\sim p}[x + c] = \mathbb{E}_{x\sim p}[x] + c", "x: n, c: scalar", {}, "holds", "over drawn x"),
    (
        r"i_t = \sigma(W_i x_t) \\ f_t = \sigma(W_f x_t) \\ c_t = f_t \odot c_{t-1} + i_t \odot x_t \\"
        r"\frac{\partial c_t}{\partial f_t} = \operatorname{diag}(c_{t-1})",
        "",
        {"varying": None},
        "definition definition definition holds",
        "t counts steps",
    ),
    (
        r"\nabla_A \operatorname{tr}(A^{1/2}) = \frac{1}{2} A^{-1/2}",
        "A: n×n", {"varying": "A", "assume": "A: positive definite"}, "holds", "",
    ),
    (r"f(x) = x^T A x \\ f'(x) = (A + A^T) x", "A: n×n, x: n", {"varying": "x"}, "definition holds", None),
    (r"f(x) = x^T A x \\ f'(x) = x^T (A + A^T)", "A: n×n, x: n", {"varying": "x"}, "definition holds", "as a row"),
    (r"\|x\|^2 = (x, x) \\ \nabla_x (x, a) = a", "x: n, a: n", {"varying": "x"}, "holds holds", "inner product"),
    (
        r"L = (a b \\ c + a)^2 \\ \frac{dL}{da} = 2(abc + a)(bc + 1)",
        "a: scalar, b: scalar, c: scalar", {"varying": "a"}, "definition holds", "",
    ),
    (
        r"L = \sum_i (h(x_i) - y_i)^2 \\ \nabla_w L = 2 \sum_i (h(x_i) - y_i) x_i",
        "w: n, x: m×n, y: m", {"varying": "w", "where": "h = x@w"}, "definition holds", "h of one sample",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("latex", "given", "more", "verdicts", "told"), ALIKE)
def test_a_text_is_read_as_its_author_means_it(latex, given, more, verdicts, told):
    lines = check(latex, given, **more, mend=False).lines
    assert [line.verdict for line in lines] == verdicts.split()
    assert lines[-1].reading == "" if told is None else told in lines[-1].reading


@pytest.mark.parametrize(("row", "verdict"), [("2 S_{3j}", "holds"), ("2 S_{2j}", "fails"), ("S_{3j} b_3", "fails")])
def test_an_entry_of_a_gradient_is_measured_as_the_gradient_is(row, verdict):
    report = check(rf"(\nabla_S f)_{{3j}} = {row}", "S: m×n, b: m", "S", where="f = sum(S*S)", mend=False)
    assert report.lines[0].verdict == verdict


def test_no_letter_makes_a_drawn_function_a_simpler_one():
    waves = {letter: generic._value(letter, 1, 0.3) - 0.2 for letter in string.ascii_letters}
    assert all(abs(wave) > 0.01 for wave in waves.values()) and len(waves) == 52


def test_the_same_text_gives_the_same_report():
    texts = {str(judge(POSTED, "W: n, x: n, b: scalar, y: scalar", **NEURON)) for _ in range(3)}
    assert len(texts) == 1


@pytest.mark.parametrize(
    "latex",
    ["{" * 50, r"\frac{1}{", r"\unknowncommand{x} = x", "x = ", "", "=", "x" * 1_000_000,
     r"\frac{1}{" * 3000 + "x" + "}" * 3000,
     r"\def\a{\b\b\b\b\b\b\b\b\b\b}\def\b{\a\a\a\a\a\a\a\a}\a = 1", "\x00", r"x^{" * 500],
)  # fmt: skip
def test_bad_latex_is_answered_soon(latex):
    try:
        with soon(10):
            report = check(latex, "x: n", "x")
    except (ParseError, ShapeError, UnknownName) as error:
        assert str(error)
    else:
        unread = [line for line in report.lines if line.verdict == "unread" and line.why]
        assert bool(unread) == bool(report.lines)


def test_bad_declarations_are_refused():
    with pytest.raises(UnknownName):
        judge("x = x", "x: n", "y")
    with pytest.raises(ParseError):
        judge("x = x", "x n", "x")
    with pytest.raises(ShapeError):
        judge("x = x", "x: n", "x", where="y = x@x@x")
    with pytest.raises(ParseError, match="not a definition"):
        judge("x = x", "x: n", "x", where="y x@x")


HOSTILE = [
    r"x = \text{</div><script>alert(1)</script>}",
    r"x = \href{javascript:alert(1)}{x}",
    r"\def\q{\href{javascript:alert(1)}} x = \q{x}",
    r"x = \require{html} x",
    r"x = \style{position: fixed}{x}",
    r"x = \class{a}{x} + \cssId{b}{0 x}",
    r"x = x \) <img src=x onerror=alert(1)>",
    "x = x $$ <b>",
]


@pytest.mark.parametrize("latex", HOSTILE)
def test_hostile_text_stays_text(latex):
    report = check(latex, "x: n", "x", names={r"\href{javascript:0}{y}": "x"})
    shown = BeautifulSoup(report._repr_html_(), "html.parser")
    assert {tag.name for tag in shown.find_all()} <= {"div", "code"}
    typeset = " ".join(tag.text for tag in shown.select(".mathjax_process"))
    assert not any(word in typeset for word in ("href", "require", "style{", "class", "cssId", "javascript"))
    assert typeset.count(r"\)") == len(shown.select(".mathjax_process"))
    for words in shown.select(".mathjax_ignore"):
        words.extract()
    assert re.sub("[✓✗?≔·◦≟]", "", shown.text).strip() == typeset.replace(r"\) \(", r"\)\(")


def test_a_report_typesets_macros_without_knowing_them():
    latex = r"\newcommand{\grad}[2]{\frac{\partial #1}{\partial #2}} \grad{f}{x} &= \two x \tag{1}"
    report = check(latex, "x: n", "x", where="f = x@x", macros={r"\two": "2"})
    assert report.ok and report.lines[0].latex.startswith(r"\grad{f}{x}")
    assert r"\(\displaystyle \frac{\partial f}{\partial x} = 2x\)" in report._repr_html_()
    kept = check(r"x = \begin{bmatrix} 1 & 0 \\ 0 & 1 \end{bmatrix} x", "x: 2", "x")
    assert "&amp;" in kept._repr_html_()


def test_a_line_of_html_is_the_row_of_the_report():
    report = check(POSTED, "W: n, x: n, b: scalar, y: scalar", **NEURON)
    shown = report._repr_html_()
    assert all(line.to_html(i == report.first_wrong) in shown for i, line in enumerate(report.lines))


def test_each_line_is_told_as_it_is_judged_and_again_when_it_is_mended():
    told = []
    checker = Checker("W: n, x: n, b: scalar, y: scalar", **NEURON)
    report = checker.check(POSTED, tell=lambda line: told.append((line.row, line.verdict, line.repair)))
    assert [row for row, _, _ in told] == [0, 1, 2, 3, 2, 3]
    assert told[2] == (2, "fails", None) and told[4] == (2, "fails", report.repair)


def test_a_line_knows_its_points_and_sizes():
    report = check(r"f = 2 x^T x \\ \nabla f = 4 x", "x: n, A: k×k", "x")
    definition, line = report.lines
    assert (definition.points, line.points) == (1, POINTS)
    drawn = line.sizes.split("; ")
    assert 1 < len(drawn) <= POINTS and all(size.startswith("n=") for size in drawn)  # k does not matter to the line
    assert report.to_dict()["lines"][1]["sizes"] == line.sizes


def test_messages_name_the_letters_of_sizes():
    why = judge(r"W x = W^T x", "W: m×n, x: n", "W").lines[0].why
    assert "n×m" in why and "n×1" in why and not any(c.isdigit() for c in why.replace("×1", ""))


COUNTEREXAMPLES = {
    "a gradient": (r"\nabla_w f = 2 X^T (y - X w)", "X: m×n, w: n, y: m", "f = sum((X@w - y)**2)", ""),
    "an entry": (r"\frac{\partial f}{\partial w_i} = w_i", "w: n", "f = w@w", ""),
    "a row for a column": (r"\nabla_w f = 2 X^T X", "w: n, X: n×n", "f = w@w", ""),
    "scalars": (r"(w + y)^2 = w^2 + y^2", "w: scalar, y: scalar", "", ""),
    "sums to one": (r"\mathbf{1}^T w = 2", "w: n", "", "w: sums to one"),
    "a displayed definition": (r"r = X w \\ r : r = r", "X: m×n, w: n", "", ""),
    "a Hessian": (r"\nabla^2 f = 6 \mathrm{Diag}(w)", "w: n", "f = sum(w**4)", ""),
}


@pytest.mark.parametrize("name", COUNTEREXAMPLES)
def test_a_counterexample_runs_alone(name):
    latex, given, where, assume = COUNTEREXAMPLES[name]
    report = check(latex, given, "w", assume, where)
    values = {}
    exec(report.counterexample, values)  # it ends in an assert
    assert report.counterexample == report.to_dict()["counterexample"]
    assert np.max(np.abs(values["left"])) < 1e3
    if where:
        assert np.isclose(values["f"], values["f_of"](*(values[n] for n in "Xwy" if f"{n}:" in given and n in where)))


def test_there_is_no_counterexample_where_nothing_is_wrong_or_nothing_has_a_value():
    assert check("x = x", "x: n", "x").counterexample is None
    assert check(r"x = A^T x", "A: m×n, x: n", "x").counterexample is None


LOSS = {"given": "W: m×n, x: n, y: m", "varying": "W", "where": "s = sigmoid(W@x)"}


@pytest.mark.parametrize("letter", [r"\mathcal{L}", r"\ell", "f", "J", r"\text{Loss}", r"L(y, s)"])
def test_the_letter_of_a_loss_that_is_given(letter):
    line = rf"\frac{{\partial {letter}}}{{\partial W}} = 2[(s - y) \odot s \odot (1 - s)] x^T"
    report = check(line, **LOSS, loss="sum((s - y)**2)")
    assert report.ok and "the loss that is given" in report.lines[0].reading
    assert check(line, **LOSS).lines[0].verdict == "unread"
    assert check(line.replace("2[", "["), **LOSS, loss="sum((s - y)**2)").kind == "constant factor"
    defined = {**LOSS, "where": f"{LOSS['where']}; q = sum((s - y)**2)"}
    assert check(line, **defined, loss="q").ok


def test_a_loss_that_cannot_be_read_is_refused():
    with pytest.raises(UnknownName):
        judge("x = x", "x: n", "x", loss="sum(q)")
    with pytest.raises(ShapeError, match="scalar"):
        judge("x = x", "x: n", "x", loss="x + x")


# ── pages and the command line ────────────────────────────────────────────────────────────────────────────────────

PAGE = r"""# A page

$$
% given X: m×n, w: n, y: m; varying w
% where f = sum((X@w - y)**2)
% wrong: 2 sign
\begin{{aligned}}
\nabla_w f &= 2 X^T (X w - y) \\
\nabla_w f &= {second}
\end{{aligned}}
$$ (eq-slope)
"""


@pytest.mark.parametrize(
    ("second", "strict", "code"),
    [
        (r"2 X^T (y - X w)", True, 0),
        (r"2 X^T (X w - y)", False, 1),  # announced, and it holds
        (r"X^T (X w - y)", False, 1),
    ],
)
def test_a_page_on_the_command_line(tmp_path, capsys, second, strict, code):
    page = tmp_path / "page.md"
    page.write_text(PAGE.format(second=second), encoding="utf-8")
    assert main(["check", str(page), *["--strict"] * strict]) == code
    out = capsys.readouterr().out
    assert "page.md:3 (eq-slope)" in out and "coverage" in out


@pytest.mark.parametrize(
    ("second", "code", "strict"),
    [(r"2 X^T (X w - y)", 0, 0), (r"2 X^T (y - X w)", 1, 1), (r"2 X^T q", 0, 1), (r"\int w", 0, 1)],
)
def test_exit_codes(tmp_path, monkeypatch, capsys, second, code, strict):
    """0 where nothing fails, 1 where a line does, and with --strict also where one is not settled."""
    text = PAGE.format(second=second).replace("% wrong: 2 sign\n", "")
    page = tmp_path / "page.md"
    page.write_text(text, encoding="utf-8")
    assert main(["check", str(page)]) == code
    assert main(["check", str(page), "--strict"]) == strict
    options = ["--given", "X: m×n, w: n, y: m", "--varying", "w", "--where", "f = sum((X@w - y)**2)"]
    for flags, expected in (([], code), (["--strict"], strict)):
        monkeypatch.setattr("sys.stdin", io.StringIO(text.split("$$")[1]))
        assert main(["check", "-", *options, *flags]) == expected
    capsys.readouterr()


def test_a_block_of_which_nothing_is_read_exits_with_two(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO("good morning"))
    assert main(["check", "-"]) == 2
    assert "?" in capsys.readouterr().out


def test_an_announcement_counts_rows_from_one(tmp_path, capsys):
    page = tmp_path / "page.md"
    page.write_text(PAGE.format(second="q").replace("wrong: 2", "wrong: 0"), encoding="utf-8")
    assert main(["check", str(page)]) == 1
    assert "'0' is no row: rows are counted from 1" in capsys.readouterr().out


NOT_OK = {
    "nothing": "",
    "a definition only": r"f = x^T x",
    "a condition only": r"f = x^T x \\ \nabla f = 0",
    "an unread line": r"\nabla x^T x = 2x \\ \int x = x",
    "a wrong line": r"\nabla x^T x = 3x",
}


@pytest.mark.parametrize("name", NOT_OK)
def test_a_report_is_right_only_where_something_was_executed_and_nothing_is_open(name):
    report = check(NOT_OK[name], "x: n", "x")
    assert not report.ok and not report.to_dict()["ok"]


def test_a_block_on_the_command_line(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO(r"\nabla f = 2x"))
    assert main(["check", "-", "--given", "x: n", "--varying", "x", "--where", "f = x@x", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True


def test_a_wrong_block_on_the_command_line_comes_with_a_counterexample(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO(r"\frac{\partial \ell}{\partial X} = X"))
    options = ["--given", "X: n×n", "--varying", "X", "--vary", "X: symmetric", "--loss", "sum(X*X)"]
    assert main(["check", "-", *options]) == 1
    shown = capsys.readouterr().out
    assert "constant factor" in shown and "a counter-example" in shown and "assert not np.allclose" in shown


def test_a_page_without_equations(tmp_path, capsys):
    page = tmp_path / "page.md"
    page.write_text("# Nothing $x$\n", encoding="utf-8")
    assert main(["check", str(page)]) == 0
    assert capsys.readouterr().out == "no displayed equation\n"
    assert main(["check", str(page), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["coverage"] is None


# ── real derivations, where they are at hand ──────────────────────────────────────────────────────────────────────

NOT_YET = {"w-kron-4464104": "A_{pp} is defined after the row that uses it"}


@pytest.mark.skipif(not DERIVATIONS.exists(), reason="the collection of real derivations is not beside this checkout")
def test_real_derivations(capsys):
    right = read = total = 0
    for problem, declared in derivations():
        report = judge(problem["latex"], **declared)
        first = None if report.first_wrong is None else report.lines[report.first_wrong].row
        expected = None if problem["verdict"] == "right" else problem["verdict"]["first_wrong_row"]
        assert first == expected or problem["id"] in NOT_YET, (problem["id"], first, expected, report)
        right += first == expected
        total += len(problem["lines"])
        read += len(problem["lines"]) - sum(line.verdict == "unread" for line in report.lines)
    with capsys.disabled():
        print(f"\nreal derivations: {right} of 31 judged as annotated, {read} of {total} lines read")
    assert read >= 0.9 * total


# ── what `derive` writes, and what the book shows ─────────────────────────────────────────────────────────────────


def test_a_sum_that_cancels_is_zero():
    """What is left of two terms that cancel is rounding, and no difference."""
    latex = (
        r"dK\,K^{-1} + K\,d(K^{-1}) = 0 \\ e^{t} (A x - A x) = 0 \\"
        r"10^6 x + y - 10^6 x = y \\ 10^6 x + y - 10^6 x = 2 y"
    )
    report = judge(latex, "A: n×n, x: n, y: n, K: n×n, t: scalar", "K")
    assert [line.verdict for line in report.lines] == ["holds", "holds", "holds", "fails"]


PASTED = [
    r"$$f = x^T x$$ $$\nabla f = 3 x$$",
    r"\[ f = x^T x \] \[ \nabla f = 3 x \]",
    r"$$ \begin{aligned} f &= x^T x \\ \nabla f &= 3 x \end{aligned} $$",
    r"\(f = x^T x\) \\ $\nabla f = 3 x$",
]


@pytest.mark.parametrize("latex", PASTED)
def test_the_signs_around_mathematics_may_be_pasted_with_it(latex):
    report = judge(latex, "x: n", "x")
    assert [(line.row, line.verdict) for line in report.lines] == [(0, "definition"), (1, "fails")]
    assert "$" not in report.lines[1].display and "]" not in report.lines[1].display


def test_a_prime_is_no_derivative_where_two_letters_vary():
    """By which of them, nobody says."""
    declared = {"given": "x: n, y: n", "where": "f = x@x"}
    assert judge("(x^T x)' = 2 x", varying="x", **declared).ok
    assert not judge("(x^T x)' = 2 x", varying="x, y", **declared).ok
    assert not judge("f' = 2 x", varying="x, y", **declared).ok


def test_a_bar_under_which_no_name_stands():
    declared = {"given": "a: scalar", "varying": "a", "where": "f = a**2"}
    (line,) = judge(r"\frac{df}{da} \Big|_{2 = 1} = 2", **declared).lines
    assert (line.verdict, line.why) == ("unread", "a bar under which no name stands")
    assert judge(r"\frac{df}{da} \Big|_{a = 1} = 2", **declared).ok


def test_the_differential_of_a_letter_with_a_prime():
    """dx′ is the differential of a declared x′, and not a transposed dx; the two have sizes of their own."""
    declared = {"given": "x: m, xp: n", "names": {"x'": "xp"}, "where": "f = xp@xp"}
    assert judge(r"df = 2 x' : dx'", varying="xp", **declared).ok
    assert not judge(r"df = 3 x' : dx'", varying="xp", **declared).ok
    assert judge(r"dx' = 0", varying="x", **declared).lines[0].verdict != "fails"
    assert judge(r"df = 2 x' : dx'", varying="x, xp", **declared).ok


def test_a_bare_announcement_without_a_row(tmp_path, capsys):
    page = tmp_path / "page.md"
    page.write_text(PAGE.format(second="3 w").replace("wrong: 2 sign", "wrong: 0"), encoding="utf-8")
    assert main(["check", str(page)]) == 1
    told = capsys.readouterr().out
    assert "'0' is no row: rows are counted from 1" in told and "row 2 fails" in told
