"""The simulator against the program: money and stocks of every period, of shipped and of random plans."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyomo.environ as pyo
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "fuzz"))

from random_plans import random_plan

from sunfront.data import shipped
from sunfront.engines.plan.claims import LEAST_MONEY, is_approximate
from sunfront.engines.plan.simulator import Simulator
from sunfront.engines.plan.solver import PlanSolver
from sunfront.errors import UserError
from sunfront.problem.plan import Plan
from sunfront.study.plan_study import PlanStudy

#: Largest difference, relative: of money to all that is paid and earned, of a supply to the most that is offered.
AGREES = 1e-6

#: Capital that binds nothing: with it the program adds up money by period.
ENOUGH = 1e18


def differences(plan: Plan) -> dict[str, float] | None:
    """Largest differences between program and simulator over all periods; None if nothing is bought."""
    plan = replace(plan, capital=min(plan.capital, ENOUGH))
    solver = PlanSolver(plan, 0.01)
    program, c = solver.program, solver.coefficients
    try:
        if solver.maximize(0, {}, time.monotonic() + 60) is None:
            return None
    except TimeoutError:
        return None
    done = Simulator(plan, c.periods).simulate(program.decisions())
    if not done.turnover:
        return None
    m = program.model
    balance = program.money * np.array([m.balance[t].value for t in range(c.periods)])
    found = {"npv": abs(program.money * m.npv.value - done.npv) / max(done.turnover, LEAST_MONEY)}
    found["balance"] = np.abs(balance - done.balance).max() / max((done.paid + done.earned).sum(), LEAST_MONEY)
    found["supplies"] = 0.0
    for (name, t), (row, scale) in program.supply_rows.items():
        supply = next(s for s in plan.supplies if s.name == name)
        built = done.offered[name][t] - float(supply.offered[min(t, len(supply.offered) - 1)])
        off = abs(pyo.value(row.body) * scale - (done.used[name][t] - built))
        found["supplies"] = max(found["supplies"], off / (done.offered[name].max() or 1.0))
    return found


def random_differences(seed: int, folder: Path) -> dict[str, float] | None:
    """The same of a random plan; None too if it is refused, or if its program has chords in place of a curve."""
    path = folder / f"plan{seed}.yaml"
    path.write_text(random_plan(seed), "utf-8")
    try:
        plan = PlanStudy.load(path).plan
        return None if is_approximate(plan) else differences(plan)
    except UserError:
        return None


@pytest.mark.parametrize("name", ["gigasat_ramp", pytest.param("refresh_or_replace", marks=pytest.mark.long)])
def test_program_and_simulator_agree_on_shipped_plans(name):
    assert name in shipped.names("plans")
    assert max(differences(PlanStudy.load(name).plan).values()) <= AGREES


@pytest.mark.parametrize("seed", [2063, 2040], ids=["retirement, tiers, modules", "learning"])
def test_program_and_simulator_agree_on_random_plans(tmp_path, seed):
    assert max(random_differences(seed, tmp_path).values()) <= AGREES


@pytest.mark.long
def test_program_and_simulator_agree_on_many_plans(tmp_path):
    """All that are shipped, and 50 random ones."""
    found = [differences(PlanStudy.load(name).plan) for name in shipped.names("plans")]
    seeds = iter(range(3000, 3400))
    while sum(each is not None for each in found) < 55:
        found.append(random_differences(next(seeds), tmp_path))
    worst = {key: max(each[key] for each in found if each is not None) for key in ("npv", "balance", "supplies")}
    print(worst)
    assert max(worst.values()) <= AGREES
