"""The local Sphinx extension of the live cells: every code cell of a notebook page can be run in the page.

It puts a bar of buttons under each cell and an empty cell into each exercise, copies the worker and what it runs on
into the site, and gives notebook pages the script that makes the buttons work. Without web/runtime (see runtime.py) the
book is built all the same, with live cells off; the build and each notebook page say so.
"""

import ast
import html
import itertools
import json
import shutil
import string
from pathlib import Path

from docutils import nodes
from sphinx.util import logging

import runtime
from mathematics import add_typesetter

LIVE = Path(__file__).parent / "live"
KEEPER = "service.js"
LOGGER = logging.getLogger(__name__)

OFF = (
    "Live cells are off: this copy of the book was built without the part that runs Python in the browser. "
    "In the book's folder, make serve fetches it."
)

BUTTONS = (("run", "Run"), ("stop", "Stop"), ("edit", "Edit"), ("above", "Run all above"), ("reset", "Reset"))

PAGE_BAR = (
    '<div class="live-page"><button type="button">Run all cells</button>'
    '<button type="button">Restart Python</button><span class="live-name"></span></div>'
)


def prepare(app):
    """Copy the worker, and what it runs on, into the site."""
    if app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    shutil.copytree(LIVE, static / "live", dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    (static / "live" / KEEPER).replace(Path(app.outdir) / KEEPER)  # it serves what is below the folder it stands in
    if runtime.is_there():
        try:
            runtime.make_runtime()  # fetches nothing that is there; builds `derivations` again if it changed
        except runtime.NotServed as fault:
            LOGGER.info("web/runtime is not whole: %s", fault)
    if runtime.is_there():
        (static / "runtime").mkdir(exist_ok=True)
        for name, path in runtime.served().items():
            shutil.copy(path, static / "runtime" / name)
    else:
        LOGGER.info("live cells are off: web/runtime is not there (`make runtime` fetches it)")


def code_cells(doctree):
    """The code cells of a notebook page, in order."""
    return [node for node in doctree.findall(nodes.container) if node.get("nb_element") == "cell_code"]


def add_bars(app, doctree, docname):
    """Put a bar of buttons under the code of each cell, or say once that live cells are off."""
    cells = code_cells(doctree)
    if app.builder.format != "html" or not cells:
        return
    if not runtime.is_there():
        title = next(doctree.findall(nodes.title))
        title.parent.insert(title.parent.index(title) + 1, nodes.paragraph("", OFF, classes=["live-off"]))
        return
    title = next(doctree.findall(nodes.title))
    title.parent.insert(title.parent.index(title) + 1, html_node(PAGE_BAR))
    sources = cell_sources(app.env.doc2path(docname))
    for number, cell in enumerate(cells, start=1):
        outputs = [at for at, child in enumerate(cell.children) if child.get("nb_element") == "cell_code_output"]
        removed = "remove-input" in cell.get("cell_metadata", {}).get("tags", [])
        source = sources[cell["cell_index"]] if removed else None
        shown = {"run", "edit"} if number == 1 else {"run", "edit", "above"}
        cell.insert(outputs[0] if outputs else len(cell), html_node(bar(number, shown, source)))
    exercises = [node for node in doctree.findall(nodes.Admonition) if "exercise" in node.get("classes", [])]
    for letter, exercise in zip(string.ascii_uppercase, exercises, strict=False):
        exercise += html_node(empty_cell(letter))


def html_node(text):
    """A node that is HTML already."""
    return nodes.raw("", text, format="html")


def bar(name, shown, source=None):
    """The bar of a cell as HTML, with the buttons that are shown at first, and the code where the page hides it."""
    buttons = "".join(
        f'<button type="button" data-live="{action}" aria-label="{label} cell {name}"'
        f"{'' if action in shown else ' hidden'}>{label}</button>"
        for action, label in BUTTONS
    )
    code = "" if source is None else f'<pre class="live-source" hidden>{html.escape(source)}</pre>'
    return f'<div class="live-bar" data-cell="{name}">{buttons}<span class="live-name">Cell {name}</span></div>{code}'


def empty_cell(name):
    """A cell for the reader's own answer."""
    return (
        '<div class="cell docutils container live-own"><div class="cell_input docutils container">'
        f'<textarea class="live-editor" rows="3" aria-label="Your answer, cell {name}"'
        ' placeholder="Try it here" spellcheck="false" wrap="off"></textarea></div>'
        f"{bar(name, {'run', 'above'})}</div>"
    )


def cell_sources(path, kind=None):
    """The source of each cell of a notebook, or of those of a kind, ``"code"``."""
    cells = json.loads(Path(path).read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if kind in (None, cell["cell_type"])]


def files_read(path):
    """The files that a notebook's code names, relative to its folder: those that are there."""
    path = Path(path)
    nodes_of_all = itertools.chain.from_iterable(map(ast.walk, map(ast.parse, cell_sources(path, "code"))))
    constants = [node.value for node in nodes_of_all if isinstance(node, ast.Constant)]
    named = {value for value in constants if isinstance(value, str) and value and "\n" not in value}
    return sorted(name for name in named if len(name) < 200 and (path.parent / name).is_file())


def add_script(app, pagename, templatename, context, doctree):
    """Give notebook pages, and no others, the script and the styles; put the files their code reads beside them."""
    if doctree is None or not code_cells(doctree):
        return
    app.add_css_file("live/cells.css")
    if runtime.is_there():
        path = Path(app.env.doc2path(pagename))
        files = files_read(path)
        for name in files:
            target = Path(app.outdir) / Path(pagename).parent / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path.parent / name, target)
        add_typesetter(app)
        app.add_js_file("live/cells.js", loading_method="defer", **{"data-files": " ".join(files)})


def setup(app):
    """Register the extension."""
    app.connect("builder-inited", prepare)
    app.connect("doctree-resolved", add_bars)
    app.connect("html-page-context", add_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
