"""The command: its output, exit codes and imports."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import pytest
from common import STUDIES, write_small
from typer.main import get_command

from sunfront.cli import app
from sunfront.errors import UserError
from sunfront.library.library import Library
from sunfront.runs.files import replacing
from sunfront.runs.results import Results
from sunfront.study.study import Study

#: A shell asks for completion, in the process at hand.
COMPLETE = """
import os
os.environ |= {'_SUNFRONT_COMPLETE': 'complete_bash', 'COMP_WORDS': 'sunfront run quick', 'COMP_CWORD': '2'}
from sunfront.cli import app
try:
    app(prog_name='sunfront')
except SystemExit:
    pass
0"""

HEAVY = {"pyomo", "optuna", "pandas", "matplotlib", "pint", "scipy", "pyarrow", "moocore"}


@pytest.mark.parametrize(
    ("code", "heavy"),
    [
        ("import sunfront", HEAVY | {"numpy"}),
        (
            "from typer.testing import CliRunner; from sunfront.cli import app; CliRunner().invoke(app, ['--help'])",
            HEAVY | {"numpy"},
        ),
        (COMPLETE, HEAVY | {"numpy"}),
        (f"from sunfront.study.study import Study; Study.load({str(STUDIES / 'quickstart.yaml')!r})", HEAVY),
    ],
)
def test_heavy_imports_are_lazy(code, heavy):
    report = "import sys; print(sorted({m.partition('.')[0] for m in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", f"{code}; {report}"], capture_output=True, text=True, check=True)
    assert heavy.isdisjoint(eval(done.stdout.splitlines()[-1]))


def test_help_names_every_command_in_a_line(command):
    done = command("--help")
    assert done.returncode == 0
    for name in get_command(app).commands:
        assert f"  {name} " in done.stdout
    assert "..." not in done.stdout.split("Commands:")[1]


def test_validate(command):
    """Of some studies; the golden files are of all."""
    done = command("validate", *(STUDIES / f"{name}.yaml" for name in ("fleet_size", "quickstart", "which_chip")))
    assert done.returncode == 0, done.stderr
    assert "6 variables, 2 objectives" in done.stdout


def test_evaluate_handmer(command):
    done = command("evaluate", STUDIES / "handmer_2025.yaml", "--json")
    found = json.loads(done.stdout)
    assert found["annual_revenue"] == {"value": pytest.approx(4.10e6, rel=5e-3), "unit": "USD"}
    assert found["first_year_return"] == {"value": pytest.approx(0.63, abs=0.01), "unit": "1"}
    assert found["orbital_period"] == {"value": pytest.approx(95.857 * 60, rel=1e-4), "unit": "s"}
    assert found["compute_price"] == {"value": pytest.approx(1e-6), "unit": "USD/J"}  # 3.6 USD/kWh
    table = command("evaluate", STUDIES / "handmer_2025.yaml", "--set", "altitude=1500 km")
    assert table.returncode == 0
    assert "orbital_period" in table.stdout
    assert "116.0" in table.stdout or "115.98" in table.stdout  # min; Kepler at 7878.137 km


def test_evaluate_notes_values_and_formulas_out_of_range(command):
    done = command("evaluate", STUDIES / "moon_or_orbit.yaml", "--set", "mast_height=50 m")
    value, formula = (line for line in done.stdout.splitlines() if line.startswith("note: ") and "mast_height" in line)
    assert "mast_height = 50 m" in value
    for fact in ("eclipse_fraction", "50 m", "2 m to 10 m"):
        assert fact in formula


def test_evaluate_prints_violated_constraints(command):
    done = command("evaluate", STUDIES / "quickstart.yaml", "--set", "node_radiator_area=10 m^2")
    assert "violated: thermal_margin >= 0 kW" in done.stdout


def test_evaluate_tells_that_a_design_cannot_exist(command):
    """An upper stage of 900 t at burnout carries less than nothing to 2000 km; the table is printed all the same."""
    heavy = [STUDIES / "space_vs_ground.yaml", "--set", "altitude=2000 km", "--set", "launcher_burnout_mass=900 t"]
    done = command("evaluate", *heavy)
    assert done.returncode == 1
    assert "Internal rate of return" in done.stdout
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("impossible: payload_to_orbit")]
    assert "outside its physical range, at least 0 t; it follows from launcher_reference_payload" in line
    assert "violated: launch_mass_margin >= 0 t" in done.stdout
    data = command("evaluate", *heavy, "--json")
    assert data.returncode == 1
    found = json.loads(data.stdout)
    assert found["can_exist"] is False
    first = found["outside_physical_range"][0]
    assert (first["quantity"], first["low"], first["high"], first["unit"]) == ("payload_to_orbit", 0, None, "kg")
    assert first["value"] == found["payload_to_orbit"]["value"] < 0
    missed = {miss["constraint"]: miss for miss in found["missed_limits"]}["launch_mass_margin >= 0 t"]
    assert missed["value"] == found["launch_mass_margin"]["value"] < missed["limit"] == 0
    assert "launcher_burnout_mass = 900 t lies outside the range of its sources" in found["notes"]
    assert command("explain", "payload_to_orbit", "--study", *heavy).returncode == 0


def test_evaluate_of_a_design_that_misses_a_limit_is_no_failure(command):
    """A base design is where a search starts; it need not meet the limits."""
    done = command("evaluate", STUDIES / "quickstart.yaml", "--set", "node_radiator_area=10 m^2", "--json")
    assert done.returncode == 0
    found = json.loads(done.stdout)
    assert found["can_exist"] is True
    assert found["outside_physical_range"] == []
    assert "thermal_margin >= 0 kW" in [miss["constraint"] for miss in found["missed_limits"]]


def test_explain_shows_equation_values_and_sources(command):
    done = command("explain", "radiator_net_flux")
    assert done.returncode == 0
    for part in (
        "fourth_power(radiator_temperature)",
        "330 K",
        "Stefan-Boltzmann",
        "CODATA",
        "sink_temperature",
        "[assumed]",
    ):
        assert part in done.stdout
    shallow = command("explain", "radiator_net_flux", "--depth", "1").stdout
    assert "orbital_radius" not in shallow.split("sink_temperature")[0]


def test_explain_shows_the_value_of_a_variable(command):
    done = command("explain", "altitude", "--study", STUDIES / "quickstart.yaml")
    assert "altitude = 560 km" in done.stdout


def test_explain_shows_what_a_preset_variable_sets(command):
    done = command("explain", "accelerator_model", "--study", STUDIES / "which_chip.yaml")
    for part in ("h100", "accelerator_mass"):
        assert part in done.stdout


LISTS = {
    "studies": "quickstart",
    "plans": "gigasat_ramp",
    "architectures": "starlink_bus",
    "presets": "handmer_2025",
    "groups": "launcher",
    "parameters": "solar_constant",
    "equations": "junction_temperature",
    "engines": "pyomo",
}


@pytest.mark.parametrize(("kind", "name"), LISTS.items())
def test_list(command, kind, name):
    done = command("list", kind)
    assert done.returncode == 0
    assert name in done.stdout


def test_list_counts_every_kind(command):
    done = command("list")
    assert [line.split(" (")[0] for line in done.stdout.splitlines()[: len(LISTS)]] == list(LISTS)


def test_schema_accepts_the_shipped_studies(command):
    done = command("schema")
    schema = json.loads(done.stdout)
    assert set(schema["required"]) == {"architecture", "objectives"}
    assert schema["additionalProperties"] is False


def test_run_prints_the_answer_and_is_loaded_the_second_time(command, tmp_path):
    study = write_small(tmp_path, engine="optuna")
    args = ("run", study, "--engine", "sweep", "--quick", "--seed", "5", "--output", tmp_path / "out")
    first = command(*args)
    assert first.returncode == 0, first.stderr
    report = Path(first.stdout.splitlines()[-1].removeprefix("report: "))
    assert report.is_file()
    record = Results.load(report.parent).record
    assert (record.status, record.engine.name, record.seed) == ("best found", "sweep", 5)
    written = report.stat().st_mtime_ns
    second = command(*args).stdout.splitlines()
    assert "--force" in second.pop(-2)
    assert second == first.stdout.splitlines()
    assert report.stat().st_mtime_ns == written
    again = command("report", report.parent)
    assert again.returncode == 0
    assert report.stat().st_mtime_ns > written


def test_infeasible_exits_with_1(command, small, tmp_path):
    small(constraints="npv >= 1e15 USD")
    done = command("run", tmp_path / "small.yaml", "--output", tmp_path / "out")
    assert done.returncode == 1
    (folder,) = (tmp_path / "out" / "small").iterdir()
    assert Results.load(folder).status == "infeasible"
    assert "nearest design: npv" in done.stdout


@pytest.mark.parametrize(
    ("args", "fact"),
    [
        (["run", "nothing.yaml"], "nothing.yaml"),
        (["validate", "."], "directory"),
        (["evaluate", STUDIES / "quickstart.yaml", "--set", "altitude=5 kg"], "'kg'"),
        (["compare", "a", "b", "-o", "page.png"], "end the name in .html"),
        (["calculator", "starlink_bus", "-o", "page.png"], "end the name in .html"),
        (["cashflow", STUDIES / "quickstart.yaml", "1"], "or no row"),
        (["verify", "quickstart", "--gap", "-1"], "-1 is not above 0 and below 1"),
        (["alternatives", "quickstart", "--time-limit", "nan"], "nan is not above 0 and finite"),
        (["evaluate", STUDIES / "quickstart.yaml", "--set", "altitude"], "name=value"),
        (["run", STUDIES / "quickstart.yaml", "--engine", "pyommo"], "'pyomo'"),
        (["explain", "roj"], "'roi'"),
        (["explain", "roi", "--architecture", "clusters"], "sunfront: unknown architecture 'clusters'; did you mean"),
        (["explain", "roi", "--architecture", "cluster", "--study", "quickstart"], "exclude each other"),
        (["list", "enginess"], "'engines'"),
        (["report", "."], "run.json"),
        (["validat", "x"], "'validat'"),
        (["run"], "STUDY"),
        (["run", "quikstart"], "'quickstart'"),
        (["list", "presets", "no such thing"], "sunfront list presets"),
        (["new", "mine", "--from", "quickstart", "--architecture", "cluster"], "exclude"),
        (["new", "mine", "--architecture", "clusters"], "'cluster'"),
        (["new", "mine", "--from", "quikstart"], "'quickstart'"),
        (["new", "my study"], "letters"),
    ],
)
def test_mistakes_exit_with_2_and_one_paragraph(command, args, fact, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = command(*args)
    assert done.returncode == 2
    assert fact in done.stderr
    assert done.stdout == ""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
def test_output_that_is_closed():
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m sunfront.cli list studies >&-"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_mistake_leaves_no_traceback():
    """Run in a process of its own, as a user runs it."""
    mistake = [sys.executable, "-m", "sunfront.cli", "run", "nothing.yaml"]
    done = subprocess.run(mistake, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "sunfront: nothing.yaml: no such file\n"
    assert done.stdout == ""


@pytest.mark.long
def test_a_folder_stands_for_its_studies(command, tmp_path):
    done = command("validate", STUDIES)
    assert done.returncode == 0
    assert [line.split(":")[0] for line in done.stdout.splitlines() if ": valid:" in line] == [
        str(path) for path in sorted(STUDIES.glob("*.yaml"))
    ]
    empty = command("run", tmp_path)
    assert empty.returncode == 2
    assert str(tmp_path) in empty.stderr


def test_new_writes_a_study_and_never_overwrites(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = command("new", "mine", "--from", "quickstart")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "mine.yaml").read_text("utf-8") == (STUDIES / "quickstart.yaml").read_text("utf-8")
    schema = (tmp_path / ".sunfront-schema.json").read_text("utf-8")
    assert schema == command("schema").stdout
    (tmp_path / "mine.yaml").write_text("mine")
    again = command("new", "mine.yaml", "--architecture", "cluster")
    assert again.returncode == 2
    assert "exists" in again.stderr
    assert (tmp_path / "mine.yaml").read_text("utf-8") == "mine"
    assert command("new", "folder/other").returncode == 0
    done = command("validate", "folder/other.yaml", "parity")
    assert [line.partition(": ")[0] for line in done.stdout.splitlines()] == [
        "folder/other.yaml",
        str(STUDIES / "parity.yaml"),
    ]


@pytest.mark.parametrize(
    "args",
    [
        ["evaluate", "quickstart"],
        ["explain", "roi", "--study", "quickstart"],
        ["formulate", "quickstart"],
        [
            "breakeven",
            "parity",
            "launch_specific_price",
            "--quantity",
            "compute_cost",
            "--equals",
            "space_vs_ground_grid",
        ],
    ],
)
def test_commands_take_a_shipped_study_by_name(command, args, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    by_name = command(*args)
    assert by_name.returncode == 0, by_name.stderr
    shipped = [STUDIES / f"{arg}.yaml" if (STUDIES / f"{arg}.yaml").is_file() else arg for arg in args]
    assert by_name.stdout == command(*shipped).stdout


def test_version(command):
    assert command("--version").stdout == f"sunfront {version('sunfront')}\n"


def test_list_filters_by_text_and_gives_one_line_for_each_row(command):
    rows = command("list", "presets", "FALCON").stdout.splitlines()[1:]
    assert rows
    assert all("falcon" in row.lower() for row in rows)
    lines = command("list", "parameters").stdout.splitlines()
    parameters = Library.shipped().parameters
    assert len(lines) == 1 + len(parameters)
    assert re.split("  +", lines[1 + list(parameters).index("altitude")])[:4] == [
        "altitude", "560 km", "400 km to 1,200 km", "sourced",
    ]  # fmt: skip


def test_list_prints_json(command):
    (found,) = json.loads(command("list", "parameters", "Handmer 2025 (560 km)", "--json").stdout)
    assert (found["name"], found["value"], found["low"], found["high"], found["unit"]) == (
        "altitude", 560e3, 400e3, 1200e3, "m",
    )  # fmt: skip
    everything = json.loads(command("list", "all", "fleet_size", "--json").stdout)
    assert [study["name"] for study in everything["studies"]] == ["fleet_size", "fleet_size_p10"]
    assert everything["engines"] == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("run space_vs_ground_g", ["space_vs_ground_gas", "space_vs_ground_grid"]),
        ("validate own", ["own.yaml", "owned/"]),
        ("explain roi --study which", ["which_chip", "which_launcher"]),
        ("new it --architecture c", ["cluster"]),
        ("list pre", ["presets"]),
        ("list presets b2", ["b200"]),
        ("show ", ["other", "quickstart"]),
        ("compare quickstart o", ["other"]),
        ("open 0", ["0123", "0456"]),
    ],
)
def test_a_shell_completes_names(words, expected, tmp_path):
    for folder in ("quickstart/0123", "other/0456", "other/0789.partial"):
        (tmp_path / "outputs" / folder).mkdir(parents=True)
    for folder in ("quickstart/0123", "other/0456"):
        (tmp_path / "outputs" / folder / "run.json").touch()
    (tmp_path / "own.yaml").touch()
    (tmp_path / "owned").mkdir()
    typed = {"COMP_WORDS": f"sunfront {words}", "COMP_CWORD": str(len(words.split(" ")))}
    code = "from sunfront.cli import app; app(prog_name='sunfront')"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True,
        env={**os.environ, **typed, "_SUNFRONT_COMPLETE": "complete_bash"},
    )  # fmt: skip
    assert done.stdout.split() == expected


@pytest.mark.parametrize(
    ("engine", "hint"),
    [
        ("{name: highs}", "'highs': it is a solver of the engine pyomo; write {name: pyomo, solver: highs}"),
        ("{name: nsga2}", "it is a sampler of the engine optuna; write {name: optuna, sampler: nsga2}"),
        ("{name: tornado}", "it is a method of the engine sensitivity; write {name: sensitivity, method: tornado}"),
        ("{name: pyoma}", "unknown engine 'pyoma'; did you mean 'pyomo'?"),
        ("scip", "write engine as {name: pyomo, solver: scip}, with"),
        ("optuna", "write engine as {name: optuna}, with"),
        ("[1]", "write engine as {name: pyomo}, with"),
    ],
)
def test_a_word_of_an_engine_is_answered_with_what_to_write(command, tmp_path, engine, hint):
    path = write_small(tmp_path)
    path.write_text(path.read_text("utf-8").replace("{name: pyomo}", engine), "utf-8")
    done = command("validate", path)
    assert (done.returncode, hint in done.stderr) == (2, True), done.stderr


def test_a_solver_is_no_engine_on_the_command_line_either(command, tmp_path):
    done = command("run", write_small(tmp_path), "--engine", "scip", "--output", tmp_path / "out")
    assert (done.returncode, "use pyomo, and write solver: scip under engine" in done.stderr) == (2, True)


def test_explain_shows_what_a_preset_sets(command):
    done = command("explain", "b200")
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["preset", "b200"] in rows
    assert ["accelerator_package_power", "1.0", "kW"] in rows
    assert any(row[:7] == ["accelerator_power", "1.5", "kW", "1.3", "kW", "to", "1.79"] for row in rows)
    assert "equations  rideshare" in command("explain", "rideshare").stdout


@pytest.mark.parametrize("text", ["npv/capex", "maximize npv / capex", "min npv/capex", "gain", "max gain"])
def test_explain_takes_an_expression_as_an_objective_does(command, tmp_path, text):
    path = write_small(tmp_path, more="quantities: {gain: {is: npv / capex, unit: '1', why: worth}}\n")
    done = command("explain", text, "--study", path, "--depth", 1)
    values = Study.load(path).evaluate()
    assert done.returncode == 0, done.stderr
    name, value = done.stdout.splitlines()[0].split(" = ")
    assert name == ("gain" if "gain" in text else "npv / capex")
    assert float(value) == pytest.approx(values["npv"] / values["capex"], rel=1e-5)
    wrong = command("explain", "npv / capx", "--study", path)
    assert (wrong.returncode, "did you mean 'capex'" in wrong.stderr) == (2, True)


CHIP = """\
group: accelerator
source: quote of June
values:
  accelerator_power: 1.2 kW
  accelerator_price: 21000 USD
  accelerator_package_power: 0.9 kW
  accelerator_mass: 5 kg
  accelerator_thermal_resistance: default
  tokens_per_energy: 0.1 token/J
  accelerator_fp8_rate: default
  accelerator_bf16_rate: default
