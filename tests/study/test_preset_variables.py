"""Preset variables, compared with studies that use each preset alone."""

from __future__ import annotations

import base64
import json
import pickle
import time
from dataclasses import replace
from functools import partial
from importlib.resources import files

import numpy as np
import pytest
from common import LIGHT, STUDIES
from typer.testing import CliRunner

from sunfront import engines, report
from sunfront.cli import app
from sunfront.engines.checkpoint import Checkpoint
from sunfront.engines.context import Context, silent
from sunfront.engines.exact import nonlinear
from sunfront.engines.exact.catalogue import build_catalogue
from sunfront.engines.exact.scip import ScipSolver
from sunfront.engines.search.trials import TrialConverter
from sunfront.errors import StudyError, UnknownName, Unverified, UserError
from sunfront.library.library import Library
from sunfront.problem.answer import Answer
from sunfront.problem.front import non_dominated
from sunfront.problem.verification import verified
from sunfront.report.comparison_data import comparison_data
from sunfront.report.page_data import run_data
from sunfront.runs import runner
from sunfront.runs.results import Results
from sunfront.runs.run import Run, open_run
from sunfront.study.study import Study

LIBRARY = Library.shipped()

CHIPS = ("h100", "b200", "gb200")

#: One chip more than a quick grid has points, and a preset that sets what the others leave alone.
FIVE = (*CHIPS, "tpu", "cells_perc")

TEXT = """\
architecture: starlink_bus
{head}variables:
  chip_model: {{presets: [{chips}]}}
  node_array_area: {{low: 400 m^2, high: 900 m^2}}
  node_accelerators: {{low: 60, high: 160, integer: true}}
  node_radiator_area: {{low: 100 m^2, high: 400 m^2}}
  nodes_per_launch: {{low: 14, high: 19, integer: true}}
  radiator_temperature: {{choices: [300, 320], unit: K}}
objectives: [{objectives}]
constraints: [{constraints}]
engine: {{name: {engine}}}
"""


def write_study(
    folder,
    chips=CHIPS,
    objectives="maximize roi",
    constraints="node_mass <= 4000 kg",
    engine="pyomo, gap: 1e-6",
    head="",
    name="chips",
):
    path = folder / f"{name}.yaml"
    path.write_text(
        TEXT.format(
            chips=", ".join(chips),
            objectives=objectives,
            constraints=constraints,
            engine=engine,
            head=head.replace("presets: [", "presets: [claimed_2026, "),
        )
        + ("" if "presets:" in head else LIGHT),
        "utf-8",
    )
    return path


@pytest.fixture
def write(tmp_path):
    return partial(write_study, tmp_path)


@pytest.fixture(scope="session")
def proved(tmp_path_factory):
    """The run of the study as it stands, which proves the optimum of roi."""
    folder = tmp_path_factory.mktemp("chips")
    return runner.run(Study.load(write_study(folder)), output=folder)


def refusal(path):
    with pytest.raises(StudyError) as caught:
        Study.load(path)
    assert caught.value.file == path
    return caught.value


@pytest.fixture
def study(write):
    return lambda **changes: Study.load(write(**changes))


def apart(study):
    """The study with each choice as a preset of its own, by label."""
    labels = study.variables["chip_model"].presets
    variables = {name: spec for name, spec in study.variables.items() if name != "chip_model"}
    return {label: study.with_changes(presets=(*study.presets, label), variables=variables) for label in labels}


def designs(problem, count=50):
    rng = np.random.default_rng(1)
    return {v.name: v.values_at(rng.random(count)) for v in problem.variables}


def test_each_choice_evaluates_as_its_preset(study):
    asked = study(chips=FIVE)
    given = designs(asked.problem)
    found = asked.problem.evaluate(given, asked.problem.table_quantities)
    for number, (label, alone) in enumerate(apart(asked).items()):
        rows = given["chip_model"] == number
        assert rows.any()
        plain = {name: column[rows] for name, column in given.items() if name != "chip_model"}
        expected = alone.problem.evaluate(plain, asked.problem.table_quantities)
        for name in asked.problem.table_quantities:
            assert found[name][rows] == pytest.approx(expected[name], rel=1e-12), (label, name)


