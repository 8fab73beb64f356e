"""What a verdict needs: a line whose sides differ is wrong where there is evidence, and unclear where there is none.

The sides differ under every reading. That alone is no mistake: where something in the line had to be guessed, the
guess may be the mistake. So a line fails where a small edit makes it true, or where nothing was guessed and it is about
a derivative by itself, whose value the witness measures, an order, or an identity of known letters. What a line says a
name to be, an equation that may be set, and what follows from either by sums and indices need the edit. Shapes alone
are evidence where known letters do not conform, or a gradient is not in the shape of its variable. What rests on a
property that nothing says is unclear where other lines rest on it as well. What was guessed stands in `guesses`.
"""

import itertools
from collections import Counter

import numpy as np

from derivations import executing
from derivations.checking.assumptions import taken_for_granted
from derivations.checking.comparing import Verdict
from derivations.checking.defining import without_arguments
from derivations.checking.edits import ASSUMPTION, FACTOR, INNER, ORDER, OTHER, PRODUCT, SHAPES, SIGN, TRANSPOSE
from derivations.checking.guesses import OPEN, PLAIN, Difference, guessed, is_derivative
from derivations.checking.readings import ZERO_IN_PROSE, words_before
from derivations.checking.searching import Search
from derivations.checking.vanishing import is_zero
from derivations.formulas.expression import ordered, shape_text
from derivations.formulas.properties import implied
from derivations.formulas.table import ROWS
from derivations.reading.latex_tree import bare

SLIGHT = 1e-6  # a relative difference that is that of a rounded number
WORK = 20_000  # parts evaluated in the search for an edit that is evidence


def _not_square(case):
    """That a line takes the inverse, trace or determinant of a declared letter that is not square, in words."""
    for tree in case.written:
        word = executing.spelled(tree.args[0]) if tree.kind == "apply" else None
        what = _OF_SQUARES.get(tree.kind) or _OF_SQUARES.get(word)
        if tree.kind == "power" and bare(tree.args[1]).kind != "number":
            continue  # Q^{ij} may be an entry, and A^{(k)} one of several
        inner = bare(tree.args[0 if tree.kind == "power" else -1]) if what else None
        name = executing.spelled(bare(inner.args[0]) if inner.kind == "transpose" else inner) if what else None
        symbol = case.checker.meaning.symbols.get(name) if what else None
        declared = symbol is not None and name not in case.checker.inferred
        if declared and symbol.data[1] == 2 and symbol.shape[0] != symbol.shape[1]:
            return f"{name} is {shape_text(symbol.shape)}, and has no {what}"
    return ""


_OF_SQUARES = {"inverse": "inverse", "inverse transpose": "inverse", "power": "powers"} | {
    row.read.name: row.name for row in ROWS.values() if row.read and row.read[1:3] == (0, 2)
}


def _is_measured(case):
    """Whether the witness alone decides: an order, a derivative by itself, or an identity of what is known.

    What a name is said to be may be meant to define it, Y = X, or to define it anew; an equation between letters is
    set, Ax = b, and so is one in which a derivative is a factor; and a Σ or an index in a chain may reach elsewhere.
    """
    checker, item = case.checker, case.item
    if item.sign != "=":
        return True
    if case.found.shapes:
        return _cannot_conform(case)
    head, known = (*executing.parts(case.head), *executing.parts(item.left)), checker.meaning.definitions
    derives = any(map(is_derivative, head)) or any(_is_slope(case, tree) for tree in head)
    if item.continued:
        return derives or all(tree.kind in PLAIN - OPEN for tree in case.written)
    if derives:
        return bool(checker.vanishing) or _is_of_slopes(case, case.head)
    if not checker.vanishing and (is_zero(item.right) or _names_something(checker, item) or _says_anew(case)):
        return False
    if _may_be_set(case):
        return False
    return not any(tree.kind == "prime" and executing.spelled(tree.args[0]) not in known for tree in case.written)


def _is_slope(case, tree):
    """Whether a tree is a derivative and nothing else, ∂L/∂w or f′(x) of an f that is known."""
    tree = without_arguments(tree)
    return is_derivative(tree) or (
        tree.kind == "prime" and executing.spelled(tree.args[0]) in case.checker.meaning.definitions
    )


def _is_of_slopes(case, tree):
    """Whether a tree is a derivative, a sum of derivatives, or the trace of a Hessian, constants apart."""
    tree = _without_constants(tree)
    if tree.kind == "sum":
        return all(_is_of_slopes(case, term) for term in tree.args)
    if tree.kind == "apply" and tree.args[0].data == "tr":
        return _is_of_slopes(case, tree.args[1])
    return _is_slope(case, tree)


