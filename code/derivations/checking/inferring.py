r"""What a text leaves undeclared: shapes, what varies, and the losses that it never defines.

`Checker.check` judges a text by its declarations. Where there are none, or too few, this room finds what the open
letters can be (`outline`, `shapes`), has the likeliest few judged, and keeps those declarations under which most lines
hold. They are told in ``report.inferred``, as the arguments that `check` takes.
"""

import itertools
import re
from dataclasses import dataclass, field, replace

from derivations import executing
from derivations.checking.comparing import joined
from derivations.checking.outline import ABSCISSAS, BODIES, Outline, relations_of
from derivations.checking.rewordings import REWORDINGS, changed, reworded
from derivations.checking.shapes import Length, assignments, found, is_number
from derivations.executing import Definition, parts, spelled
from derivations.formulas.expression import ordered
from derivations.reading.latex_grammar import LOSSES
from derivations.reading.latex_text import read_block
from derivations.reading.latex_tree import Tree, bare
from derivations.writing.latex_printing import to_latex

TRIED = 4
"""Assignments of ranks that are judged for a text, at most."""
UNUSUAL = 0.4
"""How much less likely it is that S is Diag(s)."""
_MEMBER = re.compile(
    r"(?P<names>[^$&=\n]*?)\\in\s*(?:\\mathbb|\\mathbf|\\Bbb|\\mathrm|\\mathcal)?\s*\{?\s*(?P<set>\\R\b|\\Re\b|[RSℝ])\s*\}?"
    r"\s*(?:_\{?[+]+\}?)?\s*(?:\^\s*(?:\{(?P<braced>(?:[^{}]|\{[^{}]*\})*)\}|(?P<plain>[A-Za-z0-9])))?"
)
"""x, y ∈ ℝⁿ and A ∈ ℝ^{m×n}, as they stand in the source."""
_BOLD = re.compile(r"\\(?:mathbf|bm|boldsymbol|vec|pmb)\s*\{?\s*(\\?[A-Za-z]+)")
_SIZES = "mnpqkdrshlNMKDPQRS"


@dataclass(frozen=True)
class Guess:
    """Declarations that nobody made.

    Attributes
    ----------
    given, varying, assume : str
        As `check` takes them; what was declared is among them.
    letters : frozenset of str
        The letters whose shapes were inferred.
    functions : dict
        Name of a function that nothing defines to its `executing.Definition`.
    cost : float
        How much less likely it is than the likeliest.
    rewordings : tuple
        Of what the text has written otherwise, as `rewordings` finds it, each with its words.
    """

    given: str
    varying: str
    assume: str = ""
    letters: frozenset = frozenset()
    functions: dict = field(default_factory=dict)
    cost: float = 0.0
    rewordings: tuple = ()

    def rewritten(self, lines):
        """The lines as the guess has them written, and of the place of a line that changes the words for it."""
        told = {}
        for instead, words in self.rewordings:
            before, lines = lines, reworded(lines, instead)
            for place in changed(before, lines) if words else ():
                told[place] = joined(told.get(place, ""), words)
        return lines, told

    def declared(self):
        """What a checker is begun with that takes the guess."""
        return {"given": self.given, "varying": self.varying, "assume": self.assume, "infer": False}

    def told(self):
        """The declarations, as the arguments that `check` takes; those that are empty are left out."""
        everything = {"given": self.given, "varying": self.varying, "assume": self.assume}
        return {name: text for name, text in everything.items() if text}


