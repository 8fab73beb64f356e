"""What a page needs was taught before it, and every word of the glossary stands on the page that it names."""

import json
import re

import pytest
import yaml

from derivations.book.markdown_pages import pages


def words_for(path):
    """What a page says of itself: `needs` and `teaches`, two lists of ideas."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        told = json.loads(text)["metadata"]["myst"]["html_meta"]
    else:
        head = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)
        told = yaml.safe_load(head[1]).get("myst", {}).get("html_meta", {}) if head else {}
    return {word: [idea for idea in told.get(word, "").split("; ") if idea] for word in ("needs", "teaches")}


@pytest.fixture
def told(book):
    """For each page, in the order of the contents, what it needs and what it teaches."""
    return {path.stem: words_for(path) for path in pages(book)}


def test_what_a_page_needs_was_taught_before_it(told):
    taught, early = set(), []
    for page, words in told.items():
        early += [(page, idea) for idea in words["needs"] if idea not in taught]
        taught.update(words["teaches"])
    assert len(taught) > 25
    assert early == [], "these ideas are needed before any page teaches them (or their words differ)"


def test_an_idea_is_taught_on_one_page(told):
    taught = [idea for words in told.values() for idea in words["teaches"]]
    assert sorted(taught) == sorted(set(taught))


def test_a_chapter_that_computes_says_what_it_needs_and_teaches(told, book):
    silent = [
        page
        for page, words in told.items()
        if (book / "chapters" / f"{page}.ipynb").exists() and not all(words.values())
    ]
    assert silent == []


def test_each_word_of_the_glossary_stands_on_the_page_it_names(book):
    text = (book / "chapters" / "glossary.md").read_text(encoding="utf-8")
    listed = re.search(r"```\{glossary\}\n(.*?)```", text, re.DOTALL)[1].strip().split("\n\n")
    assert len(listed) > 30
    missing = []
    for entry in listed:
        words, _, meaning = entry.partition("\n")
        source = re.search(r"\]\(([\w-]+\.\w+)\)\s*$", meaning)
        page = (book / "chapters" / source[1]).read_text(encoding="utf-8").lower()
        missing += [(word, source[1]) for word in words.lower().split(", ") if word not in page]
    assert missing == []


def test_the_glossary_is_in_the_order_of_the_alphabet(book):
    text = (book / "chapters" / "glossary.md").read_text(encoding="utf-8")
    words = re.findall(r"(?:\n\n|\{glossary\}\n)(\S.*)\n  ", text)
    assert len(words) > 30 and words == sorted(words, key=str.lower)
