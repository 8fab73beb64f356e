"""The house: imports go one way, an underscore keeps a name in its file, and the walks of CONTRIBUTING are true."""

import ast
import re
import sys
from importlib import import_module

import pytest
from browsing import BOOK

import derivations
from derivations import check, derive

CODE = BOOK / "code"
FILES = {
    ".".join(path.relative_to(CODE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in CODE.rglob("*.py")
}
TREES = {module: ast.parse(path.read_text(encoding="utf-8")) for module, path in FILES.items()}
IMPORTS = {
    module: [
        (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and node.module
        and node.module.split(".")[0] in ("derivations", "gradients")
        for alias in node.names
    ]
    for module, tree in TREES.items()
}
"""From a module to the pairs (module, name) that it imports, also inside functions."""


def graph():
    """From a module to the modules that it imports; a package and what it gathers count as one way up."""
    return {
        module: {f"{source}.{name}" if f"{source}.{name}" in FILES else source for source, name in pairs} - {module}
        for module, pairs in IMPORTS.items()
    }


def test_no_circle_of_imports():
    left = {module: set(targets) for module, targets in graph().items()}
    assert len(left) > 50 and sum(map(len, left.values())) > 200
    while free := [module for module, targets in left.items() if not targets & left.keys()]:
        for module in free:
            del left[module]
    assert not left


ROOMS = ["formulas", "reading", "writing", "executing", "deriving", "checking", "book"]
"""In the order in which a formula passes: a room imports from those before it."""


def test_rooms_import_from_those_before_them():
    found = {
        (room, other)
        for module, targets in graph().items()
        for room in ROOMS for target in targets for other in ROOMS
        if module.startswith(f"derivations.{room}.") and target.startswith(f"derivations.{other}.")
    }  # fmt: skip
    assert len(found) > 15 and {room for pair in found for room in pair} == set(ROOMS)
    assert not [f"{room} imports from {other}" for room, other in found if ROOMS.index(other) > ROOMS.index(room)]


def own(text):
    return text.startswith("_") and not text.startswith("__")


def test_no_underscore_crosses_a_file():
    found = [f"{module}: {name}" for module, pairs in IMPORTS.items() for _, name in pairs if own(name)]
    for module, tree in TREES.items():
        found += [
            f"{module}:{node.lineno} {node.value.id}.{node.attr}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
            and own(node.attr) and node.value.id not in ("self", "cls")
        ]  # fmt: skip
    assert not found


def test_what_a_type_checker_sees_is_what_the_package_offers():
    stub = ast.parse((CODE / "derivations" / "__init__.pyi").read_text(encoding="utf-8"))
    seen = {alias.asname: node.module for node in stub.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert sorted(seen) == derivations.__all__
    for name, module in seen.items():
        assert getattr(derivations, name) is getattr(import_module(module), name)


# ── the walks ─────────────────────────────────────────────────────────────────────────────────────────────────────

CONTRIBUTING = BOOK.joinpath("CONTRIBUTING.md").read_text(encoding="utf-8")
MOST_HOPS = 12


def hops(title):
    """The (file, function or None) of each hop of a walk, and the call that begins it."""
    part = CONTRIBUTING.partition(f"### {title}\n")[2].partition("\n#")[0]
    found = re.findall(r"^\d+\. `([\w/]+\.py)`(?:, `(\w+)`)?", part, re.MULTILINE)
    return [(name, function or None) for name, function in found], re.search(r"`((?:derive|check)\(.*\))`", part)[1]


def called(call):
    """Each (file, function) that a call runs, in the order of the first time."""
    found = {}

    def seen(frame, event, argument):
        path = frame.f_code.co_filename
        if event == "call" and path.startswith(str(CODE)):
            found.setdefault((path.removeprefix(f"{CODE}/derivations/"), frame.f_code.co_name))

    sys.setprofile(seen)
    try:
        eval(call, {"derive": derive, "check": check})
    finally:
        sys.setprofile(None)
    return list(found)


@pytest.mark.parametrize("title", ["The walk of one loss", "The walk of one line"])
def test_a_walk_of_contributing_is_what_happens(title):
    walk, call = hops(title)
    assert 8 <= len(walk) <= MOST_HOPS
    passed = called(call)
    named = [hop for hop in walk if hop[1] and hop[1].islower()]
    assert len(named) >= 8 and not [hop for hop in named if hop not in passed]
    assert named == sorted(named, key=passed.index)
    assert {file for file, _ in walk} <= {file for file, _ in passed} | {"deriving/results.py"}
