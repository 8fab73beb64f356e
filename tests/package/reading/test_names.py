"""Names are written and read back: LaTeX, plain text, identifiers, and the reader of LaTeX."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derivations.formulas import names
from derivations.reading.latex_text import read_block
from derivations.reading.latex_tree import Relation

SPELLINGS = [
    ("y_hat", r"\hat{y}", "ŷ", "yhat"),
    ("theta_hat", r"\hat{\theta}", "θ̂", "thetahat"),
    ("yhat1", r"\hat{y}_{1}", "ŷ₁", "yhat1"),
    ("W1", "W_{1}", "W₁", "W1"),
    ("W_12", "W_{12}", "W₁₂", "W12"),
    ("W_hh", "W_{hh}", "W_hh", "Whh"),
    ("x_train", r"x_{\text{train}}", "x_train", "xtrain"),
    ("y_true", r"y_{\text{true}}", "y_true", "ytrue"),
    ("h_{t+1}", "h_{t+1}", "h_{t+1}", "htplus1"),
    ("a_j^{(3)}", "a_{j}^{(3)}", "a_j^(3)", "aj3"),
    ("A^*", "A^{*}", "A^*", "Astar"),
    ("A_star", "A^{*}", "A^*", "Astar"),
    (r"\sigma^2", r"\sigma^{2}", "σ^2", "sigma2"),
    ("sigma_sq", r"\sigma^{2}", "σ^2", "sigma2"),
    ("lam", r"\lambda", "λ", "lambda"),
    ("λ", r"\lambda", "λ", "lambda"),
    ("lambda_", r"\lambda", "λ", "lambda"),
    ("s'", "s'", "s′", "sp"),
    ("loss", r"\mathrm{loss}", "loss", "loss"),
    (r"\mathbf{x}_{\mathrm{train}}", r"x_{\text{train}}", "x_train", "xtrain"),
    (r"\widehat{\beta_2}", r"\hat{\beta}_{2}", "β̂₂", "betahat2"),
]


@pytest.mark.parametrize(("spelled", "latex", "plain", "key"), SPELLINGS)
def test_spellings(spelled, latex, plain, key):
    assert (names.latex(spelled), names.plain(spelled), names.key(spelled)) == (latex, plain, key)
    assert names.key(latex) == names.key(plain) == names.key(names.python(spelled)) == key
    assert names.python(spelled).isidentifier()


@pytest.mark.parametrize("text", ["2x", "a b", "a+b", "x_{", r"\frac{a}{b}", "", "x^", "\\", "{" * 50, "x" * 300])
def test_what_is_no_name_is_said_to_be_none(text):
    with pytest.raises(names.NotAName):
        names.read(text)
    assert names.key(text) == text


def test_an_accent_takes_no_column():
    assert names.width("ŷ₁ θ̂") == 4 == len("y1 t")


WORDS = st.text(string.ascii_lowercase, min_size=3, max_size=6).filter(
    lambda word: names.read(word) == names.Name(word) and not word.endswith("p")
)
BASES = st.one_of(st.sampled_from(string.ascii_letters), st.sampled_from(list(names.LETTERS)), WORDS)
INDEX = st.one_of(
    st.sampled_from("ijkntT"), st.integers(0, 99).map(str), st.sampled_from(["hh", "ij", "train", "true", "theta"])
)
ABOVE = st.sampled_from(["*", "(3)", "(l)", "2", "(l-1)"])
NAMES = st.builds(
    names.Name,
    BASES,
    st.lists(st.sampled_from(list(names.ACCENTS)), max_size=2).map(tuple),
    st.lists(st.one_of(INDEX, st.sampled_from(["t+1", "n-1"])), max_size=2).map(tuple),
    st.lists(ABOVE, max_size=1).map(tuple),
    st.integers(0, 2),
)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(NAMES)
def test_every_spelling_is_read_as_the_same_name(name):
    assert names.read(names.latex(name)) == name
    assert names.key(names.plain(name)) == name.key
    assert names.key(names.python(name)) == name.key
    assert names.python(name).isidentifier()


IDENTIFIERS = st.builds(
    lambda base, rest: "_".join([base, *rest]),
    st.one_of(st.sampled_from(["W", "x", "y", "beta", "theta", "lam", "yhat", "W1"]), WORDS),
    st.lists(st.sampled_from(["1", "2", "hat", "bar", "train", "hh", "old", "t", "star"]), max_size=2),
)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(IDENTIFIERS)
def test_identifiers_are_read_back(declared):
    key = names.key(declared)
    assert names.key(names.latex(declared)) == names.key(names.plain(declared)) == key
    assert names.python(declared) == declared


@settings(max_examples=60, deadline=None, derandomize=True)
@given(IDENTIFIERS.filter(lambda name: name.count("_") < 2 and "T" not in name))
def test_the_reader_of_latex_calls_a_name_by_its_key(declared):
    key = names.key(declared)
    (line,) = read_block(f"{names.latex(declared)} = Q", {}, {}, [key]).lines
    assert isinstance(line, Relation), line
    assert line.left.data == key
