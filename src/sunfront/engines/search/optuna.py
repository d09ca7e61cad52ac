"""Search with an Optuna sampler. Optuna proposes, batch by batch; the numpy model evaluates a batch at once."""

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
from sunfront.engines.search.local_steps import Refining
from sunfront.engines.search.ranking import survivors
from sunfront.engines.search.state import Batch, Search
from sunfront.engines.search.trials import Trials, storage
from sunfront.engines.search.unit_cube import fingerprint
from sunfront.engines.search.warm_start import warm_genes
from sunfront.engines.settings import OptunaSettings
from sunfront.errors import UserError
from sunfront.problem.answer import Answer, Status
from sunfront.problem.problem import Problem

#: Proposals for each design wanted, before a sampler is taken to know no new one.
PATIENCE = 10

EXHAUSTED = "the sampler proposes only designs that were evaluated before"


def run(problem: Problem, settings: OptunaSettings, context: Context) -> Answer:
    """Run the trials; a run that was interrupted is continued from its log, and ends as it would have without.

    The study is an adviser in memory: each batch has a sampler of its own, seeded by the number of the batch, so that
    all state is in the trials. With ``context.storage`` it exchanges trials, once a batch, with a study there, on which
    others may work too.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        warnings.filterwarnings("ignore", message="Constraints have been set, but CmaEsSampler")  # it is told penalties
        return _Run(problem, settings, context).answer()


class _Run:
    def __init__(self, problem: Problem, settings: OptunaSettings, context: Context) -> None:
        self.settings, self.context = settings, context
        self.search = Search(problem, settings, settings.evaluations, context)
        self.refining = Refining(self.search)
        self.trials = Trials(problem)
        self.seen: set[bytes] = set()
        self.batch = 0
        self.elite: Batch | None = None  # the best so far, whose front is refined
        self.study = optuna.create_study(directions=self.trials.directions)
        self.known = 0  # trials that are logged, or exchanged
        self.shared: optuna.Study | None = None
        if context.storage is not None:
            if settings.sampler == "cmaes" and problem.constraints:
                raise UserError("--storage: cmaes is told penalties in place of values, which are not to be shared")
            self.shared = optuna.create_study(
                storage=storage(context.storage),
                study_name=context.name,
                load_if_exists=True,
                directions=self.trials.directions,
            )
            self.shared.set_metric_names(self.trials.metrics)

    def answer(self) -> Answer:
        search, status = self.search, "best found"
        for record in self.context.checkpoint.entries():
            self._restore(record)
        notes: tuple[str, ...] = ()
        try:
            if self.shared is not None:
                self._exchange(self.shared)
            if not self.batch and self.settings.warm_start is not None:
                self._warm(self.settings.warm_start)
            while search.left > 0 and not notes:
                notes = ((reason,) if (reason := search.stopped()) else ()) or self._batch()
        except KeyboardInterrupt:
            status = "stopped"
        kind: Status = "stopped" if status == "stopped" else "best found"
        return search.answer(kind, notes)

    def _batch(self) -> tuple[str, ...]:
        """Ask for a batch, evaluate it, tell it, and refine; a reason to stop if there is one."""
        search, born = self.search, self.search.evaluated
        sampler = self.study.sampler = self._sampler()
        asked, genes = self._asked(min(self.settings.population, search.left))
        if not asked:
            return (EXHAUSTED,)
        found = search.evaluate(genes)
        values = self.trials.values(self._told(found))
        constraints = self.trials.constraints(found.violations, found.met)
        shown = self.trials.shown(genes)
        for trial, value, limits, design in zip(asked, values, constraints, shown, strict=True):
            trial.set_user_attr("design", design)
            for name, violation in limits.items():
                trial.set_constraint(name, violation)
            self.study.tell(trial, value)
        local = self.refining.steps(found if self.elite is None else self.elite.joined(found), found)
        if len(local):
            met = local.at(np.flatnonzero(local.met))
            last = self.study.get_trials(deepcopy=False)[asked[-1].number]
            generation = {k: v for k, v in last.system_attrs.items() if k == _generation(sampler)}
            self._teach(met.at(survivors(met, len(asked) // 2)), generation)
            self.seen |= {fingerprint(row) for row in local.genes}
            found = found.joined(local)
        self._end(found, born)
        return ()

    def _asked(self, count: int) -> tuple[list[optuna.Trial], Array]:
        """New proposals, and their genes; what was evaluated before is told to have failed, and costs nothing."""
        fresh: list[optuna.Trial] = []
        rows: list[Array] = []
        for _ in range(PATIENCE * count):
            if len(fresh) == count:
                break
            trial = self.study.ask(self.trials.space)
            gene = self.trials.genes([trial.params])[0]
            if fingerprint(gene) in self.seen:
                self.study.tell(trial, state=TrialState.FAIL)
                continue
            self.seen.add(fingerprint(gene))
            fresh.append(trial)
            rows.append(gene)
        return fresh, np.array(rows).reshape(len(rows), len(self.trials.space))

    def _told(self, found: Batch) -> Array:
        """Scores as the sampler is told them.

        CMA-ES knows no constraints, and goes by ranks: what misses a limit is told as worse than what misses none.
        """
        if self.settings.sampler != "cmaes":
            return found.scores
        worst = self.search.convergence.reference  # of designs that meet every constraint
        penalized: Array = np.where(found.met[:, None], found.scores, worst - found.missed[:, None])
        return penalized

    def _teach(self, batch: Batch, system: Mapping[str, Any]) -> None:
        """Add finished trials that no sampler asked for."""
        batch = replace(batch, scores=self._told(batch))
        self.study.add_trials(self.trials.frozen(**vars(batch), system=system))

    def _warm(self, folder: str) -> None:
        """Begin with the designs of a former run: all count for the answer, the best are told to the sampler."""
        search = self.search
        found = search.evaluate(np.unique(warm_genes(search.problem, folder, search.context.former[folder]), axis=0))
        search.free = len(found)
        self.seen |= {fingerprint(row) for row in found.genes}
        best = found.at(survivors(found, self.settings.population))
        sampler = self._sampler()
        self._teach(best, {_generation(sampler): 0} if isinstance(sampler, (NSGAIISampler, NSGAIIISampler)) else {})
        self._end(found, 0)

    def _exchange(self, shared: optuna.Study) -> None:
        """Tell a shared study what was found since the last time, and learn what others, or a former run, found."""
        trials = self.study.get_trials(deepcopy=False)[self.known :]
        shared.add_trials([t for t in trials if t.state == TrialState.COMPLETE])
        finished = shared.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        genes = self.trials.genes([t.params for t in finished])
        foreign = [i for i, row in enumerate(genes) if fingerprint(row) not in self.seen]
        if foreign:
            self.seen |= {fingerprint(genes[i]) for i in foreign}
            self.study.add_trials([finished[i] for i in foreign])
            found = self.search.evaluate(genes[foreign])
            self.search.told(found.scores[found.met])
            self._elect(found)
        self.known = len(self.study.get_trials(deepcopy=False))

    def _elect(self, found: Batch) -> None:
        elite = found if self.elite is None else self.elite.joined(found)
        self.elite = elite.at(survivors(elite, self.settings.population))

    def _end(self, found: Batch, born: int) -> None:
        """The batch is done: from here on it survives a crash."""
        trials = self.study.get_trials(deepcopy=False)[self.known :]
        attrs = self.study._storage.get_study_system_attrs(self.study._study_id)
        self.search.told(found.scores[found.met])
        self._elect(found)
        if self.shared is not None:
            self._exchange(self.shared)
            self.batch += 1
            return
        assert self.elite is not None
        self.context.checkpoint.append(
            **self.search.state(born),
            **self.refining.state(),
            asked=found.genes,
            **vars(self.elite),
            trials=json.dumps([[t.state.name, t.params, t.values, t.system_attrs, t.user_attrs] for t in trials]),
            attrs=json.dumps(attrs),
        )
        self.known += len(trials)
        self.batch += 1

    def _restore(self, record: Mapping[str, NDArray[Any]]) -> None:
        self.search.restore(record)
        self.refining.restore(record)
        self.seen |= {fingerprint(row) for row in record["asked"]}
        self.elite = Batch.from_arrays(record)
        self.study.add_trials([self._frozen(*fields) for fields in json.loads(str(record["trials"]))])
        for key, value in json.loads(str(record["attrs"])).items():
            self.study._storage.set_study_system_attr(self.study._study_id, key, value)
        self.known = len(self.study.get_trials(deepcopy=False))
        self.batch += 1

    def _frozen(
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
            distributions=self.trials.space,
            values=values,
            system_attrs=system,
            user_attrs=user,
        )

    def _sampler(self) -> BaseSampler:
        """The sampler of a batch. Its randomness follows from the seed and the batch; a shared study's from neither."""
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
            case "qmc":  # one sequence for all batches: its position is kept with the study
                return samplers.QMCSampler(scramble=True, seed=self.context.seed, warn_independent_sampling=False)


def _generation(sampler: BaseSampler) -> str:
    """The attribute under which an evolutionary sampler keeps a trial's generation."""
    return f"{type(sampler).__name__}:generation"
