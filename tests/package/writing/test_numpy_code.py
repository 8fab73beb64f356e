"""The NumPy source of a gradient computes what the gradient itself does, and reads as a person would write it."""

import inspect

import numpy as np
import plain_numpy
import pytest
from collected import PROBLEMS, derived
from test_random_losses import point, random_loss

from derivations import derive
from derivations.writing.numpy_pieces import safe_name

QUESTION = {"f": "sum((sigmoid(W@x + b) - y)**2)", "wrt": "W", "shapes": "W: m×n, x: n, b: m, y: m, t: scalar"}
SHAPES = "W: m×n, X: m×n, Y: m×n, A: n×n, B: n×n, C: m×m, x: n, u: n, b: m, y: m, t: scalar, r: scalar"
SINGLE = "v: 1, M: 1×n, N: n×1, x: n, s: scalar, Q: 1×1, P: k×n*k, q: 2*j"


def compiled(source, name="gradient"):
    """The function that a source defines, with nothing but NumPy at hand."""
    space = {"np": np}
    exec(source, space)
    return space[name]


def called(function, values, sizes):
    """A written function at values, with the sizes that it asks for."""
    known = {safe_name(name): value for name, value in {**sizes, **values}.items()}
    return function(**{name: known[name] for name in inspect.signature(function).parameters})


def assert_same(gradient, values, sizes):
    """The source and the formula give the same array at a point."""
    with np.errstate(all="ignore"):
        expected = np.asarray(gradient(**values, **sizes))
        found = np.asarray(called(compiled(gradient.numpy()), values, sizes))
    assert found.shape == expected.shape and found.dtype == float
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-9 * (1 + np.max(np.abs(expected))))


def assert_same_at_random(derivation):
    """Likewise at a random positive point, for every gradient of a derivation."""
    random = np.random.default_rng(0)
    for gradient in derivation.gradients.values():
        names = dict.fromkeys(n for symbol in gradient.symbols for length in symbol.shape for n in length.names)
        sizes = dict(zip(names, range(3, 3 + len(names)), strict=True))
        values = {
            symbol.data[0]: np.abs(
                random.standard_normal([length.at(sizes) for length in symbol.shape[: symbol.data[1]]])
            )
            + 0.1
            for symbol in gradient.symbols
        }
        assert_same(gradient, values, sizes)


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem["id"])
def test_the_source_of_a_corpus_problem(problem):
    (gradient,) = derived(problem).gradients.values()
    random = np.random.default_rng(len(problem["function"]))
    for _ in range(3):
        sizes, values = plain_numpy.draw(problem, random)
        assert_same(gradient, values, {name: size for name, size in sizes.items() if name not in values})


