"""Calculus: differentials, derivatives by entries, by arrays and along directions, limits. No rule is used."""

import itertools
from dataclasses import replace
from functools import reduce

import numpy as np

from derivations import sampling, witness
from derivations.executing.indices import axis_of, is_place, name_of_whole, place_of, structure, whole_number, within
from derivations.executing.juxtaposition import function_word, of_some_size
from derivations.executing.scenes import DERIVATIVES, LOSS, evaluate, has_derivative, key_of, parts, reached
from derivations.executing.values import (
    Gradient,
    NotConforming,
    Unreadable,
    is_exact,
    is_zero,
    matmul,
    shape_of,
    solid,
    transposed,
    unit_arrays,
)
from derivations.reading.latex_tree import Tree, bare, spelled


def is_derivative_of_a_constant(tree, scene):
    """Whether a factor is d ½, or ∇_x c with a constant c: what follows it belongs to it."""
    if tree.kind not in ("gradient", "differential") or tree.args[0].kind in ("group", "nothing"):
        return False
    if tree.kind == "differential":  # dA is 0 where A does not vary
        return not any(spelled(inner) or inner.kind == "text" for inner in parts(tree.args[0]))
    variables = {spelled(tree.args[1])} if len(tree.args) > 1 else set(scene.meaning.varying)
    names = {spelled(inner) for inner in parts(tree.args[0])} - {None}
    known = all(map(scene.meaning.known, names))
    return known and not variables & {*names, *reached((tree.args[0],), scene.meaning)}


def is_at_point(tree, scene):
    """Whether f_X is the known f at the known point X, and no name of its own."""
    known = scene.meaning.known
    return tree.kind == "subscript" and not known(tree.data or "") and all(known(spelled(a) or "") for a in tree.args)


def chained(left, tree, scene):
    """A gradient times the next derivative of a chain; by a matrix, the gradient of both with the first held."""
    below = tree.args[1] if tree.kind == "derivative" else None
    if below is not None and isinstance(left, np.ndarray) and left.shape[1] == 1:
        by = scene.value(spelled(below)) if spelled(below) and scene.meaning.known(spelled(below)) else None
        if isinstance(by, np.ndarray) and by.shape[1] != 1:
            held = type(tree)("colon", (type(tree)("name", (), "held"), type(tree)("group", (tree.args[0],), "(")))
            return partial(held, below, 1, scene.where({"held": np.asarray(left)}), tree)
    return _chain_product(left, evaluate(tree, scene))


def _chain_product(left, right):
    try:
        return matmul(left, right)
    except NotConforming:
        return matmul(transposed(left), right)


def evaluate_differential(tree, scene):
    """D of what a name or an expression is: the directional derivative along the directions of the variables."""
    inner, order = tree.args[0], tree.data or 1
    name = spelled(inner)
    if (
        inner.kind == "prime"
        and not scene.meaning.known(name or "")
        and spelled(inner.args[0]) in scene.meaning.symbols
    ):
        return transposed(evaluate_differential(type(tree)("differential", inner.args, order), scene))  # dx′ is (dx)ᵀ
    if name is not None and inner.kind != "subscript" and not scene.meaning.known(name) and name not in scene.moved:
        raise Unreadable(f"d{name}: {name} is not declared")
    moves = scene.directions()
    if not moves:
        raise Unreadable("a differential, and nothing varies")
    nested = order > 1 or has_derivative(inner, scene.meaning)
    if order == 2:
        return scene.along(
            moves, lambda moved: moved.along(scene.directions(), lambda s: evaluate(inner, s), False), True
        )
    return scene.along(moves, lambda moved: evaluate(inner, moved), nested)


def _is_turned(below, scene):
    """Whether a derivative is by xᵀ or x′."""
    return below.kind == "transpose" or (below.kind == "prime" and not scene.meaning.known(spelled(below) or ""))


