"""A Matplotlib backend for live cells: what pyplot holds is shown after the cell, or at `show`, as SVG."""

from matplotlib.backend_bases import FigureManagerBase as FigureManager  # noqa: F401  (Matplotlib reads this name)
from matplotlib.backends.backend_svg import FigureCanvasSVG as FigureCanvas  # noqa: F401  (and this one)


def show(*arguments, **options):
    """Show the figures now."""
    import __main__

    __main__.display.__self__.show_figures()
