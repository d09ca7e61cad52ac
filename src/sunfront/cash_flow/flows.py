"""The flows of money of a fleet over calendar time, by element: when they begin, how fast they run, when they end.

They are stated from their definition. What they add up to is found by ``integration``, without the closed forms of
``equations``, so that each holds the other to account.

A campaign consists of stacks without end, spread evenly over ``campaign_duration``. Amounts are those of the whole
fleet; dates are those of the first stack. Time counts from the decision; SI and USD.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import numpy as np

#: What a flow is counted with. Refresh of accelerators is capital; replacement of losses is operation.
Kind = Literal["capital", "revenue", "operation", "claims", "residual", "debt", "tax"]

#: Multiples of the ramp time between which the ramp is smooth enough for a quadrature.
RAMP_KINKS = (4, 12, 28, 60)


@dataclass(frozen=True)
class Payment:
    """An amount that is paid at one date for each stack.

    Attributes:
        amount: That of the fleet; negative if money leaves.
        start: Date of the first stack.
        spread: Time over which the dates of the stacks are spread.
    """

    amount: float
    start: float
    spread: float


@dataclass(frozen=True)
class Stream:
    """A flow that runs for a time after a date of each stack.

    Attributes:
        rate: USD/s of the fleet, from age (the time since the stream of a stack began) and the date at which it began;
            a function that other processes can be sent, as a partial one of a module.
        start: Date at which the stream of the first stack begins.
        duration: That of one stack's stream.
        spread: As in ``Payment``.
        kinks: Ages between which the rate is smooth.
        period: What each period of age brings is received at its end; 0: as it is earned.
    """

    rate: Callable[[Any, Any], Any]
    start: float
    duration: float
    spread: float
    kinks: tuple[float, ...] = ()
    period: float = 0.0


@dataclass(frozen=True)
class Element:
    """The flows of one column of the table. They add up."""

    name: str
    kind: Kind
    flows: tuple[Payment | Stream, ...]


def find_elements(v: Mapping[str, Any], capital: Mapping[str, float], operation: Mapping[str, float]) -> list[Element]:
    """The elements of a fleet's cash flow, in the order of the table.

    Args:
        v: Quantities and parameters of a design, by name.
        capital, operation: Parts of ``capex`` and of ``annual_opex``, by the name of the column.
    """
    bought, campaign, life, host = (
        v[name] for name in ("time_to_power", "campaign_duration", "service_life", "host_service")
    )
    start = bought + v["deployment_delay"]
    count = round(v["accelerator_generations"])
    begins = [start + generation * life for generation in range(count)]
    retired = [begin + life for begin in begins]
    period = v["cash_flow_period"]

    def with_stacks(amount: float, *dates: float) -> tuple[Payment, ...]:
        return tuple(Payment(amount, date, campaign) for date in dates)

    def in_service(yearly: float) -> tuple[Stream, ...]:
        return (Stream(level(yearly / v["year"]), start, host, campaign, (), period),)

    def each_generation(rate: Callable[[Any, Any], Any], *kinks: float) -> tuple[Stream, ...]:
        return tuple(Stream(rate, begin, life, campaign, kinks, period) for begin in begins)

    def of_program(yearly: float) -> tuple[Stream, ...]:
        return (Stream(level(yearly / v["year"]), start, campaign + host, 0.0, (), period),)

    def given(name: str, flows: Callable[[float], tuple[Payment | Stream, ...]]) -> tuple[Payment | Stream, ...]:
        return flows(v[name]) if v.get(name) else ()

    ramp = tuple(multiple * v["utilization_ramp_time"] for multiple in RAMP_KINKS)
    lost = v["replacement_capex"] * v["attrition_rate"] * v["replacement_share"]
    sold_on = v["compute_capex"] * v["accelerator_residual_share"]
    found: list[tuple[str, Kind, Sequence[Payment | Stream]]] = [
        ("development", "capital", given("development_cost", lambda cost: before(-cost, bought))),
        *((name, "capital", with_stacks(-amount, bought)) for name, amount in capital.items()),
        ("refresh", "capital", with_stacks(-v["refresh_capex"], *begins[1:])),
        ("contract_revenue", "revenue", each_generation(contract_revenue(v), v["contract_term"], *ramp)),
        ("market_revenue", "revenue", each_generation(market_revenue(v), v["contract_term"], *ramp)),
        *((name, "operation", in_service(-yearly)) for name, yearly in operation.items()),
        ("fixed", "operation", given("annual_fixed_cost", lambda cost: of_program(-cost))),
        ("replacement", "operation", each_generation(falling(-lost, v["fleet_decline_rate"]))),
        ("claims", "claims", given("expected_claim", lambda claim: with_stacks(claim, bought))),
        ("node_residual", "residual", with_stacks(v["node_capex"] * v["node_residual_share"], start + host)),
        (
            "accelerator_residual",
            "residual",
            with_stacks(sold_on, *retired),
        ),
    ]
    elements = [Element(name, kind, tuple(flows)) for name, kind, flows in found if flows]
    return [*elements, *owners_elements(v, elements)] if v.keys() >= OWNERS else elements


def owners_elements(v: Mapping[str, Any], elements: Sequence[Element]) -> list[Element]:
    """The loan and the tax of a fleet, none if there is neither.

    Args:
        v: As ``find_elements``.
        elements: All others.
    """
    campaign, period = v["campaign_duration"], v["cash_flow_period"]
    start = v["time_to_power"] + v["deployment_delay"]
    repaid = start + v["debt_grace"]
    owed, force, term = v["debt_at_start"], v["debt_force"], v["debt_term"]
    yearly = owed * v["debt_payment_rate"]
    waiting = Stream(accrued(-owed, force, period), start, v["debt_grace"], campaign, (), period)
    level_payment = Stream(level(-yearly), repaid, term, campaign, (), period)
    principal = Stream(repayment(-owed, -yearly, force, term, period), repaid, term, campaign, (), period)
    interest = (waiting, level_payment, scaled(principal, -1.0))
    found: list[Element] = []
    if v["debt_share"]:
        found += [
            Element("loan", "debt", (Payment(v["debt_drawn"], v["time_to_power"], campaign),)),
            Element("interest", "debt", interest),
            Element("principal", "debt", (principal,)),
        ]
    if v["tax_rate"]:
        taxed = [flow for element in elements if element.kind not in ("capital", "claims") for flow in element.flows]
        deducted = [scaled(flow, -1.0) for flow in depreciation(v)]
        flows = [*taxed, *deducted, *(interest if v["debt_share"] else ())]
        found.append(Element("tax", "tax", tuple(scaled(flow, -v["tax_rate"]) for flow in flows)))
    return found


def depreciation(v: Mapping[str, Any]) -> list[Payment | Stream]:
    """What is deducted of all assets, each by the schedule from its start of service on, and the rest as it retires.

    What the insurers pay back is not deducted.
    """
    start, life, host = v["time_to_power"] + v["deployment_delay"], v["service_life"], v["host_service"]
    rest = v["capex"] - v["compute_capex"] - v.get("expected_claim", 0.0) + v["interest_during_construction"]
    assets = [(rest, start, host), (v["compute_capex"], start, life)]
    assets += [
        (v["refresh_capex"], start + generation * life, life)
        for generation in range(1, round(v["accelerator_generations"]))
    ]
    shares = np.array(v["depreciation_schedule"], dtype=float) * (1 - v["bonus_depreciation_share"])
    shares[0] += v["bonus_depreciation_share"]
    flows: list[Payment | Stream] = []
    for amount, begins, end in assets:
        left = amount
        for i, share in enumerate(shares.tolist()):
            duration = min(max(end - i * v["year"], 0.0), v["year"])
            if duration > 0:
                rate = level(amount * share / v["year"])
                flows.append(
                    Stream(rate, begins + i * v["year"], duration, v["campaign_duration"], (), v["cash_flow_period"])
                )
            left -= amount * share * duration / v["year"]
        flows.append(Payment(left, begins + end, v["campaign_duration"]))
    return flows


def scaled(flow: Payment | Stream, factor: float) -> Payment | Stream:
    """A flow times a factor."""
    if isinstance(flow, Payment):
        return replace(flow, amount=flow.amount * factor)
    return replace(flow, rate=partial(_scaled_rate, factor, flow.rate))


def _scaled_rate(factor: float, rate: Callable[[Any, Any], Any], age: Any, started: Any) -> Any:
    return factor * rate(age, started)


#: Names that ``find_elements`` reads of a design; a model that lacks one of the last has no such element.
NAMES = (
    "year",
    "time_to_power",
    "deployment_delay",
    "campaign_duration",
    "service_life",
    "host_service",
    "accelerator_generations",
    "cash_flow_period",
    "sold_power",
    "compute_price",
    "price_trend",
    "ageing_rate",
    "contract_share",
    "contract_term",
    "utilization_ramp_time",
    "fleet_decline_rate",
    "attrition_rate",
    "replacement_share",
    "replacement_capex",
    "refresh_capex",
    "node_capex",
    "node_residual_share",
    "compute_capex",
    "accelerator_residual_share",
)
OPTIONAL = ("development_cost", "annual_fixed_cost", "expected_claim")

#: Names of loan and tax; a model that lacks one of them has neither.
OWNERS = {
    "capex",
    "debt_share",
    "debt_drawn",
    "debt_at_start",
    "interest_during_construction",
    "debt_force",
    "debt_grace",
    "debt_term",
    "debt_payment_rate",
    "tax_rate",
    "depreciation_schedule",
    "bonus_depreciation_share",
}


def level(rate: float) -> Callable[[Any, Any], Any]:
    """A constant rate."""
    return partial(_level_rate, rate)


def _level_rate(rate: float, age: Any, _: Any) -> Any:
    return np.full_like(age, rate)


def falling(rate: float, decline: float) -> Callable[[Any, Any], Any]:
    """A rate that falls with the fleet."""
    return partial(_falling_rate, rate, decline)


def _falling_rate(rate: float, decline: float, age: Any, _: Any) -> Any:
    return rate * np.exp(-decline * age)


def accrued(owed: float, force: float, period: float) -> Callable[[Any, Any], Any]:
    """Interest on a loan as it accrues; it bears interest itself until it is paid at the end of the period."""
    if not period:
        return level(owed * force)
    return partial(_accrued_rate, owed * force, force, period)


def _accrued_rate(rate: float, force: float, period: float, age: Any, _: Any) -> Any:
    return rate * np.exp(force * (np.ceil(age / period) * period - age))


def repayment(owed: float, yearly: float, force: float, term: float, period: float) -> Callable[[Any, Any], Any]:
    """The principal within level payments on a loan: what they leave after the interest on what is still owed.

    With a period it is that of each payment, spread over the time for which it is paid.
    """
    if not period:
        return partial(_growing_rate, yearly, force, term)
    lengths = np.diff([*np.arange(0, term * (1 - 1e-9), period), term])
    principal = np.zeros(len(lengths))
    for i, length in enumerate(lengths):
        principal[i] = yearly * length - (owed - principal.sum()) * np.expm1(force * period)
    return partial(_stepped_rate, principal / lengths, period)


def _growing_rate(last: float, force: float, term: float, age: Any, _: Any) -> Any:
    return last * np.exp(force * (age - term))


def _stepped_rate(rates: Any, period: float, age: Any, _: Any) -> Any:
    return rates[np.minimum(age // period, len(rates) - 1).astype(int)]


def before(amount: float, duration: float) -> tuple[Payment | Stream, ...]:
    """An amount spent evenly from the decision on; at the decision if the duration is zero."""
    if duration == 0:
        return (Payment(amount, 0.0, 0.0),)
    return (Stream(level(amount / duration), 0.0, duration, 0.0),)


def contract_revenue(v: Mapping[str, float]) -> Callable[[Any, Any], Any]:
    """The contract's share of the compute, at the price at the start of service, until the term."""
    return partial(_contract_rate, v)


def _contract_rate(v: Mapping[str, float], age: Any, started: Any) -> Any:
    return np.where(age < v["contract_term"], v["contract_share"], 0.0) * sold(v, age) * price_of_new(v, started)


def market_revenue(v: Mapping[str, float]) -> Callable[[Any, Any], Any]:
    """The rest of the compute, and all of it after the term, at a price that falls with age."""
    return partial(_market_rate, v)


def _market_rate(v: Mapping[str, float], age: Any, started: Any) -> Any:
    share = np.where(age < v["contract_term"], 1 - v["contract_share"], 1.0)
    return share * sold(v, age) * price_of_new(v, started) * np.exp(-v["ageing_rate"] * age)


def sold(v: Mapping[str, float], age: Any) -> Any:
    """Power in use by customers: it falls with the fleet, and customers come in the ramp time."""
    came = -np.expm1(-age / v["utilization_ramp_time"])
    return v["sold_power"] * np.exp(-v["fleet_decline_rate"] * age) * came


def price_of_new(v: Mapping[str, float], date: Any) -> Any:
    """Price of a new accelerator's compute at a date."""
    return v["compute_price"] * np.exp(-v["price_trend"] * date)
