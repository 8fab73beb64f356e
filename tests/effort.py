"""How much work something takes, told without a clock on the wall: a busy machine changes no verdict."""

import contextlib
import functools
import sys
import time

from derivations import check

judge = functools.partial(check, mend=False)
"""`check` where a test asks for verdicts alone: to find what would be right takes far longer than to judge."""


@contextlib.contextmanager
def soon(seconds):
    """Fail where what is done takes more of the process's own time; bounds are far above what an idle machine takes."""
    started = time.process_time()
    try:
        yield
    finally:
        spent = time.process_time() - started
        assert spent < seconds, f"it took {spent:.1f} s of work, where {seconds} are allowed"


def calls(make):
    """How many functions of Python and C are called while `make` runs: what a clock says where nothing else is done."""
    count = 0

    def see(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(see)
    try:
        make()
    finally:
        sys.setprofile(before)
    return count
