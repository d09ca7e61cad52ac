"""The command: what it prints, its exit codes, and what it leaves unimported."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from common import STUDIES

HEAVY = {"pyomo", "optuna", "pandas", "matplotlib", "pint", "scipy", "pyarrow", "moocore"}


@pytest.mark.parametrize(
    ("code", "heavy"),
    [
        ("import sunfront", HEAVY | {"numpy"}),
        (
            "from typer.testing import CliRunner; from sunfront.cli import app; CliRunner().invoke(app, ['--help'])",
            HEAVY | {"numpy"},
        ),
        (f"from sunfront.study.study import Study; Study.load({str(STUDIES / 'quickstart.yaml')!r})", HEAVY),
    ],
)
def test_start_is_lean(code, heavy):
    report = "import sys; print(sorted({m.partition('.')[0] for m in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", f"{code}; {report}"], capture_output=True, text=True, check=True)
    assert heavy.isdisjoint(eval(done.stdout.splitlines()[-1]))


def test_help_names_every_command(command):
    done = command("--help")
    assert done.returncode == 0
    for command in ("run", "validate", "evaluate", "explain", "list", "schema", "report"):
        assert f"  {command} " in done.stdout


def test_validate(command):
    done = command("validate", *sorted(STUDIES.glob("*.yaml")))
    assert done.returncode == 0, done.stderr
    assert "6 variables, 2 objectives" in done.stdout


def test_evaluate_handmer(command):
    done = command("evaluate", STUDIES / "handmer_2025.yaml", "--json")
    found = json.loads(done.stdout)
    assert found["annual_revenue"] == {"value": pytest.approx(4.10e6, rel=5e-3), "unit": "USD"}
    assert found["roi"] == {"value": pytest.approx(0.63, abs=0.01), "unit": "1"}
    assert found["orbital_period"] == {"value": pytest.approx(95.857 * 60, rel=1e-4), "unit": "s"}
    assert found["compute_price"] == {"value": pytest.approx(1e-6), "unit": "USD/J"}  # 3.6 USD/kWh
    table = command("evaluate", STUDIES / "handmer_2025.yaml", "--set", "altitude=1500 km")
    assert table.returncode == 0
    assert "orbital_period" in table.stdout
    assert "116.0" in table.stdout or "115.98" in table.stdout  # min; Kepler at 7878.137 km


def test_evaluate_tells_what_is_doubtful(command):
    told = command("evaluate", STUDIES / "moon_or_orbit.yaml", "--set", "mast_height=50 m").stdout
    assert "note: mast_height = 50 m lies outside the range of its sources" in told
    assert "note: eclipse_fraction is used beyond its range: mast_height is 50 m, it holds from 2 m to 10 m" in told


def test_explain_shows_equation_values_and_sources(command):
    done = command("explain", "radiator_net_flux")
    assert done.returncode == 0
    for part in (
        "radiator_temperature**4",
        "330 K",
        "Stefan-Boltzmann",
        "CODATA",
        "sink_temperature",
        "[assumed]",
    ):
        assert part in done.stdout
    assert (
        "orbital_radius"
        not in command("explain", "radiator_net_flux", "--depth", "1").stdout.split("sink_temperature")[0]
    )


@pytest.mark.parametrize("what", ["architectures", "presets", "parameters", "equations", "engines"])
def test_list(command, what):
    done = command("list", what)
    assert done.returncode == 0
    expected = {
        "architectures": "starlink_bus",
        "presets": "handmer_2025",
        "parameters": "solar_constant",
        "equations": "junction_temperature",
        "engines": "pyomo",
    }
    assert expected[what] in done.stdout


def test_schema_accepts_the_shipped_studies(command):
    done = command("schema")
    schema = json.loads(done.stdout)
    assert set(schema["required"]) == {"architecture", "objectives"}
    assert schema["additionalProperties"] is False


def test_run_prints_the_answer_and_is_skipped_the_second_time(command, tmp_path):
    args = (
        "run",
        STUDIES / "quickstart.yaml",
        "--engine",
        "sweep",
        "--quick",
        "--seed",
        "5",
        "--output",
        tmp_path,
    )
    first = command(*args)
    assert first.returncode == 0, first.stderr
    assert "best design found, no bound" in first.stdout
    report = Path(first.stdout.splitlines()[-1].removeprefix("report: "))
    assert report.is_file()
    written = report.stat().st_mtime_ns
    second = command(*args).stdout.splitlines()
    assert second.pop(-2) == "this run was there already; --force computes it again"
    assert second == first.stdout.splitlines()
    assert report.stat().st_mtime_ns == written
    again = command("report", report.parent)
    assert again.returncode == 0
    assert report.stat().st_mtime_ns > written


def test_infeasible_exits_with_1(command, small, tmp_path):
    small(constraints="npv >= 1e15 USD")
    done = command("run", tmp_path / "small.yaml", "--output", tmp_path / "out")
    assert done.returncode == 1
    assert "No design meets every constraint" in done.stdout
    assert "nearest design: npv" in done.stdout


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["run", "nothing.yaml"], "nothing.yaml: no such file"),
        (["validate", "."], "is a directory"),
        (["evaluate", STUDIES / "quickstart.yaml", "--set", "altitude=5 kg"], "'kg' is mass"),
        (["evaluate", STUDIES / "quickstart.yaml", "--set", "altitude"], "write name=value"),
        (["run", STUDIES / "quickstart.yaml", "--engine", "pyommo"], "did you mean 'pyomo'"),
        (["explain", "roj"], "did you mean 'roi'"),
        (["list", "enginess"], "did you mean 'engines'"),
        (["report", "."], "no finished run"),
        (["validat", "x"], "No such command"),
        (["run"], "Missing argument"),
    ],
)
def test_mistakes_exit_with_2_and_one_paragraph(command, args, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = command(*args)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stdout == ""


def test_a_mistake_leaves_no_traceback():
    """In a process of its own, as a user meets it."""
    mistake = [sys.executable, "-m", "sunfront.cli", "run", "nothing.yaml"]
    done = subprocess.run(mistake, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "sunfront: nothing.yaml: no such file\n"
    assert done.stdout == ""


def test_a_folder_stands_for_the_studies_in_it(command, tmp_path):
    done = command("validate", STUDIES)
    assert done.returncode == 0
    assert [line.split(":")[0] for line in done.stdout.splitlines() if ": valid:" in line] == [
        str(path) for path in sorted(STUDIES.glob("*.yaml"))
    ]
    empty = command("run", tmp_path)
    assert empty.returncode == 2
    assert "without a study" in empty.stderr
