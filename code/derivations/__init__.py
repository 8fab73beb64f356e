"""Derive neural-network gradients, and check them.

`derive` turns a loss into its gradient with the steps a person would write; `neuron` is the running example of the
book, `witness` finds gradients from values alone, `figures` draws the plots. A name is imported when it is first asked
for, so that importing the package costs no more than importing NumPy.
"""

from importlib import import_module

_HOME = {
    "checking": ["check"],
    "derivation": ["derive"],
    "expression": ["DerivationError", "ParseError", "ShapeError", "UnknownName"],
    "gradient_check": ["check_gradient"],
    "neuron": [
        "Gradients", "first_answer_as_posted", "first_answer_mended", "forward", "gradient_matrix", "gradient_scalar",
        "gradient_vector", "gradient_with_mistakes", "loss", "question_as_posted", "sigmoid", "sigmoid_derivative",
    ],
    "notation.sympy_functions": ["register"],
    "witness": [
        "NotAnalytic", "central_difference_gradient", "complex_step_gradient", "directional_derivative",
        "numerical_gradient",
    ],
}  # fmt: skip

__all__ = sorted(name for names in _HOME.values() for name in names)


def __getattr__(name):
    for module, names in _HOME.items():
        if name in names:
            value = getattr(import_module(f"derivations.{module}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module 'derivations' has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *__all__])
