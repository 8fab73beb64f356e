r"""What a whole text may mean otherwise than it stands: :math:`S^{ij}` for an entry, dW for ∂L/∂W. A row a rewording.

`readings` are tried line by line; what is here is a custom of the text and holds from its first line to the last. A row
finds in an `Outline` what it replaces. Those that cost nothing are always taken; the others are alternatives, which
`inferring` has judged. The words are told beside every line that was written anew.
"""

import itertools
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from derivations import executing
from derivations.checking.outline import ABSCISSAS, letters_of
from derivations.executing import parts, spelled
from derivations.reading.latex_grammar import FUNCTION_LETTERS, peeled
from derivations.reading.latex_tree import Relation, Tree, bare, rebuilt


class Rewording(NamedTuple):
    """A row of the table."""

    name: str
    cost: float
    """How much less likely it is than the text as it stands."""
    finds: Callable
    """Of an `Outline`: a function from a tree to what it means, None where it stays; and words. Or None."""


def reworded(lines, instead):
    """The lines with other parts where `instead` gives one, a tree that stands in two of them one tree still.

    Parameters
    ----------
    lines : list of Relation or Unread
    instead : callable
        Of a tree: what stands in its place, or None.

    Returns
    -------
    list of Relation or Unread
    """
    known = {}

    def new(tree):
        if id(tree) not in known:
            known[id(tree)] = tree, rebuilt(tree, instead)
        return known[id(tree)][1]

    return [
        replace(line, head=new(line.head), left=new(line.left), right=new(line.right))
        if isinstance(line, Relation) and any(new(tree) is not tree for tree in (line.head, line.left, line.right))
        else line
        for line in lines
    ]


def changed(before, after):
    """The places, row and where they begin, of the lines of which a side of their own was written anew."""
    pairs = zip(before, after, strict=True)
    return {(old.row, old.start) for old, new in pairs if new is not old and _own(old) != _own(new)}


def _own(line):
    return (0 if line.continued else id(line.left)), id(line.right)


# ── entries ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _raised_indices(outline):
    r"""Where :math:`S^{ij}` is an entry: two letters side by side that stand nowhere but in scripts."""
    taken = {*outline.known, *outline.sizes, *outline.apart}
    powers = [tree for tree in outline.trees if tree.kind == "power"]
    pairs = [letters for tree in powers if len(letters := letters_of(tree.args[1])) > 1]
    raised = {letter for letters in pairs if not taken & set(letters) for letter in letters}  # with j, j′ as well

    def instead(tree):
        letters = letters_of(tree.args[1]) if tree.kind == "power" else ()
        if not letters or not set(letters) <= raised:
            return None
        base, *below = tree.args[0].args if tree.args[0].kind == "subscript" else tree.args[:1]
        if base.kind != "name" or base.data == "e":
            return None
        above = tuple(Tree("name", (), letter, tree.args[1].start, tree.args[1].stop) for letter in letters)
        spelling = base.data + "".join(str(t.data or "") for t in (*above, *below))
        return Tree("subscript", (base, *above, *below), spelling, tree.start, tree.stop)

    return (instead, "") if raised else None


def _bracketed_indices(outline):
    """Where x[i] is an entry of x: the letter stands nowhere but in such brackets, and nothing declares it."""
    letters = [bare(t).data for t in outline.trees if _is_bracketed(t)]
    entries = {x for x in letters if outline.plain[x] == letters.count(x) and x not in (*outline.known, *outline.sizes)}

    def instead(tree):
        if tree.kind != "product":
            return None
        factors, signs = [rebuilt(tree.args[0], instead)], []
        for sign, factor in zip(tree.data, tree.args[1:], strict=True):
            group = factor.args[0] if factor.kind == "power" else factor
            if sign == "" and factors[-1].kind == "name" and _is_bracketed(group) and bare(group).data in entries:
                base = factors[-1]
                entry = Tree("subscript", (base, bare(group)), base.data + bare(group).data, base.start, group.stop)
                factors[-1] = replace(factor, args=(entry, factor.args[1])) if factor.kind == "power" else entry
            else:
                factors.append(rebuilt(factor, instead))
                signs.append(sign)
        return Tree("product", tuple(factors), tuple(signs), tree.start, tree.stop) if signs else factors[0]

    return (instead, "x[i] is an entry of x") if entries else None


