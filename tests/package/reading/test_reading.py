"""The reader: what NumPy-like text means, what is refused and how, and any text at all."""

import numpy as np
import plain_numpy
import pytest
from effort import soon
from hypothesis import given, settings
from hypothesis import strategies as st

from derivations import DerivationError, ParseError, ShapeError, UnknownName, derive, sampling
from derivations.formulas.expression import Size
from derivations.reading import numpy_text as reading

SHAPES = "A: m×n, B: m×n, C: n×k, Q: n×n, R: n×n, u: n, v: n, w: m, t: scalar, a: scalar, p: n, P: m×n, L: m*n, E: 1×n"
POSITIVE = ("p", "P")


def scope(shapes=SHAPES, **more):
    return reading.Scope(reading.parse_shapes(shapes), **more)


def read(text, names=None):
    return reading.parse(text, names or scope())


def point(names, seed):
    """(sizes, values by name, values by symbol) at random, with distinct sizes."""
    random = np.random.default_rng(seed)
    sizes = dict(zip(names.sizes, map(int, random.permutation(np.arange(3, 3 + len(names.sizes)))), strict=True))
    values, known = {}, {}
    for name, symbol in names.symbols.items():
        value = random.standard_normal([length.at(sizes) for length in symbol.axes])
        value = np.abs(value) + 0.1 if name in POSITIVE else value
        values[name], known[symbol.formula] = value, value.reshape((*np.shape(value), 1, 1)[:2])
    return sizes, values, known


