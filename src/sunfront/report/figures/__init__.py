"""Static figures of a run. Each has a function that computes its data, and a function that draws the data."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sunfront.errors import UnknownName, UserError
from sunfront.report.figures import budgets, cash_flow, convergence, distribution, front, ground, region, sensitivity
from sunfront.report.figures.style import SETTINGS
from sunfront.runs.files import replacing
from sunfront.runs.results import Results
from sunfront.runs.run import Run


@dataclass(frozen=True)
class Figure:
    """A kind of figure.

    Attributes:
        data: Computes what the figure shows of a run; None if the run has nothing of the kind.
        draw: Draws the data as a matplotlib figure.
        embedded: The report page embeds the file. The page draws the other figures itself.
    """

    title: str
    caption: str
    data: Callable[[Run], Any]
    draw: Callable[[Any], Any]
    embedded: bool = False


#: Formats that a run has of each figure.
SUFFIXES = (".svg", ".png")

#: Dots per inch of PNG files.
RESOLUTION = 160

#: Figures by name, which is also the name of the file.
FIGURES = {
    "front": Figure(
        "Pareto front", "The front, the proved bound and the other designs.", front.front_data, front.draw_front
    ),
    "budgets": Figure(
        "Budgets",
        "Mass, power, heat, capital and cost of the design to look at first.",
        budgets.budget_data,
        budgets.draw_budgets,
    ),
    "cashflow": Figure(
        "Cash flow",
        "Cumulative cash of the suggested designs over time, as paid and discounted.",
        cash_flow.cash_curves,
        cash_flow.draw_curves,
    ),
    "waterfall": Figure(
        "Present values",
        "What the net present value of the design to look at first is made of.",
        cash_flow.waterfall_data,
        cash_flow.draw_present_values,
    ),
    "ground": Figure(
        "Cost beside the ground",
        "The cost of compute of the design to look at first, from that of the same chips on the cheapest ground, "
        "element by element.",
        ground.ground_data,
        ground.draw_ground,
    ),
    "map": Figure(
        "Feasible region",
        "The first two variables around the design to look at first: contours of the first objective, and the line of "
        "each limit.",
        region.region_data,
        region.draw_region,
    ),
    "distribution": Figure(
        "Uncertainty",
        "Distribution of the first uncertain objective: percentiles along the front, and all samples of one design.",
        distribution.distribution_data,
        distribution.draw_distribution,
        embedded=True,
    ),
    "sensitivity": Figure(
        "Sensitivity",
        "Effect of each uncertain parameter on the quantity with the design held, the most important parameter first. "
        "Black triangles, if there are any: with the design reoptimized.",
        sensitivity.sensitivity_data,
        sensitivity.draw_sensitivity,
        embedded=True,
    ),
    "convergence": Figure(
        "Convergence of the search",
        "Hypervolume of the front against the number of evaluations. If another run of the problem has a proof, as a "
        "percentage of the proved hypervolume.",
        convergence.convergence_data,
        convergence.draw_convergence,
        embedded=True,
    ),
}

#: What a run writes beside its report: the front, and what the page embeds. The page draws the others itself;
#: ``sunfront plot`` writes them, because all of them together take half of the time of a small run.
OF_RUN = [name for name, figure in FIGURES.items() if name == "front" or figure.embedded]


def write(run: Run, names: Iterable[str] = OF_RUN) -> list[Path]:
    """Write figures of a run into its folder, as ``<name>.svg`` and ``<name>.png``; return the files."""
    return [path for name in names for path in write_one(run, name, *(run.folder / f"{name}{s}" for s in SUFFIXES))]


def plot(results: Results, name: str = "front") -> Any:
    """Draw one figure of a run.

    Returns:
        A matplotlib figure, which a notebook shows.

    Raises:
        UserError: No figure has this name, or the run has no data for it.
    """
    if name not in FIGURES:
        raise UnknownName(name, "figure", FIGURES)
    if results.folder is None:
        raise UserError("a run is drawn once it is stored; run it with an output folder")
    data = FIGURES[name].data(Run.load(results.folder, results))
    if data is None:
        raise UserError(f"{results.folder} has no data for the figure {name}")
    return FIGURES[name].draw(data)


def write_one(run: Run, name: str, *paths: Path) -> tuple[Path, ...]:
    """Write one figure of a run to files; return them, or none if the run has no data for it."""
    data = FIGURES[name].data(run)
    if data is None:
        return ()
    save(FIGURES[name].draw(data), *paths)
    return paths


def save(drawing: Any, *paths: Path) -> None:
    """Save a matplotlib figure, in the format of each file's suffix. The same figure gives the same bytes.

    It is laid out once, for this resolution; to do so for each file again takes half of the time.
    """
    import matplotlib

    with matplotlib.rc_context(SETTINGS):
        if (layout := drawing.get_layout_engine()) is not None:
            drawing.set_dpi(RESOLUTION)
            layout.execute(drawing)
            drawing.set_layout_engine(None)
        for path in paths:
            no_date = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(path.suffix)
            with replacing(path) as new:
                drawing.savefig(new, dpi=RESOLUTION, metadata=no_date)
