"""Nodes that host several generations of accelerators: their parts last as long as the node, accelerators one life."""

from __future__ import annotations

import numpy as np
import pytest

import sunfront

#: Of parts that stay in the node, and of accelerators, which are exchanged.
OF_THE_NODE = (
    "array_remaining_power",
    "radiator_remaining_share",
    "battery_depth_of_discharge",
    "drag_propellant",
    "avoidance_delta_v",
    "stack_mass",
    "power_margin",
)
OF_ACCELERATORS = ("mission_dose", "dose_margin", "memory_error_rate", "pause_failure_rate", "attrition_rate")
ORBIT = ("starlink_bus", "cluster", "gpu_on_panel")


def evaluate(architecture, years, generations, **more):
    given = {"battery_share": 0.3, "service_life": f"{years} year", "accelerator_generations": generations}
    return sunfront.evaluate(architecture, **given, **more)


@pytest.mark.parametrize("architecture", ORBIT)
def test_two_lives_of_five_years_need_the_parts_of_one_of_ten(architecture):
    hosted, long, short = evaluate(architecture, 5, 2), evaluate(architecture, 10, 1), evaluate(architecture, 5, 1)
    for name in OF_THE_NODE:
        if name in hosted:
            assert hosted[name] == pytest.approx(long[name], rel=1e-12)
            assert hosted[name] != pytest.approx(short[name], rel=1e-3)
    for name in OF_ACCELERATORS:
        assert hosted[name] == pytest.approx(short[name], rel=1e-12)


@pytest.mark.parametrize("architecture", ["lunar_pole", "mars_surface"])
def test_so_do_pods(architecture):
    hosted, long = evaluate(architecture, 5, 2), evaluate(architecture, 10, 1)
    for name in ("array_remaining_power", "battery_depth_of_discharge", "stack_mass"):
        assert hosted[name] == pytest.approx(long[name], rel=1e-12)


def test_avoidance_beyond_the_tanks_ends_the_node_not_its_accelerators():
    """10 m/s a year for 25 years are the budget of 250 m/s: none lost in five lives of 5 years, some in six."""
    given = {"collision_avoidance_rate": "10 m/s/year"}
    assert evaluate("starlink_bus", 5, 5, **given)["avoidance_loss_rate"] == 0
    assert evaluate("starlink_bus", 5, 6, **given)["avoidance_loss_rate"] > 0


def test_the_next_generation_pays_for_the_nodes_that_were_lost():
    """Nodes counted one by one, with exponential times to their loss: those that are gone when the exchange comes."""
    found = evaluate("starlink_bus", 5, 2)
    rate = found["node_loss_rate"] + found["debris_loss_rate"]
    lost = np.mean(np.random.default_rng(1).exponential(1 / rate, 2_000_000) < found["service_life"])
    assert found["lost_node_share"] == pytest.approx(lost, abs=6e-4)
    nodes = found["node_capex"] + found["transport_capex"] + found["insurance_cost"]
    carried = found["stacks"] * found["accelerators"] * found["accelerator_mass"] / found["delivered_payload"]
    new = found["compute_capex"] + (1 - lost) * carried * found["launch_price"]
    assert found["refresh_capex"] == pytest.approx(new + lost * nodes, rel=2e-3)


@pytest.mark.parametrize("tax", [0.0, 0.25])
def test_break_even_price_of_launches_knows_of_exchanges(tax):
    given = {"compute_price": "14 USD/kWh", "tax_rate": tax}
    at = evaluate("starlink_bus", 5, 3, **given)["breakeven_launch_price"]
    again = evaluate("starlink_bus", 5, 3, **given, launch_specific_price=at)
    assert abs(again["npv"]) < 1e-9 * again["capex"]


def test_emissions_are_spread_over_all_generations():
    """Nothing lost: twice the accelerators and their launch, one satellite, twice the energy."""
    none = dict.fromkeys(("attrition_rate", "node_attrition_rate", "restart_time"), 0.0)
    one, two = (evaluate("starlink_bus", 5, n, **none) for n in (1, 2))
    assert two["lifetime_energy"] == pytest.approx(2 * one["lifetime_energy"])
    assert two["accelerator_emissions"] == pytest.approx(2 * one["accelerator_emissions"])
    spacecraft = two["stacks"] * two["platform_mass"] * two["spacecraft_embodied_carbon"]
    assert two["spacecraft_emissions"] == pytest.approx(spacecraft)
    carried = two["accelerators"] * two["accelerator_mass"] / two["delivered_payload"]
    assert two["launch_emissions"] == pytest.approx(one["launch_emissions"] * (1 + carried))
