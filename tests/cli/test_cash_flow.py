"""The command ``sunfront cashflow``."""

from __future__ import annotations

import csv
import json
import os

import pytest
from common import write_small

import sunfront
from sunfront.runs import runner
from sunfront.study.study import Study


@pytest.fixture
def finished(tmp_path):
    path = write_small(tmp_path, "maximize roi, maximize fleet_it_power", engine="sweep, evaluations: 4096")
    return runner.run(Study.load(path), output=tmp_path / "out")


def test_table_of_a_run_and_of_a_study(command, finished, tmp_path):
    done = command("cashflow", str(finished.folder), "nearest to the ideal")
    assert done.returncode == 0, done.stderr
    title, heads, *lines = done.stdout.splitlines()
    assert title.startswith("small: nearest to the ideal; ")
    assert heads.split() == ["year", *map(str, range(1, 8)), "total", "present", "value"]
    transport = next(line.split() for line in lines if line.startswith("Transport"))
    assert transport[1].startswith("-")
    assert transport[2] == "-"
    assert any(line.startswith("Cumulative discounted") for line in lines)
    base = command("cashflow", str(tmp_path / "small.yaml"))
    assert base.stdout.startswith("small: base design; ")


def test_json_is_the_table_in_usd(command, finished):
    done = command("cashflow", str(finished.folder), "--quarters", "--json")
    found, frame = json.loads(done.stdout), finished.cashflow(0, "quarter")
    assert (found["period"], found["unit"]) == ("quarter", "USD")
    assert found["npv"] == pytest.approx(finished.front["npv"].iloc[0], rel=1e-6)
    assert found["cumulative"] == frame["cumulative"].tolist()
    for name, element in found["elements"].items():
        assert element["amounts"] == frame[name].tolist()
    present = sum(element["present_value"] for element in found["elements"].values())
    assert present == pytest.approx(found["npv"])


def test_csv_is_written(command, finished, tmp_path):
    path = tmp_path / "flow.csv"
    done = command("cashflow", str(finished.folder), "--csv", str(path))
    assert done.stdout.strip() == str(path)
    with path.open(newline="") as file:
        names, *rows = csv.reader(file)
    net = sum(float(row[names.index("net (MUSD)")]) for row in rows)
    assert net == pytest.approx(finished.cashflow()["net"].sum() / 1e6, rel=1e-8)
    done = command("cashflow", str(finished.folder), "-o", os.devnull)
    assert (done.returncode, done.stderr) == (
        2,
        f"sunfront: {os.devnull} is no file on a disk; name one, or print with --json instead of -o\n",
    )


def test_a_loan_has_its_cover_in_each_year_of_service(command, tmp_path):
    """The least is the metric; where nothing is due there is none."""
    path = tmp_path / "loan.yaml"
    path.write_text("architecture: terrestrial\npresets: [project_finance]\nobjectives: [maximize npv]\n", "utf-8")
    found = json.loads(command("cashflow", str(path), "--json").stdout)["debt_service_cover"]
    least = sunfront.evaluate("terrestrial", presets=["project_finance"])["debt_service_cover"]
    assert min(x for x in found if x is not None) == pytest.approx(least, rel=1e-6)
    assert [x is None for x in found] == [True, True, *[False] * 6, True]
    line = next(x for x in command("cashflow", str(path)).stdout.splitlines() if x.startswith("Debt service cover"))
    assert line.split()[3:] == ["-", "-", *(f"{x:.3g}" for x in found[2:8])]
    command("cashflow", str(path), "--csv", str(tmp_path / "loan.csv"))
    with (tmp_path / "loan.csv").open(newline="") as file:
        names, *rows = csv.reader(file)
    assert names[-1] == "debt_service_cover"
    assert [row[-1] == "" for row in rows] == [x is None for x in found]


def test_mistakes_are_said(command, finished):
    done = command("cashflow", str(finished.folder), "fleet_it_powr")
    assert done.returncode == 2
    assert "did you mean 'fleet_it_power'" in done.stderr
    done = command("cashflow", str(finished.folder), "-1x")
    assert done.returncode == 2


def test_what_a_taxed_loss_is_worth_is_told(command, tmp_path):
    path = tmp_path / "taxed.yaml"
    path.write_text(
        "architecture: starlink_bus\npresets: [taxed_equity]\nobjectives: [maximize npv]\nengine: {name: sweep}\n"
        "variables: {launch_cadence: {choices: [12, 52], unit: 1/year}}\n",
        "utf-8",
    )
    found = json.loads(command("cashflow", str(path), "--json").stdout)
    texts = [f"{found[name] / 1e9:.3f} GUSD" for name in ("npv", "npv_without_other_income")]
    assert found["npv"] - found["npv_without_other_income"] > 0.9 * found["elements"]["tax"]["present_value"] > 0
    line = command("cashflow", str(path)).stdout.splitlines()[-1]
    assert line.startswith("note: tax: losses are used against other income of the owners")
    assert all(text in line for text in texts)
