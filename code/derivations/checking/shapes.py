r"""The shapes of letters that nothing declares, by unification over the trees of a text.

With a rank for each letter (a number, a column, a row, a matrix) every node of a tree has a shape, and what stands
together says which lengths are equal: the inner ones of a product, those of the terms of a sum, of two sides. What
does not conform costs something, and so does a rank that the letter does not suggest. The assignment that costs least
is what a reader would take the letters for; a few that cost little more are kept.

The idea is that of type inference by unification (J. A. Robinson, 1965), with costs where types would clash, since a
text may be wrong, and since what is written beside each other may be meant entry by entry.
"""

import itertools

from derivations import executing
from derivations.checking.outline import is_nought
from derivations.executing import parts, spelled
from derivations.formulas.names import LETTERS
from derivations.formulas.table import ROWS
from derivations.reading.latex_grammar import LOSSES
from derivations.reading.latex_tree import Tree, bare

SCALAR, COLUMN, ROW, MATRIX = "scalar", "column", "row", "matrix"
RANKS = (SCALAR, COLUMN, MATRIX, ROW)
CLASH, TURNED, ODD, SLIGHT = 3.0, 2.0, 1.5, 0.4
"""What it costs where operands cannot conform, where a number is transposed, what is odd, and what is less likely."""
CLAIMED = 0.5
"""How much of that counts in a line that says what a derivative is."""
EVALUATIONS = 900
"""Assignments of ranks that are looked at for a text, at most."""
_PARAMETERS = {"theta", "beta", "mu", "omega", "phi", "delta", "nu", "xi", "psi", "zeta"}
_NUMBERS = set("tckg")
_SORT_OF = {(0, 2): "square", (0, None): "number", (1, 2): "diagonal"}
_WORDS = {
    **{row.read.name: _SORT_OF.get(row.read[1:3], "entries") for row in ROWS.values() if row.read},
    "Diag": "diagonal", "diag": "diagonal", "vec": "vec", "vech": "vec",
    "sum": "number", "mean": "number", "rank": "number", "dim": "number", "max": "extreme", "min": "extreme",
    "argmax": "body", "argmin": "body", "adj": "entries", "reshape": "unknown", "place": "unknown",
}  # fmt: skip
"""What the functions that do not act entry by entry make of a shape: of those of the table by their rows."""
_OF_NUMBERS = {"exp", "log", "sin", "cos", "tan", "sqrt", "abs"}
_OF_VECTORS = {"softmax"}


class Length:
    """A length that nothing says yet; two are one after they were unified."""

    __slots__ = ("name", "other")

    def __init__(self, name=None):
        self.name, self.other = name, None


def found(length):
    """What a length is after all unifications: an int, or a Length."""
    while isinstance(length, Length) and length.other is not None:
        length = length.other
    return length


def unified(one, other):
    """Make two lengths one; False where they cannot be: a letter never stands for the length 1."""
    one, other = found(one), found(other)
    if one is other or one == other:
        return True
    if isinstance(one, Length) and isinstance(other, Length):
        if one.name and other.name:
            return False
        if one.name:
            one, other = other, one
        one.other = other
        return True
    if isinstance(other, Length):
        one, other = other, one
    if isinstance(one, int) or one.name or other == 1:
        return False
    one.other = other
    return True


NUMBER = (1, 1)


def is_number(shape):
    """Whether a shape is that of a scalar."""
    return shape is not None and (found(shape[0]), found(shape[1])) == NUMBER


