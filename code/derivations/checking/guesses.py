"""What was guessed in a line: rows that find what may have been meant otherwise, and say what would settle it."""

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from derivations import executing
from derivations.checking.comparing import FAILURES, shape_at, value_at
from derivations.checking.defining import without_arguments
from derivations.checking.searching import READINGS
from derivations.checking.vanishing import is_zero
from derivations.executing import NotConforming, Scene
from derivations.reading.latex_tree import Tree, bare
from derivations.writing.latex_printing import to_latex

PLAIN = {
    "name", "number", "group", "sum", "product", "hadamard", "transpose", "inverse", "inverse transpose", "fraction",
    "power", "identity", "one", "colon", "norm", "bars", "label", "apply", "operator", "matrix", "list", "prime",
    "subscript", "big sum", "delta",
}  # fmt: skip
"""Kinds of trees whose shape nothing but the declared letters decides."""
OPEN = {"big sum", "subscript", "list", "prime", "delta", "label", "matrix"}
"""Those among them of which it is open how far they reach, or what they are an entry of."""


@dataclass(frozen=True)
class Difference:
    """A line whose sides differ."""

    checker: object
    line: object
    head: object
    found: object
    """What the comparison found."""

    @property
    def item(self):
        """Its relation."""
        return self.line.relation

    @cached_property
    def written(self):
        """Every tree that stands in it."""
        return [*executing.parts(self.head), *executing.parts(self.item.right)]

    @cached_property
    def reached(self):
        """Every tree that stands in it or in what its names were defined to be on the page."""
        found, seen, stack = [], set(), [self.head, self.item.right]
        while stack:
            for tree in executing.parts(stack.pop()):
                found.append(tree)
                name = executing.spelled(tree)
                definition = self.checker.meaning.definitions.get(name) if name not in seen else None
                seen.add(name)
                if definition is not None and definition.tree is not None:
                    stack.append(definition.tree)
        return found

    @cached_property
    def broken(self):
        """The lowest part of it whose operands do not conform under any reading; None where there is none."""
        return _nonconforming(self.checker, self.head) or _nonconforming(self.checker, self.item.right)


def is_derivative(tree):
    """Whether a tree is a derivative, a gradient or a differential."""
    return tree.kind in executing.DERIVATIVES


class Guess(NamedTuple):
    """A row: what may have been meant otherwise."""

    name: str
    finds: Callable
    """Of a difference: what was guessed and what would settle it, in words; empty where nothing was."""
    edits: Callable = lambda case: 1
    """Of a difference: how many edits, beside a sign and a factor, are evidence all the same; below 0 for none."""


# ── letters ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _inferred(case):
    checker = case.checker
    declared = {name: "×".join(map(str, checker.declared[name])) or "scalar" for name in checker.inferred_in(case.item)}
    given = ", ".join(f"{name}: {shape}" for name, shape in declared.items())
    return given and f"taken for {given}, which nobody declared: declare them to settle it"


def _unsaid(case):
    functions = case.checker.functions
    reached = executing.reached((case.head, case.item.right), case.checker.meaning)
    names = [name for name in reached if name in functions and functions[name].tree.kind == "any function"]
    return names and f"{names[0]} is defined nowhere, and any function was taken: say what it is, or with where="


def _constants(case):
    powers = {id(tree.args[0]) for tree in case.reached if tree.kind == "power"}
    for scripted in case.reached:
        if scripted.kind in ("subscript", "delta", "indicator"):
            powers |= {id(part) for part in executing.parts(scripted)}
    for tree in case.reached:
        name = tree.data if tree.kind == "name" and not case.checker.meaning.known(tree.data) else None
        if name in ("e", "i") and id(tree) not in powers and name not in _bound(case):
            return f"{name} was read as {'2.718…' if name == 'e' else 'the imaginary unit'}: declare it if it is a name"
        if name == "sigma" or (tree.kind == "operator" and tree.data == "sigma"):
            return "σ was read as the logistic function: declare it if it is a name"
    return ""


def _bound(case):
    """The letters that some Σ binds, and the free indices."""
    bound = {bounds[0] for tree in case.reached if tree.kind in executing.BIG for bounds in tree.data}
    scene = Scene(case.checker.meaning, case.checker.points[0])
    return bound | {x for side in (case.head, case.item.right) for x in executing.free_indices(side, scene)}


