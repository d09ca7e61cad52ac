"""Shared style of all figures: size, colors, grid."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np

# Palette of Okabe and Ito: distinguishable with every kind of color blindness.
BLUE, VERMILION, GREEN, ORANGE = "#0072B2", "#D55E00", "#009E73", "#E69F00"
GRAY = "#8A8A8A"

#: matplotlib settings for saving: reproducible files, text kept as text, ASCII minus signs.
SETTINGS = {"svg.hashsalt": "sunfront", "svg.fonttype": "none", "axes.unicode_minus": False}


def new_figure(rows: int = 1, columns: int = 1, size: tuple[float, float] = (7.2, 4.6)) -> tuple[Any, Any]:
    """Create an empty figure, size in inches, and its axes. Needs no display."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    class Shown(Figure):
        """A figure that a notebook shows, also one that has not loaded pyplot."""

        def _repr_png_(self) -> bytes:
            file = BytesIO()
            self.savefig(file, format="png")
            return file.getvalue()

    figure = Shown(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots(rows, columns, squeeze=rows * columns == 1)


#: Values that differ less, as a part of the largest, are one value to the eye: a design and the bound of its proof.
NARROW = 1e-4


def widen_narrow(axes: Any) -> None:
    """Show 10 % about the data where they are one value, as those of a front of one design."""
    for (low, high), widen in ((axes.dataLim.intervalx, axes.set_xlim), (axes.dataLim.intervaly, axes.set_ylim)):
        size = max(abs(low), abs(high))
        if 0 < size < np.inf and high - low <= NARROW * size:
            widen(low - 0.1 * size, high + 0.1 * size)


def style_axes(axes: Any, grid: str = "both") -> None:
    """Put a light grid behind the data and remove the top and right spines."""
    axes.grid(color="#DDDDDD", lw=0.6, axis=grid)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
