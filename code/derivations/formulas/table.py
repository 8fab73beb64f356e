"""The table of operations: what each one means, how d passes through it, and how it crosses the colon.

A row says what the system knows of an operation. `making` makes its formulas, `arrays` and `rules` hold what takes more
than a line; `reading`, `deriving`, `writing` and the page of laws all read this file.
"""

import math
from collections import ChainMap
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from derivations.formulas import arrays, rules
from derivations.formulas.expression import ONE, Size, fold, node
from derivations.formulas.index_sums import contracted_again
from derivations.formulas.making import (
    add,
    combine,
    commutation,
    determinant,
    diag,
    diagonal,
    diagonal_embedding,
    elementwise,
    exponential,
    fixed,
    frobenius,
    general_power,
    hadamard,
    identity,
    inverse,
    kronecker,
    kronecker_adjoint,
    largest,
    log_determinant,
    log_sum_exp,
    named,
    negative,
    norm,
    ones,
    others,
    power,
    product,
    reshape,
    scale,
    softmax,
    times,
    trace,
    transpose,
    vec,
    zero,
)


class Word(NamedTuple):
    """What text in NumPy's manner calls an operation of one array."""

    name: str
    axes: int | None = None
    """How many axes NumPy gives the value; as many as the argument has where it is None."""
    takes: int | None = None
    """How many axes the argument has to have, 1 or 2; any number where it is None."""
    said: tuple = ()
    """Other words that texts in LaTeX have for it."""


GRANTED_BY = {
    "{} > 0": "positive", "{} ≠ 0": "positive", "{} is invertible": "invertible", "det({}) > 0": "positive determinant",
}  # fmt: skip
"""For what an operation needs of its argument, the property that says so already."""


@dataclass(frozen=True)
class Operation:
    """A row of the table: the mathematics first, then how it is read and written where that is no sign of its own."""

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
    linear: slice = field(default_factory=lambda: slice(None))
    """The arguments in which it is linear, where it has an adjoint."""
    as_matrix: str = ""
    """That, in LaTeX; vec(…) is the row-major one."""
    made: Callable | None = None
    """made(node, *arguments): it is made again with other arguments; None where no simplification is known."""
    noun: str = ""
    """What its laws are called after, where that is not its name."""
    needs: str = ""
    """Where it is defined or differentiable, said of its argument {}."""
    read: Word | None = None
    """Its word in text."""
    written: str | Callable = ""
    """The word before a bracket in print, or written(glyphs, node, parts): the text and how closely it binds."""
    letters: tuple = ()
    """The letters that stand in its print, and what each is."""
    code: str = ""
    """The function that it is in generated NumPy."""
    helper: str = ""
    """The definition of that function, where NumPy lacks it."""
    explicit: Callable | None = None
    """explicit(sympy, node, sizes, *matrices): the matrix of its entries."""


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
    code: str = ""
    """NumPy for it, with {0} for the argument, where NumPy has it."""
    explicit: str | Callable = ""
    """What SymPy calls it, or explicit(sympy, x)."""
    said: tuple | None = ()
    """Other words that texts in LaTeX have for it; None where it is a sign there, and no word."""

    @property
    def kinked(self):
        """Whether it has a kink or a jump at 0."""
        return "≠ 0" in self.needs

    @property
    def recurs(self):
        """Whether the derivative is written with the value."""
        return self.primed or self.name == "exp"


