"""Algebra: numbers, names, sums, products, powers, norms, transposes, inverses, matrices and cases."""

import re
import zlib

import numpy as np

from derivations.executing.calculus import (
    evaluate_differential,
    evaluate_direction,
    is_at_point,
    is_derivative_of_a_constant,
    through_arrays,
)
from derivations.executing.functions import (
    OF_MATRICES,
    call,
    is_function,
    is_primed_function,
    of_matrix,
    primed_call,
    slope_of,
    slope_word,
    word_applied,
)
from derivations.executing.indices import is_of_entry, items_of, modest, place_of, sum_that_runs_on, with_rest
from derivations.executing.juxtaposition import of_some_size, times
from derivations.executing.scenes import evaluate
from derivations.executing.values import (
    Eye,
    Free,
    NotConforming,
    Unreadable,
    cancelled,
    colon,
    entrywise,
    in_domain,
    is_exact,
    is_scalar,
    is_zero,
    largest_entry,
    matmul,
    plus,
    plus_unless_zero,
    reciprocal,
    regular,
    scaled,
    shape_of,
    solid,
    together,
    transposed,
)
from derivations.reading.latex_tree import spelled


def evaluate_name(tree, scene):
    name = spelled(tree)
    if name is not None and (name in scene.moved or scene.meaning.known(name)):
        return scene.value(name)
    if name in scene.indices:
        return np.array([[scene.indices[name] + 1.0]])
    if name and name[0] == "d" and scene.meaning.known(name[1:]):  # a spelling mapped to a differential
        return evaluate_differential(type(tree)("differential", (type(tree)("name", (), name[1:]),), 1), scene)
    if name and name.endswith("dot") and name.removesuffix("dot") in scene.meaning.definitions:
        moving = type(tree)("name", (), name.removesuffix("dot"))
        return evaluate_differential(type(tree)("differential", (moving,), 1), scene)
    if name in _CONSTANTS:
        return np.array([[_CONSTANTS[name]]])
    raise Unreadable(f"{name} is not declared")


def evaluate_either_sign(tree, scene):
    """±, at some points + and at others −; ∓ is its opposite."""
    values = next(iter(scene.point.values.values()), np.ones((1, 1)))
    if is_exact(values):
        raise Unreadable("± is two formulas, and a proof is of one")
    scene.tell(("either sign",), "± is + at some points and − at others")
    return np.array([[tree.data * (1.0 - 2.0 * (zlib.crc32(repr(values.flat[0]).encode()) % 2))]])


_CONSTANTS = {"pi": np.pi, "e": np.e, "i": 1j}


def evaluate_sum(tree, scene):
    operator = tree.args[0]
    if operator.kind in ("operate", "gradient") and tree.data[0] == 1:  # ∇_x xᵀSx − yᵀx, of all that follows
        body = operator.args[1 if operator.kind == "operate" else 0]
        whole = body.kind in ("product", "power", "norm", "apply", "colon")
        if whole and scene.choose(("reach", tree.start), ("", "the derivative of the whole sum")):
            return evaluate(_of(operator, type(tree)("sum", (body, *tree.args[1:]), tree.data)), scene)
    result, terms = None, []
    for i, (sign, term) in enumerate(zip(tree.data, tree.args, strict=True), 1):
        runs_on = sum_that_runs_on(term, tree.args[i:], scene)
        if runs_on:  # the sum binds an index of the terms after it: they belong to it
            term = with_rest(term, tree.args[i:], tree.data[i:])
        value = scaled(np.array([[float(sign)]]), evaluate(term, scene))
        if result is not None:
            result, value = _number_beside_matrix(result, value, tree, scene)
        terms.append(value)
        result = value if result is None else _plus_bias(result, value, tree.args[:i], scene)
        if runs_on:
            break
    scene.meaning.cancelled = max(scene.meaning.cancelled, _lost(result, terms))
    return result


def _lost(result, terms):
    """The largest term at an entry of a sum at which little of the terms is left; 0 where none cancels."""
    if not isinstance(result, np.ndarray) or is_exact(result):
        return 0.0
    fit = [isinstance(term, np.ndarray) and term.shape in (result.shape, (1, 1)) for term in terms]
    return cancelled(result, [t if fits else largest_entry(t) for t, fits in zip(terms, fit, strict=True)])


