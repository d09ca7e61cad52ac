"""Reports: figures and one HTML file for a run, one HTML file that compares runs. The files load nothing else."""

from __future__ import annotations

from pathlib import Path

from sunfront.report import figures, page
from sunfront.report.comparison import compare
from sunfront.report.figures import FIGURES
from sunfront.runs.cash_flows import write_cash_flows
from sunfront.runs.files import REPORT, replacing
from sunfront.runs.results import Results
from sunfront.runs.run import Run

__all__ = ["FIGURES", "compare", "write"]


def write(results: Results, folder: Path) -> None:
    """Write the tables for reading, the figures and ``report.html`` into a run folder.

    Raises:
        UserError: The run was computed with other equations or parameters than the present ones.
    """
    run = Run.load(folder, results)
    results.write_csv(folder)
    write_cash_flows(run)
    figures.write(run)
    with replacing(folder / REPORT) as path:
        path.write_text(page.render(run), "utf-8")
