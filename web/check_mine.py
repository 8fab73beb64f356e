"""The local Sphinx extension of the boxes "check mine": the directive ``{check-mine}`` in an exercise shows one.

The options of the directive are those of `derivations.exercises.Exercise`. The box is `templates/check_mine.html`;
`live/check_mine.js` brings it to life, and `live/check_mine_answers.py` answers in the reader's browser. The book's
answer stands in the page, typeset and hidden. In JupyterLab the directive shows as its options, and the cell after the
exercise holds a call of ``check`` to fill in: ``python web/check_mine.py chapters/*.ipynb`` writes these cells.
"""

import html
import json
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx_exercise.nodes import is_exercise_node

import runtime
from derivations.book.markdown_pages import directives_of, pages
from derivations.exercises import OPTIONS, Exercise
from mathematics import add_typesetter, typeset

LOGGER = logging.getLogger(__name__)
NAME = "check-mine"
CELL = "check-mine-cell"  # a tag of the cells that are written here


class Box(nodes.General, nodes.Element):
    """The place of a box, with the texts of its options."""


class CheckMine(SphinxDirective):
    """``{check-mine}``: a box in an exercise, in which readers check an answer of their own."""

    option_spec: ClassVar = dict.fromkeys(OPTIONS, directives.unchanged)

    def run(self):
        """Leave a place for the box, if the options make an exercise."""
        try:
            Exercise.of(self.options)
        except ValueError as error:
            LOGGER.warning("this exercise cannot be checked: %s", error, location=self.get_location())
            return []
        return [Box(options=self.options)]


def exercise_of(node):
    """The exercise in which a node stands, or None."""
    while node is not None and not is_exercise_node(node):
        node = node.parent
    return node


def show(translator, node):
    """Write a box into the page."""
    builder, options = translator.builder, node["options"]
    exercise = exercise_of(node)
    if exercise is None or not exercise["ids"]:
        LOGGER.warning("a box stands in an exercise that has a label, so that what is typed has a name", location=node)
        raise nodes.SkipNode
    made = Exercise.of(options)
    page = {
        "name": exercise["ids"][0],
        "options": options,
        "asks": [typeset(builder, asked, False, node) for asked in made.asks],
        "answer": answer_shown(made, lambda latex: typeset(builder, latex, True, node)),
        "runtime": runtime.is_there(),
    }
    translator.body.append(builder.templates.render("check_mine.html", page))
    raise nodes.SkipNode


def answer_shown(exercise, typeset):
    """The book's answer as HTML: as a formula, or as code where it is NumPy."""
    answer = exercise.answer
    if "\\" not in answer and any(sign in answer for sign in ("@", "**", ".T", "np.")):
        return f"<pre>{html.escape(answer)}</pre>"
    if "=" not in answer:
        answer = f"{exercise.asks[0]} = {answer}"
    return typeset(rf"\begin{{aligned}}{answer}\end{{aligned}}" if r"\\" in answer else answer.replace("&", ""))


def leave_out(translator, node):
    """Outside a browser there is no box."""
    raise nodes.SkipNode


def add_assets(app, pagename, templatename, context, doctree):
    """Load the script and the styles on the pages that have a box, and on no other."""
    if doctree is not None and next(doctree.findall(Box), None) is not None:
        app.add_css_file("live/desk.css")
        app.add_css_file("live/check_mine.css")
        add_typesetter(app)
        app.add_js_file("live/formulas.js", loading_method="defer")
        app.add_js_file("live/check_mine.js", loading_method="defer")


def setup(app):
    """Register the extension."""
    app.add_node(Box, html=(show, None), latex=(leave_out, None), text=(leave_out, None))
    app.add_directive(NAME, CheckMine)
    app.connect("html-page-context", add_assets)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


# ── the exercises of the book, for its tests and its notebooks ────────────────────────────────────────────────────


def boxes(path):
    """The options of every box of a page, in order, with the label of its exercise: pairs."""
    return [(label, options) for label, options, _ in found(path)]


def found(path):
    """As `boxes`, with the number of the cell in which the box stands, from 1."""
    listed, label = [], None
    for cell, name, options in directives_of(path):
        if name.startswith("exercise"):
            label = options.get("label")
        elif name == NAME:
            listed.append((label, options, cell))
    return listed


def cell_source(options):
    """The code of the cell that a reader of the notebook fills in."""
    exercise = Exercise.of(options)
    declared = {name: getattr(exercise, name) for name in ("given", "varying", "where", "assume")}
    arguments = "".join(f", {name}={text!r}" for name, text in declared.items() if text)
    asked = " and ".join(exercise.asks)
    code = (
        "from derivations import check\n\n"
        f"# Your answer in LaTeX, line by line: it says what {asked} is.\n"
        'mine = r""\n'
        f"check(mine{arguments}) if mine else None\n"
    )
    form = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--stdin-filename", "cell.py", "-"],
        input=code, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return form.stdout.rstrip("\n")


def with_cells(notebook, path):
    """A notebook, as data, in which a cell to fill in stands after each exercise with a box, and nowhere else."""
    wanted = {}
    for label, options, cell in found(path):
        wanted.setdefault(cell, []).append((label, cell_source(options)))
    kept, cells = {}, []
    for cell in notebook["cells"]:
        if CELL in cell["metadata"].get("tags", []):
            kept["".join(cell["source"])] = cell
    for number, cell in enumerate(notebook["cells"], start=1):
        if CELL in cell["metadata"].get("tags", []):
            continue
        cells.append(cell)
        for label, source in wanted.get(number, []):
            cells.append(kept.get(source) or new_cell(label, source))
    return {**notebook, "cells": cells}


def new_cell(label, source):
    """A cell to fill in, hidden on the site, where the box is."""
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": f"{label}-mine"[:64],
        "metadata": {"tags": ["remove-cell", CELL]},
        "outputs": [],
        "source": source.splitlines(keepends=True),
    }


def main(paths):
    """Write the cells to fill in into notebooks."""
    for path in map(Path, paths):
        text = path.read_text(encoding="utf-8")
        written = json.dumps(with_cells(json.loads(text), path), indent=1, ensure_ascii=False) + "\n"
        if written != text:
            path.write_text(written, encoding="utf-8")
            print(f"{path}: cells to fill in written; make outputs runs them")


if __name__ == "__main__":
    main(sys.argv[1:] or [str(path) for path in pages(".") if path.suffix == ".ipynb"])
