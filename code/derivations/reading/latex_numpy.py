"""What a tree of LaTeX says, as NumPy text that `derive` reads.

Sums, products, norms, traces, determinants and elementwise functions; a vector has one axis, and whether it stands as a
column or as a row decides what its products are. What cannot be said is refused.
"""

from typing import NamedTuple

from derivations import executing
from derivations.formulas.table import FUNCTIONS
from derivations.reading.latex_tree import Tree

SCALAR, COLUMN, ROW, MATRIX, ONES = "scalar", "column", "row", "matrix", "ones"
_TURNED = {COLUMN: ROW, ROW: COLUMN}
_WORDS = {"tr": (MATRIX, SCALAR), "det": (MATRIX, SCALAR), "softmax": (COLUMN, COLUMN), "Diag": (COLUMN, MATRIX)}


class Unsayable(Exception):
    """A part that has no NumPy text here."""


class Said(NamedTuple):
    """NumPy text, and what it stands for."""

    text: str
    kind: str


def numpy_text(tree, scope, kinds):
    """What a tree says: its NumPy text, and what it stands for.

    Parameters
    ----------
    tree : Tree
        What the page says.
    scope : Scope
        The names that are declared, or defined in NumPy text.
    kinds : dict
        For the names that the page defines, what they stand for.

    Returns
    -------
    Said

    Raises
    ------
    Unsayable
        Where a part has no such text.
    """
    return _said(tree, (scope, kinds))


def _said(tree, names):
    rule = _RULES.get(tree.kind)
    if rule is None:
        raise Unsayable(tree.kind)
    return rule(tree, names)


def _number(tree, names):
    return Said(f"({tree.data})" if tree.data.denominator != 1 else str(tree.data), SCALAR)


def _name(tree, names):
    scope, kinds = names
    name = executing.spelled(tree)
    if name in kinds:
        return Said(name, kinds[name])
    value = scope.symbols.get(name) or scope.defined.get(name)
    if value is None and name not in scope.sizes:
        raise Unsayable(name)
    return Said(name, SCALAR if value is None else (SCALAR, COLUMN, MATRIX)[value.ndim])


def _subscript(tree, names):
    if executing.spelled(tree) in {*names[0].symbols, *names[0].defined, *names[1]}:
        return _name(tree, names)
    raise Unsayable("an entry")


def _sum(tree, names):
    terms = [_said(term, names) for term in tree.args]
    kinds = {term.kind for term in terms} - {SCALAR, ONES}
    if len(kinds) > 1:
        raise Unsayable("a sum of a row and a column")
    signed = [f"{'-' if sign < 0 else '+'} {term.text}" for sign, term in zip(tree.data, terms, strict=True)]
    return Said(f"({' '.join(signed).removeprefix('+ ')})", kinds.pop() if kinds else SCALAR)


def _product(tree, names):
    result = _said(tree.args[0], names)
    for sign, factor in zip(tree.data, tree.args[1:], strict=True):
        other = _said(factor, names)
        if sign == "/":
            result = Said(f"{result.text} / {other.text}", result.kind)
        elif sign == r"\cdot" and result.kind == other.kind == COLUMN:
            result = Said(f"({result.text} @ {other.text})", SCALAR)
        else:
            result = _times(result, other)
    return result


def _times(left, right):
    kinds = (left.kind, right.kind)
    if SCALAR in kinds:
        return Said(f"({left.text} * {right.text})", right.kind if left.kind == SCALAR else left.kind)
    if left.kind == ONES and right.kind in (COLUMN, MATRIX):
        return Said(
            f"sum({right.text}{', axis=0' if right.kind == MATRIX else ''})", SCALAR if right.kind == COLUMN else ROW
        )
    if right.kind == ONES and left.kind in (ROW, MATRIX):
        return Said(
            f"sum({left.text}{', axis=1' if left.kind == MATRIX else ''})", SCALAR if left.kind == ROW else COLUMN
        )
    if kinds == (COLUMN, ROW):
        return Said(f"outer({left.text}, {right.text})", MATRIX)
    kind = {(ROW, COLUMN): SCALAR, (ROW, MATRIX): ROW, (MATRIX, COLUMN): COLUMN, (MATRIX, MATRIX): MATRIX}.get(kinds)
    if kind is None:
        raise Unsayable(f"a {left.kind} times a {right.kind}")
    return Said(f"({left.text} @ {right.text})", kind)


def _hadamard(tree, names):
    result = _said(tree.args[0], names)
    for sign, factor in zip(tree.data, tree.args[1:], strict=True):
        other = _said(factor, names)
        if result.kind != other.kind and SCALAR not in (result.kind, other.kind):
            raise Unsayable("an entrywise product of different shapes")
        mark = "/" if sign == r"\oslash" else "*"
        result = Said(f"({result.text} {mark} {other.text})", other.kind if result.kind == SCALAR else result.kind)
    return result


