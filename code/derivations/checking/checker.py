"""A derivation line by line: what each line says, whether it holds, and the first that does not.

A line is read by `notation.latex_text` and executed by `executing` at random points of several random sizes, all of
them distinct. It is judged against the head of its chain and against the line before it, so that a mistake is blamed
once. The line that fails is mended by `mending`.
"""

import itertools
import re
from dataclasses import replace

import numpy as np

from derivations import executing
from derivations.checking import comparing, defining, inferring, mending, vanishing
from derivations.checking.comparing import POINTS
from derivations.checking.counterexamples import counterexample
from derivations.checking.einstein import with_pairs_summed, with_repeated_indices_summed
from derivations.checking.reports import Line, Report, display_of, joined, sizes_text
from derivations.checking.understanding import Known, between_differentials, whole_differential, without_constants
from derivations.executing import Definition, Meaning, Scene
from derivations.expression import ShapeError, shape_text
from derivations.notation import numpy_text as reading
from derivations.notation.latex_text import read_block
from derivations.notation.latex_tree import Relation, Tree, bare
from derivations.notation.names import SHORT
from derivations.notation.tex import expand, scan

MORE_POINTS = 14  # beyond those that are used, for those at which a line has no value
MENDED = 4  # lines mended at most
TRIES = 400
OTHER = "other"


def check(latex, given="", varying="", assume="", where="", names=None, macros=None, loss=None, prove=False, vary=""):
    """Check a derivation written in LaTeX, line by line, and mend the first wrong line.

    Parameters
    ----------
    latex : str
        A display block: rows of equations, as on a page.
    given : str or dict
        The shapes of its symbols, ``"W: m×n, x: n, b: m, t: scalar"``, as for `derive`. What is declared by nobody
        is inferred from the text, and told in ``report.inferred``.
    varying : str
        The variables, ``"W"`` or ``"W, b"``.
    assume : str or dict, optional
        Properties of values, ``"A: symmetric"``, as for `derive`; differentials stay free.
    where : str, optional
        Definitions that the text makes in prose, in NumPy text and in order: ``"z = W@x + b; yhat = sigmoid(z)"``.
    names : dict, optional
        Other LaTeX spellings of a declared name, a size, a differential (``{"H": "dX"}``) or a function.
    macros : dict, optional
        Expansions of commands that the block does not define, ``#1`` the first argument.
    loss : str, optional
        The function that is differentiated, in NumPy text or by its name in `where`, ``"sum((yhat - y)**2)"``. A letter
        for a loss (L, ℓ, f, J, Loss …) that stands in a derivative and means nothing else is then this function, and
        a wrong gradient that no small edit mends is mended by what `derive` gives.
    prove : bool
        Whether each line that holds is also proved exactly, at small sizes and with SymPy. A line is then ``proved`` or
        says why not; one that holds within rounding and not exactly fails.
    vary : str or dict, optional
        Restricts differentials, ``"X: symmetric"``, as for `derive`.

    Returns
    -------
    Report

    Raises
    ------
    ParseError, ShapeError, UnknownName
        For declarations that cannot be read; a line that cannot be read is a line with the verdict ``"unread"``.
    """
    checker = Checker(given, varying, assume, where, names, macros, vary, loss, prove)
    return inferring.judged(checker, latex)[0]