def _by(below, scene):
    """What a derivative is taken by: the names that stand for it, its value, and whether its result is transposed.

    A name, a transpose, or an expression, which is then what names of the same value are.
    """
    below = bare(below)
    if _is_turned(below, scene):
        return *_by(below.args[0], scene)[:2], True
    name = spelled(below)
    if name is not None and (scene.meaning.known(name) or name in scene.moved):
        return [name], scene.value(name), False
    if below.kind == "subscript" or below.kind in DERIVATIVES:
        raise Unreadable("a derivative by this")
    value = solid(evaluate(below, scene))
    names = [name for name in (*scene.meaning.definitions, *scene.meaning.symbols) if name not in scene.moved]
    return [name for name in names if _stands_for(name, value, scene)], value, False


def _stands_for(name, value, scene):
    try:
        return _equals(scene.value(name), value)
    except (Unreadable, NotConforming):
        return False


def _equals(here, value):
    same = isinstance(here, np.ndarray) and here.shape == value.shape
    return same and np.allclose(here, value, rtol=1e-12, atol=1e-14)


def _same_parts(tree, value, scene):
    """The parts of a tree that have a value, the outermost ones."""
    found, stack = [], [tree]
    while stack:
        inner = stack.pop()
        if inner.kind in ("operator", "number", "text"):
            continue
        try:
            if _equals(evaluate(inner, scene), value):
                found.append(inner)
                continue
        except (Unreadable, NotConforming, np.linalg.LinAlgError):
            pass
        stack.extend(inner.args)
    return found


def evaluate_derivative(tree, scene):
    return _found_once(tree, scene, lambda: partial(*tree.args[:2], tree.data or 1, scene, tree))


def _found_once(tree, scene, find):
    """The value of a derivative, found once for all places of the indices that it does not hold."""
    names = {spelled(inner) for inner in parts(tree)}
    if not all(map(scene.is_steady, names & set(scene.meaning.definitions))):
        return find()
    places = tuple((letter, scene.indices[letter]) for letter in sorted(names & set(scene.indices)))
    if (id(tree), places) not in scene.steady:  # the tree is kept, so that no other has its identity
        scene.steady[id(tree), places] = tree, find()
    return scene.steady[id(tree), places][1]


def _of_what(body, tree, scene):
    """What a derivative is taken of; where nothing stands there, ∇_w = …, it is the loss of the text."""
    if body.kind != "nothing":
        return body
    name = LOSS if scene.meaning.loss is not None else _last_scalar(scene)
    if name is None:
        raise Unreadable("a derivative of nothing: say of what, or give the loss")
    scene.tell(("loss", tree.start), f"the derivative is of {name}{' that is given' if name == LOSS else ''}")
    return type(tree)("name", (), name, tree.start, tree.stop)


def _last_scalar(scene):
    """The number that the text defined last, or None."""
    for name, definition in reversed(scene.meaning.definitions.items()):
        if not definition.parameters and not definition.indices:
            try:
                value = scene.value(name)
            except (Unreadable, NotConforming):
                continue
            if isinstance(value, np.ndarray) and value.shape == (1, 1):
                return name
    return None


def evaluate_operate(tree, scene):
    below, body = tree.args
    body = _of_what(body, tree, scene)
    return _found_once(tree, scene, lambda: partial(body, below, tree.data or 1, scene, tree))


