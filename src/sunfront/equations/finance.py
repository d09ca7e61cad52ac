"""Capital, revenue and return of the fleet: continuous flows in closed form, exact for constant rates.

Present values refer to the time of the decision for each stack. Capital is spent time_to_power later; service starts
deployment_delay after that and lasts service_life. The price of compute falls with calendar time from the first
decision on. Accelerators are lost from the start of service on, and replacement_share of them is replaced as they are
lost, at the initial price. The architecture defines the cost of a node's parts.
"""

from sunfront.equation import SIGNED, equation, exp, mean_decay, quotient_or_infinity


@equation("MUSD")
def compute_capex(stacks, accelerators, accelerator_price):
    """Price of the fleet's accelerators.

    Source: definition.
    """
    return stacks * accelerators * accelerator_price


@equation("MUSD")
def capex(compute_capex, node_capex, transport_capex, insurance_cost, development_cost):
    """Capital cost of the fleet: accelerators, nodes, transport, insurance and development.

    Source: sum of the parts.
    """
    return compute_capex + node_capex + transport_capex + insurance_cost + development_cost


@equation("USD/kW")
def capital_intensity(capex, fleet_it_power):
    """Capital cost per IT power.

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
def annual_replacement(replacement_capex, attrition_rate, replacement_share, fleet_decline_rate, year):
    """Cost of replacing losses in the first full year of service.

    Source: integral of the replaced losses over one year.
    """
    return replacement_capex * attrition_rate * replacement_share * year * mean_decay(fleet_decline_rate * year)


@equation("%", within=SIGNED)
def roi(annual_revenue, annual_opex, annual_replacement, capex):
    """Return on investment: operating profit of the first full year over capital cost.

    Source: definition.
    """
    return (annual_revenue - annual_opex - annual_replacement) / capex


@equation("year", may_be_infinite=True)
def payback_time(capex, annual_revenue, annual_opex, annual_replacement, year):
    """Simple payback time: capital cost over operating profit of the first full year; infinite without a profit.

    Source: definition.
    """
    return year * quotient_or_infinity(capex, annual_revenue - annual_opex - annual_replacement)


@equation("1")
def capital_discount(discount_force, time_to_power):
    """Present value of one dollar of capital.

    Source: discount factor; Kellison, The Theory of Interest, 3rd ed., ch. 1.
    """
    return exp(-discount_force * time_to_power)


@equation("year")
def discounted_service(discount_force, time_to_power, deployment_delay, service_life):
    """Present value of one dollar per year during the service life.

    Source: continuous annuity, Kellison, 3rd ed., ch. 4.
    """
    start = exp(-discount_force * (time_to_power + deployment_delay))
    return start * service_life * mean_decay(discount_force * service_life)


@equation("year")
def discounted_capacity(discount_force, fleet_decline_rate, time_to_power, deployment_delay, service_life):
    """Present value of one dollar per year during the service life that declines with the fleet's compute.

    Source: as discounted_service.
    """
    start = exp(-discount_force * (time_to_power + deployment_delay))
    return start * service_life * mean_decay((discount_force + fleet_decline_rate) * service_life)


@equation("1")
def node_capital_share(
    capital_discount, node_residual_share, discount_force, time_to_power, deployment_delay, service_life
):
    """Present value of one dollar spent on nodes, minus their residual value when the accelerators retire.

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
    """Present value of the revenue over the service life.

    Source: as discounted_service, with declining revenue.
    """
    at_start = sold_power * price_in_service * exp(-discount_force * (time_to_power + deployment_delay))
    decay = price_decline_rate + fleet_decline_rate + discount_force
    return at_start * service_life * mean_decay(decay * service_life)


@equation("MUSD")
def present_value_of_replacement(replacement_capex, attrition_rate, replacement_share, discounted_capacity):
    """Present value of replacing losses over the service life.

    Losses are a share of the hardware in service, so they fall with the fleet unless all of them are replaced.

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
    """Present value of capital, operation and replacements over the service life.

    Source: sum of present values.
    """
    capital = (capex - node_capex) * capital_discount + node_capex * node_capital_share
    return capital + annual_opex * (discounted_service / year) + present_value_of_replacement


@equation("MUSD", within=SIGNED)
def npv(present_value_of_revenue, present_value_of_cost):
    """Net present value of the fleet.

    Source: definition.
    """
    return present_value_of_revenue - present_value_of_cost


@equation("%", within=SIGNED)
def lifetime_roi(present_value_of_revenue, present_value_of_cost):
    """Net present value over the present value of all cost.

    Source: definition.
    """
    return (present_value_of_revenue - present_value_of_cost) / present_value_of_cost


@equation("GWh")
def discounted_energy(sold_power, discounted_capacity):
    """IT energy sold over the service life, discounted.

    Source: definition.
    """
    return sold_power * discounted_capacity


@equation("USD/kWh")
def compute_cost(present_value_of_cost, discounted_energy):
    """Levelized cost of IT energy: the constant price at which the net present value is zero.

    Source: levelized cost, IEA/NEA, Projected Costs of Generating Electricity 2020, ch. 2.
    """
    return present_value_of_cost / discounted_energy


@equation("USD/hour")
def accelerator_hour_cost(compute_cost, accelerator_power):
    """Levelized cost of one hour of one accelerator in use.

    Source: definition.
    """
    return compute_cost * accelerator_power


@equation("USD/kW")
def infrastructure_intensity(capex, compute_capex, insurance_rate, fleet_it_power):
    """Capital cost per IT power without accelerators, the boundary of published comparisons.

    Source: definition; the accelerators' insurance is excluded too.
    """
    return (capex - compute_capex * (1 + insurance_rate)) / fleet_it_power


@equation("USD/Mtoken")
def token_cost(compute_cost, tokens_per_energy):
    """Levelized cost of tokens.

    Source: definition.
    """
    return compute_cost / tokens_per_energy
