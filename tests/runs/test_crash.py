"""kill -9 at random moments, then the same command: the same front as without a kill, and no repair by hand."""

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
    "sweep": "sweep, evaluations: 1000000, keep: 500",
    "sweep, two workers": "sweep, evaluations: 3000000, keep: 500",
}

#: Runs a study as ``sunfront run`` does, or without the report, which takes longer than the rest. Every batch and
#: block is an entry of the checkpoint.
PROGRAM = """
import sys
from sunfront.engines.search import evolve
from sunfront.engines.sweep import engine
if __name__ == "__main__":
    evolve.CHECKPOINT_INTERVAL = engine.CHECKPOINT_INTERVAL = 0.0
    if sys.argv.pop(1) == "command":
        from sunfront.cli import main
        main()
    else:
        from sunfront.runs import runner
        from sunfront.study.study import Study
        runner.run(Study.load(sys.argv[2]), output=sys.argv[4], workers=int(sys.argv[6]))
"""


def run(how: str, study: Path, output: Path, workers: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", PROGRAM, how, "run", str(study), "--output", str(output)]
    command += ["--workers", str(workers)]
    with (output.parent / "messages").open("wb") as messages:
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=messages)


def finished(output: Path) -> tuple[pd.DataFrame, dict]:
    """The one run of a folder, and nothing beside it."""
    (folder,) = (output / "crash").iterdir()
    return pd.read_parquet(folder / "designs.parquet"), json.loads((folder / "run.json").read_text("utf-8"))


def checkpoint_size(output: Path) -> int:
    return sum(path.stat().st_size for path in output.glob("crash/*.partial/checkpoint"))


def has_grown(process: subprocess.Popen[bytes], output: Path, size: int) -> bool:
    """Wait until a process has added to the checkpoint or has ended; whether it has added to it."""
    while process.poll() is None:
        if checkpoint_size(output) > size:
            return True
        time.sleep(0.01)
    return False


def killed_and_resumed(how: str, engine: str, moments: int, tmp_path: Path) -> None:
    workers = 2 if "workers" in engine else 1
    study = write_small(tmp_path, BOTH, engine=STUDIES[engine], name="crash")
    started = time.monotonic()
    assert run(how, study, tmp_path / "whole", workers).wait() == 0
    took = time.monotonic() - started
    output = tmp_path / "killed"
    rng = random.Random(7)
    deaths = resumed_kills = 0
    for _ in range(20 * moments):
        size = checkpoint_size(output)
        process = run(how, study, output, workers)
        # Every other kill comes when something new is in the checkpoint, the others at any time from the start.
        grown = deaths < moments and deaths % 2 == 0 and has_grown(process, output, size)
        try:
            # Less than half: most runs are killed, and all get somewhere.
            patience = rng.uniform(0.0, 0.1) * took if grown else rng.uniform(0.1, 0.5) * took
            process.wait(patience if deaths < moments else None)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            deaths += 1
            resumed_kills += checkpoint_size(output) > 0
            continue
        assert process.returncode == 0, (tmp_path / "messages").read_text()
        if deaths >= moments:
            break
        for path in sorted(output.rglob("*"), reverse=True):  # it outran its killer: once more
            path.rmdir() if path.is_dir() else path.unlink()
    assert deaths >= moments
    assert resumed_kills >= moments / 2
    whole, record = finished(tmp_path / "whole")
    resumed, again = finished(output)
    pd.testing.assert_frame_equal(resumed, whole, check_exact=True)
    for key in ("status", "designs", "convergence", "summary"):
        assert again.get(key) == record.get(key)


def test_killed_and_resumed(tmp_path):
    killed_and_resumed("function", "sweep", 2, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("engine", ["sweep", "optuna"])
def test_killed_command_is_resumed(engine, tmp_path):
    killed_and_resumed("command", engine, 2, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("engine", STUDIES)
def test_killed_at_twenty_moments_and_resumed(engine, tmp_path):
    killed_and_resumed("command", engine, 20, tmp_path)
