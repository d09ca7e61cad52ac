"""Shipped studies with other values, units, ranges, objectives, constraints, presets and engines.

Every mutation knows what it means in SI, by pint, and the study that is read must mean the same. What an engine finds
is computed a second time, each best design as the base design of the study. Random designs must not exceed a proved
bound. The cash-flow table must add up to the closed forms.
"""

from __future__ import annotations

import copy
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from trial import Refused, Trials, Wrong, in_unit, is_close, refusals, si

from sunfront import engines
from sunfront.cash_flow.table import CLOSED_FORMS, cash_flow
from sunfront.data import shipped
from sunfront.engines.context import Context
from sunfront.errors import UserError
from sunfront.library.library import Library
from sunfront.library.yaml_file import read_yaml_file
from sunfront.problem.answer import Answer
from sunfront.problem.problem import Broken, Problem
from sunfront.problem.verification import tolerances, verified
from sunfront.study.study import Study
from sunfront.units import _table, unit

Data = dict[str, Any]
Check = Callable[[Study], None]

#: Budgets with which a study takes a tenth of a second.
FAST = [
    {"name": "evolve", "evaluations": "600", "keep": "20"},
    {"name": "sweep", "evaluations": "4096", "keep": "20"},
    {"name": "optuna", "evaluations": "60", "keep": "20"},
]
EXACT = [
    {"name": "pyomo", "gap": "5 %", "shells": "3", "time_limit": "5 s"},
    {"name": "pyomo", "solver": "scip", "gap": "20 %", "time_limit": "5 s"},
]

_QUANTITY = re.compile(r"([-+]?[\d.]+(?:e[-+]?\d+)?) *([^\d\s].*)?")


class Base:
    """A shipped study with an engine that takes a moment, and what it finds."""

    def __init__(self, name: str, place: Path) -> None:
        self.data: Data = read_yaml_file(shipped.file("studies", name)).data
        if "uncertain" in self.data:
            self.data["uncertainty"] = {"samples": "512"}
        self.place, self.solved = place, {}
        for engine in FAST:
            self.data["engine"] = engine
            self.study = read(self.data, place)
            self.answer, self.columns = solve(self.study)
            if self.count:
                break
        problem = self.study.problem
        variables = {v.name for v in problem.variables} | set(self.study.preset_variables)
        # What the objectives depend on: another value of it moves the optimum.
        objectives = [o.quantity for o in problem.objectives]
        self.reached = {
            name for eq in problem.model.order(problem.values, objectives) for name in eq.inputs
        } - variables
        settings = [setting for name, setting in self.study.base_settings.items() if name in self.reached]
        self.parameters = [s.parameter for s in settings if s.parameter and s.parameter.has_range]
        self.quantities = [eq.name for eq in problem.model if not isinstance(eq.unit, tuple)]
        self.base_values: Mapping[str, Any] = self.study.base_evaluation

    @property
    def count(self) -> int:
        return len(next(iter(self.columns.values()), ()))


def read(data: Data, place: Path, name: str = "mutant") -> Study:
    path = place / f"{name}.yaml"
    path.write_text(json.dumps(data, ensure_ascii=False), "utf-8")
    return Study.load(path, check_engine=False)


def solve(study: Study) -> tuple[Answer, Mapping[str, Any]]:
    answer = engines.run(study.problem, study.engine, Context(study.seed, 1))
    return answer, verified(study.problem, answer)


