"""The smallest edit that makes a wrong line true.

The edits of `edits` are tried on numbers, those that cost least first: one edit, then two, then three. A sign and a
constant factor come free with each, since a candidate is compared with the left side up to a constant. What the edit
was names the mistake. Where no small edit is found and the function is known, the mend is what `derive` gives.
"""

import itertools
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from derivations import executing
from derivations.edits import (
    ARGUMENT,
    ASSUMPTION,
    FACTOR,
    INNER,
    ORDER,
    OTHER,
    PRODUCT,
    SHAPES,
    SIGN,
    SUM,
    TRANSPOSE,
    Sight,
    bare,
    bracketed,
    coefficient,
    edits,
    places,
    rarer_edits,
    renamings,
    replaced,
    signed,
    swapped_letters,
    value_edits,
)
from derivations.executing import NotConforming, Scene, Unreadable
from derivations.expression import ordered
from derivations.notation.latex_numpy import Unsayable, numpy_text
from derivations.notation.latex_text import read_block, to_latex
from derivations.notation.latex_tree import Relation, Tree, number

WORK = 80_000  # parts evaluated for a line: about half a second
COST, EDITS = 4, 3  # what the edits of a mend cost together, and how many they are
BENCHES, READINGS = 3, 12

_NAMED_FIRST = (ARGUMENT, INNER, SUM, PRODUCT, ORDER, TRANSPOSE, OTHER, FACTOR, SIGN)
"""Of several edits, the kind that names the mistake: the sign last."""
_FAILURES = (NotConforming, Unreadable, np.linalg.LinAlgError, ValueError, TypeError, IndexError, ZeroDivisionError)
_ALONE = {
    "group", "sum", "product", "hadamard", "kronecker", "colon", "inner", "fraction", "root", "norm", "bars", "power",
    "elementwise power", "transpose", "inverse", "inverse transpose", "apply",
}  # fmt: skip
"""The kinds of trees whose parts mean the same as they would alone."""


def mend(checker, line, head, lines=()):
    """Give a wrong line its kind and its repair, which makes it equal to the tree `head`.

    `lines` are all lines of the block: the repair spells names as they do.
    """
    item = line.relation
    nonconforming = line.kind == SHAPES
    names = _spellings(checker, [*lines, line])
    with np.errstate(all="ignore"):
        found = _Search(checker, head, item, lines, nonconforming).run()
        kinds = [kind for kind in found.kinds if kind not in (SIGN, FACTOR)] if found else [OTHER]
        assumed = "" if nonconforming or (found and not _may_be_assumed(kinds)) else _assumption(checker, head, item)
        negative = found and SIGN in found.kinds and not assumed
        if negative and not nonconforming and _may_be_assumed(kinds):
            assumed = _assumption(checker, signed(Fraction(-1), head), item)
    if assumed:
        line.kind, line.why = ASSUMPTION, f"it holds only where {assumed}, which nothing says"
    if found:
        kinds = [OTHER if kind == ASSUMPTION else kind for kind in found.kinds]
        left = "" if item.continued else f"{_as_written(checker, item, item.left) or to_latex(item.left, names)} "
        line.repair = f"{left}= {to_latex(found.tree, names)}"
        line.kind = line.kind or min(kinds, key=_NAMED_FIRST.index)
        return
    derived = _derived(checker, item, head)
    if derived is not None:
        right = derived if isinstance(derived, str) else to_latex(derived, names)
        line.repair = f"{_as_written(checker, item, head) or to_latex(head, names)} = {right}"
        line.why = f"{line.why}; no small edit mends it, so this is what derive gives"
    else:
        line.why = "; ".join(filter(None, [line.why, _numbers(checker, head, item.right)]))
    line.kind = line.kind or OTHER


def _may_be_assumed(kinds):
    """Whether edits of these kinds may hide that something was taken for granted."""
    return len(kinds) > 1 or any(kind in (ASSUMPTION, INNER, SUM, OTHER) for kind in kinds)


# ── the search ────────────────────────────────────────────────────────────────────────────────────────────────────


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
        except _FAILURES:
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
    kinds = {part.kind for part in parts}
    return len(parts) * (4 if "big sum" in kinds else 1) * (12 if kinds & executing.DERIVATIVES else 1)


