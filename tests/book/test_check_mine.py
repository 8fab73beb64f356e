"""Exercises that answer: what solves one and what does not, and every box of the book by its own answer."""

import json
import re

import check_mine_answers
import nbformat
import pytest

import check_mine
from derivations.book.markdown_pages import directives_of, pages
from derivations.checking import Checker, edits
from derivations.exercises import Exercise, solved
from derivations.formulas.expression import ParseError
from derivations.reading.latex_text import read_block
from derivations.reading.latex_tree import Tree, bare, number, rebuilt
from derivations.writing.latex_printing import to_latex

LEAST_SQUARES = {
    "asks": r"\nabla_w L", "given": "X: m×n, w: n, y: m", "where": "r = X@w - y; L = sum(r**2)", "varying": "w",
    "answer": "2 X^T (Xw - y)",
}  # fmt: skip
ENTRY = {
    "asks": r"\frac{\partial \tau}{\partial W_{ij}}", "given": "W: m×n, x: n, b: m, y: m", "varying": "W",
    "where": "t = tanh(W@x + b); tau = sum((t - y)**2)", "answer": "2 (t_i - y_i) (1 - t_i^2) x_j",
}  # fmt: skip
TWO = {
    "asks": r"\nabla_W L; \nabla_b L", "given": "W: m×n, X: N×n, b: m, Y: N×m", "varying": "W, b",
    "where": "S = sigmoid(X@W.T + b); U = 2*(S - Y)*S*(1 - S); L = sum((S - Y)**2)",
    "answer": r"\nabla_W L &= U^T X \\ \nabla_b L &= U^T \mathbf{1}",
}  # fmt: skip
DIFFERENTIAL = {
    "asks": "d(A^{-1})", "given": "A: n×n", "varying": "A", "assume": "A: invertible", "answer": r"-A^{-1}\,dA\,A^{-1}"
}  # fmt: skip
SLOPE = {"asks": r"\tanh'(z)", "given": "z: scalar", "varying": "z", "answer": r"1 - \tanh(z)^2"}
HESSIAN = {"asks": r"\nabla^2 f", "given": "A: n×n, x: n", "where": "f = x@A@x", "varying": "x", "answer": "A + A^T"}
SAMPLES = [LEAST_SQUARES, ENTRY, TWO, DIFFERENTIAL, SLOPE, HESSIAN]

SOLVING = [
    (LEAST_SQUARES, "2 X^T (Xw - y)"),
    (LEAST_SQUARES, "= 2X^T(Xw-y)"),
    (LEAST_SQUARES, "$$2X^T(Xw-y)$$"),
    (LEAST_SQUARES, "2X^TXw - 2X^Ty"),
    (LEAST_SQUARES, r"2X^T(Xw-y) = \nabla_w L"),
    (LEAST_SQUARES, r"\frac{\partial L}{\partial w} = 2(Xw-y)^T X"),  # the other layout
    (LEAST_SQUARES, r"\frac{\partial L}{\partial w_j} = 2\sum_i X_{ij}(\sum_k X_{ik}w_k - y_i)"),
    (LEAST_SQUARES, r"dL &= 2 r^T X\,dw \\ \nabla_w L &= 2 X^T r"),
    (LEAST_SQUARES, r"\frac{\partial L}{\partial w} &= X^T \frac{\partial L}{\partial r} \\ &= 2X^T(Xw - y)"),
    (LEAST_SQUARES, "\\nabla_w L = 2X^T r\n= 2 X^T X w - 2 X^T y"),  # an equation a line
    (LEAST_SQUARES, r"G = \nabla_w L \\ G = 2X^T(Xw-y)"),
    (LEAST_SQUARES, "2*X.T@(X@w - y)"),
    (LEAST_SQUARES, "e = X@w - y\n2*X.T@e"),
    (LEAST_SQUARES, "r = X@w - y; g = 2*X.T@r"),
    (LEAST_SQUARES, "L = 2*X.T@(X@w - y)"),  # a name of the reader's, which does not change the loss
    (ENTRY, r"\frac{\partial\tau}{\partial W} = 2 [(t-y)\odot(1-t\odot t)] x^T"),
    (ENTRY, r"\frac{\partial\tau}{\partial W_{ik}} = 2 (t_i - y_i) (1 - t_i^2) x_k"),
    (ENTRY, "u = (t - y)*(1 - t**2)\n2*outer(u, x)"),
    (TWO, "U.T@X\nsum(U, axis=0)"),
    (TWO, r"\nabla_b L &= U^T \mathbf{1} \\ \nabla_W L &= U^T X"),
    (DIFFERENTIAL, r"d(A^{-1}) = -A^{-1} (dA) A^{-1}"),
    (SLOPE, "1 - tanh(z)**2"),
    (HESSIAN, "A + A.T"),
    (HESSIAN, r"\frac{\partial^2 f}{\partial x \partial x^T} = A^T + A"),
]  # fmt: skip


