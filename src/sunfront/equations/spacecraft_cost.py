"""Cost of a fleet that is launched: transport by launch, operation, replacement by new launches."""

from sunfront.equation import equation


@equation("MUSD")
def transport_capex(stacks, launch_price, launch_share_paid):
    """Price of the campaign's launches.

    Source: definition.
    """
    return stacks * launch_price * launch_share_paid


@equation("MUSD")
def annual_opex(annual_upkeep, annual_fixed_cost):
    """Cost of one year of operation: upkeep and what does not grow with the fleet; sunlight is free.

    Source: sum of the parts.
    """
    return annual_upkeep + annual_fixed_cost


@equation("MUSD")
def replacement_capex(compute_capex, node_capex, transport_capex, insurance_cost):
    """Cost of replacing the whole fleet: nodes, accelerators, transport and insurance, without new development.

    Failed accelerators are not exchanged in orbit; new nodes replace them.

    Source: sum of the parts.
    """
    return compute_capex + node_capex + transport_capex + insurance_cost


@equation("MUSD")
def refresh_capex(compute_capex, stacks, accelerators, accelerator_mass, launch_price, delivered_payload):
    """Cost of new accelerators for all nodes, carried by further launches at their price per mass.

    The exchange itself costs nothing here, so it is for places where people or robots are at hand.

    Source: definition.
    """
    return compute_capex + stacks * accelerators * accelerator_mass * (launch_price / delivered_payload)
