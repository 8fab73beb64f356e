"""Whether two sides are equal: at random points, under the choices that the page leaves open, by what they measure.

Every function takes the `Checker`, for its points and for what its names mean. Other readings of a line are rows of
`readings`; here two trees are compared as they stand.
"""

import itertools
from dataclasses import dataclass, field, replace

import numpy as np

from derivations import executing
from derivations.checking.branches import has_branch
from derivations.executing import Definition, Eye, Free, NotConforming, Scene, Unreadable
from derivations.reading.latex_tree import Tree, bare

POINTS = 10
FEWER_POINTS, COSTLY = 4, 8_000  # a comparison that has cost so much ends at fewer points
TOLERANCE, SECOND_TOLERANCE, FAR_TOLERANCE = 1e-9, 1e-6, 1e-4
ROUNDING = 1e-13  # what is larger, and less than the tolerance, may be a small term: it stays where the point moves
DOUBTFUL = 1e-3  # what differs by less may be what rounding leaves of 1 − σ(z): then it does not stay
SATURATED = 1e-4  # far from 0 what is smaller may be what rounding leaves of 1 − σ(z)
TINY = 1e-13  # numbers of this size may be what rounding leaves
FAILURES = (NotConforming, Unreadable, np.linalg.LinAlgError, ValueError, TypeError, IndexError, ZeroDivisionError)
"""What an evaluation raises where there is no value."""
INEQUALITIES = executing.COMPARISONS - {"≠", "∝"}
NO_COUNTEREXAMPLE = "no counter-example found"


def compare(checker, left, right, item):
    """Whether two trees are equal at the points, by the first reading under which they are."""
    order = order_term(right)
    if order is not None:
        return _compare_orders(checker, left, right, order)
    first, conforms, undeclared = None, {}, None
    for assignment, seen in executing.readings(executing.READINGS + 1):
        verdict = _try(checker, left, right, assignment, seen, item.sign)
        if verdict.verdict == "holds":
            return _told(verdict, assignment, seen)
        if not conforms and verdict.verdict == "fails" and not verdict.shapes:
            conforms = {"conforms": True, "assignment": assignment}
        if verdict.verdict == "unread" and verdict.why.endswith("is not declared"):
            undeclared = verdict
        if first is None or (first.verdict != "fails" and verdict.verdict == "fails"):
            first = verdict
        if first.shapes and not conforms and undeclared is not None:
            return undeclared  # what does not conform beside it is no mistake that is certain
    return replace(first, **conforms)


def _try(checker, left, right, assignment, seen, sign="="):
    worst, executed, slight, hidden, before = 0.0, [], [], False, checker.meaning.work
    by_differences = bool(
        checker.moved or _second_order(left) or _second_order(right) or _uses_differences(checker, left, right)
    )
    tolerance = SECOND_TOLERANCE if by_differences else TOLERANCE
    for point in checker.points:
        try:
            error = difference(checker, left, right, point, assignment, seen, sign)
        except NotConforming as caught:
            return _not_conforming(caught, point)
        except Unreadable as caught:
            return Verdict("unread", why=_in_letters(str(caught), point.sizes))
        except (np.linalg.LinAlgError, ZeroDivisionError, OverflowError):
            continue
        if error is None:
            continue
        if by_differences and tolerance < error <= DOUBTFUL:
            slight.append((error, point))  # a difference quotient near a pole is off as well, but not at every point
            continue
        in_doubt = not by_differences and ROUNDING < error <= DOUBTFUL and sign not in executing.COMPARISONS
        stays = _stays(checker, left, right, point, assignment) if in_doubt else None
        if stays or (stays is None and error > tolerance):
            return Verdict("fails", error=f"{error:.1g}", why=_apart(error), points=(*executed, point))
        if error > tolerance:
            hidden = True
            continue
        worst = max(worst, error)
        executed.append(point)
        costly = checker.meaning.work - before > COSTLY
        if len(executed) >= (FEWER_POINTS if costly else POINTS):
            break
    if slight and len(slight) >= len(executed):
        error, point = slight[0]
        return Verdict("fails", error=f"{error:.1g}", why=_apart(error), points=(*executed, point))
    if not executed:
        found = "the difference of the sides is more than rounding" if hidden else "both sides are defined"
        return Verdict("unread", why=f"no point was found at which {found}")
    if (far := _far_off(checker, left, right, assignment, sign)) is not None:
        return far
    reading = NO_COUNTEREXAMPLE if sign in INEQUALITIES else ""
    return Verdict("holds", error=_bound(worst), reading=reading, points=tuple(executed))


