"""The local Sphinx extension of the figures that move: a page that has one loads `static/moving.js` and its styles.

The script finds the figures by their names and puts a drawing with controls in the place of the picture, which stays
for print and for readers without scripts.
"""

import re
from pathlib import Path

SCRIPT = Path(__file__).parent / "static" / "moving.js"
FIGURES = tuple(re.findall(r'"(fig-[\w-]+)": \{ make:', SCRIPT.read_text(encoding="utf-8")))
"""The names of the figures, as the script has them."""


def add_assets(app, pagename, templatename, context, doctree):
    """Load the script where a figure of that name stands."""
    body = context.get("body", "")
    if any(f'id="{name}"' in body for name in FIGURES):
        app.add_css_file("moving.css")
        app.add_js_file("moving.js", loading_method="defer")


def setup(app):
    """Register the extension."""
    app.connect("html-page-context", add_assets)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
