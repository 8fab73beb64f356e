"""What search engines and previews are told, in a small site built with an address of its own and without."""

import json
import sys
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from sphinx.application import Sphinx

import finding
from browsing import BOOK

PAGE = """:orphan:

.. meta::
   :description: Slopes <of> "curves"</script>.
   :teaches: slope; rise & run
   :needs: a line

Slopes
======
"""


def built(folder, builder="html", **settings):
    source = folder / "source"
    (source / "deep").mkdir(parents=True)
    (source / "bare.rst").write_text(":orphan:\n\nNo title, and nothing said.\n", encoding="utf-8")
    (source / "index.rst").write_text("Home\n====\n", encoding="utf-8")
    (source / "deep" / "slopes.rst").write_text(PAGE, encoding="utf-8")
    sys.path.insert(0, str(BOOK / "web"))
    confoverrides = {"extensions": ["finding"], "project": "A book", "language": "en", **settings}
    site = folder / "site"
    Sphinx(source, None, site, folder / "trees", builder, confoverrides, status=None, warning=None).build()
    return site


@pytest.fixture(scope="module")
def public(tmp_path_factory):
    return built(tmp_path_factory.mktemp("public"), html_baseurl="https://example.org/book")


@pytest.fixture(scope="module")
def private(tmp_path_factory):
    return built(tmp_path_factory.mktemp("private"))


def head(site, page):
    html = BeautifulSoup((site / page).read_text(encoding="utf-8"), "html.parser").head
    tags = {tag["property"]: tag["content"] for tag in html.find_all("meta", property=True)}
    return tags, json.loads(html.find("script", type="application/ld+json").string)


def test_a_page_says_what_it_teaches(public):
    tags, resource = head(public, "deep/slopes.html")
    assert tags["og:title"] == resource["name"] == "Slopes"
    assert tags["og:description"] == resource["description"] == 'Slopes <of> "curves"</script>.'
    assert resource["@type"] == "LearningResource" and resource["teaches"] == ["slope", "rise & run"]
    assert resource["competencyRequired"] == ["a line"] and resource["inLanguage"] == "en"
    assert resource["@context"] == "https://schema.org" and resource["learningResourceType"] == "tutorial"
    assert resource["license"] in (BOOK / "LICENSE-TEXT").read_text(encoding="utf-8")
    assert resource["isAccessibleForFree"] is True
    assert resource["isPartOf"] == {"@type": "Book", "name": "A book", "url": "https://example.org/book/"}
    assert tags["og:site_name"] == "A book"
    assert [head(public, page)[0]["og:type"] for page in ("index.html", "deep/slopes.html")] == ["website", "article"]
    assert tags["og:url"] == resource["url"] == "https://example.org/book/deep/slopes.html"
    picture = tags["og:image"].removeprefix("https://example.org/book/_images/")
    assert f"chapters/images/{picture}\n" in (BOOK / "index.md").read_text(encoding="utf-8")


def test_what_a_page_says_of_itself_stays_beside_it(public):
    html = BeautifulSoup((public / "deep" / "slopes.html").read_text(encoding="utf-8"), "html.parser")
    said = html.head.find("meta", attrs={"name": "description"})
    assert said and said["content"] == 'Slopes <of> "curves"</script>.'


def test_every_page_is_in_the_sitemap(public):
    listed = ElementTree.parse(public / "sitemap.xml").getroot()
    found = [place.text for place in listed.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    places = ("bare", "deep/slopes", "index")
    assert found == [f"https://example.org/book/{place}.html" for place in places]
    robots = (public / "robots.txt").read_text(encoding="utf-8").split("\n")
    assert robots == ["User-agent: *", "Allow: /", "", "Sitemap: https://example.org/book/sitemap.xml", ""]


def test_a_page_without_title_has_the_books_and_no_empty_tag(public):
    tags, resource = head(public, "bare.html")
    assert tags["og:title"] == resource["name"] == "A book" and "og:description" not in tags


def test_what_is_no_site_or_failed_has_no_sitemap(tmp_path):
    address = "https://example.org/book"
    written = built(tmp_path, builder="text", html_baseurl=address)
    assert (written / "index.txt").exists() and not (written / "sitemap.xml").exists()
    settings = {"builder": SimpleNamespace(format="html"), "config": SimpleNamespace(html_baseurl=address)}
    app = SimpleNamespace(**settings, outdir=tmp_path, env=SimpleNamespace(found_docs=()))
    finding.write_sitemap(app, RuntimeError("the build failed"))
    assert not (tmp_path / "sitemap.xml").exists()
    finding.write_sitemap(app, None)
    assert (tmp_path / "sitemap.xml").exists()


def test_without_an_address_nothing_points_anywhere(private):
    tags, resource = head(private, "deep/slopes.html")
    assert tags["og:title"] == "Slopes" and "og:url" not in tags and "og:image" not in tags and "url" not in resource
    assert not (private / "sitemap.xml").exists() and not (private / "robots.txt").exists()
