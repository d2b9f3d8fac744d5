"""One picture from a file, whatever its kind, as 224×224 RGB bytes."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from derivviz.errors import DerivvizError

SIDE = 224
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
SMALLEST = 16


class PictureError(DerivvizError):
    """A picture that cannot be used; the message is the reason, without the name of the file."""


def read_picture(path: str | Path) -> NDArray[np.uint8]:
    """Decode a JPEG, PNG or WebP file.

    The camera's orientation is applied, transparent parts lie on white, 16-bit grey is brought to 8 bits,
    CMYK and palette become RGB, of an animation the first frame counts. The largest centred square is
    kept.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    ndarray of uint8, shape (224, 224, 3)
        Rows, columns, RGB in 0…255.

    Raises
    ------
    PictureError
        If the file is missing, of another kind, broken, cut short, or smaller than 16 pixels a side.
    """
    path = Path(path)
    if not path.is_file():
        raise PictureError("there is no such file" if not path.exists() else "not a file")
    if path.suffix.lower() not in SUFFIXES:
        raise PictureError(f"not a JPEG, PNG or WebP file (its name ends in {path.suffix or 'nothing'})")
    if path.stat().st_size == 0:
        raise PictureError("the file is empty")
    try:
        with warnings.catch_warnings():
            # Pillow warns of pictures over 89 megapixels and refuses those over 178: only the refusal
            # counts here.
            warnings.simplefilter("ignore")
            with Image.open(path, formats=("JPEG", "PNG", "WEBP")) as image:
                if min(image.size) < SMALLEST:
                    width, height = image.size
                    raise PictureError(
                        f"only {width}×{height} pixels (at least {SMALLEST}×{SMALLEST} are needed)"
                    )
                image.draft("RGB", (2 * SIDE, 2 * SIDE))
                return _square(ImageOps.exif_transpose(image))
    except UnidentifiedImageError:
        raise PictureError("its content is no JPEG, PNG or WebP picture") from None
    except Image.DecompressionBombError:
        raise PictureError("more than 178 megapixels") from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise PictureError(f"broken or cut short ({reason})") from None


def _square(image: Image.Image) -> NDArray[np.uint8]:
    if image.mode.startswith("I") or image.mode == "F":
        # Pillow would clip 16-bit grey at 255 when it converts: scale it first.
        image = Image.fromarray((np.asarray(image, dtype=np.float32) / 257).clip(0, 255).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    fitted = ImageOps.fit(image.convert("RGB"), (SIDE, SIDE), Image.Resampling.BICUBIC)
    return np.asarray(fitted, dtype=np.uint8)
