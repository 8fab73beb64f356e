"""Random well-formed losses over the whole vocabulary, derived and compared with the complex step in plain NumPy.

``python tests/test_random_losses.py 20000`` runs many and prints every failure with a smaller loss that fails alike.
"""

import re
import sys
from collections import Counter
from typing import NamedTuple

import numpy as np
import plain_numpy
import pytest
from effort import soon

from derivations import derive

SIZES = ("m", "n", "k")
SMOOTH = ("sigmoid", "tanh", "sin", "cos", "arctan", "softplus", "relu", "abs", "square", "exp", "sign")


class Loss(NamedTuple):
    """A random problem for `derive`."""

    function: str
    variables: tuple
    shapes: dict
    assume: dict
    order: int = 1


class Writer:
    """Writes random text of a wanted shape; declares the symbols that it uses."""

    def __init__(self, random):
        self.random, self.shapes, self.positive = random, {}, []

    def pick(self, *choices):
        return choices[self.random.integers(len(choices))]

    def size(self):
        return self.pick(*SIZES, *SIZES, *SIZES, *SIZES, 1, 3)

    def symbol(self, axes, positive=False):
        known = [n for n, a in self.shapes.items() if a == axes and (n in self.positive) == positive]
        if known and self.random.random() < 0.7:
            return self.pick(*known)
        letter = "t" if not axes else "v" if len(axes) == 1 else "A"
        name = f"{'p' if positive else ''}{letter}{len(self.shapes)}"
        self.shapes[name] = axes
        if positive:
            self.positive.append(name)
        return name

    def number(self):
        return self.pick("2", "3", "0.5", "1", "-1", "0.25", "1.7")

    def write(self, axes, depth):
        """Text of an array with these axes."""
        if depth <= 0 or self.random.random() < 0.08:
            return self.leaf(axes)
        kinds = [self.scalar, self.vector, self.matrix]
        general = self.random.random() < 0.45
        return self.anything(axes, depth - 1) if general else kinds[len(axes)](axes, depth - 1)

    def leaf(self, axes):
        if not axes and self.random.random() < 0.4:
            return self.pick(self.number(), self.pick(*SIZES))
        if len(axes) == 1 and self.random.random() < 0.06:
            return f"ones({axes[0]})"
        if len(axes) == 2 and self.random.random() < 0.06:
            return f"ones(({axes[0]}, {axes[1]}))"
        return self.symbol(axes)

    def anything(self, axes, depth):
        """What exists for every number of axes."""
        a = lambda: self.write(axes, depth)  # noqa: E731
        ways = [
            *[lambda: f"({a()} + {a()})"] * 2,
            lambda: f"({a()} - {a()})",
            *[lambda: f"{self.pick('', '-')}({a()}) * ({a()})"] * 2,
            lambda: f"({a()}) / (1 + ({a()})**2)",
            *[lambda: f"{self.pick(*SMOOTH)}({a()})" if self.random.random() < 0.8 else f"exp(-({a()})**2)"] * 2,
            lambda: f"({a()})**{self.pick('2', '3', '2', '1', '0')}",
            lambda: self.pick("log({})", "sqrt({})", "1/{}", "{}**1.5", "{}**-2", "{}**0.5").format(
                self.symbol(axes, True)
            ),
            lambda: f"{self.pick('log', 'sqrt', 'log1p')}(1 + ({a()})**2)",
            lambda: f"({self.write((), depth)}) {self.pick('*', '+', '-')} ({a()})",
            lambda: f"({a()}) {self.pick('*', '/')} {self.pick('2', '3', '0.5', *SIZES)}",
            lambda: self.pick(
                f"maximum({a()}, 0)",
                f"maximum({a()}, {a()})",
                f"({a()}) * ({a()} > 0)",
                f"where({a()} > 0, {a()}, {a()})",
                f"1 / (1 + exp(-({a()})))",
                f"({self.symbol(axes, True)})**({a()})",
            ),
        ]
        return ways[self.random.integers(14)]()

    def scalar(self, axes, depth):
        m, n = self.size(), self.size()
        vector = lambda: self.write((n,), depth)  # noqa: E731
        matrix = lambda: self.write((m, n), depth)  # noqa: E731
        square = lambda: self.write((n, n), depth)  # noqa: E731
        ways = [
            *[lambda: f"sum({self.pick(vector, matrix)()})"] * 2,
            lambda: f"{self.pick('mean', 'var')}({self.pick(vector, matrix)()})",
            lambda: f"tr({square()})",
            *[lambda: f"({vector()}) @ ({vector()})"] * 2,
            lambda: f"norm({self.pick(vector, matrix)()})",
            lambda: f"frob({matrix()}, {self.write((m, n), depth)})",
            lambda: self.pick("logsumexp({})", "log(sum(exp({})))").format(vector()),
            lambda: (lambda A: f"logdet(({A}) @ ({A}).T + eye({m}))")(matrix()),
            lambda: f"det({self.symbol((n, n))})",
            lambda: f"({vector()})[{self.pick('0', '1', '-1') if n != 1 else '0'}]",
            lambda: f"({matrix()})[0, -1]",
            lambda: (
                lambda v: f"sum(({vector()}) * log({self.pick('softmax({0})', 'exp({0})/sum(exp({0}))').format(v)}))"
            )(vector()),
            lambda: f"({self.write((m,), depth)}) @ ({matrix()}) @ ({vector()})",
            lambda: f"sum({vector()})" if n == 1 else (lambda v: f"sum(({v}[1:] - {v}[:-1])**2)")(self.symbol((n,))),
            lambda: f"np.max({self.pick(vector, matrix)()})",
        ]
        return ways[self.random.integers(17)]()

    def vector(self, axes, depth):
        (n,), m = axes, self.size()
        matrix = lambda rows, columns: self.write((rows, columns), depth)  # noqa: E731
        vector = lambda size: self.write((size,), depth)  # noqa: E731
        ways = [
            *[lambda: f"({matrix(n, m)}) @ ({vector(m)})"] * 3,
            lambda: f"({vector(m)}) @ ({matrix(m, n)})",
            lambda: f"sum({matrix(m, n)}, axis=0)",
            lambda: f"{self.pick('sum', 'mean', 'logsumexp')}({matrix(n, m)}, axis=1)",
            lambda: f"diagvec({matrix(n, n)})",
            lambda: f"({matrix(m, n)})[{'0' if m == 1 else self.pick('0', '1', '-1')}]",
            lambda: f"({matrix(n, m)})[:, 0]",
            lambda: f"softmax({vector(n)})",
            lambda: f"inv(({self.symbol((n, n))}) + 3*eye({n})) @ ({vector(n)})",
            lambda: f"Diag({vector(n)}) @ ({vector(n)})",
            lambda: f"mean({matrix(m, n)}, axis=0)",
            lambda: f"({vector(n)}) - mean({vector(n)})",
            lambda: self.pick("np.cumsum({})", "({})[::-1]", "np.roll({}, 1)", "np.roll({}, -2)").format(vector(n)),
            lambda: f"np.max({matrix(n, m)}, axis=1)",
            lambda: f"np.concatenate([{vector(n)}, {vector(m)}])[:{n}]",
            lambda: f"np.diff({self.symbol((f'{n}+1',))})",
        ]
        return ways[self.random.integers(18)]()

    def matrix(self, axes, depth):
        (m, n), k = axes, self.size()
        matrix = lambda rows, columns: self.write((rows, columns), depth)  # noqa: E731
        vector = lambda size: self.write((size,), depth)  # noqa: E731
        ways = [
            *[lambda: f"({matrix(m, k)}) @ ({matrix(k, n)})"] * 3,
            lambda: f"({matrix(n, m)}).T",
            lambda: f"outer({vector(m)}, {vector(n)})",
            lambda: f"({matrix(m, n)}) {self.pick('+', '*', '-')} ({vector(n)})",
            lambda: f"({vector(m)})[:, None] {self.pick('+', '*', '-')} ({matrix(m, n)})",
            lambda: f"softmax({matrix(m, n)}{self.pick('', ', axis=0', ', axis=1')})",
            lambda: (lambda total: f"({matrix(m, n)}) - {total}")(
                f"{self.pick('mean', 'sum')}({matrix(m, n)}, axis={self.pick(0, 1)}, keepdims=True)"
            ),
            lambda: f"Diag({vector(m)}) @ ({matrix(m, n)})",
            lambda: f"({matrix(m, n)}) @ Diag({vector(n)})",
            lambda: f"inv({self.symbol((m, m))} + 3*eye({m})) @ ({matrix(m, n)})",
            lambda: (
                self.pick(
                    f"Diag({vector(n)})",
                    f"eye({n})",
                    f"inv({matrix(n, n)} + 4*eye({n}))",
                    f"({matrix(n, n)}) * eye({n})",
                )
                if m == n
                else f"reshape(kron({vector(m)}, {vector(n)}), ({m}, {n}))"
            ),
            lambda: f"reshape(vec({matrix(n, m)}), ({m}, {n}))",
            lambda: f"reshape({self.symbol((f'{m}*{n}',))}, ({m}, {n}))",
            lambda: f"(kron({matrix(m, n)}, {self.symbol((2, 3))}))[:{m}, :{n}]",
            lambda: f"({self.symbol((m, f'{n}*{k}'))} @ kron(({vector(n)})[:, None] * eye({n}), ones(({k}, 1))))",
            lambda: f"logsumexp({matrix(m, k)}, axis=1, keepdims=True) + ({matrix(m, n)})",
            lambda: self.pick(
                "np.cumsum({}, axis=0)",
                "np.cumsum({}, axis=1)",
                "({})[::-1]",
                "({})[:, ::-1]",
                "np.roll({}, 1, axis=1)",
                "np.triu({})",
                "np.tril({}, -1)",
            ).format(matrix(m, n)),
            lambda: f"np.concatenate([{matrix(m, n)}, {matrix(m, k)}], axis=1)[:, :{n}]",
            lambda: f"np.repeat({matrix(m, n)}, 2, axis=0)[::-1][:{m}]",
        ]
        return ways[self.random.integers(21)]()


