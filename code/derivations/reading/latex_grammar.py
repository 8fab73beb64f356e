"""From the tokens of an expression to its tree: the grammar in ``latex.lark``, and what it builds.

The parser is LALR and calls the builder as it goes: no tree is walked, and nothing recurses on what stands on the page.
"""

import itertools
from fractions import Fraction
from functools import cache
from typing import NamedTuple

from derivations.formulas.expression import ParseError
from derivations.reading import latex_dots
from derivations.reading.latex_brackets import NORMS
from derivations.reading.latex_tree import BIG, Tree, parts, rebuilt

WIDE = {"tr", "vec", "rank", "dim", "sum", "mean", "vech"}
"""Operators whose argument without brackets is all that is multiplied: tr AB."""


class Called(NamedTuple):
    """What is known of a letter that stands for a function before a name in brackets: f(x)^2 is (f(x))^2."""

    always: bool = False
    """Whether it is a function whatever stands in the bracket after it."""
    loss: bool = False
    """Whether texts call so what they differentiate."""
    worded: bool = False
    """Whether it is a function, whatever stands in the bracket, where a text in words defines it."""


CALLED = {
    "f": Called(always=True, loss=True), "F": Called(always=True, loss=True), "phi": Called(always=True, loss=True),
    "g": Called(always=True), "h": Called(always=True), "G": Called(always=True), "varphi": Called(always=True),
    "psi": Called(always=True),
    "L": Called(loss=True, worded=True), "J": Called(loss=True, worded=True), "ell": Called(loss=True, worded=True),
    "l": Called(loss=True), "E": Called(loss=True), "C": Called(loss=True), "cost": Called(loss=True),
    "Cost": Called(loss=True), "loss": Called(loss=True), "Loss": Called(loss=True),
    "Error": Called(), "Q": Called(), "R": Called(), "V": Called(), "p": Called(), "q": Called(),
}  # fmt: skip
FUNCTION_LETTERS = frozenset(letter for letter, known in CALLED.items() if known.always)
LOSS_LETTERS = frozenset(letter for letter, known in CALLED.items() if known.worded)
LOSSES = frozenset(letter for letter, known in CALLED.items() if known.loss)

_PREFIXES = {
    "operator",
    "differential mark",
    "partial mark",
    "nabla mark",
    "operate mark",
    "direction mark",
    "order mark",
}


_OF_MATRICES = {"adj", "cof", "inv"}
"""Operators whose transpose is that of their value."""

_LABELLING = ("NAME", "NUMBER", "OPERATOR", "WORDS", "IDENTITY")
_IN_LABELS = {"PLUS": "plus", "MINUS": "minus"}
"""What a label is spelled with: a^{(l-1)} and a^{(l+1)} are two names."""


_ALONE = {"operate mark", "nabla mark", "direction mark", "order mark"}
"""Prefixes that say themselves how far they reach."""


class Refused(ParseError):
    """An expression that cannot be read, with its place."""

    def __init__(self, reason, start, stop):
        super().__init__(reason)
        self.reason, self.start, self.stop = reason, start, stop


def parse(tokens):
    """The tree of one side of a relation.

    Parameters
    ----------
    tokens : list of Token
        Mathematical tokens, their letters decided.

    Raises
    ------
    Refused
        With the place and the reason.
    """
    import lark

    for token in tokens:
        if token.kind == "BAD":
            raise Refused(token.data, token.start, token.stop)
    try:
        return _parser().parse(tokens)
    except lark.exceptions.UnexpectedToken as error:
        token = error.token.value
        if error.token.type == "$END":
            last = tokens[-1]
            raise Refused("the expression ends too early", last.start, last.stop) from None
        told = "a set is not executed" if token.kind == "MEMBER" else f"{_shown(token)} is not expected here"
        raise Refused(told, token.start, token.stop) from None


_SIGNS = {"RIGHT": "the end of the braces", "CLOSE": "the closing bracket", "LEFT": "a brace", "SUB": "_", "SUP": "^",
"TRANSPOSE": "^T", "INVERSE": "^{-1}",
          "ENDMATRIX": "the end of the matrix", "NORMRIGHT": "‖", "BARRIGHT": "|", "ANGLERIGHT": "⟩",
          "NEXTROW": "the next row"}  # fmt: skip


def _shown(token):
    return _SIGNS.get(token.kind) or (f"'{token.text}'" if token.text else f"this {token.kind.lower()}")


@cache
def _parser():
    from derivations.reading.latex_parser import parser

    return parser(_Inline())


def script_text(tree):
    """The spelling of a name with its scripts, or an empty text."""
    if tree.kind in ("name", "operator", "subscript", "label"):
        return tree.data or ""
    if tree.kind == "number":
        return str(tree.data)
    if tree.kind == "one":
        return "1"
    if tree.kind == "identity":
        return "I"
    if tree.kind == "prime":
        return script_text(tree.args[0]) + "p" * tree.data
    if tree.kind == "text":
        return tree.data.replace(" ", "")
    return ""


def _node(kind, args, data=None, first=None, last=None):
    first, last = first or args[0], last or args[-1]
    return Tree(kind, tuple(args), data, first.start, last.stop)


def _leaf(kind, token, data=None):
    token = getattr(token, "value", token)
    return Tree(kind, (), data, token.start, token.stop)


