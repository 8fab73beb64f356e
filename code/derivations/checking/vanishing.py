"""What a text sets: a derivative that vanishes, a constraint; and the points at which it is so.

Every function takes the `Checker`, for its points and for what its names mean.
"""

import itertools
from contextlib import contextmanager
from functools import partial

import numpy as np

from derivations import executing
from derivations.checking import comparing
from derivations.checking.comparing import POINTS
from derivations.executing import Definition, Scene
from derivations.reading.latex_tree import Tree, bare, number

MOVED, WORK = 4, 20_000  # points that are moved, and the parts that may be evaluated for each beside those of the line
_BEST = ("hat", "star", "ML", "MLE", "OLS", "MAP", "opt")
"""Labels of the value at which a derivative vanishes."""


def best_value(checker, line, item):
    """W = argmin f: the derivative of f vanishes there."""
    variable, body = executing.best(item.right)
    name = executing.spelled(variable) if variable is not None else "".join(checker.varying[:1])
    if name not in checker.meaning.symbols:
        line.verdict, line.why = "unread", "what is varied to find the best value is not declared"
        return line
    derivative = Tree("gradient", (body, Tree("name", (), name)), 1, item.right.start, item.right.stop)
    found = executing.spelled(bare(item.left))
    line.verdict, line.why = "condition", "where the derivative vanishes"
    if found is not None and found != name and checker.meaning.known(found):
        there = Tree("at", (derivative, Tree("name", (), name), item.left), "whole", item.start, item.stop)
        zero = comparing.compare(checker, there, number(0), item)
        checker.judge(line, zero)
    elif (why := comparing.evaluate_only(checker, derivative)) != "":
        line.verdict, line.why = "unread", why
    else:
        if found is not None and not checker.meaning.known(found):
            checker.meaning.definitions[found] = Definition(tree=Tree("name", (), name))
        vanish(checker, derivative)
    return line


def is_zero(tree):
    """Whether a tree writes 0, perhaps as a vector."""
    tree = bare(tree)
    return is_zero(tree.args[0]) if tree.kind == "transpose" else tree.kind == "number" and tree.data == 0


def derivative_of_zero(checker, item):
    """The derivative of which a line says that it vanishes, 0 = ∇f or ∇f = … = 0; None where it cannot."""
    for zero, other in ((item.left, item.right), (item.right, item.left)):
        says = other if zero is item.left else Tree("list", (item.head, other))
        derives = any(_is_derivative(checker, tree) for tree in executing.parts(says))
        if derives and is_zero(zero):
            heads = [item.head] if zero is item.right and item.continued else []  # where what stands between is wrong
            for derivative in (_by_names(checker, tree) for tree in (other, *heads)):
                if not _follows(checker, derivative) and _can_vanish(checker, derivative):
                    return derivative
    return None  # ∇f = 0 may say that f does not depend on x


def _is_derivative(checker, tree):
    """Whether a tree is a derivative, by ∂, d or ∇, or by the prime of a function that the text defines."""
    if tree.kind != "prime" or checker.meaning.known(executing.spelled(tree) or ""):
        return tree.kind in executing.DERIVATIVES
    return executing.spelled(tree.args[0]) in checker.meaning.definitions


def _follows(checker, tree):
    """Whether a sum with the slope of what an equation sets is 0 by that equation: 2x + 2y dy/dx, and not dy/dx."""
    names = {name for name, function in checker.functions.items() if function.tree.kind == "implicit"}
    inside = [inner for inner in executing.parts(tree) if inner.kind == "derivative" and inner is not bare(tree)]
    return any(executing.spelled(inner.args[0]) in names for inner in inside)


def _by_names(checker, tree):
    """The derivatives of df by all that varies, and of ∇_{x,y} f by x and y, one below the other; else the tree."""
    inner = bare(tree)
    names = checker.varying if inner.kind == "differential" else ()
    if inner.kind == "gradient" and len(inner.args) == 2 and inner.args[1].kind in ("product", "list"):
        names = tuple(map(executing.spelled, inner.args[1].args))
    if not set(names) <= set(checker.varying) or not names:
        return tree
    bodies = [Tree("gradient", (inner.args[0], Tree("name", (), name)), 1) for name in names]
    return bodies[0] if len(bodies) == 1 else Tree("list", tuple(bodies))


def _can_vanish(checker, tree):
    with _for_every_index(checker, [_explicit(checker, part) for part in _each(tree)]) as trees:
        return _vanish_somewhere(checker, trees)


@contextmanager
def _for_every_index(checker, trees):
    """The trees, and for one with free indices, ∂f/∂w_j, the array of all its values under a name of its own."""
    definitions, scene, bound = checker.meaning.definitions, Scene(checker.meaning, checker.points[0]), []
    whole = []
    for tree in trees:
        letters = tuple(executing.free_indices(tree, scene))
        if letters:
            bound.append(f"what vanishes {len(bound)}")
            definitions[bound[-1]] = Definition(tree=tree, indices=letters)
        whole.append(Tree("name", (), bound[-1]) if letters else tree)
    try:
        yield whole
    finally:
        for name in bound:
            del definitions[name]


