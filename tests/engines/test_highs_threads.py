"""A solve of the caller's own with several threads does not disturb the engines, which use one."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from common import STUDIES

SEVERAL = """
import highspy
solver = highspy.Highs()
solver.setOptionValue("output_flag", False)
solver.maximize(solver.addVariable(lb=0, ub=1))
"""

ENGINE = """
import json
from sunfront.engines import run
from sunfront.engines.context import Context
from sunfront.study import Study

study = Study.load({study!r}, ["altitude=500 km", "launch_cadence=12 1/year"]).with_changes(objectives=["maximize roi"])
study = study.with_engine({engine!r})
if {engine!r} == "optuna":
    study = study.with_changes(engine=study.engine.model_copy(update={{"evaluations": 100, "refine": 0.5}}))
answer = run(study.problem, study.engine, Context())
print(json.dumps([answer.status, {{name: column.tolist() for name, column in answer.designs.items()}}]))
"""


@pytest.mark.parametrize(
    ("engine", "status"), [pytest.param("pyomo", "proved", marks=pytest.mark.long), ("optuna", "best found")]
)
def test_engines_answer_the_same_after_a_solve_with_several_threads(engine, status):
    code = ENGINE.format(study=str(STUDIES / "fleet_size.yaml"), engine=engine)
    runs = [subprocess.run([sys.executable, "-c", c], capture_output=True, text=True) for c in (code, SEVERAL + code)]
    assert [run.returncode for run in runs] == [0, 0], runs[1].stderr
    alone, after = (json.loads(run.stdout.splitlines()[-1]) for run in runs)
    assert alone == after
    assert after[0] == status