class Builder:
    """What each rule of the grammar makes of its parts."""

    def start(self, expression):
        """The whole."""
        return expression

    # sums and products

    def positive(self, sign, term):
        """+a."""
        return _node("sum", (term,), (1,), sign.value, term)

    def negative(self, sign, term):
        """−a."""
        return _node("sum", (term,), (-1,), sign.value, term)

    def either(self, sign, term):
        """±a: the sign is a number of its own, the same for all of a text."""
        token = sign.value
        either = Tree("either sign", (), 1 if token.text == "±" else -1, token.start, token.stop)
        return _node("product", (either, _grouped(term)), ("",))

    def plus_either(self, left, sign, right):
        """A ± b."""
        return _added(left, self.either(sign, right), 1)

    def plus(self, left, _, right):
        """A + b."""
        return _added(left, right, 1)

    def minus(self, left, sign, right):
        """A − b; ∇ −b."""
        if left.kind in ("operate", "gradient") and left.args[left.kind == "operate"].kind == "nothing":
            body = self.negative(sign, right)
            args = (left.args[0], body) if left.kind == "operate" else (body, *left.args[1:])
            return _node(left.kind, args, left.data, left, right)
        return _added(left, right, -1)

    def colon(self, left, _, right):
        """A : B."""
        return _node("colon", (left, right))

    def colon_negative(self, left, _, minus, right):
        """A : −B."""
        return _node("colon", (left, self.negative(minus, right)))

    def hadamard(self, left, sign, right):
        """A ⊙ B."""
        if left.kind == "hadamard":
            return _node("hadamard", (*left.args, right), (*left.data, sign.value.text))
        return _node("hadamard", (left, right), (sign.value.text,))

    def kronecker(self, left, _, right):
        """A ⊗ B."""
        return _node("kronecker", (*(left.args if left.kind == "kronecker" else (left,)), right))

    def first(self, factor):
        """The first factor of a product."""
        return [("", factor)]

    def beside(self, product, factor):
        """Factors beside each other."""
        product.append(("", factor))
        return product

    def times(self, product, sign, factor):
        """A · b."""
        product.append((sign.value.text, factor))
        return product

    def left_division(self, product, _, factor):
        """A⁻¹ b, as a division to the left."""
        sign, left = product.pop()
        return [*product, (sign, _node("inverse", (left,))), ("", factor)]

    def times_negative(self, product, sign, minus, factor):
        """A · −b."""
        product.append((sign.value.text, self.negative(minus, factor)))
        return product

    def factors(self, product):
        """A row of factors, each applied to what it is applied to; f g |_{x = a} evaluates all before the bar."""
        for i, (sign, factor) in enumerate(product):
            if factor.kind == "at" and factor.data != "whole":
                operator = factor.args[0].kind == "operate mark"  # d/dx |_{x = a} f g evaluates all after it
                start, stop = (i, len(product)) if operator else (0, i + 1)
                inside = [*product[start:i], (sign, factor.args[0]), *product[i + 1 : stop]]
                whole = _evaluated(self.factors(inside), factor.args[1:])
                return self.factors([*product[:start], (product[start][0], whole), *product[stop:]])
        return _Row(product).tree()

    def first_open(self, big):
        """Σ … by itself."""
        return big

    def beside_open(self, product, big):
        """A Σ …."""
        return self.factors(self.beside(product, big))

    def times_open(self, product, sign, big):
        """A · Σ …."""
        return self.factors(self.times(product, sign, big))

    def bounds(self, _, low, __, high, ___, where):
        """The bounds of a sum, and what its terms have to satisfy."""
        return low, high, where

    def big(self, sign, bounds, body):
        """Σ and Π."""
        token = sign.value
        letters, (sign, other) = token.data
        low, high, where = bounds
        if token.text == "integral":
            return _integral(token, low, high, body)
        kind = "big sum" if token.text == "sum" else "big product"
        highs = high.args if high is not None and high.kind == "list" else (high,) * len(letters)
        if sign == "values":
            return _over_values(kind, letters[0], high.args if high.kind == "list" else (high,), body)
        if len(highs) != len(letters):
            raise Refused("not as many bounds as indices", token.start, body.start)
        body, signs, rest = _reached(body, letters) if kind == "big product" else (body, (), ())
        if where is not None:
            body = _weighted(kind, where, body)
        elif sign:
            names = [Tree("name", (), letter, token.start, token.stop) for letter in letters]
            body = _where(kind, names, sign, other, body, token)
        data = tuple((letter, low, high) for letter, high in zip(letters, highs, strict=True))
        whole = _node(kind, (body,), data, token, body)
        return _node("product", (whole, *rest), signs, token, rest[-1]) if rest else whole

    def limit(self, sign, variable, target, body):
        """Lim."""
        return _node("limit", (body, variable, target), None, sign.value, body)

    # factors

    def transpose(self, base, sign):
        """Aᵀ."""
        if base.kind == "inverse":
            return _node("inverse transpose", base.args, None, base, sign.value)
        return _node("transpose", (base,), None, base, sign.value)

    def inverse(self, base, sign):
        """A⁻¹."""
        return _node("inverse", (base,), None, base, sign.value)

    def inverse_transpose(self, base, sign):
        """A⁻ᵀ."""
        return _node("inverse transpose", (base,), None, base, sign.value)

    def prime(self, base, sign):
        """f′."""
        if base.kind == "prime":
            return _node("prime", base.args, base.data + 1, base, sign.value)
        return _node("prime", (base,), 1, base, sign.value)

    def factorial(self, base, sign):
        """N!."""
        return _node("apply", (Tree("operator", (), "factorial", base.start, base.start), base), None, base, sign.value)

    def label(self, base, sign):
        """W^{(1)}: a name of its own, W1; x^{(i)} is x with the index i."""
        token = sign.value
        inner = token.data
        words = [_IN_LABELS.get(t.kind, t.text) for t in inner if t.kind in (*_LABELLING, *_IN_LABELS)]
        text = "".join(words).replace(" ", "")
        if len(inner) == 1 and inner[0].kind == "NAME" and len(text) == 1:
            letter = Tree("name", (), text, inner[0].start, inner[0].stop)
            if base.kind == "subscript" and len(base.args) == 2 and base.args[1].kind in ("name", "number"):
                plain, index = base.args  # x_j^{(i)}: entry j of sample i
                return _node(
                    "subscript", (plain, letter, index), script_text(plain) + text + script_text(index), base, token
                )
            return _node("subscript", (base, letter), script_text(base) + text, base, token)
        if base.kind == "subscript" and _is_index(base.args[0]) and all(_is_letter(i) for i in base.args[1:]):
            plain, *indices = base.args  # a_j^{(3)}: entry j of the layer
            whole = _node("label", (plain,), script_text(plain) + text, base, token)
            return _node("subscript", (whole, *indices), whole.data + "".join(map(script_text, indices)), base, token)
        return _node("label", (base,), script_text(base) + text, base, token)

    def subscript(self, base, sign, listed):
        """W_{ij}."""
        if base.kind == "norm" and NORMS.get(script_text(listed)):  # ||A||_F, its bars typed one by one
            return _node("norm", base.args, NORMS[script_text(listed)], base, listed)
        if base.kind == "norm":
            return _node("norm", (*base.args[:1], listed), base.data, base, listed)
        indices = []
        for part in listed.args if listed.kind == "list" else (listed,):
            plain = (
                part.kind == "product"
                and not (len(part.args) > 2 and part.args[1].kind == "dots")  # 2:n
                and all(sign == "" for sign in part.data)
                and all(_is_index(a) for a in part.args)
            )
            indices += part.args if plain else (part,)
        if len(indices) == 1 and indices[0].kind == "number" and 11 <= indices[0].data <= 99 and indices[0].data % 10:
            tens, ones = divmod(indices[0].data, 10)
            indices = [Tree("number", (), Fraction(n), indices[0].start, indices[0].stop) for n in (tens, ones)]
        words = [script_text(index) for index in indices]
        whole = script_text(base) + "".join(words) if script_text(base) and all(words) else ""
        return _node("subscript", (base, *indices), whole, base, listed)

    def power(self, base, _, exponent):
        """aⁿ; F |_{x = a}^b is F at b without F at a."""
        plain = base.kind == "at" and len(base.args) == 3 and base.args[1].kind == "name"
        if plain and base.args[0].kind not in ("derivative", "operate mark", "prime"):
            lower = base if base.data == "whole" else _evaluated(base.args[0], base.args[1:])
            upper = _node("at", (*lower.args[:2], exponent), lower.data, base, exponent)
            return Tree("group", (_node("sum", (upper, lower), (1, -1)),), "(", base.start, exponent.stop)
        return _node("power", (base, exponent))

    def elementwise_power(self, base, _, __, ___, exponent, right):
        """x^{⊙n}, entry by entry."""
        return _node("elementwise power", (base, exponent), None, base, right.value)

    def number(self, token):
        """A number."""
        text = token.value.text
        if len(text) > 40:
            raise Refused("a number of more than 40 digits", token.value.start, token.value.stop)
        return _leaf("number", token, Fraction(text.rstrip(".") or "0"))

    def name(self, token):
        """A name."""
        return _leaf("name", token, token.value.text)

    def operator(self, token):
        """A word that is applied."""
        return _leaf("operator", token, token.value.text)

    def one(self, token):
        """A vector of ones."""
        return _leaf("one", token)

    def identity(self, token):
        """The identity."""
        return _leaf("identity", token)

    def words(self, token):
        """Words in place of a factor."""
        return _leaf("text", token, token.value.text)

    def infinity(self, token):
        """∞."""
        return _leaf("infinity", token)

    def dots(self, token):
        """…."""
        return _leaf("dots", token)

    def nabla(self, token):
        """∇ by itself; the row of factors gives it its body."""
        return _leaf("nabla mark", token)

    def partial(self, token):
        """∂ by itself."""
        return _leaf("partial mark", token)

    def differential(self, token):
        """D by itself."""
        return _leaf("differential mark", token)

    def direction(self, token):
        """D by itself."""
        return _leaf("direction mark", token)

    def order(self, token):
        """O and o by themselves."""
        return _leaf("order mark", token, token.value.text)

    def group(self, left, inner, right):
        """(…)."""
        return _node("group", (_listed(inner),), left.value.text, left.value, right.value)

    def indicator(self, left, a, sign, b, right):
        """[z > 0]: 1 where it is true, 0 where not."""
        kind = "≡" if sign.value.text == "=" else sign.value.text  # y_i = 1, which has to happen somewhere
        return _node("indicator", (a, b), kind, left.value, right.value)

    def braced(self, left, inner, right):
        """{…}, which shows no bracket."""
        return inner

    def listed(self, left, parts, right):
        """{a, b}."""
        return _listed(parts)

    def one_part(self, part):
        """A list of one part is that part."""
        return part

    def more_parts(self, parts, _, part):
        """a, b."""
        if isinstance(parts, _Parts):
            parts.append(part)
            return parts
        return _Parts([parts, part])

    def fraction(self, sign, above, below):
        """A / b."""
        return _node("fraction", (above, below), None, sign.value, below)

    def derivative(self, sign, above, below):
        """∂f/∂x."""
        belows = below.args if below.kind == "list" else (below,)
        _refuse_order(sign.value)
        return _node("derivative", (above, *belows), sign.value.data, sign.value, below)

    def operate(self, sign, below):
        """∂/∂x."""
        belows = below.args if below.kind == "list" else (below,)
        _refuse_order(sign.value)
        return _node("operate mark", belows, sign.value.data, sign.value, below)

    def root(self, sign, inner):
        """√a."""
        return _node("root", (inner,), 2, sign.value, inner)

    def exponential(self, sign, exponent):
        """e^x."""
        return _node("apply", (_leaf("operator", sign, "exp"), exponent), None, sign.value, exponent)

    def delta(self, sign, indices):
        """δ_ij."""
        args = indices.args if indices.kind in ("list", "product") else (indices,)
        return _node("delta", args, None, sign.value, indices)

    def norm(self, left, inner, right):
        """‖a‖."""
        return _node("norm", (inner,), right.value.data, left.value, right.value)

    def bars(self, left, inner, right):
        """|a|."""
        kind, inner = ("norm", inner.args[0]) if inner.kind == "bars" else ("bars", inner)  # ||a||, typed one by one
        return _node(kind, (inner,), None, left.value, right.value)

    def inner(self, left, inner, right):
        """⟨a, b⟩."""
        inner = _listed(inner)
        if inner.kind == "list" and len(inner.args) > 2:  # the vector ⟨a, b, c⟩
            return _node("group", (inner,), "(", left.value, right.value)
        if inner.kind != "list" or len(inner.args) != 2:
            raise Refused("⟨ and ⟩ do not hold two parts", left.value.start, right.value.stop)
        return _node("inner", inner.args, None, left.value, right.value)

    def first_row(self, parts):
        """The first row of a matrix."""
        return [_node("list", parts if isinstance(parts, _Parts) else (parts,))]

    def more_rows(self, rows, _, parts):
        """The next row of a matrix."""
        return rows + self.first_row(parts)

    def matrix(self, left, rows, right):
        """A matrix of expressions."""
        rows = latex_dots.matrix(rows)
        return _node("matrix", rows, None, left.value, right.value) if isinstance(rows, tuple) else rows

    def condition(self, a, sign, b):
        """I = j, beside a value of cases."""
        return _node("indicator", (a, b), sign.value.text)

    def cases(self, left, rows, right):
        """Cases."""
        return _node("cases", rows, None, left.value, right.value)

    def part_of_list(self, parts, _, part):
        """Further substitutions."""
        if part[0][0].kind == "nothing":
            reason = "a list of places under a bar: say in words beside the line at which places it holds"
            raise Refused(reason, part[0][1].start, part[0][1].stop)
        return [*parts, *part]

    def point(self, b):
        """The point alone: ∂f/∂x |_a."""
        return [(Tree("nothing", (), None, b.start, b.start), b)]

    def substitution(self, a, sign, b):
        """One substitution, x = a."""
        if sign.value.text != "=":
            raise Refused(f"'{sign.value.text}' under a bar that evaluates", a.start, b.stop)
        return [(a, b)]

    def evaluated(self, base, sign, brace, substitutions, right):
        """An expression before |_{x = a}."""
        pairs = tuple(tree for pair in substitutions for tree in pair)
        return _node("at", (base, *pairs), None, base, right.value)

    def evaluated_whole(self, left, inner, sign, brace, substitutions, right):
        r"""\left. f g \right|_{x = a}."""
        pairs = tuple(tree for pair in substitutions for tree in pair)
        return _evaluated(inner, pairs, left.value, right.value)


