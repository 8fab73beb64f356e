"""Repairs of the theme: what it loads and does not use, and what its marks leave out for those who cannot see them.

The other half of the repairs are templates in `web/templates`, each with a comment that says what it changes.
"""

import re
import shutil
from pathlib import Path

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode, depart_HideCellInput, visit_HideCellInput

# Files for a page to load only if its text has this in it.
LOADED_WHERE_NEEDED = {
    "sphinx-thebe.css": "thebe-",
    "sphinx-design.min.css": 'class="sd-',
    "design-tabs.js": 'class="sd-',
    "proof.css": 'class="proof',
    "exercise.css": "exercise",
}

# What the theme's buttons say for themselves, and what they do.
BUTTONS = {".ipynb": "Download the notebook", ".md": "Download the source", ".pdf": "Print the page"}

# Files that no page loads: icons.py has made a font of the icons in use.
NEVER_LOADED = ["scripts/fontawesome.js", "scripts/fontawesome.js.LICENSE.txt", "vendor", "locales"]


def drop_thebe(app, config):
    """Keep a live-code service that the book does not use from writing its settings into every page.

    They name a third party, and declare a constant that the theme declares too.
    """
    for event in ("env-before-read-docs", "doctree-resolved"):
        for listener in list(app.events.listeners[event]):
            if listener.handler.__module__ == "sphinx_thebe":
                app.disconnect(listener.id)


def load_what_is_used(app, pagename, templatename, context, doctree):
    """Take the styles and scripts out of a page that has nothing for them to act on."""
    for files in (context["css_files"], context["script_files"]):
        for file in list(files):
            mark = LOADED_WHERE_NEEDED.get(Path(file.filename or "").name)
            if mark and mark not in context.get("body", ""):
                files.remove(file)  # in place: the template holds this list


def keep_together(app, doctree, docname):
    """Keep a formula on one line with the comma after it and the bracket before: browsers break there."""
    for formula in list(doctree.findall(nodes.math)):
        parent, place = formula.parent, formula.parent.index(formula)
        around = [parent[at] if 0 <= at < len(parent) else "" for at in (place - 1, place + 1)]
        before, after = (text.astext() if isinstance(text, nodes.Text) else "" for text in around)
        opening, closing = re.search(r"\S*$", before)[0], re.match(r"\S*", after)[0]
        if opening or closing:
            together = nodes.inline("", opening, formula.deepcopy(), nodes.Text(closing), classes=["together"])
            first, last = place - bool(before), place + 1 + bool(after)
            parent[first:last] = [
                *([nodes.Text(before.removesuffix(opening))] if before else []),
                together,
                *([nodes.Text(after.removeprefix(closing))] if after else []),
            ]


def name_buttons(app, pagename, templatename, context, doctree):
    """Let each button above a page say what it does, where the theme says the ending of a file."""
    for group in context.get("header_buttons", []):
        for button in group.get("buttons", []):
            button["text"] = BUTTONS.get(button["text"], button["text"])


def remove_what_is_not_used(app, exception):
    """Take out of the site what the theme brings and no page loads."""
    if exception or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    for path in [*(static / name for name in NEVER_LOADED), *static.rglob("*.map")]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def visit_citation(translator, node):
    """Begin a work in the list of references: docutils gives it a role that is no longer one, and not an item's."""
    type(translator).visit_citation(translator, node)
    translator.body[-1] = translator.body[-1].replace('role="doc-biblioentry"', 'role="listitem"')


def visit_entry(translator, node):
    """Begin a cell of a table: an empty one in the head row is no heading."""
    type(translator).visit_entry(translator, node)
    if isinstance(node.parent.parent, nodes.thead) and not node.astext():
        translator.body[-1] = translator.body[-1].replace("<th", "<td", 1)
        translator.context[-1] = translator.context[-1].replace("</th>", "</td>")


def visit_hidden_cell(translator, node):
    """Begin a folded cell: its line says what it shows, where MyST-NB would have all of them read as one."""
    start = len(translator.body)
    visit_HideCellInput(translator, node)
    place = translator.body.index('<summary aria-label="Toggle hidden content">\n', start)
    translator.body[place] = "<summary>\n"


def setup(app):
    """Register the repairs."""
    app.add_node(nodes.citation, override=True, html=(visit_citation, None))
    app.add_node(nodes.entry, override=True, html=(visit_entry, None))
    app.add_node(HideCodeCellNode, override=True, html=(visit_hidden_cell, depart_HideCellInput))
    app.connect("config-inited", drop_thebe)
    app.connect("doctree-resolved", keep_together, priority=900)
    app.connect("html-page-context", load_what_is_used, priority=900)
    app.connect("html-page-context", name_buttons, priority=900)
    app.connect("build-finished", remove_what_is_not_used, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