def _is_bracketed(tree):
    single = tree.kind == "group" and tree.data == "[" and tree.args[0].kind == "name"
    return single and len(tree.args[0].data) == 1


def _at_one_place(outline):
    """Where E is E_ij: E = e_ij² leaves its indices free, in a text that writes the sums it means."""
    if not any(tree.kind == "big sum" for tree in outline.trees):
        return None
    found = {}
    for item in outline.relations:
        name = outline.name_of(bare(item.left)) if not item.continued and bare(item.left).kind == "name" else None
        if name is not None and name not in (*outline.known, *outline.indexed) and (free := _free(outline, item.right)):
            found.setdefault(name, free)

    def instead(tree):
        if tree.kind != "name" or tree.data not in found:
            return None
        letters = tuple(Tree("name", (), letter, tree.start, tree.stop) for letter in found[tree.data])
        return Tree("subscript", (tree, *letters), tree.data + "".join(found[tree.data]), tree.start, tree.stop)

    words = ", ".join(f"{name} is that of one {', '.join(letters)}" for name, letters in found.items())
    return (instead, words) if found else None


def _free(outline, tree):
    """The letters that run in the scripts of a tree and that no sum in it binds."""
    scripts = [t for t in parts(tree) if t.kind == "subscript" and not outline.is_label(t)]
    letters = dict.fromkeys(letter for t in scripts for letter in executing.letters_in(t.args[1:]))
    sums = [t for t in parts(tree) if t.kind in executing.BIG]
    if not all(t.data for t in sums):  # Σ alone binds what the other sides do not have
        return ()
    bound = {bounds[0] for t in sums for bounds in t.data}
    return tuple(x for x in letters if x in outline.running and x not in bound and x not in outline.alone)


def _counts(outline):
    """Where n is how many there are: 1/n before a Σ that does not say how far it runs, or below it."""

    def instead(tree):
        if tree.kind not in ("product", "fraction"):
            return None
        args, below = list(tree.args), []
        for fraction in (tree, *tree.args):
            below += parts(fraction.args[1]) if fraction.kind == "fraction" else ()
        letters = [t.data for t in below if t.kind == "name" and t.data in countable]
        at = next((i for i, t in enumerate(args) if t.kind == "big sum" and _is_unbounded(t)), None)
        if at is None or len(letters) != 1:
            return None
        end = Tree("name", (), letters[0], args[at].start, args[at].start)
        args[at] = replace(args[at], data=((args[at].data[0][0], None, end),))
        return Tree(tree.kind, tuple(rebuilt(t, instead) for t in args), tree.data, tree.start, tree.stop)

    taken = {*outline.indexed, *outline.bound, *(name for name, _ in outline.belows)}
    countable = {name for name in outline.open if len(name) == 1 and name.isascii() and name not in taken}
    found = any(instead(tree) for tree in outline.trees)
    return (instead, "what stands below a mean is how many there are") if found else None


def _means_of_entries(outline):
    """As `_means`, where nothing is differentiated by x, which stands with an index alone: x̄ can be nothing else."""
    return _means(outline, {*outline.alone, *outline.differentials, *(name for name, _ in outline.belows)})


def _means(outline, others=frozenset()):
    """Where x̄ is the mean of the x_i: nothing says what it is, and x has entries."""
    means = {name: name.removesuffix("bar") for name in outline.open if name.endswith("bar")}
    means = {name: of for name, of in means.items() if of in outline.indexed - others}

    def instead(tree):
        of = means.get(outline.name_of(tree))
        if of is None:
            return None
        group = Tree("group", (Tree("name", (), of, tree.start, tree.stop),), "(", tree.start, tree.stop)
        return Tree("apply", (Tree("operator", (), "mean", tree.start, tree.stop), group), None, tree.start, tree.stop)

    return (instead, "a bar is a mean") if means else None


