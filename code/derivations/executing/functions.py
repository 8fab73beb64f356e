"""Functions: words such as tr and log, functions of the text applied to arguments, and primes."""

import functools
import itertools
import math
import zlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from derivations import witness
from derivations.executing.calculus import chained, partial
from derivations.executing.indices import (
    by_times,
    index_ranges,
    indices_under,
    is_indexed,
    items_of,
    letters_in,
    modest,
    part_of,
    place_of,
    whole_number,
)
from derivations.executing.juxtaposition import ELEMENTWISE, depends, of_some_size, times
from derivations.executing.scenes import evaluate, parts
from derivations.executing.values import (
    Eye,
    Free,
    Gradient,
    NotConforming,
    Unreadable,
    fitted,
    in_domain,
    is_exact,
    is_scalar,
    is_zero,
    matmul,
    plus,
    regular,
    scaled,
    shape_of,
    solid,
    transposed,
)
from derivations.formulas import arrays
from derivations.formulas.table import FUNCTIONS, ROWS
from derivations.reading.latex_grammar import FUNCTION_LETTERS, LOSS_LETTERS
from derivations.reading.latex_tree import bare, spelled


def _shaped(function, argument, scene):
    """reshape_{m×n}(v) and place_{I,J}^{m×n}(A); None for any other function."""
    shape = ranges = None
    while function.kind in ("subscript", "power"):
        shape, ranges = (function.args[1], ranges) if function.kind == "power" else (shape, function.args[1:])
        function = function.args[0]
    if function.kind != "operator" or function.data not in ("reshape", "place") or ranges is None:
        return None
    value = evaluate(argument, scene)
    shape = ranges[0] if function.data == "reshape" else shape
    if shape is None:
        raise Unreadable("the shape of the whole in which it is placed is not said")
    lengths = (*(whole_number(t, scene) for t in by_times(shape)), 1)[:2]
    if function.data == "reshape":
        value = solid(of_some_size(value, argument, scene))
        if lengths[0] * lengths[1] != value.size:
            raise NotConforming(f"{shape_of(value)} as {lengths[0]}×{lengths[1]}")
        return value.reshape(lengths)
    whole = np.zeros(modest(*lengths), complex)
    target = part_of(whole, ranges, scene)
    target[:] = fitted(value, target.shape)
    return whole if np.any(whole.imag) else whole.real


def called_name(tree, scene):
    """The name of the function in f(x); in h_θ(x), where h is defined and h_θ is not, that is h."""
    name = spelled(tree)
    if tree.kind != "subscript" or scene.meaning.known(name or "") or name in scene.moved:
        return name
    base, below = spelled(tree.args[0]), [spelled(index) for index in tree.args[1:]]
    parameters = all(letter in scene.meaning.symbols for letter in below)
    return base if parameters and base in scene.meaning.definitions else name


def is_function(tree, scene):
    """Whether a name before a bracket may be a function: it was defined, or it is one that everybody knows."""
    name = called_name(tree, scene)
    if name is None or name in scene.indices:
        return False
    if name in scene.meaning.definitions:
        return True
    return name in FUNCTIONS and not scene.meaning.known(name)


def is_primed_function(tree, group, scene):
    """Whether f′ before a bracket is a derivative: f was defined with its argument, is a number or of what it holds.

    The prime of an array that the text defined, u′(Q + P) u, is a transpose.
    """
    name = spelled(tree.args[0])
    definition = scene.meaning.definitions.get(name)
    if definition is None or scene.meaning.known(spelled(tree) or ""):
        return False
    if definition.parameters or name in FUNCTION_LETTERS or is_scalar(scene.value(name)):
        return True
    at = argument_name(group.args[0], scene)
    return at is not None and _stands_here(at, scene) and depends(name, [at], scene)


def slope_word(tree, group, scene):
    """The elementwise function of which f′(z) is the slope; None for f = σ(A x) at x, where it is a Jacobian."""
    name, at = spelled(tree.args[0]) or "", spelled(group.args[0])
    word = elementwise_word(name, scene)
    if word is None or at is None or not scene.meaning.known(at) or not depends(name, [at], scene):
        return word
    inner, here = _inner_argument(name, scene), scene.value(at)
    same = isinstance(inner, np.ndarray) and inner.shape == here.shape and np.allclose(inner, here, rtol=1e-12)
    return word if same else None


