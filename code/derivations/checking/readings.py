"""Readings: what a line may mean where its two sides, as they stand, differ. One table, a row a reading.

A row says when it applies, tries the line under it, and tells the reader what was taken; its cost says how far it is
from what stands on the page. The rows that apply are tried in the order of their cost until one makes the line true, or
the work that a line may take is done. A row that takes a line as set, not as claimed, gives the verdict "condition".

Every function takes a `Case`. The choices inside a formula (is this bar a norm, is this index a row) are not rows: they
are met when it is executed, and `comparing` goes through them.
"""

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from derivations import executing
from derivations.checking import approximating, comparing, vanishing
from derivations.checking.comparing import axes, compare, joined
from derivations.checking.understanding import moved_in, whole_differential, with_differentials_over_products
from derivations.executing import Definition, NotConforming, Scene, Unreadable
from derivations.formulas.properties import sentence
from derivations.reading.latex_tree import Tree, bare, rebuilt

WORK = 40_000  # parts evaluated for the readings of a line


@dataclass(frozen=True)
class Case:
    """A line whose sides differ as they stand."""

    checker: object
    item: object
    head: object
    """What its right side should equal."""
    first: object
    """What was found as it stands."""

    @property
    def parts(self):
        """Every tree in it."""
        return (*executing.parts(self.head), *executing.parts(self.item.right))

    @property
    def derives(self):
        """Whether a derivative stands in it."""
        return any(tree.kind in executing.DERIVATIVES for tree in (*self.parts, *executing.parts(self.item.left)))

    def compare(self, left, right):
        """The verdict on two other sides where they agree, else None."""
        found = compare(self.checker, left, right, self.item)
        return found if found.verdict == "holds" else None

    def rewritten(self, instead):
        """The two sides, `instead` giving another tree for some; None where it gives none."""
        sides = rebuilt(self.head, instead), rebuilt(self.item.right, instead)
        return None if sides[0] is self.head and sides[1] is self.item.right else sides


class Reading(NamedTuple):
    """A row of the table."""

    name: str
    cost: int
    """1 for what is hardly a guess, up to 5."""
    applies: Callable
    """Of a case: whether it may be read so."""
    tries: Callable
    """Of a case: the verdict where the line is true under it, else None."""
    tells: str
    """What the reader is told; empty where the verdict says it."""
    means: Callable | None = None
    """Of a case: the two sides as it reads them, where a line that applies can mean nothing else; else None."""


def _so_written(sides):
    """What tries a line with its sides written otherwise."""
    return lambda case: (pair := sides(case)) and case.compare(*pair)


def _fails(case):
    return case.first.verdict == "fails"


# ── approximations ────────────────────────────────────────────────────────────────────────────────────────────────────


def _is_approximate(case):
    return case.item.sign == "≈" and case.first.verdict == "fails" and not case.first.shapes


# ── what moves ────────────────────────────────────────────────────────────────────────────────────────────────────────


def moved_symbols(checker, *trees):
    """The symbols whose differentials stand in trees."""
    return moved_in(*trees) & set(checker.meaning.symbols)


def _varied_in_turn(case):
    """The symbols that vary alone in a line: one of them is not declared to, or another chain varies others."""
    checker, item = case.checker, case.item
    here = moved_symbols(checker, item.right, *(() if item.continued else (item.left,)))
    others = checker.turns.get(executing.key_of(item.head if item.continued else item.left), ())
    in_turn = any(there and not there & here for there in others)
    if not in_turn and here <= set(checker.varying):
        return ()
    return tuple(name for name in checker.meaning.symbols if name in here)


def _with_moving(case, moving):
    if not moving:
        return None
    case.checker.meaning.moving = moving
    try:
        found = case.compare(case.head, case.item.right)
    finally:
        case.checker.meaning.moving = ()
    return found and replace(found, reading=joined(found.reading, f"{', '.join(moving)} alone varies"))