class Shapes:
    """The shapes of everything in a text, for one assignment of ranks.

    Attributes
    ----------
    cost : float
        What clashes and what is odd, without what the letters themselves suggest.
    clashes : list of str
        Names beside which something does not conform.
    """

    def __init__(self, outline, ranks):
        self.outline, self.cost, self.done, self.entries = outline, 0.0, {}, {}
        self.sizes = {}
        self.names = {name: self._declared(shape) for name, shape in outline.known.items()}
        self.names.update((name, self.of_rank(rank)) for name, rank in ranks.items())
        self.running, self.now, self.claims = set(), None, False
        self.indices = {}
        for item in outline.relations:
            self.relation(item)

    @staticmethod
    def of_rank(rank):
        """A shape with new lengths."""
        return {SCALAR: NUMBER, COLUMN: (Length(), 1), ROW: (1, Length()), MATRIX: (Length(), Length())}[rank]

    def size(self, name):
        """The length with a name."""
        return self.sizes.setdefault(name, Length(name))

    def _declared(self, shape):
        lengths = [length if isinstance(length, int) else self.size(length) for length in shape]
        return (*lengths, 1, 1)[:2]

    def clash(self, cost=CLASH):
        """Something does not fit."""
        self.cost += cost

    def mismatch(self):
        """Factors or sides do not fit; where a line claims what a derivative is, that line may be what is wrong."""
        self.cost += CLASH * (CLAIMED if self.claims else 1.0)

    def same(self, one, other, cost=CLASH):
        """Make two shapes one, and say what comes out; None is a shape that is not known.

        Nor is it where they clash: what follows is not counted again.
        """
        if one is None or other is None:
            return one or other
        if not all([unified(a, b) for a, b in zip(one, other, strict=True)]):
            if cost == CLASH:
                self.mismatch()
            else:
                self.clash(cost)
            return one if cost < CLASH else None
        return one

    # ── lines ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def relation(self, item):
        """What a relation says about the shapes of its sides."""
        self.indices = {} if not item.continued else self.indices
        self.now = item
        self.claims = bare(item.head).kind in executing.DERIVATIVES
        called = self.outline.call(bare(item.left))
        left, right = self.of(item.left), self.of(item.right) if called is None else self._of_call(called[0], item)
        if any(is_nought(side) for side in (item.left, item.right)) or left is None or right is None:
            return
        if is_number(left) != is_number(right):
            if self._is_told(item):
                self.mismatch()
            else:
                self.clash(ODD)
            return
        turned = (right[1], right[0])
        jacobian = any(bare(side).kind in executing.DERIVATIVES for side in (item.left, item.right))
        if jacobian and any(_clashes(a, b) for a, b in zip(left, right, strict=True)):
            self.clash(SLIGHT)
            self.same(left, turned)
            return
        self.same(left, right)

    def _of_call(self, name, item):
        """The shape of the right side of f(x) = …, where f may be applied to a sample x_i only."""
        said = self.outline.defined.get(name)
        return self.name(name) if said is not None and said.tree is item.right else self.of(item.right)

    def _is_told(self, item):
        """Whether a side has no literal in it that takes any shape: 1 − s."""
        return not any(bare(side).kind in ("number", "one", "identity") for side in (item.left, item.right))

    # ── trees ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def of(self, tree):
        """The shape of a tree, or None."""
        if id(tree) not in self.done:
            self.done[id(tree)] = None  # what leads back to itself says nothing
            self.done[id(tree)] = RULES.get(tree.kind, _unknown)(self, tree)
        return self.done[id(tree)]

    def name(self, name):
        """The shape of a name: declared, given by its rank, or that of what defines it."""
        outline = self.outline
        if name in self.names:
            return self.names[name]
        if name in outline.defined:
            if name in self.running:
                return None
            self.running.add(name)
            said = outline.defined[name]
            outer, self.indices = self.indices, {}
            applied = {p: self.of(a) for p, a in outline.given.get(name, {}).items()}
            held = {p: self.names.get(p) for p in applied}
            self.names.update(applied)
            shape = self.of(said.tree)
            self.names.update(held)
            if said.indices and shape is not None:
                shape = self._family(said, shape)
            self.indices = outer
            self.running.discard(name)
            self.names[name] = shape
            return shape
        if name in outline.sizes or name in outline.bound or name in self.indices:
            return NUMBER
        return NUMBER if name in ("pi", "e", "i") else None

    def _family(self, said, shape):
        """The array of which the right side of z_i = … is an entry or a row."""
        runs = [self.index(letter) for letter in said.indices]
        if is_number(shape):
            return (*runs, 1)[:2]
        if len(runs) == 1 and found(shape[1]) == 1:
            return (runs[0], shape[0])
        self.clash(ODD)
        return None

    def index(self, letter):
        """How far an index runs in the line at hand."""
        return self.indices.setdefault(letter, Length())

    def run(self, letter, length):
        """An index runs along an axis."""
        if not unified(self.index(letter), length):
            self.clash(ODD)


