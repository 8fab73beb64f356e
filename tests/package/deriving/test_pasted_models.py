"""Models and losses as people paste them, classes and modules: `derive` reads what plain NumPy computes.

A row is the text, the variables, the shapes, and the same function in NumPy; the gradient is measured on that by
central differences.
"""

import numpy as np
import plain_numpy
import pytest
from test_losses import drawn, length

from derivations import ParseError, UnknownName, derive

SIZES = {"N": 3, "d": 4, "k": 5, "m": 6}
INDEX = {"y": "index:k"}

MODELS = {
    "a list that is appended to": (
        """
        class Pinball(nn.Module):
            def forward(self, A, b, q):
                losses = []
                total = 0
                for i, one in enumerate(q):
                    error = b - A[:, i]
                    losses.append(torch.mean(torch.max((one - 1)*error, one*error)))
                for one in losses:
                    total = total + one/3
                if len(losses) > 2:
                    return total + sum(losses)/len(losses) + losses[-1] + torch.stack(losses, dim=0).sum()
        """,
        "A", "A: N×3, b: N, q: 3",
        "e = b[:, None] - A; l = mean(maximum((q - 1)*e, q*e), axis=0); return sum(l)*5/3 + l[2]", {"q": "unit"},
    ),
    "arrays made of arrays": (
        """
        def step(A, b):
            cost = np.squeeze(np.array(np.arccosh(2 + A*A).sum().neg() + LA.norm(b)))
            grads = {"A": A}
            return grads, cost
        """,
        "A, b", "A: N×d, b: N", "return -sum(log(2 + A*A + sqrt((2 + A*A)**2 - 1))) + sqrt(sum(b*b))", {},
    ),
    "named arguments of where": (
        """
        h = torch.where(condition=A > 0, input=A**2, other=-A)
        loss = h.sum()
        """,
        "A", "A: N×d", "return sum(where(A > 0, A**2, -A))", {},
    ),
    "a class with constants": (
        """
        class Focal(nn.Module):
            def __init__(self, gamma=2, alpha: float = 0.25, reduction="mean", **kwargs):
                super().__init__()
                self.gamma, self.alpha = gamma, alpha
                self.reduction = reduction

            def forward(self, z, t):
                p = z.sigmoid()
                loss = self.alpha*(1 - p)**self.gamma*t*F.softplus(-z)
                if self.reduction == "mean":
                    return loss.mean()
                elif self.reduction == "sum":
                    return loss.sum()
                return loss
        """,
        "z", "z: N, t: N",
        "p = 1/(1 + exp(-z)); return mean(0.25*(1 - p)**2*t*log(1 + exp(-z)))", {},
    ),
    "arrays of a model": (
        """
        class Layer:
            def __init__(self, size, eps=0.1):
                self.gamma = np.ones(size)
                self.eps = eps
                self.steps = []

            def forward(self, x):
                self.mean = x.mean(axis=-1, keepdims=True)
                self.x_norm = (x - self.mean)/np.sqrt(x.var(axis=-1, keepdims=True) + self.eps)
                out, self.cache = self.gamma*self.x_norm, (x, self.mean)
                return np.sum(out**3)
        """,
        "x, gamma", "x: N×d, gamma: d",
        "m = mean(x, axis=-1, keepdims=True); v = mean((x - m)**2, axis=-1, keepdims=True); "
        "return sum((gamma*(x - m)/sqrt(v + 0.1))**3)", {},
    ),
    "a class without forward": (
        """
        class Critic:
            def __init__(self, device):
                self.zeros = torch.zeros(1).to(device)

            def real(self, x):
                return -torch.mean(torch.min(x - 1, self.zeros))
        """,
        "x", "x: N", "return -mean(minimum(x - 1, 0))", {},
    ),
    "a method calls another": (
        """
        class Net(nn.Module):
            def __init__(self):
                self.act = nn.Tanh()
            def hidden(self, x, scale=1):
                return self.act(x @ self.W)*scale
            def forward(self, x):
                return self.hidden(x, scale=2).pow(2).sum(-1).mean()
        """,
        "W, x", "x: N×d, W: d×k", "return mean(sum((2*tanh(x @ W))**2, axis=-1))", {},
    ),
    "parts by their keys": (
        """
        def loss(params, batch, cfg):
            h = jnp.tanh(batch["x"] @ params["W"] + params["b"])
            return jnp.sum((h - batch["t"])**2) + cfg.weight_decay*jnp.sum(params["W"]**2)
        """,
        "W, b", "x: N×d, W: d×k, b: k, t: N×k, weight_decay: scalar",
        "return sum((tanh(x @ W + b) - t)**2) + weight_decay*sum(W**2)", {},
    ),
    "modules": (
        """
        criterion = nn.MSELoss(reduction="sum").to(device)
        act = nn.LeakyReLU(0.2)
        loss = criterion(act(z), t) + nn.L1Loss()(z, t)
        """,
        "z", "z: N×d, t: N×d", "return sum((where(z > 0, z, 0.2*z) - t)**2) + mean(abs(z - t))", {},
    ),
    "layers": (
        """
        class Net(nn.Module):
            def __init__(self, d, k):
                self.net = nn.Sequential(nn.Linear(d, k), nn.ReLU(), nn.Linear(k, 1, bias=False))
                self.norm = nn.LayerNorm(d)
            def forward(self, x):
                return self.net(self.norm(x)).squeeze(-1).sum()
        """,
        "net_0_weight, net_0_bias, net_2_weight, norm_weight",
        "x: N×d, net_0_weight: k×d, net_0_bias: k, net_2_weight: 1×k, norm_weight: d, norm_bias: d",
        "m = mean(x, axis=-1, keepdims=True); v = mean((x - m)**2, axis=-1, keepdims=True); "
        "n = (x - m)/sqrt(v + 1e-5)*norm_weight + norm_bias; "
        "return sum(maximum(n @ net_0_weight.T + net_0_bias, 0) @ net_2_weight.T)", {},
    ),
    "several values returned": (
        """
        def step(x, h, c, W):
            z = np.tanh(x @ W + h)
            c = c + z
            return c*z, c
        h, c = step(x, h0, c0, W)
        h, c = step(x, h, c, W)
        loss = np.sum(h*c)
        """,
        "W, h0", "x: N×d, W: d×k, h0: N×k, c0: N×k",
        "z = tanh(x @ W + h0); c = c0 + z; u = tanh(x @ W + c*z); c = c + u; return sum(c*u*c)", {},
    ),
    "a loss with its gradient by hand": (
        """
        def cost(theta, X, y):
            m = len(y)
            h = 1/(1 + np.exp(-X @ theta))
            J = -np.sum(y*np.log(h))/m
            grad = X.T @ (h - y)/m
            grad[argmax(theta)] = 0
            print("cost", J)
            return J, {"grad": grad}
        """,
        "theta", "X: N×d, y: N, theta: d", "return -mean(y*log(1/(1 + exp(-X @ theta))))", {},
    ),
    "branches that are known": (
        """
        def attention(q, k, v, mask=None, scale=None, causal=False):
            if q.ndim != 2 or k.shape[1] != q.shape[1]:
                raise ValueError("shapes")
            s = q @ k.T/(np.sqrt(q.shape[-1]) if scale is None else scale)
            if mask is not None:
                s = s + mask
            if causal and mask is None:
                s = np.tril(s)
            return np.sum(special.softmax(s, axis=-1) @ v)
        loss = attention(q, k, v, mask)
        """,
        "q, k, v", "q: N×d, k: m×d, v: m×d, mask: N×m",
        "s = q @ k.T/sqrt(4) + mask; e = exp(s); return sum(e/sum(e, axis=-1, keepdims=True) @ v)", {},
    ),
    "one-hot rows": (
        """
        Y = F.one_hot(y, num_classes=z.shape[1]).float()
        p = F.log_softmax(z, dim=1)
        mask = torch.zeros_like(z)
        mask.scatter_(1, y.view(-1, 1), 2.0)
        loss = -(Y*p).sum() - p.gather(1, y.unsqueeze(1)).squeeze(1).mean() + (mask*z**2).sum()
        """,
        "z", "z: N×k, y: N",
        "p = z - logsumexp(z, axis=1, keepdims=True); m = eye(5)[y]; "
        "return -sum(m*p) - sum(m*p)/3 + sum(2*m*z**2)", INDEX,
    ),
    "rows beside their columns": (
        """
        logits = a @ b.t()
        logits = logits - logits.max(dim=-1, keepdim=True).values
        loss = F.cross_entropy(logits, torch.arange(a.size(0), device=a.device))
        """,
        "a, b", "a: N×d, b: N×d",
        "z = a @ b.T; return -mean(diagvec(z - logsumexp(z, axis=1, keepdims=True)))", {},
    ),
    "losses with their options": (
        """
        q = F.softmax(t, dim=1)
        loss = F.kl_div(F.log_softmax(z, dim=1), q, reduction="batchmean")
        loss += F.cross_entropy(input=z, target=y, label_smoothing=0.1)
        loss += F.binary_cross_entropy_with_logits(z, q, weight=w, pos_weight=p)
        """,
        "z", "z: N×k, t: N×k, y: N, w: N×k, p: k",
        "q = softmax(t, 1); l = z - logsumexp(z, axis=1, keepdims=True); m = 0.9*eye(5)[y] + 0.02; "
        "b = -w*(p*q*log(1/(1 + exp(-z))) + (1 - q)*log(1/(1 + exp(z)))); "
        "return sum(q*(log(q) - l))/3 - mean(sum(m*l, axis=1)) + mean(b)", INDEX,
    ),
    "a method that changes its array": (
        """
        c = a.T @ b
        c.div_(2)
        on = torch.diagonal(c).add_(-1).pow_(2).sum()
        loss = on + 3*(c**2).sum()
        """,
        "a", "a: N×d, b: N×d",
        "c = a.T @ b/2; D = (diagvec(c) - 1)**2; return sum(D) + 3*(sum(c**2) - sum(diagvec(c)**2) + sum(D**2))", {},
    ),
    "the deviation of PyTorch": (
        "loss = torch.sum(x.std(0)) + 2*torch.var(x, dim=1).sum() + x.var(dim=1, unbiased=False).sum()",
        "x", "x: N×d",
        "return sum(np.std(x, axis=0, ddof=1)) + 2*sum(np.var(x, axis=1, ddof=1)) + sum(np.var(x, axis=1))", {},
    ),
    "the deviation of NumPy": (
        "loss = np.sum(x.std(0)) + 2*np.var(x, axis=1, ddof=1).sum()",
        "x", "x: N×d", "return sum(np.std(x, axis=0)) + 2*sum(np.var(x, axis=1, ddof=1))", {},
    ),
    "softmax where no axis is said": (
        "loss = np.sum(T*jax.nn.softmax(z)) + np.sum(T*scipy.special.softmax(z))",
        "z", "z: N×k, T: N×k", "e = exp(z); return sum(T*e/sum(e, axis=1, keepdims=True)) + sum(T*e/sum(e))", {},
    ),
    "pi beside a variable of that name": (
        "loss = -torch.log(torch.sum(pi*torch.exp(-x**2/2)/np.sqrt(2*np.pi), dim=1)).mean()",
        "pi, x", "pi: N×k, x: N×k", "return -mean(log(sum(pi*exp(-x**2/2)/sqrt(2*3.141592653589793), axis=1)))", {},
    ),
    "densities": (
        """
        loss = -norm.logpdf(x, loc=a[0], scale=b).sum() - stats.poisson.logpmf(c, mu=b).sum()
        loss = loss - scipy.stats.norm(a[1], 2).logpdf(x).mean()
        """,
        "a, b", "x: N, a: d, b: scalar, c: N",
        "return sum(((x - a[0])/b)**2/2 + log(b) + log(2*pi)/2) - sum(c*log(b) - b - gammaln(c + 1)) "
        "+ mean(((x - a[1])/2)**2/2 + log(2) + log(2*pi)/2)", {"c": "index:d"},
    ),
    "masks by equality": (
        "loss = np.sum(np.where(c == 0, x**2, x**3)) + np.sum((c != 1)*x) + torch.eq(c, 2).float() @ x",
        "x", "x: N, c: N",
        "return sum(where(c == 0, x**2, x**3)) + sum((c != 1)*x) + sum((c == 2)*x)", {"c": "index:N"},
    ),
    "what is held fixed": (
        """
        with torch.no_grad():
            target = r + 0.9*v
        loss = F.mse_loss(q, target.detach())
        """,
        "q", "q: N, r: N, v: N", "return mean((q - r - 0.9*v)**2)", {},
    ),
    "loops over arrays": (
        """
        h, total = np.zeros(4), 0
        scales = (1, 3)
        for i, row in enumerate(X):
            for s in scales:
                h = np.tanh(s*row + W @ h)
            total += (i + 1)*h @ h
        for a, b in zip(X, X[::-1]):
            total = total + np.sum(a*b**2)
        loss = total
        """,
        "X, W", "X: 3×4, W: 4×4",
        "h = 0*W[0]; h = np.tanh(X[0] + W @ h); h = np.tanh(3*X[0] + W @ h); t = h @ h; "
        "h = np.tanh(X[1] + W @ h); h = np.tanh(3*X[1] + W @ h); t = t + 2*h @ h; "
        "h = np.tanh(X[2] + W @ h); h = np.tanh(3*X[2] + W @ h); return t + 3*h @ h + sum(X*X[::-1]**2)", {},
    ),
    "parts by their size in PyTorch, by their number in NumPy": (
        """
        a, b = torch.split(x, 2, dim=1)
        c, d = x.chunk(2, dim=-1)
        e, f = torch.split(x, [1, 3], dim=1)
        loss = (a*b**2).sum() + (c*d**3).sum() + (e*f).sum()
        """,
        "x", "x: N×4",
        "a, b = x[:, :2], x[:, 2:]; return sum(a*b**2) + sum(a*b**3) + sum(x[:, :1]*x[:, 1:])", {},
    ),
    "parts where NumPy cuts": (
        "a, b, c = np.split(x, [1, 3])\nd, e = np.split(X, 2, axis=1)\n"
        "loss = (a.sum()*b*b).sum()*c.sum() + (d*e**2).sum()",
        "x, X", "x: 6, X: N×4",
        "return sum(x[:1])*sum(x[1:3]**2)*sum(x[3:]) + sum(X[:, :2]*X[:, 2:]**2)", {},
    ),
    "arrays that are spread": (
        """
        a = x.unsqueeze(1).repeat(1, y.size(0), 1)
        b = y.unsqueeze(0).expand(x.size(0), -1, -1)
        K = torch.exp(-((a - b)**2).sum(2))
        t = torch.cdist(x, y)
        loss = K.sum() + t.sum() + (x[0].repeat(2)*w).sum()
        """,
        "x, y", "x: N×d, y: k×d, w: 2*d",
        "D = sum((x[:, None] - y[None])**2, axis=2); "
        "return sum(exp(-D)) + sum(sqrt(D)) + sum(np.concatenate([x[0], x[0]])*w)", {},
    ),
    "tiles of NumPy": (
        "loss = np.sum(np.tile(x, (3, 1))*A**2) + np.sum(np.repeat(x, 2)*w)",
        "x", "x: d, A: 3×d, w: 2*d", "return sum(x*A**2) + sum(np.repeat(x, 2)*w)", {},
    ),
    "rows of a table": (
        """
        class Center(nn.Module):
            def __init__(self, classes, size):
                self.centers = nn.Embedding(classes, size)
            def forward(self, x, y):
                return ((x - self.centers(y))**2).sum() + F.embedding(y, self.table).sum()
        """,
        "centers_weight, x, table", "centers_weight: k×d, x: N×d, table: k×d, y: N",
        "return sum((x - centers_weight[y])**2) + sum(table[y])", INDEX,
    ),
    "an object of a class": (
        """
        class Net:
            def __init__(self, scale, power=2):
                self.scale, self.power = scale, power
            def forward(self, x):
                return self.scale*x**self.power
            def penalty(self, x):
                return np.sum(np.abs(x))
        net = Net(3, power=3)
        loss = np.sum(net(x)) + net.penalty(x)
        """,
        "x", "x: N", "return sum(3*x**3) + sum(abs(x))", {},
    ),
    "the loss among what is returned": (
        "def step(x, w):\n    z = x @ w\n    return {'logits': z, 'n': 3, 'loss': np.sum(z**2)}",
        "w", "x: N×d, w: d", "return sum((x @ w)**2)", {},
    ),
    "the second of two values": (
        "def f(x):\n    return x, 2*x\ndef g(x):\n    a, b = f(x)\n    return a*b\n"
        "loss = g(x).sum() + f(x**3)[1].sum()",
        "x", "x: N", "return sum(2*x*x) + sum(2*x**3)", {},
    ),
    "an array sorted in its place": (
        "y = x*1\ny.sort()\nloss = y @ k", "x", "x: N, k: N", "return np.sort(x) @ k", {},
    ),
    "arguments by their place": (
        "loss = (torch.norm(X, 2, 1)*w).sum() + (X.sum(1, True)*X).sum() + (X.transpose(0, 1) @ w).sum()",
        "X", "X: N×d, w: N",
        "return sum(sqrt(sum(X**2, axis=1))*w) + sum(sum(X, axis=1, keepdims=True)*X) + sum(X.T @ w)", {},
    ),
    "a step of training": (
        """
        loss = torch.mean((x @ self.w - t)**2)
        self.history.append(loss)
        dw = x.T @ (x @ self.w - t)
        self.w -= lr*dw
        loss.backward()
        opt.step()
        """,
        "w", "x: N×d, w: d, t: N", "return mean((x @ w - t)**2)", {},
    ),
    "a law with a name": (
        "dist = torch.distributions.Normal(m, s)\nloss = -dist.log_prob(x).sum()",
        "m, s", "m: N, s: N, x: N", "return sum(((x - m)/s)**2/2 + log(s) + log(2*pi)/2)", {},
    ),
    "TensorFlow, Keras and optax": (
        """
        loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=t, logits=z))
        loss += tf.reduce_sum(tf.matmul(z, t, transpose_b=True)**2)
        loss += K.mean(K.binary_crossentropy(t, K.sigmoid(z)) + K.log(K.exp(z) + K.epsilon()))
        loss += optax.l2_loss(z, t).sum() + jnp.sum(jax.lax.stop_gradient(t)*z)
        """,
        "z", "z: N×k, t: N×k",
        "e = exp(z); l = z - log(sum(e, axis=1, keepdims=True)); s = 1/(1 + exp(-z)); "
        "return -mean(sum(t*l, axis=1)) + sum((z @ t.T)**2) - mean(t*log(s) + (1 - t)*log(1 - s)) "
        "+ mean(log(e + 1e-7)) + sum((z - t)**2)/2 + sum(t*z)", {},
    ),
    "attention by its name": (
        "loss = (F.scaled_dot_product_attention(q, q, v, attn_mask=m)**2).sum() + (q @ q.mT).softmax(-1)[:, 0].sum()",
        "q, v", "q: 2×N×d, v: 2×N×d, m: N×N",
        "z = q @ q.transpose(0, 2, 1); e = exp(z/2 + m); f = exp(z); p = f/sum(f, axis=-1, keepdims=True); "
        "return sum((e/sum(e, axis=-1, keepdims=True) @ v)**2) + sum(p[:, 0])", {},
    ),
    "masks that are written down": (
        """
        s = A.masked_fill(torch.triu(torch.ones(4, 4), diagonal=1) == 1, -9.0)
        loss = F.softmax(s, dim=-1)[2] @ np.arange(1, 5) + np.full(4, 2.0) @ A[0]
        """,
        "A", "A: 4×4",
        "s = where(np.triu(np.ones((4, 4)), 1) == 1, -9.0, A); e = exp(s); "
        "return (e/sum(e, axis=1, keepdims=True))[2] @ np.arange(1, 5) + 2*sum(A[0])", {},
    ),
    "a normal of several variables": (
        "loss = -scipy.stats.multivariate_normal.logpdf(x, mean=m, cov=S)",
        "x, m", "x: d, m: d, S: d×d",
        "return ((x - m) @ inv(S) @ (x - m) + log(det(S)) + 4*log(2*pi))/2", {"S": "spd"},
    ),
    "slopes of an array": (
        "loss = np.sum(np.gradient(u)**2) + np.sum(np.gradient(A, axis=1)**3)",
        "u, A", "u: d, A: N×k", "return sum(np.gradient(u)**2) + sum(np.gradient(A, axis=1)**3)", {},
    ),
    "columns of an array of indices": (
        "gap = r[E[:, 0]] - r[E[:, 1]]\nloss = -np.log(1/(1 + np.power(math.e, gap))).mean()",
        "r", "r: k, E: N×2", "return mean(log(1 + exp(r[E[:, 0]] - r[E[:, 1]])))", {"E": "index:k"},
    ),
    "indices of two axes": (
        "near = W[E]\nloss = torch.sum((near*V[:, None, :]).sum(dim=2)**2)",
        "W, V", "W: k×d, V: N×d, E: N×m", "return sum(sum(W[E]*V[:, None], axis=2)**2)", {"E": "index:k"},
    ),
    "the ends of edges": (
        """
        s = 0
        first = E[0, 1]
        for e in E:
            s += W[e[0]] @ W[e[1]]
        for i, j in E:
            s += (r[i] - r[j])**2*r[first]
        loss = s
        """,
        "W, r", "W: k×d, r: k, E: N×2",
        "return sum(W[E[:, 0]]*W[E[:, 1]]) + sum((r[E[:, 0]] - r[E[:, 1]])**2)*r[E[0, 1]]", {"E": "index:k"},
    ),
    "one index and pairs of them": (
        "loss = (X[c] @ w)**2 + (X[y, z]**3).sum() + X[y[1]] @ w",
        "X, w", "X: k×d, w: d, c: scalar, y: N, z: N",
        "return (X[c] @ w)**2 + sum(X[y, z]**3) + X[y[1]] @ w", {"c": "index:k", "y": "index:k", "z": "index:d"},
    ),
    "some of the vertices of each body": (
        "loss = ((P[:, E[:, 0], :] - P[:, E[:, 1], :])**2).sum(2).add(1).sqrt().mean()",
        "P", "P: N×k×d, E: m×2", "return mean(sqrt(1 + sum((P[:, E[:, 0]] - P[:, E[:, 1]])**2, axis=2)))",
        {"E": "index:k"},
    ),
    "the entries that an array of ones and zeros picks": (
        "e = torch.log(A[mask]) - torch.log(B[mask])\nloss = torch.sqrt((e**2).mean() - 0.5*e.mean()**2 + len(e))",
        "A", "A: N×d, B: N×d, mask: N×d",
        "e = log(A/B); c = sum(mask); return sqrt(sum(mask*e*e)/c - sum(mask*e)**2/c**2/2 + c)", {"mask": "binary"},
    ),
    "the entries that a condition picks": (
        "q = A[B > 0.4]\nkeep = y > 0.3\nloss = (q*q.log()).sum() + F.mse_loss(u[keep], y[keep]) + A[y > 0.3].mean()",
        "A, u", "A: N×d, B: N×d, u: N, y: N",
        "c = y > 0.3; r = mean(A, axis=1); s = sum((B > 0.4)*A*log(A)); t = sum(c*(u - y)**2)/sum(c); "
        "return s + t + sum(c*r)/sum(c)", {},
    ),
    "a logarithm where it has a value": (
        "loss = (x[x > 0].log()**2).sum()",
        "x", "x: m", "return sum(where(x > 0, log(abs(x)), 0)**2)", {"x": ""},
    ),
    "options that are None and branches that agree": (
        """
        class Noisy(nn.Module):
            def __init__(self, weight=None, on_gpu=None):
                self.ce = nn.CrossEntropyLoss(weight=weight, reduction="none")
                self.on_gpu = on_gpu
                self.register_buffer("alpha", torch.tensor(math.e))
                self.score = self.entropy

            def entropy(self, z, y):
                return self.ce(z, y).type(torch.float)

            def forward(self, z, y, cuda):
                z = z.cuda() if cuda else z
                return (self.score(z, y)*self.alpha).mean().clamp_min(0.5)
        """,
        "z", "z: N×k, y: N, cuda: scalar",
        "return np.e*mean(log(sum(exp(z), axis=1)) - z[np.arange(3), y])", {"y": "index:k"},
    ),
    "a function that makes the loss": (
        """
        def weighted(alpha=0.3):
            def criterion(p, t):
                loss = alpha*torch.sum((p - t)**2)
                if alpha > 0:
                    return loss
            return criterion
        """,
        "p", "p: N, t: N", "return 0.3*sum((p - t)**2)", {},
    ),
    "lines without a return": (
        "def forward(self, x):\n    h = x*self.w\n    loss = h @ h\n    print(loss)",
        "x, w", "x: N, w: N", "return sum((x*w)**2)", {},
    ),
    "a loop over an axis without a number": (
        """
        J = 0
        for i in range(N):
            r = X[i] @ w - y[i]
            J += r**2
        loss = J/N + w @ w
        """,
        "w", "X: N×d, w: d, y: N", "return mean((X @ w - y)**2) + w @ w", {},
    ),
    "loops over both axes": (
        """
        def cost(X, W, b, Y, R):
            rows, columns = Y.shape
            J = 0
            for j in range(columns):
                w = W[j, :]
                for i in range(rows):
                    J += np.square(R[i, j]*(np.dot(w, X[i, :]) + b[0, j] - Y[i, j]))
            return J/2
        """,
        "X, W, b", "X: N×d, W: k×d, b: 1×k, Y: N×k, R: N×k",
        "return sum((R*(X @ W.T + b - Y))**2)/2", {"R": "binary"},
    ),
    "a list that a loop without a number fills": (
        """
        parts = []
        out = np.zeros(N)
        for i, (x, t) in enumerate(zip(X, y)):
            parts.append(np.linalg.norm(x - c))
            out[i] = t*softmax(c*x)[0] + logsumexp(x*c) - x.max() + i*c[1]
        loss = torch.stack(parts).mean() + np.sum(out**2) + len(parts)*c[0]
        """,
        "c", "X: N×d, y: N, c: d",
        "e = exp(X*c); s = e[:, 0]/sum(e, axis=1); r = y*s + log(sum(e, axis=1)) - X.max(axis=1) + np.arange(3)*c[1]; "
        "return mean(sqrt(sum((X - c)**2, axis=1))) + sum(r**2) + 3*c[0]", {},
    ),
    "neighbours, entries and constants of a loop": (
        """
        s = x[0]**2
        for i in range(N - 1):
            s = s + (x[i + 1] - x[i])**2*x[i]**p + 2
        for i in range(1, N):
            s -= A[i, i]*x[i - 1]
        for B in C:
            s += np.mean((B[:, 1:] - B[:, :-1])**2)
        loss = s
        """,
        "x, p, C", "x: N, p: scalar, A: N×N, C: N×d×k",
        "a = x[:-1]; b = x[1:]; t = sum((C[:, :, 1:] - C[:, :, :-1])**2)/16; "
        "return x[0]**2 + sum((b - a)**2*a**p) + 4 - sum(np.diag(A)[1:]*a) + t", {},
    ),
    "a loop over indices": (
        "s = 0\nfor i in range(len(y)):\n    s += W[y[i]] @ X[i] + X[i, y[i]]\nloss = s",
        "W, X", "W: d×d, X: N×d, y: N", "return sum(W[y]*X) + sum(X[np.arange(3), y])", {"y": "index:d"},
    ),
    "lists that are written in one line": (
        """
        fs = [A*k for k in [1, 2, 3]]
        loss = sum([torch.norm(f) for f in fs]) + sum(A[i][j]**2*u[i] for i in range(N) for j in range(d))
        loss = loss + np.mean([np.log(1 + np.exp(-t*(x @ w))) for x, t in zip(A, u) if len(fs) > 2])
        """,
        "A, u, w", "A: N×d, u: N, w: d",
        "return 6*sqrt(sum(A*A)) + sum(A*A*u[:, None]) + mean(log(1 + exp(-u*(A @ w))))", {},
    ),
    "entries that follow from the one before": (
        """
        v = np.full(N, c)
        for t in range(1, N):
            v[t] = a + b*x[t]*v[t-1] + c*x[t-1]**2
        loss = np.sum(np.log(v) + x**2/v)
        """,
        "a, b, c, x", "x: N, a: scalar, b: scalar, c: scalar",
        "v = [c]; v.append(a + b*x[1]*v[0] + c*x[0]**2); v.append(a + b*x[2]*v[1] + c*x[1]**2); "
        "return sum(log(np.array(v)) + x**2/np.array(v))", {},
    ),
    "what a loop changes": (
        """
        total = 0
        s = x*2
        v = x*1
        for i in range(N):
            total += x[i]*A[i]
            s[i] = s[i]*y[i] + x[i]**2
        for i in range(1, N):
            v[i] = y[i]*v[i-1] + v[i]
        for i in range(N):
            for j in range(N):
                if i == j:
                    continue
                total += (x[i] - x[j])**2*(y[i] if y[j] > 0.45 else 1)
        loss = np.sum(total**2) + s @ y + v @ y + sum(x[i]*x[j] for i in range(N) for j in range(N) if i > j)
        """,
        "x", "x: N, A: N×d, y: N",
        "t = x @ A + sum((x[:, None] - x[None])**2*where(y[None] > 0.45, y[:, None], 1)); v = [x[0]]; "
        "v.append(y[1]*v[0] + x[1]); v.append(y[2]*v[1] + x[2]); "
        "return sum(t**2) + (2*x*y + x*x) @ y + np.array(v) @ y + (sum(x)**2 - sum(x*x))/2", {},
    ),
    "a sum in one line": (
        "sum((A[i] @ w - u[i])**2 for i in range(len(u)))", "w", "A: N×d, w: d, u: N", "return sum((A @ w - u)**2)", {},
    ),
    "branches of a number that is not known": (
        """
        def huber(a, s):
            if abs(a) < s:
                return a**2/2
            elif a > 3:
                return 7*a
            return s*(abs(a) - s/2)
        total = 0
        for i in range(N):
            r = X[i] @ w - y[i]
            if y[i] > 0.45:
                total += huber(r, 0.1)
                r = 2*r
            else:
                total -= r
            total += r**3
        loss = total/N
        """,
        "w", "X: N×d, w: d, y: N",
        "r = X @ w - y; h = where(abs(r) < 0.1, r*r/2, 0.1*(abs(r) - 0.05)); c = y > 0.45; "
        "return mean(where(c, h + 8*r**3, r**3 - r))", {},
    ),
    "options that are not given": (
        """
        def forward(self, p, t):
            one = F.binary_cross_entropy(p, t, reduction=self.reduction)
            if self.reduction == "mean":
                return one + ((p - t)**2).mean()
            return one
        """,
        "p", "p: N, t: N", "return -mean(t*log(p) + (1 - t)*log(1 - p)) + mean((p - t)**2)", {},
    ),
    "how the rows go together": (
        "near = torch.cdist(T, U).min(dim=2)[0]\n"
        "loss = np.sum(np.cov(A)**2) + np.corrcoef(A)[0, 1] + math.factorial(3) + near.sum()",
        "A, T", "A: d×m, T: N×k×d, U: N×m×d",
        "return sum(np.cov(A)**2) + np.corrcoef(A)[0, 1] "
        "+ sum(np.sqrt(sum((T[:, :, None] - U[:, None])**2, axis=3)).min(axis=2))", {"A": ""},
    ),
}  # fmt: skip


