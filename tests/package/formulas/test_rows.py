"""Every row of the table is asked for everything: made again, printed both ways, read back, NumPy, SymPy, laws.

Nothing falls back in silence: a row without a printer or without NumPy code fails here.
"""

import numpy as np
import pytest
import yaml
from sympy_values import value_at
from test_operations import ALL, FIXED, K, M, N, build, close, value_of

from browsing import BOOK
from derivations import check
from derivations.deriving.results import Derivative
from derivations.formulas import making, table
from derivations.formulas.expression import ONE, DerivationError, Size, node, ordered
from derivations.formulas.laws import law_as_matrix, law_of
from derivations.writing import numpy_rows, printing, sympy_matrices

WORDS = yaml.safe_load((BOOK / "web" / "laws.yml").read_text(encoding="utf-8"))
"""The words of the page of laws."""


def source_value(formula, sizes, known):
    """The value of the generated NumPy code, in the shape of the formula."""
    symbols = [f for f in ordered([formula]) if f.operation == "symbol"]
    source = Derivative(formula, 2, tuple(symbols)).numpy("made")
    names = {"np": np}
    exec(source, names)
    arrays = {symbol.data[0]: known[symbol] for symbol in symbols}
    numbers = {name: sizes[name] for name in sizes if f"{name}" in source.split(":\n")[0].partition("*, ")[2]}
    return np.asarray(names["made"](**arrays, **numbers)), source


@pytest.mark.parametrize(("name", "case"), ALL)
def test_a_row_is_made_again_from_its_parts(name, case):
    formula, sizes, known = build(name, case, np.random.default_rng(1))
    twins = [making.symbol(f"{symbol.data[0]}1", symbol.shape, 2) for symbol in formula.args]
    again = table.rebuild(formula, twins)
    values = {twin: known[symbol] for twin, symbol in zip(twins, formula.args, strict=True)}
    assert again.shape == formula.shape
    close(value_of(again, sizes, values), value_of(formula, sizes, known))


@pytest.mark.parametrize(("name", "case"), ALL)
def test_a_row_is_printed_both_ways_and_has_code(name, case):
    formula, sizes, known = build(name, case, np.random.default_rng(2))
    assert name in numpy_rows.LOWER and name in sympy_matrices.VALUES
    if name != "named":  # which is its own name
        letters = [symbol.data[0] for symbol in formula.args]
        for text in (printing.text(formula), printing.latex(formula)):
            assert text and all(letter in text for letter in letters), text
    found, _ = source_value(formula, sizes, known)
    close(found, value_of(formula, sizes, known))


@pytest.mark.parametrize(("name", "case"), [p for p in ALL if table.ROWS[p.values[0]].law])
def test_a_row_has_laws_with_words(name, case):
    formula, _, _ = build(name, case, np.random.default_rng(3))
    said = [law_of(formula).name] + ([law_of(formula, crossing=True).name] if table.ROWS[name].crossing else [])
    assert not [law for law in said if law not in WORDS]
    assert bool(law_as_matrix(name)) == bool(table.ROWS[name].matrix)


WITH_NUMBERS = ("largest",)
"""Rows that no formula in letters says."""
SLOW = ("determinant", "log determinant", "matrix exponential")
SYMPY = [p for p in ALL if p.values[1].data not in (0.3, 125) and p.values[0] not in (*WITH_NUMBERS, *SLOW)]


@pytest.mark.parametrize(("name", "case"), SYMPY)
def test_a_row_is_written_out_by_sympy(name, case):
    sympy = pytest.importorskip("sympy")
    formula, sizes, known = build(name, case, np.random.default_rng(4))
    used = {name for inner in ordered([formula]) for length in inner.shape for name in length.names}
    matrix = Derivative(formula, 2, formula.args).sympy(**{name: sizes[name] for name in used})
    entries = {f"{s.data[0]}[{i},{j}]": known[s][i, j] for s in formula.args for i, j in np.ndindex(known[s].shape)}
    close(value_at(sympy.Matrix(matrix), entries), value_of(formula, sizes, known), 1e-8)


