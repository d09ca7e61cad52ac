"""Whole runs in workers: the folders, the failures and the order are those of one run after the other."""

from __future__ import annotations

import json
import pickle
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext, suppress
from pathlib import Path

import pytest
from common import OtherProcess

from sunfront.engines.cluster import TaskDied
from sunfront.errors import NotFinite, RunError, StudyError, SunfrontWarning, UnknownName
from sunfront.runs import runner, side_by_side
from sunfront.study.study import Study

SWEEP = """architecture: starlink_bus
variables: {{altitude: {{low: 500 km, high: 800 km}}}}
objectives: [{}]
engine: {{name: sweep, evaluations: 64, keep: 5}}
"""
#: Differ from run to run: times, and the seal over them.
OF_THE_RUN = ("finished", "seconds", "seal")


@pytest.fixture
def studies(tmp_path):
    """Two studies that take a moment."""
    found = []
    for name, objective in {"a": "maximize roi", "b": "minimize node_mass"}.items():
        (tmp_path / f"{name}.yaml").write_text(SWEEP.format(objective), "utf-8")
        found.append(Study.load(tmp_path / f"{name}.yaml"))
    return found


class Two(OtherProcess):
    """Two workers that note their end."""

    def end(self):
        self.tasks.append("end")


@pytest.fixture
def workers(monkeypatch):
    found = Two()
    monkeypatch.setattr(side_by_side, "worker_pool", found.pool)
    return found


def run_each(studies, output, run=runner.run, alone=None, progress=None, **options):
    opened = progress or (lambda name: nullcontext(lambda *_: None))
    return side_by_side.run_each(studies, run, alone, opened, output=output, **options)


def content(output):
    """What the files of all runs hold, by path; without what differs from run to run."""
    found = {}
    for path in sorted(path for path in output.rglob("*") if path.is_file()):
        if path.name == "run.json":
            record = json.loads(path.read_text("utf-8"))
            found[path.relative_to(output)] = {key: record[key] for key in record if key not in OF_THE_RUN}
        else:
            found[path.relative_to(output)] = path.read_bytes()
    return found


def test_the_folders_are_those_of_runs_one_after_the_other(studies, workers, tmp_path):
    for study in studies:
        runner.run(study, output=tmp_path / "here")
    for place, options in {"far": {"cluster": "tcp://host:8786"}, "near": {"workers": 2}}.items():
        workers.tasks.clear()
        found = [(study.name, outcome()) for study, outcome in run_each(studies, tmp_path / place, **options)]
        assert workers.tasks == ["_compute", "_compute", "end"]
        assert [name for name, _ in found] == ["a", "b"]
        assert [results.folder.parent.name for _, results in found] == ["a", "b"]
        assert content(tmp_path / place) == content(tmp_path / "here")
        assert len(content(tmp_path / place)) > 6
    # The second time nothing is sent far; a worker on this machine finds the run.
    again = run_each(studies, tmp_path / "far", alone=lambda study: study.name, cluster="tcp://host:8786")
    assert [outcome() for _, outcome in again] == ["a", "b"]
    again = run_each(studies, tmp_path / "near", workers=2)
    assert all(outcome().loaded for _, outcome in again)


def test_a_run_is_opened_when_its_results_are_asked_for(studies, workers, tmp_path, monkeypatch):
    """Results of those that have ended would fill the memory while a slow one is waited for."""
    opened = []
    monkeypatch.setattr(side_by_side._SideBySide, "_load", lambda self, study, *_: opened.append(study.name))
    monkeypatch.setattr(side_by_side, "_compute", lambda *_: side_by_side._Computed())
    outcomes = [outcome for _, outcome in run_each(studies, tmp_path, workers=2)]
    assert not opened
    outcomes[0]()
    assert opened == ["a"]


def test_a_run_that_is_asked_for_twice_is_computed_once(studies, workers, tmp_path):
    """The second is asked for alone, after the first: together they would want the same folder."""
    found = []
    for study, outcome in run_each([studies[0], *studies], tmp_path, failing, lambda _: "alone", workers=2):
        with suppress(NotFinite):
            found.append((study.name, outcome()))
    assert found == [("a", "alone")]
    assert workers.tasks == ["_compute", "_compute", "end"]


