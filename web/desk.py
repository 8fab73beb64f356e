"""The local Sphinx extension of the page "Your own derivation": the directive ``{derivation-desk}`` shows the form.

The form itself is `templates/derivation_desk.html`; `live/desk.js` fills it in the reader's browser, and
`live/desk_answers.py` answers it there. What it starts with, and the examples to pick from, are read from
`desk_examples.yml`. The mark beside each displayed equation of the book leads to the form, filled in with the equation.
The files in `live` are put into the site by `live_cells`.
"""

import base64
import json
from pathlib import Path

import yaml
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

import runtime
from mathematics import add_typesetter, typeset

HERE = Path(__file__).parent
EXAMPLES = HERE / "desk_examples.yml"
LINK = "#d="  # begins the part of an address that fills the form in
FIELDS = ("latex", "loss", "given", "varying", "where", "assume", "names")


class Desk(nodes.General, nodes.Element):
    """The place of the form."""


class DeskDirective(SphinxDirective):
    """``{derivation-desk}``: a form in which readers check a derivation of their own."""

    def run(self):
        """Leave a place for the form."""
        self.env.note_dependency(str(EXAMPLES))
        self.env.metadata[self.env.docname]["derivation-desk"] = True
        return [Desk()]


def examples():
    """The examples, a title and the texts of the fields each; an absent field is empty."""
    listed = yaml.safe_load(EXAMPLES.read_text(encoding="utf-8"))
    return [{"title": item["title"], **{name: item.get(name, "").strip() for name in FIELDS}} for item in listed]


def cards(typeset):
    """What the cards of the examples show: title, mistake (empty where every line holds), and a formula as HTML.

    Parameters
    ----------
    typeset : callable
        Gives the HTML of a formula in LaTeX.
    """
    listed = yaml.safe_load(EXAMPLES.read_text(encoding="utf-8"))
    return [
        {"title": item["title"], "mistake": item.get("mistake", ""), "formula": typeset(item["shows"])}
        for item in listed
    ]


def show(translator, node):
    """Write the form into the page."""
    builder = translator.builder
    page = {
        "examples": examples(),
        "cards": cards(lambda latex: typeset(builder, latex, False, node)),
        "runtime": runtime.is_there(),
        "laws": builder.get_relative_uri(builder.current_docname, "chapters/laws"),
    }
    translator.body.append(builder.templates.render("derivation_desk.html", page))
    raise nodes.SkipNode


def leave_out(translator, node):
    """Outside a browser there is no form."""
    raise nodes.SkipNode


def fragment(texts):
    """The end of an address that fills the form in with these texts of its fields, as `live/desk.js` reads it."""
    state = {"tab": "check", **{name: text for name, text in texts.items() if text}}
    return LINK + base64.urlsafe_b64encode(json.dumps(state, ensure_ascii=False).encode()).decode().rstrip("=")


def link(app, docname, item):
    """The address of the form, filled in with a checked equation and what it uses; None where there is no form."""
    pages = [name for name, data in app.env.metadata.items() if "derivation-desk" in data]
    said = item.alone if set(item.alone) <= set(FIELDS) else None  # the form has no field for vary
    if said and pages and app.builder.format == "html":
        return app.builder.get_relative_uri(docname, pages[0]) + fragment(said)
    return None


def add_assets(app, pagename, templatename, context, doctree):
    """Load the script and the styles on the pages that show the form, and on no other."""
    if doctree is not None and next(doctree.findall(Desk), None) is not None:
        app.add_css_file("live/desk.css")
        add_typesetter(app)
        app.add_js_file("live/formulas.js", loading_method="defer")
        app.add_js_file("live/desk.js", loading_method="defer")


def setup(app):
    """Register the extension."""
    app.add_node(Desk, html=(show, None), latex=(leave_out, None), text=(leave_out, None))
    app.add_directive("derivation-desk", DeskDirective)
    app.connect("checked-equation-link", link)
    app.connect("html-page-context", add_assets)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
