"""README, guides and generated pages agree with the code."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
import tomllib
from importlib.util import find_spec

import pytest
from common import ROOT, STUDIES
from typer.main import get_command

import sunfront
from sunfront.analysis.breakeven import breakeven
from sunfront.cli import app
from sunfront.library.library import Library
from sunfront.study.schema import schema_text
from sunfront.study.study import Study
from sunfront.study.template import SCHEMA_FILE

README = (ROOT / "README.md").read_text("utf-8")
HOW_TO = (ROOT / "docs" / "how-to.md").read_text("utf-8")
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text("utf-8")


def test_every_command_and_option_is_documented():
    for name, command in get_command(app).commands.items():
        assert f"`sunfront {name}" in HOW_TO, name
        for parameter in command.params:
            if parameter.param_type_name == "option":
                assert any(option in HOW_TO for option in parameter.opts), (name, parameter.name)


def test_every_study_key_is_documented():
    for key in Study.model_fields:
        assert key == "name" or f"| `{key}` |" in HOW_TO


@pytest.mark.parametrize("text", [README, HOW_TO], ids=["README", "how-to"])
def test_files_that_are_named_exist(text):
    named = set(re.findall(r"\]\(([^)#:]+)\)", text)) | set(re.findall(r"studies/[\w-]+\.yaml", text))
    assert named
    for path in named:
        base = ROOT if text is README or path.startswith("studies/") else ROOT / "docs"
        assert (base / path).exists(), path


def test_readme_opens_with_picture_and_two_commands():
    screen = README.split("## ")[0]
    assert "](docs/front.png)" in screen
    assert screen.count("python3 -m venv .venv && ") == 2


def test_readme_has_the_break_even_values_of_its_picture():
    """The numbers in its caption are computed again. If they change, draw it again with the command in the how-to."""
    ground = Study.load(STUDIES / "space_vs_ground_grid.yaml")
    points = re.findall(r"at (\d+) USD/kg for (\d+) kg/kW", README)
    assert len(points) == 2
    for price, mass in points:
        study = Study.load(STUDIES / "parity.yaml", [f"node_specific_mass={mass} kg/kW"])
        (root,) = breakeven(study, "launch_specific_price", "compute_cost", other=ground).roots
        assert f"{root:.0f}" == price


def test_architecture_page_lists_the_layers():
    table = ARCHITECTURE.split("| room |")[1].split("\n\n")[0]
    rooms = [re.findall(r"`(\w+)`", row.split("|")[1]) for row in table.splitlines()[2:]]
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"][0]
    layers = [[room for room in layer.split(" | ") if not room.startswith("_")] for layer in contract["layers"]]
    assert rooms == [layer for layer in layers if layer]
    names = re.search(r"`sunfront.__all__`\): (.*?)\. ", ARCHITECTURE, re.DOTALL)
    assert set(re.findall(r"`(\w+)`", names[1])) == {*sunfront.__all__} - {"__version__"}


def test_modules_of_the_architecture_page_exist():
    flows = ARCHITECTURE.split("## Three flows")[1].split("### ")[1:]
    listed = [re.findall(r"^\d+\. `([\w.]+)`", flow, re.MULTILINE) for flow in flows]
    assert [len(modules) for modules in listed] == [14, 14, 14]
    package = re.findall(r"`((?:engines|problem|study|runs|report|library|equations)(?:\.\w+)+)`", ARCHITECTURE)
    paths = re.findall(r"`((?:engines|problem|study|data|equations|report|cli)/[\w/.]*)`", ARCHITECTURE)
    assert paths
    for module in {*package, *(module for modules in listed for module in modules)}:
        assert find_spec(f"sunfront.{module}"), module
    for path in {*paths, *re.findall(r"`((?:studies|tools|tests|docs|benchmarks)/[\w/.]*)`", ARCHITECTURE)}:
        assert (ROOT / path).exists() or (ROOT / "src" / "sunfront" / path).exists(), path


def test_schema_of_the_shipped_studies_is_fresh():
    stored = (STUDIES / SCHEMA_FILE).read_text("utf-8")
    assert stored == schema_text(Library.shipped()), f"sunfront schema > studies/{SCHEMA_FILE}"


def test_glossary_is_short():
    assert 0 < len(re.findall(r"^\| (?!term)[a-z]", GLOSSARY, re.MULTILINE)) <= 40


def test_tutorial_output_is_correct(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    failed, tried = doctest.testfile(str(ROOT / "docs" / "tutorial.md"), False)
    assert tried > 15
    assert failed == 0


def test_the_library_of_the_guide_works(tmp_path):
    """The files of docs/adding-an-architecture.md, beside a study: the library at most 30 lines."""
    text = (ROOT / "docs" / "adding-an-architecture.md").read_text("utf-8")
    blocks = dict(re.findall(r"```\w+\n# (\S+)\n(.*?)```", text, re.DOTALL))
    library = [body for path, body in blocks.items() if path.startswith("my_library/")]
    assert sum(len([line for line in body.splitlines() if line]) for body in library) <= 30
    for path, body in blocks.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(body, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "sunfront.cli", "run", "barge.yaml"],
        capture_output=True, text=True, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "proved" in done.stdout
