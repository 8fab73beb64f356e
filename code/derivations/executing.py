"""Execute what a line of LaTeX says, at a point, in numbers.

A tree is evaluated with arrays, and what the page leaves open (is this juxtaposition a product or a function applied,
is this colon looser than that plus) is decided by conformity at sizes that all differ. A derivative is found by the
witness: a complex step through the definitions, or a difference where one derivative stands inside another. No rule of
differentiation is used, and none of the table that `derive` uses but the values of its operations.
"""

import itertools
from dataclasses import dataclass, field

import numpy as np

from derivations import sampling
from derivations.expression import ordered
from derivations.operations import FUNCTIONS, ROWS

STEP = 1e-30
_DIFFERENCE = 1e-3
READINGS = 48  # combinations of readings tried for a line
WORK, ALL_WORK = 150_000, 1_500_000
"""Parts evaluated for a line and for a block at most, all points and readings together."""
ENTRIES = 1_000_000  # entries of an array that the text asks for


class Unreadable(Exception):
    """A part that has no meaning here; the message says which and why."""


class NotConforming(Exception):
    """Operands whose shapes do not fit; the message names both."""


# ── values whose size the context gives ───────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Free:
    """An array that is repeated along its free axes as often as the context wants: 1, 1bᵀ, a number in a sum."""

    array: np.ndarray
    rows: bool
    columns: bool


@dataclass(frozen=True)
class Eye:
    """A number times the identity of a size that the context gives."""

    factor: np.ndarray
    """1×1"""


@dataclass(frozen=True)
class Unit:
    """e_i f, or f e_iᵀ for a row, with the unit vector e_i of a length that the context gives."""

    index: int
    factor: object
    """1×k, for a row k×1; what stands here may be of a size that the context gives as well: e_i e_jᵀ, e_i 1ᵀ."""
    row: bool = False
    length: int | None = None
    """How far its index runs, where that is known: its length if nothing else tells."""


@dataclass(frozen=True)
class Several:
    """A sum of values whose size the context gives, such as I − (1/m) 1 1ᵀ."""

    terms: tuple


def shape_of(value):
    """The shape in words."""
    if isinstance(value, Several):
        return "a sum with I or 1, whose size nothing tells"
    if isinstance(value, Unit):
        return "a unit vector"
    if isinstance(value, Eye):
        return "a multiple of I"
    array = value.array if isinstance(value, Free) else value
    return "a scalar" if array.shape == (1, 1) and not isinstance(value, Free) else "×".join(map(str, array.shape))


def _is_scalar(value):
    return isinstance(value, np.ndarray) and value.shape == (1, 1)


def transposed(value):
    """The transpose of any value."""
    if isinstance(value, Several):
        return Several(tuple(map(transposed, value.terms)))
    if isinstance(value, Unit):
        if not isinstance(value.factor, np.ndarray):  # (e_i b)ᵀ = bᵀ e_iᵀ, as a column of its own where b is a unit
            inner = value.factor
            if isinstance(inner, Unit) and inner.row and not value.row:
                return Unit(inner.index, Unit(value.index, np.ones((1, 1)), True, value.length), False, inner.length)
            return Unit(value.index, transposed(inner), not value.row, value.length)
        return Unit(value.index, value.factor.T, not value.row, value.length)
    if isinstance(value, Eye):
        return value
    return Free(value.array.T, value.columns, value.rows) if isinstance(value, Free) else value.T


def fitted(value, shape):
    """A value with the shape that the context wants, or NotConforming."""
    if isinstance(value, Several):
        return sum(fitted(term, shape) for term in value.terms)
    if isinstance(value, Unit):
        if value.row:
            return fitted(transposed(value), shape[::-1]).T
        if value.index >= shape[0]:
            raise NotConforming(f"a unit vector beside {shape[0]}×{shape[1]}")
        return np.eye(shape[0])[:, [value.index]] @ fitted(value.factor, (1, shape[1]))
    if isinstance(value, Eye):
        if shape[0] != shape[1]:
            raise NotConforming(f"the identity beside {shape[0]}×{shape[1]}")
        return value.factor * np.eye(shape[0])
    if isinstance(value, Free):
        wanted = tuple(
            s if free else own
            for s, free, own in zip(shape, (value.rows, value.columns), value.array.shape, strict=True)
        )
        if wanted != shape:
            raise NotConforming(f"{shape_of(value)} beside {shape[0]}×{shape[1]}")
        return np.broadcast_to(value.array, shape)
    if value.shape != shape:
        raise NotConforming(f"{value.shape[0]}×{value.shape[1]} beside {shape[0]}×{shape[1]}")
    return value


def together(left, right):
    """Two values with one shape, for a sum or an entrywise product."""
    if any(isinstance(v, Unit | Several) for v in (left, right)) and all(
        isinstance(v, Unit | Several | Eye | Free) or _is_scalar(v) for v in (left, right)
    ):
        raise NotConforming(f"{shape_of(left)} beside {shape_of(right)}")
    for one, other in ((left, right), (right, left)):
        if isinstance(one, np.ndarray) and one.shape != (1, 1):
            if _is_scalar(other):
                other = Free(other, True, True)
            fit = fitted(other, one.shape)
            return (one, fit) if one is left else (fit, one)
    if isinstance(left, Eye) and isinstance(right, Eye):
        return left, right
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Eye) and isinstance(other, Free) and other.rows != other.columns:  # v 1ᵀ ⊙ I is square
            size = max(other.array.shape)
            pair = (fitted(one, (size, size)), fitted(other, (size, size)))
            return pair if one is left else pair[::-1]
    if _is_scalar(left) and _is_scalar(right):
        return left, right
    if isinstance(left, Eye) or isinstance(right, Eye):
        raise NotConforming(f"{shape_of(left)} beside {shape_of(right)}")
    a, b = (v if isinstance(v, Free) else Free(v, True, True) for v in (left, right))
    rows, columns = a.rows and b.rows, a.columns and b.columns
    shape = tuple(
        max(x, y) if (free_x or free_y) or x == y else -1
        for x, y, free_x, free_y in zip(
            a.array.shape, b.array.shape, (a.rows, a.columns), (b.rows, b.columns), strict=True
        )
    )
    if -1 in shape:
        raise NotConforming(f"{shape_of(left)} beside {shape_of(right)}")
    return tuple(Free(np.broadcast_to(v.array, shape), rows, columns) for v in (a, b))


def plus(left, right):
    """The sum."""
    loose = [isinstance(v, Eye | Free | Several | Unit) for v in (left, right)]
    if all(loose) and (type(left) is not type(right) or isinstance(left, Several | Unit)):
        terms = [t for v in (left, right) for t in (v.terms if isinstance(v, Several) else (v,))]
        return Several(tuple(terms))
    if isinstance(left, Several | Unit) or isinstance(right, Several | Unit):
        solid_one, other = (left, right) if isinstance(right, Several | Unit) else (right, left)
        return solid_one + fitted(other, solid_one.shape)
    a, b = together(left, right)
    if isinstance(a, Eye):
        return Eye(a.factor + b.factor)
    if isinstance(a, Free):
        return Free(a.array + b.array, a.rows, a.columns)
    return a + b


def entrywise(left, right):
    """The entrywise product."""
    if isinstance(left, Eye) and isinstance(right, Eye):
        return Eye(left.factor * right.factor)
    a, b = together(left, right)
    return Free(a.array * b.array, a.rows, a.columns) if isinstance(a, Free) else a * b


def scaled(factor, value):
    """A 1×1 array times any value."""
    if isinstance(value, Several):
        return Several(tuple(scaled(factor, term) for term in value.terms))
    if isinstance(value, Unit):
        return Unit(value.index, scaled(factor, value.factor), value.row, value.length)
    if isinstance(value, Eye):
        return Eye(factor * value.factor)
    return Free(factor * value.array, value.rows, value.columns) if isinstance(value, Free) else factor * value


def matmul(left, right):
    """The product: of a scalar with anything, or of two matrices that conform."""
    if _is_scalar(left):
        return scaled(left, right)
    if _is_scalar(right):
        return scaled(right, left)
    if isinstance(left, Eye):
        return scaled(left.factor, right)
    if isinstance(right, Eye):
        return scaled(right.factor, left)
    if isinstance(left, Unit) and left.row and isinstance(right, np.ndarray):
        if left.index >= len(right):
            raise NotConforming(f"entry {left.index + 1} of {shape_of(right)}")
        return matmul(left.factor, right[[left.index]])
    if isinstance(left, Unit) and left.row and isinstance(right, Free):
        place = 0 if right.rows else left.index
        if place >= len(right.array):
            raise NotConforming(f"entry {place + 1} of {shape_of(right)}")
        row = right.array[[place]]
        return matmul(left.factor, Free(row, False, True) if right.columns else row)
    if isinstance(left, Unit) and left.row and isinstance(right, Unit) and not right.row:
        return scaled(np.array([[float(left.index == right.index)]]), matmul(left.factor, right.factor))
    if isinstance(left, Unit) and not left.row and not isinstance(right, Several):
        bare = _is_scalar(left.factor)
        single = isinstance(right, Unit) and right.row
        single = single or (isinstance(right, np.ndarray) and right.shape[0] == 1)
        single = single or (isinstance(right, Free) and right.array.shape[0] == 1 and not right.rows)
        if not bare or single:
            factor = scaled(left.factor, right) if bare else matmul(left.factor, right)
            return Unit(left.index, factor, False, left.length)
    if isinstance(right, Unit) and isinstance(left, np.ndarray | Free):
        return transposed(matmul(transposed(right), transposed(left)))
    for one, other, turn in ((left, right, False), (right, left, True)):
        if isinstance(one, Several):
            result = None
            for term in one.terms:
                product = matmul(other, term) if turn else matmul(term, other)
                result = product if result is None else plus(result, product)
            return result
    if isinstance(left, Unit) or isinstance(right, Unit):
        raise NotConforming(f"a product of {shape_of(left)} and {shape_of(right)}")
    a, b = (v if isinstance(v, Free) else Free(v, False, False) for v in (left, right))
    inner = (a.array.shape[1], b.array.shape[0])
    if a.columns and b.rows:
        raise Unreadable("two vectors of ones whose length nothing tells")
    if a.columns:
        product = a.array[:, :1] @ b.array.sum(axis=0, keepdims=True)
    elif b.rows:
        product = a.array.sum(axis=1, keepdims=True) @ b.array[:1]
    elif inner[0] != inner[1]:
        raise NotConforming(f"a product of {shape_of(left)} and {shape_of(right)}")
    else:
        product = a.array @ b.array
    return Free(product, a.rows, b.columns) if a.rows or b.columns else product


def colon(left, right):
    """A : B, the sum of the entries of the entrywise product."""
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Unit) and not one.row and isinstance(other, Free):
            return matmul(transposed(one), other)
    a, b = together(left, right)
    if isinstance(a, Eye | Free):
        raise Unreadable("a colon product whose size nothing tells")
    return np.sum(a * b).reshape(1, 1)


def solid(value):
    """A value that needs no context, or NotConforming."""
    if isinstance(value, np.ndarray):
        return value
    if isinstance(value, Unit) and isinstance(value.factor, Unit) and value.length and value.factor.length:
        return fitted(value, (value.length, value.factor.length))
    if isinstance(value, Unit) and isinstance(value.factor, np.ndarray) and value.length:
        return fitted(
            value, (value.factor.shape[0], value.length) if value.row else (value.length, value.factor.shape[1])
        )
    if isinstance(value, Free) and value.array.shape == (1, 1) and value.rows and value.columns:
        return value.array
    raise Unreadable("a vector of ones or an identity whose size nothing tells")


# ── what a name means ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Definition:
    """What a name was defined to be: a formula (from NumPy text) or a tree (from the page), perhaps of parameters."""

    formula: object = None
    tree: object = None
    parameters: tuple = ()
    indices: tuple = ()
    """For D_{ij} = …: the spellings of its indices."""
    assignment: dict = field(default_factory=dict)
    """The reading under which the tree has a value, where the likeliest has none."""
    family: bool = False
    """Whether there is a matrix for each value of the indices: E_{ij} = e_i e_jᵀ."""


