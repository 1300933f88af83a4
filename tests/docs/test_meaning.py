"""docs/meaning.md prints who may tell what, and who sees what, as the program's data have it."""

from __future__ import annotations

from adapter.core.model import Event, Need
from adapter.policy.authority import AUTHORITY, Capacity, Rule
from adapter.policy.views import EVERY_ROLE, MATRIX, SEEN_NEEDS, Row
from docs import draw
from tests.kit.places import ROOT

PAGE = (ROOT / "docs" / "meaning.md").read_text(encoding="utf-8")


def lines(name: str) -> list[str]:
    """The rows of a drawing, without its two lines of heading."""
    return draw.DRAWINGS[name]().splitlines()[2:]


def test_the_page_has_the_three_tables() -> None:
    assert {"authority", "view-matrix", "view-needs"} <= set(draw.names(PAGE))


def test_every_event_has_one_line_of_authority() -> None:
    assert set(AUTHORITY) == set(Event)
    assert [line.split(" | ")[0] for line in lines("authority")] == [f"| `{e}`" for e in AUTHORITY]


def test_every_element_has_a_name_and_no_name_lacks_an_element() -> None:
    assert [row.element for row in MATRIX] == list(draw.ELEMENTS)
    assert len(lines("view-matrix")) == len(MATRIX)


def test_every_need_of_a_receiver_is_shown() -> None:
    assert set(SEEN_NEEDS) == set(Need)
    assert len(lines("view-needs")) == len(Need)


def test_another_right_to_send_would_be_seen() -> None:
    may = frozenset({Capacity.OWNER, Capacity.PARTY})
    drawn = draw.authority_table({Event.DECEASED: Rule(may=may, section="2:4")})
    assert "| `deceased` | the owner and the participants of the case | 2:4 |" in drawn


def test_another_view_would_be_seen() -> None:
    everybody = Row(element="reason", basis="2:2")
    nobody = Row(element="name", basis="no", roles=())
    drawn = draw.view_matrix([everybody, nobody])
    assert f"| reason for care {'| yes ' * len(EVERY_ROLE)}| 2:2 |" in drawn
    assert f"| name {'| no ' * len(EVERY_ROLE)}| no |" in drawn


def test_what_only_a_setting_shows_names_the_setting() -> None:
    assert "if `wards`" in draw.view_matrix([row for row in MATRIX if row.element == "ward"])
