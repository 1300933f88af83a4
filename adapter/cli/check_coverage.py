"""Who would be told of a stay, and the role of each endpoint, as tables for people."""

from __future__ import annotations

from collections.abc import Iterable

from adapter.cli import printing
from adapter.policy.coverage import Coverage, CoverageRow, Role
from adapter.settings.municipalities import municipalities

_LEGEND = {
    Coverage.NOBODY: "nobody: the hospital is warned, and this need is told to no endpoint.",
    Coverage.SEVERAL: "several: as nobody, unless the assessment or the listing names one of them.",
}


def show(rows: Iterable[CoverageRow], roles: Iterable[Role]) -> None:
    """Print both tables, each after an empty line; a table without rows is left out."""
    rows, roles = list(rows), list(roles)
    if rows:
        printing.line()
        printing.table(["municipality", "need", "told", "owner"], map(_covered, rows))
        kinds = {row.coverage for row in rows}
        for text in (_LEGEND[kind] for kind in _LEGEND if kind in kinds):
            printing.line(text)
    if roles:
        printing.line()
        printing.table(["endpoint", "stays", "begins", "carries for"], map(_role, roles))


def _covered(row: CoverageRow) -> list[str]:
    names = ", ".join(receiver.endpoint for receiver in row.receivers)
    texts = {Coverage.ONE: names, Coverage.NOBODY: "nobody", Coverage.SEVERAL: f"several: {names}"}
    owners = dict.fromkeys(receiver.owner for receiver in row.receivers)
    return [f"{row.municipality} {row.name}", row.need, texts[row.coverage], "; ".join(owners)]


def _role(role: Role) -> list[str]:
    own = ["its own"] if role.owns_stays else []
    stays = [*own, *(f"those of {id_}" for id_ in role.tells_for)]
    carries = [f"{entry} {municipalities().get(entry, '')}".strip() for entry in role.carries_for]
    carries += [f"mailbox of {unit}" for unit in role.mailbox_for]
    return [role.endpoint, ", ".join(stays), ", ".join(role.begins), ", ".join(carries)]
