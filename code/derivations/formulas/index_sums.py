"""Sums over indices, Σ A_{ij…} B_{jk…} …, as arrays of three axes need them: products of matrices where they can be."""

from fractions import Fraction
from itertools import combinations, pairwise
from typing import NamedTuple

from derivations.formulas.expression import ONE, node
from derivations.formulas.making import (
    diag,
    hadamard,
    is_zero,
    ones,
    product,
    reshape,
    scale,
    size,
    split_scalars,
    total,
    transpose,
    with_scalars,
    zero,
)  # fmt: skip

INDICES = "ijklmnpqrtuvwxyzabcfghABCDEFGHJKLMNPQRSUVWXYZ"
"""The letters of indices, in the order in which they are taken."""


class Indexed(NamedTuple):
    """What a contraction knows: the letters of each argument, those that are kept, and the size of each letter."""

    inputs: tuple
    kept: str
    sizes: tuple
    """Pairs of a letter and its size."""

    @property
    def summed(self):
        """The letters that are summed over, in order."""
        return "".join(letter for letter, _ in self.sizes if letter not in self.kept)


def contraction(terms, kept, sizes, shape):
    """The sum over indices Σ A_{ij…} B_{jk…} …: an array with an entry for each value of the letters in `kept`.

    An array of three axes and more is held as a matrix of the same entries in row-major order. A kept letter that no
    argument has repeats the array along it. What is a product of matrices becomes one.

    Parameters
    ----------
    terms : list of (Formula, str)
        The arguments, with a letter for each axis; no letter stands twice in one of them.
    kept : str
    sizes : dict
        From a letter to its `Size`.
    shape : tuple of Size
        The shape of the matrix in which the entries are held.
    """
    coefficient, scalars, factors, sizes = Fraction(1), [], [], dict(sizes)
    summed = {letter for _, letters in terms for letter in letters} - set(kept)
    for formula, letters in terms:
        more, outside, rest = split_scalars(formula)
        coefficient, scalars = coefficient * more, scalars + outside
        if is_zero(rest):
            return zero(shape)
        if rest.is_scalar:
            scalars.append(rest)
        elif rest.operation != "ones":
            factors += _opened(rest, letters, sizes, len(terms) == 1 and not summed)
    met = set("".join(letters for _, letters in factors))
    scalars += [size(sizes[letter]) for letter in sorted(summed - met)]
    if not factors:
        whole = ones(shape)
    else:
        whole = _as_matrices(factors, kept, sizes, shape)
        whole = _indexed(factors, kept, sizes, shape) if whole is None else reshape(whole, shape)
    return with_scalars(coefficient, scalars, whole)


def _opened(formula, letters, sizes, alone):
    """An argument as (formula, letters) pairs, without what only reorders or repeats its entries."""
    axes = tuple(sizes[letter] for letter in letters)
    if formula.operation == "reshape":
        return _opened(formula.args[0], letters, sizes, alone)
    if formula.operation == "transpose" and formula.shape == axes:
        return _opened(formula.args[0], letters[::-1], sizes, alone)
    if formula.operation == "product" and formula.shape == axes:  # 1 bᵀ, a 1ᵀ
        first, *inner, last = formula.args
        if first.operation == "ones" and first.is_column and last.operation != "ones":
            return _opened(product(*inner, last), letters[1], sizes, alone)
        if last.operation == "ones" and last.shape[0] is ONE and first.operation != "ones":
            return _opened(product(first, *inner), letters[0], sizes, alone)
    if formula.operation == "contraction" and (alone or not formula.data.summed):
        own = dict(formula.data.sizes)
        if tuple(own[letter] for letter in formula.data.kept) == axes:
            renamed = dict(zip(formula.data.kept, letters, strict=True))
            for letter in formula.data.summed:
                renamed[letter] = next(free for free in INDICES if free not in sizes)
                sizes[renamed[letter]] = own[letter]
            return [
                pair
                for argument, inner in zip(formula.args, formula.data.inputs, strict=True)
                for pair in _opened(argument, "".join(renamed[letter] for letter in inner), sizes, False)
            ]
    return [(formula, letters)]


