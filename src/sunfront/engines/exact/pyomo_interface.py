"""Names of Pyomo's interfaces to solvers that are private and needed nevertheless."""

from __future__ import annotations

from sunfront.errors import SolverFailure


def require(interface: object, *names: str) -> None:
    """Check that an interface to a solver still has the private names that are used.

    Raises:
        SolverFailure: This version of Pyomo has another interface.
    """
    if lacking := [name for name in names if not hasattr(interface, name)]:
        raise SolverFailure(
            f"Pyomo's interface {type(interface).__name__} has changed: {lacking[0]} is missing; install 'pyomo<6.11', "
            "or use another `solver`"
        )