class StudyTrials(Trials):
    name = "studies"
    share = 2600

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        self.bases: dict[str, Base] = {}
        self.differs: Counter[str] = Counter()
        self.alike: Counter[str] = Counter()

    def attempt(self, rng: random.Random) -> None:
        name = rng.choice(shipped.names("studies"))
        if name not in self.bases:
            self.bases[name] = Base(name, self.place)
        base = self.bases[name]
        data, kinds, checks = copy.deepcopy(base.data), [], {}
        for _ in range(rng.choices([1, 2, 3], [6, 3, 1])[0]):
            mutate = rng.choices(MUTATIONS, [3, 2, 1, 2, 2, 2, 2, 1])[0]
            if (check := mutate(rng, base, data)) is not None:
                kinds.append(mutate.__name__)
                checks["value" if mutate is other_unit else mutate.__name__] = check  # a later one may undo it
        self.last = json.dumps(data, ensure_ascii=False)
        if not kinds:
            raise Refused("nothing to mutate")
        with refusals():
            study = read(data, self.place)
        if len(kinds) > 1:
            checks.pop("rewritten_unit", None)
        for check in checks.values():
            check(study)
        with refusals():
            answer, columns = solve(study)
        check_answer(rng, study, answer, columns)
        kind = kinds[0] if len(kinds) == 1 else "several"
        if kind != "rewritten_unit":
            (self.differs if has_changed(base, study, answer, columns) else self.alike)[kind] += 1

    def figures(self) -> list[str]:
        lines = []
        for kind in [*sorted(self.differs | self.alike), "all"]:
            differs, alike = self.differs[kind], self.alike[kind]
            if kind == "all":
                differs, alike = self.differs.total(), self.alike.total()
            if differs + alike:
                lines.append(f"  {kind}: optimum differs in {differs} of {differs + alike} accepted mutants "
                             f"({100 * differs / (differs + alike):.0f} %)")  # fmt: skip
        return lines


def has_changed(base: Base, study: Study, answer: Answer, columns: Mapping[str, Any]) -> bool:
    """Whether the best design in the first objective, or its value, is another than that of the unmutated study."""
    before, after = base.study.problem, study.problem
    found = len(next(iter(columns.values()), ()))
    if str(before.objectives) != str(after.objectives) or bool(found) != bool(base.count):
        return True
    if not found:
        return answer.status != base.answer.status

    def best(problem: Problem, table: Mapping[str, Any]) -> list[float]:
        row = int(np.argmax(problem.scores(table)[:, 0]))
        return [float(table[name][row]) for name in (*(v.name for v in before.variables), before.objectives[0].name)]

    if {v.name for v in before.variables} != {v.name for v in after.variables}:
        return True
    return not all(map(is_close, best(before, base.columns), best(after, columns)))


def check_answer(rng: random.Random, study: Study, answer: Answer, columns: Mapping[str, Any]) -> None:
    """Compute the best design of each objective a second time, and hold a proof to random designs."""
    problem = study.problem
    count = len(next(iter(columns.values()), ()))
    if answer.certificate is not None or answer.status == "infeasible":
        check_proof(rng, study, answer, columns)
    if not count:
        return
    scores = problem.scores(columns)
    for i in sorted({int(scores[:, k].argmax()) for k in range(scores.shape[1])})[:2]:
        design = {v.name: float(columns[v.name][i]) for v in problem.variables}
        with refusals():
            again = study.with_design(design).evaluate()
        for name in problem.table_quantities:
            if name in problem.reported_roots or name not in again or name not in columns:
                continue
            size = float(np.abs(columns[name]).max())
            if not is_close(float(again[name]), float(columns[name][i]), 1e-9, size):
                raise Wrong(f"{name} is {columns[name][i]!r} in the table and {again[name]!r} for that design alone")
        for c in problem.constraints:
            if c.quantity in again and c.name == c.quantity:
                shortfall = float(c.violation(np.array([float(again[c.quantity])]))[0])
                slack = float(tolerances(problem, columns_of(problem, columns), columns)[c.name][i])
                if shortfall > max(1e-9 * abs(c.limit), float(c.rounding), 1.01 * slack * bool(answer.claims)):
                    raise Wrong(f"{c} is not met by {again[c.quantity]!r}")
    if "npv" in problem.model and not set(CLOSED_FORMS.values()) & set(study.base_settings) and rng.random() < 0.3:
        with refusals():
            try:
                cash_flow(problem, design)
            except UserError:
                return