def gradient_of(lines, values, name):
    """The gradient of a function in plain NumPy, whose last line returns."""
    space = {"__builtins__": {"__import__": __import__, "range": range}, **plain_numpy.NAMES, "gammaln": GAMMALN}
    names = [*values]
    body = "\n ".join(lines.split("; "))
    exec(f"def function({', '.join(names)}):\n {body}", space)

    def at(x):
        return np.asarray(space["function"](**{**values, name: x}), float)

    x = np.asarray(values[name], float)
    steps = np.eye(x.size).reshape(-1, *x.shape)
    return np.array([plain_numpy.difference(at, x, step, 1e-3)[0] for step in steps]).reshape(x.shape)


GAMMALN = np.vectorize(__import__("math").lgamma)


@pytest.mark.parametrize("name", MODELS)
def test_a_pasted_model_has_the_gradient_that_numpy_finds(name):
    text, wrt, shapes, lines, manners = MODELS[name]
    derivation = derive(text, wrt, shapes)
    assert [*derivation.gradients] == wrt.split(", ")
    random = np.random.default_rng(5)
    values = {}
    for piece in shapes.split(", "):
        variable, _, shape = piece.partition(": ")
        axes = () if shape == "scalar" else tuple(length(size, SIZES) for size in shape.split("×"))
        values[variable] = drawn(manners.get(variable, "unit"), axes, random, SIZES)
    assert list(derivation.gradients) == wrt.split(", ")
    for variable in wrt.split(", "):
        found = np.asarray(derivation.gradients[variable](**values))
        np.testing.assert_allclose(found, gradient_of(lines, values, variable), rtol=1e-6, atol=1e-8)


