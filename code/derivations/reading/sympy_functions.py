"""Functions of one number that a reader adds to the table: ``register("swish", "x / (1 + exp(-x))")``.

SymPy differentiates the expression, and the derivative of ``swish`` is the function ``swish'``, which is added when it
is first needed; so are the derivatives of higher order.
"""

from __future__ import annotations

import ast

import numpy as np

from derivations.formulas import arrays, making, table
from derivations.formulas.expression import DerivationError, ParseError

SPELLED = {f"arc{word}": f"a{word}" for word in ("sin", "cos", "tan", "sinh", "cosh", "tanh")}
"""NumPy's names of functions that SymPy calls otherwise."""
_CALLS = ("exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", *SPELLED.values(), "erf")
_LONGEST, _LARGEST_POWER, _LARGEST_EXPRESSION, _LARGEST_NUMBER = 1000, 100, 100, 1e100

_expressions = {}
"""Name to (expression, its symbol), for the functions registered here and their derivatives."""


def register(name: str, expression: object) -> table.Function:
    """Add an entrywise function to the table; its derivative is found by SymPy.

    Parameters
    ----------
    name : str
        A name that no function has yet.
    expression : str or sympy.Expr
        In one symbol, analytic: arithmetic, powers, and exp, log, sqrt, trigonometric and hyperbolic functions. A text
        is read by an allow-list and never evaluated.

    Returns
    -------
    Function
        The new row of the table.

    Raises
    ------
    ParseError
        Where the name is taken or is no name, or the text cannot be read.
    DerivationError
        Where the expression is not an analytic function of one symbol: abs, sign, maxima and cases have kinks, which
        the complex step of the witness cannot see.

    Examples
    --------
    >>> row = register("swish", "x / (1 + exp(-x))")
    >>> derive("sum(swish(W@x))", wrt="W", shapes="W: m×n, x: n")  # doctest: +SKIP
    """
    from derivations.reading import numpy_text

    if not isinstance(name, str) or not name.isidentifier() or name.startswith("_"):
        raise ParseError(f"{name!r} is not a name for a function: letters, digits and _, not a digit or _ first")
    if name in numpy_text.FUNCTION_NAMES or name in table.FUNCTIONS or name in numpy_text.CALLS:
        raise ParseError(f"{name} is a function already")
    try:
        return _add(name, *_one_variable(name, expression))
    except RecursionError:
        raise ParseError(f"{name} nests too deeply") from None


def _one_variable(name, expression):
    """The expression as SymPy's, and its one symbol; analytic, or refused."""
    import sympy

    if isinstance(expression, str):
        expression = _read(expression)
    if getattr(expression, "count_ops", int)() > _LARGEST_EXPRESSION:
        raise ParseError(f"{name} has more than {_LARGEST_EXPRESSION} operations")
    if not isinstance(expression, sympy.Expr):
        raise ParseError(f"{name} is given by {type(expression).__name__}; a text or a SymPy expression is needed")
    symbols = sorted(expression.free_symbols, key=str)
    if len(symbols) != 1:
        found = ", ".join(map(str, symbols)) or "none"
        raise DerivationError(f"{name} must be an expression in one symbol, and has {found}")
    symbol = sympy.Symbol("x")
    expression = expression.xreplace({symbols[0]: symbol})
    for part in sympy.preorder_traversal(expression):
        known = part.is_Symbol or part.is_number or part.is_Add or part.is_Mul or part.is_Pow
        if not known and type(part) not in [getattr(sympy, function) for function in _CALLS]:
            raise DerivationError(
                f"{name} contains {type(part).__name__}, not on the list of analytic functions: {', '.join(_CALLS)}"
            )
        if part.is_number and not (part.is_real and part.is_finite):
            raise DerivationError(f"{name} contains {part}, which is not a real number")
    return expression, symbol


def _read(text):
    """A text as a SymPy expression, by an allow-list on Python's own parse tree."""
    import sympy

    if len(text) > _LONGEST:
        raise ParseError(f"the expression has {len(text)} characters; at most {_LONGEST} are read")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        return _convert(tree, sympy)
    except SyntaxError as error:
        raise ParseError(f"{text[:60]!r} is not an expression: {error.msg}") from None
    except (RecursionError, MemoryError):
        raise ParseError("the expression nests too deeply") from None
    except ParseError:
        raise
    except ValueError as error:
        raise ParseError(f"the expression cannot be read: {error}") from None


