"""The few places where manim's own code is replaced while a scene is rendered, all of them listed here.

Those that make it faster do the same arithmetic in the same order: frames stay as manim draws them, to the
last bit, which the tests hold against manim itself. They are written for one series of manim, and stay off on
any other. `arithmetic` has those for what is computed of mobjects, `typeset_files` those that let several
processes share manim's folder of typeset text.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import manim
import numpy as np
from manim import Mobject, Scene
from manim.camera.camera import Camera
from manim.mobject.opengl.opengl_mobject import OpenGLMobject
from PIL import Image

from derivviz.rendering import arithmetic, typeset_files
from derivviz.rendering.shapes import parts
from derivviz.rendering.share import NeedsOpenGLError

SERIES = "0.22."  # of manim, whose code the replacements were compared with


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
    (Camera, "overlay_PIL_image", overlay_PIL_image),
    *arithmetic.REPLACEMENTS,
    *typeset_files.REPLACEMENTS,
    (Scene, "interactive_embed", pass_over),
    (Scene, "embed", pass_over),
    (OpenGLMobject, "__init__", refuse_opengl),
)