def _plus_bias(result, value, terms, scene):
    """The sum so far and the last of some terms; a vector with a name is added to each column or row of a matrix."""
    try:
        return plus_unless_zero(result, value)
    except NotConforming:
        whole, bias, name = result, value, spelled(terms[-1])
        if len(terms) == 2 and spelled(terms[0]) is not None and 1 in getattr(result, "shape", ()):
            whole, bias, name = value, result, spelled(terms[0])
        arrays = isinstance(whole, np.ndarray) and isinstance(bias, np.ndarray)
        if not arrays or name is None or 1 not in bias.shape or 1 in whole.shape or bias.size not in whole.shape:
            raise
        columns = bias.shape == (whole.shape[0], 1)
        scene.choose(("bias", terms[-1].start), (f"{name} added to every {'column' if columns else 'row'}",))
        return whole + (bias if columns else bias.reshape(1, -1))


def _number_beside_matrix(left, right, tree, scene):
    """Two terms, where a number beside a square matrix may be that multiple of I: A − λ."""
    for one, other in ((left, right), (right, left)):
        square = isinstance(one, np.ndarray) and one.shape[0] == one.shape[1] > 1
        number = is_scalar(other) and not is_zero(other)
        if square and number and scene.choose(("number", tree.start), ("a number in each entry", "a multiple of I")):
            return (left, Eye(right)) if other is right else (Eye(left), right)
    return left, right


def evaluate_product(tree, scene):
    """Factors from left to right; what conforms decides between a product, a function applied, and an entrywise one."""
    values, signs = [], []
    i = 0
    args = tree.args
    if _is_of_a_bracket(args[0]) and (whole := _reaching(tree, scene)) is not None:
        return whole
    if (whole := through_arrays(tree, scene)) is not None:
        return whole
    while i < len(args):
        factor = args[i]
        if i + 1 < len(args) and is_derivative_of_a_constant(factor, scene):  # ∇ c ‖x‖² is ∇ (c ‖x‖²)
            whole = type(tree)("product", (factor.args[0], *args[i + 1 :]), tree.data[i:])
            values.append(evaluate(_of(factor, whole), scene))
            break
        if (left := _open_kronecker(factor)) is not None and i + 1 < len(args):
            rest = args[i + 1] if i + 2 == len(args) else type(tree)("product", args[i + 1 :], tree.data[i + 1 :])
            values.append(_kronecker_adjoint(*left, solid(evaluate(rest, scene)), scene))
            break
        applied = i + 1 < len(args) and tree.data[i] == "" and args[i + 1].kind == "group"
        slope = slope_word(factor, args[i + 1], scene) if applied and factor.kind == "prime" else None
        if applied and factor.kind == "imaginary" and is_function(factor.args[0], scene):
            values.append(np.imag(solid(call(factor.args[0], args[i + 1], scene))))
            i += 2
        elif applied and factor.kind == "differential" and is_at_point(factor.args[0], scene):
            at_point = type(tree)("direction", (factor.args[0].args[0], args[i + 1].args[0]), None, factor.start)
            values.append(evaluate_direction(at_point, scene))  # df_X(H)
            i += 2
        elif slope and not scene.meaning.known(spelled(factor) or ""):
            values.append(slope_of(slope, evaluate(args[i + 1], scene), factor.data))
            i += 2
        elif applied and factor.kind == "prime" and is_primed_function(factor, args[i + 1], scene):
            values.append(primed_call(factor, args[i + 1], scene))
            i += 2
        elif applied and is_function(factor, scene):
            values.append(call(factor, args[i + 1], scene))
            i += 2
        else:
            values.append(evaluate(factor, scene))
            i += 1
        if i < len(args):
            signs.append(tree.data[i - 1])
    try:
        return _from_left(values, signs, tree, scene)
    except NotConforming:
        if r"\cdot" not in signs or len(signs) != len(tree.data):
            raise
        k = len(signs) - signs[::-1].index(r"\cdot")  # a · B c, the inner product of a and B c
        left = _from_left(values[:k], signs[: k - 1], tree, scene)
        right = _from_left(values[k:], signs[k:], tree, scene)
        return times(left, right, r"\cdot", (tree, k - 1), scene)


