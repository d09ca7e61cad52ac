"""Measure the report in a browser: until usable, to redraw after a move of the brush or of a slider, to size anew.

Painting is included. Run it with the browser extra installed; CHROMIUM gives the path of Chromium if it is not on PATH.

python benchmarks/report.py [1000] [10000]      (numbers of designs)
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from sunfront import report
from sunfront.engines.settings import SweepSettings
from sunfront.runs import runner
from sunfront.study.study import Study

STUDY = Path(__file__).parents[1] / "studies" / "fleet_size.yaml"
USABLE = "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
BRUSH = """async () => {
  const over = document.querySelector("#scatter + svg .overlay"), box = over.ownerSVGElement.getBoundingClientRect();
  const send = (kind, x, y, target = window) => target.dispatchEvent(new MouseEvent(kind,
    { clientX: box.left + x, clientY: box.top + y, bubbles: true, cancelable: true, view: window }));
  send("mousedown", 150, 60, over);
  const times = [];
  for (let i = 0; i < 12; i++) {
    const begin = performance.now();
    send("mousemove", 500 + 40 * i, 200 + 15 * i);
    // Reading a pixel waits until the canvas is painted, reading the height until the page is laid out.
    for (const each of document.querySelectorAll("canvas")) each.getContext("2d").getImageData(0, 0, 1, 1);
    document.body.offsetHeight;
    times.push(performance.now() - begin);
    await new Promise(requestAnimationFrame);
  }
  send("mouseup", 800, 300);
  return times;
}"""

DRAG = """async (i) => {
  const sliders = document.querySelectorAll("#assumption-rows input[type=range]"), each = sliders[i % 4];
  each.value = (Number(each.value) + 7) % Number(each.max);
  each.dispatchEvent(new Event("input"));
  await new Promise(requestAnimationFrame);
  await new Promise((done) => setTimeout(done)); // after the frame
}"""


def measure_slider(page: Any, moves: int = 80) -> tuple[float, float]:
    """Median and 95th percentile of the CPU milliseconds of the page's main thread for one move of a slider."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.evaluate("document.getElementById('front').scrollIntoView()")
    spent = []
    for i in range(moves):
        before = _cpu(session)
        page.evaluate(DRAG, i)
        spent.append(1000 * (_cpu(session) - before))
    later = sorted(spent[moves // 4 :])  # once it is compiled
    return statistics.median(later), later[int(0.95 * len(later))]


def measure_opening(browser: Any, path: Path) -> tuple[float, float]:
    """Milliseconds until a page is usable, and the CPU milliseconds of its main thread by then."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.goto(path.resolve().as_uri())
    found = float(page.evaluate(USABLE)), 1000 * _cpu(session)
    page.close()
    return found


def measure_sizing(page: Any) -> float:
    """CPU seconds of the page's main thread to size the designs anew, with a value moved."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = _cpu(session)
    page.click("#size")
    page.wait_for_function("() => document.getElementById('sized-text').textContent.includes('short search')")
    return _cpu(session) - before


def _cpu(session: Any) -> float:
    found = session.send("Performance.getMetrics")["metrics"]
    return float(next(each["value"] for each in found if each["name"] == "TaskDuration"))


def measure_report(browser: Any, designs: int, folder: Path) -> tuple[float, ...]:
    """Measure one report: CPU seconds to write it, size in MB, to open, to redraw, its slider, to size anew."""
    study = Study.load(STUDY).with_changes(engine=SweepSettings(evaluations=1 << 20, keep=designs))
    results = runner.run(study, output=folder)
    assert results.folder is not None
    report.write(results, results.folder)  # loads the imports
    started = time.process_time()
    report.write(results, results.folder)
    written = time.process_time() - started
    path = results.folder / "report.html"
    opened, redrawn, moved, sized = [], [], [], []
    for _ in range(3):
        opened.append(measure_opening(browser, path))
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(path.resolve().as_uri())
        redrawn += page.evaluate(BRUSH)
        moved.append(measure_slider(page))
        sized.append(measure_sizing(page))
        page.close()
    size = path.stat().st_size / 1e6
    wall, cpu = (min(times) for times in zip(*opened, strict=True))
    return written, size, wall, cpu, statistics.median(redrawn), *min(moved), min(sized)


def main() -> None:
    counts = [int(each) for each in sys.argv[1:]] or [1000, 10_000]
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as play, tempfile.TemporaryDirectory() as folder:
        browser = play.chromium.launch(executable_path=found, args=["--headless=new", "--no-sandbox", "--disable-gpu"])
        measured = [measure_report(browser, designs, Path(folder)) for designs in counts]
        browser.close()
    print(f"{'designs':24}" + "".join(f"{count:12,}" for count in counts))
    names = ("written, s of CPU", "size, MB", "opened, ms", "opened, ms of CPU", "redrawn, ms")
    names += ("slider, ms of CPU", "the same, 95 %", "sized anew, s of CPU")
    for name, *values in zip(names, *measured, strict=True):
        print(f"{name:24}" + "".join(f"{value:12.2f}" for value in values))


if __name__ == "__main__":
    main()
