"""The book's plots: one style, one function a figure.

Each function takes the numbers that its page computed and returns a `Drawing`, which a notebook shows as SVG. Nothing
is drawn twice: no pyplot, no global state. The look is made for light and dark pages, for colour-blind readers and for
grey paper: an opaque pale card, three colours that differ in lightness, and a line style of its own for each line.
"""

import hashlib
import io
import re
from functools import wraps
from itertools import pairwise

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from gradients.neuron import sigmoid, sigmoid_derivative

# Okabe and Ito's colours, the ones that keep apart in grey as well
BLUE, ORANGE, GREEN, INK, FAINT = "#0072B2", "#D55E00", "#009E73", "#222222", "#8a8a8a"
CARD = "#fbfaf7"

_STYLE = {
    "figure.facecolor": CARD,
    "axes.facecolor": CARD,
    "savefig.facecolor": CARD,
    "font.size": 12,
    "font.family": "DejaVu Sans",
    "mathtext.fontset": "dejavusans",
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "axes.titlesize": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddbd3",
    "grid.linewidth": 0.7,
    "xtick.color": INK,
    "ytick.color": INK,
    "lines.linewidth": 2.2,
    "legend.frameon": False,
    "svg.hashsalt": "every step checked",
    "svg.fonttype": "path",
}


class Drawing:
    """A finished figure, shown by a notebook as SVG.

    The SVG is the same on every machine: no date, fixed identifiers, coordinates rounded to a hundredth of a point.
    """

    def __init__(self, figure):
        self._figure = figure

    def __repr__(self):
        width, height = self._figure.get_size_inches()
        return f"Drawing({width:g} by {height:g} inches)"

    def _repr_svg_(self):
        text = io.StringIO()
        with matplotlib.rc_context(_STYLE):
            self._figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
        return _rounded(text.getvalue())


def _rounded(svg):
    """The SVG with coordinates of two decimals, and with identifiers made from that text alone.

    Scale factors stay as they are. Matplotlib's own identifiers are hashes of coordinates before rounding.
    """

    def short(number):
        return f"{round(float(number[0]), 2) + 0.0:.2f}".rstrip("0").rstrip(".")  # + 0.0: no minus zero

    def coordinates(match):
        return re.sub(r"-?\d+\.\d+(e-?\d+)?", short, match[0])

    svg = re.sub(r'(?<= )(?:d|x|y|width|height)="[^"]*"|translate\([^)]*\)', coordinates, svg)
    hashed = dict.fromkeys(re.findall(r'id="([mp][0-9a-f]{10})"', svg))
    for number, name in enumerate(hashed):
        svg = svg.replace(name, f"@{number}@")
    prefix = hashlib.sha256(svg.encode()).hexdigest()[:8]
    return re.sub(r"@(\d+)@", rf"i{prefix}-\1", svg)


def canvas(height=3.4, width=5.6):
    """A figure of one panel in the book's style: narrow, so that its text can be read on a phone."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def styled(draw):
    """Let a function draw in the book's style and return a `Drawing`."""

    @wraps(draw)
    def drawn(*arguments, **options):
        with matplotlib.rc_context(_STYLE):
            return Drawing(draw(*arguments, **options))

    return drawn


# ── the landing page ──────────────────────────────────────────────────────────────────────────────────────────────


@styled
def first_step():
    """One step of descent from the same weight, with the right gradient and with the posted one.

    The neuron is the first of the question's page, seen along its first weight; `web/static/moving.js` has it too.

    Returns
    -------
    Drawing
    """
    weight, rest, step = 0.5, 0.4, 4.0  # `rest` is what the other weights and the bias add to z
    target = 0.0

    def loss(w):
        return (sigmoid(w + rest) - target) ** 2

    z = weight + rest
    right = 2 * (sigmoid(z) - target) * sigmoid_derivative(z)
    posted = 2 * (target - sigmoid(z)) * z * (1 - z)
    figure, axes = canvas()
    weights = np.linspace(-1.6, 2.6, 85)
    axes.plot(weights, loss(weights), color=FAINT)
    for slope, colour, style, words, side in [
        (right, BLUE, "-", "one step, right gradient:\nthe loss falls", "left"),
        (posted, ORANGE, "--", "one step, as posted:\nthe loss climbs", "right"),
    ]:
        path = np.linspace(weight, weight - step * slope, 30)
        axes.plot(path, loss(path), color=colour, linestyle=style, linewidth=3)
        end, height = path[-1], loss(path[-1])
        axes.plot([end], [height], "o", color=colour, markersize=9)
        axes.annotate(
            words,
            (end, height),
            xytext=(-14, 10) if side == "right" else (14, -10),
            textcoords="offset points",
            ha=side,
            va="center",
            color=colour,
        )
    axes.plot([weight], [loss(weight)], "o", color=INK, markersize=7)
    axes.set(xlabel="one weight of the neuron", ylabel="loss", xlim=(-1.6, 2.6), ylim=(0, 1))
    return figure


