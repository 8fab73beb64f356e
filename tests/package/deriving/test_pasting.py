"""A pasted forward pass: the same text is read by `derive` and run by NumPy, and the two agree on every slope."""

import math
import subprocess
import sys
import textwrap
import types

import numpy as np
import plain_numpy
import pytest
from effort import soon

from derivations import DerivationError, ParseError, ShapeError, UnknownName, derive
from derivations.__main__ import main
from derivations.reading import numpy_programs

SIZES = {"N": 4, "d": 3, "h": 5, "k": 2, "n": 3}


def log_softmax(z):
    return z - plain_numpy.logsumexp(z, axis=-1, keepdims=True)


def reduced(value, reduction, count):
    return np.sum(value) / count if reduction == "mean" else np.sum(value)


def cross_entropy(z, y, reduction="mean"):
    y = y if np.ndim(y) == np.ndim(z) else np.eye(np.shape(z)[1])[np.asarray(y, int)]
    return reduced(-y * log_softmax(z), reduction, len(z) if np.ndim(z) == 2 else 1)


F = types.SimpleNamespace(
    relu=lambda z: np.maximum(z, 0),
    mse_loss=lambda a, b, reduction="mean": reduced((a - b) ** 2, reduction, np.size(a)),
    l1_loss=lambda a, b, reduction="mean": reduced(np.abs(a - b), reduction, np.size(a)),
    cross_entropy=cross_entropy,
    binary_cross_entropy_with_logits=lambda z, y: np.mean(np.logaddexp(0, z) - y * z),
    binary_cross_entropy=lambda p, y: np.mean(-(y * np.log(p) + (1 - y) * np.log(1 - p))),
    softmax=lambda z, dim: plain_numpy.softmax(z, dim),
    silu=lambda z: z * plain_numpy.sigmoid(z),
    huber_loss=lambda a, b, delta: np.mean([r**2 / 2 if r < delta else delta * (r - delta / 2) for r in abs(a - b)]),
    smooth_l1_loss=lambda a, b: np.mean([r**2 / 2 if r < 1 else r - 1 / 2 for r in abs(a - b)]),
    cosine_similarity=lambda A, B, dim: np.array(
        [a @ b / np.linalg.norm(a) / np.linalg.norm(b) for a, b in zip(A, B, strict=True)]
    ),
    triplet_margin_loss=lambda A, P, N, margin: np.mean(
        [
            max(0, np.linalg.norm(a - p + 1e-6) - np.linalg.norm(a - n + 1e-6) + margin)
            for a, p, n in zip(A, P, N, strict=True)
        ]
    ),
    leaky_relu=lambda z, slope: np.maximum(z, 0) + slope * np.minimum(z, 0),
    elu=lambda z: np.array([t if t > 0 else math.expm1(t) for t in z]),
    linear=lambda x, W, b: np.array([W @ row + b for row in x]),
)
special = types.SimpleNamespace(expit=plain_numpy.sigmoid, logsumexp=plain_numpy.logsumexp)
LIBRARIES = {
    "np": np, "jnp": np, "F": F, "nn": types.SimpleNamespace(functional=F), "math": math,
    "scipy": types.SimpleNamespace(special=special),
    "torch": types.SimpleNamespace(sigmoid=plain_numpy.sigmoid, sum=lambda z, dim: np.sum(z, dim), exp=np.exp),
}  # fmt: skip

