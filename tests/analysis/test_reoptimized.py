"""Break-even of the best design, against enumeration of every design."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from common import LIGHT_PRESETS

import sunfront
from sunfront.analysis.breakeven import breakeven
from sunfront.analysis.reoptimized import best_breakeven
from sunfront.errors import UserError
from sunfront.library.parameters import parse_yaml
from sunfront.study.study import Study

CHOICES = {
    "node_array_area": [550.0, 650.0, 750.0],
    "node_accelerators": [52.0, 60.0, 64.0, 68.0],
    "launch_cadence": [12.0, 52.0, 104.0],
}
UNITS = {"node_array_area": "m^2", "node_accelerators": "1", "launch_cadence": "1/year"}
YEAR = 31557600.0


def study(engine="pyomo", objectives="maximize roi", constraints=(), quantities=None):
    variables = {
        name: {"choices": [f"{x} {UNITS[name]}" if UNITS[name] != "1" else x for x in values]}
        for name, values in CHOICES.items()
    }
    return Study.model_validate(
        {
            "name": "small",
            "architecture": "starlink_bus",
            "presets": parse_yaml(LIGHT_PRESETS),
            "variables": variables,
            "objectives": [objectives],
            "constraints": constraints,
            "quantities": quantities or {},
            "engine": {"name": engine},
        }
    )


def enumerate_designs(asked, **values):
    """Every design: arrays by quantity, and which are feasible; ``values`` are arrays (1, x) of a parameter."""
    rows = np.array(list(itertools.product(*CHOICES.values())))
    given = dict(zip(CHOICES, rows.T[:, :, None], strict=True))
    given["launch_cadence"] = given["launch_cadence"] / YEAR
    found = asked.evaluate(**given, **values)
    shape = np.broadcast_shapes((len(rows), 1), *(x.shape for x in values.values()))
    met = [np.broadcast_to(c.is_met(found[c.quantity]), shape) for c in asked.problem.constraints]
    return rows, found, np.logical_and.reduce(met)


@pytest.mark.parametrize("engine", ["pyomo", "sweep", "optuna"])
def test_the_price_at_which_the_best_design_breaks_even(engine):
    """The net present value is linear in the price: each design has its own break-even price, the best the lowest."""
    asked = study(engine)
    price = 3.6e6
    rows, one, feasible = enumerate_designs(asked, compute_price=np.array([[1 / price, 2 / price]]))
    npv = np.broadcast_to(one["npv"], (len(rows), 2))
    own = 1 - npv[:, 0] / (npv[:, 1] - npv[:, 0])  # USD/kWh
    usable = feasible.all(axis=1)
    assert 1 < usable.sum() < len(rows)
    found = best_breakeven(asked, "compute_price", low="1 USD/kWh", high="100 USD/kWh")
    (root,) = found.roots
    assert root.at * price == pytest.approx(own[usable].min(), rel=3e-6)
    best = rows[usable][own[usable].argmin()]
    assert root.design["node_array_area"] == best[0]
    assert root.design["node_accelerators"] == best[1]
    assert root.design["launch_cadence"] * YEAR == pytest.approx(best[2])
    assert abs(root.at - root.fails_at) <= 3e-6 * root.at
    assert root.excluded_at == root.fails_at  # HiGHS proves it, whatever the study's engine
    assert found.engine == "pyomo (highs)"
    assert found.course == "rises"
    # No better than the base design's own break-even price.
    (base,) = breakeven(asked, "compute_price", low="1 USD/kWh", high="100 USD/kWh").roots
    assert root.at < base


@pytest.mark.long
def test_where_limits_depend_on_the_parameter():
    """A heavier structure excludes designs, so that the optimum is no smooth curve; against a fine grid of optima."""
    asked = study(constraints=["node_mass <= 3000 kg"])
    x = np.linspace(0.0, 0.6, 1201)[None, :]
    _, found, feasible = enumerate_designs(asked, structure_fraction=x)
    roi = np.where(feasible, np.broadcast_to(found["roi"], feasible.shape), -np.inf).max(axis=0)
    target = float(np.quantile(roi[np.isfinite(roi)], 0.3))
    answer = best_breakeven(asked, "structure_fraction", "roi", target, low=0.0, high=0.6)
    crossings = np.flatnonzero(np.diff(roi >= target))
    assert len(answer.roots) == len(crossings)
    for root, i in zip(answer.roots, crossings, strict=True):
        assert x[0, i] - 1e-5 <= root.at <= x[0, i + 1] + 1e-5
        assert root.excluded_at == pytest.approx(root.at, rel=1e-3)
    assert answer.course == "falls"


@pytest.mark.long
def test_beyond_the_last_feasible_value_is_no_break_even_but_a_jump():
    asked = study(constraints=["node_mass <= 3000 kg"])
    x = np.linspace(0.0, 0.6, 1201)[None, :]
    _, _, feasible = enumerate_designs(asked, structure_fraction=x)
    last = x[0, np.flatnonzero(feasible.any(axis=0))[-1]]
    assert last < 0.6
    answer = best_breakeven(asked, "structure_fraction", "roi", -1.0, low=0.0, high=0.6)
    (root,) = answer.roots
    assert not root.is_root
    assert last - 1e-5 <= root.at <= last + 0.6 / 1200 + 1e-5
    assert "no design meets every constraint" in str(answer)


def test_a_quantity_to_minimize_needs_its_sense():
    asked = study()
    with pytest.raises(UserError, match="--sense"):
        best_breakeven(asked, "launch_specific_price", "compute_cost", "5 USD/kWh")
    found = best_breakeven(asked, "launch_specific_price", "compute_cost", "5 USD/kWh", sense="minimize")
    (root,) = found.roots
    _, there, feasible = enumerate_designs(asked.with_overrides([f"launch_specific_price={root.at!r} USD/kg"]))
    cost = np.where(feasible, np.broadcast_to(there["compute_cost"], feasible.shape), np.inf)
    assert cost.min() * 3.6e6 == pytest.approx(5, rel=1e-5)
    assert found.course == "rises"
    same = best_breakeven(
        study(objectives="minimize compute_cost"), "launch_specific_price", "compute_cost", "5 USD/kWh"
    )
    assert same.roots[0].at == pytest.approx(root.at, rel=1e-5)


@pytest.mark.long
def test_a_wide_gap_leaves_a_stretch_open_until_the_bound_excludes_it(monkeypatch):
    """Bounds that are a tenth too high: the answer stays, and no design is excluded before the bound crosses."""
    from sunfront.analysis.optimum import Optimum

    asked = study()
    exact = best_breakeven(asked, "launch_markup", "roi", "6 %", low=0.0, high=10.0)
    solve = Optimum._solve

    def loose(self, value):
        found = solve(self, value)
        return found if found.bound is None else type(found)(**{**vars(found), "bound": 1.1 * found.bound})

    monkeypatch.setattr(Optimum, "_solve", loose)
    found = best_breakeven(asked, "launch_markup", "roi", "6 %", low=0.0, high=10.0)
    (root,), (sharp,) = found.roots, exact.roots
    assert root.at == pytest.approx(sharp.at, rel=1e-5)
    # The bound is 6 % where the best return is 6 / 1.1 %.
    (excluded,) = best_breakeven(asked, "launch_markup", "roi", 0.06 / 1.1, low=0.0, high=10.0).roots
    assert root.excluded_at == pytest.approx(excluded.at, rel=2e-3)
    assert "the gap leaves it open" in str(found)


def test_no_break_even_value_is_said():
    found = best_breakeven(study(), "launch_markup", "roi", "90 %", low=0.0, high=10.0)
    assert found.roots == ()
    assert "none: the highest roi of any design is below 90 %" in str(found)
    assert found.as_data()["course"] == "falls"


def test_a_variable_may_be_varied_itself():
    asked = study()
    found = best_breakeven(asked, "launch_cadence", "roi", "6 %", low="12 1/year", high="104 1/year")
    assert {name for root in found.roots for name in root.design} <= {"node_array_area", "node_accelerators"}


def test_a_parameter_of_a_preset_variable_is_refused():
    asked = Study.model_validate(
        {
            "architecture": "starlink_bus",
            "variables": {"chip": {"presets": ["h100", "b200"]}},
            "objectives": ["maximize roi"],
        }
    )
    with pytest.raises(UserError, match="fix chip"):
        best_breakeven(asked, "accelerator_price")


def test_where_highs_cannot_a_search_finds_the_best_design():
    """The quantity has no bound at the low end."""
    asked = study(quantities={"odd": {"is": "token_cost / (utilization - 0.001)", "unit": "USD/Mtoken", "why": "test"}})
    price = best_breakeven(asked, "utilization", "odd", "60 USD/Mtoken", sense="minimize")
    (root,) = price.roots
    assert price.engine == "pyomo (highs)"
    assert any("no optimum at utilization = 0.001" in note for note in price.notes)
    _, there, feasible = enumerate_designs(asked, utilization=np.array([[root.at]]))
    cost = np.where(feasible, np.broadcast_to(there["odd"], feasible.shape), np.inf).min()
    assert cost * 1e6 == pytest.approx(60, rel=1e-5)


def test_the_public_name():
    assert sunfront.best_breakeven is best_breakeven
