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
    opacity = picture[..., 3:].astype(np.uint16)
    colours = picture[..., :3].astype(np.uint16)
    whole = (colours * 255 + opacity // 2) // np.maximum(opacity, 1)
    return np.concatenate([np.minimum(whole, 255).astype(np.uint8), picture[..., 3:]], axis=2)
