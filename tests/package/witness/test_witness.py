"""The witness and the gradient check, tried on right claims, wrong claims and bad questions."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from derivations import (
    NotAnalytic,
    central_difference_gradient,
    check_gradient,
    complex_step_gradient,
    directional_derivative,
    numerical_gradient,
)
from gradients import gradient_matrix, loss, sigmoid, sigmoid_derivative

RANDOM = np.random.default_rng(3)
W, X, B, Y = (RANDOM.standard_normal(shape) for shape in [(3, 4), (5, 4), (3,), (5, 3)])
RIGHT = gradient_matrix(W, X, B, Y)
PER_SAMPLE = 2 * (sigmoid(X @ W.T + B) - Y) * sigmoid_derivative(X @ W.T + B)  # N×m, not yet summed


def of_W(W):
    return loss(W, X, B, Y)


def of_b(b):
    return loss(W, X, b, Y)


# ── the witness ───────────────────────────────────────────────────────────────────────────────────────────────────

ANALYTIC = {
    "sum of squares": (lambda x: np.sum(x**2), lambda x: 2 * x),
    "exponential": (lambda x: np.sum(np.exp(x) * x), lambda x: np.exp(x) * (1 + x)),
    "logarithm": (lambda x: np.sum(np.log(x**2 + 1)), lambda x: 2 * x / (x**2 + 1)),
    "product": (lambda x: np.prod(x + 3), lambda x: np.prod(x + 3) / (x + 3)),
    "constant": (lambda x: 7.0, lambda x: 0 * x),
}
NOT_ANALYTIC = {
    "abs": (lambda x: np.sum(np.abs(x)), np.sign),
    "norm": (np.linalg.norm, lambda x: x / np.linalg.norm(x)),
    "sigmoid by abs": (
        lambda x: np.sum(np.where(x.real > 0, 1, np.exp(-np.abs(x))) / (1 + np.exp(-np.abs(x)))),
        sigmoid_derivative,
    ),
    "real part only": (lambda x: np.sum(np.real(x) ** 3), lambda x: 3 * x**2),
    "no complex numbers": (lambda x: float(np.sum(x)) ** 2, lambda x: 2 * np.sum(x) + 0 * x),
}
points = arrays(float, st.integers(1, 4), elements=st.floats(0.25, 2) | st.floats(-2, -0.25))


@settings(deadline=None)
@given(points, st.sampled_from(sorted(ANALYTIC)))
def test_complex_step_is_exact_to_rounding(x, name):
    function, gradient = ANALYTIC[name]
    np.testing.assert_allclose(complex_step_gradient(function, x), gradient(x), rtol=1e-12, atol=1e-13)
    assert numerical_gradient(function, x).method == "complex step"


@settings(deadline=None)
@given(points, st.sampled_from(sorted(ANALYTIC)))
def test_central_differences_are_within_their_error(x, name):
    function, gradient = ANALYTIC[name]
    found = central_difference_gradient(function, x)
    assert np.max(np.abs(found - gradient(x))) <= 1e-7 * max(1, np.max(np.abs(gradient(x))))
    fixed = central_difference_gradient(function, x, step=1e-5)
    np.testing.assert_allclose(fixed, gradient(x), rtol=1e-6, atol=1e-6)


@settings(deadline=None)
@given(points, st.sampled_from(sorted(NOT_ANALYTIC)))
def test_silent_failure_of_the_complex_step_is_noticed(x, name):
    function, gradient = NOT_ANALYTIC[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # falling back is said in the result, not on stderr
        with pytest.raises(NotAnalytic):
            complex_step_gradient(function, x)
        found = numerical_gradient(function, x)
    assert found.method == "central differences" and found.remark and not found.kinks
    assert np.max(np.abs(found.value - gradient(x))) <= found.error


def test_log_of_a_negative_determinant_is_noticed():
    A = np.array([[0.3, 1.0], [1.1, 0.2]])
    assert np.linalg.det(A) < 0

    def log_abs_det(A):
        return np.log(np.abs(np.linalg.det(A)))

    assert numerical_gradient(log_abs_det, A).method == "central differences"
    with pytest.raises(ValueError, match="nan"), np.errstate(invalid="ignore"):
        numerical_gradient(lambda A: np.log(np.linalg.det(A)), A)


def test_jacobian_has_a_row_per_output():
    A = RANDOM.standard_normal((3, 4))
    x = RANDOM.standard_normal(4)
    np.testing.assert_allclose(complex_step_gradient(lambda x: A @ np.sin(x), x), A * np.cos(x), rtol=1e-12)
    np.testing.assert_allclose(central_difference_gradient(lambda x: A @ np.sin(x), x), A * np.cos(x), rtol=1e-8)
    third_order = complex_step_gradient(lambda A: A @ x, A)
    np.testing.assert_allclose(third_order, np.einsum("ik,l->ikl", np.eye(3), x))


def test_directional_derivative():
    V = RANDOM.standard_normal(W.shape)
    assert directional_derivative(of_W, W, V) == pytest.approx(np.sum(RIGHT.W * V), rel=1e-12)
    assert directional_derivative(np.linalg.norm, np.array([3.0, 4.0]), [1, 1]) == pytest.approx(7 / 5, rel=1e-8)
    with pytest.raises(ValueError, match=r"\(4,\).*\(3, 4\)"):
        directional_derivative(of_W, W, np.ones(4))


# ── right claims are right ────────────────────────────────────────────────────────────────────────────────────────


def test_right_claims():
    assert check_gradient(of_W, RIGHT.W, at=W).ok
    report = check_gradient(
        lambda W, b, x: loss(W, x, b, Y),
        lambda W, b, x: gradient_matrix(W, x, b, Y)._asdict(),
        {"W": W, "b": B, "x": X},
    )
    assert report.ok and bool(report) and report.error < 1e-10 and len(report.variables) == 3
    whole = check_gradient(lambda p: loss(p["W"], X, p["b"], Y), lambda p: (RIGHT.W, RIGHT.b), {"W": W, "b": B})
    assert whole.ok, whole
    assert check_gradient(lambda W, b: loss(W, X, b, Y), {"b": RIGHT.b}, {"W": W, "b": B}).ok
    assert check_gradient(lambda t: t**3, lambda t: 3 * t**2, 2.0).ok


def test_right_at_a_stationary_point():
    A, y = RANDOM.standard_normal((6, 3)), RANDOM.standard_normal(6)
    best = np.linalg.lstsq(A, y, rcond=None)[0]

    def squares(w):
        return np.sum((A @ w - y) ** 2)

    assert check_gradient(squares, lambda w: 2 * A.T @ (A @ w - y), best).ok
    assert not check_gradient(squares, lambda w: 2 * A.T @ (A @ w - y) + 1e-8, best).ok


def squares(x):
    return np.sum(x**2)


RIGHT_IN_HARD_CASES = {
    "a loss of shape (1,)": (lambda x: np.array([squares(x)]), lambda x: 2 * x, np.array([1.0, 2, 3])),
    "a loss of shape (1, 1)": (lambda x: np.array([[squares(x)]]), lambda x: 2 * x, np.array([1.0, 2, 3])),
    "a cube at zero": (lambda x: np.sum(x**3), lambda x: 3 * x**2, np.zeros(3)),
    "x|x| at zero": (lambda x: np.sum(x * np.abs(x)), lambda x: 2 * np.abs(x), np.zeros(3)),
    "a loss in single precision": (
        lambda x: np.sum(x.astype(np.float32) ** 2),
        lambda x: 2 * x,
        np.array([0.7, 1.3]),
    ),
    "a rounded loss": (lambda x: np.round(squares(x), 8), lambda x: 2 * x, np.array([0.7, 1.3])),
    "a large argument": (lambda x: np.sum(np.sin(x)), np.cos, np.array([1e6 + 0.3, 0.2])),
    "an argument near a singularity": (lambda x: np.sum(np.log(x)), lambda x: 1 / x, np.array([1e-7, 1.0])),
    "huge": (lambda x: 1e200 * squares(x), lambda x: 2e200 * x, np.array([1.0, 2])),
    "tiny": (lambda x: 1e-200 * squares(x), lambda x: 2e-200 * x, np.array([1.0, 2])),
    "a small kinked term": (
        lambda x: squares(x) + 1e-8 * np.sum(np.abs(x)),
        lambda x: 2 * x + 1e-8 * np.sign(x),
        np.array([1.0, -2]),
    ),
}


@pytest.mark.parametrize("name", RIGHT_IN_HARD_CASES)
def test_right_in_hard_cases(name):
    function, gradient, at = RIGHT_IN_HARD_CASES[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        right, minus = check_gradient(function, gradient, at), check_gradient(function, lambda x: -gradient(x), at)
    assert right.ok, right
    if np.any(gradient(at)):
        assert "minus the right one" in minus.diagnosis, minus


def test_a_small_wrong_term_is_seen():
    x = np.array([1.0, -2])
    assert not check_gradient(lambda x: squares(x) + 1e-8 * np.sum(np.abs(x)), lambda x: 2 * x, x).ok


def test_slopes_that_do_not_add_up_are_seen():
    report = check_gradient(lambda x: np.sqrt(np.abs(x[0] * x[1])), lambda x: 0 * x, np.zeros(2))
    assert not report.ok and "between the axes" in report.diagnosis


def test_a_named_tuple_is_matched_by_name():
    def of_both(W, b):
        return loss(W, X, b, Y)

    assert check_gradient(of_both, lambda W, b: gradient_matrix(W, X, b, Y), {"b": B, "W": W}).ok


def test_right_in_single_precision():
    assert check_gradient(of_W, RIGHT.W.astype(np.float32), W).ok
    assert not check_gradient(of_W, 1.01 * RIGHT.W.astype(np.float32), W).ok


def test_the_place_of_the_largest_difference_does_not_hang_on_rounding():
    nearly = np.array([1.0, 1.0 - 1e-12, 1.0]) * np.array([1, 1 + 2e-12, 1])
    report = check_gradient(lambda x: np.sum(x), lambda x: 1 + nearly, np.ones(3))
    assert report.variables[0].where == (0,)


def test_jacobian_claims():
    A, x = RANDOM.standard_normal((3, 4)), RANDOM.standard_normal(4)
    assert check_gradient(lambda x: A @ np.sin(x), lambda x: A * np.cos(x), x).ok
    assert "transpose" in check_gradient(lambda x: A @ np.sin(x), lambda x: (A * np.cos(x)).T, x).diagnosis
    assert check_gradient(lambda A: A @ x, np.kron(np.eye(3), x), A).ok  # by the row-major vec
    assert check_gradient(lambda A: A @ x, np.einsum("ik,l->ikl", np.eye(3), x), A).ok


# ── what cannot be told, and what only directions tell ────────────────────────────────────────────────────────────

UNSURE = {
    "a slope below the last digit of the loss": lambda x: 1e16 + np.sum(np.abs(x) ** 2),
    "a staircase of four digits": lambda x: np.round(squares(x), 4),
    "a staircase of wide steps": lambda x: np.sum(np.floor(1000 * np.real(x) ** 2)) / 1000,
}


@pytest.mark.parametrize("name", UNSURE)
@pytest.mark.parametrize("factor", [0, 2])
def test_an_unsure_witness_says_so(name, factor):
    report = check_gradient(UNSURE[name], lambda x: factor * x, np.array([0.7, 1.3]))
    assert report.verdict == "cannot tell" and not report.ok and not report
    assert repr(report).startswith("cannot tell: ") and "?" in report._repr_html_()


def test_a_wrong_part_outweighs_an_unsure_one_and_an_unsure_one_a_right_one():
    at = {"x": np.array([0.7, 1.3]), "y": np.array([0.4])}

    def stairs(x, y):
        return np.round(squares(x), 4) + y[0] ** 2

    y = 2 * at["y"]
    assert check_gradient(stairs, {"x": 2 * at["x"], "y": y}, at).verdict == "cannot tell"
    assert check_gradient(stairs, {"x": 2 * at["x"], "y": -y}, at).verdict == "wrong"
    assert check_gradient(stairs, {"y": y}, at).verdict == "right"


def test_a_slope_that_disagrees_with_no_value_is_wrong_however_rough_the_loss():
    assert check_gradient(lambda x: 1e16 + np.sum(np.abs(x) ** 2), lambda x: 1e9 * x, np.ones(2)).verdict == "wrong"


MANY = np.random.default_rng(8).standard_normal((60, 50))
LARGE = {
    "analytic": (lambda x: np.sum(np.sin(x)), np.cos(MANY)),
    "not analytic": (lambda x: np.sum(np.abs(x) ** 3), 3 * MANY * np.abs(MANY)),
}


@pytest.mark.parametrize("name", LARGE)
def test_many_entries_are_checked_along_directions(name):
    calls = []
    loss, right = LARGE[name]

    def counted(x):
        calls.append(1)
        return loss(x)

    def one_entry(by):
        claim = right.copy()
        claim[17, 31] += by
        return claim

    report = check_gradient(counted, right, MANY)
    assert report.ok and "12 random directions, since there are 3,000 entries" in str(report)
    assert len(calls) < 2000  # entry by entry it would be six thousand at the least
    for claim, words in [
        (-right, "minus the right one"),
        (right / 2, "1/2 times the right one"),
        (0 * right, "zero, where the right one is not"),
        (right.T, "the transpose of the right one (it has shape (50, 60)"),
        (right[:, None, :] * np.ones((1, 3, 1)) / 3, "a missing sum over axis 1 (of length 3"),
        (one_entry(1e-3), "it differs in 1 of 3,000 entries, by +0.001"),
        (one_entry(-1e-5), "it differs in 1 of 3,000 entries, by -1e-05"),
        (one_entry(-1e-7), "it differs"),
        (right + 1e-3 * np.eye(60, 50), "it differs in more than one entry"),
        (one_entry(np.nan), "nan at [17, 31]"),
    ]:
        report = check_gradient(loss, claim, MANY)
        assert report.verdict == "wrong" and words in report.diagnosis, report
    assert check_gradient(loss, one_entry(1e-3), MANY).variables[0].where == (17, 31)
    assert check_gradient(loss, right.astype(np.float32), MANY).ok
    assert check_gradient(loss, one_entry(1e-14), MANY).ok  # what directions cannot see


def test_many_entries_of_a_jacobian():
    matrix = np.random.default_rng(9).standard_normal((3, 1200))
    x = np.random.default_rng(10).standard_normal(1200)
    wrong = matrix.copy()
    wrong[2, 5] += 0.1
    assert check_gradient(lambda x: matrix @ x, matrix, x).ok
    report = check_gradient(lambda x: matrix @ x, wrong, x)
    assert report.verdict == "wrong" and report.variables[0].where == (5,)


def test_each_bound_holds_its_error():
    """The witness's own bounds, at random functions of random scales, whether written analytically or not."""
    random = np.random.default_rng(11)
    functions = [(np.sin, np.cos), (np.exp, np.exp), (np.tanh, lambda u: 1 / np.cosh(u) ** 2), (np.abs, np.sign)]
    checked = 0
    for number in range(200):
        f, slope = functions[number % 4]
        size, offset = 10.0 ** random.integers(-9, 7), random.choice([0.0, 1.0, 1e6])
        x, weights = random.standard_normal(3) * size, random.standard_normal(3) * 10.0 ** random.integers(-6, 3, 3)
        real = random.random() < 0.5
        found = numerical_gradient(
            lambda x, f=f, w=weights, s=size, o=offset, real=real: o + np.sum(w * f((x.real if real else x) / s)), x
        )
        assert not found.kinks
        off = np.abs(found.value - weights * slope(x / size) / size)
        assert np.all(off <= found.errors + 1e-14 * np.max(np.abs(found.value))), (number, off, found)
        checked += 1
    assert checked == 200


