"""Formulas as LaTeX and as plain text: one printer, two sets of glyphs.

Juxtaposition binds closest, then ⊙ and ⊗, then the colon, then the sum, as the notation chapter has it.
"""

import math
import re
from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction
from typing import NamedTuple

from derivations.formulas import names
from derivations.formulas.expression import Size, fold
from derivations.formulas.index_sums import INDICES
from derivations.formulas.making import ANY_FUNCTION, is_number
from derivations.formulas.table import ROWS


class Levels(IntEnum):
    """How closely a printed part binds."""

    SUM, COLON, ENTRYWISE, PRODUCT, POSTFIX, ATOM = range(6)


SUM, COLON, ENTRYWISE, PRODUCT, POSTFIX, ATOM = Levels

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


class Shown(NamedTuple):
    """A printed part and how closely it binds."""

    text: str
    level: int
    below: tuple = ()
    """For a negative power: its denominator, printed."""
    fraction: tuple = ()
    """For a scalar fraction, and for a fraction times a matrix: what stands above, below, and after it."""
    sides: tuple = ()
    """For a sum: what `_sides` says of it."""
    moves: bool = False
    """Whether a differential stands in it."""


@dataclass(frozen=True)
class Glyphs:
    """What differs between the two kinds of text."""

    latex: bool
    odot: str
    oslash: str
    otimes: str
    transpose: str
    minus_transpose: str
    inverse: str
    ones: str
    norm: tuple
    levels = Levels

    def bracket(self, text):
        """The text in brackets, large ones where it is tall."""
        return (
            rf"\left({text}\right)"
            if self.latex and any(tall in text for tall in ("frac", r"\left", r"\int"))
            else f"({text})"
        )

    def within(self, part, least):
        """The text of a part, in brackets where it binds less closely than `least`."""
        return part[0] if part[1] >= least else self.bracket(part[0])

    def operator(self, name):
        """The name of a function."""
        return names.command(name) if self.latex else name

    def fraction(self, above, below):
        """A fraction."""
        return rf"\frac{{{above}}}{{{below}}}" if self.latex else f"{above}/{below}"

    def raised(self, base, exponent):
        """A base with an exponent."""
        if self.latex:
            return f"{base}^{{{exponent}}}"
        return base + (exponent.translate(_SUPERSCRIPTS) if re.fullmatch(r"-?\d+", exponent) else f"^({exponent})")

    def lowered(self, base, index):
        """A base with an index, in braces where it has one already."""
        if self.latex and "_" in base and base.endswith("}"):
            base = f"{{{base}}}"
        return (
            f"{base}_{{{index}}}"
            if self.latex
            else base + (index.translate(_SUBSCRIPTS) if index.isdigit() else f"_{index}")
        )

    def name(self, text):
        """A name as it is written: W1 as W₁, mu as μ, yhat as ŷ, s' as s′."""
        return names.latex(text) if self.latex else names.plain(text)


LATEX = Glyphs(True, r" \odot ", r" \oslash ", r" \otimes ", "^T", "^{-T}", "^{-1}", r"\mathbf{1}", (r"\|", r"\|"))
PLAIN = Glyphs(False, " ⊙ ", " ⊘ ", " ⊗ ", "ᵀ", "⁻ᵀ", "⁻¹", "1", ("‖", "‖"))


def latex(formula, opened=()):
    """The LaTeX of a formula; named parts by their names, but those in `opened` by their definitions."""
    return _print(formula, LATEX, opened)


def text(formula, opened=(), known=None):
    """The formula in plain text with mathematical signs; `known` holds parts that are printed, and takes the new."""
    return _print(formula, PLAIN, opened, known)


def apart(formula, glyphs):
    """That a formula is not zero: ``u ≠ 0``, and of a difference that its sides are not equal."""
    found = _print(formula, glyphs, (), {}, whole=True)
    left, right, _ = found.sides or (found.text, "0", False)
    return rf"{left} \ne {right}" if glyphs.latex else f"{left} ≠ {right}"


