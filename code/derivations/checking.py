"""A derivation line by line: what each line says, whether it holds, and the first that does not.

A line is read by `notation.latex_text` and executed by `executing` at random points of several random sizes, all of
them distinct. It is judged against the head of its chain and against the line before it, so that a mistake is blamed
once. The line that fails is mended by `mending`.
"""

import itertools
import re
from dataclasses import dataclass, field, replace

import numpy as np

from derivations import executing
from derivations.einstein import with_pairs_summed, with_repeated_indices_summed
from derivations.executing import Definition, Eye, Free, Meaning, NotConforming, Scene, Unreadable
from derivations.expression import ParseError, ShapeError, shape_text
from derivations.notation import numpy_text as reading
from derivations.notation.latex_tree import Relation, Tree, bare, rebuilt
from derivations.notation.printing import SHORT_GREEK
from derivations.reports import Line, Report, display_of
from derivations.understanding import Known, between_differentials, moved_in, whole_differential, without_constants

POINTS, MORE_POINTS = 10, 14
FEWER_POINTS, COSTLY = 4, 8_000  # a comparison that has cost so much ends at fewer points
MENDED = 4  # lines mended at most
TRIES = 400
TOLERANCE, SECOND_TOLERANCE = 1e-9, 1e-6
CANCELLED = 1e-3  # a sum that is smaller than this beside its terms is judged beside them
OTHER = "other"
_NUMBERS = {"t", "s", "tau", "epsilon", "varepsilon"}
"""Letters that are numbers where they are parameters of a function and nothing declares them."""
_BEST = ("hat", "star", "ML", "MLE", "OLS", "MAP", "opt")
"""Labels of the value at which a derivative vanishes."""
LOSSES = {"L", "l", "ell", "Loss", "loss", "f", "F", "J", "E", "C", "cost", "Cost", "phi"}
"""What a text calls the function that it differentiates."""


