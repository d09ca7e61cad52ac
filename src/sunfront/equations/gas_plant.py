"""A combined-cycle gas plant at the site instead of the grid."""

from sunfront.equation import equation


@equation("USD/kW")
def power_plant_specific_cost(gas_plant_specific_cost, gas_plant_reserve):
    """Price of the plant per load served, including its reserve.

    Source: definition.
    """
    return gas_plant_specific_cost * (1 + gas_plant_reserve)


@equation("USD/MWh")
def electricity_price(gas_heat_rate, gas_price, gas_plant_variable_cost):
    """Cost of fuel and operation per electric energy.

    Source: definition.
    """
    return gas_heat_rate * gas_price + gas_plant_variable_cost


@equation("kg/MWh")
def emission_factor(gas_heat_rate, gas_carbon_content):
    """Carbon dioxide emitted per electric energy.

    Source: definition.
    """
    return gas_heat_rate * gas_carbon_content
