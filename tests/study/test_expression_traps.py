"""Expressions that a reader may take for something else: refused, or read as people mean them."""

from functools import partial

import numpy as np
import pytest
from common import write_small

from sunfront import engines
from sunfront.engines.context import Context
from sunfront.errors import NotFinite, StudyError
from sunfront.problem.verification import verified
from sunfront.study.study import Study

YEAR = 365.25 * 86400


@pytest.fixture
def load(tmp_path):
    def write(objective="maximize roi", constraint="node_mass <= 4 t", engine="sweep, samples: 64", **more):
        return Study.load(write_small(tmp_path, f'"{objective}"', f'"{constraint}"', engine, **more))

    return write


@pytest.fixture
def refused(load):
    def refusal(**lines):
        with pytest.raises(StudyError) as caught:
            load(**lines)
        return caught.value

    return refusal


@pytest.mark.parametrize(
    ("constraint", "told"),
    [
        ("node_mass / nodes <= 8 km", ["length", "kg"]),
        ("node_mass / (2 - 2) <= 8 kg", ["divides by zero"]),
        ("log(0) * node_mass <= 8 kg", ["no finite value"]),
        ("exp(1000) * node_mass <= 8 kg", ["'exp(1000)' has no finite value"]),
        ("exp(2 kW) * node_mass <= 8 kg", ["takes a pure number"]),
        ("node_mass + 1 kg * (2 - 2) ** -1 <= 8 kg", ["no finite value"]),
        ("1 / (2 km - 2 km) * node_mass <= 8 kg/km", ["divides by zero"]),
        ("2 * node_mass <= 8 USD", ["currency", "kg"]),
        ("junction_temperature - sink_temperature <= 20 degC", ["difference", "K"]),
        ("0.5 * junction_temperature <= 20 degC", ["degC", "K"]),
        ("2 * (junction_temperature - sink_temperature) <= 20 degC", ["difference", "K"]),
        ("junction_temperature - 300 K <= 20 degC", ["degC", "K"]),
        ("junction_temperature <= junction_margin", ["temperature", "difference"]),
        ("junction_temperature == 350 K +- 5 degC", ["5 K"]),
        ("junction_temperature == 80 degC +- 1 %", ["1 % of what", "K"]),
        ("roi == 0.1 +- 1 %", ["'9.9 % <= roi <= 10.1 %'", "'9 % <= roi <= 11 %'"]),
        ("roi == 500 % +- 10 %", ["'450 % <= roi <= 550 %'", "'490 % <= roi <= 510 %'"]),
        ("nodes / stacks == 50 % +- 10 %", ["'45 % <= nodes / stacks <= 55 %'", "'40 % <= nodes / stacks <= 60 %'"]),
        ("roi == 0 % +- 10 %", ["'-10 % <= roi <= 10 %'"]),
        ("2 * roi <= 10", ["10 % or 1000 %"]),
        ("roi + roi <= 10", ["10 % or 1000 %"]),
        ("max(roi, 10 %) - 2 <= 10", ["10 % or 1000 %"]),
        ("capex <= $20M", ["'20 MUSD'"]),
        ("npv + $20M >= 0 USD", ["'20 MUSD'"]),
        ("capex <= 51.000 USD", ["51 or 51000"]),
        ("fleet_mass + 15.000 kg <= 5 t", ["15 or 15000"]),
        ("fleet_mass + 010 kg <= 5 t", ["write 10"]),
        ("junction_temperature <= 80 degC + 5 K", ["in an expression write K"]),
        ("log(npv) <= 2", ["log(npv / (1 MUSD))"]),
        ("exp(npv + capex) <= 2", ["exp((npv + capex) / (1 MUSD))"]),
        ("abs(npv) <= 2 MUSD", ["max(x, -x)"]),
        ("ln(roi) <= 2", ["log(x)"]),
        ("node_mass == 4 t +- node_mass", ["no number"]),
        ("node_mass - fleet_mass == 0 t +- 1 %", ["1 % of what"]),
        ("mean (npv) / capex >= 0.1", ["mean", "whole", "mean ((npv) / capex)"]),
        ("5 kW >= 2 kW", ["names no quantity"]),
    ],
)
def test_what_may_mean_something_else_is_refused(refused, constraint, told):
    error = refused(constraint=constraint)
    assert error.key == "constraints.1"
    assert [word for word in told if word not in error.reason] == []


