r"""What a text says about its letters, before any of them has a shape: which it defines, which it leaves open.

A name is *defined* where a line says what it is, *a function* where it stands above a ∂ or before its arguments and is
defined nowhere, *a size* where it is a bound of a sum or stands in :math:`\mathbb{R}^{m\times n}`, and an index where
it runs. What is left is *open*: `shapes` finds what it can be.
"""

import itertools
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property

from derivations import executing
from derivations.executing import parts, spelled
from derivations.reading.latex_grammar import CALLED, FUNCTION_LETTERS, LOSSES
from derivations.reading.latex_tree import Relation, Tree, bare

INDICES = set("ijklmnpqrs")
"""Letters that are indices in a subscript, whether or not a sum binds them."""
ABSCISSAS = ("x", "t")
"""What y is a function of where a text writes y′ and does not say."""
CONSTANTS = {"pi", "e", "i", "const", "constant", "sigma"}
"""Names that have a meaning where nothing gives them one."""
_DERIVED = {*executing.DERIVATIVES, "prime"}
_STEP = re.compile(r"([^\W\d_])(?:minus|plus)\d+$")
"""The letter of a layer, in a label such as l − 1."""


@dataclass(frozen=True)
class Said:
    """What a line defines a name to be."""

    tree: Tree
    parameters: tuple = ()
    indices: tuple = ()
    place: int = 0
    moved: bool = False
    """Whether the text says it of the differential only: dF = d(…)."""


