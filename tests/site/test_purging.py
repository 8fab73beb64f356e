"""The style sheets of the site, without what no page uses."""

import gzip
import re

import pytest
import tinycss2

import browsing
import purging

SHEET = """
@charset "UTF-8";
/* a comment */
:root { --read: 1px; --unread: url("data:image/svg+xml;charset=utf8,{}"); --through: var(--read);
  --chain: var(--gone); }
.used, .gone > p { margin: var(--read) }
.gone { margin: 0 }
.used.gone, div.gone:hover, .gone { color: red }
#there:not(.gone):hover::before { content: "a,b"; top: calc(1px + var(--through)) }
a[href$=".gone"], :is(.gone, .used) b { color: blue }
@media (min-width: 10px) { .gone { color: red } .used { color: blue } }
@media print { .gone { color: red } }
@font-face { font-family: f; src: url(f.woff2) }
@keyframes k { from { top: 0 } to { top: 1px } }
"""
USED = {"used", "there", "p", "a", "b", "div"}


def test_what_no_page_asks_for_is_gone_and_all_else_stays_as_it_is():
    sheet = purging.without_unread({"s": purging.purged(SHEET, USED)}, "")["s"]
    squeezed = re.sub(r"\s+", "", sheet)
    assert squeezed == re.sub(
        r"\s+",
        "",
        """@charset "UTF-8"; :root{--read: 1px; --through: var(--read)} .used{margin: var(--read)}
        #there:not(.gone):hover::before{content: "a,b"; top: calc(1px + var(--through))}
        a[href$=".gone"],:is(.gone, .used) b{color: blue} @media (min-width: 10px) {.used{color: blue}}
        @font-face { font-family: f; src: url(f.woff2) } @keyframes k { from { top: 0 } to { top: 1px } }""",
    )


def test_a_property_that_a_script_or_another_sheet_reads_stays():
    sheets = {"s": ":root{--one: 1; --two: 2; --three: 3}"}
    assert purging.without_unread(sheets, "a{top:var(--one)} getPropertyValue('--three')")["s"] == (
        ":root{--one: 1;--three: 3}"
    )


def test_the_sheets_of_the_site_are_whole_and_small():
    static = browsing.SITE / "_static"
    sheets = [path for pattern in purging.SHEETS for path in static.glob(pattern)]
    assert len(sheets) >= 5
    for path in sheets:
        rules = tinycss2.parse_stylesheet(path.read_text(encoding="utf-8"), skip_comments=True, skip_whitespace=True)
        assert rules and not [rule for rule in rules if rule.type == "error"], path
    assert sum(len(gzip.compress(path.read_bytes())) for path in sheets) < 35_000  # of 108,000 as they come


@pytest.fixture
def visit(running, origin):
    with browsing.Visit(running, origin) as visit:
        yield visit


def test_a_letter_that_no_page_shows_is_shown_where_a_reader_types_it(visit):
    page = visit.open("chapters/your-own-derivation.html")
    styles = (browsing.SITE / "_static" / "mathematics.css").read_text(encoding="utf-8")
    assert "mjx-c2135" not in styles  # ℵ
    page.evaluate("() => { document.getElementById('desk-no-python').hidden = false; }")
    page.fill("#desk-latex", r"\aleph = x")
    shown = page.wait_for_selector("#desk-preview mjx-c.mjx-c2135")
    assert shown.evaluate("letter => getComputedStyle(letter, '::before').content") == '"ℵ"'
    assert shown.bounding_box()["width"] > 5
    assert not visit.complaints