def _clashes(one, other):
    one, other = found(one), found(other)
    if isinstance(one, Length) and isinstance(other, Length):
        return one is not other and bool(one.name and other.name)
    return one != other and ((isinstance(one, int) and isinstance(other, int)) or 1 in (one, other))


def _unknown(shapes, tree):
    for inner in tree.args:
        shapes.of(inner)


def _name(shapes, tree):
    name = shapes.outline.name_of(tree)
    return shapes.name(name) if name is not None else _unknown(shapes, tree)


def _subscript(shapes, tree):
    outline, base, indices = shapes.outline, tree.args[0], tree.args[1:]
    if outline.is_at(tree):  # f_x and f_xy
        return _derivative(shapes, Tree("derivative", tree.args, len(indices)))
    if outline.is_label(tree):
        return shapes.name(spelled(tree))
    if base.kind in ("identity", "one"):
        length = shapes.size(indices[0].data) if indices[0].kind == "name" else Length()
        return (length, length) if base.kind == "identity" else (length, 1)
    if spelled(base) == "e" and "e" not in outline.alone:
        length = Length()
        if indices[0].kind == "name":
            shapes.run(indices[0].data, length)
        return (length, 1)
    whole = shapes.of(base)
    if whole is None:
        return None
    for index, length in zip(indices, whole, strict=False):
        if index.kind == "name" and index.data in outline.sizes:  # x_n is the last one
            unified(shapes.size(index.data), length)
        elif index.kind == "name" and (len(indices) == 2 or found(whole[1]) == 1 or found(whole[0]) != 1):
            shapes.run(index.data, length)
    if is_number(whole):
        shapes.clash()
        return NUMBER
    if len(indices) == 2:
        if 1 in map(found, whole):
            shapes.clash()
        return NUMBER
    if 1 in map(found, whole):
        return NUMBER
    return (whole[1], 1)  # a row of X, as a column


def _group(shapes, tree):
    return shapes.of(tree.args[0])


def _list(shapes, tree):
    found_shapes = [shapes.of(inner) for inner in tree.args]
    return found_shapes[0] if len(found_shapes) == 1 else None


def _is_literal(tree):
    """Whether a tree is a number as it stands, which takes any shape in a sum."""
    return all(t.kind in ("number", "sum", "product", "fraction", "group", "power") for t in parts(tree))


def _sum(shapes, tree):
    known = [(term, shapes.of(term)) for term in tree.args]
    arrays = [(term, shape) for term, shape in known if shape is not None and not is_number(shape)]
    numbers = [term for term, shape in known if shape is not None and is_number(shape)]
    if not arrays:
        return NUMBER if len(numbers) == len(known) else None
    whole = arrays[0][1]
    for term, shape in arrays[1:]:
        whole = whole and _plus(shapes, whole, shape, arrays[0][0], term)
    shapes.cost += sum(SLIGHT if _is_literal(term) else ODD for term in numbers)
    return whole


