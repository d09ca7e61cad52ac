"""Torques on a flat array that faces the Sun, summed over point masses and integrated along an orbit.

Nothing is expanded in moments of inertia: each element of a plate feels Newton's gravity at its own place, the air that
strikes it, and sunlight. The angular momentum is the integral of the torque in inertial axes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import cumulative_simpson

GRAVITY = 3.986004418e14  # m^3/s^2
SUNLIGHT = 1361 / 299_792_458  # Pa at the Earth's distance
REFLECTED = 0.1  # of the sunlight, mirror-like
DRAG = 2.2  # of a plate in free-molecular flow, per projected area


@dataclass(frozen=True)
class Plate:
    """A uniform rectangle. ``offset``: distance of the center of its area from the center of mass, along the span."""

    span: float
    width: float
    mass: float
    offset: float = 0.0


def torques(
    plate: Plate, radius: float, tilt: float, density: float = 0.0, steps: int = 2001
) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """Torque in inertial axes along one orbit, N m: of gravity, of the air, of sunlight.

    Args:
        radius: Of the circular orbit, m.
        tilt: Angle between the normals of plate and orbit. The long axis lies in the orbit plane.
        density: Of the air, kg/m^3; the atmosphere does not rotate.

    Returns:
        Times of one orbit, and three arrays (steps, 3): x is the long axis of the plate, z the normal of the orbit.
    """
    rate = np.sqrt(GRAVITY / radius**3)
    time = np.linspace(0, 2 * np.pi / rate, steps)
    normal = np.array([0, -np.sin(tilt), np.cos(tilt)])
    long, wide = np.array([1.0, 0, 0]), np.array([0, np.cos(tilt), np.sin(tilt)])
    u = (np.arange(40) + 0.5) / 40 - 0.5
    v = (np.arange(16) + 0.5) / 16 - 0.5
    # Stretched, so that their second moments are those of a continuous plate.
    u, v = u / np.sqrt(1 - 1 / 40**2), v / np.sqrt(1 - 1 / 16**2)
    grid = np.stack(np.meshgrid(u, v, indexing="ij"), -1).reshape(-1, 2)
    places = grid[:, :1] * plate.span * long + grid[:, 1:] * plate.width * wide
    center = radius * np.stack([np.cos(rate * time), np.sin(rate * time), 0 * time], 1)
    motion = radius * rate * np.stack([-np.sin(rate * time), np.cos(rate * time), 0 * time], 1)

    gravity = np.empty((steps, 3))
    for i, at in enumerate(center):
        place = at + places
        pull = -GRAVITY * place / np.linalg.norm(place, axis=1)[:, None] ** 3
        gravity[i] = np.cross(places, pull).mean(axis=0) * plate.mass

    area, arm = plate.span * plate.width, plate.offset * long
    facing = np.abs(motion @ normal) / np.linalg.norm(motion, axis=1)
    push = -0.5 * density * DRAG * area * facing[:, None] * np.linalg.norm(motion, axis=1)[:, None] * motion
    air = np.cross(arm, push)
    sun = np.cross(arm, -(1 + REFLECTED) * SUNLIGHT * area * normal) + np.zeros((steps, 3))
    return time, gravity, air, sun


def swing(time: np.ndarray, torque: np.ndarray) -> float:
    """Amplitude of the angular momentum about its mean growth, largest over the directions, N m s."""
    momentum = cumulative_simpson(torque, x=time, axis=0, initial=0)
    momentum = momentum - momentum[-1] * (time / time[-1])[:, None]
    about_mean = momentum - np.trapezoid(momentum, time, axis=0) / time[-1]
    return float(np.linalg.norm(about_mean, axis=1).max())


def mean(time: np.ndarray, torque: np.ndarray) -> np.ndarray:
    """Mean torque of an orbit, N m."""
    return np.trapezoid(torque, time, axis=0) / time[-1]
