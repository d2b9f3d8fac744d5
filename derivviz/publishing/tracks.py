"""Soft subtitles and chapters into a finished film: packets are copied, nothing is encoded again."""

from __future__ import annotations

import heapq
import struct
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

import av
from av.stream import Disposition
from av.subtitles.subtitle import SubtitleSet

from derivviz.publishing.chapters import Chapter
from derivviz.publishing.subtitles import CODES, NAMES, Cue, escaped
from derivviz.rendering.join import Target

CODECS = {".mp4": "mov_text", ".mov": "mov_text", ".webm": "webvtt"}
MILLISECOND = Fraction(1, 1000)

# FFmpeg's text codecs take their style from a header in Advanced SubStation Alpha; players use their own.
_STYLE = b"""\
[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, Alignment
Style: Default,Arial,16,&Hffffff,2

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def embed(
    film: Path,
    cues: Mapping[str, Sequence[Cue]],
    chapters: Sequence[Chapter],
    *,
    title: str,
    shown: str | None = None,
) -> None:
    """Give a film its subtitles, a track a language, its chapters and its title.

    Parameters
    ----------
    film
        An ``.mp4``, ``.mov`` or ``.webm``; it is replaced when the new one is whole.
    cues
        Subtitles by language.
    chapters
        None for a film without any.
    title
        What players show as the film's name.
    shown
        Language of the track that players show by themselves; None when the film has its captions drawn.
    """
    target = Target(film)
    try:
        target.fill(lambda beside: _write(film, beside, cues, chapters, title, shown))
    finally:
        target.discard()


def _write(
    film: Path,
    beside: Path,
    cues: Mapping[str, Sequence[Cue]],
    chapters: Sequence[Chapter],
    title: str,
    shown: str | None,
) -> None:
    settings = {"fflags": "+bitexact"}  # no random numbers, no versions
    if film.suffix != ".webm":
        settings["movflags"] = "+faststart"
    with av.open(str(film)) as source, av.open(str(beside), "w", options=settings) as out:
        streams = [*source.streams.video, *source.streams.audio]
        copies = {stream.index: _copy(out, stream) for stream in streams}
        out.metadata["title"] = title
        out.set_chapters([_chapter(number, chapter) for number, chapter in enumerate(chapters)])
        texts = [
            _subtitles(out, CODECS[film.suffix], language, told, language == shown)
            for language, told in cues.items()
        ]
        moving = _copied(source, copies)
        for packet in heapq.merge(moving, *texts, key=lambda packet: packet.dts * packet.time_base):
            out.mux(packet)
    if shown is None and film.suffix != ".webm":
        _turn_off_subtitles(beside)


def _copy(out: Any, stream: Any) -> Any:
    copy = out.add_stream_from_template(stream)
    copy.codec_context.codec_tag = stream.codec_context.codec_tag
    if "ALPHA_MODE" in stream.metadata:  # else players of webm see no transparency
        copy.metadata["alpha_mode"] = stream.metadata["ALPHA_MODE"]
    return copy


def _copied(source: Any, copies: Mapping[int, Any]) -> Iterator[Any]:
    """The packets of a film, one by one, each given to its copied stream."""
    for packet in source.demux([source.streams[index] for index in copies]):
        if packet.dts is not None:
            packet.stream = copies[packet.stream.index]
            yield packet


def _subtitles(out: Any, codec: str, language: str, told: Sequence[Cue], shown: bool) -> list[Any]:
    """A track of text, and its packets."""
    stream = out.add_stream(codec)
    stream.codec_context.subtitle_header = _STYLE
    stream.time_base = stream.codec_context.time_base = MILLISECOND
    stream.metadata.update(language=CODES[language], title=NAMES[language], handler_name=NAMES[language])
    stream.disposition = Disposition.default if shown else Disposition(0)
    packets = []
    for number, cue in enumerate(told):
        start, length = round(cue.start * 1000), round(cue.end * 1000) - round(cue.start * 1000)
        lines = [escaped(line) if codec == "webvtt" else line for line in cue.lines]
        text = r"\N".join(lines)
        dialogue = f"{number},0,Default,,0,0,0,,{text}".encode()
        packet = stream.codec_context.encode_subtitle(SubtitleSet.create(dialogue, 0, length, start))
        packet.stream, packet.time_base, packet.duration = stream, MILLISECOND, length
        packets.append(packet)
    return packets


def _turn_off_subtitles(film: Path) -> None:
    """Have players show none of the tracks of text unless they are asked to.

    FFmpeg turns the first track of every kind on where none is. Whether a track is on is the lowest bit of its
    header (ISO/IEC 14496-12, 8.3.2).
    """
    with film.open("r+b") as file:
        ((start, end),) = _boxes(file, b"moov", 0, film.stat().st_size)
        for track in _boxes(file, b"trak", start, end):
            ((header, _),) = _boxes(file, b"tkhd", *track)
            ((handler, _),) = _boxes(file, b"hdlr", *next(_boxes(file, b"mdia", *track)))
            file.seek(handler + 8)
            if file.read(4) in (b"sbtl", b"text"):
                file.seek(header + 3)
                flags = file.read(1)[0]
                file.seek(header + 3)
                file.write(bytes([flags & ~1]))


def _boxes(file: BinaryIO, kind: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where the contents of the boxes of a kind start and end, between two places of a file."""
    while start < end:
        file.seek(start)
        size, name = struct.unpack(">I4s", file.read(8))
        inside = start + 8
        if size == 1:  # that of a large box follows
            (size,) = struct.unpack(">Q", file.read(8))
            inside += 8
        if name == kind:
            yield inside, start + size
        start += size


def _chapter(number: int, chapter: Chapter) -> Any:
    return {
        "id": number + 1,
        "start": round(chapter.start * 1000),
        "end": round(chapter.end * 1000),
        "time_base": MILLISECOND,
        "metadata": {"title": chapter.title},
    }