@dataclass(frozen=True)
class Fixed:
    """A fixed linear map, as the matrix S of it: S A takes the rows of A together, A Sᵀ its columns.

    The texts of NumPy have ``{0}`` for the array, ``{1}`` for the index, ``{axis}`` for the axis along which it goes,
    ``{lead}`` for the axes before it in an index, ``{shape}`` for the shape of what is made, ``{rows}`` and
    ``{columns}`` for the sizes of S, and ``{a}``, ``{b}``, ``{c}`` for the data of the node.
    """

    name: str
    letter: str
    """What it is called in a derivation."""
    value: Callable
    """value(rows, columns, *data, *arrays): the matrix."""
    words: str
    """What S A is, in words, of A."""
    applied: str = ""
    """NumPy for S A."""
    adjoint: str = ""
    """NumPy for Sᵀ A."""
    dense: str = ""
    """NumPy for S, where it is not `applied` to the identity."""
    needs: str = ""
    """For a map that is told by an array that may move: where it rests, said of the array {}."""


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
        Operation("fixed", lambda f, s, *args: fixed_value(f, s, *args)),
        Operation("named", lambda f, s, definition: definition, made=lambda f, A: named(f.data, A)),
        Operation(
            "combination", arrays.combination,
            lambda f, d: combine([(c, e) for c, e in zip(f.data, d, strict=True) if e is not None]),
            r"d(A + B) = dA + dB, \quad d(\lambda A) = \lambda\, dA \;\text{for a number } \lambda",
            lambda f, i, G: times(f.data[i], G),
            r"A : (B + C) = A : B + A : C, \quad A : \lambda B = \lambda A : B",
            lambda f, i: times(f.data[i], identity(f.shape[0] * f.shape[1])),
            as_matrix=r"vec(A + B) = vec(A) + vec(B)", noun="sum",
            made=lambda f, *args: combine(list(zip(f.data, args, strict=True))),
        ),
        Operation(
            "product", arrays.product,
            rules.each_argument(rules.with_argument(product)),
            r"d(A B) = dA\, B + A\, dB",
            rules.product_adjoint,
            r"A : B C = B^T A : C = A C^T : B",
            rules.product_matrix,
            as_matrix=r"vec(A E B) = (A \otimes B^T) vec(E)",
            made=rules.again(product),
        ),
        Operation(
            "hadamard", lambda f, s, *factors: math.prod(factors),
            rules.each_argument(lambda f, i, change: hadamard(*others(f, i), change)),
            r"d(A \odot B) = dA \odot B + A \odot dB",
            lambda f, i, G: hadamard(G, *others(f, i)),
            r"A : (B \odot C) = (A \odot B) : C",
            lambda f, i: diag(vec(hadamard(*others(f, i)))),
            as_matrix=r"vec(A \odot E) = \operatorname{Diag}(vec(A)) vec(E)", noun="Hadamard product",
            made=rules.again(hadamard),
        ),
        Operation(
            "scale", lambda f, s, a, B: a * B,
            rules.each_argument(rules.with_argument(scale)),
            r"d(\alpha B) = d\alpha\, B + \alpha\, dB",
            lambda f, i, G: scale(f.args[0], G) if i else frobenius(G, f.args[1]),
            r"A : \alpha B = \alpha A : B = (A : B)\, \alpha",
            lambda f, i: scale(f.args[0], identity(f.shape[0] * f.shape[1])) if i else vec(f.args[1]),
            as_matrix=r"vec(\alpha E) = \alpha vec(E), \quad vec(\epsilon A) = vec(A)\, \epsilon",
            noun="scalar multiple",
            made=rules.again(scale),
        ),
        Operation(
            "transpose", lambda f, s, A: A.T,
            lambda f, d: transpose(d[0]),
            r"d(A^T) = (dA)^T",
            lambda f, i, G: transpose(G),
            r"A : B^T = A^T : B",
            lambda f, i: commutation(*f.args[0].shape),
            as_matrix=r"vec(E^T) = K_{m,n} vec(E)",
            made=rules.again(transpose),
        ),
        Operation(
            "trace", lambda f, s, A: np.trace(A).reshape(1, 1),
            lambda f, d: trace(d[0]),
            r"d \operatorname{tr}(A) = \operatorname{tr}(dA)",
            lambda f, i, G: scale(G, identity(f.args[0].shape[0])),
            r"\operatorname{tr}(A) = I : A",
            lambda f, i: transpose(vec(identity(f.args[0].shape[0]))),
            as_matrix=r"\operatorname{tr}(E) = vec(I)^T vec(E)",
            read=Word("tr", 0, 2, ("Tr", "trace", "Trace")), written="tr",
            made=rules.again(trace),
        ),
        Operation(
            "frobenius", lambda f, s, A, B: np.sum(A * B).reshape(1, 1),
            rules.each_argument(lambda f, i, change: frobenius(f.args[1 - i], change)),
            r"d(A : B) = B : dA + A : dB",
            lambda f, i, G: scale(G, f.args[1 - i]),
            r"A : B = B : A = \operatorname{tr}(A^T B), \quad \alpha (A : B) = \alpha A : B",
            lambda f, i: transpose(vec(f.args[1 - i])),
            as_matrix=r"A : E = vec(A)^T vec(E)", noun="colon",
            made=rules.again(frobenius),
        ),
        Operation(
            "power", arrays.power,
            lambda f, d: hadamard(times(f.data, power(f.args[0], f.data - 1)), d[0]),
            r"d(z^{\odot \lambda}) = \lambda z^{\odot (\lambda - 1)} \odot dz",
            made=lambda f, A: power(A, f.data),
        ),
        Operation(
            "general power", lambda f, s, A, B: A**B, rules.general_power_differential,
            r"d(\alpha^\beta) = \beta \alpha^{\beta - 1}\, d\alpha + \alpha^\beta \log(\alpha)\, d\beta",
            needs="{} > 0", letters=(("T", "the sign of a transpose"),),  # as in x^T
            made=rules.again(general_power),
        ),
        Operation(
            "elementwise", lambda f, s, x: FUNCTIONS[f.data].value(x),
            lambda f, d: hadamard(FUNCTIONS[f.data].derivative(f.args[0], f), d[0]),
            r"s = f(z) \;\Rightarrow\; ds = f'(z) \odot dz",
            made=lambda f, z: elementwise(f.data, z),
        ),
        Operation(
            "inverse", lambda f, s, A: np.linalg.inv(A),
            lambda f, d: negative(product(f, d[0], f)),
            r"d(A^{-1}) = -A^{-1}\, dA\, A^{-1}",
            needs="{} is invertible", read=Word("inv", 2, 2),
            made=rules.again(inverse),
        ),
        Operation(
            "matrix exponential", arrays.exponential,
            rules.exponential_differential,
            r"\exp\left(\begin{bmatrix} A & dA \\ 0 & A \end{bmatrix}\right) = "
            r"\begin{bmatrix} e^A & d e^A \\ 0 & e^A \end{bmatrix}",
            rules.exponential_adjoint,
            r"\exp\left(\begin{bmatrix} A & E \\ 0 & B \end{bmatrix}\right) = "
            r"\begin{bmatrix} e^A & P_1 \\ 0 & e^B \end{bmatrix}, \quad "
            r"\exp\left(\begin{bmatrix} A^T & T \\ 0 & B^T \end{bmatrix}\right) = "
            r"\begin{bmatrix} e^{A^T} & P_2 \\ 0 & e^{B^T} \end{bmatrix}, \quad T : P_1 = P_2 : E",
            rules.exponential_matrix,
            as_matrix=(
                r"\exp\left(\begin{bmatrix} A \otimes I_n & I_{n^2} \\ 0 & I_n \otimes B^T \end{bmatrix}\right) = "
                r"\begin{bmatrix} e^{A \otimes I_n} & P_4 \\ 0 & e^{I_n \otimes B^T} \end{bmatrix}, \quad "
                r"vec(P_3) = P_4 vec(E)"
            ),
            linear=slice(1, None, 2),
            read=Word("expm", 2, 2), written=rules.exponential_written, code="expm", helper=rules.EXPM,
            letters=(("e", "the base of the exponential"),), explicit=rules.exponential_explicit,
            made=rules.again(exponential),
        ),
        Operation(
            "determinant", lambda f, s, A: np.linalg.det(A).reshape(1, 1),
            lambda f, d: scale(f, frobenius(transpose(inverse(f.args[0])), d[0])),
            r"d \det(A) = \det(A)\, A^{-T} : dA",
            needs="{} is invertible",
            read=Word("det", 0, 2, ("Det",)), written="det", code="np.linalg.det",
            made=rules.again(determinant),
        ),
        Operation(
            "log determinant", lambda f, s, A: np.log(np.linalg.det(A)).reshape(1, 1),
            lambda f, d: frobenius(transpose(inverse(f.args[0])), d[0]),
            r"d \log\det(A) = A^{-T} : dA",
            needs="det({}) > 0", read=Word("logdet", 0, 2),
            made=rules.again(log_determinant),
        ),
        Operation(
            "product of entries", lambda f, s, A: np.prod(A).reshape(1, 1),
            lambda f, d: scale(f, frobenius(power(f.args[0], -1), d[0])),
            r"f = \prod_{i,j} A_{ij} \;\Rightarrow\; df = f \left(\mathbf{1} \oslash A : dA\right)",
            needs="{} ≠ 0", read=Word("prod", 0), written="prod", code="np.prod",
            explicit=lambda sympy, f, s, A: sympy.Matrix([[sympy.Mul(*A)]]),
        ),
        Operation(
            "cumulative product", lambda f, s, v: np.cumprod(v, axis=0),
            lambda f, d: hadamard(f, product(fixed("cumsum", (f.shape[0],) * 2), hadamard(d[0], power(f.args[0], -1)))),
            r"c_i = \prod_{j=1}^{i} v_j \;\Rightarrow\; dc_i = c_i \sum_{j=1}^{i} dv_j / v_j",
            needs="{} ≠ 0", read=Word("cumprod", takes=1), written="cumprod", code="np.cumprod",
            explicit=lambda sympy, f, s, v: sympy.Matrix([sympy.Mul(*v[: i + 1]) for i in range(v.rows)]),
        ),
        Operation(
            "cumulative log-sum-exp",
            lambda f, s, z: np.log(np.cumsum(np.exp(z - np.max(z.real)), axis=0)) + np.max(z.real),
            lambda f, d: hadamard(
                elementwise("exp", negative(f)),
                product(fixed("cumsum", (f.shape[0],) * 2), hadamard(elementwise("exp", f.args[0]), d[0])),
            ),
            r"h_i = \log \sum_{j=1}^{i} e^{z_j} \;\Rightarrow\; dh_i = \sum_{j=1}^{i} e^{z_j - h_i}\, dz_j",
            read=Word("logcumsumexp", takes=1), written="logcumsumexp", code="np.logaddexp.accumulate",
            explicit=lambda sympy, f, s, z: sympy.Matrix(
                [sympy.log(sympy.Add(*map(sympy.exp, z[: i + 1]))) for i in range(z.rows)]
            ),
        ),
        Operation(
            "norm", lambda f, s, A: np.sqrt(np.sum(A * A)).reshape(1, 1),
            lambda f, d: scale(power(f, -1), frobenius(f.args[0], d[0])),
            r"d \|A\| = \tfrac{1}{\|A\|} A : dA",
            needs="{} ≠ 0", code="np.linalg.norm",
            made=rules.again(norm),
        ),
        Operation(
            "diag", lambda f, s, v: np.diag(v[:, 0]),
            lambda f, d: diag(d[0]),
            r"d \operatorname{Diag}(v) = \operatorname{Diag}(dv)",
            lambda f, i, G: diagonal(G),
            r"A : \operatorname{Diag}(v) = \operatorname{diag}(A) : v",
            lambda f, i: diagonal_embedding(f.shape[0]),
            as_matrix=(
                r"D_n = \sum_{i=1}^{n} (e_i \otimes e_i)\, e_i^T \;\Rightarrow\; vec(\operatorname{Diag}(v)) = D_n v"
            ),
            noun="Diag", written="Diag",
            made=rules.again(diag),
        ),
        Operation(
            "diagonal", lambda f, s, A: np.diag(A)[:, None],
            lambda f, d: diagonal(d[0]),
            r"d \operatorname{diag}(A) = \operatorname{diag}(dA)",
            lambda f, i, G: diag(G),
            r"v : \operatorname{diag}(A) = \operatorname{Diag}(v) : A",
            lambda f, i: transpose(diagonal_embedding(f.shape[0])),
            as_matrix=(
                r"D_n = \sum_{i=1}^{n} (e_i \otimes e_i)\, e_i^T \;\Rightarrow\; \operatorname{diag}(E) = D_n^T vec(E)"
            ),
            read=Word("diagvec", 1, 2), written="diag",
            made=rules.again(diagonal),
        ),
        Operation(
            "kronecker", lambda f, s, A, B: np.kron(A, B),
            rules.each_argument(rules.with_argument(kronecker)),
            r"d(A \otimes B) = dA \otimes B + A \otimes dB",
            lambda f, i, G: kronecker_adjoint(G, f.args[1 - i], "right" if i else "left"),
            r"A : (B \otimes C) = (\,\cdot \otimes C)^{*} A : B = (B \otimes \cdot\,)^{*} A : C",
            rules.kronecker_matrix,
            as_matrix=r"vec(A \otimes E) = (I_m \otimes K_{n,k} \otimes I_q) (vec(A) \otimes vec(E))",
            noun="Kronecker product",
            made=rules.again(kronecker),
        ),
        Operation(
            "kronecker adjoint", arrays.kronecker_adjoint,
            rules.each_argument(lambda f, i, change: kronecker_adjoint(
                *((change, f.args[1]) if i == 0 else (f.args[0], change)), f.data,
            )),
            r"d\big((\,\cdot \otimes B)^{*} A\big) = (\,\cdot \otimes B)^{*} dA + (\,\cdot \otimes dB)^{*} A",
            rules.kronecker_adjoint_of,
            r"T : (\,\cdot \otimes B)^{*} A = (T \otimes B) : A",
            rules.kronecker_adjoint_matrix,
            as_matrix=(
                r"vec((A \otimes \cdot)^{*} E) = "
                r"(vec(A) \otimes I_k \otimes I_q)^T (I_m \otimes K_{n,k} \otimes I_q)^T vec(E)"
            ),
            noun="Kronecker adjoint",
            made=lambda f, A, B: kronecker_adjoint(A, B, f.data),
        ),
        Operation(
            "reshape", lambda f, s, A: A.reshape(arrays.shape(f, s)),
            lambda f, d: reshape(d[0], f.shape),
            r"d \operatorname{reshape}_{n \times m}(A) = \operatorname{reshape}_{n \times m}(dA)",
            lambda f, i, G: reshape(G, f.args[0].shape),
            r"A : \operatorname{reshape}_{n \times m}(B) = \operatorname{reshape}_{m \times n}(A) : B",
            lambda f, i: identity(f.shape[0] * f.shape[1]),
            as_matrix=r"vec(\operatorname{reshape}_{n \times m}(E)) = vec(E)",
            made=lambda f, A: reshape(A, f.shape),
        ),
        Operation(
            "contraction", arrays.contraction,
            rules.each_argument(
                lambda f, i, change: contracted_again(f, *f.args[:i], change, *f.args[i + 1 :])
            ),
            r"d \sum_k A_{ik} B_{kj} = \sum_k dA_{ik}\, B_{kj} + \sum_k A_{ik}\, dB_{kj}",
            rules.contraction_adjoint,
            r"\sum_{i,j} C_{ij} \sum_k A_{ik} B_{kj} = \sum_{i,k} A_{ik} \sum_j C_{ij} B_{kj}",
            rules.contraction_matrix,
            as_matrix=r"\sum_k A_{ik} E_{kj} = \sum_{k,l} A_{ik} I_{jl} E_{kl}",
            noun="index sum",
            made=contracted_again,
        ),
        Operation(
            "largest", arrays.largest, lambda f, d: zero(f.shape),
            r"d[A = \max(A)] = 0",
            noun="place of the largest", needs="{} has no ties for the largest",
            made=lambda f, A: largest(A, f.data),
        ),
        Operation(
            "softmax", lambda f, s, z: arrays.softmax(z, f.data), rules.softmax_differential,
            r"p = \operatorname{softmax}(z) \;\Rightarrow\; dp = p \odot dz - (p : dz)\, p, \quad "
            r"P = \operatorname{softmax}_{\text{row}}(Z) \;\Rightarrow\; "
            r"dP = P \odot dZ - \operatorname{Diag}((P \odot dZ)\, \mathbf{1})\, P",
            made=lambda f, z: softmax(z, f.data),
        ),
        Operation(
            "log-sum-exp", lambda f, s, z: arrays.log_sum_exp(z, f.data), rules.log_sum_exp_differential,
            r"d \operatorname{logsumexp}(z) = \operatorname{softmax}(z) : dz, \quad "
            r"d \operatorname{logsumexp}_{\text{row}}(Z) = "
            r"(\operatorname{softmax}_{\text{row}}(Z) \odot dZ)\, \mathbf{1}",
            made=lambda f, z: log_sum_exp(z, f.data),
        ),
    ]
}  # fmt: skip
"""Operations by their names."""

