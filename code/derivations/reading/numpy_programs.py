"""A pasted forward pass as one formula: lines of assignments, loops with a number of steps, or a whole function.

The text is parsed by Python's own parser and read statement by statement against an allow-list; nothing is executed.
An assignment gives a part its name, a name that is given anew gets a version, a loop is written out, and a call of a
function that stands in the same text is that function's lines with its parameters for the arguments.
"""

import ast
import copy
import keyword
import operator
import re
import textwrap
import warnings

from derivations.formulas import making as op
from derivations.formulas import names, table
from derivations.formulas.expression import ONE, ParseError, ShapeError, Size, UnknownName, ordered
from derivations.formulas.index_sums import INDICES
from derivations.reading import numpy_loops, numpy_names, numpy_text
from derivations.reading.einsum import held
from derivations.reading.numpy_functions import RANDOM, Value, array, is_mask, over_indices, shape_words, spread
from derivations.reading.numpy_lists import LISTING, Listing, WrittenOut

_REFUSALS = (ParseError, ShapeError, UnknownName)
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
    if _is_latex(text):
        return _of_latex(text, scope)
    text = _without_keywords(text, scope)
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    source = textwrap.dedent(lines.expandtabs()).translate({**numpy_text.SIGNS, ord("\n"): "\n"})
    body = _statements(source)
    if (
        len(body or ()) == 1
        and isinstance(getattr(body[0], "value", None), ast.Lambda)
        and isinstance(body[0], ast.Expr)
    ):
        source = f"loss = {source.strip()}"  # a function without a name
        body = _statements(source)
    listing = [one for line in body or () for one in ast.walk(line) if isinstance(one, LISTING)]
    if body is None or (not listing and all(isinstance(one, ast.Expr) for one in body if not _is_text(one))):
        return numpy_text.parse(without_comments(text), scope)
    return _Program(source, scope).whole(body)


_LATEX = re.compile(r"\\(?:[A-Za-z]{2,}|[|\\])|\^\s*[{T\d]|\\[|]")
"""What only LaTeX has: a command, a norm bar, a line break, an exponent."""


def _is_latex(text):
    """Whether a text has what only LaTeX has, and not where a program says something: in its strings."""
    if not _LATEX.search(without_comments(text)):
        return False
    silent = _STRINGS.sub(lambda found: "" if found[1] else '""', text)
    if _LATEX.search(silent):
        return True
    try:
        body = _statements(textwrap.dedent(silent.expandtabs())) or []
    except ParseError:
        return True
    return all(isinstance(one, ast.Assign | ast.Expr) and not _is_text(one) for one in body)  # f'(x) is an f-string


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
    from derivations.reading import latex_formulas, latex_text  # much, for what is typed as in NumPy

    known = [*scope.symbols, *scope.sizes, *scope.defined]
    for name in known:  # as Python has it, and so no product of letters: w0, lambda1
        if re.search(r"[A-Za-z]\d|[A-Za-z]{2}", name) and name.isascii():
            text = re.sub(rf"(?<![\\A-Za-z_{{]){name}(?![A-Za-z0-9_}}])", rf"\\mathrm{{{name}}}", text)
    text = re.sub(r"(?<![\\A-Za-z])(sum|mean|log|exp|tr|det|sqrt|tanh|softmax)(?=\s*\()", r"\\operatorname{\1}", text)
    block = latex_text.read_block(text, known=known)
    if len(block.lines) == 1 and not hasattr(block.lines[0], "right"):
        block = latex_text.read_block(rf"\mathcal{{L}} = {text}", known=known)
    names = latex_formulas.Names(scope)
    for line in block.lines:
        if not hasattr(line, "right"):
            raise ParseError(f"this LaTeX is not read: {line.reason}; write it as in NumPy, sum((A@x - b)**2)")
        try:
            if line is block.lines[-1]:
                return latex_formulas.formula(line.right, names).value
            if not line.continued:
                names = names.defining(*latex_formulas.defined_by(line))
        except (latex_formulas.NoFormula, ShapeError) as error:
            said = f"'{line.source.strip()}' is not read from LaTeX, for '{error}' in it"
            raise type(error)(f"{said}; write it as in NumPy, sum((A@x - b)**2)") from None
    raise ParseError("there is no formula in this LaTeX")


