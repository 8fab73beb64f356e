"""The small mistakes that people make in a line, each undone by an edit.

An edit replaces one part of a tree by another and says which mistake it undoes. Only edits whose parts conform are
made: `Sight` tells the shape that each part has at a point. Nothing is known here of what the line should say.
"""

import itertools
from fractions import Fraction
from typing import NamedTuple

from derivations import executing
from derivations.checking.rewriting import (
    bracketed,
    coefficient,
    entrywise,
    is_number,
    multiplied,
    signed,
    times,
    turned,
)
from derivations.reading.latex_tree import Tree, bare, number, rebuilt

SIGN, FACTOR, TRANSPOSE, ORDER = "sign", "constant factor", "missing transpose", "factor order"
PRODUCT, ARGUMENT = "Hadamard or matrix product", "derivative at the wrong argument"
INNER, SUM, SHAPES, ASSUMPTION, OTHER = "missing inner derivative", "missing sum", "shapes", "assumption", "other"

ONE = Tree("one")
REARRANGED = 4  # factors that are rearranged in every way, at most


class Edit(NamedTuple):
    """A part as it might have been meant."""

    kind: str
    """The mistake that it undoes."""
    cost: int
    """1 for what people get wrong most, 2 for what they get wrong less."""
    tree: Tree


class Sight(NamedTuple):
    """What edits are made from."""

    shape: object
    """Of a tree: its shape at a point, with None for a size that its place gives; None where nothing is known."""
    names: dict
    """The names that may be put in, with their shapes."""
    related: object
    """Of two names: whether one is a function of the other, entry by entry."""
    factors: tuple
    """Trees that may be missing, with what it costs to put one in: f′(z), dX, brackets that stand elsewhere."""
    sizes: tuple
    """Names of sizes."""
    functions: tuple
    """Words of the elementwise functions that are spoken of."""
    sums: bool
    """Whether the text writes sums with Σ, and not with vectors of ones."""
    letters: tuple
    """The index letters that the line uses."""
    entrywise: str
    """The sign for the entrywise product."""


# ── the edits of one part ─────────────────────────────────────────────────────────────────────────────────────────


def edits(tree, parent, sight):
    """The edits of one part that change more than a value: they may also make a line conform."""
    yield from _transposes(tree, parent, sight)
    if tree.kind == "product" and "/" not in tree.data:
        yield from _of_products(tree, sight)
    if tree.kind == "hadamard":
        yield from _of_entrywise_products(tree, sight)
    if parent is None and _is_column(sight.shape(tree)):  # Diag(v), a Jacobian written as its diagonal
        yield Edit(PRODUCT, 1, _diagonal(tree))
    if tree.kind == "colon":
        yield Edit(PRODUCT, 2, entrywise(sight.entrywise, *tree.args))
    if tree.kind == "kronecker" and len(tree.args) == 2:
        yield Edit(PRODUCT, 1, times(*tree.args))
    base = _squared(tree)
    if base is not None and _is_square(sight.shape(base)):  # A A for Aᵀ A
        yield Edit(TRANSPOSE, 1, times(turned(base), base))
        yield Edit(TRANSPOSE, 1, times(base, turned(base)))
    if tree.kind == "subscript":
        yield from _other_indices(tree, sight)
    if tree.kind == "apply" and tree.args[0].kind == "operator" and tree.args[0].data in ("Diag", "diag"):
        yield Edit(PRODUCT, 1, tree.args[1])


def rarer_edits(tree, parent, sight):
    """The edits of one part that put something in, or take something out; each costs more than 1."""
    yield from _summed(tree, parent, sight)
    yield from _with_a_factor(tree, parent, sight)
    yield from _without_a_part(tree, sight)


