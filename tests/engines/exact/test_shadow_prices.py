"""Shadow prices compared with programs solved by hand, and with a new solve after the limit has moved."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from common import STUDIES
from enumeration import enumerated

from sunfront import engines
from sunfront.engines.context import Context
from sunfront.engines.exact import shadow_prices
from sunfront.engines.exact.catalogue import build_catalogue
from sunfront.engines.exact.highs import HighsSolver
from sunfront.problem.criteria import Constraint, sense_sign
from sunfront.problem.verification import verified
from sunfront.report.sentences import levers
from sunfront.runs import runner
from sunfront.study.study import Study


def test_plain_program_by_hand():
    """Maximize 3x + 2y with x + y <= 4, x + 3y <= 6.5, x <= 3: optimum (3, 1), dual values 2, 0 and 1."""
    rows = [np.array(r, float) for r in ([-1, -1, 4], [-1, -3, 6.5], [-1, 0, 3], [1, 0, 0], [0, 1, 0])]
    x, duals = shadow_prices.solve_quotient(np.array([3.0, 2.0, 0.0]), np.array([0.0, 0.0, 1.0]), rows)
    assert x == pytest.approx([3, 1, 1])
    assert duals == pytest.approx([2, 0, 1, 0, 0])


def test_quotient_by_hand():
    """Maximize x / (x + 1) with x <= 4: the optimum is 4/5; its derivative 1/25 is the dual value 1 - 4/5 over 5."""
    x, duals = shadow_prices.solve_quotient(
        np.array([1.0, 0.0]), np.array([1.0, 1.0]), [np.array([-2.0, 8.0]), np.array([1.0, 0.0])]
    )
    assert x == pytest.approx([4, 1])
    assert duals == pytest.approx([0.1, 0])  # half of 1/5: the row is written as 2 x <= 8


def test_relaxing_one_of_two_equal_constraints_gains_nothing():
    """Maximize x + y with x <= 2 twice and y <= 1: only the last has a price, because the other two back each other."""
    rows = [np.array(r, float) for r in ([-1, 0, 2], [-1, 0, 2], [0, -1, 1])]
    _, duals = shadow_prices.solve_quotient(np.array([1.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0]), rows)
    assert duals == pytest.approx([0, 0, 1])


def with_continuous_amounts(problem):
    """Return the problem with continuous amounts: it then equals the linear program."""
    names = ("node_accelerators", "nodes_per_launch")
    return replace(problem, variables=tuple(replace(v, step=None) if v.name in names else v for v in problem.variables))


def relaxed(problem, price, by):
    """Return the problem with the limit of a shadow price relaxed."""
    name, sense, _ = price.constraint.split(" ", 2)
    change = -sense_sign(sense) * by
    if price.kind == "bound":
        end = "high" if sense == "<=" else "low"
        variables = tuple(
            replace(v, **{end: getattr(v, end) + change}) if v.name == name else v for v in problem.variables
        )
        return replace(problem, variables=variables)
    constraints = tuple(
        replace(c, limit=c.limit + change) if str(c) == price.constraint else c for c in problem.constraints
    )
    return replace(problem, constraints=constraints)


def slope(problem, price, start, step):
    """Return the change of the optimum per unit of the limit; start and step are shares of the price's scale."""
    scale = max(price.scale, 1e-3)
    before, after = (optimum(relaxed(problem, price, share * scale)) for share in (start, start + step))
    return (after - before) / (step * scale)


def optimum(problem):
    """Return the best value of the objective according to HiGHS."""
    found = HighsSolver(build_catalogue(problem, 2), 1e-10).maximize(0, {}, time.monotonic() + 100)
    return problem.objectives[0].sign * found.scores[0]


