"""What the page "Your own derivation" asks, answered by the package: this file runs in the reader's browser.

The page sends what its fields hold, and shows what comes back. Every word of a verdict is written here or in the
package, so that the page and ``python -m derivations check`` say the same.
"""

import difflib
import re
from contextlib import contextmanager
from time import monotonic

import derivations
from derivations.checking import Checker, inferring
from derivations.checking.reports import MARKS, displayed, inferred_text, kind_words
from derivations.exercises import Exercise, solved
from derivations.formulas.expression import ParseError
from derivations.formulas.names import latex as spelled
from derivations.formulas.properties import PROPERTIES
from derivations.reading.latex_text import read_block

DECLARATIONS = ("given", "varying", "assume", "where")
PATIENCE = 4
"""Seconds after which no further line is judged while a reader types: the worker does one job at a time."""


class _Enough(Exception):
    """A text takes too long to be judged while a reader types."""


class Refused(Exception):
    """A field that cannot be read; the message says why."""

    def __init__(self, field, message):
        super().__init__(message)
        self.field = field


def check(fields, tell, prove=False):
    """Check a derivation.

    Parameters
    ----------
    fields : dict
        The texts of the form: ``latex``, and ``given``, ``varying``, ``assume``, ``where``, ``names``.
    tell : callable
        Takes ``{"place": int, "line": dict}`` for each line as it is judged, and again when it is mended, or judged
        anew with what was inferred; then ``{"report": dict}``.
    prove : bool
        Whether lines are also proved at small sizes.

    Returns
    -------
    dict
        ``mended``, the whole derivation or None, and ``offers``, the declarations that would settle a line, with its
        place; or ``refused``, with the field that cannot be read and the message.
    """
    places = {}

    def told(line):
        if line is None:  # the text is judged anew, from its first line
            places.clear()
        else:
            tell({"place": places.setdefault(id(line), len(places)), "line": shown(line, fields["latex"])})

    try:
        checker = _declared(fields, prove)
        with _reading("latex"):
            names = inferring.names_in(checker, fields["latex"])
        for field in checker.awaited:
            with _reading(field):
                checker.refuse_awaited(names, (field,))
        with _reading("latex"):
            report, checker = inferring.judged(checker, fields["latex"], told)
            functions, letters = inferring.left_open(checker, fields["latex"], report)
        inferred = _Inferred(checker, varying=not fields["varying"].strip())
        said = [_summary(report), inferred.told(), _question(functions, letters)]
        tell(
            {"report": _report(report) | {"summary": " ".join(filter(None, said)), "inferred": inferred.declarations()}}
        )
        return {"mended": report.mended, "offers": inferred.offers(report)}
    except Refused as refusal:
        return {"refused": {"field": refusal.field, "message": str(refusal)}}


def prove(fields, tell):
    """Check a derivation and prove its lines at small sizes; as `check`."""
    return check(fields, tell, prove=True)


def follow(fields, tell):
    """Read a derivation while it is written: how it splits into rows and prose, then a verdict for each row, no mend.

    Parameters
    ----------
    fields : dict
        As for `check`.
    tell : callable
        Takes ``{"parts": list}``, each part ``{"prose": list}``, pieces as `_prose` gives them, or a relation with its
        formula and the ``row`` it stands in, an index from 0; then ``{"place": int, "verdict": str, "mark": str,
        "words": list}`` for each relation, its place among the relations.

    Returns
    -------
    dict
        ``judged``, whether every row was; or ``refused``, as for `check`.
    """
    places, latest = {}, monotonic() + PATIENCE

    def told(line):
        if line is None:
            places.clear()
            return
        place = places.setdefault(id(line), len(places))
        tell({"place": place, "verdict": line.verdict, "mark": MARKS[line.verdict], "words": line.words()})
        if monotonic() > latest:
            raise _Enough

    try:
        with _reading("latex"):
            tell({"parts": _parts(read_block(fields["latex"]))})
        checker = _declared(fields)
        with _reading("latex"):
            inferring.judged(checker, fields["latex"], told, mend=False)
    except _Enough:
        return {"judged": False}
    except Refused as refusal:
        return {"refused": {"field": refusal.field, "message": str(refusal)}}
    return {"judged": True}


def _parts(block):
    """A block as a page shows it: its relations in order, and the prose between them."""
    parts = []
    for line in block.lines:
        parts += [{"prose": _prose(line.before)}] if line.before else []
        parts.append({**_formula(line.source, displayed(line.source)), "row": line.row})
    return parts + ([{"prose": _prose(block.after)}] if block.after else [])


_IN_PROSE = re.compile(r"(?<!\\)\$(?!\s)([^$\n]+?)(?<![\s\\])\$(?!\d)|\\\((.+?)\\\)")
"""A formula in a line of text, $x$ or \\(x\\); two prices in a line are none."""


