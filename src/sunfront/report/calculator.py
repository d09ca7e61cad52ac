"""The calculator: one HTML file in which the assumptions of a design are moved and its numbers follow at once.

The page holds the equations as JavaScript, written from the tape. It computes a few designs when it opens and compares
them with what numpy gave; if they differ, it turns itself off and says so.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sunfront import display
from sunfront.equation import NOT_NEGATIVE, Equation
from sunfront.library.architectures import COST_ELEMENTS, Setting, apply_presets, resolve
from sunfront.library.groups import relations
from sunfront.library.model import Model
from sunfront.report.html import render_page
from sunfront.runs.ground import CARRIED_LISTS, GROUND, SHOWN, carried, is_comparable
from sunfront.study.study import Study
from sunfront.tape.derivatives import gradient
from sunfront.tape.javascript import runtime, to_javascript
from sunfront.tape.recording import record
from sunfront.tape.tape import Tape
from sunfront.units import parse, unit

#: What the page shows first, where the architecture has it.
HEADLINES = ("compute_cost", "roi", "npv", "irr", "payback_time", "capex", "annual_revenue", "sold_power")

#: By this the assumptions are sorted, unless the study has an objective without a statistic.
RANKED_BY = "compute_cost"

#: Sliders shown before the others.
FIRST_ASSUMPTIONS, FIRST_DECISIONS = 8, 5

#: The ground that is shown beside a design that stands elsewhere.
GRID = "grid"

#: Tax and loan are no sliders of a page without them: they would make it a third larger.
FINANCING = ("tax_rate", "debt_share")

#: Designs that the page computes when it opens, besides the base design.
CHECKS = 2

#: The golden ratio: its multiples are spread over [0, 1), the same in Python and in JavaScript.
SPREAD = 0.6180339887498949


def render_calculator(study: Study, command: str) -> str:
    """Render the page of a study's base design.

    Args:
        command: The command that prints the base design; the page adds the values that are moved.
    """
    settings, model = study.base_settings, study.arch.model
    given = {name: setting.value for name, setting in settings.items()}
    limits = [c for c in study.problem.constraints if c.statistic is None and c.quantity in model]
    aims = [o.quantity for o in study.problem.objectives if o.statistic is None and o.quantity in model]
    shown = [*aims, *(c.quantity for c in limits), *HEADLINES, *COST_ELEMENTS, *study.arch.metrics]
    wanted = [name for name in dict.fromkeys(shown) if name in model and model.has_meaning(name, given)]
    # What leads to them is computed anyway; the page holds it to its physical range.
    wanted = [*wanted, *(eq.name for eq in model.order(given, wanted) if eq.name not in wanted)]
    off = {name for name in FINANCING if name in given and given[name] == 0}
    moved = [name for name, setting in settings.items() if _has_range(study, setting) and name not in off]
    tape = record(model, given, moved, wanted)
    ranges = {name: _range(study, settings[name]) for name in tape.inputs}
    ranked = next((name for name in (*aims, RANKED_BY) if name in wanted), wanted[0])
    order = _ranked(tape, given, ranges, ranked)
    ground = _ground(study, given, [*tape.inputs, *wanted])
    headlines = [name for name in dict.fromkeys((*aims, *HEADLINES)) if name in wanted]
    costs = [name for name in COST_ELEMENTS if name in wanted]
    units = _Units(study)
    data = {
        # As a report without designs.
        "columns": [],
        "table_rows": [],
        "front": [],
        "values": {},
        "highlighted": {},
        "inputs": [units.described(name) for name in tape.inputs],
        "ranges": [_moves(settings[name], *ranges[name]) for name in tape.inputs],
        "choices": {n: p.choices for n in tape.inputs if (p := settings[n].parameter) and p.choices},
        "assumptions": [i for i in order if _role(settings[tape.inputs[i]]) == "assumption"],
        "decisions": [i for i in order if _role(settings[tape.inputs[i]]) != "assumption"],
        "first": [FIRST_ASSUMPTIONS, FIRST_DECISIONS],
        "outputs": [units.described(n, n in {*headlines, *costs, *(c.quantity for c in limits)}) for n in wanted],
        "units": units.found,
        "capitals": display.CAPITALS,
        "headlines": headlines,
        "costs": costs,
        "limits": [[c.quantity, c.sign, c.limit, str(c)] for c in limits],
        "physical": {name: ends for name in wanted if (ends := _physical(model[name])) is not None},
        "valid": _valid(study, wanted, [*tape.inputs, *wanted]),
        "relations": _relations(study, given, tape.inputs),
        "check": _checks(study, tape, ground, given, ranges),
        "ground": ground.tape.inputs if ground else [],
        # Moved, another value would settle what these have; the command says what they are here.
        "kept": {
            name: display.as_written(value, settings[name].unit)
            for name, spec in study.variables.items()
            if spec.when is not None and name in settings and not isinstance(value := settings[name].value, tuple)
        },
        "command": command,
    }
    program = runtime() + to_javascript(tape, "model") + (to_javascript(ground.tape, "ground") if ground else "")
    title = study.question or f"{study.arch.title}: the base design"
    return render_page("calculator", data, program, title=title, study=study, ranked=display.phrase(ranked))


def _role(setting: Setting) -> str:
    return setting.parameter.role if setting.parameter else "decision"


def _has_range(study: Study, setting: Setting) -> bool:
    if isinstance(setting.value, tuple) or setting.name in study.preset_variables:
        return False
    low, high = _range(study, setting)
    # A count below one is one over a whole number; the page moves whole numbers alone.
    return low < high and not (setting.parameter and setting.parameter.whole and low < 1)


def _range(study: Study, setting: Setting) -> tuple[float, float]:
    """Return the range over which a value is moved: that of its sources, of a variable its own; with the value."""
    variable = next((v for v in study.resolved_variables if v.name == setting.name and not v.labels), None)
    known = setting.parameter
    value = float(setting.value) if not isinstance(setting.value, tuple) else np.nan
    if variable is not None:
        ends = [variable.low, variable.high]
    elif known is not None and known.low is not None and known.high is not None and known.role != "constant":
        ends = [known.low, known.high]
    else:
        return value, value
    return min(*ends, value), max(*ends, value)


def _ranked(
    tape: Tape, given: Mapping[str, Any], ranges: Mapping[str, tuple[float, float]], quantity: str
) -> list[int]:
    """Return the inputs, those first whose range moves the quantity most, by its derivative in the base design."""
    slopes = gradient(tape, given, quantity)
    moves = [abs(float(slopes[name])) * (ranges[name][1] - ranges[name][0]) for name in tape.inputs]
    return sorted(range(len(moves)), key=lambda i: -moves[i] if np.isfinite(moves[i]) else 0.0)


class _Units:
    """Units of quantities, each once: scales, name in a study, and SI = factor x shown + zero."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.found: list[dict[str, Any]] = []
        self.numbers: dict[str, int] = {}

    def described(self, name: str, is_shown: bool = True) -> list[Any]:
        """Return name, number of the unit, and what a tooltip tells of a quantity: summary and source."""
        setting, model = self.study.base_settings.get(name), self.study.arch.model
        shown = setting.unit if setting else model[name].unit
        if shown not in self.numbers:
            self.numbers[shown] = len(self.found)
            zero, one = (unit(shown).to_si(x) for x in (0.0, 1.0))
            text = "" if shown == "1" else shown
            scales = display.unit_scales(shown)
            self.found.append({"text": text, "scales": scales, "factor": one - zero, "zero": zero})
        about = [model[name].summary if name in model else "", setting.source if setting else model[name].source]
        return [name, self.numbers[shown], *(about if is_shown else [])]


