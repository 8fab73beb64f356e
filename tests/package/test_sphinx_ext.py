"""The Sphinx extension, in a book that is not this one: plain Sphinx with myst-parser."""

import re

import building
import pytest
from bs4 import BeautifulSoup

CONF = 'extensions = ["myst_parser", "derivations.sphinx_ext"]\nmyst_enable_extensions = ["amsmath", "dollarmath"]\n'

INDEX = r"""# A foreign book

$$
% given W: m×n, x: n, y: m; varying W
r &= W x - y \\
\lambda &= r : r
$$ (eq-loss)

In a list and in an environment:

- A step:

  $$
  d\lambda = 2 r : dr = 2 r x^T : dW
  $$

\begin{align}
\frac{\partial \lambda}{\partial W} &= 2 r x^T
\end{align}

```{toctree}
second
table
```
"""

SECOND = r"""# The second page

$$
% given W: m×n, x: n, y: m; varying W
% where r = W@x - y
% wrong: 1 sign
\frac{\partial}{\partial W} (r : r) = -2 r x^T
$$

$$
% unread: a picture of a matrix
\begin{matrix} \cdot & \cdot \end{matrix}
$$
"""

TABLE = "# How it is checked\n\n```{checked-equations}\n```\n"

WRONG = "\n\n```{math}\n(r : r) + 1 = r : r\n```\n"
UNREAD = "\n\n$$\n\\unheard{r} = r\n$$\n"


def written(folder, pages):
    folder.mkdir()
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


PAGES = {"conf.py": CONF, "index.md": INDEX, "second.md": SECOND, "table.md": TABLE}


@pytest.fixture
def foreign(tmp_path):
    return written(tmp_path / "foreign", PAGES)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The same, built once for all that only read it."""
    folder = written(tmp_path_factory.mktemp("sphinx") / "foreign", PAGES)
    done = build(folder, "-W")
    assert done.returncode == 0, done.stderr
    return folder


def build(folder, *options, builder="html"):
    """What `sphinx-build` returns and says."""
    return building.build("sphinx.cmd.build", "-b", builder, *options, folder, folder / "_build")


def marks(folder, name):
    page = BeautifulSoup((folder / "_build" / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
    return page.select(".checked-equation > .equation-mark")


def append(folder, text):
    path = folder / "second.md"
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def test_every_displayed_equation_has_its_mark(built):
    assert [mark.text for mark in marks(built, "index")] == ["✓", "✓", "✓"]
    assert [mark["class"][1] for mark in marks(built, "second")] == ["equation-wrong", "equation-unread"]
    assert (built / "_build" / "_static" / "checked-equations.css").exists()


def test_the_mark_says_what_was_done(built):
    step, _ = marks(built, "index")[1:]
    assert "2 lines hold at 10 random points (m=" in step["title"] and "relative difference < 1e-" in step["title"]
    assert step["role"] == "img" and step["aria-label"] == step["title"]
    wrong, unread = marks(built, "second")
    assert wrong["title"] == "Wrong on purpose: row 1 (sign)"
    assert unread["title"] == "Not executed: a picture of a matrix"


LINKING = """
def setup(app):
    app.connect("checked-equation-link", lambda app, page, item: item.alone and f"there?{page}&{item.equation.line}")
