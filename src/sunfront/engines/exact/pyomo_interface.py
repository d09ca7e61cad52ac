"""Names of Pyomo's interfaces to solvers that are private and needed nevertheless."""

from __future__ import annotations

import sys

from sunfront.errors import SolverFailure, UserError


def require_docstrings() -> None:
    """Raise UserError if Python runs without docstrings: Pyomo cannot be imported then."""
    if sys.flags.optimize > 1:
        raise UserError("Pyomo needs docstrings, which `python -OO` removes; leave the option out, or use `python -O`")


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
