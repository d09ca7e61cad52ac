"""The report of a run: one HTML file that needs nothing else."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

from sunfront import plots
from sunfront.parameters import load_yaml
from sunfront.results import Results
from sunfront.units import readable, show, unit


def write(results: Results, folder: Path) -> None:
    """Write ``front.png``, ``front.svg`` and ``report.html`` into a run folder."""
    if not results.front.empty:
        plots.write_front(results, folder)
    (folder / "report.html").write_text(render(results, folder), "utf-8")


def render(results: Results, folder: Path) -> str:
    """The page. Whatever a study says is escaped; only our own figure is put in as it is.

    Args:
        folder: Holds ``parameters.yaml`` and the figure.
    """
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(files("sunfront").joinpath("templates/report.html").read_text("utf-8"))
    svg = folder / "front.svg"
    figure = (
        Markup("".join(svg.read_text("utf-8").partition("<svg")[1:]))
        if svg.is_file() and len(results.designs) > 1
        else ""
    )
    stored = load_yaml((folder / "parameters.yaml").read_text("utf-8"))
    return template.render(
        record=results.record,
        answer=answer(results),
        standing=plots.headline(results),
        figure=figure,
        front=_table(results),
        settings=[{"name": name, **row} for name, row in stored.items()],
        provenance=_provenance(results),
    )


def answer(results: Results) -> str:
    """The answer in one sentence, with units."""
    front = results.front
    if front.empty:
        return "No design meets every constraint."
    if len(results.objectives) == 1:
        sense, name = results.objectives[0]
        best = show(float(front[name].iloc[0]), results.units[name])
        if not results.record["variables"]:
            return f"{plots.words(name)} is {best}."
        value = show(float(front["npv"].iloc[0]), results.units["npv"]) if "npv" in front and name != "npv" else ""
        worth = f" Its net present value is {value}." if value else ""
        return f"The {'highest' if sense == 'maximize' else 'lowest'} {plots.words(name)} is {best}.{worth}"
    first, last = front.iloc[0], front.iloc[-1]

    verdict = ""
    if "npv" in front:
        low, high = (show(float(front["npv"].agg(end)), results.units["npv"]) for end in ("min", "max"))
        losing = int((front["npv"] < 0).sum())
        what = {0: "earns", len(front): "loses"}.get(losing)
        who = f"Every one {what} money over its life" if what else f"{losing} of them lose money over their life"
        verdict = f" {who}: net present value {low} to {high}."

    def at(row: Any) -> str:
        return " and ".join(
            f"{plots.words(name)} {show(float(row[name]), results.units[name])}" for _, name in results.objectives
        )

    return f"The front has {len(front)} design{'s' if len(front) > 1 else ''}, from {at(first)} to {at(last)}.{verdict}"


def shown_columns(results: Results) -> list[str]:
    """Columns for people: objectives, variables, then the rest."""
    objectives = [name for _, name in results.objectives]
    return list(dict.fromkeys([*objectives, *results.record["variables"], *results.designs.columns]))


def cells(results: Results, columns: list[str]) -> list[list[str]]:
    """The front as text, in read units."""
    rows = results.front.iterrows()
    return [[_cell(name, float(row[name]), results.units[name]) for name in columns] for _, row in rows]


def _cell(name: str, value: float, read: str) -> str:
    # What is left of a binding margin after rounding is nothing.
    if name.endswith("_margin") and abs(unit(read).from_si(value)) < 1e-6:
        return "0"
    return show(value, read).removesuffix(f" {readable(read)}")


def _table(results: Results) -> dict[str, Any]:
    columns = shown_columns(results)
    heads = [
        {"words": plots.words(n), "unit": "" if results.units[n] == "1" else readable(results.units[n])}
        for n in columns
    ]
    return {"columns": heads, "rows": cells(results, columns)}


def _provenance(results: Results) -> list[tuple[str, str]]:
    record = results.record
    gap, seconds = record["gap"] or {}, record["seconds"]
    counted = record["designs"]
    pairs = [
        ("status", record["status"]),
        ("engine", ", ".join(f"{k} {v}" for k, v in record["engine"].items())),
        ("proof", record["certificate"]["scope"] if record["certificate"] else "none"),
        ("gap", f"{gap['relative']:.3g}" if gap else "no bound"),
        ("objectives", "; ".join(record["objectives"])),
        ("designs", ", ".join(f"{v:,} {k}" for k, v in counted.items() if v is not None)),
        ("seed", record["seed"]),
        ("time", f"{seconds['engine']:.1f} s engine, {seconds['verification']:.2f} s verification"),
        ("finished", record["finished"]),
        ("versions", ", ".join(f"{k} {v}" for k, v in record["versions"].items())),
        ("hashes", ", ".join(f"{k} {v}" for k, v in record["hashes"].items())),
        ("python", f"{record['python']} on {record['platform']}"),
        ("run again", "sunfront run study.yaml, with the study.yaml of this folder"),
    ]
    return [(key, str(value)) for key, value in pairs]