def size_text(size, glyphs):
    """A size, as in ``3 n`` or ``m n``."""
    parts = []
    for letters, count in size.terms:
        factors = [] if abs(count) == 1 and letters else [str(abs(count))]
        for name in dict.fromkeys(letters):
            times = letters.count(name)
            factors.append(glyphs.raised(glyphs.name(name), str(times)) if times > 1 else glyphs.name(name))
        parts.append((count < 0, " ".join(factors)))
    parts.sort(key=lambda part: (part[0], part[1].isdigit()))  # n + 1, not 1 + n
    return (
        "".join((" - " if minus else " + " if i else "") + part for i, (minus, part) in enumerate(parts)).strip() or "0"
    )


def shape_text(shape, glyphs):
    """The shape of an array, as in ``m×n``; of a column its length alone."""
    lengths = shape[:1] if shape[1].number == 1 else shape
    return (r" \times " if glyphs.latex else "×").join(size_text(length, glyphs) for length in lengths)


def shown(formulas, known=None):
    """Each node of formulas that are printed, as (formula, its plain text, whether it binds as one letter does)."""
    known = {} if known is None else known
    for formula in formulas:
        _print(formula, PLAIN, (), known)
    return [(formula, part.text, part.level == ATOM) for formula, part in known.items()]


def _print(formula, glyphs, opened, known=None, whole=False):
    def below(inner):
        if inner.operation == "named" and inner.data not in opened:
            return ()
        return inner.args

    def visit(inner, parts):
        if inner.operation == "named":
            return parts[0] if parts else Shown(glyphs.name(inner.data), ATOM)
        found = Shown(*SHOW[inner.operation](glyphs, inner, parts))
        moves = inner.operation == "differential" or any(part.moves for part in parts)
        return Shown(*found[:-1], True) if moves else found

    found = fold(formula, visit, known, below)
    return found if whole else found.text


_LONG_NUMBER = 12  # digits of a number that nobody typed
_FRACTION = 1000  # and so is what is no finite decimal, up to this one
_SMALL = 12  # fractions up to this denominator are written as such, others in decimals


def coefficient_text(value, glyphs):
    """A number as it is typed: an integer, a decimal, a small fraction, a multiple of π or of a power of it."""
    if isinstance(value, float):
        return _float_text(value, glyphs)
    if value.denominator == 1:
        digits = str(value.numerator)
        return digits if len(digits) < 16 else _float_text(float(value), glyphs)
    if _is_small_fraction(value):
        above, below = str(abs(value.numerator)), str(value.denominator)
        sign = "-" if value < 0 else ""
        return sign + (rf"\tfrac{{{above}}}{{{below}}}" if glyphs.latex else f"{above}/{below}")
    return _float_text(float(value), glyphs)


def _is_small_fraction(value):
    """Whether a number is written as a fraction: 1/3 and 1/2, and not 0.1."""
    if not isinstance(value, Fraction):
        return False
    rest = value.denominator
    for factor in (2, 5):
        while rest % factor == 0:
            rest //= factor
    return value.denominator <= _FRACTION if rest > 1 else value.denominator in (1, 2, 4, 8)


def of_pi(value):
    """A number as (small fraction, whether of √π, whether over it) of π or √π; None where it is none."""
    for rooted in (False, True):
        for over in (False, True):
            power = math.sqrt(math.pi) if rooted else math.pi
            factor = value * power if over else value / power
            near = Fraction(factor).limit_denominator(_SMALL)
            if near and abs(float(near) - factor) < 4e-16 * abs(factor):
                return near, rooted, over
    return None


def _pi_text(near, rooted, over, glyphs):
    """That, written."""
    root = r"\pi" if glyphs.latex else "π"
    root = (rf"\sqrt{{{root}}}" if glyphs.latex else f"√({root})") if rooted else root
    above, below = str(abs(near.numerator)), str(near.denominator)
    top = " ".join(filter(None, [above if above != "1" or over else "", "" if over else root]))
    bottom = " ".join(filter(None, [below if below != "1" else "", root if over else ""]))
    sign = "-" if near < 0 else ""
    if not bottom:
        return sign + top
    bottom = f"({bottom})" if " " in bottom and not glyphs.latex else bottom
    return sign + (rf"\tfrac{{{top}}}{{{bottom}}}" if glyphs.latex else f"{top}/{bottom}")


def _float_text(value, glyphs):
    shown = f"{value:.15g}"
    if len(shown) > _LONG_NUMBER and (found := of_pi(value)):
        return _pi_text(*found, glyphs)
    if "e" in shown:
        digits, exponent = shown.split("e")
        return rf"{digits} \cdot 10^{{{int(exponent)}}}" if glyphs.latex else shown
    return shown


