"""Preset variables whose presets replace equations, fits or computed quantities, compared with one study for each."""

from __future__ import annotations

import json
import pickle
import warnings
from dataclasses import replace

import moocore
import numpy as np
import pytest
from common import LIGHT
from typer.testing import CliRunner

import sunfront
from sunfront.cli import app
from sunfront.equation import equation
from sunfront.errors import StudyError, UserError
from sunfront.library.groups import check_member
from sunfront.library.library import Library
from sunfront.problem.choices import choice_equation
from sunfront.problem.variables import Variable
from sunfront.runs import runner
from sunfront.runs.settings import stored_settings
from sunfront.study.preset_variables import PresetVariable, extended
from sunfront.study.study import Study

YEAR = Library.shipped().parameters["year"].value

SATELLITE = """\
  node_array_area: {low: 200 m^2, high: 900 m^2}
  node_accelerators: {low: 8, high: 104, integer: true}
  node_radiator_area: {low: 30 m^2, high: 300 m^2}
  nodes_per_launch: {low: 1, high: 30, integer: true}
"""

#: Studies of launchers have the learning of whole fleets in them, and take half a minute and more.
LAUNCHER = pytest.param("launcher", marks=pytest.mark.long)

#: For each group the architecture, the choices, and the other variables.
GROUPS = {
    "launcher": (
        "starlink_bus",
        ("starship_v3", "falcon_9", "new_glenn", "rideshare"),
        "  launch_cadence: {choices: [12, 52], unit: 1/year}\n" + SATELLITE,
    ),
    "orbit": (
        "starlink_bus",
        ("orbit_sun_synchronous", "orbit_53_deg", "orbit_51_deg"),
        "  altitude: {choices: [600, 1200], unit: km}\n  battery_share: {choices: [0, 1]}\n" + SATELLITE,
    ),
    "radiator": (
        "starlink_bus",
        ("radiator_edge_on", "radiator_fixed_horizontal", "radiator_behind_array", "radiator_ram_facing"),
        "  altitude: {choices: [560, 800], unit: km}\n" + SATELLITE,
    ),
    "array": ("starlink_bus", ("array_tracking", "array_in_orbit_plane"), SATELLITE),
    "raising": ("starlink_bus", ("electric_orbit_raising", "direct_injection"), SATELLITE),
    "whole_node": ("starlink_bus", ("h100", "given_specific_mass", "lunar_mass_driver"), SATELLITE),
    "power_source": (
        "terrestrial",
        ("grid", "on_site_gas", "solar_battery", "colocation"),
        "  node_accelerators: {low: 512, high: 8192, integer: true}\n"
        "  solar_oversizing: {low: 3, high: 8, step: 1}\n  storage_duration: {choices: [12, 18, 24], unit: hour}\n",
    ),
}
MOST = [pytest.param(g, marks=pytest.mark.long) if g != "whole_node" else g for g in GROUPS]


def write_group(folder, group, engine="pyomo, gap: 1e-6", objectives="maximize roi", head="", labels=None, more=""):
    architecture, members, others = GROUPS[group]
    limits = "node_mass <= 4000 kg" if architecture == "starlink_bus" else ""
    path = folder / f"{group}.yaml"
    path.write_text(
        f"architecture: {architecture}\n{head}variables:\n  {group}: {{presets: [{', '.join(labels or members)}]}}\n"
        f"{others}objectives: [{objectives}]\nconstraints: [{limits}{more}]\nengine: {{name: {engine}}}\n",
        "utf-8",
    )
    return path


@pytest.fixture
def study(tmp_path):
    return lambda group, **changes: Study.load(write_group(tmp_path, group, **changes))


def apart(asked, group):
    """The plain study of each choice, by label."""
    return {label: asked.with_overrides([f"{group}={label}"]) for label in asked.variables[group].presets}


def designs(problem, count=60):
    rng = np.random.default_rng(1)
    return {v.name: v.values_at(rng.random(count)) for v in problem.variables}


@pytest.mark.parametrize("group", GROUPS)
def test_each_choice_evaluates_as_its_preset_alone(study, group):
    asked = study(group)
    given = designs(asked.problem)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = asked.problem.evaluate(given, asked.problem.table_quantities, may_lack=["irr"])
    for number, (label, alone) in enumerate(apart(asked, group).items()):
        rows = given[group] == number
        assert rows.any()
        plain = {v.name: given[v.name][rows] for v in alone.problem.variables}
        expected = alone.problem.evaluate(plain, asked.problem.table_quantities, may_lack=["irr"])
        for name in asked.problem.table_quantities:
            assert found[name][rows] == pytest.approx(expected[name], rel=1e-12, nan_ok=name == "irr"), (label, name)


