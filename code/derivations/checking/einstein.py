"""The summation convention: in a text without any Σ, an index that is repeated in a product is summed.

Where some Σ is written, an index is summed that stands in a δ, as in x_k δ_kj, and on one side only. Σ over i ≠ j binds
j as well where no other side has it.

An index that stands on every side of a chain is free. A sum is put around the smallest product that holds all
occurrences of its index, so that x_i (A_ij x_j + b_i) sums j inside the bracket.
"""

import functools
import re
from collections import Counter
from dataclasses import replace

from derivations.executing import BIG, Scene, free_indices, parts, script_letters
from derivations.reading.latex_tree import Relation, Tree, rebuilt

_PRODUCTS = {"product", "hadamard", "kronecker", "fraction", "colon", "inner", "power"}


def with_repeated_indices_summed(lines, meaning):
    """The relations of a block with the sums that the convention leaves out; the same list where it writes any Σ.

    Parameters
    ----------
    lines : list of Relation or Unread
        What `read_block` found.
    meaning : Meaning
        What the names stand for: a name that is declared, and not as a size, is no index.
    """
    relations = [line for line in lines if isinstance(line, Relation)]
    sides = [tree for line in relations for tree in (line.left, line.right)]
    written = any(inner.kind in BIG and not _is_primed(inner) for tree in sides for inner in parts(tree))
    scene, chains = Scene(meaning, None), {}
    for line in relations:
        chains.setdefault(id(line.head if line.continued else line.left), []).append(line)
    new, groups = {}, []
    for chain in chains.values():
        members = {id(tree): tree for line in chain for tree in (line.head, line.left, line.right)}
        free = set.intersection(*(_may_be_free(tree, members, meaning) for tree in members.values()))
        in_deltas = set().union(*map(_in_deltas, members.values()))
        for key, tree in members.items():  # where some Σ is written, k is summed in a chain with δ_jk x_k alone
            held = set(_letters(tree, meaning)) - in_deltas if written else set()
            new[key] = _summed(tree, free | held, scene)
        groups.append((members, free))
    convention = set() if written else _said_to_be_summed(relations, groups, new, meaning)
    for members, free in groups:
        paired = {x for x in convention & free if _stands_in_pairs(x, members.values(), meaning)}
        new |= {key: _summed(tree, free - paired, scene) for key, tree in members.items() if paired}
    return [_with_sides(line, lambda side: new[id(side)]) for line in lines]


def _said_to_be_summed(relations, groups, new, meaning):
    """The letters that a text sums without a Σ: all, if it says so; else those of a chain with a side that lacks them.

    Beside xᵀAx = x_i a_ij x_j, the i of ∂/∂x_k x_i a_ij x_j = a_kj x_j + x_i a_ik is summed, though both sides have it.
    """
    if any(_CONVENTION.search(line.before or "") for line in relations):
        return {letter for members, _ in groups for tree in members.values() for letter in _letters(tree, meaning)}
    sums = [inner for tree in new.values() for inner in parts(tree) if inner.kind == "big sum"]
    return {bounds[0] for inner in sums for bounds in inner.data}


_CONVENTION = re.compile(
    r"^(?!.*\b(no|not|without)\b).*(\beinstein\b|summation convention|repeat(ed|ing) ind(ex|ices))",
    re.IGNORECASE | re.MULTILINE,
)


def _stands_in_pairs(letter, trees, meaning):
    """Whether a letter stands twice in each term of some trees that has it, as an index that is summed does."""
    return set().union(*(_times(letter, tree, meaning) for tree in trees)) <= {0, 2}


def _times(letter, tree, meaning):
    """How often a letter stands in the terms of a tree, multiplied out."""
    if tree.kind == "subscript" or not any(part.kind == "sum" for part in parts(tree)):
        return {_letters(tree, meaning).count(letter)}
    found = [_times(letter, part, meaning) for part in tree.args]
    if tree.kind == "sum":
        return set().union(*found)
    return functools.reduce(lambda one, other: {a + b for a in one for b in other}, found, {0})


def _may_be_free(tree, members, meaning):
    """The letters that a side of a chain leaves free; of a number, all that stand once in some term of the others."""
    if tree.kind != "number":
        return set(_letters(tree, meaning))
    terms = [term for other in members.values() for term in (other.args if other.kind == "sum" else (other,))]
    counted = [Counter(_letters(term, meaning)) for term in terms]
    return {letter for counts in counted for letter, count in counts.items() if count == 1}


_SIDES = ("head", "left", "right")


def _with_sides(line, new):
    """A relation with each of its sides as `new(side)` has it, the same where none changes; anything else as it is."""
    if not isinstance(line, Relation):
        return line
    sides = {name: new(getattr(line, name)) for name in _SIDES}
    return line if all(side is getattr(line, name) for name, side in sides.items()) else replace(line, **sides)


