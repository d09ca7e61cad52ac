"""The array type that most of sunfront uses."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Numbers in SI and USD; each docstring gives the shape.
Array = NDArray[np.float64]
