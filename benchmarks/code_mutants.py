"""Break the code in many small ways and count what the tests notice: `python benchmarks/code_mutants.py --most 200`.

A mutant is `code/derivations` with one small change: a comparison, a constant or an operator replaced, a condition
negated, `None` returned, a statement left out. It is caught where a test fails that runs the function that was changed.
Which tests run which function is recorded first, in one run of `tests/package` that takes minutes; `--record FILE`
keeps it for the next time. The tests of a mutant run in a process of their own, the cheapest of each file first, up to
the first that fails; `--seconds` bounds what they cost. Everything happens in a copy of the checkout.

The table says how many were caught, by kind of change. Those that were not are listed, each with its place: a hole in
the tests, or a change that changes nothing.
"""

import argparse
import ast
import hashlib
import io
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout
from itertools import zip_longest
from pathlib import Path
from random import Random

import pytest

ROOT = Path(__file__).parent.parent
KEPT_OUT = ("test_house.py", "test_packages.py", "test_public.py")
"""These read the code, and would notice a change without running it."""
OUTCOMES = ("caught", "hung", "survived", "reached by no test")
FIRST = 30
"""So many tests run first, since most mutants fall there and few files are collected for them."""
HANGS = 30
"""Seconds of CPU beyond four times what its tests take on whole code, after which a mutant counts as hanging."""


# ── changes ───────────────────────────────────────────────────────────────────────────────────────────────────────

COMPARED = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
OPERATED = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.MatMult: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.Pow: ast.Mult, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
    ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip


def changed(node):
    """What a node may become: pairs of the kind of change and the new node."""
    match node:
        case ast.Compare(left, [operator, *others], comparators):
            yield "comparison", ast.Compare(left, [COMPARED[type(operator)](), *others], comparators)
        case ast.Constant(bool() as value):
            yield "constant", ast.Constant(not value)
        case ast.Constant(int() | float() as value):
            yield "constant", ast.Constant(value + 1)
        case ast.BinOp(left, operator, right) if type(operator) in OPERATED:
            yield "operator", ast.BinOp(left, OPERATED[type(operator)](), right)
        case ast.BoolOp(operator, values):
            yield "operator", ast.BoolOp(OPERATED[type(operator)](), values)
        case ast.UnaryOp(ast.USub(), operand):
            yield "operator", operand
        case ast.Return(value) if value is not None and getattr(value, "value", True) not in (None, False):
            yield "return", ast.Return(ast.Constant(None))
        case ast.Assign() | ast.AugAssign() | ast.Continue() | ast.Break() | ast.Raise():
            yield "statement", ast.Pass()
        case ast.Expr(value) if not isinstance(value, ast.Constant):
            yield "statement", ast.Pass()
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        yield "condition", node.test


class Change:
    """One change of a file: its place, its kind, what stood there and what stands there now.

    Attributes
    ----------
    path : str
        The file, from the root of the checkout.
    line : int
        Where the change begins.
    kind : str
    function : int
        The line on which the function begins that holds the place, with its decorators; 0 outside all functions.
    """

    def __init__(self, path, kind, old, new, function):
        self.path, self.kind, self.function, self.line = path, kind, function, old.lineno
        self.start, self.end = (old.lineno, old.col_offset), (old.end_lineno, old.end_col_offset)
        text = ast.unparse(ast.fix_missing_locations(new))
        if kind == "condition":
            text = f"(not ({text}))"
        elif not isinstance(old, ast.stmt):
            text = f"({text})"
        self.new = text

    def apply(self, source):
        """(source with the change, what stood there); columns count bytes."""
        lines = source.encode().splitlines(keepends=True)
        before = sum(map(len, lines[: self.start[0] - 1])) + self.start[1]
        after = sum(map(len, lines[: self.end[0] - 1])) + self.end[1]
        content = source.encode()
        return (content[:before] + self.new.encode() + content[after:]).decode(), content[before:after].decode()

    def told(self, source):
        """The place and the change, in a line."""
        old = " ".join(self.apply(source)[1].split())
        return f"{self.path}:{self.line}: {self.kind}: {old[:90]} → {' '.join(self.new.split())[:90]}"


def changes(path, source):
    """Every change of a file that the table knows, none inside of f-strings, whose places Python 3.11 does not tell."""

    def walk(node, function):
        if isinstance(node, ast.JoinedStr | ast.arg | ast.Import | ast.ImportFrom):
            return
        if isinstance(node, ast.FunctionDef | ast.Lambda):
            function = min(one.lineno for one in (node, *getattr(node, "decorator_list", ())))
        for kind, new in changed(node):
            yield Change(path, kind, node.test if kind == "condition" else node, new, function)
        for child in ast.iter_child_nodes(node):
            yield from walk(child, function)

    yield from walk(ast.parse(source), 0)


