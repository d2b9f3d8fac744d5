"""The scripts behind `make install`, on machines made of stubs: what they type, and what they say."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PLAIN = ("bash", "cat", "env", "mktemp", "rm", "dirname", "cksum", "ls", "grep", "head")


class Machine:
    """A PATH that holds a few plain tools, and whatever stubs a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.calls = folder / "calls"
        for name in PLAIN:
            found = shutil.which(name)
            assert found, name
            (self.bin / name).symlink_to(found)
        self.stub("id", "echo 0")

    def stub(self, name: str, script: str = "") -> None:
        """A command that notes how it was called, then runs `script`."""
        path = self.bin / name
        path.unlink(missing_ok=True)
        path.write_text(f'#!{self.bin}/bash\necho "{name} $*" >>{self.calls}\n{script}\n')
        path.chmod(0o755)

    def run(self, *words: str | Path, cwd: Path = ROOT, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(word) for word in words],
            cwd=cwd,
            env={"PATH": str(self.bin), "HOME": os.environ.get("HOME", "/"), **variables},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )

    @property
    def called(self) -> list[str]:
        return self.calls.read_text().splitlines() if self.calls.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def system(machine: Machine, extra: str = "render") -> subprocess.CompletedProcess[str]:
    return machine.run("bootstrap/system.sh", sys.executable, extra)


def with_everything(machine: Machine) -> None:
    machine.stub("pkg-config")
    machine.stub("cc")


def with_apt(machine: Machine, then: str = "") -> None:
    """An apt-get that works, and whose packages are there once it was asked to install them."""
    machine.stub("apt-cache")
    here = f"for tool in pkg-config cc; do printf '#!{machine.bin}/bash\\n' >{machine.bin}/$tool; done"
    machine.stub("apt-get", f'case "$*" in *install*) {then or here}; chmod +x {machine.bin}/*;; esac')
    shutil.copy(shutil.which("chmod") or "", machine.bin / "chmod")


def test_nothing_missing_is_silent(machine: Machine) -> None:
    with_everything(machine)
    done = system(machine)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_apt_installs_what_is_missing_and_says_so(machine: Machine) -> None:
    with_apt(machine)
    done = system(machine)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    install = next(call for call in machine.called if "apt-get" in call and "install" in call)
    for name in ("pkg-config", "libcairo2-dev", "libpango1.0-dev", "build-essential"):
        assert name in done.stderr
        assert name in install
    assert " -y " in install
    assert not any(call.endswith("update") for call in machine.called)


def test_only_what_is_missing_is_installed(machine: Machine) -> None:
    with_apt(machine)
    machine.stub("cc")
    machine.stub("pkg-config", f'[ "$2" = cairo ] || grep -q "apt-get.*install" {machine.calls}')
    done = system(machine)
    assert done.returncode == 0, done.stderr
    install = next(call for call in machine.called if "apt-get" in call and "install" in call)
    assert install.endswith("--no-install-recommends libpango1.0-dev")


def test_a_machine_without_package_lists_is_updated_first(machine: Machine) -> None:
    with_apt(machine)
    machine.stub("apt-cache", "exit 100")
    assert system(machine).returncode == 0
    apt = [call.split()[-1] for call in machine.called if call.startswith("apt-get")]
    assert apt[0] == "update"
    assert len(apt) == 2


def test_apt_that_fails_shows_why(machine: Machine) -> None:
    with_apt(machine, then="echo 'E: no space left'; exit 100")
    done = system(machine)
    assert done.returncode == 1
    assert "E: no space left" in done.stderr
    assert "apt could not install" in done.stderr


def test_browser_and_voice_are_installed_for_the_tests_alone(machine: Machine) -> None:
    with_everything(machine)
    machine.stub("apt-cache")
    machine.stub("apt-get")
    assert system(machine).stderr == ""
    assert "chromium espeak-ng" in system(machine, "dev").stderr
    assert [call for call in machine.called if call.endswith("--no-install-recommends chromium espeak-ng")]
    machine.stub("chromium")
    machine.stub("espeak-ng")
    assert system(machine, "dev").stderr == ""


