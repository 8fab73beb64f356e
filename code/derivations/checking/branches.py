"""Branches: what a text computes otherwise far from 0 than near it, and the points at which that is seen."""

import itertools

import numpy as np

from derivations import executing, sampling
from derivations.executing import Scene
from derivations.formulas.expression import ordered
from derivations.formulas.properties import PROPERTIES
from derivations.formulas.table import FUNCTIONS
from derivations.reading.latex_tree import Tree, bare
from derivations.writing.latex_printing import to_latex

_KINDS = {"bars", "cases", "indicator"}
_WORDS = {"max", "min", *(name for name, row in FUNCTIONS.items() if row.kinked)}
KINKS = 6  # branches of a line that are looked at
_SCALES = (1.0, 10.0, 100.0)


def has_branch(checker, trees):
    """Whether what trees say, or what their names were defined with, has a branch: max, |·|, cases, an indicator.

    Parameters
    ----------
    checker : Checker
    trees : sequence of Tree

    Returns
    -------
    bool
    """
    written, formulas = _with_definitions(checker, trees)
    return any(_is_branch(part) for tree in written for part in executing.parts(tree)) or any(
        sampling.is_kinked(formula) for formula in formulas
    )


def _with_definitions(checker, trees):
    """The trees with those of the definitions that they reach, and the formulas of the definitions."""
    names = executing.reached(trees, checker.meaning)
    definitions = [d for d in map(checker.meaning.definitions.get, names) if d is not None]
    written = [*trees, *(d.tree for d in definitions if d.tree is not None)]
    return written, ordered([d.formula for d in definitions if d.formula is not None])


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
            factor = random.choice(_SCALES) if all(_scales(word) for word in kept) else 1.0
            sign = random.choice((-1.0, 1.0)) if not kept else 1.0
            values[symbol] = factor * sign * np.asarray(value)
        yield point.at(values)


def _scales(word):
    """Whether a positive multiple keeps a property; an index, whose property is a size, has none."""
    return word in PROPERTIES and PROPERTIES[word].scales


def not_entered(checker, trees):
    """The branches of what trees say that no point entered, in words; empty where every one was.

    Parameters
    ----------
    checker : Checker
        With the points at which lines are executed, near 0 and far from it.
    trees : sequence of Tree

    Returns
    -------
    str
    """
    written, formulas = _with_definitions(checker, trees)
    kinks = [f.args[0] for f in formulas if sampling.is_kinked(f)]
    kinks += [kink for tree in written for part in executing.parts(tree) for kink in _kinks(part)]
    for kink in kinks[:KINKS]:
        signs = {sign for point in (*checker.points, *checker.far) for sign in _signs(checker, point, kink)}
        if signs in ({1}, {-1}):
            what = to_latex(kink) if isinstance(kink, Tree) else "an argument"
            return f"not entered: where {what} is {'negative' if signs == {1} else 'positive'}"
    return ""


def _kinks(tree):
    """What changes its sign where a branch ends."""
    if tree.kind == "bars":
        return [tree.args[0]]
    if tree.kind == "indicator":
        return [Tree("sum", tree.args, (1, -1))]
    word = executing.spelled(tree.args[0]) if tree.kind == "apply" else None
    inner = bare(tree.args[1]) if word in _WORDS else None
    if word in ("max", "min"):
        return [Tree("sum", inner.args, (1, -1))] if inner.kind == "list" and len(inner.args) == 2 else []
    return [inner] if inner is not None else []


def _signs(checker, point, kink):
    scene = Scene(checker.meaning, point)
    try:
        value = executing.evaluate(kink, scene) if isinstance(kink, Tree) else scene.of_formula(kink)
    except (executing.NotConforming, executing.Unreadable, ValueError, ArithmeticError, np.linalg.LinAlgError):
        return set()
    array = getattr(value, "array", value)
    square = isinstance(array, np.ndarray) and array.shape[0] == array.shape[1] > 1  # |A| is a determinant
    return set() if not isinstance(array, np.ndarray) or square else set(np.unique(np.sign(np.real(array)))) - {0}
