"""Run a study, store the run in a folder, find it and open it again."""

from sunfront.runs.record import RunRecord
from sunfront.runs.results import Results
from sunfront.runs.run import Run

__all__ = ["Results", "Run", "RunRecord"]
