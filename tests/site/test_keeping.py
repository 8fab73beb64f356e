"""The service worker: what Python runs on is there at the second visit and offline, and no page is ever a stale one."""

import re
import socket
from types import MappingProxyType

import pytest
from test_desk_page import PAGE, PATIENCE, answered, python

import browsing

browsing.needed()
pytestmark = python

RUNTIME = "/_static/runtime/"
ASKED_ANEW = {"pyodide-lock.json", "pyodide.mjs"}  # which build it is


class Server(browsing.Quiet):
    """A server that notes what is asked for, may give other texts than those of the site, or go down."""

    asked, instead, state = [], {}, {}
    usual = MappingProxyType({"down": False, "caching": "no-store"})

    def end_headers(self):
        """Let no cache of the browser's own stand in for what is tested, where it is not tested itself."""
        self.send_header("Cache-Control", self.state["caching"])
        super().end_headers()

    def do_GET(self):
        """Answer, or break off."""
        if self.state["down"]:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        path = self.path.partition("?")[0]
        self.asked.append(path)
        if path not in self.instead:
            super().do_GET()
            return
        content = self.instead[path]
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture(scope="module")
def origin():
    Server.state.update(Server.usual)
    with browsing.served(handler=Server) as origin:
        yield origin


def become(page, predicate, argument):
    """Wait until an asynchronous predicate of the page gives true: Playwright takes its promise for true."""
    for _ in range(PATIENCE // 100):
        if page.evaluate(predicate, argument):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{predicate} has not become true")


@pytest.fixture(scope="module")
def context(running, origin):
    """The browser of a reader who has checked a derivation once."""
    context = running.new_context(viewport=browsing.DESKTOP)
    page = context.new_page()
    page.goto(origin + PAGE)
    assert page.evaluate("async () => (await navigator.serviceWorker.getRegistrations()).length") == 0
    checked(page)
    page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    become(
        page,
        """async address => {
            const there = async (name, url) => Boolean(await (await caches.open(name)).match(url));
            const core = new URL("../_static/runtime/pyodide.asm.wasm", address);
            return await there("visited", address) && await there("runtime", core);
        }""",
        origin + PAGE,
    )
    yield context
    context.close()


@pytest.fixture
def opened(context):
    """A new page of that reader, at a server that is as it was."""
    Server.asked.clear()
    page = context.new_page()
    yield page
    page.close()
    Server.instead.clear()
    Server.state.update(Server.usual)


def checked(page):
    """What the page answers to its first example."""
    page.click("#desk-check")
    said = answered(page)
    assert said == "Row 3 is the first wrong line: sign."
    return said


def runtime_files():
    """The files of the runtime that the server was asked for, without those that tell the build."""
    names = {path.removeprefix(RUNTIME) for path in Server.asked if path.startswith(RUNTIME)}
    return names - ASKED_ANEW


def test_the_second_visit_asks_for_nothing_of_python_but_which_build_it_is(opened, origin):
    opened.goto(origin + PAGE)
    checked(opened)
    assert f"{RUNTIME}pyodide-lock.json" in Server.asked
    assert runtime_files() == set()


def test_it_works_offline(opened, origin):
    Server.state["down"] = True
    opened.goto(origin + PAGE)
    checked(opened)
    opened.reload()
    assert "Your own derivation" in opened.title()
    opened.goto(origin + "chapters/the-neuron.html")
    assert "was not visited before" in opened.inner_text("body")


SPOIL = """async () => {
    const cache = await caches.open("runtime"), address = new URL("../_static/runtime/pyodide.asm.wasm", location);
    window.whole = [cache, address, await cache.match(address)];
    await cache.put(address, new Response("spoilt"));
}"""
MEND = "() => { const [cache, address, answer] = whole; return cache.put(address, answer); }"


def test_what_a_browser_keeps_compiled_is_left_to_it_while_there_is_a_network(opened, origin):
    Server.state["caching"] = "no-cache"
    opened.goto(origin + PAGE)
    opened.evaluate(SPOIL)
    checked(opened)  # the spoilt copy would be no program
    opened.evaluate(MEND)
    Server.state["down"] = True
    opened.goto(origin + PAGE)
    checked(opened)


KEPT_SCRIPT = """async version => {
    const kept = await (await caches.open("visited")).keys();
    const scripts = kept.map(({ url }) => new URL(url)).filter(({ pathname }) => pathname.endsWith("live/desk.js"));
    return scripts.length === 1 && scripts[0].search === version;
}"""


def test_a_page_that_changed_is_the_new_one_at_once(opened, origin):
    opened.goto(origin + PAGE)
    changed = (browsing.SITE / PAGE).read_text(encoding="utf-8").replace("<title>", "<title>New: ")
    changed, scripts = re.subn(r"live/desk\.js\?v=\w+", "live/desk.js?v=new", changed)
    Server.instead[f"/{PAGE}"] = changed.encode()
    opened.goto(origin + PAGE)
    assert opened.title().startswith("New: ") and scripts == 1
    become(opened, KEPT_SCRIPT, "?v=new")  # and the one of the build before takes no room
    Server.state["down"] = True
    opened.reload()
    assert opened.title().startswith("New: ")  # what is kept is the latest that was seen


def test_a_new_build_of_python_takes_the_place_of_the_whole_old_one(opened, origin):
    lock = f"{RUNTIME}pyodide-lock.json"
    Server.instead[lock] = (browsing.SITE / lock[1:]).read_bytes() + b"\n"
    opened.goto(origin + PAGE)
    checked(opened)
    assert {"pyodide.asm.wasm", "pyodide.asm.js", "python_stdlib.zip"} <= runtime_files()
    assert len([name for name in runtime_files() if name.endswith(".whl")]) == 3
