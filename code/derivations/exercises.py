r"""Exercises that ask for a formula, and whether an answer solves them.

An exercise says what is asked, in LaTeX, and declares the letters; `solved` checks an answer line by line with `check`
and says whether one of its lines answers: a line that holds and equates what is asked with an expression in which no
derivative is left. An answer is LaTeX or NumPy, the result alone or line by line.
"""

import re
from dataclasses import dataclass, field

from derivations import executing
from derivations.checking import Checker
from derivations.checking.reports import Report
from derivations.formulas.expression import ParseError
from derivations.reading import numpy_text
from derivations.reading.latex_text import read_block
from derivations.reading.latex_tree import Relation, Tree, bare
from derivations.writing import printing
from derivations.writing.latex_printing import to_latex

OPTIONS = ("asks", "given", "where", "varying", "assume", "answer", "hint")
"""What an exercise consists of; `asks`, `given` and `answer` are needed."""
EQUAL = ("=", ":=", "≡")
_NUMPY = re.compile(r"@|\*\*|\.T\b|\bnp\.")
"""What stands in NumPy and never in LaTeX."""


@dataclass(frozen=True)
class Exercise:
    r"""What is asked and what the letters are.

    Attributes
    ----------
    asks : tuple of str
        The derivatives that are asked for, in LaTeX, ``(r"\nabla_W L", r"\nabla_b L")``.
    given, where, varying, assume : str
        As for `check`.
    answer : str
        The answer of the book, in LaTeX or NumPy, as a reader would type it.
    hint : str
        A sentence that helps on.
    loss : str
        The function that is differentiated, where `where` does not define it, as for `check`.
    """

    asks: tuple
    given: str
    where: str = ""
    varying: str = ""
    assume: str = ""
    answer: str = ""
    hint: str = ""
    loss: str = ""

    @classmethod
    def of(cls, options):
        """An exercise from the texts of its options, as a page gives them.

        Raises
        ------
        ParseError
            Where an option is missing, is not known, or asks for what is not one derivative each.
        """
        texts = {name: " ".join(text.split("\n")).strip() for name, text in options.items() if name != "answer"}
        if unknown := sorted(set(options) - set(OPTIONS)):
            raise ParseError(f"an exercise has no option '{unknown[0]}'; it has {', '.join(OPTIONS)}")
        for name in ("asks", "given", "answer"):
            if not options.get(name, "").strip():
                raise ParseError(f"an exercise needs the option '{name}'")
        asks = tuple(filter(None, (asked.strip() for asked in texts.pop("asks").split(";"))))
        exercise = cls(asks, answer=options["answer"].strip(), **texts)
        known = exercise.checker().meaning.names
        for asked in asks:
            tree = _asked_tree(asked, known)
            if tree is None or not any(t.kind in (*executing.DERIVATIVES, "prime") for t in executing.parts(tree)):
                raise ParseError(
                    rf"'{asked}' asks for no derivative; write \nabla_W L or \frac{{\partial L}}{{\partial W}}"
                )
        return exercise

    def checker(self):
        """A `Checker` that knows the letters of the exercise and nothing else."""
        return Checker(self.given, self.varying, self.assume, self.where, loss=self.loss)


@dataclass
class Outcome:
    """What became of an answer.

    Attributes
    ----------
    report : Report
        The verdicts, line by line.
    answered : tuple of bool
        For each derivative that is asked for, whether a line answers it.
    why : str
        In a sentence or two, what there is to say of the answer as a whole.
    latex : str
        What was checked: an answer in NumPy, or a bare result, as the equation that it stands for.
    """

    report: Report = field(repr=False)
    answered: tuple
    why: str
    latex: str

    @property
    def solved(self):
        """Whether everything that is asked for is answered, and no line is wrong."""
        return all(self.answered) and self.report.first_wrong is None


def solved(options, text, tell=None, mend=True):
    r"""Whether an answer solves an exercise.

    Parameters
    ----------
    options : dict or Exercise
        The texts of `OPTIONS`, ``{"asks": r"\nabla_w L", "given": "X: m×n, w: n", "where": "L = sum((X@w)**2)", …}``.
    text : str
        The answer: LaTeX or NumPy, one line or several. A result alone is what is asked for.
    tell : callable, optional
        Called with each line as it is judged, as for `Checker.check`.
    mend : bool
        Whether lines that fail are mended, which takes longer than to judge them.

    Returns
    -------
    Outcome

    Raises
    ------
    ParseError, ShapeError, UnknownName
        Where the options, or the answer as a whole, cannot be read.
    """
    exercise = options if isinstance(options, Exercise) else Exercise.of(options)
    checker = exercise.checker()
    latex = _equations(exercise, checker, text)
    report = checker.check(latex, tell, mend)
    answers = [_answer(checker, asked, report.lines) for asked in exercise.asks]
    found = tuple(answer is True for answer in answers)
    return Outcome(report, found, _why(exercise, report, answers), latex)


