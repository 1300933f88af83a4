"""Commands whose code is imported when they run, so that each command imports what it needs."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import typer

from adapter.cli.errors import Commands

FOLDER = Path(__file__).parent


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
    """All commands; a command's module is imported when the command runs or explains itself."""

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
        """Find the command that is called, and import it."""
        name, known, rest = super().resolve_command(ctx, args)
        return name, self.loaded(name) if name else known, rest

    def loaded(self, name: str) -> Any:
        """Return a command with its arguments and options."""
        entry = self.by_name[name]
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        alone.command(name, epilog=entry.epilog)(function_at(entry.place))
        return typer.main.get_command(alone)


def function_at(place: str) -> Any:
    """Import a command's function by its place, `module.function`."""
    module, _, name = place.partition(".")
    return getattr(import_module(f"{__package__}.{module}"), name)


def first_line(place: str) -> str:
    """Return the first line of a function's docstring, read from its source without an import."""
    module, _, name = place.partition(".")
    tree = ast.parse((FOLDER / f"{module}.py").read_text(encoding="utf-8"))
    functions = {each.name: each for each in tree.body if isinstance(each, ast.FunctionDef)}
    return (ast.get_docstring(functions[name]) or "").partition("\n")[0]
