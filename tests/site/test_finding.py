"""What search engines and previews are told, in a small site built with an address of its own and without."""

import json
import sys
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from sphinx.application import Sphinx

from browsing import BOOK

PAGE = """:orphan:

.. meta::
   :description: Slopes <of> "curves"</script>.
   :teaches: slope; rise & run
   :needs: a line

Slopes
======
"""


def built(folder, **settings):
    source = folder / "source"
    (source / "deep").mkdir(parents=True)
    (source / "index.rst").write_text("Home\n====\n", encoding="utf-8")
    (source / "deep" / "slopes.rst").write_text(PAGE, encoding="utf-8")
    sys.path.insert(0, str(BOOK / "web"))
    confoverrides = {"extensions": ["finding"], "project": "A book", "language": "en", **settings}
    site = folder / "site"
    Sphinx(source, None, site, folder / "trees", "html", confoverrides, status=None, warning=None).build()
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
    assert resource["license"].startswith("https://creativecommons.org/") and resource["isAccessibleForFree"] is True
    assert resource["isPartOf"] == {"@type": "Book", "name": "A book", "url": "https://example.org/book/"}
    assert tags["og:site_name"] == "A book"
    assert [head(public, page)[0]["og:type"] for page in ("index.html", "deep/slopes.html")] == ["website", "article"]
    assert tags["og:url"] == resource["url"] == "https://example.org/book/deep/slopes.html"
    assert tags["og:image"].startswith("https://example.org/book/_images/")


def test_every_page_is_in_the_sitemap(public):
    listed = ElementTree.parse(public / "sitemap.xml").getroot()
    found = {place.text for place in listed.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")}
    assert found == {"https://example.org/book/index.html", "https://example.org/book/deep/slopes.html"}
    assert "Sitemap: https://example.org/book/sitemap.xml" in (public / "robots.txt").read_text(encoding="utf-8")


def test_without_an_address_nothing_points_anywhere(private):
    tags, resource = head(private, "deep/slopes.html")
    assert tags["og:title"] == "Slopes" and "og:url" not in tags and "og:image" not in tags and "url" not in resource
    assert not (private / "sitemap.xml").exists() and not (private / "robots.txt").exists()
