"""The plot of the chapter on second derivatives, in the style of `figures`."""

import numpy as np

from gradients.figures import BLUE, GREEN, INK, ORANGE, canvas, note, styled


@styled
def three_parabolas(weights, losses, place, slope, bends):
    """A loss along one weight, and three parabolas that touch it in one point, each with its own bend.

    Parameters
    ----------
    weights, losses : array_like, (k,)
        The curve.
    place : int
        Where on the curve the parabolas touch it.
    slope : float
        The slope of the loss there, which all of them share.
    bends : array_like, (3,)
        Their second derivatives: of the Hessian, of Gauss–Newton, and of the products of gradients.

    Returns
    -------
    Drawing
        With a dot at the lowest point of each parabola, where its step would lead.
    """
    weights, losses = np.asarray(weights), np.asarray(losses)
    here, height = weights[place], losses[place]
    figure, axes = canvas()
    axes.plot(weights, losses, color=INK, linewidth=3)
    looks = [("the Hessian", BLUE, "-"), ("Gauss–Newton", GREEN, "-."), ("products of gradients", ORANGE, "--")]
    for rank, ((name, colour, style), bend) in enumerate(zip(looks, bends, strict=True)):
        change = weights - here
        axes.plot(weights, height + slope * change + bend / 2 * change**2, color=colour, linestyle=style, linewidth=1.8)
        axes.plot([here - slope / bend], [height - slope**2 / (2 * bend)], "o", color=colour)
        note(axes, name, weights[-1], (0.92 - 0.1 * rank) * losses.max(), (-4, 0), ha="right", color=colour)
    axes.plot([here], [height], "o", color=INK, markersize=8)
    axes.set(xlabel="the weight", ylabel="loss", xlim=(weights[0], weights[-1]), ylim=(-0.25, losses.max()))
    return figure
