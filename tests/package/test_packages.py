"""Two packages: the engine, and what only the chapters use; the one knows nothing of the other."""

import ast
import importlib

import pytest

import derivations
import gradients


def imported(path):
    """The modules that a file imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_the_engine_imports_nothing_of_the_chapters(book):
    found = [name for path in (book / "code" / "derivations").rglob("*.py") for name in imported(path)]
    assert "numpy" in found and not [name for name in found if name.split(".")[0] == "gradients"]


@pytest.mark.parametrize("name", gradients.__all__)
def test_an_old_name_forwards_and_says_where_it_stands(name):
    with pytest.warns(DeprecationWarning, match=f"from gradients import {name}$"):
        old = getattr(derivations, name)
    assert old is getattr(importlib.import_module("gradients"), name)
    assert name not in derivations.__all__


def test_a_name_that_neither_has_is_refused():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        derivations.nonsense  # noqa: B018
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        gradients.nonsense  # noqa: B018
