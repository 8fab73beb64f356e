"""Derive neural-network gradients, and check them.

`derive` turns a loss into its gradient with the steps a person would write, `check` reads a derivation line by line,
`witness` finds gradients from values alone. A name is imported when it is first asked for, so that importing the
package costs no more than importing NumPy. The running example and the figures of the book are the package `gradients`.
"""

import warnings
from importlib import import_module

_HOME = {
    "checking": ["check"],
    "deriving.derivation": ["derive"],
    "formulas.expression": ["DerivationError", "ParseError", "ShapeError", "UnknownName"],
    "formulas.table": ["operations"],
    "gradient_check": ["check_gradient"],
    "reading.sympy_functions": ["register"],
    "witness": [
        "NotAnalytic", "central_difference_gradient", "complex_step_gradient", "directional_derivative",
        "numerical_gradient",
    ],
}  # fmt: skip

_MOVED = {
    "Gradients", "figures", "first_answer_as_posted", "first_answer_mended", "forward", "gradient_matrix",
    "gradient_scalar", "gradient_vector", "gradient_with_mistakes", "loss", "question_as_posted", "sigmoid",
    "sigmoid_derivative",
}  # fmt: skip
"""What stands in `gradients` now; until the release after 0.2 these names forward."""

__all__ = sorted(name for names in _HOME.values() for name in names)


def __getattr__(name):
    for module, names in _HOME.items():
        if name in names:
            value = getattr(import_module(f"derivations.{module}"), name)
            globals()[name] = value
            return value
    if name in _MOVED:
        return _from_gradients(name)
    raise AttributeError(f"module 'derivations' has no attribute {name!r}")


def _from_gradients(name):
    try:
        module = import_module("gradients.figures" if name == "figures" else "gradients.neuron")
    except ModuleNotFoundError:
        raise AttributeError(f"{name} stands in the package gradients of the book, which is not installed") from None
    message = f"derivations.{name} has moved: from gradients import {name}"
    warnings.warn(message, DeprecationWarning, stacklevel=3)
    return module if name == "figures" else getattr(module, name)


def __dir__():
    return sorted([*globals(), *__all__])
