"""Parts of a node made on the Moon and launched to its orbit by a mass driver; the rest comes from the Earth.

A launch carries only the Earth's share of a stack, so it places more nodes. The lunar parts spiral down to the orbit by
electric propulsion for about a year, with propellant landed from the Earth except for lunar_propellant_share. Parts
made on the Moon cost as much as on the Earth; only their transport differs. The launches that land propellant are paid
for but do not count in the launch supply curve: otherwise the amounts of hardware would affect their own price.
"""

from sunfront.equation import SIGNED, equation, exp


@equation("km/s")
def lunar_transfer_delta_v(orbital_velocity, earth_gravity, distance_to_earth):
    """Velocity change of the low-thrust spiral from the Moon's distance to the orbit; its plane is chosen at the start.

    Source: difference of circular velocities; Vallado, 4th ed., sec. 6.7.
    """
    return orbital_velocity - (earth_gravity / distance_to_earth) ** 0.5


@equation("1")
def spiral_propellant_ratio(lunar_transfer_delta_v, exhaust_velocity):
    """Propellant of the spiral relative to the delivered mass.

    Source: Tsiolkovsky.
    """
    return exp(lunar_transfer_delta_v / exhaust_velocity) - 1


@equation("1")
def landed_propellant_ratio(spiral_propellant_ratio, lunar_propellant_share, landed_cost_factor):
    """Mass to the reference orbit equivalent in cost to the propellant landed on the Moon, per delivered mass.

    Source: definition.
    """
    return spiral_propellant_ratio * (1 - lunar_propellant_share) * landed_cost_factor


@equation("USD/kg")
def lunar_export_cost(mass_driver_cost, spiral_propellant_ratio, landed_propellant_ratio, launch_specific_price):
    """Cost per mass from the Moon to the orbit: mass driver for parts and propellant, and landing the propellant.

    Source: sum.
    """
    return mass_driver_cost * (1 + spiral_propellant_ratio) + launch_specific_price * landed_propellant_ratio


@equation("t")
def lunar_mass(stack_mass, lunar_mass_share):
    """Mass of a stack that comes from the Moon.

    Source: definition.
    """
    return stack_mass * lunar_mass_share


@equation("t/year", within=SIGNED)
def mass_driver_margin(mass_driver_throughput, launch_cadence, lunar_mass, spiral_propellant_ratio):
    """Throughput of the mass driver minus the campaign's demand; its cost assumes full use of the track.

    Source: definition.
    """
    return mass_driver_throughput - launch_cadence * lunar_mass * (1 + spiral_propellant_ratio)


@equation("t")
def launched_mass(stack_mass, lunar_mass):
    """Mass of a stack that its launch carries: all that does not come from the Moon.

    Source: difference.
    """
    return stack_mass - lunar_mass


@equation("t")
def paid_payload(stacks, launcher_reference_payload, launch_share_paid, lunar_mass, landed_propellant_ratio):
    """Mass for which the campaign pays the price per mass to the reference orbit, including landed propellant.

    Source: definition.
    """
    return stacks * (launcher_reference_payload * launch_share_paid + lunar_mass * landed_propellant_ratio)


@equation("MUSD")
def transport_capex(stacks, launch_price, launch_share_paid, lunar_mass, lunar_export_cost):
    """Price of the campaign's launches and of transport from the Moon.

    Source: sum.
    """
    return stacks * (launch_price * launch_share_paid + lunar_mass * lunar_export_cost)


@equation("m^3")
def launched_volume(stowed_volume, lunar_mass_share):
    """Stowed volume of a stack that its launch carries; lunar parts are assumed as dense as the rest.

    Source: definition.
    """
    return stowed_volume * (1 - lunar_mass_share)
