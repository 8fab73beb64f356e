"""The cells of three notebook pages, run in a real browser as a reader runs them."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import expect

import browsing
import runtime
from live_cells import OFF, cell_sources

browsing.needed()
if not runtime.is_there(browsing.SITE / "_static" / "runtime"):
    pytest.skip("the site was built without live cells: `make runtime book`", allow_module_level=True)

PAGES = ("question", "the-neuron-by-differentials", "check-your-own")
expect.set_options(timeout=60_000)


@pytest.fixture(scope="module")
def warm(running, origin):
    """A visit to a page on which Python runs already."""
    with browsing.Visit(running, origin) as visit:
        press(visit.open("chapters/question.html"), 1, "run")
        idle(visit.page)
        yield visit


@pytest.fixture
def live(warm):
    """That page, its cells as they were; at the end nothing must have gone wrong in it."""
    warm.page.evaluate("() => document.querySelectorAll('[data-live=reset]').forEach(button => button.click())")
    yield warm.page
    assert warm.complaints == []


def cell(page, number):
    """The cell with this number, and its button of a name."""
    return page.locator(".cell", has=page.locator(f'.live-bar[data-cell="{number}"]'))


def press(page, number, action):
    cell(page, number).locator(f'button[data-live="{action}"]').click()


def idle(page):
    """Wait until nothing runs."""
    page.wait_for_function("() => !document.querySelector('.cell[aria-busy=true]')", timeout=120_000)


def write(page, number, code):
    """Put code into a cell, as a reader does."""
    if not cell(page, number).locator("textarea").count():
        press(page, number, "edit")
    cell(page, number).locator("textarea").fill(code)


def output(page, number):
    return cell(page, number).locator(".cell_output")


TEXTS = """() => [...document.querySelectorAll('.cell_output')].map(output =>
    [...output.querySelectorAll('.highlight pre, .text_html')].map(part => part.innerText.trim()))"""


@pytest.mark.parametrize("name", PAGES)
def test_the_page_runs_from_top_to_bottom_and_shows_what_it_showed(running, origin, name):
    with browsing.Visit(running, origin) as visit:
        page = visit.open(f"chapters/{name}.html")
        stored, figures = page.evaluate(TEXTS), page.locator(".cell_output figure").count()
        formulas = page.locator(".cell_output mjx-container").count()
        last = page.locator(".cell:not(.live-own) > .live-bar").count()
        for action in ("above", "run"):  # the last cell is in a folded solution
            cell(page, last).locator(f'button[data-live="{action}"]').evaluate("button => button.click()")
            idle(page)
        assert page.locator(".traceback, .live-note").all_inner_texts() == []
        assert page.evaluate(TEXTS) == stored
        assert page.locator(".live-output").count() == page.locator(".cell_output").count() == len(stored)
        assert page.locator(".live-output figure").count() == figures
        assert page.locator(".live-output mjx-container").count() == formulas
        for image in page.locator(".live-output img").all():
            assert image.get_attribute("src").startswith("blob:")
            assert len(image.get_attribute("alt")) > 40
            assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
        assert visit.complaints == []


def test_nothing_is_loaded_before_the_first_click(running, origin):
    with browsing.Visit(running, origin) as visit:
        asked = []
        visit.page.on("request", lambda request: asked.append(request.url.split("?")[0]))
        visit.open("chapters/question.html").wait_for_timeout(500)
        loaded = {url.split("/")[-1] for url in asked if "/live/" in url or "/runtime/" in url or "mathjax" in url}
        of_cells, of_boxes = {"cells.css", "cells.js"}, {"check_mine.css", "check_mine.js", "desk.css", "formulas.js"}
        assert {name for name in loaded if not name.endswith(".woff")} == {*of_cells, *of_boxes, "typesetter.js"}


def test_a_page_that_is_no_notebook_has_nothing_of_it(running, origin):
    with browsing.Visit(running, origin) as visit:
        assert visit.open("chapters/laws.html").locator("[src*='live/'], [href*='live/'], .live-bar").count() == 0


def test_edit_run_and_reset(live):
    listing, shown = cell(live, 3).locator(".cell_input pre").inner_text(), live.evaluate(TEXTS)
    write(live, 3, "for k in range(3):\n    print(k)\nsum(range(4))")
    press(live, 3, "run")
    expect(output(live, 3).locator(".stream pre")).to_have_text("0\n1\n2\n")
    expect(output(live, 3).locator(".text_plain pre")).to_have_text("6")
    press(live, 3, "reset")
    assert cell(live, 3).locator(".cell_input pre").inner_text() == listing
    assert live.evaluate(TEXTS) == shown
    assert cell(live, 3).locator("textarea").count() == 0


def test_variables_persist_and_an_error_names_the_line(live):
    write(live, 2, "a = 20")
    write(live, 3, "b = a + 1\n\n\nb / 0  # here")
    press(live, 2, "run")
    press(live, 3, "run")
    idle(live)
    said = output(live, 3).locator(".traceback").inner_text()
    assert re.search(r"Cell 3, line 4\n.*---->  4 b / 0  # here\n\nZeroDivisionError: division by zero$", said, re.S)
    write(live, 3, "print(b)\nwhile")
    press(live, 3, "run")
    expect(output(live, 3)).to_contain_text("SyntaxError: invalid syntax")
    expect(output(live, 3)).to_contain_text("Cell 3, line 2")


def test_a_reader_s_text_is_shown_as_text(live):
    write(live, 2, "print('<img src=x onerror=alert(1)>')\nraise ValueError('<b>bold</b>')")
    press(live, 2, "run")
    expect(output(live, 2).locator(".stream pre")).to_have_text("<img src=x onerror=alert(1)>")
    expect(output(live, 2).locator(".traceback")).to_contain_text("<b>bold</b>")
    assert output(live, 2).locator("img, b").count() == 0


FORMULA = "class Formula:\n    def _repr_latex_(self):\n        return r'$\\sigma(z)^2$'\n\n\nFormula()"


def test_formulas_that_cannot_be_typeset_are_told_and_tried_again(running, origin):
    with browsing.Visit(running, origin) as visit:
        page = visit.open("chapters/question.html")
        visit.context.route("**/tex-chtml.js", lambda route: route.abort())
        write(page, 1, FORMULA)
        press(page, 1, "run")
        expect(output(page, 1).locator(".live-note")).to_contain_text("MathJax was not loaded")
        expect(output(page, 1).locator(".text_latex")).to_contain_text(r"\sigma(z)^2")
        visit.context.unroute("**/tex-chtml.js")
        press(page, 1, "run")
        expect(output(page, 1).locator(".text_latex mjx-container")).to_have_count(1)


def test_latex_is_typeset(live):
    write(live, 2, FORMULA)
    press(live, 2, "run")
    expect(output(live, 2).locator(".text_latex mjx-container")).to_have_count(1)


def test_the_keyboard_is_enough(live):
    cell(live, 2).locator('button[data-live="edit"]').focus()
    live.keyboard.press("Enter")
    editor = cell(live, 2).locator("textarea")
    expect(editor).to_be_focused()
    live.keyboard.press("Control+A")
    live.keyboard.type("if True:\nprint('in')")
    assert editor.input_value() == "if True:\n    print('in')"  # indented after the colon
    live.keyboard.press("Control+Enter")
    expect(output(live, 2).locator(".stream")).to_have_text("in")
    live.keyboard.press("Tab")
    assert editor.input_value().endswith(") ")  # to the next multiple of four
    live.keyboard.press("Escape")
    live.keyboard.press("Tab")
    expect(cell(live, 2).locator('button[data-live="run"]')).to_be_focused()
    editor.focus()
    live.keyboard.press("Shift+Enter")
    expect(cell(live, 3).locator('button[data-live="run"]')).to_be_focused()
    idle(live)


def test_cells_run_and_edited_are_accessible(warm, live):
    write(live, 2, "print('a line that is much too long for a phone ' * 4)\nmissing")
    press(live, 2, "run")
    press(live, 3, "run")
    idle(live)
    for viewport in (browsing.DESKTOP, browsing.PHONE):
        live.set_viewport_size(viewport)
        for scheme in ("light", "dark"):
            live.emulate_media(color_scheme=scheme)
            live.wait_for_timeout(500)  # the theme looks again at what scrolls
            assert warm.axe(within=".cell") == [], (viewport, scheme)
            assert warm.sideways() <= 0
    live.set_viewport_size(browsing.DESKTOP)


def test_buttons_are_large_enough(live):
    buttons = live.locator(".live-bar button:visible").all()[:12]
    assert buttons
    for button in buttons:
        box = button.bounding_box()
        assert box["width"] >= 24 and box["height"] >= 24


def test_nothing_moves_when_the_script_arrives(running, origin):
    places = "() => [...document.querySelectorAll('h2, .cell')].map(part => part.getBoundingClientRect().top)"
    with browsing.Visit(running, origin) as visit:
        page = visit.open("chapters/question.html")
        visit.still()
        with_script = page.evaluate(places)
        visit.page.route("**/cells.js*", lambda route: route.abort())
        visit.open("chapters/question.html")
        visit.still()
        assert page.evaluate(places) == with_script


def test_what_happens_is_announced_and_loading_is_named(running, origin):
    with browsing.Visit(running, origin) as visit:
        page = visit.open("chapters/question.html")
        assert page.locator(".live-announcer").get_attribute("role") == "status"
        page.evaluate("""() => {
            window.said = [];
            const announcer = document.querySelector('.live-announcer');
            new MutationObserver(() => said.push(announcer.textContent)).observe(announcer, {childList: true});
        }""")
        press(page, 1, "run")
        expect(cell(page, 1).get_by_role("progressbar")).to_have_attribute("aria-label", "Loading Python")
        idle(page)
        said = page.evaluate("() => said")
        assert said[0] == "Cell 1 is running." and "Loading Python." in said and said[-1] == "Cell 1 has ended."


def test_a_flood_is_stopped_without_isolation_and_the_page_goes_on(running, origin):
    with browsing.Visit(running, origin) as visit:
        page = visit.open("chapters/question.html")
        assert not page.evaluate("() => crossOriginIsolated")
        shown = page.evaluate(TEXTS)
        write(page, 2, "while True:\n    print('again')")
        press(page, 2, "run")
        expect(output(page, 2)).to_contain_text("This cell shows too much")
        assert page.evaluate("() => document.querySelector('.live-output').innerText.length") < 110_000
        press(page, 2, "stop")
        expect(cell(page, 2).locator(".live-note").first).to_contain_text("the variables of this page are gone")
        expect(cell(page, 2).locator('button[data-live="run"]')).to_be_focused()
        press(page, 2, "reset")
        press(page, 2, "run")
        expect(output(page, 2)).to_contain_text("NameError")
        cell(page, 2).get_by_role("button", name="Run all above, then this cell").click()
        idle(page)
        assert page.evaluate(TEXTS) == shown
        assert page.locator(".live-note").count() == 0
        assert visit.complaints == []


def test_a_runtime_that_cannot_be_loaded_is_told_and_asked_for_again(running, origin):
    with browsing.Visit(running, origin) as visit:
        page = visit.open("chapters/question.html")
        visit.context.route("**/pyodide.mjs", lambda route: route.abort())
        press(page, 1, "run")
        expect(output(page, 1).locator(".traceback")).to_contain_text("Python could not be loaded from this site")
        visit.context.unroute("**/pyodide.mjs")
        press(page, 1, "run")
        expect(output(page, 1).locator(".stream")).to_contain_text("z = [ 0.9 -0.8  2. ]")


class Isolated(browsing.Quiet):
    """A server that sets the headers by which a browser isolates a page."""

    def end_headers(self):
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        super().end_headers()


def test_stop_with_isolation_keeps_the_variables(running):
    with browsing.served(handler=Isolated) as origin, browsing.Visit(running, origin) as visit:
        page = visit.open("chapters/question.html")
        assert page.evaluate("() => crossOriginIsolated")
        write(page, 1, "kept = 7")
        write(page, 2, "print('begun')\nwhile True:\n    pass")
        press(page, 1, "run")
        press(page, 2, "run")
        expect(output(page, 2)).to_contain_text("begun")
        press(page, 2, "stop")
        expect(output(page, 2)).to_contain_text("KeyboardInterrupt")
        write(page, 2, "print(kept)")
        press(page, 2, "run")
        expect(output(page, 2).locator(".stream")).to_have_text("7")
        assert visit.complaints == []


def test_exercise_cells_are_editable_first(live):
    assert live.locator(".exercise").count() == live.locator(".exercise .live-own textarea").count() > 0
    assert live.locator(".solution textarea").count() == live.locator(".solution .live-bar").count() > 0
    assert live.locator(".cell:not(.live-own) textarea").count() == live.locator(".solution textarea").count()


def test_an_exercise_has_a_cell_for_the_reader_s_answer(live):
    answer = cell(live, "A").locator("textarea")
    answer.fill("print('my answer')\n1 / 0")
    press(live, "A", "run")
    expect(output(live, "A").locator(".stream")).to_have_text("my answer")
    expect(output(live, "A").locator(".traceback")).to_contain_text("Cell A, line 2")
    press(live, "A", "reset")
    assert answer.input_value() == ""
    assert output(live, "A").count() == 0


def test_in_a_folder_of_a_site_with_the_files_that_a_page_reads(running):
    with browsing.served(prefix="/some/book/") as origin, browsing.Visit(running, origin) as visit:
        page = visit.open("chapters/one-gradient-three-ways.html")
        write(page, 1, "print(open('data/three-ways.csv').readline())")
        press(page, 1, "run")
        header = (browsing.BOOK / "chapters" / "data" / "three-ways.csv").read_text(encoding="utf-8").splitlines()[0]
        expect(output(page, 1).locator(".stream")).to_contain_text(header)
        assert visit.complaints == []


def test_from_a_file_the_page_says_what_to_do(running):
    with browsing.Visit(running, f"{browsing.SITE.as_uri()}/") as visit:
        page = visit.open("chapters/question.html")
        press(page, 1, "run")
        expect(cell(page, 1).locator(".live-note")).to_contain_text("make serve")


def test_without_the_runtime_the_book_builds_and_says_so(tmp_path):
    """A small book of one notebook, beside a copy of web/ that has no runtime."""
    book = browsing.BOOK
    shutil.copytree(book / "web", tmp_path / "web", ignore=shutil.ignore_patterns("runtime", "node_modules"))
    (tmp_path / "web" / "node_modules").symlink_to(book / "web" / "node_modules")
    (tmp_path / "chapters").mkdir()
    for name in ("_config.yml", "chapters/question.ipynb", "chapters/references.bib"):
        shutil.copy(book / name, tmp_path / name)
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: chapters/question\n")
    command = [Path(sys.executable).parent / "jupyter-book", "build", tmp_path]
    built = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert built.returncode == 0, built.stderr
    assert "live cells are off" in built.stdout + built.stderr
    site = tmp_path / "_build" / "html"
    page = BeautifulSoup((site / "chapters" / "question.html").read_text(encoding="utf-8"), "html.parser")
    assert [note.get_text() for note in page.select(".live-off")] == [OFF]
    assert not page.select(".live-bar, script[src*='live/cells']")
    assert page.select("script[src*='live/check_mine']")  # the boxes say what to do instead
    assert not (site / "_static" / "runtime").exists()


def test_every_listing_is_the_notebook_s_code(notebook):
    """The text that the page shows is what runs: highlighting loses nothing but empty lines at the ends."""
    html = (browsing.SITE / "chapters" / f"{notebook.stem}.html").read_text(encoding="utf-8")
    listings = BeautifulSoup(html, "html.parser").select(".cell_input pre")
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    hidden = {"".join(cell["source"]) for cell in cells if "remove-cell" in cell["metadata"].get("tags", [])}
    sources = [source.strip("\n") for source in cell_sources(notebook, "code") if source not in hidden]
    assert [pre.get_text().strip("\n") for pre in listings] == sources


def test_the_site_holds_the_runtime_that_its_lock_file_names():
    folder = browsing.SITE / "_static" / "runtime"
    packages = json.loads((folder / "pyodide-lock.json").read_text(encoding="utf-8"))["packages"].values()
    assert packages
    for package in packages:
        assert runtime.sha256((folder / package["file_name"]).read_bytes()) == package["sha256"]


# ── the page's own bar, and what a reader wrote ───────────────────────────────────────────────────────────────────


def page_bar(page, words):
    return page.locator(".live-page button", has_text=words)


def test_the_page_runs_all_its_cells_and_starts_python_anew(warm):
    page = warm.open("chapters/question.html")
    page_bar(page, "Run all cells").click()
    idle(page)
    count = page.locator(".cell:not(.live-own)").count()
    assert page.locator(".cell:not(.live-own) .live-output").count() >= count - page.locator(".live-source").count() - 2
    write(page, 1, "print(x)")
    press(page, 1, "run")
    expect(output(page, 1)).to_contain_text("1.")
    page_bar(page, "Restart Python").click()
    press(page, 1, "run")
    expect(output(page, 1)).to_contain_text("NameError")
    press(page, 1, "reset")


def test_a_text_outlives_a_reload_and_a_reset(warm):
    page = warm.open("chapters/question.html")
    write(page, 2, 'z = "kept"  # by the browser')
    page = warm.open("chapters/question.html")
    field = cell(page, 2).locator("textarea")
    expect(field).to_have_value('z = "kept"  # by the browser')
    press(page, 2, "reset")
    expect(field).to_have_count(0)
    cell(page, 2).locator(".live-note button").click()
    expect(field).to_have_value('z = "kept"  # by the browser')
    press(page, 2, "reset")
    page = warm.open("chapters/question.html")
    assert cell(page, 2).locator("textarea").count() == 0 and warm.complaints == []


def test_code_is_coloured_while_it_is_edited(warm):
    page = warm.open("chapters/question.html")
    code = "for i in range(3):  # three\n    print(\"it's\", 1e-3, '''a\nb''')"
    write(page, 2, code)
    parts = cell(page, 2).locator(".live-field .live-colours span")
    assert [(part.get_attribute("class"), part.inner_text()) for part in parts.all()] == [
        ("k", "for"), ("k", "in"), ("mi", "3"), ("c1", "# three"),
        ("s2", '"it\'s"'), ("mi", "1e-3"), ("s2", "'''a\nb'''"),
    ]  # fmt: skip
    assert cell(page, 2).locator(".live-field .live-colours").inner_text().rstrip("\n") == code
    press(page, 2, "reset")
