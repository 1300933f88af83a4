"""Faults of the adapter itself, and messages that it holds for a person."""

from __future__ import annotations

from adapter.core.catalogue.entry import Entry, ErrorCode, adapter_fault

CODES: dict[ErrorCode, Entry] = {
    "no-return-address": adapter_fault(
        "not-found",
        "Det saknas en adress att skicka systemkvittensen till.",
        "The acknowledgement that is asked for has no address to go to.",
        'Ask for none (MSH-16), or set address, or return_to an endpoint of system "hl7v2".',
        200,
    ),
    "no-route": adapter_fault(
        "not-found",
        "Det finns ingen mottagare för meddelandet.",
        "No receiver is configured for the message.",
        "Add a route, or an endpoint for the municipality; then replay.",
        422,
    ),
    "no-mapping": adapter_fault(
        "not-supported",
        "Systemet kan inte hantera den här typen av meddelande.",
        "There is no mapping: the system cannot read or write the event.",
        "See `adapter systems`; add the mapping or change the route.",
    ),
    "not-written": adapter_fault(
        "processing",
        "Meddelandet kunde inte göras om till mottagarens format.",
        "The message could not be written in the receiver's format.",
        "Correct the mapping; then replay.",
    ),
    "adapter-fault": adapter_fault(
        "exception",
        "Tekniskt fel i adaptern. Meddelandet väntar på manuell hantering.",
        "The adapter failed; the message waits for a person.",
        "Search the log for the message id; correct the fault; then replay.",
    ),
    "too-many-connections": adapter_fault(
        "throttled",
        "För många samtidiga anslutningar. Försök igen senare.",
        "Too many connections at once; try again.",
        "Send the same message again later; close connections that you do not use.",
        503,
    ),
    "too-much-at-once": adapter_fault(
        "throttled",
        "För många eller för stora meddelanden på en gång. Försök igen senare.",
        "Too much at once; try again.",
        "Send the same message again later, and fewer or smaller messages at the same time.",
        429,
    ),
    "store-unavailable": adapter_fault(
        "transient",
        "Databasen svarar inte. Försök igen senare.",
        "The database does not answer; try again.",
        "Send the same message again later.",
        503,
    ),
    "illegal-transition": adapter_fault(
        "processing",
        "Åtgärden är inte möjlig i leveransens nuvarande läge.",
        "This state change is not allowed.",
        "Look up the state; see docs/lifecycle.md for the changes that are allowed.",
        409,
    ),
    "settings": adapter_fault(
        "processing",
        "Inställningarna är felaktiga.",
        "The settings are not valid.",
        "Run `adapter check` and correct what it lists.",
    ),
    "other-store": adapter_fault(
        "conflict",
        "Meddelandeservern används redan tillsammans med en annan databas.",
        "The bus is already used with another store.",
        "Name another virtual host in `broker`, or start with --take-over when the other store "
        "is used no longer.",
    ),
    "unknown-id": adapter_fault(
        "not-found",
        "Det angivna id:t finns inte i databasen.",
        "The database has nothing with this id.",
        "Copy the id from `adapter messages` or `adapter dead`.",
        404,
    ),
    "overtaken": adapter_fault(
        "business-rule",
        "Senare meddelanden i samma ärende har redan skickats.",
        "Later messages of the same case have already been sent.",
        "Look at the case; replay with --although-overtaken if the message is still correct.",
        409,
    ),
    "may-have-arrived": adapter_fault(
        "business-rule",
        "Det ursprungliga meddelandet kan ha kommit fram. Mottagaren kan få båda.",
        "The original may have arrived; the receiver may get both messages.",
        "Phone the receiver; edit with --although-arrived if it lacks the original or can handle "
        "both.",
        409,
    ),
    "not-edited": adapter_fault(
        "business-rule",
        "Meddelandet är inte ändrat.",
        "The message was not edited.",
        "Edit the file first, or replay the original.",
        409,
    ),
    "other-message": adapter_fault(
        "business-rule",
        "Bara innehållet får ändras, inte händelse, avsändare, mottagare eller ärende.",
        "The edited message has a different event, sender, receiver or case.",
        "Correct only the content. Ask the sender to write messages to other receivers.",
        409,
    ),
    "protected-identity": adapter_fault(
        "suppressed",
        "Patienten har skyddade personuppgifter. Meddelandet väntar på manuell hantering.",
        "The patient has a protected identity; the message waits for a person's decision.",
        "Follow the unit's routine: replay to release the message, or discard it and phone.",
        200,
    ),
    "held": adapter_fault(
        "suppressed",
        "Meddelandet väntar på manuell hantering.",
        "The message waits for a person's decision.",
        "Replay or discard it.",
        200,
    ),
}
