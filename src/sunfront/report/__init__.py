"""The report of a run: one HTML file that needs nothing else."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from sunfront.display import format_range
from sunfront.library.parameters import parameters
from sunfront.report import figures, page_data, sentences
from sunfront.report.assembly import embedded, environment, script, text
from sunfront.runs.results import Results
from sunfront.runs.run import Run, runs_beside
from sunfront.runs.settings import read_settings

#: The page's modules, each after those that it imports from.
SCRIPTS = ("data", "state", "svg", "canvas", "scatter", "parallel", "table", "card", "region", "tip", "theme", "main")


def write(results: Results, folder: Path) -> None:
    """Write the figures and ``report.html`` into a run folder."""
    opened = Run.load(folder, results)
    figures.write(opened, folder)
    (folder / "report.html").write_text(render(opened), "utf-8")


def render(run: Run) -> str:
    """The page. Whatever a study says is escaped; only our own style, scripts and figures are put in as they are."""
    from markupsafe import Markup

    results, folder = run.results, run.folder
    data = page_data.island(run)
    shown = [
        {"name": name, "title": figure.title, "text": figure.text, "source": _embedded(folder / f"{name}.svg")}
        for name, figure in figures.FIGURES.items()
        if figure.in_page and (folder / f"{name}.svg").is_file()
    ]
    several = len(data["rows"]) > 1
    sections = [
        *([("frontier", "Frontier")] if several else []),
        *([("design", "Chosen design")] if data["rows"] else []),
        *([("map", "Feasible region")] if data["regions"] else []),
        *((figure["name"], figure["title"]) for figure in shown),
        ("assumptions", "Assumptions"),
        ("provenance", "How it was computed"),
    ]
    return (
        environment()
        .get_template("report.html")
        .render(
            record=results.record,
            answer=sentences.answer(results),
            standing=sentences.headline(results),
            levers=sentences.levers(results, runs_beside(run)),
            ends=sentences.landmarks(results) if several else None,
            count=len(data["rows"]),
            left_out=len(results.designs) - len(data["rows"]),
            several=several,
            maps=bool(data["regions"]),
            figure=_embedded(folder / "front.png") if several else "",
            figures=shown,
            settings=settings(folder),
            provenance=sentences.provenance(results),
            sections=sections,
            style=Markup(text("style.css")),
            script=Markup(script(SCRIPTS)),
            data=Markup(embedded(data)),
        )
    )


def settings(folder: Path) -> list[dict[str, Any]]:
    """The run's assumptions, each with the range that its sources give."""
    rows = []
    for name, setting in read_settings(folder).items():
        known = parameters().get(name)
        span = ""
        if known and known.low is not None and known.high is not None:
            span = format_range(known.low, known.high, known.unit)
        rows.append({"name": name, "range": span, **vars(setting)})
    return rows


def _embedded(picture: Path) -> str:
    """A picture as an address that holds it."""
    if not picture.is_file():
        return ""
    kind = {".svg": "svg+xml", ".png": "png"}[picture.suffix]
    return f"data:image/{kind};base64,{base64.b64encode(picture.read_bytes()).decode('ascii')}"