def value_edits(tree, parent, sight):
    """The edits of one part that leave its shape alone."""
    if tree.kind == "sum" and len(tree.args) > 1:
        for i, sign in enumerate(tree.data):
            yield Edit(SIGN, 1, Tree("sum", tree.args, (*tree.data[:i], -sign, *tree.data[i + 1 :])))
        for i, factor in itertools.product(range(len(tree.args)), (Fraction(2), Fraction(1, 2))):
            term = signed(factor, tree.args[i])
            yield Edit(FACTOR, 1, Tree("sum", (*tree.args[:i], term, *tree.args[i + 1 :]), tree.data))
    if tree.kind == "apply" or (tree.kind == "power" and tree.args[1].kind != "number"):
        exponent = bare(tree.args[1])
        negative = signed(Fraction(-1), exponent)
        inside = Tree("group", (negative,), "(") if tree.args[1].kind == "group" else negative
        yield Edit(SIGN, 1, Tree(tree.kind, (tree.args[0], inside), tree.data))
    if tree.kind == "number" and tree.data == 1 and len(sight.letters) == 2:
        yield Edit(OTHER, 1, Tree("delta", tuple(Tree("name", (), letter) for letter in sight.letters)))
    if tree.kind == "power" and tree.args[1].kind == "number":
        exponent = tree.args[1].data
        for other in (exponent - 1, exponent + 1):
            if other:
                power = tree.args[0] if other == 1 else Tree("power", (tree.args[0], number(other)))
                yield Edit(OTHER, 2, power)
    factor = parent is None or parent.kind in ("sum", "product", "fraction", "big sum")
    if factor and tree.kind in ("name", "group", "apply") and sight.shape(tree) == (1, 1):
        kind = INNER if parent is not None and parent.kind == "product" else OTHER
        yield Edit(kind, 1, Tree("power", (tree, number(2))))
    if tree.kind in ("name", "subscript", "label", "group", "product", "apply"):
        yield from _other_names(tree, sight)
    if tree.kind == "apply" and tree.args[0].kind == "operator" and tree.args[0].data in sight.functions:
        slope = Tree("prime", (tree.args[0],), 1)
        yield Edit(INNER, 2, Tree("apply", (slope, tree.args[1])))
        yield Edit(ARGUMENT, 2, tree.args[1])
    if tree.kind in ("name", "transpose", "inverse") and _is_square(sight.shape(tree)):
        yield Edit(ASSUMPTION, 2, Tree("group", (Tree("sum", (tree, turned(tree)), (1, 1)),), "("))
        if tree.kind == "inverse":
            yield Edit(OTHER, 2, tree.args[0])
            yield Edit(OTHER, 2, Tree("transpose", tree.args))
        else:
            yield Edit(OTHER, 2, Tree("inverse", (tree if tree.kind == "name" else tree.args[0],)))


def renamings(tree, sight):
    """One name for another of the same shape, at all its places."""
    counts = {}
    for inner in executing.parts(tree):
        if (name := executing.spelled(inner)) in sight.names and inner.kind in ("name", "subscript", "label"):
            counts[name] = counts.get(name, 0) + 1
    for old, count in counts.items():
        for new, shape in sight.names.items():
            if count > 1 and new != old and shape == sight.names[old]:
                yield Edit(ARGUMENT if sight.related(old, new) else OTHER, 1, _with_name(tree, old, new))


def swapped_letters(tree, sight):
    """Two indices in each other's places: an outer product the other way round."""
    for one, other in itertools.combinations(sight.letters, 2):
        both = {one: other, other: one}
        yield Edit(TRANSPOSE, 1, _with_letters(tree, both))


def _with_letters(tree, letters):
    """The tree with index letters for other ones."""

    def instead(inner):
        if inner.kind != "subscript":
            return None
        renamed = (letters.get(index.data) if index.kind == "name" else None for index in inner.args[1:])
        indices = (Tree("name", (), new) if new else old for new, old in zip(renamed, inner.args[1:], strict=True))
        return Tree("subscript", (inner.args[0], *indices))

    return rebuilt(tree, instead)


