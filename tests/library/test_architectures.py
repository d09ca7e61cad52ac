"""One contract for all architectures: the quantities that each computes, their units, and how they scale."""

from __future__ import annotations

import numpy as np
import pytest
from common import NONLINEAR

import sunfront
from sunfront import engines
from sunfront.engines.context import Context
from sunfront.equations import module
from sunfront.library.architectures import COST_ELEMENTS, METRICS, resolve
from sunfront.library.library import Library
from sunfront.library.parameters import data_names, load_data
from sunfront.problem.verification import verified
from sunfront.study.study import Study

LIBRARY = Library.shipped()

ARCHITECTURES = data_names("architectures")

#: For each architecture, variables around a design that meets its constraints, including the amounts.
VARIABLES = {
    "cluster": {
        "node_array_area": {"low": "150 m^2", "high": "400 m^2"},
        "node_accelerators": {"low": 20, "high": 40, "integer": True},
        "node_radiator_area": {"low": "40 m^2", "high": "120 m^2"},
        "nodes_per_launch": {"low": 20, "high": 50, "integer": True},
        "links_per_node": {"choices": [2, 4]},
    },
    "gpu_on_panel": {
        "node_array_area": {"low": "20 m^2", "high": "60 m^2"},
        "node_accelerators": {"low": 300, "high": 900, "step": 50},
        "nodes_per_launch": {"low": 400, "high": 900, "step": 20},
        "chip_power": {"choices": ["4 W", "8 W"]},
        "sheet_areal_mass": {"choices": ["0.4 kg/m^2", "0.6 kg/m^2"]},
    },
    "lunar_pole": {
        "node_array_area": {"low": "400 m^2", "high": "900 m^2"},
        "node_accelerators": {"low": 40, "high": 80, "integer": True},
        "node_radiator_area": {"low": "80 m^2", "high": "300 m^2"},
        "nodes_per_launch": {"low": 10, "high": 30, "integer": True},
        "mast_height": {"choices": ["2 m", "10 m"]},
        "battery_share": {"choices": [0, 0.2]},
    },
    "mars_surface": {
        "node_array_area": {"low": "1000 m^2", "high": "4000 m^2"},
        "node_accelerators": {"low": 40, "high": 80, "integer": True},
        "node_radiator_area": {"low": "80 m^2", "high": "300 m^2"},
        "nodes_per_launch": {"low": 2, "high": 20, "integer": True},
        "battery_share": {"choices": [0, 1]},
    },
    "starlink_bus": {
        "node_array_area": {"low": "400 m^2", "high": "900 m^2"},
        "node_accelerators": {"low": 64, "high": 104, "integer": True},
        "node_radiator_area": {"low": "100 m^2", "high": "300 m^2"},
        "nodes_per_launch": {"low": 6, "high": 11, "integer": True},
        "launch_cadence": {"choices": ["12 1/year", "104 1/year"]},
    },
    "terrestrial": {
        "node_accelerators": {"low": 1000, "high": 6000, "integer": True},
        "nodes_per_site": {"low": 5, "high": 20, "integer": True},
        "sites": {"choices": [1, 5]},
        "power_usage_effectiveness": {"choices": [1.1, 1.2]},
    },
}
#: For nonlinear solvers: ranges that contain the choices of variables other than the amounts.
RANGES = {
    "cluster": {
        "altitude": {"low": "500 km", "high": "700 km"},
        "links_per_node": {"low": 2, "high": 4, "integer": True},
    },
    "gpu_on_panel": {
        "chip_power": {"low": "4 W", "high": "8 W"},
        "sheet_areal_mass": {"low": "0.4 kg/m^2", "high": "0.6 kg/m^2"},
        "altitude": {"low": "540 km", "high": "570 km"},
    },
    "lunar_pole": {
        "mast_height": {"low": "2 m", "high": "10 m"},
        "battery_share": {"low": 0, "high": 0.2},
        "radiator_temperature": {"low": "320 K", "high": "340 K"},
    },
    "mars_surface": {
        "battery_share": {"low": 0, "high": 1},
        "radiator_temperature": {"low": "320 K", "high": "340 K"},
    },
    "starlink_bus": {"altitude": {"low": "600 km", "high": "620 km"}},  # SCIP takes minutes for wider ranges
    "terrestrial": {"sites": {"choices": [1]}, "power_usage_effectiveness": {"low": 1.1, "high": 1.2}},
}
GAP = 0.01
#: Metrics that double with the number of stacks; the other common metrics do not change.
FLEET = {"npv", "capex", "annual_revenue", "annual_opex", "fleet_it_power", "sold_power"}
#: Nothing is learned and nothing is fixed, so that cost is in proportion to the fleet.
LINEAR = {"node_learning_rate": 0.0, "development_cost": 0.0, "annual_fixed_cost": 0.0}
#: Metrics that double with the hardware of a stack.
STACK = {"it_power", "fleet_it_power", "sold_power", "annual_revenue"}


