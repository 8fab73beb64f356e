"""LaTeX derivations read into trees: one table of expressions, rows and chains, refusals, and the way back."""

import pytest
from collected import DERIVATIONS, derivations
from effort import calls
from hypothesis import given, settings
from hypothesis import strategies as st
from lark.parsers.lalr_analysis import LALR_Analyzer

from derivations.formulas.expression import ParseError
from derivations.reading import latex_grammar, latex_parser
from derivations.reading.latex_text import read_block
from derivations.reading.latex_tree import Relation, Unread
from derivations.reading.tex_words import COMMANDS
from derivations.writing.latex_printing import to_latex

_SHORT = {
    "product": "*", "sum": "+", "hadamard": "⊙", "kronecker": "⊗", "colon": ":", "fraction": "frac", "transpose": "T",
    "inverse": "inv",
    "inverse transpose": "invT", "power": "^", "subscript": "_", "differential": "d", "derivative": "∂",
    "operate": "op", "gradient": "∇",
    "apply": "@", "big sum": "Σ", "big product": "Π",
}  # fmt: skip


def short(tree):
    """A tree as a compact text: (* 2 (T X) y)."""
    kind, data, args = tree.kind, tree.data, tree.args
    if kind in ("name", "number", "operator"):
        return str(data)
    inner = [short(a) for a in args]
    if kind == "sum":
        inner = [("-" if sign < 0 else "") + text for sign, text in zip(data, inner, strict=True)]
    elif kind in ("product", "hadamard"):
        signs = ["", *("" if s in ("", r"\odot") else s.lstrip("\\") + " " for s in data)]
        inner = [sign + text for sign, text in zip(signs, inner, strict=True)]
    elif kind == "group":
        return f"{data}{inner[0]}{ {'(': ')', '[': ']', '{': '}'}[data] }"
    elif kind in ("big sum", "big product", "big list"):
        bounds = ",".join(
            letter + "".join(f"={short(b)}" if k == 0 else f"..{short(b)}" for k, b in enumerate(b) if b)
            for letter, *b in data
        )
        inner = [bounds or "all", *inner]
    elif kind in ("differential", "derivative", "operate", "gradient", "prime") and data > 1:
        inner = [str(data), *inner]
    elif kind in ("norm", "order", "indicator", "label") and data:
        inner = [data, *inner]
    elif kind == "text":
        inner = [data]
    return f"({' '.join([_SHORT.get(kind, kind), *inner])})" if inner else kind


