"""The page of laws is what the tables say, and every law that a derivation names stands on it."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest

import generate_laws
from browsing import BOOK
from derivations import derive
from derivations.book.markdown_pages import check_page
from derivations.formulas.laws import Law

PAGE = (BOOK / generate_laws.PAGE).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def laws():
    """Law by name, without the functions that other tests may have registered."""
    found = {law.name: law for group in generate_laws.laws().values() for law, _ in group}
    return {name: law for name, law in found.items() if name in generate_laws.WORDS}


def test_page_is_what_the_generator_writes(tmp_path):
    # in a process of its own: other tests register functions
    subprocess.run([sys.executable, BOOK / "web" / "generate_laws.py", tmp_path / "laws.md"], check=True)
    written = (tmp_path / "laws.md").read_text(encoding="utf-8")
    assert written == PAGE, "chapters/laws.md is not what the tables say: run `make outputs`"


def test_every_law_has_one_place(laws):
    assert set(laws) == set(generate_laws.WORDS), "web/laws.yml and the tables name different laws"
    labels = re.findall(r"^\((law-.*)\)=$", PAGE, re.M)
    assert labels == [law.anchor for law in laws.values()]
    assert len(set(labels)) == len(labels)


def test_a_law_without_words_is_refused():
    with pytest.raises(SystemExit, match="no words for the law 'no such law'"):
        generate_laws.block(Law("no such law", "A = A"), "")


@pytest.fixture(scope="module")
def executed():
    """The displayed equations of the page by their labels, each executed."""
    return {item.equation.label: item for item in check_page(BOOK / generate_laws.PAGE, mend=False)}


def test_every_law_is_displayed_and_executed(laws, executed):
    assert [f"eq-{law.anchor}" for law in laws.values()] == list(executed)
    for name, law in laws.items():
        item, beside = executed[f"eq-{law.anchor}"], generate_laws.WORDS[name].get("such as")
        assert generate_laws.equation(law.statement, beside) in item.equation.latex, name
        verdicts = [line.verdict for line in item.lines]
        assert not item.problems and not item.unread and not item.wrong, (name, item.problems)
        assert "holds" in verdicts and set(verdicts) <= {"holds", "definition"}, (name, verdicts)


WITH_NUMBERS = [name for name, words in generate_laws.WORDS.items() if "numbers" in words]


@pytest.mark.parametrize("name", WITH_NUMBERS)
def test_an_example_says_what_its_law_says(name):
    words = generate_laws.WORDS[name]
    first, *others = generate_laws.example(words, step=1e-4)
    assert others and all(other.shape == first.shape for other in others)
    rest = max(np.max(np.abs(other - first)) for other in others)
    assert rest <= (1e-5 * np.max(np.abs(first)) if "=>" in words["numbers"] else 1e-12)
    resting = name in ("place of the largest rule", "sign rule", "positive rule", "nonnegative rule", "centred sum")
    assert resting == (not np.any(first)), "the example shows nothing"


def test_nearly_every_law_has_numbers_and_stands_in_a_derivation():
    assert len(WITH_NUMBERS) > 65
    assert sum("derive" in words for words in generate_laws.WORDS.values()) > 60


def test_a_derivation_that_does_not_name_its_law_is_refused():
    with pytest.raises(SystemExit, match="law 'trace rule' does not name it"):
        generate_laws.derived(Law("trace rule", ""), {"derive": "sum(W**2); W; W: m×n"})


def problems():
    """The problems of the corpus whose declarations `derive` takes as they are."""
    with (BOOK / "tests" / "corpus" / "problems.jsonl").open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def test_every_law_that_a_derivation_names_is_on_the_page(laws):
    derived, missing = 0, set()
    for problem in problems():
        shapes = {name: tuple(axes) for name, axes in problem["shapes"].items()}
        shapes |= {name: () for name in problem.get("consts", {}) if not name.startswith("_")}
        order = 2 if problem.get("kind") == "hessian" else 1
        for style in ("hadamard", "diag"):
            try:
                derivation = derive(problem["function"], problem["wrt"], shapes, order=order, style=style)
            except ValueError:  # those that need an assumption; test_corpus makes it
                continue
            derived += 1
            missing |= {law for step in derivation.steps for law in step.laws if laws.get(law.name) != law}
    assert derived > 100
    assert not missing
