"""Capital, operation and returns of the fleet: sums of flows that ``present_value`` and ``revenue`` value.

Tax and a loan, if there are any, are in ``financing``.

Accelerators are lost from the start of service on, and replacement_share of them is replaced as they are lost, at the
initial price. Where the place allows it, nodes host several generations of accelerators. The architecture defines the
cost of a node's parts.
"""

from sunfront.equation import SIGNED, equation, exp, mean_decay


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
def annual_replacement(replacement_capex, attrition_rate, replacement_share, fleet_decline_rate, year):
    """Cost of replacing losses in the first full year of service.

    Source: integral of the replaced losses over one year.
    """
    return replacement_capex * attrition_rate * replacement_share * year * mean_decay(fleet_decline_rate * year)


@equation("%", within=SIGNED)
def first_year_return(annual_revenue, annual_opex, annual_replacement, capex):
    """Operating profit of the first full year over capital cost; it says nothing of the years after.

    Source: definition.
    """
    return (annual_revenue - annual_opex - annual_replacement) / capex


@equation("MUSD")
def present_value_of_refresh(refresh_capex, start_discount, discounted_generations):
    """Present value of the exchanges of accelerators: one for each generation after the first, at its start.

    Source: annuity-due, Kellison, 3rd ed., ch. 3.
    """
    return refresh_capex * start_discount * (discounted_generations - 1)


@equation("MUSD")
def present_value_of_capital(capex, development_cost, capital_discount, development_discount, present_value_of_refresh):
    """Present value of all that is invested: development, the fleet, and the exchanges of its accelerators.

    Source: sum of present values.
    """
    fleet = (capex - development_cost) * capital_discount
    return fleet + development_cost * development_discount + present_value_of_refresh


@equation("1", within=SIGNED)
def node_residual_value(node_residual_share, start_discount, discount_force, host_service):
    """Present value of a node's residual value when it leaves service, relative to its price.

    Source: residual value, discounted.
    """
    return node_residual_share * start_discount * exp(-discount_force * host_service)


@equation("1")
def accelerator_residual_value(
    accelerator_residual_share, start_discount, discounted_generations, discount_force, service_life
):
    """Present value of what all generations of accelerators are sold for when they retire, relative to their price.

    Source: residual value, discounted.
    """
    return accelerator_residual_share * start_discount * discounted_generations * exp(-discount_force * service_life)


@equation("MUSD", within=SIGNED)
def present_value_of_residuals(node_capex, node_residual_value, compute_capex, accelerator_residual_value):
    """Present value of what accelerators are sold for when they retire, and of nodes that outlive them.

    Source: sum of present values.
    """
    return node_capex * node_residual_value + compute_capex * accelerator_residual_value


@equation("MUSD")
def present_value_of_replacement(replacement_capex, attrition_rate, replacement_share, discounted_capacity):
    """Present value of replacing losses while the fleet is in service.

    Losses are a share of the hardware in service, so they fall with the fleet unless all of them are replaced.

    Source: as discounted_capacity.
    """
    return replacement_capex * attrition_rate * replacement_share * discounted_capacity


@equation("MUSD")
def present_value_of_operation(
    annual_opex, annual_fixed_cost, discounted_service, programme_time, present_value_of_replacement, year
):
    """Present value of operation and of replacing losses; fixed costs last from the first start to the last retirement.

    Source: sum of present values.
    """
    growing = (annual_opex - annual_fixed_cost) * (discounted_service / year)
    return growing + annual_fixed_cost * (programme_time / year) + present_value_of_replacement


@equation("MUSD")
def present_value_of_claims(expected_claim, capital_discount):
    """Present value of what the insurers are expected to pay for losses before service.

    Source: as capital, with which the losses come.
    """
    return expected_claim * capital_discount


@equation("MUSD")
def present_value_of_cost(
    present_value_of_capital, present_value_of_operation, present_value_of_residuals, present_value_of_claims
):
    """Present value of capital and operation, less residual values and expected claims.

    Source: sum of present values.
    """
    return present_value_of_capital + present_value_of_operation - present_value_of_residuals - present_value_of_claims


@equation("MUSD", within=SIGNED)
def npv(present_value_of_revenue, present_value_of_cost, present_value_of_debt, present_value_of_tax):
    """Net present value of the fleet at the decision, to its owners.

    Source: definition.
    """
    return present_value_of_revenue - present_value_of_cost - present_value_of_debt - present_value_of_tax


@equation("MUSD")
def present_value_of_equity(
    debt_share,
    capex,
    development_cost,
    expected_claim,
    capital_discount,
    development_discount,
    present_value_of_refresh,
):
    """Present value of what the owners invest: capital less the expected claims, which give it back, and the loan.

    The loan is a share, not a difference of large terms: a solver that bounds each term by itself could not exclude
    zero.

    Source: definition.
    """
    fleet = (capex - development_cost - expected_claim) * (1 - debt_share) * capital_discount
    return fleet + development_cost * development_discount + present_value_of_refresh


@equation("%", within=SIGNED)
def roi(npv, present_value_of_equity):
    """Return on investment over the whole life: net present value over the present value of what the owners invest.

    Source: profitability index minus one; Brealey, Myers and Allen, Principles of Corporate Finance, ch. 5.
    """
    return npv / present_value_of_equity


@equation("USD/kWh")
def compute_cost(
    present_value_of_cost, present_value_of_debt, present_value_of_deductions, tax_rate, discounted_energy
):
    """Levelized cost of IT energy: the constant price at which the net present value is zero, after tax.

    Source: levelized cost, IEA/NEA, Projected Costs of Generating Electricity 2020, ch. 2; with tax, Short, Packey and
    Holt 1995, NREL/TP-462-5173, ch. 4.
    """
    after_tax = present_value_of_cost + present_value_of_debt - tax_rate * present_value_of_deductions
    return after_tax / ((1 - tax_rate) * discounted_energy)


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