def _without_keywords(text, scope):
    """The text with a line after declared names that Python reserves, lambda_; ``lambda z: …`` is a function."""
    for name in filter(keyword.iskeyword, list(scope.known())):
        text = re.sub(rf"\b{name}\b(?!\s+[A-Za-z_])", f"{name}_", text)
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
            warnings.simplefilter("ignore")  # of "\|" in a docstring
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
            warnings.simplefilter("ignore")  # of "\|" in a docstring
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
    ast.Try: "keep the lines of the try block alone",
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
_IN_PLACE_METHODS = {"sort", "fill", "partition", "put", "resize", "setflags"}
"""Methods of NumPy's arrays that change them and give nothing."""
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
        self.end = self.several = self.model = self.left = self.entry = None
        self.asked, self.wanted = False, []  # whether a call is to give several values, and those under way
        self.beginnings, self.made = {}, set()  # of classes, and which of them have an instance
        self.returning = None
        self.listings = []  # the loops that were written as [f(x) for x in X]
        self.sweeping = None  # of the loop over an axis without a number whose step is read: letter, ends, entries
        self.lists, self.closed = {}, set()  # what was appended to each list, and the lists of the callers
        self.reader.deciding, self.reader.changing, self.reader.part = self.holds, self.changing, self.part
        self.written = {word for word in re.findall(r"[^\W\d]\w*", source)}  # no version is called like one of these

    def whole(self, body):
        """The value of the text."""
        self.end = body[-1]
        value = self.run(body)
        if value is None and (self.last is None or isinstance(self.last[1], ast.FunctionDef)):
            if self.last is None:
                raise self.left or ParseError("there is no line with a value; end with the loss")
            value = self.entered(self.outermost_function())
        if value is None:
            value, statement = self.last
            if self.loss_is_given(self.end):
                statement = self.end
            if "loss" in self.scope.bound and all(getattr(one, "id", "") != "loss" for one in ast.walk(statement)):
                if isinstance(statement, ast.Expr) and not isinstance(statement.value, ast.Call):
                    raise self.error(statement, "loss is given above, and this line is the last; end with the loss")
                self.scope.notes.append("the loss is what is called so; the lines below it are not part of it")
                value = self.scope.find("loss")
            elif isinstance(value, numpy_text.Unread):
                raise value.error
            if value.ndim and not value.formula.is_scalar and not isinstance(statement, ast.Expr):
                raise self.error(
                    statement,
                    f"the last assignment makes {shape_words(value)}, and a loss is a scalar: end with the loss, or "
                    "with the name alone for a Jacobian",
                    ShapeError,
                )
        value = numpy_text.of_all(value)
        if any(_has(value.formula, letter) for letter in self.scope.letters.values()):
            raise self.error(self.end, "this has a value in each step of a loop, and none below it")
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
        for statement in self.without_listing(statements):
            if isinstance(statement, SKIPPED) or _is_text(statement) or _is_main(statement):
                continue
            self.count(statement)
            read = _READ.get(type(statement))
            try:
                if read is None:
                    said = INSTEAD.get(
                        type(statement), "write assignments, for loops with a number of steps, and return"
                    )
                    raise self.error(statement, f"this line is not read here; {said}")
                value = None if self.grown(statement) else read(self, self.with_lists(statement))
            except _REFUSALS as error:
                if getattr(error, "beyond", False):
                    raise
                self.leave(statement, error)
                continue
            if value is not None:
                return value
        return None

    def without_listing(self, statements):
        """The statements, after the loops that their ``[f(x) for x in X]`` are; what follows a return is its else."""
        for place, statement in enumerate(statements):
            rest = list(statements[place + 1 :])
            if rest and isinstance(statement, ast.If) and isinstance(statement.body[-1], ast.Return):
                yield ast.copy_location(ast.If(statement.test, statement.body, statement.orelse + rest), statement)
                return
            own = isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Return | ast.Expr)
            if not own or not any(isinstance(one, LISTING) for one in ast.walk(statement)):
                yield statement
                continue
            listing, new = Listing(len(self.listings)), copy.deepcopy(statement)
            match new:
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.ListComp() as tree):
                    listing.taken_out(tree, name)
                    new = None
                case _:
                    new = listing.visit(new)
            self.listings += listing.made
            yield from listing.made
            if new is None:
                continue
            self.end = new if statement is self.end else self.end
            yield new

    def outermost_function(self):
        """The function that is the text: that of its class, or the last that no other calls."""
        if self.model is not None:
            return self.model[1]
        last, seen = self.last[1], set()
        while last.name not in seen:
            seen.add(last.name)
            calling = (
                one for name, one in self.functions.items()
                if name not in seen and any(getattr(inner, "id", "") == last.name for inner in ast.walk(one))
            )  # fmt: skip
            last = next(calling, last)
        return last

    def leave(self, statement, error):
        """Leave out a line that cannot be read: what it gives or changes is refused where it is used, if it is."""
        inside = list(ast.walk(statement))
        if any(isinstance(one, ast.Break | ast.Continue) for one in inside) and not isinstance(statement, ast.For):
            raise error  # what it ends is not as it stands without it
        returns = any(isinstance(one, ast.Return) for one in inside) and not isinstance(statement, ast.FunctionDef)
        if statement is self.end and self.loss_is_given(statement):
            return
        if returns or statement is self.end or isinstance(statement, ast.FunctionDef | ast.ClassDef):
            raise error
        if isinstance(statement, ast.Expr) and not isinstance(statement.value, ast.Call):
            raise error
        self.left = error
        given = {name for one in inside for name in self.names_given(one)}
        for name in self.lists.keys() & {self.name_of(one) for one in inside}:
            del self.lists[name]
            given.add(name)
        if isinstance(statement, ast.Expr):
            given |= self.perhaps_changed(statement.value)
        used = {self.name_of(one) for one in inside if isinstance(getattr(one, "ctx", None), ast.Load)}
        for name in given:
            if self.is_declared(name) and name not in used | self.scope.bound.keys() and isinstance(error, UnknownName):
                self.scope.notes.append(f"{name} is taken as declared: line {statement.lineno} is not read")
                continue
            base = self.bases.get(name, name)
            for other in {name, base, *(other for other, of in self.bases.items() if of == base)}:
                self.scope.bound[other] = numpy_text.Unread(error)
            self.last = numpy_text.Unread(error), statement

    def loss_is_given(self, statement):
        """Whether the loss stands above a line that is not about it, as one of a training step is not."""
        about = any(getattr(one, "id", "") == "loss" for one in ast.walk(statement))
        return isinstance(self.scope.bound.get("loss"), Value) and not about and not self.frames

    def perhaps_changed(self, call):
        """The names of the arrays that a call on a line of its own may change: its own, or those that it is given."""
        known = self.scope.known()
        if isinstance(call.func, ast.Attribute) and not numpy_names.is_library(call.func.value, known):
            given = [call.func.value]  # and not those that are only shown, as by logger.info(x)
        else:
            given = call.args
        given = [self.root(one) for one in given]
        return {name for one in given if (name := self.name_of(one)) in known}

    def root(self, tree):
        """What a part, a view or a method is one of: ``y`` in ``y[0].T.view(-1)``."""
        while self.name_of(tree) is None:
            if isinstance(tree, ast.Subscript | ast.Attribute):
                tree = tree.value
            elif isinstance(tree, ast.Call) and isinstance(tree.func, ast.Attribute):
                library = numpy_names.is_library(tree.func.value, self.scope.known())
                tree = tree.args[0] if library and tree.args else tree.func.value
            else:
                break
        return tree

    def name_of(self, tree):
        """The name that a tree is, ``x`` or ``self.x``; or None."""
        return tree.id if isinstance(tree, ast.Name) else numpy_names.dotted_name(tree, self.scope.known())

    def names_given(self, tree):
        """The names that a tree gives a value, or the array of which it gives a part."""
        if not isinstance(getattr(tree, "ctx", None), ast.Store):
            return
        while isinstance(tree, ast.Subscript) and self.name_of(tree) is None:
            tree = tree.value
        name = self.name_of(tree)
        if name is not None:
            yield numpy_text.as_python(name)

    def condition(self, statement):
        """``if …``: the branch that is taken, where that is known; a guard that only refuses is passed."""
        holds = self.holds(self.with_lists(statement.test))
        if holds is None:
            guard = all(isinstance(one, ast.Raise | ast.Assert | ast.Pass) or _is_print(one) for one in statement.body)
            if guard and not statement.orelse:
                return None
            return self.either(statement)
        return self.run(statement.body if holds else statement.orelse)

    def either(self, statement):
        """``if …`` of a number that is not known: each name is what both branches make of it, by where."""
        test = self.perhaps(self.with_lists(statement.test))
        words = numpy_text.cut(ast.unparse(statement.test))
        refused = self.error(statement, f"whether {words} holds is not known; {INSTEAD[ast.If]}")
        if not isinstance(test, Value) or test.ndim or not is_mask(test.formula):
            raise refused
        bound, filled = self.scope.bound, lambda: ({*self.lists}, [*map(len, self.lists.values())], self.step_entries())
        before, held, ends, several, self.several = dict(bound), filled(), [], self.several, None
        for branch in (statement.body, statement.orelse):
            ends.append((self.run(branch), dict(bound)))
            if self.several is not None:
                raise refused
            bound.clear()
            bound.update(before)
            if filled() != held:
                raise refused
        self.several = several
        (first, ones), (second, others) = ends
        if (first is None) != (second is None):
            raise refused
        self.scope.notes.append(f"if {words} is read as where({words}, …)")
        if first is not None:
            return self.where(test, first, second, statement)
        for name in {name: None for name in [*ones, *others] if ones.get(name) is not others.get(name)}:
            a, b = ones.get(name), others.get(name)
            if not (isinstance(a, Value) and isinstance(b, Value) and a.axes == b.axes):
                bound[name] = numpy_text.Unread(refused)
                continue
            value, base = self.where(test, a, b, statement), before.get(name)
            if isinstance(base, Value) and base.axes == a.axes:
                less = [op.add(table.without_names(one.formula), op.negative(base.formula)) for one in (a, b)]
                if not any(_has(one, base.formula) for one in less):  # it is added to
                    value = self.where(test, *map(base.of, less), statement)
                    value = base.of(op.add(base.formula, value.formula))
            self.give(ast.copy_location(ast.Name(name, ast.Store()), statement), value, name)
            self.last = value, statement
        return None

    def where(self, test, a, b, item):
        """What is one value where a condition holds, else another."""
        return self.reader.elsewhere(_WHERE, {"c": test, "a": a, "b": b}, item)

    def step_entries(self):
        return {*self.sweeping[3]} if self.sweeping else set()

    def holds(self, test):
        """Whether a condition holds, where that is known of constants; else None."""
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                holds = self.holds(inner)
                return None if holds is None else not holds
            case ast.BoolOp(op=both, values=parts):
                ends = isinstance(both, ast.Or)  # the first that is so decides
                found = [self.holds(one) for one in parts]
                return ends if ends in found else None if None in found else not ends
            case ast.Compare(left=left, ops=[sign], comparators=[right]) if type(sign) in _DECIDED:
                a, b = self.known(left), self.known(right)
                if isinstance(sign, ast.Is | ast.IsNot) and b is None and a is ...:
                    a = "an array" if self.is_read(left) else ...
                return None if ... in (a, b) else _decided(_DECIDED[type(sign)], a, b)
        known = self.known(test)
        return None if known is ... else bool(known)

    def grown(self, statement):
        """Whether a statement begins a list, ``parts = []``, or appends to one."""
        match statement:
            case ast.Assign(targets=[target], value=ast.List(elts=[])) if self.name_of(target) is not None:
                self.lists[self.name_of(target)] = []
                self.scope.bound.pop(self.name_of(target), None)
                return True
            case ast.Expr(ast.Call(func=ast.Attribute(value=array, attr="append"), args=[item], keywords=[])):
                name = self.name_of(array)
                if name in self.closed and name not in self.lists:
                    error = self.error(statement, f"{name} is a list of another function; append to it there")
                    error.beyond = True  # the list would be read without this
                    raise error
                if name in self.lists:
                    hidden = f"{name}[{len(self.lists[name])}]"  # which is no name of a text
                    self.scope.bound[hidden] = self.perhaps(self.with_lists(item))
                    self.bases[hidden] = self.base(item) or hidden
                    self.lists[name].append(hidden)
                    return True
        return False

    def with_lists(self, tree):
        """A tree with the lists that were appended to written out; the lines in it are for later."""
        inside = not isinstance(tree, ast.stmt) or isinstance(tree, ast.Assign | ast.AugAssign | ast.Return | ast.Expr)
        if not inside or all(self.name_of(one) not in self.lists for one in ast.walk(tree)):
            return tree
        listed = WrittenOut(self).visit(copy.deepcopy(tree))
        if tree is self.end:
            self.end = listed
        return listed

    def known(self, tree):
        """The constant that a tree is, a number or what is no array; ``...`` where it is none."""
        if isinstance(tree, ast.Constant):
            return tree.value
        if isinstance(tree, ast.Tuple | ast.List | ast.Set):
            return tuple(self.known(one) for one in tree.elts)
        name = self.name_of(tree)
        if name is not None and self.scope.data(name) is not ...:
            return self.scope.data(name)
        try:
            formula = self.value_of(tree).formula
        except _REFUSALS:
            return ...
        if op.is_number(formula):
            return formula.data
        return formula.data.number if formula.operation == "size" and formula.data.number is not None else ...

    def is_read(self, tree):
        """Whether a tree has a value."""
        try:
            return self.value_of(tree) is not None
        except _REFUSALS:
            return False

    def of_class(self, statement):
        """A class is its functions; what ``__init__`` gives ``self`` is a part of the model."""
        methods = [one for one in statement.body if isinstance(one, ast.FunctionDef)]
        for one in methods:
            if one.name != "__init__":
                self.function(one)
        for one in statement.body:
            if isinstance(one, ast.Assign | ast.AnnAssign):
                self.run([one])
        for one in methods:
            if one.name == "__init__":
                self.begin(one)
                self.beginnings[statement.name] = one
        called = {one.name: one for one in methods if not one.name.startswith("__") or one.name == "__call__"}
        first = next((called[name] for name in numpy_names.FORWARD if name in called), None)
        self.beginnings.setdefault(statement.name, None)
        if first is not None:
            self.model = None, first
        if called:
            self.last = None, first or [*called.values()][-1]

    def inside_with(self, statement):
        """``with …``: its lines; what is given without gradients is a constant, and depends on nothing that varies."""
        still = any(numpy_names.called_in(one.context_expr) in ("no_grad", "stop_gradient", "inference_mode")
                    for one in statement.items if isinstance(one.context_expr, ast.Call))  # fmt: skip
        value = self.run(statement.body)
        for name in {name for one in ast.walk(statement) for name in self.names_given(one)} if still else ():
            found = self.scope.bound.get(name)
            moving = [one.data[0] for one in ordered([found.formula]) if one.operation == "symbol"] if isinstance(
                found, Value) else []  # fmt: skip
            if set(moving) & set(self.scope.varying):
                said = f"{name} is held fixed, and depends on what varies: declare it in shapes, and leave the line out"
                self.scope.bound[name] = numpy_text.Unread(self.error(statement, said))
        return value

    def begin(self, function, call=None):
        """What ``__init__`` gives: constants and modules; an array that is learned is declared in shapes."""
        given = {}
        if call is not None:
            named = zip(self.defaults(function), call.args, strict=False)
            given = {name: self.perhaps(tree) for name, tree in (*named, *((o.arg, o.value) for o in call.keywords))}
        outer, self.scope.bound = self.scope.bound, {**self.scope.bound, **given}
        end, last, self.end = self.end, self.last, None
        for name, default in self.defaults(function).items():
            if default is not None and name not in given and self.scope.declared(name) is None:
                self.scope.bound[name] = self.bound_to(default)
        for line in map(_as_assignment, function.body):
            given = [name for one in ast.walk(line) for name in self.names_given(one)]
            if isinstance(line, ast.Assign | ast.AnnAssign) and not any(map(self.is_declared, given)):
                self.run([line])
        parts = {name: value for name, value in self.scope.bound.items() if "." in name}
        self.scope.bound, self.end, self.last = {**outer, **parts}, end, last

    def bound_to(self, tree, label=""):
        """What a name is bound to by a tree: a value, or what is no array."""
        name = self.name_of(tree)
        if name and isinstance(self.scope.bound.get(name), numpy_text.Unread):
            return self.scope.bound[name]
        data = tree.value if isinstance(tree, ast.Constant) else ...
        if data is None or isinstance(data, str | bool):
            words = f"{numpy_text.cut(ast.unparse(tree))} is no array"
            return numpy_text.Unread(self.error(tree, words), data)
        if isinstance(tree, ast.Call) and getattr(tree.func, "id", None) in self.beginnings:
            return self.instance(tree)
        listed = self.listed(tree)
        if listed is not None:
            return numpy_text.Unread(self.error(tree, f"{numpy_text.cut(ast.unparse(tree))} is no array"), listed)
        own = self.reader.own_call(tree) is not None  # though a module may be called so
        tree = self.reader.settled(tree) if isinstance(tree, ast.Call) and not own else tree
        made = None if own or not isinstance(tree, ast.Call) else numpy_names.module(tree, label.rpartition(".")[2])
        if numpy_names.is_law(tree):
            said = f"{numpy_text.cut(ast.unparse(tree))} is a law; write its log_prob(x)"
            return numpy_text.Unread(self.error(tree, said), tree)
        if isinstance(tree, ast.Call) and label and numpy_names.called_in(tree) in RANDOM:
            return self.random(tree, label.rpartition(".")[2])
        if made is not None:
            said = f"{numpy_text.cut(ast.unparse(tree))} is a function; call it, as in loss(x, y)"
            return numpy_text.Unread(self.error(tree, said), made)
        return self.value_of(tree)

    def count(self, statement):
        """Refuse what grows beyond bounds once its loops are written out."""
        self.steps += 1
        own = [statement.value] if hasattr(statement, "value") else []
        self.nodes += sum(1 for one in own if one is not None for _ in ast.walk(one))
        if self.steps > STEPS or self.nodes > NODES:
            said = (
                f"with its loops written out the text has more than {STEPS} lines or {NODES} symbols; take fewer steps"
            )
            error = self.error(statement, f"{said}, the gradient has the same pattern")
            error.beyond = True  # no line is left out for that
            raise error

    def value_of(self, tree):
        """The value of an expression."""
        return self.reader.read(tree)

    def assign(self, statement):
        """``a = b = …``, ``a, b = …``; each right side before any name is given."""
        if isinstance(statement.value, ast.Lambda) and isinstance(statement.targets[0], ast.Name):
            back = ast.copy_location(ast.Return(statement.value.body), statement.value)
            made = ast.FunctionDef(statement.targets[0].id, statement.value.args, [back], [])
            return self.function(ast.copy_location(made, statement))
        named = self.function_of(statement.value)
        if named is not None and len(statement.targets) == 1 and self.name_of(statement.targets[0]):
            alias = self.name_of(statement.targets[0]).removeprefix("self.")
            self.functions[alias] = self.scope.functions[alias] = named  # another name for it
            return None
        pairs = []
        for target in statement.targets:
            pairs += self.unpacked(target, statement.value)
        self.give_all(pairs, statement)

    def function_of(self, tree):
        """The function of the text that a name is, ``f`` or ``self.f``; or None."""
        name = self.name_of(tree) if isinstance(tree, ast.Name | ast.Attribute) else None
        return None if name is None or name in self.scope.bound else self.functions.get(name.removeprefix("self."))

    def annotated(self, statement):
        """``h: Tensor = …``; a line without a value says nothing."""
        if statement.value is not None:
            self.give_all(self.unpacked(statement.target, statement.value), statement)

    def give_all(self, pairs, statement):
        if any(isinstance(target, ast.Subscript) for target, _ in pairs):
            if len(pairs) > 1:
                raise self.error(statement, "give each part of an array a line of its own")
            ((target, tree),) = pairs
            if self.sweeping and self.filled_in_steps(target, tree):
                return
            value = self.filled(target, tree, statement)
            self.give(target.value, value, self.bases.get(target.value.id, target.value.id))
            self.last = value, statement
            return
        one = self.bound_to if len(pairs) == 1 else self.perhaps
        values = [one(tree, target.id) for target, tree in pairs]
        for (target, tree), value in zip(pairs, values, strict=True):
            self.give(target, value, self.base(tree))
            self.last = value, statement

    def unpacked(self, target, tree):
        """The pairs of a name and what it is given."""
        if self.name_of(target) is not None:
            return [(ast.copy_location(ast.Name(self.name_of(target), ast.Store()), target), tree)]
        if isinstance(target, ast.Subscript) and self.name_of(target.value) is not None:
            array = ast.copy_location(ast.Name(self.name_of(target.value), ast.Load()), target.value)
            return [(ast.copy_location(ast.Subscript(array, target.slice, target.ctx), target), tree)]
        if not isinstance(target, ast.Tuple | ast.List):
            raise self.error(target, f"this part is given a value here; {_IN_PLACE}")
        targets = target.elts
        if any(isinstance(one, ast.Starred) for one in targets):
            raise self.error(target, "give each part a name of its own, without *")
        if isinstance(tree, ast.Tuple | ast.List):
            if len(tree.elts) != len(targets):
                raise self.error(target, f"{len(targets)} names for {len(tree.elts)} values")
            return [pair for one, part in zip(targets, tree.elts, strict=True) for pair in self.unpacked(one, part)]
        called = numpy_names.called_in(tree) if isinstance(tree, ast.Call) else None
        if isinstance(tree, ast.Call) and self.reader.own_call(tree) is not None:
            return self.returned_parts(targets, tree)
        if self.parts(called, tree) not in (len(targets), ...):
            raise self.error(target, f"{len(targets)} names are not as many as the parts; give each a line, a = x[0]")
        parts = []
        for place, one in enumerate(targets):
            if (isinstance(one, ast.Name) and one.id == "_") or (called == "slogdet" and place == 0):
                continue
            if called in ("max", "min") and place:
                continue  # where they are: it is refused where it is used
            picked = ast.copy_location(ast.Constant(place), tree)
            parts += self.unpacked(one, ast.copy_location(ast.Subscript(tree, picked), tree))
        return parts

    def part(self, tree, place):
        """A name for one of the values that a call of a function of the text returns; None where it returns one."""
        values = self.all_returned(tree)
        if values is None or not -len(values) <= place < len(values):
            return None
        hidden = f"returned {len(self.scope.bound)}"  # no name of a text holds a space
        self.scope.bound[hidden] = values[place]
        return ast.copy_location(ast.Name(hidden, ast.Load()), tree)

    def all_returned(self, tree):
        """The values that a call of a function of the text returns; None where it returns one."""
        before, self.several, self.asked = self.asked, None, True
        try:
            called = self.reader.own_call(tree)
            first = self.called(called, called.func.id.removeprefix(numpy_text.OWN))
        finally:
            self.asked = before
        values, self.several, self.returning = self.several, None, first
        return values

    def returned_parts(self, targets, tree):
        """The pairs of names and of what a function of the text returns to them."""
        values = self.all_returned(tree) or [self.returning]
        if len(values) != len(targets):
            raise self.error(tree, f"{len(targets)} names for {len(values)} returned values")
        pairs = []
        for place, (target, value) in enumerate(zip(targets, values, strict=True)):
            hidden = f"returned {place}"  # no name of a text holds a space
            self.scope.bound[hidden] = value
            pairs += self.unpacked(target, ast.copy_location(ast.Name(hidden, ast.Load()), tree))
        return pairs

    def parts(self, called, tree):
        """How many parts a value has that several names are given; None where that is no number."""
        match tree:
            case ast.Call() if called == "slogdet":
                return 2
            case ast.Attribute(value=array, attr="shape"):
                return self.value_of(array).ndim
            case ast.Call(args=[array, *_]) if called == "shape":
                return self.value_of(array).ndim
            case ast.Call(func=ast.Attribute(value=array), args=[]) if called == "size":
                return self.value_of(array).ndim
            case ast.Call(args=[_, ast.List() | ast.Tuple() as ends, *_]) if called == "split":
                return len(ends.elts) + (not self.reader.of_torch())
            case ast.Call(args=[_, count, *_]) if called == "split" and not self.reader.of_torch():
                return self.number(count)
            case ast.Call() if called in ("split", "chunk"):
                return ...  # a part that is not there is refused
            case ast.Call() if called in ("max", "min") and numpy_names.is_largest_of_torch(tree):
                return 2
        value = self.value_of(tree)
        return value.axes[0].number if value.ndim else None

    def augment(self, statement):
        """``h += …``, which changes the array itself: whatever else shares it changes too."""
        target = statement.target
        if self.name_of(target) is not None:
            target = ast.copy_location(ast.Name(self.name_of(target), ast.Store()), target)
        if isinstance(target, ast.Subscript) and self.name_of(target.value) is not None:
            masked = isinstance(target.slice, ast.Compare) or self.is_mask(target.slice)
            old = target.value if masked else target  # of the entries that a condition picks, each for itself
            changed = ast.copy_location(ast.BinOp(old, statement.op, statement.value), statement)
            self.give_all([(target, changed)], statement)
            return
        if not isinstance(target, ast.Name):
            raise self.error(target, f"this part is changed here; {_IN_PLACE}")
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
        if isinstance(inner, ast.Compare) or self.is_mask(place):  # where(condition, new, old)
            called = ast.Call(ast.copy_location(ast.Name("where"), target), [place, tree, old], [])
            return self.value_of(ast.copy_location(called, target))
        if isinstance(place, ast.Call) and numpy_names.called_in(place) == "where" and len(place.args) == 1:
            place = place.args[0]  # the places where a condition holds
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

    def filled_in_steps(self, target, tree):
        """Whether a line gives the entry of an array at the step of a loop, ``y[i] = …``; it is remembered."""
        letter, start, stop, entries = self.sweeping
        name, before = target.value.id, self.value_of(target.value)
        place = self.perhaps(target.slice) if isinstance(target.slice, ast.Name) else None
        if not isinstance(place, Value) or place.formula is not letter:
            return False
        value = self.value_of(tree)
        if (
            before.ndim != 1
            or value.ndim
            or before.axes[0] is not stop
            or start.number not in (0, 1)
            or name in entries
        ):
            said = f"{name}[i] is not given a number once in each step, of which none needs the one before it"
            raise self.error(target, f"{said}: declare the axis with a number, as in 'x: 6'")
        sign = numpy_text.cut(ast.unparse(target))
        self.alone(name, target, sign, f"write {name} = 1*{name} before the loop")
        said = f"{name} is read below the line that gives an entry of it; give the entry a name"
        self.scope.bound[name] = numpy_text.Unread(self.error(target, said))
        entries[name] = value, self.scope.bound[name]
        return True

    def is_mask(self, tree):
        """Whether an index is a condition that has a name."""
        if isinstance(tree, ast.Tuple | ast.Slice | ast.Constant):
            return False
        value = self.perhaps(tree)
        return isinstance(value, Value) and value.ndim > 0 and is_mask(value.formula)

    def give(self, target, value, base):
        """Let a name stand for a value; what is more than another name for something is a part with a name."""
        name = numpy_text.as_python(target.id)
        self.lists.pop(target.id, None)
        if isinstance(value, numpy_text.Unread):
            self.bases.pop(name, None)
            self.scope.bound[name] = value
            return
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
            label, version = name.rpartition(".")[2], 0
            name, whole = label, name
            while label in self.scope.defined or (version and label in self.written) or self.is_declared(label):
                version += 1
                label = f"{name}{version}"
            bound = self.scope.define(label, value)
            self.scope.labels.add(label)
            self.given.setdefault(name, []).append((label, target.lineno))
            name = whole
        self.scope.bound[name] = bound

    def is_declared(self, name):
        return self.scope.declared(name) is not None

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
        statement = copy.copy(statement)
        statement.body = _without_continue(statement.body)
        ends = self.ends_of(statement.iter)
        if ends is not None:
            return self.all_steps(statement, *ends)
        entries = WrittenOut(self).listed(statement.iter)
        for turn in self.turns(self.with_lists(statement.iter)) if entries is None else entries:
            self.give_all(self.unpacked(statement.target, turn), statement)
            value = self.run(statement.body)
            if value is not None:
                return value
        return None

    def ends_of(self, tree):
        """The first step of a loop and the one after the last, where their number is not known; else None."""
        match tree:
            case ast.Call(func=ast.Name(id="range"), args=[*ends], keywords=[]) if 1 <= len(ends) <= 2:
                try:
                    start, stop = [Size.of(0), *(Size.of(self.reader.whole(one)) for one in ends)][-2:]
                except _REFUSALS:
                    return None
                return None if (stop - start).number is not None else (start, stop)
            case ast.Call(func=ast.Name(id="enumerate" | "zip"), args=[array, *_], keywords=[]):
                return self.ends_of(array)
            case ast.Name() | ast.Attribute() | ast.Subscript() if self.name_of(tree) not in self.lists:
                if self.name_of(tree) and self.scope.data(self.name_of(tree)) is not ...:
                    return None
                value = self.value_of(tree)
                if value.ndim and value.axes[0].number is None and value.mask is None:
                    return Size.of(0), value.axes[0]
        return None

    def turn(self, tree, step):
        """What a step gives its names: its letter, a row of an array, or both."""
        match tree:
            case ast.Call(func=ast.Name(id="range")):
                return step
            case ast.Call(func=ast.Name(id="enumerate"), args=[array]):
                return ast.copy_location(ast.Tuple([step, self.turn(array, step)], ast.Load()), tree)
            case ast.Call(func=ast.Name(id="zip"), args=arrays):
                sizes = {self.ends_of(one) for one in arrays}
                if len(sizes) > 1:
                    raise self.error(tree, "the arrays that zip puts together are not of one length")
                return ast.copy_location(ast.Tuple([self.turn(one, step) for one in arrays], ast.Load()), tree)
        return ast.copy_location(ast.Subscript(tree, step, ast.Load()), tree)

    def step_letter(self, tree):
        """A fresh letter of a loop, as a tree and as a symbol; no name of a text holds a space."""
        name = f"step {len(self.scope.letters)}"
        letter = op.symbol(name, (ONE, ONE), 0)
        self.scope.letters[name] = letter
        self.scope.bound[name] = Value(letter, 0)
        return ast.copy_location(ast.Name(name, ast.Load()), tree), letter

    def all_steps(self, statement, start, stop):
        """A loop over an axis without a number: its one step as a formula, which is summed over all of them."""
        step, letter = self.step_letter(statement.iter)
        inside = [one for line in statement.body for one in ast.walk(line)]
        given = dict.fromkeys(name for one in inside for name in self.names_given(one))
        carried, lists = {}, {name: len(entries) for name, entries in self.lists.items()}
        for name in given:
            before = self.scope.bound.get(name)
            if isinstance(before, Value):
                held_before = op.symbol(f"{name} before", before.formula.shape, before.ndim, (), "", before.sizes)
                carried[name] = before, before.of(held_before)
                self.scope.bound[name] = carried[name][1]
        self.no_other_use(statement, inside)
        kept = dict(self.scope.defined), dict(self.scope.by_formula), set(self.scope.labels)
        versions = {name: list(one) for name, one in self.given.items()}
        outer, self.sweeping = self.sweeping, (letter, start, stop, {})
        try:
            self.give_all(self.unpacked(statement.target, self.turn(statement.iter, step)), statement)
            if self.run(statement.body) is not None:
                raise self.error(statement, "a loop over an axis without a number returns nothing: add its steps up")
            entries = self.sweeping[3]
        finally:
            self.sweeping = outer
            self.scope.defined, self.scope.by_formula, self.scope.labels = kept
            self.given = versions
        try:
            self.after_steps(statement, (letter, start, stop), given, carried, entries, lists)
        except ParseError as error:
            raise error if "\n" in str(error) else self.error(statement, str(error)) from None

    def no_other_use(self, statement, inside):
        """Refuse what appends to a list and reads it in one step."""
        appended = {self.name_of(one.func.value) for one in inside if isinstance(one, ast.Call)
                    and isinstance(one.func, ast.Attribute) and one.func.attr == "append"}  # fmt: skip
        for name in appended & self.lists.keys():
            uses = [one for one in inside if self.name_of(one) == name]
            if self.lists[name] or len(uses) != 1:
                raise self.error(
                    statement, f"{name} is appended to and read in one loop: declare its axis with a number"
                )

    def after_steps(self, statement, steps, given, carried, entries, lists):
        """What the names of a loop stand for below it."""
        self.last = None
        gone = numpy_text.Unread(self.error(statement, "it has a value in each step of the loop, and none below"))
        for name in [*given, *self.names_of(statement.target)]:
            before, inner = carried.get(name, (None, None))
            after = self.scope.bound.get(name)
            self.scope.bound[name] = gone
            if isinstance(after, numpy_text.Unread) and after is not entries.get(name, (None, None))[1]:
                self.scope.bound[name] = after
                continue
            if before is None:
                continue
            inners = [one.formula for _, one in carried.values()]
            if name in entries:
                value = self.filled_by_steps(entries[name][0], before, inner, steps, inners)
            else:
                value = self.grown_by_steps(name, before, inner, after, steps, inners)
            if value is not None:
                self.give(ast.copy_location(ast.Name(name, ast.Store()), statement), value, name)
                self.last = value, statement
        for name, entries in [*self.lists.items()]:
            if len(entries) == lists.get(name, 0):
                continue
            one = self.scope.find(entries[0])
            inners = [inner.formula for _, inner in carried.values()]
            value = numpy_loops.of_steps(self.apart(table.without_names(one.formula), inners), *steps)
            if len(entries) > 1 or one.ndim:
                raise self.error(statement, f"{name} is a list of numbers, one in each step, where the axis has none")
            del self.lists[name]
            self.scope.bound[name] = value
        self.last = self.last or (gone, statement)

    def filled_by_steps(self, entry, before, inner, steps, inners):
        """The array whose entries a loop gives, y[i] = …, from what is there and from the entry before."""
        letter, start, stop = steps
        new = table.without_names(entry.formula)
        new = numpy_loops.put_for(self.row_at(inner, letter), self.row_at(before, letter), new)
        if start is not Size.of(0):
            whole = numpy_loops.recurrence(new, inner.formula, letter, stop, before.formula)
        else:
            whole = numpy_loops.of_steps(new, letter, start, stop).formula
        return before.of(self.apart(whole, inners))

    def grown_by_steps(self, name, before, inner, after, steps, inners):
        """What is added up in a loop; None where it is given anew in each step."""
        new, row = table.without_names(after.formula), inner.formula
        if before.ndim < after.ndim:  # 0 + x
            before, row = after.of(spread(before, after.axes)), spread(inner, after.axes)
        added = op.add(new, op.negative(row))
        if not _has(new, inner.formula) and not any(_has(new, one) for one in inners):
            return None
        return before.of(op.add(before.formula, numpy_loops.over_steps(self.apart(added, inners), *steps)))

    def apart(self, formula, inners):
        """The formula, which no step may have from the one before it."""
        for inner in inners:
            if _has(formula, inner):
                words = f"each step takes {inner.data[0].removesuffix(' before')} of the one before it"
                raise ParseError(f"{words}: declare the axis with a number, as in 'x: 6'")
        return formula

    def names_of(self, target):
        return [numpy_text.as_python(one.id) for one in ast.walk(target) if isinstance(one, ast.Name)]

    def row_at(self, value, letter):
        """The formula of x[i]."""
        rows = op.fixed("gather", (ONE, value.axes[0]), (), (letter,))
        return op.product(rows, value.formula)

    def turns(self, tree):
        """What each turn gives its name: the numbers of a ``range``, what is listed, the parts of an array."""
        name = self.name_of(tree)
        if isinstance(self.scope.data(name) if name else ..., tuple):
            return [ast.copy_location(ast.Constant(one), tree) for one in self.scope.data(name)]
        if isinstance(tree, ast.List | ast.Tuple):
            return tree.elts
        called = tree.func.id if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) else ""
        if called in ("enumerate", "zip") and tree.args and not tree.keywords:
            each = [self.turns(one) for one in tree.args]
            counted = [ast.copy_location(ast.Constant(i), tree) for i in range(len(each[0]))]
            each = [counted, *each] if called == "enumerate" else each
            turns = zip(*each, strict=False)
            return [ast.copy_location(ast.Tuple(list(turn), ast.Load()), tree) for turn in turns]
        if called != "range":
            return self.parts_of(tree)
        if not 1 <= len(tree.args) <= 3 or tree.keywords:
            raise self.error(tree, "range takes one to three whole numbers")
        ends = [self.number(one) for one in tree.args]
        if len(ends) == 3 and not ends[2]:
            raise self.error(tree, "a step of range is not 0")
        turns = range(*ends)
        if not turns or max(abs(turns[0]), abs(turns[-1])) > 10**6 or turns[STEPS:]:
            raise self.error(tree, f"a loop takes 1 to {STEPS} steps here; the gradient of fewer has the same pattern")
        return [ast.copy_location(_constant(turn), tree) for turn in turns]

    def parts_of(self, tree):
        """The parts of an array along its first axis, which is declared with a number."""
        value = self.value_of(tree)
        count = value.axes[0].number if value.ndim else None
        if count is None or count > STEPS:
            said = "a loop runs over range(3), with the number of steps, or over an array whose first axis is a number"
            raise self.error(tree, f"{said}; write x[t] for its entries")
        places = [ast.copy_location(ast.Constant(i), tree) for i in range(count)]
        return [ast.copy_location(ast.Subscript(tree, place, ast.Load()), tree) for place in places]

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
        if called is not None and numpy_names.changes(statement.value):
            self.last = self.value_of(statement.value), statement
            return
        if isinstance(statement.value, ast.Name) and statement.value.id in self.functions.keys() - self.scope.bound:
            self.last = None, self.functions[statement.value.id]
        elif called not in NO_VALUE or called in self.functions:
            if called in _IN_PLACE_METHODS and isinstance(statement.value.func, ast.Attribute):
                self.sorted_in_place(statement)
                return
            if statement is not self.end and called is not None:
                self.value_of(statement.value)  # of which nothing is made
                return
            if statement is not self.end:
                said = "leave it out, or put brackets around it and the line that it goes on"
                raise self.error(statement, f"this line gives no name to its value; {said}")
            self.last = self.value_of(statement.value), statement

    def changing(self, item):
        """The name of the value of ``c.div_(n)``, a method of PyTorch that changes its array; the array is given it."""
        plain, array = _unchanging(item)
        value = self.value_of(plain)
        name, diagonal = self.name_of(array), None
        if name is None and isinstance(array, ast.Call) and numpy_names.called_in(array) in ("diagonal", "diag"):
            diagonal = self.name_of(array.args[0] if array.args else array.func.value)
            name = diagonal
        if name is not None:
            sign = numpy_text.cut(ast.get_source_segment(self.source, item) or "")
            self.alone(name, item, sign, f"write {item.func.attr[:-1]} instead of {item.func.attr}")
            before = self.scope.find(name)
            new = value
            if diagonal is not None:
                new = before.of(
                    op.add(before.formula, op.negative(op.diag(op.diagonal(before.formula))), op.diag(value.formula))
                )
            self.give(ast.copy_location(ast.Name(name, ast.Store()), item), new, name)
        elif self.base(array) is not None:
            raise self.error(item, f"{item.func.attr} changes a part of an array; {_IN_PLACE}")
        hidden = f"changed {len(self.scope.bound)}"  # no name of a text holds a space
        self.scope.bound[hidden] = value
        return ast.copy_location(ast.Name(hidden, ast.Load()), item)

    def sorted_in_place(self, statement):
        """``y.sort()``, a line that changes an array of NumPy's: ``y = np.sort(y)``."""
        call = statement.value
        name = self.name_of(call.func.value)
        if name is None or self.reader.of_torch():
            raise self.error(statement, f"this line changes a part of an array; {_IN_PLACE}")
        sign = numpy_text.cut(ast.get_source_segment(self.source, statement) or "")
        self.alone(name, statement, sign, f"write {name} = np.sort({name}) instead")
        value = self.value_of(call)
        self.give(ast.copy_location(ast.Name(name, ast.Store()), statement), value, name)
        self.last = value, statement

    def returned(self, statement):
        tree = statement.value
        if tree is None:
            raise self.error(statement, "return names no value; return the loss")
        keys = []
        if isinstance(tree, ast.Dict):
            keys = [getattr(key, "value", "") for key in tree.keys]
            tree = ast.copy_location(ast.Tuple(list(tree.values), ast.Load()), tree)
        if isinstance(tree, ast.Tuple | ast.List):
            if not tree.elts:
                raise self.error(statement, "return names no value; return the loss")
            self.several = [self.perhaps(one) for one in tree.elts]
            for one in tree.elts:
                self.pass_on(one)
            if self.wanted and self.wanted[-1]:
                return self.several[0]
            if self.frames != [self.entry]:
                said = f"{self.frames[-1]} returns several values" if self.frames else "several values are returned"
                raise self.error(statement, f"{said}; give each a name where it is called")
            place = self.loss_among(tree, keys)
            ordinal = ("first", "second", "third")[place] if place < 3 else f"{place + 1}th"
            self.scope.notes.append(f"of what is returned the {ordinal} is derived")
            tree = tree.elts[place]
        if self.function_of(tree) is not None:
            return self.entered(self.function_of(tree))  # a function that is made by this one
        self.pass_on(tree)
        return self.value_of(tree)

    def loss_among(self, tree, keys):
        """Which of several returned values is the loss: the one that is called so, the first number, or the first."""
        keys = keys or [getattr(one, "id", "") for one in tree.elts]
        found = [place for place, key in enumerate(keys) if re.search("loss|cost", str(key).lower())]
        for place, one in enumerate(self.several):
            if isinstance(one, Value) and one.formula.is_scalar:
                found += [place] * any(inner.operation == "symbol" for inner in ordered([one.formula]))
        return found[0] if found else 0

    def pass_on(self, tree):
        """Remember that a function gives back what it was given."""
        base = self.base(tree)
        if self.frames and base is not None and (base not in self.scope.bound or base in self.globals()):
            self.passing.add(self.frames[-1])

    def instance(self, call):
        """An object of a class of the text; its parts have the names that ``self`` gives them."""
        name = call.func.id
        if self.made:
            raise self.error(call, f"a second model is made here; write {name} with names of its own for its arrays")
        self.made.add(name)
        if self.beginnings[name] is not None:
            self.begin(self.beginnings[name], call)
        said = f"{numpy_text.cut(ast.unparse(call))} is a model; call it"
        return numpy_text.Unread(self.error(call, said), numpy_text.INSTANCE)

    def listed(self, tree):
        """The constants that a tuple, a list or a range of them has; or None."""
        if isinstance(tree, ast.Call) and getattr(tree.func, "id", "") in ("tuple", "list") and len(tree.args) == 1:
            return self.listed(tree.args[0])
        if isinstance(tree, ast.Call) and getattr(tree.func, "id", "") == "range":
            return tuple(self.known(one) for one in self.turns(tree))
        known = self.known(tree) if isinstance(tree, ast.Tuple | ast.List) and tree.elts else ...
        return known if isinstance(known, tuple) and ... not in known else None

    def random(self, tree, name):
        """What is drawn at random, as a constant of its own."""
        if self.is_declared(name):
            return self.scope.declared(name)
        called, sizes = numpy_names.called_in(tree), list(tree.args)
        if called.endswith("_like"):
            axes = self.value_of(tree.args[0]).axes
        else:
            said = next((one.value for one in tree.keywords if one.arg in ("size", "shape")), None)
            sizes = [said] if said is not None else sizes
            sizes = sizes[0].elts if len(sizes) == 1 and isinstance(sizes[0], ast.Tuple | ast.List) else sizes
            if called not in ("randn", "rand", "standard_normal") and said is None:
                return self.value_of(tree)  # and so it is refused
            axes = tuple(Size.of(self.reader.whole(one)) for one in sizes)
        deep = tuple(axes) if len(axes) > 2 else ()
        value = Value(op.symbol(name, held(axes), len(axes), (), "", deep), len(axes), deep)
        self.scope.symbols[name] = value
        self.scope.notes.append(f"{name} is drawn at random, and held as a constant")
        return value

    def perhaps(self, tree, label=""):
        """What a tree is bound to, or why it is not read."""
        try:
            return self.bound_to(tree, label)
        except _REFUSALS as error:
            return numpy_text.Unread(error)

    # ── functions ─────────────────────────────────────────────────────────────────────────────────────────────────

    def function(self, statement):
        """A function is kept until it is called."""
        for decorator in statement.decorator_list:
            tree = decorator.func if isinstance(decorator, ast.Call) else decorator
            if getattr(tree, "attr", getattr(tree, "id", None)) not in KEEPING:
                raise self.error(decorator, "leave the decorator out; what it makes of the function is not read")
        self.functions.pop(statement.name, None)
        self.functions[statement.name] = self.scope.functions[statement.name] = statement
        self.last = None, statement

    def defaults(self, function):
        """The parameters of a function, each with the tree of its default or None."""
        a = function.args
        first = [one for one in (*a.posonlyargs, *a.args) if one.arg not in ("self", "cls")]
        found = dict.fromkeys(one.arg for one in first)
        found |= {one.arg: tree for one, tree in zip(first[len(first) - len(a.defaults) :], a.defaults, strict=True)}
        return found | {one.arg: tree for one, tree in zip(a.kwonlyargs, a.kw_defaults, strict=True)}

    def entered(self, function):
        """The value of the function that is the text; its parameters are what is declared."""
        bound = dict(self.scope.bound)
        for name, default in self.defaults(function).items():
            bound.pop(name, None)
            if default is not None and self.scope.declared(name) is None:
                bound[name] = self.bound_to(default)
        self.entry = function.name
        own = {name.rpartition(".")[2] for one in ast.walk(function) if (name := self.name_of(one)) and "self." in name}
        given = {name for one in ast.walk(function) for name in self.names_given(one)}
        for name in own & self.defaults(function).keys():
            if f"self.{name}" not in self.scope.bound.keys() | given:
                raise self.error(function, f"self.{name} and the argument {name} are two arrays: give one another name")
        return self.inside(function, bound, {}, function)

    def called(self, item, name):
        """The value of a call of a function that stands in the text."""
        function = self.functions[name]
        if name in self.frames:
            raise self.error(item, f"{name} calls itself; write its steps as a loop, for t in range(3)")
        parameters = self.defaults(function)
        by_place = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
        by_place = [name for name in by_place if name not in ("self", "cls")]
        if len(item.args) > len(by_place):
            raise self.error(item, f"{name} takes {len(by_place)} arguments, and has {len(item.args)}")
        keys = [*by_place[: len(item.args)], *(option.arg for option in item.keywords)]
        for key in keys:
            if key not in parameters or keys.count(key) > 1:
                raise self.error(item, f"{name} takes {key or '**'} {'once' if key in parameters else 'nowhere'}")
        asked, self.asked = self.asked, False
        values = [self.perhaps(one) for one in (*item.args, *(option.value for option in item.keywords))]
        self.asked = asked
        bound = {**self.globals(), **dict(zip(keys, values, strict=True))}
        for key, default in parameters.items():
            if key not in keys:
                if default is None:
                    raise self.error(item, f"{name} needs {key}")
                bound[key] = self.bound_to(default)
        return self.inside(function, bound, dict.fromkeys(parameters, _OUTSIDE), item)

    def globals(self):
        """What is given outside of functions."""
        return self.outermost if self.frames else self.scope.bound

    def inside(self, function, bound, shared, item):
        """The value that the lines of a function return; `shared` are the names for arrays of its caller."""
        if not self.frames:
            self.outermost = self.scope.bound
        outer, bases, last, end, asked = self.scope.bound, self.bases, self.last, self.end, self.asked
        bound |= {name: part for name, part in outer.items() if "." in name}
        lists, closed, self.lists, self.closed = self.lists, self.closed, {}, self.closed | self.lists.keys()
        self.frames.append(function.name)
        self.wanted.append(asked)
        self.asked = False
        self.scope.bound, self.bases, self.end, self.last, ended = bound, shared, None, None, None
        try:
            value = self.run(function.body)
            if item is function and self.last:
                ended = self.scope.bound.get("loss", self.last[0])
        finally:  # a line that cannot be read may be left out, and the rest goes on
            self.lists, self.closed = lists, closed
            self.frames.pop()
            self.wanted.pop()
            outer |= {name: part for name, part in self.scope.bound.items() if "." in name}
            self.scope.bound, self.bases, self.last, self.end, self.asked = outer, bases, last, end, asked
        if value is None and isinstance(ended, Value):
            self.scope.notes.append(f"{function.name} returns nothing, and is read as its last line")
            value = ended
        if value is None:
            raise self.left or self.error(item, f"{function.name} returns nothing; end it with return and the loss")
        return value