def _entries(case):
    """Entries x_{t+1} that may be names, and A_i, which may be a row, a column or one of a family."""
    meaning = case.checker.meaning
    for tree in case.reached:
        if tree.kind != "subscript" or meaning.known(tree.data or ""):
            continue
        base = executing.spelled(tree.args[0])
        if not meaning.known(base or ""):
            continue
        symbol = meaning.symbols.get(base)
        shown = f"{base}_{{…}}"
        if any(bare(index).kind in ("sum", "product") for index in tree.args[1:]):
            return f"{shown} was read as an entry: if each is a name of its own, declare the names"
        if symbol is not None and symbol.data[1] == 2 and len(tree.args) == 2 and symbol.shape[0] == symbol.shape[1]:
            return (
                f"{base} with one index was read as a row or a column of {base}: write {base}_{{i:}} or {base}_{{:i}}"
            )
        if tree.args[0].kind == "power" or tree.args[0].kind == "label":
            return f"{shown} was read as an entry: if it is a name of its own, declare it"
    return ""


def _numbers_with_an_index(case):
    """An index on what is declared as a number, or on what was defined as one: z_i beside z."""
    scene = Scene(case.checker.meaning, case.checker.points[0])
    for tree in case.written:
        base = executing.spelled(tree.args[0]) if tree.kind == "subscript" else None
        if base is None or not scene.meaning.known(base) or scene.meaning.known(executing.spelled(tree) or ""):
            continue
        if shape_at(case.checker, Tree("name", (), base)) == (1, 1):
            return (
                f"{base} is a number, and has an index here: declare {base} with a size, or the name that it is part of"
            )
    return ""


def _repeated_letters(case):
    """A word of one letter twice before a bracket: LL(θ)."""
    for tree in case.written:
        letters = [executing.spelled(part) for part in tree.args] if tree.kind == "product" else []
        for i in range(len(letters) - 2):
            if letters[i] is not None and letters[i] == letters[i + 1] and tree.args[i + 2].kind == "group":
                return (
                    f"{letters[i] * 2}(…) was read as a product: if it is one name, write \\mathrm{{{letters[i] * 2}}}"
                )
    return ""


def _indices_on_one_side(case):
    scene = Scene(case.checker.meaning, case.checker.points[0])
    left, right = (set(executing.free_indices(side, scene)) for side in (case.head, case.item.right))
    zero = case.item.condition or any(bare(side).kind == "number" for side in (case.head, case.item.right))
    for letter in sorted(left ^ right):
        if not zero and letter not in case.checker.meaning.sizes:
            return f"the index {letter} stands on one side only: write its Σ, or declare the name that it is part of"
    return ""


def _raised_by_an_index(case):
    """A power by a letter that runs, C^u beside x_u: C^u may be one of a family, unless C^2 stands there as well."""
    bound, powers = _bound(case), [tree for tree in case.written if tree.kind == "power"]
    raised = {executing.spelled(tree.args[0]) for tree in powers if bare(tree.args[1]).kind == "number"}
    for tree in powers:
        letter, name = bare(tree.args[1]), executing.spelled(tree.args[0]) or "a letter"
        if letter.kind == "name" and letter.data in bound and name not in raised:
            return f"{name}^{letter.data} was read as a power: if it is one {name} for each {letter.data}, declare it"
    return ""


def _shapes_by_entries(case):
    if not case.found.shapes or case.found.conforms:
        return ""
    summed = {bounds[0] for tree in case.written if tree.kind in executing.BIG for bounds in tree.data}
    for tree in case.written:
        letters = set(executing.letters_in(tree.args[1:])) if tree.kind == "subscript" else set()
        if letters - summed and not case.checker.meaning.known(tree.data or ""):
            base = executing.spelled(tree.args[0]) or "a letter"
            return f"{base} with an index was read as an entry of it: if it is a name of its own, declare it"
    return ""


def _zero_index(case):
    for tree in case.written:
        zero = tree.kind == "subscript" and any(t.kind == "number" and t.data == 0 for t in tree.args[1:])
        if zero and not case.checker.meaning.known(tree.data or ""):
            return "an index 0: entries are counted from 1 here, so shift it, or declare the name that it is part of"
    return ""


