"""The kernel of the live cells, in the Pyodide that readers get, under Node: every notebook, and cells of its own."""

import json
import re
import subprocess

import nbformat
import pytest

import runtime

NODE = "run_notebooks.mjs"
QUESTION = r"""
from derivations import check
check(r"\begin{aligned} f &= x^T A x \\ \nabla f &= (A + A^T) x \end{aligned}", given="A: n×n, x: n", varying="x").ok
"""
TABLES = """
from lark.parsers.lalr_analysis import LALR_Analyzer

from derivations.reading.latex_parser import parser

made, LALR_Analyzer.compute_lalr = LALR_Analyzer.compute_lalr, None
parser(None)
LALR_Analyzer.compute_lalr = made
"""

# What a cell says, by the name of the case. They run from top to bottom, as a page's cells do.
CELLS = {
    "check": QUESTION,
    "last value": "a = 2\na + 1",
    "semicolon": "a + 1;  # nothing is shown",
    "none": "None",
    "underscore": "a * 2\n",
    "print and value": "print('one'); print('two', end=''); [_, 3]",
    "both streams": "import sys\nprint('out'); print('err', file=sys.stderr); print('out again')",
    "encoding": "sys.stdout.encoding",
    "long list": "[{'name': 'n' * 30, 'number': k} for k in range(3)]",
    "html": "class Rich:\n    _repr_html_ = lambda self: '<b>rich</b>'\n    __repr__ = lambda self: 'plain'\nRich()",
    "class": "Rich",
    "display": "display(1, 'two')",
    "error": "def ratio(b):\n    return 1 / b\n\n\nratio(0)",
    "raised from": "try:\n    ratio(0)\nexcept ArithmeticError as error:\n    raise ValueError('no ratio') from error",
    "recursion": "def deep(k):\n    return deep(k + 1)\n\n\ndeep(0)",
    "in the package": "check('f = x', given='x n', varying='x')",
    "syntax": "b = 1\nprint(b",
    "exit": "exit()",
    "input": "input('name? ')",
    "missing": "import pandas",
    "await": "import asyncio\nawait asyncio.sleep(0, 'waited')",
    "flood": "for k in range(100_000):\n    print('again and again')",
    "after the flood": "print('still here')",
    "source": "import inspect\nprint(inspect.getsource(ratio))",
    "pyplot": "import matplotlib.pyplot as plt\nplt.plot([1, 3, 2])\nprint('before the figure')",
    "figure": "from matplotlib.figure import Figure\nFigure()",
    "tables": TABLES,
}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What the cells tell: path to a list of cells."""
    if not runtime.is_there():
        pytest.skip("web/runtime is not there: `make runtime` fetches it")
    runtime.make_runtime()  # `derivations` as it is now; the rest is there
    own = tmp_path_factory.mktemp("cells") / "cells.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in CELLS.values()]), own)
    paths = [own, *sorted((runtime.BOOK / "chapters").glob("*.ipynb"))]
    command = [runtime.BOOK / ".venv" / "bin" / "node", runtime.BOOK / "tests" / NODE, *paths]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert ran.returncode == 0, ran.stderr[-2000:]
    answers = json.loads(ran.stdout)
    return {"own": dict(zip(CELLS, answers.pop(str(own)), strict=True)), **answers}


def shown(messages):
    """What messages show: stdout, stderr and each mime type to its text, as nbval compares them."""
    texts = {}
    for message in messages:
        if message["kind"] == "display":
            parts = message["data"]
        else:
            parts = {message.get("name", message["kind"]): message["text"]}
        for kind, text in parts.items():
            texts[kind] = texts.get(kind, "") + text
    return texts


def stored(cell):
    """What a notebook's cell shows, in the same form."""
    messages = [
        {"kind": "stream", "name": output["name"], "text": "".join(output["text"])}
        if output["output_type"] == "stream"
        else {"kind": "display", "data": {kind: "".join(text) for kind, text in output["data"].items()}}
        for output in cell["outputs"]
    ]
    return shown(messages)


