"""Every shipped study reproduces its golden file; ``python tests/golden.py`` rewrites the golden files."""

from __future__ import annotations

import json

import pytest
from golden import FOLDER, PLANS, STUDIES, base, plan_run, plan_summary, quick_run, sets_of, summary

from sunfront.study.plan_study import PlanStudy
from sunfront.study.study import Study


def golden(name):
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


def test_no_golden_is_missing_or_orphaned():
    assert sorted(path.stem for path in FOLDER.iterdir()) == sorted(STUDIES | PLANS)


@pytest.mark.parametrize("name", STUDIES)
def test_base_design(name):
    """Depends only on equations and parameters: equal to rounding."""
    assert base(STUDIES[name]) == pytest.approx(golden(name)["base"], rel=1e-9, abs=0)


#: Those that take longest are run by hand.
LONGEST = (
    "sovereign_inference_orbit",
    "batteries_or_pause",
    "bus_or_panel",
    "bus_or_panel_bus",
    "fleet_size",
    "fleet_size_p10",
    "suncatcher_cluster",
    "which_launcher",
)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.long if name in LONGEST else ()) for name in STUDIES]
)
def test_quick_run(name, tmp_path):
    """The best value of each objective is within the proved gap; another solver version may stop elsewhere in it."""
    expected, found = golden(name)["quick"], summary(quick_run(STUDIES[name], tmp_path))
    assert found["status"] == expected["status"]
    allowed = Study.load(STUDIES[name]).quick().engine
    assert (found["gap"] is None) == (expected["gap"] is None)
    if found["gap"] is not None:
        assert found["gap"] <= allowed.gap
    tolerance = 1e-9 if found["gap"] is None else allowed.gap
    assert found["best"] == pytest.approx(expected["best"], rel=tolerance, abs=0)


@pytest.mark.long
@pytest.mark.parametrize("name", PLANS)
def test_plan(name, tmp_path):
    """The best values are within the proved gap; which of equally good plans is found may differ."""
    kept, gap = golden(name), PlanStudy.load(PLANS[name]).engine.gap
    assert set(kept) == {" ".join(("plan", *fixed)) for fixed in [(), *sets_of(name)]}
    for fixed in [(), *sets_of(name)]:
        expected = kept[" ".join(("plan", *fixed))]
        found = plan_summary(plan_run(PLANS[name], tmp_path, fixed=fixed))
        assert found["status"] == expected["status"] == "proved"
        assert found["gap"] <= gap
        assert found["best"] == pytest.approx(expected["best"], rel=gap, abs=0)
        assert found["first"].keys() == expected["first"].keys()
        assert found["used up"] == expected["used up"]
        if "years" in expected:
            assert found["years"] == expected["years"]
            for key in {"price of a year"} & (expected.keys() | found.keys()):  # of a front of dates
                assert found[key] == pytest.approx(expected[key], rel=2 * gap)
            assert found["earlier lacks"].keys() == expected["earlier lacks"].keys()
            for date, lacks in expected["earlier lacks"].items():
                assert found["earlier lacks"][date] == pytest.approx(lacks, rel=0.02, abs=2)