def partial(above, below, order, scene, tree):
    """The derivative of an expression by a name: a gradient in the shape of the name, or a Jacobian."""
    if order == 2 and tree.kind == "derivative" and len(tree.args) == 3:
        return _mixed(tree, scene)
    if is_place(below, scene.meaning) and spelled(below) in scene.indices:
        below = type(tree)("subscript", (type(tree)("name", (), scene.meaning.varying[0]), below), "")
    below = bare(below)
    if below.kind == "subscript" and not scene.meaning.known(below.data or ""):
        return _by_entry(above, below, order, scene)
    keys, at, turned = _by(below, scene)
    if not isinstance(at, np.ndarray):
        raise Unreadable("a derivative by a constant")
    word = spelled(above)
    if word is not None and not scene.meaning.known(word) and function_word(word):  # dσ/dz: σ of what it is taken by
        above = type(tree)("apply", (type(tree)("operator", (), function_word(word)), below))
    extra = [] if spelled(below) or turned else _same_parts(above, at, scene)
    nested = order > 1 or has_derivative(above, scene.meaning)

    def value(moved):
        return evaluate(above, moved)

    base = scene.where({key: scene.value(key) for key in keys} | dict.fromkeys(extra, at))
    whole = solid(of_some_size(value(base), above, scene))
    stacked = None
    if order == 1 and not spelled(below) and not turned:
        stacked = _through_symbol(value, below, at, nested, scene)
    if stacked is None and not keys and not extra:
        raise Unreadable("a derivative by an expression that is no function of one variable and does not occur")
    if stacked is None:
        stacked = _stacked(above, [*keys, *extra], at, base, whole, order, nested)
        if order == 1 and not np.any(stacked) and keys and keys[0] in scene.meaning.definitions:
            through = _through_symbol(value, below, at, nested, scene)  # x = vec(X), and f is a function of X
            stacked = stacked if through is None else through
    kind = scene.meaning.vary.get(keys[0]) if keys else None
    if order == 2:
        return _hessian(stacked, at, kind)
    if whole.shape == (1, 1):
        gradient = stacked.reshape(at.shape)
        gradient = gradient if kind is None else sampling.restricted(gradient, kind)
        gradient = gradient.T if turned else gradient
        return gradient.view(Gradient) if at.shape[1] == 1 and at.shape != (1, 1) else gradient
    return _of_arrays(stacked, whole, at, tree, scene)


def _stacked(above, names, at, base, whole, order, nested):
    """The derivatives of an expression along each entry of what its names are: outputs × inputs."""

    def value(moved):
        return evaluate(above, moved)

    columns = []
    for direction in unit_arrays(at.shape):
        moves = dict.fromkeys(names, direction)
        if order == 2:
            columns.append(_gradient_change(base, moves, value, names, at.shape))
            continue
        change = solid(of_some_size(base.along(moves, value, nested), above, base))
        columns.append(np.broadcast_to(change, whole.shape).ravel())
    return np.stack(columns, axis=1)


def _hessian(stacked, at, kind):
    """A second derivative; a restricted variable moves along restricted directions alone, twice."""
    if kind is not None:
        onto = np.stack([sampling.restricted(unit, kind).ravel() for unit in unit_arrays(at.shape)])
        stacked = onto @ stacked @ onto.T
    return stacked.reshape(at.size, at.size)


def _of_arrays(stacked, whole, at, tree, scene):
    """The derivative of an array by an array, in one of the shapes that a page gives it."""
    if at.shape == (1, 1):
        return stacked.reshape(whole.shape)
    if at.shape[1] == 1 and 1 in whole.shape:
        return _jacobian(stacked, tree, scene)
    choice = ("vec", tree.start, key_of(tree))
    if tree.kind == "derivative" and choice not in scene.assignment:
        scene.choose(choice, ("", "by vec of rows", "by vec of columns"))
    elif tree.kind == "derivative":
        outputs, inputs = (np.arange(a.size).reshape(a.shape).T.ravel() for a in (whole, at))
        by_columns = scene.assignment[choice] == 2
        return stacked[outputs][:, inputs] if by_columns else stacked
    raise NotConforming(f"the derivative of {shape_of(whole)} by {shape_of(at)} has more than two axes")


def through_arrays(tree, scene):
    """∂J/∂z ∂z/∂W and δ ∂z/∂W as the chain rule means them where ∂z/∂W has more than two axes; None for other products.

    Each factor is the matrix that takes small changes of what stands below, one after the other, to those above; what
    comes out has the shape of W.
    """
    if not any(map(_is_link, tree.args)):
        return None
    for args, signs in ((tree.args, tree.data), (tree.args[::-1], tree.data[::-1])):
        first = next((i for i, factor in enumerate(args) if _is_link(factor)), len(args))
        links = [tuple(map(bare, bare(factor).args)) for factor in args[first:] if _is_link(factor)]
        if not links or "/" in signs or len(links) < len(args) - first or not _has_long_factor(links, scene):
            continue
        ahead = tree.args[:first] if args is tree.args else tree.args[len(args) - first :]
        whole = np.eye(1)
        if ahead:
            factor = type(tree)("product", ahead, tree.data[: first - 1]) if first > 1 else ahead[0]
            whole = solid(evaluate(factor, scene)).reshape(1, -1)
        elif solid(evaluate(links[0][0], scene)).size > 1:
            continue
        matrices = [_as_matrix(above, spelled(below), scene) for above, below in links]
        linked = all(key_of(one[1]) == key_of(other[0]) for one, other in itertools.pairwise(links))
        if linked and whole.shape[1] == len(matrices[0]):
            scene.tell(("chain", tree.start), "a product of derivatives of more than two axes is the chain rule's")
            return reduce(np.matmul, matrices, whole).reshape(scene.value(spelled(links[-1][1])).shape)
    return None


