"""Trees made from other trees: products and sums as a person writes them, parts replaced, sums put before.

Nothing is evaluated here.
"""

from fractions import Fraction

from derivations import executing
from derivations.reading.latex_tree import Tree, bare, number

ALONE = {
    "group", "sum", "product", "hadamard", "kronecker", "colon", "inner", "fraction", "root", "norm", "bars", "power",
    "elementwise power", "transpose", "inverse", "inverse transpose", "apply",
}  # fmt: skip
"""The kinds of trees whose parts mean the same as they would alone."""


def bracketed(tree):
    """The tree in brackets, where it needs them beside another factor."""
    return Tree("group", (tree,), "(") if tree.kind in ("sum", "hadamard", "product", "colon", "kronecker") else tree


def multiplied(factors, signs, kind="product"):
    """Factors with the signs between them; a factor alone is itself."""
    return Tree(kind, factors, signs) if len(factors) > 1 else factors[0]


def times(*factors):
    """The product of factors, those of a product among them taken one by one; numbers stand first."""
    size, flat = Fraction(1), []
    for factor in factors:
        inner = bare(factor)
        count, rest = coefficient(inner) if inner.kind in ("product", "hadamard", "number") else (Fraction(1), inner)
        size = size * count if count != 1 else size
        if rest is None:
            continue
        if rest.kind == "product" and set(rest.data) <= {""}:
            flat += rest.args
        elif rest.kind == "hadamard":
            flat.append(Tree("group", (rest,), "["))
        else:
            flat.append(bracketed(rest) if count != 1 else bracketed(factor))
    if not flat:
        return number(size)
    return signed(size, multiplied(tuple(flat), ("",) * (len(flat) - 1)))


def entrywise(sign, *factors):
    """The entrywise product; numbers stand first."""
    size, flat = Fraction(1), []
    for factor in factors:
        count, rest = coefficient(bare(factor))
        size *= count
        if rest is not None:
            same = rest.kind == "hadamard" and set(rest.data) == {sign}
            flat += rest.args if same else [bracketed(rest)]
    if len(flat) < 2:
        return signed(size, flat[0]) if flat else number(size)
    return Tree("hadamard", (signed(size, flat[0]), *flat[1:]), (sign,) * (len(flat) - 1))


def coefficient(tree):
    """The number before a product, and the rest, None where that is all."""
    size, rest, signs = _leading_number(tree)
    if rest is None:
        return size, None
    return size, multiplied(rest, signs)


def turned(tree):
    """The transpose, never of a transpose; numbers stand before it."""
    inner = bare(tree)
    size, rest = coefficient(inner) if inner.kind in ("product", "hadamard") else (Fraction(1), inner)
    if size != 1 and rest is not None:
        return signed(size, turned(rest))
    if inner.kind == "transpose":
        return inner.args[0]
    if inner.kind in ("inverse", "inverse transpose"):
        return Tree("inverse" if inner.kind == "inverse transpose" else "inverse transpose", inner.args)
    pair = inner.kind == "product" and len(inner.args) == 2 and set(inner.data) <= {""}
    if pair and any(factor.kind == "transpose" for factor in inner.args):  # (AᵀB)ᵀ is BᵀA
        return times(*(turned(factor) for factor in reversed(inner.args)))
    return Tree("transpose", (bracketed(tree),))


