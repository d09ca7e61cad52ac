"""Small studies of different shape, and their optima by exhaustive enumeration."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np

CASES = {
    "ratio": ("maximize roi", ""),
    "ratio, minimized": ("minimize compute_cost", ""),
    "ratio of the first year": ("maximize first_year_return", ""),
    "may be infinite": ("maximize fleet_it_power", "payback_time <= 4.6 year"),
    "plain": ("maximize fleet_it_power", ""),
    "plain, negative": ("maximize npv", ""),
    "plain, minimized": ("minimize capex", "fleet_it_power >= 30 MW"),
    "of the amounts only": ("maximize specific_power", ""),
    "tight ratio constraint": ("maximize fleet_it_power", "specific_power >= 45 W/kg"),
    "slack limits": ("maximize roi", "node_it_power <= 10 MW, capex <= 900 GUSD"),
    "degenerate in the amounts": ("maximize launches", ""),
    "extra limits": ("maximize roi", "altitude <= 600 km, node_it_power <= 180 kW"),
}


def enumerated(problem, quotients=None) -> float:
    """Return the best score by enumeration of all options and integers; the areas are at corners of the feasible set.

    Between two knots of the square of the array area, the model is linear in the two areas, so that three evaluations
    by numpy give its coefficients.

    Args:
        quotients: Further quotients: the names whose difference is the numerator, and the denominator.
    """
    (array,) = [v for v in problem.variables if v.name == "node_array_area"]
    knots = [knot for knot in problem.values["array_area_knots"] if array.low < knot < array.high]
    best = -math.inf
    for low, high in itertools.pairwise([array.low, *knots, array.high]):
        part = replace(array, low=low, high=high)
        variables = tuple(part if v is array else v for v in problem.variables)
        best = max(best, _enumerated(replace(problem, variables=variables), quotients))
    return best


def _enumerated(problem, quotients) -> float:
    """Return the best score where the model is linear in the areas.

    Args:
        quotients: Further quotients: the names whose difference is the numerator, and the denominator.
    """
    by_name = {v.name: v for v in problem.variables}
    names = ("altitude", "launch_cadence", "nodes_per_launch", "node_accelerators")
    grid = np.array(list(itertools.product(*(by_name[n].values for n in names))))
    areas = [by_name["node_array_area"], by_name["node_radiator_area"]]
    corners = [(0, 0), (1, 0), (0, 1)]

    def evaluate(corner, wanted, problem=problem):
        design = {n: grid[:, i] for i, n in enumerate(names)}
        for a, c in zip(areas, corner, strict=True):
            design[a.name] = np.full(len(grid), a.high if c else a.low)
        return problem.evaluate(design, wanted)

    pairs = {
        "roi": (("npv",), "present_value_of_equity"),
        "compute_cost": (("present_value_of_cost",), "discounted_energy"),
        "first_year_return": (("annual_revenue", "annual_opex"), "capex"),
        "specific_power": (("it_power",), "stack_mass"),
        "node_mass": (("stack_mass",), "nodes"),
        "node_it_power": (("it_power",), "nodes"),
        **(quotients or {}),
    }

    def linear(name, problem=problem):
        values = [np.broadcast_to(evaluate(c, [name], problem)[name], len(grid)) for c in corners]
        return np.stack([values[1] - values[0], values[2] - values[0], values[0]])

    def scaled(row):
        return row / np.maximum(np.abs(row).max(axis=0), 1e-9)

    one = np.stack([np.zeros(len(grid)), np.zeros(len(grid)), np.ones(len(grid))])

    def fraction(name):
        """Return numerator and denominator as coefficients of (u, v, 1); u and v are shares of the areas' ranges."""
        if name not in pairs:
            return linear(name), one
        tops, bottom = pairs[name]
        top = linear(tops[0]) - (linear(tops[1]) if len(tops) > 1 else 0)
        return top, linear(bottom)

    (objective,) = problem.objectives
    top, bottom = fraction(objective.quantity)
    rows = []
    for c in problem.constraints:
        if c.quantity == "payback_time":  # met where the cash of that date is not negative
            at_the_date = replace(problem, values={**problem.values, "cash_horizon": c.limit})
            rows.append(scaled(linear("cumulative_cash", at_the_date)))
            continue
        if c.quantity == "altitude":  # a variable, given to the evaluation
            numerator, denominator = one * grid[:, 0], one
        else:
            numerator, denominator = fraction(c.quantity)
        row = c.sign * (numerator - c.limit * denominator)
        rows.append(scaled(row))
    # A row (a, b, c) means a u + b v + c >= 0. The last four are the bounds of the shares.
    ones, none = one[2], one[0]
    rows += [
        np.stack(row) for row in ((ones, none, none), (none, ones, none), (-ones, none, ones), (none, -ones, ones))
    ]
    # A quotient of linear functions is best at a corner, where two rows intersect.
    best = -math.inf
    for a, b in itertools.combinations(rows, 2):
        corner = np.cross(a, b, axis=0)
        intersects = np.abs(corner[2]) > 1e-12
        corner = corner[:, intersects] / corner[2, intersects]
        feasible = np.all([(row[:, intersects] * corner).sum(axis=0) >= -1e-9 for row in rows], axis=0)
        values = (top[:, intersects] * corner).sum(axis=0)[feasible] / (bottom[:, intersects] * corner).sum(axis=0)[
            feasible
        ]
        best = max(best, (objective.sign * values).max(initial=-math.inf))
    return best
