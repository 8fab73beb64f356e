"""Lines that hold only where a derivative vanishes: ∇f = 0, W = argmin f, and what follows from them.

Every function takes the `Checker`, for its points and for what its names mean.
"""

import numpy as np

from derivations import executing
from derivations.checking import comparing
from derivations.checking.comparing import POINTS
from derivations.checking.reports import joined
from derivations.executing import Definition, Scene
from derivations.notation.latex_tree import Tree, bare

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
        zero = comparing.compare(checker, there, Tree("number", (), 0), item)
        checker.judge(line, zero)
    elif (why := comparing.evaluate_only(checker, derivative)) != "":
        line.verdict, line.why = "unread", why
    else:
        if found is not None and not checker.meaning.known(found):
            checker.meaning.definitions[found] = Definition(tree=Tree("name", (), name))
        vanish(checker, derivative)
    return line


def condition(checker, item):
    """The derivative of which a line says that it vanishes, 0 = ∇f or ∇f = … = 0; None where it cannot."""
    for zero, other in ((item.left, item.right), (item.right, item.left)):
        says = other if zero is item.left else Tree("list", (item.head, other))
        zero = bare(zero)
        derives = any(t.kind in ("gradient", "derivative", "operate") for t in executing.parts(says))
        if derives and zero.kind == "number" and zero.data == 0:
            claim = other is item.left and not item.continued  # ∇f = 0 may say that f does not depend on x
            return None if claim and not _can_vanish(checker, other) else other
    return None


def _can_vanish(checker, tree):
    scenes = (Scene(checker.meaning, point) for point in checker.points[:POINTS])
    return any(executing.moved_to_zero([tree], checker.varying, scene) is not None for scene in scenes)


def vanish(checker, derivative, says=None):
    """From here on a line may hold only where this derivative vanishes, and x̂ and x* are x there."""
    checker.vanishing.append(derivative)
    for name in executing.variables(says or derivative) & set(checker.varying) or checker.varying:
        for best in (f"{name}{label}" for label in _BEST):
            if not checker.meaning.known(best):
                checker.meaning.definitions[best] = Definition(tree=Tree("name", (), name))


def where_it_vanishes(checker, line, item, head):
    """Judge a line at points that are moved to where the derivatives vanish, elsewhere than at 0 if they can be."""
    at_zero = []
    for point in checker.points:
        scene = Scene(checker.meaning, point)
        there = checker.moved[id(point)] = executing.moved_to_zero(checker.vanishing, checker.varying, scene)
        if there and all(np.max(np.abs(there[name])) < 1e-3 for name in checker.varying):
            at_zero.append(id(point))
    if sum(there is not None for there in checker.moved.values()) > len(at_zero):
        checker.moved.update(dict.fromkeys(at_zero))
    found = comparing.compare(checker, head, item.right, item)
    checker.moved = {}
    if found.verdict == "holds":
        checker.judge(line, found)
        line.reading = joined(found.reading, "where the derivative vanishes")
        line.holds_from_head = line.holds_from_previous = True
    elif found.verdict == "unread":
        checker.judge(line, found)
