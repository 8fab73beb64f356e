"""What `derive` prints says one thing: names of the reader's that would be mistaken for another get another letter."""

import re

import numpy as np
import pytest

from derivations import ParseError, check, derive
from derivations.formulas import names

CLASHES = {
    "x1 beside x_1": ("x1@A@x_1", "x1", "x1: n, x_1: n, A: n×n", "", {"x_1": "is written for x1 already"}),
    "W1 beside W_1": ("sum(W1*W_1)", "W1", "W1: m×n, W_1: m×n", "", {"W_1": "is written for W1 already"}),
    "yhat beside y_hat": ("sum(yhat*y_hat)", "yhat", "yhat: n, y_hat: n", "", {"y_hat": "is written for yhat already"}),
    "a declared dW": ("sum(dW*W)", "W", "W: m×n, dW: m×n", "", {"dW": "would also be the differential of W"}),
    "a declared dx": ("x@A@dx", "A, x", "x: n, A: n×n, dx: n", "", {"dx": "would also be the differential of x"}),
    "dout beside out": (
        "sum(dout*out)", "x", "x: m×n, w: n, dout: m×n", "out = x*w", {"dout": "would also be the differential of out"},
    ),
    "a declared I": (
        "sum((I@x + eye(n)@x)**2) + tr(inv(I + eye(n)))", "I", "I: n×n, x: n", "",
        {"I": "would also be the identity matrix"},
    ),
    "a declared e1": ("x[0]*(e1@x)", "x", "x: n, e1: n", "", {"e1": "would also be a unit vector"}),
    "x1 beside an entry of x": ("x[0]*x1*sum(x)", "x", "x: n, x1: scalar", "", {"x1": "would also be an entry"}),
    "sigma beside the sigmoid": (
        "sum(sigmoid(x/sigma))", "x", "x: n, sigma: scalar", "", {"sigma": "would also be the function σ"},
    ),
    "a declared d": ("sum((d*x)**2)", "x", "x: n, d: scalar", "", {"d": "would also be the sign of a differential"}),
    "a part called d": (
        "sum(d**2)", "x", "x: n, y: n", "d = x - y", {"d": "would also be the sign of a differential"},
    ),
    "an exponent T": ("sum(x)**T", "x", "x: n, T: scalar", "", {"T": "would also be the sign of a transpose"}),
    "tr beside a trace": ("sum(tr) + trace(A)", "tr", "tr: n, A: n×n", "", {"tr": "would also be the function tr"}),
    "no clash": ("sum(e1*x) + sum(I@x)", "x", "x: n, e1: n, I: n×n", "", {}),
}  # fmt: skip


def letters_given(derivation):
    """From a name to the letter it got, and why, as the notes say it."""
    found = (re.match(r"(\S+) is written (\S+), since \S+ (.*)$", note) for note in derivation.notes)
    return {match[1]: (match[2], match[3]) for match in found if match}


@pytest.mark.parametrize("case", CLASHES)
def test_a_name_that_clashes_gets_another_letter_and_a_note(case):
    f, wrt, shapes, where, expected = CLASHES[case]
    derivation = derive(f, wrt, shapes, where)
    given = letters_given(derivation)
    assert {name: why for name, (_, why) in given.items()} == expected
    assert all(any(letter in str(step) for step in derivation.steps) for letter, _ in given.values())


@pytest.mark.parametrize("case", CLASHES)
def test_what_is_printed_is_read_back_with_the_letters_of_the_notes(case):
    f, wrt, shapes, where, _ = CLASHES[case]
    derivation = derive(f, wrt, shapes, where)
    given = letters_given(derivation)

    def renamed(text):
        return re.sub(r"\w+", lambda word: names.key(given[word[0]][0]) if word[0] in given else word[0], text)

    block = " \\\\\n".join(step.latex for step in derivation.steps)
    report = check(block, renamed(shapes), renamed(wrt))
    verdicts = [line.verdict for line in report.lines]
    assert verdicts and not {"fails", "unread"} & set(verdicts), report


