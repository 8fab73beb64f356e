"""Plant one error in each of many right derivations and count what `check` says: `python benchmarks/mutants.py`.

The derivations are the right ones of the tests and of the chapters, and the collected ones where they lie beside this
checkout. An error is planted in the right side of a line that holds: a sign, a factor, a term, a transpose, a symbol,
the order of a product, ⊙ against a product, an index, an inverse against a transpose. Those that are no errors are
removed first: the planted side is executed beside the original one at other points, by plain NumPy that takes every
product as a product of matrices and guesses nothing.

The table says how many were caught at their line, caught elsewhere, left unclear or unread, passed with a reading that
the original does not have, and passed unannounced; the last are listed, and none should be left.
"""

import argparse
import functools
import itertools
import sys
from collections import Counter, defaultdict
from pathlib import Path
from random import Random

import numpy as np

from derivations import executing
from derivations.book.markdown_pages import check_page
from derivations.checking import Checker
from derivations.checking.inferring import judged
from derivations.executing import Scene
from derivations.formulas.table import FUNCTIONS
from derivations.reading.latex_tree import bare

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "package" / "checking")]
OUTCOMES = ("at its line", "elsewhere", "unclear", "unread", "with a reading", "unannounced")
POINTS = 3
DECLARED = ("given", "varying", "where", "assume", "names", "macros", "vary")


# ── the derivations ───────────────────────────────────────────────────────────────────────────────────────────────


def posted():
    """The right derivations of the tests: (name, LaTeX, declarations)."""
    from derivations_as_posted import POSTED

    for name, (latex, declared, wrong) in POSTED.items():
        if wrong is None:
            yield f"posted {name}", latex, declared


def displayed():
    """The displayed equations of the chapters, but for those that are wrong on purpose."""
    for page in sorted([*(ROOT / "chapters").glob("*.md"), *(ROOT / "chapters").glob("*.ipynb")]):
        for item in check_page(page):
            if item.alone and not item.wrong and not item.problems:
                declared = {name: text for name, text in item.alone.items() if name != "latex"}
                yield item.equation.place(), item.alone["latex"], declared


def collected():
    """The right ones among the collected derivations, where they are here."""
    from collected import derivations

    for row, declared in derivations():
        if row["verdict"] == "right":
            yield f"collected {row['id']}", row["latex"], declared


def undeclared():
    """The right derivations of the tests that declare nothing: their shapes are inferred."""
    from test_inferring import RIGHT

    for name, (latex, _) in RIGHT.items():
        yield f"undeclared {name}", latex, {}


# ── errors ────────────────────────────────────────────────────────────────────────────────────────────────────────


def errors(tree, source, names):
    """Every error that can be planted in a tree: (sort, start, stop, the text instead)."""
    for inner, parent in _with_parents(tree):
        for make in _SORTS:
            yield from make(inner, parent, source, names)


def _with_parents(tree):
    stack = [(tree, None)]
    while stack:
        inner, parent = stack.pop()
        yield inner, parent
        stack.extend((argument, inner) for argument in inner.args)


def _text(tree, source):
    return source[tree.start : tree.stop]


def _sign(tree, parent, source, names):
    if tree.kind != "sum":
        return
    for before, term, sign in zip(tree.args, tree.args[1:], tree.data[1:], strict=False):
        gap = source[before.stop : term.start]
        written = "+" if sign > 0 else "-"
        if gap.count(written) == 1:
            place = before.stop + gap.index(written)
            yield "sign", place, place + 1, "-" if sign > 0 else "+"
    if tree.data[0] < 0 and _text(tree, source).startswith("-"):
        yield "sign", tree.start, tree.start + 1, "+"


def _whole_sign(tree, parent, source, names):
    if parent is None and tree.kind in ("product", "name", "apply", "fraction", "hadamard"):
        yield "sign", tree.start, tree.start, "-"


def _factor(tree, parent, source, names):
    if tree.kind == "number" and parent is not None and parent.kind in ("product", "fraction"):
        if tree.data in (2, 3, 4):
            yield "factor", tree.start, tree.stop, f" {tree.data + 1} "
        if tree.data == 2 and parent.kind == "product" and tree is parent.args[0]:
            yield "factor", tree.start, parent.args[1].start, ""
    elif parent is None and tree.kind in ("product", "name", "apply", "hadamard", "transpose"):
        yield "factor", tree.start, tree.start, r"\frac{1}{2} "


