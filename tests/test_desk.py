"""What the page "Your own derivation" asks, answered in plain Python as the reader's browser answers it."""

import base64
import json
import subprocess
import sys
from pathlib import Path

import jinja2
import pytest
import yaml
from bs4 import BeautifulSoup
from effort import soon

import desk
from derivations import check as package_check
from derivations.checking.reports import Report
from live import desk_answers

WEB = Path(desk.__file__).parent
LISTED = yaml.safe_load(desk.EXAMPLES.read_text(encoding="utf-8"))
BY_TITLE = {item["title"]: item for item in LISTED}


def fields(**texts):
    return {name: texts.get(name, "") for name in desk.FIELDS}


def answered(call=desk_answers.check, **texts):
    """The answer with the report, and the last message about each line."""
    lines, report = {}, {}

    def hear(message):
        if "line" in message:
            lines[message["place"]] = message["line"]
        else:
            report.update(message["report"])

    answer = call(fields(**texts), hear)
    return {**report, **answer}, [lines[place] for place in sorted(lines)]


@pytest.fixture(params=desk.examples(), ids=lambda example: example["title"])
def example(request):
    return request.param


def test_an_example_has_the_verdicts_that_are_written_beside_it(example):
    expected = BY_TITLE[example["title"]]
    answer, lines = answered(**example)
    assert "".join(line["mark"] for line in lines) == expected["verdicts"]
    assert answer["ok"] == ("wrong" not in expected)
    if answer["ok"]:
        assert answer["summary"] == "Every line holds."
        assert answer["first_wrong"] is answer["mended"] is None
    else:
        row, kind = expected["wrong"]
        assert answer["summary"] == f"Row {row} is the first wrong line: {kind}."
        assert lines[answer["first_wrong"]]["mend"]["words"] == f"mended: {kind}"


def test_an_example_is_proved_where_it_holds(example):
    answer, lines = answered(desk_answers.prove, **example)
    for line in lines:
        assert (line["verdict"] == "holds") == any(words.startswith("proved for") for words in line["words"])
    proved = [line["mark"] for line in lines].count("✓")
    if answer["ok"]:
        assert answer["summary"] == f"Every line holds, and {proved} of {proved} are proved."


def test_an_example_mended_holds(example):
    answer, _ = answered(**example)
    if answer["mended"]:
        again, lines = answered(**{**example, "latex": answer["mended"]})
        assert again["ok"] and all(line["mark"] in "≔✓" for line in lines)
    else:
        assert answer["ok"]


def test_an_example_has_a_loss_whose_gradient_is_derived(example):
    answer, told = answered(desk_answers.derive, **example)
    assert not told
    assert answer["steps"][-1]["laws"][-1]["name"] == "reading off the gradient"
    assert all(step["error"].startswith("<") for step in answer["steps"] if step["laws"][0]["name"] != "definition")
    exec(answer["gradients"][0]["numpy"], namespace := {})
    assert callable(namespace["gradient"])


def test_the_first_example_is_the_question_and_every_title_is_told_apart():
    assert desk.examples()[0]["title"] == "The question, as posted"
    assert len(BY_TITLE) == len(LISTED) >= 8
    assert {name for item in LISTED for name in item} <= {"title", "verdicts", "wrong", *desk.FIELDS}


def test_the_question_says_what_the_command_line_says():
    question = desk.examples()[0]
    _, lines = answered(**question)
    report = package_check(question["latex"], question["given"], question["varying"], where=question["where"])
    for line, expected in zip(lines, report.lines, strict=True):
        assert line["words"][0].startswith(expected.words()[0]) and line["words"][1:] == expected.words()[1:]
        assert line["latex"] == expected.display


def test_each_line_is_told_as_it_is_judged_and_again_when_it_is_mended():
    told = []
    desk_answers.check(fields(**desk.examples()[0]), told.append)
    assert list(told.pop()) == ["report"]
    assert [message["place"] for message in told] == [0, 1, 2, 3, 2, 3]
    assert [bool(message["line"]["mend"]) for message in told] == [False] * 4 + [True] * 2


def test_the_counterexample_runs_alone(tmp_path):
    answer, _ = answered(**desk.examples()[0])
    script = tmp_path / "counterexample.py"
    script.write_text(answer["counterexample"], encoding="utf-8")
    assert subprocess.run([sys.executable, script], capture_output=True).returncode == 0


