"""A tree of LaTeX as a formula: what a page calls a function, `derive` can be asked about.

Every axis of a value has a label: an index of a sum around it, or one of its own, down the rows or along the columns.
A column has the first alone, a row the second, and so the labels say what a product is. What has no formula is refused.
"""

import functools
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import NamedTuple

from derivations.formulas import making as op
from derivations.formulas.expression import ONE, ParseError, ShapeError, Size, ordered, shape_text
from derivations.formulas.index_sums import INDICES
from derivations.formulas.table import FUNCTIONS, ROWS, applied, without_names
from derivations.reading.latex_grammar import FUNCTION_LETTERS, LOSS_LETTERS, script_text
from derivations.reading.latex_tree import Tree, bare, parts, spelled
from derivations.reading.numpy_functions import Value, over_indices

DOWN, ALONG = "~1", "~2"  # after every index, in this order
SCALAR, COLUMN, ROW, MATRIX = (), (DOWN,), (ALONG,), (DOWN, ALONG)
_WORDS = {SCALAR: "a scalar", COLUMN: "a column", ROW: "a row", MATRIX: "a matrix"}
_SUMMED = "~0"


class NoFormula(ParseError):
    """A part that has no formula here."""


class Said(NamedTuple):
    """What a tree stands for: a value, with a label for each of its axes."""

    value: Value
    labels: tuple = ()
    """The indices in the order of the alphabet, then those of its own."""
    open: frozenset = frozenset()
    """The axes of ones to which only what stands beside them gives a length; they are of length 1 till then."""

    @property
    def own(self):
        """Its own axes: whether it is a scalar, a column, a row or a matrix at each of its indices."""
        return tuple(label for label in self.labels if label in MATRIX)

    @property
    def indices(self):
        """The indices that a sum around it runs over."""
        return tuple(label for label in self.labels if label not in MATRIX)

    @property
    def lengths(self):
        """From each label to how far it runs."""
        return dict(zip(self.labels, self.value.axes, strict=True))

    def of(self, make, *rest):
        """What is made of its formula, with the same axes."""
        return self._replace(value=self.value.of(make(self.value.formula, *rest)))

    def labelled(self, other):
        """The same value with other labels for some of its axes, in the order that labels have."""
        labels = tuple(other.get(label, label) for label in self.labels)
        said = Said(self.value, labels, frozenset(other.get(label, label) for label in self.open))
        return _over([said], tuple(sorted(labels)))


@dataclass(frozen=True)
class Names:
    """What the names on a page stand for."""

    scope: object
    """The declared symbols and sizes, and the formulas that have names (`numpy_text.Scope`)."""
    rows: frozenset = frozenset()
    """The defined names that stand for rows."""
    functions: dict = field(default_factory=dict)
    """From the functions that the page defines to their parameters and trees."""
    given: dict = field(default_factory=dict)
    """What parameters stand for inside a function."""
    runs: dict = field(default_factory=dict)
    """From the indices of the sums around to the trees of where they start and end, None where that is not said."""
    side: Size | None = None
    """How large an identity matrix is here, where what stands beside it says so."""

    def defining(self, name, tree, parameters=(), indices=()):
        """The names with one more: what a tree says, at each place of indices, or a function of parameters."""
        functions = {**self.functions, name: (parameters, tree)} if parameters else self.functions
        names = replace(self, functions=functions)
        if parameters and not all(_known(parameter, self) for parameter in parameters):
            return names
        said = formula(tree, self, indices)
        self.scope.define(name, said.value)
        return replace(names, rows=self.rows | {name}) if said.own == ROW else names


def formula(tree, names, indices=()):
    """What a tree says.

    Parameters
    ----------
    tree : Tree
        What the page says.
    names : Names
    indices : tuple of str
        Those of p_{ij} = …, of which it is what stands at each place.

    Returns
    -------
    Said
        A scalar, a column, a row or a matrix.

    Raises
    ------
    NoFormula
        Where a part has no formula.
    ShapeError
        Where parts do not conform.
    """
    inside = replace(names, runs={**names.runs, **dict.fromkeys(indices, (None, None))})
    said = _closed(_of(tree, inside))
    if indices and said.labels == tuple(sorted(indices)) and len(indices) <= len(MATRIX):
        said = said.labelled(dict(zip(indices, MATRIX, strict=False)))
    if said.indices or (indices and len(said.own) != len(indices)):
        raise NoFormula(f"an index that is not summed over, {', '.join(said.indices or indices)}")
    return said


