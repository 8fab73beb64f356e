"""NumPy source for a formula: matrices back to NumPy's idiom, each shared part computed once.

Inside formulas everything is a matrix. NumPy code that a person writes says the same with less: a vector has one
axis, x yᵀ is ``np.outer(x, y)``, 1bᵀ added to a batch is ``+ b``, Diag(v) A is ``v[:, None] * A`` and Aᵀ1 is
``A.sum(axis=0)``. So each formula is first turned into a `Piece`: code, and the form in which it stands for a matrix (a
row repeated down, a diagonal, …). Matrices that need not be built are never built. Code is a graph too, in which equal
code is one object; what is used more than once gets a line of its own.
"""

import keyword
import re
import unicodedata
from collections import Counter
from fractions import Fraction
from typing import NamedTuple

from derivations.expression import ONE, DerivationError, Size, ordered

ANY, SUM, PRODUCT, MINUS, POWER, ATOM = range(6)
_LONG = 72  # code longer than this gets a line of its own


# ── code ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class Code:
    """An expression in NumPy: a template with the places of its arguments, and how closely it binds."""

    __slots__ = ("args", "level", "needs", "template")


class Writer:
    """Makes code, each expression once, and writes it down as the lines of a function."""

    def __init__(self, taken):
        self.made, self.labels, self.taken = {}, {}, set(taken)

    def code(self, template, *args, level=ATOM, needs=ANY):
        """An expression: ``{0}`` stands for the first argument, in brackets where it binds less than `needs`."""
        needs = (needs,) * len(args) if isinstance(needs, int) else needs
        key = (template, tuple(map(id, args)), level)
        if key not in self.made:
            made = Code()
            made.template, made.args, made.level, made.needs = template, args, level, needs
            self.made[key] = made
        return self.made[key]

    def call(self, function, *args):
        """A function of some arguments."""
        return self.code(f"{function}({', '.join(f'{{{i}}}' for i in range(len(args)))})", *args)

    def fresh(self, stem):
        """A name not in use, as near to `stem` as can be."""
        name, number = safe_name(stem), 1
        while name in self.taken:
            number += 1
            name = f"{safe_name(stem)}_{number}"
        self.taken.add(name)
        return name

    def lines(self, root):
        """The lines of the body, the last one returning the root."""
        order, uses, shown, lines = ordered([root]), Counter(), {}, []
        for code in reversed(order):
            for i, argument in enumerate(code.args):
                uses[argument] += code.template.count(f"{{{i}}}") * (uses[code] if _is_free(code) else 1)
        count = 0
        for code in order:
            text = code.template.format(
                *[
                    f"({shown[a][0]})" if shown[a][1] < need else shown[a][0]
                    for a, need in zip(code.args, code.needs, strict=True)
                ]
            )
            label = self.labels.get(code)
            several = "\n" in text
            if several or (code is not root and code.args and (label or _is_worth_a_line(code, uses[code], text))):
                if label is None:
                    count += 1
                    while f"t{count}" in self.taken:
                        count += 1
                    label = f"t{count}"
                if several:
                    lines += text.replace("§", label).split("\n")
                else:
                    lines.append(f"{label} = {text}")
                shown[code] = label, ATOM
            else:
                shown[code] = text, code.level
        return [*lines, f"return {shown[root][0]}"]


def _is_free(code):
    """Whether repeating it costs nothing: a name, a number, a view."""
    return not code.args or code.template in ("{0}.T", "{0}[:, None]", "{0}[None, :]")


def _is_worth_a_line(code, uses, text):
    return (uses > 1 and not _is_free(code)) or len(text) > _LONG


def safe_name(name):
    """A name as Python spells it: s' as s_prime, lambda as lambda_."""
    name = unicodedata.normalize("NFKC", name.replace("'", "_prime").replace("′", "_prime"))
    name = re.sub(r"\W", "_", name)
    if not name.isidentifier():
        name = "_" + name
    return name + "_" if keyword.iskeyword(name) or name in ("np", "len", "float") else name


# ── pieces ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Piece(NamedTuple):
    """A formula as code: `number` times `scalar` times what `code` stands for in its form.

    ==========  ===========================================  ====================
    form        for a matrix                                 for a vector
    ==========  ===========================================  ====================
    full        the array itself                             the array itself
    row         a 1-D array, repeated down                   (does not occur)
    column      a 1-D array, repeated along                  (does not occur)
    constant    the factor alone, everywhere; no code        likewise
    diagonal    a 1-D array on the diagonal                  (does not occur)
    multiple    the factor alone, on the diagonal; no code   (does not occur)
    unit        (does not occur)                             one at an index, as code
    ==========  ===========================================  ====================
    """

    form: str
    code: Code | None = None
    number: Fraction | float = 1
    scalar: Code | None = None
    mask: bool = False
    """Whether the array is of booleans, which multiply like numbers and add unlike them."""