def _show_number(glyphs, formula, parts):
    shown = coefficient_text(formula.data, glyphs)
    return shown, (SUM if shown.startswith("-") else PRODUCT if "/" in shown or "cdot" in shown else ATOM)


def _show_size(glyphs, formula, parts):
    shown = size_text(formula.data, glyphs)
    plain = len(formula.data.terms[0][0]) < 2 and " " not in shown
    return shown, SUM if len(formula.data.terms) > 1 else ATOM if plain else PRODUCT if " " in shown else POSTFIX


def _show_combination(glyphs, formula, parts):
    terms = sorted(zip(formula.data, formula.args, parts, strict=True), key=lambda term: term[0] < 0)
    if formula.data[0] > 0:  # a minus comes first only where every term has one
        terms = list(zip(formula.data, formula.args, parts, strict=True))
    shown = [_term(glyphs, abs(c), f, part) for c, f, part in terms]
    signs = ["-" if c < 0 else "+" for c, _, _ in terms]
    whole = ("-" if signs[0] == "-" else "") + shown[0]
    whole += "".join(f" {sign} {term}" for sign, term in zip(signs[1:], shown[1:], strict=True))
    if len(parts) == 1 and signs[0] == "+":
        return whole, (COLON if formula.args[0].operation == "frobenius" else PRODUCT)
    return whole, SUM, (), (), _sides(glyphs, terms, shown)


def _sides(glyphs, terms, shown):
    """Both sides of a sum compared with zero, and whether they are turned: numbers go to the right, [x > -1]."""
    sides, numbers = ([], []), []
    for (c, f, _), text in zip(terms, shown, strict=True):
        if f.operation in ("ones", "number"):
            numbers.append((c < 0, coefficient_text(abs(c), glyphs)))
        elif f.operation == "scale" and f.args[1].operation == "ones":
            numbers.append((c < 0, text.removesuffix(f" {glyphs.ones}")))
        else:
            sides[c < 0].append(text)
    turned = not sides[0] and bool(sides[1])  # c - z > 0 is z < c
    left, right = (" + ".join(side) for side in (sides[::-1] if turned else sides))
    for negative, text in numbers:
        minus = negative == turned
        right += (" - " if minus else " + ") + text if right else f"-{text}" if minus else text
    return left or "0", right or "0", turned


def _term(glyphs, size, formula, part):
    """A term of a sum: a positive number times a formula."""
    if is_number(formula):
        return coefficient_text(size, glyphs)
    if size == 1:
        return glyphs.within(part, COLON)
    if part.fraction and _is_small_fraction(size):
        above, below, after = part.fraction
        top = " ".join(filter(None, [str(size.numerator) if size.numerator != 1 else "", above])) or "1"
        if size.denominator != 1:
            below = f"{size.denominator} {below}"
            below = below if glyphs.latex else f"({below})"
        return " ".join(filter(None, [glyphs.fraction(top, below), after]))
    number = coefficient_text(size, glyphs)
    if part.fraction and "/" not in number and "frac" not in number:
        above, below, after = part.fraction
        return " ".join(filter(None, [glyphs.fraction(" ".join(filter(None, [number, above])), below), after]))
    inner = part.text if formula.operation == "frobenius" else glyphs.within(part, PRODUCT)
    gap = "" if inner.startswith("(") and not glyphs.latex else " "
    if inner.startswith((r"\mathbf{1}", *"0123456789")):
        gap = r" \, " if glyphs.latex else "·"
    return coefficient_text(size, glyphs) + gap + inner


def _show_product(glyphs, formula, parts):
    """Factors side by side; a square matrix that stands twice in a row is squared."""
    entry = _entry(glyphs, formula, parts)
    if entry:
        return entry
    runs = []
    for argument, part in zip(formula.args, parts, strict=True):
        if runs and runs[-1][0] is argument and argument.shape[0] is argument.shape[1]:
            runs[-1][2] += 1
        else:
            runs.append([argument, part, 1])
    shown, before = [], None
    for argument, part, count in runs:
        piece = glyphs.raised(glyphs.within(part, ATOM), str(count)) if count > 1 else glyphs.within(part, PRODUCT)
        if shown and glyphs.latex and (_moves(argument) or _moves(before)):
            piece = r"\, " + piece
        shown.append(piece)
        before = argument
    return " ".join(shown), PRODUCT if len(shown) > 1 else POSTFIX


