"""No engine writes to standard output or standard error when it is called from Python."""

from __future__ import annotations

import subprocess
import sys

import pytest
from common import BOTH, write_small

ENGINES = {
    "optuna": "optuna, evaluations: 300, population: 20, refine: 50 %",
    "evolve": "evolve, evaluations: 1000, refine: 50 %",
    "scip": "pyomo, solver: scip, gap: 5 %",
    "highs": "pyomo, gap: 5 %",
}


RUN = """
import sys
import sunfront
from sunfront import engines

study = sunfront.load(sys.argv[1])
answer = engines.run(study.problem, study.engine, engines.Context())
print(answer.status, end="")
"""


@pytest.mark.parametrize("engine", ENGINES)
def test_a_run_prints_nothing(engine, tmp_path):
    """In a process of its own: HiGHS prints its banner only once in a process, which ``capfd`` might miss."""
    objectives = "maximize roi" if engine == "scip" else BOTH
    path = write_small(tmp_path, objectives, engine=ENGINES[engine])
    done = subprocess.run([sys.executable, "-c", RUN, path], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ("proved" if engine in ("scip", "highs") else "best found")
    assert done.stderr == ""
