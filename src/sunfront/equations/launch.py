"""What a launch carries and what it costs; how large the fleet is."""

from sunfront.equation import equation
from sunfront.xmath import cos, exp, log


@equation("1")
def launches(launch_cadence, campaign_duration):
    """Launches of the campaign.

    Source: definition.
    """
    return launch_cadence * campaign_duration


@equation("m/s")
def launcher_delta_v(
    earth_rotation_speed,
    launcher_reference_inclination_cosine,
    inclination_cosine,
    earth_gravity,
    earth_radius,
    launcher_reference_altitude,
    injection_altitude,
):
    """Ideal velocity beyond the launcher's reference orbit: lost rotation of the Earth, and a Hohmann transfer.

    Source: Vallado, 4th ed., sec. 6.3 and 6.4; gravity and steering losses are taken as those of the reference.
    """
    lost_rotation = earth_rotation_speed * (launcher_reference_inclination_cosine - inclination_cosine)
    low, high = earth_radius + launcher_reference_altitude, earth_radius + injection_altitude
    v_low, v_high = (earth_gravity / low) ** 0.5, (earth_gravity / high) ** 0.5
    perigee_kick = v_low * ((2 * high / (low + high)) ** 0.5 - 1)
    apogee_kick = v_high * (1 - (2 * low / (low + high)) ** 0.5)
    return lost_rotation + perigee_kick + apogee_kick


@equation("1")
def launcher_reference_inclination_cosine(launcher_reference_inclination):
    """Cosine of the launcher's reference inclination.

    Source: definition.
    """
    return cos(launcher_reference_inclination)


@equation("t")
def payload_to_orbit(
    launcher_reference_payload,
    launcher_burnout_mass,
    launcher_delta_v,
    launcher_specific_impulse,
    standard_gravity,
):
    """Payload of one launch to the injection orbit.

    Source: Tsiolkovsky on the upper stage; 9 % above Starlink Group 3's stack (14.1 t on Falcon 9).
    """
    at_burnout = launcher_reference_payload + launcher_burnout_mass
    return at_burnout * exp(-launcher_delta_v / (launcher_specific_impulse * standard_gravity)) - launcher_burnout_mass


@equation("t")
def launch_mass_margin(payload_to_orbit, payload_adapter_fraction, stack_mass):
    """Payload left over, the dispenser deducted.

    Source: definition.
    """
    return payload_to_orbit * (1 - payload_adapter_fraction) - stack_mass


@equation("m^3")
def launch_volume_margin(fairing_volume, fairing_packing, stowed_volume):
    """Fairing volume left over.

    Source: definition.
    """
    return fairing_volume * fairing_packing - stowed_volume


@equation("t")
def cumulative_launched_mass(launched_mass_to_date, launches, launcher_reference_payload):
    """Mass launched by the middle of the campaign, counted as payload to the reference orbit.

    Source: definition.
    """
    return launched_mass_to_date + launches / 2 * launcher_reference_payload


@equation("USD/kg")
def launch_specific_cost(
    launch_cost_floor,
    learning_anchor_cost,
    cumulative_launched_mass,
    learning_anchor_mass,
    launch_learning_rate,
):
    """The provider's cost per mass to the reference orbit, on the learning curve.

    Source: Wright 1936, J. Aeronaut. Sci. 3:122, above a floor.
    """
    exponent = log(1 - launch_learning_rate) / log(2)
    learned = exp(exponent * log(cumulative_launched_mass / learning_anchor_mass))
    return launch_cost_floor + (learning_anchor_cost - launch_cost_floor) * learned


@equation("USD/kg")
def launch_specific_price(launch_specific_cost, launch_markup, launch_cadence, launch_supply, launch_supply_elasticity):
    """What a buyer of this cadence pays per mass to the reference orbit.

    Source: cost plus markup; a supply curve of constant elasticity, an assumption: who takes a large share of
    the launches on offer pays for scarce pads and vehicles.
    """
    scarcity = exp(log(1 + launch_cadence / launch_supply) / launch_supply_elasticity)
    return launch_specific_cost * (1 + launch_markup) * scarcity


@equation("MUSD")
def launch_price(launch_specific_price, launcher_reference_payload):
    """Price of one launch, full or not.

    Source: definition.
    """
    return launch_specific_price * launcher_reference_payload


@equation("t")
def fleet_mass(launches, stack_mass):
    """Mass of all nodes that the campaign places.

    Source: definition.
    """
    return launches * stack_mass


@equation("MW")
def fleet_it_power(launches, it_power):
    """IT power of all nodes that the campaign places.

    Source: definition.
    """
    return launches * it_power


@equation("MW")
def it_power_per_launch(fleet_it_power, launches):
    """IT power that one launch places.

    Source: definition.
    """
    return fleet_it_power / launches
