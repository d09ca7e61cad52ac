"""Settings of the engine that solves plans. This module imports none of the libraries that the engine uses."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from sunfront.engines.base_settings import EngineSettings, Fraction, Seconds


class PlanSettings(EngineSettings):
    """Prove the best plan, or the front of several objectives, with HiGHS.

    Attributes:
        gap: Stop at this gap, relative: of the objective, or of the hypervolume for several objectives.
        time_limit: Time limit of the whole run. The bounds proved by then are reported.
    """

    exact: ClassVar[bool] = True

    module: ClassVar[str] = "sunfront.engines.plan.engine"
    name: Literal["plan"] = "plan"
    gap: Fraction = 0.005
    time_limit: Seconds = 600.0

    def quick(self) -> Self:
        """Return settings whose budget takes seconds."""
        return self.model_copy(update={"gap": max(self.gap, 0.05), "time_limit": min(self.time_limit, 60.0)})
