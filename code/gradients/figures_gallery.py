"""The picture of the gallery of mistakes, in the style of `figures`."""

from matplotlib.patches import Rectangle

from gradients.figures import BLUE, FAINT, INK, canvas, styled


@styled
def which_test_finds_what(counts, places):
    """A table of squares: a row for each mistake, a column for each test, filled where the test finds the mistake.

    Parameters
    ----------
    counts : dict of dict of (int or None)
        By the name of the mistake and of the test: from how many places it is found; None where the test says nothing.
    places : int
        How many places there were.

    Returns
    -------
    Drawing
        A square is filled from below as far as its share goes. The last row counts the mistakes found from every place.
    """
    tests = list(next(iter(counts.values())))
    last = -len(counts)
    figure, axes = canvas(height=7.2)
    axes.set(xlim=(-6.6, len(tests) + 1.1), ylim=(last - 1.3, 4.6), aspect="equal")
    axes.set_axis_off()
    for column, test in enumerate(tests):
        axes.text(column + 0.35, 1.15, test, rotation=50, ha="left", va="bottom", rotation_mode="anchor")
    for row, (mistake, found) in enumerate(counts.items()):
        axes.text(-0.25, 0.5 - row, mistake, ha="right", va="center")
        for column, count in enumerate(found.values()):
            if count is None:
                axes.text(column + 0.5, 0.5 - row, "–", ha="center", va="center", color=FAINT)
                continue
            corner = (column + 0.08, 0.08 - row)
            axes.add_patch(Rectangle(corner, 0.84, 0.84, facecolor="white", edgecolor=INK, linewidth=0.8))
            axes.add_patch(Rectangle(corner, 0.84, 0.84 * count / places, facecolor=BLUE, linewidth=0))
            if count == places:
                axes.text(column + 0.5, 0.47 - row, "✓", ha="center", va="center", color="white", fontsize=11)
    axes.text(-0.25, last + 0.3, f"found, of {len(counts)}", ha="right", va="center")
    for column, test in enumerate(tests):
        total = sum(found[test] == places for found in counts.values())
        axes.text(column + 0.5, last + 0.3, total, ha="center", va="center", weight="bold")
    return figure
