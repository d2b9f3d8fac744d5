"""Where what a command makes goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from derivviz.errors import UsageError


def target(
    source: Path, output: Path | None, kind: str | None, formats: Sequence[str], variants: Mapping[str, str]
) -> Path:
    """The file that a command writes.

    Parameters
    ----------
    source
        The lesson or figure; its stem is the default name, in ``renders/``.
    output
        What ``-o`` named: a file, a folder, or nothing.
    kind
        What ``--format`` named, or nothing.
    formats
        The suffixes that there are, the default one first.
    variants
        The usual value by the chosen one: each choice that is not usual has a default name of its own.

    Raises
    ------
    UsageError
        When the suffix is of no format, or disagrees with ``--format``.
    """
    variant = "".join(f".{chosen}" for chosen, usual in variants.items() if chosen != usual)
    name = f"{source.stem}{variant}.{kind or formats[0]}"
    if output is None:
        return Path("renders") / name
    suffix = output.suffix[1:].lower()
    if not suffix or (output.is_dir() and suffix not in formats):
        return output / name
    if suffix not in formats:
        raise UsageError(f"-o {output}: the file ends in {', '.join('.' + f for f in formats)}")
    if kind and suffix != kind:
        raise UsageError(f"-o {output} and --format {kind} disagree: name one of them")
    return output
