"""NumPy code for each operation, a row each: a function of the formula and of the pieces of its arguments."""

from fractions import Fraction

from derivations.formulas.expression import ONE, DerivationError
from derivations.formulas.generic import is_any
from derivations.formulas.table import FIXED, FUNCTIONS, ROWS
from derivations.writing.numpy_pieces import ANY, ATOM, POWER, SUM, Piece


def _hadamard(make, formula, pieces):
    above, below = [], []
    for argument, piece in zip(formula.args, pieces, strict=True):
        if argument.operation == "power" and argument.data < 0:
            below.append(_power_piece(make, make.pieces[argument.args[0]], argument.shape, -argument.data))
        else:
            above.append(piece)
    return make.entrywise(above, formula.shape, below)


def _power(make, formula, pieces):
    exponent = formula.data
    if exponent < 0 and (not isinstance(exponent, Fraction) or exponent.denominator <= 2):
        below = _power_piece(make, pieces[0], formula.shape, -exponent)
        return make.map(below, formula.shape, lambda code: make.over(make.number(Fraction(1)), code))
    return _power_piece(make, pieces[0], formula.shape, exponent)


def _power_piece(make, piece, shape, exponent):
    if exponent == 1:
        return piece
    if exponent == Fraction(1, 2):
        return make.map(piece, shape, lambda code: make.writer.call("np.sqrt", code))
    shown = make.number(exponent)
    return make.map(piece, shape, lambda code: make.writer.code("{0}**{1}", code, shown, level=POWER, needs=ATOM))


def _general_power(make, formula, pieces):
    base, exponent = (make.densified(piece, formula.shape) for piece in pieces)
    form = make.merged([base, exponent])
    code = make.writer.code("{0}**{1}", make.fitted(form, base), make.fitted(form, exponent), level=POWER, needs=ATOM)
    return Piece("constant", None, 1, code) if form == "constant" else Piece(form, code)


_COMPARED = {"positive": "{0} > {1}", "nonnegative": "{0} >= {1}"}
"""The comparison of the two sides of a difference; with zero it is the code of the row."""


def _elementwise(make, formula, pieces):
    name, template, write = formula.data, FUNCTIONS[formula.data].code, make.writer.code
    if name == "sigmoid":
        return make.map(pieces[0], formula.shape, lambda code: _sigmoid(make, code))
    if name in _COMPARED:
        piece = _mask(make, formula, pieces[0])
        single = formula.is_scalar and piece.mask  # a Python number has no astype
        return piece.but(code=write("float({0})", piece.code), mask=False) if single else piece
    if is_any(formula):
        raise DerivationError(f"NumPy has no {name.removeprefix('any ')}: nobody has said what it is")
    if template:
        return make.map(pieces[0], formula.shape, lambda code: write(template, code))
    if FUNCTIONS[name].explicit:  # a row of the table, and no function that was registered
        raise DerivationError(f"NumPy has no {name}: there is no source that needs NumPy alone")
    return make.map(pieces[0], formula.shape, lambda code: _registered(make, name, code))


def _mask(make, formula, piece):
    """A comparison, as an array of booleans."""
    name, write = formula.data, make.writer.code
    if (beside := _difference(make, formula.args[0])) is not None:
        form, a, b = beside
        return Piece(form, write(_COMPARED[name], a, b, level=ANY, needs=SUM), mask=True)
    turned = piece.number == -1 and piece.scalar is None and piece.form != "constant"
    template = FUNCTIONS[name].code.replace(">", "<") if turned else FUNCTIONS[name].code
    piece = piece.but(number=1) if turned else piece
    return make.map(piece, formula.shape, lambda code: write(template, code, level=ANY, needs=SUM), mask=True)


