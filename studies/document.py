"""Tables in Markdown, and the places in a document that they go to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path


def markdown(lines: Sequence[Sequence[str]]) -> str:
    """A table; the second line is that of the dashes."""
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def fill(document: Path, tables: Mapping[str, str]) -> None:
    """Put each table between ``<!-- table NAME -->`` and the next ``<!-- end -->``."""
    text = document.read_text(encoding="utf-8")
    for name, lines in tables.items():
        pattern = rf"(<!-- table {name} -->\n).*?(<!-- end -->)"
        text = re.sub(pattern, lambda at, lines=lines: at[1] + lines + at[2], text, flags=re.DOTALL)
    document.write_text(text, encoding="utf-8")
