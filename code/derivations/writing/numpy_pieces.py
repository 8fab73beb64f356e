"""Pieces of NumPy code: what stands for a matrix in the idiom of NumPy, and how pieces are put together.

Inside formulas everything is a matrix. NumPy code that a person writes says the same with less: a vector has one
axis, x yᵀ is ``np.outer(x, y)``, 1bᵀ added to a batch is ``+ b``, Diag(v) A is ``v[:, None] * A`` and Aᵀ1 is
``A.sum(axis=0)``. A `Piece` is code, and the form in which it stands for a matrix (a row repeated down, a diagonal, …).
Matrices that need not be built are never built. Code is a graph, in which equal code is one object.
"""

import keyword
import re
import unicodedata
from collections import Counter
from fractions import Fraction
from typing import NamedTuple

from derivations.formulas import names
from derivations.formulas.expression import ONE, Size, ordered
from derivations.formulas.table import FIXED
from derivations.writing.printing import of_pi

ANY, SUM, PRODUCT, MINUS, POWER, ATOM = range(6)
_LONG = 72  # code longer than this gets a line of its own


# ── code ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class Code:
    """An expression in NumPy: a template with the places of its arguments, and how closely it binds."""

    __slots__ = ("args", "level", "needs", "template")


class Writer:
    """Makes code, each expression once, and writes it down as the lines of a function."""

    def __init__(self, taken):
        self.made, self.labels, self.hints, self.taken = {}, {}, {}, set(taken)

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
                label = label or self.hints.get(code)
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
    name = re.sub(r"\W", "_", unicodedata.normalize("NFKC", names.python(name)))
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
    map         a fixed linear map, its matrix as code       (does not occur)
    ==========  ===========================================  ====================
    """

    form: str
    code: Code | None = None
    number: Fraction | float = 1
    scalar: Code | None = None
    mask: bool = False
    """Whether the array is of booleans, which multiply like numbers and add unlike them."""

    def but(self, **changes):
        """The same with some of its parts changed."""
        return self._replace(**changes)


_EXTENT = {"constant": 0, "row": 1, "column": 2, "full": 3}
_FORM = {extent: form for form, extent in _EXTENT.items()}


class Lowering:
    """Turns formulas into pieces."""

    def __init__(self, writer, sizes):
        self.writer, self.sizes, self.needed = writer, sizes, {}
        self.unheld = {}
        """From the code of a matrix to the code of the array with more axes that it holds, and those axes."""
        self.maps = {}
        """From the code of a matrix to the fixed maps that it is a sum of: (number, formula, index, transposed)."""

    # ── small things ──────────────────────────────────────────────────────────────────────────────────────────────

    def number(self, value):
        """A number, as a fraction where that is exact."""
        if isinstance(value, Fraction) and value.denominator == 1:
            return self.writer.code(str(value.numerator), level=MINUS if value < 0 else ATOM)
        shown, level = repr(float(value)), MINUS if value < 0 else ATOM
        typed = isinstance(value, Fraction) and Fraction(shown) == value
        if len(shown) > 12 and (found := of_pi(float(value))):
            near, rooted, over = found
            root = self.writer.code("np.sqrt(np.pi)" if rooted else "np.pi")
            return self.over(self.number(near), root) if over else self.times(self.number(near), root)
        if isinstance(value, Fraction) and not typed and value.denominator < 10**6:
            return self.writer.code(f"{value.numerator} / {value.denominator}", level=PRODUCT)
        return self.writer.code(shown, level=level)

    def size_text(self, size):
        """A size in Python; the names it needs are noted."""
        for name in size.names:
            self.needed[name] = True
        parts = []
        for letters, count in sorted(size.terms, key=lambda term: term[1] < 0):
            factors = [] if abs(count) == 1 and letters else [str(abs(count))]
            factors += [self.sizes[letter] for letter in letters]
            parts.append((" - " if count < 0 else " + ") + " * ".join(factors))
        text = "".join(parts) or " + 0"
        return text.removeprefix(" + ") if text.startswith(" + ") else "-" + text.removeprefix(" - ")

    def size(self, size):
        """A size as code."""
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
        if "1" in (left.template, right.template):
            return right if left.template == "1" else left
        if right.template == "{0} / {1}" and right.args[0].template == "1":
            return self.over(left, right.args[1])
        return self.writer.code("{0} * {1}", left, right, level=PRODUCT, needs=(PRODUCT, MINUS))

    def over(self, above, below):
        """A quotient."""
        return self.writer.code("{0} / {1}", above, below, level=PRODUCT, needs=(PRODUCT, MINUS))

    def negative(self, code):
        """The negative."""
        if code.template == "-{0}":
            return code.args[0]
        return self.writer.code("-{0}", code, level=MINUS, needs=POWER)

    def add(self, left, right, minus=False):
        """A sum, or a difference."""
        if minus:
            return self.writer.code("{0} - {1}", left, right, level=SUM, needs=(SUM, PRODUCT))
        return self.writer.code("{0} + {1}", left, right, level=SUM, needs=(SUM, PRODUCT))

    def column(self, code):
        """A vector as a column."""
        return self.writer.code("{0}[:, None]", code, needs=ATOM)

    def turned(self, code):
        """A transpose."""
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

    def with_axes(self, code, shape, axes):
        """The code of an array that is held as a matrix of a shape, with all its axes."""
        axes, kept = [axis for axis in axes if axis is not ONE], [length for length in shape if length is not ONE]
        if axes == kept:
            return code
        if code in self.unheld and self.unheld[code][1] == axes:
            return self.unheld[code][0]
        if len(axes) == 1:
            return self.writer.code("{0}.ravel()", code, needs=ATOM)
        return self.writer.code(f"{{0}}.reshape({', '.join(map(self.size_text, axes))})", code, needs=ATOM)

    def axes_in_order(self, code, letters, order):
        """An array whose axes have these letters, with them in another order."""
        if letters == order:
            return code
        if len(order) == 2:
            return self.turned(code)
        places = ", ".join(str(letters.index(letter)) for letter in order)
        return self.writer.code(f"{{0}}.transpose({places})", code, needs=ATOM)

    def as_held(self, code, axes, shape):
        """The code of an array with these axes as the matrix, or the vector, that holds it."""
        whole = self.unheld[code] if code in self.unheld else (code, [axis for axis in axes if axis is not ONE])
        made = self.with_axes(code, axes, shape)
        if made is not code:
            self.unheld.setdefault(made, whole)
        return made

    # ── the factor in front ───────────────────────────────────────────────────────────────────────────────────────

    def factor(self, piece):
        """What stands before the array, as code, or None for one."""
        number = None if piece.number == 1 else self.number(piece.number)
        return self.times(number, piece.scalar)

    def plain(self, piece):
        """The piece with its factor multiplied in and booleans made numbers; constants keep it apart."""
        if piece.form in ("constant", "multiple"):
            return piece
        if piece.form == "map":
            piece = piece.but(form="full")
        if piece.mask and (piece.number not in (1, -1) or piece.scalar):  # a float times a boolean is a float
            whole = isinstance(piece.number, Fraction | int) and piece.number == int(piece.number)
            number = self.writer.code(repr(float(piece.number)), level=MINUS if piece.number < 0 else ATOM)
            alone = piece.number == 1 or not whole
            factor = self.factor(piece) if alone else self.times(number, piece.scalar)
            return Piece(piece.form, self.times(factor, piece.code))
        code = self.numbers(piece)
        if piece.form == "unit" or (piece.number == 1 and piece.scalar is None):
            return piece.but(code=code, mask=False)
        if code.template == "np.outer({0}, {1})":  # cheaper in the vector
            column, row = code.args
            return Piece(
                piece.form, self.writer.call("np.outer", self.plain(piece.but(form="full", code=column)).code, row)
            )
        if piece.number == -1 and piece.scalar is None:
            return Piece(piece.form, self.negative(code))
        return Piece(piece.form, self.times(self.factor(piece), code))

    def numbers(self, piece):
        """The code of a piece, with a mask as ones and zeros."""
        if not piece.mask:
            return piece.code
        return self.writer.code("{0}.astype(float)", piece.code, needs=ATOM)

    def number_beside(self, piece, other):
        """The code of a piece that meets another in a product, which makes numbers of booleans unless both are."""
        return self.numbers(piece) if other.mask else piece.code

    def scaled(self, piece, number=1, scalar=None):
        """A piece times a number and a scalar."""
        return piece.but(number=piece.number * number, scalar=self.times(scalar, piece.scalar))

    def bare(self, piece):
        """A piece without its factor."""
        return piece.but(number=1, scalar=None)

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
        if piece.form in ("diagonal", "multiple", "unit", "map"):
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
            return Piece("constant", None, 1, self.writer.code("float({0})", code) if mask else code)
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
        """A product of several factors, begun at the end that is a vector."""
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
        a, b = (piece.but(form="full") if piece.form == "map" else piece for piece in (a, b))
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
        return Piece("full", self.writer.call("np.outer", factored.code, self.number_beside(b, factored)))

    def matmul(self, a, left, b, right):
        """The product of two pieces whose inner size is not one."""
        if a.form == "multiple":
            return self.with_factor_of(b, a)
        if b.form == "multiple":
            return self.with_factor_of(a, b)
        if "map" in (a.form, b.form):
            return self.mapped(a, left, b, right)
        if "diagonal" in (a.form, b.form):
            return self.on_a_diagonal(a, left, b, right)
        if a.form == "unit":
            return self.a_row(a, self.densified(b, right), right)
        if b.form == "unit":
            return self.a_column(a, left, b)
        if {a.form, b.form} & {"row", "column", "constant"}:
            return self.of_repeats(a, left, b, right)
        if left[0] is not ONE and right[1] is not ONE:  # the factor goes to the left matrix, as in 2 * A @ B
            return self.with_factor_of(Piece("full", self.at(self.plain(a).code, b.code)), b)
        return self.with_factor_of(Piece("full", self.at(self.number_beside(a, b), b.code)), a, b)

    def on_a_diagonal(self, a, left, b, right):
        """Diag(v) B and A Diag(v): the rows or the columns, each times a number."""
        if a.form == "diagonal":
            if right[1] is ONE:
                return self.entrywise([self.densified(b, right), a.but(form="full")], right)
            return self.entrywise([a.but(form="column"), b], right)
        if left[0] is ONE:
            return self.entrywise([self.densified(a, left), b.but(form="full")], left)
        return self.entrywise([a, b.but(form="row")], left)

    def a_row(self, a, b, right):
        """A row of B, which a unit vector picks."""
        if b.form in ("constant", "column"):
            return self.picked(b, a, (ONE, right[1]))
        if b.form == "row":
            return self.with_factor_of(b.but(form="full"), a)
        code = self.writer.code(f"{{0}}[{a.code.template}]", b.code, needs=ATOM)
        return self.with_factor_of(b.but(code=code), a)

    def a_column(self, a, left, b):
        """A column of A, which a unit vector picks."""
        if a.form in ("constant", "row"):
            return self.picked(a, b, (left[0], ONE))
        if a.form == "column":
            return self.with_factor_of(a.but(form="full"), b)
        place = b.code.template if left[0] is ONE else f":, {b.code.template}"
        return self.with_factor_of(a.but(code=self.writer.code(f"{{0}}[{place}]", a.code, needs=ATOM)), b)

    def of_repeats(self, a, left, b, right):
        """A product in which a factor repeats a row, a column or a number."""
        shape, inner = (left[0], right[1]), left[1]
        if a.form in ("row", "column", "constant") and left[0] is not ONE:  # each row the same, or each row constant
            across = {"row": Piece("full", a.code), "column": Piece("constant"), "constant": Piece("constant")}[a.form]
            rest = self.matmul(across.but(mask=a.mask and a.form == "row"), (ONE, inner), b, right)
            down = Piece("full", a.code, mask=a.mask) if a.form == "column" else Piece("constant")
            return self.with_factor_of(self.dyad(down, rest, shape), a)
        if b.form in ("row", "column", "constant") and right[1] is not ONE:
            down = {"column": Piece("full", b.code), "row": Piece("constant"), "constant": Piece("constant")}[b.form]
            rest = self.matmul(a, left, down.but(mask=b.mask and b.form == "column"), (inner, ONE))
            across = Piece("full", b.code, mask=b.mask) if b.form == "row" else Piece("constant")
            return self.with_factor_of(self.dyad(rest, across, shape), b)
        if a.form == "constant" and b.form == "constant":
            return self.with_factor_of(Piece(*self.one(shape), 1, self.size(inner)), a, b)
        if a.form == "constant":  # 1ᵀ B
            return self.with_factor_of(Piece("full", self.sum(b.code, None if right[1] is ONE else 0)), a, b)
        # A 1
        return self.with_factor_of(Piece("full", self.sum(a.code, None if left[0] is ONE else 1)), a, b)

    def mapped(self, a, left, b, right):
        """A fixed linear map of a matrix, without its matrix: S A along the first axis, A S along the second."""
        first = a.form == "map"
        (piece, other), shape = ((a, b), right) if first else ((b, a), left)
        result = left[0], right[1]
        axis = 0 if first or shape[0] is ONE else 1
        other = self.densified(other, shape)
        array, whole = self.full(self.bare(other), shape), None
        for number, formula, index, turned in self.maps[piece.code]:
            row = FIXED[formula.data[0]]
            template = row.adjoint if turned == first else row.applied
            code = self.of_map(formula, template, array, index, axis, result)
            minus = whole is not None and number < 0
            code = self.plain(Piece("full", code, -number if minus else number)).code
            whole = code if whole is None else self.add(whole, code, minus)
        return self.with_factor_of(Piece("full", whole), piece, other)

    def of_map(self, formula, template, array, index, axis, shape):
        """The text of a fixed linear map in NumPy, filled in."""
        name, *data = formula.data
        texts = [self.size_text(entry) if isinstance(entry, Size) else str(entry) for entry in data]
        lead = ":, " * axis
        fields = dict(zip("abcd", texts, strict=False)) | {
            "axis": axis, "lead": lead, "shape": self.shape_text(shape), "rows": self.size_text(formula.shape[0]),
            "columns": self.size_text(formula.shape[1]), "place": "(slice(None), {1})" if axis else "{1}",
        }  # fmt: skip
        if name == "rows":
            start, stop = data
            fields["first"] = "" if start.number == 0 else self.index(start, formula.shape[1])
            fields["last"] = "" if stop is formula.shape[1] else self.index(stop, formula.shape[1])
        if name == "roll":
            fields["minus"] = str(-data[0])
        filled = re.sub(r"\{([a-z]+)\}", lambda found: str(fields[found[1]]), template)
        both = [code for code in (array, index) if code is not None]
        if array is None:
            filled = filled.replace("{1}", "{0}")
        level = MINUS if filled.startswith("-") else ATOM
        return self.writer.code(filled, *both, level=level, needs=ATOM if filled.startswith("{0}[") else ANY)

    def at(self, left, right):
        """A matrix product."""
        return self.writer.code("{0} @ {1}", left, right, level=PRODUCT, needs=(PRODUCT, MINUS))

    def one(self, shape):
        """The form and the code of a matrix of ones."""
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
        """A sum of all entries, or along an axis."""
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
            return inner.but(form="multiple" if inner.form == "constant" else "diagonal")
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
        return result.but(form=form, code=code, mask=bool(mask))

    def diagonal_of(self, piece, shape):
        """The diagonal of a square piece, as a vector."""
        if piece.form in ("diagonal", "row", "column"):
            return piece.but(form="full")
        if piece.form in ("multiple", "constant"):
            return piece.but(form="constant")
        code = piece.code
        if code.template == "{0} @ {1}":  # the rest of the product is not needed
            rows = self.times(code.args[0], self.turned(code.args[1]))
            return piece.but(code=self.sum(rows, 1))
        if code.template == "np.outer({0}, {1})":
            return piece.but(code=self.times(*code.args))
        return piece.but(code=self.writer.call("np.diag", code))

    def combination(self, formula, pieces):
        """A sum of pieces with coefficients."""
        shape = formula.shape
        terms = [self.scaled(piece, c) for c, piece in zip(formula.data, pieces, strict=True)]
        if len(terms) == 1:
            return terms[0]
        forms = {term.form for term in terms}
        if forms == {"map"} and all(term.scalar is None for term in terms):
            whole = self.added([term.but(form="full") for term in terms], shape)
            made = self.plain(whole).code
            self.maps[made] = [
                (term.number * number, *rest) for term in terms for number, *rest in self.maps[term.code]
            ]
            return Piece("map", made)
        if forms <= {"diagonal", "multiple"} and shape != (ONE, ONE):
            vectors = [t.but(form="full" if t.form == "diagonal" else "constant") for t in terms]
            inner = self.added(vectors, (shape[0], ONE))
            return inner.but(form="multiple" if inner.form == "constant" else "diagonal")
        return self.added([self.densified(term, shape) for term in terms], shape)

    def added(self, terms, shape):
        """A sum of pieces of one form, a common factor outside."""
        common = abs(terms[0].number)
        if common == 0 or any(abs(term.number) != common for term in terms):
            common = 1
        terms = [term.but(number=term.number / common if common != 1 else term.number) for term in terms]
        if terms[0].number < 0 and any(term.number > 0 for term in terms):
            first = next(i for i, term in enumerate(terms) if term.number > 0)
            terms.insert(0, terms.pop(first))
        form, code, beside = self.merged(terms), None, terms[1] if len(terms) > 1 else terms[0]
        for term in terms:
            minus = code is not None and term.number < 0
            term = self.scaled(term, -1 if minus else 1)
            if term.mask and term.number == 1 and term.scalar is None and beside.form != "constant" and not beside.mask:
                term = term.but(mask=False)  # what it is added to makes a number of it
            beside = term
            part = self.fitted(form, term)
            code = part if code is None else self.add(code, part, minus)
        return Piece("constant", None, common, code) if form == "constant" else Piece(form, code, common)
