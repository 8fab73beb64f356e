"""How fast `derive` is, and how fast the code that it writes: `python benchmarks/derive.py`, or with names of tables.

The tables: `question`, `imports`, `layers`, `long`, `source`, `memory`, `others`. Every number is a median in one run.
The last table sets `derive` beside SymPy, HIPS autograd and tensorgrad on the same problems; what is not installed is
left out, and nothing is asserted here.
"""

import argparse
import importlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from functools import partial

os.environ["OMP_NUM_THREADS"] = "1"  # before NumPy is imported: one thread for everyone, however many cores there are

import numpy as np

from derivations import derive

QUESTION = {"f": "sum((sigmoid(W@x + b) - y)**2)", "wrt": "W", "shapes": "W: m×n, x: n, b: m, y: m, t: scalar"}


def median_seconds(ways, rounds=15, least=0.01):
    """The median time of a call of each function, the functions taking turns; quick ones are timed in groups."""

    def seconds(way, calls):
        start = time.perf_counter()
        for _ in range(calls):
            way()
        return (time.perf_counter() - start) / calls

    calls = {name: max(1, int(least / max(seconds(way, 1), 1e-9))) for name, way in ways.items()}
    turns = [{name: seconds(way, calls[name]) for name, way in ways.items()} for _ in range(rounds)]
    return {name: statistics.median(turn[name] for turn in turns) for name in ways}


# ── the question ──────────────────────────────────────────────────────────────────────────────────────────────────


def question():
    """Parse, derive and verify, again and again in one process."""
    ways = {
        "names found": lambda: derive(**QUESTION),
        "names given": lambda: derive(**QUESTION, where="z = W@x + b; s = sigmoid(z); r = s - y"),
        'style="diag"': lambda: derive(**QUESTION, style="diag"),
        "W, b and x": lambda: derive(**{**QUESTION, "wrt": "W, b, x"}),
        "Hessian by b": lambda: derive(**{**QUESTION, "wrt": "b"}, order=2),
    }
    print("\nThe question's loss: parse, derive and verify, warm (target 5 ms)")
    for name, seconds in median_seconds(ways).items():
        print(f"  {name:<16}{1e3 * seconds:8.2f} ms")
    derivation = derive(**QUESTION)
    outputs = {
        "text": lambda: str(derivation),
        "LaTeX": lambda: derivation.latex,
        "NumPy source": derivation.gradient.numpy,
    }
    for name, seconds in median_seconds(outputs).items():
        print(f"  its {name:<12}{1e3 * seconds:8.2f} ms")


