"""Measure a statistic over designs and samples: its time, and its error against that of random samples.

python benchmarks/uncertainty.py
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from evaluate import seconds

from sunfront.problem.uncertainty import REPLICATES
from sunfront.study.study import Study

STUDY = Path(__file__).parents[1] / "studies" / "fleet_size_p10.yaml"
DESIGNS, NAME = 64, "p10 roi"


def main() -> None:
    study = Study.load(STUDY)
    study = study.with_changes(uncertainty=study.uncertainty.model_copy(update={"correlations": ()}))
    problem, rng = study.problem, np.random.default_rng(0)
    known = problem.uncertainty
    assert known is not None
    designs = {v.name: v.values_at(rng.random(DESIGNS)) for v in problem.variables}
    draws = known.draws
    shared = seconds(lambda: problem.evaluate(designs, [NAME]))

    # The same designs and samples as one long table, in which no intermediate result is shared.
    table = {n: np.repeat(x, known.samples) for n, x in designs.items()}
    table |= {n: np.tile(x, DESIGNS) for n, x in draws.items()}
    apart = seconds(lambda: problem.evaluate(table, ["roi"]))
    print(
        f"{DESIGNS} designs x {known.samples} samples, {NAME}: {1e3 * shared:.0f} ms; "
        f"as one table {apart / shared:.1f} times as long"
    )

    one = {n: x[:1] for n, x in designs.items()}
    parts = problem.evaluate_statistics(one, {NAME: problem.statistics[NAME]}, REPLICATES)[NAME][0]
    reported = parts.std(ddof=1) / REPLICATES**0.5
    seeds = [replace(known, seed=seed) for seed in range(1, 41)]
    sobol = np.std([replace(problem, uncertainty=k).evaluate(one, [NAME])[NAME][0] for k in seeds])
    random = []
    for _ in range(40):
        drawn = {p.name: p.distribution.quantile(rng.random(known.samples)) for p in known.parameters}
        roi = problem.evaluate({n: np.repeat(x, known.samples) for n, x in one.items()} | drawn, ["roi"])["roi"]
        random.append(problem.statistics[NAME][1].compute(roi))
    print(
        f"error of {NAME}: {sobol:.2g} over 40 seeds (reported: {reported:.2g}); "
        f"of random samples {np.std(random) / sobol:.1f} times"
    )


if __name__ == "__main__":
    main()