TEXTS = {
    "two layers": (
        """
        # a network with one hidden layer, on a batch
        N = X.shape[0]
        Z1 = X @ W1 + b1
        H = np.maximum(Z1, 0)   # relu
        Z2 = H @ W2 + b2
        loss = 1/N*np.sum((Z2 - Y)**2)
        """,
        "W1, b1, W2, b2", "X: N×d, W1: d×h, b1: h, W2: h×k, b2: k, Y: N×k",
    ),
    "logistic regression": (
        """
        z = X @ w + b
        z = 1/(1 + np.exp(-z))
        z = y*np.log(z) + (1 - y)*np.log(1 - z)
        loss = -np.mean(z) + 0.5*0.1*w@w
        """,
        "w, b", "X: N×d, w: d, b: scalar, y: N",
    ),
    "a recurrent network": (
        '''
        def loss(W, U, X, h0, y, lam=0.1):
            """Three steps (of a recurrence."""
            assert W.shape[0] == 3, "a size"
            h = h0
            for t in range(len(X)):
                h = np.tanh(W @ h + U @ X[t])
            return np.sum((h - y)**2) + lam*np.sum(W*W)
        ''',
        "W, U, h0", "W: n×n, U: n×d, X: 3×d, h0: n, y: n",
    ),
    "a recurrence that begins at zero": (
        """
        h, total = np.zeros(3), 0
        for t in range(2, -1, -1):
            h = np.tanh(W @ h + X[t])
            total += np.sum(h**2)*(t + 1)
        loss = total
        """,
        "W", "W: 3×3, X: 3×3",
    ),
    "layer normalisation": (
        """
        import numpy as np
        N, d = np.shape(X)
        mu = X.sum(axis=1, keepdims=True)/d
        var = ((X - mu)**2).mean(axis=1, keepdims=True)
        xhat = (X - mu)/np.sqrt(var + 1e-5)
        out = g*xhat + b
        loss = np.sum((out - T)**2)/2
        """,
        "X, g, b", "X: N×d, g: d, b: d, T: N×d",
    ),
    "augmented assignment": (
        """
        a = A @ x
        a += b
        a *= 2
        a -= x/3
        a /= n
        M = 1*A
        M @= A
        loss = a @ M @ a
        """,
        "A, b", "A: n×n, x: n, b: n",
    ),
    "names of other libraries": (
        """
        p = scipy.special.expit(X @ w)
        q = F.softmax(X @ W, dim=1)
        s = jnp.tanh(torch.sum(q, dim=0))
        loss = np.sum(p) + s @ s + math.pi*nn.functional.relu(w).sum() + F.silu(w).sum()
        """,
        "w, W", "X: N×d, w: d, W: d×k",
    ),
    "functions that call functions": (
        """
        SLOPE = 0.5
        def act(z, slope=SLOPE):
            mask = z > 0
            return np.where(mask, z, slope*z)
        def layer(x, W, b=0):
            z = W @ x + b
            return act(z)
        def sum(x):
            return x @ x
        def loss(V, W, x, y):
            h = layer(x, V)
            h = layer(h, b=y, W=W)
            return np.sum(h) + h.sum() + sum(h)
        """,
        "V, W", "V: n×n, W: n×n, x: n, y: n",
    ),
    "attention with heads": (
        """
        T, D = X.shape
        Q = (X @ Wq).reshape(T, 2, 3).transpose(1, 0, 2)
        K = (X @ Wk).reshape(T, 2, 3).transpose(1, 0, 2)
        V = (X @ Wv).reshape(T, 2, 3).transpose(1, 0, 2)
        A = F.softmax(Q @ K.transpose(0, 2, 1) / np.sqrt(3), dim=-1)
        out = (A @ V).transpose(1, 0, 2).reshape(T, D) @ Wo
        loss = np.sum((out - Y)**2)
        """,
        "Wq, Wk, Wv, X", "X: N×6, Wq: 6×6, Wk: 6×6, Wv: 6×6, Wo: 6×6, Y: N×6",
    ),
    "a batch of sequences": (
        """
        H = np.tanh(X @ W + b)
        mu = H.mean(axis=-1, keepdims=True)
        var = ((H - mu)**2).mean(-1, keepdims=True)
        out = g*(H - mu)/np.sqrt(var + 0.1)
        loss = np.sum((out[:, -1] - Y)**2) + np.sum(out.mean(axis=1)**2) + np.max(H, axis=1).sum()
        """,
        "W, b, g, X", "X: N×k×d, W: d×h, b: h, g: h, Y: N×h",
    ),
    "distances of rows": (
        """
        diff = X[:, None, :] - C[None, :, :]
        dist = (diff**2).sum(axis=-1)
        loss = -np.sum(np.log(np.exp(-dist).sum(axis=1))) + np.sqrt(dist).sum()
        """,
        "X, C", "X: N×d, C: k×d",
    ),
    "sums over letters": (
        """
        S = np.einsum('bqd,bkd->bqk', Q, K)
        P = F.softmax(S, dim=2)
        out = np.einsum('bqk,bke->bqe', P, V)
        loss = np.einsum('bqe,bqe->', out, out) + np.sum(S.swapaxes(0, 1)[1] * S[:, 1])
        """,
        "Q, K, V", "Q: N×3×d, K: N×3×d, V: N×3×h",
    ),
    "pictures": (
        """
        mu = x.mean(axis=(2, 3), keepdims=True)
        xhat = (x - mu)/np.sqrt(x.var(axis=(2, 3), keepdims=True) + 0.1)
        p = xhat.reshape(N, d, 2, 2, 2, 1).max(axis=3).max(axis=-1)
        loss = np.sum(p**2) + np.sum(gamma[None, :, None, None]*xhat**2*x[:, :, ::2].sum())
        """,
        "x, gamma", "x: N×d×4×2, gamma: d",
    ),
    "parts given one by one": (
        """
        h = np.zeros((4, d))
        h[0] = np.tanh(x)
        for t in range(1, 4):
            h[t] = np.tanh(W @ h[t-1])
        loss = np.sum(h**2)
        """,
        "W, x", "W: d×d, x: d",
    ),
    "a function on one line": ("f = lambda z, t=2: np.tanh(z)**t\nloss = np.sum(f(x) + f(x, 3))", "x", "x: n"),
    "a loss of one row and column": ("z = w.T @ X\nloss = z @ z.T", "w", "w: d×1, X: d×N"),
    "a hinge without the right class": (
        """
        N = x.shape[0]
        right = x[np.arange(N), labels]
        margins = np.maximum(0, x - right[:, np.newaxis] + 1.0)
        margins[np.arange(N), labels] = 0
        loss = np.sum(margins) / N
        """,
        "x", "x: N×k, labels: N",
    ),
    "a convolution, place by place": (
        """
        N, C, H, W = x.shape
        out = np.zeros((N, 2, 2, 2))
        for n in range(N):
            for i in range(2):
                for j in range(2):
                    for f in range(2):
                        out[n, f, i, j] = np.sum(x[n, :, i:i+2, j:j+2]*w[f])
                    out[n, :, i, j] += b
        loss = np.sum(out**2)
        """,
        "x, w, b", "x: 2×2×3×3, w: 2×2×2×2, b: 2",
    ),
    "norms of a matrix": (
        "loss = np.linalg.norm(A, 1) + np.linalg.norm(A, np.inf) + np.linalg.norm(A[0], np.inf)", "A", "A: n×d",
    ),
    "losses of PyTorch": (
        """
        loss = F.huber_loss(A @ x, b, delta=0.5) + F.smooth_l1_loss(A @ x, b)
        loss = loss + F.cosine_similarity(A, B, dim=1).sum() + F.triplet_margin_loss(A, B, C, margin=2.0)
        loss = loss + F.leaky_relu(x, 0.2).sum() + F.elu(x).sum() + F.linear(B, A, b).sum()
        """,
        "A, x", "A: k×n, x: n, b: k, B: k×n, C: k×n",
    ),
    "parts of a matrix": (
        """
        A = 1*X
        A[:, 0] = X[:, 1]**2
        A[1:, 1:] *= 2
        A[0, 2] = 3
        A[A > 1] = 0
        y = np.empty_like(A[:, 0])
        y[:] = 2
        y[-1] += A[0, 0]
        loss = np.sum(A**3) + y @ y
        """,
        "X", "X: N×3",
    ),
    "a parameter given anew": ("x = x/2\nx = x*x\nloss = x @ y", "x", "x: n, y: n"),
    "a name that a version could have": ("h = x*x\nh = h*h\nh1 = 2*x\nloss = np.sum(h*h1*h)", "x", "x: n"),
    "a name that is a size": ("n = x @ x\nloss = n*n + np.sum(x)", "x", "x: n"),
    "names swapped": ("a, b = x, 2*x*x\na, b = b, a\nloss = np.sum(a*a - b)", "x", "x: n"),
    "parts of a split": ("a, b = np.split(x, 2)\nc = d = a*b\nloss = c @ d", "x", "x: 6"),
    "rows by their names": ("a, b, c = X\nloss = a @ b + b @ c", "X", "X: 3×d"),
    "the log of a determinant": ("_, logdet = np.linalg.slogdet(A @ A.T)\nloss = logdet*2", "A", "A: n×n"),
    "loops in loops": (
        "s = 0\nfor i in range(2):\n  for j in range(i, 3):\n    s = s + A[i, j]**2*(i + 1)\nloss = s", "A", "A: 3×3",
    ),
    "squares": ("loss = F.mse_loss(A @ x, b)", "A", "A: k×n, x: n, b: k"),
    "squares, summed": ("loss = F.mse_loss(A, B, reduction='sum')", "A", "A: k×n, B: k×n"),
    "sizes of differences": ("loss = F.l1_loss(A, B)", "A", "A: k×n, B: k×n"),
    "cross-entropy of rows": ("z = X@W\nloss = F.cross_entropy(z, Y)", "W", "X: N×d, W: d×k, Y: N×k"),
    "cross-entropy, summed": ("loss = F.cross_entropy(X@W, Y, reduction='sum')", "W", "X: N×d, W: d×k, Y: N×k"),
    "cross-entropy of a vector": ("loss = F.cross_entropy(W@x, y)", "W", "W: k×n, x: n, y: k"),
    "cross-entropy of labels": ("loss = F.cross_entropy(X@W, labels)", "W", "X: N×d, W: d×k, labels: N"),
    "binary cross-entropy": ("loss = F.binary_cross_entropy_with_logits(X@w, y)", "w", "X: N×d, w: d, y: N"),
    "binary cross-entropy of p": ("loss = F.binary_cross_entropy(torch.sigmoid(X@w), y)", "w", "X: N×d, w: d, y: N"),
    "a line that goes on": ("loss = np.sum(\n    x**2  # squares\n) + \\\n    np.sum(x)", "x", "x: n"),
    "two arrays that are changed": ("a = x*x\nb = x + x\na += 1\nb *= a\nloss = a @ b", "x", "x: n"),
    "typed names": ("h: np.ndarray = x*x\nu: float\nprint(h)\nloss = h @ h\nloss.backward()", "x", "x: n"),
    "carriage returns": ("a = x*x\r\n\r\nloss = a @ a\r\n", "x", "x: n"),
}  # fmt: skip


