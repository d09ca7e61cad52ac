"""Radiator tubes punctured by small debris: armor and valves. LOW CONFIDENCE, as debris.

A puncture drains one segment of the coolant loop between two valves, not the node: radiators are built for the share
of segments that survives to the end of life. So armor, which lowers the rate, and valves, which lower the loss, are
choices of mass (radiator_areal_mass); rates depend on no amount of hardware, so that studies stay linear.
"""

from sunfront.equation import SHARE, SIGNED, equation, exp


@equation("mm")
def puncturing_diameter(
    tube_wall,
    debris_impact_velocity,
    wall_sound_speed,
    wall_brinell_hardness,
    debris_wall_density_ratio,
    crater_unit,
):
    """Diameter of the smallest aluminum debris that perforates the wall of a radiator tube.

    Source: Cour-Palais for one aluminum wall, perforated at 1.8 crater depths, NASA TM-2009-214785; in centimeters,
    crater = 5.24 d^(19/18) BHN^(-1/4) (density ratio)^(1/2) (v / c)^(2/3).
    """
    speed = (debris_impact_velocity / wall_sound_speed) ** (2 / 3)
    depth = 5.24 * wall_brinell_hardness**-0.25 * debris_wall_density_ratio**0.5 * speed
    return crater_unit * (tube_wall / crater_unit / (1.8 * depth)) ** (18 / 19)


@equation("1/m^2/year")
def puncture_flux(
    debris_altitude_factor, small_debris_mean_flux, puncturing_diameter, small_debris_diameter, debris_size_slope
):
    """Flux of debris that perforates a tube: by altitude as debris_flux, by size as a power law.

    Source: counts of ESA's Space Environment Report by size; Kessler & Cour-Palais 1978, J. Geophys. Res. 83:2637.
    """
    share = (puncturing_diameter / small_debris_diameter) ** -debris_size_slope
    return small_debris_mean_flux * debris_altitude_factor * share


@equation("1", within=SHARE)
def radiator_remaining_share(puncture_flux, tube_area_share, loop_segment_area, host_service):
    """Share of the radiator's segments without a puncture at the end of life.

    Source: Poisson process.
    """
    return exp(-puncture_flux * tube_area_share * loop_segment_area * host_service)


@equation("kW", within=SIGNED)
def heat_rejection(radiator_area, radiator_net_flux, radiator_remaining_share):
    """Heat that a stack's radiators reject at radiator_temperature at the end of life.

    Source: definition.
    """
    return radiator_area * radiator_net_flux * radiator_remaining_share