def _is_link(tree):
    tree = bare(tree)
    return tree.kind == "derivative" and len(tree.args) == 2 and tree.data in (None, 1)


def _has_long_factor(links, scene):
    """Whether a derivative by a name would have more than two axes."""
    names = [spelled(below) or "" for _, below in links]
    if not all(map(scene.meaning.known, names)):
        return False
    shapes = [(solid(evaluate(above, scene)).shape, solid(scene.value(name)).shape)
              for (above, _), name in zip(links, names, strict=True)]  # fmt: skip
    return any((1, 1) not in pair and any(1 not in shape for shape in pair) for pair in shapes)


def _as_matrix(above, name, scene):
    """The derivative of an expression by a name: outputs × inputs."""
    whole, nested = solid(evaluate(above, scene)), has_derivative(above, scene.meaning)
    return _stacked(above, [name], scene.value(name), scene, whole, 1, nested)


def _through_symbol(value, below, at, nested, scene):
    """The derivative by a function of one variable, X⁻¹ or vec X or σ² or W x: outputs × inputs; or None.

    It is what the chain rule needs: its product with the Jacobian of the function is the derivative by the variable.
    """
    for name in dict.fromkeys([*scene.meaning.varying, *scene.meaning.symbols]):
        here = scene.value(name)
        if name in scene.moved or here.size < at.size or name in scene.meaning.vary or name == spelled(below):
            continue
        if not any(spelled(part) == name for part in parts(below)) and spelled(below) is None:
            continue

        def columns(function, nested, order, name=name, here=here):
            moves = [scene.along({name: unit}, function, nested) for unit in unit_arrays(here.shape)]
            return np.stack([solid(move).ravel(order) for move in moves], axis=1)

        try:
            turns = columns(lambda moved: evaluate(below, moved), has_derivative(below, scene.meaning), "F")
            if not np.all(np.isfinite(turns)) or np.linalg.cond(turns) > 1e8:  # some of its entries do not move
                continue
            outputs = columns(value, nested, "C")
        except (Unreadable, NotConforming, np.linalg.LinAlgError):
            continue
        by_columns = outputs @ np.linalg.pinv(turns)  # the entries of the function, column by column
        if np.max(np.abs(by_columns @ turns - outputs)) > 1e-8 * (1 + np.max(np.abs(outputs))):
            continue  # it depends on the variable in another way as well
        order = np.arange(at.size).reshape(at.shape[::-1]).T.ravel()
        return by_columns[:, order]
    return None


def _mixed(tree, scene):
    """∂²f/∂x ∂yᵀ: the derivative by x of the derivative by y, for names and for entries."""
    above, first, second = tree.args
    plain = [below.args[0] if _is_turned(below, scene) else below for below in (first, second)]
    if key_of(plain[0]) == key_of(plain[1]) and plain[0].kind == "name":
        return partial(above, plain[0], 2, scene, type(tree)("operate", tree.args, 2))
    inner = type(tree)("derivative", (above, plain[1]), 1, tree.start, tree.stop)
    return partial(inner, plain[0], 1, scene, type(tree)("operate", (plain[0], inner), 1, tree.start, tree.stop))