@dataclass
class Meaning:
    """All that the names of a text mean, apart from the numbers."""

    symbols: dict
    """Name to symbol formula, as declared."""
    varying: tuple
    definitions: dict = field(default_factory=dict)
    sizes: tuple = ()
    scope: object = None
    vary: dict = field(default_factory=dict)
    """Variable to ``"symmetric"`` or ``"diagonal"``, where its differential is restricted."""
    work: float = 0
    """How many parts were evaluated in this block."""
    allowed: float = np.inf
    """How many may be."""
    ranges: dict = field(default_factory=dict)
    """Index to the tree of how far it runs, where a sum of the text says so."""
    cancelled: float = 0.0
    """The largest term of a sum that came out much smaller than its terms: rounding is relative to it."""

    def known(self, name):
        """Whether a name stands for something."""
        return name in self.symbols or name in self.definitions or name in self.sizes


class Scene:
    """Numbers for the names at a point: their values, moved ones, and what follows from them."""

    def __init__(self, meaning, point, moved=None, assignment=None, seen=None, indices=None, scale=1.0, ranges=None):
        self.meaning, self.point = meaning, point
        self.moved = moved or {}
        """Name, or tree by identity, to the array that stands for it here."""
        self.assignment = {} if assignment is None else assignment
        self.seen = {} if seen is None else seen
        """Choices met: key to the texts of its options."""
        self.indices, self.ranges = indices or {}, ranges or {}
        """Where each bound index stands, from 0, and how far it runs."""
        self.scale = scale
        """The factor of every differential, for orders of smallness."""
        self.values, self.known = {}, None

    def where(self, moved=None, indices=None, scale=None, ranges=None):
        """The same scene with some names moved further, or some indices bound."""
        return type(self)(
            self.meaning,
            self.point,
            {**self.moved, **(moved or {})},
            self.assignment,
            self.seen,
            {**self.indices, **(indices or {})},
            self.scale if scale is None else scale,
            {**self.ranges, **(ranges or {})},
        )

    def number(self, value):
        """A number of the page."""
        return np.array([[float(value)]])

    def read_as(self, assignment):
        """The same scene with some readings decided, unless they are decided already."""
        self.assignment = {**assignment, **self.assignment} if assignment else self.assignment
        return self

    def choose(self, key, options):
        """Which of several readings is tried now; `options` are texts, the likeliest first."""
        self.seen.setdefault(key, options)
        return self.assignment.get(key, 0)

    # ── names ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def value(self, name):
        """The value of a name here."""
        if name in self.moved:
            return self.moved[name]
        if name not in self.values:
            self.values[name] = self._find(name)
        return self.values[name]

    def _find(self, name):
        meaning = self.meaning
        if name in meaning.definitions:
            definition = meaning.definitions[name]
            if definition.formula is not None:
                return self._of_formula(definition.formula)
            if definition.indices and not definition.family:
                return _table(definition, self)
            if definition.tree is None:
                raise Unreadable(f"{name} has no value")
            return evaluate(definition.tree, self.where({}).read_as(definition.assignment))
        if name in meaning.symbols:
            return self.point.values[meaning.symbols[name]]
        if name in meaning.sizes:
            return np.array([[float(self.point.sizes[name])]])
        raise Unreadable(f"{name} is not declared")

    def _of_formula(self, formula):
        if self.known is None:
            self.known = {symbol: self.value(name) for name, symbol in self.meaning.symbols.items()}
            for name, definition in self.meaning.definitions.items():
                if name in self.moved and definition.formula is not None:
                    held = self.meaning.scope.defined.get(name)
                    if held is not None:
                        self.known[held.formula] = self.moved[name]
        for inner in ordered([formula], lambda f: [a for a in f.args if a not in self.known]):
            if inner not in self.known:
                parts = [self.known[argument] for argument in inner.args]
                self.known[inner] = self.row_value(inner, parts)
        return self.known[formula]

    def row_value(self, formula, parts):
        """The value of an operation of the table, given those of its arguments."""
        if formula.operation == "inverse":
            _regular(parts[0])
        return ROWS[formula.operation].value(formula, self.point.sizes, *parts)

    # ── derivatives ───────────────────────────────────────────────────────────────────────────────────────────────

    def directions(self):
        """The direction in which each variable moves."""
        return {s.data[0]: self.scale * move for s, move in self.point.directions}

    def along(self, moves, function, nested=False):
        """The derivative of `function(scene)` when each name in `moves` moves along its array."""
        at = {name: self.value(name) if isinstance(name, str) else self.moved[name] for name in moves}
        if not nested and not any(np.iscomplexobj(v) for v in self.moved.values()):
            scene = self.where({name: at[name] + 1j * STEP * move for name, move in moves.items()})
            return _imaginary(function(scene))

        def shifted(h):
            return function(self.where({name: at[name] + h * move for name, move in moves.items()}))

        wide, near = (_difference(shifted(h), shifted(-h), h) for h in (_DIFFERENCE, _DIFFERENCE / 2))
        return _extrapolated(wide, near)


def _imaginary(value):
    if isinstance(value, Eye):
        return Eye(np.imag(value.factor) / STEP)
    if isinstance(value, Unit):
        return Unit(value.index, _imaginary(value.factor), value.row, value.length)
    if isinstance(value, Several):
        return Several(tuple(map(_imaginary, value.terms)))
    if isinstance(value, Free):
        return Free(np.imag(value.array) / STEP, value.rows, value.columns)
    return np.imag(value) / STEP


def _difference(up, down, h):
    return scaled(np.array([[0.5 / h]]), plus(up, scaled(np.array([[-1.0]]), down)))


def _extrapolated(wide, near):
    return plus(scaled(np.array([[4 / 3]]), near), scaled(np.array([[-1 / 3]]), wide))


def _table(definition, scene):
    """The matrix of a definition by entries."""
    sizes = index_ranges(definition.tree, scene, definition.indices)
    shape = [sizes[i] for i in definition.indices]
    table = None
    for place in itertools.product(*(range(n) for n in shape)):
        bound = dict(zip(definition.indices, place, strict=True))
        entry = solid(evaluate(definition.tree, scene.where(indices=bound, ranges=sizes)))
        if len(shape) == 1 and entry.shape[1] == 1 and entry.shape != (1, 1):  # z_i = W x_i: a row for each i
            table = entry.T if table is None else np.concatenate([table, entry.T])
            continue
        table = np.zeros((*shape, 1)[:2], entry.dtype) if table is None else table.astype(np.result_type(table, entry))
        table[(*place, 0)[:2]] = entry.item()
    return table


# ── trees ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def spelled(tree):
    """The name that a tree spells as a whole: a name, a label, a subscripted or primed name; else None."""
    if tree.kind == "name":
        return tree.data
    if tree.kind in ("subscript", "label") and tree.data:
        return tree.data
    if tree.kind == "operator":
        return tree.data
    if tree.kind == "prime" and (inner := spelled(tree.args[0])):
        return inner + "p" * tree.data
    return None


def parts(tree):
    """Every tree under a tree, itself first."""
    found, stack = [], [tree]
    while stack:
        inner = stack.pop()
        found.append(inner)
        stack.extend(reversed([a for a in inner.args if hasattr(a, "kind")]))
        if inner.kind in BIG:
            stack.extend(t for bounds in inner.data for t in bounds[1:] if t is not None)
    return found


BIG = {"big sum", "big product", "big list"}
DERIVATIVES = {"differential", "derivative", "operate", "gradient", "direction"}


def has_derivative(tree, meaning):
    """Whether a derivative is taken in a tree or in what its names mean."""
    seen, stack = set(), [tree]
    while stack:
        for inner in parts(stack.pop()):
            if inner.kind in DERIVATIVES or (inner.kind == "prime" and not meaning.known(spelled(inner) or "")):
                return True
            name = spelled(inner)
            if name in meaning.definitions and name not in seen:
                seen.add(name)
                if meaning.definitions[name].tree is not None:
                    stack.append(meaning.definitions[name].tree)
    return False


def reached(trees, meaning):
    """The names in trees and in what these were defined to be: symbols, definitions and sizes, as they were given."""
    found, stack = set(), list(trees)
    while stack:
        for inner in parts(stack.pop()):
            name = spelled(inner)
            if name in found or name is None or not meaning.known(name):
                continue
            found.add(name)
            definition = meaning.definitions.get(name, Definition())
            if definition.tree is not None:
                stack.append(definition.tree)
            for formula in ordered([definition.formula]) if definition.formula is not None else ():
                if formula.operation in ("symbol", "named"):
                    found.add(formula.data[0] if formula.operation == "symbol" else formula.data)
    of_symbols = {
        n for name in found & set(meaning.symbols) for axis in meaning.symbols[name].shape for n in axis.names
    }
    names = dict.fromkeys((*meaning.symbols, *meaning.definitions, *meaning.sizes))
    return [name for name in names if name in found or name in of_symbols]


def free_indices(tree, scene):
    """The index letters of a tree that no sum binds, in order."""
    found = {}

    def visit(inner, bound):
        stack = [(inner, bound)]
        while stack:
            t, bound = stack.pop()
            if t.kind in BIG:
                bound = bound | {b[0] for b in t.data}
            letters = script_letters(t, scene.meaning)
            for letter in letters:
                taken = scene.meaning.known(letter) and letter not in scene.meaning.sizes
                if letter not in bound and letter not in scene.indices and not taken:
                    found[letter] = True
            inside = []
            for a in t.args:
                if hasattr(a, "kind"):
                    inside.append((a, bound))
                    big = _last_sum(a) if t.kind == "sum" else None
                    bound = bound | {b[0] for b in big.data} if big is not None else bound  # Σ_i a_i − b_i runs on
            stack.extend(reversed(inside))

    visit(tree, frozenset())
    return tuple(found)


def _is_place(below, meaning):
    """Whether ∂_j is the derivative by the entry j of the one variable."""
    plain = below.kind == "name" and below.data in "ijklmnpqrs" and len(meaning.varying) == 1
    return plain and below.data not in meaning.symbols and below.data not in meaning.definitions


def script_letters(tree, meaning):
    """The letters that are indices in the scripts of a tree: not those of a name, nor the size in I_n and K_{m,n}."""
    if tree.kind == "delta":
        return _letters(tree.args)
    if tree.kind == "operate" and _is_place(tree.args[0], meaning):
        return [tree.args[0].data]
    if tree.kind != "subscript" or not _is_indexed(tree, meaning) or tree.args[0].kind in ("operator", "one"):
        return []
    if tree.args[0].kind == "identity" and len(tree.args) != 3:  # I_n is no entry
        return []
    letters, base = _letters(tree.args[1:]), spelled(tree.args[0])
    if base in ("e", "K", "D") and not meaning.known(base):
        return [letter for letter in letters if letter not in meaning.sizes]  # e_n is the last one
    return letters


def _is_indexed(tree, meaning):
    """Whether the scripts of a tree are indices, and not a part of its name."""
    name = tree.data or ""
    definition = meaning.definitions.get(name)
    return not meaning.known(name) or (definition is not None and definition.family)


def is_family(tree, letters, scene):
    """Whether an expression with indices is a matrix for each of their values, and not a number."""
    try:
        ranges = {x: _whole(scene.meaning.ranges[x], scene) for x in letters if x in scene.meaning.ranges}
        with np.errstate(all="ignore"):
            value = evaluate(tree, scene.where(indices=dict.fromkeys(letters, 0), ranges=ranges))
    except (Unreadable, NotConforming, np.linalg.LinAlgError):
        units = [t for t in parts(tree) if t.kind == "subscript" and spelled(t.args[0]) == "e"]
        return len(units) > 1 and not scene.meaning.known("e")  # e_i e_jᵀ, whose size the place of use tells
    column = len(letters) == 1 and isinstance(value, np.ndarray) and value.shape[1] == 1
    return not (_is_scalar(value) or column)


def stated_ranges(lines):
    """How far each index runs by the sums of a text: index to tree; not where two sums differ."""
    found, keys = {}, {}
    for line in lines:
        for tree in (t for side in (line.left, line.right) for t in parts(side)) if hasattr(line, "left") else ():
            for letter, _, high in tree.data if tree.kind in BIG else ():
                if high is not None:
                    keys.setdefault(letter, set()).add(_key(high))
                    found[letter] = high
    return {letter: high for letter, high in found.items() if len(keys[letter]) == 1}


def _letters(trees):
    """The index letters in subscripts: ``ij`` is i and j."""
    letters = []
    for tree in trees:
        for inner in parts(tree):
            if inner.kind == "name":
                letters.append(inner.data)
    return letters