@dataclass(eq=False)
class Outline:
    """The names of a text and what they are used for.

    Parameters
    ----------
    relations : list of Relation
    known : dict
        Name to shape, a tuple of what `shapes` takes, for what is declared.
    sizes : set of str
        Size names that are declared.
    losses : frozenset of str
        Letters of a loss that have a meaning of their own.
    """

    relations: list
    known: dict
    sizes: set = field(default_factory=set)
    losses: frozenset = frozenset()
    built: dict = field(default_factory=dict)
    """Of a known name that was defined: the names that its definition uses."""
    stated: tuple = ()
    """Names among the known ones whose shapes the text itself states."""
    supposed: dict = field(default_factory=dict)
    """What names are taken to be that the text does not define."""

    def __post_init__(self):
        self.sides = [side for item in self.relations for side in (item.left, item.right)]
        self.trees = [tree for side in self.sides for tree in parts(side)]
        self.bound = {b[0] for tree in self.trees if tree.kind in executing.BIG for b in tree.data}
        self.bound |= {tree.args[1].data for tree in self.trees if tree.kind == "limit" and tree.args[1].kind == "name"}
        self.sizes = self.sizes | set(self._sizes())
        words = [tree.data or "" for tree in self.trees if tree.kind == "label"]
        self.layers = {found[1] for word in words if (found := _STEP.search(word))}
        below = [index for tree in self.trees for index in _scripts(tree)]
        in_scripts = {id(inner) for index in below for inner in parts(index)}
        self.plain = Counter(tree.data for tree in self.trees if tree.kind == "name" and id(tree) not in in_scripts)
        above = {
            id(inner) for t in self.trees if t.kind == "power" and letters_of(t.args[1]) for inner in parts(t.args[1])
        }
        self.apart = {t.data for t in self.trees if t.kind == "name" and id(t) not in in_scripts | above}
        """Names that stand outside all scripts, exponents that are letters among those."""
        bases = {id(tree.args[0]) for tree in self.trees if tree.kind in ("subscript", "label")}
        self.alone = {t.data for t in self.trees if t.kind == "name" and id(t) not in in_scripts and id(t) not in bases}
        lists = [set(map(spelled, tree.args)) for tree in self.trees if tree.kind == "list"]
        primes = [tree for tree in self.trees if tree.kind == "prime" and tree.args[0].kind == "name"]
        self.primed = {spelled(t) for t in primes if any({spelled(t), t.args[0].data} <= names for names in lists)}
        """Names with a prime that stand in a list beside those without it, k(x, x′)."""
        self.running = self._running()
        pairs = [pair for t in self.trees if t.kind == "product" for pair in itertools.pairwise(t.args)]
        self.pairs = [*pairs, *(t.args for t in self.trees if t.kind == "apply")]
        self.before_brackets = {spelled(one) for one, other in self.pairs if other.kind == "group"}
        self.defined = dict(self.supposed)
        self._define()

    def _running(self):
        """The letters that run: bound by a sum, usual for an index, or beside one in W_{dj}; no name of its own."""
        scripts = [
            (spelled(t.args[0]), [x.rstrip("'") for x in executing.letters_in(t.args[1:])])
            for t in self.trees
            if t.kind == "subscript"
        ]
        named = {*self.alone, *(base for base, _ in scripts)} - self.sizes - self.bound
        running, more = (INDICES - named) | self.bound, True
        while more:
            letters = {x for _, run in scripts if len(run) == 2 and set(run) & running for x in run}
            more = {x for x in letters if len(x) == 1 and x.islower()} - named - running
            running |= more
        return running

    def _sizes(self):
        """The letters in the ends of sums, but for those that run themselves: t in A_t = Σ_{s=1}^t."""
        scripts = [tree.args[1:] for item in self.relations for tree in parts(item.left) if tree.kind == "subscript"]
        heads = self.bound.union(*map(executing.letters_in, scripts))
        for tree in self.trees:
            if tree.kind in executing.BIG:
                ends = (t for _, _, high in tree.data if high is not None for t in parts(high))
                yield from (t.data for t in ends if t.kind == "name" and t.data not in heads)
            elif tree.kind == "subscript" and len(tree.args) == 2 and tree.args[0].kind in ("identity", "one"):
                yield from (t.data for i in tree.args[1:] for t in parts(i) if t.kind == "name")

    # ── names ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def is_label(self, tree):
        """Whether the scripts of a tree belong to its name: W_1, b_h, W^{(l)}; not in x_i, A_{ij} and Σ_t y_t."""
        if tree.kind == "label":
            return True
        name, base = spelled(tree), spelled(tree.args[0])
        if not name or tree.args[0].kind not in ("name", "label", "prime") or self.is_at(tree):
            return False
        if name in self.known or name in self.defined_yet:
            return True
        if base is None or base in self.known or (base == "e" and "e" not in self.alone):
            return False
        indices = executing.letters_in(tree.args[1:])
        if base in self.sizes and not set(indices) & self._indices_apart(base):
            return True  # the d_k of √d_k
        if not indices:
            return base not in self.indexed and base not in self.alone
        if any(len(letter.rstrip("'")) > 1 or letter in self.layers for letter in indices):
            return True
        return not all(letter.rstrip("'") in self.running for letter in indices)

    def is_at(self, tree):
        """Whether f_x is a function at a point, or its derivative: f is one, and x a letter of the text."""
        taken = (*self.known, *self.defined_yet, *self.before_brackets)  # h_θ(x) is a function with a name of its own
        if tree.kind != "subscript" or len(tree.args) not in (2, 3) or spelled(tree) in taken:
            return False
        base, *indices = map(spelled, tree.args)
        return base in FUNCTION_LETTERS and all(x in self.alone and x not in self.running for x in indices)

    def _indices_apart(self, base):
        """The letters that run, or stand below another name."""
        others = [t for t in self.trees if t.kind == "subscript" and spelled(t.args[0]) != base]
        return self.bound.union(x for tree in others for x in executing.letters_in(tree.args[1:]))

    @property
    def defined_yet(self):
        """The names that are known to be defined by now."""
        return self.__dict__.get("defined", ())

    @cached_property
    def indexed(self):
        """Names that carry an index somewhere."""
        scripts = [t for t in self.trees if t.kind == "subscript" and executing.letters_in(t.args[1:])]
        return {spelled(t.args[0]) for t in scripts if not self.is_label(t) and not self.is_at(t)}

    def name_of(self, tree):
        """The name that a tree is, scripts that belong to it with it; None for an entry and for what is no name."""
        if tree.kind == "name":
            return self._capital(tree.data)
        if tree.kind == "label" or (tree.kind == "subscript" and self.is_label(tree)):
            return spelled(tree)
        if tree.kind == "prime" and (name := spelled(tree)) in (*self.known, *self.defined_yet, *self.primed):
            return name
        return None

    def _capital(self, name):
        """X for the x of x_i, where x stands nowhere by itself and X does."""
        upper = name.upper() if len(name) == 1 else name.capitalize()
        if name == upper or name in self.known or name in self.alone or upper not in {*self.known, *self.alone}:
            return name
        return name if name in self.defined_yet else upper

    def names(self, tree):
        """The names in a tree, each as often as it stands there; no index, and nothing inside a script."""
        stack = [tree]
        while stack:
            inner = stack.pop()
            name = self.name_of(inner)
            if name is not None:
                yield name
            elif inner.kind == "subscript":
                stack.append(inner.args[0])
            elif inner.kind not in ("delta", "text"):
                stack.extend(reversed(inner.args))

    # ── what is defined ───────────────────────────────────────────────────────────────────────────────────────────

    def _define(self):
        solved = any(item.sign == "=" and is_nought(item.right) for item in self.relations)
        heads = {said[0] for place, item in enumerate(self.relations) if (said := self._definition(item, place))}
        used, self.unsaid = set(), set()
        for place, item in enumerate(self.relations):
            said = self._definition(item, place)
            if said is not None:
                name, found = self._said_later(place, said, heads)
                for other, tree in self._split_between(place, heads):
                    self.defined.setdefault(other, Said(tree, (), (), place, moved=True))
                for other in self._named_between(place, heads):
                    self.defined.setdefault(other, replace(found, moved=True))
                answer = name in used and (
                    (solved and (name in self._moved or self._is_set(name, place))) or bare(item.left).kind == "power"
                )
                if name not in self.defined and name not in self.known and not answer:
                    self.defined[name] = found
            used.update(self.names(item.left), self.names(item.right))

    def _said_later(self, place, said, heads):
        """A definition by the first part of its chain that names no function which nothing defines: −log p(x) = …."""
        name, first = said
        for tree in [first.tree, *self._chain(place)[1:]]:
            called = self._functions_in(tree) - heads - set(self.known) - set(self.defined)
            if not called and not self._means_nothing(tree, heads):
                if tree is not first.tree:
                    self.unsaid |= self._functions_in(first.tree)
                return name, replace(first, tree=tree)
        return said

    def _chain(self, place):
        """The right sides of the relation at a place and of those that go on from it."""
        more = itertools.takewhile(lambda item: item.continued, self.relations[place + 1 :])
        return [self.relations[place].right, *(item.right for item in more)]

    def _means_nothing(self, tree, heads):
        """Whether a tree is a word for what is being defined: the E of Error = E = …."""
        name = self.name_of(bare(tree))
        return (
            name is not None and self.plain[name] > 0 and not any(name in n for n in (heads, self.known, self.defined))
        )

    def _named_between(self, place, heads):
        """The names that mean nothing else between the first and the last part of a chain."""
        first, *more = self._chain(place)
        return [self.name_of(bare(first))] if more and self._means_nothing(first, heads) else []

    def _split_between(self, place, heads):
        """The V of L = T − V = …, where the text has T and V nowhere else: what T is more than that."""
        first, *more = self._chain(place)
        terms = first.args if first.kind == "sum" and more else ()
        alone = [i for i, term in enumerate(terms) if self._means_nothing(term, heads) and self._stands_once(term)]
        if len(terms) < 2 or not alone or not all(self.name_of(bare(term)) for term in terms):
            return []
        at = alone[-1]
        signs = (first.data[at], *(-first.data[at] * sign for i, sign in enumerate(first.data) if i != at))
        others = (term for i, term in enumerate(terms) if i != at)
        return [(self.name_of(bare(terms[at])), Tree("sum", (more[0], *others), signs, first.start, first.stop))]

    def _stands_once(self, tree):
        """Whether a name stands in one place of the text alone."""
        return len({id(t) for t in self.trees if t.kind == tree.kind and t.data == tree.data}) == 1

    def _functions_in(self, tree):
        return {call[0] for t in parts(tree) if (call := self.call(t))}

    def _definition(self, item, place):
        """What a line defines, and how: (name, Said), or None."""
        if item.continued or item.sign not in ("=", ":=", "≡", "∝") or item.right.kind == "nothing":
            return None
        left = bare(item.left)
        if item.sign == "∝":  # up to what does not vary
            found = self._function_defined(left, item, place) or self._name_defined(left, item, place)
            return found and (found[0], replace(found[1], moved=True))
        if left.kind == "apply" and spelled(left.args[0]) == "log":  # log p(x) = …
            left = bare(left.args[1])
        finds = (
            self._function_defined, self._differential_defined, self._derivative_defined, self._name_defined,
            self._entries_defined, self._square_defined,
        )  # fmt: skip
        return next(filter(None, (find(left, item, place) for find in finds)), None)

    def _function_defined(self, left, item, place):
        called = self.call(left)
        if called is None or self.name_of(left.args[0]) is None or called[0] in self.names(item.right):
            return None
        parameters = tuple(map(spelled, called[1]))
        return None if None in parameters else (called[0], Said(item.right, parameters, (), place))

    def _differential_defined(self, left, item, place):
        """The F of dF = d(…), up to a constant."""
        right = bare(item.right)
        if left.kind != "differential" or right.kind != "differential":
            return None
        name = self.name_of(bare(left.args[0]))
        inner = right.args[0]
        if name is None or name in self.known or self.name_of(bare(inner)) is not None or name in self.names(inner):
            return None
        return name, Said(inner, (), (), place, moved=True)

    def _derivative_defined(self, left, item, place):
        """The F of ∂F/∂x = ∂(…)/∂x, up to a constant."""
        right = bare(item.right)
        if left.kind not in BODIES or right.kind not in BODIES or left.data != right.data:
            return None
        (above, *below), (inner, *by) = BODIES[left.kind](left), BODIES[right.kind](right)
        called = self.call(bare(above))
        name = called[0] if called else self.name_of(bare(above))
        same = list(map(executing.key_of, below)) == list(map(executing.key_of, by))
        if name is None or name in self.known or not same or name in self.names(inner) or self.call(bare(inner)):
            return None
        return None if self.name_of(bare(inner)) is not None else (name, Said(inner, (), (), place, moved=True))

    def _name_defined(self, left, item, place):
        name = self.name_of(left)
        itself = name is not None and (name in self.names(item.right) or bare(item.right).kind == "nothing")
        return None if name is None or itself else (name, Said(item.right, (), (), place))

    def _square_defined(self, left, item, place):
        """The σ of σ² = …, as its root."""
        if left.kind != "power" or left.args[1].kind != "number" or left.args[1].data != 2:
            return None
        root = replace(item, right=Tree("root", (item.right,), 2, item.right.start, item.right.stop))
        found = self._name_defined(left.args[0], root, place) or self._entries_defined(left.args[0], root, place)
        return found and (found[0], replace(found[1], moved=True))

    def _entries_defined(self, left, item, place):
        base = spelled(left.args[0]) if left.kind == "subscript" else None
        if not base or base in self.known:
            return None
        indices = tuple(executing.letters_in(left.args[1:]))
        inside = {x for t in parts(item.right) if t.kind == "subscript" for x in executing.letters_in(t.args[1:])}
        if not indices or not set(indices) & inside or base in self.names(item.right):
            return None
        return base, Said(item.right, (), indices, place)

    @cached_property
    def _moved(self):
        """What stands under a ∂ or a ∇, and what f is of in f′(x)."""
        primed = [call[1] for one, other in self.pairs if one.kind == "prime" and (call := self._call_of(one, other))]
        return {name for name, *_ in self.belows} | {name for given in primed for a in given for name in self.names(a)}

    def _call_of(self, function, group):
        return self.call(Tree("product", (function, group), ("",)))

    @cached_property
    def _headed(self):
        """Names that a line begins with before a bracket of names: c(w) = … defines a function, whatever its letter."""
        found = set()
        for left in (
            bare(item.left) for item in self.relations if not item.continued and item.sign in ("=", ":=", "≡")
        ):
            if left.kind == "product" and left.data == ("",) and left.args[1].kind == "group":
                inner = left.args[1].args[0]
                listed = inner.args if inner.kind == "list" else (inner,)
                if all(a.kind in ("name", "subscript", "label") for a in listed) and spelled(left.args[0]):
                    found.add(spelled(left.args[0]))
        return found - set(self.known)

    @cached_property
    def given(self):
        """The parameters of functions that the text defines, with what the functions are applied to instead."""
        found = {}
        for tree in self.trees:
            called = self.call(tree)
            said = self.defined.get(called[0]) if called else None
            for parameter, argument in zip(said.parameters if said else (), called[1] if called else (), strict=False):
                if argument.kind == "subscript" and not self.is_label(argument):
                    found.setdefault(called[0], {})[parameter] = argument
        return found

    @cached_property
    def _applied(self):
        """Letters of functions with a slope f′(…) or a call f(x) in the text, so that no f(…) is a product."""
        found = set()
        for one, other in self.pairs:
            letter = one.args[0] if one.kind == "prime" else one
            plain = other.kind == "group" and other.args[0].kind in ("name", "subscript", "label", "list")
            if letter.kind == "name" and other.kind == "group" and (one.kind == "prime" or plain):
                found.add(letter.data)
        return found & FUNCTION_LETTERS

    def call(self, tree):
        """(name, arguments) of f(x) and f(x, y), by how it is written; None for anything else."""
        pair = tree.args if tree.kind in ("product", "apply") and len(tree.args) == 2 else ()
        if not pair or pair[1].kind != "group" or (tree.kind == "product" and tree.data != ("",)):
            return None
        function, inner = pair[0], pair[1].args[0]
        named = function.args[0] if function.kind == "prime" else function  # f′(x) is of f
        name = spelled(named) if named.kind != "operator" else None
        letter = function.args[0] if function.kind in ("subscript", "label", "prime") else function
        if name is None or letter.kind != "name":
            return None
        plain = inner.kind in ("name", "subscript", "label") or self.call(inner) is not None
        headed = function.kind != "prime" and name in self._headed
        called = (
            inner.kind == "list"
            or (function.kind == "prime" and name in FUNCTION_LETTERS)
            or headed
            or (plain and letter.data in (*CALLED, "sigma"))
            or name in self._applied
        )
        return (name, executing.arguments(inner)) if called else None

    # ── derivatives ───────────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def derivatives(self):
        """(above, below) of every derivative and gradient; below is None where it is not said."""
        found = []
        for tree in self.trees:
            if tree.kind == "derivative":
                found += [(tree.args[0], below) for below in tree.args[1:]]
            elif tree.kind == "operate":  # ∂_j is by an entry of what varies
                found.append((tree.args[1], None if tree.args[0] in _scripts(tree) else tree.args[0]))
            elif tree.kind == "gradient":
                found.append((tree.args[0], tree.args[1] if len(tree.args) > 1 else None))
        return found

    @cached_property
    def belows(self):
        """The names by which derivatives are taken, in order, each with its tree."""
        found = {}
        for _, below in self.derivatives:
            for name in self.names(below) if below is not None else ():
                found.setdefault(name, below)
        return list(found.items())

    @cached_property
    def differentials(self):
        """The names whose differentials stand in the text."""
        return list(self.differentiated)

    @cached_property
    def differentiated(self):
        """The names whose differentials stand in the text, in order, and how often."""
        inner = [tree.args[0] for tree in self.trees if tree.kind == "differential"]
        return Counter(name for tree in inner if (name := self.name_of(bare(tree))) is not None)

    @cached_property
    def names_gradients(self):
        """Whether the d or the bar of a letter means the derivative of a loss: dW = Xᵀ dY with Y = X W, ∂L/∂y = dy."""
        return any(self._goes_back(item) or self._is_lopsided(item) for item in self.relations)

    def _goes_back(self, item):
        name = self._adjoint(bare(item.head))
        given = name in self.leaves or (name in self.known and not self.built.get(name) and name not in self.defined)
        sources = [self._adjoint(tree) for tree in parts(item.right)] if given else []
        return any(name in self.closure(source) for source in sources if source in self.defined or source in self.built)

    def _is_lopsided(self, item):
        """Whether a differential stands on one side only, and the other is not 0."""
        moved = [any(map(self._adjoint, parts(side))) for side in (item.head, item.right)]
        return moved[0] != moved[1] and not any(map(is_nought, (item.head, item.right)))

    def _adjoint(self, tree):
        """The W of dW, dW_ij and W̄, where W has a meaning."""
        inner = bare(tree.args[0]) if tree.kind == "differential" and tree.data in (None, 1) else None
        name = self.name_of(inner) if inner is not None else None
        if name is None and inner is not None and inner.kind == "subscript":
            name = self.name_of(inner.args[0])
        barred = self.name_of(tree) if tree.kind == "name" else None
        if barred is not None and barred.endswith("bar"):
            name = barred.removesuffix("bar")
        known = any(name in names for names in (self.defined, self.leaves, self.known))
        return name if known and name != self.loss else None

    def as_gradient(self, tree):
        """∂L/∂W of dW and of W̄; None of any other tree."""
        name = self._adjoint(tree)
        if name is None:
            return None
        below = bare(tree.args[0]) if tree.args else Tree("name", (), name, tree.start, tree.stop)
        return Tree("derivative", (Tree("name", (), self.loss), below), 1, tree.start, tree.stop)

    @cached_property
    def loss(self):
        """The function that the text differentiates, else one that is called a loss, else a letter of its own."""
        above = Counter(name for tree, _ in self.derivatives if (name := self._function_above(tree)))
        usual = [name for name in (*self.defined, *self.known) if name in LOSSES]
        unused = (n for n in ("L", "J", "E", "Loss") if n not in self.plain and n not in self.known)
        return next(iter([*(name for name, _ in above.most_common(1)), *usual, *unused]))

    def _function_above(self, tree):
        """The name of a function of which a derivative is taken, where it is called a loss or is defined nowhere."""
        called, name = self.call(bare(tree)), self.name_of(bare(tree))
        name = called[0] if called else name
        return name if name in LOSSES or (name is not None and self._is_open(name)) else None

    @cached_property
    def functions(self):
        """Names that are functions and that nothing defines, each with what it is a function of: {name: {name: tree}}.

        They stand above a derivative, or before their arguments.
        """
        found = {}
        for above, below in self.derivatives:
            called, inner = self.call(bare(above)), bare(above)
            entry = inner.kind == "subscript" and not self.is_label(inner)
            name = called[0] if called else spelled(inner.args[0]) if entry else self.name_of(inner)
            if name is not None and self._is_open(name):
                of = found.setdefault(name, {})
                of.update(self._whole(below, name) if below is not None else ())
                of.update(pair for argument in (called[1] if called else ()) for pair in self._each(argument, name))
        for name, given in self._every_call:
            if self._is_open(name):
                of = found.setdefault(name, {})
                of.update(pair for argument in given for pair in self._each(argument, name))
        for item in self.relations:  # df = f_x dx, where nothing says what f is
            left = bare(item.head)
            name = self.name_of(bare(left.args[0])) if left.kind == "differential" else None
            moved = [n for n in self._moved_in(item.right) if n != name]
            only = name is not None and self.plain[name] == self.differentiated[name]
            if only and self._is_open(name) and moved and name not in self._moved_in(item.right):
                found.setdefault(name, {}).update((n, Tree("name", (), n)) for n in moved)
        others = [n for side in self.sides for n in self.names(side) if n in _VARIABLES and n not in found]
        for of in (of for of in found.values() if not of):  # ∇f alone
            of.update((n, Tree("name", (), n)) for n in sorted(filter(self._is_open, others), key=_likely)[:1])
        said = {name: {n: t for n, t in of.items() if n not in self.bound} for name, of in found.items()}
        applied = {name for name, _ in self._every_call} & FUNCTION_LETTERS  # f′(2), of a number of its own
        return {name: of for name, of in said.items() if of or name in applied}

    @cached_property
    def _every_call(self):
        """(name, arguments) wherever a function is applied, also between other factors."""
        called = map(self._called, self.trees)
        between = (self._call_of(*pair) for pair in self.pairs if pair[1].kind == "group")
        return [call for call in (*called, *between) if call is not None]

    def _each(self, tree, name):
        """The names in an argument, each with a tree of its own."""
        return [(n, Tree("name", (), n)) for n in self.names(tree) if n != name]

    def _whole(self, tree, name):
        """What a derivative is by: its name, or an expression W x as it stands."""
        inner = bare(tree)
        if inner.kind in ("name", "label", "subscript", "power", "transpose", "prime"):
            return self._each(inner, name)
        return [(executing.key_of(inner), inner)]

    def _moved_in(self, tree):
        inner = [t.args[0] for t in parts(tree) if t.kind == "differential"]
        return [name for t in inner if (name := self.name_of(bare(t))) is not None]

    @cached_property
    def calls(self):
        """The functions that nothing defines and that are applied, each with the arguments of every call."""
        found = {}
        for name, given in self._every_call:
            if name in self.functions:
                found.setdefault(name, []).append(given)
        return found

    @cached_property
    def elementwise(self):
        """Functions of one argument that nothing defines, whose slope f′(z) stands in the text: they act on entries."""
        primed = {
            spelled(one.args[0])
            for one, other in self.pairs
            if one.kind == "prime" and other.kind == "group" and self._call_of(one, other)
        }
        above = {self.name_of(bare(tree)) for tree, _ in self.derivatives}
        return {n for n, calls in self.calls.items() if n in primed - above and all(len(given) == 1 for given in calls)}

    def _called(self, tree):
        """(name, arguments) of f(x), and of f′(x)[dx] and Df(x)[H]."""
        if tree.kind != "direction":
            return self.call(tree)
        function = tree.args[0].args[0] if tree.args[0].kind == "prime" else tree.args[0]
        name = self.name_of(bare(function))
        return (name, tree.args[2:]) if name is not None and tree.args[2:] else self.call(bare(function))

    def _is_open(self, name):
        taken = any(name in names for names in (self.known, self.defined, self.sizes, self.losses, self.unsaid))
        return not taken and (name not in CONSTANTS or name in self._used)

    @cached_property
    def _used(self):
        """Constants that the text uses as letters of its own: σ as a deviation and not as a function, the π of π_k."""
        words = {spelled(tree) for tree in self.trees if tree.kind == "operator"}
        weights = {"pi"} & self.indexed - self.alone
        return weights | ({"sigma"} & set(self.plain) if "sigmoid" not in words else set())

    @cached_property
    def open(self):
        """The names that nothing defines, in the order of the text."""
        found = dict.fromkeys(name for side in self.sides for name in self.names(side))
        scripts = [t for t in self.trees if t.kind == "subscript" and not self.is_label(t)]
        indices = self.bound | {x for t in scripts for x in executing.letters_in(t.args[1:]) if x not in self.alone}
        indices |= {"delta"} if any(tree.kind == "delta" for tree in self.trees) else set()
        return [
            name
            for name in found
            if self._is_open(name)
            and name not in indices
            and name not in self.functions
            and not self._is_spelling(name)
        ]

    @property
    def leaves(self):
        """The open names, and those whose shapes the text states."""
        return [*self.stated, *self.open]

    def diagonals(self):
        """S as Diag(s) and P as Diag(p), where the text defines the small letter and never the capital one."""
        named = {n: n.lower() for n in self.open if len(n) == 1 and n.isupper() and n.lower() in self.defined}
        word = Tree("operator", (), "Diag")
        return {
            name: Said(Tree("apply", (word, Tree("group", (Tree("name", (), small),), "("))), moved=True)
            for name, small in named.items()
        }

    @cached_property
    def speeds(self):
        """The letters whose dots are letters of their own, q̇ beside q in ∂L/∂q̇ and in dE/dt; nothing says what q̇ is."""
        dots = {name.removesuffix("dot"): name for name in self.plain if name.endswith("dot")}
        dots = {name: dot for name, dot in dots.items() if name in self.alone and not dot.endswith("ddot")}
        dots = {name: dot for name, dot in dots.items() if name not in self.defined}
        dots = {name: dot for name, dot in dots.items() if dot not in self.known and dot not in self.defined}
        below = {name for name, _ in self.belows}
        return dots if below & {"t", *dots.values()} and self.plain["t"] <= self._below("t") else {}

    def _below(self, name):
        """How often a name stands below a derivative."""
        return sum(below is not None and spelled(below) == name for _, below in self.derivatives)

    def _is_spelling(self, name):
        """Whether a name says itself what it is: dx of a known x, and the dots over one."""
        inner = name.removesuffix("dot")
        if name == self.speeds.get(inner):
            return False
        return inner != name and (inner in self.defined or inner in self.known or inner in self.alone)

    def closure(self, name):
        """All names that a name depends on, by definitions and by what functions are of."""
        found, stack = set(), [name]
        while stack:
            here = stack.pop()
            trees = (self.defined[here].tree,) if here in self.defined else self.functions.get(here, {}).values()
            inside = [*self.built.get(here, ()), *(name for tree in trees for name in self.names(tree))]
            stack.extend(n for n in inside if n not in found)
            found.update(inside)
        return found

    def last(self, name):
        """What a function that nothing defines is taken to be of: the names nearest to it, and their trees."""
        of = self.functions[name]
        reached = {key: self._upstream(key, tree) for key, tree in of.items()}
        last = {n: t for n, t in of.items() if not any(n in reached[o] and o not in reached[n] for o in of if o != n)}
        return last or of

    def equation_of(self, name, of):
        """The sides of the equation that sets a name beside others and does not solve for it, x² + y² = 25; or None."""
        for item in self.relations if name not in self.before_brackets else ():
            names = {*self.names(item.left), *self.names(item.right)}
            if name in names and names & set(of) and self._is_plain(item) and self._definition(item, 0) is None:
                return item.left, item.right
        return None

    def _is_set(self, name, place):
        """Whether a relation before a place sets a name and defines nothing."""
        before = (item for item in self.relations[:place] if name in (*self.names(item.left), *self.names(item.right)))
        return any(self._is_plain(item) and self._definition(item, 0) is None for item in before)

    @staticmethod
    def _is_plain(item):
        """Whether a relation is an equation with no derivative in it."""
        trees = (tree for side in (item.left, item.right) for tree in parts(side))
        return not item.continued and item.sign == "=" and not any(t.kind in _DERIVED for t in trees)

    def _upstream(self, key, tree):
        names = set(self.names(tree))
        return set().union(names - {key}, *(self.closure(name) for name in names))

    @cached_property
    def points(self):
        """The names at which derivatives are taken along directions, X in Df(X)[H] and df_X(H), and the w of argmin."""
        found = [index for t in self.trees if self.is_at(t) for index in t.args[1:]]
        words = [t.args[0] for t in self.trees if t.kind == "apply" and t.args[0].kind == "subscript"]
        found += [i for t in words if spelled(t.args[0]) in ("argmin", "argmax") for i in t.args[1:]]
        for tree in (t for t in self.trees if t.kind == "direction"):
            called = self._called(tree)
            found += [*tree.args[2:], *(called[1] if called else ()), *tree.args[0].args[1:]]
        return [name for tree in found for name in self.names(tree)]

    @cached_property
    def sole(self):
        """The name that ∇ without a variable is by: the argument of its function, or what else varies; or None."""
        for above, below in self.derivatives:
            called = self.call(bare(above)) if below is None else None
            if called is not None and (name := self.name_of(called[1][0])):
                return name
        heads = [
            self.defined[n] for a, b in self.derivatives if b is None and (n := self.name_of(bare(a))) in self.defined
        ]
        named = [name for said in heads for name in said.parameters if name]
        others = [name for name, _ in self.belows] + [name for name in self.differentials if name in self.leaves]
        inside = [n for a, b in self.derivatives if b is None for n in self._reached(a)]
        return next(iter([*named, *others, *sorted(inside, key=_likely)]), None)

    @cached_property
    def several(self):
        """The names by all of which a ∇ without a variable is: the arguments of f(x, y), or what ∇f = (…, …) counts."""
        for above, below in self.derivatives:
            called = self.call(bare(above)) if below is None else None
            name = called[0] if called else self.name_of(bare(above)) if below is None else None
            said = self.defined.get(name)
            names = said.parameters if said is not None else tuple(map(self.name_of, called[1])) if called else ()
            if len(names) < 2 and said is not None and not names:
                names = tuple(self._reached(above))
                names = names if len(names) in self._entries_of(above) else ()
            if len(names) > 1 and all(name in self.leaves for name in names):
                return names
        return ()

    def _entries_of(self, above):
        """How many entries the lists have that the text says a gradient to be."""
        heads = [(bare(item.head), bare(item.right)) for item in self.relations]
        sides = [right for head, right in heads if head.kind == "gradient" and head.args[0] is above]
        return {len(side.args) for side in sides if side.kind in ("list", "matrix", "inner")}

    def _reached(self, tree):
        """The open names of which a tree is made, through what is defined."""
        names = list(self.names(tree))
        return [
            n for n in dict.fromkeys([*names, *(m for n in names for m in sorted(self.closure(n)))]) if n in self.leaves
        ]


