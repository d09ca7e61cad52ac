"""Break-even values on the command line."""

from __future__ import annotations

import json

import pytest
from common import STUDIES

from sunfront.analysis.breakeven import breakeven
from sunfront.study.study import Study


def test_break_even_value_and_sides(command):
    study = STUDIES / "quickstart.yaml"
    done = command("breakeven", study, "launch_specific_price", "--quantity", "compute_cost", "--value", "3 USD/kWh")
    assert done.returncode == 0
    assert "compute_cost equals 3 USD/kWh at launch_specific_price = " in done.stdout
    assert "below, then above" in done.stdout
    found = json.loads(command("breakeven", study, "compute_price", "--json").stdout)
    assert found["roots"][0] == pytest.approx(breakeven(Study.load(study), "compute_price").roots[0])
    assert (found["unit"], found["quantity_unit"]) == ("USD/J", "USD")
    both = command("breakeven", study, "compute_price", "--value", "0 USD", "--equals", study)
    assert both.returncode == 2
    for option in ("--value", "--equals"):
        assert option in both.stderr


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
    first, _ = command("breakeven", study, "utilization", "--equals", study).stdout.splitlines()
    assert first.endswith(" from utilization = 0 to 1")
    table = command("breakeven", study, "utilization", "--equals", study, "--over", "opex_rate=1..2 %/year").stdout
    heads, *_, last = (line.split() for line in table.splitlines() if line.split()[0][0] in "o0")
    assert heads == ["opex_rate", "(1/year)", "utilization"]
    assert last == ["0.02", "0", "to", "1"]


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