def _jacobian(stacked, tree, scene):
    """A Jacobian; of an elementwise function it may be written as the vector of its diagonal, or transposed."""
    options = ["a Jacobian, a row per output", "its transpose, a column per output"]
    square = stacked.shape[0] == stacked.shape[1]
    atol = 0.0 if is_exact(stacked) else 1e-12 * max(1.0, np.max(np.abs(stacked)))
    if square and np.allclose(stacked, np.diag(np.diag(stacked)), rtol=1e-9, atol=atol):
        options.append("the vector of the diagonal of a Jacobian")
    option = scene.choose(("jacobian", tree.start, key_of(tree)), tuple(options))
    if option >= len(options):
        raise NotConforming("no such reading")
    return (stacked, stacked.T, np.diag(stacked)[:, None])[option]


def _gradient_change(base, moves, value, keys, shape):
    """How the gradient changes along a move: a row of the Hessian."""

    def gradient(moved):
        if solid(value(moved)).shape != (1, 1):
            raise NotConforming(f"the second derivative of {shape_of(value(moved))}")
        rows = [solid(moved.along(dict.fromkeys(keys, d), value)).ravel() for d in unit_arrays(shape)]
        return np.concatenate(rows)[:, None]

    return solid(base.along(moves, gradient, True)).ravel()


def _by_entry(above, below, order, scene):
    """∂f/∂W_ij for given indices: a number; for ∂f/∂w_i with a matrix w, the column or row of the gradient."""
    name = name_of_whole(below.args[0], scene)
    if name is None or not scene.meaning.known(name):
        raise Unreadable("a derivative by an entry of something that has no name")
    array = scene.value(name)
    places = [place_of(t, scene, below.args[0]) for t in below.args[1:]]
    nested = has_derivative(above, scene.meaning)
    if len(places) == 1 and array.shape[1] != 1:
        axis = axis_of(below, array, scene)
        masks = []
        for k in range(array.shape[1 - axis]):
            mask = np.zeros(array.shape)
            mask[(places[0], k) if axis == 0 else (k, places[0])] = 1.0
            masks.append(mask)
    else:
        mask = np.zeros(array.shape)
        within(places, below.args[1:], array)
        row, column = (*places, 0)[:2]
        if not (0 <= row < array.shape[0] and 0 <= column < array.shape[1]):
            raise NotConforming(f"entry {row + 1}, {column + 1} of {shape_of(array)}")
        mask[row, column] = 1.0
        masks = [mask]
    base = scene.where({name: array})

    def first(mask, here, nested):
        return here.along({name: mask}, lambda moved: evaluate(above, moved), nested)

    whole, past = _whole_of(above, scene), None
    if order == 1 and name in scene.meaning.definitions and name not in reached((above,), scene.meaning):
        past = _past_definition(above, name, array, scene, nested)
    if past is not None:
        values = [(past[0] @ mask.ravel()).reshape(past[1]) for mask in masks]
    elif order == 2:
        values = [base.along({name: m}, lambda moved, m=m: first(m, moved, nested), True) for m in masks]
    elif whole is not None and not nested:
        values = [evaluate(above, scene.where({whole: _slope_along(whole, name, m, base, scene)})) for m in masks]
    else:
        values = [first(mask, base, nested) for mask in masks]
    values = list(map(solid, values))
    if len(values) == 1:
        return values[0]
    return np.concatenate([v.reshape(-1, 1) for v in values], axis=0)


def _past_definition(above, name, array, scene, nested):
    """The derivatives by a defined o of what is written with W x + b in its place: outputs × inputs, their shape.

    None where it does not move with what o is made of: its derivative is 0.
    """
    word = Tree("name", (), name)
    stacked = _through_symbol(lambda moved: evaluate(above, moved), word, array, nested, scene)
    moving = set(reached((above,), scene.meaning)) & set(reached((word,), scene.meaning)) & set(scene.meaning.varying)
    if stacked is None and moving:
        raise Unreadable(f"a derivative by {name}, which does not occur in it")
    return None if stacked is None else (stacked, solid(evaluate(above, scene)).shape)


def _whole_of(above, scene):
    """The name of which a tree is an entry, or that it is, where no index changes its value; else None."""
    above = bare(above)
    entry = above.kind == "subscript" and not scene.meaning.known(above.data or "")
    whole = above.args[0] if entry else above
    if whole.kind != "name" or not scene.meaning.known(whole.data) or not scene.is_steady(whole.data):
        return None
    definition = scene.meaning.definitions.get(whole.data)
    return None if definition is not None and (definition.family or definition.parameters) else whole.data


