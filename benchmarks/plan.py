"""Measure plans over time: reading the equations, building the program, proving it; and how they grow.

A plan of ten quarters and two products, satellites whose chips and prices differ and halls in turn, with launches, a
factory in modules and a grid; then 2, 4 and 8 times the periods, and 2, 4 and 8 times the products. The program is also
built naively, with sums of terms in place of linear expressions. It is solved with learning of nodes too, and then with
their curves cut into ever more segments. Both ways of building are timed in turn, without garbage collection; of the
times and of their quotients the medians are shown.

    python benchmarks/plan.py            # all
    python benchmarks/plan.py --quick    # up to twice the periods and products
    python benchmarks/plan.py --full     # ten years by quarters, five products, two of them sized; fronts
    python benchmarks/plan.py --full 2   # one of these: 0 the best plan, 1 its front, 2 the front with given designs
    python benchmarks/plan.py --shipped  # the shipped plans as they are
    python benchmarks/plan.py --uncertain 200 20  # ground_then_orbit in 200 scenarios, and in one program over up to 20
"""

from __future__ import annotations

import gc
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from sunfront.engines.plan import engine, goals, learning, program
from sunfront.engines.plan.coefficients import Coefficients
from sunfront.engines.plan.program import Chords, build
from sunfront.engines.plan.robustness import Trial, summarize, try_scenarios
from sunfront.engines.plan.settings import PlanSettings
from sunfront.engines.plan.solver import PlanSolver
from sunfront.engines.plan.two_stage import solve_two_stage
from sunfront.problem.plan import Plan
from sunfront.problem.scenarios import draw
from sunfront.study.plan_study import PlanStudy

GAP, LIMIT = 0.005, 300.0

#: How often a program is built each way.
REPEATS = 7
PERIODS, PRODUCTS = 10, 2
PRESETS = ("ai1_satellite", "b200", "gb200", "tpu")


@dataclass
class Measured:
    """CPU seconds of the parts of one plan; and its program.

    Attributes:
        naive: How many times as long the naive way of building takes.
    """

    reading: float
    building: float
    naive: float
    solving: float
    gap: float
    rows: int
    whole: int


#: What the plan chooses of a satellite whose design is open.
OPEN = (
    ", variables: {node_array_area: {low: 300 m^2, high: 520 m^2}, node_accelerators: {low: 10, high: 60}, "
    "node_radiator_area: {low: 40 m^2, high: 240 m^2}}"
)


