"""A run in sentences and text tables, for the terminal and the report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sunfront.display import format_change, format_scaled, format_value, phrase, unit_symbol, words
from sunfront.problem.certificate import Measure
from sunfront.problem.findings import MorrisEffect, RelaxedLimit, Sensitivity, ShadowPrice, SobolIndex, TornadoBar
from sunfront.problem.variables import TOLERANCE
from sunfront.report.preferred import bound_of_order, preferred_sentence, region_text
from sunfront.runs.results import Results
from sunfront.units import difference_unit, unit


def headline(results: Results) -> str:
    """How far the answer is proved, or why it is not, in one line."""
    record, status = results.record, results.status
    if record.sensitivity is not None:
        stopped = ", stopped early" if status == "stopped" else ""
        return f"sensitivity of {phrase(record.sensitivity.quantity)} at one design{stopped}"
    if results.kind == "evaluation":
        return "base design evaluated: the study has no variables"
    if record.gap is None or record.certificate is None:
        return {
            "infeasible": "infeasible: proved over the set of designs in the notes",
            "none found": "no feasible design found, which does not prove that there is none",
            "stopped": "stopped early, no bound",
        }.get(status, f"best {'front' if results.kind == 'front' else 'design'} found, no bound")
    proved = "proved" if status == "proved" else "stopped early"
    if in_order := bound_of_order(results):
        return f"{proved} over {record.certificate.scope}: {in_order}"
    where = f", where {region}" if (region := region_text(results)) else ""
    gap = record.gap
    measure: Measure = getattr(record.engine, "measure", "hypervolume")
    if results.kind == "front" and measure != "hypervolume" and gap.additive is not None:
        of = "of the range of" if measure == "additive" else "in"
        matched = f"every feasible design is matched within {_share(gap.by(measure))} %"
        return f"{proved} over {record.certificate.scope}: {matched} {of} each objective{where}"
    whole = "hypervolume" if results.kind == "front" else "optimum"
    missing = share_text(gap.relative)
    return f"{proved} over {record.certificate.scope}: {missing} of the {whole} is missing{where}"


def share_text(gap: float) -> str:
    """How much a gap is at most, in percent."""
    size = _share(gap)
    return f"{size} %" if size.startswith("less") else f"at most {size} %"


def _share(gap: float) -> str:
    """A gap in percent, without the sign."""
    return "less than 0.0001" if 100 * gap < 1e-4 else f"{float(f'{100 * gap:.2g}'):g}"


def how_close(results: Results) -> str:
    """How closely a front with bounds matches every feasible design, as a sentence; empty for any other answer."""
    gap = results.record.gap
    if gap is None or gap.additive is None or gap.multiplicative is None or results.kind != "front":
        return ""
    own = f"within {_share(gap.additive)} % of the range of each objective"
    if gap.multiplicative < 1:
        own += f", and within {_share(gap.multiplicative)} % of its value"
    return f"Every feasible design is matched {own}."


def answer(results: Results) -> str:
    """The answer in one or two sentences, with units."""
    front = results.front
    if front.empty:
        if results.kind == "evaluation":
            return "The design violates at least one constraint."
        if results.status == "stopped" and results.record.designs.evaluated == 0:
            return "The run was stopped before any design was evaluated."
        if results.status == "infeasible":
            return "No design meets every constraint."
        return "No design that meets every constraint was found."
    if results.record.sensitivity is not None:
        return _sensitivity(results.record.sensitivity)
    if len(results.objectives) == 1:
        objective = results.objectives[0]
        best = results.text(objective.name, float(front[objective.name].iloc[0]))
        if results.kind == "evaluation":
            return f"{words(objective.name)} is {best}."
        extreme = "highest" if objective.sense == "maximize" else "lowest"
        worth = ""
        if "npv" in front and objective.name != "npv":
            worth = f" Its net present value is {results.text('npv', float(front['npv'].iloc[0]))}."
        return f"The {extreme} {phrase(objective.name)} is {best}.{worth}"
    count = f"{len(front)} design{'s' if len(front) > 1 else ''}"
    first, last = (_objectives(results, front.iloc[i]) for i in (0, -1))
    span = f"from {first} to {last}" if len(front) > 1 else f"with {first}"
    close = f" {how_close(results)}" if len(results.objectives) > 2 and how_close(results) else ""
    more = f"{preferred_sentence(results)}{close}{_profit(results)}{_shared_values(results)}"
    return f"The front has {count}, {span}.{more}"


def _shared_values(results: Results) -> str:
    """Which variables have one value in the whole front, as a sentence."""
    front, variables = results.front, results.record.variables
    if len(front) < 2 or not variables:
        return ""
    shared = {
        name: results.text(name, float(front[name].iloc[0]))
        for name in variables
        if _is_shared(front[name]) and not results.is_empty(name, front).any()
    }
    if not shared:
        return ""
    values = ", ".join(f"{phrase(name)} {text}" for name, text in shared.items())
    verb = "has" if len(shared) == 1 else "have"
    return f" {len(shared)} of {len(variables)} variables {verb} the same value in all {len(front)} designs: {values}."


def _is_shared(column: Any) -> bool:
    """Whether a column has one value, within a solver's tolerance."""
    return bool(column.max() - column.min() <= TOLERANCE * column.abs().max())