def _not_held(case):
    return tuple(name for name in case.checker.varying if name not in case.checker.held)


# ── how far a sign reaches ────────────────────────────────────────────────────────────────────────────────────────────


def _over_the_whole(case):
    whole = whole_differential(case.head, case.checker.varying)
    return whole and (whole, case.item.right)


def _over_products(case):
    sides = tuple(with_differentials_over_products(tree, case.item) for tree in (case.head, case.item.right))
    return None if sides[0] is case.head and sides[1] is case.item.right else sides


def _of_shapes_beside_a_number(case):
    return _of_shapes(case) and comparing.shape_at(case.checker, case.item.right) == (1, 1)


def _as_laplacian(case):
    pair = _laplacian(case)
    found = pair and case.compare(*pair)
    return found and replace(found, sides=pair)  # the lines that go on from it are about the same number


def _laplacian(case):
    """∇²u = ∂²u/∂x² + ∂²u/∂y², where ∇² is the sum of the second derivatives and no matrix of them."""
    names = [Tree("name", (), name) for name in case.checker.varying]
    numbers = all(comparing.shape_at(case.checker, name) == (1, 1) for name in names)

    def instead(tree):
        if tree.kind != "gradient" or tree.data != 2:
            return None
        if numbers and len(names) > 1 and len(tree.args) == 1:
            terms = tuple(Tree("derivative", (tree.args[0], name), 2, tree.start, tree.stop) for name in names)
            return Tree("sum", terms, (1,) * len(terms), tree.start, tree.stop)
        inner = Tree("group", (tree,), "(", tree.start, tree.stop)
        return Tree("apply", (Tree("operator", (), "tr"), inner), None, tree.start, tree.stop)

    return case.rewritten(instead)


# ── what an index or a letter stands for ──────────────────────────────────────────────────────────────────────────────


def _apart(case):
    """The pairs of letters that a derivative may mean to differ: ∂²f/∂x_j∂x_k, ∂/∂x_i [x_i x_j]."""
    scene = Scene(case.checker.meaning, case.checker.points[0])
    for tree in case.parts:
        below = {"derivative": tree.args[1:], "operate": tree.args[:1]}.get(tree.kind, ())
        letters = [part.args[-1].data for part in below if part.kind == "subscript" and part.args[-1].kind == "name"]
        if len(letters) == 1 and executing.spelled(of := bare(tree.args[tree.kind == "operate"])) is None:
            letters += [letter for letter in executing.free_indices(of, scene) if letter != letters[0]]
        if len(letters) == 2 and letters[0] != letters[1]:
            yield letters


def _off_the_diagonal(case):
    meaning = case.checker.meaning
    for one, other in _apart(case):
        meaning.condition = (one, "≠", other)
        found = case.compare(case.head, case.item.right)
        meaning.condition = case.item.condition
        if found:
            return replace(found, reading=joined(found.reading, f"for {one} ≠ {other}"))
    return None


def _samples(case):
    """The matrices whose rows a small letter may stand for."""
    checker = case.checker
    names = {executing.spelled(tree) for tree in case.parts if tree.kind == "name"}
    known = names & set(checker.names.values()) & set(checker.meaning.symbols)
    return {name for name in known if axes(checker, name) == 2}


def _is_of_one_sample(case):
    rows = {case.checker.meaning.symbols[name].shape[0] for name in _samples(case)}
    return len(rows) == 1 and not any(tree.kind == "subscript" for tree in case.parts)


def _for_one_sample(case):
    """X stands for any row of X, and y for the entry beside it."""
    checker = case.checker
    (axis,) = {checker.meaning.symbols[name].shape[0] for name in _samples(case)}
    length, index = axis.at(checker.points[0].sizes), Tree("name", (), "the sample")

    def one(tree):
        name = executing.spelled(tree)
        if tree.kind != "name" or name not in (*checker.meaning.symbols, *checker.meaning.definitions):
            return None
        try:
            value = Scene(checker.meaning, checker.points[0]).value(name)
        except (Unreadable, NotConforming):
            return None
        per_sample = isinstance(value, np.ndarray) and value.shape[0] == length
        return Tree("subscript", (tree, index), "", tree.start, tree.stop) if per_sample else None

    return case.rewritten(one)