def _inner_argument(name, scene):
    """The value of what stands in the elementwise function that a name was defined with."""
    definition = scene.meaning.definitions[name]
    if definition.formula is not None:
        return scene.of_formula(definition.formula.args[0])
    return evaluate(definition.tree.args[1], scene)


def primed_call(tree, group, scene):
    """f′(x), f″(x), f‴(x) of a function of one number; f′(x) and f″(x) of a function of an array."""
    at = solid(evaluate(group, scene))
    definition = scene.meaning.definitions[spelled(tree.args[0])]
    if at.shape != (1, 1) or not definition.parameters:
        return _primed_by_array(tree, group, at, definition, scene)
    letter = type(tree)("name", (), "the argument of f′")
    inside = type(tree)("group", (letter,), "(")

    def first(t):
        value = witness.moved(np.array([[t]]), 1.0)
        return witness.slope_in(solid(call(tree.args[0], inside, scene.where({"the argument of f′": value}))))

    t, steps = np.real(at).item(), (4e-3, 2e-3, 1e-3)
    if tree.data == 1:
        return first(t)
    if tree.data == 2:
        found = ((first(t + s) - first(t - s)) / (2 * s) for s in steps)
    elif tree.data == 3:
        found = ((first(t + s) - 2 * first(t) + first(t - s)) / s**2 for s in steps)
    else:
        raise Unreadable("a derivative of an order above 3")
    return witness.extrapolated(*found)


def _primed_by_array(tree, group, at, definition, scene):
    """The gradient, Jacobian or Hessian that f′(x) and f″(x) are, at an x that need not be the variable itself."""
    if tree.data > 2:
        raise Unreadable("a derivative of an order above 2 by an array")
    if definition.parameters:
        letter, above = definition.parameters[0], definition.tree
    else:
        name, above = spelled(tree.args[0]), tree.args[0]
        candidates = [spelled(group.args[0]), *scene.meaning.varying]
        moving = [n for n in candidates if n and _holds_array(n, at.shape, scene) and depends(name, [n], scene)]
        if not moving:
            raise Unreadable(f"{name}′ at an argument of which it is no function")
        letter = moving[0]
    below = type(tree)("name", (), letter, group.start, group.stop)
    found = partial(above, below, tree.data, scene.where({letter: at}), tree)
    as_row = isinstance(found, Gradient) and scene.choose(("primed", tree.start), _PRIMED)
    return found.T if as_row else found


_PRIMED = ("a column", "f′ as a row")


def _holds_array(name, shape, scene):
    value = scene.value(name) if scene.meaning.known(name) or name in scene.moved else None
    return isinstance(value, np.ndarray) and value.shape == shape


def arguments(inner):
    """What stands in the bracket of a call; x_1, …, x_n are x."""
    found = []
    for part in inner.args if inner.kind == "list" else (inner,):
        body = part.args[0] if part.kind == "big list" else None
        entries = body is not None and body.kind == "subscript" and body.args[0].kind == "name"
        found.append(body.args[0] if entries else part)
    return tuple(found)


def written_arguments(lines):
    """What a text writes in the bracket after a name, f(x): the name to the names of its arguments, in order."""
    found = {}
    for line in lines:
        for tree in (t for side in (line.left, line.right) for t in parts(side)) if hasattr(line, "left") else ():
            if tree.kind not in ("product", "apply"):
                continue
            for function, group in itertools.pairwise(tree.args):
                name = spelled(function)
                given = spelled(group.args[0]) if group.kind == "group" else None
                if name and given:
                    found.setdefault(name, {})[given] = True
    return {name: tuple(given) for name, given in found.items()}