def _with_name(tree, old, new):
    """The tree with one name for another; a derivative is left as it stands."""

    def instead(inner):
        if inner.kind in ("name", "subscript", "label") and executing.spelled(inner) == old:
            return Tree("name", (), new)
        return inner if inner.kind in executing.DERIVATIVES else None

    return rebuilt(tree, instead)


def _is_square(shape):
    return shape is not None and None not in shape and shape[0] == shape[1] > 1


def _turns(tree, sight):
    """Whether a transpose of a part says something."""
    return not is_number(tree) and tree.kind != "identity" and sight.shape(tree) != (1, 1)


def _transposes(tree, parent, sight):
    if tree.kind == "product" and "/" not in tree.data:
        scalars = [factor for factor in tree.args if sight.shape(factor) == (1, 1)]
        rest = [factor for factor in tree.args if sight.shape(factor) != (1, 1)]
        if len(rest) > 1 and (parent is None or parent.kind in ("sum", "group")):
            yield Edit(TRANSPOSE, 1, times(*scalars, turned(times(*rest))))
        return
    alone = parent is None or parent.kind not in ("transpose", "inverse", "inverse transpose", "group")
    if (
        tree.kind in ("number", "operator", "sum", "hadamard", "list", "fraction")
        or not alone
        or not _turns(tree, sight)
    ):
        return
    if tree.kind == "group" and parent is not None and parent.kind in ("apply", "subscript"):
        return
    if None in (sight.shape(tree) or ()) and parent is not None and parent.kind == "product":
        factors = [turned(factor) if factor is tree else factor for factor in parent.args]
        if not _conform(factors, sight):
            return
    if bare(tree).kind in executing.DERIVATIVES:
        if parent is not None and parent.kind == "product":
            yield Edit(TRANSPOSE, 2, turned(tree))
        return
    yield Edit(TRANSPOSE, 1, turned(tree))


def _of_products(tree, sight):
    """Factors in another order, transposed, multiplied in another way."""
    args = tree.args
    shapes = [sight.shape(factor) for factor in args]
    front = [factor for factor, shape in zip(args, shapes, strict=True) if shape == (1, 1)]
    rest = [factor for factor, shape in zip(args, shapes, strict=True) if shape != (1, 1)]
    n = len(rest)
    yield from (Edit(ORDER, 1, times(*front, *moved)) for moved in _moved(rest) if _conform(moved, sight))
    for i, factor in enumerate(rest):
        if (base := _squared(factor)) is not None:
            others = [*rest[:i], *rest[i + 1 :]]
            for a, b in itertools.combinations(range(len(others) + 1), 2):
                yield Edit(ORDER, 1, times(*front, *others[:a], base, *others[a:b], base, *others[b:]))
    if n == 2 and sight.shape(rest[0]) == sight.shape(rest[1]) is not None:
        both = entrywise(sight.entrywise, *rest)
        yield Edit(PRODUCT, 1, times(*front, both) if front else both)
    else:
        for i in range(n - 1):
            if sight.shape(rest[i]) == sight.shape(rest[i + 1]) is not None:
                both = entrywise(sight.entrywise, rest[i], rest[i + 1])
                yield Edit(PRODUCT, 1, times(*front, *rest[:i], both, *rest[i + 2 :]))
        for i in range(1, n):
            if n > 2 and _shape_of_product(rest[:i], sight) == _shape_of_product(rest[i:], sight) is not None:
                both = entrywise(sight.entrywise, times(*rest[:i]), times(*rest[i:]))
                yield Edit(PRODUCT, 1, times(*front, both) if front else both)
    if n == 2 and _is_column(sight.shape(rest[0])) and sight.shape(rest[0]) == sight.shape(rest[1]):
        yield Edit(TRANSPOSE, 1, times(*front, turned(rest[0]), rest[1]))
    for i, factor in enumerate(rest):
        if _is_column(sight.shape(factor)) and not sight.sums:
            yield Edit(PRODUCT, 2, times(*front, *rest[:i], _diagonal(factor), *rest[i + 1 :]))
    yield from _rearranged(front, rest, sight)