def _plus(shapes, one, other, first, term):
    """The sum of two arrays; a column beside a matrix is a bias, added to each row or column."""
    flat = [1 in map(found, shape) for shape in (one, other)]
    if flat[0] == flat[1] or shapes.outline.name_of(term if flat[1] else first) is None:
        return shapes.same(one, other)
    matrix, bias = (one, other) if flat[1] else (other, one)
    along = _data_first(first if flat[1] else term)
    shapes.clash(SLIGHT)
    if not unified(bias[0] if found(bias[1]) == 1 else bias[1], matrix[1 if along else 0]):
        shapes.clash()
    return matrix


def _data_first(tree):
    """Whether a product begins with its data, X W + b, so that its samples are rows."""
    inner = bare(tree)
    first = inner.args[0] if inner.kind == "product" else inner
    word = spelled(first) or ""
    return not word.startswith(("W", "w", "A", "U", "V", "Theta"))


def _product(shapes, tree):
    args, result, i = tree.args, NUMBER, 0
    signs = ("", *tree.data)
    while i < len(args):
        pair = type(tree)("product", args[i : i + 2], ("",)) if i + 1 < len(args) and tree.data[i] == "" else None
        called = shapes.outline.call(pair) if pair is not None else None
        if called is not None and _is_function(shapes, called[0]):
            for argument in called[1]:
                shapes.of(argument)
            value, step = _value_at(shapes, called, args[i].kind == "prime"), 2
        elif pair is not None and _is_motion(shapes, args[i]) and args[i + 1].kind == "group":  # df_X(H)
            shapes.same(shapes.of(args[i].args[0].args[1]), shapes.of(args[i + 1]))
            value, step = shapes.of(args[i].args[0].args[0]), 2
        else:
            value, step = shapes.of(args[i]), 1
        result = value if i == 0 else _times(shapes, result, value, signs[i])
        if result is None and i + step < len(args):
            for rest in args[i + step :]:
                shapes.of(rest)
            return None
        i += step
    return result


def _is_motion(shapes, tree):
    return tree.kind == "differential" and shapes.outline.is_at(tree.args[0])


def _value_at(shapes, called, primed=False):
    """The shape of f(x), where f was defined for x, or h(x_i), where h was defined for all rows of X."""
    name, given = called
    argument = shapes.of(given[0]) if primed and name not in shapes.outline.elementwise else NUMBER
    if argument is None or not is_number(argument):
        return None  # f′ at an array: a row, a column or a Jacobian
    if name in shapes.outline.elementwise:
        return shapes.of(given[0])
    whole = shapes.name(name)
    said = shapes.outline.defined.get(name)
    sample = len(given) == 1 and given[0].kind == "subscript" and not shapes.outline.is_label(given[0])
    if whole is not None and said is not None and not said.parameters and sample and not is_number(whole):
        return NUMBER
    return whole


def _is_function(shapes, name):
    return name in shapes.outline.defined or name in shapes.outline.functions


def _times(shapes, left, right, sign):
    if left is None or right is None:
        return None
    if is_number(left):
        return right if sign != "/" or is_number(right) else _with_cost(shapes, right, ODD)
    if is_number(right):
        return left
    if sign == "/":
        return shapes.same(left, right)
    if sign in (r"\cdot", "*") and found(left[1]) == found(right[1]) == 1:
        shapes.same(left, right)
        return NUMBER if sign == r"\cdot" else left
    if found(left[1]) == found(right[1]) == 1 or found(left[0]) == found(right[0]) == 1:
        shapes.clash()
        shapes.same(left, right, 0.0)
        return None  # an entrywise product, if anything
    if not unified(left[1], right[0]):
        shapes.mismatch()
        return None
    return (left[0], right[1])


def _with_cost(shapes, shape, cost):
    shapes.clash(cost)
    return shape


def _entrywise(shapes, tree):
    whole = None
    for term in tree.args:
        shape = shapes.of(term)
        if shape is not None and is_number(shape) and not _is_literal(term):
            shapes.clash(SLIGHT)
        if shape is not None and not is_number(shape):
            whole = shape if whole is None else shapes.same(whole, shape)
            if whole is None:
                return None
    return whole or NUMBER