TEXTS = r"""
A + B | A - B | A * B | A / (1 + B*B) | -A | +A | - -A | A**2 | A**3 | P**0.5 | P**-1.5 | 2*A | A/2 | A*2.5e-1
.5*A | 1/3*t | t**2/a**2 | 2**t | P**B | t**3 | p**u | 2**u | P**t | p**-1 | -u**2 | (-u)**2 | 2**3**2*t | -2**2*t
t-a-1 | t/a/2 | A@C | A@u | w@A | u@v | w@A@u | w@A@C | A@Q@C | Q@Q@Q | A.T | A.T@w | u.T@v | A.T.T | (A@C).T | u.T
t.T | sum(A) | sum(u) | sum(t) | mean(A) | mean(u) | mean(t) | sum(A, axis=0) | sum(A, axis=1) | sum(A, axis=-1)
sum(A, 0) | sum(u, axis=0) | sum(u, axis=-1) | mean(A, axis=0) | mean(A, axis=1) | mean(A, 1) | sum(A, axis=-2)
mean(u, axis=0) | sum(A, axis=0, keepdims=True) | sum(A, axis=1, keepdims=True) | mean(A, axis=1, keepdims=True)
sum(A, axis=0, keepdims=False) | sum(u, axis=0, keepdims=True) | A.sum() | A.mean() | A.sum(axis=0) | A.mean(axis=1)
u.sum() | (A*B).sum(axis=1) | tr(Q) | tr(Q@R) | Q.trace() | det(Q) | logdet(Q@Q.T + eye(n))
log(det(Q@Q.T + eye(n))) | inv(Q) | inv(Q)@u | u@inv(Q)@v | norm(A) | norm(u) | norm(A@u - w)**2 | frob(A, B)
frob(u, v) | outer(w, u) | outer(u, u)@v | kron(A, C) | kron(u, w) | kron(eye(k), A) | kron(eye(3), Q)
kron(ones((m, 1)), E) | Diag(u) | A@Diag(u) | Diag(u)@C | Diag(A@u) | diagvec(Q) | diagvec(A.T@A) | Diag(diagvec(Q))
eye(n) | Q + eye(n) | Q*eye(n) | Q - t*eye(n) | ones(n)@u | ones((m, n)) | ones(m) | ones((m, n))*A | ones([n, 1])@E
zeros((m, n)) + A | zeros(n) + u | ones(2*n) | eye(n + 1) | e1(n) | e1(n)@u | eyerow(n, 1) | eyerow(n, -1)@u
vec(A) | vec(u) | vec(A.T) | vec(A)@L | A.ravel() | A.flatten() | reshape(A, (n, m)) | reshape(L, (m, n))
reshape(A, (m*n,)) | reshape(A, m*n) | reshape(A, -1) | reshape(L, (n, -1)) | reshape(L, (-1, m)) | A.reshape(n, m)
A.reshape((n, m)) | L.reshape(m, n)@u | reshape(u, (n, 1)) | reshape(u, (1, n)) | reshape(u, (-1, 1))
reshape(reshape(A, -1), (n, m)) | u[0] | u[1] | u[-1] | u[-2] | u[n-1] | A[0] | A[1] | A[-1] | A[0, 1] | A[-1, -2]
A[:, 0] | A[:, -1] | A[1, :] | A[:, :] | A[m-1, n-2] | u[1:] | u[:-1] | u[1:-1] | u[:2] | u[-2:] | u[:] | u[0:n]
A[1:] | A[:, 1:] | A[1:, :-1] | A[0, 1:] | A[1:, 0] | A[:1] | A[:, :1] | u[0:2] | u[1:2] | A[1:][0] | A[0][1]
A[0][1:] | u[1:][0] | (A@u)[0] | A.T[0] | (A + B)[:, 1] | u[1:] - u[:-1] | u[:, None] | u[None, :] | u[None]
w[:, None]*A | w[:, None] + u[None, :] | u[:, None]@E | A + E | A*E | E.T@E | A + u | A * u | u * A | A - u | u - A
A / p | A + t | t*A | t + u | 1 - A | 2/P | A + 1 | u + t*v | A - mean(A, axis=0) | Q / sum(p)
A - mean(A, axis=1, keepdims=True) | A*sum(A, axis=0) | (A.T + w).T | A@C + ones(k) | w[:, None]*(A@C) | t*a
-t*A*a | maximum(A, 0) | maximum(0, A) | maximum(A, B) | maximum(u, t) | maximum(A, u) | minimum(A, B)
minimum(t, u) | minimum(A, 1) | abs(A) | sign(A) | A > 0 | (A > 0)*B | A < B | A >= 0 | A <= B | 0 < A | u > t
A > u | (u > 0)@v | 1*(t > 0) | sum(A > B) | exp(A) | log(P) | sqrt(P) | sin(A) | cos(A) | tan(A) | tanh(A)
sinh(A) | cosh(A) | arctan(A) | sigmoid(A) | relu(A) | softplus(A) | square(A) | exp(t) | log(p) | log1p(P)
expm1(A) | sigmoid(-A) | log(sigmoid(A)) | log(1 - sigmoid(A)) | log(1 + exp(u)) | log(1 + exp(-u))
log(exp(A) + 1) | log(exp(u)) | sqrt(P*P) | sqrt(4*P) | transpose(A)@w | transpose(u) | u.dot(v) | A.dot(u)
A.dot(C) | dot(w, A) | softmax(u) | softmax(A) | softmax(A, axis=0) | softmax(A, axis=1) | softmax(A, axis=-1)
softmax(A, 0) | log(softmax(A)) | log(softmax(u))[1] | log(softmax(A, axis=0)) | log(softmax(u)[0])
log(softmax(A)[0]) | softmax(E) | logsumexp(u) | logsumexp(A) | logsumexp(A, axis=None) | logsumexp(A, axis=0)
logsumexp(A, axis=1, keepdims=True) | A - logsumexp(A, axis=1, keepdims=True) | logsumexp(E)
logsumexp(A, axis=0, keepdims=True) | logsumexp(u, axis=0, keepdims=True) | sum(u)/n | t*m*n | u/n | A*m | n*u - m
n**2*t | u**2/n | pi*t | 2*pi | sum(A)/(m*n) | mean(A)*m*n | n*eye(n) | t/(m + n) | u*(n - 1)
-sum(v*log(softmax(Q@u))) | sum((sigmoid(A@u + w) - w)**2) | 1_000*t | 0x10*t | (((((t))))) | A   @   u | sum(  A )
3 | 2.5 | m | tr(A@Diag(u)@A.T) | sum(Diag(u)*Q) | frob(A.T, B.T) | 0*A | A - A | A**0 | A**1 | u@u | (u@u)*v
norm(t) | norm(u - v)/norm(u + v)
np.sum(A) | np.sum(A**2, axis=0) | np.sum(A, axis=None) | np.mean(np.square(A.dot(u) - w)) | np.exp(A).sum(axis=1)
np.linalg.inv(Q)@u | np.linalg.det(Q) | np.linalg.slogdet(Q@Q.T)[1] | np.linalg.solve(Q, u) | np.linalg.solve(Q, C)
np.trace(Q) | Q.diagonal() | np.diag(Q) | np.diag(u)@C | np.diagonal(Q@R) | np.linalg.matrix_power(Q, 3)
np.linalg.norm(u) | np.linalg.norm(u, 2) | np.linalg.norm(u, ord=1) | np.linalg.norm(A, 'fro') | np.linalg.norm(A)
np.linalg.norm(A, axis=1) | np.linalg.norm(A, axis=0, keepdims=True) | np.linalg.norm(A, 1, axis=1)
np.var(u) | A.var() | A.var(axis=0) | np.var(A, axis=1, keepdims=True) | np.std(u) | A.std(0) | np.average(A, axis=1)
(A - A.mean(axis=0))/A.std(axis=0) | A - A.mean(1, keepdims=True) | A/P.sum(axis=1)[:, np.newaxis]
np.where(A > 0, A, 0.1*A) | np.where(u >= v, u, v) | np.where(A < u, 0, B) | np.where(u <= 0, A, 1)
np.where(t > 0, u, v) | np.where(w[:, None] > 0, u, A) | np.clip(A, 0, 1) | A.clip(-t*t, u*u) | np.absolute(A)
np.logaddexp(0, A) | np.logaddexp(u, 0) | np.logaddexp(A, u) | np.log2(p) | np.log10(P)
np.add(A, B) | np.subtract(A, u) | np.multiply(A, t) | np.divide(A, p) | np.power(P, 3) | np.matmul(A, u)
np.negative(A) | np.inner(u, v) | np.vdot(u, v) | np.outer(w, u) | np.dot(u, np.dot(Q, v)) | A.transpose()@w | np.pi*t
np.identity(n)@u | np.eye(len(u)) | np.ones_like(A)@u | np.zeros_like(u) + v | np.ones((A.shape[0], 1))*A
A.shape[1]*t | A.shape[-1]*t | A.size*t | len(A)*t | u/u.size | u[len(u)-1] | L.reshape(A.shape[0], -1)
np.einsum('i,i', u, v) | np.einsum('i,i->i', u, v) | np.einsum('i,j->ij', w, u) | np.einsum('i,j->ji', w, u)
np.einsum('ij,j->i', A, u) | np.einsum('ij,i', A, w) | np.einsum('ij->ji', A) | np.einsum('ij->', A)
np.einsum('ij->j', A) | np.einsum('ii', Q) | np.einsum('ii->i', Q) | np.einsum('ij,jk->ik', A, C)
np.einsum('ij,kj', A, B) | np.einsum('ij,ij', A, B) | np.einsum('ij,ij->i', A, B) | np.einsum('ij,ji->', A, B.T)
np.einsum('i,ij,j->', w, A, u) | np.einsum('ij,i->ij', A, w) | np.einsum('bi,ij,bj->b', A, Q, B)
np.einsum('ij,jk,ik->k', A, C, A@C) | np.einsum(',ij', t, A) | np.einsum('ij,jk,kl->il', A, Q, C) | u.T.dot(v)
Q.T.dot(u) | A.mT@w | max(t, 0) | min(0, t) | max(t, a)
u[::-1] | A[::-1] | A[:, ::-1] | A[1:, ::-1] | ones(7)[::2] | Q[:, :2][::-1] | np.cumsum(u) | np.cumsum(A, axis=0)
A.cumsum(axis=1) | np.diff(u) | np.diff(A, axis=0) | np.diff(u, 1) | np.diff(A) | np.flip(u) | np.flip(A, axis=1)
np.flip(A, 0) | np.roll(u, 1) | np.roll(u, -2) | np.roll(A, 1, axis=0) | np.roll(A, 2, axis=1) | np.repeat(u, 2)
np.repeat(A, 2, axis=1) | np.tile(u, 3) | np.triu(Q) | np.triu(A, 1) | np.tril(A) | np.tril(Q, -1)
np.arange(n)*u | np.concatenate([u, w]) | np.concatenate([A, 2*A]) | np.concatenate((A, B), axis=1) | np.hstack([u, w])
np.hstack([A, B]) | np.vstack([A, B]) | np.vstack([u, v]) | np.stack([u, v]) | np.stack([u, v], axis=1)
np.stack([t, a]) | np.array([t, a, 1]) | np.array([[t, a], [0, t]]) | np.array([u[0], u[1]])
np.split(np.tile(u, 2), 2)[1]
np.split(np.repeat(A, 2, axis=1), 2, axis=1)[0] | np.cross(u[:1]*np.array([1, t, a]), np.array([t, 2, 3]))
np.convolve(u, np.array([1, t, 2])) | np.convolve(np.array([t, 2]), u)
np.convolve(np.ones(6), np.array([t, 2, a]), mode='valid')
A.max(axis=1) | np.max(A) | u.max() | np.min(A, axis=0) | np.max(A, axis=0, keepdims=True)
np.amax(u) | A - A.max() | np.max(ones(n))
np.max(np.concatenate([u, u])) | np.max(np.stack([A[0], A[0]]), axis=0)
np.prod(A) | u.prod() | np.cumprod(u) | np.mean(A, axis=(0, 1)) | np.sum(A, axis=(1,))
np.where((u > 0) & (u < 1), u, 0) | np.where(~(A > 0), A, B)
"""
ALL_TEXTS = [text.strip() for line in TEXTS.strip().split("\n") for text in line.split(" | ")]


