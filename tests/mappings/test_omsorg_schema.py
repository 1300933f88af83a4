"""The schema of omsorg: its words, its faults told with their place, and nothing repeated."""

from __future__ import annotations

import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from lxml import etree

from adapter.core.errors import FatalError
from adapter.fhir import codec
from adapter.mappings.omsorg import schema
from tests.kit.omsorg import FIXTURES, NAMESPACE, SCHEMA, TABLES, message, native, read

XS = "{http://www.w3.org/2001/XMLSchema}"
QUESTION = native("message/question")
BAD = [path.name.split(".")[0] for path in sorted(FIXTURES.glob("refused/*.error"))]


def refusal(body: bytes) -> FatalError:
    with pytest.raises(FatalError) as caught:
        read(body)
    return caught.value


def test_the_words_of_the_schema_are_the_words_of_the_tables() -> None:
    types = etree.parse(SCHEMA).iter(f"{XS}simpleType")
    listed = {str(type_.get("name")): _listed(type_) for type_ in types}
    assert {name: found for name, found in listed.items() if found} == {
        name: {word: str(code) for code, word in table.items()} for name, table in TABLES.items()
    }


def _listed(type_: etree._Element) -> dict[str, str]:
    """Each word, and the FHIR code that stands as its English documentation."""
    found = type_.iter(f"{XS}enumeration")
    return {str(e.get("value")): _code(e) or str(e.get("value")) for e in found}


def _code(enumeration: etree._Element) -> str:
    return enumeration.findtext(f".//{XS}documentation") or ""


def test_everything_in_the_schema_is_explained_in_both_languages_or_in_none() -> None:
    for note in etree.parse(SCHEMA).iter(f"{XS}annotation"):
        languages = [d.get("{http://www.w3.org/XML/1998/namespace}lang") for d in note]
        told = note.getparent().tag == f"{XS}enumeration"
        assert languages == (["en"] if told else ["sv", "en"])


def test_all_faults_are_told_together_with_path_and_line() -> None:
    found = refusal(native("refused/several-faults")).issues
    assert [(issue.code, issue.expression) for issue in found] == [
        ("required", "/Meddelande/@id"),
        ("bad-identifier", "/Meddelande/Patient/Personnummer"),
        ("unknown-code", "/Meddelande/Text/@prioritet"),
    ]
    assert found[2].detail.startswith("line 6: ")
    assert found[2].detail.endswith("one of: rutin, skyndsam, snarast, omedelbart")


def test_the_path_of_a_fault_counts_elements_of_the_same_name_whatever_the_prefix() -> None:
    body = native("care-plan/active-sip").replace(b'status="ej-paborjad"', b'status="x"')
    assert refusal(body).issues[0].expression == "/Meddelande/Plan/Insats[2]/@status"
    prefixed = re.sub(rb"<(/?)(?=[A-Z])", rb"<\1o:", body).replace(b"xmlns=", b"xmlns:o=")
    assert refusal(prefixed).issues[0].expression == "/Meddelande/Plan/Insats[2]/@status"


SECRET = "Hemlig-Hemligsson"
DEFACED = [
    re.sub(rb'typ="meddelande"', f'typ="{SECRET}"'.encode(), QUESTION),
    re.sub(rb' id="[^"]*"', f' id="{SECRET} "'.encode() + b" x=''", QUESTION),
    re.sub(rb"skapad=", f'{SECRET}="x" skapad='.encode(), QUESTION),
    re.sub(rb"19500907....", SECRET.encode(), QUESTION),
    re.sub(rb"<Personnummer>", f"<Personnummer {SECRET}=''>".encode(), QUESTION),
    re.sub(rb"<Patient>", f"<{SECRET}/><Patient>".encode(), QUESTION),
    re.sub(rb"<Patient>", f"{SECRET}<Patient>".encode(), QUESTION),
    re.sub(rb"<Patient>", f'<Patient skydd="{SECRET}" fodd="{SECRET}">'.encode(), QUESTION),
    re.sub(
        rb"<Patient>",
        f"<Patient kon=\"' is not an element of the set {{'{SECRET}'}}.\">".encode(),
        QUESTION,
    ),
    re.sub(rb"Meddelande", SECRET.encode(), QUESTION),
    re.sub(rb"omsorg/1", SECRET.encode(), QUESTION),
]


@pytest.mark.parametrize("body", DEFACED)
def test_no_fault_repeats_what_the_document_says(body: bytes) -> None:
    error = refusal(body)
    assert SECRET not in str(error)
    assert SECRET not in str(error.issues)


def test_a_schema_that_the_document_points_to_is_not_opened(tmp_path: Path) -> None:
    trap, opened = tmp_path / "trap.xsd", threading.Event()
    os.mkfifo(trap)

    def watch() -> None:
        with trap.open("wb"):
            opened.set()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    xsi = "http://www.w3.org/2001/XMLSchema-instance"
    hint = f'xmlns:xsi="{xsi}" xsi:schemaLocation="{NAMESPACE} {trap.as_uri()}" typ='
    assert read(QUESTION.replace(b"typ=", hint.encode())) == message("message/question")
    assert not opened.is_set()
    trap.open("rb").close()  # lets the watcher go
    watcher.join(5)


def test_each_thread_gets_the_faults_of_its_own_document() -> None:
    bodies = [QUESTION, *(native(f"refused/{name}") for name in BAD if "entity" not in name)] * 20
    documents = [codec.parse("xml", body) for body in bodies]
    alone = [schema.issues(document) for document in documents]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(schema.issues, documents)) == alone
