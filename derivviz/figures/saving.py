"""How a figure becomes a file: whole, the same each time, and as wide as it is to be."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from derivviz import __version__
from derivviz.errors import DerivvizError, UsageError
from derivviz.figures.sizes import MILLIMETRE
from derivviz.figures.style import current
from derivviz.look.fonts import FontError

FORMATS = ("pdf", "svg", "png")


@contextmanager
def no_boxes() -> Iterator[None]:
    """Make an error of a character that would be drawn as an empty box, and of panels that find no room.

    matplotlib only warns of them.
    """
    size = current().size
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=r"Glyph .* missing")
        if size is not None:
            warnings.filterwarnings("error", message="constrained_layout not applied")
        try:
            yield
        except UserWarning as missing:
            if size is not None and "constrained_layout" in str(missing):
                wider = "--width text" if size.name == "column" else "another --journal, or --width poster"
                raise UsageError(
                    f"the figure is too high for this {size.name}, {size.width:g} mm wide and at most {size.height:g} "
                    f"mm high: take {wider}"
                ) from missing
            raise FontError(
                f"a text of the figure cannot be drawn: {missing} Write it another way."
            ) from missing


def save(figure: Figure, path: Path, *, title: str, summary: str, transparent: bool = False) -> None:
    """Write the figure, in the format that the name ends in; within ``style``, and all of it or nothing.

    `transparent` leaves the ground out, behind the axes as well. In a style with a size it is scaled to that
    width, text and all.

    Saved twice, it is the same byte by byte: no date is written.

    Raises
    ------
    UsageError
        When the name ends in no format that there is.
    FontError
        When the font has no glyph for a character.
    DerivvizError
        When the file cannot be written.
    """
    kind = path.suffix[1:].lower()
    if kind not in FORMATS:
        raise UsageError(f"{path}: a figure ends in {', '.join('.' + f for f in FORMATS)}")
    by = f"derivviz {__version__}"
    about: dict[str, dict[str, str | None]] = {
        "pdf": {"Title": title, "Subject": summary, "Creator": by, "CreationDate": None},
        "svg": {"Title": title, "Description": summary, "Creator": by, "Date": None},
        "png": {"Title": title, "Description": summary, "Software": by},
    }
    size = current().size
    scale = size.width * MILLIMETRE / float(figure.get_size_inches()[0]) if size else 1.0
    dots: dict[str, Any] = {}
    if size and kind == "png":
        dots = {"dpi": size.dots * scale, "pil_kwargs": {"dpi": (size.dots, size.dots)}}

    def write(beside: Path) -> None:
        figure.savefig(beside, format=kind, metadata=about[kind], transparent=transparent, **dots)
        if size and kind != "png":
            (_scale_pdf if kind == "pdf" else _scale_svg)(beside, scale)

    with no_boxes():
        whole(path, write)


def _scale_pdf(path: Path, scale: float) -> None:
    from pypdf import PdfWriter

    made = PdfWriter(clone_from=path)
    made.pages[0].scale_by(scale)
    made.pages[0].compress_content_streams()
    made.write(path)


def _scale_svg(path: Path, scale: float) -> None:
    """Write another width and height at the head of the file; its coordinates stay."""

    def scaled(side: re.Match[str]) -> str:
        return f'{side[1]}="{float(side[2]) * scale:g}pt"'

    head, viewed, rest = path.read_text(encoding="utf-8").partition(" viewBox=")
    path.write_text(re.sub(r'(width|height)="([0-9.]+)pt"', scaled, head) + viewed + rest, encoding="utf-8")


def whole(path: Path, write: Callable[[Path], object]) -> None:
    """Have a file written beside its place, then put there: all of it or nothing.

    Raises
    ------
    DerivvizError
        When it cannot be written.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(beside)
        os.replace(beside, path)
    except OSError as error:
        why = error.strerror or error
        raise DerivvizError(f"{path} cannot be written: {why}. Name another place.") from error
    finally:
        beside.unlink(missing_ok=True)
