"""Percentiles, probabilities and uncertain denominators, proved by trees over samples, against every design."""

import numpy as np
import pytest
from brute_force import every_combination
from common import LIGHT
from sampled_studies import PRICES, check_front, every_design, small, solve_and_check
from scipy.optimize import Bounds, LinearConstraint, milp

from sunfront import engines
from sunfront.engines.context import Context
from sunfront.engines.exact import engine as exact
from sunfront.engines.exact.sample_conditions import condition_of
from sunfront.engines.exact.sample_trees import SampleTreeSolver
from sunfront.engines.exact.sampled import build_sampled, read_sampled
from sunfront.engines.settings import PyomoSettings
from sunfront.errors import NonlinearEquation
from sunfront.problem.verification import verified
from sunfront.study.study import Study

GRID = """\
variables:
  node_array_area: {{low: {} m^2, high: 900 m^2, step: {} m^2}}
  node_accelerators: {{low: {}, high: 96, step: 12}}
  node_radiator_area: {{low: {} m^2, high: 300 m^2, step: {} m^2}}
  nodes_per_launch: {{low: {}, high: 19, step: 5}}
  altitude: {{choices: [500, 620], unit: km}}
  launch_cadence: {{choices: [12, 52], unit: 1/year}}
"""

CASES = {
    "percentile": ("maximize p10 npv", "[]"),
    "percentile of a quotient": ("maximize p10 roi", "[]"),
    "percentile of a cost": ("minimize p75 compute_cost", "[]"),
    "mean of a quotient": ("maximize mean roi", "[]"),
    "worst cases of a quotient": ("maximize cvar10 roi", "[]"),
    "worst cases of a cost": ("minimize cvar20 compute_cost", "[]"),
    "probability": ("maximize probability(npv >= 0 USD)", "[]"),
    "probability of a loss": ("minimize probability(npv < 0 USD)", "[]"),
    "limits": ("maximize mean npv", "[probability(npv >= -500 MUSD) >= 80 %, p90 capex <= 9 GUSD]"),
    "limits of a certain objective": (
        "maximize fleet_it_power",
        "[p20 roi >= -20 %, probability(npv < -1 GUSD) <= 25 %]",
    ),
    "limits of quotients": ("maximize cvar20 roi", "[cvar10 roi >= -50 %, mean capex <= 9 GUSD]"),
}
FRONTS = {
    "of a percentile and a size": ("maximize p10 roi, maximize fleet_it_power", "[]"),
    "of two statistics": ("maximize mean roi, maximize p10 npv", "[probability(npv >= -500 MUSD) >= 60 %]"),
}


def grid(folder, seed, objectives, limits="[]", learns=False):
    """A study of some hundred designs, whose hardware is on a grid."""
    random = np.random.default_rng(seed)
    steps = random.integers(100, 180), random.integers(40, 70)
    low = 900 - 3 * steps[0], random.integers(2, 5) * 12, 300 - 3 * steps[1], random.integers(1, 3) * 5 - 1
    text = GRID.format(low[0], steps[0], low[1], low[2], steps[1], low[3])
    path = folder / "grid.yaml"
    path.write_text(
        f"architecture: starlink_bus\n{'' if learns else LIGHT}{text}objectives: [{objectives}]\n"
        f"constraints: {limits}\nuncertain: {PRICES}\nuncertainty: {{samples: 256}}\n"
    )
    return Study.load(path).problem


def marked(cases, *default):
    """Each case with seeds 1 to 5; all but the default ones are long."""
    return [
        pytest.param(case, seed, marks=() if (case, seed) in default else pytest.mark.long)
        for case in cases
        for seed in range(1, 6)
    ]


DEFAULT = ("percentile of a quotient", 1), ("limits", 1), ("limits of quotients", 1)


@pytest.mark.parametrize(("case", "seed"), marked(CASES, *DEFAULT))
def test_the_optimum_is_that_of_every_design(tmp_path, case, seed):
    solve_and_check(grid(tmp_path, seed, *CASES[case]), 1e-3)


@pytest.mark.parametrize(("case", "seed"), marked(FRONTS))
def test_fronts_hold_for_every_design(tmp_path, case, seed):
    problem = grid(tmp_path, seed, *FRONTS[case])
    truth = every_design(problem)
    answer = engines.run(problem, PyomoSettings(gap=0.01), Context())
    if not len(truth):
        assert answer.status == "infeasible"
        return
    check_front(problem, answer, truth)


@pytest.mark.long
@pytest.mark.parametrize("objective", ["maximize p10 roi", "maximize cvar10 roi", "maximize probability(npv >= 0 USD)"])
def test_areas_of_any_size_beat_a_fine_grid(tmp_path, objective):
    problem = small(tmp_path, 3, f"[{objective}]", areas=True)
    answer = engines.run(problem, PyomoSettings(gap=1e-3), Context())
    table = verified(problem, answer)
    assert answer.status == "proved"
    axes = [v.values if v.values is not None else np.linspace(v.low, v.high, 9) for v in problem.variables]
    meshes = np.meshgrid(*axes, indexing="ij")
    columns = {v.name: axis.ravel() for v, axis in zip(problem.variables, meshes, strict=True)}
    columns |= problem.evaluate(columns)
    on_grid = problem.scores(columns)[problem.feasible(columns), 0].max()
    best, bound = problem.scores(table)[0, 0], answer.certificate.facts[0].bound
    assert on_grid <= bound + 1e-6 * abs(bound)
    assert best >= on_grid - 1e-3 * abs(best)