def test_a_parameter_that_a_preset_leaves_alone_keeps_its_value(study):
    asked = study(chips=("cells_perc", "b200"), head="presets: [handmer_2025]\nparameters: {capex: computed}\n")
    sets = asked.problem.variables[0].preset_values
    assert sets["accelerator_power"] == (650.0, 1500.0)  # W: of the preset handmer_2025, and of b200
    assert sets["cell_efficiency"] == (0.20, LIBRARY.parameters["cell_efficiency"].value)  # of cells_perc, and of none
    assert asked.problem.values["token_price"] == pytest.approx(1e-5)  # USD/token: what no choice sets is as it was


def test_a_choice_does_not_go_beside_a_preset_of_its_kind_that_it_does_not_replace(write):
    """Of ai1_chip a B200 would leave junctions of 398 K."""
    error = refusal(write(chips=("cells_perc", "b200"), head="presets: [ai1_chip]\n"))
    assert (error.line, error.key) == (4, "variables.chip_model.presets.1")
    assert [word for word in ("'ai1_chip'", "'b200'", "accelerator") if word not in error.reason] == []
    radiators = ("radiator_ram_facing", "radiator_behind_array")
    error = refusal(write(chips=radiators, head="presets: [radiator_fixed_horizontal]\n"))
    assert (error.line, error.key) == (4, "variables.chip_model.presets.0")
    assert "the radiator's attitude" in error.reason


def test_a_choice_takes_the_place_of_the_studys_own_preset(study):
    asked = study(chips=("h100", "b200"), head="presets: [tpu]\n")
    assert asked.with_overrides(["chip_model=b200"]).evaluate() == study(head="presets: [b200]\n").evaluate()


@pytest.mark.parametrize("objective", ["maximize roi", "minimize node_mass", "maximize fleet_it_power"])
def test_the_proved_optimum_is_the_best_of_the_proved_optima_with_each_preset(study, proved, objective, tmp_path):
    asked = study(objectives=objective)
    found = proved if objective == "maximize roi" else runner.run(asked, output=tmp_path)
    assert found.status == "proved"
    sense, name = found.objectives[0].sense, found.objectives[0].name
    each = {label: runner.run(alone, output=tmp_path).front[name].iloc[0] for label, alone in apart(asked).items()}
    best = (max if sense == "maximize" else min)(each, key=each.__getitem__)
    assert found.front[name].iloc[0] == pytest.approx(each[best], rel=1e-5)
    winners = [label for label, value in each.items() if value == pytest.approx(each[best], rel=1e-5)]
    assert found.text("chip_model", found.front["chip_model"].iloc[0]) in winners


def test_the_proved_frontier_is_that_of_all_presets_together(study, tmp_path):
    asked = study(objectives="maximize roi, maximize junction_margin", engine="pyomo, gap: 1e-4")
    found = runner.run(asked, output=tmp_path)
    union = np.concatenate([runner.run(alone, output=tmp_path).scores for alone in apart(asked).values()])
    expected = union[non_dominated(union)]
    expected = expected[np.argsort(-expected[:, 0])]
    assert len(set(found.front["chip_model"])) > 1  # a frontier along which the chip changes
    assert found.scores == pytest.approx(expected, rel=1e-4)


def test_scip_proves_the_same_over_all_values(study, tmp_path):
    found = [
        runner.run(study(engine=f"pyomo, solver: {solver}, gap: 1e-5"), output=tmp_path / solver)
        for solver in ("highs", "scip")
    ]
    for each in found:
        assert each.status == "proved"
    assert found[1].front["roi"].iloc[0] == pytest.approx(found[0].front["roi"].iloc[0], rel=1e-4)
    assert found[1].front["chip_model"].iloc[0] == found[0].front["chip_model"].iloc[0]


