"""Text that several processes typeset at once: nobody ever reads half a file."""

from __future__ import annotations

import multiprocessing
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typst as typst_compiler
from manim import Tex, config
from manim.mobject.text import tex_mobject, text_mobject, typst_mobject

from derivviz.rendering.quality import Quality
from derivviz.rendering.setting import configured

TINY = Quality(96, 54, 15)
FORK = multiprocessing.get_context("fork")
HALF, REST = '<svg xmlns="http://www.w3.org/2000/svg"><path d="M 0 0 L 1 0 L 1 1 Z"/>', "</svg>"


def crowd(task: Callable[[], str], count: int = 4) -> list[str]:
    """What processes found that began the task at once."""
    begin, answers = FORK.Barrier(count), FORK.Queue()

    def one() -> None:
        begin.wait()
        try:
            answers.put(task())
        except BaseException as error:
            answers.put(f"failed: {error!r}")

    processes = [FORK.Process(target=one) for _ in range(count)]
    for process in processes:
        process.start()
    found = [answers.get(timeout=60) for _ in processes]
    for process in processes:
        process.join()
    return found


@pytest.fixture
def slow_tex(tmp_path, monkeypatch) -> Path:
    """Programs that stand for TeX and dvisvgm, and write their files in two goes; runs are counted."""
    programs, runs = tmp_path / "programs", tmp_path / "runs"
    programs.mkdir()
    head = "#!/bin/sh\nfor last; do :; done\n"
    latex = (
        f"{head}echo run >> {runs}\nfor a; do case $a in -output-directory=*) out=${{a#*=}};; esac; done\n"
        'name=$out/$(basename "$last" .tex)\nprintf half > $name.dvi; sleep 0.2; printf whole > $name.dvi\n'
    )
    dvisvgm = (
        f'{head}[ "$(cat "$last")" = whole ] || exit 1\nfor a; do case $a in --output=*) out=${{a#*=}};; esac; done\n'
        f"printf '%s' '{HALF}' > $out; sleep 0.2; printf '%s' '{REST}' >> $out\n"
    )
    for name, text in (("latex", latex), ("dvisvgm", dvisvgm)):
        (programs / name).write_text(text)
        (programs / name).chmod((programs / name).stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    return runs


def test_tex(slow_tex):
    with configured(TINY):
        found = crowd(lambda: tex_mobject.tex_to_svg_file("x^2").read_text())
        assert found == [HALF + REST] * 4
        left = [p.suffix for p in config.get_dir("tex_dir").iterdir()]
        assert sorted(left) == [".svg", ".tex"]
        runs = len(slow_tex.read_text().split())
        assert Tex("x").width > 0
        assert len(slow_tex.read_text().split()) == runs + 1
        assert tex_mobject.tex_to_svg_file("x^2").read_text() == HALF + REST
        assert len(slow_tex.read_text().split()) == runs + 1  # what is there is not typeset again


def test_typst(monkeypatch):
    write = Path.write_bytes

    def slowly(self: Path, data: Any) -> int:
        if self.suffix == ".svg":
            write(self, bytes(data)[: len(data) // 2])
            time.sleep(0.2)
        return write(self, data)

    monkeypatch.setattr(Path, "write_bytes", slowly)
    assert typst_compiler
    with configured(TINY):
        begin = time.monotonic()

        def task() -> str:
            if os.getpid() % 2:  # some come while others are at it
                time.sleep(max(0.0, begin + 0.6 - time.monotonic()))
            return typst_mobject.typst_to_svg_file("$ x^2 $").read_text()

        found = crowd(task, 6)
    assert len(set(found)) == 1
    assert found[0].rstrip().endswith("</svg>")


def test_pango(monkeypatch):
    with configured(TINY):
        found = crowd(lambda: text_mobject.Text("whole").submobjects[0].points.tobytes().hex())
    assert len(set(found)) == 1
    assert not found[0].startswith("failed")
