"""A table of a TOML file that is read with care: messages name file, line and key."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from derivviz.errors import UsageError, nearest

LANGUAGES = ("en", "ko")
Key = str | int  # of a table, or the place in a list of tables, from 0
Text = Mapping[str, str]  # by language


class Table:
    """A table of a file.

    Parameters
    ----------
    path
        The file.
    text, data
        What stands in it, and the same as TOML.
    keys
        Where in it the table is.
    """

    def __init__(self, path: Path, text: str, data: dict[str, Any], keys: tuple[Key, ...] = ()) -> None:
        self.path, self.source, self.keys = path, text, keys
        self.data: dict[str, Any] = data
        for key in keys:
            self.data = self.data[key]  # type: ignore[index]
        self._whole = data

    def inside(self, *keys: Key) -> Table:
        """A table of this one, empty where there is none."""
        first = keys[0]
        if first not in self.data:
            return Table(self.path, self.source, {})
        if len(keys) == 1:
            self.get(str(first), dict, {})
        return Table(self.path, self.source, self._whole, (*self.keys, *keys))

    def place(self, key: str | None = None) -> str:
        """File, line and name of a key, or of the table where it has no such key."""
        keys = self.keys if key is None else (*self.keys, key)
        name = "".join(f" {k + 1}" if isinstance(k, int) else f".{k}" for k in keys).removeprefix(".")
        return f"{self.path}, line {line_of(self.source, keys)}, {name}"

    def error(self, key: str | None, why: str) -> UsageError:
        """What to raise when a key is wrong; the place of the table for None."""
        return UsageError(f"{self.place(key)}: {why}")

    def known(self, keys: Sequence[str]) -> None:
        """Refuse keys that are not there."""
        for key in self.data:
            if key not in keys:
                guess = nearest(key, keys, 1)
                hint = f"; did you mean {guess[0]!r}?" if guess else ""
                raise self.error(key, f"there is no such key{hint} Those there are: {', '.join(keys)}")

    def get(self, key: str, kind: type, default: Any) -> Any:
        """A value of one type."""
        value = self.data.get(key, default)
        if not isinstance(value, kind):
            kinds = {str: "text in quotes", bool: "true or false", list: "a list", dict: "a table"}
            raise self.error(key, f"takes {kinds[kind]}, not {value!r}")
        return value

    def choice(self, key: str, choices: Sequence[str], default: str) -> str:
        """One of some words."""
        value = self.data.get(key, default)
        if value not in choices:
            raise self.error(key, f"takes {', '.join(choices)}, not {value!r}")
        return str(value)

    def text(self, key: str, *, required: bool = False) -> Text | None:
        """Words in every language."""
        if key not in self.data and not required:
            return None
        value = self.data.get(key)
        given = value if isinstance(value, dict) else {}
        if set(given) != set(LANGUAGES) or not all(isinstance(v, str) and v.strip() for v in given.values()):
            raise self.error(key, f'takes words in both languages: {key} = {{ en = "…", ko = "…" }}')
        return given

    def languages(self) -> tuple[str, ...]:
        """The list of languages."""
        value = self.get("languages", list, ["en"])
        if not value or len(set(map(str, value))) != len(value) or not all(v in LANGUAGES for v in value):
            raise self.error("languages", f'takes ["en"], ["ko"] or both, not {value!r}')
        return tuple(value)

    def numbers(self, names: Sequence[str]) -> Mapping[str, float]:
        """Characters a second by language."""
        self.known(names)
        for key, value in self.data.items():
            if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= 100:
                raise self.error(key, f"takes characters a second from 1 to 100, not {value!r}")
        return {key: float(value) for key, value in self.data.items()}

    def typed(self, flags: Sequence[str], lesson: str) -> Mapping[str, str]:
        """Values of a lesson's parameters as they would be typed after its options."""
        for key, value in self.data.items():
            if key not in flags:
                guess = nearest(key, flags, 1)
                hint = f" Did you mean {guess[0]!r}?" if guess else ""
                has = f"it has {', '.join(flags)}" if flags else "it has none"
                raise self.error(key, f"the lesson '{lesson}' has no such parameter; {has}.{hint}")
            if isinstance(value, bool) or not isinstance(value, int | float | str):
                raise self.error(key, f"takes a number, or text in quotes, not {value!r}")
        return {key: str(value) for key, value in self.data.items()}


def line_of(text: str, keys: tuple[Key, ...]) -> int:
    """The line on which a key is given its value, from 1; of a missing key, that of its table.

    TOML is read from the top, so it is the first line down to which the file holds the key.
    """
    lines = text.splitlines()
    for number in range(1, len(lines) + 1):
        try:
            found: Any = tomllib.loads("\n".join(lines[:number]))
            for key in keys:
                found = found[key]
        except (tomllib.TOMLDecodeError, KeyError, IndexError, TypeError):
            continue
        return number
    return line_of(text, keys[:-1]) if keys else 1