def random_loss(seed):
    """The random loss of a number."""
    random = np.random.default_rng(seed)
    writer = Writer(random)
    depth = int(random.integers(2, 6))
    kind = random.random()
    axes = () if kind < 0.85 else (writer.size(),) if kind < 0.95 else (writer.size(), writer.size())
    function = writer.write(axes, depth if not axes else min(depth, 2))
    if not writer.shapes:
        function = f"({function}) * t0"
        writer.shapes["t0"] = ()
    names = list(writer.shapes)
    count = min(len(names), int(random.integers(1, 4)) if random.random() < 0.4 else 1)
    chosen = tuple(random.permutation(names)[:count].tolist())
    order = 2 if not axes and count == 1 and depth < 4 and random.random() < 0.15 else 1
    order = 1 if "np.max" in function else order  # plain NumPy would step over a tie
    used = {name: axes for name, axes in writer.shapes.items()}
    for size in SIZES:
        if re.search(rf"\b{size}\b", function) and not any(size in str(a) for axes in used.values() for a in axes):
            used[f"unused{size}"] = (size,)
    return Loss(function, chosen, used, dict.fromkeys(writer.positive, "positive"), order)


class Wrong(Exception):
    """What must never be: not a refusal but a failure."""


def derived(loss):
    """`derive` of a loss."""
    return derive(loss.function, wrt=loss.variables, shapes=loss.shapes, assume=loss.assume, order=loss.order)