def _composed(case):
    """Take f(w, x) of an f(u, v), with u and v functions of w and x, as f itself, which all of them make up."""
    definitions = case.checker.meaning.definitions

    def instead(tree):
        pair = tree.args if tree.kind == "product" and len(tree.args) == 2 and tree.args[1].kind == "group" else ()
        definition = definitions.get(executing.spelled(pair[0])) if pair else None
        given = executing.arguments(bare(pair[1])) if definition is not None else ()
        named = given and all(executing.spelled(one) in case.checker.meaning.symbols for one in given)
        return pair[0] if named and len(definition.parameters) not in (0, len(given)) else None

    return case.rewritten(instead)


def _entry_by_entry(case):
    """∂E/∂a = −t_i / a_i: an array on one side, and on the other what its entries are."""
    scene = Scene(case.checker.meaning, case.checker.points[0])
    for array, entries in ((case.head, case.item.right), (case.item.right, case.head)):
        letters = executing.free_indices(entries, scene)
        axes = sum(n > 1 for n in comparing.shape_at(case.checker, array) or ())
        if executing.free_indices(array, scene) or not letters or len(letters) != axes:
            continue
        below = (Tree("name", (), letter) for letter in letters)
        entry = Tree("subscript", (Tree("group", (array,), "("), *below), "", array.start, array.stop)
        return (entry, entries) if array is case.head else (entries, entry)
    return None


def _at_itself(case):
    """∂f/∂x (x), at x, and ∂f/∂x (x; h), along h: what stands in the bracket is where, and no factor."""
    definitions = case.checker.meaning.definitions

    def instead(tree):
        first, second = tree.args if tree.kind == "product" and len(tree.args) == 2 else (None, None)
        if first is None or second.kind != "group":
            return None
        first = first.args[0] if first.kind == "prime" and first.args[0].kind == "derivative" else first  # f′_x (x, y)
        if first.kind not in ("derivative", "gradient") or len(first.args) != 2:
            return None
        given, (function, by) = executing.arguments(bare(second)), map(executing.spelled, first.args)
        names = tuple(map(executing.spelled, given))
        if names == (by,) or (function in definitions and names == definitions[function].parameters):
            return first
        return Tree("direction", (first.args[0], given[1], given[0])) if names[0] == by and len(given) == 2 else None

    return case.rewritten(instead)


def _by_the_number(case):
    """(s I − A)′, where a number s alone varies, or alone moves what is primed; f′(x) is f′ there."""
    checker = case.checker

    def primed(tree):
        known = checker.meaning.known(executing.spelled(tree) or "")
        return tree.kind == "prime" and tree.data == 1 and not known and tree.args[0].kind != "operator"

    def by(tree):
        moving = checker.varying if len(checker.varying) == 1 else _moved_by(checker, tree)
        number = Tree("name", (), moving[0]) if len(moving) == 1 else None
        return number if number is not None and comparing.shape_at(checker, number) == (1, 1) else None

    def instead(tree):
        if tree.kind == "apply" and primed(tree.args[0]) and (number := by(tree.args[0])) is not None:
            same = executing.spelled(bare(tree.args[1])) == executing.spelled(number)
            return rebuilt(tree.args[0], instead) if same else None
        if tree.kind == "product" and any(map(primed, tree.args)):
            return applied(tree)
        if not primed(tree) or (number := by(tree)) is None:
            return None
        return Tree("derivative", (rebuilt(tree.args[0], instead), number), 1)

    def applied(tree):
        """A product in which f′ before a bracket is f′ at what is in it, and no factor."""
        args, signs = [], []
        for place, (sign, factor) in enumerate(zip(("", *tree.data), tree.args, strict=True)):
            before, after = tree.args[place - 1 : place], tree.args[place + 1 : place + 2]
            called = bool(after) and after[0].kind == "group" and tree.data[place] == ""
            if before and primed(before[0]) and factor.kind == "group" and not sign:
                if args[-1].kind == "derivative":  # at the letter that it is by
                    continue
                args.append(factor)
            elif primed(factor) and called:
                number = by(factor)
                here = number is not None and executing.spelled(bare(after[0])) == executing.spelled(number)
                args.append(rebuilt(factor, instead) if here else factor)
            else:
                args.append(rebuilt(factor, instead))
            signs += [sign] * (place > 0)
        if all(one is other for one, other in zip(args, tree.args, strict=False)):
            return tree
        return args[0] if len(args) == 1 else Tree("product", tuple(args), tuple(signs), tree.start, tree.stop)

    return case.rewritten(instead)


