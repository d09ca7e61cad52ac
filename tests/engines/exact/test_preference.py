"""Preferred parts of a front, orders, weighted sums and goals against every design of small studies."""

import math

import numpy as np
import pytest
from brute_force import CHOICES, every_combination
from common import LIGHT

from sunfront import engines
from sunfront.engines.context import Context
from sunfront.engines.search.ranking import survivors
from sunfront.engines.search.state import Evaluations
from sunfront.engines.settings import PyomoSettings, SweepSettings
from sunfront.problem.certificate import Certificate, Fact, measure_gap
from sunfront.problem.preference import Order, Region, Tolerance
from sunfront.problem.verification import confirm, verified
from sunfront.study.study import Study

OBJECTIVES = [
    "maximize roi",
    "maximize fleet_it_power",
    "minimize capex",
    "maximize specific_power",
    "minimize node_mass",
]


def small(folder, seed, objectives, more=""):
    """A study of up to some hundred designs."""
    random = np.random.default_rng(seed)
    lines = ["architecture: starlink_bus", LIGHT, "variables:"]
    for name, (values, unit) in CHOICES.items():
        kept = sorted(random.choice(values, int(random.integers(2, 4)), replace=False).tolist())
        lines.append(f"  {name}: {{choices: {kept}{', unit: ' + unit if unit else ''}}}")
    lines += [f"objectives: [{', '.join(objectives)}]", more]
    path = folder / f"small{seed}.yaml"
    path.write_text("\n".join(lines) + "\n")
    return Study.load(path)


def every_design(problem):
    """Columns of all feasible designs."""
    columns = every_combination(problem)
    columns |= problem.evaluate(columns, problem.table_quantities)
    met = problem.feasible(columns)
    return {name: column[met] for name, column in columns.items()}


def answered(problem, **settings):
    """Answer of HiGHS, its verified table, and its gap."""
    answer = engines.run(problem, PyomoSettings(**settings), Context())
    table = verified(problem, answer)
    noise = confirm(problem, table, answer.certificate)
    return answer, table, measure_gap(problem.scores(table), answer.certificate, noise, problem.preference)


def drawn_region(random, scores, signs, names, units):
    """Lines that prefer the part of the front between two of its designs, at one or both sides."""
    lines, low, high = [], np.full(scores.shape[1], -math.inf), np.full(scores.shape[1], math.inf)
    for i in random.choice(scores.shape[1], int(random.integers(1, 3)), replace=False):
        a, b = np.sort(random.choice(scores[:, i], 2, replace=False))
        low[i] = (a + b) / 2 if random.random() < 0.5 else a - abs(a) / 10
        lines.append(f"{names[i]} {'>=' if signs[i] > 0 else '<='} {signs[i] * low[i]:.17g} {units[i]}")
        if random.random() < 0.4 and b + abs(b) / 10 > low[i]:
            high[i] = b + abs(b) / 10
            lines.append(f"{names[i]} {'<=' if signs[i] > 0 else '>='} {signs[i] * high[i]:.17g} {units[i]}")
    return lines, low, high


SI = {"roi": "", "fleet_it_power": "W", "capex": "USD", "specific_power": "W/kg", "node_mass": "kg"}


def seeds(first):
    """One seed by default, forty by hand."""
    return [first, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(40) if seed != first)]


