"""A Sphinx extension: a mark beside every displayed equation that was executed, and a table of all of them.

A book adds ``"derivations.sphinx_ext"`` to its extensions, and declares its symbols in comments at the top of its
equations. The Markdown pages and notebooks are then checked while the book is built. A line that is wrong and not
announced as wrong is the warning ``derivations.failed``, one that is unclear ``derivations.unclear``, and one that
cannot be read and gives no reason ``derivations.unread``, an equation that is not closed ``derivations.unclosed``, a
declaration in inline mathematics ``derivations.ignored``, each with its file and line; with ``-W`` the build fails, and
``suppress_warnings`` takes each of them alone. The directive ``{checked-equations}`` shows what became of the lines of
every page.

Macros are those of the site, as its settings for MathJax have them, and those that a page defines before. Which pages
are checked says ``derivations_check``: ``"declared"``, those that declare something, which is where one begins;
``"all"``; or ``"none"``. A page says otherwise for itself with ``derivations: all`` or ``none`` in its front matter,
and ``derivations_pages``, a list of patterns such as ``"chapters/*"``, says which pages are meant at all. A page that
is left out has no mark, and the table counts it.

A site where readers can check equations makes the mark a link: what a handler of the event ``checked-equation-link``
returns for ``(app, docname, book.Checked)`` is its address.
"""

import hashlib
import html
import pickle
import time
from collections import defaultdict
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from derivations.book import markdown_pages as book
from derivations.book.site_macros import MATHJAX, macros_of
from derivations.checking import Checker
from derivations.checking.reports import NOT_OK

HERE = Path(__file__).parent
LOG = logging.getLogger(__name__)

# What can be shown beside an equation: the mark, and what a screen reader says.
MARKS = {
    "holds": ("✓", "Executed"),
    "wrong": ("✗", "Wrong on purpose"),
    "failed": ("✗", "Wrong"),
    "unclear": ("≟", "Not settled"),
    "unread": ("?", "Not executed"),
    "condition": ("◦", "Set, not claimed"),
}

# The columns of the table: the heading, and what it adds up of the counts of `book.coverage`.
COLUMNS = {
    "Equations": ["equations"],
    "Lines executed": ["executed"],
    "Definitions": ["definitions"],
    "Notation": ["notation"],
    "Conditions": ["conditions"],
    "Wrong on purpose": ["wrong on purpose"],
    "Unclear": ["unclear"],
    "Unread": ["unread", "unread with a reason"],
}
CHOICES = ("declared", "all", "none")
SCOPE = "Inline mathematics and the outputs of cells are out of scope. Pages without a displayed equation are left out."


class CheckedEquations(nodes.General, nodes.Element):
    """The place of the table, until the verdicts are known."""


class CheckedEquationsDirective(SphinxDirective):
    """``{checked-equations}``: the coverage of the book, page by page."""

    def run(self):
        """Leave a place for the table."""
        self.env.metadata[self.env.docname]["checked-equations"] = True
        return [CheckedEquations()]


