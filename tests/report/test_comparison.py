"""The comparison of runs: what differs, and the bridge from one cost of compute to another."""

from __future__ import annotations

import base64
import re

import numpy as np
import pytest
from common import STUDIES

from sunfront.errors import UserError
from sunfront.report.comparison import compare, design_rows, render, summary
from sunfront.report.comparison_data import comparison_data
from sunfront.report.cost_bridge import bridge, bridges, cost_elements
from sunfront.report.differences import find_differences, run_labels
from sunfront.runs import runner
from sunfront.runs.run import open_run
from sunfront.study.study import Study
from sunfront.units import parse, unit


def test_bridge_adds_up_by_hand():
    found = bridge({"a": 3.0, "b": 1.0}, {"a": 1.5, "c": 0.5})
    assert found.steps == (("a", -1.5), ("b", -1.0), ("c", 0.5))
    assert (found.start, found.end, found.ratio) == (4.0, 2.0, 0.5)


def test_what_differs_by_rounding_does_not_differ():
    found = bridge({"a": 0.1 + 0.2, "b": 1.0}, {"a": 0.3, "b": 2.0})
    assert found.steps == (("a", 0.0), ("b", 1.0))


def test_bridges_lead_from_the_lowest_cost_of_one_front_to_that_of_another(compared):
    """Also between architectures with different equations."""
    found = bridges(compared)
    assert set(found) == {"dear", "ground"}
    costs = [each.results.front["compute_cost"].min() for each in compared]
    for one, cost in zip(found.values(), costs[1:], strict=True):
        assert one.start == pytest.approx(costs[0], rel=1e-12)
        assert one.end == pytest.approx(cost, rel=1e-12)
        assert one.start + sum(step for _, step in one.steps) == pytest.approx(one.end, rel=1e-12)


def test_dearer_launches_show_as_transport(compared):
    orbit, dear, _ = compared
    same = [cost_elements(each, int(each.results.designs["altitude"].argmin())) for each in (orbit, dear)]
    steps = dict(bridge(*same).steps)
    assert max(steps, key=lambda name: steps[name]) == "levelized_transport"
    assert steps["levelized_accelerators"] == pytest.approx(0, abs=1e-12)


def test_differences_are_those_of_the_studies(compared):
    found = find_differences(compared[:2])
    assert found.studies == []
    assert [(d.name, d.values[1]) for d in found.assumptions] == [("launch_markup", "3")]
    assert found.unshared == {"orbit": [], "dear": []}
    found = find_differences([compared[0], compared[2]])
    names = {d.name for d in found.studies}
    assert "architecture" in names
    assert any(name.startswith("variables") for name in names)
    assert "solar_constant = 1,361 W/m²" in found.unshared["orbit"]
    assert "accelerator_price" not in {d.name for d in found.assumptions}


def test_a_value_in_place_of_an_equation_or_variable_is_a_difference(compared, tmp_path):
    study = compared[0].study.with_overrides(["launch_specific_price=200 USD/kg", "altitude=600 km"])
    found = find_differences([compared[0], open_run(runner.run(study, output=tmp_path))])
    differing = {d.name: d.values for d in found.assumptions}
    assert differing == {"launch_specific_price": ("computed", "200 USD/kg"), "altitude": ("variable", "600 km")}


def test_page_holds_every_front(compared):
    data = comparison_data(compared)
    counts = [len(each.results.front) for each in compared]
    assert data["runs"]["labels"] == ["orbit", "dear", "ground"]
    np.testing.assert_array_equal(np.bincount(data["runs"]["indices"]), counts)
    assert "altitude" not in data["columns"]  # the ground has none
    assert "compute_cost" in data["columns"]
    for label, row in data["highlighted"].items():
        assert label.startswith(data["runs"]["labels"][data["runs"]["indices"][row]])
    assert parse("1 USD/kWh", "USD/kWh", "") == pytest.approx(1 / 3.6e6)