def _moved(factors):
    """The factors with one of them elsewhere; a swap of neighbours is met once."""
    for i, j in itertools.permutations(range(len(factors)), 2):
        if j != i + 1:
            others = [*factors[:i], *factors[i + 1 :]]
            yield [*others[:j], factors[i], *others[j:]]


def _squared(tree):
    """Of A² the A, of A⁻² the inverse of A; else None."""
    if tree.kind != "power":
        return None
    base, exponent = tree.args[0], coefficient(bare(tree.args[1]))
    base = bare(base) if bare(base).kind in ("name", "inverse", "transpose", "inverse transpose") else base
    negative = bare(tree.args[1]).kind == "sum"
    if negative and signed(Fraction(-1), bare(tree.args[1])).data == 2:
        return Tree("inverse transpose", base.args) if base.kind == "transpose" else Tree("inverse", (base,))
    return base if exponent == (2, None) else None


def _rearranged(front, rest, sight):
    """Columns of one shape taken entry by entry, and everything transposed and put in order until it conforms."""
    together = {}
    for factor in rest:
        shape = sight.shape(factor)
        together.setdefault(shape if shape is not None and _is_column(shape) else len(together), []).append(factor)
    merged = [entrywise(sight.entrywise, *factors) for factors in together.values()]
    if not 1 < len(merged) <= REARRANGED and len(merged) < len(rest):
        yield Edit(PRODUCT, 1, times(*front, *merged) if front else merged[0])
        return
    if not 1 < len(merged) <= REARRANGED:
        return
    seen = set()
    for order in itertools.permutations(range(len(merged))):
        for turns in itertools.product((False, True), repeat=len(merged)):
            factors = [turned(merged[i]) if turn else merged[i] for i, turn in zip(order, turns, strict=True)]
            cost = (len(merged) < len(rest)) + (order != tuple(sorted(order))) + sum(turns)
            if cost < 2 or any(turn and not _turns(merged[i], sight) for i, turn in zip(order, turns, strict=True)):
                continue
            if any(
                bare(merged[i]).kind in executing.DERIVATIVES and turn for i, turn in zip(order, turns, strict=True)
            ):
                continue
            if (order, turns) not in seen and _conform(factors, sight):
                seen.add((order, turns))
                yield Edit(TRANSPOSE if any(turns) else ORDER, min(cost, 3), times(*front, *factors))


def _conform(factors, sight):
    """Whether a product of factors conforms; a vector of ones does not stand for the number one."""
    shapes = [shape for factor in factors if (shape := sight.shape(factor)) != (1, 1)]
    pairs = [(a[1], b[0]) for a, b in itertools.pairwise(shapes) if a is not None and b is not None]
    return all(a == b if None not in (a, b) else 1 not in (a, b) for a, b in pairs)


def _shape_of_product(factors, sight):
    """The shape of a product that conforms, else None."""
    first, last = sight.shape(factors[0]), sight.shape(factors[-1])
    if first is None or last is None or not _conform(factors, sight):
        return None
    return first[0], last[1]


def _diagonal(tree):
    return Tree("apply", (Tree("operator", (), "Diag"), Tree("group", (bare(tree),), "(")))


def _is_column(shape):
    return shape is not None and None not in shape and shape[1] == 1 < shape[0]


def _of_entrywise_products(tree, sight):
    """Factors multiplied as matrices, or with a diagonal one."""
    args, signs = tree.args, tree.data
    if not set(signs) <= {r"\odot", r"\circ"} or any(bare(factor).kind == "identity" for factor in args):
        return
    for inside, outside in ((args[:-1], args[-1]), (args[1:], args[0])):  # [a ⊙ b] c for a ⊙ b c
        if outside.kind == "product" and set(outside.data) <= {""}:
            for i in range(1, len(outside.args)):
                first, last = times(*outside.args[:i]), times(*outside.args[i:])
                if outside is args[-1]:
                    both = (entrywise(signs[0], *inside, first), last)
                else:
                    both = (first, entrywise(signs[0], last, *inside))
                if _conform(both, sight):
                    yield Edit(PRODUCT, 1, times(*both))
    if len(args) == 2:
        for one, other in (args, args[::-1]):
            if _conform((one, other), sight):
                yield Edit(PRODUCT, 1, times(one, other))
        if _is_column(sight.shape(args[0])) and _is_column(sight.shape(args[1])):
            yield Edit(PRODUCT, 1, times(args[0], turned(args[1])))
            yield Edit(PRODUCT, 1, times(turned(args[0]), args[1]))
        elif _is_column(sight.shape(args[0])):
            yield Edit(PRODUCT, 1, times(_diagonal(args[0]), args[1]))