FUNCTIONS = {
    row.name: row
    for row in [
        Function(
            "exp", np.exp, lambda x, y: y, r"d\exp(z) = \exp(z) \odot dz",
            code="np.exp({0})", explicit="exp", said=("Exp",),
        ),
        Function(
            "log", np.log, lambda x, y: power(x, -1), r"d\log(z) = dz \oslash z", needs="{} > 0",
            code="np.log({0})", explicit="log", said=("ln", "Log"),
        ),
        Function(
            "sin", np.sin, lambda x, y: elementwise("cos", x), r"d\sin(z) = \cos(z) \odot dz",
            code="np.sin({0})", explicit="sin",
        ),
        Function(
            "cos", np.cos, lambda x, y: negative(elementwise("sin", x)), r"d\cos(z) = -\sin(z) \odot dz",
            code="np.cos({0})", explicit="cos",
        ),
        Function(
            "tan", np.tan, lambda x, y: add(ones(x.shape), power(y, 2)),
            r"d\tan(z) = (1 + \tan^2(z)) \odot dz", True,
            code="np.tan({0})", explicit="tan", said=("tg",),
        ),
        Function(
            "sinh", np.sinh, lambda x, y: elementwise("cosh", x), r"d\sinh(z) = \cosh(z) \odot dz",
            code="np.sinh({0})", explicit="sinh", said=("sh",),
        ),
        Function(
            "cosh", np.cosh, lambda x, y: elementwise("sinh", x), r"d\cosh(z) = \sinh(z) \odot dz",
            code="np.cosh({0})", explicit="cosh", said=("ch",),
        ),
        Function(
            "tanh", np.tanh, lambda x, y: add(ones(x.shape), negative(power(y, 2))),
            r"s = \tanh(z) \;\Rightarrow\; ds = (1 - s \odot s) \odot dz", True,
            code="np.tanh({0})", explicit="tanh", said=("th",),
        ),
        Function(
            "arctan", np.arctan, lambda x, y: power(add(ones(x.shape), power(x, 2)), -1),
            r"d\arctan(z) = dz \oslash (1 + z \odot z)",
            code="np.arctan({0})", explicit="atan", said=("arctg",),
        ),
        Function(
            "sigmoid", arrays.stable_sigmoid, lambda x, y: hadamard(y, add(ones(y.shape), negative(y))),
            r"s = \sigma(z) \;\Rightarrow\; ds = s \odot (1 - s) \odot dz", True,
            code="1 / (1 + np.exp(-{0}))", explicit=lambda sympy, x: 1 / (1 + sympy.exp(-x)),
            said=("sig", "logistic", "Sigmoid"),
        ),
        Function(
            "softplus", arrays.softplus, lambda x, y: elementwise("sigmoid", x), r"d\log(1 + e^z) = \sigma(z) \odot dz",
            code="np.logaddexp(0, {0})", explicit=lambda sympy, x: sympy.log(1 + sympy.exp(x)),
        ),
        Function(
            "relu", arrays.relu, lambda x, y: elementwise("positive", x),
            r"d\max(z, 0) = [z > 0] \odot dz", needs="{} ≠ 0",
            code="np.maximum({0}, 0)", explicit=lambda sympy, x: sympy.Max(x, 0), said=("ReLU",),
        ),
        Function(
            "abs", lambda z: np.where(z.real < 0, -z, z), lambda x, y: elementwise("sign", x),
            r"d|z| = \operatorname{sign}(z) \odot dz", needs="{} ≠ 0",
            code="np.abs({0})", explicit="Abs",
        ),
        Function(
            "sign", lambda z: np.sign(z.real), lambda x, y: zero(x.shape),
            r"d\operatorname{sign}(z) = 0", needs="{} ≠ 0",
            code="np.sign({0})", explicit="sign", said=("sgn",),
        ),
        Function(
            "positive", lambda z: (z.real > 0) * 1.0, lambda x, y: zero(x.shape),
            r"d[z > 0] = 0", needs="{} ≠ 0",
            code="{0} > 0", explicit=lambda sympy, x: sympy.Piecewise((1, x > 0), (0, True)), said=None,
        ),
        Function(
            "nonnegative", lambda z: (z.real >= 0) * 1.0, lambda x, y: zero(x.shape),
            r"d[z \ge 0] = 0", needs="{} ≠ 0",
            code="{0} >= 0", explicit=lambda sympy, x: sympy.Piecewise((1, x >= 0), (0, True)), said=None,
        ),
        Function(
            "erf", arrays.erf,
            lambda x, y: times(1.1283791670955126, elementwise("exp", negative(power(x, 2)))),  # 2/√π
            r"d\operatorname{erf}(z) = \tfrac{2}{\sqrt{\pi}} \exp(-z \odot z) \odot dz",
            explicit="erf",
        ),
        Function(
            "gammaln", arrays.gammaln, lambda x, y: elementwise("digamma", x),
            r"d\operatorname{gammaln}(z) = \operatorname{digamma}(z) \odot dz", needs="{} > 0",
            explicit="loggamma",
        ),
        Function(
            "digamma", arrays.digamma, lambda x, y: elementwise("trigamma", x),
            r"d\operatorname{digamma}(z) = \operatorname{trigamma}(z) \odot dz", needs="{} > 0",
            explicit="digamma",
        ),
        Function(
            "trigamma", arrays.trigamma, lambda x, y: rules.unknown_slope("trigamma"),
            r"\operatorname{trigamma}(z) = \operatorname{digamma}'(z)", needs="{} > 0",
            explicit="trigamma",
        ),
    ]
}  # fmt: skip
"""Functions of one number by their names."""