def guesses(checker, latex):
    """What the open letters of a text can be, the likeliest first.

    Parameters
    ----------
    checker : Checker
        With what is declared.
    latex : str
        The block.

    Returns
    -------
    list of Guess
        Empty where the text leaves nothing open.
    """
    lines = read_block(latex, checker.names, checker.macros, checker.meaning.names).lines
    known = {name: _shape_of(symbol) for name, symbol in checker.meaning.symbols.items()}
    known |= {name: _shape_of_definition(d) for name, d in checker.meaning.definitions.items()}
    built = {name: _letters(definition.formula) for name, definition in checker.meaning.definitions.items()}
    stated, properties, sizes = _stated(checker, latex)
    known |= {name: shape for name, shape in stated.items() if name not in known}
    losses = frozenset(LOSSES) if checker.loss else frozenset()
    new = tuple(name for name in stated if name not in checker.meaning.symbols)

    def outlined(relations, supposed=()):
        sizes_known = set(checker.meaning.sizes) | sizes
        return Outline(relations, known, sizes_known, losses, built, new, dict(supposed))

    first, _, _ = _as_written(outlined, lines)
    names = checker.meaning.names | set(first.open) | set(first.functions)
    again = read_block(latex, checker.names, checker.macros, names - {"d", "delta"}).lines  # δX of a letter X moves it
    outline, plain, found = _as_written(outlined, again)
    moved = any(said.moved for said in outline.defined.values())
    taken = outline.open or outline.functions or new or moved or plain or found
    if not taken and all(checker.properties.get(name) for name in _labels(outline)):
        return []
    bold = frozenset(name.lstrip("\\") for name in _BOLD.findall(latex))
    variants = [(0.0, outline, plain)]
    if diagonals := outline.diagonals():
        variants.append((UNUSUAL, outlined(outline.relations, diagonals), plain))
    likeliest, least = {}, None
    for more, variant, rewordings in (*variants, *found):
        for cost, _, shapes in assignments(variant, bold, 1 if more else TRIED):
            least = cost if least is None else least
            guess = _guess(checker, variant, shapes, stated, properties)
            if guess is not None:
                guess = replace(guess, cost=max(0.0, cost - least) + more, rewordings=rewordings)
                likeliest.setdefault((guess.given, len(rewordings), *guess.functions), guess)
    return list(likeliest.values())


def _as_written(outlined, lines):
    """The outline of lines as they are written, with what was reworded for it, and the alternatives to it."""
    outline, plain, found = outlined(relations_of(lines)), (), []
    for row in REWORDINGS:
        rewording = row.finds(outline)
        if rewording is not None and not row.cost:
            outline, plain = outlined(reworded(outline.relations, rewording[0])), (*plain, rewording)
        elif rewording is not None:
            found.append((row.cost, outlined(reworded(outline.relations, rewording[0])), (*plain, rewording)))
    return outline, plain, found


def _shape_of(formula):
    return tuple(_length(size) for size in formula.shape)


def _shape_of_definition(definition):
    return _shape_of(definition.formula) if definition.formula is not None else ()


def _letters(formula):
    """The names of the symbols that a formula is made of."""
    return {part.data[0] for part in ordered([formula]) if part.operation == "symbol"} if formula is not None else set()


def _length(size):
    text = str(size)
    return int(text) if text.isdigit() else text


# ── what the text states ──────────────────────────────────────────────────────────────────────────────────────────


def names_in(checker, latex):
    """The names of which something may be said in a text: those in it, w for w_1 and w^{(2)}, and those declared."""
    lines = read_block(latex, checker.names, checker.macros, checker.meaning.names).lines
    outline = Outline(relations_of(lines), {}, set())
    names = {name for side in outline.sides for name in outline.names(side)}
    awaited = {name for said in checker.awaited.values() for name in said}
    return {*checker.declared, *names, *(name for name in awaited if _labelled(name, names))}


def _stated(checker, latex):
    r"""What a text says by x \in \mathbb{R}^n: shapes, properties, and the sizes that it names."""
    shapes, properties, sizes = {}, {}, set()
    for match in _MEMBER.finditer(latex):
        lengths = _lengths(match["braced"] or match["plain"] or "")
        if lengths is None:
            continue
        symmetric = match["set"] == "S"
        lengths = lengths * 2 if symmetric and len(lengths) == 1 else lengths
        for name in _names_before(checker, match["names"]):
            shapes[name] = lengths
            sizes.update(length for length in lengths if isinstance(length, str))
            if symmetric:
                properties[name] = "symmetric"
    return shapes, properties, sizes


def _lengths(text):
    r"""The lengths in m \times n, or None where they are no plain letters and numbers."""
    parts_of = [part.strip(" {}") for part in re.split(r"\\times|×|\\cdot", text) if part.strip(" {}")]
    if (
        not all(re.fullmatch(r"[A-Za-z]|\d+|\\?[A-Za-z]+|[A-Za-z]_\{?\w+\}?", part) for part in parts_of)
        or len(parts_of) > 2
    ):
        return None
    plain = [re.sub(r"[\\{}_]", "", part) for part in parts_of]
    return tuple(int(part) if part.isdigit() else part for part in plain)


