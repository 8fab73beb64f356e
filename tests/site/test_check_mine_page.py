"""The boxes "check mine" in a real browser: right, wrong, equal in another form, NumPy, by key, on a phone."""

import re

import pytest
from playwright.sync_api import expect

import browsing
import check_mine
import runtime
from derivations.book.markdown_pages import pages

browsing.needed()

RUNTIME = runtime.is_there(browsing.SITE / "_static" / "runtime")
python = pytest.mark.skipif(not RUNTIME, reason="the site was built without Python: make runtime, then make book")
PATIENCE = 60_000  # milliseconds: Python starts once
LABEL = "ex-neuron-learns-ridge"
(PAGE,) = [
    path.relative_to(browsing.BOOK).with_suffix(".html").as_posix()
    for path in pages(browsing.BOOK)
    if LABEL in [label for label, _ in check_mine.boxes(path)]
]
ROOT = f"#check-mine-{LABEL}"
RIGHT = r"2 [(S - Y) \odot S \odot (1 - S)]^T X + 2 \lambda W"
WRONG = r"\frac{\partial \rho}{\partial W} = 2 [(S - Y) \odot S \odot (1 - S)]^T X - 2 \lambda W"


@pytest.fixture(scope="module")
def visit(running, origin):
    """The page, kept open: its Python is started once."""
    with browsing.Visit(running, origin) as visit:
        visit.open(PAGE)
        yield visit


@pytest.fixture
def box(visit):
    """The box as a reader finds it, with nothing kept, and no complaint when the test is over."""
    visit.page.set_viewport_size(browsing.DESKTOP)
    visit.page.evaluate("() => { localStorage.removeItem('check-mine'); dispatchEvent(new Event('storage')); }")
    found = visit.page.locator(ROOT)
    type_in(found, "")
    yield found
    assert not visit.complaints


def type_in(box, text):
    box.locator("textarea").fill(text)
    box.locator("textarea").dispatch_event("input")


def part(box, name):
    return box.locator(f'[data-part="{name}"]')


def answered(box, text):
    """What is said of an answer."""
    type_in(box, text)
    part(box, "check").click()
    return said(box)


def said(box):
    expect(box.locator(".desk-result")).to_have_attribute("aria-busy", "false", timeout=PATIENCE)
    return part(box, "status").inner_text()


def marks(box):
    return "".join(box.locator(".desk-mark").all_inner_texts())


SOLVING = {
    "the answer": RIGHT,
    "another form": r"\frac{\partial \rho}{\partial W} &= 2\lambda W + 2 ((S - Y) \odot (S - S \odot S))^T X",
    "NumPy": "U = 2*(S - Y)*S*(1 - S)\nU.T@X + 2*lam*W",
    "line by line": r"U = 2 (S - Y) \odot S \odot (1 - S) \\ \frac{\partial \rho}{\partial W} = U^T X + 2 \lambda W",
}


@python
@pytest.mark.parametrize("name", SOLVING)
def test_a_right_answer_is_solved_and_counted(box, name):
    assert answered(box, SOLVING[name]) == "Solved."
    assert "✗" not in marks(box) and "✓" in marks(box)
    expect(part(box, "count")).to_be_visible()
    assert re.match(r"Solved: 1 of [2-9] on this page, 1 in the book\.", part(box, "count").inner_text())
    assert not part(box, "hint").is_visible() and not part(box, "mend").is_visible()


@python
def test_a_wrong_sign_is_told_then_hinted_at_then_mended_then_answered(visit, box):
    assert answered(box, WRONG) == "Row 1 is the first wrong line: sign."
    assert marks(box) == "✗"
    assert box.locator(".desk-first-wrong").count() == 1
    assert not part(box, "mend").is_visible() and not box.locator(".desk-mend").count()
    part(box, "hint").click()
    assert "signs" in part(box, "said-hint").inner_text()
    assert not box.locator(".desk-mend").count()
    part(box, "mend").click()
    assert "mended: sign" in box.locator(".desk-mend").inner_text()
    assert not part(box, "answer").is_visible()
    part(box, "show").click()
    assert part(box, "answer").locator("mjx-container").count() == 1
    assert not part(box, "count").is_visible()
    assert not visit.axe(within=ROOT)


@python
def test_a_tautology_and_nonsense_are_neither(box):
    tautology = r"\frac{\partial \rho}{\partial W} = \frac{\partial \rho}{\partial W}"
    assert "true, and not yet an answer" in answered(box, tautology)
    assert "could not be read" in answered(box, "hello world")
    assert part(box, "status").get_attribute("data-outcome") == ""
    assert "needs the sizes" in answered(box, "U = (S - Y)*S\nU@X")
    assert answered(box, " ") == "Nothing was checked: write an answer first."
    assert not part(box, "count").is_visible()


@python
def test_what_is_typed_and_solved_is_kept_and_the_count_may_be_reset(running, origin):
    with browsing.Visit(running, origin) as visit:
        visit.open(PAGE)
        box = visit.page.locator(ROOT)
        assert answered(box, RIGHT) == "Solved."
        type_in(box, RIGHT + " ")
        visit.page.wait_for_function("text => localStorage.getItem('check-mine').includes(text)", arg="lambda W ")
        visit.page.reload(wait_until="load")
        assert box.locator("textarea").input_value() == RIGHT + " "
        expect(part(box, "count")).to_be_visible()
        part(box, "reset").click()
        expect(part(box, "count")).to_be_hidden()
        visit.page.reload(wait_until="load")
        assert box.locator("textarea").input_value() == RIGHT + " "
        expect(part(box, "count")).to_be_hidden()
        assert not visit.complaints  # no request to another host either