def dedented(text):
    return textwrap.dedent(text)


def run(text, values):
    """The loss by NumPy itself."""
    text = dedented(text)
    space = {**LIBRARIES, **SIZES, **{name: np.array(value) for name, value in values.items()}}
    exec(text.replace("loss.backward()", "").replace("print(h)", ""), space)  # ours, from the table above
    loss = space["loss"]
    return loss(**values) if callable(loss) else loss


def drawn(shapes, random):
    values = {}
    for piece in shapes.split(", "):
        name, shape = piece.split(": ")
        axes = [] if shape == "scalar" else [SIZES[a] if a in SIZES else int(a) for a in shape.split("×")]
        values[name] = random.integers(2, size=axes) if name == "labels" else random.standard_normal(axes)
    return values


@pytest.mark.parametrize("name", TEXTS)
def test_a_pasted_text_has_the_gradient_that_numpy_finds(name):
    text, wrt, shapes = TEXTS[name]
    values = drawn(shapes, np.random.default_rng(5))
    derivation = derive(text, wrt, shapes)
    assert list(derivation.gradients) == wrt.split(", ")
    for variable in derivation.gradients:
        gradient = derivation.gradients[variable](**values)
        assert np.shape(gradient) == np.shape(values[variable])
        E = np.random.default_rng(6).standard_normal(np.shape(values[variable]))
        slope, error = plain_numpy.difference(
            lambda value, variable=variable: run(text, {**values, variable: value}), values[variable], E
        )
        assert error < 1e-7
        assert np.sum(gradient * E) == pytest.approx(slope, rel=1e-7, abs=1e-9)
        space = {"np": np}
        exec(derivation.gradients[variable].numpy(), space)
        code = space["gradient"].__code__
        needed = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        np.testing.assert_allclose(space["gradient"](**{key: values[key] for key in needed}), gradient, rtol=1e-9)