@pytest.mark.parametrize("text", ALL_TEXTS)
def test_texts_mean_what_they_mean_in_numpy(text):
    names = scope()
    value = read(text, names)
    for seed in range(3):
        sizes, values, known = point(names, seed)
        expected = np.asarray(plain_numpy.evaluate(text, {**sizes, **values}))
        found = sampling.evaluate(value.formula, sizes, known)
        assert found.shape == tuple(length.at(sizes) for length in value.formula.shape)
        squeezed = found[0, 0] if value.ndim == 0 else found[:, 0] if value.ndim == 1 else found
        assert np.shape(squeezed) == expected.shape
        np.testing.assert_allclose(squeezed, expected, rtol=1e-11, atol=1e-11)


def test_unicode_signs_are_read():
    names = scope("A: m×n, w: m, µ: scalar, β: scalar")
    assert read("Aᵀ@w", names) == read("A.T@w", names)
    assert read("2·β − 1", names) == read("2*β - 1", names)
    assert read("A⊤@w ⊙ w²", scope("A: m×m, w: m")) == read("A.T@w * w**2", scope("A: m×m, w: m"))
    assert read("σ(β)", names) == read("sigmoid(β)", names)
    assert read("µ + 1", names) == read("μ + 1", names)  # the sign on keyboards, and the letter


