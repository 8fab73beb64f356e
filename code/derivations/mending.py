"""The smallest edit that makes a wrong line true.

Small edits of the right side are tried on numbers: one edit, then two. A sign and a constant factor come free with
each, since a candidate is compared with the left side up to a constant. What the edit was names the mistake. Where no
small edit is found and the function is known, the mend is what `derive` gives.
"""

import itertools
from fractions import Fraction

import numpy as np

from derivations import executing
from derivations.executing import NotConforming, Scene, Unreadable
from derivations.notation.latex_tree import Tree

EDITS = 8000  # candidates tried for a line: about a second
SIGN, FACTOR, TRANSPOSE, ORDER = "sign", "constant factor", "missing transpose", "factor order"
PRODUCT, ARGUMENT = "Hadamard or matrix product", "derivative at the wrong argument"
INNER, SUM, SHAPES, ASSUMPTION, OTHER = "missing inner derivative", "missing sum", "shapes", "assumption", "other"

_FIRST = (ARGUMENT, TRANSPOSE, ORDER, PRODUCT, INNER, SIGN, FACTOR, SUM, OTHER)
_FIRST_FOR_SHAPES = (TRANSPOSE, ORDER, PRODUCT, SUM, ARGUMENT, INNER, SIGN, FACTOR, OTHER)
"""The order in which first edits are combined with a second."""


def mend(checker, line, head):
    """Give a wrong line its kind and its repair, which makes it equal to the tree `head`."""
    from derivations.notation.latex_text import to_latex

    item = line.relation
    nonconforming = line.kind == SHAPES
    found = _search(checker, head, item.right, nonconforming)
    edits = [kind for kind in found[0] if kind not in (SIGN, FACTOR)] if found else []
    if not nonconforming and len(edits) != 1 and (symmetric := _true_if_symmetric(checker, head, item.right)):
        line.kind, line.why = ASSUMPTION, f"it holds only where {symmetric} is symmetric, which nothing says"
    if found is not None:
        kinds, tree = found
        left = "" if item.continued else to_latex(item.left, checker.names) + " "
        line.repair = f"{left}= {to_latex(tree, checker.names)}"
        line.kind = SHAPES if nonconforming else line.kind or _named(kinds)
        return
    derived = _derived(checker, item, head)
    if derived:
        line.repair, line.why = derived, f"{line.why}; no small edit mends it, so this is what derive gives"
    else:
        line.why = "; ".join(filter(None, [line.why, _numbers(checker, head, item.right)]))
    line.kind = SHAPES if nonconforming else line.kind or OTHER


def _named(kinds):
    """The kind of an edit made of several: what the line got wrong besides its sign."""
    real = [kind for kind in kinds if kind not in (SIGN, FACTOR)]
    return (real or list(kinds) or [OTHER])[0]


# ── the search ────────────────────────────────────────────────────────────────────────────────────────────────────


def _search(checker, head, right, nonconforming):
    """(kinds of the edits, tree) of the nearest true right side, or None; of several, the shortest."""
    from derivations.notation.latex_text import to_latex

    targets = _targets(checker, head)
    if len(targets) < 2:
        return None
    known = _shapes(checker)
    if (found := _fits(checker, targets, right, ())) is not None:
        return found
    singles = list(itertools.islice(_edits(right, known, checker), EDITS))
    fitting = [found for kind, tree in singles if (found := _fits(checker, targets, tree, (kind,))) is not None]
    if fitting:
        return min(fitting, key=lambda found: (len(found[0]), len(to_latex(found[1]))))
    first = _FIRST_FOR_SHAPES if nonconforming else _FIRST
    singles.sort(key=lambda edit: first.index(edit[0]))
    pairs = ((kind, *second) for kind, tree in singles for second in _edits(tree, known, checker))
    for kind, other, tree in itertools.islice(pairs, max(EDITS - len(singles), 0)):
        if (found := _fits(checker, targets, tree, (kind, other))) is not None:
            return found
    return None


def _true_if_symmetric(checker, head, right):
    """The square matrix that makes two sides equal when it is symmetric, or an empty text."""
    from derivations.checking import relative

    for name, symbol in checker.meaning.symbols.items():
        if symbol.shape[0] is not symbol.shape[1] or symbol.is_column:
            continue
        errors = []
        for point in checker.points[:3]:
            value = point.values[symbol]
            scene = Scene(checker.meaning, point._replace(values={**point.values, symbol: (value + value.T) / 2}))
            try:
                with np.errstate(all="ignore"):
                    errors.append(relative(executing.evaluate(head, scene), executing.evaluate(right, scene), {}, {}))
            except (NotConforming, Unreadable, np.linalg.LinAlgError):
                errors.append(None)
        if all(error is not None and error < 1e-8 for error in errors):
            return name
    return ""