def check(latex, given, varying="", assume="", where="", names=None, macros=None, loss=None, prove=False, vary=""):
    """Check a derivation written in LaTeX, line by line, and mend the first wrong line.

    Parameters
    ----------
    latex : str
        A display block: rows of equations, as on a page.
    given : str or dict
        The shapes of its symbols, ``"W: m×n, x: n, b: m, t: scalar"``, as for `derive`.
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
    return Checker(given, varying, assume, where, names, macros, vary, loss, prove).check(latex)


class Checker:
    """Declarations, and what the lines so far defined; one serves for all blocks of a page."""

    def __init__(
        self, given, varying="", assume="", where="", names=None, macros=None, vary="", loss=None, prove=False
    ):
        self.names, self.macros = dict(names or {}), dict(macros or {})
        self.loss = loss or None
        """The function that is differentiated, in NumPy text or by its name, or None."""
        self.prove, self.proved = prove, {}
        """Whether lines are proved too; the right sides that are, by identity, and at which sizes."""
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
        for name, definition in list(self.trees.items()):
            used = {executing.spelled(tree) for tree in executing.parts(definition.tree)} & set(new)
            if any(new[letter] != self.declared.get(letter) for letter in used):
                del self.trees[name]  # it was defined with a letter that now means another thing
            elif used:
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

    def _understand(self, stated):
        """The meaning of every name; a definition from before that no longer fits its names is forgotten."""
        self.scope = reading.Scope(self.declared, {}, ())
        for name, text in list(self.prose.items()):
            try:
                self.scope.define(name, reading.parse(text, self.scope))
            except ValueError:
                if name in stated:
                    raise
                del self.prose[name]
        for short, letter in SHORT_GREEK.items():  # lam is written as λ
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

    @property
    def where(self):
        """The definitions from prose, as one text."""
        return "; ".join(f"{name} = {text}" for name, text in self.prose.items())

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
    def check(self, latex, tell=None):
        """The report on a block; what it defines stays known for the next one.

        Parameters
        ----------
        latex : str
            A display block.
        tell : callable, optional
            Called with each `Line` as soon as it is judged, and once more when it is mended.

        Returns
        -------
        Report
        """
        from derivations.notation.latex_text import read_block
        from derivations.notation.tex import expand, scan

        block = read_block(latex, self.names, self.macros, self.meaning.names)
        raw = expand(scan(latex), self.macros)
        self.points, self.proved = self._points(latex), {}
        self.conditions, self.vanishing, self.moved, self.meaning.work = {}, [], {}, 0
        known = Known(self.meaning, self.points[0]) if self.points else None
        lines = [known.with_raised_indices(line) for line in block.lines] if known else block.lines
        written = with_pairs_summed(lines, self.meaning)
        items = with_repeated_indices_summed(written, self.meaning)
        self.meaning.ranges = executing.stated_ranges(items)
        sides = [side for item in items if isinstance(item, Relation) for side in (item.left, item.right)]
        self.meaning.rows = any(map(executing.multiplies_rows, sides))
        heads = [item for item in items if isinstance(item, Relation) and not item.continued]
        self.bare = {executing.spelled(item.left) for item in heads}
        self.loss_formula, self.turns = self._read_loss(), {}
        for chain in itertools.groupby((i for i in items if isinstance(i, Relation)), lambda i: id(i.head)):
            relations = list(chain[1])
            moved = self._moved_in(*(relation.right for relation in relations))
            self.turns.setdefault(executing.key_of(relations[0].head), []).append(moved)
        tell = tell or (lambda line: None)
        self.summed = {id(item) for read, item in zip(written, items, strict=True) if read is not item}
        lines = []
        for item in items:
            lines.append(self._judged(item, raw))
            tell(lines[-1])
        self._judge_again(items, lines, raw, tell)
        self._mend(lines, tell)
        return Report(lines, len(self.points), self._counterexample(lines))

    def _prove(self, line):
        """Prove a line that holds: from the line before where that is proved, else from its head."""
        from derivations.proving import prove

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
        formula = reading.parse(_plain(self.loss), self.scope).formula
        if not formula.is_scalar:
            raise ShapeError(f"the loss {self.loss} is {shape_text(formula.shape)}; a loss is a scalar")
        return formula

    def _counterexample(self, lines):
        from derivations.counterexamples import counterexample

        line = next((line for line in lines if line.verdict == "fails"), None)
        if line is None or line.relation is None:
            return None
        self.meaning.condition = line.relation.condition
        return counterexample(self, line, self._head(line.relation))

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
        except ValueError as error:  # NumPy's word for arrays that do not fit
            line = Line(item.source, item.row, "unread", why=f"its arrays do not fit: {error}")
        if self.prove and line.claims and line.verdict in ("holds", "definition"):
            self._prove(line)
        if id(item) in self.summed:
            line.reading = _joined(line.reading, "repeated indices are summed")
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
        if (plain := without_constants(item, self.meaning.known)) is not item:
            item = plain if self._new_name(plain) is not None else between_differentials(plain)
        line = Line(item.source, item.row, "holds", relation=item)
        if item.sign in executing.UNEXECUTED:
            line.verdict, line.why = "unread", f"'{item.sign}' is not executed"
            return line
        if item.sign in executing.COMPARISONS:
            return self._compared(line, item)
        if executing.best(item.right) is not None:
            return self._best(line, item)
        name = self._new_name(item)
        if name is not None:
            return self._define(line, item, name)
        if item.left.kind == "nothing" or item.right.kind == "nothing":
            line.verdict, line.why = "unread", "a side of the relation is missing"
            return line
        bound = self._bind_loss(item)
        head = self._head(item)
        if (named := self._named(item)) is not None:
            self.meaning.definitions[named] = self.trees[named] = Definition(tree=item.left)
            line.verdict, line.why = "definition", f"{named} is what stands before it"
            return line
        from_head = self._compare_in_turn(head, item.right, item)
        if from_head.verdict == "fails" and (whole := whole_differential(head, self.varying)) is not None:
            again = self.compare(whole, item.right, item)
            told = replace(again, reading=_joined(again.reading, "d of all that is multiplied"), held=True)
            from_head = told if again.verdict == "holds" else from_head
        one = self._for_one_sample(head, item) if from_head.verdict != "holds" else None
        from_head = one or from_head
        if (from_head.verdict == "unread" or from_head.shapes) and self._is_notation(item):
            line.verdict, line.why = "notation", "a general law, tried with conforming operands of its own"
            line.reading = from_head.reading
            return line
        self._judge(line, from_head)
        if from_head.verdict == "holds" and one is None and not from_head.held:
            line.claims.append((head, from_head))
        line.holds_from_head = {"holds": True, "fails": False}.get(from_head.verdict)
        line.holds_from_previous = line.holds_from_head
        if item.continued and head is not item.left:
            step = self._compare_in_turn(item.left, item.right, item)
            line.holds_from_previous = {"holds": True, "fails": False}.get(step.verdict)
            if step.verdict == "holds" and not step.held:
                line.claims.append((item.left, step))
            if line.verdict == "unread" and step.verdict in ("holds", "fails"):
                self._judge(line, step)
            if line.verdict == "fails" and line.holds_from_previous:
                line.why = "it follows from the line before, which is wrong"
        if line.verdict == "fails" and (condition := self._condition(item)) is not None:
            self.conditions[id(item.left)] = condition  # 0 = ∇f is a condition, not a claim about f
            self._vanish(condition, Tree("list", (item.head, item.left, item.right)))
            line.verdict, line.why, line.kind = "definition", "a condition: where the derivative vanishes", None
            return line
        conditional = line.verdict == "fails" and self.vanishing and not _has_derivative(item)
        if conditional:
            self._where_it_vanishes(line, item, head)
        if line.verdict == "holds" and self._repeats_definition(item):
            line.verdict = "definition"
        if line.verdict == "fails" and not line.why:
            line.why = "the two sides differ"
        if line.verdict == "fails":  # what is true only at some points has no mend that numbers at all points show
            line.kind = "shapes" if from_head.shapes else OTHER if conditional else None
        line.reading = _joined(*(f"{name} is the loss that is given" for name in bound), line.reading)
        return line

    def _judge(self, line, verdict):
        """Put on a line what a comparison of its two sides found."""
        line.verdict, line.error, line.why, line.reading = verdict.verdict, verdict.error, verdict.why, verdict.reading
        item = line.relation
        names = executing.reached((self._head(item), item.left, item.right), self.meaning)
        drawn = dict.fromkeys(sizes_text(point.sizes, names) for point in verdict.points)
        line.points, line.sizes = len(verdict.points), _joined(*drawn)

    def _for_one_sample(self, head, item):
        """The verdict where x stands for any row of X, and y for the entry beside it; None if it fails."""
        both = (*executing.parts(head), *executing.parts(item.right))
        names = {executing.spelled(t) for t in both if t.kind == "name"}
        matrices = {n for n in names & set(self.names.values()) & set(self.meaning.symbols) if self._axes(n) == 2}
        rows = {self.meaning.symbols[name].shape[0] for name in matrices}
        if len(rows) != 1 or not self.points or any(t.kind == "subscript" for t in both):
            return None
        length = rows.pop().at(self.points[0].sizes)
        index = Tree("name", (), "the sample")

        def one(tree):
            name = executing.spelled(tree)
            if tree.kind != "name" or name not in (*self.meaning.symbols, *self.meaning.definitions):
                return None
            try:
                value = Scene(self.meaning, self.points[0]).value(name)
            except (Unreadable, NotConforming):
                return None
            per_sample = isinstance(value, np.ndarray) and value.shape[0] == length
            return Tree("subscript", (tree, index), "", tree.start, tree.stop) if per_sample else None

        found = self.compare(rebuilt(head, one), rebuilt(item.right, one), item)
        if found.verdict != "holds":
            return None
        return replace(found, reading=_joined(found.reading, "for one sample"))

    def _axes(self, name):
        return self.meaning.symbols[name].data[1]

    def _compared(self, line, item):
        """An inequality, a ≠ or a ∝."""
        found = self.compare(item.left, item.right, item)
        self._judge(line, found)
        sides = {bare(item.left).kind, bare(item.right).kind}
        if line.verdict == "fails" and sides <= {"name", "subscript", "number"}:
            line.verdict, line.why = "notation", "an assumption; declare it with assume= to have it at every point"
        elif line.verdict == "fails":
            line.kind = "shapes" if found.shapes else OTHER
            line.why = line.why if found.shapes else f"a point was found at which '{item.sign}' is not so"
        return line

    def _best(self, line, item):
        """W = argmin f: the derivative of f vanishes there."""
        variable, body = executing.best(item.right)
        name = executing.spelled(variable) if variable is not None else "".join(self.varying[:1])
        if name not in self.meaning.symbols:
            line.verdict, line.why = "unread", "what is varied to find the best value is not declared"
            return line
        derivative = Tree("gradient", (body, Tree("name", (), name)), 1, item.right.start, item.right.stop)
        found = executing.spelled(bare(item.left))
        line.verdict, line.why = "definition", "a condition: where the derivative vanishes"
        if found is not None and found != name and self.meaning.known(found):
            there = Tree("at", (derivative, Tree("name", (), name), item.left), "whole", item.start, item.stop)
            zero = self.compare(there, Tree("number", (), 0), item)
            self._judge(line, zero)
        elif (why := self.evaluate_only(derivative)) != "":
            line.verdict, line.why = "unread", why
        else:
            if found is not None and not self.meaning.known(found):
                self.meaning.definitions[found] = Definition(tree=Tree("name", (), name))
            self._vanish(derivative)
        return line

    def _condition(self, item):
        """The derivative of which a line says that it vanishes, 0 = ∇f or ∇f = … = 0; None where it cannot."""
        for zero, other in ((item.left, item.right), (item.right, item.left)):
            says = other if zero is item.left else Tree("list", (item.head, other))
            zero = bare(zero)
            derives = any(t.kind in ("gradient", "derivative", "operate") for t in executing.parts(says))
            if derives and zero.kind == "number" and zero.data == 0:
                claim = other is item.left and not item.continued  # ∇f = 0 may say that f does not depend on x
                return None if claim and not self._can_vanish(other) else other
        return None

    def _can_vanish(self, tree):
        scenes = (Scene(self.meaning, point) for point in self.points[:POINTS])
        return any(executing.moved_to_zero([tree], self.varying, scene) is not None for scene in scenes)

    def _vanish(self, derivative, says=None):
        """From here on a line may hold only where this derivative vanishes, and x̂ and x* are x there."""
        self.vanishing.append(derivative)
        for name in executing.variables(says or derivative) & set(self.varying) or self.varying:
            for best in (f"{name}{label}" for label in _BEST):
                if not self.meaning.known(best):
                    self.meaning.definitions[best] = Definition(tree=Tree("name", (), name))

    def _where_it_vanishes(self, line, item, head):
        """Judge a line at points that are moved to where the derivatives vanish, elsewhere than at 0 if they can be."""
        at_zero = []
        for point in self.points:
            scene = Scene(self.meaning, point)
            there = self.moved[id(point)] = executing.moved_to_zero(self.vanishing, self.varying, scene)
            if there and all(np.max(np.abs(there[name])) < 1e-3 for name in self.varying):
                at_zero.append(id(point))
        if sum(there is not None for there in self.moved.values()) > len(at_zero):
            self.moved.update(dict.fromkeys(at_zero))
        found = self.compare(head, item.right, item)
        self.moved = {}
        if found.verdict == "holds":
            self._judge(line, found)
            line.reading = _joined(found.reading, "where the derivative vanishes")
            line.holds_from_head = line.holds_from_previous = True
        elif found.verdict == "unread":
            self._judge(line, found)

    def _bind_loss(self, item):
        """Give the letters of a loss that mean nothing yet the loss that is given, where one is; the names bound."""
        if self.loss_formula is None:
            return []
        above = [
            executing.spelled(without_arguments(tree.args[1 if tree.kind == "operate" else 0]))
            for side in (item.head, item.left, item.right)
            for tree in executing.parts(side)
            if tree.kind in executing.DERIVATIVES
        ]
        bound = [name for name in dict.fromkeys(above) if name in LOSSES and not self.meaning.known(name)]
        for name in bound:
            self.meaning.definitions[name] = Definition(formula=self.loss_formula)
        return bound

    def _head(self, item):
        head = item.head if item.continued else item.left
        return self.conditions.get(id(head), head)  # 0 = ∇f is a condition, not a claim about f

    def _repeats_definition(self, item):
        name = executing.spelled(bare(item.left))
        if name in self.told and not item.continued:
            self.told.discard(name)
            return True
        return False

    def _new_name(self, item):
        """The name that a relation defines, with its parameters or indices, or None."""
        if item.continued or item.sign not in ("=", ":=", "←", "≡"):
            return None
        left = bare(item.left)
        name, parameters, indices = executing.spelled(left), (), ()
        if left.kind in ("prime", "operator"):
            return None
        applied = left.kind == "apply" and left.args[0].kind == "name"
        if (
            left.args[1:]
            and left.args[1].kind == "group"
            and (applied or (left.kind == "product" and left.data == ("",)))
        ):
            if left.args[0].kind == "prime" and self._is_bound(left.args[0].args[0]):
                return None
            name, inner = executing.spelled(left.args[0]), left.args[1].args[0]
            parameters = tuple(map(executing.spelled, executing.arguments(inner)))
        elif left.kind == "subscript" and executing.spelled(left.args[0]) is None:
            return None
        elif left.kind == "subscript" and name is not None and not self.meaning.known(name):
            letters = tuple(executing.letters_in(left.args[1:]))
            base = executing.spelled(left.args[0])
            if any(len(letter.strip("'")) > 1 for letter in letters):  # w_ML
                return name, (), ()
            if base and self.meaning.known(base):
                if letters and executing.is_family(item.right, letters, Scene(self.meaning, self.points[0])):
                    return name, (), letters  # A_pp is a block of A, say, not its entry
                return (name, (), ()) if left.args[1].kind == "number" and not self._is_scalar(item.right) else None
            free = not any(self.meaning.known(x) for x in letters if x not in self.meaning.sizes)
            by_entries = set(letters) & set(executing.free_indices(item.right, Scene(self.meaning, self.points[0])))
            if base and letters and free and by_entries:
                name, indices = base, letters
        if name is None or None in parameters:
            return None
        if name.endswith("dot") and name.removesuffix("dot") in self.meaning.definitions:
            return None  # the motion of something that is defined
        bound = name in self.meaning.symbols or name in self.meaning.definitions
        if bound and item.sign != "←" and name not in self.stale:
            return None
        return name, parameters, indices

    def _named(self, item):
        """The name that the end of a chain gives to what stands before it, 2 AᵀA = H, or None."""
        name = item.right.data if item.right.kind == "name" else None
        if (
            name is None
            or item.sign not in ("=", "≡", ":=")
            or name in self.bare
            or item.left.kind in ("name", "number")
        ):
            return None
        scene = Scene(self.meaning, self.points[0])
        try:
            executing.evaluate(item.right, scene)
            return None
        except Unreadable:
            return name if not executing.free_indices(item.left, scene) and not self.evaluate_only(item.left) else None

    def _is_bound(self, tree):
        """Whether a tree spells something that has a meaning, so that its prime has one as well."""
        name = executing.spelled(tree)
        return tree.kind == "operator" or name in self.meaning.symbols or name in self.meaning.definitions

    def _is_scalar(self, tree):
        """Whether a tree is worth a number, or nothing yet."""
        try:
            value = executing.evaluate(tree, Scene(self.meaning, self.points[0]))
        except (Unreadable, NotConforming, np.linalg.LinAlgError):
            return True
        return isinstance(value, np.ndarray) and value.shape == (1, 1)

    def _define(self, line, item, found):
        name, parameters, indices = found
        if item.condition:
            line.verdict, line.why = "unread", f"{name} is defined in one case only"
            return line
        new = [p for p in parameters if not self.meaning.known(p) and not self._stands_for_a_number(p)]
        definition = Definition(tree=item.right, parameters=tuple(parameters), indices=indices)
        one = executing.is_family(item.right, indices, Scene(self.meaning, self.points[0]))
        if indices and (one or name in self.bare):  # L_n beside L
            name, definition.family = executing.spelled(bare(item.left)), True
            self.meaning.definitions[name] = self.trees[name] = definition
            line.verdict, line.why = "definition", f"one matrix for each value of {', '.join(indices)}"
            return line
        if new:  # a function of a letter of its own: it counts when it is applied
            self.meaning.definitions[name] = self.trees[name] = definition
            line.verdict, line.why = "definition", f"{name} as a function of {', '.join(parameters)}"
            return line
        before = self.meaning.definitions.get(name)
        trial = self.evaluate_only(item.right, indices)
        if trial and not parameters and not indices:
            definition.assignment = self._readable(item.right)
            trial = "" if definition.assignment else trial
        if trial and parameters and not self._evaluates_for_one(item.right, parameters):
            trial = ""  # h(x), where x stands for any row of X
            line.why = f"{name} as a function of one {', '.join(parameters)}"
        if trial:
            line.verdict, line.why = "unread", trial
            return line
        line.points = 1
        self.meaning.definitions[name] = self.trees[name] = definition
        self.stale.discard(name)
        line.verdict = "definition"
        if before is not None:
            line.why = f"{name} is bound anew"
        return line

    def _stands_for_a_number(self, name):
        """Give t in g(t) = f(A + tH) a number at each point, where it is not declared."""
        if name not in _NUMBERS:
            return False
        symbol = reading.Scope({name: ()}, {}, ()).symbols[name].formula
        self.meaning.symbols[name] = symbol
        random = np.random.default_rng(0)
        for point in self.points:
            point.values[symbol] = random.uniform(0.2, 0.8, (1, 1))
        return True

    def _evaluates_for_one(self, tree, parameters):
        """Why an expression has no value where its parameters are single rows, or an empty text."""
        matrices = [p for p in parameters if p in self.meaning.symbols and self._axes(p) == 2]
        if not matrices:
            return "no matrix"
        scene = Scene(self.meaning, self.points[0])
        try:
            executing.evaluate(tree, scene.where({name: scene.value(name)[[0]].T for name in matrices}))
        except (Unreadable, NotConforming, np.linalg.LinAlgError) as error:
            return str(error)
        return ""

    def _readable(self, tree):
        """The readings under which a tree has a value, where the likeliest has none; empty if there is none."""
        for assignment, seen in executing.readings(executing.READINGS + 1):
            try:
                executing.evaluate(tree, Scene(self.meaning, self.points[0], assignment=assignment, seen=seen))
                return assignment
            except (Unreadable, NotConforming, np.linalg.LinAlgError):
                continue
        return {}

    def evaluate_only(self, tree, indices=()):
        """Why a tree has no value, or an empty text."""
        why = ""
        for point in self.points:
            try:
                scene = Scene(self.meaning, point)
                if indices:
                    executing.table_of(Definition(tree=tree, indices=indices), scene)
                else:
                    executing.evaluate(tree, scene)
                return ""
            except (Unreadable, NotConforming) as error:
                why = _in_letters(str(error), point.sizes)
            except np.linalg.LinAlgError as error:
                why = f"no point was found at which it is defined: {error}"
        return why

    # ── two sides ─────────────────────────────────────────────────────────────────────────────────────────────────

    def compare(self, left, right, item):
        """Whether two trees are equal at the points, by the first reading under which they are."""
        order = order_term(right)
        if order is not None:
            return self._compare_orders(left, right, order)
        first = None
        for assignment, seen in executing.readings(executing.READINGS + 1):
            verdict = self._try(left, right, assignment, seen, item.sign)
            if verdict.verdict == "holds":
                return _told(verdict, assignment, seen)
            if first is None:
                first = verdict
                if (near := self._nearly(left, right, item, verdict)) is not None:
                    return near
            elif first.verdict != "fails" and verdict.verdict == "fails":
                first = verdict
            elif first.shapes and verdict.verdict == "unread" and verdict.why.endswith("is not declared"):
                first = verdict  # what does not conform before it is no mistake that is certain
                break
        return first

    def _compare_in_turn(self, left, right, item):
        """As `compare`; where that fails, with what does not move in this line held, if the text varies it in turn."""
        found = self.compare(left, right, item)
        moving = self._varied_in_turn(item) if found.verdict == "fails" else ()
        if moving:
            self.meaning.moving = moving
            alone = self.compare(left, right, item)
            self.meaning.moving = ()
            if alone.verdict == "holds":
                return replace(alone, reading=_joined(alone.reading, f"{', '.join(moving)} alone varies"), held=True)
        return found

    def _varied_in_turn(self, item):
        """The symbols that vary alone in a line: one of them is not declared to, or another chain varies others."""
        here = self._moved_in(item.right, *(() if item.continued else (item.left,)))
        others = self.turns.get(executing.key_of(item.head if item.continued else item.left), ())
        in_turn = any(there and not there & here for there in others)
        return (
            tuple(name for name in self.meaning.symbols if name in here) if here - set(self.varying) or in_turn else ()
        )

    def _moved_in(self, *trees):
        """The symbols whose differentials stand in trees."""
        return moved_in(*trees) & set(self.meaning.symbols)

    def _nearly(self, left, right, item, verdict):
        """For a ≈ b that is not exact: the verdict by the order of the remainder, None where it does not hold."""
        if item.sign == "≈" and verdict.verdict == "fails" and not verdict.shapes:
            for small in self._small_names(left):
                near = self._compare_orders(left, right, (right, small, 2.0, False))
                if near.verdict == "holds":
                    return near
        return None

    def _try(self, left, right, assignment, seen, sign="="):
        worst, executed, before = 0.0, [], self.meaning.work
        tolerance = (
            SECOND_TOLERANCE
            if self.moved or _second_order(left) or _second_order(right) or self._uses_differences(left, right)
            else TOLERANCE
        )
        for point in self.points:
            try:
                error = self.difference(left, right, point, assignment, seen, sign)
            except NotConforming as caught:
                return _not_conforming(caught, point)
            except Unreadable as caught:
                return Verdict("unread", why=_in_letters(str(caught), point.sizes))
            except (np.linalg.LinAlgError, ZeroDivisionError, OverflowError):
                continue
            if error is None:
                continue
            worst = max(worst, error)
            executed.append(point)
            if error > tolerance:
                why = f"the two sides differ, relatively by {error:.2g}"
                return Verdict("fails", error=f"{error:.1g}", why=why, points=tuple(executed))
            costly = self.meaning.work - before > COSTLY
            if len(executed) >= (FEWER_POINTS if costly else POINTS):
                break
        if not executed:
            return Verdict("unread", why="no point was found at which both sides are defined")
        return Verdict("holds", error=_bound(worst), points=tuple(executed))

    def _uses_differences(self, left, right):
        return any(
            t.kind in executing.DERIVATIVES
            and any(executing.has_derivative(a, self.meaning) for a in t.args if hasattr(a, "kind"))
            for t in (*executing.parts(left), *executing.parts(right))
        ) or any(
            self.meaning.definitions[n].tree is not None
            and executing.has_derivative(self.meaning.definitions[n].tree, self.meaning)
            for t in (*executing.parts(left), *executing.parts(right))
            if (n := executing.spelled(t)) in self.meaning.definitions
        )

    def difference(self, left, right, point, assignment, seen, sign="="):
        """The relative difference of two sides at a point, over every value of their free indices."""
        moved = self.moved.get(id(point), {})
        if moved is None:
            raise np.linalg.LinAlgError("no point near at which the derivative vanishes")
        self.meaning.cancelled = 0.0
        values = [
            fit(executing.evaluate(left, scene), executing.evaluate(right, scene), seen)
            for _, scene in places(left, right, Scene(self.meaning, point, moved, assignment=assignment, seen=seen))
        ]
        if sign in executing.COMPARISONS:
            return executing.violation(sign, values) if _finite(values) else None
        return None if not values else relative(values, beside=CANCELLED * max(self.meaning.cancelled, bool(moved)))

    def _compare_orders(self, left, right, order):
        """Left = right + O(h^k): the remainder is measured as h falls."""
        body, small, power, strict = order
        slopes, executed = [], []
        for point in self.points[:POINTS]:
            try:
                sizes, scale = [], 0.0
                steps = [10.0**-k for k in (1.5, 2.0, 2.5)]
                for step in steps:
                    scene = self._small(point, small, step)
                    a, b = executing.evaluate(left, scene), executing.evaluate(body, scene)
                    a, b = fit(a, b)
                    scale = scale or float(np.max(np.abs(a))) + 1e-300
                    sizes.append(float(np.max(np.abs(a - b))) / scale)
            except NotConforming as caught:
                return _not_conforming(caught, point)
            except Unreadable as caught:
                return Verdict("unread", why=_in_letters(str(caught), point.sizes))
            except np.linalg.LinAlgError:
                continue
            executed.append(point)
            if max(sizes) < 1e-12:
                slopes.append(np.inf)
            else:
                slopes.append(
                    np.log10(max(sizes[0], 1e-300) / max(sizes[-1], 1e-16)) / (np.log10(steps[0] / steps[-1]))
                )
        if not slopes:
            return Verdict("unread", why="no point was found at which both sides are defined")
        needed = power + (0.5 if strict else -0.3)
        measured = min(slopes)
        words = "the remainder vanishes" if np.isinf(measured) else f"the remainder falls as the power {measured:.1f}"
        if measured >= needed:
            return Verdict("holds", reading=f"by the measured order: {words}", points=tuple(executed))
        why = f"{words}, and it should fall as the power {power}{' or faster' if strict else ''}"
        return Verdict("fails", why=why, points=tuple(executed))

    def _small_names(self, tree):
        """What may be small in an approximation: the differentials, and the names that do not vary."""
        names = {executing.spelled(t) for t in executing.parts(tree)}
        differential = any(t.kind == "differential" for t in executing.parts(tree))
        return [None] * differential + [n for n in self.meaning.symbols if n in names and n not in self.varying]

    def _small(self, point, small, step):
        """A scene in which what the order is in is small: a number by its name, or every differential."""
        if small is None or (not self.meaning.known(small) and small[0] == "d" and self.meaning.known(small[1:])):
            return Scene(self.meaning, point, scale=step)
        scene = Scene(self.meaning, point)
        value = scene.value(small)
        return scene.where({small: np.array([[step]]) if value.shape == (1, 1) else step * value})

    def _is_notation(self, item):
        """Whether a row is a general law in generic letters: it holds for square matrices of its own."""
        trees = [*executing.parts(item.left), *executing.parts(item.right)]
        if any(t.kind in (*executing.DERIVATIVES, "subscript", "prime", "big sum", "big product") for t in trees):
            return False
        letters = {t.data for t in trees if t.kind == "name"}
        if not letters or any(n in self.meaning.definitions or len(n) > 1 for n in letters):
            return False
        random = np.random.default_rng(0)
        for n in (3, 4):
            moved = {name: random.standard_normal((n, n)) for name in sorted(letters)}
            scene = Scene(self.meaning, self.points[0]).where(moved)
            try:
                error = relative([fit(executing.evaluate(item.left, scene), executing.evaluate(item.right, scene))])
            except (NotConforming, Unreadable, np.linalg.LinAlgError):
                return False
            if error is None or error > TOLERANCE:
                return False
        return True

    def _mend(self, lines, tell):
        """Mend the lines that fail by themselves, the first few; those that follow from a wrong one are left."""
        from derivations import mending

        self.meaning.allowed = np.inf  # mending keeps time by itself
        failing = [line for line in lines if line.verdict == "fails" and line.holds_from_previous is not True]
        failing = [line for line in failing if line.relation.sign not in executing.COMPARISONS]
        failing = [line for line in failing if line.kind != OTHER]  # which letters told, and numbers do not show
        for line in failing[:MENDED]:
            item = line.relation
            self.meaning.condition = item.condition
            against = self._head(item)
            if line is not failing[0] and item.continued and line.kind is None and not self.evaluate_only(item.left):
                against = item.left  # what was wrong before is not blamed again
            try:
                mending.mend(self, line, against, lines)
            except (ValueError, ArithmeticError, LookupError, MemoryError, RecursionError):  # the verdict stands
                line.kind = line.kind or OTHER
            tell(line)


@dataclass(frozen=True)
class Verdict:
    """What a comparison found."""

    verdict: str
    error: str = ""
    why: str = ""
    reading: str = ""
    shapes: bool = False
    points: tuple = ()
    """The points at which both sides were executed."""
    assignment: dict = field(default_factory=dict)
    """The readings that were chosen."""
    held: bool = False
    """Whether some of what varies was held."""


def _not_conforming(error, point):
    return Verdict("fails", why=f"the shapes do not conform: {_in_letters(str(error), point.sizes)}", shapes=True)


def places(left, right, scene):
    """(indices, scene) for every value of the indices that stand free in two sides."""
    sides = executing.free_indices(left, scene), executing.free_indices(right, scene)
    both = set(sides[0]) & set(sides[1])  # a letter that also names a size is an index where it stands in both
    letters = tuple(x for x in dict.fromkeys(sides[0] + sides[1]) if x in both or x not in scene.point.sizes)
    if not letters:
        yield {}, scene
        return
    ranges = executing.index_ranges(Tree("list", (left, right)), scene, letters)
    for place in itertools.product(*(range(ranges[letter]) for letter in letters)):
        indices = dict(zip(letters, place, strict=True))
        if executing.is_meant(indices, scene.meaning):
            yield indices, scene.where(indices=indices, ranges=ranges)


def relative(pairs, beside=0.0):
    """The largest difference in pairs of arrays, relative to their largest entry, or to what they stand beside.

    None where an entry is not finite.
    """
    if not _finite(pairs):
        return None
    worst = max(float(np.max(np.abs(a - b), initial=0.0)) for a, b in pairs)
    scale = max(beside, *(float(np.max(np.abs(array), initial=0.0)) for pair in pairs for array in pair))
    return worst / scale if scale > 1e-13 else 0.0


def _finite(pairs):
    return all(np.all(np.isfinite(array)) for pair in pairs for array in pair)


def fit(left, right, seen=None):
    """Two values as arrays of one shape: a 0 or an I takes the other's; a gradient may stand as a row."""
    for one, other, turn in ((left, right, False), (right, left, True)):
        if isinstance(one, np.ndarray) and not isinstance(other, np.ndarray):
            pair = (one, executing.fitted(other, one.shape))
            return pair[::-1] if turn else pair
        if executing.is_zero(one) and isinstance(other, np.ndarray):
            pair = (np.zeros(other.shape), other)
            return pair[::-1] if turn else pair
    if isinstance(left, Eye) and isinstance(right, Eye):
        return left.factor, right.factor
    if isinstance(left, Free) and isinstance(right, Free):
        return left.array, right.array
    if not (isinstance(left, np.ndarray) and isinstance(right, np.ndarray)):
        raise NotConforming(f"{executing.shape_of(left)} beside {executing.shape_of(right)}")
    if left.shape == right.shape:
        return left, right
    vector = 1 in left.shape and 1 in right.shape and left.shape == right.shape[::-1]
    if vector and any(isinstance(v, executing.Gradient) for v in (left, right)):
        if seen is not None:
            seen.setdefault(("row",), ("a gradient written as a row",))
        return np.asarray(left), np.asarray(right).T
    raise NotConforming(f"{executing.shape_of(left)} on the left, {executing.shape_of(right)} on the right")


