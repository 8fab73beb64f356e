"""The law beside a step is the law that was used: each step is asked anew for what its laws need to be seen in it.

A law that takes an operation across the colon needs that operation around a differential in the line before; a rule of
d needs it in the definition of what was replaced; collecting needs two terms of one differential, and so on. Lines
whose law is none of these are found too.
"""

import pytest
import test_losses

from derivations import derive
from derivations.deriving.tidying import closed, terms_of
from derivations.formulas import table
from derivations.formulas.expression import fold, ordered
from derivations.formulas.laws import law_of
from derivations.writing import printing

QUESTION = {"f": "sum((sigmoid(W@x + b) - y)**2)", "wrt": "W", "shapes": "W: m×n, x: n, b: m, y: m"}
MORE = {
    "a trace of a sum": {"f": "tr(X.T@A@X)", "wrt": "X", "shapes": "X: n×k, A: n×n"},
    "a sum that is opened": {"f": "sum(C*(X*S + T*sin(X)))", "wrt": "X", "shapes": "X: m×n, S: m×n, T: m×n, C: m×n"},
    "a factor in front": {"f": "t*sum(A*(X*X + B*X))", "wrt": "X", "shapes": "t: scalar, A: m×n, B: m×n, X: m×n"},
    "pairs of rows": {"f": "sum((X[:, None] - X[None])**2)", "wrt": "X", "shapes": "X: m×n"},
    "a name that is written out": {
        "f": "sum(log(X@X.T*C + D)*B)", "wrt": "X", "shapes": "X: m×n, C: m×m, D: m×m, B: m×m",
    },
}  # fmt: skip


def carries(formula):
    """Whether a differential stands in a formula."""
    return fold(formula, lambda inner, parts: inner.operation == "differential" or any(parts), {}, below=closed)


def around(formula):
    """The operations that stand around differentials in a line, above the definitions."""
    return {inner.operation for inner in ordered([formula], closed) if inner.args and carries(inner)}


def replaced(before, after):
    """The names whose differentials stand in a line and not in the next."""
    found = [
        {inner.data for inner in ordered([line], closed) if inner.operation == "differential"}
        for line in (before, after)
    ]
    return [part for part in found[0] - found[1] if part.operation == "named"]


def rules_for(formula, own):
    """The names of the rules of d that the definition of a part can need."""
    inside = ordered([formula], lambda inner: () if inner.operation == "named" and inner is not own else inner.args)
    return {law_of(inner).name for inner in inside if inner.operation in table.ROWS and table.ROWS[inner.operation].law}


def crossing(operation):
    """The name of the law by which an operation crosses the colon."""
    row = table.ROWS[operation]
    return "sides swapped" if operation == "frobenius" else f"{row.noun or operation} across the colon"


CROSSING = {crossing(name): name for name, row in table.ROWS.items() if row.crossing}
CROSSING |= {f"{row.noun or name} as a matrix": name for name, row in table.ROWS.items() if row.as_matrix}
ALIKE = {"scale": ("hadamard",), "hadamard": ("scale",)}
"""A number times a number is either."""
WRITTEN = [*test_losses.LOSSES, *test_losses.HARD]
WRITTEN = [name for name in WRITTEN if name not in test_losses.REFUSED]


def complaints(derivation):
    """What is untrue of the laws of a derivation."""
    found, before = [], None
    for step in derivation.steps:
        names = [law.name for law in step.laws]
        if not names:
            found.append(f"no law: {step}")
        if not carries(step.formula):
            continue
        if before is not None and before.left == step.left:
            found += [f"{name}: {before} -> {step}" for name in names if not seen(name, before.formula, step.formula)]
        before = step
    return found


def seen(name, before, after):
    """Whether the law of that name can be what leads from one line to the next."""
    terms = [len(terms_of(line)) for line in (before, after)]
    if name == "sides swapped":
        return terms[0] == terms[1]
    if name == "sum across the colon":
        return terms[0] < terms[1] or printing.text(before).count("(") > printing.text(after).count("(")
    if name == "trace across the colon":
        return printing.text(before).count("tr(") > printing.text(after).count("tr(")
    if name == "scaled rows":
        return printing.text(before).count("Diag(") < printing.text(after).count("Diag(")
    if name == "collecting terms":
        return terms[0] > terms[1] or terms[1] == 1
    if name in CROSSING:
        held = {"scale": ("scale", "hadamard"), "hadamard": ("hadamard", "scale")}.get(
            CROSSING[name], (CROSSING[name],)
        )
        return bool(around(before) & set(held))
    if name.endswith(" rule"):
        return any(name in rules_for(part.args[0], part) for part in replaced(before, after))
    return name in ("common factor", "definition", "centred sum", "assumption")


@pytest.mark.parametrize(
    "name", [name for name in [*test_losses.LOSSES, *test_losses.HARD] if name not in test_losses.REFUSED]
)
def test_the_laws_beside_the_steps_are_those_that_were_used(name):
    row = (test_losses.LOSSES | test_losses.HARD)[name]
    assert complaints(test_losses.derived(row)) == []


@pytest.mark.parametrize("name", MORE)
def test_the_laws_of_what_was_misnamed(name):
    assert complaints(derive(**MORE[name])) == []


def test_a_law_that_was_not_used_is_found():
    derivation = derive(**QUESTION)
    assert complaints(derivation) == []
    lines = [step for step in derivation.steps if carries(step.formula)]
    assert not seen("trace across the colon", lines[1].formula, lines[2].formula)
    assert not seen("sum across the colon", lines[-1].formula, lines[-1].formula)
    assert not seen("tanh rule", lines[1].formula, lines[2].formula)


@pytest.mark.parametrize("f", ["sum(y**2)", "y@y", "sum(y*(x > 0))"])
def test_where_nothing_moves_the_line_of_zero_has_its_law_too(f):
    derivation = derive(f, "x", "x: n, y: n")
    assert str(derivation.gradient) == "0"
    assert all([law.name for law in step.laws] for step in derivation.steps) and len(derivation.steps) == 3
