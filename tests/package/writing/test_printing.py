"""How small things are written: numbers with π, letters with numbers, rows of the identity, an order of a gradient."""

import math

import pytest

from derivations import derive
from derivations.reading.latex_text import read_block
from derivations.reading.latex_tree import Tree, bare
from derivations.writing import latex_printing, printing

NUMBERS = {
    math.pi: ("π", r"\pi"),
    3 * math.pi / 4: ("3 π/4", r"\tfrac{3 \pi}{4}"),
    -math.pi / 3: ("-π/3", r"-\tfrac{\pi}{3}"),
    2 / math.pi: ("2/π", r"\tfrac{2}{\pi}"),
    1 / math.sqrt(math.pi): ("1/√(π)", r"\tfrac{1}{\sqrt{\pi}}"),
    3.1416: ("3.1416", "3.1416"),
}


@pytest.mark.parametrize("value", NUMBERS)
def test_a_multiple_of_pi_is_written_as_one(value):
    written = tuple(printing.coefficient_text(value, glyphs) for glyphs in (printing.PLAIN, printing.LATEX))
    assert written == NUMBERS[value]


@pytest.mark.parametrize(("name", "latex"), [
    ("x1", "x_1"), ("W12", "W_{12}"), ("alpha1", r"\alpha_1"), ("ab1", r"\text{ab1}"), ("yhat", r"\hat{y}"),
])  # fmt: skip
def test_a_letter_with_a_number_has_it_as_its_index(name, latex):
    assert latex_printing.name_latex(name) == latex


@pytest.mark.parametrize(
    ("slice_", "shown"), [("1:", "S = [0 I_m-1]"), (":-1", "S = [I_m-1 0]"), ("5:", "S = I_6:m,:")]
)
def test_few_rows_of_the_identity_are_left_out_as_zeros(slice_, shown):
    assert shown in str(derive(f"sum(X[{slice_}]**2)", "X", "X: m×n"))


@pytest.mark.parametrize("latex", [r"\nabla_x^2 f", r"\nabla_x f"])
def test_a_gradient_keeps_its_order(latex):
    (line,) = read_block(f"Q = {latex}", known=["f", "x"]).lines
    assert latex_printing.to_latex(line.right, {}).replace(" ", "") == latex.replace(" ", "")


def test_a_sum_over_an_index_keeps_its_terms_together():
    (line,) = read_block(r"Q = \sum_i (x_i + y_i)", known=["x", "y"]).lines
    made = Tree(line.right.kind, (bare(line.right.args[0]),), line.right.data)  # as a mend makes it, without the group
    assert latex_printing.to_latex(made, {}) == latex_printing.to_latex(line.right, {}) == r"\sum_i (x_i + y_i)"
