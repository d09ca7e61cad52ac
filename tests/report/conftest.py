"""Runs and browser that the tests of the report share. Each run is computed once per session, by the first worker."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from common import BOTH, LIGHT, write_small
from tape.hosts import CHROMIUM_ARGUMENTS, find_chromium

import sunfront
from sunfront.report.page_data import run_data
from sunfront.runs import runner
from sunfront.runs.results import Results
from sunfront.runs.run import Run, open_run
from sunfront.study.study import Study

_MANY = """\
architecture: starlink_bus
variables:
  node_array_area: {low: 700 m^2, high: 900 m^2}
  node_accelerators: {low: 20, high: 80, integer: true}
  node_radiator_area: {low: 200 m^2, high: 300 m^2}
  nodes_per_launch: {low: 2, high: 16, integer: true}
  altitude: {low: 500 km, high: 1000 km}
  launch_cadence: {choices: [12, 26, 52, 104], unit: 1/year}
objectives: [maximize roi, maximize fleet_it_power]
engine: {name: sweep, evaluations: 32768}
"""


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory, worker_id) -> Callable[[str], object]:
    """Opens a folder of the session, alone among the workers. A run that is in it already is loaded, not computed."""
    base = tmp_path_factory.getbasetemp()
    session = base if worker_id == "master" else base.parent

    @contextmanager
    def lock(name: str) -> Iterator[Path]:
        folder = session / f"shared-{name}"
        folder.mkdir(exist_ok=True)
        with (folder / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield folder

    return lock


@pytest.fixture(scope="session")
def proved(shared_folder) -> Results:
    """A proved front with its report. The question is long and tries to inject a script. Tests must not change it."""
    question = 'question: \'<script>alert(1)</script> & "quotes" ' + "x" * 10000 + "'\n"
    with shared_folder("proved") as folder:
        return sunfront.run(write_small(folder, BOTH, engine="pyomo, gap: 2 %", more=question), output=folder / "out")


@pytest.fixture(scope="session")
def proved_run(proved) -> Run:
    return open_run(proved)


@pytest.fixture(scope="session")
def data(proved_run) -> dict:
    """The data of the page of the proved run."""
    return run_data(proved_run)


@pytest.fixture(scope="session")
def many(shared_folder) -> Results:
    """Ten thousand designs and their front: six variables in ranges where most designs are feasible."""
    with shared_folder("many") as folder:
        (folder / "many.yaml").write_text(_MANY + LIGHT, "utf-8")
        results = sunfront.run(folder / "many.yaml", output=folder / "out")
    assert len(results.designs) >= 10_000
    return results


@pytest.fixture(scope="session")
def compared(shared_folder) -> list[Run]:
    """An orbital fleet, one with dearer launches, and a centre on the ground; no two fronts of one length."""
    variables = {
        "altitude": {"low": "500 km", "high": "900 km"},
        "launch_cadence": {"low": "12 1/year", "high": "52 1/year"},
    }
    common = {
        "objectives": ["minimize compute_cost", "maximize fleet_it_power"],
        "engine": {"name": "sweep", "evaluations": 256},
    }
    studies = [
        Study(name="orbit", architecture="starlink_bus", variables=variables, **common),
        Study(
            name="dear", architecture="starlink_bus", variables=variables, parameters={"launch_markup": "3"}, **common
        ),
        Study(
            name="ground",
            architecture="terrestrial",
            variables={"node_accelerators": {"low": 1024, "high": 4096, "integer": True}},
            **common,
        ),
    ]
    with shared_folder("compared") as folder:
        return [open_run(runner.run(study, output=folder)) for study in studies]


@pytest.fixture(scope="session")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium):
    """Opens a run's report. Fails at the end if the page logged anything or requested more than its own file."""
    contexts, messages, requests = [], [], []

    def open_page(results, width=1440, **options):
        context = chromium.new_context(viewport={"width": width, "height": 900}, accept_downloads=True, **options)
        contexts.append(context)
        page = context.new_page()
        # Chromium logs this hint because the tests read pixels back.
        page.on("console", lambda m: None if "willReadFrequently" in m.text else messages.append(m.text))
        page.on("pageerror", lambda error: messages.append(error.stack))
        page.on("request", lambda request: requests.append(request.url))
        path = results if isinstance(results, Path) else results.folder / "report.html"
        page.goto(path.resolve().as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert messages == []
    assert all(url.startswith(("file://", "data:", "blob:")) for url in requests), requests
    assert sum(url.startswith("file://") for url in requests) == len(contexts)
