"""What the page "Your own derivation" asks, answered in plain Python as the reader's browser answers it."""

import base64
import json
import re
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
    assert lines
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
    assert {name for item in LISTED for name in item} <= {
        "title",
        "mistake",
        "shows",
        "verdicts",
        "wrong",
        *desk.FIELDS,
    }


def test_a_card_shows_a_row_of_its_example_and_has_a_mistake_where_a_row_is_wrong():
    def plain(latex):
        return re.sub(r"[\s&]", "", latex)

    shown = {card["title"]: card for card in desk.cards(plain)}
    assert list(shown) == list(BY_TITLE)
    for title, item in BY_TITLE.items():
        rows = plain(item["latex"]).split(r"\\")
        head, _, right = shown[title]["formula"].partition("=")
        (row,) = [row for row in rows if row.removesuffix(r"\end{aligned}").endswith(right)]
        assert row.startswith(("=", head)) and right
        assert bool(shown[title]["mistake"]) == ("✗" in item["verdicts"])


def test_the_question_says_what_the_command_line_says():
    question = desk.examples()[0]
    _, lines = answered(**question)
    report = package_check(question["latex"], question["given"], question["varying"], where=question["where"])
    assert len(lines) > 3
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
    page = templates.get_template("derivation_desk.html").render(
        examples=desk.examples(), cards=desk.cards(str), runtime=runtime
    )
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
    assert answered(latex=FORM)[0]["summary"].startswith("No line is confirmed: 1 line cannot be settled.")
    assert desk_answers._summary(Report([])) == "There is no equation in it."


# ── what nobody declared ──────────────────────────────────────────────────────────────────────────────────────────


LEAST_SQUARES = r"f = \|A x - b\|^2 \\ \nabla f = 2 A^T (A x - b)"
FORM = r"f = x^T A x \\ \nabla_x f = 2 A x"


def with_declarations(texts, puts):
    """The fields after a click: each entry behind what stands there."""
    filled = dict(texts)
    for field, entry in puts:
        said = [text for text in filled.get(field, "").split(", ") if text]
        filled[field] = ", ".join(dict.fromkeys((*said, entry)))
    return filled


def test_an_empty_form_is_judged_with_inferred_shapes_which_are_told():
    answer, lines = answered(latex=LEAST_SQUARES)
    assert [line["mark"] for line in lines] == ["≔", "✓"]
    assert answer["summary"] == "Every line holds. What nobody declared was inferred."
    assert [chip["words"] for chip in answer["inferred"]] == ["A: m×n", "x: n", "b: m", "varying x"]
    assert answer["offers"] == []


def test_what_is_declared_is_not_told_as_inferred():
    answer, lines = answered(latex=LEAST_SQUARES, given="A: m×n, b: m", varying="")
    assert [line["mark"] for line in lines] == ["≔", "✓"]
    assert [chip["words"] for chip in answer["inferred"]] == ["x: n", "varying x"]
    declared = answered(latex=LEAST_SQUARES, given="A: m×n, x: n, b: m", varying="x")[0]
    assert declared["inferred"] == [] and declared["summary"] == "Every line holds."


def test_a_definition_in_its_field_goes_with_what_is_inferred():
    answer, lines = answered(latex=r"\nabla_x g = 2 A^T r", given="A: m×n, x: n", where="s = A@x")
    assert lines[0]["verdict"] == "unread"
    answer, lines = answered(
        latex=r"f = \|s - b\|^2 \\ \nabla_x f = 2 A^T (s - b)", given="A: m×n, x: n", where="s = A@x", varying="x"
    )
    assert [line["mark"] for line in lines] == ["≔", "✓"]
    assert [chip["words"] for chip in answer["inferred"]] == ["b: m"]


def test_a_line_is_told_at_its_own_place_when_the_text_is_judged_anew():
    told = []
    desk_answers.check(fields(latex=LEAST_SQUARES, given="A: m×n"), told.append)
    places = [message["place"] for message in told[:-1]]
    assert set(places) == {0, 1} and places[-2:] == [0, 1]
    assert [message["line"]["mark"] for message in told[-3:-1]] == ["≔", "✓"]