def test_scip_bounds_a_set_parameter_by_its_values(study):
    """A constraint on what the choice sets, met by one chip alone."""
    asked = study(constraints="accelerator_mass <= 5 kg, node_mass <= 4000 kg", engine="pyomo, solver: scip, gap: 1 %")
    read = nonlinear.formulate(asked.problem)
    assert read.variables["chip_model"].bounds == (0.0, 2.0)
    solved = ScipSolver(asked.problem, 0.01).maximize(0, {}, time.monotonic() + 60)
    assert solved is not None
    assert solved.design["chip_model"] == 0.0


def test_the_catalogue_holds_a_parameter_for_each_option(study):
    problem = study().problem
    read = build_catalogue(problem, 3)
    assert sorted(set(zip(*(x.tolist() for x in read.options.values()), strict=True))) == [
        (chip, kelvin) for chip in (0.0, 1.0, 2.0) for kelvin in (300.0, 320.0)
    ]
    assert dict(problem.variables[0].preset_values)["accelerator_power"] == (1000.0, 1500.0, 1830.0)  # W


@pytest.mark.parametrize(
    "engine",
    [
        "sweep, method: grid, points: 2",
        "sweep, evaluations: 4096",
        "sweep, method: lhs, evaluations: 4096",
        "optuna, evaluations: 300, refine: 0",
        "optuna, sampler: random, evaluations: 200",
        "optuna, sampler: tpe, evaluations: 60",
        "optuna, sampler: qmc, evaluations: 200",
        "evolve, evaluations: 2000",
    ],
)
def test_every_engine_visits_all_choices(study, engine, tmp_path):
    asked = study(chips=FIVE[:4], engine=engine, constraints="node_mass <= 90 t")
    # Without the architecture's own constraints, so that what is visited is kept.
    problem = replace(asked.problem, constraints=asked.problem.constraints[-1:])
    with Checkpoint(tmp_path / "checkpoint") as checkpoint:
        answer = engines.run(problem, asked.engine, Context(0, 1, silent, None, "test", checkpoint))
    assert set(answer.designs["chip_model"]) == {0.0, 1.0, 2.0, 3.0}
    verified(problem, answer)


@pytest.mark.long
def test_processes_share_a_sweep_of_presets(study, tmp_path):
    asked = study(engine="sweep, evaluations: 70000")
    one = runner.run(asked, output=tmp_path / "one")
    two = runner.run(asked, output=tmp_path / "two", workers=2)
    assert one.designs.equals(two.designs)
    problem = pickle.loads(pickle.dumps(asked.problem))
    given = designs(problem)
    assert problem.evaluate(given)["roi"].tolist() == asked.problem.evaluate(given)["roi"].tolist()


def test_optuna_gets_labels(study):
    converter = TrialConverter(study(engine="optuna").problem)
    assert converter.space["chip_model"].choices == CHIPS
    points = converter.cube.points(designs(converter.problem))
    params = converter.params(points)
    assert {values["chip_model"] for values in params} == set(CHIPS)
    assert converter.points(params) == pytest.approx(points)
    assert {texts["chip_model"] for texts in converter.design_texts(points)} == set(CHIPS)


def test_statistics_are_those_with_the_preset(study):
    asked = study(objectives="maximize p10 roi", head="uncertain: [utilization, compute_price]\n", engine="sweep")
    asked = asked.with_changes(uncertainty={"samples": 256})
    given = designs(asked.problem, 20)
    found = asked.problem.evaluate(given)
    for number, alone in enumerate(apart(asked).values()):
        rows = given["chip_model"] == number
        plain = {name: column[rows] for name, column in given.items() if name != "chip_model"}
        assert found["p10 roi"][rows] == pytest.approx(alone.problem.evaluate(plain)["p10 roi"], rel=1e-12)
    assert asked.problem.is_uncertain("roi")


