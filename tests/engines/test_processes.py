"""Worker processes of scripts."""

import os
import signal
import subprocess
import sys
import time

import pytest
from common import BOTH, write_small

from sunfront.engines import processes

SCRIPT = """
import sys, sunfront
print("script")
print(sunfront.run(sys.argv[1], output=sys.argv[2], workers=2).status)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "engine"),
    [
        pytest.param("file", "pyomo, gap: 5 %", marks=pytest.mark.long),
        ("standard input", "sweep, evaluations: 300000, keep: 5"),
    ],
)
def test_a_script_needs_no_main_guard(tmp_path, engine, place):
    study = write_small(tmp_path, BOTH, engine=engine)
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, script if place == "file" else "-", study, tmp_path / "out"],
        input=SCRIPT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines()[:1] == ["script"]
    assert done.stdout.splitlines()[1] in ("best found", "proved")


def test_a_worker_whose_parent_gave_up_ends_in_silence(tmp_path):
    """What it starts with is gone when the parent is interrupted meanwhile."""
    program = "import sys; from pathlib import Path; from sunfront.engines import processes\n"
    program += "processes._start_worker(Path(sys.argv[1]))"
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path / "gone")], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "")


def test_a_signal_to_a_worker_that_starts_does_not_reach_it(capfd):
    worker = processes._Context().Process(target=time.sleep, args=(0,))
    worker.start()
    for _ in range(5):
        os.kill(worker.pid, signal.SIGINT)
    worker.join()
    assert (worker.exitcode, capfd.readouterr().err) == (0, "")