def test_a_line_that_cannot_be_read_is_told_once_in_its_place():
    _, lines = answered(latex=r"\nabla_x L = B x + c", given="x: n")
    assert [line["verdict"] for line in lines] == ["unread"]


@pytest.mark.parametrize(
    "latex",
    [
        LEAST_SQUARES,
        FORM,
        r"L = -\sum_i y_i \log p_i, p = \mathrm{softmax}(z) \\ \frac{\partial L}{\partial z} = p - y",
        r"f = \log\det X \\ \nabla_X f = X^{-T}",
        r"A \in \mathbb{R}^{m\times n} \\ f = \|A x\|^2 \\ \nabla_x f = 2 A^T A x",
    ],
)
def test_each_declaration_alone_and_all_of_them_can_be_read_and_keep_what_holds(latex):
    before, lines = answered(latex=latex)
    held = [line["mark"] for line in lines]
    chips = before["inferred"]
    everything = [put for chip in chips for put in chip["puts"]]
    assert len(chips) >= 2
    for puts in (everything, *(chip["puts"] for chip in chips)):
        answer, lines = answered(**with_declarations({"latex": latex}, puts))
        assert "refused" not in answer
        after = [line["mark"] for line in lines]
        assert all(new == old or (old, new) == ("≟", "✗") for old, new in zip(held, after, strict=True))
    assert answered(**with_declarations({"latex": latex}, everything))[0]["inferred"] == []


def test_an_unclear_line_offers_the_declaration_that_settles_it():
    answer, lines = answered(latex=FORM)
    assert [line["mark"] for line in lines] == ["≔", "≟"]
    [(place, (declare, assume))] = answer["offers"]
    assert place == 1
    assert declare["words"] == "Declare x: n, A: n×n; varying x" and assume["words"] == "Assume A: symmetric"
    settled, lines = answered(**with_declarations({"latex": FORM}, declare["puts"]))
    assert settled["summary"] == "Row 2 is the first wrong line: assumption."
    [(_, (offered,))] = settled["offers"]
    assert offered == {"words": "Assume A: symmetric", "puts": [["assume", "A: symmetric"]]}
    assumed, _ = answered(**with_declarations({"latex": FORM}, assume["puts"]))
    assert assumed["ok"]


def test_letters_that_stay_open_are_asked_for_at_once():
    def question(**texts):
        answer, _ = answered(**texts)
        return answer["summary"].rpartition("could not be read. ")[2]

    assert question(latex=r"\nabla_x L = B x + c", given="x: n") == (
        "Say what L is in a line of the text, and give the shapes of B and c under Shapes."
    )
    assert question(latex=r"\nabla_x L = B x + c").endswith("Say what L is in a line of the text.")
    assert desk_answers._question(["f", "g"], ["a"]) == (
        "Say what f and g are in a line of the text, and give the shape of a under Shapes."
    )
    assert desk_answers._question([], ["a", "B", "c"]) == "Give the shapes of a, B and c under Shapes."
    assert desk_answers._question([], []) == ""
    integral = answered(latex=r"f = x^T x \\ \nabla f = \int x", given="x: n", varying="x")[0]["summary"]
    assert integral.endswith("1 line could not be read.")


def test_proofs_are_made_with_inferred_shapes():
    answer, _ = answered(desk_answers.prove, latex=LEAST_SQUARES)
    assert answer["summary"].startswith("Every line holds, and 1 of 1 are proved.")
    assert len(answer["inferred"]) == 4


def test_a_fragment_holds_the_fields_that_are_filled_in():
    texts = {"latex": "f = x^T x \\\\\n\\nabla f = “2” x", "given": "x: n", "where": ""}
    coded = desk.fragment(texts).removeprefix(desk.LINK)
    state = json.loads(base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4)))
    assert state == {"tab": "check", "latex": texts["latex"], "given": "x: n"}


# ── a reader's own gradient beside the one that is derived ────────────────────────────────────────────────────────