class Verdicts:
    """What became of the equations of each page, found once for each version of its text.

    Attributes
    ----------
    pages : dict
        The name of a document to its list of `book.Checked`.
    left : dict
        The name of a document that is left out to the number of its displayed equations.
    """

    def __init__(self):
        self.pages, self.left = {}, {}

    def number(self, app, doctree):
        """Give every displayed equation of a page that was read its place among those that are checked."""
        path = Path(app.env.doc2path(app.env.docname))
        if not _is_page(path):
            return
        if not _is_meant(app, app.env.docname, path):
            return
        places, found = defaultdict(list), [equation for equation in book.equations(path) if equation.display]
        for place, equation in enumerate(found):
            places[_bare(equation.latex)].append(place)
        for node in doctree.findall(nodes.math_block):
            same = places[_bare(node.astext())]
            if same and not _in_output(node):
                node["checked_equation"] = (app.env.docname, same.pop(0))
            elif not _in_output(node) and not _from_elsewhere(node, path):
                _warn("this displayed equation was not found in the source, and is not checked", node, "unmatched")
        for place in sorted(place for left in places.values() for place in left):
            _warn("this displayed equation is not in the page that is built", found[place].place(), "unmatched")

    def check(self, app, env):
        """Check the pages whose text, or the package, has changed; warn about what is not as announced."""
        started, cache = time.perf_counter(), _Cache(Path(app.doctreedir), _macros(app))
        everything = {name: Path(env.doc2path(name)) for name in sorted(env.found_docs)}
        everything = {name: path for name, path in everything.items() if _is_page(path)}
        paths = {name: path for name, path in everything.items() if _is_meant(app, name, path)}
        self.left = {name: _displayed(path) for name, path in everything.items() if name not in paths}
        checked = {name: cache.checked(name, path) for name, path in paths.items()}
        self.pages = {name: checked[name] for name in _in_order(env) if name in checked}
        cache.store()
        seconds = time.perf_counter() - started
        LOG.info(f"checked equations: pages executed {len(cache.fresh)} of {len(paths)} ({seconds:.1f} s)")
        for item in (item for page in self.pages.values() for item in page):
            for problem in item.problems:
                _warn(str(problem), item.equation.place(), problem.kind)
        for path in paths.values():
            for place, words in book.unclosed(path):
                _warn(words, place, "unclosed")
            for place, words in book.ignored(path):
                _warn(words, place, "ignored")
        tables = [name for name in env.found_docs if "checked-equations" in env.metadata[name]]
        return [*cache.fresh, *tables] if cache.fresh else []

    def show(self, app, doctree, docname):
        """Put the marks beside the equations of a page, and the table in its place."""
        if app.builder.format == "html":
            for node in list(doctree.findall(nodes.math_block)):
                name, place = node.get("checked_equation", (None, 0))
                if name in self.pages:
                    item = self.pages[name][place]
                    link = app.emit_firstresult("checked-equation-link", docname, item)
                    node.parent.replace(node, _marked(node, item, link))
        for node in list(doctree.findall(CheckedEquations)):
            node.replace_self(self._table(app, docname))

    def _table(self, app, docname):
        shown = {name: page for name, page in self.pages.items() if page}
        rows = [[_link(app, docname, name), *_counts(page)] for name, page in shown.items()]
        rows.append([_text("All pages"), *_counts([item for page in shown.values() for item in page])])
        table = [_grid(["Page", *COLUMNS, "Coverage"], rows), nodes.paragraph("", SCOPE)]
        left = {name: count for name, count in self.left.items() if count}
        if left:
            equations, on = _number(sum(left.values()), "equation", "equations"), _number(len(left), "page", "pages")
            table.append(nodes.paragraph("", f"Left out: {equations} on {on}, where nothing is declared or asked for."))
        unread = [(name, item) for name, page in shown.items() for item in page if item.unread]
        if unread:
            places = [nodes.paragraph("", "", *_link(app, docname, name), _reason(item)) for name, item in unread]
            table.append(nodes.paragraph("", "Not executed, for the reason that the page gives:"))
            table.append(nodes.bullet_list("", *(nodes.list_item("", place) for place in places)))
        return table


class _Cache:
    """Verdicts kept between builds: valid as long as the text of the page and the package stay the same."""

    def __init__(self, folder, macros):
        self.macros = macros
        self.path = folder / f"checked-equations-{_package()}.pickle"
        self.old = pickle.loads(self.path.read_bytes()) if self.path.exists() else {}
        self.new, self.fresh = {}, []

    def checked(self, name, path):
        """The verdicts on a page, from the last build where they still apply."""
        key = hashlib.sha256(f"{path} {self.macros}".encode() + path.read_bytes()).hexdigest()
        self.new[name] = self.old.get(name)
        if self.new[name] is None or self.new[name][0] != key:
            self.fresh.append(name)
            items = [
                replace(item, lines=[replace(line, relation=None, claims=[]) for line in item.lines])
                for item in book.check_page(path, Checker(macros=self.macros))
            ]
            self.new[name] = (key, items)
        return self.new[name][1]

    def store(self):
        """Write what was found in one go, and forget what other versions of the package found."""
        for path in self.path.parent.glob("checked-equations-*"):
            if path != self.path:
                path.unlink()
        unfinished = self.path.with_suffix(".unfinished")
        unfinished.write_bytes(pickle.dumps(self.new))
        unfinished.replace(self.path)


