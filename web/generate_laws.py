"""Write the page of laws from the tables of the package: `python web/generate_laws.py`.

The statements come from `derivations.table` and `derivations.laws`. What these do not say, the shapes of the
letters and each law in words, stands in `laws.yml`.
"""

import sys
from pathlib import Path

import yaml

from derivations.laws import table
from derivations.table import FIXED

PAGE = Path("chapters/laws.md")
WORDS = yaml.safe_load(Path(__file__).with_name("laws.yml").read_text(encoding="utf-8"))

OPENING = """\
---
myst:
  html_meta:
    description: >-
      Every law of matrix differentials that the machine uses: how d passes, what crosses the colon, and what
      simplifies, each one tested.
---

# Laws

Every rule that [`derive`](derive-it-by-machine.ipynb) uses, under the name that it writes at the right of its lines.
This page is generated from the tables that `derive` reads, so what you see is what it does.

**What you will do:** look things up. The reasons are in [Matrix differentials](matrix-differentials.ipynb) and in
[More rules](more-rules.ipynb), where the most important of these laws are derived and tried out.

**What you need:** the signs of the [notation](notation.md).

Each law is tested twice. `tests/test_operations.py` tries every row of the table with random operands of random shapes.
And `derive` compares each line that it writes with a witness that knows none of these laws.
"""

SECTIONS = {
    "How d passes": """\
On the way down, $d$ of a whole is written with $d$ of its parts. What rests has the differential zero, and its term is
left out.""",
    "What crosses the colon": """\
On the way back, what stands around a differential crosses the colon, until the differential stands alone at its right.
The laws hold for all matrices that conform, differentials or not.""",
    "The same as matrices": """\
The derivative of a vector is a Jacobian, and there is no colon to cross. Instead, an operation that is linear in $E$ is
written as a matrix times the vec of $E$. On this page vec is always the **row-major** one, the rows one after another,
as in NumPy's `E.ravel()`. In most books vec stacks columns; then the factors of a Kronecker product change places.""",
    "Functions of one number": """\
A function of one number acts on each entry. Here $z$ is a vector, and the same holds for a number and for a matrix. A
$1$ beside it stands for ones in its shape, and $\\oslash$ divides entry by entry.""",
    "What simplifies, and how a derivation ends": """\
These say less about $d$ than about the line: they shorten it, or they end the derivation.""",
}


def laws():
    """The laws of each section, as pairs of a `Law` and the operation it belongs to (or an empty text)."""
    return dict(zip(SECTIONS, table().values(), strict=True))


def heading(name):
    """The name of a law as a heading."""
    return name[0].upper() + name[1:]


def block(law, operation):
    """A law as Markdown."""
    if law.name not in WORDS:
        raise SystemExit(f"web/laws.yml has no words for the law '{law.name}'")
    words = WORDS[law.name]
    lines = [f"({law.anchor})=", f"### {heading(law.name)}", ""]
    if "unread" in words:  # not an equation between arrays, so not one that is displayed and executed
        lines += [" and ".join(f"${part}$" for part in law.statement.split(r", \quad ")) + ".", ""]
    elif "given" in words:
        lines += ["$$", f"% given {words['given']}", equation(law.statement), f"$$ (eq-{law.anchor})", ""]
    said = [
        words["meaning"],
        shapes(words["given"]) if "given" in words else "",
        operation and f"Operation: `{operation}`.",
    ]
    lines.append(" ".join(filter(None, said)))
    return "\n".join(lines)


def equation(statement):
    """A statement, each relation in a row of its own."""
    rows = statement.split(r", \quad ")
    if len(rows) == 1:
        return statement
    aligned = " \\\\\n".join(row.replace(" = ", " &= ", 1) for row in rows)
    return f"\\begin{{aligned}}\n{aligned}\n\\end{{aligned}}"


def shapes(given):
    """A declaration such as ``A: m×n, v: n; varying A; assume A: invertible`` in words."""
    declared, _, assumed = given.partition("; assume ")
    names = {}
    for piece in declared.partition(";")[0].split(", "):
        name, shape = piece.split(": ")
        names.setdefault(shape, []).append(f"${_latex(name)}$")
    said = [f"{_listed(group)} {_shape(shape, len(group) > 1)}" for shape, group in names.items()]
    if assumed:
        name, words = assumed.split(": ")
        said.append(f"${_latex(name)}$ {'has a' if 'determinant' in words else 'is'} {words}")
    return "Here " + _listed(said) + "."


def _shape(shape, several):
    if shape == "scalar":
        return "are numbers" if several else "is a number"
    rows, *columns = shape.replace("*", " ").split("×")
    if columns:
        return f"{'are' if several else 'is'} ${rows} \\times {columns[0]}$"
    return f"{'have' if several else 'has'} ${rows}$ entries"


def _latex(name):
    return name if len(name) == 1 else "\\" + name


def _listed(words):
    return ", ".join(words[:-1]) + " and " + words[-1] if len(words) > 1 else words[0]


MAPS = """\
(fixed-linear-maps)=
## Fixed linear maps

Much of what NumPy does to an array without arithmetic is a matrix $S$ that nobody writes down: a slice, a cumulative
sum, rows picked by their numbers. `derive` gives it a letter and says what $S A$ is. After that it is a factor like any
other, and what crosses the colon is $S^T$. The code that it writes does not build $S$ to apply it: it has a line for
$S A$ and one for $S^T A$. Along the other axis the same map is $A S^T$.
"""


def maps():
    """The fixed linear maps, as a table in Markdown."""
    lines = ["| map | letter | what $S A$ is | NumPy for $S A$ | NumPy for $S^T A$ |", "|---|---|---|---|---|"]
    letters = {"first": "a-1", "last": "b", "lead": "", "axis": "0", "shape": "shape", "place": "i", "minus": "-a"}
    letters |= {letter: letter for letter in "abcd"} | {"rows": "p", "columns": "n"}
    for row in FIXED.values():
        words = row.words.replace("{1}", "$i$").replace(" A", " $A$").replace("A,", "$A$,")
        for letter in "abc":
            words = words.replace(f"{{{letter}}}", f"${letter}$")
        codes = [code for code in (row.applied or row.dense, row.adjoint)]
        for name, value in letters.items():
            codes = [code.replace(f"{{{name}}}", value) for code in codes]
        codes = [code.replace("{0}", "A").replace("{1}", "i").replace("§", "B") for code in codes]
        cells = ["; ".join(f"`{line}`" for line in code.split("\n")) if code else "" for code in codes]
        lines.append(f"| {row.name} | ${row.letter}$ | {words} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def page():
    """The page, as Markdown."""
    parts = [OPENING]
    for section, found in laws().items():
        parts += [f"## {section}\n\n{SECTIONS[section]}\n"]
        parts += [block(law, operation) + "\n" for law, operation in found]
    return "\n".join([*parts, MAPS, maps()])


if __name__ == "__main__":
    Path(sys.argv[1] if len(sys.argv) > 1 else PAGE).write_text(page(), encoding="utf-8")
