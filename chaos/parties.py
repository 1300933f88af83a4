"""The parties of a run. One of the mailboxes has a successor."""

from __future__ import annotations

from adapter.fhir.builders import Party

HOSPITAL = Party(organization="SE2321000001-SUNDBY", endpoint="hospital")
CLINIC = Party(organization="SE2321000001-KLINIK", endpoint="clinic")
PLANNING = Party(organization="SE2321000001-SIP", endpoint="planning")
LULEA = Party(organization="SE2120000002-LULEA", endpoint="lulea")
UMEA = Party(organization="SE2120000003-UMEA", endpoint="umea")
PITEA = Party(organization="SE2120000004-PITEA", endpoint="pitea")
BODEN = Party(organization="SE2120000005-BODEN", endpoint="boden")
KALIX = Party(organization="SE2120000006-KALIX", endpoint="kalix")
KALIX_NEW = Party(organization="SE2120000006-KALIXNY", endpoint="kalix-ny")
ADAPTER = Party(organization="SE0000000000-ADAPTER")

ON_THE_BUS = (PLANNING, LULEA)
BEHIND_HTTP = (HOSPITAL, CLINIC, UMEA, PITEA, BODEN, KALIX, KALIX_NEW)
SEND_BY_HTTP = (HOSPITAL, CLINIC)
EVERYBODY = (*ON_THE_BUS, *BEHIND_HTTP)
SLOW = BODEN  # responds slowly during the fault slow-party
OMSORG = PITEA  # receives omsorg/1 (XML)
OMSORG_2 = UMEA  # receives omsorg/2
IN_XML = {OMSORG.endpoint, OMSORG_2.endpoint}

SUCCESSORS = {KALIX_NEW.endpoint: KALIX.endpoint}
"""For each successor, the mailbox that it replaces when the settings change during the run."""

BROKER_USERS = tuple(party.endpoint for party in ON_THE_BUS)


def endpoint_of(organization: str) -> str:
    """Return the endpoint of an HSA-id; "" when it belongs to no party."""
    endpoints = (p.endpoint for p in EVERYBODY if p.organization == organization)
    return next(endpoints, "")