def test_claims_do_not_disturb_the_point():
    point = W.copy()

    def careless(W):
        W *= 2
        return RIGHT.W

    def careless_loss(W):
        value = of_W(W)
        W[:] = 0
        return value

    assert check_gradient(careless_loss, careless, point).ok
    np.testing.assert_array_equal(point, W)


# ── wrong claims are named ────────────────────────────────────────────────────────────────────────────────────────

SQUARE = RANDOM.standard_normal((3, 3))
WRONG = {
    "minus": (of_W, -RIGHT.W, W, "minus the right one"),
    "transpose": (of_W, RIGHT.W.T, W, "the transpose of the right one"),
    "square transpose": (lambda A: np.sum(SQUARE * A), SQUARE.T, np.eye(3), "the transpose of the right one"),
    "minus the transpose": (of_W, -RIGHT.W.T, W, "minus the transpose of the right one"),
    "factor": (of_W, RIGHT.W / 2, W, "1/2 times the right one, a constant factor"),
    "mean": (of_W, RIGHT.W / 5, W, "1/5 times the right one, a constant factor"),
    "irrational factor": (of_W, np.pi * RIGHT.W, W, "3.14159 times"),
    "zero": (of_W, 0 * W, W, "zero, where the right one is not"),
    "batch": (of_b, PER_SAMPLE, B, "a missing sum over axis 0 (of length 5"),
    "batch and minus": (of_b, -PER_SAMPLE, B, "and then minus the right one"),
    "column": (of_b, RIGHT.b[:, None], B, "the right numbers in the wrong shape (it has shape (3, 1)"),
    "scalar": (of_W, 1.0, W, "it has shape (), and its variable needs (3, 4)"),
    "one entry": (of_W, RIGHT.W + 1e-3 * (np.arange(12).reshape(3, 4) == 5), W, "it differs in 1 of 12 entries"),
    "diagonal": (lambda A: np.sum(SQUARE * A), np.diag(np.diag(SQUARE)), np.eye(3), "right on the diagonal only"),
    "nan": (of_b, np.array([1.0, np.nan, 0.0]), B, "nan at [1]"),
    "text": (of_b, "2x", B, "not real numbers"),
    "nothing": (of_b, None, B, "not real numbers"),
    "raises": (of_b, lambda b: b @ np.ones(7), B, "the gradient raised ValueError"),
    "wants two": (of_b, lambda W, b: b, B, "the gradient raised TypeError"),
    "constant loss": (lambda b: 1.0, np.ones(3), B, "not zero, where the right one is"),
    "relu at its kink": (lambda x: np.sum(np.maximum(x, 0)), lambda x: x > 0, np.array([1.0, 0.0]), "a kink along [1]"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_claims_are_named(name):
    function, claim, at, words = WRONG[name]
    report = check_gradient(function, claim, at)
    assert not report.ok and not report
    assert words in report.diagnosis
    assert repr(report).startswith("wrong: ")


def test_each_variable_has_its_verdict():
    claims = {"W": RIGHT.W, "b": -RIGHT.b, "c": RIGHT.b}
    report = check_gradient(lambda W, b: loss(W, X, b, Y), claims, {"W": W, "b": B})
    assert [part.ok for part in report.variables] == [True, False, False]
    assert "b: minus the right one" in report.diagnosis and "no variable has this name" in report.diagnosis
    for claim in (RIGHT.W, (RIGHT.W,), {}):
        assert "the gradient raised" in check_gradient(lambda W, b: loss(W, X, b, Y), claim, {"W": W, "b": B}).diagnosis
    assert "dict" in check_gradient(of_W, {"W": RIGHT.W}, W).diagnosis


def test_report_escapes_text_in_html():
    class Odd(Exception):
        pass

    def gradient(b):
        raise Odd("<script>alert(1)</script>")

    shown = check_gradient(of_b, gradient, B)._repr_html_()
    assert "<script>" not in shown and "&lt;script&gt;" in shown


# ── bad questions are refused ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (np.array([1, 2]), "at holds integers"),
        (np.array([1.0, np.nan]), r"at is nan at \[1\]"),
        (np.array([]), r"shape \(0,\)"),
        ({}, "empty dict"),
        ({"W": np.ones(2, int)}, "W holds integers"),
        (np.array([1j]), "complex128"),
        ("x", "real numbers"),
    ],
)
def test_bad_points_are_refused(at, words):
    with pytest.raises(ValueError, match=words):
        check_gradient(lambda x: np.sum(x), lambda x: x, at)