def test_what_is_drawn_at_random_is_a_constant():
    text = "std = torch.exp(0.5*logvar)\neps = torch.randn_like(std)\nz = mu + eps*std\nloss = (z**2).sum()"
    derivation = derive(text, "mu, logvar", "mu: N×d, logvar: N×d")
    random = np.random.default_rng(6)
    mu, logvar, eps = random.standard_normal((3, 2, 3))
    z = mu + eps * np.exp(logvar / 2)
    np.testing.assert_allclose(derivation.gradients["mu"](mu=mu, logvar=logvar, eps=eps), 2 * z)
    np.testing.assert_allclose(derivation.gradients["logvar"](mu=mu, logvar=logvar, eps=eps), z * (z - mu))
    assert any("drawn at random" in note for note in derivation.notes)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("q = x.detach()\nloss = q @ q", "x varies, and this holds x fixed"),
        ("with torch.no_grad():\n    q = 2*x\nloss = q @ x", "q is held fixed, and depends on what varies"),
        ("def f(x):\n    c = weird(x)\n    return c @ x", "'weird' is not a function known here"),
        ("y = x*x\ny.sort_things(x)\nloss = y @ x", "'sort_things' is not a function known here"),
        ("weird(x)\nloss = x @ x", "'weird' is not a function known here"),
        ("c = x*1\nd = c\nc.mul_(2)\nloss = d @ d", "are one array"),
        ("loss = x[0]\nif (x > 0).any():\n    loss = x[1]", "whether (x > 0).any() holds is not known"),
        ("loss = x[0]\nif x > 0:\n    loss = x[1]", "whether x > 0 holds is not known"),
        ("q = []\nif x[0] > 0:\n    q.append(x[1])\nloss = x @ x + sum(q)", "whether x[0] > 0 holds is not known"),
        ("if x[0] > 0:\n    q = x\nelse:\n    q = x[0]\nloss = q @ x", "whether x[0] > 0 holds is not known"),
        ("def f(x):\n    if x[0] > 0:\n        return x[0], x[1]\n    return x[1], x[0]\na, b = f(x)\nloss = a*b",
         "whether x[0] > 0 holds is not known"),
        ("loss = sum(x[i] for i in range(n) for j in range(i))", "i"),
        ("class A:\n    def __init__(self, size):\n        self.w = nn.Parameter(torch.ones(size))\n"
         "    def forward(self, x):\n        return self.w @ x", "an index is a whole number or a size"),
        ("def f(x):\n    return (x*self.x).sum()", "self.x and the argument x are two arrays"),
        ("def f(x):\n    return x, x\nloss = f(x).sum()", "f returns several values"),
        ("y = x*1\ny.view(-1).mul_(2)\nloss = y @ y", "mul_ changes a part of an array"),
        ("loss = x.sum(0, x)", "name the rest, as in keepdims=True"),
        ("fc = nn.Linear(3, 4)\nloss = fc(x).sum()", "'fc_weight' is not declared"),
        ("y = []\ny.append(x @ x)\ny.extend([x @ x])\nloss = sum(y)", "y is a list; join it"),
        ("y = []\ndef f(a):\n    y.append(a)\n    return a\nb = f(x @ x)\nloss = sum(y)", "a list of another function"),
        ("y = []\nh = x*x\ny.append(h)\nh *= 2\nloss = sum(y[0])", "h and y[0] are one array"),
        ("y = []\ny.append(x @ x)\nz = y\nz.append(x @ x)\nloss = sum(y)", "y is a list; join it"),
        ("h = 0\nfor i in range(n):\n    h = tanh(h + x[i])\nloss = h", "each step takes h of"),