def own(text, loss, given, varying, **declared):
    """The answer to a reader's own gradient, and its lines."""
    derived = desk_answers.derive(fields(loss=loss, given=given, varying=varying, **declared), None)
    told = []
    answer = desk_answers.mine({"exercise": derived["exercise"], "mine": text}, told.append)
    return answer, [message["line"] for message in told]


def test_a_derivation_stands_where_no_letter_is_left_for_its_function():
    given = "x: n, " + ", ".join(f"{letter}: scalar" for letter in desk_answers.LOSS_LETTERS)
    derived = desk_answers.derive(fields(loss="L*x@x", given=given, varying="x"), None)
    assert derived["gradients"][0]["latex"] == "2 L x" and derived["exercise"] is None


NEURON = {"given": "W: n, x: n, b: scalar, y: scalar", "varying": "W", "where": "z = W@x + b; yhat = sigmoid(z)"}
LAYER = {"given": "A: m×n, x: n, b: m", "varying": "x"}


@pytest.mark.parametrize(
    ("text", "loss", "declared"),
    [
        (r"-2 (y - \hat y)\, \hat y (1 - \hat y)\, x", "(y - yhat)**2", NEURON),
        (r"\frac{\partial \mathcal{L}}{\partial W} = 2 (\hat y - y) \hat y (1 - \hat y) x", "(y - yhat)**2", NEURON),
        ("r = yhat - y\n2*r*yhat*(1 - yhat)*x", "(y - yhat)**2", NEURON),
        ("2 * A.T @ (A@x - b)", r"\|A x - b\|_2^2", LAYER),
        (r"\frac{2}{m} A^T (A x - b)", "F.mse_loss(A@x, b)", LAYER),
        (r"2 A^T (A x - b)", "def loss(x):\n    r = A@x - b\n    return r@r", LAYER),
        (r"2 L A^T (A x - b)", "L*sum((A@x - b)**2)", LAYER | {"given": "A: m×n, x: n, b: m, L: scalar"}),
        (r"\operatorname{Diag}(s \odot (1 - s)) A", "s", LAYER | {"where": "s = sigmoid(A@x + b)"}),
    ],
)
def test_a_right_gradient_of_ones_own_is_confirmed_and_one_with_its_sign_changed_is_not(text, loss, declared):
    answer, lines = own(text, loss, **declared)
    assert answer["outcome"] == "right" and answer["said"] == desk_answers.SOLVED and lines[-1]["verdict"] == "holds"
    head, equals, right = text.rpartition("=")
    wrong = f"{head}{equals} -({right})" if "\n" not in text else text.replace("\n2", "\n3")
    answer, lines = own(wrong, loss, **declared)
    assert answer["outcome"] == "wrong" and answer["first_wrong"] == 0 and answer["counterexample"]
    assert lines[0]["mend"]["latex"]


def test_what_is_true_and_no_answer_is_said_to_be_none():
    answer, _ = own(r"\frac{\partial \mathcal{L}}{\partial x} = \nabla_x \mathcal{L}", "x@x", given="x: n", varying="x")
    assert answer["outcome"] == "" and "not yet an answer" in answer["said"]


def test_an_answer_that_cannot_be_read_is_refused_and_a_mend_has_its_place_in_what_was_typed():
    assert own(" ", "x@x", given="x: n", varying="x")[0]["refused"]["field"] == "mine"
    text = r"\frac{\partial \mathcal{L}}{\partial x} = 3 x"
    _, (line,) = own(text, "x@x", given="x: n", varying="x")
    assert line["mend"]["place"] == (0, len(text))
    _, (line,) = own("3 x", "x@x", given="x: n", varying="x")
    assert "place" not in line["mend"]


# ── while it is written ───────────────────────────────────────────────────────────────────────────────────────────


def followed(**texts):
    told = []
    answer = desk_answers.follow(fields(**texts), told.append)
    return answer, told