_EXTENT = {"constant": 0, "row": 1, "column": 2, "full": 3}
_FORM = {extent: form for form, extent in _EXTENT.items()}


class _Lowering:
    """Turns formulas into pieces."""

    def __init__(self, writer, sizes):
        self.writer, self.sizes, self.needed = writer, sizes, {}

    # ── small things ──────────────────────────────────────────────────────────────────────────────────────────────

    def number(self, value):
        if isinstance(value, Fraction) and value.denominator == 1:
            return self.writer.code(str(value.numerator), level=MINUS if value < 0 else ATOM)
        if isinstance(value, Fraction) and value.denominator & (value.denominator - 1):
            exact = f"{float(value)!r}"
            if Fraction(exact) == value and len(exact) < 8:
                return self.writer.code(exact, level=MINUS if value < 0 else ATOM)
            return self.writer.code(f"{value.numerator} / {value.denominator}", level=PRODUCT)
        return self.writer.code(repr(float(value)), level=MINUS if value < 0 else ATOM)

    def size_text(self, size):
        """A size in Python; the names it needs are noted."""
        for name in size.names:
            self.needed[name] = True
        parts = []
        for names, count in sorted(size.terms, key=lambda term: term[1] < 0):
            factors = ([] if abs(count) == 1 and names else [str(abs(count))]) + [self.sizes[name] for name in names]
            parts.append((" - " if count < 0 else " + ") + " * ".join(factors))
        text = "".join(parts) or " + 0"
        return text.removeprefix(" + ") if text.startswith(" + ") else "-" + text.removeprefix(" - ")

    def size(self, size):
        level = ATOM if re.fullmatch(r"\w+", self.size_text(size)) else PRODUCT if len(size.terms) == 1 else SUM
        return self.writer.code(self.size_text(size), level=level)

    def shape_text(self, shape):
        """A shape as NumPy writes it, without the axes of length one."""
        axes = [self.size_text(length) for length in shape if length is not ONE]
        return axes[0] if len(axes) == 1 else f"({', '.join(axes)})"

    def times(self, left, right):
        """Left * right, for code; None is one."""
        if left is None or right is None:
            return left or right
        if left.template == "1":
            return right
        if right.template == "{0} / {1}" and right.args[0].template == "1":
            return self.over(left, right.args[1])
        return self.writer.code("{0} * {1}", left, right, level=PRODUCT, needs=(PRODUCT, MINUS))

    def over(self, above, below):
        return self.writer.code("{0} / {1}", above, below, level=PRODUCT, needs=(PRODUCT, MINUS))

    def negative(self, code):
        if code.template == "-{0}":
            return code.args[0]
        return self.writer.code("-{0}", code, level=MINUS, needs=POWER)

    def add(self, left, right, minus=False):
        if minus:
            return self.writer.code("{0} - {1}", left, right, level=SUM, needs=(SUM, PRODUCT))
        return self.writer.code("{0} + {1}", left, right, level=SUM, needs=(SUM, PRODUCT))

    def column(self, code):
        return self.writer.code("{0}[:, None]", code, needs=ATOM)

    def turned(self, code):
        return code.args[0] if code.template == "{0}.T" else self.writer.code("{0}.T", code, needs=ATOM)

    def index(self, index, length):
        """An index in Python; the negative of one counts from the end."""
        if isinstance(index, Size):
            from_end = (index - length).number
            return (
                str(from_end)
                if from_end is not None and from_end < 0 and index.number is None
                else self.size_text(index)
            )
        return str(index)

    # ── the factor in front ───────────────────────────────────────────────────────────────────────────────────────

    def factor(self, piece):
        """What stands before the array, as code, or None for one."""
        number = None if piece.number == 1 else self.number(piece.number)
        return self.times(number, piece.scalar)

    def plain(self, piece):
        """The piece with its factor multiplied in and booleans made numbers; constants keep it apart."""
        if piece.form in ("constant", "multiple"):
            return piece
        code = self.numbers(piece)
        if piece.form == "unit" or (piece.number == 1 and piece.scalar is None):
            return piece._replace(code=code, mask=False)
        if code.template == "np.outer({0}, {1})":  # cheaper in the vector
            column, row = code.args
            return Piece(
                piece.form, self.writer.call("np.outer", self.plain(piece._replace(form="full", code=column)).code, row)
            )
        if piece.number == -1 and piece.scalar is None:
            return Piece(piece.form, self.negative(code))
        return Piece(piece.form, self.times(self.factor(piece), code))

    def numbers(self, piece):
        """The code of a piece, with a mask as ones and zeros."""
        if not piece.mask:
            return piece.code
        return self.writer.code("{0} * 1.0", piece.code, level=PRODUCT, needs=PRODUCT)

    def scaled(self, piece, number=1, scalar=None):
        """A piece times a number and a scalar."""
        return piece._replace(number=piece.number * number, scalar=self.times(scalar, piece.scalar))

    def bare(self, piece):
        """A piece without its factor."""
        return piece._replace(number=1, scalar=None)

    def with_factor_of(self, piece, *others):
        """A piece times the factors of others."""
        for other in others:
            piece = self.scaled(piece, other.number, other.scalar)
        return piece

    # ── forms ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def spread(self, piece):
        """Code that broadcasts to the matrix or vector which the piece stands for."""
        piece = self.plain(piece)
        if piece.form == "constant":
            return self.factor(piece) or self.number(Fraction(1))
        return self.column(piece.code) if piece.form == "column" else piece.code

    def full(self, piece, shape):
        """The array itself, as code."""
        piece, write = self.plain(piece), self.writer.code
        if piece.form == "full":
            return piece.code
        if piece.form == "diagonal":
            return self.writer.call("np.diag", piece.code)
        if piece.form == "multiple":
            return self.times(self.factor(piece), write(f"np.eye({self.size_text(shape[0])})"))
        if piece.form == "row":
            return write(f"np.tile({{0}}, ({self.size_text(shape[0])}, 1))", piece.code)
        if piece.form == "column":
            return write(f"np.tile({{0}}, {self.size_text(shape[1])})", self.column(piece.code))
        if piece.form == "unit":
            unit = write(f"§ = np.zeros({self.shape_text(shape)})\n§[{piece.code.template}] = 1")
            return self.times(self.factor(piece), unit)
        factor = self.factor(piece)
        if factor is None or (piece.scalar is None and piece.number == 0):
            return write(f"np.{'zeros' if factor else 'ones'}({self.shape_text(shape)})")
        return self.times(factor, write(f"np.ones({self.shape_text(shape)})"))

    def densified(self, piece, shape):
        """A piece in which diagonals and unit vectors have become arrays."""
        if piece.form in ("diagonal", "multiple", "unit"):
            return self.with_factor_of(Piece("full", self.full(self.bare(piece), shape)), piece)
        return piece

    def merged(self, pieces):
        """The form of what pieces of several forms broadcast to."""
        extent = 0
        for piece in pieces:
            extent |= _EXTENT[piece.form]
        return _FORM[extent]

    def fitted(self, form, piece):
        """Code for a piece inside an array of another form; a column gets its second axis where it meets rows."""
        return self.spread(piece) if form == "full" or piece.form == "constant" else self.plain(piece).code

    def map(self, piece, shape, make, mask=False):
        """An entrywise function of a piece; rows and columns stay what they are."""
        piece = self.densified(piece, shape)
        if piece.form == "constant":
            code = make(self.factor(piece) or self.number(Fraction(1)))
            return Piece(
                "constant", None, 1, self.writer.code("{0} * 1.0", code, level=PRODUCT, needs=PRODUCT) if mask else code
            )
        return Piece(piece.form, make(self.plain(piece).code), mask=mask)

    # ── products ──────────────────────────────────────────────────────────────────────────────────────────────────

    def product(self, formula, pieces):
        """A chain of factors: cut where an inner size is one, each part from its cheaper end."""
        chains, factors = [], list(zip(pieces, [f.shape for f in formula.args], strict=True))
        for piece, shape in factors:
            if chains and shape[0] is not ONE:
                chains[-1].append((piece, shape))
            else:
                chains.append([(piece, shape)])
        parts = [self.chain(chain) for chain in chains]
        column = row = None
        number, scalar = Fraction(1), None
        for piece, shape in parts:
            if shape == (ONE, ONE):
                number, scalar = (
                    number * piece.number,
                    self.times(scalar, self.times(piece.scalar, self.numbers(piece))),
                )
            elif shape[1] is ONE:
                column = piece, shape
            elif shape[0] is ONE:
                row = piece, shape
            else:
                return self.scaled(piece, number, scalar)
        if column and row:
            whole = self.outer(*column, *row)
        elif column or row:
            whole = (column or row)[0]
        else:
            return Piece("full", scalar or self.number(Fraction(1)), number)
        return self.scaled(whole, number, scalar)

    def chain(self, factors):
        factors = list(factors)
        from_right = factors[-1][1][1] is ONE
        while len(factors) > 1:
            at = len(factors) - 2 if from_right else 0
            (a, left), (b, right) = factors[at : at + 2]
            factors[at : at + 2] = [(self.matmul(a, left, b, right), (left[0], right[1]))]
        return factors[0]

    def outer(self, a, left, b, right):
        """A column times a row."""
        shape = left[0], right[1]
        if a.form == "unit" or b.form == "unit":
            if b.form == "unit" and a.form == "unit":
                place, value = f"{a.code.template}, {b.code.template}", self.number(Fraction(1))
            elif a.form == "unit":
                place, value = a.code.template, self.spread(b)
            else:
                place, value = f":, {b.code.template}", self.spread(a)
            whole = self.writer.code(f"§ = np.zeros({self.shape_text(shape)})\n§[{place}] = {{0}}", value)
            return self.with_factor_of(Piece("full", whole), *[p for p in (a, b) if p.form == "unit"])
        if a.form == "constant" and b.form == "constant":
            return self.with_factor_of(a, b)
        if a.form == "constant":
            return self.with_factor_of(Piece("row", self.numbers(b)), a, b)
        if b.form == "constant":
            return self.with_factor_of(Piece("column", self.numbers(a)), a, b)
        factored = self.plain(
            self.with_factor_of(self.bare(a), a, b)
        )  # the factor goes to the vector, where it is cheap
        return Piece("full", self.writer.call("np.outer", factored.code, self.numbers(b)))

    def matmul(self, a, left, b, right):
        """The product of two pieces whose inner size is not one."""
        shape = left[0], right[1]
        if a.form == "multiple":
            return self.with_factor_of(b, a)
        if b.form == "multiple":
            return self.with_factor_of(a, b)
        if a.form == "diagonal":
            if right[1] is ONE:
                return self.entrywise([self.densified(b, right), a._replace(form="full")], right)
            return self.entrywise([a._replace(form="column"), b], right)
        if b.form == "diagonal":
            if left[0] is ONE:
                return self.entrywise([self.densified(a, left), b._replace(form="full")], left)
            return self.entrywise([a, b._replace(form="row")], left)
        if a.form == "unit":
            b = self.densified(b, right)
            if b.form in ("constant", "column"):
                return self.picked(b, a, (ONE, right[1]))
            if b.form == "row":
                return self.with_factor_of(b._replace(form="full"), a)
            return self.with_factor_of(
                b._replace(code=self.writer.code(f"{{0}}[{a.code.template}]", b.code, needs=ATOM)), a
            )
        if b.form == "unit":
            if a.form in ("constant", "row"):
                return self.picked(a, b, (left[0], ONE))
            if a.form == "column":
                return self.with_factor_of(a._replace(form="full"), b)
            place = b.code.template if left[0] is ONE else f":, {b.code.template}"
            return self.with_factor_of(a._replace(code=self.writer.code(f"{{0}}[{place}]", a.code, needs=ATOM)), b)
        inner = left[1]
        if a.form in ("row", "column", "constant") and left[0] is not ONE:  # each row the same, or each row constant
            across = {"row": Piece("full", a.code), "column": Piece("constant"), "constant": Piece("constant")}[a.form]
            rest = self.matmul(across._replace(mask=a.mask and a.form == "row"), (ONE, inner), b, right)
            down = Piece("full", a.code, mask=a.mask) if a.form == "column" else Piece("constant")
            return self.with_factor_of(self.dyad(down, rest, shape), a)
        if b.form in ("row", "column", "constant") and right[1] is not ONE:
            down = {"column": Piece("full", b.code), "row": Piece("constant"), "constant": Piece("constant")}[b.form]
            rest = self.matmul(a, left, down._replace(mask=b.mask and b.form == "column"), (inner, ONE))
            across = Piece("full", b.code, mask=b.mask) if b.form == "row" else Piece("constant")
            return self.with_factor_of(self.dyad(rest, across, shape), b)
        if a.form == "constant" and b.form == "constant":
            return self.with_factor_of(Piece(*self.one(shape), 1, self.size(inner)), a, b)
        if a.form == "constant":  # 1ᵀ B
            return self.with_factor_of(Piece("full", self.sum(b.code, None if right[1] is ONE else 0)), a, b)
        if b.form == "constant":  # A 1
            return self.with_factor_of(Piece("full", self.sum(a.code, None if left[0] is ONE else 1)), a, b)
        if left[0] is not ONE and right[1] is not ONE:  # the factor goes to the left matrix, as in 2 * A @ B
            return self.with_factor_of(Piece("full", self.at(self.plain(a).code, self.numbers(b))), b)
        return self.with_factor_of(Piece("full", self.at(self.numbers(a), self.numbers(b))), a, b)

    def at(self, left, right):
        return self.writer.code("{0} @ {1}", left, right, level=PRODUCT, needs=(PRODUCT, MINUS))

    def one(self, shape):
        return ("full", self.number(Fraction(1))) if shape == (ONE, ONE) else ("constant", None)

    def picked(self, whole, unit, shape):
        """A line of a constant, or across the rows or columns that are constant; `shape` is that of the line."""
        if whole.form == "constant":
            return self.with_factor_of(Piece(*self.one(shape)), whole, unit)
        entry = self.writer.code(f"{{0}}[{unit.code.template}]", self.numbers(whole), needs=ATOM)
        return self.with_factor_of(Piece("constant", None, 1, entry), whole, unit)

    def dyad(self, column, row, shape):
        """A column times a row, either of which may have length one."""
        if ONE in shape:
            vector, single = (row, column) if shape[0] is ONE else (column, row)
            scalar = None if single.form == "constant" else self.numbers(single)
            return self.scaled(
                self.with_factor_of(vector, self.bare(single)), single.number, self.times(scalar, single.scalar)
            )
        return self.outer(column, (shape[0], ONE), row, (ONE, shape[1]))

    def sum(self, code, axis=None):
        if code.template == "{0}.T":
            return self.sum(code.args[0], None if axis is None else 1 - axis)
        return self.writer.code("{0}.sum()" if axis is None else f"{{0}}.sum(axis={axis})", code, needs=ATOM)

    # ── entrywise ─────────────────────────────────────────────────────────────────────────────────────────────────

    def entrywise(self, pieces, shape, below=()):
        """The entrywise product of pieces, divided by those in `below`."""
        diagonals = [piece for piece in pieces if piece.form in ("diagonal", "multiple")]
        if diagonals:
            on_diagonal = [self.diagonal_of(piece, shape) for piece in (*pieces, *below)]
            ups, downs = on_diagonal[: len(pieces)], on_diagonal[len(pieces) :]
            inner = self.entrywise(ups, (shape[0], ONE), downs)
            return inner._replace(form="multiple" if inner.form == "constant" else "diagonal")
        pieces = [self.densified(piece, shape) for piece in pieces]
        below = [self.densified(piece, shape) for piece in below]
        form = self.merged([*pieces, *below])
        result = self.with_factor_of(Piece("constant"), *pieces)
        for piece in below:
            if piece.form == "constant":
                inverse = self.factor(piece)
                result = self.scaled(result, 1, self.over(self.number(Fraction(1)), inverse)) if inverse else result
        code, mask = None, None
        for piece in sorted(pieces, key=lambda piece: _EXTENT[piece.form]):  # small arrays first
            if piece.form != "constant":
                if piece.mask and (mask or shape == (ONE, ONE)):
                    piece = Piece(piece.form, self.numbers(piece))
                part = self.column(piece.code) if piece.form == "column" and form == "full" else piece.code
                mask = piece.mask if mask is None else False
                code = self.times(code, part)
        for piece in below:
            if piece.form != "constant":
                part = self.fitted(form, piece)
                code = self.over(code or self.number(Fraction(1)), part)
                mask = False
        return result._replace(form=form, code=code, mask=bool(mask))

    def diagonal_of(self, piece, shape):
        """The diagonal of a square piece, as a vector."""
        if piece.form in ("diagonal", "row", "column"):
            return piece._replace(form="full")
        if piece.form in ("multiple", "constant"):
            return piece._replace(form="constant")
        code = piece.code
        if code.template == "{0} @ {1}":  # the rest of the product is not needed
            rows = self.times(code.args[0], self.turned(code.args[1]))
            return piece._replace(code=self.sum(rows, 1))
        if code.template == "np.outer({0}, {1})":
            return piece._replace(code=self.times(*code.args))
        return piece._replace(code=self.writer.call("np.diag", code))

    def combination(self, formula, pieces):
        """A sum of pieces with coefficients."""
        shape = formula.shape
        terms = [self.scaled(piece, c) for c, piece in zip(formula.data, pieces, strict=True)]
        if len(terms) == 1:
            return terms[0]
        forms = {term.form for term in terms}
        if forms <= {"diagonal", "multiple"} and shape != (ONE, ONE):
            vectors = [t._replace(form="full" if t.form == "diagonal" else "constant") for t in terms]
            inner = self.added(vectors, (shape[0], ONE))
            return inner._replace(form="multiple" if inner.form == "constant" else "diagonal")
        return self.added([self.densified(term, shape) for term in terms], shape)

    def added(self, terms, shape):
        common = abs(terms[0].number)
        if common == 0 or any(abs(term.number) != common for term in terms):
            common = 1
        terms = [term._replace(number=term.number / common if common != 1 else term.number) for term in terms]
        if terms[0].number < 0 and any(term.number > 0 for term in terms):
            first = next(i for i, term in enumerate(terms) if term.number > 0)
            terms.insert(0, terms.pop(first))
        form, code = self.merged(terms), None
        for term in terms:
            minus = code is not None and term.number < 0
            part = self.fitted(form, self.scaled(term, -1 if minus else 1))
            code = part if code is None else self.add(code, part, minus)
        return Piece("constant", None, common, code) if form == "constant" else Piece(form, code, common)


