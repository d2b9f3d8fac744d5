"""Transcript: what is said in a film, as Markdown."""

from __future__ import annotations

import re

from derivviz.look.prose import plain
from derivviz.publishing.chapters import clock
from derivviz.publishing.talk import Talk


def transcript(talk: Talk, language: str) -> str:
    """What is said in a film in one of its languages, each sentence with its time."""
    lines = [f"# {_literal(talk.title[language])}", ""]
    if talk.summary[language]:
        lines += [_literal(talk.summary[language]), ""]
    for part in talk.parts:
        if len(talk.parts) > 1:
            lines += [f"## {_literal(part.title[language])}", ""]
        lines += [f"- **{clock(beat.start)}** {_literal(plain(beat.text[language]))}" for beat in part.beats]
        lines.append("")
    return "\n".join(lines)


def _literal(text: str) -> str:
    """Text in which no sign means something to Markdown."""
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", text)