def point(loss, random, manner=1.0):
    """(sizes, values) at random."""
    sizes = dict(zip(SIZES, map(int, random.permutation(np.arange(2, 2 + len(SIZES)))), strict=True))
    told = " ".join(str(size) for axes in loss.shapes.values() for size in axes)
    sizes, values = {name: size for name, size in sizes.items() if name in told}, {}
    for name, axes in loss.shapes.items():
        value = manner * random.standard_normal([plain_numpy.length(size, sizes) for size in axes])
        values[name] = np.abs(value) + 0.2 if name in loss.assume else value
    return sizes, values


def slopes(loss, fixed, name):
    """Values of the Jacobian (or gradient) by the complex step: an array of shape (outputs, inputs)."""
    at, columns = np.asarray(fixed[name], float), []
    for basis in np.eye(at.size):
        moved = plain_numpy.evaluate(loss.function, {**fixed, name: at + 1e-40j * basis.reshape(at.shape)})
        columns.append(np.imag(np.asarray(moved, complex)).ravel() / 1e-40)
    return np.stack(columns, axis=1)


def expected_of(loss, fixed, name):
    """The derivative with respect to a variable, in the shape that `derive` gives it, by plain NumPy."""
    at = np.asarray(fixed[name], float)
    shape = np.shape(plain_numpy.evaluate(loss.function, fixed))
    if loss.order == 1:
        jacobian = slopes(loss, fixed, name)
        if shape in ((), (1, 1)):
            return jacobian.reshape(at.shape)
        return jacobian if at.ndim else jacobian.ravel()
    columns = []
    for basis in np.eye(at.size):
        ends = [
            slopes(loss, {**fixed, name: at + h * basis.reshape(at.shape)}, name).ravel()
            for h in (1e-3, -1e-3, 2e-3, -2e-3)
        ]
        columns.append((8 * (ends[0] - ends[1]) - (ends[2] - ends[3])) / 12e-3)
    hessian = np.stack(columns, axis=1)
    return hessian if at.ndim else hessian.reshape(())


