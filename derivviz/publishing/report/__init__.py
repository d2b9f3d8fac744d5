"""A report of a recorded run, to hand in and to edit."""

from derivviz.publishing.report.write import Written, write

__all__ = ["Written", "write"]
