"""Formulas made shorter by laws that keep their value: multiplying out, common factors, what is assumed of a value.

All of this stays above the definitions: a named part is left as it is.
"""

from fractions import Fraction
from itertools import pairwise
from math import gcd

from derivations.formulas import making as op
from derivations.formulas.expression import ONE, fold, ordered
from derivations.formulas.properties import PROPERTIES
from derivations.formulas.table import rebuild, without_names


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
        rebuilt = rebuild(inner, parts) if parts else inner
        if rebuilt.operation == "combination":
            return gathered(rebuilt)
        if rebuilt.operation == "frobenius":
            return _quadratic(rebuilt)
        return rebuilt

    return fold(formula, visit, below=closed)


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


def gathered(formula):
    """A sum in its shortest form: like terms met, and what the terms share taken out."""
    return factored(_inside(min(formula, expanded(formula), key=_length)))


def _inside(formula):
    """A sum with terms of one linear kind made one: Diag(a) + Diag(b) = Diag(a + b)."""
    groups = {}
    for coefficient, term in terms_of(formula):
        linear = term.operation in ("diag", "diagonal", "reshape")
        groups.setdefault((term.operation, term.args[0].shape) if linear else term, []).append((coefficient, term))
    if len(groups) == len(terms_of(formula)):
        return formula
    terms = []
    for group in groups.values():
        (coefficient, term), *more = group
        if more:
            inner = op.combine([(c, part.args[0]) for c, part in group])
            coefficient, term = 1, rebuild(term, [gathered(inner)])
        terms.append((coefficient, term))
    return op.combine(terms)


def factored(formula):
    """A sum with what all its terms share taken out, and then what the products in it share at one end.

    λ A + λ B = λ (A + B), C ⊙ A + C ⊙ B = C ⊙ (A + B), A C + B C = (A + B) C.
    """
    if formula.operation != "combination" or len(formula.args) < 2:
        return formula
    terms = terms_of(formula)
    common = _common_number(formula.data)
    scalars = _shared([_scalar_factors(term) for _, term in terms])
    if common != 1 or scalars:
        out = op.hadamard(op.number(common), *_powers(scalars))
        rest = [(c / common, _divided(term, scalars)) for c, term in terms]
        inner = op.combine(rest)
        return op.scale(out, gathered(inner) if inner.operation == "combination" else inner)
    entries = _shared([_entry_factors(term) for _, term in terms])
    if entries:
        rest = factored(op.combine([(c, op.hadamard(term, *_powers(entries, -1))) for c, term in terms]))
        return min(op.hadamard(*_powers(entries), rest), formula, key=_length)
    return _end_factored(formula)


def scaled_rows(formula):
    """A sum with v 1ᵀ ⊙ C as Diag(v) C where another term has the factor C too, and the factor taken out."""
    coefficient, scalars, inner = op.split_scalars(formula)
    if inner.operation != "combination":
        return formula
    ends = [term.args[side] for term in inner.args if term.operation == "product" for side in (0, -1)]
    terms = [(c, _with_diagonal(term, ends)) for c, term in terms_of(inner)]
    if all(new is term for (_, new), term in zip(terms, inner.args, strict=True)):
        return formula
    return op.with_scalars(coefficient, scalars, factored(op.combine(terms)))


def _with_diagonal(term, ends):
    """(v 1ᵀ) ⊙ C as Diag(v) C, C ⊙ (1 wᵀ) as C Diag(w), for a C among the ends of products."""
    if term.operation != "hadamard" or len(term.args) != 2:
        return term
    for spread, C in (term.args, term.args[::-1]):
        if C in ends and spread.operation == "product":
            if spread.args[-1].operation == "ones" and spread.args[-1].shape[0] is ONE:
                return op.product(op.diag(op.product(*spread.args[:-1])), C)
            if spread.args[0].operation == "ones" and spread.args[0].is_column:
                return op.product(C, op.diag(op.transpose(op.product(*spread.args[1:]))))
    return term


def _common_number(coefficients):
    """What to take out of coefficients of one denominator: their greatest common divisor."""
    if not all(isinstance(c, Fraction) for c in coefficients) or len({c.denominator for c in coefficients}) > 1:
        return Fraction(1)
    common = Fraction(gcd(*(c.numerator for c in coefficients)), coefficients[0].denominator)
    return -common if common != 1 and all(c < 0 for c in coefficients) else common


