"""Plans over time: texts that are damaged, plans whose proof is tried, folders that are damaged or forged."""

from __future__ import annotations

import json
import random
import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from common import forge_plan
from plans import load_small
from random_plans import random_plan
from random_texts import WORDS, check_places
from trial import Refused, Trials, Wrong, damaged, damaged_bytes, refusals

from sunfront.data import shipped
from sunfront.engines.plan import engine
from sunfront.engines.plan.engine import PlanPoint
from sunfront.engines.plan.simulator import Simulator
from sunfront.errors import Unverified
from sunfront.problem.plan import Decisions, Plan
from sunfront.runs.files import STUDY
from sunfront.runs.plan_record import PLAN_FILE
from sunfront.runs.plans import PlanRun, load_plan_run, run_plan
from sunfront.study.plan_study import PlanStudy

PLAN_WORDS = [
    *WORDS, "2027-13", "2027Q5", "2027Q2", "1999", "9999-12", "month", "half-year", "npv", "peak_funding", "added",
    "at", "date of", "fleet_it_power", "junction_temperature", "1 1/quarter", "-5 MW", "1e30 1/year", "launches",
    "0 year",
    "{steps: {2027-01: 1 MW}}", "{from: 1 USD/kWh, rate: -100 %/year}", ">=", "<=", "120 %", "products", "horizon",
]  # fmt: skip


class PlanTextTrials(Trials):
    """Plans with damaged words: refused with file, line and key, or read twice alike."""

    name = "plan texts"
    share = 700

    def attempt(self, rng: random.Random) -> None:
        text = random_plan(rng.randrange(10**6))
        if rng.random() < 0.1:
            text = shipped.file("plans", rng.choice(shipped.names("plans"))).read_text("utf-8")
        self.last = text = damaged(rng, text, PLAN_WORDS) if rng.random() < 0.8 else text
        path = self.place / "it.yaml"
        path.write_text(text, "utf-8")
        try:
            with refusals():
                study = PlanStudy.load(path)
        except Refused as refused:
            check_places(refused, path, text)
            raise
        path.write_text(json.dumps(study.as_data()), "utf-8")
        with refusals():
            again = PlanStudy.load(path)
        if again.as_data() != study.as_data() or told(again.plan) != told(study.plan):
            raise Wrong("read again, it is another plan")


def told(plan: Plan) -> str:
    """What of a plan can be compared as text."""
    products = [(p.name, dict(p.design), {n: x.tolist() for n, x in p.values.items()}, p.most) for p in plan.products]
    supplies = [(s.name, s.quantity, s.products, s.offered.tolist(), s.modules) for s in plan.supplies]
    tiers = [(tier.price, tier.limits.tolist()) for tier in plan.tiers]
    return str([products, supplies, tiers, plan.objectives, plan.constraints, plan.capital, plan.discount_rate])


class PlanTrials(Trials):
    """Random plans: what is stored is read again alike; no plan near by exceeds a bound or refutes infeasibility."""

    name = "plans"
    share = 120
    NEAR = 60

    def attempt(self, rng: random.Random) -> None:
        path = self.place / "it.yaml"
        self.last = text = random_plan(rng.randrange(10**6)) + "engine: {name: plan, gap: 2 %, time_limit: 30 s}\n"
        path.write_text(text, "utf-8")
        shutil.rmtree(self.place / "out", ignore_errors=True)
        with refusals():
            found = run_plan(PlanStudy.load(path), output=self.place / "out")
            again = load_plan_run(found.folder)
        if scores(again) != scores(found) or again.record != found.record:
            raise Wrong("read again, the plans are others")
        plan, simulator = found.study.plan, Simulator(found.study.plan, found.record.periods)
        for _ in range(self.NEAR):
            start = rng.choice(found.points).decisions if found.points else nothing(plan, found.record.periods)
            decisions = near(rng, plan, start)
            try:
                simulation = simulator.simulate(decisions)
            except Unverified:
                continue  # it breaks a limit
            if not np.isfinite(simulation.scores).all():
                continue
            if found.record.status == "infeasible":
                raise Wrong(f"said to be infeasible, but {decisions} is a plan")
            try:
                engine.measure(plan, [PlanPoint(decisions, simulation)], found.record.certificate)
            except Unverified as error:
                raise Wrong(f"{error}: {decisions}") from None


def scores(run: PlanRun) -> list[tuple[float, ...]]:
    return [point.simulation.scores for point in run.points]


