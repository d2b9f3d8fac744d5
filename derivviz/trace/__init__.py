"""The recorded run as ordinary data: its layout, the writer, the reader. NumPy and Zarr, no torch."""

from derivviz.trace.errors import MissingSeriesError, TraceError
from derivviz.trace.probe import Probe
from derivviz.trace.reader import Sampled, Trace, open_trace
from derivviz.trace.sensitivity import Sensitivity
from derivviz.trace.snapshot import Evaluation, Snapshot

__all__ = [
    "Evaluation",
    "MissingSeriesError",
    "Probe",
    "Sampled",
    "Sensitivity",
    "Snapshot",
    "Trace",
    "TraceError",
    "open_trace",
]
