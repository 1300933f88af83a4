"""docs/receiving.md and docs/omsorg.md say what the adapter does after each HTTP status."""

from __future__ import annotations

import re

import pytest

from adapter.core import answer_rules
from adapter.core.endpoint import Then
from tests.kit.places import DOCS

NOT_TAKEN = range(300, 600)


def sent_again(page: str) -> set[int]:
    """The statuses after which a page says that the adapter sends again."""
    text = (DOCS / page).read_text()
    row = re.search(r"^\| (408[^|]*5xx[^|]*) \|", text, re.MULTILINE)
    assert row
    among, _, without = row[1].partition(" but ")
    return statuses(among) - statuses(without)


def statuses(text: str) -> set[int]:
    """The statuses that a text names, alone (`408`) or by their class (`5xx`)."""
    named = re.findall(r"\b(\d)(\d\d|xx)\b", text)
    return {s for s in NOT_TAKEN if any(s // 100 == int(c) and fits(s, r) for c, r in named)}


def fits(status: int, rest: str) -> bool:
    return rest in ("xx", str(status)[1:])


@pytest.mark.parametrize("page", ["receiving.md", "omsorg.md"])
def test_a_page_names_every_status_after_which_the_adapter_sends_again(page: str) -> None:
    retried = {s for s in NOT_TAKEN if answer_rules.default(str(s)) is Then.RETRY}
    assert sent_again(page) == retried
