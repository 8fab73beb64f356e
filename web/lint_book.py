"""Check what the site's builder does not see: `python web/lint_book.py` prints each fault with its place.

Every equation of every page is typeset by the site's MathJax; the declarations in LaTeX comments stand where
they are harmless; and the notebooks hold nothing that needs IPython or a changed import path.
"""

import ast
import json
import sys
from pathlib import Path

import yaml

from derivations.book import DECLARATIONS, equations, pages
from mathematics import NotTypeset, Typesetter, rows_together


def typeset(found, tex):
    """Typeset the equations `found`; yield (place, message) for each that MathJax refuses."""
    with Typesetter(tex) as typesetter:
        for equation in found:
            try:
                for form in forms(equation):
                    typesetter.typeset(form, equation.display)
            except NotTypeset as fault:
                yield equation.place(), f"{fault}, in: {shown(equation)}"


def forms(equation):
    """Return the LaTeX of an equation as a notebook typesets it, and as the site does."""
    if not equation.display or equation.kind == "amsmath":
        return [equation.latex]
    return [equation.latex, rows_together(equation.latex)]


def shown(equation):
    """Return the beginning of an equation on one line, without its comments."""
    text = " ".join(" ".join(line[: comment_at(line)] for line in equation.latex.split("\n")).split())
    return text if len(text) <= 80 else text[:80] + "…"


def comment_at(line):
    """Return where the comment of a line of LaTeX begins, or the length of the line."""
    at = line.find("%")
    while at > 0 and (at - len(line[:at].rstrip("\\"))) % 2 == 1:
        at = line.find("%", at + 1)
    return at if at >= 0 else len(line)


def comment_faults(equation):
    """Yield (place, message) for each comment in an equation that the site's builder would trip over."""
    lines = equation.latex.split("\n")
    comments = [line[comment_at(line) :] for line in lines]
    if not any(comments):
        return
    if not equation.display:
        yield equation.place(), "a comment in inline mathematics swallows what follows: move it to a display block"
        return
    filled = [number for number, line in enumerate(lines) if line.strip()]
    for number in range(filled[0], filled[-1]):
        if not lines[number].strip():
            yield equation.place(number), "a blank line in a block with a comment: the rows below it vanish"
    if equation.kind == "directive" and comments[filled[-1]]:
        yield equation.place(filled[-1]), "a comment as the last line of a {math} directive swallows its end"
    top = True
    for number in filled:
        alone = lines[number].lstrip() == comments[number]
        words = comments[number][1:].split()
        if words and words[0].rstrip(":") in DECLARATIONS and not (alone and top):
            yield equation.place(number), f"`% {words[0]} …` stands on a line of its own at the top of its block"
        opening = equation.kind == "amsmath" and number == filled[0]
        top = top and (alone or opening)


def code_faults(path):
    """Yield (place, message) for each code cell of a notebook that runs only in IPython or bends the imports."""
    for number, cell in enumerate(json.loads(path.read_text(encoding="utf-8"))["cells"], start=1):
        if cell["cell_type"] != "code":
            continue
        place = f"{path}: cell {number}"
        try:
            tree = ast.parse("".join(cell["source"]))
        except SyntaxError as error:
            yield f"{place}, line {error.lineno}", "not plain Python (a magic or a shell command?)"
            continue
        for item in ast.walk(tree):
            if message := code_fault(item):
                yield f"{place}, line {item.lineno}", message


def code_fault(item):
    """Return what is wrong with one item of Python's syntax, or None."""
    modules = []
    if isinstance(item, ast.Import):
        modules = [alias.name for alias in item.names]
    elif isinstance(item, ast.ImportFrom):
        modules = [item.module or ""]
        if item.module == "sys" and any(alias.name == "path" for alias in item.names):
            return "sys.path: import the package plainly"
    if any(module.split(".")[0] == "IPython" for module in modules):
        return "IPython: show a result as the last expression of the cell"
    if isinstance(item, ast.Name) and item.id == "get_ipython":
        return "get_ipython: show a result as the last expression of the cell"
    if isinstance(item, ast.Attribute) and item.attr == "path" and ast.unparse(item.value) == "sys":
        return "sys.path: import the package plainly"
    return None


def faults(book):
    """Return every fault of the book in the folder `book` as (place, message), and the number of equations."""
    config = yaml.safe_load((book / "_config.yml").read_text(encoding="utf-8"))
    settings = config["sphinx"]["config"].get("mathjax3_config", {}).get("tex", {})
    files = pages(book)
    found = [equation for file in files for equation in equations(file)]
    listed = [fault for equation in found for fault in comment_faults(equation)]
    listed += typeset(found, settings)
    listed += [fault for file in files if file.suffix == ".ipynb" for fault in code_faults(file)]
    return listed, len(found)


def main():
    """Check the book in the current folder."""
    try:
        listed, count = faults(Path())
    except FileNotFoundError as error:
        sys.exit(str(error))
    for place, message in listed:
        print(f"{place}: {message}")
    if listed:
        sys.exit(f"{len(listed)} faults in the pages.")
    print(f"{count} equations typeset, no fault in the pages.")


if __name__ == "__main__":
    main()
