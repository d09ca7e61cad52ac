"""Capital, revenue and return of the fleet. Flows are continuous; closed forms, exact for constant rates.

Present values are of the time of the decision, each stack's own. Its capital is spent time_to_power later; service
starts after deployment_delay and lasts service_life. The price of compute falls with the calendar from the first
decision on; accelerators are lost from the start of service, and replacement_share of them is replaced as they are
lost, at the first price. What a node's parts cost is the architecture's affair.
"""

from sunfront.equation import equation, exp, mean_decay, quotient_or_infinity


@equation("MUSD")
def compute_capex(stacks, accelerators, accelerator_price):
    """Price of the fleet's accelerators.

    Source: definition.
    """
    return stacks * accelerators * accelerator_price


@equation("MUSD")
def node_capex(power_capex, cooling_capex, structure_capex):
    """Price of the fleet's nodes without their accelerators.

    Source: sum of the parts.
    """
    return power_capex + cooling_capex + structure_capex


@equation("MUSD")
def insurance_cost(compute_capex, node_capex, transport_capex, insurance_rate):
    """Insurance of hardware and transport.

    Source: definition.
    """
    return (compute_capex + node_capex + transport_capex) * insurance_rate


@equation("MUSD")
def capex(compute_capex, node_capex, transport_capex, insurance_cost):
    """Capital of the fleet: accelerators, nodes, transport to their place, insurance.

    Source: sum of the parts.
    """
    return compute_capex + node_capex + transport_capex + insurance_cost


@equation("USD/kW")
def capital_intensity(capex, fleet_it_power):
    """Capital per IT power.

    Source: definition.
    """
    return capex / fleet_it_power


@equation("MUSD")
def annual_revenue(sold_power, price_in_service, price_decline_rate, fleet_decline_rate, year):
    """Revenue of the first full year of service.

    Source: integral of the declining revenue over one year.
    """
    return sold_power * price_in_service * year * mean_decay((price_decline_rate + fleet_decline_rate) * year)


@equation("MUSD")
def annual_upkeep(capex, opex_rate, year):
    """Cost of one year of operation and maintenance, energy apart.

    Source: share of capital; McCalip 2025.
    """
    return capex * opex_rate * year


@equation("MUSD")
def annual_replacement(replacement_capex, attrition_rate, replacement_share, fleet_decline_rate, year):
    """Cost of replacing what is lost in the first full year of service.

    Source: integral of the losses that are replaced, over one year.
    """
    return replacement_capex * attrition_rate * replacement_share * year * mean_decay(fleet_decline_rate * year)


@equation("%")
def roi(annual_revenue, annual_opex, annual_replacement, capex):
    """Return on investment: operating profit of the first full year over capital.

    Source: definition.
    """
    return (annual_revenue - annual_opex - annual_replacement) / capex


@equation("year", may_be_infinite=True)
def payback_time(capex, annual_revenue, annual_opex, annual_replacement, year):
    """Simple payback: capital over the operating profit of the first full year; infinite without a profit.

    Source: definition.
    """
    return year * quotient_or_infinity(capex, annual_revenue - annual_opex - annual_replacement)


@equation("1")
def capital_discount(discount_force, time_to_power):
    """Present value of a dollar of capital.

    Source: discount factor; Kellison, The Theory of Interest, 3rd ed., ch. 1.
    """
    return exp(-discount_force * time_to_power)


@equation("year")
def discounted_service(discount_force, time_to_power, deployment_delay, service_life):
    """Present value of a dollar a year through the service.

    Source: continuous annuity, Kellison, 3rd ed., ch. 4.
    """
    start = exp(-discount_force * (time_to_power + deployment_delay))
    return start * service_life * mean_decay(discount_force * service_life)


@equation("year")
def discounted_capacity(discount_force, fleet_decline_rate, time_to_power, deployment_delay, service_life):
    """Present value of a dollar a year through the service that falls with the fleet's compute.

    Source: as discounted_service.
    """
    start = exp(-discount_force * (time_to_power + deployment_delay))
    return start * service_life * mean_decay((discount_force + fleet_decline_rate) * service_life)


@equation("1")
def node_capital_share(
    capital_discount, node_residual_share, discount_force, time_to_power, deployment_delay, service_life
):
    """Present value of a dollar spent on nodes, less what they are still worth when their accelerators retire.

    Source: residual value, discounted.
    """
    retirement = time_to_power + deployment_delay + service_life
    return capital_discount - node_residual_share * exp(-discount_force * retirement)


@equation("MUSD")
def present_value_of_revenue(
    sold_power,
    price_in_service,
    price_decline_rate,
    fleet_decline_rate,
    discount_force,
    time_to_power,
    deployment_delay,
    service_life,
):
    """Revenue of the whole life, discounted.

    Source: as discounted_service, the revenue declining.
    """
    at_start = sold_power * price_in_service * exp(-discount_force * (time_to_power + deployment_delay))
    decay = price_decline_rate + fleet_decline_rate + discount_force
    return at_start * service_life * mean_decay(decay * service_life)


@equation("MUSD")
def present_value_of_replacement(replacement_capex, attrition_rate, replacement_share, discounted_capacity):
    """Replacement of the losses of the whole life, discounted.

    Losses are a share of what is in service: with the fleet they fall, unless all of them are replaced.

    Source: as discounted_capacity.
    """
    return replacement_capex * attrition_rate * replacement_share * discounted_capacity


@equation("MUSD")
def present_value_of_cost(
    capex,
    node_capex,
    annual_opex,
    present_value_of_replacement,
    capital_discount,
    node_capital_share,
    discounted_service,
    year,
):
    """Capital, and the operation and replacements of the whole life, discounted.

    Source: sum of present values.
    """
    capital = (capex - node_capex) * capital_discount + node_capex * node_capital_share
    return capital + annual_opex * (discounted_service / year) + present_value_of_replacement


@equation("MUSD")
def npv(present_value_of_revenue, present_value_of_cost):
    """Net present value of the fleet.

    Source: definition.
    """
    return present_value_of_revenue - present_value_of_cost


@equation("%")
def lifetime_roi(present_value_of_revenue, present_value_of_cost):
    """Net present value over the present value of all cost.

    Source: definition.
    """
    return (present_value_of_revenue - present_value_of_cost) / present_value_of_cost


@equation("GWh")
def discounted_energy(sold_power, discounted_capacity):
    """IT energy sold over the whole life, discounted.

    Source: definition.
    """
    return sold_power * discounted_capacity


@equation("USD/kWh")
def compute_cost(present_value_of_cost, discounted_energy):
    """Levelised cost of IT energy: the constant price at which the net present value is zero.

    Source: levelised cost, IEA/NEA, Projected Costs of Generating Electricity 2020, ch. 2.
    """
    return present_value_of_cost / discounted_energy


@equation("USD/hour")
def accelerator_hour_cost(compute_cost, accelerator_power):
    """Levelised cost of one accelerator at work for one hour.

    Source: definition.
    """
    return compute_cost * accelerator_power


@equation("USD/kW")
def infrastructure_intensity(capex, compute_capex, insurance_rate, fleet_it_power):
    """Capital per IT power with the accelerators outside the boundary, as published comparisons draw it.

    Source: definition; the accelerators' insurance is left out with them.
    """
    return (capex - compute_capex * (1 + insurance_rate)) / fleet_it_power


@equation("USD/Mtoken")
def token_cost(compute_cost, tokens_per_energy):
    """Levelised cost of tokens.

    Source: definition.
    """
    return compute_cost / tokens_per_energy
