"""Lessons as manim scenes: what a file in `scenes/` needs, in one import."""

from derivviz.animation.lesson import Beat, Lesson
from derivviz.animation.morph import Morph
from derivviz.animation.stage import Stage
from derivviz.animation.typeset import Formula, Number, Words
from derivviz.parameters import parameter

__all__ = ["Beat", "Formula", "Lesson", "Morph", "Number", "Stage", "Words", "parameter"]