def _moved_by(checker, tree):
    reached = executing.reached((tree,), checker.meaning)
    return [name for name in checker.varying if name in reached]


def _of_shapes(case):
    return case.first.shapes and case.derives


def _rows_turned(case):
    """A^T x + x^T A, a column and a row, which are no sum: it is wrong where turning the rows does not mend it either.

    Beside them dv^T/dx is (dv/dx)^T.
    """

    def above(tree):
        inner = bare(tree.args[0]) if tree.kind == "derivative" and tree.data == 1 else tree
        if inner is tree or inner.kind != "transpose":
            return None
        return Tree("transpose", (Tree("derivative", (inner.args[0], *tree.args[1:]), 1, tree.start, tree.stop),))

    def instead(tree):
        shapes = [comparing.shape_at(case.checker, term) for term in tree.args] if tree.kind == "sum" else ()
        if not any(shape and shape[0] == 1 < shape[1] and shape[::-1] in shapes for shape in shapes):
            return None
        columns = (
            Tree("transpose", (Tree("group", (term,), "("),)) if shape and shape[0] == 1 < shape[1] else term
            for term, shape in zip(tree.args, shapes, strict=True)
        )
        return Tree("sum", tuple(columns), tree.data, tree.start, tree.stop)

    right = rebuilt(rebuilt(case.item.right, above), instead)
    return None if right is case.item.right else (case.head, right)


def _products_that_end(case):
    """∏_i a_i exp(b): what does not hold the index stands outside the product."""
    scene = Scene(case.checker.meaning, case.checker.points[0])

    def instead(tree):
        letters = {bounds[0] for bounds in tree.data} if tree.kind == "big product" else ()
        body = tree.args[0] if letters else None
        if body is None or body.kind != "product" or any(body.data):
            return None
        outside = [factor for factor in body.args if not letters & set(executing.free_indices(factor, scene))]
        inside = tuple(factor for factor in body.args if factor not in outside)
        if not outside or not inside:
            return None
        whole = Tree("product", inside, ("",) * (len(inside) - 1)) if inside[1:] else inside[0]
        return Tree("product", (Tree(tree.kind, (whole,), tree.data), *outside), ("",) * len(outside))

    return case.rewritten(instead)


def _defines_a_declared_letter(case):
    """X = A B of an X that was declared by its shape alone, does not vary, and has not been spoken of before."""
    checker, item = case.checker, case.item
    name = executing.spelled(bare(item.left))
    if item.continued or name not in checker.meaning.symbols or name in checker.varying or item.sign not in ("=", ":="):
        return None
    before = [side for line in checker.lines if line.relation for side in (line.relation.left, line.relation.right)]
    if name in executing.reached((item.right, *before), checker.meaning) or checker.properties.get(name):
        return None
    if comparing.shape_at(checker, item.right) != comparing.shape_at(checker, item.left):
        return None
    checker.meaning.definitions[name] = Definition(tree=item.right)
    return replace(_set(case, f"{name}, of which the shape was declared"), verdict="definition")