def _slope_along(whole, name, mask, base, scene):
    """The derivative of a name along an entry of another, the same wherever the indices stand."""
    key = ("slope", whole, name, mask.tobytes())
    if key not in scene.steady:
        scene.steady[key] = solid(base.along({name: mask}, lambda moved: moved.value(whole)))
    return scene.steady[key]


def evaluate_gradient(tree, scene):
    body = _of_what(tree.args[0], tree, scene)
    names = _listed_names(tree.args[1], scene) if len(tree.args) > 1 else ()
    if names:
        return _stack_of_partials(body, names, scene, tree)
    if len(tree.args) > 1:
        below = tree.args[1]
    else:
        names = _varied(body, scene)
        options = ("by all that varies, one below the other", *(f"∇ by {name}" for name in names))
        option = scene.choose(("variable", tree.start, key_of(tree)), options) if len(names) > 1 else 1
        body, scene = _at_numbers(body, scene) if len(names) > 1 else (body, scene)
        if option == 0:
            return _stack_of_partials(body, names, scene, tree)
        below = type(tree)("name", (), names[min(option, len(names)) - 1])
    at = _at_another_point(body, below, scene)
    value = partial(body, below, tree.data or 1, scene, tree) if at is None else partial(*at, tree)
    if isinstance(value, np.ndarray) and value.shape[1] > 1 and tree.data in (None, 1):
        inside = solid(evaluate(body, scene))
        if inside.shape != (1, 1):  # the gradient of a vector is its Jacobian transposed
            return value.T if not scene.assignment.get(("jacobian", tree.start, key_of(tree))) else value
    return value


def _listed_names(below, scene):
    """The names of ∇_{v, λ}, where all are numbers; none for any other."""
    names = tuple(map(spelled, below.args)) if below.kind in ("product", "list") else ()
    numbers = names and all(n and scene.meaning.known(n) and solid(scene.value(n)).shape == (1, 1) for n in names)
    return names if numbers and not (below.kind == "product" and any(below.data)) else ()


def _varied(body, scene):
    """By what ∇ without a variable is: what varies; of several, the argument of the function, else those that move it.

    Several are taken together where all are numbers, as the coordinates of a point.
    """
    varying = scene.meaning.varying
    if len(varying) > 1:
        function = _called(body, scene) or scene.meaning.definitions.get(spelled(body) or "")
        moving = set(reached((body,), scene.meaning))
        arguments = function.parameters if function is not None else ()
        varying = [name for name in arguments if name in varying] or [name for name in varying if name in moving]
    if not varying or (len(varying) > 1 and any(solid(scene.value(name)).shape != (1, 1) for name in varying)):
        raise Unreadable("∇ without a variable, and not one varies")
    return varying


def _stack_of_partials(body, names, scene, tree):
    """∇f for an f of several numbers: its derivatives by them, one below the other; twice, its Hessian."""
    if solid(evaluate(body, scene)).shape != (1, 1):
        raise Unreadable("∇ without a variable of what is no number, and several vary")

    def stacked(here):
        nested = has_derivative(body, scene.meaning) or tree.data == 2
        moves = [here.along({name: np.ones((1, 1))}, lambda moved: evaluate(body, moved), nested) for name in names]
        return np.concatenate(list(map(solid, moves)))

    if tree.data in (None, 1):
        return stacked(scene).view(Gradient)
    rows = [scene.along({name: np.ones((1, 1))}, stacked, True) for name in names]
    return np.concatenate(list(map(solid, rows)), axis=1)


