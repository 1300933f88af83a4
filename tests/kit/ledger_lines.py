"""Lines of a chaos run's ledger, for the tests of the judge."""

from __future__ import annotations

from chaos.ledger import Line, Saw


def sent(number: int, at: float, *, to: str = "lulea", **more: object) -> Line:
    """The planning service sends a message of case C."""
    values: dict[str, object] = {"content": f"c{number}", "envelope": f"e{number}"}
    return line(Saw.SENT, "planning", number, at, to=(to,), **values | more)


def got(number: int, at: float, *, who: str = "lulea", **more: object) -> Line:
    """A receiver gets a message of case C."""
    values: dict[str, object] = {"content": f"c{number}", "envelope": f"e{number}"}
    return line(Saw.GOT, who, number, at, **values | more)


def receipted(number: int, at: float, code: str = "ok", **more: object) -> Line:
    """The planning service gets a receipt."""
    values: dict[str, object] = {"who": "planning", "content": f"c{number}"}
    return Line(what=Saw.RECEIPTED, at=at, code=code, **values | more)  # type: ignore[arg-type]


def line(what: Saw, who: str, number: int, at: float, **more: object) -> Line:
    values: dict[str, object] = {"case": "C"} | more
    return Line(what=what, who=who, number=number, at=at, **values)  # type: ignore[arg-type]
