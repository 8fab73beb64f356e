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
