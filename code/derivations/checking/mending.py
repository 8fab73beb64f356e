"""A wrong line: what it got wrong, and the line as it should be.

The smallest edits that make it true name the mistake. Where none are found and the function is known, the mend is what
`derive` gives; else the numbers are told.
"""

import re
from contextlib import suppress

import numpy as np

from derivations import executing
from derivations.checking import comparing
from derivations.checking.assumptions import taken_for_granted
from derivations.checking.comparing import FAILURES, compare
from derivations.checking.defining import without_arguments
from derivations.checking.edits import (
    ARGUMENT,
    ASSUMPTION,
    FACTOR,
    INNER,
    ORDER,
    OTHER,
    PRODUCT,
    SHAPES,
    SIGN,
    SUM,
    TRANSPOSE,
)  # fmt: skip
from derivations.checking.rewriting import bracketed
from derivations.checking.searching import Search
from derivations.checking.spelling import as_written, read_right, spellings
from derivations.executing import Scene
from derivations.formulas.expression import ordered
from derivations.reading import numpy_programs
from derivations.reading.latex_formulas import Names, formula
from derivations.reading.latex_tree import Tree, bare
from derivations.writing.latex_printing import to_latex

_NAMED_FIRST = (ARGUMENT, INNER, SUM, PRODUCT, ORDER, TRANSPOSE, OTHER, ASSUMPTION, FACTOR, SIGN)
"""Of several edits, the kind that names the mistake: the sign last."""


LONGEST = 120  # characters of a mend that a person reads


def mend(checker, line, head, lines=(), first=True):
    """Give a wrong line its kind and its repair, which makes it equal to the tree `head`.

    Parameters
    ----------
    checker : Checker
    line : Line
        A line that fails.
    head : Tree
        The head of its chain, which its right side should equal: the lines before it are mended too.
    lines : list of Line
        All lines of the block: the repair spells names as they do.
    first : bool
        Whether it is the first wrong line. What another one took over from the line before is not its mistake.
    """
    item, nonconforming = line.relation, line.kind == SHAPES
    names = spellings(checker, [*lines, line])
    found = line.edits or Search(checker, head, item, lines, nonconforming).run()
    if not first and item.continued and line.kind is None and found and not comparing.evaluate_only(checker, item.left):
        alone = Search(checker, item.left, item, lines, nonconforming).run()
        line.kind = _kind(alone) if alone and alone.kinds else None
    slight = bool(line.error) and float(line.error) < 1e-6  # a property makes no small term vanish
    assumed = "" if nonconforming or slight else taken_for_granted(checker, head, item, found)
    if assumed:
        line.kind, line.why = ASSUMPTION, f"it holds only where {assumed}, which nothing says"
    if found and found.kinds:
        line.kind = line.kind or _kind(found)
        left = "" if item.continued else f"{as_written(checker, item, item.left) or to_latex(item.left, names)} "
        line.repair = f"{left}= {to_latex(found.tree, names)}"
        return
    derived = _derived(checker, item, head)
    right = derived if derived is None or isinstance(derived, str) else to_latex(derived, names)
    if right is not None and _seen(right) <= LONGEST:
        said = as_written(checker, item, item.left) or as_written(checker, item, head) or to_latex(head, names)
        line.repair = f"{'' if item.continued else said + ' '}= {right}"
        line.why = f"{line.why}; no small edit mends it, so this is what derive gives"
    else:
        line.why = "; ".join(filter(None, [line.why, _numbers(checker, head, item.right)]))
    line.kind = line.kind or OTHER


def _seen(latex):
    """How many signs a person sees of a formula."""
    return len(re.sub(r"\\[A-Za-z]+|[{}\s&]|\\[,;:! ]", lambda m: "x" if m[0][-1].isalpha() else "", latex))


def _kind(found):
    """The kind of mistake that edits undo."""
    kind = min(found.kinds, key=_NAMED_FIRST.index)
    return OTHER if kind == ASSUMPTION else kind


# ── where no edit is found ────────────────────────────────────────────────────────────────────────────────────────


def _derived(checker, item, head):
    """The right side that `derive` gives, where the head is a derivative of a function that is known; else None.

    A tree where the page's own reader reads it, LaTeX where it does not.
    """
    head, indices = _as_derivative(checker, bare(head)), ()
    if head.kind in ("derivative", "gradient"):
        below = head.args[1] if len(head.args) > 1 else Tree("name", (), (checker.varying or (None,))[0])
        if below.kind == "subscript" and not checker.meaning.known(executing.spelled(below)):
            below, *indices = below.args
        wanted = [executing.spelled(below)]
    elif head.kind == "differential":
        wanted = list(checker.varying)
    else:
        return None
    order = head.data or 1
    second = head.kind == "differential" and order == 2
    if not wanted or second or any(name not in checker.scope.symbols for name in wanted):
        return None
    found = [_gradient(checker, head.args[0], name, order) for name in wanted]
    if not all(found):
        return None
    for expand in (lambda gradient: (), lambda gradient: _new_names(checker, gradient), lambda gradient: "all"):
        trees = tuple(read_right(checker, gradient.latex(expand(gradient))) for gradient in found)
        if None in trees:
            continue
        if head.kind == "differential":
            made = [_along(checker, trees, wanted, colon) for colon in (True, False)]
        elif indices:
            made = [Tree("subscript", (Tree("group", trees, "("), *indices))]
        else:  # ∇ of a vector is its Jacobian transposed
            made = [trees[0], Tree("transpose", (bracketed(trees[0]),))]
        for tree in made:
            if compare(checker, head, tree, item).verdict == "holds":
                return tree
    return found[0].latex("all") if None in trees and head.kind != "differential" else None


