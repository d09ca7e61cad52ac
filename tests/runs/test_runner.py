"""The run folder: what is in it, when it is written, and what never is."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from common import BOTH

import sunfront
from sunfront import engines
from sunfront.engines.checkpoint import Checkpoint
from sunfront.errors import NotFinite, RunError, SunfrontWarning, Unverified, UserError
from sunfront.report import sentences
from sunfront.runs import runner
from sunfront.runs.files import hashes
from sunfront.runs.results import Results
from sunfront.runs.run import Run
from sunfront.study.study import Study

FILES = {
    "study.yaml",
    "parameters.yaml",
    "designs.parquet",
    "front.csv",
    "run.json",
    "front.png",
    "front.svg",
    "cashflow.csv",
    "report.html",
}
SWEEP = "sweep, evaluations: 20000"


@pytest.fixture
def finished(small, tmp_path):
    study = small("maximize roi, maximize fleet_it_power", engine=SWEEP)
    return study, runner.run(study, output=tmp_path / "out")


def test_folder_holds_everything(small, tmp_path):
    results = sunfront.run(small("maximize roi, maximize fleet_it_power", engine=SWEEP), output=tmp_path / "out")
    assert {p.name for p in results.folder.iterdir()} == FILES
    assert results.folder.parent == tmp_path / "out" / "small"
    record = json.loads((results.folder / "run.json").read_text())
    assert record["status"] == "best found"
    assert record["seed"] == 0
    assert record["designs"]["evaluated"] == 20000
    assert set(record["versions"]) >= {"sunfront", "numpy", "pyomo", "highspy", "optuna"}
    assert set(record["hashes"]) == {"study", "parameters", "equations"}


def test_every_parameter_is_stored_with_its_source(finished):
    study, results = finished
    import yaml

    stored = yaml.safe_load((results.folder / "parameters.yaml").read_text())
    assert set(stored) == set(study.settings) - set(study.variables)
    assert all(row["source"] for row in stored.values())
    assert stored["earth_gravity"]["si"] == pytest.approx(3.986004418e14)


def test_table_is_si_and_says_its_units(finished):
    _, results = finished
    table = pq.read_table(results.folder / "designs.parquet")
    units = json.loads(table.schema.metadata[b"units"])
    assert units["altitude"] == "km"
    frame = table.to_pandas()
    assert frame["altitude"].isin([500e3, 600e3, 690e3]).all()
    pd.testing.assert_frame_equal(Results.load(results.folder).designs, results.designs, check_exact=True)


def test_front_csv_is_read_by_pandas_as_numbers_with_units_in_its_heads(finished):
    _, results = finished
    front = pd.read_csv(results.folder / "front.csv")
    assert len(front) == len(results.front)
    assert set(front.dtypes.map(str)) <= {"float64", "int64"}
    np.testing.assert_allclose(front["altitude (km)"], results.front["altitude"] / 1e3)
    np.testing.assert_allclose(front["fleet_it_power (MW)"], results.front["fleet_it_power"] / 1e6, rtol=1e-8)
    assert "node_accelerators" in front or "launches" in front  # no unit


def test_front_is_sorted_and_undominated(finished):
    _, results = finished
    roi, power = results.front["roi"].to_numpy(), results.front["fleet_it_power"].to_numpy()
    assert (np.diff(roi) <= 0).all()
    assert (np.diff(power) > 0).all()


def test_same_inputs_are_not_computed_again(finished, tmp_path, monkeypatch):
    study, results = finished

    def fail(*args):
        raise AssertionError("computed again")

    monkeypatch.setattr(engines, "run", fail)
    again = runner.run(study, output=tmp_path / "out")
    assert again.folder == results.folder
    pd.testing.assert_frame_equal(again.front, results.front)
    with pytest.raises(AssertionError, match="computed again"):
        runner.run(study, output=tmp_path / "out", force=True)
    with pytest.raises(AssertionError, match="computed again"):
        runner.run(study.with_overrides(["discount_rate=9 %/year"]), output=tmp_path / "out")


def test_stored_study_runs_again_to_the_same_answer(finished, tmp_path):
    _, results = finished
    again = runner.run(Study.load(results.folder / "study.yaml"), output=tmp_path / "again")
    pd.testing.assert_frame_equal(again.designs, results.designs, check_exact=True)


@pytest.mark.parametrize(
    "engine", ["sweep, evaluations: 5000", "optuna, evaluations: 200", "pyomo, gap: 5 %, time_limit: 1 min"]
)
def test_stored_study_of_every_engine_is_valid(engine, small, tmp_path):
    study = small("maximize roi, maximize fleet_it_power", engine=engine)
    results = runner.run(study, output=tmp_path / "out")
    again = Study.load(results.folder / "study.yaml")
    assert again.engine == study.engine
    assert replace(again.problem, model=study.problem.model) == study.problem
    assert list(again.problem.model) == list(study.problem.model)


def test_no_control_character_gets_in(tmp_path):
    path = tmp_path / "folded.yaml"
    path.write_text(
        "question: >-\n  one\n  two\narchitecture: starlink_bus\nobjectives: [maximize roi]\nengine: {name: sweep}\n"
    )
    assert Study.load(path).question == "one two"


def test_single_point_frontier_is_proved(tmp_path, small):
    """Two objectives that one design wins leave no box to measure."""
    study = small("maximize fleet_it_power, maximize it_power", "launch_cadence >= 100 1/year")
    results = runner.run(study, output=tmp_path / "out")
    assert results.status == "proved"
    assert results.record.gap.relative <= 1e-4


def test_objectives_that_no_variable_moves(tmp_path, small):
    """Rounding alone must not look like a design beyond the proof."""
    study = small("minimize orbital_velocity, maximize orbital_period").with_overrides(["altitude=600 km"])
    assert runner.run(study, output=tmp_path / "out").status == "proved"


def test_changed_architecture_is_another_run(small):
    """The run id covers what holds without being written."""
    study = small()
    identity = runner.identity(study)
    study.__dict__["arch"] = replace(study.arch, constraints=())
    assert runner.identity(study)["run_id"] != identity["run_id"]


def test_stopped_run_is_stored_and_computed_again(small, tmp_path, monkeypatch):
    monkeypatch.setattr("sunfront.engines.sweep.engine.BLOCK_SIZE", 4096)
    study = small("maximize roi, maximize fleet_it_power", engine=SWEEP)

    def interrupt(done, total, text):
        if done > total / 2:
            raise KeyboardInterrupt

    stopped = runner.run(study, output=tmp_path / "out", progress=interrupt)
    assert stopped.status == "stopped"
    assert len(stopped.front) > 0
    again = runner.run(study, output=tmp_path / "out")
    assert again.status == "best found"
    assert again.folder == stopped.folder
    assert Results.load(again.folder).status == "best found"
    assert [p for p in again.folder.parent.iterdir() if p != again.folder] == []


def interrupt(*_):
    raise KeyboardInterrupt


def test_stopped_run_replaces_no_finished_one(finished, tmp_path, monkeypatch):
    study, results = finished
    output = results.folder.parent.parent
    with pytest.raises(RunError, match="the earlier finished run is kept in"):
        runner.run(study, output=output, force=True, progress=interrupt)
    assert [p.name for p in results.folder.parent.iterdir()] == [results.folder.name]
    pd.testing.assert_frame_equal(Results.load(results.folder).designs, results.designs, check_exact=True)


def test_stopped_before_anything_was_evaluated(small, tmp_path, monkeypatch):
    monkeypatch.setattr("sunfront.engines.sweep.engine.Sweep.evaluate_block", interrupt)
    stopped = runner.run(small(engine=SWEEP), output=tmp_path / "out")
    assert sentences.answer(stopped) == "The run was stopped before any design was evaluated."


def test_what_a_kill_after_the_last_record_leaves_is_removed(finished):
    study, results = finished
    output = results.folder.parent.parent
    for name in (".partial", ".partial.4711"):
        with Checkpoint(results.folder.with_name(results.folder.name + name)) as checkpoint:
            checkpoint.append(row=[1.0])
    used = results.folder.with_name(results.folder.name + ".partial.1")
    with Checkpoint(used) as checkpoint:
        checkpoint.append(row=[1.0])
        assert runner.run(study, output=output).loaded
        assert {p.name for p in results.folder.parent.iterdir()} == {results.folder.name, used.name}
        checkpoint.clear()


def test_another_process_that_stores_the_same_run_at_that_moment_gives_way(finished, tmp_path, monkeypatch):
    study, results = finished
    rename = Path.replace

    def late(path, target):
        if path.name.startswith("finished.") and not others:
            others.append(shutil.copytree(results.folder, target))
        return rename(path, target)

    others = []
    monkeypatch.setattr(Path, "replace", late)
    stored = runner.run(study, output=tmp_path / "other")
    assert others == [stored.folder]
    assert [p.name for p in stored.folder.parent.iterdir()] == [results.folder.name]
    assert Results.load(stored.folder).record == stored.record


def test_wrong_answer_is_never_stored(small, tmp_path, monkeypatch):
    study = small(engine="pyomo, gap: 5 %")
    honest = engines.run

    def liar(problem, settings, context):
        answer = honest(problem, settings, context)
        return type(answer)(**{**vars(answer), "claims": {"roi": answer.claims["roi"] + 0.01}})

    monkeypatch.setattr(engines, "run", liar)
    with pytest.raises(Unverified, match="roi"):
        runner.run(study, output=tmp_path / "out")
    assert not list((tmp_path / "out").rglob("*.json"))


def test_infeasible_run_is_stored_with_what_is_known(small, tmp_path):
    results = sunfront.run(small(constraints="npv >= 1e12 USD"), output=tmp_path / "out")
    assert results.status == "infeasible"
    assert results.front.empty
    assert "proved" in results.record.notes[0]
    assert "No design meets every constraint" in (results.folder / "report.html").read_text()


@pytest.mark.parametrize(
    ("engine", "headline", "said"),
    [
        ("pyomo", "infeasible: proved", "No design meets"),
        (SWEEP, "which does not prove that there is none", "No design that meets every constraint was found"),
    ],
)
def test_what_was_not_found_is_not_called_impossible(engine, headline, said, small, tmp_path):
    results = sunfront.run(small(constraints="npv >= 1e12 USD", engine=engine), output=tmp_path / "out")
    assert headline in sentences.headline(results)
    assert sentences.answer(results).startswith(said)


def full(*_):
    raise OSError(28, "No space left on device")


def test_failing_table_leaves_nothing_behind(small, tmp_path, monkeypatch):
    monkeypatch.setattr(Results, "write_table", full)
    with pytest.raises(RunError, match="No space left"):
        runner.run(small(engine=SWEEP), output=tmp_path / "out")
    assert list((tmp_path / "out" / "small").iterdir()) == []


def test_failing_table_keeps_the_former_run(finished, tmp_path, monkeypatch):
    study, results = finished
    files = {p.name: p.read_bytes() for p in results.folder.iterdir()}
    monkeypatch.setattr(Results, "write_table", full)
    with pytest.raises(RunError):
        runner.run(study, output=tmp_path / "out", force=True)
    assert {p.name: p.read_bytes() for p in results.folder.iterdir()} == files


def test_an_answer_does_not_depend_on_its_drawing(small, tmp_path, monkeypatch):
    """The run is stored before it is drawn; the same command draws it again."""
    study = small(BOTH, engine=SWEEP)
    for fault in (OSError(28, "No space left on device"), ValueError("no such color"), MemoryError()):

        def fail(run, fault=fault):
            raise fault

        with monkeypatch.context() as patch:
            patch.setattr("sunfront.report.figures.write", fail)
            with pytest.warns(SunfrontWarning, match="is stored in .*`sunfront report"):
                results = sunfront.run(study, output=tmp_path / "out", force=True)
        assert not (results.folder / "report.html").exists()
        assert [p.name for p in results.folder.parent.iterdir()] == [results.folder.name]
        pd.testing.assert_frame_equal(Results.load(results.folder).designs, results.designs, check_exact=True)
    again = sunfront.run(study, output=tmp_path / "out")
    assert again.loaded
    assert {p.name for p in results.folder.iterdir()} == FILES


def test_half_a_report_is_drawn_again(small, tmp_path):
    study = small(engine=SWEEP)
    page = sunfront.run(study, output=tmp_path / "out").folder / "report.html"
    whole = page.read_text("utf-8")
    page.write_text(whole[: len(whole) // 2], "utf-8")
    sunfront.run(study, output=tmp_path / "out")
    assert page.read_text("utf-8") == whole


def test_a_library_that_vanishes_during_the_run_costs_no_answer(small, tmp_path):
    (tmp_path / "lib" / "presets").mkdir(parents=True)
    preset = tmp_path / "lib" / "presets" / "thick.yaml"
    preset.write_text("title: Thick\nsource: test\nvalues: {discount_rate: 9 %/year}\n")
    study = small(engine=SWEEP, more="library: ./lib\npresets: [thick]\n")
    results = runner.run(study, output=tmp_path / "out", progress=lambda *_: preset.unlink(missing_ok=True))
    assert not preset.exists()
    assert Run.load(results.folder).study.preset_names[-1] == "thick"


@pytest.mark.parametrize("file", ["designs.parquet", "study.yaml", "parameters.yaml", "run.json"])
@pytest.mark.parametrize("damage", ["missing", "empty", "half", "changed", "folder"])
def test_a_damaged_run_is_named_and_replaced_with_force(finished, file, damage):
    study, results = finished
    path, output = results.folder / file, results.folder.parent.parent
    content = path.read_bytes()
    path.unlink()
    middle = len(content) // 2
    if damage == "folder":
        path.mkdir()
    elif damage != "missing":
        changed = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        path.write_bytes({"empty": b"", "half": content[:middle], "changed": changed}[damage])
    with pytest.raises(UserError) as caught:
        Results.load(results.folder)
    assert file in caught.value.message
    if file != "run.json" or damage != "missing":  # a folder without it is no run, and is computed
        assert "--force" in caught.value.message
        with pytest.raises(UserError, match=file):
            runner.run(study, output=output)
    again = runner.run(study, output=output, force=True)
    assert again.folder == results.folder
    pd.testing.assert_frame_equal(Results.load(again.folder).designs, results.designs, check_exact=True)
    assert [p.name for p in results.folder.parent.iterdir()] == [results.folder.name]


def test_a_study_made_in_python_is_that_of_its_folder(tmp_path):
    """The stored file has 1024.0 where Python gave 1024, and a text where it gave a text."""
    variables = {"node_accelerators": {"low": 1024, "high": "4096", "integer": True}}
    study = Study(
        name="made",
        architecture="terrestrial",
        objectives=["minimize compute_cost"],
        variables=variables,
        parameters={"utilization": "0.5", "nodes_per_site": 4},
        engine={"name": "sweep", "evaluations": 64},
    )
    found = runner.run(study, output=tmp_path)
    assert Run.load(found.folder).results.record.hashes == found.record.hashes


def test_designs_that_were_tampered_with_are_not_believed(small, tmp_path):
    """Not even if every hash is that of the changed files: what can be computed again is."""
    study = small(BOTH, engine="pyomo, gap: 10 %")
    results = runner.run(study, output=tmp_path / "out")
    designs, record = results.designs, results.record
    for changed, words in (
        (designs.assign(roi=designs["roi"] * 1.01), "roi"),
        (designs.assign(node_mass=designs["node_mass"] * 0.99), "node_mass"),
        (designs.iloc[1:], "number of designs"),
    ):
        forged = Results(changed, record)
        forged.write_table(results.folder)
        record.model_copy(update={"files": hashes(results.folder)}).write(results.folder)
        with pytest.raises(UserError, match=words):
            Run.load(results.folder)
        with pytest.raises(UserError, match=words):
            runner.run(study, output=tmp_path / "out")


def test_output_that_cannot_be_written(small, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot write"):
        runner.run(small(engine=SWEEP), output=tmp_path / "file")


def test_loading_what_is_no_run(tmp_path):
    with pytest.raises(UserError, match="no finished run"):
        Results.load(tmp_path)


def test_nan_stops_the_run_by_name(tmp_path):
    path = tmp_path / "nan.yaml"
    path.write_text(
        "architecture: starlink_bus\nobjectives: [maximize roi]\nengine: {name: sweep}\n"
        "parameters: {npv: 0 USD, present_value_of_equity: 0 USD}\n"
    )
    with pytest.raises(NotFinite, match="roi is nan"):
        runner.run(Study.load(path), output=tmp_path / "out")


def test_study_without_variables_is_evaluated(tmp_path):
    path = tmp_path / "one.yaml"
    path.write_text("architecture: starlink_bus\nobjectives: [maximize roi]\nengine: {name: sweep}\n")
    results = runner.run(Study.load(path), output=tmp_path / "out")
    assert len(results.front) == 1
    assert results.front["roi"].iloc[0] == pytest.approx(Study.load(path).evaluate()["roi"])


@pytest.mark.parametrize("name", ["../../x", "..", "a/b", "a\\b", "", "a\0b", "caf\udce9", "a\nb"])
def test_a_name_stays_in_the_folder_of_results(name):
    with pytest.raises(UserError, match="rename"):
        Study(name=name, architecture="starlink_bus", objectives=["maximize roi"])
