"""Physical ranges: every equation states one where there is one, and values are held to it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import sunfront
from sunfront import equations
from sunfront.equation import NOT_NEGATIVE, SIGNED, Equation, equation
from sunfront.errors import NotPhysical, RangeError
from sunfront.library.library import Library
from sunfront.library.model import Model
from sunfront.library.physical_range import find_outside
from sunfront.units import parse, unit
from tests.common import check_each

#: Dimensionless quantities without a greatest value: counts, ratios of two amounts, and numbers of a law.
UNBOUNDED = {
    "accelerator_depreciation",
    "node_depreciation",
    "discounted_debt_service",
    "discounted_principal",
    "present_value_of_one",
    "present_value_of_one_exchange",
    "accelerator_residual_value",
    "accelerators",
    "annual_eclipses",
    "annual_storms",
    "array_drag_coefficient",
    "battery_cycles",
    "capital_discount",
    "cell_fin_number",
    "debris_altitude_factor",
    "chip_fin_number",
    "discounted_generations",
    "development_discount",
    "eclipse_depth",
    "electrical_load_ratio",
    "fin_conduction",
    "exchange_launches",
    "flights",
    "host_storms",
    "landed_propellant_ratio",
    "launch_scarcity",
    "launch_share_paid",
    "launches",
    "link_utilization",
    "maneuver_propellant_ratio",
    "median_storms",
    "mission_storms",
    "neighbor_fresnel_number",
    "node_learning_factor",
    "nodes",
    "package_fatigue",
    "renewed_share",
    "replaced_share",
    "spiral_propellant_ratio",
    "stacks",
    "start_discount",
    "sunlight_energy_ratio",
    "weather_storage",
    "worst_eclipse_depth",
}

#: Quantities that may have either sign. All margins may.
EITHER_SIGN = {
    "ageing_rate",
    "breakeven_launch_price",
    "cumulative_available_cash",
    "cumulative_cash",
    "cumulative_discounted_cash",
    "debt_service_cover",
    "discount_force",
    "ebitda_margin",
    "first_year_return",
    "fit_variable",
    "geopotential_depth",
    "heat_rejection",
    "irr",
    "levelized_debt",
    "levelized_insurance",
    "levelized_tax",
    "lifetime_interest",
    "lifetime_profit",
    "moic",
    "net_funding",
    "node_residual_value",
    "npv",
    "present_value_of_debt",
    "present_value_of_deductions",
    "present_value_of_residuals",
    "present_value_of_tax",
    "price_trend",
    "roi",
    "solar_surplus",
}


def shipped() -> Iterator[Equation]:
    for module in equations.names():
        yield from equations.module(module)


def test_every_equation_states_the_range_that_its_result_can_have():
    """A share has a greatest value, an amount is not negative; what is neither is listed above, by its name."""

    def check(eq: Equation) -> None:
        if eq.within == SIGNED:
            residue = eq.module.endswith("given_specific_mass")
            assert eq.name.endswith("_margin") or eq.name in EITHER_SIGN or residue, "may be negative"
        elif unit(eq.unit).dimension == "":
            bounded = eq.within[1] != "inf"
            angle_or_rate = eq.unit not in ("1", "%")
            assert bounded or angle_or_rate or eq.name in UNBOUNDED, "has no greatest value"
            assert not (bounded and eq.name in UNBOUNDED), "is listed as unbounded"

    check_each(check, shipped())


def test_no_name_is_listed_in_vain():
    names = {eq.name for eq in shipped()}
    assert names >= UNBOUNDED | EITHER_SIGN


def test_margins_and_returns_may_be_negative():
    """A design that misses a limit can be told by how much."""
    margins = [eq for eq in shipped() if eq.name.endswith("_margin") or eq.name in ("npv", "roi")]
    assert all(eq.within[0] == "-inf" for eq in margins)


def test_ends_are_numbers_or_quantities_of_the_same_unit():
    library = Library.shipped()

    def check(architecture: str, eq: Equation) -> None:
        model = library.architectures[architecture].model
        for end in eq.within:
            if end.isidentifier() and end != "inf":
                assert end in model or end in model.inputs, f"{architecture} has no {end}"
                assert unit(library.units[end]).dimension == unit(eq.unit).dimension
            elif end not in ("0", "inf", "-inf"):
                parse(end, eq.unit, eq.name)

    check_each(check, ((name, eq) for name, arch in library.architectures.items() for eq in arch.model))


def test_base_designs_lie_within_their_ranges():
    check_each(lambda name: sunfront.evaluate(name), Library.shipped().architectures)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"availability": 2.0}, "availability = 2, outside its physical range, 0 to 1; .*'availability: computed'"),
        ({"availability": "2"}, "availability = 2, outside its physical range, 0 to 1"),
        ({"fin_efficiency": np.array([0.9, 2.0])}, "fin_efficiency = 2, outside"),
        ({"eclipse_fraction": "-0.2"}, "eclipse_fraction = -0.2, outside its physical range, 0 to 1"),
        ({"array_remaining_power": "120 %"}, "array_remaining_power = 1.2, outside"),
        ({"structure_mass": "-1 t"}, "structure_mass = -1,000 kg, outside its physical range, at least 0 kg"),
        # A radiator of two sides at 330 K, 2 x 5.67e-8 x 330^4 = 1345 W/m^2.
        ({"radiator_net_flux": 1e5}, r"100,000 W/m², outside its physical range, at most 1,345 W/m² \(black_body"),
        ({"radiator_net_flux": "1e5 W/m^2"}, "at most 1,345 W/m²"),
        ({"longest_eclipse": "3 hour"}, r"180 min, outside its physical range, 0 min to 95.\d* min \(orbital_period"),
    ],
)
def test_a_given_value_is_held_to_the_range_of_what_it_replaces(values, says):
    with pytest.raises(RangeError, match=says):
        sunfront.evaluate("starlink_bus", **values)


def test_a_study_names_the_line_of_such_a_value(tmp_path):
    path = tmp_path / "bright.yaml"
    for line in ("availability: 2", "radiator_net_flux: 1e5 W/m^2"):
        path.write_text(f"architecture: starlink_bus\nobjectives: [maximize roi]\nparameters:\n  {line}\n", "utf-8")
        name = line.partition(":")[0]
        with pytest.raises(sunfront.errors.StudyError, match=rf"bright.yaml:4: parameters.{name}: .*physical range"):
            sunfront.load(path)


def test_margins_may_be_given_below_zero():
    assert sunfront.evaluate("starlink_bus", dose_margin="-1 rad(Si)")["dose_margin"] < 0


def test_a_computed_value_outside_is_an_error_with_range_and_remedy():
    """At 2000 km an upper stage that is heavy when it burns out carries nothing; the first of two carries something."""
    says = r"payload_to_orbit = -\S+ t, .*at least 0 t in 1 of 2 .*first at 1; .*cannot exist; .*inputs: launcher_ref"
    with pytest.raises(NotPhysical, match=says):
        sunfront.evaluate("starlink_bus", altitude="2000 km", launcher_burnout_mass=np.array([20e3, 900e3]))


@equation("1", within=("0", "most"))
def share(part, whole):
    """A share with a greatest value that is another quantity.

    Source: test.
    """
    return part / whole


@equation("kg")
def mass(part):
    """A mass.

    Source: test.
    """
    return part - 1


def test_what_lies_outside_is_found_in_order():
    model = Model([share, mass])
    part = np.array([[1.0], [3.0]])
    values = {"part": part, "whole": np.array([2.0, 6.0, 4.0]), "most": np.array([0.6, 0.4, 0.6])}
    values |= model.evaluate(values)
    (found,) = find_outside(model, values)
    # 0.5 0.17 0.25 / 1.5 0.5 0.75 against 0.6 0.4 0.6
    assert (found.count, found.total, found.first, found.value, found.high) == (3, 6, 3, 1.5, 0.6)
    assert found.limit_text == "share <= most"
    assert [each.eq.name for each in find_outside(model, {"mass": -1.0})] == ["mass"]
    assert find_outside(model, {"mass": -1e-12, "share": np.nan, "most": 1.0}) == []
    assert mass.within == NOT_NEGATIVE