# ── one row per operation ─────────────────────────────────────────────────────────────────────────────────────────


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


_MASKS = {"positive": "{0} > 0", "nonnegative": "{0} >= 0"}


def _elementwise(make, formula, pieces):
    name, write = formula.data, make.writer.code
    if name in _MASKS:
        return make.map(
            pieces[0], formula.shape, lambda code: write(_MASKS[name], code, level=ANY, needs=SUM), mask=True
        )
    if name == "sigmoid":
        return make.map(pieces[0], formula.shape, lambda code: _sigmoid(make, code))
    template = {"softplus": "np.logaddexp(0, {0})", "relu": "np.maximum({0}, 0)"}.get(name)
    if template is None and name in _NUMPY_NAMES:
        template = f"np.{name}({{0}})"
    if template is not None:
        return make.map(pieces[0], formula.shape, lambda code: write(template, code))
    return make.map(pieces[0], formula.shape, lambda code: _registered(make, name, code))


_NUMPY_NAMES = ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arctan", "abs", "sign")


def _registered(make, name, code):
    """A function registered as a SymPy expression, part by part, so that f and f′ share what they have in common."""
    import sympy

    from derivations.notation.sympy_functions import expression_of

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
            spelled = f"arc{spelled[1:]}" if spelled in _ARCS else spelled
            if spelled == "erf":
                raise DerivationError(f"{name} uses erf, which NumPy lacks: there is no source that needs NumPy alone")
            known[part] = make.writer.call(f"np.{spelled}", known[part.args[0]])
    return known[expression]


