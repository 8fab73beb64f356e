"""The page "Your own derivation" in a real browser, as a reader meets it."""

import base64
import gzip
import json
from urllib.parse import urlsplit

import pytest
import yaml
from playwright.sync_api import expect

import browsing
import desk
import runtime

browsing.needed()

PAGE = "chapters/your-own-derivation.html"
EXAMPLES = yaml.safe_load(desk.EXAMPLES.read_text(encoding="utf-8"))
RUNTIME = runtime.is_there(browsing.SITE / "_static" / "runtime")
python = pytest.mark.skipif(not RUNTIME, reason="the site was built without Python: make runtime, then make book")
PATIENCE = 60_000  # milliseconds: Python starts once

BOMB = r"\def\a{\b\b\b\b\b\b\b\b}\def\b{\c\c\c\c\c\c\c\c}\def\c{\d\d\d\d\d\d\d\d}\def\d{xxxxxxxx} f = \a"
LINKED = r"\href{javascript:alert(1)}{x} = \mmlToken{mi}[href='javascript:alert(1)' style='color:red' id='id1']{x}"
STYLED = r"\style{position:fixed}{x} = \class{c1}{x} + \cssId{id2}{x} + \require{html} + \unicode{x41}"
MARKUP = r"\text{<img src=x onerror=alert(1)>} = </textarea><script>alert(1)</script>"


@pytest.fixture(scope="module")
def visit(running, origin):
    """The page, kept open: its Python is started once."""
    with browsing.Visit(running, origin, permissions=["clipboard-read", "clipboard-write"]) as visit:
        visit.open(PAGE)
        yield visit


@pytest.fixture
def form(visit):
    """The page as a reader finds it, and no complaint when the test is over."""
    visit.page.wait_for_timeout(150)  # what the last test typed is typeset
    visit.page.evaluate(
        """() => {
            document.getElementById("desk-preview").replaceChildren();
            history.replaceState(null, "", "#");
            dispatchEvent(new Event("hashchange"));
        }"""
    )
    visit.page.wait_for_selector("#desk-preview mjx-container")
    yield visit.page
    assert not visit.complaints


def fill(form, **fields):
    for name, text in fields.items():
        form.evaluate(
            """([name, text]) => {
                const field = document.getElementById(`desk-${name}`);
                field.value = text;
                field.dispatchEvent(new Event("input", { bubbles: true }));
            }""",
            [name, text],
        )


def answered(form):
    """The status once the answer is there."""
    form.wait_for_selector(".desk-result[aria-busy=false]", timeout=PATIENCE)
    return form.inner_text("#desk-status")


def asked(form, button="#desk-check"):
    form.click(button)
    return answered(form)


def marks(form):
    return "".join(form.locator("#desk-answer .desk-mark").all_inner_texts())


def start_from(form, number):
    """Pick an example."""
    form.locator(".desk-card").nth(number).click()


def typeset(form, latex):
    """The preview of some LaTeX, once it has settled."""
    form.evaluate("() => document.getElementById('desk-preview').replaceChildren()")
    fill(form, latex=latex)
    form.wait_for_function(
        """() => {
            const box = document.getElementById("desk-preview");
            return box.querySelector("mjx-container") || box.innerText.trim();
        }"""
    )
    return form.locator("#desk-preview")


# ── checking ──────────────────────────────────────────────────────────────────────────────────────────────────────


@python
def test_one_click_answers_the_question_of_the_book(visit, form):
    assert form.input_value("#desk-latex") == desk.examples()[0]["latex"]
    assert asked(form) == "Row 3 is the first wrong line: sign."
    assert marks(form) == "≔✓✗✗"
    wrong = form.locator(".desk-first-wrong")
    assert wrong.count() == 1
    assert "mended: sign" in wrong.inner_text()
    expect(wrong.locator("mjx-container")).to_have_count(2)
    assert "mended: derivative at the wrong argument" in form.locator(".desk-line").nth(3).inner_text()
    assert "assert not np.allclose(left, right)" in form.inner_text(".desk-listing pre")
    assert not visit.axe(within="#desk")


