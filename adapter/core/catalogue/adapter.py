"""Faults of the adapter itself, and what it holds for a person."""

from __future__ import annotations

from adapter.core.catalogue.entry import Entry, ErrorCode, adapter_fault

CODES: dict[ErrorCode, Entry] = {
    "no-route": adapter_fault(
        "not-found",
        "Ingen mottagare är konfigurerad för meddelandet.",
        "No receiver is configured for the message.",
        "Add a route or an endpoint for the municipality, then replay.",
        422,
    ),
    # Our own faults.
    "no-mapping": adapter_fault(
        "not-supported",
        "Systemet kan inte läsa eller skriva händelsen.",
        "The system cannot read or write the event.",
        "See `adapter systems`; add the mapping, or change the route.",
    ),
    "not-written": adapter_fault(
        "processing",
        "Meddelandet kunde inte skrivas i mottagarens format.",
        "The message could not be written in the receiver's format.",
        "Correct the mapping, then replay.",
    ),
    "adapter-fault": adapter_fault(
        "exception",
        "Fel i adaptern; en person har fått ärendet.",
        "A fault in the adapter; a person has it.",
        "Read the log by message id; replay when fixed.",
    ),
    "too-many-connections": adapter_fault(
        "throttled",
        "För många anslutningar samtidigt; försök igen.",
        "There are too many connections at once; try again.",
        "Send the same message again later; hold no connection that nothing is asked over.",
        503,
    ),
    "store-unavailable": adapter_fault(
        "transient",
        "Lagret svarar inte; försök igen.",
        "The store does not answer; try again.",
        "Send the same message again later.",
        503,
    ),
    "illegal-transition": adapter_fault(
        "processing",
        "Otillåten tillståndsändring.",
        "The state change is not allowed.",
        "Look at the state first; see docs/lifecycle.md.",
        409,
    ),
    "settings": adapter_fault(
        "processing",
        "Inställningarna är felaktiga.",
        "The settings are wrong.",
        "Run `adapter check` and correct what it lists.",
    ),
    "unknown-id": adapter_fault(
        "not-found",
        "Id finns inte i lagret.",
        "The store has nothing with that id.",
        "Copy the id from `adapter messages` or `adapter dead`.",
        404,
    ),
    "overtaken": adapter_fault(
        "business-rule",
        "Senare meddelanden i samma ärende har redan gått.",
        "Later messages of the same case have already left.",
        "Look at the case; replay with --although-overtaken if it is still right.",
        409,
    ),
    "may-have-arrived": adapter_fault(
        "business-rule",
        "Originalet kan ha kommit fram; mottagaren kan få båda.",
        "The original may have arrived; the receiver may get both.",
        "Phone the receiver; edit with --although-arrived if it has no original, or can tell.",
        409,
    ),
    "not-edited": adapter_fault(
        "business-rule",
        "Ingenting är ändrat.",
        "Nothing was edited.",
        "Edit the file first, or replay the original.",
        409,
    ),
    "other-message": adapter_fault(
        "business-rule",
        "Det ändrade meddelandet har en annan typ, avsändare, mottagare eller ett annat ärende.",
        "The edited message has another event, sender, receiver or case.",
        "Correct only what it says. A message to somebody else is written by its sender.",
        409,
    ),
    "protected-identity": adapter_fault(
        "suppressed",
        "Patienten har skyddad identitet; meddelandet hålls för en person.",
        "The patient's identity is protected; the message is held for a person.",
        "Decide by the unit's routine: replay to release it, or discard and phone.",
        200,
    ),
    "held": adapter_fault(
        "suppressed",
        "Hålls för en person.",
        "Held for a person.",
        "Replay or discard.",
        200,
    ),
}