def fewest_failing(read, name, sign, score, option):
    """The fewest samples in which a quantity misses a score, over all areas: a binary and a big number for each."""
    sampled, catalogue = read.found[name], read.catalogue
    below = np.eye(sampled.terms.shape[1])[-1] if sampled.denominator is None else sampled.denominator[:, :, option]
    forms = sign * (sampled.terms[:, :, option] - score * below)
    rows = np.array([[c[option] for c in (*f.coefficients, f.constant)] for f in catalogue.rows.values()])
    nodes = catalogue.count[option]
    low, high = (nodes * np.array([getattr(a.variable, end) for a in catalogue.amounts]) for end in ("low", "high"))
    sizes = np.append(high, 1.0)
    rows = rows[rows[:, :-1].any(axis=1)]
    forms, rows = ((each * sizes) / np.abs(each * sizes).max(axis=1, keepdims=True) for each in (forms, rows))
    least = forms[:, -1] + np.minimum(forms[:, :-1] * low / high, forms[:, :-1]).sum(axis=1)
    count, areas = len(forms), len(high)
    every = np.zeros((count + len(rows), areas + count))
    every[:, :areas] = np.vstack([forms, rows])[:, :-1]
    every[:count, areas:] = np.diag(np.maximum(-least, 0.0))
    found = milp(
        np.repeat([0.0, 1.0], [areas, count]),
        integrality=np.repeat([0, 1], [areas, count]),
        bounds=Bounds(np.append(low / high, np.zeros(count)), 1.0),
        constraints=LinearConstraint(every, -np.append(forms[:, -1], rows[:, -1]), np.inf),
    )
    assert found.status in (0, 2)
    return round(found.fun) if found.status == 0 else count


@pytest.mark.long
@pytest.mark.parametrize("objective", ["maximize p10 npv", "maximize p10 roi", "minimize p75 compute_cost"])
def test_mixed_integer_programs_with_a_binary_for_each_sample_agree(tmp_path, objective):
    """Beyond the bound of the trees too many samples fail in every option; at their design so few do."""
    problem = small(tmp_path, 3, f"[{objective}]", areas=True)
    answer = engines.run(problem, PyomoSettings(gap=1e-3), Context())
    assert answer.status == "proved"
    ((name, _),) = problem.statistics.items()
    read, sign = read_sampled(problem, 5), problem.objectives[0].sign
    best, bound = problem.scores(verified(problem, answer))[0, 0], answer.certificate.facts[0].bound
    may_fail = int(256 * (0.1 if "p10" in objective else 0.25))
    options = range(read.catalogue.size)
    beyond, at = (
        [fewest_failing(read, name, sign, sign * (score + move * abs(score)), option) for option in options]
        for score, move in ((bound, 1e-6), (best, -1e-6))
    )
    assert min(beyond) > may_fail
    assert min(at) <= may_fail


@pytest.mark.parametrize(("learns", "least"), [(False, 100), (True, 5)])
def test_the_rows_of_a_range_hold_for_its_designs(tmp_path, learns, least):
    """Whatever range a design is in, it meets the lines of the scores that it has; the scores are those of numpy."""
    objectives = "maximize p10 roi, maximize cvar20 roi, maximize probability(npv >= 0 USD), minimize p75 compute_cost"
    problem = grid(tmp_path, 1, objectives, learns=learns)
    solver = SampleTreeSolver(read_sampled(problem, 5), problem, 1e-3)
    random = np.random.default_rng(0)
    designs = every_combination(problem)
    columns = problem.evaluate(designs)
    scores, rows = problem.scores(columns), np.flatnonzero(problem.feasible(columns))
    count = 0
    for row in random.permutation(rows)[:15].tolist():
        option, values, columns = solver.place({name: float(column[row]) for name, column in designs.items()})
        assert [aim.score(columns, option) for aim in solver.aims] == pytest.approx(scores[row].tolist(), rel=1e-9)
        low = values - random.random(len(values)) * (values - solver.nodes.low[:, option])
        high = values + random.random(len(values)) * (solver.nodes.high[:, option] - values)
        ends = solver.columns(low, high, option)
        assert (ends[0] <= columns[:-1] + 1e-9).all()
        assert (columns[:-1] <= ends[1] + 1e-9).all()
        vertices = solver.vertices(low, high, *ends)
        for aim, score in zip(solver.aims, scores[row], strict=True):
            condition = condition_of(aim, score - 1e-7 * abs(score), option, vertices)
            assert not condition.is_out
            for place in (ends[0], ends[1], *(ends[0] + random.random((4, 1)) * (ends[1] - ends[0]))):
                for line in condition.lines(np.append(place, 1.0)):
                    count += 1
                    assert line @ columns >= -1e-9 * np.abs(line).max()
    assert count >= least


@pytest.mark.parametrize(
    ("objective", "limits", "why"),
    [
        ("maximize p10 npv", "[std npv <= 1 GUSD]", "a standard deviation is not linear"),
        ("maximize p10 irr", "[]", "use a percentile of npv"),
    ],
)
def test_what_has_no_proof_says_what_to_use(tmp_path, objective, limits, why):
    problem = grid(tmp_path, 1, objective, limits)
    with pytest.raises(NonlinearEquation, match=why):
        exact.run(problem, PyomoSettings(), Context())


def test_trees_take_no_options_of_a_solver_and_have_no_program(tmp_path):
    problem = grid(tmp_path, 1, "maximize p10 roi")
    with pytest.raises(NonlinearEquation, match="without solver_options"):
        exact.run(problem, PyomoSettings(threads=2), Context())
    with pytest.raises(NonlinearEquation, match="trees over samples"):
        build_sampled(problem, 5)