def _at_numbers(body, scene):
    """The f(x, y) of a gradient ∇f(1, 2), and the scene there; ∇f(x, y) and ∇f as they are."""
    function = _called(body, scene)
    inner = body.args[1].args[0] if function is not None else None
    given = inner.args if inner is not None and inner.kind == "list" else (inner,)
    if function is None or not function.parameters or tuple(map(spelled, given)) == function.parameters:
        return body, scene
    changed = [t for t, name in zip(given, function.parameters, strict=False) if spelled(t) != name]
    if len(given) != len(function.parameters) or any(_moves(t, set(scene.meaning.varying), scene) for t in changed):
        raise Unreadable("a gradient at another point, of a function of several numbers")
    words = tuple(Tree("name", (), name) for name in function.parameters)
    arguments = Tree("group", (replace(inner, args=words) if len(words) > 1 else words[0],), "(")
    there = {name: solid(evaluate(t, scene)) for name, t in zip(function.parameters, given, strict=True)}
    return replace(body, args=(body.args[0], arguments)), scene.where(there)


def _called(body, scene):
    """The definition of the f in f(x), or None."""
    called = body.kind == "product" and body.data == ("",) and body.args[1].kind == "group"
    return scene.meaning.definitions.get(spelled(body.args[0])) if called else None


def _at_another_point(body, below, scene):
    """What ∇f(a) is the derivative of, by what, its order and where, for an a that does not move; None for others."""
    definition = _called(body, scene)
    if definition is None or len(definition.parameters) > 1 or spelled(below) is None:
        return None
    tree, letter = body.args[1].args[0], definition.parameters[0] if definition.parameters else spelled(below)
    if tree.kind == "list" or not (scene.meaning.known(letter) or letter in scene.moved):
        return None
    here, value = solid(scene.value(letter)), solid(evaluate(tree, scene))
    value = 0 * here if is_zero(value) else value
    if value.shape != here.shape or _moves(tree, {letter, spelled(below)}, scene):
        return None
    word = type(tree)("name", (), letter)
    above = type(tree)("product", (body.args[0], type(tree)("group", (word,), "(")), ("",), body.start, body.stop)
    return above, word, 1, scene.where({letter: value})


def _moves(tree, names, scene):
    """Whether what a tree is worth moves with one of some names."""
    known = [name for name in names if scene.meaning.known(name) or name in scene.moved]
    moved = scene.where({name: solid(scene.value(name)) * 1.01 + 0.01 for name in known})
    return not _equals(solid(evaluate(tree, scene)), solid(evaluate(tree, moved)))


def evaluate_direction(tree, scene):
    """f′(x)[h], D f(x)[h], D_V f: the directional derivative."""
    function, direction = tree.args[0], tree.args[1]
    if function.kind == "subscript" and not scene.meaning.known(spelled(function) or ""):  # Df_X, the derivative at X
        function = function.args[0]
    if spelled(direction) in scene.meaning.sizes and spelled(direction) not in scene.meaning.symbols:  # D_n v
        return matmul(structure("D", [whole_number(direction, scene)], tree, scene), evaluate(function, scene))
    by = spelled(direction) in scene.meaning.varying and len(tree.args) == 2  # D_x f
    if by and scene.choose(("direction", tree.start), ("the derivative by it", "the derivative along it")) == 0:
        return partial(function, direction, 1, scene, tree)
    move = solid(evaluate(direction, scene))
    candidates = [v for v in scene.meaning.varying if scene.value(v).shape == move.shape]
    if len(candidates) != 1:
        raise Unreadable("a directional derivative: which variable moves is not clear")
    nested = has_derivative(function, scene.meaning)
    return scene.along({candidates[0]: move}, lambda moved: evaluate(function, moved), nested)


def evaluate_at(tree, scene):
    """What stands before |_{x = a}, with a for x."""
    moved = {}
    for below, at in zip(tree.args[1::2], tree.args[2::2], strict=True):
        name = spelled(below if below.kind != "nothing" else _variable_before(tree.args[0], scene))
        if name is None or name in scene.indices:
            raise Unreadable("a bar under which no name stands")
        moved[name] = solid(evaluate(at, scene))
        if is_zero(moved[name]) and scene.meaning.known(name):
            moved[name] = 0 * solid(scene.value(name))  # x = 0, the zero vector
        if scene.meaning.known(name) and solid(scene.value(name)).shape != moved[name].shape:
            raise NotConforming(f"{shape_of(moved[name])} for {name}")
    return evaluate(tree.args[0], scene.where(moved))


