"""From a loss to its gradient: linearise with the table's differentials, then transpose with its adjoints.

The loss is a list of named parts. First d passes down through the definitions: d𝓛 is written in the differentials of
named parts, and each of these, last defined first, is replaced by what its definition makes of it. What stands around a
differential crosses the colon by the adjoint of its operation. When only the differential of the variable is left, the
gradient stands at the other side of the colon. Each line is checked against the witness before anything is returned.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from derivations import sampling
from derivations.deriving import lettering
from derivations.deriving.results import Derivation, Derivative, Step
from derivations.deriving.tidying import (
    centred,
    closed,
    entrywise,
    factored,
    mirrored,
    quotient,
    scaled_rows,
    simplified,
    substituted,
    terms_of,
    tidy,
    uses,
    weight,
    written_out,
)
from derivations.formulas import making as op
from derivations.formulas import names, table
from derivations.formulas.expression import ONE, DerivationError, Formula, ParseError, ShapeError, Size, fold, ordered
from derivations.formulas.laws import SIMPLIFYING, function_of, law_as_matrix, law_of
from derivations.formulas.properties import implied, sentence
from derivations.formulas.table import rebuild
from derivations.reading import numpy_programs
from derivations.reading import numpy_text as reading
from derivations.writing import printing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Literal

TOLERANCE, SECOND_TOLERANCE = 1e-9, 1e-6
_OTHER_LETTERS = "bcwkaqhvtg"
_AXES = 8  # of an array at most
_EFFORT = 20_000  # terms, summed over lines
_NAME_A_CONSTANT = 2  # a constant that is written twice with as many operations gets one
_NAME_WHAT_REPEATS = 2  # and so does one with more operations than this that would stand twice
_NAME_A_FACTOR = 8  # a factor left of the colon with more operations than this gets a name of its own


def derive(
    f: str,
    wrt: str | Sequence[str],
    shapes: str | Mapping[str, Sequence[object]],
    where: str = "",
    assume: str | Mapping[str, object] = "",
    vary: str | Mapping[str, object] = "",
    style: Literal["hadamard", "diag"] = "hadamard",
    order: Literal[1, 2] = 1,
) -> Derivation:
    """Derive the gradient of a loss (the Jacobian of an array, the Hessian of a loss), with its steps.

    Parameters
    ----------
    f : str
        The function in NumPy-like text, as ``"sum((sigmoid(W@x + b) - y)**2)"``. A scalar (a 1×1 array is one) has a
        gradient, in the shape of the variable; a vector or matrix has a Jacobian, a row per output (of the row-major
        vec) and a column per input. Or a forward pass as it stands in a program, which is read and never run: lines of
        assignments that end in the loss, or ``def loss(W, x): …``, with the names of NumPy, JAX, PyTorch or
        ``scipy.special``. A name that is given anew gets a number, and ``for t in range(3)`` is written out. Of a class
        its ``forward`` is read: ``self.W`` and ``params["W"]`` are declared as W, the weights of a layer ``self.fc`` as
        fc_weight and fc_bias. A line that cannot be read is left out where nothing depends on it.
    wrt : str
        The variable, or several: ``"W, b"``.
    shapes : str or dict
        ``"W: m×n, x: n, b: m, t: scalar"`` or ``{"W": ("m", "n"), "x": ("n",), "t": ()}``. ``×`` or ``" x "``
        separates, as does a comma in brackets (``"W: (m, n)"``), ``*`` multiplies (``"A: m*n×m*n"``), ``"y: n-1"``
        is one shorter, a size may be a number, and ``"f: function"`` any function of each entry, whose derivative
        stays f′. A name may be spelled as in LaTeX; the function calls it as in Python.
    where : str, optional
        Names for parts, in order: ``"z = W@x + b; s = sigmoid(z)"``. Without it names are found. A name that is given
        anew gets a number: the second ``h`` is h₁.
    assume : str or dict, optional
        Properties of values: ``"A: symmetric invertible, y: one-hot"``. The differential stays free. A vector ``sums to
        one``; of a matrix ``each row sums to one``, or it ``sums to one in total``.
    vary : str or dict, optional
        ``"X: symmetric"`` restricts dX, and so do skew-symmetric, diagonal, lower triangular and upper triangular; the
        gradient is then the projection.
    style : {"hadamard", "diag"}
        How the differential of a function of a vector is written: s′ ⊙ dz, or Diag(s′) dz.
    order : {1, 2}
        2 for the Hessian of a scalar function.

    Returns
    -------
    Derivation
        A declared name that would be mistaken for something else, such as a matrix ``I``, is printed with another
        letter, and a note says which.

    Raises
    ------
    ParseError
        With a caret under the place.
    ShapeError
        Naming both shapes and the operands as written.
    UnknownName
        With the nearest declared name.
    DerivationError
        Where no point is found at which the function is defined, or the witness does not confirm a step. A wrong
        gradient is never returned.
    """
    return derive_what(lambda scope: numpy_programs.read(f, scope), wrt, shapes, where, assume, vary, style, order, f)


def derive_what(read, wrt, shapes, where="", assume="", vary="", style="hadamard", order=1, seed=""):
    """As `derive`, of the value that `read` gives of the declared and defined names, a `numpy_text.Scope`."""
    try:
        return _derive(read, wrt, shapes, where, assume, vary, style, order, seed)
    except (OverflowError, MemoryError) as error:
        raise DerivationError(
            f"the numbers or arrays of this function grow too large ({type(error).__name__})"
        ) from None


def _derive(read, wrt, shapes, where, assume, vary, style, order, seed):
    """The derivation, with other letters for names that would be mistaken for something else."""
    shown, notes = {}, []
    for _ in range(3):  # a new letter is free, so that once is enough; where it were not, the next round would say so
        work = _worked(read, wrt, shapes, where, assume, vary, style, order, shown)
        own = [*work.scope.symbols, *work.scope.defined]
        printed = [part for line in work.lines for part in (line.formula, line.named) if part is not None]
        found = lettering.clashes(printed, own, shown, work.printed)
        if not found:
            break
        taken = lettering.keys_of([*work.taken, *shown.values()]) | lettering.meanings(printed).keys()
        for name, other in found.items():
            ndim = {**work.scope.symbols, **work.scope.defined}[name].ndim
            shown[name] = lettering.letter_for(ndim, taken)
            notes.append(f"{name} is written {names.plain(shown[name])}, since {names.plain(name)} {other}")
    work.notes += notes
    return work.finish(f"{seed}|{wrt}|{sorted(work.declared.items(), key=str)}|{assume}|{vary}")


def _worked(read, wrt, shapes, where, assume, vary, style, order, shown):
    """The derivation before it is confirmed."""
    if style not in ("hadamard", "diag"):
        raise ParseError(f'style is {style!r}; it is "hadamard" or "diag"')
    if order not in (1, 2) or isinstance(order, bool):
        raise ParseError(f"order is {order!r}; it is 1 or 2")
    declared = reading.parse_shapes(shapes, _AXES)
    functions = [name for name, axes in declared.items() if axes == (Size.of("function"),)]
    declared = {name: axes for name, axes in declared.items() if name not in functions}
    varying = _variables(wrt, declared)
    properties = reading.parse_properties(assume, declared)
    admitted = _admitted(vary, varying, declared)
    for name, kind in admitted.items():
        properties[name] = tuple(dict.fromkeys((*properties.get(name, ()), kind)))
    scope = reading.Scope(declared, properties, varying, shown)
    scope.any = functions
    if where:
        reading.parse_definitions(where, scope)
    value = read(scope)
    if order == 2 and not _is_scalar(value):
        raise DerivationError(f"order=2 is for a scalar function, and this one is {reading.shape_words(value)}")
    if order == 2 and len(varying) > 1:
        raise DerivationError("order=2 takes one variable at a time")
    for name in scope.masks:
        properties[name] = tuple(dict.fromkeys((*properties.get(name, ()), "binary")))
    work = _Work(value, [scope.symbols[name].formula for name in varying], scope, properties, admitted, style)
    work.declared = declared
    work.name_maps()
    work.name_parts()
    work.run()
    if order == 2:
        work.run_again()
    return work


def _variables(wrt, declared):
    if isinstance(wrt, list | tuple) and all(isinstance(name, str) for name in wrt):
        wrt = ", ".join(wrt)
    if not isinstance(wrt, str):
        raise ParseError(f"wrt is {type(wrt).__name__}; give the name of the variable")
    reading.admit(wrt)
    varying = list(dict.fromkeys(filter(None, map(reading.as_python, wrt.split(",")))))
    if not varying:
        raise ParseError("wrt is empty; name the variable")
    for name in varying:
        reading.lookup(name, declared, "wrt")
    return varying


def _admitted(vary, varying, declared):
    admitted = {}
    for name, kinds in reading.parse_properties(vary, declared).items():
        reading.lookup(name, varying, "vary")
        if len(kinds) != 1 or kinds[0] not in _CONVENTION:
            raise ParseError(f"vary knows {', '.join(_CONVENTION)}, one for each variable, not {', '.join(kinds)}")
        if len(declared[name]) != 2 or declared[name][0] is not declared[name][1]:
            raise ShapeError(f"{name} varies as {kinds[0]} and is not a square matrix")
        admitted[name] = kinds[0]
    return admitted


@dataclass
class _Line:
    """A step before it is checked."""

    left: tuple
    formula: Formula
    laws: list
    kind: str
    """definition, d (linear in differentials), result."""
    phase: int = 1
    named: Formula | None = None
    """What a definition defines."""
    variable: Formula | None = None
    """What a result is the derivative by."""


class _Work:
    """One derivation while it is made."""

    def __init__(self, value, variables, scope, properties, admitted, style):
        self.value, self.variables, self.scope = value, variables, scope
        self.properties, self.admitted, self.style = properties, admitted, style
        self.function = value.formula
        self.moving, self.sums = {}, {}
        self.lines, self.results, self.cotangents = [], {}, []
        self.taken = {*scope.known(), *scope.shown.values()}
        self.named = set()  # letters that were given here
        self.scalar = _is_scalar(value)
        self.differentials, self.printed = {}, {}
        self.notes = list(scope.notes)
        self.gradient_formula = None  # what is differentiated again for a Hessian

    # ── names ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def moves(self, formula):
        """Whether a formula depends on a variable."""

        def visit(inner, parts):
            return inner in self.variables or (any(parts) and not _rests(inner))

        return fold(formula, visit, self.moving)

    def name_maps(self):
        """Give each fixed linear map a letter, and a note that says what it does."""
        found = [inner for inner in ordered([self.function]) if inner.operation == "fixed"]
        if not found:
            return
        letters, called = [table.FIXED[inner.data[0]].letter for inner in found], {}
        for i, (inner, letter) in enumerate(zip(found, letters, strict=True)):
            number = letters[:i].count(letter) + 1 if letters.count(letter) > 1 else None
            called[inner] = op.named(self.fresh(letter, number), inner)
            if inner.shape[1] is not ONE:
                of = " A" if table.FIXED[inner.data[0]].applied else ""
                self.notes.append(f"{names.plain(called[inner].data)}{of} stands for {self.told(inner)}")
        self.function = fold(self.function, lambda inner, parts: called.get(inner) or rebuild(inner, parts))

    def told(self, inner):
        """What a fixed linear map does, in words."""
        name, *data = inner.data
        texts = [printing.size_text(entry, printing.PLAIN) if isinstance(entry, Size) else str(entry) for entry in data]
        if name == "rows":
            texts[0] = printing.size_text(data[0] + Size.of(1), printing.PLAIN)
        index = [printing.text(argument, known=self.printed) for argument in inner.args]
        return table.FIXED[name].words.replace("{1}", "".join(index)).format(**dict(zip("abc", texts, strict=False)))

    def name_parts(self):
        """Give names to the parts that a person would name."""
        self.name_sums()
        self.function = fold(self.function, self.arranged)
        nodes = ordered([self.function])
        opened = self.opened_sums(nodes)
        wholes = {inner: whole for inner, (whole, _) in opened.items() if set(inner.args) == set(whole.args)}
        uses, wanted = _uses(nodes, opened), {}
        for inner in nodes:
            if inner.operation == "largest":
                wanted.setdefault(inner, "M")
            if self.moves(inner):
                self._want_around(wanted, inner, wholes, uses.get(inner, []))
        for inner in nodes:
            users = uses.get(inner, ())
            if len(users) > 1 and inner.operation not in ("elementwise", "softmax") and not all(map(_is_mask, users)):
                self._want(wanted, inner, "u")
                uniform = op.split_scalars(inner)[2].operation == "ones"
                if not self.moves(inner) and not uniform and weight(inner) >= _NAME_A_CONSTANT:
                    wanted.setdefault(inner, "c")
        bodies = {inner.args[0] for inner in nodes if inner.operation == "named"}  # these have names
        wanted = {inner: letter for inner, letter in wanted.items() if inner not in bodies}
        if wanted:
            self._give_names(self._choose(wanted), opened)

    def arranged(self, inner, parts):
        """A node as a person would write it: pieces of a function as masks times it, sums of rows under their names."""
        if inner in self.scope.grouped and inner.operation == "product":
            return op.product(*map(self.called_apart, self.scope.grouped[inner], "qv"))
        rebuilt = table.rebuild(inner, parts) if inner.args else inner
        if rebuilt.operation == "product" and (sides := _outer_sums(rebuilt)):
            sides = [self.sums.get(side, side) for side in sides]
            return op.product(sides[0], op.transpose(sides[1]))
        if rebuilt.operation == "combination":
            pieces = [(c, term) for c, term in terms_of(rebuilt) if any(map(_is_mask, op.split_scalars(term)[2].args))]
            if len(pieces) > 1:
                rest = [(c, term) for c, term in terms_of(rebuilt) if (c, term) not in pieces]
                return op.combine([(1, factored(op.combine(pieces))), *rest])
        return rebuilt

    def called_apart(self, side, letter):
        """A product that its reader has put in brackets, as (X@A) or (X@B).T, under a name where it moves."""
        if side.operation != "product" or side.args[0].is_column or not self.moves(side):
            return fold(side, self.arranged)
        if all(factor.operation == "transpose" for factor in side.args):
            return op.transpose(self.called_apart(op.transpose(side), "k"))
        if side not in self.sums:
            self.sums[side] = op.named(self.fresh(letter.upper() if _is_matrix(side) else letter), side)
        return self.sums[side]

    def name_sums(self):
        """Give names to columns of sums that stand as a 1ᵀ and as 1 aᵀ, and to those that do not move."""
        found = [_outer_sums(inner) for inner in ordered([self.function]) if inner.operation == "product"]
        sides = [side for pair in found if pair for side in pair if side.operation == "product"]
        for side in dict.fromkeys(sides):
            if sides.count(side) > 1 or not self.moves(side):
                self.sums[side] = op.named(self.fresh("a"), side)

    def _want_around(self, wanted, inner, wholes, users):
        """Want names for a node that moves and for its argument, where a person would give them."""
        kind = inner.operation
        argument = inner.args[0] if inner.args else None
        if _is_mask(inner) or (kind == "elementwise" and inner.data == "sign"):
            return  # a constant between its jumps
        if kind in ("elementwise", "softmax", "log-sum-exp"):
            self._want(wanted, wholes.get(argument) or op.split_coefficient(argument)[1], "z")
            quiet = users and all(user.is_scalar or user.operation == "combination" for user in users)
            recurs = kind == "elementwise" and function_of(inner).recurs
            if (
                kind == "softmax"
                or (recurs and not all(user.is_scalar for user in users or [self.value.formula]))
                or (kind == "elementwise" and users and not quiet)
            ):
                self._want(wanted, inner, "h")
        elif (kind == "frobenius" and argument is inner.args[1]) or kind == "norm":
            self._want(wanted, argument, "r")
        elif kind == "power" and argument.operation not in ("elementwise", "softmax"):
            inner = _repeated(argument)
            if inner is argument:
                self._want(wanted, argument, "u")
            elif self.moves(inner) and inner.operation not in ("symbol", "named"):
                wanted.setdefault(inner, "s")
        elif kind in ("inverse", "determinant", "log determinant"):
            self._want(wanted, argument, "M")
        elif kind == "product":
            for factor in inner.args:
                if factor.operation == "combination" and not self.moves(factor) and weight(factor) > _NAME_A_CONSTANT:
                    wanted.setdefault(factor, "c")
        elif kind == "hadamard" and self.value.formula is not inner:
            above, below = quotient(inner, self.moves)
            if self.moves(above) and any(base.operation == "product" for base in below):  # rows over their lengths
                wanted.setdefault(inner, "q")

    def _give_names(self, chosen, opened):
        """The function with names for its parts; a sum that stood opened is that part and the rest."""
        done = {}

        def visit(inner, parts):
            rebuilt = rebuild(inner, parts) if inner.args else inner
            if inner in opened and opened[inner][0] in done:
                whole, factor = opened[inner]
                terms = zip(inner.args, inner.data, parts, strict=True)
                kept = [(c, part) for argument, c, part in terms if argument not in whole.args]
                rebuilt = op.combine([(factor, done[whole]), *kept])
            return op.named(chosen[inner], rebuilt) if inner in chosen and rebuilt.operation != "named" else rebuilt

        for whole, _ in opened.values():
            fold(whole, visit, done)
        self.function = fold(self.function, visit, done)

    def opened_sums(self, nodes):
        """Sums where the argument of another function stands opened, as in (u + b) − logsumexp(u + b) and σ(−u − b).

        Each with that argument and its factor.
        """
        functions = [
            inner
            for inner in nodes
            if inner.operation in ("log-sum-exp", "elementwise") and self.moves(inner) and not _is_mask(inner)
        ]
        wholes = [a.args[0] for a in functions if a.args[0].operation == "combination" and len(a.args[0].args) > 1]
        wholes = [a for a in dict.fromkeys(wholes) if op.negative(a) not in wholes or a.data[0] > 0]
        found = {}
        for inner in nodes if wholes else ():
            terms = dict(zip(inner.args, inner.data, strict=True)) if inner.operation == "combination" else {}
            for whole in wholes:
                factors = {terms.get(part, 0) / c for part, c in zip(whole.args, whole.data, strict=True)}
                if len(factors) == 1 and factors != {0} and inner is not whole:
                    found[inner] = whole, factors.pop()
        return found

    def _want(self, wanted, formula, letter):
        if formula.operation in ("elementwise", "softmax"):
            kind = formula.data if formula.operation == "elementwise" else "softmax"
            letter = {"sigmoid": "s", "softmax": "p"}.get(kind, "h")
        if self.moves(formula) and _is_compound(formula):
            wanted.setdefault(formula, letter)

    def _choose(self, wanted):
        letters = {}
        for formula in ordered(list(wanted)):
            if formula in wanted:
                letter = wanted[formula]
                letters.setdefault(letter.upper() if _is_matrix(formula) else letter.lower(), []).append(formula)
        chosen = {}
        for letter, formulas in letters.items():
            for i, formula in enumerate(formulas):
                chosen[formula] = self.fresh(letter, i + 1 if len(formulas) > 1 else None)
        return chosen

    def fresh(self, letter, number=None):
        """A name not yet in use: the letter, one of its neighbours, any other letter, or the letter with a number."""
        neighbours = {
            "z": "zuvapq",
            "s": "shav",
            "r": "reuv",
            "h": "hav",
            "u": "uvcq",
            "p": "psq",
            "q": "qvz",
            "a": "aqv",
            "g": "gqk",
            "m": "mcq",
            "c": "ck",
        }
        pool = neighbours.get(letter.lower(), letter) + _OTHER_LETTERS
        for candidate in pool.upper() if letter.isupper() else pool.lower():
            name = f"{candidate}{number}" if number else candidate
            if not self.is_taken(name) and not self.is_an_entry(candidate, number):
                break
        else:
            number = number or 1
            while self.is_taken(f"{letter}{number}"):
                number += 1
            name = f"{letter}{number}"
        self.taken.add(name)
        self.named.add(name)
        return name

    def is_taken(self, name):
        """Whether a name, or its differential, is written like one in use."""
        return bool(lettering.keys_of([name]) & {names.key(other) for other in self.taken})

    def is_an_entry(self, letter, number):
        """Whether a name would be an entry of another, as u₁ is of u, or another an entry of it."""
        if number:
            return letter in self.scope.known() or letter in self.taken
        return letter in self.scope.known() or any(re.fullmatch(rf"{letter}_?\d+", name) for name in self.named)

    # ── the two passes ────────────────────────────────────────────────────────────────────────────────────────────

    def run(self):
        """From the function to its gradients (a scalar function) or Jacobians."""
        self.define_parts([self.function])
        self.bodies = {f.args[0]: f for f in ordered([self.function]) if f.operation == "named" and f.args[0].args}
        label = self.label = next(
            (latex, plain)
            for latex, plain, name in [*_LABELS[0 if self.scalar else 1 :], (r"\mathfrak{F}", "𝔉", "")]
            if not name or not self.is_taken(name)
        )
        self.add(label, self.function, [SIMPLIFYING["definition"]], "definition")
        self.results = _Sweep(self, self.function, _of_d(label, self.function), self.scalar, 1).run()

    def run_again(self):
        """From the gradient to the Hessian."""
        variable = self.variables[0]
        gradient = op.vec(self.results[variable])
        left, laws = _names(variable), [SIMPLIFYING["gradient"]]
        nabla = (rf"\nabla_{{{left[0]}}} {self.label[0]}", f"∇{left[1]} {self.label[1]}")
        kind = self.admitted.get(variable.data[0])
        if kind:
            gradient = op.vec(tidy(_projected(self.results[variable], kind, variable, True, False)))
            self.results[variable] = op.reshape(gradient, variable.shape)
            laws.insert(0, SIMPLIFYING["projection"])
        self.gradient_formula = self.results[variable]
        self.lines.append(_Line(nabla, self.gradient_formula, laws, "result", variable=variable))
        self.results = _Sweep(
            self, gradient, _of_d((f" {nabla[0]}", nabla[1]), self.gradient_formula), gradient.is_scalar, 2
        ).run()

    def define_parts(self, roots):
        """A line for each named part that moves, in order."""
        for inner in ordered(roots):
            if inner.operation == "named":
                self.define(inner, len(self.lines))

    def add(self, left, formula, laws, kind, phase=1):
        self.lines.append(_Line(left, formula, list(laws), kind, phase))

    def constants(self):
        """What is assumed of what does not move."""
        moving = [v.data[0] for v in self.variables]
        return {name: words for name, words in self.properties.items() if name not in moving}

    def has_differential(self, formula):
        def visit(inner, parts):
            return inner.operation == "differential" or any(parts)

        return fold(formula, visit, self.differentials, below=closed)

    def differential_of(self, formula, laws):
        """D of a formula, in the differentials of variables and named parts."""

        def visit(inner, parts):
            if inner in self.variables or (inner.operation == "named" and self.moves(inner)):
                return op.differential(inner)
            if all(part is None for part in parts):
                return None
            row = table.ROWS[inner.operation]
            if inner.operation == "fixed" and _rests(inner):
                return None
            if inner.operation == "fixed":
                raise DerivationError(f"{inner.args[0].data[0]} is an index, and has no derivative")
            if row.differential is None:
                raise DerivationError(f"{inner.operation} has no differential here")
            change = row.differential(inner, parts)
            return None if op.is_zero(change) else change

        changes = {}
        change = fold(formula, visit, changes, below=closed)

        def moving(inner):
            return [part for part in closed(inner) if changes[part] is not None]

        if change is not None:
            laws += [law_of(inner) for inner in ordered([formula], moving) if moving(inner)]
        return change

    def differential_of_part(self, part, laws):
        """D of a named part, by its definition; its value is called by its name."""
        body = part.args[0]
        if body.operation == "elementwise":
            inner = []
            change = self.differential_of(body.args[0], inner)
            if change is None:
                return None
            laws.append(law_of(body))
            laws += inner
            slope = function_of(body).derivative(body.args[0], part)
            if self.style == "diag" and part.is_column and not part.is_scalar:
                return op.product(self.diagonal_slope(body, part, slope), change)
            if function_of(body).primed:
                slope = self.primed(part, slope)
            return op.hadamard(slope, change)
        change = self.differential_of_quotient(part, laws) or self.differential_of(body, laws)
        return change and self.by_their_names(change)

    def differential_of_quotient(self, part, laws):
        """D of a part named Q = A ⊘ B, by its name: dA ⊘ B − Q ⊙ dB ⊘ B; None where it is no quotient."""
        body = op.split_coefficient(part.args[0])[1]
        above, below = quotient(part.args[0], self.moves)
        if not below:
            return None
        change, terms = self.differential_of(above, laws), []
        if change is not None:
            terms.append((1, entrywise(change, *(op.power(base, -exponent) for base, exponent in below.items()))))
        for base, exponent in below.items():
            change = self.differential_of(base, laws)
            terms.append((-exponent, entrywise(part, op.hadamard(change, op.power(base, -1)))))
        laws += [law_of(op.power(next(iter(below)), -1)), law_of(body)]
        return op.combine(terms)

    def by_their_names(self, formula):
        """The formula with every part that has a name called by it, and 1 ⊘ √(u) by that of √(u)."""

        def visit(inner, parts):
            if inner.operation == "power" and (named := self.bodies.get(op.power(inner.args[0], -inner.data))):
                return op.power(named, -1)
            return self.bodies.get(inner) or (rebuild(inner, parts) if parts else inner)

        return fold(formula, visit, below=lambda f: () if f in self.bodies else closed(f))

    def primed(self, part, slope):
        """The derivative of a named function value, called s′, with its definition after that of s."""
        slope = op.named(part.data + "'", slope)
        self.define_after(part, slope)
        return slope

    def diagonal_slope(self, body, part, slope):
        """Diag(s′) for the other style: D − D² for a sigmoid, I − D² for tanh, with D = Diag(s)."""
        if body.data in ("sigmoid", "tanh"):
            D = next((line.named for line in self.lines if line.named and line.named.args[0] is op.diag(part)), None)
            if D is None:
                letter = part.data[0].upper() + part.data[1:]
                name = next((name for name in ("D", letter) if name not in self.taken), None) or self.fresh("D")
                self.taken.add(name)
                D = op.named(name, op.diag(part))
                self.define_after(part, D)
            first = D if body.data == "sigmoid" else op.identity(part.shape[0])
            return op.add(first, op.negative(op.product(D, D)))
        if function_of(body).primed:
            slope = self.primed(part, slope)
        return op.diag(slope)

    def define_after(self, part, new):
        """A line that defines `new`, after the one that defines `part`."""
        if any(line.named is new for line in self.lines):
            return
        at = next((i for i, line in enumerate(self.lines) if line.named is part), len(self.lines) - 1)
        self.define(new, at + 1)

    def define(self, new, at, phase=1):
        """A line that defines a named formula."""
        line = _Line(_names(new), new.args[0], [SIMPLIFYING["definition"]], "definition", phase, new)
        self.lines.insert(at, line)

    # ── the end ───────────────────────────────────────────────────────────────────────────────────────────────────

    def finish(self, seed):
        """Apply what is assumed, read off the results, check every line, and return the derivation."""
        second = self.gradient_formula is not None
        scalar_result = self.scalar and not second
        swap = {}
        for v in self.variables:
            kept = implied(self.properties.get(v.data[0], ()))
            if kept:
                swap[v] = op.symbol(v.data[0], v.shape, v.data[1], kept, v.data[3], op.axes_of(v))
        outcome = {}
        for v, G in self.results.items():
            laws = []
            assumed = simplified(mirrored(substituted(G, swap), swap), self.properties)
            assumed = tidy(assumed) if assumed is not G else G
            if assumed is not G and _differ(assumed, G):
                laws.append(SIMPLIFYING["assumption"])
            kind = self.admitted.get(v.data[0])
            if kind:
                assumed = tidy(_projected(assumed, kind, v, scalar_result, second))
                laws.append(SIMPLIFYING["projection"])
                self.notes.append(
                    f"the gradient is {kind}, with d𝓛 = G : d{v.data[0]} for {kind} d{v.data[0]}{_CONVENTION[kind]}"
                )
            name, L = _names(v), self.label
            if second:
                left = (rf"\frac{{\partial^2 {L[0]}}}{{\partial {name[0]}^2}}", f"∂²{L[1]}/∂{name[1]}²")
            else:
                left = (rf"\frac{{\partial {L[0]}}}{{\partial {name[0]}}}", f"∂{L[1]}/∂{name[1]}")
            laws.append(SIMPLIFYING["gradient" if scalar_result else "jacobian"])
            self.lines.append(_Line(left, assumed, laws, "result", 2 if second else 1, variable=v))
            outcome[v] = assumed
        if not scalar_result:
            matrices = [v.data[0] for v in self.variables if v.data[1] >= 2] + (
                ["the function"] if self.value.ndim >= 2 and not self.scalar else []
            )
            if matrices:
                self.notes.append(f"{' and '.join(matrices)} by the row-major vec: its rows one after another")
        steps, assumptions = self.check(seed, outcome, second)
        symbols = tuple(self.scope.symbols[name].formula for name in self.scope.symbols)
        used = {inner.data[0] for inner in ordered([self.function]) if inner.operation == "symbol"}
        arguments = tuple(symbol.data[0] for symbol in symbols if symbol.data[0] in used)
        gradients = {}
        for v in self.variables:
            ndim = v.data[1] if scalar_result else 2
            if not scalar_result:
                rows, columns = outcome[v].shape
                ndim = _jacobian_ndim(self.value.ndim if not second else v.data[1], v.data[1])
                formula = outcome[v]
                if ndim == 1 and rows is ONE and columns is not ONE:
                    formula = op.transpose(formula)
                outcome[v] = formula
            axes = op.axes_of(v) if ndim > 2 else ()
            gradients[v.data[0]] = Derivative(outcome[v], ndim, symbols, arguments, axes, tuple(self.named))
        words, conditions = zip(*assumptions, strict=True) if assumptions else ((), ())
        return Derivation(tuple(steps), gradients, words, tuple(dict.fromkeys(self.notes)), conditions)

    def check(self, seed, outcome, second):
        """The steps with a bound on each one's error, and what was assumed."""
        symbols = [value.formula for value in self.scope.symbols.values()]
        properties = {
            s: (*implied(self.properties.get(s.data[0], ())), *self.scope.indices.get(s.data[0], ())) for s in symbols
        }
        vary = {v: self.admitted[v.data[0]] for v in self.variables if v.data[0] in self.admitted}
        roots = [line.formula for line in self.lines]
        parts = [f for f in ordered(roots) if f.operation == "named"]
        smallest = max([2, *(_least_size(f) for f in ordered([self.function]))])
        found, ordered_sizes = sampling.points(
            self.function, parts, symbols, self.variables, seed, properties, vary, smallest
        )
        worst, second_found = [0.0] * len(self.lines), not second
        for number, point in enumerate(found):
            known, magnitudes = dict(point.values), {}
            for f in ordered(roots):
                if f.operation == "symbol" and f not in known:  # the twin of a variable that carries what is assumed
                    known[f] = next(
                        v for s, v in point.values.items() if s.operation == "symbol" and s.data[0] == f.data[0]
                    )
                if f.operation == "differential":
                    known[f] = point.slopes[f.data]
            other = self._second_directions(f"{seed}|{number}", known, vary) if second else {}
            with np.errstate(all="ignore"):
                floor = 1e-5 * np.max(sampling.magnitude(self.function, point.sizes, known, magnitudes))
                bend = sampling.second_slope(self.function, point, self.variables, other, floor) if second else None
                second_found = second_found or bend is not None
                for i, line in enumerate(self.lines):
                    if line.phase == 1 or bend is not None:
                        worst[i] = max(worst[i], self._error(line, point, known, magnitudes, other, bend, floor))
        if not second_found:
            raise DerivationError("no random point was found where the second derivative is certain")
        moving = [part for part in ordered([line.formula for line in self.lines]) if part.operation == "differential"]
        steps, letters = [], (*symbols, *moving)
        for line, error in zip(self.lines, worst, strict=True):
            if not error <= (SECOND_TOLERANCE if line.phase == 2 else TOLERANCE):
                raise DerivationError(
                    f"the witness does not confirm the line '{line.left[1]} = {printing.text(line.formula)}' "
                    f"(relative difference {error:.1e}); nothing is returned"
                )
            shown = "" if line.kind == "definition" else _bound(error)
            laws = tuple(dict.fromkeys(line.laws))
            steps.append(Step(line.left[0], line.formula, laws, shown, line.left[1], letters))
        return steps, self._assumptions(ordered_sizes)

    def _second_directions(self, seed, known, vary):
        """For each variable the direction in which its slope is measured."""
        random = sampling.generator(seed)
        return {v: sampling.restricted(random.standard_normal(known[v].shape), vary.get(v)) for v in self.variables}

    def _error(self, line, point, known, magnitudes, other, bend, floor):
        """The relative difference of a line from the witness at a point.

        Relative to the terms of the line before they cancel, and to a hundred-thousandth of those of the function.
        """
        if line.kind == "definition":
            return 0.0
        value = sampling.evaluate(line.formula, point.sizes, known)
        size = sampling.magnitude(line.formula, point.sizes, known, magnitudes)
        moves = dict(point.directions)
        if line.kind == "result":
            value, size = self._along(line, value, size, moves)
            for others in self.lines if len(self.variables) > 1 else ():
                if others.kind == "result" and others is not line:  # together they give the slope
                    v = sampling.evaluate(others.formula, point.sizes, known)
                    m = sampling.magnitude(others.formula, point.sizes, known, magnitudes)
                    more, size_more = self._along(others, v, m, moves)
                    value, size = value + more, size + size_more
        truth = point.slopes[self.function]
        if line.phase == 2:
            across = np.concatenate([other[v].reshape(1, -1) for v in self.variables], axis=1)
            value, size, truth = across @ value.reshape(-1, 1), np.abs(across) @ size.reshape(-1, 1), bend
        difference = np.max(np.abs(value.reshape(-1) - np.asarray(truth).reshape(-1)), initial=0.0)
        scale = max(np.max(np.abs(truth), initial=0.0), np.max(size, initial=0.0), floor)
        return float(difference / scale) if difference else 0.0 if np.isfinite(difference) else np.inf

    def _along(self, line, value, size, moves):
        """A result along the direction in which its variable moves, and its magnitude."""
        move = moves[line.variable]
        if self.scalar and line.phase == 1:
            return np.array([np.sum(value * move)]), np.array([np.sum(size * np.abs(move))])
        return value @ move.reshape(-1, 1), size @ np.abs(move).reshape(-1, 1)

    def _is_granted(self, formula):
        """Whether what an operation needs of a symbol is assumed of it already."""
        if not formula.args or formula.args[0].operation != "symbol":
            return False
        assumed = implied(self.properties.get(formula.args[0].data[0], ()))
        return table.GRANTED_BY.get(_needed(formula)) in assumed

    def _assumptions(self, ordered_sizes):
        """What was assumed, as pairs of words and LaTeX."""
        pairs = []
        for name, properties in self.properties.items():
            words, shown = sentence(properties), _names(self.scope.symbols[name].formula)
            if name in self.admitted:
                words += f", and so is d{shown[1]}"
            elif name in [v.data[0] for v in self.variables]:
                words += "; its differential is free"
            pairs.append((words.replace("{}", shown[1]), _sentence_latex(words, shown[0])))
        kinks = set()
        for formula in ordered([self.function]):
            if _is_mask(formula):  # the kink of [u > 0] is that of [u ≤ 0]
                terms = terms_of(formula.args[0])
                if frozenset((-c, part) for c, part in terms) in kinks:
                    continue
                kinks.add(frozenset(terms))
            if (self.moves(formula) or _rests(formula)) and not self._is_granted(formula):
                pairs += [pair for pair in _needs(formula) if pair not in pairs]
        for name, limits in self.scope.indices.items():
            shown = _names(self.scope.symbols[name].formula)
            for limit in limits:
                last = [printing.size_text(limit - Size.of(1), glyphs) for glyphs in (printing.PLAIN, printing.LATEX)]
                words = "the entries of {} are whole numbers from 0 to "
                pairs.append((words.format(shown[1]) + last[0], f"{_sentence_latex(words, shown[0])} {last[1]}"))
        for a, b in ordered_sizes:
            pairs.append((f"{a} ≤ {b}", rf"{names.latex(a)} \le {names.latex(b)}"))
        return pairs


