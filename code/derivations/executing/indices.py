"""Indices: which letters are indices, how far they run, entries, families, and sums and products over them."""

import itertools

import numpy as np

from derivations.executing.scenes import evaluate, key_of
from derivations.executing.values import ENTRIES, NotConforming, Unit, Unreadable, is_scalar, shape_of, solid
from derivations.reading.latex_tree import BIG, bare, parts, spelled


def free_indices(tree, scene):
    """The index letters of a tree that no sum binds, in order."""
    found, stack = {}, [(tree, frozenset())]
    while stack:
        t, bound = stack.pop()
        if t.kind in BIG:
            bound = bound | {b[0] for b in t.data}
        bound = bound | set(letters_in(indices_under(t)))
        for letter in (*script_letters(t, scene.meaning), *_ends(t, scene.meaning)):
            taken = scene.meaning.known(letter) and letter not in scene.meaning.sizes
            if letter not in bound and letter not in scene.indices and not taken:
                found[letter] = True
        inside = []
        for a in t.args:
            inside.append((a, bound))
            big = last_sum(a) if t.kind == "sum" else None
            bound = bound | {b[0] for b in big.data} if big is not None else bound  # Σ_i a_i − b_i runs on
        stack.extend(reversed(inside))
    return tuple(found)


def _ends(tree, meaning):
    """The letters that are indices in the bounds of a sum, i in Σ_{j=1}^i: no sizes, and nothing that has a value."""
    ends = [end for bounds in tree.data or () for end in bounds[1:] if end is not None] if tree.kind in BIG else []
    letters = (part.data for end in ends for part in parts(end) if part.kind == "name" and part.data in f"{_LETTERS}t")
    return [letter for letter in letters if not meaning.known(letter)]


_LETTERS = "ijklmnpqrs"
"""Letters that are indices wherever they have no other meaning."""


def is_meant(indices, meaning):
    """Whether a place is one for which a line is said, i ≠ j say."""
    first, sign, second = meaning.condition or ("", "", "")
    if first not in indices or second not in indices:
        return True
    a, b = indices[first], indices[second]
    return {"=": a == b, "≠": a != b, "<": a < b, ">": a > b, "≤": a <= b, "≥": a >= b}[sign]


def multiplies_rows(tree):
    """Whether u_i v_jᵀ stands in a tree, with two indices: the product of a column and a row is not meant."""

    def script(inner):
        found = inner.kind == "subscript" and len(inner.args) == 2 and inner.args[1].kind == "name"
        return inner.args[1].data if found else None

    pairs = [pair for inner in parts(tree) if inner.kind == "product" for pair in itertools.pairwise(inner.args)]
    turned = [(script(a), script(b.args[0])) for a, b in pairs if b.kind == "transpose"]
    return any(None not in pair and pair[0] != pair[1] for pair in turned)


def is_place(below, meaning):
    """Whether ∂_j is the derivative by the entry j of the one variable."""
    plain = below.kind == "name" and below.data in _LETTERS and len(meaning.varying) == 1
    return plain and below.data not in meaning.symbols and below.data not in meaning.definitions


def script_letters(tree, meaning):
    """The letters that are indices in the scripts of a tree: not those of a name, nor the size in I_n and K_{m,n}."""
    if tree.kind == "delta":
        return letters_in(tree.args)
    if tree.kind == "operate" and is_place(tree.args[0], meaning):
        return [tree.args[0].data]
    if tree.kind != "subscript" or not is_indexed(tree, meaning) or tree.args[0].kind in ("operator", "one"):
        return []
    if tree.args[0].kind == "identity" and (len(tree.args) != 3 or _is_size_twice(tree.args[1:], meaning)):
        return []  # I_n and I_{nn} are no entries
    letters, base = letters_in(tree.args[1:]), spelled(tree.args[0])
    if base in ("e", "K", "D") and not meaning.known(base):
        return [letter for letter in letters if letter not in meaning.sizes]  # e_n is the last one
    return letters


