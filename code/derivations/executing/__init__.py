"""Execute what a line of LaTeX says, at a point, in numbers.

A tree is evaluated with arrays, and what the page leaves open (is this juxtaposition a product or a function applied,
is this colon looser than that plus) is decided by conformity at sizes that all differ. A derivative is found by the
witness: a complex step through the definitions, or a difference where one derivative stands inside another. No rule of
differentiation is used, and none of the table that `derive` uses but the values of its operations.

Each file is a room: `values` (arrays), `scenes` (names and numbers at a point), `indices`, `juxtaposition`, `algebra`,
`functions`, `calculus`, `conditions`, `sums` (Σ, Π, and what is defined entry by entry), `exact` (letters for numbers,
for proofs), and `table`, which says what each kind of tree does.
"""

from derivations.executing.conditions import (
    COMPARISONS,
    UNEXECUTED,
    best,
    moved_to_answers,
    moved_to_zero,
    sampled,
    variables,
    violation,
)
from derivations.executing.functions import arguments, elementwise_word, written_arguments
from derivations.executing.indices import (
    counted_from_zero,
    free_indices,
    index_ranges,
    is_family,
    is_meant,
    letters_in,
    multiplies_rows,
    script_letters,
    stated_ranges,
)
from derivations.executing.juxtaposition import depends
from derivations.executing.scenes import (
    ALL_WORK,
    DERIVATIVES,
    READINGS,
    WORK,
    Definition,
    Meaning,
    Scene,
    evaluate,
    has_derivative,
    key_of,
    reached,
    readings,
)
from derivations.executing.sums import table_of
from derivations.executing.table import RULES
from derivations.executing.values import (
    CANCELLED,
    Eye,
    Free,
    Gradient,
    NotConforming,
    Several,
    Unit,
    Unreadable,
    fitted,
    is_exact,
    is_zero,
    of_one_shape,
    shape_of,
)
from derivations.reading.latex_tree import BIG, parts, spelled
