"""Tables of designs for other programs: each read by another library, against the designs of the run."""

import json

import numpy as np
import pandas as pd
import pytest
from common import write_small
from openpyxl import load_workbook

from sunfront.errors import UserError
from sunfront.runs import runner
from sunfront.runs.table_export import write_designs
from sunfront.study.study import Study
from sunfront.units import unit


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("table")
    study = write_small(folder, "maximize roi", engine="sweep, evaluations: 64")
    return runner.run(Study.load(study), output=folder / "out")


def _split(heads, rows):
    split = [head.removesuffix(")").partition(" (") for head in heads]
    columns = dict(zip([name for name, _, _ in split], zip(*rows, strict=True), strict=True))
    return {name: text for name, _, text in split}, columns


def read(path):
    """Units by name, and columns by name."""
    if path.suffix == ".csv":
        table = pd.read_csv(path)
        assert {*table.dtypes.map(str)} <= {"float64", "int64", "bool"}
        return _split(table.columns, table.to_numpy(object))
    if path.suffix == ".xlsx":
        heads, *rows = load_workbook(path)["designs"].iter_rows(values_only=True)
        return _split(heads, rows)
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        table = pq.read_table(path)
        return {f.name: f.metadata[b"unit"].decode() for f in table.schema}, table.to_pydict()
    data = json.loads(path.read_text("utf-8"))
    return data["units"], {name: [row[name] for row in data["designs"]] for name in data["units"]}


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet", ".json"])
def test_every_format_has_all_designs_with_units(results, tmp_path, suffix):
    write_designs(results, tmp_path / f"designs{suffix}")
    units, columns = read(tmp_path / f"designs{suffix}")
    assert list(columns) == ["on_front", *results.designs]
    assert units["altitude"] == "km"
    front = [str(value) == "True" for value in columns.pop("on_front")]
    np.testing.assert_array_equal(front, results.on_front)
    for name, values in columns.items():
        found = np.array([np.nan if value in (None, "") else value for value in values], float)
        plain = unit(results.units[name]).from_si(results.designs[name].to_numpy(float))
        np.testing.assert_allclose(found, plain, rtol=1e-8, err_msg=name)


def test_the_folder_is_made_and_no_folder_is_overwritten(results, tmp_path):
    write_designs(results, tmp_path / "new" / "folder" / "designs.csv")
    assert (tmp_path / "new" / "folder" / "designs.csv").is_file()
    (tmp_path / "taken.csv").mkdir()
    with pytest.raises(UserError, match=r"taken\.csv is a folder; name a file in it"):
        write_designs(results, tmp_path / "taken.csv")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "taken.csv"]


def test_unknown_format(results, tmp_path):
    with pytest.raises(UserError, match=r"end the name in .csv, .xlsx, .parquet, .json"):
        write_designs(results, tmp_path / "designs.ods")


def test_command(command, results, tmp_path):
    done = command("export", str(results.folder), "--to", str(tmp_path / "designs.csv"))
    assert (done.returncode, done.stdout) == (0, f"{tmp_path / 'designs.csv'}\n")
    both = command("export", str(results.folder))
    assert both.returncode == 2
    assert "either --to or --storage" in both.stderr
