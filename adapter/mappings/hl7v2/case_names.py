"""The names of the case: PV1-19 (visit number) and MRG-5 (an earlier visit number).

A number of another assigning authority than the sender (CX.4) is another visit's: the authority
is a part of the name.

PID-18 (account number) names no case: mother and newborn share it.
"""

from __future__ import annotations

from urllib.parse import quote

from adapter.core.identifiers import hsa_id
from adapter.mappings.hl7v2.hl7_message import Hl7Message


def case_names(message: Hl7Message) -> list[str]:
    """Return the case's name within the sender's organisation, then the one that it replaces.

    Where there is none: a warning. A45 and A50 give a visit another number. A06 and A07 may do so
    when its class changes.
    """
    if len(message.document.values("PV1-19")) > 1:
        message.context.lose("PV1-19", "only the first number names the case")
    names = [name for path in ("PV1-19", "MRG-5") if (name := _name(path, message))]
    if not names:
        message.context.warn("no-case", "PV1-19")
    return list(dict.fromkeys(names))


def visit_number(message: Hl7Message) -> str:
    """Return the visit number, else the earlier one, without its authority."""
    return message.text("PV1-19") or message.text("MRG-5")


def _name(path: str, message: Hl7Message) -> str:
    number = message.text(path)
    authority = message.text(f"{path}.4") or message.text(f"{path}.4.2")
    if not number or not authority or _is_own(authority, message):
        return number
    return f"{quote(authority, safe='')}/{number}"


def _is_own(authority: str, message: Hl7Message) -> bool:
    """Whether the authority is the sender: its HSA-id, or its name in MSH-3 or MSH-4."""
    names = {message.text("MSH-3").upper(), message.text("MSH-4").upper()}
    return hsa_id(authority) == message.organization or authority.upper() in names
