"""No sample of a shipped distribution leaves what can happen: no cost of a hundred medians, no node of propellant."""

import numpy as np
import pytest
from common import check_each

import sunfront
from sunfront.data import shipped
from sunfront.study.study import Study

SAMPLED = ("npv", "propellant_mass", "dry_mass", "avoidance_loss_rate")

BASE = {"architecture": "starlink_bus", "objectives": ["maximize npv"], "engine": {"name": "sensitivity"}}


def samples(study):
    """The quantities SAMPLED at the base design for every sample of the study's uncertainty."""
    problem = study.problem
    base = {v.name: problem.base[v.name] for v in problem.variables}
    return problem.model.evaluate({**problem.values, **base, **problem.uncertainty.draws}, SAMPLED)


def check(found):
    assert np.isfinite(found["npv"]).all()
    assert np.abs(found["npv"]).max() < 100 * abs(np.median(found["npv"]))
    heavy = found["propellant_mass"] > found["dry_mass"]
    assert (np.broadcast_to(found["avoidance_loss_rate"], heavy.shape)[heavy] > 0).all()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_every_shipped_distribution_of_a_satellite_at_once(seed):
    study = Study.model_validate(BASE | {"seed": seed})
    assert "population_density_ratio" in study.sensitivity_parameters
    check(samples(study))


def test_every_shipped_study_with_an_uncertainty():
    named = [n for n in shipped.names("studies") if "uncertain" in shipped.file("studies", n).read_text("utf-8")]
    studies = {name: study for name in named if (study := Study.load(name)).uncertain}
    assert studies
    check_each(lambda name: check(samples(studies[name])), studies)


@pytest.mark.parametrize("architecture", ["starlink_bus", "gpu_on_panel", "cluster"])
def test_a_crowded_shell_costs_nodes_not_infinite_propellant(architecture):
    ratios = np.geomspace(0.1, 10000, 60)
    found = sunfront.evaluate(architecture, population_density_ratio=ratios)
    names = ("propellant_mass", "dry_mass", "avoidance_loss_rate", "discounted_energy")
    propellant, dry, loss, energy = (np.broadcast_to(found[name], ratios.shape) for name in names)
    needed = 5 * ratios * 5  # m/s: 5 m/s a year for five years, times the density
    assert (np.diff(propellant) >= -1e-6).all()
    assert propellant.max() < 0.2 * dry[0]
    # SI: per second. The tanks hold 250 m/s.
    assert loss * 365.25 * 86400 == pytest.approx(np.maximum(needed / 250 - 1, 0) / 5, abs=1e-9)
    assert (np.diff(energy) <= 0).all()