@pytest.mark.parametrize("options, text", SOLVING)
def test_what_solves(options, text):
    outcome = solved(options, text, mend=False)
    assert outcome.solved, outcome.why
    assert outcome.why == "Solved."


NOT_SOLVING = [
    (LEAST_SQUARES, "-2 X^T (Xw - y)", "Row 1 is the first wrong line"),
    (LEAST_SQUARES, "X.T@(X@w - y)", "Row 1 is the first wrong line"),
    (LEAST_SQUARES, r"\nabla_w L &= -2X^Tr \\ &= 2X^T r", "Row 1 is the first wrong line"),
    (LEAST_SQUARES, r"\nabla_w L = \nabla_w L", "true, and not yet an answer: both sides are the same"),
    (LEAST_SQUARES, "dL = dL", "true, and not yet an answer: both sides are the same"),
    (LEAST_SQUARES, r"\frac{\partial L}{\partial w} = \nabla_w L", "true, and not yet an answer"),
    (LEAST_SQUARES, r"\nabla_w L = X^T \frac{\partial L}{\partial r}", "true, and not yet an answer"),
    (LEAST_SQUARES, r"G = \nabla_w L \\ \nabla_w L = G", "Row 2 is true, and not yet an answer: “G”"),
    (LEAST_SQUARES, r"dL = 2 r^T X\,dw", r"read off “\nabla_w L” from it"),
    (LEAST_SQUARES, "X^T X w = X^T (X w)", r"no line says yet what “\nabla_w L” is"),
    (LEAST_SQUARES, r"L = 0 \\ \nabla_w L = 0", "Row 1 cannot be settled"),
    (LEAST_SQUARES, r"w = 0 \\ \nabla_w L = -2X^T y", "is the first wrong line"),
    (LEAST_SQUARES, "L = w@w\n2*w", "Row 1 is the first wrong line"),
    (LEAST_SQUARES, "2 Q^T (Xw - y)", "Q"),
    (LEAST_SQUARES, "hello world", "could not be read"),
    (ENTRY, r"\frac{\partial\tau}{\partial W} = \frac{\partial\tau}{\partial t} \frac{\partial t}{\partial W}", ""),
    (TWO, r"\nabla_W L = U^T X", r"no line says yet what “\nabla_b L” is"),
    (DIFFERENTIAL, "d(A^{-1}) = d(A^{-1})", "both sides are the same"),
    (SLOPE, r"\tanh'(z)", "both sides are the same"),
    (HESSIAN, r"\nabla f = (A + A^T)x", "no line says yet what"),
]  # fmt: skip


@pytest.mark.parametrize("options, text, said", NOT_SOLVING)
def test_what_does_not_solve_and_what_is_said_of_it(options, text, said):
    outcome = solved(options, text, mend=False)
    assert not outcome.solved
    assert said in outcome.why


