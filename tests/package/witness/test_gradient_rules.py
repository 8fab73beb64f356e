"""`check_gradient` beside the rules of three well-known libraries, on one table of fifty losses.

A row is a loss, its gradient by hand, a wrong one, and the point. A rule is good at a row if it takes the right claim
and refuses the wrong one. The rules are written here as they are published, so that nothing needs to be installed.
"""

import warnings

import numpy as np
import pytest

from derivations import check_gradient

RANDOM = np.random.default_rng(17)
X5, X7, A, T = (RANDOM.standard_normal(shape) for shape in [(5,), (7,), (6, 4), (6, 4)])
G = RANDOM.standard_normal(4) + 2
LABEL = np.eye(7)[2]


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    e = np.exp(z)
    return e / e.sum()


def shifted_softmax(z):
    e = np.exp(z - np.max(np.real(z)))
    return e / e.sum()


def normalised(b):
    Z = A + b
    Z = Z - Z.mean(axis=0)
    return np.sum(T * np.sin(G * Z / np.sqrt((Z**2).mean(axis=0) + 1e-5)))


def normalised_gradient(b):
    Z = A + b
    Z = Z - Z.mean(axis=0)
    deviation = np.sqrt((Z**2).mean(axis=0) + 1e-5)
    S = Z / deviation
    D = T * np.cos(G * S) * G
    return ((D - D.mean(axis=0) - S * (D * S).mean(axis=0)) / deviation).sum(axis=0)


def in_single(x):
    return float(np.sum(np.asarray(np.real(x), np.float32) ** 2))


def times(factor):
    return lambda right: lambda x: factor * right(x)


def last_entry(factor):
    return lambda right: lambda x: right(x) * np.r_[np.ones(len(x) - 1), factor]


def zero(right):
    return lambda x: 0.0 * x


def plus(number):
    return lambda right: lambda x: right(x) + number


def squares(x):
    return np.sum(x**2)


def twice(x):
    return 2 * x


