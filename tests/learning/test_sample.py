"""The toy sample is the same for everyone, complete, and honestly named."""

from __future__ import annotations

import hashlib

import numpy as np

from derivviz.learning.sample import EMOJI, SETS, toy_sample


def test_equal_seeds_give_equal_pixels_and_others_other_plates() -> None:
    one, same, other = toy_sample(7, per_class=2), toy_sample(7, per_class=2), toy_sample(8, per_class=2)
    assert one.hash == same.hash != other.hash
    assert one.images.shape == (10, 224, 224, 3)
    assert one.target.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert one.classes == ("pizza", "chicken", "hamburger", "pasta", "salad")
    assert "toy sample" in one.description
    assert all(name.startswith("toy sample/") for name in one.names)


def test_every_drawing_is_served() -> None:
    sample = toy_sample(0, per_class=len(SETS))
    digests = {hashlib.sha256(image.tobytes()).hexdigest() for image in sample.images}
    assert len(digests) == 20
    assert {name.rpartition("(")[2].rstrip(")") for name in sample.names} == set(SETS)
    # The dish lies in the middle: there the picture has far more colour than an empty plate.
    middle = sample.images[:, 72:152, 72:152].astype(float)
    colour = (middle.max(axis=-1) - middle.min(axis=-1)).mean(axis=(1, 2))
    assert np.median(colour) > 60


def test_the_drawings_travel_with_their_licences() -> None:
    assert len(list(EMOJI.glob("*.svg"))) == 20
    assert "Microsoft" in (EMOJI / "LICENSE-fluent.txt").read_text()
    assert "Apache License" in (EMOJI / "LICENSE-noto.txt").read_text()
