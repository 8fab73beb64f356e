"""The plots of the chapter on depth and initialisation, in the style of `figures`."""

import numpy as np
from matplotlib.figure import Figure

from gradients.figures import BLUE, FAINT, GREEN, INK, ORANGE, PLATE, note, styled


@styled
def paths_of_neurons(from_zero, from_random):
    """How the weights of the hidden neurons move in training, each neuron a point in the plane of its two weights.

    Parameters
    ----------
    from_zero, from_random : array_like, (steps + 1, q, 2)
        The weights of the first layer after each step.

    Returns
    -------
    Drawing
    """
    figure = Figure(figsize=(5.6, 3.5), layout="constrained")
    looks = [(BLUE, "-"), (ORANGE, "--"), (GREEN, "-."), (INK, ":")]
    both = [np.asarray(from_zero), np.asarray(from_random)]
    reach = 1.12 * max(np.abs(path).max() for path in both)
    for place, (name, path) in enumerate(zip(("all from zero", "from small random weights"), both, strict=True)):
        axes = figure.add_subplot(1, 2, place + 1)
        for neuron, (colour, line) in zip(np.moveaxis(path, 1, 0), looks, strict=True):
            axes.plot(*neuron.T, color=colour, linestyle=line)
            axes.plot(*neuron[-1], "o", color=colour, markersize=7)
        axes.plot(0, 0, "+", color=INK, markersize=10)
        axes.set_title(name)
        axes.set(xlabel="first weight", xlim=(-reach, reach), ylim=(-reach, reach))
        axes.set_aspect("equal")
        if place == 0:
            axes.set_ylabel("second weight")
            note(axes, "four neurons,\none path", *path[-1, 0], (10, 2), ha="left", bbox=PLATE)
    return figure


@styled
def sizes_by_layer(down, back):
    """The size of the outputs on the way down, and of the adjoints on the way back, for each layer.

    Parameters
    ----------
    down, back : dict of array_like, (layers,)
        By the factor that a layer puts on the mean square; the norm divided by the root of the width.

    Returns
    -------
    Drawing
        Two panels with one logarithmic axis; the way back is to be read from right to left.
    """
    figure = Figure(figsize=(5.6, 6.2), layout="constrained")
    looks = {0.5: (ORANGE, "--"), 1: (BLUE, "-"), 2: (GREEN, "-.")}
    words = {  # beside the line at a layer, moved to where there is room
        0.5: ("variance $1/n$: halved", 24, {"shift": (-8, -8), "ha": "right", "va": "top"}),
        1: ("$2/n$: kept", 42, {"shift": (0, 5), "ha": "center", "va": "bottom"}),
        2: ("$4/n$: doubled", 30, {"shift": (-6, 6), "ha": "right", "va": "bottom"}),
    }
    for place, (name, sizes) in enumerate(
        [("on the way down: the outputs", down), ("on the way back: the adjoints", back)]
    ):
        axes = figure.add_subplot(2, 1, place + 1)
        layers = np.arange(1, len(next(iter(sizes.values()))) + 1)
        for factor, size in sizes.items():
            colour, line = looks[factor]
            axes.semilogy(layers, size, color=colour, linestyle=line)
            if place == 0:
                text, layer, where = words[factor]
                note(axes, text, layer, size[layer - 1], color=colour, **where)
        axes.axhline(1, color=FAINT, linewidth=0.8)
        axes.set_title(name)
        axes.set(ylabel="size", xlim=(1, layers[-1]))
    axes.set_xlabel("layer")
    return figure