def _entry(glyphs, formula, parts):
    """An entry e_iᵀ v or e_iᵀ A e_j of something with a name, as v_i or A_ij."""
    first, *inner, last = formula.args
    row = _picked(first.args[0]) if first.operation == "transpose" else None
    column = _picked(last)
    if not row or (len(inner) == 1 and not column) or len(inner) > 1:
        return None
    held, part = (inner[0], parts[1]) if inner else (last, parts[-1])
    if held.operation not in ("symbol", "named", "differential", "softmax"):
        return None
    if not inner and not held.is_column:
        return None  # a row
    indices = [index for index in (row, column if inner else None) if index]
    if glyphs.latex and any(letter.isalpha() for index in indices for letter in index):
        return None  # A_{1k} with k a size would be read as one entry of many
    joint = "" if glyphs.latex and all(len(index) == 1 for index in indices) else ","
    return glyphs.lowered(glyphs.within(part, ATOM), joint.join(indices)), ATOM


def _picked(formula):
    """The place of the one in a unit vector, counted from 1, as text; empty for anything else."""
    if formula.operation != "unit":
        return ""
    index = formula.data
    if isinstance(index, int) and index < 0:
        index = formula.shape[0] + Size.of(index)
    return size_text(Size.of(index) + Size.of(1), PLAIN).replace(" ", "")


def _moves(formula):
    while formula.operation == "transpose":
        formula = formula.args[0]
    return formula.operation == "differential"


def _show_hadamard(glyphs, formula, parts):
    above = [part for part in parts if not part.below]
    below = [Shown(*part.below) for part in parts if part.below]
    if formula.is_scalar:
        above.sort(key=lambda part: part.moves)
        thin = r"\, " if glyphs.latex else ""
        top = " ".join(
            (thin if i and part.moves else "") + glyphs.within(part, PRODUCT) for i, part in enumerate(above)
        )
        if not below:
            return top, PRODUCT
        bottom = " ".join(glyphs.within(part, PRODUCT) if len(below) > 1 else part.text for part in below)
        if not glyphs.latex:
            bottom = f"({bottom})" if len(below) > 1 or below[0].level < POSTFIX else bottom
        return glyphs.fraction(top or "1", bottom), PRODUCT, (), (top, bottom, "")
    top = glyphs.odot.join(glyphs.within(part, PRODUCT) for part in above) or glyphs.ones
    for part in below:
        top += glyphs.oslash + glyphs.within(part, PRODUCT)
    return top, ENTRYWISE


def _show_scale(glyphs, formula, parts):
    scalar, matrix = parts
    after = glyphs.within(matrix, PRODUCT)
    fraction = (*scalar.fraction[:2], after) if scalar.fraction else ()
    return glyphs.within(scalar, PRODUCT) + " " + after, PRODUCT, (), fraction


def _show_frobenius(glyphs, formula, parts):
    left, right = (glyphs.within(part, PRODUCT) for part in parts)
    return f"{left} : {right}", COLON


def _show_transpose(glyphs, formula, parts):
    if formula.args[0].operation == "differential":
        return parts[0][0] + glyphs.transpose, POSTFIX
    return glyphs.within(parts[0], ATOM) + glyphs.transpose, POSTFIX


def _show_inverse(glyphs, formula, parts):
    inner = formula.args[0]
    if inner.operation == "transpose":
        shown = parts[0][0].removesuffix(glyphs.transpose)
        return shown + glyphs.minus_transpose, POSTFIX
    return glyphs.within(parts[0], ATOM) + glyphs.inverse, POSTFIX


def _show_power(glyphs, formula, parts):
    """A power; a negative one also gives its denominator, for what divides by it."""
    exponent = formula.data
    if exponent > 0:
        return _raised(glyphs, formula, parts[0], exponent)
    below = parts[0] if exponent == -1 else _raised(glyphs, formula, parts[0], -exponent)
    if formula.is_scalar:
        shown = below[0] if glyphs.latex else glyphs.within(below, POSTFIX)
        return glyphs.fraction("1", shown), PRODUCT, below, ("", shown, "")
    return glyphs.ones + glyphs.oslash + glyphs.within(below, PRODUCT), ENTRYWISE, below


