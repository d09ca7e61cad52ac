"""Capital, revenue and return of the fleet. Flows are continuous; closed forms, exact for constant rates.

Each launch has its own time zero, when its capital is spent: present values are of that time. Service starts after
deployment_delay and lasts service_life. The price of compute falls with the calendar, from the campaign's start on;
accelerators are lost from the start of service.
"""

from sunfront.equation import equation
from sunfront.xmath import exp, mean_decay, quotient_or_infinity


@equation("MUSD")
def compute_capex(launches, accelerators, accelerator_price):
    """Price of the fleet's accelerators.

    Source: definition.
    """
    return launches * accelerators * accelerator_price


@equation("MUSD")
def node_capex(launches, platform_mass, node_specific_cost):
    """Price of the fleet's nodes without their accelerators.

    Source: cost per dry mass; McCalip 2025, Starlink v1.5.
    """
    return launches * platform_mass * node_specific_cost


@equation("MUSD")
def launch_capex(launches, launch_price):
    """Price of the campaign's launches.

    Source: definition.
    """
    return launches * launch_price


@equation("MUSD")
def insurance_cost(compute_capex, node_capex, launch_capex, insurance_rate):
    """Insurance of hardware and launch.

    Source: definition.
    """
    return (compute_capex + node_capex + launch_capex) * insurance_rate


@equation("MUSD")
def capex(compute_capex, node_capex, launch_capex, insurance_cost):
    """Capital of the fleet: accelerators, nodes, launches, insurance.

    Source: definition.
    """
    return compute_capex + node_capex + launch_capex + insurance_cost


@equation("USD/kW")
def capital_intensity(capex, fleet_it_power):
    """Capital per IT power.

    Source: definition.
    """
    return capex / fleet_it_power


@equation("MUSD")
def annual_revenue(sold_power, price_in_service, price_decline_rate, attrition_rate, year):
    """Revenue of the first full year of service.

    Source: integral of the declining revenue over one year.
    """
    return sold_power * price_in_service * year * mean_decay((price_decline_rate + attrition_rate) * year)


@equation("MUSD")
def annual_opex(capex, opex_rate, year):
    """Cost of one year of operation.

    Source: share of capital; McCalip 2025.
    """
    return capex * opex_rate * year


@equation("1")
def roi(annual_revenue, annual_opex, capex):
    """Return on investment: operating profit of the first full year over capital.

    Source: definition.
    """
    return (annual_revenue - annual_opex) / capex


@equation("year", never=True)
def payback_time(capex, annual_revenue, annual_opex, year):
    """Simple payback: capital over the operating profit of the first full year; infinite without a profit.

    Source: definition.
    """
    return year * quotient_or_infinity(capex, annual_revenue - annual_opex)


@equation("MUSD")
def present_value_of_revenue(
    sold_power,
    price_in_service,
    price_decline_rate,
    attrition_rate,
    discount_force,
    deployment_delay,
    service_life,
):
    """Revenue of the whole life, discounted.

    Source: continuous annuity, Kellison, The Theory of Interest, 3rd ed., ch. 4.
    """
    at_start = sold_power * price_in_service * exp(-discount_force * deployment_delay)
    decay = price_decline_rate + attrition_rate + discount_force
    return at_start * service_life * mean_decay(decay * service_life)


@equation("MUSD")
def present_value_of_cost(capex, opex_rate, discount_force, deployment_delay, service_life):
    """Capital and the operation of the whole life, discounted.

    Source: as present_value_of_revenue.
    """
    operation = exp(-discount_force * deployment_delay) * service_life * mean_decay(discount_force * service_life)
    return capex * (1 + opex_rate * operation)


@equation("MUSD")
def npv(present_value_of_revenue, present_value_of_cost):
    """Net present value of the fleet.

    Source: definition.
    """
    return present_value_of_revenue - present_value_of_cost


@equation("1")
def lifetime_roi(present_value_of_revenue, present_value_of_cost):
    """Net present value over the present value of all cost.

    Source: definition.
    """
    return (present_value_of_revenue - present_value_of_cost) / present_value_of_cost


@equation("GWh")
def discounted_energy(sold_power, attrition_rate, discount_force, deployment_delay, service_life):
    """IT energy sold over the whole life, discounted.

    Source: as present_value_of_revenue.
    """
    at_start = sold_power * exp(-discount_force * deployment_delay)
    return at_start * service_life * mean_decay((attrition_rate + discount_force) * service_life)


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


@equation("USD/kW")
def infrastructure_annual_cost(infrastructure_intensity, opex_rate, discount_force, service_life, year):
    """Capital and operation without accelerators, levelised over the service life, for one year.

    Source: capital recovery by a continuous annuity; Kellison, 3rd ed., ch. 4.
    """
    annuity = service_life * mean_decay(discount_force * service_life)
    return infrastructure_intensity * year * (1 / annuity + opex_rate)


@equation("USD/kg")
def breakeven_launch_price(
    launch_specific_price,
    npv,
    present_value_of_cost,
    capex,
    launches,
    launcher_reference_payload,
    insurance_rate,
):
    """Price per mass to the reference orbit at which the net present value is zero; negative: not even for free.

    Without meaning where a study gives capex itself.

    Source: the net present value is linear in the price.
    """
    cost_of_one = launches * launcher_reference_payload * (1 + insurance_rate) * (present_value_of_cost / capex)
    return launch_specific_price + npv / cost_of_one


@equation("USD/Mtoken")
def token_cost(compute_cost, tokens_per_energy):
    """Levelised cost of tokens.

    Source: definition.
    """
    return compute_cost / tokens_per_energy