def defined_by(line):
    """The name that a row of a page defines, the tree of what it is, and the parameters of f(x), the indices of p_i."""
    head, parameters, indices = line.left, (), ()
    if head.kind in ("product", "apply") and len(head.args) == 2 and head.args[1].kind == "group":
        head, inner = head.args[0], bare(head.args[1])
        parameters = tuple(map(spelled, inner.args if inner.kind == "list" else (inner,)))
    if head.kind == "subscript" and set(map(spelled, head.args[1:])) <= _free(line.right):
        head, indices = head.args[0], tuple(map(spelled, head.args[1:]))
    if spelled(head) is None or None in parameters:
        raise NoFormula("a row that gives nothing a name")
    return spelled(head), line.right, parameters, indices


def _of(tree, names):
    rule = RULES.get(tree.kind)
    if rule is None:
        raise NoFormula(tree.kind)
    return _by_its_name(rule(tree, names), names)


def _by_its_name(said, names):
    """What is said, by the name that the page gave it."""
    return said.of(lambda formula: names.scope.by_formula.get(formula, formula))


def _closed(said):
    if said.open:
        raise NoFormula("ones of which nothing says how long")
    return said


def _alone(formula, *axes):
    """A scalar, a column or a matrix by its formula, with these axes."""
    return Said(Value(formula, len(axes)), axes)


# ── names and entries ─────────────────────────────────────────────────────────────────────────────────────────────


def _name(tree, names):
    said = _known(spelled(tree), names)
    if said is None and spelled(tree) == "pi":
        return _alone(op.number(3.141592653589793))
    if said is None:
        raise NoFormula(spelled(tree))
    return said


def _known(word, names):
    """What a declared or defined name stands for, with or without the line in x_1; else None."""
    if word in names.given:
        return names.given[word]
    scope = names.scope
    spellings = {name.replace("_", ""): name for name in (*scope.symbols, *scope.sizes, *scope.defined)}
    name = spellings.get((word or "").replace("_", ""))
    if name is None:
        return None
    value = scope.find(name)
    if value.ndim > 2:
        raise NoFormula(f"{name} of {value.ndim} axes")
    return Said(value, ROW if name in names.rows else MATRIX[: value.ndim])


def _subscript(tree, names):
    """A name with its labels, or entries and rows at the indices that a sum runs over."""
    base, *indices = tree.args
    if base.kind in ("one", "identity") and len(indices) == 1 and (size := _size(indices[0], names)) is not None:
        return _alone(op.identity(size), *MATRIX) if base.kind == "identity" else _alone(op.ones((size, ONE)), DOWN)
    at = tuple(index.data for index in indices if index.kind == "name" and index.data in names.runs)
    others = [index for index in indices if index.data not in at]
    if at and len(at) < 3 and spelled(base) and all(index.kind in ("name", "number", "label") for index in others):
        return _entries(spelled(base) + "".join(map(script_text, others)), at, names)
    said = None if at else _known(spelled(tree), names)  # without such an index they are labels
    if said is None:
        loose = [index.data for index in others if index.kind == "name"]
        raise NoFormula(f"an entry at {loose[0]}, over which no sum runs" if loose else "an entry")
    return said


def _entries(word, at, names):
    """All entries of an array, or all its rows, with an axis for each index; x_i is a row of X where there is no x."""
    whole = _known(word, names)
    rows = whole is None
    whole = _known(word[:1].upper() + word[1:], names) if rows else whole
    if whole is None or whole.indices or len(at) > len(whole.own) or (rows and whole.own != MATRIX):
        raise NoFormula("an entry")
    value, labels = whole.value, at
    if len(at) < value.ndim:
        second = not _runs_over(at[0], value.axes[0], names) and _runs_over(at[0], value.axes[1], names)
        labels = (DOWN, *at) if second else (*at, DOWN)
    elif len(set(at)) < len(at):
        value, labels = Value(op.diagonal(value.formula), 1), at[:1]
    for label, axis in zip(labels, value.axes, strict=True):
        if label != DOWN and not _runs_over(label, axis, names):
            raise NoFormula(f"a sum over a part of the {axis} entries of {word}")
    return Said(value, labels).labelled({})


def _runs_over(letter, axis, names):
    """Whether an index runs over a whole axis; where its end has another name than any size, it is taken to."""
    start, end = names.runs[letter]
    first, last = _size(start, names), _size(end, names)
    if start is not None and first is Size.of(0):
        return end is None or last is axis - ONE
    elsewhere = end is not None and last is None and spelled(end) is not None and spelled(end) not in names.runs
    whole = end is None or last is axis or elsewhere
    return whole and (start is None or first is ONE)


