"""Heat rejection from the packages to space.

Parameters define the radiator's attitude: how many faces radiate, how many face down to the Earth, how many are edge-on
to it, and the share of sunlight that falls on them. The base case is steered edge-on to the Sun with one face down;
presets define others. The satellite's own array fills a share of the view of each face.
"""

from sunfront.equation import SHARE, SIGNED, equation, fourth_power, fourth_root


def earth_views(nadir_faces, edge_faces, radius_ratio, edge_view):
    """View factors of all faces to the Earth: (R/r)² of each that looks down, edge_view of each edge-on to it."""
    return nadir_faces * radius_ratio**2 + edge_faces * edge_view


@equation("K")
def sink_temperature(
    earth_infrared_flux,
    earth_radius,
    orbital_radius,
    earth_view_factor,
    radiator_nadir_faces,
    radiator_edge_faces,
    solar_constant,
    reflected_sunlight,
    radiator_sun_incidence,
    radiator_solar_absorptance,
    radiator_emissivity,
    radiator_sides,
    radiator_array_view,
    array_emissivity_back,
    array_temperature,
    stefan_boltzmann,
):
    """Temperature of black surroundings that would heat the radiator as the Earth, the Sun and its own array do.

    The view factor to the Earth is (R/r)² for a face that looks down, and earth_view_factor for one edge-on to the
    Earth. All radiating faces share the absorbed heat. Of the array, what it emits counts, not what it reflects. It
    hides no part of the Earth. The heat of the radiator on the array, which warms it by 1 to 2 K, is left out.

    Source: Gilmore, Spacecraft Thermal Control Handbook, vol. 1, 2nd ed., ch. 2.
    """
    views = earth_views(radiator_nadir_faces, radiator_edge_faces, earth_radius / orbital_radius, earth_view_factor)
    sunlight = solar_constant * radiator_sun_incidence + reflected_sunlight * views
    array = radiator_array_view * array_emissivity_back * stefan_boltzmann * fourth_power(array_temperature)
    from_earth_and_sun = earth_infrared_flux * views + sunlight * radiator_solar_absorptance / radiator_emissivity
    absorbed = from_earth_and_sun + radiator_sides * array
    return fourth_root(absorbed / (radiator_sides * stefan_boltzmann))


@equation("1")
def fin_conduction(
    radiator_sides,
    radiator_emissivity,
    stefan_boltzmann,
    radiator_temperature,
    fin_length,
    fin_conductivity,
    fin_thickness,
):
    """Ratio of radiation to conduction in a fin from its root to its middle.

    Source: Gilmore, vol. 1, 2nd ed., ch. 6; the parameter of the radiating-fin equation.
    """
    radiated = radiator_sides * radiator_emissivity * stefan_boltzmann * radiator_temperature**3 * fin_length**2
    return radiated / (fin_conductivity * fin_thickness)


@equation("1", within=SHARE, valid={"fin_conduction": ("0.02", "3")})
def fin_efficiency(fin_conduction, fin_efficiency_fit):
    """Heat that the fins radiate relative to fins at the temperature of their root.

    Source: fit of the boundary value problem of a fin that radiates to a cold sink, 8e-4; with a sink of 205 K and a
    root of 330 K it is lower by 0.1 % at a fin_conduction of 0.1 and by 2 % at 1. The usual tanh form errs up to 16 %.
    """
    a, b, c = fin_efficiency_fit
    return (1 + a * fin_conduction + b * fin_conduction**2) ** -c


@equation("W/m^2")
def black_body_flux(radiator_temperature, radiator_sides, stefan_boltzmann):
    """Heat that a black radiator emits per planform area: no radiator at this temperature rejects more.

    Source: Stefan-Boltzmann law.
    """
    return radiator_sides * stefan_boltzmann * fourth_power(radiator_temperature)


@equation("W/m^2", within=("-inf", "black_body_flux"))
def radiator_net_flux(
    radiator_temperature,
    sink_temperature,
    radiator_emissivity,
    radiator_sides,
    fin_efficiency,
    stefan_boltzmann,
):
    """Net heat rejected per radiator planform area.

    The temperature is that of the fins' root, to which their efficiency refers.

    Source: Stefan-Boltzmann law; Gilmore, vol. 1, 2nd ed., ch. 6.
    """
    black = stefan_boltzmann * (fourth_power(radiator_temperature) - fourth_power(sink_temperature))
    return radiator_sides * fin_efficiency * radiator_emissivity * black


@equation("kW", within=SIGNED)
def heat_rejection(radiator_area, radiator_net_flux):
    """Heat that a stack's radiators reject at radiator_temperature.

    Source: definition.
    """
    return radiator_area * radiator_net_flux


@equation("kW", within=SIGNED)
def thermal_margin(heat_rejection, heat_load):
    """Heat rejection of a stack's radiators minus its heat load.

    Source: definition.
    """
    return heat_rejection - heat_load


@equation("K")
def package_base_temperature(radiator_temperature, loop_temperature_drop, coolant_temperature_rise):
    """Temperature at the base of the packages: fin root, plus the drop in the loop, plus half the coolant's rise.

    Source: series thermal resistances; Gilmore, vol. 1, 2nd ed., ch. 8.
    """
    return radiator_temperature + loop_temperature_drop + coolant_temperature_rise / 2