@pytest.fixture(scope="module")
def single(tmp_path_factory):
    """Two runs of one design each; the study of the first sets a sum of its cost."""
    folder = tmp_path_factory.mktemp("single")
    names = ("handmer_2025", "spacedc_mdao_ground")
    return [open_run(runner.run(Study.load(STUDIES / f"{name}.yaml"), output=folder)) for name in names]


def test_cost_that_is_not_split_is_one_part(single):
    data = comparison_data(single)
    assert data["cost"]["split"] == [False, True]
    parts = {each["name"]: np.frombuffer(base64.b64decode(each["values"]), "<f4") for each in data["cost"]["parts"]}
    costs = [unit("USD/kWh").from_si(run.results.designs["compute_cost"][0]) for run in single]
    np.testing.assert_allclose(parts["compute_cost"], [costs[0], 0], rtol=1e-6)
    rest = sum(values for name, values in parts.items() if name != "compute_cost")
    np.testing.assert_allclose(rest, [0, costs[1]], rtol=1e-6)


def test_runs_of_one_design_are_a_table_and_no_plot(single):
    rows = {name: values for name, _, *values in design_rows(single)}
    assert rows["roi"] == ["151 %", "-10.25 %"]  # as `sunfront show` has them
    assert rows["thermal_margin"][1] == "-"
    text = render(single)
    assert '<td class="name" data-name="thermal_margin" tabindex="0">Thermal margin</td>' in text
    assert 'id="bars"' in text
    assert not {'id="scatter"', 'id="bridge"'} & set(re.findall(r'id="[a-z]+"', text))
    assert "the study sets a sum of the cost: handmer_2025" in text


def test_a_variable_that_means_nothing_in_a_design_has_no_value(single, tmp_path):
    study = """\
        architecture: starlink_bus
        parameters: {node_array_area: 900 m^2, node_accelerators: 70, node_radiator_area: 200 m^2, nodes_per_launch: 4}
        variables:
          altitude: {choices: [500, 620], unit: km}
          chip: {presets: [h100, b200], when: altitude < 530 km}
          battery_share: {choices: [0.3, 0.5], when: altitude < 530 km}
        objectives: [maximize altitude]
        engine: {name: sweep, method: grid}
    """
    (tmp_path / "high.yaml").write_text(study)
    high = open_run(runner.run(Study.load(tmp_path / "high.yaml"), output=tmp_path))
    rows = {name: values for name, _, *values in design_rows([high, single[0]])}
    assert [rows[name][0] for name in ("altitude", "chip", "battery_share")] == ["620 km", "-", "-"]
    assert rows["irr"] == ["none", "82.15 %/year"]  # the first loses money at every rate


@pytest.mark.browser
def test_bars_of_runs_of_one_design_are_seen_on_a_phone(opened, single, tmp_path):
    compare(single, tmp_path / "single.html")
    page = opened(tmp_path / "single.html", width=390)
    boxes = [bar.bounding_box() for bar in page.locator("#bars-figure .track").all()]
    assert [box["width"] > 200 for box in boxes] == [True, True]
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_labels_distinguish_runs_of_one_study(compared):
    assert run_labels([compared[0], compared[0], compared[2]])[2] == "ground"
    assert run_labels(compared[:1] * 2)[0].startswith("orbit sweep")


def test_a_run_without_a_design_is_refused(compared, tmp_path):
    empty = runner.run(compared[0].study.with_changes(name="empty", constraints=["npv >= 1e15 USD"]), output=tmp_path)
    with pytest.raises(UserError) as caught:
        comparison_data([compared[0], open_run(empty)])
    assert str(empty.folder) in caught.value.message


def test_summary_gives_the_larger_cost_over_the_smaller(compared):
    _, dear, ground = summary(compared)
    ratios = {name: found.ratio for name, found in bridges(compared).items()}
    assert ratios["ground"] < 1 < ratios["dear"]
    assert dear.endswith(f", {ratios['dear']:.3g} times the first")
    assert ground.endswith(f", the first costs {1 / ratios['ground']:.3g} times as much")
