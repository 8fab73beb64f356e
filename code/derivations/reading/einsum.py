"""Sums over indices, ``einsum("ij,jk->ik", A, B)``, and arrays of three axes and more."""

import re

from derivations.formulas import making as op
from derivations.formulas.expression import ONE, ParseError, ShapeError
from derivations.formulas.index_sums import contraction


def einsum(subscripts, operands):
    """The terms of a sum over indices: each operand with its letters, and the letters that are kept.

    Parameters
    ----------
    subscripts : str
        As NumPy takes them; without ``->`` the letters that occur once are kept, in the order of the alphabet.
    operands : list of Value

    Returns
    -------
    terms : list of (Value, str)
    kept : str

    Raises
    ------
    ParseError
        Where the subscripts do not fit the operands.
    ShapeError
        Where one letter stands for two sizes.
    """
    left, arrow, kept = subscripts.replace(" ", "").partition("->")
    inputs = left.split(",")
    if not all(re.fullmatch("[a-zA-Z]*", letters) for letters in (*inputs, kept)):
        raise ParseError(f"the subscripts {subscripts!r} are letters, commas and one ->")
    if [len(letters) for letters in inputs] != [value.ndim for value in operands]:
        axes = [value.ndim for value in operands]
        raise ParseError(f"the subscripts {subscripts!r} do not fit operands of {axes} axes")
    if not arrow:
        kept = "".join(sorted(letter for letter in set(left) - {","} if left.count(letter) == 1))
    if len(set(kept)) < len(kept) or not set(kept) <= set(left):
        raise ParseError(f"the letters after -> in {subscripts!r} are each once before it")
    terms = []
    for letters, value in zip(inputs, operands, strict=True):
        if len(set(letters)) < len(letters) and (len(letters) > 2 or value.axes[0] is not value.axes[1]):
            raise ParseError(f"a letter twice in one operand of {subscripts!r} is read of a square matrix")
        diagonal = len(set(letters)) < len(letters)
        terms.append((type(value)(op.diagonal(value.formula), 1), letters[0]) if diagonal else (value, letters))
    sizes = {}
    for value, letters in terms:
        for letter, axis in zip(letters, value.axes, strict=True):
            if sizes.setdefault(letter, axis) is not axis:
                raise ShapeError(f"{letter} in {subscripts!r} is {sizes[letter]} and {axis}")
    return terms, kept


def held(axes):
    """The shape of the matrix that holds an array: a vector is a column, of more axes the last is along the rows."""
    rows = ONE
    for axis in axes[:-1]:
        rows = rows * axis
    return (*axes, ONE, ONE)[:2] if len(axes) < 2 else (rows, axes[-1])


def summed(terms, kept, sizes=()):
    """The formula of a sum over indices and the sizes along its axes.

    Parameters
    ----------
    terms : list of (Value, str)
        Each with a letter for each of its axes. An axis of length one goes along with any size.
    kept : str
        The letters of the result, in order.
    sizes : dict, optional
        The sizes of letters that are repeated along.
    """
    sizes = {letter: size for letter, size in dict(sizes).items() if size is not ONE}
    for value, letters in terms:
        sizes |= {letter: axis for letter, axis in zip(letters, value.axes, strict=True) if axis is not ONE}
    axes = tuple(sizes.get(letter, ONE) for letter in kept)
    shown = [
        (value.formula, "".join(x for x, axis in zip(letters, value.axes, strict=True) if axis is not ONE))
        for value, letters in terms
    ]
    formula = contraction(shown, "".join(letter for letter in kept if letter in sizes), sizes, held(axes))
    return formula, axes
