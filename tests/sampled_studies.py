"""Small studies with uncertain prices, and answers to them held against every design."""

import numpy as np
import pytest
from brute_force import CHOICES, every_combination
from common import LIGHT

from sunfront import engines
from sunfront.engines.context import Context
from sunfront.engines.settings import PyomoSettings
from sunfront.problem.certificate import measure_gap
from sunfront.problem.verification import confirm, verified
from sunfront.study.study import Study

PRICES = "{compute_price: default, utilization: default, accelerator_price: {lognormal: {p10: 30 kUSD, p90: 60 kUSD}}}"


def small(folder, seed, objectives, constraints="[]", uncertain=PRICES, samples=256, areas=False):
    """A study of up to some hundred designs, or with areas of any size."""
    random = np.random.default_rng(seed)
    lines = ["architecture: starlink_bus", LIGHT, "variables:"]
    for name, (values, unit) in CHOICES.items():
        kept = sorted(random.choice(values, int(random.integers(2, 4)), replace=False).tolist())
        unit = f", unit: {unit}" if unit else ""
        if areas and name.endswith("area"):
            lines.append(f"  {name}: {{low: {values[0]} m^2, high: {values[-1]} m^2}}")
        else:
            lines.append(f"  {name}: {{choices: {kept}{unit}}}")
    lines += [f"objectives: {objectives}", f"constraints: {constraints}", f"uncertain: {uncertain}"]
    lines += [f"uncertainty: {{samples: {samples}}}"]
    path = folder / f"small{seed}.yaml"
    path.write_text("\n".join(lines) + "\n")
    return Study.load(path).problem


def every_design(problem):
    """Criteria of all designs, and which are feasible; statistics by numpy, from all samples."""
    columns = every_combination(problem)
    columns |= problem.evaluate(columns)
    return problem.scores(columns)[problem.feasible(columns)]


def check_optimum(problem, answer, truth, gap=1e-4):
    """The answer is proved, and no design is better than it by the gap, or than its bound."""
    assert answer.status == "proved"
    table = verified(problem, answer)
    confirm(problem, table, answer.certificate)
    best = truth[:, 0].max()
    assert problem.scores(table)[0, 0] == pytest.approx(best, rel=gap)
    assert answer.certificate.facts[0].bound >= best - 1e-6 * abs(best)


def solve_and_check(problem, gap):
    """Solve a study of one objective: no design is better by the gap, and without a feasible one it is infeasible."""
    truth = every_design(problem)
    answer = engines.run(problem, PyomoSettings(gap=gap), Context())
    if not len(truth):
        assert answer.status == "infeasible"
        return
    check_optimum(problem, answer, truth, gap)


def check_front(problem, answer, truth):
    """No design is beyond a fact, and what is missing of the front is within the gap.

    A front so short that a solver's tolerance is more than the gap is not proved to it; nothing is missing of it then.
    """
    is_short = any("smaller than the tolerance of the solver" in note for note in answer.notes)
    assert answer.status == "proved" or is_short
    table = verified(problem, answer)
    gap = measure_gap(mine := problem.scores(table), answer.certificate, confirm(problem, table, answer.certificate))
    for fact in answer.certificate.facts:
        above = (truth[:, 1:] > np.array(fact.floors) + 1e-6 * np.abs(truth[:, 1:])).all(axis=1)
        assert (truth[above, 0] <= fact.bound + 1e-6 * abs(fact.bound)).all()
    sizes = np.maximum(truth.max(axis=0) - mine.min(axis=0), 1e-12)
    share = ((truth[:, None] - mine[None]) / sizes).max(axis=2).min(axis=1)
    assert share.max() <= (0.0 if is_short else gap.additive * 1.01) + 1e-6
