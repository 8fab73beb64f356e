"""Scenes: what the names of a text mean, their numbers at a point, and the evaluation of a tree there.

A derivative along a direction is found by the witness: a complex step through the definitions, or a difference where
one derivative stands inside another.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from derivations import witness
from derivations.executing.values import Unreadable, on_arrays, regular
from derivations.formulas.expression import ordered
from derivations.formulas.table import ROWS
from derivations.reading.latex_tree import parts, spelled

LOSS = "the loss"
"""The name of the loss that is given, for a derivative that does not say of what it is."""
_DIFFERENCE = 1e-3
READINGS = 48  # combinations of readings tried for a line
WORK, ALL_WORK = 60_000, 400_000
"""Parts evaluated for a line and for a block at most, all points and readings together."""


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
    steady: bool | None = None
    """Whether no index changes its value; None until that is asked for."""


@dataclass(frozen=True)
class Rules:
    """How trees are evaluated. The room `table` has them."""

    kinds: dict
    """Kind of tree to what it does: a function of the tree and the scene."""
    by_entries: Callable
    """by_entries(definition, scene): the matrix of a definition by entries."""
    free_indices: Callable
    """free_indices(tree, scene): the letters of the indices that no sum of the tree binds."""


@dataclass
class Meaning:
    """All that the names of a text mean, apart from the numbers, and the rules by which a tree has a value."""

    rules: Rules
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
    open: list = field(default_factory=list)
    """The names whose definitions are being evaluated, the outermost first."""
    written: dict = field(default_factory=dict)
    """Name to the names that the text writes in a bracket after it, f(x)."""
    condition: tuple = ()
    """Index, sign, index: the places for which alone the line that is judged is said."""
    zeros: dict = field(default_factory=dict)
    """The names of which the text takes the entry 0, with how it is spelled."""
    loss: object = None
    """The formula of the loss that is given, or None."""
    rows: bool = False
    """Whether the text multiplies u_i v_jᵀ: its samples may be rows."""
    speeds: dict = field(default_factory=dict)
    """Name to the name that stands for it with a dot: phi to w where w is how the page writes φ̇."""
    moving: tuple = ()
    """What alone varies in the differentials of the line that is judged; empty where all that varies does."""
    cancelled: float = 0.0
    """The largest term of a sum that came out much smaller than its terms: rounding is relative to it."""
    roots: dict = field(default_factory=dict)
    """Name and point, by identity, to what solves its equation there: where to look for it from nearby."""

    @property
    def names(self):
        """The names that a text may use; d is a differential before it is a size."""
        return {*self.symbols, *self.definitions, *(set(self.sizes) - {"d"})}

    def known(self, name):
        """Whether a name stands for something."""
        given = name == LOSS and self.loss is not None
        return given or name in self.symbols or name in self.definitions or name in self.sizes


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
        self.steady = {}
        """The values of names that no index changes, and of derivatives, for all scenes in which the same has moved."""

    def where(self, moved=None, indices=None, scale=None, ranges=None):
        """The same scene with some names moved further, or some indices bound."""
        scene = type(self)(
            self.meaning,
            self.point,
            {**self.moved, **(moved or {})},
            self.assignment,
            self.seen,
            {**self.indices, **(indices or {})},
            self.scale if scale is None else scale,
            {**self.ranges, **(ranges or {})},
        )
        if not moved and scale is None:
            scene.steady = self.steady
        return scene

    def number(self, value):
        """A number of the page."""
        return np.array([[float(value)]])

    def read_as(self, assignment):
        """The same scene with some readings decided, unless they are decided already."""
        if assignment:
            self.assignment, self.steady = {**assignment, **self.assignment}, {}
        return self

    def choose(self, key, options):
        """Which of several readings is tried now; `options` are texts, the likeliest first."""
        self.seen.setdefault(key, options)
        return self.assignment.get(key, 0)

    def tell(self, key, words):
        """Say of a reading that it was taken, though it is the likeliest."""
        self.seen.setdefault(key, (words,))

    # ── names ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def value(self, name):
        """The value of a name here."""
        if name in self.moved:
            return self.moved[name]
        if name not in self.values:
            self.values[name] = self.steady[name] if name in self.steady else self._find(name)
            if self.is_steady(name):
                self.steady[name] = self.values[name]
        return self.values[name]

    def is_steady(self, name):
        """Whether the value of a name is the same wherever the indices stand."""
        definition = self.meaning.definitions.get(name)
        if definition is None or definition.formula is not None:
            return True
        if definition.steady is None:
            bare = type(self)(self.meaning, self.point)
            free = self.meaning.rules.free_indices(definition.tree, bare) if definition.tree else ()
            definition.steady = not definition.family and set(free) <= set(definition.indices)
        return definition.steady

    def _find(self, name):
        meaning = self.meaning
        if name == LOSS:
            return self.of_formula(meaning.loss)
        if name in meaning.definitions:
            definition = meaning.definitions[name]
            if definition.formula is not None:
                return self.of_formula(definition.formula)
            if definition.tree is None:
                raise Unreadable(f"{name} has no value")
            return self.of_definition(name, self.where({}).read_as(definition.assignment))
        if name in meaning.symbols:
            return self.point.values[meaning.symbols[name]]
        if name in meaning.sizes:
            return np.array([[float(self.point.sizes[name])]])
        raise Unreadable(f"{name} is not declared")

    def of_definition(self, name, scene):
        """What a name was defined to be, in a scene."""
        definition, still_open = self.meaning.definitions[name], self.meaning.open
        if name in still_open:
            raise Unreadable(f"{name} is defined by itself")
        still_open.append(name)
        try:
            by_entries = definition.indices and not definition.family
            return self.meaning.rules.by_entries(definition, scene) if by_entries else evaluate(definition.tree, scene)
        finally:
            still_open.pop()

    def of_formula(self, formula):
        """The value of a formula here."""
        if self.known is None:
            self.known = {}
            for name, definition in self.meaning.definitions.items():
                if name in self.moved and definition.formula is not None:
                    held = self.meaning.scope.defined.get(name)
                    if held is not None:
                        self.known[held.formula] = self.moved[name]
        for inner in ordered([formula], lambda f: [a for a in f.args if a not in self.known]):
            if inner.operation == "symbol":
                self.known[inner] = self.value(inner.data[0])
            elif inner not in self.known:
                parts = [self.known[argument] for argument in inner.args]
                self.known[inner] = self.row_value(inner, parts)
        return self.known[formula]

    def row_value(self, formula, parts):
        """The value of an operation of the table, given those of its arguments."""
        if formula.operation == "inverse":
            regular(parts[0])
        return ROWS[formula.operation].value(formula, self.point.sizes, *parts)

    # ── derivatives ───────────────────────────────────────────────────────────────────────────────────────────────

    def directions(self):
        """The direction in which each variable moves."""
        moves = {s.data[0]: self.scale * move for s, move in self.point.directions}
        for name in moves:
            speed = f"{name}dot" if f"{name}dot" in self.meaning.definitions else self.meaning.speeds.get(name)
            if speed is not None and self.meaning.known(speed):  # ẋ = A x: along it everything moves
                moves[name] = self.scale * self.value(speed)
        return {name: moves.get(name, self._move(name)) for name in self.meaning.moving} or moves

    def _move(self, name):
        """A direction for a symbol that is not declared to vary."""
        random = np.random.default_rng(zlib.crc32(name.encode()))
        return self.scale * random.standard_normal(self.value(name).shape)

    def along(self, moves, function, nested=False):
        """The derivative of `function(scene)` when each name in `moves` moves along its array."""
        at = {name: self.value(name) if isinstance(name, str) else self.moved[name] for name in moves}
        if not nested and not any(np.iscomplexobj(v) for v in self.moved.values()):
            scene = self.where({name: witness.moved(at[name], move) for name, move in moves.items()})
            return on_arrays(witness.slope_in, function(scene))

        def shifted(h):
            return function(self.where({name: at[name] + h * move for name, move in moves.items()}))

        def difference(h):
            return on_arrays(lambda up, down: (up - down) / (2 * h), shifted(h), shifted(-h))

        return on_arrays(witness.extrapolated, difference(_DIFFERENCE), difference(_DIFFERENCE / 2))


DERIVATIVES = {"differential", "derivative", "operate", "gradient", "direction"}


def readings(most, kinds=None):
    """Yield readings, the likeliest first and each once: the choices that are made, and what a trial is to fill.

    Parameters
    ----------
    most : int
        How many are tried.
    kinds : tuple of str, optional
        The kinds of choices that are made otherwise than the likeliest; all of them where it is None.

    Yields
    ------
    assignment : dict
        The choices, for a `Scene`.
    seen : dict
        Empty; what a `Scene` has met in it when the next one is asked for leads to further readings.
    """
    queue, tried = [{}], set()
    while queue and len(tried) < most:
        assignment = queue.pop(0)
        if frozenset(assignment.items()) in tried:
            continue
        tried.add(frozenset(assignment.items()))
        seen = {}
        yield assignment, seen
        queue += [
            {**assignment, key: option}
            for key, options in seen.items()
            if key not in assignment and (kinds is None or key[0] in kinds)
            for option in range(1, len(options))
        ]


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


def key_of(tree):
    """A text that is the same for trees that are written alike."""
    done, stack = {}, [(tree, False)]
    while stack:
        inner, finished = stack.pop()
        if finished:
            done[id(inner)] = f"{inner.kind}:{inner.data!r}({','.join(done[id(a)] for a in inner.args)})"
        else:
            stack.append((inner, True))
            stack.extend((a, False) for a in inner.args)
    return done[id(tree)]


def evaluate(tree, scene):
    """What a tree is worth in a scene: an array, or a value whose size the context gives."""
    scene.meaning.work += 1
    if scene.meaning.work > scene.meaning.allowed:
        raise Unreadable("it takes too long to execute")
    for key, array in scene.moved.items():
        if key is tree:
            return array
    rule = scene.meaning.rules.kinds.get(tree.kind)
    if tree.kind in ("dots", "nothing"):
        raise Unreadable("what the dots stand for is not plain" if tree.kind == "dots" else "a part is missing")
    if tree.kind == "text":
        raise Unreadable(f"the words '{tree.data}' stand for something; say what with names=")
    if rule is None:
        raise Unreadable(f"'{tree.kind}' is not executed")
    return rule(tree, scene)