def _objectives(results: Results, row: Any) -> str:
    """The objectives of a design in words: ``ROI 8.8 % and fleet IT power 1.5 MW``."""
    return " and ".join(f"{phrase(o.name)} {results.text(o.name, float(row[o.name]))}" for o in results.objectives)


def _profit(results: Results) -> str:
    """Whether the designs of the front earn or lose money, as a sentence."""
    front = results.front
    if "npv" not in front:
        return ""
    low, high = (results.text("npv", float(front["npv"].agg(end))) for end in ("min", "max"))
    span = low if low == high else f"{low} to {high}"
    losing = int((front["npv"] < 0).sum())
    if 0 < losing < len(front):
        return f" {losing} of them lose money over their life: net present value {span}."
    subject = "Every design" if len(front) > 1 else "It"
    return f" {subject} {'loses' if losing else 'earns'} money over its life: net present value {span}."


def _sensitivity(found: Sensitivity) -> str:
    """The most important parameter of a sensitivity study, as a sentence."""
    first = found.rows[0]
    base = format_scaled(found.base, found.display_unit)
    start = f"{words(found.quantity)} is {base} and depends most on {phrase(first.parameter)}{_rivals(found)}: "
    if isinstance(first, TornadoBar):
        low, high = format_scaled(first.at_low, found.display_unit), format_scaled(first.at_high, found.display_unit)
        at_low, at_high = (
            format_value(first.low, first.display_unit, 3),
            format_value(first.high, first.display_unit, 3),
        )
        return f"{start}{low} at {at_low}, {high} at {at_high}."
    if isinstance(first, MorrisEffect):
        change = format_change(first.mu_star, found.display_unit, 3)
        return f"{start}it changes by {change} over the parameter's range."
    if not first.settled:
        low, high = (
            format_value(min(max(first.total + side * first.total_interval, 0.0), 1.0), "%", 2) for side in (-1, 1)
        )
        return (
            f"{words(found.quantity)} is {base}. What it depends on most is not settled with {found.samples:,} "
            f"samples: {phrase(first.parameter)}{_rivals(found)} causes {low} to {high} of the variance. "
            "Raise engine.samples."
        )
    return f"{start}{format_value(min(first.total, 1.0), '%', 3)} of the variance."


def _rivals(found: Sensitivity) -> str:
    """The parameters whose confidence interval overlaps that of the first."""

    def interval(row: MorrisEffect | SobolIndex) -> tuple[float, float]:
        middle, half = (row.mu_star, row.interval) if isinstance(row, MorrisEffect) else (row.total, row.total_interval)
        return middle - half, middle + half

    sampled = [row for row in found.rows if not isinstance(row, TornadoBar)]
    rivals = [phrase(row.parameter) for row in sampled[1:] if interval(row)[1] > interval(sampled[0])[0]]
    return f" (or {', '.join(rivals)}: their confidence intervals overlap)" if rivals else ""


def suggestion_label(results: Results, key: str) -> str:
    """A key of ``Results.suggestions`` in words: ``highest ROI`` for ``maximize roi``."""
    if results.kind == "evaluation":
        return "base design"
    sense, _, name = key.partition(" ")
    extremes = {"maximize": "highest", "minimize": "lowest"}
    return f"{extremes[sense]} {phrase(name)}" if sense in extremes else key


def main_suggestion(results: Results) -> tuple[str, int]:
    """Label and row in the front of the design to look at first: ``Results.main_suggestion``."""
    key = results.main_suggestion
    return suggestion_label(results, key), results.suggestions[key]


@dataclass(frozen=True)
class SuggestionTable:
    """The suggested designs side by side, as text.

    Attributes:
        labels: Label of each design, as ``knee``.
        rows: Name of a quantity in words, then its value in each design.
    """

    labels: list[str]
    rows: list[tuple[str, ...]]