@pytest.mark.parametrize(
    "field, texts, part",
    [
        ("given", {"given": "x: n, y m"}, "y m"),
        ("given", {"given": "<b>x</b>: n"}, "<b>x</b>"),
        ("varying", {"given": "x: n", "varying": "y"}, "y"),
        ("assume", {"given": "A: n×n", "assume": "A: friendly"}, "friendly"),
        ("where", {"given": "x: n", "where": "z = x @ ("}, "bracket"),
        ("names", {"given": "x: n", "names": "H dX"}, "H dX"),
        ("latex", {"given": "x: n", "latex": "x" * 1_000_000}, "1,000,000"),
    ],
)
def test_what_cannot_be_read_is_said_at_its_field(field, texts, part):
    answer, lines = answered(**{"latex": "f = x^T x", **texts})
    assert not lines
    assert answer["refused"]["field"] == field
    assert part in answer["refused"]["message"]


@pytest.mark.parametrize(
    "field, texts",
    [
        ("given", {"given": "W", "varying": "W", "loss": "sum(W)"}),
        ("varying", {"given": "W: n", "loss": "sum(W)"}),
        ("loss", {"given": "W: n", "varying": "W", "loss": "sum(W"}),
        ("loss", {"given": "W: n", "varying": "W", "loss": "__import__('os').system('true')"}),
        ("loss", {"given": "W: n", "varying": "W"}),
    ],
)
def test_a_loss_that_cannot_be_derived_is_said_at_its_field(field, texts):
    answer, _ = answered(desk_answers.derive, **texts)
    assert answer["refused"]["field"] == field


def test_spellings():
    answer, _ = answered(
        latex=r"d\phi = \operatorname{tr}(H^T A X) + \operatorname{tr}(X^T A H)",
        given="A: n×n, X: n×k",
        varying="X",
        where="phi = trace(X.T@A@X)",
        names="H: dX",
    )
    assert answer["ok"]


@pytest.mark.parametrize(
    "latex",
    [
        r"\href{javascript:alert(1)}{x} = x",
        r"\require{html} \style{color: red}{x} = x",
        r"\text{</div><script>alert(1)</script>} = x",
        r"f = x^T (x",
        "f = " + r"\frac{1}{" * 400 + "x" + "}" * 400,
        r"\def\a{\a\a} f = \a",
        "",
        "$$ f = x^T x $$",
    ],
)
def test_hostile_latex_is_answered_at_once(latex):
    with soon(10):
        answer, lines = answered(latex=latex, given="x: n", varying="x")
    assert "summary" in answer or "refused" in answer
    for line in lines:
        assert ("latex" in line) != ("code" in line)
        assert not any(command in line.get("latex", "") for command in (r"\href", r"\style", r"\require"))


@pytest.mark.parametrize("runtime", [True, False])
def test_a_page_without_python_says_how_to_get_it(runtime):
    templates = jinja2.Environment(loader=jinja2.FileSystemLoader(WEB / "templates"))
    page = templates.get_template("derivation_desk.html").render(examples=desk.examples(), runtime=runtime)
    notice = BeautifulSoup(page, "html.parser").find(id="desk-no-python")
    assert "make runtime" in notice.get_text()
    assert notice.has_attr("hidden") == runtime


def test_summaries():
    def said(**texts):
        return answered(given="x: n", varying="x", **texts)[0]["summary"]

    nothing = "Nothing was checked: no line claims anything that was executed."
    assert said(latex="f = x^T x") == nothing
    assert said(latex=r"f &= x^T x \\ \nabla f &= \int x") == f"{nothing} 1 line could not be read."
    assert said(latex=r"\nabla x^T x &= 2x \\ g &= \int x") == "No line is wrong, but 1 line could not be read."
    assert said(latex=r"f &= x^T x \\ \nabla f &= x \\ g &= \int x") == (
        "Row 2 is the first wrong line: constant factor. 1 line could not be read."
    )
    assert desk_answers._summary(Report([])) == "There is no equation in it."


def test_a_fragment_holds_the_fields_that_are_filled_in():
    texts = {"latex": "f = x^T x \\\\\n\\nabla f = “2” x", "given": "x: n", "where": ""}
    coded = desk.fragment(texts).removeprefix(desk.LINK)
    state = json.loads(base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4)))
    assert state == {"tab": "check", "latex": texts["latex"], "given": "x: n"}
