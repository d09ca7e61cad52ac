"""Ways through a model: the equations that lead from a parameter to a quantity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sunfront.equation import Equation


@dataclass(frozen=True)
class Way:
    """The equations that lead from a parameter to a quantity.

    Attributes:
        of: The quantity.
        over: The parameter.
        steps: The equations that depend on the parameter, in order.
        inputs: What they need besides the parameter and each other.
    """

    of: str
    over: str
    steps: tuple[Equation, ...]
    inputs: tuple[str, ...]

    def evaluate(self, values: Sequence[Any], at: Any) -> Any:
        """Return the quantity at a value of the parameter; arguments as ``all_values``."""
        return self.all_values(values, at)[self.of]

    def all_values(self, values: Sequence[Any], at: Any) -> dict[str, Any]:
        """Return the quantity, and all on the way to it, at a value of the parameter.

        Args:
            values: Of the inputs, in their order; whatever equations accept.
        """
        found = dict(zip(self.inputs, values, strict=True)) | {self.over: at}
        for eq in self.steps:
            found[eq.name] = eq.function(*[found[name] for name in eq.inputs])
        return found


def find_way(of: str, over: str, order: Sequence[Equation]) -> Way | None:
    """Return the way from a parameter to a quantity; None if the quantity does not depend on it.

    Args:
        order: What the quantity needs, in order, if the parameter is given.
    """
    reached, steps = {over}, []
    for eq in order:
        if not reached.isdisjoint(eq.inputs):
            reached.add(eq.name)
            steps.append(eq)
    if of not in reached:
        return None
    inputs = dict.fromkeys(name for eq in steps for name in eq.inputs if name not in reached)
    return Way(of, over, tuple(steps), tuple(inputs))
