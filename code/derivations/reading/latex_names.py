r"""Which scripted letters of a text are names: h_{t+1} of a step, \sigma^2 as one letter, A^* that the text defines.

A script is an index, a power or an operation, unless the text shows that it belongs to the name. Each rule is a row of
`RULES`: it looks at all lines of a block and at the names that are known, and gives what to put in the place of trees,
with the words that tell the reader how they were taken.
"""

import re
from dataclasses import replace
from typing import NamedTuple

from derivations.formulas.names import GREEK
from derivations.reading.latex_tree import BIG, Relation, Tree, bare, number, parts, rebuilt

_DEFINING = ("=", ":=", "≡", "←")
_SIDES = ("head", "left", "right")


def with_names(lines, known, spellings=()):
    """The lines of a block in which scripts that belong to names do.

    Parameters
    ----------
    lines : list of Relation or Unread
        As they stand.
    known : iterable of str
        Names that are declared or defined before.
    spellings : iterable of str
        The reader's own spellings of names, which may show what is a step: ``P_{n,n-1}``.
    """
    known = set(known)
    for rule in RULES:
        found = rule(_Text(lines, known, spellings))
        if found is not None:
            lines = [_rewritten(line, *found) if isinstance(line, Relation) else line for line in lines]
    return lines


class _Text:
    """The lines of a block, as the rules look at them."""

    def __init__(self, lines, known, spellings):
        self.known, self.spellings = known, spellings
        self.relations = [line for line in lines if isinstance(line, Relation)]
        self.trees = [tree for line in self.relations for side in (line.left, line.right) for tree in parts(side)]

    @property
    def heads(self):
        """The left sides that may define what they name, without brackets."""
        told = [line for line in self.relations if not line.continued and line.sign in _DEFINING]
        return [bare(line.left) for line in told if bare(line.right).kind != "number"]


def _rewritten(line, instead, told):
    """A relation with other trees, and how they were taken."""
    new = {id(tree): rebuilt(tree, instead) for tree in (line.head, line.left, line.right)}
    sides = {side: new[id(getattr(line, side))] for side in _SIDES}
    if all(tree is getattr(line, side) for side, tree in sides.items()):
        return line
    words = told(line)
    return replace(line, **sides, taken="; ".join(filter(None, (line.taken, words))))


def _name(tree):
    """The spelling of a name, or None."""
    return tree.data if tree.kind in ("name", "label") or (tree.kind == "subscript" and tree.data) else None


def _as_name(spelling, tree):
    return Tree("name", (), spelling, tree.start, tree.stop)


# ── x_i beside \xi ────────────────────────────────────────────────────────────────────────────────────────────────────


def _entries_beside_letters(text):
    """x_i is an entry of x where x is known, though ξ is spelled xi."""

    def is_entry(tree):
        plain = tree.kind == "subscript" and tree.data in GREEK and tree.args[0].kind == "name"
        return plain and tree.data in text.known and tree.args[0].data in text.known

    if not any(map(is_entry, text.trees)):
        return None
    return lambda tree: replace_data(tree, "") if is_entry(tree) else None, lambda line: ""


def replace_data(tree, data):
    """The tree with other data."""
    return Tree(tree.kind, tree.args, data, tree.start, tree.stop)


def _indices_with_indices(text):
    """v_{i_1} has the index i_1; Σ_k v_{w_k} runs over k: of w nothing is known but that it tells one from another."""
    bound = {bounds[0] for tree in text.trees if tree.kind in BIG for bounds in tree.data}
    heads = {_name(head) for head in text.heads}
    scripted = [tree for tree in text.trees if tree.kind in ("subscript", "delta")]
    scripted = [tree for tree in scripted if not (tree.data and (tree.data in text.known or tree.data in heads))]
    found = {}
    for index in (index for tree in scripted for index in tree.args[tree.kind == "subscript" :]):
        plain = index.kind == "subscript" and index.data and index.args[0].kind == "name" and len(index.args) == 2
        if plain and not {index.args[0].data, index.data} & text.known and index.args[1].kind in ("name", "number"):
            counts = index.args[1].kind == "name" and index.args[1].data in bound
            found[id(index)] = _as_name(index.args[1].data if counts else index.data, index)
    told = {tree.args[0].data for tree in text.trees if id(tree) in found and found[id(tree)].data != tree.data}
    words = f"what has an index of {', '.join(sorted(told))} is taken by the index alone" if told else ""
    return (lambda tree: found.get(id(tree)), lambda line: words) if found else None


