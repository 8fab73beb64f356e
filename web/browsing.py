"""A real browser on the built site: where Chromium is, a server for the site, and a page that reports all it meets.

The tests of the pages use it, the PDF of the book (offline.py) and the benchmark of the site.
"""

import contextlib
import functools
import os
import shutil
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

BOOK = Path(__file__).parent.parent
SITE = BOOK / "_build" / "html"
AXE = BOOK / "web" / "node_modules" / "axe-core" / "axe.min.js"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HOW_TO_GET_ONE = (
    "no Chromium was found: on Debian or Ubuntu `sudo apt install chromium`, elsewhere "
    "`.venv/bin/playwright install chromium`, or name one: CHROMIUM=/path/to/it make test"
)
FLAGS = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync",
         "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"]  # fmt: skip
"""The last one lets no page reach another host."""

# Resolves when the size of the page has not changed for ten frames.
STILL = """() => new Promise(resolve => {
  let size = '', left = 10;
  const look = () => {
    const { scrollWidth, scrollHeight } = document.documentElement, now = `${scrollWidth} ${scrollHeight}`;
    left = now === size ? left - 1 : 10;
    size = now;
    left ? requestAnimationFrame(look) : resolve();
  };
  look();
})"""

DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 780}


@functools.cache
def chromium():
    """The path of a Chromium, or None."""
    named = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if named:
        return named
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).is_file() else None


def needed():
    """Skip a module of browser tests where no Chromium is found; fail where the machine promises one."""
    import pytest  # the book is printed without it

    if chromium() is None:
        if os.environ.get("CHROMIUM_REQUIRED"):
            pytest.fail(HOW_TO_GET_ONE, pytrace=False)
        pytest.skip(HOW_TO_GET_ONE, allow_module_level=True)


class Quiet(SimpleHTTPRequestHandler):
    """A plain static server, as `make serve` and project sites are: no special headers."""

    prefix = "/"

    def translate_path(self, path):
        """The file of an address; one outside the prefix has none."""
        if not path.startswith(self.prefix):
            return str(Path(self.directory) / "there-is-no-such-file")
        return super().translate_path("/" + path[len(self.prefix) :])

    def log_message(self, *arguments):
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """A server that a busy machine may keep waiting: a page asks for thirty files at once."""

    request_queue_size = 128


@contextlib.contextmanager
def served(folder=SITE, prefix="/", handler=Quiet):
    """The address of a folder on localhost, under a prefix such as ``"/book/"``."""
    handler = type("Handler", (handler,), {"prefix": prefix})
    server = Server(("127.0.0.1", 0), functools.partial(handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{prefix}"
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def browser():
    """A Chromium without profile, whose scroll bars take place as they do where they are classic."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        flags = FLAGS + (["--no-sandbox"] if os.geteuid() == 0 else [])
        running = playwright.chromium.launch(
            executable_path=chromium(), args=flags, ignore_default_args=["--hide-scrollbars"]
        )
        try:
            yield running
        finally:
            running.close()


class Visit:
    """A page of the browser that notes every complaint: console, failed and third-party requests, page errors.

    Attributes
    ----------
    page : playwright.sync_api.Page
    complaints : list of str
    """

    def __init__(self, running, origin, *, viewport=DESKTOP, scheme="light", **context):
        self.context = running.new_context(viewport=viewport, color_scheme=scheme, reduced_motion="reduce", **context)
        self.origin, self.complaints = origin, []
        self.context.on("request", self._only_this_host)  # to route each request would take the browser its cache
        self.page = self.context.new_page()
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("response", self._response)

    def _only_this_host(self, request):
        if not request.url.startswith((self.origin, "data:", "blob:")):
            self.complaints.append(f"a request to another host: {request.url}")

    def _console(self, message):
        if message.type in ("error", "warning"):
            self.complaints.append(f"console {message.type}: {message.text}")

    def _response(self, response):
        if response.status >= 400:
            self.complaints.append(f"status {response.status}: {response.url}")

    def open(self, path):
        """Open a page of the site."""
        self.page.goto(self.origin + path, wait_until="load")
        return self.page

    def axe(self, *rules, within="html", without=()):
        """What axe-core finds wrong in a part of the page, by some of its rules or by all: (rule, impact, places)."""
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(AXE.read_text(encoding="utf-8"))
        options = {"resultTypes": ["violations"], "rules": {rule: {"enabled": False} for rule in without}}
        options |= {"runOnly": rules} if rules else {}
        found = self.page.evaluate("([within, options]) => axe.run(within, options)", [within, options])
        return [
            (rule["id"], rule["impact"], [node["html"][:200] for node in rule["nodes"][:3]])
            for rule in found["violations"]
        ]

    def still(self):
        """Wait until what the page asked for has come, and its size has stayed the same for a while."""
        self.page.wait_for_load_state("networkidle")
        self.page.evaluate(STILL)

    def sideways(self):
        """How many pixels the page is wider than the window."""
        return self.page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.context.close()
