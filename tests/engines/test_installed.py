"""An engine of another package is found by its entry point, and the exported contract tells whether it is one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from common import BOTH, write_small

ENGINE = '''\
"""Draws designs at random."""

from typing import ClassVar, Literal

import numpy as np

from sunfront.engines.base_settings import EngineSettings
from sunfront.problem.answer import Answer
from sunfront.problem.front import non_dominated


class DiceSettings(EngineSettings):
    """Draw designs at random.

    Attributes:
        throws: Designs drawn.
    """

    module: ClassVar[str] = "acme_dice"
    name: Literal["dice"] = "dice"
    throws: int = 200_000


def run(problem, settings, context):
    rng = np.random.default_rng(context.seed)
    designs = {v.name: v.values_at(rng.random(settings.throws)) for v in problem.variables}
    context.progress(1, 2, "drawn")
    quantities = problem.evaluate(designs)
    context.progress(2, 2, "evaluated")
    feasible = problem.feasible(quantities){twist}
    rows = np.flatnonzero(feasible)
    if not len(rows):
        return Answer("none found", {name: np.empty(0) for name in designs}, evaluated=settings.throws, feasible=0)
    rows = rows[non_dominated(problem.scores(quantities)[rows])]
    kept = {name: column[rows] for name, column in designs.items()}
    return Answer("best found", kept, evaluated=settings.throws, feasible=int(feasible.sum()))
'''
TESTS = """\
from sunfront.testing import EngineContract


class TestDice(EngineContract):
    engine = {"name": "dice", "throws": 200_000}
"""


@pytest.fixture
def packages(tmp_path):
    """A folder on the path with the package of the engine, installed as pip would."""
    folder = tmp_path / "packages"
    info = folder / "acme_dice-2.1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-dice\nVersion: 2.1\n")
    (info / "entry_points.txt").write_text(
        "[sunfront.engines]\ndice = acme_dice:DiceSettings\nloaded = acme_nothing:Settings\n"
        "pyomo = acme_dice:DiceSettings\n"
    )
    (folder / "acme_dice.py").write_text(ENGINE.replace("{twist}", ""))
    return folder


def python(packages, *arguments, cwd):
    source = str(Path(__file__).parents[2] / "src")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(packages), source]), "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def test_a_study_runs_on_an_installed_engine(packages, tmp_path):
    write_small(tmp_path, BOTH, engine="dice, throws: 100000")
    done = python(packages, "-m", "sunfront.cli", "run", "small.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "best front found" in done.stdout
    (record,) = tmp_path.glob("outputs/small/*/run.json")
    stored = json.loads(record.read_text("utf-8"))
    assert stored["engine"] == {"name": "dice", "throws": 100000}
    assert stored["versions"]["acme-dice"] == "2.1"
    shown = python(packages, "-m", "sunfront.cli", "show", "small", cwd=tmp_path)
    assert "dice, throws 100000" in shown.stdout
    assert "dice" in python(packages, "-m", "sunfront.cli", "list", "engines", cwd=tmp_path).stdout


@pytest.mark.parametrize(
    ("engine", "told"),
    [("loaded", "cannot be loaded: ModuleNotFoundError"), ("dices", "'dice'"), ("dice, throw: 3", "'throws'")],
)
def test_what_cannot_be_used_is_told(packages, tmp_path, engine, told):
    write_small(tmp_path, engine=engine)
    done = python(packages, "-m", "sunfront.cli", "validate", "small.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.long
def test_a_name_of_sunfront_is_not_taken_over(packages, tmp_path):
    write_small(tmp_path, "minimize compute_cost")
    done = python(packages, "-m", "sunfront.cli", "run", "small.yaml", cwd=tmp_path)
    assert "proved" in done.stdout


@pytest.mark.parametrize(
    ("twist", "failures"), [pytest.param("", [], marks=pytest.mark.long), (" | True", ["feasible", "infeasible"])]
)
def test_the_contract_tells_a_good_engine_from_a_bad_one(packages, tmp_path, twist, failures):
    (packages / "acme_dice.py").write_text(ENGINE.replace("{twist}", twist))
    (tmp_path / "test_dice.py").write_text(TESTS)
    done = python(packages, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_dice.py", cwd=tmp_path)
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
    assert bool(failed) == bool(failures), done.stdout
    assert "passed" in done.stdout
    for word in failures:
        assert any(word in line for line in failed), done.stdout