def _difference(make, formula):
    """The form and the code of both sides of a difference, (form, greater, less); None for anything else."""
    if formula.operation != "combination" or len(formula.args) != 2 or formula.data[0] * formula.data[1] > 0:
        return None
    sides = [make.scaled(make.pieces[part], abs(c)) for c, part in zip(formula.data, formula.args, strict=True)]
    sides = [make.densified(side, formula.shape) for side in (sides if formula.data[0] > 0 else sides[::-1])]
    form = make.merged(sides)
    return None if form == "constant" else (form, *(make.fitted(form, side) for side in sides))


def _registered(make, name, code):
    """A function registered as a SymPy expression, part by part, so that f and f′ share what they have in common."""
    import sympy

    from derivations.reading.sympy_functions import SPELLED, expression_of

    expression, symbol = expression_of(name)
    known = {symbol: code}

    for part in sympy.postorder_traversal(expression):
        if part in known:
            continue
        if part.is_Rational:
            known[part] = make.number(Fraction(int(part.p), int(part.q)))
        elif part.is_number:
            known[part] = make.number(float(part))
        elif part.is_Add:
            terms = sorted(part.as_ordered_terms(), key=lambda term: bool(term.as_coeff_Mul()[0] < 0))
            whole = None
            for term in terms:
                minus = whole is not None and term.as_coeff_Mul()[0] < 0
                inner = known[term]
                if minus:
                    inner = known.get(-term) or _registered_product(make, known, -term)
                whole = inner if whole is None else make.add(whole, inner, minus)
            known[part] = whole
        elif part.is_Mul or part.is_Pow:
            known[part] = _registered_product(make, known, part)
        else:
            spelled = type(part).__name__
            spelled = next((name for name, of_sympy in SPELLED.items() if of_sympy == spelled), spelled)
            if spelled == "erf":
                raise DerivationError(f"{name} uses erf, which NumPy lacks: there is no source that needs NumPy alone")
            known[part] = make.writer.call(f"np.{spelled}", known[part.args[0]])
    return known[expression]


def _registered_product(make, known, part):
    """A product or power of parts already known, as a fraction."""
    number, above, below = Fraction(1), None, None
    for factor in part.as_ordered_factors() if part.is_Mul else (part,):
        if factor.is_Rational:
            number *= Fraction(int(factor.p), int(factor.q))
            continue
        if factor.is_number:
            number = float(number) * float(factor)
            continue
        base, exponent = factor.as_base_exp() if factor.is_Pow else (factor, 1)
        under = exponent.is_Rational and exponent < 0 if factor.is_Pow else False
        code = known[base] if base in known else make.number(float(base))
        if under:
            exponent = -exponent
        if exponent == Fraction(1, 2):
            code = make.writer.call("np.sqrt", code)
        elif exponent != 1:
            shown = known[exponent] if exponent in known else make.number(Fraction(int(exponent.p), int(exponent.q)))
            code = make.writer.code("{0}**{1}", code, shown, level=POWER, needs=ATOM)
        if under:
            below = make.times(below, code)
        else:
            above = make.times(above, code)
    if number == -1 and above is not None:
        above = make.negative(above)
    elif number != 1 or above is None:
        above = make.times(make.number(number), above)
    return above if below is None else make.over(above, below)


def _sigmoid(make, code):
    one = make.number(Fraction(1))
    exponential = make.writer.call("np.exp", make.negative(code))
    return make.over(one, make.add(one, exponential))


def _transpose(make, formula, pieces):
    (piece,) = pieces
    if piece.form == "map":
        code = make.turned(piece.code)
        make.maps[code] = [(number, of, index, not turned) for number, of, index, turned in make.maps[piece.code]]
        return piece.but(code=code)
    if piece.form == "row":
        return piece.but(form="column")
    if piece.form == "column":
        return piece.but(form="row")
    if piece.form == "full" and ONE not in formula.shape:
        return piece.but(code=make.turned(piece.code))
    return piece


