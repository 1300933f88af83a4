"""Turn bytes into a checked FHIR message, or into the issues of a refusal. Stores nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from adapter.core.endpoint import Endpoint
from adapter.core.errors import FatalError, Issue, Severity
from adapter.core.identifiers import hsa_id
from adapter.core.model import Bundle, Event, Kind, Loss, Message
from adapter.fhir import bundles, codec, parties, patients, profiles, rewriting
from adapter.fhir.issue_places import placed
from adapter.mappings import Context
from adapter.policy import refused
from adapter.policy.routing import may_speak
from adapter.settings.network import Network

_MOST_ISSUES = 100  # a receipt must not be larger than the message that it answers
_TOLERATED = timedelta(minutes=2)  # of a sender's clock: a later time would disturb the order
_AHEAD_OF_US = Issue(
    code="bad-time",
    expression="MessageHeader.extension",
    detail="recorded later than it was received; the time of reception counts",
    severity=Severity.WARNING,
)
_ENDS_AHEAD = Issue(
    code="bad-time",
    expression="Encounter.period.end",
    detail="discharged later than it was received; the right ends by the time of reception",
    severity=Severity.WARNING,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMessage:
    """A message without errors. `issues` are warnings; `losses` are what FHIR cannot hold.

    `questions` are those of the warnings that must stand before a person.

    `is_rewritten`: it leaves under other ids than it came with, so its own bytes cannot be sent on.
    """

    bundle: Bundle
    event: Event
    losses: tuple[Loss, ...] = ()
    issues: tuple[Issue, ...] = ()
    questions: tuple[Issue, ...] = ()
    is_rewritten: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableMessage:
    """A message with errors. `error` holds every issue; `event` is "" where it is unknown.

    `bundle` has only ids, time and receivers, each only in a valid form (`policy.refused`).
    """

    error: FatalError
    bundle: Bundle
    event: str = ""


ReadResult: TypeAlias = ReadMessage | UnreadableMessage


def read_message(network: Network, sender: Endpoint, message: Message) -> ReadResult:
    """Parse a message, recognise its event, map it to FHIR and check it.

    A FatalError of one step ends the reading.
    """
    document: Any = None
    event = ""
    try:
        document = _parsed(network, sender, message)
        system = network.system(sender)
        event = system.event(document)
        context = _context(sender, message)
        bundle = system.read(event, document, context)
        event = bundles.event(bundle)  # reading may find more: a discharge by death is a death
        issues = _issues(network, sender, message, event, bundle, context)
    except FatalError as error:
        named = refused.identified(document) if isinstance(document, dict) else {}
        whole = _with_the_rest(network, sender, document, error)
        return UnreadableMessage(error=whole, bundle=named, event=str(event))
    if _has_errors(issues):
        errors = [issue for issue in issues if issue.severity is Severity.ERROR]
        refusal = FatalError(errors[0].code, errors[0].detail, issues)
        return UnreadableMessage(error=refusal, bundle=refused.identified(bundle), event=str(event))
    return _accepted(message, event, bundle, context, issues)


def content_id(network: Network, sender: Endpoint, message: Message) -> str:
    """Return the content id of a FHIR message that could not be processed; "" where it has none."""
    if network.system(sender).name != "fhir":
        return ""
    try:
        return bundles.content_id(refused.identified(_parsed(network, sender, message)))
    except Exception:  # the processing before this may have failed in any way
        return ""


def _parsed(network: Network, sender: Endpoint, message: Message) -> Any:
    content, limits = network.system(sender).content, network.settings.limits
    if message.is_cut_off:
        detail = f"{message.note} is kept; the limit is {limits.body}; all have the SHA-256"
        raise FatalError("too-large", f"{detail} {message.fingerprint}")
    return codec.parse(content, message.body, limits, sender.charset)


def _context(sender: Endpoint, message: Message) -> Context:
    return Context(
        sender=sender,
        recorded=message.received_at.astimezone(ZoneInfo(sender.zone)),
        fingerprint=message.fingerprint,
        message_id=message.id,
    )


def _accepted(
    message: Message, event: Event, bundle: Bundle, context: Context, issues: list[Issue]
) -> ReadMessage:
    """Return the message. A time far ahead of our clock is replaced by the time of reception.

    Otherwise every later message of the case would seem older than this one.
    """
    if _AHEAD_OF_US in issues:
        bundle = rewriting.with_recorded(bundle, context.recorded)
    return ReadMessage(
        bundle=bundle,
        event=event,
        losses=tuple(context.losses),
        issues=tuple(issues),
        questions=tuple(context.questions),
    )


def _issues(
    network: Network,
    sender: Endpoint,
    message: Message,
    event: Event,
    bundle: Bundle,
    context: Context,
) -> list[Issue]:
    """What the mapping and the checks say, each at a place of the sender's own format."""
    issues = _problems(network, sender, message, event, bundle)
    issues = _capped([*context.issues, *_not_yet_warned(issues, context.issues)])
    if not _has_errors(issues):
        issues += _ahead(message, event, bundle)
    return placed(issues, bundle) if network.system(sender).content == "json" else issues


