"""Old addresses go on working: pages that were renamed or split, and places that moved to another page.

`redirects.yml` says where a page went. At its old address stands a small page that leads to the new one and keeps the
fragment. A fragment that a page does not have (`#ex-matrix-ridge`, of an exercise that moved) is looked up by
`static/moved.js` in a list of the places of the whole site, which is fetched only then.
"""

import json
import posixpath
import re
from collections import Counter
from pathlib import Path

import yaml
from sphinx.util import logging

TABLE = Path(__file__).parent / "redirects.yml"
PLACES = "places.json"
LOGGER = logging.getLogger(__name__)
ID = re.compile(r"<[a-z][^<>]*?\sid=\"([^\"]+)\"")


def table(path=TABLE):
    """What became of old addresses: a dict from old to new ones, without ``.html``."""
    return yaml.safe_load(path.read_text(encoding="utf-8")) or {}


def faults(moved, pages):
    """What is wrong with the table, given the names of the pages that exist; a sentence each.

    Parameters
    ----------
    moved : dict
        Old addresses to new ones.
    pages : set of str
        The pages of the book, ``"chapters/scalars"``.

    Yields
    ------
    str
    """
    for old, new in moved.items():
        page, place = old.partition("#")[::2]
        if page in pages and not place:
            yield f"{old} is a page of the book, so it cannot lead to {new}"
        if new.partition("#")[0] not in pages:
            yield f"{old} leads to {new}, which is no page of the book"


def old_pages(moved, pages):
    """The pages that exist no more and where each of them leads: pairs of names."""
    return [(old, new) for old, new in moved.items() if "#" not in old and old not in pages]


def address(name):
    """The address of a page or a place: ``chapters/scalars#paths`` is ``chapters/scalars.html#paths``."""
    page, mark, place = name.partition("#")
    return f"{page}.html{mark}{place}"


def leading_pages(app):
    """Yield a page that leads on for each page that exists no more."""
    moved, pages = table(), app.env.found_docs
    for fault in faults(moved, pages):
        LOGGER.warning(fault, location=str(TABLE))
    for old, new in old_pages(moved, pages):
        context = {"to": posixpath.relpath(address(new), posixpath.dirname(old) or "."), "title": new}
        yield old, context, "moved.html"


def places(built):
    """The places that stand on one page alone: a dict from the fragment to the address of the page.

    Parameters
    ----------
    built : dict
        The addresses of pages and their HTML.
    """
    found = {page: set(ID.findall(html)) for page, html in built.items()}
    count = Counter(place for on_page in found.values() for place in on_page)
    return {place: page for page, on_page in found.items() for place in sorted(on_page) if count[place] == 1}


def list_places(app, exception):
    """Write the list of all places into the site."""
    if exception or app.builder.format != "html":
        return
    site, names = Path(app.outdir), [f"{name}.html" for name in sorted(app.env.found_docs)]
    built = {name: (site / name).read_text(encoding="utf-8") for name in names}
    moved = {address(old): address(new) for old, new in table().items()}
    text = json.dumps({"moved": moved, "places": places(built)}, ensure_ascii=False, separators=(",", ":"))
    (site / "_static" / PLACES).write_text(text, encoding="utf-8")


def setup(app):
    """Register the extension."""
    app.connect("html-collect-pages", leading_pages)
    app.connect("build-finished", list_places)
    app.add_js_file("moved.js", loading_method="defer")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