def check(loss, seed=0):
    """Derive a loss and compare with plain NumPy; gives the derivation.

    Raises `Wrong` where a result is not that of plain NumPy, and `AssertionError` where the derivation takes long.
    """
    with soon(10):
        derivation = derived(loss)
    random = np.random.default_rng(seed)
    compared = 0
    for attempt in range(6):
        with np.errstate(all="ignore"):
            sizes, values = point(loss, random, 1.0 if attempt < 3 else 0.4)
            fixed = {**sizes, **values}
            for name in loss.variables:
                expected = expected_of(loss, fixed, name)
                if not np.all(np.isfinite(expected)) or np.max(np.abs(expected)) > 1e8:
                    continue
                found = np.asarray(derivation.gradients[name](**values, **sizes), float)
                if found.shape != expected.shape:
                    raise Wrong(f"the derivative by {name} has shape {found.shape} for {expected.shape}")
                scale = 1 + np.max(np.abs(expected))
                tolerance = 1e-7 if loss.order == 1 else 1e-4
                if not np.max(np.abs(found - expected)) <= tolerance * scale:
                    nudged = {name: value * (1 + 1e-13) for name, value in values.items()}
                    uncertain = np.max(np.abs(expected_of(loss, {**sizes, **nudged}, name) - expected))
                    if uncertain > 1e-12 * scale and np.max(np.abs(found - expected)) <= 1e5 * uncertain:
                        continue
                    raise Wrong(f"the derivative by {name} is {found}, and by plain NumPy {expected}")
                compared += 1
        if compared >= 2 * len(loss.variables):
            break
    return derivation


def is_undefined(loss):
    """Whether plain NumPy finds no derivative either: the norm of v − v has none."""
    random = np.random.default_rng(1)
    with np.errstate(all="ignore"):
        for attempt in range(12):
            sizes, values = point(loss, random, 1.0 if attempt < 8 else 0.4)
            if all(np.all(np.isfinite(expected_of(loss, {**sizes, **values}, name))) for name in loss.variables):
                return False
    return True


def problem_with(seed, loss=None):
    """(kind, message) of what went wrong with the loss of a number, or None."""
    loss = loss or random_loss(seed)
    try:
        derivation = check(loss)
        if seed % 20 == 0 and str(derivation) != str(derived(loss)):
            return "not deterministic", ""
    except AssertionError as error:
        return "slow", str(error)
    except ValueError as error:
        if type(error).__module__.startswith("derivations"):
            if "no random point" in str(error) and is_undefined(loss):
                return None
            return type(error).__name__, str(error)
        return "raised " + type(error).__name__, str(error)
    except Exception as error:
        return ("" if isinstance(error, Wrong) else "raised ") + type(error).__name__, str(error)
    return None


@pytest.mark.parametrize("block", range(10))
def test_random_losses_have_the_gradient_that_plain_numpy_finds(block):
    found = {seed: problem_with(seed) for seed in range(30 * block, 30 * (block + 1))}
    assert len(found) == 30
    assert not [f"loss {seed}: {random_loss(seed)}: {problem}" for seed, problem in found.items() if problem]


def main(count, first=0):
    """Try many and print every failure."""
    kinds = Counter()
    for seed in range(first, first + count):
        found = problem_with(seed)
        if found:
            kinds[found[0]] += 1
            loss = random_loss(seed)
            print(f"{seed}: {found[0]}: {found[1][:300]}\n    {loss.function}")
            print(f"    wrt {loss.variables}, {loss.shapes}, order {loss.order}", flush=True)
    print(f"{count} losses, failures: {dict(kinds) or 'none'}")
    return sum(kinds.values())


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000, int(sys.argv[2]) if len(sys.argv) > 2 else 0) > 0)
