"""Whatever stands anywhere in an ADT message is read, or is named in a loss or a warning."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter

import pytest

from adapter.core.errors import FatalError
from adapter.core.model import Loss
from adapter.fhir import codec
from adapter.mappings import Context
from adapter.mappings.hl7v2 import system
from adapter.mappings.hl7v2.events import TRIGGERS
from tests.kit.hl7v2 import RECORDED, SENDER
from tests.kit.hl7v2_acknowledgements import answered, receipt
from tests.kit.hl7v2_places import Place, filled, places, second, segments_of_adt, with_field

WHOLE = {
    "MSH": "MSH|^~\\&|COSMIC|SJUKHUS|ADAPTER|HUB|20260310102000+0100||ADT^{}|A1|P|2.5.1"
    "||||||UNICODE UTF-8",
    "EVN": "EVN||20260310101500+0100||02||20260310100000+0100",
    "PID": "PID|1||195009072553^^^&1.2.752.129.2.1.3.1&ISO^NNSWE||Ek^Astrid^Maria^^^^L||19500907|F"
    "|||Storgatan 1^^LULEÅ^^97231^SE^H^^2580",
    "PD1": "PD1||||SE0000000005-VC||||||||N",
    "MRG": "MRG|4711^^^COSMIC^PI||||7100230",
    "PV1": "PV1|1|I|MED3^^^^^^^^Medicin 3||||||||||||||||7100231"
    + "|" * 25
    + "20260310081500+0100",
    "PV2": "PV2|||||||||20260317" + "|" * 38 + "20260316",
    "ZSP": "ZSP|1|Y|Y|N|20260310095000+0100|20260317|SE0000000003-OMSORG",
}
"""Each segment that is read, with a value in each field that is read."""
OF_PERSON = {name: line for name, line in WHOLE.items() if name not in ("ZSP", "PV1", "PV2")}
NOT_ABOUT_A_STAY = ("A28", "A38", "A40")
EVENTS = ("A01", "A03", "A07", "A13", "A16", "A21", "A22", "A25", "A28", "A38", "A40", "A45", "A53")
PNR = "195009072553^^^&1.2.752.129.2.1.3.1&ISO^NNSWE"
EXACTLY = [  # the field, its value, and the places of the losses
    ("PID-3", PNR + "~4711^^^&1.2.3&ISO^ZZ^X", ["PID-3[2].5", "PID-3[2].6"]),
    ("PID-3", PNR + "~^^^SKV", ["PID-3[2]"]),
    ("PID-3", PNR + "^^^20991231", ["PID-3.8"]),
    ("PID-3", "195009072553^^^Q&q&ISO^NNSWE", ["PID-3.4.1", "PID-3.4.2"]),
    ("PID-3", "195009072553^^^Q&1.2.752.129.2.1.3.1&ISO^NNSWE", ["PID-3.4.1"]),
    ("PID-3", "195009072553^^^SKV^SNR", []),
    ("PID-5", "Ek&von&Ek^Eva^^jr^dr", ["PID-5.1.2", "PID-5.4", "PID-5.5"]),
    ("PID-5", "Ek^Eva^^^^^L~Ek^Evy^^^^^A", ["PID-5[2]"]),
    ("PID-5", "Ek^Eva^^^^^M", ["PID-5.7"]),
    ("PID-7", "195009071230", ["PID-7"]),
    ("PID-7", "19500907000000", []),
    ("PID-11", "Gatan 1^^LULEÅ^BD^97231^SE^H^Norra^2580", ["PID-11.4", "PID-11.8"]),
    ("PID-13", "070~071", ["PID-13"]),
    ("PID-18", "7100231", []),
    ("PV1-3", "MED3^101^1^^^^^^Medicin 3", ["PV1-3.2", "PV1-3.3"]),
    ("PV1-3", "MED3^^^SJUKHUS", []),
    ("PV1-19", "^^^COSMIC&1.2.3&ISO^VN", ["PV1-19"]),
    ("MRG-5", "^^^Qvist", ["MRG-5"]),
    ("PID-5", "^^^^^^^^^^^20100101", ["PID-5"]),
    ("PID-11", "^^^^^^H^^^^^^20100101", ["PID-11"]),
    ("PV1-19", "7100231^^^COSMIC&1.2.3&ISO^VN~88", ["PV1-19[1].4.2", "PV1-19[2]"]),
    ("MRG-5", "7100230^^^B^AN", ["MRG-5.5"]),
    ("EVN-1", "A08", []),
    ("EVN-1", "A01", ["EVN-1"]),
    ("EVN-4", "02^Physician order^HL70062", []),
    ("SFT-1", "Cosmic", ["SFT"]),
    ("MSH-9", "ADT^A08^ADT_A01", []),
    ("MSH-15", "AL", []),
]
HEADERS = {WHOLE["MSH"].format(trigger) for trigger in TRIGGERS}
SEPARATORS = ("MSH-1", "MSH-2")
SAY_NO_MORE = {  # than the message without them
    ("MSH-11[1].1.1", "P"),  # in production, as every message that says nothing
    ("PV1-2[1].1.1", "N"),  # the class is not applicable: the trigger says it
    ("PV1-3[1].6.1", "N"),  # a nursing unit, which a ward is
}


def sent(trigger: str) -> dict[str, str]:
    """The segments of a message that has a value wherever one is read."""
    segments = OF_PERSON if trigger in NOT_ABOUT_A_STAY else WHOLE
    return segments | {"MSH": segments["MSH"].format(trigger)}


def outcome(segments: dict[str, str]) -> tuple[str, Context]:
    """What a message becomes, as text, and what is confessed of it.

    A header that is not the usual one may also change the answer.
    """
    body = ("\r".join(segments.values()) + "\r").encode()
    known = Context(sender=SENDER, recorded=RECORDED, fingerprint="", source=body)
    document = codec.parse("hl7", body)
    bundle = system.read(system.event(document), document, known)
    if segments["MSH"] in HEADERS:
        return str(bundle), known
    return str((bundle, answered(body, receipt("ok")), system.wish(known))), known


def silent(trigger: str, segment: str) -> Iterator[str]:
    """Yield the places of a segment whose value is neither read nor confessed."""
    for _, of_field in groupby(places(segment), key=attrgetter("field")):
        first = list(of_field)
        if f"{segment}-{first[0].field}" not in SEPARATORS:
            for group in (first, [second(place) for place in first]):
                yield from _silent_places(group, sent(trigger))


def _silent_places(group: list[Place], segments: dict[str, str]) -> Iterator[str]:
    """Fill a whole field at once; then each place alone that was not confessed in it."""
    for style in ("right", "foreign"):
        whole = segments
        for place in group:
            whole = filled(whole, place, getattr(place, style))
        known = _confessed(whole)
        for place in group:
            if known is None or not _is_named(place, known.losses):
                yield from _silent_value(place, getattr(place, style), segments)


def _confessed(segments: dict[str, str]) -> Context | None:
    try:
        return outcome(segments)[1]
    except FatalError:
        return None  # refused: then each value is tried alone


def _silent_value(place: Place, value: str, segments: dict[str, str]) -> Iterator[str]:
    try:
        (before, _), (_, earlier) = outcome(filled(segments, place, "")), outcome(segments)
        after, known = outcome(filled(segments, place, value))
    except FatalError:
        return  # refused with or without it: so it was read
    warned = [issue for issue in known.issues if issue not in earlier.issues]
    told = _is_named(place, known.losses) or any(i.expression in place.covering for i in warned)
    if before == after and not told and (place.path, value) not in SAY_NO_MORE:
        yield f"{place.path} = {value}"


def _is_named(place: Place, losses: Iterable[Loss]) -> bool:
    return any(loss.path in place.covering for loss in losses)


@pytest.mark.parametrize("segment", sorted({*segments_of_adt(), *WHOLE}))
def test_a_value_anywhere_is_read_or_confessed(segment: str) -> None:
    assert list(silent("A08", segment)) == []


@pytest.mark.slow
@pytest.mark.parametrize("trigger", EVENTS)
def test_a_value_anywhere_is_read_or_confessed_whatever_the_event(trigger: str) -> None:
    assert [hole for segment in (*WHOLE, "SFT") for hole in silent(trigger, segment)] == []


@pytest.mark.parametrize(("path", "value", "lost"), EXACTLY)
def test_a_loss_names_the_place_exactly(path: str, value: str, lost: list[str]) -> None:
    segments = sent("A08")
    usual = [loss.path for loss in outcome(segments)[1].losses]
    after = [loss.path for loss in outcome(with_field(segments, path, value))[1].losses]
    assert [path for path in after if path not in usual] == lost


def test_a_field_with_very_many_parts_is_confessed_in_few_words() -> None:
    numbers = "~".join(f"{number}^^^^PI^" + "x&y&z" for number in range(5000))
    known = outcome(with_field(sent("A08"), "PID-3", numbers))[1]
    of_field = [loss for loss in known.losses if loss.path.startswith("PID-3")]
    assert [loss.path for loss in of_field[:2]] == ["PID-3[1].6", "PID-3[2].6"]
    assert (len(of_field), of_field[-1].path) == (21, "PID-3")
    assert of_field[-1].why == "4980 more of its parts are not read"


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("PID-3", "~1^^^^PI^X"),
        ("PID-5", "^a b"),
        ("PID-5", "&a b"),
        ("PID-5", "~Ek^Eva"),
        ("PID-11", "~Gatan 1^^LULEÅ^^97231^SE^H^^2580"),
        ("PV1-60", "|x"),
    ],
)
def test_four_times_as_many_parts_are_about_four_times_the_work(path: str, part: str) -> None:
    few, many = (with_field(sent("A08"), path, part[1:] + part * count) for count in (250, 1000))
    assert _calls(many) < 5 * _calls(few)


def _calls(segments: dict[str, str]) -> int:
    """How many functions the reading of a message calls."""
    called = 0

    def note(_frame: object, event: str, _of: object) -> None:
        nonlocal called
        called += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        outcome(segments)
    finally:
        sys.setprofile(None)
    return called


@pytest.mark.parametrize(
    ("name", "second"),
    [("ZSP", "ZSP|2|N|N|Y|20260310095000+0100"), ("PD1", "PD1||||||||||||Y")],
)
def test_a_second_segment_that_says_something_else_is_a_warning(name: str, second: str) -> None:
    segments = sent("A08")
    for more, is_warned in ((second, True), (segments[name], False)):
        known = outcome(segments | {name: f"{segments[name]}\r{more}"})[1]
        assert (("contradiction", name) in [(i.code, i.expression) for i in known.issues]) is (
            is_warned
        )
        assert name in [loss.path for loss in known.losses]


@pytest.mark.parametrize(("needs", "is_warned"), [("N|N|", True), ("||", False), ("N|N|N", False)])
def test_needs_that_are_no_whole_judgement_are_a_warning(needs: str, *, is_warned: bool) -> None:
    known = outcome(sent("A08") | {"ZSP": f"ZSP|1|{needs}|20260310095000+0100"})[1]
    assert (("required", "ZSP-2") in [(i.code, i.expression) for i in known.issues]) is is_warned


NAMELESS = ["|Qvist|x", "^^LULEÅ^^97231|", "pd1||||||||||||Y", "Qvist", "PV1X|1|E", "|a\r|b\rc|d"]


@pytest.mark.parametrize("line", NAMELESS)
def test_what_is_no_segment_is_confessed_once_and_a_warning_names_the_segment_before(
    line: str,
) -> None:
    known = outcome(sent("A08") | {"PD1": f"{WHOLE['PD1']}\r{line}"})[1]
    assert [loss.path for loss in known.losses].count("unnamed segment") == 1
    assert [(i.code, i.expression) for i in known.issues] == [("damaged-text", "PD1")]


@pytest.mark.parametrize("line", ["", "  ", "\t"])
def test_a_blank_line_is_nothing(line: str) -> None:
    segments = sent("A08")
    usual, found = (outcome(s)[1] for s in (segments, segments | {"": line}))
    assert (found.losses, found.issues) == (usual.losses, usual.issues)
