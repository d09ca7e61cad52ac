"""The front of a return and other objectives: each solve is a plan with the best return above floors on the others."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from sunfront.engines.checkpoint import KeptFile
from sunfront.engines.exact.kept import KeptSolves
from sunfront.engines.exact.solver_protocol import Solution
from sunfront.engines.plan.claims import hold_score
from sunfront.engines.plan.coefficients import Coefficients
from sunfront.engines.plan.returns import LOWEST, SMALL, Trials, best_return, buys_something, check_rates
from sunfront.engines.plan.simulator import YEAR
from sunfront.engines.plan.solver import PlanSolver
from sunfront.problem.plan import RETURNS, Plan

#: What a plan of a front has at least, of each return: what buys nothing has none, and is best in much else.
RETURN = {kind: LOWEST[kind] + SMALL[kind] for kind in RETURNS}

#: Nodes at which the search for the best plan in another objective gives up.
NODES = 2000


def scope(plan: Plan) -> str:
    """What the certificate of a front covers."""
    texts = {"irr": f"an irr of {100 * RETURN['irr'] * YEAR:g} %/year", "roi": f"an roi of {100 * RETURN['roi']:g} %"}
    found = [texts[o.goal.kind] for o in plan.objectives if o.goal.kind in RETURNS]
    return f"all plans with at least {' and '.join(found)}"


class ReturnSolver:
    """Solves a plan whose first objective is a return, as an ``ExactSolver``; scores are simulated.

    Args:
        gap: Distance between bound and value of a return at which a solve ends, as a share of the value.
        kept: File in which solves are kept; those in it are not solved again.
        like: As of ``Coefficients``.
    """

    def __init__(self, plan: Plan, gap: float, kept: KeptFile | None = None, like: Coefficients | None = None) -> None:
        self.plan, self.objectives = plan, len(plan.objectives)
        self.base, self._gap, self._solves = PlanSolver(plan, gap, like=like), gap, KeptSolves(kept)
        returns = [i for i, o in enumerate(plan.objectives) if o.goal.kind in RETURNS]
        c = self.base.coefficients
        self.trials = {i: Trials(plan, c, gap, kept=self._solves, index=i, is_front=True) for i in returns}
        self.least = {i: RETURN[plan.objectives[i].goal.kind] for i in returns}
        self._known: Solution | None = None
        self._last: Solution | None = None

    def begin_from(self, known: Solution) -> None:
        """Begin the next solve from a plan that is above its floors."""
        self._known = known

    def maximize(self, index: int, floors: Mapping[int, float], deadline: float, start: float = 0.0) -> Solution | None:
        """Maximize as ``ExactSolver.maximize``; for ``start`` see ``begin_from``.

        Of plans with the best return above floors, none is sought that is better in another objective: the next floors
        do that.
        """
        known, self._known = self._known, None
        if index and len(floors) > 1:
            last = self._last
            return last if last and all(last.scores[i] >= floor for i, floor in floors.items()) else None
        if index in self.trials:
            found = self._return(index, floors, deadline, known)
        else:
            found = self._other(index, floors, deadline)
        if found is not None and found.design:
            self._last = found
        return found

    def _return(
        self, index: int, floors: Mapping[int, float], deadline: float, known: Solution | None
    ) -> Solution | None:
        others = {i: least for i, least in self.least.items() if i != index}
        best = best_return(self.trials[index], deadline, floors={**others, **floors}, known=known)
        if best is None:
            return None
        found, least = best.solution, self.least[index]
        if found.bound < least:
            return None
        found = replace(found, is_cut=best.is_cut, is_limited=not best.done)
        if found.scores[index] >= least:
            return found
        return replace(found, design={}, scores=(found.bound if best.done else -math.inf,) * self.objectives)

    def _other(self, index: int, floors: Mapping[int, float], deadline: float) -> Solution | None:
        """The best plan in another objective: with a return, or with a floor on it."""
        least = {**self.least, **floors}
        solver = PlanSolver(self.plan, self._gap, like=self.base.coefficients, nodes=NODES, tag=f" above {least}")
        solver.kept, program = self._solves, solver.program
        for i, floor in least.items():
            self.trials[i].add_floor(program, i, floor)
        program.model.rows.add(buys_something(program))
        found = solver.maximize(index, {}, deadline)
        if found is None or not found.design:
            return found
        simulation = self.trials[0].simulator.simulate(solver.load(found))
        check_rates(simulation)
        for i, objective in enumerate(self.plan.objectives):
            if i not in self.trials:
                hold_score(self.plan, objective, found.scores[i], simulation.scores[i], simulation, program.money)
        scores = tuple(o.sign * x for o, x in zip(self.plan.objectives, simulation.scores, strict=True))
        return replace(found, scores=scores, bound=max(found.bound, scores[index]))
