"""Every parameter at either end of its allowed range: the model has an answer, or says which quantity cannot exist."""

from __future__ import annotations

import numpy as np
import pytest

from sunfront.library.library import Library
from sunfront.library.physical_range import find_outside
from sunfront.root import WayEquation
from sunfront.study.study import Study

LIBRARY = Library.shipped()


@pytest.mark.parametrize("presets", [(), ("project_finance",)], ids=["owners alone", "with a loan"])
@pytest.mark.parametrize("name", LIBRARY.architectures)
def test_no_end_of_a_range_gives_what_is_not_finite(name, presets):
    problem = Study(architecture=name, presets=presets, objectives=["maximize npv"], engine={"name": "sweep"}).problem
    base = {**problem.values, **problem.base}
    ranges = {
        name: LIBRARY.parameters[name].allowed
        for name, value in base.items()
        if name in LIBRARY.parameters and LIBRARY.parameters[name].allowed and isinstance(value, float)
    }
    ends = [(name, end) for name, pair in ranges.items() for end in pair]
    given = {**base}
    for moved in ranges:
        given[moved] = np.array([end if name == moved else base[moved] for name, end in ends])
    # A root may have no value; roots and extremes take most of the time.
    wanted = [eq.name for eq in problem.model if not isinstance(eq, WayEquation)]
    with np.errstate(all="ignore"):
        found = problem.model.evaluate(given, wanted)
    bad = {
        ends[row]: eq.name
        for eq in reversed(problem.model.order(given, wanted))
        for row in np.flatnonzero(np.broadcast_to(eq.is_invalid(found[eq.name]), len(ends)))
    }
    for end in list(bad):
        row = ends.index(end)
        one = {k: x if isinstance(x, tuple) or not np.ndim(x) else x[row] for k, x in found.items()}
        if find_outside(problem.model, one):  # told as such
            del bad[end]
    assert len(ends) > 100
    assert not bad
