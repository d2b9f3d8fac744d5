"""Commands whose options grow by the parameters of the file that is named: a lesson, a run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from derivviz import library


class GrownCommand(click.Command):
    """A command with one option more for each parameter that the named file has.

    Set `entry` to what finds the file by the name that is typed: it is read, not run.
    """

    entry: Callable[[str], library.Entry]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        name = self._named(ctx, args)
        if name is not None:
            ctx.meta["entry"] = type(self).entry(name)
        return super().parse_args(ctx, args)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        entry: library.Entry | None = ctx.meta.get("entry")
        if entry is None:
            return super().get_params(ctx)
        own = [
            click.Option(
                [f"--{option.flag}", _key(option)],
                metavar="VALUE",
                help=f"{option.help} ({entry.name}; default: {option.default})",
            )
            for option in entry.options
        ]
        return [*super().get_params(ctx), *own]

    def _named(self, ctx: click.Context, args: list[str]) -> str | None:
        """The first word that is neither an option nor the value of one.

        An option that is not known yet is one of the file's own, and those all take a value.
        """
        flags = {
            word
            for p in self.params
            if isinstance(p, click.Option) and p.is_flag
            for word in (*p.opts, *p.secondary_opts)
        } | {"-h", "--help", "--"}
        skip = False
        for word in args:
            if skip:
                skip = False
            elif word.startswith("-"):
                skip = word not in flags and "=" not in word and (word.startswith("--") or len(word) == 2)
            else:
                return word
        return None


def typed(ctx: click.Context, values: dict[str, Any]) -> dict[str, str]:
    """What was typed for the parameters of the file, text by option name without dashes."""
    entry: library.Entry = ctx.meta["entry"]
    return {
        option.flag: values[_key(option)] for option in entry.options if values.get(_key(option)) is not None
    }


def _key(option: library.Option) -> str:
    return f"parameter_{option.flag.replace('-', '_')}"
