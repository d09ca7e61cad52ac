"""Finding finished runs, and what the commands on them print."""

from __future__ import annotations

import shutil

import pytest
from typer.testing import CliRunner

import sunfront
from sunfront.cli import app
from sunfront.errors import UserError
from sunfront.runs.index import find, stored_runs
from sunfront.runs.results import Results
from sunfront.study.study import Study


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    """Two runs of one study, the second the newer, and a folder that is no run."""
    folder = tmp_path_factory.mktemp("outputs")
    study = Study(name="base", architecture="starlink_bus", objectives=["maximize roi"], engine={"name": "sweep"})
    for seed in (1, 2):
        sunfront.run(study.with_changes(seed=seed), output=folder)
    for path in folder.glob("*/*/run.json"):
        text = path.read_text("utf-8")
        seed = Results.load(path.parent).record.seed
        path.write_text(text.replace('"finished": "2', f'"finished": "{seed}2'), "utf-8")
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
    for name in (folder, folder / "report.html", folder.name, folder.name[:8]):
        assert find(str(name), output) == folder


@pytest.mark.parametrize(
    ("name", "message"),
    [("basse", "did you mean 'base'"), ("", "begins several runs"), ("nowhere/at/all", "no finished run")],
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


@pytest.mark.parametrize(
    ("args", "fact"),
    [
        (["plot", "base", "fronnt"], "'front'"),
        (["plot", "base", "front", "--to", "front.doc"], r"\.svg, \.pdf or \.png"),
        (["compare", "base"], "two runs"),
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
    assert (tmp_path / "pages" / "both.html").is_file()
