"""A voice for a lesson: a recording of one's own, or an engine that reads the sentences."""

from derivviz.publishing.voice.engines import speak
from derivviz.publishing.voice.recording import Recording, clips, read
from derivviz.publishing.voice.splitting import marked, pauses

__all__ = ["Recording", "clips", "marked", "pauses", "read", "speak"]
