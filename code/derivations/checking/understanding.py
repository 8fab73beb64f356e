"""What the names that are known decide about a line, before it is executed: x* is a transpose, f_x a derivative.

A tree says what stands on the page. Where a spelling means one thing in one text and another in the next, the symbols
and definitions at hand tell which, and the tree is written as the reader would have written it in full.
"""

import itertools
import re
from dataclasses import replace

import numpy as np

from derivations import executing
from derivations.executing import NotConforming, Scene, Unreadable
from derivations.reading.latex_tree import Relation, Tree, bare, number, rebuilt

_CONSTANTS = {"const", "constant"}
_SIDES = ("head", "left", "right")


class Known:
    """The names of a text, with their values at a point."""

    def __init__(self, meaning, point):
        self.meaning, self.scene = meaning, Scene(meaning, point)

    def as_meant(self, item):
        """A relation whose sides are written in full, and log p(x) = … as the definition p(x) = exp(…)."""
        return self._solved(replace(item, **{side: self._in_full(getattr(item, side)) for side in _SIDES}))

    def with_raised_indices(self, line):
        """A relation in which y^i and S^{ij}, of arrays that are known, are entries as y_i and S_ij are."""
        if not isinstance(line, Relation):
            return line
        new = {id(tree): rebuilt(tree, self._lowered) for tree in (line.head, line.left, line.right)}
        return replace(line, **{side: new[id(getattr(line, side))] for side in _SIDES})

    def _lowered(self, tree):
        if tree.kind != "power":
            return None
        above = tree.args[1]
        above = above.args if above.kind == "product" and not any(above.data) else (above,)
        entry = tree.args[0].kind == "subscript" and not self.meaning.known(executing.spelled(tree.args[0]) or "")
        base, *below = tree.args[0].args if entry else tree.args[:1]
        letters = [t.data for t in (*above, *below) if t.kind == "name" and len(t.data) == 1]
        if len(letters) != len(above) + len(below) or any(map(self.meaning.known, letters)):
            return None
        shape = self._shape(executing.spelled(base))
        row = len(letters) == len(above) == 1 and len(shape) == 2 and shape[0] != shape[1]
        entry = len(letters) == len(shape)
        return Tree("subscript", (base, *above, *below), "", tree.start, tree.stop) if entry or row else None

    def _value(self, tree):
        """What a tree is worth, or None."""
        try:
            return executing.evaluate(tree, self.scene)
        except (Unreadable, NotConforming, np.linalg.LinAlgError):
            return None

    def _shape(self, name):
        """The lengths of what a name stands for, one for a column; empty for a number and for what is not known."""
        value = self._value(Tree("name", (), name)) if self.meaning.known(name) else None
        shape = value.shape if isinstance(value, np.ndarray) else (1, 1)
        return () if shape == (1, 1) else shape[:1] if shape[1] == 1 else shape

    # ── one way of writing after the other ────────────────────────────────────────────────────────────────────────

    def _in_full(self, tree):
        held = {id(part.args[0]) for part in executing.parts(tree) if part.kind in _AT_A_POINT}
        held |= {id(function) for part in executing.parts(tree) for function in _with_parameters_below(part)}

        def instead(inner):
            by_subscript = self._by_subscript(inner) if id(inner) not in held else None
            return (
                self._with_a_parameter(inner)
                or by_subscript
                or self._primed_entry(inner)
                or self._jacobian(inner)
                or self._adjoint(inner)
                or self._quadratic(inner)
                or self._quotient(inner)
            )

        return rebuilt(tree, instead)

    def _by_subscript(self, tree):
        """Give f_x, of a function f and the variable x, as ∂f/∂x."""
        if tree.kind != "subscript" or len(tree.args) > 3 or self.meaning.known(executing.spelled(tree) or ""):
            return None
        function, *variables = map(executing.spelled, tree.args)
        if not set(variables) <= set(self.meaning.varying) or function not in self.meaning.definitions:
            return None
        return Tree("derivative", tree.args, len(variables), tree.start, tree.stop)

    def _with_a_parameter(self, tree):
        """Give h_θ(x), whose bracket does not hold the θ, as h(x): a subscript that says what h depends on."""
        first = tree.args[0] if tree.kind == "product" and len(tree.args) > 1 else None
        if first is None or tree.args[1].kind != "group" or (whole := self._by_subscript(first)) is None:
            return None
        if any(executing.spelled(part) == executing.spelled(whole.args[1]) for part in executing.parts(tree.args[1])):
            return None
        rest = tuple(map(self._in_full, tree.args[1:]))
        return Tree("product", (first.args[0], *rest), tree.data, tree.start, tree.stop)

    def _primed_entry(self, tree):
        """Give S'_ij and s'_i as entries of S' and s': of a transpose, or of the slopes of a function."""
        if tree.kind != "prime" or tree.args[0].kind != "subscript":
            return None
        base, *below = tree.args[0].args
        whole = Tree("prime", (base,), tree.data, tree.start, tree.stop)
        axes, value = len(self._shape(executing.spelled(base))), self._value(whole)
        if not axes or axes != len(below) or value is None or (axes == 1 and value.shape[1] > 1):
            return None
        return Tree("subscript", (whole, *below), "", tree.start, tree.stop)

    def _quotient(self, tree):
        """Give z/dw, typed with one d for two, as dz/dw."""
        above, below = tree.args if tree.kind == "fraction" else (tree, tree)
        if below.kind != "differential" or not self.meaning.known(executing.spelled(above) or ""):
            return None
        return Tree("derivative", (above, *below.args), below.data, tree.start, tree.stop)

    def _jacobian(self, tree):
        """Give J_f and H_f, perhaps at (x), as the Jacobian and the Hessian of an f that is defined."""
        applied = tree.kind == "product" and tree.data == ("",) and tree.args[1].kind == "group"
        letter = tree.args[0] if applied else tree
        if letter.kind != "subscript" or len(letter.args) != 2 or len(self.meaning.varying) != 1:
            return None
        (base, function), (variable,) = map(executing.spelled, letter.args), self.meaning.varying
        known = self.meaning.known(base or "") or self.meaning.known(executing.spelled(letter) or "")
        if base not in ("J", "H") or known or function not in self.meaning.definitions:
            return None
        if applied and executing.spelled(tree.args[1].args[0]) != variable:
            return None
        below = Tree("name", (), variable, letter.start, letter.stop)
        kind, order = ("derivative", 1) if base == "J" else ("gradient", 2)
        return Tree(kind, (letter.args[1], below), order, tree.start, tree.stop)

    def _adjoint(self, tree):
        """Give A* of a matrix, and x* before a factor, as the transposes that they are where they are no names."""
        if tree.kind == "product" and any(map(self._is_starred, tree.args[:-1])):
            turned = [self._turned(a) if self._is_starred(a) else self._in_full(a) for a in tree.args[:-1]]
            return Tree("product", (*turned, self._in_full(tree.args[-1])), tree.data, tree.start, tree.stop)
        return self._turned(tree) if self._is_starred(tree) and self._is_matrix(tree.args[0]) else None

    def _turned(self, tree):
        return Tree("transpose", (self._in_full(tree.args[0]),), None, tree.start, tree.stop)

    def _is_starred(self, tree):
        name = executing.spelled(tree) or ""
        star = tree.kind == "label" and name.endswith("star") and not self.meaning.known(name)
        return star and self._value(tree.args[0]) is not None

    def _is_matrix(self, tree):
        value = self._value(tree)
        return not isinstance(value, np.ndarray) or min(value.shape) > 1

    def _quadratic(self, tree):
        """Give ∇ xᵀSx, with the variable x, as that of all that is multiplied; (∇f)ᵀh stays as it is."""
        first = tree.args[0] if tree.kind == "product" else tree
        operator = first.args[0] if first.kind == "transpose" else first
        if first.kind != "transpose" or operator.kind != "gradient" or len(operator.args) > 1:
            return None
        if executing.spelled(operator.args[0]) not in self.meaning.varying:
            return None
        body = _with_transposed(operator.args[0], tree, first)
        return Tree("gradient", (body,), operator.data, tree.start, tree.stop)

    def _solved(self, item):
        left = bare(item.left)
        word = left.args[0] if left.kind == "apply" else None
        if item.continued or word is None or executing.spelled(word) != "log":
            return item
        inner = bare(left.args[1])
        applied = inner.kind == "product" and inner.data == ("",) and inner.args[1].kind == "group"
        name = executing.spelled(inner.args[0] if applied else inner)
        if name is None or self.meaning.known(name):
            return item
        power = Tree("apply", (Tree("operator", (), "exp"), item.right), None, item.right.start, item.right.stop)
        return replace(item, left=inner, head=inner, right=power)


