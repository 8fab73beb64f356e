"""The plots of the chapter on embeddings, in the style of `figures`."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from gradients.figures import BLUE, INK, ORANGE, canvas, styled
from gradients.figures_attention import decimals, shade


@styled
def lookup(sentence, words):
    """A sentence whose words fetch rows of a table, and the gradients that come back to the rows.

    Parameters
    ----------
    sentence : list of str
    words : list of str
        The word of each row of the table.

    Returns
    -------
    Drawing
        Of several gradients that arrive at a row, all but the last are drawn paler: they are lost where one overwrites.
    """
    figure, axes = canvas(height=5.4)
    steps = np.linspace(0, 9, len(sentence))
    rows = np.linspace(1, 8, len(words))
    axes.set(xlim=(-0.8, 10.8), ylim=(-1, 9.6))
    axes.set_axis_off()
    box = {"boxstyle": "round,pad=0.4", "facecolor": "white", "edgecolor": INK, "linewidth": 1.2}
    last = {word: place for place, word in enumerate(sentence)}
    for place, (height, word) in enumerate(zip(steps[::-1], sentence, strict=True)):
        row = rows[::-1][words.index(word)]
        axes.text(0.6, height, word, ha="right", va="center")
        axes.plot([0.9, 7.6], [height + 0.08, row + 0.08], color=BLUE, linewidth=1.2)
        kept = last[word] == place
        look = {"color": ORANGE, "linewidth": 2.2, "linestyle": (0, (4, 2)), "alpha": 1 if kept else 0.4}
        axes.annotate("", xy=(7.6, row - 0.12), xytext=(0.9, height - 0.12), arrowprops={"arrowstyle": "-|>", **look})
    for row, word in zip(rows[::-1], words, strict=True):
        number = sentence.count(word)
        axes.text(8.9, row, f"{word}   ×{number}", ha="center", va="center", bbox=box, zorder=3)
    axes.text(0.2, -0.8, "the sentence", ha="center", va="center")
    axes.text(8.9, -0.8, "rows of $E$", ha="center", va="center")
    axes.text(4.4, 9.45, "blue: a row is fetched; orange: its gradient comes back", ha="center", va="center")
    return figure


@styled
def two_roads(roads, words):
    """The gradient by a table that is used twice: what comes by each road, and the sum.

    Parameters
    ----------
    roads : dict of array_like, (q, p)
        By the name of the road.
    words : list of str, (q,)

    Returns
    -------
    Drawing
    """
    figure = Figure(figsize=(5.6, 6), layout="constrained")
    most = max(np.abs(road).max() for road in roads.values())
    for place, (name, road) in enumerate(roads.items()):
        axes = figure.add_subplot(len(roads), 1, place + 1)
        for (i, j), entry in np.ndenumerate(np.asarray(road)):
            axes.add_patch(
                Rectangle((1.7 * j, -i - 1), 1.7, 1, facecolor=shade(entry, most), edgecolor=INK, linewidth=0.8)
            )
            axes.text(1.7 * j + 0.85, -i - 0.5, decimals(entry), ha="center", va="center", fontsize=11)
        for i, word in enumerate(words):
            axes.text(-0.2, -i - 0.5, word, ha="right", va="center")
        axes.set_title(name)
        axes.set(xlim=(-1.6, 1.7 * road.shape[1] + 0.2), ylim=(-len(words) - 0.1, 0.1))
        axes.set_aspect("equal")
        axes.set_axis_off()
    return figure
