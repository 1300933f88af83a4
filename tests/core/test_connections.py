"""Which connection makes room for a new one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from adapter.core.connections import Connections


class Opened:
    """Connections with names, and those that were closed for others."""

    def __init__(self, most: int, per_peer: int) -> None:
        self.closed: list[str] = []
        self.connections = Connections[str](most, per_peer, self.closed.append)

    def admit(self, *names: str) -> list[bool]:
        """Admit connections, each named `peer/number`."""
        return [self.connections.admit(name, name.partition("/")[0]) for name in names]


def test_within_the_limits_all_are_admitted() -> None:
    opened = Opened(most=3, per_peer=2)
    assert opened.admit("a/1", "a/2", "b/1") == [True, True, True]
    assert opened.closed == []


def test_a_peer_at_its_limit_displaces_its_own_longest_idle_one() -> None:
    opened = Opened(most=10, per_peer=2)
    opened.admit("b/1", "a/1", "a/2")
    opened.connections.busy("a/1")
    opened.connections.idle("a/1")  # now a/2 has been idle longest
    assert opened.admit("a/3") == [True]
    assert opened.closed == ["a/2"]


def test_a_peer_at_its_limit_with_all_at_work_gets_no_more() -> None:
    opened = Opened(most=10, per_peer=1)
    opened.admit("a/1", "b/1")
    opened.connections.busy("a/1")
    assert opened.admit("a/2", "c/1") == [False, True]
    assert opened.closed == []


def test_at_the_limit_of_all_the_peer_with_most_idle_ones_loses_one() -> None:
    opened = Opened(most=4, per_peer=4)
    opened.admit("b/1", "a/1", "a/2", "c/1")
    assert opened.admit("d/1") == [True]
    assert opened.closed == ["a/1"]


def test_of_peers_with_equally_many_the_longest_idle_loses_one() -> None:
    opened = Opened(most=2, per_peer=2)
    opened.admit("a/1", "b/1")
    opened.connections.busy("a/1")
    opened.connections.idle("a/1")
    assert opened.admit("c/1") == [True]
    assert opened.closed == ["b/1"]


def test_one_that_has_left_or_was_closed_counts_no_more() -> None:
    opened = Opened(most=1, per_peer=1)
    opened.admit("a/1", "b/1")
    opened.connections.idle("a/1")
    opened.connections.leave("a/1")
    opened.connections.busy("b/1")
    assert opened.admit("c/1") == [False]
    opened.connections.leave("b/1")
    assert opened.admit("c/1") == [True]
    assert opened.closed == ["a/1"]


def test_one_can_be_shed() -> None:
    opened = Opened(most=9, per_peer=9)
    opened.connections.shed()
    opened.admit("a/1", "b/1", "b/2")
    opened.connections.shed()
    assert opened.closed == ["b/1"]


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(["admit", "busy", "leave"]))))
def test_no_limit_is_ever_exceeded(steps: list[tuple[str, str]]) -> None:
    opened = Opened(most=5, per_peer=2)
    inside: list[str] = []
    for number, (peer, step) in enumerate(steps):
        own = [name for name in inside if name.startswith(peer)]
        if step == "admit" and opened.admit(f"{peer}/{number}") == [True]:
            inside.append(f"{peer}/{number}")
        elif step == "busy" and own:
            opened.connections.busy(own[0])
        elif step == "leave" and own:
            opened.connections.leave(own[0])
            inside.remove(own[0])
        inside = [name for name in inside if name not in opened.closed]
        assert len(inside) <= 5
        assert all(sum(n.startswith(p) for n in inside) <= 2 for p in "abcd")
