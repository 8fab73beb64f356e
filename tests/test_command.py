"""The command line: what it prints, and that every refusal is one message."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from derivations import derive
from derivations.__main__ import main
from derivations.laws import table
from derivations.table import FUNCTIONS, ROWS

QUESTION = ["derive", "sum((sigmoid(W@x + b) - y)**2)", "--wrt", "W", "--shapes", "W: m×n, x: n, b: m, y: m, t: scalar"]
WHERE = ["--where", "z = W@x + b; s = sigmoid(z); r = s - y"]


def run(capsys, *arguments):
    """(exit code, standard output, standard error) of a command."""
    code = main(list(arguments))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def in_a_process(arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "derivations", *arguments],
        capture_output=True,
        env={**os.environ, **environment},
        check=False,
    )


def test_derive_prints_the_derivation(capsys):
    code, out, err = run(capsys, *QUESTION, *WHERE)
    assert (code, err) == (0, "")
    assert out.rstrip("\n") == str(derive(QUESTION[1], "W", QUESTION[5], where=WHERE[1]))


def test_latex(capsys):
    code, out, _ = run(capsys, *QUESTION, *WHERE, "--latex")
    assert code == 0 and out.startswith(r"\begin{aligned}") and r"\frac{\partial \mathcal{L}}{\partial W}" in out


def test_json_has_the_names_of_the_attributes(capsys):
    code, out, _ = run(capsys, *QUESTION, *WHERE, "--json")
    found, derivation = json.loads(out), derive(QUESTION[1], "W", QUESTION[5], where=WHERE[1])
    assert code == 0
    assert all(hasattr(derivation, key) for key in found)
    assert found["assumptions"] == list(derivation.assumptions)
    assert len(found["steps"]) == len(derivation.steps)
    for row, step in zip(found["steps"], derivation.steps, strict=True):
        assert row["latex"] == step.latex and row["error"] == step.error
        assert [law["name"] for law in row["laws"]] == [law.name for law in step.laws]
    assert found["gradients"]["W"]["latex"] == derivation.gradient.latex()


def test_numpy_is_a_module_that_runs(capsys):
    code, out, _ = run(capsys, *QUESTION, "--numpy")
    space = {}
    exec(out, space)
    W, x, b, y = np.ones((2, 3)), np.arange(3.0), np.zeros(2), np.ones(2)
    expected = derive(QUESTION[1], "W", QUESTION[5]).gradient(W=W, x=x, b=b, y=y)
    assert code == 0
    np.testing.assert_allclose(space["gradient"](W, x, b, y), expected)


def test_a_function_for_each_of_several_variables(capsys):
    _, out, _ = run(capsys, QUESTION[0], QUESTION[1], "--wrt", "W, b", *QUESTION[4:], "--numpy")
    assert "def gradient_W(" in out and "def gradient_b(" in out


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["x@A@x", "--wrt", "x", "--shapes", "A: n×n, x: n", "--order", "2"], "A + Aᵀ"),
        (["x@A@x", "--wrt", "x", "--shapes", "A: n×n, x: n", "--assume", "A: symmetric"], "2 A x"),
        (["tr(X@A)", "--wrt", "X", "--shapes", "A: n×n, X: n×n", "--vary", "X: symmetric"], "symmetric"),
        ([*QUESTION[1:], "--style", "diag"], "S = Diag(s)"),
    ],
)
def test_options(capsys, options, expected):
    code, out, _ = run(capsys, "derive", *options)
    assert code == 0 and expected in out


@pytest.mark.parametrize(
    ("f", "message"),
    [
        ("sum(W@q)", "'q' is not declared"),
        ("sum(W@y)", "the same"),
        ("sum(W@x", "not closed"),
        ("", "empty"),
        ("().__class__", "not part of the notation"),
    ],
)
def test_a_refusal_is_one_message_on_the_error_stream(capsys, f, message):
    code, out, err = run(capsys, "derive", f, *QUESTION[2:])
    assert (code, out) == (2, "")
    assert err.startswith("derivations: ") and message in err and "Traceback" not in err


def test_an_unknown_option_or_a_missing_one_is_a_usage_error(capsys):
    for arguments in (
        [],
        ["derive"],
        ["derive", "x"],
        [*QUESTION, "--json", "--latex"],
        [*QUESTION, "--order", "3"],
        ["nothing"],
    ):
        with pytest.raises(SystemExit) as stopped:
            main(arguments)
        assert stopped.value.code == 2
        assert "usage: python -m derivations" in capsys.readouterr().err


def test_laws_are_the_rows_of_the_table(capsys):
    code, out, _ = run(capsys, "laws")
    assert code == 0
    listed = [law for laws in table().values() for law, _ in laws]
    for name, statement in listed:
        assert name in out and statement in out
    shown = {law.statement for law in listed}
    assert shown >= {law for row in ROWS.values() for law in (row.law, row.crossing) if law} | {
        row.law for row in FUNCTIONS.values()
    }


@pytest.mark.parametrize("arguments", [QUESTION, ["laws"], [*QUESTION, "--json"], ["derive", "σ", *QUESTION[2:]]])
def test_a_terminal_that_knows_only_ascii(arguments):
    done = in_a_process(arguments, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == (2 if "σ" in arguments else 0)
    assert b"Traceback" not in done.stderr
    (done.stdout + done.stderr).decode("ascii")


def test_the_command_loads_nothing_heavy():
    code = (
        "import sys; from derivations.__main__ import main; main(sys.argv[1:]); "
        "print([m for m in ('sympy', 'matplotlib', 'lark') if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *QUESTION, "--numpy"], capture_output=True, text=True, check=True
    )
    assert done.stderr == "[]\n"