def _single_entries(text):
    """E_ij has a 1 at i, j alone where the text takes derivatives by an entry i, j, and says nothing of E."""
    below = [tree.args[tree.kind == "derivative"] for tree in text.trees if tree.kind in ("derivative", "operate")]
    places = {tuple(map(_name, tree.args[1:])) for tree in below if tree.kind == "subscript" and len(tree.args) == 3}
    places = {either for place in places if None not in place for either in (place, place[::-1])}
    scripted = {id(tree.args[0]) for tree in text.trees if tree.kind == "subscript"}
    apart = {tree.data for tree in text.trees if tree.kind == "name" and id(tree) not in scripted}
    apart |= text.known | {_name(tree.args[0]) for tree in (*text.heads, *below) if tree.kind == "subscript"}
    sums = [tree for tree in text.trees if tree.kind in BIG and len(tree.data) > 1]
    apart |= {_name(t.args[0]) for tree in sums for t in parts(tree) if t.kind == "subscript"}

    def instead(tree):
        if tree.kind != "subscript" or tuple(map(_name, tree.args[1:])) not in places or tree.data in text.known:
            return None
        base = tree.args[0]
        if base.kind != "one" and not (base.kind == "name" and base.data == "E" and "E" not in apart):
            return None
        columns = [Tree("subscript", (_as_name("e", tree), index), f"e{_name(index)}") for index in tree.args[1:]]
        turned = Tree("transpose", (columns[1],), None, tree.start, tree.stop)
        return Tree(
            "group", (Tree("product", (columns[0], turned), ("",), tree.start, tree.stop),), "(", tree.start, tree.stop
        )

    found = "e" not in text.known and any(map(instead, text.trees))
    return (instead, lambda line: "E with two indices has a 1 there alone") if found else None


def _capital_labels(text):
    """D_{KL}, which the text defines, is a name: capitals that are no indices."""
    heads = {_name(_uncalled(head)) for head in text.heads}
    bound = {bounds[0] for tree in text.trees if tree.kind in BIG for bounds in tree.data} | text.known

    def instead(tree):
        plain = tree.kind == "subscript" and len(tree.args) > 2 and tree.data in heads - text.known
        capitals = plain and all(i.kind == "name" and i.data.isupper() and i.data not in bound for i in tree.args[1:])
        return _as_name(tree.data, tree) if capitals else None

    return (instead, lambda line: "") if any(map(instead, text.trees)) else None


def _tables(text):
    """(a_ij) beside what has no i and no j is the array of all of them: A = (a_ij), ∇f = (∂f/∂x_i).

    So it is in diag(a_i), and (a_i)_i says it.
    """
    found = {}

    def put(tree, letters):
        bounds = tuple((letter, None, None) for letter in letters)
        found[id(tree)] = Tree("big table", tree.args, bounds, tree.start, tree.stop)

    for line in text.relations:
        for tree in _sides(line):
            diagonal = tree.kind == "apply" and _name(tree.args[0]) is None and tree.args[0].data in ("diag", "Diag")
            inner = tree.args[1] if diagonal else tree.args[0] if tree.kind == "subscript" else None
            letters = _free_letters(inner, text) if inner is not None and inner.kind == "group" else []
            if diagonal and len(set(letters)) == 1:
                everywhere = [x for side in (line.left, line.right) for x in _free_letters(side, text)]
                if everywhere.count(letters[0]) == len(letters):
                    put(inner, letters[:1])
            elif tree.kind == "subscript" and list(map(_name, tree.args[1:])) == sorted(set(letters)):
                put(inner, sorted(set(letters)))
                found[id(tree)] = found[id(inner)]
    for line in text.relations:
        for side, other in ((line.left, line.right), (line.right, line.left)):
            letters = sorted(set(_free_letters(side, text)))  # i for the rows: (a_ji) is Aᵀ
            entries = side.kind == "group" and side.data in "([" and side.args[0].kind in _ENTRIES
            if entries and len(letters) in (1, 2) and not set(letters) & set(_free_letters(other, text)):
                put(side, letters)
    return (lambda tree: found.get(id(tree)), lambda line: "") if found else None


