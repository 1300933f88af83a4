"""The names of the case: PV1-19 (visit number) and MRG-5 (an earlier visit number).

PID-18 (account number) names no case: mother and newborn share it.
"""

from __future__ import annotations

from adapter.mappings.hl7v2.hl7_message import Hl7Message


def visit_numbers(message: Hl7Message) -> list[str]:
    """Return the visit number, then the number that it replaces; a warning where there is none.

    A45 and A50 give a visit another number. A06 and A07 may do so when its class changes.
    """
    if len(message.document.values("PV1-19")) > 1:
        message.context.lose("PV1-19", "only the first number names the case")
    numbers = [text for path in ("PV1-19", "MRG-5") if (text := message.text(path))]
    if not numbers:
        message.context.warn("no-case", "PV1-19")
    return list(dict.fromkeys(numbers))
