"""Omsorg: the XML that we publish for social-service systems that cannot speak FHIR.

Specification: docs/omsorg.md with profiles/omsorg/. A document is one Meddelande or one receipt.
There are two versions, of one namespace each: `omsorg` in the settings is omsorg/1, `omsorg/2` the
second. A module has both directions of an element, so that they stay alike: `write...` makes the
element, `read...` the resource. Elements have the words of omsorg/1; `vocabulary` has the others.

| element | FHIR | module |
|---|---|---|
| Meddelande, receipts, Arende, Orsak | MessageHeader | `documents` |
| Avsandare, Mottagare, units | Organization | `parties` |
| Oversatt | Provenance | `provenance` |
| Patient | Patient | `patient` |
| Vardtillfalle | Encounter | `encounter` |
| Plan | CarePlan | `plan` |
| Text | Communication | `communication` |
| Svar (Kvittering), Leveransrapport | Task | `task` |
| Fel | OperationOutcome | `receipt` |

`code_tables` has the words, `forms` the forms of values, `schema` the validation. A writer takes
fields (`take_fields`) from an `outgoing_message`; what remains is a loss.
"""

from __future__ import annotations

from adapter.mappings.omsorg.registration import registered
from adapter.mappings.omsorg.version_1 import VERSION_1
from adapter.mappings.omsorg.version_2 import VERSION_2

system = registered("omsorg", VERSION_1)
systems = (system, registered("omsorg/2", VERSION_2))
