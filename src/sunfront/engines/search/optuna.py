"""Search with an Optuna sampler: Optuna proposes designs in batches, the numpy model evaluates a batch at once."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.trial import FrozenTrial

from sunfront.arrays import Array
from sunfront.engines.checkpoint import reading
from sunfront.engines.context import Context
from sunfront.engines.processes import Workers, side_by_side
from sunfront.engines.search.evaluation import open_workers, problem_here
from sunfront.engines.search.local_steps import LocalSearch
from sunfront.engines.search.ranking import survivors
from sunfront.engines.search.sampler_memory import MAX_TRIES, Proposal, SamplerMemory
from sunfront.engines.search.sharing import NOT_STORED, SharedStudy
from sunfront.engines.search.state import Evaluations, Search
from sunfront.engines.search.storage import StorageFailure, storage_errors
from sunfront.engines.search.trials import TrialConverter, quiet_optuna
from sunfront.engines.search.unit_cube import fingerprint
from sunfront.engines.search.warm_start import warm_start_points
from sunfront.engines.settings import OptunaSettings
from sunfront.errors import UserError
from sunfront.problem.answer import Answer, Status
from sunfront.problem.problem import Problem, as_columns

#: Designs that one sampler proposes of a batch of a slow sampler.
PART = 10

EXHAUSTED = "the sampler proposes only designs that were evaluated before"


def run(problem: Problem, settings: OptunaSettings, context: Context) -> Answer:
    """Run an Optuna sampler; an interrupted run continues from its checkpoint and ends as if never interrupted.

    The study is in memory. Each batch has samplers of its own, seeded with the number of the batch, so that the
    trials hold all the state. The answer does not depend on ``context.workers``. With ``context.storage`` the trials
    are exchanged once a batch with a study there, on which other processes may work too.
    """
    with quiet_optuna(), warnings.catch_warnings(), open_workers(problem, context) as workers:
        # CMA-ES does not see the constraints; it gets penalized values instead.
        warnings.filterwarnings("ignore", message="Constraints have been set, but CmaEsSampler")
        return OptunaSearch(problem, settings, context, workers).answer()


class OptunaSearch:
    """A search whose designs an Optuna sampler proposes.

    Attributes:
        memory: What the sampler learns from.
        seen: Fingerprints of all designs evaluated or learned.
        batch: Number of the next batch.
        elite: The best designs so far, from whose front local steps start.
        shared: The study in a storage.
    """

    def __init__(
        self, problem: Problem, settings: OptunaSettings, context: Context, workers: Workers | None = None
    ) -> None:
        self.settings, self.context, self.workers = settings, context, workers
        self.search = Search(problem, settings, settings.evaluations, context, workers)
        self.local_search = LocalSearch(self.search)
        self.converter = TrialConverter(problem)
        self.seen: set[bytes] = set()
        self.batch = 0
        self.elite: Evaluations | None = None
        self.shared: SharedStudy | None = None
        seed = context.seed
        if context.storage is not None:
            if settings.sampler == "cmaes" and problem.constraints:
                raise UserError(
                    "--storage: sampler cmaes gets penalties in place of values, which cannot be shared; use another "
                    "sampler, or no storage",
                    ("engine", "sampler"),
                )
            self.shared = SharedStudy(context.storage, context.name, self.converter, self.search.budget)
            seed = int(np.random.SeedSequence().generate_state(1)[0])  # each process has its own
        self.memory = SamplerMemory(self.converter, settings, seed)
        self._stored = 0  # trials of the memory that are in the checkpoint

    def answer(self) -> Answer:
        """Search until the budget is spent or a reason to stop arises."""
        search = self.search
        status: Status = "best found"
        with reading(self.context.checkpoint.path):
            for entry in self.context.checkpoint.entries():
                self._restore(entry)
        notes: tuple[str, ...] = ()
        try:
            if self.shared is not None:
                self._exchange(self.shared, [])
            if not self.batch and self.settings.warm_start is not None:
                self._warm_start(self.settings.warm_start)
            while not notes and (reason := search.stop_reason()) == "" and self._take() > 0:
                notes = self._run_batch()
            notes = notes or ((reason,) if reason else self._missing())
        except KeyboardInterrupt:
            status = "stopped"
            with suppress(StorageFailure):
                self._settle()
        except StorageFailure as error:
            if not search.evaluated:
                raise
            status, notes = "stopped", (str(error),)
        return search.answer(status, notes)

    def _take(self) -> int:
        """Return how many designs the next batch may evaluate, its local steps included."""
        search = self.search
        if self.shared is not None:
            search.allowed = search.evaluated + self.shared.take(self.settings.population + self.local_search.most)
        return search.remaining

    def _run_batch(self) -> tuple[str, ...]:
        """Evaluate a batch of proposals, let the sampler learn the results, and make local steps.

        Returns:
            A reason to stop, if there is one.
        """
        search, first = self.search, self.search.evaluated
        proposals, points = self._propose(min(self.settings.population, search.remaining))
        if not proposals:
            self._settle()
            return (EXHAUSTED,)
        found = search.evaluate(points)
        is_lost = np.isinf(found.violations).any(axis=1) & ~found.feasible
        known = np.flatnonzero(~is_lost)  # from a quantity that is not a number the sampler learns nothing
        trials = self._trials(found.select(known), [proposals[i] for i in known])
        steps = self.local_search.step(found if self.elite is None else self.elite.merge(found), found)
        if len(steps):
            feasible = steps.select(np.flatnonzero(steps.feasible))
            best = feasible.select(survivors(feasible, len(proposals) // 2))
            generation = self.memory.attrs_of_generation(proposals[-1].attrs)
            trials += self._trials(
                best, [Proposal(params, generation) for params in self.converter.params(best.points)]
            )
            found = found.merge(steps)
        self._settle()
        self._finish_batch(found, trials, first)
        return ()

    def _propose(self, count: int) -> tuple[list[Proposal], Array]:
        """Return new proposals, and their points."""
        found: list[Proposal] = []
        points: list[Array] = []
        own: set[bytes] = set()

        def add(proposals: Sequence[Proposal]) -> None:
            for proposal, point in zip(proposals, self.converter.points([p.params for p in proposals]), strict=True):
                if (key := fingerprint(point)) not in self.seen and key not in own:
                    own.add(key)
                    found.append(proposal)
                    points.append(point)

        if not self.batch and (start := self.search.problem.start) is not None:
            params = self.converter.params(self.search.cube.points(as_columns(start)))
            add([Proposal(params[0], self.memory.first_attrs())])
        if not self.memory.is_slow:
            if len(found) < count:
                add(self.memory.propose(count - len(found), self._entropy(), self.seen))
        else:
            for tries in range(MAX_TRIES):
                if len(found) == count:
                    break
                add(self._propose_in_parts(count - len(found), tries))
        return found, np.array(points).reshape(len(points), len(self.converter.space))

    def _propose_in_parts(self, count: int, tries: int) -> list[Proposal]:
        """Return proposals of several samplers, each with a part of the batch: as many whatever the workers."""
        parts = [min(PART, count - start) for start in range(0, count, PART)]
        entropies = [self._entropy(tries, part) for part in range(len(parts))]
        if self.workers is None or len(parts) == 1:
            found = [self.memory.propose(*part, ()) for part in zip(parts, entropies, strict=True)]
        else:
            text, seed = self.memory.dump(), self.memory.seed
            tasks = [(text, self.settings, seed, *part) for part in zip(parts, entropies, strict=True)]
            found = side_by_side(self.workers, _propose_there, tasks)
        return [proposal for part in found for proposal in part]

    def _entropy(self, *more: int) -> list[int] | None:
        """What seeds the sampler of a batch; nothing for a shared study."""
        return None if self.shared is not None else [self.context.seed, self.batch, *more]

    def _trials(self, found: Evaluations, proposals: Sequence[Proposal]) -> list[FrozenTrial]:
        """Return finished trials of evaluated designs."""
        scored = replace(found, scores=self._sampler_scores(found))
        attrs, params = [p.attrs for p in proposals], [p.params for p in proposals]
        return self.converter.finished_trials(**vars(scored), attrs=attrs, params=params)

    def _unproposed(self, found: Evaluations, attrs: Mapping[str, Any]) -> list[FrozenTrial]:
        """Return finished trials of evaluated designs that no sampler proposed."""
        return self._trials(found, [Proposal(params, dict(attrs)) for params in self.converter.params(found.points)])

    def _sampler_scores(self, found: Evaluations) -> Array:
        """Return the scores that the sampler gets; (designs, objectives).

        CMA-ES ignores constraints and uses only the order of the values, so that an infeasible design gets a value
        below that of every feasible one.
        """
        if self.settings.sampler != "cmaes":
            return found.scores
        worst = self.search.convergence.reference  # of feasible designs
        penalized: Array = np.where(found.feasible[:, None], found.scores, worst - found.total_violation[:, None])
        return penalized

    def _warm_start(self, folder: str) -> None:
        """Start from the designs of a former run: all of them count for the answer, the sampler gets the best."""
        search = self.search
        points = warm_start_points(search.problem, folder, search.context.former[folder])
        found = search.evaluate(np.unique(points, axis=0))
        search.free += len(found)
        best = found.select(survivors(found, self.settings.population))
        self._finish_batch(found, self._unproposed(best, self.memory.first_attrs()), 0)

    def _settle(self) -> None:
        """Give back what the batch took and did not use."""
        if self.shared is not None and self.search.allowed is not None:
            self.shared.give_back(self.search.remaining)
            self.search.allowed = self.search.evaluated

    def _missing(self) -> tuple[str, ...]:
        """Say how many evaluations of a shared budget have no result yet."""
        if self.shared is None:
            return ()
        missing = self.search.budget - max(self.search.evaluated, self.shared.stored)
        return (f"{missing:,} {NOT_STORED}",) if missing > 0 else ()

    def _exchange(self, shared: SharedStudy, own: Sequence[FrozenTrial]) -> None:
        """Send trials to the shared study, and learn those of other processes or of a former run."""
        trials = shared.exchange(own)
        with storage_errors(shared.url):
            points = self.converter.points([t.params for t in trials])
        foreign = [i for i, point in enumerate(points) if fingerprint(point) not in self.seen]
        self.search.elsewhere = self.search.budget - shared.left - shared.taken
        if foreign:
            self.seen |= {fingerprint(points[i]) for i in foreign}
            self.memory.add([trials[i] for i in foreign])
            found = self.search.evaluate(points[foreign])
            self.search.free += len(found)
            self.search.finish_batch(found)
            self._update_elite(found)

    def _update_elite(self, found: Evaluations) -> None:
        elite = found if self.elite is None else self.elite.merge(found)
        self.elite = elite.select(survivors(elite, self.settings.population))

    def _finish_batch(self, found: Evaluations, trials: Sequence[FrozenTrial], first: int) -> None:
        """Record a batch, whose designs are numbered from ``first``, and its trials: it survives a crash then."""
        self.memory.add(trials)
        self.seen |= {fingerprint(point) for point in found.points}
        self.search.finish_batch(found)
        self._update_elite(found)
        self.batch += 1
        if self.shared is not None:
            self._exchange(self.shared, trials)
        elif self.context.checkpoint.is_long:
            seen = np.frombuffer(b"".join(sorted(self.seen))).reshape(len(self.seen), -1)
            self.context.checkpoint.rewrite(**self._state(0), seen=seen, trials=self.memory.dump())
        else:
            trials_text = self.memory.dump(self._stored)
            self.context.checkpoint.append(**self._state(first), seen=found.points, trials=trials_text)
        self._forget()

    def _state(self, since: int) -> dict[str, object]:
        """Return arrays for a checkpoint entry, of designs from number ``since`` on."""
        assert self.elite is not None
        return {
            "batch": self.batch,
            **self.search.state(since),
            **self.local_search.state(since),
            **vars(self.elite),
        }

    def _restore(self, entry: Mapping[str, NDArray[Any]]) -> None:
        """Set the state to that of a checkpoint entry; earlier entries must have been restored before."""
        self.search.restore(entry)
        self.local_search.restore(entry)
        self.seen |= {fingerprint(point) for point in entry["seen"]}
        self.elite = Evaluations.from_arrays(entry)
        self.memory.load(str(entry["trials"]))
        self.batch = int(entry["batch"])
        self._forget()

    def _forget(self) -> None:
        self.memory.forget()
        self._stored = len(self.memory.trials())


#: The memory of this worker process, and the text that it was loaded from.
_memory: list[tuple[str, SamplerMemory]] = []


def _propose_there(
    text: str, settings: OptunaSettings, seed: int, count: int, entropy: list[int] | None
) -> list[Proposal]:
    """Propose a part of a batch in a worker, which has the problem alone."""
    with quiet_optuna():
        if not _memory or _memory[0][0] != text:
            memory = SamplerMemory(TrialConverter(problem_here()), settings, seed)
            memory.load(text)
            _memory[:] = [(text, memory)]
        return _memory[0][1].propose(count, entropy, ())