@styled
def derivation_checked():
    """Six lines about a layer, as `check` reads them: what each line is, and what should stand in the wrong ones.

    Returns
    -------
    Drawing
    """
    from derivations import check

    left = r"\frac{\partial L}{\partial W}"
    lines = [
        r"z = W x + b",
        r"s = \sigma(z)",
        r"L = (s - y)^T (s - y)",
        rf"{left} = 2 \left[(y - s) \odot s \odot (1 - s)\right] x^T",
        rf"{left} = 2 \left[(s - y) \odot z \odot (1 - z)\right] x^T",
        rf"{left} = 2 \left[(s - y) \odot s \odot (1 - s)\right] x^T",
    ]
    report = check(r" \\ ".join(lines), "W: m×n, x: n, b: m, y: m", "W")
    figure, axes = canvas(height=3.9, width=7.2)
    axes.set(xlim=(0, 10), ylim=(-0.3, 6.4))
    axes.set_axis_off()
    marks = {"definition": ("≔", FAINT), "holds": ("✓", GREEN), "fails": ("✗", ORANGE)}
    for row, (line, latex) in enumerate(zip(report.lines, lines, strict=True)):
        mark, colour = marks[line.verdict]
        height = 6 - 1.15 * row
        axes.text(0.15, height, mark, color=colour, fontsize=17, va="center")
        axes.text(0.75, height, f"${latex}$", fontsize=14, va="center")
        if line.verdict == "fails":
            axes.text(9.9, height, line.kind, color=colour, va="center", ha="right")
        if line.verdict == "holds":
            axes.text(9.9, height, f"executed at {line.points} points", color=colour, va="center", ha="right")
    return figure


# ── the question ──────────────────────────────────────────────────────────────────────────────────────────────────


@styled
def sigmoid_slopes(z=None):
    """σ′(z) beside z (1 − z): the slope of the sigmoid, and what the question took for it.

    Parameters
    ----------
    z : array_like, (k,), optional
        Where to draw; from −4 to 4 without it.

    Returns
    -------
    Drawing
    """
    z = np.linspace(-4, 4, 161) if z is None else np.asarray(z)
    figure, axes = canvas()
    axes.axhline(0, color=FAINT, linewidth=0.8)
    axes.plot(z, sigmoid(z), color=FAINT, linestyle=":")
    axes.plot(z, sigmoid_derivative(z), color=BLUE)
    axes.plot(z, z * (1 - z), color=ORANGE, linestyle="--")
    axes.text(3.9, 0.78, "σ(z)", color=INK, ha="right", va="top")
    axes.text(-3.9, -0.08, "σ′(z) = σ(z)(1 − σ(z))", color=BLUE, ha="left", va="top")
    axes.text(2.0, -1.0, "z(1 − z),\nas posted", color=ORANGE, ha="left", va="center")
    axes.set(xlabel="z", ylabel="value", ylim=(-1.5, 1.15), xlim=(z.min(), z.max()))
    return figure


@styled
def posted_slope(weights, losses, weight, right, posted):
    """The loss along one weight, with the line of the right slope and the line of the posted one.

    Parameters
    ----------
    weights, losses : array_like, (k,)
        The curve.
    weight : float
        Where both lines touch the curve; one of `weights`.
    right, posted : float
        The two slopes.

    Returns
    -------
    Drawing
    """
    weights, losses = np.asarray(weights), np.asarray(losses)
    height = np.interp(weight, weights, losses)
    near = np.array([-0.9, 0.9])
    figure, axes = canvas()
    axes.plot(weights, losses, color=INK, linestyle=":")
    axes.plot(weight + near, height + right * near, color=BLUE)
    axes.plot(weight + near, height + posted * near, color=ORANGE, linestyle="--")
    axes.plot([weight], [height], "o", color=INK)
    right_label, posted_label = (f"{slope:.2f}".replace("-", "−") for slope in (right, posted))
    axes.text(weight + 0.75, height + right * 0.9, f"the slope, {right_label}", color=BLUE, ha="right", va="bottom")
    axes.text(weight + 0.98, height + posted * 0.9, f"as posted, {posted_label}", color=ORANGE, va="center")
    axes.text(weights[0] + 0.15, losses[0] + 0.06, "the loss", color=INK, va="bottom")
    axes.set(xlabel="the weight of input 1", ylabel="loss", xlim=(weights.min(), weights.max()))
    return figure


