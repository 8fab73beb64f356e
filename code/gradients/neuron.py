"""The running example: a layer of sigmoid neurons, its squared error, and its gradient three ways.

The common setting of the book, with N samples, n inputs and m neurons::

    X : N×n   a row is a sample          S = σ(X Wᵀ + 1 bᵀ) : N×m
    W : m×n   a row is a neuron          𝓛 = Σ (S − Y)²      (a sum, not a mean)
    b : m     one bias a neuron          ∂𝓛/∂W = 2 [(S − Y) ⊙ S ⊙ (1 − S)]ᵀ X
    Y : N×m   the targets

Every function takes one sample (``x: n``, ``y: m``) or a batch (``X: N×n``, ``Y: N×m``) alike. With one sample
this is the second answer to math.stackexchange 3550977; with one neuron it is the regression of the first answer.

Integers (labels, say) are taken as the real numbers they are; NaN spreads through the result, as NumPy has it.
Everything here accepts complex arrays and is analytic in them, so that a complex step can differentiate it.
"""

from functools import wraps
from typing import NamedTuple

import numpy as np


def sigmoid(z):
    """σ(z) = 1 / (1 + e^(−z)), entry by entry, without overflow.

    Parameters
    ----------
    z : array_like, any shape, real or complex

    Returns
    -------
    ndarray or scalar, the shape of `z`
        Between 0 and 1 for real `z`.

    Notes
    -----
    The exponent is kept negative: e^(−z) where Re z ≥ 0, and e^z / (1 + e^z) elsewhere, which is the same number.
    """
    z = np.asarray(z)
    right = z.real >= 0
    e = np.exp(np.where(right, -z, z))
    return np.where(right, 1, e)[()] / (1 + e)


def sigmoid_derivative(z):
    """σ′(z) = σ(z) (1 − σ(z)) = e^(−z) / (1 + e^(−z))², entry by entry, without overflow.

    Parameters
    ----------
    z : array_like, any shape, real or complex
        The argument of σ, not its value: σ′ = s (1 − s) holds for s = σ(z), and z (1 − z) is something else.

    Returns
    -------
    ndarray or scalar, the shape of `z`
        At most 1/4 for real `z`.
    """
    z = np.asarray(z)
    e = np.exp(np.where(z.real >= 0, -z, z))  # σ′ is even
    return e / (1 + e) ** 2


class Gradients(NamedTuple):
    """The gradients of one loss; each has the shape of its variable."""

    W: np.ndarray
    b: np.ndarray
    x: np.ndarray


def forward(W, x, b):
    """The layer's output s = σ(W x + b), or S = σ(X Wᵀ + 1 bᵀ) for a batch.

    Parameters
    ----------
    W : array_like, (m, n)
    x : array_like, (n,) or (N, n)
    b : array_like, (m,)

    Returns
    -------
    ndarray, (m,) or (N, m)

    Raises
    ------
    ValueError
        Where shapes do not conform; the message names the variables and both shapes.
    """
    W, x, b = _conforming(W, x, b)
    return sigmoid(x @ W.T + b)


def loss(W, x, b, y):
    """The squared error 𝓛 = Σ (s − y)², summed over neurons and samples.

    Parameters
    ----------
    W : array_like, (m, n)
    x : array_like, (n,) or (N, n)
    b : array_like, (m,)
    y : array_like, (m,) or (N, m)

    Returns
    -------
    scalar

    Raises
    ------
    ValueError
        Where shapes do not conform.
    """
    W, x, b, y = _conforming(W, x, b, y)
    return np.sum((sigmoid(x @ W.T + b) - y) ** 2)


def _of_a_batch(rule):
    """A gradient that is told for a batch, of one sample as well: shapes are checked, and given back as they came."""

    @wraps(rule)
    def gradient(W, x, b, y, *options, **named):
        W, x, b, y = _conforming(W, x, b, y)
        dW, db, dx = rule(W, np.atleast_2d(x), b, np.atleast_2d(y), *options, **named)
        return Gradients(dW, db, np.reshape(dx, x.shape))

    return gradient