class Checker:
    """Declarations, and what the lines so far defined; one serves for all blocks of a page."""

    def __init__(
        self, given="", varying="", assume="", where="", names=None, macros=None, vary="", loss=None, prove=False
    ):
        self.begun_with = {"where": where, "names": names, "macros": macros, "vary": vary, "loss": loss, "prove": prove}
        self.begun_with |= {"given": given, "varying": varying, "assume": assume}
        self.names, self.macros = dict(names or {}), dict(macros or {})
        self.loss = loss or None
        """The function that is differentiated, in NumPy text or by its name, or None."""
        self.prove, self.proved = prove, {}
        """Whether lines are proved too; the right sides that are, by identity, and at which sizes."""
        self.inferred, self.functions, self.guess = frozenset(), {}, None
        """The letters whose shapes nobody declared, and the functions that nothing defines, by their names."""
        self.declared, self.properties, self.prose, self.trees = {}, {}, {}, {}
        self.varying, self.vary, self.stale = (), {}, set()
        self.declare(given, varying, assume, where, vary)

    def declare(self, given="", varying=None, assume="", where="", vary=""):
        """Add declarations, or replace those of the same names.

        Parameters
        ----------
        given, varying, assume, where, vary
            As for `check`; `varying` replaces what varied before, unless it is None.

        Raises
        ------
        ParseError, ShapeError, UnknownName
            Where a declaration cannot be read.
        """
        given, where, assume, vary = (
            _plain(text) if isinstance(text, str) else text for text in (given, where, assume, vary)
        )
        varying = _plain(varying) if isinstance(varying, str) else varying
        new = reading.parse_shapes(given)
        for name in new:
            self.prose.pop(name, None)
            self.trees.pop(name, None)
        changed = {name for name in new if new[name] != self.declared.get(name)}
        for name in self._built_on(set(new)):
            if changed & self._letters(name):
                del self.trees[name]  # it was defined with a letter that now means another thing
            else:
                self.stale.add(name)  # it may be defined anew
        self.properties.update((name, ()) for name in new if new[name] != self.declared.get(name))
        self.declared.update(new)
        self.properties.update(reading.parse_properties(assume, self.declared))
        for name, kinds in reading.parse_properties(vary, self.declared).items():
            self.vary[name] = kinds[0]
            self.properties[name] = tuple(dict.fromkeys((*self.properties.get(name, ()), kinds[0])))
        if varying is not None:
            parts = varying if isinstance(varying, list | tuple) else varying.split(",")
            self.varying = tuple(filter(None, (part.strip() for part in parts)))
            for name in self.varying:
                reading.lookup(name, self.declared, "varying")
        stated = dict(reading.definitions_in(where))
        for name in stated:
            self.trees.pop(name, None)
            self.prose.pop(name, None)
        self.prose.update(stated)
        self._understand(set(stated))

    def _letters(self, name):
        """The names in the definition of a name, as they are spelled."""
        return {executing.spelled(tree) for tree in executing.parts(self.trees[name].tree)}

    def _built_on(self, names):
        """The defined names whose definitions use any of these names, or each other, however far up."""
        letters = {name: self._letters(name) for name in self.trees}
        built, more = set(), set(names)
        while more:
            more = {name for name, used in letters.items() if used & more} - built
            built |= more
        return built

    def _understand(self, stated):
        """The meaning of every name; a definition from before that no longer fits its names is forgotten."""
        self.scope = reading.Scope(self.declared, {}, ())
        for name, text in list(self.prose.items()):
            try:
                self.scope.define(name, reading.parse_as_written(text, self.scope))
            except ValueError:
                if name in stated:
                    raise
                del self.prose[name]
        for short, letter in SHORT.items():  # lam is written as λ
            if self.scope.find(short) and not self.scope.find(letter):
                for spelling in (letter, f"var{letter}"):
                    self.names.setdefault(f"\\{spelling}", short)
            for name in (*self.scope.symbols, *self.scope.defined):
                if name.startswith(short) and name[len(short) :].isdigit():
                    self.names.setdefault(f"\\{letter}_{{{name[len(short) :]}}}", name)
        symbols = {name: value.formula for name, value in self.scope.symbols.items()}
        definitions = {name: Definition(formula=value.formula.args[0]) for name, value in self.scope.defined.items()}
        definitions.update((name, tree) for name, tree in self.trees.items() if name not in definitions)
        self.meaning = Meaning(symbols, self.varying, definitions, tuple(self.scope.sizes), self.scope, self.vary)
        self.told = set(self.scope.defined)  # definitions from prose that the page has not repeated yet

    def anew(self, **declared):
        """A checker that knows what this one was begun with, or these declarations instead of those."""
        return Checker(**self.begun_with | declared)

    def suppose(self, guess):
        """Take what `inferring` found for letters that nothing declares or defines."""
        self.inferred, self.functions, self.guess = guess.letters, dict(guess.functions), guess
        self.meaning.definitions.update(self.functions)

    def inferred_in(self, item):
        """The letters that a relation uses and whose shapes were inferred."""
        reached = executing.reached((self.head(item), item.left, item.right), self.meaning)
        return [name for name in reached if name in self.inferred]

    @property
    def where(self):
        """The definitions from prose, as one text."""
        return self.declarations(self.prose)["where"]

    def declarations(self, names):
        """The declarations of these names, and of what varies, as the texts that `declare` reads."""
        shapes = {name: shape for name, shape in self.declared.items() if name in (*names, *self.varying)}
        properties = {name: kinds for name, kinds in self.properties.items() if kinds and name in shapes}
        return {
            "given": ", ".join(f"{name}: {'×'.join(map(str, shape)) or 'scalar'}" for name, shape in shapes.items()),
            "varying": ", ".join(self.varying),
            "where": "; ".join(f"{name} = {text}" for name, text in self.prose.items() if name in names),
            "assume": ", ".join(f"{name}: {' '.join(kinds)}" for name, kinds in properties.items()),
        }

    @np.errstate(all="ignore")  # a point where a side is not finite is passed over
    def check(self, latex, tell=None, mend=True):
        """The report on a block; what it defines stays known for the next one.

        Parameters
        ----------
        latex : str
            A display block.
        tell : callable, optional
            Called with each `Line` as soon as it is judged, and once more when it is mended.
        mend : bool
            Whether lines that fail are mended.

        Returns
        -------
        Report
        """
        block = read_block(latex, self.names, self.macros, self.meaning.names)
        raw = expand(scan(latex), self.macros)
        self.points, self.proved = self._points(latex), {}
        self.conditions, self.vanishing, self.moved, self.meaning.work = {}, [], {}, 0
        known = Known(self.meaning, self.points[0]) if self.points else None
        lines = [known.with_raised_indices(line) for line in block.lines] if known else block.lines
        if self.guess is not None:
            lines = [self.guess.rewritten(line) if isinstance(line, Relation) else line for line in lines]
        written = with_pairs_summed(lines, self.meaning)
        items = with_repeated_indices_summed(written, self.meaning)
        self.meaning.ranges, self.meaning.written = executing.stated_ranges(items), executing.written_arguments(items)
        sides = [side for item in items if isinstance(item, Relation) for side in (item.left, item.right)]
        self.meaning.rows = any(map(executing.multiplies_rows, sides))
        heads = [item for item in items if isinstance(item, Relation) and not item.continued]
        self.bare = {executing.spelled(item.left) for item in heads}
        self.loss_formula, self.turns = self._read_loss(), {}
        for chain in itertools.groupby((i for i in items if isinstance(i, Relation)), lambda i: id(i.head)):
            relations = list(chain[1])
            moved = comparing.moved_symbols(self, *(relation.right for relation in relations))
            self.turns.setdefault(executing.key_of(relations[0].head), []).append(moved)
        tell = tell or (lambda line: None)
        self.summed = {id(item) for read, item in zip(written, items, strict=True) if read is not item}
        lines = []
        for item in items:
            lines.append(self._judged(item, raw))
            tell(lines[-1])
        self._judge_again(items, lines, raw, tell)
        if not mend:
            return Report(lines, len(self.points))
        self._mend(lines, tell)
        return Report(lines, len(self.points), self._counterexample(lines))

    def _prove(self, line):
        """Prove a line that holds: from the line before where that is proved, else from its head."""
        from derivations.checking.proving import prove

        item, before = line.relation, self.proved.get(id(line.relation.left))
        claims = line.claims if before else line.claims[:1]
        for left, verdict in reversed(claims):
            proof = prove(self, left, item.right, verdict.assignment)
            if len(claims) > 1 and left is item.left and not _agree(proof.proved, before):
                continue
            line.proved, line.proof_why = proof.proved, proof.why
            if proof.differs:
                line.verdict, line.kind, line.holds_from_head = "fails", OTHER, False
                line.why = f"it holds within rounding, and exactly the two sides differ, by {proof.differs}"
            if proof.proved:
                self.proved[id(item.right)] = proof.proved
            if not proof.why:
                return

    def _read_loss(self):
        if self.loss is None:
            return None
        formula = reading.parse_as_written(_plain(self.loss), self.scope).formula
        if not formula.is_scalar:
            raise ShapeError(f"the loss {self.loss} is {shape_text(formula.shape)}; a loss is a scalar")
        return formula

    def _counterexample(self, lines):
        line = next((line for line in lines if line.verdict == "fails"), None)
        if line is None or line.relation is None:
            return None
        self.meaning.condition = line.relation.condition
        return counterexample(self, line, self.head(line.relation))

    def _judged(self, item, raw):
        """The line of an item; `raw` are the tokens that it is shown with."""
        self.meaning.allowed = min(self.meaning.work + executing.WORK, executing.ALL_WORK)
        try:
            line = self._line(item)
        except (ArithmeticError, MemoryError):
            line = Line(item.source, item.row, "unread", why="its numbers are too large")
        except RecursionError:
            line = Line(item.source, item.row, "unread", why="it nests too deeply")
        except np.linalg.LinAlgError as error:
            line = Line(item.source, item.row, "unread", why=f"no point was found at which it is defined: {error}")
        except (ValueError, IndexError) as error:  # NumPy's words for arrays that do not fit
            line = Line(item.source, item.row, "unread", why=f"its arrays do not fit: {error}")
        if self.prove and line.claims and line.verdict in ("holds", "definition"):
            self._prove(line)
        if id(item) in self.summed:
            line.reading = joined(line.reading, "repeated indices are summed")
        if self.functions and isinstance(item, Relation):
            inferring.tell_functions(self, line, item)
        if line.verdict != "unread":
            line.display = display_of([t for t in raw if item.start <= t.start and t.stop <= item.stop])
        return line

    def _judge_again(self, items, lines, raw, tell):
        """Judge anew, in its place, each line that uses a name which only a later line defines."""
        known = -1
        while known != len(self.meaning.definitions):
            known = len(self.meaning.definitions)
            for i, item in enumerate(items):
                if isinstance(item, Relation) and (self._without_head(lines[i]) or self._misread(item, lines[i])):
                    vars(lines[i]).update(vars(self._judged(item, raw)))
                    tell(lines[i])

    @staticmethod
    def _without_head(line):
        """Whether a line is unread, or was only compared with the line before it."""
        return line.verdict == "unread" or (line.verdict in ("holds", "fails") and line.holds_from_head is None)

    def _misread(self, item, line):
        """Whether A_pp in a line that fails was read as an entry of A, and a later line says that it is a matrix."""
        families = {name for name, definition in self.meaning.definitions.items() if definition.family}
        both = (*executing.parts(item.left), *executing.parts(item.right))
        return line.verdict == "fails" and any(executing.spelled(tree) in families for tree in both)

    def _points(self, latex):
        symbols = list(self.meaning.symbols.values())
        properties = {s: reading.implied(self.properties.get(s.data[0], ())) for s in symbols}
        source = executing.sampled(self.meaning, symbols, latex, properties, self.vary)
        return list(itertools.islice(filter(self._is_defined, itertools.islice(source, TRIES)), POINTS + MORE_POINTS))

    def _is_defined(self, point):
        """Whether the definitions from prose have values at a point."""
        scene = Scene(self.meaning, point)
        try:
            return all(np.all(np.isfinite(scene.value(name))) for name in self.scope.defined)
        except (ValueError, IndexError, np.linalg.LinAlgError):
            return False

    # ── a line ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _line(self, item):
        if not isinstance(item, Relation):
            return Line(item.source, item.row, "unread", why=item.reason)
        if self.points:
            item = Known(self.meaning, self.points[0]).as_meant(item)
        self.meaning.condition = item.condition
        if item.continued and (later := self._defined_later(item)) is not None:
            return later
        if (plain := without_constants(item, self.meaning.known)) is not item:
            item = plain if defining.new_name(self, plain) is not None else between_differentials(plain)
        line = Line(item.source, item.row, "holds", relation=item)
        if item.sign in executing.UNEXECUTED:
            line.verdict, line.why = "unread", f"'{item.sign}' is not executed"
            return line
        if item.sign in executing.COMPARISONS:
            return self._compared(line, item)
        if executing.best(item.right) is not None:
            return vanishing.best_value(self, line, item)
        name = defining.new_name(self, item)
        if name is not None:
            return defining.define(self, line, item, name)
        if item.left.kind == "nothing" or item.right.kind == "nothing":
            line.verdict, line.why = "unread", "a side of the relation is missing"
            return line
        bound = defining.bind_loss(self, item)
        head = self.head(item)
        if (named := defining.named(self, item)) is not None:
            self.meaning.definitions[named] = self.trees[named] = Definition(tree=item.left)
            line.verdict, line.why = "definition", f"{named} is what stands before it"
            return line
        from_head = comparing.compare_in_turn(self, head, item.right, item)
        if from_head.verdict == "fails" and (whole := whole_differential(head, self.varying)) is not None:
            again = comparing.compare(self, whole, item.right, item)
            told = replace(again, reading=joined(again.reading, "d of all that is multiplied"), held=True)
            from_head = told if again.verdict == "holds" else from_head
        one = comparing.for_one_sample(self, head, item) if from_head.verdict != "holds" else None
        from_head = one or from_head
        if (from_head.verdict == "unread" or from_head.shapes) and comparing.is_notation(self, item):
            line.verdict, line.why = "notation", "a general law, tried with conforming operands of its own"
            line.reading = from_head.reading
            return line
        self.judge(line, from_head)
        if from_head.verdict == "holds" and one is None and not from_head.held:
            line.claims.append((head, from_head))
        line.holds_from_head = {"holds": True, "fails": False}.get(from_head.verdict)
        line.holds_from_previous = line.holds_from_head
        if item.continued and head is not item.left:
            step = comparing.compare_in_turn(self, item.left, item.right, item)
            line.holds_from_previous = {"holds": True, "fails": False}.get(step.verdict)
            if step.verdict == "holds" and not step.held:
                line.claims.append((item.left, step))
            if line.verdict == "unread" and step.verdict in ("holds", "fails"):
                self.judge(line, step)
            if line.verdict == "fails" and line.holds_from_previous:
                line.why = "it follows from the line before, which is wrong"
        if line.verdict == "fails" and (condition := vanishing.condition(self, item)) is not None:
            self.conditions[id(item.left)] = condition  # 0 = ∇f is a condition, not a claim about f
            vanishing.vanish(self, condition, Tree("list", (item.head, item.left, item.right)))
            line.verdict, line.why, line.kind = "condition", "where the derivative vanishes", None
            return line
        conditional = line.verdict == "fails" and self.vanishing and not _has_derivative(item)
        if conditional:
            vanishing.where_it_vanishes(self, line, item, head)
        if line.verdict == "holds" and defining.repeats_definition(self, item):
            line.verdict = "definition"
        if line.verdict == "fails" and not line.why:
            line.why = "the two sides differ"
        if line.verdict == "fails":  # what is true only at some points has no mend that numbers at all points show
            line.kind = "shapes" if from_head.shapes else OTHER if conditional else None
        line.reading = joined(*(f"{name} is the loss that is given" for name in bound), line.reading)
        return line

    def _defined_later(self, item):
        """The line L = −log p(x) = …, where the chain says what L is after a part that has no value; else None."""
        first = replace(item, left=item.head, continued=False)
        name = defining.new_name(self, first) if comparing.evaluate_only(self, item.left) else None
        if name is None or comparing.evaluate_only(self, item.right):
            return None
        return defining.define(self, Line(item.source, item.row, "holds", relation=first), first, name)

    def judge(self, line, verdict):
        """Put on a line what a comparison of its two sides found."""
        line.verdict, line.error, line.why, line.reading = verdict.verdict, verdict.error, verdict.why, verdict.reading
        item = line.relation
        names = executing.reached((self.head(item), item.left, item.right), self.meaning)
        drawn = dict.fromkeys(sizes_text(point.sizes, names) for point in verdict.points)
        line.points, line.sizes = len(verdict.points), joined(*drawn)

    def _compared(self, line, item):
        """An inequality, a ≠ or a ∝."""
        found = comparing.compare(self, item.left, item.right, item)
        self.judge(line, found)
        sides = {bare(item.left).kind, bare(item.right).kind}
        if line.verdict == "fails" and sides <= {"name", "subscript", "number"}:
            line.verdict, line.why = "condition", "an assumption; declare it with assume= to have it at every point"
        elif line.verdict == "fails":
            line.kind = "shapes" if found.shapes else OTHER
            line.why = line.why if found.shapes else f"a point was found at which '{item.sign}' is not so"
        return line

    def head(self, item):
        """What a line is judged against: the head of its chain."""
        head = item.head if item.continued else item.left
        return self.conditions.get(id(head), head)  # 0 = ∇f is a condition, not a claim about f

    def _mend(self, lines, tell):
        """Mend the lines that fail by themselves, the first few; those that follow from a wrong one are left."""
        self.meaning.allowed = np.inf  # mending keeps time by itself
        failing = [line for line in lines if line.verdict == "fails" and line.holds_from_previous is not True]
        failing = [line for line in failing if line.relation.sign not in executing.COMPARISONS]
        failing = [line for line in failing if line.kind != OTHER]  # which letters told, and numbers do not show
        for line in failing[:MENDED]:
            item = line.relation
            self.meaning.condition = item.condition
            against = self.head(item)
            if (
                line is not failing[0]
                and item.continued
                and line.kind is None
                and not comparing.evaluate_only(self, item.left)
            ):
                against = item.left  # what was wrong before is not blamed again
            try:
                mending.mend(self, line, against, lines)
            except (ValueError, ArithmeticError, LookupError, MemoryError, RecursionError):  # the verdict stands
                line.kind = line.kind or OTHER
            tell(line)


def _has_derivative(item):
    both = (*executing.parts(item.left), *executing.parts(item.right), *executing.parts(item.head))
    return any(t.kind in executing.DERIVATIVES for t in both)


def _plain(text):
    """A declaration with W_1 written as W1, as the reader spells it."""
    return re.sub(r"(?<=[^\W\d])_(?=\d)", "", text)


def _agree(sizes, others):
    """Whether two texts of sizes have the same number for every letter that is in both."""
    one, other = (dict(size.split("=") for size in text.split(", ") if "=" in size) for text in (sizes, others))
    return all(other.get(name, size) == size for name, size in one.items())
