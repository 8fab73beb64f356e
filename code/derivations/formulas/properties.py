"""What may be assumed of a value, a row each: how it is said, what follows from it, and how such a value is drawn."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Property:
    """A row of the table."""

    name: str
    sentence: str
    """What is assumed of {}."""
    draw: Callable | None = None
    """draw(value, random, axes, properties): a value with it, from any value. Rows are drawn in their order."""
    group: str = ""
    """Of the properties of a group the first that is assumed draws."""
    implies: tuple = ()
    square: bool = False
    """Whether only square matrices have it."""
    project: Callable | None = None
    """The direction nearest to a given one that keeps it, where a differential may be restricted to it."""
    scales: bool = False
    """Whether a positive multiple of a value with it has it too."""
    rounds: bool = False
    """Whether a value with it has it still when its entries are rounded."""
    sums: bool = False
    """Whether it tells what sums of entries are."""
    said: tuple = ()
    """Other words for it."""


def _one_hot(value, random, axes, properties, first=False):
    """A one in each row, at random or at the first place, and zeros; a vector is one row."""
    rows = value.T if axes == 1 else value
    hot = np.zeros(rows.shape)
    hot[np.arange(rows.shape[0]), 0 if first else random.integers(0, rows.shape[1], rows.shape[0])] = 1
    return hot.T if axes == 1 else hot


def _summing(value, axis):
    """Positive entries that sum to one, all of them or along an axis."""
    value = np.abs(value) + 0.1
    return value / value.sum(axis=axis, keepdims=axis is not None)


def _positive_definite(value, random, axes, properties):
    if "diagonal" in properties:
        return np.diag(np.abs(np.diag(value)) + 0.5)
    return value @ value.T / len(value) + 0.5 * np.eye(len(value))


def _of_positive_determinant(value, random, axes, properties):
    """The first row turned where it has to be."""
    if axes != 2 or value.shape[0] != value.shape[1] or np.linalg.det(value) >= 0:
        return value
    return value * np.where(np.arange(len(value)) == 0, -1.0, 1.0)[:, None]


def _symmetric(value):
    return (value + value.T) / 2


def _skew(value):
    return (value - value.T) / 2


def _diagonal(value):
    return value * np.eye(*value.shape)


def _by(function):
    return lambda value, *_: function(value)


PROPERTIES = {
    row.name: row
    for row in [
        Property("positive", "{} is positive", lambda v, *_: np.abs(v) + 0.1, scales=True, rounds=True),
        Property(
            "binary", "each entry of {} is 0 or 1",
            lambda v, random, *_: random.integers(0, 2, v.shape).astype(float), rounds=True,
        ),
        Property(
            "plus or minus one", "each entry of {} is plus or minus one",
            lambda v, *_: np.where(v < 0, -1.0, 1.0), rounds=True,
        ),
        Property(
            "one or two", "each entry of {} is one or two",
            lambda v, random, *_: random.integers(1, 3, v.shape).astype(float), rounds=True,
        ),
        Property("one-hot", "{} is one-hot", _one_hot, "sums", rounds=True, sums=True, said=("one hot",)),
        Property(
            "first unit vector", "{} is the first unit vector", lambda *drawn: _one_hot(*drawn, first=True), "sums",
            sums=True,
        ),
        Property("each row sums to one", "each row of {} sums to one", lambda v, *_: _summing(v, 1), "sums", sums=True),
        Property("sums to one", "{} sums to one", lambda v, *_: _summing(v, None), "sums", sums=True),
        Property(
            "sums to one in total", "the entries of {} sum to one", lambda v, *_: _summing(v, None), "sums", sums=True,
        ),
        Property(
            "diagonal", "{} is diagonal", lambda v, random, axes, _: _diagonal(v) if axes == 2 else v,
            implies=("symmetric",), square=True, project=_diagonal, scales=True, rounds=True,
        ),
        Property(
            "positive definite", "{} is positive definite", _positive_definite, "form",
            implies=("symmetric", "invertible", "positive determinant"), square=True, scales=True,
            said=("symmetric positive definite", "spd", "pd"),
        ),
        Property(
            "positive semidefinite", "{} is positive semidefinite",
            lambda value, *_: value @ value.T / len(value), "form",
            implies=("symmetric",), square=True, scales=True,
            said=("symmetric positive semidefinite", "positive semi definite", "psd"),
        ),
        Property(
            "skew-symmetric", "{} is skew-symmetric", _by(_skew), "form", square=True, project=_skew,
            scales=True, rounds=True, said=("skew symmetric", "antisymmetric", "skew"),
        ),
        Property(
            "symmetric", "{} is symmetric", _by(_symmetric), "form", square=True, project=_symmetric,
            scales=True, rounds=True,
        ),
        Property(
            "lower triangular", "{} is lower triangular", _by(np.tril), "form", square=True, project=np.tril,
            scales=True, rounds=True,
        ),
        Property(
            "upper triangular", "{} is upper triangular", _by(np.triu), "form", square=True, project=np.triu,
            scales=True, rounds=True,
        ),
        Property(
            "orthogonal", "{} is orthogonal", lambda v, *_: np.linalg.qr(v)[0], "form",
            implies=("invertible",), square=True, said=("orthonormal",),
        ),
        Property(
            "of length one", "{} has length one", lambda v, *_: v / np.linalg.norm(v), "form",
            said=("a unit vector", "unit vector", "unit"),
        ),
        Property(
            "positive determinant", "{} has a positive determinant", _of_positive_determinant,
            implies=("invertible",), square=True, scales=True,
        ),
        Property("invertible", "{} is invertible", square=True, scales=True),
        Property("zero", "{} is zero", lambda v, *_: np.zeros(v.shape), rounds=True),
    ]
}  # fmt: skip
"""Properties by their names."""

PHRASES = {words: row.name for row in PROPERTIES.values() for words in (row.name, *row.said)}
PHRASES = {words: PHRASES[words] for words in sorted(PHRASES, key=len, reverse=True)}
"""From the words for a property to its name; what begins alike, the longer first."""


def drawn(value, random, axes, properties):
    """A value with every one of some properties, from any value."""
    done = set()
    for row in PROPERTIES.values():
        if row.name in properties and row.draw and row.group not in done:
            value = row.draw(value, random, axes, properties)
            done |= {row.group} - {""}
    return value


def implied(properties):
    """The properties, with those that follow from them."""
    return tuple(dict.fromkeys(word for one in properties for word in (one, *PROPERTIES[one].implies)))


def sentence(properties):
    """What is assumed, as one sentence with a ``{}`` for the name in each of its clauses."""
    said = [PROPERTIES[word].sentence for word in properties]
    plain = [clause.removeprefix("{} is ") for clause in said if clause.startswith("{} is ")]
    others = [clause for clause in said if not clause.startswith("{} is ")]
    return "; ".join([*([f"{{}} is {', '.join(plain)}"] if plain else []), *others])