def _is_unbounded(tree):
    return len(tree.data) == 1 and tree.data[0][2] is None


def _inner_products(outline):
    """Where (x, y) is an inner product: the text says of the square of a norm that it is (x, x)."""
    called = {id(other) for one, other in outline.pairs if _is_function(outline, one)}

    def is_pair(tree):
        both = tree.kind == "group" and tree.data == "(" and tree.args[0].kind == "list"
        return both and len(tree.args[0].args) == 2 and id(tree) not in called

    def is_said(norm, pair):
        squared = norm.kind == "power" and norm.args[0].kind in ("norm", "bars") and norm.args[1].data == 2
        keys = {executing.key_of(bare(t)) for t in (norm.args[0].args[0], *pair.args[0].args)} if squared else ()
        return len(keys) == 1

    def instead(tree):
        if not is_pair(tree):
            return None
        return Tree("inner", tuple(rebuilt(t, instead) for t in tree.args[0].args), None, tree.start, tree.stop)

    sides = [pair for item in outline.relations for pair in ((item.left, item.right), (item.right, item.left))]
    said = any(is_pair(pair) and is_said(bare(norm), pair) for norm, pair in sides)
    return (instead, "(x, y) is the inner product") if said else None


def _is_function(outline, tree):
    said = outline.defined.get(spelled(tree) or "")
    return outline.name_of(tree) in outline.functions or (said is not None and bool(said.parameters))


def _normalised(outline):
    """Where softmax_j(S_ij) is the softmax along j."""

    def instead(tree):
        word = tree.args[0] if tree.kind == "apply" and tree.args[0].kind == "subscript" else None
        if word is None or spelled(word.args[0]) != "softmax" or len(word.args) != 2 or word.args[1].kind != "name":
            return None
        letter, entry = word.args[1].data, bare(tree.args[1])
        if not any(t.kind == "name" and t.data == letter for t in parts(entry)):
            return None
        other = Tree("name", (), f"{letter}''")
        one = _exponential(entry)
        every = _exponential(rebuilt(entry, lambda t: other if t.kind == "name" and t.data == letter else None))
        total = Tree("big sum", (every,), ((other.data, None, None),))
        return Tree("fraction", (one, total), None, tree.start, tree.stop)

    return (instead, "") if any(instead(tree) for tree in outline.trees) else None


def _densities(outline):
    """Where N(x | μ, σ²) and N(x; μ, Σ) are normal densities: N stands before three things, and nothing defines it."""

    def instead(tree):
        if tree.kind != "product" or "N" in outline.defined:
            return None
        args, signs, found = [], [], False
        for sign, factor in zip(("", *tree.data), tree.args, strict=True):
            inner = bare(factor) if factor.kind == "group" and not sign else None
            if (
                args
                and spelled(args[-1]) == "N"
                and inner is not None
                and inner.kind == "list"
                and len(inner.args) == 3
            ):
                args[-1], found = _normal(*inner.args, args[-1].start, factor.stop), True
            else:
                args.append(rebuilt(factor, instead))
                signs += [sign] * (len(args) > 1)
        if not found:
            return None
        return Tree("product", tuple(args), tuple(signs), tree.start, tree.stop) if signs else args[0]

    return (instead, "N is the normal density") if any(instead(tree) for tree in outline.trees) else None


def _normal(at, mean, spread, start, stop):
    """The density of a number with a variance, a square or a small letter; else of a vector with a covariance."""

    def put(kind, *args, data=None):
        return Tree(kind, args, data, start, stop)

    minus_half, two, minus = (put("number", data=Fraction(number)) for number in ("-1/2", "2", "-1"))
    pi = put("apply", put("operator", data="arccos"), put("group", minus, data="("))  # beside π_k, which is a weight
    apart = put("group", put("sum", at, mean, data=(1, -1)), data="(")
    name = spelled(spread.args[0] if spread.kind in ("subscript", "power") else spread) or ""
    if spread.kind == "power" or name[:1].islower():
        exponent = put("product", minus_half, put("fraction", put("power", apart, two), spread), data=("",))
        scale = put("product", two, pi, spread, data=("", ""))
    else:
        factors = (minus_half, put("transpose", apart), put("inverse", spread), apart)
        exponent = put("product", *factors, data=("", "", ""))
        inside = put("group", put("product", two, pi, spread, data=("", "")), data="(")
        scale = put("apply", put("operator", data="det"), inside)
    bell = put("apply", put("operator", data="exp"), put("group", exponent, data="("))
    return put("fraction", bell, put("root", scale, data=2))


