"""Sums over indices, ``einsum("ij,jk->ik", A, B)``, as the products of matrices that they are."""

import re
from itertools import combinations

from derivations import making as op
from derivations.expression import ONE, ParseError, ShapeError


def einsum(subscripts, operands):
    """The formula of a sum over indices, and how many axes it has.

    Parameters
    ----------
    subscripts : str
        As NumPy takes them; without ``->`` the letters that occur once are kept, in the order of the alphabet.
    operands : list of (Formula, int)
        Formulas and the number of axes of each.

    Raises
    ------
    ParseError
        Where the subscripts do not fit the operands, or the sum is no product of matrices.
    ShapeError
        Where one letter stands for two sizes.
    """
    left, arrow, kept = subscripts.replace(" ", "").partition("->")
    inputs = left.split(",")
    if not all(re.fullmatch("[a-zA-Z]*", letters) for letters in (*inputs, kept)):
        raise ParseError(f"the subscripts {subscripts!r} are letters, commas and one ->")
    if [len(letters) for letters in inputs] != [ndim for _, ndim in operands]:
        raise ParseError(f"the subscripts {subscripts!r} do not fit operands of {[ndim for _, ndim in operands]} axes")
    if not arrow:
        kept = "".join(sorted(letter for letter in set(left) - {","} if left.count(letter) == 1))
    if len(set(kept)) < len(kept) or not set(kept) <= set(left):
        raise ParseError(f"the letters after -> in {subscripts!r} are each once before it")
    sizes = {}
    for letters, (formula, _) in zip(inputs, operands, strict=True):
        for letter, size in zip(letters, formula.shape, strict=False):
            if sizes.setdefault(letter, size) is not size:
                raise ShapeError(f"{letter} in {subscripts!r} is {sizes[letter]} and {size}")
    terms = [
        (op.diagonal(formula), letters[0]) if len(letters) == 2 and letters[0] == letters[1] else (formula, letters)
        for letters, (formula, _) in zip(inputs, operands, strict=True)
    ]
    while len(terms) > 1 or set(terms[0][1]) != set(kept):
        step = _summed(terms, kept) or _joined(terms, kept)
        if step is None:
            raise ParseError(
                f"the sum {subscripts!r} is no product of matrices; fix an index of it, or write it with @, * and outer"
            )
        terms = step
    ((formula, letters),) = terms
    return (op.transpose(formula) if letters != kept else formula), len(kept)


def _summed(terms, kept):
    """The terms with the sum over a letter that one of them alone has."""
    for at, (formula, letters) in enumerate(terms):
        others = "".join(more for i, (_, more) in enumerate(terms) if i != at)
        alone = [letter for letter in letters if letter not in kept + others]
        if alone:
            if len(alone) == len(letters):
                new = op.total(formula), ""
            elif alone == [letters[1]]:
                new = op.product(formula, op.ones((formula.shape[1], ONE))), letters[0]
            else:
                new = op.product(op.transpose(formula), op.ones((formula.shape[0], ONE))), letters[1]
            return [*terms[:at], new, *terms[at + 1 :]]
    return None


def _joined(terms, kept):
    """The terms with two of them made one: matrix products first, then entrywise, scaled and outer ones."""
    for join in (_multiplied, _entrywise, _scaled, _outer):
        for a, b in combinations(range(len(terms)), 2):
            rest = [term for i, term in enumerate(terms) if i not in (a, b)]
            new = join(terms[a], terms[b], kept + "".join(letters for _, letters in rest))
            if new is not None:
                return [*terms[:a], new, *[term for i, term in enumerate(terms) if i > a and i != b]]
    return None


def _multiplied(one, other, needed):
    """Σ over the one letter that two terms share and nothing else needs."""
    (A, left), (B, right) = one, other
    shared = set(left) & set(right)
    if len(shared) != 1 or shared & set(needed):
        return None
    (letter,) = shared
    if len(left) == 1 and len(right) == 2:
        A, left, B, right = B, right, A, left
    if left[-1] != letter or len(left) == 1:
        A, left = op.transpose(A), left[::-1]
    if right[0] != letter:
        B, right = op.transpose(B), right[::-1]
    return op.product(A, B), (left + right).replace(letter, "")


def _entrywise(one, other, needed):
    (A, left), (B, right) = one, other
    if set(left) != set(right):
        return None
    return op.hadamard(A, B if left == right else op.transpose(B)), left


def _scaled(one, other, needed):
    """A number times a term, or a vector times the rows or columns of a matrix."""
    (A, left), (B, right) = sorted((one, other), key=lambda term: len(term[1]))
    if not left:
        return op.scale(A, B), right
    if len(left) == 1 and left in right:
        return (op.product(op.diag(A), B) if right[0] == left else op.product(B, op.diag(A))), right
    return None


def _outer(one, other, needed):
    (A, left), (B, right) = one, other
    return (op.product(A, op.transpose(B)), left + right) if len(left) == len(right) == 1 else None