# ── what is typed, as equations ───────────────────────────────────────────────────────────────────────────────────


def _equations(exercise, checker, text):
    """An answer as LaTeX in which every line is an equation."""
    text = text.strip()
    if not text:
        raise ParseError("there is no answer yet")
    if "\\" not in text:
        try:
            return _from_numpy(exercise, checker, text)
        except ValueError:
            if _NUMPY.search(text):
                raise
    if r"\\" not in text and r"\begin" not in text:  # an equation a line
        text = " \\\\\n".join(filter(str.strip, text.splitlines()))
    lines = read_block(text, checker.names, known=checker.meaning.names).lines
    relations = [line for line in lines if isinstance(line, Relation)]
    if not relations:
        return f"{_the_one(exercise)} = {_inner(text)}"
    if relations[0].left.kind == "nothing":
        return f"{_the_one(exercise)} {_inner(text)}"
    return text


def _inner(text):
    """A formula without the signs around it that set it as one."""
    return re.sub(r"^(?:\$\$?|\\\[|\\\()\s*(.*?)\s*(?:\$\$?|\\\]|\\\))$", r"\1", text, flags=re.DOTALL)


def _the_one(exercise):
    if len(exercise.asks) > 1:
        listed = ", ".join(exercise.asks)
        raise ParseError(f"several derivatives are asked for ({listed}): begin each line with the one that it gives")
    return exercise.asks[0]


def _from_numpy(exercise, checker, text):
    """An answer in NumPy, whose last lines are the results in the order in which they are asked for."""
    scope, values = _reading_scope(checker.scope), []
    for line in filter(str.strip, re.split(r"[;\n]", text)):
        name, equals, right = re.fullmatch(r"\s*(?:([^\W\d]\w*)\s*(=)(?!=))?(.*)", line, re.DOTALL).groups()
        value = numpy_text.parse(right, scope)
        values.append(value)
        if equals:
            scope.defined[numpy_text.as_python(name)] = value  # from here on, and in no definition of the exercise
    results = values[-len(exercise.asks) :]
    if len(results) < len(exercise.asks):
        raise ParseError(f"{len(exercise.asks)} derivatives are asked for: give a line for each, in that order")
    rows = [
        f"{_whole(checker, asked) if value.ndim else asked} &= {printing.latex(value.formula)}"
        for asked, value in zip(exercise.asks, results, strict=True)
    ]
    return " \\\\\n".join(rows)


def _whole(checker, asked):
    """The derivative by the whole array, in LaTeX, where the one by an entry is asked for: what an array answers."""
    above, below = _quotient(checker, _asked_tree(asked, checker.meaning.names))
    name, letters = _entry(checker, below) if above is not None else (None, None)
    if not letters:
        return asked
    return to_latex(Tree("derivative", (above, Tree("name", (), name)), 1), checker.names)


def _reading_scope(scope):
    """A scope with the same names, to which an answer may add its own."""
    copy = numpy_text.Scope({})
    vars(copy).update({**vars(scope), "defined": dict(scope.defined), "notes": []})
    return copy


# ── whether it answers ────────────────────────────────────────────────────────────────────────────────────────────


def _asked_tree(latex, known):
    """The tree of what is asked for, or None where that is not one expression."""
    lines = read_block(f"{latex} = 0", known=known).lines
    return lines[0].left if len(lines) == 1 and isinstance(lines[0], Relation) else None


def _answer(checker, asked, lines):
    """True where a line gives what is asked for; else a sentence about the line that comes nearest, or an empty one."""
    tree, near = _asked_tree(asked, checker.meaning.names), ""
    differentials = bare(tree).kind == "differential"
    for line in lines:
        item = line.relation
        if item is None or item.sign not in EQUAL or line.verdict == "fails":
            continue
        head = item.head if item.continued else item.left
        if executing.key_of(bare(head)) == executing.key_of(bare(item.right)):
            near = near or f"Row {line.row + 1} is true, and not yet an answer: both sides are the same."
        if not line.executed:
            continue
        for known, given in ((head, item.right), (item.right, head)):
            if not _unfinished(known, checker.meaning, False):
                continue
            left = _unfinished(given, checker.meaning, differentials)
            if left is None and (_same_entry(checker, tree, known) or _holds(checker, asked, given)):
                return True
            if left is not None and known is head:
                near = near or _not_yet(checker, line, left, asked)
    return near