_ARCS = ("asin", "acos", "atan", "asinh", "acosh", "atanh")


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
    if piece.form == "row":
        return piece._replace(form="column")
    if piece.form == "column":
        return piece._replace(form="row")
    if piece.form == "full" and ONE not in formula.shape:
        return piece._replace(code=make.turned(piece.code))
    return piece


def _inverse(make, formula, pieces):
    (piece,) = pieces
    if piece.form in ("diagonal", "multiple"):
        vector = piece._replace(form="full" if piece.form == "diagonal" else "constant")
        inner = make.map(vector, (formula.shape[0], ONE), lambda code: make.over(make.number(Fraction(1)), code))
        return inner._replace(form=piece.form)
    code = make.full(piece, formula.shape)
    if code.template == "{0}.T":
        return Piece("full", make.turned(make.writer.call("np.linalg.inv", code.args[0])))
    return Piece("full", make.writer.call("np.linalg.inv", code))


def _trace(make, formula, pieces):
    (piece,), shape = pieces, formula.args[0].shape
    if piece.form == "full" and piece.code.template not in ("{0} @ {1}", "np.outer({0}, {1})"):
        return piece._replace(code=make.writer.call("np.trace", make.numbers(piece)), mask=False)
    if piece.form == "full" and piece.code.template == "{0} @ {1}":
        left, right = piece.code.args
        return piece._replace(code=make.writer.call("np.sum", make.times(left, make.turned(right))))
    return _total(make, make.diagonal_of(piece, shape), (shape[0], ONE))


