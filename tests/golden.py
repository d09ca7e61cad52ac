"""What the shipped studies yield, kept small: ``python tests/golden.py`` writes ``tests/golden/<study>.json`` anew.

With names of studies it writes theirs alone, and takes away those of no study. Beside it writes what the gallery of the
documentation shows of the same runs, ``docs/gallery/<study>.json``, and of those of the plans.

A golden says what a study's base design is worth, and of its quick run the status, the gap and the best value of each
objective. Of a plan it says the same of the run as it is; and of the first plan found what is bought, from when on, and
which supplies are used up.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from sunfront.report.plan_text import first_bought, used_up
from sunfront.runs import runner
from sunfront.runs.plans import PlanRun, run_plan
from sunfront.runs.results import Results
from sunfront.runs.run import open_run
from sunfront.study.plan_study import PlanStudy
from sunfront.study.study import Study

ROOT = Path(__file__).parents[1]
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
    }


def plan_run(path: Path, output: Path, is_quick: bool = False) -> PlanRun:
    """A plan run as it is, or to the gap of a quick run; it has more time, since the machine may be busy."""
    engine = PlanStudy.load(path).engine
    gap = (engine.quick() if is_quick else engine).gap
    return run_plan(PlanStudy.load(path, (f"engine.gap={gap}", "engine.time_limit=3600 s")), output=output)


def quick_run(path: Path, output: Path) -> Results:
    """A study run with a budget of seconds; a proof has more time, since the machine may be busy."""
    study = Study.load(path).quick()
    if study.engine.name == "pyomo":
        study = study.with_changes(engine=study.engine.model_copy(update={"time_limit": 600.0}))
    return runner.run(study, output=output)


def main(chosen: list[str]) -> None:
    sys.path.append(str(ROOT))
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
                found[name] = {"plan": plan_summary(plan_run(path, Path(output)))}
            print(name, file=sys.stderr)
    for folder in (FOLDER, gallery.FOLDER):
        for old in folder.glob("*.json"):
            if old.stem not in STUDIES | PLANS:
                old.unlink()
    for name, golden in found.items():
        (FOLDER / f"{name}.json").write_text(json.dumps(golden, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