def _kronecker(shapes, tree):
    inner = [shapes.of(term) for term in tree.args]
    return None if None in inner else (Length(), 1 if all(found(shape[1]) == 1 for shape in inner) else Length())


def _pair(shapes, tree):
    one, other = (shapes.of(term) for term in tree.args[:2])
    if one is not None and other is not None and is_number(one) != is_number(other):
        shapes.clash()
        return NUMBER
    shapes.same(one, other)
    return NUMBER


def _norm(shapes, tree):
    inner = shapes.of(tree.args[0])
    for weight in tree.args[1:]:
        shape = shapes.of(weight)
        if shape is not None and inner is not None and not is_number(shape):
            shapes.same(shape, (inner[0], inner[0]))
    if inner is not None and is_number(inner):
        shapes.clash(CLASH if tree.data in ("F", "*", "op") else SLIGHT * 3)
    return NUMBER


def _bars(shapes, tree):
    inner = shapes.of(tree.args[0])
    if inner is not None and 1 not in map(found, inner):
        shapes.same(inner, (inner[0], inner[0]))
    return NUMBER


def _power(shapes, tree):
    base, exponent = shapes.of(tree.args[0]), shapes.of(tree.args[1])
    if exponent is not None and not is_number(exponent):
        shapes.clash()
    if base is None or is_number(base):
        return base
    shapes.clash(ODD if 1 in map(found, base) else SLIGHT)
    if 1 not in map(found, base) and tree.kind == "power" and found(base[0]) is not found(base[1]):
        shapes.clash(SLIGHT)
    return base


def _transpose(shapes, tree):
    inner = shapes.of(tree.args[0])
    if inner is None:
        return None
    if is_number(inner):
        shapes.clash(TURNED)  # whether or not the line is right, somebody took it for an array
    return (inner[1], inner[0])


def _prime(shapes, tree):
    if (name := shapes.outline.name_of(tree)) is not None:
        return shapes.name(name)
    inner = shapes.of(tree.args[0])
    if inner is None or tree.args[0].kind == "operator":
        return inner
    return (inner[1], inner[0])


def _inverse(shapes, tree):
    inner = shapes.of(tree.args[0])
    if inner is None or is_number(inner):
        return inner
    if 1 in map(found, inner):
        shapes.clash()
        return inner
    if not unified(*inner):
        shapes.clash()
    return (inner[1], inner[0])


def _fraction(shapes, tree):
    above, below = map(shapes.of, tree.args)
    if below is not None and not is_number(below):
        shapes.clash(ODD)
        return below if above is None or is_number(above) else shapes.same(above, below)
    return above


def _root(shapes, tree):
    inner = shapes.of(tree.args[0])
    if inner is not None and not is_number(inner):
        shapes.clash(SLIGHT)
    return inner


def _apply(shapes, tree):
    word, argument = tree.args
    extreme = word.kind == "subscript"
    while word.kind in ("subscript", "power", "prime"):
        word = word.args[0]
    inner = shapes.of(argument)
    name = spelled(word)
    if name in shapes.outline.defined or name in shapes.names:
        return shapes.name(name)
    sort = _WORDS.get(name, "entries")
    if sort == "number" or (sort == "extreme" and extreme):
        return NUMBER
    if sort == "extreme":
        listed = bare(argument)
        inside = [shapes.of(part) for part in listed.args] if listed.kind == "list" else []
        return next((s for s in inside if s is not None and not is_number(s)), NUMBER)
    return inner if inner is None else _SORTS[sort](shapes, inner, name)


def _of_entries(shapes, inner, name):
    number = is_number(inner)
    if name in _OF_VECTORS and number:
        shapes.clash()
    if name in _OF_NUMBERS and not number:
        shapes.clash(SLIGHT)
    return inner