EXPRESSIONS = [
    # sums, products, and what binds tighter
    ("2x + 3y - z", "(+ (* 2 x) (* 3 y) -z)"),
    ("-x", "(+ -x)"),
    ("a + b c", "(+ a (* b c))"),
    (r"a \cdot b \times c * d_1", r"(* a cdot b times c * (_ d 1))"),
    (r"x \cdot -y", "(* x cdot (+ -y))"),
    ("a/b", "(* a / b)"),
    ("A : BC + D : E", "(+ (: A (* B C)) (: D E))"),
    ("2(u - v) : w", "(: (* 2 ((+ u -v))) w)"),
    (r"S \odot BC \circ D : E", "(: (⊙ S (* B C) circ D) E)"),
    (r"A \otimes B \oslash C", "(⊙ (⊗ A B) oslash C)"),
    (r"\frac12 x", "(* (frac 1 2) x)"),
    (r"\tfrac \rho2 x^\frac{1}{2}", "(* (frac rho 2) (^ x (frac 1 2)))"),
    ("0.25 + .5", "(+ 1/4 1/2)"),
    (r"\sqrt{x}", "(root x)"),
    # names
    (r"\hat y + \hat{\mathbf y} + ŷ", "(+ yhat yhat yhat)"),
    (r"\mathbf{AB}^T \mathrm X \boldsymbol{\theta}", "(* A (T B) X theta)"),
    (r"\bar{x}_i + \tilde{W}", "(+ (_ xbar i) Wtilde)"),
    (r"W_{ij} + A_{12} + x_{i+1}", "(+ (_ W i j) (_ A 1 2) (_ x (+ i 1)))"),
    (r"W^{(1)} x + x^{(i)} + w^*", "(+ (* (label W1 W) x) (_ x i) (label wstar w))"),
    (r"x_{\text{new}} \text{Loss}(y, z)", "(* (_ x new) Loss ((list y z)))"),
    (r"W_{i'j} s' f''", "(* (_ W i' j) (prime s) (prime 2 f))"),
    ("(AB)_{ij}", "(_ ((* A B)) i j)"),
    # scripts
    (r"X^TX x^\top X^{\mathsf T} X^{-1} X^{-T}", "(* (T X) X (T x) (T X) (inv X) (invT X))"),
    (r"x_i^T + x^T_i + {W_2}^T", "(+ (T (_ x i)) (T (_ x i)) (T (_ W 2)))"),
    (r"X^{1/2} (A + B)^{-2}", "(* (^ X (* 1 / 2)) (^ ((+ A B)) (+ -2)))"),
    (r"z^{\odot 2}", "(elementwise power z 2)"),
    # functions
    (r"\exp(x)^2 y", "(* (^ (@ exp (x)) 2) y)"),
    (r"\exp\left\{ x \right\}", "(@ exp {x})"),
    (r"\log\det X", "(@ log (@ det X))"),
    (r"\ln\det(X) \det X\,X^{-T}", "(* (@ log (@ det (X))) (@ det X) (invT X))"),
    (r"\log\det X^TX", "(@ log (@ det (* (T X) X)))"),
    (r"\operatorname{tr} A^TB + c", "(+ (@ tr (* (T A) B)) c)"),
    ("tr(AB) {\\rm Tr}(A) 2diag(x)", "(* (@ tr ((* A B))) (@ tr (A)) 2 (@ diag (x)))"),
    (r"\sin 2x \cos^2 y", "(* (@ sin (* 2 x)) (^ (@ cos y) 2))"),
    (r"\sigma(z)(1 - \sigma(z))", "(* (@ sigmoid (z)) ((+ 1 -(@ sigmoid (z)))))"),
    (r"\sigma'(z) + \sigma^2", "(+ (@ (prime sigmoid) (z)) (^ sigma 2))"),
    (r"\mathrm{softmax}(z)_i", "(_ (@ softmax (z)) i)"),
    (r"e^{-x} + e_i", "(+ (@ exp (+ -x)) (_ e i))"),
    (r"\max(0, z) \text{diag}(x)", "(* (@ max ((list 0 z))) (@ diag (x)))"),
    ("f(x)^2 + A(B)^2", "(+ (^ (* f (x)) 2) (* A (^ (B) 2)))"),
    # brackets
    (r"\|x\|_2^2 + ||x|| + \lVert A \rVert^2_F", "(+ (^ (norm 2 x) 2) (norm x) (^ (norm F A) 2))"),
    ("|v_i||v_j| + |A|", "(+ (* (bars (_ v i)) (bars (_ v j))) (bars A))"),
    (r"\langle a, b \rangle", "(inner a b)"),
    (r"\begin{bmatrix} a & b \\ c & 1 \end{bmatrix} x", "(* (matrix (list a b) (list c 1)) x)"),
    (r"[z > 0] \odot \mathbf 1[x \le y]", "(⊙ (indicator > z 0) (indicator ≤ x y))"),
    # ones, the identity, delta
    (r"\mathbf 1^T x + \mathbf{1}_n", "(+ (* (T one) x) (_ one n))"),
    (r"(I - A) \delta_{ij} I_n", "(* ((+ identity -A)) (delta i j) (_ identity n))"),
    # sums
    (r"\sum_{i=1}^n x_i y_i + z", "(+ (Σ i=1..n (* (_ x i) (_ y i))) z)"),
    (r"2\sum_{i,j} A_{ij}", "(* 2 (Σ i,j (_ A i j)))"),
    (r"\sum^n_{i=1}\sum_k -a_{ik}", "(Σ i=1..n (Σ k (+ -(_ a i k))))"),
    (r"\Sigma_k x_k", "(Σ k (_ x k))"),
    (r"\log \sum_j e^{z_j}", "(@ log (Σ j (@ exp (_ z j))))"),
    (r"\sum_{j \ne i} a_j", "(Σ j (* ((+ 1 -(delta j i))) (_ a j)))"),
    (r"\prod_{t=1}^T p_t", "(Π t=1..T (_ p t))"),
    # calculus
    (r"dX^T + dX^{-1} + d(X^T)", "(+ (T (d X)) (d (inv X)) (d ((T X))))"),
    (r"dW\,x + Xdw + 2hdh", "(+ (* (d W) x) (* X (d w)) (* 2 h (d h)))"),
    (r"\mathrm d x + {\rm d}x + d\hat y + d{\cal L} + d\pi", "(+ (d x) (d x) (d yhat) (d L) (d pi))"),
    (r"d\det(X) + d(AB) + d^2 f + dW_1", "(+ (d (@ det (X))) (d ((* A B))) (d 2 f) (d (_ W 1)))"),
    (r"\frac{\partial L}{\partial W_{ij}} + \frac{ds}{dy}", "(+ (∂ L (_ W i j)) (∂ s y))"),
    (r"\frac{\partial Xw + b}{\partial w}", "(∂ (+ (* X w) b) w)"),
    (r"\frac{\partial^2 f}{\partial w^2} + \frac{\partial^2 f}{\partial x\,\partial y}", "(+ (∂ 2 f w) (∂ 2 f x y))"),
    (r"\frac{\partial}{\partial w} \left[x + y\right] z", "(* (op w [(+ x y)]) z)"),
    (r"\frac{d}{dx} x^2 y", "(op x (* (^ x 2) y))"),
    (r"\partial f / \partial x + \partial_x f", "(+ (∂ f x) (op x f))"),
    (r"\frac{de}{u:e}", "(frac (d e) (: u e))"),
    (r"\nabla_W f(W) + \nabla f^T v + \nabla^2 f", "(+ (∇ (* f (W)) W) (* (T (∇ f)) v) (∇ 2 f))"),
    (r"\nabla_x x^TAx + \nabla_x \|x\|^2", "(+ (∇ (* (T x) A x) x) (∇ (^ (norm x) 2) x))"),
    (r"f'(x)[dx] + D_V f + Df(x)[H]", "(+ (direction f (d x) x) (direction f V) (direction f H x))"),
    (r"d_x f(x, y) \cdot v", "(direction (* f ((list x y))) v x)"),
    (r"\lim_{h \to 0} \frac{g}{h}", "(limit (frac g h) h 0)"),
    (r"a + O(h^2) + o(\|dW\|)", "(+ a (order O (^ h 2)) (order o (norm (d W))))"),
    (r"\left. x^2 \right|_{x=0}", "(at (^ x 2) x 0)"),
    (r"a \frac{d}{dt}\Big|_{t=0} f(x + tv)", "(* a (at (op t (* f ((+ x (* t v))))) t 0))"),
    (r"2 f(x)|_{x=a}", "(at (* 2 f (x)) x a)"),
    # dots, where what they stand for is plain
    (r"x_1^2 + x_2^2 + \cdots + x_n^2", "(+ (^ (_ x 1) 2) (Σ k'=2..n (^ (_ x k') 2)))"),
    (r"a_1 b_1 + \dots + a_n b_n", "(Σ k'=1..n (* (_ a k') (_ b k')))"),
    (r"x_1 x_2 \cdots x_n", "(* (_ x 1) (Π k'=2..n (_ x k')))"),
    (r"(2x_1, \ldots, 2x_n)^T", "(T ((list (big list k'=1..n (* 2 (_ x k'))))))"),
    (r"\begin{bmatrix} x_1 \\ \vdots \\ x_n \end{bmatrix}", "(matrix (big list k'=1..n (list (_ x k'))))"),
    (r"\begin{pmatrix} d_1 & & \\ & \ddots & \\ & & d_n \end{pmatrix}",
     "(@ Diag ((list (big list k'=1..n (_ d k')))))"),
    # layout that says nothing
    (r"\left( a \right)\, \big( b \Big) {\color{red} c} \boxed{k}", "(* (a) (b) c k)"),
    (r"\color{blue}{a + b} % a remark", "(+ a b)"),
    (r"{\partial f \over \partial x} \dfrac{a}{b}", "(* (∂ f x) (frac a b))"),
    # unicode
    ("XᵀX + 2A⁻¹ − ‖x‖² · σ(z)", "(+ (* (T X) X) (* 2 (inv A)) -(* (^ (norm x) 2) cdot (@ sigmoid (z))))"),
    ("∂f/∂x ⊙ ⟨a, b⟩ + ∑ᵢ xᵢ + ½∇f", "(+ (⊙ (∂ f x) (inner a b)) (Σ i (_ x i)) (* (frac 1 2) (∇ f)))"),
]  # fmt: skip