def _scalar_factors(term):
    """The scalar factors of a term, as a dict from base to exponent."""
    scalar = term if term.is_scalar else term.args[0] if term.operation == "scale" else None
    return _bases(scalar) if scalar is not None else {}


def _entry_factors(term):
    """The factors of an entrywise product, likewise."""
    if term.is_scalar:
        return {}
    return _bases(term.args[1] if term.operation == "scale" else term)


def _bases(formula):
    factors = formula.args if formula.operation == "hadamard" else (formula,)
    return dict((f.args[0], f.data) if f.operation == "power" else (f, Fraction(1)) for f in factors)


def _shared(factors):
    """The powers that every one of several products has."""
    shared = {}
    for base in factors[0]:
        exponents = [found.get(base, 0) for found in factors]
        if min(exponents) > 0 or max(exponents) < 0:
            shared[base] = min(exponents, key=abs)
    return {base: exponent for base, exponent in shared.items() if base.operation not in ("number", "ones")}


def _powers(factors, sign=1):
    return [op.power(base, sign * exponent) for base, exponent in factors.items()]


def _divided(term, scalars):
    """A term without scalar factors that it has."""
    for scalar in _powers(scalars, -1):
        term = op.scale(scalar, term)
    return term


def _length(formula):
    """How many nodes are written, each as often as it stands."""
    return fold(formula, lambda inner, parts: 1 + sum(parts), below=closed)


def _end_factored(formula):
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


def entrywise(formula, *factors):
    """A formula times factors of its shape, and times numbers."""
    for factor in factors:
        formula = op.scale(factor, formula) if factor.is_scalar else op.hadamard(formula, factor)
    return formula


def quotient(formula, moves):
    """A product as (what stands above, {what moves and stands below: its exponent}).

    Nothing stands below where only a number stands above: 1/u is no quotient.
    """
    coefficient, scalars, rest = op.split_scalars(formula)
    entries = list(rest.args) if rest.operation == "hadamard" else [rest]
    factors = [*_flat(scalars), *entries]
    under = [f for f in factors if f.operation == "power" and f.data < 0 and moves(f.args[0])]
    above = [f for f in factors if f not in under]
    if not under or not above:
        return formula, {}
    numbers = [f for f in above if f.is_scalar]
    whole = op.hadamard(op.ones(formula.shape), *(f for f in above if not f.is_scalar))
    return op.with_scalars(coefficient, numbers, whole), {f.args[0]: -f.data for f in under}


def centred(formula, properties):
    """The formula without sums that vanish, as 1 : r does for r = a − (1 : a)/n 1; `properties` hold of constants."""

    def summed(*factors):
        return simplified(op.product(*factors), properties)

    def visit(inner, parts):
        rebuilt = rebuild(inner, parts) if parts else inner
        if rebuilt.operation == "frobenius" and rebuilt.args[0].operation == "ones":
            return op.number(0) if _vanishes(rebuilt.args[1], op.total) else rebuilt
        if rebuilt.operation == "product":
            for i, (left, right) in enumerate(pairwise(rebuilt.args)):
                if left.operation == "ones":
                    rest = _without(right, lambda term, ones=left: summed(ones, term))
                    both = (left, rest)
                elif right.operation == "ones":
                    rest = _without(left, lambda term, ones=right: summed(term, ones))
                    both = (rest, right)
                else:
                    continue
                if rest not in (left, right):
                    return op.product(*rebuilt.args[:i], *both, *rebuilt.args[i + 2 :])
        return rebuilt

    return fold(formula, visit, below=closed)


def _without(formula, summed):
    """The formula without its terms whose sums along an axis cancel; itself where there are none."""
    if _vanishes(formula, summed):
        return op.zero(formula.shape)
    if formula.operation == "transpose":
        inner = formula.args[0]
        rest = _without(inner, lambda term: summed(op.transpose(term)))
        return formula if rest is inner else op.transpose(rest)
    terms = terms_of(formula.args[0] if formula.operation == "named" else formula)
    kept = [(c, term) for c, term in terms if not _vanishes(term, summed)]
    return op.combine(kept) if len(kept) < len(terms) else formula


