"""What happened on the way to the receiver."""

from __future__ import annotations

from adapter.core.catalogue.entry import Entry, ErrorCode, receiver_fault

CODES: dict[ErrorCode, Entry] = {
    # What happened on the way to the receiver.
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
        "Wait; the adapter tries again with the same ids.",
        504,
    ),
    "unroutable": receiver_fault(
        "not-found",
        "Mottagarens kö finns inte.",
        "The receiver's queue does not exist.",
        "Run `adapter check`; restore the queue.",
    ),
    "returned": receiver_fault(
        "transient",
        "Mottagarens kö lämnade tillbaka meddelandet.",
        "The receiver's queue gave the message back.",
        "Ask the receiver why its consumer does not acknowledge; the adapter tries again.",
    ),
    "busy": receiver_fault(
        "throttled",
        "Mottagaren ber om att få vänta.",
        "The receiver asks us to wait.",
        "Wait; the adapter tries again when the receiver said.",
    ),
    "access-denied": receiver_fault(
        "forbidden",
        "Mottagaren avvisar våra uppgifter.",
        "The receiver refuses our credentials.",
        "Renew the token or certificate, then replay.",
    ),
    "refused": receiver_fault(
        "processing",
        "Mottagaren avvisade meddelandet.",
        "The receiver refused the message.",
        "Read the receiver's reasons; correct, then send anew or replay.",
    ),
    "refused-for-now": receiver_fault(
        "transient",
        "Mottagaren kan inte ta emot just nu.",
        "The receiver cannot take it now.",
        "Wait; the adapter tries again.",
    ),
    "bad-answer": receiver_fault(
        "structure",
        "Mottagarens svar går inte att läsa.",
        "The receiver's answer is unreadable.",
        "Ask the owner of the endpoint; the bytes are kept with the attempt.",
    ),
    "no-receipt": receiver_fault(
        "timeout",
        "Ingen kvittens kom.",
        "No receipt came.",
        "Phone the owner of the endpoint, then replay or discard.",
    ),
    "expired": receiver_fault(
        "timeout",
        "Tiden för att leverera meddelandet har gått ut.",
        "The time to deliver the message has run out.",
        "Phone the receiver; a legal deadline may have passed.",
    ),
}