def _size(tree, names):
    """The size that a tree says, such as n or n − 1; None where it says none."""
    try:
        formula = _of(tree, names).value.formula if tree is not None else None
    except (NoFormula, ShapeError):
        return None
    if formula is not None and formula.operation == "combination":
        terms = list(zip(formula.data, formula.args, strict=True))
    else:
        terms = [(1, formula)]
    if any(term is None or term.operation not in ("size", "number") for _, term in terms):
        return None
    if any(count != int(count) or (op.is_number(term) and term.data != int(term.data)) for count, term in terms):
        return None
    sizes = [Size.of(term.data if term.operation == "size" else int(term.data)) for _, term in terms]
    return sum((Size.of(int(count)) * size for (count, _), size in zip(terms, sizes, strict=True)), Size.of(0))


# ── along the axes ────────────────────────────────────────────────────────────────────────────────────────────────


def _over(factors, labels, lengths=()):
    """The product of entries, summed over the labels that are not kept; an axis that no factor has repeats it."""
    met = dict.fromkeys(label for kept in (labels, *(said.labels for said in factors)) for label in kept)
    letters = dict(zip(met, INDICES, strict=False))
    terms = [(said.value, "".join(letters[label] for label in said.labels)) for said in factors]
    sizes = {letters[label]: length for label, length in dict(lengths).items()}
    value = over_indices(terms, "".join(letters[label] for label in labels), sizes)
    ones = {label for said in factors for label in said.open}
    short = {label for label, length in zip(labels, value.axes, strict=True) if length is ONE}
    return Said(value, labels, frozenset(ones & short))


def _entrywise(left, right, make):
    """What is made of two parts entry by entry."""
    if SCALAR not in (left.own, right.own) and left.own != right.own:
        raise NoFormula(f"{_WORDS[left.own]} beside {_WORDS[right.own]}, entry by entry")
    lengths = dict(left.lengths)
    for label, length in right.lengths.items():
        if lengths.get(label, ONE) is ONE:
            lengths[label] = length
        elif length not in (ONE, lengths[label]):
            raise ShapeError(f"{_shape(left)} and {_shape(right)} are not of one shape")
    labels = tuple(sorted(lengths))
    a, b = (_over([said], labels, lengths) for said in (left, right))
    return a.of(make, b.value.formula)._replace(open=a.open | b.open)


def _shape(said):
    return shape_text(tuple(said.lengths.get(label, ONE) for label in MATRIX))


def _times(left, right):
    """The product of two parts, where a column is n×1 and a row 1×n; numbers multiply everything."""
    if not left.labels:
        return right.of(lambda formula: op.scale(left.value.formula, formula))
    if not right.labels:
        return left.of(lambda formula: op.scale(right.value.formula, formula))
    if SCALAR in (left.own, right.own):
        labels = tuple(sorted({*left.labels, *right.labels}))
        return _over([left, right], labels) if len(labels) > 2 else _entrywise(left, right, op.hadamard)
    if (ALONG in left.own) is not (DOWN in right.own):
        raise NoFormula(f"{_WORDS[left.own]} times {_WORDS[right.own]}")
    one, other = left.labelled({ALONG: _SUMMED}), right.labelled({DOWN: _SUMMED})
    lengths = [said.lengths.get(_SUMMED) for said in (one, other) if _SUMMED not in said.open]
    if not lengths or lengths[0] is not lengths[-1]:
        raise ShapeError(f"{_shape(left)} times {_shape(right)}" if lengths else "ones times ones of no length")
    return _over([one, other], tuple(sorted({*one.labels, *other.labels} - {_SUMMED})))


def _turned(said):
    """The transpose."""
    return said.labelled({DOWN: ALONG, ALONG: DOWN})


def _total(said):
    """The sum of all entries at each index."""
    return _over([_closed(said)], said.indices)


# ── sums and products ─────────────────────────────────────────────────────────────────────────────────────────────


