"""One file per system. Each reads its own format into FHIR, and writes FHIR into its own format.

Mappings are pure functions: no database, no queue, no clock. What a mapping may know besides
its document is in the `Context`; what it cannot carry it confesses there.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from types import ModuleType
from typing import Any, TypeAlias

from adapter.core.acknowledgement import Reply, Wish
from adapter.core.catalogue import ErrorCode
from adapter.core.endpoint import Endpoint
from adapter.core.errors import FatalError, Issue, Severity
from adapter.core.model import Bundle, Event, Kind, Loss


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a mapping may know besides its document; and where it tells losses and warnings.

    `sender` is the endpoint that the document came from, `receiver` the one it is written for
    (None when reading). `recorded` is when the adapter took the message (aware); mappings have
    no clock. `fingerprint` is the SHA-256 of the bytes as received, in hex. `source` is the
    document that a receipt answers, as received (b"" otherwise).
    """

    sender: Endpoint
    recorded: datetime
    receiver: Endpoint | None = None
    fingerprint: str = ""
    source: bytes = b""
    reply: Reply = Reply.ONLY  # of a receipt: which acknowledgement it is written as
    message_id: str = ""  # the adapter's own id of the message, for Provenance
    losses: list[Loss] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    questions: list[Issue] = field(default_factory=list)  # warnings that stand before a person

    def lose(self, path: str, why: str) -> None:
        """Confess a field that the target cannot carry: FHIRPath or native path, and why."""
        self.losses.append(Loss(path=path, why=why))

    def warn(self, code: ErrorCode, expression: str = "", detail: str = "") -> None:
        """Note something odd that does not stop the message, once; a code of the catalogue."""
        issue = Issue(code=code, expression=expression, detail=detail, severity=Severity.WARNING)
        if issue not in self.issues:
            self.issues.append(issue)

    def ask(self, code: ErrorCode, expression: str, detail: str) -> None:
        """Warn of something that a person must ask the sender about."""
        self.warn(code, expression, detail)
        self.questions.append(self.issues[-1])

    def bad_identifier(self, expression: str, *details: str) -> None:
        """Warn of each fault of an identifier; FatalError where the sender must be strict."""
        if details and self.sender.strict_identifiers:
            issues = [
                Issue(code="bad-identifier", expression=expression, detail=d) for d in details
            ]
            raise FatalError("bad-identifier", expression, issues)
        for detail in details:
            self.warn("bad-identifier", expression, detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What a document is called: its content id, its envelope id, and the one that it replaces."""

    content: str
    envelope: str
    replaces: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A document that holds several messages: their bytes, in order.

    `answered` returns the one answer to it: from the answer to each message (b"" for none), and
    the time.
    """

    messages: Sequence[bytes]
    answered: Callable[[Sequence[bytes], datetime], bytes]


Asker: TypeAlias = Callable[[Context], Wish | None]
Opener: TypeAlias = Callable[[bytes, int], Package | None]
Recogniser: TypeAlias = Callable[[Any], Event]
Reader: TypeAlias = Callable[[Any, Context], Bundle]
Writer: TypeAlias = Callable[[Bundle, Context], Any]
Namer: TypeAlias = Callable[[Any, Names], Any]
Comparer: TypeAlias = Callable[[Any, Any], bool]


class System:
    """All mappings of one system: the name `system` in each file of this folder.

    `content` names the codec of its documents: "json", "xml" or "hl7". `media_type` is what
    its bytes are called on the wire.
    """

    def __init__(self, name: str, *, content: str, media_type: str) -> None:
        self.name = name
        self.content = content
        self.media_type = media_type
        self.readers: dict[Event, Reader] = {}
        self.writers: dict[Event, Writer] = {}
        self._recogniser: Recogniser | None = None
        self._namer: Namer | None = None
        self._opener: Opener | None = None
        self._asker: Asker | None = None
        self._comparer: Comparer | None = None
        self._comparer_elsewhere: Comparer | None = None

    def recognises(self, function: Recogniser) -> Recogniser:
        """Register the function that names a document's event.

        It raises FatalError `unknown-event` for an event that nobody knows, and
        `unmapped-event` for one that the format knows and this file does not read.
        """
        self._recogniser = function
        return function

    def reads(self, *events: Event | Kind) -> Callable[[Reader], Reader]:
        """Register a reader for events, or for every event of a kind."""
        return _registered(self.readers, events)

    def writes(self, *events: Event | Kind) -> Callable[[Writer], Writer]:
        """Register a writer for events, or for every event of a kind."""
        return _registered(self.writers, events)

    def names(self, function: Namer) -> Namer:
        """Register the function that gives a document, which can be read, other names.

        A format without one names a document by its bytes.
        """
        self._namer = function
        return function

    def compares(self, function: Comparer) -> Comparer:
        """Register the function that says whether two documents of one content id say the same.

        What a resend changes does not count: its envelope, and when that was made.
        """
        self._comparer = function
        return function

    def is_same(self, first: Any, second: Any) -> bool:
        """Whether two documents of one content id say the same; true where nobody compares."""
        return self._comparer is None or self._comparer(first, second)

    def compares_elsewhere(self, function: Comparer) -> Comparer:
        """Register the function that compares two documents of one content id as `compares` does.

        It does not count to whom they are addressed: one content may go to several receivers.
        """
        self._comparer_elsewhere = function
        return function

    def is_same_elsewhere(self, first: Any, second: Any) -> bool:
        """Whether two documents of one content id, to different receivers, say the same."""
        return self._comparer_elsewhere is None or self._comparer_elsewhere(first, second)

    def opens(self, function: Opener) -> Opener:
        """Register the function that finds several messages in one document."""
        self._opener = function
        return function

    def package(self, body: bytes, most: int) -> Package | None:
        """Return the messages of a document that holds several; None for one message.

        FatalError when it cannot be taken apart, or holds more than `most`.
        """
        return self._opener(body, most) if self._opener else None

    def asks(self, function: Asker) -> Asker:
        """Register the function that says which acknowledgements a document asks for."""
        self._asker = function
        return function

    def wish(self, context: Context) -> Wish | None:
        """Which acknowledgements `context.source` asks for; None where it asks for none by name."""
        return self._asker(context) if self._asker else None

    def event(self, document: Any) -> Event:
        """Return the event of a document. Ask once per message, and pass the event on.

        FatalError `unknown-event` or `unmapped-event`, as the registered function raises it;
        `no-mapping` when the system has no such function.
        """
        if self._recogniser is None:
            raise FatalError("no-mapping", f"{self.name} reads nothing")
        return self._recogniser(document)

    def read(self, event: Event, document: Any, context: Context) -> Bundle:
        """Return a document of this system, whose event is known, as a FHIR message.

        FatalError when it cannot be read; `no-mapping` when no reader takes the event.
        """
        if event not in self.readers:
            raise FatalError("no-mapping", f"{self.name} does not read {event}")
        return self.readers[event](document, context)

    def named(self, document: Any, names: Names) -> Any | None:
        """The same document under other names; None where its bytes name it."""
        return self._namer(document, names) if self._namer else None

    def write(self, event: Event, bundle: Bundle, context: Context) -> Any:
        """A FHIR message as a document of this system; FatalError when it cannot be written."""
        if event not in self.writers:
            raise FatalError("no-mapping", f"{self.name} does not write {event}")
        return self.writers[event](bundle, context)


def _registered(
    table: dict[Event, Any], names: Iterable[Event | Kind]
) -> Callable[[Callable[..., Any]], Any]:
    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        for name in names:
            events = [e for e in Event if e.kind is name] if isinstance(name, Kind) else [name]
            table.update(dict.fromkeys(events, function))
        return function

    return register


def load() -> dict[str, System]:
    """Return every system by its name: each module in this folder defines `system`.

    The folder is the list, so a new file is enough to add a system. A module that reads and writes
    several versions of a format defines `systems`.
    """
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules: list[ModuleType] = [importlib.import_module(f"{__name__}.{name}") for name in names]
    systems: list[System] = [s for m in modules for s in getattr(m, "systems", None) or [m.system]]
    return {system.name: system for system in systems}


class LazySystems(Mapping[str, System]):
    """Every system by its name, as `load` returns them; imported when one is looked up first.

    For what looks at a mapping now and then: a worker loads them before its first message.
    """

    @cached_property
    def _systems(self) -> dict[str, System]:
        return load()

    def __getitem__(self, name: str) -> System:
        return self._systems[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._systems)

    def __len__(self) -> int:
        return len(self._systems)
