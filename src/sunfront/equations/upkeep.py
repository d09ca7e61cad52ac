"""Upkeep by element; neither launches nor premiums need any."""

from sunfront.equation import equation


@equation("MUSD")
def annual_upkeep(node_capex, opex_rate, compute_capex, accelerator_upkeep_rate, year):
    """Cost of one year of operation and maintenance without energy: of nodes and of accelerators.

    Source: share of the price of the hardware; McCalip 2025.
    """
    return (node_capex * opex_rate + compute_capex * accelerator_upkeep_rate) * year
