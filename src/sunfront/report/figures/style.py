"""What all figures share: size, colours, quiet axes."""

from __future__ import annotations

from typing import Any

# Okabe & Ito's colours, told apart with any kind of colour blindness.
BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY = "#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9"
GREY = "#8A8A8A"

#: matplotlib settings while a figure is saved: reproducible files, text as text, an ASCII minus sign.
SETTINGS = {"svg.hashsalt": "sunfront", "svg.fonttype": "none", "axes.unicode_minus": False}


def blank(rows: int = 1, columns: int = 1, size: tuple[float, float] = (7.2, 4.6)) -> tuple[Any, Any]:
    """An empty figure, which no screen is needed for, and its axes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots(rows, columns, squeeze=rows * columns == 1)


def quiet(axes: Any, grid: str = "both") -> None:
    """A light grid behind the data, and no box around it."""
    axes.grid(color="#DDDDDD", lw=0.6, axis=grid)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