@pytest.mark.parametrize(
    "options, text, said",
    [
        (LEAST_SQUARES, "  ", "there is no answer yet"),
        (LEAST_SQUARES, "2*X@(X@w - y)", "needs the sizes n and m to be the same"),
        (LEAST_SQUARES, "2*X.T@(X@v - y)", "v"),
        (TWO, "U^T X", "begin each line with the one that it gives"),
        (TWO, "U.T@X", "2 derivatives are asked for"),
        (LEAST_SQUARES, "__import__('os').system('true')", "could not be read"),
        ({**LEAST_SQUARES, "asks": "L"}, "0", "asks for no derivative"),
        ({**LEAST_SQUARES, "given": ""}, "0", "needs the option 'given'"),
        ({**LEAST_SQUARES, "answers": ""}, "0", "no option 'answers'"),
        ({**LEAST_SQUARES, "where": "L = sum(r**2"}, "0", "bracket"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(options, text, said):
    try:
        why = solved(options, text, mend=False).why
    except ValueError as refusal:
        why = str(refusal)
    assert said in why


# ── what the page gets ────────────────────────────────────────────────────────────────────────────────────────────


def answered(options, text):
    told = []
    return check_mine_answers.check({"options": options, "text": text}, told.append), told


def test_a_wrong_answer_comes_with_its_kind_a_hint_and_a_mend_of_its_own():
    answer, told = answered(LEAST_SQUARES, "-2 X^T (Xw - y)")
    assert answer["outcome"] == "wrong" and not answer["solved"]
    assert answer["said"] == "Row 1 is the first wrong line: sign."
    assert answer["hint"] == check_mine_answers.HINTS[edits.SIGN]
    assert "X^T" in answer["mend"]["latex"] and answer["mend"]["words"] == "mended: sign"
    assert told and all(message["line"]["mend"] is None for message in told)  # it comes when it is asked for
    own, _ = answered({**LEAST_SQUARES, "hint": "Count the minus signs."}, "-2 X^T (Xw - y)")
    assert own["hint"] == "Count the minus signs."


def test_a_right_answer_and_one_that_cannot_be_read():
    right, told = answered(LEAST_SQUARES, "2*X.T@r")
    assert right["solved"] and right["outcome"] == "right" and right["mend"] is None
    assert [message["line"]["mark"] for message in told] == ["✓"]
    assert answered(LEAST_SQUARES, "")[0] == {"refused": "there is no answer yet"}
    json.dumps(right)


def test_every_kind_of_mistake_has_a_hint():
    kinds = {value for name, value in vars(edits).items() if name.isupper() and isinstance(value, str)}
    assert len(kinds) > 8 and kinds == set(check_mine_answers.HINTS)


# ── every box of the book ─────────────────────────────────────────────────────────────────────────────────────────


def listed():
    from conftest import BOOK

    for path in pages(BOOK):
        for label, options in check_mine.boxes(path):
            yield pytest.param(options, id=f"{path.stem}-{label}")


EVERY = [*(pytest.param(options, id=options["asks"]) for options in SAMPLES), *listed()]


def mutations(latex, checker):
    """Three mutations of an answer, each of its last line: another sign, another factor, another structure."""
    relations = read_block(latex, checker.names, known=checker.meaning.names).lines
    *before, last = relations
    rows = [f"{to_latex(item.left)} = {to_latex(item.right)}" for item in before]
    right = last.right
    for mutated in (
        Tree("sum", (Tree("group", (right,), "("),), (-1,)),
        Tree("product", (number(3), Tree("group", (right,), "(")), ("",)),
        restructured(right),
    ):
        yield " \\\\\n".join(
            [*rows, f"{to_latex(last.left if not last.continued else last.head)} = {to_latex(mutated)}"]
        )


def restructured(tree):
    """A tree in which one part is changed: a sign in a sum, an exponent, or a factor that is left out."""
    done = []

    def changed(part):
        if done:
            return None
        if part.kind == "sum" and len(part.args) > 1:
            done.append(part)
            return Tree("sum", part.args, (*part.data[:-1], -part.data[-1]))
        if part.kind in ("product", "hadamard") and bare(part.args[0]).kind == "number":
            done.append(part)
            return Tree(part.kind, (number(7), *part.args[1:]), part.data)
        return None

    mutated = rebuilt(tree, changed)
    return mutated if done else Tree("sum", (tree, tree), (1, 1))


@pytest.mark.parametrize("options", EVERY)
def test_the_book_s_answer_solves_its_box_and_mutations_and_the_tautology_do_not(options):
    exercise = Exercise.of(options)
    outcome = solved(exercise, exercise.answer, mend=False)
    assert outcome.solved, [(line.latex, line.verdict, line.why) for line in outcome.report.lines]
    mutated = list(mutations(outcome.latex, exercise.checker()))
    assert len(set(mutated)) == 3
    for text in mutated:
        assert not solved(exercise, text, mend=False).solved, text
    assert not solved(exercise, r" \\ ".join(f"{asked} = {asked}" for asked in exercise.asks), mend=False).solved


def test_a_box_stands_in_an_exercise_with_a_label_of_its_own(book):
    labels = [label for path in pages(book) for label, _ in check_mine.boxes(path)]
    assert labels and all(labels) and len(set(labels)) == len(labels)


def test_each_notebook_holds_the_cells_that_its_boxes_give(notebook):
    read = json.loads(notebook.read_text(encoding="utf-8"))
    assert read == check_mine.with_cells(read, notebook), f"run web/check_mine.py {notebook}, then make outputs"


# ── the cells of notebooks ────────────────────────────────────────────────────────────────────────────────────────


def page(options, label="ex-one"):
    lines = "".join(f":{name}: {text}\n" for name, text in options.items())
    return f"````{{exercise}} One\n:label: {label}\n\nWhat?\n\n```{{check-mine}}\n{lines}```\n````"


def written(tmp_path, notebook):
    path = tmp_path / "page.ipynb"
    nbformat.write(notebook, path)
    check_mine.main([str(path)])
    return nbformat.read(path, as_version=4)


def test_a_notebook_gets_a_cell_to_fill_in_once(tmp_path):
    text, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
    first = written(tmp_path, nbformat.v4.new_notebook(cells=[text("# A"), text(page(LEAST_SQUARES)), code("1")]))
    assert [cell.cell_type for cell in first.cells] == ["markdown", "markdown", "code", "code"]
    cell = first.cells[2]
    assert cell.metadata.tags == ["remove-cell", "check-mine-cell"] and cell.id == "ex-one-mine"
    nbformat.validate(first)
    assert written(tmp_path, first) == first
    first.cells[1].source = page({**LEAST_SQUARES, "where": "L = sum((X@w - y)**2)"})
    second = written(tmp_path, first)
    assert len(second.cells) == 4 and second.cells[2].source != cell.source


def test_the_cell_checks_what_is_filled_in():
    source = check_mine.cell_source(LEAST_SQUARES)
    code = compile(source, "cell", "exec")
    exec(code, {})
    filled = re.sub(r'mine = r""', r'mine = r"\\nabla_w L = 2 X^T (X w - y)"', source)
    called = filled[filled.index("check(") :].rstrip()
    space = {}
    exec(filled[: filled.index("check(")], space)
    assert eval(called, space).ok


def test_the_options_are_read_as_the_site_reads_them(tmp_path):
    path = tmp_path / "page.md"
    options = {**LEAST_SQUARES, "answer": "|\n:  a &= b \\\\\n:  c &= d"}
    path.write_text(page(options), encoding="utf-8")
    assert [(cell, name) for cell, name, _ in directives_of(path)] == [(None, "exercise"), (None, "check-mine")]
    ((label, read),) = check_mine.boxes(path)
    assert label == "ex-one" and read == {**LEAST_SQUARES, "answer": "a &= b \\\\\nc &= d"}


def test_an_exercise_says_what_is_missing():
    with pytest.raises(ParseError, match="needs the option 'asks'"):
        Exercise.of({})
    assert isinstance(Exercise.of(LEAST_SQUARES).checker(), Checker)