# ── general laws ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _says_what_a_sign_means(case):
    """A : B = tr(AᵀB): one operation between letters stands on the left, whatever else they were declared to be."""
    left, conforms = bare(case.item.left), case.first.verdict != "unread" and not case.first.shapes
    operands = [bare(operand) for operand in left.args] if left.kind in _OPERATIONS else ()
    return not case.item.continued and not conforms and operands and all(t.kind == "name" for t in operands)


_OPERATIONS = {"colon", "inner", "hadamard", "kronecker"}


def _may_be_a_law(case):
    """Whether a line may be said of generic letters, none of which the text has declared or defined."""
    checker, item = case.checker, case.item
    trees = [*executing.parts(item.left), *executing.parts(item.right)]
    if item.continued or not (case.first.verdict == "unread" or case.first.shapes):
        return False
    if any(t.kind in (*executing.DERIVATIVES, "subscript", "prime", "big sum", "big product") for t in trees):
        return False
    letters = {tree.data for tree in trees if tree.kind == "name"}
    return bool(letters) and all(len(name) == 1 and not _is_meant(checker, name) for name in letters)


def _is_meant(checker, name):
    return name in checker.meaning.symbols or name in checker.meaning.definitions


def _holds_as_a_law(case):
    """Whether it holds for square matrices of its own."""
    checker, item = case.checker, case.item
    letters = {tree.data for tree in case.parts if tree.kind == "name"}
    random = np.random.default_rng(0)
    for n in (3, 4):
        moved = {name: random.standard_normal((n, n)) for name in sorted(letters)}
        scene = Scene(checker.meaning, checker.points[0]).where(moved)
        try:
            pair = comparing.fit(executing.evaluate(item.left, scene), executing.evaluate(item.right, scene))
        except (NotConforming, Unreadable, np.linalg.LinAlgError):
            return None
        error = comparing.relative([pair])
        if error is None or error > comparing.TOLERANCE:
            return None
    why = "a general law, tried with square matrices of its own"
    return replace(case.first, verdict="notation", error="", why=why, shapes=False, points=())


# ── what the prose says ───────────────────────────────────────────────────────────────────────────────────────────────


def _as_said(case):
    """As the prose before it says: if A is symmetric."""
    names = executing.reached((case.head, case.item.right), case.checker.meaning)
    said = {name: kinds for name, kinds in case.checker.said.items() if name in names}
    if not said:
        return None
    with case.checker.supposing(said):
        found = case.compare(case.head, case.item.right)
    told = "; ".join(sentence(kinds).format(name) for name, kinds in said.items())
    return found and replace(found, reading=joined(found.reading, f"{told}, as the text says"))


# ── what is set, and not claimed ──────────────────────────────────────────────────────────────────────────────────────


def _set(case, why):
    return replace(case.first, verdict="condition", error="", why=why, shapes=False, points=())


_SET_IN_PROSE = re.compile(r"\b(set|let|put|tak|choos|substitut|plug|replac)\w*\W*$", re.IGNORECASE)


def _set_in_prose(case):
    """Set Y = X, of a declared letter."""
    said = not case.item.continued and _SET_IN_PROSE.search(words_before(case.item))
    if not said or executing.spelled(bare(case.item.left)) not in case.checker.meaning.symbols:
        return None
    vanishing.constrain(case.checker, case.item)
    return _set(case, "it is set, as the text says")


def _stationary(case):
    """0 = ∇f, where the derivative vanishes somewhere along what varies."""
    derivative = vanishing.derivative_of_zero(case.checker, case.item)
    if derivative is None:
        return None
    case.checker.heads[id(case.item.left)] = derivative  # 0 = ∇f says nothing of f, and ∇f is what follows
    case.checker.vanishing_heads.append(bare(case.head))
    vanishing.vanish(case.checker, derivative, Tree("list", (case.item.head, case.item.left, case.item.right)))
    return _set(case, "where the derivative vanishes")