def _variable_before(body, scene):
    """What the derivative before a bar is taken by, as a tree: the x of ∂f/∂x |_a."""
    for inner in parts(body):
        if inner.kind in ("derivative", "operate", "gradient", "prime"):
            below = {"operate": inner.args[:1], "prime": ()}.get(inner.kind, inner.args[1:])
            names = below or tuple(type(body)("name", (), name) for name in scene.meaning.varying)
            if len(names) == 1:
                return names[0]
    raise Unreadable("what stands before it is evaluated at a point of which it is not said what it is")


def evaluate_limit(tree, scene):
    """The limit of a smooth expression: from both sides, extrapolated to where the difference vanishes."""
    body, variable, target = tree.args
    name = spelled(variable)
    if name is None:
        raise Unreadable("a limit over something that is no name")
    infinite = target.kind == "infinity"
    at = np.zeros((1, 1)) if infinite else solid(evaluate(target, scene))
    shape = solid(scene.value(name)).shape if scene.meaning.known(name) else (1, 1)
    if shape != (1, 1):
        raise Unreadable("a limit over something that is not a number")

    def value(h):
        return solid(evaluate(body, scene.where({name: 1 / h if infinite else at + h})))

    steps = [0.2 / 2**k for k in range(6)]
    sides = [(value(np.array([[h]])), value(np.array([[-h]]))) for h in steps]
    first, *_, last = (np.max(np.abs(one - other)) for one, other in sides)
    if not last <= first / 2 + 1e-7 * np.max(np.abs(sides[-1])):  # 1/h, and what jumps
        raise Unreadable("a limit that is not the same from both sides")
    return witness.extrapolated(*((one + other) / 2 for one, other in sides))


def evaluate_integral(tree, scene):
    """∫_a^b by Gauss and Legendre, up to ∞ by equal steps of a t; two numbers of nodes must agree."""
    body, low, high = tree.args
    least, most = (_end(bound, scene) for bound in (low, high))

    def total(fine):
        places, weights = _nodes(least, most, fine)
        values = [solid(evaluate(body, scene.where({tree.data: np.full((1, 1), place)}))) for place in places]
        return sum(weight * value for weight, value in zip(weights, values, strict=True))

    wide, near = total(False), total(True)
    for part in (np.real, np.imag):
        apart, size = np.max(np.abs(part(near) - part(wide))), np.max(np.abs(part(near)))
        if not np.all(np.isfinite(near)) or apart > 1e-9 * max(size, _NO_SIZE[part]):
            raise Unreadable("an integral whose value did not settle")
    return near


_NO_SIZE = {np.real: 1e-3, np.imag: 0.0}
"""What rounding is relative to where an integral vanishes; its imaginary part is a step, and small by itself."""


def _end(bound, scene):
    """A bound of an integral: the sign of the ∞ that it is, or 0; and its value where it is finite."""
    sign = -1 if bound.kind == "sum" and bound.data == (-1,) else 1
    inner = bound.args[0] if bound.kind == "sum" and len(bound.args) == 1 else bound
    if inner.kind == "infinity":
        return sign, 0.0
    value = solid(evaluate(bound, scene))
    if value.shape != (1, 1):
        raise Unreadable("a bound of an integral that is no number")
    return 0, value.item()


def _nodes(least, most, fine):
    """Where an integrand is evaluated, and the weights: equal steps of t where y = sinh t or y = exp(t − exp(−t))."""
    if not least[0] and not most[0]:
        t, weights = np.polynomial.legendre.leggauss(20 if fine else 15)
        half = (most[1] - least[1]) / 2
        return least[1] + half * (t + 1), half * weights
    step, reach = (0.13, 7.0) if fine else (0.15, 6.6)
    t = np.arange(-reach, reach, step)
    if least[0] and most[0]:
        return most[0] * np.sinh(t), most[0] * step * np.cosh(t)
    away = np.exp(t - np.exp(-t))
    finite, sign = (least[1], most[0]) if most[0] else (most[1], least[0])
    return finite + sign * away, (sign if most[0] else -sign) * step * away * (1 + np.exp(-t))
