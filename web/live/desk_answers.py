"""What the page "Your own derivation" asks, answered by the package: this file runs in the reader's browser.

The page sends what its fields hold, and shows what comes back. Every word of a verdict is written here or in the
package, so that the page and ``python -m derivations check`` say the same.
"""

from contextlib import contextmanager

import derivations
from derivations.checking import Checker
from derivations.checking.reports import MARKS, displayed, kind_words
from derivations.expression import ParseError

DECLARATIONS = ("given", "varying", "assume", "where")


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
        Takes ``{"place": int, "line": dict}`` for each line as it is judged, and again when it is mended; then
        ``{"report": dict}``.
    prove : bool
        Whether lines are also proved at small sizes.

    Returns
    -------
    dict
        ``mended``, the whole derivation or None; or ``refused``, with the field that cannot be read and the message.
    """
    places = {}

    def told(line):
        tell({"place": places.setdefault(id(line), len(places)), "line": shown(line)})

    try:
        checker = _declared(fields, prove)
        with _reading("latex"):
            report = checker.check(fields["latex"], tell=told)
        tell({"report": _report(report)})
        return {"mended": report.mended}
    except Refused as refusal:
        return {"refused": {"field": refusal.field, "message": str(refusal)}}


def prove(fields, tell):
    """Check a derivation and prove its lines at small sizes; as `check`."""
    return check(fields, tell, prove=True)


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
        ``summary``, ``steps``, ``gradients``, ``remarks`` and ``latex``; or ``refused``, as for `check`.
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
            {"name": name, "numpy": gradient["numpy"] and f"import numpy as np\n\n\n{gradient['numpy']}"}
            for name, gradient in plain["gradients"].items()
        ],
        "remarks": [f"Assumed: {words}" for words in derivation.assumptions] + [*derivation.notes],
        "latex": derivation.latex,
    }


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
    checker = Checker("", names=names, prove=prove)
    for field in DECLARATIONS:
        with _reading(field):
            checker.declare(**{field: fields[field]})
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


def shown(line):
    """A line as the page shows it; a formula that is not to be typeset comes as code."""
    mend = None
    if line.repair:
        mend = {**_formula(line.repair, displayed(line.repair)), "words": f"mended: {kind_words(line.kind)}"}
    elif line.kind:
        mend = {"words": f"no mend found: {kind_words(line.kind)}"}
    return {
        **_formula(line.latex, line.display),
        "verdict": line.verdict,
        "mark": MARKS[line.verdict],
        "words": line.words(),
        "mend": mend,
    }


def _report(report):
    return {
        "summary": _summary(report),
        "ok": report.ok,
        "first_wrong": report.first_wrong,
        "remarks": _remarks(report),
        "counterexample": report.counterexample,
    }


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