def test_the_arrays_and_the_code_keep_the_declared_names():
    gradient = derive("sum(dW*W)", "W", "W: m×n, dW: m×n").gradient
    at = np.arange(6.0).reshape(2, 3)
    assert np.array_equal(gradient(W=at, dW=at + 1), at + 1)
    assert "def gradient(W, dW)" in gradient.numpy()


def test_the_result_has_a_letter_of_its_own():
    assert str(derive("sum(loss*w)", "loss", "loss: n, w: n").steps[0]) == "𝓛 = loss : w"
    assert str(derive("sum(L*x)", "x", "L: n, x: n").steps[0]) == "f = L : x"
    assert str(derive("sum(L*x) + sum(f*x)", "x", "L: n, x: n, f: n").steps[0]) == "g = L : x + f : x"
    assert str(derive("f*x", "x", "x: n, f: scalar").steps[0]) == "g = f x"


@pytest.mark.parametrize("kind", ["symmetric", "diagonal"])
def test_a_second_derivative_shows_the_projected_gradient(kind):
    shapes, vary = "X: n×n, a: n, b: n", f"X: {kind}"
    once = derive("a@X@b", "X", shapes, vary=vary).gradient
    twice = derive("a@X@b", "X", shapes, vary=vary, order=2)
    (shown,) = [step for step in twice.steps if step.plain_left == "∇X 𝓛"]
    assert str(shown) == f"∇X 𝓛 = {once.text()}"
    assert [law.name for law in shown.laws] == ["admissible directions", "reading off the gradient"]
    square = derive("a@X@X@b", "X", shapes, vary=vary, order=2)
    assert any(step.plain_left == "∇X 𝓛" and step.error for step in square.steps)


def test_what_is_assumed_is_a_sentence():
    def assumed(f, wrt, shapes, assume):
        derivation = derive(f, wrt, shapes, assume=assume)
        return derivation.assumptions, derivation.conditions

    words, latex = assumed("sum(y*x)", "x", "x: n, y: n", "y: sums to one and positive")
    assert words == ("y is positive; y sums to one",) and latex == (r"y \text{ is positive; } y \text{ sums to one}",)
    words, latex = assumed("sum(Y*X)", "X", "X: m×n, Y: m×n", "Y: each row sums to one")
    assert words == ("each row of Y sums to one",) and latex == (r"\text{each row of } Y \text{ sums to one}",)
    words, _ = assumed("sum(Y*X)", "X", "X: m×n, Y: m×n", "Y: sums to one in total")
    assert words == ("the entries of Y sum to one",)


def test_each_row_and_in_total_are_two_properties():
    f, shapes = "-sum(Y*log(softmax(X@W)))", "X: N×m, W: m×n, Y: N×n"
    rows = derive(f, "W", shapes, assume="Y: each row sums to one")
    assert str(rows.gradient) == "Xᵀ (softmax_row(Z) - Y)"
    total = derive("sum(Y)*sum(X*X)", "X", "X: m×n, Y: m×n", assume="Y: sums to one in total")
    assert str(total.gradient) == "2 X"
    with pytest.raises(ParseError, match="'each row sums to one' or 'sums to one in total'"):
        derive(f, "W", shapes, assume="Y: sums to one")
    with pytest.raises(ParseError, match="y has no rows"):
        derive("sum(y*x)", "x", "x: n, y: n", assume="y: each row sums to one")


def test_an_accent_takes_no_column():
    lines = str(derive("sum((y_hat-y)**2)", "y_hat", "y_hat: n, y: n")).split("\n")
    assert "∂𝓛/∂ŷ = 2 r" in lines[-1]
    wide = str(derive("sum((theta_hat-y)**2)", "theta_hat", "theta_hat: n, y: n")).split("\n")
    columns = {names.width(line[: line.index("=")]) for line in wide}
    assert len(columns) == 1 and len({len(line[: line.index("=")]) for line in wide}) > 1


def test_rows_picked_by_numbers_are_drawn_as_numbers_in_check_too():
    latex = r"f = \operatorname{tr}(G^T H) \\ df = \operatorname{tr}(H^T dG) \\ df = 2 \operatorname{tr}(H^T dG)"
    report = check(latex, "E: n×d, idx: m, H: m×d", "E", where="G = E[idx]")
    assert [line.verdict for line in report.lines] == ["definition", "holds", "fails"], report
