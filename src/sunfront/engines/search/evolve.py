"""Evolve a population whose designs are evaluated all at once: NSGA-II on ranks by moocore.

Deb, Pratap, Agarwal, Meyarivan: A fast and elitist multiobjective genetic algorithm: NSGA-II. IEEE Transactions on
Evolutionary Computation 6(2), 2002, doi 10.1109/4235.996017; constraints by its constrained dominance.
"""

from __future__ import annotations

import time

import numpy as np

from sunfront.arrays import Array
from sunfront.engines.context import Context
from sunfront.engines.search.local_steps import Refining
from sunfront.engines.search.ranking import survivors
from sunfront.engines.search.state import Batch, Search
from sunfront.engines.search.unit_cube import Genome
from sunfront.engines.search.warm_start import warm_genes
from sunfront.engines.settings import EvolveSettings
from sunfront.problem.answer import Answer, Status
from sunfront.problem.problem import Problem

#: Distribution indices of crossover and of mutation, as in Deb's own studies.
CROSSOVER, MUTATION = 15.0, 20.0

#: Share of children that two parents mix in; the others come from one.
MIXED = 0.9

#: Tries at children, before a population is taken to have none that differ from it.
PATIENCE = 10

EXHAUSTED = "no child differs from its parents: every design within reach of the population is in it"

#: Seconds between records of the log.
RECORD = 1.0


def run(problem: Problem, settings: EvolveSettings, context: Context) -> Answer:
    """Run NSGA-II; a run that was interrupted is continued from its log, and ends as it would have without."""
    search = Search(problem, settings, settings.evaluations, context)
    refining = Refining(search)
    genome = search.genome
    status: Status = "best found"
    notes: tuple[str, ...] = ()
    generation, population = -1, None
    for record in context.checkpoint.entries():
        search.restore(record)
        refining.restore(record)
        generation = int(record["generation"])
        population = Batch.from_arrays(record)
    logged, since = time.monotonic(), search.evaluated

    def keep_record() -> None:
        nonlocal logged, since
        if population is not None and search.evaluated > since:
            context.checkpoint.append(
                generation=generation, **vars(population), **search.state(since), **refining.state()
            )
            logged, since = time.monotonic(), search.evaluated

    try:
        while search.left > 0 and not (reason := search.stopped()):
            rng = np.random.default_rng([context.seed, generation + 1])
            if population is None:
                grown = found = search.evaluate(_first(search, rng))
                search.free = len(found) if settings.warm_start is not None else 0
            else:
                children = _children(genome, population.genes, settings.population, rng)
                if not len(children):
                    notes = (EXHAUSTED,)
                    break
                found = search.evaluate(children[: search.left])
                grown = population.joined(found)
                local = refining.steps(grown, found)
                found, grown = found.joined(local), grown.joined(local)
            # From here to the end of the statement the generation is whole, or it has not been.
            population, generation = grown.at(survivors(grown, settings.population)), generation + 1
            search.told(found.scores[found.met])
            if time.monotonic() - logged >= RECORD:
                keep_record()
        else:
            notes = (reason,) if search.left > 0 else ()
    except KeyboardInterrupt:
        status = "stopped"
    return search.answer(status, notes)


def _first(search: Search, rng: np.random.Generator) -> Array:
    """The genes of the first population: the designs of a warm start, or scrambled Sobol points."""
    settings, genome = search.settings, search.genome
    if settings.warm_start is not None:
        former = search.context.former[settings.warm_start]
        return np.unique(warm_genes(search.problem, settings.warm_start, former), axis=0)
    if not genome.variables:
        return np.empty((1, 0))
    from scipy.stats import qmc

    count = min(settings.population, search.left)
    points = qmc.Sobol(len(genome.variables), rng=rng).random(1 << (count - 1).bit_length())[:count]
    return np.unique(genome.snapped(points), axis=0)


def _children(genome: Genome, parents: Array, count: int, rng: np.random.Generator) -> Array:
    """Up to ``count`` children, equal neither to each other nor to a parent; none if no try brings one."""
    for _ in range(PATIENCE):
        children = _unlike(_bred(genome, parents, count, rng), parents)
        if len(children):
            break
    return children


def _bred(genome: Genome, parents: Array, count: int, rng: np.random.Generator) -> Array:
    """Children of a population sorted by merit, by tournaments, simulated binary crossover and polynomial mutation."""
    shape = (count, len(genome.sizes))
    one, other = (parents[rng.integers(0, len(parents), (count, 2)).min(axis=1)] for _ in range(2))
    # Crossover: a child lies about either parent, the closer the closer its parents are.
    chance = rng.random(shape)
    power = 1.0 / (CROSSOVER + 1.0)
    spread = np.where(chance <= 0.5, (2 * chance) ** power, (2 * (1 - chance)) ** -power)
    side = np.where(rng.random(shape) < 0.5, spread, -spread)
    mixed = (rng.random(shape) < 0.5) & (rng.random((count, 1)) < MIXED)
    between = np.where(genome.category, np.where(side > 0, one, other), ((1 + side) * one + (1 - side) * other) / 2)
    child = genome.snapped(np.where(mixed, between, one))
    # Mutation: one variable in the mean.
    mutated = rng.random(shape) < 1.0 / max(shape[1], 1)
    chance = rng.random(shape)
    power = 1.0 / (MUTATION + 1.0)
    move = np.where(chance < 0.5, (2 * chance) ** power - 1, 1 - (2 * (1 - chance)) ** power)
    moved = genome.snapped(np.where(genome.category & mutated, chance, child + mutated * move))
    # On a coarse grid most moves would end in the cell where they began: there a move is one cell.
    stuck = mutated & genome.grid & (moved == child)
    return genome.snapped(np.where(stuck, child + np.where(move < 0, -genome.cell, genome.cell), moved))


def _unlike(children: Array, parents: Array) -> Array:
    """The children that are equal neither to each other nor to a parent."""
    _, first = np.unique(np.concatenate([parents, children]), axis=0, return_index=True)
    fresh: Array = children[np.sort(first[first >= len(parents)]) - len(parents)]
    return fresh