def _joined(*words):
    """Remarks as one, without the empty ones."""
    return "; ".join(filter(None, words))


def _has_derivative(item):
    both = (*executing.parts(item.left), *executing.parts(item.right), *executing.parts(item.head))
    return any(t.kind in executing.DERIVATIVES for t in both)


def _plain(text):
    """A declaration with W_1 written as W1, as the reader spells it."""
    return re.sub(r"(?<=[^\W\d])_(?=\d)", "", text)


def _told(verdict, assignment, seen):
    """The verdict with the readings that it needed, in words."""
    words = []
    for key, options in seen.items():
        option = assignment.get(key, 0)
        if option < len(options) and (option or len(options) == 1):
            words.append(options[option])
    return replace(verdict, reading="; ".join(dict.fromkeys(words)), assignment=assignment)


def order_term(tree):
    """Of a right side that ends in O(h^k) or o(…): the rest, the small name (None for dX), k, and whether it is o."""
    if tree.kind != "sum":
        return None
    for i, term in enumerate(tree.args):
        if term.kind == "order":
            args, signs = tree.args[:i] + tree.args[i + 1 :], tree.data[:i] + tree.data[i + 1 :]
            rest = Tree("sum", args, signs) if args else Tree("number", (), 0)
            inner, power = bare(term.args[0]), 1.0
            if inner.kind == "power" and inner.args[1].kind == "number":
                power, inner = float(inner.args[1].data), bare(inner.args[0])
            while inner.kind in ("norm", "bars", "group"):
                inner = inner.args[0]
            small = None if inner.kind == "differential" else executing.spelled(inner)
            return rest, small, power, term.data == "o"
    return None