def test_studies_of_workers_that_died_are_run_alone(studies, tmp_path, monkeypatch):
    class Dying(Two):
        """One task has ended; the next takes the workers along."""

        def submit(self, function, *args):
            if len(self.tasks) == 2:
                raise BrokenProcessPool
            task = super().submit(function, *args)
            if len(self.tasks) == 2:
                task = Future()
                task.set_exception(BrokenProcessPool())
            return task

    monkeypatch.setattr(side_by_side, "worker_pool", Dying().pool)
    three = [*studies, studies[1].with_changes(name="c")]
    with pytest.warns(SunfrontWarning, match="a worker process died.*; the studies that are left run one after the"):
        (_, first), *others = run_each(three, tmp_path, failing, lambda study: study.name, workers=2)
    with pytest.raises(NotFinite):
        first()
    assert [outcome() for _, outcome in others] == ["b", "c"]


def broken(study, **options):
    """A run that fails for the second study, with an error whose constructor takes more than a message."""
    if study.name == "b":
        raise NotFinite("roi is not a number", "roi")
    return runner.run(study, **options)


def failing(study, **options):
    """A run that takes no time."""
    raise NotFinite("nothing is a number")


def test_a_failure_is_that_of_its_study_alone(studies, workers, tmp_path):
    (_, first), (_, second) = run_each(studies, tmp_path, broken, cluster="tcp://host:8786")
    assert first().status == "best found"
    with pytest.raises(NotFinite, match="roi is not a number") as error:
        second()
    assert error.value.quantity == "roi"


def test_a_task_that_kills_its_workers_fails_alone(studies, workers, tmp_path, monkeypatch):
    begin = side_by_side._SideBySide._begin

    def dying(self, study):
        task = begin(self, study)
        if study.name == "a":
            task.result = lambda: (_ for _ in ()).throw(TaskDied("workers died"))
        return task

    monkeypatch.setattr(side_by_side._SideBySide, "_begin", dying)
    (_, first), (_, second) = run_each(studies, tmp_path, failing, cluster="tcp://host:8786")
    with pytest.raises(RunError, match="workers died"):
        first()
    with pytest.raises(NotFinite, match="nothing is a number"):
        second()


def test_workers_with_other_packages_are_refused(studies, workers, tmp_path, monkeypatch):
    run_id = runner.identity(studies[0], tmp_path)["run_id"]
    monkeypatch.setattr(side_by_side, "_folder", lambda study, output: Path(output) / study.name / "0123456789ab")
    (_, first), _ = run_each(studies, tmp_path, broken, cluster="tcp://host:8786")
    with pytest.raises(RunError, match=f"computed the run {run_id} in place of 0123456789ab"):
        first()
    assert not list(tmp_path.glob("*/*/run.json"))


def test_what_has_ended_before_an_interruption_is_stored_and_told(studies, workers, tmp_path):
    def interrupt(done, total, text):
        raise KeyboardInterrupt

    each = run_each(studies, tmp_path, broken, progress=lambda name: nullcontext(interrupt), cluster="tcp://host:8786")
    study, outcome = next(each)
    assert study.name == "a"
    assert outcome().folder.is_dir()
    with pytest.raises(KeyboardInterrupt):
        list(each)
    assert workers.tasks[-1] == "end"


def test_a_study_that_starts_from_a_former_run_waits_for_those_before_it(studies, workers, tmp_path):
    text = SWEEP.format("maximize roi").replace("sweep", "evolve").replace("keep: 5", "warm_start: a")
    (tmp_path / "c.yaml").write_text(text, "utf-8")
    later = Study.load(tmp_path / "c.yaml")
    here = []
    for study, outcome in run_each([*studies, later, studies[0]], tmp_path, failing, here.append, workers=2):
        if study is later:
            assert workers.tasks == ["_compute", "_compute", "end"]
        if workers.tasks[-1] == "end":
            outcome()
    assert here == [later, studies[0]]


def test_fewer_studies_than_workers_run_one_after_the_other(studies, workers, tmp_path):
    found = [outcome() for _, outcome in run_each(studies, tmp_path, alone=lambda study: study.name, workers=3)]
    assert found == ["a", "b"]
    assert not workers.tasks


def test_errors_travel_between_processes_with_what_they_know():
    error = StudyError("is wrong", "a.yaml", 3, ("engine", "gap"))
    error.others = (StudyError("too", "a.yaml", 4),)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.line, again.key) == (str(error), 3, "engine.gap")
    again = pickle.loads(pickle.dumps(UnknownName("rio", "quantity", ["roi"])))
    assert (again.nearest, again.exit_code) == ("roi", 2)