"""


def test_a_mark_is_a_link_where_the_site_has_one(foreign):
    (foreign / "conf.py").write_text(CONF + LINKING, encoding="utf-8")
    build(foreign)
    wrong, unread = marks(foreign, "second")
    assert wrong.name == "a" and wrong["href"] == "there?second&3"
    assert wrong["title"] == "Wrong on purpose: row 1 (sign). Open it to check it yourself"
    assert unread.name == "span" and unread["role"] == "img"


def test_the_table_counts_every_page(built):
    page = BeautifulSoup((built / "_build" / "table.html").read_text(encoding="utf-8"), "html.parser")
    rows = [[cell.get_text(strip=True) for cell in row.find_all(["th", "td"])] for row in page.table.find_all("tr")]
    assert rows == [
        [
            "Page",
            "Equations",
            "Lines executed",
            "Definitions",
            "Notation",
            "Conditions",
            "Wrong on purpose",
            "Unclear",
            "Unread",
            "Coverage",
        ],
        ["A foreign book", "3", "3", "2", "0", "0", "0", "0", "0", "100.0 %"],
        ["The second page", "2", "0", "0", "0", "0", "1", "0", "1", "50.0 %"],
        ["All pages", "5", "3", "2", "0", "0", "1", "0", "1", "85.7 %"],
    ]
    assert [item.get_text() for item in page.select("table ~ ul li, div:has(table) ~ ul li")] == [
        "The second page, line 10: a picture of a matrix"]  # fmt: skip


@pytest.mark.parametrize("text, offset, word, state", [
    (WRONG, 4, "row 1 fails", "failed"),
    (UNREAD, 3, "row 1 is not read", "unread"),
])  # fmt: skip
def test_what_is_not_announced_is_a_warning_with_file_and_line(foreign, text, offset, word, state):
    append(foreign, text)
    done = build(foreign)
    (warning,) = [line for line in done.stderr.splitlines() if "WARNING" in line]
    assert warning.startswith(f"{foreign / 'second.md'}:{SECOND.count(chr(10)) + offset}: WARNING: {word}")
    assert done.returncode == 0
    assert marks(foreign, "second")[2]["class"][1] == f"equation-{state}"
    again = build(foreign, "-W", "--keep-going")
    assert again.returncode == 1 and word in again.stderr  # also where no page was read again


BOTH = "\n\n$$\n\\unheard{r} &= r \\\\\nr : r &= 2 r : r\n$$\n"


def test_a_warning_that_is_suppressed_hides_no_other(foreign):
    """A wrong row beside an unread one is its own warning."""
    append(foreign, BOTH)
    (foreign / "conf.py").write_text(CONF + 'suppress_warnings = ["derivations.unread"]\n')
    done = build(foreign, "-W", "--keep-going")
    assert done.returncode == 1 and "row 2 fails" in done.stderr and "is not read" not in done.stderr
    (foreign / "conf.py").write_text(CONF + 'suppress_warnings = ["derivations.failed"]\n')
    done = build(foreign, "-W", "--keep-going", "-E")
    assert done.returncode == 1 and "row 1 is not read" in done.stderr and "fails" not in done.stderr


def test_an_equation_that_is_not_closed_is_a_warning(foreign):
    append(foreign, "\n$$\nr = 1\n")
    (warning,) = [line for line in build(foreign).stderr.splitlines() if "WARNING" in line]
    assert warning.startswith(f"{foreign / 'second.md'}:{SECOND.count(chr(10)) + 2}: WARNING: $$ is opened and not")
    assert build(foreign, "-W", "--keep-going").returncode == 1


def test_a_declaration_in_inline_mathematics_is_a_warning(foreign):
    append(foreign, "\nLet $% given q: n\nq$ be.\n")
    (warning,) = [line for line in build(foreign).stderr.splitlines() if "WARNING" in line]
    line = SECOND.count(chr(10)) + 2
    assert warning.startswith(f"{foreign / 'second.md'}:{line}: WARNING: % given in inline mathematics is ignored")
    (foreign / "conf.py").write_text(CONF + 'suppress_warnings = ["derivations.ignored"]\n')
    assert build(foreign, "-W", "-E").returncode == 0


def test_a_condition_has_a_mark_of_its_own(foreign):
    append(foreign, "\n\n$$\n\\frac{\\partial}{\\partial W} (r : r) = 0\n$$\n")
    assert build(foreign, "-W").returncode == 0
    mark = marks(foreign, "second")[2]
    assert mark.text == "◦" and mark["title"] == "Set, not claimed: 1 condition set"
    assert mark["aria-label"] == mark["title"]


PLAIN = "# A page that declares nothing\n\n$$\n\\unheard{q} = q\n$$\n\n$$\na = 2a\n$$\n"
MACROS = r"""mathjax3_config = {"tex": {"macros": {"grad": [r"\frac{\partial #1}{\partial W}", 1]}}}
"""
WITH_MACROS = r"""# With macros of the site and of the page