def _exponential(tree):
    return Tree("apply", (Tree("operator", (), "exp"), Tree("group", (tree,), "(")))


# ── names ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _steps(outline):
    """Where Δw is a name, the step of w: Δ itself means nothing, and never stands alone."""
    if "Delta" in outline.known or not outline.plain["Delta"]:
        return None

    def instead(tree):
        if tree.kind != "product" or any(tree.data[:1]) or spelled(tree.args[0]) != "Delta":
            return None
        scripted = tree.args[1].kind == "subscript"
        base = tree.args[1].args[0] if scripted else tree.args[1]
        if base.kind != "name":
            return None
        name = Tree("name", (), f"Delta{base.data}", tree.start, base.stop)
        spelling = f"Delta{tree.args[1].data}"
        step = Tree("subscript", (name, *tree.args[1].args[1:]), spelling, tree.start, tree.args[1].stop)
        step = step if scripted else name
        return Tree("product", (step, *tree.args[2:]), tree.data[1:]) if tree.args[2:] else step

    steps = sum(instead(tree) is not None for tree in outline.trees)
    return (instead, "") if steps == outline.plain["Delta"] else None


def _of_several_letters(outline):
    """Where MPK is one name: a line says what it is, and a letter of it stands nowhere else."""

    def run(tree):
        """The name that a product of capitals is, or None."""
        capitals = tree.kind == "product" and not any(tree.data) and all(map(_is_capital, tree.args))
        return "".join(t.data for t in tree.args) if capitals else None

    heads = [run(bare(item.left)) for item in outline.relations if not item.continued and item.sign == "="]
    headed = Counter(letter for name in map(run, outline.trees) if name in heads for letter in name or "")
    own = {letter for letter, count in headed.items() if count == outline.plain[letter]} - outline.known.keys()
    names = {name for name in filter(None, heads) if own & set(name)}

    def instead(tree):
        name = run(tree)
        return Tree("name", (), name, tree.start, tree.stop) if name in names else None

    return (instead, "") if names else None


def _is_capital(tree):
    return tree.kind == "name" and len(tree.data) == 1 and tree.data.isupper()


def _functions_named_d(outline):
    """Where d(x) = … defines a function: no d in the text is before anything but a bracket."""
    moved = [tree for tree in outline.trees if tree.kind == "differential"]
    defined = [
        item
        for item in outline.relations
        if not item.continued and item.left.kind == "differential" and item.left.args[0].kind == "group"
        and outline.name_of(bare(item.left.args[0])) is not None
        and not any(tree.kind == "differential" for tree in parts(item.right))
    ]  # fmt: skip

    def instead(tree):
        if tree.kind != "differential":
            return None
        return Tree(
            "product", (Tree("name", (), "d", tree.start), rebuilt(tree.args[0], instead)), ("",), tree.start, tree.stop
        )

    grouped = all(tree.args[0].kind == "group" and tree.data in (None, 1) for tree in moved)
    return (instead, "d is a function") if defined and grouped and len(moved) > 1 else None


# ── derivatives ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _gradients(outline):
    """Where dW, δW and W̄ are ∂L/∂W: dW = Xᵀ dY beside Y = X W, or ∂L/∂y = dy."""
    return (outline.as_gradient, f"d and bars are derivatives of {outline.loss}") if outline.names_gradients else None


