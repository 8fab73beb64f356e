"""What a tree of LaTeX says, as NumPy text that `derive` reads.

Sums, products, norms, traces, determinants and elementwise functions; a vector has one axis, and whether it stands as a
column or as a row decides what its products are. What cannot be said is refused.
"""

from typing import NamedTuple

from derivations.formulas.table import FUNCTIONS
from derivations.reading.latex_tree import Tree, spelled

SCALAR, COLUMN, ROW, MATRIX, ONES = "scalar", "column", "row", "matrix", "ones"
_TURNED = {COLUMN: ROW, ROW: COLUMN}
_WORDS = {"tr": (MATRIX, SCALAR), "det": (MATRIX, SCALAR), "softmax": (COLUMN, COLUMN), "Diag": (COLUMN, MATRIX)}


class Unsayable(Exception):
    """A part that has no NumPy text here."""


class Said(NamedTuple):
    """NumPy text, and what it stands for."""

    text: str
    kind: str
    letters: str = ""
    """The indices that a sum around it runs over, in the order of the alphabet: an axis for each, before its own."""

    def of(self, text, kind=""):
        """Another text at the same indices."""
        return Said(text, kind or self.kind, self.letters)


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
    said = _said(tree, (scope, kinds, {}))
    if said.letters:
        raise Unsayable(f"an index that is not summed over, {said.letters}")
    return said


def _said(tree, names):
    rule = _RULES.get(tree.kind)
    if rule is None:
        raise Unsayable(tree.kind)
    return rule(tree, names)


def _number(tree, names):
    return Said(f"({tree.data})" if tree.data.denominator != 1 else str(tree.data), SCALAR)


def _name(tree, names):
    try:
        return _declared(spelled(tree), names)
    except Unsayable:
        if spelled(tree) != "pi":
            raise
    return Said("pi", SCALAR)


def _declared(word, names):
    """A declared or defined name, with or without the line in x_1."""
    scope, kinds, _ = names
    known = {name.replace("_", ""): name for name in (*scope.symbols, *scope.sizes, *scope.defined, *kinds)}
    name = known.get(word.replace("_", ""))
    if name is None:
        raise Unsayable(word)
    if name in kinds:
        return Said(name, kinds[name])
    value = scope.symbols.get(name) or scope.defined.get(name)
    if value is not None and value.ndim > 2:
        raise Unsayable(f"{name} of {value.ndim} axes")
    return Said(name, SCALAR if value is None else (SCALAR, COLUMN, MATRIX)[value.ndim])


def _subscript(tree, names):
    """A name with its labels, or entries and rows at the indices that a sum runs over."""
    base, *indices = tree.args
    at = [index.data for index in indices if index.kind == "name" and index.data in names[2]]
    if spelled(tree) is None and not at:
        raise Unsayable("an entry")
    if not at:  # and so these are labels
        try:
            return _declared(spelled(tree), names)
        except Unsayable:
            raise Unsayable("an entry") from None
    others = [index for index in indices if index.data not in at]
    if len(at) > 2 or any(index.kind not in ("name", "number", "label") for index in others):
        raise Unsayable("an entry")
    labels = "".join(map(spelled, others))
    return _entries(spelled(base) + labels, at, names)


def _entries(word, at, names):
    """All entries of an array, or all its rows, with an axis for each index; x_i is a row of X where there is no x."""
    try:
        whole, row = _declared(word, names), False
    except Unsayable:
        whole, row = _declared(word[:1].upper() + word[1:], names), True
    axes = _axes_of(whole, names)
    if whole.kind == SCALAR or len(at) > len(axes) or (row and whole.kind != MATRIX):
        raise Unsayable("an entry")
    if len(at) < len(axes):
        turned = not _runs_over(at[0], axes[0], names) and _runs_over(at[0], axes[1], names)
        text, axes = (f"{whole.text}.T", axes[::-1]) if turned else (whole.text, axes)
        found = Said(text, COLUMN, at[0])
    elif len(set(at)) < len(at):
        found = Said(f"diagvec({whole.text})", SCALAR, at[0])
    else:
        turned = at != sorted(at)
        found = Said(f"{whole.text}.T" if turned else whole.text, SCALAR, "".join(sorted(at)))
    for letter, axis in zip(at, axes, strict=False):
        if not _runs_over(letter, axis, names):
            raise Unsayable(f"a sum over a part of the {axis} entries of {whole.text}")
    return found


def _axes_of(said, names):
    scope, kinds, _ = names
    value = scope.symbols.get(said.text) or scope.defined.get(said.text)
    if value is None or said.text in kinds:
        raise Unsayable("an entry")
    return tuple(map(str, value.axes))


def _runs_over(letter, axis, names):
    """Whether an index runs over a whole axis; where its end has another name than any size, it is taken to."""
    start, end = names[2][letter]
    if start not in ("", "1"):
        return start == "0" and end in (f"({axis} - 1)", "")
    return end in ("", axis) or (end.isidentifier() and end not in names[0].sizes)