def call(function, group, scene):
    """f(x), f(x, y): a defined name at an argument, or the product that a bracket after a name is.

    It is a function where its head, f(x) = …, said so. Else the bracket is a factor, unless the text shows a function:
    it writes f(x) with a name x that f depends on, or f is a letter that is a function's in every text.
    """
    name = called_name(function, scene)
    given = arguments(group.args[0])
    if name in FUNCTIONS and not scene.meaning.known(name):
        return word_applied(name, evaluate(given[0], scene))
    definition = scene.meaning.definitions[name]
    if definition.parameters:
        return _at_arguments(name, given, scene)
    if len(given) == 1 and (sample := _of_sample(name, given[0], scene)) is not None:
        scene.tell(("sample of", group.start), f"{name} of one sample")
        return sample
    names = [argument_name(a, scene) for a in given]
    if len(given) == 1 and _is_generic(name, scene) and (word := elementwise_word(name, scene)):
        return word_applied(word, evaluate(given[0], scene))
    if all(n is not None and not _stands_here(n, scene) for n in names):
        return scene.value(name)  # p(a): a label in brackets
    if len(given) > 1:
        if not all(n is not None for n in names):
            raise Unreadable(f"{name} at these arguments: which of its letters they replace is not said")
        return scene.value(name)
    ways = _ways(name, names[0], given[0], group, scene)
    chosen = 0
    if len(ways) > 1:
        chosen = scene.choose(("call", group.start, name), tuple(way.words for way in ways))
    way = ways[min(chosen, len(ways) - 1)]
    if way.told and not chosen:
        scene.tell(("call", group.start, name, "told"), way.words)
    return way.value()


class _Way(NamedTuple):
    """What a bracket after a name may mean."""

    words: str
    value: Callable
    told: bool = False
    """Whether the reader is told also where it is the likeliest one."""


def _ways(name, at, tree, group, scene):
    """The readings of name(tree), the likeliest first; `at` is the name that the argument is, or None."""

    def itself():
        return scene.value(name)

    def product():
        return times(scene.value(name), evaluate(tree, scene), "", (group, 0), scene)

    def applied():
        return word_applied(word, evaluate(tree, scene))

    def elsewhere():
        return scene.where({letter: evaluate(tree, scene)}).value(name)

    word, letter = elementwise_word(name, scene), _letter_moved(name, at, tree, scene)
    a_product = _Way("a product", product)
    conforms = _conforms_as_product(name, tree, scene)
    about = letter is not None and any(spelled(part) == letter for part in parts(tree))
    moved = [_Way(f"{name} at another {letter}", elsewhere, not about)] if letter else []
    shown = _shown_as_function(name, about, scene)
    if at is not None and depends(name, [at], scene):
        held = at in scene.meaning.symbols and at not in scene.meaning.varying
        told = held and depends(name, scene.meaning.varying, scene)
        own = _Way(f"{name} itself", itself, told)
        instead = moved if told and letter in scene.meaning.written.get(name, ()) else []
        return [*instead, own, *([a_product] if conforms else [])]
    words = [_Way("a function applied", applied)] if word else []
    if shown:
        ways = [*moved, *words] if about else [*words, *moved]
        ways = [*ways, *([a_product] if conforms or not ways else [])]
        return ways if ways != [a_product] or conforms else [_Way(f"{name} itself", itself, True)]
    return [a_product, *words, *([] if conforms else moved)]


def _at_arguments(name, given, scene):
    """A function that was defined with its parameters, at arguments; a 0 for an array is the array of zeros."""
    moved = {}
    for parameter, argument in zip(scene.meaning.definitions[name].parameters, given, strict=False):
        if not scene.meaning.known(parameter) and spelled(argument) == parameter:
            continue
        value = evaluate(argument, scene)
        if is_zero(value) and (parameter in scene.moved or scene.meaning.known(parameter)):
            value = 0 * np.asarray(solid(scene.value(parameter)))
        moved[parameter] = value
    return scene.of_definition(name, scene.where(moved))