@pytest.mark.parametrize(
    ("changes", "line", "key", "facts"),
    [
        ({"chips": ["h100", "b20"]}, 3, "variables.chip_model.presets.1", ["'b20'", "did you mean 'b200'"]),
        ({"chips": ["h100", "h100"]}, 3, "variables.chip_model", ["h100 is listed twice"]),
        ({"chips": []}, 3, "variables.chip_model", ["presets is empty"]),
        ({"chips": ["h100", "handmer_2025"]}, 3, "variables.chip_model", ["is a variable", "chip_model sets it"]),
        (
            {"chips": ["h100", "ai1_chip"]},
            3,
            "variables.chip_model",
            ["radiator_temperature is a variable", "chip_model sets it"],
        ),
        (
            {"chips": ["h100", "colocation"]},
            3,
            "variables.chip_model.presets.1",
            ["'colocation'", "'starlink_bus'"],
        ),
        (
            {"head": "parameters: {accelerator_price: 20000 USD}\n"},
            2,
            "parameters.accelerator_price",
            ["accelerator_price", "the variable chip_model"],
        ),
        (
            {"head": "uncertain: [accelerator_price]\n"},
            2,
            "uncertain.accelerator_price",
            ["accelerator_price is set by the variable chip_model"],
        ),
        ({"head": "uncertain: [chip_model]\n"}, 2, "uncertain.chip_model", ["chip_model is a variable"]),
        ({"objectives": "maximize accelerator_price"}, 9, "objectives.0", ["accelerator_price"]),
        ({"objectives": "maximize chip_model"}, 9, "objectives.0", ["chip_model"]),
        ({"engine": "optuna, sampler: cmaes"}, 11, "engine.sampler", ["cmaes", "preset variable"]),
    ],
)
def test_mistakes_are_refused_at_their_line(write, changes, line, key, facts):
    error = refusal(write(**changes))
    assert (error.line, error.key) == (line, key)
    assert [fact for fact in facts if fact not in error.reason] == []


@pytest.mark.parametrize("name", ["accelerator_power", "roi", "Chip"])
def test_a_preset_variable_needs_a_free_name_of_lower_case_letters(write, name):
    path = write()
    path.write_text(path.read_text("utf-8").replace("chip_model", name), "utf-8")
    error = refusal(path)
    assert error.key == f"variables.{name}"
    assert ("already a quantity" if name.islower() else "lower-case letters") in error.reason


def test_two_variables_do_not_set_one_parameter(write):
    path = write()
    path.write_text(path.read_text("utf-8").replace("variables:", "variables:\n  other: {presets: [tpu]}"), "utf-8")
    error = refusal(path)
    assert (error.line, error.key) == (4, "variables.chip_model")
    assert "accelerator_power is set by other and by chip_model" in error.reason


@pytest.mark.parametrize("extra", ["low: 1", "choices: [1]", "unit: kW", "integer: true"])
def test_presets_stand_alone(write, extra):
    path = write()
    path.write_text(path.read_text("utf-8").replace("gb200]}", f"gb200], {extra}}}"), "utf-8")
    error = refusal(path)
    assert error.key == "variables.chip_model"
    assert "either presets, or choices, or low and high" in error.reason


def test_a_single_preset_is_a_choice(study, tmp_path):
    found = runner.run(study(chips=["b200"]), output=tmp_path)
    assert found.front["chip_model"].tolist() == [0.0]
    assert found.readable(found.front)["chip_model"].tolist() == ["b200"]


def test_cmaes_takes_no_choice_of_presets(study):
    asked = study()
    settings = asked.with_changes(engine={"name": "optuna"}).engine.model_copy(update={"sampler": "cmaes"})
    with pytest.raises(UserError) as caught:
        settings.check(replace(asked.problem, constraints=()))
    assert caught.value.path == ("engine", "sampler")


def test_set_fixes_the_choice(study):
    asked = study()
    fixed = asked.with_overrides(["chip_model=b200"])
    assert "chip_model" not in fixed.variables
    assert {n: s.value for n, s in fixed.settings.items()} == {
        n: s.value for n, s in apart(asked)["b200"].settings.items()
    }
    assert fixed.with_overrides(["accelerator_price=30000 USD"]).settings["accelerator_price"].value == 30000
    for choice, hint in (("b20", "did you mean 'b200'?"), ("tpu", "known: b200, gb200, h100")):
        with pytest.raises(UserError) as caught:
            asked.with_overrides([f"chip_model={choice}"])
        assert isinstance(caught.value.cause, UnknownName)
        assert (caught.value.cause.name, caught.value.cause.kind) == (choice, "choice of chip_model")
        assert caught.value.message.startswith("--set: ")
        assert caught.value.message.endswith(hint)
    with pytest.raises(UserError) as caught:
        asked.with_overrides(["accelerator_price=30000 USD"])
    assert caught.value.cause.path == ("parameters", "accelerator_price")
    assert "fix chip_model" in caught.value.message


