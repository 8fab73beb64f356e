"""What an expression of SymPy is worth at a point: each part is made again of numbers, and that once.

`lambdify` and `subs` walk a matrix entry by entry, and spend a hundred times as long on names such as ``W[0,1]``.
"""

import numpy as np


def value_at(matrix, known):
    """The values of the entries of a matrix, or of one expression.

    Parameters
    ----------
    matrix : sympy.Matrix or sympy.Expr
    known : dict of str to float
        The value of each symbol, by its name.

    Returns
    -------
    ndarray
        Complex numbers, of the shape of the matrix.
    """
    import sympy

    made = {}

    def value(part):
        if part not in made:
            if part.is_Symbol:
                made[part] = sympy.Float(known[str(part)])
            else:
                made[part] = part.func(*map(value, part.args)) if part.args else part
        return made[part]

    entries = [matrix] if isinstance(matrix, sympy.Expr) else list(matrix)
    return np.reshape([complex(value(entry)) for entry in entries], getattr(matrix, "shape", ()))
