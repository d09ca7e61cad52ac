"""Designs nearly as good as a proved optimum."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sunfront.analysis.alternatives import find_alternatives
from sunfront.runs import runner


@pytest.mark.slow
def test_every_design_within_the_share_lies_within_the_ranges(small, tmp_path, command):
    """At random designs, most of them moved toward the best so that many are within 3 % of it."""
    study = small("minimize compute_cost", altitude="{choices: [600, 690], unit: km}", engine="pyomo, gap: 0.001 %")
    problem = study.problem
    run = runner.run(study, output=tmp_path)
    best = run.front["compute_cost"].iloc[0]
    found = find_alternatives(run, 0.03, 5, 60.0, lambda *_: None)
    assert len(found.columns["compute_cost"]) == 5
    assert found.columns["compute_cost"][0] == pytest.approx(best, rel=1e-9)
    assert (found.columns["compute_cost"] <= best * 1.03 * (1 + 1e-4)).all()
    places = np.array([found.columns[v.name] / (v.high - v.low) for v in problem.variables]).T
    assert min(np.abs(a - b).sum() for i, a in enumerate(places) for b in places[:i]) > 0.05
    assert found.ranges.keys() == {v.name for v in problem.variables}
    rng = np.random.default_rng(1)
    share = rng.random(200_000) ** 2
    designs = {}
    for v in problem.variables:
        center = run.front[v.name].iloc[0]
        designs[v.name] = v.snap(center + share * (v.values_at(rng.random(len(share))) - center))
    values = problem.evaluate(designs)
    near = problem.feasible(values) & (values["compute_cost"] <= best * 1.03)
    assert near.sum() > 20
    for name, (low, high) in found.ranges.items():
        column = designs[name][near]
        assert low - 1e-3 * abs(low) <= column.min() <= column.max() <= high + 1e-3 * abs(high)


def test_the_command_lists_ranges_and_designs(small, tmp_path, command):
    study = small("minimize compute_cost", altitude="{choices: [690], unit: km}", engine="pyomo, gap: 0.1 %")
    run = runner.run(study, output=tmp_path)
    done = command("alternatives", run.folder, "--within", "1 %", "--to", tmp_path / "designs.csv", "--count", 3)
    assert done.returncode == 0, done.stderr
    assert "how far each variable can move with compute_cost <= " in done.stdout
    assert "3 designs, each as different as can be from those above" in done.stdout
    assert len(table := pd.read_csv(tmp_path / "designs.csv")) == 3
    assert table["altitude (km)"].tolist() == [690.0] * 3
    assert command("alternatives", run.folder, "--within", "200 %").returncode == 2


def test_a_run_without_one_proved_optimum_is_refused(small, tmp_path, command):
    run = runner.run(small(engine="sweep, evaluations: 512"), output=tmp_path)
    done = command("alternatives", run.folder)
    assert done.returncode == 2
    assert "alternatives need a proved optimum" in done.stderr
