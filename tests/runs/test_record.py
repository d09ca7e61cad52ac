"""The run record is written, read back, and refused where it is of another format or damaged."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from common import BOTH, ROOT

from sunfront.errors import UserError
from sunfront.runs import runner
from sunfront.runs.files import TABLE, hashes
from sunfront.runs.record import FILE, FORMAT, RunRecord
from sunfront.runs.results import Results
from sunfront.runs.run import Run


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    from common import write_small

    from sunfront.study.study import Study

    place = tmp_path_factory.mktemp("record")
    study = Study.load(write_small(place, BOTH, engine="pyomo, gap: 10 %"))
    return runner.run(study, output=place / "out").folder


def rewritten(folder, tmp_path, change):
    stored = json.loads((folder / FILE).read_text("utf-8"))
    change(stored)
    (tmp_path / FILE).write_text(json.dumps(stored), "utf-8")
    return tmp_path


def test_what_is_written_is_read_back(folder, tmp_path):
    record = RunRecord.read(folder)
    record.write(tmp_path)
    assert (tmp_path / FILE).read_bytes() == (folder / FILE).read_bytes()
    assert RunRecord.read(tmp_path) == record
    assert record.shadow_prices
    assert record.certificate is not None


def test_objectives_are_stored_as_sense_quantity_and_statistic(folder):
    stored = json.loads((folder / FILE).read_text("utf-8"))
    assert stored["objectives"][0] == {"sense": "maximize", "quantity": "roi", "statistic": None}
    assert str(Results.load(folder).objectives[0]) == "maximize roi"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda record: record.update(format=FORMAT + 1), "a newer version of sunfront"),
        (lambda record: record.update(format=1), "an older version of sunfront"),
        (lambda record: record.pop("format"), "an older version of sunfront"),
        (lambda record: record.pop("seed"), "damaged: seed"),
        (lambda record: record.update(status="perfect"), "damaged: status"),
        (lambda record: record.update(surplus=1), "damaged: surplus"),
    ],
)
def test_another_format_or_a_damaged_record_is_refused_plainly(folder, tmp_path, change, words):
    with pytest.raises(UserError) as caught:
        RunRecord.read(rewritten(folder, tmp_path, change))
    assert words in caught.value.message
    assert str(tmp_path) in caught.value.message


def test_a_number_that_is_not_finite_is_not_written(folder, tmp_path):
    record = RunRecord.read(folder)
    with pytest.raises(ValueError, match="not JSON compliant"):
        record.model_copy(update={"seconds": record.seconds.model_copy(update={"engine": float("nan")})}).write(
            tmp_path
        )


def test_only_the_record_module_knows_the_keys_of_run_json():
    """No other module reads the file, or a record by literal key; the stand-alone checker cannot import that one."""
    for path in sorted((ROOT / "src" / "sunfront").rglob("*.py")):
        if path.name == "check_certificate.py":
            continue
        if path.parts[-2:] == ("runs", "record.py") or "engines" in path.parts:  # engines have entries of checkpoints
            continue
        text = Path(path).read_text("utf-8")
        assert not re.search(r"record\[[\"']|record\.get\(|\"run\.json\"", text), path


@pytest.mark.parametrize("damage", ["{", "[" * 200_000, "[]", "5"])
def test_a_damaged_record_is_an_error_of_the_user(folder, tmp_path, damage):
    (tmp_path / FILE).write_text(damage, "utf-8")
    with pytest.raises(UserError):
        RunRecord.read(tmp_path)


def test_a_table_of_another_run_is_refused(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "run")
    record = RunRecord.read(folder)
    pd.read_parquet(folder / TABLE).drop(columns="roi").to_parquet(tmp_path / "run" / TABLE)
    record.model_copy(update={"files": hashes(tmp_path / "run")}).write(tmp_path / "run")
    with pytest.raises(UserError, match="roi is in one of the two only"):
        Results.load(tmp_path / "run")


def test_a_record_that_was_edited_is_refused(folder, tmp_path):
    found = rewritten(folder, tmp_path, lambda record: record.update(status="stopped"))
    with pytest.raises(UserError, match=r"run.json was changed after the run was stored; .*--force"):
        RunRecord.read(found)


@pytest.mark.parametrize(("file", "text"), [("study.yaml", "{"), ("study.yaml", "- a"), (FILE, "["), (TABLE, "x")])
def test_a_damaged_folder_beside_a_run_is_passed_over(folder, tmp_path, file, text):
    home = tmp_path / "record"
    shutil.copytree(folder, home / "run")
    shutil.copytree(folder, home / "damaged")
    (home / "damaged" / file).write_text(text, "utf-8")
    assert Run.load(home / "run").other_engines == []


def test_a_table_without_values_is_refused_with_its_name(folder, tmp_path):
    """An edited value of a variable at which a quantity is NaN."""
    shutil.copytree(folder, tmp_path / "run")
    results = Results.load(folder)
    table = results.designs.assign(altitude=-1e6)
    Results(table, results.record).write_table(tmp_path / "run")
    results.record.model_copy(update={"files": hashes(tmp_path / "run")}).write(tmp_path / "run")
    with pytest.raises(UserError, match=f"{TABLE} cannot be confirmed"):
        Run.load(tmp_path / "run")