def argument_name(tree, scene):
    """The name that an argument is, a name of the text called in it included: h in g(h(w)); else None."""
    name = spelled(tree)
    if name is not None:
        return name
    inner = bare(tree)
    called = inner.kind == "product" and inner.data == ("",) and inner.args[1].kind == "group"
    if not called or not is_function(inner.args[0], scene):
        return None
    definition = scene.meaning.definitions.get(called_name(inner.args[0], scene))
    given = [argument_name(a, scene) for a in arguments(inner.args[1].args[0])]
    plain = definition is not None and not definition.parameters and None not in given
    name = called_name(inner.args[0], scene)
    return name if plain and depends(name, [n for n in given if _stands_here(n, scene)], scene) else None


def _stands_here(name, scene):
    """Whether a name means anything here."""
    return scene.meaning.known(name) or name in scene.moved or name in scene.indices


def _shown_as_function(name, about, scene):
    """Whether the text shows that a name is a function: by its letter, or by what it writes in a bracket after it.

    `about` says whether its own variable stands in the bracket, θ in J(θ + h).
    """
    written = [n for n in scene.meaning.written.get(name, ()) if _stands_here(n, scene)]
    letters = FUNCTION_LETTERS
    if about or scene.meaning.definitions[name].formula is not None:
        letters = letters | LOSS_LETTERS
    return name in letters or depends(name, written, scene)


def _letter_moved(name, at, tree, scene):
    """The letter that name(tree) puts another value in the place of, or None."""
    written = [n for n in scene.meaning.written.get(name, ()) if _stands_here(n, scene) and n != at]
    candidates = scene.meaning.varying or tuple(scene.meaning.symbols)
    changed = [v for v in written if depends(name, [v], scene)][:1]
    changed = changed or [v for v in candidates if v != at and depends(name, [v], scene)]
    if len(changed) != 1:
        return None
    try:
        argument = evaluate(tree, scene)
    except (NotConforming, Unreadable):
        return None
    here = scene.value(changed[0])
    same = isinstance(argument, np.ndarray) and isinstance(here, np.ndarray) and here.shape == argument.shape
    return changed[0] if same else None


def _of_sample(name, tree, scene):
    """h(x_i), where h was defined for all rows x_i of X at once: the entry or the row of h for this one; or None."""
    if tree.kind != "subscript" or len(tree.args) != 2 or not is_indexed(tree, scene.meaning):
        return None
    base = spelled(tree.args[0])
    base = base if base is None or scene.meaning.known(base) else base.upper()
    if base not in scene.meaning.symbols:
        return None
    samples, whole = scene.value(base), scene.value(name)
    per_row = isinstance(whole, np.ndarray) and samples.shape[1] > 1 and whole.shape[0] == samples.shape[0]
    if not per_row or not depends(name, [base], scene):
        return None
    place = place_of(tree.args[1], scene)
    if not 0 <= place < len(whole):
        raise NotConforming(f"sample {place + 1} of {shape_of(whole)}")
    return whole[[place]].T


def _is_generic(name, scene):
    """Whether a name was defined as a function of a letter that stands for any number, as σ of ζ."""
    formula = scene.meaning.definitions[name].formula
    if formula is None or not formula.args or formula.args[0].operation != "symbol":
        return False
    return formula.args[0].data[0] not in scene.meaning.varying


def _conforms_as_product(name, tree, scene):
    try:
        matmul(scene.value(name), evaluate(tree, scene))
    except (NotConforming, Unreadable):
        return False
    return True


def elementwise_word(name, scene):
    """The elementwise function that a name was defined with, for φ in φ(z) or φ′; not for g(r) = exp(−r)."""
    definition = scene.meaning.definitions.get(name)
    if definition is None:
        return None
    if definition.formula is not None and definition.formula.operation == "elementwise":
        return definition.formula.data
    if definition.tree is None or definition.tree.kind != "apply" or definition.tree.args[0].kind != "operator":
        return None
    own = not definition.parameters or spelled(bare(definition.tree.args[1])) in definition.parameters
    return definition.tree.args[0].data if own else None