def _raised(glyphs, formula, part, exponent):
    if exponent == Fraction(1, 2):
        return (rf"\sqrt{{{part[0]}}}" if glyphs.latex else f"√({part[0]})"), ATOM
    if formula.is_scalar:
        return glyphs.raised(glyphs.within(part, ATOM), coefficient_text(exponent, glyphs)), POSTFIX
    if exponent == 2:
        base = glyphs.within(part, PRODUCT)
        return base + glyphs.odot + base, ENTRYWISE
    base, shown = glyphs.within(part, ATOM), coefficient_text(exponent, glyphs)
    return (rf"{base}^{{\odot {shown}}}" if glyphs.latex else f"{base}^(⊙{shown})"), POSTFIX


def _show_general_power(glyphs, formula, parts):
    base, exponent = glyphs.within(parts[0], ATOM), parts[1][0]
    if formula.is_scalar:
        return glyphs.raised(base, exponent), POSTFIX
    return (rf"{base}^{{\odot {exponent}}}" if glyphs.latex else f"{base}^(⊙{exponent})"), POSTFIX


def _show_elementwise(glyphs, formula, parts):
    name, inner = formula.data.removeprefix(ANY_FUNCTION), parts[0][0]
    if name in ("positive", "nonnegative"):
        return _show_comparison(glyphs, formula, parts[0]), ATOM
    if name == "abs" and (formula.is_scalar or not glyphs.latex):  # |A| would be a determinant
        return f"|{inner}|", ATOM
    plain = name.replace("'", "")
    if formula.data.startswith(ANY_FUNCTION):
        return glyphs.name(plain) + "'" * name.count("'") + glyphs.bracket(inner), ATOM
    operator = {"sigmoid": r"\sigma" if glyphs.latex else "σ"}.get(name) or glyphs.operator(plain)
    return operator + "'" * name.count("'") + glyphs.bracket(inner), ATOM


def _show_comparison(glyphs, formula, part):
    """[u > 0], [u < 0] for a minus alone, [a > b] for a difference; a number stands at the right."""
    left, right, turned = part.sides or (part.text, "0", False)
    signs = ("<", r"\le" if glyphs.latex else "≤") if turned else (">", r"\ge" if glyphs.latex else "≥")
    return f"[{left} {signs[formula.data != 'positive']} {right}]"


def _show_norm(glyphs, formula, parts):
    return glyphs.norm[0] + parts[0][0] + glyphs.norm[1], ATOM


def _called(name):
    def show(glyphs, formula, parts):
        inner = ", ".join(part[0] for part in parts)
        return glyphs.operator(name) + glyphs.bracket(inner), ATOM

    return show


def _show_axis(name):
    def show(glyphs, formula, parts):
        axis = "" if formula.args[0].shape[1].number == 1 and formula.data == 0 else "row" if formula.data else "column"
        shown = glyphs.operator(name)
        if axis:
            shown = glyphs.lowered(shown, rf"\text{{{axis}}}" if glyphs.latex else axis)
        return shown + glyphs.bracket(parts[0][0]), ATOM

    return show


def _show_largest(glyphs, formula, parts):
    over = {0: "column", 1: "row"}.get(formula.data, "") if 1 not in [n.number for n in formula.shape] else ""
    top = r"\max" if glyphs.latex else "max"
    if over:
        top = glyphs.lowered(top, rf"\text{{{over}}}" if glyphs.latex else over)
    return f"[{parts[0].text} = {top}{glyphs.bracket(parts[0].text)}]", ATOM


def _show_kronecker(glyphs, formula, parts):
    left, right = (
        _sized(glyphs, argument) or glyphs.within(part, PRODUCT)
        for argument, part in zip(formula.args, parts, strict=True)
    )
    return left + glyphs.otimes + right, ENTRYWISE


def _sized(glyphs, formula):
    """I and 1 with their sizes, for a place where nothing beside them tells it; else an empty text."""
    rows, columns = (size_text(length, glyphs).replace(" ", " " if glyphs.latex else "") for length in formula.shape)
    if formula.operation == "identity":
        return glyphs.lowered("I", rows)
    if formula.operation != "ones":
        return ""
    row = glyphs.lowered(glyphs.ones, columns) + glyphs.transpose
    column = glyphs.lowered(glyphs.ones, rows)
    return row if formula.shape[0].number == 1 else column if formula.is_column else f"{column} {row}"


