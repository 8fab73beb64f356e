"""The mistakes of the gallery as programs, and what seven tests say of each.

A `Mistake` is a function `value` of an array `x` (and of arrays that rest), and two claims about the gradient of
$G :$ `value` by `x`, a right one and a wrong one; where the value is a number, $G$ is 1. `TESTS` holds the first six
tests, a row each: they know values and a claim, and no derivation. The seventh, line by line, is `check` on the page.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gradients.neuron import sigmoid


@dataclass(frozen=True)
class Mistake:
    """A wrong gradient beside the right one.

    Attributes
    ----------
    name : str
        A few words, for the table.
    place : callable
        From a random generator, a place where nothing is special: `x`, and a tuple of what rests.
    special : callable
        From the same, the place where one would begin, or where it is done by hand.
    where : str
        That special place in words.
    value : callable
        `value(x, *rest)`, an array or a number.
    right, wrong : callable
        `right(x, G, *rest)`, with the shape of `x`; `G` has the shape of the value.
    """

    name: str
    place: Callable
    special: Callable
    where: str
    value: Callable
    right: Callable
    wrong: Callable


# ── the values and the claims that take more than a line ──────────────────────────────────────────────────────────


def squared_error(W, x, b, y):
    """The loss of a layer of sigmoid neurons, with `W` (m, n), `x` (n,), `b` and `y` (m,)."""
    return np.sum((sigmoid(W @ x + b) - y) ** 2)


def squared_error_right(W, G, x, b, y):
    """2 [(s − y) ⊙ s ⊙ (1 − s)] xᵀ."""
    s = sigmoid(W @ x + b)
    return np.outer(2 * (s - y) * s * (1 - s), x)


def squared_error_posted(W, G, x, b, y):
    """2 [(y − s) ⊙ z ⊙ (1 − z)] xᵀ: a lost sign, and the slope at the wrong argument."""
    z = W @ x + b
    return np.outer(2 * (y - sigmoid(z)) * z * (1 - z), x)


def softmax(T):
    """Softmax of each row of `T`."""
    powers = np.exp(T)
    return powers / powers.sum(axis=1, keepdims=True)


def softmax_right(T, G, V):
    """P ⊙ (H − (P ⊙ H) 1 1ᵀ), where H = G Vᵀ arrives at P."""
    P, H = softmax(T), G @ V.T
    return P * (H - np.sum(P * H, axis=1, keepdims=True))


def cross_entropy(W, X, Y):
    """The loss of softmax by rows of `X` (N, n), whose last column is 1: the last column of `W` (m, n) is the bias."""
    return -np.sum(Y * np.log(softmax(X @ W.T)))


def cross_entropy_one_number(W, G, X, Y):
    """(P − Y)ᵀ X, with one sum over everything for all biases."""
    R = softmax(X @ W.T) - Y
    gradient = R.T @ X
    gradient[:, -1] = np.sum(R)
    return gradient


def normalised(x):
    """The normalised sample, and its spread."""
    rho = np.sqrt(np.mean((x - np.mean(x)) ** 2) + 1e-5)
    return (x - np.mean(x)) / rho, rho


def norm_back(g, x):
    """What arrives at `x`, when `g` arrives at the normalised sample."""
    v, rho = normalised(x)
    return (g - np.mean(g) - v * np.mean(g * v)) / rho


def states(K, a_0):
    """Two steps of a recurrence: tanh(K a₀), and tanh of K times that."""
    a_1 = np.tanh(K @ a_0)
    return a_1, np.tanh(K @ a_1)


def recurrence_back(K, g, a_0, handed_on):
    """Both steps added; `handed_on` is Kᵀ where it is right."""
    a_1, a_2 = states(K, a_0)
    u = g * (1 - a_2**2)
    return np.outer(u, a_1) + np.outer((handed_on @ u) * (1 - a_1**2), a_0)


def words_added(E, G, ids):
    """The rows of `G`, added to the rows of the words that they belong to."""
    gradient = np.zeros_like(E)
    np.add.at(gradient, ids, G)
    return gradient


def words_overwritten(E, G, ids):
    """The same with `+=`, which keeps the last of several."""
    gradient = np.zeros_like(E)
    gradient[ids] += G
    return gradient


def largest(X):
    """1 at each entry that is the largest of its row, all of them where several tie."""
    return (X.max(axis=1, keepdims=True) == X) * 1.0


def likelihood(K, C, N):
    """Minus the logarithm of a Gaussian's likelihood, for each sample, up to a constant."""
    return np.log(np.linalg.det(K)) / 2 + np.trace(np.linalg.solve(K, C)) / (2 * N)