def _sentence_latex(words, name):
    """A sentence with ``{}`` for a name, in LaTeX."""
    pieces = [rf"\text{{{piece}}}" if piece else "" for piece in words.split("{}")]
    return f" {name} ".join(pieces).strip()


class _Sweep:
    """d of a function carried down to the variables, while what stands around it is collected.

    The state is a sum of terms G : E (for a Jacobian, G vec(E)), where E is linear in one differential. Each line of
    the derivation is such a sum.
    """

    def __init__(self, work, function, left, scalar, phase):
        self.work, self.function, self.left, self.scalar, self.phase = work, function, left, scalar, phase
        self.order = {inner: i for i, inner in enumerate(ordered([function]))}
        self.terms, self.laws, self.effort = [], [], 0
        self.alike = ("hadamard", "frobenius") if scalar else ("hadamard",)  # numbers: printed alike when crossed
        self.shown = self.written = None  # the last line, and as text

    def run(self):
        """The gradient (or Jacobian) by each variable."""
        whole = self.function.shape[0] * self.function.shape[1]
        start = op.number(1) if self.scalar else op.identity(whole)
        if self.function.operation == "named":
            change = self.work.differential_of_part(self.function, self.laws)
        else:
            change = self.work.differential_of(self.function, self.laws)
            change = change and self.work.by_their_names(change)
        self.terms = self.split(start, change) if change is not None and not op.is_zero(change) else []
        if not self.terms:
            self.laws = self.laws or [SIMPLIFYING["definition"]]
            self.work.add(self.left, op.zero(self.function.shape), dict.fromkeys(self.laws), "d", self.phase)
        while self.terms:
            self.show()
            self.effort += len(self.terms)
            if self.effort > _EFFORT:
                raise DerivationError("the derivation has too many terms to be read; derive its parts")
            if any(E.operation == "combination" for _, E in self.terms):
                self.laws.append(self.opening())
                while any(E.operation == "combination" for _, E in self.terms):
                    self.terms = [pair for G, E in self.terms for pair in self.spread(G, E)]
            elif not all(E.operation == "differential" for _, E in self.terms):
                self.cross()
            elif len({E for _, E in self.terms}) < len(self.terms):
                self.collect()
            elif any(E.data.operation == "named" for _, E in self.terms):
                self.substitute()
            else:
                break
        return self.results()

    def join(self, G, E):
        return op.frobenius(G, E) if self.scalar else op.product(G, op.vec(E))

    def state(self):
        return op.add(*[self.join(G, E) for G, E in self.terms])

    def show(self):
        """Add a line, if it says something new."""
        state = self.state()
        written = printing.text(state, known=self.work.printed) if state is not self.shown else self.written
        if written != self.written:
            self.work.add(self.left, state, dict.fromkeys(self.laws or [self.opening()]), "d", self.phase)
            self.shown, self.written, self.laws = state, written, []
        else:  # what cannot be seen needs no law, but for the trace, which is seen when the next factor has crossed
            self.laws = [law for law in self.laws if law.name == "trace across the colon"]

    def cross(self):
        """Take the outermost operation of the right sides, where it is the same, across the colon."""
        kind = next(E.operation for _, E in self.terms if E.operation != "differential")
        crossing, before = next(E for _, E in self.terms if E.operation == kind), self.state()
        terms = self.terms = [self.crossed(G, E) if E.operation == kind else (G, E) for G, E in self.terms]
        law = law_of(crossing, crossing=True) if self.scalar else law_as_matrix(kind)
        seen = self.state() is not before
        if seen:
            self.laws.append(law)
        self.terms = [pair for G, E in terms for pair in self.spread(G, E)]
        if len(self.terms) > len(terms):
            self.laws.append(self.opening())
        if kind == "product":
            kept = [(self.centred(G), E) for G, E in self.terms]
            if kept != self.terms:
                self.terms = [(G, E) for G, E in kept if not op.is_zero(G)]
                self.laws.append(SIMPLIFYING["centred"])
        if kind == "trace" and not seen:  # tr(A dX) is I : A dX, and is written so when the next factor has crossed
            self.show()
            self.laws.append(law)

    def crossed(self, G, E):
        """G : E with the outermost operation of E at the other side."""
        index = next((i for i, argument in enumerate(E.args) if self.work.has_differential(argument)), None)
        if index is None:
            raise DerivationError(f"'{printing.text(E)}' stands among differentials and is none")
        row = table.ROWS[E.operation]
        moved = row.adjoint(E, index, G) if self.scalar else op.product(G, row.matrix(E, index))
        return moved, E.args[index]

    def split(self, G, E):
        """G with a sum, as a list of terms; signs, numbers and what is printed alike on either side go to G."""
        if E.operation == "combination":
            terms = zip(E.data, E.args, strict=True)
            return [pair for c, part in terms for pair in self.split(op.before(c, G), part)]
        while E.operation == "scale" or (E.operation in self.alike and E.is_scalar):
            G, E = self.crossed(G, E)
        return [(G, E)]

    def centred(self, G):
        """G without sums that vanish, by what is assumed of constants too."""
        return centred(G, self.work.constants())

    def opening(self):
        """The law that opens a sum."""
        return law_of(_SUM, crossing=True) if self.scalar else law_as_matrix("combination")

    def spread(self, G, change):
        """G : (E + F) as terms; G gets a name of its own where it would be written twice."""
        if change.operation == "combination" and _repeats(G, len(change.args)):
            G = self.under_a_name(G)
        return self.split(G, change)

    def under_a_name(self, G):
        """G as a number times a named formula."""
        bare = op.split_scalars(G)[2]
        if bare.operation in ("named", "ones", "identity") or (bare.operation == "symbol" and weight(G) <= 4):
            return G
        assumed = simplified(G, self.work.constants())
        letter = "G" if _is_matrix(G) else "g"
        body = op.named(self.work.fresh(letter, len(self.work.cotangents) + 1), assumed)
        self.work.cotangents.append(body)
        self.work.define(body, len(self.work.lines), self.phase)
        if assumed is not G:
            self.work.lines[-1].laws.append(SIMPLIFYING["assumption"])
        return body

    def collect(self):
        """G : E + H : E = (G + H) : E."""
        together = {}
        for G, E in self.terms:
            together.setdefault(E, []).append(G)
        sums = {E: op.add(*Gs) for E, Gs in together.items()}
        self.terms = [(tidy(G), E) for E, G in sums.items()]
        self.laws.append(SIMPLIFYING["collect"])
        if any(_differ(G, sums[E], self.work.printed) for G, E in self.terms):
            self.laws.append(SIMPLIFYING["factor"])
        self.terms = [(G, E) for G, E in self.terms if not op.is_zero(G)]

    def substitute(self):
        """Replace the differentials of parts on which no other one here rests, by their definitions."""
        parts = list(dict.fromkeys(E.data for _, E in self.terms if E.data.operation == "named"))
        ready = [part for part in parts if not any(self.rests_on(other, part) for other in parts)]
        found = {}
        for part in ready:
            laws = []
            change = self.work.differential_of_part(part, laws)
            found[part] = (change, laws) if change is not None and not op.is_zero(change) else (None, [])
        called = [self.called(G, *found[E.data]) if E.data in found else G for G, E in self.terms]
        if any(name is not G for name, (G, _) in zip(called, self.terms, strict=True)):
            self.terms = [(name, E) for name, (_, E) in zip(called, self.terms, strict=True)]
            self.laws.append(SIMPLIFYING["definition"])
            self.show()
        terms = []
        for G, E in self.terms:
            change, laws = found.get(E.data, (E, []))
            self.laws += laws
            if change is not None:
                terms += [(G, change)] if change.operation == "combination" else self.split(G, change)
        self.terms = terms

    def called(self, G, change, laws):
        """G under a name of its own, where it is long or would be written several times."""
        long = weight(G) > _NAME_A_FACTOR or (change is not None and _repeats(G, len(terms_of(change))))
        return self.under_a_name(G) if change is not None and long else G

    def rests_on(self, part, other):
        """Whether a part, by its definition, depends on another."""
        least = self.order.get(other, -1)

        def later(inner):
            return [argument for argument in inner.args if self.order.get(argument, -1) >= least]

        return part is not other and self.order.get(part, -1) > least and other in ordered([part], later)

    def results(self):
        """What stands left of the variables' differentials; a name used once is written out again."""
        results = {E.data: G for G, E in self.terms}
        once = [
            body
            for body in self.work.cotangents
            if uses(body, list(results.values())) == 1 and weight(body.args[0]) <= _NAME_A_FACTOR
        ]
        written = {v: written_out(G, once) for v, G in results.items()}
        final = {v: tidy(G) for v, G in written.items()}
        if final != results:
            self.laws += [SIMPLIFYING["definition"]] * (written != results)
            self.laws += [SIMPLIFYING["factor"]] * any(_differ(final[v], written[v], self.work.printed) for v in final)
            self.ends_in(final)
        without = {v: self.centred(G) for v, G in final.items()}
        if without != final:
            final = {v: tidy(G) for v, G in without.items()}
            self.laws.append(SIMPLIFYING["centred"])
            self.ends_in(final)
        shorter = {v: scaled_rows(G) for v, G in final.items()}
        if shorter != final:
            final = shorter
            self.laws.append(SIMPLIFYING["scaled"])
            self.ends_in(final)
        return {v: final.get(v, _nothing(self.function, v, self.scalar)) for v in self.work.variables}

    def ends_in(self, final):
        """A line with these factors of the variables' differentials."""
        self.terms = [(G, op.differential(v)) for v, G in final.items()]
        self.show()


