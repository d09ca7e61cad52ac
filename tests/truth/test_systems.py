"""Chips on a sheet, clusters, the Moon and Mars compared with closed forms, published figures and plausibility."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.special import i0, i1, k0, k1

import sunfront
from sunfront.equations.gpu_on_panel import spreading_temperature_rise
from sunfront.equations.lunar_export import lunar_transfer_delta_v
from sunfront.library.architectures import resolve
from sunfront.library.library import Library

LIBRARY = Library.shipped()


def at(name, quantity, **given):
    arch = LIBRARY.architectures[name]
    values = {key: setting.value for key, setting in resolve(arch).items()}
    return arch.model.evaluate({**values, **given}, [quantity])[quantity]


def exact(x, y):
    """Rise under a disc of fin number x in a cell of y, relative to heat / (2 pi conductance), in Bessel functions.

    The power is supplied uniformly over the cell including the footprint; the whole cell including the footprint
    radiates its rise; the cell's edge is adiabatic.
    """
    edge = k1(y) / i1(y)
    rise, flow = k0(x) + edge * i0(x), x * (k1(x) - edge * i1(x))
    return rise / (flow + x**2 / 2 * rise) - 2 / y**2


def test_spreading_in_a_sheet_is_that_of_bessel_functions():
    x, y = np.meshgrid(np.geomspace(0.002, 1.2, 110), np.geomspace(0.015, 30, 150))
    chosen = y / x >= 3
    x, y = x[chosen], y[chosen]
    fit = spreading_temperature_rise(1.0, 1 / (2 * np.pi), x, y, LIBRARY.parameters["sheet_spreading_fit"].value)
    np.testing.assert_allclose(fit, exact(x, y), rtol=0.035)


def test_spreading_in_a_small_cell_is_the_elementary_form():
    x, y = 0.001, 0.1
    assert exact(x, y) == pytest.approx(np.log(y / x) - 0.75, rel=2e-3)


@pytest.mark.parametrize(
    ("name", "given", "quantity", "sign"),
    [
        ("gpu_on_panel", "chip_power", "spreading_temperature_rise", 1),
        ("gpu_on_panel", "sheet_areal_mass", "spreading_temperature_rise", -1),
        ("gpu_on_panel", "sheet_specific_conductivity", "junction_margin", 1),
        ("gpu_on_panel", "sheet_areal_mass", "specific_power", -1),
        ("gpu_on_panel", "shield_rim", "shield_mass", 1),
        ("gpu_on_panel", "board_specific_mass", "compute_cost", 1),
        ("gpu_on_panel", "chip_specific_price", "compute_cost", 1),
        ("cluster", "cross_node_intensity", "formation_link_margin", -1),
        ("cluster", "link_terminal_mass", "node_mass", 1),
        ("cluster", "formation_keeping_rate", "propellant_mass", 1),
        ("cluster", "neighbor_distance", "neighbor_fresnel_number", -1),
        ("cluster", "link_energy", "power_margin", -1),
        ("gpu_on_panel", "cross_node_intensity", "formation_link_margin", -1),
        ("gpu_on_panel", "links_per_node", "formation_link_margin", 1),
        ("gpu_on_panel", "links_per_node", "node_mass", 1),
        ("gpu_on_panel", "links_per_node", "power_margin", -1),
        ("lunar_pole", "mast_height", "eclipse_fraction", -1),
        ("lunar_pole", "mast_height", "stack_mass", 1),
        ("lunar_pole", "battery_share", "availability", 1),
        ("lunar_pole", "battery_share", "power_margin", -1),
        ("lunar_pole", "landed_cost_factor", "compute_cost", 1),
        ("lunar_pole", "regolith_temperature", "thermal_margin", -1),
        ("lunar_pole", "regolith_cover_depth", "stack_mass", 1),
        ("lunar_pole", "mass_driver_throughput", "mass_driver_cost", -1),
        ("mars_surface", "martian_dust_loss", "power_margin", -1),
        ("mars_surface", "martian_night_share", "availability", -1),
        ("terrestrial", "electricity_price", "compute_cost", 1),
        ("terrestrial", "power_usage_effectiveness", "power_margin", -1),
        ("terrestrial", "shell_specific_cost", "compute_cost", 1),
        ("terrestrial", "infrastructure_life", "compute_cost", -1),
        ("terrestrial", "new_compute_price_decline", "roi", -1),
        ("terrestrial", "colocation_rent", "compute_cost", 1),
        ("terrestrial", "facility_water_temperature", "junction_margin", -1),
        ("terrestrial", "water_usage_effectiveness", "annual_water", 1),
    ],
)
def test_direction_within_the_range_of_the_sources(name, given, quantity, sign):
    p = LIBRARY.parameters[given]
    steps = np.diff(at(name, quantity, **{given: np.linspace(p.low, p.high, 21)}))
    assert (sign * steps > 0).all()


def test_suncatcher_cluster_fits_into_its_kilometre():
    """arXiv 2511.19468: 81 satellites, 100 to 200 m apart, within 1 km; 9.6 Tbit/s per link."""
    found = sunfront.evaluate("cluster")
    assert 0.5e3 < found["cluster_radius"] < 1e3
    assert found["formation_link_capacity"] / found["links_per_node"] == pytest.approx(9.6e12)
    assert found["neighbor_fresnel_number"] > 1  # all light arrives


def test_a_battery_for_days_costs_more_than_idling_on_the_moon():
    idle, stored = (at("lunar_pole", "dry_mass", battery_share=share) for share in (0.0, 1.0))
    assert stored > 5 * idle


def test_the_sun_never_shines_more_than_all_year():
    found = sunfront.evaluate("lunar_pole", low_mast_illumination=1.0, restart_time=0.0)
    assert found["eclipse_fraction"] == 0
    assert found["availability"] == 1
    assert np.isfinite(found["compute_cost"])


def test_slow_spiral_costs_the_difference_of_circular_velocities():
    """Numerical integration from 40 000 km down to 7000 km, braking by at most 0.2 % of gravity.

    The orbit becomes slightly eccentric, so the spiral ends early: by 0.8 % here, 0.4 % at half the thrust.
    """
    gravity, thrust = 3.986004418e14, 5e-4
    high, low = 40e6, 7e6

    def motion(_, state):
        position, velocity = state[:2], state[2:]
        pull = -gravity * position / np.hypot(*position) ** 3
        return [*velocity, *(pull - thrust * velocity / np.hypot(*velocity))]

    def down(_, state):
        return np.hypot(*state[:2]) - low

    down.terminal = True
    start = [high, 0.0, 0.0, (gravity / high) ** 0.5]
    flown = solve_ivp(motion, (0, 1e8), start, "DOP853", events=down, rtol=1e-6, atol=1e-3)
    expected = lunar_transfer_delta_v((gravity / low) ** 0.5, gravity, high)
    assert thrust * flown.t[-1] == pytest.approx(expected, rel=0.01)


def test_tankers_are_launches_too():
    """12 landings per year take 96 launches: 15 + 1785 (11 800 / 400)^-0.3219 = 615.4 USD/kg, x 1.3 x (1 + 96/145)."""
    found = sunfront.evaluate("lunar_pole", launch_cadence="12 1/year")
    assert found["cumulative_launched_mass"] == pytest.approx(11_800e3, rel=1e-12)
    assert found["launch_specific_price"] == pytest.approx(615.4 * 1.3 * (1 + 96 / 145), rel=1e-4)
    orbit = sunfront.evaluate("starlink_bus", launch_cadence="96 1/year")
    assert found["launch_specific_price"] == pytest.approx(orbit["launch_specific_price"], rel=1e-12)


def test_the_peaks_of_the_moon_hold_four_landings_and_no_gigawatts():
    """Ross et al. 2021: towers of up to 20 m yield 6 MW at 90 % illumination, however many there are."""
    assert 0 < sunfront.evaluate("lunar_pole", launch_cadence="4 1/year")["polar_power_margin"] < 1e6
    assert sunfront.evaluate("lunar_pole", launch_cadence="5 1/year")["polar_power_margin"] < 0


def test_sunlight_on_mars_at_its_aphelion():
    """1361 W/m² is 490 at 1.666 au; the array is sized for it."""
    found = sunfront.evaluate("mars_surface", martian_dust_loss=0.0)
    assert 1361 * found["array_pointing"] * found["aphelion_flux_ratio"] == pytest.approx(1361 / 1.666**2, rel=2e-3)


def test_a_mass_driver_without_a_share_changes_nothing():
    plain = sunfront.evaluate("starlink_bus")
    none = sunfront.evaluate(
        "starlink_bus", presets=["lunar_mass_driver"], lunar_mass_share=0.0, deployment_delay="0.5 year"
    )
    assert {name: none[name] for name in plain} == plain


def test_what_is_thrown_is_paid_by_its_mass_and_leaves_the_launch():
    """59.33 USD/kg for the mass driver (2877 m at 1 MUSD/m, 19.5 % per year over 10 kt), times e^(6.561 / 24.517).

    The exponential means 0.307 kg of argon per kilogram, landed from the Earth at eight times the price to low orbit.
    """
    found = sunfront.evaluate("starlink_bus", presets=["lunar_mass_driver"])
    ratio = np.exp(6.561 / 24.517)
    argon = (ratio - 1) * 8 * found["launch_specific_price"]
    assert found["lunar_export_cost"] == pytest.approx(59.33 * ratio + argon, rel=1e-3)
    local = sunfront.evaluate("starlink_bus", presets=["lunar_mass_driver"], lunar_propellant_share=1.0)
    assert local["lunar_export_cost"] == pytest.approx(59.33 * ratio, rel=1e-3)
    bill = found["launches"] * (found["launch_price"] + 0.6 * found["stack_mass"] * found["lunar_export_cost"])
    assert found["transport_capex"] == pytest.approx(bill, rel=1e-12)
    plain = sunfront.evaluate("starlink_bus")
    freed = found["launch_mass_margin"] - plain["launch_mass_margin"]
    assert freed == pytest.approx(0.6 * plain["stack_mass"], rel=1e-12)


@pytest.mark.parametrize("presets", [["lunar_mass_driver"], ["rideshare", "lunar_mass_driver"]], ids=str)
def test_break_even_price_of_launches_beside_a_mass_driver(presets):
    dear = {"presets": presets, "compute_price": "20 USD/kWh"}
    price = sunfront.evaluate("starlink_bus", **dear)["breakeven_launch_price"]
    again = sunfront.evaluate("starlink_bus", **dear, launch_specific_price=price)
    assert abs(again["npv"]) < 1e-9 * again["capex"]


@pytest.mark.parametrize("presets", [["lunar_mass_driver", "rideshare"], ["rideshare", "lunar_mass_driver"]], ids=str)
def test_a_shared_launch_carries_the_earths_share_alone(presets):
    """In either order, each kilogram pays the launch price over the payload without dispenser."""
    found = sunfront.evaluate("starlink_bus", presets=presets)
    by_launch = found["launch_price"] * 0.4 * found["stack_mass"] / (found["payload_to_orbit"] * 0.97)
    thrown = 0.6 * found["stack_mass"] * found["lunar_export_cost"]
    assert found["transport_capex"] == pytest.approx(found["stacks"] * (by_launch + thrown), rel=1e-12)


def test_a_whole_accelerator_on_the_sheet_keeps_its_own_footprint():
    """An H100 of 700 W at 14 W/cm² covers 50 cm², whatever the chip size of the base design."""
    found = sunfront.evaluate("gpu_on_panel", presets=["h100"], chip_power="2 W")
    assert found["chip_footprint"] == pytest.approx(50e-4, rel=1e-12)
    assert found["shielded_area_per_accelerator"] == pytest.approx(2 * (50e-4**0.5 + 0.02) ** 2, rel=1e-12)


def test_a_given_mass_is_priced_as_one():
    """10 kg/kW minus boards of 8.7 kg per 1.94 kW is less than the mass of the model's arrays and radiators."""
    found = sunfront.evaluate("starlink_bus", presets=["given_specific_mass"], node_specific_mass="10 kg/kW")
    assert found["structure_mass"] < 0
    mass = found["fleet_it_power"] * (10e-3 - 8.7 / 1940)
    assert found["node_capex"] == pytest.approx(mass * 1e3 * 0.8, rel=1e-12)  # 800 USD/kg
    assert found["structure_capex"] == pytest.approx(found["node_capex"], rel=1e-12)
    assert found["levelized_structure"] > 0
    assert found["levelized_power"] == found["levelized_cooling"] == 0