@python
@pytest.mark.parametrize("place", range(len(EXAMPLES)), ids=[item["title"] for item in EXAMPLES])
def test_an_example(form, place):
    start_from(form, place)
    said = asked(form)
    assert marks(form) == EXAMPLES[place]["verdicts"]
    assert said == "Every line holds." if "wrong" not in EXAMPLES[place] else "is the first wrong line" in said


@python
def test_prove(form):
    start_from(form, 2)
    assert asked(form, "#desk-prove") == "Every line holds, and 4 of 4 are proved."
    assert form.get_by_text("proved for m=2, n=3").count() == 4


@python
def test_what_is_mended_can_be_copied_and_checked(form):
    posted = form.input_value("#desk-latex")
    asked(form)
    form.click("text=Copy the mended derivation as LaTeX")
    mended = form.evaluate("() => navigator.clipboard.readText()")
    form.click(".desk-listing button")
    assert form.evaluate("() => navigator.clipboard.readText()").startswith("import numpy as np")
    assert asked(form, "text=Check it") == "Every line holds."
    assert form.input_value("#desk-latex") == mended
    form.go_back()
    form.wait_for_function("text => document.getElementById('desk-latex').value === text", arg=posted)


@python
def test_derive_shows_steps_with_the_laws_that_allow_them(visit, form, origin):
    form.click("#desk-tab-derive")
    said = asked(form, "#desk-derive")
    count = form.locator(".desk-line").count()
    assert count > 5 and said.startswith(f"The derivative by W, in {count} lines.")
    addresses = form.evaluate("() => [...document.querySelectorAll('.desk-line a')].map(link => link.href)")
    laws = (browsing.SITE / "chapters" / "laws.html").read_text(encoding="utf-8")
    for address in addresses:
        assert address.startswith(f"{origin}chapters/laws.html#law-")
        assert f'id="{address.partition("#")[2]}"' in laws
    assert "def gradient(W, x, b, y)" in form.inner_text(".desk-listing pre")
    assert not visit.axe(within="#desk")


@python
def test_a_field_that_cannot_be_read_is_named(visit, form):
    fill(form, given="W: n, x n")
    assert asked(form) == "“Shapes” could not be read."
    assert "'x n'" in form.inner_text("#desk-given-error")
    assert form.evaluate("() => document.activeElement.id") == "desk-given"
    assert form.get_attribute("#desk-given", "aria-invalid") is not None
    assert not visit.axe(within="#desk")
    fill(form, given="W: n, x: n, b: scalar, y: scalar")
    assert form.inner_text("#desk-given-error") == ""
    assert marks(form) == ""
    assert asked(form).startswith("Row 3")


@python
def test_a_field_that_is_folded_away_opens_where_it_cannot_be_read(form):
    fill(form, names="dX")
    form.evaluate("() => { document.querySelector('#desk details').open = false; }")
    assert asked(form) == "“Spellings” could not be read."
    assert form.locator("#desk-names-error").is_visible() and "'dX'" in form.inner_text("#desk-names-error")
    assert form.evaluate("() => document.activeElement.id") == "desk-names"


@python
def test_a_check_can_be_stopped_and_the_next_one_runs(form):
    fill(form, latex=r"f &= x^T x \\" + r" \nabla_x f &= x \circ x - 3 x + \exp(x) \odot x \\" * 300)
    fill(form, given="x: n", varying="x")
    form.click("#desk-check")
    form.wait_for_selector("#desk-stop:not([hidden])")
    form.click("#desk-check", force=True)  # a second click changes nothing
    form.click("#desk-stop")
    assert form.inner_text("#desk-status") == "Stopped."
    assert form.locator("#desk-stop").is_hidden()
    assert form.evaluate("() => document.activeElement.id") == "desk-check"  # not lost with the button that went
    start_from(form, 0)
    assert asked(form) == "Row 3 is the first wrong line: sign."