def is_indexed(tree, meaning):
    """Whether the scripts of a tree are indices, and not a part of its name."""
    name = tree.data or ""
    definition = meaning.definitions.get(name)
    return not meaning.known(name) or (definition is not None and definition.family)


def is_of_entry(tree, meaning):
    """Whether a script stands on an entry by two indices: Aᵀ_{ij}, typed with its scripts in either order."""
    inner = tree.args[0]
    return inner.kind == "subscript" and len(inner.args) == 3 and not meaning.known(inner.data or "")


def is_family(tree, letters, scene):
    """Whether an expression with indices is a matrix for each of their values, and not a number."""
    try:
        ranges = {x: whole_number(scene.meaning.ranges[x], scene) for x in letters if x in scene.meaning.ranges}
        with np.errstate(all="ignore"):
            value = evaluate(tree, scene.where(indices=dict.fromkeys(letters, 0), ranges=ranges))
    except (Unreadable, NotConforming, np.linalg.LinAlgError):
        units = [t for t in parts(tree) if t.kind == "subscript" and spelled(t.args[0]) == "e"]
        return len(units) > 1 and not scene.meaning.known("e")  # e_i e_jᵀ, whose size the place of use tells
    column = len(letters) == 1 and isinstance(value, np.ndarray) and value.shape[1] == 1
    return not (is_scalar(value) or column)


def stated_ranges(lines):
    """How far each index runs by the sums of a text: index to tree; not where two sums differ."""
    found, keys = {}, {}
    for line in lines:
        for tree in (t for side in (line.left, line.right) for t in parts(side)) if hasattr(line, "left") else ():
            for letter, _, high in tree.data if tree.kind in BIG else ():
                if high is not None and high.kind != "infinity":
                    keys.setdefault(letter, set()).add(key_of(high))
                    found[letter] = high
    return {letter: high for letter, high in found.items() if len(keys[letter]) == 1}


def letters_in(trees):
    """The index letters in subscripts: ``ij`` is i and j."""
    return [inner.data for tree in trees for inner in parts(tree) if inner.kind == "name"]


def index_ranges(tree, scene, wanted):
    """How far each index runs: by its sum, by what it is an index of, by a family, by the sums of the text."""
    ranges, inside = {}, parts(tree)
    for inner in inside:
        for letter, _, high in inner.data if inner.kind in BIG else ():
            if letter in wanted and high is not None:
                ranges.setdefault(letter, whole_number(high, scene))
        ends = [letter for letter in _ends(inner, scene.meaning) if letter in wanted and letter not in ranges]
        for end in ends:  # as far as what it ends
            ranges[end] = max(index_ranges(inner.args[0], scene, (b[0],))[b[0]] for b in inner.data)
    for inner in inside:
        for letter, length in _lengths_by_entry(inner, scene):
            if letter in wanted:
                ranges.setdefault(letter, length)
    for inner in inside:
        definition = scene.meaning.definitions.get(inner.data or "") if inner.kind == "subscript" else None
        if definition is not None and definition.family:
            missing = tuple(x for x in definition.indices if x in wanted and x not in ranges)
            ranges.update(index_ranges(definition.tree, scene, missing) if missing else {})
        elif inner.kind == "operate" and is_place(inner.args[0], scene.meaning):
            ranges.setdefault(inner.args[0].data, scene.value(scene.meaning.varying[0]).shape[0])
    for letter in wanted:
        if letter not in ranges and letter in scene.meaning.ranges:
            ranges[letter] = whole_number(scene.meaning.ranges[letter], scene)
    missing = [letter for letter in wanted if letter not in ranges]
    if missing and not any(_is_script(missing[0], inner, scene) for inner in inside):
        raise Unreadable(f"which values {missing[0]} takes is not said, and nothing has it as an index")
    if missing:
        bases = [spelled(bare(t.args[0])) for t in inside if _is_script(missing[0], t, scene) and t.kind == "subscript"]
        unknown = [name for name in bases if name and not scene.meaning.known(name)]
        told = f"how far the index {missing[0]} runs is not said"
        raise Unreadable(f"{unknown[0]} is not declared" if unknown and len(unknown) == len(bases) else told)
    return ranges


