"""A trained network that is asked: from a picture and a level of hunger to a recommended dish."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from derivviz.calculus.recommendation import Recommendation, recommend_from
from derivviz.errors import UsageError
from derivviz.learning.dataset import to_batch
from derivviz.learning.network import FoodCNN, predict
from derivviz.learning.pictures import PictureError, read_picture, square
from derivviz.learning.saving import ModelError, read_model, write_model

Picture = str | os.PathLike[str] | Image.Image | NDArray[np.uint8]
"""A file, an opened Pillow image, or uint8 (y, x, 3) in RGB."""

AT_ONCE = 64  # pictures in memory at the same time


class Recommender:
    """A network, the names of its classes, and what they are asked for.

    Parameters
    ----------
    model
        The trained network.
    classes
        Their names in the order of its outputs: a class's place is the i of the score.
    source
        Where it comes from, for messages.

    Examples
    --------
    >>> recommender = Recommender.load("renders/food.zarr")
    >>> answer = recommender.recommend("photo.jpg", hunger=6)
    >>> answer.best.dish, answer.best.score
    >>> print(answer.explain())
    >>> recommender.save("food.safetensors")  # one file to pass on; Recommender.load reads it
    """

    def __init__(self, model: FoodCNN, classes: Sequence[str], source: str = "this recommender") -> None:
        if len(classes) != model.config["classes"]:
            raise UsageError(f"{len(classes)} names were given for the {model.config['classes']} classes.")
        self.model = model.eval()
        self.classes = tuple(classes)
        self.source = source

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Recommender:
        """Read a trace of ``derivviz record food``, or a file that `save` wrote.

        Raises
        ------
        ModelError
            If there is no network, it is of another kind or version, or the file is damaged.
        """
        return cls(*read_model(Path(path)), source=str(path))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write network and classes to one safetensors file, whole or not at all."""
        write_model(self.model, Path(path), self.classes)

    @property
    def side(self) -> int:
        """Width and height in pixels of what the network sees."""
        side: int = self.model.config["side"]
        return side

    def pixels(self, picture: Picture) -> NDArray[np.uint8]:
        """What the network sees of a picture: its largest centred square, uint8 (side, side, 3).

        Raises
        ------
        PictureError
            With the reason why it cannot be used.
        """
        if isinstance(picture, np.ndarray):
            if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
                raise PictureError(f"uint8 (y, x, 3) is wanted, not {picture.dtype} {picture.shape}")
            picture = Image.fromarray(picture)
        if isinstance(picture, Image.Image):
            return square(picture, self.side)
        return read_picture(os.fspath(picture), self.side)

    def probabilities(self, pictures: Sequence[Picture]) -> NDArray[np.float64]:
        """The network's answer to each picture, shape (picture, class).

        Raises
        ------
        PictureError
            Naming every picture that cannot be used, with the reason.
        ModelError
            If the network answers NaN: its training ended in overflow.
        """
        answers, wrong = [np.empty((0, len(self.classes)))], []
        for start in range(0, len(pictures), AT_ONCE):
            usable = []
            for n, picture in enumerate(pictures[start : start + AT_ONCE], start):
                try:
                    usable.append(self.pixels(picture))
                except PictureError as error:
                    told = picture if isinstance(picture, (str, os.PathLike)) else f"picture {n}"
                    wrong.append(f"{told}: {error}")
            if not wrong:
                answers.append(predict(self.model, to_batch(np.stack(usable))).double().numpy())
        if wrong:
            raise PictureError("These pictures cannot be used:\n  " + "\n  ".join(wrong))
        found = np.concatenate(answers)
        if not np.isfinite(found).all():
            raise ModelError(
                f"The network in {self.source} answers NaN: its training (preset "
                f"{self.model.config['preset']}) ended in overflow. Record one that can be asked: "
                "derivviz record food --preset stable -o PATH"
            )
        return found

    def recommend(self, picture: Picture, hunger: float) -> Recommendation:
        """The score table of a picture at a level of hunger, 0…10.

        Raises
        ------
        PictureError, ModelError
            As `probabilities`.
        UsageError
            If hunger lies outside 0…10.
        """
        return recommend_from(self.probabilities([picture])[0], hunger, self.classes)
