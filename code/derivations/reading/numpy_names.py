"""What users of NumPy, SciPy and PyTorch type, as the notation writes it: ``np.linalg.inv(A)``, ``x.sum()``."""

import ast
from typing import NamedTuple

from derivations.formulas.table import FUNCTIONS
from derivations.reading.numpy_functions import CALLS, options_of

LIBRARIES = {
    "np", "numpy", "jnp", "jax", "anp", "cp", "scipy", "sp", "special", "linalg", "stats", "math", "torch", "nn", "F",
    "tf", "K", "keras", "optax", "lax", "xp", "common_utils", "LA",
}  # fmt: skip
_MODULES = {
    "lax", "spatial", "distance", "optimize", "distributions", "losses", "metrics", "numpy", "scipy", "linalg",
    "special", "stats", "nn", "functional", "math", "backend", "common_utils",
}  # fmt: skip
"""What may stand between a library and a function; ``np.add.outer`` is no ``outer``."""
_OWN_ATTRIBUTES = {"T", "mT", "shape", "size", "ndim", "values", "pi", "newaxis", "data"}
"""What a value has of its own, so that it is no part of a model."""

CONSTANTS = {"pi": 3.141592653589793, "e": 2.718281828459045, "euler_gamma": 0.5772156649015329}
"""Numbers that libraries have a name for."""
_SAME = {
    "trace": "tr", "ravel": "vec", "flatten": "vec", "ln": "log", "absolute": "abs", "fabs": "abs", "expit": "sigmoid",
    "σ": "sigmoid", "atan": "arctan", "identity": "eye", "inverse": "inv", "diagonal": "diagvec", "t": "transpose",
    "vdot": "inner", "amax": "max", "amin": "min", "loggamma": "gammaln", "lgamma": "gammaln", "psi": "digamma",
    "average": "mean", "cat": "concatenate", "view": "reshape", "clamp": "clip", "log_expit": "logsigmoid",
    "permute": "transpose", "vsplit": "split",
    "unsqueeze": "expand_dims", "asin": "arcsin", "acos": "arccos", "atan2": "arctan2", "asinh": "arcsinh",
    "acosh": "arccosh",
    "atanh": "arctanh", "reduce_sum": "sum", "reduce_mean": "mean", "reduce_max": "max", "reduce_min": "min",
    "reduce_prod": "prod",
    "reduce_std": "std", "reduce_variance": "var", "reduce_logsumexp": "logsumexp",
    "softmax_cross_entropy_with_logits": "softmax_cross_entropy", "nansum": "sum", "nanmean": "mean",
    "sigmoid_cross_entropy_with_logits": "sigmoid_binary_cross_entropy", "vector_norm": "norm", "matrix_norm": "norm",
    "log_sigmoid": "logsigmoid", "clip_by_value": "clip",
    "stop_gradient": "detach", "swish": "silu", "onehot": "one_hot", "dim": "ndim", "numel": "size",
    "take_along_axis": "gather", "concat": "concatenate",
    **dict.fromkeys(
        ("clone", "contiguous", "asarray", "astype", "to", "type_as", "type", "float", "double", "half", "cpu", "cuda",
         "numpy", "float32", "float64", "tensor", "as_tensor", "from_numpy", "convert_to_tensor", "atleast_1d", "long",
         "int", "bool", "cast", "ascontiguousarray", "nan_to_num", "requires_grad_", "Parameter"), "copy"
    ),
}  # fmt: skip
_OPERATORS = {
    "add": ast.Add, "subtract": ast.Sub, "sub": ast.Sub, "multiply": ast.Mult, "mul": ast.Mult, "divide": ast.Div,
    "true_divide": ast.Div, "div": ast.Div, "power": ast.Pow, "pow": ast.Pow, "matmul": ast.MatMult,
    "mm": ast.MatMult, "mv": ast.MatMult,
    "bmm": ast.MatMult, "float_power": ast.Pow, "floor_divide": ast.FloorDiv,
}  # fmt: skip
_COMPARISONS = {
    "eq": ast.Eq, "ne": ast.NotEq, "gt": ast.Gt, "ge": ast.GtE, "lt": ast.Lt, "le": ast.LtE, "equal": ast.Eq,
    "greater": ast.Gt, "greater_equal": ast.GtE, "less": ast.Lt, "less_equal": ast.LtE, "not_equal": ast.NotEq,
}  # fmt: skip
_OPTIONS = {"dim": "axis", "keepdim": "keepdims"}
_KEEPING = {
    "dtype", "device", "requires_grad", "inplace", "approximate", "generator", "layout", "memory_format",
    "preferred_element_type", "precision", "optimize",
}  # fmt: skip
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
    dotted = dotted_name(item, known)
    if dotted is not None:
        return ast.Name(dotted)
    match item:
        case ast.Attribute(attr=attr) if attr in CONSTANTS and is_library(item.value, known):
            return ast.Constant(CONSTANTS[attr])  # and no variable that is called so
        case ast.Attribute(value=ast.Call() as call, attr="values" | "indices") if called_in(call) in ("max", "min"):
            return _call_as_written(call, known)  # PyTorch's largest entries along an axis
        case ast.Subscript(value=ast.Call() as call, slice=ast.Constant(value=0)) if is_largest_of_torch(call):
            return _call_as_written(call, known)
        case ast.Attribute(value=array, attr="data") if not (isinstance(array, ast.Name) and array.id not in known):
            return _call("detach", [array])
        case ast.Compare(left=left, ops=ops, comparators=[right]) if _held_fixed(left) or _held_fixed(right):
            return ast.Compare(_held_fixed(left) or left, ops, [_held_fixed(right) or right])  # flat all the same
        case ast.Attribute(attr="ndim"):
            return _call("ndim", [item.value])
        case ast.Attribute(attr="size"):
            return _call("size", [item.value])
        case ast.Subscript(value=ast.Attribute(value=array, attr="shape")):
            return _call("shape", [array, item.slice])
        case ast.Subscript(value=ast.Call(args=[array], keywords=[]) as call) if called_in(call) == "shape":
            return _call("shape", [array, item.slice])  # np.shape(A)[0]
        case ast.Subscript(value=ast.Call(func=ast.Attribute(value=array, attr="size"), args=[])):
            return _call("shape", [array, item.slice])  # A.size()[0]
        case ast.Attribute(attr="shape"):
            return _call("shape", [item.value])
        case ast.Subscript(value=ast.Call() as call, slice=ast.Constant(value=1)) if called_in(call) == "slogdet":
            return _call("logdet", call.args)
        case ast.Subscript(value=ast.Call() as call, slice=ast.Constant(value=int() as which)) if (
            called_in(call) in ("split", "chunk") and called_in(call) not in known
        ):
            picked = ast.copy_location(ast.Constant(which), item)
            plain_call = _call_as_written(call, known)
            plain_call.args.insert(2, picked)
            return plain_call
    return None


