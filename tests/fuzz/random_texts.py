"""Texts that people write: damaged studies, expressions, presets. Each is refused, or means what it says."""

from __future__ import annotations

import json
import math
import random
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from trial import Refused, Trials, Wrong, damaged, in_unit, is_close, refusals, si

from sunfront.data import shipped
from sunfront.errors import StudyError
from sunfront.library.library import Library
from sunfront.study.study import Study
from sunfront.units import _table, unit

WORDS = [
    "", "-1", "0", "nan", "1e999", "inf", "true", "null", "~", "[]", "{}", "[1, 2]", "{a: 1}", "km", "5 kg", "1 USD/kg",
    "default", "computed", "roi", "npv", "&a", "*a", "!!python/object:os.system", "\t", "- x", ": :", "'", '"', "\x00",
    "é", "__import__('os')", "9" * 400, "%", "1,000", "0,125", "010", "1_0", "1/0", "<<", "?", "|", ">", "---", "...",
    "%TAG", "(" * 300, "[" * 120, " " * 3000, "x" * 60_000, "\ufeff", "\u2028", "\x85", "\uff11\uff12", "\u22125", "½",
    "5 km", "5\u00a0km", "1e-400",
]  # fmt: skip


class TextTrials(Trials):
    """Shipped studies with damaged words: refused with file, line and key, or read twice alike."""

    name = "study texts"
    share = 1700

    def attempt(self, rng: random.Random) -> None:
        name = rng.choice(shipped.names("studies"))
        text = shipped.file("studies", name).read_text("utf-8")
        self.last = text = damaged(rng, text, WORDS)
        path = self.place / "it.yaml"
        path.write_text(text, "utf-8")
        try:
            with refusals():
                study = Study.load(path)
        except Refused as refused:
            check_places(refused, path, text)
            raise
        # What was read, written and read again, is the same problem.
        path.write_text(json.dumps(written(study)), "utf-8")
        with refusals():
            try:
                again = Study.load(path, name=study.name)
            except StudyError as error:
                raise Wrong(f"what was read cannot be read again: {error}") from None
        if {n: s.value for n, s in study.settings.items()} != {n: s.value for n, s in again.settings.items()}:
            raise Wrong("read again, it has other settings")
        if [str(study.problem.objectives), str(study.problem.constraints), str(study.problem.variables)] != [
            str(again.problem.objectives), str(again.problem.constraints), str(again.problem.variables)
        ]:  # fmt: skip
            raise Wrong("read again, it is another problem")


def check_places(refused: Refused, path: Path, text: str) -> None:
    """Raise Wrong unless each mistake in a file is told with a line of it, in a message that can be read."""
    if not isinstance(refused.__context__, StudyError):
        raise Wrong(f"refused without a place: {refused}") from None
    for error in (refused.__context__, *refused.__context__.others):
        if error.file != path or not 1 <= (error.line or 0) <= text.count("\n") + 1:
            raise Wrong(f"names {error.file}, line {error.line}: {error}") from None
        if len(error.reason) > 1500:
            raise Wrong(f"a reason of {len(error.reason)} characters: {error.reason[:300]}") from None


def written(study: Study) -> dict[str, Any]:
    from sunfront.runs.folder import _study_data

    return _study_data(study)


FUNCTIONS = {"max": max, "min": min, "exp": math.exp, "log": math.log, "sqrt": math.sqrt}


