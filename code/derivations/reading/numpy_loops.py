"""A step of a loop as a formula of the whole loop: what is done with ``x[i]`` is done with all rows of x at once.

The letter of the loop is a symbol in the formula of its step, and stands in it as an index, ``x[i]`` or
``x[i + 1]``, or as a number. Carried through the formula from the leaves up, it becomes one more axis.
"""

from derivations.formulas import making as op
from derivations.formulas.expression import ONE, ParseError, Size, fold, ordered
from derivations.formulas.table import rebuild
from derivations.reading.numpy_functions import Value, array, over_indices

STEP = "Z"
"""The letter of the axis along which the steps lie; r and c are those of the rows and columns of the step's formula."""
_ENTRYWISE = ("power", "elementwise")


def of_steps(formula, letter, start, stop):
    """What a formula of one step is in all steps, one below the other, as a `Value` with a first axis for the steps.

    Parameters
    ----------
    formula : Formula
        Of the step at the letter: a scalar, a column or a matrix.
    letter : Formula
        The symbol of the step.
    start, stop : Size
        The first step, and the one after the last.

    Raises
    ------
    ParseError
        Where an operation is of a kind that is not done in all steps at once, or an index is outside of its array.
    """
    steps = _Steps(letter, start, stop)
    value, letters = fold(formula, steps.visit)
    return steps.along(value, letters, STEP + _own(formula))


def over_steps(formula, letter, start, stop):
    """The sum of a formula of one step over all steps, as a formula of the same shape."""
    steps = _Steps(letter, start, stop)
    value, letters = fold(formula, steps.visit)
    own = _own(formula)
    if STEP not in letters:  # the same in each step
        return op.scale(op.size(steps.count), formula)
    return op.reshape(over_indices([(value, letters)], own).formula, formula.shape)


def recurrence(formula, array, letter, n, start):
    """What y is where each entry but the first follows from the one before it, y[i] = g + h y[i − 1].

    It is the solution of (I − S₁ᵀ diag(h) S₂) y = y₀ e₁ + S₁ᵀ g, where S₁ picks all entries but the first and S₂ all
    but the last.

    Parameters
    ----------
    formula : Formula
        The entry at the letter, with the array and the letter in it.
    array : Formula
        The symbol that stands for the array, of size n.
    start : Formula
        What the array is before the loop, of which the first entry stays.

    Raises
    ------
    ParseError
        Where an entry is no sum of such a kind.
    """
    before = op.product(op.fixed("gather", (ONE, n), (), (op.add(letter, op.number(-1)),)), array)
    rest = put_for(before, op.number(0), formula)
    factor = op.add(put_for(before, op.number(1), formula), op.negative(rest))
    if _degree(formula, before) > 1 or any(array in ordered([part]) for part in (rest, factor)):
        raise ParseError("each step takes more of the one before it than a multiple: declare the axis with a number")
    one, size = Size.of(1), n - Size.of(1)
    later, earlier = op.fixed("rows", (size, n), (one, n)), op.fixed("rows", (size, n), (Size.of(0), size))
    rests, factors = (of_steps(part, letter, one, n).formula for part in (rest, factor))
    matrix = op.add(op.identity(n), op.negative(op.product(op.transpose(later), op.diag(factors), earlier)))
    first = op.product(op.unit(n, 0), op.transpose(op.unit(n, 0)), start)
    return op.product(op.inverse(matrix), op.add(first, op.product(op.transpose(later), rests)))


def put_for(part, new, formula):
    """The formula with another formula for a part of it."""
    return fold(
        formula,
        lambda one, args: new if one is part else rebuild(one, args) if args else one,
        below=lambda one: () if one is part else one.args,
    )


def _degree(formula, part):
    """0 where a formula is free of a part, 1 where it is linear in it and what is added is free of it; else more."""

    def visit(one, degrees):
        if one is part:
            return 1
        if one.operation in ("product", "hadamard", "scale"):
            return sum(degrees)
        most = max(degrees, default=0)
        return most if one.operation in ("combination", "transpose") else 2 * most

    return fold(formula, visit, below=lambda one: () if one is part else one.args)


def places(index, letter):
    """By how much an index is beyond the letter, ``1`` for ``i + 1``; None where it is another."""
    if index is letter:
        return 0
    shift = op.add(index, op.negative(letter))
    return int(shift.data) if op.is_number(shift) and shift.data == int(shift.data) else None


def _own(formula):
    return "".join(name for name, size in zip("rc", formula.shape, strict=True) if size is not ONE)


