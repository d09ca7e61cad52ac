"""Random plans; most are valid."""

from __future__ import annotations

import random

ARCHITECTURES = ("starlink_bus", "terrestrial", "gpu_on_panel", "cluster", "lunar_pole")


def random_plan(seed: int) -> str:
    """The text of a random plan; most are valid."""
    rng = random.Random(seed)
    own, later = random.Random(seed + 10**9), random.Random(seed + 2 * 10**9)  # of what was added to these plans
    period, months = rng.choice([("year", 12), ("half-year", 6), ("quarter", 3)])
    count = rng.randint(1, 8)
    years, rest = divmod(count * months, 12)
    lines = [f"horizon: {{start: 2027-01, end: {2027 + years}-{rest + 1:02d}, period: {period}}}"]
    lines.append(f"parameters: {{discount_rate: {rng.choice([0, 5, 10])} %/year}}")
    names = [f"p{i}" for i in range(rng.randint(1, 3))]
    lines.append("products:")
    for name in names:
        architecture = rng.choice(ARCHITECTURES)
        price = rng.choice([2, 10, 40, 100])
        keys = [f"compute_price: {price} USD/kWh"]
        keys += [f"service_life: {rng.choice([1, 3, 5])} year"] * (rng.random() < 0.5)
        keys += ["development_cost: 0 USD"] * (rng.random() < 0.3)
        keys += [f"time_to_power: {rng.choice([0, 0.25, 0.5])} year"] * (rng.random() < 0.8)
        more = f", at_most: {rng.randint(1, 6)}" if rng.random() < 0.8 else ""
        more += ", whole: false" if rng.random() < 0.2 else ""
        more += f", learning: {rng.choice(['nodes', 'launches', '[nodes, launches]'])}" if rng.random() < 0.3 else ""
        more += f", available: {rng.choice(['2026', '2027-07', '2028Q2', '2040'])}" if rng.random() < 0.3 else ""
        if "learning" not in more and own.random() < 0.5:
            more += ", early_retirement: true" if architecture != "starlink_bus" else sized(own)
        if ("learning" in more or "variables" in more) and later.random() < 0.3:
            more += ", early_retirement: true"
        if later.random() < 0.2:
            keys += [later.choice(["tax_rate: 25 %", "tax_rate: 25 %, bonus_depreciation_share: 100 %"])]
        lines.append(f"  {name}: {{architecture: {architecture}, parameters: {{{', '.join(keys)}}}{more}}}")
    if rng.random() < 0.4:
        lines.append("timelines: {accelerator_price: {from: 50000 USD, rate: -20 %/year}}")
    supplies = []
    if rng.random() < 0.7:
        power = rng.choice(
            ["1 MW/year", "{2027-01: 0 MW/year, 2030-01: 300 MW/year}", "{steps: {2028-01: 60 MW/year}}"]
        )
        supplies.append(f"  flow: {{limits: fleet_it_power, offered: {power}, source: random}}")
    if rng.random() < 0.4:
        supplies.append(f"  stock: {{limits: fleet_it_power, offered: {rng.randint(0, 400)} MW, source: random}}")
    if rng.random() < 0.4:
        lead = rng.choice(["0 year", "1 year"])
        supplies.append(
            f"  built: {{limits: accelerators, module: {rng.randint(1, 90)}000 1/year, cost: {rng.randint(0, 99)} MUSD,"
            f" lead: {lead}, ramp: [50 %, 100 %], at_most: {rng.randint(1, 3)}, source: random}}"
        )
    if supplies:
        lines += ["supply:", *supplies]
    if rng.random() < 0.3:
        lines.append(f"market: {{tiers: [{{up_to: {rng.randint(1, 100)} MW}}, {{price: {rng.randint(0, 100)} %}}]}}")
    if rng.random() < 0.4:
        lines.append(f"capital: {{limit: {rng.choice([0, 200, 3000])} MUSD}}")
    target = f"fleet_it_power{' added' * (rng.random() < 0.3)}"
    limit = f"{rng.choice([0.1, 1, 20, 200])} MW{'/year' if 'added' in target else ''}"
    objectives = [
        "maximize npv",
        "minimize peak_funding",
        "maximize sold_energy",
        f"minimize date of {target} >= {limit}",
    ]
    objectives.append(f"maximize {target} at 2027-06")
    chosen = rng.sample(objectives, rng.choice([1, 1, 1, 2]))
    lines.append(f"objectives: [{', '.join(chosen)}]")
    if rng.random() < 0.5:
        lines.append(f"constraints: [{target} at {rng.choice(['2027-03', '2027-12', '2028-12'])} >= {limit}]")
    return "\n".join(lines) + "\n"


def sized(rng: random.Random) -> str:
    """Variables of a satellite, within which some designs are possible and some are not."""
    parts = [f"node_accelerators: {{low: {rng.randint(1, 60)}, high: {rng.randint(60, 90)}}}"]
    parts += ["node_array_area: {low: 300 m^2, high: 900 m^2}"] * rng.randint(0, 1)
    parts += [rng.choice(["nodes_per_launch: {low: 5, high: 12}", "nodes_per_launch: {choices: [6, 9]}"])]
    return f", variables: {{{', '.join(parts)}}}"