def of_matrix(value, function, slope, positive=True):
    """A function of a matrix with real eigenvalues, by its eigenvectors, with how it moves where it moves.

    A real power, a root and a logarithm want them positive.
    """
    size, vectors = np.linalg.eig(regular(value.real))
    if np.any(np.abs(size.imag) > 1e-9) or (positive and np.any(size.real <= 0)):
        raise np.linalg.LinAlgError("a function of a matrix whose eigenvalues are not positive")
    size, vectors = size.real, vectors.real
    back = np.linalg.inv(regular(vectors))
    result = (vectors * function(size)) @ back
    if not np.iscomplexobj(value):
        return result
    gaps = np.subtract.outer(size, size)
    flat = np.abs(gaps) < 1e-7
    slopes = np.where(flat, slope(size), np.subtract.outer(function(size), function(size)) / (gaps + flat))
    return result + 1j * (vectors @ (slopes * (back @ value.imag @ vectors)) @ back)


OF_MATRICES = {
    "log": (np.log, lambda size: 1 / size),
    "exp": (np.exp, np.exp),
    "sqrt": (np.sqrt, lambda size: 0.5 / np.sqrt(size)),
}
"""Functions that under a trace or a determinant are of the whole matrix: tr log Y, with their slopes."""


def _matrix_function(tree, scene):
    """The value of log Y, exp Y or √Y of a square matrix, if it is read as the function of the whole; else None."""
    tree = bare(tree)
    word = "sqrt" if tree.kind == "root" else spelled(tree.args[0]) if tree.kind == "apply" else None
    if word not in OF_MATRICES or scene.meaning.known(word):
        return None
    value = evaluate(tree.args[-1], scene)
    square = isinstance(value, np.ndarray) and value.shape[0] == value.shape[1] > 1
    if not square or is_exact(value):
        return None
    if scene.choose(("of the matrix", tree.start), ("of the whole matrix", "of each entry")):
        return None
    return of_matrix(value, *OF_MATRICES[word], positive=word != "exp")


def _matrix_exponential(tree, value, scene):
    """e^A of a square matrix, if it is read as the exponential of the whole; else None."""
    square = isinstance(value, np.ndarray) and value.shape[0] == value.shape[1] > 1
    if not square or is_exact(value):
        return None
    ways = ["the exponential of the matrix", "the exponential of each entry"]
    typed = tree.args[0].stop - tree.args[0].start > 1  # exp(A), and not e^A
    ways = ways[::-1] if typed else ways
    place = ("exponential", tree.start)
    way = ways[scene.choose(place, tuple(ways))]
    scene.tell((*place, way), way)
    return arrays.matrix_exponential(value) if way == "the exponential of the matrix" else None


_CALCULUS = {"exp", "log", "sqrt", "sin", "cos"}
"""Of these nobody means the slope alone by a prime, as of an activation s = σ(wx + b), s′ = s(1 − s)."""
_SLOPES = ("the derivative by what varies", "a prime is the slope of the function where it is taken")


def _moves_within(name, scene):
    """Whether v = e^{−x} was defined with an expression in the one number that varies, so that v′ is −e^{−x}."""
    definition, varying = scene.meaning.definitions[name], scene.meaning.varying
    if definition.parameters or len(varying) != 1 or not is_scalar(scene.value(varying[0])):
        return False
    if definition.formula is not None:
        return definition.formula.args[0].operation != "symbol"
    return spelled(bare(definition.tree.args[1])) is None


def evaluate_prime(tree, scene):
    """s′: a name of its own, the slope of the function that s is, or a transpose."""
    name, inner = spelled(tree), tree.args[0]
    if name and (name in scene.moved or scene.meaning.known(name)):
        return scene.value(name)
    base = spelled(inner)
    varying = scene.meaning.varying
    function = elementwise_word(base, scene) if base else None
    within = function and _moves_within(base, scene)
    if function and (not within or (function not in _CALCULUS and scene.choose(("slope", base), _SLOPES))):
        return slope_of(function, _inner_argument(base, scene), tree.data)
    value = evaluate(inner, scene)
    if is_scalar(value) and base in scene.meaning.definitions and len(varying) == 1 and tree.data < 3:
        found = partial(
            inner, type(tree)("name", (), varying[0]), tree.data, scene, tree
        )  # a number needs no transpose
        return found.T if isinstance(found, Gradient) and scene.choose(("primed", tree.start), _PRIMED) else found
    number = is_scalar(value) and inner.kind in ("group", "apply") and len(varying) == 1 and tree.data == 1
    if number and scene.choose(("primed", tree.start), ("", "a derivative")):  # (xᵀx)′
        return partial(inner, type(tree)("name", (), varying[0]), 1, scene, tree)
    return transposed(value)