def _by_a_transpose(case):
    for tree in case.written:
        below = tree.args[1:] if tree.kind in ("derivative", "gradient") else tree.args[:1] * (tree.kind == "operate")
        if len(below) < 2 and any(bare(part).kind in ("transpose", "prime") for part in below):  # ∂²/∂β∂β′ has one
            return "a derivative by a transpose has no one layout: take it by the letter itself"
    return ""


def _function_that_is_no_number(case):
    """The gradient of something that came out as an array, beside an array in the shape of the variable."""
    head = bare(case.head)
    if not case.found.shapes or head.kind not in ("gradient", "derivative", "operate"):
        return ""
    function = bare(head.args[head.kind == "operate"])
    if function.kind == "product" and function.args[1:] and function.args[1].kind == "group":
        function = function.args[0]  # J(w)
    below = {"gradient": head.args[1:], "derivative": head.args[1:2], "operate": head.args[:1]}[head.kind]
    variable = below[0] if below else Tree("name", (), "".join(case.checker.varying[:1]))
    shapes = [shape_at(case.checker, tree) for tree in (function, case.item.right, variable)]
    if None in shapes or shapes[0] == (1, 1) or shapes[1] != shapes[2] or executing.spelled(function) is None:
        return ""
    return f"{executing.spelled(function)} was read as an array, and not as a number: see how its definition was read"


def _starred(case):
    told = "a star was read as a transpose: declare the name, as in Astar, if it is one"
    return told if _STAR.search(case.item.source) else ""


_STAR = re.compile(r"\^\s*\{?\s*(\*|\\ast|\\star)")


def _turned(case):
    for tree in case.reached:
        if tree.kind != "prime" or case.checker.meaning.known(executing.spelled(tree) or ""):
            continue
        if executing.elementwise_word(
            executing.spelled(tree.args[0]), Scene(case.checker.meaning, case.checker.points[0])
        ):
            continue  # the slope of the function that it was defined with
        if shape_at(case.checker, tree.args[0]) not in (None, (1, 1)):
            return "a prime was read as a transpose: declare xp, say, if x′ is a name of its own"
    return ""


def _differential_beside_none(case):
    """A dP beside something without any d, or a dW of a W that moves freely: gradients are written so, too."""
    head = bare(case.head)
    if head.kind == "differential" and executing.spelled(head.args[0]) in case.checker.varying:
        name = executing.spelled(head.args[0])
        return f"d{name} was read as any change of {name}: write ∂L/∂{name} where the gradient by {name} is meant"
    moving = any(tree.kind in executing.DERIVATIVES for tree in executing.parts(case.item.right))
    if head.kind != "differential" or moving or bare(case.item.right).kind == "number":
        return ""
    name = executing.spelled(head.args[0]) or "it"
    return f"the d on its left was read as that of a differential: write ∂L/∂{name} if the gradient by {name} is meant"


def _pairs(case):
    """Two arrays in round brackets beside a number: (x, y) may be the inner product."""
    symbols, arguments = case.checker.meaning.symbols, set()
    for tree in case.written:
        for before, group in itertools.pairwise(tree.args) if tree.kind in ("product", "apply") else ():
            if executing.spelled(before) is not None and executing.spelled(before) not in symbols:
                arguments.add(id(bare(group)))  # Loss(y, s)
    for tree in case.written if case.found.shapes else ():
        inner = bare(tree) if tree.kind == "group" else tree
        if inner.kind == "list" and len(inner.args) == 2 and id(inner) not in arguments:
            shapes = [shape_at(case.checker, part) for part in inner.args]
            if shapes[0] == shapes[1] and shapes[0] not in (None, (1, 1)):
                one, other = (to_latex(part, case.checker.names) for part in inner.args)
                inner_product = f"{one}^T {other} or \\langle {one}, {other}\\rangle"
                return f"({one}, {other}) was read as two things: write {inner_product} for the inner product"
    return ""


def _sets(case):
    """A sum over places that a set holds, which nobody said."""
    for tree in case.reached:
        if tree.kind == "indicator" and tree.data == "∈":
            return f"which places {tree.args[1].data} holds is not said, and some were taken: write the bounds of the Σ"
    return ""


# ── sums, functions, brackets ─────────────────────────────────────────────────────────────────────────────────────────


