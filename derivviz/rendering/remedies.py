"""What to type when a part is missing: short in a clone that `make install` set up, exact everywhere else."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import derivviz

_ROOT = Path(derivviz.__path__[0]).parent
_HEADERS = {
    "apt-get": "sudo apt-get install build-essential pkg-config libcairo2-dev libpango1.0-dev python3-dev",
    "dnf": "sudo dnf install gcc gcc-c++ pkgconf-pkg-config cairo-devel pango-devel python3-devel",
    "pacman": "sudo pacman -S --needed base-devel pkgconf cairo pango",
    "brew": "brew install pkgconf cairo pango",
}


def in_clone() -> bool:
    """Whether the package runs from a clone of its repository."""
    return (_ROOT / "Makefile").is_file()


def install(extra: str = "") -> str:
    """The command that installs what derivviz, or one of its extras, needs and does not find."""
    if in_clone() and Path(sys.prefix) == _ROOT / ".venv":
        return "make install"
    return f"{_pip()} install 'derivviz[{extra}]'" if extra else f"{_pip()} install derivviz"


def reinstall(package: str) -> str:
    """The command that lays a package anew that is installed and does not work."""
    return f"{_pip()} install --force-reinstall --no-deps {package}"


def restore_files() -> str:
    """The command that brings back files that derivviz ships."""
    return f"git -C {_ROOT} restore derivviz" if in_clone() else reinstall("derivviz")


def system_packages() -> str:
    """The command that installs what the Python packages of cairo and Pango compile with, on this system."""
    here = [command for tool, command in _HEADERS.items() if shutil.which(tool)]
    return here[0] if here else "install a C compiler, pkg-config, and the headers of cairo and pango"


def _pip() -> str:
    is_active = shutil.which("python") == sys.executable
    return "python -m pip" if is_active else f"{sys.executable} -m pip"
