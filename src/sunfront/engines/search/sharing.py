"""A search that several processes share through an Optuna storage: its trials, and its budget."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Sequence

import optuna
from optuna.trial import FrozenTrial, TrialState

from sunfront.engines.search.storage import open_storage, storage_errors
from sunfront.engines.search.trials import TrialConverter

#: Start of the user attributes of the study that say how many evaluations each process has taken from the budget.
TAKEN = "evaluations of process "

#: After the number of evaluations that others have taken.
NOT_STORED = "evaluations of the budget are not in the storage: other processes took them, and still run or were killed"


class SharedStudy:
    """The study in a storage.

    A process takes evaluations from the budget before it makes them, so that all together never make more. What a
    killed process had taken for its batch stays taken.

    Attributes:
        left: Evaluations that nobody had taken when it was last looked at.

    Raises:
        UserError: The storage cannot be opened.
        StorageFailure: It cannot be read or written; also of the methods.
    """

    def __init__(self, url: str, name: str, converter: TrialConverter, budget: int) -> None:
        self.url, self.budget = url, budget
        self.taken = 0
        self._key = f"{TAKEN}{uuid.uuid4().hex[:12]}"
        self._known: set[int] = set()
        storage = open_storage(url)
        with storage_errors(url):
            self.study = optuna.create_study(
                storage=storage, study_name=name, load_if_exists=True, directions=converter.directions
            )
            self.study.set_metric_names(converter.metrics)
        self.left = budget

    @property
    def stored(self) -> int:
        """Number of trials in the storage when it was last looked at."""
        return len(self._known)

    def exchange(self, own: Sequence[FrozenTrial]) -> list[FrozenTrial]:
        """Send trials, and return those of other processes or of a former run that are new, and what was sent."""
        with storage_errors(self.url):
            self.study.add_trials(own)
            finished = self.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        new = [t for t in finished if t.number not in self._known]
        self._known |= {t.number for t in new}
        return new

    def take(self, count: int) -> int:
        """Take up to ``count`` evaluations from the budget; return how many."""
        with storage_errors(self.url):
            while (wanted := min(count, self._left())) > 0:
                self._set(self.taken + wanted)
                # What others took at the same time is seen by the last of them at least.
                got = wanted + min(self._left(), 0)
                if got > 0:
                    self._set(self.taken + got)
                    self.taken += got
                    return got
                self._set(self.taken)
                time.sleep(random.uniform(0.02, 0.2))
        return 0

    def give_back(self, count: int) -> None:
        """Give evaluations back that were taken and not made."""
        self.taken -= count
        with storage_errors(self.url):
            self._set(self.taken)

    def _set(self, taken: int) -> None:
        self.study.set_user_attr(self._key, taken)

    def _left(self) -> int:
        """The part of the budget that nobody has taken; below zero if several took the same."""
        taken = sum(int(n) for key, n in self.study.user_attrs.items() if key.startswith(TAKEN))
        # Trials of other programs count too.
        self.left = self.budget - max(taken, self.stored)
        return self.left
