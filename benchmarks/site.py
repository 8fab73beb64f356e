"""Time the pages of the built site beside the same pages in the plain theme: `python benchmarks/site.py`.

The plain book has the same sources and Jupyter Book's own settings, without the book's local extension. Its MathJax is
served from here too (it would come from another host, over a network whose speed says nothing about the book).

Both are served on localhost as a static host does, gzipped and with headers that let a browser keep them. Each number
is the median of five visits, each with a browser started for it and an empty profile. Where the site has live cells,
their first and next results are timed as well, from the click.

``python benchmarks/site.py start`` prints the start of Python alone: the seconds from a click on Check, on the page
"Your own derivation", to the first verdict and to the whole answer, beside Pyodide as it comes with NumPy, in a worker
of an empty page. Both are visited in turn, each with a profile that is kept for the second visit. The processor time of
the browser is told beside the time on the clock: on a busy machine only that can be compared.
"""

import argparse
import contextlib
import functools
import gzip
import hashlib
import io
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import ClassVar

import yaml

sys.path.insert(0, str(Path(__file__).parent.parent / "web"))

import browsing
from browsing import BOOK

PAGES = [
    "index",
    "chapters/question",
    "chapters/the-neuron-by-differentials",
    "chapters/derive-it-by-machine",
    "chapters/laws",
]
VISITS = 5
MATHJAX = BOOK / "web" / "node_modules" / "mathjax" / "es5"
TEXT = {".html", ".css", ".js", ".mjs", ".json", ".svg", ".py", ".txt", ".wasm"}

# Notes when all mathematics of the page is typeset and painted: by MathJax, where the page loads it.
NOTE_TYPESET = """
addEventListener("DOMContentLoaded", async () => {
  if (document.querySelector("script[src*=mathjax]")) {
    while (!window.MathJax?.startup?.promise) await new Promise(resolve => setTimeout(resolve, 5));
    await MathJax.startup.promise;
  }
  await document.fonts.ready;
  requestAnimationFrame(() => setTimeout(() => { window.typesetAt = performance.now(); }));
});
"""

# First text in seconds, all mathematics in seconds, compressed kilobytes, requests.
MEASURE = """() => {
  const [page] = performance.getEntriesByType('navigation');
  const loaded = [page, ...performance.getEntriesByType('resource')];
  return {
    text: performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000,
    mathematics: window.typesetAt / 1000,
    kilobytes: loaded.reduce((sum, entry) => sum + entry.encodedBodySize, 0) / 1000,
    requests: loaded.length,
  };
}"""

COLUMNS = {  # what is measured: the heading, the format, the most that the site may need
    "text": ("first text, s", "{:.2f}", 0.6),
    "mathematics": ("mathematics, s", "{:.2f}", 1.3),
    "kilobytes": ("first visit, kB", "{:.0f}", 900),
    "requests": ("requests", "{:.0f}", None),
}

LIVE = {  # what runs in a live cell: the code, the most seconds to its first result
    "numpy": ("import numpy as np\nnp.ones(3).sum()", 3.5),
    "derivations": ('from derivations import check\ncheck("a &= W x", given="W: m×n, x: n")', 4.5),
}
NEXT = 0.2


@functools.cache
def packed(path):
    """A file as a server sends it: texts compressed."""
    data = path.read_bytes()
    return gzip.compress(data) if path.suffix in TEXT else data


@functools.cache
def tag(path):
    """A name for the content of a file."""
    return f'"{hashlib.sha256(path.read_bytes()).hexdigest()[:16]}"'


class Hosting(browsing.Quiet):
    """A server of a folder as a static host is: texts are compressed, and a browser may keep all for ten minutes."""

    def send_head(self):
        """Send the headers, and give back the file, or nothing where the browser has it."""
        path = Path(self.translate_path(self.path))
        if path.is_dir() or not path.is_file():
            return super().send_head()
        data, name = packed(path), tag(path)
        known = self.headers.get("If-None-Match") == name
        self.send_response(304 if known else 200)
        self.send_header("ETag", name)
        self.send_header("Cache-Control", "max-age=600")
        if known:
            self.end_headers()
            return None
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Length", str(len(data)))
        if path.suffix in TEXT:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        return io.BytesIO(data)


def build_plain(folder):
    """Build the book with the plain theme in a folder, and return its site."""
    for name in ("chapters", "index.md", "_toc.yml"):
        copy = shutil.copytree if (BOOK / name).is_dir() else shutil.copy
        copy(BOOK / name, folder / name)
    config = yaml.safe_load((BOOK / "_config.yml").read_text(encoding="utf-8"))
    del (
        config["html"]["favicon"],
        config["sphinx"]["local_extensions"],
        config["sphinx"]["config"]["html_theme_options"],
    )
    config["sphinx"]["config"]["mathjax_path"] = "mathjax/tex-mml-chtml.js"
    (folder / "_config.yml").write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")
    command = Path(sys.executable).with_name("jupyter-book")
    subprocess.run([command, "build", folder, "--all"], check=True, capture_output=True)
    shutil.copytree(MATHJAX, folder / "_build" / "html" / "_static" / "mathjax")
    return folder / "_build" / "html"


