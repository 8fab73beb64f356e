"""The book's plots: one style, one function a figure.

Each function takes the numbers that its page computed and returns a `Drawing`, which a notebook shows as SVG. Nothing
is drawn twice: no pyplot, no global state. The look is made for light and dark pages, for colour-blind readers and for
grey paper: an opaque pale card, three colours that differ in lightness, and a line style of its own for each line.
"""

import hashlib
import io
import re
from functools import wraps

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from derivations.neuron import sigmoid, sigmoid_derivative

# Okabe and Ito's colours, the ones that keep apart in grey as well
BLUE, ORANGE, GREEN, INK, FAINT = "#0072B2", "#D55E00", "#009E73", "#222222", "#8a8a8a"
CARD = "#fbfaf7"

_STYLE = {
    "figure.facecolor": CARD,
    "axes.facecolor": CARD,
    "savefig.facecolor": CARD,
    "font.size": 12,
    "font.family": "DejaVu Sans",
    "mathtext.fontset": "dejavusans",
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "axes.titlesize": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddbd3",
    "grid.linewidth": 0.7,
    "xtick.color": INK,
    "ytick.color": INK,
    "lines.linewidth": 2.2,
    "legend.frameon": False,
    "svg.hashsalt": "every step checked",
    "svg.fonttype": "path",
}


class Drawing:
    """A finished figure, shown by a notebook as SVG.

    The SVG is the same on every machine: no date, fixed identifiers, coordinates rounded to a hundredth of a point.
    """

    def __init__(self, figure):
        self._figure = figure

    def __repr__(self):
        width, height = self._figure.get_size_inches()
        return f"Drawing({width:g} by {height:g} inches)"

    def _repr_svg_(self):
        text = io.StringIO()
        with matplotlib.rc_context(_STYLE):
            self._figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
        return _rounded(text.getvalue())


def _rounded(svg):
    """The SVG with coordinates of two decimals, and with identifiers made from that text alone.

    Scale factors stay as they are. Matplotlib's own identifiers are hashes of coordinates before rounding.
    """

    def short(number):
        return f"{round(float(number[0]), 2) + 0.0:.2f}".rstrip("0").rstrip(".")  # + 0.0: no minus zero

    def coordinates(match):
        return re.sub(r"-?\d+\.\d+(e-?\d+)?", short, match[0])

    svg = re.sub(r'(?<= )(?:d|x|y|width|height)="[^"]*"|translate\([^)]*\)', coordinates, svg)
    hashed = dict.fromkeys(re.findall(r'id="([mp][0-9a-f]{10})"', svg))
    for number, name in enumerate(hashed):
        svg = svg.replace(name, f"@{number}@")
    prefix = hashlib.sha256(svg.encode()).hexdigest()[:8]
    return re.sub(r"@(\d+)@", rf"i{prefix}-\1", svg)


def _canvas(height=3.4, width=5.6):
    """A figure of one panel in the book's style: narrow, so that its text can be read on a phone."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def _styled(draw):
    """Let a function draw in the book's style and return a `Drawing`."""

    @wraps(draw)
    def drawn(*arguments, **options):
        with matplotlib.rc_context(_STYLE):
            return Drawing(draw(*arguments, **options))

    return drawn


# ── the landing page ──────────────────────────────────────────────────────────────────────────────────────────────

# ── the question ──────────────────────────────────────────────────────────────────────────────────────────────────


@_styled
def sigmoid_slopes(z=None):
    """σ′(z) beside z (1 − z): the slope of the sigmoid, and what the question took for it.

    Parameters
    ----------
    z : array_like, (k,), optional
        Where to draw; from −4 to 4 without it.

    Returns
    -------
    Drawing
    """
    z = np.linspace(-4, 4, 161) if z is None else np.asarray(z)
    figure, axes = _canvas()
    axes.axhline(0, color=FAINT, linewidth=0.8)
    axes.plot(z, sigmoid(z), color=FAINT, linestyle=":", label="σ(z)")
    axes.plot(z, sigmoid_derivative(z), color=BLUE, label="σ′(z) = σ(z)(1 − σ(z))")
    axes.plot(z, z * (1 - z), color=ORANGE, linestyle="--", label="z(1 − z), as posted")
    axes.set(xlabel="z", ylabel="value", ylim=(-1.5, 1.25), xlim=(z.min(), z.max()))
    axes.legend(loc="lower center")
    return figure


# ── scalars ───────────────────────────────────────────────────────────────────────────────────────────────────────

# ── vectors ───────────────────────────────────────────────────────────────────────────────────────────────────────

# ── matrix differentials ──────────────────────────────────────────────────────────────────────────────────────────

# ── one gradient, three ways ──────────────────────────────────────────────────────────────────────────────────────

# ── the neuron learns ─────────────────────────────────────────────────────────────────────────────────────────────

# ── checking a gradient ───────────────────────────────────────────────────────────────────────────────────────────
