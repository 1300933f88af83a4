"""Draws what the documents show of the program: `python -m docs.draw` from the root.

A drawing stands between `<!-- drawn: NAME -->` and `<!-- /drawn -->`. tests/test_documents.py
draws again and compares, so that no document tells of a program that is no longer there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from adapter.core import answer_rules
from adapter.core.catalogue import CATALOGUE, Entry, Scope
from adapter.core.kill_points import KILL_POINTS
from adapter.core.lifecycle import RULINGS, TRANSITIONS, Ruling, Standing, State, Step

FOLDER = Path(__file__).parent
_DRAWN = re.compile(r"(<!-- drawn: (?P<name>[a-z-]+) -->\n).*?(<!-- /drawn -->)", re.DOTALL)
_Moves = Mapping[Any, StrEnum]  # (state, step): the state after


def drawn(text: str) -> str:
    """A document with every drawing made anew; KeyError for one that nobody knows."""
    return _DRAWN.sub(lambda m: m[1] + DRAWINGS[m["name"]]() + m[3], text)


def names(text: str) -> list[str]:
    """The drawings that a document has."""
    return [found["name"] for found in _DRAWN.finditer(text)]


def documents() -> list[Path]:
    """The documents that have a drawing."""
    return [page for page in sorted(FOLDER.glob("*.md")) if names(page.read_text("utf-8"))]


def diagram(moves: _Moves, begin: Iterable[StrEnum], finals: Iterable[StrEnum]) -> str:
    """A state diagram of the moves that lead to another state (Mermaid)."""
    between: dict[tuple[str, str], list[str]] = {}
    for (state, step), after in moves.items():
        if after is not state:
            between.setdefault((state.name, after.name), []).append(step)
    lines = [f"    [*] --> {state.name}" for state in begin]
    lines += [f"    {a} --> {b}: {', '.join(steps)}" for (a, b), steps in between.items()]
    lines += [f"    {state.name} --> [*]" for state in finals]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```", ""])


def matrix(moves: _Moves, states: Iterable[StrEnum], steps: Iterable[StrEnum]) -> str:
    """Each state with each step: the state after, `=` for the same, `–` for not allowed."""
    across = list(steps)
    rows = [[f"`{state}`", *(_cell(moves, state, step) for step in across)] for state in states]
    return table(["", *(f"`{step}`" for step in across)], rows)


def _cell(moves: _Moves, state: StrEnum, step: StrEnum) -> str:
    after = moves.get((state, step))
    if after is None:
        return "–"
    return "=" if after is state else str(after)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of Markdown; a bar inside a cell is escaped."""
    titles = list(head)
    body = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    lines = [titles, ["---"] * len(titles), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def catalogue(scope: Scope) -> str:
    """The codes of one scope, in the catalogue's order."""
    found = [_code(code, entry) for code, entry in CATALOGUE.items() if entry.scope is scope]
    return table(["code", "says", "what to do", "FHIR type", "HTTP"], found)


def _code(code: str, entry: Entry) -> list[str]:
    says = f"{entry.sv}<br>{entry.en}"
    return [f"`{code}`", says, entry.action, f"`{entry.type}`", str(entry.http)]


def windows() -> str:
    """The windows of the flow, and what makes each one safe."""
    return table(
        ["window", "what holds there"], ([f"`{n}`", why] for n, why in KILL_POINTS.items())
    )


def answers() -> str:
    """What each answer means where an endpoint says nothing, in the order that counts."""
    return table(["code", "then"], ([f"`{r.code}`", f"`{r.then}`"] for r in answer_rules.DEFAULTS))


DRAWINGS: dict[str, Callable[[], str]] = {
    "delivery-diagram": lambda: diagram(
        TRANSITIONS, [State.WAITING, State.DEAD], [State.CONFIRMED, State.DISCARDED, State.REPLACED]
    ),
    "delivery-table": lambda: matrix(TRANSITIONS, State, Step),
    "message-diagram": lambda: diagram(
        RULINGS,
        [Standing.RECEIVED],
        [Standing.PROCESSED, Standing.REFUSED, Standing.DISCARDED, Standing.REPLACED],
    ),
    "message-table": lambda: matrix(RULINGS, Standing, Ruling),
    "errors-sender": lambda: catalogue(Scope.SENDER),
    "errors-adapter": lambda: catalogue(Scope.ADAPTER),
    "errors-receiver": lambda: catalogue(Scope.RECEIVER),
    "answers": answers,
    "windows": windows,
}


if __name__ == "__main__":
    for page in documents():
        page.write_text(drawn(page.read_text("utf-8")), "utf-8")
