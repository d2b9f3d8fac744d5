"""Pictures out of a finished film."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
from PIL import Image


def stills(film: Path, times: Sequence[float], width: int) -> list[Image.Image]:
    """What a film shows at some moments.

    Parameters
    ----------
    film
        A file that `derivviz.rendering` made.
    times
        Seconds from its start.
    width
        Pixels across; the height follows.
    """
    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        return [_still(container, stream, time, width) for time in times]


def _still(container: Any, stream: Any, time: float, width: int) -> Image.Image:
    container.seek(round(time / stream.time_base), stream=stream)
    shown = None
    for frame in container.decode(stream):
        if shown is not None and frame.time > time:
            break
        shown = frame
    assert shown is not None  # the first frame of a film lies at 0
    height = round(width * shown.height / shown.width)
    flat = shown.reformat(width, height, "rgb24", src_colorspace="ITU709", interpolation="LANCZOS")
    return Image.fromarray(flat.to_ndarray())
