"""Every problem of the corpus derived and compared with its recorded gradient; every recorded mistake found wrong."""

from collections import Counter
from functools import cache

import numpy as np
import plain_numpy
import pytest
from collected import MISTAKES, PROBLEMS, assumed, derived, restricted, shapes
from effort import judge

from derivations import check_gradient

UNSOLVED = {}
"""Problem to the reason why it is refused."""


def assert_agrees(problem, gradient, text, count=3):
    random = np.random.default_rng(sum(map(ord, problem["id"])))
    for _ in range(count):
        sizes, values = plain_numpy.draw(problem, random)
        expected = np.asarray(plain_numpy.evaluate(text, {**sizes, **values}, problem.get("let", ())))
        found = np.asarray(gradient(**values, **sizes))
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-10 * max(1, np.max(np.abs(expected))))


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem["id"])
def test_derive_gives_the_recorded_gradient(problem):
    if problem["id"] in UNSOLVED:
        with pytest.raises(ValueError):
            derived(problem)
        return
    derivation = derived(problem)
    assert_agrees(problem, derivation.gradient, problem["gradient"])
    assert any(step.error for step in derivation.steps)
    for step in derivation.steps:
        if step.error or step.laws[0].name != "definition":
            assert step.error.startswith("< 1e-")


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem["id"])
def test_every_step_names_the_law_that_allows_it(problem):
    steps = derived(problem).steps
    assert len(steps) > 1
    for step in steps:
        assert step.latex and step.laws, str(step)
        assert all(law.name and law.statement for law in step.laws)


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem["id"])
def test_what_derive_writes_is_read_back_and_holds(problem):
    constants = {name: value for name, value in (problem.get("consts") or {}).items() if name != "_dims"}
    assume = assumed(problem) | {name: "positive" for name, value in constants.items() if value > 0}
    steps = derived(problem).steps
    block = r" \\ ".join(step.latex for step in steps)
    report = judge(block, shapes(problem), problem["wrt"], assume, vary=restricted(problem))
    assert len(report.lines) == len(steps)
    assert report.ok, report


@pytest.mark.parametrize("row", MISTAKES, ids=lambda row: row["id"])
def test_derive_gives_what_should_have_been_claimed(row):
    assert_agrees(row, derived(row).gradient, row["correct"])


def test_how_many_of_each_family_are_solved(capsys):
    families = Counter(problem["family"] for problem in PROBLEMS)
    unsolved = Counter(problem["family"] for problem in PROBLEMS if problem["id"] in UNSOLVED)
    with capsys.disabled():
        print()
        for family, count in sorted(families.items()):
            print(f"  {family:24} {count - unsolved[family]:3} of {count:3}")
        print(f"  {'all':24} {len(PROBLEMS) - len(UNSOLVED):3} of {len(PROBLEMS):3}")
        for name, reason in UNSOLVED.items():
            print(f"  unsolved: {name}: {reason}")
    assert not UNSOLVED


@cache
def reports(name):
    """The reports of `check_gradient` on what a row claims and on what it says is correct."""
    (row,) = [row for row in MISTAKES if row["id"] == name]
    sizes, values = plain_numpy.draw(row, np.random.default_rng(7))
    fixed = {**sizes, **values}

    def gradient_of(text):
        return lambda x: plain_numpy.evaluate(text, {**fixed, row["wrt"]: x}, row.get("let", ()))

    def loss(x):
        return plain_numpy.evaluate(row["function"], {**fixed, row["wrt"]: x})

    at = values[row["wrt"]]
    if row.get("kind") == "hessian":  # the Hessian is the Jacobian of the gradient

        def loss(x, loss=loss):
            return np.array([plain_numpy.slope(loss, x, e) for e in np.eye(len(x))])

    if row.get("mode") == "sym":  # the function of the symmetric part has the projected gradient

        def loss(x, loss=loss):
            return loss((x + x.T) / 2)

    return check_gradient(loss, gradient_of(row["claimed"]), at), check_gradient(loss, gradient_of(row["correct"]), at)


@pytest.mark.parametrize("row", MISTAKES, ids=lambda row: row["id"])
def test_check_gradient_tells_the_mistake_from_the_right_one(row):
    claimed, correct = reports(row["id"])
    assert not claimed.ok
    assert correct.ok, correct
    if row["mistake_kind"] == "sign":
        assert claimed.diagnosis.startswith("minus the right one")


def test_how_many_mistakes_are_named(capsys):
    unnamed = ("", "it differs in")
    named = {row["id"]: reports(row["id"])[0].diagnosis for row in MISTAKES}
    count = sum(not diagnosis.startswith(unnamed[1]) and diagnosis != "" for diagnosis in named.values())
    with capsys.disabled():
        print(f"\n  {count} of {len(MISTAKES)} mistakes are named")
        for row in MISTAKES:
            print(f"  {row['id']:22} {row['mistake_kind'][:34]:36} {named[row['id']]}")
    assert count >= 8