def _inverse(make, formula, pieces):
    (piece,) = pieces
    if piece.form in ("diagonal", "multiple"):
        vector = piece.but(form="full" if piece.form == "diagonal" else "constant")
        inner = make.map(vector, (formula.shape[0], ONE), lambda code: make.over(make.number(Fraction(1)), code))
        return inner.but(form=piece.form)
    code = make.full(piece, formula.shape)
    if code.template == "{0}.T":
        return Piece("full", make.turned(make.writer.call("np.linalg.inv", code.args[0])))
    return Piece("full", make.writer.call("np.linalg.inv", code))


def _trace(make, formula, pieces):
    (piece,), shape = pieces, formula.args[0].shape
    if piece.form == "full" and piece.code.template not in ("{0} @ {1}", "np.outer({0}, {1})"):
        return piece.but(code=make.writer.call("np.trace", make.numbers(piece)), mask=False)
    if piece.form == "full" and piece.code.template == "{0} @ {1}":
        left, right = piece.code.args
        return piece.but(code=make.writer.call("np.sum", make.times(left, make.turned(right))))
    return _total(make, make.diagonal_of(piece, shape), (shape[0], ONE))


def _total(make, piece, shape):
    """The sum of all entries."""
    if piece.form == "map":
        piece = piece.but(form="full")
    if piece.form == "unit":
        return make.with_factor_of(Piece("full", make.number(Fraction(1))), piece)
    if piece.form in ("diagonal", "multiple"):
        return _total(make, make.diagonal_of(piece, shape), (shape[0], ONE))
    repeats = {"constant": shape[0] * shape[1], "row": shape[0], "column": shape[1], "full": ONE}[piece.form]
    code = None
    if piece.code is not None:
        product = piece.code.template == "{0} * {1}" and not piece.mask
        code = make.writer.call("np.sum", piece.code) if product else make.sum(piece.code)
    scalar = None if repeats is ONE else make.size(repeats)
    return make.with_factor_of(Piece("full", make.times(scalar, code) or make.number(Fraction(1))), piece)


def _frobenius(make, formula, pieces):
    (a, b), shape = pieces, formula.args[0].shape
    if ONE in shape:
        column, row = (shape[0] * shape[1], ONE), (ONE, shape[0] * shape[1])
        return make.matmul(a, row, b, column)
    if a.form == b.form == "full" and a.code is b.code:
        square = make.writer.code("{0}**2", make.numbers(a), level=POWER, needs=ATOM)
        return make.with_factor_of(Piece("full", make.writer.call("np.sum", square)), a, b)
    return _total(make, make.entrywise([a, b], shape), shape)


def _call(function):
    return lambda make, formula, pieces: Piece(
        "full", make.writer.call(function, *[make.full(p, f.shape) for p, f in zip(pieces, formula.args, strict=True)])
    )


def _log_determinant(make, formula, pieces):
    return Piece("full", make.writer.code("np.linalg.slogdet({0})[1]", make.full(pieces[0], formula.args[0].shape)))


def _diag(make, formula, pieces):
    piece = pieces[0]
    if piece.form == "constant":
        return piece.but(form="multiple")
    return make.densified(piece, formula.args[0].shape).but(form="diagonal")


def _kronecker(make, formula, pieces):
    arrays = [make.full(p, f.shape) for p, f in zip(pieces, formula.args, strict=True)]
    (left, right), write = formula.args, make.writer.code
    if left.shape[1] is ONE and right.shape[0] is ONE:
        return make.outer(pieces[0], left.shape, pieces[1], right.shape)
    if right.shape[1] is ONE and left.shape[0] is ONE:
        return make.outer(pieces[1], right.shape, pieces[0], left.shape)
    if ONE not in formula.shape:
        arrays = [
            make.column(a) if f.shape[1] is ONE else write("{0}[None, :]", a, needs=ATOM) if f.shape[0] is ONE else a
            for a, f in zip(arrays, formula.args, strict=True)
        ]
    return Piece("full", make.writer.call("np.kron", *arrays))


