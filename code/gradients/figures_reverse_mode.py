"""The picture of the chapter on reverse mode, in the style of `figures`."""

import numpy as np

from gradients.figures import BLUE, INK, ORANGE, PLATE, canvas, styled


@styled
def numbers_on_the_wires(values):
    """A place that is used twice: values in the boxes, rates down, and what comes back.

    Parameters
    ----------
    values : sequence of float, (5,)
        Of α, φ = 4α, ψ = φ + 3, χ = 5φ and κ = ψ + χ.

    Returns
    -------
    Drawing
    """
    figure, axes = canvas(height=5.6)
    axes.set(xlim=(0, 10), ylim=(-0.4, 10.4))
    axes.set_axis_off()
    names = ["α", "φ = 4α", "ψ = φ + 3", "χ = 5φ", "κ = ψ + χ"]
    spots = [(5, 9.6), (5, 6.7), (2.2, 3.5), (7.8, 3.5), (5, 0.3)]
    box = {"boxstyle": "round,pad=0.4", "facecolor": "white", "edgecolor": INK, "linewidth": 1.2}
    for name, (x, y), value in zip(names, spots, values, strict=True):
        axes.text(x, y, f"{name}\n{value:g}", ha="center", va="center", bbox=box, zorder=3, fontsize=11)

    # from, to, rate, what comes back; the two arrows of an edge stand on either side of the line between the boxes
    edges = [(0, 1, "4", "4·(1 + 5) = 24"), (1, 2, "1", "1"), (1, 3, "5", "5"), (2, 4, "1", "1"), (3, 4, "1", "1")]
    for first, last, rate, back in edges:
        start, end = np.array(spots[first]), np.array(spots[last])
        aside = np.array([start[1] - end[1], end[0] - start[0]]) / np.linalg.norm(end - start)
        shrink = 27 if first == 0 else 38
        for tail, head, side, colour, line, words in (
            (start, end, -1, BLUE, "-", rate),
            (end, start, 1, ORANGE, (0, (4, 2)), back),
        ):
            look = {"arrowstyle": "-|>", "mutation_scale": 13, "color": colour, "linestyle": line, "linewidth": 1.9}
            shift = 0.17 * side * aside
            look |= {"shrinkA": shrink, "shrinkB": shrink}
            axes.annotate("", xy=head + shift, xytext=tail + shift, arrowprops=look)
            spot = (start + end) / 2 + 0.45 * side * aside
            hang = {"ha": "right" if side < 0 else "left", "va": "center", "fontsize": 11}
            axes.text(*spot, words, color=colour, zorder=4, bbox=PLATE, **hang)
    return figure
