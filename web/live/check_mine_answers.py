"""What the boxes "check mine" ask, answered by the package: this file runs in the reader's browser.

Whether an answer solves an exercise is decided in `derivations.exercises`; the lines are shown as on the page "Your own
derivation".
"""

import desk_answers

from derivations.checking import edits
from derivations.exercises import solved

HINTS = {
    edits.SIGN: "Look at the signs, one after the other.",
    edits.FACTOR: "Look at the numbers that stand as factors: is one missing, or too many?",
    edits.TRANSPOSE: "Write the shape under each factor: somewhere a transpose is missing, or one too many.",
    edits.ORDER: "The factors are right; look at the order in which they stand.",
    edits.PRODUCT: "Look at what each product is: of matrices, or entry by entry?",
    edits.ARGUMENT: "Look at what the slope is taken at: at the sum that goes in, or at the value that comes out?",
    edits.INNER: "Something inside depends on the variable as well: its own derivative is missing.",
    edits.SUM: "Several paths lead to the loss: is there a sum over all of them?",
    edits.SHAPES: "Write the shape under each factor: they do not fit.",
    edits.ASSUMPTION: "The line holds only under an assumption that nobody made.",
    edits.OTHER: "Take the line apart: compare it, factor by factor, with the line before it.",
}
"""What helps on, by what the first wrong line got wrong."""


def check(asked, tell):
    """Check an answer to an exercise.

    Parameters
    ----------
    asked : dict
        ``options``, the texts of the exercise, and ``text``, the answer.
    tell : callable
        Takes ``{"place": int, "line": dict}`` for each line as it is judged, and again when it is mended.

    Returns
    -------
    dict
        ``solved``, ``outcome`` (``"right"``, ``"wrong"`` or empty), ``said``, ``first_wrong`` and the ``mend`` of that
        line, ``hint``; or ``refused``, the message where the answer cannot be read.
    """
    places = {}

    def told(line):
        shown = {**desk_answers.shown(line), "mend": None}  # the mend comes when it is asked for
        tell({"place": places.setdefault(id(line), len(places)), "line": shown})

    try:
        outcome = solved(asked["options"], asked["text"], told)
    except ValueError as error:
        return {"refused": str(error)}
    report, hint = outcome.report, asked["options"].get("hint", "")
    first = None if report.first_wrong is None else report.lines[report.first_wrong]
    wrong = first is not None
    return {
        "solved": outcome.solved,
        "outcome": "wrong" if wrong else "right" if outcome.solved else "",
        "said": f"{outcome.why.removesuffix('.')}: {first.kind}." if wrong and first.kind else outcome.why,
        "first_wrong": report.first_wrong,
        "hint": hint or (HINTS.get(first.kind or edits.OTHER, HINTS[edits.OTHER]) if wrong else ""),
        "mend": desk_answers.shown(first)["mend"] if wrong and first.repair else None,
    }
