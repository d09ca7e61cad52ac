"""Studies whose ranges of hardware are far wider than a launch holds: the proof against differential evolution."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from brute_force import OBJECTIVES, searched

from sunfront import engines
from sunfront.engines.context import Context
from sunfront.engines.exact.catalogue import build_catalogue
from sunfront.problem.certificate import measure_gap
from sunfront.problem.verification import confirm, verified
from sunfront.study.study import Study

ARCHITECTURES = ("starlink_bus", "cluster", "gpu_on_panel", "lunar_pole", "mars_surface")

#: Relative; what numpy and HiGHS may differ by.
ROUNDING = 1e-6


def wide_study(folder: Path, seed: int) -> Study:
    """A study with ranges over up to seven decades."""
    rng = random.Random(seed)
    architecture = ARCHITECTURES[seed % len(ARCHITECTURES)]

    def high(low, high):
        return float(f"{10 ** rng.uniform(low, high):.3g}")

    variables = [
        f"node_array_area: {{low: 1 m^2, high: {high(3, 7)} m^2}}",
        f"node_accelerators: {{low: 1, high: {int(high(2, 4.99))}, integer: true}}",
        f"nodes_per_launch: {{low: 1, high: {int(high(2, 4))}, integer: true}}",
    ]
    if architecture != "gpu_on_panel":
        variables.append(f"node_radiator_area: {{low: 1 m^2, high: {high(3, 7)} m^2}}")
    if architecture in ARCHITECTURES[:3]:
        variables.append("altitude: {choices: [550, 650, 750], unit: km}")
    objectives = rng.choice(OBJECTIVES)
    constraints = ["it_power >= 1 MW"] if "capex" in objectives else []
    if rng.random() < 0.5 and architecture != "mars_surface":
        constraints.append(f"node_mass <= {rng.choice([1000, 4000, 20000])} kg")
    text = f"architecture: {architecture}\nvariables:\n  " + "\n  ".join(variables)
    text += f"\nobjectives: [{objectives}]\nconstraints: [{', '.join(constraints)}]\n"
    path = folder / f"wide_{seed}.yaml"
    path.write_text(text + "engine: {name: pyomo, gap: 2 %, time_limit: 60 s}\n", "utf-8")
    return Study.load(path)


def test_scores_have_the_size_of_what_a_launch_holds(tmp_path):
    """A floor on a score is lowered by a share of its size; the largest power of a launch is 1.24 MW."""
    power = build_catalogue(wide_study(tmp_path, 5).problem, 3).objectives[1]
    assert 1.24e6 <= power.scale <= 12.4e6


@pytest.mark.long
@pytest.mark.parametrize("seed", range(40))
def test_no_search_finds_a_design_beyond_a_proof_over_wide_ranges(seed, tmp_path):
    """Differential evolution comes near the best value of each objective, and beyond no bound."""
    study = wide_study(tmp_path, seed)
    problem = study.problem
    answer = engines.run(problem, study.engine, Context())
    if answer.status == "infeasible":
        assert all(searched(problem, index, seed)[0] == -np.inf for index in range(len(problem.objectives)))
        return
    columns = verified(problem, answer)
    noise = confirm(problem, columns, answer.certificate)
    scores = problem.scores(columns)
    assert answer.status == "proved"
    assert measure_gap(scores, answer.certificate, noise).relative <= 0.02
    for index in range(len(problem.objectives)):
        best, others = searched(problem, index, seed)
        tops = [answer.certificate.facts[0].bound, *answer.certificate.ceilings]
        assert best <= tops[index] + ROUNDING * abs(tops[index])
        for floors, bound in answer.certificate.facts:
            least = [floor + ROUNDING * abs(floor) if floor > -np.inf else floor for floor in floors]
            above = (others[:, 1:] >= np.array(least)).all(axis=1)
            allowed = bound + ROUNDING * abs(bound) if bound > -np.inf else bound
            assert others[above, 0].max(initial=-np.inf) <= allowed
        reached = scores[:, index].max()
        assert best >= reached - 0.1 * abs(reached)
