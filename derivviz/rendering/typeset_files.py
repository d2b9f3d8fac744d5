"""manim's folder of typeset text, made safe for several processes: files appear there whole or not at all.

Workers that were forked share the folder of the process that they are copies of, and an updater may typeset
something new in any of them, at the same time.
"""

from __future__ import annotations

import io
import os
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import manimpango
from manim import RIGHT, config, tempconfig
from manim.mobject.svg import svg_mobject
from manim.mobject.svg.svg_mobject import SVGMobject
from manim.mobject.text import tex_mobject, text_mobject, typst_mobject
from manim.utils import tex_file_writing, typst_file_writing
from manim.utils.tex import TexTemplate


def _whole(place: int, draw: Callable[..., str]) -> Callable[..., str]:
    """A function that writes a file, named by the argument at a place, made to write it beside and rename."""

    def drawn(*args: Any, **kwargs: Any) -> str:
        path = Path(args[place])
        beside = path.with_name(f"{path.stem}.{os.getpid()}{path.suffix}")
        draw(*args[:place], str(beside), *args[place + 1 :], **kwargs)
        beside.replace(path)
        return str(path)

    return drawn


def remove_last_M(file_name: str) -> None:  # noqa: N802 (manimpango's name)
    """Take a stray last move out of an SVG of Pango's, in one stroke and only where there is one."""
    path = Path(file_name)
    before = path.read_text(encoding="utf-8")
    after = re.sub(r'Z M [^A-Za-z]*? "\/>', 'Z "/>', before)
    if after != before:
        beside = path.with_name(f"{path.stem}.{os.getpid()}{path.suffix}")
        beside.write_text(after, encoding="utf-8")
        beside.replace(path)


def generate_mobject(self: SVGMobject) -> SVGMobject:
    """Read an SVG; what manim adds to it stays in memory instead of in a file of a fixed name."""
    tree: Any = ET.parse(self.get_file_path())
    changed = io.BytesIO()
    self.modify_xml_tree(tree).write(changed)
    changed.seek(0)
    mobjects, by_id = self.get_mobjects_from(svg_mobject.se.SVG.parse(changed))
    self.add(*mobjects)
    self.id_to_vgroup_dict = by_id
    self.flip(RIGHT)
    return self


def tex_to_svg_file(
    expression: str, environment: str | None = None, tex_template: TexTemplate | None = None
) -> Path:
    """Typeset a formula with TeX, all of whose files lie in a folder of their own meanwhile."""
    name = tex_file_writing.generate_tex_file(expression, environment, tex_template)
    return _apart(
        name.with_suffix(".svg"),
        lambda: tex_file_writing.tex_to_svg_file(expression, environment, tex_template),
    )


def typst_to_svg_file(
    typst_code: str,
    preamble: str = "",
    text_size: float = typst_file_writing.TYPST_COMPILATION_FONT_SIZE,
    font_paths: list[str | Path] | None = None,
) -> Path:
    """Typeset markup with Typst, whose files lie in a folder of their own meanwhile."""
    source = typst_file_writing.TYPST_TEMPLATE.format(text_size=text_size, preamble=preamble, body=typst_code)
    folder = config.get_dir("tex_dir")
    folder.mkdir(parents=True, exist_ok=True)
    return _apart(
        folder / f"{typst_file_writing._typst_hash(source)}.svg",
        lambda: typst_file_writing.typst_to_svg_file(typst_code, preamble, text_size, font_paths),
    )


def _apart(svg: Path, typeset: Callable[[], Path]) -> Path:
    """Have a file made elsewhere, and moved to its place when it is whole."""
    if not svg.exists():
        with TemporaryDirectory(dir=svg.parent) as own, tempconfig({"tex_dir": own}):
            typeset().replace(svg)
    return svg


REPLACEMENTS: tuple[tuple[Any, str, Any], ...] = (
    (manimpango, "text2svg", _whole(4, manimpango.text2svg)),
    (
        text_mobject.MarkupUtils,
        "text2svg",
        staticmethod(_whole(7, text_mobject.MarkupUtils.text2svg)),
    ),
    (text_mobject.PangoUtils, "remove_last_M", staticmethod(remove_last_M)),
    (SVGMobject, "generate_mobject", generate_mobject),
    (tex_mobject, "tex_to_svg_file", tex_to_svg_file),
    (typst_mobject, "typst_to_svg_file", typst_to_svg_file),
)
