"""Evolve a population, a whole generation evaluated at once: NSGA-II, with non-dominated ranks from moocore.

Deb, Pratap, Agarwal, Meyarivan: A fast and elitist multiobjective genetic algorithm: NSGA-II. IEEE Transactions on
Evolutionary Computation 6(2), 2002, doi 10.1109/4235.996017. Constraints are handled by its constrained dominance.
"""

from __future__ import annotations

import time

import numpy as np

from sunfront.arrays import Array
from sunfront.engines.checkpoint import reading
from sunfront.engines.context import Context
from sunfront.engines.search.evaluation import open_workers
from sunfront.engines.search.local_steps import LocalSearch
from sunfront.engines.search.ranking import survivors
from sunfront.engines.search.state import Evaluations, Search
from sunfront.engines.search.unit_cube import UnitCube
from sunfront.engines.search.warm_start import warm_start_points
from sunfront.engines.settings import EvolveSettings
from sunfront.problem.answer import Answer, Status
from sunfront.problem.problem import Problem, as_columns

#: Distribution indices of crossover and of mutation, as in Deb's own studies.
CROSSOVER, MUTATION = 15.0, 20.0

#: Probability that a child is made by crossover; the other children have one parent.
CROSSOVER_RATE = 0.9

#: Generations of children to try before concluding that none differs from the population.
MAX_TRIES = 10

EXHAUSTED = "no child differs from its parents: every design within reach of the population is in it"

#: Least seconds between entries of the checkpoint.
CHECKPOINT_INTERVAL = 1.0


def run(problem: Problem, settings: EvolveSettings, context: Context) -> Answer:
    """Run NSGA-II; an interrupted run continues from its checkpoint and ends as if it had not been interrupted.

    The answer does not depend on ``context.workers``.
    """
    problem = problem.for_many(settings.evaluations * problem.evaluations_per_design)
    with open_workers(problem, context) as workers:
        return _evolve(Search(problem, settings, settings.evaluations, context, workers))


def _evolve(search: Search) -> Answer:
    settings, context = search.settings, search.context
    local_search = LocalSearch(search)
    status: Status = "best found"
    notes: tuple[str, ...] = ()
    generation, population = -1, None
    with reading(context.checkpoint.path):
        for entry in context.checkpoint.entries():
            search.restore(entry)
            local_search.restore(entry)
            generation = int(entry["generation"])
            population = Evaluations.from_arrays(entry)
    saved_at, saved_count = time.monotonic(), search.evaluated

    def save() -> None:
        nonlocal saved_at, saved_count
        if population is None or search.evaluated == saved_count:
            return
        write, since = context.checkpoint.append, saved_count
        if context.checkpoint.is_long:
            write, since = context.checkpoint.rewrite, 0
        write(generation=generation, **vars(population), **search.state(since), **local_search.state(since))
        saved_at, saved_count = time.monotonic(), search.evaluated

    try:
        while search.remaining > 0 and not (reason := search.stop_reason()):
            rng = np.random.default_rng([context.seed, generation + 1])
            if population is None:
                candidates = found = search.evaluate(_first_points(search, rng))
                search.free = len(found) if settings.warm_start is not None else 0
            else:
                children = _children(search, population.points, settings.population, rng)
                if not len(children):
                    notes = (EXHAUSTED,)
                    break
                found = search.evaluate(children[: search.remaining])
                candidates = population.merge(found)
                steps = local_search.step(candidates, found)
                found, candidates = found.merge(steps), candidates.merge(steps)
            kept = survivors(candidates, settings.population, search.problem.preference)
            # One statement: an interruption leaves the population and its number either both old or both new.
            population, generation = candidates.select(kept), generation + 1
            search.finish_batch(found)
            if time.monotonic() - saved_at >= CHECKPOINT_INTERVAL:
                save()
        else:
            notes = (reason,) if search.remaining > 0 else ()
    except KeyboardInterrupt:
        status = "stopped"
    return search.answer(status, notes)


def _first_points(search: Search, rng: np.random.Generator) -> Array:
    """Return the points of the first population: the designs of a warm start, or scrambled Sobol points."""
    settings, cube = search.settings, search.cube
    if settings.warm_start is not None:
        former = search.context.former[settings.warm_start]
        return np.unique(warm_start_points(search.problem, settings.warm_start, former), axis=0)
    if not cube.variables:
        return np.empty((1, 0))
    from scipy.stats import qmc

    count = min(settings.population, search.remaining)
    points = qmc.Sobol(len(cube.variables), rng=rng).random(1 << (count - 1).bit_length())[:count]
    if (start := search.problem.start) is not None:
        points[0] = cube.points(as_columns(start))[0]
    return np.unique(cube.snap(points), axis=0)


def _children(search: Search, parents: Array, count: int, rng: np.random.Generator) -> Array:
    """Return up to ``count`` children that differ from each other and from all parents; none if no try yields one."""
    for _ in range(MAX_TRIES):
        children = _new_points(search.canonical(_breed(search.cube, parents, count, rng)), parents)
        if len(children):
            break
    return children


def _breed(cube: UnitCube, parents: Array, count: int, rng: np.random.Generator) -> Array:
    """Return children of a population sorted from best to worst.

    Parents are chosen by binary tournaments; children are made by simulated binary crossover and polynomial mutation.
    """
    shape = (count, len(cube.sizes))
    one, other = (parents[rng.integers(0, len(parents), (count, 2)).min(axis=1)] for _ in range(2))
    # Crossover: a child lies near either parent, the nearer the closer the parents are to each other.
    chance = rng.random(shape)
    power = 1.0 / (CROSSOVER + 1.0)
    factor = np.where(chance <= 0.5, (2 * chance) ** power, (2 * (1 - chance)) ** -power)
    factor = np.where(rng.random(shape) < 0.5, factor, -factor)
    is_mixed = (rng.random(shape) < 0.5) & (rng.random((count, 1)) < CROSSOVER_RATE)
    between = np.where(
        cube.is_preset, np.where(factor > 0, one, other), ((1 + factor) * one + (1 - factor) * other) / 2
    )
    child = cube.snap(np.where(is_mixed, between, one))
    # Mutation: of one variable on average.
    is_mutated = rng.random(shape) < 1.0 / max(shape[1], 1)
    chance = rng.random(shape)
    power = 1.0 / (MUTATION + 1.0)
    move = np.where(chance < 0.5, (2 * chance) ** power - 1, 1 - (2 * (1 - chance)) ** power)
    moved = cube.snap(np.where(cube.is_preset & is_mutated, chance, child + is_mutated * move))
    # On a coarse grid most moves would end in the cell where they began; such a move becomes one cell.
    is_stuck = is_mutated & cube.on_grid & (moved == child)
    return cube.snap(np.where(is_stuck, child + np.where(move < 0, -cube.cell, cube.cell), moved))


def _new_points(children: Array, parents: Array) -> Array:
    """Return the children that differ from each other and from all parents."""
    _, first = np.unique(np.concatenate([parents, children]), axis=0, return_index=True)
    new: Array = children[np.sort(first[first >= len(parents)]) - len(parents)]
    return new
