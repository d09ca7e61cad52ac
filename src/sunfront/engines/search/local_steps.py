"""Local steps from designs that a search has found, along a linear program of the model around each.

Evolution comes near a frontier that lies where several constraints meet, and does not reach it: the last percent is
a corner of a polytope. A program in the derivatives of objectives and constraints, whole steps on grids included,
goes to the corner. The derivatives are differences to probes, each an evaluated design of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.engines.search.state import Batch, Search
from sunfront.engines.search.unit_cube import Genome, fingerprint
from sunfront.problem.front import non_dominated

#: Share of a continuous range between a design and its probe.
PROBE = 1e-5

#: How far a step may go, as a share of the ranges.
RADIUS = 0.3

#: Steps after the first that repair what the curvature of the model spoiled.
REPAIRS = 2

#: Slack demanded of a constraint, in units of its scale, against the tolerance of the solver.
SLACK = 1e-8


def refined(search: Search, points: Batch, best: Array) -> Batch:
    """Designs found by local steps from feasible points, evaluated, as many as the budget has room for.

    Args:
        points: Designs that meet every constraint.
        best: The best score so far in each objective; (objectives,). Designs that have it are ends of the front.
    """
    genome = search.genome
    probes, signs = _probes(genome, points)
    if len(probes) >= search.left:
        return points.at(np.zeros(0, np.intp))
    before = search.evaluated
    found = search.evaluate(probes)
    width = probes.shape[0] // len(points)
    spread = np.maximum(np.ptp(points.scores, axis=0), 1e-3 * np.abs(points.scores).max(axis=0))
    spread[spread == 0] = 1.0
    steps: list[_Step] = []
    targets = []
    for i in range(len(points)):
        near = slice(i * width, (i + 1) * width)
        linear = _Linear(
            genome,
            (found.scores[near] - points.scores[i]).T * signs[i] / spread[:, None],
            (found.violations[near] - points.violations[i]).T * signs[i],
        )
        if not linear.finite:
            continue
        for aim in linear.aims(points.scores[i] >= best):
            steps.append((linear, aim))
            targets.append(linear.step(points.genes[i], points.violations[i], aim, RADIUS, whole=True))
    for repair in range(REPAIRS + 1):
        steps, genes = _told_apart(genome, steps, targets)
        genes, steps = genes[: search.left], steps[: search.left]
        if not len(genes):
            break
        tried = search.evaluate(genes)
        found = found.joined(tried)
        if repair < REPAIRS:
            targets = [
                linear.step(tried.genes[i], tried.violations[i], aim, RADIUS / 2, whole=False)
                for i, (linear, aim) in enumerate(steps)
            ]
    search.refining += search.evaluated - before
    return found


class Refining:
    """Which designs of a search are refined, and how often: no more than its share of the evaluations.

    Attributes:
        done: Genes of the designs refined so far; (designs, variables).
    """

    def __init__(self, search: Search) -> None:
        self.search = search
        self.done = np.empty((0, len(search.genome.sizes)))

    def steps(self, among: Batch, children: Batch) -> Batch:
        """Local steps from a design on the front, and from two children.

        Of each those that lie farthest from all that were refined before: where whole numbers decide, the next better
        design looks poor until its continuous variables have followed, and evolution alone would not go there.

        Args:
            among: The designs whose front is refined.
        """
        points = nothing = among.at(np.zeros(0, np.intp))
        if self.search.refining >= self.search.settings.refine * self.search.spent:
            return nothing
        feasible = np.flatnonzero(among.met)
        front = among.at(feasible[non_dominated(among.scores[feasible])] if len(feasible) else feasible)
        for batch, count in ((front, 1), (children.at(np.flatnonzero(children.met)), 2)):
            for _ in range(count):
                if not len(batch):
                    continue
                apart = np.abs(batch.genes[:, None] - self.done).max(axis=2).min(axis=1, initial=1.0)
                farthest = np.argmax(apart)
                if apart[farthest] > PROBE:
                    points = points.joined(batch.at(np.array([farthest])))
                    self.done = np.concatenate([self.done, batch.genes[[farthest]]])
        return refined(self.search, points, front.scores.max(axis=0)) if len(points) else nothing

    def state(self) -> dict[str, object]:
        """For a log."""
        return {"refined": self.done}

    def restore(self, record: Mapping[str, NDArray[np.float64]]) -> None:
        """Take up the state that a record of a log describes."""
        self.done = record["refined"]


def _probes(genome: Genome, points: Batch) -> tuple[Array, Array]:
    """For each point a neighbour along each variable, and on which side it lies; (points * variables, variables)."""
    width = np.where(genome.grid, genome.cell, PROBE)
    signs = np.where(points.genes + width <= 1.0, 1.0, -1.0)
    probes = points.genes[:, None, :] + signs[:, :, None] * np.diag(width)
    return genome.snapped(probes.reshape(-1, len(width))), signs


def _told_apart(genome: Genome, steps: list[_Step], targets: list[Array | None]) -> tuple[list[_Step], Array]:
    """The steps that lead somewhere, of equal ones the first."""
    seen: dict[bytes, tuple[_Step, Array]] = {}
    for step, target in zip(steps, targets, strict=True):
        if target is not None:
            gene = genome.snapped(target[None])[0]
            seen.setdefault(fingerprint(gene), (step, gene))
    genes = [gene for _, gene in seen.values()]
    return [step for step, _ in seen.values()], np.array(genes).reshape(len(genes), len(genome.sizes))


class _Aim(NamedTuple):
    """What a step is for: numbers of the objectives to raise by an equal share, and whether the others are held."""

    raised: tuple[int, ...]
    held: bool


class _Linear:
    """The model around a design, linear in steps: whole cells of a grid, shares of a continuous range.

    Args:
        gains: Differences of the scores to the probes, in units of their spread; (objectives, variables).
        losses: The same of the violations; (constraints, variables).
    """

    def __init__(self, genome: Genome, gains: Array, losses: Array) -> None:
        self.genome = genome
        self.unit = np.where(genome.grid, genome.cell, 1.0)
        per_step = np.where(genome.grid, 1.0, 1.0 / PROBE)
        self.gains, self.losses = gains * per_step, losses * per_step
        self.finite = bool(np.isfinite(self.gains).all() and np.isfinite(self.losses).all())

    def aims(self, best: NDArray[np.bool_]) -> Iterator[_Aim]:
        """What steps may be for: each objective, and with several all together.

        Args:
            best: In which objectives no design is better than this one: (objectives,). At such an end of the front
                the objective is raised at whatever cost to the others, since there the front goes on.
        """
        count = len(self.gains)
        for j in range(count):
            yield _Aim((j,), held=not best[j])
        if count > 1:
            yield _Aim(tuple(range(count)), held=True)

    def step(self, genes: Array, violations: Array, aim: _Aim, radius: float, *, whole: bool) -> Array | None:
        """Where the best step leads within a radius; None if there is none.

        Args:
            whole: Steps on grids too, not only of continuous variables.
        """
        grid = self.genome.grid
        reach = np.where(grid, np.maximum(np.floor(radius / self.unit), 1.0) if whole else 0.0, radius)
        reach = np.where(self.genome.category, 0.0, reach)  # no slope there
        down, up = genes / self.unit, (1.0 - genes) / self.unit
        low = -np.minimum(reach, np.where(grid, np.floor(down), down))
        high = np.minimum(reach, np.where(grid, np.floor(up), up))
        # Rows of constraints; of what is raised, by an equal share that a last column holds; and of what is held.
        held = [j for j in range(len(self.gains)) if aim.held and j not in aim.raised]
        rows = np.concatenate([-self.losses, self.gains[list(aim.raised)], self.gains[held]])
        share = np.repeat([0.0, -1.0, 0.0], [len(violations), len(aim.raised), len(held)])
        rows = np.column_stack([rows, share])
        least = np.concatenate([violations + SLACK, np.zeros(len(aim.raised) + len(held))])
        cost = np.append(np.zeros(len(genes)), -1.0)
        falls = 0.0 if whole else -np.inf  # a repair may have to give way
        steps = _solved(
            cost, rows, least, np.append(low, falls), np.append(high, np.inf), np.append(grid, False) & whole
        )
        if steps is None or np.abs(steps[:-1]).max() < 1e-9:
            return None
        target: Array = genes + steps[:-1] * self.unit
        return target


#: From where a step leads, and what it is for.
_Step = tuple[_Linear, _Aim]


def _solved(cost: Array, rows: Array, least: Array, low: Array, high: Array, whole: NDArray[np.bool_]) -> Array | None:
    """Minimize cost @ x over rows @ x >= least, low <= x <= high, x whole where told; None without an answer."""
    import highspy

    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = len(cost), len(least)
    program.col_cost_, program.col_lower_, program.col_upper_ = cost, low, high
    program.row_lower_, program.row_upper_ = least, np.full(len(least), highspy.kHighsInf)
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.start_ = np.arange(0, rows.size + 1, rows.shape[1], dtype=np.int32)
    program.a_matrix_.index_ = np.tile(np.arange(rows.shape[1], dtype=np.int32), len(rows))
    program.a_matrix_.value_ = rows.ravel()
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    program.integrality_ = [kinds[int(w)] for w in whole]
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.silent()
    # One thread and a limit of nodes, not of time: the same step on every machine.
    for option, value in {"threads": 1, "mip_max_nodes": 200, "primal_feasibility_tolerance": 1e-9}.items():
        solver.setOptionValue(option, value)
    solver.passModel(program)
    solver.run()
    if solver.getInfo().primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return None
    return np.array(solver.getSolution().col_value)
