"""The plots of the chapter on normalisation, in the style of `figures`."""

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from gradients.figures import BLUE, CARD, FAINT, INK, ORANGE, styled


def shade(entry, most):
    """Blue for a positive entry, orange for a negative one, paler the smaller it is."""
    weight = min(abs(entry) / most, 1)
    mixed = [
        (1 - weight) * pale + weight * full
        for pale, full in zip(to_rgb(CARD), to_rgb(ORANGE if entry < 0 else BLUE), strict=True)
    ]
    return tuple(mixed), CARD if weight > 0.8 else INK


@styled
def jacobian_in_parts(v):
    """The Jacobian of layer normalisation times ρ: the identity less two matrices of rank one.

    Parameters
    ----------
    v : array_like, (n,)
        The normalised input.

    Returns
    -------
    Drawing
    """
    v = np.asarray(v)
    size = len(v)
    identity, mean, spread = np.eye(size), np.ones((size, size)) / size, np.outer(v, v) / size
    parts = [
        ("$I$", identity),
        (r"$-\frac{1}{n}\,\mathbf{1}\mathbf{1}^T$: the mean rests", -mean),
        (r"$-\frac{1}{n}\,v v^T$: the spread rests", -spread),
        (r"sum: $\rho$ times the Jacobian", identity - mean - spread),
    ]
    figure = Figure(figsize=(5.6, 5.6), layout="constrained")
    for place, (name, block) in enumerate(parts):
        axes = figure.add_subplot(2, 2, place + 1)
        for (i, j), entry in np.ndenumerate(block):
            face, ink = shade(entry, most=1)
            axes.add_patch(Rectangle((j, size - 1 - i), 1, 1, facecolor=face, edgecolor=INK, linewidth=0.8))
            words = f"{entry + 0.0:.2f}".replace("-", "−") if round(entry, 2) else "0"
            axes.text(j + 0.5, size - 0.5 - i, words, color=ink, ha="center", va="center", fontsize=10)
        axes.set_title(name)
        axes.set(xlim=(-0.05, size + 0.05), ylim=(-0.05, size + 0.05))
        axes.set_aspect("equal")
        axes.set_axis_off()
    return figure


@styled
def which_way_the_mean_runs(samples, inputs):
    """A batch with the gains above its columns: layer norm takes a row, batch norm a column.

    Parameters
    ----------
    samples, inputs : int
        Rows and columns of the batch.

    Returns
    -------
    Drawing
    """
    figure = Figure(figsize=(5.6, 3.6), layout="constrained")
    panels = [
        ("layer norm: a mean along a row\nmeets every gain", BLUE, lambda i, j: i == 1),
        ("batch norm: a mean along a column\nmeets one gain", ORANGE, lambda i, j: j == 1),
    ]
    for place, (name, colour, taken) in enumerate(panels):
        axes = figure.add_subplot(1, 2, place + 1)
        for i in range(samples):
            for j in range(inputs):
                face = colour if taken(i, j) else "none"
                axes.add_patch(Rectangle((j, -i - 1), 1, 1, facecolor=face, edgecolor=INK, linewidth=0.8))
        for j in range(inputs):
            ink = colour if taken(1, j) else FAINT
            axes.text(j + 0.5, 0.75, f"$a_{j + 1}$", color=ink, ha="center", va="center", fontsize=15)
        axes.text(-0.25, -samples / 2, "samples", rotation=90, ha="right", va="center")
        axes.text(inputs / 2, -samples - 0.3, "inputs", ha="center", va="top")
        axes.set_title(name, color=INK, fontsize=10.5)
        axes.set(xlim=(-0.9, inputs + 0.1), ylim=(-samples - 0.9, 1.2))
        axes.set_aspect("equal")
        axes.set_axis_off()
    return figure