def _sum(tree, names):
    tree = _summed_on(tree, names)
    if tree.kind != "sum":
        return _of(tree, names)
    sized = [not any(part.kind == "identity" for part in parts(term)) for term in tree.args]
    terms = [_of(term, names) if one else None for term, one in zip(tree.args, sized, strict=True)]
    side = next((said.lengths[DOWN] for said in terms if said is not None and said.own == MATRIX), names.side)
    inside = replace(names, side=side)
    terms = [_of(term, inside) if said is None else said for term, said in zip(tree.args, terms, strict=True)]
    result = None
    for sign, term in zip(tree.data, terms, strict=True):
        term = term if sign > 0 else term.of(op.negative)
        result = term if result is None else _by_its_name(_entrywise(result, term, op.add), names)
    return result


def _identity(tree, names):
    if names.side is None:
        raise NoFormula("an identity matrix of which nothing says how large")
    return _alone(op.identity(names.side), *MATRIX)


def _summed_on(tree, names):
    """The tree with what follows a sum taken into it where it still has the index: Σ_i y_i z_i − exp(z_i)."""
    for place, term in enumerate(tree.args):
        if term.kind != "big sum" or tree.data[place] < 0 or not term.data:
            continue
        letters = {bounds[0] for bounds in term.data}
        last = max((i for i, other in enumerate(tree.args) if i > place and _free(other) & letters), default=place)
        if last > place:
            inside = Tree(
                "sum", (term.args[0], *tree.args[place + 1 : last + 1]), (1, *tree.data[place + 1 : last + 1])
            )
            whole = Tree("big sum", (inside,), term.data)
            args = (*tree.args[:place], whole, *tree.args[last + 1 :])
            signs = (*tree.data[:place], 1, *tree.data[last + 1 :])
            return whole if len(args) == 1 else Tree("sum", args, signs)
    return tree


def _free(tree):
    """The letters at which a tree takes entries, and that no sum in it binds."""
    own = {index.data for index in tree.args[1:] if index.kind == "name"} if tree.kind == "subscript" else set()
    inside = own.union(*map(_free, tree.args)) if tree.args else own
    return inside - {bounds[0] for bounds in tree.data} if tree.kind in ("big sum", "big product") else inside


def _product(tree, names):
    result, place, signs = None, 0, ("", *tree.data)
    while place < len(tree.args):
        factor, after, sign = tree.args[place], tree.args[place + 1 : place + 2], signs[place]
        brackets = after and after[0].kind == "group" and not signs[place + 1]
        other = _called(factor, after[0], names) if brackets else None
        place += 1 if other is None else 2
        other = _of(factor, names) if other is None else other
        if sign == r"\cdot" and result.own == other.own == COLUMN:
            result = _turned(result)
        result = other if result is None else _divided(result, other) if sign == "/" else _times(result, other)
        result = _by_its_name(result, names)
    return result


def _called(function, group, names):
    """What f(x) is where the page defines f: its value at x, f itself where f depends on x; else None, a product."""
    name, inner = spelled(function), bare(group)
    if name not in names.functions and name not in names.scope.defined:
        return None
    given = inner.args if inner.kind == "list" else (inner,)
    parameters, body = names.functions.get(name, ((), None))
    named = names.scope.defined.get(name)
    if len(parameters) == len(given) and (named is None or tuple(map(spelled, given)) != parameters):
        arguments = {p: _of(one, names) for p, one in zip(parameters, given, strict=True)}
        others = {other: said for other, said in names.functions.items() if other != name}
        return _of(body, replace(names, given={**names.given, **arguments}, functions=others))
    if named is None:
        return None
    found, held = [_of(one, names) for one in given], ordered([named.formula])
    if any(said.indices for said in found):  # h(x_i) is entry i of an h of all rows x_i
        return _entries(name, tuple(sorted({index for said in found for index in said.indices})), names)
    if all(said.value.formula in held for said in found):
        return _of(function, names)
    return _elsewhere(name, named, given[0], names) if name in FUNCTION_LETTERS | LOSS_LETTERS else None


def _elsewhere(name, named, tree, names):
    """The value f(x + h) of an f that the page defines, with x + h in the place of the one letter that it can be."""
    said, held = _of(tree, names), ordered([named.formula])
    within = {symbol: value for symbol, value in names.scope.symbols.items() if value.formula in held}
    letters = [value for symbol, value in within.items() if symbol in names.scope.varying] or list(within.values())
    letters = [value.formula for value in letters if value.axes == said.value.axes]
    if len(letters) != 1 or said.labels != MATRIX[: said.value.ndim]:
        raise NoFormula(f"{name} at what stands for none of its letters, or for any of several")

    return _by_its_name(Said(named, MATRIX[: named.ndim]).of(without_names, {letters[0]: said.value.formula}), names)