def text(periods: int, products: int, learns: bool, sized: int = 0, objectives: str = "maximize npv") -> str:
    """A plan that must have power at its end; the first satellites are sized."""
    years, quarters = divmod(periods, 4)
    end = f"{2027 + years}-{3 * quarters + 1:02d}"
    last = f"{2027 + (periods - 1) // 4}-{3 * ((periods - 1) % 4) + 3:02d}"
    lines = [f"horizon: {{start: 2027-01, end: {end}, period: quarter}}", "products:"]
    for i in range(products):
        if i % 2:
            lines.append(
                f"  p{i}: {{architecture: terrestrial, parameters: {{nodes_per_site: 1, time_to_power: 0.5 year, "
                f"electricity_price: {50 + 5 * i} USD/MWh}}}}"
            )
        else:
            chip = PRESETS[i // 2 % len(PRESETS)]
            presets = "[claimed_2026, ai1_satellite]" if chip == "ai1_satellite" else f"[claimed_2026, {chip}]"
            more = (
                f", available: {2027 + i // 8}-{1 + 3 * (i // 2 % 4):02d}"
                + ", learning: nodes" * learns
                + OPEN * (i // 2 < sized)
            )
            lines.append(
                f"  p{i}: {{architecture: starlink_bus, presets: {presets}, parameters: {{launch_cadence: 100 1/year, "
                f"compute_price: {18 + 0.5 * i} USD/kWh}}{more}}}"
            )
    lines += [
        "timelines: {launch_specific_price: {2027-01: 1500 USD/kg, 2037-01: 200 USD/kg}}",
        "supply:",
        "  launches: {limits: launches, offered: {2027-01: 25 1/year, 2032-01: 200 1/year}, source: benchmark}",
        "  factory: {limits: nodes, products: [" + ", ".join(f"p{i}" for i in range(0, products, 2)) + "], module: 500 "
        "1/year, cost: 300 MUSD, lead: 0.5 year, ramp: [50 %, 100 %], at_most: 20, source: benchmark}",
        "  grid: {limits: facility_load, offered: {2027-01: 50 MW, 2037-01: 800 MW}, source: benchmark}",
        f"objectives: [{objectives}]",
        f"capital: {{limit: {4 + 0.5 * periods} GUSD}}",
        f"constraints: [fleet_it_power at {last} >= {20 + 3 * periods} MW]",
    ]
    return "\n".join(lines) + "\n"


def load(periods: int, products: int, learns: bool = False, sized: int = 0, objectives: str = "maximize npv") -> Plan:
    """Write and load a plan."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.yaml"
        path.write_text(text(periods, products, learns, sized, objectives), "utf-8")
        return PlanStudy.load(path).plan


def naive_sum(terms):
    """What ``linear`` builds, as most people write it."""
    return sum(x * variable for x, variable in terms)


def timed(call):
    """CPU seconds of a call, and its result."""
    start = time.process_time()
    found = call()
    return time.process_time() - start, found


def finer(c: Coefficients, pieces: int) -> Chords:
    """Points that cut each learning curve into so many pieces, beside those at which it bends."""
    found = {}
    for p in c.plan.products:
        for kind in p.learning if pieces else ():
            last = float((c.steps(p.name, kind)[p.name] * c.most[p.name]).sum())
            found[p.name, kind] = [last * i / pieces for i in range(1, pieces)]
    return found


def time_building(plan: Plan, c: Coefficients, chords: Chords) -> tuple[float, float]:
    """CPU seconds of building a program, and how many times as long the naive way takes."""
    pairs = []
    for _ in range(REPEATS):
        gc.collect()
        gc.disable()
        own = timed(lambda: build(plan, c, chords=chords))[0]
        with (
            patch.object(program, "linear", naive_sum),
            patch.object(goals, "linear", naive_sum),
            patch.object(learning, "linear", naive_sum),
        ):
            pairs.append((own, timed(lambda: build(plan, c, chords=chords))[0]))
        gc.enable()
    return statistics.median(own for own, _ in pairs), statistics.median(other / own for own, other in pairs)


def measure(plan: Plan, pieces: int = 0) -> Measured:
    """Measure a plan; prices, explanation and simulation are left out. For ``pieces`` see ``finer``."""
    reading, c = timed(lambda: Coefficients(plan))
    reading += timed(lambda: build(plan, c))[0]  # the first reads what a unit is of each quantity
    chords = finer(c, pieces)
    built = build(plan, c, chords=chords)
    building, naive = time_building(plan, c, chords)
    solver = PlanSolver(plan, GAP / 2, chords=chords)
    solving, best = timed(lambda: solver.maximize(0, {}, time.monotonic() + LIMIT))
    assert best is not None, "the plan of the benchmark cannot be met"
    m = built.model
    whole = sum(not v.is_continuous() for kind in (m.units, m.total, m.full) for v in kind.values())
    gap = (best.bound - best.scores[0]) / max(abs(best.bound), 1e-9)
    return Measured(reading, building, naive, solving, gap, len(m.rows), whole)


def show(name: str, found: Measured) -> None:
    """Print a row."""
    total = found.reading + found.building + found.solving
    print(
        f"{name:34} {found.reading:7.2f} {found.building:7.3f} {found.naive:6.2f}x {found.solving:7.2f} "
        f"{(found.building / total):7.1%} {found.gap:8.3%} {found.rows:7d} {found.whole:6d}",
        flush=True,
    )


def shipped() -> None:
    """Run each shipped plan as the command does, without its report."""
    for path in sorted((Path(__file__).parents[1] / "studies" / "plans").glob("*.yaml")):
        study = PlanStudy.load(path)
        wall = time.perf_counter()
        cpu, answer = timed(lambda study=study: engine.run(study.plan, study.engine))
        gap = answer.gap.relative if answer.gap else float("nan")
        seconds = time.perf_counter() - wall
        print(f"{path.stem:34} {cpu:7.2f} s CPU {seconds:7.2f} s wall, {len(answer.points)} plans, gap {gap:.3%}")


def full(chosen: list[int]) -> None:
    """A plan of the size that people ask for, and its front of money, as the command solves them; then no design open.

    Fronts are solved by two workers, whose CPU time is not counted.
    """
    both = "maximize npv, minimize peak_funding"
    parts = (("maximize npv", GAP, 2, 1), (both, 0.01, 2, 2), (both, 0.01, 0, 2))
    for objectives, gap, sized, workers in [parts[i] for i in chosen or range(len(parts))]:
        plan = load(4 * PERIODS, 5, sized=sized, objectives=objectives)
        wall = time.perf_counter()
        settings = PlanSettings(gap=gap, time_limit=f"{LIMIT:g} s")
        cpu, answer = timed(lambda: engine.run(plan, settings, workers))  # noqa: B023
        seconds, missing = time.perf_counter() - wall, answer.gap.relative if answer.gap else float("nan")
        count = f"{len(answer.points)} plan{'s' * (len(answer.points) > 1)}"
        print(
            f"{objectives:40} {sized} sized {cpu:7.2f} s CPU {seconds:7.2f} s wall, {answer.status}, {count}, gap "
            f"{missing:.3%}",
            flush=True,
        )


def uncertain(scenarios: int, most: int) -> None:
    """Try the first decisions of a shipped plan in scenarios; solve one program over ever more of them."""
    study = PlanStudy.load("ground_then_orbit")
    plan, factors = study.plan, study.factors
    first = engine.run(plan, study.engine).points[0].decisions
    trial = Trial(plan, factors, draw(factors, scenarios, 0), (first,), study.engine.gap / 2, LIMIT)
    cpu, outcomes = timed(lambda: [outcome for _, outcome in try_scenarios(trial, {})])
    print(f"{scenarios} scenarios: {cpu:.1f} s CPU, {cpu / scenarios:.2f} s each; {summarize(outcomes, 0)}", flush=True)
    for count in (n for n in (2, 5, 10, 20) if n <= most):
        draws = draw(factors, count, 0)
        cpu, found = timed(
            lambda draws=draws: solve_two_stage(plan, factors, draws, study.engine.gap / 2, time.monotonic() + LIMIT)
        )
        if found is None:
            print(f"one program over {count}: {cpu:.1f} s CPU, no first decisions meet every constraint", flush=True)
            continue
        gap = (found.bound - found.mean) / abs(found.mean)
        print(f"one program over {count}: {cpu:.1f} s CPU, mean {found.mean / 1e9:.3f} GUSD, gap {gap:.3%}", flush=True)


def main() -> None:
    """Print the tables."""
    engine.run(load(4, 2), PlanSettings(gap=0.05))  # imports
    if "--uncertain" in sys.argv:
        uncertain(*map(int, sys.argv[sys.argv.index("--uncertain") + 1 :]))
        return
    if "--full" in sys.argv:
        full([int(text) for text in sys.argv[sys.argv.index("--full") + 1 :]])
        return
    if "--shipped" in sys.argv:
        shipped()
        return
    times = (1, 2) if "--quick" in sys.argv else (1, 2, 4, 8)
    heads = ("reading", "build", "naive", "solve", "share", "gap", "rows", "whole")
    print(f"{'CPU seconds':34} " + " ".join(f"{head:>7}" for head in heads))
    for k in times:
        show(f"{PERIODS * k} periods, {PRODUCTS} products", measure(load(PERIODS * k, PRODUCTS)))
    for k in times[1:]:
        show(f"{PERIODS} periods, {PRODUCTS * k} products", measure(load(PERIODS, PRODUCTS * k)))
    for k in times:
        show(f"{PERIODS * k} periods, learning of nodes", measure(load(PERIODS * k, PRODUCTS, learns=True)))
    for k in times[1:]:
        show(f"{PERIODS} periods, {10 * k} segments more", measure(load(PERIODS, PRODUCTS, learns=True), 10 * k))


if __name__ == "__main__":
    main()