def _moves(setting: Setting, low: float, high: float) -> list[Any]:
    """Return value, range, allowed range (None where it is open) and whether it is a count; SI and USD."""
    known = setting.parameter
    allowed = known.allowed if known and known.allowed else (-np.inf, np.inf)
    finite = [end if np.isfinite(end) else None for end in allowed]
    return [setting.value, low, high, *finite, int(bool(known and known.whole))]


def _end(text: str, shown: str) -> float | str | None:
    """Return an end of a range for the page: SI, the name of a quantity, or None where it is open."""
    if text in ("inf", "-inf"):
        return None
    if text == "0":
        return 0.0
    return text if text.isidentifier() else parse(text, shown, "range")


def _physical(eq: Equation) -> list[float | str | None] | None:
    """Return the ends of a quantity's physical range; None if it is at least zero, as most are."""
    return None if eq.within == NOT_NEGATIVE else [_end(end, eq.unit) for end in eq.within]


def _valid(study: Study, wanted: Iterable[str], names: Collection[str]) -> list[list[Any]]:
    """Return the ranges in which the equations hold: equation, input, and its ends."""
    found = []
    for eq in (study.arch.model[name] for name in wanted):
        for name, ends in eq.valid.items():
            if name in names:
                shown = study.arch.model[name].unit if name in study.arch.model else study.base_settings[name].unit
                found.append([eq.name, name, *(_end(end, shown) for end in ends)])
    return found


