"""Macros of a site: where they are found, and that nothing is run to find them."""

import json

import pytest

from derivations.__main__ import main
from derivations.book.markdown_pages import check_page
from derivations.book.site_macros import as_latex, macros_beside, macros_in, macros_of
from derivations.checking import Checker, check

PAGE = r"""$$
% given x: n; varying x
\grad{x} (\vx^T \vx) = \twice{\vx}
$$
"""
BODIES = {"grad": [r"\nabla_{#1}", 1], "vx": r"\mathbf{x}", "twice": ["#1 #2", 2, "2"]}
FILES = {
    "_config.yml": json.dumps({"sphinx": {"config": {"mathjax3_config": {"tex": {"macros": BODIES}}}}}),
    "conf.py": f"import nothing_there\nmathjax3_config = {{'tex': {{'macros': {BODIES!r}}}}}\nmathjax_path = f()\n",
    "myst.yml": json.dumps({"project": {"math": {f"\\{name}": body for name, body in BODIES.items()}}}),
    "macros.json": json.dumps(BODIES),
    "macros.yml": json.dumps(BODIES),
    "preamble.tex": r"""\newcommand{\grad}[1]{\nabla_{#1}} % a remark
\newcommand\vx{\mathbf x}
\newcommand{\twice}[2][2]{#1 #2}""",
}


@pytest.fixture
def written(tmp_path):
    path = tmp_path / "site" / "part" / "page.md"
    path.parent.mkdir(parents=True)
    path.write_text(PAGE, encoding="utf-8")
    return path


def verdicts(written, macros):
    (item,) = check_page(written, Checker(macros=macros))
    return [line.verdict for line in item.lines]


@pytest.mark.parametrize("name", FILES)
def test_macros_of_a_file(written, tmp_path, name):
    path = tmp_path / name
    path.write_text(FILES[name], encoding="utf-8")
    assert verdicts(written, {}) == ["unread"]
    assert verdicts(written, macros_in(path)) == ["holds"]


@pytest.mark.parametrize("name", ["_config.yml", "conf.py", "myst.yml"])
def test_settings_above_a_page_are_found(written, name):
    (written.parents[1] / name).write_text(FILES[name], encoding="utf-8")
    assert verdicts(written, macros_beside(written)) == ["holds"]
    (written.parent / ".git").mkdir()
    assert macros_beside(written) == {}  # another repository


def test_settings_of_mathjax_2(written):
    assert verdicts(written, macros_of({"mathjax_config": {"TeX": {"Macros": BODIES}}})) == ["holds"]


@pytest.mark.parametrize("settings", [None, {}, {"mathjax3_config": 3}, {"mathjax3_config": {"tex": []}},
    {"mathjax3_config": {"tex": {"macros": {"a": 3, 4: "x", "b": []}}}}])  # fmt: skip
def test_settings_of_another_form_are_passed_over(settings):
    assert macros_of(settings) == {}


@pytest.mark.parametrize("name, text", [
    ("m.yml", "a: [1"), ("m.json", "{"), ("conf.py", "x = ("), ("m.tex", r"\newcommand{\a}{"), ("m.json", "3"),
])  # fmt: skip
def test_a_file_that_cannot_be_read_is_named(capsys, written, tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    assert main(["check", str(written), "--macros", str(path)]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"derivations: {path}") and err.count("\n") == 1


def test_the_command_line_takes_macros_and_finds_those_of_the_site(capsys, written, tmp_path):
    path = tmp_path / "preamble.tex"
    path.write_text(FILES["preamble.tex"], encoding="utf-8")
    assert main(["check", str(written), "--macros", str(path)]) == 0 and "1 executed" in capsys.readouterr().out
    (written.parents[1] / "_config.yml").write_text(FILES["_config.yml"], encoding="utf-8")
    assert main(["check", str(written)]) == 0 and "1 executed" in capsys.readouterr().out


def test_what_a_page_defines_holds_below_it(tmp_path):
    path = tmp_path / "page.md"
    path.write_text("$\\newcommand{\\sq}[1]{#1^T #1}$\n\n$$\n% given x: n; varying x\n\\nabla_x (\\sq{x}) = 2x\n$$\n")
    (item,) = check_page(path)
    assert [line.verdict for line in item.lines] == ["holds"]
    assert check(**item.alone).ok  # by itself it brings its macro


def test_macros_are_written_so_that_they_are_read_back():
    macros = macros_of({"mathjax3_config": {"tex": {"macros": {**BODIES, "lr": [r"\left(#1\right) \vx y", 1]}}}})
    text = as_latex(macros)
    assert macros_text(text) == macros_text(as_latex(macros_of_latex(text)))
    assert r"\newcommand{\twice}[2][2]{#1 #2}" in text and r"\vx y" in text


def macros_of_latex(text):
    from derivations.reading.tex import defined

    return defined(text)


def macros_text(text):
    return "".join(text.split())
