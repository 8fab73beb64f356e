"""A formula at explicit small sizes, as a SymPy matrix with a symbol for each entry.

The entry in row i and column j of W is the symbol ``W[i,j]``, an entry of a vector ``x[i]``, counted from 0 as in
NumPy; a scalar is a symbol of its own name. All of them are real. SymPy can then expand, simplify and compare entry by
entry.
"""

from fractions import Fraction
from itertools import product
from numbers import Integral

from derivations.formulas.expression import ordered
from derivations.formulas.making import axes_of
from derivations.formulas.table import FUNCTIONS, ROWS, fixed_value

LARGEST, LARGEST_INVERSE = 12, 4


def explicit(derivative, sizes):
    """The SymPy matrix that a derivative is at given sizes, or the expression, for a scalar.

    Parameters
    ----------
    derivative : Derivative
    sizes : dict
        A number from 1 to 12 for each size name.

    Returns
    -------
    sympy.Matrix or sympy.Expr
        A vector is a matrix of one column.

    Raises
    ------
    ValueError
        Where a size is missing, unknown, or not a whole number from 1 to 12; where an inverse larger than 4×4 would
        have to be written out; where an index lies beyond a size.
    """
    import sympy

    formula, order = derivative.formula, ordered([derivative.formula])
    sizes = _checked(sizes, [*derivative.symbols, *order], order)
    known = {}
    for inner in order:
        parts = [known[argument] for argument in inner.args]
        known[inner] = VALUES[inner.operation](sympy, inner, sizes, *parts)
    result = known[formula]
    return result[0, 0] if derivative.ndim == 0 else sympy.Matrix(result)


def _checked(sizes, formulas, order):
    """The sizes, after checking that each one that is needed is there and small."""
    known = dict.fromkeys(n for f in formulas for length in f.shape for n in length.names)
    inner = [length for f in order for length in (*f.shape, *([f.data] if f.operation == "size" else []))]
    needed = dict.fromkeys(name for length in inner for name in length.names)
    missing = [name for name in needed if name not in sizes]
    if missing:
        raise ValueError(
            f"sympy needs a number for {', '.join(missing)}, as in sympy({', '.join(f'{n}=2' for n in missing)})"
        )
    for name, value in sizes.items():
        if name not in known and name not in needed:
            raise ValueError(f"{name} is not a size here; known: {', '.join({**known, **needed}) or 'none'}")
        if isinstance(value, bool) or not isinstance(value, Integral) or not 1 <= value <= LARGEST:
            raise ValueError(f"the size {name} = {value} is not a whole number from 1 to {LARGEST}")
    return {name: int(value) for name, value in sizes.items()}


# ── entries ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _shape(formula, sizes):
    return tuple(length.at(sizes) for length in formula.shape)


def _symbol(sympy, formula, sizes):
    name, axes = formula.data[0], [axis.at(sizes) for axis in axes_of(formula)]
    places = [",".join(map(str, place)) for place in product(*map(range, axes))]
    entries = [sympy.Symbol(f"{name}[{place}]" if place else name, real=True) for place in places]
    return sympy.Matrix(*_shape(formula, sizes), entries)


def _number(sympy, value):
    if isinstance(value, Fraction):
        return sympy.Rational(value.numerator, value.denominator)
    return sympy.Float(value)


def _filled(sympy, formula, sizes, entry):
    return sympy.Matrix(*_shape(formula, sizes), lambda i, j: entry(i, j))


def _unit(sympy, formula, sizes):
    length = formula.shape[0].at(sizes)
    index = formula.data if isinstance(formula.data, int) else formula.data.at(sizes)
    if not -length <= index < length:
        raise ValueError(f"the index {index} is beyond the size {length}")
    return _filled(sympy, formula, sizes, lambda i, j: int(i == index % length))