def _colon(tree, names):
    left, right = (_said(argument, names) for argument in tree.args)
    return Said(f"sum({left.text} * {right.text})", SCALAR)


def _fraction(tree, names):
    above, below = (_said(argument, names) for argument in tree.args)
    if below.kind not in (SCALAR, above.kind):
        raise Unsayable("a fraction of different shapes")
    return Said(f"({above.text} / {below.text})", above.kind)


def _norm(tree, names):
    if len(tree.args) > 1 or tree.data in ("inf", "*", "op"):
        raise Unsayable("a norm with a weight, or of another sort")
    if tree.data == "1":
        return Said(f"sum(abs({_said(tree.args[0], names).text}))", SCALAR)
    return Said(f"norm({_said(tree.args[0], names).text})", SCALAR)


def _bars(tree, names):
    """A determinant, or the size of a number; of a vector they may be a norm or the sizes of its entries."""
    said = _said(tree.args[0], names)
    if said.kind not in (SCALAR, MATRIX):
        raise Unsayable("bars around a vector")
    return Said(f"{'det' if said.kind == MATRIX else 'abs'}({said.text})", SCALAR)


def _power(tree, names):
    base, exponent = tree.args
    power = _said(exponent, names)
    plain = base.kind == "bars" or (base.kind == "norm" and len(base.args) == 1 and base.data in (None, "2", "F"))
    if plain and power.text == "2" and (inner := _said(base.args[0], names)).kind != SCALAR:
        return Said(f"sum({inner.text}**2)", SCALAR)
    said = _said(base, names)
    if power.kind != SCALAR or (said.kind == MATRIX and tree.kind == "power"):
        raise Unsayable("a power of a matrix")
    return Said(f"({said.text})**{power.text}", said.kind)


def _transpose(tree, names):
    said = _said(tree.args[0], names)
    return Said(f"{said.text}.T", MATRIX) if said.kind == MATRIX else Said(said.text, _TURNED.get(said.kind, said.kind))


def _inverse(tree, names):
    said = _said(tree.args[0], names)
    if said.kind == SCALAR:
        return Said(f"(1 / {said.text})", SCALAR)
    if said.kind != MATRIX:
        raise Unsayable("an inverse of a vector")
    return Said(f"inv({said.text}){'.T' if tree.kind == 'inverse transpose' else ''}", MATRIX)


def _apply(tree, names):
    function, argument = tree.args
    word = executing.WORDS.get(function.data, function.data) if function.kind == "operator" else None
    said = _said(argument, names)
    if word in _WORDS and said.kind == _WORDS[word][0]:
        return Said(f"{word}({said.text})", _WORDS[word][1])
    if word in FUNCTIONS and said.kind != ONES:
        return Said(f"{word}({said.text})", said.kind)
    raise Unsayable(f"the function {word}")


def _big_sum(tree, names):
    """A sum of all entries: without an index, or with every index of every entry in it summed over."""
    letters = [bounds[0] for bounds in tree.data]
    said = _said(_without_indices(tree.args[0], letters), names)
    if letters and said.kind not in ((COLUMN,) if len(letters) == 1 else (MATRIX,)):
        raise Unsayable("a sum over some indices")
    return Said(f"sum({said.text})", SCALAR)


def _without_indices(tree, letters):
    """The tree with x for x_i, where i is summed over, and with products and powers taken entry by entry."""
    if tree.kind == "subscript" and letters:
        if [index.data for index in tree.args[1:]] != letters:
            raise Unsayable("an entry at other indices")
        return tree.args[0]
    args = tuple(_without_indices(argument, letters) for argument in tree.args)
    if letters and tree.kind == "product" and "/" not in tree.data:
        return Tree("hadamard", args, (r"\odot",) * (len(args) - 1))
    kind = "elementwise power" if letters and tree.kind == "power" else tree.kind
    return Tree(kind, args, tree.data, tree.start, tree.stop) if args else tree


_RULES = {
    "number": _number,
    "name": _name,
    "label": _name,
    "subscript": _subscript,
    "one": lambda tree, names: Said("1", ONES),
    "group": lambda tree, names: _said(tree.args[0], names),
    "sum": _sum,
    "product": _product,
    "hadamard": _hadamard,
    "colon": _colon,
    "inner": _colon,
    "fraction": _fraction,
    "norm": _norm,
    "bars": _bars,
    "power": _power,
    "elementwise power": _power,
    "transpose": _transpose,
    "inverse": _inverse,
    "inverse transpose": _inverse,
    "root": lambda tree, names: Said(f"sqrt({(said := _said(tree.args[0], names)).text})", said.kind),
    "apply": _apply,
    "big sum": _big_sum,
}
