"""Sweeps: points against scipy's, grids against a loop, summaries against all designs at once."""

from __future__ import annotations

import itertools
import os
import signal

import numpy as np
import pytest
from common import BOTH, OtherProcess
from scipy.stats import qmc

import sunfront
from sunfront import engines
from sunfront.engines.context import Context
from sunfront.engines.processes import worker_pool
from sunfront.engines.sweep import engine as sweep_engine
from sunfront.engines.sweep.grid import Grid
from sunfront.engines.sweep.sampling import LatinHypercube, Sobol
from sunfront.errors import RunError
from sunfront.problem.front import non_dominated


@pytest.mark.filterwarnings("ignore:The balance properties")
@pytest.mark.parametrize("total", [1, 5, 1000, 1024, 9000])
def test_sobol_points_are_those_of_scipy(total):
    points = Sobol(6, 3, 1024, total)
    blocks = [points.block(start, min(start + 1024, total)) for start in range(0, total, 1024)]
    expected = qmc.Sobol(6, rng=np.random.default_rng(3)).random(total)
    np.testing.assert_array_equal(np.concatenate(blocks), expected)


@pytest.mark.parametrize("total", [1, 2, 3, 10, 1000, 4097])
def test_latin_hypercube_has_one_point_in_every_stratum(total):
    points = LatinHypercube(4, 1, total)
    cube = np.concatenate([points.block(start, min(start + 256, total)) for start in range(0, total, 256)])
    assert cube.min() >= 0
    assert cube.max() < 1
    for axis in cube.T:
        np.testing.assert_array_equal(np.sort((axis * total).astype(int)), np.arange(total))
    if total > 500:  # independent axes: a correlation of five standard errors
        assert np.abs(np.corrcoef(cube.T) - np.eye(4)).max() < 5 / np.sqrt(total)


@pytest.mark.parametrize(("points", "sizes"), [(3, (1, 7, 64, 1000)), (5, (64, 1000))])
def test_grid_meets_constraints_where_every_design_alone_does(points, sizes, small):
    problem = small(BOTH, engine="sweep").problem
    grid = Grid.from_problem(problem, points)
    every = np.array(list(itertools.product(*grid.axes)))
    columns = {v.name: every[:, i] for i, v in enumerate(problem.variables)}
    expected = np.flatnonzero(problem.feasible(problem.evaluate(columns)))
    assert 0 < len(expected) < grid.total
    for size in (*sizes, grid.total):
        boxes = grid.boxes(size)
        assert [0, *(stop for _, stop in boxes)] == [*(start for start, _ in boxes), grid.total]
        assert max(stop - start for start, stop in boxes) <= size
        np.testing.assert_array_equal(np.concatenate([grid.feasible_numbers(*box) for box in boxes]), expected)
    for name, column in grid.designs(expected).items():
        np.testing.assert_array_equal(column, columns[name][expected])


def test_grid_names_what_is_not_a_number(tmp_path):
    path = tmp_path / "nan.yaml"
    path.write_text(
        "architecture: starlink_bus\nobjectives: [maximize it_power]\nconstraints: [roi >= 1 %]\n"
        "variables: {altitude: {low: 500 km, high: 600 km}}\nparameters: {npv: 0 USD, present_value_of_equity: 0 USD}\n"
        "engine: {name: sweep, method: grid, points: 3}\n"
    )
    study = sunfront.load(path)
    answer = engines.run(study.problem, study.engine, Context())
    assert answer.status == "none found"
    assert answer.notes[0].startswith("roi is nan in 3 of 3 designs")


@pytest.mark.parametrize("method", ["sobol", "lhs", "grid"])
def test_summary_and_front_are_those_of_all_designs_at_once(method, small, monkeypatch):
    monkeypatch.setattr("sunfront.engines.sweep.engine.BLOCK_SIZE", 512)
    study = small(BOTH, engine=f"sweep, method: {method}, samples: 6000, points: 5, keep: 100000")
    problem = study.problem
    found = engines.run(problem, study.engine, Context())
    quantities = problem.evaluate(found.designs)  # every feasible design was kept
    assert found.feasible == len(quantities["roi"]) > 20
    for name, summary in found.summary.items():
        column = found.designs[name] if name in found.designs else quantities[name]
        assert summary.count == found.feasible
        assert (summary.min, summary.max) == (column.min(), column.max())
        assert summary.mean == pytest.approx(column.mean(), rel=1e-12)
    thin = engines.run(problem, study.engine.model_copy(update={"keep": 10}), Context())
    front = problem.scores(problem.evaluate(thin.designs))
    front = front[non_dominated(front)]
    scores = problem.scores(quantities)
    np.testing.assert_array_equal(np.sort(front, axis=0), np.sort(scores[non_dominated(scores)], axis=0))
    assert len(thin.designs["altitude"]) <= len(front) + 10
    assert thin.summary == found.summary


def test_worker_ignores_ctrl_c():
    with worker_pool(1, "", os.getpid) as pool:
        assert pool.submit(signal.getsignal, signal.SIGINT).result() == signal.SIG_IGN


def test_death_of_a_worker_raises_run_error():
    with pytest.raises(RunError) as error, worker_pool(1, "", os.getpid) as pool:
        pool.submit(os._exit, 1).result()
    assert "--workers" in str(error.value)


@pytest.mark.parametrize("engine", ["sweep, evaluations: 40000, keep: 100", "sweep, evaluations: 40000, keep: 0"])
def test_workers_send_little_and_change_nothing(engine, small, monkeypatch):
    """Workers merge blocks, and leave out what could not be kept; the sum over all designs is the same to the bit."""
    study = small(BOTH, engine=engine)
    monkeypatch.setattr(sweep_engine, "BLOCK_SIZE", 256)
    blocks = engines.run(study.problem, study.engine, Context(1))
    monkeypatch.setattr(sweep_engine, "LEAST_GROUPS", 20)
    alone = engines.run(study.problem, study.engine, Context(1))
    others = []
    for seconds in (0.0, 1e9):  # one group a task, and as many as may be
        others.append(other := OtherProcess())
        monkeypatch.setattr(sweep_engine, "TASK", seconds)
        monkeypatch.setattr(sweep_engine, "worker_pool", other.pool)
        shared = engines.run(study.problem, study.engine, Context(1, workers=2))
        assert shared.summary == alone.summary
        for name, column in shared.designs.items():
            np.testing.assert_array_equal(column, alone.designs[name])
            np.testing.assert_array_equal(column, blocks.designs[name])
    single, several = others
    assert single.tasks == ["_evaluate_groups"] * 23  # of seven blocks each
    assert len(several.tasks) < 20
    per_design = 8 * (len(study.problem.variables) + len(study.problem.objectives) + 2)
    assert max(each.received for each in others) < 23 * 3000 + 5 * study.engine.keep * per_design
