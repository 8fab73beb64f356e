"""What the tests cost: `python benchmarks/suite.py [FILE OR FOLDER …]`, by default all of them.

They run one after another in this process. The table says of each file how many tests it has and how many seconds of
CPU they took, with those of the processes that they start and wait for; below stand the tests that took most. What all
files need to be imported is a row of its own.
"""

import argparse
import contextlib
import io
import os
import sys
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


class Spent:
    """Seconds of CPU of this process and of all that descend from it, where /proc tells.

    Chromium does not wait for each of its processes: what one had spent when it was last seen and nobody took over is
    not forgotten.
    """

    def __init__(self):
        self.seen, self.lost = {}, 0.0

    def __call__(self):
        """So much until now."""
        here, ticks = os.getpid(), os.sysconf("SC_CLK_TCK")
        times = os.times()
        rows = {here: (0, sum(times[:2]), sum(times[2:4]))}
        for path in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):  # it has ended meanwhile
                fields = path.read_text(errors="replace").rpartition(")")[2].split()
                own, waited = (sum(map(int, fields[at : at + 2])) / ticks for at in (11, 13))
                rows.setdefault(int(path.parent.name), (int(fields[1]), own, waited))
        found = {here}
        while more := {pid for pid, (parent, *_) in rows.items() if parent in found} - found:
            found |= more
        gone = defaultdict(float)
        for pid in self.seen.keys() - found:
            heir = self.seen[pid][0]
            while heir not in found:
                heir = self.seen[heir][0]
            gone[heir] += sum(self.seen[pid][1:])
        for heir, seconds in gone.items():
            self.lost += max(0.0, seconds - (rows[heir][2] - self.seen[heir][2]))
        self.seen = {pid: rows[pid] for pid in found}
        return self.lost + sum(own + waited for _, own, waited in self.seen.values())


cpu = Spent()


class Costs:
    """A plugin of pytest that adds up what each test costs, with what is set up for it.

    Attributes
    ----------
    tests : dict
        The name of a test to its seconds of CPU.
    collecting : float
        Seconds until the first test runs.
    failed : set of str
        The tests that fail.
    """

    def __init__(self):
        self.tests, self.failed, self.begun, self.collecting = {}, set(), cpu(), 0.0

    def pytest_collection_finish(self, session):
        """Files are imported, and their cases made."""
        self.collecting = cpu() - self.begun

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item, nextitem):
        """One test, from the first fixture to the last."""
        begun = cpu()
        try:
            return (yield)
        finally:
            self.tests[item.nodeid] = cpu() - begun

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self):
        """What has run is counted before it is closed."""
        cpu()

    def pytest_runtest_logreport(self, report):
        """A test that fails costs what it costs, and is told."""
        if report.failed:
            self.failed.add(report.nodeid)


def tables(costs, most):
    """The files by what they cost, and the tests that cost most, as text."""
    files = defaultdict(list)
    for name, seconds in costs.tests.items():
        files[name.partition("::")[0]].append(seconds)
    rows = sorted(((sum(spent), len(spent), name) for name, spent in files.items()), reverse=True)
    rows.append((costs.collecting, 0, "imports and cases"))
    rows.append((sum(row[0] for row in rows), len(costs.tests), "all"))
    slow = sorted(costs.tests.items(), key=lambda pair: -pair[1])[:most]
    lines = ["CPU s  tests", *(f"{seconds:5.1f}  {count or '':>5}  {name}" for seconds, count, name in rows)]
    lines += ["", "CPU s  the slowest tests", *(f"{seconds:5.1f}  {name[:150]}" for name, seconds in slow)]
    return "\n".join([*lines, *(f"failed: {name}" for name in sorted(costs.failed))])


def main():
    """Run, add up, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("paths", nargs="*", default=["tests"], help="files and folders of tests")
    parser.add_argument("--most", type=int, default=25, help="how many of the slowest tests are listed")
    options = parser.parse_args()
    os.chdir(ROOT)
    costs = Costs()
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--tb=no", *options.paths], plugins=[costs])
    print(tables(costs, options.most) if costs.tests else said.getvalue())
    return bool(costs.failed)


if __name__ == "__main__":
    sys.exit(main())