def test_the_code_has_the_names_of_the_text():
    text, _, shapes = TEXTS["two layers"]
    code = derive(text, "W1", shapes).gradient.numpy()
    assert all(f"    {line}\n" in code for line in ("Z1 = X @ W1 + b1", "H = np.maximum(Z1, 0)", "Z2 = H @ W2 + b2"))


def test_a_name_that_is_given_anew_is_printed_with_a_number_and_a_note_says_which():
    text, _, shapes = TEXTS["a recurrent network"]
    derivation = derive(text, "W", shapes)
    assert {"h", "h₁", "h₂"} <= {step.plain_left for step in derivation.steps}
    assert "h, h₁, h₂ are the values of h given on line 7, in order" in derivation.notes
    again = derive("h = x*x\nh = h*h\nh1 = 2*x\nsum(h*h1)", "x", "x: n")
    assert {"h", "h₂", "h₁"} <= {step.plain_left for step in again.steps}
    assert "h, h₂ are the values of h given on lines 1, 2, in order" in again.notes
    assert "x₁ is the x given on line 1" in derive("x = x*x\nx @ x", "x", "x: n").notes
    for text in ("z = x*x\nz @ z", "s = x @ x\ns += sum(x)"):  # the loss needs no name
        assert derive(text, "x", "x: n").notes == ()