def _upstream(outline):
    """Where G is ∂L/∂Y: a line says again what stands before it, with a letter of its own instead of the derivative."""
    for item in (item for item in outline.relations if item.continued):
        for tree in parts(item.left):
            above, *below = tree.args if tree.kind == "derivative" else (tree,)
            if len(below) != 1 or outline.name_of(bare(above)) not in outline.functions:
                continue
            for name in outline.open:
                put = _with_scripts(name, below[0])
                said = rebuilt(item.left, lambda t, tree=tree, put=put: put if t is tree else None)
                if executing.key_of(said) == executing.key_of(item.right):
                    return _named(name, tree), f"{name} is the derivative of {outline.name_of(bare(above))}"
    return None


def _with_scripts(name, tree):
    """A name with the scripts of a tree."""
    scripts = tree.args[1:] if tree.kind == "subscript" else ()
    spelling = name + "".join(str(t.data) for t in scripts)
    whole = Tree("name", (), name, tree.start, tree.stop)
    return Tree("subscript", (whole, *scripts), spelling, tree.start, tree.stop) if scripts else whole


def _named(name, derivative):
    """What puts a derivative for its name, and its entry for an entry of the name."""
    above, below = derivative.args
    base = below.args[0] if below.kind == "subscript" else below

    def instead(tree):
        entry = tree.kind == "subscript" and spelled(tree.args[0]) == name
        if not entry and not (tree.kind == "name" and tree.data == name):
            return None
        by = Tree("subscript", (base, *tree.args[1:]), "", tree.start, tree.stop) if entry else base
        return Tree("derivative", (above, by), 1, tree.start, tree.stop)

    return instead


def _implicit(outline):
    """Where y′ is dy/dx: an equation sets y of x without saying what it is."""
    primes = [tree for tree in outline.trees if tree.kind == "prime" and outline.name_of(tree) is None]
    names = {outline.name_of(tree.args[0]) for tree in primes}
    others = [name for name in ABSCISSAS if name in outline.open and name not in names]
    set_so = [name in outline.open and outline.equation_of(name, others[:1]) is not None for name in names]
    if not set_so or not all(set_so):
        return None

    def instead(tree):
        if tree.kind != "prime" or outline.name_of(tree) is not None:
            return None
        below = Tree("name", (), others[0], tree.start, tree.stop)
        return Tree("derivative", (tree.args[0], below), tree.data, tree.start, tree.stop)

    return instead, f"a prime is the derivative by {others[0]}"


def _what_is_held(outline):
    r"""Where the T of :math:`(\partial P/\partial V)_T` is what is held, which a partial derivative does anyway."""

    def instead(tree):
        if tree.kind != "subscript" or bare(tree.args[0]).kind != "derivative":
            return None
        held = all(outline.name_of(letter) in outline.alone for letter in tree.args[1:])
        return rebuilt(tree.args[0], instead) if held else None

    return (instead, "") if any(instead(tree) for tree in outline.trees) else None


def _compositions(outline):
    r"""Where :math:`f \circ g(x)` and (f ∘ g)(x) are f(g(x)): functions of the text, or letters of functions."""

    def is_function(tree):
        said = outline.defined.get(spelled(tree) or "")
        letter = tree.kind == "name" and (tree.data in FUNCTION_LETTERS and tree.data not in outline.known)
        return bool(said.parameters) if said is not None else letter

    def composed(tree):
        """The functions that are composed, and the bracket that the last one has; None for anything else."""
        inner = bare(tree)
        if inner.kind != "hadamard" or set(inner.data) != {r"\circ"}:
            return None
        *others, last = inner.args
        called = last.kind == "product" and last.data == ("",) and last.args[1].kind == "group"
        functions = (*others, last.args[0] if called else last)
        return (functions, last.args[1] if called else None) if all(map(is_function, functions)) else None

    def applied(functions, group):
        whole = group
        for function in reversed(functions):
            whole = Tree("product", (function, whole), ("",), function.start, group.stop)
            whole = Tree("group", (whole,), "(", function.start, group.stop)
        return whole.args[0]

    def instead(tree):
        if (found := composed(tree)) is not None and found[1] is not None:
            return applied(*found)
        called = tree.kind == "product" and tree.data[0] == "" and tree.args[1].kind == "group"
        first, group = tree.args[:2] if called else (None, None)
        primed = called and first.kind == "prime" and first.data == 1
        found = composed(first.args[0] if primed else first) if called else None
        letter = spelled(group.args[0]) if called else None
        if found is None or found[1] is not None or (primed and letter is None):
            return None
        whole = applied(found[0], group)
        if primed:
            whole = Tree("derivative", (whole, group.args[0]), 1, tree.start, group.stop)
        if len(tree.args) == 2:
            return whole
        rest = tuple(rebuilt(factor, instead) for factor in tree.args[2:])
        return Tree("product", (whole, *rest), tree.data[1:], tree.start, tree.stop)

    return (instead, "∘ composes functions") if any(instead(tree) for tree in outline.trees) else None


