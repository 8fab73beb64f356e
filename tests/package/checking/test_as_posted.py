r"""Lines as people post them, right ones and wrong ones: derivations of our own, in manners a reader has to know.

Whole derivations stand in `derivations_as_posted`. Here are short ones, by what they try; each row: the block, its
declarations, the first displayed row that is wrong (or None), and the verdicts of its lines in short: h(olds),
d(efinition), n(otation), f(ails), u(nread).
"""

import pytest
from derivations_as_posted import POSTED

from derivations import check

LEAST_SQUARES = {"given": "A: m×n, x: n, b: m, c: scalar", "varying": "x", "where": "f = norm(A@x - b)**2"}
VECTORS = {"given": "S: n×n, x: n, y: n, c: scalar", "varying": "x"}

PRIMES = [  # f′ of a bound f is a claim, of whatever shape its argument
    (r"f'(x) = 3 (A x - b)", LEAST_SQUARES, 0, "f"),
    (r"f(x) = \|A x - b\|^2 \\ f'(x) = A^T(A x - b)", LEAST_SQUARES, 1, "hf"),
    (r"f'(x) = 2 (A x - b)^T A \\ \nabla f(x) = f'(x)^T \\ f''(x) = 2 A^T A", LEAST_SQUARES, None, "hhh"),
    (r"f''(x) = 2 A^2", LEAST_SQUARES, 0, "f"),
    (r"f'(x) + b^T A = 2 (A x - b)^T A + b^T A", LEAST_SQUARES, None, "h"),
    (
        r"g(u) = u^T u \\ h(x) = S x - y \\ f(x) = g(h(x)) \\ f'(x) = g'(h(x)) h'(x) = 2 h(x)^T S",
        VECTORS,
        None,
        "dddhh",
    ),
    (r"h(x) = \sigma(S x) \\ h'(x) = \mathrm{Diag}(h \odot (1 - h)) S", VECTORS, None, "dh"),
    (r"\dot f = 2 (A x - b)^T A\,\dot x \\ \dot f = (A x - b)^T A\,\dot x", LEAST_SQUARES, 1, "hf"),
    (
        r"h(x) = A x - b \\ J_h(x) = A \\ J_h = 2 A",
        {"given": "A: m×n, x: n, b: m", "varying": "x"},
        2,
        "dhf",
    ),
    (r"g = x^T S x \\ \mathbf H_g = S + S^T \\ H_g(x) = 2 S", VECTORS, 2, "dhf"),
    (r"h'(z) = h \odot (1 - h)", VECTORS | {"where": "z = S@x; h = sigmoid(z)"}, None, "h"),
    (  # L is known only when p is
        r"L = -\sum_i y_i\log p_i,\quad p_i = \frac{e^{x_i}}{\sum_k e^{x_k}} \\"
        r"\frac{\partial L}{\partial x_j} = -\sum_i \frac{y_i}{p_i}\frac{\partial p_i}{\partial x_j}"
        r"= -\sum_i y_i(\delta_{ij} + p_j) = p_j - y_j",
        VECTORS | {"assume": "y: one-hot"},
        1,
        "ddhfh",
    ),
]

SCOPES = [  # how far an operator, a d and a Σ reach
    (r"\nabla_x \frac12 (S x - y)^T(S x - y) = S^T(S x - y)", VECTORS, None, "h"),
    (r"\nabla_x c \|x\|^2 = 2 c x \\ \nabla \frac12 \|x\|^2 = x \\ d\tfrac12 x^T x = x^T dx", VECTORS, None, "hhh"),
    (r"\nabla_x \frac{c}{2} \|x\|^2 = 2 c x", VECTORS, 0, "f"),
    (r"\nabla_x -\log(x^T x) = -\frac{2 x}{x^T x} = \frac{\partial}{\partial x} -\log(x^T x)", VECTORS, None, "hh"),
    (
        r"\frac{\partial}{\partial x} (y - x) \otimes (y - x) = -I \otimes (y - x) - (y - x) \otimes I",
        VECTORS,
        None,
        "h",
    ),
    (r"\frac{\partial}{\partial x} (y - x) \odot (y - x) = 2 \operatorname{Diag}(x - y)", VECTORS, None, "h"),
    (r"\frac{\partial}{\partial x} (y - x) \odot (y - x) = \operatorname{Diag}(x - y)", VECTORS, 0, "f"),
    (r"x^T x - x^T y = \sum_{i=1}^n x_i^2 - x_i y_i", VECTORS, None, "h"),
    (r"c x^T y - c x^T x = -c \sum_{i=1}^n x_i^2 - x_i y_i", VECTORS, None, "h"),
    (r"c x^T x - x^T y = c \sum_{i=1}^n x_i^2 - x_i y_i", VECTORS, 0, "f"),
    (r"\sum_{k=0}^2 S^k c^k = I + c S + c^2 S^2", VECTORS, None, "h"),
    (r"\sum_{k=0}^2 S^k c^k = c S + c^2 S^2", VECTORS, 0, "f"),
    (r"(\sum_i x_i)^2 - x^T x = \sum_{i \ne j} x_i x_j = 2 \sum_{i < j} x_i x_j", VECTORS, None, "hh"),
    (r"(\sum_i x_i)^2 - x^T x = \sum_{i < j} x_i x_j", VECTORS, 0, "f"),
    (
        r"f = \sum_i \sum_{j \ne i} x_i x_j \\ \frac{\partial f}{\partial x_i} = 2 \sum_{j \ne i} x_j",
        VECTORS,
        None,
        "dh",
    ),
]

