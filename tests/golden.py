"""What the shipped studies yield, kept small: ``python tests/golden.py`` writes ``tests/golden/<study>.json`` anew.

With names of studies it writes theirs alone, and takes away those of no study. Beside it writes what the gallery of the
documentation shows of the same runs, ``docs/gallery/<study>.json``, and of those of the plans.

A golden says what a study's base design is worth, and of its quick run the status, the gap and the best value of each
objective. Of a plan it says the same of the run as it is; of the first plan found what is bought, from when on, and
which supplies are used up; of a date how many years it takes; and all that again for what claims on the plan set.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from sunfront.report.plan_dates import price_of_year
from sunfront.report.plan_text import first_bought, used_up
from sunfront.runs import runner
from sunfront.runs.plans import PlanRun, run_plan
from sunfront.runs.results import Results
from sunfront.runs.run import open_run
from sunfront.study.plan_study import PlanStudy
from sunfront.study.study import Study

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT))
FOLDER = ROOT / "tests" / "golden"
STUDIES = {path.stem: path for path in sorted((ROOT / "studies").glob("*.yaml"))}
PLANS = {path.stem: path for path in sorted((ROOT / "studies" / "plans").glob("*.yaml"))}
BASE = ("roi", "capex", "compute_cost", "fleet_it_power", "junction_temperature")


def base(path: Path) -> dict[str, float]:
    """What the base design of a study is worth; SI and USD."""
    found = Study.load(path).evaluate()
    return {name: float(found[name]) for name in BASE}


def summary(results: Results) -> dict[str, Any]:
    """Of a run what should not change: status, gap, and the best value of each objective; SI and USD."""
    gap = results.record.gap
    best = {"maximize": max, "minimize": min}
    return {
        "status": results.status,
        "gap": None if gap is None else float(f"{gap.relative:.2g}"),  # its last digits are noise
        "best": {o.name: float(best[o.sense](results.front[o.name])) for o in results.objectives},
    }


def plan_summary(run: PlanRun) -> dict[str, Any]:
    """Of the run of a plan what should not change; SI, USD and numbers of periods."""
    best = {"maximize": max, "minimize": min}
    scores = zip(*(p.simulation.scores for p in run.points), strict=True)
    gap, first = run.record.gap, run.points[0]
    return {
        "status": run.status,
        "gap": None if gap is None else float(f"{gap.relative:.2g}"),
        "best": {o.goal.text: float(best[o.sense](x)) for o, x in zip(run.study.plan.objectives, scores, strict=True)},
        "npv": first.simulation.npv,
        "units": {name: float(units.sum()) for name, units in first.decisions.units.items()},
        "first": first_bought(run),
        "used up": sorted(used_up(run)),
        **_dates(run),
    }


def _dates(run: PlanRun) -> dict[str, Any]:
    """Of a plan with a date: years to the earliest, what a year earlier costs, and what dates before it would take."""
    horizon, index = run.study.plan.horizon, run.study.plan.date_index
    if index is None:
        return {}
    earliest = min(point.simulation.scores[index] for point in run.points)
    cost = price_of_year(run)
    lacks = {
        horizon.label(date.period): {
            s.name: s.amount for way in date.ways if way.npv is not None for s in way.shortages
        }
        for date in run.record.earlier
    }
    price = {} if cost is None else {"price of a year": cost[2]}
    return {"years": (earliest + 1) * horizon.months / 12, **price, "earlier lacks": lacks}


def plan_run(path: Path, output: Path, is_quick: bool = False, fixed: tuple[str, ...] = ()) -> PlanRun:
    """A plan run as it is, or to the gap of a quick run; it has more time, since the machine may be busy.

    Args:
        fixed: Values as of ``--set``.
    """
    engine = PlanStudy.load(path).engine
    gap = (engine.quick() if is_quick else engine).gap
    return run_plan(PlanStudy.load(path, (f"engine.gap={gap}", "engine.time_limit=3600 s", *fixed)), output=output)


def quick_run(path: Path, output: Path) -> Results:
    """A study run with a budget of seconds; a proof has more time, since the machine may be busy."""
    study = Study.load(path).quick()
    if study.engine.name == "pyomo":
        study = study.with_changes(engine=study.engine.model_copy(update={"time_limit": 600.0}))
    return runner.run(study, output=output)


def sets_of(name: str) -> list[tuple[str, ...]]:
    """What claims set in a plan."""
    from tools.claims import sections

    numbers = [n for rows in sections().values() for row in rows for n in row.numbers if n.plan == name and n.set]
    return list(dict.fromkeys(n.set for n in numbers))


def main(chosen: list[str]) -> None:
    from tools.site import gallery

    found = {}
    for name, path in STUDIES.items():
        if chosen and name not in chosen:
            continue
        with tempfile.TemporaryDirectory() as output:
            results = quick_run(path, Path(output))
            found[name] = {"base": base(path), "quick": summary(results)}
            gallery.write(name, gallery.entry(open_run(results)))
        print(name, file=sys.stderr)
    for name, path in PLANS.items():
        if not chosen or name in chosen:
            with tempfile.TemporaryDirectory() as output:
                gallery.write(name, gallery.plan_entry(plan_run(path, Path(output), is_quick=True)))
                found[name] = {
                    " ".join(("plan", *fixed)): plan_summary(plan_run(path, Path(output), fixed=fixed))
                    for fixed in [(), *sets_of(name)]
                }
            print(name, file=sys.stderr)
    for folder in (FOLDER, gallery.FOLDER):
        for old in folder.glob("*.json"):
            if old.stem not in STUDIES | PLANS:
                old.unlink()
    for name, golden in found.items():
        (FOLDER / f"{name}.json").write_text(json.dumps(golden, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