FIXED = {
    row.name: row
    for row in [
        Fixed(
            "rows", "S", arrays.rows, "the rows {a} to {b} of A",
            "{0}[{lead}{first}:{last}]", "§ = np.zeros({shape})\n§[{lead}{first}:{last}] = {0}",
        ),
        Fixed(
            "every", "S", arrays.every, "the rows {a}, {a} + {c}, … before {b} of A, counted from 0",
            "{0}[{lead}{a}:{b}:{c}]", "§ = np.zeros({shape})\n§[{lead}{a}:{b}:{c}] = {0}",
        ),
        Fixed(
            "gather", "S", lambda m, n, index: np.eye(n)[arrays.whole(index, n)], "the rows of A at the indices {1}",
            "np.take({0}, {1}, axis={axis})", "§ = np.zeros({shape})\nnp.add.at(§, {place}, {0})",
        ),
        Fixed(
            "sorted", "P", lambda m, n, z: np.eye(n)[np.argsort(z[:, 0].real)],
            "the rows of A in the order that sorts {1}",
            "np.take({0}, np.argsort({1}), axis={axis})", "np.take({0}, np.argsort(np.argsort({1})), axis={axis})",
            needs="{} has no ties",
        ),
        Fixed(
            "cumsum", "C", lambda m, n: np.tri(n), "the cumulative sums down the rows of A",
            "np.cumsum({0}, axis={axis})", "np.flip(np.cumsum(np.flip({0}, {axis}), {axis}), {axis})",
        ),
        Fixed(
            "diff", "D", lambda m, n: np.eye(n)[1:] - np.eye(n)[:-1], "the differences of neighbouring rows of A",
            "np.diff({0}, axis={axis})", "-np.diff({0}, axis={axis}, prepend=0, append=0)",
        ),
        Fixed(
            "flip", "F", lambda m, n: np.eye(n)[::-1], "the rows of A from the last to the first",
            "np.flip({0}, axis={axis})", "np.flip({0}, axis={axis})",
        ),
        Fixed(
            "roll", "R", lambda m, n, by: np.roll(np.eye(n), by, axis=0), "the rows of A, moved on by {a} in a circle",
            "np.roll({0}, {a}, axis={axis})", "np.roll({0}, {minus}, axis={axis})",
        ),
        Fixed(
            "repeat", "R", lambda m, n, by: np.repeat(np.eye(n), by, axis=0), "each row of A, {a} times",
            "np.repeat({0}, {a}, axis={axis})", "np.add.reduceat({0}, np.arange(0, {rows}, {a}), axis={axis})",
        ),
        Fixed(
            "tile", "R", lambda m, n, by: np.concatenate([np.eye(n)] * by), "A, {a} times below itself",
            "np.concatenate([{0}] * {a}, axis={axis})", "sum(np.split({0}, {a}, axis={axis}))",
        ),
        Fixed(
            "interleave", "P", arrays.interleave, "the rows (i, j, k, l) of A at the places (i, k, j, l)",
            "{0}.reshape({a}, {b}, {c}, {d}, -1).transpose(0, 2, 1, 3, 4).reshape({shape})",
            "{0}.reshape({a}, {c}, {b}, {d}, -1).transpose(0, 2, 1, 3, 4).reshape({shape})",
        ),
        Fixed(
            "triu", "U", lambda m, n, by: np.triu(np.ones((m, n)), by), "the mask of an upper triangle",
            dense="np.triu(np.ones(({rows}, {columns})), {a})",
        ),
        Fixed(
            "tril", "L", lambda m, n, by: np.tril(np.ones((m, n)), by), "the mask of a lower triangle",
            dense="np.tril(np.ones(({rows}, {columns})), {a})",
        ),
        Fixed(
            "arange", "k", lambda m, n: np.arange(float(m))[:, None], "the numbers from 0 on",
            dense="np.arange({rows})",
        ),
    ]
}  # fmt: skip
"""Fixed linear maps by their names."""