CASES = [
    # sums and products of rows, columns and matrices
    ("sum(X + b[:,None])", "b"), ("sum((X*t)**3)", "t"), ("sum((X + x)**2)", "x"), ("sum(X/x)", "x"),
    ("sum(sigmoid(X + b[:,None])*Y)", "b"),
    ("sum(mean(X,axis=0)**2)", "X"), ("sum(mean(X,axis=1)*b)", "X"), ("sum((X-mean(X,axis=0))**2)", "X"),
    ("frob(X,Y)**2", "X"),
    ("ones(m)@X@ones(n)", "X"), ("sum(ones((m,m))@X@x)", "X"), ("sum((outer(b,ones(n))-X)**2)", "b"),
    ("outer(ones(m),x)", "x"),
    ("sum(outer(x,x)@outer(u,u))", "x"), ("tr(outer(x,u)@A)", "A"), ("sum((X@X.T)**2)", "X"), ("tr(A@B@A.T)", "A"),
    # diagonals
    ("sum(Diag(x)@A@Diag(u))", "x"), ("sum((A@Diag(x))**2)", "x"), ("Diag(x)", "x"), ("diagvec(A)", "A"),
    ("diagvec(A@B)@x", "A"),
    ("sum((A-t*eye(n))**2)", "t"), ("sum((Diag(x)-A)**2)", "x"), ("sum(eye(n)*A)", "A"),
    ("sum(inv(Diag(x))@A)", "x"), ("tr(A)*x@x", "x"),
    # entries, slices, shapes
    ("x[0]*x[1]", "x"), ("sum((x[1:]-x[:-1])**2)", "x"), ("x[n-1]**2", "x"), ("X[0]@x", "X"), ("X[:,1]@b", "X"),
    ("X[0,1]**2", "X"), ("X[1:]", "X"),
    ("sum(X[1:,:2]**2)", "X"), ("sum(X[:, n-2:])", "X"), ("outer(e1(m),x)", "x"), ("e1(m)@X@x", "X"),
    ("vec(X)", "X"), ("X.T", "X"),
    ("e1(m)@outer(b, ones(n))@x", "b"), ("e1(m)@(2*outer(b, ones(n)) + 0*X)@x", "b"),
    ("(outer(b, x)*2)@e1(n)@b", "x"), ("sum(eyerow(n, 1)@A)", "A"),
    ("sum(reshape(X,(n,m))@C)", "X"), ("sum(reshape(vec(X),(n,m))*X.T)", "X"),
    # Kronecker products
    ("sum(kron(A,B)**2)", "A"), ("sum(kron(A,B)**2)", "B"), ("sum(kron(x,b)**2)", "x"), ("kron(X,C)", "X"),
    ("kron(C,X)", "X"),
    # functions
    ("softmax(x)", "x"), ("softmax(X)", "X"), ("sum(softmax(X,axis=0)*Y)", "X"), ("sum(logsumexp(X)*b)", "X"),
    ("sum(logsumexp(X,axis=0)*x)", "X"),
    ("norm(X)**3", "X"), ("logdet(A@A.T+eye(n))", "A"), ("det(Diag(x)+A)", "x"), ("x@inv(A+t*eye(n))@u", "t"),
    ("inv(A)", "A"),
    ("sum(maximum(X,0)*(Y>0))", "X"), ("sum(((X>0)-(Y>0))*W)", "W"), ("sum(((x>0)@(u>0))*x)", "x"),
    ("abs(t)*sum(abs(x))", "x"),
    ("t**r", "t"), ("t**r", "r"), ("sum(X**t)", "t"), ("sum(x**-0.5)", "x"), ("sum(1/x**2)", "x"),
    ("sum(x**0.3)", "x"), ("sum(sqrt(x))", "x"),
    ("sum(cos(A))+sum(sin(A)*tan(B))", "A"), ("sum(arctan(x)*cosh(u))", "u"), ("sum(softplus(W@x+b))", "x"),
    ("sum(tanh(x))", "x"),
    ("n*sum(x)/m", "x"), ("sum((X/n)**2)/(m*n)", "X"), ("3", "x"), ("t", "x"), ("5*t", "t"), ("sum(X)", "X"),
]  # fmt: skip
SINGLE_CASES = [
    ("sum(M@x)", "x"), ("sum(M@x)", "M"), ("sum(N*M.T)", "M"), ("N@M", "M"), ("v*2", "v"), ("sum(v*x)", "x"),
    ("sum(Q@M)", "Q"), ("M.T", "M"),
    ("sum(softmax(M)*M)", "M"), ("sum(softmax(N)*N)", "N"), ("sum(q**2)", "q"), ("sum(sum(P,axis=0))", "P"),
    ("kron(N,N)", "N"), ("kron(M,P)", "M"),
    ("sum(kron(N,M)**2)", "M"), ("sum(kron(P,N)**3)", "N"), ("sum(kron(M,P)**2)", "M"), ("kron(P,M)", "P"),
]  # fmt: skip


@pytest.mark.parametrize("style", ["hadamard", "diag"])
@pytest.mark.parametrize(
    ("f", "wrt", "shapes"), [(*case, SHAPES) for case in CASES] + [(*case, SINGLE) for case in SINGLE_CASES]
)
def test_the_source_of_every_operation(f, wrt, shapes, style):
    derivation = derive(f, wrt, shapes, style=style)
    assert_same_at_random(derivation)
    if len(derivation.steps) and derivation.gradient.ndim < 2 and "kron" not in f:
        try:
            second = derive(f, wrt, shapes, style=style, order=2)
        except ValueError:
            return
        assert_same_at_random(second)


@pytest.mark.parametrize("seed", range(0, 400, 4))
def test_the_source_of_random_losses(seed):
    loss = random_loss(seed)
    try:
        derivation = derive(loss.function, wrt=loss.variables, shapes=loss.shapes, assume=loss.assume, order=loss.order)
    except ValueError:
        pytest.skip("this loss is refused")
    sizes, values = point(loss, np.random.default_rng(seed), 0.6)
    assert derivation.gradients
    for gradient in derivation.gradients.values():
        with np.errstate(all="ignore"):
            if np.all(np.isfinite(gradient(**values, **sizes))):
                assert_same(gradient, values, sizes)


IDIOMS = [
    ("a@X@b", "X", "a: m, X: m×n, b: n", "return np.outer(a, b)"),
    ("sum((X@w - y)**2)", "w", "X: m×n, w: n, y: m", "return 2 * (X.T @ r)"),
    ("sum((X@W.T + b)**2)", "b", "X: k×n, W: m×n, b: m", "return 2 * (X @ W.T + b)"),
    (
        "sum((sigmoid(X@W.T + b) - Y)**2)",
        "W",
        "X: N×n, W: m×n, b: m, Y: N×m",
        "return 2 * (((S - Y) * (S * (1 - S))).T @ X)",  # no matrix is kept that is needed once
    ),
    ("sum((X@W.T + b)**2)", "b", "X: k×n, W: m×n, b: m", ".sum(axis=0)"),
    ("sum(Diag(v)@X*Y)", "X", "v: m, X: m×n, Y: m×n", "return v[:, None] * Y"),
    ("sum(X@Diag(v)*Y)", "X", "v: n, X: m×n, Y: m×n", "return v * Y"),
    ("logdet(X)", "X", "X: n×n", "return np.linalg.inv(X).T"),
    ("sum(X**3)", "X", "X: m×n", "return 3 * X**2"),
    ("sum(maximum(X, 0))", "X", "X: m×n", "(X > 0).astype(float)"),
    ("tr(A@X)*tr(B@X)", "X", "A: n×n, B: n×n, X: n×n", "np.sum(B * X.T)"),
]