@python
def test_the_next_answer_needs_nothing_more_from_the_site(visit, form):
    asked(form)
    seen = []
    visit.page.on("request", lambda request: seen.append(request.url))
    fill(form, latex=r"f &= x^T x \\ \nabla_x f &= 2 x", given="x: n", varying="x", where="")
    assert asked(form) == "Every line holds."
    asked_for = [url for url in seen if "favicon" not in url]  # the browser asks for that one by itself
    assert not asked_for and not form.locator(".desk-progress").is_visible()


@python
def test_the_page_says_how_much_is_loaded():
    folder = browsing.SITE / "_static" / "runtime"
    packages = json.loads((folder / runtime.LOCK).read_text(encoding="utf-8"))["packages"]
    names = [*runtime.CORE, *(packages[name]["file_name"] for name in ("numpy", "lark", "derivations"))]
    contents = [(folder / name).read_bytes() for name in names]
    packed, plain = (round(sum(map(len, files)) / 1e6) for files in (map(gzip.compress, contents), contents))
    assert f": {packed} MB, or {plain} MB from" in (browsing.SITE / PAGE).read_text(encoding="utf-8")


# ── what is written is kept ───────────────────────────────────────────────────────────────────────────────────────


def test_who_comes_back_by_the_contents_finds_what_was_written(running, origin):
    with browsing.Visit(running, origin) as visit:
        form = visit.open(PAGE)
        fill(form, latex="f = x", given="x: scalar")
        form.wait_for_function("() => localStorage.getItem('desk')")
        visit.open("chapters/question.html")
        visit.open(PAGE)
        form.wait_for_selector("#desk-preview mjx-container")
        assert form.input_value("#desk-latex") == "f = x" and form.input_value("#desk-given") == "x: scalar"
        start_from(form, 0)
        visit.open("chapters/question.html")
        visit.open(PAGE)
        assert form.input_value("#desk-latex") == desk.examples()[0]["latex"]
        form.evaluate("() => localStorage.setItem('desk', 'spoilt')")
        visit.open("chapters/question.html")
        visit.open(PAGE)
        assert form.input_value("#desk-latex") == desk.examples()[0]["latex"]
        assert not visit.complaints


# ── the declarations belong to the text ──────────────────────────────────────────────────────────────────────────


LAYER = r"f = \lVert W x - y \rVert^2 \\ \nabla_W f = 2 (W x - y) x^T"


def declared(form):
    return {
        name: text for name in ("given", "varying", "where", "assume") if (text := form.input_value(f"#desk-{name}"))
    }


def paste(form, text, field="#desk-latex"):
    """Paste over all that stands in the field, as a person does."""
    form.focus(field)
    form.keyboard.press("ControlOrMeta+a")
    form.keyboard.insert_text(text)


def test_pasting_over_the_example_clears_its_declarations_which_can_be_put_back(form):
    before = declared(form)
    assert len(before) == 3
    paste(form, LAYER)
    assert declared(form) == {}
    assert form.locator("#desk-cleared").is_visible()
    form.click("#desk-cleared button")
    assert declared(form) == before and form.input_value("#desk-latex") == LAYER
    assert not form.locator("#desk-cleared").is_visible()
    paste(form, "g = x")  # they are the reader's now
    assert declared(form) == before


def test_another_loss_clears_the_declarations_of_the_one_before(form):
    form.click("#desk-tab-derive")
    before = declared(form)
    assert before
    paste(form, "sum((W@x - b)**2)", "#desk-loss")
    assert declared(form) == {} and form.locator("#desk-cleared").is_visible()
    form.click("#desk-cleared button")
    assert declared(form) == before


def test_an_edit_of_the_example_keeps_its_declarations(form):
    before, text = declared(form), form.input_value("#desk-latex")
    paste(form, text.replace("2 (y", "-2 (y", 1).replace("z (1 - z)", "s (1 - s)"))
    assert declared(form) == before and not form.locator("#desk-cleared").is_visible()


def test_what_the_reader_declared_is_not_cleared(form):
    fill(form, given="W: m×n, x: n, y: m")
    paste(form, LAYER)
    assert declared(form) == {"given": "W: m×n, x: n, y: m"}


