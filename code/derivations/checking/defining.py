"""What a line defines: a name, a function, the entries of an array, one matrix for each index, or the loss.

Every function takes the `Checker`, for its points and for what its names mean.
"""

import numpy as np

from derivations import executing
from derivations.checking.comparing import axes, evaluate_only, shape_at
from derivations.executing import Definition, NotConforming, Scene, Unreadable
from derivations.reading import numpy_text as reading
from derivations.reading.latex_grammar import LOSSES
from derivations.reading.latex_tree import bare

_NUMBERS = {"t", "s", "tau", "epsilon", "varepsilon"}
"""Letters that are numbers where they are parameters of a function and nothing declares them."""


def bind_loss(checker, item):
    """Give the letters of a loss that mean nothing yet the loss that is given, where one is; the names bound."""
    if checker.loss_formula is None:
        return []
    above = [
        executing.spelled(without_arguments(tree.args[1 if tree.kind == "operate" else 0]))
        for side in (item.head, item.left, item.right)
        for tree in executing.parts(side)
        if tree.kind in executing.DERIVATIVES
    ]
    bound = [name for name in dict.fromkeys(above) if name in LOSSES and not checker.meaning.known(name)]
    for name in bound:
        checker.meaning.definitions[name] = Definition(formula=checker.loss_formula)
    return bound


def repeats_definition(checker, item):
    """Whether a line states, for the first time, what the text has defined in prose."""
    name = executing.spelled(bare(item.left))
    if name in checker.told and not item.continued:
        checker.told.discard(name)
        return True
    return False


def new_name(checker, item):
    """The name that a relation defines, with its parameters or indices, or None."""
    if item.continued or item.sign not in ("=", ":=", "←", "≡"):
        return None
    left = bare(item.left)
    name, parameters, indices = executing.spelled(left), (), ()
    if left.kind in ("prime", "operator"):
        return None
    applied = left.kind == "apply" and left.args[0].kind == "name"
    if left.args[1:] and left.args[1].kind == "group" and (applied or (left.kind == "product" and left.data == ("",))):
        if left.args[0].kind == "prime" and _is_bound(checker, left.args[0].args[0]):
            return None
        name, inner = executing.spelled(left.args[0]), left.args[1].args[0]
        parameters = tuple(map(executing.spelled, executing.arguments(inner)))
        letters = tuple(executing.letters_in(left.args[0].args[1:])) if left.args[0].kind == "subscript" else ()
        if letters and set(letters) & set(
            executing.free_indices(item.right, Scene(checker.meaning, checker.points[0]))
        ):
            indices = letters  # f_i(w), a function for each i
    elif left.kind == "subscript" and executing.spelled(left.args[0]) is None:
        return None
    elif left.kind == "subscript" and name is not None and not checker.meaning.known(name):
        letters = tuple(executing.letters_in(left.args[1:]))
        base = executing.spelled(left.args[0])
        if any(len(letter.strip("'")) > 1 for letter in letters):  # w_ML
            return name, (), ()
        if base and checker.meaning.known(base):
            whole = shape_at(checker, left.args[0]) == (1, 1)  # z_i beside a number z, which has no entries
            if letters and (
                whole or executing.is_family(item.right, letters, Scene(checker.meaning, checker.points[0]))
            ):
                return name, (), letters  # A_pp is a block of A, say, not its entry
            numbered = left.args[1].kind == "number" and (whole or not _is_scalar(checker, item.right))
            return (name, (), ()) if numbered else None
        free = not any(checker.meaning.known(x) for x in letters if x not in checker.meaning.sizes)
        by_entries = set(letters) & set(executing.free_indices(item.right, Scene(checker.meaning, checker.points[0])))
        if base and letters and free and by_entries:
            name, indices = base, letters
    if name is None or None in parameters:
        return None
    if name.endswith("dot") and name.removesuffix("dot") in checker.meaning.definitions:
        return None  # the motion of something that is defined
    bound = name in checker.meaning.symbols or name in checker.meaning.definitions
    if bound and item.sign != "←" and name not in checker.stale and not _is_next_example(checker, name, item.right):
        return None
    return name, parameters, indices


def _is_next_example(checker, name, tree):
    """Whether a name that the page defined with numbers gets other numbers: B = [2 1; 0 1], and later another B."""
    before = checker.trees.get(name)
    return before is not None and before.tree is not None and _is_numbers(before.tree) and _is_numbers(tree)


def _is_numbers(tree):
    inside = bare(tree)
    return inside.kind == "matrix" and not any(part.kind in ("name", "subscript") for part in executing.parts(inside))


def named(checker, item):
    """The name, and its indices, that the end of a chain gives to what stands before it, 2 AᵀA = H, or None."""
    if (entries := _entries_named(checker, item)) is not None:
        return entries
    name = item.right.data if item.right.kind == "name" else None
    if (
        name is None
        or item.sign not in ("=", "≡", ":=")
        or name in checker.bare
        or item.left.kind in ("name", "number")
    ):
        return None
    scene = Scene(checker.meaning, checker.points[0])
    try:
        executing.evaluate(item.right, scene)
        return None
    except Unreadable:
        return (
            (name, ())
            if not executing.free_indices(item.left, scene) and not evaluate_only(checker, item.left)
            else None
        )