def _lengths_by_entry(tree, scene):
    """Pairs of an index and how far it runs, by the array of which a tree is an entry."""
    turned = tree.kind == "transpose" and is_of_entry(tree, scene.meaning)
    entry = tree.args[0] if turned else tree
    if entry.kind != "subscript" or not is_indexed(entry, scene.meaning) or scene.meaning.known(entry.data or ""):
        return ()
    try:
        base = base_array(entry.args[0], scene)
    except (Unreadable, NotConforming):
        return ()
    base, letters = base.T if turned else base, letters_in(entry.args[1:])
    if len(letters) == 2:
        lengths = base.shape
    elif base.shape[1] == 1:
        lengths = base.shape[:1]
    else:
        lengths = (base.shape[axis_of(entry, base, scene)],)
    return zip(letters, lengths, strict=False)


def name_of_whole(tree, scene):
    """The name of what an index picks from; x_i is a row of X where x is not declared and the matrix X is."""
    name = spelled(bare(tree))
    if name is not None and not scene.meaning.known(name) and name not in scene.moved:
        upper = name.upper() if len(name) == 1 else name.capitalize()
        if upper in (*scene.meaning.symbols, *scene.meaning.definitions) and min(solid(scene.value(upper)).shape) > 1:
            return upper
    return name


def base_array(tree, scene):
    name = name_of_whole(tree, scene)
    return solid(evaluate(bare(tree), scene) if name == spelled(bare(tree)) else scene.value(name))


def evaluate_labelled(tree, scene):
    """A name with a bracketed label, or a power that looks like one."""
    name = spelled(tree)
    if name and (name in scene.moved or scene.meaning.known(name)):
        return scene.value(name)
    raise Unreadable(f"{name} is not declared")


def evaluate_subscript(tree, scene):
    name = spelled(tree)
    if name and (name in scene.moved or scene.meaning.known(name)):
        return scene.value(name)
    base, inner = tree.args[0], tree.args[1:]
    if base.kind == "identity" and len(inner) == 2 and not _is_size_twice(inner, scene.meaning):  # I_ij
        return evaluate_delta(type(tree)("delta", inner), scene)
    if base.kind == "identity" or (base.kind == "name" and base.data == "I" and not scene.meaning.known("I")):
        return np.eye(*modest(*2 * [whole_number(inner[0], scene)]))
    if base.kind == "one":
        return np.ones(modest(whole_number(inner[0], scene), 1))
    if base.kind == "name" and base.data == "e" and not scene.meaning.known("e"):
        length = scene.ranges.get(inner[0].data) if inner[0].kind == "name" else None
        return Unit(place_of(inner[0], scene), np.ones((1, 1)), length=length)
    if base.kind == "name" and base.data in ("K", "D") and not scene.meaning.known(base.data):
        return structure(base.data, [whole_number(t, scene) for t in inner], tree, scene)
    if any(_range(t, scene, 1) for t in inner):
        return part_of(base_array(base, scene), inner, scene)
    places = [place_of(t, scene, base) for t in inner]
    if base.kind == "derivative" and len(places) == 2:
        return _entry(solid(evaluate(base, scene)), places)
    array = base_array(base, scene)
    if len(places) == 1 and array.shape[1] == 1 and _is_shifted(inner[0], scene) and not 0 <= places[0] < len(array):
        scene.tell(("beyond", key_of(base)), f"entries of {spelled(bare(base))} beyond its ends are 0")
        return np.zeros((1, 1))
    if len(places) == 2 or array.shape[1] == 1:
        within(places, inner, array)
        return _entry(array, places)
    axis = axis_of(tree, array, scene)
    if not 0 <= places[0] < array.shape[axis]:
        raise Unreadable(beyond(base, array))
    if axis == 1:
        return array[:, [places[0]]]
    as_row = scene.meaning.rows and scene.choose(("sample",), ("a sample as a column", "a sample as a row"))
    return array[[places[0]]] if as_row else array[[places[0]]].T


