"""Functions that a text names and never defines: any smooth function does, so one is drawn.

Half a quadratic form plus sines of projections: its gradient and its Hessian are those of no simpler function, so what
holds for it, with numbers drawn by its name alone, is not true by an accident of the function.
"""

import zlib

import numpy as np

from derivations.executing.scenes import evaluate
from derivations.executing.values import Unreadable, is_exact, solid

WAVES = 3


def evaluate_any(tree, scene):
    """The value of a function that is not said, of what `tree.args` are; `tree.data` is its name and its shape."""
    name, lengths = tree.data
    parts = [solid(evaluate(argument, scene)) for argument in tree.args]
    if any(map(is_exact, parts)):
        raise Unreadable(f"{name} is a function that is not said, and has no exact value")
    if lengths == "entries":
        return _of_entries(name, parts[0])
    shape = tuple(n if isinstance(n, int) else scene.point.sizes[n] for n in lengths)
    inputs = np.concatenate([part.ravel() for part in parts])
    random = np.random.default_rng([zlib.crc32(name.encode()), inputs.size, *shape])
    entries = [_wave(random, inputs) for _ in range(int(np.prod(shape)))]
    return np.array(entries).reshape(shape)


def evaluate_implicit(tree, scene):
    """The number `tree.data` at which both sides are equal, by Newton's method from the first start that leads there.

    What moves by a complex step moves the root by one: only its real part is looked for from afar.
    """
    name, (left, right) = tree.data, tree.args

    def apart(at, here):
        there = here.where({name: np.array([[at]])})
        sides = [solid(evaluate(side, there)) for side in (left, right)]
        if any(map(is_exact, sides)):
            raise Unreadable(f"{name} solves an equation, and has no exact value")
        if any(side.shape != (1, 1) for side in sides):
            raise Unreadable(f"the equation that {name} solves is not one of numbers")
        return sides[0].item() - sides[1].item()

    real = scene.where({moved: array.real for moved, array in scene.moved.items() if np.iscomplexobj(array)})
    root, known = None, scene.meaning.roots.get((name, id(scene.point)))
    for start in STARTS if known is None else (known, *STARTS):
        root = _newton(lambda at: apart(at, real), start)
        if root is not None:
            break
    else:
        return np.full((1, 1), np.nan)
    scene.meaning.roots.setdefault((name, id(scene.point)), root)  # from which every other there is found
    if not any(map(np.iscomplexobj, scene.moved.values())):
        return np.array([[root]])
    moved = _newton(lambda at: apart(at, scene), complex(root), STEPS)
    return np.full((1, 1), np.nan if moved is None else moved)


def _newton(apart, at, least=0):
    """Where a function of a number is 0, near a start; None where the steps lead nowhere. `least` steps are made."""
    for count in range(15):
        value = apart(at)
        slope = (apart(at + WIDTH) - apart(at - WIDTH)) / (2 * WIDTH)
        if not np.isfinite(value) or not slope or not np.isfinite(slope):
            return None
        step = value / slope
        at = at - step
        if abs(step) <= 1e-14 * max(1.0, abs(at)) and count >= least:
            return at
    return None


STARTS, STEPS, WIDTH = (1.3, -0.8, 2.6, 0.3), 3, 1e-5


def _of_entries(name, array):
    """The same function of each entry: a line, a parabola and sines."""
    random = np.random.default_rng(zlib.crc32(name.encode()))
    slope, bend = random.uniform(0.3, 0.9, 2)
    ahead, phase, height = random.uniform(0.5, 1.5, (3, WAVES))
    return (
        slope * array
        + bend * array**2 / 2
        + sum(h * np.sin(a * array + p) for a, p, h in zip(ahead, phase, height, strict=True))
    )


def _wave(random, inputs):
    size = inputs.size
    ahead, form = random.standard_normal((WAVES, size)), random.standard_normal((size, size))
    waves = np.sin(ahead @ inputs / np.sqrt(size) + random.uniform(0.3, 1.3, WAVES))
    return (
        random.uniform(0.5, 1.5, WAVES) @ waves
        + inputs @ form @ inputs / (2 * size)
        + random.standard_normal(size) @ inputs
    )