@_of_a_batch
def gradient_scalar(W, x, b, y):
    """The gradient entry by entry: ∂𝓛/∂W_ij = Σ over samples of 2 (s_i − y_i) s_i (1 − s_i) x_j.

    Plain loops over numbers; no product of arrays stands in it.

    Parameters
    ----------
    W : array_like, (m, n)
    x : array_like, (n,) or (N, n)
    b : array_like, (m,)
    y : array_like, (m,) or (N, m)

    Returns
    -------
    Gradients
        Of the shapes of `W`, `b` and `x`.

    Raises
    ------
    ValueError
        Where shapes do not conform.
    """
    m, n = W.shape
    dtype = np.result_type(W, x, b, y, float)
    dW, db, dx = np.zeros((m, n), dtype), np.zeros(m, dtype), np.zeros(x.shape, dtype)
    for k in range(len(x)):
        for i in range(m):
            z = b[i]
            for j in range(n):
                z = z + W[i, j] * x[k, j]
            s = sigmoid(z)
            rate = 2 * (s - y[k, i]) * s * (1 - s)  # ∂𝓛/∂z_i
            db[i] += rate
            for j in range(n):
                dW[i, j] += rate * x[k, j]
                dx[k, j] += rate * W[i, j]
    return dW, db, dx


@_of_a_batch
def gradient_vector(W, x, b, y):
    """The gradient by Jacobians: the row ∂𝓛/∂s times ∂s/∂z times ∂z/∂W, sample by sample.

    ∂𝓛/∂s is 1×m, ∂s/∂z = Diag(s′) is m×m, ∂z/∂b = I is m×m, ∂z/∂x = W is m×n, and ∂z/∂W is the third-order array
    ∂z_i/∂W_kl = δ_ik x_l of shape m×m×n.

    Parameters
    ----------
    W : array_like, (m, n)
    x : array_like, (n,) or (N, n)
    b : array_like, (m,)
    y : array_like, (m,) or (N, m)

    Returns
    -------
    Gradients
        Of the shapes of `W`, `b` and `x`.

    Raises
    ------
    ValueError
        Where shapes do not conform.
    """
    m = len(W)
    dW, db, dx = 0, 0, []
    for sample, target in zip(x, y, strict=True):
        s = sigmoid(W @ sample + b)
        row = 2 * (s - target) @ np.diag(s * (1 - s))  # ∂𝓛/∂z, 1×m
        dW = dW + np.tensordot(row, np.multiply.outer(np.eye(m), sample), axes=1)
        db = db + row @ np.eye(m)
        dx.append(row @ W)
    return dW, db, dx


@_of_a_batch
def gradient_matrix(W, x, b, y, form="hadamard"):
    """The gradient that the matrix differential gives, in either form of ds.

    ds = s′ ⊙ dz gives 2 [(S − Y) ⊙ S ⊙ (1 − S)]ᵀ X, and ds = (Diag(s) − Diag(s)²) dz gives
    2 (Diag(s) − Diag(s)²) (s − y) xᵀ, summed over the samples.

    Parameters
    ----------
    W : array_like, (m, n)
    x : array_like, (n,) or (N, n)
    b : array_like, (m,)
    y : array_like, (m,) or (N, m)
    form : {"hadamard", "diag"}

    Returns
    -------
    Gradients
        Of the shapes of `W`, `b` and `x`.

    Raises
    ------
    ValueError
        Where shapes do not conform, or `form` is neither.

    References
    ----------
    The second answer to math.stackexchange 3550977 for the ``"diag"`` form of one sample.
    """
    S = sigmoid(x @ W.T + b)
    if form == "hadamard":
        G = 2 * (S - y) * S * (1 - S)
    elif form == "diag":
        G = np.stack([2 * (np.diag(s) - np.diag(s) @ np.diag(s)) @ (s - t) for s, t in zip(S, y, strict=True)])
    else:
        raise ValueError(f'form is {form!r}; it is "hadamard" or "diag"')
    return G.T @ x, G.sum(axis=0), G @ W