def index_ranges(tree, scene, wanted):
    """How far each index runs, from where it stands."""
    ranges = {}
    for inner in parts(tree):
        if inner.kind in BIG:
            for letter, _low, high in inner.data:
                if letter in wanted and high is not None:
                    ranges.setdefault(letter, round(solid(evaluate(high, scene)).item().real))
    for inner in parts(tree):
        if inner.kind != "subscript" or not _is_indexed(inner, scene.meaning) or scene.meaning.known(inner.data or ""):
            continue
        try:
            base = _base_array(inner.args[0], scene)
        except (Unreadable, NotConforming):
            continue
        letters = _letters(inner.args[1:])
        if len(letters) == 2:
            lengths = base.shape
        elif base.shape[1] == 1:
            lengths = base.shape[:1]
        else:
            lengths = (base.shape[_axis(inner, base, scene)],)
        for letter, length in zip(letters, lengths, strict=False):
            if letter in wanted:
                ranges.setdefault(letter, length)
    for inner in parts(tree):
        definition = scene.meaning.definitions.get(inner.data or "") if inner.kind == "subscript" else None
        if definition is not None and definition.family:
            missing = tuple(x for x in definition.indices if x in wanted and x not in ranges)
            ranges.update(index_ranges(definition.tree, scene, missing) if missing else {})
        elif inner.kind == "operate" and _is_place(inner.args[0], scene.meaning):
            ranges.setdefault(inner.args[0].data, scene.value(scene.meaning.varying[0]).shape[0])
    for letter in wanted:
        if letter not in ranges and letter in scene.meaning.ranges:
            ranges[letter] = _whole(scene.meaning.ranges[letter], scene)
    missing = [letter for letter in wanted if letter not in ranges]
    if missing:
        raise Unreadable(f"how far the index {missing[0]} runs is not said")
    return ranges


def _base_array(tree, scene):
    """What an index picks from; x_i is a row of X where x is not declared and the matrix X is."""
    while tree.kind == "group":
        tree = tree.args[0]
    name = spelled(tree)
    if name is not None and not scene.meaning.known(name) and name not in scene.moved:
        upper = name.upper() if len(name) == 1 else name
        if upper in scene.meaning.symbols and scene.meaning.symbols[upper].data[1] == 2:
            return scene.value(upper)
    return solid(evaluate(tree, scene))


def _key(tree):
    """A text that is the same for trees that are written alike."""
    done, stack = {}, [(tree, False)]
    while stack:
        inner, finished = stack.pop()
        if finished:
            done[id(inner)] = (
                f"{inner.kind}:{inner.data!r}({','.join(done[id(a)] for a in inner.args if hasattr(a, 'kind'))})"
            )
        else:
            stack.append((inner, True))
            stack.extend((a, False) for a in inner.args if hasattr(a, "kind"))
    return done[id(tree)]


def evaluate(tree, scene):
    """What a tree is worth in a scene: an array, or a value whose size the context gives."""
    scene.meaning.work += 1
    if scene.meaning.work > scene.meaning.allowed:
        raise Unreadable("it takes too long to execute")
    for key, array in scene.moved.items():
        if key is tree:
            return array
    rule = _RULES.get(tree.kind)
    if tree.kind in ("dots", "nothing"):
        raise Unreadable("what the dots stand for is not plain" if tree.kind == "dots" else "a part is missing")
    if tree.kind == "text":
        raise Unreadable(f"the words '{tree.data}' stand for something; say what with names=")
    if rule is None:
        raise Unreadable(f"'{tree.kind}' is not executed")
    return rule(tree, scene)


def _number(tree, scene):
    return scene.number(tree.data)


def _name(tree, scene):
    name = spelled(tree)
    if name is not None and (name in scene.moved or scene.meaning.known(name)):
        return scene.value(name)
    if name in scene.indices:
        return np.array([[scene.indices[name] + 1.0]])
    if name and name[0] == "d" and scene.meaning.known(name[1:]):  # a spelling mapped to a differential
        return _differential(type(tree)("differential", (type(tree)("name", (), name[1:]),), 1), scene)
    if name in _CONSTANTS:
        return np.array([[_CONSTANTS[name]]])
    raise Unreadable(f"{name} is not declared")


_CONSTANTS = {"pi": np.pi, "e": np.e, "i": 1j}


def _labelled(tree, scene):
    """A name with a bracketed label, or a power that looks like one."""
    name = spelled(tree)
    if name and (name in scene.moved or scene.meaning.known(name)):
        return scene.value(name)
    raise Unreadable(f"{name} is not declared")


def _subscript(tree, scene):
    name = spelled(tree)
    if name and (name in scene.moved or scene.meaning.known(name)):
        return scene.value(name)
    base, inner = tree.args[0], tree.args[1:]
    if base.kind == "identity" and len(inner) == 2:  # I_ij
        return _delta(type(tree)("delta", inner), scene)
    if base.kind == "identity" or (base.kind == "name" and base.data == "I" and not scene.meaning.known("I")):
        return np.eye(*_allowed(*2 * [_whole(inner[0], scene)]))
    if base.kind == "one":
        return np.ones(_allowed(_whole(inner[0], scene), 1))
    if base.kind == "name" and base.data == "e" and not scene.meaning.known("e"):
        length = scene.ranges.get(inner[0].data) if inner[0].kind == "name" else None
        return Unit(_place(inner[0], scene), np.ones((1, 1)), length=length)
    if base.kind == "name" and base.data in ("K", "D") and not scene.meaning.known(base.data):
        return _structure(base.data, [_whole(t, scene) for t in inner], tree, scene)
    if any(_range(t, scene, 1) for t in inner):
        return _part(_base_array(base, scene), inner, scene)
    places = [_place(t, scene) for t in inner]
    if base.kind == "derivative" and len(places) == 2:
        return _entry(solid(evaluate(base, scene)), places)
    array = _base_array(base, scene)
    if len(places) == 2 or array.shape[1] == 1:
        return _entry(array, places)
    axis = _axis(tree, array, scene)
    if not 0 <= places[0] < array.shape[axis]:
        raise NotConforming(f"index {places[0] + 1} of {shape_of(array)}")
    return array[places[0], :][:, None] if axis == 0 else array[:, places[0]][:, None]


def _structure(letter, sizes, tree, scene):
    """K_{m,n}, which transposes in a vec, and D_n, which puts a vector on a diagonal or a half on the whole."""
    _allowed(*sizes, *sizes)
    if letter == "K" and len(sizes) == 2:
        places = np.arange(sizes[0] * sizes[1]).reshape(sizes).T.ravel()
        by_rows = np.eye(places.size)[places]  # vec_row(Aᵀ) = K vec_row(A), for A of m×n
        option = scene.choose(("K", tree.start), ("K for vec of rows", "K for vec of columns"))
        return by_rows.T if option else by_rows
    if letter == "D" and len(sizes) == 1:
        (n,) = sizes
        pairs = [(i, j) for j in range(n) for i in range(j, n)]
        if scene.choose(("D", tree.start), ("D v = vec Diag v", "D vech S = vec S")) == 0:
            return np.eye(n * n)[:, :: n + 1]
        unit = np.zeros((n * n, len(pairs)))
        for k, (i, j) in enumerate(pairs):
            unit[[j * n + i, i * n + j], k] = 1.0
        return unit
    raise Unreadable(f"{letter} is not declared")


def _range(tree, scene, length):
    """A range of indices 2:n or : as a slice, or None for one index."""
    while tree.kind == "group":
        tree = tree.args[0]
    if tree.kind == "dots":
        return slice(0, length)
    first = tree.args[0] if tree.kind == "sum" and tree.data[0] == 1 else tree
    if first.kind != "product" or len(first.args) < 3 or first.args[1].kind != "dots":
        return None
    rest = first.args[2] if len(first.args) == 3 else type(tree)("product", first.args[2:], first.data[2:])
    stop = type(tree)("sum", (rest, *tree.args[1:]), tree.data) if first is not tree else rest
    return slice(_whole(first.args[0], scene) - 1, _whole(stop, scene))


def _part(array, indices, scene):
    """Rows and columns of an array by ranges: A_{1:k,:}, v_{2:n}."""
    indices = indices[0].args if len(indices) == 1 and indices[0].kind == "list" else indices
    slices = []
    for tree, length in zip(indices, array.shape, strict=False):
        found = _range(tree, scene, length)
        place = _place(tree, scene) if found is None else None
        found = found or slice(place, place + 1)
        if not 0 <= found.start < found.stop <= length:
            raise NotConforming(f"rows or columns {found.start + 1} to {found.stop} of {shape_of(array)}")
        slices.append(found)
    return array[tuple(slices)]


def _by_times(tree):
    r"""The two lengths in m \times n, where each may be a product."""
    if tree.kind != "product" or r"\times" not in tree.data:
        return (tree,)
    i = tree.data.index(r"\times") + 1
    halves = (tree.args[:i], tree.data[: i - 1]), (tree.args[i:], tree.data[i:])
    return tuple(args[0] if len(args) == 1 else type(tree)("product", args, signs) for args, signs in halves)


def _shaped(function, argument, scene):
    """reshape_{m×n}(v) and place_{I,J}^{m×n}(A); None for any other function."""
    shape = ranges = None
    while function.kind in ("subscript", "power"):
        shape, ranges = (function.args[1], ranges) if function.kind == "power" else (shape, function.args[1:])
        function = function.args[0]
    if function.kind != "operator" or function.data not in ("reshape", "place") or ranges is None:
        return None
    value = evaluate(argument, scene)
    shape = ranges[0] if function.data == "reshape" else shape
    if shape is None:
        raise Unreadable("the shape of the whole in which it is placed is not said")
    lengths = (*(_whole(t, scene) for t in _by_times(shape)), 1)[:2]
    if function.data == "reshape":
        value = solid(_sized(value, argument, scene))
        if lengths[0] * lengths[1] != value.size:
            raise NotConforming(f"{shape_of(value)} as {lengths[0]}×{lengths[1]}")
        return value.reshape(lengths)
    whole = np.zeros(_allowed(*lengths), complex)
    target = _part(whole, ranges, scene)
    target[:] = fitted(value, target.shape)
    return whole if np.any(whole.imag) else whole.real


def _axis(tree, array, scene):
    """Whether one index of a matrix means a row (0) or a column (1): by how far the index runs, else by choice."""
    letters = _letters(tree.args[1:])
    length = scene.ranges.get(letters[0]) if letters else None
    if length in array.shape and array.shape[0] != array.shape[1]:
        return array.shape.index(length)
    return scene.choose(("row or column", _key(tree)), ("a row", "a column"))


def _entry(array, places):
    row, column = (*places, 0)[:2]
    if not (0 <= row < array.shape[0] and 0 <= column < array.shape[1]):
        raise NotConforming(f"entry {row + 1}, {column + 1} of {shape_of(array)}")
    return array[row, column].reshape(1, 1)


def _place(tree, scene):
    """An index as a number counted from 0."""
    if tree.kind == "name" and tree.data in scene.indices:
        return scene.indices[tree.data]
    if tree.kind == "number":
        return int(tree.data) - 1
    if tree.kind == "name" and tree.data in scene.meaning.sizes:
        return _whole(tree, scene) - 1
    if tree.kind in ("sum", "product", "group"):
        return _whole(tree, scene) - 1
    raise Unreadable(f"the index {getattr(tree, 'data', '') or tree.kind} is bound by nothing")


def _sum(tree, scene):
    operator = tree.args[0]
    if operator.kind in ("operate", "gradient") and tree.data[0] == 1:  # ∇_x xᵀSx − yᵀx, of all that follows
        body = operator.args[1 if operator.kind == "operate" else 0]
        whole = body.kind in ("product", "power", "norm", "apply", "colon")
        if whole and scene.choose(("reach", tree.start), ("", "the derivative of the whole sum")):
            return evaluate(_of(operator, type(tree)("sum", (body, *tree.args[1:]), tree.data)), scene)
    terms = list(zip(tree.data, tree.args, strict=True))
    result, largest = None, 0.0
    i = 0
    while i < len(terms):
        sign, term = terms[i]
        body = _sum_that_runs_on(term, [t for _, t in terms[i + 1 :]], scene)
        if body:  # the sum binds an index of the terms after it: they belong to it
            rest = type(tree)(
                "sum",
                (_last_sum(term).args[0], *[t for _, t in terms[i + 1 :]]),
                (1, *[s for s, _ in terms[i + 1 :]]),
            )
            if term.kind == "product":
                big = type(tree)("big sum", (rest,), term.args[-1].data)
                term = type(tree)("product", (*term.args[:-1], big), term.data, term.start, term.stop)
            else:
                term = type(tree)("big sum", (rest,), term.data, term.start, term.stop)
            terms = terms[: i + 1]
        value = scaled(np.array([[float(sign)]]), evaluate(term, scene))
        largest = max(largest, _size(value))
        result = value if result is None else _plus(result, value)
        i += 1
    if _size(result) < 1e-3 * largest:
        scene.meaning.cancelled = max(scene.meaning.cancelled, largest)
    return result