def _summed(case):
    once = case.checker.is_summed and len(case.checker.summed) == 1  # a text that does it twice has the convention
    return "repeated indices are summed: write the Σ" if once else ""


def _sums_without_an_index(case):
    for tree in case.written:
        if tree.kind == "big sum" and not any(_mentions(tree.args[0], bounds[0]) for bounds in tree.data):
            return "a Σ was read as the sum of all entries of what stands behind it: give what it sums an index"
    return ""


def _mentions(tree, letter):
    return any(part.kind == "name" and part.data == letter for part in executing.parts(tree))


def _powers(case):
    """(y − X w)² beside a number, where the square was taken of each entry."""
    checker = case.checker
    for tree in case.written if case.found.shapes else ():
        if tree.kind != "power" or bare(tree.args[1]).kind != "number":
            continue
        rows, columns = shape_at(checker, tree.args[0]) or (1, 1)
        if columns == 1 < rows:
            return "a power of a vector was read as that of each entry: write ‖·‖² for the sum of squares"
    return ""


def _defined_under_a_guess(case):
    meaning = case.checker.meaning
    for name in executing.reached((case.head, case.item.right), meaning):
        definition = meaning.definitions.get(name)
        if definition is not None and definition.assignment:
            return f"{name} was defined under a guess: write its definition so that it can be read in one way"
    return ""


# ── what stands around it ─────────────────────────────────────────────────────────────────────────────────────────────


def _unread_before(case):
    """An unread row that may say what the names of the line are, or set what an equation without derivatives needs."""
    names = set(executing.reached((case.head, case.item.right), case.checker.meaning))
    derives = any(tree.kind in executing.DERIVATIVES for tree in case.written)
    before = case.checker.lines[-1:] if case.item.continued else []
    for line in case.checker.unread:
        if (line.row, line.latex) == (case.line.row, case.line.latex) or not _RELATED.search(line.latex):
            continue  # itself, judged anew, or an expression, which says nothing
        sets = line.relation is not None and is_zero(line.relation.right) and not case.item.continued
        if (
            line in before
            or sets
            or not derives
            or any(f"{name} =" in line.latex or f"{name}=" in line.latex for name in names)
        ):
            return f"row {line.row + 1} was not read, and may say what it needs"
    return ""


def _rests_on_an_unclear_line(case):
    """A line before that says what a name of this one is and is unclear, so that it may define the name anew."""
    names = set(executing.reached((case.head, case.item.right), case.checker.meaning))
    written = {executing.key_of(tree) for tree in (*executing.parts(case.item.left), *case.written)}
    for line in case.checker.lines:
        open_still = line.verdict == "unclear" and line.relation is not None and not line.relation.continued
        if not open_still or line is case.line:
            continue
        left = line.relation.left
        if executing.spelled(without_arguments(left)) in names or executing.key_of(bare(left)) in written - {
            executing.key_of(case.head)
        }:
            return f"row {line.row + 1} is unclear, and this rests on it"
    return ""


_RELATED = re.compile(
    r"[=<>≈≤≥∝]|\\(?:n?[lg]eq?|approx|equiv|propto|to|sim|[a-zA-Z]*arrow|implies|iff|in|where)(?![a-zA-Z])"
)
"""A sign by which a row says something."""


def _conditions_not_met(case):
    return "no point was found at which the conditions before it are so" if case.checker.unmet else ""


def _letters_as_rows(case):
    """A letter u that was declared as a vector and stands before what has its length, u A, in other lines as well."""
    others = [line.relation for line in case.checker.lines if line.relation is not None and line is not case.line]
    before = _before_their_length(case, *(side for item in others for side in (item.left, item.right)))
    for name in _before_their_length(case, case.item.right) if case.found.shapes else ():
        if name in before:
            return f"{name} stands as a row here, and was declared as a column: declare it as 1×n, or write {name}^T"
    return ""


def _before_their_length(case, *trees):
    """The vectors that stand before what has as many rows as they have."""
    found, symbols = set(), case.checker.meaning.symbols
    products = [part for tree in trees for part in executing.parts(tree) if part.kind == "product"]
    for pair in itertools.chain.from_iterable(itertools.pairwise(product.args) for product in products):
        if (name := executing.spelled(pair[0])) in symbols:
            shapes = [shape_at(case.checker, part) for part in pair]
            if None not in shapes and shapes[0][1] == 1 < shapes[0][0] == shapes[1][0]:
                found.add(name)
    return found


