"""Files of every kind, whole and broken, become 224×224 RGB or a reason why not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from derivviz.learning.pictures import SIDE, PictureError, read_picture


def _halves(width: int = 300, height: int = 300) -> Image.Image:
    """Left half red, right half blue."""
    image = Image.new("RGB", (width, height), (255, 0, 0))
    image.paste((0, 0, 255), (width // 2, 0, width, height))
    return image


def _is(pixel: np.ndarray, color: tuple[int, int, int], tolerance: int = 12) -> bool:
    return bool((np.abs(pixel.astype(int) - color) <= tolerance).all())


@pytest.mark.parametrize("suffix", [".jpg", ".JPEG", ".png", ".webp"])
def test_the_three_kinds(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    _halves().save(path)
    pixels = read_picture(path)
    assert pixels.shape == (SIDE, SIDE, 3)
    assert pixels.dtype == np.uint8
    assert _is(pixels[100, 30], (255, 0, 0), 25)
    assert _is(pixels[100, 190], (0, 0, 255), 25)


def test_the_cameras_orientation_is_applied(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise
    _halves().save(tmp_path / "a.jpg", exif=exif)
    pixels = read_picture(tmp_path / "a.jpg")
    assert _is(pixels[30, 112], (255, 0, 0), 25)
    assert _is(pixels[190, 112], (0, 0, 255), 25)


@pytest.mark.parametrize("mode", ["P", "L", "1", "CMYK", "LA", "RGBA"])
def test_other_colour_modes(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("a.jpg" if mode == "CMYK" else "a.png")
    Image.new("RGB", (60, 60), (255, 255, 255)).convert(mode).save(path)
    assert _is(read_picture(path)[100, 100], (255, 255, 255))


def test_transparent_parts_lie_on_white(tmp_path: Path) -> None:
    Image.new("RGBA", (60, 60), (0, 0, 0, 0)).save(tmp_path / "a.png")
    assert _is(read_picture(tmp_path / "a.png")[10, 10], (255, 255, 255), 0)
    palette = Image.new("P", (60, 60), 0)
    palette.putpalette([0, 0, 0, 0, 200, 0])
    palette.save(tmp_path / "b.png", transparency=0)
    assert _is(read_picture(tmp_path / "b.png")[10, 10], (255, 255, 255), 0)


def test_sixteen_bit_grey_keeps_its_brightness(tmp_path: Path) -> None:
    Image.fromarray(np.full((40, 40), 32896, dtype=np.uint16)).save(tmp_path / "a.png")
    assert _is(read_picture(tmp_path / "a.png")[5, 5], (128, 128, 128), 1)


def test_the_first_frame_of_an_animation(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (40, 40), color) for color in ("red", "blue")]
    frames[0].save(tmp_path / "a.webp", save_all=True, append_images=frames[1:], lossless=True)
    assert _is(read_picture(tmp_path / "a.webp")[5, 5], (255, 0, 0))


def test_the_largest_centred_square_is_kept(tmp_path: Path) -> None:
    wide = Image.new("RGB", (600, 200), "black")
    wide.paste((255, 255, 255), (200, 0, 400, 200))
    wide.save(tmp_path / "a.png")
    assert _is(read_picture(tmp_path / "a.png")[:, 10:-10].reshape(-1, 3).min(axis=0), (255, 255, 255), 4)


def _truncated(path: Path, kind: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path, format=kind)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def test_what_cannot_be_used_is_told_why(tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "folder.png").mkdir()
    Image.new("RGB", (1, 1)).save(tmp_path / "dot.png")
    Image.new("RGB", (60, 60)).save(tmp_path / "icon.png", format="ico")
    (tmp_path / "phone.HEIC").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0")
    for kind in ("jpeg", "png", "webp"):
        _truncated(tmp_path / f"cut.{kind}", kind)
    expected = {
        "empty.jpg": "empty",
        "text.png": "no JPEG, PNG, WebP, GIF, BMP, TIFF",
        "folder.png": "not a file",
        "dot.png": "1×1",
        "icon.png": "no JPEG, PNG, WebP, GIF, BMP, TIFF",
        "phone.HEIC": "export it as JPEG",
        "missing.png": "no such file",
        "cut.jpeg": "cut short",
        "cut.png": "cut short",
        "cut.webp": "cut short",
    }
    for name, reason in expected.items():
        with pytest.raises(PictureError, match=reason):
            read_picture(tmp_path / name)


def test_more_pixels_than_fit_in_memory_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("RGB", (200, 200)).save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)
    with pytest.raises(PictureError, match="megapixels"):
        read_picture(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 30_000)
    assert read_picture(tmp_path / "a.png").shape == (SIDE, SIDE, 3), "Pillow only warns at that size"