def _names_before(checker, text):
    """The names in a list that ends where ∈ stands, as the reader spells them."""
    listed = re.split(
        r"\\\\|\\quad|\\qquad|\\text\{[^{}]*\}|\\left|\bwhere\b|\bwith\b|\bfor\b|\bLet\b|\blet\b|\band\b|;", text
    )[-1]
    for piece in listed.split(","):
        piece = piece.strip(" \t&${}")
        if not piece or len(piece) > 60:
            continue
        lines = read_block(f"{piece} = 0", checker.names, checker.macros, checker.meaning.names).lines
        name = spelled(bare(lines[0].left)) if len(lines) == 1 and hasattr(lines[0], "left") else None
        if name:
            yield name


# ── declarations ──────────────────────────────────────────────────────────────────────────────────────────────────


def _guess(checker, outline, shapes, stated, properties):
    """The declarations that an assignment of ranks comes to."""
    naming = _Naming(outline, shapes)
    given = {name: naming.lengths(shapes.names[name]) for name in outline.leaves}
    functions = {name: naming.lengths(shapes.names.get(name)) for name in outline.functions}
    given |= {name: lengths for name, lengths in functions.items() if lengths}  # their lengths are declared so
    letters = {**checker.declared, **given}
    awaited = [[name] if name in letters else _labelled(name, outline.leaves) for name in checker.awaited["varying"]]
    said = (*checker.varying, *(name for names in awaited for name in names))
    numbers = {name for name, shape in shapes.names.items() if is_number(shape)}
    varying = said or tuple(name for name in _varying(outline, numbers) if name in letters)
    assume = {name: " ".join(kinds) for name, kinds in checker.properties.items() if kinds}
    labels = {name: word for name, word in _labels(outline).items() if name not in assume}
    supposed = properties | _assumed(outline, shapes) | _proportions(outline, shapes) | checker.awaited["assume"]
    assume |= {name: words for name, words in supposed.items() if name in given} | labels
    return Guess(
        ", ".join(f"{name}: {'×'.join(map(str, lengths)) or 'scalar'}" for name, lengths in letters.items()),
        ", ".join(varying),
        ", ".join(f"{name}: {words}" for name, words in assume.items()),
        frozenset(given),
        {name: _function(outline, name, lengths) for name, lengths in functions.items()}
        | _expressions(outline)
        | {
            name: Definition(tree=said.tree, parameters=said.parameters)
            for name, said in outline.defined.items()
            if said.moved
        },
    )


def _labelled(name, names):
    """The names that are a name with a label of a sign or two: w1 and wl of w."""
    return [one for one in names if one.startswith(name) and len(one) <= len(name) + 2]


def _ends(shape):
    return tuple(map(found, shape))


class _Naming:
    """Names for lengths that have none: letters that the text does not use."""

    def __init__(self, outline, shapes):
        used = {*outline.plain, *outline.bound, *outline.sizes, *outline.known}
        used |= {x for t in outline.trees if t.kind == "subscript" for x in executing.letters_in(t.args[1:])}
        used |= {length for shape in outline.known.values() for length in shape if isinstance(length, str)}
        free = [x for x in _SIZES if x not in used]
        self.unused = iter([*free, *(f"n{i}" for i in range(1, 100))])
        arrays = [shape for name in outline.open if (shape := shapes.names[name]) is not None]
        matrices = [shape for shape in arrays if 1 not in map(found, shape)]
        if not matrices and "n" in free:  # a vector alone has the length n
            self.unused = iter(["n", *(x for x in self.unused if x != "n")])
        square = [rows for rows, columns in map(_ends, matrices) if rows is columns]
        if any(isinstance(length, Length) and not length.name for length in square) and "n" in free:
            next(length for length in square if not length.name).name = "n"
            self.unused = iter([x for x in self.unused if x != "n"])
        for shape in matrices:
            self.lengths(shape)

    def lengths(self, shape):
        """The shape as `given` has it: no length for a scalar, one for a column."""
        if shape is None:
            return ()
        rows, columns = (self._named(length) for length in shape)
        return () if (rows, columns) == (1, 1) else (rows,) if columns == 1 else (rows, columns)

    def _named(self, length):
        length = found(length)
        if not isinstance(length, Length):
            return length
        length.name = length.name or next(self.unused)
        return length.name