def _total(make, piece, shape):
    """The sum of all entries."""
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
        return piece._replace(form="multiple")
    return make.densified(piece, formula.args[0].shape)._replace(form="diagonal")


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
    code = make.numbers(piece._replace(code=code)) if piece.form == "full" else code
    if ONE in formula.shape:
        code = make.writer.code("{0}.ravel()", code, needs=ATOM) if ONE not in shape else code
    else:
        axes = ", ".join(make.size_text(length) for length in formula.shape)
        code = make.writer.code(f"{{0}}.reshape({axes})", code, needs=ATOM)
    return make.with_factor_of(Piece("full", code), piece) if piece.form == "full" else Piece("full", code)


def _place(make, ranges, shape):
    """An index for the rows and columns of two ranges; a range of one is an index, so that its axis goes."""
    entries = []
    for (start, stop), length in zip(ranges, shape, strict=True):
        if length is ONE:
            continue
        if (stop - start) is ONE:
            entries.append(make.index(start, length))
        else:
            first = "" if start.number == 0 else make.index(start, length)
            last = "" if stop is length else make.index(stop, length)
            entries.append(f"{first}:{last}")
    while len(entries) > 1 and entries[-1] == ":":
        entries.pop()
    return ", ".join(entries) or "..."


def _part(make, formula, pieces):
    inside = formula.args[0].shape
    code = make.full(pieces[0], inside)
    return Piece("full", make.writer.code(f"{{0}}[{_place(make, formula.data, inside)}]", code, needs=ATOM))