def columns_of(problem: Problem, columns: Mapping[str, Any]) -> dict[str, Any]:
    return {v.name: columns[v.name] for v in problem.variables}


def check_proof(rng: random.Random, study: Study, answer: Answer, columns: Mapping[str, Any]) -> None:
    """Random designs that the proof covers must not lie beyond its bound."""
    problem = study.problem
    if len(problem.objectives) > 1 or problem.statistics:
        return
    count = len(next(iter(columns.values()), ()))
    generator = np.random.default_rng(rng.randrange(1 << 30))
    designs = {v.name: v.values_at(generator.random(2048)) for v in problem.variables}
    if getattr(study.engine, "solver", "") == "highs":
        # The proof covers the options of a catalogue: those of the designs found, with other amounts.
        amounts = {*problem.amounts.values(), *problem.count.values()}
        if not count:
            return
        for v in problem.variables:
            if v.name not in amounts:
                designs[v.name] = np.full(2048, columns[v.name][int(problem.scores(columns)[:, 0].argmax())])
    broken = Broken(2048)
    quantities = problem.evaluate(problem.canonical(designs), broken=broken)
    feasible = problem.feasible(quantities) & ~broken.mask
    if not feasible.any():
        return
    if answer.status == "infeasible":
        raise Wrong("said to be infeasible, but a random design is feasible")
    best = float(problem.scores(quantities)[feasible, 0].max())
    bound = answer.certificate.facts[0].bound if answer.certificate else np.inf
    if best > bound and not is_close(best, bound, 1e-6):
        raise Wrong(f"a random design reaches {best}, beyond the proved bound {bound}")


# Mutations: each changes the data of a study, and returns a check of what the study then means.


def text_of(rng: random.Random, number: float, name: str) -> tuple[str, float]:
    """A number with its unit as people may write it, and its value in SI."""
    written = rng.choice([f"{number:.5g}", f"{number:.8f}".rstrip("0"), f"{number:.4e}"])
    return f"{written}{rng.choice([' ', '  ', ''] if name[0].isalpha() else [' '])}{name}", si(float(written), name)


def units_like(name: str) -> list[str]:
    """Units of the same dimension, without offset."""
    like = [other for other in _table() if unit(other).dimension == unit(name).dimension and not unit(other).offset]
    return [] if unit(name).offset else [other for other in like if other not in ("1", "$", "") and other != name]


def value(rng: random.Random, base: Base, data: Data) -> Check | None:
    """Another value of a parameter, in the range of its sources or beyond."""
    if not base.parameters:
        return None
    p = rng.choice(base.parameters)
    span = p.high - p.low
    number = rng.uniform(p.low, p.high) if rng.random() < 0.8 else rng.uniform(p.low - span, p.high + span)
    name = rng.choice([p.unit, *units_like(p.unit)]) if p.unit != "1" else "%"
    text, expected = text_of(rng, in_unit(number, name), name)
    data.setdefault("parameters", {})[p.name] = text

    def check(study: Study) -> None:
        found = study.settings[p.name].value
        if not is_close(found, expected, 1e-12):
            raise Wrong(f"{p.name}: {text} is read as {found!r}, not {expected!r}")

    return check


def other_unit(rng: random.Random, base: Base, data: Data) -> Check | None:
    """The same number of a parameter in another unit: of another size, or of another dimension, which is refused."""
    if not base.parameters:
        return None
    p = rng.choice(base.parameters)
    number, fits = in_unit(float(base.study.settings[p.name].value), p.unit), rng.random() < 0.8
    like = [u for u in units_like(p.unit) if 0.2 < si(1, u) / si(1, p.unit) < 5 and si(1, u) != si(1, p.unit)]
    unlike = [u for u in _table() if unit(u).dimension != unit(p.unit).dimension]
    if fits and not like:
        return None
    name = rng.choice(like if fits else unlike)
    text, expected = f"{number:.6g} {name}", si(float(f"{number:.6g}"), name)
    data.setdefault("parameters", {})[p.name] = text

    def check(study: Study) -> None:
        found = study.settings[p.name].value
        if not fits or not is_close(found, expected, 1e-12):
            raise Wrong(f"{p.name}: {text} is read as {found!r}, not {expected!r}")

    return check


