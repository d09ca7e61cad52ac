"""Calculators that the site holds: one page for each place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

#: By the name of a page the architecture.
PLACES = {"orbit": "starlink_bus", "panel": "gpu_on_panel", "ground": "terrestrial", "moon": "lunar_pole"}


def write(app: Any, failure: Exception | None) -> None:
    """Write ``calculators/<place>.html`` into the built site."""
    from sunfront.report.calculator import render_calculator
    from sunfront.study.study import Study

    if failure is None and app.builder.name == "html":
        for place, architecture in PLACES.items():
            path = Path(app.outdir) / "calculators" / f"{place}.html"
            path.parent.mkdir(exist_ok=True)
            study = Study.of_architecture(architecture)
            path.write_text(render_calculator(study, f"sunfront evaluate {architecture}"), "utf-8")