def _show_kronecker_adjoint(glyphs, formula, parts):
    whole, factor = glyphs.within(parts[0], PRODUCT), _sized(glyphs, formula.args[1])
    factor = factor or glyphs.within(parts[1], PRODUCT)
    dot, star = (r"\,\cdot\,", "^{*}") if glyphs.latex else ("·", "*")
    inner = f"{dot}{glyphs.otimes}{factor}" if formula.data == "left" else f"{factor}{glyphs.otimes}{dot}"
    return f"({inner}){star}" + (
        r"\, " if glyphs.latex else " "
    ) + whole, ENTRYWISE  # it reaches to the end of a product


def _show_reshape(glyphs, formula, parts):
    if formula.is_column:
        return glyphs.lowered(glyphs.operator("vec"), r"\text{row}" if glyphs.latex else "row") + glyphs.bracket(
            parts[0][0]
        ), ATOM
    shape = (r" \times " if glyphs.latex else "×").join(size_text(length, glyphs) for length in formula.shape)
    return glyphs.lowered(glyphs.operator("reshape"), shape) + glyphs.bracket(parts[0][0]), ATOM


def _show_contraction(glyphs, formula, parts):
    """A sum over indices; an array by its entries in brackets, [Σ_k A_ik B_jk]_ij."""
    inputs, kept, sizes = formula.data
    used = {name for _, size in sizes for name in size.names} | {
        name_of(inner) for inner in formula.args if inner.operation in ("symbol", "named")
    }
    free = [letter for letter in INDICES if letter not in used]
    shown = dict(zip((letter for letter, _ in sizes), free, strict=False))
    picked = {}  # the letters of unit vectors stand for a number: x_{i2}
    for argument, letters in zip(formula.args, inputs, strict=True):
        place = _picked(argument)
        if place and letters not in kept and sum(letters in other for other in inputs) == 2:
            picked[letters] = place
    factors = [
        _at(glyphs, part, [picked.get(letter, shown.get(letter, letter)) for letter in letters])
        for part, letters in zip(parts, inputs, strict=True)
        if not (letters in picked and formula.args[inputs.index(letters)].operation == "unit")
    ]
    summed = [shown[letter] for letter in formula.data.summed if letter not in picked]
    whole = (r"\, " if glyphs.latex else " ").join(factors)
    if summed:
        sign = rf"\sum_{{{' '.join(summed)}}} " if glyphs.latex else f"Σ_{','.join(summed)} "
        whole = sign + whole
    if not kept:
        return whole, SUM if summed else PRODUCT
    whole = rf"\Big[{whole}\Big]" if glyphs.latex and summed else f"[{whole}]"
    return glyphs.lowered(whole, "".join(shown[letter] for letter in kept)), ATOM


def _at(glyphs, part, indices):
    """An entry of a part."""
    base, index = glyphs.within(part, ATOM), ("" if all(len(one) == 1 for one in indices) else ",").join(indices)
    if glyphs.latex:
        return rf"{{{base}}}_{{{index}}}" if "_" in base and not base.endswith(")") else f"{base}_{{{index}}}"
    return f"{base}_{index}"


def _show_symbol(glyphs, formula, parts):
    return glyphs.name(name_of(formula)), ATOM


def _show_differential(glyphs, formula, parts):
    return "d" + glyphs.name(name_of(formula.data)), ATOM


def name_of(formula):
    """The name under which a symbol or a named part is printed."""
    return formula.data if formula.operation == "named" else formula.data[3]


def _show_unit(glyphs, formula, parts):
    return glyphs.lowered("e", _picked(formula)), ATOM


