"""The macros of a site, read from its settings or from a file: what the pages' LaTeX may use without defining it.

Settings are those of MathJax 2, 3 and 4 in Sphinx (``mathjax_config``, ``mathjax2_config``, ``mathjax3_config``,
``mathjax4_config``), in Jupyter Book's ``_config.yml`` and in ``conf.py``, and ``project: math`` of ``myst.yml``.
A file ``conf.py`` is read and never run.
"""

import ast
import itertools
import json
from pathlib import Path

from derivations.reading.tex import defined, scan

SETTINGS = ("_config.yml", "conf.py", "myst.yml")
"""Files in which a site keeps its settings."""
MATHJAX = ("mathjax_config", "mathjax2_config", "mathjax3_config", "mathjax4_config")


def macros_of(settings):
    r"""The macros in the settings of Sphinx.

    Parameters
    ----------
    settings : dict
        With ``mathjax3_config`` and the like; what is not there or has another form is passed over.

    Returns
    -------
    dict
        As `check` takes them: ``{"\\R": ...}``.
    """
    found = {}
    for name in MATHJAX:
        config = _dict(_dict(settings).get(name))
        for tex, macros in (("TeX", "Macros"), ("tex", "macros")):
            found |= _macros(_dict(_dict(config.get(tex)).get(macros)))
    return found


def macros_in(path):
    """The macros in a file: settings of a site, JSON or YAML by name, or LaTeX with its definitions.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    dict
        As `check` takes them.

    Raises
    ------
    ValueError
        Where the file cannot be read, with its name.
    """
    path = Path(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
        if path.suffix == ".py":
            return macros_of(_assigned(text))
        if path.suffix not in (".yml", ".yaml", ".json"):
            return defined(text)
        settings = json.loads(text) if path.suffix == ".json" else _yaml(text)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror or error}") from error
    except (ValueError, SyntaxError, RecursionError) as error:
        raise ValueError(f"{path} cannot be read: {str(error).splitlines()[0]}") from error
    if not isinstance(settings, dict):
        raise ValueError(f"{path} holds no macros by name")
    inner = _dict(_dict(settings.get("sphinx")).get("config"))
    math = _dict(_dict(settings.get("project")).get("math")) | _dict(settings.get("math"))
    of_site = macros_of(settings) | macros_of(inner) | _macros(math)
    return of_site if path.name in SETTINGS or of_site else _macros(settings)


def macros_beside(path):
    """The macros of the site to which a page belongs: settings in its folder or the nearest one above it.

    Parameters
    ----------
    path : Path
        The page.

    Returns
    -------
    dict
        Empty where no settings are found.
    """
    for folder in path.resolve().parents:
        settings = [folder / name for name in SETTINGS if (folder / name).is_file()]
        if settings:
            found = {}
            for one in settings:
                found |= macros_in(one)
            return found
        if (folder / ".git").exists():  # a site does not reach beyond its repository
            break
    return {}


def as_latex(macros):
    r"""Definitions of macros, as ``\newcommand`` in a text."""
    lines = []
    for name, (count, default, body) in sorted(macros.items()):
        number = f"[{count}]" if count else ""
        first = "" if default is None else f"[{_text(default)}]"
        lines.append(f"\\newcommand{{{name}}}{number}{first}{{{_text(body)}}}")
    return "\n".join(lines)


def _text(tokens):
    """Tokens as they were written: white space behind a command is one of them."""
    return "".join(token.text for token in tokens)


def _macros(table):
    """Macros as MathJax and MyST write them: a body, or a body with its number of arguments and a default."""
    found = {}
    for name, value in table.items():
        if isinstance(value, dict):  # MyST
            value = value.get("macro", value.get("title"))
        parts = list(value) if isinstance(value, list | tuple) else [value]
        if not isinstance(name, str) or not parts or not isinstance(parts[0], str):
            continue
        name, body = name if name.startswith("\\") else "\\" + name, parts[0]
        count = parts[1] if len(parts) > 1 and isinstance(parts[1], int) else max(map(int, _arguments(body)), default=0)
        default = scan(parts[2]) if len(parts) > 2 and isinstance(parts[2], str) else None
        found[name] = (count, default, scan(body))
    return found


def _arguments(body):
    return [after for before, after in itertools.pairwise(body) if before == "#" and after.isdecimal()]


def _assigned(text):
    """The plain values that a Python file gives to names, without running it."""
    found = {}
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target = statement.targets[0]
            try:
                value = ast.literal_eval(statement.value)
            except (ValueError, TypeError, SyntaxError, RecursionError):
                continue
            if isinstance(target, ast.Name):
                found[target.id] = value
    return found


def _yaml(text):
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def _dict(value):
    return value if isinstance(value, dict) else {}
