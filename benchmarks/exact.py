"""Measure the exact engines on studies/fleet_size.yaml: optima by each solver, the front against a naive method.

The naive method is what most people write first: floors evenly spaced over the second objective, a new model for each
solve, and twice as many floors until the same share of the hypervolume is certified. pyaugmecon is not compared: it
needs Python 3.12 and gives points without bounds.

    python benchmarks/exact.py
"""

from __future__ import annotations

import math
import time
from pathlib import Path

import numpy as np

from sunfront import engines
from sunfront.engines.context import Context
from sunfront.engines.exact.catalogue import build_catalogue
from sunfront.engines.exact.highs import HighsSolver
from sunfront.engines.exact.solver_protocol import maximize_lexicographically
from sunfront.engines.settings import PyomoSettings
from sunfront.problem.certificate import Certificate, Fact, measure_gap
from sunfront.problem.problem import Problem
from sunfront.problem.verification import verified
from sunfront.study.study import Study

GAP = 0.005


def timed(name: str, call):
    cpu, wall = time.process_time(), time.perf_counter()
    found = call()
    cpu = time.process_time() - cpu
    print(f"{name:58} {cpu:7.2f} s CPU {time.perf_counter() - wall:7.2f} s wall")
    return cpu, found


def naive(problem: Problem) -> tuple[int, float]:
    """Return the number of solves until the gap is reached, each with a new program, and the gap."""
    solves, count = 0, 4

    def solve(index, floors):
        nonlocal solves
        solves += 1
        return maximize_lexicographically(HighsSolver(build_catalogue(problem, 81), 1e-4), index, floors, math.inf)

    ends = [solve(0, {}), solve(1, {})]
    while True:
        low, high = ends[0].scores[1], ends[1].scores[1]
        floors = np.linspace(low, high, count)
        points = [solve(0, {1: float(f)}) for f in floors]
        facts = [Fact((-math.inf,), ends[0].bound)]
        facts += [Fact((float(f),), p.bound) for f, p in zip(floors, points, strict=True) if p]
        scores = np.array([p.scores for p in (*ends, *points) if p])
        gap = measure_gap(scores, Certificate(tuple(facts), (ends[1].bound,), "")).relative
        if gap <= GAP or count >= 64:
            return solves, gap
        count *= 2


def main() -> None:
    study = Study.load(Path(__file__).parents[1] / "studies" / "fleet_size.yaml")
    engines.run(study.problem, PyomoSettings(gap=0.5), Context())  # imports
    one = study.with_changes(objectives=("maximize roi",)).problem
    highs, _ = timed("HiGHS, one objective, gap 1e-4", lambda: engines.run(one, PyomoSettings(gap=1e-4), Context()))
    scip, _ = timed(
        "SCIP, one objective, gap 1e-3", lambda: engines.run(one, PyomoSettings(solver="scip", gap=1e-3), Context())
    )
    print(f"  SCIP takes {scip / highs:.1f} times as long as HiGHS")
    ours, answer = timed(
        f"frontier to {GAP:.1%} of the hypervolume",
        lambda: engines.run(study.problem, PyomoSettings(gap=GAP), Context()),
    )
    gap = measure_gap(study.problem.scores(verified(study.problem, answer)), answer.certificate).relative
    print(f"  {len(answer.certificate.facts)} facts, gap {gap:.2%}")
    theirs, (solves, gap) = timed("frontier, naive", lambda: naive(study.problem))
    print(f"  {solves} floors, gap {gap:.2%}; takes {theirs / ours:.1f} times as long")


if __name__ == "__main__":
    main()
