"""Shadow prices against hand-computed programs, and against solving anew with the limit moved."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from common import STUDIES

from sunfront import engines
from sunfront.engines.context import Context
from sunfront.engines.exact import shadow_prices
from sunfront.engines.exact.catalogue import build_catalogue
from sunfront.engines.exact.highs import HighsSolver
from sunfront.problem.criteria import Constraint
from sunfront.problem.verification import verified
from sunfront.report.sentences import levers
from sunfront.runs import runner
from sunfront.study.study import Study


def test_plain_program_by_hand():
    """Maximize 3x + 2y, x + y <= 4, x + 3y <= 6, x <= 3: at (3, 1), 2 a unit of the first limit, 1 of the third."""
    rows = [np.array(r, float) for r in ([-1, -1, 4], [-1, -3, 6.5], [-1, 0, 3], [1, 0, 0], [0, 1, 0])]
    x, duals = shadow_prices.solve_quotient(np.array([3.0, 2.0, 0.0]), np.array([0.0, 0.0, 1.0]), rows)
    assert x == pytest.approx([3, 1, 1])
    assert duals == pytest.approx([2, 0, 1, 0, 0])


def test_quotient_by_hand():
    """x / (x + 1), x <= 4: 4/5, and its derivative 1/25 is the dual 1 - 4/5 divided by 5."""
    x, duals = shadow_prices.solve_quotient(
        np.array([1.0, 0.0]), np.array([1.0, 1.0]), [np.array([-2.0, 8.0]), np.array([1.0, 0.0])]
    )
    assert x == pytest.approx([4, 1])
    assert duals == pytest.approx([0.1, 0])  # of the row as written, twice the limit


def test_a_limit_said_twice_brings_nothing_alone():
    """Maximize x + y, x <= 2 twice, y <= 1: the last is worth 1, the others nothing while the other of them holds."""
    rows = [np.array(r, float) for r in ([-1, 0, 2], [-1, 0, 2], [0, -1, 1])]
    _, duals = shadow_prices.solve_quotient(np.array([1.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0]), rows)
    assert duals == pytest.approx([0, 0, 1])


def continuous(problem):
    """Its amounts are: the linear program is then the problem itself."""
    names = ("node_accelerators", "nodes_per_launch")
    return replace(problem, variables=tuple(replace(v, step=None) if v.name in names else v for v in problem.variables))


def moved(problem, row, by):
    """The problem with the limit of a row of prices giving way."""
    name, sense, _ = row.constraint.split(" ", 2)
    way = by if sense == "<=" else -by
    if row.kind == "bound":
        end = "high" if sense == "<=" else "low"
        variables = tuple(
            replace(v, **{end: getattr(v, end) + way}) if v.name == name else v for v in problem.variables
        )
        return replace(problem, variables=variables)
    constraints = tuple(replace(c, limit=c.limit + way) if str(c) == row.constraint else c for c in problem.constraints)
    return replace(problem, constraints=constraints)


def slope(problem, row, at, by):
    """What the objective gains for each unit by which the limit gives way, from one share of its scale to another."""
    scale = max(row.scale, 1e-3)
    return (best(moved(problem, row, (at + by) * scale)) - best(moved(problem, row, at * scale))) / (by * scale)


def best(problem):
    """By the exact engine's program; its objective in its own sense."""
    found = HighsSolver(build_catalogue(problem, 2), 1e-10).maximize(0, {}, time.monotonic() + 100)
    return problem.objectives[0].sign * found.scores[0]


CASES = {
    "ratio": ("maximize roi", ""),
    "ratio, minimized": ("minimize compute_cost", ""),
    "plain": ("maximize fleet_it_power", ""),
    "a limit on a quotient binds": ("maximize fleet_it_power", "roi >= 0.05, specific_power >= 50 W/kg"),
    "may be infinite": ("maximize fleet_it_power", "payback_time <= 10.5 year"),
    "minimized, a limit from below": ("minimize capex", "fleet_it_power >= 30 MW"),
    "two objectives": ("maximize roi, maximize node_it_power", ""),
    "three objectives": ("maximize roi, minimize node_mass, maximize node_it_power", ""),
    "two objectives that pull apart": ("maximize fleet_it_power, minimize capex", ""),
}