def _held_fixed(item):
    """The array that is held fixed, ``x`` in ``x.detach()`` and in ``x.data``; or None."""
    match item:
        case (
            ast.Attribute(value=array, attr="data") | ast.Call(func=ast.Attribute(value=array, attr="detach"), args=[])
        ):
            return array
    return None


def _call_as_written(item, known):
    """What a call of another library says in the notation, or None."""
    match item:
        case ast.Call(func=ast.Attribute(attr="epsilon"), args=[], keywords=[]):
            return ast.Constant(1e-7)  # of Keras
        case ast.Call(func=ast.Name(id="len"), args=[ast.Attribute(value=array, attr="shape")], keywords=[]):
            return _call("ndim", [array])
        case ast.Call(func=ast.Name(id="len"), args=[array], keywords=[]):
            return _call("shape", [array, ast.copy_location(ast.Constant(0), item)])
        case ast.Call(func=ast.Attribute(value=ast.Attribute(attr=law) | ast.Name(law), attr=name)) if (
            name in _PROBABILITIES and law not in known
        ):
            return _call(_density(law, name), item.args, item.keywords)  # of scipy.stats
        case ast.Call(func=ast.Attribute(value=ast.Call() as law, attr=name)) if (
            name in _PROBABILITIES and _density(called_in(law), name) in CALLS
        ):  # scipy.stats.norm(m, s).logpdf(x), torch.distributions.Normal(m, s).log_prob(x)
            return _call(_density(called_in(law), name), [*item.args, *law.args], [*item.keywords, *law.keywords])
        case ast.Call(func=ast.Call() as made) if module(made) is not None:
            return _call_as_written(module(made).called(item), known) or module(made).called(item)
        case ast.Call(func=ast.Name(id="max" | "min" as name), args=[_, _], keywords=[]) if name not in known:
            return _call(name + "imum", item.args)  # Python's own, of two numbers
        case ast.Call(func=ast.Attribute(value=value, attr="max" | "min" as name), args=[a, b], keywords=[]) if (
            is_library(value, known) and not _is_axis(b)
        ):
            return _call(name + "imum", [a, b])  # PyTorch's, of two arrays
        case ast.Call(func=ast.Attribute(value=array, attr="size"), args=[axis]) if not is_library(array, known):
            return _call("shape", [array, axis])
        case ast.Call(func=ast.Name(id=name)) if name not in known:
            return _named(name, item.args, item.keywords)
        case ast.Call(func=ast.Attribute(value=value, attr=name)) if is_library(value, known):
            new = _named(name, item.args, item.keywords)
            over_all = name == "logsumexp" or (name == "softmax" and not _of_layers(value))
            if over_all and not item.keywords and len(item.args) == 1:
                new.keywords = [ast.keyword("axis", ast.copy_location(ast.Constant(None), item))]  # of all entries
            return new
        case ast.Call(func=ast.Attribute(value=value, attr=name)):
            return _named(name, [value, *item.args], item.keywords)
    return None


