"""What a user gets who installs the wheel and has no repository."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from common import ROOT, STUDIES


def python(folder: Path, *args: object, **environment: str) -> str:
    """Run Python in a folder; its output. A failure fails the test with what it printed."""
    done = subprocess.run(
        [sys.executable, *map(str, args)], cwd=folder, capture_output=True, text=True, check=False,
        env={**{k: v for k, v in os.environ.items() if k != "PYTHONPATH"}, **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.long
def test_a_wheel_built_from_the_source_archive_runs_without_the_repository(tmp_path):
    python(ROOT, "-m", "hatchling", "build", "-t", "sdist", "-d", tmp_path)
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path / "source", filter="data")
    (source,) = (tmp_path / "source").iterdir()
    python(source, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(installed)
    assert (installed / "sunfront" / "py.typed").exists()
    (metadata,) = installed.glob("*.dist-info/METADATA")
    description = metadata.read_text("utf-8")
    assert "*Picture: The front of studies/quickstart.yaml" in description
    assert not re.search(r"\]\((?!https://)", description), "a package index cannot follow a path of the repository"
    studies = installed / "sunfront" / "data" / "studies"
    assert sorted(path.name for path in studies.glob("*.yaml")) == sorted(path.name for path in STUDIES.glob("*.yaml"))

    work = tmp_path / "work"
    work.mkdir()

    def sunfront(*args: str) -> str:
        return python(work, "-m", "sunfront.cli", *args, PYTHONPATH=str(installed))

    where = python(work, "-c", "import sunfront; print(sunfront.__file__)", PYTHONPATH=str(installed))
    assert Path(where.strip()).is_relative_to(installed)
    sunfront("new", "mine")
    sunfront("new", "copy", "--from", "quickstart")
    assert sunfront("validate", "quickstart").startswith(f"{studies / 'quickstart.yaml'}: valid")
    assert "valid" in sunfront("validate", "mine")
    assert "proved" in sunfront("run", "mine", "--quick")
    sunfront("run", "quickstart", "--quick", "--engine", "sweep")
    assert "quickstart" in sunfront("show")
