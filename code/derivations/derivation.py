"""From a loss to its gradient: linearise with the table's differentials, then transpose with its adjoints.

The loss is a list of named parts. First d passes down through the definitions: d𝓛 is written in the differentials of
named parts, and each of these, last defined first, is replaced by what its definition makes of it. What stands around a
differential crosses the colon by the adjoint of its operation. When only the differential of the variable is left, the
gradient stands at the other side of the colon. Each line is checked against the witness before anything is returned.
"""

import html
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from derivations import operations as op
from derivations import sampling
from derivations.expression import ONE, DerivationError, Formula, ParseError, ShapeError, Size, fold, ordered
from derivations.notation import numpy_text as reading
from derivations.notation import printing

TOLERANCE, SECOND_TOLERANCE = 1e-9, 1e-6
_NAME_A_FACTOR = 8  # a factor left of the colon with more operations than this gets a name of its own


class Law(NamedTuple):
    """A law that a step uses."""

    name: str
    statement: str
    """In LaTeX."""


SIMPLIFYING = {
    "definition": Law("definition", r"\text{a name for a part}"),
    "collect": Law("collecting terms", r"A : C + B : C = (A + B) : C"),
    "factor": Law("common factor", r"A C + B C = (A + B) C, \quad C A + C B = C (A + B)"),
    "assumption": Law("assumption", r"\text{what is assumed of a value}"),
    "projection": Law("admissible directions", r"G : dX = \tfrac{1}{2}(G + G^T) : dX \;\text{for symmetric } dX, \quad G : dX = (G \odot I) : dX \;\text{for diagonal } dX"),
    "gradient": Law("reading off the gradient", r"df = G : dX \;\text{for every } dX \;\Rightarrow\; \tfrac{\partial f}{\partial X} = G"),
    "jacobian": Law("reading off the Jacobian", r"\operatorname{vec}(df) = J \operatorname{vec}(dx) \;\text{for every } dx \;\Rightarrow\; \tfrac{\partial f}{\partial x} = J"),
}  # fmt: skip


AS_MATRIX = {
    "combination": r"\operatorname{vec}(A + B) = \operatorname{vec}(A) + \operatorname{vec}(B)",
    "product": r"\operatorname{vec}(A E B) = (A \otimes B^T) \operatorname{vec}(E)",
    "hadamard": r"\operatorname{vec}(A \odot E) = \operatorname{Diag}(\operatorname{vec}(A)) \operatorname{vec}(E)",
    "scale": r"\operatorname{vec}(\alpha E) = \alpha \operatorname{vec}(E), \quad \operatorname{vec}(\epsilon A) = \operatorname{vec}(A)\, \epsilon",
    "transpose": r"\operatorname{vec}(E^T) = K \operatorname{vec}(E)",
    "trace": r"\operatorname{tr}(E) = \operatorname{vec}(I)^T \operatorname{vec}(E)",
    "frobenius": r"A : E = \operatorname{vec}(A)^T \operatorname{vec}(E)",
    "diag": r"\operatorname{vec}(\operatorname{Diag}(e)) = D e",
    "diagonal": r"\operatorname{diag}(E) = D^T \operatorname{vec}(E)",
    "kronecker": r"\operatorname{vec}(A \otimes E) = M \operatorname{vec}(E)",
    "kronecker adjoint": r"\operatorname{vec}((A \otimes \cdot)^{*} E) = M \operatorname{vec}(E)",
    "reshape": r"\operatorname{vec}(\operatorname{reshape}(E)) = \operatorname{vec}(E)",
    "part": r"\operatorname{vec}(E_{IJ}) = (I_{I} \otimes I_{J}) \operatorname{vec}(E)",
    "placed": r"\operatorname{vec}(\operatorname{place}_{IJ}(E)) = M \operatorname{vec}(E)",
}  # fmt: skip


def law_of(operation, crossing=False):
    """The law of a row: its differential, or how it crosses the colon."""
    row = op.ROWS[operation.operation]
    if crossing:
        return Law(f"{_spoken(row.name)} across the colon", row.crossing)
    if operation.operation == "elementwise":
        return Law(f"differential of {operation.data}", function_of(operation).law)
    return Law(f"differential of {_spoken(row.name)}", row.law)


def function_of(formula):
    """The row of `FUNCTIONS` of an elementwise formula."""
    return op.FUNCTIONS[formula.data]


def _spoken(name):
    spoken = {"combination": "a sum", "hadamard": "an entrywise product", "frobenius": "a Frobenius product", "scale": "a scalar multiple"}
    return spoken.get(name, ("an " if name[0] in "aeiou" else "a ") + name)


# ── what is returned ──────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, eq=False)
class Step:
    """A line of a derivation."""

    left: str
    """The left side in LaTeX; empty where it is that of the line before."""
    formula: Formula
    laws: tuple
    """The laws that allow the line, as `Law`."""
    error: str = ""
    """A bound on the relative difference from the witness, such as ``< 1e-12``; empty for a definition."""
    plain_left: str = ""

    @property
    def latex(self):
        """The line in LaTeX."""
        return f"{self.left} = {printing.latex(self.formula)}"

    def __str__(self):
        return f"{self.plain_left} = {printing.text(self.formula)}"