_PROBABILITIES = ("pdf", "logpdf", "cdf", "logcdf", "pmf", "logpmf", "log_prob")
LAWS = {"norm": "normal_", "Normal": "normal_", "Poisson": "poisson_", "Bernoulli": "bernoulli_", "Laplace": "laplace_"}
"""What libraries call the laws of probability, where that is not their name here."""


def is_law(tree):
    """Whether a tree is a law of probability with its parameters, ``Normal(m, s)`` or ``stats.norm(m, s)``."""
    word = called_in(tree) if isinstance(tree, ast.Call) else None
    if word == "norm":
        return ast.unparse(tree.func).endswith("stats.norm")
    return word in LAWS


def _density(law, name):
    """The name of a density, ``normal_logpdf``."""
    of = LAWS.get(law, f"{law}_")
    if name == "log_prob":
        name = "logpdf" if f"{of}logpdf" in CALLS else "logpmf"
    return of + name


_FIRST = (
    ("input", "input1", "anchor", "logits", "predictions", "y_pred", "preds"),
    ("target", "input2", "positive", "labels", "targets", "y_true"),
    ("negative",),
)
"""What libraries call the first arguments, where they are given by name."""
_CHOICE = (("condition",), ("input", "x"), ("other", "y"))
"""The same of ``where``."""


def _in_place(args, keywords, places=_FIRST):
    """The arguments, with those that are given by name in their places."""
    args, keywords = list(args), list(keywords)
    while len(args) < len(places):
        found = next((option for option in keywords if option.arg in places[len(args)]), None)
        if found is None:
            break
        keywords.remove(found)
        args.append(found.value)
    return args, keywords


_SHAPED = {"layer_norm", "rms_norm"}


def _named(name, args, keywords):
    args, keywords = _in_place(args, keywords, _CHOICE if name == "where" else _FIRST)
    if name in _SHAPED and len(args) > 1 and not isinstance(args[1], ast.Name):  # the shape of what is normalised
        args = [args[0], *args[2:]]
    keywords = [option for option in keywords if option.arg != "normalized_shape"]
    if any(option.arg == "p" for option in keywords):  # which norm; 2 is the usual one
        usual = name != "norm" and any(getattr(option.value, "value", None) in (2, 2.0) for option in keywords)
        keywords = [one for one in keywords if one.arg != "p" or not usual]
        keywords = [ast.keyword("ord" if one.arg == "p" and name == "norm" else one.arg, one.value) for one in keywords]
    turned = {one.arg for one in keywords if one.arg in ("transpose_a", "transpose_b")}
    if name == "matmul" and turned and len(args) == 2 and len(turned) == len(keywords):  # of TensorFlow
        flags = {one.arg: getattr(one.value, "value", None) is True for one in keywords}
        pairs = zip(args, ("transpose_a", "transpose_b"), strict=True)
        args = [ast.copy_location(ast.Attribute(a, "mT", ast.Load()), a) if flags.get(of) else a for a, of in pairs]
        keywords = []
    if name == "cross_entropy":
        keywords = [one for one in keywords if one.arg != "ignore_index" or ast.unparse(one.value) != "-100"]
    if name in _OPERATORS and len(args) == 2 and not keywords:
        return ast.BinOp(args[0], _OPERATORS[name](), args[1])
    if name in _COMPARISONS and len(args) == 2 and not keywords:
        return ast.Compare(args[0], [_COMPARISONS[name]()], [args[1]])
    if name in ("negative", "neg") and len(args) == 1:
        return ast.UnaryOp(ast.USub(), args[0])
    if name == "gelu" and any(getattr(option.value, "value", None) == "tanh" for option in keywords):
        return _call("gelu_tanh", args)
    kept = [option for option in keywords if option.arg not in _KEEPING and not _is_left_out(name, option)]
    keywords = [ast.keyword(_OPTIONS.get(option.arg, option.arg), option.value) for option in kept]
    return _call(_SAME.get(name, name), args, keywords)


def _is_left_out(name, option):
    """Whether an option is None, which says nothing: not the axis, whose None is every entry."""
    return option.arg not in (*_OPTIONS, *_OPTIONS.values()) and getattr(option.value, "value", 0) is None


def _is_axis(item):
    """Whether the second argument of a largest entry is the axis, and no array."""
    inner = item.operand if isinstance(item, ast.UnaryOp) else item
    return isinstance(inner, ast.Constant) and (inner.value is None or isinstance(inner.value, int))