# ── declarations ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_shapes_as_text_and_as_a_dict_are_the_same():
    text = reading.parse_shapes("W: m×n, x: n; K: m*n × 2*n,\n b: m x 1, c: 3, t: scalar, s:")
    same = reading.parse_shapes(
        {"W": ("m", "n"), "x": ("n",), "K": ["m*n", "2*n"], "b": ("m", 1), "c": 3, "t": (), "s": ()}
    )
    assert text == same
    assert text["K"] == (Size.of("m") * Size.of("n"), Size.of(2) * Size.of("n"))
    for spelled in (
        "W: (m, n), b: (m,)",
        "W: [m, n], b: [m]",
        "W: m by n, b: R^m",
        "W: mxn, b: m",
        "W: ℝ^{m×n}; b: {m}",
    ):
        assert reading.parse_shapes(spelled) == reading.parse_shapes("W: m×n, b: m"), spelled
    assert reading.parse_shapes("W: 3x4, t: real") == reading.parse_shapes({"W": "3×4", "t": ""})
    assert reading.parse_shapes("ax: max")["ax"] == (Size.of("max"),)
    assert reading.parse_shapes("ax: n x m")["ax"] == (Size.of("n"), Size.of("m"))  # an x in a name is not a sign


@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        ("W m×n", "not of the form"),
        ("W: m×n×k", "3 axes"),
        ("x: 0", "at least 1"),
        ("x: -1", "not a number, a name"),
        ("x: n/2", "not a number, a name"),
        ("x: n-", "not a number, a name"),
        ("x: 2.5", "not a number, a name"),
        ("x: m n", "not a number, a name"),
        ("x: n, x: m", "twice"),
        ("1x: n", "not a name"),
        ("x: n, n: scalar", "used as a size and declared"),
        ({"x": (2.5,)}, "neither a number nor a name"),
        ({"x": None}, "neither a number nor a name"),
        ({"x": (True,)}, "neither a number nor a name"),
        ({"x": (0,)}, "at least 1"),
        ({1: ("n",)}, "not a name"),
        (None, "give a text"),
        ([("x", "n")], "give a text"),
        ("x: " + "n" * 30_000, "at most"),
    ],
)
def test_shapes_that_cannot_be_read(shapes, words):
    with pytest.raises(ParseError, match=words):
        scope(shapes)


def test_properties():
    declared = reading.parse_shapes("A: n×n, y: k, x: n")
    words = "A: symmetric invertible, y: one hot; x: sums to one and positive"
    found = reading.parse_properties(words, declared)
    assert found == {"A": ("symmetric", "invertible"), "y": ("one-hot",), "x": ("sums to one", "positive")}
    assert found == reading.parse_properties(
        {"A": ["symmetric", "invertible"], "y": "one-hot", "x": "sums to one, positive".replace(",", "")}, declared
    )
    for wrong in ("A: nice", "A:", "A: symmetric,, y: nice", 5, {"A": 5}, ["A"]):
        with pytest.raises(ParseError):
            reading.parse_properties(wrong, declared)
    with pytest.raises(UnknownName, match="did you mean"):
        reading.parse_properties("yy: one-hot", declared)
    for word in ("symmetric", "diagonal", "positive definite", "invertible", "positive determinant"):
        with pytest.raises(ShapeError, match="square"):
            scope("W: m×n", properties={"W": (word,)})


WRONG_DEFINITIONS = (
    *("z", "= x", "m = x", "z == x", "z = ", "1z = x", "lambda = x", "z := x"),
    *(5, {"z": "x"}),
)


def test_definitions():
    names = scope("W: m×n, x: n, b: m")
    reading.parse_definitions("z = W@x + b; s = sigmoid(z)\n r = s - b;", names)
    assert list(names.defined) == ["z", "s", "r"]
    assert read("W@x + b", names).formula.data == "z"  # what has a name is read as that name
    again = scope("W: m×n, x: n, b: m")
    reading.parse_definitions("z = W@x; z = z + b; x = 2*x; r = z", again)  # names that are given anew
    assert [part.formula.data for part in again.defined.values()] == ["z1", "z1", "x1", "x1", "r"]
    for text in WRONG_DEFINITIONS:
        with pytest.raises(ParseError):
            reading.parse_definitions(text, scope("W: m×n, x: n, b: m"))


# ── refusals ──────────────────────────────────────────────────────────────────────────────────────────────────────

