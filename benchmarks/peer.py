"""Measure designs per CPU second beside spacedc-mdao, one after the other in one process, on its base case.

pip install spacedc-mdao==0.4.2
python benchmarks/peer.py SCENARIO      (examples/scenarios/orbital_1mw_inference.yaml of its repository)

studies/spacedc_mdao.yaml reproduces that case. In both models the same four values differ by design: price of launch,
altitude, specific mass of the radiator, utilization.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import orbitdc
from evaluate import seconds

from sunfront.problem.loops import ProblemLoops
from sunfront.study.study import Study
from sunfront.tape.loops import can_compile

STUDY = Path(__file__).parents[1] / "studies" / "spacedc_mdao.yaml"

#: By name of spacedc-mdao its range, and the name and the unit here.
MOVED = {
    "launch_cost_per_kg_usd": (200.0, 6000.0, "learning_anchor_cost", 1.0),
    "altitude_km": (500.0, 1200.0, "altitude", 1e3),
    "radiator_areal_mass_kg_per_m2": (2.0, 12.0, "radiator_substrate_areal_mass", 1.0),
    "utilization": (0.3, 0.95, "utilization", 1.0),
}
#: What spacedc-mdao tells of a design in orbit, besides its parts.
WANTED = ("compute_cost", "accelerator_hour_cost", "capex", "present_value_of_cost", "dry_mass", "it_power")
FEW, BLOCK, MANY = 300, 10_000, 1_000_000


def main() -> None:
    problem, scenario = Study.load(STUDY).problem, orbitdc.load_scenario(sys.argv[1])
    wanted = tuple(name for name in WANTED if name in problem.model)
    base = problem.model.evaluate({**problem.values, **problem.base}, ("compute_cost", "capex"))
    theirs = orbitdc.evaluate_space(scenario, {"annual_failure_rate": 0.106})
    print(f"base case, capital: {theirs.capex_usd / 1e6:.2f} MUSD there, {float(base['capex']) / 1e6:.2f} here")

    rng = np.random.default_rng(0)
    drawn = {name: rng.uniform(low, high, MANY) for name, (low, high, _, _) in MOVED.items()}
    lists = {name: column[:FEW].tolist() for name, column in drawn.items()}
    overrides = [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]
    peer = FEW / seconds(lambda: [orbitdc.evaluate_space(scenario, each) for each in overrides])
    print(f"spacedc-mdao {orbitdc.__version__}, one design at a time: {peer:,.0f} a second")

    designs = {ours: drawn[name] * factor for name, (_, _, ours, factor) in MOVED.items()}
    given = {**problem.values, **problem.base, **designs}
    everything = tuple(eq.name for eq in problem.model.order(given))
    block = {**given, **{name: column[:BLOCK] for name, column in designs.items()}}
    rest = {name: value for name, value in given.items() if name not in designs}
    loops = ProblemLoops(problem.model, rest, (), None)
    cases = [
        (f"numpy, all {len(everything)} quantities", BLOCK, lambda: problem.model.evaluate(block, everything)),
        (f"numpy, {len(wanted)} quantities", MANY, lambda: problem.model.evaluate(given, wanted)),
    ]
    if can_compile():
        cases.append((f"compiled, {len(wanted)} quantities", MANY, lambda: loops.evaluate(designs, wanted)))
    for name, count, action in cases:
        rate = count / seconds(action)
        print(f"sunfront, {name}: {rate:,.0f} a second, {rate / peer:,.1f} times", flush=True)


if __name__ == "__main__":
    main()
