"""Branches: what a text computes otherwise far from 0 than near it, and the points at which that is seen."""

import itertools

import numpy as np

from derivations import executing, sampling
from derivations.expression import ordered
from derivations.notation.latex_tree import Relation

_KINDS = {"bars", "cases", "indicator"}
_WORDS = {"max", "min", "relu", "abs", "sign", "sgn", "step", "hinge", "clip", "positive", "nonnegative"}
_SCALED_FREELY = {"symmetric", "diagonal", "positive", "positive definite", "invertible", "positive determinant"}
"""Properties that a value keeps when it is multiplied by a positive number."""
_SCALES = (1.0, 10.0, 100.0)


def has_branches(checker, items):
    """Whether a block, or what it was defined with, has a branch: max, |·|, cases, an indicator.

    Parameters
    ----------
    checker : Checker
    items : list of Relation or Unread

    Returns
    -------
    bool
    """
    relations = [item for item in items if isinstance(item, Relation)]
    definitions = checker.meaning.definitions.values()
    trees = [side for item in relations for side in (item.left, item.right)]
    trees += [definition.tree for definition in definitions if definition.tree is not None]
    formulas = ordered([definition.formula for definition in definitions if definition.formula is not None])
    return any(_is_branch(part) for tree in trees for part in executing.parts(tree)) or any(
        formula.operation == "elementwise" and formula.data in sampling.KINKED for formula in formulas
    )


def _is_branch(tree):
    return (
        tree.kind in _KINDS
        or (tree.kind == "operator" and tree.data in _WORDS)
        or (tree.kind == "norm" and tree.data in ("1", "inf"))
    )


def far_off(checker, symbols, text, properties):
    """Points at which the letters that may be large are large, each by a factor and with a sign of its own.

    Parameters
    ----------
    checker : Checker
    symbols : list of Formula
        The declared letters.
    text : str
        What the points are drawn by.
    properties : dict
        Symbol to the properties of its value.

    Yields
    ------
    Point
    """
    random = sampling.generator(f"far {text}")
    for point in itertools.islice(
        executing.sampled(checker.meaning, symbols, f"far {text}", properties, checker.vary), 30
    ):
        values = {}
        for symbol, value in point.values.items():
            kept = set(properties.get(symbol, ()))
            factor = random.choice(_SCALES) if kept <= _SCALED_FREELY else 1.0
            sign = random.choice((-1.0, 1.0)) if not kept else 1.0
            values[symbol] = factor * sign * np.asarray(value)
        yield point._replace(values=values)
