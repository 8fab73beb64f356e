"""Derivations as a person would write them: the shortest gradient, few lines, nothing that nobody would write.

Each row is a kind that was once longer than by hand: the problem, the gradient in plain text, the most lines that it
may take, and what must not stand in any of them.
"""

import pytest
import test_losses

from derivations import check, derive
from derivations.formulas import names
from derivations.writing import breaking

ROWS = {
    "log |det A|, whose sign cancels": (
        {"f": "log(abs(det(W)))", "wrt": "W", "shapes": "W: n×n", "assume": "W: invertible"}, "W⁻ᵀ", 7, "sign(z) z",
    ),
    "the entropy of a normalised vector": (
        {"f": "sum(x*log(x/sum(x)))", "wrt": "x", "shapes": "x: n", "assume": "x: positive"}, "log(z)", 12, "u²",
    ),
    "an inverse that is symmetric, since its parts are": (
        {"f": "0.5*v@inv(P + R)@v", "wrt": "R", "shapes": "v: n, P: n×n, R: n×n",
         "assume": "P: positive definite, R: positive definite"}, "-1/2 M⁻¹ v vᵀ M⁻¹", 6, "",
    ),
    "the stable shift of a softmax, which cancels": (
        {"f": "-sum(Y*(s - log(sum(exp(s), axis=1, keepdims=True))))/N", "wrt": "z", "shapes": "z: N×K, Y: N×K",
         "where": "s = z - max(z, axis=1, keepdims=True)", "assume": "Y: one-hot"},
        "1/N (softmax_row(s) - Y)", 15, "G₁ 1",
    ),
    "a leaky relu by one mask": (
        {"f": "sum(G*where(X@W > 0, X@W, 0.2*(X@W)))", "wrt": "W", "shapes": "X: m×n, W: n×k, G: m×k"},
        "Xᵀ (G ⊙ ([U > 0] + 0.2 [U ≤ 0]))", 7, "[U > 0] ⊙ dU",
    ),
    "a mask has no rule of d": (
        {"f": "sum(x[x > 0])", "wrt": "x", "shapes": "x: n"}, "[x > 0]", 3, "positive rule",
    ),
    "a number that varies stands last": (
        {"f": "sum((x - m*ones(n))**2)", "wrt": "m", "shapes": "x: n, m: scalar"}, "-2·1 : r", 5, "dm (",
    ),
    "a sign goes into its brackets at once": (
        {"f": "sum(log(1 + exp(-S*(s[:, None] - s[None]))))", "wrt": "s", "shapes": "S: n×n, s: n"},
        "(G₁ - G₁ᵀ) 1", 10, "sides swapped",
    ),
    "terms of one kind cross together": (
        {"f": "sum(c*(x*sin(x) + t*(x*cos(x))))", "wrt": "x", "shapes": "x: n, c: n, t: scalar"}, None, 11,
        "dh₁ + t (c : (",
    ),
    "squared lengths of rows have a name in both places": (
        {"f": "sum(S*(sum(Y**2, axis=1)[:, None] + sum(Y**2, axis=1)[None] - 2*Y@Y.T))", "wrt": "Y",
         "shapes": "S: n×n, Y: n×k"}, "2(Diag((S + Sᵀ) 1) - S - Sᵀ) Y", 13, "(Y ⊙ Y) 1 1ᵀ",
    ),
    "a constant that a product holds has a name": (
        {"f": "tr(X.T@(diag(sum(A, axis=1)) - A)@X)", "wrt": "X", "shapes": "A: n×n, X: n×k",
         "assume": "A: symmetric"}, "2 C X", 7, "(Diag",
    ),
    "rows over their lengths by one name": (
        {"f": "sum(G*(X/norm(X, axis=1, keepdims=True)))", "wrt": "X", "shapes": "X: m×n, G: m×n"},
        "G ⊘ s 1ᵀ - ((G ⊙ Q) 1 ⊘ (s ⊙ s)) 1ᵀ ⊙ X", 16, "s 1ᵀ ⊙ s 1ᵀ",
    ),
    "a Hessian is one Kronecker product": (
        {"f": "sum((X@W@Y)**2)", "wrt": "W", "shapes": "W: n×k, X: m×n, Y: k×l", "order": 2},
        "2(Xᵀ X ⊗ Y Yᵀ)", 11, "(Xᵀ ⊗ Y) (X",
    ),
    "coefficients that differ stay as they are": (
        {"f": "sum((2*A@X + 3*C@X)**2)", "wrt": "X", "shapes": "A: m×n, X: n×k, C: m×n"}, "2(2 Aᵀ + 3 Cᵀ) R", 8, "3/2",
    ),
    "what a softmax gives has a name": (
        {"f": "-sum(S*softmax(X@A.T, axis=1))", "wrt": "A", "shapes": "A: k×d, X: n×d, S: n×k"},
        "(P ⊙ ((S ⊙ P) 1 1ᵀ - S))ᵀ X", 14, "softmax_row(Z) ⊙",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", ROWS)
def test_a_derivation_is_as_short_as_by_hand(kind):
    problem, gradient, most, never = ROWS[kind]
    derivation = derive(**problem)
    shown = str(derivation)
    assert gradient is None or str(derivation.gradient) == gradient, shown
    assert len(derivation.steps) <= most, shown
    assert not never or never not in shown, shown


def test_products_in_brackets_have_their_names():
    problem = {"wrt": "X", "shapes": "X: t×d, A: d×p, B: d×p, C: d×d, H: t×d"}
    shown = str(derive("sum(H*(softmax((X@A)@(X@B).T)@(X@C)))", **problem))
    assert "Q = X A " in shown and "K = X B " in shown and "Z = Q Kᵀ" in shown and "V = X C " in shown
    assert "∂𝓛/∂X = G₁ K Aᵀ + G₁ᵀ Q Bᵀ + Pᵀ H Cᵀ" in shown
    assert "Q = " not in str(derive("sum(H*(X@A@B.T@X.T@X))", **problem))  # nobody put a bracket there


def test_batch_normalisation_keeps_the_names_and_drops_what_vanishes():
    """1ᵀ of what is centred is 0, and the quotient x̂ is differentiated by its own name."""
    shown = str(test_losses.derived(test_losses.LOSSES["norm-bn-x"]))
    assert "dU ⊘ 1 sᵀ - x̂ ⊙ 1 dsᵀ ⊘ 1 sᵀ" in shown and "centred sum" in shown
    assert "∂𝓛/∂x = G₁ - 1/N 1 (γ ⊙ Aᵀ 1 ⊘ s)ᵀ" in shown and "1 1ᵀ" not in shown


@pytest.mark.parametrize("name", ["lay-lstm-split", "loss-ppo", "gp-ard"])
def test_no_line_is_wider_than_eighty_columns_and_none_begins_with_a_lone_differential(name):
    lines = str(test_losses.derived(test_losses.LOSSES[name])).splitlines()
    assert len(lines) > 20 and max(map(names.width, lines)) <= 80
    assert not any(line.strip().startswith("da ") for line in lines)


@pytest.mark.parametrize("name", ["lay-attn-self", "norm-bn-x", "lay-lstm-split", "loss-focal-bin"])
def test_latex_is_broken_to_the_width_of_a_phone(name):
    """Nine lines of ten fit, and every law stands behind its line or under it."""
    derivation = test_losses.derived(test_losses.LOSSES[name])
    rows = derivation.latex.removeprefix("\\begin{aligned}\n").removesuffix("\n\\end{aligned}").split(" \\\\\n")
    left = max(breaking.ems(row.split("&")[0]) for row in rows)
    right = [breaking.ems(row.split("&", 1)[1]) for row in rows]
    assert len(rows) > len(derivation.steps) and sum(left + width <= 42 for width in right) >= 0.9 * len(rows)
    assert derivation.latex.count(r"\small\text") == len(derivation.steps)
    assert max(map(breaking.ems, derivation.aligned(width=200).split("\\\\"))) > 42


def test_braces_and_tall_brackets_are_never_broken():
    latex = r"A + \frac{B + C}{D - E} + \left(\frac{F}{G} + H\right) : dX"
    pieces = breaking.latex_lines(latex, 1)
    assert pieces == ["A", r"+ \frac{B + C}{D - E}", r"+ \left(\frac{F}{G} + H\right) :", "dX"]
    assert breaking.latex_lines(latex, 99) == [latex]


def test_a_line_of_text_is_broken_before_a_sign_and_behind_a_colon():
    assert breaking.text_lines("a + b : c + d - e : f", 9) == ["a + b : c", "  + d", "  - e : f"]
    assert breaking.text_lines("aaaa : bbbb", 7) == ["aaaa :", "  bbbb"]


@pytest.mark.parametrize("name", ["lay-attn-self", "loss-hinge", "norm-rms-x", "ker-mmd"])
def test_the_displayed_table_is_read_back_and_holds(name):
    row = test_losses.LOSSES[name]
    shapes = {symbol: tuple(map(str, shape)) for symbol, shape in row["shapes"].items()}
    assume = "eps: positive" if "eps" in shapes else ""
    derivation = test_losses.derived(row)
    report = check(derivation.latex, shapes, row["wrt"], assume)
    assert {"definition", "holds"} <= {line.verdict for line in report.lines} <= {"definition", "holds", "condition"}
    assert len(report.lines) >= len(derivation.steps) > 7, report


def test_the_shapes_on_both_sides_of_the_colon():
    derivation = derive("sum((X@w - y)**2)", "w", "X: m×n, w: n, y: m")
    assert "d𝓛 = 2 r : dr" in str(derivation) and "m : m" not in str(derivation)
    shown = [line.split("   ")[-1].strip() for line in derivation.text(shapes=True).splitlines()]
    assert shown[2:5] == ["colon rule, m : m", "product rule, sum rule, m : m", "product across the colon, n : n"]
    assert r"\small\text{product across the colon, \(n : n\)}" in derivation.aligned(shapes=True)
    matrices = derive("sum(G*(X@W))", "W", "X: m×n, W: n×k, G: m×k")
    assert r"\(m \times k : m \times k\)" in matrices.aligned(shapes=True) and "n×k : n×k" in matrices.text(shapes=True)


def test_what_several_gradients_hold_keeps_its_name():
    """The deltas of a network: G₁ and G₂, each in two gradients."""
    loss = "-sum(Y*log(softmax(maximum(X@W.T + b, 0)@V.T + c, axis=1)))"
    shapes = "X: N×n, W: m×n, b: m, V: k×m, Y: N×k, c: k"
    derivation = derive(loss, "W, b, V, c", shapes, assume="Y: one-hot")
    assert [str(g) for g in derivation.gradients.values()] == ["G₂ᵀ X", "G₂ᵀ 1", "G₁ᵀ H", "G₁ᵀ 1"]
    assert str(derive(loss, "W", shapes, assume="Y: one-hot").gradient).count("G") <= 1