# name: loss, gradient, what is done to it to have a wrong one, point
ROWS = {
    # in the middle of things
    "squares": (squares, twice, times(1.01), X7),
    "squares, sign": (squares, twice, times(-1), X7),
    "squares, one in a million": (squares, twice, times(1 + 1e-6), X7),
    "sine": (lambda x: np.sum(np.sin(x)), np.cos, times(1.01), X7),
    "exponential": (lambda x: np.sum(np.exp(x)), np.exp, last_entry(1.01), X7),
    "logarithm": (lambda x: np.sum(np.log(x)), lambda x: 1 / x, times(2), np.abs(X7) + 0.1),
    "norm": (np.linalg.norm, lambda x: x / np.linalg.norm(x), times(1.01), X7),
    "absolute values": (lambda x: np.sum(np.abs(x)), np.sign, times(1.01), X7),
    "cross entropy": (
        lambda z: -np.log(softmax(z)[2]), lambda z: softmax(z) - LABEL, lambda right: softmax, X7,
    ),
    "cross entropy, shifted": (
        lambda z: -np.log(shifted_softmax(z)[2]), lambda z: softmax(z) - LABEL, times(1.001), X7,
    ),
    "rectified": (lambda x: np.sum(np.maximum(x, 0) ** 2), lambda x: 2 * np.maximum(x, 0), times(1.01), X7),
    "product": (np.prod, lambda x: np.prod(x) / x, times(1.01), X7),
    "a quartic": (lambda x: np.sum(x**4) - np.sum(x) ** 2, lambda x: 4 * x**3 - 2 * np.sum(x), times(1.001), X7),
    # gradients that are zero, saturated or cancel
    "a sum of probabilities": (lambda z: np.sum(softmax(z)), lambda z: 0 * z, plus(1e-6), X5),
    "a shifted sum of probabilities": (lambda z: np.sum(shifted_softmax(z)), lambda z: 0 * z, plus(1e-6), X5),
    "cosine and sine squared": (lambda z: np.sum(np.cos(z) ** 2 + np.sin(z) ** 2), lambda z: 0 * z, plus(1e-6), X5),
    "a bias before a batch normalisation": (normalised, normalised_gradient, plus(1e-6), RANDOM.standard_normal(4)),
    "sigmoid at 20": (lambda z: np.sum(sigmoid(z)), lambda z: sigmoid(z) * (1 - sigmoid(z)), zero, np.full(5, 20.0)),
    "sigmoid at -30": (lambda z: np.sum(sigmoid(z)), lambda z: sigmoid(z) * sigmoid(-z), zero, np.full(5, -30.0)),
    "tanh at 10": (lambda z: np.sum(np.tanh(z)), lambda z: 1 - np.tanh(z) ** 2, zero, np.full(5, 10.0)),
    "tanh at 20": (lambda z: np.sum(np.tanh(z)), lambda z: 1 - np.tanh(z) ** 2, plus(1e-6), np.full(5, 20.0)),
    "a stationary point": (lambda x: squares(x - 1), lambda x: 2 * (x - 1), plus(1e-7), np.ones(4)),
    "a cube at zero": (lambda x: np.sum(x**3), lambda x: 3 * x**2, plus(1e-6), np.zeros(3)),
    "a dead unit": (lambda x: np.sum(np.maximum(x, 0)), lambda x: (x > 0) * 1.0, plus(1e-6), np.array([-0.3, 0.4])),
    "a constant": (lambda x: 7.25, lambda x: 0 * x, plus(1e-7), X5),
    # small scales
    "log|x| near zero": (lambda x: np.sum(np.log(np.abs(x))), lambda x: 1 / x, zero, np.array([1e-6, 1.0])),
    "log x near zero": (lambda x: np.sum(np.log(x)), lambda x: 1 / x, times(1.01), np.array([1e-9, 1.0])),
    "a narrow tanh": (
        lambda c: np.sum(np.tanh(c / 1e-9 - 2)), lambda c: (1 - np.tanh(c / 1e-9 - 2) ** 2) / 1e-9, zero,
        np.array([1e-9, 3.3e-9]),
    ),
    "the size of a narrow tanh": (
        lambda c: np.sum(np.abs(np.tanh(c / 1e-9 - 2))),
        lambda c: np.sign(c / 1e-9 - 2) * (1 - np.tanh(c / 1e-9 - 2) ** 2) / 1e-9, zero, np.array([1e-9, 3.3e-9]),
    ),
    "a fast sine of |x|": (
        lambda x: np.sum(np.sin(1e6 * np.abs(x))), lambda x: 1e6 * np.cos(1e6 * np.abs(x)) * np.sign(x), zero,
        np.array([0.3, 0.7]),
    ),
    "a tiny point": (squares, twice, zero, 1e-8 * X5),
    "a tiny loss": (lambda x: 1e-12 * squares(x), lambda x: 2e-12 * x, zero, X5),
    "a kink beside the point": (
        lambda x: np.sum(np.maximum(x, 0)), lambda x: (x > 0) * 1.0, lambda right: lambda x: 0 * x + 0.5,
        np.array([1e-6, -1e-6]),
    ),
    "the root of a small number": (
        lambda x: np.sum(np.sqrt(np.abs(x))), lambda x: np.sign(x) / (2 * np.sqrt(np.abs(x))), times(1.01),
        np.array([1e-8, 4.0]),
    ),
    # large scales
    "a large point": (lambda x: np.sum(np.sin(x)), np.cos, times(1.01), np.array([1e6 + 0.3, 0.2])),
    "a large loss": (lambda x: 1e8 * squares(x), lambda x: 2e8 * x, times(1.01), X5),
    "a huge loss": (lambda x: 1e200 * squares(x), lambda x: 2e200 * x, times(1.01), X5),
    "exponential at 40": (lambda x: np.sum(np.exp(x)), np.exp, times(1 + 1e-7), np.array([40.0, 39.0])),
    "exponential at -40": (lambda x: np.sum(np.exp(x)), np.exp, zero, np.array([-40.0, -39.0])),
    "points of three sizes": (
        lambda x: np.sum(np.sin(x / np.array([1e-4, 1.0, 1e4]))),
        lambda x: np.cos(x / np.array([1e-4, 1.0, 1e4])) / np.array([1e-4, 1.0, 1e4]), last_entry(1.5),
        np.array([2e-4, 0.7, 3e3]),
    ),
    # a large number beside a small one
    "squares after 1e6": (lambda x: 1e6 + squares(x), twice, times(1.01), X5),
    "sizes after 1e11": (lambda x: 1e11 + np.sum(np.abs(x) ** 2), twice, zero, X5),
    "a last weight of 1e-11": (
        lambda x: np.sum(np.r_[np.ones(4), 1e-11] * x**2), lambda x: 2 * np.r_[np.ones(4), 1e-11] * x,
        last_entry(2), X5,
    ),
    "a small kinked term": (
        lambda x: squares(x) + 1e-8 * np.sum(np.abs(x)), lambda x: 2 * x + 1e-8 * np.sign(x), lambda right: twice, X5,
    ),
    # rounded, and not analytic in other ways
    "in single precision": (in_single, twice, times(1.01), X7),
    "rounded to eight digits": (lambda x: np.round(squares(x), 8), twice, times(1.01), np.array([0.7, 1.3])),
    "the real part": (lambda x: np.sum(np.real(x) ** 3), lambda x: 3 * x**2, zero, X5),
    "no complex numbers": (lambda x: float(np.sum(x)) ** 2, lambda x: 2 * np.sum(x) + 0 * x, times(1.01), X5),
    "x|x| at zero": (lambda x: np.sum(x * np.abs(x)), lambda x: 2 * np.abs(x), plus(1e-6), np.zeros(3)),
    "a sorted sum": (
        lambda x: np.sum(np.arange(5) * np.sort(x) ** 2), lambda x: 2 * x * np.argsort(np.argsort(x)), times(1.01), X5,
    ),
}  # fmt: skip