def _refuse_order(token):
    if token.data not in (1, 2):
        raise Refused("a derivative of an order other than one or two", token.start, token.stop)


def _evaluated(whole, pairs, first=None, last=None):
    """All that a bar evaluates; at a point alone, |_a, only what is taken by something."""
    if pairs[0].kind == "nothing" and not _occurs_kind(_OF_SOMETHING, whole):
        reason = "what stands before it is evaluated at a point that is not said"
        raise Refused(reason, pairs[1].start, pairs[1].stop)
    return _node("at", (whole, *pairs), "whole", first or whole, last or pairs[-1])


_OF_SOMETHING = {"derivative", "operate", "gradient", "prime"}
"""Kinds of trees that are taken by something, which a bar after them puts a point in the place of."""


def _occurs_kind(kinds, tree):
    stack = [tree]
    while stack:
        inner = stack.pop()
        if inner.kind in kinds:
            return True
        stack.extend(inner.args)
    return False


def _where(kind, names, sign, other, body, token):
    """The terms of a sum, or factors of a product, over those places alone that are as a sign says: j ≠ i, j ∈ S."""
    place = (token.start, token.stop)
    letter = names[0]
    if sign == "∈":
        shown, letters = other
        members = tuple(Tree("name", (), one, *place) for one in letters)
        letter = members[0] if len(members) == 1 else Tree("list", members, None, *place)
        weight = Tree("indicator", (letter, Tree("text", (), shown, *place)), sign, *place)
    elif sign == "≠":  # 1 − δ
        one = Tree("number", (), Fraction(1), *place)
        delta = Tree("delta", (letter, Tree("name", (), other, *place)), None, *place)
        weight = Tree("group", (Tree("sum", (one, delta), (1, -1), *place),), "(", *place)
    else:
        weight = Tree("indicator", (letter, Tree("name", (), other, *place)), sign, *place)
    return _weighted(kind, weight, body)