def _entries_named(checker, item):
    """The name and the indices of y_j − t_j := e_j, or None."""
    right = item.right
    base = executing.spelled(right.args[0]) if right.kind == "subscript" else None
    if item.sign not in (":=", "≡") or base is None or checker.meaning.known(base) or item.left.kind == "nothing":
        return None
    letters = tuple(executing.letters_in(right.args[1:]))
    free = executing.free_indices(item.left, Scene(checker.meaning, checker.points[0]))
    return (base, letters) if letters and set(letters) <= set(free) else None


def _is_bound(checker, tree):
    """Whether a tree spells something that has a meaning, so that its prime has one as well."""
    name = executing.spelled(tree)
    return tree.kind == "operator" or name in checker.meaning.symbols or name in checker.meaning.definitions


def _is_scalar(checker, tree):
    """Whether a tree is worth a number, or nothing yet."""
    try:
        value = executing.evaluate(tree, Scene(checker.meaning, checker.points[0]))
    except (Unreadable, NotConforming, np.linalg.LinAlgError):
        return True
    return isinstance(value, np.ndarray) and value.shape == (1, 1)


def define(checker, line, item, found):
    """Bind what `new_name` found, and put on the line what it defines or why it cannot."""
    name, parameters, indices = found
    if item.condition:
        line.verdict, line.why = "unread", f"{name} is defined in one case only"
        return line
    new = [p for p in parameters if not checker.meaning.known(p) and not _stands_for_a_number(checker, p)]
    definition = Definition(tree=item.right, parameters=tuple(parameters), indices=indices)
    one = executing.is_family(item.right, indices, Scene(checker.meaning, checker.points[0]))
    beside = name in checker.bare and _is_scalar(checker, checker.bare[name])  # L_n beside L
    of_number = indices and name == executing.spelled(bare(item.left))
    if indices and (one or beside or parameters or of_number):
        name, definition.family = executing.spelled(without_arguments(item.left)), True
        checker.meaning.definitions[name] = checker.trees[name] = definition
        what = "function" if parameters else "matrix" if one else "number"
        line.verdict, line.why = "definition", f"one {what} for each value of {', '.join(indices)}"
        return line
    if new:  # a function of a letter of its own: it counts when it is applied
        checker.meaning.definitions[name] = checker.trees[name] = definition
        line.verdict, line.why = "definition", f"{name} as a function of {', '.join(parameters)}"
        return line
    before = checker.meaning.definitions.get(name)
    trial = evaluate_only(checker, item.right, indices)
    if trial:
        definition.assignment = _readable(checker, item.right, indices)
        trial = "" if definition.assignment else trial
    if trial and parameters and not _evaluates_for_one(checker, item.right, parameters):
        trial = ""  # h(x), where x stands for any row of X
        line.why = f"{name} as a function of one {', '.join(parameters)}"
    if trial:
        line.verdict, line.why = "unread", trial
        return line
    line.points = 1
    checker.meaning.definitions[name] = checker.trees[name] = definition
    checker.stale.discard(name)
    line.verdict = "definition"
    if before is not None:
        line.why = f"{name} is bound anew"
    return line


def _stands_for_a_number(checker, name):
    """Give t in g(t) = f(A + tH) a number at each point, where it is not declared."""
    if name not in _NUMBERS:
        return False
    symbol = reading.Scope({name: ()}, {}, ()).symbols[name].formula
    checker.meaning.symbols[name] = symbol
    random = np.random.default_rng(0)
    for point in checker.points:
        point.values[symbol] = random.uniform(0.2, 0.8, (1, 1))
    return True


def _evaluates_for_one(checker, tree, parameters):
    """Why an expression has no value where its parameters are single rows, or an empty text."""
    matrices = [p for p in parameters if p in checker.meaning.symbols and axes(checker, p) == 2]
    if not matrices:
        return "no matrix"
    scene = Scene(checker.meaning, checker.points[0])
    try:
        executing.evaluate(tree, scene.where({name: scene.value(name)[[0]].T for name in matrices}))
    except (Unreadable, NotConforming, np.linalg.LinAlgError) as error:
        return str(error)
    return ""


def _readable(checker, tree, indices):
    """The readings under which a tree has a value, where the likeliest has none; empty if there is none."""
    for assignment, seen in executing.readings(executing.READINGS + 1):
        try:
            scene = Scene(checker.meaning, checker.points[0], assignment=assignment, seen=seen)
            if indices:
                executing.table_of(Definition(tree=tree, indices=indices), scene)
            else:
                executing.evaluate(tree, scene)
            return assignment
        except (Unreadable, NotConforming, np.linalg.LinAlgError):
            continue
    return {}


def without_arguments(tree):
    """The name in L(y, x), or what else it is, brackets apart."""
    tree = bare(tree)
    applied = tree.kind in ("product", "apply") and len(tree.args) == 2 and tree.args[1].kind == "group"
    return tree.args[0] if applied else tree
