"""What a run says of a preferred part of its front, and of objectives in an order."""

from dataclasses import replace

import numpy as np
import pytest
from common import LIGHT

from sunfront.report.cost_bridge import compared_rows
from sunfront.report.page_data import highlighted_rows
from sunfront.report.sentences import answer, headline, main_suggestion, share_text
from sunfront.runs import runner
from sunfront.runs.results import IN_ORDER
from sunfront.runs.run import Run, open_run
from sunfront.study.study import Study

TEXT = f"""architecture: starlink_bus
{LIGHT}variables:
  launch_cadence: {{choices: [12, 24, 52, 78, 104, 156], unit: 1/year}}
  node_accelerators: {{choices: [24, 48, 60], unit: ""}}
  altitude: {{choices: [550, 600], unit: km}}
engine: {{name: sweep, method: grid, points: 12}}
"""


def run(folder, lines):
    path = folder / "wanted.yaml"
    path.write_text(TEXT + lines)
    return runner.run(Study.load(path), output=folder / "out")


def test_a_preferred_part_is_named_and_its_designs_are_suggested(tmp_path):
    results = run(tmp_path, "objectives: [maximize fleet_it_power, minimize capex]\nprefer: capex <= 12 GUSD\n")
    capex = results.front["capex"].to_numpy()
    inside = int((capex <= 12e9).sum())
    assert 1 < inside < len(capex)
    assert f" {inside} of the {len(capex)} lie in the preferred part: capex is at most 12 GUSD." in answer(results)
    assert capex[results.suggestions["nearest to the ideal"]] <= 12e9
    Run.load(results.folder)  # what is preferred is stored, and compared with the study


def test_the_choice_of_an_order_comes_first(tmp_path, monkeypatch):
    lines = 'objectives: ["minimize capex, tolerance 50 %", maximize fleet_it_power]\ncombine: lexicographic\n'
    results = run(tmp_path, lines)
    label, row = main_suggestion(results)
    assert label == IN_ORDER
    front = results.front
    near = front["capex"] <= 1.5 * front["capex"].min() * (1 + 1e-9)
    assert front["fleet_it_power"][row] == front["fleet_it_power"][near].max()
    assert "Best in the order of the objectives is capex" in answer(results)
    assert headline(results) == "best front found, no bound"
    assert "knee" not in results.suggestions or results.suggestions["knee"] != row
    assert next(iter(highlighted_rows(results).items())) == (IN_ORDER, results.front_rows[row])
    assert row > 0
    opened = open_run(results)
    assert opened.cash_flow().npv == opened.cash_flow(row).npv != opened.cash_flow(0).npv
    assert opened.study_at().evaluate()["npv"] == pytest.approx(front["npv"][row])
    assert next(iter(compared_rows(results).values())) == results.front_rows[row]
    monkeypatch.setattr(runner, "find_relaxed_limit", lambda problem, design, first: first)
    priced = replace(results, record=results.record.model_copy(update={"shadow_prices": ("a price",)}))
    assert runner._relaxed_limit(open_run(results).study, priced) == results.front_rows[row]


def test_the_parts_of_a_sum_are_in_the_table(tmp_path):
    lines = 'objectives: ["maximize npv, scale 1 GUSD", "minimize node_mass, scale 1 t"]\ncombine: weighted\n'
    results = run(tmp_path, lines)
    first = results.front.iloc[0]
    assert first["weighted_sum"] == pytest.approx(first["npv"] / 1e9 - first["node_mass"] / 1e3)
    assert results.record.parts == ("npv", "node_mass")
    assert np.isfinite(first["roi"])


def test_a_gap_is_told_in_percent_without_an_exponent():
    gaps = {1.0: "at most 100 %", 0.996: "at most 100 %", 0.0421: "at most 4.2 %", 2.3e-6: "at most 0.00023 %"}
    assert {gap: share_text(gap) for gap in gaps} == gaps
    assert share_text(1e-7) == "less than 0.0001 %"
