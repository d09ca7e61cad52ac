"""Several studies in one command: each is tried, and a summary says what failed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from sunfront.cli.answers import print_answer
from sunfront.cli.common import failure
from sunfront.cli.plans import print_plan
from sunfront.errors import SunfrontError

if TYPE_CHECKING:
    from sunfront.runs.plans import PlanRun
    from sunfront.runs.results import Results
    from sunfront.study.plan_study import PlanStudy
    from sunfront.study.study import Study

#: Studies that were not run and are named.
NAMED = 5

_Result = TypeVar("_Result")


class Batch:
    """What became of the studies of one command.

    Attributes:
        is_alone: There is one study; its failure is raised.
        failed: Why, by name of the study.
        worst: The exit code so far.
    """

    def __init__(self, *, is_alone: bool) -> None:
        self.is_alone = is_alone
        self.failed: dict[str, str] = {}
        self.worst = 0

    def attempt(self, name: str, work: Callable[[], _Result]) -> _Result | None:
        """Return the result of one study's work; print its failure and return None."""
        try:
            return work()
        except (SunfrontError, OSError, MemoryError) as error:
            if self.is_alone:
                raise
            self._fail(name, *failure(error))
            return None

    def show(self, results: Results | PlanRun, study: Study | PlanStudy) -> None:
        """Print an answer. If it cannot be printed, the other studies are run nevertheless."""
        from sunfront.runs.files import has_report
        from sunfront.runs.plans import PlanRun

        folder = results.folder
        assert folder is not None
        solved = results.record.status in ("proved", "best found")
        self.worst = max(self.worst, 0 if solved and has_report(folder) else 1)
        try:
            if isinstance(results, PlanRun):
                print_plan(results)
            else:
                print_answer(results, study)  # type: ignore[arg-type]  # a plan has been shown above
            sys.stdout.flush()
        except OSError as error:
            if self.is_alone:
                raise
            self._fail(results.record.title, f"stored in {folder}, but not printed: {error.strerror}", 1)

    def summarize(self, total: int, not_run: Sequence[str]) -> None:
        """Say which of several studies failed, and which were not run."""
        if self.is_alone or not (self.failed or not_run):
            return
        if not_run:
            self.worst = max(self.worst, 1)
        skipped = f", {len(not_run)} not run" if not_run else ""
        print(f"sunfront: {len(self.failed)} of {total} studies failed{skipped}:", file=sys.stderr)
        for name, reason in (self.failed | dict.fromkeys(not_run[:NAMED], "not run")).items():
            print(f"  {reason}" if reason.startswith(f"{name}:") else f"  {name}: {reason}", file=sys.stderr)
        if more := not_run[NAMED:]:
            print(f"  and {len(more)} more: not run", file=sys.stderr)

    def _fail(self, name: str, reason: str, code: int) -> None:
        print(f"sunfront: {reason}", file=sys.stderr)
        self.failed[name] = reason.partition("\n")[0]
        self.worst = max(self.worst, code)
