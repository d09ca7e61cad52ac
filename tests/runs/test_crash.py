"""kill -9 at random moments, then the same command: the same front as without, and no repair by hand."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from common import BOTH, write_small

STUDIES = {
    "optuna": "optuna, evaluations: 1200, population: 20, refine: 30 %",
    "evolve": "evolve, evaluations: 60000, refine: 1 %",
    "sweep": "sweep, evaluations: 3000000, keep: 500",
    "sweep, two workers": "sweep, evaluations: 3000000, keep: 500",
}


def run(study: Path, output: Path, workers: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "sunfront.cli", "run", str(study), "--output", str(output)]
    command += ["--workers", str(workers)]
    with (output.parent / "messages").open("wb") as messages:
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=messages)


def finished(output: Path) -> tuple[pd.DataFrame, dict]:
    """The one run of a folder, and nothing beside it."""
    (folder,) = (output / "crash").iterdir()
    return pd.read_parquet(folder / "designs.parquet"), json.loads((folder / "run.json").read_text("utf-8"))


def killed_and_resumed(engine: str, moments: int, tmp_path: Path) -> None:
    workers = 2 if "workers" in engine else 1
    study = write_small(tmp_path, BOTH, engine=STUDIES[engine], name="crash")
    started = time.monotonic()
    assert run(study, tmp_path / "whole", workers).wait() == 0
    took = time.monotonic() - started
    rng = random.Random(7)
    deaths = 0
    for _ in range(20 * moments):
        process = run(study, tmp_path / "killed", workers)
        try:
            # Less than half: most runs are killed, and all get somewhere.
            process.wait(rng.uniform(0.1, 0.5) * took if deaths < moments else None)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            deaths += 1
            continue
        assert process.returncode == 0, (tmp_path / "messages").read_text()
        if deaths >= moments:
            break
        for path in sorted((tmp_path / "killed").rglob("*"), reverse=True):  # it outran its killer: once more
            path.rmdir() if path.is_dir() else path.unlink()
    assert deaths >= moments
    whole, record = finished(tmp_path / "whole")
    resumed, again = finished(tmp_path / "killed")
    pd.testing.assert_frame_equal(resumed, whole, check_exact=True)
    for key in ("status", "designs", "convergence", "summary"):
        assert again.get(key) == record.get(key)


@pytest.mark.parametrize("engine", ["sweep", pytest.param("optuna", marks=pytest.mark.slow)])
def test_killed_and_resumed(engine, tmp_path):
    killed_and_resumed(engine, 2, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("engine", STUDIES)
def test_killed_at_twenty_moments_and_resumed(engine, tmp_path):
    killed_and_resumed(engine, 20, tmp_path)
