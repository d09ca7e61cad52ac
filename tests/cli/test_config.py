"""What a user sets for all commands: defaults of options, told by ``config``; wrong entries are told by line."""

from __future__ import annotations

import re

import pytest
from common import write_small

from sunfront.cli.config import KEYS, config_file, defaults
from sunfront.runs import runner
from sunfront.study.study import Study


def write(text):
    config_file().write_text(text, "utf-8")


def test_a_run_goes_where_the_file_says_and_has_the_same_id(command, tmp_path, monkeypatch):
    path = write_small(tmp_path, engine="sweep, evaluations: 64, keep: 5")
    write(f'# mine\noutput = "{tmp_path}/there"\nworkers = 2\n')
    assert command("run", path).returncode in (0, 1)
    (folder,) = (tmp_path / "there" / "small").iterdir()
    assert folder.name == runner.identity(Study.load(path))["run_id"]
    assert folder.name in command("show").stdout
    monkeypatch.setenv("SUNFRONT_OUTPUT", str(tmp_path / "variable"))
    assert folder.name not in command("show").stdout  # the variable goes before the file
    assert folder.name in command("show", "--output", tmp_path / "there").stdout  # and the option before both


def test_units_change_what_is_shown_and_nothing_that_is_stored(command, tmp_path, monkeypatch):
    path = write_small(tmp_path, engine="sweep, evaluations: 64, keep: 5")
    path.write_text(path.read_text("utf-8").replace("{low: 84, high: 104,", "{low: 44, high: 84,"), "utf-8")
    stored, shown = [], []
    for text in ("", 'units = {km = "mi", "m^2" = "ft^2"}\n'):
        write(text)
        runner.run(Study.load(path), output=tmp_path / f"out{len(stored)}")
        (folder,) = (tmp_path / f"out{len(stored)}").glob("*/*")
        stored.append([folder.name, *((folder / name).read_bytes() for name in ("front.csv", "designs.parquet"))])
        shown.append(command("show", folder).stdout + command("evaluate", path).stdout)
    assert stored[0] == stored[1]
    assert stored[0][1].splitlines()[0].count(b"(km)") == 1
    found = [{unit for unit in ("km", "mi") if re.search(rf"\d {unit}( |$)", text, re.MULTILINE)} for text in shown]
    assert found == [{"km"}, {"mi"}]
    altitudes = [float(re.search(r"([\d.]+) (km|mi)( |$)", text, re.MULTILINE)[1]) for text in shown]
    assert altitudes[0] / altitudes[1] == pytest.approx(1.609344, rel=1e-3)
    assert ["units.km", "mi", f"{config_file()}:1"] in [
        line.split()[:3] for line in command("config").stdout.splitlines()
    ]


def test_what_is_set_is_told(command, tmp_path, monkeypatch):
    write('workers = 3\n\ncluster = "tcp://host:8786"\n')
    monkeypatch.setenv("SUNFRONT_WORKERS", "4")
    monkeypatch.setenv("SUNFRONT_WORKER", "5")
    rows = [line.split()[:3] for line in command("config").stdout.splitlines()]
    assert ["workers", "4", "SUNFRONT_WORKERS"] in rows
    assert ["cluster", "tcp://host:8786", f"{config_file()}:3"] in rows
    assert ["output", "outputs", "default"] in rows
    assert "note: SUNFRONT_WORKER is not read; did you mean 'SUNFRONT_WORKERS'?" in command("config").stdout


def test_a_unit_without_effect_is_told(command):
    write('units = {furlong = "mi", km = "mi"}\n')
    (note,) = [line for line in command("config").stdout.splitlines() if line.startswith("note: units")]
    assert note.startswith("note: units.furlong: no quantity of sunfront's own library is told in furlong, but in ")
    assert " km, " in note


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('output = "a"\nworker = 2\n', 2, "unknown key 'worker'; did you mean 'workers'?"),
        ("\nworkers = 0\n", 2, "workers: must be a whole number of at least 1, not 0"),
        ("workers = true\n", 1, "workers: must be a whole number of at least 1, not True"),
        ("output = 3\n", 1, "output: must be a text, not 3"),
        ("[run]\nworkers = 2\n", 1, "unknown key 'run'; known: cluster, output, units, workers"),
        ("[units]\nkm = 3\n", 1, "units: must be a table, as {km = \"mi\"}, not {'km': 3}"),
        ('workers = 2\nunits = {km = "kg"}\n', 2, "units.km: kg is no unit of what is told in km"),
        ('units = {GUSD = "MUSD"}\n', 1, "units.GUSD: nothing is told in GUSD, but in USD and MUSD"),
        (
            'units = {parsec_ = "km"}\n',
            1,
            "units.parsec_: unknown unit 'parsec_' ('parsec_' is not defined in the unit registry)",
        ),
        (
            'currency = "EUR"\n',
            1,
            "currency: amounts are in USD of 2026; in another currency they need a rate and its date, which sunfront "
            "does not have; remove the key",
        ),
        ('cluster = "a"\nworkers = = 2\n', 2, "not valid TOML: Invalid value"),
        ("workers = 2\nunits = {", 2, "not valid TOML: Invalid initial character for a key part"),
    ],
)
def test_a_wrong_file_is_told_with_its_line(command, text, line, words):
    write(text)
    for name in ("show", "config"):
        failed = command(name)
        assert failed.returncode == 2
        assert failed.stderr.strip() == f"sunfront: {config_file()}:{line}: {words}"


def test_a_wrong_variable_is_told(command, monkeypatch):
    monkeypatch.setenv("SUNFRONT_WORKERS", "many")
    assert command("show").stderr == "sunfront: SUNFRONT_WORKERS: must be a whole number of at least 1, not 'many'\n"


def test_options_that_mean_something_else_keep_their_default():
    from typer.main import get_command

    from sunfront.cli import app

    write('output = "there"\nworkers = 2\ncluster = "local"\n')
    found = defaults(get_command(app).commands)
    assert found["run"] == {"output": "there", "workers": 2, "cluster": "local"}
    assert found["show"] == {"output": "there"}
    assert found["formulate"] == {}  # its --output is a file
    assert set().union(*found.values()) == set(KEYS)