def _relations(study: Study, given: Mapping[str, Any], inputs: Sequence[str]) -> list[dict[str, Any]]:
    """Return what must hold between values that are moved: a sum that is not positive, and the text."""
    found = []
    for relation in relations(study.arch.library):
        if all(name in given for name in relation.names) and not set(inputs).isdisjoint(relation.names):
            terms = [(name, k) for name, k in relation.small.terms.items()]
            terms += [(name, -k) for name, k in relation.large.terms.items()]
            rest = sum(k * float(given[name]) for name, k in terms if name not in inputs)
            found.append({"text": str(relation), "terms": [t for t in terms if t[0] in inputs], "rest": rest})
    return found


@dataclass(frozen=True)
class _Ground:
    """The same chips on the grid: cost and return, from what the page knows of the design."""

    model: Model
    given: Mapping[str, Any]
    tape: Tape


def _ground(study: Study, given: Mapping[str, Any], known: Collection[str]) -> _Ground | None:
    if not is_comparable(study.arch):
        return None
    arch = apply_presets(study.library.architectures[GROUND], [GRID])
    own = {name: setting.value for name, setting in resolve(arch, [GRID]).items()}
    own |= {name: given[name] for name in (*carried(arch, given), *CARRIED_LISTS) if name in given}
    return _Ground(arch.model, own, record(arch.model, own, carried(arch, known), SHOWN))


def _checks(
    study: Study,
    tape: Tape,
    ground: _Ground | None,
    given: Mapping[str, Any],
    ranges: Mapping[str, tuple[float, float]],
) -> dict[str, Any]:
    """Return what numpy gives for the base design and for a few others, base64 of 64-bit floats (designs, outputs).

    Outputs of the ground come after those of the design.
    """
    values = {name: [float(given[name])] for name in tape.inputs}
    for i, name in enumerate(tape.inputs):
        low, high = ranges[name]
        known = study.base_settings[name].parameter
        for k in range(1, CHECKS + 1):
            share = ((i + 1) * SPREAD + k * 0.3) % 1.0
            stays = known is not None and (known.whole or known.choices)
            values[name].append(float(given[name]) if stays else low + share * (high - low))
    count = CHECKS + 1
    with np.errstate(all="ignore"):
        arrays = {name: np.array(column) for name, column in values.items()}
        found = study.arch.model.evaluate({**given, **arrays}, list(tape.outputs))
    columns = [np.broadcast_to(np.asarray(found[name], float), count) for name in tape.outputs]
    if ground is not None:
        there = {name: found[name] for name in ground.tape.inputs}
        with np.errstate(all="ignore"):
            values_there = ground.model.evaluate({**ground.given, **there}, SHOWN)
        columns += [np.broadcast_to(np.asarray(values_there[name], float), count) for name in SHOWN]
    packed = base64.b64encode(np.ascontiguousarray(np.stack(columns, axis=1), "<f8").tobytes()).decode("ascii")
    return {"designs": count, "spread": SPREAD, "values": packed}