_ENTRIES = {"subscript", "derivative", "operate"}
"""Kinds of trees that are an entry where they have indices."""


def _free_letters(tree, text):
    """The letters in the scripts of a tree that nothing binds."""
    scripts = [i for t in parts(tree) if t.kind == "subscript" and t.data not in text.known for i in t.args[1:]]
    bound = {bounds[0] for t in parts(tree) if t.kind in BIG for bounds in t.data}
    letters = [i.data for i in scripts if i.kind == "name" and len(i.data) == 1 and i.data.islower()]
    return [letter for letter in letters if letter not in bound | text.known]


# ── steps ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Labelled(NamedTuple):
    """A name with a script that belongs to it."""

    base: str
    label: str
    """The script as a part of the name: tplus1."""
    rest: tuple
    """Its indices."""
    shown: str
    """As a page shows it: h_{t-1}."""


def _steps(text):
    """h_{t+1} and P_{k|k-1} are names of their own where t and k count steps; what the text does not define is h, P."""
    letters = _step_letters(text)
    return _as_names(text, letters, lambda tree: _labelled(tree, letters), "steps") if letters else None


def _gates(text):
    """W_i and U_f are names of their own where i_t and f_t are what a step defines: i is then no index."""
    letters, above = _step_letters(text), _layer_letters(text)
    labels = [_labelled(_uncalled(head), letters) or _labelled_above(_uncalled(head), above) for head in text.heads]
    gates = {label.base for label in labels if label and len(label.base) == 1 and not label.rest} - text.known

    def is_gated(tree):
        plain = tree.kind == "subscript" and len(tree.args) == 2 and tree.args[0].kind == "name" and tree.data
        return plain and tree.args[1].kind == "name" and tree.args[1].data in gates

    if not any(map(is_gated, text.trees)):
        return None
    return lambda tree: _as_name(tree.data, tree) if is_gated(tree) else None, lambda line: ""


def _layers(text):
    """z^l and a^{l-1} are names of their own where the text defines one of them, and l is shifted in another."""
    letters = _layer_letters(text)
    last = {letter.upper() for letter in letters} - text.known  # \delta^L, of the last layer
    what = "layers" if letters <= {"l"} else "steps"
    return _as_names(text, letters, lambda tree: _labelled_above(tree, letters | last), what) if letters else None


def _layer_letters(text):
    """The letters that count layers or steps above a name: one is shifted, and the text defines something there."""
    letters = {letter for tree in text.trees if tree.kind == "power" for letter in _shifted_in(tree.args[1])}
    letters -= text.known | {bounds[0] for tree in text.trees if tree.kind in BIG for bounds in tree.data}
    return {x for x in letters if any(_labelled_above(_uncalled(head), {x}) for head in text.heads)}


def _as_names(text, letters, labelled, what):
    """What to put in the place of labelled names, and the words that tell it."""
    found = {}
    for tree in text.trees:
        if (label := labelled(tree)) is not None:
            found.setdefault(label.base, {})[label.label] = label
    defined = {(label.base, label.label) for head in text.heads if (label := labelled(_uncalled(head)))}
    stands = {}
    for base, labels in found.items():
        free = [label for label in labels if (base, label) not in defined]
        plain = [label for label in free if not re.search("plus|minus|given", label)] or free
        stands[base] = plain[0] if base in text.known and len(plain) == 1 else None

    def instead(tree):
        label = labelled(tree)
        if label is None:
            return None
        whole = _as_name(label.base if stands[label.base] == label.label else label.base + label.label, tree)
        spelling = whole.data + "".join(map(_spoken, label.rest))
        return Tree("subscript", (whole, *label.rest), spelling, tree.start, tree.stop) if label.rest else whole

    def told(line):
        here = [labelled(tree) for side in (line.left, line.right) for tree in parts(side)]
        same = dict.fromkeys(f"{one.shown} is {one.base}" for one in here if one and stands[one.base] == one.label)
        counting = f"{', '.join(sorted(letters))} counts {what}"
        return f"{counting}: {', '.join(same)}" if same else counting

    return instead, told


