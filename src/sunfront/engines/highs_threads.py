"""HiGHS has one thread scheduler per process."""

from __future__ import annotations


def reset_highs_threads() -> None:
    """Stop the scheduler, so that the next solve may use one thread.

    HiGHS refuses ``threads: 1`` after any solve in the process, the caller's own included, that used several.
    """
    import highspy

    highspy.Highs.resetGlobalScheduler(True)