def best_apart(asked, group, folder):
    """The best value of roi, of the proved optima of the plain studies, and the choices that have it."""
    each = {
        label: runner.run(alone, output=folder).front["roi"].iloc[0] for label, alone in apart(asked, group).items()
    }
    best = max(each.values())
    return best, [label for label, value in each.items() if value == pytest.approx(best, rel=1e-6)]


@pytest.mark.parametrize("group", MOST)
def test_the_proved_optimum_is_the_best_of_the_plain_studies(study, group, tmp_path):
    asked = study(group)
    found = runner.run(asked, output=tmp_path)
    best, winners = best_apart(asked, group, tmp_path)
    assert found.status == "proved"
    assert found.front["roi"].iloc[0] == pytest.approx(best, rel=1e-6)
    assert found.text(group, found.front[group].iloc[0]) in winners


@pytest.mark.slow
@pytest.mark.parametrize("group", [LAUNCHER, "orbit"])
@pytest.mark.parametrize("solver", ["scip", pytest.param("maingo", marks=pytest.mark.long)])
def test_nonlinear_solvers_prove_the_same(study, group, solver, tmp_path):
    if solver == "maingo":
        pytest.importorskip("maingopy")
    proved = runner.run(study(group), output=tmp_path / "highs")
    found = runner.run(study(group, engine=f"pyomo, solver: {solver}, gap: 1e-3"), output=tmp_path)
    assert found.status == "proved"
    assert found.front["roi"].iloc[0] == pytest.approx(proved.front["roi"].iloc[0], rel=1e-3)
    assert found.text(group, found.front[group].iloc[0]) == proved.text(group, proved.front[group].iloc[0])


@pytest.mark.long
@pytest.mark.parametrize("engine", ["optuna, evaluations: 3000", "evolve, evaluations: 30000"])
def test_searches_find_the_launcher_that_is_proved(study, engine, tmp_path):
    proved = runner.run(study("launcher", head=LIGHT), output=tmp_path / "proved")
    found = runner.run(study("launcher", engine=engine, head=LIGHT), output=tmp_path)
    assert found.front["roi"].iloc[0] == pytest.approx(proved.front["roi"].iloc[0], rel=2e-3)
    assert found.text("launcher", found.front["launcher"].iloc[0]) == "new_glenn"


def test_a_sweep_with_processes_and_statistics_is_that_of_the_plain_studies(study, tmp_path):
    head = "uncertain: [utilization, accelerator_failure_rate]\nuncertainty: {samples: 256}\n"
    asked = study("launcher", engine="sweep, evaluations: 64", objectives="maximize p10 roi", head=head)
    given = designs(asked.problem, 24)
    found = asked.problem.evaluate(given)
    for number, alone in enumerate(apart(asked, "launcher").values()):
        rows = given["launcher"] == number
        plain = {v.name: given[v.name][rows] for v in alone.problem.variables}
        assert found["p10 roi"][rows] == pytest.approx(alone.problem.evaluate(plain)["p10 roi"], rel=1e-12)
    again = pickle.loads(pickle.dumps(asked.problem))
    assert again.evaluate(given)["p10 roi"].tolist() == found["p10 roi"].tolist()


@pytest.mark.long
def test_a_frontier_changes_its_launcher_and_is_that_of_all_plain_studies(study, tmp_path):
    both = "minimize capex, maximize fleet_it_power"
    asked = study("launcher", objectives=both, engine="pyomo, gap: 1e-2", head=LIGHT)
    found = runner.run(asked, output=tmp_path, workers=2)
    assert found.status == "proved"
    assert len(set(found.front["launcher"])) > 1
    plain = np.concatenate([runner.run(alone, output=tmp_path).scores for alone in apart(asked, "launcher").values()])
    for first, second in plain:
        bound = min(fact.bound for fact in found.record.certificate.facts if fact.floors[0] <= second)
        assert first <= bound + 1e-6 * abs(bound)
    reference = plain.min(axis=0)
    inner, outer = (moocore.hypervolume(each, ref=reference, maximise=True) for each in (found.scores, plain))
    assert inner > 0.97 * outer


def test_the_base_presets_are_the_base_design():
    for architecture, labels in {
        "starlink_bus": ["starship_v3", "orbit_sun_synchronous", "radiator_edge_on", "array_tracking", "cells_silicon"],
        "cluster": ["starship_v3", "electric_orbit_raising"],
        "terrestrial": ["grid"],
    }.items():
        for label in labels:
            assert sunfront.evaluate(architecture, presets=[label]) == sunfront.evaluate(architecture), label


