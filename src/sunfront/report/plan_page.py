"""The page of a plan's run: answer, plans of the front, the first plan by year, figure, supplies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

from sunfront.display import html_table
from sunfront.engines.plan.engine import Progress
from sunfront.report import plan_dates, plan_text
from sunfront.report.figures import save
from sunfront.report.figures.plan import curves_of, draw_front, draw_plan
from sunfront.report.html import embed_image, inline_svg, render_page
from sunfront.runs.files import REPORT, replacing
from sunfront.runs.plan_robustness import read_robustness
from sunfront.runs.plan_tables import write_tables
from sunfront.runs.plans import PlanRun
from sunfront.study.presets import preset_name

#: The picture of the front of two objectives.
FRONT = "front.svg"

#: Most plans of a front that have a figure of their own: each has 100 kB, and takes a third of a second.
DRAWN = 10

#: Most rows of the table of plans that are shown at once.
ROWS = 20

#: Name of a run in the note of a product.
_RUN = re.compile(r"of the run ([^/\s]+/[0-9a-f]+)")


def write_plan(run: PlanRun, progress: Progress = lambda *_: None) -> None:
    """Write the tables, the figures and the page into the folder of a run."""
    write_tables(run)
    drawn = _drawn(run)
    for n, (i, curves) in enumerate(curves_of(run, drawn)):
        progress(1, 1, f"drawing figure {n + 1} of {len(drawn)}")
        save(draw_plan(curves), *[_figure(run, i)] + [run.folder / "plan.png"] * (i == 0))
    if _has_front(run):
        save(draw_front(run, drawn), run.folder / FRONT)
    write_page(run)


def _figure(run: PlanRun, index: int) -> Path:
    """Path of the figure of a plan of the front."""
    return run.folder / (f"plan-{index}.svg" if index else "plan.svg")


def _drawn(run: PlanRun) -> list[int]:
    """The plans that have a figure."""
    return plan_text.chosen_plans(run, DRAWN)


def _has_front(run: PlanRun) -> bool:
    """Whether the plans are points of two objectives."""
    return len(run.study.plan.objectives) == 2 and len(run.points) > 1


def write_page(run: PlanRun) -> None:
    """Write the page into the folder of a run, whose figure is there."""
    with replacing(run.folder / REPORT) as path:
        path.write_text(render(run), "utf-8")


def _product(run: PlanRun, name: str) -> str:
    """A line on a product, with a link to the report of the run whose design it is, if it lies beside this run."""
    spec = run.study.products[name]
    text = escape(spec.note)
    if found := _RUN.search(spec.note):
        report = Path("..", "..", found[1], REPORT)
        if (run.folder / report).is_file():
            text = text.replace(found[1], f'<a href="{quote(report.as_posix())}">{found[1]}</a>')
    presets = ", ".join(map(preset_name, spec.presets))
    what = ": ".join(filter(None, (f"{spec.architecture}{f' ({presets})' if presets else ''}", text)))
    terms = "".join(f"; {escape(term)}" for term in plan_text.product_terms(run, name))
    return f"<p>{escape(name)}: {what}{terms}</p>"


def _table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "") -> str:
    """A table that scrolls by itself where the screen is narrow."""
    return f'<div class="scroll{kind}" tabindex="0" role="region" aria-label="{title}">{html_table(heads, rows)}</div>'


def _plan(run: PlanRun, index: int, goals: Sequence[str], values: Sequence[str], is_drawn: bool) -> str:
    """A plan, folded below its number and what its objectives are; that which is listed first is open."""
    told = escape(", ".join(f"{goal} {value}" for goal, value in zip(goals, values, strict=True)))
    is_open = " open" if index == 0 else ""
    parts = [f'<details id="plan-{index}"{is_open}><summary>Plan {index}: {told}</summary>']
    if is_drawn:
        image = embed_image(_figure(run, index))
        alt = "Power, purchases, money and supplies over time"
        attributes = f'class="figure" tabindex="0" role="region" aria-label="Figure of plan {index}"'
        parts.append(f'<div {attributes}><img src="{image}" alt="{alt}"></div>')
    parts.append(_table(f"Plan {index} by year", *plan_text.year_rows(run, index), " years") + "</details>")
    return "".join(parts)


def render(run: PlanRun) -> str:
    """Render the page, one file that loads nothing."""
    from markupsafe import Markup

    parts = []
    if run.points:
        parts.append("<h2>Plans</h2>")
        if _has_front(run) and (run.folder / FRONT).is_file():
            drawing = inline_svg(run.folder / FRONT).replace(' target="_blank"', "")  # on this page
            attributes = 'class="figure" tabindex="0" role="region" aria-label="Front"'
            parts.append(f'<p class="use">A point opens its plan.</p><div {attributes}>{drawing}</div>')
        drawn = _drawn(run)
        if (count := len(run.points)) > len(drawn):
            text = f"{len(drawn)} of the {count} plans have a number in the picture and a figure."
            parts.append(f"<p>{text}</p>")
        heads, rows = plan_text.front_rows(run)
        table = _table("Plans", heads, rows)
        parts.append(f"<details><summary>Table of {count} plans</summary>{table}</details>" if count > ROWS else table)
        if run.record.earlier:
            parts.append("<h3>Dates before the earliest</h3>")
            parts.append(_table("Dates before the earliest", *plan_dates.earlier_rows(run)))
            parts += [f"<p>{escape(note)}</p>" for note in plan_dates.earlier_notes(run)]
        goals = len(run.study.plan.objectives)
        plans = [_plan(run, i, heads[1 : goals + 1], row[1 : goals + 1], i in drawn) for i, row in enumerate(rows)]
        if count > 1:
            parts.append('<p class="note">Only plans that are open are printed.</p>')
        parts += [plans[i] for i in drawn]
        if rest := [plan for i, plan in enumerate(plans) if i not in drawn]:
            parts.append(f"<details><summary>The other {len(rest)} plans</summary>{''.join(rest)}</details>")
    if (robustness := read_robustness(run.folder)) is not None:
        parts.append(f"<h2>First decisions in {robustness.scenarios} scenarios</h2>")
        parts.append(_table("First decisions", *plan_text.robust_rows(run, robustness)))
        parts += [f"<p>{escape(line)}</p>" for line in plan_text.robust_lines(run, robustness)]
    columns = ("supply", "limits", "offered", "trust", "source")
    parts.append("<h2>Supplies</h2>" + _table("Supplies", columns, plan_text.supply_rows(run)))
    parts.append("<h2>Products</h2>" + "".join(_product(run, name) for name in run.study.products))
    parts += [f"<p>note: {escape(note)}</p>" for note in run.record.notes]
    return render_page(
        "plan",
        {},
        title=run.study.title,
        question=run.record.question,
        headline=plan_text.headline(run),
        answers=plan_text.answer_lines(run),
        body=Markup("\n".join(parts)),
    )