def likelihood_gradient(K, C, N, last):
    """Half of K⁻¹ − K⁻¹ C K⁻¹ / N, or what stands in place of the last product."""
    inverse = np.linalg.inv(K)
    return (inverse - last(inverse, C) / N).T / 2


def exponential(K):
    """The exponential of the matrix `K`, by 25 terms of its series: I + K + K K / 2 + …."""
    total = term = np.eye(len(K))
    for k in range(1, 25):
        term = term @ K / k
        total = total + term
    return total


def exponential_right(K, G):
    """The upper right block of the exponential of [[Kᵀ, G], [0, Kᵀ]]."""
    n = len(K)
    return exponential(np.block([[K.T, G], [np.zeros((n, n)), K.T]]))[:n, n:]


def lagrangian(a, Q, B, g):
    """aᵀ Q a − g : B a, the part of minus the Lagrangian that `a` moves."""
    return a @ Q @ a - g @ B @ a


# ── the places ────────────────────────────────────────────────────────────────────────────────────────────────────


def normal(*shapes):
    """A place with an array of each shape: the first is `x`, the others rest."""

    def place(rng):
        x, *rest = (rng.standard_normal(shape) for shape in shapes)
        return x, tuple(rest)

    return place


def changed(place, change):
    """A place like another, after `change(x, *rest)`, which returns both anew."""

    def special(rng):
        x, rest = place(rng)
        return change(x, *rest)

    return special


def classes(rng):
    """Weights, samples with a 1 as their last entry, and two of each of three classes, one-hot."""
    X = np.column_stack([rng.standard_normal((6, 3)), np.ones(6)])
    return rng.standard_normal((3, 4)), (X, np.repeat(np.eye(3), 2, axis=0))


def covariances(rng):
    """A positive definite K, and the sum C of products of N samples."""
    M, X = rng.standard_normal((3, 3)), rng.standard_normal((20, 3))
    return M @ M.T + np.eye(3), (X.T @ X, 20)


def near_identity(rng):
    """A matrix that has an inverse."""
    return np.eye(3) + 0.3 * rng.standard_normal((3, 3)), ()


layer = normal((3, 4), 4, 3, 3)
table = normal((4, 3))
words = changed(table, lambda E: (E, (np.array([0, 1, 2, 0, 1]),)))
maxima = normal((3, 4))
square = normal((3, 3))


# ── the mistakes ──────────────────────────────────────────────────────────────────────────────────────────────────