def _is_made_of_parts(tree):
    """Whether a tree is worth what follows from the values of its parts."""
    if tree.kind == "sum":  # a Σ among the terms may take the terms after it in
        return not any((t.args[-1] if t.kind == "product" else t).kind == "big sum" for t in tree.args[:-1])
    return tree.kind in _ALONE or (tree.kind == "big sum" and not tree.data)


@dataclass(eq=False)
class _State:
    """A tree that some edits led to."""

    tree: Tree
    kinds: tuple = ()
    path: tuple | None = None
    """Where the last edit was, if a later one need not look before it."""


class _Search:
    """The search for the edits that make the right side of a relation equal to a head."""

    def __init__(self, checker, head, item, lines, nonconforming):
        self.checker, self.head, self.item, self.nonconforming = checker, head, item, nonconforming
        self.trees = [tree for l in lines if l.relation for tree in (l.relation.left, l.relation.right)]
        self.key = executing._key(bare(head))
        self.derivatives = {executing._key(t) for t in executing.parts(item.right) if t.kind in executing.DERIVATIVES}
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
                    if len(state.kinds) == EDITS:
                        continue
                    found += self._tried(state, total - before, states[total])
                    if bench.work > WORK or (found and len(state.kinds) > 1):
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
            elif len(new.kinds) < EDITS:
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
        if executing._key(bare(tree)) == self.key or any(map(self._stretches_nothing, executing.parts(tree))):
            return False
        read = read_right(self.checker, to_latex(tree, self.checker.names))
        return read is not None and self.checker.compare(self.head, read, self.item).verdict == "holds"

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
                if bench.work > WORK:
                    return
                bench.passing = {}
                if own is None or not _same(own, bench.worth(edit.tree)):
                    yield edit, path, path if conforms else None

    def _broken(self, tree):
        """The path to the lowest part that has no value."""
        path = ()
        while tree.kind in _ALONE:
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
        reading = self._reading()
        for point in self.checker.points:
            scene = Scene(meaning, point, assignment=reading)
            outer = executing.free_indices(self.head, scene)
            alone = [i for i in executing.free_indices(right, scene) if i not in outer]
            self.starts = [_State(tree, (SUM,)) for tree in _summed_over(right, alone)] if alone else [_State(right)]
            try:
                ranges = executing.index_ranges(Tree("list", (self.head, right)), scene, (*outer, *alone))
                spans = [range(ranges[letter]) for letter in outer]
                entries = sorted(itertools.product(*spans), key=lambda place: len(place) - len(set(place)))
                for place in dict.fromkeys((entries[0], entries[-1])):  # indices that differ, and equal ones
                    here = scene.where(indices=dict(zip(outer, place, strict=True)), ranges=ranges)
                    value = executing.evaluate(self.head, here)
                    if isinstance(value, np.ndarray) and np.all(np.isfinite(value)) and np.any(value):
                        here.assignment = reading | ({"strict": True} if self._is_strict(here) else {})
                        self.benches.append(_Bench(here, np.asarray(value)))
            except _FAILURES:
                continue
            if len(self.benches) >= BENCHES:
                break
        if self.benches:
            self._look(self.benches[0].scene)

    def _reading(self):
        """How rows, columns and brackets after a name are read: as the sides conform, else as both have values."""
        from derivations.checking import _nearby

        queue, tried, second = [{}], 0, {}
        while queue and tried < READINGS:
            reading, seen = queue.pop(0), {}
            tried += 1
            scene = Scene(self.checker.meaning, self.checker.points[0], assignment=reading, seen=seen)
            try:
                self.checker._difference(self.head, self.item.right, self.checker.points[0], reading, seen)
                return reading
            except _FAILURES:
                queue += _nearby(reading, {key: seen[key] for key in seen if key[0] in ("row or column", "call")})
            try:
                if executing.evaluate(self.item.right, scene) is not None:
                    second = second or reading
            except _FAILURES:
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
        except _FAILURES:
            return True
        return True

    def _look(self, scene):
        """What edits are made of: names, slopes, sizes, letters and signs."""
        parts = [part for tree in (self.head, self.item.right, *self.trees) for part in executing.parts(tree)]
        line = executing.parts(self.starts[0].tree)
        bound = {bounds[0] for part in line if part.kind == "big sum" for bounds in part.data}
        try:
            ranges = executing.index_ranges(self.starts[0].tree, scene, tuple(bound))
        except _FAILURES:
            ranges = {}
        inside = scene.where(indices=dict.fromkeys(bound, 0), ranges=ranges)
        shapes = {}

        def shape(tree):
            if tree not in shapes:
                value = self.benches[0].worth(tree)
                if bound and value is None:
                    try:
                        value = executing.evaluate(tree, inside)
                    except _FAILURES:
                        value = None
                shapes[tree] = _shape(value)
            return shapes[tree]

        names = self._names(scene)
        formulas = ordered([d.formula for d in scene.meaning.definitions.values() if d.formula is not None])
        slopes = self._slopes(parts, formulas)
        signs = [sign for part in parts if part.kind == "hadamard" for sign in part.data if sign != r"\oslash"]
        self.sight = Sight(
            shape,
            names,
            lambda one, other: _is_function(one, other, scene),
            tuple({executing._key(tree): (tree, cost) for tree, cost in self._factors(slopes, formulas)}.values()),
            tuple(
                name
                for name in scene.meaning.sizes
                if any(part.data == name for part in parts)
                or any(formula.operation == "size" and name in formula.data.names for formula in formulas)
            ),
            tuple({t.args[0].args[0].data: None for t in slopes.values()}),
            any(part.kind == "big sum" for part in parts),
            tuple(dict.fromkeys((*scene.indices, *bound))),
            signs[0] if signs else r"\odot",
        )

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
                tree = read_right(self.checker, _formula_latex(formula.args[0]))
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
                if (part.kind == "group" and part.args[0].kind == "sum") or part.kind == "inverse":
                    yield part, 3
        for formula in formulas:
            inverse = formula.operation == "inverse" and formula.args[0].operation in ("symbol", "named")
            if inverse or (formula.operation == "combination" and len(formula.args) == 2):
                tree = read_right(self.checker, _formula_latex(formula))
                if tree is not None:
                    yield bracketed(tree), 3
        for name, definition in self.checker.meaning.definitions.items():
            formula = definition.formula
            if formula is not None and formula.operation == "elementwise" and formula.data == "sigmoid":
                rest = Tree("sum", (number(1), Tree("name", (), name)), (1, -1))
                yield Tree("group", (rest,), "("), 2