def _size(value):
    """The largest entry of an array of numbers, 0 for anything else."""
    numbers = isinstance(value, np.ndarray) and not is_exact(value)
    return float(np.max(np.abs(value), initial=0.0)) if numbers else 0.0


def _plus(left, right):
    if _is_zero(left):
        return right
    return left if _is_zero(right) else plus(left, right)


def _is_zero(value):
    return _is_scalar(value) and value.item() == 0


def _sum_that_runs_on(term, rest, scene):
    big = _last_sum(term)
    if big is None or not rest:
        return False
    bound = {b[0] for b in big.data}
    return any(letter in bound for t in rest for letter in free_indices(t, scene))


def _last_sum(term):
    """The Σ that a term ends in, or None."""
    last = term.args[-1] if term.kind == "product" else term
    return last if last.kind == "big sum" else None


def _product(tree, scene):
    """Factors from left to right; what conforms decides between a product, a function applied, and an entrywise one."""
    values, signs = [], [""]
    i = 0
    args = tree.args
    while i < len(args):
        factor = args[i]
        if i + 1 < len(args) and _is_derivative_of_a_constant(factor, scene):  # ∇ c ‖x‖² is ∇ (c ‖x‖²)
            whole = type(tree)("product", (factor.args[0], *args[i + 1 :]), tree.data[i:])
            values.append(evaluate(_of(factor, whole), scene))
            break
        if (left := _open_kronecker(factor)) is not None and i + 1 < len(args):
            rest = args[i + 1] if i + 2 == len(args) else type(tree)("product", args[i + 1 :], tree.data[i + 1 :])
            values.append(_kronecker_adjoint(*left, solid(evaluate(rest, scene)), scene))
            break
        applied = i + 1 < len(args) and tree.data[i] == "" and args[i + 1].kind == "group"
        if applied and factor.kind == "imaginary" and _is_function(factor.args[0], scene):
            values.append(np.imag(solid(_call(factor.args[0], args[i + 1], scene))))
            i += 2
            if i < len(args):
                signs.append(tree.data[i - 1])
            continue
        if applied and factor.kind == "differential" and _is_at_point(factor.args[0], scene):
            at_point = type(tree)("direction", (factor.args[0].args[0], args[i + 1].args[0]), None, factor.start)
            values.append(_direction(at_point, scene))  # df_X(H)
            i += 2
            if i < len(args):
                signs.append(tree.data[i - 1])
            continue
        slope = _slope_word(factor, args[i + 1], scene) if applied and factor.kind == "prime" else None
        if slope and not scene.meaning.known(spelled(factor) or ""):
            values.append(_slope(slope, evaluate(args[i + 1], scene)))
            i += 2
        elif applied and factor.kind == "prime" and _is_primed_function(factor, scene):
            values.append(_primed_call(factor, args[i + 1], scene))
            i += 2
        elif applied and _is_function(factor, scene):
            values.append(_call(factor, args[i + 1], scene))
            i += 2
        else:
            values.append(evaluate(factor, scene))
            i += 1
        if i < len(args):
            signs.append(tree.data[i - 1])
    result = values[0]
    for place, (sign, value) in enumerate(zip(signs[1:], values[1:], strict=True)):
        result = _times(result, value, sign, (tree, place), scene)
    return result


def _is_derivative_of_a_constant(tree, scene):
    """Whether a factor is d ½, or ∇_x c with a constant c: what follows it belongs to it."""
    if tree.kind not in ("gradient", "differential") or tree.args[0].kind in ("group", "nothing"):
        return False
    if tree.kind == "differential":  # dA is 0 where A does not vary
        return not any(spelled(inner) or inner.kind == "text" for inner in parts(tree.args[0]))
    variables = {spelled(tree.args[1])} if len(tree.args) > 1 else set(scene.meaning.varying)
    names = {spelled(inner) for inner in parts(tree.args[0])} - {None}
    known = all(map(scene.meaning.known, names))
    return known and not variables & {*names, *reached((tree.args[0],), scene.meaning)}


def _of(operator, body):
    """A derivative operator of another body."""
    args = list(operator.args)
    args[1 if operator.kind == "operate" else 0] = body
    return type(body)(operator.kind, tuple(args), operator.data, operator.start, body.stop)


def _reaching(tree, scene):
    """∂/∂x a ⊗ b, where the operator stands before all that is multiplied, if it is read so; else None."""
    operator = tree.args[0]
    if operator.kind not in ("operate", "gradient") or operator.data == 2:
        return None
    if not scene.choose(("reach", tree.start), ("", "the derivative of all that is multiplied")):
        return None
    first = operator.args[1 if operator.kind == "operate" else 0]
    return evaluate(_of(operator, type(tree)(tree.kind, (first, *tree.args[1:]), tree.data)), scene)


def _times(left, right, sign, key, scene):
    if sign == "/":
        return matmul(left, _reciprocal(right))
    same = (
        isinstance(left, np.ndarray)
        and isinstance(right, np.ndarray)
        and left.shape == right.shape
        and left.shape != (1, 1)
    )
    if same and sign in (r"\cdot", "*") and left.shape[1] == 1 and not scene.assignment.get("strict"):
        option = scene.choose(("dot", key[0].start, key[1]), ("an inner product", "an entrywise product"))
        return np.sum(left * right).reshape(1, 1) if option == 0 else left * right
    try:
        return matmul(left, right)
    except NotConforming:
        row_by_row = _row_reading(left, right, key, scene)
        if row_by_row is not None:
            return row_by_row
        if same and left.shape[1] == 1 and not scene.assignment.get("strict"):
            texts = ("an entrywise product", "an inner product")
            if scene.choose(("vectors", key[0].start, key[1]), texts) == 0:
                return left * right
            return np.sum(left * right).reshape(1, 1)
        raise


def _row_reading(left, right, key, scene):
    """A derivative by a vector in a chain may stand as a row."""
    if isinstance(left, _Gradient) and isinstance(right, np.ndarray) and left.shape[0] == right.shape[0]:
        return (left.T @ right).view(np.ndarray).T.view(_Gradient)
    return None


class _Gradient(np.ndarray):
    """A scalar by a vector: a column that may be read as a row in a chain."""


def _reciprocal(value):
    if isinstance(value, Unit | Several):
        raise NotConforming(f"a division by {shape_of(value)}")
    if isinstance(value, Eye):
        return Eye(1 / value.factor)
    if isinstance(value, Free):
        return Free(1 / value.array, value.rows, value.columns)
    return 1 / value if value.shape == (1, 1) else value**-1.0


def _is_function(tree, scene):
    """Whether a name before a bracket is a function: it was defined as one, or it depends on what moves."""
    name = spelled(tree)
    if name is None or name in scene.indices:
        return False
    if name in scene.meaning.definitions:
        return True
    return name in FUNCTIONS and not scene.meaning.known(name)


def _is_primed_function(tree, scene):
    """Whether f′ before a bracket is the derivative of a function of one number."""
    name = spelled(tree.args[0])
    return name in scene.meaning.definitions and not scene.meaning.known(spelled(tree) or "")


def _slope_word(tree, group, scene):
    """The elementwise function of which f′(z) is the slope; None for f = σ(A x) at x, where it is a Jacobian."""
    name, at = spelled(tree.args[0]) or "", spelled(group.args[0])
    word = _elementwise_argument(name, scene)
    if word is None or at is None or not scene.meaning.known(at) or not _depends(name, [at], scene):
        return word
    inner, here = _inner_argument(name, scene), scene.value(at)
    same = isinstance(inner, np.ndarray) and inner.shape == here.shape and np.allclose(inner, here, rtol=1e-12)
    return word if same else None


def _inner_argument(name, scene):
    """The value of what stands in the elementwise function that a name was defined with."""
    definition = scene.meaning.definitions[name]
    if definition.formula is not None:
        return scene._of_formula(definition.formula.args[0])
    return evaluate(definition.tree.args[1], scene)


def _primed_call(tree, group, scene):
    """f′(x), f″(x), f‴(x) of a function of one number; f′(x) and f″(x) of a function of an array."""
    at = solid(evaluate(group, scene))
    definition = scene.meaning.definitions[spelled(tree.args[0])]
    if at.shape != (1, 1) or not definition.parameters:
        return _primed_by_array(tree, group, at, definition, scene)
    letter = type(tree)("name", (), "the argument of f′")
    inside = type(tree)("group", (letter,), "(")

    def first(t):
        value = np.array([[t + 1j * STEP]])
        return np.imag(solid(_call(tree.args[0], inside, scene.where({"the argument of f′": value})))).item() / STEP

    t, h = np.real(at).item(), 1e-2
    if tree.data == 1:
        return np.array([[first(t)]])
    if tree.data == 2:
        wide, near = ((first(t + s) - first(t - s)) / (2 * s) for s in (h, h / 2))
    elif tree.data == 3:
        wide, near = ((first(t + s) - 2 * first(t) + first(t - s)) / s**2 for s in (h, h / 2))
    else:
        raise Unreadable("a derivative of an order above 3")
    return np.array([[(4 * near - wide) / 3]])


def _primed_by_array(tree, group, at, definition, scene):
    """The gradient, Jacobian or Hessian that f′(x) and f″(x) are, at an x that need not be the variable itself."""
    if tree.data > 2:
        raise Unreadable("a derivative of an order above 2 by an array")
    if definition.parameters:
        letter, above = definition.parameters[0], definition.tree
    else:
        name, above = spelled(tree.args[0]), tree.args[0]
        candidates = [spelled(group.args[0]), *scene.meaning.varying]
        moving = [n for n in candidates if n and _holds_array(n, at.shape, scene) and _depends(name, [n], scene)]
        if not moving:
            raise Unreadable(f"{name}′ at an argument of which it is no function")
        letter = moving[0]
    below = type(tree)("name", (), letter, group.start, group.stop)
    found = _partial(above, below, tree.data, scene.where({letter: at}), tree)
    as_row = isinstance(found, _Gradient) and scene.choose(("primed", tree.start), ("a column", "f′ as a row"))
    return found.T if as_row else found


def _holds_array(name, shape, scene):
    value = scene.value(name) if scene.meaning.known(name) or name in scene.moved else None
    return isinstance(value, np.ndarray) and value.shape == shape


def arguments(inner):
    """What stands in the bracket of a call; x_1, …, x_n are x."""
    found = []
    for part in inner.args if inner.kind == "list" else (inner,):
        body = part.args[0] if part.kind == "big list" else None
        entries = body is not None and body.kind == "subscript" and body.args[0].kind == "name"
        found.append(body.args[0] if entries else part)
    return tuple(found)


def best(tree):
    """(variable or None, body) of argmin and argmax, which reach as far as they can; else None."""
    terms, signs = (tree.args, tree.data) if tree.kind == "sum" else ((tree,), (1,))
    first = terms[0]
    if first.kind != "apply" or signs[0] != 1:
        return None
    word = first.args[0]
    variable = word.args[1] if word.kind == "subscript" else None
    word = word.args[0] if word.kind == "subscript" else word
    if word.kind != "operator" or word.data not in ("argmin", "argmax"):
        return None
    whole = (first.args[1], *terms[1:])
    return variable, whole[0] if len(whole) == 1 else type(tree)("sum", whole, signs, tree.start, tree.stop)