def _aligned(said, letters, trailing):
    """The text with an axis for each letter, those of its own last."""
    own = _AXES[said.kind]
    missing = "".join(letter for letter in letters if letter not in said.letters)
    if not said.letters or (not missing and own == trailing):
        return said.text
    index = [":" if letter in said.letters else "None" for letter in letters]
    index += ["None"] * (trailing - own) + [":"] * own
    return f"{said.text}[{', '.join(index)}]"


def _together(parts):
    """The letters of several parts, and how many axes of their own they have."""
    return "".join(sorted(set("".join(part.letters for part in parts)))), max(_AXES[part.kind] for part in parts)


_AXES = {SCALAR: 0, COLUMN: 1, ROW: 1, MATRIX: 2, ONES: 1}


def _sum(tree, names):
    tree = _summed_on(tree, names)
    if tree.kind != "sum":
        return _said(tree, names)
    terms = [_said(term, names) for term in tree.args]
    kinds = {term.kind for term in terms} - {SCALAR, ONES}
    if len(kinds) > 1:
        raise Unsayable("a sum of a row and a column")
    together = _together(terms)
    texts = [_aligned(term, *together) for term in terms]
    signed = [f"{'-' if sign < 0 else '+'} {text}" for sign, text in zip(tree.data, texts, strict=True)]
    return Said(f"({' '.join(signed).removeprefix('+ ')})", kinds.pop() if kinds else SCALAR, together[0])


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
    result = _said(tree.args[0], names)
    for sign, factor in zip(tree.data, tree.args[1:], strict=True):
        other = _said(factor, names)
        if sign == "/":
            result = _entrywise(result, other, "/")
        elif sign == r"\cdot" and result.kind == other.kind == COLUMN:
            result = _contracted(result, other)
        else:
            result = _times(result, other)
    return result


def _entrywise(left, right, sign):
    together = _together([left, right])
    kind = right.kind if left.kind == SCALAR else left.kind
    return Said(f"({_aligned(left, *together)} {sign} {_aligned(right, *together)})", kind, together[0])


def _contracted(left, right):
    """The sum over the last axes of two vectors, or of rows of them."""
    if not right.letters:
        return Said(f"({left.text} @ {right.text})", SCALAR, left.letters)
    if not left.letters:
        return Said(f"({right.text} @ {left.text})", SCALAR, right.letters)
    if len(left.letters) == len(right.letters) == 1 and left.letters != right.letters:  # u_iᵀ v_j is U Vᵀ at i, j
        one, other = sorted((left, right), key=lambda said: said.letters)
        return Said(f"({one.text} @ {other.text}.T)", SCALAR, one.letters + other.letters)
    together = _together([left, right])
    return Said(f"sum({_aligned(left, *together)} * {_aligned(right, *together)}, axis=-1)", SCALAR, together[0])


def _times(left, right):
    kinds = (left.kind, right.kind)
    if SCALAR in kinds:
        return _entrywise(left, right, "*")
    if kinds == (ROW, COLUMN):
        return _contracted(left, right)
    if left.letters or right.letters:
        if kinds == (ROW, MATRIX) and not right.letters:
            return Said(f"({left.text} @ {right.text})", ROW, left.letters)
        if kinds == (MATRIX, COLUMN) and not left.letters:
            return Said(f"({right.text} @ {left.text}.T)", COLUMN, right.letters)
        raise Unsayable(f"a {left.kind} times a {right.kind} at an index")
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
        result = _entrywise(result, other, "/" if sign == r"\oslash" else "*")
    return result


def _colon(tree, names):
    left, right = (_said(argument, names) for argument in tree.args)
    if left.letters or right.letters:
        if {left.kind, right.kind} - {COLUMN, ROW}:
            raise Unsayable("an inner product of matrices at an index")
        return _contracted(left, right)
    return Said(f"sum({left.text} * {right.text})", SCALAR)


def _fraction(tree, names):
    above, below = (_said(argument, names) for argument in tree.args)
    if below.kind not in (SCALAR, above.kind):
        raise Unsayable("a fraction of different shapes")
    return _entrywise(above, below, "/")


def _norm(tree, names):
    if len(tree.args) > 1 or tree.data in ("inf", "*", "op"):
        raise Unsayable("a norm with a weight, or of another sort")
    inside = _said(tree.args[0], names)
    if inside.letters and inside.kind == MATRIX:
        raise Unsayable("the norm of a matrix at an index")
    along = ", axis=-1" if inside.letters and inside.kind != SCALAR else ""
    if tree.data == "1":
        return Said(f"sum(abs({inside.text}){along})", SCALAR, inside.letters)
    if inside.letters:
        squares = f"sum({inside.text}**2{along})" if along else f"({inside.text})**2"
        return Said(f"sqrt({squares})", SCALAR, inside.letters)
    return Said(f"norm({inside.text})", SCALAR)