"""
CODE = '''\
from pathlib import Path

from sunfront.equation import equation

Path("ran").write_text("")


@equation("USD")
def barge_cost(capex):
    """Cost of a barge.

    Source: an example.
    """
    return capex * 0.1
'''


def test_a_copy_in_another_folder_names_the_same_files(command, tmp_path, monkeypatch):
    """Comments, quotes and names of presets stay, and no Python file of the library is run."""
    monkeypatch.chdir(tmp_path)
    Path("lib/equations").mkdir(parents=True)
    Path("lib/equations/barge.py").write_text(CODE)
    Path("my parts").mkdir()
    Path("my parts/mychip.yaml").write_text(CHIP)
    original = write_small(tmp_path, more="library: [./lib]  # with a barge\npresets: [starship_v3]\n")
    text = original.read_text("utf-8")
    text = text.replace("  altitude", "  chip: {presets: [b200, ./my parts/mychip.yaml]}\n  altitude")
    original.write_text(text, "utf-8")
    done = command("new", "sub/copy", "--from", "small.yaml")
    assert (done.returncode, Path("ran").exists()) == (0, False), done.stderr
    assert "sunfront schema --library lib" in done.stdout
    copy = Path("sub/copy.yaml").read_text("utf-8")
    assert "library: [../lib]  # with a barge" in copy
    assert '[b200, "../my parts/mychip.yaml"]' in copy
    assert ", starship_v3]" in copy
    assert Study.load("sub/copy.yaml").evaluate() == Study.load("small.yaml").evaluate()
    assert command("new", "beside", "--from", "small.yaml").returncode == 0
    assert Path("beside.yaml").read_text("utf-8").endswith(Path("small.yaml").read_text("utf-8"))


def test_explain_of_an_architecture_is_its_file(command):
    shown = command("explain", "lunar_pole").stdout
    assert shown == files("sunfront.data").joinpath("architectures", "lunar_pole.yaml").read_text("utf-8")


def test_an_interruption_amid_an_import_is_no_traceback(command, monkeypatch):
    """Python 3.11 wraps it if it comes while a class is defined."""

    def interrupted():
        raise RuntimeError("Error calling __set_name__") from KeyboardInterrupt()

    monkeypatch.setattr("sunfront.cli.app", interrupted)
    done = command("run", "quickstart")
    assert (done.returncode, done.stderr) == (130, "sunfront: interrupted\n")

    def amid_loading(*_):
        raise KeyboardInterrupt

    monkeypatch.undo()
    monkeypatch.setattr("sunfront.cli.studies.study_files", amid_loading)
    done = command("run", "quickstart")
    assert (done.returncode, done.stderr) == (130, "sunfront: interrupted\n")

    def broken():
        raise RuntimeError("another one")

    monkeypatch.setattr("sunfront.cli.app", broken)
    with pytest.raises(RuntimeError, match="another one"):
        command("run", "quickstart")


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        (".", ". is a folder; name a file in it"),
        ("taken/new.html", "cannot write taken/new.html: Not a directory; choose another place"),
        (os.devnull, f"{os.devnull} is no file on a disk; name one"),
        ("", "-o is empty; give it a value, or leave it out"),
    ],
)
@pytest.mark.parametrize("arguments", [("calculator", "starlink_bus"), ("formulate", STUDIES / "quickstart.yaml")])
def test_a_place_where_no_file_can_be_written(command, tmp_path, monkeypatch, arguments, place, reason):
    monkeypatch.chdir(tmp_path)
    Path("taken").write_text("")
    done = command(*arguments, "-o", place)
    assert (done.returncode, done.stderr) == (2, f"sunfront: {reason}\n")
    done = command("new", "taken/study")
    assert (done.returncode, "Not a directory" in done.stderr) == (2, True)
    if place:
        with pytest.raises(UserError, match=re.escape(reason)), replacing(Path(place)):
            pass


@pytest.mark.parametrize("name", ["run", "sensitivity", "show", "report", "verify", "watch", "open"])
@pytest.mark.parametrize(("place", "reason"), [("", "-o is empty; "), ("taken", "taken is no folder; --output names")])
def test_a_place_that_is_no_folder(command, tmp_path, monkeypatch, name, place, reason):
    monkeypatch.chdir(tmp_path)
    Path("taken").write_text("")
    done = command(name, STUDIES / "quickstart.yaml", "-o", place)
    assert done.returncode == 2
    assert done.stderr.startswith(f"sunfront: {reason}")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