def _call(function, group, scene):
    """f(x), f(x, y): a defined name at an argument; where the argument is what it depends on, the name itself."""
    name = spelled(function)
    given = arguments(group.args[0])
    if name in FUNCTIONS and not scene.meaning.known(name):
        return _applied(name, evaluate(given[0], scene))
    definition = scene.meaning.definitions[name]
    if definition.parameters:
        moved = {p: evaluate(a, scene) for p, a in zip(definition.parameters, given, strict=False)}
        return evaluate(definition.tree, scene.where(moved))
    if len(given) == 1 and (sample := _of_sample(name, given[0], scene)) is not None:
        return sample
    names = [spelled(a) for a in given]
    if _elementwise_argument(name, scene) and _is_generic(name, scene):
        return _applied(_elementwise_argument(name, scene), evaluate(given[0], scene))
    if all(
        n is not None and not scene.meaning.known(n) and n not in scene.moved and n not in scene.indices for n in names
    ):
        return scene.value(name)  # p(a): a label in brackets
    if all(n is not None and (scene.meaning.known(n) or n in scene.moved) for n in names):
        if _depends(name, names, scene) or not _conforms_as_product(name, given, scene):
            return scene.value(name)
        return matmul(scene.value(name), evaluate(group, scene))
    value = scene.value(name)
    candidates = scene.meaning.varying or tuple(scene.meaning.symbols)
    changed = [v for v in candidates if _depends(name, [v], scene)]
    argument = evaluate(given[0], scene)
    moves = len(given) == len(changed) == 1 and isinstance(argument, np.ndarray)
    moves = moves and scene.value(changed[0]).shape == argument.shape
    function, option = _elementwise_argument(name, scene), 2
    if function:
        options = ("a product", "a function applied", *([f"{name} at another {changed[0]}"] if moves else []))
        option = scene.choose(("call", group.start, name), options)
        if option == 1 and isinstance(argument, np.ndarray):
            return _applied(function, argument)
    if moves and option == 2:
        return scene.where({changed[0]: argument}).value(name)
    return _times(value, argument, "", (group, 0), scene)


def _of_sample(name, tree, scene):
    """h(x_i), where h was defined for all rows x_i of X at once: the entry or the row of h for this one; or None."""
    if tree.kind != "subscript" or len(tree.args) != 2 or not _is_indexed(tree, scene.meaning):
        return None
    base = spelled(tree.args[0])
    base = base if base is None or scene.meaning.known(base) else base.upper()
    if base not in scene.meaning.symbols:
        return None
    samples, whole = scene.value(base), scene.value(name)
    per_row = isinstance(whole, np.ndarray) and samples.shape[1] > 1 and whole.shape[0] == samples.shape[0]
    if not per_row or not _depends(name, [base], scene):
        return None
    return whole[[_place(tree.args[1], scene)]].T


def _is_generic(name, scene):
    """Whether a name was defined as a function of a letter that stands for any number, as σ of ζ."""
    formula = scene.meaning.definitions[name].formula
    if formula is None or formula.args[0].operation != "symbol":
        return False
    return formula.args[0].data[0] not in scene.meaning.varying


def _conforms_as_product(name, arguments, scene):
    try:
        matmul(scene.value(name), evaluate(arguments[0], scene))
    except (NotConforming, Unreadable):
        return False
    return len(arguments) == 1


def _depends(name, names, scene):
    """Whether moving one of `names` moves `name`."""
    for other in names:
        try:
            here = scene.value(other)
            if not isinstance(here, np.ndarray):
                continue
            moved = scene.where({other: here + 1e-3 * np.ones(here.shape)}).value(name)
            if not np.allclose(solid(moved), solid(scene.value(name)), rtol=1e-12, atol=0):
                return True
        except (Unreadable, NotConforming, np.linalg.LinAlgError):
            continue
    return False


def _elementwise_argument(name, scene):
    """The elementwise function that a name was defined with, for φ in φ(z) or φ′."""
    definition = scene.meaning.definitions.get(name)
    if definition is None:
        return None
    if definition.formula is not None and definition.formula.operation == "elementwise":
        return definition.formula.data
    if definition.tree is not None and definition.tree.kind == "apply" and definition.tree.args[0].kind == "operator":
        return definition.tree.args[0].data
    return None


def _hadamard(tree, scene):
    if (whole := _reaching(tree, scene)) is not None:
        return whole
    ones = tree.args[0].kind == "one"  # 1 ⊘ A has the shape of A, a matrix too
    result = np.ones((1, 1)) if ones else evaluate(tree.args[0], scene)
    for sign, argument in zip(tree.data, tree.args[1:], strict=True):
        value = evaluate(argument, scene)
        if sign == r"\oslash":
            value = _reciprocal(value)
        if _is_scalar(result) or _is_scalar(value):
            result = matmul(result, value)
        elif sign == r"\circ":
            try:
                result = entrywise(result, value)
            except NotConforming:
                result = matmul(result, value)
        else:
            result = entrywise(result, value)
    return result


def _kronecker(tree, scene):
    result = _reaching(tree, scene)
    if result is not None:
        return result
    for argument in tree.args:
        value = evaluate(argument, scene)
        value = _sized(value, argument, scene)
        value = solid(value)
        _allowed(value.size, 1 if result is None else result.size)
        result = value if result is None else np.kron(result, value)
    return result


def _is_at_point(tree, scene):
    """Whether f_X is the known f at the known point X, and no name of its own."""
    known = scene.meaning.known
    return tree.kind == "subscript" and not known(tree.data or "") and all(known(spelled(a) or "") for a in tree.args)


def _open_kronecker(tree):
    """Of (A ⊗ ·)*, the adjoint of X ↦ A ⊗ X: A, and whether it stands on the left; else None."""
    if tree.kind != "label" or tree.args[0].kind != "group" or tree.args[0].args[0].kind != "kronecker":
        return None
    left, right = tree.args[0].args[0].args[:2]
    if spelled(right) == "·":
        return left, True
    return (right, False) if spelled(left) == "·" else None