class ExpressionTrials(Trials):
    """Random expressions, half of them damaged; those that are whole have the value that Python's floats give."""

    name = "expressions"
    share = 3000

    @cached_property
    def study(self) -> Study:
        path = self.place / "it.yaml"
        path.write_text("architecture: starlink_bus\nobjectives: [maximize roi]\nengine: {name: sweep}\n", "utf-8")
        return Study.load(path)

    @cached_property
    def values(self) -> dict[str, tuple[float, str]]:
        """Values and units of the quantities and parameters of the base design that are numbers."""
        library, arch = Library.shipped(), self.study.arch
        known, found = {*(eq.name for eq in arch.model), *arch.model.inputs}, {}
        for name, value in self.study.evaluate().items():
            if name in library.units and name in known and not isinstance(value, tuple) and np.ndim(value) == 0:
                shown = library.units[name]
                if math.isfinite(float(value)) and unit(shown).offset == 0:
                    found[name] = (float(value), shown)
        return found

    @cached_property
    def alike(self) -> dict[str, list[str]]:
        """Names of quantities by dimension."""
        found: dict[str, list[str]] = {}
        for name, (_, text) in self.values.items():
            found.setdefault(unit(text).dimension, []).append(name)
        return found

    def attempt(self, rng: random.Random) -> None:
        text, value, size, _ = self.tree(rng, rng.choice(sorted(self.alike)), rng.randrange(1, 5))
        is_damaged = rng.random() < 0.5
        if is_damaged:
            text = damaged(rng, text, WORDS)
        elif rng.random() < 0.02:
            text = f"{'(' * 150}{text}{')' * 150}"
        self.last = text
        with refusals():
            study = self.study.with_changes(quantities={"own": text})
            found = float(study.evaluate()["own"])
        if not math.isfinite(found):
            raise Wrong(f"{text} is {found}")
        if not is_damaged and not is_close(found, value, 1e-9, size):
            raise Wrong(f"{text} is {found!r}, by Python {value!r}")
        # The quantity as a criterion has the same value.
        with refusals():
            criterion = self.study.with_changes(objectives=[f"maximize {text}"])
            objective = criterion.problem.objectives[0]
            again = float(criterion.problem.evaluate({}, [objective.quantity])[objective.quantity][0])
        if not is_close(again, found, 1e-12, size):
            raise Wrong(f"maximize {text} has the value {again!r}, as a quantity {found!r}")

    def tree(self, rng: random.Random, dimension: str, depth: int) -> tuple[str, float, float, bool]:
        """An expression of a dimension: text, value, the largest number in it, whether it binds as a factor."""
        space = rng.choice(["", " ", " ", "  "])
        names = self.alike.get(dimension, [])
        if depth == 0 or (names and rng.random() < 0.2):
            if names and rng.random() < 0.7:
                name = rng.choice(names)
                value = self.values[name][0]
                return rng.choice([name, name, name.upper(), f"({name})"]), value, abs(value), True
            units = [
                u for u, entry in _table().items() if entry[0] == dimension and not entry[2] and u not in ("$", "%")
            ]
            if units:
                u, number = rng.choice(units), rng.choice(["2", "0.5", "1e3", "12.25", ".75", "1E-2"])
                value = si(float(number), u)
                shown = number if u == "1" else f"({number} {u})"
                return shown, value, abs(value), True
            name = rng.choice(names or sorted(self.values))
            if not names:
                raise Refused("nothing of this dimension")
            return name, self.values[name][0], abs(self.values[name][0]), True
        kind = rng.randrange(6 if dimension == "" else 5)
        if kind <= 1:
            one, other = self.tree(rng, dimension, depth - 1), self.tree(rng, dimension, depth - 1)
            sign = rng.choice("+-")
            value = one[1] + other[1] if sign == "+" else one[1] - other[1]
            right = other[0] if other[3] else f"({other[0]})"
            return f"{one[0]}{space}{sign}{space}{right}", value, max(one[2], other[2], abs(value)), False
        if kind == 2:
            one = self.tree(rng, dimension, depth - 1)
            factor = rng.choice(["2", "0.25", "(3 - 1)"])
            number = {"2": 2.0, "0.25": 0.25, "(3 - 1)": 2.0}[factor]
            left = one[0] if one[3] else f"({one[0]})"
            if rng.random() < 0.5:
                return f"{factor}{space}*{space}{left}", number * one[1], number * one[2], True
            return f"({left} / {factor})", one[1] / number, one[2] / number, True
        if kind == 3:
            one, other = self.tree(rng, dimension, depth - 1), self.tree(rng, dimension, depth - 1)
            name = rng.choice(["min", "max"])
            return f"{name}({one[0]},{space}{other[0]})", FUNCTIONS[name](one[1], other[1]), max(one[2], other[2]), True
        if kind == 4:
            one = self.tree(rng, dimension, depth - 1)
            return f"(-({one[0]}))", -one[1], one[2], True
        # A pure number, of a ratio.
        some = rng.choice(sorted(d for d in self.alike if d))
        one, other = self.tree(rng, some, depth - 1), self.tree(rng, some, depth - 1)
        if other[1] == 0 or one[2] > 1e3 * abs(one[1]) or other[2] > 1e3 * abs(other[1]):  # nothing but rounding
            raise Refused("a ratio of noise")
        value = one[1] / other[1]
        ratio, size = f"({one[0]}) / ({other[0]})", abs(value) * 1e3
        if value > 0 and rng.random() < 0.6:
            name = rng.choice(["log", "sqrt", "log"])
            return f"{name}({ratio})", FUNCTIONS[name](value), max(size, abs(FUNCTIONS[name](value)), 1.0), True
        if abs(value) < 1e3 and rng.random() < 0.5:
            sign, power = rng.choice(["**", "^"]), rng.choice([2, 3, -1, 0.5] if value > 0 else [2, 3, -1])
            if value == 0 and power < 0:
                raise Refused("a division by zero")
            return f"(({ratio}){space}{sign}{space}{power})", value**power, 1e3 * max(abs(value**power), size), True
        return f"({ratio})", value, size, True