def contracted_again(formula, *args):
    """The same sum of other arguments."""
    data = formula.data
    return contraction(list(zip(args, data.inputs, strict=True)), data.kept, dict(data.sizes), formula.shape)


def _indexed(factors, kept, sizes, shape):
    """The node, its letters in the order of their first appearance."""
    order = dict.fromkeys(kept + "".join(letters for _, letters in factors))
    renamed = dict(zip(order, INDICES, strict=False))
    inputs = tuple("".join(renamed[letter] for letter in letters) for _, letters in factors)
    data = Indexed(
        inputs,
        "".join(renamed[letter] for letter in kept),
        tuple((renamed[letter], sizes[letter]) for letter in order),
    )
    return node("contraction", tuple(formula for formula, _ in factors), shape, data)


def _as_matrices(factors, whole_kept, sizes, shape):
    """The sum as products of matrices, with letters that always stand together as one; None where it is none.

    An array of more axes stays the matrix that holds it.
    """
    strings, sizes = [*(letters for _, letters in factors), whole_kept], dict(sizes)
    matrices = [set(letters) for formula, letters in factors if len(letters) == 2 and ONE not in formula.shape]
    for a, b in [(a, b) for letters in strings for a, b in pairwise(letters)]:
        if {a, b} not in matrices and all((a + b in letters) or not {a, b} & set(letters) for letters in strings):
            strings, sizes[b] = [letters.replace(a + b, b) for letters in strings], sizes[a] * sizes[b]
    if any(len(letters) > 2 for letters in strings):
        return None
    *strings, kept = strings
    natural = [(*(sizes[letter] for letter in letters), ONE, ONE)[:2] for letters in [*strings, kept]]
    deep = any(len(letters) > 2 for _, letters in factors) or len(whole_kept) > 2
    held = [formula.shape == axes or ONE in axes for (formula, _), axes in zip(factors, natural, strict=False)]
    if deep and not (all(held) and natural[-1] == shape):
        return None
    terms = [
        (reshape(formula, axes), letters)
        for (formula, _), axes, letters in zip(factors, natural, strings, strict=False)
    ]
    met = set("".join(strings))
    terms += [(ones((sizes[letter], ONE)), letter) for letter in kept if letter not in met]
    while len(terms) > 1 or set(terms[0][1]) != set(kept):
        terms = _summed(terms, kept) or _joined(terms, kept)
        if terms is None:
            return None
    ((formula, letters),) = terms
    return transpose(formula) if letters != kept else formula


def _summed(terms, kept):
    """The terms with the sum over a letter that one of them alone has."""
    for at, (formula, letters) in enumerate(terms):
        others = "".join(more for i, (_, more) in enumerate(terms) if i != at)
        alone = [letter for letter in letters if letter not in kept + others]
        if alone:
            if len(alone) == len(letters):
                new = total(formula), ""
            elif alone == [letters[1]]:
                new = product(formula, ones((formula.shape[1], ONE))), letters[0]
            else:
                new = product(transpose(formula), ones((formula.shape[0], ONE))), letters[1]
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
        A, left = transpose(A), left[::-1]
    if right[0] != letter:
        B, right = transpose(B), right[::-1]
    return product(A, B), (left + right).replace(letter, "")


def _entrywise(one, other, needed):
    (A, left), (B, right) = one, other
    if set(left) != set(right):
        return None
    return hadamard(A, B if left == right else transpose(B)), left


def _scaled(one, other, needed):
    """A number times a term, or a vector times the rows or columns of a matrix."""
    (A, left), (B, right) = sorted((one, other), key=lambda term: len(term[1]))
    if not left:
        return scale(A, B), right
    if len(left) == 1 and left in right:
        return (product(diag(A), B) if right[0] == left else product(B, diag(A))), right
    return None


def _outer(one, other, needed):
    (A, left), (B, right) = one, other
    return (product(A, transpose(B)), left + right) if len(left) == len(right) == 1 else None
