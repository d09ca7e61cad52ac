"""The trials that a sampler learns from: an Optuna study in memory that stays short, however long the search."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.samplers import BaseSampler, NSGAIIISampler, NSGAIISampler
from optuna.trial import FrozenTrial, TrialState

from sunfront.engines.search.ranking import survivors
from sunfront.engines.search.state import Evaluations
from sunfront.engines.search.trials import TrialConverter
from sunfront.engines.search.unit_cube import fingerprint
from sunfront.engines.settings import OptunaSettings

#: Samplers that weigh every trial, so that a proposal takes them long.
SLOW = ("tpe", "gp")

#: Latest trials that a slow sampler learns from at least, and as many of the best.
LEARNED = 500

#: Asks per design wanted, before concluding that the sampler has no new one.
MAX_TRIES = 10


@dataclass(frozen=True)
class Proposal:
    """A design that a sampler proposes.

    Attributes:
        params: Parameters of its trial.
        attrs: What the sampler notes with the trial.
    """

    params: dict[str, Any]
    attrs: dict[str, Any]


class SamplerMemory:
    """A study in memory, and what a sampler proposes from it.

    A sampler reads all trials for each proposal. When there are twice as many finished ones as it needs, the others are
    forgotten: the latest are kept, for a slow sampler the best too, for a genetic one the generation and its parents.
    """

    def __init__(self, converter: TrialConverter, settings: OptunaSettings, seed: int) -> None:
        self.converter, self.settings, self.seed = converter, settings, seed
        self.study = optuna.create_study(directions=converter.directions)
        # Genetic samplers and CMA-ES learn from two generations; each is a batch, or little more, and local steps.
        self.kept = max(LEARNED, settings.population) if settings.sampler in SLOW else 4 * settings.population
        self._finished = 0

    def propose(self, count: int, entropy: Sequence[int] | None, known: Collection[bytes]) -> list[Proposal]:
        """Return up to ``count`` designs. The study has failed trials of them: the finished ones are added later.

        Args:
            entropy: Seeds the sampler; it is random if None.
            known: Fingerprints of designs that are not wanted.
        """
        self.study.sampler = self.sampler(entropy)
        asked: list[optuna.Trial] = []
        own: set[bytes] = set()
        for _ in range(MAX_TRIES * count):
            if len(asked) == count:
                break
            trial = self.study.ask(self.converter.space)
            key = fingerprint(self.converter.points([trial.params])[0])
            if key in known or key in own:
                self.study.tell(trial, state=TrialState.FAIL)
                continue
            own.add(key)
            asked.append(trial)
        noted = self.study._storage
        found = [Proposal(trial.params, noted.get_trial(trial._trial_id).system_attrs) for trial in asked]
        for trial in asked:
            self.study.tell(trial, state=TrialState.FAIL)
        return found

    def add(self, trials: Iterable[FrozenTrial]) -> None:
        """Add finished trials."""
        before = len(self.trials())
        self.study.add_trials(trials)
        self._finished += sum(t.state == TrialState.COMPLETE for t in self.trials()[before:])

    def trials(self) -> list[FrozenTrial]:
        """All trials of the study."""
        found: list[FrozenTrial] = self.study.get_trials(deepcopy=False)
        return found

    def finished(self) -> list[FrozenTrial]:
        """The trials that a sampler learns from."""
        return [t for t in self.trials() if t.state == TrialState.COMPLETE]

    def forget(self) -> bool:
        """Forget trials if there are many; return whether it did."""
        if self._finished <= 2 * self.kept:
            return False
        finished = self.finished()
        parents = self._parents()
        latest = finished[-self.kept].number
        generation = max((self._generation(t) for t in finished), default=-1)
        best = {finished[i].number for i in survivors(self._evaluations(finished), self.kept)} if self.is_slow else {}
        wanted = {t._trial_id for t in finished if t.number >= latest or t.number in best}
        wanted |= {t._trial_id for t in finished if 0 <= generation == self._generation(t)}
        wanted |= {number for numbers in parents.values() for number in numbers}
        trials = [t for t in finished if t._trial_id in wanted]
        attrs = self.attrs()
        self.study = optuna.create_study(directions=self.converter.directions)
        self.study.add_trials(trials)
        self._finished = len(trials)
        new = {old._trial_id: now._trial_id for old, now in zip(trials, self.trials(), strict=True)}
        prefix = self._parent_key()
        kept = {key: value for key, value in attrs.items() if prefix is None or not key.startswith(prefix)}
        self.set_attrs(kept | {key: [new[number] for number in numbers] for key, numbers in parents.items()})
        return True

    @property
    def is_slow(self) -> bool:
        """Whether the sampler weighs every trial for a proposal."""
        return self.settings.sampler in SLOW

    def first_attrs(self) -> dict[str, Any]:
        """What belongs to trials that no sampler proposed before the first batch."""
        kind = self._genetic()
        return {} if kind is None else {kind._get_generation_key(): 0}

    def attrs_of_generation(self, attrs: Mapping[str, Any]) -> dict[str, Any]:
        """Of what a sampler noted with a trial, its generation."""
        kind = self._genetic()
        return {} if kind is None else {k: v for k, v in attrs.items() if k == kind._get_generation_key()}

    def dump(self, since: int = 0) -> str:
        """Write the trials from a number on, and what the samplers note with the study, as text."""
        trials = [
            [t.params, t.values, t.system_attrs, t.user_attrs] if t.state == TrialState.COMPLETE else None
            for t in self.trials()[since:]
        ]
        return json.dumps([trials, self.attrs()])

    def load(self, text: str) -> None:
        """Add what ``dump`` wrote."""
        trials, attrs = json.loads(text)
        self.add(
            optuna.trial.create_trial(state=TrialState.FAIL)
            if fields is None
            else optuna.trial.create_trial(
                state=TrialState.COMPLETE,
                params=fields[0],
                distributions=self.converter.space,
                values=fields[1],
                system_attrs=fields[2],
                user_attrs=fields[3],
            )
            for fields in trials
        )
        self.set_attrs(attrs)

    def attrs(self) -> dict[str, Any]:
        """What the samplers note with the study."""
        found: dict[str, Any] = self.study._storage.get_study_system_attrs(self.study._study_id)
        return found

    def set_attrs(self, attrs: Mapping[str, Any]) -> None:
        """Note it."""
        for key, value in attrs.items():
            self.study._storage.set_study_system_attr(self.study._study_id, key, value)

    def sampler(self, entropy: Sequence[int] | None) -> BaseSampler:
        """Return the sampler that the settings name, seeded; at random if None."""
        settings, samplers = self.settings, optuna.samplers
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
                run_seed = self.seed
                if run_seed >= 1 << 32:  # scipy's generator of these points takes no more
                    run_seed = int(np.random.SeedSequence(run_seed).generate_state(1)[0])
                return samplers.QMCSampler(scramble=True, seed=run_seed, warn_independent_sampling=False)

    def _genetic(self) -> type[NSGAIISampler] | type[NSGAIIISampler] | None:
        return {"nsga2": NSGAIISampler, "nsga3": NSGAIIISampler}.get(self.settings.sampler)

    def _generation(self, trial: FrozenTrial) -> int:
        kind = self._genetic()
        return -1 if kind is None else int(trial.system_attrs.get(kind._get_generation_key(), -1))

    def _parent_key(self) -> str | None:
        kind = self._genetic()
        return None if kind is None else str(kind._get_parent_cache_key_prefix())

    def _parents(self) -> dict[str, list[int]]:
        """Trial ids of the parents of the last generation, by the key under which the sampler keeps them."""
        prefix = self._parent_key()
        if prefix is None:
            return {}
        keys = [key for key in self.attrs() if key.startswith(prefix)]
        last = max(keys, key=lambda key: int(key.removeprefix(prefix)), default=None)
        return {} if last is None else {last: self.attrs()[last]}

    def _evaluations(self, trials: Sequence[FrozenTrial]) -> Evaluations:
        scores = np.array([t.values for t in trials]) * self.converter.signs
        violations = np.array([list(t.constraints.values()) for t in trials]).reshape(len(trials), -1)
        feasible: NDArray[np.bool_] = np.all(violations <= 0, axis=1)
        return Evaluations(np.empty((len(trials), 0)), scores, violations, feasible)
