"""Random plans; most are valid."""

from __future__ import annotations

import random

#: Variables of each architecture, of which some are drawn: amounts of hardware, whole numbers, choices and presets.
VARIABLES = {
    "starlink_bus": {
        "node_accelerators": ("{low: 8, high: 20}", "{low: 8, high: 90, integer: true}", "{choices: [12, 16, 40]}"),
        "nodes_per_launch": ("{low: 5, high: 12}", "{low: 5, high: 40, integer: true}", "{choices: [6, 9]}"),
        "altitude": ("{choices: [500, 600], unit: km}",),
        "chip": ("{presets: [gb200, b200]}",),
    },
    "terrestrial": {
        "node_accelerators": ("{low: 1000, high: 20000}", "{choices: [4000, 9000]}"),
        "nodes_per_site": ("{low: 1, high: 20, integer: true}", "{choices: [1, 4]}"),
    },
    "gpu_on_panel": {
        "node_accelerators": ("{low: 1, high: 4, integer: true}", "{choices: [1, 2]}"),
        "nodes_per_launch": ("{choices: [100, 400]}",),
    },
    "cluster": {"nodes_per_launch": ("{low: 10, high: 40, integer: true}", "{choices: [10, 20]}")},
    "lunar_pole": {"nodes_per_launch": ("{low: 2, high: 30, step: 4}",)},
}

MONTHS = {"year": 12, "half-year": 6, "quarter": 3}