def test_a_notebook_shows_what_it_shows_in_the_book(notebook, told):
    """To the last letter; a figure is drawn by another version of Matplotlib and only has to be there."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    cells = [cell for cell in cells if cell["cell_type"] == "code"]
    assert cells
    for number, (cell, live) in enumerate(zip(cells, told[str(notebook)], strict=True), start=1):
        assert live["ok"], f"cell {number}: {live['messages'][-1]['text']}"
        expected, found = stored(cell), shown(live["messages"])
        svg = "image/svg+xml"
        if svg in expected:
            assert found.pop(svg).rstrip().endswith("</svg>")
            del expected[svg]
        assert found == expected, f"cell {number}"


@pytest.fixture
def own(told):
    return told["own"]


def texts(cell):
    return shown(cell["messages"])


def test_a_check_loads_neither_sympy_nor_matplotlib(own):
    assert sorted(own["check"]["loaded"]) == ["derivations", "lark", "numpy"]
    assert texts(own["check"]) == {"text/plain": "True"}


def test_no_browser_makes_the_tables_of_the_grammar(own):
    assert own["tables"]["ok"], texts(own["tables"])


@pytest.mark.parametrize(
    ("name", "expected"),
    {
        "last value": {"text/plain": "3"},
        "semicolon": {},
        "none": {},
        "underscore": {"text/plain": "4"},
        "print and value": {"stdout": "one\ntwo", "text/plain": "[4, 3]"},
        "encoding": {"text/plain": "'utf-8'"},
        "html": {"text/html": "<b>rich</b>", "text/plain": "plain"},
        "class": {"text/plain": "<class '__main__.Rich'>"},
        "display": {"text/plain": "1'two'"},
        "await": {"text/plain": "'waited'"},
        "after the flood": {"stdout": "still here\n"},
        "source": {"stdout": "def ratio(b):\n    return 1 / b\n\n"},
    }.items(),
)
def test_shows(own, name, expected):
    assert own[name]["ok"]
    assert texts(own[name]) == expected


def test_streams_come_in_order(own):
    said = [(message["name"], message["text"]) for message in own["both streams"]["messages"]]
    assert said == [("stdout", "out\n"), ("stderr", "err\n"), ("stdout", "out again\n")]


def test_a_long_list_is_broken_into_lines(own):
    assert texts(own["long list"])["text/plain"].count("\n") == 2


def test_an_error_shows_the_reader_s_lines(own):
    (message,) = own["error"]["messages"]
    assert message["name"] == "ZeroDivisionError"
    lines = message["text"].split("\n")
    assert "----> 5 ratio(0)" in [" ".join(line.split()) for line in lines]
    assert "----> 2 return 1 / b" in [" ".join(line.split()) for line in lines]
    assert lines[-1] == "ZeroDivisionError: division by zero"
    assert message["text"].count("Cell 13, line") == 2


def test_an_error_shows_what_led_to_it(own):
    text = texts(own["raised from"])["ValueError"]
    parts = ("ZeroDivisionError: division by zero", "That led to this:", "ValueError: no ratio")
    assert sorted(parts, key=text.index) == list(parts)


def test_a_deep_recursion_shows_its_ends(own):
    text = texts(own["recursion"])["RecursionError"]
    assert text.startswith("Cell 15, line 5\n")
    assert re.search(r"\n\(\d{3,} calls more\)\n", text)
    assert text.count(", in deep") == 7 and text.endswith("maximum recursion depth exceeded")


def test_an_error_in_the_package_shows_the_reader_s_line_alone(own):
    (message,) = own["in the package"]["messages"]
    assert message["text"].startswith("Cell 16, line 1\n")
    assert "site-packages" not in message["text"]


def test_a_syntax_error_shows_the_place(own):
    lines = texts(own["syntax"])["SyntaxError"].split("\n")
    assert lines[0] == "Cell 17, line 2"
    assert lines[1].strip() == "print(b" and lines[2].strip() == "^"
    assert lines[1].index("(") == lines[2].index("^")


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("exit", "SystemExit", "SystemExit"),
        ("input", "RuntimeError", "input() cannot ask here"),
        ("missing", "ModuleNotFoundError", "pandas"),
    ],
)
def test_is_refused(own, name, error, words):
    assert not own[name]["ok"]
    assert words in texts(own[name])[error]


def test_a_flood_is_cut(own):
    said = texts(own["flood"])
    assert own["flood"]["ok"]
    assert len(said["stdout"]) <= 100_000
    assert said["notice"].startswith("This cell shows too much")


def test_a_plot_is_shown_after_the_cell(own):
    first, last = own["pyplot"]["messages"]
    assert first["text"] == "before the figure\n"
    assert "<svg" in last["data"]["image/svg+xml"]


def test_a_figure_is_shown_as_svg(own):
    assert "<svg" in texts(own["figure"])["image/svg+xml"]