def _of_square(shapes, inner, name):
    if is_number(inner):
        shapes.clash(ODD)
    elif 1 in map(found, inner) or not unified(*inner):
        shapes.clash()
    return NUMBER


def _of_diagonal(shapes, inner, name):
    if is_number(inner):
        shapes.clash(ODD)
        return inner
    if found(inner[1]) == 1:
        return (inner[0], inner[0])
    return (inner[0], 1)


_SORTS = {
    "entries": _of_entries,
    "square": _of_square,
    "diagonal": _of_diagonal,
    "vec": lambda shapes, inner, name: (Length(), 1),
    "body": lambda shapes, inner, name: None,
    "unknown": lambda shapes, inner, name: None,
}


def _matrix(shapes, tree):
    cells = [cell for row in tree.args for cell in row.args]
    inner = [shapes.of(cell) for cell in cells]
    dotted = any(t.kind in ("dots", "big list") for t in parts(tree))
    if dotted or not all(shape is not None and is_number(shape) for shape in inner):
        return None
    return (len(tree.args), len(tree.args[0].args))


def _cases(shapes, tree):
    inner = [shapes.of(pair.args[0]) for pair in tree.args if pair.args]
    for pair in tree.args:
        for part in pair.args[1:]:
            shapes.of(part)
    arrays = [shape for shape in inner if shape is not None and not is_number(shape)]
    return arrays[0] if arrays else (NUMBER if inner and None not in inner else None)


def _big(shapes, tree):
    outer = dict(shapes.indices)
    for letter, _, high in tree.data:
        shapes.indices[letter] = shapes.size(high.data) if high is not None and high.kind == "name" else Length()
    inner = shapes.of(tree.args[0])
    shapes.indices = {**shapes.indices, **{b[0]: outer[b[0]] for b in tree.data if b[0] in outer}}
    if not tree.data:
        return NUMBER
    return inner


def _listed_by(shapes, tree):
    _big(shapes, tree)


def _differential(shapes, tree):
    return shapes.of(tree.args[0].args[0] if _is_motion(shapes, tree) else tree.args[0])


def _by(shapes, above, below):
    """The shape of ∂above/∂below."""
    top, bottom = shapes.of(above), shapes.of(below)
    if top is None or bottom is None:
        return bottom if top is None and bottom is not None and not is_number(bottom) else None
    if is_number(top):
        return bottom
    if is_number(bottom):
        return top
    if found(top[1]) == found(bottom[1]) == 1:
        return (top[0], bottom[0])
    shapes.clash(SLIGHT)
    return None


def _derivative(shapes, tree):
    if len(tree.args) == 3 or tree.data == 2:
        first = shapes.of(tree.args[1])
        shapes.of(tree.args[0])
        last = shapes.of(tree.args[-1])
        if first is None or last is None:
            return None
        return NUMBER if is_number(first) and is_number(last) else (_longest(first), _longest(last))
    return _by(shapes, *tree.args[:2])


def _longest(shape):
    return shape[1] if found(shape[0]) == 1 else shape[0]


def _operate(shapes, tree):
    below, body = tree.args
    if tree.data == 2:
        inner = shapes.of(below)
        shapes.of(body)
        return inner and (inner[0], inner[0])
    return _by(shapes, body, below)


def _gradient(shapes, tree):
    body = shapes.of(tree.args[0])
    if len(tree.args) > 1:
        below, listed = shapes.of(tree.args[1]), tree.args[1].args if tree.args[1].kind in ("product", "list") else ()
        if listed and all(is_number(shapes.of(one)) for one in listed):
            return (len(listed), len(listed) if tree.data == 2 else 1)
        if tree.data == 2:
            return below and (below[0], below[0])
        return _by(shapes, *tree.args) if body is None or is_number(body) else (below and (below[0], body[0]))
    several = shapes.outline.several
    if several and all(is_number(shapes.name(name)) for name in several):
        return (len(several), len(several) if tree.data == 2 else 1)
    below = shapes.outline.sole
    shape = shapes.name(below) if below else None
    return shape and ((shape[0], shape[0]) if tree.data == 2 else shape)


