"""Sizes and frame rates by the letters that manim uses."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quality:
    """Width and height in pixels, and frames a second."""

    width: int
    height: int
    frame_rate: int

    def __str__(self) -> str:
        return f"{self.width}×{self.height} at {self.frame_rate} frames a second"


QUALITIES = {
    "l": Quality(854, 480, 15),
    "m": Quality(1280, 720, 30),
    "h": Quality(1920, 1080, 60),
    "p": Quality(2560, 1440, 60),
    "k": Quality(3840, 2160, 60),
}
