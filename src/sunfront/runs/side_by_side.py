"""Whole runs side by side in workers, where there are at least as many of them as workers."""

from __future__ import annotations

import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from sunfront.engines.checkpoint import Checkpoint
from sunfront.engines.cluster import TaskDied
from sunfront.engines.processes import DIED, Workers, worker_pool
from sunfront.errors import RunError, SunfrontError, SunfrontWarning
from sunfront.runs import plans, runner
from sunfront.runs.folder import earlier_is_kept, is_finished, put_in_place, writing
from sunfront.runs.plans import PlanRun
from sunfront.runs.results import Results
from sunfront.runs.run import Run
from sunfront.runs.signals import stop_signals
from sunfront.study.plan_study import PlanStudy
from sunfront.study.study import Study

#: Runs a study and stores its folder below ``output``, as ``sunfront.run``.
RunStudy = Callable[..., Results | PlanRun]

#: Gives the results of a study, or raises why it has none.
Outcome = Callable[[], Results | PlanRun]

#: Opens a bar of progress with a name.
Progress = Callable[[str], AbstractContextManager[Callable[[float, float, str], None]]]

#: Seconds between looks at which runs have ended.
LOOK = 0.05

#: Runs for each worker that are begun ahead: what a far worker gives back is in memory until it is stored.
AHEAD = 2


def run_each(
    studies: Sequence[Study | PlanStudy],
    run: RunStudy,
    alone: Callable[[Study | PlanStudy], Results | PlanRun],
    progress: Progress,
    *,
    output: Path,
    force: bool = False,
    workers: int = 1,
    cluster: str = "",
) -> Generator[tuple[Study | PlanStudy, Outcome], None, None]:
    """Run studies; yield each with what gives its results, in their order.

    A study that starts from a former run waits for those before it, which may be that run. The folders are those that
    the studies get one after the other.

    Args:
        run: Runs a study in a worker; it must be a function of a module.
        alone: Runs a study here, with all workers.
        progress: Opens a bar of a name; it is called with (done, total, text).
        cluster: Address of the dask scheduler whose workers are used; empty for none.

    Raises:
        RunError: The cluster was lost. If a worker of this machine dies, the studies that are left are run here.
        KeyboardInterrupt: What had ended by then has been stored and yielded.
    """
    for are_apart, group in groupby(studies, lambda study: isinstance(study, PlanStudy) or not study.engine.folders):
        found = list(group)
        if are_apart and len(found) > 1 and (cluster or 1 < workers <= len(found)):
            with worker_pool(workers, cluster, _begin_worker) as pool:
                if pool.count <= len(found):
                    try:
                        yield from _SideBySide(pool, run, alone, progress, output, force, bool(cluster)).run(found)
                    finally:
                        pool.end()
                    continue
        for study in found:
            yield study, partial(alone, study)


