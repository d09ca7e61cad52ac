"""The YAML language server, which editors run, completes, explains and marks studies with the schema.

The server comes from npm. Where npm is missing these tests fail, so that they are not passed over.
"""

from __future__ import annotations

import pytest
from common import STUDIES

from sunfront.study.template import SCHEMA_LINE
from tools.language_server import LanguageServer, install

pytestmark = pytest.mark.slow

HEAD = f"{SCHEMA_LINE}architecture: starlink_bus\n"
VALID = f"{HEAD}objectives: [maximize roi]\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with LanguageServer(install(tmp_path_factory.mktemp("npm"))) as running:
        yield running


@pytest.mark.long
def test_shipped_studies_have_no_mark(server):
    found = {path.name: server.mark(path.read_text("utf-8"), STUDIES) for path in STUDIES.glob("*.yaml")}
    assert len(found) > 25
    assert {name: marks for name, marks in found.items() if marks} == {}


def test_names_are_completed_and_explained(server):
    for text, label, inserted, meaning in [
        ("objectives:\n  - maximize ro|\n", "maximize roi", "maximize roi", "Return on investment"),
        ("constraints:\n  - node_ma|\n", "node_mass", "node_mass <= ${1:1} kg", "Mass of one node"),
        ("presets: [b2|]\n", "b200", "b200", "NVIDIA B200"),
        ("parameters:\n  altit|\n", "altitude", "altitude: ${1:560 km}", "400 km to 1,200 km"),
        ("parameters:\n  altitude: |\n", "560 km", "560 km", ""),
        ("parameters:\n  altitude: |\n", "default", "default", "value of the sources"),
        ("variables:\n  altit|\n", "altitude", "altitude:\n  low: 400 km\n  high: 1200 km", "Handmer"),
        ("variables:\n  altitude: {choices: [1], unit: k|}\n", "km", "km", "1 km = 1000 m"),
        ("uncertain: [util|]\n", "utilization", "utilization", "0.5 to 0.95"),
        ("presets:\n  - name: mine\n    values:\n      altit|\n", "altitude", "altitude: ${1:560 km}", "Handmer"),
        ("engine: {name: |}\n", "pyomo", "pyomo", "Prove the optimum"),
        ("engine:\n  name: optuna\n  sampler: |\n", "nsga2", "nsga2", "a genetic algorithm"),
        ("engine:\n  name: sensitivity\n  quantity: r|\n", "roi", "roi", "Return on investment"),
        ("engine:\n  name: pyomo\n  ga|\n", "gap", "gap: ${1:0.005}", "Stop at this gap"),
    ]:
        item = server.complete(HEAD + text, STUDIES)[label]
        assert [line.rstrip() for line in item["textEdit"]["newText"].splitlines()] == inserted.splitlines(), text
        assert meaning in (item.get("documentation") or ""), text


def test_words_are_explained(server):
    for text, meaning in [
        ("parameters:\n  alti|tude: 560 km\n", "sources: 400 km to 1,200 km. Handmer 2025"),
        ("variables:\n  alti|tude: {low: 500 km, high: 600 km}\n", "sources: 400 km to 1,200 km. Handmer 2025"),
        ("objectives:\n  - maximize r|oi\n", "Return on investment"),
        ("presets: [b2|00]\n", "NVIDIA B200"),
        ("engine: {name: pyomo, g|ap: 1 %}\n", "Stop at this gap"),
    ]:
        assert meaning in server.explain(HEAD + text, STUDIES), text


def test_mistakes_are_marked_once(server):
    for text, mark in [
        (f"{HEAD}presets: [b20]\nobjectives: [maximize roi]\n", "3: no preset of this name"),
        (f"{HEAD}objectives: [maximize rio]\n", "3: write maximize or minimize, and a quantity"),
        (f"{VALID}constraints:\n  - node_mas <= 4 t\n", "5: write a quantity"),
        (f"{VALID}parameters: {{altitude: 600}}\n", "4: write a number with its unit"),
        (f"{VALID}parameters: {{altitud: 600 km}}\n", "4: unknown parameter"),
        (f"{VALID}variables: {{altitud: {{low: 1 km, high: 2 km}}}}\n", "4: no parameter of this name"),
        (f"{VALID}engine: {{name: pyom}}\n", '4: Value must be "sweep"'),
        (f"{VALID}uncertain: [utilizatio]\n", "4: no parameter with a range"),
        (f"{VALID}constrants: []\n", "4: Property constrants is not allowed"),
    ]:
        (found,) = server.mark(text, STUDIES)
        assert found.startswith(mark), text