@dataclass(frozen=True, eq=False)
class Derivative:
    """A gradient, Jacobian or Hessian as a formula that can be printed, evaluated and turned into code."""

    formula: Formula
    ndim: int
    """How many axes its value has in NumPy."""
    symbols: tuple
    """The symbols of the whole problem in the order they were declared."""
    sizes: tuple = ()

    def latex(self, expand=""):
        """The LaTeX, with the parts named in `expand` (``"r"``, ``"r, s"`` or ``"all"``) written out."""
        return printing.latex(self.formula, _opened(self.formula, expand))

    def text(self, expand=""):
        """The formula in plain text."""
        return printing.text(self.formula, _opened(self.formula, expand))

    def __str__(self):
        return self.text()

    __repr__ = __str__

    def _repr_latex_(self):
        return f"$\\displaystyle {self.latex()}$"

    def __call__(self, **values):
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
            For a name that was not declared.
        ShapeError
            Where an array does not have its declared shape; the message names both.
        ValueError
            Where a symbol or a size is missing.
        """
        sizes, known = bind(self.symbols, values)
        needed = ordered([self.formula])
        for inner in needed:
            if inner.operation == "symbol" and inner not in known:
                twin = next((value for s, value in known.items() if s.data[0] == inner.data[0]), None)
                if twin is None:
                    raise ValueError(f"{inner.data[0]} is missing; the formula needs its value")
                known[inner] = twin
            lengths = [length for length in inner.shape] + ([inner.data] if inner.operation == "size" else [])
            for length in lengths:
                for name in length.names:
                    if name not in sizes:
                        raise ValueError(f"the size {name} is told by no array; pass it by name, as in {name}=3")
        return squeezed(sampling.evaluate(self.formula, sizes, known), self.ndim)

    def numpy(self, name="gradient"):
        """The source of a function that computes it with NumPy alone, each shared part once."""
        from derivations.notation.numpy_code import source

        return source(self, name)

    def sympy(self, **sizes):
        """The SymPy matrix (or expression, for a scalar) at these sizes, with a symbol for each entry."""
        from derivations.notation.sympy_matrices import explicit

        return explicit(self, sizes)


def _opened(formula, expand):
    names = [inner.data for inner in ordered([formula]) if inner.operation == "named"]
    if expand == "all":
        return tuple(names)
    wanted = tuple(filter(None, (part.strip() for part in expand.split(",")))) if isinstance(expand, str) else tuple(expand)
    for name in wanted:
        reading.lookup(name, names, "expand")
    return wanted


def squeezed(array, ndim):
    """A 2-D array with the axes that NumPy would give it."""
    return array[0, 0] if ndim == 0 else array[:, 0] if ndim == 1 else array


def bind(symbols, values):
    """Arrays given by name as (sizes, symbol → 2-D array), with sizes inferred from them."""
    by_name = {symbol.data[0]: symbol for symbol in symbols}
    size_names = {name for symbol in symbols for length in symbol.shape for name in length.names}
    sizes, known, shapes = {}, {}, []
    for name, value in values.items():
        if name in by_name:
            symbol, array = by_name[name], np.asarray(value)
            if array.dtype.kind not in "biufc":
                raise ShapeError(f"{name} holds {array.dtype}, not numbers")
            if array.ndim != symbol.data[1]:
                raise ShapeError(f"{name} has shape {array.shape} and was declared {_declared(symbol)}")
            known[symbol] = array.astype(complex if array.dtype.kind == "c" else float).reshape((*array.shape, 1, 1)[:2])
            shapes += [(length, actual, symbol, array.shape) for length, actual in zip(symbol.shape, array.shape, strict=False)]
        elif name in size_names:
            sizes[name] = int(value)
        else:
            reading.lookup(name, {**by_name, **dict.fromkeys(size_names)}, "the call")
    progress = True
    while progress:
        progress = False
        for length, actual, symbol, shape in shapes:
            unknown = [n for n in length.names if n not in sizes]
            if len(unknown) == 1 and len(length.terms) == 1 and length.terms[0][0].count(unknown[0]) == 1:
                rest = length.at({**sizes, unknown[0]: 1})
                if rest < 1 or actual % rest:
                    raise ShapeError(f"{symbol.data[0]} has shape {shape} and was declared {_declared(symbol)}")
                sizes[unknown[0]] = actual // rest
                progress = True
    for length, actual, symbol, shape in shapes:
        if all(n in sizes for n in length.names) and length.at(sizes) != actual:
            found = ", ".join(f"{n} = {sizes[n]}" for n in length.names)
            raise ShapeError(f"{symbol.data[0]} has shape {shape} and was declared {_declared(symbol)}, where {found or 'the size is fixed'}")
    return sizes, known


def _declared(symbol):
    axes = symbol.shape[: symbol.data[1]]
    return "×".join(map(str, axes)) if axes else "a scalar"


@dataclass(frozen=True, eq=False)
class Derivation:
    """A derivation: the steps, the derivatives they end in, and what was assumed."""

    steps: tuple
    gradients: dict
    """Variable to `Derivative`."""
    assumptions: tuple
    """In words."""
    notes: tuple = field(default=())

    @property
    def gradient(self):
        """The derivative with respect to the one variable."""
        if len(self.gradients) != 1:
            raise DerivationError(f"there are {len(self.gradients)} gradients; use gradients[{next(iter(self.gradients))!r}]")
        return next(iter(self.gradients.values()))

    @property
    def latex(self):
        """The whole derivation as one aligned block of LaTeX, a law at the right of each line."""
        rows, before = [], None
        for step in self.steps:
            left = step.left if step.left != before else ""
            laws = r",\ ".join(rf"\text{{{law.name}}}" for law in step.laws)
            rows.append(rf"{left} &= {printing.latex(step.formula)} && {laws}")
            before = step.left
        return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"

    def _repr_latex_(self):
        return f"$\\displaystyle {self.latex}$"

    def __str__(self):
        rows, before = [], None
        for step in self.steps:
            left = step.plain_left if step.plain_left != before else ""
            rows.append((left, printing.text(step.formula), ", ".join(law.name for law in step.laws)))
            before = step.plain_left
        wide = max(len(left) for left, _, _ in rows)
        long = min(max(len(right) for _, right, _ in rows), 76)
        lines = [f"{left:>{wide}} = {right:<{long}}   {laws}".rstrip() for left, right, laws in rows]
        lines += [f"assumed: {words}" for words in self.assumptions] + [f"note: {words}" for words in self.notes]
        return "\n".join(lines)

    __repr__ = __str__

    def to_dict(self):
        """Everything as plain data, for JSON."""
        return {
            "gradients": {
                name: {"latex": g.latex(), "text": g.text(), "expanded": g.latex("all"), "numpy": g.numpy()}
                for name, g in self.gradients.items()
            },
            "steps": [
                {"latex": s.latex, "text": str(s), "laws": [law._asdict() for law in s.laws], "error": s.error}
                for s in self.steps
            ],
            "assumptions": list(self.assumptions),
            "notes": list(self.notes),
        }

    def as_table(self):
        """The derivation as HTML text, a row a step; everything in it is escaped."""
        rows = "".join(f"<tr><td>{html.escape(str(step))}</td></tr>" for step in self.steps)
        return f"<table>{rows}</table>"


# ── derive ────────────────────────────────────────────────────────────────────────────────────────────────────────


def derive(f, wrt, shapes, where="", assume="", vary="", style="hadamard", order=1):
    """Derive the gradient of a loss (the Jacobian of an array, the Hessian of a loss), with its steps.

    Parameters
    ----------
    f : str
        The function in NumPy-like text, as ``"sum((sigmoid(W@x + b) - y)**2)"``. A scalar has a gradient, in the shape of
        the variable; a vector or matrix has a Jacobian, a row per output (of the row-major vec) and a column per input.
    wrt : str
        The variable, or several: ``"W, b"``.
    shapes : str or dict
        ``"W: m×n, x: n, b: m, t: scalar"`` or ``{"W": ("m", "n"), "x": ("n",), "t": ()}``. ``×`` or `` x `` separates,
        ``*`` multiplies (``"A: m*n×m*n"``), a size may be a number.
    where : str, optional
        Names for parts, in order: ``"z = W@x + b; s = sigmoid(z)"``. Without it names are found.
    assume : str or dict, optional
        Properties of values: ``"A: symmetric invertible, y: one-hot"``. The differential stays free.
    vary : str or dict, optional
        ``"X: symmetric"`` or ``"X: diagonal"`` restricts dX; the gradient is then the projection.
    style : {"hadamard", "diag"}
        How the differential of a function of a vector is written: s′ ⊙ dz, or Diag(s′) dz.
    order : {1, 2}
        2 for the Hessian of a scalar function.

    Returns
    -------
    Derivation

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
    if style not in ("hadamard", "diag"):
        raise ParseError(f'style is {style!r}; it is "hadamard" or "diag"')
    if order not in (1, 2) or isinstance(order, bool):
        raise ParseError(f"order is {order!r}; it is 1 or 2")
    declared = reading.parse_shapes(shapes)
    names = _variables(wrt, declared)
    properties = reading.parse_properties(assume, declared)
    admitted = _admitted(vary, names, declared)
    for name, kind in admitted.items():
        properties[name] = tuple(dict.fromkeys((*properties.get(name, ()), kind)))
    scope = reading.Scope(declared, properties, without=names)
    if where:
        reading.parse_definitions(where if isinstance(where, str) else "; ".join(where), scope)
    value = reading.parse(f, scope)
    if order == 2 and value.ndim:
        raise DerivationError(f"order=2 is for a scalar function, and this one is {reading.shape_words(value)}")
    if order == 2 and len(names) > 1:
        raise DerivationError("order=2 takes one variable at a time")
    work = _Work(value, [scope.symbols[name].formula for name in names], scope, properties, admitted, style)
    if not where:
        work.name_parts()
    work.run()
    if order == 2:
        work.run_again()
    return work.finish(f"{f}|{wrt}|{sorted(declared.items(), key=str)}|{assume}|{vary}")


