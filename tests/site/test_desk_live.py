"""The page "Your own derivation" while a reader writes: Python starts at the first focus and judges row by row."""

import pytest
from playwright.sync_api import expect
from test_desk_page import BOMB, LINKED, MARKUP, PAGE, PATIENCE, STYLED, answered, fill, python, start_from

import browsing

browsing.needed()

POSTED = r"""# A question

The loss is $$ f = \|x\|^2 $$ with respect to $x$:
$$ \nabla_x f = 3 x $$
Is it right?"""


@pytest.fixture(scope="module")
def visit(running, origin):
    """The page, kept open: its Python is started once, by the focus."""
    with browsing.Visit(running, origin) as visit:
        visit.open(PAGE)
        yield visit


@pytest.fixture
def form(visit):
    """The page with empty fields and the focus in the first, and no complaint when the test is over."""
    visit.page.click("#desk-tab-check")
    visit.page.click("#desk-empty")
    yield visit.page
    assert not visit.complaints


def write(form, text):
    form.focus("#desk-latex")
    form.keyboard.press("ControlOrMeta+a")
    form.keyboard.insert_text(text)


def judged(form, row_marks):
    """Wait until the rows of the preview have these marks."""
    form.wait_for_function(
        """marks => {
            const shown = [...document.querySelectorAll("#desk-preview .desk-mark")];
            return shown.map(mark => mark.textContent).join("") === marks;
        }""",
        arg=row_marks,
        timeout=PATIENCE,
    )


def source(form):
    return form.input_value("#desk-latex")


def test_before_python_a_document_stands_there_as_it_is_and_a_block_is_typeset(running, origin):
    with browsing.Visit(running, origin) as visit:
        form = visit.open(PAGE)
        form.wait_for_selector("#desk-preview mjx-container")
        fill(form, latex=POSTED)
        form.wait_for_selector("#desk-preview .desk-plain")
        assert form.inner_text("#desk-preview") == POSTED
        assert form.locator("#desk-preview mjx-container").count() == 0
        fill(form, latex="f = x^T x\n\\nabla f = 2 x")  # where its rows end is not guessed
        form.wait_for_function("() => document.getElementById('desk-preview').innerText.startsWith('f = x')")
        fill(form, latex=r"f &= x^T x \\ \nabla f &= 2 x")
        expect(form.locator("#desk-preview mjx-mtr")).to_have_count(2)
        assert not visit.complaints


@python
@pytest.mark.parametrize(("tab", "field"), [("check", "given"), ("derive", "loss")])
def test_python_starts_at_the_first_focus_of_a_field_and_not_before(running, origin, tab, field):
    with browsing.Visit(running, origin) as visit:
        seen = []
        visit.page.on("request", lambda request: seen.append(request.url))
        form = visit.open(PAGE)
        form.wait_for_selector("#desk-preview mjx-container")
        form.click(f"#desk-tab-{tab}")
        start_from(form, 1)
        form.wait_for_timeout(1000)
        assert not [url for url in seen if "/runtime/" in url or "worker" in url]
        with form.expect_request("**/pyodide.asm.wasm", timeout=PATIENCE):
            form.focus(f"#desk-{field}")
        assert form.inner_text("#desk-status") == ""  # nothing is announced that nobody asked for


@python
def test_a_document_is_shown_as_rows_with_marks_and_prose_between_them(visit, form):
    write(form, POSTED)
    judged(form, "≔✗")
    shown = form.evaluate("() => [...document.querySelector('.desk-parts').children].map(part => part.className)")
    assert shown == ["desk-prose", "desk-part desk-definition", "desk-prose", "desk-part desk-fails", "desk-prose"]
    assert form.locator(".desk-prose").all_inner_texts()[-1] == "Is it right?"
    expect(form.locator(".desk-part mjx-container")).to_have_count(2)
    expect(form.locator(".desk-prose mjx-container")).to_have_count(1)  # $x$ in a line of text
    assert "$" not in form.locator(".desk-prose").all_inner_texts()[1]
    assert form.locator("#desk-answer > *").count() == 0 and form.inner_text("#desk-status") == ""
    assert not visit.axe(within="#desk")


@python
def test_the_marks_follow_what_is_written_in_any_field(form):
    write(form, "f = x^T A x\n\\nabla_x f = 2 A x")
    judged(form, "≔≟")
    fill(form, given="A: n×n, x: n", assume="A: symmetric")
    judged(form, "≔✓")
    write(form, "f = x^T A x\n\\nabla_x f = 3 A x")
    judged(form, "≔✗")
    fill(form, given="A: n×n, x n")
    expect(form.locator("#desk-live")).to_have_text("“Shapes” could not be read.")


@python
def test_check_takes_over_and_its_answer_stays(form):
    write(form, POSTED)
    form.click("#desk-check")
    assert answered(form).startswith("Row 2 is the first wrong line")
    judged(form, "≔✗")
    assert form.locator("#desk-answer .desk-line").count() == 2


@python
@pytest.mark.parametrize("latex", [LINKED, STYLED, MARKUP, BOMB])
def test_hostile_rows_are_shown_harmlessly(form, latex):
    write(form, f"<b>Look</b>: $$ {latex} $$")
    form.wait_for_selector("#desk-preview .desk-part", timeout=PATIENCE)
    form.wait_for_function("() => document.querySelector('.desk-part .desk-mark').textContent", timeout=PATIENCE)
    assert form.inner_text(".desk-prose").startswith("<b>Look</b>")
    found = form.evaluate(
        """() => document.querySelectorAll(
            "#desk-preview :is(b, a, img, script, [href], [onerror], #id1, #id2, .c1, [style*=fixed])").length"""
    )
    assert found == 0