def _far_off(checker, left, right, assignment, sign):
    """The verdict where two sides that agree near 0 differ far out, where other branches are entered; else None."""
    if checker.moved or sign in executing.COMPARISONS - INEQUALITIES:
        return None
    if sign not in INEQUALITIES and not has_branch(checker, (left, right)):
        return None  # far out rounding alone makes sides differ, so that they are compared only where it may matter
    for point in checker.far:
        try:
            values = _values(checker, left, right, point, assignment, {})
        except (NotConforming, Unreadable, ArithmeticError, np.linalg.LinAlgError):
            continue
        largest = max((float(np.max(np.abs(array), initial=0.0)) for pair in values for array in pair), default=0.0)
        if not _finite(values) or largest < SATURATED or checker.meaning.cancelled > largest:
            continue
        error = executing.violation(sign, values) if sign in INEQUALITIES else relative(values)
        if error > FAR_TOLERANCE:
            return Verdict("fails", error=f"{error:.1g}", why=f"{_apart(error)}, far from 0", points=(point,))
    return None


def all_zero(checker, left, right, verdict, beneath=0.0):
    """Whether both sides are 0, or no larger than a number, at every point at which they were found to agree."""
    try:
        for point in verdict.points:
            pairs = _values(checker, left, right, point, verdict.assignment, {}, checker.moved.get(id(point)))
            if any(np.any(np.abs(array) > beneath) for pair in pairs for array in pair):
                return False
    except (NotConforming, Unreadable, np.linalg.LinAlgError):  # it was found under a reading of its own
        return False
    return bool(verdict.points)


def _apart(error):
    """How far two sides are apart, in words."""
    if error > 0.5:
        return "the two sides differ"
    return f"the two sides differ, by {error:.1g} of their size"


def _stays(checker, left, right, point, assignment):
    """Whether a small difference is one of the sides, and no rounding: it stays where the point moves a little.

    None where that cannot be seen.
    """
    found = []
    for near in (point, _moved(point, 1), _moved(point, 2)):
        values = _values(checker, left, right, near, assignment, {})
        if not values or not _finite(values) or checker.meaning.cancelled:
            return None
        found.append(np.concatenate([np.ravel(a - b) for a, b in values]))
    size = np.linalg.norm(found[0])
    changes = [np.linalg.norm(other - found[0]) for other in found[1:]]
    return all(0 < change < 0.01 * size for change in changes)  # rounding changes by much, or not at all


def _moved(point, seed):
    """A point a little beside another one; what is 0 stays so, and so do numbers that are whole."""
    random, values = np.random.default_rng(seed), {}
    for symbol, value in point.values.items():
        whole = np.all(value == np.round(value))
        values[symbol] = value if whole else value * (1 + 1e-4 * random.uniform(0.5, 1.0))
    return point.at(values)


def _uses_differences(checker, left, right):
    return any(
        t.kind in executing.DERIVATIVES
        and any(executing.has_derivative(a, checker.meaning) for a in t.args if hasattr(a, "kind"))
        for t in (*executing.parts(left), *executing.parts(right))
    ) or any(
        checker.meaning.definitions[n].tree is not None
        and executing.has_derivative(checker.meaning.definitions[n].tree, checker.meaning)
        for t in (*executing.parts(left), *executing.parts(right))
        if (n := executing.spelled(t)) in checker.meaning.definitions
    )


def difference(checker, left, right, point, assignment, seen, sign="="):
    """The relative difference of two sides at a point, over every value of their free indices."""
    moved = checker.moved.get(id(point), {})
    if moved is None:
        raise np.linalg.LinAlgError("no point near at which the derivative vanishes")
    values = _values(checker, left, right, point, assignment, seen, moved)
    if sign in executing.COMPARISONS:
        return executing.violation(sign, values) if _finite(values) else None
    lost = executing.CANCELLED * max(checker.meaning.cancelled, bool(moved))
    return relative(values, beside=lost) if values else None


def _values(checker, left, right, point, assignment, seen, moved=None):
    """The pairs of arrays that two sides are at a point, over every value of their free indices."""
    checker.meaning.cancelled = 0.0
    return [
        fit(executing.evaluate(left, scene), executing.evaluate(right, scene), seen)
        for _, scene in places(left, right, Scene(checker.meaning, point, moved, assignment=assignment, seen=seen))
    ]


def value_at(checker, tree, point):
    """What a tree is worth at a point; None where it has no value."""
    try:
        return executing.evaluate(tree, Scene(checker.meaning, point))
    except FAILURES:
        return None