MATRICES = {"given": "X: n×n, S: n×n, y: n", "varying": "X", "names": {"H": "dX"}}
BATCH = {"given": "X: N×n, w: n, y: N", "varying": "w", "where": "h = sigmoid(X@w); f = sum((y - h)**2)"}

CHAINS = [  # which line goes on from which, and what is a line at all
    (r"\nabla_w f &= -2X^T \operatorname{Diag}(h \odot (1 - h)) \\ &\qquad (y - h)", BATCH, None, "h"),
    (r"\nabla_w f &= 2X^T \operatorname{Diag}(h \odot (1 - h)) \\ &\qquad [y - h]", BATCH, 0, "f"),
    (r"f &= (y - h)^T \\ & (y - h) \\ df &= 2 (h - y)^T dh \\ &\quad (2)", BATCH, None, "dhu"),
    (r"f &= (y - h)^T (y - h), \\ & (y - h)", BATCH, None, "du"),
    (r"\begin{align} f &= x^T x \\ g = \nabla f &= 2 x \end{align}", VECTORS, None, "ddh"),
    (r"\begin{align} f &= x^T x \\ df = dx^T x + x^T dx &= 3 x^T dx \end{align}", VECTORS, 1, "dhf"),
    (r"\begin{align} f &= x^T x & g &= y^T y \\ &= \|x\|^2 & &= \|y\|^2 \end{align}", VECTORS, None, "ddhh"),
    (r"f: X \in M_n \mapsto X^T X y \\ Df_X: H \in M_n \mapsto H^T X y + X^T H y", MATRICES, None, "dh"),
    (r"f: X \in M_n \mapsto X^T X y \\ Df_X: H \in M_n \mapsto H^T X y - X^T H y", MATRICES, 1, "df"),
    (r"\frac{\partial \|x\|}{\partial x_j} = (\sum_k x_k^2)^{-1/2} x_k \delta_{kj}", VECTORS, None, "h"),
    (r"\frac{\partial \|x\|}{\partial x_j} = 2 (\sum_k x_k^2)^{-1/2} x_k \delta_{kj}", VECTORS, 0, "f"),
    (r"x^T x = \sum_k x_k x_k \\ x^T y = x_k y_k", VECTORS, 1, "hf"),
]

