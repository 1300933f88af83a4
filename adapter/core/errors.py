"""Two errors, and one catalogue that says of every code whose fault it is and what to do.

A failure is transient (the same attempt may succeed later) or fatal (a person must act).
The code is a word of the catalogue; free text never carries personal data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """Whose fault it is, and so who must act (after the NHS BaRS prefixes SEND, PROXY, REC)."""

    SENDER = "sender"
    ADAPTER = "adapter"
    RECEIVER = "receiver"


class Severity(StrEnum):
    """FHIR R4 IssueSeverity, less `fatal`."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One code of the catalogue: whose fault, the FHIR issue type, what it says, what to do."""

    scope: Scope
    type: str
    sv: str
    en: str
    action: str
    http: int = 422


def _sender(kind: str, sv: str, en: str, action: str, http: int = 422) -> Entry:
    return Entry(scope=Scope.SENDER, type=kind, sv=sv, en=en, action=action, http=http)


def _adapter(kind: str, sv: str, en: str, action: str, http: int = 500) -> Entry:
    return Entry(scope=Scope.ADAPTER, type=kind, sv=sv, en=en, action=action, http=http)


def _receiver(kind: str, sv: str, en: str, action: str, http: int = 502) -> Entry:
    return Entry(scope=Scope.RECEIVER, type=kind, sv=sv, en=en, action=action, http=http)


