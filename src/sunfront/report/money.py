"""What every answer on profit or cost says beside it: the same chips on the ground, and what would end a loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sunfront.display import format_number, format_value, phrase
from sunfront.problem.findings import GroundComparison, Lever
from sunfront.runs.ground import GROUNDS
from sunfront.runs.results import Results

#: Display units of what is compared.
UNITS = {"compute_cost": "USD/kWh", "roi": "%"}


def money_lines(results: Results) -> list[str]:
    """Sentences on a run: its suggested designs beside the ground, and the levers of a front that loses money."""
    here: dict[int, Mapping[str, float]] = {}
    front = results.front
    for row in results.suggestions.values():
        design = front.iloc[row]
        if all(name in design for name in UNITS):
            here[int(results.front_rows[row])] = {name: float(design[name]) for name in UNITS}
    subject = "It" if len(front) == 1 else "The design that loses least"
    return [*ground_lines(results.record.ground, here), *lever_lines(results.record.levers, subject)]


def ground_lines(ground: GroundComparison, here: Mapping[int, Mapping[str, float]]) -> list[str]:
    """Sentences on the same chips on the cheapest ground, one for each kind of chips among the designs.

    Args:
        here: Of each design, by its row in the table, the quantities of ``UNITS``.
    """
    if ground.refused:
        return [f"No comparison with the ground: {ground.refused}."]
    by_ground: dict[tuple[str, str], list[Mapping[str, float]]] = {}
    for design, values in here.items():
        if (found := ground.cheapest(design)) is not None:
            there = _cost_and_return([{"compute_cost": found.compute_cost, "roi": found.roi}])
            by_ground.setdefault((GROUNDS[found.ground], there), []).append(values)
    return [
        f"The same chips on the ground, cheapest {where}: {there}. Here: {_cost_and_return(designs)}."
        for (where, there), designs in by_ground.items()
    ]


def lever_lines(levers: Sequence[Lever], subject: str) -> list[str]:
    """Sentences on what would end the loss of a design, each change alone; and on what would not."""
    if not levers:
        return []
    enough = [_lever(lever) for lever in levers if lever.is_enough]
    others = [
        f"{phrase(lever.name)} ({format_value(lever.to, _unit(lever), 3)} leaves {format_value(lever.left, '%', 2)} of "
        "the loss)"
        for lever in levers
        if not lever.is_enough
    ]
    lines = []
    if enough:
        of = "this change" if len(enough) == 1 else "any one of these changes"
        lines.append(f"{subject} would break even with {of}: {'; '.join(enough)}.")
    else:
        lines.append(f"{subject} would not break even with any one change within the range of its sources.")
    if others:
        lines.append(f"Not enough alone, even at the best end of the range of its sources: {', '.join(others)}.")
    return lines


def _cost_and_return(designs: Sequence[Mapping[str, float]]) -> str:
    """``compute at 12.2 to 17.7 USD/kWh, ROI -97.9 to -93.6 %``."""
    cost, roi = (_span([values[name] for values in designs], unit) for name, unit in UNITS.items())
    return f"compute at {cost}, ROI {roi}"


def _lever(lever: Lever) -> str:
    """``compute price x 4.3, from 2.52 to 10.8 USD/kWh (its sources: 1 to 3.6 USD/kWh)``."""
    name, ratio = phrase(lever.name), lever.to / lever.value if lever.value else 0.0
    by = ""
    if ratio >= 2:
        by = f" x {format_number(ratio, 2)}"
    elif ratio > 0:
        by = f" {'+' if ratio > 1 else ''}{format_number(100 * (ratio - 1), 2)} %"
    text = f"{name}{by}, from {_span([lever.value, lever.to], _unit(lever), ordered=True)}"
    if lever.low is None or lever.high is None:
        return text
    return f"{text} (its sources: {_span([lever.low, lever.high], _unit(lever))})"


def _span(values: Sequence[float], unit: str, *, ordered: bool = False) -> str:
    """The ends of some SI values, or the two as they are, with the unit once; one value if they are written alike."""
    first, last = values if ordered else (min(values), max(values))
    texts = [format_value(value, unit, 3) for value in (first, last)]
    if texts[0] == texts[1]:
        return texts[0]
    return f"{texts[0].removesuffix(texts[1].partition(' ')[2]).strip()} to {texts[1]}"


def _unit(lever: Lever) -> str:
    """The display unit; a yearly share in percent."""
    return "%/year" if lever.display_unit == "1/year" else lever.display_unit
