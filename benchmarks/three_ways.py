"""Time the three ways to one gradient, side by side: `python benchmarks/three_ways.py`, or with `--store` to keep it.

Each row is one problem, each column one way to its gradient, each number a median. Before anything is timed, all ways
must give the same gradient. The stored table is chapters/data/three-ways.csv, from which a chapter draws its figure; no
page times anything itself.
"""

import argparse
import csv
import datetime
import os
import platform
import statistics
import time
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"  # before NumPy is imported: one thread for every way, however many cores there are

import numpy as np

from derivations import complex_step_gradient
from gradients import gradient_matrix, gradient_scalar, gradient_vector, loss

SIZES = [(8, 4, 2), (16, 8, 4), (32, 16, 8), (64, 32, 16), (128, 64, 32), (256, 128, 64)]  # N, n, m; N·n·m grows 8-fold
STORED = Path(__file__).parent.parent / "chapters" / "data" / "three-ways.csv"

WAYS = {
    "loss": loss,  # the value alone, to compare with
    "scalar": gradient_scalar,
    "vector": gradient_vector,
    "diag": lambda W, X, b, Y: gradient_matrix(W, X, b, Y, form="diag"),
    "hadamard": gradient_matrix,
    "complex step": lambda W, X, b, Y: complex_step_gradient(lambda moved: loss(moved, X, b, Y), W),
}


def problem(N, n, m):
    """Random W: m×n, X: N×n, b: m and Y: N×m, the same in each run."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((m, n)), rng.standard_normal((N, n)), rng.standard_normal(m), rng.random((N, m))


def assert_agreement(arguments):
    """Stop where two ways give different gradients with respect to W."""
    expected = gradient_matrix(*arguments).W
    for name, way in WAYS.items():
        found = getattr(way(*arguments), "W", way(*arguments))
        if name != "loss" and not np.allclose(found, expected, rtol=0, atol=1e-10 * np.abs(expected).max()):
            raise SystemExit(f"{name} and hadamard give different gradients; nothing was timed")


def median_seconds(arguments, rounds=9):
    """The median time of a call of each way, in seconds.

    The ways take turns, so that a busy moment of the machine meets all of them. Quick calls are timed in groups, so
    that the clock's own step does not show.
    """

    def seconds(way, calls):
        start = time.perf_counter()
        for _ in range(calls):
            way(*arguments)
        return (time.perf_counter() - start) / calls

    calls = {name: max(1, int(0.02 / seconds(way, 1))) for name, way in WAYS.items()}
    turns = [{name: seconds(way, calls[name]) for name, way in WAYS.items()} for _ in range(rounds)]
    return {name: statistics.median(turn[name] for turn in turns) for name in WAYS}


def measure():
    """One dictionary for each size and way, printed as they come."""
    when = {"date": datetime.date.today().isoformat(), "python": platform.python_version(), "numpy": np.__version__}
    print("Median microseconds for the gradients by W, b and X (loss: its value; complex step: the gradient by W)")
    print(f"{'N':>5}{'n':>5}{'m':>5}" + "".join(f"{name:>14}" for name in WAYS))
    for N, n, m in SIZES:
        arguments = problem(N, n, m)
        assert_agreement(arguments)
        medians = median_seconds(arguments)
        print(f"{N:5}{n:5}{m:5}" + "".join(f"{1e6 * seconds:14,.0f}" for seconds in medians.values()), flush=True)
        for name, seconds in medians.items():
            yield {**when, "N": N, "n": n, "m": m, "way": name, "seconds": f"{seconds:.3g}"}
    print(", ".join(f"{name} {value}" for name, value in when.items()))


def main():
    """Print the table, and store it where asked to."""
    parser = argparse.ArgumentParser(description="Time the three ways to one gradient, side by side.")
    parser.add_argument("--store", action="store_true", help="write the table to chapters/data/three-ways.csv")
    store = parser.parse_args().store
    rows = list(measure())
    if store:
        with STORED.open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        print("stored in chapters/data/three-ways.csv")


if __name__ == "__main__":
    main()
