"""Derive neural-network gradients three ways, and check them.

`neuron` is the running example of the book, `witness` finds gradients from values alone, `figures` draws the plots.
"""

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
    "Gradients",
    "NotAnalytic",
    "central_difference_gradient",
    "check_gradient",
    "complex_step_gradient",
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