def _samples(text):
    """y_j^k is the entry j of one sample where nothing else is k: an index that the text only ever carries along.

    A line that sums over the samples, E = Σ_k E^k, is left as it stands.
    """
    marked = {tree.args[1].data for tree in text.trees if _is_of_a_sample(tree)}
    sums = {
        bounds[0]: line for line in text.relations for tree in _sides(line) if tree.kind in BIG for bounds in tree.data
    }
    summed = [line for letter, line in sums.items() if letter in marked]
    inside = {id(tree) for line in summed for tree in _sides(line)}
    scripts = [id(i) for tree in text.trees if tree.kind == "subscript" for i in tree.args[1:]]
    whole = {_name(head.args[0]) for head in text.heads if head.kind == "power"}  # E^k = …, of one sample
    carried = [tree for tree in text.trees if _is_of_a_sample(tree) or _is_raised(tree, whole)]
    scripts += [id(tree.args[1]) for tree in carried]
    apart = {tree.data for tree in text.trees if tree.kind == "name" and id(tree) not in scripts}
    apart |= {letter for letter, line in sums.items() if not _sums_samples(line)}
    letters = marked - apart - text.known
    if not letters:
        return None

    def instead(tree):
        if id(tree) in inside:
            return None
        if (_is_of_a_sample(tree) or _is_raised(tree, whole)) and tree.args[1].data in letters:
            return tree.args[0]
        if tree.kind != "subscript" or not any(i.kind == "name" and i.data in letters for i in tree.args[1:]):
            return None
        kept = [i for i in tree.args[1:] if i.kind != "name" or i.data not in letters]
        spelling = (_name(tree.args[0]) or "") + "".join(map(_spoken, kept))
        return Tree("subscript", (tree.args[0], *kept), spelling, tree.start, tree.stop) if kept else tree.args[0]

    return instead, lambda line: f"{', '.join(sorted(letters))} counts samples, of which one is looked at"


def _is_raised(tree, names):
    """Whether a tree is one of some names with a letter above it."""
    return tree.kind == "power" and tree.args[1].kind == "name" and _name(tree.args[0]) in names - {None}


def _sides(line):
    return [tree for side in (line.left, line.right) for tree in parts(side)]


def _sums_samples(line):
    """Whether a line is E = Σ_k E^k."""
    body = line.right.args[0] if line.right.kind == "big sum" else None
    return body is not None and body.kind == "power" and _name(body.args[0]) == _name(line.left) is not None


def _is_of_a_sample(tree):
    """Whether a tree is y_j^k, with a letter above an entry."""
    power = tree.kind == "power" and tree.args[0].kind == "subscript" and tree.args[1].kind == "name"
    letter = tree.args[1].data if power else ""
    return len(letter) == 1 and letter.islower() and all(i.kind == "name" for i in tree.args[0].args[1:])


def _families_above(text):
    """C^u is the matrix C_u where the text says what it is, and u is an index of other letters."""
    scripts = {i.data for tree in text.trees if tree.kind == "subscript" for i in tree.args[1:] if i.kind == "name"}
    heads = [head for head in text.heads if head.kind == "power" and all(t.kind == "name" for t in head.args)]
    names = {head.args[0].data: head.args[1].data for head in heads if head.args[1].data in scripts - text.known}
    names = {name: letter for name, letter in names.items() if name not in text.known}
    if not names:
        return None

    def instead(tree):
        plain = tree.kind == "power" and all(t.kind == "name" for t in tree.args)
        if not plain or names.get(tree.args[0].data) != tree.args[1].data:
            return None
        return Tree("subscript", tree.args, tree.args[0].data + tree.args[1].data, tree.start, tree.stop)

    return instead, lambda line: f"the letter above {', '.join(sorted(names))} is an index"