REFUSED = [
    ("u[5:2:-1]", ParseError, "-1]", ["-1 in x[::-1]"]),
    ("u[n-1:n+1]", ShapeError, "n-1:n+1", ["n+1 is beyond the size n"]),
    ("np.split(u)[0]", ParseError, "np.split", ["number of parts"]),
    ("np.split(u, 3)[0]", ShapeError, "np.split", ["no 3 equal parts"]),
    ("np.concatenate(u)", ParseError, "np.concatenate", ["a list", "[x, y]"]),
    ("np.concatenate([u, A])", ParseError, "np.concatenate", ["as many axes"]),
    ("np.concatenate([A, C])", ShapeError, "np.concatenate", ["other axes differ"]),
    ("np.array([u, 1])", ParseError, "np.array", ["numbers"]),
    ("np.array([[t], [t, a]])", ShapeError, "np.array", ["differ in length"]),
    ("np.cumsum(A)", ShapeError, "np.cumsum", ["axis="]),
    ("np.roll(u, t)", ParseError, "t)", ["whole number"]),
    ("np.repeat(u, 0)", ParseError, "np.repeat", ["0 of n"]),
    ("np.cross(u, v)", ShapeError, "np.cross", ["two vectors of 3"]),
    ("np.convolve(u, v)", ParseError, "np.convolve", ["kernel"]),
    ("np.cumprod(A)", ShapeError, "np.cumprod", ["vector"]),
    ("u & v", ParseError, "u &", ["operator"]),
    # text, kind, what stands at the caret, words of the message
    ("sum(A", ParseError, "", ["not closed"]),
    ("sum(A))", ParseError, ")", ["closes nothing"]),
    ("sum(A]", ParseError, None, []),
    ("A +", ParseError, None, []),
    ("", ParseError, None, ["empty"]),
    ("   ", ParseError, None, ["empty"]),
    ("A is B", ParseError, "A is B", ["comparison"]),
    ("t < u < v", ParseError, "t < u < v", ["not part of the notation"]),
    ("t + A.shape", ParseError, "A.shape", ["one at a time", "A.shape[0]"]),
    ("lambda*t", ParseError, None, ["word of Python", "lambda: scalar"]),
    ("t + lambda", ParseError, None, ["word of Python"]),
    ("t + (lambda x: x)", ParseError, "lambda", ["not part of the notation"]),
    ("[x for x in u]", ParseError, "[x", ["not part of the notation"]),
    ("{1: 2}", ParseError, "{1", ["not part of the notation"]),
    ("f'{t}'", ParseError, "f'", ["not part of the notation"]),
    ("(t := 2)", ParseError, "t := 2", ["not part of the notation"]),
    ("u if t else v", ParseError, "u if", ["where(condition"]),
    ("t and a", ParseError, "t and", ["not part of the notation"]),
    ("not t", ParseError, "not", ["not part of the notation"]),
    ("~t", ParseError, "~t", ["sign"]),
    ("t // a", ParseError, "t // a", ["whole number"]),
    ("t % a", ParseError, "t % a", ["operator"]),
    ("t ^ a", ParseError, "t ^ a", ["operator", "**"]),
    ("t + 'a'", ParseError, "'a'", ["real number"]),
    ("t + None", ParseError, "None", ["real number"]),
    ("t + True", ParseError, "True", ["real number"]),
    ("t + 1j", ParseError, "1j", ["real number"]),
    ("t + 1e999", ParseError, "1e999", ["too large"]),
    ("t + " + "9" * 41, ParseError, "9" * 20, ["digits"]),
    ("t**1001", ParseError, "t**1001", ["1000"]),
    ("t / 0", ParseError, "t / 0", ["division by zero"]),
    ("A / (B - B)", ParseError, "A / (B - B)", ["division by zero"]),
    ("0**-1*t", ParseError, "0**-1", ["division by zero"]),
    ("t.__class__", ParseError, "t.__class__", ["not part of the notation"]),
    ("A.sum", ParseError, "A.sum", ["write sum(…)"]),
    ("sum(*A)", ParseError, "*A", ["not part of the notation"]),
    ("sum(**A)", ParseError, "sum", ["takes no **="]),
    ("sum(A, axis=0, axis=0)", ParseError, "sum", ["twice"]),
    ("sum(A)(B)", ParseError, "sum(A)(B)", ["not part of the notation"]),
    ("sum()", ParseError, "sum()", ["one argument"]),
    ("outer(u)", ParseError, "outer(u)", ["two arguments"]),
    ("exp(t, a)", ParseError, "exp(t, a)", ["one argument"]),
    ("norm(A, ord=2)", ParseError, "norm", ["ord="]),
    ("u[::2]", ParseError, "2", ["a step needs a size that is a number"]),
    ("u[2:2]", ParseError, "2:2", ["empty"]),
    ("u[2*t]", ParseError, "t]", ["whole number"]),
    ("u[1.5]", ParseError, "1.5", ["whole number"]),
    ("u[True]", ParseError, "True", ["whole number"]),
    ("A + w", ShapeError, "A + w", ["A is m×n", "w is m", "n is not m"]),
    ("2*(A@w)", ShapeError, "A@w", ["A is m×n", "w is m", "n and m"]),
    ("A@B", ShapeError, "A@B", ["A is m×n", "B is m×n"]),
    ("t@u", ShapeError, "t@u", ["t is a scalar", "use *"]),
    ("u.dot(w)", ShapeError, "u.dot", ["u is n", "w is m"]),
    ("maximum(u, w)", ShapeError, "maximum", ["u is n", "w is m"]),
    ("A > w", ShapeError, "A > w", ["A is m×n", "w is m"]),
    ("A**w", ShapeError, "A**w", ["A is m×n", "w is m"]),
    ("1 + tr(A)", ShapeError, "tr(A)", ["m×n", "square"]),
    ("inv(A)", ShapeError, "inv(A)", ["m×n", "square"]),
    ("det(u)", ShapeError, "det(u)", ["matrix", "gives it n"]),
    ("Diag(A)", ShapeError, "Diag(A)", ["vector", "m×n"]),
    ("diagvec(A)", ShapeError, "diagvec(A)", ["m×n", "square"]),
    ("frob(A, C)", ShapeError, "frob", ["m×n", "n×k"]),
    ("outer(A, u)", ShapeError, "outer", ["m×n"]),
    ("kron(A, u)", ShapeError, "kron", ["m×n and n"]),
    ("softmax(t)", ShapeError, "softmax", ["scalar"]),
    ("reshape(A, (m, m))", ShapeError, "reshape", ["m×n", "m×m"]),
    ("reshape(A, (k, -1))", ShapeError, "reshape", ["m×n", "k"]),
    ("sum(A, axis=2)", ShapeError, "sum", ["axis 2"]),
    ("u[0, 1]", ShapeError, "u[0, 1]", ["1 axes", "2 indices"]),
    ("t[0]", ShapeError, "t[0]", ["0 axes"]),
    ("E[1]", ShapeError, "1]", ["beyond the size 1"]),
    ("E[:2]", ShapeError, "2]", ["beyond the size 1"]),
    ("eye(0)", ShapeError, "0", ["at least 1"]),
    ("1 + sum(AA)", UnknownName, "AA", ["'AA'"]),
    ("sum(Aq)", UnknownName, "Aq", ["did you mean A?"]),
    ("1 + summ(A)", UnknownName, "summ", ["did you mean sum?"]),
    ("frobnicate(A)", UnknownName, "frobnicate", ["known"]),
    ("1 + sum", UnknownName, "sum", ["function", "sum(…)"]),
    ("1 + np", UnknownName, "np", ["'np'"]),
    ("1 + np.median(A)", ShapeError, "np.median", ["vector"]),
    ("median(u)", ParseError, "median", ["sort(x)[k]"]),
    ("np.add.outer(u, v)", ParseError, "np.add", ["not part"]),
    ("np.random.randn(3)", UnknownName, "np.random", ["declare it in shapes"]),
    ("reshape(A)", ShapeError, "reshape", ["new sizes"]),
    ("einsum('iij->j', reshape(A, (m, 1, n)))", ParseError, "einsum", ["square"]),
    ("tr(A[:, None])", ShapeError, "tr", ["two axes", "einsum"]),
    ("reshape(A, (m//2, 2*n))", ParseError, "m//2", ["multiple", "declare"]),
    ("logsumexp(A, axis=None, keepdims=True)", ParseError, "logsumexp", ["keepdims"]),
    ("np.linalg.norm(A, 2)", ParseError, "np", ["ord="]),
    ("np.var(u, where=1)", ParseError, "np", ["where="]),
    ("np.where(u + v, u, v)", ParseError, "np", ["condition"]),
    ("np.where(u > 0, u, w)", ShapeError, "np", ["u is n", "w is m"]),
    ("np.inner(A, B)", ShapeError, "np", ["two vectors"]),
    ("np.linalg.solve(A, u)", ShapeError, "np", ["m×n"]),
    ("np.linalg.matrix_power(Q, k)", ParseError, "np", ["1 to 9"]),
    ("np.linalg.matrix_power(A, 2)", ShapeError, "np", ["square"]),
    ("einsum('ij,j', A, w)", ShapeError, "einsum", ["j in", "n and m"]),
    ("einsum('ij', u)", ParseError, "einsum", ["do not fit"]),
    ("einsum('i1,j', A, u)", ParseError, "einsum", ["letters"]),
    ("einsum('i->j', u)", ParseError, "einsum", ["after ->"]),
    ("einsum(A)", ParseError, "einsum", ["subscripts"]),
    ("u.shape[t]", ParseError, "t]", ["whole number"]),
    ("A.shape[2]", ShapeError, "A.shape[2]", ["axis 2"]),
    ("2t", ParseError, None, ["@ (of matrices)"]),
    ("A u", ParseError, None, ["@ (of matrices)"]),
    ("t + (u v)", ParseError, None, ["@ (of matrices)"]),
    ("u'A", ParseError, None, ["A.T"]),
    ("|u|", ParseError, "|u|", ["norm(x)"]),
    ("‖u‖", ParseError, "‖u‖", ["norm(x)"]),
    ("L = t", ParseError, "= t", ["where"]),
    ("A:B", ParseError, ":B", ["sum(A*B)"]),
    ("__import__('os')", UnknownName, "__import__", ["not a function"]),
    ("eval(t)", UnknownName, "eval", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "place", "words"), REFUSED, ids=[row[0][:30] or "empty" for row in REFUSED])
