"""The theme's icons, and no others: its script of all of them is 540 kB, a font of those in use is two.

The theme's own stylesheet already shows an icon by a letter of its icon font. What is missing is a font that holds
the letters in use and nothing else; it is cut from the theme's font when the pages are written.
"""

import re
from pathlib import Path

import pydata_sphinx_theme
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

THEME = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"

# The faces of the icon font that the pages may use, under the names that book.css loads them by.
FACES = {"icons-solid.woff": "fa-solid-900.ttf", "icons-brands.woff": "fa-brands-400.ttf"}


def in_styles():
    """The letters that the theme's stylesheet puts before notes, downloads and the like."""
    styles = (THEME / "styles" / "pydata-sphinx-theme.css").read_text(encoding="utf-8")
    return {ord(letter) for letter in re.findall(r'--pst-[\w-]+:"([\ue000-\uf8ff])"', styles)}


def in_pages(folder):
    """The names of icons in the pages of a folder, and perhaps other words that begin with ``fa-``."""
    return {name for page in folder.rglob("*.html") for name in re.findall(r"\bfa-([\w-]+)", page.read_text("utf-8"))}


def cut(source, names, codes, target):
    """Write to `target` a font with those glyphs of `source` that have one of the names or codes."""
    font = TTFont(source)
    letters = {code for code, name in font.getBestCmap().items() if code >= 0xE000 and (name in names or code in codes)}
    subsetter = Subsetter(Options(name_IDs=["*"]))  # the licence is written in the names
    subsetter.populate(unicodes=letters)
    subsetter.subset(font)
    font.flavor = "woff"
    font.save(target)


def write_fonts(app, exception):
    """Write the fonts of the icons in use beside the styles."""
    if exception or app.builder.format != "html":
        return
    names, codes = in_pages(Path(app.outdir)), in_styles()
    for target, source in FACES.items():
        cut(THEME / "vendor" / "fontawesome" / "webfonts" / source, names, codes, Path(app.outdir) / "_static" / target)


def setup(app):
    """Register the extension."""
    app.connect("build-finished", write_fonts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
