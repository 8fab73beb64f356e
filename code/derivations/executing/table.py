"""One table: what each kind of tree does when it is evaluated."""

import numpy as np

from derivations.executing.algebra import (
    evaluate_bars,
    evaluate_cases,
    evaluate_colon,
    evaluate_either_sign,
    evaluate_elementwise_power,
    evaluate_fraction,
    evaluate_group,
    evaluate_hadamard,
    evaluate_imaginary_part,
    evaluate_indicator,
    evaluate_inner,
    evaluate_inverse,
    evaluate_inverse_transpose,
    evaluate_kronecker,
    evaluate_list,
    evaluate_matrix,
    evaluate_name,
    evaluate_norm,
    evaluate_number,
    evaluate_power,
    evaluate_product,
    evaluate_root,
    evaluate_sum,
    evaluate_transpose,
)
from derivations.executing.calculus import (
    evaluate_at,
    evaluate_derivative,
    evaluate_differential,
    evaluate_direction,
    evaluate_gradient,
    evaluate_limit,
    evaluate_operate,
)
from derivations.executing.functions import evaluate_apply, evaluate_prime
from derivations.executing.generic import evaluate_any
from derivations.executing.indices import evaluate_delta, evaluate_labelled, evaluate_subscript, free_indices
from derivations.executing.scenes import Rules
from derivations.executing.tables import evaluate_big, table_of
from derivations.executing.values import Eye, Free, matmul, plus

RULES = Rules(
    {
        "number": evaluate_number,
        "name": evaluate_name,
        "operator": evaluate_name,
        "one": lambda tree, scene: Free(np.ones((1, 1)), True, False),
        "identity": lambda tree, scene: scene.value("I") if scene.meaning.known("I") else Eye(np.ones((1, 1))),
        "delta": evaluate_delta,
        "group": evaluate_group,
        "list": evaluate_list,
        "cases": evaluate_cases,
        "at": evaluate_at,
        "limit": evaluate_limit,
        "sum": evaluate_sum,
        "product": evaluate_product,
        "hadamard": evaluate_hadamard,
        "kronecker": evaluate_kronecker,
        "colon": evaluate_colon,
        "inner": evaluate_inner,
        "fraction": evaluate_fraction,
        "root": evaluate_root,
        "norm": evaluate_norm,
        "bars": evaluate_bars,
        "power": evaluate_power,
        "transpose": evaluate_transpose,
        "inverse": evaluate_inverse,
        "inverse transpose": evaluate_inverse_transpose,
        "prime": evaluate_prime,
        "subscript": evaluate_subscript,
        "label": evaluate_labelled,
        "apply": evaluate_apply,
        "differential": evaluate_differential,
        "derivative": evaluate_derivative,
        "operate": evaluate_operate,
        "gradient": evaluate_gradient,
        "direction": evaluate_direction,
        "big sum": lambda tree, scene: evaluate_big(tree, scene, 0, plus),
        "big product": lambda tree, scene: evaluate_big(tree, scene, 1, matmul),
        "matrix": evaluate_matrix,
        "imaginary": evaluate_imaginary_part,
        "elementwise power": evaluate_elementwise_power,
        "indicator": evaluate_indicator,
        "either sign": evaluate_either_sign,
        "any function": evaluate_any,
    },
    table_of,
    free_indices,
)
"""How every kind of tree is evaluated."""