def test_emptying_the_field_clears_them_too_and_so_does_a_text_over_a_link_of_the_book(form):
    paste(form, " ")
    assert declared(form) == {}
    form.evaluate("hash => { location.hash = hash; }", link({"latex": r"f = x^T x \\ \nabla f = 2 x", "given": "x: n"}))
    form.wait_for_function("() => document.getElementById('desk-given').value === 'x: n'")
    paste(form, LAYER)
    assert declared(form) == {}


def test_a_reader_may_start_empty_and_take_it_back(form):
    before = {name: form.input_value(f"#desk-{name}") for name in desk.FIELDS}
    form.click("#desk-empty")
    assert not any(form.input_value(f"#desk-{name}") for name in desk.FIELDS)
    assert form.evaluate("() => document.activeElement.id") == "desk-latex"
    form.click("#desk-replaced button")
    assert {name: form.input_value(f"#desk-{name}") for name in desk.FIELDS} == before
    form.click("#desk-empty")
    form.go_back()
    form.wait_for_function("text => document.getElementById('desk-latex').value === text", arg=before["latex"])


@python
def test_a_text_without_declarations_is_not_called_right(form):
    paste(form, r"\nabla_q h = Q^{\natural} \star q")
    said = asked(form)
    assert said.startswith("Nothing was checked")
    assert form.get_attribute("#desk-status", "data-outcome") == ""


# ── what nobody declared ──────────────────────────────────────────────────────────────────────────────────────────


LEAST_SQUARES = r"f = \|A x - b\|^2 \\ \nabla f = 2 A^T (A x - b)"
QUADRATIC = r"f = x^T A x \\ \nabla_x f = 2 A x"
INFERRED = ["A: m×n, inferred", "x: n, inferred", "b: m, inferred", "varying x, inferred", "All of it"]


def chips(form):
    return form.locator(".desk-chips button").all_inner_texts()


def chip(form, name):
    return form.get_by_role("button", name=name, exact=True)


def focused(form):
    return form.evaluate("() => document.activeElement.textContent")


def start_with(form, text):
    form.click("#desk-empty")
    paste(form, text)


@python
def test_inferred_shapes_stand_above_the_rows_and_each_goes_into_the_form(visit, form):
    start_with(form, LEAST_SQUARES)
    assert asked(form) == "Every line holds. What nobody declared was inferred."
    assert marks(form) == "≔✓" and chips(form) == INFERRED
    assert form.evaluate(
        "() => document.querySelector('.desk-inferred').getBoundingClientRect().bottom"
        " <= document.querySelector('.desk-lines').getBoundingClientRect().top"
    )
    assert declared(form) == {}
    chip(form, "b: m, inferred").focus()
    form.keyboard.press("Enter")
    assert declared(form) == {"given": "b: m"}
    assert focused(form) == "b: m, in the form"
    assert form.inner_text("#desk-status") == "In the form now: b: m. The next check goes by it."
    form.keyboard.press("Enter")  # once is enough
    assert declared(form) == {"given": "b: m"}
    chip(form, "varying x, inferred").click()  # it needs the shape of x
    assert declared(form) == {"given": "b: m, x: n", "varying": "x"}
    assert chips(form)[1:4] == ["x: n, in the form", "b: m, in the form", "varying x, in the form"]
    fill(form, given="b: m")
    assert chips(form)[1:4] == ["x: n, inferred", "b: m, in the form", "varying x, inferred"]
    assert not visit.axe(within="#desk")


@python
def test_all_that_was_inferred_goes_into_the_form_at_once(form):
    start_with(form, LEAST_SQUARES)
    asked(form)
    chip(form, "All of it").click()
    assert declared(form) == {"given": "A: m×n, x: n, b: m", "varying": "x"}
    assert asked(form) == "Every line holds." and chips(form) == []
    paste(form, "g = z")  # what was inferred belongs to the text, as what an example declares does
    assert declared(form) == {}
    form.click("#desk-cleared button")
    assert declared(form) == {"given": "A: m×n, x: n, b: m", "varying": "x"}


