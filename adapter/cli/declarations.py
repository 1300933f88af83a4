"""What a command takes, read from its source without importing what it works with.

The signature of a command's function is enough for `--help` and for wrong use. The rest of its
module imports the store and more, which takes longer than everything else that a command does.
So a signature uses only what its module imports or assigns, no function or class of the module.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any, TypeGuard

FOLDER = Path(__file__).parent


def command_function(place: str) -> Callable[..., Any]:
    """Return a function with signature and docstring of the one at `module.function`.

    A call imports the module and runs the real function.
    """

    @wraps(_declared(place))
    def run(**given: Any) -> Any:
        return function_at(place)(**given)

    return run


def function_at(place: str) -> Callable[..., Any]:
    """Import a command's function by its place, `module.function`."""
    module, _, name = place.partition(".")
    function: Callable[..., Any] = getattr(import_module(f"{__package__}.{module}"), name)
    return function


def first_line(place: str) -> str:
    """Return the first line of a function's docstring."""
    _, function = _parsed(place)
    return (ast.get_docstring(function) or "").partition("\n")[0]


def _declared(place: str) -> Callable[..., Any]:
    """Run only what the signature uses of a module; return the function without its body."""
    statements, function = _parsed(place)
    function.body = [ast.Expr(ast.Constant(ast.get_docstring(function) or ""))]
    source = ast.Module([*_used_by(function, statements), function], [])
    names: dict[str, Any] = {"__name__": place}
    code = compile(ast.fix_missing_locations(source), place, "exec")
    exec(code, names)
    declared: Callable[..., Any] = names[function.name]
    return declared


def _parsed(place: str) -> tuple[list[ast.stmt], ast.FunctionDef]:
    """Return the other statements of a function's module, and the function."""
    module, _, name = place.partition(".")
    body = ast.parse((FOLDER / f"{module}.py").read_text(encoding="utf-8")).body
    [function] = [each for each in body if isinstance(each, ast.FunctionDef) and each.name == name]
    return [each for each in body if each is not function], function


def _used_by(function: ast.FunctionDef, statements: Iterable[ast.stmt]) -> list[ast.stmt]:
    """Return the statements that give a name which the function uses, or which one of them uses."""
    singles = [single for statement in statements for single in _singles(statement)]
    used, before = _names(function), 0
    while len(used) > before:
        before = len(used)
        used = used.union(*(_names(each) for each in singles if _given(each) & used))
    return [each for each in singles if _given(each) & used]


def _singles(statement: ast.stmt) -> list[ast.stmt]:
    """Return an import of several names as several imports."""
    if isinstance(statement, ast.ImportFrom):
        module, level = statement.module, statement.level
        return [ast.ImportFrom(module, [name], level) for name in statement.names]
    return [statement]


def _names(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _given(statement: ast.stmt) -> set[str]:
    """Return the names that a statement of a module gives."""
    match statement:
        case ast.Import() | ast.ImportFrom():
            return {(name.asname or name.name).partition(".")[0] for name in statement.names}
        case ast.FunctionDef() | ast.ClassDef():  # made again, a class would be another one
            return set()
        case _:
            return {target.id for target in ast.walk(statement) if _is_target(target)}


def _is_target(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