def _commutation(sympy, formula, sizes):
    rows, columns = (length.at(sizes) for length in formula.data)
    return _filled(sympy, formula, sizes, lambda i, j: int(j == (i % rows) * columns + i // rows))


def _diagonal_embedding(sympy, formula, sizes):
    n = formula.shape[1].at(sizes)
    return _filled(sympy, formula, sizes, lambda i, j: int(i == j * (n + 1)))


def _combination(sympy, formula, sizes, *terms):
    total = sympy.zeros(*terms[0].shape)
    for factor, term in zip(formula.data, terms, strict=True):
        total += _number(sympy, factor) * term
    return total


def _product(sympy, formula, sizes, *factors):
    whole = factors[-1]
    for factor in reversed(factors[:-1]):
        whole = factor * whole
    return whole


def _entrywise(sympy, formula, sizes, *factors):
    whole = factors[0]
    for factor in factors[1:]:
        whole = whole.multiply_elementwise(factor)
    return whole


def _general_power(sympy, formula, sizes, base, exponent):
    every = exponent.shape == base.shape
    return sympy.Matrix(*base.shape, lambda i, j: base[i, j] ** (exponent[i, j] if every else exponent[0, 0]))


def _of_entries(sympy, formula):
    """An elementwise function as a SymPy function of one expression."""
    explicit = FUNCTIONS[formula.data].explicit
    if isinstance(explicit, str) and explicit:
        return getattr(sympy, explicit)
    if explicit:
        return lambda x: explicit(sympy, x)
    from derivations.reading.sympy_functions import applied

    return lambda x: applied(formula.data, x)


def _inverse(sympy, formula, sizes, A):
    if A.rows > LARGEST_INVERSE:
        raise ValueError(
            f"the inverse of {A.rows}×{A.rows} symbols is too long to write out; sizes up to {LARGEST_INVERSE} work"
        )
    if A.is_diagonal():
        return sympy.diag(*[1 / entry for entry in A.diagonal()])
    determinant = A.det(method="berkowitz")
    if determinant.is_zero:
        raise ValueError("a matrix to be inverted is singular at these sizes")
    return A.adjugate() / determinant


def _determinant(sympy, formula, sizes, A):
    if A.rows > LARGEST_INVERSE:
        raise ValueError(
            f"the determinant of {A.rows}×{A.rows} symbols is too long to write out; sizes up to {LARGEST_INVERSE} work"
        )
    return sympy.Matrix([[A.det(method="berkowitz")]])


def _total(sympy, entries):
    return sympy.Matrix([[sympy.Add(*entries)]])


def _kronecker_adjoint(sympy, formula, sizes, whole, factor):
    (rows, columns), (p, q) = _shape(formula, sizes), factor.shape
    if formula.data == "left":
        place = lambda i, j, k, l: (i * p + k, j * q + l)  # noqa: E731
    else:
        place = lambda i, j, k, l: (k * rows + i, l * columns + j)  # noqa: E731
    return sympy.Matrix(
        rows,
        columns,
        lambda i, j: sympy.Add(*[whole[place(i, j, k, l)] * factor[k, l] for k in range(p) for l in range(q)]),
    )


def _contraction(sympy, formula, sizes, *arrays):
    """The sum over indices, entry by entry."""
    lengths = {letter: size.at(sizes) for letter, size in formula.data.sizes}

    def entry(array, letters, at):
        place = 0
        for letter in letters:
            place = place * lengths[letter] + at[letter]
        return array[place]

    totals = {}
    for place in product(*(range(length) for length in lengths.values())):
        at = dict(zip(lengths, place, strict=True))
        entries = [entry(a, letters, at) for a, letters in zip(arrays, formula.data.inputs, strict=True)]
        kept = tuple(at[letter] for letter in formula.data.kept)
        totals.setdefault(kept, []).append(sympy.Mul(*entries))
    return sympy.Matrix(*_shape(formula, sizes), [sympy.Add(*totals[kept]) for kept in sorted(totals)])


def _largest(sympy, formula, sizes, A):
    raise ValueError("which entry is the largest is known where its numbers are")


def _fixed(sympy, formula, sizes, *index):
    if index:
        raise ValueError("which rows an array picks is known where its numbers are")
    return sympy.Matrix(fixed_value(formula, sizes).astype(int).tolist())


def _softmax(sympy, formula, sizes, A):
    exponentials = A.applyfunc(sympy.exp)
    totals = _lines(sympy, exponentials, formula.data)
    return sympy.Matrix(*A.shape, lambda i, j: exponentials[i, j] / totals[i if formula.data else j])


def _log_sum_exp(sympy, formula, sizes, A):
    totals = _lines(sympy, A.applyfunc(sympy.exp), formula.data)
    return sympy.Matrix(*_shape(formula, sizes), [sympy.log(total) for total in totals])


def _lines(sympy, A, axis):
    """The sums of columns (`axis` 0) or rows (`axis` 1)."""
    return [sympy.Add(*(A[i, :] if axis else A[:, i])) for i in range(A.shape[0 if axis else 1])]


VALUES = {
    **{row.name: row.explicit for row in ROWS.values() if row.explicit},
    "number": lambda sympy, f, s: sympy.Matrix([[_number(sympy, f.data)]]),
    "size": lambda sympy, f, s: sympy.Matrix([[f.data.at(s)]]),
    "symbol": _symbol,
    "named": lambda sympy, f, s, definition: definition,
    "ones": lambda sympy, f, s: sympy.ones(*_shape(f, s)),
    "zero": lambda sympy, f, s: sympy.zeros(*_shape(f, s)),
    "identity": lambda sympy, f, s: sympy.eye(f.shape[0].at(s)),
    "unit": _unit,
    "commutation": _commutation,
    "diagonal embedding": _diagonal_embedding,
    "combination": _combination,
    "product": _product,
    "hadamard": _entrywise,
    "scale": lambda sympy, f, s, a, B: a[0, 0] * B,
    "transpose": lambda sympy, f, s, A: A.T,
    "trace": lambda sympy, f, s, A: _total(sympy, A.diagonal()),
    "frobenius": lambda sympy, f, s, A, B: _total(sympy, A.multiply_elementwise(B)),
    "power": lambda sympy, f, s, A: A.applyfunc(lambda x: x ** _number(sympy, f.data)),
    "general power": _general_power,
    "elementwise": lambda sympy, f, s, A: A.applyfunc(_of_entries(sympy, f)),
    "inverse": _inverse,
    "determinant": _determinant,
    "log determinant": lambda sympy, f, s, A: _determinant(sympy, f, s, A).applyfunc(sympy.log),
    "norm": lambda sympy, f, s, A: _total(sympy, A.multiply_elementwise(A)).applyfunc(sympy.sqrt),
    "diag": lambda sympy, f, s, v: sympy.diag(*v),
    "diagonal": lambda sympy, f, s, A: sympy.Matrix(list(A.diagonal())),
    "kronecker": lambda sympy, f, s, A, B: sympy.kronecker_product(A, B),
    "kronecker adjoint": _kronecker_adjoint,
    "reshape": lambda sympy, f, s, A: sympy.Matrix(*_shape(f, s), list(A)),
    "fixed": _fixed,
    "contraction": _contraction,
    "largest": _largest,
    "softmax": _softmax,
    "log-sum-exp": _log_sum_exp,
}