def _held_differential(case):
    """The names of d y = 0."""
    sides = [bare(case.item.left), bare(case.item.right)]
    if case.item.continued or not vanishing.is_zero(sides[1]) or sides[0].kind != "differential":
        return None
    name = executing.spelled(sides[0].args[0])
    return name if name in case.checker.varying else None


def _hold(case):
    name = _held_differential(case)
    case.checker.held.add(name)
    return _set(case, f"{name} is held")


def is_update(item):
    """Whether a line gives a name its next value: w ← w − α ∇L, and with = where it stands on the right as a term."""
    left = bare(item.left)
    if item.continued or left.kind not in ("name", "subscript", "label"):
        return False
    key, right = executing.key_of(left), bare(item.right)
    if item.sign in ("←", ":="):
        return any(executing.key_of(tree) == key for tree in executing.parts(right))
    terms = zip(right.args, right.data, strict=True) if right.kind == "sum" and len(right.args) > 1 else ()
    return item.sign == "=" and any(sign == 1 and executing.key_of(term) == key for term, sign in terms)


def _may_be_an_update(case):
    """Whether a declared letter, which a claim would not change, stands on both sides."""
    name = executing.spelled(bare(case.item.left))
    return _fails(case) and is_update(case.item) and name in case.checker.meaning.symbols


def _updated(case):
    return _set(case, "an update: it gives a name its next value, and claims nothing")


ZERO_IN_PROSE = re.compile(
    r"\b(set(ting)?|equat\w+|put(ting)?)\b.*\b(zero|0)\b|\bvanish|\bstationar|\boptim|\bminim|\bmaxim|normal equation",
    re.IGNORECASE | re.DOTALL,
)


def words_before(item):
    """The prose that stands before a line or beside it."""
    return " ".join(filter(None, (item.before, getattr(item, "remark", ""))))


def _may_be_tacit(case):
    """Whether a line may say where a derivative vanishes that an earlier line has found."""
    claims = not case.item.continued and not case.derives and case.item.sign in ("=", "≡")
    return claims and case.first.verdict == "fails" and bool(case.checker.stationary)


def _tacitly_stationary(case):
    """A^T A x = A^T b after ∇f = 2 A^T (A x − b): it holds where the derivative vanishes."""
    checker = case.checker
    varies = executing.reached((case.head, case.item.right), checker.meaning)
    if not set(varies) & set(checker.varying):
        return None
    last, every, moving = checker.stationary[-1:], checker.stationary, _of_motion(checker)
    for derivatives in (last, *([every] if len(every) > 1 else ()), *([moving] if moving else ())):
        found = vanishing.where_all_vanish(checker, case, derivatives)
        if found:
            for derivative in derivatives:
                vanishing.vanish(checker, derivative)
            told = ZERO_IN_PROSE.search(words_before(case.item))
            why = "it holds where the derivative vanishes" + ("" if told else ", which is taken to be meant")
            return replace(found, verdict="condition", why=why, error="")
    return None


def _of_motion(checker):
    """What the equations of motion set to 0, d/dt ∂L/∂q̇ − ∂L/∂q, for each ∂L/∂q̇ found, where d/dt q̇ is q̈."""
    known = checker.meaning.known
    found = {executing.spelled(t.args[1]): t for t in checker.stationary if t.kind == "derivative" and t.data == 1}
    found = {dot.removesuffix("dot"): t for dot, t in found.items() if dot and dot.endswith("dot")}
    found = {name: t for name, t in found.items() if known(name) and known(f"{name}ddot")}
    steps = [pair for name in found for pair in ((name, f"{name}dot"), (f"{name}dot", f"{name}ddot"))]
    residuals = []
    for name, derivative in found.items():
        along = [
            Tree(
                "product", (Tree("derivative", (derivative, Tree("name", (), one)), 1), Tree("name", (), other)), ("",)
            )
            for one, other in steps
        ]
        slope = Tree("derivative", (derivative.args[0], Tree("name", (), name)), 1)
        residuals.append(Tree("sum", (*along, slope), (*(1,) * len(along), -1)))
    return residuals


