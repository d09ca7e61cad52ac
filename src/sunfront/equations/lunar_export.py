"""Parts of a node made on the Moon and thrown to its orbit by a mass driver; the rest comes up from the Earth.

Launches carry the Earth's share alone, so that one places more nodes. What is thrown spirals down under its own
electric thrust, for about a year, on propellant that is landed from the Earth but for lunar_propellant_share. Parts
made on the Moon cost what they cost on the Earth; their transport differs. The flights that land propellant are paid,
and not counted among those that make launches scarce: they would make the amounts of hardware decide their own price.
"""

from sunfront.equation import equation, exp


@equation("km/s")
def lunar_transfer_delta_v(orbital_velocity, earth_gravity, distance_to_earth):
    """Velocity change of the slow spiral from the Moon's distance down to the orbit; its plane is chosen out there.

    Source: difference of circular velocities; Vallado, 4th ed., sec. 6.7.
    """
    return orbital_velocity - (earth_gravity / distance_to_earth) ** 0.5


@equation("1")
def spiral_propellant_ratio(lunar_transfer_delta_v, exhaust_velocity):
    """Propellant of the spiral over the mass that arrives.

    Source: Tsiolkovsky.
    """
    return exp(lunar_transfer_delta_v / exhaust_velocity) - 1


@equation("1")
def landed_propellant_ratio(spiral_propellant_ratio, lunar_propellant_share, landed_cost_factor):
    """Mass to the reference orbit that costs as much as the Earth's propellant landed on the Moon, over what arrives.

    Source: definition.
    """
    return spiral_propellant_ratio * (1 - lunar_propellant_share) * landed_cost_factor


@equation("USD/kg")
def lunar_export_cost(mass_driver_cost, spiral_propellant_ratio, landed_propellant_ratio, launch_specific_price):
    """Cost of bringing a mass from the Moon to the orbit: the throw, its propellant's included, and landing this.

    Source: sum.
    """
    return mass_driver_cost * (1 + spiral_propellant_ratio) + launch_specific_price * landed_propellant_ratio


@equation("t")
def lunar_mass(stack_mass, lunar_mass_share):
    """Mass of a stack that comes from the Moon.

    Source: definition.
    """
    return stack_mass * lunar_mass_share


@equation("t/year")
def mass_driver_margin(mass_driver_throughput, launch_cadence, lunar_mass, spiral_propellant_ratio):
    """What the mass driver could throw beyond what the campaign asks of it; its cost is that of a track in full use.

    Source: definition.
    """
    return mass_driver_throughput - launch_cadence * lunar_mass * (1 + spiral_propellant_ratio)


@equation("t")
def launched_mass(stack_mass, lunar_mass):
    """Mass of a stack that its launch carries: what does not come from the Moon.

    Source: difference.
    """
    return stack_mass - lunar_mass


@equation("t")
def paid_payload(stacks, launcher_reference_payload, launch_share_paid, lunar_mass, landed_propellant_ratio):
    """Mass that the campaign pays for at the price per mass to the reference orbit, propellant landed on the Moon too.

    Source: definition.
    """
    return stacks * (launcher_reference_payload * launch_share_paid + lunar_mass * landed_propellant_ratio)


@equation("MUSD")
def transport_capex(stacks, launch_price, launch_share_paid, lunar_mass, lunar_export_cost):
    """Price of the campaign's launches and of what is thrown from the Moon.

    Source: sum.
    """
    return stacks * (launch_price * launch_share_paid + lunar_mass * lunar_export_cost)


@equation("m^3")
def launched_volume(stowed_volume, lunar_mass_share):
    """Volume of a stack's folded nodes that its launch carries, what comes from the Moon as dense as the rest.

    Source: definition.
    """
    return stowed_volume * (1 - lunar_mass_share)
