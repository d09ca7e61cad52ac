"""HiGHS or SCIP for one plan, as an exact solver whose frontier can be traced."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import numpy as np

from sunfront.cash_flow.learning import Curve, spans
from sunfront.engines.checkpoint import KeptFile
from sunfront.engines.exact.highs_run import Ended, Watch, create_highs, run_highs
from sunfront.engines.exact.kept import KeptSolves, Key
from sunfront.engines.exact.solver_protocol import Solution, lowered
from sunfront.engines.plan.coefficients import Coefficients
from sunfront.engines.plan.program import Chords, Program, build
from sunfront.engines.plan.sizing import Sizing
from sunfront.errors import SolverFailure
from sunfront.problem.plan import Decisions, Plan, as_bought

#: How far shares of corners may be from those that are held, in units.
HELD = 1e-7

#: Distance between bound and value at which every solve ends, in the program's money.
ABSOLUTE = 1e-9

#: Options of HiGHS where only a bound is sought: no search for solutions; and no presolve, no cuts below the root and
#: little strong branching, which took half the time of programs of plans and lowered their bounds by less than the
#: nodes that this time is worth.
BOUND_ONLY = {
    "mip_heuristic_effort": 0.0,
    "mip_heuristic_run_feasibility_jump": False,
    "mip_heuristic_run_rens": False,
    "mip_heuristic_run_rins": False,
    "mip_heuristic_run_root_reduced_cost": False,
    "mip_allow_cut_separation_at_nodes": False,
    "mip_pscost_minreliable": 4,
    "presolve": "off",
}

SolverName = Literal["highs", "scip"]


class Effort(NamedTuple):
    """When HiGHS ends a solve.

    Attributes:
        gap: Distance between bound and value, as a share of the value.
        within: The same distance in units of the score; either is enough.
        nodes: Nodes at which it gives up; None for no limit. With 0 it solves the relaxation alone.
        seeks: Whether it looks for plans besides those it meets while it proves a bound, which takes longer than the
            proof.
    """

    gap: float
    within: float = 0.0
    nodes: int | None = None
    seeks: bool = True


class PlanSolver:
    """Solves one plan again and again.

    Args:
        gap: Distance between bound and value at which a solve ends, as a share of the value.
        sizes: Of each objective, what the distance may be the same share of too; none if empty.
        nodes: Nodes at which HiGHS gives up, with ``sizes`` unless it has no plan yet; None for no limit.
        chords: As ``build``.
        kept: File in which solves are kept; those in it are not solved again.
        like: As of ``Coefficients``.
        tag: What tells its solves in ``kept`` from those of other plans.

    Attributes:
        watch: As of ``run_highs``, of each solve by HiGHS.
    """

    def __init__(
        self,
        plan: Plan,
        gap: float,
        solver: SolverName = "highs",
        chords: Chords = MappingProxyType({}),
        kept: KeptFile | None = None,
        like: Coefficients | None = None,
        sizes: tuple[float, ...] = (),
        nodes: int | None = None,
        tag: str = "",
    ) -> None:
        self.kept = KeptSolves(kept)
        self.plan, self.gap, self.name, self.chords = plan, gap, solver, dict(chords)
        self.sizes, self.nodes = sizes, nodes
        self.coefficients = Coefficients(plan, like)
        self.program: Program = build(plan, self.coefficients, chords=self.chords)
        self.is_interrupted = False
        self.watch: Watch | None = None
        self._tag, self._held = tag, ""
        self._held_decisions: tuple[Decisions | None, int] = None, 0
        self._solved: dict[tuple[int, tuple[tuple[int, float], ...]], Solution | None] = {}
        self._start: Solution | None = None
        self._last: Solution | None = None

    def tighten(self, gap: float, sizes: tuple[float, ...], nodes: int | None) -> None:
        """Solve with another gap, sizes and nodes from now on."""
        if gap != self.gap:
            self._solved.clear()
        self.gap, self.sizes, self.nodes = gap, sizes, nodes

    def refine(self, plans: Iterable[Decisions]) -> bool:
        """Make the chords of learning exact at some plans; return whether this changed the program."""
        plans, before = list(plans), dict(self.chords)
        for kind, products in self.plan.curves:
            if Curve(products[0], kind).is_broken_line:
                continue
            key = products[0].name, kind
            # Each unit takes one launch of such a curve.
            found = [spans(np.array([each.units[p.name] for p in products]))[1].ravel() for each in plans]
            points = np.concatenate([self.chords.get(key, ()), *found])
            self.chords[key] = tuple(np.unique(np.round(points, 9)).tolist())
        if self.chords == before:
            return False
        self.program = build(self.plan, self.coefficients, chords=self.chords)
        self._solved.clear()
        if self._held:
            self.hold(*self._held_decisions)
        return True

    def hold(self, decisions: Decisions | None, before: int) -> None:
        """Hold what is bought and opened before a period as in a plan; hold nothing for None.

        What is sold is not held: it is decided in each period, and changes nothing later.
        """
        self._held_decisions = decisions, before
        held: list[tuple[Any, ...]] = []
        sizings = self.coefficients.sizings.values()
        corners = {corner for sizing in sizings for corner in sizing.corners}
        for sizing in sizings:
            held += self._hold_designs(sizing, decisions, before)
        for variables, values in self._held_kinds:
            for (name, *key), variable in variables.items():
                if name in corners:
                    continue
                variable.unfix()
                if decisions is not None and key[-1] < before:
                    variable.fix(float(getattr(decisions, values)[name][tuple(key)]))
                    held.append((name, *key, variable.value))
        self._held = f" {held}"  # it tells solves from others
        self._solved.clear()

    def _hold_designs(self, sizing: Sizing, decisions: Decisions | None, before: int) -> list[tuple[Any, ...]]:
        """Hold the designs that are bought before a period, up to the rounding of a solver; return what is held."""
        m, product, held = self.program.model, sizing.product, []
        for t in range(self.plan.horizon.count):
            is_held = decisions is not None and t < before
            bought = float(decisions.units[product.name][t]) if decisions is not None and is_held else 0.0
            shares = sizing.shares(as_bought(product, decisions, t)) if decisions is not None and bought else {}
            for corner in sizing.corners:
                variable, most = m.units[corner, t], float(self.coefficients.most[corner][t])
                units = bought * shares.get(corner, 0.0)
                rounding = HELD * max(bought, 1.0)
                variable.setlb(max(units - rounding, 0.0) if is_held else 0.0)
                variable.setub(min(units + rounding, most) if is_held else most)
                held += [(corner, t, round(units, 9))] if is_held and units else []
        return held

    @property
    def _held_kinds(self) -> tuple[tuple[Any, str], ...]:
        """The variables that are held, with the part of decisions that has their values."""
        m = self.program.model
        kinds = ("units", "modules", "retired", "stored", "built")
        return tuple((getattr(m, kind), kind) for kind in kinds)

    @property
    def objectives(self) -> int:
        """Number of objectives."""
        return len(self.plan.objectives)

    def begin_from(self, known: Solution) -> None:
        """Begin the next solve from a plan that is above its floors."""
        self._start = known

    def maximize(self, index: int, floors: Mapping[int, float], deadline: float, start: float = 0.0) -> Solution | None:
        """Maximize as ``ExactSolver.maximize``; for ``start`` see ``begin_from``.

        A date is a whole number of periods, so that floors between two of them ask the same; each is solved once.

        With a floor on npv that the last solve has reached, another objective is maximized with the whole numbers of
        its plan: to look among all plans is hard for a solver, and proves nothing that a frontier asks. If solves may
        give up, the first objective is treated alike, and the frontier is told.
        """
        known, self._start = self._start, None
        dates = {i for i, o in enumerate(self.plan.objectives) if o.goal.kind == "date"}
        floors = {i: math.ceil(floor - 1e-6) if i in dates else floor for i, floor in floors.items()}
        key = index, tuple(sorted(floors.items()))
        if key not in self._solved:
            found = self._earliest(index, floors, deadline) if index in dates else None
            if found is None:
                held = None if index in dates else self._held_for(index, floors)
                found = self._solve_once(index, *self.program.scores[index], floors, deadline, held, known)
                if found is not None and (found.is_cut or held is not None):
                    return replace(found, is_limited=found.is_limited or (held is not None and not index))
            self._solved[key] = found
        self._last = self._solved[key]
        return self._last

    def _held_for(self, index: int, floors: Mapping[int, float]) -> Solution | None:
        """The last solution, if an objective is to be improved without giving up what it has reached in another."""
        if (last := self._last) is None or not (index or self.sizes):
            return None
        reached = [i for i, floor in floors.items() if i != index and floor == last.scores[i]]
        return last if any(not index or self.plan.objectives[i].goal.kind == "npv" for i in reached) else None

    def _earliest(self, index: int, floors: Mapping[int, float], deadline: float) -> Solution | None:
        """The earliest date with a floor on npv, from a known plan that meets the floors; None without either.

        To hold npv at its best and look for an earlier date is hard for a solver; to look for the best npv with a date
        one period earlier is not, and is asked by the frontier anyway.
        """
        money = next((i for i in floors if self.plan.objectives[i].goal.kind == "npv"), None)
        lowest = {i: lowered(floor, self.program.scores[i][1]) for i, floor in floors.items()}
        known = [s for s in self._solved.values() if s and all(s.scores[i] >= low for i, low in lowest.items())]
        if money is None or not known:
            return None
        best = max(known, key=lambda solution: solution.scores[index])
        rest = {i: floor for i, floor in floors.items() if i != money}
        while True:
            better = self.maximize(money, {**rest, index: round(best.scores[index]) + 1}, deadline)
            if better is None or better.scores[money] < lowest[money]:
                is_proved = better is None or better.bound < lowest[money]
                return replace(best, bound=best.scores[index] if is_proved else 0.0)
            best = better

    def improve_npv(self, floors: Mapping[int, float], deadline: float) -> Solution | None:
        """Maximize the net present value with floors on the objectives; arguments as ``maximize``."""
        return self._solve_once("npv", self.program.npv, self.program.money, floors, deadline)

    def maximize_along(
        self,
        slope: float,
        floor: float,
        deadline: float,
        effort: Effort,
        known: Solution | None = None,
        least: float = -math.inf,
        held: str = "",
    ) -> Solution | None:
        """Maximize the first score, and ``slope`` times what the second has above a floor.

        Args:
            known: A plan above the floor, to begin from.
            least: Floor on the first score.
            held: What is held besides; it names the solve.

        Returns:
            The plan, with a bound on the sum; None if there is none.
        """
        expression, scale = self._along(slope, floor)
        floors = {1: floor} | ({0: least} if least > -math.inf else {})
        key = _key(f"0 along {slope!r}", floors, self.chords, *effort) + self._tag + self._held + held
        if self.kept.is_final(key):
            return self.kept.get(key)
        begins = known is not None and self._solve_held(known, expression, scale, floors, deadline) is not None
        found = self._solve(expression, scale, floors, deadline, effort, begins=begins)
        self.kept.add(key, found)
        return found

    def relax_along(self, slope: float, floor: float, deadline: float) -> Solution | None:
        """Bound as ``maximize_along`` by the relaxation, with its scores in place of a plan's; a moment's work."""
        return self._solve(*self._along(slope, floor), {1: floor}, deadline, Effort(0.0, nodes=0))

    def _along(self, slope: float, floor: float) -> tuple[Any, float]:
        (first, scale), (second, size) = self.program.scores[:2]
        return first + slope * size / scale * (second - floor / size), scale

    def maximize_like(
        self, plan: Solution, slope: float, floor: float, deadline: float, effort: Effort, with_modules: bool
    ) -> Solution | None:
        """Maximize as ``maximize_along``, with the first and last purchase of each product in the periods of a plan.

        Where a plan buys designs that it sizes, these are mixed from the same corners.
        The solve is short, and proves nothing.

        Args:
            with_modules: The modules of supplies are those of the plan too; the solve takes half the time.
        """
        m, held = self.program.model, []
        values: list[tuple[Any, float]] = []
        for name in self.program.programs:
            periods = range(self.plan.horizon.count)
            first, last = self.program.ends(name, np.array([plan.design[m.units[name, t].name] for t in periods]))
            values += [(m.first[name, t], first[t]) for t in periods] + [(m.last[name, t], last[t]) for t in periods]
        if with_modules:
            values += [(v, round(plan.design[v.name])) for v in m.modules.values()]
        values += [(v, 0) for v in self._other_corners(plan)]
        for variable, value in values:
            if not variable.fixed:
                variable.fix(value)
                held.append(variable)
        try:
            text = json.dumps([(v.name, v.value) for v in held if v.value])
            found = self.maximize_along(slope, floor, deadline, effort, held=f" like {text}")
        finally:
            for variable in held:
                variable.unfix()
        return None if found is None else replace(found, bound=math.inf)

    def _other_corners(self, plan: Solution) -> Iterator[Any]:
        """The variables of corners that a plan does not use where it buys the product."""
        units = self.program.model.units
        for sizing in self.coefficients.sizings.values():
            for t in range(self.plan.horizon.count):
                if plan.design[units[sizing.product.name, t].name] > HELD:
                    corners = (units[corner, t] for corner in sizing.corners)
                    yield from (v for v in corners if plan.design[v.name] <= HELD)

    def _solve_once(
        self,
        what: int | Literal["npv"],
        expression: Any,
        scale: float,
        floors: Mapping[int, float],
        deadline: float,
        held: Solution | None = None,
        known: Solution | None = None,
    ) -> Solution | None:
        """Solve, unless a run before has; if that was cut, look only for what is better than its plan.

        Args:
            held: A plan whose whole numbers are held.
            known: A plan to begin from.
        """
        key = (
            _key(what, floors, self.chords, self.gap, self.nodes if floors else None)
            + self._tag
            + self._held
            + " of a plan" * (held is not None)
        )
        before = self.kept.get(key)
        if self.kept.is_final(key):
            return before
        if held is not None:
            found = self._solve_held(held, expression, scale, floors, deadline)
        elif before is None or what == "npv":
            begins = known is not None and self._solve_held(known, expression, scale, floors, deadline) is not None
            size = self.sizes[what] if self.sizes and what != "npv" else 0.0
            # without floors a front needs a plan
            nodes = self.nodes if not self.sizes or (size and (floors or begins)) else None
            effort = Effort(self.gap, self.gap * size, nodes)
            found = self._solve(expression, scale, floors, deadline, effort, begins=begins)
        else:
            found = self._improve(before, what, deadline, floors)
        self.kept.add(key, found)
        return found

    def _solve_held(
        self, plan: Solution, expression: Any, scale: float, floors: Mapping[int, float], deadline: float
    ) -> Solution | None:
        """Solve with the whole numbers of a plan held; no bound is proved. The model holds what was found."""
        m = self.program.model
        whole = [v for kind in (m.units, m.retired, m.gone, m.stored) for v in kind.values() if not v.is_continuous()]
        whole = [v for v in (*whole, *m.modules.values()) if not v.fixed]
        for variable in whole:
            variable.fix(round(plan.design[variable.name]))
        try:
            found = self._solve(expression, scale, floors, deadline, Effort(self.gap))
        finally:
            for variable in whole:
                variable.unfix()
        return None if found is None else replace(found, bound=math.inf)

    def _improve(self, before: Solution, what: int, deadline: float, floors: Mapping[int, float]) -> Solution:
        """Go on with a solve that was cut."""
        expression, scale = self.program.scores[what]
        score, margin = before.scores[what], self.gap / 2 * max(abs(before.scores[what]), 1e-9)
        if before.bound - score <= self.gap * max(abs(before.bound), abs(score)):
            return replace(before, is_cut=False)
        try:
            effort = Effort(self.gap)
            found = self._solve(expression, scale, floors, deadline, effort, least=(score + margin) / scale)
        except (TimeoutError, KeyboardInterrupt):
            return before
        if found is None:
            return replace(before, bound=min(before.bound, score + margin), is_cut=False)
        return replace(found, bound=max(min(before.bound, found.bound), found.scores[what]))

    def _solve(
        self,
        expression: Any,
        scale: float,
        floors: Mapping[int, float],
        deadline: float,
        effort: Effort,
        least: float | None = None,
        begins: bool = False,
    ) -> Solution | None:
        """Maximize an expression.

        Args:
            least: Least value of the expression that is of use.
            begins: From what the model holds.
        """
        import pyomo.environ as pyo

        if self.is_interrupted:
            raise KeyboardInterrupt
        m, scores = self.program.model, self.program.scores
        m.score.set_value(expression)
        m.floors.clear()
        for i, floor in floors.items():
            m.floors.add(scores[i][0] >= lowered(floor, scores[i][1]) / scores[i][1])
        if least is not None:
            m.floors.add(expression >= least)
        if self.name == "highs":
            end = self._run_highs(deadline, effort._replace(within=effort.within / scale), begins)
        else:
            end = self._run_scip(deadline)
        if end.status == "infeasible":
            return None
        if effort.nodes == 0 and end.status != "optimal":
            raise KeyboardInterrupt if self.is_interrupted else TimeoutError
        if end.found is None and end.status == "limit":
            return Solution({}, (-math.inf,) * len(scores), end.bound * scale, is_limited=True)
        if end.found is None or not math.isfinite(end.bound):
            raise KeyboardInterrupt if self.is_interrupted else TimeoutError
        found = tuple(float(pyo.value(score)) * size for score, size in scores)
        design = {name: float(v.value or 0.0) for name, v in self.program.decided.items()}
        value = float(pyo.value(expression)) * scale
        is_limited = end.status == "limit"
        is_cut = not is_limited and end.status != "optimal"
        if effort.nodes == 0:
            return Solution({}, found, value, is_limited=True)
        return Solution(design, found, max(end.bound * scale, value), is_cut, is_limited)

    def load(self, solution: Solution) -> Decisions:
        """The decisions of a solution."""
        for name, variable in self.program.decided.items():
            variable.set_value(solution.design[name], skip_validation=True)
        return self.program.decisions()

    def _run_highs(self, deadline: float, effort: Effort, begins: bool) -> Ended:
        solver = create_highs()
        solver.highs_options |= {"mip_rel_gap": effort.gap, "mip_abs_gap": max(effort.within, ABSOLUTE)}
        if effort.nodes == 0:
            solver.highs_options |= {"solve_relaxation": True, "dual_feasibility_tolerance": 1e-9}
        elif effort.nodes is not None:
            # To begin anew from what a few nodes have taught takes longer than these.
            solver.highs_options |= {"mip_max_nodes": effort.nodes, "mip_allow_restart": False}
        if not effort.seeks:
            solver.highs_options |= BOUND_ONLY
        solver.config.warmstart = begins
        end = run_highs(solver, self.program.model, deadline, self.watch)
        self.is_interrupted = end.status == "interrupted"
        if end.found is not None:
            solver.load_vars()
        return end

    def _run_scip(self, deadline: float) -> Ended:
        from pyomo.contrib.solver.common.results import TerminationCondition as End

        from sunfront.engines.exact.scip import quiet_scip

        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        result = quiet_scip()().solve(
            self.program.model,
            time_limit=left,
            rel_gap=self.gap,
            load_solutions=False,
            raise_exception_on_nonoptimal_result=False,
            solver_options={"display/verblevel": 0, "numerics/feastol": 1e-9},
        )
        end = result.termination_condition
        if end == End.provenInfeasible:
            return Ended("infeasible", None, -math.inf)
        if end not in (End.convergenceCriteriaSatisfied, End.maxTimeLimit, End.interrupted):
            raise SolverFailure(f"SCIP ended with {end.name}")
        self.is_interrupted = end == End.interrupted
        bound = result.objective_bound
        if result.incumbent_objective is not None:
            result.solution_loader.load_vars()
        done = end == End.convergenceCriteriaSatisfied
        return Ended("optimal" if done else "time", result.incumbent_objective, math.inf if bound is None else bound)


def _key(what: int | str, floors: Mapping[int, float], chords: Mapping[Any, Any], *effort: float | None) -> Key:
    """Name a solve."""
    points = sorted((list(name), list(amounts)) for name, amounts in chords.items())
    return json.dumps([what, sorted(floors.items()), points, *effort])
