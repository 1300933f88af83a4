"""Commands whose code is imported when they run, so that each imports only what it works with."""

from __future__ import annotations

from typing import Any, NamedTuple

import typer

from adapter.cli.declarations import command_function, first_line
from adapter.cli.errors import Commands


class Listed(NamedTuple):
    """A command of the list: its name, `module.function` in this room, and examples."""

    name: str
    place: str
    examples: tuple[str, ...]

    @property
    def epilog(self) -> str:
        """The examples, as `--help` shows them."""
        return "\n\n".join(f"Example: adapter {self.name} {e}".rstrip() for e in self.examples)


class LoadedCommands(Commands):
    """All commands; a command's module is imported when the command runs."""

    listed: tuple[Listed, ...] = ()

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.by_name = {each.name: each for each in self.listed}
        self.commands = {name: typer.core.TyperCommand(name) for name in self.by_name}

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the list of commands, each with the first line of its docstring."""
        for name, command in self.commands.items():
            command.help = first_line(self.by_name[name].place)
        super().format_help(ctx, formatter)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that is called, with its arguments and options."""
        name, known, rest = super().resolve_command(ctx, args)
        return name, self.loaded(name) if name else known, rest

    def loaded(self, name: str) -> Any:
        """Return a command with its arguments and options."""
        entry = self.by_name[name]
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        alone.command(name, epilog=entry.epilog)(command_function(entry.place))
        return typer.main.get_command(alone)
