"""Random studies over all architectures: proofs of several solvers beside differential evolution with the numpy model.

By hand: ``python tests/fuzz/agreement.py --studies 200 --solvers highs scip``. A study counts as wrong if a feasible
design lies beyond a bound, a solver claims infeasibility where a design is known, one solver's design lies beyond
another one's bound, or a proof is far below what the search finds. A proof that is not reached in time is counted.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from brute_force import OBJECTIVES, searched

from sunfront import engines
from sunfront.engines.context import Context
from sunfront.errors import NonlinearEquation, SunfrontError
from sunfront.problem.verification import confirm, verified
from sunfront.study.study import Study

#: For each architecture, ranges of its hardware: lowest and highest value of either end.
RANGES = {
    "starlink_bus": {"node_array_area": (50, 3000), "node_radiator_area": (10, 800)},
    "cluster": {"node_array_area": (50, 3000), "node_radiator_area": (10, 800)},
    "gpu_on_panel": {"node_array_area": (10, 500)},
    "lunar_pole": {"node_array_area": (50, 3000), "node_radiator_area": (10, 800)},
    "mars_surface": {"node_array_area": (50, 3000), "node_radiator_area": (10, 800)},
    "terrestrial": {},
}

#: Relative; what solvers and numpy may differ by.
ROUNDING = 1e-6

#: In the message of a solver that has no design yet.
OUT_OF_TIME = "passed before a design was found"


def random_study(folder: Path, seed: int, solver: str) -> Study:
    """A study with random ranges, objectives and limits."""
    rng = random.Random(seed)
    architecture = list(RANGES)[seed % len(RANGES)]
    count = "nodes_per_site" if architecture == "terrestrial" else "nodes_per_launch"
    variables = [
        f"node_accelerators: {{low: {rng.randint(1, 40)}, high: {rng.randint(50, 400)}, integer: true}}",
        f"{count}: {{low: 1, high: {rng.randint(2, 40)}, integer: true}}",
    ]
    for name, (low, high) in RANGES[architecture].items():
        middle = (low * high) ** 0.5
        ends = rng.uniform(low, middle), rng.uniform(middle, high)
        variables.append(f"{name}: {{low: {ends[0]:.4g} m^2, high: {ends[1]:.4g} m^2}}")
    if architecture in ("starlink_bus", "cluster", "gpu_on_panel"):
        shells = sorted(rng.sample(range(400, 720, 10), 3))
        variables.append(f"altitude: {{choices: {shells}, unit: km}}")
    objectives = rng.choice(OBJECTIVES)
    limits = [f"it_power >= {rng.uniform(0.05, 1):.3g} MW"] if "capex" in objectives else []
    if architecture in ("starlink_bus", "cluster", "lunar_pole") and rng.random() < 0.4:
        limits.append(f"node_mass <= {rng.randint(1000, 20000)} kg")
    text = f"architecture: {architecture}\nvariables:\n  " + "\n  ".join(variables)
    text += f"\nobjectives: [{objectives}]\nconstraints: [{', '.join(limits)}]\n"
    gap = 2 if "," in objectives else 0.1
    text += f"engine: {{name: pyomo, solver: {solver}, gap: {gap} %}}\n"
    path = folder / f"agreement_{seed}.yaml"
    path.write_text(text, "utf-8")
    return Study.load(path)


def beyond(certificate, scores: np.ndarray) -> bool:
    """Whether one of some scores lies beyond a bound."""
    tops = [certificate.facts[0].bound, *certificate.ceilings]
    if any((scores[:, i] > top + ROUNDING * abs(top)).any() for i, top in enumerate(tops)):
        return True
    for floors, bound in certificate.facts:
        least = [floor + ROUNDING * abs(floor) if floor > -np.inf else floor for floor in floors]
        above = (scores[:, 1:] >= np.array(least)).all(axis=1)
        allowed = bound + ROUNDING * abs(bound) if bound > -np.inf else bound
        if (scores[above, 0] > allowed).any():
            return True
    return False


def wanting(certificate, best: list[float]) -> list[float]:
    """How far bounds lie above the best score of a search, relative: a bound that is wrong by more is found."""
    tops = [certificate.facts[0].bound, *certificate.ceilings]
    return [(top - score) / abs(top) for top, score in zip(tops, best, strict=True) if top]


@dataclass
class Tally:
    """What came of all studies."""

    counts: Counter[str] = field(default_factory=Counter)
    distances: list[float] = field(default_factory=list)
    faults: int = 0

    def attempt(self, folder: Path, seed: int, solvers: list[str], generations: int, time_limit: float) -> None:
        """Solve one study by every solver and by search; print what it is, and what is wrong."""
        wrong, answers, problem = [], {}, random_study(folder, seed, "highs").problem
        statuses, start = [], time.process_time()
        for solver in solvers:
            study = random_study(folder, seed, solver)
            try:
                answer = engines.run(
                    study.problem, study.engine.model_copy(update={"time_limit": time_limit}), Context()
                )
                scores = np.empty((0, len(problem.objectives)))
                if answer.status != "infeasible":
                    columns = verified(study.problem, answer)
                    scores = study.problem.scores(columns)
                    if answer.certificate is not None:
                        confirm(study.problem, columns, answer.certificate)
            except NonlinearEquation:
                statuses.append(f"{solver} does not take it")
                continue
            except SunfrontError as error:
                if OUT_OF_TIME in str(error):
                    statuses.append(f"{solver} has no answer")
                else:
                    wrong.append(f"{solver}: {type(error).__name__}: {error}")
                continue
            answers[solver] = answer, scores
            statuses.append(f"{solver} {answer.status}")
        found = [searched(problem, index, seed, generations) for index in range(len(problem.objectives))]
        known = np.concatenate([designs for _, designs in found])
        for solver, (answer, scores) in answers.items():
            others = np.concatenate([known, *(own for other, (_, own) in answers.items() if other != solver)])
            if answer.status == "infeasible" and len(others):
                wrong.append(f"{solver} claims that no design is feasible; {len(others)} are known")
            if answer.certificate is not None and beyond(answer.certificate, others):
                wrong.append(f"{solver}: a design lies beyond a bound")
            if answer.status == "proved":
                self.distances += wanting(answer.certificate, [best for best, _ in found])
                for index, (best, _) in enumerate(found):
                    if best > scores[:, index].max() + 0.021 * abs(best):
                        wrong.append(
                            f"{solver}: {problem.objectives[index]} is {best}, the proof {scores[:, index].max()}"
                        )
        self.counts.update(statuses)
        self.faults += bool(wrong)
        objectives = ", ".join(str(objective) for objective in problem.objectives)
        print(f"seed {seed}: {objectives}: {', '.join(statuses)}, {time.process_time() - start:.1f} CPU s", flush=True)
        for line in wrong:
            print(f"seed {seed}: WRONG: {line}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--solvers", nargs="+", default=["highs", "scip"])
    parser.add_argument("--generations", type=int, default=300)
    parser.add_argument("--time-limit", type=float, default=120.0, help="seconds for each solver and study")
    options = parser.parse_args()
    tally = Tally()
    with tempfile.TemporaryDirectory() as place:
        for seed in range(options.seed, options.seed + options.studies):
            tally.attempt(Path(place), seed, options.solvers, options.generations, options.time_limit)
    print(*(f"{what}: {count}" for what, count in tally.counts.most_common()), sep="\n")
    for share in (1e-4, 1e-3, 1e-2, 3e-2):
        found = sum(distance < share for distance in tally.distances)
        print(f"bounds too low by {share:.2%} that would be found: {found} of {len(tally.distances)}")
    print(f"{options.studies} studies, {tally.faults} wrong")
    raise SystemExit(bool(tally.faults))


if __name__ == "__main__":
    main()
