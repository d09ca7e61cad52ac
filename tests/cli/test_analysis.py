"""Break-even values on the command line."""

from __future__ import annotations

import json

import pytest
from common import STUDIES

from sunfront.analysis.breakeven import breakeven
from sunfront.study.study import Study


def test_break_even_value_and_sides(command):
    study = STUDIES / "quickstart.yaml"
    done = command("breakeven", study, "launch_specific_price", "--quantity", "compute_cost", "--value", "8 USD/kWh")
    assert done.returncode == 0
    assert "compute_cost equals 8 USD/kWh at launch_specific_price = " in done.stdout
    assert "below, then above" in done.stdout
    found = json.loads(command("breakeven", study, "compute_price", "--json").stdout)
    assert found["roots"][0] == pytest.approx(breakeven(Study.load(study), "compute_price").roots[0])
    assert (found["unit"], found["quantity_unit"]) == ("USD/J", "USD")
    both = command("breakeven", study, "compute_price", "--value", "0 USD", "--equals", study)
    assert both.returncode == 2
    for option in ("--value", "--equals"):
        assert option in both.stderr
    number = command("breakeven", study, "compute_price", "--equals", "0 USD")
    assert (number.returncode, "--value '0 USD'" in number.stderr) == (2, True)


def test_over_a_second_parameter(tmp_path, command):
    plot = tmp_path / "plane.svg"
    question = ("breakeven", STUDIES / "parity.yaml", "launch_specific_price", "--quantity", "compute_cost")
    question += ("--equals", STUDIES / "space_vs_ground_grid.yaml", "--over", "node_specific_mass=4..14 kg/kW")
    done = command(*question, "--plot", plot)
    assert done.returncode == 0, done.stderr
    *_, heads = (line for line in done.stdout.splitlines() if "node_specific_mass" in line)
    assert heads.split() == ["node_specific_mass", "(kg/kW)", "launch_specific_price", "(USD/kg)"]
    lines = [line.split() for line in done.stdout.splitlines()[-11:]]
    assert [line[0] for line in lines] == [f"{mass}" for mass in range(4, 15)]
    assert lines[-1][1:] == ["none", "(above", "throughout)"]
    assert "ratio of the two" in plot.read_text()
    rows = json.loads(command(*question, "--json").stdout)
    assert rows[0]["node_specific_mass"] == pytest.approx(0.004)
    assert f"{rows[0]['roots'][0]:.6g}" == lines[0][1]


def test_a_stretch_is_an_interval(command):
    """A study equals itself everywhere."""
    study = STUDIES / "quickstart.yaml"
    first, *_ = command("breakeven", study, "utilization", "--equals", study).stdout.splitlines()
    assert first.endswith(" from utilization = 0.001 to 1")
    table = command("breakeven", study, "utilization", "--equals", study, "--over", "opex_rate=1..2 %/year").stdout
    heads, *_, last = (line.split() for line in table.splitlines() if line.split()[0][0] in "o0")
    assert heads == ["opex_rate", "(1/year)", "utilization"]
    assert last == ["0.02", "0.001", "to", "1"]


@pytest.mark.parametrize(
    ("options", "fact"),
    [
        (("--plot", "a.png"), "--over"),
        (("--over", "altitude=4..14 km", "--plot", "a.gif"), ".svg, .pdf or .png"),
        (("--over", "altitude 4"), "node_specific_mass=5..20 kg/kW"),
        (("--over", "altitude=900..500 km"), "altitude=900..500 km"),
        (("--over", "altitude=500..900 kg"), "altitude"),
    ],
)
def test_mistakes_exit_with_2(options, fact, command):
    done = command("breakeven", STUDIES / "quickstart.yaml", "compute_price", *options)
    assert done.returncode == 2
    assert fact in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    """A folder with a run of the study small."""
    from common import BOTH, write_small

    from sunfront.runs import runner

    folder = tmp_path_factory.mktemp("runs")
    runner.run(Study.load(write_small(folder, BOTH, engine="sweep, evaluations: 4096")), output=folder)
    return folder


def test_a_design_of_a_run(output, command):
    """The study may be left out: it is that of the run."""
    options = ("--run", "small", "--row", "fleet_it_power", "--output", output)
    done = command("breakeven", "compute_price", *options)
    assert done.returncode == 0, done.stderr
    assert done.stdout == command("breakeven", output / "small.yaml", "compute_price", *options).stdout
    first = command("breakeven", "compute_price", "--run", "small", "--output", output)
    assert first.stdout != done.stdout
    fixed = command("breakeven", "compute_price", *options, "--set", "altitude=600 km")
    assert "note: altitude is 600 km in the study; the design of the run has" in fixed.stderr
    for row, fact in (("99999", "has rows 0 to"), ("kne", "named 'kne'"), ("-1", "rows count from 0")):
        wrong = command("breakeven", "compute_price", "--run", "small", f"--row={row}", "--output", output)
        assert wrong.returncode == 2
        assert fact in wrong.stderr


