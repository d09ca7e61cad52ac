"""Plans that differ by one step from a known one: against the enumeration of all plans."""

from __future__ import annotations

import math

import numpy as np
import pytest
from plans import enumerate_plans, load_small

from sunfront.engines.exact.solver_protocol import Solution
from sunfront.engines.plan import neighbors
from sunfront.engines.plan.neighbors import Neighbors, added_areas
from sunfront.engines.plan.solver import PlanSolver
from sunfront.problem.front import non_dominated
from sunfront.problem.plan import Decisions

#: A factory whose modules the plan opens.
FACTORY = """\
  factory:
    {limits: nodes, products: [bus], module: 60 1/year, cost: 1 MUSD, lead: 0.5 year, at_most: 3, source: test}
"""


def differ_by_a_step(one: Decisions, other: Decisions) -> bool:
    """Whether a plan has one unit or module more, one fewer, or both."""
    changes = np.concatenate(
        [theirs[name] - own for own_of, theirs in ((one.units, other.units), (one.modules, other.modules))
         for name, own in own_of.items()]
    )  # fmt: skip
    return 0 < np.abs(changes).sum() <= 2 and abs(changes.sum()) <= 1 and np.abs(changes).max() == 1


@pytest.mark.parametrize("second", ["minimize peak_funding", "maximize fleet_it_power at 2028-03"])
def test_neighbors_are_those_of_an_enumeration_and_none_above_the_front_is_missed(tmp_path, monkeypatch, second):
    study = load_small(tmp_path, f"maximize npv, {second}", end="2028-07")
    text = (tmp_path / "small.yaml").read_text().replace("objectives:", FACTORY + "objectives:")
    (tmp_path / "small.yaml").write_text(text)
    plan = type(study).load(tmp_path / "small.yaml").plan
    monkeypatch.setattr(neighbors, "SHARE", 0.0)
    signs = np.array([o.sign for o in plan.objectives])
    every = [(signs * scores, decisions) for scores, _, decisions in enumerate_plans(plan)]
    solver = PlanSolver(plan, 1e-6)
    near, names = Neighbors(solver.program), solver.program.decided
    ends = np.array([scores for scores, _ in every])
    scale = np.abs(ends).max(axis=0)
    front = np.array([[ends[:, 0].max(), ends[:, 1].min()], [ends[:, 0].min(), ends[:, 1].max()]])
    counts = []
    for scores, decisions in every[::9]:
        kinds = {"units": decisions.units, "modules": decisions.modules}
        of = {(kind, name): values for kind, found in kinds.items() for name, values in found.items()}
        design = {f"{kind}[{name},{t}]": float(x) for (kind, name), values in of.items() for t, x in enumerate(values)}
        found = near.better(Solution({name: design[name] for name in names}, tuple(scores), math.inf), front, 0.0)
        around = np.array([scores for scores, other in every if differ_by_a_step(decisions, other)])
        for each in found:
            assert differ_by_a_step(decisions, solver.load(each))
            assert (np.abs(around - each.scores) <= 1e-6 * scale).all(axis=1).any()
        after = np.vstack([front, *(each.scores for each in found)])
        after = after[non_dominated(after)]
        missed = added_areas(after[np.argsort(after[:, 1])], around)
        assert missed.max(initial=-np.inf) <= 1e-6 * scale.prod()
        counts.append(len(found))
    assert sum(counts) > 20


def test_an_area_is_that_between_the_next_plans_and_little_far_from_both_is_none():
    front = np.array([[10.0, 0.0], [4.0, 2.0]])
    scores = np.array([[9.0, 1.0], [3.0, 1.0], [9.0, 3.0], [11.0, -1.0], [9.99, 0.01]])
    np.testing.assert_allclose(added_areas(front, scores), [5.0, -np.inf, -np.inf, -np.inf, -np.inf])
