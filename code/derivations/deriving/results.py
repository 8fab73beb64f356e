"""What `derive` returns: steps, derivatives that print, evaluate and turn into code, and the whole derivation."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from itertools import pairwise
from numbers import Integral
from typing import TYPE_CHECKING

import numpy as np

from derivations import sampling
from derivations.deriving.tidying import closed
from derivations.formulas import generic, names
from derivations.formulas.expression import DerivationError, Formula, ShapeError, UnknownName, ordered
from derivations.formulas.making import axes_of
from derivations.reading import numpy_text as reading
from derivations.writing import breaking, printing
from derivations.writing.printing import LATEX, PLAIN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from numpy.typing import ArrayLike

    from derivations.formulas.laws import Law

WIDTH = 80
"""How many columns a derivation takes in plain text."""

EMS = 42
"""How many ems it takes in LaTeX: what a phone shows without scrolling."""

_GAPS = 4  # ems between the columns of an aligned block


@dataclass(frozen=True, eq=False)
class Step:
    """A line of a derivation."""

    left: str
    """The left side in LaTeX; empty where it is that of the line before."""
    formula: Formula
    laws: tuple[Law, ...]
    """The laws that allow the line, as `Law`."""
    error: str = ""
    """A bound on the relative difference from the witness, such as ``< 1e-12``; empty for a definition."""
    plain_left: str = ""
    letters: tuple[Formula, ...] = ()
    """The symbols of the whole problem in the order they were declared, and its differentials."""

    @property
    def latex(self) -> str:
        """The line in LaTeX."""
        return f"{self.left} = {printing.latex(self.formula)}"

    def __call__(self, **values: ArrayLike) -> np.ndarray:
        """Evaluate the right side.

        Parameters
        ----------
        **values : array_like
            An array for each symbol and for each differential in it, by the name that is printed, ``W`` or ``dW``, in
            NumPy's shapes; a size by its name where no array tells it.

        Returns
        -------
        ndarray
            With two axes: a number has one entry, a vector is a column.

        Raises
        ------
        UnknownName
            For a name that the derivation does not have, or one of the line without a value.
        ShapeError
            Where an array does not have the shape of its symbol; the message names both. Where a size is missing.
        """
        moving = {printing.text(letter): letter for letter in self.letters if letter.operation == "differential"}
        symbols = [letter for letter in self.letters if letter.operation == "symbol"]
        rest = {name: value for name, value in values.items() if name not in moving}
        sizes, known = evaluable(self.formula, symbols, rest)
        for part in ordered([self.formula]):
            if part.operation == "differential":
                known[part] = self._differential(printing.text(part), part, values, sizes)
        return sampling.evaluate(self.formula, sizes, known)

    @staticmethod
    def _differential(name, part, values, sizes):
        if name not in values:
            raise UnknownName(f"{name} is missing; the line needs its value")
        array, shape = np.asarray(values[name], dtype=float), tuple(length.at(sizes) for length in part.shape)
        if (*array.shape, 1, 1)[:2] != shape:
            raise ShapeError(f"{name} has shape {array.shape}; it moves what is {shape[0]}×{shape[1]}")
        return array.reshape(shape)

    def __str__(self) -> str:
        return f"{self.plain_left} = {printing.text(self.formula)}"


@dataclass(frozen=True, eq=False)
class Derivative:
    """A gradient, Jacobian or Hessian as a formula that can be printed, evaluated and turned into code."""

    formula: Formula
    ndim: int
    """How many axes its value has in NumPy."""
    symbols: tuple[Formula, ...]
    """The symbols of the whole problem in the order they were declared."""
    arguments: tuple[str, ...] = ()
    """The names of the symbols in the function, in the order they were declared."""
    axes: tuple = ()
    """The sizes along its axes, where they are more than two."""
    made: tuple = ()
    """The names of parts that no reader gave; where such a part stands once, code needs no name for it."""

    def latex(self, expand: str | Sequence[str] = "") -> str:
        """The LaTeX, with the parts named in `expand` (``"r"``, ``"r, s"`` or ``"all"``) written out."""
        return printing.latex(self.formula, _opened(self.formula, expand))

    def text(self, expand: str | Sequence[str] = "") -> str:
        """The formula in plain text."""
        return printing.text(self.formula, _opened(self.formula, expand))

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_latex_(self):
        return f"$\\displaystyle {self.latex()}$"

    def __call__(self, **values: ArrayLike) -> np.ndarray:
        """Evaluate it.

        Parameters
        ----------
        **values : array_like
            An array for each symbol in it, in NumPy's shapes; a size by its name where no array tells it.

        Returns
        -------
        ndarray or float
            In the shape of the variable (a gradient) or with a row per output (a Jacobian or Hessian).

        Raises
        ------
        UnknownName
            For a name that was not declared, or a symbol without a value.
        ShapeError
            Where an array does not have its declared shape; the message names both. Where a size is missing.
        """
        sizes, known = evaluable(self.formula, self.symbols, values)
        found = sampling.evaluate(self.formula, sizes, known)
        return found.reshape([axis.at(sizes) for axis in self.axes]) if self.axes else squeezed(found, self.ndim)

    def to_dict(self) -> dict[str, Any]:
        """The formula in every notation, as plain data; None where NumPy has no name for a function."""
        try:
            source = self.numpy()
        except ValueError:
            source = None
        return {"latex": self.latex(), "text": self.text(), "expanded": self.latex("all"), "numpy": source}

    def numpy(self, name: str = "gradient") -> str:
        """The source of a function that computes it with NumPy alone, each shared part once."""
        from derivations.writing.numpy_code import source

        return source(self, name)

    def sympy(self, **sizes: int) -> Any:
        """The SymPy matrix (or expression, for a scalar) at these sizes, with a symbol for each entry."""
        from derivations.writing.sympy_matrices import explicit

        return explicit(self, sizes)


def _beside(step, shapes, glyphs):
    """What stands beside a line: its laws, and the shapes on both sides of its colons."""
    said = [law.name for law in step.laws]
    for inner in ordered([step.formula], closed) if shapes else ():
        if inner.operation == "frobenius":
            shape = printing.shape_text(inner.args[0].shape, glyphs)
            said.append(rf"\({shape} : {shape}\)" if glyphs.latex else f"{shape} : {shape}")
    said = ", ".join(dict.fromkeys(said))
    return rf"\text{{{said}}}" if glyphs.latex else said


def _narrow(left, step, beside, room):
    """A line of LaTeX as rows that fit: broken, with what is beside it behind or under its end."""
    first, *more = breaking.latex_lines(printing.latex(step.formula), room - breaking.ems("="))
    rows = [f"{left} &= {first}", *(rf"&\qquad {{}} {piece}" for piece in more)]
    behind = rf" \quad \small{beside}"
    if breaking.ems([first, *more][-1] + behind) + 2 * bool(more) <= room:
        return [*rows[:-1], rows[-1] + behind]
    return [*rows, rf"&\qquad\qquad \small{beside}"]


def _opened(formula, expand):
    parts = [inner.data for inner in ordered([formula]) if inner.operation == "named"]
    if expand == "all":
        return tuple(parts)
    wanted = (
        tuple(filter(None, map(reading.as_python, expand.split(",")))) if isinstance(expand, str) else tuple(expand)
    )
    for name in wanted:
        reading.lookup(name, parts, "expand")
    return wanted


def squeezed(array, ndim):
    """A 2-D array with the axes that NumPy would give it."""
    return array[0, 0] if ndim == 0 else array[:, 0] if ndim == 1 else array


def evaluable(formula, symbols, values):
    """Arrays given by name as (sizes, symbol → 2-D array), once each symbol and size of the formula has its value."""
    sizes, known = bind(symbols, values)
    needed = ordered([formula])
    for inner in filter(generic.is_any, needed):
        raise DerivationError(f"'{printing.text(inner)}' has no number: nobody has said what its function is")
    for inner in needed:
        if inner.operation == "symbol" and inner not in known:
            twin = next((value for s, value in known.items() if s.data[0] == inner.data[0]), None)
            if twin is None:
                raise UnknownName(f"{inner.data[0]} is missing; the formula needs its value")
            known[inner] = twin
        lengths = [length for length in inner.shape] + ([inner.data] if inner.operation == "size" else [])
        for length in lengths:
            for name in length.names:
                if name not in sizes:
                    raise ShapeError(f"the size {name} is told by no array; pass it by name, as in {name}=3")
    return sizes, known


def bind(symbols, values):
    """Arrays given by name as (sizes, symbol → 2-D array), with sizes inferred from them."""
    by_name = {symbol.data[0]: symbol for symbol in symbols}
    size_names = {name for symbol in symbols for length in axes_of(symbol) for name in length.names}
    sizes, known, shapes = {}, {}, []
    for name, value in values.items():
        if name in by_name:
            symbol = by_name[name]
            try:
                array = np.asarray(value)
            except ValueError as error:
                raise ShapeError(f"{name} is not an array: {error}") from None
            if array.size == 0:
                raise ShapeError(f"{name} has shape {array.shape}; every size is at least 1")
            if array.dtype.kind not in "biufc":
                raise ShapeError(f"{name} holds {array.dtype}, not numbers")
            if array.ndim != symbol.data[1]:
                raise ShapeError(f"{name} has shape {array.shape} and was declared {_declared(symbol)}")
            rows = (-1, array.shape[-1]) if array.ndim > 2 else (*array.shape, 1, 1)[:2]
            known[symbol] = array.astype(complex if array.dtype.kind == "c" else float).reshape(rows)
            shapes += [
                (length, actual, symbol, array.shape)
                for length, actual in zip(axes_of(symbol), array.shape, strict=True)
            ]
        elif name in size_names:
            if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
                raise ShapeError(f"the size {name} is {value!r}; it is a whole number, at least 1")
            sizes[name] = int(value)
        else:
            reading.lookup(name, {**by_name, **dict.fromkeys(size_names)}, "the call")
    progress = True
    while progress:
        progress = False
        for length, actual, symbol, shape in shapes:
            unknown = [n for n in length.names if n not in sizes]
            if len(unknown) == 1 and all(letters.count(unknown[0]) < 2 for letters, _ in length.terms):
                start, step = (length.at({**sizes, unknown[0]: number}) for number in (0, 1))
                step -= start
                if not step or (actual - start) % step or (actual - start) // step < 1:
                    raise ShapeError(f"{symbol.data[0]} has shape {shape} and was declared {_declared(symbol)}")
                sizes[unknown[0]] = (actual - start) // step
                progress = True
    for length, actual, symbol, shape in shapes:
        if all(n in sizes for n in length.names) and length.at(sizes) != actual:
            found = ", ".join(f"{n} = {sizes[n]}" for n in length.names)
            raise ShapeError(
                f"{symbol.data[0]} has shape {shape} and was declared {_declared(symbol)}, "
                f"where {found or 'the size is fixed'}"
            )
    return sizes, known


def _declared(symbol):
    axes = axes_of(symbol)
    return "×".join(map(str, axes)) if axes else "a scalar"


@dataclass(frozen=True, eq=False)
class Derivation:
    """A derivation: the steps, the derivatives they end in, and what was assumed."""

    steps: tuple[Step, ...]
    """The lines, as `Step`."""
    gradients: dict[str, Derivative]
    """Variable to `Derivative`."""
    assumptions: tuple[str, ...]
    """In words."""
    notes: tuple[str, ...] = field(default=())
    """Conventions that a reader must know, such as the order of a vec."""
    conditions: tuple[str, ...] = field(default=())
    """The assumptions in LaTeX, in the same order."""

    @property
    def gradient(self) -> Derivative:
        """The derivative with respect to the one variable."""
        if len(self.gradients) != 1:
            raise DerivationError(
                f"there are {len(self.gradients)} gradients; use gradients[{next(iter(self.gradients))!r}]"
            )
        return next(iter(self.gradients.values()))

    @property
    def latex(self) -> str:
        """The whole derivation as one aligned block of LaTeX, as wide as a phone."""
        return self.aligned()

    def aligned(self, width: float = EMS, shapes: bool = False) -> str:
        """The whole derivation as one aligned block of LaTeX.

        Parameters
        ----------
        width : float
            About how many ems it takes. Where they do, the laws stand at the right, each beside its line; where a line
            is longer, it is broken at a sum or after a colon, and a law without room stands under it.
        shapes : bool
            Whether the shapes on both sides of each colon stand after the laws.
        """
        steps = [(left if new else "", step, _beside(step, shapes, LATEX)) for left, new, step in self._lefts(LATEX)]
        widest = [max(map(breaking.ems, column)) for column in zip(*self._cells(steps), strict=True)]
        if sum(widest) + _GAPS <= width:
            rows = [rf"{left} &= {printing.latex(step.formula)} && \small{beside}" for left, step, beside in steps]
        else:
            rows = [row for step in steps for row in _narrow(*step, width - widest[0])]
        rows += [rf"&\rlap{{\text{{where \({condition}\)}}}}" for condition in self.conditions]
        return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"

    def _lefts(self, glyphs):
        """Each step with its left side, and whether that is another than in the line before."""
        lefts = [step.left if glyphs.latex else step.plain_left for step in self.steps]
        return list(zip(lefts, [a != b for a, b in pairwise([None, *lefts])], self.steps, strict=True))

    def _cells(self, steps):
        return [(left, printing.latex(step.formula), beside) for left, step, beside in steps]

    def _repr_latex_(self):
        return f"$\\displaystyle {self.latex}$"

    def __str__(self) -> str:
        return self.text()

    def text(self, width: int = WIDTH, shapes: bool = False) -> str:
        """The whole derivation in plain text, a law at the right of each line or under it; no line is wider.

        With `shapes`, the shapes on both sides of each colon stand after the laws.
        """
        rows = [
            (left if new else "", printing.text(step.formula), _beside(step, shapes, PLAIN))
            for left, new, step in self._lefts(PLAIN)
        ]
        wide = max(names.width(left) for left, _, _ in rows)
        room = width - wide - 3
        lines, pieces = [], [breaking.text_lines(right, room) for _, right, _ in rows]
        fits = [
            names.width(broken[-1])
            for broken, (_, _, laws) in zip(pieces, rows, strict=True)
            if names.width(broken[-1]) + 3 + len(laws) <= room
        ]
        for (left, _, laws), broken in zip(rows, pieces, strict=True):
            *first, last = broken
            column = min(max(fits, default=0), room - 3 - len(laws))
            beside = column >= names.width(last)
            shown = [*first, f"{last}{' ' * (column - names.width(last))}   {laws}" if beside else last]
            whole = ", ".join(law.replace(" ", "\N{NO-BREAK SPACE}") for law in laws.split(", "))  # each in one piece
            under = [] if beside else textwrap.wrap(whole, max(room, 30), break_long_words=False)
            shown += [" " * max(room - len(part), 0) + part.replace("\N{NO-BREAK SPACE}", " ") for part in under]
            starts = [f"{' ' * (wide - names.width(left))}{left} = ", *[" " * (wide + 3)] * (len(shown) - 1)]
            lines += [(start + text).rstrip() for start, text in zip(starts, shown, strict=True)]
        remarks = [f"assumed: {words}" for words in self.assumptions] + [f"note: {words}" for words in self.notes]
        for remark in remarks:
            lines += textwrap.wrap(remark, max(width, 30), subsequent_indent="  ", break_long_words=False)
        return "\n".join(lines)

    __repr__ = __str__

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain data, for JSON: the keys are the attribute names."""
        gradients = {name: gradient.to_dict() for name, gradient in self.gradients.items()}
        single = {"gradient": next(iter(gradients.values()))} if len(gradients) == 1 else {}
        return {
            **single,
            "gradients": gradients,
            "steps": [
                {
                    "latex": s.latex,
                    "text": str(s),
                    "laws": [{"name": law.name, "statement": law.statement} for law in s.laws],
                    "error": s.error,
                }
                for s in self.steps
            ],
            "assumptions": list(self.assumptions),
            "notes": list(self.notes),
            "latex": self.latex,
        }
