"""The command line: one file a command, loaded only when that command is called."""

from __future__ import annotations

import sys
from importlib import import_module

import click

from derivviz.errors import DerivvizError, nearest

# Listed here, not read from the commands, so that `derivviz --help` imports none of them.
COMMANDS = {
    "render": "Animate a lesson as a video.",
    "lecture": "String lessons together into one film.",
    "slides": "Make slides of lessons, one a sentence.",
    "figure": "Draw a figure for print.",
    "page": "Make an interactive HTML page.",
    "gallery": "Make a site of all lessons, figures and pages.",
    "report": "Write a report of a recorded run, to hand in and to edit.",
    "record": "Train a network and record every step of it.",
    "import": "Read event files of TensorBoard into a trace.",
    "inspect": "Show what is in a recorded run, and what is wrong with it.",
    "export": "Write a recorded run as CSV, Parquet or NPZ.",
    "score": "Print the score table of the recommender.",
    "recommend": "Predict with a recorded network and recommend a dish.",
    "list": "Show the lessons, figures, pages and lectures there are.",
    "doctor": "Check every part that a render needs.",
}


class _Commands(click.Group):
    """A group whose commands are the files beside this one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        # A file list.py would hide the built-in, and no file can be called import.py.
        file = f"{name}_command" if name in ("import", "list") else name
        module = import_module(f"derivviz.cli.{file}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            guess = nearest(args[0], COMMANDS, 1)
            hint = f" Did you mean 'derivviz {guess[0]}'?" if guess else ""
            raise click.UsageError(
                f"There is no command {args[0]!r}.{hint} 'derivviz --help' lists them.", ctx
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="derivviz", message="derivviz %(version)s")
@click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error.")
def cli() -> None:
    """Record a real training run once, then let the recording teach."""


def main() -> None:
    """Run the command line: exit code 2 for wrong usage, 1 for failure, 130 when interrupted."""
    debug = "--debug" in sys.argv
    if debug:
        sys.argv = [word for word in sys.argv if word != "--debug"]
    try:
        code = cli.main(standalone_mode=False)  # or what the command made, which a notebook shows
        sys.exit(code if isinstance(code, int) else 0)
    except click.UsageError as error:
        error.show()
        sys.exit(2)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted: nothing unfinished was left behind.", err=True)
        sys.exit(130)
    except DerivvizError as error:
        if debug:
            raise
        click.echo(f"Error: {error}", err=True)
        sys.exit(error.exit_code)
    except Exception as error:
        if debug:
            raise
        click.echo(
            f"Error: {type(error).__name__}: {error}\nRun it again with --debug to see where.", err=True
        )
        sys.exit(1)
