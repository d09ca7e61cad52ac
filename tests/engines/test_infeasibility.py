"""What is said where no design meets every constraint, against enumeration and against the engine itself."""

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


def without(problem, *names):
    return replace(problem, constraints=tuple(c for c in problem.constraints if c.name not in names))


def reason(problem):
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
def test_least_miss_is_the_best_that_enumeration_finds(limit, objective, small):
    """A quotient, whose miss is one too, and a plain quantity."""
    best = enumerated(small(objective).problem)
    found = reason(small(constraints=limit).problem)
    (missed,) = found.violations
    assert str(missed.constraint).startswith(limit.split(" ")[0])
    assert missed.value == pytest.approx(best, rel=1e-4)
    assert missed.shortfall == pytest.approx(missed.constraint.limit - best, rel=1e-4)


def test_smallest_set_by_trying_them_all(small, monkeypatch):
    """Too little array and too little radiator: no limit alone is enough, these two are."""
    problem = with_bounds(
        small().problem, node_radiator_area={"low": 50.0, "high": 90.0}, node_array_area={"high": 450}
    )
    names = [c.name for c in problem.constraints]
    assert all(is_infeasible(without(problem, name), monkeypatch) for name in names)
    enough = {
        pair for pair in itertools.combinations(names, 2) if not is_infeasible(without(problem, *pair), monkeypatch)
    }
    assert enough == {("power_margin", "thermal_margin")}
    assert [m.constraint.name for m in reason(problem).violations] == ["power_margin", "thermal_margin"]


def test_the_bound_that_would_do_does_and_a_little_less_does_not(small, monkeypatch):
    problem = with_bounds(small().problem, node_radiator_area={"low": 50.0, "high": 150.0})
    found = reason(problem)
    assert [m.constraint.name for m in found.violations] == ["thermal_margin"]
    by_name = {(b.variable, b.end == "upper"): b.needed for b in found.bounds}
    needed = by_name["node_radiator_area", True]
    assert not is_infeasible(with_bounds(problem, node_radiator_area={"high": needed * (1 + 1e-6)}), monkeypatch)
    assert is_infeasible(with_bounds(problem, node_radiator_area={"high": needed * (1 - 1e-3)}), monkeypatch)
    fewer = by_name["node_accelerators", False]
    assert fewer == int(fewer)
    assert not is_infeasible(with_bounds(problem, node_accelerators={"low": fewer}), monkeypatch)
    assert is_infeasible(with_bounds(problem, node_accelerators={"low": fewer + 1}), monkeypatch)


def test_what_would_do_instead_is_told_and_does(small, monkeypatch):
    """A light node and much power: either gives way."""
    problem = small(constraints="node_it_power >= 170 kW, specific_power >= 55 W/kg").problem
    found = reason(problem)
    assert len(found.violations) == 1
    assert found.alternatives
    for missed in (found.violations, *found.alternatives):
        assert not is_infeasible(without(problem, *(m.constraint.name for m in missed)), monkeypatch)
    sizes = [m.shortfall / problem.constraint_scales[m.constraint] for (m,) in (found.violations, *found.alternatives)]
    assert sizes == sorted(sizes)


def test_an_option_that_rules_itself_out_is_measured_too(small):
    """The catalogue leaves every shell out, since none keeps the dose; 500 km keeps it best."""
    problem = small(constraints="dose_margin >= 3 krad(Si)").problem
    assert build_catalogue(problem, 81).size == 0
    found = reason(problem)
    (missed,) = found.violations
    best = {
        a: problem.evaluate({**middle(problem), "altitude": [a]}, ["dose_margin"])["dose_margin"][0] for a in SHELLS
    }
    assert missed.shortfall == pytest.approx(3000.0 - max(best.values()), rel=1e-9)
    assert found.design["altitude"] == max(best, key=best.get)


SHELLS = (500e3, 600e3, 690e3, 800e3)


def middle(problem):
    return {v.name: [v.values[0] if v.values else v.high] for v in problem.variables}


def test_it_is_said_in_the_users_units_and_recorded(small, tmp_path):
    study = small(constraints="specific_power >= 200 W/kg")
    results = runner.run(study, output=tmp_path)
    assert results.status == "infeasible"
    told = results.record.infeasibility
    (missed,) = told.violations
    assert told.proved
    assert str(missed.constraint) == "specific_power >= 200 W/kg"
    assert missed.constraint.unit == "W/kg"
    assert missed.constraint.limit - missed.value == pytest.approx(missed.shortfall)
    assert f"specific_power >= 200 W/kg is missed by {missed.shortfall:.3g} W/kg" in " ".join(results.record.notes)
    assert told.design.keys() == {v.name for v in study.problem.variables}


def test_no_time_is_said(small):
    found, notes = relaxation.explain_infeasibility(small(constraints="npv >= 1e12 USD").problem, 81, time.monotonic())
    assert "stopped before" in notes[0]
    assert found is None


def test_unbounded_is_a_zero_denominator_and_refused_by_name(small):
    """Every variable has both bounds, so that a linear form has too; a quotient has, while its denominator does not
    reach zero."""
    plain = build_catalogue(small("maximize npv, maximize roi, minimize compute_cost").problem, 81)
    for target in plain.objectives:
        assert abs(target.lowest) < 1e6  # in units of the scale
        assert 1 <= target.largest_denominator < 1e6
    nothing = with_bounds(small("minimize compute_cost").problem, node_accelerators={"low": 0.0})
    with pytest.raises(NonlinearEquation, match=r"cannot bound compute_cost.*denominator is not positive"):
        engines.run(nothing, small().engine, Context())


@pytest.mark.parametrize(
    "engine", ["sweep, evaluations: 4096", "optuna, evaluations: 400", "evolve, evaluations: 4000"]
)
def test_who_only_looks_names_the_nearest_design(engine, small):
    """It misses what numpy says, no less than the proved least; a search comes near that."""
    study = small(constraints="npv >= 1e12 USD", engine=engine)
    problem = study.problem
    found = engines.run(problem, study.engine, Context(1))
    assert found.status == "none found"
    assert found.notes[-1].startswith("nearest design: ")
    told = found.infeasibility
    assert not told.proved
    values = problem.evaluate({name: np.array([value]) for name, value in told.design.items()})
    missed = {str(c): c.sign * (c.limit - values[c.name][0]) for c in problem.constraints}
    assert {str(m.constraint): m.shortfall for m in told.violations} == {
        c: miss for c, miss in missed.items() if miss > 0
    }
    (least,) = reason(problem).violations
    miss = missed[str(least.constraint)]
    assert miss >= least.shortfall * (1 - 1e-6)
    if "sweep" in engine:
        points = qmc.Sobol(len(problem.variables), rng=np.random.default_rng(1)).random(4096)
        all_of = problem.evaluate({v.name: v.values_at(points[:, i]) for i, v in enumerate(problem.variables)})
        sums = np.maximum(problem.violations(all_of), 0).sum(axis=1)
        assert sums.min() == pytest.approx(np.maximum(problem.violations(values), 0).sum(), rel=1e-12)
    else:
        assert len(told.violations) == 1
        assert miss <= least.shortfall * 1.001


def test_a_grid_names_a_design_of_its_own(small):
    study = small(constraints="npv >= 1e12 USD", engine="sweep, method: grid, points: 3")
    told = engines.run(study.problem, study.engine, Context(1)).infeasibility
    for v in study.problem.variables:
        assert told.design[v.name] in (v.low, v.snap(np.array([(v.low + v.high) / 2]))[0], v.high, *v.choices)
    assert told.violations
