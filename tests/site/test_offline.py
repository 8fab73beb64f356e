"""The book as one PDF and one zip, made from two pages of the built site."""

import shutil
import zipfile

import pytest
from pypdf import PdfReader

import browsing
import offline

browsing.needed()

TWO = ("chapters/question.html", "chapters/glossary.html")


@pytest.fixture(scope="module")
def listing():
    return [row for row in offline.listed() if row[0] in TWO]


@pytest.fixture(scope="module")
def book(listing, tmp_path_factory):
    target = tmp_path_factory.mktemp("book") / offline.PDF
    with browsing.served() as origin, browsing.browser() as browser:
        offline.joined(browser, origin, listing).write(target)
    return PdfReader(target)


def places(page, book):
    """The numbers of the pages to which the links of a page lead."""
    number = {page.indirect_reference.idnum: at for at, page in enumerate(book.pages)}
    links = [entry.get_object() for entry in page.get("/Annots", ())]
    return [number[link["/Dest"][0].idnum] for link in links if link["/Subtype"] == "/Link" and "/Dest" in link]


def test_every_page_of_the_book_is_listed_with_its_title():
    listed = dict(offline.listed())
    assert next(iter(listed)) == "index.html" and listed["chapters/glossary.html"] == "Glossary"
    assert listed["chapters/question.html"] == "1. The question"
    assert len(listed) == len(offline.pages(offline.BOOK))


def test_the_contents_tell_and_lead(book, listing):
    (first, second) = [entry["/Title"] for entry in book.outline]
    assert [first, second] == [title for _, title in listing]
    starts = [book.get_destination_page_number(entry) for entry in book.outline]
    front = next(iter(book.pages)).extract_text()
    for title, start in zip((first, second), starts, strict=True):
        assert title in front and str(start + 1) in front
        assert title.split()[-1] in book.pages[start].extract_text()
    assert set(starts) <= set(places(next(iter(book.pages)), book))


def test_pages_are_numbered(book):
    assert len(book.pages) > 10
    for number, page in enumerate(book.pages, 1):
        assert page.extract_text().split()[-1] == str(number)


def test_links_between_chapters_stay_in_the_file(book, listing):
    addresses = [
        entry.get_object().get("/A", {}).get("/URI", "")
        for page in book.pages
        for entry in page.get("/Annots", ())
        if entry.get_object()["/Subtype"] == "/Link"
    ]
    assert any(address.startswith("https://") for address in addresses)
    assert not [address for address in addresses if any(name in address for name, _ in listing)]
    first, second = (book.get_destination_page_number(entry) for entry in book.outline)
    glossary = [place for page in book.pages[second:] for place in places(page, book)]
    assert first in glossary  # its words say where they are explained


def test_the_zip_holds_the_site_and_the_landing_page_links_both(tmp_path):
    site = tmp_path / "site"
    (site / "_static" / "runtime").mkdir(parents=True)
    shutil.copy(browsing.SITE / "index.html", site)
    (site / "_static" / "runtime" / "python.wasm").write_bytes(b"0")
    (site / offline.PDF).write_bytes(b"%PDF")
    offline.zipped(site, site / offline.ZIP)
    assert zipfile.ZipFile(site / offline.ZIP).namelist() == ["every-step-checked/index.html"]
    for _ in range(2):
        offline.linked(site)
    text = (site / "index.html").read_text(encoding="utf-8")
    assert text.count(f'href="{offline.PDF}"') == text.count(f'href="{offline.ZIP}"') == 1
