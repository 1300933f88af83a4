"""FastKontakt: fast vårdkontakt (SFS 2017:612 2 kap. 5 §) and the other kinds of contact."""

from __future__ import annotations

from adapter.fhir.readable import words
from adapter.mappings.omsorg.code_tables_2 import CONTACT_KIND, CONTACT_STATUS
from adapter.mappings.omsorg.linked_resources import Unit
from adapter.mappings.omsorg.shapes import (
    Attribute,
    Child,
    Fields,
    Implied,
    Leaf,
    Person,
    Unsaid,
    many,
)
from adapter.mappings.omsorg.shared_shapes import (
    EMPLOYMENT,
    IDENTIFIER,
    NOTE,
    TELECOMS,
    Coded,
    may_be_shown,
)
from adapter.mappings.omsorg.values import TIME, coded

CARE_TEAM = "https://fhir.inera.se/ig/careteam/CodeSystem/typ-av-careteam-cs"
CONTACT = (
    "https://terminologitjansten.inera.se/inera-kodverksforvaltning/kodverk/kv_typ_av_fast_kontakt"
)
_CONTACT_NAMES = tuple(words.CONTACT_KIND.values())  # the texts of the codes 1 to 4

CARE_CONTACT: Fields = [
    Attribute("status", "status", coded(CONTACT_STATUS, "CareTeam.status")),
    Coded("slag", "participant[].role[].coding[]", CONTACT, CONTACT_KIND, _CONTACT_NAMES),
    Attribute("fran", "period.start", TIME),
    Attribute("till", "period.end", TIME),
    Implied("category[].coding[].system", CARE_TEAM),
    Implied("category[].coding[].code", "fast-kontakt"),
    Unsaid("category[].coding[].display", "Fast kontakt"),
    Person("subject"),
    many("KontaktId", "identifier", IDENTIFIER),
    Child("Person", "participant[].member", [EMPLOYMENT]),
    Leaf("Team", "participant[].@team.valueString"),
    many("Vardgivare", "managingOrganization", [Unit("Organization")]),
    TELECOMS,
    many("Kommentar", "note", NOTE, may_be_shown),
]
