"""Explanations of infeasible problems, compared with enumeration and with the engine itself."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace

import numpy as np
import pytest
from enumeration import enumerated
from scipy.stats import qmc

from sunfront import engines
from sunfront.engines.context import Context
from sunfront.engines.exact import relaxation
from sunfront.engines.exact.catalogue import build_catalogue
from sunfront.errors import NonlinearEquation
from sunfront.runs import runner


def with_bounds(problem, **bounds):
    return replace(problem, variables=tuple(replace(v, **bounds.get(v.name, {})) for v in problem.variables))


def without_constraints(problem, *names):
    return replace(problem, constraints=tuple(c for c in problem.constraints if c.name not in names))


def find_infeasibility(problem):
    return relaxation.find_infeasibility(problem, 81, time.monotonic() + 200)


def is_infeasible(problem, monkeypatch):
    monkeypatch.setattr(relaxation, "find_infeasibility", lambda *_: None)
    found = engines.run(problem, engines.ENGINES["pyomo"](), Context())
    monkeypatch.undo()
    return found.status == "infeasible"


@pytest.mark.parametrize(
    ("limit", "objective"),
    [("specific_power >= 200 W/kg", "maximize specific_power"), ("npv >= 1e12 USD", "maximize npv")],
)
def test_the_smallest_violation_is_that_of_enumeration(limit, objective, small):
    """For a quotient, whose violation is a quotient too, and for a plain quantity."""
    best = enumerated(small(objective).problem)
    found = find_infeasibility(small(constraints=limit).problem)
    (violation,) = found.violations
    assert str(violation.constraint).startswith(limit.split(" ")[0])
    assert violation.value == pytest.approx(best, rel=1e-4)
    assert violation.shortfall == pytest.approx(violation.constraint.limit - best, rel=1e-4)


def test_smallest_set_by_trying_them_all(small, monkeypatch):
    """Array and radiator are both too small: no single constraint is sufficient, only this pair."""
    problem = with_bounds(
        small().problem, node_radiator_area={"low": 50.0, "high": 90.0}, node_array_area={"high": 450}
    )
    names = [c.name for c in problem.constraints]
    assert all(is_infeasible(without_constraints(problem, name), monkeypatch) for name in names)
    sufficient = {
        pair
        for pair in itertools.combinations(names, 2)
        if not is_infeasible(without_constraints(problem, *pair), monkeypatch)
    }
    assert sufficient == {("power_margin", "thermal_margin")}
    assert [m.constraint.name for m in find_infeasibility(problem).violations] == ["power_margin", "thermal_margin"]


def test_limits_of_the_study_are_given_up_before_balances_of_power(small):
    """Either balance with the power of the fleet would do, too: with fewer limits of the study."""
    problem = small(constraints="fleet_it_power >= 900 MW, node_mass <= 3000 kg").problem
    found = find_infeasibility(problem)
    assert [v.constraint.name for v in found.violations] == ["node_mass", "fleet_it_power"][::-1]
    assert not found.alternatives
    assert {c.name: problem.firmness(c) for c in problem.constraints} == {
        "node_mass": 0, "fleet_it_power": 0, "dose_margin": 1, "junction_margin": 1, "launch_mass_margin": 1,
        "launch_volume_margin": 1, "power_margin": 2, "thermal_margin": 2,
    }  # fmt: skip


def test_a_limit_on_a_root_is_told_as_such_after_the_time_is_over(small):
    """The explanation has its own time; its design is the one that comes nearest in money."""
    study = small(constraints="payback_time <= 0.5 year", engine="pyomo, time_limit: 0.001 s")
    answer = engines.run(study.problem, study.engine, Context())
    (violation,) = answer.infeasibility.violations
    assert str(violation.constraint) == "payback_time <= 0.5 year"
    design = {name: np.array([value]) for name, value in answer.infeasibility.design.items()}
    assert violation.value == pytest.approx(study.problem.evaluate(design)["payback_time"][0])


def test_a_moved_bound_is_sufficient_and_a_little_less_is_not(small, monkeypatch):
    problem = with_bounds(small().problem, node_radiator_area={"low": 50.0, "high": 150.0})
    found = find_infeasibility(problem)
    assert [m.constraint.name for m in found.violations] == ["thermal_margin"]
    by_name = {(b.variable, b.end == "upper"): b.needed for b in found.bounds}
    needed = by_name["node_radiator_area", True]
    assert not is_infeasible(with_bounds(problem, node_radiator_area={"high": needed * (1 + 1e-6)}), monkeypatch)
    assert is_infeasible(with_bounds(problem, node_radiator_area={"high": needed * (1 - 1e-3)}), monkeypatch)
    fewer = by_name["node_accelerators", False]
    assert fewer == int(fewer)
    assert not is_infeasible(with_bounds(problem, node_accelerators={"low": fewer}), monkeypatch)
    assert is_infeasible(with_bounds(problem, node_accelerators={"low": fewer + 1}), monkeypatch)


def test_every_alternative_is_sufficient(small, monkeypatch):
    """A light node or a powerful one: either constraint can be relaxed."""
    problem = small(constraints="node_mass <= 3300 kg, node_it_power >= 165 kW").problem
    found = find_infeasibility(problem)
    assert len(found.violations) == 1
    assert found.alternatives
    for violations in (found.violations, *found.alternatives):
        names = [v.constraint.name for v in violations]
        assert not is_infeasible(without_constraints(problem, *names), monkeypatch)
    sizes = [m.shortfall / problem.constraint_scales[m.constraint] for (m,) in (found.violations, *found.alternatives)]
    assert sizes == sorted(sizes)


def test_options_that_no_design_can_use_are_considered_too(small):
    """The catalogue leaves out every shell, because the dose is too high everywhere; it is lowest at 500 km."""
    problem = small(constraints="dose_margin >= 3 krad(Si)").problem
    assert build_catalogue(problem, 81).size == 0
    found = find_infeasibility(problem)
    (violation,) = found.violations
    best = {
        a: problem.evaluate({**any_design(problem), "altitude": [a]}, ["dose_margin"])["dose_margin"][0] for a in SHELLS
    }
    assert violation.shortfall == pytest.approx(3000.0 - max(best.values()), rel=1e-9)
    assert found.design["altitude"] == max(best, key=best.get)


SHELLS = (500e3, 600e3, 690e3, 800e3)


def any_design(problem):
    return {v.name: [v.values[0] if v.values else v.high] for v in problem.variables}


def test_an_infeasible_run_is_recorded_with_notes_in_the_users_units(small, tmp_path):
    study = small(constraints="specific_power >= 200 W/kg")
    results = runner.run(study, output=tmp_path)
    assert results.status == "infeasible"
    infeasibility = results.record.infeasibility
    (violation,) = infeasibility.violations
    assert infeasibility.proved
    assert str(violation.constraint) == "specific_power >= 200 W/kg"
    assert violation.constraint.unit == "W/kg"
    assert violation.constraint.limit - violation.value == pytest.approx(violation.shortfall)
    assert f"specific_power >= 200 W/kg is missed by {violation.shortfall:.3g} W/kg" in " ".join(results.record.notes)
    assert infeasibility.design.keys() == {v.name for v in study.problem.variables}


def test_a_deadline_without_a_result_is_noted(small):
    found, notes = relaxation.explain_infeasibility(small(constraints="npv >= 1e12 USD").problem, 81, time.monotonic())
    assert "stopped before" in notes[0]
    assert found is None


def test_a_denominator_that_may_be_zero_is_refused_by_name(small):
    """Every variable is bounded, so every linear form is; a quotient is, unless its denominator reaches zero."""
    plain = build_catalogue(small("maximize npv, maximize roi, minimize compute_cost").problem, 81)
    for objective in plain.objectives:
        assert abs(objective.lowest) < 1e6  # in units of the scale
        assert 1 <= objective.largest_denominator < 1e6
    zero = with_bounds(small("minimize compute_cost").problem, node_accelerators={"low": 0.0})
    with pytest.raises(NonlinearEquation, match="denominator is not positive") as error:
        engines.run(zero, small().engine, Context())
    assert error.value.quantity == "compute_cost"


@pytest.mark.parametrize(
    "engine", ["sweep, evaluations: 4096", "optuna, evaluations: 400", "evolve, evaluations: 4000"]
)
def test_a_search_names_the_nearest_design(engine, small):
    """Its violations are those of numpy, at least the proved minimum; optuna and evolve come near the minimum."""
    study = small(constraints="npv >= 1e12 USD", engine=engine)
    problem = study.problem
    found = engines.run(problem, study.engine, Context(1))
    assert found.status == "none found"
    assert found.notes[-1].startswith("nearest design: ")
    infeasibility = found.infeasibility
    assert not infeasibility.proved
    values = problem.evaluate({name: np.array([value]) for name, value in infeasibility.design.items()})
    violations = {str(c): c.sign * (c.limit - values[c.name][0]) for c in problem.constraints}
    assert {str(m.constraint): m.shortfall for m in infeasibility.violations} == {
        c: value for c, value in violations.items() if value > 0
    }
    (least,) = find_infeasibility(problem).violations
    shortfall = violations[str(least.constraint)]
    assert shortfall >= least.shortfall * (1 - 1e-6)
    if "sweep" in engine:
        points = qmc.Sobol(len(problem.variables), rng=np.random.default_rng(1)).random(4096)
        all_of = problem.evaluate({v.name: v.values_at(points[:, i]) for i, v in enumerate(problem.variables)})
        sums = np.maximum(problem.violations(all_of), 0).sum(axis=1)
        assert sums.min() == pytest.approx(np.maximum(problem.violations(values), 0).sum(), rel=1e-12)
    else:
        assert len(infeasibility.violations) == 1
        assert shortfall <= least.shortfall * 1.001


def test_a_grid_names_a_design_of_the_grid(small):
    study = small(constraints="npv >= 1e12 USD", engine="sweep, method: grid, points: 3")
    infeasibility = engines.run(study.problem, study.engine, Context(1)).infeasibility
    for v in study.problem.variables:
        assert infeasibility.design[v.name] in (v.low, v.snap(np.array([(v.low + v.high) / 2]))[0], v.high, *v.choices)
    assert infeasibility.violations