def slope_of(function, argument, order=1):
    """f′ of each entry, by a complex step (a difference where the argument already moves); f″ and f‴ by differences."""
    argument = solid(argument)
    if order > 1 and not is_exact(argument):
        h = 1e-2
        wide, near = (
            (slope_of(function, argument + s, order - 1) - slope_of(function, argument - s, order - 1)) / (2 * s)
            for s in (h, h / 2)
        )
        return witness.extrapolated(wide, near)
    if order > 1:
        raise Unreadable("a derivative of a second order, in letters")
    if is_exact(argument):
        from derivations.executing.exact import slope

        return slope(function, argument)
    if np.iscomplexobj(argument):
        h = 1e-3
        wide, near = (
            (word_applied(function, argument + s) - word_applied(function, argument - s)) / (2 * s) for s in (h, h / 2)
        )
        return witness.extrapolated(wide, near)
    return witness.slope_in(word_applied(function, witness.moved(argument, 1.0)))


def _extreme(word, tree, scene):
    """max(0, z), entry by entry; max of one array, its greatest entry."""
    inner = tree.args[0] if tree.kind == "group" else tree
    values = [solid(evaluate(part, here)) for part, here in items_of(inner.args, scene)] if inner.kind == "list" else []
    sign = 1 if word == "max" else -1
    if not values:
        value = solid(evaluate(inner, scene)).reshape(-1, 1)
        return value[[np.argmax(sign * value.real)]]
    result = values[0]
    for value in values[1:]:
        if (1, 1) not in (result.shape, value.shape) and result.shape != value.shape:
            raise NotConforming(f"{word} of {shape_of(result)} and {shape_of(value)}")
        result = np.where(sign * value.real > sign * result.real, value, result)
    return result


def _factorial(value):
    """N!, entry by entry, by the gamma function; at a point where a whole number is not negative."""
    if np.iscomplexobj(value):
        raise Unreadable("a factorial of what moves")
    if np.any(value <= -1):
        raise np.linalg.LinAlgError("a factorial of a negative number")
    return np.vectorize(math.gamma, otypes=[float])(value + 1)


def _diagonal(value):
    return np.diag(value.ravel()) if 1 in value.shape else np.diag(value)[:, None]


OF_ARRAYS = {
    **{row.read.name: functools.partial(row.value, None, None) for row in ROWS.values() if row.read},
    "sqrt": np.sqrt,
    "adj": lambda value: np.linalg.det(value) * np.linalg.inv(value),
    "cof": lambda value: np.linalg.det(value) * np.linalg.inv(value).T,
    "Diag": _diagonal,
    "diag": _diagonal,
    "vecrow": lambda value: value.reshape(-1, 1),
    "vec": lambda value: value.T.reshape(-1, 1),
    "softmax": lambda value: arrays.softmax(value, int(value.shape[1] > 1)),
    "softmaxrow": functools.partial(arrays.softmax, axis=1),
    "softmaxcolumn": functools.partial(arrays.softmax, axis=0),
    "logsumexp": functools.partial(arrays.log_sum_exp, axis=None),
    "logsumexprow": functools.partial(arrays.log_sum_exp, axis=1),
    "logsumexpcolumn": functools.partial(arrays.log_sum_exp, axis=0),
    "sum": lambda value: np.sum(value).reshape(1, 1),
    "mean": lambda value: np.mean(value).reshape(1, 1),
    "sym": lambda value: (value + value.T) / 2,
    "skew": lambda value: (value - value.T) / 2,
    "norm": lambda value: np.sqrt(np.sum(value * value)).reshape(1, 1),
    "logdet": lambda value: np.log(in_domain(np.linalg.det(regular(value)))).reshape(1, 1),
    "rank": lambda value: np.array([[float(np.linalg.matrix_rank(value))]]),
    "factorial": _factorial,
}
"""Functions of an array: what each does. Those with a word on their row of the table are that row."""
_OF_SQUARE = {"adj", "cof", *(row.read.name for row in ROWS.values() if row.read and row.read.takes == 2)}