SPD = {"given": "X: n×n, S: n×n", "varying": "X", "assume": "S: positive definite, X: positive determinant"}
UNIT = {"given": "x: p", "varying": "x", "where": "s = norm(x); n = x/s"}
SCALAR = {"given": "X: n×n", "varying": "X", "where": "f = exp(tr(X))", "names": {"H": "dX"}}
FUNCTIONS = [  # entries, subscripts, functions of a matrix and at another argument
    (r"\frac{\partial n_i}{\partial x_j} = \frac1s (I_{ij} - n_i n_j) \\ I_p x = x", UNIT, None, "hh"),
    (r"\frac{\partial n_k}{\partial x_k} = \frac1s (2 I_{kk} - n_k^2)", UNIT, 0, "f"),
    (
        r"f = x^TSx \\ \frac{\partial^2 f}{\partial x_j^2} = 2S_{jj} \\ \frac{\partial^2 f}{\partial x_1^2} = 2S_{11}",
        VECTORS,
        None,
        "dhh",
    ),
    (r"f = x^T S x \\ \frac{\partial^2 f}{\partial x_j^2} = S_{jj}", VECTORS, 1, "df"),
    (
        r"f = {\bf x}^T_1 {\bf Sx}_1 \\ \nabla f = ({\bf S} + {\bf S}^T){\bf x}_1",
        VECTORS | {"names": {"x_1": "x"}},
        None,
        "dh",
    ),
    (
        r"{\rm tr} \log(X^T S X) = \log\det(X^T S X) \\ \frac{\partial}{\partial X} {\rm tr} \log(X^T S X) = 2 X^{-T}",
        SPD,
        None,
        "hh",
    ),
    (r"\frac{\partial}{\partial X} {\rm tr} \log(X^T S X) = 2 X^{-1}", SPD, 0, "f"),
    (
        r"\operatorname{tr}(\sqrt S) = \operatorname{tr}(S^{1/2}), \quad \det(e^S) = e^{\operatorname{tr}(S)}",
        SPD,
        None,
        "hh",
    ),
    (
        r"Df(X)H = \lim_{t \to 0} \frac1t [f(X + tH) - f(X)] = \operatorname{tr}(H) e^{\operatorname{tr} X}",
        SCALAR,
        None,
        "hh",
    ),
    (r"Df(X)H = \lim_{t \to 0} \frac1t [f(X + tH) - f(X)] = e^{\operatorname{tr} X}", SCALAR, 0, "hf"),
]

SPELLINGS = [  # ways of writing that say the same
    (r"\nabla_x x^T S x - y^T x = (S + S^T) x - y = \frac{\partial}{\partial x} x^T S x - y^T x", VECTORS, None, "hh"),
    (r"\nabla_x x^T S x - y^T x = (S + S^T) x - 2 y", VECTORS, 0, "f"),
    (r"f = x^T S x \\ \nabla f(x)_i = \sum_j (S_{ij} + S_{ji}) x_j", VECTORS, None, "dh"),
    (r"f = x^T S x \\ \nabla f = (S + S^T) x = g \\ g^T x = 2 f", VECTORS, None, "dhdh"),
    (r"f = x^T S x \\ \nabla f = 2 S x = g \\ g = S x + S^T x", VECTORS, 1, "dfhd"),
    (r"S - S = \boldsymbol{O}, \quad f^{} = \langle x | S x \rangle", VECTORS, None, "hd"),
    (r"b^T A x = \sum_{i,j=1}^{m,n} b_i A_{ij} x_j", LEAST_SQUARES, None, "h"),
    (r"\operatorname{tr}(S^T S) = |S|^2 = \left|\left|S\right|\right|_F^2, \quad \det S = |S|", VECTORS, None, "hhh"),
    (r"f(x) = x^H S x = \cdots = x^t S x \\ f = \cdots", VECTORS, None, "dhu"),
    (r"f = a^{(2)^T} x = a^{(2)T} x", {"given": "x: n, a2: n", "varying": "x"}, None, "dh"),
    (
        r"f(x + h) - f(x) = 2 (A x - b)^T A h + o(\|h\|)",
        LEAST_SQUARES | {"names": {"h": "dx"}},
        None,
        "h",
    ),
    (r"\begin{align} f &= x^T x \\ \intertext{so that} df &= x^T dx \end{align}", VECTORS, 1, "df"),
]

WEIGHTED = {
    "given": "A: m×n, x: n, b: m, C: m×m, p: scalar",
    "varying": "x",
    "assume": "C: positive definite, p: positive",
}
NORMS = [  # ‖x‖ with a sign that is no label
    (r"\nabla_x \|A x - b\|_C^2 = 2 A^T C (A x - b) \\ \|b\|_{C^{-1}}^2 = b^T C^{-1} b", WEIGHTED, None, "hh"),
    (r"||A x - b||_C^2 = \|A x - b\|^2", WEIGHTED, 0, "f"),
    (r"\|x\|_p = (\sum_i |x_i|^p)^{1/p}, \quad \|x\|_3^3 = \sum_i |x_i|^3", WEIGHTED, None, "hh"),
    (r"\|x\|_\infty = \max_i |x_i| \\ \|x\|_\infty = \|x\|", WEIGHTED, 1, "hf"),
    (r"\|A\|_* = \operatorname{tr}\left(\sqrt{A^T A}\right)", WEIGHTED, None, "h"),
    (r"\|A\|_* = \|A\|_F \\ \|x\|_{\ell_2} = \|x\|", WEIGHTED, 0, "fh"),
]