def _is_shifted(index, scene):
    """Whether an index is i + k, of two that run."""
    return index.kind == "sum" and sum(t.kind == "name" and t.data in scene.indices for t in parts(index)) > 1


def _is_size_twice(indices, meaning):
    """Whether two indices are one size, as in I_{nn}."""
    return indices[0].kind == "name" and len({spelled(i) for i in indices}) == 1 and indices[0].data in meaning.sizes


def structure(letter, sizes, tree, scene):
    """K_{m,n}, which transposes in a vec, and D_n, which puts a vector on a diagonal or a half on the whole."""
    modest(*sizes, *sizes)
    if letter == "K" and len(sizes) == 2:
        places = np.arange(sizes[0] * sizes[1]).reshape(sizes).T.ravel()
        by_rows = np.eye(places.size)[places]  # vec_row(Aᵀ) = K vec_row(A), for A of m×n
        option = scene.choose(("K", tree.start), ("K for vec of rows", "K for vec of columns"))
        return by_rows.T if option else by_rows
    if letter == "D" and len(sizes) == 1:
        (n,) = sizes
        pairs = [(i, j) for j in range(n) for i in range(j, n)]
        if scene.choose(("D", tree.start), ("D v = vec Diag v", "D vech S = vec S")) == 0:
            return np.eye(n * n)[:, :: n + 1]
        unit = np.zeros((n * n, len(pairs)))
        for k, (i, j) in enumerate(pairs):
            unit[[j * n + i, i * n + j], k] = 1.0
        return unit
    raise Unreadable(f"{letter} is not declared")


def _range(tree, scene, length):
    """A range of indices 2:n or : as a slice, or None for one index."""
    tree = bare(tree)
    if tree.kind == "dots":
        return slice(0, length)
    first = tree.args[0] if tree.kind == "sum" and tree.data[0] == 1 else tree
    if first.kind != "product" or len(first.args) < 3 or first.args[1].kind != "dots":
        return None
    rest = first.args[2] if len(first.args) == 3 else type(tree)("product", first.args[2:], first.data[2:])
    stop = type(tree)("sum", (rest, *tree.args[1:]), tree.data) if first is not tree else rest
    return slice(whole_number(first.args[0], scene) - 1, whole_number(stop, scene))


def part_of(array, indices, scene):
    """Rows and columns of an array by ranges: A_{1:k,:}, v_{2:n}."""
    indices = indices[0].args if len(indices) == 1 and indices[0].kind == "list" else indices
    slices = []
    for tree, length in zip(indices, array.shape, strict=False):
        found = _range(tree, scene, length)
        place = place_of(tree, scene) if found is None else None
        found = found or slice(place, place + 1)
        if not 0 <= found.start < found.stop <= length:
            raise NotConforming(f"rows or columns {found.start + 1} to {found.stop} of {shape_of(array)}")
        slices.append(found)
    return array[tuple(slices)]


def by_times(tree):
    r"""The two lengths in m \times n, where each may be a product."""
    if tree.kind != "product" or r"\times" not in tree.data:
        return (tree,)
    i = tree.data.index(r"\times") + 1
    halves = (tree.args[:i], tree.data[: i - 1]), (tree.args[i:], tree.data[i:])
    return tuple(args[0] if len(args) == 1 else type(tree)("product", args, signs) for args, signs in halves)