def _called_entries(text):
    """f_i(m, b), always at the same letters, is the entry f_i that depends on them."""
    heads = {}
    for head in text.heads:
        entry = _uncalled(head)
        plain = entry is not head and entry.kind == "subscript" and entry.args[0].kind == "name" and _arguments(head)
        letters = plain and all(i.kind == "name" and len(i.data) == 1 for i in entry.args[1:])
        if letters and all(map(_name, _arguments(head))) and not {entry.data, _name(entry.args[0])} & text.known:
            heads[_name(entry.args[0])] = list(map(_name, _arguments(head)))

    def called(tree):
        entry = _uncalled(tree)
        return entry.args[0].data if entry is not tree and _is_scripted(entry) else None

    others = {called(tree) for tree in text.trees if list(map(_name, _arguments(tree))) != heads.get(called(tree))}
    heads = {name for name in heads if name not in others}
    if not heads:
        return None
    return lambda tree: tree.args[0] if called(tree) in heads else None, lambda line: ""


def _entries_of_calls(text):
    """s(x)_i of a head is the entry s_i of an s that depends on x."""

    def called(tree):
        function = _uncalled(tree.args[0]) if tree.kind == "subscript" else tree
        return function if tree.kind == "subscript" and function is not tree.args[0] else None

    heads = [head for head in text.heads if called(head) is not None and all(map(_name, _arguments(head.args[0])))]
    names = {called(head).data: list(map(_name, _arguments(head.args[0]))) for head in heads} if heads else {}
    names = {name: given for name, given in names.items() if name and name not in text.known}

    def instead(tree):
        function = called(tree)
        given = list(map(_name, _arguments(tree.args[0]))) if function is not None else None
        if function is None or names.get(function.data) != given:
            return None
        spelling = function.data + "".join(map(_spoken, tree.args[1:]))
        return Tree("subscript", (function, *tree.args[1:]), spelling, tree.start, tree.stop)

    return (instead, lambda line: "") if names else None


def _is_scripted(tree):
    return tree.kind == "subscript" and tree.args[0].kind == "name"


def _uncalled(tree):
    """The f in f(x)."""
    called = tree.kind == "product" and tree.data == ("",) and tree.args[1].kind == "group"
    return tree.args[0] if called else tree


def _step_letters(text):
    """The letters that count steps: one is shifted, t + 1, or stands after a bar, and no sum runs over it.

    A shifted letter is an index all the same, unless the text says what something is at a step, or uses it as an array.
    """
    bound = {bounds[0] for tree in text.trees if tree.kind in BIG for bounds in tree.data}
    found = set()
    for tree in text.trees:
        letters = set(_counted(tree)) - bound if tree.kind == "subscript" else set()
        if letters and (_is_given(tree) or _is_at_a_step(tree.args[0], letters, text)):
            found |= letters
    for tree in text.trees:  # x^{(k+1)}, where the text says what it is
        shifted = re.search(r"([a-z])(?:plus|minus)\d+$", tree.data) if tree.kind == "label" else None
        heads = [_uncalled(head) for head in text.heads] if shifted and shifted[1] not in bound else []
        if any(tree.data in (_name(head), _name(head.args[0]) if head.args else "") for head in heads):
            found.add(shifted[1])
    for spelling in text.spellings:
        for script in re.findall(r"_\{([^{}]*)\}", spelling):
            found |= set(re.findall(r"(?<![A-Za-z\\])([a-z])\s*(?:[-+]\s*\d|\|)", script)) - bound
    return found


def _is_given(tree):
    return any(t.kind == "name" and t.data == GIVEN for index in tree.args[1:] for t in parts(index))


def _counted(tree):
    """The letters in the scripts of a tree that count steps: t in t + 1, k in k|k-1."""
    found = []
    for index in tree.args[1:]:
        shifted = index.kind == "sum" and len(index.args) > 1 and index.args[1].kind == "number"
        if shifted or _is_given(tree):
            found += [t.data for t in parts(index) if t.kind == "name" and len(t.data) == 1 and t.data.islower()]
    return found


GIVEN = "given"
"""How a bar among indices is spelled."""


def _is_at_a_step(whole, letters, text):
    """Whether what stands at a step is no entry: nothing is known that it is one of, or it is used as an array."""
    base = _name(whole)
    if base is None:
        return False
    if base not in text.known:
        told = any(_labelled(_uncalled(head), letters) for head in text.heads)
        samples = {base.upper(), base.capitalize()} & text.known
        return told and not samples
    return any(_is_array(tree, base, letters) for tree in text.trees)