_LABELS = (
    (r"\mathcal{L}", "𝓛", "L"), ("f", "f", "f"), ("g", "g", "g"), ("J", "J", "J"),
    ("F", "F", "F"), ("E", "E", "E"),
)  # fmt: skip
"""What the function is called: LaTeX, plain text, and the letter that must be free for it."""

_CONVENTION = {
    "symmetric": "; another convention in use gives 2G − G ⊙ I, the derivative by the entries on and above the "
    "diagonal",
    "skew-symmetric": "; another convention in use gives 2G, the derivative by the entries above the diagonal",
    "diagonal": "",
    "lower triangular": "",
    "upper triangular": "",
}
"""The kinds to which a variable may be restricted, and what else is written for their gradients."""


def _uses(nodes, opened):
    """From a node to the nodes that it stands in; for an opened sum, to those in which it stands opened."""
    uses = {}
    for inner in nodes:
        whole = opened[inner][0] if inner in opened else None
        kept = [argument for argument in inner.args if not whole or argument not in whole.args]
        for argument in [whole, *kept] if whole else kept:
            uses.setdefault(argument, []).append(inner)
    return uses


def _repeated(formula):
    """The vector whose entries a matrix repeats along its rows or columns; the formula itself where it is none."""
    if formula.operation == "product" and len(formula.args) == 2:
        left, right = formula.args
        if left.operation == "ones" and left.is_column:
            return op.transpose(right)
        if right.operation == "ones" and right.shape[0] is ONE:
            return left
    return formula


