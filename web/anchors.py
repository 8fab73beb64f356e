"""A place to link to for every displayed equation and every exercise, and the small # that shows it.

An equation with a label is found under its label. One without is found under a hash of its LaTeX, which stays the same
when equations before it come and go; a second one with the same LaTeX on the page gets a 2.
"""

import hashlib
from collections import Counter

from docutils import nodes
from sphinx_exercise.nodes import is_exercise_node

UNNAMED = (["exercise-content"], ["solution-content"])
"""What sphinx_exercise names the text of an exercise and of a solution, each of them."""


def anchor(latex):
    """The place of an equation without a label: its LaTeX, hashed without spaces and declarations."""
    lines = [line for line in latex.splitlines() if not line.lstrip().startswith("%")]
    return "equation-" + hashlib.sha256("".join("".join(lines).split()).encode()).hexdigest()[:8]


def name_equations(app, doctree):
    """Give each equation that has no label a place of its own."""
    seen = Counter()
    for node in doctree.findall(nodes.math_block):
        if not node["ids"]:
            name = anchor(node.astext())
            seen[name] += 1
            node["ids"].append(name if seen[name] == 1 else f"{name}-{seen[name]}")


def visit_math_block(translator, node):
    """Write an equation; Sphinx writes a # beside the number of a numbered one, and this beside the others."""
    start = len(translator.body)
    try:
        type(translator).visit_math_block(translator, node)
    except nodes.SkipNode:
        if not node.get("number") and node["ids"]:
            link = f'<a class="headerlink" href="#{node["ids"][0]}" title="Link to this equation">#</a>'
            translator.body.insert(start + 1, f'<span class="eqno">{link}</span>')
        raise


def link_exercises(app, doctree, docname):
    """Put a # at the end of the title of each exercise; its text has no name, where it had the same in all of them."""
    for node in doctree.findall(nodes.section):
        if node["ids"] in UNNAMED:
            node["ids"] = []
    for node in doctree.findall(is_exercise_node):
        link = nodes.reference("", "#", internal=True, refuri="#" + node["ids"][0], classes=["headerlink"])
        link["reftitle"] = "Link to this exercise"
        node.next_node(nodes.title).append(link)


def setup(app):
    """Register the extension."""
    app.connect("doctree-read", name_equations)
    app.connect("doctree-resolved", link_exercises, priority=900)
    app.add_node(nodes.math_block, override=True, html=(visit_math_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
