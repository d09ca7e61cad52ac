"""What searches for the best design without an exact engine, and studies that are small enough to enumerate."""

from __future__ import annotations

import numpy as np
from scipy.optimize import differential_evolution

#: Values that few combinations have, so that all designs can be evaluated; with their units.
CHOICES = {
    "altitude": ([450, 500, 550, 600, 700], "km"),
    "launch_cadence": ([12, 52, 104, 156], "1/year"),
    "node_accelerators": ([24, 48, 60, 72], ""),
    "node_array_area": ([500, 600, 700, 800], "m^2"),
    "node_radiator_area": ([160, 200, 240], "m^2"),
    "nodes_per_launch": ([4, 8, 12, 16], ""),
}

#: Objectives that every architecture has.
OBJECTIVES = (
    "maximize roi",
    "minimize compute_cost",
    "maximize npv",
    "maximize it_power",
    "minimize capex",
    "maximize roi, maximize it_power",
    "minimize compute_cost, maximize it_power",
)


def every_combination(problem):
    """All designs of a problem whose variables are all discrete, arrays (designs,) by variable."""
    axes = np.meshgrid(*(v.values for v in problem.variables), indexing="ij")
    return {v.name: axis.ravel() for v, axis in zip(problem.variables, axes, strict=True)}


def searched(problem, index: int, seed: int, generations: int = 400) -> tuple[float, np.ndarray]:
    """The best score of an objective by differential evolution in the logarithms; scores of all feasible designs.

    Args:
        generations: Of all runs; each begins from other designs.
    """
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

    best, left, options = np.inf, generations, {"popsize": 12, "tol": 1e-10, "polish": False}
    while left > 0:  # a search that ends early is started anew, elsewhere
        run = differential_evolution(
            cost, ends, seed=seed + left, maxiter=left, vectorized=True, updating="deferred", **options
        )
        best, left = min(best, run.fun), left - max(run.nit, 1)
    return (-best if best < 1e29 else -np.inf), np.concatenate(feasible)
