"""Plans that several units write, invitations to planning, and messages that are recalled."""

from __future__ import annotations

from adapter.core.catalogue.entry import Entry, ErrorCode, adapter_fault, sender_fault

CODES: dict[ErrorCode, Entry] = {
    "stale-version": sender_fault(
        "conflict",
        "Det ni skickade bygger inte på den senaste versionen och har inte sparats. "
        "Läs den senaste versionen, utgå från den och skicka igen.",
        "It does not build on the newest version that the adapter knows: it is not applied.",
        "Read the newest version, which the detail names, begin with that, and send again.",
        409,
    ),
    "plan-ended": sender_fault(
        "conflict",
        "Planen är avslutad och kan inte ändras. Gör en ny plan om det behövs.",
        "The plan has ended and cannot be changed.",
        "Make a new plan with another identifier.",
        409,
    ),
    "not-own-effort": sender_fault(
        "forbidden",
        "Ni får bara ändra era egna insatser i planen. Be samordnaren ändra det övriga.",
        "You may change only your own efforts in the plan.",
        "Send the newest version with changes in your own efforts; ask the coordinator to change "
        "the rest, and to make the plan active or end it.",
        403,
    ),
    "not-adjusted": sender_fault(
        "conflict",
        "Planen kan inte börja gälla än. Minst en enhet med insatser har inte justerat den här "
        "versionen. Påminn dem som inte har justerat.",
        "The plan cannot be active: not every unit with an effort has accepted this version.",
        "Keep the plan as a draft, and remind the units that the detail names.",
        409,
    ),
    "consent-ended": sender_fault(
        "suppressed",
        "Samtycket till planeringen gällde inte längre. Meddelandet har inte skickats. "
        "Be den enskilde om samtycke på nytt och skicka igen.",
        "The consent to planning had ended: nobody got the message.",
        "Ask the person again, and send it once more with the new consent.",
        200,
    ),
    "consent-excludes": sender_fault(
        "suppressed",
        "Samtycket omfattar inte mottagaren, som därför inte har fått meddelandet. "
        "Be den enskilde om samtycke om mottagaren behöver uppgifterna.",
        "The consent to planning does not cover the receiver, which did not get the message.",
        "Ask the person for a consent that covers the receiver, and send it again with that.",
        200,
    ),
    "invitation-unknown": sender_fault(
        "not-found",
        "Kallelsen finns inte i ärendet eller har inte skickats till er. "
        "Kontrollera kallelsens id. Kallelsen måste skickas innan den kan ändras eller besvaras.",
        "The invitation is not in the case, or was not sent to you.",
        "Check the identifier of the invitation, and the name of the case.",
    ),
    "recall-unknown": sender_fault(
        "not-found",
        "Ni har inte skickat något meddelande med det numret. Inget har återkallats. "
        "Kontrollera numret. Rätta uppgifter om ett vårdtillfälle med ett nytt meddelande om det.",
        "You have sent no message with this id: nothing is recalled.",
        "Check the id. Correct a stay by its own events. A recall cannot be recalled.",
    ),
    "recalled": adapter_fault(
        "informational",
        "Avsändaren har återkallat meddelandet.",
        "The message was recalled by its sender.",
        "If it was recalled before it came, ask its sender whether it is to be sent again.",
        200,
    ),
    "plan-unknown": sender_fault(
        "not-found",
        "Planen finns inte i ärendet. Kontrollera planens id och version.",
        "The plan is not in the case.",
        "Check the identifier of the plan, and the name of the case.",
    ),
    "second-contact": sender_fault(
        "conflict",
        "Patienten har redan en fast läkarkontakt. Avsluta den först.",
        "The patient has a fixed physician contact (code 2) already.",
        "End the earlier contact first (status inactive).",
        409,
    ),
    "not-for-role": sender_fault(
        "suppressed",
        "Mottagaren är socialtjänst eller bara kallad till planering "
        "och har därför inte fått den kliniska informationen.",
        "The receiver serves social services only, or is only invited, and did not get the "
        "clinical information.",
        "Write what it needs in a message.",
        200,
    ),
    "late": sender_fault(
        "informational",
        "Informationen skickades senare än den dag då patienten skrevs ut.",
        "The information was sent later than on the day of the discharge.",
        "Phone the unit if it is urgent. Send it on the day (SFS 2017:612 3 kap. 2 §).",
        200,
    ),
}
