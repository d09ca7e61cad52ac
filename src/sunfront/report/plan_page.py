"""The page of a plan's run: answer, plans of the front, the first plan by year, figure, supplies."""

from __future__ import annotations

from html import escape

from sunfront.display import html_table
from sunfront.report import plan_text
from sunfront.report.figures import save
from sunfront.report.figures.plan import draw_plan, plan_curves
from sunfront.report.html import embed_image, web_file
from sunfront.runs.files import REPORT, replacing
from sunfront.runs.plan_robustness import read_robustness
from sunfront.runs.plan_tables import write_tables
from sunfront.runs.plans import PlanRun


def write_plan(run: PlanRun) -> None:
    """Write ``plan.csv``, the figure and the page into the folder of a run."""
    write_tables(run)
    curves = plan_curves(run)
    if curves is not None:
        save(draw_plan(curves), run.folder / "plan.svg", run.folder / "plan.png")
    write_page(run)


def write_page(run: PlanRun) -> None:
    """Write the page into the folder of a run, whose figure is there."""
    with replacing(run.folder / REPORT) as path:
        path.write_text(render(run), "utf-8")


def render(run: PlanRun) -> str:
    """Render the page, one file that loads nothing."""
    parts = [f"<h1>{escape(run.study.title)}</h1>", f"<p>{escape(run.record.question)}</p>"]
    parts.append(f"<p><b>{escape(plan_text.headline(run))}</b></p>")
    parts += [f"<p>{escape(line)}</p>" for line in plan_text.answer_lines(run)]
    if run.points:
        image = embed_image(run.folder / "plan.svg")
        parts.append(f'<p><img src="{image}" alt="Power, purchases, money and supplies over time" width="100%"></p>')
        parts.append("<h2>Plans</h2>" + html_table(*plan_text.front_rows(run)))
        for i in range(len(run.points)):
            parts.append(f"<details{' open' if i == 0 else ''}><summary>Plan {i} by year</summary>")
            parts.append(html_table(*plan_text.year_rows(run, i)) + "</details>")
    if (robustness := read_robustness(run.folder)) is not None:
        parts.append(f"<h2>First decisions in {robustness.scenarios} scenarios</h2>")
        parts.append(html_table(*plan_text.robust_rows(robustness)))
        parts += [f"<p>{escape(line)}</p>" for line in plan_text.robust_lines(robustness)]
    heads = ("supply", "limits", "offered", "trust", "source")
    parts.append("<h2>Supplies</h2>" + html_table(heads, plan_text.supply_rows(run.study.plan)))
    parts += [f"<p>note: {escape(note)}</p>" for note in run.record.notes]
    body = "\n".join(parts)
    title = escape(run.study.title)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{web_file('style.css')}</style></head>\n<body><main>\n{body}\n</main></body></html>\n"
    )
