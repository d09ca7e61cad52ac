"""First decisions of a run in scenarios: stored, read again, gone on with after an interruption."""

from __future__ import annotations

import pandas as pd
import pytest
from typer.testing import CliRunner

from sunfront.cli import app
from sunfront.engines.plan import robustness
from sunfront.errors import UserError
from sunfront.report.plan_text import robust_lines
from sunfront.runs.plan_robustness import PARTIAL, ROBUST_FILE, ROBUST_TABLE, Asked, read_robustness, try_plan
from sunfront.runs.plans import run_plan
from sunfront.study.plan_study import PlanStudy

TEXT = """\
horizon: {start: 2027-01, end: 2028-07, period: half-year}
parameters: {discount_rate: 8 %/year}
products:
  bus:
    architecture: starlink_bus
    presets: [claimed_2026, ai1_satellite, launch_at_cost]
    parameters: {compute_price: 15 USD/kWh, launch_cadence: 4 1/year}
supply:
  launches: {limits: launches, offered: 4 1/year, source: test}
  factory: {limits: nodes, module: 60 1/year, cost: 100 MUSD, lead: 0.5 year, at_most: 1, source: test}
objectives: [maximize npv]
"""
UNCERTAIN = "uncertain: {bus.compute_price: {uniform: {low: 60 %, high: 140 %}, known: 2027-07}}\n"


@pytest.fixture
def plan(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(TEXT + UNCERTAIN, "utf-8")
    return run_plan(PlanStudy.load(path), output=tmp_path / "outputs")


def test_an_interrupted_trial_goes_on_and_is_stored(plan, tmp_path, monkeypatch):
    asked, tried = Asked(4, 3), []
    plain = robustness.Bench.try_scenario

    def interrupted(self, index):
        tried.append(index)
        if len(tried) == 5:
            raise KeyboardInterrupt
        return plain(self, index)

    monkeypatch.setattr(robustness.Bench, "try_scenario", interrupted)
    with pytest.raises(KeyboardInterrupt):
        try_plan(plan, asked)
    assert (plan.folder / PARTIAL).is_file()
    with (plan.folder / PARTIAL).open("a") as file:
        file.write('{"key": "torn')
    record = try_plan(plan, asked)
    assert tried == [0, 1, 2, 0, 1, 1, 2, 3]
    assert not (plan.folder / PARTIAL).exists()
    assert read_robustness(plan.folder) == record
    assert try_plan(plan, asked) == record
    assert len(tried) == 8
    bytes_before = (plan.folder / ROBUST_FILE).read_bytes()
    assert try_plan(plan, asked, force=True) == record
    assert (plan.folder / ROBUST_FILE).read_bytes() == bytes_before
    assert record.program.bound >= record.program.mean >= record.program.nominal
    assert record.program.known >= record.program.mean
    table = pd.read_csv(plan.folder / ROBUST_TABLE, header=[0, 1], index_col=0)
    assert table["best npv"].iloc[3].item() == pytest.approx(record.outcomes[3].best / 1e6)
    text = (
        CliRunner()
        .invoke(app, ["robust", "small", "--scenarios=4", "--two-stage=3", f"--output={tmp_path / 'outputs'}"])
        .output
    )
    assert "plan of nominal values" in text
    assert "value of the stochastic solution" in text
    close = {"mean": record.program.nominal, "bound": record.program.nominal + 1e-7}
    rounded = record.model_copy(update={"program": record.program.model_copy(update=close)})
    assert "value of the stochastic solution: 0 MUSD, at most 0 MUSD" in robust_lines(plan, rounded)
    assert "First decisions in 4 scenarios" in (plan.folder / "report.html").read_text("utf-8")
    forged = (plan.folder / ROBUST_FILE).read_text("utf-8").replace('"seed": 0', '"seed": 1')
    (plan.folder / ROBUST_FILE).write_text(forged, "utf-8")
    with pytest.raises(UserError, match="was changed"):
        read_robustness(plan.folder)


@pytest.mark.long
def test_workers_of_a_cluster_find_the_same(plan):
    alone = try_plan(plan, Asked(4))
    assert try_plan(plan, Asked(4), force=True, workers=2, cluster="local") == alone


def test_what_cannot_be_tried_is_refused(plan, tmp_path):
    for asked, message in ((Asked(1), "take 2 to 1000"), (Asked(9, 21), "take 2 to 20"), (Asked(9, 0, -1), "negative")):
        with pytest.raises(UserError, match=message):
            try_plan(plan, asked)
    path = tmp_path / "small.yaml"
    path.write_text(TEXT, "utf-8")
    with pytest.raises(UserError, match="nothing uncertain"):
        try_plan(run_plan(PlanStudy.load(path), output=tmp_path / "outputs"), Asked(4))
