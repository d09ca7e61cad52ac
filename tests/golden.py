"""What the shipped studies yield, kept small: ``python tests/golden.py`` writes ``tests/golden/<study>.json`` anew.

With names of studies it writes theirs alone, and takes away those of no study. Beside it writes what the gallery of the
documentation shows of the same runs, ``docs/gallery/<study>.json``, and of those of the plans.

A golden says what a study's base design is worth, and of its quick run the status, the gap and the best value of each
objective.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import sunfront
from sunfront.runs import runner
from sunfront.runs.plans import run_plan
from sunfront.runs.results import Results
from sunfront.runs.run import open_run
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
                run = run_plan(sunfront.load(path).quick(), output=Path(output))
                gallery.write(name, gallery.plan_entry(run))
            print(name, file=sys.stderr)
    for folder, known in ((FOLDER, STUDIES), (gallery.FOLDER, STUDIES | PLANS)):
        for old in folder.glob("*.json"):
            if old.stem not in known:
                old.unlink()
    for name, golden in found.items():
        (FOLDER / f"{name}.json").write_text(json.dumps(golden, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
