"""Batteries that carry the compute through eclipses: their size by cycles, fade and rate of discharge, and their mass.

Each eclipse counts as a cycle of the depth of the longest one; the mean of a dawn-dusk season is a fifth shorter.
"""

from sunfront.equation import SHARE, equation, exp, larger, log


@equation("1")
def battery_cycles(annual_eclipses, host_service, year):
    """Number of discharges while the node is in service.

    Source: definition.
    """
    return annual_eclipses * host_service / year


@equation("1", within=SHARE)
def battery_remaining_capacity(battery_cycles, battery_cycle_life, battery_calendar_fade, host_service, year):
    """Capacity at the end of life relative to the new battery.

    Cycles take a fifth of the capacity over the cycle life at full depth, in proportion, and not more, because the
    depth of discharge is chosen so that the battery lasts. Time takes battery_calendar_fade per year.

    Source: definition of cycle life, to 80 % of the capacity.
    """
    used = battery_cycles / battery_cycle_life
    cycled = used + 1 - larger(used, 1.0)
    return (1 - 0.2 * cycled) * exp(log(1 - battery_calendar_fade * year) * (host_service / year))


@equation("1", within=SHARE)
def battery_depth_of_discharge(
    battery_cycles, battery_cycle_life, battery_cycle_exponent, battery_remaining_capacity, battery_usable_charge
):
    """Energy drawn in the longest eclipse relative to the capacity of the new battery.

    The smaller of two depths: that at which the cells last for battery_cycles (one more is counted, so that the law
    holds without eclipses), and what the faded battery can still give.

    Source: cycle life = battery_cycle_life x depth^-exponent; SMAD, 3rd ed., fig. 11-11; Saft, ARTES 8, VES180.
    """
    by_life = exp(log((1 + battery_cycles) / battery_cycle_life) / battery_cycle_exponent)
    by_capacity = 1 / (battery_remaining_capacity * battery_usable_charge)
    return 1 / larger(by_life, by_capacity)


@equation("min")
def battery_duration(longest_eclipse, battery_depth_of_discharge, battery_efficiency, battery_discharge_rate):
    """Capacity of the new batteries relative to the load that they carry.

    Set by the longest eclipse and the depth of discharge, or by the rate at which the cells may be discharged.

    Source: SMAD, 3rd ed., eq. 11-12; definition of the rate of discharge.
    """
    by_energy = longest_eclipse / (battery_depth_of_discharge * battery_efficiency**0.5)
    return larger(by_energy, 1 / battery_discharge_rate)


@equation("kWh")
def battery_energy(dark_load, battery_duration):
    """Capacity of a stack's new batteries, which carry the dark load through the longest eclipse.

    The batteries that power the satellite bus through an eclipse are part of node_bus_mass.

    Source: definition.
    """
    return dark_load * battery_duration


@equation("Wh/kg")
def battery_specific_energy(battery_cell_specific_energy, battery_pack_share):
    """Capacity per mass of the whole battery: cells, frame, wiring, electronics, heaters.

    Source: definition.
    """
    return battery_cell_specific_energy * battery_pack_share