def _factors_of_a_chain(case):
    """Shapes that do not conform where more than letters, products, sums and transposes were read."""
    if not case.found.shapes or case.found.conforms:
        return ""
    plain = case.broken is None or all(_is_plain(case, tree) for tree in executing.parts(case.broken))
    return "" if plain else "how its factors follow one another is left to the reader: write it with d or with indices"


def _is_plain(case, tree):
    meaning, name = case.checker.meaning, executing.spelled(tree)
    if name is not None and meaning.known(name):
        return True
    moving = tree.kind == "differential" and meaning.known(executing.spelled(tree.args[0]) or "")
    return moving or tree.kind in PLAIN


def _nonconforming(checker, tree):
    """The lowest part of a tree that has no value under any reading, its operands not conforming; else None."""
    first = None
    for reading, seen in executing.readings(READINGS, ("row or column", "call")):
        broken = _broken_in(tree, Scene(checker.meaning, checker.points[0], assignment=reading, seen=seen))
        if broken is None:
            return None
        first = first or broken
    return first


def _broken_in(tree, scene):
    for inner in tree.args if tree.kind not in executing.DERIVATIVES else ():
        if (found := _broken_in(inner, scene)) is not None:
            return found
    try:
        executing.evaluate(tree, scene)
    except NotConforming:
        return tree
    except FAILURES:
        return None
    return None


def _called(case):
    """A name before a bracket that holds an entry or another call: h(x_i), g(h(x))."""
    meaning = case.checker.meaning
    for tree in case.reached:
        for function, group in itertools.pairwise(tree.args) if tree.kind == "product" else ():
            name, inner = executing.spelled(function), bare(group)
            applied = inner.kind == "product" and len(inner.args) == 2 and inner.args[1].kind == "group"
            alone = applied or (inner.kind == "subscript" and bool(executing.letters_in(inner.args[1:])))
            primed = any(part.kind == "prime" for part in executing.parts(function))
            if primed and group.kind == "group" and group.data == "(" and inner.kind == "list":
                shown = to_latex(inner, case.checker.names)
                return f"a name before ({shown}) was read as a factor: leave out the bracket if it holds arguments"
            definition = meaning.definitions.get(name) if group.kind == "group" else None
            if definition is not None and len(definition.parameters) not in (0, len(executing.arguments(inner))):
                told = ", ".join(definition.parameters)
                return f"{name} was defined as {name}({told}), and is applied otherwise here: give it a name of its own"
            if group.kind == "group" and alone and name is not None and name not in meaning.symbols:
                return f"{name}(…) may be a function or a product: define it, {name}(x) = …, or leave out the bracket"
    return ""


def _unpaired(case):
    """A bracket that was never closed, or closes nothing: it may have been meant elsewhere."""
    return "its brackets do not pair: put them where they are meant" if "bracket '" in case.item.taken else ""


def _single_entries(case):
    words = "E with two indices was read as the matrix with a 1 there alone: declare E, or write e_i e_j^T"
    return words if "has a 1 there alone" in case.item.taken else ""


def _either_sign(case):
    either = any(tree.kind == "either sign" for tree in case.reached)
    return "± was read as one sign, the same in the whole text: write a line for each" if either else ""


def _nothing_moves(case):
    """A derivative of a declared letter of which nothing says how it depends on what stands below."""
    meaning = case.checker.meaning
    for tree in executing.parts(case.head):
        name = executing.spelled(bare(tree.args[0])) if tree.kind == "derivative" else None
        if name in meaning.symbols and name not in meaning.definitions:
            below = [word for part in tree.args[1:] for word in executing.reached((part,), meaning)]
            if below and name not in below:
                return f"nothing says how {name} depends on {below[0]}: say what {name} is, in a line or with where="
    return ""


def _at_a_point(case):
    """A derivative that an earlier line gives, beside a number: its value somewhere."""
    head = executing.key_of(bare(case.head))
    if is_derivative(bare(case.head)) and _has_no_letters(case.item.right) and not _is_constant(case, case.head):
        for line in case.checker.lines:
            before = line.relation
            if line.verdict == "holds" and before and executing.key_of(bare(case.checker.head(before))) == head:
                return "the derivative was given above: if this is its value at a point, say % condition: x = …"
    return ""