def rewritten_unit(rng: random.Random, base: Base, data: Data) -> Check | None:
    """Ranges in other units that mean the same: the problem must be the same."""
    changed = False
    for spec in data.get("variables", {}).values():
        for key in ("low", "high", "step"):
            written = _QUANTITY.fullmatch(str(spec.get(key) or "")) if isinstance(spec, dict) else None
            if written and written[2] and not written[2].startswith("launch") and (like := units_like(written[2])):
                spec[key] = f"{in_unit(si(float(written[1]), written[2]), name := rng.choice(like))!r} {name}"
                changed = True

    def check(study: Study) -> None:
        for v, before in zip(study.problem.variables, base.study.problem.variables, strict=True):
            if not (is_close(v.low, before.low, 1e-12) and is_close(v.high, before.high, 1e-12)):
                raise Wrong(f"{v.name} has the range {v.low} to {v.high}, before it was written otherwise {before}")

    return check if changed else None


def range_(rng: random.Random, base: Base, data: Data) -> Check | None:
    """Another range or fewer choices of a variable."""
    if not data.get("variables"):
        return None
    name = rng.choice(sorted(data["variables"]))
    spec = data["variables"][name]
    for key in ("choices", "presets"):
        if isinstance(spec.get(key), list) and len(spec[key]) > 1:
            gone = spec[key].pop(rng.randrange(len(spec[key])))
            return partial(check_choices, name, gone, len(spec[key]))
    v = next(v for v in base.study.problem.variables if v.name == name)
    if "low" not in spec or v.high <= v.low:
        return None
    span, unit_name = v.high - v.low, v.unit
    low, high = v.low + rng.uniform(-0.1, 0.45) * span, v.high + rng.uniform(-0.45, 0.2) * span
    low, high = (round(in_unit(x, unit_name)) if v.values is not None else in_unit(x, unit_name) for x in (low, high))
    spec.pop("step", None)
    spec.pop("unit", None)
    shown = "" if unit_name == "1" else f" {unit_name}"
    spec["low"], spec["high"] = f"{low:.6g}{shown}", f"{high:.6g}{shown}"
    expected = (si(float(f"{low:.6g}"), unit_name), si(float(f"{high:.6g}"), unit_name))

    def check(study: Study) -> None:
        found = next(v for v in study.problem.variables if v.name == name)
        if not (is_close(found.low, expected[0], 1e-9) and is_close(found.high, expected[1], 1e-9)):
            raise Wrong(f"{name}: {spec} is read as {found.low} to {found.high}, not {expected}")

    return check


def check_choices(name: str, gone: str, count: int, study: Study) -> None:
    found = next(v for v in study.problem.variables if v.name == name)
    if len(found.choices) != count:
        raise Wrong(f"{name} without {gone} has the choices {found.choices}")


def objective(rng: random.Random, base: Base, data: Data) -> Check | None:
    """Another objective, a further one, the other sense, or one less."""
    lines = [data["objectives"]] if isinstance(data["objectives"], str) else list(data["objectives"])
    names = rng.sample(base.quantities, 2)
    quantity = rng.choice([names[0], names[0], f"{names[0]} / {names[1]}", f"sqrt({names[0]})"])
    sense = rng.choice(["maximize", "minimize"])
    match rng.randrange(4):
        case 0:
            lines[rng.randrange(len(lines))] = f"{sense} {quantity}"
        case 1:
            lines.insert(0, f"{sense} {quantity}")
        case 2:
            i = rng.randrange(len(lines))
            flipped = {"maximize": "minimize", "minimize": "maximize"}
            lines[i] = f"{flipped[lines[i].split()[0]]} {lines[i].split(maxsplit=1)[1]}"
        case 3:
            if len(lines) == 1:
                return None
            del lines[rng.randrange(len(lines))]
    data["objectives"] = lines

    def check(study: Study) -> None:
        senses = [line.split()[0] for line in lines]
        if [o.sense for o in study.problem.objectives] != senses:
            raise Wrong(f"{lines} is read as {study.problem.objectives}")

    return check