def is_largest_of_torch(call):
    """Whether a call gives PyTorch's pair of the largest entries along an axis and of their places."""
    if called_in(call) not in ("max", "min", "sort"):
        return False
    of_torch = isinstance(call.func, ast.Attribute) and getattr(call.func.value, "id", "") == "torch"
    return any(option.arg == "dim" for option in call.keywords) or (of_torch and len(call.args) == 2)


def _of_layers(library):
    """Whether a function is that of a library of layers, where softmax runs over the last axis unless it is told."""
    while isinstance(library, ast.Attribute):
        if library.attr in ("nn", "functional"):
            return True
        library = library.value
    return getattr(library, "id", "") in ("nn", "F", "K", "tf", "keras", "torch")


def dotted_name(item, known):
    """What a part of a model is called: ``self.W`` for ``self.W``, ``params.W`` for ``params["W"]``; or None.

    It is a part where what stands before the dot is neither declared nor a library.
    """
    match item:
        case ast.Attribute(value=inner, attr=part) if part not in _OWN_ATTRIBUTES:
            pass
        case ast.Subscript(value=inner, slice=ast.Constant(value=str() as part)) if part.isidentifier():
            pass
        case _:
            return None
    if isinstance(inner, ast.Name):
        base = None if inner.id in known or inner.id in LIBRARIES else inner.id
    else:
        base = dotted_name(inner, known)
        base = None if base in known else base
    return None if base is None else f"{base}.{part}"


_BY_MODULE = {
    "bceloss": "binary_cross_entropy", "bcewithlogitsloss": "binary_cross_entropy_with_logits", "identity": "copy",
    **{name.replace("_", ""): name for name in (*CALLS, *FUNCTIONS)},
    **{f"{name.replace('_', '')}loss": name for name in (*CALLS, *FUNCTIONS) if not name.endswith("loss")},
}  # fmt: skip
"""PyTorch's modules in small letters, ``mseloss``, and the function that each is."""


_LEARNED = {
    "embedding": "embedding", "linear": "linear",
    "layernorm": "layer_norm", "rmsnorm": "rms_norm", "batchnorm1d": "batch_norm",
}  # fmt: skip
"""Modules with arrays that are learned; the first of their own arguments are sizes."""


class Module(NamedTuple):
    """A module of PyTorch: the functions that it is, one after another, each with its options."""

    steps: tuple

    def called(self, item):
        """The call of functions that a call of the module is."""
        args, keywords = item.args, item.keywords
        for name, options in self.steps:
            made = ast.copy_location(_call(name, args, [*options, *keywords]), item)
            ast.copy_location(made.func, item)
            args, keywords = [made], []
        return made


def module(call, label=""):
    """What a module is, ``nn.MSELoss(reduction="sum")``, as a `Module`; or None.

    What is learned in it has names from its own: ``self.fc = nn.Linear(2, 3)`` has ``fc_weight`` and ``fc_bias``.
    """
    while isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Call):
        call = call.func.value  # nn.MSELoss().to(device)
    word = called_in(call) or ""
    if word == "Sequential" and call.args and all(isinstance(one, ast.Call) for one in call.args):
        parts = [module(one, f"{label}_{place}") for place, one in enumerate(call.args)]
        return None if None in parts else Module(tuple(step for part in parts for step in part.steps))
    key = word.lower() if word[:1].isupper() else ""
    if key in _LEARNED:
        plain_ones = {one.arg for one in call.keywords if getattr(one.value, "value", None) is False}
        affine = not plain_ones & {"affine", "elementwise_affine"}
        learned = ["weight"] * affine + ["bias"] * (
            affine and key not in ("rmsnorm", "embedding") and "bias" not in plain_ones
        )
        options = [ast.keyword(part, ast.copy_location(ast.Name(f"{label}_{part}"), call)) for part in learned]
        options += [one for one in call.keywords if one.arg == "eps"]
        return Module(((_LEARNED[key], tuple(options)),)) if label or not learned else None
    name = _BY_MODULE.get(key)
    if name is None:
        return None
    return Module(((name, (*map(ast.keyword, options_of(name), call.args), *call.keywords)),))


FORWARD = ("forward", "__call__", "call", "loss", "objective", "cost")
"""The functions of a class that are its value, the first of them that it has."""
METHODS = {*CALLS, *FUNCTIONS, *_SAME, *_OPERATORS}


def changes(item):
    """Whether a call is of a method of PyTorch that changes its array, ``c.div_(n)``."""
    name = item.func.attr if isinstance(item, ast.Call) and isinstance(item.func, ast.Attribute) else ""
    return name[-1:] == "_" and name[:1] != "_" and name not in _SAME and name[:-1] in METHODS


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