def _weighted(kind, weight, body):
    """The terms of a sum that a weight of 1 keeps and one of 0 drops; of a product, the others are 1."""
    if kind == "big product":
        return Tree("power", (_grouped(body), weight), None, body.start, body.stop)
    return Tree("product", (weight, _grouped(body)), ("",), body.start, body.stop)


def _reached(body, letters):
    """What Π multiplies, and the signs and factors behind it: those after the last that holds its index."""
    holding = [
        place
        for place, factor in enumerate(body.args if body.kind == "product" else ())
        if any(inner.kind == "name" and inner.data in letters for inner in parts(factor))
        and not (factor.kind in BIG and {bounds[0] for bounds in factor.data} >= set(letters))  # the next Π over i
    ]
    if not holding or holding[-1] == len(body.args) - 1:
        return body, (), ()
    end = holding[-1] + 1
    inside = _node("product", body.args[:end], body.data[: end - 1]) if end > 1 else body.args[0]
    return inside, body.data[end - 1 :], body.args[end:]


def _integral(token, low, high, body):
    """∫_a^b f(x) dx: the first of the differentials at its end says over what, or the one that it begins with."""
    if body.kind == "sum" and len(body.args) == 1:
        return _node("sum", (_integral(token, low, high, body.args[0]),), body.data, token, body)
    factors, signs = (list(body.args), list(body.data)) if body.kind == "product" else ([body], [])
    moving = [f.kind == "differential" and f.data == 1 and f.args[0].kind == "name" for f in factors]
    ending = len(list(itertools.takewhile(bool, reversed(moving))))
    if not ending and not moving[0]:
        raise Refused("an integral of which it is not said over what: end it with dx", token.start, body.stop)
    if low is None or high is None:
        raise Refused("an integral without bounds is not executed: write both", token.start, body.stop)
    at = len(factors) - ending if ending else 0
    inside, after = (factors[:at], factors[at + 1 :]) if at else (factors[1:], [])
    one = Tree("number", (), Fraction(1), token.start, token.stop)
    inner = _node("product", inside, tuple(signs[: len(inside) - 1] if at else signs[1:])) if len(inside) > 1 else None
    whole = Tree(
        "integral", (inner or (inside or [one])[0], low, high), factors[at].args[0].data, token.start, body.stop
    )
    return _node("product", (whole, *after), tuple(signs[at:])) if after else whole