def _hadamard(tree, names):
    result = _of(tree.args[0], names)
    for sign, factor in zip(tree.data, tree.args[1:], strict=True):
        other = _of(factor, names)
        if sign == r"\oslash":
            result = _divided(result, other)
        else:
            alone = SCALAR in (result.own, other.own)
            result = _times(result, other) if alone else _entrywise(result, other, op.hadamard)
        result = _by_its_name(result, names)
    return result


def _divided(left, right):
    if right.own not in (SCALAR, left.own):
        raise NoFormula(f"{_WORDS[left.own]} over {_WORDS[right.own]}")
    if op.is_zero(right.value.formula):
        raise NoFormula("a division by zero")
    if not left.labels or not right.labels:
        return _times(left, right.of(op.power, -1))
    return _entrywise(left, right, lambda a, b: op.hadamard(a, op.power(b, -1)))


def _colon(tree, names):
    left, right = (_of(argument, names) for argument in tree.args)
    right = _turned(right) if {left.own, right.own} == {ROW, COLUMN} else right
    if left.indices and right.indices and left.own == right.own:
        return _over([left, right], tuple(sorted({*left.indices, *right.indices})))
    return _total(_entrywise(left, right, op.hadamard))


# ── norms, powers and functions ───────────────────────────────────────────────────────────────────────────────────


def _norm(tree, names):
    if len(tree.args) > 1 or tree.data in ("inf", "*", "op"):
        raise NoFormula("a norm with a weight, or of another sort")
    said = _closed(_of(tree.args[0], names))
    if tree.data == "1":
        return _total(_entry_by_entry("abs", said))
    return _root(_total(said.of(op.power, 2))) if said.indices else _alone(op.norm(said.value.formula))


def _root(said):
    return said.of(op.power, Fraction(1, 2))


def _bars(tree, names):
    """A determinant, or the size of a number; of a vector they may be a norm or the sizes of its entries."""
    said = _of(tree.args[0], names)
    if len(said.own) == 1:
        raise NoFormula("bars around a vector")
    return _entry_by_entry("abs", said) if said.own == SCALAR else _by_row(ROWS["determinant"], said)


def _power(tree, names):
    base, exponent = tree.args[0], _of(tree.args[1], names)
    power = exponent.value.formula
    plain = base.kind == "bars" or (base.kind == "norm" and len(base.args) == 1 and base.data in (None, "2", "F"))
    if plain and op.is_number(power, 2) and (inner := _of(base.args[0], names)).own != SCALAR:
        return _total(inner.of(op.power, 2))
    said = _of(base, names)
    if exponent.own != SCALAR or (said.own == MATRIX and tree.kind == "power"):
        raise NoFormula("a power of a matrix")
    if not op.is_number(power):
        return _entrywise(said, exponent, op.general_power)
    if (op.is_zero(said.value.formula) and power.data < 0) or abs(power.data) > 1000:
        raise NoFormula("a power that is no number, or too large a one")
    return said.of(op.power, power.data)


def _inverse(tree, names):
    said = _of(tree.args[0], names)
    if said.own == SCALAR:
        return said.of(op.power, -1)
    inverse = _by_row(ROWS["inverse"], said)
    return _turned(inverse) if tree.kind == "inverse transpose" else inverse


def _apply(tree, names):
    function, argument = tree.args
    word = function.data if function.kind == "operator" else None
    if word in ("max", "min") and bare(argument).kind == "list":
        return functools.reduce(_extremes(word), (_of(part, names) for part in bare(argument).args))
    said = _of(argument, names) if word not in ("tr", "det") else _whole(bare(argument), names)
    if function.kind == "subscript" and spelled(function.args[0]) == "log" and len(function.args) == 2:
        base, value = (_entry_by_entry("log", part) for part in (_of(function.args[1], names), said))
        return _divided(value, base)
    if word == "exp" and said.own == MATRIX and function.stop - function.start == 1:  # e^A, and not exp(A)
        return _by_row(ROWS["matrix exponential"], said)
    if word in FUNCTIONS:
        return _entry_by_entry(word, said)
    if word == "factorial" and said.own == SCALAR:
        return said.of(lambda x: op.elementwise("exp", op.elementwise("gammaln", op.add(x, op.ones(x.shape)))))
    if word == "sum":
        return _total(said)
    row = next((row for row in ROWS.values() if row.read and row.read.name == word), None)
    if row is not None:
        return _by_row(row, said)
    made = _BY_SHAPE.get((word, said.own))
    if made is None or said.indices:
        raise NoFormula(f"the function {word}{' at an index' if made else ''}")
    return made(_closed(said))