# ── scalars ───────────────────────────────────────────────────────────────────────────────────────────────────────


@styled
def paths_to_the_loss(W, x, b, y, i, j):
    """The layer as a graph: the one path from W_ij to the loss, below it the paths from x_j, one a neuron.

    Parameters
    ----------
    W : array_like, (m, n)
    x : array_like, (n,)
    b : array_like, (m,)
    y : array_like, (m,)
    i, j : int
        Which weight, counted from 0; the input x_j goes with it.

    Returns
    -------
    Drawing
        The rate of each step stands on its line.
    """
    W, x, y = np.asarray(W), np.asarray(x), np.asarray(y)
    s = sigmoid(W @ x + b)
    slopes, ends = s * (1 - s), 2 * (s - y)
    heights = [np.linspace(1, -1, k) * (k - 1) / 2 for k in (x.size, s.size)]
    inputs = [(0, height) for height in heights[0]]
    sums = [(2, 1.25 * height) for height in heights[1]]
    outputs = [(3.5, 1.25 * height) for height in heights[1]]
    loss = (5, 0)
    weight = (0.72, 0.64 * inputs[j][1] + 0.36 * sums[i][1])

    figure = Figure(figsize=(5.6, 6.4), layout="constrained")
    one, several = figure.subplots(2, 1)
    for axes in (one, several):
        for start in inputs:
            for end in sums:
                axes.plot(*zip(start, end, strict=True), color=FAINT, linewidth=0.6)
        for start, end in zip(sums, outputs, strict=True):
            axes.plot(*zip(start, end, loss, strict=True), color=FAINT, linewidth=0.6)
        for letter, nodes in {"x": inputs, "z": sums, "s": outputs}.items():
            for k, node in enumerate(nodes):
                _node(axes, node, f"${letter}_{k + 1}$")
        _node(axes, loss, r"$\mathcal{L}$")
        axes.set(xlim=(-0.4, 5.4), ylim=(-1.85, 1.95))
        axes.set_axis_off()

    _path(one, [weight, sums[i], outputs[i], loss], [x[j], slopes[i], ends[i]], BLUE, "-")
    name = f"$W_{{{i + 1}{j + 1}}}$"
    one.plot(*weight, "s", color=BLUE, markersize=9)
    below = (weight[0] - 0.02, weight[1] - 0.42)
    one.text(*below, name, color=BLUE, ha="center", va="center", bbox=PLATE, zorder=3)
    one.set_title(f"one path from {name} to the loss")
    for k, look in zip(range(s.size), [(BLUE, "-"), (ORANGE, "--"), (GREEN, (0, (1, 1)))], strict=False):
        _path(several, [inputs[j], sums[k], outputs[k], loss], [W[k, j], slopes[k], ends[k]], *look)
    several.set_title(f"{s.size} paths from $x_{j + 1}$ to the loss, one through each neuron")
    return figure


PLATE = {"facecolor": CARD, "edgecolor": "none", "pad": 1.5}


def _node(axes, at, name):
    """A named circle."""
    axes.plot(*at, "o", markersize=25, markerfacecolor=CARD, markeredgecolor=INK, markeredgewidth=1, zorder=4)
    axes.text(*at, name, ha="center", va="center", fontsize=13, zorder=5)


def _path(axes, points, rates, colour, style):
    """A line through points, with a rate on each of its pieces."""
    axes.plot(*zip(*points, strict=True), color=colour, linestyle=style, linewidth=2.6, zorder=2)
    for (start, end), rate in zip(pairwise(points), rates, strict=True):
        middle = 0.5 * np.add(start, end)
        axes.text(*middle, signed(rate), ha="center", va="center", fontsize=11, bbox=PLATE, zorder=3)


def signed(number):
    """A number to two decimals with a true minus sign."""
    return f"{number:.2f}".replace("-", "−")