def _direction(shapes, tree):
    for inner in tree.args[1:]:
        shapes.of(inner)
    if len(tree.args) > 2:
        shapes.same(*map(shapes.of, tree.args[1:3]))
    return shapes.of(tree.args[0])


def _square_of_any(shapes, tree):
    length = Length()
    return (length, length)


_OF_ARRAYS = {
    "transpose": _transpose,
    "inverse transpose": lambda shapes, tree: (lambda s: s and (s[1], s[0]))(_inverse(shapes, tree)),
    "norm": _norm, "hadamard": _entrywise, "elementwise power": _group, "kronecker": _kronecker, "colon": _pair,
    "inner": _pair, "one": lambda shapes, tree: (Length(), 1), "identity": _square_of_any,
    "delta": lambda shapes, tree: NUMBER, "gradient": _gradient, "direction": _direction, "matrix": _matrix,
    "big list": _listed_by,
}  # fmt: skip
"""Kinds of trees of which numbers have no need."""
RULES = _OF_ARRAYS | {
    "number": lambda shapes, tree: NUMBER,
    "either sign": lambda shapes, tree: NUMBER,
    "name": _name, "label": _name, "subscript": _subscript, "prime": _prime,
    "group": _group, "list": _list, "sum": _sum, "product": _product, "fraction": _fraction, "root": _root,
    "bars": _bars, "power": _power, "inverse": _inverse,
    "apply": _apply, "differential": _differential, "derivative": _derivative, "operate": _operate,
    "big sum": _big, "big product": _big, "cases": _cases, "at": _group, "limit": _group, "integral": _group,
    "indicator": _entrywise,
}  # fmt: skip
"""Kind of tree to its shape."""


# ── ranks ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def suggested(name, bold=frozenset()):
    """What each rank of a letter costs, by its case, its face and its alphabet."""
    word = name.rstrip("0123456789").removesuffix("hat").removesuffix("bar").removesuffix("tilde") or name
    first = word[0]
    if len(word) > 1 and word[:1].isupper() and word[1:].islower() and word not in ("Loss", "Cost", "Error"):
        return _costs(2.0, 1.5, 0.0, 3.0)  # Sigma, Lambda, Theta, Wxh
    if word in ("Loss", "loss", "Cost", "cost", "Error", "ell"):
        return _costs(0.0, 2.0, 3.0, 3.0)
    if name in bold or word in bold:
        return _costs(3.0, 2.5, 0.0, 3.0) if first.isupper() else _costs(3.0, 0.0, 2.0, 1.5)
    if first == "W":
        return _costs(2.5, 2.0, 0.0, 3.0)
    if first.isupper():
        return _costs(1.8, 3.0, 0.0, 4.0)
    if len(word) > 1 and word in LETTERS:
        return _costs(0.2, 0.4, 2.5, 3.0) if word in _PARAMETERS else _costs(0.0, 1.2, 3.0, 3.5)
    if bold:
        return _costs(0.0, 0.8, 2.0, 2.5)
    if first in _NUMBERS and len(word) == 1:
        return _costs(0.2, 0.6, 2.0, 2.5)
    return _costs(0.5, 0.2, 2.4, 2.4)


def _costs(*costs):
    return dict(zip((SCALAR, COLUMN, MATRIX, ROW), costs, strict=True))