@python
def test_what_the_reader_wrote_stays_when_what_was_inferred_goes_in(form):
    start_with(form, LEAST_SQUARES)
    fill(form, given="A: m×n,")
    asked(form)
    assert chips(form) == ["x: n, inferred", "b: m, inferred", "varying x, inferred", "All of it"]
    chip(form, "All of it").click()
    assert declared(form) == {"given": "A: m×n, x: n, b: m", "varying": "x"}
    paste(form, "g = z")
    assert declared(form) == {"given": "A: m×n, x: n, b: m"}


@python
def test_an_unclear_line_is_settled_by_one_click(visit, form):
    start_with(form, QUADRATIC)
    assert asked(form).startswith("No line is confirmed: 1 line cannot be settled.") and marks(form) == "≔≟"
    offers = form.locator(".desk-unclear button")
    assert offers.all_inner_texts() == [
        "Declare x: n, A: n×n; varying x, and check again",
        "Assume A: symmetric, and check again",
    ]
    assert not visit.axe(within="#desk")
    offers.first.click()
    assert answered(form) == "Row 2 is the first wrong line: assumption." and marks(form) == "≔✗"
    assert declared(form) == {"given": "x: n, A: n×n", "varying": "x"}
    assert form.evaluate("() => document.activeElement.id") == "desk-check"
    form.get_by_role("button", name="Assume A: symmetric, and check again").press("Enter")
    assert answered(form) == "Every line holds."
    assert declared(form) == {"given": "x: n, A: n×n", "varying": "x", "assume": "A: symmetric"}
    form.go_back()
    form.wait_for_function("() => document.getElementById('desk-assume').value === ''")


@python
def test_letters_that_stay_open_are_asked_for_in_one_sentence(form):
    start_with(form, r"\nabla_x L = B x + c")
    fill(form, given="x: n")
    assert asked(form).endswith("Say what L is in a line of the text, and give the shapes of B and c under Shapes.")


@python
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_was_inferred_fits_a_phone(visit, form, scheme):
    before = form.viewport_size
    form.set_viewport_size({"width": 360, "height": 740})
    form.evaluate("scheme => { document.documentElement.dataset.theme = scheme; }", scheme)
    try:
        letters = " + ".join(rf"\|A_{{{i}}} x - b_{{{i}}}\|^2" for i in (11, 12, 13, 14))
        start_with(form, rf"f = {letters} \\ \nabla_x f = 2 A_{{11}} x")
        asked(form)
        assert len(chips(form)) > 8 and form.locator(".desk-unclear button").count() == 1
        assert visit.sideways() <= 0
        assert not visit.axe(within="#desk")
        heights = form.evaluate(
            "() => [...document.querySelectorAll('.desk-chips button')].map(b => b.getBoundingClientRect().height)"
        )
        assert min(heights) >= 24
    finally:
        form.set_viewport_size(before)
        form.evaluate("() => { document.documentElement.dataset.theme = 'light'; }")


# ── a reader's own gradient beside the one that is derived ────────────────────────────────────────────────────────


def mine(form, text):
    """What is said of a reader's own gradient."""
    form.fill("#desk-mine", text)
    form.press("#desk-mine", "Control+Enter")
    form.wait_for_selector(".desk-result[aria-busy=false]", timeout=PATIENCE)
    return form.inner_text("#desk-mine-status")


@python
def test_a_gradient_of_ones_own_is_judged_beside_the_derived_one(visit, form):
    assert form.locator("#desk-mine").is_hidden()
    form.click("#desk-tab-derive")
    asked(form, "#desk-derive")
    steps = form.locator(".desk-derived li").count()
    wrong = r"\frac{\partial \mathcal{L}}{\partial W} = 2 (y - \hat y) \hat y (1 - \hat y) x"
    assert mine(form, wrong) == "Row 1 is the first wrong line: sign."
    assert form.get_attribute("#desk-mine-status", "data-outcome") == "wrong"
    lines = form.locator("#desk-mine-answer .desk-line")
    assert lines.count() == 1 and "mended: sign" in lines.inner_text()
    assert "assert not np.allclose" in form.inner_text("#desk-mine-answer pre")
    assert not visit.axe(within="#desk")
    form.click("#desk-mine-answer >> text=Apply, and check again")
    form.wait_for_selector("#desk-mine-status[data-outcome=right]", timeout=PATIENCE)
    assert "-" in form.input_value("#desk-mine")
    assert form.inner_text("#desk-mine-status").startswith("Yours is right")
    assert mine(form, "-2*(y - yhat)*yhat*(1 - yhat)*x").startswith("Yours is right")
    assert mine(form, " ") == "This could not be read." and form.inner_text("#desk-mine-error")
    assert form.locator(".desk-derived li").count() == steps  # what was derived still stands there
    form.click("#desk-tab-check")
    assert form.locator("#desk-mine").is_hidden()