def _varying(outline, numbers):
    """What the text varies: what stands under a ∂, a ∇ or a d, down to letters that nothing defines.

    The prime of a number that was defined without an argument, y = x³, is its derivative by the letter in it.
    """
    names = [name for name, _ in outline.belows] + outline.differentials + outline.points
    names += [t.data.removesuffix("dot") for t in outline.trees if t.kind == "name" and t.data.endswith("dot")]
    if any(below is None for _, below in outline.derivatives) and outline.sole in outline.leaves:
        together = outline.several if set(outline.several) <= numbers else ()
        return list(together or [outline.sole])  # ∇ is by the one that varies, or by the coordinates of a point
    primes = [t.args[0] for t in outline.trees if t.kind == "prime"]
    for tree in primes:
        said = outline.defined.get(spelled(tree) or "")
        names += [name for name in said.parameters if name] if said is not None else []
        if said is not None and not said.parameters and spelled(tree) in numbers:
            inside = [name for name in outline.closure(spelled(tree)) if name in outline.leaves]
            names += [name for name in ABSCISSAS if name in inside][:1] or (inside if len(inside) == 1 else [])
    leaves = [name for name in dict.fromkeys(names) if name in outline.leaves]
    if leaves or not names:
        return leaves
    reached = [other for name in names for other in sorted(outline.closure(name))]
    return [name for name in dict.fromkeys(reached) if name in outline.leaves]


def _assumed(outline, shapes):
    """What a text takes for granted where it uses a letter so: a square Σ is a covariance, log det X has a value."""
    ends = {name: _ends(shapes.names[name] or (0, 1)) for name in outline.leaves if name.startswith(_COVARIANCES)}
    found_words = {name: "symmetric" for name, (rows, columns) in ends.items() if rows is columns}
    for tree in outline.trees:
        inner = bare(tree.args[-1]) if tree.args else None
        name = outline.name_of(inner) if inner is not None else None
        if name is None or not name[0].isupper():
            continue
        if tree.kind in ("inverse", "inverse transpose", "bars") and name.startswith(_COVARIANCES):
            found_words[name] = "positive definite"
        elif tree.kind == "apply" and spelled(tree.args[0]) == "det":
            found_words.setdefault(
                name, "positive definite" if name.startswith(_COVARIANCES) else "positive determinant"
            )
        elif tree.kind == "bars" and _is_in_log(outline, tree):
            found_words.setdefault(name, "positive determinant")
    return found_words


_COVARIANCES = ("Sigma", "Lambda", "Psi")


def _labels(outline):
    """The y of which the text says y_i = 1 or y_i = k below a Σ or in an indicator: which values it takes."""
    values = {}
    for tree in outline.trees:
        if tree.kind == "indicator" and tree.data == "≡":
            inner, other = map(bare, tree.args)
            name = outline.name_of(inner.args[0] if inner.kind == "subscript" else inner)
            values.setdefault(name, set()).add("k" if spelled(other) in outline.running else _number_of(other))
    words = {"binary": {0, 1}, "plus or minus one": {1, -1}, "one or two": {1, 2, "k"}}
    found_words = {name: next((word for word, those in words.items() if v <= those), "") for name, v in values.items()}
    known = {*outline.leaves, *outline.known} - set(outline.built)
    return {name: word for name, word in found_words.items() if word and name in known}


def _number_of(tree):
    """The value of a number, perhaps with its sign; None for anything else."""
    if tree.kind == "sum" and len(tree.args) == 1 and tree.args[0].kind == "number":
        return tree.data[0] * tree.args[0].data
    return tree.data if tree.kind == "number" else None