class _Steps:
    def __init__(self, letter, start, stop):
        self.letter, self.start, self.stop, self.count = letter, start, stop, stop - start

    def along(self, value, letters, shown):
        """A value with all the axes that are shown, repeated along those that it has not."""
        if letters == shown:
            return value
        return over_indices([(value, letters)], shown, {STEP: self.count})

    def visit(self, formula, parts):
        """The value of a formula in all steps and the letters of its axes; without that of the steps where it rests."""
        if formula is self.letter:
            numbers = op.fixed("arange", (self.count, ONE))
            return Value(op.add(numbers, op.scale(op.size(self.start), op.ones((self.count, ONE)))), 1), STEP
        if formula.operation == "named":
            return parts[0]
        own = _own(formula)
        if all(STEP not in letters for _, letters in parts):
            value = op.transpose(formula) if own == "c" else formula
            return Value(value, len(own)), own
        read = getattr(self, f"of_{formula.operation.replace('-', '_').replace(' ', '_')}", None)
        if formula.operation in _ENTRYWISE:
            ((value, letters),) = parts
            return value.of(rebuild(formula, [value.formula])), letters
        if read is None:
            said = "a loop over an axis without a number is read where its steps are sums and products, and not of a "
            raise ParseError(f"{said}{formula.operation}: declare the axis with a number, as in 'X: 3×n'")
        return read(formula, parts, own)

    def of_fixed(self, formula, parts, own):
        """The row at the letter, of the identity."""
        if formula.data[0] != "gather" or formula.shape[0] is not ONE:
            raise ParseError("in a loop over an axis without a number an index is the letter, or one declared for it")
        n, by = formula.shape[1], places(formula.args[0], self.letter)
        if by is None:
            ((index, _),) = parts
            return Value(op.fixed("gather", (self.count, n), (), (index.formula,)), 2), STEP + "c"
        first, last = self.start + Size.of(by), self.stop + Size.of(by)
        over = (last - n).number
        if (first.number is None or first.number < 0) or over is None or over > 0:
            raise ParseError(f"the index of the loop runs from {first} to {last - Size.of(1)}, of an axis of {n}")
        whole = over == 0 and first.number == 0
        rows = op.identity(n) if whole else op.fixed("rows", (self.count, n), (first, last))
        return Value(rows, 2), STEP + "c"

    def of_product(self, formula, parts, own):
        terms = []
        names = "r" + "defghijklm"[: len(parts) - 1] + "c"
        for place, (value, letters) in enumerate(parts):
            turned = letters.translate({ord("r"): names[place], ord("c"): names[place + 1]})
            terms.append((value, turned))
        return over_indices(terms, STEP + own), STEP + own

    def of_hadamard(self, formula, parts, own):
        return over_indices(parts, STEP + own), STEP + own

    of_scale = of_hadamard

    def of_frobenius(self, formula, parts, own):
        return over_indices(parts, STEP), STEP

    def of_combination(self, formula, parts, own):
        shown = STEP + own
        terms = [
            op.times(factor, self.along(value, letters, shown).formula)
            for factor, (value, letters) in zip(formula.data, parts, strict=True)
        ]
        first = self.along(*parts[0], shown)
        return first.of(op.add(*terms)), shown

    def of_general_power(self, formula, parts, own):
        shown = STEP + own
        base, exponent = (self.along(*part, shown) for part in parts)
        return base.of(op.general_power(base.formula, exponent.formula)), shown

    def of_reshape(self, formula, parts, own):
        ((value, letters),) = parts
        return self.held(value, letters, formula.shape), STEP + own

    def held(self, value, letters, sizes):
        """The value with a step's entries in axes of these sizes."""
        value = value if letters[0] == STEP else self.along(value, letters, STEP + letters)
        return array(value.formula, (self.count, *(size for size in sizes if size is not ONE)))

    def of_contraction(self, formula, parts, own):
        sizes, terms = dict(formula.data.sizes), []
        for (value, letters), names in zip(parts, formula.data.inputs, strict=True):
            stepped = STEP in letters
            axes = tuple(sizes[name] for name in names)
            value = self.held(value, letters, axes) if stepped else array(value.formula, axes)
            terms.append((value, STEP + names if stepped else names))
        for place, (value, letters) in enumerate(terms):
            others = terms[:place] + terms[place + 1 :]
            if (
                value.formula.operation == "identity"
                and letters[0] == STEP
                and not any(STEP in one for _, one in others)
            ):
                terms = [(other, names.replace(letters[1], STEP)) for other, names in others]
                break
        whole = over_indices(terms, STEP + formula.data.kept, sizes)
        return self.held(whole, STEP, formula.shape), STEP + own

    def of_transpose(self, formula, parts, own):
        ((value, letters),) = parts
        turned = letters.translate({ord("r"): "c", ord("c"): "r"})
        return (value, turned) if len(turned) < 3 else (over_indices([(value, turned)], STEP + own), STEP + own)

    def of_norm(self, formula, parts, own):
        ((value, letters),) = parts
        squares = over_indices([(value.of(op.power(value.formula, 2)), letters)], STEP)
        return squares.of(op.power(squares.formula, 0.5)), STEP

    def of_softmax(self, formula, parts, own):
        return self.along_rows(op.softmax, parts), STEP + own

    def of_largest(self, formula, parts, own):
        return self.along_rows(op.largest, parts), STEP + own

    def of_log_sum_exp(self, formula, parts, own):
        if own:
            raise ParseError("in a loop over an axis without a number logsumexp takes a vector")
        return Value(self.along_rows(op.log_sum_exp, parts).formula, 1), STEP

    def along_rows(self, make, parts):
        ((value, _),) = parts
        if value.ndim != 2:
            raise ParseError("in a loop over an axis without a number this takes a vector")
        return value.of(make(value.formula, 1))
