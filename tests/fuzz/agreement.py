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
from collections import Counter
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
    text += f"engine: {{name: pyomo, solver: {solver}, gap: 2 %, time_limit: 120 s}}\n"
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


def attempt(folder: Path, seed: int, solvers: list[str], generations: int) -> tuple[str, list[str]]:
    """Solve one study by every solver and by search; return what it is, and what is wrong."""
    wrong, answers, problem = [], {}, random_study(folder, seed, "highs").problem
    for solver in solvers:
        study = random_study(folder, seed, solver)
        try:
            answer = engines.run(study.problem, study.engine, Context())
        except NonlinearEquation:
            continue
        if answer.status != "infeasible":
            columns = verified(study.problem, answer)
            if answer.certificate is not None:
                confirm(study.problem, columns, answer.certificate)
            answers[solver] = answer, study.problem.scores(columns)
        else:
            answers[solver] = answer, np.empty((0, len(problem.objectives)))
    found = [searched(problem, index, seed, generations) for index in range(len(problem.objectives))]
    known = np.concatenate([designs for _, designs in found])
    for solver, (answer, scores) in answers.items():
        others = np.concatenate([known, *(own for other, (_, own) in answers.items() if other != solver)])
        if answer.status == "infeasible" and len(others):
            wrong.append(f"{solver} claims that no design is feasible; {len(others)} are known")
        if answer.certificate is not None and beyond(answer.certificate, others):
            wrong.append(f"{solver}: a design lies beyond a bound")
        for index, (best, _) in enumerate(found):
            if answer.status == "proved" and best > scores[:, index].max() + 0.021 * abs(best):
                wrong.append(f"{solver}: {problem.objectives[index]} is {best} by search, {scores[:, index].max()}")
    return ", ".join(sorted({f"{solver} {answer.status}" for solver, (answer, _) in answers.items()})), wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--solvers", nargs="+", default=["highs", "scip"])
    parser.add_argument("--generations", type=int, default=300)
    options = parser.parse_args()
    counts: Counter[str] = Counter()
    faults = 0
    with tempfile.TemporaryDirectory() as place:
        for seed in range(options.seed, options.seed + options.studies):
            try:
                what, wrong = attempt(Path(place), seed, options.solvers, options.generations)
            except SunfrontError as error:
                what, wrong = "error", [f"{type(error).__name__}: {error}"]
            counts[what] += 1
            faults += bool(wrong)
            for line in wrong:
                print(f"seed {seed}: {line}", flush=True)
    print(*(f"{what}: {count}" for what, count in counts.most_common()), sep="\n")
    print(f"{options.studies} studies, {faults} wrong")
    raise SystemExit(bool(faults))


if __name__ == "__main__":
    main()