@pytest.mark.parametrize("seed", seeds(7))
def test_the_gap_in_a_region_holds_for_every_design(tmp_path, seed):
    random = np.random.default_rng(seed)
    wanted = random.choice(OBJECTIVES, 2 + seed % 2, replace=False).tolist()
    truth = every_design(plain := small(tmp_path, seed, wanted).problem)
    if len(truth["roi"]) < 2:
        pytest.skip("hardly a design is feasible")
    names, signs = [o.quantity for o in plain.objectives], [o.sign for o in plain.objectives]
    scores = plain.scores(truth)
    lines, low, high = drawn_region(random, scores, signs, names, [SI[name] for name in names])
    problem = small(tmp_path, seed, wanted, f"prefer: [{', '.join(lines)}]").problem
    np.testing.assert_allclose(problem.preference.low, low, rtol=1e-12)
    np.testing.assert_allclose(problem.preference.high, high, rtol=1e-12)
    answer, table, gap = answered(problem, gap=0.01)
    assert answer.status == "proved"
    mine = problem.scores(table)
    for fact in answer.certificate.facts:  # no design lies beyond a fact
        above = (scores[:, 1:] > np.array(fact.floors) + 1e-6 * np.abs(scores[:, 1:])).all(axis=1)
        assert (scores[above, 0] <= fact.bound + 1e-6 * abs(fact.bound)).all()
    inside = scores[((scores >= low) & (scores <= high)).all(axis=1)]
    if not len(inside):
        return
    import moocore

    reference = np.array(gap.reference)
    volumes = [moocore.hypervolume(np.minimum(each, high), ref=reference, maximise=True) for each in (scores, mine)]
    assert volumes[1] >= volumes[0] * (1 - gap.relative) - 1e-9 * abs(volumes[0])
    share = (inside[:, None] - mine[None]) / np.maximum(np.abs(inside[:, None]), np.abs(mine[None]))
    assert (np.maximum(share.max(axis=2).min(axis=1), 0) <= gap.multiplicative + 1e-6).all()


@pytest.mark.long
def test_a_region_takes_fewer_solves_than_the_front(tmp_path):
    wanted = ["maximize roi", "minimize capex"]
    whole, _, _ = answered(small(tmp_path, 1, wanted).problem, gap=0.001)
    part, _, _ = answered(small(tmp_path, 1, wanted, "prefer: capex <= 2.2 GUSD").problem, gap=0.001)
    assert len(part.certificate.facts) < len(whole.certificate.facts)


def test_a_region_without_a_design_is_proved_empty(tmp_path):
    problem = small(tmp_path, 1, ["maximize roi", "minimize capex"], "prefer: roi >= 2000 %").problem
    answer, table, gap = answered(problem)
    assert (answer.status, gap.relative, gap.multiplicative) == ("proved", 0, 0)
    assert not problem.preference.contains(problem.scores(table)).any()


def chosen_by_enumeration(scores, order):
    """The best score of each objective among designs that keep to the order, the last with the choice."""
    left, best = np.ones(len(scores), dtype=bool), []
    for k, tolerance in enumerate(order):
        best.append(scores[left, k].max())
        floor = best[-1] - (tolerance.amount * abs(best[-1]) if tolerance.relative else tolerance.amount)
        left &= scores[:, k] >= floor - 1e-9 * abs(best[-1])
    return best


@pytest.mark.parametrize("seed", seeds(2))
def test_an_order_chooses_as_enumeration(tmp_path, seed):
    random = np.random.default_rng(seed)
    wanted = random.choice(OBJECTIVES, 2 + seed % 2, replace=False).tolist()
    shares = [random.choice(["0", "3", "20"]) for _ in wanted[:-1]]
    lines = [f'"{line}, tolerance {share} % relative"' for line, share in zip(wanted, shares, strict=False)]
    problem = small(tmp_path, seed, [*lines, wanted[-1]], "combine: lexicographic").problem
    truth = every_design(problem)
    answer = engines.run(problem, PyomoSettings(gap=1e-4), Context())
    if not len(truth["roi"]):
        assert answer.status == "infeasible"
        return
    scores, order = problem.scores(truth), [Tolerance(float(share) / 100, True) for share in [*shares, "0"]]
    table = verified(problem, answer)
    confirm(problem, table, answer.certificate)
    assert answer.status == "proved"
    assert measure_gap(problem.scores(table), answer.certificate, preference=problem.preference).relative <= 1e-4
    best = chosen_by_enumeration(scores, order)
    mine = problem.scores(table)
    row = mine[problem.preference.choose(mine)]
    assert row[-1] == pytest.approx(best[-1], rel=2e-4)
    for k, tolerance in enumerate(order[:-1]):
        assert row[k] >= best[k] - (tolerance.amount + 2e-4) * abs(best[k])
    for fact in answer.certificate.facts:
        above = (scores[:, 1:] > np.array(fact.floors) + 1e-6 * np.abs(scores[:, 1:])).all(axis=1)
        assert (scores[above, 0] <= fact.bound + 1e-6 * abs(fact.bound)).all()


