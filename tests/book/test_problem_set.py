"""The page of twenty losses: each has a hint, a box, a folded answer of at most eight rows, and a cell that runs it."""

import json
import re

import pytest

from derivations.book.markdown_pages import check_page

PROBLEMS, ROWS = 20, 8


@pytest.fixture
def problem_set(book):
    return book / "chapters" / "problem-set.ipynb"


@pytest.fixture
def problems(problem_set):
    """The cells of each problem, from its question to the end of its answer."""
    cells = json.loads(problem_set.read_text(encoding="utf-8"))["cells"]
    starts = [k for k, cell in enumerate(cells) if "{exercise}" in "".join(cell["source"])]
    return [cells[start:end] for start, end in zip(starts, [*starts[1:], len(cells) - 1], strict=True)]


def test_there_are_twenty_and_each_has_a_label_of_its_own(problems):
    labels = [re.search(r":label: (ex-problem-[\w-]+)", "".join(cells[0]["source"]))[1] for cells in problems]
    assert len(labels) == len(set(labels)) == PROBLEMS


def test_each_has_a_hint_and_an_answer_that_are_folded_and_a_box(problems):
    needed = (r"\{admonition\} Hint\n:class: dropdown", r"\{check-mine\}", r"\{solution-start\} \S+\n:class: dropdown")
    without = [
        (pattern, "".join(cells[0]["source"]).splitlines()[0])
        for cells in problems
        for pattern in needed
        if not re.search(pattern, "\n".join("".join(cell["source"]) for cell in cells))
    ]
    assert problems and not without


def test_each_answer_is_asserted_in_a_cell(problems):
    own = [cell for cells in problems for cell in cells if "check-mine-cell" not in cell["metadata"].get("tags", [])]
    code = ["".join(cell["source"]) for cell in own if cell["cell_type"] == "code"]
    assert len(code) == PROBLEMS
    assert [text for text in code if "check_gradient(" not in text or "assert report.ok" not in text] == []


def test_no_answer_has_more_than_eight_rows_and_all_of_them_hold(problem_set):
    checked = check_page(problem_set)
    answers = [item for item in checked if "% given" not in item.equation.latex]
    assert len(answers) == PROBLEMS
    assert max(len(item.lines) for item in answers) <= ROWS
    assert {line.verdict for item in answers for line in item.lines} == {"holds", "definition"}
