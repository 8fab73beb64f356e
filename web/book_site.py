"""The local Sphinx extension of the site: its own MathJax, its styles, its addresses, and the page for lost readers.

Its other rooms: `theme_repairs`, `icons`, `anchors` and `searching`.
"""

import os
import shutil
from pathlib import Path
from urllib.parse import urlsplit

from sphinx.errors import ExtensionError

HERE = Path(__file__).parent
MATHJAX = HERE / "node_modules" / "mathjax" / "es5"

# The typesetter, and what it loads on demand: fonts, rarer TeX commands, what its menu offers, and the filter of unsafe
# attributes, for which the form of desk.py asks.
MATHJAX_PARTS = ["tex-chtml.js", "output", "input/tex/extensions", "a11y", "sre", "ui/safe.js"]


def configure(app, config):
    """Serve MathJax and the styles from the site itself; take the addresses from the environment."""
    config.html_static_path.append(str(HERE / "static"))
    config.templates_path.append(str(HERE / "templates"))
    config.mathjax_path = "mathjax/tex-chtml.js"
    config.html_baseurl = os.environ.get("BOOK_BASE_URL", "")
    config.html_theme_options.update(repository_options(os.environ))


def repository_options(environment):
    """What the theme shows of the book's repository: nothing, where the environment names none.

    Parameters
    ----------
    environment : mapping
        ``GITHUB_SERVER_URL`` and ``GITHUB_REPOSITORY``, as a workflow on GitHub sets them.

    Returns
    -------
    dict
        Options of the theme.
    """
    server, repository = environment.get("GITHUB_SERVER_URL"), environment.get("GITHUB_REPOSITORY")
    if not (server and repository):
        return {}
    return {
        "repository_url": f"{server}/{repository}",
        "repository_branch": "main",
        "use_repository_button": True,
        "use_source_button": True,
        "use_issues_button": True,
        "launch_buttons": {"binderhub_url": "https://mybinder.org", "notebook_interface": "jupyterlab"},
    }


def copy_mathjax(app):
    """Copy MathJax into the site. Only the page's own script tag loads it."""
    if app.builder.format != "html":
        return
    if not MATHJAX.is_dir():
        raise ExtensionError(f"MathJax is not in {MATHJAX}: run `make setup` first")
    for part in MATHJAX_PARTS:
        source, target = MATHJAX / part, Path(app.outdir) / "_static" / "mathjax" / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            shutil.copy(source, target)


def typeset_last(app, pagename, templatename, context, doctree):
    """Let MathJax begin when the theme's scripts are done: the template `layout.html` puts it behind them.

    They ask where things are on the page, and that takes long where formulas have just been put into it.
    """
    scripts = context["script_files"]
    context["typesetters"] = [file for file in scripts if (file.filename or "").endswith(app.config.mathjax_path)]
    scripts[:] = [file for file in scripts if file not in context["typesetters"]]  # the template holds this list


def lost_page(app):
    """Yield the page that a server shows for an address without one.

    It can be shown at any depth, so its links begin at the root of the site, which the site's own address tells.
    """
    root = urlsplit(app.config.html_baseurl).path.rstrip("/") + "/"
    logo = (HERE / "static" / "favicon.svg").read_text(encoding="utf-8")
    yield "404", {"root": root, "logo": logo}, "404.html"


def setup(app):
    """Register the extension and its other rooms."""
    for room in ("theme_repairs", "icons", "anchors", "searching"):
        app.setup_extension(room)
    app.connect("config-inited", configure)
    app.connect("builder-inited", copy_mathjax)
    app.connect("html-page-context", typeset_last, priority=900)
    app.connect("html-collect-pages", lost_page)
    app.add_css_file("book.css")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
