"""Searches with workers, and the short memory of samplers: what they find does not depend on either."""

from __future__ import annotations

import numpy as np
import pytest
from common import BOTH, OtherProcess

from sunfront import engines
from sunfront.engines.context import Context
from sunfront.engines.search import evaluation, sampler_memory
from sunfront.engines.search.local_steps import Starts
from sunfront.engines.search.sampler_memory import SamplerMemory
from sunfront.engines.search.trials import TrialConverter

ENGINES = {
    "nsga2": "optuna, evaluations: 160, population: 20",
    "tpe": "optuna, sampler: tpe, evaluations: 60, population: 25, refine: 0",
    "evolve": "evolve, evaluations: 600, population: 40",
    "samples": "evolve, evaluations: 60, population: 20, refine: 0",
}


def same(one, other):
    assert (one.status, one.evaluated, one.feasible, one.notes) == (
        other.status,
        other.evaluated,
        other.feasible,
        other.notes,
    )
    assert one.convergence == other.convergence
    for name, column in one.designs.items():
        np.testing.assert_array_equal(column, other.designs[name])


@pytest.mark.parametrize("engine", ENGINES)
def test_workers_change_nothing(engine, small, monkeypatch):
    monkeypatch.setattr(evaluation, "DESIGNS", 8)
    monkeypatch.setattr(evaluation, "VALUES", 1024)
    objectives = "maximize p10 roi" if engine == "samples" else BOTH
    more = "uncertain: [compute_price]\nuncertainty: {samples: 256}\n" if engine == "samples" else ""
    study = small(objectives, engine=ENGINES[engine], more=more)
    alone = engines.run(study.problem, study.engine, Context(3))
    other = OtherProcess()
    monkeypatch.setattr(evaluation, "worker_pool", other.pool)
    same(alone, engines.run(study.problem, study.engine, Context(3, workers=2)))
    expected = {"_evaluate"} | ({"_propose_there"} if engine == "tpe" else set())
    assert expected | ({"target"} if engine in ("nsga2", "evolve") else set()) == set(other.tasks)


def test_processes_change_nothing(small, monkeypatch):
    monkeypatch.setattr(evaluation, "DESIGNS", 20)
    study = small(BOTH, engine="evolve, evaluations: 300, population: 40, refine: 0")
    alone, two = (engines.run(study.problem, study.engine, Context(1, workers=n)) for n in (1, 2))
    same(alone, two)


@pytest.mark.parametrize("sampler", [pytest.param("nsga2", marks=pytest.mark.long), "nsga3", "qmc"])
def test_what_a_sampler_does_not_read_is_forgotten(sampler, small, monkeypatch):
    """A genetic sampler reads two generations: the search is the same, trial by trial, as with all trials kept."""
    study = small(BOTH, engine=f"optuna, sampler: {sampler}, evaluations: 400, population: 10, refine: 30 %")
    forgot = []
    forget = SamplerMemory.forget
    monkeypatch.setattr(SamplerMemory, "forget", lambda memory: forgot.append(forget(memory)))
    short = engines.run(study.problem, study.engine, Context(2))
    assert sum(forgot) >= 3
    monkeypatch.setattr(SamplerMemory, "forget", lambda memory: False)
    same(short, engines.run(study.problem, study.engine, Context(2)))


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_a_slow_sampler_keeps_the_best_and_the_latest(small, monkeypatch):
    monkeypatch.setattr(sampler_memory, "LEARNED", 20)
    study = small("maximize roi", engine="optuna, sampler: tpe, population: 10")
    problem = study.problem
    converter = TrialConverter(problem)
    memory = SamplerMemory(converter, study.engine, 0)
    points = converter.cube.snap(np.random.default_rng(0).random((200, len(problem.variables))))
    found = evaluation.Evaluator(problem).evaluate(points)
    values = (found.scores, found.violations, found.feasible)
    memory.add(converter.finished_trials(points, *values, attrs=[{}] * len(points)))
    assert memory.forget()
    kept = [t.user_attrs["design"] for t in memory.finished()]
    texts = converter.design_texts(points)
    assert kept[-20:] == texts[-20:]
    total = np.where(found.feasible, 0.0, np.maximum(found.violations, 0.0).sum(axis=1))
    best = np.lexsort((-found.scores[:, 0], total))[:20]
    assert all(texts[i] in kept for i in best)
    assert len(kept) <= 40


def test_distances_to_many_starts_are_those_one_by_one():
    rng = np.random.default_rng(0)
    starts, points = Starts(4), rng.random((50, 4))
    assert starts.distance(points).tolist() == [1.0] * 50
    for number in range(60):
        starts.add(rng.random((20, 4)), number)
        expected = np.abs(points[:, None] - starts.points).max(axis=2).min(axis=1)
        np.testing.assert_array_equal(starts.distance(points), expected)
    assert starts.numbers.tolist() == np.repeat(np.arange(60), 20).tolist()
