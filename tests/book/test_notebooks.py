"""What is stored in the notebooks: they ran from top to bottom, and their figures have words."""

import ast
import json

import pytest

import derivations
from derivations.book.markdown_pages import equations, pages

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


@pytest.fixture
def cells(notebook):
    return json.loads(notebook.read_text(encoding="utf-8"))["cells"]


@pytest.fixture
def code_cells(cells):
    return [cell for cell in cells if cell["cell_type"] == "code"]


@pytest.fixture
def prose(cells):
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]


def outputs(cells):
    return [output for cell in cells for output in cell["outputs"]]


def test_there_are_notebooks(book):
    assert list((book / "chapters").glob("*.ipynb"))


def test_is_in_the_table_of_contents(notebook, book):
    assert notebook in pages(book)


def test_every_code_cell_ran_once_in_order(code_cells):
    assert [cell["execution_count"] for cell in code_cells] == list(range(1, len(code_cells) + 1))


def test_no_error_and_no_stderr(code_cells):
    assert not [output for output in outputs(code_cells) if output["output_type"] == "error"]
    assert not [output["text"] for output in outputs(code_cells) if output.get("name") == "stderr"]


def figures(code_cells):
    """The cells that show a picture."""
    return [
        cell
        for cell in code_cells
        if any(kind.startswith("image/") for output in cell["outputs"] for kind in output.get("data", {}))
    ]


def words_of(cell):
    """What is said of a figure: its alternative text, its caption and its name."""
    words = cell["metadata"].get("mystnb", {})
    said = [
        words.get("image", {}).get("alt", ""),
        *(words.get("figure", {}).get(key, "") for key in ("caption", "name")),
    ]
    return [text.strip() for text in said]


def test_every_figure_has_alt_text_a_caption_and_a_name(code_cells):
    assert not ["".join(cell["source"]) for cell in figures(code_cells) if not all(words_of(cell))]


def test_the_notebooks_have_figures(book):
    cells = [cell for path in (book / "chapters").glob("*.ipynb") for cell in json.loads(path.read_text())["cells"]]
    assert len(figures([cell for cell in cells if cell["cell_type"] == "code"])) > 10


def test_no_text_that_is_only_an_object_s_address(code_cells):
    """`<Line2D at 0x7f…>` says nothing to a reader, and differs in every run."""
    texts = ["".join(output.get("data", {}).get("text/plain", [])) for output in outputs(code_cells)]
    texts += ["".join(output.get("text", [])) for output in outputs(code_cells)]
    assert not [text for text in texts if " at 0x" in text or "<Line2D" in text or "<Axes" in text or "<Figure" in text]


def test_asserts_what_it_claims(code_cells):
    assert any(line.lstrip().startswith("assert ") for cell in code_cells for line in cell["source"])


def test_imports_public_names_only(code_cells):
    imported = [
        (node.module, alias.name)
        for cell in code_cells
        for node in ast.walk(ast.parse("".join(cell["source"])))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    assert imported
    ours = [f"{module}.{name}" for module, name in imported if module.split(".")[0] == "derivations"]
    assert not set(ours) - {f"derivations.{name}" for name in derivations.__all__}


def test_at_least_three_exercises_each_with_a_solution(prose):
    text = "\n".join(prose)
    exercises = text.count("{exercise-start}") + text.count("{exercise}")
    solutions = text.count("{solution-start}") + text.count("{solution}")
    assert exercises >= 3
    assert exercises == solutions


def test_stored_metadata_is_the_same_on_every_machine(notebook, cells):
    content = json.loads(notebook.read_text(encoding="utf-8"))
    assert content["metadata"].keys() == {"kernelspec", "myst"}, "run `make outputs`"
    assert content["metadata"]["kernelspec"] == KERNEL, "run `make outputs`"
    assert not [cell for cell in cells if "execution" in cell["metadata"]], "run `make outputs`"


def test_cells_have_ids_of_their_own(cells):
    ids = [cell.get("id") for cell in cells]
    assert all(ids) and len(set(ids)) == len(ids)


def test_one_title_in_the_first_cell(cells):
    assert cells[0]["cell_type"] == "markdown"
    titles = [line for line in cells[0]["source"] if line.startswith("# ")]
    assert len(titles) == 1


def test_declares_its_symbols(notebook):
    displayed = [equation for equation in equations(notebook) if equation.display]
    assert not displayed or any("% given " in equation.latex for equation in displayed)
