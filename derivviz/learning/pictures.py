"""One picture from a file, whatever its kind, as square RGB bytes."""

from __future__ import annotations

import contextlib
import io
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageCms, ImageOps, UnidentifiedImageError, features

from derivviz.errors import DerivvizError

SIDE = 224
SMALLEST = 16
DECODER = 2
"""Counts the changes of `read_picture` that change pixels: what was cached by another one is decoded anew."""

KINDS = ("JPEG", "PNG", "WebP", "GIF", "BMP", "TIFF", *(["AVIF"] if features.check("avif") else []))
_PLUGINS = [kind.upper() for kind in KINDS]
_TOLD = f"{', '.join(KINDS[:-1])} or {KINDS[-1]}"
_HEIC = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")


class PictureError(DerivvizError):
    """A picture that cannot be used; the message is the reason, without the name of the file."""


def read_picture(path: str | Path, side: int = SIDE) -> NDArray[np.uint8]:
    """Decode a picture file. Its content decides of which kind it is, not its name.

    Of an animation or of several pages the first counts. The camera's orientation is applied, transparent
    parts lie on white, 16-bit grey is brought to 8 bits, colours with a profile become sRGB, CMYK and palette
    become RGB. The largest centred square is kept.

    Parameters
    ----------
    path
        A JPEG, PNG, WebP, GIF, BMP, TIFF or (where Pillow has it) AVIF file.
    side
        Width and height of the result in pixels.

    Returns
    -------
    ndarray of uint8, shape (side, side, 3)
        Rows, columns, RGB in 0…255.

    Raises
    ------
    PictureError
        If the file is missing, locked, of another kind, broken, cut short, smaller than 16 pixels a side or
        larger than 178 megapixels.
    """
    path = Path(path)
    try:
        if not path.is_file():
            missing = "a link that leads nowhere" if path.is_symlink() else "there is no such file"
            raise PictureError("not a file" if path.exists() else missing)
        if path.stat().st_size == 0:
            raise PictureError("the file is empty")
        with warnings.catch_warnings(), path.open("rb") as file:
            # Pillow warns of pictures over 89 megapixels and refuses those over 178: only the refusal
            # counts here.
            warnings.simplefilter("ignore")
            with Image.open(file, formats=_PLUGINS) as image:
                return _decoded(image, side)
    except PictureError:
        raise
    except UnidentifiedImageError:
        raise PictureError(_other(path)) from None
    except Image.DecompressionBombError:
        raise PictureError("more than 178 megapixels") from None
    except MemoryError:
        raise PictureError("there is not enough memory to decode it") from None
    except OSError as error:
        if error.errno is not None:
            raise PictureError(f"it cannot be opened ({error.strerror})") from None
        raise PictureError(f"broken or cut short ({_first_line(error)})") from None
    except Exception as error:  # decoders of broken files end in struct, zlib, index and many other errors
        raise PictureError(f"broken or cut short ({_first_line(error)})") from None


def square(image: Image.Image, side: int = SIDE) -> NDArray[np.uint8]:
    """A picture that is already decoded: its largest centred square as RGB bytes, shape (side, side, 3)."""
    size, profile = (side, side), image.info.get("icc_profile")
    if image.mode.startswith("I") or image.mode == "F":
        image = _eight_bits(image)
    if image.mode == "CMYK" and image.format == "JPEG" and "adobe" not in image.info:
        # Pillow takes every CMYK JPEG as Adobe writes it, inverted. Without Adobe's mark it is not.
        image = ImageChops.invert(image)
    if image.has_transparency_data:
        # Resized first, which weighs colours by their opacity: compositing then costs next to nothing.
        image = image if image.mode == "RGBA" else image.convert("RGBA")
        image = ImageOps.fit(image, size, Image.Resampling.BICUBIC)
        image = Image.alpha_composite(Image.new("RGBA", size, "white"), image)
    if image.mode not in ("RGB", "L", "CMYK"):
        image = image.convert("RGB")
    return np.asarray(_srgb(ImageOps.fit(image, size, Image.Resampling.BICUBIC), profile), dtype=np.uint8)


def _decoded(image: Image.Image, side: int) -> NDArray[np.uint8]:
    if min(image.size) < SMALLEST:
        width, height = image.size
        raise PictureError(f"only {width}×{height} pixels (at least {SMALLEST}×{SMALLEST} are needed)")
    image.draft(image.mode, (2 * side, 2 * side))
    image.load()
    # What the camera wrote about the picture may be broken where the picture itself is whole.
    with contextlib.suppress(Exception):
        ImageOps.exif_transpose(image, in_place=True)
    return square(image, side)


def _eight_bits(image: Image.Image) -> Image.Image:
    """16-bit grey by its upper byte; Pillow itself would clip it at 255."""
    if image.mode == "F":
        raise PictureError("its numbers have a fraction, and nothing says which of them is white")
    grey = np.asarray(image)
    if grey.min(initial=0) < 0 or grey.max(initial=0) > 65535:
        raise PictureError("its grey has 32 bits, and nothing says which number is white")
    return Image.fromarray((grey >> 8).astype(np.uint8))


def _srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """RGB, by way of the colour profile if it is a sound one for this kind of picture."""
    if profile:
        try:
            source, target = ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
            return converted or image.convert("RGB")
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            pass
    return image.convert("RGB")


def _other(path: Path) -> str:
    """What a file is that is no picture of the known kinds."""
    with path.open("rb") as file:
        start = file.read(12)
    if start[4:8] == b"ftyp" and start[8:] in _HEIC:
        return "a HEIC picture, as iPhones store them: export it as JPEG"
    return f"its content is no {_TOLD} picture"


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
