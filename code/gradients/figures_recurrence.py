"""The plots of the chapter on recurrence and gates, in the style of `figures`."""

import numpy as np

from gradients.figures import BLUE, FAINT, GREEN, INK, ORANGE, PLATE, canvas, note, styled


@styled
def unrolled():
    """Three steps of a recurrence: what goes down, what comes back, and the three places of one matrix.

    Returns
    -------
    Drawing
    """
    figure, axes = canvas(height=6.6)
    axes.set(xlim=(-0.2, 10.2), ylim=(-0.6, 11.4))
    axes.set_axis_off()
    box = {"boxstyle": "round,pad=0.4", "facecolor": "white", "edgecolor": INK, "linewidth": 1.2}
    heights = [9.6, 7, 4.4, 1.8]
    for step, height in enumerate(heights):
        axes.text(6.6, height, f"$a_{step}$   m", ha="center", va="center", bbox=box, zorder=3, fontsize=11.5)
        if step:
            axes.text(9.3, height + 1.3, f"$x_{step}$   n", ha="center", va="center", bbox=box, zorder=3, fontsize=11.5)
    axes.text(6.6, -0.2, r"$\mathcal{L}$", ha="center", va="center", bbox=box, zorder=3, fontsize=11.5)
    axes.text(1.1, 5.7, "$K$   m×m", ha="center", va="center", bbox=box, zorder=3, fontsize=11.5)
    heights.append(-0.2)

    def arrow(start, end, colour, style, shrinks=(20, 20)):
        look = {"arrowstyle": "-|>", "mutation_scale": 13, "color": colour, "linestyle": style, "linewidth": 1.9}
        axes.annotate("", xy=end, xytext=start, arrowprops={**look, "shrinkA": shrinks[0], "shrinkB": shrinks[1]})

    for step in range(1, 5):
        top, bottom = heights[step - 1], heights[step]
        middle = top - 1.3
        arrow((6.42, top), (6.42, bottom), BLUE, "-")
        arrow((6.78, bottom), (6.78, top), ORANGE, (0, (4, 2)))
        if step == 4:
            axes.text(6.95, 0.8, "$2r$", color=ORANGE, ha="left", va="center", fontsize=10.5, bbox=PLATE)
            continue
        axes.annotate(
            "",
            xy=(6.4, middle),
            xytext=(8.75, middle),
            arrowprops={"arrowstyle": "-|>", "color": BLUE, "linewidth": 1.4},
        )
        leave = 30 if step != 2 else 44  # from the middle of the box of K
        arrow((1.1, 5.7), (6.4, middle + 0.1), BLUE, "-", (leave, 3))
        arrow((6.4, middle - 0.24), (1.1, 5.54), ORANGE, (0, (4, 2)), (3, leave))
        spot = (4.5, [6.75, 5.1, 3.4][step - 1])
        words = f"$v_{step}\\,a_{step - 1}^T$"
        axes.text(*spot, words, color=ORANGE, ha="center", va="center", zorder=4, fontsize=10.5, bbox=PLATE)
        axes.text(6.98, middle - 0.55, f"$v_{step}$", color=ORANGE, ha="left", va="center", fontsize=10.5, bbox=PLATE)
        axes.text(
            6.98, middle + 0.72, f"$K^T v_{step}$", color=ORANGE, ha="left", va="center", fontsize=10.5, bbox=PLATE
        )
    axes.text(5, 11.05, "one K copied to three steps, three terms added back", ha="center", va="center")
    return figure


@styled
def sizes_by_step(sizes):
    """The size of what arrives at each state, for several recurrences.

    Parameters
    ----------
    sizes : dict of array_like, (steps + 1,)
        By the name of the recurrence; the norm of the adjoint of each state, 1 at the last one.

    Returns
    -------
    Drawing
        With a logarithmic axis, to be read from right to left.
    """
    figure, axes = canvas(3.8)
    looks = [(ORANGE, "--"), (GREEN, "-."), (BLUE, "-")]
    spots = [(30, (6, -12), "right", "top"), (12, (4, 8), "left", "bottom"), (20, (0, -9), "left", "top")]
    for (name, size), (colour, line), (at, shift, side, edge) in zip(sizes.items(), looks, spots, strict=True):
        axes.semilogy(np.arange(len(size)), size, color=colour, linestyle=line)
        note(axes, name, at, size[at], color=colour, shift=shift, ha=side, va=edge, bbox=PLATE)
    axes.axhline(1, color=FAINT, linewidth=0.8)
    axes.set(xlabel="state", ylabel="size of its adjoint", xlim=(0, len(size) - 1))
    return figure
