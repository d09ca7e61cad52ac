"""Add up flows of money over periods: quadrature over the stacks of a campaign and over time, between the kinks."""

from __future__ import annotations

import numpy as np

from sunfront.arrays import NODES, WEIGHTS, Array
from sunfront.cash_flow.flows import Payment, Stream


def integrate(flow: Payment | Stream, edges: Array, force: float, longest: float) -> Array:
    """What a flow pays in each period, and its value at the decision.

    Args:
        edges: Ends of the periods, array (periods + 1,), in increasing order, from the decision on.
        force: Continuous discount rate.
        longest: Longest piece of a stream that one rule spans.

    Returns:
        Array (2, periods): as paid, and discounted.
    """
    if isinstance(flow, Payment):
        return _payment(flow, edges, force)
    ages = _ages(flow, longest)
    overlapping = edges[1:] > flow.start + ages[:-1, None]
    overlapping &= edges[:-1] < flow.start + flow.spread + ages[1:, None]
    pieces, periods = np.nonzero(overlapping)
    paid = _pieces(flow, ages[pieces], ages[pieces + 1], edges[periods], edges[periods + 1], force)
    return np.stack([np.bincount(periods, each, len(edges) - 1) for each in paid])


def _payment(flow: Payment, edges: Array, force: float) -> Array:
    passed = edges - flow.start
    # Share of the stacks that have paid; where all pay at once, a payment belongs to the period that it begins.
    paid = np.clip(passed / flow.spread, 0, 1) if flow.spread else (passed > 0).astype(float)
    shares = np.diff(paid)
    stacks = paid[:-1, None] + shares[:, None] * NODES
    discounts = np.exp(-force * (flow.start + flow.spread * stacks)) @ WEIGHTS
    return flow.amount * np.stack([shares, shares * discounts])


def _ages(flow: Stream, longest: float) -> Array:
    """Ages between which the rate, and the discount of what is received, are smooth."""
    steps = [np.arange(0, flow.duration, step) for step in (longest, flow.period) if step]
    inside = np.concatenate([*steps, [kink for kink in flow.kinks if kink < flow.duration]])
    ages = np.unique([*inside, flow.duration])
    return ages[np.diff(ages, prepend=-np.inf) > 1e-9 * flow.duration]


def _pieces(flow: Stream, youngest: Array, oldest: Array, low: Array, high: Array, force: float) -> Array:
    """What the stream of all stacks pays from an age to another between two dates; arrays (pieces,).

    Returns:
        Array (2, pieces): as paid, and discounted.
    """
    # Stacks that reach one of the two ages at one of the two ends; between them the limits of the age are smooth.
    reached = [(end - flow.start - age) / max(flow.spread, 1e-200) for end in (low, high) for age in (youngest, oldest)]
    cuts = np.sort(np.clip([0 * low, *reached, 0 * low + 1], 0, 1), axis=0).T[:, :, None]
    widths = np.diff(cuts, axis=1)
    started = flow.start + flow.spread * (cuts[:, :-1] + widths * NODES)
    within = youngest[:, None, None], oldest[:, None, None]
    first = np.clip(low[:, None, None] - started, *within)
    lasted = np.clip(high[:, None, None] - started, *within) - first
    ages = first[..., None] + lasted[..., None] * NODES
    rates = flow.rate(ages, started[..., None])
    if flow.period:
        received = np.ceil((youngest + oldest) / 2 / flow.period) * flow.period
        discounts = np.exp(-force * (started + received[:, None, None]))[..., None]
    else:
        discounts = np.exp(-force * (started[..., None] + ages))
    shares = widths * WEIGHTS * lasted
    return np.stack([(shares * (values @ WEIGHTS)).sum(axis=(1, 2)) for values in (rates, rates * discounts)])
