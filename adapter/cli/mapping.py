"""Commands that need no store: one file through the mappings, or against the profiles."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from adapter import fhir, mappings
from adapter.cli import printing, words
from adapter.cli.desk import AsJson, given
from adapter.cli.failures import told
from adapter.core.endpoint import Endpoint
from adapter.core.errors import FatalError, Issue, Severity
from adapter.core.model import Bundle, Event
from adapter.fhir import bundles, codec, profiles
from adapter.mappings import Context, System

SENDER = "SE0000000000-SENDER"
_NEVER = datetime(2900, 1, 1, tzinfo=UTC)  # later than any document
_TIMELESS = datetime(2000, 1, 1, tzinfo=UTC)  # for one that tells no time of its own
SystemName = Annotated[str, typer.Option(metavar="SYSTEM", help="See `adapter systems`.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A document, understood; the context holds what was lost and what was odd."""

    event: Event
    bundle: Bundle
    context: Context


def map_(  # noqa: PLR0913 - each option by name
    file: Annotated[Path, typer.Argument(help="The document; `-` is standard input.")],
    *,
    from_: Annotated[str, typer.Option("--from", metavar="SYSTEM", help="What it is.")],
    to: Annotated[str, typer.Option("--to", metavar="SYSTEM", help="What it shall become.")],
    event: Annotated[
        str, typer.Option(metavar="E", help="The event, where the document does not tell it.")
    ] = "",
    sender: Annotated[str, typer.Option(metavar="HSA-ID", help="Who sent it.")] = SENDER,
    receiver: Annotated[
        str, typer.Option(metavar="HSA-ID", help="Whom this copy is for; by default nobody.")
    ] = "",
    municipality: Annotated[
        str, typer.Option(metavar="CODE", help="The sender's municipality (kommunkod).")
    ] = "",
    charset: Annotated[
        str, typer.Option(metavar="NAME", help="Of a document that declares none.")
    ] = "",
) -> None:
    """Take one file through the mapping: the document on stdout, what was lost on stderr.

    The output depends on nothing but the input: the time of the translation is the document's
    own. Exit 1 when the document is refused; the code says why.
    """
    reads, writes = _system(from_), _system(to)
    source = Endpoint(
        name="sender",
        organization=sender,
        municipality=municipality,
        charset=charset,
        system=from_,
        transport="http",
    )
    found = _read(reads, given(file), source, event)
    _tell(found.context, "reading")
    _insist(profiles.check_message(found.event, found.bundle))
    _print(writes, _written(writes, found, receiver))


def _system(name: str) -> System:
    known = mappings.load()
    if name not in known:
        raise typer.BadParameter(f"no system {name!r}; one of {', '.join(known)}")
    return known[name]


def _read(system: System, body: bytes, source: Endpoint, claimed: str) -> _Read:
    """Read twice: the first time only tells when the source recorded it."""
    document = codec.parse(system.content, body, charset=source.charset)
    event = _event(claimed) if claimed else system.event(document)
    print_ = hashlib.sha256(body).hexdigest()
    first = Context(sender=source, recorded=_NEVER, fingerprint=print_)
    told = bundles.recorded(system.read(event, document, first)) or _NEVER
    recorded = told if told < _NEVER else _TIMELESS
    context = Context(sender=source, recorded=recorded, fingerprint=print_)
    return _Read(event=event, bundle=system.read(event, document, context), context=context)


def _written(system: System, found: _Read, receiver: str) -> Any:
    """The message as a document; addressed when somebody is named."""
    target = Endpoint(name="receiver", organization=receiver, system=system.name, transport="http")
    context = Context(
        sender=found.context.sender,
        receiver=target if receiver else None,
        recorded=found.context.recorded,
    )
    document = system.write(found.event, found.bundle, context)
    _tell(context, "writing")
    return document


def _event(name: str) -> Event:
    try:
        return Event(name)
    except ValueError:
        raise typer.BadParameter(f"no event {name!r}; see `adapter systems`") from None


def _insist(issues: Iterable[Issue]) -> None:
    """Tell warnings; FatalError with every error."""
    found = list(issues)
    errors = [i for i in found if i.severity is Severity.ERROR]
    for issue in found:
        if issue not in errors:
            printing.aside(f"{issue.severity} {told(issue)}")
    if errors:
        raise FatalError(errors[0].code, errors[0].detail, errors)


def _tell(context: Context, doing: str) -> None:
    for issue in context.issues:
        printing.aside(f"{issue.severity} {told(issue)}")
    for loss in context.losses:
        printing.aside(f"loss in {doing}: {loss.path}: {loss.why}")


def _print(system: System, document: Any) -> None:
    """The document's bytes; JSON with line breaks, HL7 v2 too where a person looks."""
    if system.content == "json":
        body = json.dumps(document, ensure_ascii=False, indent=2).encode()
    else:
        body = codec.dump(system.content, document)
    if system.content == "hl7" and sys.stdout.isatty():
        body = body.replace(b"\r", b"\n")
    sys.stdout.flush()
    sys.stdout.buffer.write(body if body.endswith((b"\n", b"\r")) else body + b"\n")
    sys.stdout.buffer.flush()


def validate(
    files: Annotated[list[Path], typer.Argument(help="FHIR messages; `-` is standard input.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Check FHIR messages against the profiles: an OperationOutcome for each.

    Exit 1 when one of them has an error; warnings are told, and forgiven.
    """
    found = [(file, _problems(given(file))) for file in files]
    if as_json:
        printing.data([_outcome(file, issues) for file, issues in found])
    else:
        for told_line in _lines(found):
            printing.line(told_line)
    if not all(_valid(issues) for _, issues in found):
        raise typer.Exit(1)


def _problems(body: bytes) -> list[Issue]:
    try:
        return profiles.validate(codec.parse("json", body))
    except FatalError as error:
        return list(error.issues)


def _valid(issues: Iterable[Issue]) -> bool:
    return not any(i.severity is Severity.ERROR for i in issues)


def _outcome(file: Path, issues: list[Issue]) -> dict[str, Any]:
    return {"file": str(file), "valid": _valid(issues), "outcome": fhir.outcome(issues)}


def _lines(found: Iterable[tuple[Path, list[Issue]]]) -> Iterator[str]:
    for file, issues in found:
        yield f"{file}: {'valid' if _valid(issues) else 'not valid'}"
        yield from (f"  {issue.severity} {told(issue)}" for issue in issues)


def systems(*, as_json: AsJson = False) -> None:
    """Show which system reads (r) and writes (w) which event."""
    known = list(mappings.load().values())
    if as_json:
        printing.data({"systems": [_described(system) for system in known]})
        return
    rows = [[words.event(event), event.kind, *(_can(s, event) for s in known)] for event in Event]
    printing.table(["event", "kind", *(system.name for system in known)], rows)


def _can(system: System, event: Event) -> str:
    return ("r" if event in system.readers else "-") + ("w" if event in system.writers else "-")


def _described(system: System) -> dict[str, Any]:
    return {
        "name": system.name,
        "content": system.content,
        "media_type": system.media_type,
        "reads": [str(e) for e in Event if e in system.readers],
        "writes": [str(e) for e in Event if e in system.writers],
    }