def test_small_exponentials_are_written_out_by_sympy():
    pytest.importorskip("sympy")
    A = making.symbol("A", (N, N), 2)
    for formula in (making.exponential(A), making.exponential(making.diag(making.symbol("v", (K, ONE), 1)))):
        entries = np.random.default_rng(8).standard_normal((3, 3))
        known = {A: entries[:2, :2], making.symbol("v", (K, ONE), 1): entries[:, :1]}
        written = Derivative(formula, 2, tuple(known)).sympy(n=2, k=3)
        values = {f"A[{i},{j}]": entries[i, j] for i, j in np.ndindex(2, 2)}
        values |= {f"v[{i}]": entries[i, 0] for i in range(3)}
        close(value_at(written, values).real, value_of(formula, {"n": 2, "k": 3}, known), 1e-8)
    with pytest.raises(ValueError, match="2×2 and diagonal"):
        Derivative(making.exponential(A), 2, (A,)).sympy(n=3)


@pytest.mark.parametrize("name", table.FUNCTIONS)
def test_a_function_of_one_number_is_printed_and_written_in_numpy_and_sympy(name):
    z = making.symbol("z", (K, ONE), 1)
    formula = node("elementwise", (z,), z.shape, name)
    known = {
        z: np.random.default_rng(9).uniform(0.2, 2.0, (3, 1))
        * [[1], [1 if "> 0" in table.FUNCTIONS[name].needs else -1], [1]]
    }
    expected = value_of(formula, {"k": 3}, known)
    assert "z" in printing.text(formula) and "z" in printing.latex(formula)
    if table.FUNCTIONS[name].code:
        named = {"np": np}
        exec(Derivative(formula, 1, (z,)).numpy("made"), named)
        close(named["made"](known[z][:, 0]) * 1.0, expected[:, 0])
    else:
        with pytest.raises(DerivationError, match=f"NumPy has no {name}"):
            Derivative(formula, 1, (z,)).numpy()
    pytest.importorskip("sympy")
    written = Derivative(formula, 1, (z,)).sympy(k=3)
    close(value_at(written, {f"z[{i}]": known[z][i, 0] for i in range(3)}), expected, 1e-8)


UNREAD = {
    "named": "it is a name",
    "largest": "check reads no bracket with a largest entry",
    **{f"contraction {i}": "check reads no array by its entries in brackets" for i in range(3)},
    "matrix exponential 1": "check reads no integral",
    "matrix exponential 2": "check reads no integral",
}
"""Rows whose LaTeX `check` does not read, and why."""


@pytest.mark.parametrize(("name", "case"), [p for p in ALL if not {p.id, p.values[0]} & UNREAD.keys()])
def test_what_is_printed_of_a_row_is_read_by_check(name, case):
    """Twice the printed formula is the formula and itself, and is not the formula: so it was read and executed."""
    formula, _, _ = build(name, case, np.random.default_rng(5))
    shapes = {s.data[0]: tuple(str(n) for n in s.shape) for s in formula.args}
    properties = {"positive": "positive", "spd": "positive definite", "near one": "positive"}
    assume = {s: properties[case.manner] for s in shapes if case.manner in properties}
    text = printing.latex(formula)
    text = rf"\left({text}\right)"
    report = check(rf"2 {text} = {text} + {text} \\ 2 {text} = {text}", shapes, "", assume=assume)
    assert [line.verdict for line in report.lines] == ["holds", "fails"], report


# ── fixed linear maps ─────────────────────────────────────────────────────────────────────────────────────────────

MAPPING = [name for name, (_, _, plain) in FIXED.items() if plain]


def at_sizes():
    return {"m": 5, "n": 3, "k": 4, "p": 2}