def _over_values(kind, letter, values, body):
    """Σ and Π over values that are stated one by one: the sum or the product of the terms."""
    terms = [
        rebuilt(body, lambda t, value=value: value if t.kind == "name" and t.data == letter else None)
        for value in values
    ]
    if len(terms) == 1:
        return terms[0]
    if kind == "big product":
        return _node("product", list(map(_grouped, terms)), ("",) * (len(terms) - 1), body, body)
    return _grouped(_node("sum", list(map(_grouped, terms)), (1,) * len(terms), body, body))


class _Inline:
    """The builder as Lark calls it: a rule's parts as arguments."""

    def __getattr__(self, rule):
        method = getattr(Builder(), rule)
        return lambda parts: method(*parts)


class _Parts(list):
    """Parts of a list that is being read."""


def _listed(parts):
    return _node("list", latex_dots.listed(parts)) if isinstance(parts, _Parts) else parts


def _is_index(tree):
    return tree.kind in ("name", "number", "subscript", "text", "prime", "dots", "identity")


def _is_letter(tree):
    return tree.kind == "name" and len(tree.data) == 1 and tree.data.islower()


def _added(left, right, sign):
    terms, signs = ((*left.args, right), (*left.data, sign)) if left.kind == "sum" else ((left, right), (1, sign))
    terms, signs = latex_dots.summed(terms, signs)
    return terms[0] if len(terms) == 1 and signs == (1,) else _node("sum", terms, signs)


def _grouped(tree):
    return (
        Tree("group", (tree,), "(", tree.start, tree.stop)
        if tree.kind in ("sum", "colon", "hadamard", "kronecker")
        else tree
    )


_SCRIPTS = ("transpose", "inverse", "inverse transpose", "power", "elementwise power", "prime")


def peeled(tree, kinds=_SCRIPTS):
    """A factor without the scripts that follow it, and these, the outermost first."""
    scripts = []
    while tree.kind in kinds:
        scripts.append(tree)
        tree = tree.args[0]
    return tree, scripts


