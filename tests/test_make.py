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


def test_a_port_in_use(book):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = make(book, "serve", f"PORT={port}")
    assert result.returncode != 0
    assert f"Port {port} is in use" in result.stderr
    assert "Traceback" not in result.stderr


def test_help_names_every_command(book):
    said = make(book, "help").stdout
    for command in ("book", "test", "serve", "lab", "outputs", "lint", "setup", "clean"):
        assert f"make {command} " in said