@styled
def loss_along_weight(weights, losses, weight, value, slope, ends, name):
    """The loss along one weight, its tangent by the derived slope, and a chord with its two ends.

    Parameters
    ----------
    weights : array_like, (k,)
        Values of the weight.
    losses : array_like, (k,)
        The loss at each of them, all else held.
    weight, value : float
        The point of contact.
    slope : float
        The derived slope.
    ends : array_like, (2, 2)
        The weight and the loss at either end of the chord, a row each.
    name : str
        The weight in mathtext, without dollars: ``"W_{13}"``.

    Returns
    -------
    Drawing
    """
    weights, losses = np.asarray(weights), np.asarray(losses)
    reach = np.array([-1, 1]) * 0.28 * np.ptp(weights)
    figure, axes = canvas(4.0)
    axes.plot(weights, losses, color=BLUE, label="the loss")
    axes.plot(weight + reach, value + slope * reach, color=ORANGE, linestyle="--", label="derived slope: tangent")
    axes.plot(*np.transpose(ends), color=GREEN, linestyle=":", marker="o", label="difference: chord")
    axes.plot(weight, value, "o", color=INK, markersize=7, zorder=4)
    axes.set(xlabel=f"the weight ${name}$, all others held", ylabel=r"loss $\mathcal{L}$")
    axes.set(xlim=(weights.min(), weights.max()))
    figure.legend(loc="outside upper left")
    return figure


# ── vectors ───────────────────────────────────────────────────────────────────────────────────────────────────────


@styled
def chain_of_jacobians(row, diagonal, last):
    """The chain from the loss back to x, and under each of its arrows the Jacobian, drawn cell by cell.

    Parameters
    ----------
    row : array_like, (1, m)
        ∂𝓛/∂s.
    diagonal : array_like, (m, m)
        ∂s/∂z.
    last : array_like, (m, n)
        ∂z/∂x.

    Returns
    -------
    Drawing
        Cells that are zero are left empty.
    """
    blocks = [np.asarray(block) for block in (row, diagonal, last)]
    names = [r"\partial\mathcal{L}/\partial s", r"\partial s/\partial z", r"\partial z/\partial x"]
    looks = [ORANGE, GREEN, BLUE]
    gap = 2.2
    widths = [block.shape[1] for block in blocks]
    lefts = [sum(widths[:k]) + gap * k for k in range(3)]
    centres = [left + width / 2 for left, width in zip(lefts, widths, strict=True)]
    height = max(len(block) for block in blocks)
    top = height / 2 + 2.9
    nodes = [-gap / 2, *(left - gap / 2 for left in lefts[1:]), lefts[-1] + widths[-1] + gap / 2]

    figure, axes = canvas(height=3.7)
    for name, at in zip([r"$\mathcal{L}$", "$s$", "$z$", "$x$"], nodes, strict=True):
        _node(axes, (at, top), name)
    for end, start in pairwise(nodes):
        arrow = {"arrowstyle": "-|>", "color": INK, "linewidth": 1.4}
        axes.annotate("", (end + 0.7, top), (start - 0.7, top), arrowprops=arrow)
    for block, name, colour, left, centre in zip(blocks, names, looks, lefts, centres, strict=True):
        _cells(axes, block, left, len(block) / 2, colour)
        axes.text(centre, top - 1.3, f"${name}$", ha="center", va="center", fontsize=14)
        _size(axes, block, centre, -height / 2 - 0.7)
    product = blocks[0] @ blocks[1] @ blocks[2]
    middle, below = (nodes[0] + nodes[-1]) / 2, -height / 2 - 2.4
    name = r"product:  $\partial\mathcal{L}/\partial x$"
    axes.text(middle - 2.5, below - 0.5, name, ha="right", va="center", fontsize=14)
    _cells(axes, product, middle - product.shape[1] / 2, below, INK)
    _size(axes, product, middle + 2.5, below - 0.5, ha="left")
    axes.set(xlim=(nodes[0] - 1, nodes[-1] + 1), ylim=(below - 1.4, top + 1))
    axes.set_aspect("equal")
    axes.set_axis_off()
    return figure


@styled
def third_order_jacobian(array):
    """∂z/∂W, an m×m×n array, as m sheets of m×n cells; cells that are zero are left empty.

    Parameters
    ----------
    array : array_like, (m, m, n)

    Returns
    -------
    Drawing
    """
    array = np.asarray(array)
    sheets, rows, columns = array.shape
    figure, axes = canvas(height=2.2)
    for i, sheet in enumerate(array):
        left = i * (columns + 0.8)
        _cells(axes, sheet, left, rows, BLUE, numbers=True)
        centre = left + columns / 2
        axes.text(centre, rows + 0.5, rf"$\partial z_{i + 1}/\partial W$", ha="center", fontsize=13)
        _size(axes, sheet, centre, -0.55)
    axes.set(xlim=(-0.1, sheets * (columns + 0.8) - 0.7), ylim=(-1, rows + 1.2))
    axes.set_aspect("equal")
    axes.set_axis_off()
    return figure


