"""The state of a scene as a digest: two processes that should have arrived at the same moment compare it."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Any

import numpy as np
from manim import Animation, Mobject, Scene
from manim.animation.composition import AnimationGroup
from manim.animation.movement import PhaseFlow
from manim.animation.speedmodifier import ChangeSpeed
from manim.animation.updaters.update import MaintainPositionRelativeTo, UpdateFromFunc

_ARRAYS = ("points", "fill_rgbas", "stroke_rgbas", "background_stroke_rgbas", "rgbas", "pixel_array")
_NUMBERS = ("stroke_width", "background_stroke_width", "z_index")
_REMEMBERING = (UpdateFromFunc, PhaseFlow, MaintainPositionRelativeTo, ChangeSpeed)
_KNOWN = ("manim.", "derivviz.")  # whose animations are functions of time


def digest(scene: Scene) -> str:
    """Everything of a scene that a picture shows, and the random numbers to come.

    Two states with one digest look the same, to the last bit of every coordinate.
    """
    camera = scene.renderer.camera
    moving = [part for part in vars(camera).values() if isinstance(part, Mobject)]
    numbers: Any = np.random.get_state()
    rest = (numbers[2:], random.getstate(), float(scene.renderer.time))
    state = blake2b(numbers[1].tobytes() + repr(rest).encode(), digest_size=16)
    state.update(looks([*scene.mobjects, *scene.foreground_mobjects, *moving]).encode())
    return state.hexdigest()


def looks(mobjects: Iterable[Mobject]) -> str:
    """What mobjects and their parts look like, as a digest."""
    state = blake2b(digest_size=16)
    for mobject in families(mobjects):
        own = mobject.__dict__
        for name in _ARRAYS:
            array = own.get(name)
            if isinstance(array, np.ndarray):
                state.update(b"%d" % array.size)
                state.update(array.tobytes())
        state.update(repr([own.get(name) for name in _NUMBERS]).encode())
    return state.hexdigest()


def families(mobjects: Iterable[Mobject]) -> Iterator[Mobject]:
    """Every mobject and its parts, each once."""
    seen: set[int] = set()
    waiting = list(mobjects)[::-1]
    while waiting:
        mobject = waiting.pop()
        if id(mobject) not in seen:
            seen.add(id(mobject))
            yield mobject
            waiting.extend(reversed(mobject.submobjects))


def is_pure(scene: Scene) -> bool:
    """Whether the animations that a scene is about to play are functions of time alone.

    Then any of their frames can be had without those before it. Updaters may remember what they did, and so
    may animations of a user's own: those are played frame by frame.
    """
    if scene.updaters or scene.always_update_mobjects or scene.stop_condition is not None or scene.meshes:
        return False
    animations = list(_all(scene.animations or ()))
    if any(not type(a).__module__.startswith(_KNOWN) or isinstance(a, _REMEMBERING) for a in animations):
        return False
    held = [part for a in animations for part in vars(a).values() if isinstance(part, Mobject)]
    camera = [part for part in vars(scene.renderer.camera).values() if isinstance(part, Mobject)]
    everything = families([*scene.mobjects, *scene.foreground_mobjects, *held, *camera])
    return all(not mobject.updaters for mobject in everything)


def _all(animations: Iterable[Animation]) -> Iterator[Animation]:
    for animation in animations:
        yield animation
        if isinstance(animation, AnimationGroup):
            yield from _all(animation.animations)
