"""Measure the evaluation of the full model against a loop over designs. Only the ratios are comparable.

python benchmarks/evaluate.py
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from sunfront.study.study import Study

STUDY = Path(__file__).parents[1] / "studies" / "fleet_size.yaml"


def seconds(action) -> float:
    """CPU time of the best of three calls."""
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        action()
        best = min(best, time.process_time() - start)
    return best


def main() -> None:
    problem = Study.load(STUDY).problem
    rng = np.random.default_rng(0)

    def designs(count: int) -> dict[str, np.ndarray]:
        return {v.name: v.values_at(rng.random(count)) for v in problem.variables}

    everything = [eq.name for eq in problem.model]
    million, few = designs(1_000_000), designs(300)
    full = seconds(lambda: problem.evaluate(million, everything))
    deciding = seconds(lambda: problem.evaluate(million))
    loop = seconds(
        lambda: [problem.evaluate({n: c[i : i + 1] for n, c in few.items()}, everything) for i in range(300)]
    )
    print(f"1e6 designs, all {len(everything)} quantities: {full:.2f} s")
    print(f"1e6 designs, objectives and constraints: {deciding:.2f} s")
    print(f"one design at a time: {loop / 300 * 1e6:.0f} s for 1e6, {loop / 300 * 1e6 / full:.0f} times as long")


if __name__ == "__main__":
    main()
