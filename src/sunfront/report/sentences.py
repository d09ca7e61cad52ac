"""What is said of a run, in sentences and in tables of text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sunfront.display import phrase, symbol, words, written
from sunfront.runs.results import Results
from sunfront.units import differing, show, unit


def headline(results: Results) -> str:
    """The answer's standing in one line."""
    gap, status = results.record["gap"], results.status
    if "sensitivity" in results.record:
        stopped = ", stopped early" if status == "stopped" else ""
        return f"sensitivity of {phrase(results.record['sensitivity']['quantity'])} at one design{stopped}"
    if not results.record["variables"]:
        return "evaluated: the study has no variables"
    if gap is None:
        return {
            "infeasible": "infeasible: proved, over what the notes say",
            "none found": "none found, which is no proof that there is none",
            "stopped": "stopped early, without a bound",
        }.get(status, "best found, without a bound")
    said = f"{'proved' if status == 'proved' else 'stopped early'} over {results.record['certificate']['scope']}"
    what = "of the hypervolume may be missing" if len(results.objectives) > 1 else "better is possible"
    share = 100 * gap["relative"]
    return f"{said}: {'less than 0.0001' if share < 1e-4 else f'at most {share:.2g}'} % {what}"


def answer(results: Results) -> str:
    """The answer in one sentence, with units."""
    front = results.front
    if front.empty:
        if not results.record["variables"]:
            return "The design does not meet every constraint."
        if results.status == "stopped" and results.record["designs"]["evaluated"] == 0:
            return "It was stopped before any design was evaluated."
        found = "No design meets" if results.status == "infeasible" else "No design was found that meets"
        return f"{found} every constraint."
    if "sensitivity" in results.record:
        return _sensitive(results.record["sensitivity"])
    if len(results.objectives) == 1:
        sense, name = results.objectives[0]
        best = written(float(front[name].iloc[0]), results.units[name])
        if not results.record["variables"]:
            return f"{words(name)} is {best}."
        value = written(float(front["npv"].iloc[0]), results.units["npv"]) if "npv" in front and name != "npv" else ""
        worth = f" Its net present value is {value}." if value else ""
        return f"The {'highest' if sense == 'maximize' else 'lowest'} {phrase(name)} is {best}.{worth}"
    first, last = front.iloc[0], front.iloc[-1]

    verdict = ""
    if "npv" in front:
        low, high = (written(float(front["npv"].agg(end)), results.units["npv"]) for end in ("min", "max"))
        losing = int((front["npv"] < 0).sum())
        what = {0: "earns", len(front): "loses"}.get(losing)
        who = f"Every one {what} money over its life" if what else f"{losing} of them lose money over their life"
        verdict = f" {who}: net present value {low} to {high}."

    def at(row: Any) -> str:
        return " and ".join(
            f"{phrase(name)} {written(float(row[name]), results.units[name])}" for _, name in results.objectives
        )

    return f"The front has {len(front)} design{'s' if len(front) > 1 else ''}, from {at(first)} to {at(last)}.{verdict}"


def _sensitive(record: Mapping[str, Any]) -> str:
    base, row = written(record["base"], record["display_unit"]), record["rows"][0]
    name, what = phrase(row["parameter"]), words(record["quantity"])
    said = f"{what} is {base}, and depends most on {name}{_rivals(record)}: "
    if record["method"] == "tornado":
        low, high = (written(row[f"at_{end}"], record["display_unit"]) for end in ("low", "high"))
        values = [show(row[end], row["display_unit"], 3) for end in ("low", "high")]
        return f"{said}{low} at {values[0]}, {high} at {values[1]}."
    if record["method"] == "morris":
        return f"{said}a change of {show(row['mu_star'], differing(record['display_unit']), 3)} over its range."
    return f"{said}{show(row['total'], '%', 3)} of the variance."


def _rivals(record: Mapping[str, Any]) -> str:
    """The parameters that sampling has not told apart from the first."""
    keys = {"morris": ("mu_star", "interval"), "sobol": ("total", "total_interval")}.get(record["method"])
    if keys is None:
        return ""
    value, interval = keys
    first, *rest = record["rows"]
    rivals = [phrase(r["parameter"]) for r in rest if r[value] + r[interval] > first[value] - first[interval]]
    return f" (or {', '.join(rivals)}: not told apart)" if rivals else ""