def _is_constant(case, tree):
    """Whether a tree has one value at all points of the same sizes."""
    values = {}
    for point in case.checker.points:
        value = value_at(case.checker, tree, point)
        if value is not None:
            values.setdefault(tuple(point.sizes.items()), []).append(value)
    pairs = [pair for same in values.values() for pair in itertools.pairwise(same)]
    return all(np.array_equal(one, other) for one, other in pairs if isinstance(one, np.ndarray))


def _has_no_letters(tree):
    return not any(part.kind in ("name", "operator", *executing.BIG) for part in executing.parts(tree))


def _identity_of_numbers(case):
    """The I of I = ½ m L² or 1/I, read as the identity where all else is numbers."""
    identity = any(tree.kind == "identity" for tree in case.written)
    names = [tree for tree in case.written if case.checker.meaning.known(executing.spelled(tree) or "")]
    numbers = bool(names) and all(shape_at(case.checker, tree) == (1, 1) for tree in names)
    return "I was read as the identity: declare it if it is a name" if identity and numbers else ""


def _entry_by_entry(case):
    """A root of a square matrix, where it was taken of each entry: √A √A = A is about the matrix."""
    for tree in case.written:
        if tree.kind == "root":
            rows, columns = shape_at(case.checker, tree.args[0]) or (1, 1)
            if rows == columns > 1:
                return "a root of a matrix was taken of each entry: give the root of the matrix a name of its own"
    return ""


GUESSES = (
    Guess("inferred", _inferred, edits=lambda case: 0 if case.checker.partly else 1),
    Guess("functions", _unsaid),
    Guess("constants", _constants),
    Guess("entries", _entries),
    Guess("numbers with an index", _numbers_with_an_index),
    Guess("words of one letter", _repeated_letters),
    Guess("one side", _indices_on_one_side),
    Guess("raised by an index", _raised_by_an_index),
    Guess("entries that do not conform", _shapes_by_entries),
    Guess("index 0", _zero_index),
    Guess("transposes below", _by_a_transpose),
    Guess("arrays", _function_that_is_no_number),
    Guess("stars", _starred),
    Guess("gradients written with d", _differential_beside_none),
    Guess("primes", _turned, edits=lambda case: 0),
    Guess("summation", _summed, edits=lambda case: 0),
    Guess("sums", _sums_without_an_index),
    Guess("powers", _powers),
    Guess("brackets", _called),
    Guess("unpaired brackets", _unpaired, edits=lambda case: -1 if case.found.shapes else 1),
    Guess("either sign", _either_sign),
    Guess("single entries", _single_entries),
    Guess("pairs", _pairs),
    Guess("entry by entry", _entry_by_entry),
    Guess("constants above", _nothing_moves),
    Guess("values", _at_a_point),
    Guess("identity", _identity_of_numbers),
    Guess("sets", _sets, edits=lambda case: 0),
    Guess("definitions", _defined_under_a_guess),
    Guess("unread rows", _unread_before),
    Guess("unclear rows", _rests_on_an_unclear_line),
    Guess("conditions", _conditions_not_met),
    Guess("rows", _letters_as_rows),
    Guess("chains", _factors_of_a_chain),
)
"""Every kind of guess."""


def _is_settled(case, row, words):
    """Whether a line before it holds in which the same was guessed; what nobody declared is never settled so."""
    if row.name in ("inferred", "functions", "unread rows", "unclear rows"):
        return False
    for line in case.checker.lines:
        if line.verdict == "holds" and line.relation is not None and line is not case.line:
            other = Difference(case.checker, line, case.checker.head(line.relation), case.found)
            if row.finds(other) == words:
                return True
    return False


def guessed(case):
    """What was guessed in a line whose sides differ, with what would settle it, and how many edits are evidence.

    Parameters
    ----------
    case : Difference

    Returns
    -------
    words : str
        Empty where nothing was guessed.
    edits : int
        How many edits that make the line true are evidence all the same, beside a sign and a factor.
    """
    found = [(row, words) for row in GUESSES if (words := row.finds(case)) and not _is_settled(case, row, words)]
    return "; ".join(words for _, words in found[:1]), min((row.edits(case) for row, _ in found), default=1)
