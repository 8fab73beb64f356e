"""A counter-example to a wrong line, as NumPy text that runs alone.

Small values are drawn for the declared symbols and rounded to a few digits; the two sides are executed anew with the
rounded values, so that what is written is what was executed.
"""

import ast
import contextlib
import itertools

import numpy as np

from derivations import executing
from derivations.checking.comparing import fit, places
from derivations.deriving.results import Derivative
from derivations.executing import NotConforming, Scene, Unreadable
from derivations.formulas.properties import PROPERTIES
from derivations.writing.latex_printing import to_latex
from derivations.writing.numpy_code import source
from derivations.writing.numpy_pieces import safe_name

_DIGITS = (1, 2, 4)
_CLEAR = 1e-3  # sides that differ by less, relatively, convince nobody


def counterexample(checker, line, head):
    """NumPy text that shows two sides to differ, or None where one of them has no value.

    Parameters
    ----------
    checker : Checker
        Declarations and points.
    line : Line
        A line that fails.
    head : Tree
        What its right side should equal.

    Returns
    -------
    str or None
    """
    small = sorted(checker.points, key=lambda point: sum(value.size for value in point.values.values()))
    for point, digits in itertools.product(small[:4], _DIGITS):
        values = {
            s: _rounded(value, digits, checker.properties.get(s.data[0], ())) for s, value in point.values.items()
        }
        scene = Scene(checker.meaning, point.at(values))
        sides = _sides(head, line.relation.right, scene)
        if sides is not None:
            return _written(checker, line, head, scene, *sides)
    return None


def _rounded(value, digits, properties):
    return np.round(value, digits) + 0.0 if all(PROPERTIES[word].rounds for word in properties) else value


def _sides(left, right, scene):
    """(left, right, indices) where two sides clearly differ, or None."""
    try:
        for indices, here in places(left, right, scene):
            a, b = executing.evaluate(left, here), executing.evaluate(right, here)
            with contextlib.suppress(NotConforming):
                a, b = fit(a, b)
            if _differ(a, b):
                return a, b, indices
    except (NotConforming, Unreadable, np.linalg.LinAlgError, ZeroDivisionError, OverflowError):
        return None
    return None


def _differ(a, b):
    if not (isinstance(a, np.ndarray) and isinstance(b, np.ndarray)):
        return False
    if a.shape != b.shape:
        return True
    finite = np.all(np.isfinite(a)) and np.all(np.isfinite(b))
    return finite and np.max(np.abs(a - b)) > _CLEAR * max(np.max(np.abs(a)), np.max(np.abs(b)))


# ── as text ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _written(checker, line, head, scene, left, right, indices):
    meaning = checker.meaning
    used = executing.reached((head, line.relation.right), meaning)
    rows, sizes = ["import numpy as np", ""], {}
    for name in used:
        if name in meaning.definitions:
            told, needed = _definition(name, checker, scene)
            rows += told
            sizes.update(dict.fromkeys(needed))
        elif name in meaning.symbols:
            symbol = meaning.symbols[name]
            rows.append(f"{safe_name(name)} = {_array(scene.point.values[symbol], symbol.data[1])}")
    rows += _differentials((head, line.relation.right), scene)
    rows[2:2] = [f"{safe_name(size)} = {scene.point.sizes[size]}" for size in sizes]
    at = f", at {', '.join(f'{name} = {place + 1}' for name, place in indices.items())}" if indices else ""
    axes = 2 if left.shape != right.shape else None
    rows += [
        "",
        f"left = {_array(left, axes)}  # {_in_a_comment(to_latex(head, checker.names))}{at}",
        f"right = {_array(right, axes)}  # {_in_a_comment(to_latex(line.relation.right, checker.names))}{at}",
        "assert left.shape != right.shape" if axes else "assert not np.allclose(left, right)",
    ]
    return "\n".join(rows) + "\n"


def _differentials(sides, scene):
    """The rows that give dx its value, for every dx within the two sides."""
    rows = {}
    for tree in (inner for side in sides for inner in executing.parts(side) if inner is not side):
        name = executing.spelled(tree.args[0]) if tree.kind == "differential" else None
        whole = name is not None and scene.meaning.known(name) and tree.data in (None, 1)
        value = executing.evaluate(tree, scene) if whole else None
        if isinstance(value, np.ndarray):
            rows[name] = f"d{safe_name(name)} = {_array(value)}"
    return rows.values()


def _definition(name, checker, scene):
    """The rows that give a defined name its value, and the sizes that they need."""
    spelled, formula = safe_name(name), checker.meaning.definitions[name].formula
    if formula is not None:
        symbols = tuple(checker.meaning.symbols.values())
        held = checker.scope.defined.get(name)
        ndim = held.ndim if held is not None else 0
        try:
            text = source(Derivative(formula, ndim, symbols), f"{spelled}_of")
        except ValueError:  # NumPy has no name for a function in it
            text = ""
        if text:
            arguments = ast.parse(text).body[0].args
            sizes = [argument.arg for argument in arguments.kwonlyargs]
            given = [argument.arg for argument in arguments.args] + [f"{size}={size}" for size in sizes]
            return ["", "", *text.rstrip().split("\n"), "", "", f"{spelled} = {spelled}_of({', '.join(given)})"], sizes
    try:
        value = scene.value(name)
    except (NotConforming, Unreadable, np.linalg.LinAlgError):
        return [], []
    return ([f"{spelled} = {_array(value)}"], []) if isinstance(value, np.ndarray) else ([], [])


def _array(value, axes=None):
    """A 2-D array as NumPy text, with as many axes as it has in NumPy, the fewest where nothing says."""
    value = np.real(np.asarray(value))
    if axes is None:
        axes = 0 if value.shape == (1, 1) else 1 if value.shape[1] == 1 else 2
    shown = value if axes == 2 else value[:, 0] if axes == 1 else value.item()
    rounded = np.vectorize(lambda number: float(f"{number:.8g}"))(shown)
    return f"np.array({rounded.tolist()})" if axes else repr(float(rounded))


def _in_a_comment(text):
    return " ".join(text.split())
