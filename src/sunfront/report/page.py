"""The report page of one run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sunfront.report import sentences
from sunfront.report.bend import reasons
from sunfront.report.cash_table import cash_table
from sunfront.report.descriptions import share_units
from sunfront.report.figures import FIGURES
from sunfront.report.html import embed_image, inline_svg, render_page
from sunfront.report.money import money_lines
from sunfront.report.page_data import run_data
from sunfront.report.whatif import what_if
from sunfront.runs.run import Run
from sunfront.runs.settings import read_settings


def render(run: Run) -> str:
    """Render the page of a run. It embeds the figures that the run's folder holds."""
    results = run.results
    live = what_if(run)
    data = run_data(run, live.data)
    count = len(data["table_rows"])
    figures = [
        {"name": name, "title": figure.title, "caption": figure.caption, "source": source}
        for name, figure in FIGURES.items()
        if figure.embedded and (source := embed_image(run.folder / f"{name}.svg"))
    ]
    has_maps = bool(data["maps"]) or (live.data is not None and len(live.data["axes"]) > 1)
    sections = [
        *([("front", "Pareto front")] if count > 1 else []),
        *([("design", "Design")] if count == 1 else []),
        *([("what-if", "What if")] if count and (live.data or live.refusal) else []),
        *([("findings", "Findings"), ("design", "Selected design")] if count > 1 else []),
        *([("cash", "Cash flow")] if data["cash"] else []),
        *([("map", "Feasible region")] if has_maps else []),
        *((figure["name"], figure["title"]) for figure in figures),
        ("assumptions", "Assumptions"),
        ("notes", "Notes"),
        ("provenance", "How it was computed"),
    ]
    cash_of, cash_row = sentences.main_suggestion(results) if data["cash"] else ("", None)
    return render_page(
        "report",
        share_units({**data, "memo": live.first}),
        live.program,
        live=live,
        ranked=live.ranked,
        of_design="the design to look at first" if count > 1 else "this design",
        followers=_followers(data, has_maps),
        beside=live.data is not None,
        record=results.record,
        answer=sentences.answer(results),
        headline=sentences.headline(results),
        levers=[*money_lines(results), *reasons(run), *sentences.levers(results, run.other_engines)],
        suggestions=sentences.suggestion_table(results) if count > 1 else None,
        count=count,
        total=len(results.designs),
        objectives=len(results.objectives) if count > 1 else 0,
        has_cash=bool(data["cash"]),
        cash_of=cash_of,
        cash_table=None if cash_row is None else cash_table(run.cash_flow(cash_row)),
        has_maps=has_maps,
        front_image=_front_image(run) if count > 1 else "",
        figures=figures,
        settings=assumptions(run),
        provenance=sentences.provenance(results),
        sections=sections,
    )


def assumptions(run: Run) -> list[dict[str, Any]]:
    """The settings of a run as table rows, each with the range of its sources as text."""
    known = {name: s for name, s in run.study.settings.items() if name not in run.study.preset_variables}
    return [
        {"name": name, "range": known[name].range_text if name in known else "", **vars(setting)}
        for name, setting in read_settings(run.folder).items()
    ]


def _followers(data: Mapping[str, Any], has_maps: bool) -> str:
    """What of a page is computed anew where an assumption is moved, in words."""
    found = ["designs", "front", "card"] if len(data["table_rows"]) > 1 else ["numbers", "limits"]
    found += [name for name, is_there in (("budgets", data["budgets"]), ("cash flow", data["cash"])) if is_there]
    found += ["map"] if has_maps else []
    return f"{', '.join(found[:-1])} and {found[-1]}"


def _front_image(run: Run) -> str:
    """The figure of the front as HTML, for readers without scripts: the shorter of its two files."""
    from markupsafe import Markup

    drawing, picture = run.folder / "front.svg", run.folder / "front.png"
    if not drawing.is_file() or not picture.is_file():
        return ""
    image = f'<img alt="Pareto front" src="{embed_image(picture)}">'
    return Markup(min(inline_svg(drawing), image, key=len))
