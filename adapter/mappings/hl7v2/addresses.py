"""PID-11 to `Patient.address`: the address of registration that is valid today (docs/hl7v2.md).

Its municipality (kommunkod) decides who is told of a stay. HL7 v2.8 chapter 3; data type XAD.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from adapter.core.endpoint import UntypedAddress
from adapter.fhir.bundles import Resource
from adapter.fhir.parts import assumed_municipality, municipality_extension, present
from adapter.mappings.hl7v2.fields import Value
from adapter.mappings.hl7v2.hl7_message import Hl7Message
from adapter.mappings.hl7v2.protection import is_protected
from adapter.mappings.hl7v2.validity import Validity, validity

_REGISTERED = ("FOLKBOKFÖRING", "FB", "RH", "L", "P", "H", "")
"""XAD.7 of an address of registration (folkbokföringsadress), the most certain first.

First the words of Swedish feeds, then HL7 table 0190 (registry home, legal, permanent, home),
then no type.
"""
_USES = {"C": "temp", "B": "work", "O": "work"}  # HL7 table 0190; its other codes give no use
_POSTAL = "M"
_KOMMUNKOD, _WITH_PARISH = r"[0-9]{4}", r"[0-9]{6}"
_WITHHELD = re.compile(r"\bskydda(?:d|t|de)\b|\bsekretess|\bförmedlingsuppdrag", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """A repetition of PID-11 that is valid today. `rank` is its place in `_REGISTERED`."""

    value: Value
    rank: int
    since: str

    @property
    def registered(self) -> bool:
        return self.rank < len(_REGISTERED)


def addresses(message: Hl7Message) -> list[Resource]:
    """Return at most one address: that of registration, else another one without municipality.

    An address that is withheld (skyddad) is left out: it is no move.
    """
    values = message.document.values("PID-11")
    if not values and not message.document.field("PID-11"):
        return _assumed(message)
    candidates = [c for value in values if (c := _candidate(value, message))]
    rank = min((c.rank for c in candidates), default=0)
    rivals = [c for c in candidates if c.rank == rank]
    chosen = max(rivals, key=lambda c: c.since, default=None)
    written = _written(chosen, rivals, message) if chosen else []
    for value in values:
        if chosen is None or value is not chosen.value:
            value.leave("only the address of registration that is valid today is carried")
    return written


def _assumed(message: Hl7Message) -> list[Resource]:
    """Return an address with the sender's municipality alone, marked as assumed, with a warning.

    The mapping does not know whether an earlier message had an address: the case decides.
    """
    code = message.context.sender.municipality
    if not code or is_protected(message):
        return []
    message.context.warn("assumed-municipality", "PID-11")
    return [{"extension": [assumed_municipality(code)]}]


def _candidate(value: Value, message: Hl7Message) -> _Candidate | None:
    """Return a repetition with its rank; None where it is not valid today."""
    valid = _validity(value, message)
    if not valid.includes(message.today):
        return None
    return _Candidate(value=value, rank=_rank(value, message), since=valid.start)


def _validity(value: Value, message: Hl7Message) -> Validity:
    return validity(value, message, "PID-11", start=13, end=14, range_=12)


def _rank(value: Value, message: Hl7Message) -> int:
    kind = value.peek(7).upper()
    if not kind and message.context.sender.untyped_address is UntypedAddress.OTHER:
        return len(_REGISTERED)
    return _REGISTERED.index(kind) if kind in _REGISTERED else len(_REGISTERED)


def _written(chosen: _Candidate, rivals: list[_Candidate], message: Hl7Message) -> list[Resource]:
    if _is_withheld(chosen.value):
        chosen.value.leave("the address is withheld: it is no move")
        return []
    address = _address(chosen)
    code = _agreed(chosen, rivals, message) if chosen.registered else ""
    if not (code or address):
        chosen.value.leave("no address")
        return []
    if not code:
        return [address]
    return [{"extension": [municipality_extension(code)]} | (address or {"use": "home"})]


def _is_withheld(value: Value) -> bool:
    return any(_WITHHELD.search(value.peek(number)) for number in (1, 2, 3))


def _agreed(chosen: _Candidate, rivals: list[_Candidate], message: Hl7Message) -> str:
    """Return the municipality, unless an equal address is in another one (a warning)."""
    equals = [c for c in rivals if c.since == chosen.since]
    codes = {_municipality(c.value, message) for c in equals} - {""}
    if len(codes) > 1:
        detail = "two addresses of registration in different municipalities"
        message.clock.warn_once("contradiction", "PID-11", detail)
        return ""
    if re.fullmatch(_WITH_PARISH, chosen.value.part(9)):
        message.clock.context.lose("PID-11.9", "the parish: the first four digits are read")
    return _municipality(chosen.value, message)


def _address(chosen: _Candidate) -> Resource:
    """Return an XAD as Address. Only an address of registration has the use `home`."""
    value = chosen.value
    street = _street(value)
    kind = value.peek(7).upper()
    if chosen.registered or kind in (*_USES, _POSTAL):
        value.mark(7)
    address = present(
        {
            "use": "home" if chosen.registered else _USES.get(kind, ""),
            "type": "postal" if kind == _POSTAL else "",
            "line": [line for line in (street, value.part(2)) if line],
            "city": value.part(3),
            "postalCode": value.part(5),
            "country": value.part(6),
        }
    )
    return address if address.keys() - {"use", "type"} else {}


def _street(value: Value) -> str:
    """Return SAD: the street address, then what it lacks of the street's name and number."""
    whole = value.part(1)
    rest = [part for part in (value.part(1, 2), value.part(1, 3)) if part not in whole.split(" ")]
    return " ".join(
        part for part in (whole, *rest) if part and (part is whole or part not in whole)
    )


def _municipality(value: Value, message: Hl7Message) -> str:
    """Return the kommunkod: four digits, or the first four of an LKF code (six, with parish)."""
    text = value.part(9)
    if re.fullmatch(_KOMMUNKOD, text) or re.fullmatch(_WITH_PARISH, text):
        return text[:4]
    if text:
        message.clock.warn_once("unknown-code", "PID-11.9", "not a municipality code")
    return ""
