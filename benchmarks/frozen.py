"""Record what `check` and `derive` say of every text of this checkout, and compare two records.

    python benchmarks/frozen.py record before.json      # in the tree before a change
    python benchmarks/frozen.py record after.json       # in the tree after it
    python benchmarks/frozen.py compare before.json after.json

The texts are the equations of the chapters, the blocks and the losses of `tests/corpus`, and the derivations of the
tests. Of each line the record keeps the verdict, the words, the mend, and what both sides are worth at the points at
which it was executed; of each loss the steps and the gradient at a drawn point. Values are confirmed a second way, by
plain NumPy (`mutants.plain` for a line, the gradient that the corpus records for a loss), where there is one, and the
record says for how many. What a simplification of the engine must leave as it is, is what this compares.
"""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

import mutants
import numpy as np

sys.path.insert(0, str(mutants.ROOT / "tests" / "package" / "deriving"))

import plain_numpy
import test_corpus
import test_losses
from collected import MISTAKES, PROBLEMS, as_lines

from derivations import executing
from derivations.checking import Checker
from derivations.checking.comparing import places
from derivations.checking.inferring import judged
from derivations.executing import Scene

POINTS = 2
FAILURES = (executing.Unreadable, executing.NotConforming, ValueError, ArithmeticError, LookupError)
DECLARED = ("given", "varying", "assume", "where", "names", "macros", "vary", "loss")


# ── lines ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def posted():
    """The derivations of the tests, those that declare nothing among them."""
    from derivations_as_posted import POSTED
    from test_inferring import RIGHT, WRONG

    for name, (latex, declared, _) in POSTED.items():
        yield name, latex, declared
    for place, latex in enumerate([*(latex for latex, _ in RIGHT.values()), *(row[0] for row in WRONG)]):
        yield f"undeclared {place}", latex, {}


def collected():
    """The blocks of the corpus, and its mistakes as a person would write them, wrong and right."""
    for file in ("kinds_of_notation", "readings", "soundness"):
        for place, row in enumerate(plain_numpy.rows(f"{file}.jsonl"), 1):
            row = row.get("input", row)
            if "latex" in row:
                yield f"{file} {place}", row["latex"], row
    for row in MISTAKES:
        claimed, correct, declared = as_lines(row)
        yield f"claimed {row['id']}", claimed, declared
        yield f"correct {row['id']}", correct, declared


def block(latex, declared):
    """What is said of a block: a record a line."""
    checker = Checker(**{name: declared[name] for name in DECLARED if declared.get(name)}, infer=True)
    report, checker = judged(checker, latex)
    return [
        {
            "says": [line.verdict, line.kind, line.why, line.reading, line.repair],
            "sides": sides(checker, line) if line.verdict in ("holds", "fails", "definition") else [],
        }
        for line in report.lines
    ]


def sides(checker, line):
    """What both sides of a line are worth at its points, each with what plain NumPy says of it (None: nothing)."""
    item, found = line.relation, []
    checker.meaning.allowed = np.inf
    for point in checker.points[:POINTS] if item is not None else ():
        try:
            scenes = [scene for _, scene in places(item.left, item.right, Scene(checker.meaning, point))]
            for side in (item.left, item.right):
                values = [executing.evaluate(side, scene) for scene in scenes]
                found.append([digest(values), confirmed(side, scenes, values)])
        except FAILURES as error:
            found.append([type(error).__name__, None])
    return found


def digest(values):
    """A few numbers that say what arrays are."""
    arrays = [np.asarray(value, float) for value in values if isinstance(value, np.ndarray)]
    flat = np.concatenate([array.ravel() for array in arrays]) if arrays else np.zeros(0)
    weights = np.cos(np.arange(flat.size))
    return [len(values), int(flat.size), float(f"{np.sum(flat * weights):.7g}"), float(f"{np.sum(np.abs(flat)):.7g}")]


def confirmed(side, scenes, values):
    """Whether plain NumPy gives the same values; None where it cannot say."""
    try:
        others = [mutants.plain(side, scene) for scene in scenes]
    except (mutants.Unsaid, *FAILURES):
        return None
    pairs = [(one, other) for one, other in zip(values, others, strict=True) if isinstance(one, np.ndarray)]
    return all(one.shape == other.shape and np.allclose(one, other, rtol=1e-6, atol=1e-9) for one, other in pairs)


# ── losses ────────────────────────────────────────────────────────────────────────────────────────────────────────


def losses():
    """Every loss of the corpus: (name, how it is derived, its values at a point, its gradient there or None)."""
    for row in (*PROBLEMS, *MISTAKES):
        sizes, values = plain_numpy.draw(row, np.random.default_rng(5))
        text = row.get("gradient", row.get("correct"))
        wanted = plain_numpy.evaluate(text, {**sizes, **values}, row.get("let", ()))
        yield row["id"], lambda row=row: test_corpus.derived(row), {**values, **sizes}, wanted
    for name, row in (test_losses.LOSSES | test_losses.HARD).items():
        sizes, values = test_losses.draw(row, np.random.default_rng(5))
        named = {size: sizes[size] for size in test_losses.size_names(row)}
        yield name, lambda row=row: test_losses.derived(row), {**values, **named}, None


def loss(derived, values, wanted):
    """What is derived of a loss: one record."""
    try:
        derivation = derived()
    except ValueError as error:
        return [{"says": [type(error).__name__, str(error)], "sides": []}]
    found = np.asarray(derivation.gradient(**values), float)
    same = None
    if wanted is not None:
        same = found.shape == np.shape(wanted) and bool(np.allclose(found, wanted, rtol=1e-7, atol=1e-9))
    return [{"says": [str(derivation), derivation.latex], "sides": [[digest([found]), same]]}]


# ── the record ────────────────────────────────────────────────────────────────────────────────────────────────────


SOURCES = {
    "tests": (posted, block),
    "corpus": (collected, block),
    "chapters": (mutants.displayed, block),
    "losses": (losses, loss),
}


@np.errstate(all="ignore")
def record(sources):
    """Everything that is said of every text of these sources: a list of records by the name of the text."""
    return {
        f"{source}: {name}": SOURCES[source][1](*rest) for source in sources for name, *rest in SOURCES[source][0]()
    }


def main():
    """Record, or compare; 1 where two records differ."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("what", choices=("record", "compare"))
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--only", nargs="+", choices=SOURCES, default=SOURCES, help="record these texts alone")
    options = parser.parse_args()
    if options.what == "record":
        kept = record(options.only)
        options.files[0].write_text(json.dumps(kept, ensure_ascii=False, indent=0), encoding="utf-8")
        known = Counter(same for lines in kept.values() for line in lines for _, same in line["sides"])
        print(f"{len(kept)} texts, {sum(map(len, kept.values()))} lines, {sum(known.values())} values")
        print(
            f"plain NumPy confirms {known[True]} of the values, denies {known[False]}, and is silent on {known[None]}"
        )
        return 0
    before, after = (json.loads(file.read_text(encoding="utf-8")) for file in options.files)
    differ = [name for name in before if name in after and before[name] != after[name]]
    for name in differ:
        print(f"\n{name}")
        for row, (one, other) in enumerate(zip(before[name], after[name], strict=False), 1):
            if one != other:
                print(f"  {row} before: {one}\n  {row} after:  {other}")
        if len(before[name]) != len(after[name]):
            print(f"  {len(before[name])} lines before, {len(after[name])} after")
    print(f"{len(differ)} of {len(before.keys() & after.keys())} texts differ")
    return bool(differ)


if __name__ == "__main__":
    sys.exit(main())
