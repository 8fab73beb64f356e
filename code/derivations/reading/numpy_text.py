"""Formulas from NumPy-like text: ``sum((sigmoid(W@x + b) - y)**2)``.

The text is parsed by Python's own parser and read node by node against an allow-list; it is never evaluated. Values
follow NumPy: a vector has one axis, and broadcasting goes by the last axes. In the formula a vector is a column, so
that ``x @ A`` reads as Aᵀx and a bias added to a batch as 1bᵀ.
"""

import ast
import difflib
import keyword
import re
import unicodedata
import warnings
from numbers import Integral

from derivations.formulas import expression, generic, names, table
from derivations.formulas import making as op
from derivations.formulas.expression import ONE, ParseError, ShapeError, Size, UnknownName, fold, node, shape_text
from derivations.formulas.index_sums import INDICES
from derivations.formulas.properties import PHRASES, PROPERTIES, implied
from derivations.reading import numpy_names
from derivations.reading.einsum import held
from derivations.reading.numpy_functions import (
    BY_ENTRY,
    CALLS,
    COMPOSED,
    EVERY,
    INSTEAD,
    Value,
    along,
    array,
    is_mask,
    over_indices,
    shape_words,
    spread,
    transposed,
)
from derivations.reading.numpy_loops import places

LENGTH, TOKENS, DEPTH, DIGITS = 20_000, 5_000, 190, 40


# ── declarations ──────────────────────────────────────────────────────────────────────────────────────────────────

_NAME = re.compile(r"[^\W\d]\w*")


def _name(text, where):
    """A name as Python's parser spells it, or ParseError."""
    name = as_python(text)
    if where == "shapes" and not _NAME.fullmatch(name):  # \\hat\\theta, h_{t+1}
        try:
            name = names.python(names.read(text))
        except names.NotAName:
            name = as_python(text)
    if not _NAME.fullmatch(name) or (keyword.iskeyword(name) and where != "shapes"):
        raise ParseError(f"{cut(text)!r} in {where} is not a name: letters, digits and _, not a digit first")
    return name


def as_python(name):
    """A name as Python's parser spells it: µ, the sign on keyboards, is the letter μ."""
    return unicodedata.normalize("NFKC", name.strip())


def parse_shapes(shapes, most=2):
    """The declared shapes, ``"W: m×n, x: n, t: scalar"`` or a dict of tuples, as a dict of tuples of `Size`.

    Raises
    ------
    ParseError
        Where the text is not of that form, or a size is not a positive number.
    """
    if isinstance(shapes, str):
        admit(shapes)
        pairs = {}
        for piece in filter(None, (piece.strip() for piece in _BETWEEN.split(shapes))):
            name, colon, shape = (part.strip() for part in piece.partition(":"))
            if not colon:
                raise ParseError(
                    f"'{cut(piece)}' in shapes is not of the form 'name: shape', as in 'W: m×n' or 't: scalar'"
                )
            name = _name(name, "shapes")
            if name in pairs:
                raise ParseError(f"shapes declares {name} twice")
            pairs[name] = shape
    elif isinstance(shapes, dict):
        pairs = shapes
    else:
        raise ParseError(f"shapes is {type(shapes).__name__}; give a text such as 'W: m×n, x: n' or a dict")
    declared = {}
    for name, axes in pairs.items():
        name = _name(str(name), "shapes")
        if isinstance(axes, str):
            axes = _axes(axes)
        elif not isinstance(axes, list | tuple):
            axes = (axes,)
        if len(axes) > most:
            raise ParseError(
                f"{name} is declared with {len(axes)} axes, and arrays have at most {most} here: take one slice of it, "
                f"or join axes to one, as in '{name}: m*n×k'"
            )
        declared[name] = tuple(_parse_size(axis, name) for axis in axes)
    return declared


_BETWEEN = re.compile(r"[,;\n](?![^()\[\]{}]*[)\]}])")
"""What ends a declaration: a comma, but not the one in ``W: (m, n)``."""
_TIMES = re.compile(r"\s*[×,]\s*|\s+(?:x|by)\s+|(?<=\d)x(?=\d)|(?<=^[^\W\d])x(?=[^\W\d]$)")
"""What stands between two sizes: ``m×n``, ``m x n``, ``m by n``, ``3x4``, ``mxn``; inside brackets ``m, n``."""


def _axes(shape):
    """The sizes in a text such as ``m×n``, ``(m, n)`` or ``R^{m×n}``, as texts."""
    shape = re.sub(r"^[Rℝ]\s*\^", "", shape.strip())
    if shape[:1] + shape[-1:] in ("()", "[]", "{}"):
        shape = shape[1:-1].strip().removesuffix(",")
    return () if shape in ("scalar", "real", "number", "") else tuple(_TIMES.split(shape))


