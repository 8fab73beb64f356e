"""Check what the site's builder does not see: `python web/lint_book.py` prints each fault with its place.

Every equation of every page is typeset by the site's MathJax and executed; the declarations in LaTeX comments stand
where they are harmless; and the notebooks have run, and hold nothing that needs IPython or a changed import path.
"""

import ast
import json
import sys
from pathlib import Path

import yaml

from derivations.book.markdown_pages import (
    PageError,
    cells,
    check_page,
    comment_at,
    equations,
    ignored,
    pages,
    unclosed,
    vanishing_rows,
)
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


def comment_faults(equation):
    """Yield (place, message) for each comment in an equation that the site's builder would trip over."""
    lines = equation.latex.split("\n")
    comments = [line[comment_at(line) :] for line in lines]
    if not any(comments):
        return
    if not equation.display:
        yield equation.place(), "a comment in inline mathematics swallows what follows: move it to a display block"
        return
    for number in vanishing_rows(equation):
        yield equation.place(number), "a blank line in a block with a comment: the rows below it vanish"
    last = max(number for number, line in enumerate(lines) if line.strip())
    if equation.kind == "directive" and comments[last]:
        yield equation.place(last), "a comment as the last line of a {math} directive swallows its end"


def executed(path):
    """Yield (place, message) for each displayed equation of a page that is not as the page announces it."""
    yield from unclosed(path)
    yield from ignored(path)
    for item in check_page(path, mend=False):
        if not vanishing_rows(item.equation):  # these are told as comments
            yield from ((item.equation.place(), str(problem)) for problem in item.problems)


def code_faults(path):
    """Yield (place, message) for each code cell of a notebook that has not run, needs IPython or bends the imports."""
    found = cells(path)
    raw = json.loads(path.read_text(encoding="utf-8-sig"))["cells"]
    ran = 0
    for number, kind, source in found:
        if kind != "code":
            continue
        place, ran = f"{path}: cell {number}", ran + 1
        if raw[number - 1].get("execution_count") != ran:
            yield place, "its stored output is not that of a run from top to bottom: make outputs"
        try:
            tree = ast.parse(source)
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
    listed += [fault for file in files for fault in executed(file)]
    return listed, len(found)


def main():
    """Check the book in the current folder."""
    try:
        listed, count = faults(Path())
    except (FileNotFoundError, PageError) as error:
        sys.exit(str(error))
    for place, message in listed:
        print(f"{place}: {message}")
    if listed:
        sys.exit(f"{len(listed)} faults in the pages.")
    print(f"{count} equations typeset and executed, no fault in the pages.")


if __name__ == "__main__":
    main()