def word_applied(word, value):
    """A function word applied to a value."""
    if is_exact(value):
        from derivations.executing.exact import applied

        exact = applied(word, value)
        if exact is not None:
            return exact
    entrywise = ELEMENTWISE.get(word)
    if entrywise is None and word in FUNCTIONS:
        entrywise = FUNCTIONS[word].value
    if word in ("log", "sqrt"):
        in_domain(value.array if isinstance(value, Free) else solid(value))
    if entrywise is not None:
        if isinstance(value, Free):
            return Free(entrywise(value.array), value.rows, value.columns)
        return entrywise(solid(value))
    value = solid(value)
    if word not in OF_ARRAYS:
        raise Unreadable(f"the function {word} is not known here")
    square = value.shape[0] == value.shape[1]
    if not square and (word in _OF_SQUARE or (word == "diag" and 1 not in value.shape)):
        raise NotConforming(f"{word} of {shape_of(value)}")
    return OF_ARRAYS[word](value)


def evaluate_apply(tree, scene):
    """A function word, or a name of the text, before its argument."""
    function, argument = tree.args
    primes = 0
    while function.kind == "prime":
        primes, function = primes + function.data, function.args[0]
    name = spelled(function)
    defined = name is not None and scene.meaning.known(name)
    if defined and not (function.kind == "operator" and name not in scene.meaning.definitions):
        return _named_applied(function, argument, primes, scene)
    for reading in _FORMS:
        value = reading(tree, function, argument, scene)
        if value is not None:
            return value
    whole = _matrix_function(argument, scene) if name in ("tr", "det") else None
    value = evaluate(argument, scene) if whole is None else whole
    if name == "exp" and not primes and (power := _matrix_exponential(tree, value, scene)) is not None:
        return power
    if primes:
        return slope_of(name, value, primes)
    if isinstance(value, Free) and name in ("diag", "Diag") and value.array.shape == (1, 1) and not value.columns:
        return Eye(value.array)  # Diag(c 1)
    if isinstance(value, Free) and name in ("diag", "diagvec", "tr", "det") and value.rows != value.columns:
        value = fitted(value, (max(value.array.shape),) * 2)
    if name in _OF_WHOLE_ARRAYS:
        value = of_some_size(value, argument, scene)
    return word_applied(name, value)


def _named_applied(function, argument, primes, scene):
    """A name of the text that stands where a function word does."""
    name = spelled(function)
    if primes:
        inner = elementwise_word(name, scene)
        if inner:
            return slope_of(inner, evaluate(argument, scene), primes)
        raise Unreadable(f"{name}′ at an argument")
    if name not in scene.meaning.definitions:
        return matmul(scene.value(name), evaluate(argument, scene))
    group = argument if argument.kind == "group" else type(argument)("group", (argument,), "(")
    return call(function, group, scene)


def _composed(tree, function, argument, scene):
    r"""\log\det X."""
    if function.kind != "apply":
        return None
    inner = type(tree)("apply", (function.args[1], argument))
    return evaluate_apply(type(tree)("apply", (function.args[0], inner)), scene)


def _product_of_chain(tree, function, argument, scene):
    """prod(a, b), the product of a chain of derivatives."""
    if spelled(function) != "prod":
        return None
    inner, result = bare(argument), None
    for part in inner.args if inner.kind == "list" else (inner,):
        result = evaluate(part, scene) if result is None else chained(result, part, scene)
    return result


def _extreme_over(tree, function, argument, scene):
    """max(a, b), max_i |x_i|."""
    if spelled(function) in ("max", "min"):
        return _extreme(spelled(function), argument, scene)
    over = tuple(letters_in(indices_under(tree)))
    if not over:
        return None
    here = list(_scenes_over(argument, over, scene))
    values = type(tree)("list", tuple(type(tree)("name", (), f"value {k}") for k in range(len(here))))
    moved = {f"value {k}": evaluate(argument, one) for k, one in enumerate(here)}
    return _extreme(function.args[0].data, values, scene.where(moved))