def _likely(name):
    """How late a name comes among those that vary where nothing says which."""
    return _VARIABLES.index(name) if name in _VARIABLES else len(_VARIABLES)


_VARIABLES = ["theta", "w", "W", "beta", "x", "X", "z", "u", "v", "t", "mu"]


def _scripts(tree):
    """The trees under a tree that are indices, and no names."""
    if tree.kind in ("subscript", "delta"):
        return tree.args[tree.kind == "subscript" :]
    plain = [a for a in tree.args[:2] if a.kind == "name" and a.data in INDICES]
    if tree.kind == "indicator" and len(plain) == 2:  # i = j
        return plain
    return plain[:1] if tree.kind == "operate" and plain[:1] == [tree.args[0]] else ()


BODIES = {
    "derivative": lambda tree: tree.args,
    "gradient": lambda tree: tree.args,
    "operate": lambda tree: tree.args[::-1],
}
"""Of each kind of derivative: what it is of, and by what."""


def letters_of(tree):
    """The letters i, j′ of an exponent ij′; empty for anything else."""
    factors = tree.args if tree.kind == "product" and not any(tree.data) else (tree,)
    names = [
        t.args[0].data + "'" * t.data if t.kind == "prime" and t.args[0].kind == "name" else t.data for t in factors
    ]
    named = all(
        t.kind in ("name", "prime") and n and len(n.rstrip("'")) == 1 for t, n in zip(factors, names, strict=True)
    )
    return tuple(names) if named else ()


def is_nought(tree):
    """Whether a side is 0."""
    inner = bare(tree)
    return inner.kind == "number" and inner.data == 0


def relations_of(lines):
    """The relations among the lines of a block."""
    return [line for line in lines if isinstance(line, Relation)]