def nothing(plan: Plan, periods: int) -> Decisions:
    """A plan that buys and opens nothing."""
    count = plan.horizon.count
    sales = {p.name: np.zeros((len(plan.tiers), count, periods)) for p in plan.products if plan.tiers}
    modules = {s.name: np.zeros(count) for s in plan.supplies if s.modules is not None}
    return Decisions({p.name: np.zeros(count) for p in plan.products}, modules, sales)


def near(rng: random.Random, plan: Plan, start: Decisions) -> Decisions:
    """A plan that buys or opens a little more or less in a few periods; what it sells of a unit stays."""
    units = {name: values.copy() for name, values in start.units.items()}
    modules = {name: values.copy() for name, values in start.modules.items()}
    for _ in range(rng.randint(1, 3)):
        amounts = rng.choice([units, units, modules or units])
        values = amounts[rng.choice(sorted(amounts))]
        t = rng.randrange(len(values))
        values[t] = max(values[t] + rng.choice([-2, -1, 1, 1, 2, 8]), 0)
    sales = {}
    for name, sold in start.sales.items():
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = np.where(start.units[name] > 0, units[name] / start.units[name], 0.0)
        sales[name] = sold * np.minimum(factor, 1.0)[None, :, None]
    return replace(start, units=units, modules=modules, sales=sales)


class PlanFolderTrials(Trials):
    """Folders of plans, of which a file is damaged, or edited with hash and seal."""

    name = "plan folders"
    share = 250

    KINDS = (("maximize npv", ""), ("maximize npv, minimize peak_funding", ""),
             ("maximize npv", "constraints: [fleet_it_power at 2028-12 >= 3 GW]\n"))  # fmt: skip

    @cache  # noqa: B019
    def runs(self, objectives: str, more: str) -> list[Path]:
        """Two folders of a kind of plan, of two discount rates."""
        plans = [
            load_small(self.place, objectives, more, overrides=(f"discount_rate={r}",))
            for r in ("8 %/year", "9 %/year")
        ]
        return [run_plan(plan, output=self.place / "out").folder for plan in plans]

    def attempt(self, rng: random.Random) -> None:
        good, other = self.runs(*rng.choice(self.KINDS))
        folder = self.place / "damaged" / good.name
        shutil.rmtree(self.place / "damaged", ignore_errors=True)
        shutil.copytree(good, folder)
        name = rng.choice([PLAN_FILE, PLAN_FILE, STUDY])
        whole = load_plan_run(good)
        if rng.random() < 0.4:
            name, how = PLAN_FILE, self.forge(rng, folder)
        elif rng.random() < 0.1:
            (folder / name).unlink()
            how = "missing"
        else:
            how, content = damaged_bytes(rng, (folder / name).read_bytes(), (other / name).read_bytes())
            (folder / name).write_bytes(content)
        self.last = f"{good}: {name} {how}"
        try:
            with refusals():
                run = load_plan_run(folder)
        except Refused as refused:
            if name not in str(refused) and folder.name not in str(refused):
                raise Wrong(f"{self.last}: does not name the file: {refused}") from None
            raise
        # A bound that hardly matters for the gap may be another: only `verify` proves it again.
        kept_out = {"files", "certificate"} if how.startswith("bound") else {"files"}
        if scores(run) != scores(whole) or run.record.model_dump(exclude=kept_out) != whole.record.model_dump(
            exclude=kept_out
        ):
            raise Wrong(f"{self.last}: shows another run")

    def forge(self, rng: random.Random, folder: Path) -> str:
        """Change what can be computed again, with hashes and seal to fit."""
        data = json.loads((folder / PLAN_FILE).read_text("utf-8"))
        if not data["points"]:
            raise Refused("no plan to change")
        how, factor = rng.choice(["units", "score", "bound", "gap"]), rng.choice([1 + 1e-6, 0.99, 1.5, -1.0])

        def change(stored: dict[str, Any]) -> None:
            point = rng.choice(stored["points"])
            if how == "units":
                values = rng.choice(sorted(point["units"].values()))
                values[rng.randrange(len(values))] += 1
            elif how == "score":
                i = rng.randrange(len(point["scores"]))
                point["scores"][i] = point["scores"][i] * factor or 1.0
            elif how == "bound":
                facts = [fact for fact in stored["certificate"]["facts"] if fact[1] is not None]
                rng.choice(facts)[1] *= factor
            else:
                stored["gap"]["relative"] = stored["gap"]["relative"] * factor + 1e-3

        forge_plan(folder, change)
        return f"{how} times {factor}"