# ── the rules ─────────────────────────────────────────────────────────────────────────────────────────────────────


def by_scipy(loss, gradient, at):
    """`scipy.optimize.check_grad`: the norm of the difference from forward differences with a step of 1.49e-8.

    It gives that number and no verdict; here it may be a millionth of the gradient's length, or of 1.
    https://docs.scipy.org/doc/scipy/reference/generated/scipy.optimize.check_grad.html
    """
    step = np.sqrt(np.finfo(float).eps)
    found = np.array([(loss(at + step * unit) - loss(at)) / step for unit in np.eye(at.size)])
    return np.linalg.norm(gradient(at) - found) <= 1e-6 * max(1.0, np.linalg.norm(found))


def by_torch(loss, gradient, at):
    """`torch.autograd.gradcheck`: central differences with a step of 1e-6, |a − n| ≤ 1e-5 + 1e-3 |n| in each entry.

    https://pytorch.org/docs/stable/generated/torch.autograd.gradcheck.gradcheck.html
    """
    found = np.array([(loss(at + 1e-6 * unit) - loss(at - 1e-6 * unit)) / 2e-6 for unit in np.eye(at.size)])
    return bool(np.all(np.abs(gradient(at) - found) <= 1e-5 + 1e-3 * np.abs(found)))


def by_jax(loss, gradient, at):
    """`jax.test_util.check_grads`: one random direction, a step of 1e-4, |a − n| ≤ 1e-5 + 1e-5 |n| in double precision.

    https://github.com/jax-ml/jax/blob/main/jax/_src/public_test_util.py
    """
    move = np.random.RandomState(0).randn(*at.shape)
    found = (loss(at + 1e-4 * move) - loss(at - 1e-4 * move)) * (0.5 / 1e-4)
    return bool(abs(np.sum(gradient(at) * move) - found) <= 1e-5 + 1e-5 * abs(found))


RULES = {"scipy": by_scipy, "torch": by_torch, "jax": by_jax}


def verdicts(name):
    """For each rule, whether it is good at the row."""
    loss, gradient, spoil, at = ROWS[name]
    wrong = spoil(gradient)
    good = {}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for rule, accepts in RULES.items():
            good[rule] = bool(accepts(loss, gradient, at)) and not accepts(loss, wrong, at)
    return good


def test_the_table_has_fifty_rows():
    assert len(ROWS) == 50


@pytest.mark.parametrize("name", ROWS)
def test_the_right_one_passes_and_the_wrong_one_does_not(name):
    loss, gradient, spoil, at = ROWS[name]
    right, wrong = check_gradient(loss, gradient, at), check_gradient(loss, spoil(gradient), at)
    assert right.verdict == "right", right
    assert wrong.verdict == "wrong", wrong


def test_the_table_tells_rules_apart():
    good = [verdicts(name) for name in ROWS]
    counts = {rule: sum(row[rule] for row in good) for rule in RULES}
    assert counts == {"scipy": 27, "torch": 21, "jax": 20}