def _differ(formula, other, known=None):
    """Whether two formulas are written differently; `known` holds parts that are printed, and takes the new."""
    known = {} if known is None else known
    return formula is not other and printing.text(formula, known=known) != printing.text(other, known=known)


_SUM = op.combine([(1, op.symbol("A", (ONE, ONE), 0)), (2, op.symbol("B", (ONE, ONE), 0))])
"""A sum, to ask for its laws."""


def _repeats(factor, times):
    """Whether a factor that would be written several times needs a name: a long one, or a sum thrice."""
    return times > 1 and (weight(factor) > _NAME_WHAT_REPEATS or (times > 2 and len(terms_of(factor)) > 1))


def _outer_sums(product):
    """The columns a and b of a product a bᵀ where one holds sums along an axis, as in (X ⊙ X) 1 1ᵀ; or None.

    None too where a person would write 1 1ᵀ beside the matrix itself.
    """
    for i, (left, right) in enumerate(pairwise(product.args), start=1):
        if left.is_column and "ones" in (left.operation, right.operation):
            sides = op.product(*product.args[:i]), op.transpose(op.product(*product.args[i:]))
            plain = [side.operation != "product" or _is_sum_of_symbol(side) for side in sides]
            return None if all(plain) and "ones" in [side.operation for side in sides] else sides
    return None


