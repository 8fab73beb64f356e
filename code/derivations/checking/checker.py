"""A derivation line by line: what each line says, whether it holds, and the first that does not.

A line is read by `reading.latex_text` and executed by `executing` at random points of several random sizes, all of
them distinct. It is judged against the head of its chain and against the line before it, so that a mistake is blamed
once. The line that fails is mended by `mending`.
"""

from __future__ import annotations

import copy
import itertools
import re
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from derivations import executing
from derivations.checking import comparing, defining, inferring, mending, vanishing
from derivations.checking.assumptions import said_in
from derivations.checking.branches import far_off, not_entered
from derivations.checking.comparing import POINTS, joined
from derivations.checking.counterexamples import counterexample
from derivations.checking.einstein import with_bare_sums, with_pairs_summed, with_repeated_indices_summed
from derivations.checking.evidence import settle, share_assumptions
from derivations.checking.readings import moved_symbols, read, words_before
from derivations.checking.reports import Line, Report, display_of, sizes_text
from derivations.checking.roles import ROLES, constraints_in
from derivations.checking.understanding import Known, between_differentials, without_constants
from derivations.executing import Definition, Meaning, Scene
from derivations.formulas.expression import ParseError, ShapeError, shape_text
from derivations.formulas.names import SHORT, key
from derivations.formulas.properties import implied
from derivations.reading import numpy_programs
from derivations.reading import numpy_text as reading
from derivations.reading.latex_text import read_block
from derivations.reading.latex_tree import Relation, bare
from derivations.reading.tex import expand, scan, without_layout

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MORE_POINTS = 14  # beyond those that are used, for those at which a line has no value
FAR = 6  # points far from 0, for what has branches
MENDED = 4  # lines mended at most
TRIES = 400
OTHER = "other"