def _cells(axes, block, left, top, colour, numbers=False):
    """A matrix as a grid of unit squares, filled where it is not zero."""
    for (i, j), entry in np.ndenumerate(block):
        corner = (left + j, top - i - 1)
        face, edge = (colour if entry else "none"), (CARD if colour == INK else INK)
        axes.add_patch(Rectangle(corner, 1, 1, facecolor=face, edgecolor=edge, linewidth=0.8))
        if numbers and entry:
            text = f"{entry:g}".replace("-", "−")
            axes.text(*np.add(corner, 0.5), text, color=CARD, ha="center", va="center", fontsize=12)


def _size(axes, block, x, y, ha="center"):
    """Rows × columns, in words."""
    axes.text(x, y, "{} × {}".format(*block.shape), ha=ha, va="center", fontsize=13)


# ── matrix differentials ──────────────────────────────────────────────────────────────────────────────────────────


@styled
def first_order_change(weight=1.0, change=0.5):
    """What a small change of one weight does to the loss (2w − 1)²: along the tangent, and along the curve.

    Parameters
    ----------
    weight, change : float
        Where the tangent touches, and the dw that is added.

    Returns
    -------
    Drawing
    """

    def loss(w):
        return (2 * w - 1) ** 2

    slope, start, end = 4 * (2 * weight - 1), loss(weight), weight + change
    along_tangent, along_curve = start + slope * change, loss(end)
    figure, axes = canvas(height=4.0)
    weights = np.linspace(0.2, 1.8, 81)
    axes.plot(weights, loss(weights), color=INK)
    tangent = np.array([0.72, 1.72])
    axes.plot(tangent, start + slope * (tangent - weight), color=BLUE, linestyle="--")
    axes.plot([weight, end + 0.09], [start, start], color=FAINT, linewidth=1.4)
    axes.plot(weight, start, "o", color=INK, markersize=7)
    for x, top, colour, words, side, shift in [
        (end, along_tangent, BLUE, "$dL$", "right", -5),
        (end + 0.09, along_curve, ORANGE, "$\\Delta L$", "left", 5),
    ]:
        axes.annotate("", (x, top), (x, start), arrowprops={"arrowstyle": "<->", "color": colour, "linewidth": 1.8})
        words = f"{words} = {top - start:g}"
        note(axes, words, x, start + 0.45, (shift, 0), color=colour, ha=side, va="center")
    axes.plot([end, end + 0.09], [along_curve, along_curve], color=ORANGE, linewidth=1.2, linestyle=":")
    note(axes, f"$dw$ = {change:g}", (weight + end) / 2, start, (0, -6), ha="center", va="top")
    note(axes, "the loss", 0.3, loss(0.3), (10, 12), ha="left")
    note(axes, "its tangent", 1.7, start + slope * 0.7, (8, -4), ha="left", va="top", color=BLUE)
    axes.set(xlabel="$w$", ylabel="$L(w)$", xlim=(0.2, 2.05), ylim=(-0.7, 5.2))
    return figure


@styled
def remainder_orders(tau, right, wrong):
    """What is left of a small change of the loss when its differential is taken away, for a right and a wrong one.

    Parameters
    ----------
    tau : array_like, (k,)
        Factors by which the change of the variable was shrunk.
    right, wrong : array_like, (k,)
        ``|f(W + τ dW) − f(W) − τ df|`` with the right df and with a wrong one.

    Returns
    -------
    Drawing
    """
    tau, right, wrong = np.asarray(tau), np.asarray(right), np.asarray(wrong)
    figure, axes = canvas(height=3.8)
    axes.loglog(tau, wrong, color=ORANGE, linestyle="--", marker="s", markersize=5)
    axes.loglog(tau, right, color=BLUE, marker="o", markersize=5)
    third = len(tau) // 3  # each name stands beside its line, where there is room
    axes.text(tau[third], wrong[third] * 5, "wrong df: slope 1", color=ORANGE, ha="center", va="bottom")
    axes.text(tau[third] * 3, right[third], "right df: slope 2", color=BLUE, ha="left", va="top")
    axes.set(xlabel="τ", ylabel="what is left of the change", xlim=(tau.min() / 1.6, tau.max() * 1.6))
    return figure