def _peeled_bracket(tree):
    """As `peeled`, with the index of a bracket as well: softmax(z)_i is an entry of the softmax."""
    inner, scripts = peeled(tree, (*_SCRIPTS, "subscript"))
    return (inner, scripts) if inner.kind == "group" else peeled(tree)


def _with(tree, scripts):
    for script in reversed(scripts):
        tree = Tree(script.kind, (tree, *script.args[1:]), script.data, tree.start, script.stop)
    return tree


class _Row:
    """A row of factors: which is applied to which."""

    def __init__(self, items, depth=0):
        if depth > 60:
            raise Refused("too many operators inside each other", items[0][1].start, items[-1][1].stop)
        self.items, self.depth, self.place = items, depth, 0

    def tree(self):
        """The product."""
        factors, signs = [], []
        while self.place < len(self.items):
            sign = self.items[self.place][0]
            factor = self.operand()
            if factors:
                signs.append(sign)
            factors.append(factor)
        factors, signs = latex_dots.multiplied(*_slashed(factors, signs))
        return factors[0] if len(factors) == 1 else _node("product", factors, tuple(signs))

    def ahead(self, k=0):
        """The factor k places ahead if it stands directly beside the one before it, or None."""
        i = self.place + k
        return self.items[i][1] if i < len(self.items) and self.items[i][0] == "" else None

    def operand(self):
        """The next factor, with the prefixes before it applied."""
        prefixes = []
        here = _unbracketed(self.items[self.place][1])
        if here.kind == "one" and self.ahead(1) is not None and self.ahead(1).kind == "indicator":  # 1[z > 0]
            self.place += 1
            here = self.ahead()
        while _prefix(here) is not None:
            self.place += 1
            prefixes.append(here)
            mark, scripts = _prefix(here)
            below = any(script.kind == "subscript" for script in scripts)
            if mark.kind in _ALONE or (mark.kind == "partial mark" and below):
                break
            here = self.ahead() and _unbracketed(self.ahead())
            if here is None:
                break
        if not prefixes:
            self.place += 1
            return self.called(here)
        last = prefixes.pop()
        tree = self.applied(last)
        for prefix in reversed(prefixes):
            tree = _apply(prefix, tree)
        return tree

    def called(self, factor):
        """f′(x)[dx], and f(x)^2 as (f(x))^2."""
        base, scripts = peeled(factor)
        group = self.ahead()
        if factor.kind == "prime" and group is not None and group.kind == "group":
            second = self.ahead(1)
            if second is not None and second.kind == "group" and second.data == "[":
                self.place += 2
                return _node("direction", (base, second.args[0], group.args[0]), None, factor, second)
            if group.data == "[" and group.args[0].kind == "differential":
                self.place += 1
                return _node("direction", (base, group.args[0]), None, factor, group)
            return factor
        if factor.kind == "prime" and group is not None:  # f′(x)ᵀ is (f′(x))ᵀ
            inner, after = _peeled_bracket(group)
            if inner.kind == "group" and inner.data == "(" and _calls(base, inner):
                self.place += 1
                return _with(_node("product", (factor, inner), ("",)), after)
        if scripts or group is None or base.kind not in ("name", "subscript", "label"):
            return factor
        inner, scripts = _peeled_bracket(group)
        indexed = any(script.kind == "subscript" for script in scripts) and inner.kind == "group"
        entry = indexed and inner.args[0].kind in ("name", "label")  # s(x)_i
        if scripts and inner.kind == "group" and inner.data == "(" and (entry or holds_arguments(base, inner)):
            self.place += 1
            return _with(_node("product", (factor, inner), ("",)), scripts)
        return factor

    def rest(self, stop=lambda tree: False, signs=("",)):
        """The factors from here on that stand beside each other, as a tree."""
        items = []
        while self.place < len(self.items):
            sign, factor = self.items[self.place]
            if items and (sign not in signs or stop(factor)):
                break
            items.append((sign if items else "", factor))
            self.place += 1
        return _Row(items, self.depth + 1).tree()

    def applied(self, prefix):
        """The last of some prefixes, applied to what follows it."""
        mark, scripts = _prefix(prefix)
        following = self.ahead()
        if following is None:
            return _alone(prefix, mark)
        if mark.kind == "operator":
            return self.function(prefix, mark)
        if mark.kind == "differential mark":
            return self.differential(prefix, scripts)
        if mark.kind in ("operate mark", "partial mark"):
            return self.operated(prefix, mark, scripts)
        if mark.kind == "nabla mark":
            return self.gradient(prefix)
        if mark.kind == "direction mark":
            return self.directional(prefix, scripts)
        self.place += 1
        inner, scripts = peeled(following)
        if inner.kind != "group":
            raise Refused(f"{mark.data} without brackets", mark.start, following.stop)
        return _node("order", (inner.args[0],), mark.data, prefix, following)

    def function(self, prefix, mark):
        """Log x, log(x)², tr AB."""
        following = self.ahead()
        inner, after = _peeled_bracket(following)
        if inner.kind == "group":
            self.place += 1
            return _with(_apply(prefix, inner), after)
        if mark.data in WIDE or (mark.data == "det" and following.kind == "transpose"):  # det XᵀX
            argument = self.rest(stop=lambda tree: _begins_with("operator", tree))
        else:
            numbers = []
            while self.ahead() is not None and self.ahead().kind == "number" and self.ahead(1) is not None:
                numbers.append(("", self.ahead()))
                self.place += 1
            operand = self.operand()
            group = self.ahead()
            if group is not None and group.kind == "group" and group.data == "(" and _calls(operand, group):
                self.place += 1
                operand = _node("product", (operand, group), ("",))  # log f(x)
            argument = _Row([*numbers, ("", operand)]).tree() if numbers else operand
        return _apply(prefix, argument)

    def differential(self, prefix, scripts):
        """dX, d(expr), d²f, d_x f(x, y) · v."""
        below = [s for s in scripts if s.kind == "subscript"]
        if below:
            return self.directional(prefix, scripts)
        following = self.ahead()
        self.place += 1
        after = peeled(following)[1]
        group = self.ahead()
        if (
            not after
            and group is not None
            and group.kind == "group"
            and group.data == "("
            and holds_arguments(following, group)
        ):
            self.place += 1
            following = _node("product", (following, group), ("",))
        return _apply(prefix, following)

    def operated(self, prefix, mark, scripts):
        """∂/∂x of what follows; ∂f as a differential; ∂_x f."""
        order = _order(scripts)
        if mark.kind == "partial mark":
            below = [s for s in scripts if s.kind == "subscript"]
            if not below:
                return self.differential(prefix, scripts)
            args = below[0].args[1:]
        else:
            args, order = mark.args, mark.data
        body, after = self.body()
        return _with(_node("operate", (*args[:1], body), order, prefix, body), after)

    def body(self, reaching=True):
        """What a derivative acts on (a bracket; else all that is multiplied, or one operand), and the scripts after."""
        following = self.ahead()
        inner, after = peeled(following)
        if inner.kind == "group":
            self.place += 1
            raised = [script for script in after if script.kind in ("power", "inverse")]  # d/dx (…)²: of the square
            return _with(inner, raised), [script for script in after if script not in raised]
        if reaching:
            tree = self.rest(
                stop=lambda tree: _begins_with("operate mark", tree),
                signs=("", r"\cdot", r"\times", "*", "/"),
            )
            return tree, []
        self.depth += 1
        if self.depth > 60:
            raise Refused("too many operators inside each other", following.start, following.stop)
        tree = self.operand()
        self.depth -= 1
        return tree, []

    def gradient(self, prefix):
        """∇f, ∇_W f(W), ∇²f: of a function called, or of a product that starts with the variable."""
        variables, order = _variable_and_order(prefix)
        variable = (variables or (None,))[0]
        following = self.ahead()
        base, after = peeled(following)
        if base.kind == "group" or _prefix(following) is not None:
            body, after = self.body(reaching=False)
        elif base.kind in ("name", "subscript", "label", "text"):
            beyond = [factor for _, factor in self.items[self.place + 1 :]]
            if variable is not None and (_same(base, variable) or (after and _occurs(variable, beyond))):
                body, after = self.rest(stop=_is_differential), []
            else:
                self.place += 1
                raised = [script for script in after if script.kind == "power"]  # ∇ σ², of the square
                body, after = _with(base, raised), [script for script in after if script.kind != "power"]
                group = self.ahead()
                if not after and not raised and group is not None:
                    inner, scripts_after = _peeled_bracket(group)
                    if inner.kind == "group" and inner.data in "([":
                        self.place += 1
                        body, after = _node("product", (base, inner), ("",)), scripts_after
        elif base.kind in ("norm", "bars", "fraction", "apply", "inner", "big sum", "big product", "root"):
            self.place += 1
            body, after = following, []
        else:
            body, after = self.rest(stop=_is_differential), []
        args = (body,) if variable is None else (body, variable)
        return _with(Tree("gradient", args, order, prefix.start, body.stop), after)

    def directional(self, prefix, scripts):
        """D_V f, Df(x)[H], d_x f(x, y) · v."""
        below = [a for s in scripts if s.kind == "subscript" for a in s.args[1:]]
        mark = _prefix(prefix)[0]
        function = self.ahead()
        self.place += 1
        point = direction = None
        group = self.ahead()
        if group is not None and group.kind == "group" and group.data == "(":
            self.place += 1
            point, group = group, self.ahead()
        if group is not None and group.kind == "group" and (group.data in "[{" or point is not None):
            self.place += 1
            direction = group.args[0]
        if function.kind == "operator" and point is not None:
            function, point = _node("apply", (function, point)), None
        if mark.kind == "direction mark" and below and direction is None:
            args = (function, below[0]) + ((point.args[0],) if point else ())
            return _node("direction", args, None, prefix, point or function)
        if direction is None and self.place < len(self.items):
            self.place += 1
            direction = self.items[self.place - 1][1]
        if direction is None:
            if mark.kind == "direction mark":
                body = _node("product", (function, point), ("",)) if point else function
                return _node("gradient", (body, *below[:1]), 1, prefix, body)
            raise Refused("a directional derivative without its direction", prefix.start, function.stop)
        whole = _node("product", (function, point), ("",)) if point else function
        return _node(
            "direction",
            (whole if below else function, direction, *(below[:1] or ((point.args[0],) if point else ()))),
            None,
            prefix,
            direction,
        )


