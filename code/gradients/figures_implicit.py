"""The plot of the chapter on what is defined by an equation, in the style of `figures`."""

import numpy as np

from gradients.figures import BLUE, GREEN, ORANGE, canvas, note, styled


@styled
def steps_kept(errors):
    """The error of a gradient that keeps only the last steps of an iteration, on a logarithmic scale.

    Parameters
    ----------
    errors : dict from float to array_like, (steps,)
        For each size of the matrix, the relative error with 1, 2, … steps kept. Three sizes.

    Returns
    -------
    Drawing
    """
    figure, axes = canvas()
    for (size, error), colour, style in zip(errors.items(), (GREEN, BLUE, ORANGE), ("-", "--", ":"), strict=True):
        kept = np.arange(1, len(error) + 1)
        axes.semilogy(kept, error, color=colour, linestyle=style, marker=".")
        note(axes, f"{size:g}", kept[-1], error[-1], (6, 0), color=colour, va="center")
    axes.set(xlabel="steps kept on the way back", ylabel="relative error of the gradient", xlim=(0.5, 13.2))
    return figure