@python
def test_by_keyboard_alone(visit, box):
    page = visit.page
    box.locator("textarea").focus()
    page.keyboard.type(WRONG)
    page.keyboard.press("Control+Enter")
    assert said(box).startswith("Row 1")
    reached = []
    for _ in range(3):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("() => document.activeElement.dataset.part"))
        assert page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle") != "none"
    assert reached == ["check", "hint", "show"]
    part(box, "hint").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.dataset.part") == "said-hint"
    part(box, "mend").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.className") == "desk-mend"


@python
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_in_every_light(visit, box, scheme):
    visit.page.set_viewport_size(browsing.PHONE)
    visit.page.evaluate("scheme => { document.documentElement.dataset.theme = scheme; }", scheme)
    try:
        assert answered(box, WRONG).startswith("Row 1")
        visit.still()
        assert visit.sideways() <= 0
        assert not visit.axe(within=ROOT)
        for button in box.locator("button:visible").all():
            assert button.bounding_box()["height"] >= 24
        assert box.locator("textarea").evaluate("field => parseFloat(getComputedStyle(field).fontSize)") >= 16
    finally:
        visit.page.evaluate("() => { document.documentElement.dataset.theme = 'light'; }")


@python
def test_hostile_text_does_nothing(visit, box):
    for text in (r"\href{javascript:alert(1)}{x} = x", "<img src=x onerror=alert(1)>", "{" * 3000, "x" * 200_000):
        assert answered(box, text)
    assert box.locator("img, a, [onerror]").count() == 0


def test_nothing_is_loaded_before_the_first_check(running, origin):
    with browsing.Visit(running, origin) as visit:
        seen = []
        visit.page.on("request", lambda request: seen.append(request.url))
        visit.open(PAGE)
        visit.page.locator(ROOT).locator("textarea").fill("x")
        visit.still()
        assert not [url for url in seen if "/runtime/" in url or "worker" in url or "tex-chtml" in url]
        assert not visit.complaints


def test_what_is_kept_may_be_spoilt(running, origin):
    with browsing.Visit(running, origin) as visit:
        for spoilt in ("[1]", "{", '{"ex-neuron-learns-ridge": 3}', '{"ex-neuron-learns-ridge": {"text": 5}}', "null"):
            visit.open(PAGE)
            visit.page.evaluate("text => localStorage.setItem('check-mine', text)", spoilt)
            visit.page.reload(wait_until="load")
            assert visit.page.locator(ROOT).locator("textarea").input_value() == ""
        assert not visit.complaints


def test_without_python_the_box_says_what_to_do(running, origin):
    with browsing.Visit(running, origin) as visit:
        visit.open(PAGE)
        box = visit.page.locator(ROOT)
        visit.page.evaluate("root => { document.querySelector(root + ' [data-part=no-python]').hidden = false; }", ROOT)
        type_in(box, RIGHT)
        part(box, "check").click()
        assert "make serve" in part(box, "status").inner_text()


def test_from_a_file_the_box_says_how_to_serve_it(running):
    with browsing.Visit(running, "file://") as visit:
        visit.page.goto((browsing.SITE / PAGE).as_uri())
        box = visit.page.locator(ROOT)
        type_in(box, RIGHT)
        part(box, "check").click()
        assert "make serve" in part(box, "status").inner_text()


@pytest.fixture
def phone(running, origin):
    """The page on a phone, with no Python to start, and the boxes of it."""
    with browsing.Visit(running, origin, viewport=browsing.PHONE, has_touch=True, is_mobile=True) as visit:
        page = visit.open(PAGE)
        yield visit, page.locator(".check-mine")
        assert visit.sideways() <= 0 and not visit.complaints


def test_on_a_phone_the_keys_of_a_box_come_with_its_first_focus_and_stay(phone):
    visit, boxes = phone
    assert boxes.count() > 1 and not visit.page.locator(".desk-keys").count()
    box, other = boxes.nth(0), boxes.nth(1)
    box.locator("textarea").tap()
    box.get_by_role("button", name="fraction", exact=True).tap()
    visit.page.keyboard.type("a")
    assert box.locator("textarea").input_value() == r"\frac{a}{}"
    other.locator("textarea").tap()
    box.locator("textarea").tap()
    assert box.locator(".desk-keys").count() == other.locator(".desk-keys").count() == 1
    assert box.locator(".desk-keys").is_visible() and not visit.axe(within=f"#{box.get_attribute('id')}")
    visit.page.wait_for_function("() => localStorage.getItem('check-mine')?.includes('frac')")


@pytest.mark.parametrize("covered", [300, 0])
def test_the_keyboard_of_a_phone_covers_neither_check_nor_the_keys_of_a_box(phone, covered):
    visit, boxes = phone
    box = boxes.nth(0)
    box.locator("textarea").tap()
    box.locator("textarea").fill("x\n" * 60)
    visit.page.evaluate(
        """covered => {
            const { clientHeight } = document.documentElement;
            Object.defineProperty(visualViewport, "height", { get: () => clientHeight - covered });
            visualViewport.dispatchEvent(new Event("resize"));
            document.activeElement.style.height = "150vh";
            document.activeElement.scrollIntoView({ block: "start" });
        }""",
        covered,
    )
    visit.page.wait_for_timeout(100)
    check, keys = part(box, "check").bounding_box(), box.locator(".desk-keys").bounding_box()
    visible = browsing.PHONE["height"] - covered
    if covered:
        assert visible - 80 < check["y"] + check["height"] <= visible
        assert keys["y"] + keys["height"] <= check["y"]
    else:
        assert check["y"] > visible  # in a page of text nothing hangs over it without need


def test_no_keys_at_a_box_where_a_pointer_is_fine(visit, box):
    box.locator("textarea").focus()
    assert box.locator(".desk-keys").count() == 1 and not box.locator(".desk-keys").is_visible()
