"""derivviz in a notebook: ``%load_ext derivviz``, then ``%derivviz`` and ``%%derivviz``; `lesson` plays itself."""

from derivviz.notebook.lessons import ShownLesson, lesson
from derivviz.notebook.magic import load_ipython_extension
from derivviz.notebook.shown import Shown

__all__ = ["Shown", "ShownLesson", "lesson", "load_ipython_extension"]
