"""The drawings: the same bytes each time, rounded coordinates, readable on their card."""

import inspect
import re

import numpy as np
import pytest

import store_outputs
from browsing import BOOK
from gradients import figures


def test_a_drawing_is_stable_under_rounding_noise():
    z = np.linspace(-4, 4, 161)
    drawn = figures.sigmoid_slopes(z)._repr_svg_()
    assert drawn.startswith("<?xml") and "<svg" in drawn
    assert drawn == figures.sigmoid_slopes(z)._repr_svg_() == figures.sigmoid_slopes(z * (1 + 1e-14))._repr_svg_()
    assert "<dc:date>" not in drawn and "Matplotlib v" not in drawn
    paths = re.findall(r' d="([^"]*)"', drawn)
    assert paths and not any(re.search(r"\.\d{3}|-0 |e-", path) for path in paths)


def test_a_drawing_has_a_plain_name():
    assert repr(figures.sigmoid_slopes()) == "Drawing(5.6 by 3.4 inches)"


def luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_colours_are_seen_on_the_card():
    card = luminance(figures.CARD)
    for colour, least in [
        (figures.INK, 7),
        (figures.BLUE, 4.5),
        (figures.ORANGE, 3),
        (figures.GREEN, 3),
        (figures.FAINT, 3),
    ]:
        assert (card + 0.05) / (luminance(colour) + 0.05) >= least, colour


def test_every_figure_is_documented():
    drawing = {
        name: thing
        for name, thing in inspect.getmembers(figures, inspect.isfunction)
        if thing.__module__ == figures.__name__ and not name.startswith("_")
    }
    assert len(drawing) > 5
    assert [name for name, thing in drawing.items() if not inspect.getdoc(thing)] == []


@pytest.mark.parametrize("name", store_outputs.PICTURES)
def test_a_picture_of_a_page_without_cells_is_the_one_that_the_code_draws(name):
    drawn = store_outputs.PICTURES[name]()._repr_svg_()
    assert (BOOK / "chapters" / "images" / name).read_text(encoding="utf-8") == drawn, "run `make outputs`"


def test_the_picture_of_the_readme_shows_what_check_says():
    drawn = figures.derivation_checked()
    words = [text.get_text() for text in drawn._figure.axes[0].texts]
    assert words.count("✗") == 2 and words.count("✓") == 1 and "sign" in words
