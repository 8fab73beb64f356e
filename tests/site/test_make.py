"""What make says where something is missing: one sentence, and no success."""

import os
import shutil
import socket
import subprocess

import pytest

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def make(folder, *arguments):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(["make", *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=60)


# Each case: what the Python does when it is asked (None: there is none), and what make says.
PYTHONS = {
    "missing": (None, "was not found"),
    "too old": ("exit 1", "3.11 or newer"),
    "without venv": ('case "$2" in *ensurepip*) exit 1;; esac', "python3-venv"),
}


@pytest.mark.parametrize("name", PYTHONS)
def test_a_python_that_will_not_do(book, tmp_path, name):
    script, said = PYTHONS[name]
    for file in ("Makefile", "requirements.txt", "constraints.txt", "pyproject.toml"):
        shutil.copy(book / file, tmp_path)
    if script is not None:
        (tmp_path / "python").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "python").chmod(0o755)
    result = make(tmp_path, "setup", f"PYTHON={tmp_path / 'python'}")
    assert result.returncode != 0
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / ".venv").exists()


# A Python that notes what it is asked, and whose web/runtime.py ends with the status in the file `status`.
NOTING = """#!/bin/sh
echo "$*" >> asked
case "$*" in web/runtime.py) exit "$(cat status)";; esac
"""
BUILDING = "#!/bin/sh\nmkdir -p _build/html && touch _build/html/index.html && echo built >> asked\n"


@pytest.fixture
def served(book, tmp_path):
    """What `make serve` does, in a folder that is set up, where all it calls only notes that it was called."""
    shutil.copy(book / "Makefile", tmp_path)
    for name in ("requirements.txt", "constraints.txt", "pyproject.toml", "web/package.json", "web/package-lock.json",
                 "index.md", "_config.yml", "_toc.yml", "chapters/one.md", "code/derivations/two.py",
                 "web/node_modules/three.js"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    for name, script in (("python", NOTING), ("jupyter-book", BUILDING)):
        path = tmp_path / ".venv" / "bin" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(script)
        path.chmod(0o755)
    for name in (".venv/.installed", "web/node_modules/.installed"):
        (tmp_path / name).touch()

    def serve(status=0):
        (tmp_path / "asked").unlink(missing_ok=True)
        (tmp_path / "status").write_text(str(status))
        result = make(tmp_path, "serve", "PORT=8123")
        return result, (tmp_path / "asked").read_text().splitlines()

    serve.folder = tmp_path
    return serve


def test_serve_fetches_builds_and_shows(served):
    result, asked = served()
    assert result.returncode == 0
    assert [line.split()[0] for line in asked] == ["-c", "web/runtime.py", "built", "-m"]
    assert asked[-1] == "-m http.server --bind 127.0.0.1 --directory _build/html 8123"
    assert "http://localhost:8123/" in result.stdout and "without live cells" not in result.stderr


def test_serve_goes_on_where_the_runtime_cannot_be_fetched(served):
    result, asked = served(status=3)
    assert result.returncode == 0
    assert "built" in asked and asked[-1].startswith("-m http.server")
    assert "shown without live cells" in result.stderr


@pytest.mark.parametrize(
    "newer", ["chapters/one.md", "code/derivations/two.py", "_toc.yml", "web/node_modules/three.js"]
)
def test_serve_builds_again_where_a_source_is_newer(served, newer):
    served()
    index = served.folder / "_build" / "html" / "index.html"
    assert "built" not in served()[1]
    os.utime(served.folder / newer, (index.stat().st_mtime + 10,) * 2)
    assert ("built" in served()[1]) == ("node_modules" not in newer)


@pytest.fixture
def ci(book, tmp_path):
    """What `.ci/run` does where all it calls only notes that it was called, and the runtime ends with a status."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed")
    (tmp_path / ".ci").mkdir()
    shutil.copy(book / ".ci" / "run", tmp_path / ".ci")
    for name, script in ((".venv/bin/python", NOTING), ("bin/make", '#!/bin/sh\necho "make $*" >> asked\n')):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)

    def run(status):
        (tmp_path / "status").write_text(str(status))
        path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
        result = subprocess.run(
            [bash, tmp_path / ".ci" / "run"],
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            timeout=60,
        )
        return result, (tmp_path / "asked").read_text()

    return run


def test_ci_checks_the_rest_where_the_runtime_has_vanished_and_says_so_last(ci):
    result, asked = ci(3)
    assert result.returncode == 0
    assert "make test" in asked
    assert any("Live cells were NOT checked" in line for line in result.stdout.splitlines()[-3:])


def test_ci_says_nothing_of_it_where_all_is_there(ci):
    result, asked = ci(0)
    assert result.returncode == 0 and "make test" in asked and "NOT checked" not in result.stdout


def test_ci_stops_at_a_forged_file(ci):
    result, asked = ci(1)
    assert result.returncode == 1 and "make test" not in asked


def test_the_workflow_publishes_no_book_without_live_cells(book):
    (workflow,) = (book / ".github" / "workflows").glob("*.yml")
    build = workflow.read_text(encoding="utf-8").split("\n  build:")[1].split("\n  deploy:")[0]
    assert build.index("run: make runtime") < build.index("run: make pdf")


def test_the_first_screen_of_the_readme_is_two_commands(book):
    text = (book / "README.md").read_text(encoding="utf-8")
    block = [line.split("#")[0].strip() for line in text.splitlines() if line.startswith("    ")]
    assert block[:2] == ["make serve", "make test"]
    assert text.index("derivation-checked.svg") < text.index("make serve") < text.index("make test") < 1000


def test_a_port_in_use(book):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = make(book, "serve", f"PORT={port}")
    assert result.returncode != 0
    assert f"Port {port} is in use" in result.stderr
    assert "Traceback" not in result.stderr


def test_help_names_every_command(book):
    said = make(book, "help").stdout
    for command in ("serve", "test", "book", "runtime", "lab", "outputs", "lint", "setup", "clean"):
        assert f"make {command} " in said