def _show_fixed(glyphs, formula, parts):
    """The matrix of a fixed linear map: as what the map makes of the identity, or as its rows."""
    name, *data = formula.data
    n = size_text(formula.shape[1], glyphs)
    if name == "gather":
        return glyphs.lowered("I", f"{parts[0].text},:"), ATOM
    if name == "sorted":
        return glyphs.lowered("I", rf"{glyphs.operator('argsort')}({parts[0].text}),:"), ATOM
    if name == "every":
        start, stop, step = data
        places = f"{size_text(start + Size.of(1), glyphs)}:{size_text(stop, glyphs)}:{step},:".replace(" ", "")
        return glyphs.lowered("I", places), ATOM
    if name == "rows":
        return _show_rows(glyphs, formula, *data)
    if name == "arange":
        last = size_text(formula.shape[0] - Size.of(1), glyphs)
        return (rf"(0, 1, \dots, {last})^T" if glyphs.latex else f"(0, 1, …, {last})ᵀ"), POSTFIX
    if name == "interleave":
        m, n, p, q = data
        pieces = [f"{glyphs.lowered('I', size_text(m, glyphs))}", f"{glyphs.lowered('I', size_text(q, glyphs))}"]
        between = glyphs.lowered("K", f"{size_text(n, glyphs)},{size_text(p, glyphs)}")
        return glyphs.otimes.join([pieces[0], between, pieces[1]]), ENTRYWISE
    ones = f"{glyphs.ones} {glyphs.ones}{glyphs.transpose}"
    inner = ones if name in ("triu", "tril") else glyphs.lowered("I", n)
    more = [size_text(entry, glyphs) if isinstance(entry, Size) else str(entry) for entry in data]
    return glyphs.operator(name) + f"({', '.join([inner, *more])})", ATOM


_FEW = 3  # rows of zeros that are written one by one


def _show_rows(glyphs, formula, start, stop):
    """Some rows of the identity: [0 I], [I 0], or I with a range below it."""
    before, after = start.number, (formula.shape[1] - stop).number
    inner = glyphs.lowered("I", size_text(formula.shape[0], glyphs).replace(" ", ""))
    if before is None or after is None or before + after > _FEW:
        first, last = size_text(start + Size.of(1), glyphs), size_text(stop, glyphs)
        return glyphs.lowered("I", f"{first}:{last},:".replace(" ", "")), ATOM
    blocks = ["0"] * before + [inner] + ["0"] * after
    if glyphs.latex:
        return rf"\begin{{bmatrix}} {' & '.join(blocks)} \end{{bmatrix}}", ATOM
    return f"[{' '.join(blocks)}]", ATOM


SHOW = {
    **{
        row.name: _called(row.written) if isinstance(row.written, str) else row.written
        for row in ROWS.values() if row.written
    },
    "fixed": _show_fixed,
    "number": _show_number,
    "symbol": _show_symbol,
    "size": _show_size,
    "ones": lambda glyphs, formula, parts: (
        (glyphs.ones, ATOM) if formula.is_column
        else (glyphs.ones + glyphs.transpose, POSTFIX) if formula.shape[0].number == 1
        else (f"{glyphs.ones} {glyphs.ones}{glyphs.transpose}", PRODUCT)
    ),
    "zero": lambda glyphs, formula, parts: ("0", ATOM),
    "identity": lambda glyphs, formula, parts: ("I", ATOM),
    "unit": _show_unit,
    "commutation": lambda glyphs, formula, parts: (
        glyphs.lowered("K", ",".join(size_text(length, glyphs) for length in formula.data)), ATOM
    ),
    "diagonal embedding": lambda glyphs, formula, parts: (
        glyphs.lowered("D", size_text(formula.shape[1], glyphs)), ATOM
    ),
    "differential": _show_differential,
    "combination": _show_combination,
    "product": _show_product,
    "hadamard": _show_hadamard,
    "scale": _show_scale,
    "frobenius": _show_frobenius,
    "transpose": _show_transpose,
    "inverse": _show_inverse,
    "power": _show_power,
    "general power": _show_general_power,
    "elementwise": _show_elementwise,
    "norm": _show_norm,
    "log determinant": lambda glyphs, formula, parts: (
        (r"\log\det" if glyphs.latex else "log det ") + glyphs.bracket(parts[0][0]), ATOM
    ),
    "kronecker": _show_kronecker,
    "kronecker adjoint": _show_kronecker_adjoint,
    "reshape": _show_reshape,
    "contraction": _show_contraction,
    "largest": _show_largest,
    "softmax": _show_axis("softmax"),
    "log-sum-exp": _show_axis("logsumexp"),
}  # fmt: skip
