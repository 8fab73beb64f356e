"""What the chapters of the book use and nobody else: the running example, and the figures.

`neuron` is a layer of sigmoid neurons with its gradient three ways, `figures` draws the plots. The engine, which
derives and checks, is the package `derivations`; it knows nothing of this one.
"""

from importlib import import_module

_NEURON = [
    "Gradients", "first_answer_as_posted", "first_answer_mended", "forward", "gradient_matrix", "gradient_scalar",
    "gradient_vector", "gradient_with_mistakes", "loss", "question_as_posted", "sigmoid", "sigmoid_derivative",
]  # fmt: skip

__all__ = sorted([*_NEURON, "figures"])


def __getattr__(name):
    if name in _NEURON:
        value = globals()[name] = getattr(import_module("gradients.neuron"), name)
        return value
    if name == "figures":
        return import_module("gradients.figures")
    raise AttributeError(f"module 'gradients' has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *__all__])
