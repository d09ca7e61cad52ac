"""Draw the front of a study under the three maturities of its parts.

``python tools/maturity_picture.py studies/quickstart.yaml docs/maturity.png`` solves the study three times.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from sunfront.display import axis_label
from sunfront.report.figures import save
from sunfront.report.figures.front import front_data
from sunfront.report.figures.style import BLUE, GRAY, VERMILION, new_figure, style_axes
from sunfront.runs import runner
from sunfront.runs.run import open_run
from sunfront.study.study import Study

#: Preset, label and color.
MATURITIES = (
    ("claimed_2026", "as claimed in 2026, no growth, no margin", VERMILION),
    ("", "default: bought for 2028, with growth and margin", BLUE),
    ("flown", "as flown", GRAY),
)


def draw(path: Path, to: Path) -> None:
    """Solve a study of two objectives under each maturity, and draw the fronts in one figure."""
    figure, axes = new_figure()
    for preset, label, color in MATURITIES:
        study = Study.load(path).with_changes(presets=(preset,) if preset else ())
        with tempfile.TemporaryDirectory() as folder:
            data = front_data(open_run(runner.run(study, output=Path(folder))))
        assert data is not None, f"no design meets every constraint: {label}"
        axes.plot(*data.bound.T, color=color, linewidth=1)
        axes.plot(*data.front.T, "o", color=color, markersize=4, label=label)
        axes.set_xlabel(axis_label(data.x, data.x_unit))
        axes.set_ylabel(axis_label(data.y, data.y_unit))
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
    style_axes(axes)
    save(figure, to)


if __name__ == "__main__":
    draw(Path(sys.argv[1]), Path(sys.argv[2]))