class PresetTrials(Trials):
    """Own presets, written out, in files and in library folders: the value of a parameter is that of the last one."""

    name = "presets"
    share = 1000

    @cached_property
    def known(self) -> list[Any]:
        parameters = Library.shipped().parameters
        return [p for p in (parameters[name] for name in parameters)
                if p.allowed and not p.choices and isinstance(p.value, float) and unit(p.unit).offset == 0]  # fmt: skip

    def attempt(self, rng: random.Random) -> None:
        folder = self.place / "own" / "presets"
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.glob("*"):
            path.unlink()
        expected: dict[str, tuple[str, float]] = {}
        items: list[str] = []
        library = self.was_broken = False
        names = [p.name for p in self.known if p.name in self.inputs]
        some = rng.sample(names, 6)
        for number in range(rng.randint(1, 3)):
            values = {}
            for p in rng.sample([p for p in self.known if p.name in some], rng.randint(1, 4)):
                text, number_si = self.value(rng, p)
                values[p.name] = text
                expected[p.name] = (text, number_si)
            data = {"title": f"Own {number}", "source": "a test", "values": values}
            if rng.random() < 0.2:
                data["note"] = rng.choice(["nothing", "é", "a: b"])
            match rng.randrange(3):
                case 0:
                    items.append(
                        json.dumps({"name": f"own{number}", **{k: v for k, v in data.items() if k != "title"}})
                    )
                case 1:
                    (self.place / f"own{number}.yaml").write_text(self.broken(rng, json.dumps(data)), "utf-8")
                    items.append(f"./own{number}.yaml")
                case 2:
                    library = True
                    (folder / f"own{number}.yaml").write_text(self.broken(rng, json.dumps(data)), "utf-8")
                    items.append(f"own{number}")
        last = f"presets: [{', '.join(items)}]\n" + ("library: ./own\n" if library else "")
        self.last = last + "\n".join(f"{p}: {p.read_text('utf-8')}" for p in self.place.rglob("own*.yaml"))
        path = self.place / "it.yaml"
        path.write_text(
            f"architecture: starlink_bus\nobjectives: [maximize roi]\n{last}engine: {{name: sweep}}\n", "utf-8"
        )
        with refusals():
            study = Study.load(path)
            found = study.evaluate()
        if not self.was_broken:
            for name, (text, value) in expected.items():
                if not is_close(float(found[name]), value, 1e-12):
                    raise Wrong(f"{name}: {text} is read as {found[name]!r}, not {value!r}")

    def broken(self, rng: random.Random, text: str) -> str:
        if rng.random() < 0.25:
            self.was_broken = True
            return damaged(rng, text, WORDS)
        return text

    @cached_property
    def inputs(self) -> set[str]:
        path = self.place / "base.yaml"
        path.write_text("architecture: starlink_bus\nobjectives: [maximize roi]\nengine: {name: sweep}\n", "utf-8")
        return set(Study.load(path).base_settings)

    def value(self, rng: random.Random, p: Any) -> tuple[Any, float]:
        """A value of a parameter, alone or with its range, and that value in SI."""
        low, high = (p.low, p.high) if p.low is not None and p.low < p.high else (p.value * 0.9, p.value * 1.1)
        number = rng.uniform(low, high) if not p.whole else float(round(rng.uniform(low, high)))
        like = [u for u, e in _table().items() if e[0] == unit(p.unit).dimension and not e[2] and u not in ("$", "")]
        name = rng.choice(like) if p.unit != "1" else "1"
        shown = in_unit(number, name)
        text = f"{shown:.6g}" if not p.whole else f"{shown:.0f}"
        suffix = "" if name == "1" else f" {name}"
        value = si(float(text), name)
        if rng.random() < 0.5:
            return f"{text}{suffix}", value
        step = abs(float(text)) * 0.1 or 1.0
        spread = {"low": f"{float(text) - step:.6g}{suffix}", "high": f"{float(text) + step:.6g}{suffix}"}
        return {"value": f"{text}{suffix}", **spread, "source": "a test"}, value
