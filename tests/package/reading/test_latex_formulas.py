"""What LaTeX says as a formula, for `derive`: beside what `check` says that it is worth."""

import numpy as np
import pytest
from derivations_as_posted import POSTED

from derivations import executing
from derivations.checking import Checker
from derivations.executing import Scene
from derivations.reading.latex_formulas import Names, NoFormula, formula
from derivations.reading.latex_text import read_block

SAID = [
    r"x^T A x",
    r"\operatorname{tr}(x y^T A^{-T})",
    r"\|A x - y\|_2^2 + \|A\|_F",
    r"\sum_i x_i y_i + \sum_{i,j} A_{ij}^2",
    r"\mathbf 1^T A \mathbf 1 + A : A",
    r"\frac{1}{2} e^{-t} \sqrt{1 + t^2} / t",
    r"(x \odot y)^T \sigma(A y) - x \cdot y",
    r"2 t \mathbf 1^T x + \mathbf 1^T (A + \mathbf 1 y^T) \mathbf 1_n",
    r"\det(I + t A A^T) + \operatorname{tr}(A - 2 I) + \operatorname{tr} I_n",
    r"\operatorname{tr}(\sum_i x_i y_i A A^T) + \sum_{i,j,k} A_{ij} A_{jk} x_i y_k",
    r"x^T \operatorname{diag}(y) \operatorname{diag}(A) + \prod_i (1 + x_i^2)",
]


DECLARED = ("A: n×n, x: n, y: n, t: scalar", "x")


@pytest.mark.parametrize("said", SAID)
def test_a_tree_and_its_formula_have_the_same_value(said):
    checker = Checker(*DECLARED)
    tree = read_block(f"f = {said}", known=list(checker.meaning.symbols)).lines[0].right
    found = formula(tree, Names(checker.scope)).value.formula
    checker.check("x = x")
    scene = Scene(checker.meaning, checker.points[0])
    np.testing.assert_allclose(scene.of_formula(found), executing.evaluate(tree, scene), rtol=1e-10)


@pytest.mark.parametrize(
    "said",
    [r"\sum_i x_i y_j", "x y", "q", r"x^{A}", r"\frac{x}{A}", r"\lim_{t \to 0} t", "x^T A A x^T", r"\mathbf 1 + t"],
)
def test_what_has_no_formula_is_refused(said):
    scope = Checker(*DECLARED).scope
    tree = read_block(f"f = {said}", known=["A", "x", "y", "t"]).lines[0].right
    with pytest.raises(NoFormula):
        formula(tree, Names(scope))


def valued(latex, declared):
    """Of each side of each line that has a formula and a value: the line, and both."""
    given = {name: declared[name] for name in ("given", "varying", "where", "names") if name in declared}
    checker = Checker(**given)
    block = read_block(latex, checker.names, checker.macros, checker.meaning.names)
    checker.check("1 = 1")
    for line in (line for line in block.lines if hasattr(line, "right")):
        for side in (line.left, line.right):
            try:
                found = formula(side, Names(checker.scope))
                scene = Scene(checker.meaning, checker.points[0])
                pair = scene.of_formula(found.value.formula), executing.evaluate(side, scene)
            except (ValueError, executing.Unreadable, ArithmeticError, np.linalg.LinAlgError):
                continue
            yield line.source, *pair


def same(one, other):
    return one.size == other.size and np.allclose(np.ravel(one), np.ravel(other))


@np.errstate(all="ignore")
def test_what_people_posted_is_worth_as_a_formula_what_it_is_worth_as_it_stands():
    found = [one for latex, declared, _ in POSTED.values() for one in valued(latex, declared)]
    assert len(found) > WITH_A_FORMULA
    apart = [source for source, one, other in found if not same(one, other)]
    assert apart == []


WITH_A_FORMULA = 100
