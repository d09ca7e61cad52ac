"""The best first decisions over several scenarios as one program: what is decided before anything is known is common.

After the first date all is known, so that with several dates the bound holds, but the plan knows too much.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sunfront.arrays import Array
from sunfront.engines.exact.highs_run import create_highs, run_highs
from sunfront.engines.plan.claims import NPV, hold_score
from sunfront.engines.plan.coefficients import Coefficients
from sunfront.engines.plan.program import Program, build
from sunfront.engines.plan.rows import Terms, linear
from sunfront.engines.plan.simulator import Simulator
from sunfront.problem.plan import Decisions, Plan
from sunfront.problem.scenarios import Factor, in_scenario, stages

#: Most scenarios of one program.
MOST = 20


@dataclass(frozen=True)
class TwoStage:
    """The solution of the program; USD.

    Attributes:
        decisions: In each scenario; before the first date they are the same.
        npv: In each scenario, simulated.
        bound: No first decisions have a larger mean.
        proved: The gap was reached.
    """

    decisions: tuple[Decisions, ...]
    npv: tuple[float, ...]
    bound: float
    proved: bool

    @property
    def mean(self) -> float:
        """Mean net present value over the scenarios."""
        return float(np.mean(self.npv))


def solve_two_stage(
    plan: Plan, factors: Sequence[Factor], draws: Array, gap: float, deadline: float
) -> TwoStage | None:
    """Maximize the mean net present value over equally likely scenarios.

    Args:
        draws: Array (scenarios, factors).

    Returns:
        None if no first decisions meet every constraint in all scenarios.

    Raises:
        TimeoutError: No plan was found in time.
        Unverified: The simulation contradicts the program.
        KeyboardInterrupt: It was interrupted.
    """
    import pyomo.environ as pyo

    plans = [in_scenario(plan, factors, row) for row in draws]
    nominal = Coefficients(plan)
    programs = [build(each, Coefficients(each, nominal)) for each in plans]
    model = pyo.ConcreteModel(name="two stages")
    for i, program in enumerate(programs):
        program.model.score.deactivate()
        model.add_component(f"scenario{i}", program.model)
    model.common = pyo.ConstraintList()
    for one, other in pairwise(programs):
        until = stages(factors)[0]
        for mine, theirs in zip(_first(one, until), _first(other, until), strict=True):
            model.common.add(linear([*mine, *((-x, variable) for x, variable in theirs)]) == 0)
    money = max(program.money for program in programs)
    weights: Mapping[int, float] = {i: p.money / money / len(programs) for i, p in enumerate(programs)}
    model.score = pyo.Objective(
        expr=linear([(weights[i], program.npv) for i, program in enumerate(programs)]), sense=pyo.maximize
    )
    solver = create_highs()
    solver.highs_options |= {"mip_rel_gap": gap, "mip_abs_gap": 1e-9}
    end = run_highs(solver, model, deadline)
    if end.status == "infeasible":
        return None
    if end.status == "interrupted":
        raise KeyboardInterrupt
    if end.found is None:
        raise TimeoutError
    solver.load_vars()
    decisions = tuple(program.decisions() for program in programs)
    npv = []
    for each, program, found in zip(plans, programs, decisions, strict=True):
        simulation = Simulator(each, program.coefficients.periods).simulate(found)
        claimed = float(pyo.value(program.npv)) * program.money
        hold_score(each, NPV, claimed, simulation.npv, simulation, program.money)
        npv.append(simulation.npv)
    return TwoStage(decisions, tuple(npv), max(end.bound * money, float(np.mean(npv))), end.status == "optimal")


def _first(program: Program, before: int) -> list[Terms]:
    """What is decided before a period, as terms that are the same in all scenarios.

    Of a product that the plan sizes these are, for each combination of values that are not sized, the units and the
    amounts of all of them: corners may differ between scenarios.
    """
    m, sizings = program.model, program.coefficients.sizings
    corners = {corner for sizing in sizings.values() for corner in sizing.corners}
    found: list[Terms] = [
        [(1.0, variable)]
        for variables in (m.units, m.modules, m.retired, m.stored, m.built)
        for key, variable in variables.items()
        if key[-1] < before and key[0] not in corners
    ]
    for sizing in sizings.values():
        for option in sorted({region.option for region in sizing.regions}):
            regions = sizing.of_option(option)
            names = [corner.name for region in regions for corner in region.corners]
            points = np.vstack([np.column_stack([r.nodes, r.totals]) for r in regions])
            for column in (np.ones(len(names)), *(points / np.maximum(points.max(axis=0), 1e-300)).T):
                found += [
                    [(float(x), m.units[name, t]) for name, x in zip(names, column, strict=True)] for t in range(before)
                ]
    return found