def _kronecker_adjoint(held, on_the_left, whole, scene):
    held = solid(_sized(evaluate(held, scene), held, scene))
    rows, columns = held.shape
    if whole.shape[0] % rows or whole.shape[1] % columns:
        raise NotConforming(f"{shape_of(whole)} by blocks of {shape_of(held)}")
    inner = (whole.shape[0] // rows, whole.shape[1] // columns)
    if on_the_left:
        return np.einsum("ij,irjc->rc", held, whole.reshape(rows, inner[0], columns, inner[1]))
    return np.einsum("ij,ricj->rc", held, whole.reshape(inner[0], rows, inner[1], columns))


def _colon(tree, scene):
    """A : B; where a sum stands beside it without brackets, what conforms decides how far the colon reaches."""
    left, right = evaluate(tree.args[0], scene), evaluate(tree.args[1], scene)
    if isinstance(left, Free | Eye) and isinstance(right, Free | Eye):
        right = _sized(right, tree, scene)
    return colon(left, right)


def _inner(tree, scene):
    return colon(evaluate(tree.args[0], scene), evaluate(tree.args[1], scene))


def _group(tree, scene):
    return evaluate(tree.args[0], scene)


def _fraction(tree, scene):
    above, below = evaluate(tree.args[0], scene), evaluate(tree.args[1], scene)
    if _is_scalar(below):
        return scaled(1 / below, above)
    if isinstance(below, Eye):
        raise NotConforming("a division by a matrix")
    return entrywise(above, _reciprocal(below)) if not _is_scalar(above) else scaled(above, _reciprocal(below))


def _elementwise_power(tree, scene):
    base, exponent = evaluate(tree.args[0], scene), solid(evaluate(tree.args[1], scene))
    if exponent.shape != (1, 1):
        a, b = together(base, exponent)
        return _in_domain(solid(a)) ** b
    power = exponent.item()
    whole = abs(np.real(power) - round(np.real(power))) < 1e-12
    power = round(np.real(power)) if whole and np.real(power) >= 0 else power
    return Free(base.array**power, base.rows, base.columns) if isinstance(base, Free) else solid(base) ** power


def _indicator(tree, scene):
    left, right = evaluate(tree.args[0], scene), evaluate(tree.args[1], scene)
    apart = plus(left, scaled(np.array([[-1.0]]), right))
    if isinstance(apart, Free):  # [1 > 0]
        inner = type(tree)("indicator", (type(tree)("name", (), "left"), type(tree)("number", (), 0)), tree.data)
        return Free(_indicator(inner, scene.where({"left": apart.array})), apart.rows, apart.columns)
    apart = solid(apart)
    if tree.data in ("<", ">", "≤", "≥"):
        apart = apart if tree.data in (">", "≥") else -apart
        return _applied("positive" if tree.data in ("<", ">") else "nonnegative", apart)
    if tree.data not in ("=", "≡", "≠") or is_exact(apart):
        raise Unreadable(f"the condition '{tree.data}'")
    near = np.abs(apart.real) < 1e-12
    return (~near if tree.data == "≠" else near) * 1.0


def _root(tree, scene):
    return np.sqrt(_in_domain(solid(evaluate(tree.args[0], scene))))


def _norm(tree, scene):
    value = solid(evaluate(tree.args[0], scene))
    if tree.data == "1":
        return np.sum(_applied("abs", value)).reshape(1, 1)
    return np.sqrt(np.sum(value * value)).reshape(1, 1)


def _bars(tree, scene):
    value = solid(evaluate(tree.args[0], scene))
    if value.shape == (1, 1):
        return _applied("abs", value)
    if value.shape[1] == 1:
        option = scene.choose(("bars", tree.start), ("a norm", "absolute values"))
        return _applied("abs", value) if option else np.sqrt(np.sum(value * value)).reshape(1, 1)
    square = value.shape[0] == value.shape[1]
    if square and not scene.choose(("bars", tree.start), ("the determinant", "a norm")):
        return np.linalg.det(value).reshape(1, 1)
    if square:
        return np.sqrt(np.sum(value * value)).reshape(1, 1)
    raise NotConforming(f"bars around {shape_of(value)}")


def _power(tree, scene):
    base, exponent = tree.args
    value = evaluate(base, scene)
    number = solid(evaluate(exponent, scene))
    if number.shape != (1, 1):
        if _is_scalar(value):
            return value**number
        raise NotConforming(f"a power with the exponent {shape_of(number)}")
    power = number.item()
    whole = abs(np.real(power) - round(np.real(power))) < 1e-12 and not np.iscomplexobj(number)
    if isinstance(value, Eye):
        return Eye(value.factor**power)
    if isinstance(value, Free):
        return Free(value.array**power, value.rows, value.columns)
    value = solid(value)
    if value.shape != (1, 1) and value.shape[0] == value.shape[1] and whole:
        option = scene.choose(("power", tree.start), ("a matrix power", "a power of each entry"))
        if option == 0:
            return np.linalg.matrix_power(value, round(np.real(power)))
    square = value.shape != (1, 1) and value.shape[0] == value.shape[1]
    readings = ("a matrix power", "a power of each entry")
    if square and not (whole or np.iscomplexobj(number)) and scene.choose(("power", tree.start), readings) == 0:
        return _of_matrix(value, lambda size: size**power, lambda size: power * size ** (power - 1))
    if value.shape != (1, 1) and value.shape[0] != value.shape[1] and value.shape[1] != 1 and whole:
        scene.choose(("power", tree.start), ("a power of each entry",))
    if whole and np.real(power) >= 0:
        return value ** round(np.real(power))
    return 1 / value ** round(-np.real(power)) if whole else _in_domain(value) ** power


def _of_matrix(value, function, slope, positive=True):
    """A function of a matrix with real eigenvalues, by its eigenvectors, with how it moves where it moves.

    A real power, a root and a logarithm want them positive.
    """
    size, vectors = np.linalg.eig(_regular(value.real))
    if np.any(np.abs(size.imag) > 1e-9) or (positive and np.any(size.real <= 0)):
        raise np.linalg.LinAlgError("a function of a matrix whose eigenvalues are not positive")
    size, vectors = size.real, vectors.real
    back = np.linalg.inv(_regular(vectors))
    result = (vectors * function(size)) @ back
    if not np.iscomplexobj(value):
        return result
    gaps = np.subtract.outer(size, size)
    flat = np.abs(gaps) < 1e-7
    slopes = np.where(flat, slope(size), np.subtract.outer(function(size), function(size)) / (gaps + flat))
    return result + 1j * (vectors @ (slopes * (back @ value.imag @ vectors)) @ back)


_OF_MATRICES = {
    "log": (np.log, lambda size: 1 / size),
    "exp": (np.exp, np.exp),
    "sqrt": (np.sqrt, lambda size: 0.5 / np.sqrt(size)),
}
"""Functions that under a trace or a determinant are of the whole matrix: tr log Y, with their slopes."""


def _matrix_function(tree, scene):
    """The value of log Y, exp Y or √Y of a square matrix, if it is read as the function of the whole; else None."""
    while tree.kind == "group":
        tree = tree.args[0]
    word = "sqrt" if tree.kind == "root" else spelled(tree.args[0]) if tree.kind == "apply" else None
    if word not in _OF_MATRICES or scene.meaning.known(word):
        return None
    value = evaluate(tree.args[-1], scene)
    square = isinstance(value, np.ndarray) and value.shape[0] == value.shape[1] > 1
    if not square or is_exact(value):
        return None
    if scene.choose(("of the matrix", tree.start), ("of the whole matrix", "of each entry")):
        return None
    return _of_matrix(value, *_OF_MATRICES[word], positive=word != "exp")


def _transpose(tree, scene):
    return transposed(evaluate(tree.args[0], scene))


def _inverse(tree, scene):
    value = evaluate(tree.args[0], scene)
    if isinstance(value, Eye | Free) or _is_scalar(value):
        return _reciprocal(value)
    value = solid(value)
    if value.shape[0] != value.shape[1]:
        if value.shape[1] == 1:
            return value**-1.0
        raise NotConforming(f"an inverse of {shape_of(value)}")
    return np.linalg.inv(_regular(value))


def _regular(value):
    """A matrix that is well enough conditioned; elsewhere another point is drawn."""
    if not is_exact(value) and (not np.all(np.isfinite(value)) or np.linalg.cond(value) > 1e8):
        raise np.linalg.LinAlgError("a singular matrix")
    return value


def _inverse_transpose(tree, scene):
    return transposed(_inverse(tree, scene))


def _prime(tree, scene):
    """s′: a name of its own, the slope of the function that s is, or a transpose."""
    name, inner = spelled(tree), tree.args[0]
    if name and (name in scene.moved or scene.meaning.known(name)):
        return scene.value(name)
    base = spelled(inner)
    function = _elementwise_argument(base, scene) if base else None
    if function:
        return _slope(function, _inner_argument(base, scene))
    return transposed(evaluate(inner, scene))


def is_exact(value):
    """Whether a value is of letters, as `proving` has it, and not of floating-point numbers."""
    return isinstance(value, np.ndarray) and value.dtype.hasobject


def _slope(function, argument):
    """f′ of each entry, by a complex step (a difference where the argument already moves)."""
    argument = solid(argument)
    if is_exact(argument):
        from derivations.letters import slope

        return slope(function, argument)
    if np.iscomplexobj(argument):
        h = 1e-3
        wide, near = (
            (_applied(function, argument + s) - _applied(function, argument - s)) / (2 * s) for s in (h, h / 2)
        )
        return (4 * near - wide) / 3
    return np.imag(_applied(function, argument + 1j * STEP)) / STEP


WORDS = {"vecrow": "vec row", "ln": "log", "Tr": "tr", "trace": "tr", "sig": "sigmoid", "arctan": "arctan"}


def _in_domain(value):
    """The argument of a logarithm or a root, at a point where it is positive; elsewhere another point is drawn."""
    if not is_exact(value) and not np.all(np.real(value) > 0):
        raise np.linalg.LinAlgError("a logarithm or a root of something that is not positive")
    return value


ELEMENTWISE = {
    "sec": lambda z: 1 / np.cos(z), "csc": lambda z: 1 / np.sin(z), "cot": lambda z: 1 / np.tan(z),
    "sech": lambda z: 1 / np.cosh(z), "csch": lambda z: 1 / np.sinh(z), "coth": lambda z: 1 / np.tanh(z),
    "arcsin": np.arcsin, "arccos": np.arccos, "artanh": np.arctanh, "logit": lambda z: np.log(z / (1 - z)),
}  # fmt: skip
"""Elementwise functions that a page may use and `derive` does not know."""


def _extreme(word, tree, scene):
    """max(0, z), entry by entry; max of one array, its greatest entry."""
    inner = tree.args[0] if tree.kind == "group" else tree
    values = [solid(evaluate(part, here)) for part, here in _items(inner.args, scene)] if inner.kind == "list" else []
    sign = 1 if word == "max" else -1
    if not values:
        value = solid(evaluate(inner, scene)).reshape(-1, 1)
        return value[[np.argmax(sign * value.real)]]
    result = values[0]
    for value in values[1:]:
        if (1, 1) not in (result.shape, value.shape) and result.shape != value.shape:
            raise NotConforming(f"{word} of {shape_of(result)} and {shape_of(value)}")
        result = np.where(sign * value.real > sign * result.real, value, result)
    return result


def _applied(word, value):
    """A function word applied to a value."""
    word = WORDS.get(word, word)
    if is_exact(value):
        from derivations.letters import applied

        exact = applied(word, value)
        if exact is not None:
            return exact
    if word in ELEMENTWISE:
        if isinstance(value, Free):
            return Free(ELEMENTWISE[word](value.array), value.rows, value.columns)
        return ELEMENTWISE[word](solid(value))
    if word in ("log", "sqrt"):
        _in_domain(value.array if isinstance(value, Free) else solid(value))
    if isinstance(value, Free) and word in FUNCTIONS:
        return Free(FUNCTIONS[word].value(value.array), value.rows, value.columns)
    if word in FUNCTIONS:
        return FUNCTIONS[word].value(solid(value))
    if word == "log det":
        return np.log(_in_domain(np.linalg.det(solid(value)))).reshape(1, 1)
    value = solid(value)
    if word == "sqrt":
        return np.sqrt(value)
    if (
        word in ("tr", "det", "adj", "diag", "diagvec")
        and value.shape[0] != value.shape[1]
        and not (word == "diag" and 1 in value.shape)
    ):
        raise NotConforming(f"{word} of {shape_of(value)}")
    if word == "tr":
        return np.trace(value).reshape(1, 1)
    if word == "det":
        return np.linalg.det(value).reshape(1, 1)
    if word == "adj":
        return np.linalg.det(value) * np.linalg.inv(value)
    if word in ("Diag", "diag") and 1 in value.shape:
        return np.diag(value.ravel())
    if word in ("diag", "diagvec", "Diag"):
        return np.diag(value)[:, None]
    if word == "vec row":
        return value.reshape(-1, 1)
    if word == "vec":
        return value.T.reshape(-1, 1)
    if word in ("softmax", "softmaxrow", "softmaxcolumn"):
        axis = {"softmaxrow": 1, "softmaxcolumn": 0}.get(word, 0 if value.shape[1] == 1 else 1)
        e = np.exp(value - np.max(value.real, axis=axis, keepdims=True))
        return e / e.sum(axis=axis, keepdims=True)
    if word in ("logsumexprow", "logsumexpcolumn"):
        axis = int(word == "logsumexprow")
        top = np.max(value.real, axis=axis, keepdims=True)
        return top + np.log(np.sum(np.exp(value - top), axis=axis, keepdims=True))
    if word == "logsumexp":
        top = np.max(value.real)
        return (top + np.log(np.sum(np.exp(value - top)))).reshape(1, 1)
    if word == "sum":
        return np.sum(value).reshape(1, 1)
    if word == "mean":
        return np.mean(value).reshape(1, 1)
    if word == "sym":
        return (value + value.T) / 2
    if word == "skew":
        return (value - value.T) / 2
    if word == "norm":
        return np.sqrt(np.sum(value * value)).reshape(1, 1)
    if word == "inv":
        return np.linalg.inv(value)
    if word == "logdet":
        return np.log(_in_domain(np.linalg.det(value))).reshape(1, 1)
    if word == "rank":
        return np.array([[float(np.linalg.matrix_rank(value))]])
    raise Unreadable(f"the function {word} is not known here")


def _apply(tree, scene):
    function, argument = tree.args
    primes = 0
    while function.kind == "prime":
        primes, function = primes + function.data, function.args[0]
    name = spelled(function)
    if (
        name is not None
        and scene.meaning.known(name)
        and not (function.kind == "operator" and name not in scene.meaning.definitions)
    ):
        if primes:
            inner = _elementwise_argument(name, scene)
            if inner:
                return _slope(inner, evaluate(argument, scene))
            raise Unreadable(f"{name}′ at an argument")
        group = argument if argument.kind == "group" else type(argument)("group", (argument,), "(")
        return (
            _call(function, group, scene)
            if name in scene.meaning.definitions
            else matmul(scene.value(name), evaluate(argument, scene))
        )
    if (shaped := _shaped(function, argument, scene)) is not None:
        return shaped
    if function.kind == "apply":  # \log\det X
        return _apply(type(tree)("apply", (function.args[0], type(tree)("apply", (function.args[1], argument)))), scene)
    if name == "prod":
        inner = argument.args[0] if argument.kind == "group" else argument
        result = None
        for part in inner.args if inner.kind == "list" else (inner,):
            result = evaluate(part, scene) if result is None else _chained(result, part, scene)
        return result
    if name in ("max", "min"):
        return _extreme(name, argument, scene)
    whole = _matrix_function(argument, scene) if name in ("tr", "det") else None
    value = evaluate(argument, scene) if whole is None else whole
    if primes:
        return _slope(WORDS.get(name, name), value)
    if isinstance(value, Free) and name in ("diag", "Diag") and value.array.shape == (1, 1) and not value.columns:
        return Eye(value.array)  # Diag(c 1)
    if isinstance(value, Free) and name in ("diag", "diagvec", "tr", "det") and value.rows != value.columns:
        value = fitted(value, (max(value.array.shape),) * 2)
    if name in _OF_WHOLE_ARRAYS:
        value = _sized(value, argument, scene)
    return _applied(name, value)


_OF_WHOLE_ARRAYS = {
    "diag", "Diag", "tr", "det", "vec", "vecrow", "sum", "logsumexp", "logsumexprow", "logsumexpcolumn", "diagvec",
    "softmax", "softmaxrow", "softmaxcolumn",
}  # fmt: skip
"""Functions for which the size of the array matters, and not its entries alone."""


def _sized(value, tree, scene):
    """A value whose size nothing tells, of one of the declared sizes: the relation tells which."""
    if isinstance(value, np.ndarray) or not scene.meaning.sizes or (isinstance(value, Unit) and value.length):
        return value
    sizes = scene.meaning.sizes
    n = scene.point.sizes[sizes[scene.choose(("size", tree.start, _key(tree)), tuple(f"of size {s}" for s in sizes))]]
    rows, columns = (n, n) if isinstance(value, Eye | Several) else (1, 1)
    if isinstance(value, Free):
        rows, columns = (
            n if free and k == 1 else k for free, k in zip((value.rows, value.columns), value.array.shape, strict=True)
        )
    if isinstance(value, Unit):
        inner = value.factor.shape if isinstance(value.factor, np.ndarray) else (n, n)
        rows, columns = (inner[0], n) if value.row else (n, inner[1])
    return fitted(value, (rows, columns))


def _chained(left, tree, scene):
    """A gradient times the next derivative of a chain; by a matrix, the gradient of both with the first held."""
    below = tree.args[1] if tree.kind == "derivative" else None
    if below is not None and isinstance(left, np.ndarray) and left.shape[1] == 1:
        by = scene.value(spelled(below)) if spelled(below) and scene.meaning.known(spelled(below)) else None
        if isinstance(by, np.ndarray) and by.shape[1] != 1:
            held = type(tree)("colon", (type(tree)("name", (), "held"), type(tree)("group", (tree.args[0],), "(")))
            return _partial(held, below, 1, scene.where({"held": np.asarray(left)}), tree)
    return _chain_product(left, evaluate(tree, scene))


def _chain_product(left, right):
    try:
        return matmul(left, right)
    except NotConforming:
        return matmul(transposed(left), right)


def _differential(tree, scene):
    """D of what a name or an expression is: the directional derivative along the directions of the variables."""
    inner, order = tree.args[0], tree.data or 1
    name = spelled(inner)
    if name is not None and not scene.meaning.known(name) and name not in scene.moved:
        raise Unreadable(f"d{name}: {name} is not declared")
    moves = scene.directions()
    if not moves:
        raise Unreadable("a differential, and nothing varies")
    nested = order > 1 or has_derivative(inner, scene.meaning)
    if order == 2:
        return scene.along(
            moves, lambda moved: moved.along(scene.directions(), lambda s: evaluate(inner, s), False), True
        )
    return scene.along(moves, lambda moved: evaluate(inner, moved), nested)


def _by(below, scene):
    """What a derivative is taken by: a list of keys that stand for it in `moved`, its value, and how its result turns.

    A name; an entry of one; a transpose; or an expression, which is then what names and parts of the same value are.
    """
    while below.kind == "group":
        below = below.args[0]
    if below.kind == "transpose":
        keys, value, _ = _by(below.args[0], scene)
        return keys, value, True
    name = spelled(below)
    if name is not None and (scene.meaning.known(name) or name in scene.moved):
        return [name], scene.value(name), False
    if below.kind == "subscript" or below.kind in DERIVATIVES:
        raise Unreadable("a derivative by this")
    value = solid(evaluate(below, scene))
    keys = [
        n
        for n in [*scene.meaning.definitions, *scene.meaning.symbols]
        if n not in scene.moved and _equals(n, value, scene)
    ]
    return keys or [below], value, False


def _equals(name, value, scene):
    try:
        other = scene.value(name)
    except (Unreadable, NotConforming):
        return False
    return (
        isinstance(other, np.ndarray)
        and other.shape == value.shape
        and np.allclose(other, value, rtol=1e-12, atol=1e-14)
    )


def _same_parts(tree, value, scene):
    """The parts of a tree that have a value, the outermost ones."""
    found, stack = [], [tree]
    while stack:
        inner = stack.pop()
        if inner.kind in ("operator", "number", "text"):
            continue
        try:
            here = evaluate(inner, scene)
            if (
                isinstance(here, np.ndarray)
                and here.shape == value.shape
                and np.allclose(here, value, rtol=1e-12, atol=1e-14)
            ):
                found.append(inner)
                continue
        except (Unreadable, NotConforming, np.linalg.LinAlgError):
            pass
        stack.extend(a for a in inner.args if hasattr(a, "kind"))
    return found


def _derivative(tree, scene):
    above, below = tree.args[0], tree.args[1]
    return _partial(above, below, tree.data or 1, scene, tree)


def _operate(tree, scene):
    below, body = tree.args
    return _partial(body, below, tree.data or 1, scene, tree)


def _partial(above, below, order, scene, tree):
    """The derivative of an expression by a name: a gradient in the shape of the name, or a Jacobian."""
    if order == 2 and tree.kind == "derivative" and len(tree.args) == 3:
        return _mixed(tree, scene)
    if _is_place(below, scene.meaning) and spelled(below) in scene.indices:
        below = type(tree)("subscript", (type(tree)("name", (), scene.meaning.varying[0]), below), "")
    while below.kind == "group":
        below = below.args[0]
    if below.kind == "subscript" and not scene.meaning.known(below.data or ""):
        return _by_entry(above, below, order, scene)
    keys, at, turned = _by(below, scene)
    if not isinstance(at, np.ndarray):
        raise Unreadable("a derivative by a constant")
    word = spelled(above)
    if word is not None and not scene.meaning.known(word) and _function_word(word):  # dσ/dz: σ of what it is taken by
        above = type(tree)("apply", (type(tree)("operator", (), _function_word(word)), below))
    keys = [key for key in keys if isinstance(key, str)]
    extra = [] if spelled(below) or turned else _same_parts(above, at, scene)
    nested = order > 1 or has_derivative(above, scene.meaning)

    def value(moved):
        return evaluate(above, moved)

    base = scene.where({key: scene.value(key) for key in keys} | dict.fromkeys(extra, at))
    whole = solid(_sized(value(base), above, scene))
    stacked = _through_symbol(value, below, at, nested, scene) if order == 1 and not spelled(below) else None
    if stacked is None and not keys and not extra:
        raise Unreadable("a derivative by an expression that is no function of one variable and does not occur")
    if stacked is None:
        columns = []
        for direction in _unit_arrays(at.shape):
            moves = {key: direction for key in [*keys, *extra]}
            if order == 2:
                columns.append(_gradient_change(base, moves, value, [*keys, *extra], at.shape))
            else:
                columns.append(
                    np.broadcast_to(solid(_sized(base.along(moves, value, nested), above, scene)), whole.shape).ravel()
                )
        stacked = np.stack(columns, axis=1)  # outputs × inputs
        if order == 1 and not np.any(stacked) and keys and keys[0] in scene.meaning.definitions:
            through = _through_symbol(value, below, at, nested, scene)  # x = vec(X), and f is a function of X
            stacked = stacked if through is None else through
    if order == 2:
        return stacked.reshape(at.size, at.size) if at.size > 1 else stacked.reshape(1, 1)
    if whole.shape == (1, 1):
        gradient = stacked.reshape(at.shape)
        if keys and keys[0] in scene.meaning.vary:
            gradient = sampling.restricted(gradient, scene.meaning.vary[keys[0]])
        if turned:
            gradient = gradient.T
        return gradient.view(_Gradient) if at.shape[1] == 1 and at.shape != (1, 1) else gradient
    if at.shape == (1, 1):
        return stacked.reshape(whole.shape)
    if at.shape[1] == 1 and 1 in whole.shape:
        return _jacobian(stacked, tree, scene)
    if tree.kind == "derivative" and scene.assignment.get(("vec", tree.start, _key(tree))) is None:
        scene.choose(("vec", tree.start, _key(tree)), ("", "by vec of rows", "by vec of columns"))
    elif tree.kind == "derivative":
        outputs, inputs = (np.arange(a.size).reshape(a.shape).T.ravel() for a in (whole, at))
        by_columns = scene.assignment[("vec", tree.start, _key(tree))] == 2
        return stacked[outputs][:, inputs] if by_columns else stacked
    raise NotConforming(f"the derivative of {shape_of(whole)} by {shape_of(at)} has more than two axes")


def _through_symbol(value, below, at, nested, scene):
    """The derivative by a function of one variable, X⁻¹ or vec X or σ² or W x: outputs × inputs; or None.

    It is what the chain rule needs: its product with the Jacobian of the function is the derivative by the variable.
    """
    for name in dict.fromkeys([*scene.meaning.varying, *scene.meaning.symbols]):
        here = scene.value(name)
        if name in scene.moved or here.size < at.size or name in scene.meaning.vary or name == spelled(below):
            continue
        if not any(spelled(part) == name for part in parts(below)) and spelled(below) is None:
            continue

        def columns(function, nested, name=name, here=here):
            return np.stack(
                [solid(scene.along({name: unit}, function, nested)).T.ravel() for unit in _unit_arrays(here.shape)],
                axis=1,
            )

        try:
            turns = columns(lambda moved: evaluate(below, moved), has_derivative(below, scene.meaning))
            if not np.all(np.isfinite(turns)) or np.linalg.cond(turns) > 1e8:  # some of its entries do not move
                continue
            outputs = np.stack(
                [solid(scene.along({name: unit}, value, nested)).ravel() for unit in _unit_arrays(here.shape)], axis=1
            )
        except (Unreadable, NotConforming, np.linalg.LinAlgError):
            continue
        by_columns = outputs @ np.linalg.pinv(turns)  # the entries of the function, column by column
        if np.max(np.abs(by_columns @ turns - outputs)) > 1e-8 * (1 + np.max(np.abs(outputs))):
            continue  # it depends on the variable in another way as well
        order = np.arange(at.size).reshape(at.shape[::-1]).T.ravel()
        return by_columns[:, order]
    return None


def _function_word(name):
    """The elementwise function that a bare name is, σ without its argument; or None."""
    word = {"sigma": "sigmoid"}.get(name, WORDS.get(name, name))
    return word if word in FUNCTIONS or word in ELEMENTWISE else None


def _mixed(tree, scene):
    """∂²f/∂x ∂yᵀ: the derivative by x of the derivative by y, for names and for entries."""
    above, first, second = tree.args
    plain = [below.args[0] if below.kind == "transpose" else below for below in (first, second)]
    if _key(plain[0]) == _key(plain[1]) and plain[0].kind == "name":
        return _partial(above, plain[0], 2, scene, type(tree)("operate", tree.args, 2))
    inner = type(tree)("derivative", (above, plain[1]), 1, tree.start, tree.stop)
    return _partial(inner, plain[0], 1, scene, type(tree)("operate", (plain[0], inner), 1, tree.start, tree.stop))


def _jacobian(stacked, tree, scene):
    """A Jacobian; of an elementwise function it may be written as the vector of its diagonal, or transposed."""
    options = ["a Jacobian, a row per output", "its transpose, a column per output"]
    square = stacked.shape[0] == stacked.shape[1]
    atol = 0.0 if is_exact(stacked) else 1e-12 * max(1.0, np.max(np.abs(stacked)))
    if square and np.allclose(stacked, np.diag(np.diag(stacked)), rtol=1e-9, atol=atol):
        options.append("the vector of the diagonal of a Jacobian")
    option = scene.choose(("jacobian", tree.start, _key(tree)), tuple(options))
    if option >= len(options):
        raise NotConforming("no such reading")
    return (stacked, stacked.T, np.diag(stacked)[:, None])[option]


def _gradient_change(base, moves, value, keys, shape):
    """How the gradient changes along a move: a row of the Hessian."""

    def gradient(moved):
        if solid(value(moved)).shape != (1, 1):
            raise NotConforming(f"the second derivative of {shape_of(value(moved))}")
        rows = [solid(moved.along(dict.fromkeys(keys, d), value)).ravel() for d in _unit_arrays(shape)]
        return np.concatenate(rows)[:, None]

    return solid(base.along(moves, gradient, True)).ravel()


def _unit_arrays(shape):
    for place in np.ndindex(*shape):
        unit = np.zeros(shape)
        unit[place] = 1.0
        yield unit


def _by_entry(above, below, order, scene):
    """∂f/∂W_ij for given indices: a number; for ∂f/∂w_i with a matrix w, the column or row of the gradient."""
    name = spelled(below.args[0])
    if name is None or not scene.meaning.known(name):
        raise Unreadable("a derivative by an entry of something that has no name")
    array = scene.value(name)
    places = [_place(t, scene) for t in below.args[1:]]
    nested = has_derivative(above, scene.meaning)
    if len(places) == 1 and array.shape[1] != 1:
        axis = _axis(below, array, scene)
        masks = []
        for k in range(array.shape[1 - axis]):
            mask = np.zeros(array.shape)
            mask[(places[0], k) if axis == 0 else (k, places[0])] = 1.0
            masks.append(mask)
    else:
        mask = np.zeros(array.shape)
        row, column = (*places, 0)[:2]
        if not (row < array.shape[0] and column < array.shape[1]):
            raise NotConforming(f"entry {row + 1}, {column + 1} of {shape_of(array)}")
        mask[row, column] = 1.0
        masks = [mask]
    base = scene.where({name: array})

    def first(mask, here, nested):
        return here.along({name: mask}, lambda moved: evaluate(above, moved), nested)

    if order == 2:
        values = [base.along({name: m}, lambda moved, m=m: first(m, moved, nested), True) for m in masks]
    else:
        values = [first(mask, base, nested) for mask in masks]
    values = list(map(solid, values))
    if len(values) == 1:
        return values[0]
    return np.concatenate([v.reshape(-1, 1) for v in values], axis=0)


def _gradient(tree, scene):
    body = tree.args[0]
    if len(tree.args) > 1:
        below = tree.args[1]
    else:
        names = [v for v in scene.meaning.varying]
        if len(names) != 1:
            raise Unreadable("∇ without a variable, and not one varies")
        below = type(tree)("name", (), names[0])
    value = _partial(body, below, tree.data or 1, scene, tree)
    if isinstance(value, np.ndarray) and value.shape[1] > 1 and tree.data in (None, 1):
        inside = solid(evaluate(body, scene))
        if inside.shape != (1, 1):  # the gradient of a vector is its Jacobian transposed
            return value.T if not scene.assignment.get(("jacobian", tree.start, _key(tree))) else value
    return value


def _direction(tree, scene):
    """f′(x)[h], D f(x)[h], D_V f: the directional derivative."""
    function, direction = tree.args[0], tree.args[1]
    if function.kind == "subscript" and not scene.meaning.known(spelled(function) or ""):  # Df_X, the derivative at X
        function = function.args[0]
    if spelled(direction) in scene.meaning.sizes and spelled(direction) not in scene.meaning.symbols:  # D_n v
        return matmul(_structure("D", [_whole(direction, scene)], tree, scene), evaluate(function, scene))
    move = solid(evaluate(direction, scene))
    candidates = [v for v in scene.meaning.varying if scene.value(v).shape == move.shape]
    if len(candidates) != 1:
        raise Unreadable("a directional derivative: which variable moves is not clear")
    nested = has_derivative(function, scene.meaning)
    return scene.along({candidates[0]: move}, lambda moved: evaluate(function, moved), nested)


def _big(tree, scene, start, join):
    """Σ or Π: over its indices where they occur, else over the entries of its body."""
    body = tree.args[0]
    letters = [bounds[0] for bounds in tree.data]
    inside = scene.where(indices=dict.fromkeys(letters, 0))
    used = [letter for letter in letters if letter in _used_letters(body, inside)]
    if not used:
        value = solid(evaluate(body, scene))
        return (np.sum(value) if start == 0 else np.prod(value)).reshape(1, 1)
    result = None
    for here in _places(tree, tuple(used), scene):
        value = evaluate(body, here)
        result = value if result is None else join(result, value)
    return np.array([[float(start)]]) if result is None else result


def _places(tree, wanted, scene):
    """The scenes in which the indices of Σ, Π or a list stand at each of their values."""
    body, known, firsts = tree.args[0], {}, {}
    for letter, low, high in tree.data:
        first = 1 if low is None else _whole(low, scene)
        if high is not None:
            known[letter] = _whole(high, scene)
        if letter in wanted and first != 1:
            firsts[letter] = first
    missing = tuple(letter for letter in wanted if letter not in known)
    ranges = {**known, **(index_ranges(body, scene, missing) if missing else {})}
    counts = {}
    for letter in wanted:
        if firsts.get(letter) == 0 and letter in known and not _is_script(letter, body, scene):
            counts[letter] = range(-1, known[letter])  # k is a number, as in X^k
        elif firsts.get(letter) == 0:  # counted from 0: as many as there are
            try:
                there = index_ranges(body, scene, (letter,))[letter]
            except Unreadable:
                there = known[letter] + 1
            counts[letter] = range(min(there, known.get(letter, there) + 1))
        else:
            counts[letter] = range(firsts.get(letter, 1) - 1, ranges[letter])
    for place in itertools.product(*(counts[letter] for letter in wanted)):
        yield scene.where(indices=dict(zip(wanted, place, strict=True)), ranges=ranges)


def _is_script(letter, tree, scene):
    return any(letter in script_letters(inner, scene.meaning) for inner in parts(tree))


def _whole(tree, scene):
    """A whole number: a size, an index, or how far one runs."""
    value = solid(evaluate(tree, scene))
    if value.shape != (1, 1) or not abs(value.item()) <= ENTRIES:
        raise Unreadable("a size or an index that is not a number of modest size")
    return round(value.item().real)


def _allowed(*lengths):
    """Refuse an array that is too large to be made."""
    if np.prod([float(n) for n in lengths]) > ENTRIES:
        raise Unreadable(f"an array of more than {ENTRIES:,} entries")
    return lengths


def _used_letters(tree, scene):
    letters = set()
    for inner in parts(tree):
        if inner.kind == "subscript" and _is_indexed(inner, scene.meaning):
            letters.update(_letters(inner.args[1:]))
        elif inner.kind == "delta":
            letters.update(_letters(inner.args))
        elif inner.kind == "name":
            letters.add(inner.data) if not scene.meaning.known(inner.data) else None
    return letters


def _items(trees, scene):
    """The parts of a list, each with the scene in which it is evaluated: those behind dots one by one."""
    for tree in trees:
        if tree.kind == "big list":
            letters = tuple(bounds[0] for bounds in tree.data)
            yield from ((tree.args[0], here) for here in _places(tree, letters, scene))
        else:
            yield tree, scene


def _matrix(tree, scene):
    rows = []
    for row, here in _items(tree.args, scene):
        cells = row.args if row.kind == "list" else (row,)
        rows.append([solid(evaluate(cell, inner)) for cell, inner in _items(cells, here)])
    return _blocks(rows)


def _blocks(rows):
    """Rows of arrays as one array; a 0 takes the size of what stands beside it."""
    heights = [max(cell.shape[0] for cell in row) for row in rows]
    if len({len(row) for row in rows}) == 1:
        widths = [max(row[k].shape[1] for row in rows) for k in range(len(rows[0]))]
        rows = [
            [np.zeros((h, w)) if _is_zero(cell) else cell for cell, w in zip(row, widths, strict=True)]
            for row, h in zip(rows, heights, strict=True)
        ]
    try:
        return np.block(rows)
    except ValueError:
        raise NotConforming("the blocks of a matrix do not fit") from None


def _list(tree, scene):
    """(a, b, c): numbers as a row or a column, columns as a matrix."""
    cells = [solid(evaluate(part, here)) for part, here in _items(tree.args, scene)]
    row = _blocks([cells])
    if all(cell.shape == (1, 1) for cell in cells):
        option = scene.choose(("list", tree.start), ("a row", "a column"))
        return row.T if option else row
    return row


def _cases(tree, scene):
    """The value beside the first condition that is true, entry by entry where the condition is."""
    result, open_still = None, None
    for row in tree.args:
        cells = row.args if row.kind == "list" else (row,)
        if len(cells) > 2:
            raise Unreadable("more beside a case than its condition")
        value, condition = (*cells, None)[:2]
        value = solid(evaluate(value, scene))
        true = np.array([[1.0]]) if condition is None or condition.kind == "text" else solid(evaluate(condition, scene))
        if result is None:
            result, open_still = np.zeros(np.broadcast_shapes(value.shape, true.shape)), np.array([[True]])
        try:
            result = np.where(open_still & (true != 0), value, result)
            open_still = open_still & (true == 0)
        except ValueError:
            raise NotConforming("the conditions and the values of the cases differ in shape") from None
    if np.any(open_still):
        raise np.linalg.LinAlgError("no case applies")
    return result


def _at(tree, scene):
    """What stands before |_{x = a}, with a for x."""
    moved = {}
    for below, at in zip(tree.args[1::2], tree.args[2::2], strict=True):
        name = spelled(below)
        if name is None:
            raise Unreadable("a bar under which no name stands")
        moved[name] = solid(evaluate(at, scene))
        if scene.meaning.known(name) and solid(scene.value(name)).shape != moved[name].shape:
            raise NotConforming(f"{shape_of(moved[name])} for {name}")
    return evaluate(tree.args[0], scene.where(moved))


def _limit(tree, scene):
    """The limit of a smooth expression: from both sides, extrapolated to where the difference vanishes."""
    body, variable, target = tree.args
    name = spelled(variable)
    if name is None:
        raise Unreadable("a limit over something that is no name")
    infinite = target.kind == "infinity"
    at = np.zeros((1, 1)) if infinite else solid(evaluate(target, scene))
    shape = solid(scene.value(name)).shape if scene.meaning.known(name) else (1, 1)
    if shape != (1, 1):
        raise Unreadable("a limit over something that is not a number")

    def value(h):
        return solid(evaluate(body, scene.where({name: 1 / h if infinite else at + h})))

    steps = [0.2 / 2**k for k in range(6)]
    rows = [(value(np.array([[h]])) + value(np.array([[-h]]))) / 2 for h in steps]
    for level in range(1, len(steps)):  # Richardson: only even powers are left
        rows = [(4**level * near - wide) / (4**level - 1) for wide, near in itertools.pairwise(rows)]
    return rows[0]


def _delta(tree, scene):
    i, j = (_place(t, scene) for t in tree.args)
    return np.array([[float(i == j)]])


def _imaginary_part(tree, scene):
    return np.imag(solid(evaluate(tree.args[0], scene)))


_RULES = {
    "number": _number,
    "name": _name,
    "operator": _name,
    "one": lambda tree, scene: Free(np.ones((1, 1)), True, False),
    "identity": lambda tree, scene: scene.value("I") if scene.meaning.known("I") else Eye(np.ones((1, 1))),
    "delta": _delta,
    "group": _group,
    "list": _list,
    "cases": _cases,
    "at": _at,
    "limit": _limit,
    "sum": _sum,
    "product": _product,
    "hadamard": _hadamard,
    "kronecker": _kronecker,
    "colon": _colon,
    "inner": _inner,
    "fraction": _fraction,
    "root": _root,
    "norm": _norm,
    "bars": _bars,
    "power": _power,
    "transpose": _transpose,
    "inverse": _inverse,
    "inverse transpose": _inverse_transpose,
    "prime": _prime,
    "subscript": _subscript,
    "label": _labelled,
    "apply": _apply,
    "differential": _differential,
    "derivative": _derivative,
    "operate": _operate,
    "gradient": _gradient,
    "direction": _direction,
    "big sum": lambda tree, scene: _big(tree, scene, 0, plus),
    "big product": lambda tree, scene: _big(tree, scene, 1, matmul),
    "matrix": _matrix,
    "imaginary": _imaginary_part,
    "elementwise power": _elementwise_power,
    "indicator": _indicator,
}


UNEXECUTED = {"≪", "≫", "∼", "≅"}
COMPARISONS = {"≤", "≥", "<", ">", "≠", "∝", "⪯", "⪰", "≺", "≻"}
_TURNED = {"≤": "≥", "<": ">", "⪯": "⪰", "≺": "≻"}


def violation(sign, values):
    """By how much, relative to their size, pairs of arrays are not as the sign says; 0 where they are."""
    if sign in _TURNED:
        return violation(_TURNED[sign], [(b, a) for a, b in values])
    if sign in ("⪰", "≻"):
        gap = min(float(np.linalg.eigvalsh((a - b + (a - b).T) / 2).min()) for a, b in map(_square, values))
    elif sign in ("≥", ">"):
        gap = min(float(np.min((a - b).real)) for a, b in values)
    else:
        left, right = (np.concatenate([np.ravel(pair[k]) for pair in values]) for k in (0, 1))
        scale = max(float(np.max(np.abs(left))), float(np.max(np.abs(right))), 1e-300)
        if sign == "≠":
            return 0.0 if np.max(np.abs(left - right)) > 1e-9 * scale else 1.0
        if left.size == 1:
            raise Unreadable("any two numbers are proportional")
        return float(np.max(np.abs(left - right * (left @ right) / max(right @ right, 1e-300)))) / scale
    scale = max(float(np.max(np.abs(value))) for pair in values for value in pair)
    return max(0.0, -gap / scale) if scale else float(sign in (">", "≻"))


def _square(pair):
    if pair[0].shape[0] != pair[0].shape[1]:
        raise NotConforming(f"the order of matrices between {shape_of(pair[0])}")
    return pair


def moved_to_zero(trees, varying, scene):
    """Arrays for what varies and the numbers beside it, at a point near by where all trees vanish, or None.

    Gauss and Newton's steps of least length, from the scene's own point.
    """
    meaning = scene.meaning
    names = [
        n for n, s in meaning.symbols.items() if n in varying or not any(scene.value(n).shape[k] > 1 for k in (0, 1))
    ]
    at = {name: np.array(scene.value(name), float) for name in names}

    def residual(here):
        return np.concatenate([solid(evaluate(tree, here)).reshape(-1, 1) for tree in trees])

    nested, first = any(has_derivative(tree, meaning) for tree in trees), None
    try:
        for _ in range(30):
            here = scene.where(at)
            value = residual(here)
            if not np.all(np.isfinite(value)):
                return None
            size = max(float(np.max(np.abs(array))) for array in at.values())
            first = first or (np.max(np.abs(value)), size)
            if size > 1e3 * max(1.0, first[1]):  # it vanishes at infinity only
                return None
            if np.max(np.abs(value)) < 1e-11 * max(1.0, first[0]):  # near 0 it vanishes at 0: w of Σ w = λ w
                return {name: array if np.max(np.abs(array)) > 1e-6 else 0 * array for name, array in at.items()}
            columns = [
                (name, unit, here.along({name: unit}, residual, nested))
                for name in names
                for unit in _unit_arrays(at[name].shape)
            ]
            step = np.linalg.lstsq(np.concatenate([c for *_, c in columns], axis=1), -value, rcond=None)[0]
            for (name, unit, _), length in zip(columns, step.ravel(), strict=True):
                at[name] = at[name] + length * unit
    except (Unreadable, NotConforming, np.linalg.LinAlgError):
        return None
    return None


def sampled(meaning, symbols, seed, properties, vary):
    """Random points for the declared symbols, as `sampling.Point`s without a function."""
    random, manners = sampling.generator(seed), ("normal", "normal", "mild", "positive", "small")
    names = sorted({n for s in symbols for length in s.shape for n in length.names})
    while True:
        for manner in manners:
            pool = random.permutation(np.arange(2, 2 + max(len(names), 3)))
            sizes = {name: int(pool[i]) for i, name in enumerate(names)}
            values = {s: sampling.draw(s, sizes, random, manner, properties.get(s, ())) for s in symbols}
            moves = {
                meaning.symbols[v]: sampling.restricted(
                    random.standard_normal(values[meaning.symbols[v]].shape), vary.get(v)
                )
                for v in meaning.varying
            }
            yield sampling.Point(sizes, values, {}, tuple(moves.items()))
