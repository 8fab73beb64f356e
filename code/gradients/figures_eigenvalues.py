"""The plot of the chapter on eigenvalues, in the style of `figures`."""

import numpy as np
from matplotlib.figure import Figure

from gradients.figures import BLUE, FAINT, INK, ORANGE, note, styled


@styled
def two_eigenvalues(coupling=0.35):
    """The two eigenvalues of [[τ, ε], [ε, −τ]] along τ: apart for an ε, meeting in a kink without.

    Parameters
    ----------
    coupling : float
        The ε of the plot on the left.

    Returns
    -------
    Drawing
    """
    figure = Figure(figsize=(5.6, 3.2), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    tau = np.linspace(-1, 1, 81)
    for axes, epsilon in [(left, coupling), (right, 0.0)]:
        larger = np.sqrt(tau**2 + epsilon**2)
        axes.axhline(0, color=FAINT, linewidth=0.8)
        axes.plot(tau, larger, color=BLUE)
        axes.plot(tau, -larger, color=ORANGE, linestyle="--")
        axes.set(xlabel="τ", xlim=(-1, 1), ylim=(-1.25, 1.25))
    left.set_ylabel("the two eigenvalues")
    right.plot([0], [0], "o", color=INK, zorder=4)
    note(left, "apart: both are smooth", 0, 1.12, ha="center", va="center")
    note(right, "they meet: a kink in both", 0, 1.12, ha="center", va="center")
    return figure