@pytest.mark.parametrize("columns", [ONE, N])
@pytest.mark.parametrize("name", MAPPING)
def test_the_code_of_a_fixed_map_goes_along_either_axis(name, columns):
    matrix, plain_matrix, plain = FIXED[name]
    sizes, random = at_sizes(), np.random.default_rng(6)
    S = plain_matrix(sizes)
    for turned in (False, True):
        rows = matrix.shape[0] if turned else matrix.shape[1]
        A = making.symbol("A", (rows, columns), 2)
        known = {A: random.standard_normal([n.at(sizes) for n in A.shape])}
        map_of = making.transpose(matrix) if turned else matrix
        down = making.product(map_of, A)
        across = making.product(making.transpose(A), making.transpose(map_of))
        expected = (S.T if turned else S) @ known[A]
        if not turned:
            close(expected, plain(known[A]))
        for formula, wanted in ((down, expected), (across, expected.T)):
            found, source = source_value(formula, sizes, known)
            close(found, wanted)
            assert "np.eye" not in source and "@" not in source, source


def test_rows_are_gathered_and_added_back():
    index = making.symbol("i", (K, ONE), 1)
    S = making.fixed("gather", (K, M), (), (index,))
    sizes, random = at_sizes(), np.random.default_rng(7)
    picked = np.array([[2.0], [0], [2], [4]])
    for formula_of, rows, wanted in (
        (lambda A: making.product(S, A), M, lambda A: A[[2, 0, 2, 4]]),
        (lambda A: making.product(making.transpose(S), A), K, lambda A: np.eye(5)[[2, 0, 2, 4]].T @ A),
    ):
        A = making.symbol("A", (rows, N), 2)
        known = {A: random.standard_normal([n.at(sizes) for n in A.shape]), index: picked}
        close(value_of(formula_of(A), sizes, known), wanted(known[A]))
        names = {"np": np}
        exec(Derivative(formula_of(A), 2, (A, index)).numpy("made"), names)
        arguments = {"A": known[A], "i": picked[:, 0].astype(int)}
        arguments |= {"m": 5} if rows is K else {}
        close(names["made"](**arguments), wanted(known[A]))


def test_rows_are_sorted_and_put_back():
    z, sizes, random = making.symbol("z", (M, ONE), 1), at_sizes(), np.random.default_rng(8)
    P, order = making.fixed("sorted", (M, M), (), (z,)), [3, 1, 0, 4, 2]
    for formula_of, wanted in (
        (lambda A: making.product(P, A), lambda A: A[order]),
        (lambda A: making.product(making.transpose(P), A), lambda A: A[np.argsort(order)]),
    ):
        A = making.symbol("A", (M, N), 2)
        known = {A: random.standard_normal((5, 3)), z: np.argsort(order)[:, None] * 0.5}
        close(value_of(formula_of(A), sizes, known), wanted(known[A]))
        names = {"np": np}
        exec(Derivative(formula_of(A), 2, (A, z)).numpy("made"), names)
        close(names["made"](A=known[A], z=known[z][:, 0]), wanted(known[A]))


@pytest.mark.parametrize("name", FIXED)
def test_the_matrix_of_a_fixed_map_has_code(name):
    matrix, plain_matrix, _ = FIXED[name]
    sizes = at_sizes()
    found, _ = source_value(matrix, sizes, {})
    close(found, plain_matrix(sizes))


@pytest.mark.parametrize(("name", "shape", "data"), [
    ("rows", (ONE, M), (Size.of(2), Size.of(3))), ("every", (ONE, Size.of(7)), (ONE, Size.of(3), 4)),
    ("triu", (ONE, N), (1,)), ("tril", (N, ONE), (0,)), ("cumsum", (ONE, ONE), ()), ("repeat", (Size.of(3), ONE), (3,)),
])  # fmt: skip
def test_a_fixed_map_of_one_row_or_column_has_code(name, shape, data):
    sizes, matrix = at_sizes(), making.fixed(name, shape, data)
    found, _ = source_value(matrix, sizes, {})
    close(found, value_of(matrix, sizes, {}))


@pytest.mark.parametrize("name", table.FIXED)
def test_a_fixed_map_is_printed_by_what_it_is(name):
    index = making.symbol("i", (K, ONE), 1)
    by_index = {"gather": (K, M), "sorted": (K, K)}
    formula = making.fixed(name, by_index[name], (), (index,)) if name in by_index else FIXED[name][0]
    plain, latex = printing.text(formula), printing.latex(formula)
    assert plain and latex and "fixed" not in plain + latex
    others = [printing.text(other) for other, _, _ in FIXED.values() if other is not formula]
    assert plain not in others
