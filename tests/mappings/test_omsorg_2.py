"""omsorg/2: what is read, written and refused; omsorg/1 stands beside it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from lxml import etree

from adapter.core.errors import FatalError
from adapter.core.model import ONLY_RECEIVED, Event
from adapter.fhir import profiles
from adapter.fhir.concept_maps import translations
from tests.kit import omsorg, oracle
from tests.kit.omsorg_2 import (
    FIXTURES,
    NAMESPACE,
    SCHEMA,
    SYSTEMS,
    context,
    faults,
    message,
    native,
    read,
    write,
)

GOOD = sorted(FIXTURES.glob("*/*.fhir.json"))
BAD = sorted(FIXTURES.glob("*/*.error"))
XS = "{http://www.w3.org/2001/XMLSchema}"


def label(path: Path) -> str:
    return f"{path.parent.name}/{path.name.split('.')[0]}"


def refusal(body: bytes) -> FatalError:
    with pytest.raises(FatalError) as caught:
        read(body)
    return caught.value


@pytest.mark.parametrize("path", GOOD, ids=label)
def test_a_document_becomes_the_message_that_it_says(path: Path) -> None:
    known = context()
    assert read(native(label(path)), known) == json.loads(path.read_text())
    assert known.issues == []


@pytest.mark.parametrize("path", GOOD, ids=label)
def test_a_message_is_written_and_read_back_without_loss(path: Path) -> None:
    known, bundle = context(), json.loads(path.read_text())
    body = write(bundle, known)
    assert known.losses == []
    assert faults(body) == []
    assert read(body) == bundle


@pytest.mark.parametrize("path", GOOD, ids=label)
def test_what_is_read_is_valid_by_our_profiles_and_by_hl7s_schemas(path: Path) -> None:
    bundle = read(native(label(path)))
    faults_ = [i for i in profiles.validate(bundle) if i.severity == "error"]
    assert faults_ == []
    assert oracle.problems(bundle) == []


@pytest.mark.parametrize("path", BAD, ids=label)
def test_a_faulty_document_is_refused_with_its_code(path: Path) -> None:
    assert refusal(native(label(path))).code == path.read_text().strip()


@pytest.mark.parametrize("number", ["2147483648", "9" * 20, "9" * 5000, "0", "-1"])
def test_a_number_that_fhir_cannot_carry_is_refused(number: str) -> None:
    """R4, positiveInt: 1 to 2,147,483,647."""
    body = native("care-plan/sip-in-full").decode()
    odd = re.sub(r'(<Plan version=)"[0-9]+"', rf'\1"{number}"', body)
    assert odd != body
    assert refusal(odd.encode()).code == "invalid-document"


def test_every_event_is_read_and_written_and_has_a_fixture() -> None:
    sent, system = set(Event) - ONLY_RECEIVED, SYSTEMS["omsorg/2"]
    assert set(system.readers) == set(system.writers) == sent
    assert {Event(path.parent.name) for path in GOOD} == sent


@pytest.mark.parametrize(
    ("name", "later", "earlier"),
    [
        ("receipt/ok", b"<Systemkvittens ", b"<Kvittens "),
        ("answer/read", b"<Kvittering ", b"<Svar "),
        ("answer/read", b'typ="kvittering"', b'typ="svar"'),
        ("admission-notice/assessed", b"<Vardenhet ", b"<Vardgivare "),
        (
            "admission-updated/new-ward",
            b'typ="andrat-inskrivningsmeddelande"',
            b'typ="andrad-inskrivning"',
        ),
        (
            "discharge-cancelled/reopened",
            b'typ="makulerad-utskrivning"',
            b'typ="ateroppnad"',
        ),
    ],
)
def test_a_version_has_its_own_words_for_the_same_message(
    name: str, later: bytes, earlier: bytes
) -> None:
    bundle = message(name)
    assert later in write(bundle)
    assert earlier in write(bundle, system="omsorg")
    assert earlier not in write(bundle)


@pytest.mark.parametrize(
    ("element", "attribute", "earlier", "later"),
    [
        ("Vardtillfalle", "status", "bedomd", "triagerad"),
        ("Vardtillfalle", "vardform", "faltvard", "prehospital-vard"),
        ("Namn", "bruk", "flicknamn", "fodelsenamn"),
    ],
)
def test_a_word_that_was_changed_is_known_only_in_its_version(
    element: str, attribute: str, earlier: str, later: str
) -> None:
    documents = {}
    for version, word, body in (
        ("omsorg", earlier, omsorg.native("admission-notice/several-identities")),
        ("omsorg/2", later, native("admission-notice/several-identities")),
    ):
        document = etree.fromstring(body)
        node = next(document.iter(f"{{*}}{element}"))
        node.set(attribute, word)
        documents[version] = etree.tostring(document)
    bundle = read(documents["omsorg/2"])
    assert f'{attribute}="{later}"'.encode() in write(bundle)
    assert f'{attribute}="{earlier}"'.encode() in write(bundle, system="omsorg")
    assert refusal(documents["omsorg/2"].replace(later.encode(), earlier.encode())).code == (
        "unknown-code"
    )


def test_a_document_of_the_other_version_is_refused() -> None:
    for body, system in ((native("message/question"), "omsorg"), (_first(), "omsorg/2")):
        with pytest.raises(FatalError) as caught:
            read(body, system=system)
        assert caught.value.code == "unknown-event"


def _first() -> bytes:
    return omsorg.native("message/question")


def test_comments_prefixes_and_white_space_change_nothing() -> None:
    body = native("message/question").replace(b"Har hon", b"Har<!-- vem? --> hon<?x y?>")
    body = body.replace(b"<Meddelande xmlns=", b"<o:Meddelande xmlns:o=")
    for name in (b"Patient", b"Personnummer", b"Text", b"Innehall", b"Mottagare", b"Arende"):
        body = body.replace(b"<" + name, b"<o:" + name).replace(b"</" + name, b"</o:" + name)
    body = body.replace(b"</Meddelande>", b"</o:Meddelande>")
    assert read(body) == message("message/question")


def test_a_written_document_has_one_default_namespace_and_no_prefix() -> None:
    body = write(message("care-plan/active-sip"))
    assert body.count(b"xmlns") == 1
    assert f'xmlns="{NAMESPACE}"'.encode() in body


def test_a_path_in_a_refusal_has_the_names_of_its_version() -> None:
    error = refusal(native("refused/receipt-of-nothing"))
    assert [issue.expression for issue in error.issues] == ["/Systemkvittens/@avser"]
    error = refusal(native("refused/rejected-without-reason"))
    assert [issue.expression for issue in error.issues] == ["/Meddelande/Kvittering/Orsak"]


def test_the_words_of_the_schema_are_the_words_of_the_concept_map() -> None:
    types = etree.parse(SCHEMA).iter(f"{XS}simpleType")
    listed = {str(type_.get("name")): _listed(type_) for type_ in types}
    listed = {name: words for name, words in listed.items() if words and name != "Jakande"}
    assert listed == {
        name: {word: code for code, word in translations("omsorg-2", _url(name)).items()}
        for name in listed
    }


def _url(type_: str) -> str:
    return f"{NAMESPACE}#{type_}"


def _listed(type_: etree._Element) -> dict[str, str]:
    """Each word, and the FHIR code that stands as its English documentation."""
    words = type_.iter(f"{XS}enumeration")
    return {str(e.get("value")): _code(e) or str(e.get("value")) for e in words}


def _code(enumeration: etree._Element) -> str:
    return enumeration.findtext(f".//{XS}documentation") or ""


def test_every_element_and_type_of_the_schema_is_explained_in_both_languages() -> None:
    schema = etree.parse(SCHEMA)
    for note in schema.iter(f"{XS}annotation"):
        languages = [d.get("{http://www.w3.org/XML/1998/namespace}lang") for d in note]
        word = note.getparent().tag == f"{XS}enumeration"
        assert languages == (["en"] if word else ["sv", "en"])