def _variables(wrt, declared):
    if not isinstance(wrt, str):
        wrt = ", ".join(wrt)
    names = list(dict.fromkeys(filter(None, (name.strip() for name in wrt.split(",")))))
    if not names:
        raise ParseError("wrt is empty; name the variable")
    for name in names:
        reading.lookup(name, declared, "wrt")
    return names


def _admitted(vary, names, declared):
    admitted = {}
    for name, kinds in reading.parse_properties(vary, declared).items():
        reading.lookup(name, names, "vary")
        if kinds not in (("symmetric",), ("diagonal",)):
            raise ParseError(f"vary knows symmetric and diagonal, not {', '.join(kinds)}")
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


class _Work:
    """One derivation while it is made."""

    def __init__(self, value, variables, scope, properties, admitted, style):
        self.value, self.variables, self.scope = value, variables, scope
        self.properties, self.admitted, self.style = properties, admitted, style
        self.function = value.formula
        self.moving = {}
        self.lines, self.results, self.cotangents = [], {}, []
        self.taken = set(scope.known())
        self.scalar = value.ndim == 0
        self.differentials = {}
        self.notes = []

    # ── names ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def moves(self, formula):
        """Whether a formula depends on a variable."""

        def visit(inner, parts):
            return inner in self.variables or any(parts)

        return fold(formula, visit, self.moving)

    def name_parts(self):
        """Give names to the parts that a person would name."""
        nodes, uses = ordered([self.function]), {}
        for inner in nodes:
            for argument in inner.args:
                uses.setdefault(argument, []).append(inner)
        wanted = {}
        for inner in nodes:
            if not self.moves(inner):
                continue
            kind = inner.operation
            argument = inner.args[0] if inner.args else None
            if kind in ("elementwise", "softmax", "log-sum-exp"):
                self._want(wanted, op.split_coefficient(argument)[1], "z")
                letter = {"sigmoid": "s", "softmax": "p"}.get(inner.data if kind == "elementwise" else kind, "h")
                users = uses.get(inner, [])
                quiet = users and all(user.is_scalar for user in users)
                primed = kind == "elementwise" and function_of(inner).primed
                if kind != "log-sum-exp" and not quiet and (primed or inner is not self.function):
                    self._want(wanted, inner, letter)
            elif (kind == "frobenius" and argument is inner.args[1]) or kind == "norm":
                self._want(wanted, argument, "r")
            elif kind == "power" and argument.operation not in ("elementwise", "softmax"):
                self._want(wanted, argument, "u")
            elif kind in ("inverse", "determinant", "log determinant"):
                self._want(wanted, argument, "M")
        for inner in nodes:
            if len(uses.get(inner, ())) > 1 and inner.operation not in ("elementwise", "softmax"):
                self._want(wanted, inner, "u")
        if not wanted:
            return
        names = self._choose(wanted)

        def visit(inner, parts):
            rebuilt = op.rebuild(inner, parts) if inner.args else inner
            return op.named(names[inner], rebuilt) if inner in names and rebuilt.operation != "named" else rebuilt

        self.function = fold(self.function, visit)

    def _want(self, wanted, formula, letter):
        if self.moves(formula) and _is_compound(formula):
            wanted.setdefault(formula, letter)

    def _choose(self, wanted):
        letters = {}
        for formula in ordered(list(wanted)):
            if formula in wanted:
                letter = wanted[formula]
                letters.setdefault(letter.upper() if _is_matrix(formula) else letter.lower(), []).append(formula)
        names = {}
        for letter, formulas in letters.items():
            for i, formula in enumerate(formulas):
                names[formula] = self.fresh(letter, i + 1 if len(formulas) > 1 else None)
        return names

    def fresh(self, letter, number=None):
        """A name not yet in use: the letter, one of its neighbours, or the letter with a number."""
        neighbours = {"z": "zuvapq", "s": "shav", "r": "reuv", "h": "hav", "u": "uvcq", "p": "psq", "g": "gqk", "m": "mcq"}
        pool = neighbours.get(letter.lower(), letter)
        for candidate in pool.upper() if letter.isupper() else pool:
            name = f"{candidate}{number}" if number else candidate
            if name not in self.taken:
                self.taken.add(name)
                return name
        number = number or 1
        while f"{letter}{number}" in self.taken:
            number += 1
        self.taken.add(f"{letter}{number}")
        return f"{letter}{number}"

    # ── the two passes ────────────────────────────────────────────────────────────────────────────────────────────

    def run(self):
        """From the function to its gradients (a scalar function) or Jacobians."""
        self.define_parts([self.function])
        label = ("\\mathcal{L}", "𝓛") if self.scalar else ("f", "f")
        if "f" in self.taken and not self.scalar:
            label = (r"\mathbf{f}", "f")
        self.label = label
        self.add(label, self.function, [SIMPLIFYING["definition"]], "definition")
        self.results = self.pull_back(self.function, ("d" + label[0], "d" + label[1]), self.scalar, 1)

    def run_again(self):
        """From the gradient to the Hessian."""
        variable = self.variables[0]
        gradient = op.vec(self.results[variable])
        (name,) = [variable.data[0]]
        left = printing.LATEX.name(name), printing.PLAIN.name(name)
        nabla = (rf"\nabla_{{{left[0]}}} \mathcal{{L}}", f"∇{left[1]} 𝓛")
        self.gradient_formula = self.results[variable]
        self.add(nabla, self.results[variable], [SIMPLIFYING["gradient"]], "definition")
        self.results = self.pull_back(gradient, (rf"d {nabla[0]}", f"d{nabla[1]}"), gradient.is_scalar, 2)

    def define_parts(self, roots):
        """A line for each named part that moves, in order."""
        for inner in ordered(roots):
            if inner.operation == "named" and inner not in self.moving.get("defined", ()):
                self.add(_names(inner), inner.args[0], [SIMPLIFYING["definition"]], "definition")

    def add(self, left, formula, laws, kind, phase=1):
        self.lines.append(_Line(left, formula, list(laws), kind, phase))

    def has_differential(self, formula):
        def visit(inner, parts):
            return inner.operation == "differential" or any(parts)

        return fold(formula, visit, self.differentials, below=_closed)

    def differential_of(self, formula, laws):
        """d of a formula, in the differentials of variables and named parts."""

        def visit(inner, parts):
            if inner in self.variables or (inner.operation == "named" and self.moves(inner)):
                return op.differential(inner)
            if all(part is None for part in parts):
                return None
            row = op.ROWS[inner.operation]
            if row.differential is None:
                raise DerivationError(f"{inner.operation} has no differential here")
            laws.append(law_of(inner))
            return row.differential(inner, parts)

        return fold(formula, visit, below=_closed)

    def differential_of_part(self, part, laws):
        """d of a named part, by its definition; its value is called by its name."""
        body = part.args[0]
        if body.operation == "elementwise":
            inner = []
            change = self.differential_of(body.args[0], inner)
            laws.append(law_of(body))
            laws += inner
            slope = function_of(body).derivative(body.args[0], part)
            if self.style == "diag" and part.is_column and not part.is_scalar:
                return op.product(self.diagonal_slope(body, part, slope), change)
            if function_of(body).primed:
                slope = self.primed(part, slope)
            return op.hadamard(slope, change)
        change = self.differential_of(body, laws)
        if change is None:
            return None

        def named(inner, parts):
            return part if inner is body else op.rebuild(inner, parts) if parts else inner

        return fold(change, named, below=lambda f: () if f is body or f.operation == "differential" else _closed(f))

    def primed(self, part, slope):
        """The derivative of a named function value, called s′, with its definition after that of s."""
        slope = op.named(part.data + "'", slope)
        self._define_after(part, slope)
        return slope

    def diagonal_slope(self, body, part, slope):
        """Diag(s′) for the other style: S − S² for a sigmoid, I − S² for tanh, with S = Diag(s)."""
        if body.data in ("sigmoid", "tanh"):
            letter = part.data[0].upper() + part.data[1:]
            S = next((line.named for line in self.lines if getattr(line, "named", None) is not None and line.named.args[0] is op.diag(part)), None)
            if S is None:
                name = letter if letter not in self.taken else self.fresh("D")
                self.taken.add(name)
                S = op.named(name, op.diag(part))
                self._define_after(part, S)
            first = S if body.data == "sigmoid" else op.identity(part.shape[0])
            return op.add(first, op.negative(op.product(S, S)))
        if function_of(body).primed:
            slope = self.primed(part, slope)
        return op.diag(slope)

    def _define_after(self, part, new):
        if any(getattr(line, "named", None) is new for line in self.lines):
            return
        at = next((i for i, line in enumerate(self.lines) if line.left == _names(part)), len(self.lines) - 1)
        line = _Line(_names(new), new.args[0], [SIMPLIFYING["definition"]], "definition")
        line.named = new
        self.lines.insert(at + 1, line)

    def pull_back(self, function, left, scalar, phase):
        """The gradients (or Jacobians, for a column) of a formula by the two passes."""
        order = {inner: i for i, inner in enumerate(ordered([function]))}
        join = _join_scalar if scalar else _join_jacobian
        start = op.number(1) if scalar else op.identity(function.shape[0] * function.shape[1])
        laws = []
        change = self.differential_of_part(function, laws) if function.operation == "named" else self.differential_of(function, laws)
        if change is None or op.is_zero(change):
            return {v: _nothing(function, v, scalar) for v in self.variables}
        terms = _split(start, change)
        shown = None
        while True:
            state = op.add(*[join(G, E) for G, E in terms])
            if state is not shown:
                self.add(left, state, dict.fromkeys(laws or [law_of(state, crossing=True)]), "d", phase)
                shown, laws = state, []
            ready = [E.operation == "differential" for _, E in terms]
            if not all(ready):
                kind = terms[ready.index(False)][1].operation
                after = []
                for G, E in terms:
                    if E.operation == kind and E.operation != "differential":
                        index = next(i for i, argument in enumerate(E.args) if self.has_differential(argument))
                        crossing = law_of(E, crossing=True) if scalar else Law(f"{_spoken(kind)} as a matrix", AS_MATRIX[kind])
                        row = op.ROWS[kind]
                        moved = row.adjoint(E, index, G) if scalar else op.product(G, row.matrix(E, index))
                        after += _split(moved, E.args[index])
                    else:
                        after.append((G, E))
                terms = after
                if kind == "trace" or op.add(*[join(G, E) for G, E in terms]) is not shown:
                    laws.append(crossing)
                continue
            if len({E for _, E in terms}) < len(terms):
                together = {}
                for G, E in terms:
                    together.setdefault(E, []).append(G)
                laws.append(SIMPLIFYING["collect"])
                terms = [(tidy(op.add(*Gs)), E) for E, Gs in together.items()]
                terms = [(G, E) for G, E in terms if not op.is_zero(G)]
                if not terms:
                    return {v: _nothing(function, v, scalar) for v in self.variables}
                continue
            parts = [E.data for _, E in terms if E.data.operation == "named"]
            if not parts:
                break
            part = max(parts, key=lambda p: order.get(p, -1))
            change = self.differential_of_part(part, laws)
            at = next(i for i, (_, E) in enumerate(terms) if E.data is part)
            G = terms[at][0]
            if change is None or op.is_zero(change):
                terms = terms[:at] + terms[at + 1 :]
                if not terms:
                    return {v: _nothing(function, v, scalar) for v in self.variables}
                continue
            pieces = _split(op.number(1), change)
            weight = _weight(G)
            if weight > _NAME_A_FACTOR or (len(pieces) > 1 and weight > 2):
                coefficient, body = op.split_coefficient(G)
                if body.operation != "named":
                    body = op.named(self.fresh("G" if _is_matrix(G) else "g", len(self.cotangents) + 1), G)
                    self.cotangents.append(body)
                    new = _Line(_names(body), G, [SIMPLIFYING["definition"]], "definition", phase)
                    new.named = body
                    self.lines.append(new)
                    G = body
                    terms[at] = (G, terms[at][1])
                    before = dict.fromkeys(laws)
                    laws = [SIMPLIFYING["definition"]]
                    state = op.add(*[join(g, e) for g, e in terms])
                    if state is not shown:
                        self.add(left, state, laws, "d", phase)
                        shown = state
                    laws = list(before)
            terms = terms[:at] + [(G, change)] + terms[at + 1 :]
            state = op.add(*[join(g, e) for g, e in terms])
            if state is not shown:
                self.add(left, state, dict.fromkeys(laws), "d", phase)
                shown, laws = state, []
            terms = terms[:at] + _split(G, change) + terms[at + 1 :]
        results = {E.data: G for G, E in terms}
        self.last_left, self.join = left, join
        final = {}
        used = [body for body in self.cotangents if _uses(body, list(results.values())) == 1 and _weight(body.args[0]) <= _NAME_A_FACTOR]
        for v in self.variables:
            G = results.get(v)
            final[v] = _nothing(function, v, scalar) if G is None else tidy(_unnamed(G, used))
        if any(final[v] is not results.get(v) for v in self.variables if v in results):
            state = op.add(*[join(final[v], op.differential(v)) for v in self.variables if v in results])
            if state is not shown:
                self.add(left, state, [SIMPLIFYING["factor"]], "d", phase)
        return final

    # ── the end ───────────────────────────────────────────────────────────────────────────────────────────────────

    def finish(self, seed):
        """Apply what is assumed, read off the results, check every line, and return the derivation."""
        second = hasattr(self, "gradient_formula")
        scalar_result = self.scalar and not second
        swap = {}
        for v in self.variables:
            kept = reading._implied(self.properties.get(v.data[0], ()))
            if kept:
                swap[v] = op.symbol(v.data[0], v.shape, v.data[1], kept)
        outcome = {}
        for v, G in self.results.items():
            laws = []
            assumed = simplified(substituted(G, swap), self.properties)
            assumed = tidy(assumed) if assumed is not G else G
            if assumed is not G:
                laws.append(SIMPLIFYING["assumption"] if swap or self.properties else SIMPLIFYING["factor"])
            kind = self.admitted.get(v.data[0])
            if kind:
                assumed = tidy(_projected(assumed, kind, v, scalar_result, second))
                laws.append(SIMPLIFYING["projection"])
                self.notes.append(_OTHER_CONVENTION[kind].format(name=v.data[0]))
            name = printing.LATEX.name(v.data[0]), printing.PLAIN.name(v.data[0])
            L = self.label
            if second:
                left = (rf"\frac{{\partial^2 {L[0]}}}{{\partial {name[0]}^2}}", f"∂²{L[1]}/∂{name[1]}²")
            else:
                left = (rf"\frac{{\partial {L[0]}}}{{\partial {name[0]}}}", f"∂{L[1]}/∂{name[1]}")
            laws.append(SIMPLIFYING["gradient" if scalar_result else "jacobian"])
            line = _Line(left, assumed, laws, "result", 2 if second else 1)
            line.variable = v
            self.lines.append(line)
            outcome[v] = assumed
        if not scalar_result:
            matrices = [v.data[0] for v in self.variables if v.data[1] == 2] + (["the function"] if self.value.ndim == 2 else [])
            if matrices:
                self.notes.append(f"{' and '.join(matrices)} by the row-major vec: its rows one after another")
        steps, assumptions = self.check(seed, outcome, second)
        symbols = tuple(self.scope.symbols[name].formula for name in self.scope.symbols)
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
            gradients[v.data[0]] = Derivative(outcome[v], ndim, symbols)
        return Derivation(tuple(steps), gradients, tuple(assumptions), tuple(dict.fromkeys(self.notes)))

    def check(self, seed, outcome, second):
        """The steps with a bound on each one's error, and what was assumed."""
        symbols = [value.formula for value in self.scope.symbols.values()]
        properties = {s: reading._implied(self.properties.get(s.data[0], ())) for s in symbols}
        vary = {v: self.admitted[v.data[0]] for v in self.variables if v.data[0] in self.admitted}
        roots = [line.formula for line in self.lines]
        parts = [f for f in ordered(roots) if f.operation == "named"]
        smallest = max([2, *(_least_size(f) for f in ordered([self.function]))])
        found, refused = sampling.points(self.function, parts, symbols, self.variables, seed, properties, vary, smallest)
        worst = [0.0] * len(self.lines)
        for number, point in enumerate(found):
            values = dict(point.values)
            for f in list(ordered(roots)):  # twins of variables that carry what is assumed
                if f.operation == "symbol" and f not in values:
                    values[f] = next(value for s, value in point.values.items() if s.operation == "symbol" and s.data[0] == f.data[0])
                if f.operation == "differential":
                    values[f] = point.slopes[f.data]
            known = values
            random = sampling.generator(f"{seed}|{number}")
            other = {v: sampling.restricted(random.standard_normal(point.values[v].shape), vary.get(v)) for v in self.variables} if second else None
            with np.errstate(all="ignore"):
                bend = sampling.second_slope(self.function, point, self.variables, other) if second else None
                for i, line in enumerate(self.lines):
                    worst[i] = max(worst[i], self._error(line, point, known, other, bend))
        tolerance = SECOND_TOLERANCE if second else TOLERANCE
        steps = []
        for line, error in zip(self.lines, worst, strict=True):
            if not error <= (tolerance if line.phase == 2 else TOLERANCE):
                raise DerivationError(
                    f"the witness does not confirm the line '{line.left[1]} = {printing.text(line.formula)}' "
                    f"(relative difference {error:.1e}); nothing is returned"
                )
            shown = "" if line.kind == "definition" else _bound(error)
            steps.append(Step(line.left[0], line.formula, tuple(dict.fromkeys(line.laws)), shown, line.left[1]))
        return steps, self._assumptions(found, refused)

    def _error(self, line, point, known, other, bend):
        """The relative difference of a line from the witness at a point."""
        if line.kind == "definition":
            return 0.0
        if line.kind == "d" and (line.phase == 2 or not self.scalar):
            value = sampling.evaluate(line.formula, point.sizes, known)
            if line.phase == 2:
                directions = np.concatenate([other[v].reshape(-1, 1) for v in self.variables])
                return _relative((directions.T @ value.reshape(-1, 1)).item(), np.asarray(bend).item(), _size_of(directions, value))
            truth = point.slopes[self.function].reshape(-1, 1)
            return _relative(value.reshape(-1, 1), truth, np.max(np.abs(value), initial=0.0))
        if line.kind == "d":
            value = sampling.evaluate(line.formula, point.sizes, known)
            return _relative(value, point.slopes[self.function], self._scale(line, point, known))
        value = sampling.evaluate(line.formula, point.sizes, known)
        move = dict(point.directions)[line.variable]
        if len(self.variables) > 1:
            return 0.0 if self._result_sum_checked(line, point, known) else np.inf
        if line.phase == 2:
            along = other[line.variable].reshape(1, -1) @ value @ move.reshape(-1, 1)
            return _relative(along.item(), np.asarray(bend).item(), np.max(np.abs(value)) * np.sum(np.abs(move)) * np.max(np.abs(other[line.variable])))
        if self.scalar:
            return _relative(np.sum(value * move), point.slopes[self.function].item(), np.sum(np.abs(value * move)))
        return _relative(value @ move.reshape(-1, 1), point.slopes[self.function].reshape(-1, 1), np.max(np.abs(value) @ np.abs(move.reshape(-1, 1))))

    def _result_sum_checked(self, line, point, known):
        """Several variables: the results together give the slope."""
        total, scale, moves = 0, 0, dict(point.directions)
        for other in self.lines:
            if other.kind == "result":
                value = sampling.evaluate(other.formula, point.sizes, known)
                move = moves[other.variable]
                if self.scalar:
                    total, scale = total + np.sum(value * move), scale + np.sum(np.abs(value * move))
                else:
                    total, scale = total + value @ move.reshape(-1, 1), scale + np.max(np.abs(value) @ np.abs(move.reshape(-1, 1)))
        truth = point.slopes[self.function]
        return _relative(total, truth.item() if self.scalar else truth.reshape(-1, 1), scale) <= TOLERANCE

    def _scale(self, line, point, known):
        """What rounding in a line is relative to: its largest term."""
        terms = line.formula.args if line.formula.operation == "combination" else (line.formula,)
        largest = max(abs(sampling.evaluate(term, point.sizes, known).item()) for term in terms)
        inner = 0.0
        for term in terms:
            if term.operation == "frobenius":
                a, b = (sampling.evaluate(x, point.sizes, known) for x in term.args)
                inner = max(inner, float(np.sum(np.abs(a * b))))
        return max(largest, inner)

    def _assumptions(self, found, refused):
        words = []
        for name, properties in self.properties.items():
            if name in self.admitted:
                words.append(f"{name} is {', '.join(properties)}, and so is d{name}")
            else:
                words.append(f"{name} is {', '.join(properties)}" + ("; its differential is free" if name in [v.data[0] for v in self.variables] else ""))
        for f in ordered([self.function]):
            if self.moves(f):
                words += [w for w in _needs(f) if w not in words]
        accepted = [point.sizes for point in found]
        never = [s for s in refused if s not in accepted]
        names = sorted(accepted[0]) if accepted else []
        for a in names:
            for b in names:
                if a != b and never and all(s[a] < s[b] for s in accepted) and all(s[a] > s[b] for s in never):
                    words.append(f"{a} ≤ {b}")
        return words