# ── the mend ──────────────────────────────────────────────────────────────────────────────────────────────────────


@python
def test_a_mend_is_shown_as_a_difference_and_applied_in_its_place(visit, form):
    write(form, POSTED)
    form.click("#desk-check")
    answered(form)
    mend = form.locator(".desk-mend")
    assert mend.locator("del").all_inner_texts() == ["3"] and mend.locator("ins").all_inner_texts() == ["2"]
    assert not visit.axe(within="#desk")
    mend.get_by_role("button", name="Apply, and check again").click()
    assert answered(form).startswith("Every line holds.")
    assert source(form) == POSTED.replace("3 x", "2 x")
    form.focus("#desk-latex")
    form.keyboard.press("ControlOrMeta+z")
    assert source(form) == POSTED


@python
def test_a_mend_of_a_text_that_has_changed_is_not_applied(form):
    write(form, POSTED)
    form.click("#desk-check")
    answered(form)
    write(form, f"Hello. {POSTED}")
    form.locator(".desk-mend").get_by_role("button", name="Apply, and check again").click()
    assert form.inner_text("#desk-status") == "The text has changed since: check it again."
    assert source(form) == f"Hello. {POSTED}"


# ── deriving ──────────────────────────────────────────────────────────────────────────────────────────────────────


LOSSES = {
    "numpy": "sum((A@x - b)**2)",
    "latex": r"\|A x - b\|_2^2",
    "displayed": r"$$ \mathcal{L} = \|A x - b\|_2^2 $$",
    "torch": "F.mse_loss(A@x, b, reduction='sum')",
    "function": "def loss(x):\n    r = A @ x - b\n    return (r**2).sum()",
}


@python
@pytest.mark.parametrize("notation", LOSSES)
def test_a_loss_is_derived_in_each_notation_with_the_gradient_first(visit, form, notation):
    form.click("#desk-tab-derive")
    fill(form, loss=LOSSES[notation], given="A: m×n, x: n, b: m", varying="x")
    form.click("#desk-derive")
    assert answered(form).startswith("The derivative by x, in ")
    first = form.locator("#desk-answer > *").first
    assert first.get_attribute("aria-label") == "The derivative by x"
    expect(first.locator("mjx-container")).to_have_count(1)
    code = first.locator("pre").inner_text()
    names = {}
    exec(code, names)
    generator = names["np"].random.default_rng(1)
    A, x, b = generator.normal(size=(3, 2)), generator.normal(size=2), generator.normal(size=3)
    given = {"A": A, "x": x, "b": b}
    code = names["gradient"].__code__
    arguments = [given[name] for name in code.co_varnames[: code.co_argcount]]
    assert names["np"].allclose(names["gradient"](*arguments), 2 * A.T @ (A @ x - b))
    places = (".desk-gradient .desk-formula", ".desk-gradient pre", ".desk-derived")
    boxes = [form.locator(place).first.bounding_box() for place in places]
    assert boxes[0]["x"] < boxes[1]["x"] and boxes[1]["y"] < boxes[2]["y"]
    assert not visit.axe(within="#desk") and visit.sideways() <= 0


# ── how it fits ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_back_to_top_covers_nothing_that_is_to_be_pressed(running, origin):
    for viewport in (browsing.DESKTOP, browsing.PHONE):
        with browsing.Visit(running, origin, viewport=viewport) as visit:
            form = visit.open(PAGE)
            form.locator("#desk-given").scroll_into_view_if_needed()
            form.add_style_tag(
                content="#pst-back-to-top { display: block !important; }"
            )  # the theme shows it by its own script
            covered = form.evaluate(
                """() => {
                    const top = document.getElementById("pst-back-to-top").getBoundingClientRect();
                    const bar = document.querySelector("#desk-form > .desk-actions").getBoundingClientRect();
                    return [top.height > 0, top.bottom > bar.top && top.top < bar.bottom];
                }"""
            )
            assert covered == [True, False]


def test_one_tab_looks_selected_in_forced_colours(running, origin):
    with browsing.Visit(running, origin, forced_colors="active") as visit:
        form = visit.open(PAGE)
        colours = form.evaluate(
            """() => [...document.querySelectorAll("#desk [role=tab]")].map(
                tab => getComputedStyle(tab).borderBottomColor)"""
        )
        page = form.evaluate("() => getComputedStyle(document.body).backgroundColor")
        assert colours[1] == page != colours[0]


def test_no_field_is_small_enough_for_a_phone_to_zoom_to_it(running, origin):
    pages = {PAGE: "#desk :is(textarea, select)", "chapters/checking-a-gradient.html": ".live-editor, .desk textarea"}
    with browsing.Visit(
        running, origin, viewport={"width": 800, "height": 390}, has_touch=True, is_mobile=True
    ) as visit:
        sizes = {
            path: visit.open(path).eval_on_selector_all(
                f"{fields}, input[type=search]", "all => all.map(field => parseFloat(getComputedStyle(field).fontSize))"
            )
            for path, fields in pages.items()
        }
    assert all(len(found) > 1 and min(found) >= 16 for found in sizes.values()), sizes
