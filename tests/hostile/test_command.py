"""What `python -m hostile` takes, and what it refuses before anything starts."""

from __future__ import annotations

import pytest

from hostile.__main__ import main
from hostile.attacks.bodies import body
from hostile.size import Size
from hostile.target import addresses


@pytest.mark.parametrize(
    "words",
    [
        ("--seconds", "0"),
        ("--seconds", "nan"),
        ("--share", "0"),
        ("--share", "1.5"),
        ("--only", "kindness"),
    ],
)
def test_what_cannot_be_measured_is_wrong_use(
    words: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert words[1] in capsys.readouterr().err


def test_a_part_of_an_attack_has_at_least_one_piece_of_each_kind_and_whole_sizes() -> None:
    part = Size().part(0.001)
    assert (part.connections, part.bodies, part.bus_messages, part.packets) == (10, 1, 1, 1)
    assert part.body_bytes == Size().body_bytes


def test_the_attackers_have_different_loopback_addresses() -> None:
    assert len(set(addresses(200))) == 200


@pytest.mark.parametrize("kind", ["json", "xml"])
def test_a_body_is_as_large_as_was_asked_for(kind: str) -> None:
    assert 9_999 - 4 <= len(body(kind, 9_999)) <= 9_999