@dataclass(frozen=True)
class _Computed:
    """What a worker gives back.

    Attributes:
        place: Run folder in the worker.
        run_id: Its name.
        files: Content of its files by path in the folder; None if they are in their place.
        error: Why there is no run.
        warnings: What the user should know.
    """

    place: str = ""
    run_id: str = ""
    is_stopped: bool = False
    is_loaded: bool = False
    files: dict[str, bytes] | None = None
    error: Exception | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class _SideBySide:
    """The studies of one group, and the workers that compute them.

    Attributes:
        is_far: The workers do not see the folders of this machine.
    """

    pool: Workers
    run_study: RunStudy
    alone: Callable[[Study | PlanStudy], Results | PlanRun]
    progress: Progress
    output: Path
    force: bool
    is_far: bool

    def run(self, studies: Sequence[Study | PlanStudy]) -> Iterator[tuple[Study | PlanStudy, Outcome]]:
        here = {number for number, study in enumerate(studies) if self._is_here(study)} | self._repeated(studies)
        following = [number for number in reversed(range(len(studies))) if number not in here]
        begun: dict[int, Any] = {}
        ended: dict[int, Outcome] = {}
        interruption: KeyboardInterrupt | None = None
        with stop_signals() as signals:

            def wait_for(number: int, bar: Callable[[float, float, str], None]) -> None:
                """Begin runs, and store those that end, until that of a number has ended."""
                while number not in ended:
                    while following and len(begun) < AHEAD * self.pool.count:
                        begun[following[-1]] = self._begin(studies[following[-1]])
                        following.pop()
                    for each in [each for each, task in begun.items() if task.done()]:
                        with signals.held():
                            ended[each] = self._end(studies[each], begun.pop(each))
                        left = len(begun) + len(following)
                        bar(len(studies) - left, len(studies), f"{left} of {len(studies)} studies left")
                    if number not in ended:
                        time.sleep(LOOK)

            for number, study in enumerate(studies):
                if number in here:
                    if interruption is None:
                        yield study, partial(self.alone, study)
                    continue
                if interruption is None:
                    try:
                        with self.progress(study.name) as bar:
                            wait_for(number, bar)
                    except KeyboardInterrupt as error:
                        interruption = error
                if number in ended:
                    yield study, ended.pop(number)
        if interruption is not None:
            raise interruption

    def _is_here(self, study: Study | PlanStudy) -> bool:
        """Whether the run of a study is on this machine, whole or in part, and not on that of the workers."""
        if not self.is_far or self.force:
            return False
        folder = _folder(study, self.output)
        return folder.exists() or _work_folder(folder).exists()

    def _repeated(self, studies: Sequence[Study | PlanStudy]) -> set[int]:
        """The studies whose run folder is that of an earlier one: only one process at a time computes a run."""
        names = Counter(study.name for study in studies)
        found, folders = set(), set()
        for number, study in enumerate(studies):
            if names[study.name] > 1:
                folder = _folder(study, self.output)
                found |= {number} if folder in folders else set()
                folders.add(folder)
        return found

    def _begin(self, study: Study | PlanStudy) -> Any:
        output = None if self.is_far else self.output
        try:
            return self.pool.submit(_compute, study, self.run_study, output, self.force)
        except BrokenProcessPool as error:  # as the tasks that were begun before
            task: Future[Any] = Future()
            task.set_exception(error)
            return task

    def _end(self, study: Study | PlanStudy, task: Any) -> Outcome:
        """Store what a worker gave back; return what gives the results.

        Raises:
            BrokenProcessPool: The cluster was lost.
        """
        try:
            found: _Computed = task.result()
            folder = _folder(study, self.output)
            for text in found.warnings:
                warnings.warn(text.replace(found.place, str(folder)), SunfrontWarning, stacklevel=2)
            if found.error is not None:
                raise found.error
            if found.files is not None:
                _store(found, folder, isinstance(study, PlanStudy))
        except TaskDied as error:
            return partial(_raise, RunError(str(error)))
        except BrokenProcessPool:
            if self.is_far:
                raise
            self.pool.end()  # so that no process that is about to end holds a folder
            warnings.warn(f"{DIED}; the studies that are left run one after the other", SunfrontWarning, stacklevel=2)
            return partial(self.alone, study)
        except (SunfrontError, OSError, MemoryError) as error:
            return partial(_raise, error)
        return partial(self._load, study, folder, found.is_loaded)

    def _load(self, study: Study | PlanStudy, folder: Path, is_loaded: bool) -> Results | PlanRun:
        """Open a run that has ended."""
        if isinstance(study, PlanStudy):
            return replace(plans.load_plan_run(folder), loaded=is_loaded)
        results = Results.load(folder)
        if self.is_far:
            Run(results, study, folder).confirm()
        return replace(results, loaded=is_loaded)


def _raise(error: Exception) -> Results | PlanRun:
    raise error


def _folder(study: Study | PlanStudy, output: Path) -> Path:
    """The folder of a run."""
    decides = plans.identity(study) if isinstance(study, PlanStudy) else runner.identity(study, output)
    run_id: str = decides["run_id"]
    return output / study.name / run_id


def _work_folder(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.partial")


def _store(found: _Computed, folder: Path, is_plan: bool) -> None:
    """Store the files of a run that was computed elsewhere.

    Raises:
        RunError: It cannot be written; or another process computes this run; or the worker has other versions of
            packages that decide the answer; or the run was stopped, and an earlier finished run is kept.
    """
    assert found.files is not None
    if found.run_id != folder.name:
        raise RunError(
            f"a worker of the cluster computed the run {found.run_id} in place of {folder.name}: packages that decide "
            "an answer have other versions there; install the same versions (`pip list`) on the workers"
        )
    work = _work_folder(folder)
    with Checkpoint(work, folder.name) as checkpoint, writing(folder):
        if found.is_stopped and (plans.is_finished(folder) if is_plan else is_finished(folder)):
            raise earlier_is_kept(folder)
        staging = Path(tempfile.mkdtemp(prefix="finished.", dir=work))
        staging.chmod(0o755)
        for name, content in found.files.items():
            (staging / name).parent.mkdir(parents=True, exist_ok=True)
            (staging / name).write_bytes(content)
        put_in_place(staging, folder)
        checkpoint.clear()


def _begin_worker() -> None:
    """A worker needs nothing before its first run."""


def _compute(study: Study | PlanStudy, run: RunStudy, output: Path | None, force: bool) -> _Computed:
    """Run a study in a worker; without a folder for its output, give its files back."""
    with tempfile.TemporaryDirectory(prefix="sunfront.") as temporary, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", SunfrontWarning)
        try:
            results = run(study, output=output or temporary, force=force)
        except (SunfrontError, OSError, MemoryError) as error:
            return _Computed(error=error, warnings=_texts(caught))
        folder = results.folder
        assert folder is not None
        files = None
        if output is None:
            paths = sorted(path for path in folder.rglob("*") if path.is_file())
            files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
        is_stopped = results.status == "stopped"
        return _Computed(str(folder), folder.name, is_stopped, results.loaded, files, warnings=_texts(caught))


def _texts(caught: Sequence[warnings.WarningMessage]) -> tuple[str, ...]:
    """What the user should know, of the warnings of a run."""
    return tuple(str(each.message) for each in caught if issubclass(each.category, SunfrontWarning))