def _vanishes(formula, summed):
    """Whether the sums over an array along an axis, which `summed` takes, cancel.

    They do for a part like x − (1 : x)/n 1, and for what is constant along the axis times such a part.
    """
    if formula.operation == "transpose":
        return _vanishes(formula.args[0], lambda term: summed(op.transpose(term)))
    if formula.operation == "named":
        return _vanishes(formula.args[0], summed)
    if formula.operation == "scale":
        return _vanishes(formula.args[1], summed)
    if formula.operation == "combination":
        if all(
            term.operation in ("combination", "hadamard", "scale", "named") and _vanishes(term, summed)
            for term in formula.args
        ):
            return True
        return op.is_zero(op.add(*(op.times(c, summed(without_names(term))) for c, term in terms_of(formula))))
    if formula.operation == "hadamard":
        moving = [factor for factor in formula.args if not _is_repeated(factor, summed)]
        return len(moving) == 1 and _vanishes(moving[0], summed)
    return False


def _is_repeated(formula, summed):
    """Whether every entry along the axis of a sum is the same: a column times 1ᵀ, for sums along the rows."""
    whole = summed(formula)
    factor = op.split_scalars(whole)[1]
    return (
        formula.operation == "product"
        and any(inner.operation == "size" for inner in _flat(factor))
        and (formula.args[0].operation == "ones" or formula.args[-1].operation == "ones")
    )


def _flat(scalars):
    return [inner for scalar in scalars for inner in (scalar.args if scalar.operation == "hadamard" else (scalar,))]


def uses(part, formulas):
    """How often a named part stands in formulas."""
    inside = [inner for formula in formulas for inner in ordered([formula], closed)]
    return sum(inner.args.count(part) for inner in inside if inner.operation != "named") + formulas.count(part)


def written_out(formula, parts):
    """The formula with some named parts written out."""
    if not parts:
        return formula

    def visit(inner, arguments):
        if inner in parts:
            return arguments[0]
        return rebuild(inner, arguments) if arguments else inner

    return fold(formula, visit, below=lambda f: f.args if f in parts else closed(f))


def substituted(formula, swap):
    """The formula with some leaves replaced."""
    if not swap:
        return formula

    def visit(inner, parts):
        return rebuild(inner, parts) if parts else swap.get(inner, inner)

    return fold(formula, visit, below=closed)


def mirrored(formula, swap):
    """The formula without the transposes of parts that are symmetric when what is assumed of the variables holds."""
    if not swap:
        return formula
    whole = {}

    def visit(inner, parts):
        rebuilt = rebuild(inner, parts) if parts else inner
        if rebuilt.operation == "transpose" and rebuilt.args[0].operation == "named":
            part = rebuilt.args[0]
            return part if op.is_symmetric(fold(part, lambda f, p: swap.get(f) or rebuild(f, p), whole)) else rebuilt
        return rebuilt

    return fold(formula, visit, below=closed)


def simplified(formula, properties):
    """The formula by what is assumed of values: a one-hot vector sums to one, and so on."""
    summing = {name: words for name, words in properties.items() if any(PROPERTIES[word].sums for word in words)}
    if not summing:
        return formula

    def visit(inner, parts):
        rebuilt = rebuild(inner, parts) if parts else inner
        if rebuilt.operation == "frobenius" and rebuilt.args[0].operation == "ones":
            y = rebuilt.args[1]
            if y.operation == "symbol" and y.data[0] in summing:
                total = y.data[1] < 2 or "sums to one in total" in summing[y.data[0]]
                return op.number(1) if total else op.size(y.shape[0])
        if rebuilt.operation == "product":
            for i, (Y, after) in enumerate(pairwise(rebuilt.args)):
                known = summing.get(Y.data[0], ()) if Y.operation == "symbol" and Y.data[1] == 2 else ()
                if after.operation == "ones" and {"each row sums to one", "one-hot"} & set(known):
                    row_sums = op.ones((Y.shape[0], after.shape[1]))
                    return op.product(*rebuilt.args[:i], row_sums, *rebuilt.args[i + 2 :])
        return rebuilt

    return fold(formula, visit, below=closed)