_SLOPED = ("sigmoid", "tanh", "relu", "softplus", "sin", "cos")


def _slope(function, argument):
    tree = Tree("apply", (Tree("prime", (Tree("operator", (), function),), 1), Tree("group", (argument,), "(")))
    return executing._key(tree), tree


def _formula_latex(formula):
    from derivations.notation.printing import latex

    return latex(formula)


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
    return any(a in definitions and executing._depends(a, [b], scene) for a, b in ((one, other), (other, one)))


# ── sums over an index that stands on the right alone ─────────────────────────────────────────────────────────────


def _summed_over(tree, letters):
    """The trees with Σ over index letters put where they stand together, or before the whole."""
    found = {}
    for make in (_around, _before):
        new = tree
        for letter in letters:
            new = make(new, letter)
        found.setdefault(executing._key(new), new)
    return list(found.values())


def _before(tree, letter):
    """Σ before a whole, behind its number."""
    if tree.kind == "sum" and len(tree.args) == 1:
        return Tree("sum", (_before(tree.args[0], letter),), tree.data)
    lead = ()
    if tree.kind == "product" and tree.args[0].kind in ("number", "fraction"):
        lead, rest = tree.args[:1], tree.args[1:]
        tree = Tree("product", rest, tree.data[1:]) if len(rest) > 1 else rest[0]
    total = Tree("big sum", (Tree("group", (tree,), "(") if tree.kind == "sum" else tree,), ((letter, None, None),))
    return Tree("product", (*lead, total), ("",)) if lead else total


