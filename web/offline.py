"""The whole book to take along: one PDF and one zip of the site, from the pages as they were built.

`make pdf` runs it after `make book`. Chromium prints each page as a browser would; pypdf joins them, with contents in
front and in the reader's panel, page numbers, and links that lead from chapter to chapter. The landing page then links
both files.
"""

import contextlib
import html
import io
import zipfile
from pathlib import Path
from urllib.parse import urldefrag, urljoin

from bs4 import BeautifulSoup
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import Link
from pypdf.generic import Fit, NameObject

import browsing
from derivations.book.markdown_pages import pages

BOOK = Path(__file__).parent.parent
SITE = BOOK / "_build" / "html"
PDF, ZIP = "every-step-checked.pdf", "every-step-checked.zip"
LEFT_OUT = ("_static/runtime/", "_sources/", PDF, ZIP)  # Python does not start from a folder; the rest is here already
SHEET = {"format": "A4", "print_background": True, "margin": dict.fromkeys(("top", "bottom", "left", "right"), "18mm")}
PAPER = SHEET | {"scale": 0.8}
PLAIN = "font-family: sans-serif; color: #222;"


def listed(site=SITE, book=BOOK):
    """The pages of the book in the order of its contents: (address in the site, title)."""
    for page in pages(book):
        address = page.relative_to(book).with_suffix(".html").as_posix()
        read = BeautifulSoup((site / address).read_text(encoding="utf-8"), "html.parser")
        yield address, " ".join(read.find("h1").get_text().removesuffix("#").split())


def printed(browser, origin, addresses):
    """Each page of the site as a PDF of its own."""
    with contextlib.closing(browser.new_context(color_scheme="light")) as context:
        page = context.new_page()
        for address in addresses:
            page.goto(origin + address, wait_until="networkidle")
            page.emulate_media(media="print")
            yield address, PdfReader(io.BytesIO(page.pdf(**PAPER)))


def sheet(browser, body, **options):
    """A PDF of some HTML."""
    with contextlib.closing(browser.new_page()) as page:
        page.set_content(f"<body style='{PLAIN} margin: 0'>{body}</body>")
        return PdfReader(io.BytesIO(page.pdf(**(SHEET | options))))


def contents(browser, rows):
    """The page of contents; `rows` are (link, title, number of the page)."""
    lines = "".join(
        f"<tr><td style='padding: .2em 0'><a style='color: inherit; text-decoration: none' href='{link}'>"
        f"{html.escape(title)}</a></td><td style='text-align: right'>{number}</td></tr>"
        for link, title, number in rows
    )
    head = "<h1>Every Step Checked</h1><table style='width: 100%; border-collapse: collapse'>"
    return sheet(browser, f"{head}{lines}</table>")


def numbers(browser, count):
    """As many empty pages, with their numbers at the foot."""
    page = "<div style='height: 297mm; position: relative; break-after: page'>{}</div>"
    foot = "<span style='position: absolute; bottom: 9mm; width: 100%; text-align: center; font-size: 9pt'>{}</span>"
    body = "".join(page.format(foot.format(number)) for number in range(1, count + 1))
    return sheet(browser, body, margin=dict.fromkeys(("top", "bottom", "left", "right"), "0"))


def joined(browser, origin, listing):
    """The book as one PDF: contents, then every page, numbered, its links leading to pages of the same file."""
    titles = dict(listing)
    parts = list(printed(browser, origin, titles))
    front = len(contents(browser, [(origin + address, titles[address], 999) for address, _ in parts]).pages)
    places, count = {}, front
    for address, part in parts:
        places[origin + address] = count
        count += len(part.pages)
    rows = [(link, titles[address], at + 1) for (address, _), (link, at) in zip(parts, places.items(), strict=True)]
    book, here = PdfWriter(), [origin] * front
    book.append(contents(browser, rows))
    for address, part in parts:
        book.append(part, import_outline=False)
        book.add_outline_item(title=titles[address], page_number=len(here))
        here += [origin + address] * len(part.pages)
    for page, number, link in zip(list(book.pages), numbers(browser, count).pages[:count], here, strict=True):
        page.merge_page(number)
        page.compress_content_streams()
        lead(book, page, link, places)
    book.add_metadata({"/Title": "Every Step Checked"})
    book.compress_identical_objects()
    return book


def lead(book, page, here, places):
    """Let the links of a page that lead to another page of the site lead to its place in the file."""
    kept = []
    for entry in page.get("/Annots", ()):
        link = entry.get_object()
        target = urldefrag(urljoin(here, str(link.get("/A", {}).get("/URI", "")))).url
        if link.get("/Subtype") == "/Link" and target in places:
            kept.append((link["/Rect"], places[target]))
            link[NameObject("/Subtype")] = NameObject("/Popup")  # what it was is seen no more
    for rectangle, at in kept:
        book.add_annotation(page, Link(rect=rectangle, target_page_index=at, fit=Fit.fit()))


def zipped(site, target):
    """The site as one archive, without what it can do without."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(site.rglob("*")):
            name = file.relative_to(site).as_posix()
            if file.is_file() and not name.startswith(LEFT_OUT):
                archive.write(file, f"every-step-checked/{name}")


def linked(site):
    """Say on the landing page that the files are there; once."""
    landing = site / "index.html"
    text = landing.read_text(encoding="utf-8")
    sizes = {name: f"{(site / name).stat().st_size / 1e6:.0f} MB" for name in (PDF, ZIP)}
    said = (
        f'<p class="offline">To take along: <a href="{PDF}">the whole book as a PDF</a> ({sizes[PDF]}), or '
        f'<a href="{ZIP}">the site as a zip</a> ({sizes[ZIP]}).</p>\n'
    )
    before = '<section id="how-to-cite-it">'
    if before not in text:
        raise SystemExit(f"{landing} has no section on how to cite the book, before which the links stand.")
    if 'class="offline"' not in text:
        landing.write_text(text.replace(before, said + before, 1), encoding="utf-8")


def main():
    """Make both files, and link them."""
    if not (SITE / "index.html").exists():
        raise SystemExit("There is no site in _build/html: run `make book` first.")
    if browsing.chromium() is None:
        raise SystemExit("The pages are printed by Chromium, and none was found: install it, or set CHROMIUM.")
    with browsing.served() as origin, browsing.browser() as browser:
        joined(browser, origin, list(listed())).write(SITE / PDF)
    zipped(SITE, SITE / ZIP)
    linked(SITE)
    print(SITE / PDF, SITE / ZIP, sep="\n")


if __name__ == "__main__":
    main()