def visit(address):
    """What one visit of a page with an empty profile measures."""
    with browsing.browser() as running:
        page = running.new_page(viewport=browsing.DESKTOP)
        page.add_init_script(NOTE_TYPESET)
        page.goto(address, wait_until="load")
        page.wait_for_function("() => window.typesetAt")
        page.wait_for_load_state("networkidle")
        return page.evaluate(MEASURE)


def run_cell(page, code):
    """The seconds from the click on Run to the end of the cell, on a page whose first cell is being edited."""
    page.locator(".live-editor").first.fill(code)
    bar = page.locator(".live-bar[data-cell='1']")
    started = time.perf_counter()
    bar.locator("[data-live=run]").click()
    bar.locator("[data-live=stop]").wait_for(state="hidden")
    seconds = time.perf_counter() - started
    if page.locator(".live-output .traceback").count() or not page.locator(".live-output .output").count():
        raise SystemExit(f"the cell did not run: {code}")
    return seconds


def visit_live(address, code):
    """The seconds to the first result of a live cell and to the next, with an empty profile."""
    with browsing.browser() as running:
        page = running.new_page(viewport=browsing.DESKTOP)
        page.goto(address, wait_until="networkidle")
        page.locator(".live-bar[data-cell='1'] [data-live=edit]").click()
        first = run_cell(page, code)
        return first, run_cell(page, code)


# ── the start of Python ───────────────────────────────────────────────────────────────────────────────────────────

START = {"cold": 1.3, "second visit": 0.5, "warm": 0.2}
"""The goals: cold and at a second visit, times the cold start of bare Pyodide; warm, seconds."""

BARE_WORKER = """
import { loadPyodide } from "./runtime/pyodide.mjs";
onmessage = async () => {
  const pyodide = await loadPyodide({ indexURL: new URL("runtime/", import.meta.url).href });
  await pyodide.loadPackage("numpy");
  postMessage(pyodide.runPython("import numpy; float(numpy.ones(3).sum())"));
};
"""
BARE_PAGE = """<!doctype html><title>Bare</title><link rel="icon" href="data:,">
<button id="go">Go</button><p id="said"></p><script>
go.onclick = () => {
  const worker = new Worker("worker.js", { type: "module" });
  worker.onmessage = ({ data }) => { said.textContent = data; };
  worker.postMessage("start");
};
</script>"""


def build_bare(folder):
    """A page that starts Pyodide as it comes, with NumPy, in a worker."""
    shutil.copytree(BOOK / "web" / "runtime", folder / "runtime", ignore=shutil.ignore_patterns("compiled"))
    (folder / "worker.js").write_text(BARE_WORKER, encoding="utf-8")
    (folder / "index.html").write_text(BARE_PAGE, encoding="utf-8")
    return folder


class Counting(Hosting):
    """A server that notes how many bytes it sends."""

    sent: ClassVar = []

    def copyfile(self, source, target):
        """Send a file."""
        content = source.read()
        self.sent.append(len(content))
        target.write(content)