def shape_at(checker, tree):
    """The shape of what a tree is worth at the first point; None where it is worth no array, or there is no point."""
    value = value_at(checker, tree, checker.points[0]) if checker.points else None
    return value.shape if isinstance(value, np.ndarray) else None


def evaluate_only(checker, tree, indices=()):
    """Why a tree has no value, or an empty text."""
    why = ""
    for point in checker.points:
        try:
            scene = Scene(checker.meaning, point)
            if indices:
                executing.table_of(Definition(tree=tree, indices=indices), scene)
            else:
                executing.evaluate(tree, scene)
            return ""
        except (Unreadable, NotConforming) as error:
            why = _in_letters(str(error), point.sizes)
        except np.linalg.LinAlgError as error:
            why = f"no point was found at which it is defined: {error}"
    return why


def _compare_orders(checker, left, right, order):
    """Left = right + O(h^k): the remainder is measured as h falls."""
    body, small, power, strict = order
    slopes, executed = [], []
    for point in checker.points[:POINTS]:
        try:
            sizes, scale = [], 0.0
            steps = [10.0**-k for k in (1.5, 2.0, 2.5)]
            for step in steps:
                scene = small_scene(checker, point, small, step)
                a, b = solid_pair(checker, left, body, scene)
                scale = scale or float(np.max(np.abs(a))) + 1e-300
                sizes.append(float(np.max(np.abs(a - b))) / scale)
        except NotConforming as caught:
            return _not_conforming(caught, point)
        except Unreadable as caught:
            return Verdict("unread", why=_in_letters(str(caught), point.sizes))
        except np.linalg.LinAlgError:
            continue
        executed.append(point)
        if max(sizes) < 1e-12:
            slopes.append(np.inf)
        else:
            slopes.append(np.log10(max(sizes[0], 1e-300) / max(sizes[-1], 1e-16)) / (np.log10(steps[0] / steps[-1])))
    if not slopes:
        return Verdict("unread", why="no point was found at which both sides are defined")
    needed = power + (0.5 if strict else -0.3)
    measured = min(slopes)
    words = "the remainder vanishes" if np.isinf(measured) else f"the remainder falls as the power {measured:.1f}"
    if measured >= needed:
        return Verdict("holds", reading=f"by the measured order: {words}", points=tuple(executed))
    why = f"{words}, and it should fall as the power {power}{' or faster' if strict else ''}"
    return Verdict("fails", why=why, points=tuple(executed))


def solid_pair(checker, left, right, scene):
    """The two sides in a scene, as arrays of one shape."""
    return fit(executing.evaluate(left, scene), executing.evaluate(right, scene))


def small_scene(checker, point, small, step):
    """A scene in which what the order is in is small: a number by its name, or every differential."""
    if small is None or (not checker.meaning.known(small) and small[0] == "d" and checker.meaning.known(small[1:])):
        return Scene(checker.meaning, point, scale=step)
    scene = Scene(checker.meaning, point)
    value = scene.value(small)
    return scene.where({small: np.array([[step]]) if value.shape == (1, 1) else step * value})


def axes(checker, name):
    """How many axes NumPy gives a symbol."""
    return checker.meaning.symbols[name].data[1]


@dataclass(frozen=True)
class Verdict:
    """What a comparison found."""

    verdict: str
    error: str = ""
    why: str = ""
    reading: str = ""
    shapes: bool = False
    conforms: bool = False
    """Whether the two sides conform and differ under some choice, though not under the likeliest."""
    points: tuple = ()
    """The points at which both sides were executed."""
    assignment: dict = field(default_factory=dict)
    """The choices that are not the likeliest."""
    chosen: dict = field(default_factory=dict)
    """Every choice that was met."""
    held: bool = False
    """Whether some of what varies was held."""
    sides: tuple = ()
    """The two sides, where they differ as the line has to be read, and not as it is written."""


def _not_conforming(error, point):
    return Verdict("fails", why=f"the shapes do not conform: {_in_letters(str(error), point.sizes)}", shapes=True)


def places(left, right, scene):
    """(indices, scene) for every value of the indices that stand free in two sides."""
    sides = executing.free_indices(left, scene), executing.free_indices(right, scene)
    both = set(sides[0]) & set(sides[1])  # a letter that also names a size is an index where it stands in both
    letters = tuple(x for x in dict.fromkeys(sides[0] + sides[1]) if x in both or x not in scene.point.sizes)
    if not letters:
        yield {}, scene
        return
    ranges = executing.index_ranges(Tree("list", (left, right)), scene, letters)
    for place in itertools.product(*(range(ranges[letter]) for letter in letters)):
        indices = dict(zip(letters, place, strict=True))
        if executing.is_meant(indices, scene.meaning):
            yield indices, scene.where(indices=indices, ranges=ranges)


