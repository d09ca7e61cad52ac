"""Payload of a launch from the Earth to its orbit, and figures that follow from the launch price."""

from sunfront.equation import COSINE, SIGNED, cos, equation, exp, mean_decay


@equation("m/s")
def launcher_delta_v(
    earth_rotation_speed,
    launcher_reference_inclination_cosine,
    inclination_cosine,
    earth_gravity,
    earth_radius,
    launcher_reference_altitude,
    injection_altitude,
):
    """Velocity change beyond the launcher's reference orbit: lost rotation of the Earth and a Hohmann transfer.

    Source: Vallado, 4th ed., sec. 6.3 and 6.4; gravity and steering losses are assumed equal to the reference orbit's.
    """
    lost_rotation = earth_rotation_speed * (launcher_reference_inclination_cosine - inclination_cosine)
    low, high = earth_radius + launcher_reference_altitude, earth_radius + injection_altitude
    v_low, v_high = (earth_gravity / low) ** 0.5, (earth_gravity / high) ** 0.5
    perigee_kick = v_low * ((2 * high / (low + high)) ** 0.5 - 1)
    apogee_kick = v_high * (1 - (2 * low / (low + high)) ** 0.5)
    return lost_rotation + perigee_kick + apogee_kick


@equation("1", within=COSINE)
def launcher_reference_inclination_cosine(launcher_reference_inclination):
    """Cosine of the launcher's reference inclination.

    Source: definition.
    """
    return cos(launcher_reference_inclination)


@equation("t")
def payload_to_orbit(
    launcher_reference_payload,
    launcher_burnout_mass,
    launcher_delta_v,
    launcher_specific_impulse,
    standard_gravity,
):
    """Payload of one launch to the injection orbit.

    Source: Tsiolkovsky for the upper stage; 9 % above Starlink Group 3's stack (14.1 t on Falcon 9).
    """
    at_burnout = launcher_reference_payload + launcher_burnout_mass
    return at_burnout * exp(-launcher_delta_v / (launcher_specific_impulse * standard_gravity)) - launcher_burnout_mass


@equation("USD/kWh")
def array_electricity_cost(
    cell_power,
    array_specific_price,
    assembly_test_share,
    node_learning_factor,
    array_mass,
    launch_price,
    payload_to_orbit,
    array_power,
    availability,
    insurance_rate,
    opex_rate,
    discount_force,
    host_service,
):
    """Levelized cost of electricity at the array: hardware, share of the launch, insurance and upkeep.

    Based on the power at the end of life in the worst season, which gives 5-10 % more than the mean over the life.

    Source: levelized cost, IEA/NEA, Projected Costs of Generating Electricity 2020, ch. 2.
    """
    hardware = cell_power * array_specific_price * (1 + assembly_test_share) * node_learning_factor
    capital = (hardware + array_mass * launch_price / payload_to_orbit) * (1 + insurance_rate)
    annuity = host_service * mean_decay(discount_force * host_service)
    return (capital / annuity + hardware * opex_rate) / (array_power * availability)


@equation("USD/kW/year")
def launched_power_price(launch_specific_price, launched_mass, it_power, host_service):
    """Launch price of a node per IT power and year of service, by mass, without interest.

    Source: Suncatcher, arXiv 2511.19468, table 1.
    """
    return launch_specific_price * launched_mass / (it_power * host_service)


@equation("t")
def paid_payload(stacks, launcher_reference_payload, launch_share_paid):
    """Mass for which the campaign pays the price per mass to the reference orbit.

    Source: definition.
    """
    return stacks * launcher_reference_payload * launch_share_paid


@equation("USD/kg", within=SIGNED, unless_given=("capex", "node_capex", "transport_capex", "launch_price", "npv"))
def breakeven_launch_price(
    launch_specific_price,
    npv,
    paid_payload,
    present_value_of_one,
    exchanged_payload,
    present_value_of_one_exchange,
):
    """Launch price per mass to the reference orbit at which the net present value is zero; negative if never.

    Source: the net present value is linear in the price.
    """
    paid = paid_payload * present_value_of_one + exchanged_payload * present_value_of_one_exchange
    return launch_specific_price + npv / paid


@equation("t")
def exchanged_payload(lost_node_share, paid_payload, insurance_rate, exchange_launches, launcher_reference_payload):
    """Mass for which one exchange of accelerators pays the price per mass to the reference orbit, and its premium.

    Source: derivative of refresh_capex.
    """
    return lost_node_share * paid_payload * (1 + insurance_rate) + exchange_launches * launcher_reference_payload


@equation("1")
def present_value_of_one_exchange(start_discount, discounted_generations, tax_rate, accelerator_depreciation):
    """Present value of what the owners pay for one dollar of the price of launches at each exchange of accelerators.

    Source: as present_value_of_one.
    """
    return start_discount * (discounted_generations - 1) * (1 - tax_rate * accelerator_depreciation)


@equation("1")
def present_value_of_one(
    insurance_rate,
    insured_share,
    delivered_share,
    capital_discount,
    attrition_rate,
    replacement_share,
    discounted_capacity,
    debt_share,
    debt_force,
    deployment_delay,
    start_discount,
    discounted_debt_service,
    discounted_principal,
    tax_rate,
    node_depreciation,
):
    """Present value of what the owners pay for one dollar of the price of launches.

    With it come its premium, claims, replacements, the loan and the tax.

    Source: derivative of the net present value.
    """
    paid = 1 + insurance_rate
    kept = paid - insured_share * (1 - delivered_share)
    replaced = paid * attrition_rate * replacement_share * discounted_capacity
    owed = kept * debt_share * exp(debt_force * deployment_delay)
    debt = owed * start_discount * discounted_debt_service - kept * debt_share * capital_discount
    interest = owed * start_discount * (discounted_debt_service - discounted_principal)
    depreciated = (kept * (1 - debt_share) + owed) * start_discount * node_depreciation
    deducted = replaced + depreciated + interest
    return kept * capital_discount + replaced + debt - tax_rate * deducted


@equation("t")
def delivered_payload(payload_to_orbit):
    """Payload that one launch delivers to its destination.

    Source: definition.
    """
    return payload_to_orbit
