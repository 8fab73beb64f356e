"""The public names: importable in any order, callable, documented."""

import inspect
import pkgutil
import subprocess
import sys

import pytest

import derivations
import gradients

MODULES = [module.name for module in pkgutil.iter_modules(derivations.__path__) if not module.name.startswith("__")]


@pytest.mark.parametrize("first", MODULES)
def test_public_names_are_callable_whatever_is_imported_first(first):
    code = (
        f"import derivations.{first}, derivations\n"
        "for name in derivations.__all__: assert callable(getattr(derivations, name)), name"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_no_module_is_named_like_a_public_name():
    assert not set(MODULES) & set(derivations.__all__)


def test_the_package_does_not_hide_the_standard_library():
    subprocess.run([sys.executable, "-c", "import derivations, code, pdb; code.InteractiveConsole"], check=True)


def test_importing_the_package_loads_numpy_and_nothing_heavy():
    heavy = (
        "import sys, derivations; print([m for m in ('sympy', 'matplotlib', 'lark', 'autograd') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize(
    "thing", [getattr(package, name) for package in (derivations, gradients) for name in package.__all__]
)
def test_every_public_name_is_documented(thing):
    text = inspect.getdoc(thing)
    assert text
    if inspect.isfunction(thing):
        assert all(f"\n{parameter} : " in text for parameter in inspect.signature(thing).parameters), "parameters"
        assert "Returns\n-------" in text