def _targets(checker, head):
    """(point, array) for some points at which the left side has a value."""
    targets = []
    for point in checker.points:
        try:
            with np.errstate(all="ignore"):
                scene = Scene(checker.meaning, point)
                if executing.free_indices(head, scene):
                    return []
                value = executing.evaluate(head, scene)
        except (NotConforming, Unreadable, np.linalg.LinAlgError):
            continue
        if isinstance(value, np.ndarray) and np.all(np.isfinite(value)):
            targets.append((point, np.asarray(value)))
        if len(targets) == 3:
            break
    return targets


def _fits(checker, targets, tree, kinds):
    """The candidate with the constant that makes it equal to the targets, if one constant does."""
    factor = None
    for point, target in targets:
        scene = Scene(checker.meaning, point, assignment={"strict": True} if kinds else {})
        try:
            with np.errstate(all="ignore"):
                value = executing.evaluate(tree, scene)
                if not isinstance(value, np.ndarray):
                    value = executing.fitted(value, target.shape)
        except (NotConforming, Unreadable, np.linalg.LinAlgError, ValueError, TypeError, IndexError):
            return None
        if value.shape != target.shape or not np.all(np.isfinite(value)):
            return None
        size = float(np.real(np.sum(value * value)))
        if size == 0:
            return None
        here = float(np.real(np.sum(value * target)) / size)
        if np.max(np.abs(target - here * value)) > 1e-7 * np.max(np.abs(target), initial=1e-300):
            return None
        if factor is not None and abs(here - factor) > 1e-7 * abs(factor):
            return None
        factor = here
    nice = Fraction(factor).limit_denominator(12)
    if nice == 0:
        return None
    if abs(float(nice) - factor) > 1e-6 * abs(factor) or abs(nice) > 24:
        return None
    if nice == 1:
        return kinds, tree
    return (*kinds, SIGN if nice == -1 else FACTOR if nice > 0 else SIGN), _times(nice, tree)


def _times(factor, tree):
    """A number times a tree: the number that it begins with changes, or one is put before it."""
    if tree.kind == "sum" and len(tree.args) == 1:
        return _signed(factor * tree.data[0], tree.args[0])
    if tree.kind == "sum":
        if factor == -1:
            return Tree("sum", tree.args, tuple(-s for s in tree.data))
        tree = Tree("group", (tree,), "(")
    return _signed(factor, tree)


def _signed(factor, tree):
    size = abs(factor)
    if tree.kind == "product" and tree.args[0].kind == "number":
        size *= tree.args[0].data
        tree = Tree("product", tree.args[1:], tree.data[1:]) if len(tree.args) > 2 else tree.args[1]
    if size != 1:
        number = (
            Tree("number", (), size)
            if size.denominator == 1
            else Tree(
                "fraction",
                (Tree("number", (), Fraction(size.numerator)), Tree("number", (), Fraction(size.denominator))),
            )
        )
        rest, signs = (tree.args, tree.data) if tree.kind == "product" else ((tree,), ())
        tree = Tree("product", (number, *rest), ("", *signs))
    return Tree("sum", (tree,), (-1,)) if factor < 0 else tree


def _shapes(checker):
    """The names that may stand for one another: name to shape at the first point."""
    shapes = {}
    scene = Scene(checker.meaning, checker.points[0])
    for name in (*checker.meaning.symbols, *checker.meaning.definitions):
        definition = checker.meaning.definitions.get(name)
        if definition is not None and not all(map(checker.meaning.known, definition.parameters)):
            continue
        try:
            with np.errstate(all="ignore"):
                value = scene.value(name)
        except (NotConforming, Unreadable, np.linalg.LinAlgError):
            continue
        if isinstance(value, np.ndarray):
            shapes[name] = value.shape
    return shapes


# ── the edits ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _edits(tree, known, checker):
    """(kind, tree) for every small edit of a tree."""
    for path, inner in _places(tree):
        for kind, new in _local(inner, known):
            yield kind, _replaced(tree, path, new)
    yield from _renamed(tree, known, checker)


def _places(tree):
    """Every part of a tree with the path to it; derivatives are left as they are."""
    found, stack = [], [((), tree)]
    while stack:
        path, inner = stack.pop()
        found.append((path, inner))
        if inner.kind in executing.DERIVATIVES or inner.kind in ("subscript", "prime", "label"):
            continue
        for i, argument in reversed(list(enumerate(inner.args))):
            stack.append(((*path, i), argument))
    return found