CATALOGUE: dict[str, Entry] = {
    # What is wrong with the bytes.
    "too-large": _sender(
        "too-long",
        "Meddelandet är för stort.",
        "The message is too large.",
        "Send a smaller message; the limit is in the endpoint's agreement.",
        413,
    ),
    "too-deep": _sender(
        "too-costly",
        "Meddelandet är för djupt nästlat.",
        "The message is nested too deeply.",
        "Send a message with fewer levels.",
        400,
    ),
    "unreadable": _sender(
        "structure",
        "Meddelandet går inte att läsa.",
        "The message cannot be read.",
        "Send well-formed JSON, XML or HL7 v2.",
        400,
    ),
    "duplicate-key": _sender(
        "structure",
        "Samma nyckel finns två gånger i ett JSON-objekt.",
        "A JSON object has the same key twice.",
        "Send each key once.",
        400,
    ),
    "forbidden-xml": _sender(
        "security",
        "DTD och entiteter är inte tillåtna i XML.",
        "XML must have no DTD and no entities.",
        "Remove the DOCTYPE.",
        400,
    ),
    "wrong-charset": _sender(
        "structure",
        "Texten följer inte den angivna teckenkodningen.",
        "The text does not follow the declared character set.",
        "Declare the character set that the bytes are written in.",
        400,
    ),
    # What is wrong with a call over HTTP.
    "unknown-address": _sender(
        "not-found",
        "Adressen finns inte.",
        "There is nothing at this address.",
        "Use the addresses of docs/http.md.",
        404,
    ),
    "wrong-method": _sender(
        "not-supported",
        "Metoden är inte tillåten på adressen.",
        "The address does not take this method.",
        "Use the method that the Allow header names.",
        405,
    ),
    "too-slow": _sender(
        "timeout",
        "Meddelandet kom inte fram i tid.",
        "The whole message did not come in time.",
        "Send it again, with the same ids.",
        408,
    ),
    "wrong-content-type": _sender(
        "not-supported",
        "Innehållstypen tas inte emot här.",
        "The content type is not taken here.",
        "Use the Content-Type of the endpoint's system; see docs/http.md.",
        415,
    ),
    "bad-header": _sender(
        "value",
        "Ett huvudfält har fel form.",
        "A header has the wrong form.",
        "Correct the header that the diagnostics name; see docs/http.md.",
        400,
    ),
    # What is wrong with the content.
    "invalid-document": _sender(
        "structure",
        "Dokumentet följer inte sitt schema.",
        "The document does not follow its schema.",
        "Validate against the published schema before sending.",
    ),
    "invalid-structure": _sender(
        "structure",
        "Resursen följer inte FHIR R4.",
        "The resource does not follow FHIR R4.",
        "Correct the element at the given path.",
    ),
    "unknown-resource-type": _sender(
        "structure",
        "Okänd resurstyp.",
        "The resource type is not one of FHIR R4.",
        "Use a resource type of FHIR R4.",
    ),
    "profile": _sender(
        "business-rule",
        "Meddelandet följer inte profilen.",
        "The message does not follow the profile of its event.",
        "Correct the element at the given path; see the profiles folder.",
    ),
    "required": _sender(
        "required",
        "Ett obligatoriskt element saknas.",
        "A required element is missing.",
        "Add the element at the given path.",
    ),
    "unknown-code": _sender(
        "code-invalid",
        "Okänd kod.",
        "The code is not in the required value set.",
        "Use a code of the value set.",
    ),
    "unknown-event": _sender(
        "not-supported",
        "Okänd händelse.",
        "The event is unknown.",
        "Use an event code of the event code system; `adapter systems` lists them.",
    ),
    "unmapped-event": _sender(
        "not-supported",
        "Händelsen är känd men används inte.",
        "The event is known but not used here.",
        'Stop sending it, or set unmapped = "accept".',
    ),
    "unresolved-reference": _sender(
        "not-found",
        "En referens pekar på en resurs som inte finns i meddelandet.",
        "A reference points to a resource that is not in the message.",
        "Add the resource, or correct the reference.",
    ),
    "several-patients": _sender(
        "business-rule",
        "Meddelandet gäller mer än en patient.",
        "The message is about more than one patient.",
        "Send one message per patient.",
    ),
    "bad-identifier": _sender(
        "value",
        "Identiteten har fel form eller kontrollsiffra.",
        "The identifier has the wrong form or check digit.",
        "Check the number at its source.",
    ),
    "bad-time": _sender(
        "value",
        "Tidpunkten går inte att läsa.",
        "The time cannot be read.",
        "Send date and time with a zone.",
    ),
    "naive-time": _sender(
        "value",
        "Tidpunkten saknar tidszon; ändpunktens zon har använts.",
        "The time has no zone; the endpoint's zone was used.",
        "Send times with their offset.",
    ),
    "damaged-text": _sender(
        "value",
        "Texten innehåller ersättningstecken: den förstördes tidigare i kedjan.",
        "The text has replacement characters: somebody upstream destroyed it.",
        "Look for the system that decodes with the wrong character set.",
    ),
    "no-planned-discharge": _sender(
        "informational",
        "Beräknad utskrivning saknas (SFS 2017:612 2 kap. 2 §).",
        "Planned discharge is missing (SFS 2017:612 chapter 2, section 2).",
        "Send it as soon as it is known.",
    ),
    "no-case": _sender(
        "informational",
        "Meddelandet saknar vårdtillfälle; ett eget ärende har öppnats.",
        "The message names no case; it opened one of its own.",
        "Send the visit number, or the planning service's case id.",
    ),
    "other-patient": _sender(
        "conflict",
        "Ärendet har öppnats för en annan patient.",
        "The case was opened for another patient.",
        "Compare the patients; one of the messages has the wrong visit number, or a number was "
        "changed.",
        200,
    ),
    "more-problems": _sender(
        "informational",
        "Fler fel eller varningar än vad som visas här.",
        "There are more errors or warnings than are shown here.",
        "Correct these first; `adapter validate` lists all of them.",
        200,
    ),
    # Who may send what to whom.
    "unidentified-sender": _sender(
        "login",
        "Avsändaren är inte identifierad.",
        "The sender is not identified.",
        "Publish with a user that the broker checks, or send a bearer token.",
        401,
    ),
    "wrong-sender": _sender(
        "forbidden",
        "Avsändaren får inte tala för den angivna organisationen.",
        "The sender may not speak for the organisation that the message names.",
        "Send only for your own organisation.",
        403,
    ),
    "unknown-receiver": _sender(
        "not-found",
        "Mottagaren är okänd.",
        "The receiver is unknown.",
        "Check the receiver's HSA-id; ask operations if the unit was renamed.",
    ),
    "no-route": _adapter(
        "not-found",
        "Ingen mottagare är konfigurerad för meddelandet.",
        "No receiver is configured for the message.",
        "Add a route or an endpoint for the municipality, then replay.",
        422,
    ),
    "concerns-unknown": _sender(
        "not-found",
        "Meddelandet gäller ett meddelande som avsändaren inte har fått.",
        "The message concerns one that its sender has not been sent.",
        "Answer with the id of the message that you received.",
    ),
    # Ids and copies.
    "envelope-reused": _sender(
        "duplicate",
        "Kuvertets id har redan använts för ett annat innehåll.",
        "The envelope id was already used for other content.",
        "Give each sending its own Bundle.id.",
        409,
    ),
    "content-conflict": _sender(
        "conflict",
        "Samma id har redan kommit med annat innehåll.",
        "The same ids have already come with other content.",
        "Give changed content a new MessageHeader.id.",
        409,
    ),
    "copy": _sender(
        "duplicate",
        "Kopia av ett mottaget meddelande.",
        "A copy of a message already received.",
        "Nothing; the first answer is repeated.",
        200,
    ),
    "reused-control-id": _sender(
        "informational",
        "MSH-10 har använts tidigare för ett annat meddelande.",
        "MSH-10 was used before for another message.",
        "Nothing; ask the sender to number its messages.",
        200,
    ),
    "superseded": _sender(
        "informational",
        "Ersatt av ett senare meddelande; inte vidarebefordrat.",
        "Superseded by a later message; not forwarded.",
        "Nothing.",
        200,
    ),
    "not-used": _sender(
        "informational",
        "Mottaget, men används inte.",
        "Received, but not used.",
        "Nothing.",
        200,
    ),
    # Our own faults.
    "no-mapping": _adapter(
        "not-supported",
        "Systemet kan inte läsa eller skriva händelsen.",
        "The system cannot read or write the event.",
        "See `adapter systems`; add the mapping, or change the route.",
    ),
    "not-written": _adapter(
        "processing",
        "Meddelandet kunde inte skrivas i mottagarens format.",
        "The message could not be written in the receiver's format.",
        "Correct the mapping, then replay.",
    ),
    "adapter-fault": _adapter(
        "exception",
        "Fel i adaptern; en person har fått ärendet.",
        "A fault in the adapter; a person has it.",
        "Read the log by message id; replay when fixed.",
    ),
    "too-many-connections": _adapter(
        "throttled",
        "För många anslutningar samtidigt; försök igen.",
        "There are too many connections at once; try again.",
        "Send the same message again later; hold no connection that nothing is asked over.",
        503,
    ),
    "store-unavailable": _adapter(
        "transient",
        "Lagret svarar inte; försök igen.",
        "The store does not answer; try again.",
        "Send the same message again later.",
        503,
    ),
    "illegal-transition": _adapter(
        "processing",
        "Otillåten tillståndsändring.",
        "The state change is not allowed.",
        "Look at the state first; see docs/lifecycle.md.",
        409,
    ),
    "settings": _adapter(
        "processing",
        "Inställningarna är felaktiga.",
        "The settings are wrong.",
        "Run `adapter check` and correct what it lists.",
    ),
    "unknown-id": _adapter(
        "not-found",
        "Id finns inte i lagret.",
        "The store has nothing with that id.",
        "Copy the id from `adapter messages` or `adapter dead`.",
        404,
    ),
    "overtaken": _adapter(
        "business-rule",
        "Senare meddelanden i samma ärende har redan gått.",
        "Later messages of the same case have already left.",
        "Look at the case; replay with --although-overtaken if it is still right.",
        409,
    ),
    "may-have-arrived": _adapter(
        "business-rule",
        "Originalet kan ha kommit fram; mottagaren kan få båda.",
        "The original may have arrived; the receiver may get both.",
        "Phone the receiver; edit with --although-arrived if it has no original, or can tell.",
        409,
    ),
    "not-edited": _adapter(
        "business-rule",
        "Ingenting är ändrat.",
        "Nothing was edited.",
        "Edit the file first, or replay the original.",
        409,
    ),
    "other-message": _adapter(
        "business-rule",
        "Det ändrade meddelandet har en annan typ, avsändare, mottagare eller ett annat ärende.",
        "The edited message has another event, sender, receiver or case.",
        "Correct only what it says. A message to somebody else is written by its sender.",
        409,
    ),
    "protected-identity": _adapter(
        "suppressed",
        "Patienten har skyddad identitet; meddelandet hålls för en person.",
        "The patient's identity is protected; the message is held for a person.",
        "Decide by the unit's routine: replay to release it, or discard and phone.",
        200,
    ),
    "held": _adapter(
        "suppressed",
        "Hålls för en person.",
        "Held for a person.",
        "Replay or discard.",
        200,
    ),
    "unmatched-receipt": _sender(
        "not-found",
        "Kvittensen gäller ett okänt meddelande.",
        "The receipt concerns an unknown message.",
        "Find what the receiver answered; phone the owner of its endpoint.",
    ),
    # What happened on the way to the receiver.
    "unreachable": _receiver(
        "transient",
        "Mottagaren går inte att nå.",
        "The receiver cannot be reached.",
        "Wait; the adapter tries again.",
        504,
    ),
    "timed-out": _receiver(
        "timeout",
        "Mottagaren svarade inte i tid.",
        "The receiver did not answer in time.",
        "Wait; the adapter tries again with the same ids.",
        504,
    ),
    "unroutable": _receiver(
        "not-found",
        "Mottagarens kö finns inte.",
        "The receiver's queue does not exist.",
        "Run `adapter check`; restore the queue.",
    ),
    "returned": _receiver(
        "transient",
        "Mottagarens kö lämnade tillbaka meddelandet.",
        "The receiver's queue gave the message back.",
        "Ask the receiver why its consumer does not acknowledge; the adapter tries again.",
    ),
    "busy": _receiver(
        "throttled",
        "Mottagaren ber om att få vänta.",
        "The receiver asks us to wait.",
        "Wait; the adapter tries again when the receiver said.",
    ),
    "access-denied": _receiver(
        "forbidden",
        "Mottagaren avvisar våra uppgifter.",
        "The receiver refuses our credentials.",
        "Renew the token or certificate, then replay.",
    ),
    "refused": _receiver(
        "processing",
        "Mottagaren avvisade meddelandet.",
        "The receiver refused the message.",
        "Read the receiver's reasons; correct, then send anew or replay.",
    ),
    "refused-for-now": _receiver(
        "transient",
        "Mottagaren kan inte ta emot just nu.",
        "The receiver cannot take it now.",
        "Wait; the adapter tries again.",
    ),
    "bad-answer": _receiver(
        "structure",
        "Mottagarens svar går inte att läsa.",
        "The receiver's answer is unreadable.",
        "Ask the owner of the endpoint; the bytes are kept with the attempt.",
    ),
    "no-receipt": _receiver(
        "timeout",
        "Ingen kvittens kom.",
        "No receipt came.",
        "Phone the owner of the endpoint, then replay or discard.",
    ),
    "expired": _receiver(
        "timeout",
        "Tiden för att leverera meddelandet har gått ut.",
        "The time to deliver the message has run out.",
        "Phone the receiver; a legal deadline may have passed.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One problem of a message: a code of the catalogue, and where.

    `expression` is a FHIRPath (`MessageHeader.event`), or a path of the native format
    (`PID-3`, `/Meddelande/Patient`). `detail` never holds personal data.
    """

    code: str
    expression: str = ""
    detail: str = ""
    severity: Severity = Severity.ERROR

    @property
    def entry(self) -> Entry:
        """What the catalogue says of the code."""
        return CATALOGUE[self.code]


class AdapterError(Exception):
    """A failure with a code of the catalogue, and all the problems that were found.

    `said` is the far side's answer in its own codes (HTTP status, MSA-1, receipt code), and
    `retry_after` how many seconds it asks us to wait.
    """

    def __init__(
        self,
        code: str,
        detail: str = "",
        issues: Sequence[Issue] = (),
        *,
        said: Sequence[str] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
        self.issues = tuple(issues) or (Issue(code=code, detail=detail),)
        self.said = tuple(said)
        self.retry_after = retry_after

    @property
    def entry(self) -> Entry:
        """What the catalogue says of the code."""
        return CATALOGUE[self.code]


class TransientError(AdapterError):
    """The same attempt may succeed later (FHIR response code `transient-error`)."""


class FatalError(AdapterError):
    """The same attempt will never succeed (FHIR response code `fatal-error`)."""
