"""The plots of the chapter on convolution, in the style of `figures`."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from gradients.figures import BLUE, CARD, GREEN, INK, ORANGE, styled
from gradients.figures_attention import decimals, shade

TAPS = [BLUE, ORANGE, GREEN]


@styled
def bands():
    """The matrix of a convolution with three taps, and its transpose: the same three colours in the other order.

    Returns
    -------
    Drawing
    """
    figure = Figure(figsize=(5.6, 2.9), layout="constrained")
    band = np.array([[j - i + 1 if 0 <= j - i < 3 else 0 for j in range(5)] for i in range(3)])
    sides = [("down: $v$ = this times $a$", band, 0), ("back: this times $g$", band.T, 7.4)]
    axes = figure.add_subplot()
    for name, places, left in sides:
        columns = places.shape[1]
        for (i, j), tap in np.ndenumerate(places):
            face = TAPS[tap - 1] if tap else CARD
            axes.add_patch(Rectangle((left + j, -i - 1), 1, 1, facecolor=face, edgecolor=INK, linewidth=0.8))
            look = {"color": "white", "weight": "bold"} if tap else {"color": INK}
            axes.text(left + j + 0.5, -i - 0.5, f"$c_{tap}$" if tap else "0", ha="center", va="center", **look)
        axes.text(left + columns / 2, 0.35, name, ha="center", va="bottom")
        axes.add_patch(Rectangle((left, -3), columns, 1, fill=False, edgecolor=INK, linewidth=2.6, zorder=3))
    axes.text(5.2, -2.5, "this row", ha="left", va="center", fontsize=10)
    axes.text(10.6, -2.5, "this row", ha="left", va="center", fontsize=10)
    axes.set(xlim=(-0.2, 12.6), ylim=(-5.2, 1.2))
    axes.set_aspect("equal")
    axes.set_axis_off()
    return figure


@styled
def one_pull(kernel, right, rotated):
    """A kernel, and what comes back to an image from a single output: right, and with the kernel rotated.

    Parameters
    ----------
    kernel : array_like, (p, q)
    right, rotated : array_like, (m + p - 1, n + q - 1)

    Returns
    -------
    Drawing
    """
    blocks = {"the kernel": kernel, "added to its window": right, "rotated first": rotated}
    most = max(np.abs(block).max() for block in blocks.values())
    widest = 1.6 * max(np.shape(block)[1] for block in blocks.values())
    figure = Figure(figsize=(5.6, 6.8), layout="constrained")
    for place, (name, block) in enumerate(blocks.items()):
        block = np.asarray(block)
        rows, columns = block.shape
        axes = figure.add_subplot(3, 1, place + 1)
        for (i, j), entry in np.ndenumerate(block):
            face = shade(entry, most)
            axes.add_patch(Rectangle((1.6 * j, -i - 1), 1.6, 1, facecolor=face, edgecolor=INK, linewidth=0.8))
            axes.text(1.6 * j + 0.8, -i - 0.5, decimals(entry), ha="center", va="center", fontsize=10)
        axes.set_title(name)
        beside = (widest - 1.6 * columns) / 2 + 0.1
        axes.set(xlim=(-beside, 1.6 * columns + beside), ylim=(-rows - 0.1, 0.1))
        axes.set_aspect("equal")
        axes.set_axis_off()
    return figure