def imports(rounds=25):
    """Importing the package against importing NumPy alone, in fresh processes that take turns, bytecode cached."""
    turns = {"import numpy": [], "import derivations": [], "from derivations import derive": []}
    with tempfile.TemporaryDirectory() as cache:
        environment = {
            **os.environ,
            "PYTHONPYCACHEPREFIX": cache,
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        }
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for turn in range(rounds + 1):
            for name, found in turns.items():
                code = f"import time; start = time.perf_counter(); {name}; print(time.perf_counter() - start)"
                run = subprocess.run(
                    [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
                )
                found += [float(run.stdout)] * (turn > 0)  # the first turn fills the cache
    numpy_alone = statistics.median(turns["import numpy"])
    print(print("\nImport, in a fresh process (target 1.3 times NumPy alone)"))
    for name, found in turns.items():
        print(
            f"  {name:32}{1e3 * statistics.median(found):8.1f} ms, {statistics.median(found) / numpy_alone:.2f} times"
        )


# ── many layers ───────────────────────────────────────────────────────────────────────────────────────────────────


def network(layers):
    """The squared error of a sigmoid network with this many layers, with respect to its first weight."""
    where = ["z1 = W1@x + b1; s1 = sigmoid(z1)"]
    where += [f"z{i} = W{i}@s{i - 1} + b{i}; s{i} = sigmoid(z{i})" for i in range(2, layers + 1)]
    shapes = [f"W1: n1×n0, b1: n1, x: n0, y: n{layers}"] + [
        f"W{i}: n{i}×n{i - 1}, b{i}: n{i}" for i in range(2, layers + 1)
    ]
    return {"f": f"sum((s{layers} - y)**2)", "wrt": "W1", "shapes": ", ".join(shapes), "where": "; ".join(where)}


def layers():
    """Time and size of the result as the network grows."""
    print("\nA sigmoid network with L layers, by its first weight (target: linear, L = 64 in under 1 s)")
    print(f"  {'L':>4}{'seconds':>10}{'ms/layer':>10}{'steps':>8}{'LaTeX':>9}{'source':>9}  lengths in characters")
    for count in (1, 2, 4, 8, 16, 32, 64):
        problem = network(count)
        (seconds,) = median_seconds({"derive": lambda problem=problem: derive(**problem)}, rounds=3, least=0).values()
        derivation = derive(**problem)
        lengths = len(derivation.gradient.latex()), len(derivation.gradient.numpy())
        times = f"{seconds:10.3f}{1e3 * seconds / count:10.2f}"
        print(f"  {count:4}{times}{len(derivation.steps):8}{lengths[0]:9}{lengths[1]:9}", flush=True)


# ── long ones ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def hidden_markov(steps):
    """The negative log-likelihood of a hidden Markov model by the forward algorithm, by its transitions."""
    lines = ["a = p*B[:, 0]", f"for t in range({steps - 1}):", "    a = (a@A)*B[:, 1]", "-log(sum(a))"]
    return {"f": "\n".join(lines), "wrt": "A", "shapes": f"p: k, A: k×k, B: k×{steps}"}


def sinkhorn(rounds):
    """The cost of the plan after some rounds of Sinkhorn's algorithm, by the costs."""
    lines = ["K = exp(-C/t)", f"for i in range({rounds}):", "    u = a/(K@v)", "    v = b/(K.T@u)", "(u*(K*C@v)).sum()"]
    return {"f": "\n".join(lines), "wrt": "C", "shapes": "C: m×n, a: m, b: n, v: n, t: scalar", "assume": "t: positive"}


def transformer(blocks):
    """Blocks of a transformer with one head: attention and two layers, normalised, each beside what goes in; by X."""
    lines, shapes = [], "X: t×d, G: t×d, e: scalar"
    for i in range(1, blocks + 1):
        lines += [
            f"N{i} = (X - X.mean(axis=1, keepdims=True))/sqrt(X.var(axis=1, keepdims=True) + e)",
            f"X = X + softmax((N{i}@Q{i})@(N{i}@K{i}).T/sqrt(d), axis=1)@(N{i}@V{i})",
            f"M{i} = (X - X.mean(axis=1, keepdims=True))/sqrt(X.var(axis=1, keepdims=True) + e)",
            f"X = X + maximum(M{i}@A{i}, 0)@B{i}",
        ]
        shapes += f", Q{i}: d×d, K{i}: d×d, V{i}: d×d, A{i}: d×h, B{i}: h×d"
    return {"f": "\n".join([*lines, "sum(G*X)"]), "wrt": "X", "shapes": shapes, "assume": "e: positive"}


def long():
    """Time as losses of programs grow, and the question beside SymPy's least squares in the same run."""
    print("\nLong losses, warm (target: linear, the last of each kind in under 0.5 s)")
    print(f"  {'':<22}{'size':>6}{'seconds':>10}{'steps':>8}")
    for make, sizes in ((network, (16, 64)), (hidden_markov, (10, 40)), (transformer, (1,)), (sinkhorn, (4, 16))):
        for size in sizes:
            problem = make(size)
            (seconds,) = median_seconds({"it": lambda problem=problem: derive(**problem)}, rounds=3, least=0).values()
            print(f"  {make.__name__:<22}{size:>6}{seconds:>10.3f}{len(derive(**problem).steps):>8}", flush=True)
    sympy = installed("sympy")
    if sympy:
        least_squares = with_sympy(sympy)["least squares"]
        times = median_seconds({"derive": lambda: derive(**QUESTION), "SymPy": least_squares}, rounds=9, least=0)
        print(f"  the question in {times['derive'] / times['SymPy']:.2f} of SymPy's least squares (target 0.10)")


# ── the code that it writes ───────────────────────────────────────────────────────────────────────────────────────


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def by_hand_question(W, x, b, y):
    s = sigmoid(W @ x + b)
    return 2 * np.outer((s - y) * s * (1 - s), x)


def by_hand_batch(X, W, b, Y):
    S = sigmoid(X @ W.T + b)
    return 2 * ((S - Y) * S * (1 - S)).T @ X


def by_hand_logistic(X, w, y):
    return X.T @ (sigmoid(X @ w) - y)


def by_hand_relu(X, W1, W2, Y):
    Z = X @ W1
    return 2 * X.T @ ((np.maximum(Z, 0) @ W2 - Y) @ W2.T * (Z > 0))


def by_hand_two_layers(W1, x, W2, y):
    s = sigmoid(W1 @ x)
    return np.outer(W2.T @ (W2 @ s - y) * s * (1 - s), x)


def by_hand_attention(Q, K, V, G):
    d = Q.shape[1]
    Z = Q @ K.T / np.sqrt(d)
    P = np.exp(Z - Z.max(axis=1, keepdims=True))
    P /= P.sum(axis=1, keepdims=True)
    E = G @ V.T * P
    return (E - E.sum(axis=1, keepdims=True) * P) @ K / np.sqrt(d)


def by_hand_factors(O, M, U, V, lam):
    return lam * U - (O * (M - U @ V.T)) @ V


def by_hand_least_squares(X, w, y):
    return 2 * X.T @ (X @ w - y)


SOURCES = {
    "the question": (QUESTION, by_hand_question, ("m", "n")),
    "a batch of it": (
        {"f": "sum((sigmoid(X@W.T + b) - Y)**2)", "wrt": "W", "shapes": "X: N×n, W: m×n, b: m, Y: N×m"},
        by_hand_batch, ("N", "m", "n"),
    ),
    "logistic regression": (
        {"f": "-y@log(sigmoid(X@w)) - (1 - y)@log(1 - sigmoid(X@w))", "wrt": "w", "shapes": "X: m×n, w: n, y: m"},
        by_hand_logistic, ("m", "n"),
    ),
    "least squares": (
        {"f": "sum((X@w - y)**2)", "wrt": "w", "shapes": "X: m×n, w: n, y: m"},
        by_hand_least_squares, ("m", "n"),
    ),
    "relu network": (
        {"f": "sum((maximum(X@W1, 0)@W2 - Y)**2)", "wrt": "W1", "shapes": "X: n×d, W1: d×h, W2: h×k, Y: n×k"},
        by_hand_relu, ("n", "d", "h", "k"),
    ),
    "two layers": (
        {"f": "0.5*sum((W2@sigmoid(W1@x) - y)**2)", "wrt": "W1", "shapes": "W1: h×d, x: d, W2: k×h, y: k"},
        by_hand_two_layers, ("h", "d", "k"),
    ),
    "attention": (
        {"f": "sum(G*(softmax(Q@K.T/sqrt(d))@V))", "wrt": "Q", "shapes": "Q: t×d, K: s×d, V: s×v, G: t×v"},
        by_hand_attention, ("t", "d", "s", "v"),
    ),
    "matrix factors": (
        {"f": "0.5*sum(O*(M - U@V.T)**2) + 0.5*lam*(sum(U**2) + sum(V**2))", "wrt": "U",
         "shapes": "O: m×n, M: m×n, U: m×k, V: n×k, lam: scalar"},
        by_hand_factors, ("m", "n", "k"),
    ),
}  # fmt: skip


def arrays(derivation, lengths):
    """Random arrays for the symbols of a derivation, by name."""
    rng = np.random.default_rng(0)
    return {
        symbol.data[0]: rng.standard_normal(tuple(axis.at(lengths) for axis in symbol.shape[: symbol.data[1]]))
        for symbol in derivation.gradient.symbols
    }


def compiled(derivation, name="gradient"):
    """The function that the source of a gradient defines."""
    space = {"np": np}
    exec(derivation.gradient.numpy(name), space)
    return space[name]


def both_ways(derivation, by_hand, lengths):
    """The gradient by hand and the one that is written, each as a call with the same arrays."""
    values = arrays(derivation, lengths)
    return {
        name: partial(way, *(values[argument] for argument in way.__code__.co_varnames[: way.__code__.co_argcount]))
        for name, way in (("by hand", by_hand), ("written", compiled(derivation)))
    }


def source():
    """The functions that `numpy()` writes against those a person writes."""
    print("\nNumPy source against NumPy by hand (target 1.1 times), microseconds")
    print(f"  {'':<22}{'sizes':>16}{'by hand':>12}{'written':>12}{'ratio':>8}")
    for name, (problem, by_hand, sizes) in SOURCES.items():
        derivation = derive(**problem)
        for base in (4, 64, 384):
            lengths = {size: base + 3 * i for i, size in enumerate(sizes)}
            ways = both_ways(derivation, by_hand, lengths)
            if not np.allclose(*(way() for way in ways.values())):
                raise SystemExit(f"{name}: the written function and the one by hand differ; nothing is timed")
            medians = median_seconds(ways, rounds=25, least=0.004)
            hand, machine = medians.values()
            shown = "×".join(str(length) for length in lengths.values())
            print(f"  {name:<22}{shown:>16}{1e6 * hand:12.1f}{1e6 * machine:12.1f}{machine / hand:8.2f}", flush=True)


def peak(way):
    """The most bytes that a call holds at a time, beside its arguments."""
    way()
    tracemalloc.start()
    way()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def memory():
    """The peak memory of the functions that `numpy()` writes against those a person writes."""
    print("\nPeak memory of NumPy source against NumPy by hand (target 1.05 times), megabytes")
    print(f"  {'':<22}{'by hand':>12}{'written':>12}{'ratio':>8}")
    for name, (problem, by_hand, sizes) in SOURCES.items():
        derivation = derive(**problem)
        ways = both_ways(derivation, by_hand, {size: 400 + 30 * i for i, size in enumerate(sizes)})
        hand, machine = map(peak, ways.values())
        print(f"  {name:<22}{hand / 2**20:>12.2f}{machine / 2**20:>12.2f}{machine / hand:>8.2f}", flush=True)


# ── beside other tools ────────────────────────────────────────────────────────────────────────────────────────────


def installed(name):
    """A module, or None."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def answer(make):
    """Milliseconds for an answer, or the name of the error."""
    try:
        make()
    except Exception as error:  # whatever another tool raises is its answer
        return type(error).__name__
    return f"{1e3 * statistics.median(median_seconds({'it': make}, rounds=5, least=0.0).values()):.1f} ms"


def with_sympy(sympy):
    """The same losses in SymPy's matrix expressions."""
    m, n = sympy.symbols("m n", positive=True, integer=True)
    W, A = sympy.MatrixSymbol("W", m, n), sympy.MatrixSymbol("A", n, n)
    x, w, y, b, v = (
        sympy.MatrixSymbol(*parts) for parts in (("x", n, 1), ("w", n, 1), ("y", m, 1), ("b", m, 1), ("v", n, 1))
    )
    t = sympy.Symbol("t")
    squash = sympy.Lambda(t, 1 / (1 + sympy.exp(-t)))

    residual = (W * x + b).applyfunc(squash) - y
    return {
        "the question": lambda: (residual.T * residual).diff(W),
        "least squares": lambda: ((W * w - y).T * (W * w - y)).diff(w),
        "quadratic form": lambda: (v.T * A * v).diff(v),
        "log det": lambda: sympy.log(sympy.Determinant(A)).diff(A),
    }


def with_autograd(anp, grad):
    """The same losses in HIPS autograd: numbers, no formula."""
    rng = np.random.default_rng(0)
    W, A = rng.standard_normal((30, 40)), np.eye(40) + 0.1 * rng.standard_normal((40, 40))
    x, w, b, y = rng.standard_normal(40), rng.standard_normal(40), rng.standard_normal(30), rng.standard_normal(30)
    gradients = {
        "the question": (grad(lambda W: anp.sum((1 / (1 + anp.exp(-(anp.dot(W, x) + b))) - y) ** 2)), W),
        "least squares": (grad(lambda w: anp.sum((anp.dot(W, w) - y) ** 2)), w),
        "quadratic form": (grad(lambda x: anp.dot(x, anp.dot(A, x))), x),
        "log det": (grad(lambda A: anp.linalg.slogdet(A)[1]), A),
    }
    return {name: lambda gradient=gradient, at=at: gradient(at) for name, (gradient, at) in gradients.items()}


def with_tensorgrad(tensorgrad):
    """The same losses in tensorgrad, whose axes have names."""
    from sympy import symbols
    from tensorgrad import functions as F

    (i, j), Variable = symbols("i j"), tensorgrad.Variable
    W, x, w = Variable("W", i=i, j=j), Variable("x", j=j), Variable("w", j=j)
    b, y, A, v = Variable("b", i=i), Variable("y", i=i), Variable("A", i=i, j=i), Variable("v", i=i)

    def by(loss, variable):
        return tensorgrad.Derivative(loss, variable).full_simplify()

    def squares(r):
        return F.sum(r * r)

    return {
        "the question": lambda: by(squares(F.sigmoid(W @ x + b) - y), W),
        "least squares": lambda: by(squares(W @ w - y), w),
        "quadratic form": lambda: by(v @ A @ v.rename(i="j"), v),
    }


def others():
    """`derive` beside other tools, on the same losses, in one run."""
    ours = {
        "the question": QUESTION,
        "least squares": {"f": "sum((W@w - y)**2)", "wrt": "w", "shapes": "W: m×n, w: n, y: m"},
        "quadratic form": {"f": "v@A@v", "wrt": "v", "shapes": "A: n×n, v: n"},
        "log det": {"f": "log(det(A))", "wrt": "A", "shapes": "A: n×n"},
    }
    columns = {"derive": {name: lambda problem=problem: derive(**problem) for name, problem in ours.items()}}
    sympy, autograd, tensorgrad = installed("sympy"), installed("autograd"), installed("tensorgrad")
    columns["SymPy"] = with_sympy(sympy) if sympy else None
    columns["autograd"] = with_autograd(installed("autograd.numpy"), autograd.grad) if autograd else None
    columns["tensorgrad"] = with_tensorgrad(tensorgrad) if tensorgrad else None
    print(
        "\nThe same losses in other tools: the time to an answer (derive: a formula, its steps, all of them verified;"
    )
    print("SymPy, tensorgrad: a formula; autograd: the numbers at one point)")
    print(f"  {'':<18}" + "".join(f"{name:>20}" for name in columns))
    for name in ours:
        cells = [
            "not installed" if made is None else answer(made[name]) if name in made else "-"
            for made in columns.values()
        ]
        print(f"  {name:<18}" + "".join(f"{cell:>20}" for cell in cells), flush=True)
    if sympy:
        for name, make in columns["SymPy"].items():
            try:
                print(f"  SymPy on {name}: {make()}")
            except Exception as error:
                print(f"  SymPy on {name}: {type(error).__name__}: {error}".replace("\n", " ")[:150])


TABLES = {
    "question": question, "imports": imports, "layers": layers, "long": long, "source": source, "memory": memory,
    "others": others,
}  # fmt: skip

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tables", nargs="*", metavar="table", help=", ".join(TABLES))
    wanted = parser.parse_args().tables
    for name in wanted or TABLES:
        TABLES[name]()
