"""The calculator: one HTML file in which the assumptions of a design are moved and its numbers follow at once.

The page holds the equations as JavaScript, written from the tape. It computes a few designs when it opens and compares
them with what numpy gave; if they differ, it turns itself off and says so.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sunfront import display
from sunfront.library.architectures import COST_ELEMENTS, apply_presets, resolve
from sunfront.library.model import Model
from sunfront.report.html import render_page
from sunfront.report.live import RANKED_BY, checked, find_inputs, find_relations, live_data, ranked
from sunfront.runs.ground import CARRIED_LISTS, GROUND, SHOWN, carried, is_comparable
from sunfront.study.study import Study
from sunfront.tape.javascript import runtime, to_javascript
from sunfront.tape.recording import record
from sunfront.tape.tape import Tape

#: What the page shows first, where the architecture has it.
HEADLINES = ("compute_cost", "roi", "npv", "irr", "payback_time", "capex", "annual_revenue", "sold_power")

#: The ground that is shown beside a design that stands elsewhere.
GRID = "grid"


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
    moved = find_inputs(study, settings)
    tape = record(model, given, moved, wanted)
    inputs = [moved[name] for name in tape.inputs]
    ranking = [name for name in (*aims, RANKED_BY) if name in wanted] or wanted[:1]
    ground = _ground(study, given, [*tape.inputs, *wanted])
    headlines = [name for name in dict.fromkeys((*aims, *HEADLINES)) if name in wanted]
    costs = [name for name in COST_ELEMENTS if name in wanted]
    told = {*headlines, *costs, *(c.quantity for c in limits)}

    def compute(values: Mapping[str, Any]) -> list[Any]:
        found = model.evaluate({**given, **values}, wanted)
        return [*(found[name] for name in wanted), *(ground.compute(found) if ground else ())]

    data = {
        # As a report without designs.
        "columns": [],
        "table_rows": [],
        "front": [],
        "values": {},
        "highlighted": {},
        "quantities": {},
        "live": live_data(model, inputs, ranked(tape, given, inputs, ranking), wanted, told)
        | {
            "relations": find_relations(study.arch.library, given, tape.inputs),
            "check": checked(inputs, compute),
            "ground": ground.tape.inputs if ground else [],
        },
        "headlines": headlines,
        "costs": costs,
        "limits": [[c.quantity, c.sign, c.limit, str(c)] for c in limits],
        # Moved, another value would settle what these have; the command says what they are here.
        "kept": {
            name: display.as_written(value, settings[name].unit)
            for name, spec in study.variables.items()
            if spec.when is not None and name in settings and not isinstance(value := settings[name].value, tuple)
        },
        "command": command,
    }
    tapes = {"model": tape, "roots": record(model, given, (), ()), **({"ground": ground.tape} if ground else {})}
    program = runtime() + "".join(to_javascript(each, name) for name, each in tapes.items())
    title = study.question or f"{study.arch.title}: the base design"
    about = {"ranked": display.phrase(ranking[0]), "of_design": "this design"}
    return render_page("calculator", data, program, title=title, study=study, **about)


@dataclass(frozen=True)
class _Ground:
    """The same chips on the grid: cost and return, from what the page knows of the design."""

    model: Model
    given: Mapping[str, Any]
    tape: Tape

    def compute(self, found: Mapping[str, Any]) -> list[Any]:
        """Return cost and return there, with what is carried of the quantities found."""
        there = {name: found[name] for name in self.tape.inputs}
        with np.errstate(all="ignore"):
            values = self.model.evaluate({**self.given, **there}, SHOWN)
        return [values[name] for name in SHOWN]


def _ground(study: Study, given: Mapping[str, Any], known: Collection[str]) -> _Ground | None:
    if not is_comparable(study.arch):
        return None
    arch = apply_presets(study.library.architectures[GROUND], [GRID])
    own = {name: setting.value for name, setting in resolve(arch, [GRID]).items()}
    own |= {name: given[name] for name in (*carried(arch, given), *CARRIED_LISTS) if name in given}
    return _Ground(arch.model, own, record(arch.model, own, carried(arch, known), SHOWN))