def test_every_architecture_has_variables_for_its_contract():
    assert sorted(VARIABLES) == ARCHITECTURES


def proved(name, solver, variables, *presets):
    """The least cost of compute that a solver finds, and the lower bound that it proves; SI."""
    posed = Study(
        name=name,
        architecture=name,
        presets=presets,
        variables=variables,
        objectives=("minimize compute_cost",),
        engine={"name": "pyomo", "solver": solver, "gap": GAP},
    )
    answer = engines.run(posed.problem, posed.engine, Context(0, 1))
    assert answer.status == "proved", solver
    columns = verified(posed.problem, answer)  # raises if the numpy model does not confirm it
    (best,) = columns["compute_cost"]
    return float(best), -float(answer.certificate.facts[0].bound)


def study(name, engine):
    objectives = ["minimize compute_cost", "maximize fleet_it_power"]
    return Study(name=name, architecture=name, variables=VARIABLES[name], objectives=objectives, engine=engine)


@pytest.mark.parametrize("name", ARCHITECTURES)
class TestContract:
    def test_every_common_metric_in_its_unit(self, name):
        model = LIBRARY.architectures[name].model
        assert {metric: model[metric].unit for metric in METRICS} == dict(METRICS)

    def test_own_metrics_are_quantities_and_no_common_ones(self, name):
        arch = LIBRARY.architectures[name]
        assert [metric for metric in arch.own_metrics if metric not in arch.model or metric in METRICS] == []

    def test_the_base_design_costs_what_its_elements_cost(self, name):
        arch = LIBRARY.architectures[name]
        found = sunfront.evaluate(name)
        assert found["capex"] > 0
        elements = [found[element] for element in COST_ELEMENTS if element in arch.model]
        assert all(value >= 0 for value in elements)
        assert sum(elements) == pytest.approx(found["compute_cost"], rel=1e-12)

    def test_its_values_are_of_its_quantities(self, name):
        arch = LIBRARY.architectures[name]
        assert [key for key in arch.values if key not in arch.model and key not in arch.model.inputs] == []

    def test_the_base_design_meets_the_constraints(self, name):
        problem = Study(architecture=name, objectives=("maximize roi",), engine={"name": "sweep"}).problem
        assert problem.feasible(problem.evaluate({}, problem.table_columns)).all()

    def test_no_element_of_cost_is_forgotten(self, name):
        written = {eq.name for eq in LIBRARY.architectures[name].model if eq.name.startswith("levelized_")}
        assert written == {element for element in COST_ELEMENTS if element in LIBRARY.architectures[name].model}

    def test_no_fleet_no_cost(self, name):
        found = self.at(name, FLEET, stacks=0.0, **LINEAR)
        assert {metric: found[metric] for metric in FLEET} == dict.fromkeys(FLEET, 0)

    def test_twice_the_stacks_twice_the_fleet(self, name):
        once, twice = self.at(name, stacks=3.0, **LINEAR), self.at(name, stacks=6.0, **LINEAR)
        for metric in METRICS:
            assert twice[metric] == pytest.approx((2 if metric in FLEET else 1) * once[metric], rel=1e-12), metric

    def test_twice_the_hardware_twice_the_stack(self, name):
        arch, base = LIBRARY.architectures[name], sunfront.evaluate(name)
        totals = [*arch.count, *arch.amounts]
        twice = self.at(name, **{total: 2 * base[total] for total in totals})
        for metric in STACK:
            assert twice[metric] == pytest.approx(2 * base[metric], rel=1e-12), metric
        for metric in ("node_it_power", "junction_margin"):
            assert twice[metric] == pytest.approx(base[metric], rel=1e-12), metric

    def test_capital_and_present_value_are_linear_in_the_amounts(self, name):
        arch, base = LIBRARY.architectures[name], sunfront.evaluate(name)
        totals = [*arch.count, *arch.amounts]
        steps = [self.at(name, **LINEAR, **{total: k * base[total] for total in totals}) for k in (1, 2, 3)]
        for metric in ("capex", "npv", "power_margin"):
            first, second, third = (step[metric] for step in steps)
            assert third - second == pytest.approx(second - first, rel=1e-9), metric

    @pytest.mark.parametrize(
        "engine",
        [
            {"name": "sweep", "evaluations": 4096},
            {"name": "optuna", "evaluations": 200, "population": 40},
            {"name": "pyomo", "gap": 0.05},
        ],
        ids=lambda engine: engine["name"],
    )
    def test_every_engine_accepts_it(self, name, engine):
        posed = study(name, engine)
        assert {v.name for v in posed.problem.variables} >= set(posed.arch.amounts.values())
        answer = engines.run(posed.problem, posed.engine, Context(0, 1))
        assert answer.status in ("proved", "best found")
        columns = verified(posed.problem, answer)  # raises if the numpy model does not confirm it
        assert len(columns["compute_cost"])

    def test_every_solver_proves_the_same(self, name):
        """No value is below another solver's bound: HiGHS over the catalogue, the others with the exact equations."""
        variables = dict(VARIABLES[name])
        if name == "terrestrial":
            variables["sites"] = {
                "choices": [1]
            }  # SCIP takes 15 s where the cost is the same for every number of sites
        found = {solver: proved(name, solver, variables) for solver in ("highs", *NONLINEAR)}
        values, bounds = zip(*found.values(), strict=True)
        assert max(bounds) <= min(values) * (1 + 1e-6)
        assert max(values) <= min(bounds) / (1 - GAP) * (1 + 1e-6)

    @pytest.mark.slow
    def test_nonlinear_solvers_take_ranges(self, name):
        """Variables other than the amounts vary too: nonlinear solvers accept the equations of every architecture."""
        over_choices, _ = proved(name, "highs", VARIABLES[name])
        found = {solver: proved(name, solver, {**VARIABLES[name], **RANGES[name]}) for solver in NONLINEAR}
        values, bounds = zip(*found.values(), strict=True)
        assert max(bounds) <= min(values) * (1 + 1e-6)
        assert max(values) <= over_choices / (1 - GAP) * (1 + 1e-6)

    @staticmethod
    def at(name, wanted=METRICS, **given):
        arch = LIBRARY.architectures[name]
        values = {key: setting.value for key, setting in resolve(arch).items()}
        with np.errstate(all="ignore"):
            return arch.model.evaluate({**values, **given}, wanted)