def _convert(item, sympy):
    operators = {
        ast.Add: lambda a, b: a + b,
        ast.Sub: lambda a, b: a - b,
        ast.Mult: lambda a, b: a * b,
        ast.Div: lambda a, b: a / b,
        ast.Pow: lambda a, b: a**b,
    }
    match item:
        case ast.Constant(value=int() | float()) if not isinstance(item.value, bool) and abs(item.value) < 1e100:
            return sympy.Rational(str(item.value))
        case ast.Name(id="pi"):
            return sympy.pi
        case ast.Name():
            return sympy.Symbol(item.id)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
            inner = _convert(item.operand, sympy)
            return -inner if isinstance(item.op, ast.USub) else inner
        case ast.BinOp() if type(item.op) in operators:
            left, right = _convert(item.left, sympy), _convert(item.right, sympy)
            if (
                isinstance(item.op, ast.Pow)
                and right.is_number
                and not (right.is_real and abs(right) <= _LARGEST_POWER)
            ):
                raise ParseError(f"the exponent is beyond {_LARGEST_POWER}")
            if (
                left.is_number
                and right.is_number
                and not (abs(left) < _LARGEST_NUMBER and abs(right) < _LARGEST_NUMBER)
            ):
                raise ParseError(f"a number is beyond {_LARGEST_NUMBER:.0e}")
            return operators[type(item.op)](left, right)
        case ast.Call(func=ast.Name(), args=[argument], keywords=[]):
            function = SPELLED.get(item.func.id, item.func.id)
            inner = _convert(argument, sympy)
            if inner.is_number and not (inner.is_real and abs(inner) <= _LARGEST_POWER):
                raise ParseError(f"{item.func.id} of a number beyond {_LARGEST_POWER}")
            composed = {
                "sigmoid": lambda x: 1 / (1 + sympy.exp(-x)),
                "softplus": lambda x: sympy.log(1 + sympy.exp(x)),
                "square": lambda x: x**2,
            }
            if function in composed:
                return composed[function](inner)
            if function in _CALLS:
                return getattr(sympy, function)(inner)
            if function in _expressions:
                expression, symbol = _expressions[function]
                return expression.xreplace({symbol: inner})
            raise ParseError(f"{item.func.id!r} is not a function known here: {', '.join(_CALLS)}")
    raise ParseError(f"this is not part of the notation: {ast.unparse(item)[:60]}")


def _add(name, expression, symbol):
    """The row of a function; the row of its derivative is made when it is asked for."""
    import sympy

    if name in table.FUNCTIONS:
        return table.FUNCTIONS[name]
    _expressions[name] = expression, symbol
    evaluate = sympy.lambdify(symbol, expression, modules=_MODULES, cse=True)

    def value(x):
        return evaluate(x) + np.zeros_like(x)  # a constant takes the shape of x

    def derivative(x, y):
        """The registered function of the derivative, or a constant."""
        slope = sympy.diff(expression, symbol)
        if slope.is_number:
            number = making.number(sympy_number(slope))
            return making.scale(number, making.ones(x.shape))
        _add(name + "'", slope, symbol)
        return making.elementwise(name + "'", x)

    shown, z = rf"\operatorname{{{name.rstrip(chr(39))}}}" + "'" * name.count("'"), sympy.Symbol("z")
    statement = sympy.latex(expression.xreplace({symbol: z}))
    law = rf"d{shown}(z) = {shown}'(z) \odot dz, \quad {shown}(z) = {statement}"
    table.FUNCTIONS[name] = table.Function(name, value, derivative, law)
    if "'" not in name:
        _tell_the_reader(name)
    return table.FUNCTIONS[name]


def _tell_the_reader(name):
    """The parser offers known names in its messages."""
    from derivations.reading import numpy_text

    if name not in numpy_text.FUNCTION_NAMES:
        numpy_text.FUNCTION_NAMES.append(name)


def sympy_number(value):
    """A number of SymPy as an exact fraction where it is one, else a float."""
    from fractions import Fraction

    return Fraction(int(value.p), int(value.q)) if value.is_Rational else float(value)


_MODULES = [{"erf": arrays.erf}, "numpy"]


def expression_of(name):
    """The expression of a registered function and its symbol."""
    if name not in _expressions:
        raise DerivationError(f"{name} is not a function registered here")
    return _expressions[name]


def applied(name, argument):
    """A registered function of a SymPy expression."""
    expression, symbol = expression_of(name)
    return expression.xreplace({symbol: argument})
