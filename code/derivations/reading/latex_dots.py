r"""What an ellipsis abbreviates: x_1 + … + x_n is a sum over an index, (x_1, …, x_n) a list over one.

The parts before and after the dots are compared: where they differ in one number only, 1 here and n there, that number
is an index that runs from the one to the other. Dots of any other kind stay what they are, and are not executed.
"""

from fractions import Fraction

from derivations.reading.latex_tree import Tree, parts, rebuilt

_LETTERS = ("k'", "l'", "k''", "l''", "k'''", "l'''")
"""Spellings for indices that nobody wrote; primed, so that they are no declared name."""


def summed(terms, signs):
    """The terms of a sum, dots between two of them replaced by what they stand for."""
    for i in range(1, len(terms) - 1):
        if terms[i].kind == "dots" and signs[i - 1] == signs[i + 1]:
            found = _over("big sum", terms[i - 1], terms[i + 1])
            if found is not None:
                return (*terms[: i - 1], found, *terms[i + 2 :]), (*signs[:i], *signs[i + 2 :])
    return terms, signs


def multiplied(factors, signs):
    """The factors of a product, dots between two of them replaced by what they stand for."""
    for i in range(1, len(factors) - 1):
        numbers = factors[i - 1].kind == "number"  # 2 … n, a range of indices
        if factors[i].kind == "dots" and not numbers and "/" not in signs[i - 1 : i + 1]:
            found = _over("big product", factors[i - 1], factors[i + 1])
            if found is not None:
                return [*factors[: i - 1], found, *factors[i + 2 :]], [*signs[: i - 1], *signs[i + 1 :]]
    return factors, signs


def listed(parts):
    """The parts of a list, dots between two of them replaced by what they stand for."""
    for i in range(1, len(parts) - 1):
        if parts[i].kind == "dots":
            found = _over("big list", parts[i - 1], parts[i + 1])
            if found is not None:
                return (*parts[: i - 1], found, *parts[i + 2 :])
    return tuple(parts)


def matrix(rows):
    """The rows of a matrix with its dots replaced, or a diagonal matrix."""
    dotted = [i for i, row in enumerate(rows) if all(cell.kind == "dots" for cell in row.args)]
    diagonal = _diagonal(rows)
    if diagonal is not None:
        return diagonal
    folded = [Tree("list", listed(row.args), None, row.start, row.stop) for row in rows]
    for i in dotted:
        if 0 < i < len(rows) - 1:
            found = _over("big list", folded[i - 1], folded[i + 1])
            if found is not None:
                return (*folded[: i - 1], found, *folded[i + 2 :])
    return tuple(folded)


def _diagonal(rows):
    """The entries of a diagonal that goes on with dots, as a list, or None."""
    size = len(rows)
    if size < 3 or any(len(row.args) != size for row in rows):
        return None
    if not any(cell.kind == "dots" for row in rows for cell in row.args):
        return None
    for i, row in enumerate(rows):
        for j, cell in enumerate(row.args):
            if i != j and not (cell.kind == "dots" or (cell.kind == "number" and cell.data == 0)):
                return None
    entries = listed([row.args[i] for i, row in enumerate(rows)])
    if any(entry.kind == "dots" or (entry.kind == "number" and entry.data == 0) for entry in entries):
        return None
    inner = Tree("group", (Tree("list", entries, None, rows[0].start, rows[-1].stop),), "(")
    return Tree("apply", (Tree("operator", (), "Diag"), inner), None, rows[0].start, rows[-1].stop)


def _over(kind, first, last):
    """Σ, Π or a list of what stands between two like trees, or None where they are not alike."""
    first, last = (rebuilt(tree, _numbered) for tree in (first, last))
    differences = _differences(first, last)
    if not differences or len({_key(low) + " to " + _key(high) for low, high in differences}) != 1:
        return None
    low, high = differences[0]
    used = {inner.data for tree in (first, last) for inner in parts(tree) if inner.kind == "name"}
    letter = next((letter for letter in _LETTERS if letter not in used), None)
    if letter is None:
        return None
    places = {id(below) for below, _ in differences}
    body = rebuilt(first, lambda tree: Tree("name", (), letter, low.start, low.stop) if id(tree) in places else None)
    return Tree(kind, (body,), ((letter, low, high),), first.start, last.stop)


def _numbered(tree):
    """The w_1 that w^{(1)} is before w^{(m)}."""
    base = tree.args[0] if tree.kind == "label" else None
    number = tree.data.removeprefix(base.data or "") if base is not None and base.kind == "name" else ""
    if not number.isdigit():
        return None
    index = Tree("number", (), Fraction(number), tree.stop, tree.stop)
    return Tree("subscript", (base, index), tree.data, tree.start, tree.stop)


def unfolded(tree):
    """The tree with its lists as a page shows them: the first part, dots, the last."""

    def shown(here):
        if not any(a.kind == "big list" for a in here.args):
            return None
        parts = []
        for part in here.args:
            if part.kind != "big list":
                parts.append(part)
                continue
            (letter, low, high), body = part.data[0], part.args[0]
            first, last = (rebuilt(body, _instead(letter, bound)) for bound in (low, high))
            dots = Tree("dots")
            parts += [first, Tree("list", (dots,) * len(first.args)) if first.kind == "list" else dots, last]
        return Tree(here.kind, tuple(parts), here.data, here.start, here.stop)

    whole = rebuilt(tree, shown)
    return unfolded(whole) if any(t.kind == "big list" for t in parts(whole)) else whole


def _instead(letter, bound):
    return lambda tree: bound if tree.kind == "name" and tree.data == letter else None


def _differences(first, last):
    """The pairs of a number and what stands in its place, or None where more differs."""
    found, stack = [], [(first, last)]
    while stack:
        one, other = stack.pop()
        if one.kind == "number" and not (other.kind == "number" and other.data == one.data):
            whole = isinstance(one.data, Fraction) and one.data.denominator == 1
            if not whole or other.kind not in ("name", "number", "sum", "product"):
                return None
            found.append((one, other))
            continue
        labelled = one.kind == "subscript" or one.kind.startswith("big ")
        if one.kind != other.kind or len(one.args) != len(other.args) or not (labelled or one.data == other.data):
            return None
        stack.extend(reversed(list(zip(one.args, other.args, strict=True))))
    return found


def _key(tree):
    return " ".join(f"{inner.kind}:{inner.data}" for inner in parts(tree))
