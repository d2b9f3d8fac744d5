"""A file that was made, as a notebook shows it."""

from __future__ import annotations

import base64
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

EMBEDDED = 32_000_000  # bytes; a larger film would make a notebook that no editor opens
VIDEO = {".mp4": "video/mp4", ".webm": "video/webm"}
PICTURE = {".png": "image/png", ".gif": "image/gif", ".svg": "image/svg+xml"}


class Shown:
    """A film or a picture: played or shown in the cell, and kept in the notebook. Of other files, a link.

    Parameters
    ----------
    path
        Of the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __repr__(self) -> str:
        return str(self.path)

    def _repr_html_(self) -> str:
        kind = self.path.suffix.lower()
        if self.path.stat().st_size > EMBEDDED or kind not in {**VIDEO, **PICTURE}:
            return f'<a href="{quote(self.path.as_posix())}">{escape(str(self.path))}</a>'
        data = base64.b64encode(self.path.read_bytes()).decode()
        name = escape(self.path.name)
        if kind in VIDEO:
            return (
                f'<video controls style="max-width: 100%" title="{name}" '
                f'src="data:{VIDEO[kind]};base64,{data}"></video>'
            )
        return f'<img style="max-width: 100%" alt="{name}" src="data:{PICTURE[kind]};base64,{data}">'

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": repr(self)}
