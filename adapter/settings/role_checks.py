"""Checks of an endpoint's role in a stay: whose it tells, whom it serves, for whom it carries.

Paths are relative to its stanza.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from adapter.core.endpoint import Endpoint
from adapter.core.errors import Issue
from adapter.core.model import RETURNING, Kind, Need
from adapter.settings.endpoint_checks import HSA_ID, identifier
from adapter.settings.issues import error, warning
from adapter.settings.municipalities import code_of, municipalities

_KOMMUNKOD = re.compile(r"[0-9]{4}", re.ASCII)
_CONTACT = re.compile(r"\S+@\S+|(?:\D*[0-9]){5,15}\D*", re.ASCII)


def problems(endpoint: Endpoint) -> Iterator[Issue]:
    """Yield the errors and warnings of one stanza's role."""
    yield from _carries_for(endpoint)
    yield from _mailbox_for(endpoint)
    yield from _tells_for(endpoint)
    yield from _serves(endpoint)
    yield from _begins(endpoint)
    yield from _contact(endpoint)


def _carries_for(endpoint: Endpoint) -> Iterator[Issue]:
    for i, entry in enumerate(endpoint.carries_for):
        path, code = f"carries_for[{i}]", code_of(entry)
        if code:
            yield error(path, f'is a name; write "{code}"')
        elif _KOMMUNKOD.fullmatch(entry) and entry not in municipalities():
            yield error(path, "is not one of the 290 kommunkoder")
        elif not _KOMMUNKOD.fullmatch(entry) and not HSA_ID.fullmatch(entry):
            yield error(path, "is neither a kommunkod (2580) nor an HSA-id (SE0000000001-UNIT)")


def _mailbox_for(endpoint: Endpoint) -> Iterator[Issue]:
    if endpoint.mailbox_for and not endpoint.carries_for:
        yield error("mailbox_for", "is only for a planning service: carries_for is missing")
    for i, id_ in enumerate(endpoint.mailbox_for):
        yield from identifier(f"mailbox_for[{i}]", id_)


def _tells_for(endpoint: Endpoint) -> Iterator[Issue]:
    for i, id_ in enumerate(endpoint.tells_for):
        yield from identifier(f"tells_for[{i}]", id_)
        if id_ and id_ in (endpoint.organization, *endpoint.speaks_for):
            yield warning(f"tells_for[{i}]", "is not needed: the endpoint speaks for it already")


def _serves(endpoint: Endpoint) -> Iterator[Issue]:
    if endpoint.carries_for:
        if not {Need.PRIMARY_CARE}.issuperset(endpoint.serves):  # by it a meeting is called
            yield warning(
                "serves",
                "is not used but for primary-care: "
                "a planning service gets the notices of those that it carries for",
            )
    elif endpoint.serves and not endpoint.municipality:
        yield warning(
            "municipality",
            "is missing: it hears of a stay only if an assessment or a listing names it",
        )


def _begins(endpoint: Endpoint) -> Iterator[Issue]:
    for i, event in enumerate(endpoint.begins_key or ()):
        if event.kind is Kind.ENCOUNTER:
            yield error(f"begins[{i}]", f"{event} is about a stay: owns_stays decides on it")
        elif event in RETURNING:
            yield error(f"begins[{i}]", f"{event} concerns another message: it begins no case")


def _contact(endpoint: Endpoint) -> Iterator[Issue]:
    if endpoint.contact and not _CONTACT.fullmatch(endpoint.contact):
        yield warning("contact", "is neither a telephone number nor a mail address")
    elif endpoint.contact and not endpoint.owns_stays:
        yield warning("contact", "is not used: the endpoint owns no stays")