@pytest.mark.parametrize("lacks", ["the package", "an administrator"])
def test_a_machine_without_browser_and_voice_can_do_the_rest(machine: Machine, lacks: str) -> None:
    with_everything(machine)
    machine.stub("apt-cache")
    machine.stub("apt-get", "exit 100")
    if lacks == "an administrator":
        machine.stub("id", "echo 1000")
        machine.stub("sudo", "exit 1")
    done = system(machine, "dev")
    assert done.returncode == 0
    assert "skipped" in done.stderr.splitlines()[-1]


def test_no_administrator_is_told_what_to_type(machine: Machine) -> None:
    with_apt(machine)
    machine.stub("id", "echo 1000")
    machine.stub("sudo", "exit 1")
    done = system(machine)
    assert done.returncode == 1
    assert "sudo apt-get update && sudo apt-get install -y pkg-config" in done.stderr
    assert not any("apt-get" in call for call in machine.called)
    assert all(call.startswith("sudo -n") for call in machine.called if call.startswith("sudo"))


def test_sudo_is_used_by_those_who_are_not_root(machine: Machine) -> None:
    with_apt(machine)
    machine.stub("id", "echo 1000")
    machine.stub("sudo", 'shift; exec "$@"')
    machine.stub("true")
    assert system(machine).returncode == 0
    assert any(call.startswith("sudo -n env DEBIAN_FRONTEND=noninteractive") for call in machine.called)


def test_without_apt_other_systems_are_named(machine: Machine) -> None:
    done = system(machine)
    assert done.returncode == 1
    for name in ("Fedora", "cairo-devel", "Arch", "pacman -S", "macOS", "brew install"):
        assert name in done.stderr


def test_a_python_that_is_too_old_is_told_what_to_install(machine: Machine) -> None:
    old = "case $* in --version) echo Python 3.9.2;; *) exit 1;; esac"
    for name in ("python3", "python3.11", "python3.12", "python3.13"):
        machine.stub(name, old)
    clone = machine.bin.parent / "clone"
    shutil.copytree(ROOT / "bootstrap", clone / "bootstrap")
    for name in ("pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, clone)
    done = machine.run("bootstrap/install.sh", "render", cwd=clone)
    assert done.returncode == 1
    assert "3.11 or newer; Python 3.9.2" in done.stderr
    assert "apt-get install python3.11" in done.stderr
    named = machine.run("bootstrap/install.sh", "render", cwd=clone, PYTHON="python3")
    assert named.returncode == 1
    assert "PYTHON=python3" in named.stderr
    assert not (clone / ".venv").exists()


def test_a_step_that_fails_leaves_no_stamp(machine: Machine) -> None:
    """pip is kept from finding anything: the environment is made, its output shown, nothing is stamped."""
    with_everything(machine)
    clone = machine.bin.parent / "clone"
    shutil.copytree(ROOT / "bootstrap", clone / "bootstrap")
    (clone / "pyproject.toml").write_text("[build-system]\nrequires = ['no-such-backend']\n")
    (clone / "constraints.txt").write_text("")
    done = machine.run(
        "bootstrap/install.sh",
        "render",
        cwd=clone,
        PYTHON=sys.executable,
        PIP_NO_INDEX="1",
        PIP_FIND_LINKS="",
    )
    assert done.returncode == 1
    assert "no-such-backend" in done.stderr
    assert (clone / ".venv" / "bin" / "python").exists()
    assert list((clone / ".venv").glob("*.stamp")) == []


def test_a_folder_that_is_no_environment_is_left_alone(machine: Machine) -> None:
    with_everything(machine)
    clone = machine.bin.parent / "clone"
    shutil.copytree(ROOT / "bootstrap", clone / "bootstrap")
    (clone / ".venv").mkdir()
    (clone / ".venv" / "precious").write_text("mine")
    for name in ("pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, clone)
    done = machine.run("bootstrap/install.sh", "render", cwd=clone, PYTHON=sys.executable)
    assert done.returncode == 1
    assert "no virtual environment" in done.stderr
    assert (clone / ".venv" / "precious").read_text() == "mine"