def _package():
    """The version of the package: a hash of its files, which changes with every edit."""
    digest = hashlib.sha256()
    for path in sorted([*HERE.rglob("*.py"), *HERE.rglob("*.lark")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _is_page(path):
    return path.suffix in (".md", ".ipynb")


def _is_meant(app, name, path):
    """Whether a page is to be checked: by its own front matter, else by the settings."""
    chosen = app.env.metadata[name].get("derivations", app.config.derivations_check)
    if chosen not in CHOICES:
        _warn(f"derivations: {chosen!r} is none of {', '.join(CHOICES)}", name, "settings")
    elif not any(fnmatch(name, pattern) for pattern in app.config.derivations_pages):
        return False
    return chosen == "all" or (chosen == "declared" and book.declares(path))


def _displayed(path):
    return sum(equation.display for equation in book.equations(path))


def _macros(app):
    """The macros of the site, in the settings for any MathJax."""
    return macros_of({name: getattr(app.config, name, None) for name in MATHJAX})


def _bare(latex):
    return "".join(latex.split())


def _in_output(node):
    while node is not None:
        if "cell_output" in node.get("classes", ()):
            return True
        node = node.parent
    return False


def _from_elsewhere(node, path):
    """Whether a node comes from an included file or a documentation string."""
    while node.source is None and node.parent is not None:
        node = node.parent
    return node.source is not None and Path(node.source).name != path.name


def _in_order(env):
    """Names of documents in the order of the table of contents, those outside it last."""
    order, waiting = {}, [env.config.root_doc]
    while waiting:
        name = waiting.pop(0)
        if name not in order:
            order[name] = None
            waiting = [*env.toctree_includes.get(name, ()), *waiting]
    return [*order, *sorted(env.found_docs - set(order))]


def _warn(message, place, subtype):
    LOG.warning(message, location=place, type="derivations", subtype=subtype)


def _state(item):
    """Which of the marks an equation has: that of the worst of its lines."""
    verdicts, problems = {line.verdict for line in item.lines}, {problem.kind for problem in item.problems}
    if "failed" in problems:
        return "failed"
    if not verdicts or "unread" in verdicts:
        return "unread"
    if "unclear" in verdicts:
        return "unclear"
    if item.wrong:
        return "wrong"
    return "condition" if verdicts == {"condition"} else "holds"


def _words(item):
    """What the mark stands for, in a sentence or two."""
    state = _state(item)
    if state == "unread":
        return f"{MARKS[state][1]}: {item.unread or '; '.join(_why(item)) or 'it states nothing'}"
    if state in ("failed", "unclear"):
        return f"{MARKS[state][1]}: {'; '.join(_why(item)) or 'it is not as announced'}"
    verdicts = [line.verdict for line in item.lines]
    errors = [line.error for line in item.lines if line.verdict == "holds" and line.error.startswith("<")]
    said = [_number(verdicts.count("holds"), "line holds", "lines hold")] if "holds" in verdicts else []
    if said:
        said[0] += _where([line for line in item.lines if line.verdict == "holds"])
    if errors:
        said[0] += f", relative difference {max(errors, key=_bound)}"
    if said:
        said[0] += ", which is no proof"
    for verdict, words in _COUNTED.items():
        if verdict in verdicts:
            said.append(_number(verdicts.count(verdict), *words))
    announced = ", ".join(f"row {row + 1} ({kind})".replace(" ()", "") for row, kind in item.wrong.items())
    return f"{MARKS[state][1]}: {'; '.join([announced, *said] if announced else said)}"


_COUNTED = {
    "definition": ("definition evaluated", "definitions evaluated"),
    "notation": ("line is notation", "lines are notation"),
    "condition": ("condition set", "conditions set"),
}


def _where(lines):
    """At how many points lines were executed, and at which sizes."""
    points = sorted({line.points for line in lines})
    sizes = "; ".join(dict.fromkeys(one for line in lines for one in line.sizes.split("; ") if one))
    many = f"{points[0]} to {points[-1]}" if len(points) > 1 else points[0]
    return f" at {many} random points" + (f" ({sizes})" if sizes else "")


def _why(item):
    return [line.why for line in item.lines if line.verdict in NOT_OK and line.why]


def _bound(error):
    return float(error.removeprefix("<"))


def _number(count, one, many):
    return f"{count} {one if count == 1 else many}"


def _counts(page):
    count = book.coverage(page)
    sums = [sum(count[name] for name in names) for names in COLUMNS.values()]
    return [_text(str(number)) for number in sums] + [_text(f"{count['coverage']:.1f} %")]


def _reason(item):
    equation = item.equation
    cell = f"cell {equation.cell}, " if equation.cell else ""
    return nodes.Text(f", {cell}line {equation.line}: {item.unread}")


def _text(text):
    return [nodes.Text(text)]


def _link(app, docname, name):
    title = app.env.titles[name].astext()
    if app.builder.format != "html":
        return _text(title)
    return [nodes.reference("", title, internal=True, refuri=app.builder.get_relative_uri(docname, name))]


def _grid(heading, rows):
    """A table of cells, each a list of inline nodes; numbers stand right."""
    group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in heading), cols=len(heading))
    group += nodes.thead("", _row([_text(word) for word in heading]))
    group += nodes.tbody("", *map(_row, rows))
    return nodes.table("", group, classes=["checked-equations"])


def _row(cells):
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", *cell)) for cell in cells))


def _marked(node, item, link):
    """The node of an equation and its mark, a link if there is one, between two pieces of HTML around both."""
    state, words = _state(item), html.escape(_words(item))
    if link:
        words += ". Open it to check it yourself"
        opening, closing = f'<a href="{html.escape(link)}"', "</a>"
    else:
        opening, closing = '<span role="img"', "</span>"
    mark = f'{opening} class="equation-mark equation-{state}" aria-label="{words}" title="{words}">{MARKS[state][0]}'
    after = f"{mark}{closing}\n</div>"
    return [nodes.raw("", '<div class="checked-equation">', format="html"), node, nodes.raw("", after, format="html")]


def _serve_styles(app, config):
    config.html_static_path.append(str(HERE / "sphinx_static"))


def setup(app):
    """Register the extension."""
    verdicts = Verdicts()
    app.add_node(CheckedEquations)
    app.add_directive("checked-equations", CheckedEquationsDirective)
    app.add_css_file("checked-equations.css")
    app.add_event("checked-equation-link")
    app.add_config_value("derivations_check", "declared", "env", str)
    app.add_config_value("derivations_pages", ["*"], "env", [list, tuple])
    app.connect("config-inited", _serve_styles)
    app.connect("doctree-read", verdicts.number)
    app.connect("env-updated", verdicts.check)
    app.connect("doctree-resolved", verdicts.show)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