def _is_sum_of_symbol(formula):
    """Whether it is A 1 or Aᵀ 1 for something with a name."""
    inner = formula.args[0]
    inner = inner.args[0] if inner.operation == "transpose" else inner
    return len(formula.args) == 2 and inner.operation in ("symbol", "named")


def _is_mask(formula):
    return formula.operation == "elementwise" and formula.data in ("positive", "nonnegative")


def _rests(formula):
    """Whether a part rests between ties, however its argument moves."""
    if formula.operation == "fixed":
        return bool(table.FIXED[formula.data[0]].needs)
    return formula.operation == "largest"


# ── helpers ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _of_d(label, formula):
    """The left side dƒ, for a matrix ƒ its row-major vec."""
    if formula.is_column:
        return f"d{label[0]}", f"d{label[1]}"
    return rf"\operatorname{{vec}}_{{\text{{row}}}}(d{label[0]})", f"vec(d{label[1]})"


def _names(formula):
    return names.latex(printing.name_of(formula)), names.plain(printing.name_of(formula))


def _is_scalar(value):
    """Whether the function has a gradient: a number, or a 1×1 array as xᵀAx is for columns."""
    return value.formula.is_scalar and value.ndim != 1


def _is_matrix(formula):
    return formula.shape[0] is not ONE and formula.shape[1] is not ONE