@pytest.mark.parametrize("case", CASES)
def test_price_is_what_the_objective_gains_when_the_limit_gives_way(case, small):
    study = small(*CASES[case], engine="pyomo, gap: 30 %" if "three" in case else "pyomo, gap: 2 %")
    problem = continuous(study.problem)
    answer = engines.run(problem, study.engine, Context())
    columns = verified(problem, answer)
    rows = answer.shadow_prices
    checked, seen, told = set(), 0, 0
    for design in sorted({row.design for row in rows})[:2]:
        # Every option fixed, and the further objectives as limits.
        at = {name: float(column[design]) for name, column in answer.designs.items()}
        options = ("altitude", "launch_cadence")
        fixed = tuple(replace(v, choices=(at[v.name],)) if v.name in options else v for v in problem.variables)
        for objective in problem.objectives:
            others = [o for o in problem.objectives if o is not objective]
            floors = tuple(
                Constraint(o.name, ">=" if o.sign > 0 else "<=", float(columns[o.name][design]), problem.unit(o.name))
                for o in others
            )
            floors = tuple(
                replace(c, limit=c.limit - c.sign * shadow_prices.OBJECTIVE_TOLERANCE * abs(c.limit)) for c in floors
            )
            local = replace(
                problem, variables=fixed, objectives=(objective,), constraints=(*problem.constraints, *floors)
            )
            size = abs(best(local))
            for row in rows:
                if row.design != design or row.objective != objective.name:
                    continue
                # The gain is concave: at once it is steepest, and beyond what the solver left undone less so.
                first, beyond = (slope(local, row, at, by) for at, by in ((0.0, 1e-6), (3e-4, 3e-4)))
                gained = sorted(abs(g) for g in (first, beyond))
                slack = 2e-3 * abs(row.price) + 1e-9 * size / (3e-4 * max(row.scale, 1e-3))
                assert gained[0] - slack <= abs(row.price) <= gained[1] + slack, row
                seen += 1
                told += gained[1] - gained[0] <= slack
                assert row.price * objective.sign >= 0
                if row.price:
                    assert row.slack == pytest.approx(0, abs=1e-5 * row.scale)  # nothing was relaxed here
                    checked.add(row.kind)
    assert told >= 0.8 * seen  # elsewhere than near a kink both slopes are the price
    # Where objectives pull apart, what one costs of another is told too.
    assert checked >= {"constraint", "objective"} if "apart" in case else {"constraint"}


def test_a_run_tells_what_would_help_first(small, tmp_path):
    study = small("maximize roi, maximize fleet_it_power", engine="pyomo, gap: 2 %")
    results = runner.run(study, output=tmp_path)
    rows = results.record.shadow_prices
    assert {row.design for row in rows} == set(results.front_rows.tolist())
    told = {row.constraint for row in rows if row.kind == "constraint"}
    assert told == {str(c) for c in study.problem.constraints}
    assert any("whole numbers relaxed" in note for note in results.record.notes)
    (line,) = levers(results)
    assert line.startswith("Most valuable constraint to relax: ")
    at = results.front_rows[results.suggestions.get("knee", 0)]
    gains = {
        row.constraint: abs(row.price) * row.scale
        for row in rows
        if row.design == at and row.objective == "roi" and row.kind != "objective"
    }
    assert max(gains, key=gains.get) in line


def test_a_study_of_options_alone_has_no_prices(tmp_path):
    results = runner.run(Study.load(STUDIES / "gigasat.yaml").quick(), output=tmp_path)
    assert results.status == "proved"
    assert results.record.shadow_prices == ()