def _from_left(values, signs, tree, scene):
    result = values[0]
    for place, (sign, value) in enumerate(zip(signs, values[1:], strict=True)):
        result = times(result, value, sign, (tree, place), scene)
    return result


def _of(operator, body):
    """A derivative operator of another body."""
    args = list(operator.args)
    args[1 if operator.kind == "operate" else 0] = body
    return type(body)(operator.kind, tuple(args), operator.data, operator.start, body.stop)


TURNED = ("transpose", "prime")
"""What may stand around an operator that was read as acting on the first factor alone: ∇ (a)ᵀ b, ∂/∂x (a)' b."""


def _is_of_a_bracket(operator):
    """Whether ∇ and ∂/∂x stand before more than a name or a function of it: ∇ (aᵀx)(bᵀx), ∂/∂x (x − s)ᵀ W (x − s)."""
    operator = operator.args[0] if operator.kind in TURNED else operator
    body = operator.args[operator.kind == "operate"] if operator.kind in ("operate", "gradient") else None
    return body is not None and body.kind in ("group", "sum", "product", "power", "norm") and operator.data == 1


def _reaching(tree, scene):
    """∂/∂x a ⊗ b, where the operator stands before all that is multiplied, if it is read so; else None."""
    outer = tree.args[0] if tree.args[0].kind in TURNED else None
    operator = outer.args[0] if outer else tree.args[0]
    if operator.kind not in ("operate", "gradient") or operator.data == 2:
        return None
    words = ("", "the derivative of the first factor alone" if outer else "the derivative of all that is multiplied")
    other = bool(scene.choose(("reach", tree.start), words))
    if other == (outer is not None):  # in ∇ (a)ᵀ b the ᵀ is that of the bracket, so that ∇ stands before a product
        return None
    first = _bracketed(operator.args[1 if operator.kind == "operate" else 0])
    first = type(tree)(outer.kind, (first,), outer.data, first.start, first.stop) if outer else first
    return evaluate(_of(operator, type(tree)(tree.kind, (first, *tree.args[1:]), tree.data)), scene)


def _bracketed(tree):
    return type(tree)("group", (tree,), "(", tree.start, tree.stop) if tree.kind in ("sum", "product") else tree


def evaluate_hadamard(tree, scene):
    if (whole := _reaching(tree, scene)) is not None:
        return whole
    ones = tree.args[0].kind == "one"  # 1 ⊘ A has the shape of A, a matrix too
    result = np.ones((1, 1)) if ones else evaluate(tree.args[0], scene)
    for sign, argument in zip(tree.data, tree.args[1:], strict=True):
        value = evaluate(argument, scene)
        if sign == r"\oslash":
            value = reciprocal(value)
        if is_scalar(result) or is_scalar(value):
            result = matmul(result, value)
        elif sign == r"\circ":
            try:
                result = entrywise(result, value)
            except NotConforming:
                result = matmul(result, value)
        else:
            result = entrywise(result, value)
    return result


def evaluate_kronecker(tree, scene):
    result = _reaching(tree, scene)
    if result is not None:
        return result
    for argument in tree.args:
        value = evaluate(argument, scene)
        value = of_some_size(value, argument, scene)
        value = solid(value)
        modest(value.size, 1 if result is None else result.size)
        result = value if result is None else np.kron(result, value)
    return result


def _open_kronecker(tree):
    """Of (A ⊗ ·)*, the adjoint of X ↦ A ⊗ X: A, and whether it stands on the left; else None."""
    if tree.kind != "label" or tree.args[0].kind != "group" or tree.args[0].args[0].kind != "kronecker":
        return None
    left, right = tree.args[0].args[0].args[:2]
    if spelled(right) == "·":
        return left, True
    return (right, False) if spelled(left) == "·" else None