@styled
def two_passes(m, n):
    """The neuron as a graph: differentials go down from the variables to the loss, adjoints come back up.

    Parameters
    ----------
    m, n : int
        How many neurons and how many inputs, for the shapes on the edges.

    Returns
    -------
    Drawing
    """
    figure, axes = canvas(height=6.2, width=4.8)
    axes.set(xlim=(0, 10), ylim=(-1.0, 11.1))
    axes.set_axis_off()

    def node(x, y, text):
        box = {"boxstyle": "round,pad=0.4", "facecolor": "white", "edgecolor": INK, "linewidth": 1.2}
        axes.text(x, y, text, ha="center", va="center", bbox=box, zorder=3)

    def arrow(start, end, color, style):
        look = {"arrowstyle": "-|>", "mutation_scale": 13, "color": color, "linestyle": style, "linewidth": 1.9}
        axes.annotate("", xy=end, xytext=start, arrowprops={**look, "shrinkA": 0, "shrinkB": 0})

    def edge(top, bottom, differential, adjoint):
        """Both passes along one edge, side by side."""
        top, bottom = np.array(top), np.array(bottom)
        along = (bottom - top) / np.hypot(*(bottom - top))
        aside = 0.2 * np.array([-along[1], along[0]])  # to the right of who looks up the page
        arrow(top - aside, bottom - aside, BLUE, "-")
        arrow(bottom + aside, top + aside, ORANGE, (0, (4, 2)))
        axes.text(*differential[0], differential[1], color=BLUE, ha=differential[2], va="center")
        axes.text(*adjoint[0], adjoint[1], color=ORANGE, ha=adjoint[2], va="center")

    edge(
        (1.4, 9.4),
        (4.3, 7.1),
        ((2.25, 8.1), f"$dW$  ({m}×{n})", "right"),
        ((2.25, 7.5), f"$u\\,x^T$  ({m}×{n})", "right"),
    )
    edge((5, 9.4), (5, 7.1), ((4.6, 8.9), f"$dx$  ({n})", "right"), ((5.4, 8.9), f"$W^T u$  ({n})", "left"))
    edge((8.6, 9.4), (5.7, 7.1), ((7.75, 8.1), f"$db$  ({m})", "left"), ((7.75, 7.5), f"$u$  ({m})", "left"))
    chain = [
        (6.6, "$dz=dW\\,x+W\\,dx+db$", "$u=s\\,'\\odot 2\\,r$"),
        (4.5, "$ds=s\\,'\\odot dz$", "$2\\,r$"),
        (2.4, "$dr=ds$", "$2\\,r$"),
    ]
    for y, differential, adjoint in chain:
        left = ((4.6, y - 1.05), f"{differential}  ({m})", "right")
        right = ((5.4, y - 1.05), f"{adjoint}  ({m})", "left")
        edge((5, y - 0.5), (5, y - 1.6), left, right)
    for x, y, text in [(1, 9.8, "$W$"), (5, 9.8, "$x$"), (9, 9.8, "$b$"), (5, 6.6, "$z=W\\,x+b$")]:
        node(x, y, text)
    for y, text in [(4.5, "$s=\\sigma(z)$"), (2.4, "$r=s-y$"), (0.3, "$\\mathcal{L}=r:r$")]:
        node(5, y, text)
    axes.text(4.6, 10.8, "the differential goes down", color=BLUE, ha="right", va="center")
    axes.text(5.4, 10.8, "the adjoint comes back up", color=ORANGE, ha="left", va="center")
    axes.text(5, -0.65, "on every level: adjoint : differential = $d\\mathcal{L}$", ha="center", va="center")
    return figure


# ── one gradient, three ways ──────────────────────────────────────────────────────────────────────────────────────


@styled
def three_ways_times(work, times):
    """How long each way takes, against the size of the problem, from a stored table.

    Parameters
    ----------
    work : array_like, (k,)
        The sizes N·n·m of the problems that were timed.
    times : dict of array_like, (k,)
        Median seconds by name, slowest first; NaN where nothing was measured.

    Returns
    -------
    Drawing
    """
    looks = [(ORANGE, "--", "s"), (FAINT, ":", "D"), (GREEN, "-.", "^"), (INK, (0, (5, 1)), "v"), (BLUE, "-", "o")]
    figure, axes = canvas(height=4.2)
    for (name, seconds), (color, style, marker) in zip(times.items(), looks, strict=True):
        axes.loglog(work, seconds, color=color, linestyle=style, marker=marker, markersize=5, label=name)
    axes.set(xlabel="N · n · m, the products of numbers in X Wᵀ", ylabel="seconds")
    axes.legend(loc="upper left")
    return figure


