"""The local Sphinx extension of the site: its own MathJax, its styles, its addresses, and repairs of the theme."""

import os
import shutil
from pathlib import Path

from sphinx.errors import ExtensionError

HERE = Path(__file__).parent
MATHJAX = HERE / "node_modules" / "mathjax" / "es5"

# The typesetter, and what it loads on demand: fonts, rarer TeX commands, and what its menu offers.
MATHJAX_PARTS = ["tex-chtml.js", "output", "input/tex/extensions", "a11y", "sre"]


def configure(app, config):
    """Serve MathJax and the styles from the site itself; take the addresses from the environment."""
    config.html_static_path.append(str(HERE / "static"))
    config.templates_path.append(str(HERE / "templates"))
    config.mathjax_path = "mathjax/tex-chtml.js"
    config.html_baseurl = os.environ.get("BOOK_BASE_URL", "")
    server, repository = os.environ.get("GITHUB_SERVER_URL"), os.environ.get("GITHUB_REPOSITORY")
    if server and repository:
        config.html_theme_options.update(
            repository_url=f"{server}/{repository}",
            repository_branch="main",
            use_repository_button=True,
            use_issues_button=True,
        )


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


def drop_thebe(app, config):
    """Keep a live-code service that the book does not use from writing its settings into every page.

    They name a third party, and declare a constant that the theme declares too.
    """
    for event in ("env-before-read-docs", "doctree-resolved"):
        for listener in list(app.events.listeners[event]):
            if listener.handler.__module__ == "sphinx_thebe":
                app.disconnect(listener.id)


def setup(app):
    """Register the extension."""
    app.connect("config-inited", configure)
    app.connect("config-inited", drop_thebe)
    app.connect("builder-inited", copy_mathjax)
    app.add_css_file("book.css")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
