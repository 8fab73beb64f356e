"""What a reader of LaTeX gives: rows of relations between trees.

A tree says what stands on the page, not yet what it means: whether a juxtaposition is a product or a function applied,
whether a subscript is a label or an index, is decided when it is executed, by the names that are known and by
conformity. Nothing here is evaluated.
"""

from dataclasses import dataclass, field
from fractions import Fraction


@dataclass(frozen=True, eq=False)
class Tree:
    r"""A node of an expression.

    Kinds, with their arguments and what `data` holds:

    ================= ============================== ==================================================================
    kind              args                           data
    ================= ============================== ==================================================================
    number            ()                             Fraction
    name              ()                             the spelling after fonts are dropped: ``W``, ``yhat``, ``zeta``,
                                                     ``Loss``; an accent is a suffix (hat, bar, tilde, dot); an index
                                                     may be primed: ``i'``
    one               ()                             None; a vector of ones (\mathbf 1, \mathbb 1, \vec 1); with its
                                                     size a subscript
    identity          ()                             None; written ``I`` (also \mathbf I, \mathbb I), size by context,
                                                     or a subscript
    delta             (i, j)                         None; Kronecker's delta
    infinity, dots    ()                             None
    either sign       ()                             1 for ±, −1 for ∓: a factor before what follows it
    group             (inner,)                       the bracket: ``(``, ``[`` or ``{``; kept, since f(x) may be a call
    list              (…)                            None; comma-separated parts of a group: f(x, y)
    sum               (…)                            tuple of signs, +1 or −1, one for each argument
    product           (…)                            tuple of what stands before each factor but the first: ``""`` for
                                                     juxtaposition, ``\cdot``, ``\times``, ``*``, ``/``
    hadamard          (…)                            tuple of signs between: ``\odot``, ``\circ``, ``\oslash``
    kronecker         (…)                            None
    colon             (left, right)                  None; left-associative
    inner             (left, right)                  None; ⟨a, b⟩
    fraction          (above, below)                 None; ``a/b`` is a product with ``/``
    root              (inner,)                       the degree, 2
    norm              (inner,) or (inner, weight)    ``F``, ``2``, ``1``, ``inf``, ``*``, ``op`` or None as written; the
                                                     weight is the A of ‖x‖_A, or the p of ‖x‖_p
    bars              (inner,)                       None; |x|: absolute value, determinant or norm, by conformity
    power             (base, exponent)               None
    elementwise power (base, exponent)               None; x^{\odot 2}
    transpose         (base,)                        None
    inverse           (base,)                        None
    inverse transpose (base,)                        None
    prime             (base,)                        how many
    subscript         (base, index, …)               the spelling of the whole as a label would have it: ``W1``,
                                                     ``xi``; empty where it has none. A letter in brackets above,
                                                     x^{(i)}, is an index too
    label             (base,)                        the spelling of the whole, ``W1`` for W^{(1)}, ``wstar`` for w^*
    indicator         (left, right)                  the sign: [z > 0], \mathbf 1[z > 0], 1_{z > 0}; ``∈`` of
                                                     an index, or a list of them, and a set as a ``text``
    operator          ()                             a function or operator as a word: exp log sin tanh sigmoid softmax
                                                     relu tr det diag Diag vec max …
    apply             (operator or prime, argument)  None; \exp(x), \log\det X, tr AB, \sigma'(z)
    differential      (inner,)                       the order, 1 or 2: dX, d(expr), d^2 f
    derivative        (above, below, …)              the order; \frac{\partial above}{\partial below}
    operate           (below, body)                  the order; \frac{\partial}{\partial x} body, \frac{d}{dx} body
    gradient          (body,) or (body, variable)    the order: \nabla f, \nabla_W f, \nabla^2 f
    direction         (function, direction[, point]) None; f'(x)[dx], Df(x)[H], D_V f; for d_x f(x, y) \cdot v the
                                                     function is the call, the point x
    big sum           (body,)                        a tuple of (index spelling, low or None, high or None), the bounds
                                                     trees; empty for a sum without an index
    big product       (body,)                        as big sum
    matrix            (rows)                         None; each row is a ``list``
    cases             (…)                            None; pairs as ``list`` of a value and its condition, an
                                                     ``indicator``, or a ``text`` such as otherwise
    at                (body, name, value, …)         ``whole``; what stands before |_{x = a}, with a for x; ``nothing``
                                                     for a name that is not said, |_a: what a derivative is taken by
    big list          (body,)                        as big sum; the parts of a list or the rows of a matrix that
                                                     dots stand for
    integral          (body, low, high)              the letter that it runs over
    big table         (body,)                        as big sum; the array of what stands at each place, (a_ij)
    order             (inner,)                       ``O`` or ``o``
    limit             (body, variable, target)       None
    imaginary         (inner,)                       None
    text              ()                             the words
    nothing           ()                             None; an empty side of a relation
    ================= ============================== ==================================================================
    """

    kind: str
    args: tuple = ()
    data: object = None
    start: int = 0
    """Where it begins in the source of the block, for messages and repairs."""
    stop: int = 0


