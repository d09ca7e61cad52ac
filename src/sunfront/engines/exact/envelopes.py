"""A convex broken line of the amounts of hardware, as an amount of its own that is at least each of its lines.

This is exact where a larger value is never an advantage, which ``is_safe`` checks for rows and plain objectives. A
quotient that gains from a larger value keeps a valid bound, because the program holds every design; its proof stays
open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sunfront.engines.exact.forms import Box, LinearForm, ObjectiveForm


@dataclass(frozen=True)
class Envelope:
    """An amount that is the largest of several lines.

    Attributes:
        scale: Its largest value; the program's variable runs from 0 to 1.
        lowest: Its smallest value.
        lines: Without those that never are the largest.
    """

    total: str
    scale: float
    lowest: float
    lines: tuple[LinearForm, ...]

    @classmethod
    def of(cls, total: str, lines: Sequence[LinearForm], box: Box) -> Envelope:
        """Leave out the lines that another one exceeds everywhere."""
        needed = list(lines)
        for line in lines:
            others = [other for other in needed if other is not line]
            if any((box.upper_bound(line.minus(other, 1.0)) <= 0).all() for other in others):
                needed = others
        scale = max(float(box.upper_bound(line).max()) for line in needed)
        lowest = max(float(box.lower_bound(line).min()) for line in needed)
        return cls(total, max(scale, 1e-300), lowest, tuple(needed))


def is_safe(envelopes: Sequence[Envelope], rows: Sequence[LinearForm], objectives: Sequence[ObjectiveForm]) -> bool:
    """Whether no row becomes easier to meet, and no plain objective better, by a larger value of an envelope.

    Nor by what a wrong line of a concave broken line adds, which is the last coefficient of every form.
    """
    if any(envelope.lowest < 0 for envelope in envelopes):
        return False
    count = len(envelopes) + 1
    plain = [objective.numerator for objective in objectives]
    return all((c <= 0).all() for form in [*rows, *plain] for c in form.coefficients[len(form.coefficients) - count :])


def tightened(envelopes: Sequence[Envelope], option: int, totals: Sequence[float]) -> list[float]:
    """Return the totals of an option with each envelope at the largest of its lines.

    Args:
        totals: In the order of a form's coefficients, the envelopes last.
    """
    values = list(totals)
    first = len(values) - len(envelopes)
    for i, envelope in enumerate(envelopes):
        values[first + i] = max(line.value(option, values) for line in envelope.lines)
    return values
