"""A voice goes with its sentences: found in a recording, cut, and in step with the picture."""

from __future__ import annotations

import shutil
import sys
import types
import wave
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from manim import Create, Square

from derivviz.animation import Lesson, Stage
from derivviz.errors import DerivvizError, UsageError
from derivviz.publishing import voice
from derivviz.publishing.marks import marks
from derivviz.publishing.voice.splitting import MARGIN
from derivviz.rendering.quality import Quality
from derivviz.rendering.render import plan, render

RATE = 16000
TINY = Quality(96, 54, 15)
TONES = ((440.0, 1.0), (880.0, 2.6), (1320.0, 0.7))  # hertz and seconds


class Told(Lesson):
    """Three beats; the picture of the second is longer than its voice, those of the others are shorter."""

    def construct(self) -> None:
        self.say(en="One.", ko="하나.")
        self.say(en="Two.", ko="둘.")
        self.play(Create(Square()), run_time=3.5)
        self.say(en="Three, with ~ care.", ko="셋.")


def tone(hertz: float, seconds: float) -> np.ndarray:
    return (8000 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)).astype(np.int16)


def recording(pause: float, tones: Sequence[tuple[float, float]] = TONES, *, hiss: int = 20) -> np.ndarray:
    """Tones with a pause before, between and after them, and a little noise over all."""
    quiet = np.zeros(round(pause * RATE), np.int16)
    parts = [quiet] + [part for tone_of in tones for part in (tone(*tone_of), quiet)]
    samples = np.concatenate(parts)
    noise = np.random.default_rng(0).integers(-hiss, hiss + 1, len(samples))
    return (samples + noise).astype(np.int16)


def written(path: Path, samples: np.ndarray) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return path


def onsets(path: Path, hertz: Sequence[float]) -> list[float]:
    """When each of these frequencies is first heard in a file, in seconds."""
    heard = voice.read(path)
    step = heard.rate // 200
    found = []
    for wanted in hertz:
        wave_of = np.exp(2j * np.pi * wanted * np.arange(4 * step) / heard.rate)
        strength = [
            abs(np.dot(heard.samples[at : at + 4 * step], wave_of)) / (4 * step)
            for at in range(0, len(heard.samples) - 4 * step, step)
        ]
        found.append((int(np.argmax(np.array(strength) > 1500)) + 2) * step / heard.rate)
    return found


def test_sentences_are_found_between_the_longest_pauses(tmp_path: Path) -> None:
    said = voice.read(written(tmp_path / "voice.wav", recording(0.6)))
    spans = voice.pauses(said, 3)
    begin = 0.6
    for (start, end), (_, seconds) in zip(spans, TONES, strict=True):
        assert start == pytest.approx(begin - MARGIN, abs=0.03)
        assert end == pytest.approx(begin + seconds + MARGIN, abs=0.03)
        begin += seconds + 0.6


def test_a_breath_within_a_sentence_does_not_part_it(tmp_path: Path) -> None:
    samples = recording(0.8)
    middle = round((0.8 + 1.0 + 0.8 + 1.3) * RATE)  # within the second tone
    samples[middle : middle + round(0.4 * RATE)] = 0
    (_, (start, end), _) = voice.pauses(voice.read(written(tmp_path / "voice.wav", samples)), 3)
    assert end - start == pytest.approx(2.6 + 2 * MARGIN, abs=0.05)


def test_too_few_pauses_say_what_to_do(tmp_path: Path) -> None:
    said = voice.read(written(tmp_path / "voice.wav", recording(0.1)))
    with pytest.raises(DerivvizError, match=r"3 sentences, which takes 2 pauses, .* has 0 .*--marks"):
        voice.pauses(said, 3)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("a,b\n1,2\n", "the first line names the columns"),
        ("beat,start\n1,0\n2,1\n", "has 2 beats, and the lesson has 3"),
        ("beat,start\n1,0\n3,1\n2,2\n", r":3: beat '3', but this is beat 2"),
        ("beat,start\n1,0\n2,2\n3,1\n", r":3: it starts at 2 s; starts grow"),
        ("beat,start\n1,0\n2,1\n3,9\n", r":4: it starts at 9 s; .* ends at 5 s"),
        ("beat,start\n1,0\n2,1\n3,nan\n", r":4: start 'nan' is no time"),
        ("beat,start,end\n1,0,0.5\n2,1,0.5\n3,2,\n", r":3: it ends at 0.5 s, and starts at 1 s"),
    ],
)
def test_marks_that_are_wrong_name_the_line(tmp_path: Path, table: str, message: str) -> None:
    path = tmp_path / "beats.csv"
    path.write_text(table)
    with pytest.raises(DerivvizError, match=message):
        voice.marked(path, 3, 5.0)


