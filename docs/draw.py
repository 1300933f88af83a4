"""Draws what the documents show of the program: `python -m docs.draw` from the root.

A drawing stands between `<!-- drawn: NAME -->` and `<!-- /drawn -->`. tests/docs/test_documents.py
draws it again and compares, so that a document always shows the program as it is.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from adapter.core.catalogue import CATALOGUE, Entry, Scope
from adapter.core.failures import FAILURES, Failure
from adapter.core.jobs import JOBS, JobState, JobStep
from adapter.core.kill_points import KILL_POINTS
from adapter.core.lifecycle import RULINGS, TRANSITIONS, Ruling, Standing, State, Step
from adapter.core.model import Event, Need
from adapter.policy import authority
from adapter.policy.views import EVERY_ROLE, MATRIX, SEEN_NEEDS, Row
from docs import draw_mappings
from stories.sabotages import SEEN_AS

FOLDER = Path(__file__).parent
PACKAGE = FOLDER.parent / "adapter"
_DRAWN = re.compile(r"(<!-- drawn: (?P<name>[a-z-]+) -->\n).*?(<!-- /drawn -->)", re.DOTALL)
FAILURE_COLUMNS = (
    "code",
    "then",
    "whose fault",
    "told",
    "uses an attempt",
    "may move to the successor",
    "alarm",
    "receipt may still come",
)
SENDERS = {
    frozenset({authority.Capacity.OWNER}): "the owner of the case",
    frozenset(
        {authority.Capacity.OWNER, authority.Capacity.PARTY}
    ): "the owner and the participants of the case",
    frozenset({authority.Capacity.RECEIVER}): "a receiver of the message that it concerns",
    frozenset({authority.Capacity.SENDER}): "the sender of the message that it recalls",
}
"""What each set of capacities is called in the authority table."""
ELEMENTS = {
    "identifiers": "personal number, or the number in its place",
    "old": "earlier number, after a change",
    "name": "name",
    "address": "registered address (folkbokföring)",
    "municipality": "municipality (kommunkod)",
    "assumed": "municipality of the sender's settings, marked as assumed",
    "planned": "planned discharge",
    "admitted": "admission time",
    "status": "status of the stay",
    "ready": "time of discharge-ready",
    "leave": "leave",
    "discharge": "discharge time",
    "deceased": "death, and its date",
    "listed": "primary-care centre where the patient is listed",
    "ward": "ward, with its telephone and HSA-id",
    "reason": "reason for care",
    "class": "class of the stay",
}
"""What each element of a Stay is called in the view matrix."""
_Moves = Mapping[Any, StrEnum]  # (state, step): the state after


def drawn(text: str) -> str:
    """Return a document with every drawing made again; KeyError for an unknown drawing."""
    return _DRAWN.sub(lambda m: m[1] + DRAWINGS[m["name"]]() + m[3], text)


def names(text: str) -> list[str]:
    """The drawings that a document has."""
    return [match["name"] for match in _DRAWN.finditer(text)]


def documents() -> list[Path]:
    """The documents that have a drawing."""
    pages = [*sorted(FOLDER.glob("*.md")), FOLDER.parent / "README.md"]
    return [page for page in pages if names(page.read_text("utf-8"))]


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
    rows = [_code(code, entry) for code, entry in CATALOGUE.items() if entry.scope is scope]
    return table(["code", "text", "what to do", "FHIR type", "HTTP"], rows)


def _code(code: str, entry: Entry) -> list[str]:
    says = f"{entry.sv}<br>{entry.en}"
    return [f"`{code}`", says, entry.action, f"`{entry.type}`", str(entry.http)]


def kill_points() -> str:
    """The kill points, and what makes each one safe."""
    rows = ([f"`{name}`", why] for name, why in KILL_POINTS.items())
    return table(["kill point", "a process that dies here"], rows)


def answers() -> str:
    """Every failure to deliver, in the order in which the rules are tried."""
    return table(FAILURE_COLUMNS, map(_failure, FAILURES))


def _failure(row: Failure) -> list[str]:
    alarm = f"`{row.alarm}`" if row.alarm else "–"
    flags = (row.uses_attempt, row.may_move)
    return [
        f"`{row.code}`",
        f"`{row.then}`",
        str(row.fault),
        row.informed,
        *map(_yes, flags),
        alarm,
        _yes(row.receipt_may_come),
    ]


def _yes(flag: object) -> str:
    return "yes" if flag else "no"


def rooms() -> list[str]:
    """The packages directly below `adapter`."""
    return sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))


def arrows() -> dict[str, set[str]]:
    """For each room the other rooms that its files import."""
    return {room: _imported(room) & set(rooms()) - {room} for room in rooms()}


def _imported(room: str) -> set[str]:
    files = (PACKAGE / room).rglob("*.py")
    trees = (ast.parse(path.read_text("utf-8")) for path in files)
    modules = {name for tree in trees for node in ast.walk(tree) for name in _modules(node)}
    return {name.split(".")[1] for name in modules if name.startswith("adapter.")}


def _modules(node: ast.AST) -> list[str]:
    """The modules that one import statement may name; `from adapter import x` names `adapter.x`."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def reach(room: str, edges: Mapping[str, set[str]]) -> set[str]:
    """Every room that a room reaches over one or more arrows."""
    reached: set[str] = set()
    ahead = list(edges[room])
    while ahead:
        room = ahead.pop()
        if room not in reached:
            reached.add(room)
            ahead += edges[room]
    return reached