def processor_seconds():
    """The processor time that the processes below this one have taken, those that still run: on Linux; else 0."""
    taken, children = {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            taken[int(path.parent.name)] = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
            children.setdefault(int(fields[1]), []).append(int(path.parent.name))
    waiting, total = [os.getpid()], 0.0
    while waiting:
        below = children.get(waiting.pop(), [])
        total += sum(taken[child] for child in below)
        waiting += below
    return total


def note(page, sign):
    """Note the time at which a page tells of a sign: on the clock, and of the processor."""
    page.times.setdefault(sign, (time.perf_counter(), processor_seconds()))


@contextlib.contextmanager
def profiled(folder):
    """A page of a browser that keeps its profile in a folder."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        flags = browsing.FLAGS + (["--no-sandbox"] if os.geteuid() == 0 else [])
        context = playwright.chromium.launch_persistent_context(folder, executable_path=browsing.chromium(), args=flags)
        try:
            page = context.new_page()
            page.expose_function("tellTime", functools.partial(note, page))
            yield page
        finally:
            context.close()


# Tells at once when a button is clicked, and when each of the signs that something is there first stands in the page.
TELL_SIGNS = """([button, ...signs]) => {
  const look = () => {
    const there = signs.filter(sign => document.querySelector(sign));
    signs = signs.filter(sign => !there.includes(sign));
    for (const sign of there) window.tellTime(sign);
  };
  const looking = new MutationObserver(look), all = { subtree: true, childList: true, attributes: true };
  document.querySelector(button).addEventListener("click", () => {
    window.tellTime(button);
    setTimeout(() => looking.observe(document, all));
  }, { once: true, capture: true });
}"""


def timed(page, button, *signs):
    """(seconds, processor seconds) from a click to each of the signs that something is there."""
    page.evaluate(TELL_SIGNS, [button, *signs])
    page.times = {}
    page.click(button)
    for sign in signs:
        while sign not in page.times:
            page.wait_for_timeout(20)
    began, before = page.times[button]
    return [(seconds - began, processor - before) for seconds, processor in map(page.times.get, signs)]


def visit_desk(address, profile):
    """The first verdict, the whole answer, and the first verdict of the next check, on one visit of the desk."""
    signs = "#desk-answer .desk-mark", ".desk-result[aria-busy=false]"
    with profiled(profile) as page:
        page.goto(f"{address}chapters/your-own-derivation.html")
        page.wait_for_selector("#desk-preview mjx-container")
        first, whole = timed(page, "#desk-check", *signs)
        page.wait_for_timeout(2000)  # the rows that are read meanwhile, and what is kept for the next visit
        warm, _ = timed(page, "#desk-check", *signs)
        page.wait_for_timeout(3000)
        return first, whole, warm


def visit_bare(address, profile):
    """The first result of NumPy in bare Pyodide."""
    with profiled(profile) as page:
        page.goto(f"{address}index.html")
        (first,) = timed(page, "#go", "#said:not(:empty)")
        page.wait_for_timeout(3000)
        return first


def print_start(visits=3):
    """Print how long Python takes to start."""
    found = {}
    with contextlib.ExitStack() as stack:
        made = build_bare(Path(stack.enter_context(tempfile.TemporaryDirectory())) / "bare")
        bare = stack.enter_context(browsing.served(made, handler=Hosting))
        desk = stack.enter_context(browsing.served(browsing.SITE, handler=Counting))
        for _ in range(visits):
            profiles = [stack.enter_context(tempfile.TemporaryDirectory()) for _ in range(2)]
            for visited in ("cold", "second visit"):
                found.setdefault(("bare", visited), []).append(visit_bare(bare, profiles[0]))
                first, whole, warm = visit_desk(desk, profiles[1])
                found.setdefault(("first verdict", visited), []).append(first)
                found.setdefault(("whole answer", visited), []).append(whole)
                found.setdefault(("first verdict", "warm"), []).append(warm)
    print(row("start of Python", "", "seconds", "processor, s", "times bare cold", "goal"))
    bare_cold = statistics.median(processor for _, processor in found["bare", "cold"])
    for (what, visited), times in found.items():
        seconds, processor = (statistics.median(each) for each in zip(*times, strict=True))
        goal = f"{START[visited]}{'' if visited == 'warm' else ' x'}" if what == "first verdict" else ""
        ratio = f"{processor / bare_cold:.2f}"
        print(row(f"{what}, {visited}", "", f"{seconds:.2f}", f"{processor:.2f}", ratio, goal), flush=True)
    megabytes = sum(Counting.sent) / 1e6 / visits
    print(f"{visits} profiles, two visits each; sent for the desk, compressed: {megabytes:.1f} MB a profile.")


def medians(address):
    """The median of each thing measured in the visits to a page."""
    visits = [visit(address) for _ in range(VISITS)]
    return {name: statistics.median(each[name] for each in visits) for name in COLUMNS}


def row(*cells):
    """A line of the table."""
    return f"{cells[0]:<34}{cells[1]:<8}" + "".join(f"{cell:>18}" for cell in cells[2:])


def main():
    """Print the tables that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=["pages", "start"], default="pages", help="pages by default")
    if parser.parse_args().what == "start":
        return print_start()
    with contextlib.ExitStack() as stack:
        plain = build_plain(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        book, plain = (stack.enter_context(browsing.served(site, handler=Hosting)) for site in (browsing.SITE, plain))
        print(row("page", "theme", *(heading for heading, _, _ in COLUMNS.values())))
        for page in PAGES:
            for theme, origin in (("book", book), ("plain", plain)):
                found = medians(f"{origin}{page}.html")
                shown = [form.format(found[name]) for name, (_, form, _) in COLUMNS.items()]
                print(row(page, theme, *shown), flush=True)
        print(row("at most", "book", *(most or "" for _, _, most in COLUMNS.values())))
        if (browsing.SITE / "_static" / "runtime").is_dir():
            print("\n" + row("live cell", "", "first result, s", "next, s"))
            for name, (code, most) in LIVE.items():
                times = [visit_live(f"{book}chapters/question.html", code) for _ in range(VISITS)]
                first, after = map(statistics.median, zip(*times, strict=True))
                print(row(name, "book", f"{first:.2f}", f"{after:.2f}"), flush=True)
                print(row("at most", "book", most, NEXT))


if __name__ == "__main__":
    main()