$\newcommand{\twice}[2][2]{#1 #2}$ is for later.

$$
% given W: m×n, x: n; varying W
% where r = W@x
\grad{(r : r)} = \twice{r} x^T
$$
"""


def adopt(folder, text, conf="", name="plain"):
    (folder / f"{name}.md").write_text(text, encoding="utf-8")
    index = folder / "index.md"
    index.write_text(index.read_text(encoding="utf-8").replace("second\n", f"second\n{name}\n"), encoding="utf-8")
    (folder / "conf.py").write_text(CONF + conf, encoding="utf-8")


def left_out(folder):
    page = BeautifulSoup((folder / "_build" / "table.html").read_text(encoding="utf-8"), "html.parser")
    return [words for words in page.stripped_strings if words.startswith("Left out")]


def test_a_page_that_declares_nothing_is_left_alone(foreign):
    adopt(foreign, PLAIN)
    assert build(foreign, "-W").returncode == 0
    assert marks(foreign, "plain") == [] and len(marks(foreign, "second")) == 2
    assert left_out(foreign) == ["Left out: 2 equations on 1 page, where nothing is declared or asked for."]


@pytest.mark.parametrize("conf, head", [
    ('derivations_check = "all"\n', ""),
    ("", "---\nderivations: all\n---\n"),
    ('derivations_check = "none"\n', "---\nderivations: all\n---\n"),
])  # fmt: skip
def test_a_page_is_checked_where_it_is_asked_for(foreign, conf, head):
    adopt(foreign, head + PLAIN, conf)
    done = build(foreign)
    assert done.stderr.count("WARNING") == 2 and len(marks(foreign, "plain")) == 2
    assert len(marks(foreign, "second")) == (0 if "none" in conf else 2)


@pytest.mark.parametrize("conf, head", [
    ('derivations_check = "none"\n', ""),
    ('derivations_pages = ["second", "ind*"]\n', ""),
    ("", "---\nderivations: none\n---\n"),
])  # fmt: skip
def test_a_page_that_declares_is_left_alone_where_it_is_asked_for(foreign, conf, head):
    adopt(foreign, head + "# A page\n" + WRONG.replace("(r", "% given r: n\n(r"), conf)
    assert build(foreign, "-W").returncode == 0
    assert marks(foreign, "plain") == []
    assert left_out(foreign)


def test_a_choice_that_does_not_exist_is_told(foreign):
    adopt(foreign, "---\nderivations: some\n---\n" + PLAIN)
    assert "'some' is none of declared, all, none" in build(foreign).stderr


def test_macros_of_the_site_and_of_the_page_are_known(foreign):
    adopt(foreign, WITH_MACROS, MACROS)
    assert build(foreign, "-W").returncode == 0
    assert [mark["class"][1] for mark in marks(foreign, "plain")] == ["equation-holds"]
    (foreign / "conf.py").write_text(CONF + MACROS.replace('W}"', 'x}"'), encoding="utf-8")
    assert "fails" in build(foreign).stderr  # another macro, and the page is checked again


def test_only_pages_that_changed_are_executed_again(foreign):
    assert "pages executed 2 of 2" in build(foreign).stdout
    assert "pages executed 0 of 2" in build(foreign).stdout
    append(foreign, "\nMore.\n")
    assert "pages executed 1 of 2" in build(foreign).stdout
    assert len(marks(foreign, "second")) == 2
    assert "pages executed 0 of 2" in build(foreign, "-a").stdout


def test_the_table_is_whole_after_a_build_that_read_one_page(foreign):
    build(foreign)
    append(foreign, "\n\n$$\nr : r = r^T r\n$$\n")
    assert "pages executed 1 of 2" in build(foreign).stdout
    page = BeautifulSoup((foreign / "_build" / "table.html").read_text(encoding="utf-8"), "html.parser")
    rows = [[cell.get_text(strip=True) for cell in row.find_all("td")][:3] for row in page.table.find_all("tr")]
    assert rows[1:] == [["A foreign book", "3", "3"], ["The second page", "3", "1"], ["All pages", "6", "4"]]


def test_other_builders(foreign):
    assert build(foreign, "-W", builder="latex").returncode == 0
    assert build(foreign, "-W", "-j", "2", builder="singlehtml").returncode == 0
    assert len(marks(foreign, "index")) == 5


def test_what_the_page_does_not_hold_is_told(foreign):
    append(foreign, "\n```{eval-rst}\n.. math:: r = 1\n```\n\n```{include} part.inc\n```\n")
    (foreign / "part.inc").write_text("$$\nr = 1\n$$\n", encoding="utf-8")
    done = build(foreign)
    (warning,) = [
        line for line in done.stderr.splitlines() if "WARNING" in line
    ]  # what is included is not of this page
    line = (foreign / "second.md").read_text(encoding="utf-8").split("\n").index(".. math:: r = 1") + 1
    assert re.match(rf"{re.escape(str(foreign / 'second.md'))}:{line}: WARNING: .* is not checked", warning), warning
    assert len(marks(foreign, "second")) == 2


def test_equations_of_a_notebook(foreign):
    pytest.importorskip("myst_nb")
    import nbformat

    book = nbformat.v4.new_notebook(metadata={"language_info": {"name": "python", "pygments_lexer": "python"}})
    output = nbformat.v4.new_output("display_data", data={"text/latex": "$$\\nabla = 1$$", "text/plain": "1"})
    book.cells = [
        nbformat.v4.new_markdown_cell(SECOND),
        nbformat.v4.new_code_cell("1", outputs=[output], execution_count=1),
        nbformat.v4.new_markdown_cell("a\n\n$$\nr = r + 1\n$$"),
    ]
    nbformat.write(book, foreign / "second.ipynb")
    (foreign / "second.md").unlink()
    (foreign / "conf.py").write_text(CONF.replace("myst_parser", "myst_nb") + 'nb_execution_mode = "off"\n')
    done = build(foreign)
    assert f"{foreign / 'second.ipynb'}: cell 3, line 3: WARNING: row 1" in done.stderr
    assert done.stderr.count("WARNING") == 1, done.stderr
    assert [mark["class"][1] for mark in marks(foreign, "second")] == [
        "equation-wrong", "equation-unread", "equation-failed"]  # fmt: skip


# ── a book of three pages, as somebody else has it ────────────────────────────────────────────────────────────────

NOTES = {
    "_toc.yml": "format: jb-book\nroot: intro\nchapters:\n- file: squares\n- file: letters\n",
    "_config.yml": r"""title: Notes
execute: {execute_notebooks: "off"}
parse: {myst_enable_extensions: [amsmath, dollarmath]}
sphinx:
  extra_extensions: [derivations.sphinx_ext]
  config:
    show_warning_types: true
    mathjax3_config: {tex: {macros: {grad: ['\nabla_{#1}', 1], sq: ['\lVert #1 \rVert^2', 1]}}}
""",
    "intro.md": "# Notes\n\nNothing is declared here, and nothing is judged.\n\n$$\na = 2a\n$$\n"
    "\n```{checked-equations}\n```\n",
    "squares.md": "# Squares\n\n$$\n% given X: m×n, w: n, y: m; varying w\n% where r = X@w - y\n"
    "\\frac{\\partial}{\\partial w} (r^T r) = 2 X^T r\n$$\n",
    "letters.md": "# With the letters of the site\n\n$$\n% given w: n; varying w\n\\grad{w} \\sq{w} = 2 w\n$$\n",
}
PLANTED = "\n$$\n\\grad{w} \\sq{w} = 3 w\n$$\n"


def build_notes(folder, *options):
    return building.build("jupyter_book.cli.main", "build", *options, folder)


def test_a_jupyter_book_of_three_pages(tmp_path):
    """It builds with every warning an error, marks what is declared alone, and fails on a planted error, each time."""
    folder = written(tmp_path / "notes", NOTES)
    done = build_notes(folder, "-W")
    assert done.returncode == 0, done.stderr
    shown = {name: [mark.text for mark in marks(folder, f"html/{name}")] for name in ("intro", "squares", "letters")}
    assert shown == {"intro": [], "squares": ["✓"], "letters": ["✓"]}
    assert "Left out: 1 equation on 1 page," in (folder / "_build" / "html" / "intro.html").read_text(encoding="utf-8")
    (folder / "letters.md").write_text(NOTES["letters.md"] + PLANTED, encoding="utf-8")
    place = f"{folder / 'letters.md'}:{NOTES['letters.md'].count(chr(10)) + 2}: WARNING: row 1 fails"
    for _ in range(2):  # the second build reads no page again
        done = build_notes(folder, "-W", "--keep-going")
        assert done.returncode != 0 and place in done.stderr
    assert done.stderr.count("WARNING") == 1 and "[derivations.failed]" in done.stderr
