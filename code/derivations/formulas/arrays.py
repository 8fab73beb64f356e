"""The values of operations, on 2-D arrays: plain NumPy, analytic in complex ones, so that the witness can step.

Most rows of the table say theirs in a line; here are the longer ones.
"""

from fractions import Fraction
from functools import reduce

import numpy as np

from derivations.formulas.expression import Size


def stable_sigmoid(z):
    """1/(1 + exp(−z)), by the exponential that does not overflow."""
    right = z.real >= 0
    e = np.exp(np.where(right, -z, z))
    return np.where(right, 1, e) / (1 + e)


def softplus(z):
    """Log(1 + exp(z)), likewise."""
    right = z.real >= 0
    return np.where(right, z, 0) + log1p(np.exp(np.where(right, -z, z)))


def log1p(z):
    """log(1 + z); NumPy's own loses a small z where it is complex."""
    if np.isrealobj(z):
        return np.log1p(z)
    return np.log1p(z.real * (2 + z.real) + z.imag**2) / 2 + 1j * np.arctan2(z.imag, 1 + z.real)


def erf(x):
    """The error function: a series where |x| is small, a continued fraction elsewhere."""
    x = np.asarray(x)
    small = np.abs(x) < 3
    s = np.where(small, x, 0)
    term, total = s * 1.0, s * 1.0
    for n in range(1, 80):
        term = term * -s * s / n
        total = total + term / (2 * n + 1)
    b = np.where(small, 3, np.where(x.real < 0, -x, x))
    fraction = b
    for k in range(60, 0, -1):
        fraction = b + k / 2 / fraction
    tail = 1 - np.exp(-b * b) / fraction / np.sqrt(np.pi)
    return np.where(small, 2 / np.sqrt(np.pi) * total, np.where(x.real < 0, -tail, tail))


_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6)  # B₂, B₄, …
_SHIFT = 12  # Stirling's series is exact to rounding beyond it


def gammaln(z):
    """Log Γ(z) for a positive real part: Stirling's series at z + 12, and the recurrence back."""
    w = z + _SHIFT
    total = (w - 0.5) * np.log(w) - w + 0.5 * np.log(2 * np.pi)
    for n, B in enumerate(_BERNOULLI, 1):
        total = total + B / (2 * n * (2 * n - 1) * w ** (2 * n - 1))
    return np.where(z.real > 0, total - sum(np.log(z + k) for k in range(_SHIFT)), np.nan)


def digamma(z):
    """The derivative of log Γ, likewise."""
    w = z + _SHIFT
    total = np.log(w) - 0.5 / w
    for n, B in enumerate(_BERNOULLI, 1):
        total = total - B / (2 * n * w ** (2 * n))
    return np.where(z.real > 0, total - sum(1 / (z + k) for k in range(_SHIFT)), np.nan)


def trigamma(z):
    """The derivative of that, likewise."""
    w = z + _SHIFT
    total = 1 / w + 0.5 / w**2
    for n, B in enumerate(_BERNOULLI, 1):
        total = total + B / w ** (2 * n + 1)
    return np.where(z.real > 0, total + sum(1 / (z + k) ** 2 for k in range(_SHIFT)), np.nan)


def relu(z):
    """Max(z, 0)."""
    return np.where(z.real > 0, z, 0)


