"""Tell by the exit code whether this interpreter has all of ``derivviz[EXTRA]``: ``complete.py render|dev``.

Reads what is installed, and imports only the two packages that hang on system libraries: it costs a blink.
"""

import re
import sys
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path


def missing(extra: str) -> list[str]:
    """Names of the packages that ``derivviz[extra]`` asks for and that are not here."""
    asked = [
        (asked_by[1] if (asked_by := re.search(r"""extra == ['"]([\w-]+)""", line)) else "", line)
        for line in requires("derivviz") or []
    ]
    wanted = {"", "render", extra}
    # An extra that stands for others is asked for as derivviz[one,another].
    for by, line in asked:
        if by in wanted and (others := re.match(r"derivviz\[([^\]]+)\]", line)):
            wanted |= set(others[1].split(","))
    lacking = []
    for by, line in asked:
        if by in wanted:
            name = re.match(r"[\w.-]+", line)
            assert name is not None
            try:
                version(name[0])
            except PackageNotFoundError:
                lacking.append(name[0])
    return lacking


if __name__ == "__main__":
    import cairo  # noqa: F401  (fails when libcairo is gone)
    import manimpango  # noqa: F401  (fails when libpango is gone)

    import derivviz

    here = Path(__file__).resolve().parents[1] / "derivviz"
    if Path(derivviz.__path__[0]).resolve() != here:
        sys.exit(f"derivviz is installed from {derivviz.__path__[0]}, not from {here}")
    if lacking := missing(sys.argv[1]):
        sys.exit("not installed: " + ", ".join(lacking))
