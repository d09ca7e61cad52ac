"""Plans on the command line: run, show, validate, verify, and what is stored."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from plans import SMALL
from typer.testing import CliRunner

from sunfront.cli import app
from sunfront.errors import UserError
from sunfront.runs.index import find
from sunfront.runs.plans import find_plan_run, load_plan_run


def invoke(*arguments):
    found = CliRunner().invoke(app, [*map(str, arguments)])
    return found, found.output


@pytest.fixture
def small(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "small.yaml"
    text = SMALL.format(objectives="maximize npv", end="2029-01", launches="2 1/year", grid="12 MW")
    path.write_text(text, "utf-8")
    return path


def test_a_plan_is_run_stored_and_shown(small, tmp_path, monkeypatch):
    _, text = invoke("validate", small)
    assert "valid: 2 products, 4 periods, 2 supplies, 1 objective, 0 constraints, engine plan" in text
    done, text = invoke("run", small)
    assert done.exit_code == 0
    assert "small: proved: one plan" in text
    assert "first bought: bus 2027H1, hall 2027H2" in text
    folder = find_plan_run("small", tmp_path / "outputs")
    assert {path.name for path in folder.iterdir()} == {
        "plan.csv",
        "plan.json",
        "plan.png",
        "plan.svg",
        "report.html",
        "study.yaml",
        "worth.csv",
    }
    table = pd.read_csv(folder / "plan.csv", index_col=[0, 1])
    run = load_plan_run(folder)
    assert table["balance (MUSD)"].iloc[-1] == pytest.approx(run.points[0].simulation.balance[-1] / 1e6)
    worth = pd.read_csv(folder / "worth.csv", index_col=0)
    (price, *_) = (p for p in run.record.prices if p.supply == "launches")
    assert worth["launches (MUSD)"].iloc[price.period] == pytest.approx(price.price / 1e6)
    again, text = invoke("run", small)
    assert again.exit_code == 0
    assert "has been loaded" in text
    _, text = invoke("show", "small")
    assert "bus bought" in text
    in_megawatts = float(re.search(r"bus in service \(MW\) +([\d.]+)", text)[1])
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "sunfront.toml").write_text('units = {MW = "hp"}\n', "utf-8")
    _, text = invoke("show", "small")
    in_horsepower = float(re.search(r"bus in service \(hp\) +([\d.,]+)", text)[1].replace(",", ""))
    assert in_horsepower == pytest.approx(in_megawatts * 1e6 / 745.69987, rel=1e-3)
    _, text = invoke("show")
    assert "small" in text
    done, text = invoke("verify", "small")
    assert done.exit_code == 0
    assert "confirmed" in text


def test_all_plans_of_a_front_are_simulated_and_some_proved_again(small):
    front = SMALL.format(
        objectives="maximize npv, minimize peak_funding", end="2028-01", launches="2 1/year", grid="12 MW"
    )
    small.write_text(front, "utf-8")
    assert invoke("run", small)[0].exit_code == 0
    done, text = invoke("verify", "small", "--bounds", "2")
    assert done.exit_code == 0, text
    plans = re.search(r"(\d+) plans simulated; the ends and some evenly between proved again, 2 in all", text)
    assert int(plans[1]) > 2
    assert re.findall(r"^ *(\d+) .* confirmed", text, re.MULTILINE) == ["0", str(int(plans[1]) - 1)]
    assert f"--bounds {plans[1]} proves all again" in text


def test_a_plan_that_cannot_be_met_is_explained(small):
    done, text = invoke("run", small, "--set", "constraints=fleet_it_power at 2028-12 >= 30 MW")
    assert done.exit_code == 1
    assert "proved: no plan meets every constraint" in text
    assert "more of launches" in text


def test_a_plan_is_copied_with_its_schema(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done, _ = invoke("new", "mine", "--from", "gigasat_ramp")
    assert done.exit_code == 0
    assert (tmp_path / "mine.yaml").read_text("utf-8").count("$schema=.sunfront-plan-schema.json") == 1
    assert (tmp_path / ".sunfront-plan-schema.json").is_file()
    assert invoke("validate", "mine")[0].exit_code == 0


def test_commands_of_designs_refuse_a_plan(small):
    done, _ = invoke("evaluate", small)
    assert done.exit_code != 0
    assert "this is a plan over time" in str(done.exception)


@pytest.mark.parametrize("option", ["--engine=sweep", "--seed=3", "--storage=x.journal"])
def test_what_a_plan_does_not_take_is_refused(small, option):
    done, _ = invoke("run", small, option)
    assert option.partition("=")[0] in str(done.exception)
    assert "does not apply to a plan" in str(done.exception)


def test_commands_on_designs_refuse_the_run_of_a_plan(tmp_path):
    folder = tmp_path / "small" / "0123456789ab"
    folder.mkdir(parents=True)
    (folder / "plan.json").write_text("{}", "utf-8")
    for name in (str(folder), str(folder / "plan.json"), "small", "0123"):
        with pytest.raises(UserError, match="is the run of a plan over time, which holds no designs; show, open"):
            find(name, tmp_path)


@pytest.mark.parametrize("verb", ["validate", "run"])
def test_a_product_that_nothing_limits_is_told_at_its_line(small, verb):
    lines = small.read_text("utf-8").splitlines()
    small.write_text("\n".join(line for line in lines if "limits: launches" not in line), "utf-8")
    done, _ = invoke(verb, small)
    assert str(done.exception).startswith(f"{small}:4: products.bus: nothing limits how many units of bus")