class RandomPlan:
    """The lines of a random plan; each feature is drawn apart from the others."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.period = self.rng.choice(list(MONTHS))
        self.count = self.rng.randint(2, 6) if self.chance(0.6) else self.rng.randint(1, 12)
        self.lines = [f"horizon: {{start: 2027-01, end: {self.date(self.count)}, period: {self.period}}}"]

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def pick(self, *texts: object) -> str:
        return str(self.rng.choice(texts))

    def date(self, index: int) -> str:
        years, rest = divmod(index * MONTHS[self.period], 12)
        return f"{2027 + years}-{rest + 1:02d}"

    def within(self) -> str:
        """A date that mostly lies within the horizon."""
        return "2040" if self.chance(0.02) else self.date(self.rng.randrange(self.count))

    def products(self) -> None:
        self.lines.append(f"parameters: {{discount_rate: {self.pick(0, 5, 10)} %/year{self.owners()}}}")
        self.lines.append("products:")
        self.names = [f"p{i}" for i in range(self.rng.randint(1, 3))]
        self.learners: list[str] = []
        for name in self.names:
            self.lines.append(f"  {name}: {{{', '.join(self.product())}}}")

    def owners(self) -> str:
        """Tax and a loan, now and then."""
        tax = f", tax_rate: {self.pick(0.21, 0.3)}" * self.chance(0.3)
        return tax + f", debt_share: 0.6, debt_term: {self.pick(2, 12)} year" * self.chance(0.3)

    def product(self) -> list[str]:
        architecture = self.rng.choice([*VARIABLES, "starlink_bus", "terrestrial"])
        orbits = architecture != "terrestrial"
        self.learners += [self.names[len(self.learners)] if orbits else ""]
        values = [f"compute_price: {self.pick(2, 10, 40, 100)} USD/kWh"]
        values += [f"service_life: {self.pick(1, 3, 5)} year"] * self.chance(0.5)
        values += ["development_cost: 0 USD"] * self.chance(0.3)
        wait = min(self.rng.choice([0, 0.25, 0.5]), (self.count - 1) * MONTHS[self.period] / 12)
        values += [f"time_to_power: {wait} year"] * (not self.chance(0.05))
        keys = [f"at_most: {self.rng.randint(1, 6)}"] * self.chance(0.8) + ["whole: false"] * self.chance(0.15)
        keys += [f"available: {self.within()}"] * self.chance(0.2)
        feature = self.rng.choice(["plain", "plain", "learning", "variables", "early_retirement"])
        learning = self.pick("nodes", "launches", "[nodes, launches]")
        if feature == "early_retirement":
            keys += ["early_retirement: true"]
            values += ["accelerator_residual_share: 20 %"] * self.chance(0.5)
            values += [f"compute_price_decline: {self.pick(20, 60)} %/year"] * self.chance(0.5)
        elif feature == "variables":
            keys += [f"variables: {{{', '.join(self.variables(architecture))}}}"]
        values += ["nodes_per_site: 1"] * (not orbits and feature != "variables" and self.chance(0.5))
        if (orbits and feature == "learning") or (feature in ("variables", "early_retirement") and self.chance(0.1)):
            keys += [f"learning: {learning}"]
        if any("launches" in key for key in keys) and orbits:
            values += ["launched_mass_to_date: 200 t, launch_price_ceiling: 20000 USD/kg"] * self.chance(0.7)
        return [f"architecture: {architecture}", f"parameters: {{{', '.join(values)}}}", *keys]

    def variables(self, architecture: str) -> list[str]:
        known = VARIABLES[architecture]
        chosen = self.rng.sample(list(known), self.rng.randint(1, min(2, len(known))))
        return [f"{name}: {self.rng.choice(known[name])}" for name in chosen]

    def limits(self) -> None:
        if self.chance(0.3):
            self.lines.append("timelines: {accelerator_price: {from: 50000 USD, rate: -20 %/year}}")
        flow = self.pick("1 MW/year", "{2027-01: 0 MW/year, 2030-01: 300 MW/year}", "{steps: {2028-01: 60 MW/year}}")
        modules = (
            f"module: {self.rng.randint(1, 90)}000 1/year, cost: {self.rng.randint(0, 99)} MUSD, "
            f"lead: {self.pick(0, 1)} year, ramp: [50 %, 100 %], at_most: {self.rng.randint(1, 3)}"
        )
        supplies = [f"  flow: {{limits: fleet_it_power, offered: {flow}, source: random}}"] * self.chance(0.6)
        stock = f"{self.rng.randint(0, 400)} MW"
        supplies += [f"  stock: {{limits: fleet_it_power, offered: {stock}, source: random}}"] * self.chance(0.4)
        supplies += [f"  built: {{limits: accelerators, {modules}, source: random}}"] * self.chance(0.3)
        self.lines += ["supply:", *supplies] if supplies else []
        up_to, price = self.rng.randint(1, 100), self.rng.randint(0, 100)
        self.lines += [f"market: {{tiers: [{{up_to: {up_to} MW}}, {{price: {price} %}}]}}"] * self.chance(0.25)
        self.lines += [f"capital: {{limit: {self.pick(0, 200, 3000)} MUSD}}"] * self.chance(0.3)

    def goals(self) -> None:
        target = f"fleet_it_power{' added' * self.chance(0.3)}"
        limit = f"{self.pick(0.1, 1, 20, 200)} MW{'/year' if 'added' in target else ''}"
        objectives = ["maximize npv", "minimize peak_funding", "maximize sold_energy"]
        objectives += [f"'minimize date of {target} >= {limit}'", f"maximize {target} at {self.within()}"]
        chosen = self.rng.sample(objectives, self.rng.choice([1, 1, 1, 2]))
        if self.chance(0.2):
            chosen = ["maximize npv"]
            price = f"  {self.names[0]}.compute_price: {{uniform: {{low: 60 %, high: 140 %}}"
            self.lines += ["uncertain:", f"{price}, known: {self.date(1)}}}"] * (self.count > 1)
        self.lines.append(f"objectives: [{', '.join(chosen)}]")
        self.lines += [f"constraints: ['{target} at {self.within()} >= {limit}']"] * self.chance(0.5)

    def learning(self) -> None:
        """Products that learn together, now and then."""
        names = [name for name in self.learners if name]
        if len(names) > 1 and self.chance(0.4):
            self.lines.append(f"learning: {{{self.pick('nodes', 'nodes', 'launches')}: [{', '.join(names)}]}}")

    def stores(self, seed: int) -> None:
        """Stores of products, where the plan may open a factory; all else is drawn as without them."""
        rng = random.Random(f"kept {seed}")
        if not any(line.startswith("  built:") for line in self.lines):
            return
        shared = {name for line in self.lines if line.startswith("learning:") for name in self.names if name in line}
        for i, line in enumerate(self.lines):
            has_other = any(key in line for key in ("learning:", "variables:", "whole:", "early_retirement:"))
            if (
                line.startswith(tuple(f"  {name}: {{" for name in self.names if name not in shared))
                and not has_other
                and rng.random() < 0.7
            ):
                limit = rng.choice(["", f", at_most: {rng.randint(1, 4)}", ", cost: 20 MUSD/year"])
                self.lines[i] = f"{line[:-1]}, store: {{building: built{limit}}}}}"


def random_plan(seed: int) -> str:
    """The text of a random plan; most are valid."""
    plan = RandomPlan(seed)
    plan.products()
    plan.limits()
    plan.goals()
    plan.learning()
    plan.stores(seed)
    return "\n".join(plan.lines) + "\n"
