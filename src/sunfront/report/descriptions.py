"""Descriptions of what a report shows: label, unit, summary, equation and source of each quantity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sunfront import display
from sunfront.equation import Equation
from sunfront.library.architectures import SHIPPED
from sunfront.report.figures.cash_flow import MONEY
from sunfront.root import Root
from sunfront.runs.run import Run
from sunfront.units import unit

#: Criteria for ranking the designs of a front: columns of the page that the run's table does not have.
RANKING_CRITERIA = {
    "closeness_to_ideal": {
        "label": "Closeness to the ideal",
        "unit": "1",
        "scales": display.unit_scales("1"),
        "summary": "Distance to the worst point, divided by the sum of the distances to the worst and to the ideal "
        "point of the front (TOPSIS, equal weights). 1: best in every objective.",
        "equation": "",
        "source": "Hwang and Yoon, Multiple Attribute Decision Making (1981) ch. 3",
    },
    "hypervolume_contribution": {
        "label": "Hypervolume contribution",
        "unit": "%",
        "scales": display.unit_scales("%"),
        "summary": "Share of the front's hypervolume that only this design covers: the loss if it were left out.",
        "equation": "",
        "source": "moocore.hv_contributions; the reference point is 1 % of the range below the worst point",
    },
}

#: Axes of the curves of cash.
CASH_AXES = {
    "cash_years": {
        "label": "Years from the decision",
        "unit": "1",
        "scales": display.unit_scales("1"),
        "summary": "Time since the decision to build.",
        "equation": "",
        "source": "definition",
    },
    "cash": {
        "label": "Cumulative cash",
        "unit": MONEY,
        "scales": display.unit_scales(MONEY),
        "factor": unit(MONEY).factor,
        "summary": "All money received minus all money paid up to a date.",
        "equation": "",
        "source": "sum of the cash-flow table, by quarter",
    },
}


def summary_of(eq: Equation) -> str:
    """The summary of a quantity; of a root also what it means that a design has none."""
    return f"{eq.summary} None: {eq.absence}." if isinstance(eq, Root) else eq.summary


def share_units(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of a page with the scales of its units once each, as ``units``; of a quantity their number."""
    found: list[Any] = []
    quantities = {}
    for name, each in data["quantities"].items():
        rest = dict(each)
        if (scales := rest.pop("scales")) not in found:
            found.append(scales)
        quantities[name] = {**rest, "unit": found.index(scales)}
    return {**data, "quantities": quantities, "units": found}


def describe_quantities(run: Run, names: Iterable[str]) -> dict[str, Any]:
    """Describe quantities, statistics and variables: label, unit, summary, equation, source, choices.

    Names that are none of these, such as the remainder of a budget, have no description.
    """
    problem, settings = run.study.problem, run.study.settings
    model, statistics = problem.model, problem.statistics
    preset_variables = {v.name: v for v in problem.variables if v.labels}
    found = {}
    description: dict[str, Any]
    for name in sorted(names):
        if name in model:
            eq = model[name]
            shown_unit = run.results.units.get(name, eq.unit)
            description = {"summary": summary_of(eq), "equation": eq.text, "source": eq.source}
            description |= {"root": 1} if isinstance(eq, Root) else {}
        elif name in settings:
            setting = settings[name]
            shown_unit = setting.unit
            source = setting.source if setting.origin == SHIPPED else f"set by {setting.source}"
            description = {"summary": "A variable or parameter.", "equation": "", "source": source}
        elif name in statistics:
            quantity, statistic = statistics[name]
            eq = model[quantity]
            shown_unit = run.results.units[name]
            summary = f"{(type(statistic).__doc__ or '').splitlines()[0]} Quantity: {eq.summary}"
            description = {"summary": summary, "equation": eq.text, "source": eq.source}
        elif name in preset_variables:
            shown_unit = "1"
            choices = (
                f"{label}: {run.study.arch.library.presets[label].title}" for label in preset_variables[name].labels
            )
            description = {"summary": "; ".join(choices) + "."}
        else:
            continue
        if name in run.results.record.variables:
            description |= {"equation": "", "source": "a variable of this study"}
        found[name] = {
            "label": display.words(name),
            "unit": shown_unit,
            "scales": display.unit_scales(shown_unit),
            **description,
        }
        if name in preset_variables:
            found[name]["choices"] = list(preset_variables[name].labels)
    return found