@pytest.mark.parametrize(
    ("constraint", "limits"),
    [
        ("launch_cadence <= 52/year", {"launch_cadence": 52 / YEAR}),
        ("launch_cadence <= 52 launches/year", {"launch_cadence": 52 / YEAR}),
        ("1 / service_life <= 0.25/year", {"1 / service_life": 0.25 / YEAR}),
        ("junction_temperature + 5 K <= 85 degC", {"junction_temperature + 5 K": 358.15}),
        ("max(junction_temperature, 300 K) <= 85 degC", {"max(junction_temperature, 300 K)": 358.15}),
        ("junction_temperature - sink_temperature <= 20 K", {"junction_temperature - sink_temperature": 20.0}),
        ("ROI * 2 <= 20 %", {"roi * 2": 0.2}),
        ("roi == 10 % +- 0.01", {"roi": 0.11}),
        ("roi <= (10 %)", {"roi": 0.1}),
        ("roi * roi <= 10", {"roi * roi": 10.0}),
        ("(-(1 MUSD)) >= -capex", {"-capex": -1e6}),
        ("node_mass == 2 t + 2 t +- 1 %", {"node_mass": 4040.0}),
        ("node_mass == (4 t) within (1 %)", {"node_mass": 4040.0}),
        ("node_mass == 4 t +- (20 kg + 20 kg)", {"node_mass": 4040.0}),
        ("nodes == 100 +- 1 %", {"nodes": 101.0}),
        (
            "node_mass == node_array_area * 4 kg/m^2 +- 40 kg",
            {"node_mass - node_array_area * 4 kg/m^2": 40.0},
        ),
    ],
)
def test_limits_mean_what_people_mean(load, constraint, limits):
    found = {c.quantity: c.limit for c in load(constraint=constraint).problem.constraints if c.sense == "<="}
    for name, limit in limits.items():
        assert found[name] == pytest.approx(limit, rel=1e-12)


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("maximize(roi)", "maximize roi"),
        ("maximize mean(roi)", "maximize mean roi"),
        ("maximize p10 (npv / capex)", "maximize p10 npv / capex"),
        ("maximize Roi / 2", "maximize roi / 2"),
    ],
)
def test_spellings_of_one_objective(load, written, same):
    load = partial(load, more="uncertain: [discount_rate, compute_price]\n")
    assert load(written).problem.objectives == load(same).problem.objectives


@pytest.mark.parametrize(
    ("objective", "told"),
    [
        ("maximize 2 kW", "names no quantity"),
        ("max(roi, npv)", "lacks a sense"),
        ("maximize accelerator_power", "given value"),
    ],
)
def test_objectives_that_rank_nothing_are_refused(refused, objective, told):
    error = refused(objective=objective)
    assert (error.key, told in error.reason) == ("objectives.0", True)


@pytest.mark.parametrize("name", ["mean", "p10", "within", "lambda", "closeness_to_ideal"])
def test_names_with_another_meaning_are_refused(refused, name):
    error = refused(more=f"quantities: {{{name}: npv / capex}}\n")
    assert error.key == f"quantities.{name}"


@pytest.mark.parametrize(
    "expression",
    ["opex_rate / accelerator_failure_rate", "opex_rate ^ -1", "1 / opex_rate", "log(opex_rate * 1 year)"],
)
def test_a_zero_divisor_is_told_not_raised(load, expression):
    """Parameters are Python's numbers, whose division by zero raises."""
    zeros = "parameters: {opex_rate: 0 %/year, accelerator_failure_rate: 0 %/year}\n"
    with pytest.raises(NotFinite, match="own"):
        load(more=f"{zeros}quantities: {{own: {expression}}}\n").evaluate()


def test_a_negative_root_is_told(load):
    with pytest.raises(NotFinite, match="own is nan"):
        load(more="quantities: {own: (-capex) ^ 0.5}\n").evaluate()


def test_one_over_infinity_is_zero_and_ranks_designs(load):
    study = load("maximize 1 / payback_time", more="parameters: {compute_price: 0.01 USD/kWh}\n")
    assert study.evaluate()["1 / payback_time"] == 0.0
    assert study.problem.objectives[0].quantity == "1 / payback_time"


