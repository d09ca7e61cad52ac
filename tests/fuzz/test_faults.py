"""A few of the faults that ``faults.py`` tries by the hundred."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from faults import Campaign


@pytest.mark.long
@pytest.mark.parametrize("engine", ["sweep, two workers"])
def test_faults_cost_nothing(tmp_path, engine):
    campaign = Campaign(tmp_path, random.Random(7))
    campaign.kill(engine)
    campaign.fill_disk(engine)
    assert campaign.wrong == []