def _vanish_somewhere(checker, trees):
    if any(_zero_near(checker, trees, checker.varying)):
        return True
    if not checker.vanishing and not checker.constraints:
        return False
    reached = [name for name in executing.reached(trees, checker.meaning) if name in checker.meaning.symbols]
    return any(map(_is_generic, _zero_near(checker, trees, tuple(reached))))  # Σ αᵢ yᵢ = 0, beside other conditions


def _zero_near(checker, trees, names):
    """The arrays, beside those they were moved from, where trees vanish near a point, for the points where they do."""
    for seek, point in itertools.product(_searches(checker, names), checker.points[:POINTS]):
        scene = Scene(checker.meaning, point)
        moved = seek(trees, names, scene)
        if moved is not None:
            yield {name: (scene.value(name), array) for name, array in moved.items()}


def _searches(checker, names):
    """The ways to look for where trees vanish: where the text says that it is, x* = …, Σ̂ = …; then from each point."""
    said = {f"{name}{label}": name for name in names for label in ("", *_BEST) if name in checker.meaning.symbols}
    pairs = [(said.get(executing.spelled(bare(left)) or ""), right) for left, right in checker.answers]
    answers = [(name, tree) for name, tree in pairs if name and name not in executing.reached((tree,), checker.meaning)]
    from_answers = partial(executing.moved_to_answers, answers=answers)
    return [from_answers, executing.moved_to_zero] if answers else [executing.moved_to_zero]


def _is_generic(moved):
    """Whether no array was moved to 0 altogether."""
    return all(np.max(np.abs(now)) > 1e-2 * np.max(np.abs(before)) for before, now in moved.values())


def _each(*trees):
    """The trees of lists, one by one."""
    return [inner for tree in trees for inner in (tree.args if tree.kind == "list" else (tree,))]


def vanish(checker, derivative, says=None):
    """From here on a line may hold only where this derivative vanishes, and x̂ and x* are x there."""
    checker.vanishing.append(derivative)
    for name in executing.variables(says or derivative) & set(checker.varying) or checker.varying:
        for best in (f"{name}{label}" for label in _BEST):
            if not checker.meaning.known(best):
                checker.meaning.definitions[best] = Definition(tree=Tree("name", (), name))


def constrain(checker, item):
    """From here on a line may hold only where the two sides of this one are equal."""
    apart = Tree("sum", (item.left, item.right), (1, -1), item.start, item.stop)
    apart = item.left if is_zero(item.right) else apart
    checker.vanishing.append(apart)
    checker.constrained.add(id(apart))


def where_all_vanish(checker, case, residuals):
    """The verdict where trees vanish, at points moved there, elsewhere than at 0 if they can be; None if it fails."""
    checker.moved = _moved(checker, [_explicit(checker, tree) for tree in _each(*residuals)])
    checker.unmet = not any(checker.moved.values())
    found = comparing.compare(checker, case.head, case.item.right, case.item)
    holds = found.verdict == "holds" and bool(found.points)
    if holds and case.derives:  # what vanishes there as well agrees with anything that does
        holds = not comparing.all_zero(checker, case.head, case.item.right, found, beneath=1e-5)
    checker.moved = {}
    return found if holds else None


def _explicit(checker, tree):
    """What a derivative was found to be, which costs less than the derivative."""
    return checker.explicit.get(executing.key_of(bare(tree)), tree)


def _moved(checker, trees):
    """Of each point, by identity, the arrays where trees vanish near it, None where there are none."""
    key = tuple(map(executing.key_of, trees))
    if key in checker.there:
        return checker.there[key]
    reached = [name for name in executing.reached(trees, checker.meaning) if name in checker.meaning.symbols]
    constrained = any(id(tree) in checker.constrained for tree in checker.vanishing)
    names = tuple(dict.fromkeys((*checker.varying, *reached))) if constrained else checker.varying
    with _for_every_index(checker, trees) as whole:
        checker.there[key] = _near_points(checker, whole, names)
    return checker.there[key]


def _near_points(checker, trees, names):
    there, at_zero, start = dict.fromkeys(map(id, checker.points)), [], checker.meaning.work
    for seek in reversed(_searches(checker, names)):  # an answer may lie far off, where rounding leaves fewer digits
        for point in (point for point in checker.points if there[id(point)] is None):
            found = sum(moved is not None for moved in there.values()) - len(at_zero)
            if found >= MOVED or (not found and checker.meaning.work - start > 2 * WORK):
                break
            checker.meaning.allowed += WORK
            moved = there[id(point)] = seek(trees, names, Scene(checker.meaning, point))
            if moved and all(np.max(np.abs(moved[name])) < 1e-3 for name in checker.varying):
                at_zero.append(id(point))
        if any(there.values()):
            break
        start = checker.meaning.work
    if sum(moved is not None for moved in there.values()) > len(at_zero):
        there.update(dict.fromkeys(at_zero))
    return there


def words_of(checker, residuals):
    """Where trees vanish, in words."""
    constrained = all(id(tree) in checker.constrained for tree in residuals)
    return "where what was set before it is so" if constrained else "where the derivative vanishes"