def raising(error):
    raise error


def test_a_loss_that_raises_a_little_farther_off_is_no_matter():
    def inside(x):
        return raising(RuntimeError("outside")) if np.any(np.real(x) > 1 + 1e-7) else squares(x)

    assert check_gradient(inside, lambda x: 2 * x, np.ones(1)).ok
    assert check_gradient(inside, lambda x: 3 * x, np.ones(1)).verdict == "wrong"


def test_a_loss_that_raises_the_second_time_is_said():
    calls = []

    def once(x):
        calls.append(1)
        return squares(x) if len(calls) == 1 else raising(OSError("gone"))

    with pytest.raises(ValueError, match="the loss raised OSError: gone"):
        check_gradient(once, lambda x: 2 * x, np.ones(2))


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: 1 / 0, "the loss raised ZeroDivisionError"),
        (lambda x: x @ np.ones(9), "the loss raised ValueError at this point: matmul"),
        (lambda x: np.inf, "gives inf"),
        (lambda x: "much", "not real numbers"),
        (lambda x: RANDOM.standard_normal(), "another value each time"),
        (
            lambda x: raising(RuntimeError("outside")) if x[0] > 1 else squares(x),
            "no value beside .* RuntimeError: outside",
        ),
        (lambda x: np.log(1 - x[0] + 1e-300) + x[1], "no value beside the point, .*not finite"),
    ],
)
def test_bad_losses_are_refused(function, words):
    with pytest.raises(ValueError, match=words):
        check_gradient(function, lambda x: x, np.ones(2))


def test_bad_step_is_refused():
    with pytest.raises(ValueError, match="step is 0"):
        central_difference_gradient(np.sum, np.ones(2), step=0)