def _unbracketed(tree):
    """The operator that stands alone in a bracket, (∂/∂x) f, as a mark; another tree as it is."""
    inner = tree.args[0] if tree.kind == "group" else tree
    alone = inner is not tree and inner.kind == "operate" and inner.args[1].kind == "nothing"
    return Tree("operate mark", inner.args[:1], inner.data, tree.start, tree.stop) if alone else tree


def _prefix(tree):
    """(mark, scripts) of a prefix with its scripts, or None."""
    scripts = []
    while tree.kind in ("subscript", "power", "prime", "transpose", "inverse"):
        scripts.append(tree)
        tree = tree.args[0]
    if tree.kind == "operator" and any(s.kind == "transpose" for s in scripts) and tree.data not in _OF_MATRICES:
        return None
    return (tree, scripts) if tree.kind in _PREFIXES else None


def _apply(prefix, tree):
    """An operator or d applied to a tree."""
    mark, scripts = _prefix(prefix)
    if mark.kind == "operator":
        function, powers = prefix, []
        while function.kind in ("power", "inverse", "transpose") and mark.data != "place":  # sin² x, adjᵀ(A)
            powers.append(function)
            function = function.args[0]
        if function.kind == "operator" and function.data == "Im" and not powers:
            return _node("imaginary", (tree,), None, prefix, tree)
        return _with(_node("apply", (function, tree), None, prefix, tree), powers)
    base, scripts_after = peeled(tree)
    outside = []
    if base.kind in ("name", "subscript", "label"):
        if scripts_after and scripts_after[0].kind == "transpose":  # dXᵀ is (dX)ᵀ
            outside, scripts_after = scripts_after[:1], scripts_after[1:]
    elif base.kind == "group":
        outside, scripts_after = scripts_after, []
    return _with(_node("differential", (_with(base, scripts_after),), _order(scripts), prefix, base), outside)