def _kronecker_adjoint_code(make, side, shape, whole_code, factor_code, factor_shape):
    """The sum over the axes of the factor; axes of length one have no letter."""
    letters = [("i", shape[0]), ("k", factor_shape[0]), ("j", shape[1]), ("l", factor_shape[1])]
    if side == "right":
        letters = [letters[1], letters[0], letters[3], letters[2]]
    kept = [(letter, length) for letter, length in letters if length is not ONE]
    inside = "".join(letter for letter, _ in kept)
    subscripts = f"{inside},{''.join(x for x in 'kl' if x in inside)}->{''.join(x for x in 'ij' if x in inside)}"
    axes = ", ".join(make.size_text(length) for _, length in kept)
    return make.writer.code(
        f'np.einsum("{subscripts}", {{0}}.reshape({axes}), {{1}})', whole_code, factor_code, needs=(ATOM, ANY)
    )


def _kronecker_adjoint(make, formula, pieces):
    whole, factor = (make.full(p, f.shape) for p, f in zip(pieces, formula.args, strict=True))
    return Piece(
        "full", _kronecker_adjoint_code(make, formula.data, formula.shape, whole, factor, formula.args[1].shape)
    )


def _reshape(make, formula, pieces):
    (piece,), shape = pieces, formula.args[0].shape
    if piece.form == "constant":
        return piece
    code = make.full(make.bare(piece) if piece.form == "full" else piece, shape)
    code = make.numbers(piece.but(code=code)) if piece.form == "full" else code
    code = make.as_held(code, shape, formula.shape)
    return make.with_factor_of(Piece("full", code), piece) if piece.form == "full" else Piece("full", code)


def _summed(make, operands, letters, kept, sizes):
    """A sum over indices in NumPy: a sum along axes, a matrix product along further axes, or np.einsum."""
    if not operands:
        return make.number(Fraction(1))
    if len(operands) == 1:
        return _of_one(make, operands[0], letters[0], kept, sizes)
    missing = [letter for letter in kept if not any(letter in inside for inside in letters)]
    if missing:
        inner = "".join(letter for letter in kept if letter not in missing)
        return _of_one(make, _summed(make, operands, letters, inner, sizes), inner, kept, sizes)
    if len(operands) == 2:
        left, right = letters
        batch = "".join(letter for letter in kept if letter in left and letter in right)
        inner = "".join(letter for letter in left if letter in right and letter not in kept)
        rows, columns = ("".join(x for x in inside if x in kept and x not in batch) for inside in letters)
        if len(rows) == len(columns) == len(inner) == 1 and [len(left), len(right)] == [len(batch) + 2] * 2:
            a = make.axes_in_order(operands[0], left, batch + rows + inner)
            b = make.axes_in_order(operands[1], right, batch + inner + columns)
            return make.axes_in_order(make.at(a, b), batch + rows + columns, kept)
    subscripts = f'"{",".join(letters)}->{kept}"' + "".join(f", {{{i}}}" for i in range(len(operands)))
    more = ", optimize=True" if len(operands) > 2 else ""
    return make.writer.code(f"np.einsum({subscripts}{more})", *operands)


def _of_one(make, code, letters, kept, sizes):
    """One array: summed along the axes that go, turned, and repeated along those that come."""
    gone = [i for i, letter in enumerate(letters) if letter not in kept]
    if gone:
        axis = gone[0] if len(gone) == 1 else tuple(gone)
        code = make.writer.code(f"{{0}}.sum(axis={axis})", code, needs=ATOM)
        letters = "".join(letter for letter in letters if letter in kept)
    stays = "".join(letter for letter in kept if letter in letters)
    code = make.axes_in_order(code, letters, stays)
    if stays != kept:
        place = ", ".join(":" if letter in stays else "None" for letter in kept)
        lengths = ", ".join(make.size_text(sizes[letter]) for letter in kept)
        code = make.writer.code(f"np.broadcast_to({{0}}[{place}], ({lengths}))", code, needs=ATOM)
    return code