def _prose(text):
    """Prose as [manner, text] in order: ``"text"``, or a ``"formula"`` in LaTeX without the signs around it."""
    pieces, at = [], 0
    for found in _IN_PROSE.finditer(text):
        latex = displayed(found[1] or found[2])
        if not latex:
            continue
        pieces += [["text", text[at : found.start()]], ["formula", latex]]
        at = found.end() + bool(re.match(r" [,.;:?!]", text[found.end() :]))  # a sign stands at its formula
    return [piece for piece in [*pieces, ["text", text[at:]]] if piece[1]]


def derive(fields, tell):
    """Derive the gradient of a loss.

    Parameters
    ----------
    fields : dict
        The texts of the form: ``loss``, and ``given``, ``varying``, ``assume``, ``where``.
    tell : callable
        Not called: a derivation comes whole.

    Returns
    -------
    dict
        ``summary``, ``steps``, ``gradients``, ``remarks``, ``latex``, and ``exercise``, for `mine`, or
        None; or ``refused``, as for `check`.
    """
    try:
        _declared(fields)
        with _reading("varying"):
            if not fields["varying"].strip():
                raise ParseError("name the variable, or several: W, b")
        with _reading("loss"):
            derivation = derivations.derive(
                fields["loss"], fields["varying"], fields["given"], where=fields["where"], assume=fields["assume"]
            )
    except Refused as refusal:
        return {"refused": {"field": refusal.field, "message": str(refusal)}}
    plain = derivation.to_dict()
    return {
        "summary": _derived_summary(derivation),
        "steps": [_step(step) for step in derivation.steps],
        "gradients": [
            {
                "name": name,
                "latex": gradient["expanded"],
                "numpy": gradient["numpy"] and f"import numpy as np\n\n\n{gradient['numpy']}",
            }
            for name, gradient in plain["gradients"].items()
        ],
        "remarks": [f"Assumed: {words}" for words in derivation.assumptions] + [*derivation.notes],
        "latex": derivation.latex,
        "exercise": _exercise(derivation, fields),
    }


def mine(asked, tell):
    """Check a reader's own gradient of a function that was derived.

    Parameters
    ----------
    asked : dict
        ``exercise``, as `derive` gave it, and ``mine``, the reader's answer.
    tell : callable
        Takes ``{"place": int, "line": dict}`` for each line.

    Returns
    -------
    dict
        ``said``, ``outcome`` (``"right"``, ``"wrong"`` or empty), ``first_wrong`` and ``counterexample``; or
        ``refused``, as for `check`.
    """
    try:
        with _reading("mine"):
            outcome = solved(Exercise(**asked["exercise"]), asked["mine"])
    except Refused as refusal:
        return {"refused": {"field": refusal.field, "message": str(refusal)}}
    text = asked["mine"] if outcome.latex == asked["mine"] else ""  # a mend has no place in what was written out
    for place, line in enumerate(outcome.report.lines):
        tell({"place": place, "line": shown(line, text)})
    report = outcome.report
    first = None if report.first_wrong is None else report.lines[report.first_wrong]
    said = SOLVED if outcome.solved else outcome.why
    return {
        "said": f"{said.removesuffix('.')}: {first.kind}." if first and first.kind else said,
        "outcome": "wrong" if first else "right" if outcome.solved else "",
        "first_wrong": report.first_wrong,
        "counterexample": report.counterexample,
    }


SOLVED = "Yours is right: it agrees with the loss at every point that was drawn."


LOSS_LETTERS = {"L": r"\mathcal{L}", "f": "f", "J": "J", "E": "E", "C": "C", "F": "F"}
"""Names of a function that the form leaves without one, and how they are written."""


def _exercise(derivation, fields):
    """What a reader may answer, as the texts of an `Exercise`; None where `check` cannot read the function as it is."""
    taken = {re.split("[:=]", piece)[0].strip() for piece in re.split("[,;\n]", f"{fields['given']};{fields['where']}")}
    free = [item for item in LOSS_LETTERS.items() if item[0] not in taken]
    if not free:
        return None
    name, written = free[0]
    declared = {field: fields[field] for field in DECLARATIONS}
    asks = [rf"\frac{{\partial {written}}}{{\partial {spelled(variable)}}}" for variable in derivation.gradients]
    if any(law.name == "reading off the Jacobian" for law in derivation.steps[-1].laws):
        declared["where"] = "; ".join(filter(None, [fields["where"].strip().rstrip(";"), f"{name} = {fields['loss']}"]))
    else:
        declared["loss"] = fields["loss"]
    texts = {"asks": asks, **declared}
    try:
        Exercise(**texts).checker().check(f"{asks[0]} = {asks[0]}", mend=False)  # reads what is declared, and no more
    except ValueError:
        return None
    return texts


