"""Compile the Python in an archive. It runs in Pyodide, under Node (see compile.mjs): bytecode is of one version alone.

Most of the time to a reader's first result went into compiling the standard library and NumPy, each time anew, and half
of what was left into the tables of the grammar.
"""

import importlib.util
import io
import zipfile
from importlib._bootstrap_external import _code_to_hash_pyc as bytecode

OWN = ("derivations/", "gradients/")  # the book shows the sources of its own packages
LEFT_OUT = (".a", ".c", ".h", ".pxd", ".pyi", ".pyx")  # for compilers and type checkers
PLACES = {True: "/lib/python3.12/site-packages", False: "/lib/python312.zip"}  # of a wheel; of the standard library


def compiled(name, content, more=()):
    """An archive with bytecode in the place of sources and without tests; the book's own packages keep their sources.

    Parameters
    ----------
    name : str
        The name of the archive.
    content : bytes
        The archive.
    more : iterable of (str, bytes)
        Files that are added.

    Returns
    -------
    bytes
    """
    made = io.BytesIO()
    place = PLACES[name.endswith(".whl")]
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(made, "w") as archive:
        for member in given.namelist():
            if "/tests/" in member or member.endswith(LEFT_OUT):
                continue
            source = given.read(member)
            code = code_of(source, f"{place}/{member}") if member.endswith(".py") else None
            if code is None or member.startswith(OWN):
                put(archive, member, source)
            if code is not None:
                put(archive, compiled_name(member), bytecode(code, importlib.util.source_hash(source), False))
        for member, added in more:
            put(archive, member, added)
    return made.getvalue()


def tables():
    """The tables of the grammar, made by the package itself: (name, content) of each file."""
    from derivations.reading import latex_parser

    latex_parser.parser(None, cache=True)
    yield f"derivations/reading/{latex_parser.TABLES.name}", latex_parser.TABLES.read_bytes()


def code_of(source, path):
    """The code of a module, or None for a file that is a template or an example of an error."""
    try:
        return compile(source, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return None


def compiled_name(member):
    """Where Python looks for the bytecode of a module: beside its source, or in its place."""
    return importlib.util.cache_from_source(member) if member.startswith(OWN) else f"{member}c"


def put(archive, member, content):
    """Add a file to an archive, without the time of day."""
    archive.writestr(zipfile.ZipInfo(member), content, zipfile.ZIP_DEFLATED, 9)