def _not_yet(checker, line, left, asked):
    """What to say of a line that is true and leaves a derivative to be worked out."""
    varies = left.kind == "differential" and executing.spelled(left.args[0]) in checker.meaning.varying
    rest = f"read off “{asked}” from it" if varies else f"{_said(left, checker)} is still to be worked out"
    return f"Row {line.row + 1} is true, and not yet an answer: {rest}."


def _holds(checker, asked, tree):
    """Whether what is asked for equals an expression of the answer."""
    lines = checker.check(f"{asked} = {to_latex(tree, checker.names)}", mend=False).lines
    return [line.verdict for line in lines] == ["holds"]


def _unfinished(tree, meaning, differentials):
    """The first derivative in a tree or in what its names mean, or None.

    Where `differentials` are allowed, those of the letters that vary are none.
    """
    seen, stack = set(), [tree]
    while stack:
        for inner in executing.parts(stack.pop()):
            name = executing.spelled(inner)
            if inner.kind == "differential" and differentials and executing.spelled(inner.args[0]) in meaning.varying:
                continue
            if inner.kind in executing.DERIVATIVES or (inner.kind == "prime" and not meaning.known(name or "")):
                return inner
            if name in meaning.definitions and name not in seen:
                seen.add(name)
                definition = meaning.definitions[name].tree
                if definition is not None and _unfinished(definition, meaning, differentials) is not None:
                    return inner
    return None


def _same_entry(checker, asked, known):
    """Whether one of two derivatives is the other by an entry, with a letter of its own for each index."""
    (above, below), (other_above, other_below) = _quotient(checker, asked), _quotient(checker, known)
    if above is None or other_above is None or executing.key_of(bare(above)) != executing.key_of(bare(other_above)):
        return False
    (name, letters), (other, others) = _entry(checker, below), _entry(checker, other_below)
    return name is not None and name == other and letters is not None and others is not None


def _quotient(checker, tree):
    """What is differentiated and by what, for a first derivative; (None, None) for anything else."""
    tree = bare(tree)
    varying = checker.meaning.varying
    if tree.data != 1 or tree.kind not in ("derivative", "operate", "gradient"):
        return None, None
    if tree.kind == "derivative" and len(tree.args) == 2:
        return tree.args
    if tree.kind == "operate" and len(tree.args) == 2:
        return tree.args[1], tree.args[0]
    if tree.kind == "gradient" and len(tree.args) == 2:
        return tree.args
    if tree.kind == "gradient" and len(varying) == 1:
        return tree.args[0], varying[0]
    return None, None


def _entry(checker, below):
    """The letter that something is differentiated by, and its index letters: none for the whole; else (None, None)."""
    if isinstance(below, str):
        return below, ()
    below, meaning = bare(below), checker.meaning
    if executing.spelled(below) in meaning.symbols:
        return executing.spelled(below), ()
    if below.kind == "subscript":
        name = executing.spelled(below.args[0])
        letters = [executing.spelled(bare(index)) for index in _indices(below.args[1:])]
        free = all(letter and not meaning.known(letter) for letter in letters) and len(set(letters)) == len(letters)
        if name in meaning.symbols and free and len(letters) == len(checker.declared.get(name, ())):
            return name, tuple(letters)
    return None, None


def _indices(trees):
    """The single indices of a subscript, W_{ij} or W_{i,j}."""
    for tree in map(bare, trees):
        if tree.kind in ("product", "list"):
            yield from tree.args
        else:
            yield tree


# ── words ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _said(tree, checker):
    return f"“{to_latex(tree, checker.names)}”"


def _why(exercise, report, answers):
    """What there is to say of an answer, its first wrong line first."""
    if report.first_wrong is not None:
        first = report.lines[report.first_wrong]
        return f"Row {first.row + 1} is the first wrong line."
    missing = [asked for asked, answer in zip(exercise.asks, answers, strict=True) if answer is not True]
    if not missing:
        return "Solved."
    unsettled = next((line for line in report.lines if line.verdict in ("unclear", "unread")), None)
    if near := next((answer for answer in answers if answer not in (True, "")), None):
        return near
    if unsettled is not None:
        word = "cannot be settled" if unsettled.verdict == "unclear" else "could not be read"
        return f"Row {unsettled.row + 1} {word}: {unsettled.why or 'say what its letters are'}."
    listed = " and ".join(f"“{asked}”" for asked in missing)
    said = "Every line holds" if any(line.executed for line in report.lines) else "Nothing is wrong"
    return f"{said}, and no line says yet what {listed} is."
