"""Style sheets without what no page uses: the theme brings 400 kB for every site, of which this one shows a tenth.

When the pages are written, a rule stays where every class, id and element that it asks for stands, as a word, in a page
or a script of the site. A custom property stays where something reads it. Of what is built here, only the styles of the
mathematics are cut: MathJax's sheet knows every letter of its fonts, and pages show some hundreds. What a reader has
typeset later brings its own styles.
"""

import re
from functools import partial
from pathlib import Path

import tinycss2

SHEETS = ("styles/*.css", "mystnb.*.css", "sphinx-design.min.css", "mathematics.css")
"""The sheets that are cut, in the folder of static files."""
PUT_TOGETHER = {"bs-tooltip-auto", "bs-popover-auto"}
"""Names that a script of the theme makes of parts, so that they stand in no file."""
WORD = re.compile(r"[\w-]+")
NESTING = ("media", "supports", "container")
"""What begins with @ and holds rules; the rest stays as it is."""


def words(folder):
    """The words of all pages and scripts in a folder, those of MathJax's own scripts left out."""
    files = [*folder.rglob("*.html"), *folder.rglob("*.js")]
    read = (path for path in files if "mathjax" not in path.parts and "runtime" not in path.parts)
    return PUT_TOGETHER.union(*(WORD.findall(path.read_text(encoding="utf-8")) for path in read))


def purged(sheet, used):
    """A style sheet without the rules that ask for a name that is not used.

    Parameters
    ----------
    sheet : str
    used : set of str
        The words of the site.

    Returns
    -------
    str
    """
    return _walked(_rules(sheet), partial(_asked, used=used))


def _walked(rules, written):
    """Rules as text, also those within @media and its like, each as ``written`` gives it; what is empty goes."""
    lines = []
    for rule in rules:
        if rule.type == "qualified-rule":
            lines.append(written(rule))
        elif rule.type == "at-rule" and rule.lower_at_keyword in NESTING:
            within = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
            inner = _walked(within, written)
            lines.append(inner and f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{inner}}}")
        else:
            lines.append(rule.serialize())
    return "\n".join(filter(None, lines))


def _asked(rule, used):
    """A rule with the selectors that ask for nothing but what is used; empty where none stays."""
    selectors = [one for one in _apart(rule.prelude) if _asks_for(one) <= used]
    head = ",".join(tinycss2.serialize(one).strip() for one in selectors)
    return head and f"{head}{{{tinycss2.serialize(rule.content)}}}"


def _apart(tokens):
    """The selectors of a list, parted at its commas."""
    parts = [[]]
    for token in tokens:
        if token.type == "literal" and token.value == ",":
            parts.append([])
        elif token.type != "comment":
            parts[-1].append(token)
    return parts


def _asks_for(selector):
    """The names of the classes, ids and elements that a selector cannot do without."""
    names, colon = set(), False
    for token in selector:
        if token.type == "hash" or (token.type == "ident" and not colon):
            names.add(token.value)
        colon = token.type == "literal" and token.value == ":"
    return names


def without_unread(sheets, others):
    """Style sheets without the custom properties that nothing reads.

    Parameters
    ----------
    sheets : dict
        Name to text of the sheets that are cut.
    others : str
        Everything else in which a property may be read.

    Returns
    -------
    dict
    """
    while True:
        told = "\n".join([*sheets.values(), others])
        read = set(re.findall(r"--[\w-]+", re.sub(r"--[\w-]+\s*:", "", told)))
        cut = {name: _walked(_rules(text), partial(_read, read=read)) for name, text in sheets.items()}
        if cut == sheets:
            return cut
        sheets = cut


def _read(rule, read):
    """A rule without the custom properties that are not read; empty where nothing stays."""
    stated = tinycss2.parse_declaration_list(rule.content, skip_comments=True, skip_whitespace=True)
    kept = [one for one in stated if not getattr(one, "name", "").startswith("--") or one.name in read]
    body = ";".join(one.serialize().rstrip(";") for one in kept)
    return body and f"{tinycss2.serialize(rule.prelude)}{{{body}}}"


def _rules(sheet):
    return tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True)


def purge(app, exception):
    """Cut the style sheets of the site that was built."""
    if exception or app.builder.format != "html":
        return
    folder = Path(app.outdir)
    purge_site(folder)


def purge_site(folder):
    """Cut the style sheets of a site in a folder."""
    static, used = folder / "_static", words(folder)
    paths = [path for pattern in SHEETS for path in static.glob(pattern)]
    sheets = {path: purged(path.read_text(encoding="utf-8"), used) for path in paths}
    others = [
        path for path in [*folder.rglob("*.html"), *folder.rglob("*.css"), *folder.rglob("*.js")] if path not in sheets
    ]
    read = "\n".join(path.read_text(encoding="utf-8") for path in others if "mathjax" not in path.parts)
    for path, text in without_unread(sheets, read).items():
        path.write_text(text, encoding="utf-8")


def setup(app):
    """Register the extension."""
    app.connect("build-finished", purge, priority=950)  # after the files that no page loads are gone
    return {"parallel_read_safe": True, "parallel_write_safe": True}
