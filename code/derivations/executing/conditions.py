"""Relations that are no equations, points at which derivatives vanish, and the drawing of points."""

import numpy as np

from derivations import sampling
from derivations.executing.scenes import evaluate, has_derivative, parts
from derivations.executing.values import NotConforming, Unreadable, is_scalar, shape_of, solid, unit_arrays
from derivations.reading.latex_tree import spelled


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


def variables(tree):
    """The names by which derivatives in a tree are taken; empty where one of them does not say."""
    found = set()
    for inner in parts(tree):
        if inner.kind == "gradient" and len(inner.args) == 1:
            return set()
        below = {"gradient": inner.args[1:], "derivative": inner.args[1:], "operate": inner.args[:1]}.get(
            inner.kind, ()
        )
        found |= {spelled(part) for name in below for part in parts(name)}
    return found


def moved_to_answers(trees, varying, scene, answers):
    """Arrays as `moved_to_zero` finds them, from what `answers` say alone, pairs of a name and a tree; or None."""
    try:
        start = _values_of(answers, scene)
        return (_moved_to_zero(trees, varying, scene, False, start) or None) if start else None
    except Unreadable:
        return None


def moved_to_zero(trees, varying, scene):
    """Arrays for what varies and the numbers beside it, at a point near by where all trees vanish, or None.

    Gauss and Newton's steps of least length, from the scene's own point; where they lead nowhere, steps that keep the
    length of each array, since what does not depend on it, as wᵀAw / wᵀw, may vanish on the way to infinity.
    """
    try:
        found = _moved_to_zero(trees, varying, scene, False)
        return (_moved_to_zero(trees, varying, scene, True) if found is None else found) or None
    except Unreadable:  # a name beside it has no value
        return None


_FAR = 1e2  # from there rounding leaves too few digits


def _values_of(answers, scene):
    """The arrays that answers are worth, by their names; those that have no value of the right shape are left out."""
    found = {}
    for name, tree in answers:
        try:
            value = solid(evaluate(tree, scene))
        except (Unreadable, NotConforming, np.linalg.LinAlgError):
            continue
        if value.shape == scene.value(name).shape and np.max(np.abs(value)) < _FAR and not np.iscomplexobj(value):
            found.setdefault(name, value)
    return found


def _moved_to_zero(trees, varying, scene, keeping, start=None):
    meaning = scene.meaning
    names = [name for name in meaning.symbols if name in varying or is_scalar(scene.value(name))]
    if not names:
        return None
    at = {name: np.array(scene.value(name), float) for name in names} | (start or {})

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
                for unit in unit_arrays(at[name].shape)
            ]
            matrix = np.concatenate([c for *_, c in columns], axis=1)
            if not np.any(matrix):  # nothing that moves moves them
                return {}
            if keeping:
                rows = [
                    [at[n].ravel() @ unit.ravel() if n == name else 0.0 for n, unit, _ in columns] for name in names
                ]
                matrix, value = np.concatenate([matrix, rows]), np.concatenate([value, np.zeros((len(rows), 1))])
            step = np.linalg.lstsq(matrix, -value, rcond=None)[0]
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