def _without_constants(tree):
    """A tree without its brackets, its sign, the numbers that it is multiplied by, its place and that of its entry."""
    tree = bare(tree)
    if tree.kind in ("at", "subscript") or (tree.kind == "sum" and len(tree.args) == 1):
        return _without_constants(tree.args[0])
    factors = [part for part in tree.args if not _is_number(part)] if tree.kind == "product" else ()
    return _without_constants(factors[0]) if len(factors) == 1 else tree


def _is_number(tree):
    return all(
        part.kind in ("number", "fraction", "group", "sum", "product", "power") for part in executing.parts(tree)
    )


def _may_be_set(case):
    """Whether an equation between letters may be one that is set, and then solved.

    So it may where each side has a declared letter that the other lacks, or one of them none, x² + y² = 4, as no
    identity has; and where a derivative is taken before it, or prose speaks of a stationary point.
    """
    checker = case.checker
    one, other = (set(executing.reached((side,), checker.meaning)) for side in (case.head, case.item.right))
    if checker.vanishing or one == other or one & set(checker.meaning.definitions):
        return False
    symbols, varying = set(checker.meaning.symbols), set(checker.varying)
    if (one - other) & symbols and (other - one) & symbols:
        return True
    if not (one | other) & varying:
        return False
    lines = [line.relation for line in checker.lines if line.relation is not None]
    taken = any(map(is_derivative, itertools.chain.from_iterable(executing.parts(x.left) for x in lines)))
    return taken or not (one and other) or bool(ZERO_IN_PROSE.search(words_before(case.item)))


def _says_anew(case):
    """Whether a line may give a name another meaning, f(x) = … with another right side than before.

    Where the difference is slight, a number was rounded.
    """
    named, words = _named(case.item.left), _arguments(case.item.left)
    name, scripted = executing.spelled(named), named is not without_arguments(case.item.left)
    if name is None or named.kind == "operator" or not (words or scripted):
        return False
    if None in map(executing.spelled, words):  # f(3) says nothing of f
        return False
    anew = name not in executing.reached((case.item.right,), case.checker.meaning)
    return anew and not (case.found.error and float(case.found.error) < SLIGHT)


def _arguments(tree):
    """What a name is applied to, x in f(x)."""
    applied = without_arguments(tree) is not bare(tree)
    return executing.arguments(bare(tree).args[1].args[0]) if applied else ()


def _named(tree):
    """What a line says something of: the name in f(x), A_ij and y."""
    inner = without_arguments(tree)
    return inner.args[0] if executing.spelled(inner) is None and inner.kind in ("subscript", "label") else inner


def _cannot_conform(case):
    """Whether declared letters alone do not conform, or a gradient of a number and what should be in its shape."""
    if case.broken is not None:
        return all(_is_declared(case, tree) for tree in executing.parts(case.broken))
    slope = _without_constants(case.head)
    plain = all(tree.kind in PLAIN - {"prime", "matrix", "list"} for tree in executing.parts(case.item.right))
    return plain and slope.kind in ("gradient", "derivative") and _is_slope(case, slope)


def _is_declared(case, tree):
    """Whether a part of a tree is a letter that is known, or one of the operations that leave nothing open."""
    if tree.kind == "name":
        return case.checker.meaning.known(tree.data)
    if tree.kind == "differential":  # dA is in the shape of A
        return case.checker.meaning.known(executing.spelled(tree.args[0]) or "")
    return tree.kind in PLAIN - OPEN - {"identity", "one", "colon", "bars"}


def _names_something(checker, item):
    """Whether a line says what a name is that nothing defines, perhaps with arguments or indices, y, f(x), A_ij.

    Where f is known, f(L) of another letter may define it anew; f(3) says its value.
    """
    inner, words = _named(item.left), _arguments(item.left)
    name = executing.spelled(inner)
    given = set(map(executing.spelled, words))
    anew = bool(words) and None not in given and not given.issubset(executing.reached((inner,), checker.meaning))
    said = name is None or inner.kind == "operator" or (name in checker.meaning.definitions and not anew)
    return not item.continued and not said and name not in executing.reached((item.right,), checker.meaning)


def _small_edits(checker, line, head, found, most):
    try:
        with checker.supposing(checker.said):
            strict = found.shapes and not found.conforms
            item, reading = line.relation, found.assignment
            return Search(checker, head, item, checker.lines, strict, max(most, 1), WORK, reading).run()
    except (ValueError, ArithmeticError, LookupError, MemoryError, RecursionError):
        return None


_SLIPS = {TRANSPOSE, ORDER, PRODUCT}


