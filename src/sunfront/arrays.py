"""Arrays and numbers: the types that most of sunfront uses, and a rule to integrate over them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Numbers in SI and USD; each docstring gives the shape.
Array = NDArray[np.float64]

#: Types of value that are numbers: neither symbols of a solver nor quantities with a unit.
PLAIN = (int, float, np.ndarray, np.number)

# Gauss and Legendre's rule on [0, 1], exact for polynomials of degree 23; arrays (12,).
_nodes, _weights = np.polynomial.legendre.leggauss(12)
NODES: Array = (1 + _nodes) / 2
WEIGHTS: Array = _weights / 2
