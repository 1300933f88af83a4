"""Faults of the sender, in what its message says."""

from __future__ import annotations

from adapter.core.catalogue.entry import Entry, ErrorCode, sender_fault

CODES: dict[ErrorCode, Entry] = {
    # The content.
    "invalid-document": sender_fault(
        "structure",
        "Dokumentet följer inte schemat.",
        "The document is not valid against its schema.",
        "Validate against the published schema before you send.",
    ),
    "invalid-structure": sender_fault(
        "structure",
        "Resursen följer inte FHIR R4.",
        "The resource is not valid FHIR R4.",
        "Correct the element at the given path.",
    ),
    "unknown-resource-type": sender_fault(
        "structure",
        "Resurstypen finns inte i FHIR R4.",
        "The resource type does not exist in FHIR R4.",
        "Use a resource type from FHIR R4.",
    ),
    "invariant": sender_fault(
        "invariant",
        "Resursen bryter mot en regel i FHIR R4.",
        "The resource breaks a rule of FHIR R4.",
        "Correct the element at the given path; the detail names the rule.",
    ),
    "profile": sender_fault(
        "business-rule",
        "Meddelandet följer inte händelsens profil.",
        "The message does not follow the profile of its event.",
        "Correct the element at the given path; see the profiles folder.",
    ),
    "required": sender_fault(
        "required",
        "Ett obligatoriskt element saknas.",
        "A required element is missing.",
        "Add the element at the given path.",
    ),
    "unknown-code": sender_fault(
        "code-invalid",
        "Okänd kod.",
        "The code is not in the required value set.",
        "Use a code from the value set.",
    ),
    "unknown-event": sender_fault(
        "not-supported",
        "Okänd händelse.",
        "The event is unknown.",
        "Use a code from the event code system; `adapter systems` lists them.",
    ),
    "unmapped-event": sender_fault(
        "not-supported",
        "Händelsen är känd men används inte här.",
        "The event is known but not used here.",
        'Stop sending it, or set unmapped = "accept".',
    ),
    "no-queries": sender_fault(
        "not-supported",
        "Meddelandet är en sökfråga, och sådana besvaras inte.",
        "The message is a query; the adapter answers no queries.",
        "Do not send queries here; docs/hl7v2.md has what is taken.",
    ),
    "unresolved-reference": sender_fault(
        "not-found",
        "En referens pekar på en resurs som inte finns i meddelandet.",
        "A reference points to a resource that is not in the message.",
        "Add the resource or correct the reference.",
    ),
    "several-patients": sender_fault(
        "business-rule",
        "Meddelandet gäller mer än en patient.",
        "The message is about more than one patient.",
        "Send one message per patient.",
    ),
    "bad-identifier": sender_fault(
        "value",
        "Identitetsbeteckningen har fel format eller fel kontrollsiffra.",
        "The identifier has the wrong format or check digit.",
        "Check the number at its source.",
    ),
    "bad-time": sender_fault(
        "value",
        "Tidpunkten går inte att läsa.",
        "The time cannot be read.",
        "Send date and time with a UTC offset.",
    ),
    "naive-time": sender_fault(
        "value",
        "Tidpunkten saknar tidszon. Anslutningens tidszon har använts.",
        "The time has no zone; the endpoint's time zone was used.",
        "Send times with a UTC offset.",
    ),
    "damaged-text": sender_fault(
        "value",
        "Texten har skadats på vägen hit: ersättningstecken (U+FFFD), fel teckenkodning "
        "eller en radbrytning mitt i ett fält.",
        "A system upstream damaged the text: replacement characters (U+FFFD), a wrong charset, "
        "or a line break inside a field.",
        "Find the system that decodes with the wrong character set, or that breaks the line.",
    ),
    "bad-attachment": sender_fault(
        "value",
        "Fel i bilagans filtyp, innehåll, filnamn, storlek eller kontrollsumma.",
        "The attachment cannot be taken: its type, its content, its name, its size or its hash.",
        "Correct the attachment at the given path; docs/attachments.md says what is taken.",
    ),
    "no-planned-discharge": sender_fault(
        "informational",
        "Beräknad tidpunkt för utskrivning saknas (SFS 2017:612 2 kap. 2 §).",
        "The planned discharge is missing (SFS 2017:612, chapter 2, section 2).",
        "Send it as soon as it is known.",
    ),
    "assumed-municipality": sender_fault(
        "informational",
        "Folkbokföringsadress saknas. Kommunen har hämtats från anslutningens inställningar.",
        "There is no address of registration; the municipality in the settings was assumed.",
        "Send the address with its kommunkod (PID-11.9).",
    ),
    "contradiction": sender_fault(
        "value",
        "Två uppgifter i meddelandet motsäger varandra.",
        "Two facts in the message contradict each other.",
        "Correct the one that is wrong at its source, and send it again.",
    ),
    "no-case": sender_fault(
        "informational",
        "Meddelandet anger inget vårdtillfälle. Ett eget ärende har öppnats.",
        "The message names no case; a separate case was opened.",
        "Send the visit number, or the planning service's case id.",
    ),
    "other-patient": sender_fault(
        "conflict",
        "Ärendet gäller en annan patient.",
        "The case is about another patient.",
        "Compare the patients: a message has the wrong visit number, or a personal identity "
        "number was changed.",
        409,
    ),
    "more-problems": sender_fault(
        "informational",
        "Det finns fler fel eller varningar än de som visas här.",
        "There are more errors or warnings than are shown here.",
        "Correct these first; `adapter validate` lists them all.",
        200,
    ),
    # Senders, receivers and routes.
    "unidentified-sender": sender_fault(
        "login",
        "Avsändaren kunde inte identifieras.",
        "The sender is not identified.",
        "Publish with a `user_id` that the broker checks, or send a bearer token.",
        401,
    ),
    "wrong-sender": sender_fault(
        "forbidden",
        "Avsändaren får inte skicka för den angivna organisationens räkning.",
        "The sender may not send on behalf of the organisation in the message.",
        "Send only on behalf of your own organisation.",
        403,
    ),
    "unknown-receiver": sender_fault(
        "not-found",
        "Mottagaren är okänd.",
        "The receiver is unknown.",
        "Check the receiver's HSA-id; ask operations if the unit was renamed.",
    ),
    "concerns-unknown": sender_fault(
        "not-found",
        "Meddelandet hänvisar till ett meddelande som avsändaren inte har fått.",
        "The message refers to a message that its sender did not receive.",
        "Refer to the id of the message that you received.",
    ),
    # Ids and copies.
    "envelope-reused": sender_fault(
        "duplicate",
        "Kuvertets id har redan använts för annat innehåll.",
        "The envelope id was already used for other content.",
        "Give each transmission its own Bundle.id.",
        409,
    ),
    "content-conflict": sender_fault(
        "conflict",
        "Samma id har redan tagits emot med annat innehåll.",
        "The same ids were already received with other content.",
        "Give changed content a new MessageHeader.id.",
        409,
    ),
    "copy": sender_fault(
        "duplicate",
        "Kopia av ett meddelande som redan har tagits emot.",
        "A copy of a message that was already received.",
        "Nothing; the adapter repeats its first response.",
        200,
    ),
    "reused-control-id": sender_fault(
        "informational",
        "MSH-10 har använts tidigare för ett annat meddelande.",
        "MSH-10 was already used for another message.",
        "Nothing; ask the sender to use unique control ids.",
        200,
    ),
    "superseded": sender_fault(
        "informational",
        "Meddelandet har ersatts av ett senare och skickas inte vidare.",
        "Superseded by a later message; not forwarded.",
        "Nothing.",
        200,
    ),
    "not-used": sender_fault(
        "informational",
        "Meddelandet har tagits emot men används inte.",
        "Received, but not used.",
        "Nothing.",
        200,
    ),
    "unmatched-receipt": sender_fault(
        "not-found",
        "Systemkvittensen gäller ett okänt meddelande.",
        "The receipt is for an unknown message.",
        "Look up what the receiver answered; phone its endpoint's owner.",
    ),
}
