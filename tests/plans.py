"""Plans that several test files share: small ones that can be enumerated, and how to write one as a file."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np

from sunfront.engines.plan.coefficients import Coefficients
from sunfront.engines.plan.simulator import Simulator
from sunfront.errors import Unverified
from sunfront.problem.plan import Decisions, Plan
from sunfront.study.plan_study import PlanStudy

#: A satellite that earns money, and a hall; costs of the program for the satellite.
SMALL = """\
horizon: {{start: 2027-01, end: {end}, period: half-year}}
parameters: {{discount_rate: 8 %/year}}
products:
  bus:
    architecture: starlink_bus
    presets: [claimed_2026, ai1_satellite, launch_at_cost]
    parameters: {{compute_price: 25 USD/kWh, node_learning_rate: 0, launch_cadence: 4 1/year}}
  hall: {{architecture: terrestrial, parameters: {{nodes_per_site: 1, time_to_power: 0.5 year}}}}
supply:
  launches: {{limits: launches, offered: {launches}, source: test}}
  grid: {{limits: facility_load, offered: {grid}, source: test}}
objectives: [{objectives}]
"""


def load_small(
    folder: Path,
    objectives: str = "maximize npv",
    more: str = "",
    end: str = "2029-01",
    launches: str = "{2027-01: 2 1/year, 2029-01: 6 1/year}",
    grid: str = "{2027-01: 12 MW, 2029-01: 26 MW}",
    overrides: tuple[str, ...] = (),
) -> PlanStudy:
    """Write and load a plan of two products over four half-years."""
    path = folder / "small.yaml"
    path.write_text(SMALL.format(objectives=objectives, end=end, launches=launches, grid=grid) + more, "utf-8")
    return PlanStudy.load(path, overrides)


def choices(plan: Plan, c: Coefficients) -> list[range]:
    """The whole numbers that each purchase and each opening may take: products, then supplies, each by period."""
    found = [range(int(most) + 1) for product in plan.products for most in c.most[product.name]]
    built = [s for s in plan.supplies if s.modules is not None]
    return found + [range(s.modules.most + 1) for s in built for _ in range(plan.horizon.count)]


def enumerate_plans(plan: Plan) -> list[tuple[tuple[float, ...], float, Decisions]]:
    """Simulate every combination of whole units and modules; return scores and npv of those that meet every limit.

    The plan has no market tiers, whose sales are not whole.
    """
    assert not plan.tiers
    c = Coefficients(plan)
    simulator = Simulator(plan, c.periods)
    ranges = choices(plan, c)
    assert np.prod([len(r) for r in ranges], dtype=float) < 2e5
    built = [s for s in plan.supplies if s.modules is not None]
    found, count = [], plan.horizon.count
    for numbers in itertools.product(*ranges):
        columns = np.array(numbers, float).reshape(-1, count)
        units = {p.name: columns[i] for i, p in enumerate(plan.products)}
        modules = {s.name: columns[len(plan.products) + i] for i, s in enumerate(built)}
        decisions = Decisions(units, modules, {})
        try:
            done = simulator.simulate(decisions)
        except Unverified:
            continue
        if all(np.isfinite(done.scores)):
            found.append((done.scores, done.npv, decisions))
    return found
