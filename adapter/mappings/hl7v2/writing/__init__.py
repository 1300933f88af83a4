"""Write messages to a journal that takes HL7 v2.5.1: SIU of invitations, MDM of documents.

Specification: HL7 v2.5.1, chapters 2, 3, 9 (MDM) and 10 (SIU). docs/hl7v2.md has the tables.

| FHIR | HL7 v2 | module |
|---|---|---|
| MessageHeader | MSH, EVN | `header` |
| Patient | PID, PD1 | `person`, `numbers` |
| case | PV1 | `visit` |
| units and persons | XCN, XON, XTN | `parties` |
| Appointment | SIU: SCH, TQ1, NTE | `invitation` |
| Appointment.participant | RGS, AIG, AIL, AIP | `resources` |
| Communication, CarePlan | MDM: TXA, OBX | `document`, `communication`, `plan` |
| parts of these | OBX | `attachments`, `follow_up`, `plan_efforts`, `questionnaire` |

`er7` makes fields of texts. `outgoing_message` marks what is written; what has no mark is a loss.
"""

from __future__ import annotations