def axis_of(tree, array, scene):
    """Whether one index of a matrix means a row (0) or a column (1): by how far the index runs, else by choice."""
    letters = letters_in(tree.args[1:])
    length = scene.ranges.get(letters[0]) if letters else None
    if length in array.shape and array.shape[0] != array.shape[1]:
        return array.shape.index(length)
    return scene.choose(("row or column", key_of(tree)), ("a row", "a column"))


def within(places, indices, array):
    """Pass over a point at which an array is too small for the numbers that are its indices."""
    numbered = [index.kind == "number" for index in indices]
    if any(number and place >= n for number, place, n in zip(numbered, places, array.shape, strict=False)):
        raise np.linalg.LinAlgError(f"an entry beyond {shape_of(array)}")


def _entry(array, places):
    row, column = (*places, 0)[:2]
    if not (0 <= row < array.shape[0] and 0 <= column < array.shape[1]):
        place = f"{row + 1}" if array.shape[1] == 1 else f"{row + 1}, {column + 1}"
        raise NotConforming(f"there is no entry {place} of what is {shape_of(array)}")
    return array[row, column].reshape(1, 1)


def beyond(base, array):
    """Why an index of an array has no place in it."""
    name = spelled(bare(base)) or "what it counts"
    return f"its index runs beyond {name}, an array of {shape_of(array)}; one {name} for each has more axes"


def counted_from_zero(lines):
    """The names of which a text takes the entry 0: they count from 0, others from 1."""
    sides = [side for line in lines if hasattr(line, "left") for side in (line.left, line.right)]
    zeros = [
        tree
        for side in sides
        for tree in parts(side)
        if tree.kind == "subscript" and any(t.kind == "number" and t.data == 0 for t in tree.args[1:])
    ]
    return {name: {tree.data for tree in zeros if spelled(tree.args[0]) == name} for name in map(_base_name, zeros)}


def _base_name(tree):
    return spelled(tree.args[0])


def _first(base, scene):
    """The number of the first entry."""
    name = spelled(bare(base)) if base is not None else None
    whole = scene.meaning.zeros.get(name, ())
    if not whole or any(scene.meaning.known(one or "") for one in whole):  # x_0 is a name of its own
        return 1
    scene.tell(("from zero", name), f"{name} counts from 0")
    return 0


def place_of(tree, scene, base=None):
    """An index as a number counted from 0; `base` is what it is an index of."""
    if tree.kind == "name" and tree.data in scene.indices:
        return scene.indices[tree.data]
    if tree.kind == "number":
        return int(tree.data) - _first(base, scene)
    if tree.kind == "name" and tree.data in scene.meaning.sizes:
        return whole_number(tree, scene) - 1
    if tree.kind in ("sum", "product", "group"):
        return whole_number(tree, scene) - 1
    raise Unreadable(f"the index {getattr(tree, 'data', '') or tree.kind} is bound by nothing")


def sum_that_runs_on(term, rest, scene):
    """Whether the sum at the end of a term binds an index of the terms after it."""
    big = last_sum(term)
    if big is None or not rest:
        return False
    bound = {b[0] for b in big.data}
    return any(letter in bound for t in rest for letter in free_indices(t, scene))


def last_sum(term):
    """The Σ that a term ends in, perhaps under a derivative, or None."""
    while term.kind in _ENDING:
        term = term.args[_ENDING[term.kind]]
    return term if term.kind == "big sum" else None


def with_rest(term, rest, signs):
    """A term in which the Σ that it ends in goes on: Σ_i a_i, then − b_i."""
    if term.kind == "big sum":
        whole = type(term)("sum", (term.args[0], *rest), (1, *signs), term.start, rest[-1].stop)
        return type(term)("big sum", (whole,), term.data, term.start, rest[-1].stop)
    place = _ENDING[term.kind] % len(term.args)
    args = (*term.args[:place], with_rest(term.args[place], rest, signs), *term.args[place + 1 :])
    return type(term)(term.kind, args, term.data, term.start, rest[-1].stop)