def suggestion_table(results: Results) -> SuggestionTable:
    """Tabulate the suggested designs: the ends of the front, its knee, the design nearest to the ideal.

    The rows are objectives, returns, cost of compute, capital, the same chips on the ground, and variables.
    """
    labels: dict[int, list[str]] = {}
    for key, design in results.suggestions.items():
        labels.setdefault(design, []).append(suggestion_label(results, key))
    money = [name for name in ("npv", "roi", "compute_cost", "capex") if name in results.units]
    columns = dict.fromkeys([*(o.name for o in results.objectives), *results.record.parts, *money])
    designs = sorted(labels)

    def tabulate(names: Iterable[str]) -> list[tuple[str, ...]]:
        return [(words(name), *(_front_value(results, name, design) for design in designs)) for name in names]

    rows = tabulate(columns) + _ground_rows(results, designs)
    rows += tabulate(name for name in results.record.variables if name not in columns)
    return SuggestionTable([", ".join(labels[design]) for design in designs], rows)


def _ground_rows(results: Results, designs: Sequence[int]) -> list[tuple[str, ...]]:
    """Rows of a table of designs: the same chips on the cheapest ground; none without a comparison."""
    there = [results.record.ground.cheapest(int(results.front_rows[design])) for design in designs]
    found = [each for each in there if each is not None]
    if len(found) < len(designs):
        return []
    return [
        ("The same chips on the ground", *(each.ground for each in found)),
        ("Compute cost there", *(results.text("compute_cost", each.compute_cost) for each in found)),
        ("ROI there", *(results.text("roi", each.roi) for each in found)),
    ]


def _front_value(results: Results, name: str, design: int) -> str:
    """A value of a design of the front as text; of a statistic, with its standard error."""
    text = results.front_text(name, design)
    error = results.record.uncertainty
    column = error.standard_errors.get(name) if error is not None else None
    if column is None or (standard_error := column[design]) is None:
        return text
    return f"{text} ± {format_scaled(standard_error, difference_unit(results.units[name]), 2)}"


def shadow_price(results: Results, price: ShadowPrice) -> str:
    """A shadow price as text: what the objective gains per unit by which the constraint is relaxed."""
    display_unit = results.units[price.objective]
    gained = price.price * unit(price.display_unit).factor / unit(display_unit).factor
    # A difference of percentages is in points.
    gained_unit = "points" if display_unit == "%" else unit_symbol(display_unit)
    sign = "+" if gained > 0 else ""
    per = "point" if price.display_unit == "%" else unit_symbol(price.display_unit) or "unit"
    return f"{words(price.objective)} {sign}{format_value(gained, '1', 3)} {gained_unit}".rstrip() + f" per {per}"


def levers(results: Results, others: Sequence[Results] = ()) -> list[str]:
    """Sentences on what would change the answer most: the constraint to relax first, the most important parameter.

    Args:
        others: Runs of other engines on the same problem. A sensitivity run among them gives the parameter.
    """
    found = []
    if (relaxed := results.record.relaxed_limit) is not None:
        found.append(f"Most valuable limit to relax: {relaxed.limit}, by {_relaxed(results, relaxed)}.")
    studied = [other for other in others if other.kind == "sensitivity"]
    return found + [f"From the sensitivity run: {answer(other)}" for other in studied]


def _relaxed(results: Results, found: RelaxedLimit) -> str:
    """How far a limit moves and what that gains: ``1 t (ROI +0.17 points, solved again with the same altitude)``."""
    step = format_value(found.by, found.display_unit, 3)
    gain = found.after - found.before
    gained = f"{'+' if gain > 0 else ''}{format_change(gain, results.units[found.objective], 3)}"
    same = f" with the same {' and '.join(map(phrase, found.kept))}" if found.kept else ""
    return f"{step} ({phrase(found.objective)} {gained}, solved again{same})"


def provenance(results: Results) -> list[tuple[str, str]]:
    """How the answer was computed, as pairs of name and text."""
    record = results.record
    settings = record.engine.model_dump(mode="json", exclude={"name"}, exclude_none=True)
    counts = {"evaluated": record.designs.evaluated, "feasible": record.designs.feasible, "kept": record.designs.kept}
    pairs = [
        ("status", record.status),
        ("engine", ", ".join([record.engine.name, *(f"{key} {value}" for key, value in settings.items())])),
        ("proof", record.certificate.scope if record.certificate else "none"),
        ("gap", format_value(record.gap.relative, "%", 3) if record.gap else "no bound"),
        *([("distance", how_close(results))] if how_close(results) else []),
        ("objectives", "; ".join(map(str, record.objectives))),
        ("designs", ", ".join(f"{count:,} {name}" for name, count in counts.items() if count is not None)),
        ("seed", record.seed),
        ("time", f"{record.seconds.engine:.1f} s engine, {record.seconds.verification:.2f} s verification"),
        ("finished", record.finished),
        ("versions", ", ".join(f"{name} {version}" for name, version in record.versions.items())),
        ("hashes", ", ".join(f"{name} {value}" for name, value in record.hashes.items())),
        ("python", f"{record.python} on {record.platform}"),
        ("run again", "sunfront run study.yaml, with the study.yaml of this folder"),
    ]
    return [(name, str(value)) for name, value in pairs]