("v = np.ones(n)\nfor i in range(1, n):\n    v[i] = tanh(v[i-1])\nloss = v @ x", "more of the one before it"),
        ("v = np.ones(n)\nfor i in range(n):\n    v[i] = v[0] + x[i]\nloss = v @ x", "each step takes v of the one"),
        ("v = 1*x\nu = v\nfor i in range(n):\n    v[i] = 2*x[i]\nloss = u @ v", "v and u are one array"),
        ("h = 0\nfor i in range(n):\n    h += x[i + 1]\nloss = h", "the index of the loop runs from 1 to n"),
        ("h = 0\nfor i in range(n):\n    h += x[i - 1]\nloss = h", "the index of the loop runs from -1"),
        ("h = 0\nfor i in range(n):\n    q = x[i]\n    h += q\nloss = h*q", "a value in each step of the loop"),
        ("h = x*0\nfor i in range(n):\n    if x[i] > 0:\n        h[i] = 2\nloss = h @ x", "whether x[i] > 0 holds"),
        ("h = 0\nfor i in range(n):\n    h += x[i]\n    if x[i] > 0:\n        break\nloss = h", "as many steps"),
        ("h = 0\nb = 0\nfor i in range(n):\n    h += x[i]\n    b += h\nloss = b", "each step takes h of"),
        ("h = 0\nb = 0\nfor t in x:\n    h += b*t\n    b = t\nloss = h", "each step takes b of"),
        ("h = []\nb = 0\nfor t in x:\n    b += t\n    h.append(b)\nloss = sum(h)", "each step takes b of"),
        ("h = x*2\nfor i in range(n-1):\n    h[i] = h[i+1]*2\nloss = h @ x", "none needs the one before it"),
        ("h = 0\nfor i in range(3):\n    if i == 1:\n        break\n    h += x[i]\nloss = h @ x", "as many steps"),
        ("h = []\nfor t in x:\n    h.append(t)\n    h.append(t)\nloss = sum(h)", "appended to and read in one loop"),
        ("h = 0\nfor i in range(n):\n    return x[i]\nloss = h", "returns nothing"),
        ("h = 0\nfor i in range(n):\n    for j in range(i + 1, n):\n        h += x[i]*x[j]\nloss = h", "i + 1"),
        ("y = x*x\nloss = (x[x > 1] + y).sum()", "of one side a condition picks entries, and not of the other"),
        ("y = x*x\nloss = (x[x > 1] + y[y > 1]).sum()", "of one side a condition picks entries, and not of the other"),
        ("loss = x[x > 1].norm()", "what a condition picks is changed entry by entry"),
        ("loss = x[x > 1][0]", "what a condition picks is changed entry by entry"),
        ("q = x[x > 1]\nloss = x @ q", "what a condition picks is changed entry by entry"),
        ("x[x > 1]**2", "end with its sum or its mean"),
        ("loss = x[x]", "an index is a whole number or a size"),
    ],
)  # fmt: skip
def test_what_a_model_needs_is_said(text, words):
    with pytest.raises((ParseError, UnknownName)) as said:
        derive(text, "x", "x: n")
    assert words in str(said.value)