def _proportions(outline, shapes):
    """The y of Σ y log p beside a softmax: its entries sum to one, as those of a label or of probabilities do."""
    words = {spelled(tree) for tree in outline.trees if tree.kind == "operator"}
    normalised = any(
        tree.kind == "fraction" and any(t.kind == "big sum" and _has_exp(t) for t in parts(tree.args[1]))
        for tree in outline.trees
    )
    if "softmax" not in words and not normalised:
        return {}
    found_words = {}
    for tree in (tree for tree in outline.trees if tree.kind in ("product", "hadamard")):
        logs = [a for a in tree.args if a.kind == "apply" and spelled(a.args[0]) == "log"]
        weights = [n for a in tree.args if a not in logs for n in outline.names(a) if n in outline.leaves]
        for name in weights if logs else ():
            axes = sum(found(length) != 1 for length in shapes.names[name] or ())
            found_words[name] = (None, "sums to one", "each row sums to one")[axes]
    return {name: words for name, words in found_words.items() if words}


def _has_exp(tree):
    return any(t.kind == "apply" and spelled(t.args[0]) == "exp" for t in parts(tree))


def _is_in_log(outline, tree):
    return any(
        t.kind == "apply" and spelled(t.args[0]) == "log" and any(inner is tree for inner in parts(t.args[1]))
        for t in outline.trees
    )


def _function(outline, name, lengths):
    """Any smooth function of what the text differentiates a name by, or applies it to."""
    calls = outline.calls.get(name, ())
    if name in outline.elementwise or any(outline.name_of(a) is None for given in calls for a in given):
        named = (given for given in calls if all(outline.name_of(a) in outline.leaves for a in given))
        letters = [spelled(a) for a in next(named, ())]  # f(X) beside f(X + H); else f(g(x)), of letters of its own
        parameters = tuple(letters or (f"argument {i + 1} of {name}" for i in range(len(calls[0]))))
        trees = tuple(Tree("name", (), parameter) for parameter in parameters)
        shape = "entries" if name in outline.elementwise else (1, 1)
        return Definition(tree=Tree("any function", trees, (name, shape)), parameters=parameters)
    if not lengths and (equation := outline.equation_of(name, outline.last(name))) is not None:
        return Definition(tree=Tree("implicit", equation, name))
    trees = tuple(
        Tree("name", (), _label(tree)) if key not in outline.plain and tree.kind != "name" else tree
        for key, tree in outline.last(name).items()
    )
    return Definition(tree=Tree("any function", trees, (name, (*lengths, 1, 1)[:2])))


def _label(tree):
    """A name for an expression by which derivatives are taken."""
    return to_latex(tree, {})


def _expressions(outline):
    """The expressions by which derivatives of functions are taken, by names of their own."""
    trees = [tree for name in outline.functions for tree in outline.last(name).values() if tree.kind != "name"]
    return {_label(tree): Definition(tree=tree) for tree in trees}


# ── judging ───────────────────────────────────────────────────────────────────────────────────────────────────────


def judged(checker, latex, tell=None, mend=True):
    """The report on a text of which something is not declared, by the guess under which most lines hold.

    A chain that is still unread for want of letters that stand nowhere else is judged by itself: an identity that the
    text quotes has letters of its own.

    Parameters
    ----------
    checker : Checker
        With what is declared; it has judged nothing yet.
    latex : str
        The block.
    tell : callable, optional
        As for `Checker.check`; called with None where a text is judged anew, with what was inferred, and what was told
        of it before is void.
    mend : bool
        As for `Checker.check`.

    Returns
    -------
    Report, Checker
        And the checker that made it, with what was inferred.
    """
    report, best = _judged(checker, latex, tell, mend)
    if checker.infer and not checker.aside:
        _judge_aside(checker, report, tell or (lambda line: None))
    return report, best


def _judge_aside(checker, report, tell):
    """Judge the chains by themselves that have letters of their own; they say nothing of the rest."""
    lines = [line for line in report.lines if line.relation is not None]
    chains = [list(group) for _, group in itertools.groupby(lines, lambda line: id(line.relation.head))]
    waiting = [chain for chain in chains if any(line.verdict == "unread" and _OWN.search(line.why) for line in chain)]
    read = {name for chain in chains if chain not in waiting for name in _names_written(chain)}
    for chain in waiting if len(chains) > 1 else ():
        if (_names_written(chain) & read) - checker.meaning.symbols.keys():
            continue
        aside = checker.anew()
        aside.aside = True
        try:
            found = judged(aside, r" \\ ".join(line.latex for line in chain), mend=False)[0]
        except ValueError:
            continue
        pairs = list(zip(chain, found.lines, strict=False))
        said = [one.verdict in _SAID or (one.verdict == "condition" and one.relation.sign != "=") for _, one in pairs]
        if len(found.lines) != len(chain) or not all(said):
            continue
        told = found.inferred.get("given", "") if found.inferred else ""
        for line, one in pairs:
            line.verdict, line.why, line.points = one.verdict, "", one.points
            line.reading = joined(one.reading, f"by itself, for {told}" if told else "by itself")
            tell(line)


