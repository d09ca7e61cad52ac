"""The check of ``agreement.py`` finds a bound that is wrong."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from agreement import beyond, random_study
from brute_force import searched

from sunfront import engines
from sunfront.engines.context import Context


@pytest.mark.slow
def test_a_bound_that_is_a_tenth_of_a_percent_too_low_is_found(tmp_path):
    study = random_study(tmp_path, 1001, "highs")
    certificate = engines.run(study.problem, study.engine, Context()).certificate
    _, known = searched(study.problem, 0, 1001, 300)
    wrong = [fact._replace(bound=fact.bound - 1e-3 * abs(fact.bound)) for fact in certificate.facts]
    assert not beyond(certificate, known)
    assert beyond(replace(certificate, facts=tuple(wrong)), known)
