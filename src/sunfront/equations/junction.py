"""Temperature of the hottest junction, from the temperature at the base of the packages."""

from sunfront.equation import SIGNED, equation


@equation("K")
def junction_temperature(package_base_temperature, accelerator_package_power, accelerator_thermal_resistance):
    """Temperature of the hottest junction.

    Source: series thermal resistances; Gilmore, Spacecraft Thermal Control Handbook, vol. 1, 2nd ed., ch. 8.
    """
    return package_base_temperature + accelerator_package_power * accelerator_thermal_resistance


@equation("delta_degC", within=SIGNED)
def junction_margin(junction_temperature_limit, junction_temperature):
    """Temperature limit of the junction minus the junction temperature.

    Source: definition.
    """
    return junction_temperature_limit - junction_temperature