def drawn(root, most, seed, only=("",)):
    """As many changes as asked for, each kind as likely as another, and within a kind each place."""
    random, kinds = Random(seed), {}
    for path in sorted((root / "code" / "derivations").rglob("*.py")):
        name = path.relative_to(root).as_posix()
        for change in changes(name, path.read_text(encoding="utf-8")) if any(part in name for part in only) else ():
            kinds.setdefault(change.kind, []).append(change)
    for found in kinds.values():
        random.shuffle(found)
    in_turn = [one for row in zip_longest(*(kinds[name] for name in sorted(kinds))) for one in row if one]
    return in_turn[:most]


# ── which tests run which function ────────────────────────────────────────────────────────────────────────────────


class Recorder:
    """A plugin of pytest that records, of each test, the functions of the package that it runs and its seconds of CPU.

    What is run while a fixture is set up counts for all tests of the file: it may be shared.
    """

    def __init__(self, code):
        self.code, self.known, self.now = f"{code}/", {}, set()
        self.tests, self.shared, self.failed = {}, {}, set()

    def seen(self, frame, event, argument):
        """Note a call; the trace function of Python that sees calls alone."""
        code = frame.f_code
        key = self.known.get(code)
        if key is None:
            ours = code.co_filename.startswith(self.code)
            key = self.known[code] = (
                f"code/{code.co_filename.removeprefix(self.code)}:{code.co_firstlineno}" if ours else ""
            )
        if key:
            self.now.add(key)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item):
        """What a fixture runs is shared."""
        self.now = self.shared.setdefault(item.path.name, set())
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item):
        """What the test itself runs, and its seconds."""
        self.now, begun = set(), time.process_time()
        sys.settrace(self.seen)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            self.tests[item.nodeid] = (time.process_time() - begun, self.now)

    def pytest_runtest_logreport(self, report):
        """One that fails on whole code catches nothing."""
        if report.failed:
            self.failed.add(report.nodeid)

    def record(self):
        """From each test to its seconds and its functions."""
        return {
            name: (seconds, sorted(keys | self.shared[name.partition("::")[0].rpartition("/")[2]]))
            for name, (seconds, keys) in self.tests.items()
            if name not in self.failed
        }


class Chosen:
    """A plugin of pytest that runs some of the tests, in their order."""

    def __init__(self, names):
        self.order = {name: place for place, name in enumerate(names)}
        self.failed = None

    def pytest_collection_modifyitems(self, items):
        """Keep what was chosen."""
        items[:] = sorted((item for item in items if item.nodeid in self.order), key=lambda one: self.order[one.nodeid])

    def pytest_runtest_logreport(self, report):
        """Remember the first that failed."""
        if report.failed and self.failed is None:
            self.failed = report.nodeid

    def pytest_collectreport(self, report):
        """A file that cannot be collected has failed, too."""
        if report.failed and self.failed is None:
            self.failed = report.nodeid


def run_tests(root, names, plugin):
    """Run files of tests in this process and say nothing; the exit status of pytest."""
    os.chdir(root)
    sys.path.insert(0, str(root / "code"))
    os.environ["PYTHONPATH"] = str(root / "code")
    sys.dont_write_bytecode = True
    arguments = [
        "-q",
        "-x",
        "--continue-on-collection-errors",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "--tb=no",
        *names,
    ]
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        return pytest.main(arguments, plugins=[plugin])