@python
def test_an_own_gradient_of_a_pasted_pytorch_loss_on_a_phone(visit, form):
    before = form.viewport_size
    form.set_viewport_size({"width": 360, "height": 740})
    try:
        form.click("#desk-tab-derive")
        fill(form, loss="F.mse_loss(W@x, y)", given="W: m×n, x: n, y: m", varying="W", where="")
        asked(form, "#desk-derive")
        assert mine(form, r"\frac{2}{m} (W x - y) x^T").startswith("Yours is right")
        assert visit.sideways() <= 0 and not visit.axe(within="#desk")
    finally:
        form.set_viewport_size(before)


# ── links ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def link(state):
    text = state if isinstance(state, str) else json.dumps(state)
    return "#d=" + base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@python
def test_a_shared_link_opens_with_its_verdict_also_under_a_sub_path(running, form):
    texts = {"latex": r"f &= t\, x^T x \\ \nabla f &= t x \;\text{“σ”}", "given": "x: n, t: scalar", "varying": "x"}
    fill(form, **texts, where="", assume="t: positive")
    form.click("#desk-link")
    form.wait_for_selector("text=Copied")
    fragment = urlsplit(form.evaluate("() => navigator.clipboard.readText()")).fragment
    with browsing.served(prefix="/a/book/") as origin, browsing.Visit(running, origin) as other:
        other.open(f"{PAGE}#{fragment}")
        for name in desk.FIELDS:
            assert other.page.input_value(f"#desk-{name}") == form.input_value(f"#desk-{name}")
        assert answered(other.page) == "Row 2 is the first wrong line: constant factor."
        assert not other.complaints


@python
def test_a_link_says_that_python_starts_and_tells_its_verdict_once(running, origin):
    with browsing.Visit(running, origin) as visit:
        visit.context.add_init_script(
            """{
                const told = (window.told = [""]);
                new MutationObserver(() => {
                    const now = document.getElementById("desk-status")?.textContent ?? "";
                    if (now !== told.at(-1)) told.push(now);
                }).observe(document, { childList: true, subtree: true });
            }"""
        )
        visit.open(PAGE + link({"tab": "derive", "loss": "x@x", "given": "x: n", "varying": "x"}))
        said = answered(visit.page)
        assert said.startswith("The derivative by x, in ")
        visit.page.wait_for_timeout(1500)  # longer than the rows that are read while one writes would take
        told = [words for words in visit.page.evaluate("() => told") if words]
        assert told == ["Python is starting; what comes of this is shown here.", said]
        assert not visit.complaints


@python
def test_an_address_that_the_page_wrote_itself_starts_nothing(running, origin):
    with browsing.Visit(running, origin) as visit:
        seen = []
        visit.page.on("request", lambda request: seen.append(request.url))
        page = visit.open(PAGE)
        start_from(page, 3)
        start_from(page, 4)
        page.go_back()
        page.wait_for_function(
            "text => document.getElementById('desk-latex').value === text", arg=EXAMPLES[3]["latex"].strip()
        )
        page.wait_for_timeout(300)
        assert not [url for url in seen if "/runtime/" in url or "runtime.js" in url]


@python
def test_the_mark_of_an_equation_of_the_book_leads_here(running, origin):
    with browsing.Visit(running, origin) as visit:
        opened = visit.open("chapters/question.html")
        opened.locator("a.equation-mark.equation-wrong").first.click()
        opened.wait_for_selector("#desk-preview mjx-container")
        assert "Loss" in opened.input_value("#desk-latex") and opened.input_value("#desk-varying")
        assert answered(opened).endswith("is the first wrong line: sign.")
        assert visit.complaints == []


