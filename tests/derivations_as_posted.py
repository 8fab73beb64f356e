# ruff: noqa: E501 — a table of what stands on a page, line for line
"""Short derivations in the manner in which people post them, of our own making: half of them with a wrong row.

Each: the LaTeX, what is declared, and the first wrong row, or None.
"""

POSTED = {
    "ng-logistic": (
        r"""\begin{align*}
J(\theta) &= -\frac{1}{m} \sum_{i=1}^m \left[ y^{(i)} \log h_\theta(x^{(i)}) + (1 - y^{(i)}) \log (1 - h_\theta(x^{(i)})) \right] \\
\frac{\partial J}{\partial \theta_j} &= -\frac1m \sum_{i=1}^m \left[ \frac{y^{(i)}}{h_\theta(x^{(i)})} - \frac{1-y^{(i)}}{1-h_\theta(x^{(i)})} \right] \frac{\partial}{\partial \theta_j} h_\theta(x^{(i)}) \\
&= \frac1m \sum_{i=1}^m \left( h_\theta(x^{(i)}) - y^{(i)} \right) x_j^{(i)}
\end{align*}""",
        {
            "given": "X: m×n, theta: n, y: m",
            "varying": "theta",
            "where": "h = sigmoid(X@theta); J = -(1/m)*sum(y*log(h)+(1-y)*log(1-h))",
            "names": {"x": "X", "h_\\theta": "h"},
        },
        None,
    ),
    "ng-logistic-wrong": (
        r"""h_\theta(x) = \frac{1}{1 + e^{-\theta^T x}} \\
J(\theta) = -\frac{1}{m} \sum_{i=1}^m \left[ y^{(i)} \log h_\theta(x^{(i)}) + (1 - y^{(i)}) \log (1 - h_\theta(x^{(i)})) \right] \\
\nabla_\theta J(\theta) = \frac1m \sum_{i=1}^m \left( y^{(i)} - h_\theta(x^{(i)}) \right) x^{(i)}""",
        {"given": "X: m×n, theta: n, y: m", "varying": "theta", "names": {"x": "X"}},
        2,
    ),
    "backprop-layers": (
        r"""a^{[1]} = \sigma(W^{[1]} x + b^{[1]}), \quad z^{[2]} = W^{[2]} a^{[1]} + b^{[2]} \\
L = \frac12 \| \sigma(z^{[2]}) - y \|^2 \\
\delta^{[2]} = \frac{\partial L}{\partial z^{[2]}} = (\sigma(z^{[2]}) - y) \odot \sigma'(z^{[2]}) \\
\delta^{[1]} = (W^{[2]})^T \delta^{[2]} \odot a^{[1]} \odot (1 - a^{[1]}) \\
\frac{\partial L}{\partial W^{[1]}} = \delta^{[1]} x^T, \qquad \frac{\partial L}{\partial W^{[2]}} = \delta^{[2]} (a^{[1]})^T \\
\frac{\partial L}{\partial b^{[1]}} = \delta^{[1]}""",
        {"given": "W1: h×n, W2: m×h, b1: h, b2: m, x: n, y: m", "varying": "W1, W2, b1, b2"},
        None,
    ),
    "backprop-layers-wrong": (
        r"""z^{(1)} = W^{(1)} x + b^{(1)} \\ a^{(1)} = \tanh(z^{(1)}) \\ \hat y = W^{(2)} a^{(1)} + b^{(2)} \\
\mathcal{L} = \frac{1}{2} \lVert \hat y - y \rVert_2^2 \\
\delta^{(2)} = \hat y - y \\
\delta^{(1)} = \delta^{(2)} (W^{(2)})^\top \odot (1 - a^{(1)} \odot a^{(1)}) \\
\frac{\partial \mathcal{L}}{\partial W^{(1)}} = \delta^{(1)} x^\top""",
        {
            "given": "W1: h×n, W2: m×h, b1: h, b2: m, x: n, y: m",
            "varying": "W1, W2, b1, b2",
            "where": "z1 = W1@x+b1; a1 = tanh(z1); yhat = W2@a1+b2; L = norm(yhat-y)**2/2; delta2 = yhat-y; delta1 = (W2.T@delta2)*(1-a1*a1)",
        },
        5,
    ),
    "softmax-idx": (
        r"""p_i = \frac{e^{z_i}}{\sum_k e^{z_k}} \\
\frac{\partial p_i}{\partial z_j} = p_i (\delta_{ij} - p_j) \\
\frac{\partial L}{\partial z_i} = -\sum_j y_j \frac{\partial \log p_j}{\partial z_i} = -\sum_j y_j \frac{1}{p_j} \frac{\partial p_j}{\partial z_i} \\
= -y_i (1 - p_i) - \sum_{j \neq i} y_j \frac{1}{p_j} (-p_j p_i) \\
= -y_i + p_i \sum_j y_j = p_i - y_i""",
        {"given": "z: k, y: k", "varying": "z", "where": "p = softmax(z); L = -sum(y*log(p))", "assume": "y: one-hot"},
        None,
    ),
    "softmax-cases": (
        r"\frac{\partial s_i}{\partial z_j} = \begin{cases} s_i (1 - s_j) & \text{if } i = j \\ -s_i s_j & \text{if } i \ne j \end{cases}",
        {"given": "z: k", "varying": "z", "where": "s = softmax(z)"},
        None,
    ),
    "softmax-cases-wrong": (
        r"\frac{\partial s_i}{\partial z_j} = \begin{cases} s_i (1 - s_j) & i = j \\ s_i s_j & i \ne j \end{cases}",
        {"given": "z: k", "varying": "z", "where": "s = softmax(z)"},
        0,
    ),
    "einstein": (
        r"""f = x_i A_{ij} x_j \\
\frac{\partial f}{\partial x_k} = \delta_{ik} A_{ij} x_j + x_i A_{ij} \delta_{jk} \\
= A_{kj} x_j + x_i A_{ik} \\
= (A_{kj} + A_{jk}) x_j""",
        {"given": "A: n×n, x: n", "varying": "x", "where": "f = x@A@x"},
        None,
    ),
    "einstein-wrong": (
        r"""f = x_i A_{ij} x_j \\
\frac{\partial f}{\partial x_k} = A_{kj} x_j + A_{jk} x_k""",
        {"given": "A: n×n, x: n", "varying": "x", "where": "f = x@A@x"},
        1,
    ),
    "frechet": (
        r"""f(X) = \langle A, X^T X \rangle \\
Df(X)[H] = \langle A, H^T X + X^T H \rangle \\
= \langle X A^T, H \rangle + \langle X A, H\rangle \\
\Rightarrow \nabla f(X) = X(A + A^T)""",
        {"given": "A: n×n, X: m×n", "varying": "X", "where": "f = tr(A.T@X.T@X)", "names": {"H": "dX"}},
        None,
    ),
    "frechet-limit": (
        r"""\begin{aligned}
D_V f(X) &= \lim_{t \to 0} \frac{f(X + tV) - f(X)}{t} \\
&= \lim_{t \to 0} \frac{\|X + tV\|_F^2 - \|X\|_F^2}{t} \\
&= \lim_{t\to 0} (2 \langle X, V \rangle + t \|V\|_F^2) \\
&= 2 \langle X, V \rangle
\end{aligned}""",
        {"given": "X: m×n, V: m×n", "varying": "X", "where": "f = norm(X)**2"},
        None,
    ),
    "left-right": (
        r"\left.\frac{d}{dt} f(x + t v)\right|_{t=0} = \nabla f(x)^T v",
        {"given": "x: n, v: n, A: n×n", "varying": "x", "where": "f = x@A@x"},
        None,
    ),
    "left-right-wrong": (
        r"\left.\frac{d}{d t} \log\det(X + t V)\right|_{t=0} = \operatorname{tr}(X^{-T} V)",
        {"given": "X: n×n, V: n×n", "varying": "X", "assume": "X: positive determinant"},
        0,
    ),
    "ridge": (
        r"""L(\beta) = (y - X\beta)'(y - X\beta) + \lambda \beta'\beta \\
= y'y - 2\beta'X'y + \beta'X'X\beta + \lambda\beta'\beta \\
\frac{\partial L}{\partial \beta} = -2X'y + 2X'X\beta + 2\lambda\beta = 0 \\
\implies (X'X + \lambda I)\hat\beta = X'y \\
\hat\beta = (X'X + \lambda I)^{-1} X'y""",
        {
            "given": "X: N×n, beta: n, y: N, lam: scalar",
            "varying": "beta",
            "where": "L = sum((y-X@beta)**2)+lam*sum(beta**2); betahat = inv(X.T@X+lam*eye(n))@X.T@y",
            "assume": "lam: positive",
            "names": {"\\lambda": "lam"},
        },
        None,
    ),
    "ridge-wrong": (
        r"""L(\beta) = (y - X\beta)'(y - X\beta) + \lambda \beta'\beta \\
\frac{\partial L}{\partial \beta} = -2X'(y - X\beta) + \lambda\beta = 0""",
        {"given": "X: N×n, beta: n, y: N, lam: scalar", "varying": "beta", "assume": "lam: positive"},
        1,
    ),
    "hinge": (
        r"""L(w) = \frac{\lambda}{2} \|w\|^2 + \sum_{i=1}^N \max(0, 1 - y_i w^T x_i) \\
\nabla_w L = \lambda w - \sum_{i=1}^N \mathbb{1}[y_i w^T x_i < 1] y_i x_i""",
        {
            "given": "X: N×n, w: n, y: N, lam: scalar",
            "varying": "w",
            "where": "L = lam/2*sum(w**2)+sum(maximum(0,1-y*(X@w)))",
            "names": {"x": "X"},
        },
        None,
    ),
    "relu": (
        r"""h = \max(0, W_1 x) \\
\ell = \frac{1}{2} \| W_2 h - y\|_2^2 \\
\frac{\partial \ell}{\partial W_1} = \left( W_2^T (W_2 h - y) \odot \mathbf{1}_{W_1 x > 0} \right) x^T""",
        {
            "given": "W1: h×n, W2: m×h, x: n, y: m",
            "varying": "W1, W2",
            "where": "hh = relu(W1@x); l = norm(W2@hh-y)**2/2",
            "names": {"h": "hh", "\\ell": "l"},
        },
        None,
    ),
    "tanh-sech-wrong": (
        r"h = \tanh(Wx) \\ dh = \operatorname{sech}^2(h) \odot dW\,x",
        {"given": "W: m×n, x: n", "varying": "W"},
        1,
    ),
    "delta-var2": (
        r"""\delta f = \langle \nabla f, \delta X \rangle = \operatorname{Tr}\left( (\nabla f)^T \delta X \right) \\
\delta f = \operatorname{Tr}(A\, \delta X\, B) = \langle A^T B^T, \delta X\rangle""",
        {"given": "A: p×m, X: m×n, B: n×p", "varying": "X", "where": "f = tr(A@X@B)"},
        None,
    ),
    "dotted2": (
        r"y = A x, \quad \dot y = A \dot x \\ f = y^T y, \quad \dot f = 2 y^T \dot y",
        {"given": "A: m×n, x: n", "varying": "x"},
        None,
    ),
    "dots-sum": (
        r"""f(x) = x_1^2 + x_2^2 + \cdots + x_n^2 \\
\nabla f = 2x""",
        {"given": "x: n", "varying": "x"},
        None,
    ),
    "dots-sum-wrong": (
        r"""f(x) = a_1 x_1^2 + a_2 x_2^2 + \dots + a_n x_n^2 \\
\frac{\partial f}{\partial x_i} = 2 a_i, \quad i = 1, 2, \ldots, n""",
        {"given": "x: n, a: n", "varying": "x"},
        1,
    ),
    "dots-T": (
        r"\nabla f = \left[ \frac{\partial f}{\partial x_1}, \frac{\partial f}{\partial x_2}, \dots, \frac{\partial f}{\partial x_n} \right]^T = (2 a_1 x_1, \ldots, 2 a_n x_n)^T",
        {"given": "x: n, a: n", "varying": "x", "where": "f = sum(a*x**2)"},
        None,
    ),
    "dots-diag": (
        r"\frac{\partial s}{\partial z} = \begin{bmatrix} s_1(1-s_1) & 0 & \cdots & 0 \\ 0 & s_2 (1-s_2) & \cdots & 0 \\ \vdots & \vdots & \ddots & \vdots \\ 0 & 0 & \cdots & s_n(1 - s_n) \end{bmatrix} = \operatorname{diag}(s \odot (1 - s))",
        {"given": "z: n", "varying": "z", "where": "s = sigmoid(z)"},
        None,
    ),
    "dots-full": (
        r"\frac{\partial f}{\partial x} = \begin{bmatrix} \frac{\partial f_1}{\partial x_1} & \cdots & \frac{\partial f_1}{\partial x_n} \\ \vdots & \ddots & \vdots \\ \frac{\partial f_m}{\partial x_1} & \cdots & \frac{\partial f_m}{\partial x_n} \end{bmatrix} = A",
        {"given": "A: m×n, x: n", "varying": "x", "where": "f = A@x"},
        None,
    ),
    "pca": (
        r"""\mathcal{L}(w, \lambda) = w^T \Sigma w - \lambda (w^T w - 1) \\
\frac{\partial \mathcal L}{\partial w} = 2 \Sigma w - 2 \lambda w = 0 \\
\Rightarrow \Sigma w = \lambda w""",
        {
            "given": "Sigma: n×n, w: n, lam: scalar",
            "varying": "w",
            "where": "L = w@Sigma@w-lam*(w@w-1)",
            "assume": "Sigma: symmetric",
            "names": {"\\Sigma": "Sigma", "\\lambda": "lam"},
        },
        None,
    ),
    "pca-wrong": (
        r"""\mathcal{L}(w, \lambda) = w^T S w - \lambda (w^T w - 1) \\
\frac{\partial \mathcal L}{\partial w} = 2 S w - \lambda w = 0""",
        {"given": "S: n×n, w: n, lam: scalar", "varying": "w", "assume": "S: symmetric"},
        1,
    ),
    "mle-gauss": (
        r"""\ell(\mu, \Sigma) = -\frac{N}{2} \log |\Sigma| - \frac12 \sum_{i=1}^N (x_i - \mu)^T \Sigma^{-1} (x_i - \mu) \\
\frac{\partial \ell}{\partial \mu} = \sum_{i=1}^N \Sigma^{-1}(x_i - \mu) \\
\frac{\partial \ell}{\partial \Sigma^{-1}} = \frac{N}{2}\Sigma - \frac12 \sum_{i=1}^N (x_i - \mu)(x_i-\mu)^T""",
        {
            "given": "X: N×n, mu: n, Sigma: n×n",
            "varying": "mu, Sigma",
            "assume": "Sigma: positive definite",
            "names": {"x": "X"},
        },
        None,
    ),
    "batchnorm": (
        r"""\mu = \frac1m \sum_{i=1}^m x_i, \qquad \sigma^2 = \frac1m \sum_{i=1}^m (x_i - \mu)^2, \qquad \hat x_i = \frac{x_i - \mu}{\sqrt{\sigma^2 + \epsilon}}, \qquad y_i = \gamma \hat x_i + \beta \\
\frac{\partial \ell}{\partial \gamma} = \sum_{i=1}^m \frac{\partial \ell}{\partial y_i} \hat x_i \\
\frac{\partial \ell}{\partial \beta} = \sum_{i=1}^m \frac{\partial \ell}{\partial y_i} \\
\frac{\partial \ell}{\partial x_i} = \frac{\gamma}{m \sqrt{\sigma^2+\epsilon}} \left[ m \frac{\partial \ell}{\partial y_i} - \sum_{j=1}^m \frac{\partial \ell}{\partial y_j} - \hat x_i \sum_{j=1}^m \frac{\partial \ell}{\partial y_j} \hat x_j \right]""",
        {
            "given": "x: m, gamma: scalar, beta: scalar, c: m, eps: scalar",
            "varying": "x, gamma, beta",
            "where": "mu = mean(x); v = mean((x-mu)**2); xhat = (x-mu)/sqrt(v+eps); y = gamma*xhat+beta; l = sum(c*y**2)",
            "assume": "eps: positive",
            "names": {"\\sigma^2": "v", "\\ell": "l", "\\epsilon": "eps"},
        },
        None,
    ),
    "batchnorm-wrong": (
        r"\frac{\partial \ell}{\partial x_i} = \frac{1}{m \sqrt{v+\epsilon}} \left[ m \frac{\partial \ell}{\partial \hat x_i} - \sum_{j=1}^m \frac{\partial \ell}{\partial \hat x_j} - \hat x_i \sum_{j=1}^m \frac{\partial \ell}{\partial \hat x_j} \right]",
        {
            "given": "x: m, gamma: scalar, beta: scalar, c: m, eps: scalar",
            "varying": "x, gamma, beta",
            "where": "mu = mean(x); v = mean((x-mu)**2); xhat = (x-mu)/sqrt(v+eps); y = gamma*xhat+beta; l = sum(c*y**2)",
            "assume": "eps: positive",
            "names": {"\\ell": "l"},
        },
        0,
    ),
    "kron-vec-wrong": (
        r"\operatorname{vec}(AXB) = (B \otimes A) \operatorname{vec}(X)",
        {"given": "A: p×m, X: m×n, B: n×q, C: p×q", "varying": "X"},
        0,
    ),
    "vec-jac": (
        r"""d\operatorname{vec}(X^{-1}) = -(X^{-T} \otimes X^{-1}) d\operatorname{vec} X \\
\frac{\partial \operatorname{vec}(X^{-1})}{\partial \operatorname{vec}(X)} = -(X^{-T} \otimes X^{-1})""",
        {"given": "X: n×n", "varying": "X"},
        None,
    ),
    "trace-wrong": (
        r"""\frac{\partial}{\partial X} \mathrm{Tr}(X A X^T) = X A + X A^T \\
\frac{\partial\, tr[AX^{-1}B]}{\partial X} = -X^{-1} B A X^{-1}""",
        {"given": "A: n×n, X: n×n, B: n×n", "varying": "X"},
        1,
    ),
    "mapsto": (
        r"""f : X \mapsto \operatorname{tr}(A X^{-1}) \\
Df_X : H \mapsto -\operatorname{tr}(A X^{-1} H X^{-1}) \\
\nabla f(X) = -X^{-T} A^T X^{-T}""",
        {"given": "A: n×n, X: n×n", "varying": "X", "where": "f = tr(A@inv(X))", "names": {"H": "dX"}},
        None,
    ),
    "mapsto-wrong": (
        r"""Df_X : H \mapsto -\operatorname{tr}(A X^{-1} H X^{-1}) \\
\nabla f(X) = -X^{-1} A X^{-1}""",
        {"given": "A: n×n, X: n×n", "varying": "X", "where": "f = tr(A@inv(X))", "names": {"H": "dX"}},
        1,
    ),
    "taylor-inv": (
        r"""(X + \epsilon H)^{-1} = X^{-1} - \epsilon X^{-1} H X^{-1} + O(\epsilon^2) \\
(X + \epsilon H)^{-1} \approx X^{-1} - \epsilon X^{-1} H X^{-1}""",
        {"given": "X: n×n, H: n×n, eps: scalar", "varying": "X"},
        None,
    ),
    "ineq": (
        r"|x^T y| \le \|x\| \|y\| \\ x^T A^T A x \geq 0 \\ \|x\|^2 > 0 \\ x^T y \ne \|x\|\|y\| \\ \nabla f \propto x",
        {"given": "A: m×n, x: n, y: n", "varying": "x", "where": "f = sum(x**2)**2"},
        None,
    ),
    "ineq-wrong": (
        r"\|x + y\| \ge \|x\| + \|y\|",
        {"given": "x: n, y: n", "varying": "x"},
        0,
    ),
    "propto-wrong": (
        r"\nabla f \propto A x",
        {"given": "A: n×n, x: n", "varying": "x", "where": "f = x@A@x"},
        0,
    ),
    "where-after-row": (
        r"L = \| s - y \|^2 \\ \nabla_W L = 2\, g\, x^T \\ \text{where} \quad g = (s - y) \odot s \odot (1-s), \quad s = \sigma(Wx)",
        {"given": "W: m×n, x: n, y: m", "varying": "W"},
        None,
    ),
    "where-after-wrong": (
        r"L = \| s - y \|^2 \\ \nabla_W L = 2\, x\, g^T \\ \text{with} \quad g = (s - y) \odot s \odot (1-s), \quad s = \sigma(Wx)",
        {"given": "W: m×n, x: n, y: m", "varying": "W"},
        1,
    ),
    "logsumexp": (
        r"""f(x) = \log \sum_{i=1}^n \exp(x_i) \\
\frac{\partial f}{\partial x_k} = \frac{\exp(x_k)}{\sum_{i=1}^n \exp(x_i)} =: p_k \\
\frac{\partial^2 f}{\partial x_k \partial x_l} = p_k \delta_{kl} - p_k p_l \\
\nabla^2 f = \operatorname{diag}(p) - p p^T""",
        {"given": "x: n", "varying": "x"},
        None,
    ),
    "logsumexp-wrong": (
        r"""f(x) = \log \sum_{i=1}^n \exp(x_i) \\
\nabla f = \frac{\exp(x)}{\mathbf{1}^T \exp(x)} \\
\nabla^2 f = \operatorname{diag}(p) - p^T p, \quad p = \nabla f""",
        {"given": "x: n", "varying": "x"},
        2,
    ),
    "argmin": (
        r"""w^* = \arg\min_w \|Xw - y\|^2 \\
X^T X w^* = X^T y \\ w^* = (X^TX)^{-1}X^T y""",
        {"given": "X: N×k, w: k, y: N", "varying": "w", "where": "wstar = inv(X.T@X)@X.T@y"},
        None,
    ),
    "single-entry-J": (
        r"\frac{\partial (X^TAX)}{\partial X_{ij}} = X^TA E_{ij} + E_{ij}^T A X \quad \text{with } E_{ij} = e_i e_j^T",
        {"given": "A: m×m, X: m×n", "varying": "X"},
        None,
    ),
    "recover-luck": (
        r"f = \|Xw - y\|^2 \\ df = 2 (Xw - y) : X dw \\ = 2 X (Xw - y) : dw \\ \frac{\partial f}{\partial w} = 2 X^T (Xw - y)",
        {"given": "X: N×n, w: n, y: N", "varying": "w"},
        2,
    ),
    "relu-cases": (
        r"f(z) = \begin{cases} z & z > 0 \\ 0 & z \le 0 \end{cases}, \qquad f'(z) = \begin{cases} 1 & \text{if } z > 0 \\ 0 & \text{otherwise} \end{cases}",
        {"given": "z: scalar", "varying": "z"},
        None,
    ),
    "huber-cases": (
        r"""\ell(r) = \begin{cases} \frac12 r^2 & |r| \le \delta \\ \delta(|r| - \frac12\delta) & \text{otherwise}\end{cases} \\
\ell'(r) = \begin{cases} r & |r| \le \delta \\ \delta\,\mathrm{sgn}(r) & \text{otherwise} \end{cases}""",
        {"given": "r: scalar, delta: scalar", "varying": "r", "assume": "delta: positive"},
        None,
    ),
    "entries-wrong": (
        r"""\frac{\partial}{\partial W_{ij}} \|Wx - y\|^2 = \frac{\partial}{\partial W_{ij}} \sum_k \left( \sum_l W_{kl} x_l - y_k \right)^2 \\
= 2\sum_k \left(\sum_l W_{kl} x_l - y_k\right) x_j""",
        {"given": "W: m×n, x: n, y: m", "varying": "W"},
        1,
    ),
    "prime-known": (
        r"f(x) = x^T A x \\ f'(x) = x^T (A + A^T) \\ \nabla f(x) = f'(x)^T = (A + A^T) x",
        {"given": "A: n×n, x: n", "varying": "x", "where": "f = x@A@x"},
        None,
    ),
    "prime-known-wrong": (
        r"f(x) = x^T A x \\ f'(x) = x^T A",
        {"given": "A: n×n, x: n", "varying": "x", "where": "f = x@A@x"},
        1,
    ),
    "prime-formula": (
        r"f'(x) = 3x^2 + a \\ f''(x) = 6x",
        {"given": "x: scalar, a: scalar", "varying": "x", "where": "f = x**3 + a*x"},
        None,
    ),
    "prime-formula-wrong": (
        r"f'(x) = 3x^2 + x",
        {"given": "x: scalar, a: scalar", "varying": "x", "where": "f = x**3 + a*x"},
        0,
    ),
    "prime-chain": (
        r"h(x) = g(f(x)) \\ h'(x) = g'(f(x)) f'(x)",
        {"given": "x: scalar", "varying": "x", "where": "f = sin(x); g = exp(f); h = exp(sin(x))"},
        None,
    ),
    "partial-j": (
        r"\partial_j f = \sum_i 2 (A x - b)_i A_{ij} \\ \partial_j (A x)_i = A_{ij}",
        {"given": "A: m×n, x: n, b: m", "varying": "x", "where": "f = sum((A@x-b)**2)"},
        None,
    ),
    "partial-j-wrong": (
        r"\partial_j f = \sum_i 2 (A x - b)_i A_{ji}",
        {"given": "A: m×n, x: n, b: m", "varying": "x", "where": "f = sum((A@x-b)**2)"},
        0,
    ),
    "colon-eq": (
        r"f(x) \colon= \frac12 \|Ax - b\|^2, \quad r \colon= Ax - b \\ \nabla f = A^T r",
        {"given": "A: m×n, x: n, b: m", "varying": "x"},
        None,
    ),
    "max-brace-wrong": (
        r"L = \max\{0, 1 - y\, w^Tx\} \\ \nabla_w L = \begin{cases} -y x & \text{if } y\,w^T x > 1, \\ 0 & \text{otherwise.} \end{cases}",
        {"given": "w: n, x: n, y: scalar", "varying": "w"},
        1,
    ),
    "layerT": (
        r"\frac{\partial L}{\partial W^{(2)}} = \delta^{(2)} a^{(1)T} \\ \frac{\partial L}{\partial a^{(1)}} = W^{(2)T}\delta^{(2)}",
        {
            "given": "W1: h×n, W2: m×h, x: n, y: m",
            "varying": "W1, W2",
            "where": "a1 = tanh(W1@x); L = norm(W2@a1-y)**2/2; delta2 = W2@a1-y",
        },
        None,
    ),
    "xt-undecl": (
        r"f = \|Xw\|^2 = w^t X^t X w \\ \nabla f = 2 X^t X w",
        {"given": "X: N×n, w: n", "varying": "w"},
        None,
    ),
    "deriv-expr": (
        r"\frac{\partial L}{\partial (Wx)} = 2 (Wx - y) \\ \frac{\partial L}{\partial W} = \frac{\partial L}{\partial (Wx)} x^T",
        {"given": "W: m×n, x: n, y: m", "varying": "W", "where": "L = sum((W@x-y)**2)"},
        None,
    ),
    "dfX": (
        r"df_X(H) = \operatorname{tr}(A^T H) \\ Df(X)(H) = \langle A, H \rangle",
        {"given": "A: m×n, X: m×n, H: m×n", "varying": "X", "where": "f = tr(A.T@X)"},
        None,
    ),
    "Ddet": (
        r"D\det(X)(H) = \det(X) \operatorname{tr}(X^{-1}H) \\ D\det(X)[H] = \det(X) \operatorname{tr}(X^{-1} H)",
        {"given": "X: n×n, H: n×n", "varying": "X"},
        None,
    ),
    "Ddet-wrong": (
        r"D\det(X)[H] = \operatorname{tr}(X^{-1} H)",
        {"given": "X: n×n, H: n×n", "varying": "X", "assume": "X: positive determinant"},
        0,
    ),
    "f-expand": (
        r"f(X+H) = f(X) + 2\langle X, H\rangle + \|H\|^2 \\ f(X+H) - f(X) = 2 \langle X, H \rangle + o(\|H\|)",
        {"given": "X: m×n, H: m×n", "varying": "X", "where": "f = norm(X)**2"},
        None,
    ),
    "f-expand-wrong": (
        r"f(X+H) - f(X) = \langle X, H \rangle + o(\|H\|)",
        {"given": "X: m×n, H: m×n", "varying": "X", "where": "f = norm(X)**2"},
        0,
    ),
    "em-mean": (
        r"\frac{\partial}{\partial \mu} \sum_{i=1}^N \|x_i - \mu\|^2 = -2\sum_{i=1}^N (x_i - \mu) = 0 \implies \mu = \frac{1}{N} \sum_{i=1}^N x_i",
        {"given": "X: N×n, mu: n", "varying": "mu", "names": {"x": "X"}},
        None,
    ),
    "em-mean-wrong": (
        r"\frac{\partial}{\partial \mu} \sum_{i=1}^N \|x_i - \mu\|^2 = -2\sum_{i=1}^N (x_i - \mu) = 0 \\ \implies \mu = \sum_{i=1}^N x_i",
        {"given": "X: N×n, mu: n", "varying": "mu", "names": {"x": "X"}},
        1,
    ),
    "sigma2": (
        r"\ell = -\frac{N}{2}\log(2\pi\sigma^2) - \frac{1}{2\sigma^2}\sum_i (y_i - \mu)^2 \\ \frac{\partial \ell}{\partial \sigma^2} = -\frac{N}{2\sigma^2} + \frac{1}{2\sigma^4}\sum_i (y_i - \mu)^2 = 0 \\ \hat\sigma^2 = \frac1N \sum_i (y_i - \mu)^2",
        {"given": "y: N, mu: scalar, sigma: scalar", "varying": "mu, sigma", "assume": "sigma: positive"},
        None,
    ),
    "dropsum": (
        r"L = \sum_n L_n, \quad L_n = \frac12 (w^Tx_n - y_n)^2 \\ \frac{\partial L_n}{\partial w} = (w^Tx_n - y_n) x_n \\ \frac{\partial L}{\partial w} = \sum_n \frac{\partial L_n}{\partial w}",
        {"given": "X: N×k, w: k, y: N", "varying": "w", "names": {"x": "X"}},
        None,
    ),
    "fsemi": (
        r"f(x;\theta) = \theta^T x \\ \nabla_\theta f(x;\theta) = x \\ \nabla_\theta (f(x;\theta) - y)^2 = 2(f(x;\theta) - y)x",
        {"given": "theta: n, x: n, y: scalar", "varying": "theta", "where": "f = theta@x"},
        None,
    ),
    "kron-delta-wrong": (
        r"\frac{\partial (X^{-1})_{ij}}{\partial X_{kl}} = -(X^{-1})_{ki} (X^{-1})_{jl}",
        {"given": "X: n×n", "varying": "X"},
        0,
    ),
}
