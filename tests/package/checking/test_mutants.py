"""The benchmark of planted errors: what it plants, what is no error after all, and where one is caught."""

import sys
from random import Random

import pytest

from browsing import BOOK

sys.path.insert(0, str(BOOK / "benchmarks"))

import mutants

LEAST_SQUARES = {"given": "A: m×n, x: n, b: m, c: scalar", "varying": "x", "where": "f = c*sum((A@x - b)**2)"}
LINE = r"\nabla f = 2 c A^T (A x - b)"


def planted(right):
    """(sort, right side) of every error that can be planted in the right side of the gradient."""
    latex = rf"\nabla f = {right}"
    report, checker = mutants.judge(latex, LEAST_SQUARES)
    relation = report.lines[0].relation
    names = list(checker.meaning.symbols)
    return {(sort, latex[:a] + text + latex[b:]) for sort, a, b, text in mutants.errors(relation.right, latex, names)}


def test_errors_of_every_sort_are_planted():
    found = planted("2 c A^T (A x - b)")
    assert ("sign", r"\nabla f = 2 c A^T (A x + b)") in found
    assert ("factor", r"\nabla f =  3  c A^T (A x - b)") in found
    assert ("term", r"\nabla f = 2 c A^T (A x)") in found
    assert ("transpose", r"\nabla f = 2 c A (A x - b)") in found
    assert ("order", r"\nabla f = 2 c A^T (x A - b)") in found
    assert ("⊙", r"\nabla f = 2 c A^T (A \odot x - b)") in found


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (r"2 A^T c (A x - b)", False),  # a number may stand anywhere
        (r"2 c \odot A^T (A x - b)", False),
        (r"2 c (A^T A x - A^T b)", False),
        (r"2 c A^T (A x + b)", True),
        (r"2 c A (A x - b)", True),
        (r"2 c A^T \odot (A x - b)", True),
    ],
)
def test_what_plain_numpy_finds_equal_is_no_error(right, wrong):
    before, checker = mutants.judge(LINE, LEAST_SQUARES)
    after, _ = mutants.judge(rf"\nabla f = {right}", LEAST_SQUARES)
    assert mutants.is_an_error(checker, before.lines[0].relation, after.lines[0].relation) is wrong


def test_a_planted_error_is_counted_where_it_was_caught():
    found = list(mutants.mutants("here", LINE, LEAST_SQUARES, Random(0), 2))
    assert len(found) > 8
    assert {became for *_, became, _ in found} <= {"at its line", "unclear"}
