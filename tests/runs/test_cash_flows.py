"""The cash flow of a run's designs, in Python and in the run's folder."""

from __future__ import annotations

import csv

import numpy as np
import pytest

import sunfront
from sunfront.errors import UserError
from sunfront.runs import runner
from sunfront.runs.cash_flows import suggested_cash_flows, write_cash_flows
from sunfront.runs.results import Results
from sunfront.runs.run import open_run


@pytest.fixture
def finished(small, tmp_path):
    study = small("maximize roi, maximize fleet_it_power", engine="sweep, evaluations: 4096")
    return runner.run(study, output=tmp_path / "out")


def test_a_design_is_chosen_by_row_or_name(finished):
    for row, name in ((0, "roi"), (finished.suggestions["nearest to the ideal"], "nearest to the ideal")):
        frame = finished.cashflow(row)
        assert frame.equals(finished.cashflow(name))
        assert frame["discounted"].sum() == pytest.approx(finished.front["npv"].iloc[row], rel=1e-6)
        capital = ["accelerators", "power", "cooling", "structure", "transport", "insurance"]
        assert -frame[capital].to_numpy().sum() == pytest.approx(finished.front["capex"].iloc[row], rel=1e-9)


def test_a_design_that_is_not_there_is_refused(finished):
    with pytest.raises(UserError, match="the front has rows 0 to"):
        finished.cashflow(10_000)
    with pytest.raises(UserError, match="did you mean 'fleet_it_power'"):
        finished.cashflow("fleet_it_powr")
    with pytest.raises(UserError, match="not stored"):
        Results(finished.designs, finished.record).cashflow()


def test_the_file_holds_the_suggested_designs_by_year(finished):
    run = open_run(finished)
    write_cash_flows(run)
    path = finished.folder / "cashflow.csv"
    with path.open(newline="") as file:
        heads, *rows = csv.reader(file)
    assert heads[:2] == ["design", "year"]
    names = [head.removesuffix(" (MUSD)") for head in heads]
    assert not set(names[2:]) & set(heads)
    designs = dict.fromkeys(row[0] for row in rows)
    assert [int(design.split(":")[0]) for design in designs] == [*dict.fromkeys(finished.suggestions.values())]
    assert any("nearest to the ideal" in design for design in designs)
    for design in designs:
        frame = finished.cashflow(int(design.split(":")[0]))
        written = np.array([row[1:] for row in rows if row[0] == design], float)
        np.testing.assert_array_equal(written[:, 0], frame.index)
        for column, name in enumerate(names[2:], start=1):
            np.testing.assert_allclose(written[:, column], frame[name] / 1e6, rtol=1e-8, atol=1e-12)
    before = path.read_bytes()
    write_cash_flows(run)
    assert path.read_bytes() == before
    assert b",-0," not in before


def test_a_run_whose_study_gives_a_sum_has_no_file(small, tmp_path):
    study = small("maximize npv", engine="sweep, evaluations: 64").with_overrides(["present_value_of_revenue=1 GUSD"])
    results = sunfront.run(study, output=tmp_path / "out")
    assert suggested_cash_flows(open_run(results)) == {}
    assert not (results.folder / "cashflow.csv").exists()
    assert (results.folder / "report.html").exists()
