"""View factors compared with ray tracing and closed forms; fins compared with their boundary value problem."""

from __future__ import annotations

import numpy as np
import pytest
from shipped import evaluate, known, relative_error
from thermal_reference import fin_efficiency, reflected_by_rays, view_factor, view_factor_by_rays

from sunfront.library.library import Library

LIBRARY = Library.shipped()


pytestmark = pytest.mark.validation


@pytest.mark.parametrize("tilt", [0, 90])
@pytest.mark.parametrize("altitude", [300, 560, 1000, 2000])
def test_closed_forms_agree_with_rays(altitude, tilt):
    met, standard_error = view_factor_by_rays(altitude, tilt)
    assert view_factor(altitude, tilt) == pytest.approx(met, abs=4 * standard_error)


@pytest.mark.parametrize("altitude", [400, 560, 800, 1000, 1400, 2000])
def test_view_factor_edge_on(altitude):
    assert abs(relative_error(evaluate(altitude)["earth_view_factor"], view_factor(altitude, 90))) < 1e-3


@pytest.mark.parametrize("altitude", [400, 560, 1000, 2000])
def test_view_factor_of_a_face_looking_down(altitude):
    """The radiator's sink, one face down, both radiating, no Sun and no array in view."""
    found = evaluate(altitude, earth_albedo="0", radiator_array_view="0")
    seen = found["sink_temperature"] ** 4 * found["stefan_boltzmann"] * found["radiator_sides"]
    assert seen / found["earth_infrared_flux"] == pytest.approx(view_factor(altitude, 0), rel=1e-6)


@pytest.mark.parametrize(("tilt", "faces"), [(0, (1, 0)), (90, (0, 2))])
@pytest.mark.parametrize("altitude", [400, 560, 1000, 2000])
def test_reflected_sunlight(altitude, tilt, faces):
    """On a face down, or on both faces of a plate edge-on, at the worst point of the orbit in the worst season."""
    down, edge_on = faces
    given = {"radiator_nadir_faces": str(down), "radiator_edge_faces": str(edge_on)}
    bright, dark = evaluate(altitude, **given), evaluate(altitude, **given, earth_albedo="0")
    more = (bright["sink_temperature"] ** 4 - dark["sink_temperature"] ** 4) * bright["stefan_boltzmann"]
    incident = more * bright["radiator_sides"] * bright["radiator_emissivity"] / bright["radiator_solar_absorptance"]
    sun_height = np.pi / 2 - bright["least_beta_angle"]
    reference = sum(reflected_by_rays(altitude, tilt, sun_height, sign) for sign in ((1,) if tilt == 0 else (1, -1)))
    assert incident / (bright["earth_albedo"] * bright["solar_constant"]) == pytest.approx(reference, rel=0.06)
    assert incident >= 0.995 * reference * bright["earth_albedo"] * bright["solar_constant"]


@pytest.mark.skipif(not known("fin_efficiency_fit"), reason="this sunfront takes the efficiency of fins as given")
def test_fin_efficiency():
    a, b, c = LIBRARY.parameters["fin_efficiency_fit"].value
    for z in np.geomspace(0.02, 3, 15):
        assert abs(relative_error((1 + a * z + b * z**2) ** -c, fin_efficiency(z))) < 1e-3


def test_base_design_has_that_fin():
    """Fins of 0.5 mm aluminum between tubes 10 cm apart; heat from the Earth changes little."""
    z = 2 * 0.88 * 5.670374419e-8 * 330**3 * 0.05**2 / (167 * 0.5e-3)
    assert evaluate(560)["fin_efficiency"] == pytest.approx(fin_efficiency(z), rel=0.01)
    assert fin_efficiency(z, sink=205 / 330) == pytest.approx(fin_efficiency(z), rel=2e-3)
