"""What is understood although no field of the notice carries it: the one table of it.

Three kinds, and nothing else, are read without a mark of their own:

- what the recogniser, the content id, the codec or the acknowledgement reads of MSH;
- constants: values that type or repeat what is read, so that another value there says something
  else and is confessed;
- a field that has the same text as another one, which is read.

A new constant needs a reason: what does its receiver know without it?
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from adapter.mappings.hl7v2.fields import Document

_Part: TypeAlias = tuple[int, int]  # component and subcomponent
_Field: TypeAlias = tuple[str, int]
_Place: TypeAlias = tuple[str, int, int, int]  # segment, field, component, subcomponent

_FIRST: _Part = (1, 1)
_HD: frozenset[_Part] = frozenset({(1, 1), (1, 2), (1, 3), (2, 1), (3, 1)})
_NOTHING: frozenset[_Part] = frozenset()
_READ_ELSEWHERE: Mapping[_Field, frozenset[_Part]] = {
    **{("MSH", number): _HD for number in (3, 4, 5, 6)},  # the ACK exchanges them
    ("MSH", 7): frozenset({_FIRST}),  # the content id
    ("MSH", 9): frozenset({_FIRST, (2, 1)}),  # the event
    ("MSH", 10): frozenset({_FIRST}),  # the content id, MSA-2
    ("MSH", 18): frozenset({_FIRST}),  # the charset
}

_SET_ID = frozenset({"0", "1", "01", "001", "0001"})  # of a segment that does not repeat
_AUTHORITY_TYPES = frozenset({"ISO", "URI", "L", "M", "N"})  # table 0301: the id shows its form
_WISHES = frozenset({"AL", "NE", "ER", "SU"})  # table 0155: the ACK follows them
_HSA = frozenset({"1.2.752.129.2.1.4.1", "URN:OID:1.2.752.129.2.1.4.1"})
_CX: Mapping[_Part, frozenset[str]] = {(4, 3): _AUTHORITY_TYPES}
_VISIT = {**_CX, (5, 1): frozenset({"VN"})}  # table 0203: a visit number, which PV1-19 is

_CONSTANTS: Mapping[_Field, Mapping[_Part, frozenset[str]]] = {
    ("MSH", 9): {(3, 1): frozenset(f"ADT_A{number:02}" for number in range(1, 63))},
    ("MSH", 11): {(2, 1): frozenset({"T"})},  # table 0207: processed now, as every message is
    ("MSH", 15): {_FIRST: _WISHES},
    ("MSH", 16): {_FIRST: _WISHES},
    ("MSH", 17): {_FIRST: frozenset({"SE", "SWE", "752"})},  # the country that we are in
    ("MSH", 19): {_FIRST: frozenset({"SV", "SWE"})},  # texts are carried as they are written
    ("EVN", 4): {(3, 1): frozenset({"HL70062", "0062"})},
    ("PID", 1): {_FIRST: _SET_ID},
    **{("PID", number): _CX for number in (2, 3, 4)},
    ("PID", 5): {(8, 1): frozenset({"A"})},  # XPN, table 0465: alphabetic, as names here are
    ("PID", 8): {(3, 1): frozenset({"HL70001", "0001"})},
    ("PD1", 3): {(6, 2): _HSA, (6, 3): _AUTHORITY_TYPES},  # XON: who gives HSA-ids
    ("PD1", 4): {(9, 2): _HSA, (9, 3): _AUTHORITY_TYPES},  # XCN
    **{("MRG", number): _CX for number in (1, 4)},
    ("MRG", 5): _VISIT,
    ("PV1", 1): {_FIRST: _SET_ID},
    ("PV1", 2): {(3, 1): frozenset({"HL70004", "0004"})},
    ("PV1", 3): {(6, 1): frozenset({"N"})},  # table 0305: a nursing unit, which a ward is
    ("PV1", 19): _VISIT,
    ("PV1", 36): {(3, 1): frozenset({"HL70112", "0112"})},
    ("ZSP", 1): {_FIRST: _SET_ID},
}
_REPEATS: Mapping[_Place, tuple[str, ...]] = {
    ("EVN", 1, 1, 1): ("MSH-9.2",),
    ("EVN", 6, 1, 1): ("EVN-2", "PV1-44", "PV1-45"),
    ("PID", 2, 1, 1): ("PID-3",),
    ("PID", 4, 1, 1): ("PID-3",),
    ("PID", 18, 1, 1): ("PV1-19",),
    ("PID", 19, 1, 1): ("PID-3",),
    ("PV1", 3, 4, 1): ("MSH-4",),
}


def read_elsewhere(field: _Field) -> frozenset[_Part]:
    """Return the parts of a field's first repetition that are read outside of the mapping."""
    return _READ_ELSEWHERE.get(field, _NOTHING)


def is_understood(field: _Field, part: _Part, text: str, document: Document) -> bool:
    """Whether a text is a constant, or repeats what is read elsewhere."""
    if text.upper() in _CONSTANTS.get(field, {}).get(part, ()):
        return True
    return any(text == document.peek(path) for path in _REPEATS.get((*field, *part), ()))
