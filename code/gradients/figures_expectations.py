"""The picture of the chapter on expectations, in the style of `figures`."""

import numpy as np
from matplotlib.figure import Figure

from gradients.figures import BLUE, FAINT, INK, ORANGE, styled


@styled
def draws_move_or_rest(draws, change):
    """What a change of the mean does to draws that move along, and to draws that rest.

    Parameters
    ----------
    draws : array_like, (k,)
        Draws from the standard bell curve.
    change : float
        By how much the mean moves.

    Returns
    -------
    Drawing
        Two panels, one above the other.
    """
    draws, line = np.asarray(draws), np.linspace(-3.4, 3.9, 150)

    def bell(places):
        return np.exp(-(places**2) / 2) / np.sqrt(2 * np.pi)

    figure = Figure(figsize=(5.6, 5.4), layout="constrained")
    above, below = figure.subplots(2, sharex=True)
    for axes in (above, below):
        axes.plot(line, bell(line), color=FAINT, linewidth=1.6, linestyle="--")
        axes.plot(line, bell(line - change), color=INK)
        axes.axhline(0, color=INK, linewidth=0.8)
        axes.set(xlim=(line[0], line[-1]), ylim=(-0.17, 0.45), yticks=[])
        axes.grid(visible=False)
        axes.spines["left"].set_visible(False)
        axes.plot(draws, 0 * draws, "o", color=INK, markersize=5, zorder=3)
    gains = bell(draws - change) - bell(draws)
    for draw, gain in zip(draws, gains, strict=True):
        look = {"arrowstyle": "-|>", "mutation_scale": 10, "color": BLUE, "linewidth": 1.6, "shrinkA": 0, "shrinkB": 0}
        above.annotate("", xy=(draw + change, -0.09), xytext=(draw, -0.02), arrowprops=look)
        below.plot([draw, draw], [0, gain], color=ORANGE, linewidth=4, solid_capstyle="butt")
    above.text(-3.3, 0.38, "the draws move", color=BLUE)
    below.text(-3.3, 0.38, "the draws rest,\ntheir weights move", color=ORANGE, va="center")
    return figure