def landmark(results: Results, what: str) -> str:
    """A key of ``Results.suggestions`` for people: ``highest ROI`` for ``maximize roi``."""
    if not results.record["variables"]:
        return "base design"
    sense, _, name = what.partition(" ")
    ends = {"maximize": "highest", "minimize": "lowest"}
    return f"{ends[sense]} {phrase(name)}" if sense in ends else what


@dataclass(frozen=True)
class Landmarks:
    """Designs side by side, as text.

    Attributes:
        heads: What each design is, as ``knee``.
        rows: The quantity's words, then its value in each design.
    """

    heads: list[str]
    rows: list[tuple[str, ...]]


def landmarks(results: Results) -> Landmarks:
    """The designs that speak for the front: its ends, its knee; objectives, what people ask first, variables."""
    said: dict[int, list[str]] = {}
    for what, at in results.suggestions.items():
        said.setdefault(at, []).append(landmark(results, what))
    asked = [name for name in ("npv", "compute_cost", "capex") if name in results.units]
    names = dict.fromkeys([*(name for _, name in results.objectives), *asked, *results.record["variables"]])
    places = sorted(said)
    rows = [(words(name), *(_told(results, name, at) for at in places)) for name in names]
    return Landmarks([", ".join(said[at]) for at in places], rows)


def _told(results: Results, name: str, at: int) -> str:
    """A value of a design of the front, a statistic with its standard error."""
    text = results.text(name, float(results.front[name].iloc[at]))
    errors = results.record.get("uncertainty", {}).get("standard_errors", {}).get(name)
    if errors is None or errors[at] is None:
        return text
    return f"{text} ± {written(errors[at], differing(results.units[name]), 2)}"


def shadow_price(results: Results, price: Mapping[str, Any]) -> str:
    """A shadow price as text: what the objective gains for each unit by which the limit gives way."""
    objective, read = price["objective"], results.units[price["objective"]]
    gained = price["price"] * unit(price["display_unit"]).factor / unit(read).factor
    what = f"{show(gained, '1', 3)} {symbol(read)}".rstrip()
    per = symbol(price["display_unit"]) or "unit"
    return f"{words(objective)} {'+' if gained > 0 else ''}{what} per {per} it gives way"


def levers(results: Results, others: Sequence[Results] = ()) -> list[str]:
    """What would change the answer first, as far as is known: the dearest constraint, the weightiest uncertain number.

    Args:
        others: Runs of other engines of the same problem; a study of sensitivity among them says what is uncertain.
    """
    said = []
    if results.suggestions:
        at = results.suggestions.get("knee", next(iter(results.suggestions.values())))
        row = int(results.front_rows[at])
        name = results.objectives[0][1]
        prices = [
            p
            for p in results.record.get("shadow_prices", [])
            if p["design"] == row and p["objective"] == name and p["kind"] != "objective" and p["price"]
        ]
        if prices:
            # A per cent of what a limit balances is a step of the same size for each.
            first = max(prices, key=lambda p: abs(p["price"]) * p["scale"])
            said.append(f"What would help first: {first['constraint']} ({shadow_price(results, first)}).")
    studied = [other for other in others if "sensitivity" in other.record]
    return said + [f"What is uncertain: {answer(other)}" for other in studied]


def provenance(results: Results) -> list[tuple[str, str]]:
    """How the answer was computed, as pairs of words."""
    record = results.record
    gap, seconds = record["gap"] or {}, record["seconds"]
    counted = record["designs"]
    pairs = [
        ("status", record["status"]),
        ("engine", ", ".join(f"{k} {v}" for k, v in record["engine"].items())),
        ("proof", record["certificate"]["scope"] if record["certificate"] else "none"),
        ("gap", f"{gap['relative']:.3g}" if gap else "no bound"),
        ("objectives", "; ".join(record["objectives"])),
        ("designs", ", ".join(f"{v:,} {k}" for k, v in counted.items() if v is not None)),
        ("seed", record["seed"]),
        ("time", f"{seconds['engine']:.1f} s engine, {seconds['verification']:.2f} s verification"),
        ("finished", record["finished"]),
        ("versions", ", ".join(f"{k} {v}" for k, v in record["versions"].items())),
        ("hashes", ", ".join(f"{k} {v}" for k, v in record["hashes"].items())),
        ("python", f"{record['python']} on {record['platform']}"),
        ("run again", "sunfront run study.yaml, with the study.yaml of this folder"),
    ]
    return [(key, str(value)) for key, value in pairs]
