"""The names of the case: PV1-19 (visit number) and MRG-5 (an earlier visit number).

A number of another assigning authority than the sender (CX.4) is another visit's: the authority
is a part of the name.

PID-18 (account number) names no case: mother and newborn share it.
"""

from __future__ import annotations

from urllib.parse import quote

from adapter.mappings.hl7v2.hl7_message import Hl7Message


def case_names(message: Hl7Message) -> list[str]:
    """Return the case's name within the sender's organisation, then the one that it replaces.

    Where there is none: a warning. A45 and A50 give a visit another number. A06 and A07 may do so
    when its class changes.
    """
    names = [name for path in ("PV1-19", "MRG-5") if (name := _name(path, message))]
    if not names:
        message.context.warn("no-case", "PV1-19")
    return list(dict.fromkeys(names))


def visit_number(message: Hl7Message) -> str:
    """Return the visit number, else the earlier one, without its authority."""
    return message.text("PV1-19") or message.text("MRG-5")


def _name(path: str, message: Hl7Message) -> str:
    number = message.text(path)
    if not number:  # an authority alone is no name: it is not read
        return ""
    authority = message.text(f"{path}.4") or message.text(f"{path}.4.2")
    return _joined("" if message.is_own(authority) else authority, number)


def _joined(authority: str, number: str) -> str:
    """Return the name within the organisation: no two pairs of authority and number share one.

    A number with a slash follows a slash of its own where it has no authority.
    """
    if authority or "/" in number:
        return f"{quote(authority, safe='')}/{number}"
    return number