def _second_order(tree):
    return any(
        (t.kind in executing.DERIVATIVES and t.data == 2) or (t.kind == "prime" and t.data > 1)
        for t in executing.parts(tree)
    )


def without_arguments(tree):
    """The name in L(y, x), or what else it is, brackets apart."""
    tree = bare(tree)
    applied = tree.kind in ("product", "apply") and len(tree.args) == 2 and tree.args[1].kind == "group"
    return tree.args[0] if applied else tree


def sizes_text(sizes, names):
    """The sizes with these names, ``"m=3, n=5"``."""
    return ", ".join(f"{name}={size}" for name, size in sizes.items() if name in names)


def _agree(sizes, others):
    """Whether two texts of sizes have the same number for every letter that is in both."""
    one, other = (dict(size.split("=") for size in text.split(", ") if "=" in size) for text in (sizes, others))
    return all(other.get(name, size) == size for name, size in one.items())


def _in_letters(message, sizes):
    """A message with the letters of the sizes in the shapes that it names, ``n×1`` for 5×1."""
    letters = {str(size): name for name, size in sizes.items() if size > 1}

    def told(word):
        bare = word.rstrip(",;:.)")
        lengths = bare.split("×")
        if len(lengths) < 2 or not all(map(str.isdigit, lengths)):
            return word
        return "×".join(letters.get(length, length) for length in lengths) + word[len(bare) :]

    return " ".join(map(told, message.split(" ")))


def _bound(error):
    exponent = -10 if error < 1e-10 else int(np.floor(np.log10(error))) + 1
    return f"< 1e{exponent}"


__all__ = ["Checker", "Line", "ParseError", "Report", "check"]
