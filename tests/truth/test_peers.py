"""Peers' parts lists, as studies: by parameters alone. ``tools/claims.yaml`` holds their numbers."""

from __future__ import annotations

import pytest
from common import STUDIES

from sunfront.study.study import Study

PEERS = [
    *("mccalip_2025", "mccalip_2025_gas", "odc_3", "odc_3_ground"),
    *("semianalysis_2026", "semianalysis_2026_ground", "spacedc_mdao", "spacedc_mdao_ground"),
]


@pytest.mark.parametrize("name", PEERS)
def test_no_computed_quantity_is_given(name):
    """What a study gives is a parameter: without it, the shipped value would stand there, not an equation."""
    study = Study.load(STUDIES / f"{name}.yaml")
    plain = study.with_changes(parameters={}, variables={})
    own = ("study", "preset odc_today")
    given = {key for key, setting in study.settings.items() if setting.origin in own}
    assert len(given) > (40 if name == "odc_3" else 15)
    assert {key for key in given if key in study.arch.model and key not in plain.settings} == set()
