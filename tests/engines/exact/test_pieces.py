"""Bounds over pieces of the ranges, compared with random designs."""

from __future__ import annotations

import numpy as np

from sunfront.engines.exact.pieces import positive_divisors, unbounded_quantity
from sunfront.study.study import Study

#: The energy that is sold is positive, and its formula over the ranges as a whole does not say so.
TEXT = """\
architecture: terrestrial
presets: [solar_battery]
variables:
  node_accelerators: {low: 512, high: 8192, integer: true}
  solar_oversizing: {low: 5, high: 8}
  storage_duration: {choices: [18, 24], unit: hour}
objectives: [minimize compute_cost]
engine: {name: pyomo, solver: maingo}
"""


def test_a_bound_is_positive_and_below_every_design(tmp_path):
    path = tmp_path / "hall.yaml"
    path.write_text(TEXT, "utf-8")
    problem = Study.load(path).problem
    found = positive_divisors(problem)
    designs = problem.evaluate(problem.random_designs(2000), list(found))
    assert "discounted_energy" in found
    for name, least in found.items():
        assert 0 < least <= designs[name].min()
        assert np.isfinite(least)
    assert unbounded_quantity(problem, {}).name == "compute_cost"
    assert unbounded_quantity(problem, found) is None