def _contraction(make, formula, pieces):
    """np.einsum over arrays with all their axes; a place along an axis is an index."""
    data, sizes, operands, letters = formula.data, dict(formula.data.sizes), [], []
    scale, placed = Piece("full", make.number(Fraction(1))), {}
    for argument, piece, inside in zip(formula.args, pieces, data.inputs, strict=True):
        scale = make.with_factor_of(scale, piece)
        piece = make.bare(piece)
        if piece.form == "unit":
            placed[inside] = piece.code.template
            continue
        operands.append(make.with_axes(make.full(piece, argument.shape), argument.shape, [sizes[x] for x in inside]))
        letters.append(inside)
    for i, inside in enumerate(letters):
        if placed.keys() & set(inside):
            place = ", ".join(placed.get(letter, ":") for letter in inside)
            operands[i] = make.writer.code(f"{{0}}[{place}]", operands[i], needs=ATOM)
            letters[i] = "".join(letter for letter in inside if letter not in placed)
    kept = "".join(letter for letter in data.kept if letter not in placed)
    code = _summed(make, operands, letters, kept, sizes)
    axes = [sizes[letter] for letter in data.kept]
    if kept != data.kept:
        place = ", ".join(placed.get(letter, ":") for letter in data.kept)
        lengths = ", ".join(map(make.size_text, axes))
        code = make.writer.code(f"§ = np.zeros(({lengths}))\n§[{place}] = {{0}}", code)
    return make.with_factor_of(Piece("full", make.as_held(code, axes, formula.shape)), scale)


def _largest(make, formula, pieces):
    """A comparison of places with that of the largest entry."""
    (rows, columns), axis, write = formula.shape, formula.data, make.writer.code
    z = make.full(pieces[0], formula.shape)
    if axis is None and ONE not in formula.shape:
        count, shape = make.size_text(rows * columns), make.shape_text(formula.shape)
        places, top = write(f"np.arange({count}).reshape({shape})"), write("{0}.argmax()", z, needs=ATOM)
    elif ONE in formula.shape:
        places, top = write(f"np.arange({make.size_text(rows * columns)})"), write("{0}.argmax()", z, needs=ATOM)
    elif axis == 1:
        top = make.column(write("{0}.argmax(axis=1)", z, needs=ATOM))
        places = write(f"np.arange({make.size_text(columns)})")
    else:
        places = make.column(write(f"np.arange({make.size_text(rows)})"))
        top = write("{0}.argmax(axis=0)", z, needs=ATOM)
    return Piece("full", write("{0} == {1}", places, top, level=ANY, needs=SUM), mask=True)


def _shifted(make, formula, pieces):
    """What softmax and log-sum-exp share: the maxima, the exponentials, and their sums."""
    shape, axis, write = formula.args[0].shape, formula.data, make.writer.code
    z = make.full(pieces[0], shape)
    if ONE in shape:
        top = write("{0}.max()", z, needs=ATOM)
        e = make.writer.call("np.exp", make.add(z, top, True))
        return top, e, make.sum(e)
    top = write(f"{{0}}.max(axis={axis})", z, needs=ATOM)
    e = make.writer.call("np.exp", make.add(z, make.column(top) if axis else top, True))
    return top, e, make.sum(e, axis)


def _softmax(make, formula, pieces):
    if formula.shape[formula.data] is ONE:
        return Piece(*make.one(formula.shape))
    _, e, total = _shifted(make, formula, pieces)
    return Piece("full", make.over(e, make.column(total) if formula.data and ONE not in formula.shape else total))


def _log_sum_exp(make, formula, pieces):
    if formula.args[0].shape[formula.data] is ONE:
        return pieces[0]
    top, _, total = _shifted(make, formula, pieces)
    return Piece("full", make.add(top, make.writer.call("np.log", total)))


