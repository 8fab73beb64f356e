"""Build the wheel and the sdist of `derivations` into dist/, and try the wheel as somebody who installs it would.

`make dist` runs it. The metadata of both are validated, the wheel is installed into an environment of its own with what
it asks for and nothing else, and the two commands that the README shows are run there.
"""

import re
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path

from packaging.metadata import Metadata

BOOK = Path(__file__).parent.parent
DIST = BOOK / "dist"
NEEDS = {"derivations", "lark", "numpy", "pip", "setuptools"}
"""What may be in the environment afterwards; pip and setuptools come with it."""
COMMAND = re.compile(r"^    ((?:.*\\\n)*.*\.venv/bin/python -m derivations (?:.*\\\n)*.*)$", re.MULTILINE)


def metadata(path):
    """The metadata of a wheel or an sdist, validated.

    Raises
    ------
    ExceptionGroup
        With every field that is not valid.
    """
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as archive:
            (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
            content = archive.read(name)
    else:
        with tarfile.open(path) as archive:
            content = archive.extractfile(f"{path.name.removesuffix('.tar.gz')}/PKG-INFO").read()
    return Metadata.from_email(content, validate=True)


def commands(readme):
    """The commands of a README that run the package, as written."""
    found = [re.sub(r"\\\n\s*", "", command) for command in COMMAND.findall(readme)]
    if len(found) != 2:
        raise SystemExit(f"the README shows {len(found)} commands of the package, and two are expected")
    return found


def run(*command, status=0, **options):
    """Run a command that must end with a status; its output as text.

    Raises
    ------
    SystemExit
        With what it said, where it ends with another.
    """
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode != status:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def main():
    """Build, validate, install, try."""
    for old in DIST.glob("*"):
        old.unlink()
    run(sys.executable, "-m", "build", "--outdir", DIST, BOOK)
    (wheel,), (source,) = DIST.glob("*.whl"), DIST.glob("*.tar.gz")
    for path in (source, wheel):
        told = metadata(path)
        print(f"{path.name}: {told.name} {told.version}, needs {', '.join(map(str, told.requires_dist))}")
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel)
        listed = run(python, "-m", "pip", "list", "--format=freeze", "--disable-pip-version-check").split()
        installed = {line.partition("==")[0] for line in listed}
        if not installed <= NEEDS:
            raise SystemExit(f"the wheel brings {', '.join(sorted(installed - NEEDS))}")
        for command in commands((BOOK / "README.md").read_text(encoding="utf-8")):
            print(f"$ {command}")
            finds = " check " in command  # the derivation that the README checks is wrong, and the command must find it
            command = command.replace(".venv/bin/python", str(python))
            print(run("bash", "-c", command, status=int(finds), cwd=folder))


if __name__ == "__main__":
    main()
