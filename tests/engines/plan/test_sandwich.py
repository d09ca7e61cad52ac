"""Lines that bound a front of plans: against the enumeration of all plans."""

from __future__ import annotations

import math

import numpy as np
import pytest
from plans import enumerate_plans, load_small

from sunfront.engines.exact.pool import Pool
from sunfront.engines.plan import sandwich
from sunfront.engines.plan.lines import LINE, Line
from sunfront.engines.plan.neighbors import Neighbors
from sunfront.engines.plan.sandwich import trace_sandwich
from sunfront.engines.plan.solver import PlanSolver


def test_no_plan_is_above_a_bound_and_the_gap_is_reached(tmp_path):
    plan = load_small(tmp_path, "maximize npv, minimize peak_funding", end="2028-07").plan
    every = np.array([(scores[0], -scores[1]) for scores, _, _ in enumerate_plans(plan)])
    gaps = []
    solver = PlanSolver(plan, 1e-3)
    near = Neighbors(solver.program)
    result = trace_sandwich(
        Pool(solver), near, 0.01, math.inf, "all plans", lambda gap, count: gaps.append(gap.relative)
    )
    assert result is not None
    found, _ = result  # a front of so few plans has steps, which no line closes
    assert found.fault == ""
    for fact in found.facts:
        reached = every[every[:, 1] >= fact.floors[0], 0]
        assert reached.max(initial=-np.inf) <= fact.bound + 1e-6 * np.ptp(every[:, 0])
    assert gaps == sorted(gaps, reverse=True)
    for plan_found in found.scores:  # each is a plan, to rounding
        assert np.abs(every - plan_found).max(axis=1).min() <= 1e-6 * np.abs(every).max()


@pytest.mark.parametrize("failing", [0, LINE], ids=["relaxations", "programs"])
def test_a_line_that_fails_is_not_asked_again(tmp_path, monkeypatch, failing):
    """Each failure costs a line, and nothing that is known."""
    plan = load_small(tmp_path, "maximize npv, minimize peak_funding", end="2028-07").plan
    asked, solve = [], sandwich._solve_along

    def fail(solver, sought, within, deadline):
        if sought.least is not None and min(sought.nodes, LINE) == failing:
            asked.append((sought.line, sought.nodes))
            return None
        return solve(solver, sought, within, deadline)

    monkeypatch.setattr(sandwich, "_solve_along", fail)
    solver, report = PlanSolver(plan, 1e-3), lambda gap, count: None
    result = trace_sandwich(Pool(solver), Neighbors(solver.program), 1e-5, math.inf, "all plans", report)
    assert result is not None
    assert len(asked) == len(set(asked)) > 0
    assert len(result[0].points) > 2
    assert result[0].fault == ""


def test_a_line_falls_from_its_floor_and_stays_above_what_it_bounds():
    line = Line(floor=-10.0, slope=2.0, bound=7.0, end=-8.0)
    np.testing.assert_allclose(line.at(np.array([-11.0, -10.0, -9.0, -8.0])), [np.inf, 7.0, 5.0, np.inf], rtol=1e-11)
    np.testing.assert_array_equal(Line(-np.inf, 0.0, 3.0).at(np.array([-np.inf, 0.0])), [3.0, 3.0])
    for slope in np.linspace(1.0, 2.0, 1001) * 1e5 / 3:  # to nothing, from a bound that is rounded
        assert Line(-1.3e9, slope, slope * 1.3e9).at(np.array([0.0])) >= 0.0
        assert Line(-1.3e9, slope, slope * 1.3e9 * (1 - 2e-16)).at(np.array([0.0])) >= 0.0