def _names_written(chain):
    """The names in a chain that are no indices."""
    found, stack = set(), [side for line in chain for side in (line.relation.left, line.relation.right)]
    while stack:
        tree = stack.pop()
        stack += tree.args[:1] if tree.kind == "subscript" else tree.args
        found |= {spelled(tree)} if tree.kind in ("name", "label", "subscript") else set()
    return found - {None}


_OWN = re.compile(r"is (not declared$|defined nowhere)|^how far the index|does not occur$|^argument \d+ of")


def _judged(checker, latex, tell, mend):
    plain = None
    if any(checker.awaited.values()):
        checker.refuse_awaited(names_in(checker, latex))
    if checker.declared or checker.prose:  # what is declared is enough, unless a letter is missing
        plain = checker.check(latex, tell, mend=False)
        if not checker.infer or not any(map(_is_left_open, plain.lines)):
            return checker.finished(plain, tell, mend), checker
    tried, spent = [], 0
    for guess in guesses(checker.anew(), latex):
        try:
            trial = checker.anew(**guess.declared() | {"prove": False})  # which guess is best, numbers tell
        except ValueError:
            continue
        trial.suppose(guess)
        trial.seeks = False
        report = trial.check(latex, mend=False)
        if plain is None or _is_better(report, plain, invents=bool(guess.functions) or guess.cost > 0):
            tried.append((_worth(report) - guess.cost, -len(tried), guess, trial, report))
        spent += trial.meaning.work
        if report.ok or spent > executing.ALL_WORK // 2:
            break
    if not tried:
        return checker.check(latex, tell, mend) if plain is None else checker.finished(plain, tell, mend), checker
    *_, guess, trial, report = max(tried, key=lambda entry: entry[:2])
    if report.ok and not checker.prove:  # nothing in it waits for evidence, or for a mend
        for line in (*[None] * (plain is not None), *report.lines) if tell is not None else ():
            tell(line)
        report.inferred = guess.told()
        return report, trial
    best = checker.anew(**guess.declared())
    best.suppose(guess)
    best.partly = plain is not None
    if best.partly and tell is not None:
        tell(None)
    report = best.check(latex, tell, mend)
    report.inferred = guess.told()
    return report, best


def left_open(checker, latex, report):
    """What neither a text nor a declaration says anything of, where a line is unread for want of it.

    Parameters
    ----------
    checker : Checker
        The one that `judged` returned.
    latex : str
        The block.
    report : Report

    Returns
    -------
    functions, letters : list of str
        In the order of the text; empty where every line is read, or unread for other reasons.
    """
    waiting = [line for line in report.lines if line.verdict == "unread" and line.relation is not None]
    if not any(_OPEN.search(line.why) for line in waiting):
        return [], []
    lines = read_block(latex, checker.names, checker.macros, checker.meaning.names).lines
    known = {name: _shape_of(symbol) for name, symbol in checker.meaning.symbols.items()}
    definitions = {name: d for name, d in checker.meaning.definitions.items() if name not in checker.functions}
    known |= {name: _shape_of_definition(definition) for name, definition in definitions.items()}
    outline = Outline(relations_of(lines), known, set(checker.meaning.sizes))
    sides = [side for line in waiting for side in (line.relation.left, line.relation.right)]
    names = {name for side in sides for name in outline.names(side)}
    return [name for name in outline.functions if name in names], [name for name in outline.open if name in names]


def _is_left_open(line):
    """Whether a line may say more where what is declared nowhere is inferred, and the text is read in its own way."""
    return line.verdict == "unclear" or (line.verdict == "unread" and bool(_UNSAID.search(line.why)))


