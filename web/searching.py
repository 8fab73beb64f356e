"""The search of the site: it finds letters as a reader types them, and leads to a section rather than to a page.

Sphinx splits text into words of letters and digits. Here a Greek letter written as a LaTeX command is the letter too,
and a letter with its primes is a word, in the index and in the query alike: σ′ and f′, which the pages write in LaTeX.

Sphinx knows the words of pages, and puts pages that have them all in the order of the alphabet. An index of our own
(``sections.js``, loaded by the page of results alone) knows how often a word stands in each section, each exercise and
each entry of the glossary, and in the titles above it. What is found is in the order of Okapi's BM25: a word counts
more the rarer it is, each time it stands there less than the time before, and in a long text less than in a short one.
"""

import html
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.search.en import SearchEnglish
from sphinx_exercise.nodes import is_exercise_node

from anchors import UNNAMED
from derivations.formulas.names import LETTERS

COMMAND = re.compile(r"\\([A-Za-z]+)")
PRIME = re.compile(r"\^\{?\\prime\}?|'(?![^\W\d_])")
INDEX = "sections.js"
OWN, ABOVE = 10, 3
"""How often a word counts that stands in a section's own title, and in one above it or among the page's keywords."""
WITH_PRIMES = re.compile(r"(?<!\w)[^\W\d_]′+|[Α-ω]")

# What the page of results runs. A result shows a piece of its page, taken from the text of the article alone.
SCRIPT = r"""
const letters = LETTERS;

// What a formula is set with, and nobody reads: its limits, its rows and its spaces.
const SIGNS = /\\(begin|end)\{\w+\}|\\[()[\]\\,;!]|&/g;

const withLetters = (latex) => latex
    .replace(/\^\{?\\prime\}?|['’´](?!\p{Letter})/gu, "′")
    .replace(/\\([A-Za-z]+)/g, (command, name) => letters[name] ?? command);

var splitQuery = (query) => withLetters(query)
    .match(/(?<![\p{Letter}\p{Number}_])\p{Letter}′+|[\p{Letter}\p{Number}_]+/gu) || [];

if (typeof Search !== "undefined") Search.htmlToText = (html, anchor) => {
  const page = new DOMParser().parseFromString(html, "text/html");
  page.querySelectorAll(".headerlink, .equation-mark, script, style").forEach((element) => element.remove());
  const article = page.querySelector("article");
  const part = (anchor && article?.querySelector(anchor)) || article;
  return withLetters((part?.textContent ?? "").replace(/^\s*%.*$/gm, "").replace(SIGNS, " "));
};

// How soon a word that stands there once more counts for nothing, and how much the length of a text counts.
const SATURATION = 6, LENGTH = 0.3, PART = 0.4, MOST = 30, EACH = 3;

// The sections that a word of the query stands in, and how much it counts there: section to number.
function sectionsWith(word, { sections, terms, usual }) {
  let entries = terms.hasOwnProperty(word) ? [[terms[word], 1]] : [];
  if (!entries.length && word.length > 2) {
    entries = Object.keys(terms).filter((term) => term.includes(word)).map((term) => [terms[term], PART]);
  }
  const found = new Map();
  for (const [places, part] of entries) {
    for (let at = 0; at < places.length; at += 2) {
      const length = 1 - LENGTH + (LENGTH * sections[places[at]][3]) / usual;
      const counts = (part * places[at + 1] * (SATURATION + 1)) / (places[at + 1] + SATURATION * length);
      found.set(places[at], Math.max(found.get(places[at]) ?? 0, counts));
    }
  }
  const rare = Math.log(1 + (sections.length - found.size + 0.5) / (found.size + 0.5));
  return [found, found.size ? rare : 0];
}

// What is found in the book, the best first: [section, score].
function ranked(words, index) {
  const scores = new Map(), asked = [...words].map((word) => sectionsWith(word, index));
  const all = asked.reduce((sum, [, rare]) => sum + rare, 0);
  for (const [found, rare] of asked) {
    for (const [section, counts] of found) {
      const { score = 0, has = 0 } = scores.get(section) ?? {};
      scores.set(section, { score: score + rare * counts, has: has + rare });
    }
  }
  const pages = {};
  return [...scores]
    .map(([section, { score, has }]) => [section, score * (has / all) ** 3]) // all words are better than one
    .sort(([first, one], [second, other]) => other - one || first - second)
    .filter(([section]) => (pages[index.sections[section][0]] = (pages[index.sections[section][0]] ?? 0) + 1) <= EACH)
    .slice(0, MOST);
}

if (typeof Search !== "undefined" && typeof sectionsOfTheBook !== "undefined") {
  const everything = Search._performSearch;
  Search.performTermsSearch = () => [];
  Search._performSearch = (query, words, without, ...others) => {
    Search._index.alltitles = {}; // they are in our index
    const named = everything(query, words, without, ...others).slice(-EACH); // names of code, and entries of the index
    const found = ranked(words, sectionsOfTheBook).map(([section, score]) => {
      const [page, anchor, title] = sectionsOfTheBook.sections[section];
      const at = Search._index.docnames.indexOf(page);
      return [page, title, anchor && `#${anchor}`, null, score, Search._index.filenames[at]];
    });
    const there = new Set(named.map(([page, , anchor]) => page + anchor));
    return [...found.filter(([page, , anchor]) => !there.has(page + anchor)).reverse(), ...named];
  };
  Documentation.TRANSLATIONS["Search finished, found ${resultCount} page(s) matching the search query."] =
    "${resultCount} places in the book, the nearest first.";
}
"""


