"""Checks of one endpoint alone. Paths are relative to its stanza.

`transport_checks` and `role_checks` check the keys of its transport and of its role;
`settings_checks` checks the endpoints together.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from adapter.core import answer_rules, service_windows
from adapter.core.endpoint import Closed, Endpoint, Within
from adapter.core.errors import Issue
from adapter.settings.issues import choices, error, nearest, under, warning
from adapter.settings.municipalities import code_of, municipalities

OF_PATIENT = "municipality-of-patient"
HSA_ID = re.compile(r"(?=.{1,31}\Z)SE[0-9]{10}-[A-Z0-9]+", re.IGNORECASE)

_NAME = re.compile(r"[a-z0-9-]{1,60}")
_HER_ID = re.compile(r"[0-9]{1,10}")
_POSITIVE = ("receipt_within", "expire_after", "timeout", "retry_first", "retry_ceiling")


def is_name(text: str) -> bool:
    """Whether a text may be an endpoint's name: queues and routing keys contain it."""
    return bool(_NAME.fullmatch(text)) and text != OF_PATIENT


def problems(endpoint: Endpoint) -> Iterator[Issue]:
    """Yield all errors and warnings of one stanza."""
    for check in _CHECKS:
        yield from check(endpoint)


def identifier(path: str, text: str) -> Iterator[Issue]:
    """Yield a problem when a text is not an organisation id.

    It is an HSA-id (SE, ten digits, hyphen, letters or digits; at most 31 characters) or a HER-id
    (at most ten digits).
    """
    if not text:
        yield error(path, "is empty")
    elif not HSA_ID.fullmatch(text) and not _HER_ID.fullmatch(text):
        yield warning(path, "does not look like an HSA-id (SE0000000001-UNIT) or a HER-id")


def _name(endpoint: Endpoint) -> Iterator[Issue]:
    if endpoint.name == OF_PATIENT:
        yield error("name", "has a meaning in routes; choose another name")
    elif not is_name(endpoint.name):
        yield error("name", "must be 1 to 60 characters of a-z, 0-9 and hyphen")


def _identifiers(endpoint: Endpoint) -> Iterator[Issue]:
    yield from identifier("organization", endpoint.organization)
    for i, alias in enumerate(endpoint.aliases):
        yield from identifier(f"aliases[{i}].id", alias.id)
        if alias.since and alias.until and alias.until < alias.since:
            yield error(f"aliases[{i}].until", "is before since")
    for i, id_ in enumerate(endpoint.speaks_for):
        yield from identifier(f"speaks_for[{i}]", id_)


def _owner(endpoint: Endpoint) -> Iterator[Issue]:
    if not endpoint.owner.strip():
        yield error(
            "owner",
            "is missing: somebody must handle dead letters; write a name and a telephone number",
        )


def _municipality(endpoint: Endpoint) -> Iterator[Issue]:
    code = endpoint.municipality
    if code and code not in municipalities():
        wanted = code_of(code)
        yield error(
            "municipality",
            f'is a name; write "{wanted}"' if wanted else "is not one of the 290 kommunkoder",
        )


def _times(endpoint: Endpoint) -> Iterator[Issue]:
    for name in _POSITIVE:
        if getattr(endpoint, name) <= timedelta(0):
            yield error(name, "must be longer than zero")
    if endpoint.read_within == Within():
        yield error("read_within", "must be longer than zero")
    if endpoint.expect_every == Within():
        yield error("expect_every", "must be longer than zero")
    if endpoint.retry_ceiling < endpoint.retry_first:
        yield error("retry_ceiling", "is shorter than retry_first")
    if endpoint.expire_after < endpoint.receipt_within:
        yield warning("expire_after", "is shorter than receipt_within: the adapter cannot resend")
    if endpoint.receipt_within < endpoint.timeout:
        yield warning("receipt_within", "is shorter than timeout: one attempt may take longer")


def _counts(endpoint: Endpoint) -> Iterator[Issue]:
    if not 1 <= endpoint.max_in_flight <= 1000:
        yield error("max_in_flight", "is not between 1 and 1000")
    if not 0 <= endpoint.receipt_resends <= 1000:
        yield error("receipt_resends", "is not between 0 and 1000")


def _rate(endpoint: Endpoint) -> Iterator[Issue]:
    if endpoint.rate is not None and not 0.001 <= endpoint.rate <= 10_000:
        yield error("rate", "is not between 0.001 and 10000 a second")


def _answers(endpoint: Endpoint) -> Iterator[Issue]:
    codes = [rule.code for rule in endpoint.answers]
    for i, code in enumerate(codes):
        path = f"answers[{i}].code"
        if code in ("AA", "CA", "ok"):
            yield error(path, "means yes and closes the delivery; no rule can change that")
        elif not answer_rules.is_code(code):
            known = nearest(answer_rules.CODES, code) or '; write "409", "5xx", "AE" or "timed-out"'
            yield error(path, f"is not an answer that an endpoint gives{known}")
        elif code in codes[:i]:
            yield error(path, f"is also the code of answers[{codes.index(code)}]")
        elif any(answer_rules.fits(rule, code) for rule in endpoint.answers[:i]):
            yield warning(path, "is never used: an earlier rule covers it")


def _closed(endpoint: Endpoint) -> Iterator[Issue]:
    for i, window in enumerate(endpoint.closed):
        yield from under(f"closed[{i}]", _service_window(window))
    weekly = tuple(w for w in endpoint.closed if isinstance(w.since, time))
    weekly_only = replace(endpoint, closed=tuple(w for w in weekly if isinstance(w.until, time)))
    if _is_zone(endpoint.zone) and service_windows.never_opens(weekly_only):
        yield error("closed", "covers the whole week; use `adapter pause` to hold an endpoint back")


def _service_window(window: Closed) -> Iterator[Issue]:
    since, until = window.since, window.until
    if isinstance(since, datetime) and isinstance(until, datetime):
        yield from _once(window, since, until)
    elif isinstance(since, datetime) or isinstance(until, datetime):
        yield error("until", "must be like since: both a time of day, or both a date and time")


def _once(window: Closed, since: datetime, until: datetime) -> Iterator[Issue]:
    if window.days:
        yield error("days", "cannot be used with a date and time")
    if (since.tzinfo is None) != (until.tzinfo is None):
        yield error("until", "must have an offset if since has one, and none if it has none")
    elif until <= since:
        yield error("until", "is not after since")


def _reading(endpoint: Endpoint) -> Iterator[Issue]:
    if endpoint.charset and not _is_charset(endpoint.charset):
        yield error(
            "charset", 'is not a character set that Python knows; write "iso-8859-1" or "utf-8"'
        )
    if not _is_zone(endpoint.zone):
        yield error("zone", 'is not a time zone; write "Europe/Stockholm"')
    if endpoint.unmapped not in ("accept", "refuse"):
        words = ("accept", "refuse")
        yield error("unmapped", "is not known" + choices(words, endpoint.unmapped))


def _is_charset(name: str) -> bool:
    try:
        "a".encode(codecs.lookup(name).name)
    except (LookupError, ValueError):  # unknown or not a text encoding; odd characters in the name
        return False
    return True


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (
        OSError,
        ValueError,
        LookupError,
    ):  # a folder or too long a name; no valid name; unknown
        return False
    return True


_Check = Callable[[Endpoint], Iterable[Issue]]
_CHECKS: tuple[_Check, ...] = (
    *(_name, _identifiers, _owner, _municipality),
    *(_times, _counts, _rate, _answers, _closed, _reading),
)
