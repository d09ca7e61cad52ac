"""Following a search from outside."""

from __future__ import annotations

import subprocess
import sys
import threading

import numpy as np
import pytest
from common import STUDIES

from sunfront.cli.watch import watch
from sunfront.engines.checkpoint import Checkpoint, follow
from sunfront.errors import UserError


def test_follows_whole_records_and_leaves_the_rest(tmp_path):
    with Checkpoint(tmp_path / "run") as checkpoint:
        checkpoint.append(a=np.arange(3))
        ((first, at),) = follow(tmp_path / "run" / "checkpoint")
        np.testing.assert_array_equal(first["a"], [0, 1, 2])
        checkpoint.append(a=np.arange(4))
        path = tmp_path / "run" / "checkpoint"
        with path.open("ab") as torn:
            torn.write(b"half a record")
        size = path.stat().st_size
        ((second, end),) = follow(path, at)
        assert len(second["a"]) == 4
        assert end == size - len(b"half a record")
        assert path.stat().st_size == size


def test_follows_a_search_to_its_report(tmp_path, capsys):
    """A search in a process of its own is watched from its first record to its end."""
    study = tmp_path / "watched.yaml"
    text = (STUDIES / "quickstart.yaml").read_text("utf-8").split("engine:")[0]
    study.write_text(text + "engine: {name: optuna, sampler: random, evaluations: 1500, population: 100}\n", "utf-8")
    command = [sys.executable, "-m", "sunfront.cli", "run", study, "--output", tmp_path / "out"]
    with subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as search:
        begun = threading.Event()
        for _ in range(600):
            if [path for path in (tmp_path / "out").glob("watched/*.partial/checkpoint") if path.stat().st_size]:
                break
            begun.wait(0.1)
        watch(str(study), every=0.1, output=tmp_path / "out")
        assert search.wait(60) == 0
    said = capsys.readouterr().out.splitlines()
    assert "1,500 evaluated" in said[-2]
    assert said[-1].endswith("report.html")


def test_no_run_under_way_is_said(tmp_path):
    (tmp_path / "other" / "0.partial").mkdir(parents=True)
    (tmp_path / "other" / "0.partial" / "checkpoint").touch()
    with pytest.raises(UserError, match=r"no run of 'othr' is under way .*did you mean 'other'"):
        watch("othr", every=1, output=tmp_path)