def _is_compound(formula):
    """Whether a part is worth a name."""
    while formula.operation in ("transpose",) or (formula.operation == "combination" and len(formula.args) == 1):
        formula = formula.args[0]
    if formula.operation == "product" and any(
        "unit" in (f.operation, *(g.operation for g in f.args)) for f in formula.args
    ):
        return False
    if formula.operation in ("inverse", "norm", "diag") and formula.args[0].operation == "symbol":
        return False
    if formula.operation == "hadamard" and len(formula.args) == 2 and not any(map(_is_compound, formula.args)):
        return False
    return formula.operation not in (
        "symbol",
        "named",
        "number",
        "size",
        "ones",
        "zero",
        "identity",
        "unit",
        "reshape",
        "power",
    )


def _nothing(function, variable, scalar):
    if scalar:
        return op.zero(variable.shape)
    return op.zero((function.shape[0] * function.shape[1], variable.shape[0] * variable.shape[1]))


def _jacobian_ndim(of, by):
    return 2 if of and by else max(min(of, 1), min(by, 1))


def _projected(G, kind, variable, scalar, second):
    """A gradient, or the columns of a Jacobian, without what no admitted direction meets."""
    n = variable.shape[0]
    sign = {"symmetric": 1, "skew-symmetric": -1}.get(kind)
    mask = {"lower triangular": "tril", "upper triangular": "triu"}.get(kind)
    if scalar:
        if sign:
            terms = terms_of(G)
            return op.combine(
                [(c * s / 2, part) for c, term in terms for s, part in ((1, term), (sign, op.transpose(term)))]
            )
        return op.hadamard(G, op.fixed(mask, (n, n), (0,))) if mask else op.diag(op.diagonal(G))
    if sign:
        keep = op.times(Fraction(1, 2), op.add(op.identity(n * n), op.times(sign, op.commutation(n, n))))
    elif mask:
        keep = op.diag(op.vec(op.fixed(mask, (n, n), (0,))))
    else:
        D = op.diagonal_embedding(n)
        keep = op.product(D, op.transpose(D))
    return op.product(keep, G, keep) if second else op.product(G, keep)


