"""Pictures without a background: Cairo keeps colours times opacity, files keep colours as they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Frame = NDArray[np.uint8]


def straight(picture: Frame) -> Frame:
    """A picture with its colours no longer multiplied by its opacity.

    Parameters
    ----------
    picture
        Shape (height, width, 4), RGBA, each colour at most as large as its opacity.
    """
    opacity = picture[..., 3]
    mixed = (opacity > 0) & (opacity < 255)
    made = picture.copy()
    alpha = opacity[mixed][:, None].astype(np.uint16)
    whole = (picture[mixed, :3].astype(np.uint16) * 255 + alpha // 2) // alpha
    made[mixed, :3] = np.minimum(whole, 255)
    return made