def _term(tree, parent, source, names):
    if tree.kind == "sum" and len(tree.args) > 1:
        for before, term in itertools.pairwise(tree.args):
            yield "term", before.stop, term.stop, ""


def _transpose(tree, parent, source, names):
    if tree.kind == "transpose":
        yield "transpose", tree.start, tree.stop, _text(tree.args[0], source)
    held = parent is not None and parent.kind in ("product", "sum", "group", "hadamard", "apply", "colon")
    if tree.kind == "name" and tree.data in names and held:
        yield "transpose", tree.start, tree.stop, f"{_text(tree, source)}^T"
    if tree.kind == "group" and parent is not None and parent.kind == "product":
        yield "transpose", tree.start, tree.stop, f"{_text(tree, source)}^T"


def _symbol(tree, parent, source, names):
    if tree.kind == "name" and tree.data in names and not (parent is not None and parent.kind == "subscript"):
        for other in names:
            if other != tree.data and len(other) == 1:
                yield "symbol", tree.start, tree.stop, f"{other} "


def _order(tree, parent, source, names):
    if tree.kind == "product":
        for one, other, sign in zip(tree.args, tree.args[1:], tree.data, strict=False):
            if sign == "" and "number" not in (one.kind, other.kind):
                yield "order", one.start, other.stop, f"{_text(other, source)} {_text(one, source)}"


def _entrywise(tree, parent, source, names):
    if tree.kind == "hadamard":
        for one, other in itertools.pairwise(tree.args):
            yield "⊙", one.stop, other.start, " "
    if tree.kind == "product":
        for one, other, sign in zip(tree.args, tree.args[1:], tree.data, strict=False):
            if sign == "" and "number" not in (one.kind, other.kind):
                yield "⊙", one.stop, other.start, r" \odot "


def _index(tree, parent, source, names):
    if tree.kind != "subscript" or not all(i.kind == "name" and len(i.data) == 1 for i in tree.args[1:]):
        return
    base, *indices = tree.args
    letters = [i.data for i in indices]
    if len(letters) == 2 and letters[0] != letters[1]:
        yield "index", tree.start, tree.stop, f"{_text(base, source)}_{{{letters[1]}{letters[0]}}}"
    for other in {"i", "j", "k"} - set(letters):
        yield "index", tree.start, tree.stop, f"{_text(base, source)}_{{{''.join([other, *letters[1:]])}}}"


def _inverse(tree, parent, source, names):
    if tree.kind == "inverse":
        yield "inverse ↔ transpose", tree.start, tree.stop, f"{_text(tree.args[0], source)}^T"
    if tree.kind == "inverse transpose":
        yield "inverse ↔ transpose", tree.start, tree.stop, f"{_text(tree.args[0], source)}^{{-1}}"
        yield "inverse ↔ transpose", tree.start, tree.stop, f"{_text(tree.args[0], source)}^T"


_SORTS = (_sign, _whole_sign, _factor, _term, _transpose, _symbol, _order, _entrywise, _index, _inverse)


# ── plain NumPy ───────────────────────────────────────────────────────────────────────────────────────────────────


class Unsaid(Exception):
    """What plain NumPy does not say; the shapes do not fit where it is `Misfit`."""


class Misfit(Unsaid):
    """Arrays whose shapes do not fit."""


def plain(tree, scene):
    """The value of a tree, every product one of matrices; leaves and derivatives as they are measured in a scene."""
    rule = _PLAIN.get(tree.kind)
    if rule is None:
        try:
            value = executing.evaluate(tree, scene)
        except (executing.Unreadable, executing.NotConforming) as error:
            raise Unsaid(str(error)) from None
        if not isinstance(value, np.ndarray):
            raise Unsaid("a value whose size the context gives")
        return np.asarray(value)
    return rule(tree, scene)


def _number_like(value):
    return value.shape == (1, 1)


def _product(tree, scene):
    result = None
    for sign, argument in zip(("", *tree.data), tree.args, strict=True):
        if result is not None and argument.kind == "group" and sign == "":
            previous = tree.args[tree.args.index(argument) - 1]
            if executing.spelled(previous) in scene.meaning.definitions:
                raise Unsaid("a function may be applied")
        value = plain(argument, scene)
        if result is None:
            result = value
        elif sign == "/":
            if not _number_like(value):
                raise Unsaid("a division by an array")
            result = result / value
        elif _number_like(result) or _number_like(value):
            result = result * value
        elif result.shape[1] != value.shape[0]:
            raise Misfit(f"{result.shape} times {value.shape}")
        else:
            result = result @ value
    return result