def test_the_marks_of_a_film_are_read_back(tmp_path: Path) -> None:
    beats = plan(Told, TINY, Stage()).beats
    path = tmp_path / "marks.csv"
    path.write_text(marks(beats), encoding="utf-8")
    spans = voice.marked(path, 3, 60.0)
    assert spans == [(pytest.approx(b.start, abs=1e-3), pytest.approx(b.end, abs=1e-3)) for b in beats]
    assert "하나." in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", ["mp4", "webm", "mov"])
def test_voice_and_picture_are_in_step_to_a_frame(tmp_path: Path, kind: str) -> None:
    said = voice.read(written(tmp_path / "voice.wav", recording(0.6)))
    spoken = voice.clips(said, voice.pauses(said, 3), tmp_path)
    film = tmp_path / f"told.{kind}"
    made = render(Told, film, TINY, replace(Stage(), spoken=spoken), workers=2)
    beats = made.plan.beats
    for beat, onset in zip(beats, onsets(film, [hertz for hertz, _ in TONES]), strict=True):
        assert onset == pytest.approx(beat.start + MARGIN, abs=1 / TINY.frame_rate), beat
    for beat, clip in zip(beats, spoken, strict=True):
        assert beat.end - beat.start > clip.seconds
    silent = plan(Told, TINY, Stage()).beats
    assert beats[1].start > silent[1].start  # stretched for its voice
    with av.open(str(film)) as file:
        assert len(file.streams.audio) == 1


@pytest.mark.skipif(
    shutil.which("espeak-ng") is None, reason="needs espeak-ng: sudo apt-get install espeak-ng"
)
@pytest.mark.parametrize(
    ("language", "sentence"), [("en", "--version is no option here."), ("ko", "접선의 기울기")]
)
def test_espeak_reads_a_sentence_aloud(tmp_path: Path, language: str, sentence: str) -> None:
    one, two = voice.speak([sentence, sentence + " " + sentence], language, "espeak-ng", tmp_path)
    assert 0.5 < one.seconds < 5
    assert two.seconds > 1.5 * one.seconds
    assert abs(voice.read(one.path).samples.astype(int)).max() > 1000


def test_without_espeak_it_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DerivvizError, match=r"apt-get install espeak-ng.*--voice"):
        voice.speak(["One."], "en", "espeak-ng", tmp_path)


def test_another_engine_takes_an_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "manim_voiceover", None)
    with pytest.raises(UsageError, match=r"no voice engine 'gtts'.*derivviz\[voice\]"):
        voice.speak(["One."], "en", "gtts", tmp_path)


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package with the shape of manim-voiceover's, and a service called beep."""
    place = tmp_path / "services"
    place.mkdir()
    (place / "beep.py").write_text("")
    (place / "base.py").write_text("")
    package, inner = types.ModuleType("manim_voiceover"), types.ModuleType("manim_voiceover.services")
    base, beep = (types.ModuleType(f"manim_voiceover.services.{name}") for name in ("base", "beep"))

    class SpeechService:
        def __init__(self, cache_dir: Path) -> None:
            self.cache_dir = cache_dir

    class BeepService(SpeechService):
        def __init__(self, lang: str = "en", **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.hertz = {"en": 440, "ko": 880}[lang]

        def generate_from_text(self, text: str) -> dict[str, str]:
            if text == "bad":
                raise OSError("no network")
            written(self.cache_dir / "said.wav", tone(self.hertz, len(text) / 10))
            return {"original_audio": "said.wav"}

    BeepService.__module__ = beep.__name__
    inner.__path__ = [str(place)]
    package.services, base.SpeechService = inner, SpeechService  # type: ignore[attr-defined]
    beep.SpeechService, beep.BeepService = SpeechService, BeepService  # type: ignore[attr-defined]
    for module in (package, inner, base, beep):
        monkeypatch.setitem(sys.modules, module.__name__, module)


def test_a_service_of_manim_voiceover_speaks_by_its_name(services: None, tmp_path: Path) -> None:
    one, two = voice.speak(["One.", "Two or so."], "ko", "beep", tmp_path)
    assert (one.seconds, two.seconds) == (pytest.approx(0.4), pytest.approx(1.0))
    assert onsets(two.path, [880.0])[0] < 0.05
    with pytest.raises(DerivvizError, match="'beep' could not read 'bad': no network"):
        voice.speak(["bad"], "en", "beep", tmp_path)


def test_an_engine_that_is_not_there_is_named(services: None, tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"no voice engine 'bepe': it is espeak-ng or one of beep.*mean 'beep'"
    ):
        voice.speak(["One."], "en", "bepe", tmp_path)


def test_what_is_no_recording_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_text("no sound")
    for name in ("x.wav", "absent.wav"):
        with pytest.raises(DerivvizError, match=rf"{name} is no recording"):
            voice.read(tmp_path / name)
