r"""What of a text is mathematics, and that none of it is dropped: sections of a document, prose, rows, full stops."""

import itertools

import pytest
from effort import judge

from derivations import check
from derivations.reading.latex_text import read_block
from derivations.reading.latex_tree import Relation

DOCUMENTS = [  # a text; what stands before each of its lines and the line; what is said at the end
    (
        "We have\n$$ f = x^T x $$\nand so\n$$ \\nabla f = 2x. $$\nThat is all.",
        [("We have", "f = x^T x"), ("and so", r"\nabla f = 2x")],
        "That is all.",
    ),
    (r"with respect to $x$: $$ \nabla_x f = 2x $$", [("with respect to $x$ :", r"\nabla_x f = 2x")], ""),
    ("Let $A$ and $b$ be given.\n\\[ r = Ax - b \\]", [("Let $A$ and $b$ be given.", "r = Ax - b")], ""),
    (r"Setting $dy = 0$ yields \( df = 2 \)", [("Setting", "dy = 0"), ("yields", "df = 2")], ""),
    ("```math\nf = x^T x\n```\nso\n```math\n\\nabla f = 2x\n```", [("", "f = x^T x"), ("so", r"\nabla f = 2x")], ""),
    ("```python\nf = x @ x\n```\nThen $f = 2$ in\n```latex\ng = 3\n```", [("Then", "f = 2"), ("in", "g = 3")], ""),
    ("We know $`a = 1`$ and $`b = 2`$.", [("We know", "a = 1"), ("and", "b = 2")], "."),
    (
        "First\n\\begin{align}\nf &= x \\\\\ng &= y\n\\end{align}\nthen\n\\begin{equation*}\nh = z\n\\end{equation*}",
        [("First", "f &= x"), ("", "g &= y"), ("then", "h = z")],
        "",
    ),
    (r"f = x \quad \text{and hence} \quad g = y", [("", "f = x"), ("and hence", "g = y")], ""),
    (r"f = x \\ \intertext{Now set} g = y", [("", "f = x"), ("Now set", "g = y")], ""),
    ("The prices were \\$5 and \\$6, with $f = x$.", [("The prices were \\$5 and \\$6, with", "f = x")], "."),
]


@pytest.mark.parametrize(("latex", "lines", "after"), DOCUMENTS)
def test_only_what_stands_between_the_signs_is_mathematics(latex, lines, after):
    block = read_block(latex)
    assert [(line.before, line.source.strip()) for line in block.lines] == lines
    assert all(isinstance(line, Relation) for line in block.lines)
    assert block.after.strip() in (after, "")


def test_rows_of_a_document():
    """A paragraph is a row, and so is each row of a display."""
    block = read_block("If $a = 1$, then $b = 2$ and\n$$ c = 3 \\\\ d = 4 $$\n\nNow $e = 5$.\n\nThus $f = 6$.")
    assert [line.row for line in block.lines] == [0, 1, 2, 3, 4]
    assert [line.source.strip() for line in block.lines] == ["b = 2", "c = 3", "d = 4", "e = 5", "f = 6"]


APART = [  # nothing outside of mathematics joins two formulas
    "$f = x +$ words $y$",
    "$$ f = x $$ words $$ y $$",
    "$f = (x$ and $y)$",
    "$f = x$ times $$ y = z $$",
]


@pytest.mark.parametrize("latex", APART)
def test_no_formula_reaches_into_the_next_one(latex):
    lines = read_block(latex).lines
    assert lines
    for line in lines:
        assert not ("x" in line.source and "y" in line.source)


@pytest.mark.parametrize("opened", ["$$", "$", r"\[", r"\("])
def test_a_sign_that_is_never_closed_is_said(opened):
    report = judge(f"Here {opened} f = x^T x", "x: n", "x")
    assert [line.verdict for line in report.lines] == ["unread"]
    assert f"this {opened} is never closed" in report.lines[0].why


def test_a_formula_outside_of_the_signs_is_said():
    report = judge("f = x^T x\n\n$$ g = 2x $$", "x: n", "x")
    assert [line.verdict for line in report.lines] == ["unread", "definition"]
    assert "outside the signs of mathematics" in report.lines[0].why


# ── nothing is dropped ────────────────────────────────────────────────────────────────────────────────────────────────

JOINTS = [
    ".", ". ", ",", ", ", ";", r"\quad ", r"\qquad", r",\quad ", r"\text{ times }", r"\text{ and }", r"\text{where }",
    r"\text{(chain rule) }", "\\\\", "&", "&&", r"\implies ", r"\Leftrightarrow ", r"\Rightarrow\quad", r"\kern1em ",
    r"\kern ", r"\hskip 2pt ", r"\mkern-3mu ", r"\to ", r"\in ", r"\mid ", ": ", r"\; ", r"\phantom{x}", "\n", "\n\n",
    r"\left. ", r"\begin{cases} ", r"\Leftrightarrow \begin{cases} ", r"\tag{1} ", r"\ ", "\\\n", r"\hspace{1cm}",
    r"\underbrace{1}_{u}", "$ and $", "$$ so $$", r"\cdot", r"\odot", r"\text{ since $t$ is small }", r"\star",
    r"\bigg/", r"\color{red}", r"\hfill", r"\nonumber\\", r"\label{eq}", r"\raise 2pt ", r"\boxed", r"\dots",
]  # fmt: skip
ENDS = ["Q^T Q", "Q = R", "= Q", "(Q)", "Q", "2Q", "-Q", "+ Q", r"\frac{Q}{R}", r"\|Q\|", "Q_i", r"\nabla Q"]


