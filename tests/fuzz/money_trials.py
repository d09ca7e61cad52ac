"""Tax, loans, contracts and prices at random: the cash-flow table, rates of return and calculators agree."""

from __future__ import annotations

import base64
import json
import random
import shutil
import subprocess
from functools import cached_property
from typing import Any
from unittest import mock

import numpy as np
from trial import Trials, Wrong, in_unit, is_close, refusals

from sunfront.cash_flow.table import cash_flow
from sunfront.data import shipped
from sunfront.library.library import Library
from sunfront.library.parameters import load_data
from sunfront.report.calculator import render_calculator
from sunfront.study.study import Study

#: Presets about money; at most one of a group is taken.
PRESETS = ["project_finance", "taxed_equity", "priced_by_hour", "specific_cost", "no_development", "smallsat",
           "starlink_heritage", "launch_at_cost", "rideshare", "claimed_2026", "flown", "colocation"]  # fmt: skip

#: Files of the parameters that are moved.
FILES = ("finance", "financing", "operations", "development", "terrestrial")

CHECK = """
const x = JSON.parse(process.argv[2]);
console.log(JSON.stringify(x.map((row) => Array.from(model(Float64Array.from(row)), String))));
"""


class MoneyTrials(Trials):
    """Base designs of every architecture: the table adds up to the closed forms, and a rate of return is a root."""

    name = "money"
    share = 500

    @cached_property
    def known(self) -> list[str]:
        """Parameters of the files about money."""
        return [name for file in FILES for name in load_data("parameters", file)]

    def study(self, rng: random.Random) -> Study:
        """A base design with random presets and values about money."""
        library = Library.shipped()
        architecture = rng.choice(shipped.names("architectures"))
        names = [name for name in self.known if library.parameters[name].has_range]
        parameters = {}
        for name in rng.sample(names, rng.randint(0, 6)):
            p = library.parameters[name]
            number = rng.uniform(p.low, p.high) if not p.whole else float(rng.randint(int(p.low), int(p.high)))
            parameters[name] = f"{in_unit(number, p.unit):.6g}{'' if p.unit == '1' else f' {p.unit}'}"
        for name, values in {"debt_share": ["0", "40 %", "80 %"], "tax_rate": ["0", "21 %", "35 %"],
                             "cash_flow_period": ["0 year", "1 month", "0.3 year", "1 year"],
                             "contract_share": ["0", "1", "50 %"],
                             "debt_term": ["1 year", "3 year", "7 year"], "debt_grace": ["0 year", "0.7 year"],
                             "service_life": ["1 year", "4.6 year", "7 year"]}.items():  # fmt: skip
            if rng.random() < 0.3:
                parameters[name] = rng.choice(values)
        presets = rng.sample(PRESETS[:3] if rng.random() < 0.6 else PRESETS, rng.choice([0, 1, 1, 2]))
        self.last = json.dumps({"architecture": architecture, "presets": presets, "parameters": parameters})
        with refusals():
            study = Study(
                name="money", architecture=architecture, presets=presets, parameters=parameters,
                objectives=["maximize npv"], engine={"name": "sweep"},
            )  # fmt: skip
            study.check()
        return study

    def attempt(self, rng: random.Random) -> None:
        study = self.study(rng)
        with refusals():
            values = study.evaluate()
            table = cash_flow(study.problem, {})
        if not is_close(
            float(table.to_frame()["discounted"].sum()), float(values["npv"]), 1e-6, float(values["capex"])
        ):
            raise Wrong(f"npv is {values['npv']!r}, the table has {table.to_frame()['discounted'].sum()!r}")
        rate = float(values["irr"])
        if np.isfinite(rate) and "discount_rate" in study.base_settings:
            with refusals():
                again = study.evaluate(discount_rate=rate)
            if abs(float(again["npv"])) > 1e-6 * float(values["capex"]):
                raise Wrong(f"npv is {again['npv']!r} at the rate of return {rate!r}")


class CalculatorTrials(MoneyTrials):
    """Pages of such designs: their JavaScript, run by node where there is one, gives what numpy gives."""

    name = "calculators"
    share = 60

    def attempt(self, rng: random.Random) -> None:
        study = self.study(rng)
        page: dict[str, Any] = {}

        def keep(name: str, data: Any, program: str, **context: Any) -> str:
            page.update(data=data, program=program)
            return json.dumps(data, allow_nan=False)

        with refusals():
            values = study.evaluate()
            with mock.patch("sunfront.report.calculator.render_page", keep):
                render_calculator(study, "sunfront evaluate it")
        data = page["data"]["live"]
        outputs = [name for name, *_ in data["outputs"]]
        wanted = np.frombuffer(base64.b64decode(data["check"]["values"]), "<f8").reshape(data["check"]["designs"], -1)
        for i, name in enumerate(outputs):
            if not is_close(float(wanted[0, i]), float(values[name]), 1e-12, 0.0):
                raise Wrong(f"{name} is {wanted[0, i]!r} on the page and {values[name]!r} by numpy")
        if (node := shutil.which("node")) is None:
            return
        (self.place / "model.js").write_text("'use strict';\n" + page["program"] + CHECK, "utf-8")
        base = [float(study.base_settings[name].value) for name, *_ in data["inputs"]]
        done = subprocess.run(
            [node, self.place / "model.js", json.dumps([base])], capture_output=True, text=True, timeout=60, check=False
        )
        if done.returncode:
            raise Wrong(f"node: {done.stderr[-500:]}")
        found = [float({"Infinity": "inf", "-Infinity": "-inf"}.get(x, x)) for x in json.loads(done.stdout)[0]]
        for name, mine, theirs in zip(outputs, found, wanted[0], strict=False):  # then comes the ground
            if not is_close(mine, float(theirs), 1e-9, 0.0):
                raise Wrong(f"{name} is {mine!r} by JavaScript and {theirs!r} by numpy")