def _summed(tree, parent, sight):
    """A missing sum, over all entries, along the rows or along the columns."""
    inside = parent is not None and parent.kind in ("product", "group", "hadamard", "transpose", "apply", "power")
    shape = sight.shape(tree)
    if inside or shape in (None, (1, 1)) or None in shape or tree.kind == "sum":
        return
    if sight.sums or shape[1] == 1:
        yield Edit(SUM, 2, _sum_of(tree, sight))
    if _is_square(shape):
        yield Edit(SUM, 2, Tree("apply", (Tree("operator", (), "tr"), Tree("group", (bare(tree),), "("))))
    if shape[0] > 1 and shape[1] > 1:
        yield Edit(SUM, 2, times(tree, ONE))
        yield Edit(SUM, 2, times(turned(tree), ONE))
        yield Edit(SUM, 2, times(Tree("transpose", (ONE,)), tree, ONE))
        yield Edit(SUM, 2, times(ONE, Tree("transpose", (ONE,)), tree))
        yield Edit(SUM, 2, times(tree, ONE, Tree("transpose", (ONE,))))


def _sum_of(tree, sight):
    """The sum of all entries, as the text would write it."""
    if sight.sums:
        return Tree("big sum", (bracketed(tree),), ())
    return times(Tree("transpose", (ONE,)), tree)


def _factors(sight):
    """What may be missing: names, entries, sums of vectors, and what else the line could take up."""
    for name, shape in sight.names.items():
        yield Tree("name", (), name), shape, 2
    for factor, cost in sight.factors:
        yield factor, sight.shape(factor), cost
    for name, shape in sight.names.items():
        if _is_column(shape):
            yield bracketed(_sum_of(Tree("name", (), name), sight)), (1, 1), 3
            for i in sight.letters:
                yield Tree("subscript", (Tree("name", (), name), Tree("name", (), i))), (1, 1), 2
        elif None not in shape and shape[1] > 1:
            for pair in itertools.permutations(sight.letters, 2):
                yield Tree("subscript", (Tree("name", (), name), *(Tree("name", (), i) for i in pair))), (1, 1), 2


def _with_a_factor(tree, parent, sight):
    """A factor put in, where it conforms."""
    above = None if parent is None else parent.kind
    if tree.kind in ("number", "operator", "transpose", "group") and above is not None and above != "sum":
        whole = False
    else:
        whole = above in (None, "sum", "group", "apply", "big sum", "colon", "fraction")
    shape = sight.shape(tree)
    if tree.kind == "list" or (not whole and above not in ("product", "hadamard", "colon")) or is_number(tree):
        return
    factors = tree.args if tree.kind == "product" and "/" not in tree.data else (tree,)
    for factor, size, cost in _factors(sight):
        if size == (1, 1):
            if whole:
                yield from _with_a_number(tree, factor, cost, shape)
            continue
        if size is None:
            continue
        if size == shape:
            yield Edit(INNER, cost, entrywise(sight.entrywise, tree, factor))
        if not whole:
            continue
        for put in (factor, turned(factor)):
            for i in range(len(factors) + 1):
                with_it = (*factors[:i], put, *factors[i:])
                if _conform(with_it, sight) and not (i < len(factors) and is_number(factors[i])):
                    yield Edit(INNER, cost, times(*with_it))
    if whole and above != "apply":
        for name in sight.sizes:
            mean = Tree("fraction", (number(1), Tree("name", (), name)))
            yield Edit(FACTOR, 2, times(mean, tree))