def softmax(x, axis):
    """Down each column (`axis` 0) or along each row (`axis` 1), the largest taken away first."""
    e = np.exp(x - np.max(x.real, axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def largest(formula, sizes, x):
    """A one where an entry is the largest, of all or along an axis, and zeros elsewhere; of several, at the first."""
    found = np.zeros(x.shape)
    if formula.data is None:
        found.flat[np.argmax(x.real)] = 1
    else:
        np.put_along_axis(found, np.argmax(x.real, axis=formula.data, keepdims=True), 1, axis=formula.data)
    return found


def log_sum_exp(x, axis):
    """Likewise, or over all entries (`axis` None)."""
    top = np.max(x.real, axis=axis, keepdims=True)
    return top + np.log(np.exp(x - top).sum(axis=axis, keepdims=True))


def combination(formula, sizes, *terms):
    """The sum of terms, each with its coefficient."""
    return sum(float(c) * t if c != 1 else t for c, t in zip(formula.data, terms, strict=True))


def product(formula, sizes, *factors):
    """The cheaper of the two ends first: from the right where the result is a column."""
    if factors[-1].shape[1] <= factors[0].shape[0]:
        return reduce(lambda right, left: left @ right, reversed(factors))
    return reduce(np.matmul, factors)


def whole_power(base, exponent):
    """By squaring where complex: NumPy goes by the angle, and a step of 1e-30 beside π is lost."""
    if np.isrealobj(base):
        return base**exponent
    whole = 1
    while exponent:
        whole = whole * base if exponent % 2 else whole
        base, exponent = base * base, exponent // 2
    return whole


def power(formula, sizes, base):
    """Each entry to a power, by roots and products where that is exact."""
    exponent = formula.data
    if isinstance(exponent, Fraction) and exponent.denominator == 1:
        whole = whole_power(base, abs(exponent.numerator))
        return whole if exponent > 0 else 1 / whole
    return np.sqrt(base) if exponent == Fraction(1, 2) else base ** float(exponent)


def shape(formula, sizes):
    """The shape of a node as numbers."""
    return tuple(length.at(sizes) for length in formula.shape)


def unit(formula, sizes):
    """The unit vector."""
    column = np.zeros(shape(formula, sizes))
    index = formula.data.at(sizes) if isinstance(formula.data, Size) else formula.data
    if not -len(column) <= index < len(column):
        raise IndexError("an index beyond the size")
    column[index] = 1
    return column


def commutation(formula, sizes):
    """The matrix K with vec(Aᵀ) = K vec(A)."""
    rows, columns = (length.at(sizes) for length in formula.data)
    return np.eye(rows * columns)[np.arange(rows * columns).reshape(rows, columns).T.ravel()]


def diagonal_embedding(formula, sizes):
    """The matrix D with vec(Diag(v)) = D v."""
    n = formula.shape[1].at(sizes)
    return np.eye(n * n)[:, :: n + 1] if n > 1 else np.eye(1)


def kronecker_adjoint(formula, sizes, whole, factor):
    """The sum over the blocks against a factor."""
    rows, columns = (length.at(sizes) for length in formula.shape)
    p, q = factor.shape
    if formula.data == "left":
        return np.einsum("ikjl,kl->ij", whole.reshape(rows, p, columns, q), factor)
    return np.einsum("kilj,kl->ij", whole.reshape(p, rows, q, columns), factor)


def contraction(formula, sizes, *arrays):
    """The sum over indices; a kept letter that no argument has repeats the array along it."""
    lengths = {letter: size.at(sizes) for letter, size in formula.data.sizes}
    inputs, kept = list(formula.data.inputs), formula.data.kept
    operands = [a.reshape([lengths[x] for x in letters]) for a, letters in zip(arrays, inputs, strict=True)]
    for letter in kept:
        if not any(letter in letters for letters in inputs):
            inputs.append(letter)
            operands.append(np.ones(lengths[letter]))
    whole = np.einsum(f"{','.join(inputs)}->{kept}", *operands, optimize=len(operands) > 2)
    return whole.reshape(shape(formula, sizes))


def matrix_exponential(matrix):
    """The sum of Aᵏ/k! for a matrix halved until it is small, squared as often."""
    size = np.max(np.abs(matrix)) * len(matrix)
    halvings = max(0, int(np.ceil(np.log2(size + 1e-300))) + 3) if np.isfinite(size) else 0
    term = whole = np.eye(len(matrix))
    for k in range(1, 15):
        term = term @ matrix / (k * 2.0**halvings)
        whole = whole + term
    for _ in range(halvings):
        whole = whole @ whole
    return whole


def exponential(formula, sizes, *chain):
    """The block at the upper right of the exponential of a matrix of blocks.

    It has the matrices of the chain on its diagonal, and what stands between them beside it (Van Loan 1978, Computing
    integrals involving the matrix exponential, theorem 1).
    """
    n, count = len(chain[0]), len(chain) // 2 + 1
    blocks = np.zeros((count * n, count * n), np.result_type(*chain))
    for i, part in enumerate(chain):
        row, column = i // 2 * n, (i + 1) // 2 * n
        blocks[row : row + n, column : column + n] = part
    return matrix_exponential(blocks)[:n, -n:]


def rows(m, n, start, stop):
    """The rows of the identity from `start` on, before `stop`."""
    if not 0 <= start < stop <= n:
        raise IndexError("an index beyond the size")
    return np.eye(n)[start:stop]


def every(m, n, start, stop, step):
    """The rows of the identity from `start` on in steps."""
    found = np.eye(n)[start:stop:step]
    if len(found) != m:
        raise IndexError("an index beyond the size")
    return found


def whole(index, n):
    """A column of indices as whole numbers, all below n."""
    found = np.rint(index[:, 0].real).astype(int)
    if np.any(found != index[:, 0].real) or np.any(found < -n) or np.any(found >= n):
        raise IndexError("an index that is no whole number below the size")
    return found


def interleave(rows, columns, m, n, p, q):
    """I ⊗ K ⊗ I, with vec(A ⊗ B) = (I ⊗ K ⊗ I) (vec(A) ⊗ vec(B)) for A of shape m×n and B of shape p×q."""
    return np.eye(m * n * p * q)[np.arange(m * n * p * q).reshape(m, n, p, q).transpose(0, 2, 1, 3).ravel()]