def _unit(make, formula, pieces):
    if formula.is_scalar:
        return Piece("full", make.number(Fraction(1)))
    return Piece("unit", make.writer.code(make.index(formula.data, formula.shape[0])))


def _fixed(make, formula, pieces):
    """The matrix of a fixed linear map; where it meets another it is applied, and its matrix is not built."""
    row = FIXED[formula.data[0]]
    index = make.full(pieces[0], formula.args[0].shape) if pieces else None
    if pieces and formula.args[0].is_scalar:  # one index, which may be a number
        index = make.writer.code("np.ravel({0})", index)
    if row.dense:
        code = make.of_map(formula, row.dense, None, index, 0, formula.shape)
    else:
        identity = make.writer.code(f"np.eye({make.size_text(formula.shape[1])})")
        code = make.of_map(formula, row.applied, identity, index, 0, formula.shape)
    if ONE in formula.shape and formula.data[0] != "arange":  # a vector has one axis
        place = "0, 0" if formula.is_scalar else "0" if formula.shape[0] is ONE else ":, 0"
        return Piece("full", make.writer.code(f"{{0}}[{place}]", code, needs=ATOM))
    if not row.applied:
        return Piece("full", code)
    make.maps[code] = [(1, formula, index, False)]
    return Piece("map", code)


def _commutation(make, formula, pieces):
    rows, columns = map(make.size_text, formula.data)
    count = make.size_text(formula.shape[0])
    return Piece("full", make.writer.code(f"np.eye({count})[np.arange({count}).reshape({rows}, {columns}).T.ravel()]"))


def _diagonal_embedding(make, formula, pieces):
    n = make.size_text(formula.shape[1])
    return Piece(
        "full",
        make.writer.code(
            f"np.eye({n}**2)[:, :: {n} + 1]" if n.isidentifier() or n.isdigit() else f"np.eye(({n})**2)[:, :: {n} + 1]"
        ),
    )


def _named(make, formula, pieces):
    (piece,) = pieces
    if piece.form in ("full", "row", "column") and piece.code.args:
        piece = make.plain(piece)
        own = formula.data.rstrip("'") in make.made or "'" in formula.data
        held = make.writer.hints if own and ONE not in formula.shape else make.writer.labels  # a matrix kept is memory
        if piece.code not in held:
            held[piece.code] = make.writer.fresh(formula.data)
    return piece


LOWER = {
    **{row.name: _call(row.code) for row in ROWS.values() if row.code},
    "fixed": _fixed,
    "number": lambda make, f, p: (
        Piece("full", make.number(Fraction(1)), f.data) if f.data else Piece("full", make.number(Fraction(0)))
    ),
    "size": lambda make, f, p: Piece("full", make.size(f.data)),
    "ones": lambda make, f, p: Piece("constant"),
    "zero": lambda make, f, p: Piece("constant", None, 0),
    "identity": lambda make, f, p: Piece("multiple"),
    "unit": _unit,
    "commutation": _commutation,
    "diagonal embedding": _diagonal_embedding,
    "named": _named,
    "combination": lambda make, f, p: make.combination(f, p),
    "product": lambda make, f, p: make.product(f, p),
    "hadamard": _hadamard,
    "scale": lambda make, f, p: make.scaled(p[1], p[0].number, make.times(p[0].scalar, make.numbers(p[0]))),
    "transpose": _transpose,
    "trace": _trace,
    "frobenius": _frobenius,
    "power": _power,
    "general power": _general_power,
    "elementwise": _elementwise,
    "inverse": _inverse,
    "log determinant": _log_determinant,
    "diag": _diag,
    "diagonal": lambda make, f, p: make.diagonal_of(p[0], f.args[0].shape),
    "kronecker": _kronecker,
    "kronecker adjoint": _kronecker_adjoint,
    "reshape": _reshape,
    "contraction": _contraction,
    "largest": _largest,
    "softmax": _softmax,
    "log-sum-exp": _log_sum_exp,
}
