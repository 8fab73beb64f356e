"""The plots of the chapter on kinks, in the style of `figures`."""

import numpy as np
from matplotlib.figure import Figure

from gradients.figures import BLUE, FAINT, INK, ORANGE, canvas, note, styled


@styled
def supporting_lines():
    """Lines through the kink of the rectifier, and through a tie of two entries: which stay below the function.

    Returns
    -------
    Drawing
    """
    figure = Figure(figsize=(5.6, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)

    z = np.linspace(-1.5, 1.5, 61)
    left.plot(z, np.maximum(0, z), color=INK, linewidth=3)
    for slope, style in [(0, ":"), (0.5, "-"), (1, "--")]:
        left.plot(z, slope * z, color=BLUE, linestyle=style, linewidth=1.8)
    note(left, "max(0, z)", 0.95, 0.95, (-6, 6), ha="right")
    note(left, "½ z", 1.2, 0.6, (0, -8), ha="center", va="top", color=BLUE)
    left.set(xlabel="z", xlim=(-1.5, 1.5), ylim=(-1.5, 1.5))

    tau = np.linspace(0, 2, 41)
    right.plot(tau, tau, color=INK, linewidth=3)
    right.plot(tau, 1 + 2 * (tau - 1), color=ORANGE, linestyle="--")
    right.plot([1], [1], "o", color=INK, zorder=4)
    right.fill_between(tau[tau >= 1], tau[tau >= 1], 2 * tau[tau >= 1] - 1, color=ORANGE, alpha=0.2, linewidth=0)
    note(right, "max(τ, τ)", 0.88, 1.0, (0, 4), ha="right")
    note(right, "as (1, 1)\nclaims", 1.5, 2, (-8, 6), ha="right", color=ORANGE)
    right.set(xlabel="τ", xlim=(0, 2), ylim=(-1, 3))
    return figure


@styled
def paths_to_zero(by_sign, by_threshold):
    """A weight whose best value is zero, step by step, with either kind of descent.

    Parameters
    ----------
    by_sign, by_threshold : array_like, (steps + 1,)
        The values of the weight: with the sign as its slope, and with the soft threshold.

    Returns
    -------
    Drawing
    """
    figure, axes = canvas()
    axes.axhline(0, color=FAINT, linewidth=0.8)
    axes.plot(by_sign, color=ORANGE, linestyle="--", marker=".", linewidth=1.6)
    axes.plot(by_threshold, color=BLUE)
    last, start = len(by_sign) - 1, by_sign[0]
    note(axes, "by the sign: it jumps", last, 0.7 * start, ha="right", color=ORANGE)
    note(axes, "by the threshold: exactly zero", last, 0.55 * start, ha="right", color=BLUE)
    axes.set(xlabel="step", ylabel="the weight")
    return figure