def _is_small(found, tree, most, inferred, numbers):
    """Whether edits are evidence where something was guessed: few, beside sign and factor, that keep most of it.

    A letter of which nobody said what it is may mean another thing: a mend that takes it in or out tells nothing, but
    for an inner derivative where all letters are numbers.
    """
    slips = _SLIPS | {INNER} if numbers else _SLIPS
    kinds = [kind for kind in found.kinds if kind not in (SIGN, FACTOR)] if found else ()
    kept = found is not None and _letters(found.tree) > 0.6 * _letters(tree)
    if not kept or (not set(kinds) <= slips and _counts(found.tree, inferred) != _counts(tree, inferred)):
        return False
    return bool(found.kinds) and len(kinds) <= most and not {OTHER, ASSUMPTION} & set(kinds)


def _letters(tree):
    return sum(not part.args for part in executing.parts(tree))


def _counts(tree, names):
    return Counter(name for part in executing.parts(tree) if (name := executing.spelled(part)) in names)


def settle(checker, line, head, found):
    """Leave a line that fails wrong where there is evidence, and make it unclear where there is none."""
    line.kind, case = SHAPES if found.shapes else None, Difference(checker, line, head, found)
    if found.shapes and (told := _not_square(case)):
        line.why = told
        return
    words, most = guessed(case)
    if not words and _is_measured(case):
        return
    if not words:
        words, most = _UNSUPPORTED[line.relation.continued], 2
    line.edits = _small_edits(checker, line, head, found, most) if most >= 0 and checker.seeks else None
    undeclared = checker.inferred_in(line.relation)
    numbers = all(checker.declared[name] == () for name in undeclared)
    small = _is_small(line.edits, line.relation.right, most, checker.inferred, numbers)
    granted = ""
    if not found.shapes and (not small or (TRANSPOSE in line.edits.kinds and _takes_symmetry(checker, line.relation))):
        granted = taken_for_granted(checker, head, line.relation, None if small else line.edits)
    if not small or granted:
        differs = f"it holds only where {granted}" if granted else line.why or "the two sides differ"
        line.verdict, line.kind, line.edits, line.why = "unclear", None, None, f"{differs}; {words}"


def share_assumptions(checker):
    """Make unclear the lines that fail where a property of a letter was taken for granted, and only not said.

    So it was where several lines take it, and where a ½ stands before a form that is Qx by a symmetric Q alone. One
    line without any of this may be a slip, as 2Ax is for xᵀAx. What follows from such a line shares its verdict.
    """
    failing = [line for line in checker.lines if line.verdict == "fails" and line.kind is None and line.relation]
    granted = {id(line): _granted(checker, line) for line in failing if not line.holds_from_previous}
    said = Counter(filter(None, granted.values()))
    shared = {}
    for line in checker.lines:
        before = shared.get(id(line.relation.left)) if line.relation and line.holds_from_previous else None
        words = granted.get(id(line)) or (before if line.verdict == "fails" else None)
        told = words and ("as in other lines" if said[words] > 1 else _halved(checker, line, words))
        if told:
            line.verdict, line.edits = "unclear", None
            line.why = f"it holds only where {words}, {told}: declare it, if it is so"
            shared[id(line.relation.right)] = words


def _halved(checker, line, words):
    """Whether a ½ stands in what a line is about that holds where a letter is symmetric, in words; or an empty text."""
    reached = Difference(checker, line, checker.head(line.relation), None).reached
    formulas = [checker.meaning.definitions.get(executing.spelled(tree) or "") for tree in reached]
    parts = ordered([d.formula for d in formulas if d is not None and d.formula is not None])
    numbers = [
        number for part in parts if part.operation in ("number", "combination") for number in np.atleast_1d(part.data)
    ]
    half = any(tree.kind == "fraction" and [bare(t).data for t in tree.args] == [1, 2] for tree in reached)
    half = half or 0.5 in numbers
    return "as the ½ suggests" if half and words.endswith("symmetric") else ""


def _granted(checker, line):
    """What a line that fails takes for granted, in words, though no slip explains it; or an empty text."""
    head, item = checker.head(line.relation), line.relation
    checker.meaning.condition = item.condition
    checker.meaning.allowed = checker.meaning.work + executing.WORK
    words = taken_for_granted(checker, head, item, None)
    edits = _small_edits(checker, line, head, Verdict("fails"), 1) if words and checker.seeks else None
    return words if words and taken_for_granted(checker, head, item, line.edits or edits) else ""


def _takes_symmetry(checker, item):
    """Whether an undeclared letter of a line was taken to be symmetric, as a covariance is, so that others may be."""
    return any("symmetric" in implied(checker.properties.get(name, ())) for name in checker.inferred_in(item))


_UNSUPPORTED = {
    True: "say where it comes from, or write the step between",
    False: "if it is set, say % condition: …; if it says what its left side is, leave that out of what is declared",
}
"""What would settle a line for which there is no evidence, by whether it goes on from the line before."""
