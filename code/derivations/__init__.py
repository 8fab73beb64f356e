"""Derive neural-network gradients, and check them.

`derive` turns a loss into its gradient with the steps a person would write; `neuron` is the running example of the book,
`witness` finds gradients from values alone, `figures` draws the plots.
"""

from derivations.derivation import derive
from derivations.expression import DerivationError, ParseError, ShapeError, UnknownName
from derivations.neuron import (
    Gradients,
    first_answer_as_posted,
    first_answer_mended,
    forward,
    gradient_matrix,
    gradient_scalar,
    gradient_vector,
    gradient_with_mistakes,
    loss,
    question_as_posted,
    sigmoid,
    sigmoid_derivative,
)
from derivations.witness import (
    NotAnalytic,
    central_difference_gradient,
    check_gradient,
    complex_step_gradient,
    directional_derivative,
    numerical_gradient,
)

__all__ = [
    "DerivationError",
    "Gradients",
    "NotAnalytic",
    "ParseError",
    "ShapeError",
    "UnknownName",
    "central_difference_gradient",
    "check_gradient",
    "complex_step_gradient",
    "derive",
    "directional_derivative",
    "first_answer_as_posted",
    "first_answer_mended",
    "forward",
    "gradient_matrix",
    "gradient_scalar",
    "gradient_vector",
    "gradient_with_mistakes",
    "loss",
    "numerical_gradient",
    "question_as_posted",
    "sigmoid",
    "sigmoid_derivative",
]