def one(latex, **how):
    """The only relation of a block."""
    lines = read_block(latex, **how).lines
    assert len(lines) == 1 and isinstance(lines[0], Relation), lines
    return lines[0]


@pytest.mark.parametrize(("latex", "tree"), EXPRESSIONS, ids=[latex for latex, _ in EXPRESSIONS])
def test_an_expression_is_read(latex, tree):
    assert short(one(f"Q = {latex}").right) == tree


@pytest.mark.parametrize(("latex", "tree"), EXPRESSIONS, ids=[latex for latex, _ in EXPRESSIONS])
def test_what_is_written_reads_back(latex, tree):
    first = one(f"Q = {latex}").right
    written = to_latex(first)
    again = one(f"Q = {written}").right
    assert short(again) == tree or to_latex(again) == written  # brackets may be added, once


LETTERS = [
    ("d^T x", ("d",), {}, "(* (T d) x)"),
    (r"x\, d", (), {}, "(* x d)"),
    ("dW d", ("d", "W"), {}, "(* (d W) d)"),
    ("e^x", ("e",), {}, "(^ e x)"),
    ("I A", ("I",), {}, "(* I A)"),
    (r"\Sigma_k x", ("Sigma",), {}, "(* (_ Sigma k) x)"),
    (r"\sigma(z)", ("sigma",), {}, "(* sigma (z))"),
    ("tr x", ("t", "r", "x"), {}, "(* t r x)"),
    (r"\delta_{ij}", ("delta",), {}, "(_ delta i j)"),
    (r"\pi z_i z_{ij}", (), {r"\pi": "p", "z_i": "u"}, "(* p u (_ z i j))"),
    (r"\mathbf{h} h", (), {r"\mathbf{h}": "hidden"}, "(* hidden h)"),
    (r"{\rm sig}(y)", (), {r"{\rm sig}": "sigmoid"}, "(@ sigmoid (y))"),
    (r"a \cdot \text{slope of the curve} \cdot x", (), {r"\text{slope of the curve}": "k"}, "(* a cdot k cdot x)"),
    (r"\lambda _U \lambda_{U}", (), {r"\lambda_U": "lU"}, "(* lU lU)"),
    (r"\mathrm{Xw}", ("X", "w"), {}, "(* X w)"),
]