def _placed(make, formula, pieces):
    value = make.full(pieces[0], formula.args[0].shape)
    zeros = f"§ = np.zeros({make.shape_text(formula.shape)})\n"
    return Piece("full", make.writer.code(f"{zeros}§[{_place(make, formula.data, formula.shape)}] = {{0}}", value))


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


def _matrix_of(make, formula, pieces):
    """The matrix of a linear operation that has no name of its own: a column for each entry of its argument."""
    inner, index = formula.data
    shape, write = inner.args[index].shape, make.writer.code
    if inner.operation == "placed":
        left, right = (
            f"np.eye({make.size_text(length)})[:, {make.size_text(start)}:{make.size_text(stop)}]"
            for (start, stop), length in zip(inner.data, inner.shape, strict=True)
        )
        return Piece("full", write(f"np.kron({left}, {right})"))
    count = make.size_text(shape[0] * shape[1])
    axes = ", ".join(make.size_text(length) for length in shape if length is not ONE)
    basis = write(f"unit.reshape({axes})")
    others = [Piece("full", make.full(p, f.shape)) for p, f in zip(pieces, formula.args, strict=True)]
    arguments = [*others[:index], Piece("full", basis), *others[index:]]
    if inner.operation == "kronecker":
        column = _kronecker(make, inner, arguments).code
    else:
        whole, factor = (p.code for p in arguments)
        column = _kronecker_adjoint_code(make, inner.data, inner.shape, whole, factor, inner.args[1].shape)
    return Piece("full", _columns(make, column, basis, count))