def _is_array(tree, base, letters):
    """Whether a tree uses base_t as an array: as a factor beside a matrix, transposed, or in a norm."""

    def here(inner):
        inner = bare(inner)
        plain = inner.kind == "subscript" and inner.args[0].kind == "name" and inner.args[0].data == base
        return plain and any(t.kind == "name" and t.data in letters for index in inner.args[1:] for t in parts(index))

    if tree.kind in ("transpose", "norm"):
        return here(tree.args[0])
    if tree.kind != "product":
        return False
    beside = [_is_matrix(a) and here(b) for a, b in zip(tree.args, tree.args[1:], strict=False)]
    return any(beside)


def _is_matrix(tree):
    """Whether a factor is a matrix by its letter."""
    tree = bare(tree)
    tree = tree.args[0] if tree.kind in ("transpose", "inverse", "inverse transpose", "subscript", "label") else tree
    return tree.kind == "name" and len(tree.data) == 1 and tree.data.isupper()


def _labelled(tree, letters):
    """A name with steps among its indices, or None."""
    if tree.kind != "subscript" or _name(tree.args[0]) is None:
        return None
    steps = [i for i in tree.args[1:] if _is_step(i, letters)]
    rest = [i for i in tree.args[1:] if not _is_step(i, letters)]
    if not steps:
        return None
    base, script = _name(tree.args[0]), ",".join(map(_shown, steps))
    return _Labelled(base, "".join(map(_spoken, steps)), tuple(rest), f"{base}_{{{script}}}")


def _labelled_above(tree, letters):
    """A name, or an entry of it, with a layer above it; or None. The δ of δ^l_j is then no Kronecker's."""
    if tree.kind == "delta" and _is_step(tree.args[0], letters):
        return _Labelled("delta", _spoken(tree.args[0]), tree.args[1:], f"delta^{_shown(tree.args[0])}")
    if tree.kind != "power" or not _is_step(tree.args[1], letters):
        return None
    inner = tree.args[0]
    whole = inner.args[0] if inner.kind == "subscript" else inner
    rest = inner.args[1:] if inner.kind == "subscript" else ()
    base = _name(whole) if whole.kind == "name" else None
    return base and _Labelled(base, _spoken(tree.args[1]), rest, f"{base}^{{{_shown(tree.args[1])}}}")


def _shifted_in(index):
    """The letter of l - 1."""
    plain = index.kind == "sum" and len(index.args) == 2 and index.args[1].kind == "number"
    name = index.args[0] if plain else None
    return [name.data] if plain and name.kind == "name" and len(name.data) == 1 and name.data.islower() else []


def _is_step(index, letters):
    names = [t.data for t in parts(index) if t.kind == "name"]
    return bool(names) and all(name in letters or name == GIVEN for name in names)


def _spoken(index):
    """An index as a part of a name: tplus1."""
    if index.kind == "sum":
        terms = zip(index.data, index.args, strict=True)
        return "".join(("minus" if sign < 0 else "plus" * bool(i)) + _spoken(t) for i, (sign, t) in enumerate(terms))
    if index.kind == "product":
        return "".join(map(_spoken, index.args))
    return str(index.data)


def _shown(index):
    """An index as a page shows it: t-1."""
    return _spoken(index).replace("minus", "-").replace("plus", "+").replace(GIVEN, "|")


# ── squares as one letter ─────────────────────────────────────────────────────────────────────────────────────────────