def room_graph() -> str:
    """A graph of the rooms (Mermaid), without the arrows that a longer path already shows."""
    edges = arrows()
    lines = [
        f"    {room} --> {other}"
        for room, others in edges.items()
        for other in sorted(others)
        if not any(other in reach(between, edges) for between in others - {other})
    ]
    return "\n".join(["```mermaid", "flowchart TD", *lines, "```", ""])


def room_table() -> str:
    """Every room with all the rooms that it imports, the rooms with most imports first."""
    edges = sorted(arrows().items(), key=lambda edge: (-len(edge[1]), edge[0]))
    return table(["room", "imports"], ([f"`{a}`", ", ".join(sorted(to)) or "–"] for a, to in edges))


def authority_table(rules: Mapping[Event, authority.Rule] = authority.AUTHORITY) -> str:
    """Every event, who may send it in a case, and the section of the law that makes it so."""
    rows = ([f"`{event}`", SENDERS[rule.may], rule.section] for event, rule in rules.items())
    return table(["event", "who may send it", "basis"], rows)


def view_matrix(rows: Iterable[Row] = MATRIX) -> str:
    """Every element of a Stay, and whether each role sees it."""
    head = ["element", *(f"`{role}`" for role in EVERY_ROLE), "basis"]
    return table(head, ([ELEMENTS[row.element], *_views(row), row.basis] for row in rows))


def _views(row: Row) -> list[str]:
    allowed = f"if `{row.setting}`" if row.setting else "yes"
    return [allowed if role in row.roles else "no" for role in EVERY_ROLE]


def view_needs(seen: Mapping[str, Iterable[Need]] = SEEN_NEEDS) -> str:
    """Which needs, with their times of assessment, are seen by a receiver that is told for one."""
    rows = ([f"`{role}`", ", ".join(f"`{need}`" for need in needs)] for role, needs in seen.items())
    return table(["told for", "sees the needs"], rows)


def sabotages() -> str:
    """Every sabotage of the stories, and the count that it must raise."""
    return table(["sabotage", "raises"], ([f"`{a}`", f"`{b}`"] for a, b in SEEN_AS.items()))


DRAWINGS: dict[str, Callable[[], str]] = {
    "delivery-diagram": lambda: diagram(
        TRANSITIONS,
        [State.WAITING, State.DEAD],
        [State.CONFIRMED, State.DISCARDED, State.REPLACED, State.NO_LONGER_DUE],
    ),
    "delivery-table": lambda: matrix(TRANSITIONS, State, Step),
    "message-diagram": lambda: diagram(
        RULINGS,
        [Standing.RECEIVED],
        [Standing.PROCESSED, Standing.REFUSED, Standing.DISCARDED, Standing.REPLACED],
    ),
    "message-table": lambda: matrix(RULINGS, Standing, Ruling),
    "job-table": lambda: matrix(JOBS, JobState, JobStep),
    "errors-sender": lambda: catalogue(Scope.SENDER),
    "errors-adapter": lambda: catalogue(Scope.ADAPTER),
    "errors-receiver": lambda: catalogue(Scope.RECEIVER),
    "answers": answers,
    "kill-points": kill_points,
    "rooms": room_graph,
    "room-imports": room_table,
    "authority": authority_table,
    "view-matrix": view_matrix,
    "view-needs": view_needs,
    "sabotages": sabotages,
    "systems": lambda: draw_mappings.matrix(table),
    "losses": lambda: draw_mappings.losses(table),
}


if __name__ == "__main__":
    for page in documents():
        page.write_text(drawn(page.read_text("utf-8")), "utf-8")
