"""NumPy source for a formula: matrices back to NumPy's idiom, each shared part computed once.

Each formula is first turned into a `Piece` of `numpy_pieces`, by the rows of `numpy_rows`, one for each operation. What
is used more than once gets a line of its own.
"""

import keyword
import re

from derivations.formulas.expression import ONE, ordered
from derivations.formulas.making import axes_of
from derivations.formulas.table import ROWS
from derivations.writing.numpy_pieces import ATOM, Lowering, Piece, Writer
from derivations.writing.numpy_rows import LOWER


def source(derivative, name="gradient"):
    """The source of a function that computes a derivative with NumPy alone.

    Parameters
    ----------
    derivative : Derivative
    name : str
        The name of the function.

    Returns
    -------
    str
        A complete ``def``, which needs ``import numpy as np``. Its parameters are the arrays that the formula needs, in
        the order in which they were declared; a size that no array tells is a keyword parameter.

    Raises
    ------
    ValueError
        If `name` is not a name in Python.
    """
    if not name.isidentifier() or keyword.iskeyword(name):
        raise ValueError(f"{name!r} is not a name for a function")
    formula, order = derivative.formula, ordered([derivative.formula])
    declared = list({symbol.data[0]: symbol for symbol in derivative.symbols}.values())
    used = {inner.data[0] for inner in order if inner.operation == "symbol"} | set(getattr(derivative, "arguments", ()))
    helpers = {row.code: row.helper for row in ROWS.values() if row.helper}
    writer = Writer({"np", "len", "float", "unit", *helpers})
    spelled = {symbol.data[0]: writer.fresh(symbol.data[0]) for symbol in declared}
    size_names = dict.fromkeys(n for lengths in _lengths(declared, order) for n in lengths.names)
    make = Lowering(writer, {size: writer.fresh(size) for size in size_names})
    make.pieces, make.made = {}, {*getattr(derivative, "made", ())}
    arguments = [writer.code(name) for name in spelled.values()]
    for inner in order:
        if inner.operation == "symbol":
            make.pieces[inner] = _argument(make, inner, spelled[inner.data[0]])
        else:
            make.pieces[inner] = LOWER[inner.operation](make, inner, [make.pieces[a] for a in inner.args])
    root = _returned(make, make.pieces[formula], formula.shape, derivative, arguments)
    body = writer.lines(root)
    needed = [n for n in make.needed if any(re.search(rf"\b{re.escape(make.sizes[n])}\b", line) for line in body)]
    arrays = [symbol for symbol in declared if symbol.data[0] in used]
    told, lines = _sizes_told(make, needed, arrays, spelled)
    for symbol in declared:
        if symbol not in arrays and any(size not in told for size in needed):
            more = _sizes_told(make, needed, [*arrays, symbol], spelled)
            if len(more[0]) > len(told):
                arrays = [s for s in declared if s in arrays or s is symbol]
                told, lines = _sizes_told(make, needed, arrays, spelled)
    parameters = [spelled[symbol.data[0]] for symbol in arrays]
    untold = [make.sizes[size] for size in needed if size not in told]
    if untold:
        parameters += ["*", *untold]
    shapes = "".join(f"{spelled[s.data[0]]}: {_words(axes_of(s))}, " for s in arrays).removesuffix(", ")
    returns = f"returns {_words(derivative.axes or formula.shape[: derivative.ndim])}"
    text = f'"""{shapes}; {returns}."""' if shapes else f'"""{returns.capitalize()}."""'
    used = {ROWS[inner.operation].code for inner in order if inner.operation in ROWS}
    defined = [line for code, helper in helpers.items() if code in used for line in helper.splitlines()]
    return "\n    ".join([f"def {name}({', '.join(parameters)}):", text, *defined, *lines, *body]) + "\n"


def _words(axes):
    return "×".join(map(str, axes)) or "scalar"


