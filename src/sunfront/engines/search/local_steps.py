"""Local steps from designs that a search has found, each along a linear program around one design.

Where several constraints meet, evolution comes near the front but does not reach it: the last percent is a corner of a
polytope. A linear program in the derivatives of objectives and constraints, with integer steps on grids, goes to that
corner. Derivatives are finite differences to probes, each of which is an evaluated design.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.engines.dense_programs import dense_program, quiet_highs
from sunfront.engines.processes import side_by_side
from sunfront.engines.search.state import Evaluations, Search
from sunfront.engines.search.unit_cube import UnitCube, fingerprint
from sunfront.problem.front import non_dominated

#: Distance of a probe from its design, as a fraction of a continuous range.
PROBE = 1e-5

#: Largest step, as a fraction of the ranges.
RADIUS = 0.3

#: Further steps that repair violations caused by the curvature of the model.
REPAIRS = 2

#: Starts whose distances are computed one by one.
FEW_STARTS = 256

#: Slack required of every constraint, in units of its scale; more than the solver's tolerance.
SLACK = 1e-8


class LocalSearch:
    """Chooses the designs from which local steps start, within their part of the budget."""

    def __init__(self, search: Search) -> None:
        self.search = search
        self.starts = Starts(len(search.cube.sizes))

    def step(self, candidates: Evaluations, children: Evaluations) -> Evaluations:
        """Make local steps from one design on the front of the candidates, and from two feasible children.

        Of each the designs farthest from all earlier starts are chosen. Where integer variables matter, the next
        better design looks poor until its continuous variables have followed, and evolution alone would not get there.

        Returns:
            The designs evaluated, probes included; none if the budget of local steps is spent.
        """
        starts = none = candidates.select(np.zeros(0, np.intp))
        if not self.search.problem.variables or self.search.local >= self.search.settings.refine * self.search.spent:
            return none
        feasible = np.flatnonzero(candidates.feasible)
        front = candidates.select(feasible[non_dominated(candidates.scores[feasible])] if len(feasible) else feasible)
        for designs, count in ((front, 1), (children.select(np.flatnonzero(children.feasible)), 2)):
            for _ in range(count):
                if not len(designs):
                    continue
                distance = self.starts.distance(designs.points)
                farthest = np.argmax(distance)
                if distance[farthest] > PROBE:
                    starts = starts.merge(designs.select(np.array([farthest])))
                    self.starts.add(designs.points[[farthest]], self.search.evaluated)
        return _make_steps(self.search, starts, front.scores.max(axis=0)) if len(starts) else none

    @property
    def most(self) -> int:
        """Most designs that ``step`` evaluates."""
        problem = self.search.problem
        aims = len(problem.objectives) + (len(problem.objectives) > 1)
        each = len(problem.variables) + aims * (REPAIRS + 1)
        return 3 * each if self.search.settings.refine else 0

    def state(self, since: int) -> dict[str, object]:
        """Return arrays for a checkpoint entry: the starts from design ``since`` on."""
        late = self.starts.numbers >= since
        return {"starts": self.starts.points[late], "start_numbers": self.starts.numbers[late]}

    def restore(self, entry: Mapping[str, NDArray[Any]]) -> None:
        """Add what a checkpoint entry holds; earlier entries must have been restored before."""
        self.starts.add(entry["starts"], entry["start_numbers"])


class Starts:
    """Designs from which steps were made.

    Attributes:
        points: Array (designs, variables).
        numbers: How many designs had been evaluated when each was chosen; array (designs,), ascending.
    """

    def __init__(self, variables: int) -> None:
        self.points = np.empty((0, variables))
        self.numbers = np.empty(0, np.int64)
        self._tree: Any = None
        self._in_tree = 0

    def add(self, points: Array, numbers: NDArray[np.int64] | int) -> None:
        """Add designs."""
        self.points = np.concatenate([self.points, points])
        self.numbers = np.concatenate([self.numbers, np.broadcast_to(numbers, len(points))])

    def distance(self, points: Array) -> Array:
        """Return how far points (designs, variables) are from the nearest start, along one axis; 1 at most."""
        # Those in the tree cost little however many they are.
        if len(self.points) - self._in_tree > max(FEW_STARTS, self._in_tree // 4):
            from scipy.spatial import cKDTree

            self._tree, self._in_tree = cKDTree(self.points), len(self.points)
        late: Array = np.abs(points[:, None] - self.points[self._in_tree :]).max(axis=2).min(axis=1, initial=1.0)
        if self._tree is not None:
            late = np.minimum(late, self._tree.query(points, p=np.inf)[0])
        return late


def _make_steps(search: Search, starts: Evaluations, best: Array) -> Evaluations:
    """Evaluate probes around feasible designs and the local steps from them, as many as the budget allows.

    Args:
        starts: Feasible designs.
        best: Best score so far in each objective, (objectives,). A design that has it is an end of the front.
    """
    cube = search.cube
    probes, signs = _probes(cube, starts)
    if len(probes) >= search.remaining:
        return starts.select(np.zeros(0, np.intp))
    before = search.evaluated
    found = search.evaluate(probes)
    width = probes.shape[0] // len(starts)
    scale = np.maximum(np.ptp(starts.scores, axis=0), 1e-3 * np.abs(starts.scores).max(axis=0))
    scale[scale == 0] = 1.0
    steps: list[_Step] = []
    tasks: list[tuple[Any, ...]] = []
    for i in range(len(starts)):
        near = slice(i * width, (i + 1) * width)
        with np.errstate(invalid="ignore"):  # a probe may be infinite; then no step is made
            gains = (found.scores[near] - starts.scores[i]).T * signs[i] / scale[:, None]
            losses = (found.violations[near] - starts.violations[i]).T * signs[i]
        model = _LinearModel(cube, gains, losses)
        if not model.is_finite:
            continue
        for aim in model.aims(starts.scores[i] >= best):
            steps.append((model, aim))
            tasks.append((model, starts.points[i], starts.violations[i], aim, RADIUS, True))
    targets = side_by_side(search.evaluator.workers, _LinearModel.target, tasks)
    for repair in range(REPAIRS + 1):
        steps, points = _distinct(cube, steps, targets)
        points, steps = points[: search.remaining], steps[: search.remaining]
        if not len(points):
            break
        tried = search.evaluate(points)
        found = found.merge(tried)
        if repair < REPAIRS:
            targets = [  # without integers, each is solved faster than it is sent to a worker
                model.target(tried.points[i], tried.violations[i], aim, RADIUS / 2, with_grids=False)
                for i, (model, aim) in enumerate(steps)
            ]
    search.local += search.evaluated - before
    return found


def _probes(cube: UnitCube, starts: Evaluations) -> tuple[Array, Array]:
    """Return a neighbor of each design along each variable, and its direction.

    Arrays (designs * variables, variables) and (designs, variables); a direction is 1 or -1.
    """
    width = np.where(cube.on_grid, cube.cell, PROBE)
    signs = np.where(starts.points + width <= 1.0, 1.0, -1.0)
    probes = starts.points[:, None, :] + signs[:, :, None] * np.diag(width)
    return cube.snap(probes.reshape(-1, len(width))), signs


def _distinct(cube: UnitCube, steps: list[_Step], targets: list[Array | None]) -> tuple[list[_Step], Array]:
    """Return the steps that have a target, and their targets; the first of those with equal targets."""
    first: dict[bytes, tuple[_Step, Array]] = {}
    for step, target in zip(steps, targets, strict=True):
        if target is not None:
            point = cube.snap(target[None])[0]
            first.setdefault(fingerprint(point), (step, point))
    points = [point for _, point in first.values()]
    return [step for step, _ in first.values()], np.array(points).reshape(len(points), len(cube.sizes))


class _Aim(NamedTuple):
    """The purpose of a step.

    Attributes:
        raised: Numbers of the objectives to raise by an equal amount, relative to their scales.
        holds_others: The other objectives must not get worse.
    """

    raised: tuple[int, ...]
    holds_others: bool


class _LinearModel:
    """A linearization around a design. A step counts cells of a grid, or fractions of a continuous range.

    Args:
        gains: Differences of the scores to the probes, in units of their scale; (objectives, variables).
        losses: Differences of the violations to the probes; (constraints, variables).
    """

    def __init__(self, cube: UnitCube, gains: Array, losses: Array) -> None:
        self.cube = cube
        self.unit = np.where(cube.on_grid, cube.cell, 1.0)
        per_step = np.where(cube.on_grid, 1.0, 1.0 / PROBE)
        self.gains, self.losses = gains * per_step, losses * per_step
        self.is_finite = bool(np.isfinite(self.gains).all() and np.isfinite(self.losses).all())

    def aims(self, is_best: NDArray[np.bool_]) -> Iterator[_Aim]:
        """Yield the aims of steps: to raise each objective by itself, and with several, all of them together.

        Args:
            is_best: In which objectives no design is better than this one; (objectives,). At such an end of the front
                the objective is raised at any cost to the others, since the front continues there.
        """
        count = len(self.gains)
        for j in range(count):
            yield _Aim((j,), holds_others=not is_best[j])
        if count > 1:
            yield _Aim(tuple(range(count)), holds_others=True)

    def target(self, point: Array, violations: Array, aim: _Aim, radius: float, with_grids: bool) -> Array | None:
        """Return the point to which the best step within a radius leads, or None if there is no step.

        Args:
            with_grids: Move along grids too, not only along continuous variables.
        """
        on_grid = self.cube.on_grid
        if not np.isfinite(violations).all():
            return None
        reach = np.where(on_grid, np.maximum(np.floor(radius / self.unit), 1.0) if with_grids else 0.0, radius)
        reach = np.where(self.cube.is_preset, 0.0, reach)  # the order of presets has no slope
        down, up = point / self.unit, (1.0 - point) / self.unit
        low = -np.minimum(reach, np.where(on_grid, np.floor(down), down))
        high = np.minimum(reach, np.where(on_grid, np.floor(up), up))
        # Rows: constraints; raised objectives, each by at least the amount in the last column; held objectives.
        held = [j for j in range(len(self.gains)) if aim.holds_others and j not in aim.raised]
        rows = np.concatenate([-self.losses, self.gains[list(aim.raised)], self.gains[held]])
        amount = np.repeat([0.0, -1.0, 0.0], [len(violations), len(aim.raised), len(held)])
        rows = np.column_stack([rows, amount])
        least = np.concatenate([violations + SLACK, np.zeros(len(aim.raised) + len(held))])
        cost = np.append(np.zeros(len(point)), -1.0)
        least_amount = 0.0 if with_grids else -np.inf  # a repair may have to lower the objectives
        step = _minimize(
            cost,
            rows,
            least,
            np.append(low, least_amount),
            np.append(high, np.inf),
            np.append(on_grid, False) & with_grids,
        )
        if step is None or np.abs(step[:-1]).max() < 1e-9:
            return None
        target: Array = point + step[:-1] * self.unit
        return target


#: The linearization that a step uses, and its aim.
_Step = tuple[_LinearModel, _Aim]


def _minimize(
    cost: Array, rows: Array, least: Array, low: Array, high: Array, is_integer: NDArray[np.bool_]
) -> Array | None:
    """Minimize cost @ x subject to rows @ x >= least, low <= x <= high and integrality; None without a solution."""
    import highspy

    program = dense_program(cost, rows, least, low, high)
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    program.integrality_ = [kinds[int(i)] for i in is_integer]
    solver = quiet_highs()
    # A limit on nodes instead of time: every machine makes the same step.
    for option, value in {"mip_max_nodes": 200, "primal_feasibility_tolerance": 1e-9}.items():
        solver.setOptionValue(option, value)
    solver.passModel(program)
    solver.run()
    if solver.getInfo().primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return None
    return np.array(solver.getSolution().col_value)