def test_a_link_opens_in_the_tab_that_it_was_made_in_and_back_goes_back(form):
    form.evaluate("hash => { location.hash = hash; }", link({"tab": "derive", "loss": "x@x", "given": "x: n"}))
    form.wait_for_selector("#desk-derive:not([hidden])")
    assert form.input_value("#desk-loss") == "x@x"
    assert form.input_value("#desk-latex") == ""
    start_from(form, 1)
    form.go_back()
    form.wait_for_function("() => document.getElementById('desk-loss').value === 'x@x'")


@pytest.mark.parametrize(
    "fragment", ["#d=", "#d=%%%", "#d=AAAA", link("null"), link("[]"), link({"latex": 3}), link({"given": ["x"]})]
)
def test_a_bad_link_is_told_and_ignored(form, fragment):
    form.evaluate("hash => { location.hash = hash; }", fragment)
    form.wait_for_function("() => document.getElementById('desk-status').textContent.startsWith('The link')")
    assert form.input_value("#desk-latex") == desk.examples()[0]["latex"]


def test_a_link_to_a_part_of_the_page_leaves_the_form_alone(form):
    fill(form, latex="f = x")
    form.evaluate("() => { location.hash = '#what-to-write'; }")
    form.wait_for_timeout(100)
    assert form.input_value("#desk-latex") == "f = x"


def test_a_text_that_is_too_long_makes_no_link(form):
    fill(form, latex="x" * 20_000)
    form.click("#desk-link")
    assert form.inner_text("#desk-status").startswith("This is too long for a link")
    assert "#d=" not in form.url


# ── hostile input ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_preview_follows_the_text(form):
    assert typeset(form, r"f = x^T x").locator("mjx-container").count() == 1
    assert typeset(form, r"\begin{align} a &= b \\ c &= d \end{align}").locator("mjx-mtr").count() == 3
    assert typeset(form, r"a &= b \\ c &= d").locator("mjx-mtr").count() == 2
    assert "Missing close brace" in typeset(form, r"f = \frac{1}{x").inner_text()
    assert "appear here" in typeset(form, "").inner_text()


@pytest.mark.parametrize("latex", ["$$f &= x^T x \\\\ g &= f$$", r"\[f = x^T x\]", "$f = x^T x$"])
def test_the_signs_around_mathematics_do_no_harm(form, latex):
    preview = typeset(form, latex)
    assert preview.locator("mjx-container").count() == 1 and "$" not in preview.inner_text()


@pytest.mark.parametrize("latex", [LINKED, STYLED, MARKUP, BOMB, r"\def\x{\x}\x", r"{" * 5000, r"\frac" * 4000])
def test_hostile_latex_is_typeset_harmlessly_or_shown_as_text(form, latex):
    preview = typeset(form, latex)
    found = preview.evaluate(
        "box => box.querySelectorAll('a, img, script, [href], [onerror], #id1, #id2, .c1, [style*=fixed]').length"
    )
    assert found == 0
    assert form.locator("script[src*='extensions/html']").count() == 0


def test_a_definition_ends_with_its_formula(form):
    typeset(form, r"\def\odot{BROKEN}\def\alpha{\odot} a \odot b")
    assert "BROKEN" not in typeset(form, r"a \odot \alpha").inner_html()
    form.evaluate("() => MathJax.tex2chtmlPromise('\\\\odot').then(node => { window.known = node.outerHTML; })")
    form.wait_for_function("() => window.known")
    assert "B" not in form.evaluate("() => new DOMParser().parseFromString(known, 'text/html').body.textContent")


@python
@pytest.mark.parametrize("latex", [LINKED, STYLED, MARKUP, BOMB, r"f = \frac{1}{x", "{" * 5000])
def test_hostile_latex_is_checked_harmlessly(visit, form, latex):
    fill(form, latex=latex, given="x: n, <b>B</b>: n")
    asked(form)
    assert "<b>" in form.inner_text("#desk-given-error")
    fill(form, given="x: n", varying="x")
    assert asked(form)
    found = form.evaluate(
        """() => document.querySelectorAll(
            "#desk :is(b, img, a, [onerror], #id1, #id2, .c1), script[src*='extensions/html']").length"""
    )
    assert found == 0
    assert not visit.axe(within="#desk")


