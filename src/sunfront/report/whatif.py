"""What-if in the report of a run: its page computes the designs anew with moved assumptions, by JavaScript."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunfront import display
from sunfront.analysis.budgets import SPLITS, Budget, budgets
from sunfront.errors import SunfrontError
from sunfront.library.parameters import parse_yaml
from sunfront.problem.problem import Problem
from sunfront.report import sentences
from sunfront.report.elasticities import MAX_DESIGNS, elasticity_data
from sunfront.report.live import (
    RANKED_BY,
    checked,
    find_inputs,
    find_relations,
    live_data,
    pack_doubles,
    ranked,
    variable_input,
)
from sunfront.report.live_cash import CURVES, OVER, cash_data, cash_quantities, cash_tape
from sunfront.report.page_data import COSTS, NODE_AREAS, highlighted_rows, ordered_columns, shown_rows
from sunfront.root import Root
from sunfront.runs.files import STUDY
from sunfront.runs.folder import yaml_text
from sunfront.runs.run import Run
from sunfront.tape.javascript import runtime, to_javascript
from sunfront.tape.listing import to_listing
from sunfront.tape.recording import record
from sunfront.tape.tape import follow
from sunfront.units import unit

#: Assumptions that a memo lists.
IN_MEMO = 10


@dataclass(frozen=True)
class WhatIf:
    """What a report needs to compute its designs itself.

    Attributes:
        data: For the scripts; None if the page cannot.
        program: The equations as JavaScript.
        ranked: By which quantity the assumptions are sorted, in words.
        first: Names of those that matter most to it, for the memo.
        refusal: Why the page cannot, as a sentence; empty if it can, or if there is no design.
    """

    data: Mapping[str, Any] | None = None
    program: str = ""
    ranked: str = ""
    first: Sequence[str] = ()
    refusal: str = ""


def what_if(run: Run) -> WhatIf:
    """Write down what the page of a run needs to compute its designs with other assumptions."""
    if run.results.front.empty or run.results.record.sensitivity is not None:
        return WhatIf()
    try:
        if run.study.problem.statistics:
            return replace(
                _nominal_ranking(run),
                refusal="What-if is off: the study asks for statistics, which need a thousand samples of each design.",
            )
        return _what_if(run, shown_rows(run.results), ordered_columns(run.results))
    except SunfrontError as error:
        return WhatIf(refusal=f"What-if is off: {error}.")


def _main_design(run: Run) -> dict[str, float]:
    """The variables of the design to look at first; SI and USD."""
    main = int(run.results.front_rows[sentences.main_suggestion(run.results)[1]])
    return {v.name: float(run.results.designs[v.name].iloc[main]) for v in run.study.problem.variables}


def _nominal_ranking(run: Run) -> WhatIf:
    """Which assumptions matter most to the quantities of the objectives at nominal values, the uncertain ones too."""
    problem, study = run.study.problem, run.study
    model, given = problem.model, {**problem.values, **_main_design(run)}
    sought = [name for name in (*(o.quantity for o in problem.objectives), RANKED_BY) if name in model]
    aims = [name for name in sought if not isinstance(model[name], Root) and model.has_meaning(name, given)]
    if not aims:
        return WhatIf()
    known = {name: each for name, each in find_inputs(study, study.settings).items() if each.role == "assumption"}
    tape = record(model, given, known, aims)
    inputs = [each for name, each in known.items() if name in tape.inputs]
    order = ranked(tape, given, inputs, aims)
    return WhatIf(
        ranked=f"{display.phrase(aims[0])} at nominal values", first=[inputs[i].name for i in order[:IN_MEMO]]
    )


def _what_if(run: Run, rows: NDArray[Any], columns: Sequence[str]) -> WhatIf:
    problem, study, results = run.study.problem, run.study, run.results
    model = problem.model
    suggested = sentences.main_suggestion(results)[1]
    design = _main_design(run)
    given = {**problem.values, **design}
    of_cash = cash_quantities(run, suggested, given)
    wanted = list(dict.fromkeys([*_wanted(problem, columns, budgets(run), given), *of_cash]))
    roots = [name for name in wanted if isinstance(model[name], Root)]
    plain = [name for name in wanted if name not in roots]
    # What leads to them is computed anyway; the page holds it to its physical range.
    plain += [eq.name for eq in model.order(given, plain) if eq.name not in wanted]
    known = {v.name: variable_input(v, design[v.name]) for v in problem.variables}
    for name, each in find_inputs(study, study.settings).items():
        if name in problem.values and name not in study.uncertain:
            known.setdefault(name, each)
    tapes = {"model": record(model, given, known, plain)}
    tapes["roots"] = follow(record(model, given, known, roots), tapes["model"])
    has_body = all(name in model for name in (*NODE_AREAS, "nodes", "stowed_volume"))
    flat = {**given, **dict.fromkeys(NODE_AREAS, 0.0)}
    tapes["body"] = record(model, flat, known, ["stowed_volume"] if has_body else [])
    cash = cash_tape(run, of_cash, given, known)
    used = ({name for tape in tapes.values() for name in tape.inputs} | {*cash.inputs} - {OVER}) & known.keys()
    inputs = [each for name, each in known.items() if name in used or name in design]
    names = tuple(each.name for each in inputs)
    outputs = [*plain, *roots]

    def compute(values: Mapping[str, Any]) -> list[Any]:
        found = model.evaluate({**given, **values}, outputs)
        body = [model.evaluate({**flat, **values}, ["stowed_volume"])["stowed_volume"]] if has_body else []
        curves = model.evaluate({**given, **values, OVER: given[OVER]}, CURVES) if of_cash else {}
        return [*(found[name] for name in outputs), *body, *(curves[name] for name in CURVES if of_cash)]

    aims = [name for name in (*(o.quantity for o in problem.objectives), RANKED_BY) if name in plain] or plain[:1]
    data = live_data(model, inputs, ranked(tapes["model"], given, inputs, aims), outputs, None)
    objective = problem.objectives[0].quantity
    whole = tapes["model"] if objective in plain else record(model, given, known, [objective])
    stored = rows if len(results.front_rows) <= MAX_DESIGNS else np.array(list(highlighted_rows(results).values()))
    stored = np.intersect1d(stored, results.front_rows)
    designs = {
        int(np.searchsorted(rows, row)): {name: float(results.designs[name].iloc[row]) for name in design}
        for row in stored
    }
    batch = [name for name in columns if name in plain and name not in tapes["model"].searched]
    data |= {
        "elasticities": elasticity_data(whole, given, designs, inputs, objective),
        "batch": to_listing(record(model, given, known, batch), names),
        "relations": find_relations(study.arch.library, given, [name for name in names if name not in design]),
        "check": checked(inputs, compute),
        "ground": [],
        "cash": cash_data(of_cash, given, names, cash),
        "date": float(given.get(OVER, 0.0)),
        "designs": {name: pack_doubles(results.designs[name].to_numpy(float)[rows]) for name in design},
        "labels": {v.name: v.labels for v in problem.variables if v.labels},
        "axes": _axes(problem),
        # Counts that are fractions in some design: no command takes them.
        "fractions": [
            name
            for name in design
            if (p := study.arch.library.parameters.get(name)) and p.whole and not known[name].is_whole
        ],
        "study": _study(run),
        "unsized": _unsized(problem, roots),
        "command": "sunfront evaluate study.yaml",
    }
    ordered = {"model": names, "roots": (*names, *tapes["model"].outputs), "body": names}
    programs = [to_javascript(replace(tape, inputs=ordered[key]), key) for key, tape in tapes.items()]
    program = runtime() + "".join(programs) + to_javascript(cash, "cash")
    first = [inputs[i].name for i in data["assumptions"][:IN_MEMO]]
    return WhatIf(data, program, display.phrase(aims[0]), first)


def _wanted(
    problem: Problem, columns: Iterable[str], found: Mapping[str, Budget], given: Mapping[str, Any]
) -> list[str]:
    """Quantities that the page shows of a design."""
    totals = [name for key in found for name in (SPLITS[key].total, SPLITS[key].per) if name]
    parts = [name for budget in found.values() for name in budget.parts]
    shown = dict.fromkeys([*columns, *totals, *parts, *NODE_AREAS, "nodes", *COSTS])
    return [name for name in shown if name in problem.model and problem.model.has_meaning(name, given)]


def _axes(problem: Problem) -> dict[str, dict[str, Any]]:
    """Range and grid of the variables that may be axes of a map, in display units; a step of zero is none."""
    found = {}
    for v in problem.variables:
        if not v.labels:
            low, high = (float(unit(v.unit).from_si(end)) for end in (v.low, v.high))
            step = v.step / unit(v.unit).factor if v.step is not None and v.size is not None else 0.0
            last = low + step * (v.size - 1) if step and v.size is not None else high
            choices = unit(v.unit).from_si(np.array(v.choices)).tolist()
            found[v.name] = {"low": low, "high": last, "step": step, "choices": choices}
    return found


def _unsized(problem: Problem, roots: Collection[str]) -> str:
    """Why the page cannot size designs anew, as a sentence; empty if it can."""
    if sought := [name for name in problem.criterion_names if name in roots]:
        return f"The page cannot size designs anew: {sought[0]} is a root, which takes too long to search."
    if problem.conditions:
        return (
            f"The page cannot size designs anew: {problem.conditions[0].variable} is a variable in some of them only."
        )
    return "" if problem.variables else "The study has no variables to size anew."


def _study(run: Run) -> dict[str, Any]:
    """The study's file for the page to write again: its text without what moved values change, and those keys."""
    data = parse_yaml((run.folder / STUDY).read_text("utf-8"))
    keys = {key: data.pop(key, {}) for key in ("parameters", "design")}
    return {"text": yaml_text(data), **keys}