SOFTMAX = {"given": "z: n, y: n", "varying": "z", "where": "p = softmax(z)"}
CASES = [  # what is said of some indices only
    (r"\frac{\partial p_j}{\partial z_k} = p_k(1 - p_k), \quad k = j", SOFTMAX, None, "h"),
    (
        r"\frac{\partial p_j}{\partial z_k} = -p_k p_j \quad \text{for } k \ne j \\ = p_j \quad (j = k)",
        SOFTMAX,
        1,
        "hf",
    ),
    (r"j \ne k: \quad \frac{\partial p_j}{\partial z_k} = p_k p_j", SOFTMAX, 0, "f"),
    (
        r"\text{If } j = k\text{:} \\ \frac{\partial p_j}{\partial z_k} &= p_k - p_k p_j \\ &= p_j(1 - p_j)",
        SOFTMAX,
        None,
        "hh",
    ),
    (r"q_{jk} = p_j, \quad j = k", SOFTMAX, None, "u"),
    (r"p_j = p_k, \quad \text{where } j = k, \qquad y = z", SOFTMAX, None, "hd"),
]

NUMBER = {"given": "x: scalar", "varying": "x"}
ENTRIES = [  # scripts on entries, and entries of what is typed in small letters
    (r"h'_i &= h_i (1 - h_i) \\ \sum_k X'_{jk} h_k' = \sum_k X_{kj} h_k (1 - h_k) \\ h_i' = 2 h_i", BATCH, 2, "hhf"),
    (r"A^T_{ij} = A_{ji}, \quad (A^T A)^T_{jk} = \sum_i A_{ik} A_{ij}", LEAST_SQUARES, None, "hh"),
    (r"A^T_{ij} = A_{ij}", LEAST_SQUARES, 0, "f"),
    (r"\frac{\partial\log\det X}{\partial X_{ij}} = X^{-1}_{ji} \\ = X^{-1}_{ij}", SPD, 1, "hf"),
    (
        r"f = a_{ij} x_j b_i \\ \frac{\partial f}{\partial a_{ij}} = b_i x_j",
        LEAST_SQUARES | {"varying": "A", "where": ""},
        None,
        "dh",
    ),
    (r"g = \|x\|^4 \\ dg = \sum_i \frac{\partial g}{\partial x_i} dx_i = \sum_i 4 x_i\,dx_i", VECTORS, 1, "dhf"),
]

ROWS_OF_FACTORS = {
    "given": "M: m×n, U: m×k, V: n×k",
    "varying": "U, V",
    "where": "F = sum((M - U@V.T)**2)/2",
    "names": {"u": "U", "v": "V"},
}
IN_TURN = {"given": "A: m×n, B: n×k", "varying": "A, B"}
MEANT = [  # what the names that are known decide
    (r"F = \frac12 \sum_{i,j} (M_{ij} - u_i v_j^T)^2", ROWS_OF_FACTORS, None, "d"),
    (r"F = \frac12 \sum_{i,j} (M_{ij} + u_i v_j^T)^2", ROWS_OF_FACTORS, 0, "f"),
    (r"f = \langle x, S x\rangle = x^* S x \\ \nabla f = (S + S^*) x = (S - S^*) x", VECTORS, 1, "dhhf"),
    (r"q = \|AB\|_F^2 \\ dq = 2AB : dA\,B = 2AB B^T : dA \\ dq = 2AB : A\,dB = A^T AB : dB", IN_TURN, 2, "dhhhf"),
    (r"q = \|AB\|_F^2 \\ dq = 2AB : dA\,B", IN_TURN, 1, "df"),
    (r"q = \|AB\|_F^2 \\ dq = 2A^T AB : dB", IN_TURN | {"varying": "A"}, None, "dh"),
    (
        r"\log p(y) = -\frac12 y^T S y \\ \frac{\partial}{\partial y} \log p(y) = -S y",
        VECTORS | {"varying": "y", "assume": "S: symmetric"},
        None,
        "dh",
    ),
    (r"\ln L = -x^T x \\ \frac{\partial \ln L}{\partial x} = -x", VECTORS, 1, "df"),
    (
        r"\nabla x^T S x = g = (S + S^T) x \\ H = \frac{\partial g}{\partial x} = S + S^T \doteq K \\ K^T = K",
        VECTORS,
        None,
        "dhdhdh",
    ),
    (
        r"s(t) = f(x + t y) \\ s'(t) = 2 (S x + t S y)^T y \\ s'(0) = 2 y^T S x",
        VECTORS | {"where": "f = x@S@x", "assume": "S: symmetric"},
        None,
        "dhh",
    ),
    (r"s(t) = f(x + t y) \\ s'(0) = y^T S x", VECTORS | {"where": "f = x@S@x", "assume": "S: symmetric"}, 1, "df"),
    (
        r"\sigma'(x) = \sigma(x) - \sigma^2(x) \\ \sigma''(x) = \sigma'(x)(1 - 2 \sigma(x)) = \sigma'(x)",
        NUMBER,
        1,
        "hhf",
    ),
    (r"q = \frac{1}{1 + x^2} \\ q' = -2 x q^2 \\ q'' = -2 q^2", NUMBER, 2, "dhf"),
    (
        r"f = \varepsilon x^T x \\ \nabla f = 2 \varepsilon x",
        {"given": "x: n, eps: scalar", "varying": "x"},
        None,
        "dh",
    ),
    (r"\operatorname{tr} S = \frac{1}{\partial S} \operatorname{tr}(S\,\partial S)", SPD, None, "u"),
    (r"e^{tr S} = e^{\operatorname{tr}(S)}", SPD | {"given": "X: n×n, S: n×n, t: scalar"}, None, "h"),
]

