"""Lines that bound a front of plans: against the enumeration of all plans."""

from __future__ import annotations

import math

import numpy as np
from plans import enumerate_plans, load_small

from sunfront.engines.exact.pool import Pool
from sunfront.engines.plan.sandwich import Line, trace_sandwich
from sunfront.engines.plan.solver import PlanSolver


def test_no_plan_is_above_a_bound_and_the_gap_is_reached(tmp_path):
    plan = load_small(tmp_path, "maximize npv, minimize peak_funding", end="2028-07").plan
    every = np.array([(scores[0], -scores[1]) for scores, _, _ in enumerate_plans(plan)])
    gaps = []
    pool = Pool(PlanSolver(plan, 1e-3))
    result = trace_sandwich(pool, 0.01, math.inf, "all plans", lambda gap, count: gaps.append(gap.relative))
    assert result is not None
    found, _ = result  # a front of so few plans has steps, which no line closes
    assert found.fault == ""
    for fact in found.facts:
        reached = every[every[:, 1] >= fact.floors[0], 0]
        assert reached.max(initial=-np.inf) <= fact.bound + 1e-6 * np.ptp(every[:, 0])
    assert gaps == sorted(gaps, reverse=True)
    for plan_found in found.scores:  # each is a plan, to rounding
        assert np.abs(every - plan_found).max(axis=1).min() <= 1e-6 * np.abs(every).max()


def test_a_line_falls_from_its_floor():
    line = Line(floor=-10.0, slope=2.0, bound=7.0)
    np.testing.assert_array_equal(line.at(np.array([-11.0, -10.0, -9.0])), [np.inf, 7.0, 5.0])
    np.testing.assert_array_equal(Line(-np.inf, 0.0, 3.0).at(np.array([-np.inf, 0.0])), [3.0, 3.0])
