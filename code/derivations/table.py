"""The table of operations: what each one means, how d passes through it, and how it crosses the colon.

A row says what the system knows of an operation. `making` makes its formulas, `arrays` and `rules` hold what takes more
than a line, `notation` writes it; derivation, printing and the page of laws all read this file.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from derivations import arrays, rules
from derivations.expression import node
from derivations.making import (
    add,
    combine,
    commutation,
    diag,
    diagonal,
    diagonal_embedding,
    elementwise,
    frobenius,
    hadamard,
    identity,
    inverse,
    kronecker,
    kronecker_adjoint,
    matrix_of,
    negative,
    ones,
    others,
    part,
    placed,
    power,
    product,
    reshape,
    scale,
    times,
    trace,
    transpose,
    vec,
    zero,
)


@dataclass(frozen=True)
class Operation:
    """A row of the table."""

    name: str
    value: Callable
    """value(node, sizes, *arrays): the 2-D array."""
    differential: Callable | None = None
    """differential(node, differentials): differentials of the arguments, None where an argument is constant."""
    law: str = ""
    """The differential, in LaTeX."""
    adjoint: Callable | None = None
    """adjoint(node, index, G): what stands left of the colon when argument `index` stands right of it."""
    crossing: str = ""
    """The adjoint, in LaTeX."""
    matrix: Callable | None = None
    """matrix(node, index): M with vec(node) = M vec(argument), row-major."""


@dataclass(frozen=True)
class Function:
    """A function applied to each entry."""

    name: str
    value: Callable
    """On real and complex arrays; analytic."""
    derivative: Callable
    """From the formulas of the argument x and of the value y to the formula of the derivative."""
    law: str
    """Its differential, in LaTeX, for s = f(z)."""
    primed: bool = False
    """Whether the derivative is long enough to be called s′."""
    needs: str = ""
    """Where it is defined or differentiable, said of its argument {}."""

    @property
    def recurs(self):
        """Whether the derivative is written with the value."""
        return self.primed or self.name == "exp"


ROWS = {
    row.name: row
    for row in [
        Operation("number", lambda f, s: np.array([[float(f.data)]])),
        Operation("size", lambda f, s: np.array([[float(f.data.at(s))]])),
        Operation("ones", lambda f, s: np.ones(arrays.shape(f, s))),
        Operation("zero", lambda f, s: np.zeros(arrays.shape(f, s))),
        Operation("identity", lambda f, s: np.eye(f.shape[0].at(s))),
        Operation("unit", arrays.unit),
        Operation("commutation", arrays.commutation),
        Operation("diagonal embedding", arrays.diagonal_embedding),
        Operation("matrix of", lambda f, s, *others: matrix_of_value(f, s, *others)),
        Operation("named", lambda f, s, definition: definition),
        Operation(
            "combination", arrays.combination,
            lambda f, d: combine([(c, e) for c, e in zip(f.data, d, strict=True) if e is not None]),
            r"d(A + B) = dA + dB, \quad d(\lambda A) = \lambda\, dA \;\text{for a number } \lambda",
            lambda f, i, G: times(f.data[i], G),
            r"A : (B + C) = A : B + A : C, \quad A : \lambda B = \lambda A : B",
            lambda f, i: times(f.data[i], identity(f.shape[0] * f.shape[1])),
        ),
        Operation(
            "product", arrays.product,
            rules.each_argument(rules.with_argument(product)),
            r"d(A B) = dA\, B + A\, dB",
            rules.product_adjoint,
            r"A : B C = B^T A : C = A C^T : B",
            rules.product_matrix,
        ),
        Operation(
            "hadamard", arrays.hadamard,
            rules.each_argument(lambda f, i, change: hadamard(*others(f, i), change)),
            r"d(A \odot B) = dA \odot B + A \odot dB",
            lambda f, i, G: hadamard(G, *others(f, i)),
            r"A : (B \odot C) = (A \odot B) : C",
            lambda f, i: diag(vec(hadamard(*others(f, i)))),
        ),
        Operation(
            "scale", lambda f, s, a, B: a * B,
            rules.each_argument(rules.with_argument(scale)),
            r"d(\alpha B) = d\alpha\, B + \alpha\, dB",
            lambda f, i, G: scale(f.args[0], G) if i else frobenius(G, f.args[1]),
            r"A : \alpha B = \alpha A : B = (A : B)\, \alpha",
            lambda f, i: scale(f.args[0], identity(f.shape[0] * f.shape[1])) if i else vec(f.args[1]),
        ),
        Operation(
            "transpose", lambda f, s, A: A.T,
            lambda f, d: transpose(d[0]),
            r"d(A^T) = (dA)^T",
            lambda f, i, G: transpose(G),
            r"A : B^T = A^T : B",
            lambda f, i: commutation(*f.args[0].shape),
        ),
        Operation(
            "trace", lambda f, s, A: np.trace(A).reshape(1, 1),
            lambda f, d: trace(d[0]),
            r"d \operatorname{tr}(A) = \operatorname{tr}(dA)",
            lambda f, i, G: scale(G, identity(f.args[0].shape[0])),
            r"\operatorname{tr}(A) = I : A",
            lambda f, i: transpose(vec(identity(f.args[0].shape[0]))),
        ),
        Operation(
            "frobenius", lambda f, s, A, B: np.sum(A * B).reshape(1, 1),
            rules.each_argument(lambda f, i, change: frobenius(f.args[1 - i], change)),
            r"d(A : B) = B : dA + A : dB",
            lambda f, i, G: scale(G, f.args[1 - i]),
            r"A : B = B : A = \operatorname{tr}(A^T B), \quad \alpha (A : B) = \alpha A : B",
            lambda f, i: transpose(vec(f.args[1 - i])),
        ),
        Operation(
            "power", arrays.power,
            lambda f, d: hadamard(times(f.data, power(f.args[0], f.data - 1)), d[0]),
            r"d(z^{\odot \lambda}) = \lambda z^{\odot (\lambda - 1)} \odot dz",
        ),
        Operation(
            "general power", lambda f, s, A, B: A**B, rules.general_power_differential,
            r"d(\alpha^\beta) = \beta \alpha^{\beta - 1}\, d\alpha + \alpha^\beta \log(\alpha)\, d\beta",
        ),
        Operation(
            "elementwise", lambda f, s, x: FUNCTIONS[f.data].value(x),
            lambda f, d: hadamard(FUNCTIONS[f.data].derivative(f.args[0], f), d[0]),
            r"s = f(z) \;\Rightarrow\; ds = f'(z) \odot dz",
        ),
        Operation(
            "inverse", lambda f, s, A: np.linalg.inv(A),
            lambda f, d: negative(product(f, d[0], f)),
            r"d(A^{-1}) = -A^{-1}\, dA\, A^{-1}",
        ),
        Operation(
            "determinant", lambda f, s, A: np.linalg.det(A).reshape(1, 1),
            lambda f, d: scale(f, frobenius(transpose(inverse(f.args[0])), d[0])),
            r"d \det(A) = \det(A)\, A^{-T} : dA",
        ),
        Operation(
            "log determinant", lambda f, s, A: np.log(np.linalg.det(A)).reshape(1, 1),
            lambda f, d: frobenius(transpose(inverse(f.args[0])), d[0]),
            r"d \log\det(A) = A^{-T} : dA",
        ),
        Operation(
            "norm", lambda f, s, A: np.sqrt(np.sum(A * A)).reshape(1, 1),
            lambda f, d: scale(power(f, -1), frobenius(f.args[0], d[0])),
            r"d \|A\| = \tfrac{1}{\|A\|} A : dA",
        ),
        Operation(
            "diag", lambda f, s, v: np.diag(v[:, 0]),
            lambda f, d: diag(d[0]),
            r"d \operatorname{Diag}(v) = \operatorname{Diag}(dv)",
            lambda f, i, G: diagonal(G),
            r"A : \operatorname{Diag}(v) = \operatorname{diag}(A) : v",
            lambda f, i: diagonal_embedding(f.shape[0]),
        ),
        Operation(
            "diagonal", lambda f, s, A: np.diag(A)[:, None],
            lambda f, d: diagonal(d[0]),
            r"d \operatorname{diag}(A) = \operatorname{diag}(dA)",
            lambda f, i, G: diag(G),
            r"v : \operatorname{diag}(A) = \operatorname{Diag}(v) : A",
            lambda f, i: transpose(diagonal_embedding(f.shape[0])),
        ),
        Operation(
            "kronecker", lambda f, s, A, B: np.kron(A, B),
            rules.each_argument(rules.with_argument(kronecker)),
            r"d(A \otimes B) = dA \otimes B + A \otimes dB",
            lambda f, i, G: kronecker_adjoint(G, f.args[1 - i], "right" if i else "left"),
            r"A : (B \otimes C) = (\,\cdot \otimes C)^{*} A : B = (B \otimes \cdot\,)^{*} A : C",
            matrix_of,
        ),
        Operation(
            "kronecker adjoint", arrays.kronecker_adjoint,
            rules.each_argument(lambda f, i, change: kronecker_adjoint(
                *((change, f.args[1]) if i == 0 else (f.args[0], change)), f.data,
            )),
            r"d\big((\,\cdot \otimes B)^{*} A\big) = (\,\cdot \otimes B)^{*} dA + (\,\cdot \otimes dB)^{*} A",
            rules.kronecker_adjoint_of,
            r"G : (\,\cdot \otimes B)^{*} A = (G \otimes B) : A",
            matrix_of,
        ),
        Operation(
            "reshape", lambda f, s, A: A.reshape(arrays.shape(f, s)),
            lambda f, d: reshape(d[0], f.shape),
            r"d \operatorname{reshape}(A) = \operatorname{reshape}(dA)",
            lambda f, i, G: reshape(G, f.args[0].shape),
            r"A : \operatorname{reshape}(B) = \operatorname{reshape}(A) : B",
            lambda f, i: identity(f.shape[0] * f.shape[1]),
        ),
        Operation(
            "part", arrays.part,
            lambda f, d: node("part", (d[0],), f.shape, f.data),
            r"d(A_{I J}) = (dA)_{I J} \;\text{for index ranges } I, J",
            lambda f, i, G: placed(G, f.data, f.args[0].shape),
            r"A : B_{I J} = \operatorname{place}_{I J}(A) : B",
            rules.part_matrix,
        ),
        Operation(
            "placed", arrays.placed,
            lambda f, d: placed(d[0], f.data, f.shape),
            r"d \operatorname{place}_{I J}(A) = \operatorname{place}_{I J}(dA)",
            lambda f, i, G: part(G, *f.data),
            r"A : \operatorname{place}_{I J}(B) = A_{I J} : B",
            matrix_of,
        ),
        Operation(
            "softmax", arrays.softmax, rules.softmax_differential,
            r"p = \operatorname{softmax}(z) \;\Rightarrow\; dp = p \odot dz - (p : dz)\, p",
        ),
        Operation(
            "log-sum-exp", arrays.log_sum_exp, rules.log_sum_exp_differential,
            r"d \operatorname{logsumexp}(z) = \operatorname{softmax}(z) : dz",
        ),
    ]
}  # fmt: skip
"""Operations by their names."""

FUNCTIONS = {
    row.name: row
    for row in [
        Function("exp", np.exp, lambda x, y: y, r"d\exp(z) = \exp(z) \odot dz"),
        Function("log", np.log, lambda x, y: power(x, -1), r"d\log(z) = dz \oslash z", needs="{} > 0"),
        Function("sin", np.sin, lambda x, y: elementwise("cos", x), r"d\sin(z) = \cos(z) \odot dz"),
        Function("cos", np.cos, lambda x, y: negative(elementwise("sin", x)), r"d\cos(z) = -\sin(z) \odot dz"),
        Function(
            "tan", np.tan, lambda x, y: add(ones(x.shape), power(y, 2)),
            r"d\tan(z) = (1 + \tan^2(z)) \odot dz", True,
        ),
        Function("sinh", np.sinh, lambda x, y: elementwise("cosh", x), r"d\sinh(z) = \cosh(z) \odot dz"),
        Function("cosh", np.cosh, lambda x, y: elementwise("sinh", x), r"d\cosh(z) = \sinh(z) \odot dz"),
        Function(
            "tanh", np.tanh, lambda x, y: add(ones(x.shape), negative(power(y, 2))),
            r"s = \tanh(z) \;\Rightarrow\; ds = (1 - s \odot s) \odot dz", True,
        ),
        Function(
            "arctan", np.arctan, lambda x, y: power(add(ones(x.shape), power(x, 2)), -1),
            r"d\arctan(z) = dz \oslash (1 + z \odot z)",
        ),
        Function(
            "sigmoid", arrays.stable_sigmoid, lambda x, y: hadamard(y, add(ones(y.shape), negative(y))),
            r"s = \sigma(z) \;\Rightarrow\; ds = s \odot (1 - s) \odot dz", True,
        ),
        Function(
            "softplus", arrays.softplus, lambda x, y: elementwise("sigmoid", x), r"d\log(1 + e^z) = \sigma(z) \odot dz",
        ),
        Function(
            "relu", arrays.relu, lambda x, y: elementwise("positive", x),
            r"d\max(z, 0) = [z > 0] \odot dz", needs="{} ≠ 0",
        ),
        Function(
            "abs", lambda z: np.where(z.real < 0, -z, z), lambda x, y: elementwise("sign", x),
            r"d|z| = \operatorname{sign}(z) \odot dz", needs="{} ≠ 0",
        ),
        Function(
            "sign", lambda z: np.sign(z.real), lambda x, y: zero(x.shape),
            r"d\operatorname{sign}(z) = 0", needs="{} ≠ 0",
        ),
        Function(
            "positive", lambda z: (z.real > 0) * 1.0, lambda x, y: zero(x.shape),
            r"d[z > 0] = 0", needs="{} ≠ 0",
        ),
        Function(
            "nonnegative", lambda z: (z.real >= 0) * 1.0, lambda x, y: zero(x.shape),
            r"d[z \ge 0] = 0", needs="{} ≠ 0",
        ),
    ]
}  # fmt: skip
"""Functions of one number by their names."""


def matrix_of_value(formula, sizes, *others):
    """The matrix of a linear operation, column by column; the slot of the differential is kept in `data`."""
    inner, index = formula.data
    length = inner.args[index].shape[0].at(sizes), inner.args[index].shape[1].at(sizes)
    row, columns = ROWS[inner.operation], []
    for basis in np.eye(length[0] * length[1]):
        arguments = list(others)
        arguments.insert(index, basis.reshape(length))
        columns.append(row.value(inner, sizes, *arguments).ravel())
    return np.stack(columns, axis=1)
