"""Roles: what a line does, apart from claiming that two sides are equal. One table, a row a role.

A row is a function of the `Checker`, the `Line` and its relation. It gives the line, judged, where the line has that
role, and None where it has not.
"""

import re

from derivations import executing
from derivations.checking import comparing, defining, vanishing
from derivations.checking.evidence import settle
from derivations.checking.readings import is_update, words_before
from derivations.executing import Definition
from derivations.reading.latex_tree import Unread, bare

_CONSTRAINT = re.compile(
    r"\bs\.?\s*t\.|\bsubject to\b|\bsuch that\b|\bconstrain|\bassum|\bsuppose\b|\bprovided\b|\bunder the condition\b|"
    r"\brestrict|\brequire",
    re.IGNORECASE,
)
_OPTIMISED = re.compile(
    r"\\(arg)?(min|max)(?![a-z])|\\operatorname\*?\{(arg\s*)?(min|max)imi[sz]e\}|\b(min|max)imi[sz]e\b"
)


def _unexecuted(checker, line, item):
    if item.sign not in executing.UNEXECUTED:
        return None
    line.verdict, line.why = "unread", f"'{item.sign}' is not executed"
    return line


def _constraint(checker, line, item):
    """A relation that words call one, or that follows an optimisation: w^T w = 1."""
    said = _CONSTRAINT.search(words_before(item)) or (item.row, item.start) in checker.constraints
    if not said or item.continued or _derives(item) or defining.new_name(checker, item) is not None:
        return None
    found = comparing.compare(checker, item.left, item.right, item)
    if found.verdict == "unread":
        checker.judge(line, found)
        return line
    if item.sign not in executing.COMPARISONS:
        vanishing.constrain(checker, item)
    line.verdict, line.why = "condition", "a constraint"
    return line


def constraints_in(lines):
    """The places of the relations that stand behind min and max, in their row or below it, before the next claim."""
    found, open_ = set(), False
    for line in lines:
        if _OPTIMISED.search(line.source) and (isinstance(line, Unread) or executing.best(line.right) is None):
            open_ = isinstance(line, Unread)
        elif open_ and not isinstance(line, Unread):
            open_ = not _derives(line)
            if open_:
                found.add((line.row, line.start))
    return found


def _derives(item):
    return any(tree.kind in executing.DERIVATIVES for side in (item.left, item.right) for tree in executing.parts(side))


def _given(checker, line, item):
    """A declared letter beside a number, x = 0 or t > 0, which sets it."""
    sides = [bare(item.left), bare(item.right)]
    names = [side for side in sides if side.kind in ("name", "subscript")]
    numbers = [side for side in sides if side.kind == "number"]
    comparison = item.sign in executing.COMPARISONS
    if item.continued or len(names) + len(numbers) < 2 or not names or (not numbers and not comparison):
        return None
    bases = [name.args[0] if name.kind == "subscript" else name for name in names]
    if not all(executing.spelled(base) in checker.meaning.symbols for base in bases):
        return None
    if not comparison and item.sign not in ("=", "≡"):
        return None
    found = comparing.compare(checker, item.left, item.right, item)
    if found.verdict == "holds":
        return None
    checker.judge(line, found)
    if found.verdict == "unread":
        return line
    if not comparison:
        vanishing.constrain(checker, item)
    line.verdict, line.why = "condition", "it is set; declare it with assume= to have it at every point"
    return line


def _comparison(checker, line, item):
    """An inequality, a ≠ or a ∝."""
    if item.sign not in executing.COMPARISONS:
        return None
    found = comparing.compare(checker, item.left, item.right, item)
    if found.verdict == "fails" and item.continued:
        with checker.where_defined(item.head):  # f″(x) = 1/x > 0 is said where f has a second derivative
            found = comparing.compare(checker, item.left, item.right, item)
    checker.judge(line, found)
    if line.verdict == "fails":
        if not found.shapes:
            line.why = f"a point was found at which '{item.sign}' is not so"
        settle(checker, line, item.left, found)
    return line


def _best_value(checker, line, item):
    return vanishing.best_value(checker, line, item) if executing.best(item.right) is not None else None


def _update(checker, line, item):
    """An update w ← w − α ∇L, or with :=, gives w its next value and defines nothing."""
    left = bare(item.left)
    known = any(executing.spelled(part) in checker.meaning.symbols for part in executing.parts(left))
    if item.sign not in ("←", ":=") or not known or not is_update(item):
        return None
    found = comparing.compare(checker, item.left, item.right, item)
    if found.verdict == "unread":
        checker.judge(line, found)
        return line
    line.verdict, line.why = "condition", "an update: it gives a name its next value, and claims nothing"
    return line


def _tautology(checker, line, item):
    """∇L = ∇L says nothing."""
    if item.continued or item.sign != "=" or executing.key_of(bare(item.left)) != executing.key_of(bare(item.right)):
        return None
    if comparing.evaluate_only(checker, item.right):  # it says nothing, and not even that
        return None
    line.verdict, line.why = "notation", "both sides are the same, so it says nothing"
    return line


def _definition(checker, line, item):
    name = defining.new_name(checker, item)
    return None if name is None else defining.define(checker, line, item, name)


def _without_a_side(checker, line, item):
    if item.left.kind != "nothing" and item.right.kind != "nothing":
        return None
    line.verdict, line.why = "unread", "a side of the relation is missing"
    return line


def _named_at_the_end(checker, line, item):
    """2 AᵀA = H, with a new H."""
    checker.bound_loss = defining.bind_loss(checker, item)
    found = defining.named(checker, item)
    if found is None:
        return None
    named, indices = found
    checker.meaning.definitions[named] = checker.trees[named] = Definition(tree=item.left, indices=indices)
    line.verdict, line.why = "definition", f"{named} is what stands before it"
    return line


ROLES = (
    _unexecuted,
    _update,
    _constraint,
    _given,
    _comparison,
    _best_value,
    _definition,
    _without_a_side,
    _named_at_the_end,
    _tautology,
)
"""Every role, in the order in which they are asked for."""
