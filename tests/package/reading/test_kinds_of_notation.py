r"""Kinds of notation that people write, a few minimal inputs each: the right lines hold, the wrong ones do not pass.

The rows stand in ``corpus/kinds_of_notation.jsonl``: a block, what is declared, the verdict expected of each of its
lines (apart by / where two are right), and words that some reading or reason must have.
"""

import plain_numpy
import pytest

from derivations import check

ROWS = plain_numpy.rows("kinds_of_notation.jsonl")


@pytest.mark.parametrize("row", [pytest.param(row, id=f"{row['kind']}: {row['latex']}") for row in ROWS])
def test_a_kind_of_notation_is_read_as_it_is_meant(row):
    declared = {key: row[key] for key in ("given", "varying", "assume", "where", "names") if key in row}
    report = check(row["latex"], **declared, mend=False)
    found = [line.verdict for line in report.lines]
    assert len(found) == len(row["expected"]), report
    assert all(one in wanted.split("/") for one, wanted in zip(found, row["expected"], strict=True)), report
    told = row.get("told", "")
    assert any(told in f"{line.reading}; {line.why}" for line in report.lines), report
