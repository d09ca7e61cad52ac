"""Cost of a fleet that is launched: transport by launch, operation, replacement by new launches."""

from sunfront.equation import SHARE, equation, exp


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


@equation("1", within=SHARE)
def lost_node_share(node_attrition_rate, avoidance_loss_rate, replacement_share, service_life):
    """Share of the nodes that is lost, and not replaced, during the life of one generation of accelerators.

    Source: exponential survival.
    """
    return 1 - exp(-(node_attrition_rate * (1 - replacement_share) + avoidance_loss_rate) * service_life)


@equation("1")
def exchange_launches(stacks, accelerators, accelerator_mass, delivered_payload, lost_node_share):
    """Launches, by mass, that carry a new generation of accelerators to the nodes that are left.

    Source: definition.
    """
    return stacks * accelerators * accelerator_mass * ((1 - lost_node_share) / delivered_payload)


@equation("MUSD")
def refresh_capex(
    compute_capex, node_capex, transport_capex, insurance_cost, lost_node_share, exchange_launches, launch_price
):
    """Cost of the next generation: new accelerators, their launches, and new nodes for those that were lost.

    The exchange itself costs nothing here, so it is for places where people or robots are at hand.

    Source: definition; each generation begins with the whole fleet.
    """
    lost = (node_capex + transport_capex + insurance_cost) * lost_node_share
    return compute_capex + lost + exchange_launches * launch_price
