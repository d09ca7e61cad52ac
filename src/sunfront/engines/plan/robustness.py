"""How the first decisions of a plan do in scenarios: what comes later is decided again whenever something is known.

In a scenario the decisions are held that were made before something becomes known, and the best of the rest is proved
anew, with what is not known yet at its nominal value. So the horizon rolls from one date to the next. Beside it, the
best plan that knows the scenario from the start; the difference of both is the regret.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sunfront.arrays import Array
from sunfront.engines.plan.claims import solve_and_simulate
from sunfront.engines.plan.coefficients import Coefficients
from sunfront.engines.plan.simulator import Simulation, Simulator
from sunfront.engines.plan.solver import PlanSolver
from sunfront.engines.processes import worker_pool
from sunfront.errors import UserError
from sunfront.problem.plan import Decisions, Plan
from sunfront.problem.scenarios import Factor, in_scenario, stages
from sunfront.problem.statistics import Mean, Percentile

Progress = Callable[[float, float, str], None]


@dataclass(frozen=True)
class Outcome:
    """What becomes of several first decisions in one scenario; USD.

    Attributes:
        best: Net present value of the best plan that was found; None if no plan meets every constraint.
        npv: Of each first decisions; None if no plan that begins with them meets every constraint.
        cut: Number of solves that the time limit ended.
    """

    best: float | None
    npv: tuple[float | None, ...]
    cut: int = 0


@dataclass(frozen=True)
class Robustness:
    """Statistics of first decisions over equally likely scenarios; USD.

    Attributes:
        mean: Mean net present value, over the scenarios in which every constraint can be met with these decisions.
        p10: A tenth of all scenarios is below; None if they are those in which a constraint cannot be met.
        regret: Mean of what the best plan that knows the scenario has more.
        p90_regret, largest_regret: Of the same.
        missed: Number of scenarios in which a constraint cannot be met with these decisions.
        hopeless: Number of scenarios in which no plan meets every constraint.
    """

    mean: float | None
    p10: float | None
    regret: float | None
    p90_regret: float | None
    largest_regret: float | None
    missed: int
    hopeless: int


def check_objective(plan: Plan, where: str = "in scenarios") -> None:
    """Raise UserError unless the net present value is the only objective.

    Args:
        where: What compares it, as the message says.
    """
    if [o.goal.kind for o in plan.objectives] != ["npv"]:
        raise UserError(
            f"{where} the net present value is compared: let 'maximize npv' be the only objective, and write what "
            "else is wanted under constraints",
            ("objectives",),
        )


@dataclass(frozen=True)
class Trial:
    """What is tried in each scenario.

    Attributes:
        draws: Array (scenarios, factors).
        first: Decisions whose beginning is held.
        time_limit: Of each solve, s.
    """

    plan: Plan
    factors: tuple[Factor, ...]
    draws: Array
    first: tuple[Decisions, ...]
    gap: float
    time_limit: float


def try_scenarios(
    trial: Trial,
    known: Mapping[int, Outcome],
    workers: int = 1,
    progress: Progress = lambda *_: None,
    cluster: str = "",
) -> Iterator[tuple[int, Outcome]]:
    """Yield number and outcome of each scenario that is not known yet, in order.

    Args:
        workers, cluster: As of ``open_pool``.

    Raises:
        TimeoutError: A solve found no plan within the time limit.
    """
    left = [i for i in range(len(trial.draws)) if i not in known]
    done = len(trial.draws) - len(left)
    if len(left) < 2 or (workers == 1 and not cluster):
        bench = Bench(trial)
        for i in left:
            progress(done, len(trial.draws), f"scenario {i + 1} of {len(trial.draws)}")
            yield i, bench.try_scenario(i)
            done += 1
        return
    with worker_pool(min(workers, len(left)), cluster, _set_bench, trial) as pool:
        try:
            begun = [pool.submit(_try, i) for i in left]
            for i, task in zip(left, begun, strict=True):
                progress(done, len(trial.draws), f"scenario {i + 1} of {len(trial.draws)}")
                yield i, task.result()
                done += 1
        finally:
            pool.end()


class Bench:
    """Tries first decisions in one scenario after the other; what is the same in all is computed once."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.coefficients = Coefficients(trial.plan)
        self.simulator = Simulator(trial.plan, self.coefficients.periods)

    def try_scenario(self, index: int) -> Outcome:
        """Try all first decisions in one scenario.

        Raises:
            TimeoutError: A solve found no plan within the time limit.
        """
        draws, dates = self.trial.draws[index], stages(self.trial.factors)
        last = _Proof(self, draws, dates[-1])
        best, best_is_cut = last.solve(None, 0)
        cut = int(best_is_cut)
        values: list[float | None] = []
        for first in self.trial.first:
            held, npv = first, None
            for stage in dates:
                proof = last if stage == dates[-1] else _Proof(self, draws, stage)
                found, is_cut = proof.solve(held, stage)
                cut += is_cut
                if found is None:
                    npv = None
                    break
                held, npv = found[0], found[1].npv
            values.append(npv)
        found_best = [best[1].npv] if best is not None else []
        found_best += [x for x in values if x is not None]
        return Outcome(max(found_best, default=None), tuple(values), cut)


class _Proof:
    """The program of a plan in one scenario, as far as it is known in one period."""

    def __init__(self, bench: Bench, draws: Array, until: int) -> None:
        trial = bench.trial
        plan = in_scenario(trial.plan, trial.factors, draws, until)
        self.time_limit = trial.time_limit
        self.solver = PlanSolver(plan, trial.gap, like=bench.coefficients)
        self.simulator = Simulator(plan, self.solver.coefficients.periods, bench.simulator)

    def solve(self, held: Decisions | None, before: int) -> tuple[tuple[Decisions, Simulation] | None, bool]:
        """The best plan whose decisions before a period are held, simulated; and whether the time limit ended it."""
        self.solver.hold(held, before)
        found = solve_and_simulate(self.solver, self.simulator, time.monotonic() + self.time_limit)
        return (None, False) if found is None else ((found.decisions, found.simulation), found.is_cut)


def summarize(outcomes: Sequence[Outcome], index: int) -> Robustness:
    """Statistics of one of the first decisions."""
    npv = [outcome.npv[index] for outcome in outcomes]
    met = np.array([x for x in npv if x is not None])
    regrets = np.array([o.best - x for o, x in zip(outcomes, npv, strict=True) if x is not None and o.best is not None])
    p10 = float(Percentile(0.1).compute(np.array([-math.inf if x is None else x for x in npv])))
    has = len(met) > 0
    return Robustness(
        float(Mean().compute(met)) if has else None,
        p10 if math.isfinite(p10) else None,
        float(Mean().compute(regrets)) if has else None,
        float(Percentile(0.9).compute(regrets)) if has else None,
        float(regrets.max()) if has else None,
        len(npv) - len(met),
        sum(outcome.best is None for outcome in outcomes),
    )


_bench: list[Bench] = []


def _set_bench(trial: Trial) -> None:
    _bench[:] = [Bench(trial)]


def _try(index: int) -> Outcome:
    return _bench[0].try_scenario(index)