def _needed(formula):
    """Where an operation is defined or has a derivative, said of its argument {}; or an empty text."""
    kind, data = formula.operation, formula.data
    if op.is_number(op.split_coefficient(formula.args[0])[1] if formula.args else formula, 1):
        return ""
    if kind == "elementwise":
        return function_of(formula).needs
    if kind == "power":
        whole = isinstance(data, Fraction) and data.denominator == 1
        if formula.args[0].operation == "norm":  # which says so itself
            return ""
        return "{} ≠ 0" if whole and data < 0 else "" if whole else "{} > 0"
    if kind == "fixed":
        return table.FIXED[data[0]].needs
    return table.ROWS[kind].needs if kind in table.ROWS else ""


def _needs(formula):
    """Where an operation is defined or has a derivative, as pairs of words and LaTeX."""
    needs = _needed(formula)
    if not needs:
        return []
    inside = formula.args[0]
    if "≠" in needs:
        inside = op.split_coefficient(inside)[1]
        factors = [factor for factor in inside.args if factor.operation != "ones"]
        if inside.operation == "product" and len(factors) == 1:  # s 1ᵀ, of which s is asked
            inside = op.transpose(factors[0]) if inside.args[0] is not factors[0] else factors[0]
        if needs == "{} ≠ 0":
            return [(printing.apart(inside, printing.PLAIN), printing.apart(inside, printing.LATEX))]
    inside, argument = printing.text(inside), printing.latex(inside)
    signs = needs.replace("≠", r"\ne").replace("det", r"\det").replace(" is invertible", r" \text{ is invertible}")
    signs = re.sub(r" has no ties.*", r" \\text{\g<0>}", signs)
    return [(needs.format(inside), signs.replace("{}", argument))]


def _least_size(formula):
    """The smallest size at which an index or a slice makes sense."""
    least = 0
    if formula.operation == "unit" and isinstance(formula.data, int):
        least = formula.data + 1 if formula.data >= 0 else -formula.data
    if formula.operation == "fixed":
        for bound in (entry for entry in formula.data if isinstance(entry, Size)):
            constant = dict(bound.terms).get((), 0)
            least = max(least, abs(constant) + 1 if bound.number is None else constant)
    for length in formula.shape:  # n − 2 is at least 1
        least = max(least, 1 - dict(length.terms).get((), 0) if length.number is None else 0)
    return least


def _bound(error):
    exponent = -12 if error < 1e-12 else int(np.floor(np.log10(error))) + 1
    return f"< 1e{exponent}"