def check(
    latex: str,
    given: str | Mapping[str, Sequence[object]] = "",
    varying: str | Sequence[str] = "",
    assume: str | Mapping[str, object] = "",
    where: str = "",
    names: Mapping[str, str] | None = None,
    macros: Mapping[str, str] | None = None,
    loss: str | None = None,
    prove: bool = False,
    vary: str | Mapping[str, object] = "",
    mend: bool = True,
    infer: bool = True,
) -> Report:
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
        The function that is differentiated, as `derive` takes it or by its name in `where`, ``"sum((yhat - y)**2)"``. A
        letter for a loss (L, ℓ, f, J, Loss …) that stands in a derivative and means nothing else is then this function,
        and a wrong gradient that no small edit mends is mended by what `derive` gives.
    prove : bool
        Whether each line that holds is also proved exactly, at small sizes and with SymPy. A line is then ``proved`` or
        says why not; one that holds within rounding and not exactly fails.
    vary : str or dict, optional
        Restricts differentials, ``"X: symmetric"``, as for `derive`.
    mend : bool
        Whether wrong lines are mended, which takes longer than judging them.
    infer : bool
        Whether what is not declared beside what is is inferred. If not, a letter that `given` and `where` leave out is
        complained of, as a typo is; where they say nothing at all, everything is inferred all the same.

    Returns
    -------
    Report

    Raises
    ------
    ParseError, ShapeError, UnknownName
        For declarations that cannot be read; a line that cannot be read is a line with the verdict ``"unread"``.
    """
    checker = Checker(given, varying, assume, where, names, macros, vary, loss, prove, infer)
    return inferring.judged(checker, latex, mend=mend)[0]


class Checker:
    """Declarations, and what the lines so far defined; one serves for all blocks of a page."""

    def __init__(
        self, given="", varying="", assume="", where="", names=None, macros=None, vary="", loss=None, prove=False,
        infer=False,
    ):  # fmt: skip
        self.begun_with = {"where": where, "names": names, "macros": macros, "vary": vary, "loss": loss, "prove": prove}
        self.begun_with["infer"] = self.infer = infer
        """Whether a letter that nobody declares is inferred, beside others that are."""
        self.aside = False
        """Whether it judges a chain by itself, apart from the text that it stands in."""
        self.awaited = {"varying": (), "assume": {}}
        """What was said of letters that are to be inferred."""
        self.begun_with |= {"given": given, "varying": varying, "assume": assume}
        self.names, self.macros = {s: _plain(name) for s, name in (names or {}).items()}, dict(macros or {})
        self.loss = loss or None
        """The function that is differentiated, in NumPy text or by its name, or None."""
        self.prove, self.proved = prove, {}
        """Whether lines are proved too; the right sides that are, by identity, and at which sizes."""
        self.inferred, self.functions, self.guess = frozenset(), {}, None
        """The letters whose shapes nobody declared, and the functions that nothing defines, by their names."""
        self.partly = False
        """Whether other letters were declared."""
        self.seeks = True
        """Whether evidence is looked for: a guess is weighed without it."""
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
        given, where, assume, vary, varying = map(_plain, (given, where, assume, vary, varying))
        new = reading.parse_shapes(given)
        sizes = {size for axes in new.values() for axis in axes for size in axis.names}
        for name in (*new, *sizes):  # a letter that is a size from here on is no longer what a line defined
            self.prose.pop(name, None)
            self.trees.pop(name, None)
        for name in {letter for sizes in new.values() for size in sizes for letter in size.names}:
            self.trees.pop(name, None)  # a size from here on, as in p×q
        changed = {name for name in new if new[name] != self.declared.get(name)}
        for name in self._built_on(set(new)):
            if changed & self._letters(name):
                del self.trees[name]  # it was defined with a letter that now means another thing
            else:
                self.stale.add(name)  # it may be defined anew
        self.properties.update((name, ()) for name in new if new[name] != self.declared.get(name))
        self.declared.update(new)
        assume = self._of_declared(assume) if self.infer else assume
        self.properties.update(reading.parse_properties(assume, self.declared))
        for name, kinds in reading.parse_properties(vary, self.declared).items():
            self.vary[name] = kinds[0]
            self.properties[name] = tuple(dict.fromkeys((*self.properties.get(name, ()), kinds[0])))
        if varying is not None:
            parts = varying if isinstance(varying, list | tuple) else varying.split(",")
            self.varying = tuple(filter(None, (part.strip() for part in parts)))
            if self.infer:
                self.awaited["varying"] = tuple(name for name in self.varying if name not in self.declared)
                self.varying = tuple(name for name in self.varying if name in self.declared)
            for name in self.varying:
                reading.lookup(name, self.declared, "varying")
        stated, before = dict(reading.definitions_in(where)), dict(self.prose)
        for name in stated:
            self.trees.pop(name, None)
            self.prose.pop(name, None)
            if name not in new and name not in self.varying:  # declared for an earlier text, and defined from here on
                self.declared.pop(name, None)
                self.properties.pop(name, None)
        self.prose.update(stated)
        try:
            self._understand(set(stated))
        except ValueError:
            self.prose = before
            self._understand(set())
            raise

    def _of_declared(self, assume):
        """What is assumed of letters that are declared; the rest waits for what is inferred."""
        if isinstance(assume, str):
            pieces = [piece.partition(":")[::2] for piece in re.split(r"[,;\n]", assume) if piece.strip()]
            assume = {name.strip(): words.strip() for name, words in pieces}
        if not isinstance(assume, dict):
            return assume
        self.awaited["assume"] = {name: words for name, words in assume.items() if name not in self.declared}
        reading.parse_properties(self.awaited["assume"], dict.fromkeys(self.awaited["assume"], (1, 1)))
        return {name: words for name, words in assume.items() if name in self.declared}

    def refuse_awaited(self, declared, fields=("varying", "assume")):
        """Refuse what was said of letters that are not among those that are declared now, as the text has none such.

        Raises
        ------
        UnknownName
        """
        for field in fields:
            for name in self.awaited[field]:
                reading.lookup(name, declared, field)

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
        sizes = tuple(self.scope.sizes)
        self.meaning = Meaning(executing.RULES, symbols, self.varying, definitions, sizes, self.scope, self.vary)
        self.meaning.speeds = _speeds(self.names)
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
        restricted = ", ".join(f"{name}: {kind}" for name, kind in self.vary.items() if name in shapes)
        return {
            "given": ", ".join(f"{name}: {'×'.join(map(str, shape)) or 'scalar'}" for name, shape in shapes.items()),
            "varying": ", ".join(self.varying),
            "where": "; ".join(f"{name} = {text}" for name, text in self.prose.items() if name in names),
            "assume": ", ".join(f"{name}: {' '.join(kinds)}" for name, kinds in properties.items()),
            **({"vary": restricted} if restricted else {}),
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
        again = self._as_it_stands()
        block = read_block(latex, self.names, self.macros, self.meaning.names)
        block.lines = after_approximations(block.lines)
        raw = expand(scan(latex), self.macros)
        self.points, self.proved = self._points(without_layout(raw)), {}
        self._begin(latex)
        known = Known(self.meaning, self.points[0]) if self.points else None
        lines = [known.with_raised_indices(line) for line in block.lines] if known else block.lines
        lines, self.reworded = (lines, {}) if self.guess is None else self.guess.rewritten(lines)
        written = with_pairs_summed(with_bare_sums(lines, self.meaning), self.meaning)
        items = with_repeated_indices_summed(written, self.meaning)
        self.meaning.ranges, self.meaning.written = executing.stated_ranges(items), executing.written_arguments(items)
        sides = [side for item in items if isinstance(item, Relation) for side in (item.left, item.right)]
        self.meaning.rows = any(map(executing.multiplies_rows, sides))
        heads = [item for item in items if isinstance(item, Relation) and not item.continued]
        self.bare = {executing.spelled(item.left): item.right for item in heads}
        self.answers = [(item.head, item.right) for item in items if isinstance(item, Relation) and item.sign == "="]
        self.loss_formula, self.turns = self._read_loss(), {}
        self.meaning.loss, self.meaning.zeros = self.loss_formula, executing.counted_from_zero(items)
        for chain in itertools.groupby((i for i in items if isinstance(i, Relation)), lambda i: id(i.head)):
            relations = list(chain[1])
            moved = moved_symbols(self, *(relation.right for relation in relations))
            self.turns.setdefault(executing.key_of(relations[0].head), []).append(moved)
        tell = tell or (lambda line: None)
        self.summed = {id(item) for read, item in zip(written, items, strict=True) if read is not item}
        self.constraints = constraints_in(items)
        self._set_conditions(latex)
        for item in items:
            self.set_before[id(item)] = len(self.vanishing)
            self.lines.append(self._judged(item, raw))
            tell(self.lines[-1])
        self._judge_again(items, self.lines, raw, tell)
        share_assumptions(self)
        report = Report(self.lines, len(self.points), again=again.check_again, names=self.names)
        return self.finished(report, tell, mend)

    @np.errstate(all="ignore")
    def finished(self, report, tell=None, mend=True):
        """The last report, with its wrong lines mended, if they are to be, and numbers that show the first."""
        if mend:
            self._mend(report.lines, tell or (lambda line: None))
            report.counterexample = self._counterexample(report.lines)
        return report

    def _as_it_stands(self):
        """A checker that knows what this one knows now, for the same block, mended."""
        other = copy.copy(self)
        other.names, other.macros, other.trees = dict(self.names), dict(self.macros), dict(self.trees)
        other.told, other.stale = set(self.told), set(self.stale)
        other.meaning = copy.copy(self.meaning)
        other.meaning.definitions, other.meaning.symbols = dict(self.meaning.definitions), dict(self.meaning.symbols)
        return other

    def _set_conditions(self, latex):
        """Set what the comments of a block say: ``% condition: w^T w = 1``.

        Raises
        ------
        ParseError
            Where one is no equation that can be read.
        """
        for text in re.findall(r"^\s*%\s*condition:?\s+(.*?)\s*$", latex, re.MULTILINE):
            lines = read_block(text, self.names, self.macros, self.meaning.names).lines
            read = len(lines) == 1 and isinstance(lines[0], Relation) and lines[0].sign in ("=", "≡")
            why = "" if read else "it is not one equation"
            for side in (lines[0].left, lines[0].right) if read else ():
                why = why or comparing.evaluate_only(self, side)
            if why:
                raise ParseError(f"% condition: {text}: {why}")
            vanishing.constrain(self, lines[0])

    def check_again(self, latex):
        """The report on a block, of which this checker remembers nothing."""
        other = self._as_it_stands()
        other.prove = False
        return other.check(latex)

    def _begin(self, latex):
        """Forget what the block before set."""
        self.text, self.lines, self.meaning.work = latex, [], 0
        self.vanishing, self.constrained, self.stationary, self.held = [], set(), [], set()
        self.vanishing_heads, self.set_before = [], {}
        """Trees that vanish from here on, and which of them by a constraint; derivatives that were found; names whose
        differentials are set to 0."""
        self.said, self.supposed = {}, {}
        """Properties of letters that the prose before a line says, and the points at which they have some."""
        self.heads, self.moved, self.explicit, self.there = {}, {}, {}, {}
        """Of a head the derivative of which it says that it vanishes; the points that are moved; what a derivative was
        found to be, by how it is written; and where trees vanish, by the trees."""
        self.unmet, self.bound_loss, self.is_summed = False, [], False
        self._far = None

    @property
    def unread(self):
        """The lines of this block that were not read so far."""
        return [line for line in self.lines if line.verdict == "unread"]

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
        formula = reading.parse_as_written(_plain(self.loss), self.scope, numpy_programs.read).formula
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
        self.is_summed = id(item) in self.summed
        self.said.update(said_in(self, words_before(item)))
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
        elif self.prove and line.verdict == "holds":
            line.proof_why = "it holds under a reading of its own"
        if self.is_summed:
            line.reading = joined(line.reading, "repeated indices are summed")
        if self.functions and isinstance(item, Relation):
            inferring.tell_functions(self, line, item)
        if isinstance(item, Relation):
            line.reading = joined(item.taken, self.reworded.get((item.row, item.start), ""), line.reading)
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
                    every, before = self.vanishing, self.set_before[id(item)]
                    self.vanishing = every[:before]  # what is set below a line does not excuse it
                    vars(lines[i]).update(vars(self._judged(item, raw)))
                    self.vanishing = every + self.vanishing[before:]
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

    @contextmanager
    def supposing(self, said):
        """A while in which letters have further properties, name to a tuple of them, at all points."""
        if not said:
            yield
            return
        kept, key = (self.points, self.properties, self._far), tuple(sorted(said.items()))
        self.properties = {**self.properties, **{n: (*self.properties.get(n, ()), *more) for n, more in said.items()}}
        try:
            if key not in self.supposed:
                self.supposed[key] = self._points(without_layout(scan(self.text)))
            self.points, self._far = self.supposed[key], None
            yield
        finally:
            self.points, self.properties, self._far = kept

    @contextmanager
    def where_defined(self, tree):
        """A while at those points at which a tree has a value; at all of them where it has none anywhere."""
        kept = self.points, self._far
        self.points, self._far = (
            [point for point in points if comparing.value_at(self, tree, point) is not None] or points
            for points in (self.points, self.far)
        )
        try:
            yield
        finally:
            self.points, self._far = kept

    def _points(self, latex):
        symbols = list(self.meaning.symbols.values())
        source = executing.sampled(self.meaning, symbols, latex, self._kept(symbols), self.vary)
        return list(itertools.islice(filter(self._is_defined, itertools.islice(source, TRIES)), POINTS + MORE_POINTS))

    def _kept(self, symbols):
        """What the value of each symbol is drawn by."""
        return {
            s: (*implied(self.properties.get(s.data[0], ())), *self.scope.indices.get(s.data[0], ())) for s in symbols
        }

    @property
    def far(self):
        """Points far from 0, drawn where a line first needs them."""
        if self._far is None:
            symbols = list(self.meaning.symbols.values())
            drawn = far_off(self, symbols, self.text, self._kept(symbols))
            self._far = list(itertools.islice(filter(self._is_defined, drawn), FAR))
        return self._far

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
        self.bound_loss, self.unmet = [], False
        for role in ROLES:
            if (judged := role(self, line, item)) is not None:
                return judged
        return self._claim(line, item)

    def _claim(self, line, item):
        """A line that claims two sides to be equal: judged against the head of its chain and the line before it."""
        head = self.head(item)
        first = comparing.compare(self, head, item.right, item)
        found = first if first.verdict == "holds" else read(self, item, head, first) or first
        if found.sides:
            head = self.heads[id(item.head if item.continued else item.left)] = found.sides[0]
            line.relation = item = replace(item, right=found.sides[1])
        self.judge(line, found)
        if found.verdict in ("notation", "condition", "definition"):
            return line
        if found.verdict == "holds" and not found.held:
            line.claims.append((head, found))
            self._keep_choices(item, found)
        line.holds_from_head = {"holds": True, "fails": False}.get(found.verdict)
        line.holds_from_previous = line.holds_from_head
        if item.continued and head is not item.left:
            step = self._step(line, item)
            if found.verdict == "unread":  # where the head is not read, the line stands beside the one before it
                head, found = item.left, step
        if line.verdict == "holds" and defining.repeats_definition(self, item):
            line.verdict = "definition"
        if line.verdict == "fails":
            self._settle(line, item, head, found)
        elif line.verdict == "holds" and self._says_nothing(item, head, found):
            line.verdict, line.claims = "unclear", []
            line.why = "both sides are 0, since nothing in it was said to depend on what varies: say what does"
        elif line.verdict == "holds" and (derivative := _first_derivative(item)) is not None:
            self.stationary.append(derivative)
            if not _derives(item.right):
                self.explicit.setdefault(executing.key_of(derivative), item.right)
        told = not_entered(self, (head, item.right)) if line.verdict == "holds" else ""
        line.reading = joined(*(f"{name} is the loss that is given" for name in self.bound_loss), line.reading, told)
        return line

    def _says_nothing(self, item, head, found):
        """Whether a derivative is 0 on both sides, where no 0 is written, so that any multiple would hold as well."""
        trees = (*executing.parts(head), *executing.parts(item.right))
        written = any(tree.kind == "number" and tree.data == 0 for tree in trees)
        vanishes = comparing.all_zero  # of the left side alone: the right one was found to equal it
        return not written and _derives(head) and vanishes(self, head, head, found)

    def _keep_choices(self, item, found):
        """Leave a definition on the page what it was first read as: one reading of a name for the whole text."""
        names = executing.reached((self.head(item), item.right), self.meaning)
        own = {part.start for side in (item.left, item.right) for part in executing.parts(side)}
        for definition in filter(None, map(self.meaning.definitions.get, names)):
            if definition.tree is None:
                continue
            starts = {part.start for part in executing.parts(definition.tree)} - own
            kept = {key: option for key, option in found.chosen.items() if key[0] in _OF_A_PLACE and key[1] in starts}
            definition.assignment = {**kept, **definition.assignment}

    def _step(self, line, item):
        """Judge a line against the one before it, too; what was found."""
        first = comparing.compare(self, item.left, item.right, item)
        step = first if first.verdict == "holds" else read(self, item, item.left, first, most=2) or first
        line.holds_from_previous = {"holds": True, "fails": False}.get(step.verdict)
        if step.verdict == "holds" and not step.held:
            line.claims.append((item.left, step))
        if line.verdict == "unread" and step.verdict in ("holds", "fails"):
            self.judge(line, step)
        return step

    def _settle(self, line, item, head, found):
        """Whether a line that differs is wrong or unclear; what follows from the line before shares its verdict."""
        others = (other for other in reversed(self.lines) if other.relation and other.relation.right is item.left)
        before = next(others, None)
        if line.holds_from_previous and before is not None and before.verdict in ("fails", "unclear"):
            line.verdict = before.verdict
            told = "wrong" if before.verdict == "fails" else "unclear"
            line.why, line.kind = (
                f"it follows from the line before, which is {told}",
                "shapes" if found.shapes else None,
            )
            return
        if before is not None and before.verdict in ("unclear", "unread") and vanishing.is_zero(item.right):
            line.verdict, line.why = "unclear", f"what is set to 0 is the line before, which is {before.verdict}"
            return
        settle(self, line, head, found)
        if line.verdict == "fails" and self.vanishing and not _has_derivative(item):
            line.kind = (
                line.kind or OTHER
            )  # what is true only at some points has no mend that numbers at all points show

    def _defined_later(self, item):
        """The line L = −log p(x) = …, where the chain says what L is after a part that has no value; else None."""
        first = replace(item, left=item.head, continued=False)
        name = defining.new_name(self, first) if comparing.evaluate_only(self, item.left) else None
        sides = [comparing.evaluate_only(self, side, name[2]) for side in (item.left, item.right)] if name else []
        if name is None or not sides[0] or sides[1]:
            return None
        return defining.define(self, Line(item.source, item.row, "holds", relation=first), first, name)

    def judge(self, line, verdict):
        """Put on a line what a comparison of its two sides found."""
        line.verdict, line.error, line.why, line.reading = verdict.verdict, verdict.error, verdict.why, verdict.reading
        item = line.relation
        names = executing.reached((self.head(item), item.left, item.right), self.meaning)
        drawn = dict.fromkeys(sizes_text(point.sizes, names) for point in verdict.points)
        line.points, line.sizes = len(verdict.points), joined(*drawn)

    def head(self, item):
        """What a line is judged against: the head of its chain."""
        head = item.head if item.continued else item.left
        return self.heads.get(id(head), head)

    def _mend(self, lines, tell):
        """Mend the lines that fail by themselves, the first few; those that follow from a wrong one are left."""
        self.meaning.allowed = np.inf  # mending keeps time by itself
        failing = [line for line in lines if line.verdict == "fails" and line.holds_from_previous is not True]
        failing = [line for line in failing if line.relation.sign not in executing.COMPARISONS]
        failing = [line for line in failing if line.kind != OTHER]  # which letters told, and numbers do not show
        for line in failing[:MENDED]:
            item = line.relation
            self.meaning.condition = item.condition
            try:
                mending.mend(self, line, self.head(item), lines, first=line is failing[0])
            except (ValueError, ArithmeticError, LookupError, MemoryError, RecursionError):  # the verdict stands
                line.kind = line.kind or OTHER
            tell(line)


_OF_A_PLACE = {"vectors", "dot", "power", "bars", "list", "call"}
"""Kinds of choices that are made of one place in the text."""


def after_approximations(lines):
    """The lines of a block in which a chain begins anew behind a ≈: in a ≈ b = c the claim is b = c."""
    heads, new = {}, []
    for line in lines:
        if isinstance(line, Relation):
            head = heads.get(id(line.left)) if line.continued else None
            if head is not None:
                line = replace(line, head=head)
            if line.sign == "≈":
                heads[id(line.right)] = line.right
            elif head is not None:
                heads[id(line.right)] = head
        new.append(line)
    return new


def _first_derivative(item):
    """The derivative of a number by what varies that a line gives, the head of its chain; else None."""
    head = bare(item.head if item.continued else item.left)
    return head if head.kind in ("gradient", "derivative", "operate") and head.data in (None, 1) else None


def _has_derivative(item):
    return any(map(_derives, (item.left, item.right, item.head)))


def _derives(tree):
    return any(part.kind in executing.DERIVATIVES for part in executing.parts(tree))


def _plain(declared):
    """A declaration with W_1 as W1, y_true as ytrue and θ as theta: the names that the reader of LaTeX gives them."""
    if isinstance(declared, dict):
        return {_plain(name): _plain(value) for name, value in declared.items()}
    if isinstance(declared, list | tuple):
        return type(declared)(map(_plain, declared))
    if not isinstance(declared, str):
        return declared
    return _SPELLED.sub(lambda found: _WITHOUT_KEYWORDS.get(key(found[0]), key(found[0])), declared)


_SPELLED = re.compile(
    r"(?<![\w.\\])(?:\\?[^\W\d]\w*_(\{[^{}]*\}|\w+(?![\w]|\s*\())|[A-Za-z]*[Α-Ωα-ωϑϕϵ][\w\u0300-\u036f]*|lambda\b(?!\s+[A-Za-z_]))"
)
"""A name with an underscore that is no function, a Greek letter, and lambda, a word that Python keeps for itself."""
_WITHOUT_KEYWORDS = {"lambda": "lam"}


def _agree(sizes, others):
    """Whether two texts of sizes have the same number for every letter that is in both."""
    one, other = (dict(size.split("=") for size in text.split(", ") if "=" in size) for text in (sizes, others))
    return all(other.get(name, size) == size for name, size in one.items())


def _speeds(names):
    r"""Name to the name of its speed, where `names` says that \dot{\varphi} is w, and \ddot{\varphi} u."""
    found = [(kind, of, name) for text, name in names.items() for kind, of in _DOTTED.findall(text)]
    plain = [(kind, names.get(of, of.lstrip("\\")), name) for kind, of, name in found]
    once = {of: name for kind, of, name in plain if kind == "dot"}
    return once | {once[of]: name for kind, of, name in plain if kind == "ddot" and of in once}


_DOTTED = re.compile(r"^\\(d?dot)\s*\{?\s*(\\?[A-Za-z]+)\s*\}?$")
