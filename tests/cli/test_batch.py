"""Several studies in one command, and output that fails: nothing is lost, and the exit code says what failed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sunfront.cli.batch import Batch

STUDY = "architecture: starlink_bus\nobjectives: [maximize {}]\nengine: {{name: sweep}}\n"


@pytest.fixture
def studies(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, metric in {"a": "roi", "b": "rio", "c": "npv"}.items():
        Path(f"{name}.yaml").write_text(STUDY.format(metric), "utf-8")


def sunfront(*args, options=(), **changes):
    command = [sys.executable, *options, "-m", "sunfront", *args]
    return subprocess.run(command, capture_output="stdout" not in changes, check=False, **changes)


def test_one_failing_study_hides_no_other(studies, command):
    done = command("run", "a.yaml", "b.yaml", "missing.yaml", "c.yaml")
    assert done.returncode == 2
    assert [len(list(Path("outputs", name).glob("*/report.html"))) for name in "abc"] == [1, 0, 1]
    assert "sunfront: 2 of 4 studies failed:\n  b.yaml:2: " in done.stderr  # its place names it
    assert "  missing.yaml: " in done.stderr


def test_an_interruption_ends_the_batch(studies, command, monkeypatch):
    def interrupt(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("sunfront.run", interrupt)
    done = command("run", "a.yaml", "c.yaml")
    assert done.returncode == 130
    assert "a was interrupted" in done.stderr
    assert "1 not run:\n  c: not run" in done.stderr


def test_few_of_those_not_run_are_named(capsys):
    Batch(is_alone=False).summarize(9, [f"s{i}" for i in range(8)])
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "sunfront: 0 of 9 studies failed, 8 not run:"
    assert told[1:] == [*(f"  s{i}: not run" for i in range(5)), "  and 3 more: not run"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device")
def test_a_full_output_costs_no_run(studies):
    with Path("/dev/full").open("w") as full:
        done = sunfront("run", "a.yaml", "c.yaml", stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert len(list(Path("outputs").glob("*/*/report.html"))) == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.count("not printed: No space left on device") == 4  # each when it fails, and in the summary


@pytest.mark.slow
@pytest.mark.parametrize(
    "encoding", ["cp932", *(pytest.param(each, marks=pytest.mark.long) for each in ("ascii", "latin-1"))]
)
def test_an_output_that_lacks_characters_prints_them_escaped(studies, encoding):
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "LC_ALL": "C"}
    done = sunfront("evaluate", "a.yaml", env=environment)
    assert done.returncode == 0, done.stderr
    assert sunfront("run", "a.yaml", env=environment).returncode == 0


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_names_that_are_not_utf_8(studies):
    Path(os.fsdecode(b"caf\xe9")).mkdir()
    done = sunfront("run", "a.yaml", "--output", b"caf\xe9")
    assert done.returncode == 0, done.stderr
    Path("a.yaml").rename(os.fsdecode(b"caf\xe9/\xe9.yaml"))
    done = sunfront("run", b"caf\xe9/\xe9.yaml")
    assert done.returncode == 2
    assert b"rename the file" in done.stderr


@pytest.mark.long
def test_equations_keep_their_sources_without_docstrings(studies):
    """``python -OO`` removes docstrings, of which summaries and sources are part."""
    whole, stripped = (sunfront("evaluate", "a.yaml", options=options).stdout for options in ([], ["-OO"]))
    assert stripped == whole
    assert sunfront("run", "a.yaml").returncode == 0
    assert b"has been loaded" in sunfront("run", "a.yaml", options=["-OO"]).stdout
    refused = sunfront("run", "a.yaml", "--engine", "pyomo", options=["-OO"])
    assert (refused.returncode, b"python -O`" in refused.stderr) == (2, True)
