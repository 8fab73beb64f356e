"""Old addresses: each page and each place that a reader could link to in the first version still leads somewhere."""

import json
from urllib.parse import urljoin

import jinja2
import pytest
from bs4 import BeautifulSoup

import browsing
import redirects

TEMPLATES = jinja2.Environment(loader=jinja2.FileSystemLoader(redirects.TABLE.parent / "templates"))
OLD = json.loads((browsing.BOOK / "tests" / "addresses.json").read_text(encoding="utf-8"))
"""The pages of the first version, and what stood in them with a # beside it."""

NAMED = ("ex-", "fig-", "law-")
"""Places with a name that somebody gave: they never vanish. Of headings and equations the page is kept at least."""


def led(site, page, place=""):
    """Where a browser ends up that follows an old address, by the files of the site."""
    moved = {redirects.address(old): redirects.address(new) for old, new in redirects.table().items()}
    listed = json.loads((site / "_static" / redirects.PLACES).read_text(encoding="utf-8"))
    assert listed["moved"] == moved
    html = BeautifulSoup((site / page).read_text(encoding="utf-8"), "html.parser")
    if place and html.find(id=place):
        return f"{page}#{place}"
    if place and f"{page}#{place}" in moved:
        return moved[f"{page}#{place}"]
    if place in listed["places"]:
        return f"{listed['places'][place]}#{place}"
    leads = html.find("script", attrs={"data-to": True})
    return urljoin(page, leads["data-to"]) if leads else page


@pytest.mark.parametrize("old", OLD)
def test_an_old_page_answers_or_leads_on(old):
    assert (browsing.SITE / old).is_file(), f"write a row for {old} in web/redirects.yml"
    assert (browsing.SITE / led(browsing.SITE, old)).is_file()


def test_no_exercise_and_no_figure_was_lost():
    named = [(page, place) for page, places in OLD.items() for place in places.split() if place.startswith(NAMED)]
    assert len(named) > 50
    lost = [f"{page}#{place}" for page, place in named if "#" not in led(browsing.SITE, page, place)]
    assert not lost, "write rows for them in web/redirects.yml"


def test_what_is_wrong_with_the_table_is_said():
    moved = {"a": "b", "gone": "nowhere", "a#x": "b#y", "old": "a#x"}
    assert list(redirects.faults(moved, {"a", "b"})) == [
        "a is a page of the book, so it cannot lead to b",
        "gone leads to nowhere, which is no page of the book",
    ]
    assert redirects.old_pages(moved, {"a", "b"}) == [("gone", "nowhere"), ("old", "a#x")]


def test_a_place_that_stands_on_two_pages_is_on_no_list():
    built = {"a.html": '<h2 id="one">x</h2><p id="both">', "b.html": '<p class="c" id="both"><i id="two">'}
    assert redirects.places(built) == {"one": "a.html", "two": "b.html"}


@pytest.fixture
def moved_site(tmp_path):
    """A site with a page that was renamed and split: what it is now, and the page at its old address."""
    (tmp_path / "_static").mkdir()
    (tmp_path / "chapters").mkdir()
    script = redirects.TABLE.parent / "static" / "moved.js"
    (tmp_path / "_static" / "moved.js").write_bytes(script.read_bytes())
    pages = {"chapters/new.html": "first exercises", "chapters/other.html": "second ex-other exercises"}
    for name, places in pages.items():
        body = "".join(f'<p id="{place}" style="height: 2000px">{place}</p>' for place in places.split())
        page = f"<!DOCTYPE html><title>x</title>{body}<script src='../_static/moved.js'></script>"
        (tmp_path / name).write_text(page, encoding="utf-8")
    built = {name: (tmp_path / name).read_text(encoding="utf-8") for name in pages}
    listed = {"moved": {"chapters/old.html#was": "chapters/other.html#second"}, "places": redirects.places(built)}
    (tmp_path / "_static" / "places.json").write_text(json.dumps(listed), encoding="utf-8")
    old = TEMPLATES.get_template("moved.html").render(to="new.html", title="new", pathto=lambda name, _: f"../{name}")
    (tmp_path / "chapters" / "old.html").write_text(old, encoding="utf-8")
    return tmp_path


LED = {
    "old.html": "new.html",
    "old.html#first": "new.html#first",  # it stayed with the page
    "old.html#ex-other": "other.html#ex-other",  # it went to another page
    "old.html#was": "other.html#second",  # by a row of the table
    "old.html#exercises": "new.html#exercises",  # on both pages
    "old.html#nowhere": "new.html#nowhere",  # the fragment is kept
    "new.html#ex-other": "other.html#ex-other",  # a page that stayed
    "new.html#first": "new.html#first",
    "new.html#d=abc": "new.html#d=abc",  # what a form is filled in with is no place
    "new.html#%": "new.html#%",  # nor is what cannot be decoded
}


def test_a_browser_is_led(running, moved_site):
    for start, end in LED.items():
        with browsing.served(moved_site, "/a/book/") as origin, browsing.Visit(running, origin) as visit:
            visit.page.goto(f"{origin}chapters/{start}")
            visit.page.wait_for_url(f"{origin}chapters/{end}", timeout=10_000)
            visit.page.wait_for_timeout(100)
            assert visit.page.url == f"{origin}chapters/{end}"
            assert not [complaint for complaint in visit.complaints if complaint.startswith("error")]


def test_from_a_file_a_page_leads_on(running, moved_site):
    with browsing.Visit(running, "file://") as visit:
        visit.page.goto((moved_site / "chapters" / "old.html").as_uri() + "#first")
        visit.page.wait_for_url("**/new.html#first")


def test_without_scripts_a_page_leads_on(running, moved_site):
    with browsing.served(moved_site) as origin, browsing.Visit(running, origin, java_script_enabled=False) as visit:
        visit.page.goto(f"{origin}chapters/old.html")
        visit.page.wait_for_url(f"{origin}chapters/new.html")
