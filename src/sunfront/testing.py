"""Tests for what others add: the contract of an engine. Subclass it in a test file and name the engine.

>>> class TestMyEngine(EngineContract):
...     engine = {"name": "my_engine", "evaluations": 1000}

pytest then runs every ``test_`` method. The module itself does not import pytest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, ClassVar

import numpy as np

from sunfront import engines
from sunfront.arrays import Array
from sunfront.engines.context import Context, silent
from sunfront.problem.answer import Answer
from sunfront.problem.verification import verified
from sunfront.study.study import Study

#: Variables of the study that the contract asks: small enough to enumerate.
VARIABLES: Mapping[str, Mapping[str, Any]] = {
    "node_array_area": {"low": "600 m^2", "high": "1300 m^2"},
    "node_accelerators": {"low": 84, "high": 104, "integer": True},
    "node_radiator_area": {"low": "100 m^2", "high": "300 m^2"},
    "nodes_per_launch": {"low": 10, "high": 15, "integer": True},
    "altitude": {"choices": ["500 km", "560 km", "620 km", "800 km"]},
    "launch_cadence": {"choices": ["12 1/year", "104 1/year"]},
}

BOTH = ("maximize roi", "maximize fleet_it_power")


class EngineContract:
    """What every engine fulfills. A subclass sets ``engine``.

    Attributes:
        engine: Name and settings, as in a study. The settings must suffice to find feasible designs of the study with
            VARIABLES.
    """

    engine: ClassVar[Mapping[str, Any]]

    @classmethod
    def study(cls, *objectives: str, constraints: tuple[str, ...] = ()) -> Study:
        """Return the study that is asked, with some objectives and further constraints."""
        return Study(
            architecture="starlink_bus",
            presets=("claimed_2026",),  # the masses with which the variables fit a launch
            variables=VARIABLES,
            objectives=objectives,
            constraints=("node_mass <= 6000 kg", *constraints),
            engine=dict(cls.engine),
        )

    @staticmethod
    def solve(study: Study, seed: int = 0, progress: Callable[[float, float, str], None] = silent) -> Answer:
        """Run the engine of a study."""
        return engines.run(study.problem, study.engine, Context(seed, 1, progress))

    @classmethod
    @cache
    def answered(cls) -> tuple[Study, Answer, list[float]]:
        """The study with two objectives, its answer, and the shares of progress reported meanwhile; computed once."""
        shares: list[float] = []
        study = cls.study(*BOTH)
        return study, cls.solve(study, 3, lambda done, total, text: shares.append(done / total)), shares

    def test_the_same_seed_gives_the_same_designs(self) -> None:
        study, first, _ = self.answered()
        again = self.solve(study, 3)
        assert first.status == again.status
        for name in first.designs:
            np.testing.assert_array_equal(first.designs[name], again.designs[name])

    def test_designs_are_within_bounds_on_grids_and_feasible(self) -> None:
        study, answer, _ = self.answered()
        assert answer.status in ("proved", "best found")
        assert len(answer.designs["altitude"]) > 0
        verified(study.problem, answer)  # raises unless numpy confirms objectives and constraints
        for v in study.problem.variables:
            column = answer.designs[v.name]
            assert column.min() >= v.low
            assert column.max() <= v.high
            if not v.is_continuous:
                assert np.array_equal(column, v.snap(column))

    def test_progress_is_reported(self) -> None:
        _, _, shares = self.answered()
        assert shares
        assert max(shares) <= 1 + 1e-9

    def test_one_objective(self) -> None:
        study = self.study("minimize compute_cost")
        answer = self.solve(study)
        assert answer.status in ("proved", "best found")
        verified(study.problem, answer)

    def test_an_infeasible_problem_has_no_designs(self) -> None:
        answer = self.solve(self.study(*BOTH, constraints=("npv >= 1e12 USD",)))
        assert answer.status in ("infeasible", "none found")
        assert all(len(column) == 0 for column in answer.designs.values())

    def test_a_claim_of_a_proof_holds(self) -> None:
        """Where the answer says ``proved``, none of 20 000 random designs is better than the bound."""
        study = self.study("minimize compute_cost")
        answer = self.solve(study)
        if answer.status != "proved":
            return
        assert answer.certificate is not None
        scores = feasible_scores(study, 20_000)
        assert len(scores) > 100
        bound = max(fact.bound for fact in answer.certificate.facts)
        assert scores.max() <= bound + 1e-9 * abs(bound)

    def test_an_interrupted_run_keeps_what_it_has(self) -> None:
        """Ctrl-C at the second report of progress: the answer says ``stopped``, or the interrupt comes through."""
        calls: list[float] = []

        def interrupt(done: float, total: float, text: str) -> None:
            calls.append(done)
            if len(calls) == 2:
                raise KeyboardInterrupt

        study, _, _ = self.answered()
        try:
            answer = self.solve(study, progress=interrupt)
        except KeyboardInterrupt:
            return
        if len(calls) >= 2:
            assert answer.status == "stopped"
        verified(study.problem, answer)


def feasible_scores(study: Study, count: int) -> Array:
    """Scores of the feasible ones of random designs of a study, more is better; array (designs, objectives)."""
    problem = study.problem
    designs = problem.random_designs(count)
    quantities = problem.evaluate(designs)
    return problem.scores(quantities)[problem.feasible(quantities)]