def test_refusals_show_the_place_and_say_what_is_wrong(text, kind, place, words):
    with pytest.raises(kind) as error:
        read(text)
    message = str(error.value)
    assert type(error.value) is kind and all(word in message for word in words), message
    if place is not None:
        _, line, caret = message.split("\n")
        assert caret.strip() == "^" and line[caret.index("^") :].removesuffix("…").startswith(place), message


def test_the_caret_is_right_after_wide_letters_and_in_long_texts():
    names = scope("β: scalar, ŷ: n")
    for text in ("β*β + sum(q)", "1 + " * 60 + "q" + " + 1" * 60):
        with pytest.raises(UnknownName) as error:
            read(text, names)
        _, line, caret = str(error.value).split("\n")
        assert line[caret.index("^")] == "q" and len(line) < 100


# ── any text at all ───────────────────────────────────────────────────────────────────────────────────────────────

TOKENS = r"""
W x b t A ( ) [ ] , : + - * ** @ / .T sum mean axis = 0 1 2 -1 1e308 1e-400 None True lambda_x:x sigmoid softmax
reshape kron ones eye inv det logdet == < > != <= if else for_x_in_x f'{x}' := __class__ __import__('os') .__class__
{ } ~ ^ % // & | << ... 1j 'a' b'a' *W **W await_t yield not and or in is \ # × · ᵀ − é 𝓛 ０ axis=None keepdims=True
axis=m [0] [:] [::2] [::-1] [None] [:,None] [...] [-5] [10**9] [True] [1.5] [t] e1 eyerow norm tr Diag diagvec vec
frob outer maximum zeros pi 1_000 0x10 1e5 .5 5. positive np. np.linalg. .shape .shape[0] .size len einsum 'ij,j' where
.var( .T.dot( ' ² ⊙ newaxis
""".split()  # noqa: SIM905
FUZZ_SHAPES = "W: m×n, X: m×n, A: n×n, x: n, b: m, y: m, t: scalar, K: m*n×m*n"
VALID = [
    "sum((sigmoid(W@x + b) - y)**2)", "tr(A@A.T)", "logdet(A@A+eye(n))", "sum(softmax(X,axis=1)[0]*x)", "kron(A,W)",
    "reshape(W,(n,m))", "W[:,None]", "norm(W)/t", "mean(W,axis=0,keepdims=True)", "t**x", "inv(A)@x", "Diag(x)@A",
    "K@vec(W)", "x[1:]-x[:-1]", "A[0,-1]", "eyerow(n,1)@x", "X.reshape(n,m)", "abs(t)**-3", "maximum(W,0)*(W>0)",
]  # fmt: skip
tokens = st.sampled_from([token.replace("_x", " x").replace("_t", " t").replace("_in", " in") for token in TOKENS])


