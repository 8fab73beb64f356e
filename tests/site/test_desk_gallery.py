"""The examples of the page "Your own derivation", which stand on it as cards."""

import pytest
from test_desk_page import PAGE, declared, paste

import browsing
import desk

browsing.needed()


@pytest.fixture
def visit(running, origin):
    """The page, with no Python to start."""
    with browsing.Visit(running, origin) as visit:
        page = visit.open(PAGE)
        page.evaluate("() => { document.getElementById('desk-no-python').hidden = false; }")
        page.wait_for_selector("#desk-preview mjx-container")
        yield visit
        assert not visit.complaints


def current(page):
    return page.eval_on_selector_all(".desk-card[aria-current]", "cards => cards.map(card => card.dataset.example)")


def test_each_card_shows_a_typeset_formula_before_any_script_runs(running, origin):
    with browsing.Visit(running, origin, java_script_enabled=False) as visit:
        cards = visit.open(PAGE).locator(".desk-card")
        assert cards.count() == len(desk.examples()) >= 8
        for place in range(cards.count()):
            box = cards.nth(place).locator("mjx-container").bounding_box()
            assert box["width"] > 60 and box["height"] > 10


def test_a_card_fills_the_form_and_undo_brings_back_what_stood_there(visit):
    page = visit.page
    assert current(page) == ["0"]
    paste(page, "f = x")
    page.fill("#desk-given", "x: scalar")
    assert current(page) == []
    page.locator(".desk-card").nth(3).click()
    example = desk.examples()[3]
    assert {name: page.input_value(f"#desk-{name}") for name in desk.FIELDS} == {
        name: example[name] for name in desk.FIELDS
    }
    assert current(page) == ["3"] and page.evaluate("() => document.activeElement.dataset.example") == "3"
    assert page.inner_text("#desk-replaced").startswith(f"“{example['title']}” stands in the form.")
    assert not visit.axe(within="#desk")
    page.click("#desk-replaced button")
    assert page.input_value("#desk-latex") == "f = x" and declared(page) == {"given": "x: scalar"}
    assert not page.locator("#desk-replaced").is_visible() and current(page) == []
    page.locator(".desk-card").nth(1).click()
    page.go_back()
    page.wait_for_function("() => document.getElementById('desk-latex').value === 'f = x'")


def test_every_card_is_reached_by_the_keyboard_and_seen_when_it_is(visit):
    page = visit.page
    page.focus("#desk-empty")
    reached = []
    for _ in desk.examples():
        page.keyboard.press("Tab")
        reached.append(page.evaluate("() => document.activeElement.dataset.example"))
        page.wait_for_function(
            """() => {
                const card = document.activeElement.getBoundingClientRect();
                const row = document.querySelector(".desk-cards").getBoundingClientRect();
                return card.left >= row.left - 1 && card.right <= row.right + 1;
            }""",
            timeout=3000,
        )
    assert reached == [str(place) for place in range(len(desk.examples()))]
    page.keyboard.press("Enter")
    assert page.input_value("#desk-latex") == desk.examples()[-1]["latex"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_cards_fit_a_phone(running, origin, scheme):
    with browsing.Visit(running, origin, viewport=browsing.PHONE, scheme=scheme) as visit:
        visit.open(PAGE)
        visit.still()
        assert visit.sideways() <= 0
        assert not visit.axe(within=".desk-gallery")


def test_a_name_of_a_card_is_its_title_and_its_mistake(visit):
    named = visit.page.get_by_role("button", name="Least squares a transpose lost", exact=True)
    assert named.count() == 1


def test_the_card_that_stands_in_the_form_looks_so_in_forced_colours(running, origin):
    with browsing.Visit(running, origin, forced_colors="active") as visit:
        colours = visit.open(PAGE).eval_on_selector_all(
            ".desk-card", "cards => cards.map(card => getComputedStyle(card).borderTopColor)"
        )
        assert colours[0] not in colours[1:]
