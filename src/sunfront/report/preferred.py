"""What a study wants of several objectives, beside its front, in words."""

from __future__ import annotations

import math

from sunfront.display import phrase
from sunfront.problem.preference import Order, Region
from sunfront.runs.results import IN_ORDER, Results


def region_text(results: Results) -> str:
    """The preferred part of the front: ``capex is at most 5 GUSD and ROI is at least 10 %``; empty without one."""
    region = results.record.preference
    if not isinstance(region, Region):
        return ""
    limits = []
    for o, low, high in zip(results.objectives, region.low, region.high, strict=True):
        for end, better in ((low, True), (high, False)):
            if math.isfinite(end):
                side = "least" if (o.sign > 0) == better else "most"
                limits.append(f"{phrase(o.name)} is at {side} {results.text(o.name, o.sign * end)}")
    return " and ".join(limits)


def preferred_sentence(results: Results) -> str:
    """Which designs of the front are wanted, as a sentence that begins with a space; empty if all are."""
    preference = results.record.preference
    if isinstance(preference, Region):
        count, inside = len(results.front), int(preference.contains(results.scores).sum())
        number = f"{inside} of the {count}" if inside else "None"
        return f" {number} lie{'s' if inside < 2 else ''} in the preferred part: {region_text(results)}."
    if isinstance(preference, Order):
        row = results.suggestions[IN_ORDER]
        values = " and ".join(f"{phrase(o.name)} {results.front_text(o.name, row)}" for o in results.objectives)
        return f" Best in the order of the objectives is {values}."
    return ""


def bound_of_order(results: Results) -> str:
    """What is proved of objectives in an order, as the end of a sentence; empty without one."""
    gap = results.record.gap
    if gap is None or not isinstance(results.record.preference, Order):
        return ""
    names = " then ".join(phrase(o.name) for o in results.objectives)
    return f"in the order {names}, no objective is further than {100 * max(gap.relative, 1e-6):.2g} % from its bound"
