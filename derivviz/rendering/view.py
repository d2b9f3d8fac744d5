"""A moment of a scene that is walked through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from manim import Mobject, Scene
from manim.utils.iterables import list_update

from derivviz.rendering.encode import Frame

if TYPE_CHECKING:
    from derivviz.rendering.walk import Walk


@dataclass(frozen=True)
class View:
    """A moment of a scene, to be looked at while it lasts.

    Attributes
    ----------
    walk
        The walk that has come to it.
    scene
        The scene as it is now.
    frames
        The frames of the film that look so; none where it is the scene as it stands after a play.
    ended
        Whether the scene has ended.
    """

    walk: Walk
    scene: Scene
    frames: range = range(0)
    ended: bool = False

    @property
    def mobjects(self) -> list[Mobject]:
        """What is on screen, in order."""
        moving = self.scene.moving_mobjects if self.frames else []
        if moving:  # manim draws what moves upon a picture of what does not
            return [*self.scene.static_mobjects, *moving]
        return list(list_update(self.scene.mobjects, self.scene.foreground_mobjects))

    def picture(self) -> Frame:
        """Shape (height, width, 4), RGBA."""
        return self.walk.picture(self.scene, as_in_film=bool(self.frames))
