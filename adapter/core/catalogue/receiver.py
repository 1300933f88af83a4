"""Faults of the receiver, or of the connection to it."""

from __future__ import annotations

from adapter.core.catalogue.entry import Entry, ErrorCode, receiver_fault

CODES: dict[ErrorCode, Entry] = {
    "no-connection": receiver_fault(
        "transient",
        "Det går inte att ansluta till mottagaren. Meddelandet har inte skickats.",
        "No connection to the receiver can be made; the message has not left.",
        "Wait; the adapter tries again.",
        504,
    ),
    "unreachable": receiver_fault(
        "transient",
        "Mottagaren går inte att nå.",
        "The receiver cannot be reached.",
        "Wait; the adapter tries again.",
        504,
    ),
    "timed-out": receiver_fault(
        "timeout",
        "Mottagaren svarade inte i tid.",
        "The receiver did not answer in time.",
        "Wait; the adapter sends it again with the same ids.",
        504,
    ),
    "unroutable": receiver_fault(
        "not-found",
        "Mottagarens kö finns inte.",
        "The receiver's queue does not exist.",
        "Run `adapter check` and restore the queue.",
    ),
    "returned": receiver_fault(
        "transient",
        "Meddelandet kom tillbaka från mottagarens kö.",
        "The message came back from the receiver's queue.",
        "Ask the receiver why its consumer does not acknowledge; the adapter tries again.",
    ),
    "busy": receiver_fault(
        "throttled",
        "Mottagaren ber oss vänta.",
        "The receiver is overloaded and asks us to wait.",
        "Wait; the adapter tries again at the time that the receiver gave.",
    ),
    "access-denied": receiver_fault(
        "forbidden",
        "Mottagaren godtar inte våra inloggningsuppgifter.",
        "The receiver refuses our credentials.",
        "Renew the token or the certificate; then replay.",
    ),
    "refused": receiver_fault(
        "processing",
        "Mottagaren avvisade meddelandet.",
        "The receiver refused the message.",
        "Read the receiver's reasons; correct the message; then send a new one or replay.",
    ),
    "too-large-for-broker": receiver_fault(
        "too-long",
        "Meddelandet är för stort för att skickas.",
        "The bus takes no message of this size.",
        "Ask the broker's administrator for a higher max_message_size; then replay.",
    ),
    "refused-for-now": receiver_fault(
        "transient",
        "Mottagaren kan inte ta emot meddelanden just nu.",
        "The receiver cannot accept messages now.",
        "Wait; the adapter tries again.",
    ),
    "bad-answer": receiver_fault(
        "structure",
        "Mottagarens svar går inte att läsa.",
        "The receiver's response cannot be read.",
        "Ask the endpoint's owner; the attempt has the bytes of the response.",
    ),
    "no-receipt": receiver_fault(
        "timeout",
        "Ingen systemkvittens har kommit från mottagaren.",
        "No receipt came.",
        "Phone the endpoint's owner; then replay or discard.",
    ),
    "expired": receiver_fault(
        "timeout",
        "Meddelandet kunde inte levereras i tid.",
        "The time limit for delivery has passed.",
        "Phone the receiver; a statutory deadline may have passed.",
    ),
}