def _kronecker_adjoint(held, on_the_left, whole, scene):
    held = solid(of_some_size(evaluate(held, scene), held, scene))
    rows, columns = held.shape
    if whole.shape[0] % rows or whole.shape[1] % columns:
        raise NotConforming(f"{shape_of(whole)} by blocks of {shape_of(held)}")
    inner = (whole.shape[0] // rows, whole.shape[1] // columns)
    if on_the_left:
        return np.einsum("ij,irjc->rc", held, whole.reshape(rows, inner[0], columns, inner[1]))
    return np.einsum("ij,ricj->rc", held, whole.reshape(inner[0], rows, inner[1], columns))


def evaluate_colon(tree, scene):
    """A : B; where a sum stands beside it without brackets, what conforms decides how far the colon reaches."""
    left, right = evaluate(tree.args[0], scene), evaluate(tree.args[1], scene)
    if isinstance(left, Free | Eye) and isinstance(right, Free | Eye):
        right = of_some_size(right, tree, scene)
    return colon(left, right)


def evaluate_fraction(tree, scene):
    above, below = evaluate(tree.args[0], scene), evaluate(tree.args[1], scene)
    if is_scalar(below):
        return scaled(1 / below, above)
    if isinstance(below, Eye):
        raise NotConforming("a division by a matrix")
    if tree.args[1].kind == "differential":
        raise Unreadable("a division by a differential that is no number")
    return entrywise(above, reciprocal(below)) if not is_scalar(above) else scaled(above, reciprocal(below))


def evaluate_elementwise_power(tree, scene):
    base, exponent = evaluate(tree.args[0], scene), solid(evaluate(tree.args[1], scene))
    if exponent.shape != (1, 1):
        a, b = together(base, exponent)
        return in_domain(solid(a)) ** b
    power = exponent.item()
    whole = abs(np.real(power) - round(np.real(power))) < 1e-12
    power = round(np.real(power)) if whole and np.real(power) >= 0 else power
    return Free(base.array**power, base.rows, base.columns) if isinstance(base, Free) else solid(base) ** power


def evaluate_indicator(tree, scene):
    if tree.data == "∈":
        return _is_member(tree, scene)
    left, right = evaluate(tree.args[0], scene), evaluate(tree.args[1], scene)
    apart = plus(left, scaled(np.array([[-1.0]]), right))
    if isinstance(apart, Free):  # [1 > 0]
        inner = type(tree)("indicator", (type(tree)("name", (), "left"), type(tree)("number", (), 0)), tree.data)
        return Free(evaluate_indicator(inner, scene.where({"left": apart.array})), apart.rows, apart.columns)
    apart = solid(apart)
    if tree.data in ("<", ">", "≤", "≥"):
        apart = apart if tree.data in (">", "≥") else -apart
        return word_applied("positive" if tree.data in ("<", ">") else "nonnegative", apart)
    if tree.data not in ("=", "≡", "≠") or is_exact(apart):
        raise Unreadable(f"the condition '{tree.data}'")
    near = np.abs(apart.real) < 1e-12
    if tree.data == "≡" and _is_by_chance(left, right):
        told = spelled(tree.args[0]) or "what stands there"
        raise Unreadable(f"{told} is never that value by chance: say which values it takes, as in assume='y: binary'")
    return (~near if tree.data == "≠" else near) * 1.0


def _is_by_chance(left, right):
    """Whether one of two values is a whole number and the other is not, so that they are never equal."""
    numbers = [np.real(solid(value)) for value in (left, right)]
    whole = [np.all(np.abs(value - np.round(value)) < 1e-9) for value in numbers]
    return whole[0] != whole[1]


def _is_member(tree, scene):
    """Whether an index is in a set that nobody said: the first place is, of others it is drawn for each point."""
    letter, members = tree.args[0], f"{tree.args[1].data}"
    places = tuple(place_of(t, scene) for t in (letter.args if letter.kind == "list" else (letter,)))
    scene.tell(("set", members), f"{members} holds some of the places")
    numbers = b"".join(value.tobytes() for value in scene.point.values.values() if not is_exact(value))
    drawn = np.random.default_rng([zlib.crc32(numbers), zlib.crc32(members.encode()), *places]).random() < 0.5
    return np.array([[float(drawn or not any(places))]])


def evaluate_root(tree, scene):
    return np.sqrt(in_domain(solid(evaluate(tree.args[0], scene))))


def evaluate_norm(tree, scene):
    """‖x‖, ‖x‖₁, ‖x‖_∞, ‖X‖_*, ‖x‖_p, and ‖x‖_A, which is √(xᵀAx)."""
    value = solid(evaluate(tree.args[0], scene))
    if len(tree.args) > 1:
        weight = evaluate(tree.args[1], scene)
        if is_scalar(weight):
            return np.sum(word_applied("abs", value) ** weight).reshape(1, 1) ** (1 / weight)
        return np.sqrt(in_domain(np.trace(matmul(matmul(value.T, weight), value)).reshape(1, 1)))
    if tree.data == "1":
        return np.sum(word_applied("abs", value)).reshape(1, 1)
    if tree.data == "inf" and 1 in value.shape:
        sizes = word_applied("abs", value).reshape(-1, 1)
        return sizes[[np.argmax(sizes.real)]]
    if tree.data == "*" and not is_exact(value):
        short = value.T @ value if value.shape[0] >= value.shape[1] else value @ value.T
        return np.trace(of_matrix(short, *OF_MATRICES["sqrt"])).reshape(1, 1)
    if tree.data in ("inf", "*", "op"):
        raise Unreadable(f"the norm with the sign {tree.data}")
    return word_applied("norm", value)


def evaluate_bars(tree, scene):
    value = solid(evaluate(tree.args[0], scene))
    if value.shape == (1, 1):
        return word_applied("abs", value)
    if value.shape[1] == 1:
        option = scene.choose(("bars", tree.start), ("a norm", "absolute values"))
        return word_applied("abs" if option else "norm", value)
    if value.shape[0] != value.shape[1]:
        raise NotConforming(f"bars around {shape_of(value)}")
    option = scene.choose(("bars", tree.start), ("the determinant", "a norm"))
    return word_applied("norm" if option else "det", value)


def evaluate_power(tree, scene):
    base, exponent = tree.args
    called = base.kind == "apply" and spelled(base.args[0]) == "log" and base.args[1].kind == "group"
    if called and scene.choose(("power", tree.start, "log"), ("", "the logarithm of the power")):  # log(a − b)²
        inside = type(tree)("power", (base.args[1], exponent), tree.data, base.args[1].start, tree.stop)
        return evaluate(type(tree)("apply", (base.args[0], inside), base.data, tree.start, tree.stop), scene)
    value = evaluate(base, scene)
    number = solid(evaluate(exponent, scene))
    if number.shape != (1, 1):
        if is_scalar(value):
            return value**number
        raise NotConforming(f"a power with the exponent {shape_of(number)}")
    power = number.item()
    whole = abs(np.real(power) - round(np.real(power))) < 1e-12 and not np.iscomplexobj(number)
    if isinstance(value, Eye):
        return Eye(value.factor**power)
    if isinstance(value, Free):
        return Free(value.array**power, value.rows, value.columns)
    value = solid(value)
    square = value.shape != (1, 1) and value.shape[0] == value.shape[1]
    if square and not np.iscomplexobj(number):
        option = scene.choose(("power", tree.start), ("a matrix power", "a power of each entry"))
        if option == 0 and whole:
            return np.linalg.matrix_power(value, round(np.real(power)))
        if option == 0:
            return of_matrix(value, lambda size: size**power, lambda size: power * size ** (power - 1))
    elif whole and value.shape[0] != value.shape[1] != 1:
        scene.choose(("power", tree.start), ("a power of each entry",))
    if whole and np.real(power) >= 0:
        return value ** round(np.real(power))
    return 1 / value ** round(-np.real(power)) if whole else in_domain(value) ** power


def evaluate_transpose(tree, scene):
    if is_of_entry(tree, scene.meaning):
        return evaluate(_inside(tree), scene)
    return transposed(evaluate(tree.args[0], scene))


def _inside(tree):
    """Aᵀ_{ij} as the entry of Aᵀ that it is."""
    entry = tree.args[0]
    whole = type(tree)(tree.kind, entry.args[:1], tree.data, tree.start, tree.stop)
    return type(tree)("subscript", (whole, *entry.args[1:]), "", tree.start, tree.stop)


def evaluate_inverse(tree, scene):
    if is_of_entry(tree, scene.meaning):
        options = ("an entry of the inverse", "the inverse of an entry")
        if scene.choose(("entry", tree.start), options) == 0:
            return evaluate(_inside(tree), scene)
    value = evaluate(tree.args[0], scene)
    if isinstance(value, Eye | Free) or is_scalar(value):
        return reciprocal(value)
    value = solid(value)
    if value.shape[0] != value.shape[1]:
        if value.shape[1] == 1:
            if tree.args[0].kind == "subscript":
                raise Unreadable("an inverse of a row or a column: a matrix for each index is not declared")
            scene.tell(("inverse", tree.start), "the inverse of each entry")
            return value**-1.0
        raise NotConforming(f"an inverse of {shape_of(value)}")
    return np.linalg.inv(regular(value))


def evaluate_inverse_transpose(tree, scene):
    if is_of_entry(tree, scene.meaning):
        return evaluate(_inside(tree), scene)
    return transposed(evaluate_inverse(tree, scene))


def evaluate_matrix(tree, scene):
    rows = []
    for row, here in items_of(tree.args, scene):
        cells = row.args if row.kind == "list" else (row,)
        rows.append([solid(evaluate(cell, inner)) for cell, inner in items_of(cells, here)])
    return _blocks(rows)


def _blocks(rows):
    """Rows of arrays as one array; a 0 takes the size of what stands beside it."""
    heights = [max(cell.shape[0] for cell in row) for row in rows]
    if len({len(row) for row in rows}) == 1:
        widths = [max(row[k].shape[1] for row in rows) for k in range(len(rows[0]))]
        rows = [
            [np.zeros((h, w)) if is_zero(cell) else cell for cell, w in zip(row, widths, strict=True)]
            for row, h in zip(rows, heights, strict=True)
        ]
    try:
        return np.block(rows)
    except ValueError:
        raise NotConforming("the blocks of a matrix do not fit") from None


def evaluate_list(tree, scene):
    """(a, b, c): numbers as a row or a column, columns as a matrix."""
    cells = [solid(evaluate(part, here)) for part, here in items_of(tree.args, scene)]
    row = _blocks([cells])
    if all(cell.shape == (1, 1) for cell in cells):
        option = scene.choose(("list", tree.start), ("a row", "a column"))
        return row.T if option else row
    return row


_OTHERWISE = re.compile(r"otherwise|\belse|other cases|\bdefault|\belsewhere", re.IGNORECASE)


def evaluate_cases(tree, scene):
    """The value beside the first condition that is true, entry by entry where the condition is."""
    result, open_still = None, None
    rows = [row.args if row.kind == "list" else (row,) for row in tree.args]
    rows.sort(key=lambda cells: len(cells) > 1 and cells[1].kind == "text" and bool(_OTHERWISE.search(cells[1].data)))
    for i, cells in enumerate(rows):
        if len(cells) > 2:
            raise Unreadable("more beside a case than its condition")
        value, condition = (*cells, None)[:2]
        if condition is not None and condition.kind == "text" and i < len(rows) - 1:
            raise Unreadable(f"the condition ‘{condition.data.strip()}’ is in words: write it as a relation")
        value = solid(evaluate(value, scene))
        true = np.array([[1.0]]) if condition is None or condition.kind == "text" else solid(evaluate(condition, scene))
        if result is None:
            result, open_still = np.zeros(np.broadcast_shapes(value.shape, true.shape)), np.array([[True]])
        try:
            result = np.where(open_still & (true != 0), value, result)
            open_still = open_still & (true == 0)
        except ValueError:
            raise NotConforming("the conditions and the values of the cases differ in shape") from None
    if np.any(open_still):
        raise np.linalg.LinAlgError("no case applies")
    return result