def _is_primed(tree):
    """Whether a sum runs over a j′ beside j, which the convention has to be told."""
    return bool(tree.data) and all(bounds[0].endswith("'") for bounds in tree.data)


def with_bare_sums(lines, meaning):
    """The relations of a block in which Σ without an index binds the indices in it that no other side has.

    Parameters
    ----------
    lines : list of Relation or Unread
        What `read_block` found.
    meaning : Meaning
        What the names stand for.
    """
    scene = Scene(meaning, None)

    def bound(tree, *others):
        held = {letter for other in others for letter in free_indices(other, scene)}

        def instead(inner):
            if inner.kind not in ("big sum", "big product") or inner.data:
                return None
            letters = [letter for letter in free_indices(inner, scene) if letter not in held]
            data = tuple((letter, None, None) for letter in letters)
            return Tree(inner.kind, inner.args, data, inner.start, inner.stop) if data else None

        return rebuilt(tree, instead)

    def is_bare(tree):
        return any(inner.kind in ("big sum", "big product") and not inner.data for inner in parts(tree))

    known = {}
    for line in lines:
        sides = [getattr(line, name) for name in _SIDES] if isinstance(line, Relation) else ()
        plain = [side for side in sides if not is_bare(side)]
        for side in sides:
            known.setdefault(id(side), bound(side, *plain) if is_bare(side) else side)
    return [_with_sides(line, lambda side: known[id(side)]) for line in lines]


def with_pairs_summed(lines, meaning):
    """The relations of a block in which Σ over i ≠ j or i < j binds j as well, where no other side has a free j.

    Parameters
    ----------
    lines : list of Relation or Unread
        What `read_block` found.
    meaning : Meaning
        What the names stand for.
    """
    scene, known = Scene(meaning, None), {}

    def bound(tree, other):
        if id(tree) not in known:
            known[id(tree)] = _with_both(tree, set(free_indices(tree, scene)) - set(free_indices(other, scene)))

    for line in lines:
        if isinstance(line, Relation):
            for side, other in ((line.left, line.right), (line.right, line.head), (line.head, line.right)):
                bound(side, other)
    return [_with_sides(line, lambda side: known[id(side)]) for line in lines]


def _with_both(tree, single):
    """A tree whose sums over pairs bind those of the given letters that they name."""

    def instead(inner):
        other = _other_letter(inner)
        if other not in single:
            return None
        return Tree(inner.kind, inner.args, (*inner.data, (other, None, None)), inner.start, inner.stop)

    return rebuilt(tree, instead) if single else tree


def _other_letter(tree):
    """J in Σ over i ≠ j or i < j, which weighs its terms, and in Π, which raises its factors; else None."""
    body, place = _WEIGHED.get(tree.kind, ("", 0))
    weight = tree.args[0].args[place] if body and tree.args[0].kind == body else None
    if weight is not None and weight.kind == "group" and weight.args[0].kind == "sum":
        weight = weight.args[0].args[-1]
    elif weight is None or weight.kind != "indicator":
        return None
    if weight.kind not in ("delta", "indicator") or len(tree.data) != 1:
        return None
    first, other = weight.args
    return other.data if first.data == tree.data[0][0] else None


_WEIGHED = {"big sum": ("product", 0), "big product": ("power", 1)}
"""What the body of Σ and of Π over some places is, and where in it stands which."""


def _letters(tree, meaning):
    """Every occurrence of an index letter in a tree."""
    found = [letter for inner in parts(tree) for letter in script_letters(inner, meaning)]
    return [letter for letter in found if letter in meaning.sizes or not meaning.known(letter)]


def _in_deltas(tree):
    return {name.data for inner in parts(tree) if inner.kind == "delta" for name in parts(inner) if name.kind == "name"}


def _summed(tree, free, scene, depth=0):
    """The tree with a sum around each product that repeats an index which is not free."""
    if depth > 60 or not tree.args:
        return tree
    repeated = []
    if tree.kind in _PRODUCTS:
        counts = [free_indices(a, scene) for a in tree.args]
        every = dict.fromkeys(letter for letters in counts for letter in letters)
        square = tree.kind == "power" and tree.args[1].kind == "number" and tree.args[1].data == 2
        repeated = [x for x in every if x not in free and (square or sum(x in c for c in counts) > 1)]
    elif tree.kind == "subscript":  # A_ii
        own = _letters(tree, scene.meaning)
        repeated = [x for x in dict.fromkeys(own) if x not in free and own.count(x) > 1]
    inside = free | set(repeated) | ({bounds[0] for bounds in tree.data} if tree.kind in BIG else set())
    args = tuple(a if tree.kind in ("subscript", "delta") else _summed(a, inside, scene, depth + 1) for a in tree.args)
    if any(one is not other for one, other in zip(args, tree.args, strict=True)):
        tree = Tree(tree.kind, args, tree.data, tree.start, tree.stop)
    if repeated:
        tree = Tree("big sum", (tree,), tuple((x, None, None) for x in repeated), tree.start, tree.stop)
    return tree
