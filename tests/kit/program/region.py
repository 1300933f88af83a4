"""The parties: a hospital, planning, two municipalities, and some with a broken mapping."""

from __future__ import annotations

from collections.abc import Mapping

from adapter.fhir.builders import Party

SUNDBY = Party(organization="SE0000000001-SUNDBY", endpoint="sundby")
PLAN = Party(organization="SE0000000002-PLAN", endpoint="planning")
ASTAD = Party(organization="SE0000000003-ASTAD", endpoint="astad")
UMEA = Party(organization="SE0000000004-UMEA", endpoint="umea")
TRASIG = Party(organization="SE0000000005-TRASIG", endpoint="trasig")
BROKEN = Party(organization="SE0000000006-BROKEN", endpoint="broken")

DOORS = ("adt", "strict-adt", "far-adt", "broken-adt")
"""Endpoints with their own MLLP port."""
HTTP_PARTNERS = ("sundby", "astad", "trasig")
"""Endpoints that send over HTTP."""

_BROKEN = '''
"""A system whose functions all fail, with exceptions that name the patient."""
from adapter.mappings import System
from adapter.core.model import Event, Kind

system = System("{name}", content="{content}", media_type="{media_type}")

@system.recognises
def recognise(document):
    return Event.MESSAGE

@system.reads(*Kind)
def read(document, context):
    raise {error}("patient 195009072553 Tolvan Tolvansson, Storgatan 1")

@system.writes(Kind.ENCOUNTER, Kind.CARE_PLAN, Kind.COMMUNICATION)
def write(bundle, context):
    raise {error}("patient 195009072553 Tolvan Tolvansson, Storgatan 1")
'''
_RECEIPTS = """
@system.writes(Kind.RECEIPT)
def receipt(bundle, context):
    return bundle
"""
_ACK = """
from adapter.mappings.hl7v2.ack_writer import write_ack
system.writes(Kind.RECEIPT)(write_ack)
"""
BROKEN_SYSTEMS = {
    "trasig": _BROKEN.format(
        name="trasig", content="json", media_type="application/json", error="ZeroDivisionError"
    )
    + _RECEIPTS,
    "trasig7": _BROKEN.format(
        name="trasig7", content="hl7", media_type="application/hl7-v2", error="RecursionError"
    )
    + _ACK,
}
"""The code of systems that fail at everything except receipts, by name."""


def settings(store: str, web: int, far: int, doors: Mapping[str, int]) -> str:
    """The text of the settings file."""
    return "\n".join(
        [
            'organization = "SE0000000009-ADAPTER"',
            f'store = "{store}"',
            f'web = "127.0.0.1:{web}"',
            _feed("adt", doors["adt"]),
            _feed("strict-adt", doors["strict-adt"], 'unmapped = "refuse"'),
            _feed("far-adt", doors["far-adt"], 'peers = ["127.0.0.2"]'),
            _feed("broken-adt", doors["broken-adt"], system="trasig7"),
            _http(SUNDBY, far, "fhir"),
            _http(ASTAD, far, "omsorg", 'municipality = "2580"', 'serves = ["social-services"]'),
            _http(TRASIG, far, "trasig"),
            _bus(PLAN, "fhir", 'carries_for = ["2580", "2480"]'),
            _bus(UMEA, "fhir", 'municipality = "2480"'),
            _bus(BROKEN, "trasig"),
            '[[route]]\nevents = ["admission-notice", "admission-updated", "discharged"]',
            'to = ["municipality-of-patient", "planning"]',
        ]
    )


def _stanza(name: str, organization: str, system: str, *lines: str) -> str:
    first = [f'name = "{name}"', f'organization = "{organization}"', f'system = "{system}"']
    owner = f'owner = "Förvaltningen för {name}, 000-00 00 00"'
    return "\n".join(["[[endpoint]]", *first, *lines, owner])


def _feed(name: str, port: int, *lines: str, system: str = "hl7v2") -> str:
    door = ['transport = "mllp"', f'listen = "127.0.0.1:{port}"', 'return_to = "sundby"']
    return _stanza(name, SUNDBY.organization, system, *door, *lines)


def _http(party: Party, far: int, system: str, *lines: str) -> str:
    address = f'address = "http://127.0.0.1:{far}/{party.endpoint}"'
    return _stanza(
        party.endpoint, party.organization, system, 'transport = "http"', address, *lines
    )


def _bus(party: Party, system: str, *lines: str) -> str:
    user = f'broker_user = "{party.endpoint}"'
    return _stanza(
        party.endpoint, party.organization, system, 'transport = "rabbitmq"', user, *lines
    )