def _bars(tree, names):
    """A determinant, or the size of a number; of a vector they may be a norm or the sizes of its entries."""
    said = _said(tree.args[0], names)
    if said.kind not in (SCALAR, MATRIX):
        raise Unsayable("bars around a vector")
    if said.letters and said.kind == MATRIX:
        raise Unsayable("a determinant at an index")
    return Said(f"{'det' if said.kind == MATRIX else 'abs'}({said.text})", SCALAR, said.letters)


def _power(tree, names):
    base, exponent = tree.args
    power = _said(exponent, names)
    plain = base.kind == "bars" or (base.kind == "norm" and len(base.args) == 1 and base.data in (None, "2", "F"))
    if plain and power.text == "2" and (inner := _said(base.args[0], names)).kind != SCALAR:
        if inner.letters and inner.kind == MATRIX:
            raise Unsayable("the norm of a matrix at an index")
        return Said(f"sum({inner.text}**2{', axis=-1' if inner.letters else ''})", SCALAR, inner.letters)
    said = _said(base, names)
    if power.kind != SCALAR or (said.kind == MATRIX and tree.kind == "power"):
        raise Unsayable("a power of a matrix")
    if said.letters or power.letters:
        return _entrywise(said.of(f"({said.text})"), power, "**")
    return Said(f"({said.text})**{power.text}", said.kind)


def _transpose(tree, names):
    said = _said(tree.args[0], names)
    if said.kind == MATRIX and said.letters:
        raise Unsayable("a matrix at an index")
    turned = said.text if said.kind != MATRIX else f"{said.text}.T"
    return said.of(turned, _TURNED.get(said.kind, said.kind))


def _inverse(tree, names):
    said = _said(tree.args[0], names)
    if said.kind == SCALAR:
        return said.of(f"(1 / {said.text})")
    if said.kind != MATRIX or said.letters:
        raise Unsayable("an inverse of a vector")
    return Said(f"inv({said.text}){'.T' if tree.kind == 'inverse transpose' else ''}", MATRIX)


def _apply(tree, names):
    function, argument = tree.args
    word = function.data if function.kind == "operator" else None
    said = _said(argument, names)
    if word == "exp" and said.kind == MATRIX:  # of a matrix it is the exponential, as `check` reads it
        if said.letters:
            raise Unsayable("the exponential of a matrix at an index")
        return Said(f"expm({said.text})", MATRIX)
    if word in FUNCTIONS and said.kind != ONES:
        return said.of(f"{word}({said.text})")
    if word == "factorial" and said.kind == SCALAR:
        return said.of(f"exp(gammaln({said.text} + 1))")
    if said.letters:
        raise Unsayable(f"the function {word} at an index")
    if word in _WORDS and said.kind == _WORDS[word][0]:
        return Said(f"{word}({said.text})", _WORDS[word][1])
    if word in ("sum", "mean"):
        return Said(f"{word}({said.text})", SCALAR)
    if word == "softmax" and said.kind == MATRIX:
        return Said(f"softmax({said.text}, axis=1)", MATRIX)
    raise Unsayable(f"the function {word}")


def _big_sum(tree, names):
    """A sum of all entries where it names no index, else one over the axis of each index."""
    scope, kinds, outer = names
    bounds = {letter: tuple(_bound(one, names) for one in ends) for letter, *ends in tree.data}
    said = _said(tree.args[0], (scope, kinds, {**outer, **bounds}))
    if not bounds:
        return Said(f"sum({said.text})", SCALAR)
    for letter in bounds:
        if letter not in said.letters:  # the same term each time
            start, end = bounds[letter]
            if start not in ("", "1") or end not in scope.sizes:
                raise Unsayable(f"how far the index {letter} runs")
            said = _entrywise(Said(end, SCALAR), said, "*")
            continue
        place, rest = said.letters.index(letter), said.letters.replace(letter, "")
        along = f", axis={place}" if rest or said.kind != SCALAR else ""
        said = Said(f"sum({said.text}{along})", said.kind, rest)
    return said


def _big_product(tree, names):
    """The product of a term over one index."""
    scope, kinds, outer = names
    bounds = {letter: tuple(_bound(one, names) for one in ends) for letter, *ends in tree.data}
    said = _said(tree.args[0], (scope, kinds, {**outer, **bounds}))
    if said.kind != SCALAR or set(said.letters) != set(bounds):
        raise Unsayable("a product over some indices")
    return Said(f"prod({said.text})", SCALAR)


def _bound(tree, names):
    """The text of where an index starts or ends; empty where that is not said."""
    if tree is None:
        return ""
    try:
        return _said(tree, names).text
    except Unsayable:
        return spelled(tree) if tree.kind == "name" else "?"


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
    "root": lambda tree, names: (said := _said(tree.args[0], names)).of(f"sqrt({said.text})"),
    "apply": _apply,
    "big sum": _big_sum,
    "big product": _big_product,
}