def _told(block):
    """All that the lines and the sentences of a block say, in one text."""
    told = [block.after]
    for line in block.lines:
        told += [line.before, line.source, getattr(line, "remark", ""), getattr(line, "reason", "")]
    return " ".join(told)


@pytest.mark.parametrize("joint", JOINTS)
def test_no_letter_is_dropped(joint):
    seen = 0
    for end in ENDS:
        for shape in (
            "P = A{}{}",
            r"\nabla f = 2A{}{} \\ S = T",
            "$$ P = A{}{} $$",
            r"\begin{{align}} P &= A{}{} \end{{align}}",
        ):
            latex = shape.format(joint, end)
            told = _told(read_block(latex))
            assert "A" in told and "Q" in told, (latex, read_block(latex).lines)
            seen += 1
    assert seen == 4 * len(ENDS)


@pytest.mark.parametrize(
    ("latex", "verdicts"),
    [
        (r"\nabla f = 2x.y^Ty", ["fails"]),
        (r"\nabla f = 2x, y^Ty", ["unread"]),
        (r"\nabla f = 2x \quad y^Ty", ["unread"]),
        (r"\nabla f = 2x \text{ times } y^Ty", ["unread"]),
        (r"\nabla f = 2x \kern y^Ty", ["fails"]),
        (r"\nabla f = 2x \kern 1em \quad (1)", ["holds"]),
        (r"\nabla f = 2x \qquad (*)", ["holds"]),
        (r"\nabla f = 2x, \quad x \in \mathbb{R}^n", ["holds"]),
        (r"\nabla f = 2x, \quad x, y \in \mathbb{R}^n", ["holds"]),
        (r"\nabla f = 2x \quad \text{by the chain rule for } x^Tx", ["holds"]),
        (r"\nabla f = 2x.", ["holds"]),
        (r"\nabla f = 2x. \quad \frac{\partial f}{\partial x_i} = 2x_i.", ["holds", "holds"]),
        (r"\frac{\partial f}{\partial x_i} = 2x_i, \quad i = 1, \dots, n", ["holds"]),
        (r"\nabla f &= 2x & \odot = \text{elementwise}", ["holds"]),
        (r"\nabla f &= 2x && \small\text{definition}", ["holds"]),
        (r"f = x.x", ["definition"]),
        (r"\frac{\partial f}{\partial x_k} = 2x_k, \quad k = 1, 2", ["holds"]),
        (r"\nabla f = 2x \textbf{ (by the product rule)}", ["holds"]),
        (r"\nabla f = 2x \quad \mathrm{(definition)}", ["holds"]),
        (r"\nabla f = 2x \quad [\text{chain rule}]", ["holds"]),
    ],
)
def test_what_follows_a_formula(latex, verdicts):
    report = judge(latex, "x: n, y: n", "x", where="f = x@x")
    assert [line.verdict for line in report.lines] == verdicts, report


def test_a_system_after_an_arrow_is_read():
    latex = r"\nabla f = 0 \Leftrightarrow \begin{cases} A x = b \\ x^T x = 1 \end{cases}"
    block = read_block(latex)
    assert [line.source.strip() for line in block.lines] == [r"\nabla f = 0", "A x = b", "x^T x = 1"]


PLAIN = [
    ("f = x^T x\n\\nabla f = 2x", ["f = x^T x", r"\nabla f = 2x"]),
    ("f = ‖x‖²\n\n∇f = 2x\n", ["f = ‖x‖²", "∇f = 2x"]),
    ("f = x^T x\n  = \\|x\\|^2", ["f = x^T x", r"= \|x\|^2"]),
    ("f = \\sum_i (x_i\n - y_i)^2\ng = 1", ["f = \\sum_i (x_i\n - y_i)^2", "g = 1"]),
    ("f = x +\n y\ng = 1", ["f = x +\n y", "g = 1"]),
    ("f = x\n + y\ng = 1", ["f = x\n + y", "g = 1"]),
    ("f = x^T x\n\nwhere x is a vector, so\n\n∇f = 2x", ["f = x^T x", "∇f = 2x"]),
    ("So we get the loss\nf = x^T x", ["f = x^T x"]),
    ("f = x^T x \\\ng = y \\\nh = z", ["f = x^T x", "g = y", "h = z"]),
]


@pytest.mark.parametrize(("latex", "lines"), PLAIN)
def test_lines_are_rows_where_nothing_else_ends_them(latex, lines):
    block = read_block(latex)
    assert [line.source.strip() for line in block.lines] == lines
    assert [line.row for line in block.lines] == list(range(len(lines)))


def test_a_line_that_ends_in_a_sign_goes_on():
    for typed, plain in itertools.product([r"a^Tx + \\ + b^T x", r"a^T x + \\ b^Tx", r"a^T x \\ + b^Tx"], ["a + b"]):
        report = judge(rf"f = {typed} \\ \nabla f = {plain}", "a: n, b: n, x: n", "x")
        assert [line.verdict for line in report.lines] == ["definition", "holds"]
    report = judge(r"f = a^Tx + \\ - b^T x \\ \nabla f = a - b", "a: n, b: n, x: n", "x")
    assert report.ok


@pytest.mark.parametrize("laid_out", ["{}  \n", "\n\t{}", "{}\\,", "\ufeff{}", "{} % a remark", "{}\\nonumber"])
def test_layout_changes_no_point(laid_out):
    """Not even the points are others: a verdict cannot depend on a blank."""
    plain = r"f = x^T x \\ f = 2 \|x\|^2"
    reports = [check(text, "x: n", "x") for text in (plain, laid_out.format(plain), plain.replace(" ", "  "))]
    assert reports[0].counterexample
    assert len({report.counterexample for report in reports}) == 1
    assert len({tuple(line.sizes for line in report.lines) for report in reports}) == 1