def _with_a_number(tree, factor, cost, shape):
    """A factor that is a number put before what stands, or below it."""
    if factor.kind == "group":
        yield Edit(INNER, cost, Tree("product", (factor, bracketed(tree)), ("",)))
    else:
        pair = (tree, factor) if factor.kind == "subscript" else (factor, tree)
        yield Edit(INNER, cost, times(*pair))
    if shape is not None and tree.kind != "sum":
        yield Edit(OTHER, 3, Tree("fraction", (bare(tree), factor)))


def _without_a_part(tree, sight):
    """A factor, a term or a function too many."""
    if tree.kind == "hadamard" or (tree.kind == "product" and "/" not in tree.data):
        for i, factor in enumerate(tree.args):
            rest = (*tree.args[:i], *tree.args[i + 1 :])
            signs = tree.data[1:] if i == 0 else (*tree.data[: i - 1], *tree.data[i:])
            said = tree.kind == "hadamard" or (not is_number(factor) and _conform(rest, sight))
            size = tree.kind == "product" and factor.kind == "name" and factor.data in sight.sizes
            if said:
                yield Edit(FACTOR if size else OTHER, 2, multiplied(rest, signs, tree.kind))
    if tree.kind == "sum" and len(tree.args) > 1:
        for i in range(len(tree.args)):
            rest, signs = (*tree.args[:i], *tree.args[i + 1 :]), (*tree.data[:i], *tree.data[i + 1 :])
            yield Edit(OTHER, 2, rest[0] if rest[1:] == () and signs == (1,) else Tree("sum", rest, signs))
    if tree.kind == "fraction" and not is_number(tree):
        yield Edit(OTHER, 2, tree.args[0])
    if tree.kind in ("norm", "bars"):
        yield Edit(OTHER, 2, Tree("group", tree.args, "("))
        yield Edit(OTHER, 2, Tree("power", (tree, number(2))))
    if tree.kind == "big sum":
        yield Edit(OTHER, 2, tree.args[0])


def _other_names(tree, sight):
    """Another name of the same shape in this place, and a function of it."""
    name = executing.spelled(tree)
    shape = sight.shape(tree)
    if shape is None:
        return
    for other, its in sight.names.items():
        if its == shape and other != name:
            related = name is not None and name in sight.names and sight.related(name, other)
            if tree.kind in ("name", "subscript", "label"):
                alike = related or (name and name[0] == other[0])  # λ₁ for λ₂, W₁ for W₂
                yield Edit(ARGUMENT if related else OTHER, 1 if alike else 2, Tree("name", (), other))
            elif tree.kind != "product":
                yield Edit(OTHER, 3, Tree("name", (), other))
    if name is not None:
        for word in sight.functions:
            yield Edit(ARGUMENT, 2, Tree("apply", (Tree("operator", (), word), Tree("group", (tree,), "("))))


def _other_indices(tree, sight):
    """Indices in the other order, or another index."""
    base, *indices = tree.args
    if not all(index.kind == "name" and index.data in sight.letters for index in indices):
        return
    if len(indices) == 2 and indices[0].data != indices[1].data:
        yield Edit(TRANSPOSE, 1, Tree("subscript", (base, *indices[::-1])))
    for i, letter in itertools.product(range(len(indices)), sight.letters):
        if letter != indices[i].data:
            others = (*indices[:i], Tree("name", (), letter), *indices[i + 1 :])
            yield Edit(OTHER, 1, Tree("subscript", (base, *others)))
    if base.kind == "name":
        for other, shape in sight.names.items():
            if other != base.data and shape == sight.names.get(base.data):
                related = sight.related(base.data, other)
                yield Edit(
                    ARGUMENT if related else OTHER,
                    1 if related else 2,
                    Tree("subscript", (Tree("name", (), other), *indices)),
                )
