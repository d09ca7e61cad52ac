"""Search with an Optuna sampler: Optuna proposes designs in batches, the numpy model evaluates a batch at once."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.samplers import BaseSampler, NSGAIIISampler, NSGAIISampler
from optuna.trial import FrozenTrial, TrialState

from sunfront.arrays import Array
from sunfront.engines.context import Context
from sunfront.engines.search.local_steps import LocalSearch
from sunfront.engines.search.ranking import survivors
from sunfront.engines.search.state import Evaluations, Search
from sunfront.engines.search.storage import StorageFailure, open_storage, storage_errors
from sunfront.engines.search.trials import TrialConverter, quiet_optuna
from sunfront.engines.search.unit_cube import fingerprint
from sunfront.engines.search.warm_start import warm_start_points
from sunfront.engines.settings import OptunaSettings
from sunfront.errors import UserError
from sunfront.problem.answer import Answer, Status
from sunfront.problem.problem import Problem, as_columns

#: Proposals per design wanted, before concluding that the sampler has no new one.
MAX_TRIES = 10

EXHAUSTED = "the sampler proposes only designs that were evaluated before"


def run(problem: Problem, settings: OptunaSettings, context: Context) -> Answer:
    """Run an Optuna sampler; an interrupted run continues from its checkpoint and ends as if never interrupted.

    The study is in memory. Each batch has a sampler of its own, seeded with the number of the batch, so that the
    trials hold all the state. With ``context.storage`` the trials are exchanged once a batch with a study there, on
    which other processes may work too.
    """
    with quiet_optuna(), warnings.catch_warnings():
        # CMA-ES does not see the constraints; it gets penalized values instead.
        warnings.filterwarnings("ignore", message="Constraints have been set, but CmaEsSampler")
        return OptunaSearch(problem, settings, context).answer()


class OptunaSearch:
    """A search whose designs an Optuna sampler proposes.

    Attributes:
        seen: Fingerprints of all designs evaluated or learned.
        batch: Number of the next batch.
        elite: The best designs so far, from whose front local steps start.
        synced: Number of trials that are in the checkpoint or have been exchanged with the storage.
        shared: The study in a storage.
    """

    def __init__(self, problem: Problem, settings: OptunaSettings, context: Context) -> None:
        self.settings, self.context = settings, context
        self.search = Search(problem, settings, settings.evaluations, context)
        self.local_search = LocalSearch(self.search)
        self.converter = TrialConverter(problem)
        self.seen: set[bytes] = set()
        self.batch = 0
        self.elite: Evaluations | None = None
        self.study = optuna.create_study(directions=self.converter.directions)
        self.synced = 0
        self.shared: optuna.Study | None = None
        if context.storage is not None:
            if settings.sampler == "cmaes" and problem.constraints:
                raise UserError(
                    "--storage: sampler cmaes gets penalties in place of values, which cannot be shared; use another "
                    "sampler, or no storage",
                    ("engine", "sampler"),
                )
            storage = open_storage(context.storage)
            with storage_errors(context.storage):
                self.shared = optuna.create_study(
                    storage=storage,
                    study_name=context.name,
                    load_if_exists=True,
                    directions=self.converter.directions,
                )
                self.shared.set_metric_names(self.converter.metrics)

    def answer(self) -> Answer:
        """Search until the budget is spent or a reason to stop arises."""
        search = self.search
        status: Status = "best found"
        for entry in self.context.checkpoint.entries():
            self._restore(entry)
        notes: tuple[str, ...] = ()
        try:
            if self.shared is not None:
                self._exchange(self.shared)
            if not self.batch and self.settings.warm_start is not None:
                self._warm_start(self.settings.warm_start)
            if not self.batch and (start := search.problem.start):
                self.study.enqueue_trial(self.converter.params(search.cube.points(as_columns(start)))[0])
            while search.remaining > 0 and not notes:
                notes = ((reason,) if (reason := search.stop_reason()) else ()) or self._run_batch()
        except KeyboardInterrupt:
            status = "stopped"
        except StorageFailure as error:
            if not search.evaluated:
                raise
            status, notes = "stopped", (str(error),)
        return search.answer(status, notes)

    def _run_batch(self) -> tuple[str, ...]:
        """Evaluate a batch of proposals, pass the results to the sampler, and make local steps.

        Returns:
            A reason to stop, if there is one.
        """
        search, first = self.search, self.search.evaluated
        sampler = self.study.sampler = self._sampler()
        proposals, points = self._propose(min(self.settings.population, search.remaining))
        if not proposals:
            return (EXHAUSTED,)
        found = search.evaluate(points)
        values = self.converter.values(self._sampler_scores(found))
        constraints = self.converter.constraints(found.violations, found.feasible)
        texts = self.converter.design_texts(points)
        is_lost = np.isinf(found.violations).any(axis=1) & ~found.feasible
        for trial, value, violations, text, lost in zip(proposals, values, constraints, texts, is_lost, strict=True):
            if lost:  # a quantity is not a number: the sampler learns nothing from it
                self.study.tell(trial, state=TrialState.FAIL)
                continue
            trial.set_user_attr("design", text)
            for name, violation in violations.items():
                trial.set_constraint(name, violation)
            self.study.tell(trial, value)
        steps = self.local_search.step(found if self.elite is None else self.elite.merge(found), found)
        if len(steps):
            feasible = steps.select(np.flatnonzero(steps.feasible))
            last = self.study.get_trials(deepcopy=False)[proposals[-1].number]
            generation = {k: v for k, v in last.system_attrs.items() if k == _generation_key(sampler)}
            self._add_trials(feasible.select(survivors(feasible, len(proposals) // 2)), generation)
            self.seen |= {fingerprint(point) for point in steps.points}
            found = found.merge(steps)
        self._finish_batch(found, first)
        return ()

    def _propose(self, count: int) -> tuple[list[optuna.Trial], Array]:
        """Return trials with new proposals, and their points; a repeated proposal fails its trial and costs nothing."""
        trials: list[optuna.Trial] = []
        points: list[Array] = []
        for _ in range(MAX_TRIES * count):
            if len(trials) == count:
                break
            trial = self.study.ask(self.converter.space)
            point = self.search.canonical(self.converter.points([trial.params]))[0]
            if fingerprint(point) in self.seen:
                self.study.tell(trial, state=TrialState.FAIL)
                continue
            self.seen.add(fingerprint(point))
            trials.append(trial)
            points.append(point)
        return trials, np.array(points).reshape(len(points), len(self.converter.space))

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

    def _add_trials(self, designs: Evaluations, system_attrs: Mapping[str, Any]) -> None:
        """Add designs that no sampler proposed to the study, as finished trials."""
        designs = replace(designs, scores=self._sampler_scores(designs))
        self.study.add_trials(self.converter.finished_trials(**vars(designs), system_attrs=system_attrs))

    def _warm_start(self, folder: str) -> None:
        """Start from the designs of a former run: all of them count for the answer, the sampler gets the best."""
        search = self.search
        points = warm_start_points(search.problem, folder, search.context.former[folder])
        found = search.evaluate(np.unique(points, axis=0))
        search.free = len(found)
        self.seen |= {fingerprint(point) for point in found.points}
        best = found.select(survivors(found, self.settings.population))
        sampler = self._sampler()
        is_evolutionary = isinstance(sampler, (NSGAIISampler, NSGAIIISampler))
        self._add_trials(best, {_generation_key(sampler): 0} if is_evolutionary else {})
        self._finish_batch(found, 0)

    def _exchange(self, shared: optuna.Study) -> None:
        """Send new trials to the shared study, and learn the trials of other processes or of a former run."""
        trials = self.study.get_trials(deepcopy=False)[self.synced :]
        with storage_errors(str(self.context.storage)):
            shared.add_trials([t for t in trials if t.state == TrialState.COMPLETE])
            finished = shared.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
            points = self.search.canonical(self.converter.points([t.params for t in finished]))
        foreign = [i for i, point in enumerate(points) if fingerprint(point) not in self.seen]
        if foreign:
            self.seen |= {fingerprint(points[i]) for i in foreign}
            self.study.add_trials([finished[i] for i in foreign])
            found = self.search.evaluate(points[foreign])
            self.search.finish_batch(found)
            self._update_elite(found)
        self.synced = len(self.study.get_trials(deepcopy=False))

    def _update_elite(self, found: Evaluations) -> None:
        elite = found if self.elite is None else self.elite.merge(found)
        self.elite = elite.select(survivors(elite, self.settings.population))

    def _finish_batch(self, found: Evaluations, first: int) -> None:
        """Record a batch, whose designs are numbered from ``first``: from here on it survives a crash."""
        trials = self.study.get_trials(deepcopy=False)[self.synced :]
        attrs = self.study._storage.get_study_system_attrs(self.study._study_id)
        self.search.finish_batch(found)
        self._update_elite(found)
        if self.shared is not None:
            self._exchange(self.shared)
            self.batch += 1
            return
        assert self.elite is not None
        self.context.checkpoint.append(
            **self.search.state(first),
            **self.local_search.state(),
            seen=found.points,
            **vars(self.elite),
            trials=json.dumps([[t.state.name, t.params, t.values, t.system_attrs, t.user_attrs] for t in trials]),
            attrs=json.dumps(attrs),
        )
        self.synced += len(trials)
        self.batch += 1

    def _restore(self, entry: Mapping[str, NDArray[Any]]) -> None:
        """Set the state to that of a checkpoint entry."""
        self.search.restore(entry)
        self.local_search.restore(entry)
        self.seen |= {fingerprint(point) for point in entry["seen"]}
        self.elite = Evaluations.from_arrays(entry)
        self.study.add_trials([self._restored_trial(*fields) for fields in json.loads(str(entry["trials"]))])
        for key, value in json.loads(str(entry["attrs"])).items():
            self.study._storage.set_study_system_attr(self.study._study_id, key, value)
        self.synced = len(self.study.get_trials(deepcopy=False))
        self.batch += 1

    def _restored_trial(
        self,
        state: str,
        params: dict[str, Any],
        values: list[float] | None,
        system: dict[str, Any],
        user: dict[str, Any],
    ) -> FrozenTrial:
        return optuna.trial.create_trial(
            state=TrialState[state],
            params=params,
            distributions=self.converter.space,
            values=values,
            system_attrs=system,
            user_attrs=user,
        )

    def _sampler(self) -> BaseSampler:
        """Return the sampler of a batch, seeded with the run's seed and the batch; at random for a shared study."""
        settings, samplers = self.settings, optuna.samplers
        entropy = None if self.shared is not None else [self.context.seed, self.batch]
        seed = int(np.random.SeedSequence(entropy).generate_state(1)[0])
        match settings.sampler:
            case "nsga2" | "nsga3":
                kind = NSGAIISampler if settings.sampler == "nsga2" else NSGAIIISampler
                return kind(
                    population_size=settings.population,
                    crossover=samplers.nsgaii.SBXCrossover(),
                    mutation=samplers.nsgaii.PolynomialMutation(),
                    seed=seed,
                )
            case "tpe":
                return samplers.TPESampler(multivariate=True, constant_liar=True, seed=seed)
            case "gp":
                return samplers.GPSampler(deterministic_objective=True, seed=seed)
            case "cmaes":
                return samplers.CmaEsSampler(seed=seed, popsize=max(settings.population, 4))
            case "random":
                return samplers.RandomSampler(seed=seed)
            case "qmc":  # one sequence for all batches, whose position the study holds
                run_seed = self.context.seed
                if run_seed >= 1 << 32:  # scipy's generator of these points takes no more
                    run_seed = int(np.random.SeedSequence(run_seed).generate_state(1)[0])
                return samplers.QMCSampler(scramble=True, seed=run_seed, warn_independent_sampling=False)


def _generation_key(sampler: BaseSampler) -> str:
    """Return the system attribute in which an evolutionary sampler stores the generation of a trial."""
    return f"{type(sampler).__name__}:generation"
