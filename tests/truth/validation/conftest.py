"""Collect the tests against reference models only on request, so that the default tests run without them."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

_held: list[TemporaryDirectory] = []  # removed at exit


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Skip the folder unless ``-m validation`` asks for it; then a missing package is an error, not a skip."""
    expression = config.getoption("markexpr")
    if "validation" not in expression or "not validation" in expression:
        return True
    if "SPACEPY" not in os.environ:  # where spacepy keeps its settings, else in the home directory
        _held.append(TemporaryDirectory(prefix="sunfront-validation-"))
        os.environ["SPACEPY"] = _held[-1].name
    return None
