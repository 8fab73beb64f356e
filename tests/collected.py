"""The collected problems, mistakes and derivations: what they declare, and a mistake as a person would write it."""

import functools
import json
from pathlib import Path

import plain_numpy

from derivations import derive
from derivations.reading.numpy_text import Scope, parse, parse_definitions, parse_shapes
from derivations.writing.printing import latex

PROBLEMS, MISTAKES = plain_numpy.rows("problems.jsonl"), plain_numpy.rows("mistakes.jsonl")
DERIVATIONS = Path(__file__).parents[2] / "shared" / "corpus" / "derivations.jsonl"
"""Other people's derivations: they lie beside the checkout, or nowhere."""

ASSUMED = {
    "sym": "symmetric",
    "spd": "positive definite",
    "inv": "invertible",
    "posdet": "positive determinant",
    "pos": "positive",
    "binary": "binary",
    "mask": "binary",
    "pm1": "plus or minus one",
    "onehot": "one-hot",
    "onehotrows": "one-hot",
    "simplex": "sums to one in total",
    "rowstoch": "each row sums to one",
    "mask01": "binary",
    "posdiag": "diagonal positive",
    "positive": "positive",
    "unit": "positive",
    "tiny": "positive",
    "zero": "zero",
}
"""How a variable is drawn, and what is thereby assumed of it."""

AS_WRITTEN = {  # claims that no program would multiply, so they are given as a person writes them
    "w27": (r"\nabla_{W_2} L = 2 H (H W_2 - Y)", r"\nabla_{W_2} L = 2 H^T (H W_2 - Y)", "H = maximum(X@W1, 0)"),
    "w36": (r"\nabla_w L = 2 (y - X w) (-X)", r"\nabla_w L = -2 X^T (y - X w)", ""),
    "w49": (r"\nabla_{W_2} L = (P - y) H^T", r"\nabla_{W_2} L = H^T (P - y)", "H = h1; P = p"),
    "w50": (
        r"\nabla_x L = \left((P - y) W_2^T \odot H \odot (1 - H)\right) W_1",
        r"\nabla_x L = \left((P - y) W_2^T \odot H \odot (1 - H)\right) W_1^T",
        "H = h1; P = p",
    ),
}


def shapes(row):
    """The shapes of a problem's or a mistake's symbols, constants among them."""
    constants = {name: () for name in (row.get("consts") or {}) if name != "_dims"}
    return {**constants, **{name: tuple(shape) for name, shape in row["shapes"].items()}}


def assumed(row):
    """The properties of its symbols."""
    return {name: ASSUMED[manner] for name, manner in (row.get("gen") or {}).items() if manner in ASSUMED}


def restricted(row):
    """What restricts the differential of the variable: ``vary=`` of `derive` and `check`."""
    mode = row.get("mode")
    return {row["wrt"]: {"sym": "symmetric", "diag": "diagonal"}[mode]} if mode else ""


@functools.cache
def _derived(text):
    row = json.loads(text)
    order = 2 if row.get("kind") == "hessian" else 1
    return derive(row["function"], row["wrt"], shapes(row), assume=assumed(row), vary=restricted(row), order=order)


def derived(row):
    """What `derive` makes of a problem, or of a mistake: once for all tests that ask something of it."""
    return _derived(json.dumps(row, sort_keys=True))


def as_lines(mistake):
    """(the line as it was claimed, the line as it should be, the declarations of both)."""
    where = "; ".join([*(f"{name} = {text}" for name, text in mistake.get("let") or []), f"L = {mistake['function']}"])
    key = mistake["id"].split("-")[0]
    if key in AS_WRITTEN:
        claimed, correct, more = AS_WRITTEN[key]
        where = "; ".join(filter(None, [where, more]))
    else:
        scope = Scope(parse_shapes(shapes(mistake)))
        parse_definitions(where, scope)
        order = "^2" if mistake.get("kind") == "hessian" else ""
        left = rf"\nabla_{{{latex(scope.symbols[mistake['wrt']].formula)}}}{order} L"
        claimed, correct = (f"{left} = {latex(parse(mistake[key], scope).formula)}" for key in ("claimed", "correct"))
    declared = {
        "given": shapes(mistake),
        "varying": mistake["wrt"],
        "assume": assumed(mistake),
        "where": where,
        "vary": restricted(mistake),
    }
    return claimed, correct, declared


def derivations():
    """The collected derivations that lie beside this checkout: (row of the file, options of `check`)."""
    text = DERIVATIONS.read_text(encoding="utf-8") if DERIVATIONS.exists() else ""
    for row in map(json.loads, text.splitlines()):
        yield (
            row,
            {
                "given": {name: tuple(shape) for name, shape in row["symbols"].items()},
                "varying": ", ".join(row["varying"]),
                "assume": {name: ASSUMED[manner] for name, manner in row["assume"].items()},
                "where": "; ".join(f"{name} = {formula}" for name, formula in row["defs"]),
                "names": row["names"],
                "macros": row.get("macros"),
            },
        )