@pytest.mark.long
@pytest.mark.parametrize("solver", NONLINEAR)
def test_array_and_battery_where_the_array_yields_a_surplus(solver):
    ranges = {"solar_oversizing": {"low": 5, "high": 8}, "storage_duration": {"low": "18 hour", "high": "36 hour"}}
    (highs, _), (found, bound) = (proved("terrestrial", s, ranges, "solar_battery") for s in ("highs", solver))
    assert bound <= highs * (1 + 1e-6)
    assert found <= highs / (1 - GAP)


def test_every_module_of_equations_belongs_somewhere():
    """To an architecture or to a preset."""
    from pkgutil import iter_modules

    used = {m for name in data_names("presets") for m in load_data("presets", name).get("equations", [])}
    for name in ARCHITECTURES:
        data = load_data("architectures", name)
        used |= {*data["equations"], *data.get("own_equations", [])}
    assert used == {found.name for found in iter_modules(sunfront.equations.__path__)}
    assert all(module(name) for name in used)


def test_elements_of_cost_are_paid_somewhere():
    paid = {eq.name for name in ARCHITECTURES for eq in LIBRARY.architectures[name].model}
    assert set(COST_ELEMENTS) <= paid


@pytest.mark.parametrize("ground", [[], ["on_site_gas"], ["solar_battery"], ["colocation"]], ids=str)
@pytest.mark.parametrize("name", [name for name in ARCHITECTURES if name != "terrestrial"])
def test_the_steps_from_another_place_to_the_ground_add_up(name, ground):
    """For the same chips, the differences of the cost elements add up to the difference of the cost."""
    there, here = sunfront.evaluate(name), sunfront.evaluate("terrestrial", presets=ground)
    assert there["discount_force"] == here["discount_force"]
    steps = {element: there.get(element, 0.0) - here.get(element, 0.0) for element in COST_ELEMENTS}
    assert sum(steps.values()) == pytest.approx(there["compute_cost"] - here["compute_cost"], rel=1e-12)
    # For one megawatt in use for one discounted hour, in USD.
    megawatt = 1e6 * 3600
    assert megawatt * (here["compute_cost"] + sum(steps.values())) == pytest.approx(megawatt * there["compute_cost"])
