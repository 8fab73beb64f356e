"""`check`: a derivation line by line, what each line says, whether it holds, and the first that does not, mended.

Each file is a room. `checker` goes from line to line; `understanding` writes a line as its reader understands it,
`defining` says what it defines, `comparing` whether its sides are equal, `vanishing` what holds where a derivative
vanishes, and `einstein` which repeated indices are summed. A line that differs goes to `evidence`, which asks `guesses`
what may have been meant otherwise: it is wrong, or unclear. A wrong line goes to `mending`: `searching` tries the edits
of `edits`, with `rewriting` and `spelling`, and `counterexamples` writes numbers that show it. `proving` proves a line
exactly. What is found are the lines and the report of `reports`.
"""

from derivations.checking.checker import Checker, check
from derivations.checking.comparing import POINTS
from derivations.checking.reports import Line, Report

__all__ = ["POINTS", "Checker", "Line", "Report", "check"]
