"""One table: what each kind of tree does when it is evaluated."""

import numpy as np

from derivations.executing import algebra, calculus, functions, generic, indices, sums
from derivations.executing.scenes import Rules, evaluate
from derivations.executing.values import Eye, Free, matmul, plus, solid

RULES = Rules(
    {
        "number": lambda tree, scene: scene.number(tree.data),
        "name": algebra.evaluate_name,
        "operator": algebra.evaluate_name,
        "one": lambda tree, scene: Free(np.ones((1, 1)), True, False),
        "identity": lambda tree, scene: scene.value("I") if scene.meaning.known("I") else Eye(np.ones((1, 1))),
        "delta": indices.evaluate_delta,
        "group": lambda tree, scene: evaluate(tree.args[0], scene),
        "list": algebra.evaluate_list,
        "cases": algebra.evaluate_cases,
        "at": calculus.evaluate_at,
        "limit": calculus.evaluate_limit,
        "sum": algebra.evaluate_sum,
        "product": algebra.evaluate_product,
        "hadamard": algebra.evaluate_hadamard,
        "kronecker": algebra.evaluate_kronecker,
        "colon": algebra.evaluate_colon,
        "inner": algebra.evaluate_colon,
        "fraction": algebra.evaluate_fraction,
        "root": algebra.evaluate_root,
        "norm": algebra.evaluate_norm,
        "bars": algebra.evaluate_bars,
        "power": algebra.evaluate_power,
        "transpose": algebra.evaluate_transpose,
        "inverse": algebra.evaluate_inverse,
        "inverse transpose": algebra.evaluate_inverse_transpose,
        "prime": functions.evaluate_prime,
        "subscript": indices.evaluate_subscript,
        "label": indices.evaluate_labelled,
        "apply": functions.evaluate_apply,
        "differential": calculus.evaluate_differential,
        "derivative": calculus.evaluate_derivative,
        "operate": calculus.evaluate_operate,
        "gradient": calculus.evaluate_gradient,
        "direction": calculus.evaluate_direction,
        "big sum": lambda tree, scene: sums.evaluate_big(tree, scene, 0, plus),
        "big product": lambda tree, scene: sums.evaluate_big(tree, scene, 1, matmul),
        "matrix": algebra.evaluate_matrix,
        "imaginary": lambda tree, scene: np.imag(solid(evaluate(tree.args[0], scene))),
        "elementwise power": algebra.evaluate_elementwise_power,
        "indicator": algebra.evaluate_indicator,
        "integral": calculus.evaluate_integral,
        "big table": sums.evaluate_table,
        "either sign": algebra.evaluate_either_sign,
        "any function": generic.evaluate_any,
        "implicit": generic.evaluate_implicit,
    },
    sums.table_of,
    indices.free_indices,
)
"""How every kind of tree is evaluated."""
