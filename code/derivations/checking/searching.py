"""The search for the smallest edits that make a line true.

The edits of `edits` are tried on numbers, those that cost least first: one edit, then two, then three. A sign and a
constant factor come free with each, since a candidate is compared with the left side up to a constant. What does not
change is evaluated once.
"""

import itertools
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from derivations import executing
from derivations.checking import comparing
from derivations.checking.comparing import FAILURES
from derivations.checking.edits import (
    FACTOR,
    SIGN,
    SUM,
    Sight,
    edits,
    rarer_edits,
    renamings,
    swapped_letters,
    value_edits,
)
from derivations.checking.rewriting import ALONE, bracketed, places, replaced, signed, summed_over, tidied
from derivations.checking.spelling import read_right
from derivations.executing import NotConforming, Scene
from derivations.formulas.expression import ordered
from derivations.formulas.table import FUNCTIONS
from derivations.reading.latex_tree import Tree, bare, number, rebuilt
from derivations.writing.latex_printing import to_latex
from derivations.writing.printing import latex

WORK = 80_000  # parts evaluated for a line: about half a second
COST, EDITS = 4, 3  # what the edits of a mend cost together, and how many they are
BENCHES, READINGS = 3, 12


class _Bench:
    """A point, with values of the free indices, at which candidates are evaluated; what does not change is kept."""

    def __init__(self, scene, target):
        self.scene, self.target = scene, target
        self.values, self.passing, self.work = {}, {}, 0
        place = np.unravel_index(np.argmax(np.abs(target)), target.shape)
        self.place, self.largest = place, target[place]

    def worth(self, tree):
        """The value of a tree, or None."""
        if tree in self.values:
            return self.values[tree]
        if tree not in self.passing:
            self.passing[tree] = self._evaluated(tree)
        return self.passing[tree]

    def keep(self, tree):
        """Evaluate a tree whose parts will be asked for again."""
        self.passing = {}
        self.worth(tree)
        self.values, self.passing = self.values | self.passing, {}

    def forget(self, kept):
        """Keep only the values that were kept before."""
        self.values, self.passing = kept, {}

    def _evaluated(self, tree):
        parts = {}
        if _is_made_of_parts(tree):
            for part in tree.args[1:] if tree.kind == "apply" else tree.args:
                value = self.worth(part)
                if value is not None:
                    parts[part] = parts[bare(part)] = value  # f(x) asks for what stands in the brackets
                elif tree.kind != "product" or part.args:
                    return None
            self.work += 2 + len(tree.args) + 30 * self._is_called(tree)
        else:
            self.work += _effort(tree)
        self.scene.moved = parts
        try:
            return executing.evaluate(tree, self.scene)
        except FAILURES:
            return None
        finally:
            self.scene.moved = {}

    def _is_called(self, tree):
        """Whether a product is, or holds, a defined function applied to its argument."""
        definitions = self.scene.meaning.definitions
        pairs = itertools.pairwise(tree.args) if tree.kind == "product" else ()
        return any(g.kind == "group" and executing.spelled(f) in definitions for f, g in pairs)

    def factor(self, tree):
        """The number that makes a tree equal to the target, or None."""
        value = self.worth(tree)
        if value is not None:
            value = _in_shape(value, self.target.shape)
        if value is None:
            return None
        here = value[self.place]
        if not np.isfinite(here) or here == 0:
            return None
        factor = float(np.real(self.largest / here))
        if not np.abs(self.target - factor * value).max() <= 1e-7 * abs(self.largest):
            return None
        return factor


def _effort(tree):
    """How much work it is to evaluate a tree as a whole: loops and derivatives do it many times."""
    parts = executing.parts(tree)
    letters = sum(len(part.data) for part in parts if part.kind in ("big sum", "big product"))
    derivatives = any(part.kind in executing.DERIVATIVES for part in parts)
    return len(parts) * 4 ** min(letters, 9) * (12 if derivatives else 1)