def rebuild(formula, args):
    """The formula with other arguments, simplified anew."""
    if args == list(formula.args) or args == formula.args:
        return formula
    made = ROWS[formula.operation].made
    return made(formula, *args) if made else node(formula.operation, tuple(args), formula.shape, formula.data)


def without_names(formula, instead=None):
    """The formula with its names written out, and with other formulas for the parts that `instead` has them for."""

    def visit(inner, parts):
        return parts[0] if inner.operation == "named" else rebuild(inner, parts)

    return fold(formula, visit, dict(instead or {}))


def applied(row, argument):
    """The operation of a row with a word, of one array."""
    if row.made:
        return row.made(None, argument)
    return node(row.name, (argument,), argument.shape if row.read.axes is None else (ONE, ONE))


def fixed_value(formula, sizes, *arguments):
    """The matrix of a fixed linear map."""
    name, *data = formula.data
    numbers = [entry.at(sizes) if isinstance(entry, Size) else entry for entry in data]
    return FIXED[name].value(*arrays.shape(formula, sizes), *numbers, *arguments)


class _Operations(ChainMap):
    """The tables as one; a row is replaced where it stands."""

    def __setitem__(self, name, row):
        next((rows for rows in self.maps if name in rows), self.maps[0])[name] = row


def operations():
    """The table of operations, and of the functions that are applied entry by entry, by their names.

    It is what `derive` works with, no copy: a row that is replaced changes the next derivation, until it is put back.
    The witness refuses a gradient that a wrong row gives.

    Returns
    -------
    MutableMapping
        A row for each name, ``operations()["product"]``: of an operation its value, differential, adjoint and their
        laws in LaTeX; of a function its value and derivative.
    """
    return _Operations(ROWS, FUNCTIONS)
