"""The built site, read page by page from _build/html."""

import json
import re
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from bs4 import BeautifulSoup

import anchors
import book_site
import desk
import redirects
import searching
from browsing import BOOK, SITE
from derivations.book.markdown_pages import equations, pages

GENERATED = {"404.html", "genindex.html", "prf-prf.html", "search.html"}  # what Sphinx and web/book_site.py add


@cache
def read(path):
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@pytest.fixture
def site():
    assert (SITE / "index.html").exists(), f"there is no site in {SITE}: run `make book` first"
    return SITE


@pytest.fixture
def html(site, page):
    path = site / f"{page}.html"
    assert path.exists(), f"{path} was not built: run `make book`"
    return read(path)


def test_the_site_holds_these_pages_and_no_others(site):
    built = {path.relative_to(site).as_posix() for path in site.rglob("*.html") if "_static" not in path.parts}
    listed = {path.relative_to(BOOK).with_suffix(".html").as_posix() for path in pages(BOOK)}
    names = {page.removesuffix(".html") for page in listed}
    leading = {f"{old}.html" for old, _ in redirects.old_pages(redirects.table(), names)}
    assert built - GENERATED == listed | leading


def test_one_h1(html):
    assert len(html.find_all("h1")) == 1


def test_links_and_assets_resolve(site, page, html):
    found = list(addresses(html))
    assert found
    for tag, url in found:
        parts = urlsplit(url)
        if parts.scheme or parts.netloc:
            continue
        path = site / unquote(urlsplit(urljoin(f"{page}.html", parts.path or f"{Path(page).name}.html")).path)
        assert path.is_file(), f"{url} leads nowhere"
        if tag.name == "a" and parts.fragment and path.suffix == ".html":
            form = f"#{parts.fragment}".startswith(desk.LINK)  # what the form is filled in with
            anchor = "desk" if form else unquote(parts.fragment)
            target = read(path)
            assert target.find(id=anchor) or target.find(attrs={"name": anchor}), f"{url} has no such place"


def addresses(html):
    """Yield (tag, address) for everything the page links to or loads."""
    for tag in html.find_all(["a", "link"], href=True):
        yield tag, tag["href"]
    for tag in html.find_all(src=True):
        yield tag, tag["src"]


def test_every_displayed_equation_has_its_mark(source, html):
    displayed = sum(equation.display for equation in equations(source))
    assert len(html.select(".checked-equation > div.math")) == displayed
    assert len(html.select(".checked-equation > .equation-mark")) == displayed
    assert not html.select(".equation-failed")


def test_images_have_alt_text(html):
    said = {image["src"]: image.get("alt", "").strip() for image in html.select("article img")}
    assert not [path for path, alt in said.items() if not alt]
    assert not [alt for alt in said.values() if alt.startswith(("_", "/", "..")) or alt.endswith((".svg", ".png"))]


def test_the_site_holds_what_is_asked_of_each_page(site):
    """A page may have none of them."""
    least = {"article img": 20, "div.math": 500, "div.exercise": 50}
    held = {what: sum(len(read(path).select(what)) for path in (site / "chapters").glob("*.html")) for what in least}
    assert not {what: held[what] for what in least if held[what] < least[what]}


def test_no_error_in_an_output(html):
    assert not html.select(".output.traceback, .output.stderr, .system-message, .problematic")


def test_nothing_is_loaded_from_a_third_party(html):
    loaded = [tag["src"] for tag in html.find_all(["script", "img", "iframe", "source", "video", "audio"], src=True)]
    loaded += [tag["href"] for tag in html.find_all("link", href=True) if "canonical" not in tag.get("rel", [])]
    assert not [url for url in loaded if urlsplit(url).netloc]
    run = [script for script in html.find_all("script", src=False) if script.get("type") != "application/ld+json"]
    assert run  # what only tells search engines of the page is not run, and loads nothing
    for script in run:
        assert "https://" not in script.get_text() and "http://" not in script.get_text(), script


def test_mathematics_is_typeset_in_the_page_itself(html):
    assert all(formula.select("mjx-container > mjx-assistive-mml > math") for formula in html.select(".math"))
    assert not html.select("mjx-merror") and not html.find(string=re.compile(r"\\[(\[]"))
    assert [tag for tag in html.select("link[rel=stylesheet]") if "_static/mathematics.css" in tag["href"]]
    assert not [tag for tag in html.find_all("script", src=True) if "mathjax" in tag["src"]]


def test_styles_load_nothing_from_a_third_party(site):
    sheets = list(site.rglob("*.css"))
    assert sheets
    for path in sheets:
        text = path.read_text(encoding="utf-8").replace("'", "").replace('"', "")
        assert "url(http" not in text and "url(//" not in text and "@import http" not in text, path


@pytest.mark.parametrize("part", ["tex-chtml.js", "output/chtml/fonts/woff-v2", "input/tex/extensions", "sre/mathmaps"])
def test_mathjax_is_in_the_site(site, part):
    assert (site / "_static" / "mathjax" / part).exists()


