"""The few places where manim's own code is replaced while a scene is rendered, all of them here.

Those that make it faster do the same arithmetic in the same order: frames stay as manim draws them, to the
last bit, which the tests hold against manim itself. They are written for one series of manim, and stay off on
any other. `typeset_files` has those that let several processes share manim's folder of typeset text.
"""

from __future__ import annotations

import copy
import inspect
import types
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import manim
import numpy as np
from manim import Mobject, Scene, VMobject
from manim.camera.camera import Camera
from manim.mobject.opengl.opengl_mobject import OpenGLMobject
from PIL import Image

from derivviz.rendering import typeset_files
from derivviz.rendering.shapes import parts
from derivviz.rendering.share import NeedsOpenGLError

SERIES = "0.22."  # of manim, whose code the replacements were compared with
_SHARED = frozenset({int, float, bool, str, bytes, type(None), types.FunctionType, type, np.float64})


def known() -> bool:
    """Whether the manim that is installed is one that the replacements were written for."""
    return manim.__version__.startswith(SERIES)


@contextmanager
def applied(transparent: bool = False) -> Iterator[None]:
    """Render with the replacements; afterwards manim is as it was.

    Parameters
    ----------
    transparent
        Leave the background out. manim's own way mixes its colour into the edges of what lies on it.
    """
    with ExitStack() as stack:
        for owner, name, replacement in REPLACEMENTS if known() else ():
            stack.enter_context(patch.object(owner, name, replacement))
        if transparent:
            stack.enter_context(patch.object(Camera, "init_background", no_background))
            stack.enter_context(patch.object(Camera, "overlay_PIL_image", overlay_on_nothing))
        yield


# ---- families and updates -------------------------------------------------------------------------------


def get_family(self: Mobject, recurse: bool = True) -> list[Mobject]:
    """A mobject and its parts, each once, where it comes last."""
    if not self.submobjects:
        return [self]
    found = parts([self])
    if len(set(map(id, found))) == len(found):
        return found
    return list(dict.fromkeys(reversed(found)))[::-1]


def update(self: Mobject, dt: float = 0, recursive: bool = True) -> Mobject:
    """Call the updaters; parts that have none, nor parts of their own, are passed over."""
    if self.updating_suspended:
        return self
    updater: Any
    for updater in self.updaters:
        if _takes_dt(updater):
            updater(self, dt)
        else:
            updater(self)
    if recursive:
        for part in self.submobjects:
            if part.submobjects or part.updaters or type(part).update is not update:
                part.update(dt, recursive=recursive)
    return self


def _takes_dt(updater: Callable[..., Any]) -> bool:
    if type(updater) is types.FunctionType and not updater.__dict__:  # not decorated
        code = updater.__code__
        return "dt" in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + _starred(code)]
    return "dt" in inspect.signature(updater).parameters


def _starred(code: types.CodeType) -> int:
    return bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)


# ---- copies, colours, boundaries ------------------------------------------------------------------------


def deepcopy(self: Mobject, clone_from_id: dict[int, Any]) -> Mobject:
    """A copy of everything but what is never changed: numbers, names, and the outline read from an SVG."""
    made: Mobject = object.__new__(type(self))
    clone_from_id[id(self)] = made
    own = made.__dict__
    for name, value in self.__dict__.items():
        kind = type(value)
        if kind in _SHARED or kind.__module__.startswith("svgelements"):
            own[name] = value
        elif kind is np.ndarray and value.dtype != object and id(value) not in clone_from_id:
            own[name] = clone_from_id[id(value)] = value.copy(order="K")
        else:
            own[name] = copy.deepcopy(value, clone_from_id)
    made.original_id = str(id(self))
    return made


_COLOURS = (
    "fill_rgbas",
    "stroke_rgbas",
    "background_stroke_rgbas",
    "stroke_width",
    "background_stroke_width",
    "sheen_direction",
    "sheen_factor",
)


def interpolate_color(self: VMobject, mobject1: VMobject, mobject2: VMobject, alpha: float) -> VMobject:
    """Colours and widths on the way from one mobject to another."""
    rest = 1 - alpha
    for name in _COLOURS:
        end = getattr(mobject2, name)
        if alpha == 1.0:
            value = end.copy() if isinstance(end, np.ndarray) else end
        else:
            value = rest * getattr(mobject1, name) + alpha * end
        setattr(self, name, value)
    return self


def get_points_defining_boundary(self: VMobject) -> Any:
    """The ends of every curve of a mobject and its parts."""
    ends = [_anchors(part) for part in self.get_family()]
    ends = [points for points in ends if len(points)]
    return np.concatenate(ends) if ends else np.array(())


def _anchors(part: Any) -> Any:
    if type(part).get_anchors is not VMobject.get_anchors:
        return np.array(part.get_anchors())
    points, step = part.points, part.n_points_per_cubic_curve
    if len(points) == 1:
        return points
    starts, ends = points[::step], points[step - 1 :: step]
    if len(starts) != len(ends):
        return np.array(part.get_anchors())  # which says what is wrong
    both = np.empty((2 * len(starts), points.shape[1]))
    both[::2], both[1::2] = starts, ends
    return both


# ---- images ---------------------------------------------------------------------------------------------


def overlay_PIL_image(self: Camera, pixel_array: Any, image: Image.Image) -> None:  # noqa: N802
    """Lay an image over a picture, where there is any of it: elsewhere that would change nothing."""
    box = image.getbbox()  # of what is not wholly transparent
    if box is not None:
        left, top, right, bottom = box
        part = pixel_array[top:bottom, left:right]
        under = Image.fromarray(np.ascontiguousarray(part))
        part[:, :] = np.array(Image.alpha_composite(under, image.crop(box)), dtype="uint8")


def no_background(self: Camera) -> None:
    """A picture with nothing in it."""
    self.background = np.zeros((self.pixel_height, self.pixel_width, self.n_channels), self.pixel_array_dtype)


def overlay_on_nothing(self: Camera, pixel_array: Any, image: Image.Image) -> None:
    """Lay an image over a picture without a background: there, as Cairo has it, colours are times opacity."""
    box = image.getbbox()
    if box is None:
        return
    left, top, right, bottom = box
    under = pixel_array[top:bottom, left:right]
    over = np.asarray(image.crop(box), dtype=np.float32)
    share = over[..., 3:] / 255
    colours = np.concatenate([over[..., :3] * share, over[..., 3:]], axis=2)
    under[:, :] = np.rint(colours + under * (1 - share)).astype(np.uint8)


# ---- what a film has nobody, or Cairo no way for --------------------------------------------------------


def pass_over(self: Scene) -> None:
    """Let nobody interact: manim, too, passes over this while it writes a file."""


def refuse_opengl(self: OpenGLMobject, *args: Any, **kwargs: Any) -> None:
    """Cairo cannot draw it."""
    raise NeedsOpenGLError


REPLACEMENTS: tuple[tuple[Any, str, Any], ...] = (
    (Mobject, "get_family", get_family),
    (Mobject, "update", update),
    (Mobject, "__deepcopy__", deepcopy),
    (VMobject, "interpolate_color", interpolate_color),
    (VMobject, "get_points_defining_boundary", get_points_defining_boundary),
    (Camera, "overlay_PIL_image", overlay_PIL_image),
    *typeset_files.REPLACEMENTS,
    (Scene, "interactive_embed", pass_over),
    (Scene, "embed", pass_over),
    (OpenGLMobject, "__init__", refuse_opengl),
)