@pytest.mark.parametrize(("latex", "known", "names", "tree"), LETTERS, ids=[row[0] for row in LETTERS])
def test_what_is_declared_decides_a_letter(latex, known, names, tree):
    assert short(one(f"Q = {latex}", names=names, known=known).right) == tree


def lines(latex, **how):
    """Every line as (row, continued, left, sign, right)."""
    return [
        (r.row, r.continued, short(r.left), r.sign, short(r.right)) if isinstance(r, Relation) else (r.row, r.reason)
        for r in read_block(latex, **how).lines
    ]


ROWS = [
    (r"\begin{aligned} f &= a + b \\ &= c \end{aligned}",
     [(0, False, "f", "=", "(+ a b)"), (1, True, "(+ a b)", "=", "c")]),
    (r"a = b = c", [(0, False, "a", "=", "b"), (0, True, "b", "=", "c")]),
    (r"a = \\ b", [(1, False, "a", "=", "b")]),
    (r"f &= a \\ &\quad + b \\ &= c", [(0, False, "f", "=", "(+ a b)"), (2, True, "(+ a b)", "=", "c")]),
    (r"f = ( a \\ + b )", [(0, False, "f", "=", "((+ a b))")]),
    (r"\eqalign{ a &= b \cr\cr c &= d \cr } \\ \eqalign{ e &= g }",
     [(0, False, "a", "=", "b"), (1, False, "c", "=", "d"), (2, False, "e", "=", "g")]),
    (r"\begin{align} a &= b \\[2pt] c &= k \end{align} \begin{align} g &= h \end{align}",
     [(0, False, "a", "=", "b"), (1, False, "c", "=", "k"), (2, False, "g", "=", "h")]),
    (r"a = b, \quad c = k", [(0, False, "a", "=", "b"), (0, False, "c", "=", "k")]),
    (r"a &= b & c &= k \\ &= m & &= n",
     [(0, False, "a", "=", "b"), (0, False, "c", "=", "k"), (1, True, "b", "=", "m"), (1, True, "k", "=", "n")]),
    (r"\begin{split} g &= 2 \quad \text{where}~ z = Wx \\ &= 3 \end{split}",
     [(0, False, "g", "=", "2"), (0, False, "z", "=", "(* W x)"), (1, True, "2", "=", "3")]),
    (r"g = 2 \quad (\text{where } A = B^T)", [(0, False, "g", "=", "2"), (0, False, "A", "=", "(T B)")]),
    (r"df = G : dW \implies \frac{\partial f}{\partial W} = G",
     [(0, False, "(d f)", "=", "(: G (d W))"), (0, False, "(∂ f W)", "=", "G")]),
    (r"\therefore a = 1 \text{ and } b = 2.", [(0, False, "a", "=", "1"), (0, False, "b", "=", "2")]),
    (r"a := b \equiv c \leftarrow k \approx m",
     [(0, False, "a", ":=", "b"), (0, True, "b", "≡", "c"), (0, True, "c", "←", "k"), (0, True, "k", "≈", "m")]),
    (r"\nabla f = x \in \mathbb{R}^n, \qquad i = 1, \dots, n", [(0, False, "(∇ f)", "=", "x")]),
    (r"a + \underbrace{b c}_{= k = m} = n",
     [(0, False, "(+ a (* b c))", "=", "n"), (0, False, "(* b c)", "=", "k"), (0, True, "k", "=", "m")]),
    (r"f : X \mapsto \operatorname{tr}(X)", [(0, False, "(* f (X))", "=", "(@ tr (X))")]),
    (r"\def\a{x}\newcommand{\sq}[1]{#1^2} \sq{\a} = 1", [(0, False, "(^ x 2)", "=", "1")]),
    (r"\DeclareMathOperator{\foo}{diag} \foo(x) = 1", [(0, False, "(@ diag (x))", "=", "1")]),
    (r"a = b \quad \text{(by symmetry)} \\ c = k \tag{1}", [(0, False, "a", "=", "b"), (1, False, "c", "=", "k")]),
    ("a = b % = c\n", [(0, False, "a", "=", "b")]),
    (r"f = \begin{cases} 1 & x > 0 \\ 0 & x \le 0 \end{cases}",
     [(0, False, "f", "=", "(cases (list 1 (indicator > x 0)) (list 0 (indicator ≤ x 0)))")]),
    (r"= x", [(0, False, "nothing", "=", "x")]),
]  # fmt: skip