def signed(factor, tree):
    """A number times a tree: the number that it begins with changes, or one is put before it."""
    if factor == 1:
        return tree
    if tree.kind == "sum" and len(tree.args) == 1:
        return signed(factor * tree.data[0], tree.args[0])
    if tree.kind == "sum":
        turned_around = Tree("sum", tree.args, tuple(-sign for sign in tree.data))
        if factor == -1:
            return turned_around
        if factor < 0 and set(tree.data) == {-1}:
            factor, tree = -factor, turned_around
        tree = Tree("group", (tree,), "(")
    size = abs(factor)
    if tree.kind == "fraction" and number_of(tree) is None:
        (over, above), (under, below) = (coefficient(part) for part in tree.args)
        if (over, under) != (1, 1) or above is None:  # 2 x / (2 y) is x / y
            size *= over / under
            above = signed(Fraction(size.numerator), above) if above is not None else number(size.numerator)
            below = signed(Fraction(size.denominator), below) if below is not None else number(size.denominator)
            size, tree = Fraction(1), Tree("fraction", (above, below)) if number_of(below) != 1 else above
    if tree.kind == "product" and tree.args[0].kind == "fraction" and number_of(tree.args[0]) is None and size != 1:
        size, tree = Fraction(1), Tree("product", (signed(size, tree.args[0]), *tree.args[1:]), tree.data)
    leading, rest, signs = _leading_number(tree)
    size *= leading
    if size != 1 or rest is None:
        above, below = number(size.numerator), number(size.denominator)
        written = above if size.denominator == 1 else Tree("fraction", (above, below))
        tree = written if rest is None else Tree("product", (written, *rest), ("", *signs))
    else:
        tree = multiplied(rest, signs)
    return Tree("sum", (tree,), (-1,)) if factor < 0 else tree


def _leading_number(tree):
    """The number before a product, and the factors that are left, with the signs between them."""
    if tree.kind == "hadamard" and tree.args[0].kind == "product":
        leading, rest, signs = _leading_number(tree.args[0])
        if leading != 1 and rest is not None:
            first = multiplied(rest, signs)
            return leading, (Tree("hadamard", (first, *tree.args[1:]), tree.data),), ()
    value = number_of(tree)
    if value is not None:
        return value, None, ()
    if tree.kind == "big sum" and tree.args[0].kind == "product":  # Σ 2 x is 2 Σ x
        leading, rest, signs = _leading_number(tree.args[0])
        if leading != 1 and rest is not None:
            body = multiplied(rest, signs)
            return leading, (Tree("big sum", (body,), tree.data, tree.start, tree.stop),), ()
    if tree.kind == "product" and (value := number_of(tree.args[0])) is not None and tree.data[0] != "/":
        return value, tree.args[1:], tree.data[1:]
    return Fraction(1), (tree.args if tree.kind == "product" else (tree,)), tree.data if tree.kind == "product" else ()


def number_of(tree):
    """The number that a tree writes, whole or a fraction of two; else None."""
    if tree.kind == "number":
        return Fraction(tree.data)
    if tree.kind == "fraction" and all(part.kind == "number" for part in tree.args) and tree.args[1].data:
        return Fraction(tree.args[0].data) / Fraction(tree.args[1].data)
    return None


def is_number(tree):
    """Whether a tree writes a number."""
    return number_of(tree) is not None


def places(tree):
    """Every part that may be edited, with the path to it and its parent; a derivative is left as it stands."""
    stack = [((), tree, None)]
    while stack:
        path, inner, parent = stack.pop()
        yield path, inner, parent
        if inner.kind in executing.DERIVATIVES or inner.kind in ("prime", "label"):
            continue
        arguments = inner.args
        if inner.kind == "subscript":
            arguments = arguments[:1] if arguments[0].kind == "group" else ()
        stack.extend(((*path, i), argument, inner) for i, argument in reversed(list(enumerate(arguments))))


def replaced(tree, path, new):
    """The tree with another part at a path."""
    nodes = [tree]
    for i in path:
        nodes.append(nodes[-1].args[i])
    for parent, i in zip(reversed(nodes[:-1]), reversed(path), strict=True):
        put, signs = (new,), parent.data
        if parent.kind == new.kind == "product" and set(parent.data) | set(new.data) <= {""}:
            put, signs = new.args, (*parent.data, *new.data)  # one product, not a product of products
        args = (*parent.args[:i], *put, *parent.args[i + 1 :])
        new = Tree(parent.kind, args, signs, parent.start, parent.stop)
    return new


# ── sums over an index that stands on the right alone ─────────────────────────────────────────────────────────────


def summed_over(tree, letters):
    """The trees with Σ over index letters put where they stand together, or before the whole."""
    found = {}
    for make in (_around, _before):
        new = tree
        for letter in letters:
            new = make(new, letter)
        found.setdefault(executing.key_of(new), new)
    return list(found.values())


