"""A page is read in one sitting: at most 2,000 words of prose. Mathematics, code and exercises do not count."""

import json
import re

import pytest

from derivations.book.markdown_pages import pages

MOST = 2000
LOOKED_UP = {"notation", "laws", "problem-set", "gallery-of-mistakes"}
"""Pages to look things up in, or to practise on, may be as long as they like."""

SPINE, MOST_OF_IT = ("question", "problem-set"), 18_000
"""The first page and the last of what one reads to derive a gradient alone, and its most words: two evenings."""
BESIDE_IT = {"how-to-read-a-line", "your-own-derivation"}
"""Pages between them that are not read through: how `check` reads, and a form to fill in."""

NO_PROSE = [
    r"\A---\n.*?\n---\n",  # front matter
    r"\$\$.*?\$\$",
    r"\$[^$\n]*\$",
    r"`[^`\n]*`",
    r"\]\([^)\s]*\)",  # where a link goes
]

UNCOUNTED = {"exercise", "solution", "check-mine", "math", "code", "raw"}
"""Directives whose content is no prose; that of the others (a note, a figure and its caption) is."""

FENCE = re.compile(r"\s*(`{3,}|:{3,})\s*(?:\{([\w:-]+)\})?(.*)")


def outside_fences(text):
    """The lines of a page that are neither code nor exercises: every fence is paired with its own closing one."""
    opened, gated = [], False
    for line in text.split("\n"):
        fence = FENCE.fullmatch(line)
        if fence is None:
            if not gated and all(opened_as not in UNCOUNTED | {""} for _, opened_as in opened):
                yield "" if opened and re.match(r"\s*:[\w-]+:", line) else line
            continue
        ticks, directive, rest = fence.groups()
        if (
            opened
            and directive is None
            and not rest.strip()
            and ticks[0] == opened[-1][0][0]
            and ticks >= opened[-1][0]
        ):
            opened.pop()
            continue
        if not any(opened_as == "" for _, opened_as in opened):  # what stands in code opens nothing
            opened.append((ticks, directive or ""))
            gated = {"start": True, "end": False}.get((directive or "").rpartition("-")[2], gated)


def words(text):
    """The number of words of prose in the Markdown of a page."""
    text = "\n".join(outside_fences(text))
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
    ("```{note}\nIt counts.\n```", 2),
    ("```{figure} a.svg\n:alt: No.\n\nA caption.\n```\n\nFour words stand here.\n\n```text\nno\n```\nAnd two.", 8),
    ("````{note}\n```python\nno\n```\nYes.\n````\nYes.", 2),
])  # fmt: skip
def test_what_is_counted(text, number):
    assert words(text) == number


def test_a_page_is_read_in_one_sitting(book):
    counted = {path.stem: words(markdown(path)) for path in pages(book)}
    assert max(counted.values()) > 1000
    assert {page: number for page, number in counted.items() if number > MOST and page not in LOOKED_UP} == {}


def test_the_spine_is_read_in_two_evenings(book):
    counted = {path.stem: words(markdown(path)) for path in pages(book)}
    listed = list(counted)
    spine = [page for page in listed[listed.index(SPINE[0]) : listed.index(SPINE[1]) + 1] if page not in BESIDE_IT]
    assert len(spine) == 14 and set(listed) > BESIDE_IT
    assert sum(counted[page] for page in spine) <= MOST_OF_IT, {page: counted[page] for page in spine}
