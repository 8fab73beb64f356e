"""The picture of the chapter on constraints, in the style of `figures`."""

import numpy as np

from gradients.figures import BLUE, FAINT, INK, ORANGE, canvas, styled


@styled
def three_arrows(x, arrows):
    """A point of the unit circle with its tangent, and three arrows from there.

    Parameters
    ----------
    x : array_like, (2,)
        The point, of length 1.
    arrows : sequence of array_like, (2,)
        The gradient, its projection to the tangent, and its reflection in it.

    Returns
    -------
    Drawing
    """
    x = np.asarray(x)
    tangent = np.array([-x[1], x[0]])
    figure, axes = canvas(height=4.4)
    angles = np.linspace(0.05, 1.75, 80)
    axes.plot(np.cos(angles), np.sin(angles), color=INK, linewidth=2.6)
    line = x + np.outer([-0.35, 0.6], tangent)
    axes.plot(*line.T, color=FAINT, linestyle="--", linewidth=1.4)
    looks = [("g", INK, "-"), ("g − (x : g) x", BLUE, "-"), ("g − 2 (x : g) x", ORANGE, (0, (4, 2)))]
    for (words, colour, style), arrow in zip(looks, arrows, strict=True):
        end = x + arrow
        look = {"arrowstyle": "-|>", "mutation_scale": 16, "color": colour, "linestyle": style, "linewidth": 2.2}
        axes.annotate("", xy=end, xytext=x, arrowprops={**look, "shrinkA": 0, "shrinkB": 0})
        axes.annotate(
            words, end, xytext=(-8, 0), textcoords="offset points", color=colour, ha="right", va="center", fontsize=12
        )
    axes.plot(*x, "o", color=INK, markersize=8)
    axes.annotate("x", x, xytext=(10, -4), textcoords="offset points", fontsize=13)
    axes.set_aspect("equal")
    axes.set(xlim=(-0.25, 1.45), ylim=(-0.05, 1.4))
    axes.set_axis_off()
    return figure
