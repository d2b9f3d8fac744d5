"""Files of every kind, whole and broken, become 224×224 RGB or a reason why not."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageCms

from derivviz.learning.pictures import KINDS, SIDE, PictureError, read_picture


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


DISPLAYED = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0))  # upper left, upper right, lower left, …
STORED = {  # by EXIF orientation: how the camera holds what is to be displayed
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def _quarters() -> Image.Image:
    image = Image.new("RGB", (2, 2))
    image.putdata(DISPLAYED)
    return image.resize((96, 64), Image.Resampling.NEAREST)


def _corners(pixels: np.ndarray) -> list[np.ndarray]:
    return [pixels[y, x] for y in (30, 190) for x in (30, 190)]


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "tiff", "avif"])
def test_all_eight_orientations_of_every_kind(tmp_path: Path, kind: str, orientation: int) -> None:
    if kind == "avif" and "AVIF" not in KINDS:
        pytest.skip("this Pillow has no AVIF")
    exif, turn = Image.Exif(), STORED[orientation]
    exif[0x0112] = orientation
    image = _quarters() if turn is None else _quarters().transpose(turn)
    image.save(tmp_path / f"a.{kind}", exif=exif)
    found = _corners(read_picture(tmp_path / f"a.{kind}"))
    assert all(_is(pixel, color, 60) for pixel, color in zip(found, DISPLAYED, strict=True)), found


def test_broken_exif_leaves_the_picture(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x011A] = 6, 72.0
    # The resolution, a fraction, becomes a width: Pillow cannot write such a one.
    broken = exif.tobytes().replace(b"\x01\x1a\x00\x05", b"\x01\x01\x00\x05")
    _quarters().transpose(Image.Transpose.ROTATE_90).save(tmp_path / "a.jpg", exif=broken)
    assert _is(read_picture(tmp_path / "a.jpg")[30, 30], DISPLAYED[0], 60)


def _without_adobe(path: Path) -> None:
    """Cut Adobe's mark, APP14, out of a JPEG file."""
    data = path.read_bytes()
    mark = data.index(b"\xff\xee")
    path.write_bytes(data[:mark] + data[mark + 2 + int.from_bytes(data[mark + 2 : mark + 4], "big") :])


def test_cmyk_with_and_without_adobes_mark(tmp_path: Path) -> None:
    image = _quarters().convert("CMYK")
    image.save(tmp_path / "adobe.jpg")
    ImageChops.invert(image).save(tmp_path / "plain.jpg")  # what is inverted twice is as it was
    _without_adobe(tmp_path / "plain.jpg")
    image.save(tmp_path / "a.tif")
    for name in ("adobe.jpg", "plain.jpg", "a.tif"):
        found = _corners(read_picture(tmp_path / name))
        assert all(_is(pixel, color, 40) for pixel, color in zip(found, DISPLAYED, strict=True)), name


def test_grey_of_sixteen_bits_in_either_byte_order_and_of_more_bits(tmp_path: Path) -> None:
    grey = np.full((40, 40), 0x8010, dtype=np.uint16)
    Image.frombytes("I;16B", (40, 40), grey.astype(">u2").tobytes()).save(tmp_path / "big.tif")
    Image.fromarray(grey).save(tmp_path / "little.tif")
    Image.fromarray(grey.astype(np.int32)).save(tmp_path / "wide.tif")
    for name in ("big.tif", "little.tif", "wide.tif"):
        assert _is(read_picture(tmp_path / name)[5, 5], (128, 128, 128), 0), name
    Image.fromarray(grey.astype(np.int32) * 1000).save(tmp_path / "wider.tif")
    Image.fromarray(grey.astype(np.float32)).save(tmp_path / "float.tif")
    for name in ("wider.tif", "float.tif"):
        with pytest.raises(PictureError, match="nothing says which"):
            read_picture(tmp_path / name)


@pytest.mark.parametrize("kind", ["gif", "png", "tiff"])
def test_the_first_of_several_frames_or_pages(tmp_path: Path, kind: str) -> None:
    frames = [Image.new("RGB", (40, 40), color) for color in ("red", "blue", "lime")]
    frames[0].save(tmp_path / f"a.{kind}", save_all=True, append_images=frames[1:])
    assert _is(read_picture(tmp_path / f"a.{kind}")[5, 5], (255, 0, 0))


def test_the_content_decides_of_which_kind_it_is(tmp_path: Path) -> None:
    for name, kind in (("a.png", "jpeg"), ("b.jpg", "gif"), ("c", "png"), ("d.TXT", "bmp")):
        Image.new("RGB", (40, 40), "red").save(tmp_path / name, format=kind)
        assert _is(read_picture(tmp_path / name)[5, 5], (255, 0, 0))


