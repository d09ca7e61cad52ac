"""Fixtures that the tests share."""

from __future__ import annotations

import gc
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import common
import pytest
from common import write_small

from sunfront.cli import main
from sunfront.engines.exact.maingo import MaingoSolver
from sunfront.engines.exact.scip import ScipSolver
from sunfront.study.study import Study

# To look through all that is imported for garbage again and again takes a tenth of the tests' time.
gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _signals_arrive() -> None:
    """A shell's background jobs ignore SIGINT, and those of nohup SIGHUP; tests and their children must hear them."""
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, handler)


@pytest.fixture(scope="session")
def _users(tmp_path_factory) -> Path:
    """Apart from pytest's own folders: it lists them all to number the next."""
    return tmp_path_factory.mktemp("users")


@pytest.fixture(autouse=True)
def _no_code_is_trusted(_users, monkeypatch) -> None:
    """What a test runs is not noted for the user, nor does it depend on what the user has set."""
    folder = tempfile.mkdtemp(dir=_users)
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, folder)


@pytest.fixture(autouse=True)
def _no_solve_hangs(request, monkeypatch) -> None:
    """A solve of SCIP or MAiNGO that takes longer than any should is cut: its test fails in place of hanging."""
    if request.node.get_closest_marker("long"):
        return
    for kind in (ScipSolver, MaingoSolver):
        monkeypatch.setattr(kind, "maximize", _cut(kind.maximize))


def _cut(maximize: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(maximize)
    def within_limit(self, index, floors, deadline, start=0.0):
        return maximize(self, index, floors, min(deadline, time.monotonic() + common.LONGEST_SOLVE), start)

    return within_limit


@pytest.fixture
def small(tmp_path: Path) -> Callable[..., Study]:
    """Writes and loads a study small enough to enumerate."""
    return lambda *args, **changes: Study.load(write_small(tmp_path, *args, **changes))


@pytest.fixture
def command(monkeypatch, capsys) -> Callable[..., CompletedProcess[str]]:
    """The command ``sunfront`` as a shell calls it, but in this process: what it prints, and its exit code."""

    def call(*args: object) -> CompletedProcess[str]:
        monkeypatch.setattr("sys.argv", ["sunfront", *map(str, args)])
        monkeypatch.setenv("COLUMNS", "200")
        with pytest.raises(SystemExit) as end:
            main()
        return CompletedProcess(args, end.value.code or 0, *capsys.readouterr())

    return call


@pytest.fixture
def five_seconds() -> Iterator[None]:
    """The test fails after five seconds of work, in place of hanging; how busy the machine is does not count."""

    def stop(*_):
        pytest.fail("took longer than five seconds")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, 5)
    yield
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, before)