def in_a_process(job, seconds):
    """What a job says, run in a fork of this process, or None where it needs more CPU than it may.

    The fork has what this process has imported, so that only the package itself is loaded anew for each mutant.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 2))
        signal.signal(signal.SIGXCPU, signal.SIG_DFL)
        said = json.dumps(job()).encode()
        with os.fdopen(writing, "wb") as stream:
            stream.write(said)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        said = stream.read()
    os.waitpid(child, 0)
    return json.loads(said) if said else None


def recorded(root, tests):
    """From each test in a folder to its seconds and to the functions it runs, recorded in a fork."""

    def job():
        recorder = Recorder(root / "code")
        files = sorted(path.relative_to(root).as_posix() for path in (root / tests).rglob("test_*.py"))
        files = [name for name in files if not name.endswith(KEPT_OUT)]
        run_tests(root, [*files, "--maxfail=1000"], recorder)
        return [recorder.record(), sorted(recorder.failed)]

    record, failed = in_a_process(job, 36000)
    if failed:
        print(f"these fail on the code as it stands, and catch nothing: {', '.join(failed)}", file=sys.stderr)
    return record


def version_of(root):
    """A hash of the package and its tests, for which a record holds."""
    paths = [path for folder in ("code", "tests") for path in sorted((root / folder).rglob("*.py"))]
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()


def chosen(record, change, seconds):
    """The tests that run what was changed: the cheapest of each file first, within a bound of seconds on whole code."""
    key = f"{change.path}:{change.function}"
    names = [name for name, (_, functions) in record.items() if key in functions]
    if not names:  # a table, or what makes one while its file is imported: whatever the file serves
        names = [name for name, (_, found) in record.items() if any(one.startswith(f"{change.path}:") for one in found)]
    module = Path(change.path).stem
    names = names or [name for name in record if f"/test_{module}.py::" in name]
    rank, counted = {}, Counter()
    for name in sorted(names, key=lambda name: record[name][0]):
        counted[name.partition("::")[0]] += 1
        rank[name] = (counted[name.partition("::")[0]], record[name][0])
    names, spent = [], 0.0
    for name in sorted(rank, key=rank.get):
        spent += record[name][0]
        if names and spent > seconds:
            break
        names.append(name)
    return names


def judged(root, change, names, seconds):
    """(outcome, the test that failed) of a change, whose tests take some seconds on whole code."""
    path = root / change.path
    source = path.read_text(encoding="utf-8")
    path.write_text(change.apply(source)[0], encoding="utf-8")

    def job(part):
        plugin = Chosen(part)
        status = run_tests(root, sorted({name.partition("::")[0] for name in part}), plugin)
        return [int(status), plugin.failed]

    try:
        for part in filter(None, (names[:FIRST], names[FIRST:])):
            said = in_a_process(lambda part=part: job(part), HANGS + 4 * seconds)
            if said is None:
                return "hung", ""
            if said[0]:
                return "caught", said[1] or f"pytest ended with {said[0]}"
    finally:
        path.write_text(source, encoding="utf-8")
    return "survived", ""


# ── the table ─────────────────────────────────────────────────────────────────────────────────────────────────────


def table(found):
    """The counts as text, a row for each kind."""
    kinds = sorted({change.kind for change, _, _ in found})
    rows = [["", *OUTCOMES, "of"]]
    for kind in [*kinds, "all"]:
        of_kind = [outcome for change, outcome, _ in found if kind in (change.kind, "all")]
        rows.append([kind, *(str(of_kind.count(outcome)) for outcome in OUTCOMES), str(len(of_kind))])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.rjust, row, widths)) for row in rows)


def main():
    """Draw, run, count."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--most", type=int, default=200, help="how many mutants")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="begin with this one of those that are drawn")
    parser.add_argument("--seconds", type=float, default=60, help="of tests for a mutant that no test catches")
    parser.add_argument("--minutes", type=float, default=600, help="begin no mutant after these, on the clock")
    parser.add_argument("--record", type=Path, help="a file that keeps which tests run which function")
    parser.add_argument("--tests", default="tests/package", help="the folder of the tests that are recorded")
    parser.add_argument("--only", nargs="*", default=[""], help="only files whose path holds one of these")
    options = parser.parse_args()
    begun = time.monotonic()
    import hypothesis, lark, numpy, sympy  # noqa: E401, F401, I001  (once for all forks)

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve() / "copy"
        shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns(".git", ".venv", "node_modules", "_build", "runtime"))
        version, record = version_of(root), None
        if options.record and options.record.exists():
            kept = json.loads(options.record.read_text(encoding="utf-8"))
            record = kept["record"] if kept["version"] == version else None  # lines are names here, and may have moved
        if record is None:
            record = recorded(root, options.tests)
            if options.record:
                options.record.write_text(json.dumps({"version": version, "record": record}), encoding="utf-8")
        print(f"{len(record)} tests, {sum(seconds for seconds, _ in record.values()):.0f} s of CPU while recorded")
        found = []
        for count, change in enumerate(drawn(root, options.most, options.seed, options.only)):
            if count < options.first:
                continue
            if time.monotonic() - begun > 60 * options.minutes:
                break
            names = chosen(record, change, options.seconds)
            spent = sum(record[name][0] for name in names)
            outcome, by = judged(root, change, names, spent) if names else ("reached by no test", "")
            told = change.told((root / change.path).read_text(encoding="utf-8"))
            found.append((change, outcome, told))
            print(f"{count:4} {outcome} [{len(names)} tests] {told} {by}", flush=True)
    print(f"\n{table(found)}\n")
    for _, outcome, told in found:
        if outcome in ("survived", "reached by no test"):
            print(f"{outcome}: {told}")


if __name__ == "__main__":
    main()