def test_colours_with_a_profile_become_srgb(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for name, icc in (("none", b""), ("srgb", srgb), ("of another kind", profile), ("broken", b"no profile")):
        Image.new("RGB", (40, 40), (200, 40, 90)).save(tmp_path / "a.png", icc_profile=icc)
        assert _is(read_picture(tmp_path / "a.png")[5, 5], (200, 40, 90), 2), name
    # A profile whose red and blue have changed places.
    swapped = srgb.replace(b"rXYZ", b"tXYZ").replace(b"bXYZ", b"rXYZ").replace(b"tXYZ", b"bXYZ")
    Image.new("RGB", (40, 40), (255, 0, 0)).save(tmp_path / "a.png", icc_profile=swapped)
    assert read_picture(tmp_path / "a.png")[5, 5].argmax() == 2


@pytest.mark.parametrize("size", [(1, 1), (1, 10_000), (10_000, 1), (15, 400)])
def test_too_small_to_see_anything(tmp_path: Path, size: tuple[int, int]) -> None:
    Image.new("RGB", size).save(tmp_path / "a.png")
    with pytest.raises(PictureError, match=f"only {size[0]}×{size[1]} pixels"):
        read_picture(tmp_path / "a.png")


def test_a_narrow_strip_gives_its_middle(tmp_path: Path) -> None:
    strip = Image.new("RGB", (16, 10_000), "red")
    strip.paste((0, 0, 255), (0, 4992, 16, 5008))
    strip.save(tmp_path / "a.png")
    assert _is(read_picture(tmp_path / "a.png")[112, 112], (0, 0, 255))


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["1", "L", "P", "I;16", "RGB", "RGBA", "CMYK"])
def test_ten_thousand_pixels_a_side(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("a.tif" if mode == "CMYK" else "a.png")
    Image.new(mode, (10_000, 10_000)).save(path)
    assert read_picture(path).shape == (SIDE, SIDE, 3)


def test_what_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "link.png").symlink_to(tmp_path / "gone.png")
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    os.mkfifo(tmp_path / "pipe.png")
    expected = {"link.png": "leads nowhere", "loop.png": "leads nowhere", "pipe.png": "not a file"}
    for name, reason in expected.items():
        with pytest.raises(PictureError, match=reason):
            read_picture(tmp_path / name)
    with pytest.raises(PictureError, match="cannot be opened"):
        read_picture(tmp_path / ("long" * 200))
    _halves().save(tmp_path / "locked.png")

    def refuse(*arguments: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(PictureError, match=r"cannot be opened \(Permission denied\)"):
        read_picture(tmp_path / "locked.png")


@pytest.fixture(scope="module")
def wholes() -> list[bytes]:
    """A small picture in every kind, some of them with EXIF, a profile, several frames."""
    noise = np.random.default_rng(0).integers(0, 256, (24, 24, 3), dtype=np.uint8)
    image, exif = Image.fromarray(noise), Image.Exif()
    exif[0x0112] = 6
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    found = []
    for kind in KINDS:
        buffer = io.BytesIO()
        more = {"exif": exif, "icc_profile": srgb} if kind in ("JPEG", "PNG", "WebP", "TIFF") else {}
        image.save(buffer, kind.upper(), **more)
        found.append(buffer.getvalue())
    buffer = io.BytesIO()
    image.convert("P").save(buffer, "GIF", save_all=True, append_images=[image.rotate(90).convert("P")])
    return [*found, buffer.getvalue()]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_damage_ends_in_anything_but_a_reason(
    wholes: list[bytes], tmp_path: Path, data: st.DataObject
) -> None:
    whole = bytearray(data.draw(st.sampled_from(wholes)))
    for _ in range(data.draw(st.integers(0, 6))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at] = data.draw(st.integers(0, 255))
    cut = whole[: data.draw(st.integers(0, len(whole)))]
    (tmp_path / "a").write_bytes(cut + data.draw(st.binary(max_size=8)))
    try:
        pixels = read_picture(tmp_path / "a")
    except PictureError:
        return
    assert pixels.shape == (SIDE, SIDE, 3)
    assert pixels.dtype == np.uint8


@given(content=st.binary(max_size=200))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_bytes_that_are_no_picture(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.jpg").write_bytes(content)
    with pytest.raises(PictureError):
        read_picture(tmp_path / "a.jpg")
