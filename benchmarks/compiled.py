"""Measure engines with compiled loops (extra ``fast``) against the same with numpy, in turn, on one core.

python benchmarks/compiled.py [1e7]      (number of Sobol points)
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

from sunfront import engines
from sunfront.engines.context import Context
from sunfront.engines.settings import EvolveSettings, SweepSettings
from sunfront.problem.problem import Problem
from sunfront.study.study import Study

STUDIES = Path(__file__).parents[1] / "studies"
DESIGNS = 64


def cpu_seconds(action) -> float:
    """CPU time of a call."""
    start = time.process_time()
    action()
    return time.process_time() - start


def report(name: str, problem: Problem, action, amount: float) -> None:
    """Print amounts per CPU second, the best of three calls of either."""
    compiled, plain = replace(problem, is_compiled=True), replace(problem, is_compiled=False)
    first = cpu_seconds(lambda: action(compiled))
    pairs = [(cpu_seconds(lambda: action(plain)), cpu_seconds(lambda: action(compiled))) for _ in range(3)]
    slow, fast = (amount / min(column) for column in zip(*pairs, strict=True))
    print(
        f"{name}: numpy {slow:,.0f}/s, compiled {fast:,.0f}/s, {fast / slow:.1f} times; first call {first:.1f} s",
        flush=True,
    )


def main() -> None:
    points = int(float(sys.argv[1])) if len(sys.argv) > 1 else 10**7
    Problem.for_many = lambda self, evaluations: self  # type: ignore[method-assign]  # as the case says

    def engine(settings):
        return lambda problem: engines.run(problem, settings, Context())

    quickstart, sampled = (Study.load(STUDIES / f"{name}.yaml") for name in ("quickstart", "fleet_size_p10"))
    report("quickstart, sweep", quickstart.problem, engine(SweepSettings(evaluations=points)), points)
    settings = EvolveSettings(evaluations=20_000, population=1000)
    report("quickstart, evolve", quickstart.problem, engine(settings), 20_000)
    designs = sampled.problem.random_designs(DESIGNS)
    values = DESIGNS * sampled.problem.evaluations_per_design
    report(
        "p10 of 64 designs, samples", sampled.problem, lambda p: p.evaluate_statistics(designs, p.statistics), values
    )


if __name__ == "__main__":
    main()