def _parse_size(text, name):
    if isinstance(text, Size):
        return text
    if isinstance(text, bool) or not isinstance(text, str | Integral):
        raise ParseError(f"the size {cut(repr(text))} of {name} is neither a number nor a name")
    try:
        total = _size_of(ast.parse(str(text).strip().replace("−", "-"), mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ParseError(
            f"the size '{cut(str(text))}' of {name} is not a number, a name, or one of 2*n and n - 1"
        ) from None
    if total.number is not None and total.number < 1:
        raise ParseError(f"{name} has a size of {total.number}; every size is at least 1")
    return total


_ON_SIZES = {ast.Add: Size.__add__, ast.Sub: Size.__sub__, ast.Mult: Size.__mul__}


def _size_of(item):
    """The size that a tree of Python says, or ValueError."""
    match item:
        case ast.Constant(value=int() as number) if not isinstance(number, bool) and number < 10**6:
            return Size.of(number)
        case ast.Name(id=name):
            return Size.of(_name(name, "shapes"))
        case ast.BinOp(left, operator, right) if type(operator) in _ON_SIZES:
            return _ON_SIZES[type(operator)](_size_of(left), _size_of(right))
    raise ValueError


def parse_properties(assume, known):
    """``"A: symmetric invertible, y: one-hot"`` or a dict, as a dict from name to a tuple of properties."""
    found = {}
    if not assume:
        return found
    if isinstance(assume, str):
        admit(assume)
        pieces = [piece.partition(":")[::2] for piece in filter(None, (p.strip() for p in re.split(r"[,;\n]", assume)))]
    elif isinstance(assume, dict):
        pieces = [
            (str(name), " ".join(map(str, v)) if isinstance(v, list | tuple) else str(v)) for name, v in assume.items()
        ]
    else:
        raise ParseError(
            f"properties are given as a text such as 'A: symmetric' or as a dict, not {type(assume).__name__}"
        )
    for name, words in pieces:
        name, words = as_python(name), " ".join(words.lower().split())
        lookup(name, known, "assume")
        said = []
        while words:
            phrase = next((p for p in PHRASES if words == p or words.startswith(p + " ")), None)
            if phrase is None:
                raise ParseError(
                    f"'{cut(words)}' assumed of {name} is not a property known here: {', '.join(sorted(PROPERTIES))}"
                )
            said.append(PHRASES[phrase])
            words = words[len(phrase) :].strip().removeprefix("and ").strip()
        if not said:
            raise ParseError(f"nothing is assumed of {name}; write '{name}: symmetric', say")
        said = [_summing(name, word, known) for word in said]
        found[name] = tuple(dict.fromkeys(found.get(name, ()) + tuple(said)))
    return found


def _summing(name, word, known):
    """A property of sums as that of a vector or of a matrix, which has two."""
    axes = len(known[name]) if isinstance(known, dict) else None
    if word == "sums to one" and axes == 2:
        raise ParseError(f"{name} is a matrix: say 'each row sums to one' or 'sums to one in total'")
    if word == "each row sums to one" and axes is not None and axes < 2:
        raise ParseError(f"{name} has no rows: say 'sums to one'")
    return "sums to one" if word == "sums to one in total" and axes == 1 else word


def lookup(name, known, where):
    """Raise UnknownName unless the name is among `known`."""
    if name not in known:
        near = difflib.get_close_matches(name, list(known), 1, 0.5)
        hint = f"; did you mean {near[0]}?" if near else f"; known: {', '.join(list(known)[:12]) or 'none'}"
        raise UnknownName(f"{where} names {cut(name)!r}, which shapes does not declare{hint}")


def cut(text):
    """The text, or its beginning where it is long."""
    return text if len(text) <= 60 else text[:57] + "…"


# ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────────


INSTANCE = object()
"""What a name stands for that is a model of the text."""


DECIDED = {"reduction": "mean", "size_average": True, "reduce": True}
"""What is taken for options that a text uses and does not give, as PyTorch does; it is told."""


class Unread:
    """What a name stands for where it is no array: a number of words, a truth, a module; or what could not be read."""

    def __init__(self, error, data=...):
        self.error, self.data = error, data


class Scope:
    """The names that a text may use: symbols, sizes, and formulas with names of their own."""

    def __init__(self, shapes, properties=None, without=(), shown=None):
        properties, self.shown = properties or {}, shown or {}
        self.symbols, self.sizes, self.defined, self.by_formula = {}, {}, {}, {}
        self.notes = []  # what a reader may not have meant
        self.varying = tuple(without)
        self.bound, self.functions = {}, {}  # what the lines of a pasted text call a value, and its functions
        self.any = ()  # functions that nobody has defined
        self.labels = set()  # names for values of a pasted text, which are no names in it
        self.masks = []  # the names of arrays of ones and zeros
        self.letters = {}  # of the loops over an axis without a number
        self.filled = {}  # from an array with 1 for what a condition does not pick, to the array
        self.grouped = {}  # from a product of products, as (X@A)@(X@B).T, to these
        self.indices = {}  # from a vector of indices to the sizes below which they are
        for name, axes in shapes.items():
            shape, deep = held(axes), tuple(axes) if len(axes) > 2 else ()
            kept = () if name in without else implied(properties.get(name, ()))
            symbol = op.symbol(name, shape, len(axes), kept, self.shown.get(name, ""), deep)
            self.symbols[name] = Value(symbol, len(axes), deep)
            for word in properties.get(name, ()):
                if PROPERTIES[word].square and (len(axes) != 2 or shape[0] is not shape[1]):
                    raise ShapeError(
                        f"{name} is assumed {word} and is {shape_text(shape)}; that is for a square matrix"
                    )
            for axis in axes:
                for size in axis.names:
                    self.sizes[size] = Value(op.size(size), 0)
        for size in self.sizes:
            if size in self.symbols:
                raise ParseError(f"{size} is used as a size and declared as a variable; a size needs no declaration")

    def define(self, name, value):
        """Give a formula a name; the same formula met later is read as that name."""
        if name in self.symbols or name in self.sizes or name in self.defined:
            raise ParseError(f"{name} is defined twice")
        given = value.of(op.named(self.shown.get(name, name), value.formula))
        if value.formula.operation not in ("symbol", "number", "size"):
            self.by_formula[value.formula] = given.formula
        self.defined[name] = given
        return given

    def by_its_name(self, formula):
        """The formula, or its name where it, or its transpose, has one."""
        turned = op.transpose(formula)
        if turned in self.by_formula:
            return op.transpose(self.by_formula[turned])
        return self.by_formula.get(formula, formula)

    def known(self):
        """Every name, for messages."""
        return {**self.symbols, **self.sizes, **self.defined, **self.bound}

    def find(self, name):
        """The value of a name, or None; what could not be read where the name was given is refused where it is used."""
        held = None if name in self.labels else self.defined.get(name)
        found = self.bound.get(name) or held or self.declared(name)
        if isinstance(found, Unread):
            raise found.error
        return found

    def data(self, name):
        """What a name stands for that is no array, such as None or "mean"; ``...`` where it is none of these."""
        found, label = self.bound.get(name), str(name).rpartition(".")[2]
        if label in DECIDED and found is None and self.find(name) is None:
            said = f"{label} is not given, and taken as {DECIDED[label]!r}"
            self.notes += [said] * (said not in self.notes)
            return DECIDED[label]
        return found.data if isinstance(found, Unread) else ...

    def readable(self):
        """The names that stand for a value."""
        return [name for name in self.known() if not isinstance(self.bound.get(name), Unread) and self.find(name)]

    def declared(self, name):
        """The value of a name that shapes declares, or None; ``self.W`` is declared as W."""
        name = name.rpartition(".")[2]
        return self.symbols.get(name) or self.sizes.get(name)


def parse(text, scope):
    """The value that a text says, as a `Value`.

    Raises
    ------
    ParseError
        With the line and a caret under the place that cannot be read.
    UnknownName
        With the nearest declared name.
    ShapeError
        With both shapes and the operands as written.
    """
    tree, source = _tree(text)
    return of_all(_Reader(source, scope).read(tree))


def of_all(value):
    """The value of a text, which is of all entries of its arrays."""
    if value.mask is not None:
        raise ParseError("what a condition picks has no shape that is known: end with its sum or its mean")
    return value


def parse_as_written(text, scope, read=parse):
    """As `parse`, or `read`, with the names that the scope defines held together: log(p) stays so where p = softmax(z).

    What a name stands for is not looked into while the formula is made, so that its derivative by the name is the one
    that the text has.
    """
    apart = Scope.__new__(Scope)
    vars(apart).update(vars(scope), defined={}, by_formula={}, symbols=dict(scope.symbols))
    named = {}
    for name, value in scope.defined.items():
        symbol = op.symbol(name, value.formula.shape, value.ndim, axes=value.sizes)
        apart.symbols[name], named[symbol] = value.of(symbol), value.formula
    value = read(text, apart)
    return value.of(fold(value.formula, _in_the_same_form, named))


def _in_the_same_form(formula, args):
    """The formula with other arguments, and nothing simplified."""
    return node(formula.operation, tuple(args), formula.shape, formula.data) if args else formula


def parse_definitions(text, scope):
    """Read ``"z = W@x + b; s = sigmoid(z)"`` into the scope, in order."""
    for name, right in definitions_in(text):
        value, version = parse(right, scope), 1
        if scope.find(name) is None:
            scope.define(name, value)
            continue
        if name in scope.sizes:
            raise ParseError(f"{name} is a size and is defined again")
        while scope.find(f"{name}{version}") is not None:  # a name that is given anew: h, then h1
            version += 1
        scope.defined[name] = scope.define(f"{name}{version}", value)


def definitions_in(text):
    """The (name, formula) pairs of ``"z = W@x + b; s = sigmoid(z)"`` or of a list of such texts, as texts."""
    if isinstance(text, list | tuple):
        text = "; ".join(map(str, text))
    admit(text)
    found = []
    for piece in filter(None, (piece.strip() for piece in re.split(r"[;\n]", text))):
        name, equals, right = piece.partition("=")
        if not equals:
            raise ParseError(f"'{cut(piece)}' is not a definition of the form 'z = W@x + b'")
        found.append((_name(name, "where"), right))
    return found


def admit(text):
    """Refuse what is no text, or too long a one."""
    if not isinstance(text, str):
        raise ParseError(f"a formula is a text, not {type(text).__name__}")
    if len(text) > LENGTH:
        raise ParseError(f"the text has {len(text)} characters; at most {LENGTH} are read")


SIGNS = str.maketrans({"\n": " ", "·": "*", "⊙": "*", "∘": "*", "−": "-", "ᵀ": ".T", "⊤": ".T", "²": "**2", "³": "**3"})


def _tree(text):
    admit(text)
    source = text.strip().translate(SIGNS)
    if not source:
        raise ParseError("the formula is empty")
    depth = deepest = 0
    for place, character in enumerate(source):
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
        if depth < 0:
            raise error_at(source, place, "this bracket closes nothing")
        if deepest > DEPTH:
            raise error_at(source, place, f"brackets nest deeper than {DEPTH}; give parts a name with where=")
    if depth:
        raise error_at(source, len(source), "a bracket is not closed")
    if len(re.findall(r"\w+|[^\w\s]", source)) > TOKENS:
        raise ParseError(f"the text has more than {TOKENS} symbols; give parts a name with where=")
    long = re.search(rf"\d{{{DIGITS},}}", source)
    if long:
        raise error_at(source, long.start(), f"a number of more than {DIGITS} digits")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)  # Python's remarks on what is no formula, 1if or 0x1for
            return ast.parse(source, mode="eval").body, source
    except SyntaxError as error:
        place = max((error.offset or 1) - 1, 0)
        raise error_at(source, place, hint_at(source, place) or error.msg.split(". Perhaps")[0]) from None
    except (RecursionError, MemoryError):
        raise ParseError("the formula nests too deeply; give parts a name with where=") from None
    except ValueError as error:
        raise ParseError(f"the text cannot be read: {error}") from None


def hint_at(source, place):
    """What to write instead, for the signs of mathematics that Python reads otherwise; or nothing."""
    before, after = source[:place].rstrip(), source[place:]
    if re.search(r"\blambda\b(?!\s*:|\s+[\w*])", source):
        return "lambda is a word of Python, and a name here where it is declared in shapes: lambda: scalar"
    if re.match(r"\w*'", after):
        return "a transpose is written A.T"
    if after.startswith(("|", "‖")) or before.endswith("|"):
        return "a norm is written norm(x), the size of each entry abs(x)"
    if after.startswith("=") and not after.startswith("=="):
        return "the right side alone is the function; names for parts go into where"
    if after.startswith(":"):
        return "A : B is written sum(A*B)"
    beside = re.search(r"[\w)\]]$", before) and re.match(r"[\w(]", after)
    if beside or re.match(r"⋅|\d+[^\W\d_]|[\w)\]]+\s+[\w(]", after):
        return "a product is written * (entry by entry) or @ (of matrices)"
    return ""


def error_at(source, place, message, kind=ParseError):
    """An error that shows the line and a caret under the place."""
    start = max(0, place - 50)
    line = ("…" if start else "") + source[start : place + 30] + ("…" if place + 30 < len(source) else "")
    caret = " " * (place - start + bool(start)) + "^"
    return kind(f"{message}\n  {line}\n  {caret}")


_OF_TORCH = re.compile(
    r"\btorch\.|\b(?:keep)?dim\s*=|\bF\.\w|\bnn\.[A-Z]|\.(?:unsqueeze|size|pow|detach|clamp|mul|mm|bmm|expand)\("
)
"""What only PyTorch's texts have."""
OWN = "def "
"""What the name of a function of the pasted text begins with in the tree; no library's name holds a space."""
_COMPARED = {
    ast.Gt: ("positive", False), ast.Lt: ("positive", True),
    ast.GtE: ("nonnegative", False), ast.LtE: ("nonnegative", True),
}  # fmt: skip
"""Which function of a difference a comparison is, and whether the right side comes first."""
UNREAD = {
    ast.IfExp: "write where(condition, a, b)",
    ast.Lambda: "write its value in the place where it is called",
    ast.ListComp | ast.GeneratorExp | ast.SetComp | ast.DictComp: "write the sum of an array, as in sum(A**2, axis=1)",
    ast.BoolOp: "conditions are joined by & and |, each in brackets",
    ast.NamedExpr: "give the part a name on a line of its own, or with where=",
    ast.List: "a list is an array, np.array([a, b]), or joins arrays, np.stack([x, y])",
    ast.Call: "call a function by its name, as in F.mse_loss(a, b)",
    ast.Attribute: "a part of a model is a name that is declared: W in shapes for self.W",
    ast.Starred: "give each part a name of its own, without *",
    ast.Compare: "one comparison at a time: (a < b) & (b < c)",
}
"""What to write instead of expressions that are not read."""


def reader_of(source, scope):
    """A reader of the trees of one text."""
    return _Reader(source, scope)


def _is_by_entry(item):
    """Whether a tree takes the entries of its arrays each for itself, or sums them."""
    if isinstance(item, ast.Call):
        return item.func.id in BY_ENTRY or item.func.id in table.FUNCTIONS or item.func.id in COMPOSED
    return isinstance(item, ast.UnaryOp | ast.Compare) or (
        isinstance(item, ast.BinOp) and not isinstance(item.op, ast.MatMult)
    )


def _symbols_in(formula):
    """The names of the symbols of a formula."""
    return {inner.data[0] for inner in expression.ordered([formula]) if inner.operation == "symbol"}


def _is_part(formula):
    """Whether a formula is some entries of a symbol, in any order."""
    while formula.operation in ("transpose", "reshape", "product", "named"):
        inside = formula.args
        if formula.operation == "product":
            inside = [one for one in inside if not _is_picking(one)]
        if len(inside) != 1:
            return False
        formula = inside[0]
    return formula.operation == "symbol"


def _is_picking(formula):
    """Whether a matrix has a single one in each row, or in each column."""
    formula = formula.args[0] if formula.operation == "transpose" else formula
    return formula.operation == "unit" or (formula.operation == "fixed" and formula.data[0] in op.PICKING)


class _Reader:
    """Reads one tree, without recursion: operands are read before what uses them."""

    def __init__(self, source, scope):
        self.source, self.scope = source, scope
        self.calling = None  # reads a call of a function that stands in a pasted text
        self.part = None  # one of several values that a function of the text returns
        self.changing = None  # gives an array the value of a method that changes it
        self.deciding = lambda test: None  # says whether a condition of a pasted text holds, where that is known

    def read(self, tree):
        done, stack = {}, [(tree, None)]
        while stack:
            item, plain = stack.pop()
            if plain is None:
                plain = self.settled(item)
                plain = self.own_call(plain) or numpy_names.plain(plain, self.scope.known())
                stack.append((item, plain))
                stack.extend((child, None) for child in reversed(self.operands(plain)))
                continue
            try:
                value = self.visit(plain, [done.pop(id(child)) for child in self.operands(plain)])
            except UnknownName:
                raise
            except ParseError as error:
                raise error if "\n" in str(error) else self.error(item, str(error)) from None
            except ShapeError as error:
                if "\n" in str(error):
                    raise
                raise self.error(item, f"{error}, in {cut(self.written(item))}", ShapeError) from None
            named = self.scope.by_formula.get(value.formula)
            done[id(item)] = value.of(named) if named is not None else value
        return done[id(tree)]

    def elsewhere(self, tree, given, item):
        """The value of an expression of our own, whose names are given values; what it refuses is said of a call."""
        scope = Scope.__new__(Scope)
        vars(scope).update(vars(self.scope), bound=given, symbols={}, sizes={}, defined={}, functions={})
        try:
            return _Reader("", scope).read(tree)
        except (ParseError, ShapeError) as error:
            said = f"{str(error).splitlines()[0]}, in {cut(self.written(item))}"
            raise self.error(item, said, type(error)) from None

    def own_call(self, item):
        """A call of a function of the pasted text, under a name that no library's function has; or None."""
        if not isinstance(item, ast.Call):
            return None
        name = getattr(item.func, "id", None) or numpy_names.dotted_name(item.func, ()) or ""
        base, dot, method = name.rpartition(".")
        if self.scope.data(name) is INSTANCE:
            name = next((one for one in numpy_names.FORWARD if one in self.scope.functions), name)
        elif dot and name not in self.scope.bound and (base in ("self", "cls") or self.scope.data(base) is INSTANCE):
            name = method
        if name in self.scope.functions:
            called = ast.copy_location(ast.Name(f"{OWN}{name}"), item.func)
            return ast.copy_location(ast.Call(called, item.args, item.keywords), item)
        return None

    def settled(self, item):
        """A tree with what is known of it put in place: the branch taken, options, the module that is called."""
        if isinstance(item, ast.IfExp):
            holds = self.deciding(item.test)
            if holds is None and self.agree(item.body, item.orelse):
                holds = True  # of a device, or of how numbers are stored
            if holds is None and self.is_mask_of_one(item.test):
                chosen = ast.Call(ast.copy_location(ast.Name("where"), item), [item.test, item.body, item.orelse], [])
                return ast.copy_location(chosen, item)
            return item if holds is None else self.settled(item.body if holds else item.orelse)
        match item:
            case ast.Subscript(value=ast.Call() as call, slice=ast.Constant(value=int() as place)) if self.own_call(
                call
            ):
                return self.part(call, place) or item
        if not isinstance(item, ast.Call):
            return item
        known = self.scope.known()
        if self.changing is not None and numpy_names.changes(item):
            return self.changing(item)
        made = self.scope.data(getattr(item.func, "id", None) or numpy_names.dotted_name(item.func, known))
        if isinstance(made, numpy_names.Module):
            return self.settled(made.called(item))
        func = item.func
        if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name | ast.Attribute):
            law = self.scope.data(getattr(func.value, "id", None) or numpy_names.dotted_name(func.value, known))
            func = (
                ast.copy_location(ast.Attribute(law, func.attr, ast.Load()), func)
                if isinstance(law, ast.Call)
                else func
            )
        args = [self.constant_for(one, known) for one in item.args]
        keywords = [ast.keyword(one.arg, self.constant_for(one.value, known)) for one in item.keywords]
        return ast.copy_location(ast.Call(func, args, keywords), item)

    def is_mask_of_one(self, tree):
        """Whether a tree compares numbers."""
        try:
            value = self.read(tree)
        except (ParseError, ShapeError, UnknownName):
            return False
        return not value.ndim and is_mask(value.formula)

    def agree(self, *branches):
        """Whether expressions have one and the same formula."""
        try:
            return len({self.read(branch) for branch in branches}) == 1
        except (ParseError, ShapeError, UnknownName):
            return False

    def constant_for(self, item, known):
        """The constant that a name stands for where that is no array: ``None``, ``"mean"``; else the tree as it is."""
        name = getattr(item, "id", None) or numpy_names.dotted_name(item, known)
        data = self.scope.data(name) if name else ...
        if isinstance(data, tuple):
            return ast.copy_location(ast.Tuple([ast.copy_location(ast.Constant(one), item) for one in data]), item)
        return ast.copy_location(ast.Constant(data), item) if isinstance(data, str | bool | None) else item

    def of_torch(self):
        """Whether the text is PyTorch's."""
        return _OF_TORCH.search(self.source) is not None

    def written(self, item):
        """The words of a tree; those of our own expressions stand in no text, though they have the caller's place."""
        return (ast.get_source_segment(self.source, item) if self.source else ast.unparse(item)) or ""

    def error(self, item, message, kind=ParseError):
        if not self.source:
            return kind(message)
        lines = self.source.split("\n")
        line = lines[item.lineno - 1]
        place = len(line.encode()[: item.col_offset].decode(errors="ignore"))
        return error_at(line, place, f"line {item.lineno}: {message}" if len(lines) > 1 else message, kind)

    def operands(self, item):
        """The parts of a tree whose values are needed first; what is not on the list is refused."""
        match item:
            case ast.BinOp():
                return [item.left, item.right]
            case ast.UnaryOp():
                return [item.operand]
            case ast.Compare() if len(item.ops) == 1:
                return [item.left, item.comparators[0]]
            case ast.Attribute(attr="T" | "mT"):
                return [item.value]
            case ast.Attribute(attr=attr) if attr in FUNCTION_NAMES and attr != "shape":
                raise self.error(item, f"{attr} is a function; write {attr}(…) around the array")
            case ast.Call(func=ast.Name(id=name)) if name.startswith(OWN):
                return []  # it may be given what is no array
            case ast.IfExp():
                raise self.error(
                    item, f"whether {cut(self.written(item.test))} holds is not known; {UNREAD[ast.IfExp]}"
                )
            case ast.Call(func=ast.Name(id=name)):
                self.known_function(item)
                if (
                    name in CALLS
                    and CALLS[name].listed
                    and item.args
                    and isinstance(item.args[0], ast.List | ast.Tuple)
                ):
                    rows = item.args[0].elts
                    return [e for row in rows for e in (row.elts if isinstance(row, ast.List | ast.Tuple) else [row])]
                return item.args[CALLS[name].arrays] if name in CALLS else item.args
            case ast.Subscript():
                return [item.value]
            case ast.Constant() | ast.Name():
                return []
        said = next((words for kind, words in UNREAD.items() if isinstance(item, kind)), "")
        words = f"this is not part of the notation: {cut(self.written(item))}"
        raise self.error(item, f"{words}; {said}" if said else words)

    def visit(self, item, values):
        if any(value.mask is not None for value in values) and not _is_by_entry(item):
            said = "what a condition picks is changed entry by entry, summed or averaged here; write where for the rest"
            raise self.error(item, f"{cut(self.written(item))} is more: {said}")
        match item:
            case ast.Constant():
                return self.constant(item)
            case ast.Name():
                return self.name(item)
            case ast.UnaryOp():
                return self.unary(item, *values)
            case ast.BinOp():
                return self.binary(item, *values)
            case ast.Compare():
                return self.compare(item, *values)
            case ast.Attribute(attr="mT") if values[0].ndim > 2:
                turned = ast.copy_location(ast.parse("swapaxes(x, -1, -2)", mode="eval").body, item)
                return self.elsewhere(turned, {"x": values[0]}, item)
            case ast.Attribute():
                return transposed(values[0])
            case ast.Subscript():
                return self.index(item, values[0])
            case _:
                return self.call(item, values)

    def constant(self, item):
        value = item.value
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.error(item, f"{cut(repr(value))} is not a real number")
        if isinstance(value, float) and not abs(value) < 1e300:
            raise self.error(item, "this number is too large")
        return Value(op.number(value), 0)

    def name(self, item):
        found = self.scope.find(item.id)
        if found is not None:
            return found
        if item.id in FUNCTION_NAMES or item.id in table.FUNCTIONS:
            raise self.error(item, f"{item.id} is a function; write {item.id}(…)", UnknownName)
        if item.id == "pi":
            return Value(op.number(3.141592653589793), 0)
        base, dot, part = item.id.rpartition(".")
        if dot:
            raise self.error(item, f"{part} of {base} is not known: declare {part} in shapes", UnknownName)
        near = difflib.get_close_matches(item.id, self.scope.readable(), 1, 0.5)
        near = near or difflib.get_close_matches(item.id, FUNCTION_NAMES, 1, 0.7)
        hint = f"; did you mean {near[0]}?" if near else "; declare it in shapes"
        raise self.error(item, f"{cut(item.id)!r} is not declared{hint}", UnknownName)

    def unary(self, item, value):
        if isinstance(item.op, ast.USub):
            return value.of(op.negative(value.formula))
        if isinstance(item.op, ast.UAdd):
            return value
        if isinstance(item.op, ast.Invert) and is_mask(value.formula):
            return value.of(op.add(op.ones(value.formula.shape), op.negative(value.formula)))
        raise self.error(item, "this sign is not part of the notation")

    def binary(self, item, left, right):
        match item.op:
            case ast.MatMult():
                return self.matmul(item, left, right)
            case ast.Pow():
                return self.power(item, left, right)
            case ast.Add() | ast.Sub() | ast.Mult() | ast.Div():
                a, b, made = self.broadcast(item, left, right)
                if isinstance(item.op, ast.Add):
                    return made.of(op.add(a, b))
                if isinstance(item.op, ast.Sub):
                    return made.of(op.add(a, op.negative(b)))
                # a number or scalar multiplies as a scalar; the broadcast ones are not needed
                if isinstance(item.op, ast.Div):
                    if op.is_zero(right.formula):
                        raise self.error(item, "a division by zero")
                    right = right.of(op.power(right.formula, -1))
                    b = op.power(b, -1) if b.shape == a.shape and right.ndim else b
                if left.ndim == 0:
                    return made.of(op.scale(left.formula, right.formula))
                if right.ndim == 0:
                    return made.of(op.scale(right.formula, left.formula))
                return made.of(op.hadamard(a, b))
        if isinstance(item.op, ast.BitAnd | ast.BitOr) and is_mask(left.formula) and is_mask(right.formula):
            a, b, made = self.broadcast(item, left, right)
            both = op.hadamard(a, b)
            return made.of(both if isinstance(item.op, ast.BitAnd) else op.add(a, b, op.negative(both)))
        if isinstance(item.op, ast.FloorDiv):
            return Value(op.size(Size.of(self.whole(item))), 0)
        hint = "a power is written **" if isinstance(item.op, ast.BitXor) else "known: @ * + - / **"
        raise self.error(item, f"this operator is not part of the notation; {hint}")

    def power(self, item, base, exponent):
        if exponent.formula.operation == "number":
            if op.is_zero(base.formula) and exponent.formula.data < 0:
                raise self.error(item, "a division by zero")
            if abs(exponent.formula.data) > 1000:
                raise self.error(item, "the exponent is beyond 1000")
            return base.of(op.power(base.formula, exponent.formula.data))
        a, b, made = self.broadcast(item, base, exponent)
        return made.of(op.general_power(a, b))

    def matmul(self, item, left, right):
        if not left.ndim or not right.ndim:
            scalar = item.left if not left.ndim else item.right
            raise self.error(
                item, f"@ multiplies arrays, and {cut(self.written(scalar))} is a scalar: use *", ShapeError
            )
        inner = (left.axes[-1], right.axes[max(right.ndim - 2, 0)])
        if inner[0] is not inner[1]:
            raise self.error(
                item,
                f"{cut(self.written(item.left))} is {shape_words(left)} and {cut(self.written(item.right))} is "
                f"{shape_words(right)}: @ needs the sizes {inner[0]} and {inner[1]} to be the same",
                ShapeError,
            )
        if left.ndim == 1 and right.ndim == 1:
            return Value(op.product(op.transpose(left.formula), right.formula), 0)
        if left.ndim == 1:
            return Value(op.product(op.transpose(right.formula), left.formula), 1)
        if max(left.ndim, right.ndim) > 2:
            return self.batched(item, left, right)
        whole = op.product(left.formula, right.formula)
        sides = [left.formula, right.formula]
        if right.formula.operation == "product" and left.formula.operation != "symbol":
            simpler = whole in expression.ordered(sides)  # I@(A@v) is no product of two sides
            self.scope.grouped |= {} if simpler else {whole: tuple(sides)}
        return Value(whole, left.ndim + right.ndim - 2)

    def batched(self, item, left, right):
        """Products of matrices along further axes."""
        batches = [array(op.zero(held(value.axes[:-2])), value.axes[:-2]) for value in (left, right)]
        batch = self.axes_together(item, *batches)
        letters = INDICES[3 : 3 + len(batch)]
        shown = []
        for value, own in ((left, "ik"), (right, "kj")):
            own = own if value.ndim > 1 else "k"
            shown.append((value, letters[len(letters) - max(value.ndim - 2, 0) :] + own))
        kept = letters + ("i" if left.ndim > 1 else "") + ("j" if right.ndim > 1 else "")
        return over_indices(shown, kept)

    def broadcast(self, item, left, right):
        """Both as formulas of one shape, by NumPy's rules, and a value with the axes of the result."""
        target = self.axes_together(item, left, right)
        columns = [value for value in (left, right) if value.ndim == 2 and value.formula.is_column]
        if columns and (left.ndim, right.ndim).count(1) and target[0] is target[1] is not ONE:
            self.scope.notes.append(
                f"in {cut(self.written(item))} NumPy spreads {shape_words(left)} and {shape_words(right)} to "
                f"{target[0]}×{target[1]}; if that is not meant, declare both as vectors or both as columns"
            )
        a, b = spread(left, target), spread(right, target)
        masks = {value.mask for value in (left, right) if value.mask is not None or value.ndim}
        if len(masks) > 1:
            raise self.error(item, "of one side a condition picks entries, and not of the other; write where")
        mask = masks.pop() if masks else None
        return a, b, Value(a, len(target), target if len(target) > 2 else (), mask)

    def axes_together(self, item, left, right):
        """The axes to which two values are broadcast."""
        ndim = max(left.ndim, right.ndim)
        shape = []
        for back in range(1, ndim + 1):
            a = left.axes[-back] if back <= left.ndim else ONE
            b = right.axes[-back] if back <= right.ndim else ONE
            if a is not b and a is not ONE and b is not ONE:
                operands = (
                    getattr(item, "left", item),
                    getattr(item, "right", None) or getattr(item, "comparators", [item])[0],
                )
                raise self.error(
                    item,
                    f"{cut(self.written(operands[0]))} is {shape_words(left)} and {cut(self.written(operands[1]))} "
                    f"is {shape_words(right)}: their shapes do not broadcast, since {a} is not {b}",
                    ShapeError,
                )
            shape.insert(0, b if a is ONE else a)
        return tuple(shape)

    def compare(self, item, left, right):
        a, b, made = self.broadcast(item, left, right)
        if isinstance(item.ops[0], ast.Eq | ast.NotEq):
            apart = op.add(a, op.negative(b))
            same = op.hadamard(op.elementwise("nonnegative", apart), op.elementwise("nonnegative", op.negative(apart)))
            return made.of(same if isinstance(item.ops[0], ast.Eq) else op.add(op.ones(a.shape), op.negative(same)))
        compared = _COMPARED.get(type(item.ops[0]))
        if compared is None:
            raise self.error(item, "this comparison is not part of the notation; known: < <= > >= == !=")
        name, turned = compared
        greater, less = (b, a) if turned else (a, b)
        return made.of(op.elementwise(name, op.add(greater, op.negative(less))))

    def as_mask(self, item, condition):
        """Remember a declared array as one of ones and zeros."""
        if condition.formula.operation == "symbol":
            name = condition.formula.data[0]
            if name in self.scope.varying:
                said = f"{name} varies, and so it is no mask; write a comparison, as in where({name} > 0, …)"
                raise self.error(item, said)
            self.scope.masks.append(name)

    def masked(self, item, value):
        """The entries that a condition picks, ``x[x > 0]``; None where the index is another."""
        entry = item.slice
        if isinstance(entry, ast.Tuple | ast.Slice | ast.Constant) or not value.ndim or value.mask is not None:
            return None
        try:
            condition = self.read(entry)
        except (ParseError, ShapeError, UnknownName):
            return None
        formula = condition.formula
        declared = formula.operation == "symbol" and (
            (condition.ndim > 1 and value.axes[: condition.ndim] == condition.axes)
            or "binary" in formula.data[2] or formula.data[0] in self.scope.masks
        )  # fmt: skip
        if not condition.ndim or not (declared or is_mask(formula)):
            return None
        if value.axes[: condition.ndim] != condition.axes:
            said = f"{cut(self.written(item.value))} is {shape_words(value)} and the condition {shape_words(condition)}"
            raise self.error(item, said, ShapeError)
        self.as_mask(item, condition)
        axes = (*condition.axes, *(ONE for _ in value.axes[condition.ndim :]))
        mask = spread(array(formula, axes), value.axes)
        if declared:
            self.scope.notes.append(
                f"{cut(self.written(item))} counts the entries that are not picked 0 times: they are to be defined"
            )
            return value.picked(mask)
        others = op.add(op.ones(mask.shape), op.negative(mask))  # 1, where log and 1/x have a value
        filled = op.add(op.hadamard(mask, value.formula), others)
        self.scope.filled[filled] = value.formula
        return value.picked(mask, filled)

    # ── indices ───────────────────────────────────────────────────────────────────────────────────────────────────

    def index(self, item, value):
        masked = self.masked(item, value)
        if masked is not None:
            return masked
        entries = list(item.slice.elts) if isinstance(item.slice, ast.Tuple) else [item.slice]
        new = [numpy_names.is_new_axis(entry) for entry in entries]
        dots = [i for i, entry in enumerate(entries) if getattr(entry, "value", None) is ...]
        if len(dots) == 1:  # as many whole axes as are left
            place, left = dots[0], value.ndim - (len(entries) - sum(new) - 1)
            whole = [ast.copy_location(ast.Slice(), item) for _ in range(left)]
            entries[place : place + 1], new[place : place + 1] = whole, [False] * len(whole)
        if len(entries) - sum(new) > value.ndim:
            raise self.error(
                item, f"{cut(self.written(item.value))} has {value.ndim} axes and {len(entries)} indices", ShapeError
            )
        entries += [ast.copy_location(ast.Slice(), item)] * (value.ndim - len(entries) + sum(new))
        new += [False] * (len(entries) - len(new))
        plain = [entry for entry, one in zip(entries, new, strict=True) if not one]
        picked, kept = self.picked(item, value, plain)
        if not any(new):
            wide = next((one for one in map(self.index_in, plain) if one is not None and one.ndim > 1), None)
            if wide is None:
                return picked
            place = sum(kept[: next(i for i, entry in enumerate(plain) if (self.index_in(entry) or wide).ndim > 1)])
            return array(picked.formula, (*picked.axes[:place], *wide.axes, *picked.axes[place + 1 :]))
        sizes, at = iter(picked.axes), iter(kept)
        axes = [ONE if one else next(sizes) for one in new if one or next(at)]
        return array(picked.formula, axes)

    def picked(self, item, value, entries):
        """The value that indices without a new axis pick, and for each index whether its axis is kept."""
        if len(entries) == value.ndim == 2 and self.picks(entries[1]) and not isinstance(entries[0], ast.Slice):
            return self.one_a_row(item, value, *entries), [True, False]
        spans = [self.span(entry, axis) for entry, axis in zip(entries, value.axes, strict=True)]
        kept = [span is None or span.operation == "fixed" for span in spans]
        if value.ndim > 2:
            letters, terms = value.letters, [(value, value.letters)]
            free = iter(letter for letter in INDICES if letter not in letters)
            shown = ""
            for letter, span, keeps in zip(letters, spans, kept, strict=True):
                other = next(free) if keeps and span is not None else letter
                if span is not None:
                    terms.append((Value(span, 2), other + letter) if keeps else (Value(span, 1), letter))
                shown += other if keeps else ""
            return over_indices(terms, shown), kept
        formula = value.formula
        for axis, pick in enumerate(spans):
            if pick is not None:  # some rows along this axis, or one
                formula = along(formula, pick if kept[axis] else op.transpose(pick), axis)
        if value.ndim == 2 and kept == [False, True]:
            formula = op.transpose(formula)
        return Value(formula, sum(kept)), kept

    def index_in(self, entry):
        """The declared indices that an entry is, ``y``, ``E[:, 0]`` or ``y[i]``, as a value; or None."""
        if not isinstance(entry, ast.Name | ast.Subscript | ast.Attribute | ast.Call | ast.BinOp):
            return None
        try:
            found = self.read(entry)
        except (ParseError, ShapeError, UnknownName):
            return None
        names = _symbols_in(found.formula)
        fixed = not names & {*self.scope.varying, *self.scope.masks}
        steps = [letter for letter in self.scope.letters.values() if places(found.formula, letter) is not None]
        return found.of(table.without_names(found.formula)) if steps or (fixed and _is_part(found.formula)) else None

    def picks(self, entry):
        """Whether an index is a vector of declared indices."""
        found = self.index_in(entry)
        return found is not None and found.ndim == 1

    def gathered(self, entry, axis):
        """The matrix that picks rows by declared indices, one after another."""
        found = self.index_in(entry)
        index = array(found.formula, (found.formula.shape[0] * found.formula.shape[1],)).formula
        for name in _symbols_in(index) - self.scope.letters.keys():
            limits = self.scope.indices.setdefault(name, ())
            if axis not in limits:
                self.scope.indices[name] = (*limits, axis)
        return op.fixed("gather", (index.shape[0], axis), (), (index,))

    def one_a_row(self, item, value, rows, picked):
        """Z[np.arange(m), y]: entry y_i of row i; Z[x, y]: of row x_i."""
        if self.picks(rows):
            value = Value(op.product(self.gathered(rows, value.axes[0]), value.formula), 2)
            mask = self.gathered(picked, value.axes[1])
            if mask.shape[0] is not value.axes[0]:
                said = f"the indices are {value.axes[0]} and {mask.shape[0]}, and they go by pairs"
                raise self.error(item, said, ShapeError)
        else:
            mask = self.one_a_row_mask(item, value, rows, picked)
        return Value(op.product(op.hadamard(value.formula, mask), op.ones((value.axes[1], ONE))), 1)

    def one_a_row_mask(self, item, value, rows, picked):
        """The matrix with a one at entry y_i of each row i."""
        plain = numpy_names.plain(rows, self.scope.known())
        counted = isinstance(plain, ast.Call) and plain.func.id in ("arange", "range") and len(plain.args) == 1
        if not counted or Size.of(self.whole(plain.args[0])) is not value.axes[0]:
            raise self.error(item, f"rows and columns by two indices are read as Z[np.arange({value.axes[0]}), y]")
        mask = self.gathered(picked, value.axes[1])
        if mask.shape[0] is not value.axes[0]:
            raise self.error(
                item, f"{self.written(picked)} has {mask.shape[0]} entries, for {value.axes[0]} rows", ShapeError
            )
        return mask

    def span(self, entry, axis):
        """What an index picks along an axis: a unit vector, a fixed matrix of rows, or None for the whole axis."""
        if _is_whole(entry):
            return None
        found = self.index_in(entry)
        if found is not None:
            rows = self.gathered(entry, axis)
            return rows if found.ndim else op.transpose(rows)
        named = self.scope.find(entry.id) if isinstance(entry, ast.Name) else None
        if isinstance(entry, ast.Compare) or (named is not None and named.ndim and is_mask(named.formula)):
            raise self.error(entry, "a condition picks by where: sum(where(x > 0, x, 0)) for sum(x[x > 0])")
        if isinstance(entry, ast.Slice):
            return self.slice(entry, axis)
        position = self.whole(entry)
        limit = axis.number
        if isinstance(position, int) and limit is not None and not -limit <= position < limit:
            raise self.error(entry, f"index {position} is beyond the size {limit}", ShapeError)
        return op.unit(axis, position)

    def slice(self, entry, axis):
        """The rows of a slice, with any step; None for all of them."""
        step = self.whole(entry.step) if entry.step is not None else 1
        if step == -1 and entry.lower is entry.upper is None:
            return op.fixed("flip", (axis, axis))
        start = self.position(entry.lower, axis) if entry.lower else Size.of(0)
        stop = self.position(entry.upper, axis) if entry.upper else axis
        length = stop - start
        if not isinstance(step, int) or step < 1:
            raise self.error(entry.step, "a step is a whole number, at least 1, or -1 in x[::-1]")
        if length.number is not None and length.number < 1:
            raise self.error(entry, "this slice is empty")
        over = (stop - axis).number
        if over is not None and over > 0:
            raise self.error(entry, f"{stop} is beyond the size {axis}", ShapeError)
        if length is axis and step == 1:
            return None
        if step == 1:
            return op.fixed("rows", (length, axis), (start, stop))
        if length.number is None:
            raise self.error(entry.step, f"a step needs a size that is a number, and this one is {length}")
        return op.fixed("every", (Size.of(-(-length.number // step)), axis), (start, stop, step))

    def position(self, entry, axis):
        position = self.whole(entry)
        if isinstance(position, int):
            if position < 0:
                return axis + Size.of(position)
            if axis.number is not None and position > axis.number:
                raise self.error(entry, f"{position} is beyond the size {axis}", ShapeError)
            return Size.of(position)
        return position

    def whole(self, entry):
        """An index: an int or a `Size`."""
        dotted = numpy_names.dotted_name(entry, self.scope.known())
        entry = ast.copy_location(ast.Name(dotted), entry) if dotted is not None else entry
        if (
            isinstance(entry, ast.UnaryOp)
            and isinstance(entry.op, ast.USub)
            and isinstance(entry.operand, ast.Constant)
        ):
            inner = entry.operand.value
            if isinstance(inner, int) and not isinstance(inner, bool):
                return -inner
        if isinstance(entry, ast.Constant) and isinstance(entry.value, int) and not isinstance(entry.value, bool):
            return entry.value
        if isinstance(entry, ast.Name):
            found = self.scope.find(entry.id)
            if found is not None and found.formula.operation == "size":
                return found.formula.data
            if found is not None and op.is_number(found.formula) and found.formula.data == int(found.formula.data):
                return int(found.formula.data)
        if isinstance(entry, ast.BinOp) and isinstance(entry.op, ast.Add | ast.Sub | ast.Mult):
            a, b = Size.of(self.whole(entry.left)), Size.of(self.whole(entry.right))
            both = a + b if isinstance(entry.op, ast.Add) else a - b if isinstance(entry.op, ast.Sub) else a * b
            return both.number if both.number is not None else both
        if isinstance(entry, ast.BinOp) and isinstance(entry.op, ast.FloorDiv | ast.Div):
            whole, part = Size.of(self.whole(entry.left)), Size.of(self.whole(entry.right))
            try:
                return self.divided(whole, part)
            except ShapeError:
                raise self.error(
                    entry,
                    f"{whole} is not known to be a multiple of {part}: declare the part, as in x: n×{part}*g, and "
                    "write g here",
                ) from None
        plain = numpy_names.plain(entry, self.scope.known())
        if isinstance(plain, ast.Call) and plain.func.id in ("shape", "size"):
            size = self.read(plain).formula
            return int(size.data) if op.is_number(size) else size.data
        if isinstance(entry, ast.Constant) and isinstance(entry.value, str):
            raise self.error(
                entry, "an array has no entry under a text: write W for params['W'], and declare it in shapes"
            )
        raise self.error(entry, "an index is a whole number or a size")

    def divided(self, whole, part):
        """A size divided by another: an int or a `Size`; ShapeError where that is no size."""
        if not part.terms:
            raise ShapeError("a division by zero")
        length = op.quotient(whole, part)
        return length.number if length.number is not None else length

    # ── calls ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def call(self, item, values):
        name, written, axis, keep = item.func.id, item.args, None, False
        if name.startswith(OWN):
            return self.calling(item, name.removeprefix(OWN))
        row = CALLS.get(name)
        if name in ("size", "shape") and values and values[0].mask is not None:
            return Value(op.total(values[0].mask), 0)
        for option in item.keywords:
            if option.arg == "axis":
                axis = self.along(item, name, option.value, values)
            elif option.arg == "keepdims":
                keep = getattr(option.value, "value", None) is True
        if row and "axis" in row.options and not row.numbered and row.arrays == slice(1) and len(written) > 1:
            axis, written, more = self.along(item, name, written[1], values), written[:1], written[2:]
            if more and (len(more) > 1 or not isinstance(getattr(more[0], "value", 0), bool)):
                raise self.error(more[0], f"{name} takes an array and an axis; name the rest, as in keepdims=True")
            keep = keep or (bool(more) and more[0].value)
        if name in table.FUNCTIONS or name in self.scope.any:
            value = self.one(item, name, values)
            name = generic.function(name) if name in self.scope.any else name
            return value.of(op.elementwise(name, value.formula))
        deep = next((value for value in values if value.ndim > 2), None)
        if deep is not None and not row.deep:
            said = f"{name} takes arrays of at most two axes here, not {shape_words(deep)}"
            raise self.error(item, f"{said}; take one slice, reshape to a matrix, or write einsum", ShapeError)
        return row.read(self, item, values, written, axis, keep)

    def known_function(self, item):
        """Refuse a call of what is no function here, then an option that is none, before its arguments are read."""
        name = item.func.id
        options = CALLS[name].options if name in CALLS else ()
        if name in self.scope.any:
            return
        if name not in CALLS and name not in table.FUNCTIONS:
            near = difflib.get_close_matches(name, FUNCTION_NAMES, 1, 0.75)
            hint = (
                f"register({name!r}, …) says what it is, and '{name}: function' in shapes that it is any, with {name}′"
            )
            hint = f"did you mean {near[0]}?" if near else hint
            said = f"{cut(name)!r} is not a function known here; {INSTEAD.get(name, hint)}"
            raise self.error(item, said, UnknownName)
        if len({option.arg for option in item.keywords}) < len(item.keywords):
            raise self.error(item, f"{name} has an option twice")
        for option in item.keywords:
            if option.arg not in options:
                shown = numpy_names.options_of(name) or options
                taken = f"it takes {', '.join(f'{one}=' for one in shown)}" if shown else "leave it out"
                raise self.error(item, f"{name} takes no {option.arg or '**'}= here; {taken}")

    def along(self, item, name, entry, values):
        """The axis that an option names; None for all entries."""
        if isinstance(entry, ast.Tuple | ast.List) and values:
            axes = {self.axis(item, values[0], self.whole(one)) for one in entry.elts}
            if len(axes) < max(values[0].ndim, 1):
                return axes.pop() if len(axes) == 1 else tuple(sorted(axes))
            return None
        if not _is_none(entry):
            return self.whole(entry)
        return EVERY if name in ("softmax", "logsumexp", "log_softmax") else None

    def one(self, item, name, values, ndim=None):
        """The only argument of a call, with this many axes where they are said."""
        if len(values) != 1:
            raise self.error(item, f"{name} takes one argument, and has {len(values)}")
        if ndim not in (None, values[0].ndim):
            wanted = {1: "vector", 2: "matrix"}[ndim]
            given = f"{cut(self.written(item))} gives it {shape_words(values[0])}"
            raise self.error(item, f"{name} takes a {wanted}, and {given}", ShapeError)
        return values[0]

    def two(self, item, name, values):
        if len(values) != 2:
            raise self.error(item, f"{name} takes two arguments, and has {len(values)}")
        return values

    def axis(self, item, value, axis):
        if not isinstance(axis, int) or not -value.ndim <= axis < value.ndim:
            raise self.error(item, f"axis {axis} of an array with {value.ndim} axes", ShapeError)
        return axis % value.ndim


def _is_none(entry):
    return isinstance(entry, ast.Constant) and entry.value is None


def _is_whole(entry):
    return isinstance(entry, ast.Slice) and entry.lower is entry.upper is entry.step is None


FUNCTION_NAMES = [*CALLS, *table.FUNCTIONS]