def _replaced(tree, path, new):
    nodes = [tree]
    for i in path:
        nodes.append(nodes[-1].args[i])
    for parent, i in zip(reversed(nodes[:-1]), reversed(path), strict=True):
        args = (*parent.args[:i], new, *parent.args[i + 1 :])
        new = Tree(parent.kind, args, parent.data, parent.start, parent.stop)
    return new


_TURNED = {"name", "group", "inverse", "subscript", "label", "apply", "differential", "prime"}


def _local(tree, known):
    """The edits of one part."""
    if tree.kind in _TURNED:
        yield TRANSPOSE, Tree("transpose", (tree,))
    if tree.kind == "transpose":
        yield TRANSPOSE, tree.args[0]
    if tree.kind == "inverse":
        yield TRANSPOSE, Tree("inverse transpose", tree.args)
    if tree.kind == "inverse transpose":
        yield TRANSPOSE, Tree("inverse", tree.args)
    if tree.kind == "sum" and len(tree.args) > 1:
        for i in range(len(tree.args)):
            yield SIGN, Tree("sum", tree.args, tuple(-s if j == i else s for j, s in enumerate(tree.data)))
        for i in range(len(tree.args)):
            for factor in (2, Fraction(1, 2)):
                term = _signed(Fraction(factor), tree.args[i])
                yield FACTOR, Tree("sum", (*tree.args[:i], term, *tree.args[i + 1 :]), tree.data)
    if tree.kind in ("product", "hadamard"):
        yield from _of_factors(tree)
    if tree.kind == "hadamard":
        yield PRODUCT, Tree("product", tuple(_bracketed(a) for a in tree.args), ("",) * (len(tree.args) - 1))
    if tree.kind == "power" and tree.args[1].kind == "number":
        yield INNER, tree.args[0]
    if tree.kind in ("name", "group", "product", "hadamard", "differential"):
        ones = Tree("one")
        yield SUM, Tree("product", (Tree("transpose", (ones,)), _bracketed(tree)), ("",))
        yield SUM, Tree("product", (_bracketed(tree), ones), ("",))
        yield SUM, Tree("product", (Tree("transpose", (_bracketed(tree),)), ones), ("",))
        yield from _with_a_factor(tree, known)


def _of_factors(tree):
    """Factors swapped, moved, dropped, doubled, multiplied in another way, transposed to an outer product."""
    args, data = tree.args, tree.data
    n = len(args)
    for i in range(n - 1):
        swapped = (*args[:i], args[i + 1], args[i], *args[i + 2 :])
        yield ORDER, Tree(tree.kind, swapped, data)
    for i in range(n):
        rest, signs = (*args[:i], *args[i + 1 :]), data[1:] if i == 0 else (*data[: i - 1], *data[i:])
        if n > 1:
            yield OTHER, Tree(tree.kind, rest, signs) if len(rest) > 1 else rest[0]
        if tree.kind == "product" and n > 2 and args[i].kind != "number":
            lead = 1 if args[0].kind == "number" else 0
            turned = args[i].args[0] if args[i].kind == "transpose" else Tree("transpose", (args[i],))
            for moved in (args[i], turned):
                yield ORDER, _split_product(rest[:lead], moved, rest[lead:], signs[lead:])
                yield ORDER, Tree("product", (*rest, moved), (*signs, ""))
    if tree.kind == "product":
        for i in range(n - 1):
            if args[i].kind != "number":
                pair = Tree("hadamard", (_bracketed(args[i]), _bracketed(args[i + 1])), (r"\odot",))
                whole = (*args[:i], Tree("group", (pair,), "("), *args[i + 2 :])
                yield PRODUCT, Tree("product", whole, (*data[:i], *data[i + 1 :])) if len(whole) > 1 else pair
        lead = 1 if args[0].kind == "number" else 0
        if n - lead > 1:  # an outer product: the last factor transposed, the others entry by entry
            middle = tuple(_bracketed(a) for a in args[lead:-1])
            entries = Tree("group", (Tree("hadamard", middle, (r"\odot",) * (len(middle) - 1)),), "[")
            row = Tree("transpose", (_bracketed(args[-1]),))
            outer = (*args[:lead], entries if len(middle) > 1 else middle[0], row)
            yield TRANSPOSE, Tree("product", outer, ("",) * (len(outer) - 1))
            entries = Tree("hadamard", tuple(_bracketed(a) for a in args[lead:]), (r"\odot",) * (n - lead - 1))
            if lead:
                entries = Tree("product", (args[0], Tree("group", (entries,), "(")), ("",))
            yield PRODUCT, entries


