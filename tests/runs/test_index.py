"""Finding finished runs, and what the commands on them print."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import sunfront
from sunfront.cli import app
from sunfront.errors import RunError, UserError
from sunfront.runs import runner
from sunfront.runs.files import replacing
from sunfront.runs.index import find, find_among, stored_runs
from sunfront.runs.record import RunRecord
from sunfront.runs.results import Results
from sunfront.runs.runner import identity
from sunfront.study.study import Study


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    """Two runs of one study, the second the newer, and a folder that is no run."""
    folder = tmp_path_factory.mktemp("outputs")
    study = Study(name="base", architecture="starlink_bus", objectives=["maximize roi"], engine={"name": "sweep"})
    runner.run(study.with_changes(seed=1), output=folder)
    sunfront.run(study.with_changes(seed=2), output=folder)  # with its page
    for path in folder.glob("*/*/run.json"):
        record = RunRecord.read(path.parent)
        record.model_copy(update={"finished": f"{record.seed}{record.finished}"}).write(path.parent)
    (folder / "base" / "broken").mkdir()
    (folder / "base" / "broken" / "run.json").write_text("{")
    return folder


def command(*args):
    done = CliRunner().invoke(app, [str(arg) for arg in args])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def test_a_study_means_its_newest_run(output):
    assert len(stored_runs(output)) == 2
    for name in ("base", "base.yaml", "studies/base.yaml"):
        assert Results.load(find(name, output)).record.seed == 2


def test_a_run_is_its_folder_a_file_in_it_or_its_id(output):
    folder = stored_runs(output)[1].folder
    for name in (folder, folder / "designs.parquet", folder.name, folder.name[:8]):
        assert find(str(name), output) == folder


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("basse", "did you mean 'base'"),
        ("", "begins several runs"),
        ("nowhere/at/all", "no finished run"),
        ("x" * 5000, r"no finished run 'x{77}\.\.\.'"),
    ],
)
def test_what_is_no_run_is_said(output, name, message, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=message):
        find(name, output)


def test_show_prints_the_answer_and_its_provenance(output):
    done = command("show", "base", "--output", output)
    assert done.exit_code == 0
    for part in ("ROI", "base design", "how it was computed", "versions", "report.html"):
        assert part in done.stdout
    listed = command("show", "--output", output)
    assert listed.stdout.count("best found") == 2


def test_open_hands_the_page_to_the_browser(output, monkeypatch):
    asked = []
    monkeypatch.setattr("webbrowser.open", lambda url: asked.append(url) or True)
    done = command("open", "base", "--output", output)
    assert done.exit_code == 0
    assert asked == [(find("base", output) / "report.html").resolve().as_uri()]
    monkeypatch.setattr("webbrowser.open", lambda _: False)
    assert command("open", "base", "--output", output).exit_code == 1


def test_open_without_a_page_says_what_writes_it(output, tmp_path):
    folder = shutil.copytree(find("base", output), tmp_path / "run")
    (folder / "report.html").unlink()
    with pytest.raises(UserError, match="sunfront report"):
        command("open", folder)


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_plot_writes_the_figure(output, tmp_path, suffix):
    done = command("plot", "base", "budgets", "--to", tmp_path / f"it.{suffix}", "--output", output)
    assert done.exit_code == 0
    head = (tmp_path / f"it.{suffix}").read_bytes()[:64]
    assert {"png": b"PNG", "svg": b"<?xml", "pdf": b"%PDF"}[suffix] in head


def test_plot_beside_the_run(output):
    done = command("plot", "base", "front", "--output", output)
    assert [line.rpartition("/")[2] for line in done.stdout.split()] == ["front.svg", "front.png"]


def test_plot_without_a_name_draws_all(output):
    done = command("plot", "base", "--output", output)
    written = [Path(line) for line in done.stdout.split()]
    assert {path.stem for path in written} == {"front", "budgets", "cashflow", "waterfall", "ground"}
    assert {path.suffix for path in written} == {".svg", ".png"}
    assert all(path.is_file() for path in written)


@pytest.mark.parametrize(
    ("args", "fact"),
    [
        (["plot", "base", "fronnt"], "'front'"),
        (["plot", "base", "front", "--to", "front.doc"], r"\.svg, \.pdf or \.png"),
        (["plot", "base", "--to", "all.svg"], "NAME"),
        (["compare", "base"], "two runs"),
        (["compare", "base", "base"], "compared with itself"),
    ],
)
def test_mistakes(output, args, fact):
    with pytest.raises(UserError, match=fact):
        command(*args, "--output", output)


def test_compare_writes_a_page_and_says_the_ratio(output, tmp_path):
    first, second = (run.folder for run in stored_runs(output))
    done = command("compare", first, second, "--to", tmp_path / "pages" / "both.html")
    assert "1 times the first" in done.stdout
    assert "1 difference in the studies, 0 in common assumptions" in done.stdout
    (seeds,) = [line.split() for line in done.stdout.splitlines() if line.startswith("seed")]
    assert sorted(seeds[1:]) == ["1", "2"]
    assert (tmp_path / "pages" / "both.html").is_file()


@pytest.fixture(scope="module")
def with_overrides(tmp_path_factory):
    """A run of a study as it is, then the newer one of the same study with a value set."""
    folder = tmp_path_factory.mktemp("overrides")
    study = Study(name="base", architecture="starlink_bus", objectives=["maximize roi"], engine={"name": "sweep"})
    changed = study.with_overrides([" utilization = 0.9 ", "discount_rate=8 %/year"])
    runs = [runner.run(study, output=folder), sunfront.run(changed.with_changes(seed=1), output=folder)]
    record = runs[1].record
    record.model_copy(update={"finished": f"9{record.finished[1:]}"}).write(runs[1].folder)
    return folder, *runs


TITLE = "base [--set discount_rate=8 %/year, utilization=0.9]"


def test_a_name_means_the_run_without_overrides_although_it_is_older(with_overrides):
    folder, plain, changed = with_overrides
    assert stored_runs(folder)[0].folder == changed.folder
    taken, others = find_among("base", folder)
    assert taken == find("base", folder) == plain.folder
    assert [other.folder for other in others] == [changed.folder]
    assert find(TITLE, folder) == changed.folder
    assert find_among(str(changed.folder), folder) == (changed.folder, [])


def test_a_name_means_a_run_with_overrides_if_there_is_no_other(with_overrides, tmp_path):
    _, _, changed = with_overrides
    shutil.copytree(changed.folder, tmp_path / "base" / changed.folder.name)
    assert find("base", tmp_path).name == changed.folder.name


def test_a_run_bears_its_overrides_wherever_it_is_shown(with_overrides, tmp_path):
    folder, plain, changed = with_overrides
    assert changed.record.overrides == ("discount_rate=8 %/year", "utilization=0.9")
    assert (plain.record.title, changed.record.title) == ("base", TITLE)
    assert TITLE in repr(changed)
    assert f"<title>{TITLE}" in (changed.folder / "report.html").read_text("utf-8")
    assert TITLE in command("show", "--output", folder).stdout
    assert command("show", changed.folder).stdout.startswith(f"{TITLE}: ")
    page = tmp_path / "both.html"
    done = command("compare", "base", TITLE, "--to", page, "--output", folder)
    assert done.stdout.splitlines()[:3] == [
        f"taken: {plain.folder}  base, sweep, best found, {plain.record.finished}",
        f"not taken: {changed.folder}  {TITLE}, sweep, best found, 9{changed.record.finished[1:]}",
        f"taken: {changed.folder}  {TITLE}, sweep, best found, 9{changed.record.finished[1:]}",
    ]
    assert done.stdout.splitlines()[-1] == f"page: {page}"
    assert f"<title>base against {TITLE}" in page.read_text("utf-8")


def test_other_commands_say_on_stderr_what_they_take(with_overrides):
    folder, plain, _ = with_overrides
    done = command("plot", "base", "front", "--output", folder)
    assert done.stdout.splitlines() == [str(plain.folder / "front.svg"), str(plain.folder / "front.png")]
    assert done.stderr.startswith(f"taken: {plain.folder} ")
    assert TITLE in done.stderr


def test_values_that_are_set_make_a_run_of_its_own(with_overrides):
    """Even if they are those of the study, so that no run bears a title that another invocation made."""
    _, plain, _ = with_overrides
    study = sunfront.open(plain).study
    same = study.with_overrides(["altitude=560 km"])
    written = study.with_changes(parameters={"altitude": "560 km"})
    assert same.settings["altitude"] == written.settings["altitude"]
    ids = {identity(s)["run_id"] for s in (study, same, written)}
    assert len(ids) == 3
    assert same.with_overrides(["altitude=570 km"]).overrides == ("altitude=570 km",)
    assert study.overrides == ()


@pytest.fixture(scope="module")
def with_sensitivity(tmp_path_factory):
    """A run of a study, then a newer sensitivity run of it."""
    folder = tmp_path_factory.mktemp("sensitivity")
    study = Study(name="base", architecture="starlink_bus", objectives=["maximize roi"], engine={"name": "sweep"})
    runs = [runner.run(study, output=folder)]
    runs.append(runner.run(study.with_engine("sensitivity"), output=folder))
    record = runs[1].record
    record.model_copy(update={"finished": f"9{record.finished[1:]}"}).write(runs[1].folder)
    return folder, *(run.folder for run in runs)


def test_a_name_means_a_sensitivity_run_only_if_there_is_no_other(with_sensitivity, tmp_path):
    folder, designs, ranked = with_sensitivity
    taken, others = find_among("base", folder)
    assert taken == find("base", folder, designs=True) == designs
    assert [other.folder for other in others] == [ranked]
    assert command("report", "base", "--output", folder).stdout.startswith(str(designs))
    shutil.copytree(ranked, tmp_path / "base" / ranked.name)
    assert find("base", tmp_path).name == ranked.name
    with pytest.raises(UserError, match="sensitivity runs only"):
        find("base", tmp_path, designs=True)


def test_the_figure_of_a_sensitivity_is_that_of_the_sensitivity_run(with_sensitivity):
    folder, designs, ranked = with_sensitivity
    done = command("plot", "base", "sensitivity", "--output", folder)
    assert done.stdout.splitlines() == [str(ranked / "sensitivity.svg"), str(ranked / "sensitivity.png")]
    assert command("plot", "base", "budgets", "--output", folder).stdout.startswith(str(designs))


@pytest.mark.long
def test_compare_shows_an_objective_that_differs(tmp_path):
    study = Study(name="one", architecture="starlink_bus", objectives=["maximize roi"], engine={"name": "sweep"})
    other = study.with_changes(name="other", objectives=["minimize capex"], parameters={"utilization": "0.9"})
    runs = [sunfront.run(each, output=tmp_path).folder for each in (study, other)]
    lines = command("compare", *runs, "--to", tmp_path / "both.html").stdout.splitlines()
    table = [" ".join(line.split()) for line in lines[lines.index("what differs") + 1 :]]
    assert table[0] == "one other"
    assert "objectives maximize roi minimize capex" in table
    assert "utilization 0.8 0.9" in table


def test_a_write_that_is_cut_midway_leaves_the_file_as_before(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("before")

    def write_half():
        with replacing(path) as new:
            new.write_text("half")
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(RunError, match=r"cannot write .*a\.csv: No space"):
        write_half()
    assert ([*tmp_path.iterdir()], path.read_text()) == ([path], "before")


@pytest.mark.skipif(sys.platform == "win32", reason="asks for processes")
def test_what_a_process_that_ended_left_is_removed(tmp_path):
    ended = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True)
    left, others = tmp_path / f".{int(ended.stdout)}.a.csv", tmp_path / f".{os.getppid()}.a.csv"
    for path in (left, others):
        path.write_text("half")
    with replacing(tmp_path / "a.csv") as path:
        path.write_text("whole")
    assert sorted(tmp_path.iterdir()) == [others, tmp_path / "a.csv"]
