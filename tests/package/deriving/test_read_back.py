"""What `derive` prints is read back and holds: random losses, written as LaTeX, read, executed."""

import pytest
from test_random_losses import derived, random_loss

from derivations import check
from derivations.formulas import names

LOSSES, BLOCKS = 100, 5
GIVEN = ("fixed", "largest")
"""Matrices that `check` has no words for: it is given their shapes, so that the lines hold whatever they are."""


def read_back(seed):
    """What became of a random derivation: "held", "unread" or "fails", and the report; None where none is found."""
    loss = random_loss(seed)
    try:
        derivation = derived(loss)
    except ValueError:
        return None
    held = [step for step in derivation.steps if step.formula.operation not in GIVEN]
    given = {step.plain_left: step.formula.shape for step in derivation.steps if step.formula.operation in GIVEN}
    shapes = loss.shapes | {names.key(name): tuple(map(str, shape)) for name, shape in given.items()}
    report = check(" \\\\\n".join(step.latex for step in held), shapes, ", ".join(loss.variables), loss.assume)
    verdicts = {line.verdict for line in report.lines}
    return "fails" if "fails" in verdicts else "unread" if "unread" in verdicts else "held", report


@pytest.mark.parametrize("block", range(BLOCKS))
def test_random_derivations_are_read_back_and_hold(block):
    found = {}
    for seed in range(block * LOSSES // BLOCKS, (block + 1) * LOSSES // BLOCKS):
        outcome = read_back(seed)
        if outcome is not None:
            found[seed] = outcome
            assert outcome[0] != "fails", f"loss {seed}: {random_loss(seed)}\n{outcome[1]}"
    held = sum(kind == "held" for kind, _ in found.values())
    print(f"read back: {held} of {len(found)} held")
    assert held >= 0.9 * len(found), {seed: str(report) for seed, (kind, report) in found.items() if kind != "held"}


@pytest.mark.parametrize("seed", [134, 193, 209, 217, 244, 271, 393])
def test_what_was_printed_otherwise_than_it_was_read_holds(seed):
    """t_2 squared is no entry of t², and a map with a gap reaches to the end of a product."""
    kind, report = read_back(seed)
    assert kind == "held", report


SIZES = [
    (r"\operatorname{vec}_{\text{row}}(A^T) = K_{m,n} \operatorname{vec}_{\text{row}}(A)", True),
    (r"\operatorname{vec}(A^T) = K_{m,n} \operatorname{vec}(A)", True),
    (r"\operatorname{vec}(\operatorname{Diag}(x)) = D_n x", True),
    (r"A_{1:m,1} = A e_1", True),
    (r"\operatorname{place}_{1,1:n}^{m \times n}(x^T) = e_1 x^T", True),
    (r"\operatorname{place}_{1,1:n}^{m \times n}(x^T) = e_2 x^T", False),
    (r"\operatorname{reshape}_{n \times m}(A) = A^T", False),
    (r"(I_m \otimes \,\cdot\,)^{*}\, (I_m \otimes A) = m A", True),
    (r"\mathbf{1}_m \mathbf{1}_m^T A = \mathbf{1} (\mathbf{1}^T A)", True),
    (r"e_n^T x = x_n", True),
    (r"x^T (e_1 e_2^T - e_2 e_1^T) x = 0", True),
    (r"x^T (- e_2 e_1^T) x = -x_1 x_2", True),
    (r"x^T (2 e_2 e_1^T) x = x_1 x_2", False),
    (r"(A x) e_1^T : (A x) \mathbf{1}^T = x^T A^T A x", True),
    (r"(A x) e_1^T : (A x) \mathbf{1}^T = 2 x^T A^T A x", False),
]


@pytest.mark.parametrize(("latex", "holds"), SIZES)
def test_what_derive_prints_of_shapes_is_read(latex, holds):
    report = check(latex, "A: m×n, x: n", "x")
    assert [line.verdict for line in report.lines] == ["holds" if holds else "fails"], report