@dataclass(frozen=True, eq=False)
class Relation:
    """One relation: left = right. A chain a = b = c is two, the second with the left of the first as its `head`."""

    left: Tree
    right: Tree
    sign: str
    """``=``, ``:=``, ``≈``, ``←``, ``≤`` …"""
    row: int
    """Displayed row, from 0; empty rows are not counted."""
    start: int
    stop: int
    """The source of this relation."""
    continued: bool
    """Whether its left side is the right side of the relation before it in the same chain."""
    head: Tree
    """The first expression of its chain."""
    remark: str = ""
    """Words that stand beside it."""
    source: str = ""
    condition: tuple = ()
    """Index, sign, index: the places for which alone it is said, as with i ≠ j beside it."""
    before: str = ""
    """The words that stand before it: a sentence of the page, or words in the formula."""
    taken: str = ""
    """How its letters were taken, where the page leaves it open."""


@dataclass(frozen=True)
class Unread:
    """A part of a row that could not be read, with the place and the reason."""

    row: int
    start: int
    stop: int
    reason: str
    source: str = ""
    before: str = ""
    """The words that stand before it."""


@dataclass
class Block:
    """A display block, read: its relations and unread parts in order."""

    source: str
    lines: list = field(default_factory=list)
    after: str = ""
    """The words that stand after the last of them."""


def bare(tree):
    """The tree without brackets around it."""
    while tree.kind == "group":
        tree = tree.args[0]
    return tree


def rebuilt(tree, instead):
    """The tree with other parts where `instead` gives one; scripts that change lose the spelling that they had."""
    done, stack = {}, [tree]
    while stack:
        here = stack[-1]
        new = instead(here)
        missing = [a for a in here.args if id(a) not in done] if new is None else ()
        if missing:
            stack.extend(missing)
            continue
        stack.pop()
        if new is None:
            args = tuple(done[id(a)] for a in here.args)
            changed = any(one is not other for one, other in zip(args, here.args, strict=True))
            data = "" if changed and here.kind == "subscript" else here.data
            new = Tree(here.kind, args, data, here.start, here.stop) if changed else here
        done[id(here)] = new
    return done[id(tree)]


def number(value):
    """A number as a tree."""
    return Tree("number", (), Fraction(value))


BIG = {"big sum", "big product", "big list", "big table"}
"""Kinds of trees that bind indices; their bounds are trees too."""


def parts(tree):
    """Every tree under a tree, itself first."""
    found, stack = [], [tree]
    while stack:
        inner = stack.pop()
        found.append(inner)
        stack.extend(reversed(inner.args))
        if inner.kind in BIG:
            stack.extend(t for bounds in inner.data for t in bounds[1:] if t is not None)
    return found


def spelled(tree):
    """The name that a tree spells as a whole: a name, a label, a subscripted or primed name; else None."""
    if tree.kind == "name":
        return tree.data
    if tree.kind in ("subscript", "label") and tree.data:
        return tree.data
    if tree.kind == "operator":
        return tree.data
    if tree.kind == "prime" and (inner := spelled(tree.args[0])):
        return inner + "p" * tree.data
    return None
