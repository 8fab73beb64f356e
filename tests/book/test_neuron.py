"""The running example: its three gradients agree with each other, with the witness and with autograd."""

import warnings

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gradients as d
from derivations import complex_step_gradient

WAYS = {
    "scalar": d.gradient_scalar,
    "vector": d.gradient_vector,
    "matrix, Hadamard": d.gradient_matrix,
    "matrix, Diag": lambda *arguments: d.gradient_matrix(*arguments, form="diag"),
}


@st.composite
def points(draw):
    """W, x, b, y of any small sizes, one sample or a batch."""
    m, n, batch = draw(st.integers(1, 4)), draw(st.integers(1, 4)), draw(st.sampled_from([(), (1,), (2,), (5,)]))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scale = draw(st.sampled_from([0.1, 1.0, 3.0]))
    return tuple(scale * random.standard_normal(shape) for shape in [(m, n), (*batch, n), (m,), (*batch, m)])


def relative(a, b):
    return np.max(np.abs(a - b)) / max(np.max(np.abs(b)), 1e-3)


@settings(deadline=None, max_examples=60)
@given(points())
def test_all_ways_agree_with_complex_step_and_autograd(point):
    W, x, b, y = point

    def anp_loss(W, b, x):
        return anp.sum((1 / (1 + anp.exp(-(x @ W.T + b))) - y) ** 2)

    third_opinion = autograd.grad(anp_loss, argnum=(0, 1, 2))(W, b, x)
    witness = (
        complex_step_gradient(lambda W: d.loss(W, x, b, y), W),
        complex_step_gradient(lambda b: d.loss(W, x, b, y), b),
        complex_step_gradient(lambda x: d.loss(W, x, b, y), x),
    )
    assert len(WAYS) >= 3
    for way, gradient in WAYS.items():
        for name, value, expected, other in zip("Wbx", gradient(*point), witness, third_opinion, strict=True):
            assert value.shape == expected.shape, (way, name)
            assert relative(value, expected) < 1e-10, (way, name)
            assert relative(value, other) < 1e-10, (way, name)


def test_one_sample_is_a_batch_of_one():
    random = np.random.default_rng(0)
    W, x, b, y = (random.standard_normal(shape) for shape in [(3, 4), (4,), (3,), (3,)])
    for gradient in WAYS.values():
        one, batch = gradient(W, x, b, y), gradient(W, x[None], b, y[None])
        np.testing.assert_allclose(batch.W, one.W, rtol=1e-13)
        np.testing.assert_allclose(batch.x[0], one.x, rtol=1e-13)


def test_one_neuron_is_the_first_answer_transposed():
    random = np.random.default_rng(1)
    X, w, y = (random.standard_normal(shape) for shape in [(5, 4), (4,), (5,)])
    here = d.gradient_matrix(w[None], X, np.zeros(1), y[:, None]).W
    np.testing.assert_allclose(here, d.first_answer_mended(X, w, y)[None], rtol=1e-12)


def test_what_was_posted_is_not_the_gradient():
    random = np.random.default_rng(2)
    W, x, b, y = (random.standard_normal(shape) for shape in [(3, 4), (4,), (3,), (3,)])
    right = d.gradient_matrix(W, x, b, y).W
    with pytest.raises(ValueError):
        d.question_as_posted(W, x, b, y)
    assert d.question_as_posted(W[:, :3], x[:3], b, y).shape == (3,)
    X, w, t = (random.standard_normal(shape) for shape in [(5, 4), (4,), (5,)])
    with pytest.raises(ValueError):
        d.first_answer_as_posted(X, w, t)
    np.testing.assert_allclose(d.gradient_with_mistakes(W, x, b, y, lost_minus=False, z_for_s=False).W, right)
    np.testing.assert_allclose(d.gradient_with_mistakes(W, x, b, y, lost_minus=True, z_for_s=False).W, -right)
    z = W @ x + b
    s = d.sigmoid(z)
    posted = 2 * np.outer((y - s) * z * (1 - z), x)
    np.testing.assert_allclose(d.gradient_with_mistakes(W, x, b, y).W, posted)


def test_sigmoid_is_stable_and_analytic():
    with warnings.catch_warnings(), np.errstate(over="raise", invalid="raise", divide="raise"):
        warnings.simplefilter("error")
        np.testing.assert_array_equal(d.sigmoid(np.array([-1000.0, 0.0, 1000.0])), [0, 0.5, 1])
        np.testing.assert_array_equal(d.sigmoid_derivative(np.array([-1000.0, 0.0, 1000.0])), [0, 0.25, 0])
    z = np.linspace(-30, 30, 121)
    np.testing.assert_allclose(d.sigmoid(z) + d.sigmoid(-z), 1, rtol=1e-15)
    slope = np.imag(d.sigmoid(z + 1e-30j)) / 1e-30
    np.testing.assert_allclose(d.sigmoid_derivative(z), slope, rtol=1e-13)
    assert d.sigmoid(0.3).shape == () and d.sigmoid(0) == 0.5


@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        ([(3,), (4,), (3,), (3,)], ["W", "(3,)"]),
        ([(3, 4), (5,), (3,), (3,)], ["x", "(5,)", "W", "(3, 4)"]),
        ([(3, 4), (4,), (4,), (3,)], ["b", "(4,)", "W", "(3, 4)"]),
        ([(3, 4), (4,), (3, 1), (3,)], ["b", "(3, 1)"]),
        ([(3, 4), (4,), (3,), (3, 1)], ["y", "(3, 1)", "(3,)"]),
        ([(3, 4), (5, 4), (3,), (3,)], ["y", "(3,)", "(5, 3)"]),
        ([(3, 4), (2, 5, 4), (3,), (3,)], ["x", "(2, 5, 4)"]),
    ],
)
def test_shapes_that_do_not_conform_are_named(shapes, words):
    point = [np.zeros(shape) for shape in shapes]
    for function in [d.loss, *WAYS.values(), d.question_as_posted, d.gradient_with_mistakes]:
        with pytest.raises(ValueError) as caught:
            function(*point)
        assert all(word in str(caught.value) for word in words)


def test_unknown_form_is_refused():
    with pytest.raises(ValueError, match="hadamard"):
        d.gradient_matrix(np.zeros((3, 4)), np.zeros(4), np.zeros(3), np.zeros(3), form="kronecker")
