"""The plot of the chapter on einsum, in the style of `figures`."""

import numpy as np
from matplotlib.figure import Figure

from gradients.figures import BLUE, CARD, INK, ORANGE, styled

_AT = {"A": (-1, 0), "B": (1, 0), "G": (0, 1.5)}


def _disc(axes, name, colour):
    axes.plot(*_AT[name], "o", color=colour, markersize=34, zorder=3)
    axes.text(*_AT[name], f"${name}$", color=CARD, ha="center", va="center", fontsize=16, zorder=4)


def _wire(axes, start, end, letter, shift, colour=INK):
    (x, y), (u, v) = start, end
    axes.plot([x, u], [y, v], color=colour, linewidth=2.2)
    axes.text((x + u) / 2 + shift[0], (y + v) / 2 + shift[1], f"${letter}$", color=colour, fontsize=15, ha="center")


@styled
def a_ring_and_its_hole():
    """The sum G : A B as a ring of three arrays, each letter a wire; and the ring with A taken out.

    Returns
    -------
    Drawing
    """
    figure = Figure(figsize=(5.6, 3.2), layout="constrained")
    whole, opened = figure.subplots(1, 2)
    for axes, name in [(whole, "G : A B, a number"), (opened, "A taken out")]:
        _wire(axes, _AT["B"], _AT["G"], "k", (0.3, 0))
        _disc(axes, "B", INK)
        _disc(axes, "G", BLUE)
        axes.set_title(name)
        axes.set(xlim=(-1.6, 1.6), ylim=(-0.8, 2.1))
        axes.set_aspect("equal")
        axes.set_axis_off()
    _wire(whole, _AT["A"], _AT["G"], "i", (-0.3, 0))
    _wire(whole, _AT["A"], _AT["B"], "j", (0, -0.45))
    _disc(whole, "A", ORANGE)
    for other, letter, shift in [("G", "i", (-0.3, 0)), ("B", "j", (0, -0.45))]:
        loose = np.array(_AT["A"]) + 0.45 * (np.array(_AT[other]) - _AT["A"])
        _wire(opened, loose, _AT[other], letter, shift, colour=ORANGE)
    return figure
