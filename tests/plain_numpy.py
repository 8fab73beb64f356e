"""The formulas of the corpus and of the tests, evaluated by plain NumPy and none of the package's code.

A second way to every value: where `derive` and this agree, they agree by no rule that they share. Functions with a kink
follow the real part of a complex number, so that the complex step works on everything here.
"""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np

CORPUS = Path(__file__).parent / "corpus"


def rows(name):
    """The rows of a file of the corpus."""
    return [json.loads(line) for line in (CORPUS / name).read_text(encoding="utf-8").splitlines()]


# ── the vocabulary ────────────────────────────────────────────────────────────────────────────────────────────────


def sigmoid(z):
    return 0.5 * (1 + np.tanh(z / 2))


def softmax(z, axis=-1):
    e = np.exp(z - np.max(np.real(z), axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)


def logsumexp(z, axis=None, keepdims=False):
    top = np.max(np.real(z), axis=axis, keepdims=True)
    value = np.log(np.sum(np.exp(z - top), axis=axis, keepdims=True)) + top
    return value if keepdims else np.squeeze(value, axis)


def maximum(a, b):
    return np.where(np.real(a) > np.real(b), a, b) + 0 * a + 0 * b  # not a number where one of them is not


def minimum(a, b):
    return np.where(np.real(a) < np.real(b), a, b) + 0 * a + 0 * b


def norm(a):
    """The norm; not a number at zero, where it has no slope and the complex step would not notice."""
    squares = np.sum(np.asarray(a) ** 2)
    return np.sqrt(squares) if squares else np.complex128("nan+nanj")


def unit(n, i):
    return np.eye(n)[i]


NAMES = {
    **{name: getattr(np, name) for name in [
        "sum", "mean", "exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arctan", "square", "outer",
        "kron", "eye", "ones", "zeros", "einsum", "reshape", "transpose", "log1p", "expm1", "dot", "pi",
    ]},
    "np": np,
    "where": lambda condition, a, b: np.where(condition, a, b) + 0 * a + 0 * b,
    "var": lambda a: np.mean((a - np.mean(a)) ** 2),
    "len": len,
    "max": maximum,
    "min": minimum,
    "abs": lambda x: np.where(np.real(x) < 0, -x, x),
    "sign": lambda x: np.sign(np.real(x)),
    "sigmoid": sigmoid,
    "softmax": softmax,
    "logsumexp": logsumexp,
    "softplus": lambda z: np.logaddexp(0, z) if np.isrealobj(z) else np.log1p(np.exp(z)),
    "relu": lambda z: maximum(z, 0),
    "positive": lambda z: np.real(z) > 0,
    "nonnegative": lambda z: np.real(z) >= 0,
    "maximum": maximum,
    "minimum": minimum,
    "norm": norm,
    "frob": lambda a, b: np.sum(a * b),
    "tr": np.trace,
    "det": np.linalg.det,
    "logdet": lambda a: np.log(np.linalg.det(a)),
    "inv": np.linalg.inv,
    "Diag": np.diag,
    "diagvec": np.diagonal,
    "vec": np.ravel,
    "e1": lambda n: unit(n, 0),
    "eyerow": unit,
}  # fmt: skip


def evaluate(text, values, let=()):
    """The value of a text of ours, with `let` a list of (name, text) to be defined first."""
    names = {"__builtins__": {"__import__": __import__}, **NAMES, **values}  # a.sum() imports
    for name, definition in let:
        names[name] = eval(definition, names)
    return eval(text, names)


# ── random points ─────────────────────────────────────────────────────────────────────────────────────────────────


def length(size, sizes):
    """A size as a number: a number, a name, a product such as ``m*n``, or a sum of them."""
    terms = [term.split("*") for term in str(size).replace(" ", "").split("+")]
    return sum(int(np.prod([int(f) if f.isdigit() else sizes[f] for f in term])) for term in terms)


def draw(problem, random):
    """(sizes, values): distinct random sizes and a random value for every symbol of a problem of the corpus."""
    constants = dict(problem.get("consts", {}))
    names = [name for shape in problem["shapes"].values() for size in shape for name in str(size).split("*")]
    names = [name for name in dict.fromkeys(names) if not name.isdigit()]
    sizes = dict(zip(names, map(int, random.permutation(np.arange(2, 2 + len(names)))), strict=True))
    sizes |= constants.pop("_dims", {})
    values = dict(constants)
    for name, shape in problem["shapes"].items():
        axes = tuple(length(size, sizes) for size in shape)
        values[name] = drawn(problem.get("gen", {}).get(name, ""), axes, random)
    return sizes, values


def drawn(manner, axes, random):
    """A random array of a manner named in the corpus."""
    value = random.standard_normal(axes)
    match manner:
        case "":
            return value
        case "sym":
            return (value + value.T) / 2
        case "spd":
            return value @ value.T / axes[0] + np.eye(axes[0])
        case "inv":
            return value / np.sqrt(axes[0]) + 2 * np.eye(axes[0])
        case "posdet":
            value = value + np.eye(axes[0])
            return value if np.linalg.det(value) > 0 else value * np.where(np.arange(axes[0]), 1, -1)[:, None]
        case "pos":
            return np.abs(value) + 0.2
        case "small":
            return 0.1 * value
        case "binary" | "mask":
            return (value > 0) * 1.0
        case "pm1":
            return np.where(value > 0, 1.0, -1.0)
        case "onehot" | "onehotrows":
            return np.eye(axes[-1])[random.integers(axes[-1], size=axes[:-1])]
        case "simplex":
            return softmax(value)
    raise ValueError(f"the manner {manner!r} is not known")


# ── derivatives by values alone ───────────────────────────────────────────────────────────────────────────────────


def slope(function, at, direction):
    """The directional derivative of a function analytic at a point, by the complex step."""
    return np.imag(function(at + 1e-40j * direction)) / 1e-40


def difference(function, at, direction, step=1e-3):
    """The directional derivative by central differences, extrapolated twice; (value, an estimate of its error)."""
    rough = [
        (function(at + h * direction) - function(at - h * direction)) / (2 * h) for h in (step, step / 2, step / 4)
    ]
    once = [(4 * fine - coarse) / 3 for coarse, fine in pairwise(rough)]
    value = (16 * once[1] - once[0]) / 15
    return value, float(np.max(np.abs(value - once[1]), initial=0.0))
