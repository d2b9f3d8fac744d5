"""`derivviz doctor`: each part made missing in turn, the others left as they are."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from derivviz.cli.doctor import command
from derivviz.look import fonts, typst
from derivviz.rendering import doctor, remedies

PARTS = ["system libraries", "manim", "fonts", "Typst", "encoder", "write access", "cores", "torch"]
import_for_real = doctor.import_apart


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder to stand in, an environment that make did not set up, imports that cost nothing."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(remedies, "in_clone", lambda: False)
    monkeypatch.setattr(remedies, "_pip", lambda: "pip")
    monkeypatch.setattr(doctor, "import_apart", lambda module, package: None)


def run(*words: str) -> Result:
    return CliRunner().invoke(command, list(words))


def missing() -> dict[str, doctor.Part]:
    """What the command reports as missing, by name; its exit code says the same."""
    result = run("--json")
    told = json.loads(result.output)
    assert [part["name"] for part in told["parts"]] == PARTS
    lacking = {part["name"]: doctor.Part(**part) for part in told["parts"] if not part["ok"]}
    assert told["ok"] is not bool(lacking)
    assert result.exit_code == bool(lacking)
    assert all(part.remedy for part in lacking.values())
    return lacking


@pytest.fixture
def hide(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def hidden(*modules: str) -> None:
        real = doctor.find_spec
        monkeypatch.setattr(doctor, "find_spec", lambda name: None if name in modules else real(name))

    return hidden


@pytest.fixture
def only_tools(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def only(*names: str) -> None:
        monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}" if name in names else None)

    return only


def test_all_well() -> None:
    result = run()
    assert result.exit_code == 0, result.output
    assert [line.split()[0] for line in result.output.splitlines()] == ["ok"] * len(PARTS)
    assert missing() == {}
    assert list(Path.cwd().iterdir()) == []  # it leaves nothing behind and does not make renders/


def test_several_missing_are_told_in_one_go(
    monkeypatch: pytest.MonkeyPatch, hide: Callable[..., None]
) -> None:
    hide("av")
    monkeypatch.setattr(fonts, "FILES", ("NoSuchFont.otf",))
    monkeypatch.setattr(fonts, "paths", fonts.paths.__wrapped__)
    Path("renders").write_text("a file in the way")
    lacking = missing()
    assert list(lacking) == ["fonts", "encoder", "write access"]
    assert "NoSuchFont.otf" in lacking["fonts"].detail
    assert lacking["encoder"].remedy == "pip install 'derivviz[render]'"
    assert "-o" in lacking["write access"].remedy
    printed = run()
    assert printed.exit_code == 1
    assert all(part.remedy in printed.output for part in lacking.values())


def test_one_remedy_for_several_parts_is_told_once(hide: Callable[..., None]) -> None:
    hide("av")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(doctor, "version", lambda package: "0.18.1")
        patch.setattr(remedies, "reinstall", lambda package: remedies.install("render"))
        output = run().output
    assert output.count("pip install 'derivviz[render]'") == 1
    assert "manim, encoder:" in output


def test_core_install_on_a_bare_machine(
    monkeypatch: pytest.MonkeyPatch, hide: Callable[..., None], only_tools: Callable[..., None]
) -> None:
    monkeypatch.setattr(doctor, "import_apart", import_for_real)
    hide("manim", "manimpango", "cairo", "av", "torch")
    only_tools("apt-get")
    lacking = missing()
    assert list(lacking) == ["system libraries", "manim", "encoder", "torch"]
    assert (
        lacking["system libraries"].detail == "no pkg-config, no cc, no headers of cairo, no headers of pango"
    )
    for name in ("sudo apt-get install", "libcairo2-dev", "libpango1.0-dev", "pkg-config"):
        assert name in lacking["system libraries"].remedy
    assert lacking["manim"].remedy == "pip install 'derivviz[render]'"
    assert lacking["torch"].remedy == "pip install derivviz"


@pytest.mark.parametrize(
    ("tool", "named"), [("dnf", "pango-devel"), ("pacman", "pango"), ("brew", "pango"), ("none", "pango")]
)
def test_headers_are_named_as_each_system_names_them(
    tool: str, named: str, hide: Callable[..., None], only_tools: Callable[..., None]
) -> None:
    hide("manimpango")
    only_tools(tool)
    remedy = missing()["system libraries"].remedy
    assert named in remedy
    assert tool in remedy or tool == "none"
    assert "apt-get" not in remedy


def test_headers_without_their_packages_are_enough_to_go_on(
    monkeypatch: pytest.MonkeyPatch, hide: Callable[..., None]
) -> None:
    hide("cairo")
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(doctor, "_has_headers", lambda name: True)
    assert doctor.system_libraries() == "cairo and pango, ready to compile with"


def test_manim_of_another_series(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "version", lambda package: "0.18.1")
    part = missing()["manim"]
    assert "0.18.1" in part.detail
    assert "manim==0.22.*" in part.remedy


def test_a_package_that_does_not_import(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "brokenmod.py").write_text("raise ImportError('libcairo.so.2: cannot open')")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(doctor.PartError, match=r"brokenmod does not import: .*libcairo") as lack:
        import_for_real("brokenmod", "broken-package")
    assert lack.value.remedy == "pip install --force-reinstall --no-deps broken-package"


def test_a_package_that_crashes_as_it_is_imported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "crashmod.py").write_text("import os; os.abort()")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(doctor.PartError, match="crashmod does not import: crashed"):
        import_for_real("crashmod", "crash")


def test_a_font_without_hangul(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A font of Latin letters only draws the missing-glyph box for Hangul: a silent box in a video."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    options = Options()
    options.notdef_outline = True
    with TTFont(fonts.paths()[0]) as font:
        subsetter = Subsetter(options)
        subsetter.populate(text="abc")
        subsetter.subset(font)
        font.save(tmp_path / "Latin.otf")
    monkeypatch.setattr(fonts, "paths", lambda: (tmp_path / "Latin.otf",))
    with pytest.raises(doctor.PartError, match=r"Latin\.otf has no glyph for 한"):
        doctor.fonts()


def test_a_font_file_that_is_no_font(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "pointer.otf").write_text("version https://git-lfs")
    monkeypatch.setattr(fonts, "paths", lambda: (tmp_path / "pointer.otf",))
    assert missing()["fonts"].remedy == "pip install --force-reinstall --no-deps derivviz"


def test_typst_that_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(markup: str) -> bytes:
        raise typst.TypesetError("unknown font family")

    monkeypatch.setattr(typst, "compile_svg", refuse)
    part = missing()["Typst"]
    assert "unknown font family" in part.detail
    assert part.remedy == "pip install derivviz"


def test_an_encoder_without_h264(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_codec(*_: object, **__: object) -> None:
        raise ValueError("unknown codec libx264")

    monkeypatch.setattr("av.open", no_codec)
    part = missing()["encoder"]
    assert "libx264" in part.detail


def test_in_a_clone_the_remedy_is_make_install(
    monkeypatch: pytest.MonkeyPatch, hide: Callable[..., None]
) -> None:
    monkeypatch.setattr(remedies, "in_clone", lambda: True)
    monkeypatch.setattr(remedies, "_ROOT", Path("/clone"))
    monkeypatch.setattr(sys, "prefix", "/clone/.venv")
    hide("av")
    assert missing()["encoder"].remedy == "make install"
    monkeypatch.setattr(sys, "prefix", "/home/me/own-environment")
    assert missing()["encoder"].remedy == "pip install 'derivviz[render]'"


def test_a_narrow_window_does_not_break_a_remedy(
    monkeypatch: pytest.MonkeyPatch, hide: Callable[..., None]
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    hide("av")
    assert "  pip install 'derivviz[render]'\n" in run().output


def test_for_real() -> None:
    """The command as a user types it, with the true imports."""
    done = subprocess.run(
        [sys.executable, "-c", "from derivviz.cli import main; main()", "doctor"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
