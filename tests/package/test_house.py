"""The house: imports go one way, an underscore keeps a name in its file, and the walks of CONTRIBUTING are true."""

import ast
import re
import sys
from importlib import import_module

import pytest

import derivations
from browsing import BOOK
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
        if f"{module}.".startswith(f"derivations.{room}.") and f"{target}.".startswith(f"derivations.{other}.")
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


# ── what the tests assert ─────────────────────────────────────────────────────────────────────────────────────────

TESTS = {
    path.relative_to(BOOK).as_posix(): ast.parse(path.read_text("utf-8")) for path in (BOOK / "tests").rglob("*.py")
}
ASSERTING = {"fail", "raises", "soon", "expect", "wait_for_url", "wait_for_function", "wait_for_selector"}
"""Names whose call fails where something is not so; besides them those that begin with `assert_`, and `check=True`."""


def called_name(call):
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def asserts(node, known):
    """Whether a statement or an expression without branches asserts something."""

    def one(inner):
        if not isinstance(inner, ast.Call):
            return isinstance(inner, ast.Assert)
        checked = any(word.arg == "check" and getattr(word.value, "value", False) is True for word in inner.keywords)
        return checked or called_name(inner) in known or called_name(inner).startswith("assert_")

    return any(map(one, ast.walk(node)))


def holds_something(values, filled):
    """Whether a collection is written out, or made of such."""
    match values:
        case ast.Tuple(elts=found) | ast.List(elts=found) | ast.Set(elts=found) | ast.Dict(values=found):
            return bool(found)
        case ast.Constant(value):
            return bool(value)
        case ast.Name(name):
            return name in filled
        case ast.Call(ast.Name("range"), [*_, ast.Constant()]):
            return True
        case ast.Call(ast.Name("enumerate" | "zip" | "sorted" | "reversed" | "product" | "list"), [*parts]):
            return all(holds_something(part, filled) for part in parts)
        case ast.Call(ast.Attribute(inner, "items" | "values" | "keys" | "split")):
            return holds_something(inner, filled)
    return False


def sure(statements, known, filled):
    """Whether something is asserted however these statements run."""

    def one(node):
        match node:
            case ast.FunctionDef() | ast.ClassDef() | ast.While():
                return False
            case ast.For():
                return holds_something(node.iter, filled) and sure(node.body, known, filled)
            case ast.If():
                return sure(node.body, known, filled) and sure(node.orelse, known, filled)
            case ast.With():
                return any(asserts(item, known) for item in node.items) or sure(node.body, known, filled)
            case ast.Try():
                whole = sure([*node.body, *node.orelse], known, filled)
                return sure(node.finalbody, known, filled) or (
                    whole and all(sure(handler.body, known, filled) for handler in node.handlers)
                )
        return asserts(node, known)

    return any(one(node) for node in statements)


def functions(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def filled_names(tree):
    """The names that a file gives to collections that are written out."""
    return {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign) and holds_something(node.value, ())
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def vacuous(trees):
    """Each test that may end without having asserted anything, as `file: name`."""
    known, grown = set(), ASSERTING
    while grown != known:  # a function that asserts for sure makes its callers do so
        known = grown
        grown = known | {
            function.name for tree in trees.values() for function in functions(tree)
            if not function.name.startswith("test_") and sure(function.body, known, filled_names(tree))
        }  # fmt: skip
    return [
        f"{path}: {function.name}" for path, tree in trees.items() for function in functions(tree)
        if function.name.startswith("test_") and not sure(function.body, known, filled_names(tree))
    ]  # fmt: skip


@pytest.mark.parametrize("body, found", [
    ("for x in found(): assert x", True), ("for x in (1, 2): assert x", False), ("if found(): assert x", True),
    ("for x in FULL.items(): assert x", False), ("for x in EMPTY: assert x", True), ("helper(1)", False),
    ("with given(): assert x", False), ("while x: assert x", True), ("nothing()", True), ("run(x, check=True)", False),
    ("try: assert x\n  except E: return", True), ("try: assert x\n  except E: assert y", False),
])  # fmt: skip
def test_what_counts_as_asserted(body, found):
    text = f"FULL = {{1: 2}}\nEMPTY = []\ndef helper(x):\n  assert x\ndef test_it():\n  {body}\n"
    assert bool(vacuous({"a": ast.parse(text)})) == found


def test_every_test_asserts_also_where_a_collection_is_empty():
    assert len(TESTS) > 50
    assert not vacuous(TESTS)


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