def _argument(make, symbol, name):
    """A parameter: what NumPy holds with more axes than the formula needs loses them."""
    code, ndim, shape = make.writer.code(name), symbol.data[1], symbol.shape
    axes = axes_of(symbol)
    if ndim > 2:
        if ONE in axes:
            code = make.writer.code(f"{{0}}[{', '.join('0' if axis is ONE else ':' for axis in axes)}]", code)
        return Piece("full", make.as_held(code, axes, shape))
    kept = [length for length in shape if length is not ONE]
    if len(kept) < ndim:
        place = ", ".join("0" if length is ONE else ":" for length in shape[:ndim])
        code = make.writer.code(f"{{0}}[{place}]", code)
    return Piece("full", code)


def _lengths(declared, order):
    """Every size that may be needed."""
    inside = [size for f in order if f.operation == "contraction" for _, size in f.data.sizes]
    return [
        *(size for f in (*declared, *order) for size in f.shape),
        *(s for f in declared for s in axes_of(f)),
        *inside,
    ]


def _returned(make, piece, shape, derivative, arguments):
    """The result with the axes that NumPy would give it."""
    kept, ndim = [length for length in shape if length is not ONE], derivative.ndim
    code = make.full(piece, shape)
    if derivative.axes:
        return make.writer.code(f"{{0}}.reshape({', '.join(map(make.size_text, derivative.axes))})", code, needs=ATOM)
    if not kept and not any(inner in arguments for inner in ordered([code])):
        code = make.writer.call("float", code)  # of sizes and numbers alone
    if len(kept) == ndim:
        return code
    if not kept:
        return make.writer.call("np.full", make.writer.code("(1, 1)" if ndim == 2 else "1"), code)
    if ndim == 2:
        return make.column(code) if shape[1] is ONE else make.writer.code("{0}[None, :]", code, needs=ATOM)
    return code


def _sizes_told(make, needed, arrays, spelled):
    """The sizes that the shapes of arrays tell, and the lines that read them."""
    told, lines, wanted = {}, [], dict.fromkeys(needed)
    for symbol in arrays:
        axes = axes_of(symbol)
        single = [_single(axis) for axis in axes]
        fresh = [n for n in single if n in wanted and n not in told]
        if len(axes) > 1 and len(set(fresh)) == len(axes):
            lines.append(f"{', '.join(make.sizes[n] for n in single)} = {spelled[symbol.data[0]]}.shape")
        elif len(axes) > 2:
            name = spelled[symbol.data[0]]
            lines += [f"{make.sizes[n]} = {_length(name, axes, single.index(n))}" for n in dict.fromkeys(fresh)]
        elif fresh:
            lines.append(f"{make.sizes[fresh[0]]} = {_length(spelled[symbol.data[0]], axes, single.index(fresh[0]))}")
        told.update(dict.fromkeys(fresh))
    progress = True
    while progress:
        progress = False
        for symbol in arrays:
            axes = axes_of(symbol)
            for at, axis in enumerate(axes):
                unknown = [n for n in axis.names if n not in told]
                if len(unknown) != 1 or len(axis.terms) != 1 or axis.terms[0][0].count(unknown[0]) != 1:
                    continue
                (names, count), length = axis.terms[0], _length(spelled[symbol.data[0]], axes, at)
                others = [str(count)] * (count != 1) + [make.sizes[n] for n in names if n != unknown[0]]
                helpful = unknown[0] in wanted or any(
                    unknown[0] in a.names for s in arrays for a in axes_of(s) if a is not axis
                )
                if helpful and all(n in told for n in names if n != unknown[0]):
                    divisor = others[0] if len(others) == 1 else f"({' * '.join(others)})"
                    lines.append(f"{make.sizes[unknown[0]]} = {length}" + (f" // {divisor}" if others else ""))
                    told[unknown[0]] = None
                    progress = True
    return told, lines


def _length(name, axes, at):
    return f"len({name})" if len(axes) == 1 else f"{name}.shape[{at}]"


def _single(axis):
    """The name of a size that is just a name."""
    return axis.names[0] if len(axis.names) == 1 and str(axis) == axis.names[0] else None