def _before(tree, letter):
    """Σ before a whole, behind its number."""
    if tree.kind == "sum" and len(tree.args) == 1:
        return Tree("sum", (_before(tree.args[0], letter),), tree.data)
    lead = ()
    if tree.kind == "product" and tree.args[0].kind in ("number", "fraction"):
        lead, rest = tree.args[:1], tree.args[1:]
        tree = multiplied(rest, tree.data[1:])
    total = Tree("big sum", (Tree("group", (tree,), "(") if tree.kind == "sum" else tree,), ((letter, None, None),))
    return Tree("product", (*lead, total), ("",)) if lead else total


def _around(tree, letter):
    """Σ around the smallest part in which all places of a letter stand; around each term of a sum apart."""
    if tree.kind == "sum":
        terms = [_around(t, letter) if _mentions(t, letter) else t for t in tree.args]
        return Tree("sum", tuple(terms), tree.data)
    inner = [i for i, part in enumerate(tree.args) if _mentions(part, letter)]
    if len(inner) == 1 and (tree.kind in ALONE or tree.kind == "big sum"):
        return replaced(tree, inner, _around(tree.args[inner[0]], letter))
    return _before(tree, letter)


def _mentions(tree, letter):
    indices = [i for part in executing.parts(tree) if part.kind in ("subscript", "delta") for i in part.args]
    return any(i.kind == "name" and i.data == letter for i in indices)


# ── tidying ────────────────────────────────────────────────────────────────────────────────────────────────────────


def tidied(tree):
    """Like terms of a sum taken together, signs and numbers before a product, and no brackets in brackets."""
    tree = bare(_without_idle_brackets(tree))
    if tree.kind != "sum" or len(tree.args) == 1:
        return _with_number_first(tree)
    counts, bodies = {}, {}
    for sign, term in zip(tree.data, map(_with_number_first, tree.args), strict=True):
        size, body = coefficient(term)
        if body is None:
            size, body = Fraction(1), term
        elif body.kind == "sum" and len(body.args) == 1:
            size, body = size * body.data[0], body.args[0]
        key = executing.key_of(body)
        counts[key] = counts.get(key, 0) + sign * size
        bodies.setdefault(key, body)
    if len(counts) == len(tree.args) or not any(counts.values()):
        return tree
    terms = [signed(abs(count), bodies[key]) for key, count in counts.items() if count]
    signs = tuple(1 if count > 0 else -1 for count in counts.values() if count)
    return terms[0] if signs == (1,) else Tree("sum", tuple(terms), signs)


def _without_idle_brackets(tree):
    args = tuple(map(_without_idle_brackets, tree.args))
    if tree.kind in ("group", "fraction"):
        args = tuple(map(bare, args))
    if tree.kind == "sum":
        args = tuple(bare(term) if bare(term).kind == "product" else term for term in args)
    same = all(a is b for a, b in zip(args, tree.args, strict=True))
    return tree if same else Tree(tree.kind, args, tree.data, tree.start, tree.stop)


def _with_number_first(tree):
    """−A B for A (−B), and 2 [a ⊙ b] c for [2 a ⊙ b] c."""
    if tree.kind == "sum" and len(tree.args) == 1:
        inner = _with_number_first(tree.args[0])
        return signed(Fraction(tree.data[0]), inner)
    if tree.kind != "product":
        return tree
    for i, factor in enumerate(tree.args):
        turned = factor.kind == "transpose"
        inner = bare(factor.args[0] if turned else factor)
        if inner.kind == "sum" and len(inner.args) == 1 and inner.data[0] < 0:
            inner = Tree("transpose", (bracketed(inner.args[0]),)) if turned else inner.args[0]
            return signed(Fraction(-1), Tree("product", (*tree.args[:i], inner, *tree.args[i + 1 :]), tree.data))
        count, rest = coefficient(inner) if inner.kind == "hadamard" and not turned else (1, inner)
        if count != 1:
            inner = Tree("group", (rest,), factor.data)
            return signed(count, Tree("product", (*tree.args[:i], inner, *tree.args[i + 1 :]), tree.data))
    return tree
