"""Calling sunfront from Python leaves the caller's process as it was."""

from __future__ import annotations

import json
import subprocess
import sys

from common import BOTH, write_small

#: Runs each engine that uses Optuna or HiGHS, and an export, in a fresh process; prints the state before and after.
PROGRAM = """
import json, signal, sys, warnings
import numpy as np
import optuna
import sunfront
from sunfront.runs import runner
from sunfront.runs.optuna_export import to_storage

folder, *studies = sys.argv[1:]


def run(path, output):
    write = sunfront.run if path == studies[-1] else runner.run  # with a report, which takes longer
    return write(sunfront.load(path), output=folder + "/" + output)


for path in studies:  # imports everything: scipy and ruamel.yaml add warning filters when they are imported
    run(path, "first")
optuna.logging.set_verbosity(optuna.logging.DEBUG)
warnings.filterwarnings("error", category=optuna.exceptions.ExperimentalWarning)
np.seterr(over="raise")


def state():
    return {
        "optuna verbosity": optuna.logging.get_verbosity(),
        "warning filters": [str(item) for item in warnings.filters],
        "numpy errors": np.geterr(),
        "signal handlers": [str(signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGTERM)],
        "standard streams": [sys.stdout is sys.__stdout__, sys.stderr is sys.__stderr__],
    }


states = [state()]
for path in studies:
    results = run(path, "second")
    states.append(state())
to_storage(results.folder, folder + "/trials.journal", lambda done, total, text: None)
states.append(state())
print("STATES", json.dumps(states))
"""


def test_runs_and_export_change_nothing_and_print_nothing(tmp_path):
    engines = {
        "optuna": "optuna, evaluations: 40, population: 20",
        "evolve": "evolve, evaluations: 200, population: 20, refine: 50 %",
        "sweep": "sweep, evaluations: 512",
    }
    studies = [write_small(tmp_path, BOTH, engine=engine, name=name) for name, engine in engines.items()]
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "out"), *map(str, studies)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    printed, states = done.stdout.split("STATES")
    assert printed == ""
    assert done.stderr == ""
    before, *after = json.loads(states)
    assert before["numpy errors"]["over"] == "raise"
    assert before["optuna verbosity"] == 10
    assert after == [before] * (len(engines) + 1)
