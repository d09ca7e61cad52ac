"""Static figures, without a browser. What is drawn is data first (tested), then a drawing."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sunfront.certificate import Certificate, outer_staircase
from sunfront.results import Results
from sunfront.units import readable, unit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

# Okabe & Ito's colours, told apart with any kind of colour blindness.
_FRONT, _BOUND, _OTHERS = "#0072B2", "#D55E00", "#8A8A8A"


@dataclass(frozen=True)
class FrontData:
    """What the figure of a front shows, in read units; ``across`` is the second objective, ``up`` the first.

    Attributes:
        front: Array (points, 2) of the front, along ``across``.
        others: Array (designs, 2) of the other designs kept.
        bound: Array (corners, 2) of the outer staircase; empty without a proof.
    """

    across: str
    up: str
    across_unit: str
    up_unit: str
    front: Array
    others: Array
    bound: Array
    title: str


def front_data(results: Results) -> FrontData:
    """The front of a run with two objectives or more (the first two are shown); one objective against itself is
    shown over its most telling companion, the fleet's IT power.
    """
    import numpy as np

    names = [name for _, name in results.objectives]
    up, across = names[0], names[1] if len(names) > 1 else "fleet_it_power"

    def read(frame: Any) -> Array:
        columns = [unit(results.units[name]).from_si(frame[name].to_numpy(float)) for name in (across, up)]
        both: Array = np.stack(columns, axis=1)
        return both

    front = results.front.sort_values(across)
    rest = results.designs[~results.on_front]
    return FrontData(
        across=across,
        up=up,
        across_unit=results.units[across],
        up_unit=results.units[up],
        front=read(front),
        others=read(rest),
        bound=_bound(results) if len(names) == 2 else np.empty((0, 2)),
        title=headline(results),
    )


def _bound(results: Results) -> Array:
    """Corners of the outer staircase in read units."""
    import numpy as np

    stored = results.record.get("certificate")
    if not stored:
        return np.empty((0, 2))
    facts = tuple((-np.inf if f is None else f, b) for f, b in stored["facts"])
    certificate = Certificate(facts, stored["ceiling"], stored["scope"])
    (sense0, name0), (sense1, name1) = results.objectives
    sign0, sign1 = (1 if s == "maximize" else -1 for s in (sense0, sense1))
    low = float((sign1 * results.front[name1]).min())
    steps = outer_staircase(certificate, low)
    corners = []
    ends = [start for start, _ in steps[1:]] + [certificate.ceiling]
    for (start, bound), end in zip(steps, ends, strict=True):
        corners += [(start, bound), (end, bound)]
    array: Array = np.array(corners) * np.array([sign1, sign0])
    array[:, 0] = unit(results.units[name1]).from_si(array[:, 0])
    array[:, 1] = unit(results.units[name0]).from_si(array[:, 1])
    return array


def headline(results: Results) -> str:
    """The answer's standing in one line."""
    gap, status = results.record["gap"], results.status
    if not results.record["variables"]:
        return "evaluated: the study has no variables"
    if gap is None:
        return {
            "infeasible": "no design meets every constraint",
            "stopped": "stopped early, without a bound",
        }.get(status, "best found, without a bound")
    said = f"{'proved' if status == 'proved' else 'stopped early'} over {results.record['certificate']['scope']}"
    what = "of the hypervolume may be missing" if len(results.objectives) > 1 else "better is possible"
    share = 100 * gap["relative"]
    return f"{said}: {'less than 0.0001' if share < 1e-4 else f'at most {share:.2g}'} % {what}"


def words(name: str) -> str:
    """A quantity's name as words, for an axis."""
    capitals = {"roi": "ROI", "npv": "NPV", "it": "IT", "capex": "Capex", "opex": "opex"}
    text = " ".join(capitals.get(word, word) for word in name.split("_"))
    return text[0].upper() + text[1:]


def axis(name: str, read_unit: str) -> str:
    """An axis label: words and unit."""
    return words(name) if read_unit == "1" else f"{words(name)} ({readable(read_unit)})"


def draw_front(data: FrontData) -> Any:
    """A matplotlib figure of a front."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 4.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    if len(data.others):
        axes.plot(*data.others.T, ".", color=_OTHERS, ms=2.5, alpha=0.35, label="other designs", zorder=1)
    if len(data.bound):
        axes.plot(*data.bound.T, "-", color=_BOUND, lw=1.2, label="proved bound: nothing beyond", zorder=2)
    if len(data.front):
        axes.plot(*data.front.T, "o", color=_FRONT, ms=6, label="Pareto front, verified", zorder=3)
    axes.set_xlabel(axis(data.across, data.across_unit))
    axes.set_ylabel(axis(data.up, data.up_unit))
    axes.set_title("\n".join(textwrap.wrap(data.title, 90)), fontsize=10, loc="left")
    axes.grid(color="#DDDDDD", lw=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, fontsize=9)
    return figure


def write_front(results: Results, folder: Path) -> None:
    """Write ``front.png`` and ``front.svg``."""
    import matplotlib

    figure = draw_front(front_data(results))
    figure.savefig(folder / "front.png", dpi=160)
    with matplotlib.rc_context({"svg.hashsalt": "sunfront", "svg.fonttype": "none"}):
        figure.savefig(folder / "front.svg", metadata={"Date": None})
