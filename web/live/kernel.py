"""The Python side of the live cells: it runs a cell as a notebook's kernel does and tells what the cell shows.

The browser's worker and the test under Node both use it; nothing in it knows JavaScript. It tells messages as they
come, each a dictionary with its ``kind``:

- ``stream``: the ``text`` of a stream, ``name`` stdout or stderr;
- ``display``: the ``data`` of a value, mime type to text, as notebooks store it;
- ``error``: the ``name`` of an exception and the ``text`` of its traceback, only the reader's own lines;
- ``notice``: a sentence of the kernel itself;
- ``progress``: ``what`` is being loaded, ``done`` and ``total`` in bytes.
"""

import ast
import base64
import builtins
import contextlib
import hashlib
import importlib
import inspect
import io
import json
import linecache
import logging
import os
import pprint
import site
import sys
import token
import tokenize
import traceback
import zipfile
from importlib.machinery import PathFinder

STREAM_LIMIT = 100_000  # characters a cell may print
DISPLAY_LIMIT = 5_000_000  # characters of what it may display
FRAMES = 4  # how many calls a traceback shows at either end
WIDTH = 79  # where a list breaks, as in a notebook

SHOWN_AS = {
    "text/html": "_repr_html_",
    "text/latex": "_repr_latex_",
    "image/svg+xml": "_repr_svg_",
    "image/png": "_repr_png_",
}


class Packages:
    """Loads a package at its first import, whoever imports it: no list says which code needs which.

    Parameters
    ----------
    packages : dict
        As in Pyodide's lock file: what it is imported as, its file, and the file's SHA-256.
    fetch : callable
        Gives the bytes of a file by its name.
    tell : callable
        Hears of the progress.
    folder : str
        Where packages are put.
    """

    def __init__(self, packages, fetch, tell, folder):
        self.fetch, self.tell, self.folder = fetch, tell, folder
        self.waiting = {name: package for package in packages.values() for name in package["imports"]}

    def find_spec(self, name, path=None, target=None):
        """Python asks here when a module is found nowhere else."""
        package = self.waiting.get(name)
        if package is None:
            return None
        self.load(package)
        return PathFinder.find_spec(name)

    def load(self, package):
        """Fetch a package, verify it and unpack it."""
        progress = {"kind": "progress", "what": package["name"], "total": package["size"]}
        self.tell({**progress, "done": 0})
        content = self.fetch(package["file_name"])
        if hashlib.sha256(content).hexdigest() != package["sha256"]:
            raise ImportError(f"{package['file_name']} is not the file that the site was built with: reload the page")
        with zipfile.ZipFile(io.BytesIO(content)) as wheel:
            wheel.extractall(self.folder)
        sys.path_importer_cache[self.folder].invalidate_caches()  # all others would read the standard library anew
        for name in package["imports"]:
            del self.waiting[name]
        self.tell({**progress, "done": package["size"]})


class Stream(io.TextIOBase):
    """A text stream that tells what is written, line by line."""

    encoding = "utf-8"

    def __init__(self, name, tell):
        self.name, self.tell, self.line = name, tell, ""

    def writable(self):
        """Say that it takes text."""
        return True

    def write(self, text):
        """Take text, and tell what ends a line."""
        self.line += text
        if "\n" in text:
            self.flush()
        return len(text)

    def flush(self):
        """Tell what has been written since."""
        if self.line:
            text, self.line = self.line, ""
            self.tell({"kind": "stream", "name": self.name, "text": text})