class SearchBook(SearchEnglish):
    """English, and the letters of mathematics."""

    js_splitter_code = SCRIPT.replace("LETTERS", json.dumps(LETTERS, ensure_ascii=False), 1)

    def split(self, input):
        """The words of a text, then its Greek letters and the letters with primes."""
        text = COMMAND.sub(lambda command: LETTERS.get(command[1], command[0]), PRIME.sub("′", input))
        return [*super().split(input), *WITH_PRIMES.findall(text)]


@dataclass
class Section:
    """A place in the book that can be found: a page, a section of it, an exercise or an entry of the glossary."""

    page: str
    anchor: str
    titles: tuple
    words: Counter = field(default_factory=Counter)

    def shown(self):
        """Its title, with the title of its page before it, as HTML."""
        return html.escape(" › ".join(dict.fromkeys(self.titles[:1] + self.titles[-1:])), quote=False)


def sections_of(page, doctree):
    """The sections of a page, in order, with the words of each.

    Parameters
    ----------
    page : str
    doctree : docutils.nodes.document

    Returns
    -------
    list of Section
    """
    found, language = [], SearchBook({})

    def words(text):
        stems = (language.stem(word.lower()) for word in language.split(text) if language.word_filter(word.lower()))
        return Counter(stem for stem in stems if not stem.isdigit())

    def walk(node, section):
        for child in node.children:
            place, title = place_of(child)
            if title:
                inner = Section(page, place if section.titles else "", (*section.titles, title))
                found.append(inner)
                for above in inner.titles[:-1]:
                    inner.words.update({word: ABOVE for word in words(above)})
                inner.words.update({word: OWN for word in words(title)})
                walk(child, inner)
            elif isinstance(child, nodes.Text):
                section.words.update(words(child.astext()))
            elif not isinstance(child, nodes.title | nodes.comment | nodes.raw | addnodes.toctree):
                walk(child, section)

    walk(doctree, Section(page, "", ()))
    if found:
        for meta in doctree.findall(nodes.meta):
            if meta.get("name") == "keywords":
                found[0].words.update({word: ABOVE for word in words(meta["content"])})
    return found


def place_of(node):
    """The anchor and the title of what can be found by itself; else two empty texts."""
    if isinstance(node, nodes.definition_list_item):
        term = node.next_node(nodes.term)
        return (term["ids"][0], term.astext()) if term["ids"] else ("", "")
    if not (isinstance(node, nodes.section) or is_exercise_node(node)) or not node["ids"] or node["ids"] in UNNAMED:
        return "", ""
    title = node.next_node(nodes.title)
    if title is None:
        return "", ""
    parts = [title.astext()] if isinstance(node, nodes.section) else [part.astext() for part in title.children]
    return node["ids"][0], " ".join(": ".join(parts).split())


def index_of(sections):
    """What the page of results reads: the sections, and for each word the sections it stands in and how often."""
    terms = {}
    for number, section in enumerate(sections):
        for word, times in section.words.items():
            terms.setdefault(word, []).extend((number, times))
    lengths = [section.words.total() for section in sections]
    listed = [[one.page, one.anchor, one.shown(), length] for one, length in zip(sections, lengths, strict=True)]
    return {"sections": listed, "terms": terms, "usual": sum(lengths) / max(1, len(lengths))}


def write_index(app, error):
    """Write the index of sections."""
    if error or app.builder.format != "html":
        return
    sections = [one for page in sorted(app.env.found_docs) for one in sections_of(page, app.env.get_doctree(page))]
    text = json.dumps(index_of(sections), ensure_ascii=False, separators=(",", ":"))
    (Path(app.outdir) / "_static" / INDEX).write_text(f"const sectionsOfTheBook = {text};\n", encoding="utf-8")


def load_index(app, pagename, templatename, context, doctree):
    """Load the index on the page of results."""
    if pagename == "search":
        app.add_js_file(INDEX, priority=100)


def setup(app):
    """Register the extension."""
    app.add_search_language(SearchBook)
    app.connect("html-page-context", load_index)
    app.connect("build-finished", write_index)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