def _may_be_a_tacit_constraint(case):
    """Whether a line says that something of what varies is a number, in a text that has set something before."""
    item, checker = case.item, case.checker
    sides = [bare(item.left), bare(item.right)]
    numbers = [side for side in sides if side.kind == "number"]
    if not _is_conditional(case) or item.continued or case.first.shapes or len(numbers) != 1:
        return False
    return bool(set(executing.reached(sides, checker.meaning)) & set(checker.varying))


def _is_of_motion(case):
    """Whether a line says of a second dot what it is, m q̈ = −k q, in a text that has neither set nor found another."""
    checker, item = case.checker, case.item
    names = executing.reached((item.left, item.right), checker.meaning)
    dotted = any(name.endswith("ddot") and name in checker.inferred for name in names)
    return dotted and case.first.verdict == "fails" and not (
        case.first.shapes or item.continued or case.derives or checker.vanishing or checker.stationary
    )  # fmt: skip


def _set_in_motion(case):
    vanishing.constrain(case.checker, case.item)
    return _set(case, "an equation of motion")


def _tacitly_constrained(case):
    vanishing.constrain(case.checker, case.item)
    return _set(case, "a constraint, which is taken to be meant")


def _where_it_is_so(case):
    checker = case.checker
    for residuals in dict.fromkeys((tuple(checker.vanishing), tuple(checker.vanishing[-1:]))):
        if found := vanishing.where_all_vanish(checker, case, residuals):
            return replace(found, reading=joined(found.reading, vanishing.words_of(checker, residuals)))
    return None


def _as_was_set(case):
    """What was set to 0 before, with the same or the other sign: ∂L/∂b = −Σ αᵢ yᵢ = 0, so that Σ αᵢ yᵢ = 0."""
    difference = Tree("sum", (case.head, case.item.right), (1, -1))
    for derivative in case.checker.vanishing:
        for sign in (1, -1):
            if found := case.compare(difference, Tree("sum", (derivative,), (sign,))):
                return found
    return None


def _where_all_is_so(case):
    """Where all derivatives vanish of a function of which the text has set one to 0: then wᵀw = 1."""
    checker = case.checker
    bodies = {executing.key_of(body): body for body in map(_body, checker.vanishing_heads) if body is not None}
    by_all = [
        Tree("gradient", (body, Tree("name", (), name)), 1) for body in bodies.values() for name in checker.varying
    ]
    if len(checker.varying) < 2 or not by_all:
        return None
    return vanishing.where_all_vanish(checker, case, by_all)


def _body(derivative):
    """What a derivative is taken of."""
    kinds = {"gradient": 0, "derivative": 0, "operate": 1}
    return derivative.args[kinds[derivative.kind]] if derivative.kind in kinds else None


def _may_need_what_was_set(case):
    """Also β ∇α = α ∇β, with derivatives on both sides, and dE/dt; another derivative is what it is everywhere."""
    right = executing.parts(case.item.right)
    set_so = executing.reached(case.checker.vanishing, case.checker.meaning)
    moves = any(name.endswith("ddot") and name in case.checker.inferred for name in set_so)
    return (
        _is_conditional(case)
        or (moves and case.first.verdict == "fails")
        or (
            case.first.verdict == "fails"
            and bool(case.checker.vanishing)
            and not case.item.continued
            and any(tree.kind in executing.DERIVATIVES for tree in right)
        )
    )


def _is_conditional(case):
    return case.first.verdict == "fails" and bool(case.checker.vanishing) and not case.derives


# ── the table ─────────────────────────────────────────────────────────────────────────────────────────────────────────