@pytest.mark.parametrize(("f", "wrt", "shapes", "expected"), IDIOMS)
def test_the_source_is_what_a_person_writes(f, wrt, shapes, expected):
    assert expected.lower() in derive(f, wrt, shapes).gradient.numpy().lower()


def test_the_source_of_the_question():
    gradient = derive(**QUESTION, where="z = W@x + b; s = sigmoid(z); r = s - y").gradient
    assert gradient.numpy() == (
        "def gradient(W, x, b, y):\n"
        '    """W: m×n, x: n, b: m, y: m; returns m×n."""\n'
        "    z = W @ x + b\n"
        "    s = 1 / (1 + np.exp(-z))\n"
        "    r = s - y\n"
        "    s_prime = s * (1 - s)\n"
        "    return np.outer(2 * (r * s_prime), x)\n"
    )
    assert list(inspect.signature(compiled(gradient.numpy("slope"), "slope")).parameters) == ["W", "x", "b", "y"]


def test_a_shared_part_is_computed_once():
    source = derive(
        "sum(inv(A)@B) + tr(inv(A)) + sum(exp(A@x)) + 1/sum(exp(A@x))", "A", "A: n×n, B: n×n, x: n"
    ).gradient.numpy()
    assert source.count("np.linalg.inv") == source.count("np.exp") == 1


def test_the_sigmoid_is_right_where_the_exponential_overflows():
    gradient = derive("sum(sigmoid(x))", "x", "x: n").gradient
    at = np.array([-1e4, -750.0, 0, 750, 1e4])
    with np.errstate(over="ignore"):
        assert np.array_equal(compiled(gradient.numpy())(at), [0, 0, 0.25, 0, 0])


def test_names_that_python_keeps_or_the_source_needs():
    derivation = derive(
        "sum(np*e) + sum(t1*e*exp(np*e)*(np*e)) + len*sum(e)", "e", {"np": ("n",), "e": ("n",), "t1": ("n",), "len": ()}
    )
    source = derivation.gradient.numpy()
    values = {"np": np.ones(3), "e": np.arange(3.0), "t1": np.arange(3.0), "len": 0.5}
    names = inspect.signature(compiled(source)).parameters
    assert list(names) == ["np_", "e", "t1", "len_"]
    found = compiled(source)(*values.values())
    np.testing.assert_allclose(found, derivation.gradient(**values))


@pytest.mark.parametrize(
    ("name", "spelled"),
    [("s'", "s_prime"), ("lambda", "lambda_"), ("np", "np_"), ("len", "len_"), ("σ", "σ"), ("W1", "W1")],
)
def test_safe_names(name, spelled):
    assert safe_name(name) == spelled


@pytest.mark.parametrize("name", ["", "def", "a b", "1", "f()"])
def test_a_name_that_no_function_can_have(name):
    with pytest.raises(ValueError, match="not a name for a function"):
        derive(**QUESTION).gradient.numpy(name)


def test_a_size_that_no_array_tells_is_a_keyword():
    gradient = derive("t*sum(A)", "t", {"t": (), "A": ("n", "n"), "v": ("m*k",)}).gradient
    assert "def gradient(t, A):" in gradient.numpy()
    gradient = derive("t*m", "t", {"t": (), "v": ("m*k",)}).gradient
    assert "def gradient(t, *, m):" in gradient.numpy()
    assert compiled(gradient.numpy())(1.0, m=4) == gradient(m=4) == 4


def test_a_product_of_sizes_is_told_by_the_arrays():
    gradient = derive("sum(kron(X, B)*A)", "X", "A: m*p×n*q, X: m×n, B: p×q").gradient
    random = np.random.default_rng(0)
    A, B = random.standard_normal((2 * 4, 3 * 5)), random.standard_normal((4, 5))
    np.testing.assert_allclose(compiled(gradient.numpy())(A, np.zeros((2, 3)), B), gradient(A=A, B=B))


def test_a_deep_network_and_a_long_sum_make_short_lines():
    where = ["s0 = x", *[f"s{i} = sigmoid(W@s{i - 1})" for i in range(1, 200)]]
    deep = derive("sum(s199)", "x", "W: n×n, x: n", where="; ".join(where))
    wide = derive(" + ".join(f"sum(x)**{i}" for i in range(2, 200)), "x", "x: n")
    for gradient, values in (deep.gradient, {"W": np.eye(3), "x": np.ones(3)}), (wide.gradient, {"x": np.ones(3) / 10}):
        assert max(map(len, gradient.numpy().splitlines())) < 200
        np.testing.assert_allclose(compiled(gradient.numpy())(**values), gradient(**values))
