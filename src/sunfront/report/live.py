"""What a page needs to compute designs itself: values that are moved, their ranges, units, limits of validity.

The page holds the equations as JavaScript, written from tapes. When it opens it computes a few designs and compares
them with what numpy gave.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sunfront import display
from sunfront.arrays import Array
from sunfront.equation import NOT_NEGATIVE, Equation
from sunfront.library.architectures import Setting
from sunfront.library.groups import relations
from sunfront.library.library import Library
from sunfront.library.model import Model
from sunfront.problem.variables import Variable
from sunfront.report.descriptions import summary_of
from sunfront.root import Root
from sunfront.study.study import Study
from sunfront.tape.derivatives import gradient
from sunfront.tape.tape import Tape
from sunfront.units import parse, unit

#: By this the assumptions are sorted, unless the study has an objective without a statistic.
RANKED_BY = "compute_cost"

#: Sliders shown before the others.
FIRST_ASSUMPTIONS, FIRST_DECISIONS = 8, 5

#: Tax and loan are no sliders of a page without them: they would make it a third larger.
FINANCING = ("tax_rate", "debt_share")

#: Designs that the page computes when it opens, besides the base design.
CHECKS = 2

#: The golden ratio: its multiples are spread over [0, 1), the same in Python and in JavaScript.
SPREAD = 0.6180339887498949


@dataclass(frozen=True)
class Input:
    """A value that a page moves, or in which its designs differ; SI and USD.

    Attributes:
        low, high: The range of its sources; of a variable its own.
        unit: Display unit.
        role: ``assumption``, ``decision`` or ``constant``, as of a parameter; ``variable`` of what differs by design.
        least, most: The range that is allowed.
        is_whole: It counts whole things, or is the number of a choice.
        choices: The only values that are allowed; empty if there are others.
    """

    name: str
    value: float
    low: float
    high: float
    unit: str
    source: str
    role: str
    least: float = -np.inf
    most: float = np.inf
    is_whole: bool = False
    choices: tuple[float, ...] = ()


def find_inputs(study: Study, settings: Mapping[str, Setting]) -> dict[str, Input]:
    """Return the settings that can be moved: those with a range, by name."""
    values = {name: setting.value for name, setting in settings.items()}
    off = {name for name in FINANCING if name in values and values[name] == 0}
    found = {name: _input(study, setting) for name, setting in settings.items() if name not in off}
    return {name: each for name, each in found.items() if each is not None}


def _input(study: Study, setting: Setting) -> Input | None:
    if isinstance(setting.value, tuple) or setting.name in study.preset_variables:
        return None
    variable = next((v for v in study.resolved_variables if v.name == setting.name and not v.labels), None)
    known, value = setting.parameter, float(setting.value)
    if variable is not None:
        ends = [variable.low, variable.high, value]
    elif known is not None and known.low is not None and known.high is not None and known.role != "constant":
        ends = [known.low, known.high, value]
    else:
        return None
    low, high = min(ends), max(ends)
    is_whole = bool(known and known.whole)
    # A count below one is one over a whole number; the page moves whole numbers alone.
    if low == high or (is_whole and low < 1):
        return None
    least, most = known.allowed if known and known.allowed else (-np.inf, np.inf)
    return Input(
        setting.name,
        value,
        low,
        high,
        setting.unit,
        setting.source,
        known.role if known else "decision",
        least,
        most,
        is_whole,
        tuple(known.choices) if known and known.choices else (),
    )


def variable_input(variable: Variable, value: float) -> Input:
    """Return a variable, in which the designs of a page differ, with its value in one of them."""
    return Input(
        variable.name,
        value,
        variable.low,
        variable.high,
        "1" if variable.labels else variable.unit,
        "a variable of this study",
        "variable",
        is_whole=bool(variable.labels) or not variable.is_continuous,
    )


def live_data(
    model: Model, inputs: Sequence[Input], order: Sequence[int], outputs: Sequence[str], told: Collection[str] | None
) -> dict[str, Any]:
    """Return what the scripts of a page need besides the written tapes.

    Args:
        inputs: Those of the tapes, in order.
        order: Numbers of the inputs, the first to be shown first.
        outputs: Quantities that the tapes compute, in order.
        told: Outputs whose summary and source the page shows; None if it has sources elsewhere.
    """
    units = _Units(model)
    names = {*outputs, *(each.name for each in inputs)}
    return {
        "inputs": [units.described(each.name, each.unit, *([] if told is None else [each.source])) for each in inputs],
        "ranges": [_numbers(each) for each in inputs],
        "choices": {each.name: each.choices for each in inputs if each.choices},
        "assumptions": [i for i in order if inputs[i].role == "assumption"],
        "decisions": [i for i in order if inputs[i].role not in ("assumption", "variable")],
        "first": [FIRST_ASSUMPTIONS, FIRST_DECISIONS],
        "outputs": [
            units.described(name, model[name].unit, *([model[name].source] if name in (told or ()) else []))
            for name in outputs
        ],
        "roots": [name for name in outputs if isinstance(model[name], Root)],
        "units": units.found,
        "capitals": display.CAPITALS,
        "physical": {name: ends for name in outputs if (ends := _physical(model[name])) is not None},
        "valid": _valid(model, outputs, {each.name: each.unit for each in inputs}, names),
    }


def ranked(tape: Tape, given: Mapping[str, Any], inputs: Sequence[Input], quantities: Iterable[str]) -> list[int]:
    """Return the numbers of inputs, those first whose range moves a quantity most, by its derivative in one design.

    Args:
        quantities: Among inputs that do not move the first, the second decides, and so on.
    """
    moves = []
    for quantity in quantities:
        slopes = gradient(tape, given, quantity)
        sizes = [abs(float(slopes.get(each.name, 0.0))) * (each.high - each.low) for each in inputs]
        moves.append([-size if np.isfinite(size) else 0.0 for size in sizes])
    return sorted(range(len(inputs)), key=lambda i: tuple(sizes[i] for sizes in moves))


def find_relations(library: Library, given: Mapping[str, Any], inputs: Iterable[str]) -> list[dict[str, Any]]:
    """Return what must hold between values that are moved: a sum that is not positive, and the text."""
    found, moved = [], set(inputs)
    for relation in relations(library):
        if all(name in given for name in relation.names) and not moved.isdisjoint(relation.names):
            terms = [(name, k) for name, k in relation.small.terms.items()]
            terms += [(name, -k) for name, k in relation.large.terms.items()]
            rest = sum(k * float(given[name]) for name, k in terms if name not in moved)
            found.append({"text": str(relation), "terms": [t for t in terms if t[0] in moved], "rest": rest})
    return found


def checked(inputs: Sequence[Input], compute: Callable[[Mapping[str, Array]], Sequence[Any]]) -> dict[str, Any]:
    """Return what numpy gives for the base design and for a few others, base64 of 64-bit floats (designs, outputs).

    Args:
        compute: Returns the outputs, in order, of designs that are given as arrays by input.
    """
    count = CHECKS + 1
    values = {}
    for i, each in enumerate(inputs):
        shares = [((i + 1) * SPREAD + k * 0.3) % 1.0 for k in range(1, count)]
        stays = each.is_whole or each.choices
        others = [each.value if stays else each.low + share * (each.high - each.low) for share in shares]
        values[each.name] = np.array([each.value, *others])
    with np.errstate(all="ignore"):
        found = compute(values)
    columns = [np.broadcast_to(np.asarray(column, float), count) for column in found]
    return {"designs": count, "spread": SPREAD, "values": pack_doubles(np.stack(columns, axis=1))}


def pack_doubles(values: Array) -> str:
    """Encode numbers as base64 of little-endian 64-bit floats."""
    return base64.b64encode(np.ascontiguousarray(values, "<f8").tobytes()).decode("ascii")


class _Units:
    """Units of quantities, each once: name in a study, SI = factor x shown + zero, and scales; without zero it is 0.

    Without scales there is one, which is the unit itself.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self.found: list[dict[str, Any]] = []
        self.numbers: dict[str, int] = {}

    def number(self, shown: str) -> int:
        """Return the number of a unit."""
        if shown not in self.numbers:
            self.numbers[shown] = len(self.found)
            zero, one = (unit(shown).to_si(x) for x in (0.0, 1.0))
            text, scales = "" if shown == "1" else shown, display.unit_scales(shown)
            found = {"text": text, "factor": _short(one - zero)}
            if [list(scale) for scale in scales] != [[text, 1]]:
                found["scales"] = [(symbol, _short(factor)) for symbol, factor in scales]
            self.found.append(found | ({"zero": zero} if zero else {}))
        return self.numbers[shown]

    def described(self, name: str, shown: str, *source: str) -> list[Any]:
        """Return name, number of the unit, and what a tooltip tells of a quantity, if it does: summary and source."""
        summary = summary_of(self.model[name]) if name in self.model else ""
        return [name, self.number(shown), *([summary, *source] if source else [])]


def _numbers(each: Input) -> list[Any]:
    """Return value, range, allowed range (None where it is open) and 1 if it is whole, up to the last that is set."""
    finite = [_short(end) if np.isfinite(end) else None for end in (each.least, each.most)]
    found = [*map(_short, (each.value, each.low, each.high)), *finite, 1 if each.is_whole else None]
    while found[-1] is None:
        found.pop()
    return found


def _short(value: float) -> float:
    """Return a number that JSON writes without a fraction if it has none."""
    return int(value) if float(value).is_integer() and abs(value) < 1e15 else value


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


def _valid(model: Model, outputs: Iterable[str], units: Mapping[str, str], names: Collection[str]) -> list[list[Any]]:
    """Return the ranges in which the equations hold: equation, input, and its ends."""
    found = []
    for eq in (model[name] for name in outputs):
        for name, ends in eq.valid.items():
            if name in names:
                shown = units[name] if name in units else model[name].unit
                found.append([eq.name, name, *(_end(end, shown) for end in ends)])
    return found