def relative(pairs, beside=0.0):
    """The largest difference in pairs of arrays, relative to their largest entry, or to what they stand beside.

    None where an entry is not finite.
    """
    if not _finite(pairs):
        return None
    worst = max(float(np.max(np.abs(a - b), initial=0.0)) for a, b in pairs)
    scale = max(beside, *(float(np.max(np.abs(array), initial=0.0)) for pair in pairs for array in pair))
    if scale <= TINY:  # what is left of numbers that cancel, or small numbers: at most a small difference
        return min(worst / scale, TOLERANCE) if worst else 0.0
    return worst / scale


def _finite(pairs):
    return all(np.all(np.isfinite(array)) for pair in pairs for array in pair)


def fit(left, right, seen=None):
    """Two values as arrays of one shape: a 0 or an I takes the other's; a gradient may stand as a row."""
    for one, other, turn in ((left, right, False), (right, left, True)):
        if isinstance(one, np.ndarray) and not isinstance(other, np.ndarray):
            pair = (one, executing.fitted(other, one.shape))
            return pair[::-1] if turn else pair
        if executing.is_zero(one) and isinstance(other, np.ndarray):
            pair = (np.zeros(other.shape), other)
            return pair[::-1] if turn else pair
    if isinstance(left, Eye) and isinstance(right, Eye):
        return left.factor, right.factor
    if isinstance(left, Free) and isinstance(right, Free):
        return left.array, right.array
    if not (isinstance(left, np.ndarray) or isinstance(right, np.ndarray)):
        return executing.of_one_shape(left, right)
    if left.shape == right.shape:
        return left, right
    vector = 1 in left.shape and 1 in right.shape and left.shape == right.shape[::-1]
    if vector and any(isinstance(v, executing.Gradient) for v in (left, right)):
        if seen is not None:
            seen.setdefault(("row",), ("a gradient written as a row",))
        return np.asarray(left), np.asarray(right).T
    raise NotConforming(f"{executing.shape_of(left)} on the left, {executing.shape_of(right)} on the right")


def _told(verdict, assignment, seen):
    """The verdict with the readings that it needed, in words."""
    words = []
    for key, options in seen.items():
        option = assignment.get(key, 0)
        if option < len(options) and (option or len(options) == 1 or key[0] in _ALWAYS_TOLD):
            words.append(options[option])
    chosen = {key: assignment.get(key, 0) for key in seen}
    reading = joined(verdict.reading, *dict.fromkeys(words))
    return replace(verdict, reading=reading, assignment=assignment, chosen=chosen)


_ALWAYS_TOLD = {"vectors", "same"}
"""Kinds of choices that are told even where they are the likeliest: two columns side by side, an idle index."""


def order_term(tree):
    """Of a right side that ends in O(h^k) or o(…): the rest, the small name (None for dX), k, and whether it is o."""
    if tree.kind != "sum":
        return None
    for i, term in enumerate(tree.args):
        if term.kind == "order":
            args, signs = tree.args[:i] + tree.args[i + 1 :], tree.data[:i] + tree.data[i + 1 :]
            rest = Tree("sum", args, signs) if args else Tree("number", (), 0)
            inner, power = bare(term.args[0]), 1.0
            if inner.kind == "power" and inner.args[1].kind == "number":
                power, inner = float(inner.args[1].data), bare(inner.args[0])
            while inner.kind in ("norm", "bars", "group"):
                inner = inner.args[0]
            small = None if inner.kind == "differential" else executing.spelled(inner)
            return rest, small, power, term.data == "o"
    return None


def _second_order(tree):
    return any(
        (t.kind in executing.DERIVATIVES and t.data == 2) or (t.kind == "prime" and t.data > 1) or t.kind == "limit"
        for t in executing.parts(tree)
    )


def _in_letters(message, sizes):
    """A message with the letters of the sizes in the shapes that it names, ``n×1`` for 5×1."""
    letters = {str(size): name for name, size in sizes.items() if size > 1}

    def told(word):
        bare = word.rstrip(",;:.)")
        lengths = bare.split("×")
        if len(lengths) < 2 or not all(map(str.isdigit, lengths)):
            return word
        return "×".join(letters.get(length, length) for length in lengths) + word[len(bare) :]

    return " ".join(map(told, message.split(" ")))


def _bound(error):
    exponent = -10 if error < 1e-10 else int(np.floor(np.log10(error))) + 1
    return f"< 1e{exponent}"


def joined(*words):
    """Remarks as one, without the empty ones."""
    return "; ".join(filter(None, words))
