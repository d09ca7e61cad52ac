"""Ten thousand random inputs of many kinds: counts of tracebacks, hangs and wrong answers.

By hand: ``python tests/fuzz/campaign.py --inputs 10000 --seed 1``. An input is made from its kind, the seed and its
number alone; ``--only KIND --number N`` tries one again.
"""

from __future__ import annotations

import argparse
import faulthandler
import os
import random
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

from trial import Refused, Trials, Wrong

#: Seconds of work after which an input counts as hanging.
PATIENCE = 60.0


class Hang(BaseException):
    """An input takes too long."""


@dataclass
class Count:
    """What became of the inputs of a kind."""

    tried: int = 0
    tracebacks: int = 0
    hangs: int = 0
    wrong: int = 0
    failures: list[str] = field(default_factory=list)


def kinds() -> dict[str, type[Trials]]:
    """The kinds of inputs, by name."""
    from certificate_trials import CertificateTrials
    from damaged_files import FolderTrials, StorageTrials, WorkTrials
    from money_trials import CalculatorTrials, MoneyTrials
    from mutant_studies import StudyTrials
    from plan_trials import PlanFolderTrials, PlanTextTrials, PlanTrials
    from random_texts import ExpressionTrials, PresetTrials, TextTrials
    from surroundings import EnvironmentTrials, NameTrials

    found = (StudyTrials, TextTrials, ExpressionTrials, PresetTrials, FolderTrials, WorkTrials, StorageTrials,
             NameTrials, EnvironmentTrials, MoneyTrials, CalculatorTrials, CertificateTrials, PlanTextTrials,
             PlanTrials, PlanFolderTrials)  # fmt: skip
    return {each.name: each for each in found}


def campaign(
    inputs: int, seed: int, only: str = "", number: int | None = None, keep: Path | None = None
) -> list[Count]:
    """Try inputs; print a line for each failure and each kind."""
    counts = []
    for name, kind in kinds().items():
        if only and only != name:
            continue
        count, started = Count(), time.monotonic()
        counts.append(count)
        with tempfile.TemporaryDirectory() as place, surroundings_kept():
            trials = kind(Path(place))
            wanted = inputs if only else max(round(inputs * kind.share / 10_000), 1)
            for i in range(wanted) if number is None else [number]:
                attempt(trials, count, f"{name} {seed} {i}", keep)
            refused, seconds = trials.refused, time.monotonic() - started
            say(
                f"{name}: {count.tried} tried ({trials.accepted} accepted, {refused} refused), {count.tracebacks} "
                f"tracebacks, {count.hangs} hangs, {count.wrong} wrong, {seconds:.0f} s"
            )
            for line in trials.figures():
                say(line)
    return counts


def attempt(trials: Trials, count: Count, label: str, keep: Path | None = None) -> None:
    """Try one input and count what comes of it."""
    trials.last, started = "", time.process_time()
    count.tried += 1
    faulthandler.dump_traceback_later(20 * PATIENCE, exit=True, file=STDERR)  # for a hang outside of Python
    problem = ""
    try:
        with limited(PATIENCE):
            trials.attempt(random.Random(label))
        trials.accepted += 1
    except Refused:
        trials.refused += 1
    except Wrong as error:
        count.wrong += 1
        problem = f"wrong: {error}"
    except Hang:
        count.hangs += 1
        problem = f"hangs: {''.join(traceback.format_exc().splitlines(keepends=True)[-6:])}"
    except Exception:
        count.tracebacks += 1
        problem = f"traceback: {''.join(traceback.format_exc().splitlines(keepends=True)[-12:])}"
    if not problem and time.process_time() - started > PATIENCE:
        count.hangs += 1
        problem = f"hangs: {time.process_time() - started:.0f} s"
    faulthandler.cancel_dump_traceback_later()
    if problem:
        count.failures.append(f"{label}: {problem}")
        say(f"{label}: {problem}\n  input: {trials.last[:1500]}")
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
            (keep / label.replace(" ", "_")).write_text(trials.last, "utf-8", "backslashreplace")


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise Hang after seconds of work."""

    def stop(*_: Any) -> None:
        raise Hang

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@contextmanager
def surroundings_kept() -> Iterator[None]:
    """Restore the working directory, the environment and the filters of warnings."""
    directory, environment = Path.cwd(), dict(os.environ)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            os.chdir(directory)
            os.environ.clear()
            os.environ.update(environment)


STDERR = sys.__stderr__


def say(text: str) -> None:
    print(text.encode("utf-8", "backslashreplace").decode(), file=STDOUT, flush=True)


STDOUT: Any = None


def main() -> None:
    global STDOUT, STDERR
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=list(kinds()), default="", help="one kind; all inputs are of it")
    parser.add_argument("--number", type=int, help="one input")
    parser.add_argument("--keep", type=Path, help="folder for the inputs that fail")
    options = parser.parse_args()
    # What solvers and commands print is not of interest.
    STDOUT = os.fdopen(os.dup(1), "w", encoding="utf-8")
    STDERR = os.fdopen(os.dup(2), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    counts = campaign(options.inputs, options.seed, options.only, options.number, options.keep)
    failed = [sum(getattr(c, what) for c in counts) for what in ("tried", "tracebacks", "hangs", "wrong")]
    say("{} tried, {} tracebacks, {} hangs, {} wrong".format(*failed))
    raise SystemExit(any(failed[1:]))


if __name__ == "__main__":
    main()