# ── what is asked ─────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _reading(field):
    """Tie what the package refuses to the field that it came from: every refusal is a ValueError."""
    try:
        yield
    except ValueError as error:
        raise Refused(field, str(error)) from None


def _declared(fields, prove=False):
    """A checker with what the form declares, read one field after the other."""
    with _reading("names"):
        names = _spellings(fields["names"])
    declared = {"names": names, "prove": prove}
    for field in DECLARATIONS:
        declared[field] = fields[field]
        with _reading(field):
            checker = Checker(**declared, infer=True)
    return checker


def _spellings(text):
    r"""``H: dX; {\rm sig}: sigmoid`` as a dict from spellings to names."""
    names = {}
    for piece in filter(str.strip, text.replace("\n", ";").split(";")):
        spelling, colon, name = map(str.strip, piece.rpartition(":"))
        if not (colon and spelling and name):
            raise ParseError(rf"'{piece.strip()}' is no spelling; write H: dX, or several: H: dX; {{\rm sig}}: sigmoid")
        names[spelling] = name
    return names


# ── what is answered ──────────────────────────────────────────────────────────────────────────────────────────────


def shown(line, text=""):
    """A line as the page shows it; a formula that is not to be typeset comes as code.

    Its mend has, where the line is found in the text, the ``place`` [start, stop] of what it takes the place of, and
    ``pieces`` [manner, text] of the two: what is kept, what is deleted, and what is inserted.
    """
    mend = None
    if line.repair:
        mend = {**_formula(line.repair, displayed(line.repair)), "words": f"mended: {kind_words(line.kind)}"}
        if line.relation and (source := text[line.relation.start : line.relation.stop]):
            place = _utf16(text, line.relation.start), _utf16(text, line.relation.stop)
            mend |= {"place": place, "pieces": pieces(source, line.repair)}
    elif line.kind:
        mend = {"words": f"no mend found: {kind_words(line.kind)}"}
    return {
        **_formula(line.latex, line.display),
        "verdict": line.verdict,
        "mark": MARKS[line.verdict],
        "words": line.words(),
        "mend": mend,
    }


_LAYOUT = r"(?:[\s&]|\\[,;:! ])+"
_TOKEN = re.compile(rf"{_LAYOUT}|\\(?:[A-Za-z]+|.)|\d+|.", re.DOTALL)


def pieces(source, repair):
    """What of a source is kept, deleted and inserted where a mend takes its place, as [manner, text] in order.

    What is kept and inserted, joined, is the mend in the layout of the source: its spaces and columns stay.
    """
    before = [found.span() for found in _TOKEN.finditer(source) if not re.fullmatch(_LAYOUT, found[0])]
    after = [token for token in _TOKEN.findall(repair) if not re.fullmatch(_LAYOUT, token)]
    found, at = [], 0
    matched = difflib.SequenceMatcher(None, [source[slice(*span)] for span in before], after, autojunk=False)
    for manner, start, stop, first, last in matched.get_opcodes():
        if manner == "equal":
            continue
        begin = before[start][0] if start < len(before) else before[-1][1]
        end = before[stop - 1][1] if stop > start else begin
        found += [["kept", source[at:begin]], ["deleted", source[begin:end]]]
        found.append(["inserted", _apart(source[:begin], "".join(_spaced(after[first:last])), source[end:])])
        at = end
    return [piece for piece in [*found, ["kept", source[at:]]] if piece[1]]


def _spaced(tokens):
    """The tokens with a space between a command and a letter."""
    for before, token in zip(["", *tokens], tokens, strict=False):
        yield _apart(before, token, "")


def _apart(before, text, after):
    """A text that does not grow together with the command before it, nor one at its end with the letter after it."""
    ends = re.compile(r"\\[A-Za-z]+$")
    if text[:1].isalpha() and ends.search(before):
        text = f" {text}"
    return f"{text} " if after[:1].isalpha() and ends.search(text or before) else text


def _utf16(text, place):
    """A place in a text as JavaScript counts it."""
    return len(text[:place].encode("utf-16-le")) // 2


def _report(report):
    return {
        "ok": report.ok,
        "first_wrong": report.first_wrong,
        "remarks": _remarks(report),
        "counterexample": report.counterexample,
    }


