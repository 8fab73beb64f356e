"""Formulas made shorter by laws that keep their value: multiplying out, common factors, what is assumed of a value.

All of this stays above the definitions: a named part is left as it is.
"""

from fractions import Fraction
from itertools import pairwise

from derivations import operations as op
from derivations.expression import ONE, fold, ordered


def closed(formula):
    """The arguments of a node, none for a named one: a walk that stays above the definitions."""
    return () if formula.operation == "named" else formula.args


def weight(formula):
    """How many operations stand in a formula, not counting inside names."""
    light = ("named", "symbol", "number", "size", "ones", "identity", "transpose", "unit")
    return sum(inner.operation not in light for inner in ordered([formula], closed))


def terms_of(formula):
    """A formula as (coefficient, term) pairs."""
    if formula.operation == "combination":
        return list(zip(formula.data, formula.args, strict=True))
    return [(Fraction(1), formula)]


def tidy(formula):
    """The formula with its sums multiplied out where that is shorter, and with common factors taken out."""

    def visit(inner, parts):
        rebuilt = op.rebuild(inner, parts) if parts else inner
        if rebuilt.operation == "combination":
            return factored(_lighter(rebuilt, expanded(rebuilt)))
        if rebuilt.operation == "frobenius":
            return _quadratic(rebuilt)
        return rebuilt

    return fold(formula, visit, below=closed)


def _lighter(formula, other):
    return other if weight(other) < weight(formula) else formula


def expanded(formula):
    """A sum with its entrywise products multiplied out: A ⊙ (B + C) = A ⊙ B + A ⊙ C."""
    terms = []
    for coefficient, term in zip(formula.data, formula.args, strict=True):
        pieces = [(coefficient, [])]
        for factor in term.args if term.operation == "hadamard" else (term,):
            inside = [(1, factor)]
            if factor.operation == "combination" and (term.operation == "hadamard" or len(formula.args) > 1):
                inside = list(zip(factor.data, factor.args, strict=True))
            pieces = [(c * more, [*factors, part]) for c, factors in pieces for more, part in inside]
            if len(pieces) > 16:
                return formula
        terms += [(c, op.hadamard(*factors)) for c, factors in pieces]
    return op.combine(terms)


def factored(formula):
    """A sum with a last or first factor that terms share taken out: A C + B C = (A + B) C."""
    changed = True
    while changed and formula.operation == "combination" and len(formula.args) > 1:
        changed = False
        for side in (-1, 0):
            groups = {}
            for coefficient, term in zip(formula.data, formula.args, strict=True):
                key = term.args[side] if term.operation == "product" else (term,)  # only products share a factor
                groups.setdefault(key, []).append((coefficient, term))
            if any(len(group) > 1 for group in groups.values()):
                formula = op.combine([_together(key, group, side) for key, group in groups.items()])
                changed = True
                break
    return formula


def _together(key, group, side):
    """Terms with the factor `key` at one side, as (coefficient, product)."""
    if len(group) == 1:
        return group[0]
    out = group[0][0] if len({abs(coefficient) for coefficient, _ in group}) == 1 else Fraction(1)
    rest = [(c / out, op.product(*(term.args[:-1] if side else term.args[1:]))) for c, term in group]
    inner = factored(op.combine(rest))
    return out, op.product(inner, key) if side else op.product(key, inner)


def _quadratic(formula):
    """U vᵀ : B as uᵀ B v."""
    for left, right in (formula.args, formula.args[::-1]):
        if left.operation == "product" and not left.is_column and left.shape[0] is not ONE:
            for i in range(1, len(left.args)):
                if left.args[i].shape[0] is ONE:
                    return op.product(
                        op.transpose(op.product(*left.args[:i])), right, op.transpose(op.product(*left.args[i:]))
                    )
    return formula


def uses(part, formulas):
    """How often a named part stands in formulas."""
    return sum(inner.args.count(part) for inner in ordered(formulas, closed)) + formulas.count(part)


def written_out(formula, parts):
    """The formula with some named parts written out."""
    if not parts:
        return formula

    def visit(inner, arguments):
        if inner in parts:
            return arguments[0]
        return op.rebuild(inner, arguments) if arguments else inner

    return fold(formula, visit, below=lambda f: f.args if f in parts else closed(f))


def substituted(formula, swap):
    """The formula with some leaves replaced."""
    if not swap:
        return formula

    def visit(inner, parts):
        return op.rebuild(inner, parts) if parts else swap.get(inner, inner)

    return fold(formula, visit, below=closed)


def simplified(formula, properties):
    """The formula by what is assumed of values: a one-hot vector sums to one, and so on."""
    summing = {
        name for name, words in properties.items() if {"sums to one", "one-hot", "first unit vector"} & set(words)
    }
    if not summing:
        return formula

    def visit(inner, parts):
        rebuilt = op.rebuild(inner, parts) if parts else inner
        if rebuilt.operation == "frobenius" and rebuilt.args[0].operation == "ones":
            y = rebuilt.args[1]
            if y.operation == "symbol" and y.data[0] in summing and y.is_column:
                return op.number(1)
        if rebuilt.operation == "product":
            for i, (Y, after) in enumerate(pairwise(rebuilt.args)):
                if Y.operation == "symbol" and Y.data[0] in summing and Y.data[1] == 2 and after.operation == "ones":
                    row_sums = op.ones((Y.shape[0], after.shape[1]))
                    return op.product(*rebuilt.args[:i], row_sums, *rebuilt.args[i + 2 :])
        return rebuilt

    return fold(formula, visit, below=closed)
