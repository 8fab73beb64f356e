"""Write the page of laws from the tables of the package: `python web/generate_laws.py`.

The statements come from `derivations.formulas.table` and `derivations.formulas.laws`. What these do not say, the shapes
of the letters and each law in words, stands in `laws.yml`.
"""

import re
import sys
import textwrap
from pathlib import Path

import numpy as np
import yaml

from derivations import derive
from derivations.formulas import arrays
from derivations.formulas.laws import table
from derivations.formulas.table import FIXED

PAGE = Path("chapters/laws.md")
WORDS = yaml.safe_load(Path(__file__).with_name("laws.yml").read_text(encoding="utf-8"))

OPENING = """\
---
myst:
  html_meta:
    keywords: "matrix, calculus, rules, cookbook, identities, derivative, table, trace"
    description: >-
      Every law of matrix differentials that the machine uses: how d passes, what crosses the colon, and what
      simplifies, each one tested.
---

# Laws

Every rule that [`derive`](derive-it-by-machine.ipynb) uses, under the name that it writes at the right of its lines.
This page is generated from the tables that `derive` reads, so what you see is what it does.

**What you will do:** look things up. By hand you need a dozen of these laws, and those are derived and tried out in
[Matrix differentials](matrix-differentials.ipynb) and [More rules](more-rules.ipynb). The rest is for the day when a
loss brings an operation that you have not met.

**What you need:** the signs of the [notation](notation.md).

**Where to look.** You go down through an operation: [how d passes](#how-d-passes). You go back and want a differential
to stand alone: [what crosses the colon](#what-crosses-the-colon). An exponential, a sigmoid, a ReLU:
[functions of one number](#functions-of-one-number). The derivative of a vector:
[the same as matrices](#the-same-as-matrices). A slice, a cumulative sum: [fixed linear maps](#fixed-linear-maps). Each
section begins with links by sign. Under each law you can unfold an example in numbers and the line where `derive` uses
it.

Each law is tested three times. The equation on this page is executed like every other. `test_operations.py` tries
every row of the table with random operands of random shapes. And `derive` compares each line that it writes with a
witness that knows none of these laws.
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


def slug(section):
    """The name under which a section is linked."""
    return re.sub(r"[^a-z]+", "-", section.lower())


def heading(name):
    """The name of a law as a heading."""
    return name[0].upper() + name[1:]


def index(found):
    """Links to the laws of a section, each beside its left side: a reader looks for a sign, not for a name."""
    links = [f"${looked_for(law)}$ [{law.name}](#{law.anchor})" for law, _ in found]
    return " ·\n".join(links)


def looked_for(law):
    """The expression that a law is about: the left side, or what is named before the arrow."""
    if sign := WORDS.get(law.name, {}).get("sign"):
        return sign
    first, arrow, rest = law.statement.split(r", \quad ")[0].partition(r" \;\Rightarrow\; ")
    if arrow and "every" in first:
        return rest.split(" = ")[0]
    if arrow and "vec" not in rest:
        return first.split(" = ")[1]
    return left_side(rest or first)


def left_side(relation):
    """What stands left of the first sign of equality; the one in [A = max(A)] is no relation."""
    return re.split(r" = (?![^\[]*\])", relation)[0]


def block(law, operation):
    """A law as Markdown: the law itself, what it says, and, folded, an example and a derivation that names it."""
    if law.name not in WORDS:
        raise SystemExit(f"web/laws.yml has no words for the law '{law.name}'")
    words = WORDS[law.name]
    declared = [f"% given {words['given']}", *([f"% where {words['where']}"] if "where" in words else [])]
    lines = [f"({law.anchor})=", f"### {heading(law.name)}", ""]
    lines += ["$$", *declared, equation(law.statement, words.get("such as")), f"$$ (eq-{law.anchor})", ""]
    lines += [f"{words['meaning']} {shapes(words['given'])}"]
    folded = [part for part in (numbers(law, words), derived(law, words)) if part]
    if operation:
        folded.append(f"In the table: `{operation}`.")
    if folded:
        lines += ["", "````{admonition} Example", ":class: dropdown", ""]
        lines += ["\n\n".join(folded), "````"]
    return "\n".join(lines)


def equation(statement, beside=None):
    """A statement, each relation in a row of its own."""
    rows = [part for row in statement.split(r", \quad ") for part in row.replace(ARROW, "→⇒ ").split("→")]
    if len(rows) == 1 and not beside:
        return statement
    rows = [re.sub("(⇒ )?(.*?) = ", lambda found: arrowed(*found.groups()), row, count=1) for row in rows]
    aligned = " \\\\\n".join(rows + ([beside] if beside else []))
    return f"\\begin{{aligned}}\n{aligned}\n\\end{{aligned}}"


ARROW = r" \;\Rightarrow\; "


def arrowed(arrow, left):
    """The beginning of a row, up to its sign of equality: what follows from the row above begins with an arrow."""
    return (r"\Rightarrow\; " if arrow else "") + f"{left} &= "


EXAMPLE = {
    "A": [[2, 1], [3, 2]], "B": [[1, 0], [2, 1]], "C": [[0, 1], [1, 3]], "E": [[1, 2], [3, 4]],
    "v": [1, 2], "x": [1, 2, 6], "z": [1, 2],
    "alpha": 2, "beta": 3, "lam": 3,
    "dA": [[0.01, 0], [0, 0.02]], "dB": [[0, 0.01], [0.02, 0]], "dM": [[0.01, 0.03], [0.03, 0.02]],
    "dv": [0.01, 0.02], "dz": [0.01, 0.02], "dalpha": 0.01, "dbeta": 0.02,
}  # fmt: skip
"""The numbers of the examples, by letter; `with` in laws.yml says others."""

FUNCTIONS = {
    "np": np, "tr": np.trace, "det": np.linalg.det, "inv": np.linalg.inv, "norm": np.linalg.norm,
    "colon": lambda A, B: np.sum(A * B), "softmax": lambda z: np.exp(z) / np.sum(np.exp(z)),
    "lse": lambda z: np.log(np.sum(np.exp(z))), "sigmoid": arrays.stable_sigmoid,
    "erf": arrays.erf, "gammaln": arrays.gammaln, "digamma": arrays.digamma, "trigamma": arrays.trigamma,
    "blocks": lambda A, B: np.array([
        [np.sum(block * B) for block in np.split(rows, rows.shape[1] // B.shape[1], axis=1)]
        for rows in np.split(A, A.shape[0] // B.shape[0])
    ]),
}  # fmt: skip


def example(words, step=1):
    """The sides of an example such as ``A @ B => dA @ B + A @ dB``, as arrays; with ``=>`` the true change and the law.

    Every change is multiplied by `step`.
    """
    text = words["numbers"]
    given = {name: np.asarray(value, float) for name, value in {**EXAMPLE, **words.get("with", {})}.items()}
    given = {name: step * value if name[1:] in given else value for name, value in given.items()}
    if "=>" not in text:
        return [np.asarray(eval(side, FUNCTIONS, given)) for side in text.split("==")]  # our own text, in laws.yml
    whole, law = text.split("=>")
    moved = given | {name[1:]: given[name[1:]] + change for name, change in given.items() if name[1:] in given}
    moved = given | {name: moved[name] for name in moved if re.search(rf"\bd{name}\b", law)}
    before, after = (np.asarray(eval(whole, FUNCTIONS, values)) for values in (given, moved))
    return [after - before, np.asarray(eval(law, FUNCTIONS, given)) + np.zeros(before.shape)]


def numbers(law, words):
    """The example of a law in a sentence, or an empty text."""
    if "numbers" not in words:
        return ""
    letters = {**EXAMPLE, **words.get("with", {})}
    used = [name for name in letters if re.search(rf"\b{name}\b", words["numbers"])]
    given = _listed([f"${_latex(name)} = {_written(letters[name])}$" for name in used])
    values = [_written(value) for value in example(words)]
    left = left_side(law.statement.split(r", \quad ")[0].split(r"\Rightarrow\; ")[-1])
    if "=>" not in words["numbers"]:
        return f"With {given} all sides are ${values[0]}$."
    whole = re.sub(r"^d\s*", "", left)
    whole = whole[1:-1] if whole[0] == "(" and whole.find(")") == len(whole) - 1 else whole
    return f"With {given} the law says ${left} = {values[1]}$, and the true change of ${whole}$ is ${values[0]}$."


def derived(law, words):
    """What `derive` writes where it uses a law, or an empty text."""
    if "derive" not in words:
        return ""
    function, variable, given, *rest = words["derive"].split("; ")
    options = dict(option.split("=", 1) for option in rest)
    name = options.pop("shows", law.name)
    options = {word: int(what) if word == "order" else what for word, what in options.items()}
    rows = derive(function, variable, given, **options).text(width=200).split("\n")
    at = next((k for k, row in enumerate(rows) if re.search(rf"(^|\s\s|, ){name}(,|$)", row)), None)
    if at is None:
        raise SystemExit(f"the derivation of web/laws.yml for the law '{law.name}' does not name it")
    shown = textwrap.dedent("\n".join(rows[max(at - 1, 0) : at + 1]))
    shown = re.sub(r"(?<=\S) {3,}(?=\S)", "   ", shown)
    call = [f'"{function}"', f'"{variable}"', f'"{given}"']
    call += [f"{word}={what if word == 'order' else repr(what)}" for word, what in options.items()]
    return f"From `derive({', '.join(call)})`:\n\n```text\n{shown}\n```"


def _written(value):
    """A number or an array in LaTeX, to six figures."""
    array = np.asarray(value, float)
    entries = [[_figure(number) for number in row] for row in np.atleast_2d(array)]
    if array.ndim == 0:
        return entries[0][0]
    if array.ndim == 1:
        return "(" + ",\\, ".join(entries[0]) + ")"
    return "\\begin{bmatrix} " + " \\\\ ".join(" & ".join(row) for row in entries) + " \\end{bmatrix}"


def _figure(number):
    rounded = float(f"{number:.5g}") if abs(number) > 1e-12 else 0.0
    return f"{rounded:.10g}"


def shapes(given):
    """A declaration such as ``A: m×n, v: n; varying A; assume A: invertible`` in words."""
    declared, _, assumed = given.partition("; assume ")
    declared = declared.split("; vary")[0]
    names = {}
    for piece in declared.partition(";")[0].split(", "):
        name, shape = piece.split(": ")
        names.setdefault(shape, []).append(f"${_latex(name)}$")
    said = [f"{_listed(group)} {_shape(shape, len(group) > 1)}" for shape, group in names.items()]
    for assumption in filter(None, assumed.split(", ")):
        name, words = assumption.split(": ")
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
    """The LaTeX of a letter or of its differential: ``A``, ``dA``, ``alpha``, ``dalpha``."""
    letter = name.removeprefix("d") if len(name) > 1 and name != "d" else name
    letter = {"lam": "lambda"}.get(letter, letter)
    return ("d" if name.startswith("d") and len(name) > 1 else "") + (letter if len(letter) == 1 else "\\" + letter)


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
        parts += [f"({slug(section)})=\n## {section}\n\n{SECTIONS[section]}\n\n{index(found)}\n"]
        parts += [block(law, operation) + "\n" for law, operation in found]
    return "\n".join([*parts, MAPS, maps()])


if __name__ == "__main__":
    Path(sys.argv[1] if len(sys.argv) > 1 else PAGE).write_text(page(), encoding="utf-8")