def _columns(make, column, basis, count):
    """``np.stack([… for e in np.eye(n)], axis=1)``: the columns are written inside the brackets."""
    others = [code for code in column.args if code is not basis]
    template = column.template
    for i, argument in enumerate(column.args):
        inside = argument.template.format(*[f"{{{len(others)}}}"] * len(argument.args)) if argument is basis else None
        template = template.replace(f"{{{i}}}", f"<{i}>")
        if inside is not None:
            template = template.replace(f"<{i}>", inside)
    for i, argument in enumerate(column.args):
        if argument is not basis:
            template = template.replace(f"<{i}>", f"{{{others.index(argument)}}}")
    return make.writer.code(f"np.stack([{template}.ravel() for unit in np.eye({count})], axis=1)", *others, needs=ATOM)


def _named(make, formula, pieces):
    (piece,) = pieces
    if piece.form in ("full", "row", "column") and piece.code.args:
        piece = make.plain(piece)
        if piece.code not in make.writer.labels:
            make.writer.labels[piece.code] = make.writer.fresh(formula.data)
    return piece


_LOWER = {
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
    "matrix of": _matrix_of,
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
    "determinant": _call("np.linalg.det"),
    "log determinant": _log_determinant,
    "norm": _call("np.linalg.norm"),
    "diag": _diag,
    "diagonal": lambda make, f, p: make.diagonal_of(p[0], f.args[0].shape),
    "kronecker": _kronecker,
    "kronecker adjoint": _kronecker_adjoint,
    "reshape": _reshape,
    "part": _part,
    "placed": _placed,
    "softmax": _softmax,
    "log-sum-exp": _log_sum_exp,
}


# ── the function ──────────────────────────────────────────────────────────────────────────────────────────────────


def source(derivative, name="gradient"):
    """The source of a function that computes a derivative with NumPy alone.

    Parameters
    ----------
    derivative : Derivative
    name : str
        The name of the function.

    Returns
    -------
    str
        A complete ``def``, which needs ``import numpy as np``. Its parameters are the arrays that the formula needs, in
        the order in which they were declared; a size that no array tells is a keyword parameter.

    Raises
    ------
    ValueError
        If `name` is not a name in Python.
    """
    if not name.isidentifier() or keyword.iskeyword(name):
        raise ValueError(f"{name!r} is not a name for a function")
    formula, order = derivative.formula, ordered([derivative.formula])
    declared = list({symbol.data[0]: symbol for symbol in derivative.symbols}.values())
    used = {inner.data[0] for inner in order if inner.operation == "symbol"} | set(getattr(derivative, "arguments", ()))
    writer = Writer({"np", "len", "float", "unit"})
    spelled = {symbol.data[0]: writer.fresh(symbol.data[0]) for symbol in declared}
    size_names = dict.fromkeys(n for f in (*declared, *order) for length in f.shape for n in length.names)
    make = _Lowering(writer, {size: writer.fresh(size) for size in size_names})
    make.pieces = {}
    arguments = [writer.code(name) for name in spelled.values()]
    for inner in order:
        if inner.operation == "symbol":
            make.pieces[inner] = _argument(make, inner, spelled[inner.data[0]])
        else:
            make.pieces[inner] = _LOWER[inner.operation](make, inner, [make.pieces[a] for a in inner.args])
    root = _returned(make, make.pieces[formula], formula.shape, derivative.ndim, arguments)
    body = writer.lines(root)
    needed = [n for n in make.needed if any(re.search(rf"\b{re.escape(make.sizes[n])}\b", line) for line in body)]
    arrays = [symbol for symbol in declared if symbol.data[0] in used]
    told, lines = _sizes_told(make, needed, arrays, spelled)
    for symbol in declared:
        if symbol not in arrays and any(size not in told for size in needed):
            more = _sizes_told(make, needed, [*arrays, symbol], spelled)
            if len(more[0]) > len(told):
                arrays = [s for s in declared if s in arrays or s is symbol]
                told, lines = _sizes_told(make, needed, arrays, spelled)
    parameters = [spelled[symbol.data[0]] for symbol in arrays]
    untold = [make.sizes[size] for size in needed if size not in told]
    if untold:
        parameters += ["*", *untold]
    shapes = "".join(f"{spelled[s.data[0]]}: {_words(s.shape, s.data[1])}, " for s in arrays).removesuffix(", ")
    returns = f"returns {_words(formula.shape, derivative.ndim)}"
    text = f'"""{shapes}; {returns}."""' if shapes else f'"""{returns.capitalize()}."""'
    return "\n    ".join([f"def {name}({', '.join(parameters)}):", text, *lines, *body]) + "\n"


