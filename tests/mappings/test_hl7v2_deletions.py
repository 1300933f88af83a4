"""`""` deletes, what is absent says nothing, and every field is read or confessed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.fhir import bundles
from adapter.mappings.hl7v2.deletions import DELETABLE
from adapter.mappings.hl7v2.events import TRIGGERS
from tests.kit.examples import scaled
from tests.kit.hl7v2 import EVN, PID, PV1, adt, codes, lost, read

NULL = '""'
ELEMENTS = {
    "PID-5": "name",
    "PID-11": "address",
    "PID-29": "deceased",
    "PID-30": "deceased",
    "PD1-4": "listed",
    "PV1-3": "ward",
    "PV1-44": "admitted",
    "PV2-9": "planned-discharge",
    "ZSP-6": "planned-discharge",
}
OF_PERSON = {"name", "address", "deceased", "listed"}
WHOLE = {
    "EVN": EVN,
    "PID": PID + "|" * 19,
    "PD1": "PD1||||SE0000000005-VC||||||||N",
    "PV1": PV1 + "|20260310100000+0100",
    "PV2": "PV2|||||||||20260317" + "|" * 38 + "20260316",
    "ZSP": "ZSP|1|Y|Y|N|20260310095000+0100|20260317",
}


def with_field(segments: dict[str, str], path: str, value: str) -> dict[str, str]:
    """Return the segments with one field replaced."""
    name, number = path.split("-")
    fields = segments.get(name, name).split("|")
    fields += [""] * (int(number) + 1 - len(fields))
    fields[int(number)] = value
    return segments | {name: "|".join(fields)}


def with_null(segments: dict[str, str], *paths: str) -> dict[str, str]:
    for path in paths:
        segments = with_field(segments, path, NULL)
    return segments


@pytest.mark.parametrize(("path", "element"), ELEMENTS.items())
def test_a_null_deletes_what_the_field_told(path: str, element: str) -> None:
    segments = with_null({"PID": PID, "PV1": PV1}, path)
    bundle, known = read(adt("A08", *segments.values()))
    assert bundles.deleted(bundle) == {element}
    assert path not in lost(known)


@pytest.mark.parametrize(("path", "element"), ELEMENTS.items())
def test_a_null_is_no_deletion_where_the_value_stands_elsewhere(path: str, element: str) -> None:
    if element not in ("planned-discharge", "deceased"):
        return
    if element == "deceased":
        assert bundles.deleted(read(adt("A08", PID + "|" * 18 + f"{NULL}|Y"))[0]) == frozenset()
        return
    other = {"PV2-9": "ZSP-6", "ZSP-6": "PV2-9"}[path]
    segments = with_field(with_null({"ZSP": "ZSP|1|Y"}, path), other, "20260317")
    bundle, _ = read(adt("A08", *segments.values()))
    assert bundles.deleted(bundle) == frozenset()
    planned = bundles.extension_value(bundles.focus(bundle), "planned-discharge")
    assert planned == "2026-03-17"


def test_components_of_nulls_alone_are_a_null() -> None:
    for null in ('""^""^""', '""&""^^', '""~""', ' "" '):
        bundle, _ = read(adt("A08", *with_field({"PID": PID}, "PID-11", null).values()))
        assert bundles.deleted(bundle) == {"address"}
    named, _ = read(adt("A08", *with_field({"PID": PID}, "PID-5", 'Ek^""').values()))
    assert bundles.deleted(named) == frozenset()


@given(st.sets(st.sampled_from(sorted(ELEMENTS))), st.sampled_from(sorted(TRIGGERS)))
@settings(max_examples=scaled(200), deadline=None)
def test_a_message_deletes_exactly_what_it_has_nulls_for(paths: set[str], trigger: str) -> None:
    segments = {"PID": PID, "PV1": PV1} | ({"ZSP": "ZSP|1|Y"} if trigger != "A38" else {})
    bundle, _ = read(adt(trigger, *with_null(segments, *paths).values()))
    expected = {ELEMENTS[path] for path in paths}
    if "Encounter" not in str(bundle):
        expected &= OF_PERSON
    assert bundles.deleted(bundle) == expected


@given(
    st.sets(st.sampled_from(["PD1", "PV2", "ZSP"])),
    st.sets(st.sampled_from(sorted(set(ELEMENTS) | {"PID-7", "PV1-45", "PV2-47", "PD1-12"}))),
    st.sampled_from(sorted(TRIGGERS)),
)
@settings(max_examples=scaled(200), deadline=None)
def test_absence_never_deletes(absent: set[str], empty: set[str], trigger: str) -> None:
    segments = WHOLE | {"PD1": "PD1||||SE0000000005-VC"}
    for path in empty:
        segments = with_field(segments, path, "")
    present = [line for name, line in segments.items() if name not in absent]
    assert bundles.deleted(read(adt(trigger, *present))[0]) == frozenset()


READ = [
    *(f"EVN-{n}" for n in range(2, 8)),
    *(f"PID-{n}" for n in range(2, 40) if n != 3),
    *(f"PD1-{n}" for n in range(1, 22)),
    *(f"MRG-{n}" for n in range(1, 8)),
    *(f"PV1-{n}" for n in range(2, 53)),
    *(f"PV2-{n}" for n in range(1, 50)),
    *(f"ZSP-{n}" for n in range(2, 12)),
]


READ_OF_AN_UPDATE = {
    *(f"EVN-{n}" for n in (2, 4, 6)),
    *(f"PID-{n}" for n in (2, 4, 5, 7, 8, 11, 19, 29, 30)),
    *(f"PD1-{n}" for n in (3, 4, 12)),
    *(f"MRG-{n}" for n in (1, 4, 5)),
    *(f"PV1-{n}" for n in (2, 3, 19, 44, 45)),
    "PV2-9",
    *(f"ZSP-{n}" for n in range(2, 9)),
}


@pytest.mark.parametrize("trigger", ["A08", "A31", "A03", "A21"])
def test_a_field_changes_the_message_or_is_confessed(trigger: str) -> None:
    segments = {name: line for name, line in WHOLE.items() if trigger != "A31" or name != "ZSP"}
    before, earlier = read(adt(trigger, *segments.values()))
    silent = []
    for path in READ:
        if path.startswith("ZSP") and "ZSP" not in segments:
            continue
        after, known = read(adt(trigger, *with_field(segments, path, "Q7").values()))
        confessed = {loss.path for loss in known.losses} & {path, path.split("-")[0]}
        if not confessed and _content(before) == _content(after) and codes(known) == codes(earlier):
            silent.append(path)
    assert silent == []


@pytest.mark.parametrize("path", READ)
def test_a_null_deletes_or_is_confessed(path: str) -> None:
    _, known = read(
        adt("A08", *with_null({"PID": PID, "PV1": PV1, "ZSP": "ZSP|1|Y"}, path).values())
    )
    confessed = path in [loss.path for loss in known.losses]
    assert confessed is (path in READ_OF_AN_UPDATE - DELETABLE)


def _content(bundle: dict[str, object]) -> str:
    """Return the message without its ids, which depend on its bytes."""
    whole = str([bundles.header(bundle).get("reason"), bundles.case_ids(bundle)])
    parts = []
    for resource in bundles.resources(bundle):
        if resource["resourceType"] in ("Patient", "Encounter"):
            parts.append({k: v for k, v in resource.items() if k not in ("id", "subject")})
    return whole + str(parts) + str(bundles.recorded(bundle)) + str(bundles.event(bundle))