_OTHER_CONVENTION = {
    "symmetric": "the gradient is symmetric, with d𝓛 = G : d{name} for symmetric d{name}; another convention in use gives 2G − G ⊙ I, the derivative by the entries on and above the diagonal",
    "diagonal": "the gradient is diagonal, with d𝓛 = G : d{name} for diagonal d{name}",
}


# ── helpers ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _closed(formula):
    """The arguments of a node, none for a named one: a walk that stays above the definitions."""
    return () if formula.operation == "named" else formula.args


def _names(formula):
    return printing.LATEX.name(formula.data), printing.PLAIN.name(formula.data)


def _is_matrix(formula):
    return formula.shape[0] is not ONE and formula.shape[1] is not ONE


def _is_compound(formula):
    """Whether a part is worth a name."""
    while formula.operation in ("transpose",) or (formula.operation == "combination" and len(formula.args) == 1):
        formula = formula.args[0]
    if formula.operation == "product" and any(f.operation == "unit" for f in formula.args):
        return False
    return formula.operation not in ("symbol", "named", "number", "size", "ones", "zero", "identity", "unit", "part", "reshape")


def _weight(formula):
    """How many operations stand in a formula, not counting inside names."""
    light = ("named", "symbol", "number", "size", "ones", "identity", "transpose", "unit")
    return sum(inner.operation not in light for inner in ordered([formula], _closed))


