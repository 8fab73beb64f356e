"""The plots of the chapters on the softmax classifier and on a whole network, in the style of `figures`."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from gradients.figures import BLUE, FAINT, INK, ORANGE, canvas, note, signed, styled
from gradients.figures_normalisation import shade


def _grid(axes, block, left, top):
    """Numbers in cells, blue where they are positive and orange where they are negative."""
    for (i, j), entry in np.ndenumerate(block):
        face, ink = shade(entry, most=1)
        axes.add_patch(Rectangle((left + j, top - 1 - i), 1, 1, facecolor=face, edgecolor=INK, linewidth=0.8))
        words = signed(entry) if round(abs(entry), 2) else "0"
        axes.text(left + j + 0.5, top - 0.5 - i, words, color=ink, ha="center", va="center", fontsize=9)


@styled
def pull_of_each_row(P, Y):
    """The probabilities, the targets and their difference, a row for each sample, with the sums of the rows.

    Parameters
    ----------
    P, Y : array_like, (k, m)
        A few rows of each.

    Returns
    -------
    Drawing
    """
    P, Y = np.asarray(P), np.asarray(Y)
    samples, classes = P.shape
    figure, axes = canvas(height=2.7)
    step = classes + 1.5
    for place, (name, block) in enumerate([("$P$", P), ("$Y$", Y), ("$P - Y$", P - Y)]):
        left = place * step
        _grid(axes, block, left, samples)
        axes.text(left + classes / 2, samples + 0.3, name, ha="center", va="bottom", fontsize=14)
        for row, total in enumerate(block.sum(axis=1)):
            height = samples - 0.5 - row
            axes.text(left + classes + 0.12, height, f"{abs(total):.0f}", color=FAINT, ha="left", va="center")
        axes.text(left + classes + 0.12, -0.25, "sum", color=FAINT, ha="left", va="top", fontsize=9)
    axes.text(step - 0.75, samples / 2, "−", ha="center", va="center", fontsize=16)
    axes.text(2 * step - 0.75, samples / 2, "=", ha="center", va="center", fontsize=16)
    axes.text(-0.25, samples / 2, "samples", rotation=90, ha="right", va="center")
    axes.set(xlim=(-0.9, 3 * step - 0.6), ylim=(-0.9, samples + 1.1))
    axes.set_aspect("equal")
    axes.set_axis_off()
    return figure


@styled
def two_newton_runs(free, priced):
    """The loss and the length of W after each step of Newton, without a price on the weights and with one.

    Parameters
    ----------
    free, priced : array_like, (steps + 1, 2)
        After each step, the loss and the norm of W.

    Returns
    -------
    Drawing
    """
    figure = Figure(figsize=(5.6, 5.2), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    for run, colour, style in [(np.asarray(free), ORANGE, "--"), (np.asarray(priced), BLUE, "-")]:
        above.semilogy(run[:, 0], color=colour, linestyle=style)
        below.plot(run[:, 1], color=colour, linestyle=style)
    last = len(free) - 1
    middle = int(0.72 * last)
    named = [
        (above, 0, "with a price (its part included)", (-6, -8), "top"),
        (below, 1, "with a price", (-8, 4), "bottom"),
    ]
    for axes, place, words, shift, side in named:
        note(axes, "without a price", middle, free[middle][place], shift, ha="right", va=side, color=ORANGE)
        note(axes, words, last, priced[-1][place], (0, 7), ha="right", va="bottom", color=BLUE)
    above.set(ylabel="loss, by powers of ten")
    below.set(xlabel="steps of Newton", ylabel="length of W", ylim=(0, None), xlim=(0, last))
    return figure


@styled
def network_passes(N, n, q, m):
    """A network of two layers as a graph: shapes on the edges, what flows back, and where copies are added.

    Parameters
    ----------
    N, n, q, m : int
        Samples, inputs, hidden neurons and classes.

    Returns
    -------
    Drawing
    """
    figure, axes = canvas(height=6.6)
    axes.set(xlim=(-0.4, 12.4), ylim=(-0.2, 13.2))
    axes.set_axis_off()

    def node(x, y, text):
        box = {"boxstyle": "round,pad=0.35", "facecolor": "white", "edgecolor": INK, "linewidth": 1.2}
        axes.text(x, y, text, ha="center", va="center", bbox=box, zorder=3, fontsize=11)

    def edge(top, bottom):
        """Down along one edge in blue, and back beside it, dashed in orange."""
        top, bottom = np.array(top), np.array(bottom)
        along = (bottom - top) / np.hypot(*(bottom - top))
        aside = 0.14 * np.array([-along[1], along[0]])
        for start, end, colour, style in [
            (top - aside, bottom - aside, BLUE, "-"),
            (bottom + aside, top + aside, ORANGE, (0, (4, 2))),
        ]:
            look = {"arrowstyle": "-|>", "mutation_scale": 11, "color": colour, "linestyle": style, "linewidth": 1.7}
            axes.annotate("", xy=end, xytext=start, arrowprops={**look, "shrinkA": 0, "shrinkB": 0})

    def words(x, y, text, colour, side):
        axes.text(x, y, text, color=colour, ha=side, va="center", fontsize=10)

    for layer, input_name, sums, adjoint, size, inner in [
        (1, "X", 9.2, "U_1", q, n),
        (2, "A", 4.4, "U_2", m, q),
    ]:
        edge((1.0, sums + 2.0), (4.6, sums + 0.45))
        if layer == 2:
            edge((6, sums + 2.0), (6, sums + 0.45))
        edge((11.0, sums + 2.0), (7.4, sums + 0.45))
        node(1.0, sums + 2.4, f"$W_{layer}$  {size}×{inner}")
        node(11.0, sums + 2.4, f"$b_{layer}$  {size}")
        words(1.9, sums + 0.95, f"${input_name}\\,dW_{layer}^T$", BLUE, "right")
        words(1.9, sums + 0.3, f"${adjoint}^T {input_name}$", ORANGE, "right")
        words(9.9, sums + 0.95, f"$\\mathbf{{1}}\\,db_{layer}^T$: {N} copies", BLUE, "left")
        words(9.9, sums + 0.3, f"${adjoint}^T \\mathbf{{1}}$: added up", ORANGE, "left")
    look = {"arrowstyle": "-|>", "mutation_scale": 11, "color": FAINT, "linewidth": 1.7, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", xy=(6, 9.65), xytext=(6, 11.2), arrowprops=look)
    words(6.3, 10.45, "rests", FAINT, "left")
    edge((6, 8.75), (6, 7.25))
    edge((6, 3.95), (6, 1.2))
    node(6, 11.6, f"$X$  {N}×{n}")
    node(6, 9.2, f"$Z_1$  {N}×{q}")
    node(6, 6.8, f"$A = \\max(0, Z_1)$  {N}×{q}")
    node(6, 4.4, f"$Z_2$  {N}×{m}")
    node(6, 0.75, "$\\gamma = -Y : \\log\\,\\mathrm{softmax}(Z_2)$")
    words(5.6, 8.0, "$dA = [Z_1 > 0] \\odot dZ_1$", BLUE, "right")
    words(6.4, 8.0, "$U_1 = [Z_1 > 0] \\odot U_2 W_2$", ORANGE, "left")
    words(5.7, 5.65, "$dA\\,W_2^T$", BLUE, "right")
    words(6.3, 5.65, "$U_2 W_2$", ORANGE, "left")
    words(5.6, 2.6, "$dZ_2$", BLUE, "right")
    words(6.4, 2.6, "$U_2 = P - Y$", ORANGE, "left")
    words(5.6, 12.8, "differentials go down", BLUE, "right")
    words(6.4, 12.8, "adjoints come back up", ORANGE, "left")
    return figure


@styled
def losses_and_biases(right, printed, right_biases, printed_biases):
    """The loss along two runs of training, and the output biases at their ends.

    Parameters
    ----------
    right, printed : array_like, (steps + 1,)
        The loss for each sample along the run with the right gradient, and with one number for all biases.
    right_biases, printed_biases : array_like, (m,)

    Returns
    -------
    Drawing
    """
    figure = Figure(figsize=(5.6, 5.4), layout="constrained")
    above, below = figure.subplots(2, 1)
    above.semilogy(right, color=BLUE, label="right")
    above.semilogy(printed, color=ORANGE, linestyle="--", label="one number for all biases")
    above.set(xlabel="steps", ylabel="loss of a sample", xlim=(0, len(right) - 1), yticks=[0.1, 0.3, 1, 3])
    above.set_yticklabels(["0.1", "0.3", "1", "3"])
    above.minorticks_off()
    above.legend(loc="upper right")
    classes = np.arange(len(right_biases))
    below.bar(classes, right_biases, color=BLUE, width=0.6)
    below.plot(classes, printed_biases, color=ORANGE, marker="D", markersize=5, linestyle="none")
    below.axhline(0, color=INK, linewidth=0.8)
    below.set_axisbelow(True)
    below.set(xlabel="digit", ylabel="bias of its output", xticks=classes)
    return figure