def _alone(prefix, mark):
    if mark.kind == "operator":
        return prefix
    nothing = Tree("nothing", (), None, prefix.stop, prefix.stop)
    if mark.kind == "nabla mark":
        variable, order = _variable_and_order(prefix)
        return _node("gradient", (nothing, *variable), order, prefix, prefix)
    if mark.kind == "operate mark":
        return _node("operate", (mark.args[0], nothing), mark.data, mark, mark)
    below = [a for s in _prefix(prefix)[1] if s.kind == "subscript" for a in s.args[1:]]
    if mark.kind == "partial mark" and len(below) == 1:
        return _node("operate", (below[0], nothing), _order(_prefix(prefix)[1]), prefix, prefix)
    raise Refused("a derivative of nothing", prefix.start, prefix.stop)


def _order(scripts):
    """The order that a power of d, ∂ or ∇ tells."""
    for script in scripts:
        if script.kind == "power":
            exponent = script.args[1]
            if exponent.kind != "number" or exponent.data not in (1, 2):
                raise Refused("a derivative of an order other than one or two", script.start, script.stop)
            return int(exponent.data)
    return 1


def _variable_and_order(prefix):
    """The variable under a ∇, in a tuple that is empty where none is written, and the order."""
    scripts = _prefix(prefix)[1]
    if any(s.kind == "transpose" for s in scripts):
        raise Refused("∇ᵀ is not read", prefix.start, prefix.stop)
    below = [a for s in scripts if s.kind == "subscript" for a in s.args[1:]]
    return (_node("product", below, ("",) * (len(below) - 1)),) if len(below) > 1 else tuple(below), _order(scripts)


def holds_arguments(function, group):
    """Whether a bracket holds the arguments of a function rather than a factor."""
    inner = group.args[0]
    if inner.kind == "list":
        return True
    return script_text(function) in CALLED and inner.kind in ("name", "subscript", "label")


def _calls(function, group):
    """Whether a bracket after the operand of a function word belongs to it: log f(x) is log (f(x))."""
    base = function.args[0] if function.kind in ("subscript", "label", "prime") else function
    inner = group.args[0]
    plain = inner.kind in ("name", "subscript", "label", "list")
    called = base.data in FUNCTION_LETTERS or (base.data in CALLED and plain) or inner.kind == "list"
    return base.kind == "name" and called


def _begins_with(mark, tree):
    found = _prefix(tree)
    return found is not None and found[0].kind == mark


def _is_differential(tree):
    return _begins_with("differential mark", tree)


def _same(left, right):
    return left.kind == right.kind and left.data == right.data and left.kind in ("name", "subscript", "label")


def _occurs(variable, trees):
    stack = list(trees)
    while stack:
        tree = stack.pop()
        if _same(tree, variable):
            return True
        stack.extend(tree.args)
    return False


def _slashed(factors, signs):
    """∂f/∂x and df/dx written with a slash are derivatives."""
    if "/" not in signs:
        return factors, signs
    factors, signs = list(factors), list(signs)
    i = 0
    while i < len(signs):
        left, right = factors[i], factors[i + 1]
        if signs[i] == "/" and left.kind == right.kind == "differential" and left.data == right.data == 1:
            factors[i : i + 2] = [_node("derivative", (left.args[0], right.args[0]), 1)]
            del signs[i]
        else:
            i += 1
    return factors, signs
