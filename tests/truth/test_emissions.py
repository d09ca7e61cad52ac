"""Greenhouse gases over the life cycle, in orbit and on the ground."""

from __future__ import annotations

import pytest

import sunfront
from sunfront.engines.exact.catalogue import build_catalogue
from sunfront.study.study import Study

SPACE = ("starlink_bus", "gpu_on_panel", "cluster", "lunar_pole", "mars_surface")


@pytest.mark.parametrize("architecture", [*SPACE, "terrestrial"])
def test_parts_add_up_and_are_spread_over_the_energy(architecture):
    found = sunfront.evaluate(architecture)
    parts = ("launch_emissions", "spacecraft_emissions") if architecture in SPACE else ("hall_emissions",)
    total = sum(found[name] for name in (*parts, "accelerator_emissions"))
    if architecture == "terrestrial":
        total += 5 * found["annual_emissions"]
    assert found["lifecycle_emissions"] == pytest.approx(total)
    assert found["emission_intensity"] * found["lifetime_energy"] == pytest.approx(total)
    assert found["lifetime_energy"] <= found["fleet_it_power"] * found["service_life"]


@pytest.mark.parametrize(
    ("preset", "share_burned", "published"),
    [
        ("falcon_9", 0.94 / 1.25, 425e3),  # 336 to 425 t of carbon dioxide a launch in the press; FAA's assessment 387
        (
            "starship_v3",
            0.60 / 0.85,
            3000e3,
        ),  # FAA, programmatic assessment of Starship, 2022: 3.6 kt with methane slip
    ],
)
def test_what_a_launch_burns(preset, share_burned, published):
    found = sunfront.evaluate("starlink_bus", presets=[preset])
    burned = share_burned * found["launcher_propellant_mass"] * found["propellant_carbon"]
    assert burned == pytest.approx(published, rel=0.25)


def test_a_launcher_ten_times_less_emissive_is_a_value():
    """ASCEND asks for one: the launch is then a small part."""
    plain = sunfront.evaluate("starlink_bus", altitude="1400 km")
    clean = sunfront.evaluate("starlink_bus", altitude="1400 km", flight_emissions=plain["flight_emissions"] / 10)
    assert clean["launch_emissions"] == pytest.approx(plain["launch_emissions"] / 10)
    assert clean["spacecraft_emissions"] == plain["spacecraft_emissions"]


def test_a_shared_launch_counts_by_its_share():
    whole, shared = (sunfront.evaluate("starlink_bus", presets=p, nodes_per_launch="1") for p in ([], ["rideshare"]))
    share = shared["launch_share_paid"]
    assert share < 0.5
    assert shared["launch_emissions"] == pytest.approx(share * whole["launch_emissions"])


@pytest.mark.parametrize(
    "objective", ["lifecycle_emissions / fleet_it_power", "emission_intensity", "annual_emissions"]
)
def test_highs_reads_emissions(tmp_path, objective):
    text = f"""architecture: starlink_bus
variables:
  node_array_area: {{low: 300 m^2, high: 900 m^2}}
  node_accelerators: {{low: 8, high: 90, integer: true}}
  node_radiator_area: {{low: 50 m^2, high: 300 m^2}}
  nodes_per_launch: {{low: 1, high: 19, integer: true}}
objectives: [minimize {objective}]
engine: {{name: pyomo}}
"""
    (tmp_path / "carbon.yaml").write_text(text, "utf-8")
    assert build_catalogue(Study.load(tmp_path / "carbon.yaml").problem, 3).size > 0
