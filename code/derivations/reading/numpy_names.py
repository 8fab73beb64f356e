"""What users of NumPy, SciPy and PyTorch type, as the notation writes it: ``np.linalg.inv(A)``, ``x.sum()``."""

import ast

LIBRARIES = {"np", "numpy", "jnp", "jax", "anp", "scipy", "sp", "special", "linalg", "math", "torch", "nn", "F"}
_MODULES = {"numpy", "scipy", "linalg", "special", "nn", "functional"}
"""What may stand between a library and a function; ``np.add.outer`` is no ``outer``."""

_SAME = {
    "trace": "tr", "ravel": "vec", "flatten": "vec", "ln": "log", "absolute": "abs", "fabs": "abs", "expit": "sigmoid",
    "σ": "sigmoid", "atan": "arctan", "identity": "eye", "inverse": "inv", "diagonal": "diagvec", "t": "transpose",
    "vdot": "inner", "amax": "max", "amin": "min", "loggamma": "gammaln", "lgamma": "gammaln", "psi": "digamma",
    "average": "mean", "cat": "concatenate", "view": "reshape", "clamp": "clip", "log_expit": "logsigmoid",
    "permute": "transpose",
    "unsqueeze": "expand_dims", "clone": "copy", "contiguous": "copy", "asarray": "copy", "float": "copy",
    "double": "copy",
}  # fmt: skip
_OPERATORS = {
    "add": ast.Add, "subtract": ast.Sub, "sub": ast.Sub, "multiply": ast.Mult, "mul": ast.Mult, "divide": ast.Div,
    "true_divide": ast.Div, "div": ast.Div, "power": ast.Pow, "pow": ast.Pow, "matmul": ast.MatMult,
    "mm": ast.MatMult, "mv": ast.MatMult,
}  # fmt: skip
_OPTIONS = {"dim": "axis", "keepdim": "keepdims"}
_KEEPING = {"dtype", "device", "requires_grad", "inplace", "approximate"}
"""Options that say how numbers are stored."""


def plain(item, known):
    """A node of Python's tree as the notation writes it; the same node where that is how it stands.

    Parameters
    ----------
    item : ast.AST
    known : collection of str
        The names that are declared: a variable called ``F`` is no library.
    """
    new = _call_as_written(item, known) if isinstance(item, ast.Call) else _part_as_written(item, known)
    if new is None:
        return item
    if isinstance(new, ast.Call):
        ast.copy_location(new.func, item)
    return ast.copy_location(new, item)


def _part_as_written(item, known):
    """What an attribute or an index of another library says in the notation, or None."""
    match item:
        case ast.Attribute(attr="pi") if is_library(item.value, known):
            return ast.Name("pi")
        case ast.Attribute(attr="size"):
            return _call("size", [item.value])
        case ast.Subscript(value=ast.Attribute(value=array, attr="shape")):
            return _call("shape", [array, item.slice])
        case ast.Subscript(value=ast.Call(args=[array], keywords=[]) as call) if called_in(call) == "shape":
            return _call("shape", [array, item.slice])  # np.shape(A)[0]
        case ast.Attribute(attr="shape"):
            return _call("shape", [item.value])
        case ast.Subscript(value=ast.Call() as call, slice=ast.Constant(value=1)) if called_in(call) == "slogdet":
            return _call("logdet", call.args)
        case ast.Subscript(value=ast.Call() as call, slice=ast.Constant(value=int() as which)) if (
            called_in(call) == "split" and "split" not in known and len(call.args) >= 2
        ):
            picked = ast.copy_location(ast.Constant(which), item)
            return _named("split", [*call.args[:2], picked, *call.args[2:]], call.keywords)
    return None


def _call_as_written(item, known):
    """What a call of another library says in the notation, or None."""
    match item:
        case ast.Call(func=ast.Name(id="len"), args=[array], keywords=[]):
            return _call("shape", [array, ast.copy_location(ast.Constant(0), item)])
        case ast.Call(func=ast.Attribute(value=ast.Attribute(attr="norm") | ast.Name("norm"), attr=name)) if (
            name in ("pdf", "logpdf", "cdf", "logcdf") and "norm" not in known
        ):
            return _call(f"normal_{name}", item.args, item.keywords)  # scipy.stats.norm
        case ast.Call(func=ast.Name(id="max" | "min" as name), args=[_, _], keywords=[]) if name not in known:
            return _call(name + "imum", item.args)  # Python's own, of two numbers
        case ast.Call(func=ast.Name(id=name)) if name not in known:
            return _named(name, item.args, item.keywords)
        case ast.Call(func=ast.Attribute(value=value, attr=name)) if is_library(value, known):
            new = _named(name, item.args, item.keywords)
            if name in ("softmax", "logsumexp") and not item.keywords and len(item.args) == 1:
                new.keywords = [ast.keyword("axis", ast.copy_location(ast.Constant(None), item))]  # of all entries
            return new
        case ast.Call(func=ast.Attribute(value=value, attr=name)):
            return _named(name, [value, *item.args], item.keywords)
    return None


def _named(name, args, keywords):
    if name in _OPERATORS and len(args) == 2 and not keywords:
        return ast.BinOp(args[0], _OPERATORS[name](), args[1])
    if name == "negative" and len(args) == 1:
        return ast.UnaryOp(ast.USub(), args[0])
    if name in ("sum", "mean") and len(args) == 1 and not keywords and _is_masked(args[0]):
        return _over_mask(name, args[0])
    if name == "gelu" and any(getattr(option.value, "value", None) == "tanh" for option in keywords):
        return _call("gelu_tanh", args)
    kept = [option for option in keywords if option.arg not in _KEEPING]
    keywords = [ast.keyword(_OPTIONS.get(option.arg, option.arg), option.value) for option in kept]
    return _call(_SAME.get(name, name), args, keywords)


def _is_masked(item):
    """Whether an array is picked by a condition, as ``x[x > 0]`` is."""
    while isinstance(item, ast.Subscript):
        item = item.slice
        while isinstance(item, ast.UnaryOp | ast.BinOp):
            item = item.operand if isinstance(item, ast.UnaryOp) else item.left
        return isinstance(item, ast.Compare)
    return False


def _over_mask(name, item):
    """The sum, or the mean, over the entries that a condition picks: of where(condition, x, 0)."""
    zero = ast.copy_location(ast.Constant(0), item)

    def summed(array):
        where = ast.copy_location(_call("where", [item.slice, array, zero]), item)
        ast.copy_location(where.func, item)
        return _call("sum", [where])

    whole = summed(item.value)
    if name == "sum":
        return whole
    count = summed(ast.copy_location(ast.Constant(1), item))
    for made in (whole, count):
        ast.copy_location(ast.copy_location(made, item).func, item)
    return ast.BinOp(whole, ast.Div(), count)


def _call(name, args, keywords=()):
    return ast.Call(ast.Name(name), list(args), list(keywords))


def called_in(call):
    """The last name of what is called, ``inv`` in ``np.linalg.inv(A)``."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", None)


def is_library(item, known):
    """Whether a dotted name starts with the name of a library, as ``np.linalg`` does."""
    while isinstance(item, ast.Attribute) and item.attr in _MODULES:
        item = item.value
    return isinstance(item, ast.Name) and item.id in LIBRARIES and item.id not in known


def is_new_axis(item):
    """Whether an index is ``None`` or ``np.newaxis``."""
    return (isinstance(item, ast.Constant) and item.value is None) or (
        isinstance(item, ast.Attribute) and item.attr == "newaxis"
    )