def _at_points(outline):
    """Where f_x(1, 2), ∂f/∂x (1, 2) and ∂f/∂x |_(1, 2) are at that point: f was defined with as many arguments."""

    def parameters(tree):
        """Of f_x, ∂f/∂x and ∇f: the arguments that f was defined with."""
        above = tree.args[0] if tree.kind in ("derivative", "gradient") else None
        if tree.kind == "subscript" and set(map(spelled, tree.args[1:])) <= set(said_of(tree.args[0])):
            above = tree.args[0]
        return said_of(above) if above is not None else ()

    def said_of(function):
        said = outline.defined.get(spelled(function) or "")
        return said.parameters if said is not None and said.parameters and None not in said.parameters else ()

    def instead(tree):
        called = tree.kind == "product" and tree.data[0] == "" and tree.args[1].kind == "group"
        barred = tree.kind == "at" and tree.args[1].kind == "nothing"
        first = tree.args[0] if called or barred else None
        names = parameters(first) if first is not None and first.kind != "gradient" * called else ()
        given = executing.arguments(bare(tree.args[1 + barred])) if names else ()
        if not names or len(given) != len(names):
            return None
        place = (tree.start, tree.stop)
        whole = first
        if first.kind == "subscript":
            whole = Tree("derivative", first.args, len(first.args) - 1, first.start, first.stop)
        if tuple(map(spelled, given)) != names:
            letters = [Tree("name", (), name, *place) for name in names]
            pairs = itertools.chain.from_iterable(zip(letters, given, strict=True))
            whole = Tree("at", (whole, *pairs), "whole", *place)
        if barred or len(tree.args) == 2:
            return whole
        rest = tuple(rebuilt(factor, instead) for factor in tree.args[2:])
        return Tree("product", (whole, *rest), tree.data[1:], *place)

    return (instead, "") if any(instead(tree) for tree in outline.trees) else None


def _slopes(outline):
    """Where M′ is the derivative of M along any motion: no prime stands before a bracket, and none is a name."""
    primes = [tree for tree in outline.trees if tree.kind == "prime" and outline.name_of(tree) is None]
    called = {id(one) for one, other in outline.pairs if other.kind == "group"}
    if not primes or any(id(tree) in called or tree.data != 1 or tree.args[0].kind == "operator" for tree in primes):
        return None

    def instead(tree):
        if tree.kind != "prime" or outline.name_of(tree) is not None:
            return None
        inner = tree.args[0] if tree.args[0].kind in ("name", "group") else Tree("group", tree.args, "(")
        return Tree("differential", (inner,), 1, tree.start, tree.stop)

    return instead, "a prime is the derivative along any motion"


def _motions(outline):
    """Where ∂_t A, dA/dt and ∂A/∂x_j are along any motion: t stands below derivatives and in A(t) alone."""
    below = [tree.args[tree.kind == "derivative"] for tree in outline.trees if tree.kind in ("operate", "derivative")]
    called = {id(tree.args[0]) for tree in outline.trees if tree.kind == "group"}
    apart = {id(tree.args[0] if tree.kind == "subscript" else tree) for tree in below} | called
    built = set().union(*outline.built.values())
    for letter in dict.fromkeys(filter(None, map(_whole, below))):
        others = [
            tree for tree in outline.trees if tree.kind == "name" and tree.data == letter and id(tree) not in apart
        ]
        others += [tree for tree in outline.trees if tree.kind == "differential" and spelled(tree.args[0]) == letter]
        free = letter in outline.open or (letter in outline.known and letter not in built and not outline.losses)
        if len(letter) == 1 and letter.islower() and free and not others:
            return _along(letter), f"everything that varies moves along {letter}"
    return None


