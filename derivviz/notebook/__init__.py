"""derivviz in a notebook: ``%load_ext derivviz``, then ``%derivviz`` and ``%%derivviz``."""

from derivviz.notebook.magic import load_ipython_extension
from derivviz.notebook.shown import Shown

__all__ = ["Shown", "load_ipython_extension"]
