"""The best design by differential evolution: no bound, and no equation read by an exact engine."""

from __future__ import annotations

import numpy as np
from scipy.optimize import differential_evolution


def searched(problem, index: int, seed: int, generations: int = 400) -> tuple[float, np.ndarray]:
    """The best score of an objective by differential evolution in the logarithms; scores of all feasible designs."""
    free = [v for v in problem.variables if v.high > v.low]
    ends = [(np.log(v.low), np.log(v.high + (0.999 if v.step else 0.0))) for v in free]
    feasible = []

    def cost(points):
        designs = {v.name: v.snap(np.clip(np.exp(x), v.low, v.high)) for v, x in zip(free, points, strict=True)}
        with np.errstate(all="ignore"):
            found = problem.evaluate(designs)
        missed = sum(
            np.maximum(c.violation(found[c.name]), 0) / problem.constraint_scales[c] for c in problem.constraints
        )
        met = problem.feasible(found)
        scores = problem.scores(found)
        feasible.append(scores[met])
        low = np.nan_to_num(scores[:, index], nan=-1e300, neginf=-1e300)
        return np.where(met, -low, 1e30 * (1 + np.nan_to_num(missed, nan=1e300)))

    options = {"popsize": 12, "maxiter": generations, "tol": 1e-10, "polish": False}
    found = differential_evolution(cost, ends, seed=seed, vectorized=True, updating="deferred", **options)
    return (-found.fun if found.fun < 1e29 else -np.inf), np.concatenate(feasible)
