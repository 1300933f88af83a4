"""How wide each column of a table is, so that it fits the terminal and no word is broken."""

from __future__ import annotations

from collections.abc import Sequence

_GAP = 2  # between two columns


def column_widths(rows: Sequence[Sequence[str]], room: int) -> list[int] | None:
    """Return the width of each column, in characters; None when the longest words do not fit.

    Where the texts are wider than the room, the widest column gives way first.
    """
    columns = list(zip(*rows, strict=True))
    widths = [max(len(cell) for cell in column) for column in columns]
    least = [max(_longest_word(cell) for cell in column) for column in columns]
    excess = sum(widths) + _GAP * (len(columns) - 1) - room
    for _ in range(excess):
        able = [n for n, width in enumerate(widths) if width > least[n]]
        if not able:
            return None
        widths[max(able, key=widths.__getitem__)] -= 1
    return widths


def _longest_word(cell: str) -> int:
    return max(map(len, cell.split()), default=0)