def _split_product(lead, moved, rest, signs):
    """Lead moved (rest), the rest in brackets where it is several factors multiplied in their own way."""
    inner = Tree("group", (Tree("product", rest, signs),), "[") if len(rest) > 1 else rest[0]
    args = (*lead, moved, inner)
    return Tree("product", args, ("",) * (len(args) - 1))


def _with_a_factor(tree, known):
    """A factor put in: a name, before, after or entry by entry."""
    for name, shape in known.items():
        factor = Tree("name", (), name)
        if shape == (1, 1):
            yield INNER, Tree("product", (factor, _bracketed(tree)), ("",))
            continue
        yield INNER, Tree("hadamard", (_bracketed(tree), factor), (r"\odot",))
        yield INNER, Tree("product", (factor, _bracketed(tree)), ("",))
        yield INNER, Tree("product", (_bracketed(tree), factor), ("",))
        yield INNER, Tree("product", (Tree("transpose", (factor,)), _bracketed(tree)), ("",))


def _bracketed(tree):
    return Tree("group", (tree,), "(") if tree.kind in ("sum", "hadamard", "product", "colon", "kronecker") else tree


def _renamed(tree, known, checker):
    """One name for another of the same shape, at all its places."""
    names = dict.fromkeys(t.data for t in executing.parts(tree) if t.kind == "name" and t.data in known)
    for old in names:
        for new, shape in known.items():
            if new != old and shape == known[old]:
                kind = ARGUMENT if _function_of(old, new, checker) else OTHER
                yield kind, _with_name(tree, old, new)


def _function_of(one, other, checker):
    """Whether one name is a function of the other, entry by entry: z and σ(z)."""
    scene = Scene(checker.meaning, checker.points[0])
    return any(
        a in checker.meaning.definitions and executing._depends(a, [b], scene) for a, b in ((one, other), (other, one))
    )


def _with_name(tree, old, new):
    done, stack = {}, [(tree, False)]
    while stack:
        inner, finished = stack.pop()
        if not finished:
            stack.append((inner, True))
            stack.extend((a, False) for a in inner.args)
        elif inner.kind == "name" and inner.data == old:
            done[id(inner)] = Tree("name", (), new)
        else:
            args = tuple(done[id(a)] for a in inner.args)
            same = all(a is b for a, b in zip(args, inner.args, strict=True))
            done[id(inner)] = inner if same else Tree(inner.kind, args, inner.data, inner.start, inner.stop)
    return done[id(tree)]


# ── where no edit is found ────────────────────────────────────────────────────────────────────────────────────────


def _derived(checker, item, head):
    """The gradient that `derive` gives, where the left side is a gradient of a function declared with where=."""
    from derivations.derivation import derive
    from derivations.notation.latex_text import to_latex

    while head.kind == "group":
        head = head.args[0]
    if head.kind not in ("derivative", "gradient") or (head.data or 1) != 1:
        return None
    function = executing.spelled(head.args[0])
    below = executing.spelled(head.args[1]) if len(head.args) > 1 else (checker.varying or (None,))[0]
    if function not in checker.scope.defined or below not in checker.scope.symbols:
        return None
    try:
        shapes = {name: value.axes for name, value in checker.scope.symbols.items()}
        derivation = derive(function, below, shapes, where=checker.where, assume=_assumed(checker))
    except ValueError:
        return None
    return f"{to_latex(head, checker.names)} = {derivation.gradient.latex(expand='all')}"


def _assumed(checker):
    return {name: list(words) for name, words in checker.properties.items() if words}


def _numbers(checker, head, right):
    """What the numbers say where nothing mends the line."""
    for point, target in _targets(checker, head)[:1]:
        try:
            value = executing.evaluate(right, Scene(checker.meaning, point))
        except (NotConforming, Unreadable):
            return ""
        if isinstance(value, np.ndarray) and value.shape == target.shape:
            wrong = np.abs(value - target) > 1e-8 * np.max(np.abs(target), initial=1e-300)
            place = tuple(int(i) for i in np.argwhere(wrong)[0]) if wrong.any() else None
            if place is not None:
                return (
                    f"{wrong.sum()} of {wrong.size} entries differ; entry {place[0] + 1}, {place[1] + 1} "
                    f"is {np.real(value[place]):.4g} and should be {np.real(target[place]):.4g}"
                )
    return ""