@pytest.mark.parametrize("solver", ["highs", "scip"])
def test_names_that_a_solver_uses_itself(load, solver):
    """Pyomo's models have a score, floors and a name of their own."""
    own = "quantities: {score: annual_revenue / fleet_mass, floors: node_mass / 2, name: capex, goal: npv}\n"
    limits = "max(floors, 1 t) <= 1.9 t" if solver == "scip" else "floors <= 1.9 t"
    study = load("maximize score", limits, f"pyomo, solver: {solver}, gap: 0.5 %", more=own)
    plain = load("maximize annual_revenue / fleet_mass", "node_mass <= 3.8 t", "pyomo, gap: 1e-4")
    found = [
        verified(s.problem, engines.run(s.problem, s.engine, Context(0, 1)))[s.problem.objectives[0].name].max()
        for s in (study, plain)
    ]
    assert found[0] == pytest.approx(found[1], rel=6e-3)
    names = {c.name for c in study.pyomo_model(solver).component_objects()}
    assert "score" in names
    assert all(name.isidentifier() for name in names)


def test_a_negative_power_is_a_quotient_to_highs(load):
    values = [
        float(verified(p, engines.run(p, e, Context(0, 1)))["node_mass"].max())
        for p, e in ((s.problem, s.engine) for s in (
            load("minimize node_mass ^ -1", engine="pyomo, gap: 1e-4"),
            load("maximize node_mass", engine="pyomo, gap: 1e-4"),
        ))
    ]  # fmt: skip
    assert values[0] == pytest.approx(values[1], rel=1e-3)
    assert np.isfinite(values).all()


def test_what_an_engine_refuses_is_told_at_the_line_of_the_expression(tmp_path):
    own = "quantities: {product: node_array_area * node_radiator_area}\n"
    for objective, line, more, key in (
        ("maximize roi", "product <= 1 km^4", own, "quantities.product"),
        ("maximize roi * npv", "node_mass <= 4 t", "", "objectives.0"),
        ("maximize roi", "1 m^4 <= node_array_area * node_radiator_area <= 1 km^4", "", "constraints.1"),
    ):
        path = write_small(tmp_path, f'"{objective}"', line, "pyomo", more=more)
        with pytest.raises(StudyError) as caught:
            Study.load(path, check_engine=True)
        assert caught.value.key == key
        assert "scip" in caught.value.reason


@pytest.mark.parametrize(
    ("line", "key", "told"),
    [
        ("seed: 010", "seed", "write 10"),
        ("seed: 1_0", "seed", "write 10"),
        ("engine: {name: sweep, evaluations: 0_100}", "engine.evaluations", "write 100"),
        ("engine: {name: optuna, evaluations: 0100}", "engine.evaluations", "write 100"),
        ("parameters: {node_accelerators: 010}", "parameters.node_accelerators", "write 10"),
        ("parameters: {node_accelerators: 1_0}", "parameters.node_accelerators", "plain digits"),
        ("parameters: {node_accelerators: 10.00001}", "parameters.node_accelerators", "10.00001 is not a whole"),
        ("variables: {altitude: {choices: [1,000, 2,000], unit: km}}", "variables.altitude.choices", "write 1000"),
        ("variables: {altitude: {choices: [1,500, 1,600], unit: km}}", "variables.altitude.choices", "write 1500"),
        ("variables: {altitude: {choices: [500 km, 1,000 km]}}", "variables.altitude.choices", "write 1000 km"),
    ],
)
def test_numbers_that_may_be_others_are_refused(tmp_path, line, key, told):
    path = tmp_path / "s.yaml"
    path.write_text(f"architecture: starlink_bus\nobjectives: [maximize roi]\n{line}\n", "utf-8")
    with pytest.raises(StudyError) as caught:
        Study.load(path)
    assert (caught.value.key, caught.value.line) == (key, 3)
    assert told in caught.value.reason


def test_whole_numbers_with_rounding_are_whole(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text(
        "architecture: starlink_bus\nobjectives: [maximize roi]\nengine: {name: sweep}\n"
        "parameters: {node_accelerators: 3.0000000001}\n"
        "variables: {nodes_per_launch: {low: 2.0000000001, high: 5, integer: true},\n"
        "  altitude: {choices: [500,600], unit: km}}\n",
        "utf-8",
    )
    study = Study.load(path)
    assert study.settings["node_accelerators"].value == 3.0
    assert [(v.low, v.high) for v in study.problem.variables] == [(2.0, 5.0), (500e3, 600e3)]