@python
def test_a_megabyte_is_answered(form):
    fill(form, latex="x = " + "y" * 1_000_000)
    form.wait_for_function("() => document.getElementById('desk-preview').innerText.includes('too many to typeset')")
    assert asked(form) == "“The derivation, in LaTeX” could not be read."
    assert "at most 100,000" in form.inner_text("#desk-latex-error")


# ── by keyboard, on a phone, in the dark ──────────────────────────────────────────────────────────────────────────


@python
def test_by_keyboard_alone(form):
    form.focus("#desk-tab-check")
    form.keyboard.press("ArrowRight")
    assert form.evaluate("() => document.activeElement.id") == "desk-tab-derive"
    assert form.locator("#desk-panel-check").is_hidden()
    form.keyboard.press("Home")
    assert form.evaluate("() => document.activeElement.id") == "desk-tab-check"
    reached = []
    while "desk-check" not in reached and len(reached) < 30:
        form.keyboard.press("Tab")
        reached.append(form.evaluate("() => document.activeElement.id"))
        outline = form.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", reached[-1]
    expected = ["latex", "given", "varying", "where", "assume", "check"]
    assert [name for name in reached if name.startswith("desk-")] == [f"desk-{name}" for name in expected]
    form.keyboard.press("Enter")
    assert answered(form).startswith("Row 3")
    form.focus("#desk-where")
    form.keyboard.press("Control+Enter")
    assert answered(form).startswith("Row 3")


def test_every_field_has_a_label_a_hint_and_a_place_for_what_is_wrong(form):
    assert form.get_attribute("#desk-status", "role") == "status"
    for name in desk.FIELDS:
        assert form.locator(f"label[for=desk-{name}]").count() == 1
        for described in form.get_attribute(f"#desk-{name}", "aria-describedby").split():
            assert form.locator(f"#{described}").count() == 1


@python
@pytest.mark.parametrize("viewport", [browsing.DESKTOP, browsing.PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_idle_and_answered_in_every_light(visit, form, viewport, scheme):
    before = form.viewport_size
    form.set_viewport_size(viewport)
    form.evaluate("scheme => { document.documentElement.dataset.theme = scheme; }", scheme)
    try:
        assert not visit.axe(within="#desk")
        for button in ("#desk-check", "#desk-derive"):
            form.click(button.replace("desk-", "desk-tab-"))
            asked(form, button)
            assert not visit.axe(within="#desk")
            assert visit.sideways() <= 0
    finally:
        form.set_viewport_size(before)
        form.evaluate("() => { document.documentElement.dataset.theme = 'light'; }")


# ── where there is no Python ──────────────────────────────────────────────────────────────────────────────────────


def test_nothing_is_loaded_before_the_first_click(running, origin):
    with browsing.Visit(running, origin) as visit:
        seen = []
        visit.page.on("request", lambda request: seen.append(request.url))
        visit.open(PAGE)
        visit.page.wait_for_timeout(300)
        assert not [url for url in seen if "/runtime/" in url or "worker" in url or "runtime.js" in url]
        assert not visit.complaints


def test_from_a_file_the_page_typesets_and_says_how_to_serve_it(running):
    with browsing.Visit(running, "file://") as visit:
        visit.page.goto((browsing.SITE / PAGE).as_uri())
        visit.page.wait_for_selector("#desk-preview mjx-container")
        visit.page.click("#desk-check")
        assert "make serve" in visit.page.inner_text("#desk-status")


def test_a_site_without_python_says_how_to_get_it(running, origin):
    with browsing.Visit(running, origin) as visit:
        visit.open(PAGE)
        visit.page.evaluate("() => { document.getElementById('desk-no-python').hidden = false; }")
        visit.page.click("#desk-check")
        assert "make runtime" in visit.page.inner_text("#desk-status")
