"""Small dense programs for HiGHS, without the time that a general interface takes for each."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from sunfront.arrays import Array
from sunfront.engines.highs_threads import reset_highs_threads


def dense_program(cost: Array, rows: Array, least: Array, low: Array, high: Array) -> Any:
    """Return the program of HiGHS: minimize cost @ x subject to rows @ x >= least and low <= x <= high."""
    import highspy

    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = len(cost), len(least)
    program.col_cost_, program.col_lower_, program.col_upper_ = cost, low, high
    program.row_lower_, program.row_upper_ = least, np.full(len(least), highspy.kHighsInf)
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.start_ = np.arange(0, rows.size + 1, rows.shape[1], dtype=np.int32)
    program.a_matrix_.index_ = np.tile(np.arange(rows.shape[1], dtype=np.int32), len(rows))
    program.a_matrix_.value_ = rows.ravel()
    return program


def quiet_highs() -> Any:
    """Return a new HiGHS that has one thread and prints nothing."""
    reset_highs_threads()
    solver = _quiet_class()()
    solver.setOptionValue("threads", 1)
    return solver


@cache
def _quiet_class() -> type[Any]:
    """Return the class of a solver that prints nothing, not even the banner that HiGHS prints in its constructor."""
    import highspy

    class QuietHighs(highspy.Highs):
        def enableCallbacks(self) -> None:  # noqa: N802  the constructor calls it, and the banner is printed here
            self.silent()
            super().enableCallbacks()  # type: ignore[no-untyped-call]

    return QuietHighs


class LinearPrograms:
    """A HiGHS that solves one small linear program after the other.

    Args:
        tolerance: Of rows and of dual values.
    """

    def __init__(self, tolerance: float = 1e-7) -> None:
        self._highs = quiet_highs()
        self._highs.setOptionValue("primal_feasibility_tolerance", tolerance)
        self._highs.setOptionValue("dual_feasibility_tolerance", tolerance)
        self._highs.setOptionValue("presolve", "off")
        self._highs.setOptionValue("solver", "simplex")

    def maximize(self, target: Array, rows: Array, low: Array, high: Array) -> tuple[float, Array] | None:
        """Maximize a sum over a box, with rows that are not negative.

        Args:
            target: Coefficients of the columns, array (columns,).
            rows: Array (rows, columns + 1), the constant last.
            low, high: Ranges of the columns, arrays (columns,).

        Returns:
            The largest value, and the dual values of the rows, which are not negative; None without an optimum.
        """
        import highspy

        self._highs.passModel(dense_program(-target, np.ascontiguousarray(rows[:, :-1]), -rows[:, -1], low, high))
        self._highs.run()
        if self._highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        duals = np.maximum(np.array(self._highs.getSolution().row_dual), 0.0)
        return -float(self._highs.getInfo().objective_function_value), duals

    def columns(self) -> Array:
        """Return the columns of the last solution, array (columns,)."""
        return np.array(self._highs.getSolution().col_value)