SUMS = {
    r"\frac{1}{n} \sum_{i=1}^{n} \log(1 + e^{-y_i \langle x_i, w \rangle})": "return mean(log(1 + exp(-y*(x @ w))))",
    r"\sum_i \|x_i - w\|^2 + \sum_{i=1}^n y_i": "return sum((x - w)**2) + sum(y)",
    r"\sum_{i,j} A_{ij} (y_i - z_j)^2": "return sum(A*(y[:, None] - z[None])**2)",
    r"\sum_{i=1}^n \sum_{j=1}^m A_{ij} y_i z_j": "return y @ A @ z",
    r"\sum_{i} y_i \log \sum_{j=1}^m e^{A_{ij} z_j}": "return sum(y*log(sum(exp(A*z), axis=1)))",
    r"\sum_{i=1}^n y_i (x_i^T w) - \exp(x_i^T w) - \log(y_i !)": "return sum(y*(x @ w) - exp(x @ w) - gammaln(y + 1))",
    r"\prod_{i=1}^{n} (1 + y_i^2)": "return np.prod(1 + y**2)",
    r"\sum_{i=1}^n (w_0 + y_i)^2 \quad": "return sum((w_0 + y)**2)",
    r"\sum_{i=1}^n (y^{(i)} - \frac{1}{n} \sum_{j=1}^n y^{(j)})^2": "return sum((y - mean(y))**2)",
    r"\sum_{i=1}^n B_{ii} y_i + \sum_{i,j} y_i y_j B_{ji}": "return diagvec(B) @ y + y @ B @ y",
    r"-\sum_{i=1}^n p_i \log p_i": "return -sum(p*log(p))",
    r"\sum_{i,j} (c_j^T x_i - A_{ij})^2 y_i": "return sum((A - x @ c.T)**2 * y[:, None])",
    r"\sum_{i=1}^n \log \sum_{j=1}^m e^{c_j^T x_i} y_i^2": "return sum(log(sum(exp(x @ c.T)*y[:, None]**2, axis=1)))",
    "||w||_2^2 + lambda1 * sum(y) + (z^T u)^2": "return sum(w**2) + lambda1*sum(y) + (z @ u)**2",
    r"\frac{n}{2} \log(2\pi) w_0 + \sum_{k=1}^m z_k w_0": "return 3/2*log(2*pi)*w_0 + sum(z)*w_0",
    r"f = w^T w \\ g = 2 f(w) + f": "return 3*(w @ w)",
    r"h(u) = u^T u \\ L = h(2 w) - h(w)": "return 3*(w @ w)",
    r"f = w^T w \\ g = f(2 w + c^T z)": "return (2*w + c.T @ z) @ (2*w + c.T @ z)",
    r"h = \sigma(x w) \\ L = \sum_{i=1}^n y_i h(x_i)": "return sum(y/(1 + exp(-(x @ w))))",
    r"q_i = e^{y_i} / \sum_k e^{y_k} \\ L = -\sum_i q_i \log q_i": "q = exp(y)/sum(exp(y)); return -sum(q*log(q))",
    r"D_{ji} = \|x_i - c_j\|^2 + y_i \\ L = \sum_{i,j} A_{ij} D_{ji}": (
        "D = sum((x[:, None] - c[None])**2, axis=2) + y[:, None]; return sum(A*D)"
    ),
    r"\sum_{i=1}^n \max(0, 1 - y_i x_i^T w) + \min(w_0, 2 w_0 - 9)": (
        "d = 1 - y*(x @ w); return sum(d*(d > 0)) + 2*w_0 - 9"
    ),
    r"-\sum_i p_i \log_2 p_i": "return -sum(p*log(p))/log(2)",
    r"y^T \exp(A) z + y^T \exp(B) y": "return y @ exp(A) @ z + y @ exp(B) @ y",
    r"2 \mathbf{1}^T w": "return 2*sum(w)",
    r"\| x - \mathbf{1} w^T \|_F^2": "return sum((x - w[None])**2)",
    r"w^T (\sum_{i=1}^n x_i x_i^T + w_0 I) w": "return w @ x.T @ x @ w + w_0*(w @ w)",
}
"""Losses in LaTeX with sums over indices, and the same in NumPy."""
OF_SUMS = "x: n×d, y: n, w: d, c: m×d, A: n×m, B: n×n, z: m, u: m, p: n, w_0: scalar, lambda1: scalar"