@pytest.mark.long
def test_a_search_over_every_design_chooses_as_the_proof(tmp_path):
    lines = ['"maximize roi, tolerance 10 % relative"', "minimize capex"]
    problem = small(tmp_path, 2, lines, "combine: lexicographic").problem
    answer = engines.run(problem, SweepSettings(method="grid"), Context())
    rows = [problem.scores(verified(problem, found)) for found in (answer, answered(problem, gap=1e-4)[0])]
    chosen = [scores[problem.preference.choose(scores)] for scores in rows]
    np.testing.assert_allclose(*chosen, rtol=1e-6)


def test_a_bound_that_lacks_leaves_an_order_open():
    order = Order((Tolerance(0.1, True), Tolerance(0.0, True)))
    scores = np.array([[10.0, 1.0], [9.0, 5.0]])
    first, second = Fact((-math.inf,), 10.0), Fact((5.5,), 9.0)
    assert measure_gap(scores, Certificate((first, second), (8.0,), ""), preference=order).relative == pytest.approx(
        0.5 / 5.5
    )
    assert measure_gap(scores, Certificate((first,), (8.0,), ""), preference=order).relative == 1.0
    stricter = Fact((5.5,), 9.5)  # says nothing about designs between 9 and 9.5
    assert measure_gap(scores, Certificate((first, stricter), (8.0,), ""), preference=order).relative == 1.0


SUMS = {
    "weighted": (
        ['"maximize npv, scale 1 GUSD, weight 2"', '"minimize capex, scale 1 GUSD"', '"minimize node_mass, scale 1 t"'],
        lambda q: -(2 * q["npv"] / 1e9 - q["capex"] / 1e9 - q["node_mass"] / 1e3),
    ),
    "goals": (
        ['"capex <= 4 GUSD"', '"fleet_it_power >= 150 MW, scale 10 MW, weight 2"', '"node_mass == 3500 kg"'],
        lambda q: (
            np.maximum(q["capex"] / 4e9 - 1, 0)
            + 2 * np.maximum(150 - q["fleet_it_power"] / 1e6, 0) / 10
            + np.abs(q["node_mass"] / 3500 - 1)
        ),
    ),
}


@pytest.mark.parametrize(
    ("combine", "seed"),
    [("goals", 1), *(pytest.param(c, s, marks=pytest.mark.long) for c in SUMS for s in range(2, 20))],
)
def test_sums_are_optimal_among_every_design(tmp_path, combine, seed):
    lines, loss = SUMS[combine]
    problem = small(tmp_path, seed, lines, f"combine: {combine}").problem
    truth = every_design(problem)
    answer = engines.run(problem, PyomoSettings(gap=1e-6), Context())
    if not len(truth["npv"]):
        assert answer.status == "infeasible"
        return
    table = verified(problem, answer)
    assert answer.status == "proved"
    assert loss(table)[0] == pytest.approx(loss(truth).min(), rel=1e-5, abs=1e-9)


def test_a_search_keeps_designs_in_the_region_first():
    """Inside by rank, then those outside, the nearest first, then those that violate a constraint."""
    scores = np.array([[9.0, 1.0], [3.0, 6.0], [4.0, 5.0], [2.0, 5.5], [8.0, 3.0], [9.0, 9.0]])
    feasible = np.array([True] * 5 + [False])
    designs = Evaluations(np.zeros((6, 1)), scores, np.where(feasible, -1.0, 1.0)[:, None], feasible)
    region = Region((-math.inf, 4.0), (math.inf, math.inf))
    order = survivors(designs, 6, region).tolist()
    assert set(order[:2]) == {1, 2}  # neither dominates the other
    assert order[2:] == [3, 4, 0, 5]
    assert set(survivors(designs, 4).tolist()) == {0, 1, 2, 4}
