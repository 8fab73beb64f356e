"""The plots of the chapter on attention, in the style of `figures`."""

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from gradients.figures import BLUE, CARD, INK, ORANGE, PLATE, canvas, styled


def shade(entry, most):
    """Blue for a positive entry, orange for a negative one, paler the smaller it is."""
    weight = min(abs(entry) / most, 1) * 0.75
    full = to_rgb(ORANGE if entry < 0 else BLUE)
    return tuple((1 - weight) * pale + weight * strong for pale, strong in zip(to_rgb(CARD), full, strict=True))


def decimals(entry):
    """Two decimals, a true minus, and a plain 0 for what rounds to it."""
    return f"{entry:.2f}".replace("-", "−") if abs(entry) >= 0.005 else "0"


@styled
def pull_on_the_scores(right, printed):
    """What arrives at the scores, right and as printed, with the sums of the rows.

    Parameters
    ----------
    right, printed : array_like, (m, N)

    Returns
    -------
    Drawing
    """
    right, printed = np.asarray(right), np.asarray(printed)
    rows, columns = right.shape
    most = max(np.abs(right).max(), np.abs(printed).max())
    figure = Figure(figsize=(5.6, 5.2), layout="constrained")
    for place, (name, block) in enumerate([("right: with the mean of each row", right), ("as printed", printed)]):
        axes = figure.add_subplot(2, 1, place + 1)
        for (i, j), entry in np.ndenumerate(block):
            face = shade(entry, most)
            axes.add_patch(Rectangle((j, -i - 1), 1, 1, facecolor=face, edgecolor=INK, linewidth=0.8))
            axes.text(j + 0.5, -i - 0.5, decimals(entry), ha="center", va="center", fontsize=11)
        for i, total in enumerate(block.sum(axis=1)):
            axes.text(columns + 0.95, -i - 0.5, decimals(total), ha="center", va="center", fontsize=11, weight="bold")
        axes.text(columns + 0.95, 0.12, "sum", ha="center", va="bottom")
        axes.text(-0.2, -rows / 2, "queries", rotation=90, ha="right", va="center")
        axes.text(columns / 2, -rows - 0.12, "keys", ha="center", va="top")
        axes.set_title(name)
        axes.set(xlim=(-0.7, columns + 1.5), ylim=(-rows - 0.5, 0.5))
        axes.set_aspect("equal")
        axes.set_axis_off()
    return figure


@styled
def three_roads():
    """Self-attention as a graph: shapes and differentials go down, adjoints come back, three of them to X.

    Returns
    -------
    Drawing
    """
    figure, axes = canvas(height=7.2)
    axes.set(xlim=(-0.4, 10.4), ylim=(-0.5, 12.6))
    axes.set_axis_off()
    places = {
        "X": (5, 11.3),
        "Q": (1.4, 8.6),
        "K": (5, 8.6),
        "V": (8.6, 8.6),
        "T": (3.2, 6.2),
        "P": (3.2, 4.2),
        "F": (5, 2.1),
        "phi": (5, 0.2),
    }
    names = {
        "X": "$X$   N×n",
        "Q": "$Q=X\\,A$\nN×p",
        "K": "$K=X\\,B$\nN×p",
        "V": "$V=X\\,C$\nN×q",
        "T": "$T=Q\\,K^T/\\sqrt{p}$   N×N",
        "P": "$P$ = softmax($T$)   N×N",
        "F": "$F=P\\,V$   N×q",
        "phi": "$\\varphi=G:F$",
    }
    for key, (x, y) in places.items():
        box = {"boxstyle": "round,pad=0.4", "facecolor": "white", "edgecolor": INK, "linewidth": 1.2}
        axes.text(x, y, names[key], ha="center", va="center", bbox=box, zorder=3, fontsize=11.5)

    def arrow(start, end, colour, style):
        look = {"arrowstyle": "-|>", "mutation_scale": 13, "color": colour, "linestyle": style, "linewidth": 1.9}
        axes.annotate("", xy=end, xytext=start, arrowprops={**look, "shrinkA": 22, "shrinkB": 22})

    def edge(top, bottom, adjoint, spot, side):
        """Both passes along one edge, and what comes back at its upper end."""
        top, bottom = np.array(places[top]), np.array(places[bottom])
        along = (bottom - top) / np.hypot(*(bottom - top))
        aside = 0.16 * np.array([-along[1], along[0]])
        arrow(top - aside, bottom - aside, BLUE, "-")
        arrow(bottom + aside, top + aside, ORANGE, (0, (4, 2)))
        axes.text(*spot, adjoint, color=ORANGE, ha=side, va="center", zorder=4, fontsize=10.5, bbox=PLATE)

    edge("X", "Q", "$H\\,K\\,A^T/\\sqrt{p}$", (2.5, 10.35), "right")
    edge("X", "K", "$H^T Q\\,B^T/\\sqrt{p}$", (5.35, 9.4), "left")
    edge("X", "V", "$P^T G\\,C^T$", (7.5, 10.35), "left")
    edge("Q", "T", "$H\\,K/\\sqrt{p}$", (1.6, 7.35), "right")
    edge("K", "T", "$H^T Q/\\sqrt{p}$", (4.75, 7.35), "left")
    edge("T", "P", "$H$", (3.6, 5.2), "left")
    edge("P", "F", "$E=G\\,V^T$", (3.6, 3.05), "right")
    edge("V", "F", "$P^T G$", (7.35, 5.2), "left")
    edge("F", "phi", "$G$", (5.4, 1.15), "left")
    axes.text(5, 12.35, "three roads down, three terms added back", ha="center", va="center")
    return figure