@pytest.mark.parametrize(("latex", "expected"), ROWS, ids=[latex for latex, _ in ROWS])
def test_rows_and_chains(latex, expected):
    assert lines(latex) == expected


def test_a_relation_knows_its_chain_its_words_and_its_source():
    latex = r"\begin{aligned} f &= a \\ &= b \quad \text{by symmetry} \end{aligned}"
    first, second = read_block(latex).lines
    assert (first.source, second.source) == ("f &= a", "= b")
    assert second.head is first.left and second.left is first.right
    assert second.remark == "by symmetry"
    assert latex[second.right.start : second.right.stop] == "b"


def test_macros_are_given_from_outside():
    relation = one(r"\cS = \LR{a + b}", macros={r"\cS": r"\mathcal{S}", r"\LR": r"\left(#1\right)"})
    assert (short(relation.left), short(relation.right)) == ("S", "((+ a b))")


UNREAD = [
    (r"a = (b, d] \\ c = 2", "'(' is closed by ']'"),
    (r"a = \frac{b}{x \\ c = 2", "this brace is never closed"),
    (r"a = b} \\ c = 2", "a closing brace without an opening one"),
    (r"a = \opratorname{tr}(A) \\ c = 2", r"unknown command \opratorname; did you mean \operatorname?"),
    (r"a = \int_0^1 x \\ c = 2", "an integral of which it is not said over what: end it with dx"),
    (r"a = \int x\,dx \\ c = 2", "an integral without bounds is not executed: write both"),
    (r"a = b + + d \\ c = 2", "'+' is not expected here"),
    (r"a = \left. f \right|_{x} \\ c = 2", "what stands before it is evaluated at a point that is not said"),
    (r"a = {\cal L}^{b \\ c = 2", "this brace is never closed"),
]


