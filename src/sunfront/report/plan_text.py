"""Sentences and tables about the run of a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from sunfront.analysis.plan_sensitivity import Moved, Mover
from sunfront.display import best_scale, format_number, format_scaled, format_value, unit_symbol
from sunfront.engines.plan.amounts import per_unit
from sunfront.engines.plan.claims import LEAST_MONEY
from sunfront.engines.plan.prices import module_of
from sunfront.engines.plan.returns import LOWEST
from sunfront.problem.decisions import knee
from sunfront.problem.front import evenly
from sunfront.report.plan_dates import (
    binding_of_earliest,
    earliest_dates,
    missing_text,
    price_of_dates,
    value_text,
)
from sunfront.report.sentences import share_text
from sunfront.runs.plan_robustness import RobustRecord
from sunfront.runs.plan_tables import price_table
from sunfront.runs.plans import PlanRun
from sunfront.study.plan_study import PlanStudy
from sunfront.units import unit

#: Part of the largest net present value below which a difference of two is rounding.
ROUNDING = 1e-9

#: Part of a unit from which on there is room for one more.
USED_UP = 1 - 1e-6


def headline(run: PlanRun) -> str:
    """What was proved, in words."""
    record = run.record
    if record.status == "infeasible":
        return "proved: no plan meets every constraint"
    count = len(run.points)
    plans = f"{count} plans" if count > 1 else "one plan"
    if record.status == "proved" and record.gap is None:
        kind = run.study.plan.objectives[0].goal.kind
        return f"proved: no plan has an {kind} above {100 * LOWEST[kind]:g} %"
    if record.gap is None:
        return f"{record.status}: {plans}; how much is missing is not known"
    of = "hypervolume" if len(record.objectives) > 1 else record.objectives[0].partition(" ")[2]
    return f"{record.status}: {plans}; {share_text(record.gap.relative)} of {of} is missing"


def chosen_plans(run: PlanRun, most: int) -> list[int]:
    """At most so many plans of a front, ascending: its ends, its knee, and some evenly between."""
    count = len(run.points)
    if count <= most:
        return list(range(count))
    signs = [o.sign for o in run.study.plan.objectives]
    bend = knee(np.array(signs) * np.array([point.simulation.scores for point in run.points]))
    return sorted({*evenly(count, most if bend is None else most - 1), *([] if bend is None else [bend])})


def answer_lines(run: PlanRun) -> list[str]:
    """The answer in a few lines: objectives of the best plan, what is missing, what binds, assumptions."""
    plan = run.study.plan
    lines = []
    if run.points:
        first = run.points[0].simulation
        values = [
            f"{o.sense} {o.goal.text}: {value_text(run, o.goal, x)}"
            for o, x in zip(plan.objectives, first.scores, strict=True)
        ]
        shown = {o.goal.kind for o in plan.objectives}
        more = [f"npv {run.text(first.npv, 'MUSD')}"] * ("npv" not in shown)
        more += [f"peak funding {run.text(first.peak_funding, 'MUSD')}"] * ("peak_funding" not in shown)
        lines.append("; ".join([*values, *more]))
    lines += told(earliest_dates(run))
    lines += shortage_lines(run)
    lines += told(binding_of_earliest(run))
    lines += told(price_of_dates(run))
    lines += first_purchases(run)
    lines += store_lines(run)
    lines += binding_lines(run)
    supplies = [s.name for s in plan.supplies if s.trust == "assumed"]
    stores = [
        group
        for group, (name, *_) in run.study.groups.items()
        if (store := run.study.products[name].store) is not None and store.trust == "assumed"
    ]
    assumed = [f"the {what} of {', '.join(of)}" for what, of in (("supply", supplies), ("store", stores)) if of]
    return lines + [f"assumed, not sourced: {'; '.join(assumed)}"] * bool(assumed)


def shortage_lines(run: PlanRun) -> list[str]:
    """By how much each target alone is missed; then a line for each thing that would do, or that would with others."""
    found = run.record.shortages
    missed = [s for s in found if s.is_target and s.alone]
    others = [s for s in found if s not in missed]
    lines = [f"{missing_text(run, s)}, if all else is met" for s in missed]
    return lines + [
        f"What would do: {missing_text(run, s)}{'' if s.alone else ', together with the others'}" for s in others
    ]


def first_bought(run: PlanRun) -> dict[str, str]:
    """Label of the period in which the first plan buys each product for the first time; of what it buys."""
    units = run.points[0].decisions.units
    return {
        name: run.study.plan.horizon.label(int(bought[0]))
        for names in run.study.groups.values()
        for name in names
        if len(bought := units[name].nonzero()[0])
    }


def first_purchases(run: PlanRun) -> list[str]:
    """When the first plan buys each product for the first time, if there are several; or that it buys nothing."""
    if not run.points:
        return []
    first, texts = first_bought(run), []
    if not first:
        return ["this plan buys nothing; a constraint such as 'npv >= 1 MUSD' asks for one that does"]
    if len(run.study.plan.products) < 2:
        return []
    for group, names in run.study.groups.items():
        of = {name: f"{name} {_begun(run, name)}{first[name]}" for name in names if name in first}
        texts += [*of.values()] or [f"{group} never"]
    return [f"{_of_plan(run)}first bought: {', '.join(texts)}"]


def _begun(run: PlanRun, name: str) -> str:
    """When the first plan builds a product with a store for the first time, before the date of its first launch."""
    decisions = run.points[0].decisions
    if name not in decisions.stored:
        return ""
    return f"built {run.study.plan.horizon.label(int(decisions.built[name].nonzero()[0][0]))}, launched "


def store_lines(run: PlanRun) -> list[str]:
    """The most units that the first plan has in store, and when, of each product with a store."""
    lines, horizon = [], run.study.plan.horizon
    for name, units in run.points[0].decisions.in_store.items() if run.points else ():
        most, when = format_number(float(units.max())), horizon.label(int(units.argmax()))
        lines.append(f"{_of_plan(run)}{name}: " + (f"most in store {most} ({when})" if units.any() else "none stored"))
    return lines


def told(named: Mapping[str, str]) -> list[str]:
    """Lines of what has a name."""
    return [f"{name}: {text}" for name, text in named.items()]


def used_up(run: PlanRun) -> dict[str, list[int]]:
    """Periods in which the first plan has no room for one more unit in a supply; of each supply that it uses up."""
    plan, simulation, found = run.study.plan, run.points[0].simulation, {}
    for s in plan.supplies:
        used, offered = simulation.used[s.name], simulation.offered[s.name]
        each = np.array([per_unit(plan.product(name), s.quantity, plan.horizon) for name in s.products])
        room = np.where(each > 0, each, np.inf).min(axis=0) * USED_UP
        full = [t for t in range(min(len(used), plan.horizon.count)) if used[t] > 0 and offered[t] - used[t] < room[t]]
        if full:
            found[s.name] = full
    return found


def binding_lines(run: PlanRun) -> list[str]:
    """Which supplies the first plan uses up, in which periods, and what one more is worth there."""
    if not run.points:
        return []
    plan, lines, binding = run.study.plan, [], used_up(run)
    for s in plan.supplies:
        full = binding.get(s.name, [])
        prices = [p for p in run.record.prices if p.supply == s.name]
        if full:
            first, last = plan.horizon.label(full[0]), plan.horizon.label(full[-1])
            span = f"{len(full)} periods, {first} to {last}" if len(full) > 1 else first
            lines.append(f"{s.name} is used up in {span}")
        if prices:
            best = max(prices, key=lambda p: p.price)
            worth = run.text(best.price * unit(run.unit(s.unit)).factor, "MUSD")
            per = f"one more {unit_symbol(run.unit(s.unit))}".rstrip()
            when = plan.horizon.label(best.period)
            lines.append(f"{per} of {s.name} is worth up to {worth} of npv ({when}, with fractions of units)")
    if capital := [p for p in run.record.prices if p.supply == "capital"]:
        best = max(capital, key=lambda p: p.price)
        whole = format_number(sum(p.price for p in capital))  # it is there in all periods
        most = f"binds most in {plan.horizon.label(best.period)}"
        lines.append(f"one more USD of capital is worth {whole} USD of npv ({most}, with fractions of units)")
    return [_of_plan(run) + line for line in [*lines, *module_lines(run)]]


def _of_plan(run: PlanRun) -> str:
    """Which plan a line is about, if there are several."""
    return "plan 0: " if len(run.points) > 1 else ""


def module_lines(run: PlanRun) -> list[str]:
    """What one more module of each supply is worth, less its cost, where it is worth most."""
    table, lines = price_table(run), []
    for s in run.study.plan.supplies:
        name = module_of(s.name)
        if name in table and table[name].max() > 0:
            when = table[name].idxmax()
            worth = run.text(1e6 * float(table[name].max()), "MUSD")
            lines.append(
                f"one more module of {s.name}, opened in {when}, is worth about {worth} of npv more than it costs "
                "(with fractions of units)"
            )
    return lines


def front_rows(run: PlanRun) -> tuple[list[str], list[tuple[str, ...]]]:
    """Heads and rows of the table of plans."""
    plan = run.study.plan
    more = [name for name in ("npv", "peak_funding") if all(o.goal.kind != name for o in plan.objectives)]
    shown = [
        name
        for names in run.study.groups.values()
        for name in names
        if len(names) == 1 or any(point.decisions.units[name].any() for point in run.points)
    ]
    heads = ["plan", *(o.goal.text for o in plan.objectives), *more, *shown]
    rows = []
    for i, point in enumerate(run.points):
        simulation = point.simulation
        values = [value_text(run, o.goal, x) for o, x in zip(plan.objectives, simulation.scores, strict=True)]
        counts = [format_number(float(point.decisions.units[name].sum())) for name in shown]
        money = [run.text(getattr(simulation, name), "MUSD") for name in more]
        rows.append((str(i), *values, *money, *counts))
    return heads, rows


def year_rows(run: PlanRun, index: int) -> tuple[list[str], list[tuple[str, ...]]]:
    """Heads and rows of a plan by calendar year: what is not zero throughout, and each design that is bought."""
    plan, years = run.study.plan, run.by_year(index)
    early = [name for name in years.columns if name.endswith(" retired early")]
    told = years.index[(years[early] != 0).any(axis=1)]  # what retires after the horizon was decided within it
    last = max([plan.horizon.year_of(plan.horizon.count - 1), *told])
    shown = years.loc[years.index <= last]
    rows = []
    for name in years.columns:
        is_told = shown[name].notna() if name in years.attrs["designs"] else shown[name] != 0
        if is_told.any():
            if shown[name].dtype == object:  # names of presets
                rows.append((name, *(x if is_told[year] else "-" for year, x in shown[name].items())))
                continue
            own = years.attrs["units"][name]
            values = unit(run.unit(own)).from_si(unit(own).to_si(shown[name])) if run.unit(own) != own else shown[name]
            symbol, factor = best_scale(float(values.abs().max()), run.unit(own))
            cells = [format_number(factor * float(x)) if is_told[year] else "-" for year, x in values.items()]
            rows.append((f"{name} ({symbol})" if symbol else name, *cells))
    return ["year", *map(str, shown.index)], rows


def supply_rows(run: PlanRun) -> list[tuple[str, ...]]:
    """Rows of the table of supplies: what each limits, from the first to the last period, and whence it is."""
    rows: list[tuple[str, ...]] = []
    plan = run.study.plan
    for s in plan.supplies:
        per = f" a {plan.horizon.period}" if s.per_time else " in service"
        offered = [run.text(float(x), s.unit) for x in (s.offered[0], s.offered[-1])] if s.offered.any() else []
        texts = [" to ".join(dict.fromkeys(offered)) + per] if offered else []
        if (m := s.modules) is not None:
            size, cost = run.text(m.capacity, s.unit), run.text(m.cost, "MUSD")
            texts.append(f"{m.most} module{'s' * (m.most > 1)} of {size}{per} at {cost} each")
        rows.append((s.name, s.quantity, " and ".join(texts) or f"0{per}", s.trust, s.source))
    return rows


def product_terms(run: PlanRun, name: str) -> list[str]:
    """Where a product is stored and what that costs, and with which products it learns."""
    plan, terms = run.study.plan, []
    if (store := plan.product(name).store) is not None:
        spec = run.study.products[name].store
        assert spec is not None
        most = f"at most {format_number(store.most)}" if np.isfinite(store.most) else "any number"
        whence = f"{spec.trust}: {spec.source}" if spec.source else spec.trust
        cost = run.text(store.cost, "MUSD/year")
        terms.append(f"built under {', '.join(store.building)}; {most} in store at {cost} each ({whence})")
    for kind in plan.product(name).learning:
        others = ", ".join(p.name for p in plan.learners(name, kind) if p.name != name)
        terms.append(f"{kind} learn " + (f"together with {others}" if others else "alone"))
    return terms


def _money(run: PlanRun, record: RobustRecord, value: float) -> str:
    """A sum of money as text; what is rounding beside the net present values is zero."""
    found = [abs(x) for outcome in record.outcomes for x in (outcome.best, *outcome.npv) if x]
    largest = max([LEAST_MONEY, *found])
    return run.text(value if abs(value) > ROUNDING * largest else 0.0, "MUSD")


def robust_rows(run: PlanRun, record: RobustRecord) -> tuple[list[str], list[tuple[str, ...]]]:
    """Heads and rows of the table of first decisions in scenarios."""
    heads = ["first decisions", "mean npv", "p10 of npv", "mean regret", "p90 of regret", "largest regret", "not met"]
    rows = []
    for i, name in enumerate(record.names):
        found = record.summary(i)
        values = (found.mean, found.p10, found.regret, found.p90_regret, found.largest_regret)
        texts = ("-" if x is None else _money(run, record, x) for x in values)
        rows.append((name, *texts, str(found.missed)))
    return heads, rows


def robust_lines(run: PlanRun, record: RobustRecord) -> list[str]:
    """What the table of first decisions means, and what the two-stage program is worth."""
    lines = [
        f"held: what is decided before {record.until}; regret: what the best plan that knows the scenario from the "
        "start earns more, over the scenarios in which every constraint is met",
        "uncertain: " + ", ".join(f"{name} (known from {when})" for name, when in record.factors),
    ]
    found = record.summary(0)
    if found.missed:
        lines.append(
            f"in {found.missed} of {record.scenarios} scenarios a constraint cannot be met after the "
            f"{record.names[0]}; in {found.hopeless} of them no plan meets all"
        )
    if (program := record.program) is not None:
        few = f"{record.two_stage} scenarios in one program"
        most = run.text(program.bound, "MUSD")
        proof = "proved" if program.proved else "stopped"
        lines.append(f"{few}: mean npv {run.text(program.mean, 'MUSD')}, {proof}: at most {most}")
        known = _money(run, record, max(program.known - program.mean, 0.0))
        lines.append(f"to know the scenario from the start: {known} more")
        if program.value is None or program.nominal is None:
            lines.append("the plan of nominal values misses a constraint in one of these scenarios")
        else:
            up_to = _money(run, record, max(program.bound - program.nominal, 0.0))
            value = _money(run, record, program.value)
            lines.append(f"value of the stochastic solution: {value}, at most {up_to}")
    return [*lines, *(f"note: {note}" for note in record.notes)]


def mover_rows(
    study: PlanStudy, base: Moved, movers: Sequence[Mover], product: str, shown_in: Mapping[str, str]
) -> tuple[list[str], list[tuple[str, ...]]]:
    """Heads and rows of the table of what moves a plan; of a product, its first purchase and its units too.

    Args:
        shown_in: As of ``PlanRun``.
    """
    plan = study.plan

    def tell(moved: Moved) -> str:
        if moved.npv is None:
            return "no plan"
        npv = format_scaled(moved.npv, shown_in.get("MUSD", "MUSD"))
        if not product:
            return npv
        first = moved.first[product]
        return f"{'never' if first is None else plan.horizon.label(first)}, {moved.units[product]:,.0f}, {npv}"

    what = f"{product} from, units, npv" if product else "npv"
    rows: list[tuple[str, ...]] = [("as it is", "", "", tell(base), "")]
    for each in movers:
        bar = each.bar
        own = shown_in.get(bar.display_unit, bar.display_unit)
        low, high = (format_value(x, own) for x in (bar.low, bar.high))
        rows.append((bar.parameter, low, high, tell(each.low), tell(each.high)))
    return ["parameter", "low", "high", f"{what} at low", "at high"], rows