def test_the_base_design_is_that_without_the_variable(study, write):
    asked = study()
    plain = asked.with_changes(variables={n: s for n, s in asked.variables.items() if n != "chip_model"})
    assert asked.evaluate() == plain.evaluate()
    assert "chip_model" not in asked.problem.base  # the shipped chip is none of them
    assert study(head="presets: [b200]\n").problem.base["chip_model"] == 1.0
    output = CliRunner().invoke(app, ["evaluate", str(write())]).output
    (line,) = [line for line in output.splitlines() if line.startswith("chip_model: ")]
    assert [fact for fact in ("none of h100, b200, gb200", "--set chip_model=h100") if fact not in line] == []
    output = CliRunner().invoke(app, ["evaluate", str(write(head="presets: [b200]\n"))]).output
    (line,) = [line for line in output.splitlines() if line.startswith("chip_model: ")]
    assert line == "chip_model: b200 in the base design; choose another with --set chip_model=h100"
    output = CliRunner().invoke(app, ["evaluate", str(write()), "--set", "chip_model=h100"]).output
    assert "choose another" not in output
    output = CliRunner().invoke(app, ["explain", "chip_model", "--study", str(write())]).output
    assert "27,000 USD" in output
    assert "40,000 USD" in output


def test_sensitivity_needs_a_choice(study, proved, tmp_path):
    asked = study(engine="sensitivity")
    with pytest.raises(UserError) as caught:
        runner.run(asked, output=tmp_path)
    assert caught.value.path == ("engine",)
    assert "chip_model" in caught.value.message
    assert "accelerator_price" not in asked.sensitivity_parameters  # set by a variable, so not uncertain
    found = runner.run(
        asked.with_changes(engine={"name": "sensitivity", "run": str(proved.folder)}, uncertain=["utilization"]),
        output=tmp_path,
    )
    assert found.record.sensitivity.base == pytest.approx(proved.front["roi"].iloc[0], rel=1e-9)


def test_verification_knows_the_grid(study):
    problem = study().problem
    given = {name: column[:1] for name, column in designs(problem).items()}
    free = replace(problem, constraints=())
    verified(free, Answer("best found", given))
    with pytest.raises(Unverified, match="chip_model"):
        verified(free, Answer("best found", {**given, "chip_model": np.array([0.5])}))
    roi = free.evaluate(given)["roi"]
    with pytest.raises(Unverified, match="roi"):
        verified(free, Answer("best found", given, claims={"roi": roi * (1 + 1e-3)}))


@pytest.mark.long
def test_a_run_folder_comes_back_with_its_labels(study, tmp_path):
    found = runner.run(study(objectives="maximize roi, maximize junction_margin"), output=tmp_path, draw=report.write)
    again = Results.load(found.folder)
    assert again.labels == {"chip_model": tuple(CHIPS)}
    assert again.designs.equals(found.designs)
    labels = [CHIPS[int(number)] for number in again.front["chip_model"]]
    assert again.readable(again.front)["chip_model"].tolist() == labels
    lines = (found.folder / "front.csv").read_text("utf-8").splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == labels
    assert labels[0] in again._repr_html_()
    assert labels[0] in CliRunner().invoke(app, ["show", str(found.folder)]).output
    given = (found.folder / "parameters.yaml").read_text("utf-8")
    assert "h100: 27,000 USD, b200: 40,000 USD, gb200: 43,000 USD" in given
    opened = Run.load(found.folder, again)  # evaluates what is stored anew
    page = (found.folder / "report.html").read_text("utf-8")
    assert '"choices":["h100","b200","gb200"]' in page
    data = run_data(opened)
    entry = data["quantities"]["chip_model"]
    assert LIBRARY.presets["gb200"].title in entry["summary"]
    assert all("chip_model" not in (each["across"], each["up"]) for each in data["maps"])
    assert json.loads((found.folder / "run.json").read_text("utf-8"))["labels"] == {"chip_model": list(CHIPS)}
    with pytest.raises(UserError) as caught:
        again.filtered("chip_model <= 1")
    assert [word for word in ("chip_model", *CHIPS) if word not in caught.value.message] == []