def _as_derivative(checker, head):
    """df/dx of f′(x), and of y′ where one letter varies; any other tree as it is."""
    prime, below = head, None
    if head.kind in ("product", "apply") and len(head.args) == 2 and head.args[1].kind == "group":
        prime, below = head.args[0], head.args[1].args[0]
    elif len(checker.varying) == 1:
        below = Tree("name", (), checker.varying[0])
    if prime.kind != "prime" or prime.data != 1 or below is None or executing.spelled(below) not in checker.varying:
        return head
    return Tree("derivative", (prime.args[0], below), 1, head.start, head.stop)


def _new_names(checker, gradient):
    """The names that a gradient gives to parts, and the page does not."""
    names = [inner.data for inner in ordered([gradient.formula]) if inner.operation == "named"]
    return [name for name in dict.fromkeys(names) if not checker.meaning.known(name.rstrip("'"))]


def _gradient(checker, function, below, order):
    """The gradient of what a tree says, or None; names of the page stay in it."""
    from derivations.deriving.derivation import derive_what

    shapes = {name: value.axes for name, value in checker.scope.symbols.items()}
    assumed = {name: list(words) for name, words in checker.properties.items() if words}
    vary = {name: kind for name, kind in checker.vary.items() if name == below}
    try:
        return derive_what(
            lambda scope: _function(checker, function, scope),
            below, shapes, where=checker.where, assume=assumed, vary=vary, order=order,
        ).gradient  # fmt: skip
    except ValueError:
        return None


def _function(checker, tree, scope):
    """The value of a function: of its name if that is defined, of the loss that is given, or of what the page says."""
    names = Names(scope)
    for name, definition in checker.meaning.definitions.items():
        if definition.tree is not None:
            with suppress(ValueError):  # what has no formula may not be needed
                names = names.defining(name, definition.tree, definition.parameters, definition.indices)
    name = executing.spelled(without_arguments(tree))
    if name in scope.defined:
        return scope.defined[name]
    definition = checker.meaning.definitions.get(name)
    if definition is not None and definition.formula is not None:
        return numpy_programs.read(checker.loss, scope)
    parameters = definition is not None and definition.parameters and not definition.indices
    return formula(definition.tree if parameters else tree, names).value


def _along(checker, gradients, names, colon):
    """The sum of G : dX over the variables; J dx without the colon, and g dt for a number."""
    terms = []
    for gradient, name in zip(gradients, names, strict=True):
        move = Tree("differential", (Tree("name", (), name),), 1)
        if colon and checker.scope.symbols[name].ndim:
            left = Tree("group", (gradient,), "(") if gradient.kind == "sum" else gradient
            terms.append(Tree("colon", (left, move)))
        else:
            terms.append(Tree("product", (bracketed(gradient), move), ("",)))
    return terms[0] if len(terms) == 1 else Tree("sum", tuple(terms), (1,) * len(terms))


def _numbers(checker, head, right):
    """What the numbers say where nothing mends the line."""
    for point in checker.points[:1]:
        scene = Scene(checker.meaning, point)
        try:
            value, target = (executing.evaluate(tree, scene) for tree in (right, head))
        except FAILURES:
            return ""
        arrays = isinstance(value, np.ndarray) and isinstance(target, np.ndarray)
        if not arrays or value.shape != target.shape:
            return ""
        value, target = np.real(value), np.real(target)
        wrong = np.abs(value - target) > 1e-8 * np.max(np.abs(target), initial=1e-300)
        if not wrong.any():
            return ""
        place = tuple(int(i) for i in np.argwhere(wrong)[0])
        is_and_should = f"is {value[place]:.4g} and should be {target[place]:.4g}"
        if value.size == 1:
            return f"it {is_and_should}"
        factor = value[place] / target[place] if target[place] else 0.0
        if factor and np.allclose(value, factor * target, rtol=1e-8):
            return f"every entry is {factor:.4g} times what it should be"
        entry = f"entry {place[0] + 1}" + (f", {place[1] + 1}" if value.shape[1] > 1 else "")
        return f"{wrong.sum()} of {wrong.size} entries differ; {entry} {is_and_should}"
    return ""


# ── the whole derivation ──────────────────────────────────────────────────────────────────────────────────────────────

ROUNDS = 8  # wrong lines mended in turn


def mended(report):
    """The derivation of a report with its wrong lines mended one after the other, in LaTeX.

    Parameters
    ----------
    report : Report
        With the function that checks another text.

    Returns
    -------
    str or None
        None where no line is wrong, or one of them has no mend.
    """
    for _ in range(ROUNDS if report.again else 0):
        if report.repair is None or any(line.relation is None for line in report.lines):
            return None
        rows = [_row(line, report.names) for line in report.lines]
        rows[report.first_wrong] = _aligned(report.repair)
        text = "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"
        report = report.again(text)
        if report.first_wrong is None:
            return text
    return None


def _row(line, names):
    item = line.relation
    left = "" if item.continued else to_latex(item.left, names) + " "
    return f"{left}&{item.sign} {to_latex(item.right, names)}"


def _aligned(repair):
    """A mend begins with its left side, or with the sign where it goes on from the line before."""
    return repair.replace(" = ", " &= ", 1) if not repair.startswith("= ") else f"&{repair}"
