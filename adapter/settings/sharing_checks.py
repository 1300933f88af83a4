"""Checks of how stays are shared: `[sharing]`, `[[protection]]`, and mailboxes of units."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from adapter.core.endpoint import Settings
from adapter.core.errors import Issue
from adapter.core.protection import Protection, ProtectionPolicy
from adapter.settings.issues import choices, error, key, under, warning
from adapter.settings.municipalities import code_of, municipalities
from adapter.settings.transport_checks import can_send


def problems(settings: Settings) -> Iterator[Issue]:
    """Yield the errors and warnings of the whole file's sharing."""
    yield from _sharing(settings)
    yield from _postal_codes(settings)
    yield from _mailboxes(settings)
    for i in range(len(settings.protection)):
        yield from under(f"protection[{i}]", _protection(settings, i))


def _sharing(settings: Settings) -> Iterator[Issue]:
    for name in ("window", "purge_unshared", "keep_names"):
        if getattr(settings.sharing, name) <= timedelta(0):
            yield error(f"sharing.{name}", "must be longer than zero")


_BEGINNING = re.compile(r"[1-9][0-9]{0,4}", re.ASCII)


def _postal_codes(settings: Settings) -> Iterator[Issue]:
    """A beginning of a postal code proposes municipalities that there are."""
    for start, codes in settings.sharing.postal_codes.items():
        path = f"sharing.postal_codes.{key(start)}"
        if not _BEGINNING.fullmatch(start):
            yield error(path, "is no beginning of a postal code: one to five digits, no spaces")
        if not codes:
            yield error(path, "proposes no municipality")
        for i, code in enumerate(codes):
            if code not in municipalities():
                known = code_of(code)
                meant = f"; {code} has {known}" if known else ""
                yield error(f"{path}[{i}]", f"is not the code of a municipality{meant}")


def _mailboxes(settings: Settings) -> Iterator[Issue]:
    homes = {
        e.organization: e.forward or (e.name if can_send(e) else "") for e in settings.endpoints
    }
    for i, endpoint in enumerate(settings.endpoints):
        for j, unit in enumerate(endpoint.mailbox_for):
            home = homes.get(unit, "")
            if home not in ("", endpoint.name):
                path = f"endpoint[{i}].mailbox_for[{j}]"
                yield warning(path, f"is not used: the unit's mailbox is {home}")


def _protection(settings: Settings, number: int) -> Iterator[Issue]:
    protection = settings.protection[number]
    names = [endpoint.name for endpoint in settings.endpoints]
    for i, name in enumerate(protection.to):
        if name not in names:
            yield error(f"to[{i}]", "is not an endpoint" + choices(names, name))
    if protection.policy is ProtectionPolicy.FULL and not protection.to:
        yield error("to", "is missing: full is only for named endpoints")
    if any(_covers(earlier, protection) for earlier in settings.protection[:number]):
        yield warning("level", "is never used: an earlier [[protection]] covers it")


def _covers(earlier: Protection, later: Protection) -> bool:
    named = bool(later.to) and set(later.to) <= set(earlier.to)
    return earlier.level is later.level and (not earlier.to or named)
