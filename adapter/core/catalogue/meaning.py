"""What stands before a person because no machine may decide it, and who may not tell."""

from __future__ import annotations

from adapter.core.catalogue.entry import Entry, ErrorCode, adapter_fault, sender_fault

CODES: dict[ErrorCode, Entry] = {
    "test-message": sender_fault(
        "business-rule",
        "Meddelandet är märkt som test men skickades till en anslutning i drift.",
        "The message is marked as a test, and the endpoint is in production.",
        "Send tests to a test endpoint; mark real messages as production (P).",
        422,
    ),
    "not-entitled": sender_fault(
        "forbidden",
        "Ni har inte behörighet att skicka detta i ärendet.",
        "You may not send this in the case.",
        "Check the name of the case; ask the region's operators if you should take part in it.",
        403,
    ),
    "not-a-party": sender_fault(
        "forbidden",
        "Mottagaren deltar inte i ärendet och har inte fått meddelandet.",
        "The receiver takes no part in the case and did not get the message.",
        "Send only to those who take part in the case.",
        200,
    ),
    "ambiguous-case": sender_fault(
        "conflict",
        "Meddelandet har ärendenummer från olika ärenden.",
        "The names in the message belong to different cases.",
        "Send one name of the case.",
    ),
    "nobody-to-tell": adapter_fault(
        "not-found",
        "Det saknas mottagare för ett bedömt behov.",
        "No receiver is found for a need.",
        "Phone the unit before the time of the notice ends; then connect it in the settings. "
        "Where the municipality or the number is not known, ask the hospital to send it "
        "(PID-11.9, PID-3).",
        200,
    ),
    "late-notice": sender_fault(
        "informational",
        "Inskrivningsmeddelandet skickas senare än 24 timmar efter inskrivningen och bedömningen.",
        "The admission notice leaves more than 24 hours after the admission and the judgement.",
        "Phone the unit if it is urgent. Send the assessment sooner (SFS 2017:612 2 kap. 3 §).",
        200,
    ),
    "late-word": adapter_fault(
        "conflict",
        "En uppgift kom in för sent. Mottagarna har inte fått den.",
        "Something came too late to change what the receivers know.",
        "Compare it with the case; phone the receivers if it matters.",
        200,
    ),
    "transferred": adapter_fault(
        "informational",
        "Patienten har flyttats till ett annat sjukhus.",
        "The patient was transferred to another hospital.",
        "Make sure that the next hospital has sent its own notice; then close the item.",
        200,
    ),
    "outpatient-assessment": adapter_fault(
        "conflict",
        "Bedömningen gäller en vårdkontakt som inte är sluten vård.",
        "An assessment was made in an encounter that is no inpatient stay.",
        "Ask the hospital whether the patient was admitted.",
        200,
    ),
    "identity": adapter_fault(
        "conflict",
        "Det går inte att avgöra vem meddelandet gäller.",
        "It cannot be decided whom the message is about.",
        "Ask the hospital; never link two personal identity numbers without its word.",
        200,
    ),
    "protection-lifted": adapter_fault(
        "informational",
        "Sjukhuset uppger att patienten inte längre har skyddade personuppgifter.",
        "The hospital says that the patient's protection has ended.",
        "Check it in the population register; then lift the protection.",
        200,
    ),
    "protected-elsewhere": adapter_fault(
        "informational",
        "En annan part har uppgett att patienten har skyddade personuppgifter.",
        "Another party says that the patient is protected.",
        "Check it in the population register; release what is held, or phone.",
        200,
    ),
    "rejected": adapter_fault(
        "conflict",
        "En mottagare har avvisat ett meddelande.",
        "A receiver has rejected a message.",
        "Read its reason. The need stands until the hospital withdraws it: find who must be told.",
        200,
    ),
    "incomplete-notice": sender_fault(
        "incomplete",
        "Inskrivningsmeddelandet saknar en uppgift som lagen kräver.",
        "The admission notice lacks something that the law demands.",
        "Send it in an update (SFS 2017:612 2 kap. 2 §).",
        200,
    ),
    "consent-withdrawn": sender_fault(
        "suppressed",
        "Patienten har återkallat sitt samtycke till planeringen. Planen har inte skickats.",
        "The patient has withdrawn the consent to planning: nobody got the plan.",
        "Send the plan again if the patient consents again. Notices and messages go on.",
        200,
    ),
    "secrecy-bar": sender_fault(
        "suppressed",
        "Mottagaren har inte fått uppgifterna på grund av sekretess.",
        "A bar of secrecy is recorded: the receiver did not get this.",
        "Take the bar back if it no longer stands; the receiver then gets what stands.",
        200,
    ),
    "bar-without-receiver": sender_fault(
        "not-found",
        "Sekretesshindret gäller en organisation som inte får meddelanden om vårdtillfället.",
        "The bar of secrecy names an organisation that is no receiver of the stay.",
        "Check the HSA-id. The bar is kept, and counts if the organisation becomes a receiver.",
        200,
    ),
    "consent-without-case": sender_fault(
        "not-found",
        "Det finns inget öppet ärende. Samtycket eller sekretesshindret har inte sparats.",
        "There is no open case: the consent or the bar of secrecy is not kept.",
        "Send it again with the admission, or after it.",
        200,
    ),
}