LAYER = {
    "given": "W2: m×n, b2: m, z1: n",
    "varying": "z1",
    "where": "a1 = tanh(z1); z2 = W2@a1 + b2",
    "names": {"z^l": "z1", "a^l": "a1", "w^{l+1}": "W2", "b^{l+1}": "b2", "z^{l+1}": "z2"},
}
LAYERS = [
    (
        r"z^{l+1}_k = \sum_j w^{l+1}_{kj} a^l_j + b_k^{l+1} \\"
        r"\frac{\partial z_k^{l+1}}{\partial z^l_j} = w_{kj}^{l+1} (1 - a^l_j a^l_j)",
        LAYER,
        None,
        "hh",
    ),
    (r"\frac{\partial z_k^{l+1}}{\partial z^l_j} = w_{jk}^{l+1} (1 - a^l_j a^l_j)", LAYER, 0, "f"),
    (r"u^{(l-1)} = z^l \\ u^{(l+1)} = 2 u^{(l-1)} = 2 z^l", LAYER, None, "ddh"),
]

PROSE = [  # sentences between pieces of mathematics
    (
        r"Let $f = x^T S x$. Its gradient is $\nabla f = (S + S^T) x$ and so $$\nabla f = 2 S x$$ if it is symmetric.",
        VECTORS,
        1,
        "dhf",
    ),
    (
        r"$f = x^T x$ may be written as $f = \|x\|^2$, since $x^T x = \|x\|^2$, and so $f = 2 \|x\|^2$",
        VECTORS,
        0,
        "dhhf",
    ),
    (r"\[ f = x^T x \] This gives us \( \nabla f = 3 x \).", VECTORS, 1, "df"),
]

