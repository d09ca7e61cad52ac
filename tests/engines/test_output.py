"""No engine writes to standard output or standard error when it is called from Python."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from common import BOTH, write_small

import sunfront
from sunfront import engines
from sunfront.engines.exact import scip
from sunfront.errors import SolverFailure

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


def test_scip_leaves_the_output_of_the_process_alone(tmp_path, monkeypatch):
    """What other threads or a notebook write meanwhile arrives."""
    study = sunfront.load(write_small(tmp_path, "maximize roi", engine=ENGINES["scip"]))

    def refuse(*_):
        raise AssertionError("standard output was redirected")

    with monkeypatch.context() as patched:  # pytest itself redirects the output after the test
        patched.setattr(os, "dup2", refuse)
        assert engines.run(study.problem, study.engine, engines.Context()).status == "proved"


def test_another_interface_of_pyomo_to_scip_is_told(monkeypatch):
    from pyomo.contrib.solver.solvers.scip.scip_direct import ScipDirect

    monkeypatch.delattr(ScipDirect, "_populate_results")
    scip.quiet_scip.cache_clear()
    with pytest.raises(SolverFailure, match="_populate_results is missing"):
        scip.quiet_scip()
    scip.quiet_scip.cache_clear()