MISTAKES = [
    Mistake(
        "slope at z, sign lost", layer,
        changed(layer, lambda W, x, b, y: (0 * W, (x, 0 * b, y))), "all weights zero",
        squared_error, squared_error_right, squared_error_posted,
    ),
    Mistake(
        "softmax as a sigmoid", normal((3, 5), (5, 2)),
        changed(normal((3, 5), (5, 2)), lambda T, V: (0 * T, (V,))), "all scores zero",
        lambda T, V: softmax(T) @ V, softmax_right,
        lambda T, G, V: G @ V.T * softmax(T) * (1 - softmax(T)),
    ),
    Mistake(
        "a sum without axis", classes,
        changed(classes, lambda W, X, Y: (0 * W, (X, Y))), "all weights zero, as many of each class",
        cross_entropy, lambda W, G, X, Y: (softmax(X @ W.T) - Y).T @ X, cross_entropy_one_number,
    ),
    Mistake(
        "gains outside the mean", normal(5, 5),
        changed(normal(5, 5), lambda x, a: (x, (np.ones(5),))), "all gains 1",
        lambda x, a: a * normalised(x)[0], lambda x, g, a: norm_back(g * a, x), lambda x, g, a: a * norm_back(g, x),
    ),
    Mistake(
        "kernel rotated twice", normal(7, 3),
        changed(normal(7, 3), lambda x, c: (x, (c + c[::-1],))), "a symmetric kernel",
        lambda x, c: np.correlate(x, c, "valid"),
        lambda x, g, c: np.convolve(g, c), lambda x, g, c: np.convolve(g, c[::-1]),
    ),
    Mistake(
        "transpose lost in time", normal((4, 4), 4),
        changed(normal((4, 4), 4), lambda K, a_0: (0 * K, (a_0,))), "all weights zero",
        lambda K, a_0: states(K, a_0)[1],
        lambda K, g, a_0: recurrence_back(K, g, a_0, K.T), lambda K, g, a_0: recurrence_back(K, g, a_0, K),
    ),
    Mistake(
        "a repeated word lost", words,
        changed(table, lambda E: (E, (np.array([0, 1, 2]),))), "no word twice",
        lambda E, ids: E[ids], words_added, words_overwritten,
    ),
    Mistake(
        "(1, 1) at a tie", maxima,
        changed(maxima, lambda X: (np.where(np.arange(4) < 2, 9.0, X), ())), "two entries tie for the largest",
        lambda X: X.max(axis=1),
        lambda X, g: g[:, None] * largest(X) / largest(X).sum(axis=1, keepdims=True),
        lambda X, g: g[:, None] * largest(X),
    ),
    Mistake(
        "K⁻² C for K⁻¹ C K⁻¹", covariances,
        changed(covariances, lambda K, C, N: (np.eye(3), (C, N))), "K = I",
        likelihood,
        lambda K, G, C, N: likelihood_gradient(K, C, N, lambda inverse, C: inverse @ C @ inverse),
        lambda K, G, C, N: likelihood_gradient(K, C, N, lambda inverse, C: inverse @ inverse @ C),
    ),
    Mistake(
        "inverse without minus", near_identity,
        changed(near_identity, lambda K: (np.eye(3), ())), "K = I",
        np.linalg.inv,
        lambda K, G: -np.linalg.inv(K).T @ G @ np.linalg.inv(K).T,
        lambda K, G: np.linalg.inv(K).T @ G @ np.linalg.inv(K).T,
    ),
    Mistake(
        "d exp K = exp K dK", near_identity,
        changed(near_identity, lambda K: (np.eye(3), ())), "K = I",
        exponential, exponential_right, lambda K, G: exponential(K).T @ G,
    ),
    Mistake(
        "Bᵀ g with a minus", normal(3, (3, 3), (4, 3), 4),
        changed(normal(3, (3, 3), (4, 3), 4), lambda a, M, B, g: (a, (M, B, 0 * g))), "multipliers zero",
        lambda a, M, B, g: lagrangian(a, M @ M.T, B, g),
        lambda a, G, M, B, g: 2 * M @ M.T @ a - B.T @ g, lambda a, G, M, B, g: 2 * M @ M.T @ a + B.T @ g,
    ),
    Mistake(
        "one of two places", square,
        changed(square, lambda A: (np.eye(3), ())), "A = I",
        lambda A: A @ A.T, lambda A, G: (G + G.T) @ A, lambda A, G: G @ A,
    ),
    Mistake(
        "it conforms", normal((3, 3), (3, 3)),
        changed(normal((3, 3), (3, 3)), lambda A, B: (A, (np.eye(3),))), "B = I",
        lambda A, B: A @ B, lambda A, G, B: G @ B.T, lambda A, G, B: B.T @ G,
    ),
]  # fmt: skip
"""One row for each mistake that claims a gradient."""


# ── the tests ─────────────────────────────────────────────────────────────────────────────────────────────────────