def _with_parameters_below(tree):
    """The h_θ of h_θ(x) in a product: below it stands what x is not, so it is no derivative of h."""
    for function, group in itertools.pairwise(tree.args if tree.kind == "product" else ()):
        if function.kind == "subscript" and group.kind == "group":
            given = {executing.spelled(part) for part in executing.parts(group)}
            if not given & {executing.spelled(index) for index in function.args[1:]}:
                yield function


_AT_A_POINT = {"differential", "direction", "gradient"}
"""Kinds in which f_X is f at X: Df_X(H)."""


def _with_transposed(name, product, first):
    """The product whose first factor is the transpose of a name, and no longer `first`."""
    turned = Tree("transpose", (name,), None, first.start, first.stop)
    if product is first:
        return turned
    return Tree("product", (turned, *product.args[1:]), product.data, product.start, product.stop)


# ── sides as a whole ──────────────────────────────────────────────────────────────────────────────────────────────


def moved_in(*trees):
    """The names whose differentials stand in trees."""
    inner = [part for tree in trees for part in executing.parts(tree) if part.kind == "differential"]
    return {executing.spelled(part.args[0]) for part in inner}


def whole_differential(tree, varying):
    """The side d xᵀSx as d (xᵀSx); None for anything else."""
    first = tree.args[0] if tree.kind == "product" else tree
    if first.kind != "transpose" or first.args[0].kind != "differential":
        return None
    inner = first.args[0].args[0]
    if executing.spelled(inner) not in varying or moved_in(*tree.args[1:]):
        return None
    whole = Tree("group", (_with_transposed(inner, tree, first),), "(", tree.start, tree.stop)
    return Tree("differential", (whole,), first.args[0].data, tree.start, tree.stop)


