"""Watching a search that another process runs."""

from __future__ import annotations

import subprocess
import sys
import threading

import numpy as np
import pytest
from common import write_small

from sunfront.cli import common
from sunfront.cli.runs import _checkpoint_lines, watch
from sunfront.engines.checkpoint import Checkpoint, follow, is_held
from sunfront.errors import UserError
from sunfront.runs.index import find


def test_follow_reads_whole_entries_only(tmp_path):
    with Checkpoint(tmp_path / "run") as checkpoint:
        checkpoint.append(a=np.arange(3))
        ((first, at),) = follow(tmp_path / "run" / "checkpoint")
        np.testing.assert_array_equal(first["a"], [0, 1, 2])
        checkpoint.append(a=np.arange(4))
        path = tmp_path / "run" / "checkpoint"
        with path.open("ab") as torn:
            torn.write(b"half an entry")
        size = path.stat().st_size
        ((second, end),) = follow(path, at)
        assert len(second["a"]) == 4
        assert end == size - len(b"half an entry")
        assert path.stat().st_size == size


@pytest.mark.slow
def test_watch_follows_a_search_to_its_report(tmp_path, capsys):
    """A search in another process is watched from its first checkpoint entry to its report."""
    engine = "optuna, sampler: random, evaluations: 1500, population: 100"
    study = write_small(tmp_path, engine=engine, name="watched")
    command = [sys.executable, "-m", "sunfront.cli", "run", study, "--output", tmp_path / "out"]
    with subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as search:
        begun = threading.Event()
        for _ in range(600):
            if [path for path in (tmp_path / "out").glob("watched/*.partial/checkpoint") if path.stat().st_size]:
                break
            begun.wait(0.1)
        watch(str(study), every=0.1, output=tmp_path / "out")
        assert search.wait(60) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "1,500 evaluated" in lines[-2]
    assert lines[-1].endswith("report.html")


def test_watch_needs_a_running_study(tmp_path):
    (tmp_path / "other" / "0.partial").mkdir(parents=True)
    (tmp_path / "other" / "0.partial" / "checkpoint").touch()
    with pytest.raises(UserError, match=r"'othr'.* 'other'"):
        watch("othr", every=1, output=tmp_path)


def entry(evaluated):
    return {"counters": np.array([evaluated, 0, 0, 1]), "history": np.zeros((0, 2)), "seconds": 1.0}


def test_watch_begins_with_the_newest_entry(tmp_path, capsys):
    """It ends when the process that held the checkpoint is gone: here, at once after a first look."""
    folder = tmp_path / "it" / "0.partial"
    with Checkpoint(folder) as checkpoint:
        for evaluated in (100, 200, 300):
            checkpoint.append(**entry(evaluated))
        assert is_held(folder / "checkpoint")
        lines = _checkpoint_lines(folder / "checkpoint", every=0.01)
        assert "300 evaluated" in next(lines)
        checkpoint.append(**entry(400))
        checkpoint.append(**entry(500))
        assert ["400 " in next(lines), "500 " in next(lines)] == [True, True]
    assert not is_held(folder / "checkpoint")
    assert list(lines) == []


def test_watch_tells_how_far_a_sweep_is(tmp_path):
    folder = tmp_path / "it" / "0.partial"
    with Checkpoint(folder) as checkpoint:
        checkpoint.append(blocks=3, evaluated=196_608, totals_count=1234)
        assert next(_checkpoint_lines(folder / "checkpoint", every=0.01)) == "196,608 evaluated, 1,234 feasible"


def test_an_unfinished_run_is_named(tmp_path):
    (tmp_path / "it" / "0.partial").mkdir(parents=True)
    with pytest.raises(UserError, match=r"but an unfinished one, 0\.partial: `sunfront watch it` follows it"):
        find("it", tmp_path)


def test_progress_is_lines_where_there_is_no_terminal(monkeypatch, capsys):
    monkeypatch.setattr(common, "LINE_INTERVAL", 0.0)
    with common.progress("it") as bar:
        bar(1, 4, "12 feasible")
    assert capsys.readouterr().err == "it: 25 % after 0 s, 12 feasible\n"


def test_watch_does_not_wait_for_an_interrupted_run(tmp_path):
    with Checkpoint(tmp_path / "it" / "0.partial") as checkpoint:
        checkpoint.append(**entry(100))
    with pytest.raises(UserError, match="interrupted run; the same `sunfront run` continues it"):
        watch("it", every=1, output=tmp_path)