@pytest.mark.parametrize(("latex", "reason"), UNREAD, ids=[latex for latex, _ in UNREAD])
def test_what_cannot_be_read_is_told_with_its_place_and_the_rest_is_read(latex, reason):
    found = read_block(latex).lines
    unread = [line for line in found if isinstance(line, Unread)]
    assert unread and unread[0].reason == reason
    assert 0 <= unread[0].start < unread[0].stop <= len(latex)
    assert any(isinstance(line, Relation) and short(line.left) == "c" for line in found)


@pytest.mark.parametrize(
    ("latex", "right", "told"),
    [
        (r"a = 2(b + 1 \\ c = 2", "(* 2 ((+ b 1)))", "the bracket '(' that is never closed ends with its side"),
        (r"a = \frac{2(b}{3} \\ c = 2", None, "the bracket '(' that is never closed ends with its side"),
        (r"a = b) + 1 \\ c = 2", "(+ b 1)", "a bracket ')' that closes nothing is left out"),
        (r"a = [(b)) + 1] \\ c = 2", "[(+ (b) 1)]", "a bracket ')' that closes nothing is left out"),
        (r"a = (b + 1] \\ c = 2", "((+ b 1))", "the bracket '(' is closed by ']'"),
    ],
)
def test_a_bracket_too_many_or_too_few_is_told_and_spoils_no_other_row(latex, right, told):
    first, second = read_block(latex).lines
    assert right is None or short(first.right) == right
    assert first.taken == told and not second.taken
    assert (short(second.left), short(second.right)) == ("c", "2")


BOMBS = {
    "a megabyte": "x + " * 250_000,
    "fractions": r"\frac{1}{" * 3000 + "}" * 3000,
    "brackets": "(" * 5000 + ")" * 5000,
    "a macro that never ends": r"\def\a{\a x}\a",
    "doubling macros": "".join(
        rf"\def\{a}{{\{b}\{b}\{b}\{b}}}" for a, b in zip("abcdefghij", "bcdefghijk", strict=True)
    )
    + r"\def\k{xy}\a",
    "superscripts": "x" + "^{x" * 2000,
    "primes": "x" + "'" * 9000 + " = 1",
    "operators": r"\nabla " * 4000 + "x = 1",
    "sums": r"\sum_i " * 3000 + "x = 1",
    "relations": "= x" * 6000,
    "rows": r"a = b \\ " * 2000,
    "rows that go on": r"x = y \\ + z" * 2000,
    "spaces": r"a \quad " * 4000,
    "braces with labels": r"\underbrace{" * 95 + "x" + "}_{=y}" * 95 + " = 1",
}


