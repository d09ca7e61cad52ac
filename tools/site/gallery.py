"""The gallery: of each shipped study and plan the question, the answer of its quick run, its picture and the command.

``python tests/golden.py [STUDY...]`` runs them and keeps the answer and the numbers of the picture in ``docs/gallery``;
the build of the documentation draws them, with the functions that draw the figures of a run.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from sunfront.data import shipped
from sunfront.library.yaml_file import read_yaml_file
from sunfront.report import plan_text, sentences
from sunfront.report.figures import save
from sunfront.report.figures.budgets import Waterfall, budget_data, draw_waterfall
from sunfront.report.figures.front import FrontData, draw_front, front_data
from sunfront.report.figures.plan import PlanCurves, curves_of, draw_plan
from sunfront.report.figures.style import new_figure
from sunfront.runs.plans import PlanRun
from sunfront.runs.run import Run

FOLDER = Path(__file__).parents[2] / "docs" / "gallery"

#: Digits that are kept of a number that is drawn, such as a date in years, and points of a front.
DIGITS, POINTS = 6, 100

#: Sections of the page: title, and the studies in it; what none names stands in the last.
SECTIONS = {
    "Satellites and fleets": "quickstart fleet_size fleet_size_p10 fleet_at_risk bus_size bus_or_panel "
    "bus_or_panel_bus batteries_or_pause which_chip which_launcher suncatcher_cluster latency starship_price_curve "
    "thousand_launches",
    "Orbit, ground, Moon and Mars": "space_vs_ground space_vs_ground_grid space_vs_ground_gas space_vs_ground_solar "
    "space_vs_ground_rented parity power_bound_ground sovereign_inference sovereign_inference_orbit moon_or_orbit "
    "thrown_from_the_moon mars_surface",
    "Published cases, recomputed": "handmer_2025 handmer_2025_sourced handmer_panel baker_2025 gigasat fcc_million "
    "ai1_satellite mccalip_2025 mccalip_2025_gas spacedc_mdao spacedc_mdao_ground odc_3 odc_3_ground "
    "semianalysis_2026 semianalysis_2026_ground published_satellites falcon_9_group_3",
    "Plans over time": " ".join(shipped.names("plans")),
    "More": "",
}


def _draw_front(data: dict[str, Any]) -> Any:
    points = {key: np.array(data[key], float).reshape(-1, 2) for key in ("front", "others", "bound", "reached")}
    return draw_front(FrontData(**{**data, **points}))


def _draw_bars(data: dict[str, Any]) -> Any:
    figure, axes = new_figure()
    draw_waterfall(axes, Waterfall(**data))
    return figure


def _draw_plan(data: dict[str, Any]) -> Any:
    def curves(value: dict[str, Any]) -> dict[str, Any]:
        return {name: np.array(curve, float) for name, curve in value.items()}

    groups = {key: curves(value) for key, value in data.items() if isinstance(value, dict)}
    powers = {name: power.reshape(-1, len(data["dates"])) for name, power in groups["served"].items()}
    lists = curves({key: data[key] for key in ("dates", "net", "balance")})
    return draw_plan(PlanCurves(**{**data, **lists, **groups, "served": powers}))


#: How the numbers of each kind of picture are drawn.
DRAWN: dict[str, Callable[[dict[str, Any]], Any]] = {"front": _draw_front, "bars": _draw_bars, "plan": _draw_plan}


def entry(run: Run) -> dict[str, Any]:
    """What the gallery keeps of a run: headline, answer, kind and numbers of its picture."""
    results = run.results
    data: Any
    if results.kind == "front":
        kind, data = "front", front_data(run)
        if data is not None:
            step = -(-len(data.front) // POINTS)
            data = replace(data, front=data.front[::step], others=data.others[:0])
    else:
        found = {w.title: w for w in budget_data(run) or ()}
        kind, data = "bars", found.get("Cost of compute") or next(iter(found.values()), None)
    return _kept(sentences.headline(results), sentences.answer(results), kind, data)


def plan_entry(run: PlanRun) -> dict[str, Any]:
    """The same of the run of a plan."""
    return _kept(
        plan_text.headline(run), ". ".join(plan_text.answer_lines(run)[:1]), "plan", next(curves_of(run, [0]))[1]
    )


def _kept(headline: str, answer: str, kind: str, data: Any) -> dict[str, Any]:
    return {
        "headline": headline,
        "answer": answer,
        "kind": kind,
        "data": None if data is None else _plain(asdict(data)),
    }


def write(name: str, kept: dict[str, Any]) -> None:
    """Keep the entry of a study."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.json").write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")


def page() -> str:
    """Return the page as Markdown."""
    parts = [
        "# Gallery\n\n"
        "The shipped studies. Each answer is that of `sunfront run NAME --quick`, which takes seconds; without "
        "`--quick` a proof is tighter. Dots are designs that the numpy model has verified, a line is a proved bound. "
        "Bars show what a total is made of: the cost of compute, or else the mass of a node. "
        "[Claims](../claims.md) says what the published cases mean.\n"
    ]
    known = [n for n in (*shipped.names("studies"), *shipped.names("plans")) if (FOLDER / f"{n}.json").exists()]
    placed = {name for names in SECTIONS.values() for name in names.split()}
    for title, names in SECTIONS.items():
        here = [n for n in names.split() if n in known] if names else [n for n in known if n not in placed]
        if here:
            parts.append(f"## {title}\n")
            parts += map(_shown, here)
    return "\n".join(parts)


def _shown(name: str) -> str:
    kind = "plans" if name in shipped.names("plans") else "studies"
    path = shipped.file(kind, name)
    kept = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    question = " ".join(str(read_yaml_file(path).data.get("question", "")).split())
    source = f"../../studies/{'plans/' if kind == 'plans' else ''}{name}.yaml"
    headline, answer = (kept[key][:1].upper() + kept[key][1:].rstrip(".") for key in ("headline", "answer"))
    picture = f"![{answer}](gallery/{name}.svg)\n\n" if kept["data"] else ""
    return (
        f"### {name}\n\n**{question}**\n\n{picture}{answer}. *{headline}.*\n\n"
        f"```\nsunfront run {name} --quick\n```\n\n[{name}.yaml]({source})\n"
    )


def draw(folder: Path) -> list[Path]:
    """Draw the pictures whose numbers are newer than they are, as SVG; return the paths of all."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for file in sorted(FOLDER.glob("*.json")):
        kept = json.loads(file.read_text("utf-8"))
        if kept["data"] is not None:
            paths.append(folder / f"{file.stem}.svg")
            if not paths[-1].exists() or paths[-1].stat().st_mtime < file.stat().st_mtime:
                save(DRAWN[kept["kind"]](kept["data"]), paths[-1])
    return paths


def _plain(value: Any) -> Any:
    """Numbers as JSON, rounded; what is not finite is null."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (np.ndarray, list, tuple)):
        return [_plain(each) for each in (value.tolist() if isinstance(value, np.ndarray) else value)]
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None
    return value