def _split(G, change):
    """G with a sum, as a list of terms; coefficients and signs go to G."""
    if change.operation == "combination":
        return [pair for c, E in zip(change.data, change.args, strict=True) for pair in _split(op.times(c, G), E)]
    return [(G, change)]


def _terms(formula):
    """A formula as (coefficient, term) pairs."""
    if formula.operation == "combination":
        return list(zip(formula.data, formula.args, strict=True))
    return [(Fraction(1), formula)]


def _join_scalar(G, E):
    return op.frobenius(G, E)


def _join_jacobian(G, E):
    return op.product(G, op.vec(E))


def _nothing(function, variable, scalar):
    if scalar:
        return op.zero(variable.shape)
    return op.zero((function.shape[0] * function.shape[1], variable.shape[0] * variable.shape[1]))


def _jacobian_ndim(of, by):
    return 2 if of and by else max(min(of, 1), min(by, 1))


def tidy(formula):
    """The formula with its sums multiplied out where that is shorter, and with common factors taken out."""

    def visit(inner, parts):
        rebuilt = op.rebuild(inner, parts) if parts else inner
        if rebuilt.operation == "combination":
            return factored(_lighter(rebuilt, expanded(rebuilt)))
        if rebuilt.operation == "frobenius":
            return _quadratic(rebuilt)
        return rebuilt

    return fold(formula, visit, below=_closed)


