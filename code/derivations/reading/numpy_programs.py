"""A pasted forward pass as one formula: lines of assignments, loops with a number of steps, or a whole function.

The text is parsed by Python's own parser and read statement by statement against an allow-list; nothing is executed.
An assignment gives a part its name, a name that is given anew gets a version, a loop is written out, and a call of a
function that stands in the same text is that function's lines with its parameters for the arguments.
"""

import ast
import keyword
import re
import textwrap
import warnings

from derivations.formulas import making as op
from derivations.formulas import names
from derivations.formulas.expression import ONE, ParseError, ShapeError, ordered
from derivations.formulas.index_sums import INDICES
from derivations.reading import numpy_names, numpy_text
from derivations.reading.numpy_functions import Value, array, is_mask, over_indices, shape_words, spread

STEPS, NODES, FILE = 300, 20_000, 400_000
_STRINGS = re.compile(
    r"'''(?:.|\n)*?'''|" + r'"""(?:.|\n)*?"""' + r"|'(?:\\.|[^'\\\n])*'|" + r'"(?:\\.|[^"\\\n])*"' + r"|(#[^\n]*)"
)
_STATEMENT = re.compile(
    r"^[ \t]*(?:(?:def|for|while|return|import|from|if|with|class|try|assert|async|del|global)\b|@\w"
    r"|[^\W\d][\w, \t]*(?::[^=\n]+)?(?:[-+*/@]|\*\*)?=(?!=))",
    re.MULTILINE,
)
"""How a line begins that is no expression."""


def read(text, scope):
    """The value of an expression, of lines of assignments, or of a function, as a `Value`.

    The names that the lines give are defined in the scope.

    Parameters
    ----------
    text : str
        An expression; lines of assignments that end in the loss, its name or its assignment; or ``def loss(…): …``.
    scope : numpy_text.Scope

    Raises
    ------
    ParseError
        With the line that cannot be read, a caret under the place, and what to write instead.
    UnknownName
        With the nearest declared name.
    ShapeError
        With both shapes and the operands as written, or where the last assignment makes no scalar.
    """
    numpy_text.admit(text)
    text = _with_powers(text)
    if _LATEX.search(without_comments(text)):
        return _of_latex(text, scope)
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    source = textwrap.dedent(lines.expandtabs()).translate({**numpy_text.SIGNS, ord("\n"): "\n"})
    body = _statements(source)
    if body is None or all(isinstance(one, ast.Expr) for one in body if not _is_text(one)):
        return numpy_text.parse(without_comments(text), scope)
    return _Program(source, scope).whole(body)


_LATEX = re.compile(r"\\(?:[A-Za-z]{2,}|[|\\])|\^\s*[{T\d]|\\[|]")
"""What only LaTeX has: a command, a norm bar, a line break, an exponent."""


def _with_powers(text):
    """The text with ``**`` for ``^`` where it is Python but for that: every ``^`` has a number or brackets after it."""
    if "\\" in text or not re.search(r"\^", text) or re.search(r"\^(?!\s*[-(.\d])", text):
        return text
    powers = without_comments(text).replace("^", "**")
    return text if _statements(textwrap.dedent(powers.expandtabs())) is None else powers


def _of_latex(text, scope):
    """The value of a formula in LaTeX; rows before the last define what they name.

    Raises
    ------
    ParseError
        Where a part is not read, or has no text in NumPy.
    """
    from derivations.reading import latex_grammar, latex_numpy, latex_text  # much, for what is typed as in NumPy

    known = [*scope.symbols, *scope.sizes, *scope.defined]
    block = latex_text.read_block(text, known=known)
    if len(block.lines) == 1 and not hasattr(block.lines[0], "right"):
        block = latex_text.read_block(rf"\mathcal{{L}} = {text}", known=known)
    value = None
    for line in block.lines:
        if not hasattr(line, "right"):
            raise ParseError(f"this LaTeX is not read: {line.reason}; write it as in NumPy, sum((A@x - b)**2)")
        try:
            said = latex_numpy.numpy_text(line.right, scope, {})
        except latex_numpy.Unsayable as error:
            said = f"'{line.source.strip()}' is not read from LaTeX, for '{error}' in it"
            raise ParseError(f"{said}; write it as in NumPy, sum((A@x - b)**2)") from None
        value = numpy_text.parse(_without_keywords(said.text, scope), scope)
        if line is not block.lines[-1]:
            scope.define(latex_grammar.spelled(line.left), value)
    return value