_APART = re.compile(r"(?:\\partial|\\mathrm\s*\{d\}|\{\\rm\s+d\}|d)\s*(?:\\[,;:! ]|~|\\quad)")


def with_differentials_over_products(tree, item):
    r"""The tree with d\,A B as d (A B), where a space parts the d from the factors; the same one where none does."""

    def instead(inner):
        if inner.kind != "product" or set(inner.data) != {""} or moved_in(*inner.args[1:]):
            return None
        first = inner.args[0]
        operator = first.args[0] if first.kind == "transpose" else first
        if operator.kind != "differential" or not _APART.match(item.source, max(operator.start - item.start, 0)):
            return None
        moved = (
            operator.args[0]
            if operator is first
            else Tree("transpose", operator.args[:1], None, first.start, first.stop)
        )
        body = Tree("product", (moved, *inner.args[1:]), inner.data, inner.start, inner.stop)
        return Tree("differential", (Tree("group", (body,), "("),), operator.data, inner.start, inner.stop)

    return rebuilt(tree, instead)


def without_constants(item, known):
    """A relation without the + const that it says, where that is no known name; the same one where it says none."""

    def nothing(tree):
        word = executing.spelled(tree) or (tree.data if tree.kind == "text" else "")
        constant = (word or "").lower().strip(".") in _CONSTANTS and not known(word)
        return number(0) if constant else None

    sides = {side: rebuilt(getattr(item, side), nothing) for side in _SIDES}
    same = all(tree is getattr(item, side) for side, tree in sides.items())
    return item if same else replace(item, **sides)


def between_differentials(item):
    """A relation that holds up to a constant, as the one between the differentials of its sides."""
    sides = {side: getattr(item, side) for side in _SIDES}
    moved = {s: Tree("differential", (Tree("group", (t,), "("),), 1, t.start, t.stop) for s, t in sides.items()}
    return replace(item, **moved)
