"""The digest of what a chunk shows."""

from __future__ import annotations

import numpy as np

from derivviz.rendering.content import Content
from derivviz.rendering.reel import Exposure
from derivviz.rendering.shapes import gather


def test_backgrounds_that_differ_anywhere_have_other_digests():
    plain = np.full((6, 8, 4), 16, np.uint8)
    last, corner, tall = plain.copy(), plain.copy(), plain.reshape(8, 6, 4)
    last[-1, -1, 3] = corner[0, 0, 0] = 17
    found = set()
    for background in (plain, last, corner, last[:, ::-1], tall, plain + np.uint8(1)):
        content = Content()
        content.see(Exposure(None, gather([])), background)
        found.add(content.address)
    assert len(found) == 6