def _in_time(outline):
    """Where d/dt moves q along q̇, and q̇ along q̈: q̇ is a letter of its own, as in ∂L/∂q̇."""
    steps = [(name, dot) for name, dot in outline.speeds.items()]
    steps += [(dot, f"{name}ddot") for name, dot in steps if outline.plain[f"{name}ddot"]]

    def instead(tree):
        of = tree.args[tree.kind == "operate"] if tree.kind in ("operate", "derivative") and tree.data == 1 else None
        if of is None or spelled(tree.args[tree.kind == "derivative"]) != "t" or of.kind == "nothing":
            return None
        of, place = rebuilt(of, instead), (tree.start, tree.stop)
        terms = [
            Tree("inner", (Tree("derivative", (of, Tree("name", (), one, *place)), 1, *place),
                           Tree("name", (), other, *place)), None, *place)
            for one, other in steps
        ]  # fmt: skip
        return Tree("group", (Tree("sum", tuple(terms), (1,) * len(terms), *place),), "(", *place)

    return (instead, "d/dt moves a letter along its dot") if steps else None


def _whole(below):
    """The letter that a derivative is by, or of which it is by an entry."""
    return spelled(below.args[0] if below.kind == "subscript" and len(below.args) == 2 else below)


def _along(letter):
    """What puts d for the derivative by a letter, and A for A(t)."""

    def instead(tree):
        of = tree.args[tree.kind == "operate"] if tree.kind in ("operate", "derivative") and tree.data == 1 else None
        if of is not None and _whole(tree.args[tree.kind == "derivative"]) == letter and of.kind != "nothing":
            return Tree("differential", (Tree("group", (rebuilt(of, instead),), "("),), 1, tree.start, tree.stop)
        if tree.kind != "product":
            return None
        args, signs = [rebuilt(tree.args[0], instead)], []
        for sign, factor in zip(tree.data, tree.args[1:], strict=True):
            group = peeled(factor)[0]
            if group.kind == "group" and spelled(group.args[0]) == letter:  # A(t)ᵀ is Aᵀ
                args[-1] = rebuilt(factor, lambda t, group=group, of=args[-1]: of if t is group else None)
            else:
                args, signs = [*args, rebuilt(factor, instead)], [*signs, sign]
        return args[0] if len(args) == 1 else Tree("product", tuple(args), tuple(signs), tree.start, tree.stop)

    return instead


REWORDINGS = (
    Rewording("raised indices", 0.0, _raised_indices),
    Rewording("bracketed indices", 0.0, _bracketed_indices),
    Rewording("inner products", 0.0, _inner_products),
    Rewording("softmax along an index", 0.0, _normalised),
    Rewording("names of several letters", 0.0, _of_several_letters),
    Rewording("what is held", 0.0, _what_is_held),
    Rewording("densities", 0.0, _densities),
    Rewording("steps", 0.0, _steps),
    Rewording("a function named d", 0.0, _functions_named_d),
    Rewording("compositions", 0.0, _compositions),
    Rewording("at points", 0.0, _at_points),
    Rewording("implicit functions", 0.0, _implicit),
    Rewording("in time", 0.0, _in_time),
    Rewording("upstream gradients", 0.0, _upstream),
    Rewording("means of entries", 0.0, _means_of_entries),
    Rewording("at one place", 0.1, _at_one_place),
    Rewording("counts", 0.1, _counts),
    Rewording("means", 0.1, _means),
    Rewording("gradients", 0.2, _gradients),
    Rewording("slopes", 0.4, _slopes),
    Rewording("motions", 0.4, _motions),
)
"""Every rewording, the likeliest first."""