def _sum(tree, scene):
    terms = [sign * plain(term, scene) for sign, term in zip(tree.data, tree.args, strict=True)]
    shapes = {term.shape for term in terms}
    literal = any(bare(term).kind == "number" for term in tree.args)
    if len(shapes) > 1 and not (literal and len(shapes - {(1, 1)}) == 1):
        raise Misfit("a sum of unlike shapes")
    return sum(terms[1:], terms[0])


def _hadamard(tree, scene):
    values = [plain(argument, scene) for argument in tree.args]
    if any(sign not in (r"\odot", r"\circ") for sign in tree.data):
        raise Unsaid("another sign")
    if len({value.shape for value in values} - {(1, 1)}) > 1:
        raise Misfit("an entrywise product of unlike shapes")
    return functools.reduce(np.multiply, values)


def _colon(tree, scene):
    left, right = (plain(argument, scene) for argument in tree.args)
    if left.shape != right.shape:
        raise Misfit("a colon between unlike shapes")
    return np.sum(left * right).reshape(1, 1)


def _fraction(tree, scene):
    above, below = (plain(argument, scene) for argument in tree.args)
    if not _number_like(below):
        raise Unsaid("a division by an array")
    return above / below


def _inverse_of(tree, scene):
    value = plain(tree.args[0], scene)
    if value.shape[0] != value.shape[1]:
        raise Misfit("the inverse of what is not square")
    return np.linalg.inv(value)


def _apply(tree, scene):
    word, argument = tree.args
    if word.kind != "operator":
        raise Unsaid("a function of the text")
    value = plain(argument, scene)
    if word.data in ("tr", "det"):
        if value.shape[0] != value.shape[1]:
            raise Misfit(f"{word.data} of what is not square")
        return np.reshape(np.trace(value) if word.data == "tr" else np.linalg.det(value), (1, 1))
    if word.data not in FUNCTIONS:
        raise Unsaid(word.data)
    with np.errstate(all="ignore"):
        return np.asarray(FUNCTIONS[word.data].value(value))


def _power(tree, scene):
    base, exponent = plain(tree.args[0], scene), plain(tree.args[1], scene)
    if not _number_like(base) or not _number_like(exponent):
        raise Unsaid("a power of an array")
    with np.errstate(all="ignore"):
        return base**exponent


_PLAIN = {
    "group": lambda tree, scene: plain(tree.args[0], scene) if tree.args[0].kind != "list" else _unsaid(),
    "product": _product,
    "sum": _sum,
    "hadamard": _hadamard,
    "colon": _colon,
    "inner": _colon,
    "fraction": _fraction,
    "transpose": lambda tree, scene: plain(tree.args[0], scene).T,
    "inverse": _inverse_of,
    "inverse transpose": lambda tree, scene: _inverse_of(tree, scene).T,
    "apply": _apply,
    "power": _power,
    "norm": lambda tree, scene: (
        np.linalg.norm(plain(tree.args[0], scene)).reshape(1, 1)
        if len(tree.args) == 1 and tree.data in (None, "", "2", "F")
        else _unsaid()
    ),
}


def _unsaid():
    raise Unsaid("another way of writing")


def is_an_error(checker, before, after):
    """Whether a planted side differs from the original one at points of their own; None where that is not known."""
    symbols = list(checker.meaning.symbols.values())
    properties = {s: _properties(checker, s) for s in symbols}
    source = executing.sampled(checker.meaning, symbols, "planted errors", properties, checker.vary)
    seen, checker.meaning.allowed = [], np.inf
    for point in itertools.islice(source, 8 * POINTS):
        scene = Scene(checker.meaning, point)
        try:
            pairs = [
                (plain(before.right, here), _or_misfit(after.right, here)) for here in _places(before, after, scene)
            ]
        except (Unsaid, executing.Unreadable, executing.NotConforming, ValueError, ArithmeticError, LookupError):
            continue  # LinAlgError is a ValueError
        if not pairs or not all(np.all(np.isfinite(a)) for a, _ in pairs):
            continue
        seen.append(any(_differ(a, b) for a, b in pairs))
        if len(seen) == POINTS:
            break
    return any(seen) if seen else None


def _properties(checker, symbol):
    """The properties that are declared of a symbol, with what they imply."""
    from derivations.reading.numpy_text import implied

    return implied(checker.properties.get(symbol.data[0], ()))


def _or_misfit(tree, scene):
    try:
        return plain(tree, scene)
    except Misfit:
        return None