def slopes(f, x, h=1e-5):
    """The slope of `f` along each entry of `x`, as rise over run to both sides: no rule of calculus."""
    nudges = h * np.eye(x.size).reshape(x.size, *x.shape)
    return np.array([(f(x + nudge) - f(x - nudge)) / (2 * h) for nudge in nudges]).reshape(x.shape)


def close(claimed, measured):
    """Whether two numbers or arrays agree, to what rise over run can tell."""
    return bool(np.allclose(claimed, measured, rtol=1e-4, atol=1e-6))


def drawn(mistake, claim, rng, place=None, ones=False):
    """A place, the loss G : value there, and what `claim` says of its gradient."""
    x, rest = (place or mistake.place)(rng)
    shape = np.shape(mistake.value(x, *rest))
    G = np.ones(shape) if ones or not shape else rng.standard_normal(shape)
    return x, lambda x: np.sum(G * mistake.value(x, *rest)), getattr(mistake, claim)(x, G, *rest)


def shape_agrees(mistake, claim, rng):
    """The claim has the shape of the variable."""
    x, _, gradient = drawn(mistake, claim, rng)
    return gradient.shape == x.shape


def loss_falls(mistake, claim, rng, steps=100, rate=0.02):
    """A hundred short steps along the claim end lower: in the value, or in its distance from one that can be had."""
    x, rest = mistake.place(rng)
    goal = mistake.value(mistake.place(rng)[0], *rest)

    def loss_and_upstream(x):
        value = mistake.value(x, *rest)
        return (np.sum((value - goal) ** 2) / 2, value - goal) if np.ndim(value) else (value, np.ones(()))

    first = loss_and_upstream(x)[0]
    for _ in range(steps):
        gradient = getattr(mistake, claim)(x, loss_and_upstream(x)[1], *rest)
        x = x - rate * gradient / max(1, np.linalg.norm(gradient))  # no longer than the rate, so that none runs away
    return bool(loss_and_upstream(x)[0] < first)


def right_where_special(mistake, claim, rng):
    """All entries agree, at the special place."""
    x, loss, gradient = drawn(mistake, claim, rng, place=mistake.special)
    return close(gradient, slopes(loss, x))


def right_for_ones(mistake, claim, rng):
    """All entries agree, for the sum of the values as the loss; says nothing (None) where the value is a number."""
    x, rest = mistake.place(rng)
    if not np.ndim(mistake.value(x, *rest)):
        return None
    x, loss, gradient = drawn(mistake, claim, rng, ones=True)
    return close(gradient, slopes(loss, x))


def mean_agrees(mistake, claim, rng):
    """The mean of all entries agrees."""
    x, loss, gradient = drawn(mistake, claim, rng)
    return close(np.mean(gradient), np.mean(slopes(loss, x)))


def right_along_one_direction(mistake, claim, rng, h=1e-5):
    """The slope along one random direction agrees."""
    x, loss, gradient = drawn(mistake, claim, rng)
    dx = rng.standard_normal(x.shape)
    return close(np.sum(gradient * dx), (loss(x + h * dx) - loss(x - h * dx)) / (2 * h))


TESTS = {
    "shape": shape_agrees,
    "falling loss": loss_falls,
    "special place": right_where_special,
    "upstream of ones": right_for_ones,
    "mean only": mean_agrees,
    "random direction": right_along_one_direction,
}
"""By name, each test: does the claim pass?"""


def found(claim, places=10):
    """How often each of the six tests rejects a `claim` ("right" or "wrong"), at so many random places.

    Returns
    -------
    dict of dict of (int or None)
        By the name of the mistake and of the test; None where a test has nothing to look at.
    """
    counts = {}
    for mistake in MISTAKES:
        counts[mistake.name] = {}
        for name, test in TESTS.items():
            passed = [test(mistake, claim, np.random.default_rng(seed)) for seed in range(places)]
            counts[mistake.name][name] = None if None in passed else passed.count(False)
    return counts
