"""A few of the inputs that ``campaign.py`` tries by the thousand."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from campaign import campaign, kinds

#: Inputs of each kind that take about a second together.
SHORT = {
    "studies": 2,
    "study texts": 8,
    "expressions": 15,
    "presets": 4,
    "run folders": 4,
    "checkpoints": 2,
    "storages": 2,
    "names": 10,
    "environments": 2,
    "money": 3,
    "calculators": 1,
    "certificates": 1,
    "plan texts": 6,
    "plans": 1,
    "plan folders": 2,
}


@pytest.mark.parametrize("kind", kinds())
def test_inputs_made_at_random(kind):
    (count,) = campaign(SHORT[kind], seed=7, only=kind)
    assert count.tried == SHORT[kind]
    assert count.failures == []