def _places(before, after, scene):
    from derivations.checking.comparing import places

    if executing.free_indices(after.right, scene) != executing.free_indices(before.right, scene):
        raise Unsaid("other indices")
    return [here for _, here in places(before.left, before.right, scene)]


def _differ(one, other):
    if other is None or one.shape != other.shape:
        return True
    scale = max(np.max(np.abs(one)), np.max(np.abs(other)), 1e-300)
    return not np.all(np.isfinite(other)) or np.max(np.abs(one - other)) > 1e-7 * scale


# ── the run ───────────────────────────────────────────────────────────────────────────────────────────────────────


def mutants(source, latex, declared, random, each):
    """Up to `each` planted errors of every sort in one derivation: (sort, place of the line, the LaTeX)."""
    report, checker = judge(latex, declared)
    lines = report.lines
    if any(line.verdict in ("fails", "unclear") for line in lines):
        return
    names = list(checker.meaning.symbols)
    found = defaultdict(list)
    for place, line in enumerate(lines):
        if line.verdict == "holds" and (not line.reading or not declared) and line.relation is not None:
            for sort, start, stop, text in errors(line.relation.right, latex, names):
                if line.relation.right.start <= start and stop <= line.relation.right.stop:
                    found[sort].append((place, latex[:start] + text + latex[stop:]))
    for sort, planted in found.items():
        random.shuffle(planted)
        kept = 0
        for place, text in planted:
            if kept == each:
                break
            report, _ = judge(text, declared)
            if len(report.lines) != len(lines) or report.lines[place].relation is None:
                continue
            if is_an_error(checker, lines[place].relation, report.lines[place].relation):
                kept += 1
                yield sort, place, text, outcome(lines, report.lines, place), report.lines[place]


def judge(latex, declared):
    """The report on a derivation, and the checker that made it; mended only where its shapes are inferred."""
    if not declared:
        return judged(Checker(), latex)
    checker = Checker(**_options(declared))
    return checker.check(latex, mend=False), checker


def _options(declared):
    return {name: declared[name] for name in DECLARED if declared.get(name)}


def outcome(before, after, place):
    """What became of a planted error."""
    failing = [i for i, line in enumerate(after) if line.verdict == "fails"]
    here = after[place].verdict
    if here == "fails" and failing[0] == place:
        return "at its line"
    if failing:
        return "elsewhere"
    if here in ("unclear", "unread"):
        return here
    if any(
        line.verdict in ("unclear", "unread") and old.verdict == "holds"
        for old, line in zip(before, after, strict=True)
    ):
        return "unclear"
    return "with a reading" if after[place].reading != before[place].reading else "unannounced"


@np.errstate(all="ignore")
def main(arguments=None):
    """Print the table and what passed; 1 where something passed unannounced."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--most", type=int, default=800, help="how many planted errors (default: 800)")
    parser.add_argument("--each", type=int, default=2, help="how many of each sort in one derivation (default: 2)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--undeclared", action="store_true", help="in derivations that declare nothing, instead")
    parser.add_argument("--only", default="", help="derivations whose names contain this text")
    options = parser.parse_args(arguments)
    random = Random(options.seed)
    sources = (undeclared(),) if options.undeclared else (posted(), displayed(), collected())
    texts = [text for text in itertools.chain(*sources) if options.only in text[0]]
    random.shuffle(texts)
    counts, passed, total = defaultdict(Counter), [], 0
    for name, latex, declared in texts:
        for sort, _, _, became, line in mutants(name, latex, declared, random, options.each):
            counts[sort][became] += 1
            total += 1
            if became in ("with a reading", "unannounced"):
                passed.append((became, sort, name, line.latex, line.reading))
        if total >= options.most:
            break
    wide = max((len(sort) for sort in counts), default=0)
    print(" " * wide, *(f"{name:>14}" for name in OUTCOMES))
    for sort, row in sorted(counts.items()):
        print(f"{sort:<{wide}}", *(f"{row[name]:>14}" for name in OUTCOMES))
    print(
        f"{'all':<{wide}}", *(f"{sum(row[name] for row in counts.values()):>14}" for name in OUTCOMES), f"  of {total}"
    )
    for became, sort, name, latex, reading in passed:
        print(f"{became}: {sort}: {name}: {latex}" + (f"  [{reading}]" if reading else ""))
    return int(any(became == "unannounced" for became, *_ in passed))


if __name__ == "__main__":
    sys.exit(main())
