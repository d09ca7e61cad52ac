"""Chips distributed over the solar sheet without a bus: the sheet is array, radiator and board.

All sunlight that the sheet absorbs leaves it as heat from both faces, whether it passed through a chip or not. A chip
adds a temperature rise, because its heat must spread from its footprint into the sheet. Chips can have any size: price,
mass and boards are proportional to their power; the temperature rise in the package is constant.
"""

from math import pi

from sunfront.equation import SIGNED, equation, log


@equation("kW")
def accelerator_power(chip_power, chip_overhead):
    """Power of one chip including its share of memory, network and boards.

    Source: definition.
    """
    return chip_power * (1 + chip_overhead)


@equation("W")
def accelerator_package_power(chip_power):
    """Heat dissipated through one package.

    Source: definition.
    """
    return chip_power


@equation("USD")
def accelerator_price(accelerator_power, chip_specific_price):
    """Price of one chip with its board.

    Source: accelerators of all generations cost about the same per power.
    """
    return accelerator_power * chip_specific_price


@equation("kg")
def accelerator_mass(accelerator_power, board_specific_mass):
    """Mass of one chip with its board.

    Source: definition.
    """
    return accelerator_power * board_specific_mass


@equation("K/W")
def accelerator_thermal_resistance(package_temperature_rise, chip_power):
    """Thermal resistance from junction to sheet, inversely proportional to die area: the same rise for every chip size.

    Source: definition.
    """
    return package_temperature_rise / chip_power


@equation("cm^2")
def chip_footprint(accelerator_package_power, package_heat_flux):
    """Area of one package on the sheet.

    Source: definition.
    """
    return accelerator_package_power / package_heat_flux


@equation("m^2")
def shielded_area_per_accelerator(chip_footprint, shield_rim):
    """Area of the spot shield of one chip: a square with a rim on each side of the sheet, in front under the cells.

    Source: geometry.
    """
    return 2 * (chip_footprint**0.5 + 2 * shield_rim) ** 2


@equation("m^2")
def chip_cell_area(
    accelerator_power,
    power_conversion_loss,
    array_power_density,
    array_remaining_power,
    aphelion_flux_ratio,
    array_pointing,
):
    """Sheet area that powers one chip at the end of life and takes its heat.

    Source: energy balance.
    """
    yielded = array_power_density * array_remaining_power * aphelion_flux_ratio * array_pointing
    return accelerator_power * (1 + power_conversion_loss) / yielded


@equation("kg/m^2", within=SIGNED)
def sheet_margin(sheet_areal_mass, sheet_least_areal_mass):
    """Areal mass of the sheet minus the least that its material allows.

    Source: definition.
    """
    return sheet_areal_mass - sheet_least_areal_mass


@equation("W/K")
def sheet_conductance(sheet_specific_conductivity, sheet_areal_mass):
    """Thermal conductivity of the sheet times its thickness.

    Source: definition.
    """
    return sheet_specific_conductivity * sheet_areal_mass


@equation("1/m")
def sheet_fin_parameter(
    array_emissivity_front, array_emissivity_back, stefan_boltzmann, array_temperature, sheet_conductance
):
    """Inverse of the decay length of a temperature rise in the sheet with both faces radiating.

    Source: fin equation; Gilmore, vol. 1, 2nd ed., ch. 6.
    """
    radiated = 4 * (array_emissivity_front + array_emissivity_back) * stefan_boltzmann * array_temperature**3
    return (radiated / sheet_conductance) ** 0.5


@equation("1")
def chip_fin_number(sheet_fin_parameter, chip_footprint):
    """Radius of the chip's footprint in decay lengths of the sheet.

    Source: definition.
    """
    return sheet_fin_parameter * (chip_footprint / pi) ** 0.5


@equation("1")
def cell_fin_number(sheet_fin_parameter, chip_cell_area):
    """Radius of the sheet area of one chip in decay lengths of the sheet.

    Source: definition.
    """
    return sheet_fin_parameter * (chip_cell_area / pi) ** 0.5


@equation("delta_degC", valid={"chip_fin_number": ("0.002", "1.2"), "cell_fin_number": ("0.015", "30")})
def spreading_temperature_rise(
    accelerator_package_power, sheet_conductance, chip_fin_number, cell_fin_number, sheet_spreading_fit
):
    """Temperature rise of the sheet under a chip above the sheet's mean.

    The chip is an isothermal disc. Its cell is a disc with an adiabatic edge that uniformly supplies the power that the
    chip dissipates. Valid for cell radii of at least three footprint radii.

    Source: linear fin equation in Bessel functions; fit 3.4 %. For small cells: P / (2 pi k t) (ln(R / r) - 3/4).
    """
    a, b, c, d, e, f, g, h, i = sheet_spreading_fit
    x, y, u = chip_fin_number, cell_fin_number, chip_fin_number / cell_fin_number
    across = a / y**2 + b / y + c + h / y**0.5
    near = 1 + d * u + e * u**2 + g * x + i * x**2
    return accelerator_package_power / (4 * pi * sheet_conductance) * log(1 + 1 / (x**2 * across * near + f * x**3))


@equation("K")
def package_base_temperature(array_temperature, spreading_temperature_rise):
    """Temperature at the base of the packages: that of the sheet under them.

    Source: sum.
    """
    return array_temperature + spreading_temperature_rise


@equation("kg")
def sheet_mass(array_area, sheet_areal_mass):
    """Mass of a stack's heat-spreading sheets.

    Source: definition.
    """
    return array_area * sheet_areal_mass


@equation("kg/m^2")
def spread_areal_mass(
    array_areal_mass,
    array_packing,
    cell_added_mass,
    sheet_areal_mass,
    accelerator_mass,
    shielded_area_per_accelerator,
    shield_thickness,
    shield_density,
    chip_cell_area,
):
    """Mass per area that is spread over the span: array and sheet, and chips with their shields.

    Source: sum of the parts.
    """
    chip = accelerator_mass + shielded_area_per_accelerator * shield_thickness * shield_density
    return array_areal_mass + array_packing * cell_added_mass + sheet_areal_mass + chip / chip_cell_area


@equation("kg")
def subsystem_mass(array_mass, sheet_mass, power_electronics_mass, battery_mass, shield_mass):
    """Mass of a stack's arrays, sheets, power electronics, batteries and shields.

    Source: sum of the parts.
    """
    return array_mass + sheet_mass + power_electronics_mass + battery_mass + shield_mass


@equation("MUSD")
def cooling_value(stacks, sheet_mass, sheet_specific_price):
    """Value of the fleet's heat-spreading sheets at the prices of a run of node_learning_value.

    Source: price per mass.
    """
    return stacks * sheet_mass * sheet_specific_price


@equation("W/m^2")
def sheet_it_power_density(accelerator_power, chip_cell_area):
    """IT power per sheet area.

    Source: definition.
    """
    return accelerator_power / chip_cell_area
