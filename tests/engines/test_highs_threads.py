"""A solve of the caller's own with several threads does not disturb the engines, which use one."""

from __future__ import annotations

import subprocess
import sys

from common import STUDIES

CODE = """
import highspy, numpy as np
from sunfront.engines import run
from sunfront.engines.context import Context
from sunfront.study import Study

def solve_with_several_threads():
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.maximize(solver.addVariable(lb=0, ub=1))

study = Study.load({study!r}, ["altitude=690 km", "launch_cadence=12 1/year"]).with_changes(objectives=["maximize roi"])
search = study.with_engine("optuna")
search = search.with_changes(engine=search.engine.model_copy(update={{"evaluations": 100, "refine": 0.5}}))
alone = run(search.problem, search.engine, Context())
solve_with_several_threads()
answer = run(study.problem, study.engine, Context())
assert answer.status == "proved", answer
solve_with_several_threads()
beside = run(search.problem, search.engine, Context())
for name, column in alone.designs.items():
    assert np.array_equal(column, beside.designs[name]), name
"""


def test_engines_work_after_a_solve_with_several_threads():
    code = CODE.format(study=str(STUDIES / "quickstart.yaml"))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