def _lighter(formula, other):
    return other if _weight(other) < _weight(formula) else formula


def expanded(formula):
    """A sum with its entrywise products multiplied out: A ⊙ (B + C) = A ⊙ B + A ⊙ C."""
    terms = []
    for coefficient, term in zip(formula.data, formula.args, strict=True):
        pieces = [(coefficient, [])]
        for factor in term.args if term.operation == "hadamard" else (term,):
            inside = [(1, factor)]
            if factor.operation == "combination" and (term.operation == "hadamard" or len(formula.args) > 1):
                inside = list(zip(factor.data, factor.args, strict=True))
            pieces = [(c * more, [*factors, part]) for c, factors in pieces for more, part in inside]
            if len(pieces) > 16:
                return formula
        terms += [(c, op.hadamard(*factors)) for c, factors in pieces]
    return op.combine(terms)


def factored(formula):
    """A sum with a last or first factor that terms share taken out: A C + B C = (A + B) C."""
    changed = True
    while changed and formula.operation == "combination" and len(formula.args) > 1:
        changed = False
        for side in (-1, 0):
            groups = {}
            for coefficient, term in zip(formula.data, formula.args, strict=True):
                key = term.args[side] if term.operation == "product" else (term,)  # only products share a factor
                groups.setdefault(key, []).append((coefficient, term))
            if any(len(group) > 1 for group in groups.values()):
                formula = op.combine([_together(key, group, side) for key, group in groups.items()])
                changed = True
                break
    return formula