def test_a_document_is_split_into_prose_and_rows_before_it_is_judged():
    text = r"The loss is $$ f = x^T x $$ so, with respect to $x$, $$ \nabla_x f = 2 x = 3 x $$ Right?"
    answer, (split, *judged) = followed(latex=text)
    parts = split["parts"]
    assert [part.get("prose") for part in parts] == [
        [["text", "The loss is"]],
        None,
        [["text", "so, with respect to "], ["formula", "x"], ["text", ","]],
        None,
        None,
        [["text", "Right?"]],
    ]
    assert [part["row"] for part in parts if "row" in part] == [0, 1, 1]
    assert [part["latex"] for part in parts if "row" in part] == ["f = x^T x", r"\nabla_x f = 2 x", "= 3 x"]
    assert [(told["place"], told["mark"]) for told in judged] == [(0, "≔"), (1, "✓"), (2, "✗")]
    assert answer == {"judged": True}


@pytest.mark.parametrize(
    ("prose", "expected"),
    [
        (r"Let $x^2$ and \(y\).", ["Let ", (r"x^2",), " and ", ("y",), "."]),
        ("It cost $5 and then $ 6.", ["It cost $5 and then $ 6."]),
        (r"See $\href{javascript:x}{y}$ here", [r"See $\href{javascript:x}{y}$ here"]),
        ("", []),
    ],
)
def test_the_formulas_in_prose_are_told_apart(prose, expected):
    pieces = desk_answers._prose(prose)
    assert [text if manner == "text" else (text,) for manner, text in pieces] == expected


def test_what_is_written_is_judged_and_never_mended(monkeypatch):
    monkeypatch.setattr("derivations.checking.checker.Checker._mend", None)
    answer, told = followed(**desk.examples()[0])
    assert answer == {"judged": True} and [line["mark"] for line in told[1:]] == list("≔✓✗✗")


def test_a_text_that_takes_long_is_judged_as_far_as_it_goes(monkeypatch):
    seconds = iter(range(0, 1000, 3))
    monkeypatch.setattr(desk_answers, "monotonic", lambda: next(seconds))
    answer, told = followed(latex=r"f = x^T x \\ \nabla f = 2x \\ \nabla f = 3x", given="x: n", varying="x")
    assert answer == {"judged": False} and [line["place"] for line in told[1:]] == [0, 1]


def test_a_field_that_cannot_be_read_is_named_and_the_rows_are_shown_all_the_same():
    answer, told = followed(latex="f = x", given="x n")
    assert answer["refused"]["field"] == "given" and told[0]["parts"][0]["latex"] == "f = x"


@pytest.mark.parametrize(
    ("source", "repair", "expected"),
    [
        (r"\nabla f &= 3\, x", r"\nabla f = 2 x", r"\nabla f &= [3>2]\, x"),
        (r"&= 2x", r"= -2 x", r"&= [>-]2x"),
        (r"a = \alpha", r"a = \alpha b", r"a = \alpha[> b]"),
        (r"a = x + y", r"a = x", r"a = x [+ y>]"),
        (r"a = \odot x", r"a = \sigma\odot x", r"a = [>\sigma]\odot x"),
        (r"a = 2x", r"a = \sigma x", r"a = [2>\sigma ]x"),
    ],
)
def test_a_mend_is_what_changes_in_the_layout_of_the_line(source, repair, expected):
    found = desk_answers.pieces(source, repair)
    shown = {"kept": "{}", "deleted": "[{}>", "inserted": "{}"}
    text, opened = "", False
    for manner, piece in found:
        text += "]" if opened and manner == "kept" else ""
        text += "[>" if manner == "inserted" and not opened else ""
        text += shown[manner].format(piece)
        opened = manner != "kept"
    assert text + "]" * opened == expected
    assert "".join(piece for manner, piece in found if manner != "inserted") == source


def test_the_place_of_a_mend_is_counted_as_a_browser_counts():
    text = "𝑎 note: $$ f = x^T x $$ and $$ \\nabla_x f = 3 x $$"
    _, lines = answered(latex=text)
    start, stop = lines[1]["mend"]["place"]
    browsers = text.encode("utf-16-le")[2 * start : 2 * stop].decode("utf-16-le")
    assert browsers == r"\nabla_x f = 3 x"