# ── the neuron learns ─────────────────────────────────────────────────────────────────────────────────────────────


def note(axes, text, x, y, shift=(0, 0), **style):
    """A word beside a curve, at a point of the data and moved by some points of paper."""
    axes.annotate(text, (x, y), xytext=shift, textcoords="offset points", **style)


@styled
def falling_loss(losses, guess):
    """The loss after each step of gradient descent, under the loss of the best constant guess.

    Parameters
    ----------
    losses : array_like, (steps + 1,)
    guess : float
        The loss of answering every row with the same number.

    Returns
    -------
    Drawing
    """
    last = len(losses) - 1
    figure, axes = canvas()
    axes.plot(losses, color=BLUE)
    axes.axhline(guess, color=ORANGE, linestyle="--")
    note(axes, "one number for every row", last, guess, (-4, -16), ha="right", color=ORANGE)
    note(axes, "the neuron", last, losses[last], (-4, 8), ha="right", color=BLUE)
    axes.set(xlabel="steps taken", ylabel="loss, training rows", xlim=(0, last), ylim=(0, 105))
    return figure


@styled
def four_runs(right, lost_minus, z_for_s, both):
    """The loss along gradient descent with the right gradient, with each of two mistakes, and with both.

    Parameters
    ----------
    right, lost_minus, z_for_s, both : array_like
        Losses after each step; a run shorter than the longest gets a cross where it stops.

    Returns
    -------
    Drawing
    """
    figure, axes = canvas(height=4.0)
    longest = max(len(losses) for losses in (right, lost_minus, z_for_s, both)) - 1
    for losses, colour, line, label in (
        (z_for_s, GREEN, ":", "z(1 − z) alone"),
        (lost_minus, ORANGE, "--", "lost minus alone"),
        (right, BLUE, "-", "right gradient"),
        (both, INK, "-.", "both mistakes, as posted"),
    ):
        last = len(losses) - 1
        axes.plot(losses, color=colour, linestyle=line, label=label)
        if last < longest:
            axes.plot(last, losses[last], color=colour, marker="X", markersize=10, linestyle="none")
            note(axes, "no longer finite", last, losses[last], (0, 9), color=colour)
    axes.set(xlabel="steps taken", ylabel="loss, training rows", xlim=(0, longest), ylim=(0, 420))
    axes.legend(loc="center right", bbox_to_anchor=(1, 0.47))
    return figure


@styled
def mistake_factor(z, factor):
    """By what the two mistakes together multiply one row's share of the gradient, over that row's z.

    Parameters
    ----------
    z : array_like, (k,)
    factor : array_like, (k,)
        −z (1 − z) / (σ(z) (1 − σ(z))).

    Returns
    -------
    Drawing
    """
    left, right, top = min(z), max(z), max(factor)
    figure, axes = canvas()
    axes.axhspan(-5, 0, color=ORANGE, alpha=0.13, linewidth=0)
    axes.axhline(1, color=BLUE, linestyle="--")
    axes.plot(z, factor, color=INK)
    note(axes, "1 would be right", 0.5, 1, (0, 6), ha="center", color=BLUE)
    note(axes, "below zero: uphill", 0.5, -3.4, ha="center", color=ORANGE)
    note(axes, "above zero:\ndownhill, by luck", 0.5, 0.6 * top, ha="center")
    axes.set(xlabel="z of the row", ylabel="its share is multiplied by", xlim=(left, right), ylim=(-4.5, top))
    return figure


@styled
def two_features(points, labels, ends, names):
    """Two classes in the plane of two inputs, and the line on which the neuron's output is one half.

    Parameters
    ----------
    points : array_like, (N, 2)
    labels : array_like, (N,)
        0 where malignant, 1 where benign.
    ends : array_like, (2, 2)
        The two end points of the line, a row each.
    names : pair of str
        What the two inputs are.

    Returns
    -------
    Drawing
    """
    points, benign, ends = np.asarray(points), np.asarray(labels) == 1, np.asarray(ends)
    figure, axes = canvas(height=4.2)
    axes.plot(*points[~benign].T, color=ORANGE, marker="x", markersize=5, linestyle="none", label="malignant")
    axes.plot(*points[benign].T, color=BLUE, marker="o", markersize=4, linestyle="none", label="benign")
    axes.plot(*ends.T, color=INK, label="s = 1/2")
    axes.set(xlabel=names[0], ylabel=names[1], ylim=(points[:, 1].min() - 0.3, points[:, 1].max() + 0.3))
    axes.legend(loc="upper right")
    return figure