class Kernel:
    """Runs cells one after the other in one namespace.

    Parameters
    ----------
    tell : callable
        Hears each message, as JSON.
    fetch : callable
        Gives the bytes of one of the runtime's files by its name.
    lock : str
        The lock file of the runtime.
    namespace : dict, optional
        Where variables live: those of ``__main__``.
    """

    def __init__(self, tell, fetch, lock, namespace=None):
        self._tell = lambda message: tell(json.dumps(message))
        self.namespace = sys.modules["__main__"].__dict__ if namespace is None else namespace
        self.namespace.update(__name__="__main__", display=self.display)
        self.cells, self.left = {}, {}
        self.streams = [Stream(name, self.show) for name in ("stdout", "stderr")]
        self.packages = Packages(json.loads(lock)["packages"], fetch, self._tell, site.getsitepackages()[0])
        sys.meta_path.append(self.packages)
        os.environ["MPLBACKEND"] = "module://inline_figures"
        logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # it would announce each first import
        builtins.input = refuse_input

    async def run(self, code, cell):
        """Run a cell and tell what it shows; give back whether it ended without an error.

        Parameters
        ----------
        code : str
        cell : str
            Its name in tracebacks: "3" is shown as "Cell 3".
        """
        name = f"<cell {cell}>"
        self.cells[name] = f"Cell {cell}"
        linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
        self.left = {"stream": STREAM_LIMIT, "display": DISPLAY_LIMIT}
        out, err = self.streams
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                await self._execute(code, name)
                self.show_figures()
                return True
            except BaseException as error:  # also SystemExit and KeyboardInterrupt: the page goes on
                self._flush()
                trace = "\n".join(self._traceback(error))
                self._tell({"kind": "error", "name": type(error).__name__, "text": trace})
                return False
            finally:
                self._flush()

    async def _execute(self, code, name):
        """Run the code, and show the value of its last expression unless a semicolon ends it."""
        tree = ast.parse(code, name)
        last = tree.body[-1] if tree.body else None
        shown = isinstance(last, ast.Expr) and not ends_with_semicolon(code)
        if shown:
            tree.body.pop()
        await self._evaluate(tree, name, "exec")
        if shown:
            value = await self._evaluate(ast.Expression(last.value), name, "eval")
            if value is not None:
                self.namespace["_"] = value
                self.display(value)

    async def _evaluate(self, tree, name, mode):
        compiled = compile(tree, name, mode, flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
        value = eval(compiled, self.namespace)
        return await value if compiled.co_flags & inspect.CO_COROUTINE else value

    async def call(self, target, argument):
        """Call a function of a module with a value and with a function that tells messages; all are JSON.

        Parameters
        ----------
        target : str
            ``"module:function"``.
        argument : str
            JSON.

        Returns
        -------
        str
            JSON: ``{"value": …}``, or ``{"failed": message}``.
        """
        module, _, function = target.partition(":")
        try:
            value = getattr(importlib.import_module(module), function)(json.loads(argument), self._tell)
            return json.dumps({"value": await value if inspect.isawaitable(value) else value})
        except BaseException as error:  # as above
            return json.dumps({"failed": str(error) or type(error).__name__})

    def display(self, *values):
        """Show values, as a notebook does."""
        for value in values:
            self.show({"kind": "display", "data": bundle(value)})

    def show_figures(self):
        """Show the figures that pyplot holds, and close them."""
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot:
            for number in pyplot.get_fignums():
                self.display(pyplot.figure(number))
            pyplot.close("all")

    def show(self, message):
        """Tell a message that a cell shows, as long as the cell's allowance lasts."""
        kind = message["kind"]
        if kind == "display":
            self._flush()
            size = sum(map(len, message["data"].values()))
        else:
            size = len(message["text"])
        if self.left[kind] >= size:
            self._tell(message)
        elif self.left[kind] >= 0:
            self._tell({"kind": "notice", "text": "This cell shows too much for a page: the rest is left out."})
            size = self.left[kind] + 1
        self.left[kind] -= min(size, self.left[kind] + 1)

    def _flush(self):
        for stream in self.streams:
            stream.flush()

    def _traceback(self, error):
        """Yield the lines of a traceback: the reader's own, the one that failed under an arrow."""
        cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if cause:
            yield from self._traceback(cause)
            yield from (
                "",
                "While that was handled, this happened:" if not error.__cause__ else "That led to this:",
                "",
            )
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename in self.cells]
        omitted = range(FRAMES, len(frames) - FRAMES)
        for at, frame in enumerate(frames):
            if at not in omitted:
                inside = "" if frame.name == "<module>" else f", in {frame.name}"
                yield f"{self.cells[frame.filename]}, line {frame.lineno}{inside}"
                yield from around(linecache.getlines(frame.filename), frame.lineno)
                yield ""
            elif at == omitted[0]:
                yield from (f"({len(omitted)} calls more)", "")
        if isinstance(error, SyntaxError) and error.filename in self.cells:
            yield f"{self.cells[error.filename]}, line {error.lineno}"
            yield from (line.rstrip("\n") for line in traceback.format_exception_only(error)[1:])
        else:
            yield from "".join(traceback.format_exception_only(error)).rstrip("\n").split("\n")


def around(lines, number):
    """Yield a numbered line and its neighbours, with an arrow before it."""
    for at in range(max(1, number - 2), min(len(lines), number + 2) + 1):
        mark = "---->" if at == number else "     "
        yield f"{mark} {at:>2} {lines[at - 1].rstrip()}".rstrip()


def ends_with_semicolon(code):
    """Whether the last thing in the code is a semicolon."""
    passed = (token.NEWLINE, token.NL, token.COMMENT, token.ENDMARKER, token.DEDENT)
    tokens = [found for found in tokenize.generate_tokens(io.StringIO(code).readline) if found.type not in passed]
    return bool(tokens) and tokens[-1].string == ";"


def bundle(value):
    """What a notebook would show for a value: mime type to text."""
    if "matplotlib.figure" in sys.modules and isinstance(value, sys.modules["matplotlib.figure"].Figure):
        return {"image/svg+xml": figure_svg(value), "text/plain": repr(value)}
    shown = {"text/plain": plain(value)}
    if not isinstance(value, type):
        for mime, method in SHOWN_AS.items():
            text = getattr(value, method)() if hasattr(value, method) else None
            if text is not None:
                shown[mime] = base64.b64encode(text).decode() if isinstance(text, bytes) else text
        if hasattr(value, "_repr_mimebundle_"):
            shown.update(value._repr_mimebundle_(include=None, exclude=None))
    return shown


def plain(value):
    """The text of a value: long lists and the like on more than one line."""
    containers = (list, tuple, dict, set, frozenset)
    if type(value) in containers:
        return pprint.pformat(value, width=WIDTH, sort_dicts=False)
    return repr(value)


def figure_svg(figure):
    """A Matplotlib figure as SVG, the same text in every run."""
    import matplotlib

    text = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "live"}):
        figure.savefig(text, format="svg", bbox_inches="tight", metadata={"Date": None})
    return text.getvalue()


def refuse_input(prompt=""):
    """Take the place of `input`: a page has nowhere to ask."""
    raise RuntimeError("input() cannot ask here: write the value into the cell")