def question_as_posted(W, x, b, y):
    """The last line of the question as it stands, 2 (y − ŷ) · z (1 − z) · x, each · an ordinary NumPy product.

    Parameters
    ----------
    W : array_like, (m, n)
    x : array_like, (n,)
    b : array_like, (m,)
    y : array_like, (m,)

    Returns
    -------
    ndarray
        Not the gradient. It has not even its shape.

    Raises
    ------
    ValueError
        From NumPy, where m and n differ and neither is 1: the line multiplies m numbers with n numbers.

    References
    ----------
    math.stackexchange 3550977, the derivation quoted in the question.
    """
    W, x, b, y = _conforming(W, x, b, y)
    z = W @ x + b
    return 2 * (y - sigmoid(z)) * z * (1 - z) * x


@_of_a_batch
def gradient_with_mistakes(W, x, b, y, lost_minus=True, z_for_s=True):
    """The question's gradient with its shapes mended and each of its two other mistakes as you choose.

    Parameters
    ----------
    W : array_like, (m, n)
    x : array_like, (n,) or (N, n)
    b : array_like, (m,)
    y : array_like, (m,) or (N, m)
    lost_minus : bool
        Write y − s where s − y belongs.
    z_for_s : bool
        Write z (1 − z) where s (1 − s) belongs.

    Returns
    -------
    Gradients
        Right only where both mistakes are off.

    Raises
    ------
    ValueError
        Where shapes do not conform.
    """
    Z = x @ W.T + b
    S = sigmoid(Z)
    residual = y - S if lost_minus else S - y
    slope = Z * (1 - Z) if z_for_s else S * (1 - S)
    G = 2 * residual * slope
    return G.T @ x, G.sum(axis=0), G @ W


def first_answer_as_posted(X, w, y):
    """The last line of the first answer as it stands, −2 (y − ŷ) · (1 − ŷ) · ŷ · X, with ŷ = σ(X w).

    Parameters
    ----------
    X : array_like, (N, n)
    w : array_like, (n,)
    y : array_like, (N,)

    Returns
    -------
    ndarray, (N, n)
        Not the gradient, which has n entries.

    Raises
    ------
    ValueError
        From NumPy, where N and n differ and neither is 1: N numbers do not multiply the columns of `X`.

    References
    ----------
    math.stackexchange 3550977, the first answer.
    """
    X, w, y = np.asarray(X), np.asarray(w), np.asarray(y)
    yhat = sigmoid(X @ w)
    return -2 * (y - yhat) * (1 - yhat) * yhat * X


def first_answer_mended(X, w, y):
    """The first answer's gradient with Xᵀ in its place: −2 Xᵀ [(y − ŷ) ⊙ ŷ ⊙ (1 − ŷ)], with ŷ = σ(X w).

    Parameters
    ----------
    X : array_like, (N, n)
    w : array_like, (n,)
    y : array_like, (N,)

    Returns
    -------
    ndarray, (n,)
    """
    X, w, y = np.asarray(X), np.asarray(w), np.asarray(y)
    yhat = sigmoid(X @ w)
    return -2 * X.T @ ((y - yhat) * yhat * (1 - yhat))


def _conforming(W, x, b, y=None):
    """The arguments as arrays, or a ValueError that names the two that do not conform."""
    W, x, b = np.asarray(W), np.asarray(x), np.asarray(b)
    if W.ndim != 2:
        raise ValueError(f"W has shape {W.shape}; it is a matrix of shape (m, n), a row for each neuron")
    m, n = W.shape
    if x.ndim not in (1, 2) or x.shape[-1] != n:
        raise ValueError(f"x has shape {x.shape} and W has shape {W.shape}: x must be ({n},) or (N, {n})")
    if b.shape != (m,):
        raise ValueError(
            f"b has shape {b.shape} and W has shape {W.shape}: b must be ({m},), one bias for each row of W"
        )
    if y is None:
        return W, x, b
    y = np.asarray(y)
    if y.shape != (*x.shape[:-1], m):
        raise ValueError(
            f"y has shape {y.shape}, W {W.shape} and x {x.shape}: y must be {(*x.shape[:-1], m)}, like the output"
        )
    return W, x, b, y