def test_a_changed_preset_changes_the_run_id(study, tmp_path):
    asked = study()
    before = runner.identity(asked)["hashes"]
    assert runner.identity(asked.with_changes(question=asked.question))["hashes"] == before
    shipped = files("sunfront.data").joinpath("presets", "b200.yaml").read_text("utf-8")
    (tmp_path / "presets").mkdir()
    changes = {"same": shipped, "dearer": shipped.replace("value: 40000 USD", "value: 41000 USD")}
    assert len(set(changes.values())) == 2
    found = {}
    for name, text in changes.items():
        (tmp_path / "presets" / "b200.yaml").write_text(f"replaces: true\n{text}", "utf-8")
        found[name] = runner.identity(asked.with_changes(library=LIBRARY.with_folder(tmp_path)))["hashes"]
    assert found["same"]["parameters"] == before["parameters"] != found["dearer"]["parameters"]


def test_a_warm_start_uses_labels_not_numbers(study, proved, tmp_path):
    best = proved.text("chip_model", proved.front["chip_model"].iloc[0])
    turned = study(chips=tuple(reversed(CHIPS)), engine=f"evolve, evaluations: 20, warm_start: {proved.folder}")
    found = runner.run(turned, output=tmp_path)
    assert found.text("chip_model", found.front["chip_model"].iloc[0]) == best
    assert found.front["roi"].iloc[0] == pytest.approx(proved.front["roi"].iloc[0], rel=1e-9)
    without = tuple(chip for chip in CHIPS if chip != best)
    with pytest.raises(UserError) as caught:
        runner.run(study(chips=without, engine=f"evolve, warm_start: {proved.folder}"), output=tmp_path)
    assert f"choice of chip_model '{best}'" in caught.value.message


@pytest.mark.long
def test_runs_with_other_labels_are_compared_by_label(study, tmp_path):
    objectives = "maximize roi, maximize junction_margin"
    both = [study(chips=chips, objectives=objectives, engine="sweep") for chips in (CHIPS, ("tpu", "gb200"))]
    one, other = (runner.run(each, output=tmp_path) for each in both)
    data = comparison_data([open_run(each) for each in (one, other)])
    labels = data["quantities"]["chip_model"]["choices"]
    assert labels == [*CHIPS, "tpu"]
    numbers = np.frombuffer(base64.b64decode(data["values"]["chip_model"]), "<f4")
    choices = [each.readable(each.front)["chip_model"].tolist() for each in (one, other)]
    assert [labels[int(number)] for number in numbers] == choices[0] + choices[1]


@pytest.mark.long
def test_the_shipped_study_chooses_the_chip_that_earns_most(tmp_path):
    found = runner.run(Study.load(STUDIES / "which_chip.yaml"), output=tmp_path)
    assert set(found.readable(found.front)["accelerator_model"]) == {"b200"}


@pytest.mark.long
def test_the_refinement_is_that_of_the_best_chip(write, tmp_path):
    path = write(engine="pyomo, shells: 3, gap: 1e-4")
    text = path.read_text("utf-8").replace("{choices: [300, 320], unit: K}", "{low: 300 K, high: 330 K}")
    path.write_text(text, "utf-8")
    asked = Study.load(path)
    found = runner.run(asked, output=tmp_path).record.refinement
    assert CHIPS[round(found.design["chip_model"])] == "gb200"
    alone = runner.run(apart(asked)["gb200"], output=tmp_path).record.refinement
    assert found.catalogue == pytest.approx(alone.catalogue, rel=1e-4)
    assert found.refined == pytest.approx(alone.refined, rel=1e-3)