class _Inferred:
    """What nobody declared and was inferred, as declarations that the page puts into its fields.

    A declaration is ``{"words": str, "puts": [[field, entry], ...]}``. What is known of a letter goes in at once, and
    with a letter that varies all that vary: then every field can be read, and the verdicts rest on the same.
    """

    def __init__(self, checker, varying):
        self.checker = checker
        names = [name for name in checker.declared if name in checker.inferred and name not in checker.functions]
        self.shapes = {name: f"{name}: {'×'.join(map(str, checker.declared[name])) or 'scalar'}" for name in names}
        self.assumed = {name: f"{name}: {' '.join(kinds)}" for name in names if (kinds := checker.properties[name])}
        self.varying = checker.varying if varying and checker.guess is not None else ()

    def told(self):
        """That something was inferred, in a sentence; empty where nothing was."""
        return "What nobody declared was inferred." if self.shapes or self.varying else ""

    def declarations(self):
        """What was inferred."""
        found = [(text, self._puts([name])) for name, text in self.shapes.items()]
        if self.varying:
            found.append((f"varying {', '.join(self.varying)}", self._puts(self.varying)))
        found += [(f"assume {text}", self._puts([name])) for name, text in self.assumed.items()]
        return [{"words": words, "puts": puts} for words, puts in found]

    def offers(self, report):
        """The declarations that would settle a line, with its place."""
        offers = [[place, self._offers(line)] for place, line in enumerate(report.lines)]
        return [[place, offered] for place, offered in offers if offered]

    def _puts(self, names):
        names = dict.fromkeys((*names, *self.varying) if set(names) & set(self.varying) else names)
        given = [["given", self.shapes[name]] for name in names if name in self.shapes]
        varying = [["varying", name] for name in self.varying if name in names]
        return given + varying + [["assume", self.assumed[name]] for name in names if name in self.assumed]

    def _offers(self, line):
        offers = []
        names = self.checker.inferred_in(line.relation) if line.verdict == "unclear" else []
        if puts := self._puts(names):
            fields = dict.fromkeys(field for field, _ in puts)
            texts = {field: ", ".join(entry for at, entry in puts if at == field) for field in fields}
            offers.append({"words": f"Declare {inferred_text(texts)}", "puts": puts})
        if line.verdict in ("unclear", "fails") and (granted := self._granted(line)):
            name, words = granted
            puts = [*self._puts([name]), ["assume", f"{name}: {words}"]]
            offers.append({"words": f"Assume {name}: {words}", "puts": puts})
        return offers

    def _granted(self, line):
        """The name and the property with which a line holds, as its words tell; None where they tell of none."""
        sentences = re.split("[,;] ", line.why)
        for name in self.checker.meaning.symbols:
            for row in PROPERTIES.values():
                if f"it holds only where {row.sentence.format(name)}" in sentences:
                    return name, row.name
        return None


def _question(functions, letters):
    """What nothing says, asked in one sentence; empty where all is known."""
    asked = []
    if functions:
        asked.append(f"say what {_listed(functions)} {'is' if len(functions) == 1 else 'are'} in a line of the text")
    if letters:
        asked.append(f"give the {'shape' if len(letters) == 1 else 'shapes'} of {_listed(letters)} under Shapes")
    sentence = ", and ".join(asked)
    return f"{sentence[0].upper()}{sentence[1:]}." if sentence else ""


def _listed(names):
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _formula(latex, display):
    return {"latex": display} if display else {"code": latex}


def _summary(report):
    """The outcome in a sentence or two."""
    count = {verdict: [line.verdict for line in report.lines].count(verdict) for verdict in MARKS}
    if not report.lines:
        return "There is no equation in it."
    open_ = [
        _number(count[verdict], "line", "lines") + words
        for verdict, words in (("unclear", " cannot be settled"), ("unread", " could not be read"))
        if count[verdict]
    ]
    unsettled = " and ".join(open_) + "." if open_ else ""
    if report.first_wrong is not None:
        first = report.lines[report.first_wrong]
        return f"Row {first.row + 1} is the first wrong line: {first.kind or 'it fails'}. {unsettled}".strip()
    if not any(line.executed for line in report.lines) and count["unclear"]:
        return f"No line is confirmed: {unsettled}"
    if not any(line.executed for line in report.lines):
        return f"Nothing was checked: no line claims anything that was executed. {unsettled}".strip()
    if unsettled:
        return f"No line is wrong, but {unsettled}"
    proved = sum(bool(line.proved) for line in report.lines)
    return f"Every line holds, and {proved} of {count['holds']} are proved." if proved else "Every line holds."


def _remarks(report):
    sizes = max((line.sizes for line in report.lines), key=len, default="")
    return [f"Sizes that were drawn: {sizes}."] if sizes else []


def _derived_summary(derivation):
    names = " and ".join(derivation.gradients)
    steps = _number(len(derivation.steps), "line", "lines")
    return f"The derivative by {names}, in {steps}. Each was compared with the witness."


def _step(step):
    return {
        "latex": step.latex,
        "laws": [{"name": law.name, "anchor": law.anchor} for law in step.laws],
        "error": step.error,
    }


def _number(count, one, many):
    return f"{count} {one if count == 1 else many}"
