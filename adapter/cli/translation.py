"""`map` and `systems`: commands about mappings, without a store."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from adapter import mappings
from adapter.cli import completions, options, printing, texts
from adapter.cli.errors import issue_line, print_error
from adapter.cli.options import AsJson, read_input
from adapter.core import privacy
from adapter.core.endpoint import Endpoint, Limits
from adapter.core.errors import FatalError, Issue, Severity
from adapter.core.model import Bundle, Event
from adapter.fhir import bundles, codec, profiles
from adapter.mappings import Context, System

SENDER = "SE0000000000-SENDER"
_NEVER = datetime(2900, 1, 1, tzinfo=UTC)  # later than the time of any document
_TIMELESS = datetime(2000, 1, 1, tzinfo=UTC)  # for a document without a time


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """A document that was read; the context holds its losses and issues."""

    event: Event
    bundle: Bundle
    context: Context


def map_(  # noqa: PLR0913 - each option by name
    file: Annotated[Path, typer.Argument(help="The document; `-` is standard input.")],
    *,
    from_: Annotated[
        str,
        typer.Option(
            "--from", metavar="SYSTEM", help="The document's system, see `adapter systems`."
        ),
    ],
    to: Annotated[str, typer.Option("--to", metavar="SYSTEM", help="The system to translate to.")],
    event: Annotated[
        str,
        typer.Option(
            metavar="EVENT",
            autocompletion=completions.events,
            help="The event, where the document does not name it.",
        ),
    ] = "",
    sender: Annotated[
        str, typer.Option(metavar="HSA-ID", help="The sender's organisation.")
    ] = SENDER,
    receiver: Annotated[
        str, typer.Option(metavar="HSA-ID", help="The receiver's organisation; by default none.")
    ] = "",
    municipality: Annotated[
        str, typer.Option(metavar="CODE", help="The sender's municipality (kommunkod).")
    ] = "",
    charset: Annotated[
        str,
        typer.Option(metavar="NAME", help="The character set of a document that declares none."),
    ] = "",
) -> None:
    """Translate a file: prints the document on stdout, and what was lost on stderr.

    The output depends only on the input: the document's own time is the time of translation.
    Of a batch, each message is translated, in order. Exit 1 when a document is refused; the code
    says why.
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

    def translate(body: bytes) -> None:
        original = _read(reads, body, source, event)
        _print_losses(original.context, "reading")
        _check(profiles.check_message(original.event, original.bundle))
        _print(writes, _written(writes, original, receiver))

    body = read_input(file)
    package = reads.package(body, Limits().entries)
    if package is None:
        translate(body)
    else:
        _each(package.messages, translate)


def _each(bodies: Sequence[bytes], translate: Callable[[bytes], None]) -> None:
    """Translate the messages of a batch. One that is refused stops no other; then exit 1."""
    refused = 0
    for number, body in enumerate(bodies, 1):
        printing.aside(f"message {number} of {len(bodies)}")
        try:
            translate(body)
        except FatalError as error:
            print_error(error)
            refused += 1
    if refused:
        raise typer.Exit(1)


def _system(name: str) -> System:
    known = mappings.load()
    if name not in known:
        raise typer.BadParameter(f"no system {name!r}: use one of {', '.join(known)}")
    return known[name]


def _read(system: System, body: bytes, source: Endpoint, claimed: str) -> _Source:
    """Read twice: the first reading only finds the time at which the source recorded it."""
    document = codec.parse(system.content, body, charset=source.charset)
    event = Event(options.event(claimed)) if claimed else system.event(document)
    fingerprint = hashlib.sha256(body).hexdigest()
    first = Context(sender=source, recorded=_NEVER, fingerprint=fingerprint)
    recorded = bundles.recorded(system.read(event, document, first)) or _NEVER
    recorded = recorded if recorded < _NEVER else _TIMELESS
    context = Context(sender=source, recorded=recorded, fingerprint=fingerprint)
    bundle = system.read(event, document, context)
    named = event if claimed else bundles.event(bundle)
    return _Source(event=named, bundle=bundle, context=context)


def _written(system: System, original: _Source, receiver: str) -> Any:
    """The message as a document, addressed to the receiver where one is named.

    As FHIR it is shown as it was read, also an event that is never sent.
    """
    if system.name == "fhir" and not receiver:
        return original.bundle
    target = Endpoint(name="receiver", organization=receiver, system=system.name, transport="http")
    context = Context(
        sender=original.context.sender,
        receiver=target if receiver else None,
        recorded=original.context.recorded,
    )
    document = system.write(original.event, original.bundle, context)
    _print_losses(context, "writing")
    return document


def _check(issues: Sequence[Issue]) -> None:
    """Print warnings; raise a FatalError with every error."""
    errors = [i for i in issues if i.severity is Severity.ERROR]
    for issue in issues:
        if issue not in errors:
            printing.aside(f"{issue.severity} {issue_line(issue)}")
    if errors:
        raise FatalError(errors[0].code, errors[0].detail, errors)


def _print_losses(context: Context, action: str) -> None:
    for issue in context.issues:
        printing.aside(f"{issue.severity} {issue_line(issue)}")
    for loss in context.losses:
        printing.aside(f"loss in {action}: {loss.path}: {loss.why}")


def _print(system: System, document: Any) -> None:
    """Print the document's bytes: JSON with line breaks, HL7 v2 also on a terminal."""
    if system.content == "json":
        text = codec.readable("json", document)
        body = privacy.visible_json(text).encode()
    else:
        body = codec.dump(system.content, document)
    if system.content == "hl7" and sys.stdout.isatty():
        body = body.replace(b"\r", b"\n")
    sys.stdout.flush()
    sys.stdout.buffer.write(body if body.endswith((b"\n", b"\r")) else body + b"\n")
    sys.stdout.buffer.flush()


def systems(*, as_json: AsJson = False) -> None:
    """Show the events that each system reads (r) and writes (w)."""
    known = list(mappings.load().values())
    if as_json:
        printing.data({"systems": [_described(system) for system in known]})
        return
    rows = [[texts.event(event), event.kind, *(_can(s, event) for s in known)] for event in Event]
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