def _together(key, group, side):
    """Terms with the factor `key` at one side, as (coefficient, product)."""
    if len(group) == 1:
        return group[0]
    out = group[0][0] if len({abs(coefficient) for coefficient, _ in group}) == 1 else Fraction(1)
    rest = [(c / out, op.product(*(term.args[:-1] if side else term.args[1:]))) for c, term in group]
    inner = factored(op.combine(rest))
    return out, op.product(inner, key) if side else op.product(key, inner)


def _quadratic(formula):
    """u vᵀ : B as uᵀ B v."""
    for left, right in (formula.args, formula.args[::-1]):
        if left.operation == "product" and not left.is_column and left.shape[0] is not ONE:
            for i in range(1, len(left.args)):
                if left.args[i].shape[0] is ONE:
                    return op.product(op.transpose(op.product(*left.args[:i])), right, op.transpose(op.product(*left.args[i:])))
    return formula


def _uses(part, formulas):
    """How often a named part stands in formulas."""
    return sum(inner.args.count(part) for inner in ordered(formulas, _closed)) + formulas.count(part)


def _unnamed(formula, parts):
    """The formula with some named parts written out."""
    if not parts:
        return formula

    def visit(inner, arguments):
        if inner in parts:
            return arguments[0]
        return op.rebuild(inner, arguments) if arguments else inner

    return fold(formula, visit, below=lambda f: f.args if f in parts else _closed(f))