def _squares(text):
    """σ² is a name where the text defines it, or it is declared, and σ is neither; σ is then its root."""
    heads = [_squared(head) for head in [*text.heads, *(a for head in text.heads for a in _arguments(head))]]
    known = {name[:-1] for name in text.known if name.endswith("2") and name[:-1] not in text.known}
    plain = {_name(head) for head in text.heads}
    free = [tree for tree in text.trees if not (tree.kind == "power" and _name(tree.args[0]) in text.known)]  # t_2²
    names = {name for name in (*heads, *map(_squared, free)) if name and (name in heads or name in known)}
    names = {name for name in names if name not in text.known and name not in plain}
    if not names:
        return None

    def instead(tree):
        if tree.kind == "power":
            base, (exponent,) = tree.args[0], tree.args[1:]
            whole = exponent.kind == "number" and exponent.data.denominator == 1 and exponent.data % 2 == 0
            if _base(base) in names and _name(base) not in text.known and whole:
                square, power = _renamed(base), exponent.data / 2
                return square if power == 1 else Tree("power", (square, number(power)), None, tree.start, tree.stop)
        if tree.kind == "subscript" and _base(tree) in names and _name(tree.args[0]) in names:
            return Tree("root", (_renamed(tree),), 2, tree.start, tree.stop)
        if tree.kind in ("name", "label") and tree.data in names:
            return Tree("root", (_renamed(tree),), 2, tree.start, tree.stop)
        return None

    return instead, lambda line: f"{', '.join(sorted(names))} squared is one letter"


def _base(tree):
    """The name that a tree is, or of which it is an entry."""
    return _name(tree.args[0] if tree.kind == "subscript" else tree)


def _squared(tree):
    """The σ of σ² and σ_j², or None."""
    two = tree.kind == "power" and tree.args[1].kind == "number" and tree.args[1].data == 2
    return _base(tree.args[0]) if two else None


def _renamed(tree):
    """σ as σ², and σ_j as an entry of it."""
    if tree.kind == "subscript":
        whole = _as_name(_name(tree.args[0]) + "2", tree.args[0])
        spelling = whole.data + "".join(map(_spoken, tree.args[1:]))
        return Tree("subscript", (whole, *tree.args[1:]), spelling, tree.start, tree.stop)
    return _as_name(_name(tree) + "2", tree)


def _arguments(head):
    """What stands in the bracket of a head f(x, y)."""
    if _uncalled(head) is head:
        return ()
    inner = head.args[1].args[0]
    return inner.args if inner.kind == "list" else (inner,)


def _squared_arguments(text):
    """ℓ(μ, σ²), where σ is known, is a function of σ."""
    functions = {}
    for head in text.heads:
        squared = [a for a in _arguments(head) if _squared(a) in text.known]
        if squared and _name(_uncalled(head)):
            functions[_name(_uncalled(head))] = {_squared(a) for a in squared}
    if not functions:
        return None

    def instead(tree):
        function = _name(_uncalled(tree)) if _uncalled(tree) is not tree else None
        if function not in functions or not any(_squared(a) in functions[function] for a in _arguments(tree)):
            return None
        plain = [a.args[0] if _squared(a) in functions[function] else a for a in _arguments(tree)]
        inner = Tree("list", tuple(plain)) if len(plain) > 1 else plain[0]
        group = Tree("group", (inner,), tree.args[1].data, tree.args[1].start, tree.args[1].stop)
        return Tree("product", (tree.args[0], group), tree.data, tree.start, tree.stop)

    return instead, lambda line: ""


# ── heads ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _starred(text):
    """A^* is a name where the text says what it is."""
    names = {head.data for head in text.heads if head.kind == "label" and head.data.endswith("star")}
    if not names - text.known:
        return None

    def instead(tree):
        return _as_name(tree.data, tree) if tree.kind == "label" and tree.data in names else None

    return instead, lambda line: ""


def _extremal_heads(text):
    """The L that min_w L = … says is a name that it defines."""
    heads = {}
    for head in text.heads:
        word = head.args[0] if head.kind == "apply" else None
        word = word.args[0] if word is not None and word.kind == "subscript" else word
        if word is not None and word.kind == "operator" and word.data in ("min", "max"):
            inner = bare(head.args[1])
            if _name(_uncalled(inner)) and _name(_uncalled(inner)) not in text.known:
                heads[id(head)] = inner
    if not heads:
        return None
    return lambda tree: heads.get(id(tree)), lambda line: "what is minimised or maximised is defined here"


RULES = [
    _indices_with_indices, _capital_labels, _single_entries, _entries_beside_letters, _extremal_heads, _starred,
    _squared_arguments, _squares, _called_entries, _entries_of_calls, _gates, _layers, _steps, _families_above,
    _samples, _tables,
]  # fmt: skip
"""In the order in which they are tried; each sees what the one before it made."""