_UNSAID = re.compile(r"is not declared$|^how far the index|is bound by nothing$|does not occur$")
_OPEN = re.compile(r"is (not declared$|defined nowhere)")


def _is_better(report, plain, invents):
    """Whether more is right than by the declarations alone, and what was right stays so.

    What was not read may differ then, and `evidence` says whether it fails, or rests on what nobody declared; not by a
    guess that `invents`, with functions that nothing defines or a custom that is not plain.
    """
    before, after = ([line.verdict for line in r.lines] for r in (plain, report))
    pairs = list(zip(after, before, strict=True)) if len(before) == len(after) else [("fails", "holds")]
    kept = all(a in _GOOD or (b not in _GOOD and (a != "fails" or b == "fails" or not invents)) for a, b in pairs)
    return kept and sum(v in _GOOD for v in after) > sum(v in _GOOD for v in before)


_SAID = ("holds", "definition", "notation")
_GOOD = (*_SAID, "condition")


def _worth(report):
    """How well a guess does: what was read, and, with less weight, what holds.

    A line that differs or does not conform is no reason to take a letter for something else: it may be wrong.
    """
    weights = {
        "holds": 1.0,
        "definition": 0.6,
        "notation": 0.5,
        "condition": 0.8,
        "unread": -1.0,
        "fails": 0.5,
        "unclear": 0.5,
    }
    return sum(weights[line.verdict] for line in report.lines)


def _function_told(name, checker):
    """What a name is taken for, in words."""
    definition = checker.functions[name]
    if definition.tree.kind == "implicit":
        return f"{name} is what solves {' = '.join(to_latex(side, checker.names) for side in definition.tree.args)}"
    if definition.tree.kind != "any function":
        return f"{name} is {to_latex(definition.tree, checker.names)}"
    of = ", ".join(spelled(tree) for tree in definition.tree.args if spelled(tree) and not definition.parameters)
    where = " of one number" if definition.tree.data[1] == "entries" else f" of {of}" if of else ""
    return f"{name} is any smooth function{where}"


def tell_functions(checker, line, item):
    """Say of a line which functions in it nothing defines; where only one side is of one, nothing is claimed."""
    sides = [set(executing.reached((side,), checker.meaning)) for side in (checker.head(item), item.right)]
    written = {spelled(part) for side in (item.left, item.right) for part in parts(side)}
    for name in (name for name in checker.functions if any(name in side for side in sides)):
        generic = checker.functions[name].tree.kind == "any function"
        if generic and line.verdict in ("fails", "unclear") and not all(name in side for side in sides):
            _compare_with_before(checker, line, item, name)
        elif not generic and line.verdict in ("holds", "unread") and _is_taken_from(checker.functions[name], item):
            line.verdict, line.why, line.claims = "definition", "", []
        elif line.verdict == "holds" and _sets(checker.functions[name], item):
            line.verdict, line.why, line.claims = "condition", f"{name} is what solves it", []
            continue
        if name != to_latex(checker.functions[name].tree, {}) and (generic or name in written):
            line.reading = joined(line.reading, _function_told(name, checker))


def _compare_with_before(checker, line, item, name):
    """Judge a line of which only one side is of a function that nothing defines by the line before it alone."""
    line.kind, line.holds_from_head = None, None
    if not item.continued or not line.holds_from_previous:
        line.verdict = "unread"
        line.why = f"{name} is defined nowhere: say what it is in a line of its own, or with where="
        return
    step = next((found for left, found in line.claims if left is item.left), None)
    if step is not None:
        checker.judge(line, step)
    line.verdict, line.why = "holds", ""
    line.reading = joined(line.reading, "compared with what stands before it")


def _sets(definition, item):
    """Whether a line is the equation that a function solves."""
    sides = map(executing.key_of, (item.left, item.right))
    return definition.tree.kind == "implicit" and list(map(executing.key_of, definition.tree.args)) == list(sides)


def _is_taken_from(definition, item):
    """Whether a line is what a function was taken from: ∂L/∂x = ∂(…)/∂x, L ∝ …."""
    right = bare(item.right)
    said = BODIES[right.kind](right)[0] if right.kind in BODIES else right
    return executing.key_of(bare(said)) == executing.key_of(bare(definition.tree))
