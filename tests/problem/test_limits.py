"""Limits that one design misses."""

from __future__ import annotations

import pytest
from scipy.optimize import brentq

from sunfront.problem.limits import missed_limits
from sunfront.study.study import Study


@pytest.mark.parametrize(("share", "is_missed"), [(1 - 1e-13, False), (1 - 1e-7, True)])
def test_a_design_without_variables_is_not_held_to_its_own_rounding(share, is_missed):
    base = Study.load("quickstart")
    base = base.with_changes(variables={}, objectives=("maximize npv",), constraints=("thermal_margin >= 0 kW",))
    problem = base.problem

    def margin(area):
        given = {**problem.values, **problem.base, "node_radiator_area": area}
        return float(problem.model.evaluate(given, ["thermal_margin"])["thermal_margin"])

    area = brentq(margin, 100, 300, xtol=1e-13, rtol=1e-15)
    study = base.with_changes(parameters={**base.parameters, "node_radiator_area": f"{area * share!r} m^2"})
    given = {**study.problem.values, **study.problem.base}
    assert bool(missed_limits(study.problem, given, 1)) == is_missed
    assert margin(area * share) < 0
