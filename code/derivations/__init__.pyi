"""What the package offers, for type checkers and editors: `__init__.py` imports a name when it is asked for."""

from derivations.checking import check as check
from derivations.deriving.derivation import derive as derive
from derivations.formulas.expression import DerivationError as DerivationError
from derivations.formulas.expression import ParseError as ParseError
from derivations.formulas.expression import ShapeError as ShapeError
from derivations.formulas.expression import UnknownName as UnknownName
from derivations.formulas.table import operations as operations
from derivations.gradient_check import check_gradient as check_gradient
from derivations.reading.sympy_functions import register as register
from derivations.witness import NotAnalytic as NotAnalytic
from derivations.witness import central_difference_gradient as central_difference_gradient
from derivations.witness import complex_step_gradient as complex_step_gradient
from derivations.witness import directional_derivative as directional_derivative
from derivations.witness import numerical_gradient as numerical_gradient
