"""A study: its YAML file, read, checked, and resolved into a problem."""

from sunfront.study.study import Study

__all__ = ["Study"]