BATCH = {
    "given": "W: h×d, X: d×m, b: h, c: h×1, Y: h×m",
    "varying": "W",
    "where": "Z = W@X + outer(b, ones(m)); L = sum((Z - Y)**2)/2",
}
RAISED = {"given": "Q: k×d, K: n×d, V: n×p, y: n", "varying": "Q", "names": {"x": "V"}}
LOOSE = [  # what is left to the reader's good will
    (r"Z = W X + b, \quad W X + c = c + W X \\ \frac{\partial L}{\partial W} = (W X + b - Y) X^T", BATCH, None, "dhh"),
    (r"\frac{\partial L}{\partial W} = (W X - b - Y) X^T", BATCH, 0, "f"),
    (r"S x - c x = (S - c) x \\ S x - c x = (S + c) x", VECTORS, 1, "hf"),
    (r"f = x^T S x + \text{const} \\ \nabla f = (S + S^T) x", VECTORS, None, "dh"),
    (r"f = x^T S x + c + \text{const.} \\ f = 2 x^T S x + const", VECTORS | {"where": "f = x@S@x + 3"}, 1, "hf"),
    (r"\nabla_x (y^T x)(x^T x) = (x^T x) y + 2 (y^T x) x", VECTORS, None, "h"),
    (r"\nabla_x (y^T x)(x^T x) = 2 (y^T x) x", VECTORS, 0, "f"),
    (
        r"q = \frac{x^T S x}{x^T x} \\ \nabla q = \frac{(x^T S x)' x^T x - x^T S x (x^T x)'}{(x^T x)^2}",
        VECTORS,
        None,
        "dh",
    ),
    (
        r"f = (y - A x)’(y - A x) \\ df = -2 dx’A’(y - A x) \\ df = -2 dx’A’y",
        {"given": "A: m×n, x: n, y: m", "varying": "x"},
        2,
        "dhf",
    ),
    (r"f = x'S x \\ \frac{\partial^2 f}{\partial x\,\partial x'} = S + S' = S", VECTORS, 1, "dhf"),
    (r"{e}^{-c} = \frac{d}{dc} {-e}^{-c}", VECTORS, None, "h"),
    (
        r"\nabla_x g(x, y) = S y \\ \log g(x, y) = \ln(x^T S y)",
        VECTORS | {"where": "g = x@S@y", "assume": "S: positive, x: positive, y: positive"},
        None,
        "hh",
    ),
    (r"M_{KL} = x^T S x \\ \nabla M_{KL} = (S + S^T) x", VECTORS, None, "dh"),
    (
        r"f = \|A x - b\|^2 \\ \nabla f = 0 \\ x_{\mathrm{ML}} = (A^T A)^{-1} A^T b \\ x_{ML} = A^T b",
        LEAST_SQUARES,
        3,
        "dchf",
    ),
    (r"\sum_i y^i x^i = V^T y = \sum_i x^i", RAISED, 0, "hf"),
    (
        r"\frac{\partial}{\partial Q^{mb}} Q^{ia} K^{ja} = \delta^i_m \delta^a_b K^{ja} = \delta^i_m K^{jb}",
        RAISED,
        None,
        "hh",
    ),
]

OPERATORS = [  # how operators reach, and what is a derivative
    (r"d\,x^T S x = x^T (S + S^T)\,dx", VECTORS, None, "h"),
    (r"d\,x^T S x = 2 x^T S\,dx", VECTORS, 0, "f"),
    (r"f = x^T S x \\ df = dx^T S x", VECTORS, 1, "df"),
    (
        r"f = (A x - b) \cdot (A x - b) \\ df = 2 (A x - b) \cdot A\,dx \\ df = (A x - b) \cdot A\,dx",
        LEAST_SQUARES | {"where": ""},
        2,
        "dhf",
    ),
    (
        r"f = x^T S x \\ D_x f = x^T (S + S^T) = \frac{df}{dx^T}, \quad f_x = (S + S^T) x \\ D_x f = 2 x^T S",
        VECTORS,
        2,
        "dhhhf",
    ),
    (
        r"\partial {\rm tr}(S X) = {\rm tr}(S\,\partial X) \\ \partial {\rm tr}(X^2) = {\rm tr}(X\,\partial X)",
        MATRICES,
        1,
        "hf",
    ),
    (r"\begin{cases} f = x^T x \\ \nabla f = 3 x \end{cases}", VECTORS, 1, "df"),
]

UNKNOWN = [  # with a name that is not declared, no side is known not to conform
    (r"\operatorname{vec}(S X) = (X^T \otimes I) K \operatorname{vec}(S)", MATRICES, None, "u"),
    (r"S y^T = y^T S", MATRICES, 0, "f"),
]

GROUPS = (
    PRIMES,
    SCOPES,
    CHAINS,
    FUNCTIONS,
    SPELLINGS,
    NORMS,
    CASES,
    ENTRIES,
    MEANT,
    LAYERS,
    PROSE,
    LOOSE,
    OPERATORS,
    UNKNOWN,
)


@pytest.mark.parametrize(("latex", "declared", "first_wrong", "verdicts"), [row for rows in GROUPS for row in rows])
def test_as_posted(latex, declared, first_wrong, verdicts):
    report = check(latex, **declared, mend=False)
    assert "".join(line.verdict[0] for line in report.lines) == verdicts, report
    wrong = None if report.first_wrong is None else report.lines[report.first_wrong].row
    assert wrong == first_wrong, report


@pytest.mark.parametrize(("latex", "declared", "first_wrong_row"), POSTED.values(), ids=POSTED)
def test_a_derivation_as_posted_is_judged(latex, declared, first_wrong_row):
    report = check(latex, **declared, mend=False)
    assert not [line for line in report.lines if line.verdict == "unread"], report
    found = None if report.first_wrong is None else report.lines[report.first_wrong].row
    assert found == first_wrong_row, report