@pytest.mark.parametrize("name", BOMBS)
def test_bad_input_ends_soon(name):
    read_block("x = 1")  # the grammar is made once

    def read():
        try:
            assert read_block(BOMBS[name]).lines is not None
        except ParseError as error:
            assert str(error)

    assert 0 < calls(read) < 5_000_000


_PIECES = st.sampled_from(
    [
        *"xyzABdeITD123+-=:,.'|()[]{}^_&",
        " ",
        *COMMANDS,
        r"\frac",
        r"\sum_i",
        r"\begin{bmatrix}",
        r"\end{bmatrix}",
        r"\text{where }",
        "∂",
        "²",
        "ŷ",
        "^T",
        r"\\",
        "{x}",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(_PIECES, max_size=25), st.sets(st.sampled_from("deIDT")))
def test_any_text_is_read_or_refused(pieces, known):
    try:
        block = read_block("".join(pieces), known=known)
    except ParseError:
        return
    relations = [line for line in block.lines if isinstance(line, Relation)]
    assert all(isinstance(to_latex(line.left) + to_latex(line.right), str) for line in relations)
    assert all(line.reason for line in block.lines if line not in relations)


def test_a_block_is_read_fast():
    block = (
        r"\begin{aligned}"
        + r"d{\cal L} &= 2\left(S-S^2\right)(s-y)x^T:dW + \frac{\partial f}{\partial W} \\" * 10
        + r"\end{aligned}"
    )
    read_block(block)
    assert 0 < calls(lambda: read_block(block)) < 120_000


@pytest.mark.skipif(not DERIVATIONS.exists(), reason="the collection of real derivations is not beside this checkout")
def test_the_collected_derivations_are_read():
    blocks = [block for block, _ in derivations()]
    total = read = back = trees = 0
    for block in blocks:
        names = block["names"]
        known = [*block["symbols"], *(name for name, _ in block["defs"])]
        found = read_block(block["latex"], names, block.get("macros"), known).lines
        rows = [line.row for line in found if isinstance(line, Relation)]
        for line in block["lines"]:
            total += 1
            if line["row"] in rows:
                rows.remove(line["row"])
                read += 1
        for line in found:
            if isinstance(line, Relation):
                again = read_block(f"Q = {to_latex(line.right, names)}", names, None, known).lines[0]
                trees += 1
                back += isinstance(again, Relation) and short(again.right) == short(line.right)
    print(f"{read} of {total} lines of {len(blocks)} derivations read; {back} of {trees} right sides read back alike")
    assert read >= 0.97 * total
    assert back >= 0.97 * trees


@pytest.mark.parametrize("space", [r"\kern", r"\kern1em", r"\kern 2.5pt ", r"\hspace{1em}"])
def test_a_space_at_the_end_of_a_line_takes_nothing_of_it(space):
    plain, spaced = read_block(r"f = 2 x"), read_block(rf"f = 2 x {space}")
    assert [short(line.right) for line in spaced.lines] == [short(line.right) for line in plain.lines] == ["(* 2 x)"]


@pytest.mark.parametrize("names", [{r"\pi": "p", r"\pi_1": "q"}, {r"\pi_1": "q", r"\pi": "p"}])
def test_of_several_spellings_the_longest_is_read(names):
    (line,) = read_block(r"\pi_1 = 2 \pi", names=names).lines
    assert (short(line.left), short(line.right)) == ("q", "(* 2 p)")


def test_tables_that_a_build_has_kept_are_not_made_again_and_read_the_same(tmp_path, monkeypatch):
    text = r"\frac{1}{2} \|A x - b\|^2 &= x^T A^{-1} \sum_i y_i"
    (line,) = read_block(text).lines
    made = short(line.left), short(line.right)
    monkeypatch.setattr(latex_parser, "TABLES", tmp_path / "latex.tables")
    latex_parser.parser(None, cache=True)
    monkeypatch.setattr(LALR_Analyzer, "compute_lalr", None)
    latex_grammar._parser.cache_clear()
    try:
        (line,) = read_block(text).lines
        assert (short(line.left), short(line.right)) == made
    finally:
        latex_grammar._parser.cache_clear()