def _is_made_of_parts(tree):
    """Whether a tree is worth what follows from the values of its parts."""
    if tree.kind == "sum":  # a Σ among the terms may take the terms after it in
        return not any((t.args[-1] if t.kind == "product" else t).kind == "big sum" for t in tree.args[:-1])
    return tree.kind in ALONE or (tree.kind == "big sum" and not tree.data)


@dataclass(eq=False)
class _State:
    """A tree that some edits led to."""

    tree: Tree
    kinds: tuple = ()
    path: tuple | None = None
    """Where the last edit was, if a later one need not look before it."""


class Search:
    """The search for the edits that make the right side of a relation equal to a head."""

    def __init__(self, checker, head, item, lines, nonconforming, most=EDITS, work=WORK, reading=None):
        self.checker, self.head, self.item, self.nonconforming = checker, head, item, nonconforming
        self.most, self.work, self.reading = most, work, reading
        """How many edits a mend takes at most, how many parts are evaluated for it, and the choices that are made."""
        self.trees = [tree for l in lines if l.relation for tree in (l.relation.left, l.relation.right)]
        self.key = self._plain_key(head)
        self.benches, self.starts = [], []
        self._set_up()

    def run(self):
        """The nearest state that is true, with its constant, or None."""
        if len(self.benches) < 2:
            return None
        bench = self.benches[0]
        states = {cost: [] for cost in range(COST + 1)}
        for start in self.starts:
            states[len(start.kinds)].append(start)
        found = [fit for start in self.starts if (fit := self._fit(start))]
        for total in range(1, COST + 1):
            if best := self._best(found):
                return best
            found = []
            for before in range(total):
                for state in sorted(states[before], key=lambda state: len(state.kinds)):
                    if len(state.kinds) >= self.most:
                        continue
                    found += self._tried(state, total - before, states[total])
                    if bench.work > self.work or (found and len(state.kinds) > 1):
                        return self._best(found)
        return self._best(found)

    def _tried(self, state, cost, unfit):
        """The true ones among the states that an edit of some cost leads to; the others are put to `unfit`."""
        bench, found = self.benches[0], []
        kept = bench.values
        bench.keep(state.tree)
        for edit, path, later in self._candidates(state, cost):
            new = _State(replaced(state.tree, path, edit.tree), (*state.kinds, edit.kind), later)
            if fit := self._fit(new):
                found.append(fit)
            elif len(new.kinds) < self.most:
                unfit.append(new)
        if state.kinds:
            bench.forget(kept)
        return found

    def _best(self, found):
        """Of true states the one with the fewest edits, and of those the shortest that reads back as true."""
        found = [(len(fit.kinds), len(to_latex(fit.tree)), i, fit) for i, fit in enumerate(found)]
        for *_, fit in sorted(found, key=lambda row: row[:3])[:6]:
            fit.tree = tidied(fit.tree)
            if self._holds(fit.tree):
                return fit
        return None

    def _holds(self, tree):
        """Whether a tree, written and read again, is equal to the head, and says something."""
        if self._plain_key(tree) == self.key or any(map(self._stretches_nothing, executing.parts(tree))):
            return False  # S u = Sᵀ u says nothing of a symmetric S
        read = read_right(self.checker, to_latex(tree, self.checker.names))
        return read is not None and comparing.compare(self.checker, self.head, read, self.item).verdict == "holds"

    def _plain_key(self, tree):
        """How a tree is written, symmetric letters without their transposes."""

        def instead(inner):
            name = executing.spelled(inner.args[0]) if inner.kind == "transpose" else None
            symmetric = set(self.checker.properties.get(name, ())) & {"symmetric", "positive definite", "diagonal"}
            return inner.args[0] if symmetric else None

        return executing.key_of(rebuilt(bare(tree), instead))

    def _stretches_nothing(self, tree):
        """Whether vectors of ones of length one stand in a sum."""
        shape = self.sight.shape(tree)
        if tree.kind not in ("sum", "hadamard") or shape is None:
            return False
        terms = [self.sight.shape(term) for term in tree.args]
        return any(t and any(own is None and n == 1 for own, n in zip(t, shape, strict=True)) for t in terms)

    # ── states ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _fit(self, state):
        """The state with the constant that makes it true, if one does."""
        factor = self.benches[0].factor(state.tree)
        if factor is None:
            return None
        nice = Fraction(factor).limit_denominator(12)
        if nice == 0 or abs(nice) > 24 or abs(float(nice) - factor) > 1e-6 * abs(factor):
            return None
        for bench in self.benches[1:]:
            other = bench.factor(state.tree)
            if other is None or abs(other - factor) > 1e-6 * abs(factor):
                return None
        if nice == 1:
            return state
        kinds = (SIGN,) * (nice < 0) + (FACTOR,) * (abs(nice) != 1)
        return _State(signed(nice, state.tree), (*state.kinds, *kinds))

    def _candidates(self, state, cost):
        """The edits of a state: each with its path, and the path before which a later edit need not look."""
        bench, sight = self.benches[0], self.sight
        value = bench.worth(state.tree)
        conforms = value is not None and _in_shape(value, bench.target.shape) is not None
        broken = self._broken(state.tree) if value is None else ()
        if not state.kinds and cost == 1:
            for edit in (*renamings(state.tree, sight), *swapped_letters(state.tree, sight)):
                yield edit, (), ()
        for path, part, parent in places(state.tree):
            related = path[: len(broken)] == broken or broken[: len(path)] == path
            before = state.path is not None and path < state.path and state.path[: len(path)] != path
            if not related or before:
                continue
            own = bench.worth(part)
            families = [value_edits] * conforms + [edits] + [rarer_edits] * (cost > 1)
            for edit in itertools.chain.from_iterable(family(part, parent, sight) for family in families):
                bench.work += 1
                if edit.cost != cost:
                    continue
                if bench.work > self.work:
                    return
                bench.passing = {}
                if own is None or not _same(own, bench.worth(edit.tree)):
                    yield edit, path, path if conforms else None

    def _broken(self, tree):
        """The path to the lowest part that has no value."""
        path = ()
        while tree.kind in ALONE:
            inner = [i for i, part in enumerate(tree.args) if part.args and self._fails(part)]
            if not inner:
                break
            path, tree = (*path, inner[0]), tree.args[inner[0]]
        return path

    def _fails(self, tree):
        return self.benches[0].worth(tree) is None

    # ── what is searched from ─────────────────────────────────────────────────────────────────────────────────────

    def _set_up(self):
        """Benches where the head has a value, the trees to start from, and what edits are made of."""
        right, meaning = self.item.right, self.checker.meaning
        scene = Scene(meaning, self.checker.points[0])
        outer = executing.free_indices(self.head, scene)
        alone = [letter for letter in executing.free_indices(right, scene) if letter not in outer]
        starts = [_State(tree, (SUM,)) for tree in summed_over(right, alone)] if alone else [_State(right)]
        self.starts = [start for start in starts if _effort(start.tree) <= WORK / 10]
        reading = self.reading or (self._reading() if self.starts else {})
        for point in self.checker.points if self.starts else ():
            scene = Scene(meaning, point, assignment=reading)
            try:
                ranges = executing.index_ranges(Tree("list", (self.head, right)), scene, (*outer, *alone))
                spans = [range(ranges[letter]) for letter in outer]
                entries = sorted(itertools.product(*spans), key=lambda place: len(place) - len(set(place)))
                entries = [e for e in entries if executing.is_meant(dict(zip(outer, e, strict=True)), meaning)]
                for place in dict.fromkeys((entries[0], entries[-1])):  # indices that differ, and equal ones
                    here = scene.where(indices=dict(zip(outer, place, strict=True)), ranges=ranges)
                    value = executing.evaluate(self.head, here)
                    if isinstance(value, np.ndarray) and np.all(np.isfinite(value)) and np.any(value):
                        here.assignment = reading | ({"strict": True} if self._is_strict(here) else {})
                        self.benches.append(_Bench(here, np.asarray(value)))
            except FAILURES:
                continue
            if len(self.benches) >= BENCHES:
                break
        if self.benches:
            self._look(self.benches[0].scene)

    def _reading(self):
        """How rows, columns and brackets after a name are read: as the sides conform, else as both have values."""
        point, right, second = self.checker.points[0], self.item.right, {}
        for reading, seen in executing.readings(READINGS, ("row or column", "call")):
            try:
                comparing.difference(self.checker, self.head, right, point, reading, seen)
                return reading
            except FAILURES:
                pass
            try:
                if executing.evaluate(right, Scene(self.checker.meaning, point, assignment=reading)) is not None:
                    second = second or reading
            except FAILURES:
                continue
        return second

    def _is_strict(self, scene):
        """Whether the line may be mended without liberties, such as a row for a column, that it does not take."""
        if self.nonconforming:
            return True
        strict = scene.where()
        strict.assignment = {**scene.assignment, "strict": True}
        try:
            executing.evaluate(self.starts[0].tree, strict)
        except NotConforming:
            return False
        except FAILURES:
            return True
        return True

    def _look(self, scene):
        """What edits are made of: names, slopes, sizes, letters and signs."""
        parts = [part for tree in (self.head, self.item.right, *self.trees) for part in executing.parts(tree)]
        line = executing.parts(self.starts[0].tree)
        bound = {bounds[0] for part in line if part.kind == "big sum" for bounds in part.data}
        try:
            ranges = executing.index_ranges(self.starts[0].tree, scene, tuple(bound))
        except FAILURES:
            ranges = {}
        inside = scene.where(indices=dict.fromkeys(bound, 0), ranges=ranges)
        formulas = ordered([d.formula for d in scene.meaning.definitions.values() if d.formula is not None])
        slopes = self._slopes(parts, formulas)
        factors = {executing.key_of(tree): (tree, cost) for tree, cost in self._factors(slopes, formulas)}
        of_formulas = {n for formula in formulas if formula.operation == "size" for n in formula.data.names}
        signs = [sign for part in parts if part.kind == "hadamard" for sign in part.data if sign != r"\oslash"]
        self.sight = Sight(
            shape=self._shapes(inside if bound else None),
            names=self._names(scene),
            related=lambda one, other: _is_function(one, other, scene),
            factors=tuple(factors.values()),
            sizes=tuple(n for n in scene.meaning.sizes if n in of_formulas or any(part.data == n for part in parts)),
            functions=tuple(dict.fromkeys(executing.spelled(tree.args[0].args[0]) for tree in slopes.values())),
            sums=any(part.kind == "big sum" for part in parts),
            letters=tuple(dict.fromkeys((*scene.indices, *bound))),
            entrywise=signs[0] if signs else r"\odot",
        )

    def _shapes(self, inside):
        """The function that tells the shape of a tree; `inside` is a scene in which the indices of Σ have places."""
        known = {}

        def shape(tree):
            if tree not in known:
                value = self.benches[0].worth(tree)
                if inside is not None and value is None:
                    try:
                        value = executing.evaluate(tree, inside)
                    except FAILURES:
                        value = None
                known[tree] = _shape(value)
            return known[tree]

        return shape

    def _names(self, scene):
        """The names that may be put in, with their shapes: none that is the head, or stands for a derivative."""
        shapes, meaning = {}, scene.meaning
        for name in (*meaning.symbols, *meaning.definitions):
            definition = meaning.definitions.get(name)
            if definition is not None and not all(map(meaning.known, definition.parameters)):
                continue
            tree = None if definition is None else definition.tree
            if tree is not None and executing.has_derivative(tree, meaning):
                continue
            value = self.benches[0].worth(Tree("name", (), name))
            if isinstance(value, np.ndarray) and not _same(value, self.benches[0].target):
                shapes[name] = value.shape
        return shapes

    def _slopes(self, parts, formulas):
        """Trees f′(z) for the elementwise functions that are spoken of, by how they are written."""
        found, meaning = {}, self.checker.meaning
        for formula in formulas:
            if formula.operation == "elementwise" and formula.data in _SLOPED:
                tree = read_right(self.checker, latex(formula.args[0]))
                if tree is not None:
                    found.setdefault(*_slope(formula.data, tree))
        trees = [part for d in meaning.definitions.values() if d.tree is not None for part in executing.parts(d.tree)]
        for part in (*parts, *trees):
            if part.kind == "apply" and part.args[0].kind == "operator" and part.args[0].data in _SLOPED:
                found.setdefault(*_slope(part.args[0].data, bare(part.args[1])))
        return found

    def _factors(self, slopes, formulas):
        """Trees that the line may have lost: slopes, differentials, and sums and inverses that the text speaks of."""
        yield from ((tree, 2) for tree in slopes.values())
        head = bare(self.head)
        if head.kind == "differential":
            for name in self.checker.varying:
                yield Tree("differential", (Tree("name", (), name),), 1), 2
        if head.kind in executing.DERIVATIVES and executing.spelled(head.args[0]) is None:
            yield bracketed(head.args[0]), 2
        for tree in self.trees:
            for part in executing.parts(tree):
                derivative = any(inner.kind in executing.DERIVATIVES for inner in executing.parts(part))
                if not derivative and (part.kind == "inverse" or (part.kind == "group" and part.args[0].kind == "sum")):
                    yield part, 3
        for formula in formulas:
            inverse = formula.operation == "inverse" and formula.args[0].operation in ("symbol", "named")
            if inverse or (formula.operation == "combination" and len(formula.args) == 2):
                tree = read_right(self.checker, latex(formula))
                if tree is not None:
                    yield bracketed(tree), 3
        for name, definition in self.checker.meaning.definitions.items():
            formula = definition.formula
            if formula is not None and formula.operation == "elementwise" and formula.data == "sigmoid":
                rest = Tree("sum", (number(1), Tree("name", (), name)), (1, -1))
                yield Tree("group", (rest,), "("), 2


