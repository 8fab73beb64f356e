"""The figures that move, in a real browser: their numbers are those of the book, and they answer to keys alone."""

import numpy as np
import pytest

import browsing
from gradients import gradient_matrix, gradient_with_mistakes, loss, sigmoid

browsing.needed()

PAGES = {
    "fig-first-step": "index.html",
    "fig-question-posted-slope": "chapters/question.html",
    "fig-matrix-passes": "chapters/the-neuron-by-differentials.html",
}
WEIGHTS, INPUTS, BIAS, TARGET = [0.5, -0.2, 0.4, 0.1], [1.0, -2.0, 0.5, 1.5], -0.35, 0.0


@pytest.fixture(scope="module")
def visit(running):
    with browsing.served() as origin, browsing.Visit(running, origin) as visit:
        yield visit


def words(page, name):
    return page.locator(f"#{name} .moving-words").inner_text()


@pytest.mark.parametrize(("name", "address"), PAGES.items())
def test_a_drawing_takes_the_place_of_the_picture_but_on_paper(visit, name, address):
    page = visit.open(address)
    assert name in page.evaluate("movingFigures.names")
    picture, drawing = page.locator(f"#{name} > img"), page.locator(f"#{name} svg")
    assert drawing.is_visible() and not picture.is_visible() and drawing.get_attribute("aria-label")
    page.emulate_media(media="print")
    assert picture.is_visible() and not drawing.is_visible()
    page.emulate_media(media="screen")
    assert visit.axe(within=f"#{name}") == [] and not visit.complaints


def test_no_other_page_loads_them(visit):
    page = visit.open("chapters/vectors.html")
    assert page.evaluate("typeof movingFigures") == "undefined"


@pytest.mark.parametrize("weight", [-1.6, 0.5, 2.4])
@pytest.mark.parametrize(("sign", "argument"), [(True, True), (True, False), (False, True), (False, False)])
def test_the_slopes_are_those_of_the_book(visit, weight, sign, argument):
    page = visit.open(PAGES["fig-question-posted-slope"])
    drawn = page.evaluate(
        "([w, mistakes]) => movingFigures.neuron(w, mistakes)", [weight, {"sign": sign, "argument": argument}]
    )
    at = [[weight, *WEIGHTS[1:]]], INPUTS, [BIAS], [TARGET]
    assert np.isclose(drawn["loss"], loss(*at))
    assert np.isclose(drawn["right"], gradient_matrix(*at).W[0, 0])
    claimed = gradient_with_mistakes(*at, lost_minus=sign, z_for_s=argument)
    assert np.isclose(drawn["claimed"], np.ravel(getattr(claimed, "W", claimed))[0])


def test_both_passes_are_those_of_the_book(visit):
    page = visit.open(PAGES["fig-matrix-passes"])
    layer = page.evaluate("movingFigures.LAYER")
    at = layer["W"], layer["x"], layer["b"], layer["y"]
    moved = {"W": [[0.3, -0.2], [0.1, 0.5]], "x": [0.7, -0.4], "b": [-0.6, 0.2]}
    drawn = page.evaluate("moved => movingFigures.passes(movingFigures.LAYER, moved)", moved)
    assert np.isclose(drawn["loss"], loss(*at)) and np.allclose(drawn["s"], sigmoid(np.array(drawn["z"])))
    right = gradient_matrix(*at)
    change = 0
    for name in ("W", "x", "b"):
        assert np.allclose(drawn[name], getattr(right, name)), name
        change += np.sum(np.multiply(moved[name], drawn[name]))
    levels = [np.dot(drawn[a], drawn[d]) for a, d in (("u", "dz"), ("twice", "ds"), ("twice", "dr"))]
    assert np.allclose(levels, drawn["dL"]) and np.isclose(change, drawn["dL"])


def test_the_landing_picture_says_what_a_step_does(visit):
    page = visit.open(PAGES["fig-first-step"])
    assert "loss is 0.51" in words(page, "fig-first-step")
    assert "falls to 0.19" in words(page, "fig-first-step") and "climbs to 0.65" in words(page, "fig-first-step")


def test_it_stands_in_the_first_screen_with_the_way_to_the_desk(visit):
    page = visit.open("index.html")
    page.set_viewport_size(browsing.DESKTOP)
    high = browsing.DESKTOP["height"]
    for part in ("#fig-first-step svg", 'article a[href="chapters/your-own-derivation.html"] >> nth=0'):
        box = page.locator(part).bounding_box()
        assert box["y"] + box["height"] < high, part


def test_a_slider_answers_to_keys(visit):
    page = visit.open(PAGES["fig-first-step"])
    slider = page.locator("#fig-first-step input").first
    before = words(page, "fig-first-step")
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert words(page, "fig-first-step") != before and slider.get_attribute("aria-valuetext") == "0.55"


def test_a_weight_is_dragged(visit):
    page = visit.open(PAGES["fig-first-step"])
    box = page.locator("#fig-first-step svg").bounding_box()
    middle = box["y"] + box["height"] / 3
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.75, middle)
    page.mouse.up()
    assert float(page.locator("#fig-first-step input").first.input_value()) > 1


def test_without_its_mistakes_the_posted_line_is_the_tangent(visit):
    page = visit.open(PAGES["fig-question-posted-slope"])
    assert "both mistakes it would be −0.13" in words(page, "fig-question-posted-slope")
    for switch in page.locator("#fig-question-posted-slope input[type=checkbox]").all():
        switch.focus()
        page.keyboard.press("Space")
    assert "the two lines are one" in words(page, "fig-question-posted-slope")
    lines = [page.locator(f"#fig-question-posted-slope polyline.{look}") for look in ("right", "claimed")]
    assert lines[0].get_attribute("points") == lines[1].get_attribute("points")


def test_the_passes_are_walked_step_by_step(visit):
    page = visit.open(PAGES["fig-matrix-passes"])
    button, arrows = page.locator("#fig-matrix-passes button"), page.locator("#fig-matrix-passes polygon")
    seen = [arrows.count()]
    while button.inner_text() == "Next step":
        button.press("Enter")
        seen.append(arrows.count())
    assert seen == [0, 3, 4, 5, 6, 6, 7, 8, 9, 12]
    assert "again" in words(page, "fig-matrix-passes")
    button.press("Enter")
    assert arrows.count() == 0


def test_a_phone_shows_them_whole(visit):
    page = visit.page
    page.set_viewport_size(browsing.PHONE)
    for name, address in PAGES.items():
        visit.open(address)
        box = page.locator(f"#{name} svg").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= browsing.PHONE["width"] and visit.sideways() <= 0
    page.set_viewport_size(browsing.DESKTOP)