def _whole(tree, names):
    """What stands under a trace or a determinant, where a function of a matrix is one of the whole, as in `check`."""
    word = "root" if tree.kind == "root" else spelled(tree.args[0]) if tree.kind == "apply" else None
    inner = _of(tree.args[-1], names) if word in ("root", "sqrt", "log", "exp") else None
    if inner is None or inner.own != MATRIX:
        return _of(tree, names)
    if word != "exp":
        raise NoFormula(f"the {word} of a whole matrix")
    return _by_row(ROWS["matrix exponential"], inner)


def _entry_by_entry(word, said):
    return said.of(lambda x: op.elementwise(word, x))


def _extremes(word):
    """The larger of two parts, b + relu(a − b), or the smaller, a − relu(a − b)."""

    def of(left, right):
        left, right = (right, left) if op.is_zero(left.value.formula) else (left, right)
        over = _entry_by_entry("relu", _entrywise(left, right.of(op.negative), op.add))
        return _entrywise(right, over, op.add) if word == "max" else _entrywise(left, over.of(op.negative), op.add)

    return of


def _by_row(row, said):
    """An operation of one array, as its row of the table says."""
    if _closed(said).indices or row.read.takes not in (None, len(said.own)):
        raise NoFormula(f"the {row.name} of {_WORDS[said.own]}{' at an index' if said.indices else ''}")
    own = said.own if row.read.axes is None else MATRIX[: row.read.axes]
    return _alone(applied(row, said.value.formula), *own)


def _mean(said):
    rows, columns = said.value.formula.shape
    return _times(_alone(op.power(op.size(rows * columns), -1)), _total(said))


_BY_SHAPE = {
    **{("mean", own): _mean for own in _WORDS},
    ("softmax", COLUMN): lambda said: said.of(op.softmax, 0),
    ("softmax", MATRIX): lambda said: said.of(op.softmax, 1),
    ("Diag", COLUMN): lambda said: _alone(op.diag(said.value.formula), *MATRIX),
    ("diag", COLUMN): lambda said: _alone(op.diag(said.value.formula), *MATRIX),
    ("diag", MATRIX): lambda said: _alone(op.diagonal(said.value.formula), DOWN),
}
"""What a word says of a vector, and what of a matrix."""


# ── Σ and Π ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _inside(tree, names):
    """What stands under Σ or Π, and where its indices start and end."""
    runs = {letter: (low, high) for letter, low, high in tree.data}
    return _of(tree.args[0], replace(names, runs={**names.runs, **runs})), runs


def _big_sum(tree, names):
    """A sum of all entries where it names no index, else one over the axis of each index."""
    said, runs = _inside(tree, names)
    if not runs:
        return _total(said)
    for letter, (low, high) in runs.items():
        if letter in said.labels:
            said = _over([said], tuple(label for label in said.labels if label != letter))
            continue
        first, last = ONE if low is None else _size(low, names), _size(high, names)  # the same term each time
        if first is None or last is None:
            raise NoFormula(f"how far the index {letter} runs")
        said = _times(_alone(op.size(last - first + ONE)), said)
    return said


def _big_product(tree, names):
    """The product of a term over its indices."""
    said, runs = _inside(tree, names)
    if said.own != SCALAR or set(said.indices) != set(runs):
        raise NoFormula("a product over some indices")
    return _alone(applied(ROWS["product of entries"], said.value.formula))


RULES = {
    "number": lambda tree, names: _alone(op.number(tree.data)),
    "name": _name,
    "label": _name,
    "subscript": _subscript,
    "one": lambda tree, names: _alone(op.number(1), DOWN)._replace(open=frozenset({DOWN})),
    "identity": _identity,
    "group": lambda tree, names: _of(tree.args[0], names),
    "sum": _sum,
    "product": _product,
    "hadamard": _hadamard,
    "colon": _colon,
    "inner": _colon,
    "fraction": lambda tree, names: _divided(*(_of(argument, names) for argument in tree.args)),
    "norm": _norm,
    "bars": _bars,
    "power": _power,
    "elementwise power": _power,
    "transpose": lambda tree, names: _turned(_of(tree.args[0], names)),
    "inverse": _inverse,
    "inverse transpose": _inverse,
    "root": lambda tree, names: _root(_of(tree.args[0], names)),
    "apply": _apply,
    "big sum": _big_sum,
    "big product": _big_product,
}