def _scenes_over(tree, letters, scene):
    """The scenes in which index letters of a tree stand at each of their places."""
    ranges = index_ranges(tree, scene, letters)
    for place in itertools.product(*(range(ranges[letter]) for letter in letters)):
        yield scene.where(indices=dict(zip(letters, place, strict=True)), ranges=ranges)


def _expectation(tree, function, argument, scene):
    """The average over samples that are drawn for what the subscript names; linear, and nothing else is known of it."""
    if function.kind != "subscript" or spelled(function.args[0]) != "expectation":
        return None
    *letters, law = (part.data for part in function.args[1:])
    moving = {*scene.meaning.varying, *scene.moved} & set(law.split())
    if moving:
        raise Unreadable(f"an average over what is drawn by a law that depends on {min(moving)}")
    if "(" in law or set(law.split()) & set(scene.meaning.definitions):
        raise Unreadable("an average over a law that is stated, which is an integral")
    total, shares = None, np.random.default_rng(zlib.crc32(law.encode())).dirichlet(np.ones(_DRAWN))
    for k, share in enumerate(shares):
        moved = {}
        for letter in letters:
            random = np.random.default_rng([zlib.crc32(law.encode()), zlib.crc32(letter.encode()), k])
            here = solid(scene.value(letter))
            moved[letter] = here * random.uniform(0.5, 1.5, here.shape)
        value = scaled(np.array([[share]]), evaluate(argument, scene.where(moved)))
        total = value if total is None else plus(total, value)
    scene.tell(("average", tree.start), f"E is an average over drawn {', '.join(letters)}")
    return total


_DRAWN = 4
"""How many samples an average is over."""


def _softmax_entry(tree, function, argument, scene):
    """softmax_j(S_ij) and softmax(z_j): the share of one entry among those that its index counts.

    softmax_i(x) of a vector x is the entry i of softmax(x).
    """
    script = function.kind == "subscript" and len(function.args) == 2
    word, letter = (function.args[0], spelled(function.args[1])) if script else (function, None)
    if spelled(word) != "softmax" or scene.meaning.known("softmax") or (script and spelled(function) in OF_ARRAYS):
        return None
    entry = bare(argument)
    letters = letters_in(entry.args[1:]) if entry.kind == "subscript" and is_indexed(entry, scene.meaning) else ()
    if script and letter not in letters:
        place, value = place_of(function.args[1], scene), word_applied("softmax", evaluate(argument, scene))
        if not place < value.size or 1 not in value.shape:
            raise NotConforming(f"entry {place + 1} of softmax of {shape_of(value)}")
        return value.reshape(-1, 1)[[place]]
    letter = letter or (letters[-1] if letters else None)
    if letter not in scene.indices or not is_scalar(value := evaluate(argument, scene)):
        return None
    if not script:
        scene.tell(("softmax", tree.start), f"softmax over {letter}")
    others = [evaluate(argument, here) for here in _scenes_over(argument, (letter,), scene)]
    top = max(other.real.item() for other in others)
    return np.exp(value - top) / sum(np.exp(other - top) for other in others)


def _to_a_base(tree, function, argument, scene):
    """The log₂ x of a base that is written below it; None for any other function."""
    if function.kind != "subscript" or spelled(function.args[0]) != "log" or len(function.args) != 2:
        return None
    value, base = (word_applied("log", evaluate(part, scene)) for part in (argument, function.args[1]))
    return scaled(1 / solid(base), value)


_FORMS = (
    lambda tree, function, argument, scene: _shaped(function, argument, scene),
    _composed,
    _product_of_chain,
    _extreme_over,
    _softmax_entry,
    _expectation,
    _to_a_base,
)
"""Words that do more with what stands behind them than take its value; each gives None where it is not meant."""

_OF_WHOLE_ARRAYS = OF_ARRAYS.keys() - {"sqrt", "factorial"}
"""Functions for which the size of the array matters, and not its entries alone."""