@pytest.mark.long
def test_sensitivity_of_a_design_of_a_run(output, command):
    done = command("sensitivity", "--run", "small", "--row", "roi", "--output", output)
    assert done.returncode == 0, done.stderr
    heads = next(line for line in done.stdout.splitlines() if line.startswith("parameter"))
    assert heads.split() == ["parameter", "low", "high", "unit", "at", "low", "(%)", "at", "high", "(%)"]
    assert "node_array_area" not in done.stdout.partition("parameter ")[2]
    assert "note: run: small is " in done.stdout
    other = command("sensitivity", output / "small.yaml", "--run", "small", "--quantity", "npv", "--output", output)
    assert "at low (MUSD)" in other.stdout
    for wrong in ((), ("--method", "tornadoo", output / "small.yaml"), ("--row", "1", output / "small.yaml")):
        failed = command("sensitivity", *wrong, "--output", output)
        assert failed.returncode == 2
        assert failed.stderr.startswith("sunfront: ")
        assert ("did you mean 'tornado'" in failed.stderr) == ("tornadoo" in wrong)


def test_the_best_design(output, command):
    question = ("breakeven", output / "small.yaml", "launch_markup", "--quantity", "roi", "--value", "5 %")
    done = command(*question, "--to", "10", "--reoptimize")
    assert done.returncode == 0, done.stderr
    assert "the highest roi of any design equals 5 % at launch_markup = " in done.stdout
    assert "just beyond it no design breaks even" in done.stdout
    data = json.loads(command(*question, "--to", "10", "--reoptimize", "--json").stdout)
    assert (data["unit"], data["quantity_unit"], data["course"]) == ("1", "1", "falls")
    assert data["roots"][0]["design"]["altitude"] in (500e3, 600e3, 690e3, 800e3)
    for options in (("--over", "altitude=500..600 km"), ("--row", "1", "--run", "small"), ("--sense", "up")):
        wrong = command(*question, "--reoptimize", *options, "--output", output)
        assert wrong.returncode == 2
        assert "--reoptimize" in wrong.stderr
    assert command("breakeven", "launch_markup").returncode == 2
    assert command(*question, "--sense", "minimize").returncode == 2


def test_limits_that_the_design_misses(tmp_path, command):
    """Accelerators of 100 kg break the limit of mass, those of 1 kg do not."""
    path = tmp_path / "heavy.yaml"
    limit = "constraints: [node_mass <= 8 t]\n"
    path.write_text("architecture: starlink_bus\nobjectives: [maximize roi]\n" + limit, "utf-8")
    done = command("breakeven", path, "accelerator_mass", "--from", "1 kg", "--to", "100 kg")
    (line,) = [line for line in done.stdout.splitlines() if "node_mass" in line]
    assert line.startswith("the design misses node_mass <= 8,000 kg at the high end (")
    data = json.loads(
        command("breakeven", path, "accelerator_mass", "--from", "1 kg", "--to", "100 kg", "--json").stdout
    )
    (missed,) = [miss for miss in data["missed"] if miss["constraint"].startswith("node_mass")]
    assert missed["at"] == 100.0
    mass = Study.load(path).evaluate(accelerator_mass=100.0)["node_mass"]
    assert missed["value"] == pytest.approx(mass)
    assert missed["unit"] == "kg"
    priced = command("breakeven", path, "compute_price", "--set", "node_array_area=100 m^2")
    assert "the design misses power_margin >= 0 kW at every compute_price: it has " in priced.stdout


def test_a_study_after_the_parameter_is_told(command):
    done = command("breakeven", "compute_price", "quickstart")
    assert (done.returncode, done.stdout) == (2, "")
    assert "the study comes first: write `sunfront breakeven quickstart compute_price`" in done.stderr


def test_a_design_to_study_is_asked_for_in_words_of_the_command_line(command, tmp_path):
    path = tmp_path / "chips.yaml"
    path.write_text(
        "architecture: starlink_bus\nvariables: {chip: {presets: [h100, gb200]}}\nobjectives: [maximize roi]\n"
        "engine: {name: sensitivity}\n"
    )
    done = command("sensitivity", path, "--output", tmp_path)
    assert (done.returncode, "name a run (--run, or run under engine)" in done.stderr) == (2, True)


@pytest.mark.parametrize("span", ["5..10 %/year", "5..10%/year", "5 %/year..10 %/year", "5%/year..10%/year"])
def test_the_unit_of_a_range_may_stand_at_its_end_alone(command, span):
    done = command("breakeven", "quickstart", "compute_price", "--over", f"discount_rate={span}")
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stdout.splitlines() if line.split()[:1] == ["0.1"]]


def test_a_table_over_a_second_parameter_tells_the_limits_that_its_designs_miss(tmp_path, command):
    """At 2000 km the dose is too high for the base design."""
    path = tmp_path / "high.yaml"
    path.write_text("architecture: starlink_bus\nobjectives: [maximize roi]\n", "utf-8")
    done = command("breakeven", path, "compute_price", "--over", "altitude=560..2000 km")
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("the design misses dose_margin")]
    assert line.endswith("2,000")
    assert " = 560" not in line
