"""docs/adding-a-system.md is followed to the letter: its file, its fixtures, its settings."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from adapter import mappings, settings
from adapter.core.errors import FatalError, Severity
from adapter.core.model import Bundle, Envelope, Event
from adapter.fhir import codec, profiles
from adapter.fhir.builders import Party, receipt
from adapter.inbound import receive
from adapter.mappings import Context, System
from adapter.settings.network import Network
from adapter.store import Store, endpoints
from tests.kit import drafts, oracle
from tests.kit.mapping_fixtures import context_of
from tests.kit.places import ROOT

PAGE = (ROOT / "docs" / "adding-a-system.md").read_text(encoding="utf-8")
SUNDBY = """
[[endpoint]]
name = "sundby"
organization = "SE0000000001-SUNDBY"
system = "fhir"
transport = "http"
address = "http://127.0.0.1:1/"
owner = "Nobody"
"""


def blocks(language: str) -> list[str]:
    """The examples of the page in one language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


QUESTION, ANSWER, WORDLESS, NOTICE = (block.encode() for block in blocks("xml"))


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """The page's system, found by being there; and its folder of fixtures."""

    system: System
    systems: dict[str, System]
    fixtures: Path

    def read(self, body: bytes) -> Bundle:
        """A document of the page as a message."""
        context = context_of(self.fixtures, body)
        document = codec.parse(self.system.content, body)
        return self.system.read(self.system.event(document), document, context)


@pytest.fixture
def lind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendor]:
    (tmp_path / "lind.py").write_text(blocks("python")[0], encoding="utf-8")
    (tmp_path / "context.json").write_text(blocks("json")[0], encoding="utf-8")
    monkeypatch.setattr(mappings, "__path__", [*mappings.__path__, str(tmp_path)])
    try:
        systems = mappings.load()
        yield Vendor(system=systems["lind"], systems=systems, fixtures=tmp_path)
    finally:
        sys.modules.pop("adapter.mappings.lind", None)


def context(vendor: Vendor, **values: Any) -> Context:
    sender = context_of(vendor.fixtures, b"").sender
    return Context(sender=sender, receiver=sender, recorded=datetime.now(UTC), **values)


def flat(document: Any) -> bytes:
    """A document without the line breaks that are for people."""
    copy = etree.fromstring(
        etree.tostring(document), parser=etree.XMLParser(remove_blank_text=True)
    )
    return etree.tostring(copy, method="c14n")


@pytest.mark.parametrize(
    ("body", "event"), [(QUESTION, Event.MESSAGE), (ANSWER, Event.RECEIPT)], ids=str
)
def test_the_pages_documents_become_valid_messages(lind: Vendor, body: bytes, event: Event) -> None:
    bundle = lind.read(body)
    found = profiles.validate(bundle)
    assert [issue for issue in found if issue.severity is Severity.ERROR] == []
    assert profiles.known_event(bundle) is event
    assert oracle.problems(bundle) == []


def test_reading_the_same_bytes_twice_gives_the_same_message(lind: Vendor) -> None:
    assert lind.read(QUESTION) == lind.read(QUESTION)


def test_the_pages_bad_document_is_refused_as_the_page_says(lind: Vendor) -> None:
    with pytest.raises(FatalError) as refused:
        lind.read(WORDLESS)
    assert refused.value.code == "required"
    assert "refused/no-text.error` saying `required`" in PAGE


def test_the_pages_notice_is_what_the_writer_writes_and_confesses(lind: Vendor) -> None:
    source = ROOT / "fixtures" / "omsorg" / "admission-notice" / "assessed.fhir.json"
    told = context(lind)
    written = lind.system.write(
        Event.ADMISSION_NOTICE, codec.parse("json", source.read_bytes()), told
    )
    assert flat(written) == flat(codec.parse("xml", NOTICE))
    assert [loss.path for loss in told.losses] == ["Encounter.location"]


def test_a_message_is_written_and_read_back(lind: Vendor) -> None:
    first = lind.read(QUESTION)
    written = codec.dump("xml", lind.system.write(Event.MESSAGE, first, context(lind)))
    again = lind.read(written)
    assert first["entry"][0]["resource"]["id"] == again["entry"][0]["resource"]["id"]
    assert "hjälpmedel" in written.decode()


def test_our_receipt_is_written_in_the_vendors_words(lind: Vendor) -> None:
    us, them = Party(organization="SE0000000009-ADAPTER"), Party(organization="SE0000000002-ASTAD")
    bundle = receipt(
        about="5f3f1c0e-8a5b-4a52-9c1d-2b7d3f0a6e11",
        code="fatal-error",
        outcome=None,
        sender=us,
        receiver=them,
        cases=[],
        at=datetime.now(UTC),
    )
    document = lind.system.write(Event.RECEIPT, bundle, context(lind))
    assert (document.get("kod"), document.get("avser")[:8]) == ("NEJ", "5f3f1c0e")


def network(vendor: Vendor) -> Network:
    path = vendor.fixtures / "adapter.toml"
    head = 'organization = "SE0000000009-ADAPTER"\n'
    path.write_text(head + blocks("toml")[0] + SUNDBY, encoding="utf-8")
    given = {"ADAPTER_ASTAD_LIND_TOKEN": "secret"}
    assert settings.survey(path, given, vendor.systems) == ()
    return Network(settings=settings.load(path, given), systems=vendor.systems)


def test_with_the_pages_stanza_a_document_is_taken_answered_and_queued(
    lind: Vendor, tmp_path: Path
) -> None:
    store = Store(f"sqlite:///{tmp_path / 'adapter.db'}")
    store.upgrade()
    known = network(lind)
    with store.begin() as tx:
        endpoints.register(tx, known.endpoints)
    sundby = Party(organization="SE0000000001-SUNDBY", endpoint="sundby")
    stay = drafts.dump(drafts.stay(sender=sundby, visit="V-2026-001"))
    receive.accept(store, known, Envelope(endpoint="sundby", body=stay), datetime.now(UTC))
    letter = Envelope(endpoint="astad-lind", body=QUESTION)
    reply = receive.accept(store, known, letter, datetime.now(UTC))
    answer = codec.parse("xml", reply.body)
    assert (answer.get("typ"), answer.get("kod")) == ("KVITT", "OK")
    with store.read() as tx:
        found = tx.connection.exec_driver_sql("select endpoint, state from delivery").all()
    assert [tuple(row) for row in found] == [("astad-lind", "waiting"), ("sundby", "waiting")]
    store.close()
