"""Recording a training run: hooks on any model and optimizer, into a trace."""

from derivviz.recording.recorder import Recorder, record

__all__ = ["Recorder", "record"]