READINGS = (
    Reading("digits", 1, _is_approximate, approximating.to_the_digits, "to the digits that are written"),
    Reading("remainder", 1, _is_approximate, approximating.by_the_remainder, ""),
    Reading("held", 1, lambda case: _fails(case) and _held_differential(case), _hold, ""),
    Reading("stationarity", 1, _fails, _stationary, ""),
    Reading("set in prose", 1, _fails, _set_in_prose, ""),
    Reading("update", 1, _may_be_an_update, _updated, ""),
    Reading("said in prose", 1, lambda case: _fails(case) and bool(case.checker.said), _as_said, ""),
    Reading("in turn", 2, _fails, lambda case: _with_moving(case, _varied_in_turn(case)), ""),
    Reading(
        "held before", 2, lambda case: _fails(case) and case.checker.held, lambda c: _with_moving(c, _not_held(c)), ""
    ),
    Reading("d over the side", 2, _fails, _so_written(_over_the_whole), "d of all that is multiplied"),
    Reading(
        "d over products", 2, lambda case: case.derives, _so_written(_over_products), "the d reaches over the product"
    ),
    Reading(
        "Laplacian",
        2,
        _of_shapes_beside_a_number,
        _as_laplacian,
        "∇² is the sum of the second derivatives",
        _laplacian,
    ),
    Reading("off the diagonal", 2, _fails, _off_the_diagonal, ""),
    Reading("composed", 2, _fails, _so_written(_composed), "a function of what its arguments are functions of"),
    Reading("as was set", 2, _is_conditional, _as_was_set, "what was set to 0"),
    Reading(
        "primes", 2, _fails, _so_written(_by_the_number), "a prime is the derivative by what varies", _by_the_number
    ),
    Reading("at itself", 2, lambda case: case.derives, _so_written(_at_itself), "", _at_itself),
    Reading("entries", 2, _fails, _so_written(_entry_by_entry), "one side is the entry of the other", _entry_by_entry),
    Reading("where it is so", 3, _may_need_what_was_set, _where_it_is_so, ""),
    Reading("one sample", 3, _is_of_one_sample, _so_written(_for_one_sample), "for one sample"),
    Reading("products", 3, _fails, _so_written(_products_that_end), "a ∏ ends before what does not hold its index"),
    Reading("rows", 3, _of_shapes, lambda case: None, "terms that are rows are turned", _rows_turned),
    Reading("where all is so", 4, _is_conditional, _where_all_is_so, "where the derivatives by all that varies vanish"),
    Reading("tacit stationarity", 4, _may_be_tacit, _tacitly_stationary, ""),
    Reading("sign", 5, _says_what_a_sign_means, _holds_as_a_law, ""),
    Reading("motion", 5, _is_of_motion, _set_in_motion, ""),
    Reading("tacit constraint", 5, _may_be_a_tacit_constraint, _tacitly_constrained, ""),
    Reading("declared letter", 5, _fails, _defines_a_declared_letter, ""),
    Reading("law", 5, _may_be_a_law, _holds_as_a_law, ""),
)
"""Every reading, the likeliest first."""


def read(checker, item, head, first, most=5):
    """The verdict under the likeliest reading that makes a line true, else None.

    Parameters
    ----------
    checker : Checker
        Declarations, points, and what the text has set so far.
    item : Relation
        The line.
    head : Tree
        What its right side should equal.
    first : Verdict
        What was found as it stands.
    most : int
        The cost up to which readings are tried.

    Returns
    -------
    Verdict or None
        Also one that fails, with the sides that differ, where the line can mean nothing else.
    """
    case, start = Case(checker, item, head, first), checker.meaning.work
    for cost, rows in itertools.groupby(READINGS, key=lambda row: row.cost):
        for row in rows if cost <= most else ():
            if checker.meaning.work - start > WORK:
                return None
            if row.applies(case) and (found := row.tries(case)) is not None:
                return replace(found, reading=joined(found.reading, row.tells), held=True)
    for row in READINGS:
        if row.means is not None and row.applies(case) and (sides := row.means(case)) is not None:
            found = compare(checker, *sides, item)
            if found.verdict == "fails":
                return replace(found, reading=joined(found.reading, row.tells), sides=sides)
    return None