def _around(tree, letter):
    """Σ around the smallest part in which all places of a letter stand; around each term of a sum apart."""
    if tree.kind == "sum":
        terms = [_around(t, letter) if _mentions(t, letter) else t for t in tree.args]
        return Tree("sum", tuple(terms), tree.data)
    inner = [i for i, part in enumerate(tree.args) if _mentions(part, letter)]
    if len(inner) == 1 and (tree.kind in _ALONE or tree.kind == "big sum"):
        return replaced(tree, inner, _around(tree.args[inner[0]], letter))
    return _before(tree, letter)


def _mentions(tree, letter):
    indices = [i for part in executing.parts(tree) if part.kind in ("subscript", "delta") for i in part.args]
    return any(i.kind == "name" and i.data == letter for i in indices)


# ── tidying, spelling, reading again ──────────────────────────────────────────────────────────────────────────────


def tidied(tree):
    """The terms of a sum that are written alike taken together, and a sign before a factor put before the product."""
    tree = bare(tree)
    if tree.kind == "sum" and len(tree.args) > 1:
        counts, bodies = {}, {}
        for sign, term in zip(tree.data, map(_with_sign_first, tree.args), strict=True):
            lead = signed(Fraction(sign), term)
            sign, term = (lead.data[0], lead.args[0]) if lead.kind == "sum" and len(lead.args) == 1 else (1, lead)
            size, body = coefficient(term)
            size, body = (Fraction(1), term) if body is None else (size, body)
            key = executing._key(body)
            counts[key] = counts.get(key, 0) + sign * size
            bodies.setdefault(key, body)
        if len(counts) == len(tree.args):
            return tree
        terms = [signed(abs(count), bodies[key]) for key, count in counts.items() if count]
        signs = tuple(1 if count > 0 else -1 for count in counts.values() if count)
        if not terms:
            return tree
        return terms[0] if signs == (1,) else Tree("sum", tuple(terms), signs)
    return _with_sign_first(tree)


def _with_sign_first(tree):
    """−A B for A (−B)."""
    if tree.kind == "sum" and len(tree.args) == 1:
        inner = _with_sign_first(tree.args[0])
        return signed(Fraction(tree.data[0]), inner)
    if tree.kind != "product":
        return tree
    for i, factor in enumerate(tree.args):
        turned = factor.kind == "transpose"
        inner = bare(factor.args[0] if turned else factor)
        if inner.kind == "sum" and len(inner.args) == 1 and inner.data[0] < 0:
            inner = Tree("transpose", (bracketed(inner.args[0]),)) if turned else inner.args[0]
            return signed(Fraction(-1), Tree("product", (*tree.args[:i], inner, *tree.args[i + 1 :]), tree.data))
    return tree


def read_right(checker, latex):
    """The tree of a right side, read as a line of the block would be, or None."""
    meaning = checker.meaning
    known = {*meaning.symbols, *meaning.definitions, *(set(meaning.sizes) - {"d"})}
    try:
        lines = read_block(f"0 = {latex}", checker.names, checker.macros, known).lines
    except ValueError:
        return None
    return lines[0].right if len(lines) == 1 and isinstance(lines[0], Relation) else None


_SWITCHES = (r"\bf ", r"\cal ", r"\rm ", r"\it ", r"\sf ", r"\tt ")


def _spellings(checker, lines):
    """LaTeX spellings as the lines use them, and what they stand for."""
    names = {}
    for line in lines:
        if line.relation is None:
            continue
        source, start = line.relation.source, line.relation.start
        for tree in (*executing.parts(line.relation.left), *executing.parts(line.relation.right)):
            said = {"name": tree.data, "one": "1", "operator": tree.data, "transpose": "^T"}.get(tree.kind)
            if said is None or said in names:
                continue
            begin = tree.args[0].stop if tree.kind == "transpose" else tree.start
            if not start <= begin < tree.stop <= start + len(source):
                continue
            text = (
                source[begin - start : tree.stop - start].lstrip("}")
                if tree.kind == "transpose"
                else source[begin - start : tree.stop - start]
            )
            text = _closed(text)
            if tree.kind == "name" and text.startswith("{") and text.endswith("}") and text.count("{") == 1:
                text = text[1:-1]
            if text.startswith(_SWITCHES):  # it lasts to the end of its group
                text = f"{{{text}}}"
            read = read_right(
                checker, f"Q{text}" if tree.kind == "transpose" else f"{text}(Q)" if tree.kind == "operator" else text
            )
            if read is not None and _says(read, tree):
                names[said] = text
    return {
        **{text: said for said, text in names.items()},
        **{k: v for k, v in checker.names.items() if v not in names},
    }