_WHERE = ast.parse("where(c, a, b)", mode="eval").body


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


def _without_continue(body):
    """The lines of a loop, with what follows ``if …: continue`` as its else."""
    for place, one in enumerate(body):
        if isinstance(one, ast.If) and isinstance(one.body[-1], ast.Continue):
            taken = one.body[:-1] or [ast.copy_location(ast.Pass(), one)]
            rest = _without_continue([*one.orelse, *body[place + 1 :]])
            return [*body[:place], ast.copy_location(ast.If(one.test, taken, rest), one)]
    return body


def _has(formula, part):
    """Whether a formula has a part."""
    return part in ordered([formula])


def _is_main(statement):
    """Whether a statement is what a file does when it is run, ``if __name__ == "__main__":``."""
    return (
        isinstance(statement, ast.If)
        and isinstance(statement.test, ast.Compare)
        and getattr(statement.test.left, "id", "") == "__name__"
    )


def _as_assignment(statement):
    """``self.register_buffer("w", …)`` as ``self.w = …``; any other statement as it is."""
    match statement:
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(value=owner, attr="register_buffer" | "register_parameter"),
                args=[ast.Constant(value=str() as name), value, *_],
            )
        ):
            target = ast.copy_location(ast.Attribute(owner, name, ast.Store()), statement)
            return ast.copy_location(ast.Assign([target], value), statement)
    return statement


