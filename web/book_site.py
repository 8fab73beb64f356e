"""The local Sphinx extension of the site: its styles, its addresses, and the page for lost readers.

Its other rooms: `mathematics`, `moving`, `finding`, `theme_repairs`, `icons`, `anchors`, `searching`, `redirects` and
`purging`.
"""

import os
from pathlib import Path
from urllib.parse import quote, urlsplit

HERE = Path(__file__).parent


def configure(app, config):
    """Serve the styles from the site itself; take the addresses from the environment."""
    config.html_static_path.append(str(HERE / "static"))
    config.templates_path.append(str(HERE / "templates"))
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


def lost_page(app):
    """Yield the page that a server shows for an address without one.

    It can be shown at any depth, so its links begin at the root of the site, which the site's own address tells, and
    its icon stands in the page itself.
    """
    root = urlsplit(app.config.html_baseurl).path.rstrip("/") + "/"
    logo = (HERE / "static" / "favicon.svg").read_text(encoding="utf-8")
    icon = f"data:image/svg+xml,{quote(logo)}"
    yield "404", {"root": root, "logo": logo, "icon": icon}, "404.html"


def setup(app):
    """Register the extension and its other rooms."""
    rooms = "mathematics moving finding theme_repairs icons anchors searching redirects purging"
    for room in rooms.split():
        app.setup_extension(room)
    app.connect("config-inited", configure)
    app.connect("html-collect-pages", lost_page)
    app.add_css_file("book.css")
    app.add_js_file("scrolling.js", loading_method="defer")
    app.add_js_file("copying.js", loading_method="defer")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
