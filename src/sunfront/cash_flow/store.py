"""Money of what is built in one period, kept in store, and launched in a later one.

Nodes and accelerators are paid as they are built, at the price of that period. All else of the campaign is that of the
period of its launch: transport, insurance, the loan, service, revenue, depreciation.
"""

from __future__ import annotations

from dataclasses import replace

from sunfront.cash_flow.flows import Element, Payment, Stream, level, scaled
from sunfront.cash_flow.vintages import Vintage, buy, closed_npv
from sunfront.equation import mean_decay
from sunfront.equations.present_value import capital_discount
from sunfront.problem.plan import Product

#: Quantities that are paid as a unit is built.
BUILT = ("node_capex", "compute_capex")


def built_prices(vintage: Vintage) -> dict[str, float]:
    """What is paid as all stacks are built, by quantity; USD."""
    return {name: vintage.values[name] for name in BUILT}


def buy_from_store(product: Product, built: Vintage, index: int, begin: float, length: float) -> Vintage:
    """The campaign that is launched in one period and was built in an earlier one.

    Args:
        built: What is bought in the period of building.
        index, begin, length: Of the launch, as ``buy``.
    """
    launched = buy(product, index, begin, length, built_prices(built))
    return replace(launched, elements=(*launched.elements, *stored_elements(product, built, launched)))


def stored_elements(product: Product, built: Vintage, launched: Vintage) -> tuple[Element, ...]:
    """What changes in the flows of all stacks that are built earlier than they are launched.

    Args:
        built, launched: What is bought in the two periods.
    """
    assert product.store is not None
    begin, end, spread = (
        built.values["time_to_power"],
        launched.values["time_to_power"],
        launched.values["campaign_duration"],
    )
    amount = sum(built_prices(built).values())
    cost = Stream(level(-product.store.cost * launched.stacks), begin, end - begin, spread)
    return (
        Element("built", "capital", (Payment(amount, end, spread), Payment(-amount, begin, spread))),
        Element("store", "operation", (cost, scaled(cost, -launched.tax_rate))),
    )


def closed_npv_from_store(product: Product, built: Vintage, index: int, begin: float, length: float) -> float:
    """Net present value by closed forms of what ``buy_from_store`` buys, without what the program costs; USD."""
    assert product.store is not None
    force, start = built.values["discount_force"], built.values["time_to_power"]
    early, late = (capital_discount(force, date, length) for date in (start, begin))
    paid_early = sum(built_prices(built).values()) * (early - late)
    time = begin - start
    stored = early * time * mean_decay(force * time) * product.store.cost * built.stacks
    npv = closed_npv(product, index, begin, length, built_prices(built))
    return float(npv - paid_early - stored * (1 - built.tax_rate))