@st.composite
def mutated(draw):
    """A valid text with pieces of it replaced, dropped or doubled."""
    pieces = list(draw(st.sampled_from(VALID)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(pieces) - 1))
        pieces[at] = draw(st.one_of(tokens, st.just(""), st.just(pieces[at] * 2), st.characters()))
    return "".join(pieces)


anything = st.one_of(st.text(max_size=40), st.lists(tokens, max_size=10).map("".join), mutated(), mutated())


def answered(make):
    """Whether there is an answer; a refusal must be one of the package's. Soon in any case."""
    try:
        with soon(10):
            make()
        return True
    except (ParseError, ShapeError, UnknownName, DerivationError):
        return False


@settings(max_examples=600)
@given(anything)
def test_any_text_is_read_or_refused(text):
    answered(lambda: repr(read(text, scope(FUZZ_SHAPES)).formula))


@settings(max_examples=200)
@given(mutated(), st.sampled_from(["W", "x", "t", "A", "W, x"]))
def test_any_text_is_derived_or_refused(text, wrt):
    answered(lambda: str(derive(text, wrt, FUZZ_SHAPES)))


@settings(max_examples=200)
@given(st.text(max_size=30), st.sampled_from(["shapes", "wrt", "where", "assume", "vary", "style"]))
def test_any_text_elsewhere_is_read_or_refused(text, place):
    question = {"f": "sum(W@x)", "wrt": "W", "shapes": "W: m×n, x: n"}
    answered(lambda: str(derive(**{**question, place: text})))


