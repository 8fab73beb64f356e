"""The laws by their names: how d passes, what crosses the colon, and what simplifies a line.

The statements of the first two kinds stand in the rows of `operations`; this file names them and adds the rest.
"""

from typing import NamedTuple

from derivations import operations as op


class Law(NamedTuple):
    """A law that a step uses."""

    name: str
    statement: str
    """In LaTeX."""


SIMPLIFYING = {
    "definition": Law("definition", r"\text{a name for a part}"),
    "collect": Law("collecting terms", r"A : C + B : C = (A + B) : C"),
    "factor": Law("common factor", r"A C + B C = (A + B) C, \quad C A + C B = C (A + B)"),
    "assumption": Law("assumption", r"\text{what is assumed of a value}"),
    "projection": Law(
        "admissible directions",
        r"G : dX = \tfrac{1}{2}(G + G^T) : dX \;\text{for symmetric } dX, \quad "
        r"G : dX = (G \odot I) : dX \;\text{for diagonal } dX",
    ),
    "gradient": Law(
        "reading off the gradient",
        r"df = G : dX \;\text{for every } dX \;\Rightarrow\; \tfrac{\partial f}{\partial X} = G",
    ),
    "jacobian": Law(
        "reading off the Jacobian",
        r"\operatorname{vec}(df) = J \operatorname{vec}(dx) \;\text{for every } dx "
        r"\;\Rightarrow\; \tfrac{\partial f}{\partial x} = J",
    ),
}  # fmt: skip


AS_MATRIX = {
    "combination": r"\operatorname{vec}(A + B) = \operatorname{vec}(A) + \operatorname{vec}(B)",
    "product": r"\operatorname{vec}(A E B) = (A \otimes B^T) \operatorname{vec}(E)",
    "hadamard": r"\operatorname{vec}(A \odot E) = \operatorname{Diag}(\operatorname{vec}(A)) \operatorname{vec}(E)",
    "scale": r"\operatorname{vec}(\alpha E) = \alpha \operatorname{vec}(E), \quad "
    r"\operatorname{vec}(\epsilon A) = \operatorname{vec}(A)\, \epsilon",
    "transpose": r"\operatorname{vec}(E^T) = K \operatorname{vec}(E)",
    "trace": r"\operatorname{tr}(E) = \operatorname{vec}(I)^T \operatorname{vec}(E)",
    "frobenius": r"A : E = \operatorname{vec}(A)^T \operatorname{vec}(E)",
    "diag": r"\operatorname{vec}(\operatorname{Diag}(e)) = D e",
    "diagonal": r"\operatorname{diag}(E) = D^T \operatorname{vec}(E)",
    "kronecker": r"\operatorname{vec}(A \otimes E) = M \operatorname{vec}(E)",
    "kronecker adjoint": r"\operatorname{vec}((A \otimes \cdot)^{*} E) = M \operatorname{vec}(E)",
    "reshape": r"\operatorname{vec}(\operatorname{reshape}(E)) = \operatorname{vec}(E)",
    "part": r"\operatorname{vec}(E_{IJ}) = (I_{I} \otimes I_{J}) \operatorname{vec}(E)",
    "placed": r"\operatorname{vec}(\operatorname{place}_{IJ}(E)) = M \operatorname{vec}(E)",
}  # fmt: skip


def law_of(formula, crossing=False):
    """The law of an operation: how d passes through it, or how it crosses the colon."""
    row = op.ROWS[formula.operation]
    noun = NOUNS.get(row.name, row.name)
    if crossing:
        return Law(f"{noun} across the colon", row.crossing)
    if formula.operation == "elementwise":
        return Law(f"{formula.data} rule", function_of(formula).law)
    return Law(f"{noun} rule", row.law)


NOUNS = {
    "combination": "sum",
    "hadamard": "Hadamard product",
    "frobenius": "colon",
    "scale": "scalar multiple",
    "diag": "Diag",
    "diagonal": "diag",
    "kronecker": "Kronecker product",
    "kronecker adjoint": "Kronecker adjoint",
}


def function_of(formula):
    """The row of `FUNCTIONS` of an elementwise formula."""
    return op.FUNCTIONS[formula.data]
