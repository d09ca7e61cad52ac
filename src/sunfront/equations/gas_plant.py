"""A combined-cycle gas plant at the site, in place of the grid."""

from sunfront.equation import equation


@equation("USD/kW")
def power_plant_specific_cost(gas_plant_specific_cost, gas_plant_reserve):
    """Price of the plant per load that it carries, its reserve included.

    Source: definition.
    """
    return gas_plant_specific_cost * (1 + gas_plant_reserve)


@equation("USD/MWh")
def electricity_price(gas_heat_rate, gas_price, gas_plant_variable_cost):
    """Fuel and operation of the plant per electricity.

    Source: definition.
    """
    return gas_heat_rate * gas_price + gas_plant_variable_cost


@equation("kg/MWh")
def emission_factor(gas_heat_rate, gas_carbon_content):
    """Carbon dioxide per electricity.

    Source: definition.
    """
    return gas_heat_rate * gas_carbon_content
