"""A page is read in one sitting: at most 2,000 words of prose. Mathematics, code and exercises do not count."""

import json
import re

import pytest

from derivations.book import pages

MOST = 2000
LOOKED_UP = {"notation", "laws", "problem-set"}
"""Pages to look things up in, or to practise on, may be as long as they like."""

NO_PROSE = [
    r"\A---\n.*?\n---\n",  # front matter
    r"(?P<fence>`{3,})\{(?:exercise|solution)\}.*?\n(?P=fence)(?=\n|\Z)",
    r"```\{(?P<kind>exercise|solution)-start\}.*?```\{(?P=kind)-end\}\n```",
    r"(?P<ticks>`{3,})\w*\n.*?\n(?P=ticks)(?=\n|\Z)",  # code
    r"\$\$.*?\$\$",
    r"\$[^$\n]*\$",
    r"`[^`\n]*`",
    r"\]\([^)\s]*\)",  # where a link goes
]


def words(text):
    """The number of words of prose in the Markdown of a page."""
    for pattern in NO_PROSE:
        text = re.sub(pattern, " ", text, flags=re.DOTALL)
    return len(re.findall(r"[^\W\d_][\w'’-]*", text))


def markdown(path):
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    return "\n\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == "markdown")


@pytest.mark.parametrize("text, number", [
    ("Two words, $x$ and `y`.", 3),
    ("---\nmyst: a\n---\nOne\n\n$$\nx \\text{ no}\n$$ (eq-x)\n", 2),
    ("A [link](there.md) here\n\n```python\nno words\n```\n", 3),
    ("```{exercise} A title\n:label: ex\nNo.\n```\nYes.", 1),
    ("````{exercise} T\nNo.\n```{check-mine}\n:asks: x\n```\n````\nYes, yes.", 2),
    ("```{solution-start} ex\n```\nNo.\n```{solution-end}\n```\nYes.", 1),
    ("```{note}\nIt counts.\n```", 3),
])  # fmt: skip
def test_what_is_counted(text, number):
    assert words(text) == number


def test_a_page_is_read_in_one_sitting(book):
    counted = {path.stem: words(markdown(path)) for path in pages(book)}
    assert max(counted.values()) > 1000
    assert {page: number for page, number in counted.items() if number > MOST and page not in LOOKED_UP} == {}
