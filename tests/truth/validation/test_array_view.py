"""View factors of the layouts compared with rays that leave the radiator at random."""

from __future__ import annotations

import numpy as np
import pytest

import sunfront
from sunfront.library.library import Library

pytestmark = pytest.mark.validation

RAYS = 2_000_000
NAMES = ("wing_offset", "wing_length", "wing_width", "radiator_offset", "radiator_height", "radiator_width")
LAYOUTS = [name for name, preset in Library.shipped().presets.items() if preset.group == "radiator's layout"]


def traced(near, length, width, low, height, radiator_width):
    """Share of diffuse rays from a face in the plane x = 0 that hit the array in the plane z = 0."""
    rng = np.random.default_rng(0)
    y, z = rng.uniform(-radiator_width / 2, radiator_width / 2, RAYS), rng.uniform(low, low + height, RAYS)
    share, turn = rng.random(RAYS), rng.random(RAYS) * 2 * np.pi
    outward, sideways = np.sqrt(1 - share), np.sqrt(share)  # Lambert's law about the normal x
    downward = -sideways * np.sin(turn)
    reach = z / np.where(downward > 0, downward, np.inf)
    hit_x, hit_y = outward * reach, y + sideways * np.cos(turn) * reach
    return ((hit_x > near) & (hit_x < near + length) & (np.abs(hit_y) < width / 2)).mean()


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("offset", [None, "3 m", "12 m"])
def test_view_of_the_array(layout, offset):
    """Within three standard deviations of the rays, 0.001."""
    moved = "wing_offset" if layout == "layout_between_wings" else "radiator_offset"
    found = sunfront.evaluate("starlink_bus", presets=[layout], **({} if offset is None else {moved: offset}))
    assert found["radiator_array_view"] == pytest.approx(traced(*(found[name] for name in NAMES)), abs=0.001)


def test_net_flux_between_wings_of_the_review():
    """A review found 765 W/m² instead of 866 at a view factor of 0.12."""
    flux = sunfront.evaluate("starlink_bus", radiator_array_view=0.12)["radiator_net_flux"]
    free = sunfront.evaluate("starlink_bus", radiator_array_view=0.0)["radiator_net_flux"]
    assert free == pytest.approx(866, abs=2)
    assert flux == pytest.approx(765, abs=4)