def _as_written(checker, item, tree):
    """The LaTeX of an unchanged part of a line as it stands there, where it is to be read alone; else None."""
    begin, end = tree.start - item.start, tree.stop - item.start
    if not 0 <= begin < end <= len(item.source):
        return None
    text = _closed(item.source[begin:end])
    read = read_right(checker, text)
    return text if read is not None and executing._key(read) == executing._key(tree) else None


def _closed(text):
    """A piece of LaTeX with the braces closed that it opens."""
    text = text.strip()
    return text + "}" * max(text.count("{") - text.count("}"), 0)


def _says(read, tree):
    """Whether a spelling, read alone, stands for what it stood for in its line."""
    if tree.kind == "operator":
        return (
            read.kind == "apply"
            and read.args[0].kind == "operator"
            and read.args[0].data == tree.data
            and tree.data != "exp"
        )
    return read.kind == tree.kind and (tree.kind == "transpose" or read.data == tree.data)


# ── what was taken for granted ────────────────────────────────────────────────────────────────────────────────────


def _symmetric(value):
    return (value + value.T) / 2 if value.shape[0] == value.shape[1] > 1 else None


def _orthogonal(value):
    return np.linalg.qr(value)[0] if value.shape[0] == value.shape[1] > 1 else None


def _summing_to_one(value):
    return np.abs(value) / np.abs(value).sum() if value.shape[1] == 1 < value.shape[0] else None


def _of_length_one(value):
    return value / np.linalg.norm(value) if value.shape[1] == 1 < value.shape[0] else None


_TAKEN_FOR_GRANTED = (
    ("{} is symmetric", _symmetric, True),
    ("{} is orthogonal", _orthogonal, True),
    ("{} sums to one", _summing_to_one, False),
    ("{} has length one", _of_length_one, False),
)
"""In words, how a value is given the property, and whether a variable may have it."""


def _assumption(checker, head, item):
    """What a line takes for granted: a property of one name with which it holds, in words; or an empty text."""
    from derivations.checking import relative

    for words, projected, even_varying in _TAKEN_FOR_GRANTED:
        for name, symbol in checker.meaning.symbols.items():
            if name in checker.meaning.varying and not even_varying:
                continue
            errors = []
            for point in checker.points[:3]:
                value = projected(point.values[symbol])
                if value is None:
                    break
                scene = Scene(checker.meaning, point._replace(values={**point.values, symbol: value}))
                try:
                    sides = (executing.evaluate(tree, scene) for tree in (head, item.right))
                    errors.append(relative(*sides, {}, {}))
                except _FAILURES:
                    break
                if errors[-1] is None or errors[-1] > 1e-8:
                    break
            else:
                return words.format(name)
    return ""


# ── where no edit is found ────────────────────────────────────────────────────────────────────────────────────────


def _derived(checker, item, head):
    """The right side that `derive` gives, where the head is a derivative of a function that is known; else None.

    A tree where the page's own reader reads it, LaTeX where it does not.
    """
    head, indices = bare(head), ()
    if head.kind in ("derivative", "gradient"):
        below = head.args[1] if len(head.args) > 1 else Tree("name", (), (checker.varying or (None,))[0])
        if below.kind == "subscript" and not checker.meaning.known(executing.spelled(below)):
            below, *indices = below.args
        wanted = [executing.spelled(below)]
    elif head.kind == "differential":
        wanted = list(checker.varying)
    else:
        return None
    order = head.data or 1
    second = head.kind == "differential" and order == 2
    if not wanted or second or any(name not in checker.scope.symbols for name in wanted):
        return None
    found = [_gradient(checker, head.args[0], name, order) for name in wanted]
    if not all(found):
        return None
    for expand in ("", "all"):
        trees = tuple(read_right(checker, gradient.latex(expand)) for gradient in found)
        if None in trees:
            continue
        if head.kind == "differential":
            made = [_along(checker, trees, wanted, colon) for colon in (True, False)]
        elif indices:
            made = [Tree("subscript", (Tree("group", trees, "("), *indices))]
        else:  # ∇ of a vector is its Jacobian transposed
            made = [trees[0], Tree("transpose", (bracketed(trees[0]),))]
        for tree in made:
            if checker.compare(head, tree, item).verdict == "holds":
                return tree
    return found[0].latex("all") if None in trees and head.kind != "differential" else None