_ENDING = {"product": -1, "operate": 1, "gradient": 0}
"""Trees that end in one of their parts: which."""


def indices_under(tree):
    """The indices under max and min, as trees."""
    word = tree.args[0] if tree.kind == "apply" else None
    extreme = word is not None and word.kind == "subscript" and word.args[0].kind == "operator"
    return word.args[1:] if extreme and word.args[0].data in ("max", "min") else ()


def places_of_sum(tree, wanted, scene):
    """The scenes in which the indices of Σ, Π or a list stand at each of their values."""
    body, known, firsts = tree.args[0], {}, {}
    for letter, low, high in tree.data:
        first = 1 if low is None else whole_number(low, scene)
        if high is not None:
            known[letter] = whole_number(high, scene)
        if letter in wanted and first != 1:
            firsts[letter] = first
    missing = tuple(letter for letter in wanted if letter not in known)
    ranges = {**known, **(index_ranges(body, scene, missing) if missing else {})}
    counts = {}
    for letter in wanted:
        if firsts.get(letter) == 0 and letter in known and not _is_script(letter, body, scene):
            counts[letter] = range(-1, known[letter])  # k is a number, as in X^k
        elif letter in known and counts_from_zero(letter, body, scene):
            counts[letter] = range(firsts.get(letter, 1), known[letter] + 1)
        elif firsts.get(letter) == 0:  # counted from 0: as many as there are
            try:
                there = index_ranges(body, scene, (letter,))[letter]
            except Unreadable:
                there = known[letter] + 1
            counts[letter] = range(min(there, known.get(letter, there) + 1))
        else:
            counts[letter] = range(firsts.get(letter, 1) - 1, ranges[letter])
    for place in itertools.product(*(counts[letter] for letter in wanted)):
        yield scene.where(indices=dict(zip(wanted, place, strict=True)), ranges=ranges)


def counts_from_zero(letter, tree, scene):
    """Whether a letter is an index of names that count from 0 alone, so that Σ from 1 leaves out their first entry."""
    scripted = [t for t in parts(tree) if letter in script_letters(t, scene.meaning) and t.kind == "subscript"]
    return bool(scripted) and all(_first(t.args[0], scene) == 0 for t in scripted)


def _is_script(letter, tree, scene):
    return any(letter in script_letters(inner, scene.meaning) for inner in parts(tree))


def whole_number(tree, scene):
    """A whole number: a size, an index, or how far one runs."""
    value = solid(evaluate(tree, scene))
    if value.shape != (1, 1) or not abs(value.item()) <= ENTRIES or abs(np.imag(value.item())) > 0.5:
        raise Unreadable("a size or an index that is not a number of modest size")
    return round(value.item().real)


def modest(*lengths):
    """Refuse an array that is too large to be made."""
    if np.prod([float(n) for n in lengths]) > ENTRIES:
        raise Unreadable(f"an array of more than {ENTRIES:,} entries")
    return lengths


def used_letters(tree, scene):
    letters = set()
    for inner in parts(tree):
        if inner.kind == "subscript" and is_indexed(inner, scene.meaning):
            letters.update(letters_in(inner.args[1:]))
        elif inner.kind == "delta":
            letters.update(letters_in(inner.args))
        elif inner.kind == "name" and not scene.meaning.known(inner.data):
            letters.add(inner.data)
    return letters


def items_of(trees, scene):
    """The parts of a list, each with the scene in which it is evaluated: those behind dots one by one."""
    for tree in trees:
        if tree.kind == "big list":
            letters = tuple(bounds[0] for bounds in tree.data)
            yield from ((tree.args[0], here) for here in places_of_sum(tree, letters, scene))
        else:
            yield tree, scene


def evaluate_delta(tree, scene):
    i, j = (place_of(t, scene) for t in tree.args)
    return np.array([[float(i == j)]])