def assignments(outline, bold=frozenset(), most=4, within=1.6):
    """The likeliest ranks of the open names, the likeliest first: (cost, ranks, Shapes).

    Parameters
    ----------
    outline : Outline
    bold : set of str
        Letters that the text sets in bold.
    most : int
        How many are given.
    within : float
        How much more than the least one costs at most.
    """
    names = [name for name in (*outline.open, *outline.functions) if name not in outline.known]
    prior = {name: suggested(name, bold) for name in names}
    if not bold and _is_of_numbers(outline):
        prior |= {name: {**costs, SCALAR: 0.0, COLUMN: 1.0, MATRIX: 2.0} for name, costs in prior.items()}
    for name in outline.indexed & set(names):  # x_i is an entry of a vector, or a row
        costs = prior[name]
        prior[name] = {**costs, SCALAR: costs[SCALAR] + CLASH, MATRIX: min(costs[MATRIX], costs[COLUMN] + ODD / 2)}
    names = [name for name in names if name not in outline.elementwise]
    for name in outline.functions:  # a loss is a number
        if name in outline.indexed:
            prior[name] = _costs(9.0, 0.0, 1.0, 9.0)
        else:
            prior[name] = _costs(0.0, *(9.0,) * 3) if name in LOSSES else _costs(0.0, 1.0, 2.0, 3.0)
    seen = {}

    def cost(ranks):
        key = tuple(ranks[name] for name in names)
        if key not in seen:
            shapes = Shapes(outline, ranks)
            seen[key] = (shapes.cost + sum(prior[name][rank] for name, rank in ranks.items()), dict(ranks), shapes)
        return seen[key][0]

    likely = {name: min(prior[name], key=prior[name].get) for name in names}
    small = [name for name in names if not name[0].isupper()]
    starts = [likely, {**likely, **dict.fromkeys(small, SCALAR)}, dict.fromkeys(names, SCALAR)]
    starts.append({**likely, **dict.fromkeys(small, COLUMN)})
    for start in starts:
        _descend(dict(start), names, cost, seen)
    ranked = sorted(seen.values(), key=lambda entry: entry[0])
    return [entry for entry in ranked[: 4 * most] if entry[0] <= ranked[0][0] + within][:most] if ranked else []


def _is_of_numbers(outline):
    """Whether nothing in a text is a sign of an array: no transpose, norm or index, no letter that is one mostly."""
    declared = any(length != 1 for shape in outline.known.values() for length in shape)
    usual = any(name.startswith(_ARRAYS) for name in outline.plain)
    words = any(spelled(tree) in _WORDS.keys() | _OF_VECTORS for tree in outline.trees if tree.kind == "operator")
    inverted = any(tree.kind == "inverse" and (spelled(tree.args[0]) or "x")[0].isupper() for tree in outline.trees)
    turned = any(tree.kind == "prime" and outline.name_of(tree.args[0]) in outline.open for tree in outline.trees)
    coordinates = _OF_POINTS if outline.several else set()
    signs = any(tree.kind in _OF_ARRAYS.keys() - coordinates for tree in outline.trees)
    return not (declared or usual or words or inverted or turned or signs or outline.indexed)


_ARRAYS = ("W", "X", "Sigma", "Theta", "Lambda", "Phi")
"""What letters begin with that are mostly arrays."""
_OF_POINTS = {"gradient", "matrix", "inner"}
"""Kinds of arrays that a function of several numbers has."""


def _descend(ranks, free, cost, seen):
    """Change one letter, then two, as long as it gets cheaper."""
    best, better = cost(ranks), True
    while better and len(seen) < EVALUATIONS:
        better = False
        for name in free:
            for rank in RANKS:
                trial = {**ranks, name: rank}
                if rank != ranks[name] and (value := cost(trial)) < best - 1e-9:
                    best, ranks, better = value, trial, True
        if better or len(free) > 12:
            continue
        for one, other in itertools.combinations(free, 2):
            for pair in itertools.product((SCALAR, COLUMN, MATRIX), repeat=2):
                trial = {**ranks, one: pair[0], other: pair[1]}
                if len(seen) < EVALUATIONS and (value := cost(trial)) < best - 1e-9:
                    best, ranks, better = value, trial, True