HUGE = {
    "1 MB": "sum(x)+" * 150_000 + "1",
    "1 MB of brackets": "(" * 1_000_000,
    "10,000 brackets": "(" * 9_000 + "x" + ")" * 9_000,
    "190 brackets too many": "(" * 191 + "t" + ")" * 191,
    "5,000 signs": "-" * 5_000 + "t",
    "10,000 powers": "t" + "**2" * 5_000,
    "10,000 .T": "A" + ".T" * 9_000,
    "10,000 subscripts": "x" + "[1:]" * 4_500,
    "nested calls": "sin(" * 5_000 + "t" + ")" * 5_000,
    "nested tuples": "x[" + "(" * 150 + "0," + ")" * 150 + "]",
    "a huge number": "t*" + "9" * 19_000,
    "a huge power": "t*9**9**9",
    "a power of powers": "t*((((2**64)**64)**64)**64)",
    "small powers": "t*(1e-300**64)**64",
    "a huge exponent": "t**" + "9" * 30,
    "a huge index": "x[" + "9" * 30 + "]",
    "a huge slice": "sum(x[" + "9" * 30 + ":])",
    "huge ones": "sum(ones((99999, 99999)))*t",
    "a huge identity": "tr(inv(eye(99999)*t))",
    "nulls": "sum(x)\0",
    "surrogates": "sum(x)\ud800",
    "a lone surrogate": "\udfff",
    "right to left": "\u202esum(x)",
    "ascii art": "\\\n\t#",
}


@pytest.mark.parametrize("text", HUGE.values(), ids=HUGE)
def test_huge_and_odd_texts_are_answered_within_a_second(text):
    answered(lambda: derive(text, "x, t, A", FUZZ_SHAPES))


@pytest.mark.parametrize("place", ["f", "wrt", "shapes", "where", "assume", "vary"])
def test_a_megabyte_anywhere_is_refused_within_a_second(place):
    question = {"f": "sum(W@x)", "wrt": "W", "shapes": "W: m×n, x: n"}
    assert not answered(lambda: derive(**{**question, place: "x: n, a = b; " * 80_000}))


@pytest.mark.parametrize("name", ["f", "wrt", "shapes", "where", "assume", "vary", "style", "order"])
@pytest.mark.parametrize(
    "value", [5, None, b"sum(x)", [1], {"x": {}}, object(), 2.5], ids=lambda value: type(value).__name__
)
def test_arguments_of_a_wrong_type_are_refused(name, value):
    if value is None and name in ("where", "assume", "vary"):
        value = True
    question = {"f": "sum(W@x)", "wrt": "W", "shapes": "W: m×n, x: n"}
    assert not answered(lambda: derive(**{**question, name: value}))


def test_nothing_is_evaluated():
    for text in ("__import__('os').abort()", "exit()", "open('x')", "[].append(1)", "(lambda: 1)()", "print(1)"):
        assert not answered(lambda text=text: read(text))


def test_depth():
    assert answered(lambda: read("(" * 190 + "t" + ")" * 190))
    assert answered(lambda: read("sin(" * 180 + "t" + ")" * 180))
    names = [f"s{i} = {'sin(' * 20}s{i - 1}{')' * 20}" for i in range(1, 31)]
    assert answered(lambda: derive("s30", "t", "t: scalar", where="; ".join(["s0 = sin(t)", *names])))


SAME_SLOPE = {
    "eigvalsh": ("v@A@v", lambda A: np.linalg.eigvalsh(A)[-1], lambda A: {"v": np.linalg.eigh(A)[1][:, -1]}, True),
    "svd": (
        "u@A@v", lambda A: np.linalg.norm(A, 2),
        lambda A: {"u": np.linalg.svd(A)[0][:, 0], "v": np.linalg.svd(A)[2][0]}, False,
    ),
    "cholesky": (
        "logdet(A)/2", lambda A: np.log(np.linalg.det(np.linalg.cholesky(A))), lambda A: {}, True,
    ),
    "pinv": ("sum(inv(A.T@A)@A.T)", lambda A: np.sum(np.linalg.pinv(A)), lambda A: {}, False),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME_SLOPE)
def test_what_is_written_instead_has_the_same_derivative(name):
    text, function, constants, symmetric = SAME_SLOPE[name]
    with pytest.raises(UnknownName) as said:
        read(f"np.linalg.{name}(Q)")
    written = {"eigvalsh": "v@A@v", "svd": "u@A@v", "cholesky": "logdet(A)/2", "pinv": "inv(A.T@A)@A.T"}
    assert written[name] in str(said.value)
    random = np.random.default_rng(8)
    A, E = random.standard_normal((2, 4, 4))
    A, E = (A @ A.T + np.eye(4), E + E.T) if symmetric else (A, E)
    given = constants(A)
    shapes = {"A": ("n", "n")} | {key: ("n",) * value.ndim for key, value in given.items()}
    gradient = derive(text, "A", shapes, assume="A: positive determinant" if name == "cholesky" else "").gradient
    slope, error = plain_numpy.difference(function, A, E)
    assert error < 1e-8 and np.sum(gradient(A=A, **given) * E) == pytest.approx(slope, rel=1e-8)
