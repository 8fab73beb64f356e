"""Books built by Sphinx or Jupyter Book, each in a process of its own: what a build registers in docutils outlives it.

The processes are forks of a server that has imported what a build needs, and built nothing: to import it takes longer
than to build a page.
"""

import importlib
import multiprocessing
import os
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

NEEDED = [
    "building", "derivations.checking", "derivations.sphinx_ext", "jupyter_book.cli.main", "jupyter_book.sphinx",
    "myst_nb", "sphinx.builders.html", "sphinx.builders.latex", "sphinx.cmd.build", "sphinx_book_theme",
]  # fmt: skip

context = multiprocessing.get_context("forkserver")
context.set_forkserver_preload(NEEDED)


def _run(module, arguments, out, err):
    """Call `main` of a module as its command line does; what it prints goes into two files."""
    for stream, path in ((sys.stdout, out), (sys.stderr, err)):
        stream.flush()
        with open(path, "wb") as file:
            os.dup2(file.fileno(), stream.fileno())
    sys.argv = [module, *arguments]
    code = importlib.import_module(module).main(arguments)
    sys.stdout.flush()
    sys.exit(code)


def build(module, *arguments):
    """What a builder returns and says: `sphinx.cmd.build`, or `jupyter_book.cli.main`.

    Parameters
    ----------
    module : str
        Its function `main` takes the arguments of the command line.
    *arguments : str or Path

    Returns
    -------
    SimpleNamespace
        With `returncode`, `stdout` and `stderr`.
    """
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        process = context.Process(target=_run, args=(module, [*map(str, arguments)], out, err))
        process.start()
        process.join()
        said = [path.read_text(encoding="utf-8") for path in (out, err)]
        return SimpleNamespace(returncode=process.exitcode, stdout=said[0], stderr=said[1])