@pytest.mark.parametrize("text", SUMS)
def test_a_sum_over_indices_in_latex_is_read_by_its_letters(text):
    random, values = np.random.default_rng(8), {}
    sizes = {"n": 3, "d": 4, "m": 5}
    for piece in OF_SUMS.split(", "):
        variable, _, shape = piece.partition(": ")
        axes = () if shape == "scalar" else tuple(length(size, sizes) for size in shape.split("×"))
        values[variable] = drawn("unit", axes, random, sizes)
    within = [name for name in values if f" {name}" in f" {SUMS[text]}".replace("(", " ").replace("*", " ")]
    variable = next(name for name in ("w", "y", "p", "w_0") if name in within)
    found = derive(text, variable, OF_SUMS).gradient(**values)
    np.testing.assert_allclose(found, gradient_of(SUMS[text], values, variable), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (r"\sum_{i=1}^{n-1} y_i^2", "a sum over a part of the n entries of y"),
        (r"\sum_{i=1}^{m} y_i^2", "a sum over a part of the n entries of y"),
        (r"\sum_{i=2}^{n} y_i^2", "a sum over a part of the n entries of y"),
        (r"\sum_{i=1}^{n} \sum_{j=1}^{i} y_j", "a sum over a part of the n entries of y"),
        (r"\sum_i x_{i,1} y_i", "an entry"),
        (r"y^T y \operatorname{tr} \log B", "the log of a whole matrix"),
        (r"\sum_{i=1}^{n} y_i y_{i+1}", "an entry"),
        (r"\sum_{i=1}^{n} z_i y_i", "a sum over a part of the m entries of z"),
    ],
)
def test_a_sum_over_a_part_of_the_entries_is_refused_by_its_name(text, words):
    with pytest.raises(ParseError, match="is not read from LaTeX") as said:
        derive(text, "y", OF_SUMS)
    assert words in str(said.value)


def test_products_of_all_pairs_of_rows_are_a_product_of_matrices():
    found = derive(r"\sum_{i,j} (R_{ij} - u_i^T v_j)^2", "u", "R: m×n, u: m×k, v: n×k")
    assert str(found.gradient) == "-2 E v"