# ── checking a gradient ───────────────────────────────────────────────────────────────────────────────────────────


def _error_axes(axes, steps):
    axes.set(xscale="log", yscale="log", xlabel="step h", ylabel="error of the slope")
    axes.set(xlim=(min(steps), max(steps)), ylim=(1e-17, 10))
    axes.set(xticks=[1e-16, 1e-12, 1e-8, 1e-4, 1], yticks=[1e-16, 1e-12, 1e-8, 1e-4, 1])
    axes.minorticks_off()


@styled
def difference_errors(steps, forward, central):
    """The error of forward and central differences over the step, on two logarithmic axes.

    Parameters
    ----------
    steps, forward, central : array_like, (k,)
        Positive.

    Returns
    -------
    Drawing
    """
    figure, axes = canvas(height=4.0)
    axes.plot(steps, forward, color=ORANGE, linestyle="--", label="forward difference")
    axes.plot(steps, central, color=BLUE, label="central difference")
    _error_axes(axes, steps)
    axes.text(1e-14, 2e-6, "rounding", ha="center")
    axes.text(1e-2, 1e-9, "truncation", ha="center")
    axes.legend(loc="lower left")
    return figure


@styled
def complex_step_errors(steps, central, complex_step):
    """The error of the complex step beside that of central differences, over the step, on two logarithmic axes.

    Parameters
    ----------
    steps, central, complex_step : array_like, (k,)
        Positive.

    Returns
    -------
    Drawing
    """
    figure, axes = canvas(height=4.0)
    axes.plot(steps, central, color=BLUE, label="central difference")
    axes.plot(steps, complex_step, color=GREEN, linestyle="-.", label="complex step")
    _error_axes(axes, steps)
    axes.legend(loc="center left", bbox_to_anchor=(0, 0.35))
    return figure


# ── covariance and symmetric variables ────────────────────────────────────────────────────────────────────────────


@styled
def commuting(scatter):
    """How far K⁻²C/2 is from K⁻¹CK⁻¹/2, over all positive definite K with two rows and the trace 2.

    Parameters
    ----------
    scatter : array_like, (2, 2)
        C for each sample, symmetric, with the trace 2, so that it is one of the K.

    Returns
    -------
    Drawing
        The matrices that commute with C lie on a line through the identity and through C.
    """
    scatter = np.asarray(scatter)
    answer = np.array([(scatter[0, 0] - scatter[1, 1]) / 2, scatter[0, 1]])
    turn = np.linspace(0, 2 * np.pi, 121) + np.arctan2(answer[1], answer[0])  # the line is a ray of the grid
    radius, angle = np.meshgrid(np.linspace(0, 0.97, 60), turn)
    across, up = radius * np.cos(angle), radius * np.sin(angle)
    inverse = np.linalg.inv(np.moveaxis(np.array([[1 + across, up], [up, 1 - across]]), (0, 1), (-2, -1)))
    error = np.linalg.norm(inverse @ (inverse @ scatter - scatter @ inverse) / 2, axis=(-2, -1))

    figure, axes = canvas(height=4.8, width=5.2)
    lines = axes.contour(across, up, error, levels=[0.1, 0.5, 2, 10], colors=ORANGE, linewidths=[0.8, 1.4, 2, 2.6])
    axes.clabel(lines, fmt="%g", fontsize=10)
    axes.plot(np.cos(turn), np.sin(turn), color=FAINT, linestyle=":")
    along = answer / np.hypot(*answer)
    axes.plot(*np.transpose([-along, along]), color=BLUE)
    for (x, y), name, shift, side in [
        ((0, 0), "the identity", (8, -14), "left"),
        (answer, "the answer", (-8, 9), "right"),
    ]:
        axes.plot(x, y, "o", color=INK, zorder=4)
        note(axes, name, x, y, shift, ha=side, bbox=PLATE)
    axes.set(xlabel="$(K_{11} - K_{22})/2$", ylabel="$K_{12}$", xlim=(-1.05, 1.05), ylim=(-1.05, 1.05))
    axes.set_aspect("equal")
    return figure