def test_light_nodes_pay_for_the_room_that_they_take():
    """48 nodes of 10 kg/kW fill a launch by mass but 1.45 fairings by volume, so they pay for 1.45 launches."""
    found = sunfront.evaluate(
        "starlink_bus", presets=["given_specific_mass", "rideshare"], node_specific_mass="10 kg/kW", nodes_per_launch=48
    )
    by_mass = found["launched_mass"] / (found["payload_to_orbit"] * 0.97)
    by_room = found["stowed_volume"] / (600 * 0.65)
    assert by_room / by_mass == pytest.approx(1.45, abs=0.03)
    assert found["launch_share_paid"] == pytest.approx(by_room, rel=1e-12)
    heavy = sunfront.evaluate("starlink_bus", presets=["rideshare"])
    assert heavy["launch_share_paid"] == pytest.approx(heavy["launched_mass"] / (heavy["payload_to_orbit"] * 0.97))


def test_a_vapor_chamber_is_no_foil():
    """0.2 kg/m² of 2700 kg/m³ is 74 um, too thin for wick and vapor; graphite is sold that thin."""
    thin = {"sheet_areal_mass": "0.2 kg/m^2"}
    assert sunfront.evaluate("gpu_on_panel", presets=["sheet_vapor_chamber"], **thin)["sheet_margin"] < 0
    assert sunfront.evaluate("gpu_on_panel", presets=["sheet_graphite"], **thin)["sheet_margin"] > 0
    least = sunfront.evaluate("gpu_on_panel", presets=["sheet_vapor_chamber"])["sheet_least_areal_mass"]
    assert least / 2700 == pytest.approx(0.3e-3, rel=0.02)


def test_the_panel_is_lighter_than_the_satellite_and_hotter():
    """Modules without a bus are announced with 90 to 150 W/kg, satellites with a bus with about 50."""
    panel = sunfront.evaluate(
        "gpu_on_panel",
        presets=["claimed_2026"],
        chip_power="8 W",
        board_specific_mass="1 kg/kW",
        shield_thickness="5 mm",
        altitude="500 km",
        node_array_area="60 m^2",
        node_accelerators=1075,
        links_per_node=6,
    )
    bus = sunfront.evaluate("starlink_bus")
    assert 90 < panel["it_power"] / panel["dry_mass"] < 150
    assert panel["array_temperature"] > bus["array_temperature"] + 10
