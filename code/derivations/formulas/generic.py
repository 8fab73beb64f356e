"""A function of one number that nobody has defined: f, whose derivative is f′, and that of f′ is f″.

What holds of it holds of every smooth function, and so the witness tries it with one that has no other law: a sine of
its own frequency beside a square. It is a row of `table.FUNCTIONS` under a name that no text can say.
"""

import numpy as np

from derivations.formulas import making, table


def function(name):
    """The name under which the table has a function that nobody has defined, and its derivatives.

    Parameters
    ----------
    name : str
        What it is called, with a prime for each derivative.
    """
    key = making.ANY_FUNCTION + name
    if key not in table.FUNCTIONS:
        plain, order = name.rstrip("'"), name.count("'")
        table.FUNCTIONS[key] = table.Function(
            key, lambda z: _value(plain, order, z), lambda x, y: making.elementwise(function(name + "'"), x),
            table.ROWS["elementwise"].law,
        )  # fmt: skip
    return key


def _value(name, order, z):
    """A derivative of sin(a z + b) + z²/3, for numbers that the name tells."""
    a, b = 0.7 + sum(map(ord, name)) % 11 / 10, len(name) / 3
    square = (z * z / 3, 2 * z / 3, 2 / 3)
    return a**order * np.sin(a * z + b + order * np.pi / 2) + (square[order] if order < len(square) else 0)


def is_any(formula):
    """Whether a formula applies such a function."""
    return formula.operation == "elementwise" and formula.data.startswith(making.ANY_FUNCTION)
