"""Measure sweeps of studies/fleet_size.yaml: designs per CPU second on one core, and peak memory, against a loop.

python benchmarks/sweep.py [1e8]      (number of Sobol points; default 1e7)
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

import numpy as np

from sunfront import engines
from sunfront.engines.context import Context
from sunfront.engines.settings import SweepSettings
from sunfront.study.study import Study

STUDY = Path(__file__).parents[1] / "studies" / "fleet_size.yaml"


def main() -> None:
    problem = Study.load(STUDY).problem
    engines.run(problem, SweepSettings(evaluations=4096), Context())  # loads the imports
    rng = np.random.default_rng(0)
    few = {v.name: v.values_at(rng.random(300)) for v in problem.variables}
    start = time.process_time()
    for i in range(300):
        quantities = problem.evaluate({name: column[i : i + 1] for name, column in few.items()})
        problem.feasible(quantities)
    alone = 300 / (time.process_time() - start)
    print(f"one design at a time: {alone:,.0f} a second")
    designs = int(float(sys.argv[1])) if len(sys.argv) > 1 else 10**7
    for settings in (
        SweepSettings(evaluations=designs),
        SweepSettings(method="lhs", evaluations=designs // 10),
        SweepSettings(method="grid", points=28),
    ):
        start = time.process_time()
        answer = engines.run(problem, settings, Context())
        rate = answer.evaluated / (time.process_time() - start)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{settings.method:6} {answer.evaluated:13,} designs: {rate / 1e6:5.2f} million a second, "
            f"{rate / alone:7,.0f} times the loop, peak memory so far {peak:.0f} MB",
            flush=True,
        )


if __name__ == "__main__":
    main()
