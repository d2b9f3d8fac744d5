"""Recording a training run: hooks on any model and optimizer, into a trace."""

from derivviz.recording.record import record
from derivviz.recording.recorder import Recorder

__all__ = ["Recorder", "record"]