def test_an_expression_over_several_lines_is_one():
    assert str(derive("sum(x)  # first\n + x @ x", "x", "x: n")) == str(derive("sum(x) + x @ x", "x", "x: n"))
    assert str(derive("sum(x)\n- x @ x", "x", "x: n")) == str(derive("sum(x) - x @ x", "x", "x: n"))
    assert np.array_equal(derive("y = A @ x\ny", "x", "A: m×n, x: n").gradient(A=np.eye(2), x=np.ones(2)), np.eye(2))


REFUSED = {
    "while": ("y = 0\nwhile True:\n    y = y + 1", ParseError, "line 2", "range(3)"),
    "if": ("if x[0]:\n    y = x @ x", ParseError, "line 1", "np.where"),
    "with": ("with torch.no_grad():\n    y = x @ x\nloss = 2*y", ParseError, "line 1", "held fixed"),
    "try": ("try:\n    y = x @ x\nexcept:\n    pass", ParseError, "line 1", "try block"),
    "class": ("class A:\n    pass", ParseError, "no line with a value", "end with the loss"),
    "lambda": ("loss = sum((lambda z: z)(x))", ParseError, "lambda z", "by its name"),
    "a comprehension": ("loss = sum({a*a for a in x})", ParseError, "for a in x", "axis"),
    "a condition": ("y = x @ x\nloss = x @ x if y else 1", ParseError, "line 2", "where("),
    "the system": ("import os; os.system('true')", UnknownName, "system", "not a function"),
    "import by name": ("y = __import__('os')\nloss = y @ x", UnknownName, "line 1", "not a function"),
    "eval": ("y = x @ x\nloss = eval('y')", UnknownName, "line 2", "not a function"),
    "recursion": ("def f(x):\n    return f(x)", ParseError, "line 2", "calls itself"),
    "recursion by two": ("def g(x):\n  return f(x)\ndef f(x):\n  return g(x)", ParseError, "line", "calls itself"),
    "a huge range": ("y = 0\nfor t in range(10**9):\n    y = y + 1", ParseError, "line 2", "fewer"),
    "many loops": (
        "s = 0\nfor a in range(99):\n  for b in range(99):\n    s = s + x @ x", ParseError, "line 4", "fewer steps",
    ),
    "a huge number": ("N = 3\nfor t in range(99):\n    N *= N\nloss = N*(x @ x)", ParseError, "line 3", "1e300"),
    "a range by a name": ("for t in range(n):\n    y = x @ x", ParseError, "line 1", "in each step of the loop"),
    "a loop over an array": ("for a in x:\n    y = a", ParseError, "line 1", "in each step of the loop"),
    "a part of an array with two names": ("y = x\ny[0] = 1\nloss = y @ x", ParseError, "line 2", "1*y"),
    "a part of another shape": ("y = x*x\ny[1:] = x\nloss = y @ y", ShapeError, "line 2", "a part of shape n-1"),
    "an array with two names": ("y = x\ny += 1\nloss = y @ x", ParseError, "line 2", "y and x are one array"),
    "a view": ("y = A*1\nz = y.T\ny *= 2\nloss = sum(z)", ParseError, "line 3", "y and z are one array"),
    "a view of a view": ("y = A*1\nz = y.T[0]\nu = z\nu *= 2\nloss = sum(y)", ParseError, "line 4", "one array"),
    "an array of the caller": (
        "def f(z):\n    z -= 1\n    return z\ny = x*x\nu = f(y)\nloss = y @ u", ParseError, "line 2", "was given",
    ),
    "given back": ("def f(z):\n  return z\ny = x*x\nu = f(y)\nu += 1\nloss = y @ u", ParseError, "line 5", "was given"),
    "given back under another name": (
        "def f(z):\n  return z\ny = x*x\nu = f(y)\ny += 1\nloss = y @ u", ParseError, "line 5", "gave back",
    ),
    "factors side by side": ("y = x @ x\nz = y y\nloss = z + 1", ParseError, "line 2", "a product is written"),
    "a bracket left open": ("y = x @ x\nz = y + y\nloss = (z + 1", ParseError, "line 3", "never closed"),
    "a line that should go on": ("y = x*x\n+ x\nloss = sum(y)", ParseError, "line 2", "put brackets around"),
    "a loss that should go on": ("loss = x @ x\n+ sum(x)", ParseError, "line 2", "end with the loss"),
    "one name for two sizes": ("a, = A.shape\nloss = a*(x @ x)", ParseError, "line 1", "as many as the parts"),
    "two names for three parts": ("a, b = np.split(x, 3)\nloss = a @ b", ParseError, "line 1", "as many as the parts"),
    "an augmented shape": ("y = x*x\ny += A\nloss = sum(y)", ShapeError, "line 2", "keeps the shape"),
    "a vector for a loss": ("y = x*x", ShapeError, "y = x*x", "a loss is a scalar"),
    "no value": ("import os", ParseError, "no line with a value", "end with the loss"),
    "nothing returned": ("def f(x):\n    print(x)", ParseError, "line 1", "return"),
    "a name not yet given": ("y = z*2\nz = x\nloss = y @ y", UnknownName, "line 1", "'z' is not declared"),
    "a local name elsewhere": (
        "def f(z):\n    q = z*z\n    return q\nloss = sum(f(x)) + q", UnknownName, "line 4", "'q' is not declared",
    ),
    "an undeclared parameter": ("def f(x, v):\n    return x @ v", UnknownName, "line 2", "declare it in shapes"),
    "too few arguments": ("def f(a, b):\n    return a @ b\nloss = f(x)", ParseError, "line 3", "needs b"),
    "a decorator": ("@vmap\ndef f(x):\n    return x @ x", ParseError, "line 1", "leave the decorator out"),
    "a dictionary": ("y = x['W']\nloss = y @ y", ParseError, "line 1", "write W for params['W']"),
    "sizes in one": ("s = A.shape\nloss = s*(x @ x)", ParseError, "line 1", "A.shape[0]"),
    "sizes by a call": ("s = np.shape(A)\nloss = s*(x @ x)", ParseError, "line 1", "A.shape[0]"),
    "a list": ("s = []\nloss = s*(x @ x)", ParseError, "line 2", "torch.stack(s)"),
    "a layer": ("loss = nn.GRU(3, 4)(x, x)", ParseError, "nn.GRU", "F.mse_loss(a, b)"),
    "self": ("y = self.W @ x\nloss = y @ y", UnknownName, "line 1", "declare W in shapes"),
    "the name before its option": ("loss = foo(x, weight=None)", UnknownName, "foo", "not a function"),
    "an option": ("loss = F.mse_loss(x, x, weight=x)", ParseError, "weight=", "it takes reduction="),
    "a reduction": ("loss = F.mse_loss(x, x, reduction='median')", ParseError, "reduction=", "'none'"),
    "a line that is no line": ("y = x @ x\nloss = y y", ParseError, "line 2", "@ (of matrices)"),
    "an index given anew": ("x = x + 1\nloss = A[x] @ x", ParseError, "line 2", "whole number"),
    "random numbers": ("loss = np.random.randn(3) @ x", UnknownName, "randn", "declare it in shapes"),
    "two names for three": ("a, b = x, x, x\nloss = a @ b", ParseError, "a, b", "3 values"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_read_is_refused_with_its_line_and_what_to_write(name):
    text, kind, *words = REFUSED[name]
    with soon(10), pytest.raises((ParseError, ShapeError, UnknownName, DerivationError)) as said:
        derive(text, "x", "x: n, A: n×n")
    assert type(said.value) is kind and all(word in str(said.value) for word in words), str(said.value)


HOSTILE = {
    "nested loops": "".join(f"{' ' * i}for a{i} in range(1):\n" for i in range(99)) + " " * 99 + "y = x @ x",
    "deep brackets": "y = " + "(" * 5_000 + "x" + ")" * 5_000,
    "many signs": "y = 1\nloss = " + "-" * 9_000 + "y",
    "many attributes": "y = x" + ".T" * 4_000 + "\nloss = y @ y",
    "many lines": "y = x @ x\n" * 1_500,
    "many targets": "a = " * 4_000 + "x @ x",
    "doubled": "y = x*x\n" + "y = y*y + y\n" * 250 + "loss = sum(y)",
    "functions that fan out": "def f0(z):\n return z\n"
    + "".join(f"def f{i}(z):\n return f{i - 1}(z) + f{i - 1}(z)\n" for i in range(1, 40)),
    "blank lines": "\n" * 19_000 + "y = x @ x",
    "quotes": "y = '''" * 2_000,
    "carriage returns": "y = x @ x\r" * 300,
    "form feeds": "y = x @ x\x0c\nloss = zz\x0c\n",
    "nulls": "y = x @ x\0\nloss = y",
    "a lone surrogate": "y = '\udfff'\nloss = x @ x",
    "wide letters": "ŷ = x*x\nloss = ŷ @ ẑ",
    "a return outside": "return x @ x",
    "an empty text": "# nothing\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_answered_soon(name):
    with soon(20):
        try:
            answer = str(derive(HOSTILE[name], "x", "x: n"))
        except (ParseError, ShapeError, UnknownName, DerivationError) as refusal:
            answer = str(refusal)
    assert answer


MODEL = """import torch.nn.functional as F

RATE = 0.5

class Net:
    def forward(self, x): return weird(x)

def other(x):
    while True: pass

def loss(W, X, Y):
    "A loss (of a batch."
    return F.mse_loss(act(X @ W), Y)

def act(z):
    return RATE * z

if __name__ == "__main__":
    raise SystemExit("run")
"""


def test_a_function_of_a_file_is_read_by_its_name(tmp_path, capsys):
    path = tmp_path / "model.py"
    path.write_text(MODEL, encoding="utf-8")
    question = ["--wrt", "W", "--shapes", "W: d×k, X: N×d, Y: N×k"]
    assert main(["derive", f"{path}:loss", *question, "--numpy"]) == 0
    space, random = {}, np.random.default_rng(3)
    exec(capsys.readouterr().out, space)
    W, X, Y = random.standard_normal((3, 3, 3))
    np.testing.assert_allclose(space["gradient"](W=W, X=X, Y=Y), X.T @ (X @ W / 2 - Y) / 9)
    for name, words in {
        ":los": "no function 'los'; it has other, loss, act", "": "name one function", ":other": "line 9",
    }.items():  # fmt: skip
        assert main(["derive", f"{path}{name}", *question]) == 2
        assert words in capsys.readouterr().err
    assert main(["derive", f"{tmp_path}/none.py:loss", *question]) == 2
    assert "none.py cannot be read: No such file" in capsys.readouterr().err
    path.write_text("z = W - X\nloss = (z*z).sum()\n", encoding="utf-8")
    assert main(["derive", str(path), "--wrt", "W", "--shapes", "W: d, X: d"]) == 0
    assert "∂𝓛/∂W = 2 z" in capsys.readouterr().out
    path.write_bytes(b"\xff\xfe")
    assert main(["derive", str(path), *question]) == 2
    assert "is not UTF-8" in capsys.readouterr().err


def test_a_text_is_read_from_the_input():
    command = [sys.executable, "-m", "derivations", "derive", "-", "--wrt", "x", "--shapes", "x: n"]
    text = "z = 2*x\nloss = z @ z\n"
    said = subprocess.run(command, input=text, capture_output=True, text=True, encoding="utf-8", check=True)
    assert "∂𝓛/∂x = 4 z" in said.stdout


def test_a_file_that_is_too_large_is_refused():
    with pytest.raises(ParseError, match="at most"):
        numpy_programs.function_in("x = 1\n" * 100_000, "loss")


def test_a_name_that_a_reader_registers_is_no_library_s():
    with pytest.raises(UnknownName, match="register"):
        derive("sum(swoosh(x))", "x", "x: n")


def test_a_function_without_a_name_is_read_as_what_it_returns():
    written = "np.sum((X@w - y)**2) + 0.1*w@w"
    given = {"wrt": "w", "shapes": "X: N×d, w: d, y: N"}
    assert str(derive(f"lambda w: {written}", **given).gradient) == str(derive(written, **given).gradient)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "said", [r"\frac{1}{m} \sum_i (x_i^T w - y_i)^2", "x^T w - y, and w^2", r"\|X w - y\|^2", r"first \\ second"]
)
def test_latex_in_a_docstring_or_a_message_is_no_part_of_the_function(said):
    text = f'''def loss(X, y, w):
    """The mean squared error: {said}."""
    r = X @ w - y
    assert r.ndim == 1, "{said}"
    return (r**2).mean()
'''
    gradient = derive(text, "w", "X: m×n, y: m, w: n").gradients["w"]
    X, y, w = np.arange(6.0).reshape(3, 2), np.array([1.0, -2.0, 0.5]), np.array([0.3, -0.7])
    np.testing.assert_allclose(gradient(X=X, y=y, w=w), 2 * X.T @ (X @ w - y) / 3)


@pytest.mark.parametrize("call", ["F.mse_loss(w, v)", "F.gaussian_nll_loss(w, v, v)", "Normal(v, 1).log_prob(w).sum()"])
def test_sizes_that_differ_inside_a_law_are_told_on_any_line(call):
    for above in ("", "    w = 2*w\n"):
        with pytest.raises(ShapeError, match=r"line \d: .*do not broadcast"):
            derive(f"def loss(w, v):\n{above}    return {call}", "w", "w: n, v: m")