def _without_keywords(text, scope):
    """The text with names that Python reserves, such as lambda, spelled with a line after them."""
    for name in filter(keyword.iskeyword, list(scope.known())):
        text = re.sub(rf"\b{name}\b", f"{name}_", text)
        scope.bound[f"{name}_"] = scope.find(name)
    return text


def without_comments(text):
    """An expression without what stands after ``#``."""
    return _STRINGS.sub(lambda found: "" if found[1] else found[0], text) if "#" in text else text


def _statements(source):
    """The statements of a text; None where it is rather a formula that cannot be read as Python."""
    code = _STRINGS.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), source)
    written = _STATEMENT.search(code)
    if len(re.findall(r"\w+|[^\w\s]", code)) > numpy_text.TOKENS:
        raise ParseError(f"the text has more than {numpy_text.TOKENS} symbols; derive its parts")
    long = re.search(rf"\d{{{numpy_text.DIGITS},}}", code)
    if long and written:
        raise _in_line(
            code, code.count("\n", 0, long.start()) + 1, 0, f"a number of more than {numpy_text.DIGITS} digits"
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            return ast.parse(source).body
    except SyntaxError as error:
        if not written:
            return None
        place, lines = max((error.offset or 1) - 1, 0), source.split("\n")
        number = min(error.lineno or 1, len(lines))
        hint = numpy_text.hint_at(lines[number - 1], place) if place <= len(lines[number - 1]) else ""
        raise _in_line(source, number, place, hint or error.msg.split(". Perhaps")[0]) from None
    except (RecursionError, MemoryError, ValueError):
        if not written:
            return None
        raise ParseError("the text nests too deeply; give parts names on lines of their own") from None


def _in_line(source, number, place, message, kind=ParseError):
    """An error with a caret under a place in a line, which is counted from 1."""
    return numpy_text.error_at(source.split("\n")[number - 1], place, f"line {number}: {message}", kind)


def function_in(text, name=""):
    """A function of a module, with the functions and constants that it uses, on the lines on which they stand.

    Parameters
    ----------
    text : str
        The text of a module.
    name : str, optional
        The name of the function; where the module has one function, that one.

    Returns
    -------
    str
        The module with every other line empty; where what it uses stands below, its name ends the text.

    Raises
    ------
    ParseError
        Where the module has no such function, or cannot be read.
    """
    if len(text) > FILE:
        raise ParseError(f"the file has {len(text)} characters; at most {FILE} are read")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            module = ast.parse(text).body
    except SyntaxError as error:
        raise ParseError(f"line {error.lineno}: {error.msg}") from None
    except (RecursionError, MemoryError, ValueError):
        raise ParseError("the file nests too deeply, or is no text of Python") from None
    functions = {one.name: one for one in module if isinstance(one, ast.FunctionDef)}
    if not functions and not name:
        return text
    if not name and len(functions) == 1:
        name = next(iter(functions))
    if name not in functions:
        said = f"the file has no function {name!r}" if name else "name one function of the file, as in model.py:loss"
        raise ParseError(f"{said}; it has {', '.join(list(functions)[:8]) or 'none at its outermost level'}")
    constants = {one.targets[0].id: one for one in module if _is_constant(one)}
    kept, waiting = {}, [name]
    while waiting:
        one = waiting.pop()
        if one in kept or one not in {**functions, **constants}:
            continue
        kept[one] = functions.get(one) or constants[one]
        waiting += [inner.id for inner in ast.walk(kept[one]) if isinstance(inner, ast.Name)]
    lines = text.split("\n")
    shown = [""] * len(lines)
    for one in kept.values():
        start = min([one.lineno, *(d.lineno for d in getattr(one, "decorator_list", ()))]) - 1
        shown[start : one.end_lineno] = lines[start : one.end_lineno]
    later = any(one.lineno > functions[name].lineno for one in kept.values())
    return "\n".join(shown).rstrip() + (f"\n{name}" if later else "")


def _is_constant(statement):
    """Whether a statement gives a name to a number."""
    return (
        isinstance(statement, ast.Assign)
        and len(statement.targets) == 1
        and isinstance(statement.targets[0], ast.Name)
        and isinstance(getattr(statement.value, "operand", statement.value), ast.Constant)
    )


def _is_text(statement):
    """Whether a statement is a docstring, or any other text that stands alone."""
    return isinstance(statement, ast.Expr) and isinstance(getattr(statement.value, "value", None), str)


_IN_PLACE = "write the whole array in one assignment, with np.where, np.stack or np.concatenate"
INSTEAD = {
    ast.While: "a while loop has no fixed number of steps; write for t in range(3), with the number of steps",
    ast.AsyncFor: "write for t in range(3), with the number of steps",
    ast.If: "the path of a formula is fixed: keep the lines of one branch, or write np.where(condition, a, b)",
    ast.Match: "keep the lines of one case",
    ast.With: "take the lines out of the with block; nothing is recorded here",
    ast.Try: "keep the lines of the try block alone",
    ast.ClassDef: "paste the forward pass as a function of its arrays, def loss(W, x): …",
    ast.AsyncFunctionDef: "write def without async",
    ast.Delete: "leave the del line out",
    ast.Global: "leave the line out and declare the name in shapes",
    ast.Nonlocal: "leave the line out and declare the name in shapes",
    ast.Raise: "leave the raise line out",
    ast.Break: "write as many steps in range() as are taken",
    ast.Continue: "write np.where(condition, a, b) for a step that is left out",
}
"""What to write instead of statements that are not read."""
SKIPPED = (ast.Pass, ast.Import, ast.ImportFrom, ast.Assert)
"""Statements that change no value."""
NO_VALUE = {"print", "backward", "zero_grad"}
"""Calls that stand on a line of their own and change no value."""
KEEPING = {"jit", "njit", "compile"}
"""Decorators that leave a function what it is."""
_OUTSIDE, _PASSED = "an array that a function was given", "an array that a function was given and gave back"
"""What a name may share its array with, where that has no name or several."""
_VIEWS = {"reshape", "ravel", "view", "transpose", "squeeze", "swapaxes", "asarray", "diagonal", "t"}


class _Program:
    """Reads statements in order; the names that they give are bindings of the scope."""

    def __init__(self, source, scope):
        self.source, self.scope = source, scope
        self.reader = numpy_text.reader_of(source, scope)
        self.reader.calling = self.called
        self.scope.functions, self.functions, self.frames = {}, {}, []
        self.steps = self.nodes = 0
        self.given, self.bases, self.passing = {}, {}, set()
        self.last = None  # (value, statement) of the last line that has a value
        self.written = {word for word in re.findall(r"[^\W\d]\w*", source)}  # no version is called like one of these

    def whole(self, body):
        """The value of the text."""
        self.end = body[-1]
        value = self.run(body)
        if value is None and (self.last is None or isinstance(self.last[1], ast.FunctionDef)):
            if self.last is None:
                raise ParseError("there is no line with a value; end with the loss")
            value = self.entered(self.last[1])
        if value is None:
            value, statement = self.last
            if "loss" in self.scope.bound and all(getattr(one, "id", "") != "loss" for one in ast.walk(statement)):
                raise self.error(statement, "loss is given above, and this line is the last; end with the loss")
            if value.ndim and not value.formula.is_scalar and not isinstance(statement, ast.Expr):
                raise self.error(
                    statement,
                    f"the last assignment makes {shape_words(value)}, and a loss is a scalar: end with the loss, or "
                    "with the name alone for a Jacobian",
                    ShapeError,
                )
        if value.formula.operation == "named":  # the loss needs no second name
            value = value.of(value.formula.args[0])
        self.note({inner.data for inner in ordered([value.formula]) if inner.operation == "named"})
        return value

    def note(self, used):
        """Say which of the names that are used stands for which value, where one is given anew."""
        for name, versions in self.given.items():
            versions = [version for version in versions if version[0] in used]
            if len(versions) > 1 or (versions and versions[0][0] != name):
                shown = ", ".join(names.plain(version) for version, _ in versions)
                lines = ", ".join(dict.fromkeys(str(line) for _, line in versions))
                said, order = ("are the values of", ", in order") if len(versions) > 1 else ("is the", "")
                where = f"line{'s' if ',' in lines else ''} {lines}"
                self.scope.notes.append(f"{shown} {said} {names.plain(name)} given on {where}{order}")

    def error(self, item, message, kind=ParseError):
        return self.reader.error(item, message, kind)

    # ── statements ────────────────────────────────────────────────────────────────────────────────────────────────

    def run(self, statements):
        """Read statements in order; the value that is returned, or None."""
        for statement in statements:
            if isinstance(statement, SKIPPED) or _is_text(statement) or _is_main(statement):
                continue
            self.count(statement)
            read = _READ.get(type(statement))
            if read is None:
                said = INSTEAD.get(type(statement), "write assignments, for loops with a number of steps, and return")
                raise self.error(statement, f"this line is not read here; {said}")
            value = read(self, statement)
            if value is not None:
                return value
        return None

    def count(self, statement):
        """Refuse what grows beyond bounds once its loops are written out."""
        self.steps += 1
        own = [statement.value] if hasattr(statement, "value") else []
        self.nodes += sum(1 for one in own if one is not None for _ in ast.walk(one))
        if self.steps > STEPS or self.nodes > NODES:
            raise self.error(
                statement, f"with its loops written out the text has more than {STEPS} lines or {NODES} symbols; "
                "take fewer steps, the gradient has the same pattern",
            )  # fmt: skip

    def value_of(self, tree):
        """The value of an expression."""
        return self.reader.read(tree)

    def assign(self, statement):
        """``a = b = …``, ``a, b = …``; each right side before any name is given."""
        if isinstance(statement.value, ast.Lambda) and isinstance(statement.targets[0], ast.Name):
            back = ast.copy_location(ast.Return(statement.value.body), statement.value)
            made = ast.FunctionDef(statement.targets[0].id, statement.value.args, [back], [])
            return self.function(ast.copy_location(made, statement))
        pairs = []
        for target in statement.targets:
            pairs += self.unpacked(target, statement.value)
        self.give_all(pairs, statement)

    def annotated(self, statement):
        """``h: Tensor = …``; a line without a value says nothing."""
        if statement.value is not None:
            self.give_all(self.unpacked(statement.target, statement.value), statement)

    def give_all(self, pairs, statement):
        if any(isinstance(target, ast.Subscript) for target, _ in pairs):
            if len(pairs) > 1:
                raise self.error(statement, "give each part of an array a line of its own")
            ((target, tree),) = pairs
            value = self.filled(target, tree, statement)
            self.give(target.value, value, self.bases.get(target.value.id, target.value.id))
            self.last = value, statement
            return
        values = [self.value_of(tree) for _, tree in pairs]
        for (target, tree), value in zip(pairs, values, strict=True):
            self.give(target, value, self.base(tree))
            self.last = value, statement

    def unpacked(self, target, tree):
        """The pairs of a name and what it is given."""
        if isinstance(target, ast.Name):
            return [(target, tree)]
        if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
            return [(target, tree)]
        if not isinstance(target, ast.Tuple | ast.List):
            raise self.error(target, f"an attribute is given a value here; {_IN_PLACE}")
        targets = target.elts
        if any(isinstance(one, ast.Starred) for one in targets):
            raise self.error(target, "give each part a name of its own, without *")
        if isinstance(tree, ast.Tuple | ast.List):
            if len(tree.elts) != len(targets):
                raise self.error(target, f"{len(targets)} names for {len(tree.elts)} values")
            return [pair for one, part in zip(targets, tree.elts, strict=True) for pair in self.unpacked(one, part)]
        called = numpy_names.called_in(tree) if isinstance(tree, ast.Call) else None
        if self.parts(called, tree) != len(targets):
            raise self.error(target, f"{len(targets)} names are not as many as the parts; give each a line, a = x[0]")
        parts = []
        for place, one in enumerate(targets):
            if (isinstance(one, ast.Name) and one.id == "_") or (called == "slogdet" and place == 0):
                continue
            picked = ast.copy_location(ast.Constant(place), tree)
            parts += self.unpacked(one, ast.copy_location(ast.Subscript(tree, picked), tree))
        return parts

    def parts(self, called, tree):
        """How many parts a value has that several names are given; None where that is no number."""
        match tree:
            case ast.Call() if called == "slogdet":
                return 2
            case ast.Attribute(value=array, attr="shape"):
                return self.value_of(array).ndim
            case ast.Call(args=[array, *_]) if called == "shape":
                return self.value_of(array).ndim
            case ast.Call(args=[_, count, *_]) if called == "split":
                return self.number(count)
        value = self.value_of(tree)
        return value.axes[0].number if value.ndim else None

    def augment(self, statement):
        """``h += …``, which changes the array itself: whatever else shares it changes too."""
        target = statement.target
        if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
            changed = ast.copy_location(ast.BinOp(target, statement.op, statement.value), statement)
            self.give_all([(target, changed)], statement)
            return
        if not isinstance(target, ast.Name):
            raise self.error(target, f"an attribute is changed here; {_IN_PLACE}")
        old = ast.copy_location(ast.Name(target.id), target)
        before = self.value_of(old)
        sign = numpy_text.cut(ast.get_source_segment(self.source, statement) or "")
        if before.ndim:
            self.alone(target.id, statement, sign, f"write {target.id} = {target.id} … instead")
        value = self.value_of(ast.copy_location(ast.BinOp(old, statement.op, statement.value), statement))
        if before.ndim and value.axes != before.axes:
            raise self.error(
                statement, f"{sign} keeps the shape of {target.id}, {shape_words(before)}, and this makes "
                f"{shape_words(value)}", ShapeError,
            )  # fmt: skip
        self.give(target, value, target.id)
        self.last = value, statement

    def alone(self, name, statement, sign, instead):
        """Refuse to change an array that has another name too."""
        base = self.bases.get(name, name)
        sharing = [other for other, of in self.bases.items() if of == base and other != name]
        sharing += [base] * (base != name and self.scope.find(base) is not None)
        passed = [other for other, of in self.bases.items() if of == _PASSED]
        if sharing or passed or base == _OUTSIDE:
            held = base in (_OUTSIDE, _PASSED) or not sharing
            said = f"is {_PASSED if passed else base}, which" if held else f"and {sharing[0]} are one array, which"
            raise self.error(statement, f"{name} {said} {sign} changes under both names; {instead}")

    def filled(self, target, tree, statement):
        """An array with a part of it given anew, as a value: A − SᵀS A + Sᵀ V for the rows that S picks."""
        old = ast.copy_location(ast.Name(target.value.id), target)
        before, place = self.value_of(old), target.slice
        sign = numpy_text.cut(ast.get_source_segment(self.source, target) or "")
        self.alone(target.value.id, statement, sign, f"write {target.value.id} = 1*{target.value.id} before it")
        inner = place
        while isinstance(inner, ast.UnaryOp | ast.BinOp):
            inner = inner.operand if isinstance(inner, ast.UnaryOp) else inner.left
        if isinstance(inner, ast.Compare):  # where(condition, new, old)
            called = ast.Call(ast.copy_location(ast.Name("where"), target), [place, tree, old], [])
            return self.value_of(ast.copy_location(called, target))
        entries = list(place.elts) if isinstance(place, ast.Tuple) else [place]
        if len(entries) == before.ndim == 2 and self.reader.picks(entries[1]):  # one entry of each row
            mask = self.reader.one_a_row_mask(target, before, *entries)
            new = self.value_of(tree)
            if new.ndim:
                raise self.error(target, f"one entry of each row is given a number here; {_IN_PLACE}")
            kept = op.add(op.ones(mask.shape), op.negative(mask))
            return before.of(op.add(op.hadamard(before.formula, kept), op.scale(new.formula, mask)))
        if len(entries) > before.ndim or any(map(self.reader.picks, entries)):
            raise self.error(target, f"this part of {shape_words(before)} cannot be given a value; {_IN_PLACE}")
        entries += [ast.copy_location(ast.Slice(), target)] * (before.ndim - len(entries))
        spans = [self.reader.span(entry, axis) for entry, axis in zip(entries, before.axes, strict=True)]
        try:
            return before.of(_with_part(before, spans, self.value_of(tree)))
        except ShapeError as error:
            raise error if "\n" in str(error) else self.error(target, str(error), ShapeError) from None

    def give(self, target, value, base):
        """Let a name stand for a value; what is more than another name for something is a part with a name."""
        name = numpy_text.spelled(target.id)
        self.bases.pop(name, None)
        for other in [other for other, of in self.bases.items() if of == name and base != name]:
            self.bases[other] = f"{name} before"  # it still shares what the name stood for
        if base not in (name, None):
            self.bases[name] = base
        bound, formula = value, value.formula
        while formula.operation == "combination" and len(formula.args) == 1 and formula.data == (1,):
            formula = formula.args[0]
        plain = formula.operation in ("symbol", "named", "number", "size", "unit", "fixed") or is_mask(formula)
        if not plain and any(inner.operation == "symbol" for inner in ordered([formula])):
            label, version = name, 0
            while label in self.scope.defined or (version and label in self.written) or self.is_declared(label):
                version += 1
                label = f"{name}{version}"
            bound = self.scope.define(label, value)
            self.scope.labels.add(label)
            self.given.setdefault(name, []).append((label, target.lineno))
        self.scope.bound[name] = bound

    def is_declared(self, name):
        return name in self.scope.symbols or name in self.scope.sizes

    def base(self, tree):
        """The name of the array that a value may share its memory with."""
        while True:
            match tree:
                case ast.Name(id=name):
                    return self.bases.get(name, name)
                case ast.Attribute(value=inner, attr="T" | "mT") | ast.Subscript(value=inner):
                    tree = inner
                case ast.Call(func=ast.Name(id=name)) if name in self.functions:
                    return _PASSED if name in self.passing else None
                case ast.Call(func=ast.Attribute(attr=attr) as called) if attr in _VIEWS:
                    library = numpy_names.is_library(called.value, self.scope.known())
                    if library and not tree.args:
                        return None
                    tree = tree.args[0] if library else called.value
                case _:
                    return None

    def loop(self, statement):
        """``for t in range(3)``, written out."""
        if statement.orelse:
            raise self.error(statement.orelse[0], "leave else out of the loop")
        if not isinstance(statement.target, ast.Name):
            raise self.error(statement.target, "write for t in range(3), with one name")
        for number in self.turns(statement.iter):
            self.scope.bound[numpy_text.spelled(statement.target.id)] = Value(op.number(number), 0)
            value = self.run(statement.body)
            if value is not None:
                return value
        return None

    def turns(self, tree):
        """The numbers of a ``range``."""
        if not (isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id == "range"):
            raise self.error(tree, "a loop runs over range(3), with the number of steps; write x[t] for its entries")
        if not 1 <= len(tree.args) <= 3 or tree.keywords:
            raise self.error(tree, "range takes one to three whole numbers")
        ends = [self.number(one) for one in tree.args]
        if len(ends) == 3 and not ends[2]:
            raise self.error(tree, "a step of range is not 0")
        turns = range(*ends)
        if not turns or max(abs(turns[0]), abs(turns[-1])) > 10**6 or turns[STEPS:]:
            raise self.error(tree, f"a loop takes 1 to {STEPS} steps here; the gradient of fewer has the same pattern")
        return turns

    def number(self, tree):
        """A whole number that is known: written, given to a name, or a size that is declared as a number."""
        formula = self.value_of(tree).formula
        if op.is_number(formula) and formula.data == int(formula.data):
            return int(formula.data)
        if formula.operation == "size" and formula.data.number is not None:
            return formula.data.number
        words = numpy_text.cut(ast.get_source_segment(self.source, tree) or "")
        raise self.error(tree, f"{words} has no number; write range(3), say, or declare the axis with one, 'X: 3×n'")

    def expression(self, statement):
        """A value on a line of its own, which is the loss where no line follows."""
        called = numpy_names.called_in(statement.value) if isinstance(statement.value, ast.Call) else None
        if isinstance(statement.value, ast.Name) and statement.value.id in self.functions.keys() - self.scope.bound:
            self.last = None, self.functions[statement.value.id]
        elif called not in NO_VALUE or called in self.functions:
            if statement is not self.end:
                said = "leave it out, or put brackets around it and the line that it goes on"
                raise self.error(statement, f"this line gives no name to its value; {said}")
            self.last = self.value_of(statement.value), statement

    def returned(self, statement):
        if statement.value is None:
            raise self.error(statement, "return names no value; return the loss")
        if isinstance(statement.value, ast.Tuple | ast.List | ast.Dict):
            raise self.error(statement, "return the loss alone")
        base = self.base(statement.value)
        if self.frames and base is not None and (base not in self.scope.bound or base in self.globals()):
            self.passing.add(self.frames[-1])  # what was given is given back
        return self.value_of(statement.value)

    # ── functions ─────────────────────────────────────────────────────────────────────────────────────────────────

    def function(self, statement):
        """A function is kept until it is called."""
        for decorator in statement.decorator_list:
            tree = decorator.func if isinstance(decorator, ast.Call) else decorator
            if getattr(tree, "attr", getattr(tree, "id", None)) not in KEEPING:
                raise self.error(decorator, "leave the decorator out; what it makes of the function is not read")
        a = statement.args
        if a.vararg or a.kwarg:
            raise self.error(statement, f"{statement.name} takes * or **; give it each array by a name of its own")
        self.functions.pop(statement.name, None)
        self.functions[statement.name] = self.scope.functions[statement.name] = statement
        self.last = None, statement

    def defaults(self, function):
        """The parameters of a function, each with the tree of its default or None."""
        a = function.args
        first = [*a.posonlyargs, *a.args]
        found = dict.fromkeys(one.arg for one in first)
        found |= {one.arg: tree for one, tree in zip(first[len(first) - len(a.defaults) :], a.defaults, strict=True)}
        return found | {one.arg: tree for one, tree in zip(a.kwonlyargs, a.kw_defaults, strict=True)}

    def entered(self, function):
        """The value of the function that is the text; its parameters are what is declared."""
        bound = dict(self.scope.bound)
        for name, default in self.defaults(function).items():
            bound.pop(name, None)
            if default is not None and self.scope.declared(name) is None:
                bound[name] = self.value_of(default)
        return self.inside(function, bound, {}, function)

    def called(self, item, name, values):
        """The value of a call of a function that stands in the text."""
        function = self.functions[name]
        if name in self.frames:
            raise self.error(item, f"{name} calls itself; write its steps as a loop, for t in range(3)")
        parameters = self.defaults(function)
        by_place = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
        if len(item.args) > len(by_place):
            raise self.error(item, f"{name} takes {len(by_place)} arguments, and has {len(item.args)}")
        keys = [*by_place[: len(item.args)], *(option.arg for option in item.keywords)]
        for key in keys:
            if key not in parameters or keys.count(key) > 1:
                raise self.error(item, f"{name} takes {key or '**'} {'once' if key in parameters else 'nowhere'}")
        bound = {**self.globals(), **dict(zip(keys, values, strict=True))}
        for key, default in parameters.items():
            if key not in keys:
                if default is None:
                    raise self.error(item, f"{name} needs {key}")
                bound[key] = self.value_of(default)
        return self.inside(function, bound, dict.fromkeys(parameters, _OUTSIDE), item)

    def globals(self):
        """What is given outside of functions."""
        return self.outermost if self.frames else self.scope.bound

    def inside(self, function, bound, shared, item):
        """The value that the lines of a function return; `shared` are the names for arrays of its caller."""
        if not self.frames:
            self.outermost = self.scope.bound
        outer, bases, last = self.scope.bound, self.bases, self.last
        self.frames.append(function.name)
        self.scope.bound, self.bases = bound, shared
        value = self.run(function.body)
        self.frames.pop()
        self.scope.bound, self.bases, self.last = outer, bases, last
        if value is None:
            raise self.error(item, f"{function.name} returns nothing; end it with return and the loss")
        return value


def _with_part(value, spans, part):
    """The formula of an array with a new part, where `spans` pick along its axes: a unit vector, a matrix or None."""
    kept = [
        axis if span is None else span.shape[0]
        for axis, span in zip(value.axes, spans, strict=True)
        if span is None or span.operation == "fixed"
    ]
    if part.ndim > len(kept) and all(axis is ONE for axis in part.axes[: part.ndim - len(kept)]):
        part = array(part.formula, part.axes[part.ndim - len(kept) :])
    if part.ndim > len(kept) or any(
        a is not b and a is not ONE for a, b in zip(part.axes[::-1], kept[::-1], strict=False)
    ):
        raise ShapeError(f"a part of shape {'×'.join(map(str, kept)) or 'a scalar'} is given {shape_words(part)}")
    new, letters, free = array(spread(part, kept), kept), value.letters, iter(INDICES[8:])
    inside, picks = "", []
    for letter, span in zip(letters, spans, strict=True):
        if span is None:
            inside += letter
        elif span.operation == "fixed":
            inside += next(free)
            picks.append((Value(span, 2), inside[-1] + letter))
        else:
            picks.append((Value(span, 1), letter))
    placed = over_indices([(new, inside), *picks], letters).formula
    if value.formula.operation == "zero":
        return placed
    picked = over_indices([(value, letters), *picks], inside)
    old = over_indices([(picked, inside), *picks], letters).formula
    return op.add(value.formula, op.negative(old), placed)


def _is_main(statement):
    """Whether a statement is what a file does when it is run, ``if __name__ == "__main__":``."""
    return (
        isinstance(statement, ast.If)
        and isinstance(statement.test, ast.Compare)
        and getattr(statement.test.left, "id", "") == "__name__"
    )


_READ = {
    ast.Assign: _Program.assign,
    ast.AnnAssign: _Program.annotated,
    ast.AugAssign: _Program.augment,
    ast.For: _Program.loop,
    ast.Expr: _Program.expression,
    ast.Return: _Program.returned,
    ast.FunctionDef: _Program.function,
}
