"""Inputs at which the check was once unsound, and notations that it once misread: every row with what is expected.

The rows stand in ``corpus/soundness.jsonl`` and ``corpus/readings.jsonl``; where a row expects "unread", "unclear" is
as good, and the other way round.
"""

import plain_numpy
import pytest
from effort import judge

from derivations import check

SOUNDNESS = [row for row in plain_numpy.rows("soundness.jsonl") if row["area"].startswith("check:")]
READINGS = plain_numpy.rows("readings.jsonl")

EXPECTED = {  # in the order of the rows: the verdicts that are right for each line, apart by /
    "name before a bracket": [
        "definition definition fails",
        "definition definition holds",
        "definition definition condition/fails/unclear",
        *["definition definition holds"] * 5,
    ],
    "shapes of declared letters": ["definition fails fails", *["fails"] * 5],
    "approximations": ["fails"] * 3,
    "branches far out": ["definition fails", "fails/holds"],
    "small terms": ["fails", "definition fails"],
    "another argument": ["fails/holds"],
    "juxtaposed vectors": ["definition holds", "definition holds fails/unclear"],
    "restricted second derivatives": ["definition holds"],
    "names with underscores": ["definition"],
}
MUST_TELL = {"f(Y) =": "f", "de = e": "entrywise product"}
"""What the reading of the last line says, by how a line of the block begins."""

WAITS = {}
"""Rows of soundness.jsonl, counted from 0, that no code makes right yet, by what they wait for."""
READINGS_WAIT = {}
"""Rows of readings.jsonl that no code makes right yet, by what they wait for."""
OTHERWISE = {
    "cases-dropped": ("condition fails condition", "0 = ∂L/∂w and the constraint are set, not defined"),
    "inferred-in": ("holds", "a row that only declares is no line"),
    "unclear-family": ("definition", "C is inferred, and a definition claims nothing of it"),
}
"""Rows of readings.jsonl that are judged otherwise than they say, and why."""


def _waiting(key, table):
    return [pytest.mark.xfail(reason=f"waits for {why}") for why, keys in table.items() if key in keys]


_WANTED = [verdicts.split() for group in EXPECTED.values() for verdicts in group]


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        pytest.param(row["input"], wanted, id=f"{number}", marks=_waiting(number, WAITS))
        for number, (row, wanted) in enumerate(zip(SOUNDNESS, _WANTED, strict=True))
    ],
)
def test_no_wrong_line_passes_and_no_right_one_is_accused(given, wanted):
    report = check(**{key: value for key, value in given.items() if key != "call"}, mend=False)
    assert len(report.lines) == len(wanted), report
    for line, verdicts in zip(report.lines, wanted, strict=True):
        assert line.verdict in verdicts.split("/"), report
    told = next((words for begins, words in MUST_TELL.items() if begins in given["latex"]), "")
    assert told in report.lines[-1].reading or report.lines[-1].verdict == "fails", report


@pytest.mark.parametrize(
    "row", [pytest.param(row, id=row["id"], marks=_waiting(row["id"], READINGS_WAIT)) for row in READINGS]
)
def test_a_notation_is_read_as_it_is_meant(row):
    declared = {key: row[key] for key in ("given", "varying", "where", "assume", "names", "loss")}
    report = check(row["latex"], **declared, mend=False)
    alike = {"unclear": "unread"}
    found = [alike.get(line.verdict, line.verdict) for line in report.lines]
    wanted = OTHERWISE[row["id"]][0].split() if row["id"] in OTHERWISE else row["expected"]
    assert found == [alike.get(verdict, verdict) for verdict in wanted], report


@pytest.mark.parametrize("operator", [r"\frac{\partial}{\partial w}", r"\nabla_w"])
@pytest.mark.parametrize("turned", ["'", "^T", r"^\top"])
@pytest.mark.parametrize(("sign", "verdict"), [("-", "holds"), ("", "fails")])
def test_an_operator_before_a_square_of_brackets_acts_on_all_of_it(operator, turned, sign, verdict):
    latex = rf"{operator} (t - X w){turned} (t - X w) = {sign}2 X{turned} (t - X w)"
    (line,) = check(latex, "X: m×n, w: n, t: m", "w", mend=False).lines
    assert (line.verdict, line.reading) == (verdict, "")


@pytest.mark.parametrize(
    "latex, verdict",
    [
        (r"[z > 0.5] = 1 - [z \le 0.5]", "holds"),
        (r"[z > 0.5] &= 1 - [z \le 0.5]", "holds"),
        (r"[z > 0] \odot z = \max(0, z)", "holds"),
        (r"[z > 0] \odot z = \max(1, z)", "fails"),
        (r"[z < 0] \odot z = \max(0, z)", "fails"),
    ],
)
def test_a_row_may_begin_with_a_condition_that_is_a_factor(latex, verdict):
    assert judge(latex, "z: n", "z").lines[0].verdict == verdict


def test_an_index_that_a_delta_sums_is_summed_in_the_whole_chain():
    latex = (
        r"y_i = \frac{e^{x_i}}{\sum_j e^{x_j}} \\"
        r"\dot{y}_i = y_i \delta_{ik} \dot{x}_k - y_i y_k \dot{x}_k = y_i \dot{x}_i - y_i y_k \dot{x}_k"
    )
    report = judge(latex, "x: n, u: n", "x", names={r"\dot{x}": "u"})
    assert [line.verdict for line in report.lines] == ["definition", "holds", "holds"]
