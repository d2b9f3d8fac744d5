"""The times of a film's sentences as a table: to speak by, and for ``--marks``."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from derivviz.animation.lesson import Beat
from derivviz.animation.stage import LANGUAGES
from derivviz.look.prose import plain


def marks(beats: Iterable[Beat]) -> str:
    """CSV: number, start and end in seconds, and the sentence in each language, a line a beat."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(("beat", "start", "end", *LANGUAGES))
    for beat in beats:
        told = (plain(beat.text[language]) for language in LANGUAGES)
        table.writerow((beat.number, f"{beat.start:.3f}", f"{beat.end:.3f}", *told))
    return text.getvalue()