@pytest.mark.parametrize(
    ("group", "own", "base"),
    [
        ("launcher", (), "starship_v3"),
        ("orbit", (), "orbit_sun_synchronous"),
        ("orbit", ("orbit_53_deg",), "orbit_53_deg"),
        ("power_source", (), "grid"),
    ],
)
def test_a_choice_takes_the_place_of_the_studys_own_preset(study, group, own, base):
    asked = study(group, head=f"presets: [{', '.join(own)}]\n")
    assert asked.problem.variables[0].text(asked.problem.base[group]) == base
    plain = study(group)
    for label in GROUPS[group][1]:
        ours, theirs = (each.with_overrides([f"{group}={label}"]).evaluate() for each in (asked, plain))
        assert ours == theirs, label


def test_set_leaves_out_what_only_other_choices_use(study):
    """The array of a solar plant means nothing to a grid."""
    asked = study("power_source", head="uncertain: [storage_specific_cost, discount_rate]\n")
    fixed = asked.with_overrides(["power_source=grid"])
    assert list(fixed.variables) == ["node_accelerators"]
    assert list(fixed.uncertain) == ["discount_rate"]
    assert list(asked.with_overrides(["power_source=solar_battery"]).variables) == [
        "node_accelerators",
        "solar_oversizing",
        "storage_duration",
    ]


def test_a_quantity_of_some_choices_is_no_criterion(tmp_path):
    with pytest.raises(StudyError) as caught:
        Study.load(write_group(tmp_path, "power_source", objectives="minimize unserved_share"))
    assert caught.value.key == "objectives.0"
    assert [word for word in ("unserved_share", "'grid'", "power_source") if word not in caught.value.reason] == []
    labels = ("solar_battery",)
    found = Study.load(write_group(tmp_path, "power_source", objectives="minimize unserved_share", labels=labels))
    assert found.problem.objectives[0].quantity == "unserved_share"


def test_what_a_choice_gives_makes_dependent_equations_meaningless(tmp_path):
    """With capex given, the launch price at which npv is zero does not exist."""
    labels, more = ("h100", "handmer_2025"), ", breakeven_launch_price >= 0 USD/kg"
    path = write_group(tmp_path, "array", labels=labels, more=more)
    text = path.read_text("utf-8")
    path.write_text(text.replace(SATELLITE, "  radiator_temperature: {choices: [300, 320], unit: K}\n"), "utf-8")
    with pytest.raises(StudyError) as caught:
        Study.load(path)
    words = ("breakeven_launch_price is meaningless if capex is given", "'handmer_2025'")
    assert [word for word in words if word not in caught.value.reason] == []


def test_presets_whose_equations_form_a_ring_are_refused_by_name():
    @equation("1")
    def first_year_return(npv):
        """Made up. Source: none."""
        return npv

    @equation("1")
    def npv(first_year_return):
        """Made up. Source: none."""
        return first_year_return

    arch = Library.shipped().architectures["starlink_bus"]
    own = {
        "first_year_return": (arch.model["first_year_return"], arch.model["first_year_return"], first_year_return),
        "npv": (arch.model["npv"], npv, arch.model["npv"]),
    }
    v = Variable("pick", "1", 0.0, 2.0, None, (0.0, 1.0, 2.0), ("plain", "backward", "forward"), own)
    with pytest.raises(UserError) as caught:
        extended(arch, [PresetVariable(v, (), {})])
    assert caught.value.path == ("variables", "pick", "presets", 2)
    words = ("'backward' and 'forward'", "depends on itself", "run a study with each")
    assert [word for word in words if word not in caught.value.message] == []