CASES = {
    "ratio": ("maximize roi", ""),
    "ratio, minimized": ("minimize compute_cost", ""),
    "plain": ("maximize fleet_it_power", ""),
    "an active limit on a quotient": ("maximize fleet_it_power", "roi >= 0.05, specific_power >= 50 W/kg"),
    "minimized, with a lower limit": ("minimize capex", "fleet_it_power >= 30 MW"),
    "two objectives": ("maximize roi, maximize node_it_power", ""),
    "three objectives": ("maximize roi, minimize node_mass, maximize node_it_power", ""),
    "two conflicting objectives": ("maximize fleet_it_power, minimize capex", ""),
}


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(c, marks=pytest.mark.long) if c in ("three objectives", "two conflicting objectives") else c
        for c in CASES
    ],
)
def test_a_price_is_the_gain_per_unit_when_the_limit_is_relaxed(case, small):
    study = small(*CASES[case], engine="pyomo, gap: 30 %" if "three" in case else "pyomo, gap: 2 %")
    problem = with_continuous_amounts(study.problem)
    answer = engines.run(problem, study.engine, Context())
    columns = verified(problem, answer)
    prices = answer.shadow_prices
    checked, seen, equal = set(), 0, 0
    for row in sorted({price.design for price in prices})[:2]:
        # The reference is a problem with every option fixed and the other objectives as constraints.
        design = {name: float(column[row]) for name, column in answer.designs.items()}
        options = ("altitude", "launch_cadence")
        fixed = tuple(replace(v, choices=(design[v.name],)) if v.name in options else v for v in problem.variables)
        for objective in problem.objectives:
            others = [o for o in problem.objectives if o is not objective]
            floors = tuple(
                Constraint(o.name, ">=" if o.sign > 0 else "<=", float(columns[o.name][row]), problem.unit(o.name))
                for o in others
            )
            floors = tuple(
                replace(c, limit=c.limit - c.sign * shadow_prices.OBJECTIVE_TOLERANCE * abs(c.limit)) for c in floors
            )
            local = replace(
                problem, variables=fixed, objectives=(objective,), constraints=(*problem.constraints, *floors)
            )
            size = abs(optimum(local))
            for price in prices:
                if price.design != row or price.objective != objective.name:
                    continue
                # The optimum is concave in the limit: steepest at the start, and less steep beyond the solver's gap.
                slopes = (slope(local, price, start, step) for start, step in ((0.0, 1e-6), (3e-4, 3e-4)))
                low, high = sorted(map(abs, slopes))
                tolerance = 2e-3 * abs(price.price) + 1e-9 * size / (3e-4 * max(price.scale, 1e-3))
                assert low - tolerance <= abs(price.price) <= high + tolerance, price
                seen += 1
                equal += high - low <= tolerance
                assert price.price * objective.sign >= 0
                if price.price:
                    assert price.slack == pytest.approx(0, abs=1e-5 * price.scale)
                    checked.add(price.kind)
    assert equal >= 0.8 * seen  # except near a kink, both slopes equal the price
    # Conflicting objectives also have a price in terms of each other.
    assert checked >= {"constraint", "objective"} if "conflicting" in case else {"constraint"}


@pytest.mark.parametrize(
    ("objective", "limits", "priced"),
    [("maximize roi", "", {"power_margin", "thermal_margin"}), ("maximize fleet_it_power", "", set())],
)
def test_prices_are_those_of_the_whole_numbers_of_the_design(objective, limits, priced, small):
    """By enumeration: with the number of satellites and accelerators fixed, heavier launches gain nothing."""
    study = small(objective, limits, engine="pyomo, gap: 0.01 %", altitude="{choices: [600, 690], unit: km}")
    problem = study.problem
    answer = engines.run(problem, study.engine, Context())
    design = {name: float(column[0]) for name, column in answer.designs.items()}
    fixed = replace(
        problem,
        variables=tuple(
            v if "area" in v.name else replace(v, choices=(design[v.name],), low=design[v.name], high=design[v.name])
            for v in problem.variables
        ),
    )
    best, sign = enumerated(fixed), problem.objectives[0].sign
    assert {price.constraint.split()[0] for price in answer.shadow_prices if price.price} == priced
    for price in answer.shadow_prices:
        step = 1e-4 * price.scale
        gain = sign * (enumerated(relaxed(fixed, price, step)) - best)
        assert price.price * step == pytest.approx(gain, rel=1e-3, abs=1e-11 * abs(best))


def test_a_run_names_the_most_valuable_constraint_to_relax(small, tmp_path):
    study = small("maximize roi, maximize fleet_it_power", engine="pyomo, gap: 2 %")
    results = runner.run(study, output=tmp_path)
    rows = results.record.shadow_prices
    assert {row.design for row in rows} == set(results.front_rows.tolist())
    assert {row.constraint for row in rows if row.kind == "constraint"} == {str(c) for c in study.problem.constraints}
    assert any("its whole numbers fixed" in note for note in results.record.notes)
    (line,) = levers(results)
    assert line.startswith("Most valuable constraint to relax: ")
    at = results.front_rows[results.suggestions.get("knee", 0)]
    gains = {
        row.constraint: abs(row.price) * row.scale
        for row in rows
        if row.design == at and row.objective == "roi" and row.kind != "objective"
    }
    assert max(gains, key=gains.get) in line


def test_a_study_without_free_amounts_has_no_prices(tmp_path):
    results = runner.run(Study.load(STUDIES / "gigasat.yaml").quick(), output=tmp_path)
    assert results.status == "proved"
    assert results.record.shadow_prices == ()