def _ahead(message: Message, event: Event, bundle: Bundle) -> Iterator[Issue]:
    """A warning for each time of the message that is later than our clock allows."""
    latest, recorded = message.received_at + _TOLERATED, bundles.recorded(bundle)
    if recorded is not None and recorded > latest:
        yield _AHEAD_OF_US
    if event.kind is Kind.ENCOUNTER and _ends_after(bundle, latest):
        yield _ENDS_AHEAD


def _not_yet_warned(issues: list[Issue], warned: list[Issue]) -> list[Issue]:
    """Leave out the warnings that the mapping has given at a place of the sender's own format."""
    codes = {issue.code for issue in warned if issue.severity is Severity.WARNING}
    return [i for i in issues if i.severity is not Severity.WARNING or i.code not in codes]


def _ends_after(bundle: Bundle, latest: datetime) -> bool:
    ended = bundles.instant((bundles.focus(bundle) or {}).get("period", {}).get("end"))
    return ended is not None and ended > latest


def _problems(
    network: Network, sender: Endpoint, message: Message, event: Event, bundle: Bundle
) -> list[Issue]:
    """The issues of the profiles, then those about what the sender may send."""
    issues = profiles.check_message(event, bundle, network.settings.limits)
    if network.system(sender).content == "json" and not _has_errors(issues):
        issues += _own_checks(sender, message, event, bundle)
    readable = refused.readable_bundle(bundle) if issues else bundle
    issues += parties.problems(readable)
    if event is not Event.RECEIPT:
        issues += parties.place_problems(readable, network.places, network.own_places)
    organization = bundles.sender_id(readable)
    if organization and not may_speak(sender, organization, message.received_at.date()):
        issues.append(Issue(code="wrong-sender", expression="MessageHeader.sender"))
    return issues


def _with_the_rest(
    network: Network, sender: Endpoint, document: Any, error: FatalError
) -> FatalError:
    """The error with every other problem of a FHIR message: its sender corrects all at once."""
    is_bundle = isinstance(document, dict) and document.get("resourceType") == "Bundle"
    if not is_bundle or network.system(sender).content != "json":
        return error
    known = {issue.code for issue in error.issues}
    others = profiles.validate(document, network.settings.limits)
    issues = [*error.issues, *(issue for issue in others if issue.code not in known)]
    return FatalError(error.code, error.detail, _capped(issues))


def _own_checks(sender: Endpoint, message: Message, event: Event, bundle: Bundle) -> list[Issue]:
    """What a mapping checks of other formats: the patient's numbers, and what is not carried."""
    severity = Severity.ERROR if sender.strict_identifiers else Severity.WARNING
    numbers = patients.number_problems(bundle, message.received_at.date(), severity)
    is_of_stay = event.kind is Kind.ENCOUNTER or event is Event.PERSON_UPDATED
    return [*numbers, *(patients.not_carried(bundle) if is_of_stay else ())]


def _has_errors(issues: list[Issue]) -> bool:
    return any(issue.severity is Severity.ERROR for issue in issues)


def _capped(issues: list[Issue]) -> list[Issue]:
    """All issues. Above the limit: errors first, and last the number of issues left out."""
    if len(issues) <= _MOST_ISSUES:
        return issues
    errors_first = sorted(issues, key=lambda issue: issue.severity is not Severity.ERROR)
    detail = f"{len(issues) - _MOST_ISSUES} more"
    rest = Issue(code="more-problems", detail=detail, severity=Severity.INFORMATION)
    return [*errors_first[:_MOST_ISSUES], rest]


def receiver_key(bundle: Bundle) -> str:
    """Return the receivers of a message for the duplicate table; "" where routes choose them."""
    return " ".join(sorted(bundles.receiver_ids(bundle)))[:400]


def case_names(bundle: Bundle) -> list[str]:
    """Return every name that the message gives its case, with HSA-ids in our form."""
    return [_case_name(name) for name in bundles.case_ids(bundle)]


def _case_name(name: str) -> str:
    organization, slash, number = name.partition("/")
    return f"{hsa_id(organization)}{slash}{number.strip()}"[:200]


def dump_issues(issues: Sequence[Issue]) -> str:
    """Return issues as the JSON that the store keeps; "" for none."""
    return json.dumps([asdict(issue) for issue in issues]) if issues else ""


def load_issues(text: str) -> tuple[Issue, ...]:
    """Return the issues that `dump_issues` wrote."""
    rows = json.loads(text or "[]")
    return tuple(Issue(**row | {"severity": Severity(row["severity"])}) for row in rows)


def dump_losses(losses: Sequence[Loss]) -> str:
    """Return losses as the JSON that the store keeps; "" for none."""
    return json.dumps([asdict(loss) for loss in losses]) if losses else ""
