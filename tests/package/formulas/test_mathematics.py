"""The site's mathematics: what MathJax makes of a formula while the book is built, and what it says of a bad one."""

import pytest
from bs4 import BeautifulSoup
from sphinx.application import Sphinx

from mathematics import NotTypeset, Typesetter, rows_together


@pytest.fixture(scope="module")
def typesetter():
    with Typesetter({"macros": {"R": r"\mathbb{R}"}}) as typesetter:
        yield typesetter


def shown(html):
    """A formula's one element."""
    (formula,) = BeautifulSoup(html, "html.parser").find_all("mjx-container", recursive=False)
    return formula


@pytest.mark.parametrize("display", [False, True])
def test_a_formula_is_drawn_and_can_be_read_aloud(typesetter, display):
    formula = shown(typesetter.typeset(r"s = \sigma(Wx + b) \odot 1 < 2", display))
    assert formula.has_attr("display") == display
    assert formula.select_one("mjx-math")["aria-hidden"] == "true"
    assert formula.select_one("mjx-assistive-mml math").get_text() == "s=σ(Wx+b)⊙1<2"


def test_each_letter_that_is_drawn_has_its_style(typesetter):
    styles = typesetter.styles()
    drawn = shown(typesetter.typeset(r"\sum_{i=1}^m \mathcal L \top \mathbb R \left\lVert \frac ab \right\rVert", True))
    letters = {name for letter in drawn.select("mjx-c") for name in letter.get("class", []) if name.startswith("mjx-c")}
    assert len(letters) > 8 and all(f"mjx-c.{name}" in styles for name in letters)
    assert 'url("mathjax/output/chtml/fonts/woff-v2/' in styles


def test_macros_of_the_book_are_known(typesetter):
    assert shown(typesetter.typeset(r"\R", False)).select_one("math").get_text() == "R"


def test_what_is_refused_leaves_the_typesetter_as_it_was(typesetter):
    before = typesetter.typeset("x", False)
    for latex, message in ((r"\undefined", "Undefined control sequence"), (r"\frac{1}", "Missing argument")):
        with pytest.raises(NotTypeset, match=message):
            typesetter.typeset(latex, True)
    assert typesetter.typeset("x", False) == before


def test_comments_and_unicode_reach_mathjax_whole(typesetter):
    plain = typesetter.typeset("W x\n", True)
    assert typesetter.typeset("% given W: m×n, x: n\nW x\n", True) == plain


def test_a_typesetter_that_has_ended_says_so():
    typesetter = Typesetter()
    typesetter.process.kill()
    typesetter.process.wait()
    with pytest.raises(RuntimeError, match="MathJax does not run"):
        typesetter.typeset("x", False)


@pytest.mark.parametrize(
    "latex, aligned",
    [
        ("a", "a"),
        (r"a \\ b", r"\begin{split}a \\ b\end{split}"),
        ("a\n\nb", r"\begin{align}\begin{aligned}a\\b\end{aligned}\end{align}"),
    ],
)
def test_rows_are_aligned(latex, aligned):
    assert rows_together(latex) == aligned


PAGE = r"""
A title with :math:`\sigma`
===========================

.. math::
   :label: first

   a = \frac{1}{2}

See :eq:`first`; :math:`\undefined{}` is refused.

.. raw:: html

   <div class="tex2jax_process mathjax_process" style="padding: 0">\(\displaystyle a &lt; b\)</div>
   <div class="mathjax_ignore">\(c\)</div>
"""


def test_a_build_typesets_its_pages_and_warns_of_what_is_refused(tmp_path):
    (tmp_path / "index.rst").write_text(PAGE, encoding="utf-8")
    settings = {"extensions": ["mathematics"]}
    with open(tmp_path / "warnings", "w", encoding="utf-8") as warnings:
        app = Sphinx(tmp_path, None, tmp_path / "site", tmp_path / "trees", "html", settings, None, warnings)
        app.build()
    warned = (tmp_path / "warnings").read_text(encoding="utf-8")
    assert warned.count("MathJax: ") == 1 and r"Undefined control sequence \undefined, in: \undefined{}" in warned
    page = BeautifulSoup((tmp_path / "site" / "index.html").read_text(encoding="utf-8"), "html.parser")
    assert page.select_one("h1 mjx-container") and page.title.get_text().startswith("A title with σ")
    assert page.select_one("div.math mjx-container[display]") and page.select_one("div.math .eqno a.headerlink")
    assert page.select_one(".math > code").get_text() == r"\undefined{}"
    assert page.select_one(".mathjax_process math").get_text() == "a<b"
    assert page.select_one(".mathjax_ignore").get_text() == r"\(c\)"
    assert app.builder.typesetter.process.returncode == 0
