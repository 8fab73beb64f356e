"""What search engines and previews of links are told: Open Graph and JSON-LD on each page, a sitemap, and robots.txt.

Addresses are told where the site knows its own (``BOOK_BASE_URL``); Sphinx then writes the canonical link as well.
"""

import html
import json
from pathlib import Path
from urllib.parse import urljoin

from docutils import nodes

PICTURE = "_images/first-step.svg"
LICENCE = "https://creativecommons.org/licenses/by/4.0/"


def described(doctree):
    """The description and the keywords of a page, by name."""
    return {meta["name"]: meta["content"] for meta in doctree.findall(nodes.meta) if "name" in meta}


def add_metadata(app, pagename, templatename, context, doctree):
    """Write the tags of a page that has a source into its head."""
    if doctree is None:
        return
    config, said = app.config, described(doctree)
    title, description = title_of(doctree) or config.project, said.get("description", "")
    tags = {"og:type": "article" if pagename != config.root_doc else "website", "og:title": title}
    tags |= {"og:site_name": config.project, "og:description": description}
    resource = {
        "@context": "https://schema.org",
        "@type": "LearningResource",
        "name": title,
        "description": description,
        "inLanguage": config.language,
        "license": LICENCE,
        "isAccessibleForFree": True,
        "learningResourceType": "tutorial",
    }
    for name, key in (("teaches", "teaches"), ("needs", "competencyRequired")):
        if said.get(name):
            resource[key] = [idea.strip() for idea in said[name].split(";")]
    if config.html_baseurl:
        here, book = address(app, pagename), {"@type": "Book", "name": config.project, "url": within(app, "")}
        tags |= {"og:url": here, "og:image": within(app, PICTURE)}
        resource |= {"url": here, "isPartOf": book}
    data = json.dumps(resource, ensure_ascii=False).replace("<", "\\u003c")
    written = [f'<meta property="{name}" content="{html.escape(text)}"/>' for name, text in tags.items() if text]
    written.append(f'<script type="application/ld+json">{data}</script>')
    context["metatags"] = "\n    ".join([context.get("metatags", ""), *written])


def within(app, path):
    """The address of a file of the site."""
    return urljoin(app.config.html_baseurl.rstrip("/") + "/", path)


def address(app, page):
    """The address of a page."""
    return within(app, app.builder.get_target_uri(page))


def title_of(doctree):
    """The words of a page's title, or None."""
    title = next(doctree.findall(nodes.title), None)
    return title and title.astext()


def write_sitemap(app, error):
    """Write sitemap.xml and robots.txt, where the site knows its address."""
    if error or app.builder.format != "html" or not app.config.html_baseurl:
        return
    rows = [f"  <url><loc>{html.escape(address(app, page))}</loc></url>" for page in sorted(app.env.found_docs)]
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    folder = Path(app.outdir)
    (folder / "sitemap.xml").write_text("\n".join([head, *rows, "</urlset>", ""]), encoding="utf-8")
    robots = f"User-agent: *\nAllow: /\n\nSitemap: {within(app, 'sitemap.xml')}\n"
    (folder / "robots.txt").write_text(robots, encoding="utf-8")


def setup(app):
    """Register the extension."""
    app.connect("html-page-context", add_metadata)
    app.connect("build-finished", write_sitemap)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
