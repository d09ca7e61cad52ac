"""The answer to a break-even question of the best design, and its text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from sunfront.display import format_range, format_value
from sunfront.problem.criteria import Sense, sense_sign
from sunfront.problem.variables import Variable


@dataclass(frozen=True)
class Trial:
    """The best design at one value of the parameter. Values are SI and USD.

    Attributes:
        target: Target there.
        best: The quantity of the best design found; None if no design meets every constraint.
        bound: Bound that an exact engine proved on it; infinite if it proved that there is no design; else None.
        design: The design: a value for each variable.
        failed: The computation failed there.
    """

    at: float
    target: float
    best: float | None = None
    bound: float | None = None
    design: Mapping[str, float] = field(default_factory=dict)
    failed: bool = False


@dataclass(frozen=True)
class BestRoot:
    """A value of the parameter at which the best design just breaks even. Values are SI and USD.

    Attributes:
        at: The value; the design found there is at least as good as the target.
        fails_at: The nearest value tried at which the best design found is not.
        is_root: The optimum equals the target there; if not, it jumps across it, or no design is feasible beyond.
        excluded_at: The nearest value at which the bound proves that no design breaks even; None without such a proof.
        value: The quantity of the design.
        design: The design: a value for each variable.
    """

    at: float
    fails_at: float
    is_root: bool
    excluded_at: float | None
    value: float | None
    design: Mapping[str, float]


@dataclass(frozen=True, repr=False)
class BestBreakEven:
    """Where the best design breaks even. Values are SI and USD; as text they are in display units.

    Attributes:
        unit, quantity_unit: Display units of the parameter and of the quantity.
        sense: Whether the best design maximizes or minimizes the quantity.
        other: Name of the study whose base design gives the target; empty if it is a value.
        engine: Name of the engine that found the designs, and its solver.
        scope: The designs that its bounds cover; empty if it proves nothing.
        low, high: Search range.
        base: Value of the parameter in the base design.
        roots: Break-even values, ascending.
        trials: Every optimum computed, the parameter ascending.
        precision: Relative width to which each root is narrowed.
        variables: Variables of the designs, by name.
    """

    parameter: str
    unit: str
    quantity: str
    quantity_unit: str
    sense: Sense
    other: str
    engine: str
    scope: str
    low: float
    high: float
    base: float
    roots: tuple[BestRoot, ...]
    trials: tuple[Trial, ...]
    precision: float
    notes: tuple[str, ...]
    variables: Mapping[str, Variable]

    @property
    def course(self) -> Literal["rises", "falls", "is constant", "is not monotonic"]:
        """How the optimum changes with the parameter over the values tried, up to the gap of each."""
        sign = sense_sign(self.sense)
        pairs = [(t.best, t.best if t.bound is None else t.bound) for t in self.trials if t.best is not None]
        scores, bounds = sign * np.array(pairs, float).reshape(-1, 2).T
        # A step counts only if it is larger than what the gaps at its two ends leave open.
        slack = 1e-9 * np.abs(scores)
        rises = bool((scores[1:] - bounds[:-1] > slack[1:]).any())
        falls = bool((scores[:-1] - bounds[1:] > slack[1:]).any())
        if rises and falls:
            return "is not monotonic"
        if not (rises or falls):
            return "is constant"
        return "rises" if rises == (sign > 0) else "falls"

    def __repr__(self) -> str:
        return f"<BestBreakEven: {'; '.join(sentences(self))}>"

    def __str__(self) -> str:
        return "\n".join(sentences(self))

    def as_data(self) -> dict[str, Any]:
        """Plain data for JSON, in SI and USD; infinity is null, choices of presets are their names."""

        def plain(value: float | None) -> float | None:
            return value if value is not None and np.isfinite(value) else None

        names = ("parameter", "quantity", "sense", "engine", "scope", "low", "high", "base", "precision", "course")
        roots = [{**vars(root), "value": plain(root.value), "design": self._design(root.design)} for root in self.roots]
        trials = [
            {"at": t.at, "target": plain(t.target), "best": plain(t.best), "bound": plain(t.bound)} for t in self.trials
        ]
        return {
            **{name: getattr(self, name) for name in names},
            "roots": roots,
            "trials": trials,
            "notes": list(self.notes),
        }

    def _design(self, design: Mapping[str, float]) -> dict[str, float | str]:
        return {n: self.variables[n].text(x) if self.variables[n].labels else x for n, x in design.items()}


def sentences(found: BestBreakEven) -> list[str]:
    """The break-even values of the best design as lines of text."""

    def at(value: float) -> str:
        return f"{found.parameter} = {format_value(value, found.unit, 6)}"

    extreme = "highest" if found.sense == "maximize" else "lowest"
    best = f"the {extreme} {found.quantity}"
    target = f"that of {found.other}" if found.other else format_value(found.trials[0].target, found.quantity_unit, 6)
    span = f"from {format_range(found.low, found.high, found.unit)}"
    lines = []
    for root in found.roots:
        crosses = "equals" if root.is_root else "jumps across"
        beyond = next((t for t in found.trials if t.at == root.fails_at), None)
        ends = "; beyond it no design meets every constraint" if beyond and beyond.best is None else ""
        lines.append(f"{best} of any design {crosses} {target} at {at(root.at)}{ends}")
        design = ", ".join(f"{name} = {found.variables[name].text(x)}" for name, x in root.design.items())
        lines.append(f"  design there: {design or 'the base design, since nothing else varies'}")
        lines.append(f"  {_certainty(found, root, at)}")
    if not lines:
        lines.append(f"none: {_without_root(found, best, target)} {span}")
    if all(trial.best is None for trial in found.trials):
        return [*lines, f"optimized by {found.engine}", *(f"note: {note}" for note in found.notes)]
    tried = f"{len(found.trials)} values of {found.parameter} tried {span}"
    if found.course == "is not monotonic":
        lines.append(f"{best} is not monotonic over the {tried}: there may be further break-even values between them")
    else:
        lines.append(
            f"{best} {found.course} over the {tried}{'; no other break-even value shows' if found.roots else ''}"
        )
    base = next((t for t in found.trials if t.at == found.base), None)
    if base is not None:
        value = "none feasible" if base.best is None else format_value(base.best, found.quantity_unit, 6)
        lines.append(f"base value: {at(found.base)}, {best} = {value}")
    return [*lines, f"optimized by {found.engine}", *(f"note: {note}" for note in found.notes)]


def _certainty(found: BestBreakEven, root: BestRoot, at: Any) -> str:
    """How far the answer can be trusted, as a sentence."""
    width = abs(root.at - root.fails_at) / (max(abs(root.at), abs(root.fails_at)) or 1.0)
    known = f"precision {width:.1g}, relative"
    if root.excluded_at == root.fails_at:
        return f"{known}; proved over {found.scope or 'all values'}: just beyond it no design breaks even"
    if root.excluded_at is not None:
        return (
            f"{known}, for the designs found; proved over {found.scope or 'all values'}: at "
            f"{at(root.excluded_at)} no design breaks even; between the two the gap leaves it open"
        )
    return f"{known}, for the designs found; no proof: a better design may break even further on"


def _without_root(found: BestBreakEven, best: str, target: str) -> str:
    """Why there is no break-even value."""
    if all(trial.best is None for trial in found.trials):
        return f"no design meets every constraint at any value of {found.parameter} tried"
    sign = sense_sign(found.sense)
    margins = [sign * (t.best - t.target) for t in found.trials if t.best is not None]
    is_above = (min(margins) >= 0) == (sign > 0)
    return f"{best} of any design is {'above' if is_above else 'below'} {target} at every {found.parameter} tried"
