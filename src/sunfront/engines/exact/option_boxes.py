"""Boxes of options: programs that no design escapes, at any value of the continuous variables within a box.

The equations are evaluated with intervals in place of the values of the continuous variables that are no amounts. Each
coefficient has two ends then. Amounts are not negative, so that a row with the upper ends holds for every design of the
box: the program is a relaxation, and what bounds it bounds every design of the box.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.engines.exact.affine import EXCESS, Affine, Coefficient, Ratio, envelope_name
from sunfront.engines.exact.catalogue import Catalogue, Part, read_options, taken_by
from sunfront.engines.exact.envelopes import Envelope
from sunfront.engines.exact.forms import Box, FormBuilder, LinearForm, ObjectiveForm, Quotient
from sunfront.engines.exact.ranges import Interval
from sunfront.engines.exact.reach import keep_reachable
from sunfront.problem.criteria import Objective
from sunfront.problem.problem import Problem

#: An end of a coefficient is moved by this share of its size, so that rounding loses no design.
MARGIN = 1e-9

#: Values of the variables that are no amounts, in each box; of a continuous one its range there.
Boxes = Mapping[str, Array | Interval]

End = Literal["low", "high"]


def relax(
    problem: Problem, boxes: Boxes, scales: Sequence[float], as_amounts: bool = True, whole: bool = False
) -> tuple[Catalogue, NDArray[np.intp]]:
    """Relax the programs of boxes.

    Args:
        problem: Without choices that replace equations.
        scales: Of the objectives.
        as_amounts: Whether a convex broken line may be an amount of its own.
        whole: Whether boxes without a design are kept, with rows that show it.

    Returns:
        A catalogue of which each option is a box, with one side of each ``larger``; and the box of each option, array
        (options,). A denominator is at its lower end.

    Raises:
        NonlinearEquation: An equation takes no intervals, or a denominator may be zero in a box.
        UserError: A coefficient has no finite ends.
    """
    read = read_options(problem, 2, as_amounts, given=boxes)
    size, count = sum(part.size for part in read.parts), read.count
    numbers = np.concatenate([np.empty(0), *(part.nodes for part in read.parts if part.nodes is not None)])
    box = Box(
        np.full(size, read.fewest) if count else numbers,
        np.full(size, read.most) if count else numbers,
        count is not None,
        [a.variable.low for a in read.amounts],
        [a.variable.high for a in read.amounts],
    )
    names = [envelope_name(i) for i in range(max(len(part.envelopes) for part in read.parts))]
    totals = [a.total for a in (*([count] if count else []), *read.amounts)] + [*names, EXCESS]

    def form(values: Sequence[Any], end: End) -> LinearForm:
        """The form of a value in each part, at an end of its coefficients."""
        ends = [_at(value, end) for value in values]
        return LinearForm.join(
            [
                Quotient.of("an end", one, totals, part.size).numerator
                for one, part in zip(ends, read.parts, strict=True)
            ]
        )

    envelopes = []
    for i, name in enumerate(names):
        longest = max(len(part.envelopes[i]) for part in read.parts if i < len(part.envelopes))
        lines = [[_line(part, i, j) for part in read.parts] for j in range(longest)]
        # The amount is at least the lower end of each line, and at most the largest upper end.
        largest = max(float(box.upper_bound(form(line, "high")).max()) for line in lines)
        lower = tuple(form(line, "low") for line in lines)
        lowest = max(float(box.lower_bound(line).min()) for line in lower)
        if lowest < 0:  # a column would begin at zero, and leave designs out
            return relax(problem, boxes, scales, False, whole)
        envelopes.append(Envelope(name, max(largest, 1e-300), lowest, lower))
    low = [*([read.fewest] if count else []), *(a.variable.low * read.fewest for a in read.amounts)]
    low += [*(e.lowest for e in envelopes), 0.0]
    high = [*([read.most] if count else []), *(a.variable.high * read.most for a in read.amounts)]
    high += [*(e.scale for e in envelopes), 0.0]
    builder = FormBuilder(problem, low, high, box)
    rows, denominators = {}, {}
    for c in problem.constraints:
        values = [part.found[c.quantity] for part in read.parts]
        tops, bottoms = _numerators(values), _denominators(values)
        if any(isinstance(value, Ratio) for value in values):
            denominators[c] = form(bottoms, "low")
            builder.check_denominator(c, form(tops, "low"), denominators[c])
        rows[c] = form([c.sign * (n - c.limit * d) for n, d in zip(tops, bottoms, strict=True)], "high")
        best = rows[c].upper_bound(low, high)
        builder.possible &= best >= np.where(rows[c].is_fixed, -c.rounding, -1e-6 * problem.constraint_scales[c])
    differences = [
        [part.sides[i] if i < len(part.sides) else 0.0 for part in read.parts]
        for i in range(max(len(part.sides) for part in read.parts))
    ]
    sides = []
    for values in differences:
        if any(isinstance(value, Ratio) for value in values):
            builder.side(Quotient(form(_numerators(values), "high"), form(_denominators(values), "low")))
        sides.append(form(_numerators(values), "high"))

    def objective(o: Objective, scale: float) -> ObjectiveForm:
        values = [part.found[o.quantity] for part in read.parts]
        numerator = form([o.sign * n for n in _numerators(values)], "high").scaled(1 / scale)
        if not any(isinstance(value, Ratio) for value in values):
            return ObjectiveForm(o.quantity, scale, numerator, None, 0.0)
        least, most = (form(_denominators(values), end) for end in ("low", "high"))
        factor = 1 / builder.smallest(o, least)
        return ObjectiveForm(
            o.quantity, scale, numerator.scaled(factor), least.scaled(factor), 0.0, highest=most.scaled(factor)
        )

    possible = builder.possible
    keep_reachable(possible, rows.values(), sides, box, envelopes, low, high)
    catalogue = Catalogue(
        options={name: np.zeros(size) for name in read.parts[0].options},
        size=size,
        scope="",
        count=count or numbers,
        amounts=read.amounts,
        envelopes=tuple(envelopes),
        rows={c: row.without_constant_rows(possible) for c, row in rows.items()},
        denominators=denominators,
        sides=tuple(side.without_constant_rows(possible) for side in sides),
        spared=(),
        taken=taken_by(read.parts),
        objectives=tuple(objective(o, scale) for o, scale in zip(problem.objectives, scales, strict=True)),
        notes=(),
    )
    of_box = np.concatenate([np.arange(part.size) for part in read.parts])
    kept = np.ones_like(possible) if whole else possible
    return catalogue.without_excess().select(kept), of_box[kept]


def _numerators(values: Sequence[Any]) -> list[Any]:
    return [value.numerator if isinstance(value, Ratio) else value for value in values]


def _denominators(values: Sequence[Any]) -> list[Any]:
    return [value.denominator if isinstance(value, Ratio) else 1.0 for value in values]


def _line(part: Part, i: int, j: int) -> Affine:
    """Return a line of an envelope as ``_join`` of the catalogue does."""
    lines = part.envelopes[i] if i < len(part.envelopes) else [Affine({})]
    return lines[min(j, len(lines) - 1)]


def _at(value: Any, end: End) -> Affine:
    """Return a value with its coefficients at one end, a little beyond."""

    def at(c: Coefficient) -> Coefficient:
        if not isinstance(c, Interval):
            return c
        margin = MARGIN * np.maximum(np.abs(c.low), np.abs(c.high))
        found: Array = c.low - margin if end == "low" else c.high + margin
        return found

    return (value if isinstance(value, Affine) else Affine({}, value)).map(at)
