"""What two values side by side mean, and readings that only the declared names and sizes decide."""

import numpy as np

from derivations.executing.scenes import key_of
from derivations.executing.values import (
    Eye,
    Free,
    Gradient,
    NotConforming,
    Several,
    Unit,
    Unreadable,
    fitted,
    matmul,
    reciprocal,
    solid,
)
from derivations.formulas.table import FUNCTIONS


def times(left, right, sign, key, scene):
    """The product that two values side by side are, by conformity."""
    if sign == "/":
        return matmul(left, reciprocal(right))
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
        row_by_row = _row_reading(left, right)
        if row_by_row is not None:
            scene.choose(("row", key[0].start, key[1]), ("a gradient written as a row",))
            return row_by_row
        if same and left.shape[1] == 1 and not scene.assignment.get("strict"):
            texts, place = ("an entrywise product", "an inner product"), ("vectors", key[0].start, key[1])
            if scene.choose(place, texts) == 0:
                scene.tell((*place, "told"), texts[0])
                return left * right
            return np.sum(left * right).reshape(1, 1)
        raise


def _row_reading(left, right):
    """A derivative by a vector in a chain may stand as a row."""
    if isinstance(left, Gradient) and isinstance(right, np.ndarray) and left.shape[0] == right.shape[0]:
        return (left.T @ right).view(np.ndarray).T.view(Gradient)
    return None


def depends(name, names, scene):
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


ELEMENTWISE = {
    "sec": lambda z: 1 / np.cos(z), "csc": lambda z: 1 / np.sin(z), "cot": lambda z: 1 / np.tan(z),
    "sech": lambda z: 1 / np.cosh(z), "csch": lambda z: 1 / np.sinh(z), "coth": lambda z: 1 / np.tanh(z),
    "arcsin": np.arcsin, "arccos": np.arccos, "artanh": np.arctanh, "logit": lambda z: np.log(z / (1 - z)),
}  # fmt: skip
"""Elementwise functions that a page may use and `derive` does not know."""


def of_some_size(value, tree, scene):
    """A value whose size nothing tells, of one of the declared sizes: the relation tells which."""
    if isinstance(value, np.ndarray) or not scene.meaning.sizes or (isinstance(value, Unit) and value.length):
        return value
    sizes = scene.meaning.sizes
    n = scene.point.sizes[sizes[scene.choose(("size", tree.start, key_of(tree)), tuple(f"of size {s}" for s in sizes))]]
    rows, columns = (n, n) if isinstance(value, Eye | Several) else (1, 1)
    if isinstance(value, Free):
        rows, columns = (
            n if free and k == 1 else k for free, k in zip((value.rows, value.columns), value.array.shape, strict=True)
        )
    if isinstance(value, Unit):
        inner = value.factor.shape if isinstance(value.factor, np.ndarray) else (n, n)
        rows, columns = (inner[0], n) if value.row else (n, inner[1])
    return fitted(value, (rows, columns))


def function_word(name):
    """The elementwise function that a bare name is, σ without its argument; or None."""
    word = "sigmoid" if name == "sigma" else name
    return word if word in FUNCTIONS or word in ELEMENTWISE else None
