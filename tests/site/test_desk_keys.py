"""The row of LaTeX keys of the page "Your own derivation" on a phone, and what a phone's keyboard covers."""

import pytest
from test_desk_page import PAGE

import browsing

browsing.needed()

KEYS = "#desk-panel-check .desk-keys"


@pytest.fixture
def phone(running, origin):
    """The page on a phone, its field empty and in focus, with no Python to start."""
    viewport = {"width": 360, "height": 780}
    with browsing.Visit(running, origin, viewport=viewport, has_touch=True, is_mobile=True) as visit:
        page = visit.open(PAGE)
        page.evaluate("() => { document.getElementById('desk-no-python').hidden = false; }")
        page.tap("#desk-empty")
        page.focus("#desk-latex")
        yield visit
        assert not visit.complaints


def tap(page, name):
    """Tap a key, which has kept the focus where it was."""
    page.locator(KEYS).get_by_role("button", name=name, exact=True).tap()
    assert page.evaluate("() => document.activeElement.id") == "desk-latex"


def written(page):
    """The text, with ¦ where the cursor is."""
    return page.evaluate(
        """() => {
            const { value, selectionStart } = document.getElementById("desk-latex");
            return `${value.slice(0, selectionStart)}¦${value.slice(selectionStart)}`;
        }"""
    )


def test_a_key_types_at_the_cursor_and_what_is_typed_can_be_undone(phone):
    page = phone.page
    tap(page, "fraction")
    assert written(page) == r"\frac{¦}{}"
    tap(page, "partial")
    page.keyboard.type("f")
    assert written(page) == r"\frac{\partial f¦}{}"
    undone = []
    while len(undone) < 5 and written(page) != "¦":
        page.keyboard.press("Control+z")
        undone.append(written(page).replace("¦", ""))
    assert r"\frac{}{}" in undone and undone[-1] == ""


def test_every_key_types_something_of_its_own_that_the_page_hears(phone):
    page = phone.page
    page.evaluate("() => { window.heard = 0; addEventListener('input', () => { heard += 1; }); }")
    typed = []
    keys = page.locator(f"{KEYS} button")
    for place in range(keys.count()):
        page.fill("#desk-latex", "")
        keys.nth(place).tap()
        typed.append(written(page))
    assert len(set(typed)) == len(typed) == keys.count() >= 15
    assert page.evaluate("() => heard") == 2 * len(typed)  # what empties the field is heard too
    wanted = [r"\frac{", "^T", r"\partial", r"\nabla", "_{", r"\sigma", r"\sum", "\\\\\n", "="]
    assert [sign for sign in wanted if not any(sign in text for text in typed)] == []


def test_what_is_selected_goes_into_the_first_place_and_the_cursor_into_the_next(phone):
    page = phone.page
    page.fill("#desk-latex", "a + b + c")
    page.evaluate("() => document.getElementById('desk-latex').setSelectionRange(0, 5)")
    tap(page, "fraction")
    assert written(page) == r"\frac{a + b}{¦} + c"
    page.evaluate("() => document.getElementById('desk-latex').setSelectionRange(16, 17)")
    tap(page, "norm")
    assert written(page) == r"\frac{a + b}{} +\| \|¦c"


def test_keys_are_as_large_as_a_finger_and_one_stop_of_the_tab_key(phone):
    page = phone.page
    sizes = page.eval_on_selector_all(
        f"{KEYS} button",
        "keys => keys.map(key => key.getBoundingClientRect()).map(({width, height}) => [width, height])",
    )
    assert len(sizes) >= 15 and min(min(size) for size in sizes) >= 44
    assert phone.sideways() <= 0 and not phone.axe(within="#desk")
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.textContent").endswith("fraction")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("() => document.activeElement.textContent").endswith("logarithm")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert written(page) == r"\partial ¦"
    page.keyboard.press("Shift+Tab")
    page.focus("#desk-latex")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.id") == "desk-given"


def test_no_keys_where_a_pointer_is_fine_and_the_screen_wide(running, origin):
    with browsing.Visit(running, origin) as visit:
        page = visit.open(PAGE)
        assert page.locator(".desk-keys").count() == 3
        assert not page.locator(".desk-keys").locator("visible=true").count()
    with browsing.Visit(running, origin, has_touch=True, is_mobile=True) as visit:  # a tablet
        assert visit.open(PAGE).locator(KEYS).is_visible()


@pytest.mark.parametrize("covered", [300, 0])
def test_the_keyboard_of_a_phone_covers_neither_check_nor_the_keys(phone, covered):
    page = phone.page
    page.fill("#desk-latex", "x\n" * 60)
    page.evaluate(
        """covered => {
            const { clientHeight } = document.documentElement;
            Object.defineProperty(visualViewport, "height", { get: () => clientHeight - covered });
            visualViewport.dispatchEvent(new Event("resize"));
            document.getElementById("desk-latex").scrollIntoView({ block: "start" });
        }""",
        covered,
    )
    page.wait_for_timeout(100)
    visible = 780 - covered
    check, keys = page.locator("#desk-check").bounding_box(), page.locator(KEYS).bounding_box()
    assert visible - 80 - 60 * (not covered) < check["y"] + check["height"] <= visible
    assert keys["y"] + keys["height"] <= check["y"]
    assert page.locator("#desk-prove").is_visible() == (not covered)
