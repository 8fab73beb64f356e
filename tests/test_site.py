"""The built site, read page by page from _build/html."""

from functools import cache
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from bs4 import BeautifulSoup

from derivations.book import equations, pages

BOOK = Path(__file__).parent.parent
SITE = BOOK / "_build" / "html"
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
    assert built - GENERATED == listed


def test_one_h1(html):
    assert len(html.find_all("h1")) == 1


def test_links_and_assets_resolve(site, page, html):
    for tag, url in addresses(html):
        parts = urlsplit(url)
        if parts.scheme or parts.netloc:
            continue
        path = site / unquote(urlsplit(urljoin(f"{page}.html", parts.path or f"{Path(page).name}.html")).path)
        assert path.is_file(), f"{url} leads nowhere"
        if tag.name == "a" and parts.fragment and path.suffix == ".html":
            anchor = unquote(parts.fragment)
            target = read(path)
            assert target.find(id=anchor) or target.find(attrs={"name": anchor}), f"{url} has no such place"


def addresses(html):
    """Yield (tag, address) for everything the page links to or loads."""
    for tag in html.find_all(["a", "link"], href=True):
        yield tag, tag["href"]
    for tag in html.find_all(src=True):
        yield tag, tag["src"]


def test_every_displayed_equation_has_its_mark(page, html):
    (source,) = [path for path in pages(BOOK) if path.relative_to(BOOK).with_suffix("").as_posix() == page]
    displayed = sum(equation.display for equation in equations(source))
    assert len(html.select(".checked-equation > div.math")) == displayed
    assert len(html.select(".checked-equation > .equation-mark")) == displayed
    assert not html.select(".equation-failed")


def test_images_have_alt_text(html):
    for image in html.select("article img"):
        alt = image.get("alt", "").strip()
        assert alt, f"{image['src']} has no alt text"
        assert not alt.startswith(("_", "/", "..")) and not alt.endswith((".svg", ".png")), f"alt text is a path: {alt}"


def test_no_error_in_an_output(html):
    assert not html.select(".output.traceback, .output.stderr, .system-message, .problematic")


def test_nothing_is_loaded_from_a_third_party(html):
    loaded = [tag["src"] for tag in html.find_all(["script", "img", "iframe", "source", "video", "audio"], src=True)]
    loaded += [tag["href"] for tag in html.find_all("link", href=True) if "canonical" not in tag.get("rel", [])]
    assert not [url for url in loaded if urlsplit(url).netloc]
    for script in html.find_all("script", src=False):
        assert "https://" not in script.get_text() and "http://" not in script.get_text(), script


def test_mathematics_is_typeset_by_the_site_s_own_mathjax(html, site):
    if html.select(".math"):
        assert [tag for tag in html.find_all("script", src=True) if "_static/mathjax/tex-chtml.js" in tag["src"]]


def test_styles_load_nothing_from_a_third_party(site):
    for path in site.rglob("*.css"):
        text = path.read_text(encoding="utf-8").replace("'", "").replace('"', "")
        assert "url(http" not in text and "url(//" not in text and "@import http" not in text, path


@pytest.mark.parametrize("part", ["tex-chtml.js", "output/chtml/fonts/woff-v2", "input/tex/extensions", "sre/mathmaps"])
def test_mathjax_is_in_the_site(site, part):
    assert (site / "_static" / "mathjax" / part).exists()


def test_the_theme_s_faults_are_mended(html):
    assert html.body["data-default-mode"] == "auto"
    assert len(html.select(".search-button-field")) == 1
    assert "thebe" not in " ".join(str(tag) for tag in html.find_all("script")).lower()
    assert html.find("link", rel="icon")
