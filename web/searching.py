"""The search of the site finds letters as a reader types them: σ′ and f′, which the pages write in LaTeX.

Sphinx splits text into words of letters and digits. Here a Greek letter written as a LaTeX command is the letter too,
and a letter with its primes is a word, in the index and in the query alike.
"""

import json
import re

from sphinx.search.en import SearchEnglish

from derivations.formulas.names import LETTERS

COMMAND = re.compile(r"\\([A-Za-z]+)")
PRIME = re.compile(r"\^\{?\\prime\}?|'(?![^\W\d_])")
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
"""


class SearchBook(SearchEnglish):
    """English, and the letters of mathematics."""

    js_splitter_code = SCRIPT.replace("LETTERS", json.dumps(LETTERS, ensure_ascii=False), 1)

    def split(self, input):
        """The words of a text, then its Greek letters and the letters with primes."""
        text = COMMAND.sub(lambda command: LETTERS.get(command[1], command[0]), PRIME.sub("′", input))
        return [*super().split(input), *WITH_PRIMES.findall(text)]


def setup(app):
    """Register the extension."""
    app.add_search_language(SearchBook)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
