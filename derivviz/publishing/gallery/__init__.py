"""A site of everything there is: films, figures and pages, each with the command that made it."""

from derivviz.publishing.gallery.build import build
from derivviz.publishing.gallery.plan import Topic, topics

__all__ = ["Topic", "build", "topics"]
