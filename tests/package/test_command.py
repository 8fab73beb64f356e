"""The command line: what it prints, and that every refusal is one message."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from derivations import derive
from derivations.__main__ import main
from derivations.book import markdown_pages as book
from derivations.formulas.laws import table
from derivations.formulas.table import FUNCTIONS, ROWS

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


def test_the_shapes_are_shown_where_they_are_asked_for(capsys):
    assert "m×n : m×n" not in run(capsys, *QUESTION, *WHERE)[1]
    assert "product across the colon, m×n : m×n" in run(capsys, *QUESTION, *WHERE, "--shapes-shown")[1]
    assert r"\(m \times n : m \times n\)" in run(capsys, *QUESTION, *WHERE, "--shapes-shown", "--latex")[1]
    code, out, err = run(capsys, *QUESTION, "--shapes-shown", "--numpy")
    assert (code, out) == (2, "") and "goes with the plain text and with --latex" in err


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
        ([*QUESTION[1:], "--style", "diag"], "D = Diag(s)"),
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


# ── check: pages, folders, and what goes wrong around them ────────────────────────────────────────────────────────

RIGHT = "$$\n% given x: n; varying x\n\\nabla_x (x^T x) = 2x\n$$\n"
WRONG = RIGHT.replace("2x", "3x")


@pytest.fixture
def pages(tmp_path, monkeypatch):
    """A folder with a right page, a wrong one and a broken notebook, and what nobody wrote."""
    monkeypatch.chdir(tmp_path)
    for name, text in {
        "notes/right.md": RIGHT, "notes/deep/wrong.md": WRONG, "notes/broken.ipynb": "{}", "notes/data.csv": "1",
        "notes/.ipynb_checkpoints/old.md": WRONG, "notes/_build/made.md": WRONG,
    }.items():  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_a_file_that_cannot_be_read_keeps_no_other_from_being_checked(capsys, pages):
    code, out, err = run(capsys, "check", "notes/broken.ipynb", "notes/missing.md", "notes/data.csv", "notes/right.md")
    assert code == 2
    assert "notes/right.md:1: holds" in out and "1 executed" in out
    told = sorted(line.removeprefix("derivations: ") for line in err.splitlines())
    assert len(told) == 3
    assert told[0].startswith("notes/broken.ipynb is no notebook")
    assert (
        told[1].startswith("notes/data.csv is no .md, .ipynb or .tex page")
        and told[2] == "there is no file notes/missing.md"
    )


def test_a_folder_is_taken(capsys, pages):
    code, out, err = run(capsys, "check", "notes")
    assert code == 2 and "notes/broken.ipynb is no notebook" in err
    assert "notes/right.md:1: holds" in out and "notes/deep/wrong.md:1: fails" in out
    assert "old.md" not in out and "made.md" not in out
    (pages / "notes/broken.ipynb").unlink()
    assert run(capsys, "check", "notes")[0] == 1
    (pages / "empty").mkdir()
    code, _, err = run(capsys, "check", "empty")
    assert code == 2 and "no .md, .ipynb or .tex page in the folder empty" in err


def test_json_keeps_its_list_of_equations(capsys, pages):
    code, out, _ = run(capsys, "check", "notes", "--json", "--no-mend")
    found = json.loads(out)
    assert code == 2
    assert sorted((one["place"], [line["verdict"] for line in one["lines"]]) for one in found["equations"]) == [
        ("notes/deep/wrong.md:1", ["fails"]), ("notes/right.md:1", ["holds"])]  # fmt: skip
    assert found["executed"] == 2 and found["refused"][0].startswith("notes/broken.ipynb is no notebook")


def test_an_equation_that_is_not_closed_is_a_fault(capsys, pages):
    (pages / "open.md").write_text(RIGHT + "\n$$\nx = 1\n", encoding="utf-8")
    code, out, _ = run(capsys, "check", "open.md")
    assert code == 1 and "open.md:6: $$ is opened and not closed" in out
    _, out, _ = run(capsys, "check", "open.md", "--json")
    assert json.loads(out)["unclosed"][0]["place"] == "open.md:6"


def test_without_mends_a_wrong_line_is_only_judged(capsys, pages):
    mended = json.loads(run(capsys, "check", "notes/deep/wrong.md", "--json")[1])
    judged = json.loads(run(capsys, "check", "notes/deep/wrong.md", "--json", "--no-mend")[1])
    assert mended["equations"][0]["lines"][0]["repair"] and not judged["equations"][0]["lines"][0]["repair"]


def test_a_standard_input_that_is_closed_or_no_text():
    closed = ["sh", "-c", '"$0" -m derivations check - <&-', sys.executable]
    done = subprocess.run(closed, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "derivations: the standard input is closed; give a block of LaTeX there\n"
    other = [sys.executable, "-m", "derivations", "check", "-"]
    done = subprocess.run(other, input=b"x \xff", capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (2, b"derivations: the standard input is not UTF-8: byte 0xff\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
@pytest.mark.parametrize("arguments", [["laws"], ["check", "notes/right.md"]])
def test_a_full_device_is_one_sentence(pages, arguments):
    command = [sys.executable, "-m", "derivations", *arguments]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "derivations: the output cannot be written: No space left on device\n"


def test_an_interrupt_is_one_sentence_with_the_file(capsys, pages, monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(book, "check_page", interrupted)
    assert run(capsys, "check", "notes/right.md")[::2] == (2, "derivations: interrupted at notes/right.md\n")


DECLARED = {
    "nothing": (
        "$$\nf(w) = (X w - y)^T (X w - y)\n$$\n\nand so\n\n$$\n\\nabla_w f = 2 X^T (X w - y)\n$$\n",
        ["X: m×n", "w: n", "y: m", "varying w"],
    ),
    "a letter": (
        "$$\n% given X: m×n, w: n; varying w\nr = X w - y\n$$\n\n$$\n\\nabla_w (r^T r) = 2 X^T r\n$$\n", ["y: m"],
    ),
    "a letter beside one of which something is assumed": (
        "$$\n% given k: scalar, a: scalar; varying k; assume k: positive\nk^a = k k^{a-1}\n$$\n\n$$\nH = c\\log k\n$$",
        ["c: scalar"],
    ),
    "all": (RIGHT, []),
}  # fmt: skip


@pytest.mark.parametrize("name", DECLARED)
def test_declare_prints_the_line_that_a_page_needs(capsys, pages, name):
    text, parts = DECLARED[name]
    (pages / "page.md").write_text(text, encoding="utf-8")
    code, out, err = run(capsys, "declare", "page.md")
    assert (code, err) == (0, "")
    if not parts:
        assert out == "nothing is missing that can be inferred\n"
        return
    assert out.startswith("% given ") and out.count("\n") == 1
    assert sorted(out.removeprefix("% given ").strip().replace("; ", ", ").split(", ")) == sorted(parts)
    pasted = text.replace("$$\n", f"$$\n{out}", 1)
    (pages / "page.md").write_text(pasted, encoding="utf-8")
    code, out, _ = run(capsys, "check", "page.md", "--strict")
    assert code == 0 and "0 unread" in out and "1 executed" in out


def test_declare_takes_folders_and_says_what_it_cannot_read(capsys, pages):
    (pages / "notes" / "page.md").write_text(DECLARED["nothing"][0], encoding="utf-8")
    code, out, err = run(capsys, "declare", "notes")
    assert code == 2 and err.startswith("derivations: notes/broken.ipynb is no notebook")
    assert out.startswith("notes/page.md:1: % given ") and out.count("\n") == 1


def test_a_wrong_line_of_a_page_shows_its_mend_and_is_counted_at_the_end(capsys, pages):
    code, out, _ = run(capsys, "check", "notes/deep/wrong.md", "notes/right.md")
    assert code == 1 and out.count("; what holds: ") == 1
    assert r"\nabla_x (x^T x) = 3x; what holds: \nabla_x (x^T x) = 2x" in out
    assert out.endswith("coverage 100.0 %; 1 not as announced\n")
    assert "; what holds: " not in run(capsys, "check", "notes/deep/wrong.md", "--no-mend")[1]


def test_what_is_not_declared_is_told_how_to_infer(capsys, pages):
    (pages / "a page.md").write_text(RIGHT + "\n$$\nB x = C x\n$$\n", encoding="utf-8")
    code, out, _ = run(capsys, "check", "a page.md", "--no-mend")
    assert code == 0 and "(a comment in the block declares it: % given B: m×n)" in out
    assert out.endswith("; for what is not declared: python -m derivations declare 'a page.md'\n")
    assert "declare" not in run(capsys, "check", "notes/right.md")[1]


@pytest.mark.parametrize("given", ["x: n varying x", "x: n, varying x", "A: n×n, x: n varying x assume A: symmetric;"])
def test_the_semicolon_before_a_word_may_be_left_out(capsys, pages, given):
    (pages / "page.md").write_text(RIGHT.replace("x: n; varying x", given), encoding="utf-8")
    assert run(capsys, "check", "page.md", "--no-mend")[0] == 0


@pytest.mark.parametrize("comment, near", [
    ("% givn A: n×n", "given"), ("% were: q = x", "where"), ("% Given q: n", "given"),
    ("% were it so", None), ("% see: this", None), ("% giving x", None),
])  # fmt: skip
def test_a_word_like_a_declaration_is_told(capsys, pages, comment, near):
    (pages / "near.md").write_text(RIGHT.replace("% given", f"{comment}\n% given"), encoding="utf-8")
    code, out, _ = run(capsys, "check", "near.md", "--no-mend")
    word = comment.split()[1].rstrip(":")
    told = f"near.md:1: % {word} declares nothing and is ignored: write % {near} if that is meant"
    assert code == 0 and (told in out) == (near is not None) and ("ignored" in out) == (near is not None)
    assert ("1 ignored" in out) == (near is not None)


def test_an_ignored_declaration_is_told(capsys, pages):
    (pages / "inline.md").write_text(RIGHT + "\nLet $% given q: n\nq$ be.\n", encoding="utf-8")
    code, out, _ = run(capsys, "check", "inline.md", "--no-mend")
    line = RIGHT.count("\n") + 2
    assert code == 0 and f"inline.md:{line}: % given in inline mathematics is ignored" in out
    code, out, _ = run(capsys, "check", "inline.md", "--no-mend", "--strict", "--json")
    assert code == 1 and [one["place"] for one in json.loads(out)["ignored"]] == [f"inline.md:{line}"]


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_is_shown_on_a_terminal_alone(capsys, pages, monkeypatch):
    code, out, err = run(capsys, "check", "notes/right.md")
    assert (code, err) == (0, "")
    monkeypatch.setattr("sys.stderr", Terminal())
    _, again, _ = run(capsys, "check", "notes/right.md")
    told = sys.stderr.getvalue()
    assert again == out and "notes/right.md: 1 checked, line 1" in told
    assert told.endswith("\r\033[K")  # nothing is left of it


TEX = r"""\documentclass{article}
\newcommand{\grad}[1]{\nabla_{#1}}
\begin{document}
Inline $x = 3x$ is no display, and \$5 is no mathematics.
% \[ x = 4x \]
\begin{verbatim}
\[ x = 5x \]
\end{verbatim}
\begin{align}
% given x: n; varying x
f &= x^T x \\[2pt]
\grad{x} f &= 2 x \label{eq:right}
\end{align}
and so $$ \grad{x} f = 3 x $$ which is wrong, but \[ f = x : x \] is right.
\end{document}
"""


def test_a_dollar_of_a_tex_file_that_a_paragraph_ends_opens_nothing(capsys, pages):
    text = "It costs $5.\n\nThat costs $6, and \\[\n% given x: n\nx = x + 0\n\\] is right.\n"
    (pages / "notes.tex").write_text(text, encoding="utf-8")
    code, out, err = run(capsys, "check", "notes.tex", "--no-mend")
    assert (code, err) == (0, "") and out.startswith("notes.tex:3: holds\n")


def test_the_displays_of_a_tex_file(capsys, pages):
    (pages / "notes.tex").write_text(TEX, encoding="utf-8")
    code, out, err = run(capsys, "check", "notes.tex", "--no-mend")
    assert (code, err) == (1, "")
    told = [line for line in out.splitlines() if line.startswith("notes.tex")]
    assert told == [
        "notes.tex:9 (eq:right): definition, holds",
        "notes.tex:14: fails",
        "notes.tex:14: holds",
    ]
    (pages / "notes.tex").write_text(TEX.replace(r"\end{align}", ""), encoding="utf-8")
    code, out, _ = run(capsys, "check", "notes.tex", "--no-mend")
    assert code == 1 and r"notes.tex:9: \begin{align} is opened and not closed" in out


ABOVE = {
    "an environment": "\\begin{equation}\n\\nabla f = 3x\n\\end{equation}",
    "in one line": "\\begin{equation} \\nabla f = 3x \\end{equation}",
    "brackets": "\\[\n\\nabla f = 3x\n\\]",
    "dollars": "  $$\\nabla f = 3x$$",
}


@pytest.mark.parametrize("name", ABOVE)
def test_what_is_declared_directly_above_a_display_of_a_tex_file_is_of_it(capsys, pages, name):
    said = "% given x: n; varying x\n% the loss\n  % where f = x@x\n"
    (pages / "notes.tex").write_text(f"Text.\n{said}{ABOVE[name]}\n", encoding="utf-8")
    code, out, err = run(capsys, "check", "notes.tex", "--no-mend")
    assert (code, err) == (1, "") and "row 1 fails" in out
    (pages / "notes.tex").write_text(f"{said}\n{ABOVE[name]}\n", encoding="utf-8")  # a paragraph ends between them
    assert "row 1 is not read" in run(capsys, "check", "notes.tex", "--no-mend")[1]