def _unchanging(item):
    """The call without the changes of its array, and that array."""
    if not numpy_names.changes(item):
        return item, item
    inner, array = _unchanging(item.func.value)
    method = ast.copy_location(ast.Attribute(inner, item.func.attr[:-1], ast.Load()), item.func)
    return ast.copy_location(ast.Call(method, item.args, item.keywords), item), array


def _constant(number):
    """The tree of a whole number, as Python's parser has it."""
    return ast.Constant(number) if number >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-number))


def _is_print(statement):
    return isinstance(statement, ast.Expr) and (
        isinstance(statement.value, ast.Constant)
        or getattr(getattr(statement.value, "func", None), "id", "") == "print"
    )


_DECIDED = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Is: operator.is_, ast.IsNot: operator.is_not,
    ast.Gt: operator.gt, ast.Lt: operator.lt, ast.GtE: operator.ge, ast.LtE: operator.le,
    ast.In: lambda a, b: a in b, ast.NotIn: lambda a, b: a not in b,
}  # fmt: skip


def _decided(compare, a, b):
    """Whether two constants compare so; None where they do not."""
    try:
        return bool(compare(a, b))
    except TypeError:
        return None


_READ = {
    ast.If: _Program.condition,
    ast.ClassDef: _Program.of_class,
    ast.With: _Program.inside_with,
    ast.Assign: _Program.assign,
    ast.AnnAssign: _Program.annotated,
    ast.AugAssign: _Program.augment,
    ast.For: _Program.loop,
    ast.Expr: _Program.expression,
    ast.Return: _Program.returned,
    ast.FunctionDef: _Program.function,
}
