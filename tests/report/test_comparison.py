"""Runs side by side: what differs, and the way from one cost to the other."""

from __future__ import annotations

import numpy as np
import pytest

from sunfront.errors import UserError
from sunfront.report import comparison
from sunfront.runs import runner
from sunfront.runs.run import open_run
from sunfront.study.study import Study
from sunfront.units import parse


@pytest.fixture(scope="module")
def reviews(tmp_path_factory):
    """An orbital fleet, one with dearer launches, and a centre on the ground; no two fronts of one length."""
    folder = tmp_path_factory.mktemp("comparison")
    variables = {
        "altitude": {"low": "500 km", "high": "900 km"},
        "launch_cadence": {"low": "12 1/year", "high": "52 1/year"},
    }
    common = {
        "objectives": ["minimize compute_cost", "maximize fleet_it_power"],
        "engine": {"name": "sweep", "evaluations": 256},
    }
    studies = [
        Study(name="orbit", architecture="starlink_bus", variables=variables, **common),
        Study(
            name="dear", architecture="starlink_bus", variables=variables, parameters={"launch_markup": "3"}, **common
        ),
        Study(
            name="ground",
            architecture="terrestrial",
            variables={"node_accelerators": {"low": 1024, "high": 4096, "integer": True}},
            **common,
        ),
    ]
    found = [runner.run(study, output=folder) for study in studies]
    return [open_run(results) for results in found]


def test_bridge_adds_up_by_hand():
    found = comparison.bridge({"a": 3.0, "b": 1.0}, {"a": 1.5, "c": 0.5})
    assert found.steps == (("a", -1.5), ("b", -1.0), ("c", 0.5))
    assert (found.start, found.end, found.ratio) == (4.0, 2.0, 0.5)


def test_what_differs_by_rounding_does_not_differ():
    found = comparison.bridge({"a": 0.1 + 0.2, "b": 1.0}, {"a": 0.3, "b": 2.0})
    assert found.steps == (("a", 0.0), ("b", 1.0))


def test_bridges_lead_from_one_cost_of_compute_to_the_other(reviews):
    """The lowest of each front; also between architectures of different equations."""
    found = comparison.bridges(reviews)
    assert set(found) == {"dear", "ground"}
    costs = [each.results.front["compute_cost"].min() for each in reviews]
    for bridged, cost in zip(found.values(), costs[1:], strict=True):
        assert bridged.start == pytest.approx(costs[0], rel=1e-12)
        assert bridged.end == pytest.approx(cost, rel=1e-12)
        assert bridged.start + sum(step for _, step in bridged.steps) == pytest.approx(bridged.end, rel=1e-12)


def test_dearer_launches_show_as_transport(reviews):
    orbit, dear, _ = reviews
    same = [comparison.elements(each, int(each.results.designs["altitude"].argmin())) for each in (orbit, dear)]
    steps = dict(comparison.bridge(*same).steps)
    assert max(steps, key=lambda name: steps[name]) == "levelized_transport"
    assert steps["levelized_accelerators"] == pytest.approx(0, abs=1e-12)


def test_differences_are_those_of_the_studies(reviews):
    asked, assumed, lone = comparison.differences(reviews[:2])
    assert asked == []
    assert [(d.name, d.values[1]) for d in assumed] == [("launch_markup", "3")]
    assert lone == {"orbit": [], "dear": []}
    asked, assumed, lone = comparison.differences([reviews[0], reviews[2]])
    assert {"architecture", "variables"} <= {d.name for d in asked}
    assert "solar_constant = 1,361 W/m²" in lone["orbit"]
    assert "accelerator_price" not in {d.name for d in assumed}


def test_page_holds_every_front(reviews):
    data = comparison.island(reviews)
    counts = [len(each.results.front) for each in reviews]
    assert data["groups"]["labels"] == ["orbit", "dear", "ground"]
    np.testing.assert_array_equal(np.bincount(data["groups"]["of"]), counts)
    assert "altitude" not in data["columns"]  # the ground has none
    assert "compute_cost" in data["columns"]
    for what, place in data["picked"].items():
        assert what.startswith(data["groups"]["labels"][data["groups"]["of"][place]])
    assert parse("1 USD/kWh", "USD/kWh", "") == pytest.approx(1 / 3.6e6)


def test_names_tell_runs_of_one_study_apart(reviews):
    assert comparison.labels([reviews[0], reviews[0], reviews[2]])[2] == "ground"
    assert comparison.labels(reviews[:1] * 2)[0].startswith("orbit sweep")


def test_a_run_without_a_design_is_refused(reviews, tmp_path):
    empty = runner.run(reviews[0].study.with_changes(name="empty", constraints=["npv >= 1e15 USD"]), output=tmp_path)
    with pytest.raises(UserError, match="has no design to compare"):
        comparison.island([reviews[0], open_run(empty)])


def test_the_summary_tells_the_larger_cost_over_the_smaller(reviews):
    _, dear, ground = comparison.summary(reviews)
    ratios = {name: found.ratio for name, found in comparison.bridges(reviews).items()}
    assert ratios["ground"] < 1 < ratios["dear"]
    assert dear.endswith(f", {ratios['dear']:.3g} times the first")
    assert ground.endswith(f", the first costs {1 / ratios['ground']:.3g} times as much")