_SLOPED = FUNCTIONS.keys() - {"exp", "log"}
"""Functions of which people write the slope with a prime."""


def _slope(function, argument):
    tree = Tree("apply", (Tree("prime", (Tree("operator", (), function),), 1), Tree("group", (argument,), "(")))
    return executing.key_of(tree), tree


def _shape(value):
    """The shape of a value as `Sight` tells it."""
    if isinstance(value, executing.Free):
        return tuple(
            None if free else n for n, free in zip(value.array.shape, (value.rows, value.columns), strict=True)
        )
    return value.shape if isinstance(value, np.ndarray) else None


def _in_shape(value, shape):
    """A value in the shape of a target, or None; a vector of ones of length one would say nothing."""
    if isinstance(value, np.ndarray):
        return value if value.shape == shape else None
    if isinstance(value, executing.Free) and ((value.rows and shape[0] == 1) or (value.columns and shape[1] == 1)):
        return None
    try:
        return executing.fitted(value, shape)
    except NotConforming:
        return None


def _same(one, other):
    """Whether two values are equal arrays."""
    arrays = isinstance(one, np.ndarray) and isinstance(other, np.ndarray)
    return arrays and one.shape == other.shape and bool(np.all(np.abs(one - other) <= 1e-12 * np.abs(one)))


def _is_function(one, other, scene):
    """Whether one name is a function of the other: z and σ(z)."""
    definitions = scene.meaning.definitions
    return any(a in definitions and executing.depends(a, [b], scene) for a, b in ((one, other), (other, one)))