def test_what_other_choices_compute_never_leaks():
    @equation("1")
    def root(x):
        """Made up. Source: none."""
        return np.log(x)

    each = choice_equation("root", "1", "pick", ("a", "b", "c"), (1.5, root, None))
    index, x = np.array([0.0, 1.0, 0.0, 2.0]), np.array([-1.0, np.e, 0.0, 1.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert each.function(index, x) == pytest.approx([1.5, 1.0, 1.5, np.nan], nan_ok=True)
        assert each.function(0.0, x) == 1.5
        assert each.function(index[:, None], x).shape == (4, 4)
    fit = choice_equation("fit", "1", "pick", ("a", "b"), ((1.0, 2.0), (3.0, 4.0)))
    first, second = fit.function(np.array([0.0, 1.0]))
    assert (first.tolist(), second.tolist()) == ([1.0, 3.0], [2.0, 4.0])


@pytest.mark.long
def test_the_exact_engines_name_the_choice_to_fix(study):
    with pytest.raises(UserError) as caught:
        study("launcher").pyomo_model("scip")
    assert "--set launcher=starship_v3" in caught.value.message
    assert study("launcher").with_overrides(["launcher=rideshare"]).pyomo_model("scip").name == "sunfront"
    assert study("launcher").pyomo_model("highs").name == "sunfront"


def test_people_are_told_what_each_choice_is(study, tmp_path):
    path = str(write_group(tmp_path, "launcher"))
    output = CliRunner().invoke(app, ["explain", "launcher", "--study", path]).output
    rows = {line.split()[0]: line.split()[1:] for line in output.splitlines() if line[:1].isalpha()}
    assert rows["launch_share_paid"] == ["1", "1", "1", "computed"]
    assert "sunfront explain launch_specific_price --set launcher=rideshare" in output
    output = CliRunner().invoke(app, ["evaluate", path]).output
    assert "launcher: starship_v3 in the base design" in output
    stored = stored_settings(study("launcher"))["launch_specific_price"]
    assert "starship_v3: computed, falcon_9: 3,986 USD/kg" in stored.value
    assert stored.si["falcon_9"] == 3986.0
    json.dumps(stored.si)
    text = study("launcher").problem.model["launch_specific_price"].text
    assert [line for line in ("falcon_9: 3,986 USD/kg", "starship_v3:") if line not in text.splitlines()] == []


def test_the_run_id_knows_the_equations_of_the_choices(study):
    asked = study("launcher")
    before = runner.identity(asked)["run_id"]
    other = study("launcher", labels=("starship_v3", "falcon_9", "new_glenn", "direct_injection"))
    assert runner.identity(other)["run_id"] != before
    assert runner.identity(study("launcher"))["run_id"] == before


def test_a_note_tells_of_an_equation_outside_its_range_for_the_choice_that_uses_it(study):
    asked = study("whole_node", labels=("h100", "given_specific_mass"))
    eq = replace(asked.problem.model["structure_value"].function.definitions[1], valid={"altitude": ("0 km", "1 km")})
    v = asked.problem.variables[0]
    own = {**v.preset_values, "structure_value": (v.preset_values["structure_value"][0], eq)}
    changed = (replace(v, preset_values=own), *asked.problem.variables[1:])
    problem = replace(asked.problem, variables=changed, reported=(*asked.problem.reported, "structure_value"))
    given = designs(problem, 8)
    given["whole_node"] = np.zeros(8)
    assert runner.extrapolation_notes(asked, problem, given) == []
    given["whole_node"][3] = 1.0
    (note,) = runner.extrapolation_notes(asked, problem, given)
    assert note.startswith("structure_value is used outside its range: altitude")


def test_own_quantities_follow_the_choice_and_keep_their_name(tmp_path):
    head = "quantities: {price_of_payload: {is: launch_price / delivered_payload, unit: USD/kg}}\n"
    asked = Study.load(write_group(tmp_path, "launcher", objectives="minimize price_of_payload", head=head))
    best = runner.run(asked, output=tmp_path)
    plain = apart(asked, "launcher").items()
    each = {label: alone.evaluate(launch_cadence=12 / YEAR)["price_of_payload"] for label, alone in plain}
    assert best.text("launcher", best.front["launcher"].iloc[0]) == min(each, key=each.__getitem__)
    with pytest.raises(StudyError) as caught:
        Study.load(write_group(tmp_path, "power_source", head="quantities: {unserved_share: 1 - availability}\n"))
    assert caught.value.key == "quantities.unserved_share"
    assert "a choice of power_source" in caught.value.reason


def test_presets_written_in_the_study_are_choices_too(tmp_path):
    own = "{name: our_orbit, source: made up, equations: [direct_injection], values: {altitude: 700 km}}"
    path = write_group(tmp_path, "raising", labels=("electric_orbit_raising", own))
    asked = Study.load(path)
    fixed = asked.with_overrides(["raising=our_orbit"]).evaluate()
    assert fixed["injection_altitude"] == 700e3
    found = asked.problem.evaluate(
        {**designs(asked.problem, 2), "raising": np.array([0.0, 1.0])}, ["injection_altitude"]
    )
    assert found["injection_altitude"].tolist() == [300e3, 700e3]


def test_a_member_sets_what_its_own_equations_use(tmp_path):
    """An inclined orbit without its inclination would be the shipped one; the base orbit has no such quantity."""
    library = Library.shipped()
    values = {n: v for n, v in library.presets["orbit_53_deg"].values.items() if n != "orbit_inclination"}
    check_member(library, library.presets["orbit_sun_synchronous"])
    with pytest.raises(UserError, match="also sets orbit_inclination"):
        check_member(library, replace(library.presets["orbit_53_deg"], values=values))


def test_an_expression_of_a_quantity_of_some_choices_is_no_criterion(tmp_path):
    """The study's own preset has it, a choice does not."""
    head, goal = "presets: [solar_battery]\n", "minimize compute_cost / (1 - unserved_share)"
    with pytest.raises(StudyError) as caught:
        Study.load(write_group(tmp_path, "power_source", head=head, objectives=goal, labels=("solar_battery", "grid")))
    assert caught.value.key == "objectives.0"
    assert "there is no unserved_share with preset 'grid'" in caught.value.reason
