"""Bytes to a checked FHIR message, or to the reasons why not. Pure: nothing is stored here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from adapter.core.endpoint import Endpoint
from adapter.core.errors import FatalError, Issue, Severity
from adapter.core.identifiers import hsa_id
from adapter.core.model import Bundle, Event, Kind, Loss, Message
from adapter.fhir import builders, bundles, codec, profiles
from adapter.mappings import Context
from adapter.policy.routing import may_speak, may_tell_of
from adapter.settings.network import Network

_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
_MOST = 100  # issues of one message: a receipt is not to be larger than what it answers


_A_DAY = timedelta(days=1)  # a clock that is wrong by less than this orders well enough
_AHEAD_OF_US = Issue(
    code="bad-time",
    expression="MessageHeader.extension",
    detail="recorded later than it was received; the time of reception counts",
    severity=Severity.WARNING,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMessage:
    """A message that is understood. `issues` are warnings; `losses` what its format said more."""

    bundle: Bundle
    event: Event
    losses: tuple[Loss, ...] = ()
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableMessage:
    """A message that is not: the error with every problem found.

    `bundle` has nothing but the ids, the time and the receivers, and each only where it has
    their form: what is refused may have any shape at all.
    """

    error: FatalError
    bundle: Bundle
    event: str = ""


ReadResult: TypeAlias = ReadMessage | UnreadableMessage


def read_message(
    network: Network, sender: Endpoint, message: Message
) -> ReadMessage | UnreadableMessage:
    """Parse, map, check; each step only when the one before found nothing wrong."""
    document: Any = None
    event = ""
    try:
        system = network.system(sender)
        limits = network.settings.limits
        document = codec.parse(system.content, message.body, limits, sender.charset)
        event = str(system.event(document))
        context = _context(sender, message)
        bundle = system.read(document, context)
        issues = _first([*context.issues, *_problems(network, bundle, sender, message)])
    except FatalError as error:
        named = _named(document) if isinstance(document, dict) else {}
        return UnreadableMessage(error=error, bundle=named, event=event)
    errors = [i for i in issues if i.severity is Severity.ERROR]
    if errors:
        refusal = FatalError(errors[0].code, errors[0].detail, issues)
        return UnreadableMessage(error=refusal, bundle=_named(bundle), event=event)
    if _is_ahead(bundle, message):
        bundle = builders.recorded_at(bundle, context.recorded)
        issues = [*issues, _AHEAD_OF_US]
    losses = tuple(context.losses)
    return ReadMessage(bundle=bundle, event=Event(event), losses=losses, issues=tuple(issues))


def content_id(network: Network, sender: Endpoint, message: Message) -> str:
    """The name that its sender gave a message which we failed to read; "" where that fails too."""
    system = network.system(sender)
    try:
        limits = network.settings.limits
        document = codec.parse(system.content, message.body, limits, sender.charset)
        return bundles.content_id(_named(document)) if system.name == "fhir" else ""
    except Exception:  # reading it has failed before, in whatever way
        return ""


def _context(sender: Endpoint, message: Message) -> Context:
    return Context(
        sender=sender,
        recorded=message.received_at.astimezone(ZoneInfo(sender.zone)),
        fingerprint=message.fingerprint,
        message_id=message.id,
    )


def _is_ahead(bundle: Bundle, message: Message) -> bool:
    """A time far ahead of our own is not believed: every later message would seem to be older."""
    at = bundles.recorded(bundle)
    return at is not None and at > message.received_at + _A_DAY


def _problems(network: Network, bundle: Bundle, sender: Endpoint, message: Message) -> list[Issue]:
    """What the profiles say; then whether the sender may say it at all."""
    found = profiles.check_message(bundle, network.settings.limits)
    organization = bundles.sender_id(_nameable(bundle))
    if organization and not may_speak(sender, organization, message.received_at.date()):
        found = [*found, Issue(code="wrong-sender", expression="MessageHeader.sender")]
    if all(issue.severity is not Severity.ERROR for issue in found):
        found = [*found, *_not_theirs(network, bundle, sender, message)]
    return found


def _not_theirs(
    network: Network, bundle: Bundle, sender: Endpoint, message: Message
) -> Iterator[Issue]:
    """Of a stay only those tell whose it is, and those from whom a route takes the event."""
    event, day = bundles.event(bundle), message.received_at.date()
    owners = [name.partition("/")[0] for name in case_names(bundle)]
    allowed = event.kind is not Kind.ENCOUNTER or not owners
    if not (allowed or may_tell_of(network, sender, event, owners, day)):
        detail = "the case is another organisation's, and no route takes the event from you"
        yield Issue(code="wrong-sender", expression="MessageHeader.extension", detail=detail)


def _first(issues: Sequence[Issue]) -> Sequence[Issue]:
    """All of them, or the first errors and how many there are besides."""
    if len(issues) <= _MOST:
        return issues
    errors_first = sorted(issues, key=lambda issue: issue.severity is not Severity.ERROR)
    detail = f"{len(issues) - _MOST} more"
    rest = Issue(code="more-problems", detail=detail, severity=Severity.INFORMATION)
    return [*errors_first[:_MOST], rest]


def _nameable(document: Any) -> Bundle:
    """A document that its times and parties can be read from; {} for any other."""
    try:
        bundles.recorded(document), bundles.sender_id(document), receiver_key(document)
    except (AttributeError, KeyError, TypeError, ValueError):
        return {}
    return dict(document)


def _named(document: Any) -> Bundle:
    """What our receipt names a refused message by, and nothing else of it; any JSON may come."""
    sound = _nameable(document)
    receivers = [i for i in bundles.receiver_ids(sound) if _ID.fullmatch(i)]
    header = {
        "resourceType": "MessageHeader",
        "id": _id(_header(document), "id"),
        "destination": [{"receiver": {"identifier": {"value": i}}} for i in receivers],
    }
    at = bundles.recorded(sound)
    return {
        "id": _id(document, "id"),
        "timestamp": at.isoformat() if at else "",
        "entry": [{"resource": header}],
    }


def _header(document: Any) -> Any:
    entries = document.get("entry") if isinstance(document, dict) else None
    first = entries[0] if isinstance(entries, list) and entries else None
    found = first.get("resource") if isinstance(first, dict) else None
    is_header = isinstance(found, dict) and found.get("resourceType") == "MessageHeader"
    return found if is_header else {}


def _id(node: Any, name: str) -> str:
    """An id of FHIR; "" for any other, which no receipt could name."""
    found = node.get(name) if isinstance(node, dict) else None
    text = found.removeprefix("urn:uuid:") if isinstance(found, str) else ""
    return text if _ID.fullmatch(text) else ""


def receiver_key(bundle: Bundle) -> str:
    """Who a message is addressed to, for the duplicate table; "" where routes decide."""
    return " ".join(sorted(bundles.receiver_ids(bundle)))[:400]


def case_names(bundle: Bundle) -> list[str]:
    """Every name that the message gives its case; HSA-ids in our form."""
    return [_case_name(name) for name in bundles.case_ids(bundle)]


def _case_name(name: str) -> str:
    organization, slash, number = name.partition("/")
    return f"{hsa_id(organization)}{slash}{number.strip()}"[:200]


def dump_issues(issues: Sequence[Issue]) -> str:
    """As the store keeps them."""
    return json.dumps([asdict(i) for i in issues]) if issues else ""


def load_issues(text: str) -> tuple[Issue, ...]:
    """From the store."""
    rows = json.loads(text or "[]")
    return tuple(Issue(**row | {"severity": Severity(row["severity"])}) for row in rows)


def dump_losses(losses: Sequence[Loss]) -> str:
    """As the store keeps them."""
    return json.dumps([asdict(loss) for loss in losses]) if losses else ""
