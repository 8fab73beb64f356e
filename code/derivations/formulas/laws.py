"""The laws by their names: how d passes, what crosses the colon, and what simplifies a line.

The statements of the first two kinds stand in the rows of `table`; this file names them and adds the rest.
"""

from types import SimpleNamespace
from typing import NamedTuple

from derivations.formulas.making import ANY_FUNCTION
from derivations.formulas.table import FUNCTIONS, ROWS


class Law(NamedTuple):
    """A law that a step uses."""

    name: str
    statement: str
    """In LaTeX."""

    @property
    def anchor(self):
        """Its place on the page of laws, such as ``law-product-rule``."""
        return "law-" + self.name.lower().replace(" ", "-")


SIMPLIFYING = {
    "definition": Law("definition", r"Q = A B \;\Rightarrow\; dQ = d(A B)"),
    "collect": Law("collecting terms", r"A : C + B : C = (A + B) : C"),
    "factor": Law(
        "common factor",
        r"A C + B C = (A + B) C, \quad C A + C B = C (A + B), \quad C \odot A + C \odot B = C \odot (A + B), \quad "
        r"\lambda A + \lambda B = \lambda (A + B)",
    ),
    "scaled": Law(
        "scaled rows",
        r"v\, \mathbf{1}^T \odot C = \operatorname{Diag}(v)\, C, \quad "
        r"C \odot \mathbf{1}\, w^T = C \operatorname{Diag}(w)",
    ),
    "centred": Law("centred sum", r"\mathbf{1} : \left(x - \tfrac{1}{n} (\mathbf{1} : x)\, \mathbf{1}\right) = 0"),
    "assumption": Law(
        "assumption", r"A^T = A \;\text{for symmetric } A, \quad \mathbf{1}^T y = 1 \;\text{for one-hot } y"
    ),
    "projection": Law(
        "admissible directions",
        r"H : dM = \tfrac{1}{2}(H + H^T) : dM \;\text{for symmetric } M, \quad "
        r"H : dE = (H \odot I) : dE \;\text{for diagonal } E",
    ),
    "gradient": Law(
        "reading off the gradient",
        r"df = G : dW \;\text{for every } dW \;\Rightarrow\; \tfrac{\partial f}{\partial W} = G",
    ),
    "jacobian": Law(
        "reading off the Jacobian",
        r"ds = J\, dx \;\text{for every } dx \;\Rightarrow\; \tfrac{\partial s}{\partial x} = J, \quad "
        r"\operatorname{vec}_{\text{row}}(dF) = V \operatorname{vec}_{\text{row}}(dW) \;\text{for every } dW "
        r"\;\Rightarrow\; \tfrac{\partial \operatorname{vec}_{\text{row}}(F)}"
        r"{\partial \operatorname{vec}_{\text{row}}(W)} = V",
    ),
}  # fmt: skip


def law_as_matrix(operation):
    """The law of an operation as a map of row-major vecs; None where it is not linear."""
    row = ROWS[operation]
    if not row.as_matrix:
        return None
    return Law(
        f"{row.noun or row.name} as a matrix", row.as_matrix.replace("vec(", r"\operatorname{vec}_{\text{row}}(")
    )


def law_of(formula, crossing=False):
    """The law of an operation: how d passes through it, or how it crosses the colon."""
    row = ROWS[formula.operation]
    noun = row.noun or row.name
    if formula.operation == "hadamard" and formula.is_scalar:  # a number times a number
        return law_of(_SCALE, crossing)
    if crossing:
        return Law("sides swapped" if row.name == "frobenius" else f"{noun} across the colon", row.crossing)
    if formula.operation == "elementwise" and not formula.data.startswith(ANY_FUNCTION):
        return Law(f"{formula.data} rule", function_of(formula).law)
    return Law(f"{noun} rule", row.law)


_SCALE = SimpleNamespace(operation="scale", data=None)


def table():
    """Every law: from a kind of law to pairs of a `Law` and the operation it belongs to (or an empty text)."""
    rows = {name: SimpleNamespace(operation=name, data=None, is_scalar=False) for name in ROWS}
    functions = [SimpleNamespace(operation="elementwise", data=name) for name in FUNCTIONS]
    passing = [(law_of(row), name) for name, row in rows.items() if ROWS[name].law and name != "elementwise"]
    general = [(Law("elementwise rule", ROWS["elementwise"].law), "elementwise")]
    return {
        "how d passes": passing + general,
        "what crosses the colon": [(law_of(row, True), name) for name, row in rows.items() if ROWS[name].crossing],
        "the same as matrices": [(law_as_matrix(name), name) for name, row in ROWS.items() if row.as_matrix],
        "functions of one number": [(law_of(row), row.data) for row in functions],
        "what simplifies": [(law, "") for law in SIMPLIFYING.values()],
    }


def function_of(formula):
    """The row of `FUNCTIONS` of an elementwise formula."""
    return FUNCTIONS[formula.data]
