"""How the benchmark of the site is called."""

import shutil
import subprocess
import sys

import pytest

from browsing import BOOK


@pytest.mark.parametrize(("arguments", "code"), [(["--help"], 0), (["begin"], 2)])
def test_the_benchmark_of_the_site_says_how_it_is_called_before_it_builds_anything(tmp_path, arguments, code):
    (tmp_path / "web").symlink_to(BOOK / "web")  # and no chapters: a copy that builds the plain book fails at once
    (tmp_path / "benchmarks").mkdir()
    copied = shutil.copy(BOOK / "benchmarks" / "site.py", tmp_path / "benchmarks")
    said = subprocess.run([sys.executable, copied, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert said.returncode == code and "usage: site.py [-h] [{pages,start}]" in said.stdout + said.stderr
