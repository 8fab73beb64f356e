"""What a formula is: sizes, nodes, and walks over them.

A formula is a node: an operation applied to formulas, or a leaf. Every value is a matrix with a symbolic shape: a
vector is a column (n×1), a scalar is 1×1. Equal formulas are one object, so that a shared part is stored, evaluated and
printed once; comparing formulas is comparing identity. What an operation means stands in `table`.

No walk here is recursive: a formula may be as deep as memory allows.
"""

import weakref
from fractions import Fraction
from typing import ClassVar


class ParseError(ValueError):
    """A text that is not a formula; the message shows the place."""


class ShapeError(ValueError):
    """Operands whose shapes do not conform; the message names both."""


class UnknownName(ValueError):
    """A name that was not declared; the message offers the nearest that was."""


class DerivationError(ValueError):
    """A derivation that cannot be done, or that the witness did not confirm."""


# ── sizes ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Size:
    """A whole number known by name: a polynomial in size names, such as ``m``, ``3*n`` or ``m*n``.

    Equal sizes are one object.
    """

    __slots__ = ("__weakref__", "terms", "text")
    _known: ClassVar = weakref.WeakValueDictionary()

    def __new__(cls, terms):
        """Give the size with these terms, a dict from tuples of names to whole numbers."""
        terms = tuple(sorted((names, count) for names, count in terms.items() if count))
        known = cls._known.get(terms)
        if known is None:
            known = super().__new__(cls)
            known.terms = terms
            known.text = _size_text(terms)
            cls._known[terms] = known
        return known

    @staticmethod
    def of(value):
        """The size of an int, a name or a size."""
        if isinstance(value, Size):
            return value
        return Size({(): value} if isinstance(value, int) else {(value,): 1})

    def __add__(self, other):
        terms = dict(self.terms)
        for names, count in Size.of(other).terms:
            terms[names] = terms.get(names, 0) + count
        return Size(terms)

    def __mul__(self, other):
        terms = {}
        for names, count in self.terms:
            for more, times in Size.of(other).terms:
                both = tuple(sorted(names + more))
                terms[both] = terms.get(both, 0) + count * times
        return Size(terms)

    def __sub__(self, other):
        return self + Size.of(other) * Size.of(-1)

    def __str__(self):
        return self.text

    def __repr__(self):
        return f"Size({self.text})"

    @property
    def number(self):
        """The number, where it needs no name; else None."""
        if not self.terms:
            return 0
        return self.terms[0][1] if len(self.terms) == 1 and self.terms[0][0] == () else None

    @property
    def names(self):
        """The size names in it, in order, each once."""
        return tuple(dict.fromkeys(name for names, _ in self.terms for name in names))

    def at(self, sizes):
        """Its value, given a number for each name."""
        total = 0
        for names, count in self.terms:
            for name in names:
                count *= sizes[name]
            total += count
        return total


def _size_text(terms):
    parts = []
    for names, count in terms:
        factors = ([] if abs(count) == 1 and names else [str(abs(count))]) + list(names)
        parts.append(("-" if count < 0 else "+") + "*".join(factors))
    text = "".join(sorted(parts, key=lambda part: (part[0] == "-", part[1:].isdigit()))) or "+0"
    return text.removeprefix("+")


ONE = Size.of(1)


# ── nodes ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Formula:
    """A node: the name of an operation, its arguments, what else it needs to know, and its shape.

    `symmetric` is whether it is known to equal its transpose, None until `making.is_symmetric` is asked. Nodes are made
    by `node`, which checks nothing; the functions of `making` make well-formed ones.
    """

    __slots__ = ("__weakref__", "args", "data", "operation", "shape", "symmetric")

    def __repr__(self):
        """Its parts, as in ``product(W, x)``; `writing.printing` writes what a person would."""

        def visit(formula, parts):
            if formula.operation in ("symbol", "elementwise", "named", "number"):
                name = formula.data[0] if formula.operation == "symbol" else str(formula.data)
                return f"{name}({parts[0]})" if formula.operation == "elementwise" else name
            return f"{formula.operation}({', '.join(parts)})" if parts else formula.operation

        return fold(self, visit, below=lambda formula: () if formula.operation == "named" else formula.args)

    @property
    def is_scalar(self):
        """Whether its shape is 1×1."""
        return self.shape[0] is ONE and self.shape[1] is ONE

    @property
    def is_column(self):
        """Whether its shape is n×1, a scalar included."""
        return self.shape[1] is ONE


_known = weakref.WeakValueDictionary()


def node(operation, args, shape, data=None):
    """The node of these parts, the same object each time."""
    key = (operation, data, shape, tuple(map(id, args)))
    known = _known.get(key)
    if known is None:
        known = Formula.__new__(Formula)
        known.operation, known.args, known.data, known.shape = operation, args, data, shape
        known.symmetric = None if shape[0] is shape[1] else False
        _known[key] = known
    return known


def shape_text(shape):
    """A shape in words: ``scalar``, ``n`` for a column, ``m×n``."""
    if shape[1] is ONE:
        return "a scalar" if shape[0] is ONE else str(shape[0])
    return f"{shape[0]}×{shape[1]}"


# ── walks ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def ordered(roots, below=None):
    """Every node under `roots`, each once, arguments before what uses them.

    `below(node)` gives the arguments to follow; all of them without it.
    """
    found, done, stack = [], {}, [(root, False) for root in reversed(roots)]
    while stack:
        formula, finished = stack.pop()
        if finished:
            found.append(formula)
        elif formula not in done:
            done[formula] = True
            stack.append((formula, True))
            arguments = formula.args if below is None else below(formula)
            stack.extend((argument, False) for argument in reversed(arguments) if argument not in done)
    return found


def fold(root, visit, known=None, below=None):
    """The value of `visit(node, values of its arguments)` at the root, each node visited once.

    `known` holds values found before, and takes the new ones.
    """
    known = {} if known is None else known
    if root in known:
        return known[root]

    def unknown(formula):
        arguments = formula.args if below is None else below(formula)
        return [argument for argument in arguments if argument not in known]

    for formula in ordered([root], unknown):
        if formula not in known:
            arguments = formula.args if below is None else below(formula)
            known[formula] = visit(formula, [known[argument] for argument in arguments])
    return known[root]


def exact(value):
    """A number as a Fraction where it is one exactly in decimal, else as a float."""
    if isinstance(value, int | Fraction):
        value = Fraction(value)
        if max(value.numerator.bit_length(), value.denominator.bit_length()) > 1000:
            raise ParseError("a number beyond 1e300, or nearer to zero than 1e-300")
        return value
    return Fraction(repr(value)) if abs(value) < 1e30 and (value == 0 or abs(value) > 1e-30) else value