def test_every_place_on_a_page_has_a_name_of_its_own(html):
    names = [tag["id"] for tag in html.find_all(id=True)]
    assert len(names) == len(set(names))


def linked(place, links):
    return [link["href"] for link in place.select(links)] == [f"#{place['id']}"]


def test_every_equation_can_be_linked_to(html):
    assert not [one for one in html.select("div.math") if not linked(one, ".eqno > a.headerlink")]


def test_every_exercise_can_be_linked_to(html):
    assert not [one for one in html.select("div.exercise") if not linked(one, ".admonition-title > a.headerlink")]


def test_every_law_can_be_linked_to(site):
    laws = [heading.find_parent("section") for heading in read(site / "chapters" / "laws.html").find_all("h3")]
    assert len(laws) > 40
    assert all(law.find(id=re.compile("^law-")) or law["id"].startswith("law-") for law in laws)


def test_an_equation_keeps_its_place_when_its_declarations_change():
    assert anchors.anchor("% given x: n\nd(x^2) &= 2x\\,dx") == anchors.anchor("d(x^2) &= 2x \\, dx")
    assert anchors.anchor("a = b") != anchors.anchor("a = c")


def test_the_pages_follow_each_other_as_in_the_table_of_contents(site):
    listed = [path.relative_to(BOOK).with_suffix(".html").as_posix() for path in pages(BOOK)]
    assert len(listed) > 20
    for before, page, after in zip([None, *listed], listed, [*listed[1:], None], strict=False):
        for direction, neighbour in [("left-prev", before), ("right-next", after)]:
            found = [
                urljoin(page, link["href"]) for link in read(site / page).select(f".prev-next-footer a.{direction}")
            ]
            assert found == ([neighbour] if neighbour else []), page


def test_every_page_describes_itself_in_its_own_words(site):
    words = {}
    for path in pages(BOOK):
        html = read(site / path.relative_to(BOOK).with_suffix(".html"))
        (described,) = html.find_all("meta", attrs={"name": "description"})
        assert 80 <= len(described["content"]) <= 160, path
        words[described["content"]] = path
    assert len(words) == len(pages(BOOK))


def test_only_the_icons_in_use_are_served(site):
    static = site / "_static"
    assert not (static / "scripts" / "fontawesome.js").exists()
    assert sum(path.stat().st_size for path in static.glob("icons-*.woff")) < 10_000


def test_each_page_offers_its_source(page, source, html, site):
    words = {link.get_text(strip=True): link["href"] for link in html.select(".dropdown-download-buttons a")}
    label = "Download the notebook" if source.suffix == ".ipynb" else "Download the source"
    assert (site / urljoin(f"{page}.html", words[label])).read_bytes() == source.read_bytes()


def test_what_the_repository_s_address_brings():
    address = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "someone/book"}
    options = book_site.repository_options(address)
    assert options["repository_url"] == "https://github.com/someone/book"
    assert options["launch_buttons"]["binderhub_url"] == "https://mybinder.org"
    assert options["use_source_button"]
    assert book_site.repository_options({}) == {}
    assert {"requirements.txt", "runtime.txt"} <= {path.name for path in BOOK.iterdir()}  # what Binder installs


@pytest.mark.parametrize("address, root", [("", "/"), ("https://someone.github.io/book/", "/book/")])
def test_the_page_for_lost_readers_links_from_the_root(address, root):
    config = SimpleNamespace(html_baseurl=address)
    ((name, context, template),) = book_site.lost_page(SimpleNamespace(config=config))
    assert (name, context["root"], template) == ("404", root, "404.html")
    assert context["logo"].startswith("<svg")


def test_the_page_for_lost_readers_stands_alone(site):
    html = read(site / "404.html")
    links = [html.find("a")["href"], html.find("form")["action"]]
    assert all(link.startswith("/") for link in links)
    assert html.find("link", rel="icon")["href"].startswith("data:image/svg+xml,%3Csvg")
    assert not html.find_all("script") and not html.find_all("link", rel="stylesheet")


def test_the_theme_s_faults_are_mended(html):
    assert html.body["data-default-mode"] == "auto"
    assert len(html.select(".search-button-field")) == 1
    assert "thebe" not in " ".join(str(tag) for tag in html.find_all("script")).lower()
    assert html.find("link", rel="icon")


def test_every_place_that_the_search_knows_is_on_its_page(site):
    text = (site / "_static" / searching.INDEX).read_text(encoding="utf-8")
    known = json.loads(text.removeprefix("const sectionsOfTheBook = ").rstrip(";\n"))["sections"]
    places = {(page, anchor) for page, anchor, *_ in known}
    listed = {page for page, _ in places}
    there = {(page, tag["id"]) for page in listed for tag in read(site / f"{page}.html").find_all(id=True)}
    assert len(places) > 500
    assert places - there == {(page, "") for page in listed}