def substituted(formula, swap):
    """The formula with some leaves replaced."""
    if not swap:
        return formula

    def visit(inner, parts):
        return op.rebuild(inner, parts) if parts else swap.get(inner, inner)

    return fold(formula, visit, below=_closed)


def simplified(formula, properties):
    """The formula by what is assumed of values: a one-hot vector sums to one, and so on."""
    summing = {name for name, words in properties.items() if {"sums to one", "one-hot", "first unit vector"} & set(words)}
    if not summing:
        return formula

    def visit(inner, parts):
        rebuilt = op.rebuild(inner, parts) if parts else inner
        if rebuilt.operation == "frobenius" and rebuilt.args[0].operation == "ones":
            y = rebuilt.args[1]
            if y.operation == "symbol" and y.data[0] in summing and y.is_column:
                return op.number(1)
        if rebuilt.operation == "product" and len(rebuilt.args) == 2 and rebuilt.args[1].operation == "ones":
            Y = rebuilt.args[0]
            if Y.operation == "symbol" and Y.data[0] in summing and Y.data[1] == 2:
                return op.ones(rebuilt.shape)
        return rebuilt

    return fold(formula, visit, below=_closed)


def _projected(G, kind, variable, scalar, second):
    n = variable.shape[0]
    if scalar:
        if kind == "symmetric":
            halves = [_terms(side) for side in (G, op.transpose(G))]
            return op.combine([(c / 2, part) for half in halves for c, part in half])
        return op.diag(op.diagonal(G))
    if kind == "symmetric":
        keep = op.times(Fraction(1, 2), op.add(op.identity(n * n), op.commutation(n, n)))
    else:
        D = op.diagonal_embedding(n)
        keep = op.product(D, op.transpose(D))
    return op.product(keep, G, keep) if second else op.product(G, keep)


def _needs(formula):
    """Where an operation is defined or has a derivative, in words."""
    inside = printing.text(formula.args[0]) if formula.args else ""
    if formula.operation == "elementwise":
        needs = function_of(formula).needs
        return [needs.format(inside) + (" (a kink is excluded)" if "≠" in needs else "")] if needs else []
    if formula.operation == "power" and formula.data < 0:
        return [f"{inside} ≠ 0"]
    if formula.operation == "power" and not (isinstance(formula.data, Fraction) and formula.data.denominator == 1):
        return [f"{inside} > 0"]
    if formula.operation == "general power":
        return [f"{inside} > 0"]
    if formula.operation in ("inverse", "determinant"):
        return [f"{inside} is invertible"]
    if formula.operation == "log determinant":
        return [f"det({inside}) > 0"]
    return [f"{inside} ≠ 0"] if formula.operation == "norm" else []


def _least_size(formula):
    """The smallest size at which an index or a slice makes sense."""
    least = 0
    if formula.operation == "unit" and isinstance(formula.data, int):
        least = formula.data + 1 if formula.data >= 0 else -formula.data
    if formula.operation in ("part", "placed"):
        for start, stop in formula.data:
            for bound in (start, stop):
                constant = dict(bound.terms).get((), 0)
                least = max(least, abs(constant) + 1 if bound.number is None else constant)
    return least


def _size_of(a, b):
    return float(np.sum(np.abs(a) * np.abs(b.reshape(a.shape)))) if a.size == b.size else 0.0


def _relative(value, truth, scale):
    difference = np.max(np.abs(np.asarray(value) - np.asarray(truth)), initial=0.0)
    if not np.isfinite(difference):
        return np.inf
    return float(difference / max(np.max(np.abs(truth), initial=0.0), scale, 1e-300)) if difference else 0.0


def _bound(error):
    exponent = -12 if error < 1e-12 else int(np.floor(np.log10(error))) + 1
    return f"< 1e{exponent}"


__all__ = ["Derivation", "Derivative", "Law", "Size", "Step", "derive"]
