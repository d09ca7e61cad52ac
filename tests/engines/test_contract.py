"""One contract for all engines."""

from __future__ import annotations

import numpy as np
import pytest
from common import BOTH

from sunfront import engines
from sunfront.engines.context import Context
from sunfront.problem.front import non_dominated
from sunfront.problem.verification import verified

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


@pytest.mark.parametrize("engine", SETTINGS)
class TestContract:
    def test_same_seed_same_table(self, engine, small):
        study = small(BOTH, engine=SETTINGS[engine])
        first, again = answer(study, seed=3), answer(study, seed=3)
        assert first.status == again.status
        for name in first.designs:
            np.testing.assert_array_equal(first.designs[name], again.designs[name])

    def test_designs_keep_bounds_and_grids_and_meet_constraints(self, engine, small):
        study = small(BOTH, engine=SETTINGS[engine])
        found = answer(study)
        assert len(found.designs["altitude"]) > 0
        verified(study.problem, found)  # raises otherwise
        for v in study.problem.variables:
            column = found.designs[v.name]
            assert column.min() >= v.low
            assert column.max() <= v.high
            if v.values is not None:
                assert np.isin(column, v.values).all()

    def test_one_objective(self, engine, small):
        study = small("minimize compute_cost", engine=SETTINGS[engine])
        assert answer(study).status in ("proved", "best found")

    def test_nothing_feasible(self, engine, small):
        study = small(BOTH, "npv >= 1e12 USD", engine=SETTINGS[engine])
        found = answer(study)
        assert found.status == ("infeasible" if engine == "pyomo" else "none found")
        assert all(len(column) == 0 for column in found.designs.values())

    def test_progress_is_reported(self, engine, small):
        reported = []
        answer(small(BOTH, engine=SETTINGS[engine]), progress=lambda done, total, text: reported.append(done / total))
        assert reported
        assert max(reported) <= 1 + 1e-9

    def test_interrupted_keeps_what_it_has(self, engine, small, monkeypatch):
        """Ctrl-C at the fourth sign of progress; on a grid, whose first designs are too small, late."""
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


def test_nothing_beats_the_proof(small):
    """No design of any engine lies beyond the certified staircase."""
    proof = answer(small(BOTH, engine="pyomo, gap: 1 %")).certificate
    for engine in ("sweep", "sweep, grid", "optuna", "evolve"):
        study = small(BOTH, engine=SETTINGS[engine])
        scores = study.problem.scores(verified(study.problem, answer(study)))
        assert len(scores) > 20
        assert scores[:, 1].max() <= proof.ceilings[0] * (1 + 1e-9)
        for (floor,), bound in proof.facts:
            beyond = scores[scores[:, 1] >= floor, 0]
            assert beyond.max(initial=-np.inf) <= bound * (1 + 1e-9)


def test_sweep_does_not_depend_on_workers(small):
    study = small(BOTH, engine="sweep, evaluations: 200000")
    alone, together = answer(study, workers=1), answer(study, workers=2)
    assert alone.feasible == together.feasible > 0
    for name in alone.designs:
        np.testing.assert_array_equal(alone.designs[name], together.designs[name])


def test_grid_visits_both_ends(small):
    study = small("maximize fleet_it_power", engine="sweep, method: grid, points: 3")
    found = answer(study)
    assert found.evaluated == 3 * 3 * 3 * 3 * 3 * 2
    assert found.designs["node_array_area"].max() == 900.0


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_non_dominated_against_the_definition(columns):
    rng = np.random.default_rng(columns)
    scores = rng.integers(0, 6, (80, columns)).astype(float)
    kept = scores[non_dominated(scores)]
    for row in kept:
        assert not ((scores >= row).all(axis=1) & (scores > row).any(axis=1)).any()
    for row in scores:
        assert (kept >= row).all(axis=1).any()
    assert len(np.unique(kept, axis=0)) == len(kept)
