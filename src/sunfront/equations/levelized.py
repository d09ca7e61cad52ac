"""The elements of the cost of compute. Those of an architecture add up to compute_cost."""

from sunfront.equation import SIGNED, equation


@equation("USD/kWh")
def levelized_accelerators(compute_capex, capital_discount, accelerator_residual_value, discounted_energy):
    """Part of compute_cost spent on the first accelerators, less what all of them are sold for when they retire.

    Source: as compute_cost.
    """
    return compute_capex * (capital_discount - accelerator_residual_value) / discounted_energy


@equation("USD/kWh")
def levelized_power(power_capex, capital_discount, node_residual_value, discounted_energy):
    """Part of compute_cost spent on power: arrays, plants, their electronics and storage.

    Source: as compute_cost.
    """
    return power_capex * (capital_discount - node_residual_value) / discounted_energy


@equation("USD/kWh")
def levelized_cooling(cooling_capex, capital_discount, node_residual_value, discounted_energy):
    """Part of compute_cost spent on cooling.

    Source: as compute_cost.
    """
    return cooling_capex * (capital_discount - node_residual_value) / discounted_energy


@equation("USD/kWh")
def levelized_structure(structure_capex, capital_discount, node_residual_value, discounted_energy):
    """Part of compute_cost spent on structure: bus and shield, or building.

    Source: as compute_cost.
    """
    return structure_capex * (capital_discount - node_residual_value) / discounted_energy


@equation("USD/kWh")
def levelized_transport(transport_capex, capital_discount, discounted_energy):
    """Part of compute_cost spent on transport to the destination.

    Source: as compute_cost.
    """
    return transport_capex * capital_discount / discounted_energy


@equation("USD/kWh", within=SIGNED)
def levelized_insurance(insurance_cost, capital_discount, present_value_of_claims, discounted_energy):
    """Part of compute_cost spent on insurance, less what the insurers are expected to pay.

    Source: as compute_cost.
    """
    return (insurance_cost * capital_discount - present_value_of_claims) / discounted_energy


@equation("USD/kWh")
def levelized_upkeep(annual_upkeep, discounted_service, year, discounted_energy):
    """Part of compute_cost spent on operation and maintenance without energy.

    Source: as compute_cost.
    """
    return annual_upkeep * (discounted_service / year) / discounted_energy


@equation("USD/kWh")
def levelized_replacement(present_value_of_replacement, discounted_energy):
    """Part of compute_cost spent on replacing losses.

    Source: as compute_cost.
    """
    return present_value_of_replacement / discounted_energy


@equation("USD/kWh")
def levelized_refresh(present_value_of_refresh, discounted_energy):
    """Part of compute_cost spent on exchanging accelerators.

    Source: as compute_cost.
    """
    return present_value_of_refresh / discounted_energy


@equation("USD/kWh")
def levelized_development(development_cost, development_discount, discounted_energy):
    """Part of compute_cost spent on development and the first ground segment.

    Source: as compute_cost.
    """
    return development_cost * development_discount / discounted_energy


@equation("USD/kWh")
def levelized_fixed(annual_fixed_cost, programme_time, year, discounted_energy):
    """Part of compute_cost spent on operation that does not grow with the fleet.

    Source: as compute_cost.
    """
    return annual_fixed_cost * (programme_time / year) / discounted_energy


@equation("USD/kWh", within=SIGNED)
def levelized_debt(present_value_of_debt, discounted_energy):
    """Part of compute_cost spent on a loan beyond what it brings; negative if the loan costs less than capital.

    Source: as compute_cost.
    """
    return present_value_of_debt / discounted_energy


@equation("USD/kWh", within=SIGNED)
def levelized_tax(
    present_value_of_cost, present_value_of_debt, present_value_of_deductions, tax_rate, discounted_energy
):
    """Part of compute_cost spent on tax: that on what the price must bring beyond what is deducted.

    Source: as compute_cost.
    """
    taxed = present_value_of_cost + present_value_of_debt - present_value_of_deductions
    return taxed * (tax_rate / (1 - tax_rate)) / discounted_energy
