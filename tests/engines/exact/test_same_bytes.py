"""A front is the same, byte by byte, whatever else the machine does and however many processes solve."""

from __future__ import annotations

import subprocess
import sys

import pytest
from common import BOTH, write_small

from sunfront.runs import runner
from sunfront.study.study import Study


@pytest.mark.long
@pytest.mark.parametrize("settings", ["pyomo, gap: 1 %, shells: 6", "pyomo, solver: scip, gap: 20 %"])
def test_ten_fronts_under_load_are_one(settings, tmp_path):
    altitude = "{choices: [600, 690], unit: km}" if "scip" in settings else "{low: 500 km, high: 800 km}"
    path = write_small(tmp_path, BOTH, engine=settings, altitude=altitude)
    fronts = set()
    for repeat in range(10):
        load = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(repeat % 4)]
        try:
            run = runner.run(Study.load(path), output=tmp_path / str(repeat), workers=1 + repeat % 2)
        finally:
            for process in load:
                process.kill()
                process.wait()
        assert run.status == "proved"
        fronts.add((run.folder / "front.csv").read_bytes())
    assert len(fronts) == 1
