"""Real signals to a real process during a real solve: what was found is stored, marked stopped."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from common import BOTH, write_small

from sunfront.runs.signals import GRACE, Terminated, stop_signals

#: Runs a study without the report, and says on its output when the engine reports progress.
PROGRAM = """
import sys
import pyomo.environ, scipy.stats  # a signal amid an import waits for its end, which a new environment delays
from sunfront.runs import runner
from sunfront.study.study import Study
if __name__ == "__main__":
    def progress(done, total, text):
        if done > 0:
            print(".", flush=True)
    results = runner.run(Study.load(sys.argv[1]), output=sys.argv[2], workers=int(sys.argv[3]), progress=progress)
    print(results.status, results.interrupted, len(results.front))
"""

ENGINES = {
    "sweep": "sweep, evaluations: 100000000, keep: 10",
    "sweep, two workers": "sweep, evaluations: 100000000, keep: 10",
    "evolve": "evolve, evaluations: 10000000",
    "optuna": "optuna, sampler: random, evaluations: 1000000",
    "sensitivity": "sensitivity, reoptimize: {name: sweep, evaluations: 1000000, keep: 10}",
    "highs": "pyomo, gap: 0.0000001 %, shells: 30",
    "highs, two workers": "pyomo, gap: 0.0000001 %, shells: 30",
    "scip": "pyomo, solver: scip, gap: 0.000001 %",
}
RARE = ("sensitivity", "optuna", "scip")
BY_HAND = (signal.SIGINT, signal.SIGHUP)
REST = [
    *(
        pytest.param(name, signal.SIGTERM, marks=pytest.mark.long if name in RARE else pytest.mark.slow)
        for name in ENGINES
        if name != "sweep"
    ),
    *(pytest.param(name, n, marks=pytest.mark.long) for name in ("sweep, two workers", "highs") for n in BY_HAND),
]


def started(tmp_path: Path, engine: str) -> subprocess.Popen[str]:
    """A process in a group of its own that has begun to find something."""
    altitude = "{low: 600 km, high: 610 km}" if engine == "scip" else "{low: 500 km, high: 800 km}"
    study = write_small(tmp_path, BOTH, engine=ENGINES[engine], name="it", altitude=altitude)
    if engine == "sensitivity":  # at the base design
        study.write_text(
            "architecture: starlink_bus\nobjectives: [maximize roi]\n"
            "variables: {altitude: {low: 500 km, high: 800 km}}\n"
            f"engine: {{name: {ENGINES[engine]}}}\n"
        )
    workers = "2" if "workers" in engine else "1"
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(study), str(tmp_path / "out"), workers],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout.readline() == ".\n", process.stderr.read()
    return process


@pytest.mark.parametrize(("engine", "number"), [("sweep", signal.SIGTERM), *REST])
def test_what_was_found_is_stored_and_marked_stopped(tmp_path, engine, number):
    process = started(tmp_path, engine)
    process.send_signal(number)
    time.sleep(0.3)
    process.send_signal(number)  # impatience changes nothing
    output, messages = process.communicate(timeout=60)
    (folder,) = [path for path in (tmp_path / "out" / "it").iterdir() if path.suffix != ".partial"]
    assert json.loads((folder / "run.json").read_text("utf-8"))["status"] == "stopped"
    assert len(pd.read_parquet(folder / "designs.parquet")) > 0
    # On a fast machine the run has ended, and with it the handling of signals, when the second one comes.
    assert process.returncode in (0, -number), messages
    assert process.returncode or output.splitlines()[-1].startswith("stopped True")


def test_a_repeated_signal_does_not_cost_the_answer_of_the_first():
    with stop_signals() as signals:
        with pytest.raises(Terminated) as caught:
            signal.raise_signal(signal.SIGTERM)
        assert caught.value.number == signal.SIGTERM
        signal.raise_signal(signal.SIGINT)
        signals._last -= GRACE
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signals.received == 3
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_a_signal_waits_until_the_answer_is_stored():
    stored = []

    def store():
        with stop_signals() as signals, signals.held():
            signal.raise_signal(signal.SIGINT)
            stored.append("answer")

    with pytest.raises(KeyboardInterrupt):
        store()
    assert stored == ["answer"]


def test_handlers_of_the_caller_stay(monkeypatch):
    heard = []
    before = signal.signal(signal.SIGTERM, lambda *_: heard.append("own"))
    try:
        with stop_signals():
            signal.raise_signal(signal.SIGTERM)
        assert heard == ["own"]
    finally:
        signal.signal(signal.SIGTERM, before)


def test_an_import_is_not_interrupted(tmp_path, monkeypatch):
    (tmp_path / "module_with_signal.py").write_text(
        "import signal, time\nsignal.raise_signal(signal.SIGTERM)\ntime.sleep(0.2)\nwhole = True\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with stop_signals() as signals:
        import module_with_signal

        assert module_with_signal.whole
        with pytest.raises(Terminated):
            time.sleep(5)
    assert signals.received == 1


def test_a_repeated_signal_in_an_import_is_not_kept_for_later(tmp_path, monkeypatch):
    (tmp_path / "module_with_second_signal.py").write_text("import signal\nsignal.raise_signal(signal.SIGTERM)\n")
    monkeypatch.syspath_prepend(tmp_path)
    with stop_signals() as signals:
        with pytest.raises(Terminated):
            signal.raise_signal(signal.SIGTERM)
        with signals.held():
            import module_with_second_signal  # noqa: F401

            signals._last -= GRACE  # as if the import had taken that long
            time.sleep(0.2)
    assert signals.received == 2


class _Deaf:
    """Python ignores what a destructor raises."""

    def __del__(self):
        signal.raise_signal(signal.SIGINT)


def test_an_interruption_that_is_lost_comes_again():
    with stop_signals() as signals:
        found = _Deaf()
        del found
        with pytest.raises(KeyboardInterrupt):
            time.sleep(5)
        assert signals.received == 2


def test_the_table_of_sobol_numbers_is_filled_before_an_interruption():
    code = compile("signal.raise_signal(signal.SIGINT); reached.append(1)", "/site/scipy/stats/_qmc.py", "exec")
    reached = []
    with stop_signals():
        exec(code, {"signal": signal, "reached": reached})
        assert reached
        with pytest.raises(KeyboardInterrupt):
            time.sleep(5)
