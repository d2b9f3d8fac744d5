"""Subtitles and chapters inside a film, read back; the pictures stay as they were."""

from __future__ import annotations

import hashlib
import shutil
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from derivviz.animation import Stage
from derivviz.errors import DerivvizError
from derivviz.publishing import subtitles
from derivviz.publishing.tracks import embed
from derivviz.rendering.quality import Quality
from derivviz.rendering.render import render

KINDS = ("mp4", "mov", "webm")


@pytest.fixture
def embedded(films, tmp_path):
    def make(kind: str, shown: str | None = "en"):
        film, talk = films[kind]
        copy = Path(shutil.copy(film, tmp_path / film.name))
        cues = {language: subtitles.cues(talk.beats, language) for language in ("en", "ko")}
        embed(copy, cues, talk.chapters(), title=talk.title["en"], shown=shown)
        return copy, cues, talk

    return make


def pictures(path: Path) -> list[tuple[Fraction, Fraction, str]]:
    with av.open(str(path)) as film:
        packets = [
            (p.pts * p.time_base, (p.duration or 0) * p.time_base, p.is_keyframe)
            for p in film.demux(video=0)
            if p.dts is not None
        ]
    with av.open(str(path)) as film:
        frames = [hashlib.sha256(b"".join(map(bytes, f.planes))).hexdigest() for f in film.decode(video=0)]
    return [(*packet[:2], frame) for packet, frame in zip(packets, frames, strict=True)]


def texts(path: Path, index: int) -> list[tuple[float, float, str]]:
    """What a track of text shows: start and end in seconds, and the lines."""
    with av.open(str(path)) as film:
        stream = film.streams.subtitles[index]
        found = []
        for packet in film.demux(stream):
            if packet.dts is not None:
                start = float(packet.pts * packet.time_base)
                end = start + float(packet.duration * packet.time_base)
                found += [(start, end, s.dialogue.decode().strip()) for s in stream.decode(packet)]
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_the_tracks_say_what_the_cues_say(embedded, kind):
    film, cues, _ = embedded(kind)
    with av.open(str(film)) as opened:
        languages = [stream.metadata["language"] for stream in opened.streams.subtitles]
        names = [
            stream.metadata.get("title", stream.metadata.get("handler_name"))
            for stream in opened.streams.subtitles
        ]
    assert languages == ["eng", "kor"]
    assert names == ["English", "한국어"]
    for index, language in enumerate(("en", "ko")):
        told = texts(film, index)
        assert [text for *_, text in told] == ["\n".join(cue.lines) for cue in cues[language]]
        for (start, end, _), cue in zip(told, cues[language], strict=True):
            assert start == pytest.approx(cue.start, abs=2e-3)
            assert end == pytest.approx(cue.end, abs=2e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_the_chapters_are_in_the_film(embedded, kind):
    film, _, talk = embedded(kind)
    with av.open(str(film)) as opened:
        found = opened.chapters()
        assert opened.metadata["title"] == "A *title* & more"
    chapters = talk.chapters()
    assert [c["metadata"]["title"] for c in found] == [c.title for c in chapters]
    assert found[0]["start"] == 0
    for one, chapter in zip(found, chapters, strict=True):
        assert float(one["start"] * one["time_base"]) == pytest.approx(chapter.start, abs=2e-3)
        assert float(one["end"] * one["time_base"]) == pytest.approx(chapter.end, abs=2e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_the_pictures_are_copied(embedded, films, kind):
    film, _, talk = embedded(kind)
    assert pictures(film) == pictures(films[kind][0])
    with av.open(str(film)) as opened:
        assert opened.duration / 1e6 == pytest.approx(talk.duration, abs=0.11)


@pytest.mark.parametrize("kind", ["webm", "mov"])
def test_transparency_is_kept(three, films, tmp_path, kind):
    path = render(three, tmp_path / f"clear.{kind}", Quality(64, 36, 5, True), Stage(captions=False)).path
    before = (_tag(path), path.read_bytes().count(b"ALPHA_MODE"), pictures(path))
    talk = films["mp4"][1]
    embed(path, {"en": subtitles.cues(talk.beats, "en")}, [], title="", shown=None)
    assert (_tag(path), path.read_bytes().count(b"ALPHA_MODE"), pictures(path)) == before
    assert kind == "mov" or before[1] == 1


def _tag(path: Path) -> str:
    with av.open(str(path)) as film:
        return str(film.streams.video[0].codec_context.codec_tag)


def test_sound_is_kept(films, tmp_path):
    path = tmp_path / "heard.mp4"
    with av.open(str(films["mp4"][0])) as silent, av.open(str(path), "w") as out:
        video = out.add_stream_from_template(silent.streams.video[0])
        audio = out.add_stream("aac", rate=8000)
        for packet in silent.demux(video=0):
            if packet.dts is not None:
                packet.stream = video
                out.mux(packet)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 8000
        out.mux([*audio.encode(frame), *audio.encode(None)])
    talk = films["mp4"][1]
    heard, seen = _audio(path), pictures(path)
    embed(path, {"ko": subtitles.cues(talk.beats, "ko")}, talk.chapters(), title="", shown="ko")
    assert _audio(path) == heard
    assert pictures(path) == seen
    assert len(heard) > 5


def _audio(path: Path) -> list[tuple[Fraction, bytes]]:
    with av.open(str(path)) as film:
        return [(p.pts * p.time_base, bytes(p)) for p in film.demux(audio=0) if p.dts is not None]


@pytest.mark.parametrize(
    ("shown", "flags"), [(None, [False, False]), ("en", [True, False]), ("ko", [False, True])]
)
def test_players_show_a_track_by_themselves_only_where_no_captions_are_drawn(embedded, shown, flags):
    for kind in KINDS:
        with av.open(str(embedded(kind, shown)[0])) as opened:
            assert [bool(stream.disposition & 1) for stream in opened.streams.subtitles] == flags


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_bytes_every_time_also_from_its_own_outcome(embedded, kind):
    film, cues, talk = embedded(kind)
    once = film.read_bytes()
    embed(film, cues, talk.chapters(), title=talk.title["en"], shown="en")
    assert film.read_bytes() == once
    assert embedded(kind)[0].read_bytes() == once


def test_an_mp4_starts_at_once(embedded):
    film = embedded("mp4")[0].read_bytes()
    assert film.index(b"moov") < film.index(b"mdat")


def test_what_fails_leaves_the_film_as_it_was(embedded, monkeypatch):
    film, cues, talk = embedded("mp4")
    once = film.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("derivviz.publishing.tracks._chapter", full)
    with pytest.raises(DerivvizError, match="No space left"):
        embed(film, cues, talk.chapters(), title="", shown=None)
    assert film.read_bytes() == once
    assert [path.name for path in film.parent.iterdir()] == [film.name]
