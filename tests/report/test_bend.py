"""Why a front bends: against the difference of the two designs, computed apart."""

import re

import pytest
from common import write_small

import sunfront
from sunfront.report.bend import reasons
from sunfront.runs.run import open_run
from sunfront.study.study import Study


def evaluated(results, row, names):
    study = Study.load(results.folder / "study.yaml")
    design = {name: float(results.front[name].iloc[row]) for name in results.record.variables}
    found = study.evaluate(**design)
    return {name: float(found[name]) for name in names}


def test_the_parts_that_change_most_are_named(proved):
    """With more launches a year each costs more, as launches are scarce: nothing else changes by as much."""
    first, last = (
        evaluated(proved, row, ["compute_cost", "levelized_transport", "levelized_accelerators"]) for row in (0, -1)
    )
    cost, *_ = reasons(open_run(proved))
    assert cost.startswith("From the highest ROI to the highest fleet IT power, the cost of compute goes from ")
    start, end = (float(x) for x in re.search(r"from ([\d.]+) USD/kWh to ([\d.]+) USD/kWh", cost).groups())
    assert [start, end] == pytest.approx([first["compute_cost"] * 3.6e6, last["compute_cost"] * 3.6e6], rel=1e-3)
    change = (last["levelized_transport"] - first["levelized_transport"]) * 3.6e6
    named = re.search(r"levelized transport \+([\d.]+) USD/kWh", cost)
    assert float(named[1]) == pytest.approx(change, rel=5e-3)


def test_larger_satellites_are_heavier_for_their_power(tmp_path):
    """Booms and momentum wheels grow with the square of the array."""
    text = """
architecture: starlink_bus
variables:
  node_array_area: {choices: [740, 1480], unit: m^2}
  node_accelerators: {choices: [64, 128]}
  node_radiator_area: {choices: [200, 400], unit: m^2}
  nodes_per_launch: {choices: [4, 8]}
objectives: [minimize node_mass, maximize node_it_power]
engine: {name: sweep, method: grid}
"""
    (tmp_path / "large.yaml").write_text(text, "utf-8")
    results = sunfront.run(tmp_path / "large.yaml", output=tmp_path / "out")
    _, mass = reasons(open_run(results))
    names = ["node_mass", "node_it_power", "bus_mass", "nodes"]
    first, last = (evaluated(results, row, names) for row in (0, -1))
    start, end = (float(x) for x in re.search(r"from ([\d.]+) kg/kW to ([\d.]+) kg/kW", mass).groups())
    assert [start, end] == pytest.approx([1e3 * x["node_mass"] / x["node_it_power"] for x in (first, last)], rel=1e-3)
    per_power = [1e3 * x["bus_mass"] / x["nodes"] / x["node_it_power"] for x in (first, last)]
    assert float(re.search(r"bus mass \+([\d.]+) kg/kW", mass)[1]) == pytest.approx(
        per_power[1] - per_power[0], rel=5e-3
    )


def test_one_design_and_one_objective_have_no_reasons(tmp_path):
    results = sunfront.run(write_small(tmp_path, "maximize roi"), output=tmp_path / "out")
    assert reasons(open_run(results)) == []