def constraint(rng: random.Random, base: Base, data: Data) -> Check | None:
    """A further constraint, with a limit near the value of the base design or of the best design."""
    name = rng.choice([*base.quantities, *(v.name for v in base.study.problem.variables if not v.labels)])
    unit_name = base.study.problem.unit(name)
    now = float(np.asarray(base.base_values.get(name, np.nan), float).max())
    if base.count and name in base.columns:
        now = float(base.columns[name][int(np.argmax(base.study.problem.scores(base.columns)[:, 0]))])
    if not np.isfinite(now) or unit(unit_name).offset:
        return None
    factor = rng.choice([rng.uniform(0.75, 0.99), rng.uniform(1.01, 1.25)])
    excludes = "<=" if (factor < 1) == (now > 0) else ">="  # three times out of four, what is best now
    sign = rng.choice([excludes, excludes, "<=", ">="])
    number = in_unit(now * factor, unit_name)
    text, expected = text_of(rng, number, unit_name) if unit_name != "1" else (f"{number:.6g}", float(f"{number:.6g}"))
    lines = data.get("constraints") or []
    data["constraints"] = [*([lines] if isinstance(lines, str) else lines), f"{name} {sign} {text}"]

    def check(study: Study) -> None:
        found = study.problem.constraints[-1] if study.problem.constraints else None
        limits = [(c.quantity, c.sense, c.limit) for c in study.problem.constraints]
        if not any(q == name and s == sign and is_close(limit, expected, 1e-12) for q, s, limit in limits):
            raise Wrong(f"{name} {sign} {text} is read as {found}")

    return check


def preset(rng: random.Random, base: Base, data: Data) -> Check | None:
    """A further preset, or one less."""
    items = data.get("presets") or []
    items = [items] if isinstance(items, (str, dict)) else list(items)
    if items and rng.random() < 0.3:
        del items[rng.randrange(len(items))]
        data["presets"] = items
        return lambda study: None
    library = Library.shipped()
    known_presets = [library.presets[each] for each in sorted(library.presets)]
    effective = [each.name for each in known_presets if base.reached & {*each.values}]
    name = rng.choice(effective if effective and rng.random() < 0.9 else [each.name for each in known_presets])
    group = library.presets[name].group
    known = [each if isinstance(each, str) else "" for each in items]
    items = [each for each in items if not group or not isinstance(each, str) or each not in library.presets
             or library.presets[each].group != group]  # fmt: skip
    data["presets"] = [*items, name]

    def check(study: Study) -> None:
        if name not in study.preset_names:
            raise Wrong(f"the preset {name} is not taken; before: {known}")

    return check


def engine(rng: random.Random, base: Base, data: Data) -> Check | None:
    """Another engine, or another budget."""
    one_objective = len(base.study.problem.objectives) == 1
    is_exact = rng.random() < 0.25 and one_objective and len(base.study.problem.variables) > 1
    data["engine"] = dict(rng.choice(EXACT if is_exact else FAST))
    if not is_exact:
        data["engine"]["evaluations"] = str(rng.randrange(30, 800))
    wanted = data["engine"]["name"]

    def check(study: Study) -> None:
        if study.engine.name != wanted:
            raise Wrong(f"{data['engine']} is read as {study.engine}")

    return check


MUTATIONS = [value, other_unit, rewritten_unit, range_, objective, constraint, preset, engine]
