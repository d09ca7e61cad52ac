"""The contract that every engine fulfills."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import numpy as np
import pytest
from common import BOTH, write_small

from sunfront import engines
from sunfront.engines.context import Context
from sunfront.problem.answer import Answer
from sunfront.problem.front import non_dominated
from sunfront.problem.verification import verified
from sunfront.study.study import Study
from sunfront.testing import EngineContract

SETTINGS = {
    "sweep": "sweep, evaluations: 60000",
    "sweep, grid": "sweep, method: grid, points: 6",
    "optuna": "optuna, evaluations: 300, population: 20, refine: 50 %",
    "evolve": "evolve, evaluations: 3000",
    "pyomo": "pyomo, gap: 5 %",
}


def answer(study, seed=0, workers=1, progress=None):
    context = Context(seed, workers, progress) if progress else Context(seed, workers)
    return engines.run(study.problem, study.engine, context)


class Solved(NamedTuple):
    """An answered study with two objectives, and the shares of progress reported meanwhile."""

    study: Study
    answer: Answer
    progress: list[float]


@pytest.fixture(scope="session", params=SETTINGS)
def engine(request):
    return request.param


@pytest.fixture(scope="session")
def solved(engine, tmp_path_factory):
    """One answer of each engine for all tests that only look at it."""
    study = Study.load(write_small(tmp_path_factory.mktemp("contract"), BOTH, engine=SETTINGS[engine]))
    progress = []
    found = answer(study, seed=3, progress=lambda done, total, text: progress.append(done / total))
    return Solved(study, found, progress)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """The certificate of the same study at a gap of 1 %."""
    folder = tmp_path_factory.mktemp("certificate")
    return answer(Study.load(write_small(folder, BOTH, engine="pyomo, gap: 1 %"))).certificate


class TestSweep(EngineContract):
    engine: ClassVar = {"name": "sweep", "evaluations": 60000}


class TestGrid(EngineContract):
    engine: ClassVar = {"name": "sweep", "method": "grid", "points": 6}


class TestOptuna(EngineContract):
    engine: ClassVar = {"name": "optuna", "evaluations": 300, "population": 20, "refine": "50 %"}


class TestEvolve(EngineContract):
    engine: ClassVar = {"name": "evolve", "evaluations": 3000}


class TestPyomo(EngineContract):
    engine: ClassVar = {"name": "pyomo", "gap": "5 %"}


class TestInterrupted:
    def test_an_interrupted_run_keeps_its_designs(self, engine, small, monkeypatch):
        """Ctrl-C at the fourth report of progress; on a grid later, because its first designs are infeasible."""
        monkeypatch.setattr("sunfront.engines.sweep.engine.BLOCK_SIZE", 1024)
        calls = []

        def interrupt(done, total, text):
            calls.append(done)
            if len(calls) >= 4 and (done > 0.7 * total or "grid" not in engine):
                raise KeyboardInterrupt

        study = small(BOTH, engine=SETTINGS[engine])
        if engine == "optuna":
            study = small(BOTH, engine="optuna, refine: 0")
        if engine == "pyomo":
            study = small(BOTH, engine="pyomo, gap: 0.001 %")
        found = answer(study, progress=interrupt)
        assert found.status == "stopped"
        assert len(found.designs["altitude"]) > 0


@pytest.mark.parametrize("engine", ["sweep", "sweep, grid", "optuna", "evolve"], indirect=True)
def test_no_design_exceeds_a_bound(solved, certificate):
    problem = solved.study.problem
    scores = problem.scores(verified(problem, solved.answer))
    assert len(scores) > 20
    assert scores[:, 1].max() <= certificate.ceilings[0] * (1 + 1e-9)
    for (floor,), bound in certificate.facts:
        above = scores[scores[:, 1] >= floor, 0]
        assert above.max(initial=-np.inf) <= bound * (1 + 1e-9)


def test_sweep_does_not_depend_on_workers(small):
    study = small(BOTH, engine="sweep, evaluations: 200000")
    one, two = answer(study, workers=1), answer(study, workers=2)
    assert one.feasible == two.feasible > 0
    for name in one.designs:
        np.testing.assert_array_equal(one.designs[name], two.designs[name])


def test_grid_visits_both_ends(small):
    study = small("maximize fleet_it_power", engine="sweep, method: grid, points: 3")
    found = answer(study)
    assert found.evaluated == 3 * 3 * 3 * 3 * 3 * 2
    assert found.designs["node_array_area"].max() == 900.0


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_non_dominated_designs_follow_the_definition(columns):
    rng = np.random.default_rng(columns)
    scores = rng.integers(0, 6, (80, columns)).astype(float)
    front = scores[non_dominated(scores)]
    for row in front:
        assert not ((scores >= row).all(axis=1) & (scores > row).any(axis=1)).any()
    for row in scores:
        assert (front >= row).all(axis=1).any()
    assert len(np.unique(front, axis=0)) == len(front)
