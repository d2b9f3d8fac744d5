"""How large, how fast and in which shape a scene is drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import gcd

SHAPES = {"16:9": (16, 9), "9:16": (9, 16), "1:1": (1, 1)}
UNITS = 8.0  # of manim along the shorter side of the frame, as its own 16:9 frame has


@dataclass(frozen=True)
class Quality:
    """Width and height in pixels, frames a second, and whether the background is left out."""

    width: int
    height: int
    frame_rate: int
    transparent: bool = False

    @property
    def frame(self) -> tuple[float, float]:
        """Width and height of manim's frame in its own units: the shorter side is 8; lessons may change it."""
        shorter = min(self.width, self.height)
        return UNITS * self.width / shorter, UNITS * self.height / shorter

    @property
    def aspect(self) -> str:
        """Width to height: ``"16:9"``, ``"9:16"`` or ``"1:1"`` to a pixel, or the exact ratio."""
        for name, (across, up) in SHAPES.items():
            if abs(self.width * up - self.height * across) <= max(across, up):
                return name
        common = gcd(self.width, self.height)
        return f"{self.width // common}:{self.height // common}"

    def shaped(self, aspect: str) -> Quality:
        """The same size in another shape: the shorter side stays as long as it is.

        Parameters
        ----------
        aspect
            One of `SHAPES`.
        """
        shorter, longer = sorted((self.width, self.height))
        if aspect == "1:1":
            return replace(self, width=shorter, height=shorter)
        across, up = SHAPES[aspect]
        if shorter == longer:
            longer = 2 * round(shorter * max(across, up) / min(across, up) / 2)
        width, height = (longer, shorter) if across > up else (shorter, longer)
        return replace(self, width=width, height=height)

    def __str__(self) -> str:
        return f"{self.width}×{self.height} at {self.frame_rate} frames a second"


QUALITIES = {
    "l": Quality(854, 480, 15),
    "m": Quality(1280, 720, 30),
    "h": Quality(1920, 1080, 60),
    "p": Quality(2560, 1440, 60),
    "k": Quality(3840, 2160, 60),
}