def _words(shape, ndim):
    return "scalar" if ndim == 0 else "×".join(str(length) for length in shape[:ndim])


def _argument(make, symbol, name):
    """A parameter: what NumPy holds with more axes than the formula needs loses them."""
    code, ndim, shape = make.writer.code(name), symbol.data[1], symbol.shape
    kept = [length for length in shape if length is not ONE]
    if len(kept) < ndim:
        place = ", ".join("0" if length is ONE else ":" for length in shape[:ndim])
        code = make.writer.code(f"{{0}}[{place}]", code)
    return Piece("full", code)


def _returned(make, piece, shape, ndim, arguments):
    """The result with the axes that NumPy would give it."""
    kept = [length for length in shape if length is not ONE]
    code = make.full(piece, shape)
    if not kept and not any(inner in arguments for inner in ordered([code])):
        code = make.writer.call("float", code)  # of sizes and numbers alone
    if len(kept) == ndim:
        return code
    if not kept:
        return make.writer.call("np.full", make.writer.code("(1, 1)" if ndim == 2 else "1"), code)
    if ndim == 2:
        return make.column(code) if shape[1] is ONE else make.writer.code("{0}[None, :]", code, needs=ATOM)
    return code


def _sizes_told(make, needed, arrays, spelled):
    """The sizes that the shapes of arrays tell, and the lines that read them."""
    told, lines, wanted = {}, [], dict.fromkeys(needed)
    for symbol in arrays:
        axes = symbol.shape[: symbol.data[1]]
        single = [_single(axis) for axis in axes]
        fresh = [n for n in single if n in wanted and n not in told]
        if len(axes) == 2 and len(set(fresh)) == 2:
            lines.append(f"{make.sizes[single[0]]}, {make.sizes[single[1]]} = {spelled[symbol.data[0]]}.shape")
        elif fresh:
            lines.append(f"{make.sizes[fresh[0]]} = {_length(spelled[symbol.data[0]], axes, single.index(fresh[0]))}")
        told.update(dict.fromkeys(fresh))
    progress = True
    while progress:
        progress = False
        for symbol in arrays:
            axes = symbol.shape[: symbol.data[1]]
            for at, axis in enumerate(axes):
                unknown = [n for n in axis.names if n not in told]
                if len(unknown) != 1 or len(axis.terms) != 1 or axis.terms[0][0].count(unknown[0]) != 1:
                    continue
                (names, count), length = axis.terms[0], _length(spelled[symbol.data[0]], axes, at)
                others = [str(count)] * (count != 1) + [make.sizes[n] for n in names if n != unknown[0]]
                helpful = unknown[0] in wanted or any(
                    unknown[0] in a.names for s in arrays for a in s.shape if a is not axis
                )
                if helpful and all(n in told for n in names if n != unknown[0]):
                    divisor = others[0] if len(others) == 1 else f"({' * '.join(others)})"
                    lines.append(f"{make.sizes[unknown[0]]} = {length}" + (f" // {divisor}" if others else ""))
                    told[unknown[0]] = None
                    progress = True
    return told, lines


def _length(name, axes, at):
    return f"len({name})" if len(axes) == 1 else f"{name}.shape[{at}]"


def _single(axis):
    """The name of a size that is just a name."""
    return axis.names[0] if len(axis.names) == 1 and str(axis) == axis.names[0] else None
