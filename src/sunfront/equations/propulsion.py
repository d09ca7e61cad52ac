"""Dry mass of electric propulsion: thrusters with their converters by power, tanks by propellant.

Both grow with the dry mass, of which they are a part; the loop is solved in closed form, so that it stays linear.
"""

from sunfront.equation import equation, larger


@equation("kg")
def unpropelled_mass(subsystem_mass, compute_mass, fixed_bus_mass, attitude_mass):
    """Mass of a stack's parts without propulsion and structure.

    Source: sum of the parts.
    """
    return subsystem_mass + compute_mass + fixed_bus_mass + attitude_mass


@equation("W/kg")
def maneuver_power_ratio(raising_delta_v, disposal_delta_v, maneuver_time, exhaust_velocity, thruster_efficiency):
    """Power of the thrusters per dry mass that they raise, or lower at the end of life, within maneuver_time.

    Source: jet power over efficiency; SMAD, 3rd ed., sec. 17.4.
    """
    acceleration = larger(raising_delta_v, disposal_delta_v) / maneuver_time
    return acceleration * exhaust_velocity / (2 * thruster_efficiency)


@equation("kg")
def propulsion_mass(
    unpropelled_mass,
    structure_fraction,
    mass_growth_allowance,
    system_mass_margin,
    thruster_specific_mass,
    maneuver_power_ratio,
    thruster_drag_margin,
    propulsion_power,
    tank_fraction,
    maneuver_propellant_ratio,
    drag_propellant,
):
    """Mass of a stack's thrusters, their converters, tanks and feed systems.

    With Q this mass, the dry mass is g (unpropelled_mass + Q), where g holds structure, growth and margin, and
    Q = k x dry mass + what drag needs.

    Source: Q = (k g unpropelled_mass + drag's) / (1 - k g).
    """
    grown = (1 + structure_fraction) * (1 + mass_growth_allowance) * (1 + system_mass_margin)
    share = grown * (thruster_specific_mass * maneuver_power_ratio + tank_fraction * maneuver_propellant_ratio)
    thrusters = thruster_specific_mass * thruster_drag_margin * propulsion_power
    return (share * unpropelled_mass + thrusters + tank_fraction * drag_propellant) / (1 - share)