def _gradient(checker, function, below, order):
    """The gradient of what a tree says, or None; names of the page stay in it."""
    from derivations.derivation import derive

    where, kinds = [checker.where] if checker.where else [], {}
    for name, definition in checker.meaning.definitions.items():
        if definition.tree is not None and not definition.parameters and not definition.indices:
            try:
                said = numpy_text(definition.tree, checker.scope, kinds)
            except Unsayable:
                continue
            kinds[name] = said.kind
            where.append(f"{name} = {said.text}")
    shapes = {name: value.axes for name, value in checker.scope.symbols.items()}
    assumed = {name: list(words) for name, words in checker.properties.items() if words}
    vary = {name: kind for name, kind in checker.vary.items() if name == below}
    try:
        text = _function_text(checker, function, kinds)
        derivation = derive(text, below, shapes, where="; ".join(where), assume=assumed, vary=vary, order=order)
    except (ValueError, Unsayable):
        return None
    return derivation.gradient


def _function_text(checker, tree, kinds):
    """The NumPy text of a function: its name if that was defined, the loss that is given, or what the page says."""
    called = tree.kind == "product" and len(tree.args) == 2 and tree.args[1].kind == "group"
    name = executing.spelled(bare(tree)) or (called and executing.spelled(tree.args[0]))
    if name in checker.scope.defined or name in kinds:
        return name
    definition = checker.meaning.definitions.get(name)
    return (
        checker.loss
        if definition is not None and definition.formula is not None
        else (numpy_text(tree, checker.scope, kinds).text)
    )


def _along(checker, gradients, names, colon):
    """The sum of G : dX over the variables; J dx without the colon, and g dt for a number."""
    terms = []
    for gradient, name in zip(gradients, names, strict=True):
        move = Tree("differential", (Tree("name", (), name),), 1)
        if colon and checker.scope.symbols[name].ndim:
            left = Tree("group", (gradient,), "(") if gradient.kind == "sum" else gradient
            terms.append(Tree("colon", (left, move)))
        else:
            terms.append(Tree("product", (bracketed(gradient), move), ("",)))
    return terms[0] if len(terms) == 1 else Tree("sum", tuple(terms), (1,) * len(terms))


def _numbers(checker, head, right):
    """What the numbers say where nothing mends the line."""
    for point in checker.points[:1]:
        scene = Scene(checker.meaning, point)
        try:
            value, target = (executing.evaluate(tree, scene) for tree in (right, head))
        except _FAILURES:
            return ""
        arrays = isinstance(value, np.ndarray) and isinstance(target, np.ndarray)
        if not arrays or value.shape != target.shape:
            return ""
        value, target = np.real(value), np.real(target)
        wrong = np.abs(value - target) > 1e-8 * np.max(np.abs(target), initial=1e-300)
        if not wrong.any():
            return ""
        place = tuple(int(i) for i in np.argwhere(wrong)[0])
        is_and_should = f"is {value[place]:.4g} and should be {target[place]:.4g}"
        if value.size == 1:
            return f"it {is_and_should}"
        factor = value[place] / target[place] if target[place] else 0.0
        if factor and np.allclose(value, factor * target, rtol=1e-8):
            return f"every entry is {factor:.4g} times what it should be"
        entry = f"entry {place[0] + 1}" + (f", {place[1] + 1}" if value.shape[1] > 1 else "")
        return f"{wrong.sum()} of {wrong.size} entries differ; {entry} {is_and_should}"
    return ""
